#include "compress/json/json_loose.h"

#include "base/utf8.h"
#include "compress/detect/detect.h"
#include "compress/table/table_lex.h"
#include "text/json.h"

enum { DEPTH = 200, MIN_ELEMENTS = 2 };

typedef struct level {
    bool object;
    uint32_t done;         /* complete elements or members */
    size_t json_at, at;    /* behind the last of them: bytes written, bytes read */
    size_t key_at, key_to; /* name of the member at hand, in the JSON text */
} level;

typedef struct reader {
    hr_str s;
    size_t i;
    hr_buf *b;
    hr_loose *out;
    bool nan_text; /* a string of the text looks like NaN */
    level stack[DEPTH];
    size_t depth;
} reader;

typedef enum step { GOOD, ENDED, WRONG } step;

static void space(reader *r)
{
    while (r->i < r->s.n && hr_is_space(r->s.p[r->i]))
        r->i++;
}

/* --- scalars ---------------------------------------------------------------------------------- */

static int hex(char c)
{
    return hr_is_digit(c) ? c - '0' : hr_is_hex(c) ? hr_lower(c) - 'a' + 10 : -1;
}

/* One escape of a Python string at r->i, as bytes of the text it stands for. */
static step escape(reader *r, hr_buf *text)
{
    static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
    if (r->i + 1 >= r->s.n)
        return ENDED;
    char c = r->s.p[r->i + 1];
    const char *known = c ? strchr(from, c) : NULL;
    r->i += 2;
    if (known) {
        hr_buf_addc(text, to[known - from]);
        return GOOD;
    }
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    uint32_t code = 0;
    for (size_t k = 0; k < digits; k++, r->i++) {
        if (r->i >= r->s.n)
            return ENDED;
        int h = hex(r->s.p[r->i]);
        if (h < 0 || code > 0x10ffff)
            return WRONG;
        code = code * 16 + (uint32_t)h;
    }
    if (!digits || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return WRONG; /* names of characters, octal, halves of pairs */
    char utf8[4];
    hr_buf_add(text, hr_str_of(utf8, hr_utf8_encode(code, utf8)));
    return GOOD;
}

static step python_part(reader *r, hr_buf *text)
{
    char quote = r->s.p[r->i++];
    while (r->i < r->s.n) {
        char c = r->s.p[r->i];
        step st = GOOD;
        if (c == quote) {
            r->i++;
            return GOOD;
        }
        if (c == '\n')
            return WRONG;
        if (c == '\\') {
            st = escape(r, text);
        } else {
            hr_buf_addc(text, c);
            r->i++;
        }
        if (st != GOOD)
            return st;
    }
    return ENDED;
}

/* A string in either quotes; those of Python may be continued by another one behind it. */
static step python_string(reader *r)
{
    hr_buf text = HR_BUF_INIT(0);
    step st;
    do {
        st = python_part(r, &text);
        size_t back = r->i;
        space(r);
        if (st == GOOD && r->i < r->s.n && r->s.p[r->i] != '\'' && r->s.p[r->i] != '"')
            r->i = back;
    } while (st == GOOD && r->i < r->s.n && (r->s.p[r->i] == '\'' || r->s.p[r->i] == '"'));
    r->nan_text |= hr_loose_nan(hr_buf_str(&text));
    if (st == GOOD)
        hr_json_quote(r->b, hr_buf_str(&text));
    if (text.err && !r->b->err)
        r->b->err = text.err;
    hr_buf_free(&text);
    return st;
}

static step json_string(reader *r)
{
    size_t from = r->i++;
    while (r->i < r->s.n && r->s.p[r->i] != '"') {
        if ((unsigned char)r->s.p[r->i] < 0x20)
            return WRONG;
        r->i += r->s.p[r->i] == '\\' ? 2 : 1;
    }
    if (r->i >= r->s.n)
        return ENDED;
    r->i++;
    r->nan_text |= hr_loose_nan(hr_str_sub(r->s, from + 1, r->i - 1));
    hr_buf_add(r->b, hr_str_sub(r->s, from, r->i));
    return GOOD;
}

bool hr_loose_nan(hr_str w)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity", "nan", "inf", "-inf"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (hr_str_eq(w, hr_cstr(words[k])))
            return true;
    return false;
}

static step string(reader *r)
{
    /* A double-quoted string is JSON's unless the text has shown itself to be Python's. */
    if (r->s.p[r->i] == '"' && !r->out->python)
        return json_string(r);
    r->out->python = true;
    return python_string(r);
}

static step word(reader *r)
{
    static const struct {
        const char *in, *json;
        bool python;
    } words[] = {{"true", "true", false}, {"false", "false", false}, {"null", "null", false},
                 {"True", "true", true},  {"False", "false", true},  {"None", "null", true}};
    size_t from = r->i;
    while (r->i < r->s.n && (hr_is_alnum(r->s.p[r->i]) || strchr("+-._", r->s.p[r->i])))
        r->i++;
    hr_str w = hr_str_sub(r->s, from, r->i);
    if (r->i >= r->s.n)
        return ENDED; /* perhaps only its beginning */
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        if (hr_str_eq(w, hr_cstr(words[k].in))) {
            hr_buf_add(r->b, hr_cstr(words[k].json));
            r->out->python |= words[k].python;
            return GOOD;
        }
    }
    if (hr_loose_nan(w)) {
        r->out->nan = true;
        hr_json_quote(r->b, w);
        return GOOD;
    }
    if (!hr_lex_number(w))
        return WRONG;
    hr_buf_add(r->b, w);
    return GOOD;
}

/* --- containers ------------------------------------------------------------------------------- */

static level *top(reader *r)
{
    return &r->stack[r->depth - 1];
}

