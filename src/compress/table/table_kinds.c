/* How each column of a rowset is best written: a value, a constant, columns, tuples, a list or map.
 */
#include "compress/table/table_lex.h"
#include "compress/table/table_plan.h"

enum {
    MAX_DEPTH = 24, /* nested columns */
    TUPLE_COLS = 8, /* values a reader can tell apart by place alone in a cell ... */
    TUPLE_MAX = 20, /* ... and when there are many such cells */
    FLAT_COLS = 10, /* columns an object may bring into a short table */
};

static bool all_same(const hr_jview *v, const hr_rowset *rs, const hr_col *c)
{
    for (uint32_t r = 1; r < rs->n; r++)
        if (!hr_jview_equal(v, c->cells[0], c->cells[r]))
            return false;
    return true;
}

/* Child rows of a column that holds objects, one a row. */
static bool pool_objects(hr_jview *v, const hr_rowset *rs, hr_col *c, unsigned depth)
{
    uint32_t *rows = HR_NEW_ARRAY(v->a, uint32_t, c->nobj);
    c->first = HR_NEW_ARRAY(v->a, uint32_t, rs->n);
    if (!rows || !c->first)
        return false;
    uint32_t n = 0;
    for (uint32_t r = 0; r < rs->n; r++) {
        uint32_t i = c->cells[r];
        c->first[r] = UINT32_MAX;
        if (i && hr_jtype(v, i) == HR_JSON_OBJECT) {
            c->first[r] = n;
            rows[n++] = i;
        }
    }
    c->child = hr_plan_rows(v, rows, NULL, n, depth + 1);
    return c->child != NULL;
}

/* An array or object of nothing but objects, or an empty one. */
bool hr_plan_holds_objects(const hr_jview *v, uint32_t i, bool map)
{
    const hr_json_node *n = hr_jnode(v, i);
    if (n->type != (map ? HR_JSON_OBJECT : HR_JSON_ARRAY))
        return false;
    for (uint32_t k = i + 1; k < n->next; k = hr_jnode(v, k)->next) {
        k += map;
        if (hr_jtype(v, k) != HR_JSON_OBJECT)
            return false;
    }
    return true;
}

/* Child rows of a column that holds containers of objects: arrays, or maps by member name. Other
 * values of the column stay inline JSON. */
static bool pool_contents(hr_jview *v, const hr_rowset *rs, hr_col *c, bool map, unsigned depth)
{
    size_t total = 0;
    for (uint32_t r = 0; r < rs->n; r++) {
        uint32_t i = c->cells[r];
        if (i && !hr_jembed(v, i) && hr_plan_holds_objects(v, i, map))
            total += hr_jnode(v, i)->count;
    }
    if (total < 2)
        return false;
    uint32_t *rows = HR_NEW_ARRAY(v->a, uint32_t, total);
    uint32_t *keys = map ? HR_NEW_ARRAY(v->a, uint32_t, total) : NULL;
    c->first = HR_NEW_ARRAY(v->a, uint32_t, rs->n);
    if (!rows || !c->first || (map && !keys))
        return false;
    uint32_t n = 0;
    for (uint32_t r = 0; r < rs->n; r++) {
        uint32_t i = c->cells[r];
        c->first[r] = UINT32_MAX;
        if (!i || hr_jembed(v, i) || !hr_plan_holds_objects(v, i, map))
            continue;
        c->first[r] = n;
        for (uint32_t k = i + 1; k < hr_jnode(v, i)->next; k = hr_jnode(v, k)->next) {
            if (map)
                keys[n] = k++;
            rows[n++] = k;
        }
    }
    c->child = hr_plan_rows(v, rows, keys, n, depth + 1);
    return c->child != NULL;
}

/* Are the members of these objects themselves objects, under names that rarely repeat? */
static bool looks_like_map(const hr_jview *v, const hr_rowset *rs, const hr_col *c)
{
    size_t members = 0;
    for (uint32_t r = 0; r < rs->n; r++) {
        uint32_t i = c->cells[r];
        if (!i || hr_jtype(v, i) != HR_JSON_OBJECT)
            continue;
        for (uint32_t k = i + 1; k < hr_jnode(v, i)->next; k = hr_jnext_member(v, k)) {
            if (hr_jtype(v, k + 1) != HR_JSON_OBJECT)
                return false;
            members++;
        }
    }
    return members >= 3;
}

/* A table needs columns of its own, two cells of five filled (an empty cell costs a comma, a name
 * costs its tokens), and not to be a heap of members that few rows share. */
bool hr_rowset_dense(const hr_rowset *rs)
{
    uint32_t cols = rs->ncols - rs->nrest;
    if (cols <= rs->map || rs->n < 2)
        return false;
    return rs->alike || (rs->core * 5 >= (size_t)rs->n * cols * 2 && rs->core * 3 >= rs->filled);
}

static bool flat1(const hr_jview *v, const hr_rowset *rs, const hr_col *c)
{
    if (c->npresent != rs->n)
        return false;
    for (uint32_t r = 0; r < rs->n; r++)
        if (c->first[r] == UINT32_MAX || hr_jnode(v, c->cells[r])->count != 1)
            return false;
    return true;
}

