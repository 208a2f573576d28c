/* Documents and long texts inside JSON strings: read as what they are, said to be strings, and put
 * back byte for byte. */
#include "../compress_fixture.h"

#include "base/buf.h"
#include "compress/forms.h"
#include "compress/table/table.h"
#include "text/json.h"

static hr_str kept(hr_buf *b)
{
    hr_str s = hr_str_dup(&arena, hr_buf_str(b));
    hr_buf_free(b);
    return s;
}

static hr_str quoted(hr_str s)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_json_quote(&b, s);
    return kept(&b);
}

static hr_forms forms(hr_str text)
{
    hr_forms f;
    hr_key key = hr_key_of(text);
    assert_int_equal(hr_compress_json(&opts, text, &key, true, &arena, &f), HR_OK);
    return f;
}

static void reads_back(hr_str text, hr_str form)
{
    hr_json_doc x, y;
    hr_buf back = HR_BUF_INIT(0);
    assert_int_equal(hr_table_decode(form, &arena, &back).code, HR_OK);
    assert_int_equal(hr_json_scan(&arena, text, 0, &x).code, HR_OK);
    assert_int_equal(hr_json_scan(&arena, hr_buf_str(&back), 0, &y).code, HR_OK);
    assert_true(hr_json_same(&x, 0, &y, 0));
    hr_buf_free(&back);
}

/* n rows in one of the spellings of programs. */
static hr_str rows(unsigned n, const char *open, const char *comma, const char *colon,
                   const char *row_open, const char *row_close, const char *close)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addf(&b, "%s", open);
    for (unsigned k = 0; k < n; k++)
        hr_buf_addf(&b, "%s%s\"id\"%s%u%s\"state\"%s\"%s\"%s", k ? comma : "", row_open, colon, k,
                    comma[0] == ',' && comma[1] == '\n' ? ",\n    " : comma, colon,
                    k == 40 ? "failed" : "running", row_close);
    hr_buf_addf(&b, "%s", close);
    return kept(&b);
}

static hr_str answer_of(hr_str inner)
{
    return hr_strf(&arena, "{\"content\":[{\"type\":\"text\",\"text\":%.*s}],\"isError\":false}",
                   HR_FMT(quoted(inner)));
}

static void every_spelling_comes_back(void **state)
{
    (void)state;
    const struct {
        hr_str inner;
        const char *shows;
    } cases[] = {
        {rows(80, "[", ",", ":", "{", "}", "]"), "\"text\":jsonT1}"},
        {rows(80, "[", ", ", ": ", "{", "}", "]"), "\"text\":json:spacedT1}"},
        {rows(80, "[\n", ",\n", ": ", "  {\n    ", "\n  }", "\n]"), "\"text\":json:indent2T1}"},
        {rows(80, "[", ",", ":", "{", "}", "]\n"), "\"text\":jsonT1+\"\\n\"}"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        hr_str text = answer_of(cases[k].inner);
        hr_forms f = forms(text);
        assert_true(hr_str_has(f.lossless, hr_cstr(cases[k].shows)));
        assert_true(hr_str_has(f.lossless, HR_STR("\nT1=[80]{id,state}\n0,running\n")));
        reads_back(text, f.lossless);
        assert_true(hr_str_has(f.lossy, HR_STR("\n40,failed\n")));
        assert_true(f.lossy.n * 3 < f.lossless.n);
    }
}

static void what_has_a_spelling_of_its_own_is_copied(void **state)
{
    (void)state;
    hr_str inner = rows(80, "[", " ,", ":", "{", "}", "]");
    hr_str text = answer_of(inner);
    hr_forms f = forms(text);
    assert_true(hr_str_has(f.lossless, hr_strf(&arena, "\"text\":json%.*s", HR_FMT(inner))));
    reads_back(text, f.lossless);
}

static void strings_in_strings(void **state)
{
    (void)state;
    hr_str inner = rows(60, "[", ", ", ": ", "{", "}", "]");
    for (int level = 0; level < 6; level++)
        inner = hr_strf(&arena, "{\"body\": %.*s}", HR_FMT(quoted(inner)));
    hr_forms f = forms(inner);
    reads_back(inner, f.lossless);
    assert_true(hr_str_starts(f.lossless, HR_STR("{\"body\":json:spaced{\"body\":json")));
}

/* A string and the document it holds are two values, also when both occur. */
static void strings_are_not_their_documents(void **state)
{
    (void)state;
    hr_str doc = HR_STR("{\"name\":\"a value long enough to get a name\",\"list\":[1,2,3,4,5,6]}");
    hr_str q = quoted(doc);
    hr_str text = hr_strf(&arena, "[[%.*s,%.*s],[%.*s,%.*s],%.*s]", HR_FMT(doc), HR_FMT(q),
                          HR_FMT(q), HR_FMT(doc), HR_FMT(q));
    hr_forms f = forms(text);
    reads_back(text, f.lossless);
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addc(&b, '[');
    for (int k = 0; k < 40; k++)
        hr_buf_addf(&b, "%s{\"id\":%d,\"payload\":%.*s}", k ? "," : "", k, HR_FMT(k % 3 ? q : doc));
    hr_buf_addc(&b, ']');
    text = kept(&b);
    reads_back(text, forms(text).lossless);
}

/* A table orders members by column; a string whose rows differ in order is not taken apart. */
static void order_inside_a_string_is_kept(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addc(&b, '[');
    for (int k = 0; k < 60; k++)
        hr_buf_addf(&b, k % 2 ? "%s{\"id\":%d,\"state\":\"on\"}" : "%s{\"state\":\"on\",\"id\":%d}",
                    k ? "," : "", k);
    hr_buf_addc(&b, ']');
    hr_str text = answer_of(kept(&b));
    reads_back(text, forms(text).lossless);
}

static void output_of_a_command(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned k = 0; k < 600; k++)
        hr_buf_addf(&b, "2026-01-05 10:%02u:%02u INFO worker %u finished job in %u ms\n", k / 60,
                    k % 60, k % 7, 20 + k % 5);
    hr_buf_lit(&b, "2026-01-05 10:10:00 ERROR worker 3 lost its connection to db-1\n");
    hr_str log = kept(&b);
    hr_str text = hr_strf(&arena,
                          "{\"stdout\": %.*s, \"stderr\": \"warning: 1 worker lost\\n\", "
                          "\"exit_code\": 1}",
                          HR_FMT(quoted(log)));
    hr_forms f = forms(text);
    assert_true(hr_str_starts(f.lossless, HR_STR("{\"stdout\":S1,\"stderr\":\"warning: 1 worker "
                                                 "lost\\n\",\"exit_code\":1}\nS1=text, 602 lines:\n"
                                                 "2026-01-05 10:00:00 INFO worker 0 finished")));
    reads_back(text, f.lossless);
    hr_key key = hr_key_of(text);
    assert_true(hr_str_has(f.lossy, HR_STR("\"stderr\":\"warning: 1 worker lost\\n\"")));
    assert_true(hr_str_has(f.lossy, HR_STR("\"exit_code\":1}")));
    assert_true(hr_str_has(f.lossy, HR_STR("ERROR worker 3 lost its connection to db-1")));
    assert_true(hr_str_has(f.lossy, HR_STR("(end of S1)\n[1 long text shortened")));
    assert_true(hr_str_has(f.lossy, hr_key_str(&key)));
    assert_true(f.lossy.n * 5 < f.lossless.n);
}

