#include "compress/rows/rows_blob.h"

#include "base/buf.h"
#include "base/utf8.h"

enum {
    MIN_OPAQUE = 1000, /* bytes of base64 or the like */
    MIN_PROSE = 1800,
    HEAD = 320,
    TAIL = 160,
    LINES = 6,
    LINE = 200,
};

typedef enum kind { NOTHING, BASE64, HTML, PROSE } kind;

static hr_str inside(const hr_jview *v, uint32_t node)
{
    const hr_json_node *n = hr_jnode(v, node);
    return hr_str_sub(v->d->src, n->start + 1, n->end - 1);
}

static bool opaque(hr_str s)
{
    if (hr_str_starts(s, HR_STR("data:"))) {
        size_t comma = hr_str_find_char(hr_str_sub(s, 0, 200), ',');
        s = hr_str_sub(s, comma == SIZE_MAX ? 0 : comma + 1, s.n);
    }
    size_t good = 0;
    bool seen[256] = {false};
    unsigned distinct = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == ' ' || c == '<' || c == '>')
            return false;
        good += hr_is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
        distinct += !seen[(unsigned char)c];
        seen[(unsigned char)c] = true;
    }
    return good * 100 >= s.n * 95 && distinct >= 12;
}

static bool html(hr_str s)
{
    unsigned tags = 0;
    for (size_t i = 0; i + 1 < s.n && tags < 3; i++)
        tags +=
            s.p[i] == '<' && (hr_is_alpha(s.p[i + 1]) || s.p[i + 1] == '/' || s.p[i + 1] == '!');
    return tags >= 3;
}

static kind kind_of(hr_str s)
{
    if (s.n >= MIN_OPAQUE && opaque(s))
        return BASE64;
    if (s.n < MIN_PROSE)
        return NOTHING;
    return html(s) ? HTML : PROSE;
}

bool hr_blob_is(const hr_rowtext *x, const hr_jview *v, uint32_t node)
{
    hr_str s = inside(v, node);
    kind k = kind_of(s);
    if (k == BASE64)
        return !hr_query_anchor_in(&x->q, s);
    return k != NOTHING;
}

/* The largest n' <= n that cuts neither a character nor an escape. */
static size_t safe_cut(hr_str s, size_t n)
{
    if (n >= s.n)
        return s.n;
    n = hr_utf8_floor(s, n);
    for (size_t back = 1; back <= 6 && back <= n; back++) {
        if (s.p[n - back] != '\\')
            continue;
        size_t slashes = 1;
        while (slashes < n - back + 1 && s.p[n - back - slashes] == '\\')
            slashes++;
        size_t len = back < 6 && s.p[n - back + 1] == 'u' ? 6 : 2;
        if (slashes % 2 == 1 && (n - back) + len > n)
            return n - back;
        break;
    }
    return n;
}

/* Start of a slice of the last `want` bytes, behind a word. */
static size_t tail_start(hr_str s, size_t want)
{
    size_t i = s.n > want ? s.n - want : 0;
    while (i < s.n && s.p[i] != ' ')
        i++;
    return i < s.n ? i + 1 : s.n;
}

static bool next_line(hr_str *rest, hr_str *line)
{
    if (!rest->n)
        return false;
    size_t i = 0;
    while (i + 1 < rest->n && !(rest->p[i] == '\\' && rest->p[i + 1] == 'n'))
        i += rest->p[i] == '\\' ? 2 : 1;
    if (i + 1 >= rest->n) {
        *line = *rest;
        *rest = HR_STR_NONE;
        return true;
    }
    *line = hr_str_sub(*rest, 0, i);
    *rest = hr_str_sub(*rest, i + 2, rest->n);
    return true;
}

static void size(hr_buf *b, size_t n)
{
    if (n < 1024)
        hr_buf_addf(b, "%zu B", n);
    else if (n < 1024 * 1024)
        hr_buf_addf(b, "%.1f KB", (double)n / 1024);
    else
        hr_buf_addf(b, "%.1f MB", (double)n / (1024 * 1024));
}

static void excerpt(const hr_rowtext *x, hr_str s, hr_buf *b)
{
    size_t head = safe_cut(s, HEAD), tail = tail_start(s, TAIL);
    if (tail < head)
        tail = s.n;
    hr_buf_add(b, hr_str_sub(s, 0, head));
    hr_buf_lit(b, " […]");
    hr_str rest = hr_str_sub(s, head, tail), line;
    unsigned shown = 0;
    while (shown < LINES && next_line(&rest, &line)) {
        hr_words w = {0};
        hr_rowtext_scan(x, line, &w);
        if (!w.errors && !w.anchor && __builtin_popcountll(w.terms) < 2)
            continue;
        line = hr_str_sub(line, 0, safe_cut(line, LINE));
        hr_buf_addc(b, ' ');
        hr_buf_add(b, line);
        hr_buf_lit(b, " […]");
        shown++;
    }
    if (tail < s.n) {
        hr_buf_addc(b, ' ');
        hr_buf_add(b, hr_str_sub(s, tail, s.n));
    }
}

void hr_blob_write(const hr_rowtext *x, const hr_jview *v, uint32_t node, hr_buf *b)
{
    hr_str s = inside(v, node);
    kind k = kind_of(s);
    if (k == PROSE || k == HTML) {
        excerpt(x, s, b);
        hr_buf_lit(b, " <");
    } else {
        hr_buf_add(b, hr_str_sub(s, 0, safe_cut(s, 24)));
        hr_buf_lit(b, "… <base64, ");
    }
    size(b, s.n);
    hr_buf_add(b, k == BASE64 ? HR_STR(" omitted>") : HR_STR(" in full, parts omitted>"));
}