/* Places a reader has to count: columns with cells, at any depth. */
size_t hr_rowset_places(const hr_rowset *rs)
{
    size_t n = rs->nrest > 0;
    for (uint32_t k = 0; k < rs->ncols; k++) {
        const hr_col *c = &rs->cols[k];
        if (c->rest || c->kind == HR_COL_CONST)
            continue;
        n += c->child ? hr_rowset_places(c->child) : 1;
    }
    return n;
}

/* A value is found by its place in the row. Few rows do not teach a reader what forty places mean:
 * there, names next to the values are worth their tokens. */
static bool readable(const hr_rowset *rs)
{
    size_t most = TUPLE_COLS + rs->n / 8;
    return hr_rowset_places(rs) <= (most < TUPLE_MAX ? most : TUPLE_MAX);
}

/* Whole objects that come back are cheaper as one named cell than as cells of their own. */
static bool repetitive(const hr_jview *v, const hr_rowset *rs, const hr_col *c)
{
    uint32_t again = 0, varying = 0;
    for (uint32_t r = 0; v->repeat && r < rs->n; r++) {
        uint32_t x = v->repeat[c->cells[r]];
        again += x && v->repeats.p[x - 1].node != c->cells[r];
    }
    for (uint32_t k = 0; k < c->child->ncols; k++)
        varying += c->child->cols[k].kind != HR_COL_CONST;
    return again * 5 >= rs->n * 2 && varying >= 3;
}

/* Objects of like objects: four or more each, whose own names are data. */
static bool map_col(hr_jview *v, hr_rowset *rs, hr_col *c, unsigned depth)
{
    if (!looks_like_map(v, rs, c) || !pool_contents(v, rs, c, true, depth))
        return false;
    const hr_rowset *in = c->child;
    return hr_rowset_dense(in) && in->n >= 4 * c->nobj && in->core * 10 >= in->filled * 9 &&
           readable(in);
}

static void plan_object_col(hr_jview *v, hr_rowset *rs, hr_col *c, unsigned depth)
{
    if (c->nobj < 2)
        return;
    hr_arena_mark m = hr_arena_save(v->a);
    if (v->by_column) {
        if (c->nobj == rs->n && pool_objects(v, rs, c, depth) && hr_rowset_dense(c->child)) {
            c->kind = HR_COL_FLAT;
            return;
        }
        hr_arena_restore(v->a, m);
        c->child = NULL;
        return;
    }
    if (map_col(v, rs, c, depth)) {
        c->kind = HR_COL_MAP;
        return;
    }
    hr_arena_restore(v->a, m);
    c->child = NULL;
    m = hr_arena_save(v->a);
    if (pool_objects(v, rs, c, depth) && hr_rowset_dense(c->child)) {
        bool flat = c->nobj == rs->n && !repetitive(v, rs, c);
        if (flat ? hr_rowset_places(c->child) <= FLAT_COLS + rs->n / 2 : readable(c->child)) {
            c->kind = flat ? HR_COL_FLAT : HR_COL_TUPLE;
            return;
        }
    }
    hr_arena_restore(v->a, m);
    c->child = NULL;
}

static void plan_array_col(hr_jview *v, hr_rowset *rs, hr_col *c, unsigned depth)
{
    hr_arena_mark m = hr_arena_save(v->a);
    if (pool_contents(v, rs, c, false, depth) && hr_rowset_dense(c->child) && readable(c->child)) {
        c->kind = flat1(v, rs, c) ? HR_COL_FLAT1 : HR_COL_LIST;
        return;
    }
    hr_arena_restore(v->a, m);
    c->child = NULL;
}

/* Strings that would read as numbers and the like are quoted, unless the header says they all are
 * strings; that pays from the second one on. */
static bool wants_str(hr_jview *v, const hr_rowset *rs, const hr_col *c)
{
    unsigned found = 0;
    if (!c->nstr || c->nstr + c->nnull != c->npresent)
        return false;
    for (uint32_t r = 0; r < rs->n && found < 2; r++) {
        uint32_t i = c->cells[r];
        if (i && hr_jnode(v, i)->type == HR_JSON_STRING &&
            hr_jnode(v, i)->end - hr_jnode(v, i)->start < 40)
            found += hr_lex_literal(hr_jview_text(v, i)) &&
                     !hr_str_eq(hr_jview_text(v, i), HR_STR("null"));
    }
    return found >= 2;
}

void hr_plan_col(hr_jview *v, hr_rowset *rs, hr_col *c, unsigned depth)
{
    uint32_t known = c->npresent - c->nnull;
    if (v->o->factor_out_constants && c->npresent == rs->n && rs->n >= 2 && all_same(v, rs, c))
        c->kind = HR_COL_CONST;
    else if (depth < MAX_DEPTH && c->nobj * 2 > known)
        plan_object_col(v, rs, c, depth);
    else if (depth < MAX_DEPTH && c->narr * 2 > known && !v->by_column)
        plan_array_col(v, rs, c, depth);
    if (c->kind == HR_COL_VALUE)
        c->str = wants_str(v, rs, c);
}
