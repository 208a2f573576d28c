/* Which lines of a program go: the bodies of functions nobody asked for, down to the statements in
 * them that somebody did. */
#include "compress/code.h"

enum {
    SHORT_BODY = 4,      /* bodies of this many lines stay */
    MIN_CUT = 3,         /* so do runs of fewer lines: the note in their place is not cheaper */
    NAMED_TYPE = 200,    /* a type that the query names stays whole up to this many lines */
    ERROR_TYPE = 60,     /* so does one that defines an error */
    SHORT_DOC = 3,       /* a docstring of this many lines stays */
    KEPT_STATEMENT = 30, /* a longer statement does not stay for a word in it */
};

typedef struct decision {
    const hr_code_grammar *g;
    const hr_code_items *items;
    hr_str text;
    const uint32_t *rows;
    uint32_t nrows;
    hr_query query;
    hr_arena *a;
    hr_code_plan *plan;
} decision;

/* Rows of one statement of a body. */
typedef struct span {
    uint32_t first, last;
    bool stays, statement;
    hr_str close; /* of a docstring that is cut inside: what ends it */
} span;

typedef HR_VEC(span) spans;

static hr_str rows_text(const decision *d, uint32_t first, uint32_t last)
{
    return hr_str_sub(d->text, d->rows[first], d->rows[last + 1]);
}

static bool word_char(char c)
{
    return hr_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Is `name` one of the words of the query, or a whole word inside a dotted or quoted one? */
static bool asked_for(const hr_query *q, hr_str name)
{
    if (name.n < 2)
        return false;
    for (size_t i = 0; i < q->nterms; i++) {
        if (hr_str_ieq(q->terms[i], name))
            return true;
    }
    for (size_t i = 0; i < q->nanchors; i++) {
        hr_str x = q->anchors[i];
        for (size_t from = 0, to; from < x.n; from = to + 1) {
            for (to = from; to < x.n && word_char(x.p[to]);)
                to++;
            if (hr_str_ieq(hr_str_sub(x, from, to), name))
                return true;
        }
    }
    return false;
}

static bool names_error(hr_str name)
{
    return hr_str_iends(name, HR_STR("Error")) || hr_str_iends(name, HR_STR("Exception"));
}

static bool has_note(hr_str s)
{
    static const char *const notes[] = {"TODO", "FIXME", "XXX", "HACK"};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (hr_str_has(s, hr_cstr(notes[i])))
            return true;
    }
    return false;
}

/* The quotes that end a docstring: those that open it without the letters before them. */
static hr_str closing_quotes(const decision *d, TSNode statement)
{
    if (strcmp(ts_node_type(statement), "expression_statement") != 0)
        return HR_STR_NONE;
    TSNode string = ts_node_child(statement, 0);
    if (ts_node_is_null(string) || strcmp(ts_node_type(string), "string") != 0)
        return HR_STR_NONE;
    hr_str s = hr_str_sub(d->text, ts_node_start_byte(string), ts_node_end_byte(string));
    size_t at = 0;
    while (at < s.n && hr_is_alpha(s.p[at]))
        at++;
    hr_str quotes = hr_str_sub(s, at, at + 3);
    bool triple = hr_str_eq(quotes, HR_STR("\"\"\"")) || hr_str_eq(quotes, HR_STR("'''"));
    return triple && s.n >= at + 6 && hr_str_ends(s, quotes) ? quotes : HR_STR_NONE;
}

static hr_err add_span(const decision *d, spans *v, uint32_t first, uint32_t last, bool stays,
                       bool statement)
{
    span *s = hr_vec_push(v, d->a);
    if (!s)
        return HR_E_NOMEM;
    *s = (span){.first = first, .last = last, .stays = stays, .statement = statement};
    return HR_OK;
}

/* Does a function or type from *at on bear a name that the query asks for, up to row `last`? */
static bool holds_asked(const decision *d, size_t *at, uint32_t last)
{
    bool found = false;
    for (; *at < d->items->n && d->items->p[*at].first <= last; ++*at)
        found |= asked_for(&d->query, d->items->p[*at].name);
    return found;
}

