/* log_lossless: a log as forms with values, from which the same lines come back.
 *
 *     [log of 6 lines, nothing left out: "a: …{}…" is a form, "a|x|y" a line of form a with x and y
 *      in its {} places, an empty value repeats the one above, "[xN]" is N more of the line above;
 *      {@} is a time: only the end that differs from the last {@}, or = and all of it]
 *     a: {@} INFO job {} done
 *     a|2024-01-15 10:00:01|17
 *     a||18
 *     a|02
 *     [x2]
 *     any other line stands for itself; "=" in front of it is not part of it
 *
 * (The head is one line.) Values that are left away at the end of a line repeat those above too.
 * All forms share one last time; the first one is written whole, without "=".
 * Errors and lines the query names are never put into forms.
 * The lines end in LF, or all in CR LF when the head says so; the last one's LF is kept or missing
 * as in the original. */
#ifndef HR_COMPRESS_LOG_LOSSLESS_H
#define HR_COMPRESS_LOG_LOSSLESS_H

#include "base/buf.h"
#include "compress/log/log_lines.h"

/* *out: the form, or HR_STR_NONE when it would not be shorter. HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_log_lossless(const hr_log *l, hr_str text, const hr_compress_opts *o, hr_arena *a,
                       hr_str *out, hr_str *strategy);
/* The original text of such a form, appended. HR_E_SYNTAX: it is none. Output is bounded by the
 * buffer's limit. */
hr_err hr_log_decode(hr_str form, hr_arena *a, hr_buf *out);

#endif
