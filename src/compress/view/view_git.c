/* git: logs with what their entries repeat said once; status and changed files by folder. */
#include "compress/view/git_log.h"
#include "compress/view/listing.h"
#include "compress/view/view.h"

hr_err hr_view_git_log(const hr_view_job *j, hr_str text, hr_forms *out)
{
    hr_err e = hr_git_log_pack(text, j->a, &out->lossless, &out->lossless_strategy);
    out->lossless_reason = HR_R_GIT_LOG;
    return e == HR_OK && !out->lossless.n ? hr_view_or_log(j, text, out) : e;
}

hr_err hr_view_paths(const hr_view_job *j, hr_str text, hr_forms *out)
{
    hr_err e =
        hr_listing_group(text, j->o->deadline, j->a, &out->lossless, &out->lossless_strategy);
    out->lossless_reason = HR_R_LISTING_GROUP;
    if (e == HR_OK && !out->lossless.n)
        return HR_E_SYNTAX;
    return e == HR_OK ? hr_view_or_log(j, text, out) : e;
}
