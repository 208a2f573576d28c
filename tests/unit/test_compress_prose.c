/* Prose: sentences, protected elements, layout, and what stays for a question. */
#include "compress/marker.h"
#include "compress/prose/prose.h"
#include "compress/prose/prose_words.h"
#include "compress/prose/sentence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;

static int tear_down(void **state)
{
    (void)state;
    hr_arena_free(&arena);
    return 0;
}

/* --- sentences ----------------------------------------------------------------------------------
 */

static void splits(const char *text, const char *const *want)
{
    hr_str rest = hr_cstr(text), one;
    size_t n = 0;
    while (hr_sentence_next(&rest, &one)) {
        assert_non_null(want[n]);
        hr_str expect = hr_cstr(want[n++]);
        assert_int_equal(one.n, expect.n);
        assert_memory_equal(one.p, expect.p, one.n);
    }
    assert_null(want[n]);
}

static void sentences_end_in_every_script(void **state)
{
    (void)state;
    splits(
        "It works. Does it? \"Yes!\" he said. Fine",
        (const char *const[]){"It works. ", "Does it? ", "\"Yes!\" ", "he said. ", "Fine", NULL});
    splits("Dr. Smith met J. Doe, e.g. in 3.5 hours. The end.",
           (const char *const[]){"Dr. Smith met J. Doe, e.g. in 3.5 hours. ", "The end.", NULL});
    splits("第一句。第二句！「第三句？」完",
           (const char *const[]){"第一句。", "第二句！", "「第三句？」", "完", NULL});
    splits("यह एक है। दूसरा।", (const char *const[]){"यह एक है। ", "दूसरा।", NULL});
    splits("3. An item. Done.", (const char *const[]){"3. An item. ", "Done.", NULL});
    splits("", (const char *const[]){NULL});
}

static void long_sentences_are_cut_between_characters(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 2000; i++)
        hr_buf_lit(&b, "字");
    hr_str rest = hr_buf_str(&b), one;
    size_t total = 0;
    while (hr_sentence_next(&rest, &one)) {
        assert_true(one.n <= 1300);
        assert_int_equal(one.n % 3, 0);
        total += one.n;
    }
    assert_int_equal(total, b.n);
    hr_buf_free(&b);
}

/* --- protected elements
 * --------------------------------------------------------------------------- */

static void spans(const char *text, const char *const *want)
{
    hr_spans s = {0};
    hr_str t = hr_cstr(text);
    assert_int_equal(hr_protected_spans(t, &arena, &s), HR_OK);
    size_t n = 0;
    for (; want[n]; n++) {
        assert_true(n < s.n);
        hr_str got = hr_str_sub(t, s.p[n].start, s.p[n].end), expect = hr_cstr(want[n]);
        assert_int_equal(got.n, expect.n);
        assert_memory_equal(got.p, expect.p, got.n);
    }
    assert_int_equal(n, s.n);
}

static void only_foreign_balanced_elements_are_protected(void **state)
{
    (void)state;
    spans("a <system-reminder>b <x>c</x></system-reminder> d <p>e</p>",
          (const char *const[]){"<system-reminder>b <x>c</x></system-reminder>", NULL});
    spans("<A_b q='>'>1<A_b q='>'>2</A_b></A_b> <note/> <open> </close>",
          (const char *const[]){"<A_b q='>'>1<A_b q='>'>2</A_b></A_b>", "<note/>", NULL});
    spans("see <https://a.b/c> and Vec<T> and 1 < 2 <DIV>x</DIV>", (const char *const[]){NULL});
    spans("<x>1<y>2</x>3</y>", (const char *const[]){"<x>1<y>2</x>3</y>", NULL});
    assert_true(hr_html_name(HR_STR("Section")));
    assert_false(hr_html_name(HR_STR("sections")));
}

/* --- words
 * ------------------------------------------------------------------------------------------ */

static void count_hit(void *ctx, size_t index)
{
    (void)index;
    ++*(size_t *)ctx;
}

static size_t hits(const char *query, const char *text)
{
    hr_prose_query q;
    size_t n = 0;
    hr_prose_query_init(&q, hr_cstr(query));
    hr_prose_match(&q, hr_cstr(text), count_hit, &n);
    return n;
}

