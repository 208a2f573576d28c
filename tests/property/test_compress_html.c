/* What is taken out of a page before it is parsed does not show: over generated pages, with and
 * without mistakes, the Markdown is the same as from the page as it came. */
#include "compress/html/html_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint64_t seed = 0x9E3779B97F4A7C15u;

static size_t pick(size_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % n);
}

static const char *const pieces[] = {
    "<p class=x>",
    "</p>",
    "some words that are long enough to stand aside & more &amp; more &lt;b&gt;",
    "Übung, 大曲车站, слово and a long rest of the sentence",
    "short ",
    "\r\n",
    "  \n ",
    "<a href='#top' title=\"a > b\">",
    "<a data-x=1 href=/page/one>",
    "</a>",
    "<ul class='menu x'><li><a href=/m>menu</a></ul>",
    "<div role=navigation>hidden words that are long enough</div>",
    "<li>",
    "<ol><li>first<li>second long enough to be moved</ol>",
    "<table border=0><tr><td width=5>cell one<td>cell two that is long enough</tr></table>",
    "<pre>\n  code   with\n\tspaces and a long line\n</pre>",
    "<code>x = 1</code>",
    "<script>if (a < b) document.write('<p>no</p>');</script>",
    "<style>p > a { x: y }</style>",
    "<!-- a comment <p> with tags and a > sign -->",
    "<!---->",
    "<!-->",
    "<!doctype html>",
    "<?php echo 1 ?>",
    "</ >",
    "< not a tag",
    "<svg width=5 viewBox='0 0 1 1'><path d='M0'/></svg>",
    "<span class=k>keyword</span>",
    "<b>bold <em>words</em></b>",
    "<textarea><p>not a tag but long enough as text</textarea>",
    "<img alt='a picture' src=x.png>",
    "<h2 id=s>Heading of a section</h2>",
    "<br/>",
    "<hr>",
    "<dl><dt>term<dd>meaning that is long enough</dl>",
    "&copy 2024 &notit; &#65; &#xE000; &unknown thing",
    "<p title=unclosed",
    "\xff\xfe broken bytes in a text that is long",
    "<blockquote>quoted words of some length</blockquote>",
};

static void markdown(hr_str html, bool thinned, hr_arena *a, hr_buf *out)
{
    GumboOptions go = kGumboDefaultOptions;
    hr_html_thin_page thin = {.bytes = html};
    if (thinned)
        assert_true(hr_html_thin(html, a, &thin));
    go.max_errors = 0;
    GumboOutput *doc = gumbo_parse_with_options(&go, thin.bytes.p, thin.bytes.n);
    hr_html_page p = {.out = HR_BUF_INIT(0), .thin = &thin};
    hr_map_init(&p.targets, a);
    assert_int_equal(hr_html_write(&p, doc->document, NULL), HR_OK);
    *out = p.out;
    gumbo_destroy_output(&go, doc);
}

static void what_is_taken_out_does_not_show(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_buf b = HR_BUF_INIT(0), whole, thin;
        for (size_t i = 0, n = 1 + pick(12); i < n; i++)
            hr_buf_add(&b, hr_cstr(pieces[pick(sizeof pieces / sizeof *pieces)]));
        markdown(hr_buf_str(&b), false, &a, &whole);
        markdown(hr_buf_str(&b), true, &a, &thin);
        if (!hr_str_eq(hr_buf_str(&whole), hr_buf_str(&thin)))
            fail_msg("page:\n%.*s\nwhole:\n%.*s\nthinned:\n%.*s", HR_FMT(hr_buf_str(&b)),
                     HR_FMT(hr_buf_str(&whole)), HR_FMT(hr_buf_str(&thin)));
        hr_buf_free(&b);
        hr_buf_free(&whole);
        hr_buf_free(&thin);
        hr_arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_taken_out_does_not_show)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
