/* A grammar check without a tree: JSON, concatenated JSON, NDJSON, and texts cut off inside. */
#include "compress/detect/detect.h"
#include "compress/detect/detect_sections.h"

enum { DEPTH = 1024 };

typedef struct scan {
    const char *p;
    size_t n, i;
    uint8_t object[DEPTH / 8]; /* one bit a level: is it an object? */
    size_t depth;
} scan;

typedef enum step { GOOD, ENDED, WRONG } step;

static void space(scan *s)
{
    while (s->i < s->n && (s->p[s->i] == ' ' || (s->p[s->i] >= '\t' && s->p[s->i] <= '\r')))
        s->i++;
}

static step string(scan *s)
{
    for (s->i++; s->i < s->n; s->i++) {
        char c = s->p[s->i];
        if (c == '"') {
            s->i++;
            return GOOD;
        }
        if (c == '\\')
            s->i++;
        else if ((unsigned char)c < 0x20)
            return WRONG;
    }
    s->i = s->n;
    return ENDED;
}

static step literal(scan *s, const char *word)
{
    for (; *word; word++, s->i++) {
        if (s->i >= s->n)
            return ENDED;
        if (s->p[s->i] != *word)
            return WRONG;
    }
    return GOOD;
}

static step number(scan *s)
{
    size_t from = s->i;
    while (s->i < s->n && (hr_is_digit(s->p[s->i]) || strchr("+-.eE", s->p[s->i])))
        s->i++;
    char last = s->p[s->i - 1];
    if (s->i == s->n)
        return ENDED;
    return hr_is_digit(last) && (s->i > from + 1 || last != '-') ? GOOD : WRONG;
}

static step scalar(scan *s)
{
    switch (s->p[s->i]) {
    case '"':
        return string(s);
    case 't':
        return literal(s, "true");
    case 'f':
        return literal(s, "false");
    case 'n':
        return literal(s, "null");
    default:
        return hr_is_digit(s->p[s->i]) || s->p[s->i] == '-' ? number(s) : WRONG;
    }
}

static step key(scan *s)
{
    space(s);
    if (s->i >= s->n)
        return ENDED;
    if (s->p[s->i] != '"')
        return WRONG;
    step r = string(s);
    if (r != GOOD)
        return r;
    space(s);
    if (s->i >= s->n)
        return ENDED;
    return s->p[s->i++] == ':' ? GOOD : WRONG;
}

static bool in_object(const scan *s)
{
    size_t d = s->depth - 1;
    return s->object[d / 8] >> (d % 8) & 1;
}

/* Opens the container at s->i; afterwards s->i is where its first value is due, or the container
 * was empty and is closed again (*closed). */
static step open_container(scan *s, bool *closed)
{
    char c = s->p[s->i++];
    if (s->depth >= DEPTH)
        return WRONG;
    size_t d = s->depth++;
    uint8_t bit = (uint8_t)(1u << (d % 8));
    if (c == '{')
        s->object[d / 8] |= bit;
    else
        s->object[d / 8] &= (uint8_t)~bit;
    space(s);
    if (s->i >= s->n)
        return ENDED;
    *closed = s->p[s->i] == (c == '{' ? '}' : ']');
    if (*closed) {
        s->i++;
        s->depth--;
        return GOOD;
    }
    return c == '{' ? key(s) : GOOD;
}

/* One value that starts with a bracket at s->i. */
static step container(scan *s)
{
    s->depth = 0;
    for (;;) {
        bool done = true; /* a value ends here */
        space(s);
        if (s->i >= s->n)
            return ENDED;
        char c = s->p[s->i];
        step r;
        if (c == '{' || c == '[') {
            r = open_container(s, &done);
        } else {
            r = scalar(s);
        }
        if (r != GOOD)
            return r;
        while (done && s->depth) {
            space(s);
            if (s->i >= s->n)
                return ENDED;
            c = s->p[s->i];
            if (c == ',') {
                s->i++;
                if (in_object(s) && (r = key(s)) != GOOD)
                    return r;
                break;
            }
            if (c != (in_object(s) ? '}' : ']'))
                return WRONG;
            s->i++;
            s->depth--;
        }
        if (s->depth == 0)
            return GOOD;
    }
}

hr_json_shape hr_detect_json(hr_str text)
{
    hr_json_shape out = {0};
    scan s = {.p = text.p, .n = text.n};
    for (;;) {
        space(&s);
        if (s.i >= s.n) {
            out.whole = out.values > 0;
            break;
        }
        char c = s.p[s.i];
        if (c != '{' && c != '[')
            break;
        step r = container(&s);
        out.truncated = r == ENDED;
        if (r == WRONG)
            break;
        out.good = s.i;
        if (r == ENDED)
            break;
        out.values++;
        /* Concatenated values may stand side by side or with commas between them. */
    }
    if (out.good < s.i && s.i <= s.n)
        out.good = s.i;
    return out;
}

bool hr_detect_json_value(hr_str text, size_t *used)
{
    scan s = {.p = text.p, .n = text.n};
    bool good = text.n && (text.p[0] == '{' || text.p[0] == '[') && container(&s) == GOOD;
    *used = s.i;
    return good;
}
