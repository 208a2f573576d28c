/* The scanner against JSONTestSuite and the contract in text/json.h. */
#include "base/mem.h"
#include "text/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../files.h"

static hr_arena arena;

static int setup(void **state)
{
    (void)state;
    hr_arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hr_arena_free(&arena);
    return 0;
}

static hr_json_doc scan(const char *text)
{
    hr_json_doc d;
    hr_errpos e = hr_json_scan(&arena, hr_cstr(text), 0, &d);
    if (e.code != HR_OK)
        fail_msg("%s: %s at %zu", text, hr_err_name(e.code), e.at);
    return d;
}

static void refused(const char *text, hr_err code, size_t at)
{
    hr_json_doc d;
    hr_errpos e = hr_json_scan(&arena, hr_cstr(text), 0, &d);
    if (e.code != code || e.at != at)
        fail_msg("%s: %s at %zu", text, hr_err_name(e.code), e.at);
    assert_int_equal(d.n, 0);
}

static void is_text(hr_str got, const char *want)
{
    if (!got.p || !hr_str_eq(got, hr_cstr(want)))
        fail_msg("got \"%.*s\", want \"%s\"", HR_FMT(got), want);
}

/* --- JSONTestSuite --------------------------------------------------------------------------- */

typedef struct tally {
    size_t yes, no, either;
} tally;

static void suite_case(void *ctx, const char *path, hr_str text)
{
    tally *t = ctx;
    const char *name = strrchr(path, '/') + 1;
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_json_doc d;
    hr_errpos e = hr_json_scan(&a, text, 0, &d);
    if (name[0] == 'y' && e.code != HR_OK)
        fail_msg("%s refused: %s at %zu", name, hr_err_name(e.code), e.at);
    if (name[0] == 'n' && e.code == HR_OK)
        fail_msg("%s accepted", name);
    if (strcmp(name, "n_structure_100000_opening_arrays.json") == 0)
        assert_int_equal(e.code, HR_E_DEPTH);
    assert_true(e.at <= text.n);
    for (uint32_t i = 0; i < d.n; i++)
        (void)hr_json_text(&d, i, &a);
    *(name[0] == 'y' ? &t->yes : name[0] == 'n' ? &t->no : &t->either) += 1;
    hr_arena_free(&a);
}

static void test_suite(void **state)
{
    (void)state;
    tally t = {0};
    test_walk(HR_TEST_DATA "/suites/json", ".json", suite_case, &t);
    assert_int_equal(t.yes, 95);
    assert_int_equal(t.no, 188);
    assert_int_equal(t.either, 35);
}

/* --- structure ------------------------------------------------------------------------------- */

static void test_nodes(void **state)
{
    (void)state;
    hr_json_doc d = scan(" {\"a\" : [1, {\"b\":null} ,[]], \"c\":{} } ");
    static const struct {
        hr_json_type type;
        const char *raw;
        uint32_t next, count;
        unsigned flags;
    } want[] = {
        {HR_JSON_OBJECT, "{\"a\" : [1, {\"b\":null} ,[]], \"c\":{} }", 10, 2, 0},
        {HR_JSON_STRING, "\"a\"", 2, 0, HR_JSON_KEY},
        {HR_JSON_ARRAY, "[1, {\"b\":null} ,[]]", 8, 3, 0},
        {HR_JSON_NUMBER, "1", 4, 0, 0},
        {HR_JSON_OBJECT, "{\"b\":null}", 7, 1, 0},
        {HR_JSON_STRING, "\"b\"", 6, 0, HR_JSON_KEY},
        {HR_JSON_NULL, "null", 7, 0, 0},
        {HR_JSON_ARRAY, "[]", 8, 0, 0},
        {HR_JSON_STRING, "\"c\"", 9, 0, HR_JSON_KEY},
        {HR_JSON_OBJECT, "{}", 10, 0, 0},
    };
    assert_int_equal(d.n, 10);
    for (uint32_t i = 0; i < d.n; i++) {
        assert_int_equal(d.nodes[i].type, want[i].type);
        is_text(hr_json_raw(&d, i), want[i].raw);
        assert_int_equal(d.nodes[i].next, want[i].next);
        assert_int_equal(d.nodes[i].count, want[i].count);
        assert_int_equal(d.nodes[i].flags, want[i].flags);
    }
    assert_int_equal(hr_json_at(&d, 2, 2), 7);
    assert_true(hr_json_at(&d, 2, 3) == HR_JSON_ABSENT);
    assert_true(hr_json_at(&d, 0, 0) == HR_JSON_ABSENT);
}

