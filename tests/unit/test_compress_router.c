/* Gates, choice and composition; compressors themselves are tested elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "compress/forms.h"
#include "compress/marker.h"

static hr_arena arena;
static hr_buf buf;

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
    hr_buf_free(&buf);
    return 0;
}

static void add_log(hr_buf *b, unsigned lines)
{
    for (unsigned i = 0; i < lines; i++)
        hr_buf_addf(b, "2024-01-15 10:%02u:%02u,%03u INFO [svc-%u] request %u served in %u ms\n",
                    i / 60 % 60, i % 60, i * 37 % 1000, i % 3, 1000 + i * 7, i * 13 % 90);
}

static hr_str log_text(unsigned lines)
{
    hr_buf_clear(&buf);
    add_log(&buf, lines);
    return hr_buf_str(&buf);
}

static hr_compressed run(const hr_compress_opts *o, hr_str text)
{
    hr_compressed r;
    assert_int_equal(hr_compress_text(o, text, &arena, &r), HR_OK);
    /* What holds for every outcome. */
    assert_int_equal(r.changed, hr_reason_changed(r.reason));
    if (!r.changed) {
        assert_ptr_equal(r.text.p, text.p);
        assert_int_equal(r.text.n, text.n);
        assert_false(r.lossy);
    } else {
        assert_true(r.text.n > 0 && r.text.n < text.n);
        assert_true(hr_tokens_count(o->tok, r.text) < hr_tokens_count(o->tok, text));
    }
    if (r.lossy) {
        hr_marker_hit hit;
        hr_key key = hr_key_of(text);
        assert_memory_equal(r.key.hex, key.hex, HR_KEY_LEN);
        assert_true(hr_marker_find(r.text, 0, &hit));
        assert_true(hr_str_eq(hit.hash, hr_key_str(&key)));
    }
    return r;
}

static void has_the_documented_defaults(void **state)
{
    (void)state;
    hr_compress_opts o = hr_compress_defaults();
    assert_non_null(o.tok);
    assert_int_equal(o.min_tokens, 200);
    assert_int_equal(o.min_words, 50);
    assert_int_equal(o.lossy_min_tokens, 2000);
    assert_int_equal(o.min_items_to_analyze, 5);
    assert_int_equal(o.max_items_after_crush, 15);
    assert_true(o.lossy_margin == 0.7 && o.min_saving == 0.05 && o.bias == 1.0);
    assert_false(o.lossless_only);
}

static void leaves_small_texts_alone(void **state)
{
    (void)state;
    hr_compress_opts o = hr_compress_defaults();
    assert_int_equal(run(&o, HR_STR_NONE).reason, HR_R_TOO_SMALL);
    assert_int_equal(run(&o, HR_STR("hello")).reason, HR_R_TOO_SMALL);
    assert_int_equal(run(&o, log_text(4)).reason, HR_R_TOO_SMALL);
    /* The gate is a setting. */
    o.min_tokens = 100000;
    assert_int_equal(run(&o, log_text(100)).reason, HR_R_TOO_SMALL);
    /* Few words in few bytes: not worth a look, however many tokens they are. */
    o = hr_compress_defaults();
    o.min_tokens = 10;
    assert_int_equal(run(&o, HR_STR("0x1f2e3d 0x4c5b6a 9182736455")).reason, HR_R_TOO_SMALL);
}

static void gives_a_middling_log_only_forms(void **state)
{
    (void)state;
    hr_compress_opts o = hr_compress_defaults();
    hr_compressed r = run(&o, log_text(30));
    assert_true(r.tokens_before < o.lossy_min_tokens);
    assert_int_equal(r.reason, HR_R_LOG_TEMPLATE);
    assert_int_equal(r.kind, HR_KIND_LOG);
    assert_false(r.lossy);
    /* Lower the threshold, and the lossy form wins by its margin. */
    o.lossy_min_tokens = 300;
    r = run(&o, log_text(30));
    assert_int_equal(r.reason, HR_R_LOG_LINES);
    assert_true(r.lossy);
    /* A margin that nothing can meet keeps the lossless form. */
    o.lossy_margin = 0.01;
    assert_int_equal(run(&o, log_text(30)).reason, HR_R_LOG_TEMPLATE);
}