/* Texts and documents in the cells of rows, some of which come twice. */
static void in_cells(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned k = 0; k < 90; k++) {
        hr_buf_addf(&b, "{\"id\":%u,\"rendered\":\"", k);
        for (unsigned line = 0; line < 14; line++)
            hr_buf_addf(&b, "%u: a variable of line %u is never read by %u\\n", k / 2, line, k / 2);
        hr_buf_addf(
            &b,
            "\",\"spans\":\"[{\\\"from\\\":%u,\\\"to\\\":9,\\\"file\\\":\\\"src/main.rs\\\"},"
            "{\\\"from\\\":1,\\\"to\\\":%u,\\\"file\\\":\\\"src/lib.rs\\\"}]\"}\n",
            k, k + 3);
    }
    hr_str text = kept(&b), rest = text, line;
    hr_forms f = forms(text);
    assert_true(f.lossy.n > 0);
    assert_true(
        hr_str_has(f.lossless, HR_STR("\nS45=text, 15 lines:\n44: a variable of line 0 is")));
    hr_buf back = HR_BUF_INIT(0);
    assert_int_equal(hr_table_decode(f.lossless, &arena, &back).code, HR_OK);
    hr_str again = hr_buf_str(&back), other;
    for (unsigned k = 0; k < 90; k++) {
        hr_json_doc x, y;
        assert_true(hr_str_line(&rest, &line) && hr_str_line(&again, &other));
        assert_int_equal(hr_json_scan(&arena, line, 0, &x).code, HR_OK);
        assert_int_equal(hr_json_scan(&arena, other, 0, &y).code, HR_OK);
        assert_true(hr_json_same(&x, 0, &y, 0));
    }
    hr_buf_free(&back);
}

/* Names of the notation in texts, and texts that look like the notation. */
static void texts_that_look_like_names(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"a\":\"");
    for (unsigned k = 0; k < 40; k++)
        hr_buf_lit(&b, "S1=text, 40 lines:\\nT1=[2]{a,b}\\n\\tS2\\n");
    hr_buf_lit(&b, "\",\"list\":[");
    for (unsigned k = 0; k < 20; k++)
        hr_buf_addf(&b, "%s{\"n\":\"S%u\",\"m\":\"json:spaced\",\"o\":\"jsonT1\",\"p\":\"json:x\"}",
                    k ? "," : "", k);
    hr_buf_lit(&b, "]}");
    hr_str text = kept(&b);
    hr_forms f = forms(text);
    assert_true(hr_str_has(f.lossless, HR_STR("{\"a\":S1,\"list\":T1}")));
    reads_back(text, f.lossless);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_spelling_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_a_spelling_of_its_own_is_copied, setup, teardown),
        cmocka_unit_test_setup_teardown(strings_in_strings, setup, teardown),
        cmocka_unit_test_setup_teardown(strings_are_not_their_documents, setup, teardown),
        cmocka_unit_test_setup_teardown(order_inside_a_string_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(output_of_a_command, setup, teardown),
        cmocka_unit_test_setup_teardown(in_cells, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_that_look_like_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
