/* The notations json and markdown-kv: what they look like, that they say what is missing and what
 * is null, and that they read back. */
#include "../compress_fixture.h"

#include "compress/forms.h"
#include "compress/json/compaction.h"
#include "text/json.h"

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
    assert_int_equal(hr_compaction_decode(opts.compaction, form, &arena, &back), HR_OK);
    assert_int_equal(hr_json_scan(&arena, text, 0, &x).code, HR_OK);
    assert_int_equal(hr_json_scan(&arena, hr_buf_str(&back), 0, &y).code, HR_OK);
    assert_true(hr_json_same(&x, 0, &y, 0));
    hr_buf_free(&back);
}

static void is(hr_str form, const char *want)
{
    if (!hr_str_eq(form, hr_cstr(want)))
        print_error("have %.*s\nwant %s\n", HR_FMT(form), want);
    assert_true(hr_str_eq(form, hr_cstr(want)));
}

#define WIDE100                                                                                    \
    "                                                                                            " \
    "  "
#define WIDE                                                                                       \
    WIDE100 WIDE100 WIDE100 WIDE100 /* white space, so that these notations are smaller            \
                                     */
#define ROW(id, more) "{\"identifier\":" #id ",\"description\":\"d" #id "\"" more "}"

static void json_rows(void **state)
{
    (void)state;
    opts.compaction = HR_COMPACT_JSON;
    hr_str text = HR_STR(WIDE "[" ROW(1, ",\"weight\":1.5") "," ROW(2, ",\"weight\":2") "," ROW(
        3, ",\"weight\":null") "," ROW(4,
                                       ",\"weight\":4") "," ROW(5,
                                                                ",\"weight\":5") "," ROW(6,
                                                                                         "") "]");
    hr_forms f = forms(text);
    is(f.lossless,
       "{\"_compaction\":\"table\",\"_schema\":[{\"name\":\"identifier\",\"type\":\"int\"},"
       "{\"name\":\"description\",\"type\":\"string\"},{\"name\":\"weight\",\"type\":\"float\","
       "\"nullable\":true,\"optional\":true}],\"_kept\":6,\"_total\":6,\"_rows\":[[1,\"d1\",1.5],"
       "[2,\"d2\",2],[3,\"d3\",{\"_value\":null}],[4,\"d4\",4],[5,\"d5\",5],[6,\"d6\",null]]}");
    reads_back(text, f.lossless);
}

static void markdown_rows(void **state)
{
    (void)state;
    opts.compaction = HR_COMPACT_MARKDOWN;
    hr_str text = HR_STR(WIDE "[" ROW(1, ",\"a: b\":\"null\"") "," ROW(2, ",\"a: b\":\"\"") "," ROW(
        3,
        ",\"a: b\":null") "," ROW(4,
                                  ",\"a: b\":\"4\"") "," ROW(5,
                                                             ",\"a: b\":\" x\"") "," ROW(6,
                                                                                         "") "]");
    hr_forms f = forms(text);
    is(f.lossless, "[6]{identifier:int,description:string,\"a: b\":string?}\n"
                   "- identifier: 1\n  description: d1\n  \"a: b\": \"null\"\n"
                   "- identifier: 2\n  description: d2\n  \"a: b\": \"\"\n"
                   "- identifier: 3\n  description: d3\n  \"a: b\": null\n"
                   "- identifier: 4\n  description: d4\n  \"a: b\": 4\n"
                   "- identifier: 5\n  description: d5\n  \"a: b\": \" x\"\n"
                   "- identifier: 6\n  description: d6");
    reads_back(text, f.lossless);
}

static hr_str many(const char *fmt)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"total\": 90, \"answer\": [");
    for (unsigned k = 0; k < 90; k++)
        hr_buf_addf(&b, fmt, k ? ", " : "", k, k * 3 % 7);
    hr_buf_lit(&b, "], \"more\": false}");
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static const char nested[] = "%s{\"identifier\": %u, \"owner\": {\"login\": \"ann\", \"level\": "
                             "%u}, \"labels\": [{\"name\": "
                             "\"x\"}, {\"name\": \"y\"}]}";

