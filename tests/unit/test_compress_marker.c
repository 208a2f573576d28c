#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compress/marker.h"

static void assert_text(hr_buf *b, const char *want)
{
    assert_int_equal(b->err, HR_OK);
    assert_int_equal(b->n, strlen(want));
    assert_memory_equal(b->p, want, b->n);
    hr_buf_free(b);
}

static const hr_key key = {"0123456789abcdef01234567"};

static void prints_the_fixed_wording(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_marker_text(&b, HR_STR("86 of 100 rows omitted: rows 12-97."), &key, HR_VIA_TOOL);
    assert_text(&b, "[86 of 100 rows omitted: rows 12-97. The original is intact. "
                    "Retrieve original: hash=0123456789abcdef01234567]");
    hr_marker_text(&b, HR_STR("X."), &key, HR_VIA_SHELL);
    assert_text(&b, "[X. The original is intact. Retrieve original: hash=0123456789abcdef01234567 "
                    "(run: headroom retrieve 0123456789abcdef01234567)]");
}

static void prints_json_that_stays_json(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_marker_json_rows(&b, 86, HR_STR("of \"a\\b\"\n left out."), &key, HR_VIA_TOOL);
    assert_text(&b, "{\"_ccr_dropped\":\"<<ccr:0123456789abcdef01234567 86_rows_offloaded>> "
                    "of \\\"a\\\\b\\\"  left out. The original is intact. "
                    "Retrieve original: hash=0123456789abcdef01234567\"}");
}

static void assert_found(const char *text, const char *hash)
{
    hr_marker_hit hit;
    bool found = hr_marker_find(hr_cstr(text), 0, &hit);
    assert_int_equal(found, hash != NULL);
    if (!hash)
        return;
    assert_true(hr_str_eq(hit.hash, hr_cstr(hash)));
    assert_int_equal(hit.end - hit.start, hit.hash.n);
    assert_ptr_equal(hit.hash.p, text + hit.start);
}

static void finds_every_known_grammar(void **state)
{
    (void)state;
    const char *h12 = "0123456789ab", *h24 = "0123456789abcdef01234567";
    assert_found("{\"_ccr_dropped\":\"<<ccr:0123456789ab 39_rows_offloaded>>\"}", h12);
    assert_found("<<ccr:0123456789ab,base64,4.5KB>>", h12);
    assert_found("text\n<<ccr:0123456789abcdef01234567>>", h24);
    assert_found("[60 lines compressed to 5. Retrieve more: hash=0123456789abcdef01234567]", h24);
    assert_found("[9 lines compressed to 5. Retrieve full diff: hash=0123456789abcdef01234567]",
                 h24);
    assert_found("# [9 tokens compressed. Retrieve more: hash=0123456789abcdef01234567. Expires in "
                 "30m.]",
                 h24);
    assert_found("[json_offload CCR: hash=0123456789abcdef01234567]", h24);
    assert_found(
        "[Read content stale: a.c was modified after this read \xe2\x80\x94 re-read the file. "
        "Retrieve original: hash=0123456789ABCDEF01234567]",
        "0123456789ABCDEF01234567");
    assert_found("[Earlier context compressed: 14 message(s) dropped by importance scoring.\nFull "
                 "content available via ccr_retrieve tool with reference 'abc123def456'.]",
                 "abc123def456");
}

static void ignores_what_is_no_marker(void **state)
{
    (void)state;
    assert_found("", NULL);
    assert_found("commit hash=0123456789abcdef01234567 was reverted", NULL);
    assert_found("[done] hash=0123456789abcdef01234567", NULL);
    assert_found("[short: hash=0123456789a]", NULL);
    assert_found("[not hex: hash=zzzzzzzzzzzzzzzz]", NULL);
    assert_found("<<ccr:xyz>>", NULL);
    /* more digits than any key has */
    assert_found("<<ccr:00000000000000000000000000000000000000000000000000000000000000000>>", NULL);
}

static void walks_over_all_markers(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_key keys[5];
    for (size_t i = 0; i < 5; i++) {
        char c = (char)('a' + (char)i);
        keys[i] = hr_key_of(hr_str_of(&c, 1));
        hr_buf_lit(&b, "line [1, 2] of text\n");
        if (i % 2)
            hr_marker_text(&b, HR_STR("3 lines [a] omitted."), &keys[i], HR_VIA_TOOL);
        else
            hr_marker_json_rows(&b, 3, HR_STR("rows"), &keys[i], HR_VIA_TOOL);
    }
    size_t at = 0, n = 0;
    hr_marker_hit hit;
    while (hr_marker_find(hr_buf_str(&b), at, &hit)) {
        /* The JSON form's sentence stands in no brackets, so each marker is met once. */
        assert_true(n < 5);
        assert_true(hr_str_eq(hit.hash, hr_key_str(&keys[n])));
        at = hit.end;
        n++;
    }
    assert_int_equal(n, 5);
    hr_buf_free(&b);
}

static void is_linear_on_hostile_text(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (size_t i = 0; i < 200000; i++)
        hr_buf_lit(&b, "[hash=");
    hr_marker_hit hit;
    assert_false(hr_marker_find(hr_buf_str(&b), 0, &hit));
    hr_buf_free(&b);
}

static void quoted_values_cannot_end_a_marker(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_key of = hr_key_of(HR_STR("original"));
    hr_marker_hit hit;
    hr_marker_text(&b, HR_STR("3 rows omitted; name: a]b x1,\n[c x2."), &of, HR_VIA_TOOL);
    assert_true(hr_marker_find(hr_buf_str(&b), 0, &hit));
    assert_true(hr_str_eq(hit.hash, hr_key_str(&of)));
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted_values_cannot_end_a_marker),
        cmocka_unit_test(prints_the_fixed_wording),
        cmocka_unit_test(prints_json_that_stays_json),
        cmocka_unit_test(finds_every_known_grammar),
        cmocka_unit_test(ignores_what_is_no_marker),
        cmocka_unit_test(walks_over_all_markers),
        cmocka_unit_test(is_linear_on_hostile_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
