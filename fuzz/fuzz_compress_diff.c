/* Any bytes for hr_compress_diff; see compressor_target.h. */
#define compressor hr_compress_diff
#include "compressor_target.h"
