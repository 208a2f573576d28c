/* Token counts against reference data, against the definition of byte pair encoding, and against
 * the promised bound on work. If the folder HR_EXTRA_DATA names holds tokens/tokens.jsonl and
 * parity/tokenizer/, those are checked too. */
#include "base/mem.h"
#include "text/bpe.h"
#include "text/tokens.h"
#include "text/tokens_split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <yyjson.h>

#include "../files.h"

static hr_arena arena;
static const hr_bpe tables[] = {HR_BPE_TABLES(o200k), HR_BPE_TABLES(cl100k)};
static const char *const names[] = {"o200k", "cl100k"};

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

/* ---- reference data ---- */

static void check_row(yyjson_val *row, const char *where, size_t line)
{
    yyjson_val *v = yyjson_obj_get(row, "text");
    hr_str text = {yyjson_get_str(v), yyjson_get_len(v)};
    for (unsigned e = 0; e < 2; e++) {
        char key[32];
        snprintf(key, sizeof(key), "%s_base", names[e]);
        size_t want = (size_t)yyjson_get_uint(yyjson_obj_get(row, key));
        size_t got = hr_bpe_count((hr_encoding)e, text);
        if (got != want)
            fail_msg("%s line %zu: %s counts %zu, not %zu", where, line, names[e], got, want);
        uint32_t *ids;
        assert_int_equal(hr_bpe_encode((hr_encoding)e, text, &arena, &ids), want);
        snprintf(key, sizeof(key), "%s_ids", names[e]);
        yyjson_val *list = yyjson_obj_get(row, key), *id;
        size_t i, n;
        yyjson_arr_foreach(list, i, n, id)
        {
            if (ids[i] != yyjson_get_uint(id))
                fail_msg("%s line %zu: %s id %zu is %u", where, line, names[e], i, ids[i]);
        }
        assert_true(!list || n == want);
    }
}

static size_t check_rows(const char *path)
{
    size_t lines = 0;
    hr_str file = test_read_file(path), rest = file, line;
    while (hr_str_line(&rest, &line)) {
        yyjson_doc *doc = yyjson_read(line.p, line.n, 0);
        assert_non_null(doc);
        check_row(yyjson_doc_get_root(doc), path, ++lines);
        yyjson_doc_free(doc);
    }
    free((void *)(size_t)file.p);
    return lines;
}

static void check_fixture(void *ctx, const char *path, hr_str bytes)
{
    (void)ctx;
    yyjson_doc *doc = yyjson_read(bytes.p, bytes.n, 0);
    assert_non_null(doc);
    yyjson_val *root = yyjson_doc_get_root(doc), *in = yyjson_obj_get(root, "input");
    size_t got = hr_tokens_count(hr_tokenizer_for(HR_STR("gpt-4o")),
                                 hr_str_of(yyjson_get_str(in), yyjson_get_len(in)));
    if (got != yyjson_get_uint(yyjson_obj_get(root, "output")))
        fail_msg("%s: counted %zu", path, got);
    yyjson_doc_free(doc);
}

static void test_reference(void **state)
{
    (void)state;
    assert_int_equal(check_rows(HR_TEST_DATA "/tokens/tokens.jsonl"), 182);
    const char *extra = getenv("HR_EXTRA_DATA");
    if (!extra || !*extra)
        return;
    char path[4096];
    snprintf(path, sizeof(path), "%s/tokens/tokens.jsonl", extra);
    size_t rows = check_rows(path);
    snprintf(path, sizeof(path), "%s/parity/tokenizer", extra);
    size_t fixtures = test_walk(path, ".json", check_fixture, NULL);
    print_message("also %zu rows and %zu fixtures\n", rows, fixtures);
}

static uint32_t rng = 12345;
static uint32_t rnd(uint32_t below)
{
    rng = rng * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)rng * below >> 32);
}

/* ---- the pre-tokenisers, case by case: pieces separated by '|' ---- */

