/* The measuring itself must be able to say "lost": what the evaluations see and do not see. */
#include "evals/evals.h"
#include "evals/gen.h"
#include "evals/measure.h"
#include "evals/targets.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static hr_arena arena;

static int set_up(void **state)
{
    (void)state;
    hr_arena_init(&arena, (size_t)1 << 30);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hr_arena_free(&arena);
    return 0;
}

static hr_measured measured(const char *in, const char *out, bool lossy, bool intact)
{
    hr_measured d = {.text = hr_cstr(in), .intact = intact};
    d.c = (hr_compressed){.text = hr_cstr(out), .changed = true, .lossy = lossy};
    return d;
}

static void evidence_is_visible_retrievable_or_lost(void **state)
{
    (void)state;
    hr_measured d = measured("alpha beta gamma", "beta", true, true);
    assert_int_equal(hr_measure_find(&d, HR_STR("beta")), HR_FOUND_VISIBLE);
    assert_int_equal(hr_measure_find(&d, HR_STR("gamma")), HR_FOUND_RETRIEVABLE);
    assert_int_equal(hr_measure_find(&d, HR_STR("delta")), HR_FOUND_LOST);
    d.intact = false; /* the hash gave nothing, or other bytes */
    assert_int_equal(hr_measure_find(&d, HR_STR("gamma")), HR_FOUND_LOST);
    /* a JSON form that claims to be lossless has to prove it */
    d = measured("{\"a\":\"one\",\"b\":2}", "x", false, false);
    d.c.kind = HR_KIND_JSON;
    assert_int_equal(hr_measure_find(&d, HR_STR("one")), HR_FOUND_LOST);
    d.back = HR_STR("{\"a\":\"one\",\"b\":2}");
    assert_int_equal(hr_measure_find(&d, HR_STR("one")), HR_FOUND_RETRIEVABLE);
}

static void a_member_is_visible_when_key_and_value_are(void **state)
{
    (void)state;
    hr_measured d = measured("[{\"size\": 4711}]", "[1]{size}\n4711", false, false);
    assert_int_equal(hr_measure_find(&d, HR_STR("\"size\": 4711")), HR_FOUND_VISIBLE);
    d.c.text = HR_STR("[1]{size}\n4712");
    assert_int_equal(hr_measure_find(&d, HR_STR("\"size\": 4711")), HR_FOUND_RETRIEVABLE);
}

static void broken_outputs_are_reported(void **state)
{
    (void)state;
    hr_report r = {.a = &arena};
    hr_suite *s = hr_report_suite(&r, "s", "about");
    hr_meter m = {.r = &r, .scratch = &arena};
    hr_measured good = measured("abc", "ab", false, false);
    assert_true(hr_measure_sound(&m, s, &good, HR_STR("x")) && hr_report_passed(&r));
    const hr_measured bad[] = {measured("abc", "", false, false),
                               measured("abc", "abcd", false, false),
                               measured("abc", "ab", true, false)};
    for (size_t i = 0; i < 3; i++)
        assert_false(hr_measure_sound(&m, s, &bad[i], HR_STR("x")));
    assert_int_equal(s->nfailures, 3);
    assert_false(hr_report_passed(&r));
}

static bool has_target(const hr_targets *t, hr_target_kind k, const char *text)
{
    for (size_t i = 0; i < t->v.n; i++) {
        if (t->v.p[i].kind == k && hr_str_eq(t->v.p[i].text, hr_cstr(text)))
            return true;
    }
    return false;
}

static void targets_are_what_an_agent_needs_again(void **state)
{
    (void)state;
    hr_targets t;
    hr_targets_find(HR_STR("took_ms=412 in /usr/lib/app/main.so, see https://docs.example/a?b=1\n"
                           "commit 0badc0ffee12 by 550e8400-e29b-41d4-a716-446655440000\n"
                           "{\"retries\": 17, \"name\": \"v2\"}\n"
                           "2024-01-01 ERROR could not reach the ledger\n"
                           "a word and 12345 more\n"),
                    &arena, &t);
    assert_true(has_target(&t, HR_TARGET_NUMBER, "took_ms=412"));
    assert_true(has_target(&t, HR_TARGET_NUMBER, "retries\": 17"));
    assert_true(has_target(&t, HR_TARGET_ARTIFACT, "/usr/lib/app/main.so"));
    assert_true(has_target(&t, HR_TARGET_ARTIFACT, "https://docs.example/a?b=1"));
    assert_true(has_target(&t, HR_TARGET_ARTIFACT, "0badc0ffee12"));
    assert_true(has_target(&t, HR_TARGET_ARTIFACT, "550e8400-e29b-41d4-a716-446655440000"));
    assert_true(has_target(&t, HR_TARGET_ERROR, "2024-01-01 ERROR could not reach the ledger"));
    assert_false(has_target(&t, HR_TARGET_ARTIFACT, "a word"));
}

