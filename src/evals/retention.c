/* What must stay visible when rows are left out: every failure, every outlier, every row asked for.
 * Also the curve of what is kept against what is saved. */
#include "evals/gen.h"
#include "evals/suites.h"

#include <stdio.h>

enum { MOST_PROBES = 40 };

typedef struct probe_doc {
    hr_buf b;
    hr_arena *a;
    hr_str probes[MOST_PROBES];
    size_t n;
    hr_str query;
} probe_doc;

static void want(probe_doc *p, hr_str s)
{
    if (p->n < MOST_PROBES && s.p)
        p->probes[p->n++] = s;
}

static void judge(hr_meter *m, hr_suite *s, probe_doc *p, const char *kind, size_t i)
{
    hr_measured d;
    hr_case c = {0};
    hr_str text = p->b.err == HR_OK ? hr_str_dup(p->a, hr_buf_str(&p->b)) : HR_STR_NONE;
    hr_str name = hr_strf(p->a, "%s %zu", kind, i);
    hr_measure(m, text, p->query, &d);
    c.tokens = hr_measured_tokens(&d);
    c.failed = !hr_measure_sound(m, s, &d, name);
    for (size_t k = 0; k < p->n; k++) {
        hr_found f = hr_measure_find(&d, p->probes[k]);
        hr_tally_add(&c.evidence, f);
        if (f != HR_FOUND_VISIBLE) {
            c.failed = true;
            hr_suite_fail(m->r, s, "%.*s: '%.*s' is not visible (%s)", HR_FMT(name),
                          HR_FMT(p->probes[k]), hr_reason_code(d.c.reason));
        }
    }
    const hr_label label = {"kind", hr_cstr(kind)};
    hr_suite_case(m->r, s, &c, &label, 1);
    hr_buf_free(&p->b);
}

/* Five servers, of which one is in trouble, and nodes; `nodes` 20 as in the known check, or many.
 */
static void information(hr_meter *m, hr_suite *s, size_t i, size_t nodes)
{
    probe_doc p = {.b = HR_BUF_INIT(0), .a = m->scratch};
    hr_buf_addf(&p.b,
                "[\n  {\"server\": \"prod-server-%03zu\", \"cpu\": 45.2, \"memory\": 62.1},\n"
                "  {\"server\": \"staging-%zu\", \"cpu\": 12.4, \"memory\": 33.0},\n"
                "  {\"server\": \"dev-%zu\", \"cpu\": 5.1, \"memory\": 20.7},\n"
                "  {\"server\": \"db-%zu\", \"status\": \"critical\", \"cpu\": 98.7, \"memory\": "
                "95.3, \"error\": \"ERR-%zu\", \"metric\": %.1f}",
                i, i, i, i, 1000 + i, 42.5 + (double)i);
    for (size_t j = 0; j < nodes; j++)
        hr_buf_addf(&p.b, ",\n  {\"server\": \"node-%zu\", \"cpu\": %.1f, \"memory\": %.1f}", j,
                    40 + 0.5 * (double)(j % 80), 60 + 0.3 * (double)(j % 80));
    hr_buf_lit(&p.b, "\n]\n");
    want(&p, hr_strf(p.a, "ERR-%zu", 1000 + i));
    want(&p, HR_STR("critical"));
    want(&p, HR_STR("98.7"));
    if (nodes <= 20)
        want(&p, hr_strf(p.a, "prod-server-%03zu", i));
    judge(m, s, &p, nodes <= 20 ? "information" : "information_large", i);
}

typedef enum wording { FLAT, NESTED, DIFFERENT, SAME } wording;

/* A failure's message; 36 different ones. */
static hr_str message(hr_arena *a, size_t i)
{
    static const char *const what[] = {"disk full",    "access denied", "token expired",
                                       "host unknown", "lock held",     "schema mismatch"};
    static const char *const when[] = {"uploading parts", "opening a session", "writing the index",
                                       "sending mail",    "reading settings",  "closing the books"};
    return hr_strf(a, "%s while %s", what[i % 6], when[i / 6 % 6]);
}

/* n rows, of which the bad ones hold `word`. Of failures that say the same, the first must be
 * visible; the others are its doubles. */
static void rows_with(hr_meter *m, hr_suite *s, const char *kind, size_t n, const size_t *bad,
                      size_t nbad, const char *word, wording w)
{
    probe_doc p = {.b = HR_BUF_INIT(0), .a = m->scratch};
    hr_rng r = {n};
    hr_buf_addc(&p.b, '[');
    for (size_t i = 0; i < n; i++) {
        bool hit = false;
        for (size_t k = 0; k < nbad; k++)
            hit |= bad[k] == i;
        unsigned tag = hr_rng_below(&r, 1u << 30);
        hr_buf_addf(&p.b, "%s{\"id\":%zu,\"task\":\"job-%zu\",", i ? "," : "", i, i);
        if (w == DIFFERENT || w == SAME)
            hr_buf_addf(&p.b, "\"message\":\"%.*s\",",
                        HR_FMT(hit ? message(p.a, w == SAME ? 0 : p.n) : HR_STR("done")));
        if (w == NESTED)
            hr_buf_addf(&p.b, "\"result\":{\"state\":\"%s\",\"detail\":{\"ref\":\"x%08x\"}},",
                        hit ? word : "success", tag);
        else
            hr_buf_addf(&p.b, "\"status\":\"%s\",\"ref\":\"x%08x\",", hit ? word : "success", tag);
        hr_buf_addf(&p.b, "\"seconds\":%.2f}", 10 + hr_rng_normal(&r));
        if (hit && (w != SAME || p.n == 0))
            want(&p, hr_strf(p.a, "x%08x", tag));
    }
    hr_buf_addc(&p.b, ']');
    judge(m, s, &p, kind, n);
}

