/* terraform and tofu plans: the forms of a log, with every resource whose block went into a count
 * named by its address, under what becomes of it. */
#include "base/buf.h"
#include "base/vec.h"
#include "compress/view/view.h"

enum { MIN_RESOURCES = 3, ACTIONS_MAX = 16 };

/* "  # module.web.aws_instance.a["x"] will be created" */
typedef struct resource {
    hr_str address, key; /* key: the index in brackets, if there is one */
    hr_str action;
} resource;

typedef HR_VEC(resource) resources;

static bool read_heading(hr_str line, resource *r)
{
    static const char *const verbs[] = {" will be ",      " must be ",
                                        " has moved to ", " is tainted, so must be ",
                                        " has been ",     " has changed"};
    if (!hr_str_starts(line, HR_STR("  # ")) || (line.n > 4 && line.p[4] == '('))
        return false;
    hr_str s = hr_str_sub(line, 4, line.n);
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs && at == SIZE_MAX; i++)
        at = hr_str_find(s, hr_cstr(verbs[i]));
    if (at == SIZE_MAX || at == 0)
        return false;
    hr_str address = hr_str_sub(s, 0, at);
    size_t open = address.p[at - 1] == ']' ? hr_str_rfind_char(address, '[') : SIZE_MAX;
    *r = (resource){.address = hr_str_sub(address, 0, open == SIZE_MAX ? at : open),
                    .key = open == SIZE_MAX ? HR_STR_NONE : hr_str_sub(address, open, at),
                    .action = hr_str_trim(hr_str_sub(s, at, s.n))};
    return true;
}

/* The headings that do not stand in the form; what stands there stands in the text's order. */
static hr_err counted(hr_str text, hr_str form, hr_arena *a, resources *out, size_t *all)
{
    hr_str line, shown = HR_STR_NONE;
    resource r, unread;
    bool more = true;
    while (hr_str_line(&text, &line)) {
        if (!read_heading(line, &r))
            continue;
        ++*all;
        while (more && !shown.p) {
            more = hr_str_line(&form, &shown);
            if (more && !read_heading(shown, &unread))
                shown = HR_STR_NONE;
        }
        if (more && hr_str_eq(hr_str_trim(line), hr_str_trim(shown))) {
            shown = HR_STR_NONE;
            continue;
        }
        resource *slot = hr_vec_push(out, a);
        if (!slot)
            return HR_E_NOMEM;
        *slot = r;
    }
    return HR_OK;
}

/* "will be created: aws_a.x[0] [1] [2], aws_b.y" */
static void put_action(const resources *r, hr_str action, bool others, const hr_str *actions,
                       size_t nactions, hr_buf *b)
{
    hr_str before = HR_STR_NONE;
    for (size_t i = 0; i < r->n; i++) {
        const resource *x = &r->p[i];
        bool mine = others || hr_str_eq(x->action, action);
        for (size_t k = 0; others && k < nactions; k++)
            mine &= !hr_str_eq(x->action, actions[k]);
        if (!mine)
            continue;
        bool same = before.p && x->key.n && hr_str_eq(before, x->address);
        hr_buf_add(b, same ? HR_STR(" ") : before.p ? HR_STR(", ") : HR_STR(" "));
        if (!same)
            hr_buf_add(b, x->address);
        hr_buf_add(b, x->key);
        if (others)
            hr_buf_addf(b, " %.*s", HR_FMT(x->action));
        before = others ? HR_STR("") : x->address;
    }
}

static void put_list(const resources *r, hr_buf *b)
{
    hr_str actions[ACTIONS_MAX];
    size_t n = 0;
    bool others = false;
    for (size_t i = 0; i < r->n; i++) {
        size_t k = 0;
        while (k < n && !hr_str_eq(actions[k], r->p[i].action))
            k++;
        if (k == n && n < ACTIONS_MAX)
            actions[n++] = r->p[i].action;
        others |= k == ACTIONS_MAX;
    }
    hr_buf_addf(b, "[%zu resources of which only counts stand below:\n", r->n);
    for (size_t k = 0; k < n; k++) {
        hr_buf_addf(b, "%.*s:", HR_FMT(actions[k]));
        put_action(r, actions[k], false, actions, n, b);
        hr_buf_addc(b, '\n');
    }
    if (others) {
        hr_buf_lit(b, "others:");
        put_action(r, HR_STR_NONE, true, actions, n, b);
        hr_buf_addc(b, '\n');
    }
    b->n--;
    hr_buf_lit(b, "]\n");
}

hr_err hr_view_plan(const hr_view_job *j, hr_str text, hr_forms *out)
{
    resources gone = {0};
    hr_forms log = {0};
    size_t all = 0;
    if (!hr_str_has(text, HR_STR("\n  # ")) || !hr_str_has(text, HR_STR("will perform the")))
        return HR_E_SYNTAX;
    hr_err e = hr_compress_log(j->o, text, j->key, j->lossy, j->a, &log);
    if (e != HR_OK || !log.lossy.n)
        return e == HR_OK ? HR_E_SYNTAX : e;
    e = counted(text, log.lossy, j->a, &gone, &all);
    if (e == HR_OK && (all < MIN_RESOURCES || gone.n == 0))
        return HR_E_SYNTAX;
    hr_buf b = HR_BUF_INIT(0);
    if (e == HR_OK)
        put_list(&gone, &b);
    hr_buf_add(&b, log.lossy);
    if (e == HR_OK)
        e = b.err;
    if (e == HR_OK) {
        *out = log;
        out->lossy = b.n < text.n ? hr_str_dup(j->a, hr_buf_str(&b)) : HR_STR_NONE;
    }
    hr_buf_free(&b);
    return e == HR_OK && j->a->failed ? HR_E_NOMEM : e;
}
