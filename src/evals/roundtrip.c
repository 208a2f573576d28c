/* Round trips: every hash that is named gives the input's bytes back; lossless JSON forms read back
 * to the same value; the same input gives the same bytes on every engine and thread; a second pass
 * changes nothing. */
#include "evals/gen.h"
#include "evals/suites.h"

#include "compress/table/table.h"

#include <pthread.h>

/* The known case: 20 rows, one failed with a code, one with a timeout. More rows put it to work. */
static hr_str ccr_case(hr_arena *a, size_t i, size_t rows)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "[");
    for (size_t j = 0; j < rows; j++) {
        hr_buf_add(&b, j ? HR_STR(",\n  {\n") : HR_STR("\n  {\n"));
        hr_buf_addf(&b, "    \"id\": %zu,\n    \"name\": \"item_%zu\",\n", j, j);
        if (j == rows * 7 / 20)
            hr_buf_addf(&b,
                        "    \"value\": 999.99,\n    \"status\": \"error\",\n    \"error_code\": "
                        "\"ERR-%zu\",\n    \"task_id\": \"task-%04zu\"\n  }",
                        2000 + i, i);
        else if (j == rows * 15 / 20)
            hr_buf_addf(&b,
                        "    \"value\": -1.0,\n    \"status\": \"failed\",\n    \"message\": "
                        "\"timed out waiting for task-%04zu\"\n  }",
                        i);
        else
            hr_buf_addf(&b, "    \"value\": %.1f,\n    \"status\": \"active\"\n  }",
                        1.5 * (double)j);
    }
    hr_buf_lit(&b, "\n]");
    hr_str s = b.err == HR_OK ? hr_str_dup(a, hr_buf_str(&b)) : HR_STR_NONE;
    hr_buf_free(&b);
    return s;
}

static bool same_json(hr_arena *a, hr_str x, hr_str y)
{
    hr_json_doc dx, dy;
    return hr_json_scan(a, x, 0, &dx).code == HR_OK && hr_json_scan(a, y, 0, &dy).code == HR_OK &&
           hr_json_same(&dx, 0, &dy, 0);
}

typedef struct again {
    hr_meter m; /* engine and arena of its own */
    hr_str text, query, out;
} again;

static void *compress_again(void *p)
{
    again *g = p;
    hr_measured d;
    hr_measure(&g->m, g->text, g->query, &d);
    g->out = d.c.text;
    return NULL;
}

/* The same text at once on two threads, the second one on the other engine. */
static bool deterministic(hr_meter *m, hr_engine *other, hr_str text, hr_str query, hr_str first)
{
    hr_arena arena[2];
    again g[2];
    pthread_t t[2];
    bool same = true, started[2];
    for (int i = 0; i < 2; i++) {
        hr_arena_init(&arena[i], (size_t)1 << 30);
        g[i] = (again){.m = *m, .text = text, .query = query};
        g[i].m.scratch = &arena[i];
        g[i].m.e = i ? other : m->e;
        started[i] = pthread_create(&t[i], NULL, compress_again, &g[i]) == 0;
    }
    for (int i = 0; i < 2; i++) {
        if (started[i])
            pthread_join(t[i], NULL);
        same &= started[i] && hr_str_eq(g[i].out, first);
        hr_arena_free(&arena[i]);
    }
    return same;
}

static void one(hr_meter *m, hr_suite *s, hr_engine *other, hr_str text, hr_str query,
                const hr_str *needles, size_t nneedles, hr_label label, hr_str name)
{
    hr_measured d, twice;
    hr_case c = {0};
    size_t failed = s->nfailures;
    hr_measure(m, text, query, &d);
    c.tokens = hr_measured_tokens(&d);
    hr_measure_sound(m, s, &d, name);
    for (size_t i = 0; i < nneedles; i++) {
        hr_found f = hr_measure_find(&d, needles[i]);
        hr_tally_add(&c.evidence, f);
        if (f == HR_FOUND_LOST)
            hr_suite_fail(m->r, s, "%.*s: '%.*s' is lost", HR_FMT(name), HR_FMT(needles[i]));
    }
    if (d.c.lossy)
        hr_suite_check(m->r, s, "originals that came back byte for byte", d.intact);
    if (d.back.n) {
        bool same = same_json(m->scratch, d.back, text);
        hr_suite_check(m->r, s, "lossless JSON forms that read back to the same value", same);
        if (!same)
            hr_suite_fail(m->r, s, "%.*s: the lossless form reads back differently", HR_FMT(name));
    }
    bool same = deterministic(m, other, text, query, d.c.text);
    hr_suite_check(m->r, s, "same bytes on two threads and two engines", same);
    if (!same)
        hr_suite_fail(m->r, s, "%.*s: the same input gave different bytes", HR_FMT(name));
    hr_measure(m, d.c.text, query, &twice);
    hr_suite_check(m->r, s, "second pass that changed nothing", hr_str_eq(twice.c.text, d.c.text));
    for (size_t i = 0; i < nneedles; i++) {
        if (hr_measure_find(&d, needles[i]) == HR_FOUND_VISIBLE &&
            hr_measure_find(&twice, needles[i]) == HR_FOUND_LOST)
            hr_suite_fail(m->r, s, "%.*s: a second pass loses '%.*s'", HR_FMT(name),
                          HR_FMT(needles[i]));
    }
    c.failed = s->nfailures > failed;
    hr_suite_case(m->r, s, &c, &label, 1);
}

void hr_suite_roundtrip(hr_meter *m, const hr_evals_in *in)
{
    static const size_t rows[] = {20, 100, 400};
    hr_suite *s = hr_report_suite(
        m->r, "roundtrip",
        "Every named hash is retrieved and compared byte for byte; lossless forms are read back; "
        "the same input is compressed again, elsewhere and twice over.");
    hr_engine_opts o = hr_engine_defaults();
    hr_engine *other;
    hr_arena_mark mark = hr_arena_save(m->scratch);
    if (!s || hr_engine_open(&o, &other) != HR_OK)
        return;
    for (size_t i = 0; i < 50; i++) {
        size_t n = rows[i % 3];
        hr_str needles[] = {hr_strf(m->scratch, "ERR-%zu", 2000 + i), HR_STR("999.99"),
                            hr_strf(m->scratch, "task-%04zu", i)};
        one(m, s, other, ccr_case(m->scratch, i, n), HR_STR_NONE, needles, 3,
            (hr_label){"content", HR_STR("records")},
            hr_strf(m->scratch, "ccr_roundtrip %zu (%zu rows)", i, n));
        hr_arena_restore(m->scratch, mark);
    }
    for (size_t i = 0; i < (size_t)HR_CONTENT_COUNT * 4; i++) {
        static const size_t sizes[] = {30, 150, 600, 2000};
        hr_content content = (hr_content)(i % HR_CONTENT_COUNT);
        size_t n = sizes[i / HR_CONTENT_COUNT];
        hr_doc doc;
        if (n <= in->max_rows &&
            hr_gen_doc(in->seed + i, content, HR_NEEDLE_ERROR, n, 40, m->scratch, &doc))
            one(m, s, other, doc.text, doc.query, doc.needles, doc.nneedles,
                (hr_label){"content", hr_cstr(hr_content_name(content))},
                hr_strf(m->scratch, "%s of %zu rows", hr_content_name(content), n));
        hr_arena_restore(m->scratch, mark);
    }
    hr_engine_close(other);
}
