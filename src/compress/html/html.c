/* HTML → Markdown: what a reader of the page would read. Parsed by gumbo (the HTML5 algorithm).
 *
 * Kept: headings, paragraphs, lists, links, tables, code, quotes, image descriptions. Left out, and
 * counted in the marker: scripts, styles, navigation, forms, comments, attributes. Of the Markdown
 * then stays what the question needs (prose.h). The result is a lossy form: the original is stored.
 */
#include "compress/html/html_page.h"
#include "compress/marker.h"
#include "compress/prose/prose.h"

enum { MAX_BYTES = 16 << 20 };

static void *gumbo_take(void *arena, size_t n)
{
    return hr_alloc(arena, n);
}

static void gumbo_give(void *arena, void *p)
{
    (void)arena; /* the arena gives everything back at once */
    (void)p;
}

/* gumbo has no error for a failed allocation and some of its work grows with the depth of open
 * elements; so hostile nesting is refused before parsing. */
static bool too_deep(hr_str s)
{
    size_t open = 0, close = 0;
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] != '<')
            continue;
        open += hr_is_alpha(s.p[i + 1]);
        close += s.p[i + 1] == '/';
    }
    return open > close + 20000;
}

/* The Markdown, shortened by the question, with the marker. */
static hr_err offer(const hr_compress_opts *o, hr_str html, hr_html_page *p, const hr_key *key,
                    hr_arena *a, hr_forms *out)
{
    hr_str markdown = hr_buf_str(&p->out);
    hr_prose_job job = {
        .query = o->query,
        .deadline = o->deadline,
        .share = 1.3 * hr_prose_share(hr_tokens_estimate(o->tok, markdown)), /* markup went */
        .mild_share = 0.6,
    };
    hr_buf b = HR_BUF_INIT(markdown.n * 2 + 4096), say = HR_BUF_INIT(4096);
    hr_prose_cut cut;
    hr_err err = hr_prose_reduce(&job, markdown, a, &b, &cut);
    hr_buf_addf(
        &say,
        "HTML page of %zu bytes shown as Markdown; left out: %zu scripts, styles and links, "
        "%zu menus, %zu form fields, all attributes",
        html.n, p->scripts, p->navs, p->forms);
    if (err == HR_OK && hr_prose_cut_any(&cut)) {
        hr_buf_lit(&say, "; ");
        hr_prose_say(&cut, &say);
    } else {
        hr_buf_clear(&b);
        hr_buf_add(&b, markdown);
    }
    hr_buf_addc(&say, '.');
    if (b.n && b.p[b.n - 1] != '\n')
        hr_buf_addc(&b, '\n');
    hr_marker_text(&b, hr_buf_str(&say), key, o->via);
    if (err == HR_OK)
        err = b.err != HR_OK ? b.err : say.err;
    if (err == HR_OK) {
        out->lossy = hr_str_dup(a, hr_buf_str(&b));
        out->lossy_reason = HR_R_HTML_MARKDOWN;
        out->lossy_strategy =
            hr_prose_cut_any(&cut) ? HR_STR("markdown, extract") : HR_STR("markdown");
        out->lossy_margin = 0.9; /* markup goes, the words stay */
    }
    hr_buf_free(&b);
    hr_buf_free(&say);
    return err;
}

hr_err hr_compress_html(const hr_compress_opts *o, hr_str html, const hr_key *key, bool lossy,
                        hr_arena *a, hr_forms *out)
{
    if (!lossy)
        return HR_OK;
    if (html.n > MAX_BYTES || too_deep(html))
        return HR_E_LIMIT;
    if (a->total > a->limit / 2 || a->limit - a->total < html.n * 64)
        return HR_E_LIMIT;
    hr_html_thin_page thin;
    if (!hr_html_thin(html, a, &thin))
        return HR_E_NOMEM;
    GumboOptions go = kGumboDefaultOptions;
    go.allocator = gumbo_take;
    go.deallocator = gumbo_give;
    go.userdata = a;
    go.max_errors = 0;
    GumboOutput *doc = gumbo_parse_with_options(&go, thin.bytes.p, thin.bytes.n);
    if (!doc)
        return HR_E_NOMEM;
    hr_html_page p = {.out = HR_BUF_INIT(html.n + 4096), .thin = &thin};
    hr_map_init(&p.targets, a);
    hr_err err = hr_html_write(&p, doc->document, o->deadline);
    while (p.out.n && hr_is_space(p.out.p[p.out.n - 1]))
        p.out.n--;
    hr_buf_addc(&p.out, '\n');
    if (err == HR_OK)
        err = p.out.err;
    if (err == HR_OK && p.out.n > 1)
        err = offer(o, html, &p, key, a, out);
    hr_buf_free(&p.out);
    return err;
}
