/* Items of lists and cells of tables. */
#include "compress/html/html_page.h"

#include <limits.h>

enum {
    LOOK = 16,       /* nodes looked at around a cell */
    TITLE_MAX = 160, /* bytes of a title */
};

hr_str hr_html_attribute(const GumboElement *e, const char *name)
{
    GumboAttribute *a = gumbo_get_attribute(&e->attributes, name);
    return a ? hr_cstr(a->value) : HR_STR_NONE;
}

void hr_html_list_item(hr_html_page *p, const GumboNode *n)
{
    const GumboNode *parent = n->parent;
    hr_html_new_line(p, 0);
    for (unsigned i = 1; i < p->list_depth; i++)
        hr_html_raw(p, HR_STR("  "));
    bool numbered =
        parent && parent->type == GUMBO_NODE_ELEMENT && parent->v.element.tag == GUMBO_TAG_OL;
    if (numbered) {
        uint64_t k = 1;
        hr_str start = hr_html_attribute(&parent->v.element, "start");
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
        hr_html_raw(p, HR_STR(". "));
    } else {
        hr_html_raw(p, HR_STR("- "));
    }
    p->newlines = 1;
    p->marked = true;
}

static bool is_cell(const GumboNode *n)
{
    return n->type == GUMBO_NODE_ELEMENT &&
           (n->v.element.tag == GUMBO_TAG_TD || n->v.element.tag == GUMBO_TAG_TH);
}

/* A cell that holds blocks lays out the page; it is no cell of a table. */
static bool holds_blocks(const GumboElement *e, unsigned most)
{
    for (unsigned i = 0; i < e->children.length && i < most; i++) {
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

/* Cells of a row, and whether one of them holds blocks; of its first nodes only. */
static unsigned look_at_row(const GumboNode *row, bool *blocks)
{
    unsigned cells = 0;
    const GumboVector *kids = &row->v.element.children;
    for (unsigned i = 0; row->type == GUMBO_NODE_ELEMENT && i < kids->length && i < LOOK; i++) {
        const GumboNode *c = kids->data[i];
        cells += is_cell(c);
        *blocks |= is_cell(c) && holds_blocks(&c->v.element, LOOK);
    }
    return cells;
}

static bool is_blank(const GumboNode *cell)
{
    const GumboVector *kids = &cell->v.element.children;
    for (unsigned i = 0; i < kids->length; i++) {
        const GumboNode *c = kids->data[i];
        if (i == LOOK || (c->type != GUMBO_NODE_TEXT && c->type != GUMBO_NODE_WHITESPACE))
            return false;
        for (hr_str t = hr_cstr(c->v.text.text); t.n;) {
            size_t blank = hr_is_space(t.p[0]) ? 1 : hr_str_starts(t, HR_STR("\xC2\xA0")) ? 2 : 0;
            if (!blank)
                return false;
            t = hr_str_sub(t, blank, t.n);
        }
    }
    return true;
}

typedef enum cell_use { DATA, LAYOUT, TITLE } cell_use;

/* What lays out the page holds blocks, keeps a distance beside such a cell, or is alone above it.
 */
static cell_use use_of(const GumboNode *cell)
{
    const GumboNode *row = cell->parent;
    bool blocks = false;
    if (holds_blocks(&cell->v.element, UINT_MAX))
        return LAYOUT;
    if (!row || row->type != GUMBO_NODE_ELEMENT)
        return DATA;
    unsigned cells = look_at_row(row, &blocks);
    if (blocks && is_blank(cell))
        return LAYOUT;
    if (cells != 1 || row->v.element.children.length > LOOK || !row->parent ||
        row->parent->type != GUMBO_NODE_ELEMENT)
        return DATA;
    const GumboVector *rows = &row->parent->v.element.children;
    for (unsigned i = 0; i < rows->length && i < LOOK && !blocks; i++)
        look_at_row(rows->data[i], &blocks);
    return blocks ? TITLE : DATA;
}

void hr_html_cell_open(hr_html_page *p, const GumboNode *cell)
{
    if (use_of(cell) != DATA) {
        hr_html_new_line(p, 0);
        p->cell = p->out.n;
        return;
    }
    hr_html_raw(p, p->newlines == 0 && p->out.n ? HR_STR(" | ") : HR_STR("| "));
    p->space = false;
    p->quiet++;
}

/* The line that such a cell has is a heading of what stands below: without it, that would be taken
 * for a part of what stands above. */
static void put_title(hr_html_page *p)
{
    hr_str out = hr_buf_str(&p->out), said = hr_str_sub(out, p->cell, out.n);
    hr_str mark = HR_STR("\n### ");
    if (p->quiet || !said.n || said.n > TITLE_MAX || hr_str_find_char(said, '\n') != SIZE_MAX)
        return;
    if (p->cell == 0 || hr_str_ends(hr_str_sub(out, 0, p->cell), HR_STR("\n\n")))
        mark = hr_str_sub(mark, 1, mark.n);
    if (!hr_buf_reserve(&p->out, mark.n))
        return;
    char *at = p->out.p + p->cell;
    memmove(at + mark.n, at, said.n);
    memcpy(at, mark.p, mark.n);
    p->out.n += mark.n;
}

/* A cell that belongs to further rows or columns says so: theirs are one cell shorter. */
static void spans(hr_html_page *p, const GumboElement *e, const char *name, const char *what)
{
    uint64_t n = 0;
    hr_str said = hr_html_attribute(e, name);
    if (said.n > 4 || !hr_str_u64(said, &n) || n < 2)
        return;
    hr_html_raw(p, HR_STR(" ("));
    hr_buf_add_u64(&p->out, n);
    hr_html_raw(p, HR_STR(" "));
    hr_html_raw(p, hr_cstr(what));
    hr_html_raw(p, HR_STR(")"));
}

void hr_html_cell_close(hr_html_page *p, const GumboNode *cell)
{
    cell_use use = use_of(cell);
    if (use != DATA) {
        if (use == TITLE)
            put_title(p);
        p->cell = SIZE_MAX; /* what stands around it is no title */
        hr_html_new_line(p, 0);
        return;
    }
    spans(p, &cell->v.element, "rowspan", "rows");
    spans(p, &cell->v.element, "colspan", "columns");
    p->quiet--;
    p->space = false;
}
