/* A whole text of the notation: its tables and texts are gathered, then the document is printed. */
#include "base/utf8.h"
#include "compress/json/json_embed.h"
#include "compress/table/table_lex.h"
#include "compress/table/table_read.h"
#include "text/json.h"

static char at(const hr_tread *t)
{
    return t->p < t->src.n ? t->src.p[t->p] : 0;
}

static hr_str rest(const hr_tread *t)
{
    return hr_str_sub(t->src, t->p, t->src.n);
}

/* --- writing JSON --------------------------------------------------------------------------- */

static bool print(hr_tread *t, const hr_tval *v, hr_buf *out, unsigned depth);

static bool print_items(hr_tread *t, const hr_tval *v, hr_buf *out, unsigned depth)
{
    bool first = true;
    for (const hr_titem *i = v->first; i; i = i->next) {
        for (uint64_t k = 0; k < i->times; k++) {
            if (!first)
                hr_buf_addc(out, ',');
            first = false;
            if (i->key) {
                if (!print(t, i->key, out, depth))
                    return false;
                hr_buf_addc(out, ':');
            }
            if (!print(t, i->v, out, depth))
                return false;
        }
    }
    return true;
}

/* A document back in its string. */
static bool print_embedded(hr_tread *t, const hr_tval *v, hr_buf *out, unsigned depth)
{
    hr_buf compact = HR_BUF_INIT(out->limit), text = HR_BUF_INIT(out->limit);
    bool ok = print(t, v->first->v, &compact, depth + 1);
    if (ok) {
        hr_embed_restyle(hr_buf_str(&compact), v->n, &text);
        hr_buf_add(&text, v->s);
        if (text.err)
            ok = hr_tfail(t, text.err);
        else
            hr_json_quote(out, hr_buf_str(&text));
    }
    hr_buf_free(&compact);
    hr_buf_free(&text);
    return ok;
}

static bool print(hr_tread *t, const hr_tval *v, hr_buf *out, unsigned depth)
{
    if (out->err || depth > HR_TREAD_DEPTH)
        return hr_tfail(t, out->err ? out->err : HR_E_DEPTH);
    switch (v->kind) {
    case HR_TVAL_RAW:
        hr_buf_add(out, v->s);
        return true;
    case HR_TVAL_TEXT:
        hr_json_quote(out, v->s);
        return true;
    case HR_TVAL_TABLE: {
        if (v->n == 0 || v->n > t->tables.n || t->tables.p[v->n - 1].printing)
            return hr_tfail(t, HR_E_SYNTAX);
        hr_ttable *tab = &t->tables.p[v->n - 1];
        tab->printing = true;
        bool ok = print(t, tab->v, out, depth + 1);
        tab->printing = false;
        return ok;
    }
    case HR_TVAL_BLOCK:
        if (v->n == 0 || v->n > t->blocks.n)
            return hr_tfail(t, HR_E_SYNTAX);
        hr_json_quote(out, t->blocks.p[v->n - 1]);
        return true;
    case HR_TVAL_EMBED:
        return print_embedded(t, v, out, depth);
    default: {
        bool obj = v->kind == HR_TVAL_OBJECT;
        hr_buf_addc(out, obj ? '{' : '[');
        bool ok = print_items(t, v, out, depth + 1);
        hr_buf_addc(out, obj ? '}' : ']');
        return ok;
    }
    }
}

/* --- the whole text ------------------------------------------------------------------------- */

static bool prefixes(hr_tread *t)
{
    while (at(t) >= 'A' && at(t) <= 'Z' && t->p + 2 < t->src.n && t->src.p[t->p + 1] == '=' &&
           t->src.p[t->p + 2] == '"') {
        int letter = at(t) - 'A';
        t->p += 2;
        hr_tval *v = hr_tread_string(t);
        hr_str *s = HR_NEW(t->a, hr_str);
        if (!v || !s || !hr_tval_text(t, v, s))
            return false;
        t->prefix[letter] = s;
        if (!hr_tread_skip(t, HR_STR("\n")))
            return hr_tfail(t, HR_E_SYNTAX);
    }
    return true;
}

