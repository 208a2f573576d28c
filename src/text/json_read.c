/* Reading a scanned document: look-up by name, decoding on demand, comparison. */
#include "text/json.h"

#include "base/utf8.h"
#include "text/json_bytes.h"

#include <math.h>
#include <stdarg.h>

/* --- strings -------------------------------------------------------------------------------- */

static unsigned hex4(const char *p)
{
    unsigned v = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)p[i];
        v = v << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return v;
}

/* Decodes the escape behind the backslash at s.p[0]; writes its UTF-8 to out (≤ 4 bytes, *len) and
 * returns the bytes of source it took. The source was scanned, so the escape is well-formed. */
static size_t decode_escape(hr_str s, char out[4], size_t *len)
{
    *len = 1;
    switch (s.p[1]) {
    case 'b':
        out[0] = '\b';
        return 2;
    case 'f':
        out[0] = '\f';
        return 2;
    case 'n':
        out[0] = '\n';
        return 2;
    case 'r':
        out[0] = '\r';
        return 2;
    case 't':
        out[0] = '\t';
        return 2;
    case 'u':
        break;
    default:
        out[0] = s.p[1];
        return 2;
    }
    uint32_t cp = hex4(s.p + 2);
    size_t took = 6;
    if (cp >= 0xd800 && cp < 0xdc00 && s.n >= 12 && s.p[6] == '\\' && s.p[7] == 'u') {
        uint32_t low = hex4(s.p + 8);
        if (low >= 0xdc00 && low < 0xe000) {
            cp = 0x10000 + ((cp - 0xd800) << 10 | (low - 0xdc00));
            took = 12;
        }
    }
    if (cp >= 0xd800 && cp < 0xe000)
        cp = 0xfffd;
    *len = hr_utf8_encode(cp, out);
    return took;
}

/* Without the quotes. */
static hr_str inner(const hr_json_doc *d, uint32_t i)
{
    const hr_json_node *n = &d->nodes[i];
    return hr_str_of(d->src.p + n->start + 1, n->end - n->start - 2);
}

/* Copies up to the next backslash or the end; returns the bytes copied. dst has room for s. */
static size_t copy_run(char *dst, hr_str s)
{
    size_t i = 0;
#if HR_JSON_SSE2
    while (i + 16 <= s.n) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
        unsigned m = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
        /* The output never runs ahead of the input, so sixteen bytes fit here too. */
        _mm_storeu_si128((__m128i *)(void *)(dst + i), v);
        if (m)
            return i + (size_t)__builtin_ctz(m);
        i += 16;
    }
    for (; i < s.n && s.p[i] != '\\'; i++)
        dst[i] = s.p[i];
    return i;
#else
    const char *q = memchr(s.p, '\\', s.n);
    i = q ? (size_t)(q - s.p) : s.n;
    memcpy(dst, s.p, i);
    return i;
#endif
}

hr_str hr_json_text(const hr_json_doc *d, uint32_t i, hr_arena *a)
{
    if (!hr_json_is(d, i, HR_JSON_STRING))
        return HR_STR_NONE;
    hr_str s = inner(d, i);
    if (!(d->nodes[i].flags & HR_JSON_ESCAPED))
        return s;
    /* No escape is shorter than what it stands for. */
    char *out = hr_alloc(a, s.n);
    if (!out)
        return HR_STR_NONE;
    size_t n = 0;
    while (s.n) {
        size_t run = copy_run(out + n, s), len;
        n += run;
        s = hr_str_sub(s, run, s.n);
        if (s.n == 0)
            break;
        char enc[4];
        size_t took = decode_escape(s, enc, &len);
        memcpy(out + n, enc, len);
        n += len;
        s = hr_str_sub(s, took, s.n);
    }
    return hr_str_of(out, n);
}

/* The next byte sequence of a string's text: a plain byte or a decoded escape. */
static size_t next_unit(hr_str *s, char out[4])
{
    size_t len = 1, took = 1;
    if (s->p[0] == '\\')
        took = decode_escape(*s, out, &len);
    else
        out[0] = s->p[0];
    *s = hr_str_sub(*s, took, s->n);
    return len;
}

/* Text of string node i == key, without memory. */
static bool text_is(const hr_json_doc *d, uint32_t i, hr_str key)
{
    hr_str s = inner(d, i);
    if (!(d->nodes[i].flags & HR_JSON_ESCAPED))
        return hr_str_eq(s, key);
    if (s.n < key.n)
        return false;
    while (s.n) {
        char u[4];
        size_t len = next_unit(&s, u);
        if (key.n < len || memcmp(u, key.p, len) != 0)
            return false;
        key = hr_str_sub(key, len, key.n);
    }
    return key.n == 0;
}

static bool same_text(const hr_json_doc *a, uint32_t i, const hr_json_doc *b, uint32_t j)
{
    if (!(a->nodes[i].flags & HR_JSON_ESCAPED))
        return text_is(b, j, inner(a, i));
    if (!(b->nodes[j].flags & HR_JSON_ESCAPED))
        return text_is(a, i, inner(b, j));
    hr_str s = inner(a, i), t = inner(b, j);
    char u[4], v[4];
    size_t ul = 0, vl = 0, uo = 0, vo = 0;
    for (;;) { /* escapes may cut the same bytes into different units */
        if (uo == ul && s.n)
            ul = next_unit(&s, u), uo = 0;
        if (vo == vl && t.n)
            vl = next_unit(&t, v), vo = 0;
        if (uo == ul || vo == vl)
            return uo == ul && vo == vl;
        if (u[uo++] != v[vo++])
            return false;
    }
}

