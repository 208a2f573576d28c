/* Reading the rows of a table into objects. */
#include "compress/table/table_lex.h"
#include "compress/table/table_read_table.h"

static char at(const hr_tread *t)
{
    return t->p < t->src.n ? t->src.p[t->p] : 0;
}

/* Continued by "N lines"; see table_read_cols.c. */
static const hr_str by_column = HR_STR_INIT(" by column, ");

bool hr_tread_at_table(const hr_tread *t)
{
    hr_str s = hr_str_sub(t->src, t->p, t->src.n);
    if (hr_str_starts(s, HR_STR("map[")))
        return true;
    size_t i = 1;
    while (i < s.n && hr_is_digit(s.p[i]))
        i++;
    return s.n && s.p[0] == '[' && i > 1 && i + 1 < s.n && s.p[i] == ']' &&
           (s.p[i + 1] == '{' || hr_str_starts(hr_str_sub(s, i + 1, s.n), by_column));
}

static hr_tval *read_row(hr_tread *t, hr_tlayout *lay, bool nested, hr_tval **key);

static hr_tval *word(hr_tread *t, const hr_tcol *c, bool nested)
{
    size_t from = t->p;
    while (t->p < t->src.n && at(t) != ',' && at(t) != '\n' && (!nested || at(t) != ')'))
        t->p++;
    hr_str s = hr_str_sub(t->src, from, t->p);
    if (!hr_lex_bare(s, nested))
        return hr_tfail(t, HR_E_SYNTAX);
    bool literal = c->str ? hr_str_eq(s, HR_STR("null")) : hr_lex_literal(s);
    return hr_tval_new(t, literal ? HR_TVAL_RAW : HR_TVAL_TEXT, s);
}

static hr_tval *tuples(hr_tread *t, const hr_tcol *c)
{
    if (c->kind == HR_TCOL_TUPLE)
        return read_row(t, c->inside, true, NULL);
    hr_tval *all =
        hr_tval_new(t, c->kind == HR_TCOL_MAP ? HR_TVAL_OBJECT : HR_TVAL_ARRAY, HR_STR_NONE);
    while (all && at(t) == '(') {
        hr_tval *key = NULL;
        hr_tval *v = read_row(t, c->inside, true, &key);
        if (!v || !hr_tval_add(t, all, key, v, 1))
            return NULL;
    }
    return all;
}

static hr_tval *cell_value(hr_tread *t, const hr_tcol *c, bool nested)
{
    uint32_t n;
    switch (at(t)) {
    case '(':
        return c->inside ? tuples(t, c) : hr_tfail(t, HR_E_SYNTAX);
    case '"':
    case '[':
    case '{':
        return hr_tread_value(t);
    case 'T':
    case 'S':
        if (hr_lex_name(hr_str_sub(t->src, t->p, t->src.n), at(t), &n))
            return hr_tread_value(t);
        break;
    default:
        if (hr_tread_at_embedded(t))
            return hr_tread_value(t);
        break;
    }
    return word(t, c, nested);
}

static hr_tval *cell(hr_tread *t, const hr_tcol *c, bool nested)
{
    hr_tval *known = NULL;
    uint32_t n = 0;
    if (hr_tread_name(t, &known, &n)) {
        if (known)
            return known;
        hr_tval *v = cell_value(t, c, nested);
        return hr_tread_define(t, n, v) ? v : NULL;
    }
    return t->err ? NULL : cell_value(t, c, nested);
}

static bool row_ends(const hr_tread *t, bool nested)
{
    return nested ? at(t) == ')' : (t->p >= t->src.n || at(t) == '\n');
}

static bool read_cells(hr_tread *t, hr_tlayout *lay, bool nested, hr_tval **vals)
{
    bool first = true;
    for (size_t k = 0; k < lay->leaves.n && !row_ends(t, nested); k++) {
        if (!lay->leaves.p[k]->own)
            continue;
        if (!first && !hr_tread_skip(t, HR_STR(",")))
            return hr_tfail(t, HR_E_SYNTAX);
        first = false;
        if (at(t) == ',' || row_ends(t, nested))
            continue;
        vals[k] = cell(t, lay->leaves.p[k], nested);
        if (!vals[k])
            return false;
    }
    if (!nested && !row_ends(t, nested))
        hr_tread_skip(t, HR_STR(",")); /* "{}," is a row whose first cell is an empty object */
    return row_ends(t, nested) || hr_tfail(t, HR_E_SYNTAX);
}