static const struct {
    const char *o200k, *cl100k;
} splits[] = {
    {"it's| a", "it|'s| a"},
    {"IT'S", "IT|'S"},
    {"'save", "'s|ave"},
    {"x'\xC5\xBF", "x|'\xC5\xBF"},
    {"he'll|'ve", "he|'ll|'ve"},
    {"XMLHttp|Request|2|x", "XMLHttpRequest|2|x"},
    {"foo|Bar|ABc| D", "fooBarABc| D"},
    {"123|456|7| |890", "123|456|7| |890"},
    {"(a|)| (|b", NULL},
    {"((|a|))\r\n|b", "((|a|))\r\n|b"},
    {" ?/\n/|b", " ?/\n|/b"},
    {"a|  | b|\t\t\n \n|  | c", "a|  | b|\t\t\n \n|  | c"},
    {"a| \n|  ", "a| \n  "},
    {" \n\n|x", " \n\n|x"},
    {"  \n", "  \n"},
    {"\xC2\xA0x|\xE3\x80\x80|\xE3\x80\x80y", "\xC2\xA0x|\xE3\x80\x80|\xE3\x80\x80y"},
    /* marks: U+0301 */
    {"e\xCC\x81"
     "a| \xCC\x81|AB",
     NULL},
    {NULL, "e|\xCC\x81"
           "a| \xCC\x81|AB"},
    {"\xCC\x81|ABC", "\xCC\x81"
                     "ABC"},
    {"\xCC\x81"
     "Abc",
     NULL},
    {"A\xCC\x81|B", NULL},
    {"A\xCC\x81"
     "BC\xCC\x81|D",
     NULL},
    {"!\xCC\x81", "!\xCC\x81"},
    /* U+01C5 is title case, U+02B0 a modifier letter, U+00AA another letter */
    {"\xC7\x85"
     "a|\xC7\x85"
     "A\xCA\xB0"
     "B\xC2\xAA"
     "b",
     NULL},
    {"a\xE4\xB8\xAD\xE6\x96\x87|B", "a\xE4\xB8\xAD\xE6\x96\x87"
                                    "B"},
    {"\xE2\x85\xA7\xC2\xB2\xD9\xA3|4", "\xE2\x85\xA7\xC2\xB2\xD9\xA3|4"},
    /* bytes that are no UTF-8 are like punctuation */
    {"a|\xFF\xFE\xC0|b|\xED\xA0\x80\xE4\xB8| c", "a|\xFF\xFE\xC0|b|\xED\xA0\x80\xE4\xB8| c"},
    {"a|\xC0z", "a|\xC0z"},
};

static void check_split(unsigned e, const char *marked)
{
    char text[128];
    size_t n = 0, at = 0;
    for (const char *p = marked; *p; p++)
        if (*p != '|')
            text[n++] = *p;
    const uint8_t *p = (const uint8_t *)text;
    const char *want = marked;
    while (at < n) {
        size_t len = e ? hr_split_cl100k(p + at, p + n) : hr_split_o200k(p + at, p + n);
        while (*want == '|')
            want++;
        if (len != strcspn(want, "|"))
            fail_msg("%s: piece of %zu at %zu of \"%s\"", names[e], len, at, marked);
        want += len;
        at += len;
    }
}

static void test_splits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
        if (splits[i].o200k)
            check_split(0, splits[i].o200k);
        if (splits[i].cl100k)
            check_split(1, splits[i].cl100k);
    }
}

/* Eight bytes at a time or one by one, the words end at the same place. */
static void test_ascii_words(void **state)
{
    (void)state;
    static const char set[] = "abzABZ`{@[/:09 \n\x7F\x80\xC1\xDA\xE1\xFA\xFF";
    for (int round = 0; round < 20000; round++) {
        uint8_t p[20];
        size_t n = rnd(sizeof(p) + 1), letters = rnd(4) ? 6 : sizeof(set) - 1;
        for (size_t i = 0; i < n; i++)
            p[i] = (uint8_t)set[rnd((uint32_t)(rnd(6) ? letters : sizeof(set) - 1))];
        size_t upper = 0, word, any = 0;
        while (upper < n && p[upper] >= 'A' && p[upper] <= 'Z')
            upper++;
        for (word = upper; word < n && p[word] >= 'a' && p[word] <= 'z';)
            word++;
        while (any < n && hr_is_alpha((char)p[any]))
            any++;
        assert_int_equal(hr_split_ascii_word(p, p + n) - p, word);
        assert_int_equal(hr_split_ascii_letters(p, p + n) - p, any);
    }
}

/* ---- against the definition ---- */

