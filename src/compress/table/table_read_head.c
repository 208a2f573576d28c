/* Reading the header of a table into columns. */
#include "compress/table/table_lex.h"
#include "compress/table/table_read_table.h"

static char at(const hr_tread *t)
{
    return t->p < t->src.n ? t->src.p[t->p] : 0;
}

static bool read_columns(hr_tread *t, hr_tlayout *lay, hr_tcols *into, hr_str path, bool named,
                         char close);

static bool col_name(hr_tread *t, hr_tcol *c, hr_str *text)
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

static bool add_piece(hr_tread *t, hr_tcol *c, hr_tpiece p)
{
    hr_tpiece *q = hr_vec_push(&c->pieces, t->a);
    if (!q)
        return hr_tfail(t, HR_E_NOMEM);
    *q = p;
    c->own |= p.own;
    return true;
}

/* f"…": JSON escapes are undone first, then braces are looked at. */
static bool read_pattern(hr_tread *t, hr_tcol *c)
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
        if (n > start && !add_piece(t, c, (hr_tpiece){.text = hr_str_of(lit + start, n - start)}))
            return false;
        start = n;
        hr_str path = hr_str_sub(s, i + 1, i + end);
        if (path.n == 0 && c->own)
            return hr_tfail(t, HR_E_SYNTAX);
        if (!add_piece(t, c, (hr_tpiece){.path = path, .own = path.n == 0}))
            return false;
        i += end;
    }
    return n == start || add_piece(t, c, (hr_tpiece){.text = hr_str_of(lit + start, n - start)});
}

static bool read_group(hr_tread *t, hr_tlayout *lay, hr_tcol *c, bool named)
{
    static const struct {
        hr_str open;
        hr_tcol_kind kind;
        char close;
    } groups[] = {
        {{"{", 1}, HR_TCOL_FLAT, '}'},     {{"[1]{", 4}, HR_TCOL_FLAT1, '}'},
        {{"(", 1}, HR_TCOL_TUPLE, ')'},    {{"[](", 3}, HR_TCOL_LIST, ')'},
        {{"[key](", 6}, HR_TCOL_MAP, ')'},
    };
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++) {
        if (!hr_tread_skip(t, groups[k].open))
            continue;
        c->kind = groups[k].kind;
        if (c->kind == HR_TCOL_FLAT || c->kind == HR_TCOL_FLAT1)
            return read_columns(t, lay, &c->flat, c->path, named, '}');
        c->own = true;
        c->inside = HR_NEW(t->a, hr_tlayout);
        if (!c->inside)
            return hr_tfail(t, HR_E_NOMEM);
        c->inside->map = c->kind == HR_TCOL_MAP;
        return read_columns(t, c->inside, &c->inside->columns, HR_STR_NONE, true, ')');
    }
    c->own = true;
    return true;
}

static hr_tcol *new_col(hr_tread *t, hr_tcols *into)
{
    hr_tcol *c = HR_NEW(t->a, hr_tcol);
    hr_tcol **slot = c ? hr_vec_push(into, t->a) : NULL;
    if (!slot)
        return hr_tfail(t, HR_E_NOMEM);
    *slot = c;
    return c;
}

static bool count_leaf(hr_tread *t, hr_tlayout *lay, hr_tcol *c)
{
    hr_tcol **slot = hr_vec_push(&lay->leaves, t->a);
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

static bool read_column(hr_tread *t, hr_tlayout *lay, hr_tcols *into, hr_str path, bool named)
{
    hr_str text;
    hr_tcol *c = new_col(t, into);
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
        c->kind = HR_TCOL_CONST;
        c->constant = hr_tread_value(t);
        if (!c->constant)
            return false;
    } else if (!read_group(t, lay, c, named)) {
        return false;
    }
    return c->kind == HR_TCOL_FLAT || c->kind == HR_TCOL_FLAT1 || count_leaf(t, lay, c);
}

static bool resolve(hr_tread *t, hr_tlayout *lay)
{
    for (size_t k = 0; k < lay->leaves.n; k++) {
        hr_tcol *c = lay->leaves.p[k];
        for (size_t j = 0; j < c->pieces.n; j++) {
            hr_tpiece *p = &c->pieces.p[j];
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

static bool read_columns(hr_tread *t, hr_tlayout *lay, hr_tcols *into, hr_str path, bool named,
                         char close)
{
    if (++t->depth >= HR_TREAD_DEPTH)
        return hr_tfail(t, HR_E_DEPTH);
    bool whole = into == &lay->columns;
    if (whole && lay->map && close == ')') {
        /* name[key](…): the member name is a column that the header does not repeat */
        hr_tcol *c = new_col(t, into);
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

bool hr_tread_head(hr_tread *t, hr_tlayout *lay, char close)
{
    return read_columns(t, lay, &lay->columns, HR_STR_NONE, true, close);
}
