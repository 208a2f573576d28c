#include "evals/report.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
    "content=\"width=device-width\"><title>Headroom evaluations</title><style>\n"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}\n"
    "h2{margin-top:2.5rem;border-bottom:1px solid #ccc}.ok{color:#176b2c}.bad{color:#a11}\n"
    "table{border-collapse:collapse;font-size:13px}td,th{padding:2px 9px;text-align:right;"
    "border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}\n"
    "tr.by td{font-weight:600;padding-top:8px}svg{width:100%;max-width:48rem;font-size:12px}\n"
    "svg text{fill:#333}svg .h{font-weight:600}svg .l{text-anchor:end}.curve{max-width:32rem}\n"
    ".v{fill:#2f7d4f}.r{fill:#9cc3ea}.x{fill:#c62828}.w{stroke:#111;stroke-width:2}\n"
    ".f{fill:none;stroke:#bbb}polyline{fill:none;stroke-width:2}.cf{stroke:#5a8fc4;"
    "stroke-dasharray:5 4}.cv{stroke:#2f7d4f}circle.cv{fill:#2f7d4f;stroke:none}\n"
    "li{overflow-wrap:anywhere}\n"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}svg text{fill:#ccc}"
    ".w{stroke:#fff}.ok{color:#6fcf87}.bad{color:#ff8a80}}\n"
    "</style></head><body>\n<h1>Headroom evaluations</h1>\n";

static void row(hr_buf *b, const hr_group *g, uint64_t seed)
{
    const hr_tally *t = &g->evidence;
    uint64_t n = hr_tally_total(t);
    hr_interval w = hr_wilson(t->visible, n), c = hr_saved_interval(g->tokens.p, g->tokens.n, seed);
    hr_buf_lit(b, "<tr><td>");
    hr_html_text(b, g->name);
    hr_buf_addf(b, "</td><td>%zu</td><td>%zu</td>", g->cases, g->failed);
    if (n)
        hr_buf_addf(b, "<td>%llu</td><td>%.1f %%</td><td>%.1f–%.1f</td><td>%llu</td><td>%llu</td>",
                    (unsigned long long)n, 100 * (double)t->visible / (double)n, 100 * w.low,
                    100 * w.high, (unsigned long long)t->retrievable, (unsigned long long)t->lost);
    else
        hr_buf_lit(b, "<td>–</td><td>–</td><td>–</td><td>–</td><td>–</td>");
    double before = 0;
    for (size_t i = 0; i < g->tokens.n; i++)
        before += (double)g->tokens.p[i].before;
    if (before > 0)
        hr_buf_addf(b, "<td>%.1f %%</td><td>%.1f–%.1f</td></tr>\n",
                    100 * hr_saved_share(g->tokens.p, g->tokens.n), 100 * c.low, 100 * c.high);
    else
        hr_buf_lit(b, "<td>–</td><td>–</td></tr>\n");
}

/* Calls for every different heading, in order. */
static bool first_of_heading(const hr_suite *s, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (hr_str_eq(s->groups.p[k].by, s->groups.p[i].by))
            return false;
    }
    return true;
}

static void tables(hr_buf *b, const hr_suite *s, uint64_t seed)
{
    for (size_t i = 0; i < s->groups.n; i++) {
        if (first_of_heading(s, i) && (i > 0 || s->groups.n == 1))
            hr_html_bars(b, s, s->groups.p[i].by, seed);
    }
    hr_buf_lit(b, "<details open><summary>Figures</summary><table><tr><th></th><th>cases</th><th>"
                  "failed</th><th>evidence</th><th>visible</th><th>95 %</th><th>retrievable</th>"
                  "<th>lost</th><th>saved</th><th>95 %</th></tr>\n");
    for (size_t i = 0; i < s->groups.n; i++) {
        if (!first_of_heading(s, i))
            continue;
        if (s->groups.p[i].by.n) {
            hr_buf_lit(b, "<tr class=\"by\"><td colspan=\"10\">by ");
            hr_html_text(b, s->groups.p[i].by);
            hr_buf_lit(b, "</td></tr>\n");
        }
        for (size_t k = i; k < s->groups.n; k++) {
            if (hr_str_eq(s->groups.p[k].by, s->groups.p[i].by))
                row(b, &s->groups.p[k], seed);
        }
    }
    hr_buf_lit(b, "</table></details>\n");
}