/* Merge the adjacent pair of lowest rank, leftmost first, until none merges. */
static size_t merge_by_definition(const hr_bpe *b, const uint8_t *p, size_t n, uint32_t *ids)
{
    size_t at[512], parts = n;
    for (size_t i = 0; i <= n; i++)
        at[i] = i;
    for (;;) {
        uint32_t best = HR_BPE_NONE;
        size_t where = 0, len;
        for (size_t i = 0; i + 1 < parts; i++) {
            uint32_t t = hr_bpe_match(b, p + at[i], at[i + 2] - at[i], &len);
            if (len == at[i + 2] - at[i] && t < best) {
                best = t;
                where = i;
            }
        }
        if (best == HR_BPE_NONE)
            break;
        memmove(at + where + 1, at + where + 2, (parts - where - 1) * sizeof(at[0]));
        parts--;
    }
    for (size_t i = 0; i < parts; i++) {
        size_t len;
        ids[i] = hr_bpe_match(b, p + at[i], at[i + 1] - at[i], &len);
        assert_int_equal(len, at[i + 1] - at[i]);
    }
    return parts;
}

static size_t random_piece(uint8_t *p, size_t max)
{
    static const char *const sets[] = {"ab",       "etaoin", "=",     "-=_*",     " ",
                                       "abcdefgh", " a",     "\t\n ", "\xE4\xB8", "()[]{}<>\"',"};
    const char *set = sets[rnd(10)];
    size_t n = 1 + rnd((uint32_t)max), kind = rnd(4), letters = strlen(set);
    for (size_t i = 0; i < n; i++)
        p[i] = kind == 0 ? (uint8_t)rnd(256) : (uint8_t)set[rnd((uint32_t)letters)];
    return n;
}

static void test_pieces(void **state)
{
    (void)state;
    uint8_t p[300];
    uint32_t want[300], got[300], forward[300];
    for (int round = 0; round < 6000; round++) {
        const hr_bpe *b = &tables[round & 1];
        size_t n = random_piece(p, round % 16 ? 40 : sizeof(p)), len;
        size_t k = merge_by_definition(b, p, n, want);
        uint32_t first = hr_bpe_match(b, p, n, &len);
        uint64_t steps = 0;
        assert_int_equal(hr_bpe_piece(b, p, n, first, got), k);
        assert_memory_equal(got, want, k * sizeof(*got));
        assert_int_equal(hr_bpe_piece(b, p, n, first, NULL), k);
        assert_int_equal(hr_bpe_piece_forward(b, p, n, forward, &steps), k);
        assert_memory_equal(forward, want, k * sizeof(*got));
        assert_int_equal(hr_bpe_piece_forward(b, p, n, NULL, NULL), k);
    }
}

static void test_tokens_encode_to_themselves(void **state)
{
    (void)state;
    for (unsigned e = 0; e < 2; e++) {
        uint32_t count = e ? 100256 : 199998;
        for (uint32_t t = 0; t < count; t++) {
            hr_str s = hr_bpe_token((hr_encoding)e, t);
            size_t len;
            assert_true(s.n > 0);
            assert_int_equal(hr_bpe_match(&tables[e], (const uint8_t *)s.p, s.n, &len), t);
            assert_int_equal(len, s.n);
        }
        assert_int_equal(hr_bpe_token((hr_encoding)e, count).n, 0);
        assert_int_equal(hr_bpe_token((hr_encoding)e, UINT32_MAX).n, 0);
    }
}

/* Whole texts, most of them no UTF-8 at all: the tokens spell the text, and all ways to count it
 * agree (a long text is counted with a memory of its pieces, an encoded one is not). */
