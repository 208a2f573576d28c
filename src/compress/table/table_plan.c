#include "compress/table/table_plan.h"

#include "base/map.h"
#include "compress/table/table_lex.h"

enum {
    MAX_COLS = 4096,    /* of one rowset, children not counted */
    SPARSE_ROOM = 4096, /* cells every table may have, however sparse */
    SPARSE_FACTOR = 6,  /* and so many a node */
    MAP_MIN = 5,        /* members that make an object of objects a map */
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
        if (hr_jembed(v, i))
            continue; /* neither text nor rows to the planner */
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

/* A member that few rows have: a column costs each other row half a comma, the cell for the rest
 * costs each row that has it the name again. In quarter tokens. */
static void set_rest(const hr_jview *v, hr_rowset *rs, hr_col *c)
{
    size_t name = (c->name.n < 200 ? c->name.n : 200) + 4, has = c->npresent;
    c->core = (double)has >= v->o->core_field_fraction * rs->n;
    rs->ncore += c->core;
    if (v->by_column)
        return;
    c->rest = !c->core && (has == 1 || has * (name + 12) < name + 2 * (rs->n - has));
    rs->nrest += c->rest;
    rs->core -= c->rest ? has : 0;
}

hr_rowset *hr_plan_rows(hr_jview *v, uint32_t *rows, uint32_t *keys, uint32_t n, unsigned depth)
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
    b.rs->alike = b.rs->ncore >= v->o->heterogeneous_core_ratio * (b.rs->ncols - b.rs->map);
    /* Nothing below can help a table that is thrown away for its holes. */
    if (!hr_rowset_dense(b.rs))
        return b.rs;
    for (uint32_t c = b.rs->map; c < b.rs->ncols && hr_jview_ok(v); c++)
        if (!b.rs->cols[c].rest)
            hr_plan_col(v, b.rs, &b.rs->cols[c], depth);
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
    if (n->type < HR_JSON_ARRAY || n->count < (map ? MAP_MIN : 2) ||
        (map && v->o->compaction != HR_COMPACT_CSV) || !hr_plan_holds_objects(v, node, map) ||
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
    hr_rowset *rs = hr_plan_rows(v, rows, keys, at, 0);
    bool wide = rs && hr_rowset_places(rs) > WIDE_COLS + 3 * (size_t)rs->n;
    if (wide && at <= BY_COLUMN_ROWS) {
        v->by_column = true;
        rs = hr_plan_rows(v, rows, keys, at, 0);
        v->by_column = wide = false;
    }
    if (!rs || wide || !hr_rowset_dense(rs) ||
        table_gain(v, rs) < (node ? MIN_GAIN : MIN_GAIN_ROOT))
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
    size_t known = v->tables.n;
    hr_arena_mark m = hr_arena_save(v->a);
    hr_rowset *rs = hr_jview_ok(v) ? plan_node(v, node) : NULL;
    if (!rs && v->tables.n == known)
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
