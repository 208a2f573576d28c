#include "evals/report.h"

#include <stdio.h>

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 100.0;
}

static void group_line(hr_buf *b, const hr_group *g, uint64_t seed)
{
    const hr_tally *t = &g->evidence;
    uint64_t n = hr_tally_total(t);
    hr_interval see = hr_wilson(t->visible, n);
    hr_interval save = hr_saved_interval(g->tokens.p, g->tokens.n, seed);
    hr_buf_addf(b, "  %-24.*s%6zu%7zu", HR_FMT(g->name), g->cases, g->failed);
    if (n)
        hr_buf_addf(b, "%9llu%8.1f%% %5.1f-%-5.1f%7llu%6llu", (unsigned long long)n,
                    percent(t->visible, n), 100 * see.low, 100 * see.high,
                    (unsigned long long)t->retrievable, (unsigned long long)t->lost);
    else
        hr_buf_addf(b, "%9s%9s %11s%7s%6s", "-", "-", "", "-", "-");
    if (hr_group_tokens(g).before > 0)
        hr_buf_addf(b, "%8.1f%% %5.1f-%-5.1f\n", 100 * hr_saved_share(g->tokens.p, g->tokens.n),
                    100 * save.low, 100 * save.high);
    else
        hr_buf_lit(b, "       -\n");
}

static void classes(hr_buf *b, const hr_suite *s)
{
    hr_buf_addf(b, "  %-24s%6s%11s%9s%14s%13s%12s\n", "payload class", "cells", "survived",
                "ordinary", "amplification", "suppression", "suppressed");
    for (size_t i = 0; i < s->classes.n; i++) {
        const hr_cell_sum *c = &s->classes.p[i];
        double survived = percent(c->survived, c->cells);
        hr_buf_addf(b, "  %-24.*s%6llu%10.1f%%%8.1f%%%14.2f%+12.1f%%%12llu\n", HR_FMT(c->name),
                    (unsigned long long)c->cells, survived, 100 * c->benign,
                    c->benign > 0 ? survived / 100 / c->benign : 0.0, 100 * c->suppression,
                    (unsigned long long)c->suppressed);
    }
}

static void failures(hr_buf *b, const hr_suite *s)
{
    for (size_t i = 0; i < s->failures.n; i++)
        hr_buf_addf(b, "  FAILED %.*s\n", HR_FMT(s->failures.p[i]));
    if (s->nfailures > s->failures.n)
        hr_buf_addf(b, "  … and %zu more failures.\n", s->nfailures - s->failures.n);
}

static void line(hr_buf *b, const hr_suite *s)
{
    const hr_group *g = &s->groups.p[0];
    hr_buf_addf(
        b, "%s  %.*s: %zu cases, %llu of %llu facts visible, %llu lost, %.1f%% saved\n",
        s->nfailures ? "FAIL" : "PASS", HR_FMT(s->name), g->cases,
        (unsigned long long)g->evidence.visible, (unsigned long long)hr_tally_total(&g->evidence),
        (unsigned long long)g->evidence.lost, 100 * hr_saved_share(g->tokens.p, g->tokens.n));
    failures(b, s);
}

static void suite(hr_buf *b, const hr_suite *s, uint64_t seed)
{
    hr_buf_addf(b, "\n%.*s: %s\n%.*s\n", HR_FMT(s->name), s->nfailures ? "FAILED" : "passed",
                HR_FMT(s->about));
    if (s->groups.n && s->groups.p[0].cases) {
        hr_buf_addf(b, "  %-24s%6s%7s%9s%9s %-11s%7s%6s%9s %s\n", "", "cases", "failed", "evidence",
                    "visible", "  (95 %)", "retr.", "lost", "saved", "  (95 %)");
        hr_str by = HR_STR_NONE;
        for (size_t i = 0; i < s->groups.n; i++) {
            /* groups of one heading stand together, headings in the order of their first group */
            const hr_group *head = &s->groups.p[i];
            bool seen = false;
            for (size_t k = 0; k < i; k++)
                seen |= hr_str_eq(s->groups.p[k].by, head->by);
            if (seen)
                continue;
            by = head->by;
            if (by.n)
                hr_buf_addf(b, "  by %.*s\n", HR_FMT(by));
            for (size_t k = i; k < s->groups.n; k++) {
                if (hr_str_eq(s->groups.p[k].by, by))
                    group_line(b, &s->groups.p[k], seed);
            }
        }
    }
    for (size_t i = 0; i < s->checks.n; i++) {
        const hr_check *c = &s->checks.p[i];
        hr_buf_addf(b, "  %-56.*s%8llu of %llu\n", HR_FMT(c->name), (unsigned long long)c->held,
                    (unsigned long long)c->total);
    }
    if (s->classes.n)
        classes(b, s);
    for (size_t i = 0; i < s->curve.n; i++) {
        const hr_point *p = &s->curve.p[i];
        if (i == 0)
            hr_buf_addf(b, "  %-24s%9s%9s%9s\n", "by budget", "saved", "visible", "found");
        hr_buf_addf(b, "  %-24.*s%8.1f%%%8.1f%%%8.1f%%\n", HR_FMT(p->label), 100 * p->saved,
                    100 * p->visible, 100 * p->found);
    }
    if (s->skipped)
        hr_buf_addf(b, "  %llu inputs could not be used.\n", (unsigned long long)s->skipped);
    for (size_t i = 0; i < s->notes.n; i++)
        hr_buf_addf(b, "  Note: %.*s\n", HR_FMT(s->notes.p[i]));
    failures(b, s);
}

void hr_report_text(const hr_report *r, bool brief, hr_buf *b)
{
    size_t failed = 0;
    for (size_t i = 0; i < r->suites.n; i++) {
        if (brief)
            line(b, r->suites.p[i]);
        else
            suite(b, r->suites.p[i], r->seed);
        failed += r->suites.p[i]->nfailures > 0;
    }
    hr_buf_addf(b, "%s%zu of %zu passed. Tokens: %.*s%s. Seed %llu.\n", brief ? "" : "\n",
                r->suites.n - failed, r->suites.n, HR_FMT(r->tokenizer),
                r->exact ? "" : " (estimated)", (unsigned long long)r->seed);
    for (size_t i = 0; i < r->skipped.n; i++)
        hr_buf_addf(b, "Skipped: %.*s\n", HR_FMT(r->skipped.p[i]));
}
