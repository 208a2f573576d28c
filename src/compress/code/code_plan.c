/* Which lines of a program go: the bodies of functions nobody asked for, down to the statements in
 * them that somebody did. */
#include "compress/code/code.h"

enum {
    NAMED_TYPE = 200,    /* a type that the query names stays whole up to this many lines */
    ERROR_TYPE = 60,     /* so does one that defines an error */
    KEPT_STATEMENT = 30, /* a longer statement does not stay for a word in it */
};

static bool names_error(hr_str name)
{
    return hr_str_iends(name, HR_STR("Error")) || hr_str_iends(name, HR_STR("Exception"));
}

/* Does a function or type from *at on bear a name that the query asks for, up to row `last`? */
static bool holds_asked(const hr_code_work *w, size_t *at, uint32_t last)
{
    const hr_code_items *items = &w->outline->items;
    bool found = false;
    for (; *at < items->n && items->p[*at].first <= last; ++*at)
        found |= hr_code_asked(w, items->p[*at].name);
    return found;
}

/* Is something called from *at on that the query names, up to row `last`? */
static bool calls_asked(const hr_code_work *w, size_t *at, uint32_t last)
{
    const hr_code_outline *o = w->outline;
    bool found = false;
    for (; *at < o->mentions.n && o->mentions.p[*at].row <= last; ++*at)
        found |=
            o->mentions.p[*at].role == HR_CODE_CALL && hr_code_asked(w, o->mentions.p[*at].name);
    return found;
}

/* Is this first statement of a body what documents the function? It stays a passage of its own. */
static bool is_docstring(const hr_code_work *w, TSNode statement)
{
    if (w->g->lang != HR_LANG_PYTHON || ts_node_child_count(statement) != 1 ||
        strcmp(ts_node_type(statement), "expression_statement") != 0)
        return false;
    return strcmp(ts_node_type(ts_node_child(statement, 0)), "string") == 0;
}

/* The statements of a body between its first and last line, as rows. *doc_end: the last row of a
 * docstring, 0 if there is none. */
static hr_err list_statements(hr_code_work *w, uint32_t item, hr_code_spans *v, uint32_t *doc_end)
{
    TSTreeCursor c = ts_tree_cursor_new(w->outline->items.p[item].body);
    hr_err e = HR_OK;
    bool first = true;
    size_t below = item + 1, call = hr_code_mention_at(w->outline, w->outline->items.p[item].head);
    for (bool more = ts_tree_cursor_goto_first_child(&c); more && e == HR_OK;
         more = ts_tree_cursor_goto_next_sibling(&c)) {
        TSNode n = ts_tree_cursor_current_node(&c);
        if (!ts_node_is_named(n) && !w->g->bare)
            continue; /* braces and semicolons */
        uint32_t from = ts_node_start_point(n).row, to = hr_code_last_row(n);
        bool comment = strstr(ts_node_type(n), "comment") != NULL, stays;
        hr_str text = hr_code_text(w, n);
        bool asked = calls_asked(w, &call, to);
        if (comment) {
            stays = !w->o->compress_comments || hr_code_keeps(text);
        } else if (first && is_docstring(w, n)) {
            stays = true;
            *doc_end = to;
        } else {
            stays = to - from < KEPT_STATEMENT && (asked || hr_query_anchor_in(&w->query, text));
        }
        first &= comment;
        stays |= holds_asked(w, &below, to);
        e = hr_code_add_span(w, v, from, to, stays, !comment);
    }
    ts_tree_cursor_delete(&c);
    return e;
}

/* Counts the body and says which of the cuts from `before` on are its own. */
static hr_err note_body(hr_code_work *w, uint32_t item, size_t before)
{
    hr_code_plan *p = w->plan;
    if (p->cuts.n == before)
        return HR_OK;
    hr_code_body *b = hr_vec_push(&p->bodies, w->a);
    if (!b)
        return HR_E_NOMEM;
    b->item = item;
    for (size_t i = before; i < p->cuts.n; i++) {
        p->cuts.p[i].body = (uint32_t)p->bodies.n - 1;
        b->rows += p->cuts.p[i].last - p->cuts.p[i].first + 1;
    }
    return HR_OK;
}

