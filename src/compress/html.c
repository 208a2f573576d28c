/* HTML → Markdown: what a reader of the page would read. Parsed by gumbo (the HTML5 algorithm).
 *
 * Kept: headings, paragraphs, lists, links, tables, code, quotes, image descriptions. Left out, and
 * counted in the marker: scripts, styles, navigation, forms, comments, attributes. Of the Markdown
 * then stays what the question needs (prose.h). The result is a lossy form: the original is stored.
 */
#include "base/map.h"
#include "compress/marker.h"
#include "compress/prose.h"

#include <gumbo.h>

enum {
    MAX_BYTES = 16 << 20,
    MAX_DEPTH = 400, /* open elements; gumbo's tree is walked with a stack of our own */
    MAX_HREF = 120,  /* longer links say nothing a reader needs */
    TOC_LINKS = 4,   /* so many links within the page are its table of contents */
    TOC_NODES = 600, /* nodes looked at for that */
};

/* Text is collected word by word: runs of white space become one blank, block elements start new
 * lines, and at most one blank line stands between blocks. */
typedef struct page {
    hr_buf out;
    unsigned newlines; /* at the end of out */
    bool space;        /* a blank is owed before the next word */
    unsigned pre;      /* inside <pre>: white space stays */
    unsigned quiet;    /* inside a table cell or link: no line breaks */
    unsigned list_depth;
    bool marked;           /* a list mark was just written: its text follows on this line */
    hr_map targets;        /* links already said */
    const GumboNode *link; /* the link that is open, if its target will be said */
    size_t scripts, navs, forms;
} page;

static void raw(page *p, hr_str s)
{
    if (!s.n)
        return;
    hr_buf_add(&p->out, s);
    p->marked = false;
    size_t ends = 0;
    while (ends < s.n && s.p[s.n - 1 - ends] == '\n')
        ends++;
    p->newlines = (unsigned)(ends == s.n ? p->newlines + ends : ends);
}

static void new_line(page *p, unsigned blank)
{
    if (p->quiet) {
        p->space = true;
        return;
    }
    if (p->out.n == 0 || p->marked)
        return;
    while (p->newlines < blank + 1) {
        hr_buf_addc(&p->out, '\n');
        p->newlines++;
    }
    p->space = false;
}

static void word(page *p, hr_str s)
{
    if (p->space && p->newlines == 0 && p->out.n && p->out.p[p->out.n - 1] != '[')
        hr_buf_addc(&p->out, ' ');
    p->space = false;
    raw(p, s);
}

static void text(page *p, hr_str s)
{
    if (p->pre && !p->quiet) {
        raw(p, s);
        return;
    }
    size_t i = 0;
    while (i < s.n) {
        size_t start = i;
        while (i < s.n && !hr_is_space(s.p[i]))
            i++;
        if (i > start)
            word(p, hr_str_sub(s, start, i));
        if (i < s.n)
            p->space = true;
        while (i < s.n && hr_is_space(s.p[i]))
            i++;
    }
}

static hr_str attribute(const GumboElement *e, const char *name)
{
    GumboAttribute *a = gumbo_get_attribute(&e->attributes, name);
    return a ? hr_cstr(a->value) : HR_STR_NONE;
}

static bool skipped(page *p, const GumboElement *e)
{
    switch (e->tag) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_LINK:
    case GUMBO_TAG_META:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_CANVAS:
        p->scripts++;
        return true;
    case GUMBO_TAG_NAV:
        p->navs++;
        return true;
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_BUTTON:
    case GUMBO_TAG_INPUT:
    case GUMBO_TAG_TEXTAREA:
        p->forms++;
        return true;
    default:
        break;
    }
    hr_str role = attribute(e, "role"), cls = attribute(e, "class");
    bool nav = hr_str_ieq(role, HR_STR("navigation")) || hr_str_ieq(role, HR_STR("search"));
    for (hr_str rest = cls, c; !nav && rest.n && hr_str_split(&rest, ' ', &c);)
        nav = hr_str_ieq(c, HR_STR("menu")) || hr_str_ieq(c, HR_STR("navbar")) ||
              hr_str_ieq(c, HR_STR("nav")) || hr_str_ieq(c, HR_STR("breadcrumb")) ||
              hr_str_ieq(c, HR_STR("navheader")) || hr_str_ieq(c, HR_STR("navfooter")) ||
              hr_str_ieq(c, HR_STR("searchmenu"));
    p->navs += nav;
    return nav;
}

static void open_block(page *p, unsigned blank, hr_str mark)
{
    new_line(p, blank);
    raw(p, mark);
    p->marked = mark.n != 0;
    if (mark.n)
        p->newlines = 1; /* nothing was said on this line yet: no second break, no blank */
}

