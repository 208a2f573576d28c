/* Any bytes for hr_compress_yaml; see compressor_target.h. */
#define compressor hr_compress_yaml
#include "compressor_target.h"
