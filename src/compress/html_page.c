/* Writes the elements of a page as Markdown; see html.c. */
#include "compress/html_page.h"

enum {
    MAX_DEPTH = 400, /* open elements; gumbo's tree is walked with a stack of our own */
    MAX_HREF = 120,  /* longer links say nothing a reader needs */
};

typedef hr_html_page page;

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

static void plain(page *p, hr_str s)
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

/* Text of the parser's, with the runs that stand aside in their places. */
static void text(page *p, hr_str s)
{
    for (size_t at; (at = hr_str_find(s, HR_HTML_RUN)) != SIZE_MAX;) {
        size_t index = 0, end = at + HR_HTML_RUN.n + HR_HTML_RUN_DIGITS;
        for (size_t i = at + HR_HTML_RUN.n; i < end && i < s.n; i++)
            index = index * 64 + (size_t)(unsigned char)(s.p[i] - '?');
        if (end > s.n || index >= p->thin->runs.n)
            break;
        plain(p, hr_str_sub(s, 0, at));
        plain(p, p->thin->runs.p[index]);
        s = hr_str_sub(s, end, s.n);
    }
    plain(p, s);
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
    nav = nav || hr_html_menu_class(cls);
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
        uint64_t k = 1;
        hr_str start = attribute(&parent->v.element, "start");
        if (start.n > 9 || !hr_str_u64(start, &k))
            k = 1;
        for (unsigned i = 0; i < parent->v.element.children.length; i++) {
            const GumboNode *c = parent->v.element.children.data[i];
            if (c == n)
                break;
            k += c->type == GUMBO_NODE_ELEMENT && c->v.element.tag == GUMBO_TAG_LI;
        }
        char num[24];
        int len = 0;
        for (uint64_t v = k; v || !len; v /= 10)
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

/* A mark between two words that stand together. */
static void glue(page *p, hr_str mark)
{
    if (p->out.n && !p->space && p->newlines == 0)
        raw(p, mark);
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
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_SUMMARY:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_ADDRESS:
        new_line(p, 0);
        break;
    case GUMBO_TAG_SUP: /* 10^6 is not 106 */
        glue(p, HR_STR("^"));
        break;
    case GUMBO_TAG_SUB:
        glue(p, HR_STR("_"));
        break;
    case GUMBO_TAG_DEL:
    case GUMBO_TAG_S:
    case GUMBO_TAG_STRIKE:
        word(p, HR_STR("~~"));
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

/* A cell that belongs to further rows or columns says so: theirs are one cell shorter. */
static void spans(page *p, const GumboElement *e, const char *name, const char *what)
{
    uint64_t n = 0;
    hr_str said = attribute(e, name);
    if (said.n > 4 || !hr_str_u64(said, &n) || n < 2)
        return;
    raw(p, HR_STR(" ("));
    hr_buf_add_u64(&p->out, n);
    raw(p, HR_STR(" "));
    raw(p, hr_cstr(what));
    raw(p, HR_STR(")"));
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
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_SUMMARY:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_ADDRESS:
        new_line(p, 0);
        break;
    case GUMBO_TAG_DEL:
    case GUMBO_TAG_S:
    case GUMBO_TAG_STRIKE:
        p->space = false;
        raw(p, HR_STR("~~"));
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
        spans(p, e, "rowspan", "rows");
        spans(p, e, "colspan", "columns");
        p->quiet--;
        p->space = false;
    }
}

static const GumboVector *children(const GumboNode *n)
{
    return n->type == GUMBO_NODE_DOCUMENT ? &n->v.document.children : &n->v.element.children;
}

typedef struct frame {
    const GumboNode *node;
    unsigned next; /* child to visit */
} frame;

hr_err hr_html_write(hr_html_page *p, const GumboNode *root, const hr_deadline *deadline)
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
            if (hr_html_contents_list(n)) {
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
