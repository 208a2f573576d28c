/* Tables of contents inside a page: lists of nothing but links into the page itself. */
#include "compress/html/html_page.h"

enum {
    TOC_LINKS = 4,   /* so many links within the page are its table of contents */
    TOC_NODES = 600, /* nodes looked at for that */
};

static hr_str href_of(const GumboElement *e)
{
    const GumboAttribute *a = gumbo_get_attribute(&e->attributes, "href");
    return a ? hr_cstr(a->value) : HR_STR_NONE;
}

static const GumboVector *children(const GumboNode *n)
{
    return n->type == GUMBO_NODE_DOCUMENT ? &n->v.document.children : &n->v.element.children;
}

bool hr_html_contents_list(const GumboNode *root)
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
            if (t.n > 8 || hr_str_has(t, HR_HTML_RUN)) /* numbers and dots between the links */
                return false;
            continue;
        }
        if (k->type != GUMBO_NODE_ELEMENT)
            continue;
        if (k->v.element.tag == GUMBO_TAG_A) {
            hr_str href = href_of(&k->v.element);
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
