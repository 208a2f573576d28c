/* The scanner: one pass, no recursion. While a container is open its node's `next` holds the index
 * of the container around it, so the node array is also the stack. */
#include "text/json.h"

#include "base/utf8.h"
#include "text/json_bytes.h"

enum { DEFAULT_DEPTH = 1024 };

typedef const unsigned char *bytes;

typedef struct scanner {
    hr_arena *arena;
    bytes base, p, end;
    hr_json_node *nodes;
    uint32_t n, cap;
    hr_err err;
} scanner;

static bool fail(scanner *s, hr_err e, bytes at)
{
    s->err = e;
    s->p = at;
    return false;
}

static bool grow(scanner *s)
{
    /* Long strings dominate what agents send; dense data doubles a few times. */
    size_t want = s->cap ? (size_t)s->cap * 2 : (size_t)(s->end - s->base) / 32 + 16;
    if (want > UINT32_MAX - 1)
        want = UINT32_MAX - 1;
    if (want <= s->cap)
        return fail(s, HR_E_LIMIT, s->p);
    hr_json_node *q = hr_grow(s->arena, s->nodes, s->cap * sizeof(*q), want * sizeof(*q));
    if (!q)
        return fail(s, HR_E_NOMEM, s->p);
    s->nodes = q;
    s->cap = (uint32_t)want;
    return true;
}

static inline bool add(scanner *s, bytes start, bytes end, hr_json_type type, unsigned flags)
{
    if (s->n == s->cap && !grow(s))
        return false;
    s->nodes[s->n] = (hr_json_node){
        .start = (uint32_t)(start - s->base),
        .end = (uint32_t)(end - s->base),
        .next = s->n + 1,
        .type = (uint8_t)type,
        .flags = (uint8_t)flags,
    };
    s->n++;
    return true;
}

static inline void skip_ws(scanner *s)
{
    bytes p = s->p;
    while (p < s->end && hr_json_ws(*p))
        p++;
    s->p = p;
}

/* A run of bytes ≥ 0x80 at p, which must be whole UTF-8 sequences; NULL with the error set. */
static bytes skip_utf8(scanner *s, bytes p)
{
    while (p < s->end && *p >= 0x80) {
        /* The common three-byte form without the general decoder. */
        if (*p >= 0xe1 && *p <= 0xec && s->end - p >= 3 && (p[1] & 0xc0) == 0x80 &&
            (p[2] & 0xc0) == 0x80) {
            p += 3;
            continue;
        }
        uint32_t cp;
        size_t len = hr_utf8_decode(hr_str_of((const char *)p, (size_t)(s->end - p)), &cp);
        if (len == 0) {
            fail(s, HR_E_UTF8, p);
            return NULL;
        }
        p += len;
    }
    return p;
}

/* p is behind a backslash; the byte after the escape, or NULL with the error set. */
static bytes skip_escape(scanner *s, bytes p)
{
    if (p == s->end) {
        fail(s, HR_E_SYNTAX, p);
        return NULL;
    }
    switch (*p) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 1;
    case 'u':
        for (int i = 1; i <= 4; i++) {
            if (s->end - p <= i || !hr_is_hex((char)p[i])) {
                fail(s, HR_E_SYNTAX, s->end - p <= i ? s->end : p + i);
                return NULL;
            }
        }
        return p + 5;
    default:
        fail(s, HR_E_SYNTAX, p);
        return NULL;
    }
}

static bool string(scanner *s, unsigned flags)
{
    bytes start = s->p, p = start + 1;
    for (;;) {
        p = hr_json_skip_ascii(p, s->end);
        if (p == s->end)
            return fail(s, HR_E_SYNTAX, p);
        if (*p == '"')
            break;
        if (*p == '\\') {
            flags |= HR_JSON_ESCAPED;
            p = skip_escape(s, p + 1);
        } else if (*p >= 0x80) {
            p = skip_utf8(s, p);
        } else {
            return fail(s, HR_E_SYNTAX, p);
        }
        if (!p)
            return false;
    }
    s->p = p + 1;
    return add(s, start, p + 1, HR_JSON_STRING, flags);
}

static bytes skip_digits(bytes p, bytes end)
{
    while (p < end && hr_is_digit((char)*p))
        p++;
    return p;
}

static bool number(scanner *s)
{
    bytes start = s->p, p = start, q;
    if (*p == '-')
        p++;
    if (p < s->end && *p == '0') {
        p++;
    } else {
        q = skip_digits(p, s->end);
        if (q == p)
            return fail(s, HR_E_SYNTAX, p);
        p = q;
    }
    if (p < s->end && *p == '.') {
        q = skip_digits(p + 1, s->end);
        if (q == p + 1)
            return fail(s, HR_E_SYNTAX, q);
        p = q;
    }
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < s->end && (*p == '+' || *p == '-'))
            p++;
        q = skip_digits(p, s->end);
        if (q == p)
            return fail(s, HR_E_SYNTAX, p);
        p = q;
    }
    s->p = p;
    return add(s, start, p, HR_JSON_NUMBER, 0);
}

