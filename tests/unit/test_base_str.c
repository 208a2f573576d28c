/* Slices: search, split, numbers, globs; and UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/str.h"
#include "base/utf8.h"

#define S(lit) HR_STR(lit)

static void compare(void **state)
{
    (void)state;
    assert_true(hr_str_eq(HR_STR_NONE, S("")));
    assert_false(hr_str_eq(S("a"), S("b")));
    assert_true(hr_str_eq(S("a\0b"), S("a\0b")));
    assert_false(hr_str_eq(S("a\0b"), S("a\0c")));
    assert_true(hr_str_cmp(S("a"), S("ab")) < 0);
    assert_true(hr_str_cmp(S("\xff"), S("a")) > 0);
    assert_int_equal(hr_str_cmp(HR_STR_NONE, S("")), 0);
    assert_true(hr_str_ieq(S("Content-Type"), S("content-type")));
    assert_false(hr_str_ieq(S("\xc4"), S("\xe4"))); /* ASCII only */
    assert_true(hr_str_istarts(S("BEARER x"), S("bearer ")));
    assert_false(hr_str_istarts(S("b"), S("bb")));
    assert_true(hr_str_iends(S("x.JSON"), S(".json")));
    assert_true(hr_str_starts(S("ab"), S("")) && hr_str_ends(S("ab"), S("b")));
    assert_false(hr_str_ends(S("b"), S("ab")));
}

static void find(void **state)
{
    (void)state;
    assert_int_equal(hr_str_find(S("abcabc"), S("ca")), 2);
    assert_int_equal(hr_str_find(S("abc"), S("")), 0);
    assert_int_equal(hr_str_find(HR_STR_NONE, S("")), 0);
    assert_int_equal(hr_str_find(HR_STR_NONE, S("a")), SIZE_MAX);
    assert_int_equal(hr_str_find(S("a"), S("ab")), SIZE_MAX);
    assert_int_equal(hr_str_ifind(S("xxERRORyy"), S("error")), 2);
    assert_int_equal(hr_str_ifind(S("err"), S("error")), SIZE_MAX);
    assert_int_equal(hr_str_find_char(S("a\0b"), 'b'), 2);
    assert_int_equal(hr_str_find_char(HR_STR_NONE, 'b'), SIZE_MAX);
    assert_int_equal(hr_str_rfind_char(S("a.b.c"), '.'), 3);
    assert_int_equal(hr_str_rfind_char(S("abc"), '.'), SIZE_MAX);
}

static void sub_and_trim(void **state)
{
    (void)state;
    assert_true(hr_str_eq(hr_str_sub(S("abcd"), 1, 3), S("bc")));
    assert_true(hr_str_eq(hr_str_sub(S("abcd"), 3, 99), S("d")));
    assert_int_equal(hr_str_sub(S("abcd"), 9, 2).n, 0);
    assert_null(hr_str_sub(HR_STR_NONE, 0, 5).p);
    assert_true(hr_str_eq(hr_str_trim(S(" \t\r\n\f\v a b \n")), S("a b")));
    assert_int_equal(hr_str_trim(S(" \n ")).n, 0);
    assert_int_equal(hr_str_trim(HR_STR_NONE).n, 0);
}

/* Joins the parts with '|' so that a case fits a line. */
static void parts(hr_str in, char sep, char *out)
{
    hr_str part;
    while (sep ? hr_str_split(&in, sep, &part) : hr_str_line(&in, &part)) {
        if (part.n)
            memcpy(out, part.p, part.n);
        out += part.n;
        *out++ = '|';
    }
    *out = 0;
}

static void split_and_lines(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        char sep;
        const char *out;
    } cases[] = {
        {"a,b", ',', "a|b|"}, {"a,", ',', "a||"},      {",", ',', "||"},      {"", ',', "|"},
        {"abc", ',', "abc|"}, {"a\nb", 0, "a|b|"},     {"a\nb\n", 0, "a|b|"}, {"\n\n", 0, "||"},
        {"", 0, ""},          {"a\r\nb", 0, "a\r|b|"}, {"\na", 0, "|a|"},
    };
    char out[64];
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        parts(hr_cstr(cases[i].in), cases[i].sep, out);
        assert_string_equal(out, cases[i].out);
    }
    hr_str none = HR_STR_NONE, part;
    assert_false(hr_str_split(&none, ',', &part));
}

