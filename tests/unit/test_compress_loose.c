/* Texts that are nearly JSON: read where they have one meaning, refused where they have not. */
#include "../compress_fixture.h"

#include "compress/detect/detect.h"
#include "compress/forms.h"
#include "compress/json/json_loose.h"

static void reads(const char *text, const char *json, bool python)
{
    hr_loose l;
    hr_buf b = HR_BUF_INIT(0);
    assert_int_equal(hr_loose_read(hr_cstr(text), &arena, &b, &l), HR_OK);
    if (!hr_str_eq(hr_buf_str(&b), hr_cstr(json)))
        print_error("%s became %.*s\n", text, HR_FMT(hr_buf_str(&b)));
    assert_true(hr_str_eq(hr_buf_str(&b), hr_cstr(json)));
    assert_int_equal(l.python, python);
    hr_buf_free(&b);
}

static void python(void **state)
{
    (void)state;
    reads("[{'a': 1, 'b': None}, {'a': -2.5e+16, 'b': [True, False]}]",
          "[{\"a\":1,\"b\":null},{\"a\":-2.5e+16,\"b\":[true,false]}]", true);
    reads("{'it': \"it's\", 'q': 'say \"x\"', 'e': '\\n\\t\\x41\\u20ac\\U0001f600\\\\ \\''}",
          "{\"it\":\"it's\",\"q\":\"say "
          "\\\"x\\\"\",\"e\":\"\\n\\tA\xe2\x82\xac\xf0\x9f\x98\x80\\\\ '\"}",
          true);
    reads("{'long': 'one '\n         'two',\n 'x': {}, 'y': []}",
          "{\"long\":\"one two\",\"x\":{},\"y\":[]}", true);
    reads("{'n': 123456789012345678901234567890}", "{\"n\":123456789012345678901234567890}", true);
}

static void refused(const char *text)
{
    hr_loose l;
    hr_buf b = HR_BUF_INIT(0);
    if (hr_loose_read(hr_cstr(text), &arena, &b, &l) != HR_E_SYNTAX)
        print_error("%s became %.*s\n", text, HR_FMT(hr_buf_str(&b)));
    hr_buf_clear(&b);
    assert_int_equal(hr_loose_read(hr_cstr(text), &arena, &b, &l), HR_E_SYNTAX);
    hr_buf_free(&b);
}

static void what_json_cannot_say(void **state)
{
    (void)state;
    static const char *const no[] = {
        "[{'a': (1, 2)}]",
        "[{'a': {1, 2}}]",
        "[{'a': b'x'}]",
        "[{'a': nan, 'b': 'NaN'}]",
        "[{'a': +inf}]",
        "{1: 'a'}",
        "[{'a': <object at 0x1>}]",
        "[{'a': Decimal('1')}]",
        "[{'a': 'x}]\n",
        "[{'a': '\\N{DASH}'}]",
        "[{'a': '\\ud83d'}]",
        "[{\"a\": Nan}]",
        "[{\"a\": 1,},]",
        "[1, 2] // x",
        "[{'a': 1}] tail",
        "[{'a': 01}]",
        "[{\"a\":1",
        "{\"a\":1,\"b\":2,",
        "'text'",
        "[\"x\"]",
    };
    for (size_t k = 0; k < sizeof no / sizeof *no; k++)
        refused(no[k]);
}

static void where_it_is_cut(void **state)
{
    (void)state;
    static const char text[] =
        "{\"n\":1,\"data\":{\"items\":[{\"a\":[1,2]},{\"a\":[3]},{\"a\":[4,5,6";
    hr_loose l;
    hr_buf b = HR_BUF_INIT(0);
    assert_int_equal(hr_loose_read(hr_cstr(text), &arena, &b, &l), HR_OK);
    assert_true(l.cut);
    assert_true(hr_str_eq(l.path, HR_STR("data.items")));
    assert_int_equal(l.element, 3);
    assert_true(hr_str_eq(hr_buf_str(&b),
                          HR_STR("{\"n\":1,\"data\":{\"items\":[{\"a\":[1,2]},{\"a\":[3]}]}}")));
    assert_string_equal(text + l.at, ",{\"a\":[4,5,6");
    hr_buf_free(&b);
}

static hr_forms forms(hr_str text)
{
    hr_forms f;
    hr_key key = hr_key_of(text);
    assert_int_equal(hr_compress_json(&opts, text, &key, true, &arena, &f), HR_OK);
    assert_true(f.lossless.n < text.n && f.lossy.n < f.lossless.n);
    return f;
}