static hr_err cut_body(hr_code_work *w, uint32_t item)
{
    const hr_code_item *it = &w->outline->items.p[item];
    TSPoint end = ts_node_end_point(it->body);
    uint32_t last = end.column == 0 && end.row > it->head ? end.row - 1 : end.row;
    /* `close` is the first row behind the body's own lines. */
    uint32_t close = w->g->bare ? last + 1 : last, doc_end = 0;
    if (w->g->lang == HR_LANG_RUBY && close > it->last)
        close = it->last;
    memset(w->done + it->first, 1, it->last - it->first + 1);
    if (close > w->nrows || close <= it->head + 1 || close - it->head - 1 <= w->o->max_body_lines)
        return HR_OK;
    hr_code_spans v = {0};
    hr_err e = list_statements(w, item, &v, &doc_end);
    if (e != HR_OK || v.n == 0)
        return e;
    if (doc_end > it->head && doc_end <= it->last)
        memset(w->done + it->head + 1, 0, doc_end - it->head);
    bool filler = w->g->filler != NULL;
    for (size_t i = 0; i < v.n; i++)
        filler &= !(v.p[i].stays && v.p[i].statement);
    hr_code_cut pattern = {.before = hr_cstr(w->g->comment)};
    if (filler)
        pattern.before = hr_strf(w->a, "%s%s", w->g->filler, w->g->comment);
    size_t before = w->plan->cuts.n, cuts = 0;
    e = pattern.before.n ? hr_code_cut_between(w, &v, it->head + 1, close, &pattern, &cuts)
                         : HR_E_NOMEM;
    return e == HR_OK ? note_body(w, item, before) : e;
}

/* A function that only holds others is looked into: a module in a function, a test suite. */
static bool looked_into(const hr_code_work *w, const hr_code_item *it)
{
    if (it->inner == 0)
        return false;
    return it->name.n == 0 || it->inner >= 8 || (it->last - it->first) * 2 > w->nrows;
}

static hr_err decide_items(hr_code_work *w)
{
    const hr_code_items *items = &w->outline->items;
    uint32_t free_from = 0; /* rows before this one are decided: cut or to stay */
    for (uint32_t i = 0; i < items->n; i++) {
        const hr_code_item *it = &items->p[i];
        if (it->role != HR_CODE_TYPE)
            w->plan->functions += it->has_body;
        if (it->first < free_from || it->last >= w->nrows)
            continue;
        uint32_t length = it->last - it->first + 1;
        bool stays = hr_code_asked(w, it->name);
        if (it->role == HR_CODE_TYPE) {
            stays =
                (stays && length <= NAMED_TYPE) || (names_error(it->name) && length <= ERROR_TYPE);
            if (!stays)
                continue;
        } else if (!it->has_body || it->broken || looked_into(w, it)) {
            continue;
        }
        free_from = it->last + 1;
        if (stays) {
            memset(w->done + it->first, 1, length);
            continue;
        }
        hr_err e = cut_body(w, i);
        if (e != HR_OK)
            return e;
    }
    return HR_OK;
}