static void list_item(page *p, const GumboNode *n)
{
    const GumboNode *parent = n->parent;
    new_line(p, 0);
    for (unsigned i = 1; i < p->list_depth; i++)
        raw(p, HR_STR("  "));
    bool numbered =
        parent && parent->type == GUMBO_NODE_ELEMENT && parent->v.element.tag == GUMBO_TAG_OL;
    if (numbered) {
        size_t k = 0;
        for (unsigned i = 0; i < parent->v.element.children.length; i++) {
            const GumboNode *c = parent->v.element.children.data[i];
            k += c->type == GUMBO_NODE_ELEMENT && c->v.element.tag == GUMBO_TAG_LI;
            if (c == n)
                break;
        }
        char num[24];
        int len = 0;
        for (size_t v = k; v || !len; v /= 10)
            num[len++] = (char)('0' + v % 10);
        while (len > 0)
            hr_buf_addc(&p->out, num[--len]);
        raw(p, HR_STR(". "));
    } else {
        raw(p, HR_STR("- "));
    }
    p->newlines = 1;
    p->marked = true;
}

static bool is_table_cell(GumboTag t)
{
    return t == GUMBO_TAG_TD || t == GUMBO_TAG_TH;
}

/* A link's target is worth its tokens when it leads somewhere a reader could go. */
static bool useful_link(hr_str href)
{
    return href.n && href.n <= MAX_HREF && href.p[0] != '#' &&
           !hr_str_istarts(href, HR_STR("javascript:")) && !hr_str_istarts(href, HR_STR("data:"));
}

/* A cell that holds blocks lays out the page; it is no cell of a table. */
static bool holds_blocks(const GumboElement *e)
{
    for (unsigned i = 0; i < e->children.length; i++) {
        const GumboNode *c = e->children.data[i];
        if (c->type != GUMBO_NODE_ELEMENT)
            continue;
        switch (c->v.element.tag) {
        case GUMBO_TAG_P:
        case GUMBO_TAG_DIV:
        case GUMBO_TAG_TABLE:
        case GUMBO_TAG_UL:
        case GUMBO_TAG_OL:
        case GUMBO_TAG_DL:
        case GUMBO_TAG_PRE:
        case GUMBO_TAG_H1:
        case GUMBO_TAG_H2:
        case GUMBO_TAG_H3:
            return e->children.length > 3;
        default:
            break;
        }
    }
    return false;
}

static void enter(page *p, const GumboNode *n)
{
    const GumboElement *e = &n->v.element;
    static const char hashes[] = "###### ";
    switch (e->tag) {
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6: {
        unsigned level = (unsigned)(e->tag - GUMBO_TAG_H1) + 1;
        open_block(p, 1, hr_str_of(hashes + 6 - level, level + 1));
        break;
    }
    case GUMBO_TAG_P:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_FIGURE:
        new_line(p, 1);
        break;
    case GUMBO_TAG_BLOCKQUOTE:
        open_block(p, 1, HR_STR("> "));
        break;
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
        new_line(p, p->list_depth == 0);
        p->list_depth++;
        break;
    case GUMBO_TAG_LI:
        list_item(p, n);
        break;
    case GUMBO_TAG_DT:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_OPTION:
        new_line(p, 0);
        break;
    case GUMBO_TAG_DD:
        open_block(p, 0, HR_STR("  "));
        break;
    case GUMBO_TAG_BR:
        new_line(p, 0);
        break;
    case GUMBO_TAG_HR:
        new_line(p, 1);
        raw(p, HR_STR("---"));
        new_line(p, 1);
        break;
    case GUMBO_TAG_PRE:
        p->marked = false;
        new_line(p, 1);
        raw(p, HR_STR("```\n"));
        p->pre++;
        break;
    case GUMBO_TAG_CODE:
    case GUMBO_TAG_KBD:
    case GUMBO_TAG_SAMP:
        if (!p->pre)
            word(p, HR_STR("`"));
        break;
    case GUMBO_TAG_A:
        if (!p->pre && !p->link && useful_link(attribute(e, "href"))) {
            bool fresh = false;
            hr_map_put(&p->targets, attribute(e, "href"), &fresh);
            if (!fresh)
                break; /* said before */
            word(p, HR_STR("["));
            p->link = n;
            p->quiet++;
        }
        break;
    case GUMBO_TAG_IMG: {
        hr_str alt = attribute(e, "alt");
        if (alt.n) {
            word(p, HR_STR("[image: "));
            text(p, alt);
            raw(p, HR_STR("]"));
        }
        break;
    }
    default:
        break;
    }
    if (is_table_cell(e->tag) && holds_blocks(e)) {
        new_line(p, 0);
    } else if (is_table_cell(e->tag)) {
        raw(p, p->newlines == 0 && p->out.n ? HR_STR(" | ") : HR_STR("| "));
        p->space = false;
        p->quiet++;
    }
}