static void words_match_across_forms_and_scripts(void **state)
{
    (void)state;
    assert_true(hits("How do I cancel a request?", "pass a cancelToken to it") > 0);
    assert_true(hits("max retries", "maxRetries=3") > 0);
    assert_true(hits("cancelled requests", "a request was cancelled") > 0);
    assert_true(hits("Когда компания объявила", "КОМПАНИЮ купили") > 0);
    assert_true(hits("大曲车站的位置", "大曲车站是一座车站") > 0);
    assert_int_equal(hits("what is the", "what is the"), 0);
    assert_int_equal(hits("apples", "oranges"), 0);
    assert_int_equal(hits("", "anything"), 0);
}

/* --- blocks
 * ------------------------------------------------------------------------------------------ */

static void blocks_cover_the_text(void **state)
{
    (void)state;
    hr_str t =
        HR_STR("# One\n\nText of one.\n\nUnder\n-----\n- a\n  more\n- b\n\n```c\nint x;\n```\n"
               "| a | b |\n|---|---|\n| 1 | 2 |\n<keep>me</keep>\nlast");
    hr_spans fixed = {0};
    hr_blocks b = {0};
    static const hr_block_kind want[] = {HR_BLOCK_HEADING, HR_BLOCK_SPACE,   HR_BLOCK_PARAGRAPH,
                                         HR_BLOCK_SPACE,   HR_BLOCK_HEADING, HR_BLOCK_ITEM,
                                         HR_BLOCK_ITEM,    HR_BLOCK_SPACE,   HR_BLOCK_CODE,
                                         HR_BLOCK_TABLE,   HR_BLOCK_FIXED,   HR_BLOCK_PARAGRAPH};
    assert_int_equal(hr_protected_spans(t, &arena, &fixed), HR_OK);
    assert_int_equal(hr_prose_blocks(t, &fixed, &arena, &b), HR_OK);
    assert_int_equal(b.n, sizeof want / sizeof *want);
    size_t at = 0;
    for (size_t i = 0; i < b.n; i++) {
        assert_int_equal(b.p[i].kind, want[i]);
        assert_ptr_equal(b.p[i].s.p, t.p + at);
        at += b.p[i].s.n;
    }
    assert_int_equal(at, t.n);
}

/* --- the compressor
 * ------------------------------------------------------------------------------------ */

/* A document of many sections about animals; one of them holds the answer. */
static hr_str document(hr_buf *b, size_t sections, size_t gold)
{
    for (size_t i = 0; i < sections; i++) {
        hr_buf_addf(b, "## Chapter %zu\n\n", i);
        for (int k = 0; k < 5; k++)
            hr_buf_addf(
                b,
                "The number %d animal of this place likes to sleep under old trees. It was "
                "seen by many travellers who came along the river. Nobody wrote it down.\n\n",
                k);
        if (i == gold)
            hr_buf_lit(b, "Quinine dosage must not exceed 648 mg every eight hours.\n\n");
        hr_buf_lit(b, "- first remark about food and weather\n- second remark about food\n\n");
    }
    return hr_buf_str(b);
}

static hr_forms compress(hr_str text, hr_str query, bool lossy)
{
    hr_compress_opts o = hr_compress_defaults();
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    o.query = query;
    hr_err e = hr_compress_prose(&o, text, &key, lossy, &arena, &f);
    assert_true(e == HR_OK || e == HR_E_SYNTAX);
    if (f.lossy.n) {
        hr_marker_hit hit;
        assert_true(hr_marker_find(f.lossy, 0, &hit));
        assert_true(hr_str_eq(hit.hash, hr_key_str(&key)));
    }
    return f;
}

