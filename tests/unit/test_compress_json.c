/* The JSON compressor as the router sees it: which forms it offers, and what it refuses. */
#include "../compress_fixture.h"

#include "base/buf.h"
#include "compress/forms.h"
#include "compress/marker.h"
#include "compress/table/table.h"

static hr_err run(hr_str text, bool lossy, hr_forms *f)
{
    hr_key key = hr_key_of(text);
    return hr_compress_json(&opts, text, &key, lossy, &arena, f);
}

/* n records that differ in their numbers only. */
static hr_str records(size_t n)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addc(&b, '[');
    for (size_t k = 0; k < n; k++)
        hr_buf_addf(
            &b,
            "%s{\"id\": %zu, \"url\": \"https://api.example.com/items/%zu\", \"status\": \"ok\"}",
            k ? ", " : "", k, k);
    hr_buf_addc(&b, ']');
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static void both_forms_and_their_reasons(void **state)
{
    (void)state;
    hr_forms f;
    hr_str text = records(300);
    assert_int_equal(run(text, true, &f), HR_OK);
    assert_int_equal(f.lossless_reason, HR_R_JSON_TABLE);
    assert_int_equal(f.lossy_reason, HR_R_JSON_ROWS);
    assert_true(hr_str_eq(f.lossless_strategy, HR_STR("table(1)")));
    assert_true(hr_str_starts(f.lossy_strategy, HR_STR("rows(-")));
    assert_true(f.lossless.n < text.n && f.lossy.n * 4 < f.lossless.n);
    assert_true(hr_str_starts(
        f.lossless,
        HR_STR("[300]{id,url=f\"https://api.example.com/items/{id}\",status=\"ok\"}\n0\n1\n")));

    text = HR_STR("{ \"a\" : [ 1, 2 ] }");
    assert_int_equal(run(text, true, &f), HR_OK);
    assert_int_equal(f.lossless_reason, HR_R_JSON_MINIFY);
    assert_true(f.lossy.n == 0);
}

static void loss_only_when_allowed(void **state)
{
    (void)state;
    hr_forms f;
    assert_int_equal(run(records(300), false, &f), HR_OK);
    assert_true(f.lossless.n > 0 && f.lossy.n == 0);
    opts.via = HR_VIA_NONE;
    assert_int_equal(run(records(300), true, &f), HR_OK);
    assert_true(f.lossy.n == 0);
}

static void the_marker_tells_what_is_gone(void **state)
{
    (void)state;
    hr_forms f;
    hr_str text = records(300);
    hr_key key = hr_key_of(text);
    assert_int_equal(run(text, true, &f), HR_OK);
    hr_marker_hit hit;
    assert_true(hr_marker_find(f.lossy, 0, &hit));
    assert_true(hr_str_eq(hit.hash, hr_key_str(&key)));
    assert_false(hr_marker_find(f.lossy, hit.end, &hit));
    assert_true(hr_str_has(f.lossy, HR_STR(" of 300 rows omitted; shown: 1")));
    assert_true(hr_str_has(f.lossy, HR_STR("id 0..299")));

    opts.via = HR_VIA_SHELL;
    assert_int_equal(run(text, true, &f), HR_OK);
    assert_true(hr_str_has(f.lossy, HR_STR("(run: headroom retrieve ")));
}

static void what_is_no_json(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "hello",     "{\"a\":1",    "{} x",
                                      "[1] 2", "{'a':b''}", "{\"a\":1}\n}"};
    hr_forms f;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        assert_int_equal(run(hr_cstr(bad[k]), true, &f), HR_E_SYNTAX);
        assert_true(f.lossless.n == 0 && f.lossy.n == 0);
    }
    assert_int_equal(run(HR_STR("[\"\xff\"]"), true, &f), HR_E_UTF8);
}

/* Nested deeper than the writers go: white space is all that can be taken out. */
static void deep_documents(void **state)
{
    (void)state;
    hr_forms f;
    hr_buf b = HR_BUF_INIT(0);
    for (int k = 0; k < 600; k++)
        hr_buf_lit(&b, "[ ");
    for (int k = 0; k < 600; k++)
        hr_buf_lit(&b, "] ");
    assert_int_equal(run(hr_buf_str(&b), true, &f), HR_OK);
    assert_int_equal(f.lossless.n, 1200);
    hr_buf_clear(&b);
    for (int k = 0; k < 100000; k++)
        hr_buf_addc(&b, '[');
    for (int k = 0; k < 100000; k++)
        hr_buf_addc(&b, ']');
    assert_int_equal(run(hr_buf_str(&b), true, &f), HR_E_DEPTH);
    hr_buf_free(&b);
}

static uint64_t ticks;

static uint64_t count_ticks(void *ctx)
{
    (void)ctx;
    return ++ticks;
}

static void the_deadline_stops_the_work(void **state)
{
    (void)state;
    hr_clock clock = {.mono_ns = count_ticks};
    hr_str text = records(20000);
    hr_forms f;
    for (uint64_t at = 1; at < 100; at += 7) {
        hr_deadline d = {.clock = &clock, .at_ns = at};
        opts.deadline = &d;
        ticks = 0;
        assert_int_equal(run(text, true, &f), HR_E_TIMEOUT);
        assert_true(ticks >= at);
    }
}

static void embedded_documents_lose_their_escapes(void **state)
{
    (void)state;
    hr_forms f;
    assert_int_equal(
        run(HR_STR("{\"body\":\"{\\\"type\\\":\\\"order\\\",\\\"items\\\":[{\\\"id\\\":1},"
                   "{\\\"id\\\":2}]}\",\"n\": 1}"),
            false, &f),
        HR_OK);
    assert_string_equal(
        hr_zstr(&arena, f.lossless),
        "{\"body\":json{\"type\":\"order\",\"items\":[{\"id\":1},{\"id\":2}]},\"n\":1}");
    hr_buf b = HR_BUF_INIT(0);
    assert_int_equal(hr_table_decode(f.lossless, &arena, &b).code, HR_OK);
    assert_string_equal(hr_zstr(&arena, hr_buf_str(&b)),
                        "{\"body\":\"{\\\"type\\\":\\\"order\\\",\\\"items\\\":[{\\\"id\\\":1},"
                        "{\\\"id\\\":2}]}\",\"n\":1}");
    hr_buf_free(&b);
}

static void members_that_few_rows_have(void **state)
{
    (void)state;
    hr_forms f;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addc(&b, '[');
    for (int k = 0; k < 30; k++)
        hr_buf_addf(&b, "%s{\"id\":%d,\"host\":\"h%d\"%s}", k ? "," : "", k * 3, k % 4,
                    k == 7 ? ",\"quirk\":[1,2]" : "");
    hr_buf_addc(&b, ']');
    assert_int_equal(run(hr_buf_str(&b), false, &f), HR_OK);
    assert_true(hr_str_starts(f.lossless, HR_STR("[30]{id,host,*}\n0,h0\n")));
    assert_true(hr_str_has(f.lossless, HR_STR("\n21,h3,{\"quirk\":[1,2]}\n")));
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_forms_and_their_reasons, setup, teardown),
        cmocka_unit_test_setup_teardown(loss_only_when_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_marker_tells_what_is_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_json, setup, teardown),
        cmocka_unit_test_setup_teardown(deep_documents, setup, teardown),
        cmocka_unit_test_setup_teardown(the_deadline_stops_the_work, setup, teardown),
        cmocka_unit_test_setup_teardown(embedded_documents_lose_their_escapes, setup, teardown),
        cmocka_unit_test_setup_teardown(members_that_few_rows_have, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
