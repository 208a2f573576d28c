/* Reading a table: the header into columns, the rows into objects. */
#include "compress/table_lex.h"
#include "compress/table_read.h"

typedef enum col_kind { VALUE, CONST, FLAT, FLAT1, TUPLE, LIST, MAP } col_kind;

typedef struct piece {
    hr_str text, path;
    bool own;
    uint32_t leaf;
} piece;

typedef struct col col;
typedef HR_VEC(col *) cols;

/* A physical row: columns as a tree, and its leaves in the order of their cells. */
typedef struct layout {
    cols columns, leaves;
    bool has_cells;
    bool map;
} layout;

struct col {
    col_kind kind;
    const hr_tval *name;
    hr_str path;
    bool str, tpl, own; /* own: has a cell */
    bool rest;          /* "*": the cell holds the members without a column */
    const hr_tval *constant;
    HR_VEC(piece) pieces;
    cols flat;      /* FLAT, FLAT1 */
    layout *inside; /* TUPLE, LIST, MAP */
    uint32_t leaf;
    uint8_t busy;
};

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

/* --- header --------------------------------------------------------------------------------- */

static bool read_columns(hr_tread *t, layout *lay, cols *into, hr_str path, bool named, char close);

static bool col_name(hr_tread *t, col *c, hr_str *text)
{
    if (at(t) == '"') {
        c->name = hr_tread_string(t);
        return c->name && hr_tval_text(t, c->name, text);
    }
    size_t from = t->p;
    while (t->p < t->src.n && !strchr(",{}()[]=:\"\n", t->src.p[t->p]))
        t->p++;
    *text = hr_str_sub(t->src, from, t->p);
    if (!hr_lex_bare_name(*text))
        return hr_tfail(t, HR_E_SYNTAX);
    c->name = hr_tval_new(t, HR_TVAL_TEXT, *text);
    return c->name != NULL;
}

static bool add_piece(hr_tread *t, col *c, piece p)
{
    piece *q = hr_vec_push(&c->pieces, t->a);
    if (!q)
        return hr_tfail(t, HR_E_NOMEM);
    *q = p;
    c->own |= p.own;
    return true;
}

/* f"…": JSON escapes are undone first, then braces are looked at. */
static bool read_pattern(hr_tread *t, col *c)
{
    hr_str s;
    const hr_tval *v = hr_tread_string(t);
    if (!v || !hr_tval_text(t, v, &s))
        return false;
    c->tpl = c->str = true;
    c->own = false;
    char *lit = hr_alloc(t->a, s.n + 1);
    size_t n = 0, start = 0;
    if (!lit)
        return hr_tfail(t, HR_E_NOMEM);
    for (size_t i = 0; i < s.n; i++) {
        bool twice = i + 1 < s.n && s.p[i + 1] == s.p[i];
        if ((s.p[i] != '{' && s.p[i] != '}') || twice) {
            lit[n++] = s.p[i];
            i += twice && (s.p[i] == '{' || s.p[i] == '}');
            continue;
        }
        size_t end = s.p[i] == '{' ? hr_str_find_char(hr_str_sub(s, i, s.n), '}') : SIZE_MAX;
        if (end == SIZE_MAX)
            return hr_tfail(t, HR_E_SYNTAX);
        if (n > start && !add_piece(t, c, (piece){.text = hr_str_of(lit + start, n - start)}))
            return false;
        start = n;
        hr_str path = hr_str_sub(s, i + 1, i + end);
        if (path.n == 0 && c->own)
            return hr_tfail(t, HR_E_SYNTAX);
        if (!add_piece(t, c, (piece){.path = path, .own = path.n == 0}))
            return false;
        i += end;
    }
    return n == start || add_piece(t, c, (piece){.text = hr_str_of(lit + start, n - start)});
}