/* --- look-up -------------------------------------------------------------------------------- */

uint32_t hr_json_get(const hr_json_doc *d, uint32_t obj, hr_str key)
{
    uint32_t found = HR_JSON_ABSENT;
    if (!hr_json_is(d, obj, HR_JSON_OBJECT))
        return found;
    for (uint32_t k = obj + 1, end = d->nodes[obj].next; k < end; k = d->nodes[k + 1].next) {
        if (text_is(d, k, key))
            found = k + 1;
    }
    return found;
}

uint32_t hr_json_path(const hr_json_doc *d, uint32_t from, ...)
{
    va_list ap;
    va_start(ap, from);
    for (const char *name; from != HR_JSON_ABSENT && (name = va_arg(ap, const char *)) != NULL;)
        from = hr_json_get(d, from, hr_cstr(name));
    va_end(ap);
    return from;
}

uint32_t hr_json_at(const hr_json_doc *d, uint32_t arr, uint32_t index)
{
    if (!hr_json_is(d, arr, HR_JSON_ARRAY) || index >= d->nodes[arr].count)
        return HR_JSON_ABSENT;
    uint32_t i = arr + 1;
    while (index--)
        i = d->nodes[i].next;
    return i;
}

hr_str hr_json_get_text(const hr_json_doc *d, uint32_t obj, hr_str key, hr_arena *a)
{
    return hr_json_text(d, hr_json_get(d, obj, key), a);
}

bool hr_json_get_true(const hr_json_doc *d, uint32_t obj, hr_str key)
{
    return hr_json_is(d, hr_json_get(d, obj, key), HR_JSON_TRUE);
}

bool hr_json_double(const hr_json_doc *d, uint32_t i, double *out)
{
    return hr_json_is(d, i, HR_JSON_NUMBER) && hr_str_double(hr_json_raw(d, i), out);
}

bool hr_json_int(const hr_json_doc *d, uint32_t i, int64_t *out)
{
    double v;
    if (!hr_json_is(d, i, HR_JSON_NUMBER))
        return false;
    if (hr_str_i64(hr_json_raw(d, i), out))
        return true;
    /* 1.0 and 1e3 are integers; beyond 2^53 a double no longer says which one. */
    if (!hr_str_double(hr_json_raw(d, i), &v) || !(fabs(v) <= 9007199254740992.0) || v != trunc(v))
        return false;
    *out = (int64_t)v;
    return true;
}

/* --- sameness ------------------------------------------------------------------------------- */

typedef struct pair {
    const hr_json_doc *a, *b;
} pair;

static bool same(const pair *p, uint32_t i, uint32_t j);

/* Members in one order: names first, so that values are compared only once. */
static bool same_order(const pair *p, uint32_t i, uint32_t j)
{
    uint32_t k = i + 1, m = j + 1;
    for (; k < p->a->nodes[i].next; k = p->a->nodes[k + 1].next, m = p->b->nodes[m + 1].next) {
        if (!same_text(p->a, k, p->b, m))
            return false;
    }
    return true;
}

/* Members in another order. A look-up starts where the last one ended; a budget of comparisons
 * keeps hostile orders linear. Equal names within one object are never the same out of order. */
static bool same_shuffled(const pair *p, uint32_t i, uint32_t j)
{
    const hr_json_node *a = p->a->nodes, *b = p->b->nodes;
    uint64_t budget = (uint64_t)64 * 2 * a[i].count;
    uint32_t cursor = j + 1;
    for (uint32_t k = i + 1; k < a[i].next; k = a[k + 1].next) {
        uint32_t m = cursor, tried = 0;
        while (!same_text(p->a, k, p->b, m)) {
            if (++tried == b[j].count || budget-- == 0)
                return false;
            m = b[m + 1].next;
            if (m == b[j].next)
                m = j + 1;
        }
        for (uint32_t q = a[k + 1].next; q < a[i].next; q = a[q + 1].next) {
            if (budget-- == 0 || same_text(p->a, k, p->a, q))
                return false;
        }
        if (!same(p, k + 1, m + 1))
            return false;
        cursor = b[m + 1].next == b[j].next ? j + 1 : b[m + 1].next;
    }
    return true;
}

static bool same(const pair *p, uint32_t i, uint32_t j)
{
    const hr_json_node *x = &p->a->nodes[i], *y = &p->b->nodes[j];
    if (x->type != y->type || x->count != y->count)
        return false;
    switch ((hr_json_type)x->type) {
    case HR_JSON_STRING:
        return same_text(p->a, i, p->b, j);
    case HR_JSON_NUMBER:
        return hr_str_eq(hr_json_raw(p->a, i), hr_json_raw(p->b, j));
    case HR_JSON_ARRAY:
        for (uint32_t k = i + 1, m = j + 1; k < x->next;
             k = p->a->nodes[k].next, m = p->b->nodes[m].next) {
            if (!same(p, k, m))
                return false;
        }
        return true;
    case HR_JSON_OBJECT:
        if (!same_order(p, i, j))
            return same_shuffled(p, i, j);
        for (uint32_t k = i + 1, m = j + 1; k < x->next;
             k = p->a->nodes[k + 1].next, m = p->b->nodes[m + 1].next) {
            if (!same(p, k + 1, m + 1))
                return false;
        }
        return true;
    default:
        return true;
    }
}

bool hr_json_same(const hr_json_doc *a, uint32_t i, const hr_json_doc *b, uint32_t j)
{
    if (i >= a->n || j >= b->n)
        return false;
    pair p = {a, b};
    return same(&p, i, j);
}
