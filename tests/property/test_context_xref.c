/* Every reference resolves: putting the referenced lines back gives the text, byte for byte. */
#include "text/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MUST(x) assert_true(x)
#include "xref_restore.h"

static hr_arena arena;
static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* An older text once more: edited here and there, its numbers new, dropped or as they were. */
static hr_str edited(hr_str old)
{
    hr_buf b = HR_BUF_INIT(0);
    lines v = split(&arena, old);
    unsigned rare = 4 + rnd(40);
    bool numbers = rnd(2), keep = rnd(3) == 0;
    long n = 1 + (long)rnd(300);
    for (size_t i = 0; i < v.n; i++) {
        size_t body;
        number_of(v.p[i], &body);
        hr_str line = keep ? v.p[i] : hr_str_sub(v.p[i], body, v.p[i].n);
        unsigned what = rnd(rare);
        if (what == 0)
            continue;
        unsigned more = what == 1 ? 1 + rnd(4) : 1;
        for (unsigned k = 0; k < more; k++) {
            if (numbers && !keep)
                hr_buf_addf(&b, "%4ld\t", n++);
            if (what == 2 || k)
                hr_buf_addf(&b, "a new line with the number %u\n", rnd(1000));
            else
                hr_buf_addf(&b, "%.*s\n", HR_FMT(line));
        }
    }
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static hr_str random_text(unsigned nlines, const hr_str *old, size_t nold)
{
    hr_buf b = HR_BUF_INIT(0);
    if (nold && rnd(3) == 0)
        return edited(old[rnd((uint32_t)nold)]);
    for (unsigned i = 0; i < nlines;) {
        bool own = rnd(12) == 0;
        if (own || (nold && rnd(3) == 0)) { /* copy a run from this text or an earlier one */
            lines v =
                split(&arena, own ? hr_str_dup(&arena, hr_buf_str(&b)) : old[rnd((uint32_t)nold)]);
            size_t from = rnd((uint32_t)v.n + 1), len = 1 + rnd(40);
            for (size_t k = from; k < v.n && k < from + len; k++, i++)
                hr_buf_addf(&b, "%.*s\n", HR_FMT(v.p[k]));
            if (v.n == 0)
                i++;
            continue;
        }
        hr_buf_addf(&b, "value %u of item %u is computed from %u by the usual rule\n", rnd(1000),
                    rnd(1000), rnd(1000));
        if (rnd(10) == 0)
            hr_buf_lit(&b, "\n");
        if (rnd(40) == 0) {
            for (unsigned k = 0; k < 100; k++)
                hr_buf_addf(&b, "long%u ", rnd(5));
            hr_buf_lit(&b, "\n");
        }
        i++;
    }
    if (rnd(2))
        b.n--;
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static void references_resolve(void **state)
{
    (void)state;
    const hr_tokenizer *tok = hr_tokenizer_for(HR_STR("gpt-4o"));
    size_t replaced = 0, changes = 0, self = 0, counted = 0, bare = 0;
    for (int round = 0; round < 600; round++) {
        seed = (uint64_t)round * 77 + 1;
        hr_xref x;
        hr_str texts[6];
        lines sources[6];
        hr_xref_init(&x, &arena);
        for (size_t i = 0; i < 5; i++) {
            texts[i] = random_text(5 + rnd(120), texts, i);
            sources[i] = split(&arena, texts[i]);
            assert_int_equal(hr_xref_add(&x, texts[i], (uint32_t)i, hr_strf(&arena, "s%zu", i)),
                             HR_OK);
        }
        hr_str text = random_text(5 + rnd(200), texts, 5);
        hr_xref_result r, again;
        assert_int_equal(hr_xref_apply(&x, tok, text, &arena, &r), HR_OK);
        if (r.text.n) {
            replaced += r.lines_out;
            changes += hr_str_has(r.text, HR_STR("but N: is line N here"));
            self += hr_str_has(r.text, HR_STR("of this result"));
            counted += hr_str_has(r.text, HR_STR(", numbered "));
            bare += hr_str_has(r.text, HR_STR(", here without the numbers"));
            assert_true(hr_tokens_count(tok, r.text) < hr_tokens_count(tok, text));
            hr_str back = expand(&arena, r.text, sources);
            assert_int_equal(back.n, text.n);
            assert_memory_equal(back.p, text.p, text.n);
            assert_int_equal(hr_xref_apply(&x, tok, text, &arena, &again), HR_OK);
            assert_true(hr_str_eq(r.text, again.text)); /* deterministic */
        }
        hr_arena_free(&arena);
    }
    assert_true(replaced > 1000);
    assert_in_range(changes, 50, SIZE_MAX);
    assert_in_range(self, 10, SIZE_MAX);
    assert_in_range(counted, 20, SIZE_MAX);
    assert_in_range(bare, 10, SIZE_MAX);
}

static void shifted_numbers(void **state)
{
    (void)state;
    const hr_tokenizer *tok = hr_tokenizer_for(HR_STR("gpt-4o"));
    hr_buf one = HR_BUF_INIT(0), two = HR_BUF_INIT(0);
    for (int i = 1; i <= 60; i++)
        hr_buf_addf(&one, "%4d\tstatement number %d of the program does something;\n", i, i * 7);
    for (int i = 1; i <= 63; i++) {
        int old = i < 20 ? i : i - 3;
        if (i >= 20 && i < 23)
            hr_buf_addf(&two, "%4d\tan inserted line %d\n", i, i);
        else
            hr_buf_addf(&two, "%4d\tstatement number %d of the program does something;\n", i,
                        old * 7);
    }
    hr_xref x;
    hr_xref_result r;
    hr_xref_init(&x, &arena);
    assert_int_equal(hr_xref_add(&x, hr_buf_str(&one), 0, HR_STR("s0")), HR_OK);
    assert_int_equal(hr_xref_apply(&x, tok, hr_buf_str(&two), &arena, &r), HR_OK);
    assert_true(
        hr_str_eq(r.text, HR_STR("[60 lines left out: the same as lines 1-60 of s0, numbered 1-63 "
                                 "here, but N: is line N here, N+ follows line N:\n"
                                 "19+ an inserted line 20\n19+ an inserted line 21\n"
                                 "19+ an inserted line 22\n]\n")));
    lines sources[1] = {split(&arena, hr_buf_str(&one))};
    assert_true(hr_str_eq(expand(&arena, r.text, sources), hr_buf_str(&two)));

    /* a part of it, further down */
    hr_buf three = HR_BUF_INIT(0);
    for (int i = 20; i <= 60; i++)
        hr_buf_addf(&three, "%4d\tstatement number %d of the program does something;\n", i + 3,
                    i * 7);
    assert_int_equal(hr_xref_apply(&x, tok, hr_buf_str(&three), &arena, &r), HR_OK);
    assert_true(hr_str_eq(r.text, HR_STR("[41 lines left out: the same as lines 20-60 of s0, "
                                         "numbers here are +3]\n")));
    assert_true(hr_str_eq(expand(&arena, r.text, sources), hr_buf_str(&three)));
    hr_buf_free(&three);
    hr_buf_free(&one);
    hr_buf_free(&two);
}

static void references_are_never_pointed_at(void **state)
{
    (void)state;
    const hr_tokenizer *tok = hr_tokenizer_for(HR_STR("gpt-4o"));
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 30; i++)
        hr_buf_addf(&b,
                    "[26 lines left out: the same as lines %d-%d of tool result 5 (bash: cat)]\n",
                    i, i + 25);
    hr_xref x;
    hr_xref_result r;
    hr_xref_init(&x, &arena);
    assert_int_equal(hr_xref_add(&x, hr_buf_str(&b), 0, HR_STR("s0")), HR_OK);
    assert_int_equal(hr_xref_apply(&x, tok, hr_buf_str(&b), &arena, &r), HR_OK);
    assert_int_equal(r.text.n, 0);
    hr_buf_free(&b);
}

/* A file written by the model and read back: the text stands in the call. */
static void what_was_written_is_a_source(void **state)
{
    (void)state;
    const hr_tokenizer *tok = hr_tokenizer_for(HR_STR("gpt-4o"));
    hr_buf file = HR_BUF_INIT(0), call = HR_BUF_INIT(0), shown = HR_BUF_INIT(0);
    for (int i = 1; i <= 40; i++) {
        hr_buf_addf(&file, "statement number %d of the \"program\"\tdoes something;\n", i * 7);
        hr_buf_addf(&shown, "%6d\tstatement number %d of the \"program\"\tdoes something;\n", i,
                    i * 7);
    }
    hr_buf_lit(&call, "{\"file_path\":\"src/a.c\",\"edits\":[{\"new\":");
    hr_json_quote(&call, hr_buf_str(&file));
    hr_buf_lit(&call, "}]}");
    hr_xref x;
    hr_xref_result r;
    hr_xref_init(&x, &arena);
    assert_int_equal(hr_xref_add_call(&x, HR_STR("Write"), hr_buf_str(&call), 7, 3), HR_OK);
    assert_int_equal(hr_xref_apply(&x, tok, hr_buf_str(&shown), &arena, &r), HR_OK);
    assert_true(hr_str_eq(r.text, HR_STR("[40 lines left out: the same as lines 1-40 of "
                                         "edits[0].new of tool call 7 (Write: src/a.c), numbered "
                                         "1-40 here]\n")));
    assert_int_equal(r.nused, 1);
    assert_int_equal(r.used[0], 3);
    hr_buf_free(&file);
    hr_buf_free(&call);
    hr_buf_free(&shown);
}

static void changes_stand_in_place(void **state)
{
    (void)state;
    const hr_tokenizer *tok = hr_tokenizer_for(HR_STR("gpt-4o"));
    hr_buf one = HR_BUF_INIT(0), two = HR_BUF_INIT(0);
    for (int i = 1; i <= 60; i++) {
        hr_buf_addf(&one, "test number %d of the suite: it has passed\n", i * 7);
        if (i == 30 || i == 31)
            continue;
        if (i == 12)
            hr_buf_lit(&two, "test number 84 of the suite: it has FAILED]\n");
        else
            hr_buf_addf(&two, "test number %d of the suite: it has passed\n", i * 7);
        if (i == 40)
            hr_buf_lit(&two, "]\n");
    }
    hr_xref x;
    hr_xref_result r;
    hr_xref_init(&x, &arena);
    assert_int_equal(hr_xref_add(&x, hr_buf_str(&one), 0, HR_STR("s0")), HR_OK);
    assert_int_equal(hr_xref_apply(&x, tok, hr_buf_str(&two), &arena, &r), HR_OK);
    assert_true(hr_str_eq(
        r.text, HR_STR("[57 lines left out: the same as lines 1-60 of s0, but N: is line N here, "
                       "N+ follows line N, gone is not here:\n"
                       "12: test number 84 of the suite: it has FAILED]\n30-31 gone\n40+ ]\n]\n")));
    lines sources[1] = {split(&arena, hr_buf_str(&one))};
    assert_true(hr_str_eq(expand(&arena, r.text, sources), hr_buf_str(&two)));
    /* what the reference itself shows is not pointed at */
    hr_xref_init(&x, &arena);
    assert_int_equal(hr_xref_add(&x, r.text, 0, HR_STR("s0")), HR_OK);
    for (size_t i = 0; i < x.lines.n; i++)
        assert_int_equal(x.lines.p[i].hash, 0);
    hr_buf_free(&one);
    hr_buf_free(&two);
}

/* Blocks that come again inside one result point to their first, which stays. */
static void repeats_inside_one_text(void **state)
{
    (void)state;
    const hr_tokenizer *tok = hr_tokenizer_for(HR_STR("gpt-4o"));
    hr_buf b = HR_BUF_INIT(0);
    for (int k = 0; k < 5; k++) {
        hr_buf_addf(&b, "=== part %d\n", k);
        for (int i = 0; i < 30; i++)
            hr_buf_addf(&b, "frame %d is called from module %d of the program\n", i, i * 37 % 11);
    }
    hr_xref x;
    hr_xref_result r;
    hr_xref_init(&x, &arena);
    assert_int_equal(hr_xref_apply(&x, tok, hr_buf_str(&b), &arena, &r), HR_OK);
    lines v = split(&arena, r.text);
    assert_int_equal(v.n, 31 + 4 * 2);
    assert_true(hr_str_eq(v.p[32], HR_STR("[30 lines left out: the same as lines 2-31 of this "
                                          "result]")));
    assert_true(hr_str_eq(v.p[38], v.p[32]));
    assert_int_equal(r.nused, 0);
    assert_true(hr_str_eq(expand(&arena, r.text, NULL), hr_buf_str(&b)));
    assert_int_equal(x.lines.n, 0); /* it has left the index */
    hr_buf_free(&b);
}

/* Times of day look like line numbers; an hour later is not "numbers here are +1". */
static void times_are_no_line_numbers(void **state)
{
    (void)state;
    const hr_tokenizer *tok = hr_tokenizer_for(HR_STR("gpt-4o"));
    hr_buf one = HR_BUF_INIT(0), two = HR_BUF_INIT(0);
    for (int i = 1; i <= 40; i++) {
        hr_buf_addf(&one, "10:%02d:01 job %d has been started by the scheduler\n", i, i * 3);
        hr_buf_addf(&two, "11:%02d:01 job %d has been started by the scheduler\n", i, i * 3);
    }
    hr_xref x;
    hr_xref_result r;
    hr_xref_init(&x, &arena);
    assert_int_equal(hr_xref_add(&x, hr_buf_str(&one), 0, HR_STR("s0")), HR_OK);
    assert_int_equal(hr_xref_apply(&x, tok, hr_buf_str(&two), &arena, &r), HR_OK);
    assert_int_equal(r.text.n, 0);
    hr_buf_free(&one);
    hr_buf_free(&two);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_resolve),
        cmocka_unit_test(shifted_numbers),
        cmocka_unit_test(references_are_never_pointed_at),
        cmocka_unit_test(what_was_written_is_a_source),
        cmocka_unit_test(changes_stand_in_place),
        cmocka_unit_test(repeats_inside_one_text),
        cmocka_unit_test(times_are_no_line_numbers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
