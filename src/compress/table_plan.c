#include "compress/table_plan.h"

#include "base/map.h"
#include "compress/table_lex.h"

enum {
    MAX_DEPTH = 24,     /* nested columns */
    MAX_COLS = 4096,    /* of one rowset, children not counted */
    SPARSE_ROOM = 4096, /* cells every table may have, however sparse */
    SPARSE_FACTOR = 6,  /* and so many a node */
    MAP_MIN = 5,        /* members that make an object of objects a map */
    TUPLE_COLS = 8,     /* values a reader can tell apart by place alone in a cell ... */
    TUPLE_MAX = 20,     /* ... and when there are many such cells */
    FLAT_COLS = 10,     /* columns an object may bring into a short table */
    WIDE_COLS = 24,     /* columns of a table of few rows */
    BY_COLUMN_ROWS = 16,
    MIN_GAIN = 40,      /* bytes that make a table below the text worth the look; */
    MIN_GAIN_ROOT = 12, /* the whole document as a table costs none */
};

/* --- columns -------------------------------------------------------------------------------- */

typedef struct builder {
    hr_jview *v;
    hr_rowset *rs;
    hr_map names;
    HR_VEC(hr_col) cols;
    size_t room; /* cells we may still allocate */
} builder;

static hr_col *add_col(builder *b, hr_str name)
{
    if (b->cols.n >= MAX_COLS || b->room < b->rs->n)
        return NULL;
    b->room -= b->rs->n;
    hr_col *c = hr_vec_push(&b->cols, b->v->a);
    uint32_t *cells = HR_NEW_ARRAY(b->v->a, uint32_t, b->rs->n);
    if (!c || !cells)
        return NULL;
    c->name = name;
    c->cells = cells;
    return c;
}

/* Column of the name, by position first: rows of one source mostly agree in order. */
static size_t find_col(builder *b, size_t hint, hr_str name)
{
    if (hint < b->cols.n && hr_str_eq(b->cols.p[hint].name, name))
        return hint;
    bool fresh;
    hr_map_entry *e = hr_map_put(&b->names, name, &fresh);
    if (!e)
        return SIZE_MAX;
    if (!fresh)
        return (size_t)e->value;
    e->value = b->cols.n;
    return add_col(b, name) ? (size_t)e->value : SIZE_MAX;
}

static bool add_row(builder *b, uint32_t r)
{
    const hr_jview *v = b->v;
    uint32_t obj = b->rs->rows[r], end = hr_jnode(v, obj)->next;
    size_t hint = b->rs->map;
    for (uint32_t k = obj + 1; k < end; k = hr_jnext_member(v, k)) {
        size_t c = find_col(b, hint, hr_jview_text(b->v, k));
        if (c == SIZE_MAX || b->cols.p[c].cells[r])
            return false; /* too sparse, or the same name twice */
        b->cols.p[c].cells[r] = k + 1;
        hint = c + 1;
    }
    return true;
}

static void count_types(const hr_jview *v, hr_rowset *rs, hr_col *c)
{
    for (uint32_t r = 0; r < rs->n; r++) {
        uint32_t i = c->cells[r];
        if (!i)
            continue;
        c->npresent++;
        switch (hr_jnode(v, i)->type) {
        case HR_JSON_STRING:
            c->nstr++;
            break;
        case HR_JSON_NUMBER:
            c->nnum++;
            break;
        case HR_JSON_NULL:
            c->nnull++;
            break;
        case HR_JSON_OBJECT:
            c->nobj++;
            break;
        case HR_JSON_ARRAY:
            c->narr++;
            break;
        default:
            c->nbool++;
            break;
        }
    }
    rs->filled += c->npresent;
    rs->core += c->npresent;
}

static hr_rowset *build(hr_jview *v, uint32_t *rows, uint32_t *keys, uint32_t n, unsigned depth);

/* --- what kind a column is ------------------------------------------------------------------ */

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
        if (i && hr_jnode(v, i)->type == HR_JSON_OBJECT) {
            c->first[r] = n;
            rows[n++] = i;
        }
    }
    c->child = build(v, rows, NULL, n, depth + 1);
    return c->child != NULL;
}

/* An array or object of nothing but objects, or an empty one. */
static bool holds_objects(const hr_jview *v, uint32_t i, bool map)
{
    const hr_json_node *n = hr_jnode(v, i);
    if (n->type != (map ? HR_JSON_OBJECT : HR_JSON_ARRAY))
        return false;
    for (uint32_t k = i + 1; k < n->next; k = hr_jnode(v, k)->next) {
        k += map;
        if (hr_jnode(v, k)->type != HR_JSON_OBJECT)
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
        if (i && holds_objects(v, i, map))
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
        if (!i || !holds_objects(v, i, map))
            continue;
        c->first[r] = n;
        for (uint32_t k = i + 1; k < hr_jnode(v, i)->next; k = hr_jnode(v, k)->next) {
            if (map)
                keys[n] = k++;
            rows[n++] = k;
        }
    }
    c->child = build(v, rows, keys, n, depth + 1);
    return c->child != NULL;
}

