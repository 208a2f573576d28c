/* HTML pages become Markdown, shortened by the question, with a marker. */
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

static hr_str page(const char *html, const char *query)
{
    hr_compress_opts o = hr_compress_defaults();
    hr_str text = hr_cstr(html);
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    o.query = hr_cstr(query);
    assert_int_equal(hr_compress_html(&o, text, &key, true, &arena, &f), HR_OK);
    assert_true(f.lossy.n > 0);
    assert_int_equal(f.lossless.n, 0);
    hr_marker_hit hit;
    assert_true(hr_marker_find(f.lossy, 0, &hit));
    return f.lossy;
}

static void has(hr_str s, const char *what)
{
    if (!hr_str_has(s, hr_cstr(what)))
        fail_msg("missing %s in: %.*s", what, HR_FMT(s));
}

static void lacks(hr_str s, const char *what)
{
    if (hr_str_has(s, hr_cstr(what)))
        fail_msg("unexpected %s in: %.*s", what, HR_FMT(s));
}

static void marks_that_change_the_meaning_stay(void **state)
{
    (void)state;
    hr_str s =
        page("<!doctype html><html><body><p>10<sup>6</sup> of H<sub>2</sub>O, <del>5</del> 7</p>"
             "<ol start=5><li>five<li>six</ol><table><tr><td rowspan=2>r<td>1</tr><tr><td>2</tr>"
             "</table><details><summary>More</summary>inside</details><script>x</script></body>",
             "");
    has(s, "10^6 of H_2O, ~~5~~ 7\n");
    has(s, "5. five\n6. six\n");
    has(s, "| r (2 rows) | 1\n| 2\n");
    has(s, "More\ninside\n");
}

static void keeps_what_a_reader_sees(void **state)
{
    (void)state;
    hr_str s =
        page("<!doctype html><html><head><title>T</title><style>x{}</style></head><body>"
             "<nav><a href=/home>Home</a></nav><h1>Big <em>news</em></h1>"
             "<p>One   paragraph\nwith <a href='/more'>a link</a> and <a href='/more'>again</a>."
             "</p><ul><li><p>first</p></li><li>second</li></ul><ol><li>x<li>y</ol>"
             "<table><tr><th>k<th>v</tr><tr><td>a<td>1</tr></table>"
             "<pre>  code\n    more</pre><script>evil()</script>"
             "<dl><dt>term<dd><p>meaning</p></dl><form><input value=q></form></body>",
             "");
    has(s, "# Big news\n");
    has(s, "One paragraph with [a link](/more) and again.");
    has(s, "- first\n");
    has(s, "- second\n");
    has(s, "1. x\n2. y\n");
    has(s, "| k | v\n| a | 1\n");
    has(s, "```\n  code\n    more\n```\n");
    has(s, "term\n  meaning\n");
    has(s, "shown as Markdown");
    lacks(s, "evil");
    lacks(s, "Home");
    lacks(s, "x{}");
}

/* Blanks that do not break and soft hyphens are no letters: the question's words are found. */
static void entities_are_read_as_they_look(void **state)
{
    (void)state;
    hr_str s = page("<html><body><p>Indicate&nbsp;that&nbsp;the&nbsp; hyphen&shy;ated &nbsp; word"
                    "&nbsp;<b>ends</b> &lt;here&gt; &amp;amp; \xC2\xB5 &eacute;</p>"
                    "<pre>a&nbsp;&nbsp;b</pre></body></html>",
                    "");
    has(s, "Indicate that the hyphenated word ends <here> &amp; \xC2\xB5 \xC3\xA9\n");
    has(s, "\na  b\n");
}

static void tables_that_lay_out_the_page_are_no_tables(void **state)
{
    (void)state;
    static const char members[] = "<td>&nbsp;&nbsp;</td><td>&nbsp;</td><td><p>Methods:</p>"
                                  "<dl><dt>open(path)</dt><dd>Opens it.</dd></dl> <p>End.</p></td>";
    hr_str s = page(hr_zstr(&arena, hr_strf(&arena,
                                            "<html><body><table><tr><td colspan=3>&nbsp;<br>class "
                                            "<b>Reader</b></td></tr><tr>%s</tr></table>"
                                            "<table><tr><td colspan=3>class Writer</td></tr><tr>%s"
                                            "</tr></table><table><tr><td colspan=2>Sizes</td></tr>"
                                            "<tr><td>a</td><td>&nbsp;</td></tr></table>"
                                            "</body></html>",
                                            members, members)),
                    "");
    has(s, "### class Reader\n\nMethods:\n\nopen(path)\n  Opens it.\n");
    has(s, "\n\n### class Writer\n\nMethods:\n");
    has(s, "| Sizes (2 columns)\n| a |");
}

static void drops_tables_of_contents(void **state)
{
    (void)state;
    hr_str s = page("<html><body><ul><li><a href='#a'>Alpha part</a><li><a href='#b'>Beta part</a>"
                    "<li><a href='#c'>Gamma part</a><li><a href='#d'>Delta part</a></ul>"
                    "<h2 id=a>Alpha part</h2><p>text</p>"
                    "<ul><li><a href='x.html'>one</a><li><a href='#a'>two</a></ul></body></html>",
                    "");
    has(s, "## Alpha part\n");
    lacks(s, "Delta part");
    has(s, "[one](x.html)");
}

static void shortens_by_the_question(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "<html><body><h1>Manual</h1>");
    for (int i = 0; i < 60; i++)
        hr_buf_addf(
            &b,
            "<h2>Part %d</h2><p>The quiet river passes the old town. Boats wait for guests "
            "there.</p><p>%s Birds sing in the morning, and nobody listens to them before noon."
            "</p><p>Later the market opens, and farmers sell what they have.</p>",
            i, i == 41 ? "A checkpoint moves the log back into the database." : "Rain.");
    hr_buf_lit(&b, "</body></html>");
    hr_buf_addc(&b, '\0');
    hr_str s = page(b.p, "What is a checkpoint?");
    has(s, "A checkpoint moves the log back into the database.");
    has(s, "## Part 7\n");
    has(s, "omitted]");
    assert_true(s.n * 4 < b.n * 3);
    hr_buf_free(&b);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 30000; i++)
        hr_buf_lit(&b, "<b>");
    hr_compress_opts o = hr_compress_defaults();
    hr_key key = hr_key_of(hr_buf_str(&b));
    hr_forms f = {0};
    assert_int_equal(hr_compress_html(&o, hr_buf_str(&b), &key, true, &arena, &f), HR_E_LIMIT);
    assert_int_equal(f.lossy.n, 0);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_that_change_the_meaning_stay),
        cmocka_unit_test_teardown(keeps_what_a_reader_sees, tear_down),
        cmocka_unit_test_teardown(entities_are_read_as_they_look, tear_down),
        cmocka_unit_test_teardown(tables_that_lay_out_the_page_are_no_tables, tear_down),
        cmocka_unit_test_teardown(drops_tables_of_contents, tear_down),
        cmocka_unit_test_teardown(shortens_by_the_question, tear_down),
        cmocka_unit_test_teardown(deep_nesting_is_refused, tear_down),
    };
    hr_arena_init(&arena, 0);
    return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
