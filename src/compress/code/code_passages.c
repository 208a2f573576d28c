/* Long comments, docstrings and lists of data: their beginning stays, and what somebody asks for.
 */
#include "compress/code/code.h"

enum {
    SUMMARY = 2,      /* lines of a comment that its first sentence may take */
    DATA_LINES = 24,  /* shorter lists stay */
    DATA_ENTRIES = 8, /* so do lists of fewer entries */
    DATA_HEAD = 3,    /* entries that show what the list is about, and the last one */
    NEAR = 8,         /* what stands so many lines below a comment may be what it is about */
    LONG_ENTRY = 30,  /* a longer entry does not stay for a word in it */
    NAMED_DOC = 100,  /* a longer comment is shortened, whatever it is about */
};

/* What a line of a comment says, without its marks. */
static hr_str words_of(hr_str line)
{
    line = hr_str_trim(line);
    size_t from = 0, to = line.n;
    while (from < to && strchr("/*#!-=;\"' \t", line.p[from]))
        from++;
    while (to > from && strchr("/*#=- \t\"'", line.p[to - 1]))
        to--;
    return hr_str_sub(line, from, to);
}

/* The last row of what a comment says first: its first sentence, where that ends soon. */
static uint32_t summary_end(const hr_code_work *w, uint32_t first, uint32_t last)
{
    uint32_t row = first, said = 0;
    for (; row <= last; row++) {
        hr_str line = hr_code_rows(w, row, row), s = words_of(line);
        if (s.n == 0 && said)
            return row - 1;
        if (s.n == 0 || (said == 0 && hr_code_keeps(line)))
            continue; /* an opener, a ruler, a word to a tool */
        if (++said == SUMMARY || strchr(".!?:", s.p[s.n - 1]))
            return row;
    }
    return last;
}

/* Rows first..last are a comment or docstring whose end stands in row `close`; `pattern` says how
 * its notes look. */
static hr_err shorten(hr_code_work *w, uint32_t first, uint32_t last, uint32_t close,
                      const hr_code_cut *pattern)
{
    hr_code_spans v = {0};
    first = summary_end(w, first, last) + 1;
    for (uint32_t row = first; row < close; row++) {
        hr_str line = hr_code_rows(w, row, row);
        bool stays = hr_code_keeps(line) || hr_query_anchor_in(&w->query, line);
        hr_err e = hr_code_add_span(w, &v, row, row, stays, false);
        if (e != HR_OK)
            return e;
    }
    size_t cuts = 0;
    hr_err e = hr_code_cut_between(w, &v, first, close, pattern, &cuts);
    w->plan->comments += cuts > 0;
    return e;
}

/* Is there nothing but the passage on its lines? */
static bool alone(const hr_code_work *w, const hr_code_passage *p)
{
    uint32_t start = ts_node_start_byte(p->node), end = ts_node_end_byte(p->node);
    hr_str before = hr_str_sub(w->text, w->rows[p->first], start);
    return hr_str_trim(before).n == 0 &&
           (end >= w->rows[p->last + 1] ||
            hr_str_trim(hr_str_sub(w->text, end, w->rows[p->last + 1])).n == 0);
}

/* Does a comment in rows first..last belong to something that the query names? */
static bool about_asked(const hr_code_work *w, uint32_t next, uint32_t first, uint32_t last)
{
    const hr_code_items *items = &w->outline->items;
    if (last - first >= NAMED_DOC)
        return false;
    if (next < items->n && items->p[next].first > last && items->p[next].first <= last + NEAR &&
        hr_code_asked(w, items->p[next].name))
        return true;
    /* A declaration without a body is no item: its first line says what it declares. */
    return last + 1 < w->nrows &&
           hr_query_anchor_in(&w->query, hr_code_rows(w, last + 1, last + 1));
}

static bool is_block(hr_str comment)
{
    return hr_str_starts(comment, HR_STR("/*")) || hr_str_starts(comment, HR_STR("=begin"));
}

/* Docstrings, and comments in the form that documentation tools read. */
static bool documents(const hr_code_work *w, const hr_code_passage *p)
{
    hr_str s = hr_code_text(w, p->node);
    return p->role == HR_CODE_DOCSTRING || hr_str_starts(s, HR_STR("/**")) ||
           hr_str_starts(s, HR_STR("///")) || hr_str_starts(s, HR_STR("//!"));
}

/* The whole comment goes; a docstring leaves a statement behind. */
static hr_err drop(hr_code_work *w, const hr_code_passage *p, uint32_t last)
{
    hr_code_spans v = {0};
    hr_code_cut pattern = {.before = hr_cstr(w->g->comment)};
    if (p->role == HR_CODE_DOCSTRING)
        pattern.before = hr_strf(w->a, "%s%s", w->g->filler, w->g->comment);
    size_t cuts = 0;
    hr_err e = hr_code_cut_between(w, &v, p->first, last + 1, &pattern, &cuts);
    w->plan->comments += cuts > 0;
    return e;
}

/* One block comment, or lines of comments one below the other: passages i..j-1. */
static hr_err shorten_comment(hr_code_work *w, size_t i, size_t j)
{
    const hr_code_passage *p = &w->outline->passages.p[i];
    uint32_t first = p->first, last = w->outline->passages.p[j - 1].last;
    hr_code_cut pattern = {.before = hr_cstr(w->g->comment)};
    uint32_t close = last + 1;
    if (is_block(hr_code_text(w, p->node))) {
        hr_str second = hr_str_trim(hr_code_rows(w, first + 1, first + 1));
        hr_str end = hr_str_trim(hr_code_rows(w, last, last));
        pattern.before = hr_str_starts(second, HR_STR("*")) ? HR_STR("* ") : HR_STR_NONE;
        /* The end of the comment stays, whatever else its line says. */
        close = last;
        if (words_of(end).n && hr_str_ends(end, HR_STR("*/"))) {
            pattern.after = HR_STR(" */");
            close = last + 1;
        }
    }
    return shorten(w, first, last, close, &pattern);
}

