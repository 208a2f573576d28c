#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "text/words.h"

static hr_arena arena;

static bool has(const hr_str *list, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++) {
        if (hr_str_eq(list[i], hr_cstr(word)))
            return true;
    }
    return false;
}

static void counts_words(void **state)
{
    (void)state;
    assert_int_equal(hr_word_count(HR_STR_NONE, 0), 0);
    assert_int_equal(hr_word_count(HR_STR(" \n\t "), 0), 0);
    assert_int_equal(hr_word_count(HR_STR("one"), 0), 1);
    assert_int_equal(hr_word_count(HR_STR("  one\ttwo\n\nthree "), 0), 3);
    assert_int_equal(hr_word_count(HR_STR("a b c d e"), 3), 3);
}

static void knows_stop_words(void **state)
{
    (void)state;
    /* Words from all over the sorted table: a mistake in its order would lose some. */
    static const char *const yes[] = {"a",    "about", "because", "been",  "find", "i",     "is",
                                      "its",  "of",    "s",       "same",  "show", "the",   "their",
                                      "they", "to",    "too",     "which", "why",  "yours", "your"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(hr_stop_word(hr_cstr(yes[i])));
    static const char *const no[] = {"", "error", "The", "zebra", "timeout", "aa", "yourself"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(hr_stop_word(hr_cstr(no[i])));
}

static void splits_queries(void **state)
{
    (void)state;
    hr_query q;
    hr_query_parse(
        HR_STR("Why does the Payment service time out for user 48213 in \"checkout v2\"? "
               "See src/pool.rs, parse_header and ada@example.org, id "
               "123e4567-e89b-12d3-a456-426614174000; isn't NullPointer bad"),
        &arena, &q);
    assert_true(has(q.terms, q.nterms, "payment"));
    assert_true(has(q.terms, q.nterms, "service"));
    assert_false(has(q.terms, q.nterms, "the"));
    assert_false(has(q.terms, q.nterms, "why"));
    assert_true(has(q.anchors, q.nanchors, "48213"));
    assert_true(has(q.anchors, q.nanchors, "checkout v2"));
    assert_true(has(q.anchors, q.nanchors, "src/pool.rs"));
    assert_true(has(q.anchors, q.nanchors, "parse_header"));
    assert_true(has(q.anchors, q.nanchors, "ada@example.org"));
    assert_true(has(q.anchors, q.nanchors, "123e4567-e89b-12d3-a456-426614174000"));
    assert_true(has(q.anchors, q.nanchors, "nullpointer"));
    assert_false(has(q.anchors, q.nanchors, "payment"));
    /* An apostrophe in a word opens no quotation. */
    assert_false(has(q.anchors, q.nanchors, "t nullpointer bad"));
}

static void empty_and_hostile_queries_are_bounded(void **state)
{
    (void)state;
    hr_query q;
    hr_query_parse(HR_STR_NONE, &arena, &q);
    assert_int_equal(q.nterms + q.nanchors, 0);
    assert_false(hr_query_anchor_in(&q, HR_STR("anything")));
    char text[40000];
    size_t n = 0;
    for (unsigned i = 0; n + 16 < sizeof text; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "w%u_%u ", i, i);
    }
    hr_query_parse(hr_str_of(text, n), &arena, &q);
    assert_int_equal(q.nterms, 64);
    assert_int_equal(q.nanchors, 32);
    memset(text, '"', sizeof text);
    hr_query_parse(hr_str_of(text, sizeof text), &arena, &q);
    assert_int_equal(q.nterms, 0);
}

static void finds_anchors_as_whole_words(void **state)
{
    (void)state;
    hr_query q;
    hr_query_parse(HR_STR("order 4711 and parse_header"), &arena, &q);
    assert_true(hr_query_anchor_in(&q, HR_STR("order=4711")));
    assert_true(hr_query_anchor_in(&q, HR_STR("4711")));
    assert_true(hr_query_anchor_in(&q, HR_STR("call to PARSE_HEADER() failed")));
    assert_false(hr_query_anchor_in(&q, HR_STR("order 47110")));
    assert_false(hr_query_anchor_in(&q, HR_STR("order 94711")));
    assert_false(hr_query_anchor_in(&q, HR_STR("my_parse_header2")));
    assert_false(hr_query_anchor_in(&q, HR_STR_NONE));
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
        cmocka_unit_test(counts_words),
        cmocka_unit_test(knows_stop_words),
        cmocka_unit_test(splits_queries),
        cmocka_unit_test(empty_and_hostile_queries_are_bounded),
        cmocka_unit_test(finds_anchors_as_whole_words),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