static void test_errors(void **state)
{
    (void)state;
    refused("", HR_E_SYNTAX, 0);
    refused("  ", HR_E_SYNTAX, 2);
    refused("\xef\xbb\xbf{}", HR_E_SYNTAX, 0);
    refused("{} x", HR_E_SYNTAX, 3);
    refused("[1,]", HR_E_SYNTAX, 3);
    refused("[1 2]", HR_E_SYNTAX, 3);
    refused("[1}", HR_E_SYNTAX, 2);
    refused("{\"a\":1,}", HR_E_SYNTAX, 7);
    refused("{\"a\" 1}", HR_E_SYNTAX, 5);
    refused("{a:1}", HR_E_SYNTAX, 1);
    refused("[tru]", HR_E_SYNTAX, 4);
    refused("[01]", HR_E_SYNTAX, 2);
    refused("-", HR_E_SYNTAX, 1);
    refused("1.", HR_E_SYNTAX, 2);
    refused("1e+", HR_E_SYNTAX, 3);
    refused("\"abc", HR_E_SYNTAX, 4);
    refused("\"a\nb\"", HR_E_SYNTAX, 2);
    refused("\"a\\x\"", HR_E_SYNTAX, 3);
    refused("\"\\u12g4\"", HR_E_SYNTAX, 5);
    refused("\"\\u12", HR_E_SYNTAX, 5);
    refused("\"0123456789abcdef\xc0\x80\"", HR_E_UTF8, 17);
    refused("\"\xed\xa0\x80\"", HR_E_UTF8, 1);
    refused("\"\xe4\xb8\"", HR_E_UTF8, 1);
    refused("\"\xf4\x90\x80\x80\"", HR_E_UTF8, 1);
    scan("\"\xe0\xa0\x80 \xe1\x80\x80 \xec\xbf\xbf \xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf\"");
}

static void test_depth(void **state)
{
    (void)state;
    hr_json_doc d;
    assert_int_equal(hr_json_scan(&arena, HR_STR("[[{\"a\":1}]]"), 3, &d).code, HR_OK);
    hr_errpos e = hr_json_scan(&arena, HR_STR("[[{\"a\":[]}]]"), 3, &d);
    assert_int_equal(e.code, HR_E_DEPTH);
    assert_int_equal(e.at, 7);
    char text[4096];
    memset(text, '[', 1024);
    memset(text + 1024, ']', 1024);
    assert_int_equal(hr_json_scan(&arena, hr_str_of(text, 2048), 0, &d).code, HR_OK);
    memset(text, '[', 1025);
    assert_int_equal(hr_json_scan(&arena, hr_str_of(text, 2050), 0, &d).code, HR_E_DEPTH);
    /* Depth is nesting, not the number of containers. */
    assert_int_equal(hr_json_scan(&arena, HR_STR("[[],[],[],{},{}]"), 2, &d).code, HR_OK);
}

static void test_prefix(void **state)
{
    (void)state;
    hr_str rest = HR_STR("{\"a\":1}\n [2]\"x\"3 true");
    static const char *const want[] = {"{\"a\":1}", "[2]", "\"x\"", "3", "true"};
    for (size_t i = 0; i < 5; i++) {
        hr_json_doc d;
        size_t used;
        assert_int_equal(hr_json_scan_prefix(&arena, rest, 0, &d, &used).code, HR_OK);
        is_text(hr_json_raw(&d, 0), want[i]);
        rest = hr_str_sub(rest, used, rest.n);
    }
    assert_int_equal(rest.n, 0);
}

/* Every special byte at every place of a long string, so that each lane of the wide loops counts.
 */
static void test_all_positions(void **state)
{
    (void)state;
    for (size_t len = 1; len < 70; len++) {
        for (size_t at = 0; at < len; at++) {
            for (unsigned c = 0; c < 256; c++) {
                hr_arena_mark m = hr_arena_save(&arena);
                char text[80];
                memset(text, 'x', sizeof(text));
                text[0] = text[len + 1] = '"';
                text[at + 1] = (char)c;
                hr_json_doc d;
                hr_err e = hr_json_scan(&arena, hr_str_of(text, len + 2), 0, &d).code;
                hr_err want = c < 0x20    ? HR_E_SYNTAX
                              : c == '"'  ? HR_E_SYNTAX
                              : c == '\\' ? HR_E_SYNTAX
                              : c >= 0x80 ? HR_E_UTF8
                                          : HR_OK;
                if (e != want)
                    fail_msg("byte %u at %zu of %zu: %s", c, at, len, hr_err_name(e));
                hr_arena_restore(&arena, m);
            }
        }
    }
}