static void numbers_are_looked_up_on_word_boundaries(void **state)
{
    (void)state;
    hr_seen s;
    const hr_target t = {HR_TARGET_NUMBER, HR_STR("retries\": 17"), HR_STR("retries"),
                         HR_STR("17")};
    assert_true(hr_seen_init(&s, HR_STR("retries,name\n17,v2"), &arena));
    assert_true(hr_seen_has(&s, &t, &arena));
    assert_true(hr_seen_init(&s, HR_STR("retries,name\n170,v2 1.17 x17"), &arena));
    assert_false(hr_seen_has(&s, &t, &arena));
    assert_true(hr_seen_init(&s, HR_STR("17"), &arena));
    assert_false(hr_seen_has(&s, &t, &arena));
}

static void every_generated_document_has_its_needles(void **state)
{
    (void)state;
    for (int c = 0; c < HR_CONTENT_COUNT; c++) {
        for (int k = 0; k < HR_NEEDLE_COUNT; k++) {
            hr_doc one, two;
            hr_arena_mark mark = hr_arena_save(&arena);
            assert_true(hr_gen_doc(5, (hr_content)c, (hr_needle_kind)k, 200, 75, &arena, &one));
            assert_true(hr_gen_doc(5, (hr_content)c, (hr_needle_kind)k, 200, 75, &arena, &two));
            assert_true(hr_str_eq(one.text, two.text));
            assert_true(one.nneedles > 0);
            for (size_t i = 0; i < one.nneedles; i++)
                assert_true(one.needles[i].n > 4 && hr_str_has(one.text, one.needles[i]));
            hr_arena_restore(&arena, mark);
        }
    }
}

/* The whole of it on small documents: passes, and says the same twice, in all three forms. */
static void the_suite_passes_and_repeats_itself(void **state)
{
    (void)state;
    hr_str first = HR_STR_NONE;
    for (int round = 0; round < 2; round++) {
        const hr_evals_in in = {.what = HR_STR("suite"),
                                .model = HR_STR("gpt-4o"),
                                .tier = 1,
                                .max_rows = 50,
                                .seed = 9};
        hr_engine_opts o = hr_engine_defaults();
        hr_report r;
        hr_str message;
        hr_buf b = HR_BUF_INIT(0);
        assert_int_equal(hr_evals_run(&o, &in, &arena, &r, &message), HR_OK);
        hr_report_text(&r, false, &b);
        if (!hr_report_passed(&r))
            print_message("%.*s", HR_FMT(hr_buf_str(&b)));
        assert_true(hr_report_passed(&r));
        hr_report_json(&r, -1, &b);
        hr_report_html(&r, &b);
        assert_int_equal(b.err, HR_OK);
        assert_false(hr_str_has(hr_buf_str(&b), HR_STR("<script")));
        assert_false(hr_str_has(hr_buf_str(&b), HR_STR("http")));
        if (round == 0)
            first = hr_str_dup(&arena, hr_buf_str(&b));
        else
            assert_true(hr_str_eq(first, hr_buf_str(&b)));
        hr_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_is_visible_retrievable_or_lost),
        cmocka_unit_test(a_member_is_visible_when_key_and_value_are),
        cmocka_unit_test(broken_outputs_are_reported),
        cmocka_unit_test(targets_are_what_an_agent_needs_again),
        cmocka_unit_test(numbers_are_looked_up_on_word_boundaries),
        cmocka_unit_test(every_generated_document_has_its_needles),
        cmocka_unit_test(the_suite_passes_and_repeats_itself),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