/* The first statement of a Python body, if it documents the function. True if it was one. */
static hr_err docstring(const decision *d, TSNode statement, spans *v, bool *was)
{
    hr_str quotes = closing_quotes(d, statement);
    uint32_t first = ts_node_start_point(statement).row, last = ts_node_end_point(statement).row;
    *was = quotes.n > 0;
    if (!*was)
        return HR_OK;
    if (last - first + 1 <= SHORT_DOC)
        return add_span(d, v, first, last, true, true);
    hr_str opener = hr_str_trim(rows_text(d, first, first));
    uint32_t shown = first + (hr_str_ends(opener, quotes) && opener.n <= quotes.n + 2);
    hr_err e = add_span(d, v, first, shown, true, true);
    if (e == HR_OK)
        e = add_span(d, v, shown + 1, last, false, true);
    if (e == HR_OK)
        v->p[v->n - 1].close = quotes;
    return e;
}

/* The statements of a body between its first and last line, as rows. */
static hr_err list_statements(const decision *d, uint32_t item, spans *v)
{
    const hr_code_item *it = &d->items->p[item];
    TSTreeCursor c = ts_tree_cursor_new(it->body);
    hr_err e = HR_OK;
    bool first = true;
    size_t below = item + 1;
    for (bool more = ts_tree_cursor_goto_first_child(&c); more && e == HR_OK;
         more = ts_tree_cursor_goto_next_sibling(&c)) {
        TSNode n = ts_tree_cursor_current_node(&c);
        if (!ts_node_is_named(n) && !d->g->bare)
            continue; /* braces and semicolons */
        if (first && d->g->lang == HR_LANG_PYTHON && ts_node_is_named(n)) {
            bool was;
            first = false;
            e = docstring(d, n, v, &was);
            if (was)
                continue;
        }
        uint32_t from = ts_node_start_point(n).row;
        TSPoint end = ts_node_end_point(n);
        uint32_t to = end.column == 0 && end.row > from ? end.row - 1 : end.row;
        bool comment = strstr(ts_node_type(n), "comment") != NULL;
        bool stays = comment && has_note(rows_text(d, from, to));
        stays |= !comment && to - from < KEPT_STATEMENT &&
                 hr_query_anchor_in(&d->query, rows_text(d, from, to));
        stays |= holds_asked(d, &below, to);
        e = e == HR_OK ? add_span(d, v, from, to, stays, !comment) : e;
    }
    ts_tree_cursor_delete(&c);
    return e;
}

static hr_str indent_of(const decision *d, uint32_t row)
{
    hr_str line = rows_text(d, row, row);
    size_t n = 0;
    while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
        n++;
    return hr_str_sub(line, 0, n);
}

static bool blank(const decision *d, uint32_t row)
{
    return hr_str_trim(rows_text(d, row, row)).n == 0;
}

static hr_err cut(const decision *d, uint32_t first, uint32_t last, hr_str close, bool filler)
{
    if (last < first || last - first + 1 < MIN_CUT)
        return HR_OK;
    hr_code_cut *c = hr_vec_push(&d->plan->cuts, d->a);
    if (!c)
        return HR_E_NOMEM;
    uint32_t at = first;
    while (at < last && blank(d, at))
        at++;
    *c = (hr_code_cut){.first = first, .last = last, .indent = indent_of(d, at)};
    if (close.n) {
        c->after = close;
    } else {
        c->before =
            filler ? hr_strf(d->a, "%s%s", d->g->filler, d->g->comment) : hr_cstr(d->g->comment);
        if (c->before.n == 0)
            return HR_E_NOMEM;
    }
    return HR_OK;
}

/* Rows `open` and before stay, so do rows `close` and behind; a statement that shares a line with
 * one that stays must stay too. */
static void spread(spans *v, uint32_t open, uint32_t close)
{
    uint32_t reach = open;
    for (size_t i = 0; i < v->n; i++) {
        span *s = &v->p[i];
        s->stays |= s->first <= reach;
        if (s->stays && s->last > reach)
            reach = s->last;
    }
    reach = close;
    for (size_t i = v->n; i-- > 0;) {
        span *s = &v->p[i];
        if (s->last >= reach)
            s->stays = true;
        if (s->stays && s->first < reach)
            reach = s->first;
    }
}