static bool read_group(hr_tread *t, layout *lay, col *c, bool named)
{
    static const struct {
        hr_str open;
        col_kind kind;
        char close;
    } groups[] = {
        {{"{", 1}, FLAT, '}'},   {{"[1]{", 4}, FLAT1, '}'}, {{"(", 1}, TUPLE, ')'},
        {{"[](", 3}, LIST, ')'}, {{"[key](", 6}, MAP, ')'},
    };
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++) {
        if (!hr_tread_skip(t, groups[k].open))
            continue;
        c->kind = groups[k].kind;
        if (c->kind == FLAT || c->kind == FLAT1)
            return read_columns(t, lay, &c->flat, c->path, named, '}');
        c->own = true;
        c->inside = HR_NEW(t->a, layout);
        if (!c->inside)
            return hr_tfail(t, HR_E_NOMEM);
        c->inside->map = c->kind == MAP;
        return read_columns(t, c->inside, &c->inside->columns, HR_STR_NONE, true, ')');
    }
    c->own = true;
    return true;
}

static col *new_col(hr_tread *t, cols *into)
{
    col *c = HR_NEW(t->a, col);
    col **slot = c ? hr_vec_push(into, t->a) : NULL;
    if (!slot)
        return hr_tfail(t, HR_E_NOMEM);
    *slot = c;
    return c;
}

static bool count_leaf(hr_tread *t, layout *lay, col *c)
{
    col **slot = hr_vec_push(&lay->leaves, t->a);
    if (!slot)
        return hr_tfail(t, HR_E_NOMEM);
    c->leaf = (uint32_t)lay->leaves.n - 1;
    lay->has_cells |= c->own;
    *slot = c;
    return true;
}

static bool bare_path(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!hr_is_alnum(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
            return false;
    return s.n > 0;
}

static bool read_column(hr_tread *t, layout *lay, cols *into, hr_str path, bool named)
{
    hr_str text;
    col *c = new_col(t, into);
    if (!c)
        return false;
    if (hr_tread_skip(t, HR_STR("*"))) {
        c->rest = c->own = true;
        return count_leaf(t, lay, c);
    }
    if (!col_name(t, c, &text))
        return false;
    named = named && bare_path(text);
    if (named)
        c->path = path.n ? hr_strf(t->a, "%.*s.%.*s", HR_FMT(path), HR_FMT(text)) : text;
    if (hr_tread_skip(t, HR_STR(":str"))) {
        c->str = c->own = true;
    } else if (hr_tread_skip(t, HR_STR("=f\""))) {
        t->p--;
        if (!read_pattern(t, c))
            return false;
    } else if (hr_tread_skip(t, HR_STR("="))) {
        c->kind = CONST;
        c->constant = hr_tread_value(t);
        if (!c->constant)
            return false;
    } else if (!read_group(t, lay, c, named)) {
        return false;
    }
    return c->kind == FLAT || c->kind == FLAT1 || count_leaf(t, lay, c);
}

static bool resolve(hr_tread *t, layout *lay)
{
    for (size_t k = 0; k < lay->leaves.n; k++) {
        col *c = lay->leaves.p[k];
        for (size_t j = 0; j < c->pieces.n; j++) {
            piece *p = &c->pieces.p[j];
            size_t m = 0;
            if (!p->path.n)
                continue;
            while (m < lay->leaves.n && !hr_str_eq(lay->leaves.p[m]->path, p->path))
                m++;
            if (m == lay->leaves.n)
                return hr_tfail(t, HR_E_SYNTAX);
            p->leaf = (uint32_t)m;
        }
    }
    return true;
}

static bool read_columns(hr_tread *t, layout *lay, cols *into, hr_str path, bool named, char close)
{
    if (++t->depth >= HR_TREAD_DEPTH)
        return hr_tfail(t, HR_E_DEPTH);
    bool whole = into == &lay->columns;
    if (whole && lay->map && close == ')') {
        /* name[key](…): the member name is a column that the header does not repeat */
        col *c = new_col(t, into);
        if (!c)
            return false;
        c->str = c->own = true;
        c->path = HR_STR("key");
        if (!count_leaf(t, lay, c))
            return false;
    }
    if (at(t) != close) {
        do {
            if (!read_column(t, lay, into, path, named))
                return false;
        } while (hr_tread_skip(t, HR_STR(",")));
    }
    if (!hr_tread_skip(t, hr_str_of(&close, 1)))
        return hr_tfail(t, HR_E_SYNTAX);
    t->depth--;
    return !whole || resolve(t, lay);
}

/* --- rows ----------------------------------------------------------------------------------- */

static hr_tval *read_row(hr_tread *t, layout *lay, bool nested, hr_tval **key);

static hr_tval *word(hr_tread *t, const col *c, bool nested)
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

static hr_tval *tuples(hr_tread *t, const col *c)
{
    if (c->kind == TUPLE)
        return read_row(t, c->inside, true, NULL);
    hr_tval *all = hr_tval_new(t, c->kind == MAP ? HR_TVAL_OBJECT : HR_TVAL_ARRAY, HR_STR_NONE);
    while (all && at(t) == '(') {
        hr_tval *key = NULL;
        hr_tval *v = read_row(t, c->inside, true, &key);
        if (!v || !hr_tval_add(t, all, key, v, 1))
            return NULL;
    }
    return all;
}

static hr_tval *cell_value(hr_tread *t, const col *c, bool nested)
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
        if (hr_lex_name(hr_str_sub(t->src, t->p, t->src.n), 'T', &n))
            return hr_tread_value(t);
        break;
    default:
        if (hr_tread_at_embedded(t))
            return hr_tread_value(t);
        break;
    }
    return word(t, c, nested);
}

