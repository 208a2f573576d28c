#include "base/mem.h"
#include "text/splice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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

typedef struct edit {
    size_t start, end;
    const char *with;
} edit;

static hr_err run(const char *src, const edit *edits, size_t n, hr_str *out)
{
    hr_splice s;
    hr_splice_init(&s, hr_cstr(src));
    for (size_t i = 0; i < n; i++) {
        hr_err e = hr_splice_add(&s, &arena, edits[i].start, edits[i].end, hr_cstr(edits[i].with));
        if (e != HR_OK)
            return e;
    }
    hr_err e = hr_splice_join(&s, &arena, out);
    if (e != HR_OK)
        return e;
    /* The pieces say the same, none of them empty. */
    hr_str *p;
    size_t count, total, at = 0;
    assert_int_equal(hr_splice_pieces(&s, &arena, &p, &count, &total), HR_OK);
    assert_int_equal(total, out->n);
    for (size_t i = 0; i < count; i++) {
        assert_true(p[i].n > 0);
        assert_memory_equal(p[i].p, out->p + at, p[i].n);
        at += p[i].n;
    }
    assert_int_equal(at, total);
    return HR_OK;
}

#define EDITS(...) (const edit[]){__VA_ARGS__}, sizeof((const edit[]){__VA_ARGS__}) / sizeof(edit)

static void becomes(const char *src, const edit *edits, size_t n, const char *want)
{
    hr_str out;
    assert_int_equal(run(src, edits, n, &out), HR_OK);
    if (!hr_str_eq(out, hr_cstr(want)))
        fail_msg("got \"%.*s\", want \"%s\"", HR_FMT(out), want);
}

static void test_join(void **state)
{
    (void)state;
    becomes("0123456789", EDITS({2, 4, "ab"}), "01ab456789");
    becomes("0123456789", EDITS({8, 10, "Z"}, {0, 1, "A"}, {4, 6, ""}), "A12367Z");
    becomes("0123456789", EDITS({0, 10, ""}), "");
    becomes("0123456789", EDITS({10, 10, "end"}), "0123456789end");
    becomes("", EDITS({0, 0, "x"}), "x");
    /* Neighbours touch but do not overlap. */
    becomes("0123456789", EDITS({4, 6, "b"}, {2, 4, "a"}), "01ab6789");
}

static void test_insertions(void **state)
{
    (void)state;
    becomes("ab", EDITS({1, 1, "1"}, {1, 1, "2"}, {0, 0, "0"}, {1, 1, "3"}), "0a123b");
    /* An insertion comes before the span that starts there and behind the one that ends there. */
    becomes("abcd", EDITS({1, 3, "X"}, {1, 1, "<"}, {3, 3, ">"}), "a<X>d");
}

static void test_no_edits(void **state)
{
    (void)state;
    hr_splice s;
    hr_str src = HR_STR("unchanged"), out;
    hr_splice_init(&s, src);
    assert_int_equal(hr_splice_join(&s, &arena, &out), HR_OK);
    assert_ptr_equal(out.p, src.p);
    assert_int_equal(out.n, src.n);
    hr_str *p;
    size_t count, total;
    assert_int_equal(hr_splice_pieces(&s, &arena, &p, &count, &total), HR_OK);
    assert_int_equal(count, 1);
    assert_ptr_equal(p[0].p, src.p);
}

static void test_refused(void **state)
{
    (void)state;
    hr_str out;
    assert_int_equal(run("0123", EDITS({3, 2, ""}), &out), HR_E_RANGE);
    assert_int_equal(run("0123", EDITS({2, 5, ""}), &out), HR_E_RANGE);
    assert_int_equal(run("0123", EDITS({0, 3, "a"}, {2, 4, "b"}), &out), HR_E_RANGE);
    assert_int_equal(run("0123", EDITS({0, 2, "a"}, {0, 2, "b"}), &out), HR_E_RANGE);
    assert_int_equal(run("0123", EDITS({1, 3, "a"}, {2, 2, "b"}), &out), HR_E_RANGE);
}

/* Many edits added backwards: sorted by the merge, result as if done one by one. */
static void test_many(void **state)
{
    (void)state;
    enum { N = 1000 };
    char src[N * 3], want[N * 4];
    size_t w = 0;
    hr_splice s;
    for (size_t i = 0; i < sizeof(src); i++)
        src[i] = (char)('a' + i % 26);
    hr_splice_init(&s, hr_str_of(src, sizeof(src)));
    for (size_t i = N; i-- > 0;) /* each third byte becomes "12", by an edit and an insertion */ {
        assert_int_equal(hr_splice_add(&s, &arena, i * 3, i * 3 + 1, HR_STR("2")), HR_OK);
        assert_int_equal(hr_splice_add(&s, &arena, i * 3, i * 3, HR_STR("1")), HR_OK);
    }
    for (size_t i = 0; i < N; i++) {
        want[w++] = '1';
        want[w++] = '2';
        want[w++] = src[i * 3 + 1];
        want[w++] = src[i * 3 + 2];
    }
    hr_str out;
    assert_int_equal(hr_splice_join(&s, &arena, &out), HR_OK);
    assert_int_equal(out.n, w);
    assert_memory_equal(out.p, want, w);
}

static void test_no_memory(void **state)
{
    (void)state;
    for (size_t n = 1; n < 8; n++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_splice s;
        hr_str out;
        char big[6000];
        memset(big, 'x', sizeof(big));
        hr_splice_init(&s, HR_STR("0123456789"));
        hr_mem_fail_at(n);
        hr_err e = HR_OK;
        for (size_t i = 0; i < 200 && e == HR_OK; i++)
            e = hr_splice_add(&s, &a, 5, 5, hr_str_of(big, sizeof(big)));
        if (e == HR_OK)
            e = hr_splice_join(&s, &a, &out);
        hr_mem_fail_at(0);
        assert_true(e == HR_OK || e == HR_E_NOMEM);
        if (n == 1)
            assert_int_equal(e, HR_E_NOMEM);
        if (e == HR_OK)
            assert_int_equal(out.n, 10 + 200 * sizeof(big));
        hr_arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_join, setup, teardown),
        cmocka_unit_test_setup_teardown(test_insertions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_edits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