static void leave(page *p, const GumboNode *n)
{
    const GumboElement *e = &n->v.element;
    switch (e->tag) {
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_DIV:
        new_line(p, 0);
        break;
    case GUMBO_TAG_P:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_BLOCKQUOTE:
        new_line(p, 1);
        break;
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
        p->list_depth--;
        new_line(p, p->list_depth == 0);
        break;
    case GUMBO_TAG_PRE:
        p->pre--;
        new_line(p, 0);
        raw(p, HR_STR("```\n"));
        break;
    case GUMBO_TAG_CODE:
    case GUMBO_TAG_KBD:
    case GUMBO_TAG_SAMP:
        if (!p->pre) {
            p->space = false;
            raw(p, HR_STR("`"));
        }
        break;
    case GUMBO_TAG_A:
        if (p->link == n) {
            p->link = NULL;
            p->quiet--;
            bool owed = p->space;
            p->space = false;
            raw(p, HR_STR("]("));
            raw(p, attribute(e, "href"));
            raw(p, HR_STR(")"));
            p->space = owed;
        }
        break;
    default:
        break;
    }
    if (is_table_cell(e->tag) && holds_blocks(e)) {
        new_line(p, 0);
    } else if (is_table_cell(e->tag)) {
        p->quiet--;
        p->space = false;
    }
}

static const GumboVector *children(const GumboNode *n)
{
    return n->type == GUMBO_NODE_DOCUMENT ? &n->v.document.children : &n->v.element.children;
}

/* A list of nothing but links within the page: its headings say the same. */
static bool contents_list(const GumboNode *root)
{
    const GumboElement *e = &root->v.element;
    if (e->tag != GUMBO_TAG_UL && e->tag != GUMBO_TAG_OL && e->tag != GUMBO_TAG_DIV &&
        e->tag != GUMBO_TAG_DL)
        return false;
    const GumboNode *stack[64];
    size_t n = 1, links = 0, seen = 0;
    stack[0] = root;
    while (n) {
        const GumboNode *k = stack[--n];
        if (++seen > TOC_NODES)
            return false;
        if (k->type == GUMBO_NODE_TEXT) {
            hr_str t = hr_str_trim(hr_cstr(k->v.text.text));
            if (t.n > 8) /* numbers and dots between the links */
                return false;
            continue;
        }
        if (k->type != GUMBO_NODE_ELEMENT)
            continue;
        if (k->v.element.tag == GUMBO_TAG_A) {
            hr_str href = attribute(&k->v.element, "href");
            if (!href.n || href.p[0] != '#')
                return false;
            links++;
            continue;
        }
        const GumboVector *kids = children(k);
        if (kids->length > 64 - n) {
            if (kids->length > TOC_NODES)
                return false;
            for (unsigned i = 0; i < kids->length; i++) {
                const GumboNode *c = kids->data[i];
                bool item = c->type == GUMBO_NODE_ELEMENT &&
                            (c->v.element.tag == GUMBO_TAG_LI || c->v.element.tag == GUMBO_TAG_DIV);
                if (item && ++links > TOC_LINKS && n < 64)
                    stack[n++] = c; /* a long list: some of its items stand for all */
                else if (!item && c->type == GUMBO_NODE_ELEMENT)
                    return false;
                if (n == 64)
                    break;
            }
            continue;
        }
        for (unsigned i = kids->length; i-- > 0;)
            stack[n++] = kids->data[i];
    }
    return links >= TOC_LINKS;
}

typedef struct frame {
    const GumboNode *node;
    unsigned next; /* child to visit */
} frame;

static hr_err walk(page *p, const GumboNode *root, const hr_deadline *deadline)
{
    frame stack[MAX_DEPTH];
    size_t depth = 1, steps = 0;
    stack[0] = (frame){root, 0};
    while (depth) {
        frame *f = &stack[depth - 1];
        const GumboVector *kids = children(f->node);
        if (f->next >= kids->length) {
            if (f->node->type == GUMBO_NODE_ELEMENT)
                leave(p, f->node);
            depth--;
            continue;
        }
        const GumboNode *n = kids->data[f->next++];
        if (++steps % 4096 == 0 && hr_deadline_passed(deadline))
            return HR_E_TIMEOUT;
        if (n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_CDATA) {
            text(p, hr_cstr(n->v.text.text));
        } else if (n->type == GUMBO_NODE_WHITESPACE) {
            if (p->pre)
                text(p, hr_cstr(n->v.text.text));
            else
                p->space = true;
        } else if (n->type == GUMBO_NODE_ELEMENT && !skipped(p, &n->v.element)) {
            if (contents_list(n)) {
                p->navs++;
                continue;
            }
            if (depth == MAX_DEPTH)
                return HR_E_DEPTH;
            enter(p, n);
            stack[depth++] = (frame){n, 0};
        }
    }
    return p->out.err;
}

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
static hr_err offer(const hr_compress_opts *o, hr_str html, page *p, const hr_key *key, hr_arena *a,
                    hr_forms *out)
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
    GumboOptions go = kGumboDefaultOptions;
    go.allocator = gumbo_take;
    go.deallocator = gumbo_give;
    go.userdata = a;
    go.max_errors = 0;
    GumboOutput *doc = gumbo_parse_with_options(&go, html.p, html.n);
    if (!doc)
        return HR_E_NOMEM;
    page p = {.out = HR_BUF_INIT(html.n + 4096)};
    hr_map_init(&p.targets, a);
    hr_err err = walk(&p, doc->document, o->deadline);
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