static void loses_nothing_where_loss_is_not_allowed(void **state)
{
    (void)state;
    hr_compress_opts o = hr_compress_defaults();
    assert_true(run(&o, log_text(400)).lossy);
    o.via = HR_VIA_NONE;
    assert_int_equal(run(&o, log_text(400)).reason, HR_R_LOG_TEMPLATE);
    o = hr_compress_defaults();
    o.lossless_only = true;
    assert_int_equal(run(&o, log_text(400)).reason, HR_R_LOG_TEMPLATE);
    /* Errors are never put into forms: here only a lossy form could be smaller. */
    hr_buf_clear(&buf);
    for (unsigned i = 0; i < 400; i++)
        hr_buf_addf(&buf, "2024-01-15 10:00:00 ERROR cannot open volume %u of rack %u\n", i * 7,
                    i % 9);
    assert_int_equal(run(&o, hr_buf_str(&buf)).reason, HR_R_LOSSLESS_ONLY);
    o.lossless_only = false;
    assert_int_equal(run(&o, hr_buf_str(&buf)).reason, HR_R_LOG_LINES);
}

static void names_the_shell_command_where_there_is_a_shell(void **state)
{
    (void)state;
    hr_compress_opts o = hr_compress_defaults();
    o.via = HR_VIA_SHELL;
    assert_true(hr_str_has(run(&o, log_text(400)).text, HR_STR("(run: headroom retrieve ")));
}

static void tells_when_nothing_is_gained(void **state)
{
    (void)state;
    hr_compress_opts o = hr_compress_defaults();
    hr_buf_clear(&buf);
    for (unsigned i = 0; i < 60; i++) /* every line its own words */
        hr_buf_addf(&buf, "2024-01-15 10:00:00 INFO %c%c%c%c %c%c%c %c%c%c%c%c met %c%c%c\n",
                    'a' + i % 26, 'a' + i / 3 % 26, 'b' + i % 7, 'c' + i % 19, 'd' + i % 11,
                    'a' + i % 3, 'a' + i / 2 % 26, 'e' + i % 13, 'a' + i % 5, 'f' + i % 17,
                    'a' + i / 5 % 20, 'g' + i % 2, 'h' + i % 9, 'a' + i % 23, 'a' + i / 7 % 24);
    hr_compressed r = run(&o, hr_buf_str(&buf));
    assert_int_equal(r.reason, HR_R_NO_GAIN);
    assert_int_equal(r.tokens_before, r.tokens_after);
    /* A saving below the least one is none. */
    o.min_saving = 0.99;
    assert_int_equal(run(&o, log_text(100)).reason, HR_R_NO_GAIN);
}

static void shortens_binary_dumps(void **state)
{
    (void)state;
    hr_compress_opts o = hr_compress_defaults();
    hr_buf_clear(&buf);
    for (unsigned i = 0; i < 200; i++)
        hr_buf_addf(&buf, "%08x: 7f45 4c46 0201 0100 %04x 0000 0000 0000  .ELF\n", i * 16, i);
    hr_compressed r = run(&o, hr_buf_str(&buf));
    assert_int_equal(r.kind, HR_KIND_BINARY);
    assert_true(r.changed && r.lossy);
    assert_true(hr_str_has(r.text, HR_STR("00000000: 7f45 4c46")));
    assert_true(hr_str_has(r.text, hr_key_str(&r.key)));
}

static void compresses_sections_by_their_kind(void **state)
{
    (void)state;
    hr_compress_opts o = hr_compress_defaults();
    static const char head[] =
        "Chunk ID: 77\nWall time: 0.3 seconds\nProcess exited with code 0\nOutput:\n";
    static const char tail[] = "$ echo done\ndone\n";
    hr_buf_clear(&buf);
    hr_buf_add(&buf, hr_cstr(head));
    add_log(&buf, 300);
    hr_buf_add(&buf, hr_cstr(tail));
    hr_str text = hr_buf_str(&buf);
    hr_compressed r = run(&o, text);
    assert_int_equal(r.reason, HR_R_LOG_LINES);
    assert_int_equal(r.kind, HR_KIND_LOG);
    assert_true(hr_str_starts(r.text, hr_cstr(head)));
    assert_true(hr_str_ends(r.text, hr_cstr(tail)));
    assert_true(r.strategy.n > 0);
    /* Two logs between fences: two forms, one key, the fences in their places. */
    hr_buf_clear(&buf);
    hr_buf_lit(&buf, "Here are both files, as you asked for them in your message.\n\n```\n");
    add_log(&buf, 150);
    hr_buf_lit(&buf,
               "```\n\nThe other one has the same lines once more, please compare them.\n\n```\n");
    add_log(&buf, 150);
    hr_buf_lit(&buf, "```\nThat is all there is to say.");
    r = run(&o, hr_buf_str(&buf));
    assert_true(r.lossy);
    assert_true(hr_str_starts(r.text, HR_STR("Here are both files, as you asked for them in your "
                                             "message.\n\n```\n2024-01-15 10:00:00,000")));
    assert_true(hr_str_ends(r.text, HR_STR("]\n```\nThat is all there is to say.")));
    assert_true(hr_str_has(r.strategy, HR_STR(" + ")));
    hr_marker_hit first, second;
    assert_true(hr_marker_find(r.text, 0, &first));
    assert_true(hr_marker_find(r.text, first.end, &second));
    assert_true(hr_str_eq(first.hash, second.hash));
}

