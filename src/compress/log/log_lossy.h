/* log_lossy: see log_lossy.c (internal to compress/log*.c). */
#ifndef HR_COMPRESS_LOG_LOSSY_H
#define HR_COMPRESS_LOG_LOSSY_H

#include "compress/log/log_lines.h"

/* *out: the form, or HR_STR_NONE when nothing can be folded. HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_log_lossy(const hr_compress_opts *o, const hr_log *l, const hr_key *key, hr_arena *a,
                    hr_str *out, hr_str *strategy);

#endif
