/* Any bytes for hr_compress_html; see compressor_target.h. */
#define compressor hr_compress_html
#include "compressor_target.h"
