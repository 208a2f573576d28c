/* XML: white space goes without loss; what the question does not need is counted in place. */
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

static hr_err run(hr_str text, const char *query, bool lossy, hr_forms *f)
{
    hr_compress_opts o = hr_compress_defaults();
    hr_key key = hr_key_of(text);
    *f = (hr_forms){0};
    o.query = hr_cstr(query);
    return hr_compress_xml(&o, text, &key, lossy, &arena, f);
}

static void has(hr_str s, const char *what)
{
    if (!hr_str_has(s, hr_cstr(what)))
        fail_msg("missing %s in: %.*s", what, HR_FMT(s));
}

static hr_str report(hr_buf *b)
{
    hr_buf_lit(b,
               "<?xml version=\"1.0\"?>\n<testsuites>\n  <testsuite name=\"s\" tests=\"200\">\n");
    for (int i = 0; i < 200; i++) {
        if (i == 77)
            hr_buf_lit(
                b, "    <testcase name=\"t77\" time=\"0.1\">\n      <failure message=\"1 &lt; 2\">"
                   "line one\n  line two</failure>\n    </testcase>\n");
        else
            hr_buf_addf(b, "    <testcase name=\"t%d\" time=\"0.%d\"/>\n", i, i);
    }
    hr_buf_lit(b, "  </testsuite>\n</testsuites>\n");
    return hr_buf_str(b);
}

static void failures_stay_and_passes_are_counted(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_forms f;
    assert_int_equal(run(report(&b), "which test failed", true, &f), HR_OK);
    assert_true(f.lossy.n > 0 && f.lossy.n * 2 < b.n);
    has(f.lossy,
        "<testcase name=\"t77\" time=\"0.1\">\n<failure message=\"1 &lt; 2\">line one\n  line "
        "two</failure>\n</testcase>\n");
    has(f.lossy, "testcase omitted -->\n");
    has(f.lossy, "</testsuite>\n</testsuites>\n");
    has(f.lossy, "of 203 elements omitted");
    hr_buf_free(&b);
}

static void only_space_between_elements_goes(void **state)
{
    (void)state;
    hr_str text =
        HR_STR("<a>\n    <b x='1 > 0'> two  words </b>\n    <c> </c>\n    <d/>\n"
               "    <e><![CDATA[ <x> ]]></e>\n    <!-- note -->\n    <f>1</f>\n    <g>2</g>\n"
               "    <h>1</h>\n    <i>2</i>\n    <j>1</j>\n    <k>2</k>\n    <l>1</l>\n"
               "    <m>2</m>\n    mixed\n</a>\n");
    hr_forms f;
    assert_int_equal(run(text, "", false, &f), HR_OK);
    assert_int_equal(f.lossy.n, 0);
    has(f.lossless, "<a>\n<b x='1 > 0'> two  words </b>\n<c> </c>\n<d/>\n<e><![CDATA[ <x> ]]></e>\n"
                    "<!-- note -->\n<f>1</f>\n");
    has(f.lossless, "mixed");
    assert_true(f.lossless.n < text.n);
}

static void what_is_not_well_formed_is_declined(void **state)
{
    (void)state;
    static const char *const bad[] = {"<a><b></a></b>", "<a>",   "</a>",       "text <a/>", "<a",
                                      "<!-- x",         "< a/>", "<a b='></a>"};
    hr_forms f;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(run(hr_cstr(bad[i]), "", true, &f), HR_E_SYNTAX);
}

static void a_cut_document_is_folded_too(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_str text = report(&b);
    hr_forms f;
    assert_int_equal(run(hr_str_sub(text, 0, text.n - 45), "which test failed", true, &f), HR_OK);
    has(f.lossy, "<failure message=\"1 &lt; 2\">");
    has(f.lossy, "<testcase name=\"t19");
    assert_true(f.lossy.n > 0 && f.lossy.n * 2 < b.n);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(failures_stay_and_passes_are_counted, tear_down),
        cmocka_unit_test_teardown(only_space_between_elements_goes, tear_down),
        cmocka_unit_test_teardown(a_cut_document_is_folded_too, tear_down),
        cmocka_unit_test_teardown(what_is_not_well_formed_is_declined, tear_down),
    };
    hr_arena_init(&arena, 0);
    return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}