/* The text of a leaf for a pattern; patterns may build on patterns, but not in circles. */
static bool leaf_text(hr_tread *t, hr_tlayout *lay, hr_tval **vals, uint32_t leaf, hr_str *out);

static bool compose(hr_tread *t, hr_tlayout *lay, hr_tval **vals, hr_tcol *c, hr_str *out)
{
    hr_buf b = HR_BUF_INIT(0);
    bool ok = !c->busy;
    c->busy = 1;
    for (size_t k = 0; ok && k < c->pieces.n; k++) {
        const hr_tpiece *p = &c->pieces.p[k];
        hr_str s = p->text;
        if (p->own)
            ok = vals[c->leaf] && hr_tval_text(t, vals[c->leaf], &s);
        else if (p->path.n)
            ok = leaf_text(t, lay, vals, p->leaf, &s);
        if (ok)
            hr_buf_add(&b, s);
    }
    c->busy = 0;
    *out = hr_str_dup(t->a, hr_buf_str(&b));
    if (ok && (b.err || !out->p))
        hr_tfail(t, HR_E_NOMEM);
    ok = ok && !b.err && out->p;
    hr_buf_free(&b);
    return ok || hr_tfail(t, HR_E_SYNTAX);
}

static bool leaf_text(hr_tread *t, hr_tlayout *lay, hr_tval **vals, uint32_t leaf, hr_str *out)
{
    hr_tcol *c = lay->leaves.p[leaf];
    if (c->tpl)
        return compose(t, lay, vals, c, out);
    return vals[leaf] && hr_tval_text(t, vals[leaf], out);
}

static const hr_tval *leaf_value(hr_tread *t, hr_tlayout *lay, hr_tval **vals, hr_tcol *c)
{
    if (c->kind == HR_TCOL_CONST)
        return c->constant;
    const hr_tval *v = vals[c->leaf];
    if (!c->tpl || (c->own && (!v || (v->kind == HR_TVAL_RAW && v->s.p[0] == 'n'))))
        return v;
    hr_str s;
    return compose(t, lay, vals, c, &s) ? hr_tval_new(t, HR_TVAL_TEXT, s) : NULL;
}

static bool add_rest(hr_tread *t, hr_tval *obj, const hr_tval *v)
{
    if (v->kind != HR_TVAL_OBJECT)
        return hr_tfail(t, HR_E_SYNTAX);
    for (const hr_titem *i = v->first; i; i = i->next)
        if (!hr_tval_add(t, obj, i->key, i->v, i->times))
            return false;
    return true;
}

static hr_tval *make_object(hr_tread *t, hr_tlayout *lay, const hr_tcols *columns, hr_tval **vals,
                            hr_tval **key)
{
    hr_tval *obj = hr_tval_new(t, HR_TVAL_OBJECT, HR_STR_NONE);
    for (size_t k = 0; obj && k < columns->n; k++) {
        hr_tcol *c = columns->p[k];
        const hr_tval *v;
        if (c->kind == HR_TCOL_FLAT || c->kind == HR_TCOL_FLAT1) {
            hr_tval *in = make_object(t, lay, &c->flat, vals, NULL);
            v = in;
            if (in && c->kind == HR_TCOL_FLAT1) {
                hr_tval *arr = hr_tval_new(t, HR_TVAL_ARRAY, HR_STR_NONE);
                v = arr && hr_tval_add(t, arr, NULL, in, 1) ? arr : NULL;
            }
        } else {
            v = leaf_value(t, lay, vals, c);
        }
        if (t->err)
            return NULL;
        if (c->rest) {
            if (v && !add_rest(t, obj, v))
                return NULL;
        } else if (key && lay->map && k == 0)
            *key = (hr_tval *)v;
        else if (v && !hr_tval_add(t, obj, c->name, v, 1))
            return NULL;
    }
    return obj;
}