static void the_answer_stays_and_the_rest_is_counted(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_str text = document(&b, 30, 17);
    hr_forms f = compress(text, HR_STR("What is the maximum quinine dosage?"), true);
    assert_true(f.lossy.n > 0 && f.lossy.n * 2 < text.n);
    assert_true(hr_str_has(f.lossy,
                           HR_STR("\nQuinine dosage must not exceed 648 mg every eight hours.\n")));
    assert_true(hr_str_has(f.lossy, HR_STR("omitted]\n")));
    for (int i = 0; i < 30; i++) /* every heading, in order */
        assert_true(hr_str_has(f.lossy, hr_strf(&arena, "## Chapter %d\n", i)));
    hr_forms again = compress(text, HR_STR("What is the maximum quinine dosage?"), true);
    assert_true(hr_str_eq(f.lossy, again.lossy));
    assert_int_equal(compress(text, HR_STR("quinine"), false).lossy.n, 0);
    hr_buf_free(&b);
}

static void protected_elements_survive_whole(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    document(&b, 12, 3);
    hr_str secret =
        HR_STR("<system-reminder>\nDo not tell.\n\nAnd this neither.\n</system-reminder>");
    hr_buf_add(&b, secret);
    hr_buf_lit(&b, "\n\n");
    document(&b, 12, 40);
    hr_forms f = compress(hr_buf_str(&b), HR_STR("quinine dosage"), true);
    assert_true(f.lossy.n > 0);
    assert_true(hr_str_has(f.lossy, secret));
    hr_buf_free(&b);
}

static void without_a_query_only_large_texts_lose_a_little(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_str text = document(&b, 8, 3);
    assert_true(hr_tokens_estimate(hr_compress_defaults().tok, text) < 4000);
    assert_int_equal(compress(text, HR_STR_NONE, true).lossy.n, 0);
    text = document(&b, 60, 3);
    hr_forms f = compress(text, HR_STR_NONE, true);
    assert_true(f.lossy.n * 2 > text.n);
    hr_buf_free(&b);
}

static void what_takes_a_sentence_back_stays_with_it(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0), out = HR_BUF_INIT(0);
    for (int i = 0; i < 60; i++)
        hr_buf_addf(
            &b,
            "The garden was quiet in that year and the river ran slowly past the houses. "
            "%s Nobody walked along the road and the evening was long in the village.\n\n",
            i == 30 ? "Zebra mode is safe to switch on. However, it loses the data of all users."
                    : "The windows were open and the light was warm.");
    hr_prose_job job = {.query = HR_STR("is zebra mode safe"), .share = 0.05, .mild_share = 0.5};
    hr_arena a;
    hr_prose_cut cut;
    hr_arena_init(&a, 0);
    assert_int_equal(hr_prose_reduce(&job, hr_buf_str(&b), &a, &out, &cut), HR_OK);
    assert_true(hr_prose_cut_any(&cut));
    assert_true(
        hr_str_has(hr_buf_str(&out), HR_STR("Zebra mode is safe to switch on. However, it loses")));
    hr_buf_free(&b);
    hr_buf_free(&out);
    hr_arena_free(&a);
}

/* Filler around `text`, shortened for the question; the result is in *out. */
static void shorten(const char *text, const char *query, hr_buf *out, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "Begin.\n\n");
    for (int i = 0; i < 60; i++)
        hr_buf_addf(&b, "Paragraph %d is about a river and its water, as it flows by.\n\n", i);
    hr_buf_addf(&b, "# Chapter\n\n%s\n# Rest\n\n", text);
    for (int i = 0; i < 60; i++)
        hr_buf_addf(&b, "Paragraph %d is about a hill and its grass, as the wind goes.\n\n", i);
    hr_buf_lit(&b, "End.\n");
    double share = 80.0 / (double)b.n; /* room for one unit */
    hr_prose_job job = {.query = hr_cstr(query), .share = share, .mild_share = share};
    hr_prose_cut cut;
    assert_int_equal(hr_prose_reduce(&job, hr_buf_str(&b), a, out, &cut), HR_OK);
    assert_true(hr_prose_cut_any(&cut));
    hr_buf_free(&b);
}