static int by_row(const void *a, const void *b)
{
    const hr_code_cut *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

typedef struct wish {
    uint64_t calls;
    uint32_t body;
} wish;

static int by_calls(const void *a, const void *b)
{
    const wish *x = a, *y = b;
    if (x->calls != y->calls)
        return x->calls > y->calls ? -1 : 1;
    return x->body < y->body ? -1 : 1;
}

/* While fewer lines stay than are wanted, bodies come back: those called most first. */
static hr_err keep_wanted(hr_code_work *w)
{
    hr_code_plan *p = w->plan;
    uint64_t wanted = (uint64_t)(w->o->target_compression_rate * (double)w->nrows);
    uint64_t staying = w->nrows - p->gone;
    if (staying >= wanted || p->bodies.n == 0)
        return HR_OK;
    wish *wishes = HR_NEW_ARRAY(w->a, wish, p->bodies.n);
    if (!wishes)
        return HR_E_NOMEM;
    for (uint32_t i = 0; i < p->bodies.n; i++) {
        hr_str name = w->outline->items.p[p->bodies.p[i].item].name;
        hr_map_entry *m = w->names && name.n ? hr_map_get(w->names, name) : NULL;
        wishes[i] = (wish){m ? m->value : 0, i};
    }
    qsort(wishes, p->bodies.n, sizeof *wishes, by_calls);
    for (size_t i = 0; i < p->bodies.n; i++) {
        hr_code_body *b = &p->bodies.p[wishes[i].body];
        if (staying + b->rows > wanted)
            continue;
        b->stays = true;
        staying += b->rows;
    }
    size_t n = 0;
    for (size_t i = 0; i < p->cuts.n; i++) {
        if (p->cuts.p[i].body == UINT32_MAX || !p->bodies.p[p->cuts.p[i].body].stays)
            p->cuts.p[n++] = p->cuts.p[i];
    }
    p->cuts.n = n;
    p->gone = w->nrows - staying;
    return HR_OK;
}

static bool swallowed(const hr_code_plan *p, const hr_code_item *it, size_t *at)
{
    while (*at < p->cuts.n && p->cuts.p[*at].last < it->first)
        ++*at;
    return *at < p->cuts.n && p->cuts.p[*at].first <= it->first;
}

/* The words of the query, whatever their number: names are looked up among them. */
static hr_err learn_query(hr_code_work *w, hr_str query)
{
    hr_query_parse(query, w->a, &w->query);
    hr_map_init(&w->asked, w->a);
    for (size_t from = 0, to; from < query.n; from = to + 1) {
        for (to = from; to < query.n && hr_code_word_char(query.p[to]);)
            to++;
        bool fresh;
        char *word = to - from > 1 ? hr_alloc(w->a, to - from) : NULL;
        for (size_t i = from; word && i < to; i++)
            word[i - from] = hr_lower(query.p[i]);
        hr_str lower = hr_str_of(word, to - from);
        if (word && !hr_stop_word(lower) && !hr_map_put(&w->asked, lower, &fresh))
            return HR_E_NOMEM;
    }
    return HR_OK;
}

/* Every name, and how often it is called: notes tell, and what is called most is wanted most. */
static hr_err learn_names(hr_code_work *w)
{
    hr_map *names = HR_NEW_ARRAY(w->a, hr_map, 1);
    if (!names)
        return HR_E_NOMEM;
    hr_map_init(names, w->a);
    bool fresh;
    for (size_t i = 0; i < w->outline->items.n; i++) {
        hr_str name = w->outline->items.p[i].name;
        if (name.n > 1 && !hr_map_put(names, name, &fresh))
            return HR_E_NOMEM;
    }
    for (size_t i = 0; i < w->outline->mentions.n; i++) {
        const hr_code_mention *m = &w->outline->mentions.p[i];
        hr_map_entry *known = m->role == HR_CODE_CALL ? hr_map_get(names, m->name) : NULL;
        if (known)
            known->value++;
    }
    w->names = names;
    return HR_OK;
}

hr_err hr_code_decide(hr_code_work *w, hr_str query)
{
    hr_code_plan *p = w->plan;
    w->done = HR_NEW_ARRAY(w->a, uint8_t, w->nrows + 1);
    hr_err e = w->done ? learn_query(w, query) : HR_E_NOMEM;
    if (e == HR_OK)
        e = learn_names(w);
    if (e == HR_OK)
        e = decide_items(w);
    if (e == HR_OK)
        e = hr_code_decide_passages(w);
    if (e != HR_OK)
        return e;
    for (size_t i = 0; i < p->cuts.n; i++)
        p->gone += p->cuts.p[i].last - p->cuts.p[i].first + 1;
    e = keep_wanted(w);
    if (e != HR_OK)
        return e;
    for (size_t i = 0; i < p->bodies.n; i++)
        p->emptied += !p->bodies.p[i].stays;
    for (size_t i = 0; i < p->cuts.n; i++) {
        hr_code_cut *c = &p->cuts.p[i];
        if (c->body != UINT32_MAX)
            c->note = hr_code_note(w, c->first, c->last);
    }
    if (p->cuts.n)
        qsort(p->cuts.p, p->cuts.n, sizeof *p->cuts.p, by_row);
    size_t at = 0;
    for (uint32_t i = 0; i < w->outline->items.n; i++)
        p->remaining += !swallowed(p, &w->outline->items.p[i], &at);
    return HR_OK;
}