/* Are the members of these objects themselves objects, under names that rarely repeat? */
static bool looks_like_map(const hr_jview *v, const hr_rowset *rs, const hr_col *c)
{
    size_t members = 0;
    for (uint32_t r = 0; r < rs->n; r++) {
        uint32_t i = c->cells[r];
        if (!i || hr_jnode(v, i)->type != HR_JSON_OBJECT)
            continue;
        for (uint32_t k = i + 1; k < hr_jnode(v, i)->next; k = hr_jnext_member(v, k)) {
            if (hr_jnode(v, k + 1)->type != HR_JSON_OBJECT)
                return false;
            members++;
        }
    }
    return members >= 3;
}

/* A table needs columns of its own, two cells of five filled (an empty cell costs a comma, a name
 * costs its tokens), and not to be a heap of members that few rows share. */
static bool dense(const hr_rowset *rs)
{
    uint32_t cols = rs->ncols - rs->nrest;
    return cols > rs->map && rs->n >= 2 && rs->core * 5 >= (size_t)rs->n * cols * 2 &&
           rs->core * 3 >= rs->filled;
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
static size_t places(const hr_rowset *rs)
{
    size_t n = rs->nrest > 0;
    for (uint32_t k = 0; k < rs->ncols; k++) {
        const hr_col *c = &rs->cols[k];
        if (c->rest || c->kind == HR_COL_CONST)
            continue;
        n += c->child ? places(c->child) : 1;
    }
    return n;
}

/* A value is found by its place in the row. Few rows do not teach a reader what forty places mean:
 * there, names next to the values are worth their tokens. */
static bool readable(const hr_rowset *rs)
{
    size_t most = TUPLE_COLS + rs->n / 8;
    return places(rs) <= (most < TUPLE_MAX ? most : TUPLE_MAX);
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
    return dense(in) && in->n >= 4 * c->nobj && in->core * 10 >= in->filled * 9 && readable(in);
}

static void plan_object_col(hr_jview *v, hr_rowset *rs, hr_col *c, unsigned depth)
{
    if (c->nobj < 2)
        return;
    hr_arena_mark m = hr_arena_save(v->a);
    if (v->by_column) {
        if (c->nobj == rs->n && pool_objects(v, rs, c, depth) && dense(c->child)) {
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
    if (pool_objects(v, rs, c, depth) && dense(c->child)) {
        bool flat = c->nobj == rs->n && !repetitive(v, rs, c);
        if (flat ? places(c->child) <= FLAT_COLS + rs->n / 2 : readable(c->child)) {
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
    if (pool_contents(v, rs, c, false, depth) && dense(c->child) && readable(c->child)) {
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

static void plan_col(hr_jview *v, hr_rowset *rs, hr_col *c, unsigned depth)
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

/* A member that few rows have: a column costs each other row half a comma, the cell for the rest
 * costs each row that has it the name again. In quarter tokens. */
static void set_rest(const hr_jview *v, hr_rowset *rs, hr_col *c)
{
    if (v->by_column)
        return;
    size_t name = (c->name.n < 200 ? c->name.n : 200) + 4, has = c->npresent;
    c->rest = has == 1 || has * (name + 12) < name + 2 * (rs->n - has);
    rs->nrest += c->rest;
    rs->core -= c->rest ? has : 0;
}

static hr_rowset *build(hr_jview *v, uint32_t *rows, uint32_t *keys, uint32_t n, unsigned depth)
{
    if (n == 0 || !hr_jview_ok(v))
        return NULL;
    builder b = {.v = v, .rs = HR_NEW(v->a, hr_rowset), .room = SPARSE_ROOM};
    if (!b.rs)
        return NULL;
    hr_map_init(&b.names, v->a);
    *b.rs = (hr_rowset){.n = n, .rows = rows, .map = keys != NULL, .by_column = v->by_column};
    for (uint32_t r = 0; r < n; r++)
        b.room += (size_t)(hr_jnode(v, rows[r])->next - rows[r] + 1) * SPARSE_FACTOR;
    if (keys) {
        hr_col *c = add_col(&b, HR_STR("key"));
        if (!c)
            return NULL;
        memcpy(c->cells, keys, n * sizeof *keys);
        c->str = true;
    }
    for (uint32_t r = 0; r < n; r++) {
        if (!add_row(&b, r) || ((r & 1023) == 0 && !hr_jview_ok(v)))
            return NULL;
    }
    if (b.cols.n == b.rs->map)
        return NULL;
    b.rs->cols = b.cols.p;
    b.rs->ncols = (uint32_t)b.cols.n;
    for (uint32_t c = 0; c < b.rs->ncols; c++)
        count_types(v, b.rs, &b.rs->cols[c]);
    for (uint32_t c = b.rs->map; c < b.rs->ncols; c++)
        set_rest(v, b.rs, &b.rs->cols[c]);
    /* Nothing below can help a table that is thrown away for its holes. */
    if (!dense(b.rs))
        return b.rs;
    for (uint32_t c = b.rs->map; c < b.rs->ncols && hr_jview_ok(v); c++)
        if (!b.rs->cols[c].rest)
            plan_col(v, b.rs, &b.rs->cols[c], depth);
    return b.rs;
}

/* --- whole tables --------------------------------------------------------------------------- */

static bool twice_named(hr_jview *v, uint32_t obj)
{
    hr_map seen;
    hr_arena_mark m = hr_arena_save(v->a);
    hr_map_init(&seen, v->a);
    bool twice = false, fresh = true;
    for (uint32_t k = obj + 1; k < hr_jnode(v, obj)->next && !twice; k = hr_jnext_member(v, k))
        twice = !hr_map_put(&seen, hr_jview_text(v, k), &fresh) || !fresh;
    hr_arena_restore(v->a, m);
    return twice;
}

/* Bytes a table saves against minified JSON: every name but one spelling, constants, less commas.
 */
static long table_gain(const hr_jview *v, const hr_rowset *rs)
{
    long gain = 0;
    for (uint32_t k = 0; k < rs->ncols; k++) {
        const hr_col *c = &rs->cols[k];
        if (c->rest)
            continue; /* as in JSON */
        long name = (long)(c->name.n > 200 ? 200 : c->name.n), all = (long)rs->n;
        gain += ((long)c->npresent - 1) * (name + 3) - 3 - (all - (long)c->npresent);
        if (c->kind == HR_COL_CONST) {
            const hr_json_node *x = hr_jnode(v, c->cells[0]);
            gain += (all - 1) * (long)(x->end - x->start);
        }
        if (c->child)
            gain += table_gain(v, c->child);
    }
    return gain;
}

static hr_rowset *plan_node(hr_jview *v, uint32_t node)
{
    const hr_json_node *n = hr_jnode(v, node);
    bool map = n->type == HR_JSON_OBJECT;
    if (n->type < HR_JSON_ARRAY || n->count < (map ? MAP_MIN : 2) || !holds_objects(v, node, map) ||
        (map && twice_named(v, node)))
        return NULL;
    uint32_t *rows = HR_NEW_ARRAY(v->a, uint32_t, n->count);
    uint32_t *keys = map ? HR_NEW_ARRAY(v->a, uint32_t, n->count) : NULL;
    if (!rows || (map && !keys))
        return NULL;
    uint32_t at = 0;
    for (uint32_t k = node + 1; k < n->next; k = hr_jnode(v, k)->next) {
        if (map)
            keys[at] = k++;
        rows[at++] = k;
    }
    hr_rowset *rs = build(v, rows, keys, at, 0);
    bool wide = rs && places(rs) > WIDE_COLS + 3 * (size_t)rs->n;
    if (wide && at <= BY_COLUMN_ROWS) {
        v->by_column = true;
        rs = build(v, rows, keys, at, 0);
        v->by_column = wide = false;
    }
    if (!rs || wide || !dense(rs) || table_gain(v, rs) < (node ? MIN_GAIN : MIN_GAIN_ROOT))
        return NULL;
    if (map && rs->core < 2 * (size_t)rs->n)
        return NULL; /* names with next to nothing behind them: JSON says that as well */
    rs->node = node;
    if (!rs->by_column)
        hr_plan_templates(v, rs);
    return rs;
}

hr_rowset *hr_plan_table(hr_jview *v, uint32_t node)
{
    if (v->plan[node])
        return v->tables.p[v->plan[node] - 1];
    hr_arena_mark m = hr_arena_save(v->a);
    hr_rowset *rs = hr_jview_ok(v) ? plan_node(v, node) : NULL;
    if (!rs)
        hr_arena_restore(v->a, m);
    hr_rowset **slot = hr_vec_push(&v->tables, v->a);
    if (!slot)
        return NULL;
    *slot = rs;
    v->plan[node] = (uint32_t)v->tables.n;
    return rs;
}

static bool bare_path(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!hr_is_alnum(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
            return false;
    return s.n > 0;
}

static bool leaves(hr_jview *v, hr_rowset *rs, hr_str prefix, bool named, hr_leaves *out)
{
    for (uint32_t k = 0; k < rs->ncols; k++) {
        hr_col *c = &rs->cols[k];
        if (c->rest)
            continue;
        /* The member-name column of a map is called "key"; a real column of that name hides. */
        bool name_ok =
            named && bare_path(c->name) && !(rs->map && k > 0 && hr_str_eq(c->name, HR_STR("key")));
        hr_str path = HR_STR_NONE;
        if (name_ok)
            path = prefix.n ? hr_strf(v->a, "%.*s.%.*s", HR_FMT(prefix), HR_FMT(c->name)) : c->name;
        if (c->kind == HR_COL_FLAT || c->kind == HR_COL_FLAT1) {
            if (!leaves(v, c->child, path, name_ok, out))
                return false;
            continue;
        }
        hr_leaf *l = hr_vec_push(out, v->a);
        if (!l)
            return false;
        *l = (hr_leaf){.col = c, .path = path};
    }
    return true;
}

bool hr_plan_leaves(hr_jview *v, hr_rowset *rs, hr_leaves *out)
{
    return leaves(v, rs, HR_STR_NONE, true, out);
}