static void integers(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    assert_true(hr_str_u64(S("0"), &u) && u == 0);
    assert_true(hr_str_u64(S("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_true(hr_str_u64(S("007"), &u) && u == 7);
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "1x", "18446744073709551616", "99999999999999999999999"};
    for (size_t k = 0; k < sizeof(bad) / sizeof(*bad); k++)
        assert_false(hr_str_u64(hr_cstr(bad[k]), &u));
    assert_int_equal(u, 7); /* untouched by a failure */
    assert_true(hr_str_i64(S("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(hr_str_i64(S("9223372036854775807"), &i) && i == INT64_MAX);
    assert_true(hr_str_i64(S("-0"), &i) && i == 0);
    assert_false(hr_str_i64(S("9223372036854775808"), &i));
    assert_false(hr_str_i64(S("-9223372036854775809"), &i));
    assert_false(hr_str_i64(S("--1"), &i) || hr_str_i64(S("-"), &i) || hr_str_i64(S(""), &i));
}

static void doubles(void **state)
{
    (void)state;
    double d;
    assert_true(hr_str_double(S("1.5"), &d) && d == 1.5);
    assert_true(hr_str_double(S("-2.5e-3"), &d) && d == -2.5e-3);
    assert_true(hr_str_double(S("1E2"), &d) && d == 100);
    assert_true(hr_str_double(S("1e999"), &d) && isinf(d));
    static const char *const bad[] = {"",     "nan", "inf", "0x10",  "1,5",
                                      "1.5 ", "1e",  "-",   "1.2.3", "e5"};
    for (size_t k = 0; k < sizeof(bad) / sizeof(*bad); k++)
        assert_false(hr_str_double(hr_cstr(bad[k]), &d));
    char nines[500];
    memset(nines, '9', sizeof(nines));
    assert_false(hr_str_double(hr_str_of(nines, sizeof(nines)), &d));
    assert_true(hr_str_double(hr_str_of("12", 1), &d) && d == 1); /* no NUL is needed */
}

static void globs(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"*", "", true},
        {"*", "anything", true},
        {"", "", true},
        {"", "a", false},
        {"Read", "read", true},
        {"mcp__*", "mcp__x__y", true},
        {"mcp__*", "mcp_", false},
        {"*_log", "tail_log", true},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"[ab]x", "bx", true},
        {"[!ab]x", "bx", false},
        {"[!ab]x", "cx", true},
        {"[a-c]1", "C1", true},
        {"[", "[", true},
        {"[ab", "[ab", true},
        {"[]]", "]", true},
        {"*a*b*c", "xxaxxbxxc", true},
        {"*a*b*c", "xxaxxcxxb", false},
        {"**", "x", true},
        {"a*", "b", false},
        {"[a-]", "-", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (hr_str_glob(hr_cstr(cases[i].pattern), hr_cstr(cases[i].text)) != cases[i].match)
            fail_msg("%s against %s", cases[i].pattern, cases[i].text);
    }
    /* no exponential blow-up: this would not end with naive recursion */
    char pattern[64], text[4096];
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < 60; i += 2)
        memcpy(pattern + i, "a*", 2);
    pattern[60] = 'b';
    assert_false(hr_str_glob(hr_str_of(pattern, 61), hr_str_of(text, sizeof(text))));
}

static void utf8_every_code_point(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x110000; cp++) {
        char b[4];
        uint32_t back;
        bool encodable = cp <= 0x10ffff && !(cp >= 0xd800 && cp < 0xe000);
        size_t n = hr_utf8_encode(cp, b);
        assert_int_equal(n != 0, encodable);
        if (!encodable)
            continue;
        if (hr_utf8_decode(hr_str_of(b, n), &back) != n || back != cp)
            fail_msg("U+%04X", cp);
        for (size_t cut = 0; cut < n; cut++) { /* every truncation is refused */
            if (hr_utf8_decode(hr_str_of(b, cut), &back) != 0)
                fail_msg("U+%04X cut to %zu", cp, cut);
        }
    }
}

static void utf8_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",         "\xc0\xaf",         "\xc1\xbf",         "\xe0\x80\xaf",     "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "\xe2\x82",     "\xe2\x28\xa1"};
    uint32_t cp;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_int_equal(hr_utf8_decode(hr_cstr(bad[i]), &cp), 0);
    assert_true(hr_utf8_ok(S("")) && hr_utf8_ok(S("plain ascii, longer than eight")));
    assert_true(hr_utf8_ok(S("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")));
    /* the first bad byte is found wherever it stands, whatever surrounds it */
    for (size_t at = 0; at < 40; at++) {
        char text[48];
        memset(text, 'a', sizeof(text));
        text[at] = (char)0x80;
        assert_int_equal(hr_utf8_valid_prefix(hr_str_of(text, sizeof(text))), at);
    }
}

static void utf8_floor(void **state)
{
    (void)state;
    hr_str s = S("a\xe2\x82\xac\xf0\x9f\x98\x80z");
    static const size_t want[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
    for (size_t n = 0; n < sizeof(want) / sizeof(*want); n++)
        assert_int_equal(hr_utf8_floor(s, n), want[n]);
    assert_int_equal(hr_utf8_floor(S("a\x80\x80\x80\x80\x80"), 3), 3); /* no sequence to cut */
    assert_int_equal(hr_utf8_floor(S("a\x80z"), 1), 1);
    assert_int_equal(hr_utf8_count(s), 4);
    assert_int_equal(hr_utf8_count(S("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare),      cmocka_unit_test(find),
        cmocka_unit_test(sub_and_trim), cmocka_unit_test(split_and_lines),
        cmocka_unit_test(integers),     cmocka_unit_test(doubles),
        cmocka_unit_test(globs),        cmocka_unit_test(utf8_every_code_point),
        cmocka_unit_test(utf8_refuses), cmocka_unit_test(utf8_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
