/* Writes the elements of a page as Markdown; see html.c. */
#include "compress/html/html_page.h"

enum {
    MAX_DEPTH = 400, /* open elements; gumbo's tree is walked with a stack of our own */
    MAX_HREF = 120,  /* longer links say nothing a reader needs */
};

typedef hr_html_page page;

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
    hr_str role = hr_html_attribute(e, "role"), cls = hr_html_attribute(e, "class");
    bool nav = hr_str_ieq(role, HR_STR("navigation")) || hr_str_ieq(role, HR_STR("search"));
    nav = nav || hr_html_menu_class(cls);
    p->navs += nav;
    return nav;
}

/* A link's target is worth its tokens when it leads somewhere a reader could go. */
static bool useful_link(hr_str href)
{
    return href.n && href.n <= MAX_HREF && href.p[0] != '#' &&
           !hr_str_istarts(href, HR_STR("javascript:")) && !hr_str_istarts(href, HR_STR("data:"));
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
        hr_html_open_block(p, 1, hr_str_of(hashes + 6 - level, level + 1));
        break;
    }
    case GUMBO_TAG_P:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_FIGURE:
        hr_html_new_line(p, 1);
        break;
    case GUMBO_TAG_BLOCKQUOTE:
        hr_html_open_block(p, 1, HR_STR("> "));
        break;
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
        hr_html_new_line(p, p->list_depth == 0);
        p->list_depth++;
        break;
    case GUMBO_TAG_LI:
        hr_html_list_item(p, n);
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
        hr_html_new_line(p, 0);
        break;
    case GUMBO_TAG_SUP: /* 10^6 is not 106 */
        hr_html_glue(p, HR_STR("^"));
        break;
    case GUMBO_TAG_SUB:
        hr_html_glue(p, HR_STR("_"));
        break;
    case GUMBO_TAG_DEL:
    case GUMBO_TAG_S:
    case GUMBO_TAG_STRIKE:
        hr_html_word(p, HR_STR("~~"));
        break;
    case GUMBO_TAG_DD:
        hr_html_open_block(p, 0, HR_STR("  "));
        break;
    case GUMBO_TAG_BR:
        hr_html_new_line(p, 0);
        break;
    case GUMBO_TAG_HR:
        hr_html_new_line(p, 1);
        hr_html_raw(p, HR_STR("---"));
        hr_html_new_line(p, 1);
        break;
    case GUMBO_TAG_PRE:
        p->marked = false;
        hr_html_new_line(p, 1);
        hr_html_raw(p, HR_STR("```\n"));
        p->pre++;
        break;
    case GUMBO_TAG_CODE:
    case GUMBO_TAG_KBD:
    case GUMBO_TAG_SAMP:
        if (!p->pre)
            hr_html_word(p, HR_STR("`"));
        break;
    case GUMBO_TAG_A:
        if (!p->pre && !p->link && useful_link(hr_html_attribute(e, "href"))) {
            bool fresh = false;
            hr_map_put(&p->targets, hr_html_attribute(e, "href"), &fresh);
            if (!fresh)
                break; /* said before */
            hr_html_word(p, HR_STR("["));
            p->link = n;
            p->quiet++;
        }
        break;
    case GUMBO_TAG_IMG: {
        hr_str alt = hr_html_attribute(e, "alt");
        if (alt.n) {
            hr_html_word(p, HR_STR("[image: "));
            hr_html_put_text(p, alt);
            hr_html_raw(p, HR_STR("]"));
        }
        break;
    }
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
        hr_html_cell_open(p, n);
        break;
    default:
        break;
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
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_SUMMARY:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_ADDRESS:
        hr_html_new_line(p, 0);
        break;
    case GUMBO_TAG_DEL:
    case GUMBO_TAG_S:
    case GUMBO_TAG_STRIKE:
        p->space = false;
        hr_html_raw(p, HR_STR("~~"));
        break;
    case GUMBO_TAG_P:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_BLOCKQUOTE:
        hr_html_new_line(p, 1);
        break;
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
        p->list_depth--;
        hr_html_new_line(p, p->list_depth == 0);
        break;
    case GUMBO_TAG_PRE:
        p->pre--;
        hr_html_new_line(p, 0);
        hr_html_raw(p, HR_STR("```\n"));
        break;
    case GUMBO_TAG_CODE:
    case GUMBO_TAG_KBD:
    case GUMBO_TAG_SAMP:
        if (!p->pre) {
            p->space = false;
            hr_html_raw(p, HR_STR("`"));
        }
        break;
    case GUMBO_TAG_A:
        if (p->link == n) {
            p->link = NULL;
            p->quiet--;
            bool owed = p->space;
            p->space = false;
            hr_html_raw(p, HR_STR("]("));
            hr_html_raw(p, hr_html_attribute(e, "href"));
            hr_html_raw(p, HR_STR(")"));
            p->space = owed;
        }
        break;
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
        hr_html_cell_close(p, n);
        break;
    default:
        break;
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
            hr_html_put_text(p, hr_cstr(n->v.text.text));
        } else if (n->type == GUMBO_NODE_WHITESPACE) {
            if (p->pre)
                hr_html_put_text(p, hr_cstr(n->v.text.text));
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
