/* Any text as data, long lines, metrics and runs. Bit 3 of the first byte asks for metrics. */
#define compressor ((flags & 8) ? hr_compress_table : hr_compress_plain)
#include "compressor_target.h"
