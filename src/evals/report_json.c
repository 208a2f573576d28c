#include "evals/report.h"

#include "text/json.h"

static void member(hr_buf *b, const char *name, hr_str value)
{
    hr_buf_addf(b, "\"%s\":", name);
    hr_json_quote(b, value);
}

static uint64_t saved(const hr_pair *p)
{
    return p->before > p->after ? p->before - p->after : 0;
}

static void numbers(hr_buf *b, const hr_group *g, uint64_t seed)
{
    const hr_tally *t = &g->evidence;
    uint64_t n = hr_tally_total(t);
    hr_pair all = hr_group_tokens(g);
    hr_interval see = hr_wilson(t->visible, n), lost = hr_wilson(t->lost, n);
    hr_interval save = hr_saved_interval(g->tokens.p, g->tokens.n, seed);
    hr_buf_addf(b,
                "\"total_cases\":%zu,\"passed_cases\":%zu,\"failed_cases\":%zu,\"accuracy_rate\":"
                "%.4f,\"evidence\":{\"total\":%llu,\"visible\":%llu,\"retrievable\":%llu,\"lost\":"
                "%llu,\"visible_rate\":%.4f,\"visible_95\":[%.4f,%.4f],\"lost_95\":[%.4f,%.4f]},",
                g->cases, g->cases - g->failed, g->failed,
                g->cases ? 1.0 - (double)g->failed / (double)g->cases : 1.0, (unsigned long long)n,
                (unsigned long long)t->visible, (unsigned long long)t->retrievable,
                (unsigned long long)t->lost, n ? (double)t->visible / (double)n : 1.0, see.low,
                see.high, lost.low, lost.high);
    hr_buf_addf(b,
                "\"total_original_tokens\":%llu,\"total_compressed_tokens\":%llu,"
                "\"total_tokens_saved\":%llu,\"saved_share\":%.4f,\"saved_95\":[%.4f,%.4f]",
                (unsigned long long)all.before, (unsigned long long)all.after,
                (unsigned long long)saved(&all), hr_saved_share(g->tokens.p, g->tokens.n), save.low,
                save.high);
}

static void text_list(hr_buf *b, const char *name, const hr_str *p, size_t n)
{
    hr_buf_addf(b, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        hr_buf_add(b, i ? HR_STR(",") : HR_STR(""));
        hr_json_quote(b, p[i]);
    }
    hr_buf_addc(b, ']');
}

static void classes(hr_buf *b, const hr_suite *s)
{
    hr_buf_lit(b, ",\"summaries\":[");
    for (size_t i = 0; i < s->classes.n; i++) {
        const hr_cell_sum *c = &s->classes.p[i];
        double rate = c->cells ? (double)c->survived / (double)c->cells : 0;
        hr_buf_add(b, i ? HR_STR(",{") : HR_STR("{"));
        member(b, "payload_class", c->name);
        hr_buf_addf(b,
                    ",\"cells\":%llu,\"survival_rate\":%.4f,\"mean_benign_survival\":%.4f,"
                    "\"amplification\":%.4f,\"mean_suppression\":%.4f,\"suppressed_cells\":%llu}",
                    (unsigned long long)c->cells, rate, c->benign,
                    c->benign > 0 ? rate / c->benign : 0, c->suppression,
                    (unsigned long long)c->suppressed);
    }
    hr_buf_addc(b, ']');
}

static void suite(hr_buf *b, const hr_suite *s, uint64_t seed)
{
    hr_buf_addc(b, '{');
    member(b, "benchmark", s->name);
    hr_buf_addf(b, ",\"passed\":%s,", s->nfailures ? "false" : "true");
    numbers(b, &s->groups.p[0], seed);
    hr_buf_addf(b, ",\"skipped_inputs\":%llu,\"groups\":[", (unsigned long long)s->skipped);
    for (size_t i = 1; i < s->groups.n; i++) {
        hr_buf_add(b, i > 1 ? HR_STR(",{") : HR_STR("{"));
        member(b, "by", s->groups.p[i].by);
        hr_buf_addc(b, ',');
        member(b, "name", s->groups.p[i].name);
        hr_buf_addc(b, ',');
        numbers(b, &s->groups.p[i], seed);
        hr_buf_addc(b, '}');
    }
    hr_buf_lit(b, "],\"checks\":[");
    for (size_t i = 0; i < s->checks.n; i++) {
        hr_buf_add(b, i ? HR_STR(",{") : HR_STR("{"));
        member(b, "name", s->checks.p[i].name);
        hr_buf_addf(b, ",\"held\":%llu,\"total\":%llu}", (unsigned long long)s->checks.p[i].held,
                    (unsigned long long)s->checks.p[i].total);
    }
    hr_buf_addc(b, ']');
    if (s->classes.n)
        classes(b, s);
    hr_buf_lit(b, ",\"curve\":[");
    for (size_t i = 0; i < s->curve.n; i++) {
        const hr_point *p = &s->curve.p[i];
        hr_buf_add(b, i ? HR_STR(",{") : HR_STR("{"));
        member(b, "budget", p->label);
        hr_buf_addf(b, ",\"saved\":%.4f,\"visible\":%.4f,\"found\":%.4f}", p->saved, p->visible,
                    p->found);
    }
    hr_buf_addc(b, ']');
    text_list(b, "notes", s->notes.p, s->notes.n);
    hr_buf_addf(b, ",\"error_count\":%zu", s->nfailures);
    text_list(b, "errors", s->failures.p, s->failures.n);
    hr_buf_addc(b, '}');
}

/* Of all suites; the ratio is the mean of their saved shares, of those that count tokens. */
static void summary(hr_buf *b, const hr_report *r)
{
    size_t failed = 0, counted = 0;
    uint64_t tokens = 0;
    double shares = 0;
    for (size_t i = 0; i < r->suites.n; i++) {
        const hr_suite *s = r->suites.p[i];
        hr_pair all = hr_group_tokens(&s->groups.p[0]);
        failed += s->nfailures > 0;
        tokens += saved(&all);
        if (all.before) {
            shares += hr_saved_share(s->groups.p[0].tokens.p, s->groups.p[0].tokens.n);
            counted++;
        }
    }
    hr_buf_addf(b,
                ",\"summary\":{\"total_benchmarks\":%zu,\"passed\":%zu,\"failed\":%zu,"
                "\"all_passed\":%s,\"avg_compression_ratio\":%.4f,\"total_tokens_saved\":%llu}",
                r->suites.n, r->suites.n - failed, failed, failed ? "false" : "true",
                counted ? shares / (double)counted : 0.0, (unsigned long long)tokens);
}

void hr_report_json(const hr_report *r, double seconds, hr_buf *b)
{
    hr_buf_lit(b, "{\"version\":\"1.0\",");
    member(b, "tokenizer", r->tokenizer);
    hr_buf_addf(b, ",\"tokens_exact\":%s,\"seed\":%llu,\"all_passed\":%s",
                r->exact ? "true" : "false", (unsigned long long)r->seed,
                hr_report_passed(r) ? "true" : "false");
    if (seconds >= 0)
        hr_buf_addf(b, ",\"duration_seconds\":%.3f", seconds);
    summary(b, r);
    hr_buf_lit(b, ",\"benchmarks\":[");
    for (size_t i = 0; i < r->suites.n; i++) {
        hr_buf_add(b, i ? HR_STR(",\n") : HR_STR("\n"));
        suite(b, r->suites.p[i], r->seed);
    }
    hr_buf_lit(b, "\n]");
    text_list(b, "skipped", r->skipped.p, r->skipped.n);
    hr_buf_lit(b, "}\n");
}
