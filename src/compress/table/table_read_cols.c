/* Reading a table of few rows and many columns: one line a column, its cells side by side. */
#include "compress/table/table_lex.h"
#include "compress/table/table_read.h"

enum { MAX_ROWS = 1 << 20 };

/* Objects that lines are being added to: the rows themselves, or an object inside each of them. */
typedef struct group {
    hr_str name;
    hr_tval **objs;
} group;

typedef struct reader {
    hr_tread *t;
    size_t rows;
    HR_VEC(group) open; /* [0] the rows, then the objects the last line was in */
} reader;

static char at(const hr_tread *t)
{
    return t->p < t->src.n ? t->src.p[t->p] : 0;
}

/* A part of a path; the text and the value that names a member. */
static hr_tval *segment(hr_tread *t, hr_str *text)
{
    if (at(t) == '"') {
        hr_tval *v = hr_tread_string(t);
        return v && hr_tval_text(t, v, text) ? v : NULL;
    }
    size_t from = t->p;
    while (t->p < t->src.n && !strchr(",{}()[]=:\".\n", t->src.p[t->p]))
        t->p++;
    *text = hr_str_sub(t->src, from, t->p);
    return hr_lex_bare_name(*text) ? hr_tval_new(t, HR_TVAL_TEXT, *text) : hr_tfail(t, HR_E_SYNTAX);
}

/* The group `name` inside the open one at `depth`; lines of one group stand together. */
static bool enter(reader *r, size_t depth, const hr_tval *key, hr_str name)
{
    if (depth + 1 < r->open.n && hr_str_eq(r->open.p[depth + 1].name, name))
        return true;
    if (depth + 1 >= HR_TREAD_DEPTH)
        return hr_tfail(r->t, HR_E_DEPTH);
    r->open.n = depth + 1;
    group *g = hr_vec_push(&r->open, r->t->a);
    hr_tval **objs = HR_NEW_ARRAY(r->t->a, hr_tval *, r->rows + 1);
    if (!g || !objs)
        return hr_tfail(r->t, HR_E_NOMEM);
    *g = (group){name, objs};
    for (size_t k = 0; k < r->rows; k++) {
        objs[k] = hr_tval_new(r->t, HR_TVAL_OBJECT, HR_STR_NONE);
        if (!objs[k] || !hr_tval_add(r->t, r->open.p[depth].objs[k], key, objs[k], 1))
            return false;
    }
    return true;
}

static bool cells(reader *r, const group *g, const hr_tval *key, bool str, const hr_tval **keys)
{
    hr_tread *t = r->t;
    for (size_t k = 0; k < r->rows; k++) {
        if (k > 0 && !hr_tread_skip(t, HR_STR(",")))
            break;
        if (at(t) == ',' || at(t) == '\n' || t->p >= t->src.n)
            continue;
        hr_tval *v = hr_tread_cell(t, str);
        if (!v)
            return false;
        if (keys)
            keys[k] = v;
        else if (!hr_tval_add(t, g->objs[k], key, v, 1))
            return false;
    }
    return true;
}

static bool line(reader *r, const hr_tval **keys)
{
    hr_tread *t = r->t;
    size_t depth = 0;
    for (;;) {
        hr_str text;
        hr_tval *key = segment(t, &text);
        if (!key)
            return false;
        if (hr_tread_skip(t, HR_STR("."))) {
            if (!enter(r, depth, key, text))
                return false;
            depth++;
            continue;
        }
        r->open.n = depth + 1;
        const group g = r->open.p[depth];
        if (hr_tread_skip(t, HR_STR("="))) {
            const hr_tval *v = keys ? hr_tfail(t, HR_E_SYNTAX) : hr_tread_value(t);
            for (size_t k = 0; v && k < r->rows; k++)
                if (!hr_tval_add(t, g.objs[k], key, v, 1))
                    return false;
            return v != NULL;
        }
        bool str = hr_tread_skip(t, HR_STR(":str")) || keys;
        if (!hr_tread_skip(t, HR_STR(": ")))
            return hr_tfail(t, HR_E_SYNTAX);
        return cells(r, &g, key, str, keys);
    }
}

static bool is_name(const hr_tval *v)
{
    return v && (v->kind == HR_TVAL_TEXT || (v->kind == HR_TVAL_RAW && v->s.p[0] == '"'));
}

hr_tval *hr_tread_columns(hr_tread *t, uint64_t rows, bool map)
{
    uint64_t lines;
    if (!hr_tread_count(t, &lines) || !hr_tread_skip(t, HR_STR(" lines")) || rows > MAX_ROWS)
        return hr_tfail(t, HR_E_SYNTAX);
    reader r = {.t = t, .rows = (size_t)rows};
    hr_tval *all = hr_tval_new(t, map ? HR_TVAL_OBJECT : HR_TVAL_ARRAY, HR_STR_NONE);
    const hr_tval **keys = HR_NEW_ARRAY(t->a, const hr_tval *, r.rows + 1);
    group *g = hr_vec_push(&r.open, t->a);
    hr_tval **objs = HR_NEW_ARRAY(t->a, hr_tval *, r.rows + 1);
    if (!all || !keys || !g || !objs)
        return hr_tfail(t, HR_E_NOMEM);
    g->objs = objs;
    for (size_t k = 0; k < r.rows; k++)
        if (!(objs[k] = hr_tval_new(t, HR_TVAL_OBJECT, HR_STR_NONE)))
            return NULL;
    for (uint64_t k = 0; k < lines; k++) {
        if (!hr_tread_skip(t, HR_STR("\n")))
            return hr_tfail(t, HR_E_SYNTAX);
        if (!line(&r, map && k == 0 ? keys : NULL))
            return hr_tfail(t, HR_E_SYNTAX);
    }
    for (size_t k = 0; k < r.rows; k++) {
        if (map && !is_name(keys[k]))
            return hr_tfail(t, HR_E_SYNTAX);
        if (!hr_tval_add(t, all, map ? keys[k] : NULL, objs[k], 1))
            return NULL;
    }
    return all;
}