static bool literal(scanner *s, const char *word, size_t n, hr_json_type type)
{
    bytes start = s->p;
    for (size_t i = 0; i < n; i++) {
        if (start + i == s->end || start[i] != (unsigned char)word[i])
            return fail(s, HR_E_SYNTAX, start + i);
    }
    s->p = start + n;
    return add(s, start, s->p, type, 0);
}

static bool scalar(scanner *s)
{
    switch (*s->p) {
    case '"':
        return string(s, 0);
    case 't':
        return literal(s, "true", 4, HR_JSON_TRUE);
    case 'f':
        return literal(s, "false", 5, HR_JSON_FALSE);
    case 'n':
        return literal(s, "null", 4, HR_JSON_NULL);
    default:
        return number(s);
    }
}

/* A member name and its colon. */
static bool key(scanner *s)
{
    if (s->p == s->end || *s->p != '"')
        return fail(s, HR_E_SYNTAX, s->p);
    if (!string(s, HR_JSON_KEY))
        return false;
    skip_ws(s);
    if (s->p == s->end || *s->p != ':')
        return fail(s, HR_E_SYNTAX, s->p);
    s->p++;
    return true;
}

static bool value(scanner *s, uint32_t max_depth)
{
    uint32_t open = HR_JSON_ABSENT, depth = 0;
    for (;;) {
        skip_ws(s);
        if (s->p == s->end)
            return fail(s, HR_E_SYNTAX, s->p);
        unsigned char c = *s->p;
        bool closed = false;
        if (c == '{' || c == '[') {
            if (++depth > max_depth)
                return fail(s, HR_E_DEPTH, s->p);
            if (!add(s, s->p, s->p, c == '{' ? HR_JSON_OBJECT : HR_JSON_ARRAY, 0))
                return false;
            s->nodes[s->n - 1].next = open;
            open = s->n - 1;
            s->p++;
            skip_ws(s);
            if (s->p == s->end)
                return fail(s, HR_E_SYNTAX, s->p);
            if (*s->p == (c == '{' ? '}' : ']'))
                closed = true;
            else if (c == '[')
                continue;
            else if (!key(s))
                return false;
            else
                continue;
        } else if (!scalar(s)) {
            return false;
        }
        /* A value has ended (or an empty container is about to): what follows it? */
        for (;;) {
            if (!closed) {
                if (open == HR_JSON_ABSENT)
                    return true;
                s->nodes[open].count++;
                skip_ws(s);
                if (s->p == s->end)
                    return fail(s, HR_E_SYNTAX, s->p);
            }
            bool object = s->nodes[open].type == HR_JSON_OBJECT;
            if (!closed && *s->p == ',') {
                s->p++;
                if (!object)
                    break;
                skip_ws(s);
                if (!key(s))
                    return false;
                break;
            }
            if (*s->p != (object ? '}' : ']'))
                return fail(s, HR_E_SYNTAX, s->p);
            s->p++;
            hr_json_node *done = &s->nodes[open];
            open = done->next;
            done->end = (uint32_t)(s->p - s->base);
            done->next = s->n;
            depth--;
            closed = false;
        }
    }
}

hr_errpos hr_json_scan_prefix(hr_arena *a, hr_str src, uint32_t max_depth, hr_json_doc *doc,
                              size_t *used)
{
    *doc = (hr_json_doc){.src = src};
    *used = 0;
    if (src.n > UINT32_MAX)
        return (hr_errpos){HR_E_LIMIT, 0};
    bytes base = (bytes)(src.p ? src.p : "");
    scanner s = {.arena = a, .base = base, .p = base, .end = base + src.n};
    if (!value(&s, max_depth ? max_depth : DEFAULT_DEPTH))
        return (hr_errpos){s.err, (size_t)(s.p - base)};
    doc->nodes = s.nodes;
    doc->n = s.n;
    *used = (size_t)(s.p - base);
    return (hr_errpos){HR_OK, 0};
}

hr_errpos hr_json_scan(hr_arena *a, hr_str src, uint32_t max_depth, hr_json_doc *doc)
{
    size_t at;
    hr_errpos e = hr_json_scan_prefix(a, src, max_depth, doc, &at);
    if (e.code != HR_OK)
        return e;
    while (at < src.n && hr_json_ws((unsigned char)src.p[at]))
        at++;
    if (at == src.n)
        return e;
    *doc = (hr_json_doc){.src = src};
    return (hr_errpos){HR_E_SYNTAX, at};
}
