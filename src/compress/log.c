#include "compress/log_lossless.h"
#include "compress/log_lossy.h"

hr_err hr_compress_log(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                       hr_arena *a, hr_forms *out)
{
    hr_log l;
    memset(out, 0, sizeof *out);
    hr_err e = hr_log_read(text, o->deadline, a, &l);
    if (e == HR_OK)
        e = hr_log_lossless(&l, text, o->deadline, a, &out->lossless, &out->lossless_strategy);
    if (e == HR_OK && lossy)
        e = hr_log_lossy(o, &l, key, a, &out->lossy, &out->lossy_strategy);
    if (out->lossy.n >= text.n)
        out->lossy = HR_STR_NONE;
    out->lossy_reason = HR_R_LOG_LINES;
    out->lossless_reason = HR_R_LOG_TEMPLATE;
    return e;
}
