/* The walk over a document that decides what the lossy form leaves out. */
#include "compress/rows/rows.h"

#include "compress/json/json_out.h"

#include "compress/rows/rows_blob.h"
#include "compress/rows/rows_pick.h"

enum {
    MIN_BYTES = 700,        /* containers smaller than this stay whole */
    MIN_LEFT = 3,           /* so do those that would lose fewer rows */
    MIN_NUMBERS_ITEMS = 24, /* numbers are cheap */
    MAX_RUNS = 8,
    MIN_MEMBERS = 30, /* an object with fewer members is a record, not a map */
};

typedef struct walk {
    hr_jview *v;
    const hr_key *key;
    hr_rowtext text;
    hr_rows_total total;
} walk;

static void visit(walk *w, uint32_t node, unsigned depth, bool element);

/* --- what is left out of one container ------------------------------------------------------ */

static bool apply(walk *w, hr_pick *p, const char *unit, uint32_t least)
{
    hr_jview *v = w->v;
    uint32_t left = 0;
    size_t bytes = 0;
    for (uint32_t r = 0; r < p->n; r++) {
        if (p->keep[r])
            continue;
        left++;
        bytes += hr_jnode(v, p->node[r])->end - hr_jnode(v, p->node[r])->start;
    }
    if (left < least || bytes < MIN_BYTES / 2)
        return true;
    for (uint32_t r = 0; r < p->n; r++)
        if (!p->keep[r])
            v->mark[p->node[r]] |= HR_MARK_DROP;
    v->mark[p->container] |= HR_MARK_MORE;
    w->total.rows += left;
    w->total.places++;
    w->total.only = p->container;
    return hr_pick_note(p, unit);
}

static bool long_enough(const walk *w, uint32_t container, uint32_t n)
{
    const hr_json_node *c = hr_jnode(w->v, container);
    size_t min = w->v->o->min_items_to_analyze;
    return n >= (min < 2 ? 2 : min) && n > MIN_LEFT && c->end - c->start >= MIN_BYTES;
}

/* Rows [from, from + n) of a rowset, which are the contents of one container. */
static void cut_rows(walk *w, hr_rowset *rs, uint32_t from, uint32_t n, uint32_t container,
                     unsigned depth)
{
    if (!long_enough(w, container, n) || !hr_jview_ok(w->v))
        return;
    hr_pick p = {.v = w->v, .text = &w->text, .container = container, .n = n, .depth = depth};
    p.node = rs->rows + from;
    p.key = rs->map ? rs->cols[0].cells + from : NULL;
    if (!hr_pick_init(&p) || !hr_views_of(w->v, rs, from, n, &p.views))
        return;
    hr_pick_report(&p);
    hr_pick_errors(&p);
    hr_pick_columns(&p);
    hr_pick_rest(&p, rs, from);
    hr_pick_query(&p);
    for (uint32_t r = 0; w->v->must && container == 0 && r < n; r++)
        p.keep[r] |= w->v->must[r] ? HR_KEEP_FIELD : 0;
    hr_pick_ends(&p);
    hr_pick_fill(&p);
    apply(w, &p, rs->map ? "members" : "rows", MIN_LEFT);
}

/* Runs of equal elements are written once with their number: few of them stay as they are. */
static uint32_t runs_of(const hr_pick *p)
{
    uint32_t runs = 1;
    for (uint32_t r = 1; r < p->n; r++)
        runs += !hr_jview_equal(p->v, p->node[r - 1], p->node[r]);
    return runs;
}

/* An array or map that is no table. */
static void cut_items(walk *w, uint32_t node, unsigned depth)
{
    hr_jview *v = w->v;
    const hr_json_node *c = hr_jnode(v, node);
    bool map = c->type == HR_JSON_OBJECT;
    if (!long_enough(w, node, c->count))
        return;
    hr_pick p = {.v = v, .text = &w->text, .container = node, .n = c->count, .depth = depth};
    p.node = HR_NEW_ARRAY(v->a, uint32_t, c->count);
    p.key = map ? HR_NEW_ARRAY(v->a, uint32_t, c->count) : NULL;
    if (!p.node || (map && !p.key))
        return;
    uint32_t n = 0, numbers = 0;
    for (uint32_t k = node + 1; k < c->next; k = hr_jnode(v, k)->next) {
        if (map)
            p.key[n] = k++;
        numbers += hr_jnode(v, k)->type == HR_JSON_NUMBER;
        p.node[n++] = k;
    }
    if ((numbers == n && n < MIN_NUMBERS_ITEMS) || (!map && runs_of(&p) <= MAX_RUNS) ||
        !hr_pick_init(&p))
        return;
    hr_stat s;
    if (numbers == n && hr_stat_of(v, p.node, n, true, &s)) {
        p.stats = &s;
        hr_pick_numbers(&p, &s, true);
    }
    hr_pick_report(&p);
    hr_pick_errors(&p);
    hr_pick_query(&p);
    hr_pick_ends(&p);
    hr_pick_fill(&p);
    apply(w, &p, map ? "members" : "items", MIN_LEFT);
}

/* --- the walk ------------------------------------------------------------------------------- */

/* Kubernetes keeps who set which field beside each object; no question is about that. */
static bool bookkeeping(hr_str name)
{
    return hr_str_eq(name, HR_STR("managedFields"));
}

