/* Lines back from their forms; see log_lossless.h for the format. */
#include "compress/log/log_lossless.h"

enum { MAX_FORMS = 26 * 27, MAX_PLACES = HR_TPL_TOKENS, CLOCK_MAX = 96 };

typedef struct form {
    hr_str text;
    size_t places;
    bool *clock;  /* of each place: is it a time? */
    hr_str *last; /* value of each place in the line before */
    bool seen;
} form;

typedef struct reader {
    hr_arena *a;
    hr_buf *out;
    form *forms;
    hr_str eol;
    size_t line, line_end; /* the line written last, without its end */
    size_t lines;
    hr_str clock; /* the time read last */
} reader;

/* Index of the form named at the start of s, and the bytes of its name; 0 bytes for none. */
static size_t form_name(hr_str s, size_t *index)
{
    size_t n = 0;
    while (n < s.n && n < 3 && s.p[n] >= 'a' && s.p[n] <= 'z')
        n++;
    if (n == 0 || n > 2 || (n < s.n && s.p[n] != ':' && s.p[n] != '|'))
        return 0;
    *index =
        n == 1 ? (size_t)(s.p[0] - 'a') : 26 + (size_t)(s.p[0] - 'a') * 26 + (size_t)(s.p[1] - 'a');
    return n;
}

/* Where the next place of a form is, SIZE_MAX if there is none, and how many bytes stand for it. */
static size_t next_place(hr_str s, size_t *bytes)
{
    size_t open = 0;
    while (open + 1 < s.n) {
        size_t hit = hr_str_find_char(hr_str_sub(s, open, s.n), '{');
        if (hit == SIZE_MAX)
            return SIZE_MAX;
        open += hit;
        hr_str rest = hr_str_sub(s, open, s.n);
        *bytes = hr_str_starts(rest, HR_STR("{}")) ? 2 : hr_str_starts(rest, HR_STR("{@}")) ? 3 : 0;
        if (*bytes)
            return open;
        open++;
    }
    return SIZE_MAX;
}

static hr_err define(reader *r, size_t index, hr_str text)
{
    form *f = &r->forms[index];
    if (f->text.p || !hr_str_starts(text, HR_STR(": ")))
        return HR_E_SYNTAX;
    f->text = hr_str_sub(text, 2, text.n);
    f->clock = HR_NEW_ARRAY(r->a, bool, MAX_PLACES);
    if (!f->clock)
        return HR_E_NOMEM;
    for (size_t at = 0, hit, bytes; at < f->text.n; at += hit + bytes) {
        hit = next_place(hr_str_sub(f->text, at, f->text.n), &bytes);
        if (hit == SIZE_MAX)
            break;
        if (f->places == MAX_PLACES)
            return HR_E_SYNTAX;
        f->clock[f->places++] = bytes == 3;
    }
    f->last = HR_NEW_ARRAY(r->a, hr_str, f->places + 1);
    return f->last ? HR_OK : HR_E_NOMEM;
}

static void start(reader *r)
{
    if (r->lines++)
        hr_buf_add(r->out, r->eol);
    r->line = r->out->n;
}

/* The end of a time, which replaces that of the last one; behind "=" and at first all of it. */
static hr_err read_clock(reader *r, hr_str v)
{
    if (v.n == 0)
        return r->clock.n ? HR_OK : HR_E_SYNTAX;
    bool whole = r->clock.n == 0 || v.p[0] == '=';
    if (r->clock.n && whole)
        v = hr_str_sub(v, 1, v.n);
    if (v.n == 0 || v.n > CLOCK_MAX || (!whole && v.n > r->clock.n))
        return HR_E_SYNTAX;
    char *p = hr_alloc(r->a, CLOCK_MAX);
    if (!p)
        return HR_E_NOMEM;
    size_t kept = whole ? 0 : r->clock.n - v.n;
    if (kept)
        memcpy(p, r->clock.p, kept);
    memcpy(p + kept, v.p, v.n);
    r->clock = hr_str_of(p, kept + v.n);
    return HR_OK;
}