static void test_texts(void **state)
{
    (void)state;
    static char text[6000];
    for (int round = 0; round < 600; round++) {
        hr_encoding e = round & 1 ? HR_CL100K_BASE : HR_O200K_BASE;
        size_t n = 0, max = rnd(4) ? rnd(200) : rnd(sizeof(text) - 320);
        while (n < max)
            n += random_piece((uint8_t *)text + n, 1 + rnd(30));
        hr_str s = {text, n};
        uint32_t *ids;
        size_t k = hr_bpe_encode(e, s, &arena, &ids), at = 0;
        for (size_t i = 0; i < k; i++) {
            hr_str t = hr_bpe_token(e, ids[i]);
            assert_true(t.n > 0 && hr_str_starts(hr_str_sub(s, at, n), t));
            at += t.n;
        }
        assert_int_equal(at, n);
        assert_int_equal(hr_bpe_count(e, s), k);
        assert_int_equal(hr_bpe_count_limit(e, s, k), k);
        assert_int_equal(hr_bpe_count_limit(e, s, k + 1), k);
        if (k) {
            size_t limit = rnd((uint32_t)k);
            assert_int_equal(hr_bpe_count_limit(e, s, limit), limit + 1);
            assert_int_equal(hr_bpe_count_limit(e, s, k - 1), k);
        }
    }
    assert_int_equal(hr_bpe_count(HR_O200K_BASE, HR_STR_NONE), 0);
    assert_int_equal(hr_bpe_count_limit(HR_O200K_BASE, HR_STR_NONE, 0), 0);
}

/* ---- bounds ---- */

static void fill(uint8_t *p, size_t n, int kind)
{
    static const char *const cycles[] = {"a",    " ",  "=",  "-", "\xFF", "ab",          "aA",
                                         "\r\n", "\t", "-=", "0", "*",    "\xE4\xB8\xAD"};
    if (kind >= 13) {
        for (size_t i = 0; i < n; i++)
            p[i] = kind == 13 ? (uint8_t)rnd(256) : (uint8_t)('a' + rnd(26));
        return;
    }
    size_t len = strlen(cycles[kind]);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)cycles[kind][i % len];
}

/* Work is counted, not timed: whatever the piece, a fixed number of look-ups per byte. */
static void test_linear(void **state)
{
    (void)state;
    enum { SMALL = 20000, LARGE = 160000 };
    uint8_t *p = malloc(LARGE);
    assert_non_null(p);
    for (int kind = 0; kind < 15; kind++)
        for (unsigned e = 0; e < 2; e++) {
            uint64_t small = 0, large = 0, forward = 0;
            fill(p, LARGE, kind);
            size_t few = hr_bpe_piece_counted(&tables[e], p, SMALL, NULL, &small);
            size_t many = hr_bpe_piece_counted(&tables[e], p, LARGE, NULL, &large);
            assert_true(few > 0 && many > few);
            assert_in_range(large, 1, small * (LARGE / SMALL) * 11 / 10);
            assert_in_range(large, 1, (uint64_t)LARGE * 300);
            assert_int_equal(hr_bpe_piece_forward(&tables[e], p, LARGE, NULL, &forward), many);
            assert_in_range(forward, 1, (uint64_t)LARGE * 650);
        }
    free(p);
}

/* A limit ends the work early: the text need not be looked at as a whole. */
static void test_limit_is_cheap(void **state)
{
    (void)state;
    char text[1] = {'a'};
    assert_int_equal(hr_bpe_count_limit(HR_O200K_BASE, hr_str_of(text, SIZE_MAX / 2), 1000), 1001);
}

static void test_encode_without_memory(void **state)
{
    (void)state;
    static char text[4000];
    memset(text, 0xFF, sizeof(text)); /* one token a byte: the list has to grow */
    uint32_t *ids;
    for (size_t n = 1; n < 10; n++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_mem_fail_at(n);
        size_t k = hr_bpe_encode(HR_CL100K_BASE, hr_str_of(text, sizeof(text)), &a, &ids);
        bool failed = a.failed;
        hr_mem_fail_at(0);
        assert_int_equal(k, failed ? SIZE_MAX : sizeof(text));
        hr_arena_free(&a);
        if (n == 1)
            assert_true(failed);
        if (!failed)
            return;
    }
    fail_msg("encoding never succeeded");
}

/* ---- models and the estimate ---- */