static step member_name(reader *r)
{
    space(r);
    if (r->i >= r->s.n)
        return ENDED;
    if (r->s.p[r->i] != '"' && r->s.p[r->i] != '\'')
        return WRONG;
    top(r)->key_at = r->b->n;
    step st = string(r);
    if (st != GOOD)
        return st;
    top(r)->key_to = r->b->n;
    space(r);
    if (r->i >= r->s.n)
        return ENDED;
    if (r->s.p[r->i++] != ':')
        return WRONG;
    hr_buf_addc(r->b, ':');
    return GOOD;
}

/* Opens the container at r->i. *closed: it was empty. */
static step enter(reader *r, bool *closed)
{
    if (r->depth == DEPTH)
        return WRONG;
    bool object = r->s.p[r->i++] == '{';
    hr_buf_addc(r->b, object ? '{' : '[');
    r->stack[r->depth++] = (level){.object = object};
    space(r);
    if (r->i >= r->s.n)
        return ENDED;
    *closed = r->s.p[r->i] == (object ? '}' : ']');
    return !*closed && object ? member_name(r) : GOOD;
}

/* Behind a complete value: what follows it in its container. *more: another value is due. */
static step after_value(reader *r, bool *more)
{
    level *l = top(r);
    l->done++;
    l->json_at = r->b->n;
    l->at = r->i;
    space(r);
    if (r->i >= r->s.n)
        return ENDED;
    char c = r->s.p[r->i], end = l->object ? '}' : ']';
    *more = c == ',';
    if (c != ',' && c != end)
        return WRONG;
    if (c == end)
        return GOOD;
    r->i++;
    hr_buf_addc(r->b, ',');
    return l->object ? member_name(r) : GOOD;
}

static step value(reader *r)
{
    do {
        bool closed = false, more = false;
        space(r);
        if (r->i >= r->s.n)
            return ENDED;
        char c = r->s.p[r->i];
        step st = c == '{' || c == '['    ? enter(r, &closed)
                  : c == '"' || c == '\'' ? string(r)
                                          : word(r);
        if (st != GOOD || r->b->err)
            return st == GOOD ? WRONG : st;
        if ((c == '{' || c == '[') && !closed)
            continue;
        while (closed || r->depth) {
            if (closed) {
                hr_buf_addc(r->b, top(r)->object ? '}' : ']');
                r->i++;
                closed = false;
                if (--r->depth == 0)
                    return GOOD;
            }
            st = after_value(r, &more);
            if (st != GOOD)
                return st;
            if (more)
                break;
            closed = true;
        }
    } while (r->depth);
    return WRONG; /* a bare scalar */
}

/* --- the cut ---------------------------------------------------------------------------------- */

/* Ends the JSON text behind the last complete element of the outermost open array that has some. */
static bool close_up(reader *r, hr_arena *a)
{
    size_t k = 0;
    while (k < r->depth && (r->stack[k].object || r->stack[k].done < MIN_ELEMENTS))
        k++;
    if (k == r->depth)
        return false;
    hr_str path = HR_STR("");
    for (size_t i = 0; i < k; i++) {
        const level *l = &r->stack[i];
        hr_str name = hr_strf(a, "%u", l->done + 1);
        if (l->object)
            name = hr_str_sub(hr_buf_str(r->b), l->key_at + 1, l->key_to - 1);
        path = hr_strf(a, "%.*s%s%.*s", HR_FMT(path), path.n ? "." : "", HR_FMT(name));
    }
    r->out->cut = true;
    r->out->path = path;
    r->out->element = r->stack[k].done + 1;
    r->out->at = r->stack[k].at;
    r->b->n = r->stack[k].json_at;
    for (k++; k > 0; k--)
        hr_buf_addc(r->b, r->stack[k - 1].object ? '}' : ']');
    return true;
}

bool hr_loose_python(hr_str s)
{
    size_t i = 0;
    while (i < s.n && (hr_is_space(s.p[i]) || s.p[i] == '['))
        i++;
    if (i >= s.n || s.p[i] != '{')
        return false;
    for (i++; i < s.n && hr_is_space(s.p[i]); i++)
        ;
    if (i >= s.n || s.p[i] != '\'')
        return false;
    size_t end = hr_str_find_char(hr_str_sub(s, i + 1, s.n), '\'');
    return end < 200 && hr_str_starts(hr_str_sub(s, i + 1 + end, s.n), HR_STR("': "));
}

bool hr_detect_nearly_json(hr_str text, size_t good)
{
    bool nan = good < text.n && (text.p[good] == 'N' || text.p[good] == 'I');
    if (!nan && !hr_loose_python(text))
        return false;
    hr_arena a;
    hr_loose l;
    hr_buf json = HR_BUF_INIT(2 * text.n + 64);
    hr_arena_init(&a, 64 * 1024);
    bool yes = hr_loose_read(hr_str_trim(text), &a, &json, &l) == HR_OK;
    hr_arena_free(&a);
    hr_buf_free(&json);
    return yes;
}

hr_err hr_loose_read(hr_str text, hr_arena *a, hr_buf *json, hr_loose *out)
{
    reader *r = HR_NEW(a, reader);
    if (!r)
        return HR_E_NOMEM;
    *out = (hr_loose){.python = hr_loose_python(text)};
    *r = (reader){.s = text, .b = json, .out = out};
    step st = value(r);
    space(r);
    if (json->err)
        return json->err;
    if (st == WRONG || (st == GOOD && (r->i < text.n || !(out->python || out->nan))) ||
        (out->nan && r->nan_text))
        return HR_E_SYNTAX;
    return st == GOOD || close_up(r, a) ? HR_OK : a->failed ? HR_E_NOMEM : HR_E_SYNTAX;
}
