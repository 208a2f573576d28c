/* Any bytes for hr_compress_csv; see compressor_target.h. */
#define compressor hr_compress_csv
#include "compressor_target.h"