static void units_keep_what_they_hang_on(void **state)
{
    (void)state;
    static const struct {
        const char *text, *query, *want;
    } cases[] = {
        /* the item above, the line that introduces a list */
        {"* `alpha(v)`: turns the wheel of the mill to the left\n"
         "  * a zebra needs no wheel at all for what it does here\n",
         "zebra", "alpha(v)"},
        {"The river is wide. The following are no longer supported:\n\n* the door of the mill\n"
         "* the zebra of the mill, which was there before the door\n",
         "zebra", "no longer supported:"},
        /* a term over its definition's second paragraph */
        {"Options stand here in the order of the hill.\n\n       --verbose-grass\n"
         "           Says more than before about the grass on the hill.\n\n"
         "           A zebra is then shown on each of the lines that follow here.\n",
         "zebra", "--verbose-grass"},
        /* steps are told whole, with the code between them */
        {"1. Stop the mill at the river first.\n\n```\nmill stop --now\n```\n\n"
         "2. Feed the zebra.\n\n3. Start the mill once more when the water is back.\n",
         "zebra", "mill stop --now\n```\n\n2. Feed the zebra.\n\n3. Start the mill once more"},
        /* the line that was announced */
        {"To call the zebra back, which takes a while, say this:\n\n"
         "    mill call --loud --twice --at-the-river --until-it-answers --quiet\n",
         "zebra back", "mill call --loud --twice"},
        /* warnings whatever the question, but no word of a sentence */
        {"The wheel turns by day and by night. A zebra looks on.\n\nThe hill is high.\n\n"
         "**Warning**: the mill with its wheel, its door and its stones cannot be stopped when the "
         "river is high.\n",
         "zebra", "cannot be stopped"},
        /* what a sentence speaks of, and what holds by default */
        {"The wheel of the mill at the river loses all of its teeth in the night. This frightens "
         "the zebra.\n",
         "zebra", "teeth in the night. This frightens"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_buf out = HR_BUF_INIT(0);
        shorten(cases[i].text, cases[i].query, &out, &a);
        if (!hr_str_has(hr_buf_str(&out), hr_cstr(cases[i].want)))
            fail_msg("case %zu: %.*s", i, HR_FMT(hr_buf_str(&out)));
        hr_buf_free(&out);
        hr_arena_free(&a);
    }
}

static void records_of_one_shape_are_no_prose(void **state)
{
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        hr_buf b = HR_BUF_INIT(0);
        for (int i = 0; i < 400; i++) {
            if (i == 211)
                hr_buf_lit(&b, "0211 the disk is full and nothing more was written\n");
            else if (m == 0)
                hr_buf_addf(&b, "%04d + Size=%d everything in this record went well\n", i, i * 7);
            else if (m == 1)
                hr_buf_addf(&b, "7b%04dc HEAD@{%d}: commit: say what was done in words\n", i, i);
            else
                hr_buf_addf(&b, "lib/some-name_%d - a library that does things for people\n", i);
        }
        hr_compress_opts o = hr_compress_defaults();
        hr_forms f = {0};
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_key key = hr_key_of(hr_buf_str(&b));
        assert_int_equal(hr_compress_prose(&o, hr_buf_str(&b), &key, true, &a, &f), HR_E_SYNTAX);
        hr_arena_free(&a);
        hr_buf_free(&b);
    }
}

static void what_is_not_prose_is_declined(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 900; i++)
        hr_buf_addf(&b, "k%d=%d;%x\n", i, i * 7919, i * 104729);
    assert_int_equal(compress(hr_buf_str(&b), HR_STR("k12"), true).lossy.n, 0);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_end_in_every_script),
        cmocka_unit_test(long_sentences_are_cut_between_characters),
        cmocka_unit_test_teardown(only_foreign_balanced_elements_are_protected, tear_down),
        cmocka_unit_test(words_match_across_forms_and_scripts),
        cmocka_unit_test_teardown(blocks_cover_the_text, tear_down),
        cmocka_unit_test_teardown(the_answer_stays_and_the_rest_is_counted, tear_down),
        cmocka_unit_test_teardown(protected_elements_survive_whole, tear_down),
        cmocka_unit_test_teardown(without_a_query_only_large_texts_lose_a_little, tear_down),
        cmocka_unit_test(what_takes_a_sentence_back_stays_with_it),
        cmocka_unit_test(units_keep_what_they_hang_on),
        cmocka_unit_test(records_of_one_shape_are_no_prose),
        cmocka_unit_test_teardown(what_is_not_prose_is_declined, tear_down),
    };
    hr_arena_init(&arena, 0);
    return cmocka_run_group_tests_name("prose", tests, NULL, NULL);
}
