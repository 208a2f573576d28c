/* Random documents through the JSON compressor: what it says reads back as the same value, nothing
 * grows, the same input gives the same bytes, and memory running out is an error and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "compress/forms.h"
#include "compress/json/compaction.h"
#include "compress/marker.h"
#include "compress/table/table.h"
#include "text/json.h"

/* --- documents ------------------------------------------------------------------------------ */

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 11) % n;
}

/* Strings that a notation with bare words, names and patterns could get wrong. */
/* clang-format off */
static const char *const odd[] = {
    "\"\"", "\"null\"", "\"true\"", "\"12\"", "\"-0.5e3\"", "\"a,b\"", "\"(x)\"", "\"{}\"",
    "\"[1]\"", "\" lead\"", "\"trail \"", "\"V1\"", "\"V1=x\"", "\"T2\"", "\"T1 y\"", "\"A\"",
    "\"A+b\"", "\"x3\"", "\"a x3\"", "\"same row 2\"", "\"\\n\"", "\"\\\"q\\\"\"", "\"\\\\\"",
    "\"\\u00e9\"", "\"\\ud800\"", "\"\\u0000\"", "\"{a}{}\"", "\"}\"", "\"{{\"", "\"json{}\"",
    "\"(same row 3 more times)\"", "\"01\"", "\"1.\"", "\"\xe2\x82\xac\"", "\"json[1]\"",
    "\"a\\tb\"", "\"https://h.example/a/b\"", "\"#\"", "\"\\/\"", "\"f(x)\"", "\"a)\"", "\"*\"",
    "\"{\\\"type\\\":\\\"event\\\",\\\"items\\\":[1,\\\"a,b\\\",null]}\"",
    "\"[{\\\"type\\\": \\\"event\\\"}, {\\\"n\\\": \\\"\\\\n\\\"}]\\n\"",
    "\"{\\\"a\\\":1,\\\"b\\\":{\\\"c\\\":[2,3,4,5,6,7]}} \"",
};
/* clang-format on */
static const char *const names[] = {
    "id",     "name", "key",   "url",      "a.b",   "a,b",     "x y",   "\\u0061",
    "",       "{",    "host",  "json",     "V1",    "=",       "f\\\"", "n[0]",
    "status", "(p)",  "t:str", "\xc3\xa9", "level", "message", "error", "*",
};

enum { NNAMES = sizeof names / sizeof *names };

static void put(hr_buf *b, const char *s)
{
    hr_buf_add(b, hr_cstr(s));
}

static void space(hr_buf *b)
{
    if (rnd(12) == 0)
        put(b, rnd(2) ? " " : "\n  ");
}

static void scalar(hr_buf *b)
{
    static const char *const numbers[] = {"0",  "-0",      "1.0", "1e2", "12345678901234567890",
                                          "-7", "3.14159", "200", "1.50"};
    switch (rnd(8)) {
    case 0:
        put(b, "null");
        break;
    case 1:
        put(b, rnd(2) ? "true" : "false");
        break;
    case 2:
    case 3:
        put(b, numbers[rnd(9)]);
        break;
    case 4:
        put(b, odd[rnd(sizeof odd / sizeof *odd)]);
        break;
    case 5:
        hr_buf_addf(b, "\"https://api.example.com/repos/own/proj/items/%u%s\"", rnd(5),
                    rnd(2) ? "/comments{/number}" : "");
        break;
    case 6:
        hr_buf_addf(b, "\"2024-01-%02uT10:%02u:00Z\"", rnd(28) + 1, rnd(60));
        break;
    default:
        hr_buf_addf(b, "\"a longer text that says %u the same thing over and over\"", rnd(3));
        break;
    }
}

static void document(hr_buf *b, unsigned depth);

static void object(hr_buf *b, unsigned depth, uint32_t first, uint32_t n, bool dense)
{
    bool any = false;
    hr_buf_addc(b, '{');
    for (uint32_t k = 0; k < n; k++) {
        if (!dense && rnd(3) == 0)
            continue;
        if (any)
            hr_buf_addc(b, ',');
        any = true;
        space(b);
        if (k < NNAMES)
            hr_buf_addf(b, "\"%s\":", names[(first + k * 7) % NNAMES]);
        else
            hr_buf_addf(b, "\"column%u\":", k);
        space(b);
        document(b, depth + 1);
    }
    if (rnd(40) == 0)
        put(b, any ? ",\"id\":1,\"id\":2" : "\"id\":1,\"id\":2");
    hr_buf_addc(b, '}');
}