static void tables_inside_documents(void **state)
{
    (void)state;
    hr_str text = many(nested);
    opts.compaction = HR_COMPACT_JSON;
    hr_forms f = forms(text);
    assert_true(
        hr_str_starts(f.lossless, HR_STR("{\"total\":90,\"answer\":{\"_compaction\":\"table\",")));
    assert_true(
        hr_str_has(f.lossless, HR_STR("{\"name\":\"owner.login\",\"type\":\"string\",\"path\":"
                                      "[\"owner\",\"login\"]}")));
    reads_back(text, f.lossless);
    hr_json_doc d; /* the lossy form, too, is JSON up to its marker */
    size_t used;
    assert_int_equal(hr_json_scan_prefix(&arena, f.lossy, 0, &d, &used).code, HR_OK);
    assert_true(hr_str_has(f.lossy, HR_STR("\"_total\":90,")));
    assert_false(hr_str_has(f.lossy, HR_STR("\"_kept\":90,")));
    opts.compaction = HR_COMPACT_MARKDOWN;
    f = forms(text);
    assert_true(
        hr_str_starts(f.lossless, HR_STR("{\"total\":90,\"answer\":T1,\"more\":false}\nT1=[90]"
                                         "{identifier:int,owner.login:string,owner.level:int,"
                                         "labels:json}\n- identifier: 0\n  owner.login: ann\n")));
    reads_back(text, f.lossless);
    assert_true(hr_str_has(f.lossy, HR_STR(" of 90]{identifier:int")));
}

/* compaction_max_flatten_inner_keys */
static void objects_of_many_members_stay_whole(void **state)
{
    (void)state;
    opts.compaction = HR_COMPACT_MARKDOWN;
    opts.max_flatten_inner_keys = 1;
    hr_str text = many(nested);
    hr_forms f = forms(text);
    assert_true(hr_str_has(f.lossless, HR_STR("{identifier:int,owner:json,labels:json}")));
    reads_back(text, f.lossless);
}

static void own_words_in_the_text(void **state)
{
    (void)state;
    opts.compaction = HR_COMPACT_JSON;
    hr_str text = many("%s{\"identifier\": %u, \"_compaction\": \"table\", \"_rows\": [%u]}");
    hr_forms f = forms(text);
    assert_true(hr_str_eq(f.lossless_strategy, HR_STR("minify")));
    reads_back(HR_STR("[{\"a\":{\"_value\":1}},{\"b\":1}]"),
               HR_STR("[{\"a\":{\"_value\":1}},{\"b\":1}]"));
}

static void damage_is_an_error(void **state)
{
    (void)state;
    static const char *const bad[] = {"[2]{a:int}\n- a: 1",        "[1]{a:int}\n- b: 1",
                                      "[1]{a:int}\n- a: {",        "{\"x\":T1}",
                                      "{\"x\":T1}\nT1=[1]{a:int}", "[1]{a}\n- a 1"};
    hr_buf out = HR_BUF_INIT(0);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_int_not_equal(
            hr_compaction_decode(HR_COMPACT_MARKDOWN, hr_cstr(bad[k]), &arena, &out), HR_OK);
    assert_int_not_equal(
        hr_compaction_decode(HR_COMPACT_JSON,
                             HR_STR("{\"_compaction\":\"table\",\"_schema\":[{\"name\":"
                                    "\"a\"}],\"_rows\":[[1,2]]}"),
                             &arena, &out),
        HR_OK);
    hr_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(markdown_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(tables_inside_documents, setup, teardown),
        cmocka_unit_test_setup_teardown(objects_of_many_members_stay_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(own_words_in_the_text, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