/* --- strings --------------------------------------------------------------------------------- */

static void test_text(void **state)
{
    (void)state;
    hr_json_doc d =
        scan("[\"plain\", \"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u00e9\\u20AC\\ud83d\\ude00\","
             " \"a\\ud800b\\udc00\", \"\\ud83d\\ud83d\\ude00\", \"\"]");
    hr_str plain = hr_json_text(&d, 1, &arena);
    is_text(plain, "plain");
    assert_ptr_equal(plain.p, d.src.p + d.nodes[1].start + 1);
    is_text(hr_json_text(&d, 2, &arena), "\"\\/\b\f\n\r\t");
    is_text(hr_json_text(&d, 3, &arena), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    is_text(hr_json_text(&d, 4, &arena), "a\xef\xbf\xbd"
                                         "b\xef\xbf\xbd");
    is_text(hr_json_text(&d, 5, &arena), "\xef\xbf\xbd\xf0\x9f\x98\x80");
    is_text(hr_json_text(&d, 6, &arena), "");
    assert_null(hr_json_text(&d, 0, &arena).p);
    assert_null(hr_json_text(&d, 99, &arena).p);
    d = scan("\"\\u0000\"");
    hr_str zero = hr_json_text(&d, 0, &arena);
    assert_int_equal(zero.n, 1);
    assert_int_equal(zero.p[0], 0);
}

static void test_get(void **state)
{
    (void)state;
    hr_json_doc d = scan("{\"a\":{\"b\":{\"c\":true}},\"x\":1,\"x\":\"two\",\"k\\u0065y\":\"v\","
                         "\"ke\":0,\"\":false}");
    assert_true(hr_json_is(&d, hr_json_path(&d, 0, "a", "b", "c", NULL), HR_JSON_TRUE));
    assert_true(hr_json_path(&d, 0, "a", "q", "c", NULL) == HR_JSON_ABSENT);
    is_text(hr_json_get_text(&d, 0, HR_STR("x"), &arena), "two");
    is_text(hr_json_get_text(&d, 0, HR_STR("key"), &arena), "v");
    assert_true(hr_json_is(&d, hr_json_get(&d, 0, HR_STR("")), HR_JSON_FALSE));
    assert_true(hr_json_get(&d, 0, HR_STR("keys")) == HR_JSON_ABSENT);
    assert_true(hr_json_get(&d, 3, HR_STR("nope")) == HR_JSON_ABSENT);
    assert_true(hr_json_get(&d, HR_JSON_ABSENT, HR_STR("a")) == HR_JSON_ABSENT);
    uint32_t b = hr_json_path(&d, 0, "a", "b", NULL);
    assert_true(hr_json_get_true(&d, b, HR_STR("c")));
    assert_false(hr_json_get_true(&d, 0, HR_STR("x")));
}

static void test_numbers(void **state)
{
    (void)state;
    hr_json_doc d = scan("[1, -0, 9223372036854775807, 9223372036854775808, 1.0, 1e3, 0.5, 1e400,"
                         " 123456789012345678901234567890, \"1\"]");
    static const struct {
        bool exact;
        int64_t v;
    } want[] = {{true, 1},    {true, 0},  {true, INT64_MAX}, {false, 0}, {true, 1},
                {true, 1000}, {false, 0}, {false, 0},        {false, 0}, {false, 0}};
    for (uint32_t i = 0; i < 10; i++) {
        int64_t v;
        bool ok = hr_json_int(&d, i + 1, &v);
        if (ok != want[i].exact || (ok && v != want[i].v))
            fail_msg("number %u", i);
    }
    double x;
    assert_true(hr_json_double(&d, 7, &x));
    assert_true(x == 0.5);
    assert_false(hr_json_double(&d, 10, &x));
}

/* --- sameness -------------------------------------------------------------------------------- */

static bool equal(const char *x, const char *y)
{
    hr_json_doc a = scan(x), b = scan(y);
    bool r = hr_json_same(&a, 0, &b, 0);
    assert_int_equal(r, hr_json_same(&b, 0, &a, 0));
    return r;
}

static void test_same(void **state)
{
    (void)state;
    assert_true(equal("{\"a\":1,\"b\":[true,null]}", "{ \"b\" : [ true , null ], \"\\u0061\":1 }"));
    assert_true(equal("\"\\u00e9\\ud83d\\ude00/\"", "\"\xc3\xa9\xf0\x9f\x98\x80\\/\""));
    assert_true(equal("\"\\ud83d\\ude00\\u0041\"", "\"\\uD83D\\uDE00\\u0041\""));
    assert_true(equal("{\"a\":{\"x\":1,\"y\":2},\"b\":3}", "{\"b\":3,\"a\":{\"y\":2,\"x\":1}}"));
    assert_false(equal("{\"a\":1}", "{\"a\":1,\"b\":2}"));
    assert_false(equal("{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}"));
    assert_false(equal("{\"a\":1,\"a\":2}", "{\"a\":2,\"a\":1}"));
    assert_false(equal("{\"a\":1,\"a\":1,\"b\":2}", "{\"b\":2,\"b\":2,\"a\":1}"));
    assert_false(equal("[1,2]", "[2,1]"));
    assert_false(equal("1", "1.0"));
    assert_false(equal("\"a\\n\"", "\"a\\t\""));
    assert_false(equal("\"a\"", "\"a\\u0000\""));
    assert_false(equal("[]", "{}"));
    assert_false(equal("false", "null"));
}

/* Sixty members backwards at every level are found; ten thousand shuffled end in bounded work. */
static void test_same_shuffled(void **state)
{
    (void)state;
    for (int n = 60; n <= 20000; n = n == 60 ? 20000 : n + 1) {
        hr_buf x = HR_BUF_INIT(0), y = HR_BUF_INIT(0);
        for (int i = 0; i < n; i++) {
            hr_buf_addf(&x, "%c\"k%d\":%d", i ? ',' : '{', i, i);
            hr_buf_addf(&y, "%c\"k%d\":%d", i ? ',' : '{', n - 1 - i, n - 1 - i);
        }
        hr_buf_addc(&x, '}');
        hr_buf_addc(&y, '}');
        hr_json_doc a, b;
        assert_int_equal(hr_json_scan(&arena, hr_buf_str(&x), 0, &a).code, HR_OK);
        assert_int_equal(hr_json_scan(&arena, hr_buf_str(&y), 0, &b).code, HR_OK);
        assert_int_equal(hr_json_same(&a, 0, &b, 0), n == 60);
        assert_true(hr_json_same(&a, 0, &a, 0));
        hr_buf_free(&x);
        hr_buf_free(&y);
    }
}

/* --- writing --------------------------------------------------------------------------------- */

static void test_quote(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_json_quote(&b,
                  HR_STR("a\"\\/\b\f\n\r\t\x01\x1f\x7f \xc3\xa9 0123456789012345678901234567\""));
    is_text(hr_buf_str(&b), "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f \xc3\xa9 "
                            "0123456789012345678901234567\\\"\"");
    hr_buf_clear(&b);
    hr_json_quote(&b, HR_STR_NONE);
    is_text(hr_buf_str(&b), "\"\"");
    hr_buf_clear(&b);
    hr_json_quote(&b, hr_str_of("\0", 1));
    is_text(hr_buf_str(&b), "\"\\u0000\"");
    hr_buf_free(&b);
}

static void test_minify(void **state)
{
    (void)state;
    hr_json_doc d = scan(" { \"a b\" : [ 1.50 ,\r\n\t\"x  y\\n\" , { } ,[ ] ] , \"a b\" : 1E+2 } ");
    hr_buf b = HR_BUF_INIT(0);
    hr_json_minify(&d, 0, &b);
    is_text(hr_buf_str(&b), "{\"a b\":[1.50,\"x  y\\n\",{},[]],\"a b\":1E+2}");
    hr_buf_clear(&b);
    hr_json_minify(&d, 2, &b);
    is_text(hr_buf_str(&b), "[1.50,\"x  y\\n\",{},[]]");
    hr_buf_clear(&b);
    hr_json_minify(&d, 4, &b);
    is_text(hr_buf_str(&b), "\"x  y\\n\"");
    hr_buf_free(&b);
}

static void test_no_memory(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addc(&b, '[');
    for (int i = 0; i < 20000; i++)
        hr_buf_lit(&b, "1,");
    hr_buf_lit(&b, "\"\\n\"]");
    size_t failures = 0;
    for (size_t n = 1;; n++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_json_doc d;
        hr_mem_fail_at(n);
        hr_errpos e = hr_json_scan(&a, hr_buf_str(&b), 0, &d);
        hr_mem_fail_at(0);
        hr_arena_free(&a);
        if (e.code == HR_OK)
            break;
        assert_int_equal(e.code, HR_E_NOMEM);
        assert_int_equal(d.n, 0);
        failures++;
    }
    assert_true(failures >= 3);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite),
        cmocka_unit_test_setup_teardown(test_nodes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_prefix, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_positions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_get, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_shuffled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quote, setup, teardown),
        cmocka_unit_test_setup_teardown(test_minify, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
