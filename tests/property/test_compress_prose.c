/* Properties of the forms of prose, HTML, XML and YAML over generated texts: what stays stands in
 * the original in the same order, nothing is lost without a marker, equal input gives equal output,
 * and the time grows with the text, not faster. */
#include "compress/forms.h"
#include "compress/marker.h"
#include "compress/prose/prose.h"
#include "compress/prose/sentence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed = 0x9E3779B97F4A7C15u;

static size_t pick(size_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % n);
}

static const char *const words[] = {
    "river", "the",    "error", "Übung",   "слово", "大曲车站", "การทดสอบ", "parse",  "maxRetries",
    "1984",  "v1.2.3", "of",    "request", "and",   "water",    "مدينة",    "window", "light"};

static void sentence(hr_buf *b)
{
    size_t n = 3 + pick(14);
    for (size_t i = 0; i < n; i++)
        hr_buf_addf(b, "%s%s", i ? " " : "", words[pick(sizeof words / sizeof *words)]);
    hr_buf_add(b, pick(4) ? HR_STR(". ") : HR_STR("。"));
}

static void text_of(hr_buf *b, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++) {
        switch (pick(9)) {
        case 0:
            hr_buf_addf(b, "%.*s heading %zu\n", (int)(1 + pick(4)), "####", i);
            break;
        case 1:
            hr_buf_lit(b, "- ");
            sentence(b);
            break;
        case 2:
            hr_buf_lit(b, "```\nint x;\nint y;\n\nint z;\n```");
            break;
        case 3:
            hr_buf_lit(b, "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |");
            break;
        case 4:
            hr_buf_addf(b, "<keep-%zu>\nbody %zu\n\nmore\n</keep-%zu>", i, i, i);
            break;
        default:
            for (size_t k = 0; k < 1 + pick(5); k++)
                sentence(b);
        }
        hr_buf_add(b, pick(3) ? HR_STR("\n\n") : HR_STR("\n"));
    }
}

/* Every line without a note must stand in the original, behind the one before it. */
static void in_order(hr_str original, hr_str form)
{
    size_t at = 0;
    for (hr_str rest = form, line; hr_str_line(&rest, &line);) {
        if (hr_str_has(line, HR_STR("omitted")) || !line.n)
            continue;
        size_t k = hr_str_find(hr_str_sub(original, at, original.n), line);
        if (k == SIZE_MAX)
            fail_msg("not in the original: %.*s", HR_FMT(line));
        at += k + line.n;
    }
}

static void kept_lines_are_the_originals(void **state)
{
    (void)state;
    for (int round = 0; round < 150; round++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_buf b = HR_BUF_INIT(0), out = HR_BUF_INIT(0), again = HR_BUF_INIT(0);
        text_of(&b, 10 + pick(150));
        hr_str text = hr_buf_str(&b);
        hr_prose_job job = {.query = pick(4) ? hr_cstr(words[pick(18)]) : HR_STR_NONE,
                            .share = 0.1 + 0.1 * (double)pick(6),
                            .mild_share = 0.6};
        hr_prose_cut cut;
        assert_int_equal(hr_prose_reduce(&job, text, &a, &out, &cut), HR_OK);
        if (!hr_prose_cut_any(&cut)) {
            assert_true(out.n <= text.n);
        } else {
            in_order(text, hr_buf_str(&out));
            hr_spans spans = {0};
            assert_int_equal(hr_protected_spans(text, &a, &spans), HR_OK);
            for (size_t i = 0; i < spans.n; i++)
                assert_true(hr_str_has(hr_buf_str(&out),
                                       hr_str_sub(text, spans.p[i].start, spans.p[i].end)));
        }
        assert_int_equal(hr_prose_reduce(&job, text, &a, &again, &cut), HR_OK);
        assert_true(hr_str_eq(hr_buf_str(&out), hr_buf_str(&again)));
        hr_buf_free(&b);
        hr_buf_free(&out);
        hr_buf_free(&again);
        hr_arena_free(&a);
    }
}

static void sentences_and_blocks_cover_any_bytes(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        char bytes[600];
        size_t n = pick(sizeof bytes);
        static const char some[] = " \n\n#-`|<>/a.B!?1=\t\xE3\x80\x82\xE0\xB8\x81.\\SH'\"";
        for (size_t i = 0; i < n; i++)
            bytes[i] = pick(8) ? some[pick(sizeof some - 1)] : (char)pick(256);
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_str text = hr_str_of(bytes, n), rest = text, one;
        size_t at = 0;
        while (hr_sentence_next(&rest, &one)) {
            assert_ptr_equal(one.p, text.p + at);
            assert_true(one.n > 0);
            at += one.n;
        }
        assert_int_equal(at, n);
        hr_spans spans = {0};
        hr_blocks blocks = {0};
        assert_int_equal(hr_protected_spans(text, &a, &spans), HR_OK);
        assert_int_equal(hr_prose_blocks(text, &spans, &a, &blocks), HR_OK);
        at = 0;
        for (size_t i = 0; i < blocks.n; i++) {
            assert_ptr_equal(blocks.p[i].s.p, text.p + at);
            at += blocks.p[i].s.n;
        }
        assert_int_equal(at, n);
        hr_arena_free(&a);
    }
}

static double seconds(hr_compressor *run, hr_str text)
{
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_compress_opts o = hr_compress_defaults();
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    o.query = HR_STR("error in request window");
    struct timespec t0, t1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
    (void)run(&o, text, &key, true, &a, &f);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
    hr_arena_free(&a);
    return (double)(t1.tv_sec - t0.tv_sec) + 1e-9 * (double)(t1.tv_nsec - t0.tv_nsec);
}

/* Texts that tempt a reader of lines, tags or sentences to read them again and again. */
static void time_grows_with_the_text(void **state)
{
    (void)state;
    static const char *const parts[] = {"<a '",
                                        "<a><b>",
                                        "x <q-r> ",
                                        "# h\n",
                                        "- i\n",
                                        "a\n\n",
                                        "```\n",
                                        "word ",
                                        ".",
                                        "。",
                                        "字",
                                        "| a |\n",
                                        "k: v\n",
                                        " - x\n",
                                        "  deep\n",
                                        "<e/>",
                                        "-",
                                        "\"",
                                        "<k-1></k-1>\n",
                                        "0000: 00 11 22 33 44\n"};
    static hr_compressor *const runs[] = {hr_compress_prose, hr_compress_xml,    hr_compress_yaml,
                                          hr_compress_plain, hr_compress_opaque, hr_compress_html};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        hr_buf b = HR_BUF_INIT(0);
        while (b.n < 800000)
            hr_buf_add(&b, hr_cstr(parts[p]));
        for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
            double small = seconds(runs[r], hr_str_sub(hr_buf_str(&b), 0, b.n / 8));
            double large = seconds(runs[r], hr_buf_str(&b));
            if (large > 0.5 && large > 24 * small)
                fail_msg("part %zu, compressor %zu: %.3f s, then %.3f s", p, r, small, large);
        }
        hr_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_lines_are_the_originals),
        cmocka_unit_test(sentences_and_blocks_cover_any_bytes),
        cmocka_unit_test(time_grows_with_the_text),
    };
    return cmocka_run_group_tests_name("prose properties", tests, NULL, NULL);
}