static uint64_t late_ns(void *ctx)
{
    (void)ctx;
    return 100;
}

static void returns_the_original_on_any_trouble(void **state)
{
    (void)state;
    hr_compress_opts o = hr_compress_defaults();
    hr_clock clock = {late_ns, NULL, NULL};
    hr_deadline passed = {&clock, 50};
    hr_compressed r;
    hr_str text = log_text(300);
    o.deadline = &passed;
    assert_int_equal(hr_compress_text(&o, text, &arena, &r), HR_E_TIMEOUT);
    assert_int_equal(r.reason, HR_R_TIMEOUT);
    assert_ptr_equal(r.text.p, text.p);
    assert_false(r.changed || r.lossy);
    o.deadline = NULL;
    hr_arena tiny;
    hr_arena_init(&tiny, 4096);
    assert_int_equal(hr_compress_text(&o, text, &tiny, &r), HR_E_NOMEM);
    assert_int_equal(r.reason, HR_R_ERROR);
    assert_ptr_equal(r.text.p, text.p);
    hr_arena_free(&tiny);
    size_t failed = 0;
    for (size_t n = 1; n < 300; n++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_mem_fail_at(n);
        hr_err e = hr_compress_text(&o, text, &a, &r);
        hr_mem_fail_at(0);
        if (e != HR_OK) {
            assert_ptr_equal(r.text.p, text.p);
            assert_false(r.changed);
            failed++;
        }
        hr_arena_free(&a);
        if (e == HR_OK)
            break;
    }
    assert_true(failed > 0 && failed < 299);
}

static void is_deterministic(void **state)
{
    (void)state;
    hr_compress_opts o = hr_compress_defaults();
    hr_str text = log_text(250);
    hr_compressed one = run(&o, text), two = run(&o, text);
    assert_true(hr_str_eq(one.text, two.text));
    assert_true(hr_str_eq(one.strategy, two.strategy));
    assert_int_equal(one.tokens_after, two.tokens_after);
}

static unsigned seed = 3;

static unsigned rnd(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % n;
}

static void never_grows_whatever_comes(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "{\"a\": [1, 2, 3]}\n",
        "[\n",
        "]\n",
        "```\n",
        "$ make all\n",
        "src/a.c:10: error: bad thing\n",
        "plain words stand here\n",
        "2024-01-15 10:00:00 INFO tick\n",
        "\x1b[31mred\x1b[0m\n",
        "\n",
        "\xff\xfe",
        "| a | b |\n",
        "+added line\n",
        "@@ -1,2 +1,2 @@\n",
        "-rw-r--r-- 1 a b 3 Jan  5 16:59 f\n",
        "  at x (y:1:2)\n",
        "Exit code 1\n",
        "<div>",
        "key: value\n",
        "a,b,c\n",
    };
    hr_compress_opts o = hr_compress_defaults();
    o.min_tokens = 20;
    o.min_words = 5;
    o.lossy_min_tokens = 100;
    for (unsigned round = 0; round < 300; round++) {
        hr_buf_clear(&buf);
        unsigned n = 5 + rnd(60), kinds = 1 + rnd(sizeof pieces / sizeof *pieces);
        for (unsigned i = 0; i < n; i++) {
            const char *p = pieces[rnd(kinds)];
            for (unsigned k = rnd(6) ? 1 : 20; k > 0; k--)
                hr_buf_add(&buf, hr_cstr(p));
        }
        hr_arena_mark mark = hr_arena_save(&arena);
        (void)run(&o, hr_buf_str(&buf));
        hr_arena_restore(&arena, mark);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(has_the_documented_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_small_texts_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(gives_a_middling_log_only_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(loses_nothing_where_loss_is_not_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(names_the_shell_command_where_there_is_a_shell, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(tells_when_nothing_is_gained, setup, teardown),
        cmocka_unit_test_setup_teardown(shortens_binary_dumps, setup, teardown),
        cmocka_unit_test_setup_teardown(compresses_sections_by_their_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(returns_the_original_on_any_trouble, setup, teardown),
        cmocka_unit_test_setup_teardown(is_deterministic, setup, teardown),
        cmocka_unit_test_setup_teardown(never_grows_whatever_comes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
