/* Folding of what is no text for readers: data, minified code, metrics, runs. */
#include "compress/forms.h"
#include "compress/marker.h"

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

static hr_forms run(hr_compressor *c, hr_str text, const char *query, bool lossy, hr_err want)
{
    hr_compress_opts o = hr_compress_defaults();
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    o.query = hr_cstr(query);
    assert_int_equal(c(&o, text, &key, lossy, &arena, &f), want);
    return f;
}

static void has(hr_str s, const char *what)
{
    if (!hr_str_has(s, hr_cstr(what)))
        fail_msg("missing %s in: %.*s", what, HR_FMT(s));
}

static void hex_dumps_keep_head_tail_and_size(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 300; i++)
        hr_buf_addf(&b, "%08x: 7f45 4c46 0201 0100 %04x 0000 0000 0000  .ELF............\n", i * 16,
                    i);
    hr_forms f = run(hr_compress_opaque, hr_buf_str(&b), "what is at 00000c80", true, HR_OK);
    has(f.lossy, "00000000: 7f45 4c46");
    has(f.lossy, "00000c80: 7f45");
    has(f.lossy, "000012b0: 7f45");
    has(f.lossy, "lines of data omitted]\n");
    has(f.lossy, "SHA-256 ");
    assert_true(f.lossy.n * 5 < b.n);
    hr_buf_free(&b);
}

static void key_material_inside_text_is_counted(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "Certificate:\n    Not After : Dec 31 2030\n    Modulus:\n");
    for (int i = 0; i < 40; i++)
        hr_buf_lit(&b, "        00:aa:9f:bc:11:d7:3a:55:90:ee:12:34:56:78:9a\n");
    hr_buf_lit(&b, "    Exponent: 65537\n-----BEGIN CERTIFICATE-----\n");
    for (int i = 0; i < 30; i++)
        hr_buf_lit(&b, "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n");
    hr_buf_lit(&b, "-----END CERTIFICATE-----\n");
    hr_forms f = run(hr_compress_opaque, hr_buf_str(&b), "", true, HR_OK);
    has(f.lossy, "Not After : Dec 31 2030\n");
    has(f.lossy, "Exponent: 65537\n-----BEGIN CERTIFICATE-----\n");
    has(f.lossy, "-----END CERTIFICATE-----\n");
    has(f.lossy, ", all equal to the one above]\n");
    run(hr_compress_opaque, HR_STR("plain words in plain lines\nand more of them\n"), "", true,
        HR_E_SYNTAX);
    hr_buf_free(&b);
}

static void minified_code_keeps_its_head_and_what_is_asked(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "/*! lib v1.2.3 */\n");
    for (int i = 0; i < 4000; i++) {
        if (i == 2900)
            hr_buf_lit(&b, "function parseQuaternion(q){return q.w};");
        hr_buf_addf(&b, "function a%d(e,t){return e+%d*t};", i, i);
    }
    hr_forms f = run(hr_compress_long_lines, hr_buf_str(&b), "parseQuaternion", true, HR_OK);
    has(f.lossy, "/*! lib v1.2.3 */\nfunction a0(e,t)");
    has(f.lossy, "function parseQuaternion(q){return q.w}");
    has(f.lossy, " bytes omitted]");
    assert_true(f.lossy.n * 4 < b.n);
    run(hr_compress_long_lines, HR_STR("short lines\nonly\n"), "", true, HR_E_SYNTAX);
    hr_buf_free(&b);
}

static void metrics_keep_names_and_what_is_asked(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int m = 0; m < 40; m++) {
        hr_buf_addf(
            &b,
            "# HELP family%d_total How often thing %d happened.\n# TYPE family%d_total counter\n",
            m, m, m);
        for (int i = 0; i < 12; i++)
            hr_buf_addf(&b, "family%d_total{path=\"/p%d\",quote=\"a}b\"} %d\n", m, i,
                        m == 7 ? i * 10 : 0);
    }
    hr_forms f = run(hr_compress_table, hr_buf_str(&b), "How many for family7_total?", true, HR_OK);
    has(f.lossy, "family7_total{path=\"/p11\",quote=\"a}b\"} 110\n");
    has(f.lossy, "samples omitted, all 0\n");
    for (int m = 0; m < 40; m++)
        has(f.lossy, hr_strf(&arena, "family%d_total", m).p);
    assert_true(f.lossy.n * 2 < b.n);
    hr_buf_free(&b);
}

static void runs_are_counted_without_loss(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "start of it\n");
    for (int i = 0; i < 200; i++)
        hr_buf_lit(&b, "!?\n");
    for (int i = 0; i < 500; i++)
        hr_buf_addc(&b, '=');
    hr_buf_lit(&b, "\nend of it");
    hr_forms f = run(hr_compress_plain, hr_buf_str(&b), "", false, HR_OK);
    assert_true(f.lossless.n > 0 && f.lossless.n < 200);
    has(f.lossless, "start of it");
    has(f.lossless, "end of it");
    assert_int_equal(f.lossy.n, 0);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(hex_dumps_keep_head_tail_and_size, tear_down),
        cmocka_unit_test_teardown(key_material_inside_text_is_counted, tear_down),
        cmocka_unit_test_teardown(minified_code_keeps_its_head_and_what_is_asked, tear_down),
        cmocka_unit_test_teardown(metrics_keep_names_and_what_is_asked, tear_down),
        cmocka_unit_test_teardown(runs_are_counted_without_loss, tear_down),
    };
    hr_arena_init(&arena, 0);
    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