/* Objects of one shape: what tables are for. */
static void rows(hr_buf *b, unsigned depth)
{
    uint32_t n = 1 + rnd(depth ? 5 : 12), cols = 1 + rnd(6), first = rnd(NNAMES), same = rnd(6);
    bool map = rnd(4) == 0, dense = rnd(2);
    if (depth == 0 && rnd(8) == 0) { /* few rows of many columns */
        cols = 60;
        n = 2 + rnd(4);
    }
    hr_buf_addc(b, map ? '{' : '[');
    size_t start = 0, end = 0;
    for (uint32_t r = 0; r < n; r++) {
        if (r)
            hr_buf_addc(b, ',');
        if (map)
            hr_buf_addf(b, "\"member %u\":", r);
        if (same == 0 && end > start && rnd(2)) { /* an exact repeat */
            hr_buf copy = HR_BUF_INIT(0);
            hr_buf_add(&copy, hr_str_of(b->p + start, end - start));
            hr_buf_add(b, hr_buf_str(&copy));
            hr_buf_free(&copy);
            continue;
        }
        start = b->n;
        if (rnd(25) == 0)
            scalar(b); /* and sometimes no object at all */
        else
            object(b, depth + 1, first, cols, dense);
        end = b->n;
    }
    hr_buf_addc(b, map ? '}' : ']');
}

/* A document in a string, in the spelling of some program. */
static void wrapped(hr_buf *b, unsigned depth)
{
    hr_buf inner = HR_BUF_INIT(0), text = HR_BUF_INIT(0);
    hr_arena a;
    hr_json_doc d;
    hr_arena_init(&a, 0);
    document(&text, depth + 1);
    if (rnd(3) && hr_json_scan(&a, hr_buf_str(&text), 0, &d).code == HR_OK) {
        static const char *const spaced[] = {"", " "};
        hr_json_minify(&d, 0, &inner);
        hr_buf_clear(&text);
        for (size_t i = 0, in = 0; i < inner.n; i++) {
            char c = inner.p[i];
            hr_buf_addc(&text, c);
            in ^= c == '"' && (i == 0 || inner.p[i - 1] != '\\');
            if (!in && (c == ',' || c == ':'))
                put(&text, spaced[depth & 1]);
        }
    }
    hr_json_quote(b, hr_buf_str(&text));
    hr_buf_free(&inner);
    hr_buf_free(&text);
    hr_arena_free(&a);
}

static void document(hr_buf *b, unsigned depth)
{
    uint32_t what = depth > 4 ? 0 : depth == 0 ? 5 + rnd(5) : rnd(10);
    space(b);
    if (depth > 0 && depth < 4 && rnd(16) == 0) {
        wrapped(b, depth);
    } else if (what < 5) {
        scalar(b);
    } else if (what == 5) {
        object(b, depth, rnd(NNAMES), rnd(8), false);
    } else if (what == 6) {
        hr_buf_addc(b, '[');
        for (uint32_t k = 0, n = rnd(9); k < n; k++) {
            if (k)
                hr_buf_addc(b, ',');
            document(b, depth + 1);
        }
        hr_buf_addc(b, ']');
    } else if (what == 7) {
        hr_buf_addf(b, "[0%s]", rnd(2) ? ",0,0,0,0,0,0,0,0" : "");
    } else {
        rows(b, depth);
    }
    space(b);
}

/* --- properties ----------------------------------------------------------------------------- */

static hr_compress_opts options(void)
{
    hr_compress_opts o = hr_compress_defaults();
    o.via = HR_VIA_TOOL;
    o.query = HR_STR("which item failed with error 200 at api.example.com");
    return o;
}

static bool same_lines(hr_str text, hr_str back, hr_arena *a)
{
    while (hr_str_trim(text).n) {
        hr_json_doc x, y;
        size_t nx, ny;
        text = hr_str_trim(text);
        if (hr_json_scan_prefix(a, text, 0, &x, &nx).code ||
            hr_json_scan_prefix(a, back, 0, &y, &ny).code || !hr_json_same(&x, 0, &y, 0))
            return false;
        text = hr_str_sub(text, nx, text.n);
        back = hr_str_sub(back, ny, back.n);
    }
    return hr_str_trim(back).n == 0;
}

