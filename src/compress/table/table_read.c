#include "compress/table/table_read.h"

#include "compress/json/json_embed.h"
#include "compress/table/table_lex.h"
#include "text/json.h"

/* --- small things --------------------------------------------------------------------------- */

void *hr_tfail(hr_tread *t, hr_err e)
{
    if (!t->err)
        t->err = t->a->failed ? HR_E_NOMEM : e;
    return NULL;
}

static char at(const hr_tread *t)
{
    return t->p < t->src.n ? t->src.p[t->p] : 0;
}

static hr_str rest(const hr_tread *t)
{
    return hr_str_sub(t->src, t->p, t->src.n);
}

bool hr_tread_skip(hr_tread *t, hr_str lit)
{
    if (!hr_str_starts(rest(t), lit))
        return false;
    t->p += lit.n;
    return true;
}

bool hr_tread_count(hr_tread *t, uint64_t *out)
{
    size_t from = t->p;
    while (hr_is_digit(at(t)))
        t->p++;
    if (!hr_str_u64(hr_str_sub(t->src, from, t->p), out) || *out > UINT32_MAX)
        return hr_tfail(t, HR_E_SYNTAX);
    return true;
}

hr_tval *hr_tval_new(hr_tread *t, hr_tval_kind kind, hr_str s)
{
    hr_tval *v = HR_NEW(t->a, hr_tval);
    if (!v)
        return hr_tfail(t, HR_E_NOMEM);
    v->kind = kind;
    v->s = s;
    return v;
}

bool hr_tval_add(hr_tread *t, hr_tval *to, const hr_tval *key, const hr_tval *v, uint64_t times)
{
    hr_titem *i = v ? HR_NEW(t->a, hr_titem) : NULL;
    if (!i)
        return hr_tfail(t, HR_E_NOMEM);
    *i = (hr_titem){.key = key, .v = v, .times = times};
    if (to->last)
        to->last->next = i;
    else
        to->first = i;
    to->last = i;
    return true;
}

/* --- strings -------------------------------------------------------------------------------- */

static bool valid_escape(hr_str s, size_t i, size_t *len)
{
    char c = i + 1 < s.n ? s.p[i + 1] : 0;
    *len = 2;
    if (c != 'u')
        return c && strchr("\"\\/bfnrt", c);
    *len = 6;
    if (i + 6 > s.n)
        return false;
    for (size_t k = i + 2; k < i + 6; k++)
        if (!hr_is_hex(s.p[k]))
            return false;
    return true;
}

hr_tval *hr_tread_string(hr_tread *t)
{
    size_t from = t->p++, len;
    while (t->p < t->src.n && t->src.p[t->p] != '"') {
        if ((unsigned char)t->src.p[t->p] < 0x20)
            return hr_tfail(t, HR_E_SYNTAX);
        if (t->src.p[t->p] != '\\')
            t->p++;
        else if (valid_escape(t->src, t->p, &len))
            t->p += len;
        else
            return hr_tfail(t, HR_E_SYNTAX);
    }
    if (t->p >= t->src.n)
        return hr_tfail(t, HR_E_SYNTAX);
    t->p++;
    return hr_tval_new(t, HR_TVAL_RAW, hr_str_sub(t->src, from, t->p));
}

bool hr_tval_text(hr_tread *t, const hr_tval *v, hr_str *out)
{
    *out = v->s;
    if (v->kind == HR_TVAL_TEXT)
        return true;
    if (v->kind != HR_TVAL_RAW)
        return false;
    if (v->s.p[0] != '"')
        return true; /* a number: as spelled */
    *out = hr_str_sub(v->s, 1, v->s.n - 1);
    if (hr_str_find_char(*out, '\\') == SIZE_MAX)
        return true;
    hr_json_doc d;
    if (hr_json_scan(t->a, v->s, 1, &d).code)
        return hr_tfail(t, HR_E_SYNTAX);
    *out = hr_json_text(&d, 0, t->a);
    return out->p != NULL;
}

/* --- names ---------------------------------------------------------------------------------- */

bool hr_tread_name(hr_tread *t, hr_tval **known, uint32_t *define)
{
    uint32_t n;
    size_t len = hr_lex_name(rest(t), 'V', &n);
    if (!len)
        return false;
    t->p += len;
    if (at(t) == '=') {
        t->p++;
        *define = n;
        if (n != t->names.n + 1)
            return hr_tfail(t, HR_E_SYNTAX);
        /* The slot is filled once the value is read: a value cannot contain itself. */
        if (!hr_vec_push(&t->names, t->a))
            return hr_tfail(t, HR_E_NOMEM);
        return true;
    }
    if (n == 0 || n > t->names.n || !t->names.p[n - 1])
        return hr_tfail(t, HR_E_SYNTAX);
    *known = t->names.p[n - 1];
    return true;
}

bool hr_tread_define(hr_tread *t, uint32_t n, hr_tval *v)
{
    if (!v)
        return false;
    t->names.p[n - 1] = v;
    return true;
}

static hr_tval *prefixed(hr_tread *t)
{
    const hr_str *pre = t->prefix[at(t) - 'A'];
    t->p++;
    if (!pre)
        return hr_tfail(t, HR_E_SYNTAX);
    if (at(t) != '+')
        return hr_tval_new(t, HR_TVAL_TEXT, *pre);
    t->p++;
    if (at(t) != '"')
        return hr_tfail(t, HR_E_SYNTAX);
    hr_tval *tail = hr_tread_string(t);
    hr_str s;
    if (!tail || !hr_tval_text(t, tail, &s))
        return NULL;
    char *p = hr_alloc(t->a, pre->n + s.n + 1);
    if (!p)
        return hr_tfail(t, HR_E_NOMEM);
    memcpy(p, pre->p, pre->n);
    if (s.n)
        memcpy(p + pre->n, s.p, s.n);
    return hr_tval_new(t, HR_TVAL_TEXT, hr_str_of(p, pre->n + s.n));
}