static hr_tval *cell(hr_tread *t, const col *c, bool nested)
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

static bool read_cells(hr_tread *t, layout *lay, bool nested, hr_tval **vals)
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
static bool leaf_text(hr_tread *t, layout *lay, hr_tval **vals, uint32_t leaf, hr_str *out);

static bool compose(hr_tread *t, layout *lay, hr_tval **vals, col *c, hr_str *out)
{
    hr_buf b = HR_BUF_INIT(0);
    bool ok = !c->busy;
    c->busy = 1;
    for (size_t k = 0; ok && k < c->pieces.n; k++) {
        const piece *p = &c->pieces.p[k];
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

static bool leaf_text(hr_tread *t, layout *lay, hr_tval **vals, uint32_t leaf, hr_str *out)
{
    col *c = lay->leaves.p[leaf];
    if (c->tpl)
        return compose(t, lay, vals, c, out);
    return vals[leaf] && hr_tval_text(t, vals[leaf], out);
}

static const hr_tval *leaf_value(hr_tread *t, layout *lay, hr_tval **vals, col *c)
{
    if (c->kind == CONST)
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

static hr_tval *make_object(hr_tread *t, layout *lay, const cols *columns, hr_tval **vals,
                            hr_tval **key)
{
    hr_tval *obj = hr_tval_new(t, HR_TVAL_OBJECT, HR_STR_NONE);
    for (size_t k = 0; obj && k < columns->n; k++) {
        col *c = columns->p[k];
        const hr_tval *v;
        if (c->kind == FLAT || c->kind == FLAT1) {
            hr_tval *in = make_object(t, lay, &c->flat, vals, NULL);
            v = in;
            if (in && c->kind == FLAT1) {
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

static hr_tval *read_row(hr_tread *t, layout *lay, bool nested, hr_tval **key)
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
    layout *lay = HR_NEW(t->a, layout);
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
    if (!read_columns(t, lay, &lay->columns, HR_STR_NONE, true, '}'))
        return NULL;
    if (lay->map && (lay->columns.n == 0 || lay->columns.p[0]->kind != VALUE))
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
    const col c = {.str = str, .own = true};
    return cell(t, &c, false);
}