static hr_err values(reader *r, size_t index, hr_str rest)
{
    form *f = &r->forms[index];
    if (!f->text.p)
        return HR_E_SYNTAX;
    size_t given = 0;
    hr_err e = HR_OK;
    for (; rest.n && rest.p[0] == '|' && e == HR_OK; given++) {
        size_t end = 1;
        while (end < rest.n && rest.p[end] != '|')
            end++;
        if (given >= f->places)
            return HR_E_SYNTAX;
        hr_str v = hr_str_sub(rest, 1, end);
        if (f->clock[given])
            e = read_clock(r, v);
        else if (v.n)
            f->last[given] = v;
        else if (!f->seen)
            return HR_E_SYNTAX;
        rest = hr_str_sub(rest, end, rest.n);
    }
    if (rest.n && e == HR_OK)
        return HR_E_SYNTAX;
    for (size_t k = 0; k < f->places && e == HR_OK; k++) {
        if (f->clock[k] ? r->clock.n == 0 : k >= given && !f->seen)
            return HR_E_SYNTAX;
    }
    if (e != HR_OK)
        return e;
    f->seen = true;
    start(r);
    size_t at = 0;
    for (size_t k = 0; k < f->places; k++) {
        size_t bytes = 0, hit = next_place(hr_str_sub(f->text, at, f->text.n), &bytes);
        hr_buf_add(r->out, hr_str_sub(f->text, at, at + hit));
        hr_buf_add(r->out, f->clock[k] ? r->clock : f->last[k]);
        at += hit + bytes;
    }
    hr_buf_add(r->out, hr_str_sub(f->text, at, f->text.n));
    r->line_end = r->out->n;
    return HR_OK;
}

static hr_err repeat(reader *r, hr_str digits, size_t lines)
{
    uint64_t n;
    if (r->lines == 0 || !hr_str_u64(digits, &n) || n > lines)
        return HR_E_SYNTAX;
    hr_str line = hr_str_dup(r->a, hr_str_sub(hr_buf_str(r->out), r->line, r->line_end));
    if (!line.p)
        return HR_E_NOMEM;
    for (uint64_t i = 0; i < n && r->out->err == HR_OK; i++) {
        start(r);
        hr_buf_add(r->out, line);
        r->line_end = r->out->n;
    }
    return HR_OK;
}

/* "[log of N lines, …]": the number of lines and whether they end in CR LF. */
static bool head(hr_str s, uint64_t *lines, bool *crlf)
{
    hr_str opening = HR_STR("[log of ");
    if (!hr_str_starts(s, opening) || s.p[s.n - 1] != ']')
        return false;
    s = hr_str_sub(s, opening.n, s.n);
    size_t space = hr_str_find_char(s, ' ');
    *crlf = hr_str_ends(s, HR_STR("; CRLF]"));
    return space != SIZE_MAX && hr_str_u64(hr_str_sub(s, 0, space), lines) &&
           hr_str_starts(hr_str_sub(s, space, s.n), HR_STR(" lines, nothing left out: "));
}

hr_err hr_log_decode(hr_str text, hr_arena *a, hr_buf *out)
{
    reader r = {.a = a, .out = out, .forms = HR_NEW_ARRAY(a, form, MAX_FORMS)};
    hr_str rest = text, s;
    uint64_t lines;
    bool crlf;
    if (!r.forms)
        return HR_E_NOMEM;
    if (!hr_str_line(&rest, &s) || !head(s, &lines, &crlf))
        return HR_E_SYNTAX;
    r.eol = crlf ? HR_STR("\r\n") : HR_STR("\n");
    hr_err e = HR_OK;
    while (e == HR_OK && out->err == HR_OK && hr_str_line(&rest, &s)) {
        size_t index = 0, n = form_name(s, &index);
        if (n && n < s.n && s.p[n] == ':') {
            e = define(&r, index, hr_str_sub(s, n, s.n));
        } else if (n) {
            e = values(&r, index, hr_str_sub(s, n, s.n));
        } else if (hr_str_starts(s, HR_STR("[x")) && s.p[s.n - 1] == ']') {
            e = repeat(&r, hr_str_sub(s, 2, s.n - 1), lines);
        } else {
            start(&r);
            hr_buf_add(out, s.n && s.p[0] == '=' ? hr_str_sub(s, 1, s.n) : s);
            r.line_end = out->n;
        }
    }
    if (e != HR_OK || out->err != HR_OK)
        return e != HR_OK ? e : out->err;
    if (r.lines != lines)
        return HR_E_SYNTAX;
    if (text.p[text.n - 1] == '\n')
        hr_buf_add(out, r.eol);
    return out->err;
}