/* LF "T"n "=" at t->p, with the number that is next. */
static bool next_table(hr_tread *t)
{
    uint32_t n;
    hr_str s = rest(t);
    size_t len = s.n && s.p[0] == '\n' ? hr_lex_name(hr_str_sub(s, 1, s.n), 'T', &n) : 0;
    if (!len || n != t->tables.n + 1 || 1 + len >= s.n || s.p[1 + len] != '=')
        return false;
    t->p += len + 2;
    return true;
}

/* LF "S"n "=text, "lines" lines:" LF and the lines. */
static bool next_block(hr_tread *t)
{
    uint32_t n;
    uint64_t lines;
    size_t start = t->p, end;
    if (!hr_tread_skip(t, HR_STR("\nS")))
        return false;
    t->p--;
    size_t len = hr_lex_name(rest(t), 'S', &n);
    t->p += len;
    if (!len || n != t->blocks.n + 1 || !hr_tread_skip(t, HR_STR("=text, ")) ||
        !hr_tread_count(t, &lines) || !lines || !hr_tread_skip(t, HR_STR(" lines:\n"))) {
        t->p = start;
        return false;
    }
    for (end = t->p; lines && end < t->src.n; end++)
        lines -= t->src.p[end] == '\n';
    if (lines > 1)
        return hr_tfail(t, HR_E_SYNTAX);
    end -= lines == 0; /* the break behind the last line */
    hr_str *slot = hr_vec_push(&t->blocks, t->a);
    if (!slot)
        return hr_tfail(t, HR_E_NOMEM);
    *slot = hr_str_sub(t->src, t->p, end);
    t->p = end;
    return true;
}

/* Root values; more than one when the text came as lines. */
static bool roots(hr_tread *t, hr_tval *all, bool *lines)
{
    *lines = hr_tread_skip(t, HR_STR("lines "));
    if (hr_tread_at_table(t)) {
        hr_tval *v = hr_tread_table(t);
        if (!v)
            return false;
        if (!*lines)
            return hr_tval_add(t, all, NULL, v, 1);
        *all = *v;
        return true;
    }
    if (*lines)
        return hr_tfail(t, HR_E_SYNTAX);
    for (;;) {
        if (!hr_tval_add(t, all, NULL, hr_tread_value(t), 1))
            return false;
        size_t here = t->p;
        if (next_table(t) || hr_str_starts(rest(t), HR_STR("\nS1=text, "))) {
            t->p = here;
            return true;
        }
        if (!hr_tread_skip(t, HR_STR("\n")))
            return true;
        *lines = true;
    }
}

static bool document(hr_tread *t, hr_buf *out)
{
    bool lines = false;
    hr_tval *all = hr_tval_new(t, HR_TVAL_ARRAY, HR_STR_NONE);
    if (!all || !prefixes(t) || !roots(t, all, &lines))
        return false;
    while (next_table(t)) {
        hr_tval *v = hr_tread_at_table(t) ? hr_tread_table(t) : NULL;
        hr_ttable *slot = v ? hr_vec_push(&t->tables, t->a) : NULL;
        if (!slot)
            return hr_tfail(t, HR_E_SYNTAX);
        slot->v = v;
    }
    while (next_block(t))
        ;
    if (t->err || t->p != t->src.n)
        return hr_tfail(t, HR_E_SYNTAX);
    bool first = true;
    for (const hr_titem *i = all->first; i; i = i->next) {
        for (uint64_t k = 0; k < i->times; k++) {
            if (!first)
                hr_buf_addc(out, '\n');
            first = false;
            if (!print(t, i->v, out, 0))
                return false;
        }
    }
    if (lines)
        hr_buf_addc(out, '\n');
    return true;
}

hr_errpos hr_table_decode(hr_str text, hr_arena *a, hr_buf *out)
{
    hr_tread t = {.a = a, .src = text};
    size_t good = hr_utf8_valid_prefix(text);
    if (good != text.n)
        return (hr_errpos){HR_E_UTF8, good};
    if (!document(&t, out) && !t.err)
        t.err = HR_E_SYNTAX;
    if (!t.err && (out->err || a->failed))
        t.err = out->err ? out->err : HR_E_NOMEM;
    return (hr_errpos){t.err, t.err ? t.p : 0};
}