static hr_err cut_body(const decision *d, uint32_t item)
{
    const hr_code_item *it = &d->items->p[item];
    TSPoint end = ts_node_end_point(it->body);
    uint32_t last = end.column == 0 && end.row > it->head ? end.row - 1 : end.row;
    /* `close` is the first row behind the body's own lines. */
    uint32_t close = d->g->bare ? last + 1 : last;
    if (d->g->lang == HR_LANG_RUBY && close > it->last)
        close = it->last;
    if (close > d->nrows || close <= it->head + 1 || close - it->head - 1 <= SHORT_BODY)
        return HR_OK;
    spans v = {0};
    hr_err e = list_statements(d, item, &v);
    if (e != HR_OK || v.n == 0)
        return e;
    spread(&v, it->head, close);
    bool filler = d->g->filler[0] != 0;
    for (size_t i = 0; i < v.n; i++)
        filler &= !(v.p[i].stays && v.p[i].statement);
    size_t before = d->plan->cuts.n;
    uint32_t from = it->head + 1;
    hr_str quotes = HR_STR_NONE;
    for (size_t i = 0; i <= v.n && e == HR_OK; i++) {
        bool end_of_body = i == v.n;
        if (!end_of_body && !v.p[i].stays) {
            if (v.p[i].close.n) { /* the docstring's own lines begin here */
                from = v.p[i].first;
                quotes = v.p[i].close;
            }
            continue;
        }
        uint32_t to = end_of_body ? close : v.p[i].first;
        e = cut(d, from, to ? to - 1 : 0, quotes, filler && !quotes.n);
        quotes = HR_STR_NONE;
        if (!end_of_body && v.p[i].last + 1 > from)
            from = v.p[i].last + 1;
    }
    if (d->plan->cuts.n > before)
        d->plan->emptied++;
    return e;
}

/* A function that only holds others is looked into: a module in a function, a test suite. */
static bool looked_into(const decision *d, const hr_code_item *it)
{
    if (it->inner == 0)
        return false;
    return it->name.n == 0 || it->inner >= 8 || (it->last - it->first) * 2 > d->nrows;
}

static bool swallowed(const hr_code_plan *p, const hr_code_item *it, size_t *at)
{
    while (*at < p->cuts.n && p->cuts.p[*at].last < it->first)
        ++*at;
    return *at < p->cuts.n && p->cuts.p[*at].first <= it->first;
}

hr_err hr_code_decide(const hr_code_grammar *g, const hr_code_items *items, hr_str text,
                      const uint32_t *rows, uint32_t nrows, hr_str query, hr_arena *a,
                      hr_code_plan *out)
{
    decision d = {g, items, text, rows, nrows, {0}, a, out};
    hr_query_parse(query, a, &d.query);
    uint32_t free_from = 0; /* rows before this one are decided: cut or to stay */
    for (uint32_t i = 0; i < items->n; i++) {
        const hr_code_item *it = &items->p[i];
        if (it->role != HR_CODE_TYPE)
            out->functions += it->has_body;
        if (it->first < free_from || it->last >= nrows)
            continue;
        bool asked = asked_for(&d.query, it->name);
        uint32_t length = it->last - it->first + 1;
        if (it->role == HR_CODE_TYPE) {
            if ((asked && length <= NAMED_TYPE) || (names_error(it->name) && length <= ERROR_TYPE))
                free_from = it->last + 1;
            continue;
        }
        if (!it->has_body || it->broken || looked_into(&d, it))
            continue;
        if (!asked) {
            hr_err e = cut_body(&d, i);
            if (e != HR_OK)
                return e;
        }
        free_from = it->last + 1;
    }
    size_t at = 0;
    for (uint32_t i = 0; i < items->n; i++)
        out->remaining += !swallowed(out, &items->p[i], &at);
    return HR_OK;
}
