/* Lines that go, between lines that stay. */
#include "compress/code/code.h"

/* Smaller runs stay: the note in their place is not cheaper. */
enum { MIN_ROWS = 2, MIN_BYTES = 90 };

hr_str hr_code_rows(const hr_code_work *w, uint32_t first, uint32_t last)
{
    return hr_str_sub(w->text, w->rows[first], w->rows[last + 1]);
}

hr_str hr_code_text(const hr_code_work *w, TSNode n)
{
    return hr_str_sub(w->text, ts_node_start_byte(n), ts_node_end_byte(n));
}

hr_err hr_code_add_span(hr_code_work *w, hr_code_spans *v, uint32_t first, uint32_t last,
                        bool stays, bool statement)
{
    hr_code_span *s = hr_vec_push(v, w->a);
    if (!s)
        return HR_E_NOMEM;
    *s = (hr_code_span){.first = first, .last = last, .stays = stays, .statement = statement};
    return HR_OK;
}

bool hr_code_asked(const hr_code_work *w, hr_str name)
{
    char lower[128];
    if (name.n < 2 || name.n > sizeof lower)
        return false;
    for (size_t i = 0; i < name.n; i++)
        lower[i] = hr_lower(name.p[i]);
    return hr_map_get(&w->asked, hr_str_of(lower, name.n)) != NULL;
}

bool hr_code_keeps(hr_str comment)
{
    static const char *const marks[] = {"TODO",
                                        "FIXME",
                                        "XXX",
                                        "HACK",
                                        "WARNING",
                                        "DEPRECATED",
                                        "Deprecated",
                                        "@deprecated",
                                        "SAFETY",
                                        "# Safety",
                                        "//go:",
                                        "+build",
                                        "eslint",
                                        "@ts-",
                                        "coding:",
                                        "SPDX",
                                        "frozen_string_literal",
                                        "#!"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (hr_str_has(comment, hr_cstr(marks[i])))
            return true;
    }
    return false;
}

static bool blank(const hr_code_work *w, uint32_t row)
{
    return hr_str_trim(hr_code_rows(w, row, row)).n == 0;
}

static hr_str indent_of(const hr_code_work *w, uint32_t row)
{
    hr_str line = hr_code_rows(w, row, row);
    size_t n = 0;
    while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
        n++;
    return hr_str_sub(line, 0, n);
}

/* With the indentation of the first line that has any words. */
static void place(const hr_code_work *w, hr_code_cut *c, uint32_t first, uint32_t last)
{
    uint32_t at = first;
    while (at < last && blank(w, at))
        at++;
    c->first = first;
    c->last = last;
    c->body = UINT32_MAX;
    c->indent = indent_of(w, at);
}

/* Rows before `from` stay, so do rows `close` and behind; a span that shares a line with one that
 * stays must stay too. */
static void spread(hr_code_spans *v, uint32_t from, uint32_t close)
{
    for (size_t i = 0; i < v->n; i++) {
        hr_code_span *s = &v->p[i];
        s->stays |= s->first < from;
        if (s->stays && s->last >= from)
            from = s->last + 1;
    }
    for (size_t i = v->n; i-- > 0;) {
        hr_code_span *s = &v->p[i];
        if (s->last >= close)
            s->stays = true;
        if (s->stays && s->first < close)
            close = s->first;
    }
}

hr_err hr_code_cut_between(hr_code_work *w, hr_code_spans *v, uint32_t from, uint32_t close,
                           const hr_code_cut *pattern, size_t *cuts)
{
    spread(v, from, close);
    size_t entries = 0;
    for (size_t i = 0; i <= v->n; i++) {
        bool end = i == v->n;
        if (!end && !v->p[i].stays) {
            entries += v->p[i].statement;
            continue;
        }
        uint32_t to = end ? close : v->p[i].first;
        if (to >= from + MIN_ROWS && w->rows[to] - w->rows[from] >= MIN_BYTES) {
            hr_code_cut *c = hr_vec_push(&w->plan->cuts, w->a);
            if (!c)
                return HR_E_NOMEM;
            *c = *pattern;
            place(w, c, from, to - 1);
            if (to != close)
                c->after = HR_STR_NONE; /* it closes what ends in the last row */
            if (pattern->list)
                c->note = hr_strf(w->a, ": %zu entries", entries);
            ++*cuts;
        }
        entries = 0;
        if (!end && v->p[i].last + 1 > from)
            from = v->p[i].last + 1;
    }
    return HR_OK;
}
