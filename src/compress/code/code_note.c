/* What the lines that go would have said of other places: functions called, errors raised and
 * handled. */
#include "compress/code/code.h"

#include "base/buf.h"

enum {
    SHOWN = 3,
    MOST = 64,
    FEW = 8, /* lines: so short a body is read sooner than its note is used */
};

typedef struct names {
    hr_str p[MOST];
    size_t n;
    bool more; /* than were counted */
} names;

static void add(names *v, hr_str name)
{
    for (size_t i = 0; i < v->n; i++) {
        if (hr_str_eq(v->p[i], name))
            return;
    }
    if (v->n == MOST)
        v->more = true;
    else
        v->p[v->n++] = name;
}

static int by_name(const void *a, const void *b)
{
    return hr_str_cmp(*(const hr_str *)a, *(const hr_str *)b);
}

/* Next word with its dots, colons and backslashes in front; its last part. */
static bool next_word(hr_str *rest, hr_str *last, char *before)
{
    size_t at = 0;
    while (at < rest->n && !hr_code_word_char(rest->p[at]))
        at++;
    if (at == rest->n)
        return false;
    *before = at ? rest->p[at - 1] : 0;
    size_t end = at;
    for (;;) {
        size_t from = end;
        while (end < rest->n && hr_code_word_char(rest->p[end]))
            end++;
        *last = hr_str_sub(*rest, from, end);
        size_t on = end;
        while (on < rest->n && strchr(".:\\", rest->p[on]))
            on++;
        if (on == end || on >= rest->n || !hr_code_word_char(rest->p[on]) ||
            (on - end == 1 && rest->p[end] == ':'))
            break;
        end = on;
    }
    *rest = hr_str_sub(*rest, end, rest->n);
    return last->n > 0;
}

static bool is_one_of(hr_str word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (hr_str_eq(word, hr_cstr(list[i])))
            return true;
    }
    return false;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* "raise x.NotFound(name)", "throw new NotFound(": a kind of error has a capital. */
static void add_raised(names *v, hr_str statement)
{
    static const char *const words[] = {"raise", "throw", "new"};
    hr_str word;
    char before;
    while (next_word(&statement, &word, &before)) {
        if (is_one_of(word, words, sizeof words / sizeof *words))
            continue;
        if (is_upper(word.p[0]) && before != '"' && before != '\'')
            add(v, word);
        return;
    }
}

/* "except (A, b.C) as e:", "catch (final A | B e) {", "rescue A, B => e": what starts with a
 * capital up to the end of the clause's head. */
static void add_handled(names *v, const hr_code_grammar *g, hr_str clause)
{
    size_t end = 0;
    char stop = g->lang == HR_LANG_PYTHON ? ':' : g->lang == HR_LANG_RUBY ? '\n' : ')';
    while (end < clause.n && clause.p[end] != stop && clause.p[end] != '{')
        end++;
    clause = hr_str_sub(clause, 0, end);
    hr_str word;
    char before;
    while (next_word(&clause, &word, &before)) {
        if (is_upper(word.p[0]) && before != '$')
            add(v, word);
    }
}

static void write_names(hr_buf *b, const char *what, names *v)
{
    if (v->n == 0)
        return;
    qsort(v->p, v->n, sizeof *v->p, by_name);
    hr_buf_addf(b, "; %s: ", what);
    for (size_t i = 0; i < v->n && i < SHOWN; i++) {
        hr_buf_add(b, i ? HR_STR(", ") : HR_STR_NONE);
        hr_buf_add(b, v->p[i]);
    }
    if (v->n > SHOWN)
        hr_buf_addf(b, " +%zu%s more", v->n - SHOWN, v->more ? " or" : "");
}

size_t hr_code_mention_at(const hr_code_outline *o, uint32_t row)
{
    size_t lo = 0, hi = o->mentions.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (o->mentions.p[mid].row < row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

hr_str hr_code_note(const hr_code_work *w, uint32_t first, uint32_t last)
{
    const hr_code_outline *o = w->outline;
    names calls = {0}, raised = {0}, handled = {0};
    if (last - first + 1 < FEW)
        return HR_STR_NONE;
    for (size_t i = hr_code_mention_at(o, first); i < o->mentions.n && o->mentions.p[i].row <= last;
         i++) {
        const hr_code_mention *m = &o->mentions.p[i];
        if (m->role == HR_CODE_CALL && w->o->semantic_analysis && w->names &&
            hr_map_get(w->names, m->name))
            add(&calls, m->name);
        else if (m->role == HR_CODE_RAISE && w->o->preserve_error_handlers)
            add_raised(&raised, m->name);
        else if (m->role == HR_CODE_CATCH && w->o->preserve_error_handlers)
            add_handled(&handled, w->g, m->name);
    }
    hr_buf b = HR_BUF_INIT(4096);
    write_names(&b, "calls", &calls);
    write_names(&b, "raises", &raised);
    write_names(&b, "handles", &handled);
    hr_str note = b.err == HR_OK && b.n ? hr_str_dup(w->a, hr_buf_str(&b)) : HR_STR_NONE;
    hr_buf_free(&b);
    return note;
}
