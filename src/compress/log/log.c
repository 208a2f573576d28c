#include "compress/log/log_lossless.h"
#include "compress/log/log_lossy.h"

/* A form with values has to be learnt by the reader: small savings are not worth that. */
static const double FORMS_MOST = 0.85;
/* Text that is no log must gain more. */
static const double LINES_MOST = 0.65;

/* How much nearer than asked a lossy form may come to the lossless one. What a build or a test run
 * says of its failures is all there, so that is no great loss; and of any log the lines that stay
 * are whole, while those of the lossless form have to be put together. */
static const double MILD_LOSS = 1.2, WHOLE_LINES = 1.15;

enum { TOOL_LINES = 3 }; /* so many told lines make it such a run */

/* Of a large log of which this little is left, the lossless form is not worth the time: it is never
 * near enough to be preferred. */
enum { LARGE = 256 * 1024, LITTLE = 4 };

hr_err hr_compress_log(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                       hr_arena *a, hr_forms *out)
{
    hr_log l;
    memset(out, 0, sizeof *out);
    hr_program from = hr_command_read(o->tool_name, o->tool_input, a).program;
    hr_err e = hr_log_read(text, from, o->deadline, a, &l);
    if (e == HR_OK && lossy)
        e = hr_log_lossy(o, &l, key, a, &out->lossy, &out->lossy_strategy);
    if (e != HR_OK)
        return e;
    if (out->lossy.n >= text.n)
        out->lossy = HR_STR_NONE;
    out->lossy_margin = o->lossy_margin * (l.tools >= TOOL_LINES ? MILD_LOSS : WHOLE_LINES);
    out->lossy_reason = HR_R_LOG_LINES;
    out->lossless_reason = HR_R_LOG_TEMPLATE;
    out->lossless_margin = 0.85; /* lines taken apart read harder: only for a real gain */
    bool may_lose = o->via != HR_VIA_NONE && !o->lossless_only;
    if (may_lose && text.n >= LARGE && out->lossy.n && out->lossy.n < text.n / LITTLE)
        return HR_OK;
    e = hr_log_lossless(&l, text, o, a, &out->lossless, &out->lossless_strategy);
    if ((double)out->lossless.n > FORMS_MOST * (double)text.n)
        out->lossless = HR_STR_NONE;
    return e;
}

hr_err hr_compress_lines(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                         hr_arena *a, hr_forms *out)
{
    (void)lossy;
    hr_err e = hr_compress_log(o, text, key, false, a, out);
    if ((double)out->lossless.n > LINES_MOST * (double)text.n)
        out->lossless = HR_STR_NONE;
    return e;
}