static void drop_all(walk *w, uint32_t node, unsigned depth)
{
    hr_jview *v = w->v;
    const hr_json_node *c = hr_jnode(v, node);
    hr_pick p = {.v = v, .text = &w->text, .container = node, .n = c->count, .depth = depth + 1};
    p.node = HR_NEW_ARRAY(v->a, uint32_t, c->count + 1);
    p.keep = HR_NEW_ARRAY(v->a, uint8_t, c->count + 1);
    p.like = HR_NEW_ARRAY(v->a, uint32_t, c->count + 1);
    if (!p.node || !p.keep || !p.like || c->type != HR_JSON_ARRAY)
        return;
    uint32_t n = 0;
    for (uint32_t k = node + 1; k < c->next; k = hr_jnode(v, k)->next)
        p.node[n++] = k;
    apply(w, &p, "items", 1);
}

static void visit_rows(walk *w, hr_rowset *rs, uint32_t from, uint32_t n, unsigned depth)
{
    hr_jview *v = w->v;
    for (uint32_t r = from; r < from + n; r++) {
        if (hr_jmarked(v, rs->rows[r], HR_MARK_DROP))
            continue;
        if (!hr_jview_ok(v))
            return;
        for (uint32_t k = rs->map; k < rs->ncols; k++) {
            const hr_col *c = &rs->cols[k];
            uint32_t i = c->cells[r], count;
            if (!i || (c->kind == HR_COL_CONST && r > from))
                continue;
            if (bookkeeping(c->name) && c->kind != HR_COL_FLAT1) {
                drop_all(w, i, depth);
                continue;
            }
            if (c->kind == HR_COL_FLAT || c->kind == HR_COL_FLAT1) {
                visit_rows(w, c->child, r, 1, depth);
            } else if (!c->child || c->first[r] == UINT32_MAX) {
                visit(w, i, depth + 1, false);
            } else if (c->kind == HR_COL_TUPLE) {
                visit_rows(w, c->child, c->first[r], 1, depth);
            } else {
                count = hr_jnode(v, i)->count;
                cut_rows(w, c->child, c->first[r], count, i, depth + 1);
                visit_rows(w, c->child, c->first[r], count, depth + 1);
            }
        }
    }
}

/* Objects whose members are of one kind and many are maps; others are records, kept whole. */
static bool is_map(const hr_jview *v, uint32_t node)
{
    const hr_json_node *c = hr_jnode(v, node);
    uint32_t of[HR_JSON_OBJECT + 1] = {0};
    if (c->type != HR_JSON_OBJECT || c->count < MIN_MEMBERS)
        return false;
    for (uint32_t k = node + 1; k < c->next; k = hr_jnext_member(v, k))
        of[hr_jnode(v, k + 1)->type]++;
    for (unsigned t = 0; t <= HR_JSON_OBJECT; t++)
        if (of[t] * 10 >= c->count * 9)
            return true;
    return false;
}

/* A long text: shortened by the compressor of its kind, or an excerpt. */
static void visit_text(walk *w, uint32_t node, bool alone)
{
    hr_jview *v = w->v;
    size_t parts = v->parts.n;
    bool done = w->key && hr_jblock_shorten(v, node, w->key, alone);
    if (!done && hr_blob_is(&w->text, v, node))
        v->mark[node] |= HR_MARK_BLOB;
    w->total.texts += v->parts.n > parts || (v->mark[node] & HR_MARK_BLOB);
}

/* element: of an array; such an object is one record among others, however many members it has. */
static void visit(walk *w, uint32_t node, unsigned depth, bool element)
{
    hr_jview *v = w->v;
    const hr_json_node *n = hr_jnode(v, node);
    if (!hr_jview_ok(v))
        return;
    if (n->type == HR_JSON_STRING)
        visit_text(w, node, depth == 0 && !element);
    if (n->type < HR_JSON_ARRAY)
        return;
    hr_rowset *rs = hr_plan_table(v, node);
    if (rs) {
        cut_rows(w, rs, 0, rs->n, node, depth);
        visit_rows(w, rs, 0, rs->n, depth);
        return;
    }
    if (n->type == HR_JSON_ARRAY || (!element && is_map(v, node)))
        cut_items(w, node, depth);
    for (uint32_t k = node + 1; k < n->next; k = hr_jnode(v, k)->next) {
        if (n->type == HR_JSON_OBJECT && bookkeeping(hr_jview_text(v, k++))) {
            drop_all(w, k, depth);
            continue;
        }
        if (!hr_jmarked(v, k, HR_MARK_DROP))
            visit(w, k, depth + (n->type == HR_JSON_ARRAY), n->type == HR_JSON_ARRAY);
    }
}

hr_err hr_rows_select(hr_jview *v, const hr_key *key, hr_rows_total *total)
{
    walk w = {.v = v, .key = key};
    v->mark = HR_NEW_ARRAY(v->a, uint8_t, v->d->n);
    v->note = HR_NEW_ARRAY(v->a, uint32_t, v->d->n);
    hr_rowtext *x = HR_NEW(v->a, hr_rowtext);
    if (!v->mark || !v->note || !x || !hr_rowtext_init(&w.text, v))
        return HR_E_NOMEM;
    *x = w.text;
    v->text = x;
    visit(&w, 0, 0, false);
    *total = w.total;
    if (v->err)
        return v->err;
    /* One table that ends the text: the closing marker can speak for it. */
    v->has_ending = w.total.places == 1 && !w.total.texts && hr_plan_table(v, w.total.only);
    v->ending = w.total.only;
    return HR_OK;
}

void hr_rows_blob_note(hr_jview *v, uint32_t node, hr_buf *b)
{
    hr_blob_write(v->text, v, node, b);
}