static void check_form(hr_str text, hr_compaction format)
{
    hr_arena a, other;
    hr_arena_init(&a, 0);
    hr_arena_init(&other, 0);
    hr_compress_opts o = options();
    o.compaction = format;
    hr_key key = hr_key_of(text);
    hr_forms f, again;
    assert_int_equal(hr_compress_json(&o, text, &key, true, &a, &f), HR_OK);
    assert_int_equal(hr_compress_json(&o, text, &key, true, &other, &again), HR_OK);
    assert_true(hr_str_eq(f.lossless, again.lossless));
    assert_true(hr_str_eq(f.lossy, again.lossy));
    assert_true(f.lossless.n <= text.n);
    assert_true(f.lossy.n <= text.n);
    if (f.lossy.n) {
        hr_marker_hit hit;
        assert_true(hr_marker_find(f.lossy, 0, &hit));
        assert_true(hr_str_has(f.lossy, hr_key_str(&key)));
    }
    if (f.lossless.n) {
        hr_buf back = HR_BUF_INIT(0);
        hr_errpos e = {hr_compaction_decode(format, f.lossless, &a, &back), 0};
        if (format == HR_COMPACT_CSV) {
            hr_buf_clear(&back);
            e = hr_table_decode(f.lossless, &a, &back);
        }
        if (e.code || !same_lines(text, hr_buf_str(&back), &a))
            print_error("%s at %zu\nfrom: %.*s\nform: %.*s\nback: %.*s\n", hr_err_name(e.code),
                        e.at, HR_FMT(text), HR_FMT(f.lossless), HR_FMT(hr_buf_str(&back)));
        assert_int_equal(e.code, HR_OK);
        assert_true(same_lines(text, hr_buf_str(&back), &a));
        hr_buf_free(&back);
    }
    hr_arena_free(&a);
    hr_arena_free(&other);
}

static void check(hr_str text)
{
    for (int format = HR_COMPACT_CSV; format <= HR_COMPACT_MARKDOWN; format++)
        check_form(text, (hr_compaction)format);
}

static void random_documents(void **state)
{
    (void)state;
    for (uint64_t k = 1; k <= 4000; k++) {
        hr_buf b = HR_BUF_INIT(0);
        seed = k * 0x9e3779b97f4a7c15ull;
        document(&b, 0);
        check(hr_buf_str(&b));
        hr_buf_free(&b);
    }
}

static void random_lines(void **state)
{
    (void)state;
    for (uint64_t k = 1; k <= 1000; k++) {
        hr_buf b = HR_BUF_INIT(0);
        seed = k * 0xd1342543de82ef95ull;
        uint32_t first = rnd(NNAMES), cols = 1 + rnd(6);
        for (uint32_t n = 2 + rnd(8); n > 0; n--) {
            if (rnd(3))
                object(&b, 2, first, cols, true);
            else
                rows(&b, 2);
            put(&b, rnd(4) ? "\n" : rnd(2) ? "\r\n\n" : "");
        }
        check(hr_buf_str(&b));
        hr_buf_free(&b);
    }
}

/* The reader meets damaged texts: it answers with an error or a value, never with a crash. */
static void damaged_forms(void **state)
{
    (void)state;
    hr_compress_opts o = options();
    for (uint64_t k = 1; k <= 400; k++) {
        hr_buf b = HR_BUF_INIT(0);
        hr_arena a;
        hr_forms f;
        hr_arena_init(&a, 0);
        seed = k * 0x2545f4914f6cdd1dull;
        document(&b, 0);
        hr_str text = hr_buf_str(&b);
        hr_key key = hr_key_of(text);
        assert_int_equal(hr_compress_json(&o, text, &key, false, &a, &f), HR_OK);
        hr_str form = hr_str_dup(&a, f.lossless);
        for (int tries = 0; form.n && tries < 20; tries++) {
            static const char bytes[] = "(){}[],:=\"\nVT1x0+f \\";
            ((char *)(uintptr_t)form.p)[rnd((uint32_t)form.n)] = bytes[rnd(sizeof bytes - 1)];
            hr_buf back = HR_BUF_INIT(1 << 20);
            (void)hr_table_decode(hr_str_sub(form, 0, form.n - rnd(3) % form.n), &a, &back);
            hr_buf_free(&back);
        }
        hr_arena_free(&a);
        hr_buf_free(&b);
    }
}

/* Every allocation of a run fails once. */
static void memory_runs_out(void **state)
{
    (void)state;
    hr_compress_opts o = options();
    hr_buf b = HR_BUF_INIT(0);
    seed = 77;
    hr_buf_addc(&b, '[');
    for (uint32_t k = 0; k < 60; k++) {
        if (k)
            hr_buf_addc(&b, ',');
        object(&b, 2, 3, 6, true);
    }
    hr_buf_addc(&b, ']');
    hr_str text = hr_buf_str(&b);
    hr_key key = hr_key_of(text);
    for (size_t n = 1;; n++) {
        hr_arena a;
        hr_forms f;
        hr_arena_init(&a, 0);
        hr_mem_fail_at(n);
        hr_err e = hr_compress_json(&o, text, &key, true, &a, &f);
        size_t used = hr_mem_fail_at(0);
        if (e == HR_OK) {
            hr_buf back = HR_BUF_INIT(0);
            if (f.lossless.n)
                assert_int_equal(hr_table_decode(f.lossless, &a, &back).code, HR_OK);
            hr_buf_free(&back);
        } else {
            assert_int_equal(e, HR_E_NOMEM);
        }
        hr_arena_free(&a);
        if (used < n)
            break;
        assert_true(n < 10000);
    }
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_documents),
        cmocka_unit_test(random_lines),
        cmocka_unit_test(damaged_forms),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