static hr_tval *read_row(hr_tread *t, hr_tlayout *lay, bool nested, hr_tval **key)
{
    if (++t->depth >= HR_TREAD_DEPTH)
        return hr_tfail(t, HR_E_DEPTH);
    hr_tval **vals = HR_NEW_ARRAY(t->a, hr_tval *, lay->leaves.n + 1);
    if (!vals)
        return hr_tfail(t, HR_E_NOMEM);
    t->p += nested;
    hr_str s = hr_str_sub(t->src, t->p, t->src.n);
    bool none = !nested && hr_str_starts(s, HR_STR("{}")) && (s.n == 2 || s.p[2] == '\n');
    if (none)
        t->p += 2;
    else if (!read_cells(t, lay, nested, vals))
        return NULL;
    t->p += nested;
    hr_tval *obj = make_object(t, lay, &lay->columns, vals, key);
    t->depth--;
    if (obj && lay->map &&
        (!key || !*key || (*key)->kind > HR_TVAL_TEXT ||
         ((*key)->kind == HR_TVAL_RAW && (*key)->s.p[0] != '"')))
        return hr_tfail(t, HR_E_SYNTAX);
    return obj;
}

/* "(same row 3 more times)" after a row. */
static bool read_times(hr_tread *t, uint64_t *times)
{
    uint64_t more;
    *times = 1;
    if (!hr_tread_skip(t, HR_STR("\n(same row ")))
        return true;
    if (!hr_tread_count(t, &more) || !hr_tread_skip(t, HR_STR(" more times)")))
        return hr_tfail(t, HR_E_SYNTAX);
    *times += more;
    return true;
}

hr_tval *hr_tread_table(hr_tread *t)
{
    hr_tlayout *lay = HR_NEW(t->a, hr_tlayout);
    uint64_t rows, times;
    if (!lay)
        return hr_tfail(t, HR_E_NOMEM);
    lay->map = hr_tread_skip(t, HR_STR("map"));
    if (!hr_tread_skip(t, HR_STR("[")) || !hr_tread_count(t, &rows) ||
        !hr_tread_skip(t, HR_STR("]")))
        return hr_tfail(t, HR_E_SYNTAX);
    if (hr_tread_skip(t, by_column))
        return hr_tread_columns(t, rows, lay->map);
    if (!hr_tread_skip(t, HR_STR("{")))
        return hr_tfail(t, HR_E_SYNTAX);
    if (!hr_tread_head(t, lay, '}'))
        return NULL;
    if (lay->map && (lay->columns.n == 0 || lay->columns.p[0]->kind != HR_TCOL_VALUE))
        return hr_tfail(t, HR_E_SYNTAX);
    if (lay->map)
        lay->columns.p[0]->str = true;
    hr_tval *all = hr_tval_new(t, lay->map ? HR_TVAL_OBJECT : HR_TVAL_ARRAY, HR_STR_NONE);
    if (all && !lay->has_cells && rows) {
        hr_tval **vals = HR_NEW_ARRAY(t->a, hr_tval *, lay->leaves.n + 1);
        hr_tval *obj = vals ? make_object(t, lay, &lay->columns, vals, NULL) : NULL;
        return obj && !lay->map && hr_tval_add(t, all, NULL, obj, rows) ? all
                                                                        : hr_tfail(t, HR_E_SYNTAX);
    }
    for (uint64_t r = 0; all && r < rows; r += times) {
        hr_tval *key = NULL;
        if (!hr_tread_skip(t, HR_STR("\n")))
            return hr_tfail(t, HR_E_SYNTAX);
        hr_tval *obj = read_row(t, lay, false, lay->map ? &key : NULL);
        if (!obj || !read_times(t, &times) || times > rows - r ||
            !hr_tval_add(t, all, key, obj, times))
            return hr_tfail(t, HR_E_SYNTAX);
    }
    return all;
}

hr_tval *hr_tread_cell(hr_tread *t, bool str)
{
    const hr_tcol c = {.str = str, .own = true};
    return cell(t, &c, false);
}