static hr_str many(const char *open, const char *row, const char *end)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addf(&b, "%s", open);
    for (unsigned k = 0; k < 120; k++) {
        hr_buf_addf(&b, "%s", k ? ", " : "");
        hr_buf_addf(&b, row, k, k * 3 % 11);
    }
    hr_buf_addf(&b, "%s", end);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static void the_reader_is_told(void **state)
{
    (void)state;
    hr_str text = many("[", "{'id': %u, 'name': None, 'size': %u}", "]");
    assert_int_equal(hr_detect(text), HR_KIND_JSON);
    hr_forms f = forms(text);
    hr_str head =
        HR_STR("Python literals, None, True and False written as null, true and false:\n[");
    assert_true(hr_str_starts(f.lossless, head) && hr_str_starts(f.lossy, head));
    assert_true(hr_str_has(f.lossless, HR_STR("\n[120]{id,name=null,size}\n0,0\n1,3\n")));
    text = many("[", "{\"id\": %u, \"share\": NaN, \"size\": %u}", "]");
    assert_int_equal(hr_detect(text), HR_KIND_JSON);
    f = forms(text);
    assert_true(
        hr_str_starts(f.lossless, HR_STR("NaN and Infinity, also where they stand in quotes, are "
                                         "the numbers:\n[120]{id,share=\"NaN\",size}\n0,0\n")));
    f = forms(many("{\"items\": [", "{\"id\": %u, \"size\": %u}", ", {\"id\": 120, \"si"));
    hr_str end = HR_STR(
        "\n(the output was cut off in element 121 of items, of which there is only:)\n{\"id\": "
        "120, \"si");
    assert_true(hr_str_ends(f.lossless, end) && hr_str_ends(f.lossy, end));
    assert_true(hr_str_has(f.lossless, HR_STR("T1=[120]{id,size}\n")));
}

/* Documents behind each other, the last one cut off: whole ones are rows, the rest stays. */
static void a_torn_sequence(void **state)
{
    (void)state;
    static const char *const tails[] = {"{\n\t\"id\": 500,\n\t\"name\": \"a{b\",\n\t\"use", "{",
                                        "{\"id\": 1, \"x\": [true, fal"};
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned k = 0; k < 80; k++)
        hr_buf_addf(&b,
                    "{\n\t\"id\": %u,\n\t\"name\": \"package %u\",\n\t\"uses\": [\n\t\t\"a\",\n\t\t"
                    "\"b\"\n\t]\n}\n",
                    k, k * 7 % 30);
    size_t whole = b.n;
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        b.n = whole;
        hr_buf_add(&b, hr_cstr(tails[i]));
        assert_int_equal(hr_detect(hr_buf_str(&b)), HR_KIND_NDJSON);
        hr_forms f = forms(hr_str_dup(&arena, hr_buf_str(&b)));
        assert_true(hr_str_has(f.lossless, HR_STR("lines [80]{id,name,uses=[\"a\",\"b\"]}\n0,")));
        assert_true(hr_str_has(f.lossy, HR_STR(" of 80 rows omitted")));
        hr_str end = hr_strf(
            &arena, "\n(the output was cut off in document 81, of which there is only:)\n%s",
            tails[i]);
        assert_true(hr_str_ends(f.lossless, end) && hr_str_ends(f.lossy, end));
    }
    /* What could never become a document is no cut. */
    static const char *const others[] = {"{\"id\" 500, \"a", "{\"id\": 1}} {", "] {"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        b.n = whole;
        hr_buf_add(&b, hr_cstr(others[i]));
        hr_forms f;
        hr_str text = hr_buf_str(&b);
        hr_key key = hr_key_of(text);
        assert_int_equal(hr_compress_json(&opts, text, &key, true, &arena, &f), HR_E_SYNTAX);
    }
    hr_buf_free(&b);
}

static void what_is_strict_stays_as_it_is_spelled(void **state)
{
    (void)state;
    /* Numbers beyond any type, halves of pairs, names given twice. */
    hr_forms f = forms(many("[",
                            "{\"big\": 12345678901234567890%u, \"d\": 0.10, \"s\": \"\\ud83d\", "
                            "\"m\": %u}",
                            "]"));
    assert_true(hr_str_has(f.lossless,
                           HR_STR("[120]{big,d=0.10,s=\"\\ud83d\",m}\n123456789012345678900,0\n")));
    f = forms(many(
        "[", "{\"id\": %u, \"id\": %u, \"text\": \"a line that is said again and again\"}", "]"));
    assert_true(hr_str_has(f.lossless, HR_STR("{\"id\":1,\"id\":3,\"text\":")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(python, setup, teardown),
        cmocka_unit_test_setup_teardown(what_json_cannot_say, setup, teardown),
        cmocka_unit_test_setup_teardown(where_it_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(the_reader_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_torn_sequence, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_strict_stays_as_it_is_spelled, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
