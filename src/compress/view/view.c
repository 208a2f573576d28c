/* Which view fits which program. */
#include "compress/view/view.h"

typedef struct row {
    hr_view *view;
    hr_program program;
    const char *sub; /* of programs with sub-commands; NULL: any */
} row;

static const row by_program[] = {
    {hr_view_listing, HR_PROGRAM_FIND, NULL},       {hr_view_listing, HR_PROGRAM_FD, NULL},
    {hr_view_listing, HR_PROGRAM_LS, NULL},         {hr_view_listing, HR_PROGRAM_TREE, NULL},
    {hr_view_listing, HR_PROGRAM_TAR, NULL},        {hr_view_listing, HR_PROGRAM_UNZIP, NULL},
    {hr_view_listing, HR_PROGRAM_GIT, "ls-files"},  {hr_view_listing, HR_PROGRAM_GIT, "ls-tree"},
    {hr_view_listing, HR_PROGRAM_NPM, "ls"},        {hr_view_listing, HR_PROGRAM_NPM, "list"},
    {hr_view_listing, HR_PROGRAM_PNPM, "ls"},       {hr_view_listing, HR_PROGRAM_PNPM, "list"},
    {hr_view_listing, HR_PROGRAM_DU, NULL},         {hr_view_listing, HR_PROGRAM_YARN, "list"},
    {hr_view_listing, HR_PROGRAM_CARGO, "tree"},    {hr_view_columns, HR_PROGRAM_PS, NULL},
    {hr_view_columns, HR_PROGRAM_TOP, NULL},        {hr_view_columns, HR_PROGRAM_DF, NULL},
    {hr_view_columns, HR_PROGRAM_FREE, NULL},       {hr_view_columns, HR_PROGRAM_DOCKER, "ps"},
    {hr_view_columns, HR_PROGRAM_DOCKER, "images"}, {hr_view_columns, HR_PROGRAM_COMPOSE, "ps"},
    {hr_view_columns, HR_PROGRAM_KUBECTL, "get"},   {hr_view_columns, HR_PROGRAM_KUBECTL, "top"},
    {hr_view_columns, HR_PROGRAM_HELM, NULL},       {hr_view_columns, HR_PROGRAM_CRICTL, NULL},
    {hr_view_columns, HR_PROGRAM_DPKG, NULL},       {hr_view_columns, HR_PROGRAM_PIP, "list"},
    {hr_view_columns, HR_PROGRAM_UV, "pip"},        {hr_view_columns, HR_PROGRAM_CONDA, "list"},
    {hr_view_columns, HR_PROGRAM_SYSTEMCTL, NULL},  {hr_view_columns, HR_PROGRAM_SS, NULL},
    {hr_view_columns, HR_PROGRAM_LSOF, NULL},       {hr_view_columns, HR_PROGRAM_LSBLK, NULL},
    {hr_view_columns, HR_PROGRAM_MOUNT, NULL},      {hr_view_columns, HR_PROGRAM_GH, NULL},
    {hr_view_http, HR_PROGRAM_CURL, NULL},          {hr_view_http, HR_PROGRAM_WGET, NULL},
    {hr_view_tests, HR_PROGRAM_PYTEST, NULL},
};

/* Where the form alone is enough. */
static const struct {
    hr_view *view;
    unsigned kinds;
} by_kind[] = {
    {hr_view_tree, 1u << HR_KIND_TABLE},
    {hr_view_tests, 1u << HR_KIND_LISTING | 1u << HR_KIND_TEXT},
    {hr_view_listing, 1u << HR_KIND_LISTING},
    {hr_view_columns, 1u << HR_KIND_TABLE},
    {hr_view_git_log, 1u << HR_KIND_TEXT | 1u << HR_KIND_LOG},
    {hr_view_http, ~0u},
    {hr_view_plan, ~0u},
};

/* The forms of a log read harder than a view made for the text: they must be that much shorter. */
static const double HARDER = 0.85;

hr_err hr_view_or_log(const hr_view_job *j, hr_str text, hr_forms *out)
{
    hr_forms log = {0};
    hr_err e = hr_compress_log(j->o, text, j->key, false, j->a, &log);
    if (e != HR_OK || !log.lossless.n)
        return e;
    double mine = (double)hr_tokens_estimate(j->o->tok, out->lossless);
    double theirs = (double)hr_tokens_estimate(j->o->tok, log.lossless);
    if (out->lossless.n && theirs > HARDER * mine)
        return HR_OK;
    out->lossless = log.lossless;
    out->lossless_strategy = log.lossless_strategy;
    out->lossless_reason = log.lossless_reason;
    out->lossless_margin = log.lossless_margin;
    return HR_OK;
}

/* One view's answer; *done is set when it is final. */
static hr_err try_view(const hr_view_job *j, hr_view *view, hr_str text, hr_forms *out, bool *done)
{
    *out = (hr_forms){0};
    hr_err e = view(j, text, out);
    *done = e != HR_E_SYNTAX && (e != HR_OK || out->lossless.n || out->lossy.n);
    return e;
}

hr_err hr_compress_view(const hr_view_job *j, hr_str text, hr_forms *out)
{
    const hr_command *c = j->command;
    bool done = false;
    hr_view *tried = NULL;
    if (hr_view_environment(c, text))
        return HR_E_SYNTAX; /* values look like paths */
    for (size_t i = 0; i < sizeof by_program / sizeof *by_program && !tried; i++) {
        const row *r = &by_program[i];
        if (r->program != c->program || (r->sub && !hr_str_eq(c->sub, hr_cstr(r->sub))))
            continue;
        hr_err e = try_view(j, r->view, text, out, &done);
        if (done)
            return e;
        tried = r->view;
    }
    for (size_t i = 0; i < sizeof by_kind / sizeof *by_kind; i++) {
        if (!(by_kind[i].kinds >> j->kind & 1) || by_kind[i].view == tried)
            continue;
        hr_err e = try_view(j, by_kind[i].view, text, out, &done);
        if (done)
            return e;
    }
    *out = (hr_forms){0};
    return HR_E_SYNTAX;
}
