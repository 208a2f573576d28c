/* The report card: what a pull request or a wiki page wants to show. */
#include "evals/report.h"

static double percent(double share)
{
    return 100 * share;
}

/* A table's cell: one line, and no bar that would start the next cell. */
static void cell(hr_buf *b, hr_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '|')
            hr_buf_addc(b, '\\');
        hr_buf_addc(b, s.p[i] == '\n' || s.p[i] == '\r' ? ' ' : s.p[i]);
    }
}

static void row(hr_buf *b, const hr_suite *s, uint64_t seed)
{
    const hr_group *g = &s->groups.p[0];
    uint64_t n = hr_tally_total(&g->evidence);
    hr_buf_lit(b, "| ");
    cell(b, s->name);
    hr_buf_addf(b, " | %zu ", g->cases);
    if (n) {
        hr_interval see = hr_wilson(g->evidence.visible, n);
        hr_buf_addf(b, "| %.1f %% (%.1f–%.1f) | %llu | %llu ",
                    percent((double)g->evidence.visible / (double)n), percent(see.low),
                    percent(see.high), (unsigned long long)g->evidence.retrievable,
                    (unsigned long long)g->evidence.lost);
    } else {
        hr_buf_lit(b, "| – | – | – ");
    }
    hr_pair all = hr_group_tokens(g);
    if (all.before) {
        hr_interval save = hr_saved_interval(g->tokens.p, g->tokens.n, seed);
        hr_buf_addf(b, "| %llu | %.1f %% (%.1f–%.1f) ",
                    (unsigned long long)(all.before > all.after ? all.before - all.after : 0),
                    percent(hr_saved_share(g->tokens.p, g->tokens.n)), percent(save.low),
                    percent(save.high));
    } else {
        hr_buf_lit(b, "| – | – ");
    }
    hr_buf_addf(b, "| %s |\n", s->nfailures ? "**FAIL**" : "PASS");
}

void hr_report_markdown(const hr_report *r, hr_buf *b)
{
    size_t failed = 0;
    for (size_t i = 0; i < r->suites.n; i++)
        failed += r->suites.p[i]->nfailures > 0;
    hr_buf_addf(b,
                "# Headroom report card\n\n**%zu of %zu passed.** Tokens: %.*s%s. Seed %llu. "
                "Intervals: 95 %%.\n\n",
                r->suites.n - failed, r->suites.n, HR_FMT(r->tokenizer),
                r->exact ? "" : " (estimated)", (unsigned long long)r->seed);
    hr_buf_lit(b,
               "| Evaluation | Cases | Facts visible | Retrievable | Lost | Tokens saved | Saved "
               "| Status |\n|---|--:|--:|--:|--:|--:|--:|---|\n");
    for (size_t i = 0; i < r->suites.n; i++)
        row(b, r->suites.p[i], r->seed);
    for (size_t i = 0; i < r->suites.n; i++) {
        const hr_suite *s = r->suites.p[i];
        if (s->failures.n == 0)
            continue;
        hr_buf_lit(b, "\n## Failed: ");
        cell(b, s->name);
        hr_buf_lit(b, "\n\n");
        for (size_t k = 0; k < s->failures.n; k++) {
            hr_buf_lit(b, "- ");
            cell(b, s->failures.p[k]);
            hr_buf_addc(b, '\n');
        }
        if (s->nfailures > s->failures.n)
            hr_buf_addf(b, "- … and %zu more\n", s->nfailures - s->failures.n);
    }
    if (r->skipped.n)
        hr_buf_lit(b, "\n## Skipped\n\n");
    for (size_t i = 0; i < r->skipped.n; i++) {
        hr_buf_lit(b, "- ");
        cell(b, r->skipped.p[i]);
        hr_buf_addc(b, '\n');
    }
}