static void failures(hr_meter *m, hr_suite *s)
{
    static const size_t seven[] = {10, 50, 100, 250, 500, 750, 999}, fifty[] = {50};
    static const char *const words[] = {"error",   "exception", "failed",
                                        "failure", "critical",  "fatal"};
    size_t many[34];
    for (size_t i = 0; i < 34; i++)
        many[i] = i * 3;
    rows_with(m, s, "seven_failures", 1000, seven, 7, "failed", FLAT);
    rows_with(m, s, "many_failures", 100, many, 34, "error", DIFFERENT);
    rows_with(m, s, "one_failure_often", 100, many, 34, "error", SAME);
    rows_with(m, s, "nested_failure", 300, fifty, 1, "error", NESTED);
    for (size_t w = 0; w < 6; w++) {
        rows_with(m, s, "failure_words", 100, fifty, 1, words[w], FLAT);
        rows_with(m, s, "failure_words", 400, fifty, 1, words[w], FLAT);
    }
}

/* Numbers far off in one field, and rows that the question names. */
static void numbers(hr_meter *m, hr_suite *s, uint64_t seed)
{
    for (size_t n = 100; n <= 1000; n += 300) {
        probe_doc p = {.b = HR_BUF_INIT(0), .a = m->scratch};
        probe_doc q = p;
        hr_rng r = {seed + n};
        hr_str names[3];
        hr_buf_addc(&p.b, '[');
        for (size_t i = 0, k = 0; i < n; i++) {
            bool off = i == n / 4 || i == n / 2 || i == 3 * n / 4;
            double v = 100 + 15 * hr_rng_normal(&r) + (off ? 400.0 + (double)i : 0);
            hr_str host = hr_strf(p.a, "host-%06x", hr_rng_below(&r, 1u << 24));
            hr_buf_addf(&p.b, "%s{\"metric\":\"queue_depth\",\"host\":\"%.*s\",\"value\":%.3f}",
                        i ? "," : "", HR_FMT(host), v);
            if (off) {
                want(&p, hr_strf(p.a, "%.3f", v));
                names[k++] = host;
            }
        }
        hr_buf_addc(&p.b, ']');
        hr_buf_add(&q.b, hr_buf_str(&p.b));
        judge(m, s, &p, "outliers", n);
        for (size_t k = 0; k < 3; k++)
            want(&q, names[k]);
        q.query = hr_strf(q.a, "Compare %.*s with %.*s and %.*s", HR_FMT(names[0]),
                          HR_FMT(names[1]), HR_FMT(names[2]));
        judge(m, s, &q, "rows_asked_for", n);
    }
}

/* The same documents at several budgets: how much is found at which saving. */
static void curve(hr_meter *m, hr_suite *s, uint64_t seed)
{
    static const struct {
        const char *label;
        size_t most;
        bool lossless;
    } budget[] = {{"lossless only", 15, true}, {"200 rows", 200, false}, {"100 rows", 100, false},
                  {"50 rows", 50, false},      {"15 rows", 15, false},   {"5 rows", 5, false}};
    static const hr_content contents[] = {HR_CONTENT_JSON_ARRAY, HR_CONTENT_NESTED, HR_CONTENT_CSV};
    for (size_t b = 0; b < sizeof(budget) / sizeof(*budget); b++) {
        hr_tally t = {0};
        hr_pair all = {0};
        for (size_t i = 0; i < 3 * HR_NEEDLE_COUNT; i++) {
            hr_arena_mark mark = hr_arena_save(m->scratch);
            hr_doc doc;
            hr_measured d;
            if (hr_gen_doc(seed + i, contents[i % 3], (hr_needle_kind)(i / 3), 400, 60, m->scratch,
                           &doc)) {
                hr_compress_opts o = hr_compress_defaults();
                o.tok = m->tok;
                o.via = HR_VIA_TOOL;
                o.query = doc.query;
                o.max_items_after_crush = budget[b].most;
                o.lossless_only = budget[b].lossless;
                hr_measure_with(m, &o, doc.text, &d);
                for (size_t k = 0; k < doc.nneedles; k++)
                    hr_tally_add(&t, hr_measure_find(&d, doc.needles[k]));
                all.before += d.c.tokens_before;
                all.after += d.c.tokens_after;
            }
            hr_arena_restore(m->scratch, mark);
        }
        hr_point *p = hr_vec_push(&s->curve, m->r->a);
        double n = (double)hr_tally_total(&t);
        if (p && n > 0)
            *p = (hr_point){hr_cstr(budget[b].label), hr_saved_share(&all, 1),
                            (double)t.visible / n, (double)(t.visible + t.retrievable) / n};
    }
}

void hr_suite_retention(hr_meter *m, const hr_evals_in *in)
{
    hr_suite *s = hr_report_suite(m->r, "retention",
                                  "Facts that must be read without asking: failures in every "
                                  "wording, outliers, rows named by "
                                  "the question. Every probe must be visible.");
    hr_arena_mark mark = hr_arena_save(m->scratch);
    for (size_t i = 0; s && i < 30; i++) {
        information(m, s, i, 20);
        hr_arena_restore(m->scratch, mark);
        information(m, s, i, 200);
        hr_arena_restore(m->scratch, mark);
    }
    if (s) {
        failures(m, s);
        numbers(m, s, in->seed);
        curve(m, s, in->seed);
    }
    hr_arena_restore(m->scratch, mark);
}