static void test_models(void **state)
{
    (void)state;
    static const struct {
        const char *model, *name;
    } rows[] = {
        {"gpt-4o-mini", "o200k_base"},
        {"GPT-4.1-nano", "o200k_base"},
        {"openai/gpt-5.1-codex", "o200k_base"},
        {"o1", "o200k_base"},
        {"o3-mini", "o200k_base"},
        {"o4-mini-2025-04-16", "o200k_base"},
        {"chatgpt-4o-latest", "o200k_base"},
        {"ft:gpt-4o-mini-2024-07-18:acme::x", "o200k_base"},
        {"gpt-4", "cl100k_base"},
        {"gpt-4-turbo", "cl100k_base"},
        {"gpt-3.5-turbo-16k", "cl100k_base"},
        {"text-embedding-3-small", "cl100k_base"},
        {"text-davinci-003", "gpt3-estimate"},
        {"davinci", "gpt3-estimate"},
        {"davinci-002", "cl100k_base"},
        {"claude-sonnet-4-5", "anthropic-estimate"},
        {"anthropic/claude-3.5-haiku", "anthropic-estimate"},
        {"us.anthropic.claude-opus-4-20250514-v1:0", "anthropic-estimate"},
        {"models/gemini-2.5-pro", "gemini-estimate"},
        {"meta-llama/Llama-3.3-70B", "llama-estimate"},
        {"Llama-2-7b", "sentencepiece-estimate"},
        {"Qwen/Qwen3-Coder", "qwen-estimate"},
        {"deepseek-chat", "deepseek-estimate"},
        {"mistral-large-latest", "mistral-estimate"},
        {"mixtral-8x7b", "sentencepiece-estimate"},
        {"something-new", "o200k-estimate"},
        {"us.", "o200k-estimate"},
        {"", "o200k-estimate"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const hr_tokenizer *t = hr_tokenizer_for(hr_cstr(rows[i].model));
        assert_string_equal(t->name, rows[i].name);
        assert_int_equal(t->exact, hr_str_ends(hr_cstr(t->name), HR_STR("k_base")));
        assert_true(!t->exact || (t->factor > 0.999 && t->factor < 1.001));
    }
    hr_str text =
        HR_STR("The quick brown fox jumps over the lazy dog. The end, they said; then came more.");
    size_t n = hr_bpe_count(HR_CL100K_BASE, text);
    assert_int_equal(hr_tokens_count(hr_tokenizer_for(HR_STR("gpt-4")), text), n);
    assert_int_equal(hr_tokens_count(hr_tokenizer_for(HR_STR("claude-x")), text),
                     (n * 11 + 5) / 10);
}

static void test_estimate(void **state)
{
    (void)state;
    static const char *const models[] = {"gpt-4o", "gpt-4", "claude-sonnet-4-5"};
    hr_str file = test_read_file(HR_TEST_DATA "/tokens/tokens.jsonl");
    for (size_t m = 0; m < 3; m++) {
        const hr_tokenizer *t = hr_tokenizer_for(hr_cstr(models[m]));
        assert_int_equal(hr_tokens_estimate(t, HR_STR_NONE), 0);
        for (size_t n = 1; n < 40; n++)
            assert_true(hr_tokens_estimate(t, hr_str_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                                        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                                                        n)) >= 1);
        hr_str rest = file, line;
        size_t total = 0, estimate = 0, close = 0, texts = 0;
        while (hr_str_line(&rest, &line)) {
            yyjson_doc *doc = yyjson_read(line.p, line.n, 0);
            yyjson_val *root = yyjson_doc_get_root(doc), *v = yyjson_obj_get(root, "text");
            hr_str text = {yyjson_get_str(v), yyjson_get_len(v)};
            const char *kind = yyjson_get_str(yyjson_obj_get(root, "kind"));
            if (hr_str_starts(hr_cstr(kind), HR_STR("own:")) && text.n > 150) {
                size_t e = hr_tokens_estimate(t, text), c = hr_tokens_count(t, text);
                total += c;
                estimate += e;
                texts++;
                close += e * 4 > c * 3 && e * 4 < c * 5;
                /* the place of the bytes in memory does not matter */
                char *copy = malloc(text.n + 7);
                memcpy(copy + 7, text.p, text.n);
                assert_int_equal(hr_tokens_estimate(t, hr_str_of(copy + 7, text.n)), e);
                free(copy);
            }
            yyjson_doc_free(doc);
        }
        assert_true(texts >= 8);
        assert_true(close * 10 >= texts * 8);
        assert_in_range(estimate, total * 9 / 10, total * 11 / 10);
    }
    free((void *)(size_t)file.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reference, setup, teardown),
        cmocka_unit_test(test_splits),
        cmocka_unit_test(test_ascii_words),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_tokens_encode_to_themselves),
        cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_limit_is_cheap),
        cmocka_unit_test(test_encode_without_memory),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_estimate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
