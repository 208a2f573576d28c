/* Every reference resolves: putting the referenced lines back gives the text, byte for byte. */
#include "base/buf.h"
#include "context/xref.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static hr_arena arena;
static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

typedef HR_VEC(hr_str) lines;

static lines split(hr_str text)
{
    lines v = {0};
    for (hr_str rest = text, line; hr_str_line(&rest, &line);)
        *hr_vec_push(&v, &arena) = line;
    return v;
}

/* "  12\tbody" → the number and where the body starts; -1 without a number. */
static long number_of(hr_str line, size_t *body)
{
    size_t i = 0;
    while (i < line.n && line.p[i] == ' ')
        i++;
    size_t d = i;
    long v = 0;
    while (d < line.n && hr_is_digit(line.p[d]))
        v = v * 10 + (line.p[d++] - '0');
    *body = 0;
    if (d == i || d >= line.n || line.p[d] != '\t')
        return -1;
    *body = d + 1;
    return v;
}

/* Puts back what "[n lines left out: the same as lines a-b of SRC, numbers here are +k]" names. */
static hr_str expand(hr_str text, const lines *sources)
{
    hr_buf b = HR_BUF_INIT(0);
    lines v = split(text);
    for (size_t i = 0; i < v.n; i++) {
        unsigned long n, from, to, src;
        long shift = 0;
        char *z = hr_zstr(&arena, v.p[i]);
        if (sscanf(z, "[%lu lines left out: the same as lines %lu-%lu of s%lu", &n, &from, &to,
                   &src) == 4 ||
            sscanf(z, "[%lu line left out: the same as lines %lu-%lu of s%lu", &n, &from, &to,
                   &src) == 4) {
            const char *plus = strstr(z, "numbers here are ");
            if (plus)
                sscanf(plus, "numbers here are %ld", &shift);
        } else if (sscanf(z, "[%lu lines left out: the same as all of s%lu", &n, &src) == 2 ||
                   sscanf(z, "[%lu line left out: the same as all of s%lu", &n, &src) == 2) {
            from = 1;
            to = n;
        } else {
            hr_buf_add(&b, v.p[i]);
            hr_buf_addc(&b, '\n');
            continue;
        }
        assert_int_equal(to - from + 1, n);
        assert_true(to <= sources[src].n);
        for (unsigned long k = from - 1; k < to; k++) {
            hr_str line = sources[src].p[k];
            size_t body;
            long num = number_of(line, &body);
            if (shift && num >= 0)
                hr_buf_addf(&b, "%*ld\t%.*s\n", 4, num + shift,
                            HR_FMT(hr_str_sub(line, body, line.n)));
            else
                hr_buf_addf(&b, "%.*s\n", HR_FMT(line));
        }
    }
    if (b.n && text.p[text.n - 1] != '\n')
        b.n--;
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static hr_str random_text(unsigned nlines, const hr_str *old, size_t nold)
{
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned i = 0; i < nlines;) {
        if (nold && rnd(3) == 0) { /* copy a run from an earlier text */
            lines v = split(old[rnd((uint32_t)nold)]);
            size_t from = rnd((uint32_t)v.n), len = 1 + rnd(40);
            for (size_t k = from; k < v.n && k < from + len; k++, i++)
                hr_buf_addf(&b, "%.*s\n", HR_FMT(v.p[k]));
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
    size_t replaced = 0;
    for (int round = 0; round < 300; round++) {
        seed = (uint64_t)round * 77 + 1;
        hr_xref x;
        hr_str texts[6];
        lines sources[6];
        hr_xref_init(&x, &arena);
        for (size_t i = 0; i < 5; i++) {
            texts[i] = random_text(5 + rnd(120), texts, i);
            sources[i] = split(texts[i]);
            assert_int_equal(hr_xref_add(&x, texts[i], (uint32_t)i, hr_strf(&arena, "s%zu", i)),
                             HR_OK);
        }
        hr_str text = random_text(5 + rnd(200), texts, 5);
        hr_xref_result r, again;
        assert_int_equal(hr_xref_apply(&x, tok, text, &arena, &r), HR_OK);
        if (r.text.n) {
            replaced += r.lines_out;
            assert_true(hr_tokens_count(tok, r.text) < hr_tokens_count(tok, text));
            hr_str back = expand(r.text, sources);
            assert_int_equal(back.n, text.n);
            assert_memory_equal(back.p, text.p, text.n);
            assert_int_equal(hr_xref_apply(&x, tok, text, &arena, &again), HR_OK);
            assert_true(hr_str_eq(r.text, again.text)); /* deterministic */
        }
        hr_arena_free(&arena);
    }
    assert_true(replaced > 1000);
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
    assert_true(hr_str_has(r.text, HR_STR("[41 lines left out: the same as lines 20-60 of s0, "
                                          "numbers here are +3]")));
    lines sources[1] = {split(hr_buf_str(&one))};
    assert_true(hr_str_eq(expand(r.text, sources), hr_buf_str(&two)));
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
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
