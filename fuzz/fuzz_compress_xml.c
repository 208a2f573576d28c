/* Any bytes for hr_compress_xml; see compressor_target.h. */
#define compressor hr_compress_xml
#include "compressor_target.h"