bool hr_tread_at_embedded(const hr_tread *t)
{
    unsigned style;
    return hr_embed_named(rest(t), &style) > 0;
}

/* White space behind the document, as a string; none is fine. */
static bool tail_of(hr_tread *t, hr_str *tail)
{
    *tail = HR_STR_NONE;
    if (at(t) != '+')
        return true;
    t->p++;
    hr_tval *more = at(t) == '"' ? hr_tread_string(t) : hr_tfail(t, HR_E_SYNTAX);
    return more && hr_tval_text(t, more, tail);
}

/* Plain JSON stands as it was spelled; what has names of this notation in it is read. */
static hr_tval *embedded(hr_tread *t)
{
    hr_json_doc d;
    unsigned style;
    hr_str tail;
    t->p += hr_embed_named(rest(t), &style);
    size_t len = style == HR_EMBED_COMPACT ? hr_lex_brackets(rest(t)) : 0;
    hr_str s = hr_str_sub(t->src, t->p, t->p + len);
    if (len && hr_str_find_char(s, '\n') == SIZE_MAX &&
        !hr_json_scan(t->a, s, HR_TREAD_DEPTH, &d).code) {
        t->p += len;
        if (!tail_of(t, &tail))
            return NULL;
        hr_str whole = hr_strf(t->a, "%.*s%.*s", HR_FMT(s), HR_FMT(tail));
        return whole.p ? hr_tval_new(t, HR_TVAL_TEXT, whole) : hr_tfail(t, HR_E_NOMEM);
    }
    hr_tval *inner = hr_tread_value(t);
    if (!inner || !tail_of(t, &tail))
        return NULL;
    hr_tval *v = hr_tval_new(t, HR_TVAL_EMBED, tail);
    if (v)
        v->n = style;
    return v && hr_tval_add(t, v, NULL, inner, 1) ? v : NULL;
}

/* --- values --------------------------------------------------------------------------------- */

static hr_tval *array(hr_tread *t)
{
    hr_tval *v = hr_tval_new(t, HR_TVAL_ARRAY, HR_STR_NONE);
    t->p++;
    if (!v)
        return NULL;
    if (hr_tread_skip(t, HR_STR("]")))
        return v;
    for (;;) {
        hr_tval *e = hr_tread_value(t);
        uint64_t times = 1;
        if (!e || (hr_tread_skip(t, HR_STR(" x")) && !hr_tread_count(t, &times)) ||
            !hr_tval_add(t, v, NULL, e, times))
            return NULL;
        if (hr_tread_skip(t, HR_STR("]")))
            return v;
        if (!hr_tread_skip(t, HR_STR(",")))
            return hr_tfail(t, HR_E_SYNTAX);
    }
}

static hr_tval *object(hr_tread *t)
{
    hr_tval *v = hr_tval_new(t, HR_TVAL_OBJECT, HR_STR_NONE);
    t->p++;
    if (!v)
        return NULL;
    if (hr_tread_skip(t, HR_STR("}")))
        return v;
    for (;;) {
        if (at(t) != '"')
            return hr_tfail(t, HR_E_SYNTAX);
        hr_tval *key = hr_tread_string(t);
        if (!key)
            return NULL;
        if (!hr_tread_skip(t, HR_STR(":")))
            return hr_tfail(t, HR_E_SYNTAX);
        if (!hr_tval_add(t, v, key, hr_tread_value(t), 1))
            return NULL;
        if (hr_tread_skip(t, HR_STR("}")))
            return v;
        if (!hr_tread_skip(t, HR_STR(",")))
            return hr_tfail(t, HR_E_SYNTAX);
    }
}

static hr_tval *literal(hr_tread *t)
{
    size_t from = t->p;
    while (hr_is_alnum(at(t)) || at(t) == '-' || at(t) == '+' || at(t) == '.')
        t->p++;
    hr_str s = hr_str_sub(t->src, from, t->p);
    if (!hr_lex_literal(s))
        return hr_tfail(t, HR_E_SYNTAX);
    return hr_tval_new(t, HR_TVAL_RAW, s);
}

static hr_tval *value(hr_tread *t)
{
    hr_tval *known = NULL;
    uint32_t n = 0;
    if (hr_tread_name(t, &known, &n)) {
        if (known)
            return known;
        hr_tval *v = hr_tread_value(t);
        return hr_tread_define(t, n, v) ? v : NULL;
    }
    if (t->err)
        return NULL;
    for (hr_tval_kind k = HR_TVAL_TABLE; k <= HR_TVAL_BLOCK; k++) {
        size_t len = hr_lex_name(rest(t), k == HR_TVAL_TABLE ? 'T' : 'S', &n);
        if (len) {
            t->p += len;
            hr_tval *v = hr_tval_new(t, k, HR_STR_NONE);
            if (v)
                v->n = n;
            return v;
        }
    }
    switch (at(t)) {
    case '"':
        return hr_tread_string(t);
    case '[':
        return array(t);
    case '{':
        return object(t);
    default:
        if (hr_tread_at_embedded(t))
            return embedded(t);
        return at(t) >= 'A' && at(t) <= 'Z' ? prefixed(t) : literal(t);
    }
}

hr_tval *hr_tread_value(hr_tread *t)
{
    if (t->depth >= HR_TREAD_DEPTH)
        return hr_tfail(t, HR_E_DEPTH);
    t->depth++;
    hr_tval *v = value(t);
    t->depth--;
    return v;
}
