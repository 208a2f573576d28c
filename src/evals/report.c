#include "evals/report.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

static hr_group *group(hr_report *r, hr_suite *s, hr_str by, hr_str name)
{
    for (size_t i = 0; i < s->groups.n; i++) {
        if (hr_str_eq(s->groups.p[i].by, by) && hr_str_eq(s->groups.p[i].name, name))
            return &s->groups.p[i];
    }
    hr_group *g = hr_vec_push(&s->groups, r->a);
    if (g) {
        g->by = by;
        g->name = hr_str_dup(r->a, name);
    }
    return g;
}

hr_suite *hr_report_suite(hr_report *r, const char *name, const char *about)
{
    hr_suite *s = HR_NEW(r->a, hr_suite);
    hr_suite **slot = s ? hr_vec_push(&r->suites, r->a) : NULL;
    if (!slot)
        return NULL;
    *slot = s;
    s->name = hr_cstr(name);
    s->about = hr_cstr(about);
    group(r, s, HR_STR_NONE, HR_STR("all"));
    return s;
}

static void count(hr_report *r, hr_group *g, const hr_case *c)
{
    hr_pair *p = g ? hr_vec_push(&g->tokens, r->a) : NULL;
    if (!p)
        return;
    *p = c->tokens;
    g->cases++;
    g->failed += c->failed;
    g->evidence.visible += c->evidence.visible;
    g->evidence.retrievable += c->evidence.retrievable;
    g->evidence.lost += c->evidence.lost;
}

void hr_suite_case(hr_report *r, hr_suite *s, const hr_case *c, const hr_label *labels, size_t n)
{
    count(r, group(r, s, HR_STR_NONE, HR_STR("all")), c);
    for (size_t i = 0; i < n; i++)
        count(r, group(r, s, hr_cstr(labels[i].by), labels[i].name), c);
}

void hr_suite_in(hr_report *r, hr_suite *s, const hr_case *c, hr_label label)
{
    if (hr_tally_total(&c->evidence))
        count(r, group(r, s, hr_cstr(label.by), label.name), c);
}

void hr_suite_check(hr_report *r, hr_suite *s, const char *name, bool held)
{
    hr_check *c = NULL;
    for (size_t i = 0; i < s->checks.n && !c; i++) {
        if (hr_str_eq(s->checks.p[i].name, hr_cstr(name)))
            c = &s->checks.p[i];
    }
    if (!c && (c = hr_vec_push(&s->checks, r->a)) != NULL)
        c->name = hr_cstr(name);
    if (c) {
        c->total++;
        c->held += held;
    }
}

/* The line, cut to size; bytes that are no UTF-8 (of file names, or where it was cut) become '?'.
 */
static hr_str vstrf(hr_arena *a, const char *fmt, va_list ap)
{
    char text[600];
    if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
        return HR_STR_NONE;
    size_t n = strlen(text);
    for (size_t i; (i = hr_utf8_valid_prefix(hr_str_of(text, n))) < n;)
        text[i] = '?';
    return hr_str_dup(a, hr_str_of(text, n));
}

void hr_suite_fail(hr_report *r, hr_suite *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    hr_str *f = s->nfailures++ < HR_MOST_FAILURES ? hr_vec_push(&s->failures, r->a) : NULL;
    if (f)
        *f = vstrf(r->a, fmt, ap);
    va_end(ap);
}

void hr_suite_note(hr_report *r, hr_suite *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    hr_str *f = hr_vec_push(&s->notes, r->a);
    if (f)
        *f = vstrf(r->a, fmt, ap);
    va_end(ap);
}

bool hr_report_passed(const hr_report *r)
{
    for (size_t i = 0; i < r->suites.n; i++) {
        if (r->suites.p[i]->nfailures)
            return false;
    }
    return !r->a->failed;
}

hr_pair hr_group_tokens(const hr_group *g)
{
    hr_pair sum = {0};
    for (size_t i = 0; i < g->tokens.n; i++) {
        sum.before += g->tokens.p[i].before;
        sum.after += g->tokens.p[i].after;
    }
    return sum;
}