static void classes(hr_buf *b, const hr_suite *s)
{
    hr_buf_lit(b, "<table><tr><th>payload class</th><th>cells</th><th>survived</th><th>ordinary "
                  "lines</th><th>suppression</th><th>suppressed cells</th></tr>\n");
    for (size_t i = 0; i < s->classes.n; i++) {
        const hr_cell_sum *c = &s->classes.p[i];
        hr_buf_lit(b, "<tr><td>");
        hr_html_text(b, c->name);
        hr_buf_addf(b,
                    "</td><td>%llu</td><td>%.1f %%</td><td>%.1f %%</td><td>%+.1f %%</td><td>%llu"
                    "</td></tr>\n",
                    (unsigned long long)c->cells,
                    c->cells ? 100 * (double)c->survived / (double)c->cells : 0, 100 * c->benign,
                    100 * c->suppression, (unsigned long long)c->suppressed);
    }
    hr_buf_lit(b, "</table>\n");
}

static void list(hr_buf *b, const char *class, const hr_str *p, size_t n)
{
    if (!n)
        return;
    hr_buf_addf(b, "<ul class=\"%s\">\n", class);
    for (size_t i = 0; i < n; i++) {
        hr_buf_lit(b, "<li>");
        hr_html_text(b, p[i]);
        hr_buf_lit(b, "</li>\n");
    }
    hr_buf_lit(b, "</ul>\n");
}

static void suite(hr_buf *b, const hr_suite *s, uint64_t seed)
{
    hr_buf_lit(b, "<h2>");
    hr_html_text(b, s->name);
    hr_buf_add(b, s->nfailures ? HR_STR(" <span class=\"bad\">failed</span></h2>\n<p>")
                               : HR_STR(" <span class=\"ok\">passed</span></h2>\n<p>"));
    hr_html_text(b, s->about);
    hr_buf_lit(b, "</p>\n");
    if (s->groups.p[0].cases)
        tables(b, s, seed);
    for (size_t i = 0; i < s->checks.n; i++) {
        hr_buf_add(b, i ? HR_STR("") : HR_STR("<table>\n"));
        hr_buf_lit(b, "<tr><td>");
        hr_html_text(b, s->checks.p[i].name);
        hr_buf_addf(b, "</td><td>%llu of %llu</td></tr>\n", (unsigned long long)s->checks.p[i].held,
                    (unsigned long long)s->checks.p[i].total);
    }
    if (s->checks.n)
        hr_buf_lit(b, "</table>\n");
    if (s->classes.n)
        classes(b, s);
    if (s->curve.n)
        hr_html_curve(b, s);
    if (s->skipped)
        hr_buf_addf(b, "<p>%llu inputs could not be used.</p>\n", (unsigned long long)s->skipped);
    list(b, "notes", s->notes.p, s->notes.n);
    list(b, "bad", s->failures.p, s->failures.n);
    if (s->nfailures > s->failures.n)
        hr_buf_addf(b, "<p>… and %zu more failures.</p>\n", s->nfailures - s->failures.n);
}

void hr_report_html(const hr_report *r, hr_buf *b)
{
    hr_buf_add(b, hr_cstr(head));
    hr_buf_addf(b,
                "<p>%s. Tokens of %.*s%s, seed %llu. Bars: <b>visible</b> in the compressed text "
                "(with its 95 %% interval), <b>retrievable</b>, <b>lost</b>.</p>\n",
                hr_report_passed(r) ? "All passed" : "Something failed", HR_FMT(r->tokenizer),
                r->exact ? "" : " (estimated)", (unsigned long long)r->seed);
    for (size_t i = 0; i < r->suites.n; i++)
        suite(b, r->suites.p[i], r->seed);
    if (r->skipped.n)
        hr_buf_lit(b, "<h2>Skipped</h2>\n");
    list(b, "notes", r->skipped.p, r->skipped.n);
    hr_buf_lit(b, "</body></html>\n");
}