/* Passages from i on that read as one comment; returns the first behind them. */
static size_t comment_run(const hr_code_work *w, size_t i)
{
    const hr_code_passage *p = w->outline->passages.p;
    size_t j = i + 1;
    if (is_block(hr_code_text(w, p[i].node)))
        return j;
    uint32_t column = ts_node_start_point(p[i].node).column;
    while (j < w->outline->passages.n && p[j].role == HR_CODE_COMMENT &&
           p[j].first == p[j - 1].last + 1 && p[j].last < w->nrows && alone(w, &p[j]) &&
           ts_node_start_point(p[j].node).column == column && !is_block(hr_code_text(w, p[j].node)))
        j++;
    return j;
}

static hr_err shorten_docstring(hr_code_work *w, const hr_code_passage *p)
{
    hr_str s = hr_code_text(w, p->node);
    size_t at = 0;
    while (at < s.n && hr_is_alpha(s.p[at]))
        at++;
    hr_str quotes = hr_str_sub(s, at, at + 3);
    if ((!hr_str_eq(quotes, HR_STR("\"\"\"")) && !hr_str_eq(quotes, HR_STR("'''"))) ||
        !hr_str_ends(s, quotes))
        return HR_OK;
    hr_str end = hr_str_trim(hr_code_rows(w, p->last, p->last));
    bool bare = hr_str_eq(end, quotes);
    hr_code_cut pattern = {.after = bare ? HR_STR_NONE : quotes};
    return shorten(w, p->first, p->last, p->last + !bare, &pattern);
}

static hr_err list_entries(hr_code_work *w, TSNode list, hr_code_spans *v, size_t *entries)
{
    TSTreeCursor c = ts_tree_cursor_new(list);
    hr_err e = HR_OK;
    for (bool more = ts_tree_cursor_goto_first_child(&c); more && e == HR_OK;
         more = ts_tree_cursor_goto_next_sibling(&c)) {
        TSNode n = ts_tree_cursor_current_node(&c);
        if (!ts_node_is_named(n))
            continue;
        uint32_t first = ts_node_start_point(n).row, last = hr_code_last_row(n);
        bool comment = strstr(ts_node_type(n), "comment") != NULL, stays;
        if (comment)
            stays = hr_code_keeps(hr_code_text(w, n));
        else
            stays = *entries < DATA_HEAD || (last - first < LONG_ENTRY &&
                                             hr_query_anchor_in(&w->query, hr_code_text(w, n)));
        *entries += !comment;
        e = hr_code_add_span(w, v, first, last, stays, !comment);
    }
    ts_tree_cursor_delete(&c);
    return e;
}

/* Entries in the middle of a long list go; a list that holds functions is a program. */
static hr_err shorten_data(hr_code_work *w, const hr_code_passage *p)
{
    const hr_code_items *items = &w->outline->items;
    if (p->last - p->first < DATA_LINES || ts_node_has_error(p->node) ||
        (p->next < items->n && items->p[p->next].first <= p->last))
        return HR_OK;
    hr_code_spans v = {0};
    size_t entries = 0, cuts = 0, last = 0;
    hr_err e = list_entries(w, p->node, &v, &entries);
    if (e != HR_OK || entries < DATA_ENTRIES)
        return e; /* the few it holds may be long lists */
    for (size_t i = 0; i < v.n; i++)
        last = v.p[i].statement ? i : last;
    v.p[last].stays = true;
    hr_code_cut pattern = {.before = hr_cstr(w->g->comment), .list = true};
    e = hr_code_cut_between(w, &v, p->first + 1, p->last, &pattern, &cuts);
    w->plan->lists += cuts > 0;
    memset(w->done + p->first, 1, p->last - p->first + 1);
    return e;
}

hr_err hr_code_decide_passages(hr_code_work *w)
{
    const hr_code_passage *p = w->outline->passages.p;
    hr_err e = HR_OK;
    for (size_t i = 0, j; i < w->outline->passages.n && e == HR_OK; i = j) {
        bool comment = p[i].role == HR_CODE_COMMENT;
        j = i + 1;
        if (p[i].last >= w->nrows || (comment && !alone(w, &p[i])))
            continue;
        if (comment)
            j = comment_run(w, i);
        uint32_t last = p[j - 1].last;
        if (last - p[i].first < 2 || w->done[p[i].first] || w->done[last])
            continue;
        hr_docstrings mode = documents(w, &p[i]) ? w->o->docstring_mode : HR_DOCSTRINGS_FIRST_LINE;
        if (p[i].role == HR_CODE_DATA)
            e = shorten_data(w, &p[i]);
        else if (mode == HR_DOCSTRINGS_FULL || (comment && !w->o->compress_comments) ||
                 about_asked(w, p[i].next, p[i].first, last))
            continue;
        else if (mode == HR_DOCSTRINGS_NONE)
            e = drop(w, &p[i], last);
        else if (comment)
            e = shorten_comment(w, i, j);
        else
            e = shorten_docstring(w, &p[i]);
    }
    return e;
}
