/* Any bytes for hr_compress_prose; see compressor_target.h. */
#define compressor hr_compress_prose
#include "compressor_target.h"
