/* From the other notations back to JSON; see compaction.h. */
#include "compress/json/compaction.h"

#include "base/vec.h"
#include "compress/table/table_lex.h"
#include "text/json.h"

enum { PARTS = 8, DEPTH = 256 };

typedef struct column {
    hr_str part[PARTS]; /* names in quotes */
    size_t depth;
    bool optional, strings;
} column;
typedef HR_VEC(column) columns;

/* --- one row ---------------------------------------------------------------------------------- */

typedef struct writer {
    hr_buf *b;
    const column *open; /* whose path is open up to level */
    size_t level;
    bool comma;
} writer;

static const column top = {.depth = 1}; /* a member of the row itself */

/* Opens and closes objects until all of c's path but its last part is open. */
static void go_to(writer *w, const column *c)
{
    size_t same = 0, want = c->depth - 1;
    while (w->open && same < w->level && same < want &&
           hr_str_eq(w->open->part[same], c->part[same]))
        same++;
    for (; w->level > same; w->level--) {
        hr_buf_addc(w->b, '}');
        w->comma = true;
    }
    for (; w->level < want; w->level++) {
        if (w->comma)
            hr_buf_addc(w->b, ',');
        hr_buf_add(w->b, c->part[w->level]);
        hr_buf_lit(w->b, ":{");
        w->comma = false;
    }
    w->open = c;
}

static void put_member(writer *w, const column *c)
{
    if (w->comma)
        hr_buf_addc(w->b, ',');
    hr_buf_add(w->b, c->part[c->depth - 1]);
    hr_buf_addc(w->b, ':');
    w->comma = true;
}

/* --- json ------------------------------------------------------------------------------------- */

typedef struct reader {
    hr_arena *a;
    const hr_json_doc *d;
    hr_buf *b;
} reader;

static bool emit(reader *t, uint32_t i, unsigned depth);

static bool read_schema(reader *t, uint32_t list, columns *out)
{
    const hr_json_doc *d = t->d;
    if (!hr_json_is(d, list, HR_JSON_ARRAY))
        return false;
    for (uint32_t i = list + 1; i < d->nodes[list].next; i = d->nodes[i].next) {
        column *c = hr_vec_push(out, t->a);
        uint32_t name = hr_json_get(d, i, HR_STR("name")), path = hr_json_get(d, i, HR_STR("path"));
        if (!c || !hr_json_is(d, name, HR_JSON_STRING))
            return false;
        c->optional = hr_json_get_true(d, i, HR_STR("optional"));
        if (path == HR_JSON_ABSENT) {
            c->part[c->depth++] = hr_json_raw(d, name);
            continue;
        }
        if (!hr_json_is(d, path, HR_JSON_ARRAY) || d->nodes[path].count < 1 ||
            d->nodes[path].count > PARTS)
            return false;
        for (uint32_t k = path + 1; k < d->nodes[path].next; k = d->nodes[k].next) {
            if (!hr_json_is(d, k, HR_JSON_STRING))
                return false;
            c->part[c->depth++] = hr_json_raw(d, k);
        }
    }
    return out->n > 0;
}

static bool emit_row(reader *t, uint32_t row, const columns *cols, unsigned depth)
{
    const hr_json_doc *d = t->d;
    writer w = {.b = t->b};
    if (!hr_json_is(d, row, HR_JSON_ARRAY) || d->nodes[row].count != cols->n)
        return false;
    hr_buf_addc(t->b, '{');
    uint32_t i = row + 1;
    for (size_t k = 0; k < cols->n; k++, i = d->nodes[i].next) {
        const column *c = &cols->p[k];
        uint32_t v = i;
        go_to(&w, c);
        if (c->optional && hr_json_is(d, i, HR_JSON_NULL))
            continue;
        if (c->optional && hr_json_is(d, i, HR_JSON_OBJECT) && d->nodes[i].count == 1 &&
            hr_json_get(d, i, HR_STR("_value")) != HR_JSON_ABSENT)
            v = hr_json_get(d, i, HR_STR("_value"));
        put_member(&w, c);
        if (!emit(t, v, depth))
            return false;
    }
    go_to(&w, &top);
    hr_buf_addc(t->b, '}');
    return true;
}

static bool emit_table(reader *t, uint32_t i, unsigned depth)
{
    const hr_json_doc *d = t->d;
    columns cols = {0};
    uint32_t rows = hr_json_get(d, i, HR_STR("_rows"));
    bool lines = hr_json_get_true(d, i, HR_STR("_lines")), first = true;
    if (!read_schema(t, hr_json_get(d, i, HR_STR("_schema")), &cols) ||
        !hr_json_is(d, rows, HR_JSON_ARRAY))
        return false;
    if (!lines)
        hr_buf_addc(t->b, '[');
    for (uint32_t r = rows + 1; r < d->nodes[rows].next; r = d->nodes[r].next) {
        if (!first)
            hr_buf_addc(t->b, lines ? '\n' : ',');
        first = false;
        if (!emit_row(t, r, &cols, depth))
            return false;
    }
    hr_buf_addc(t->b, lines ? '\n' : ']');
    return true;
}

static bool emit(reader *t, uint32_t i, unsigned depth)
{
    const hr_json_doc *d = t->d;
    const hr_json_node *n = &d->nodes[i];
    bool object = n->type == HR_JSON_OBJECT;
    if (depth >= DEPTH)
        return false;
    if (n->type < HR_JSON_ARRAY) {
        hr_buf_add(t->b, hr_json_raw(d, i));
        return true;
    }
    if (object && n->count && hr_str_eq(hr_json_raw(d, i + 1), HR_STR("\"_compaction\"")))
        return emit_table(t, i, depth + 1);
    hr_buf_addc(t->b, object ? '{' : '[');
    for (uint32_t k = i + 1; k < n->next; k = d->nodes[k].next) {
        if (k > i + 1)
            hr_buf_addc(t->b, ',');
        if (object) {
            hr_buf_add(t->b, hr_json_raw(d, k++));
            hr_buf_addc(t->b, ':');
        }
        if (!emit(t, k, depth + 1))
            return false;
    }
    hr_buf_addc(t->b, object ? '}' : ']');
    return true;
}

static hr_err decode_json(hr_str text, hr_arena *a, hr_buf *out)
{
    for (bool first = true; hr_str_trim(text).n; first = false) {
        hr_json_doc d;
        size_t used;
        hr_errpos e = hr_json_scan_prefix(a, text, 0, &d, &used);
        if (e.code)
            return e.code;
        reader t = {.a = a, .d = &d, .b = out};
        if (!first)
            hr_buf_addc(out, '\n');
        if (!emit(&t, 0, 0))
            return a->failed ? HR_E_NOMEM : HR_E_SYNTAX;
        text = hr_str_trim(hr_str_sub(text, used, text.n));
    }
    return out->err;
}

/* --- markdown-kv ------------------------------------------------------------------------------ */

/* A name at s[0], in quotes or up to one of the characters that end it. */
static size_t name_at(hr_str s, hr_str *quoted, hr_arena *a)
{
    size_t i = 0;
    if (s.n && s.p[0] == '"') {
        for (i = 1; i < s.n && s.p[i] != '"'; i++)
            i += s.p[i] == '\\';
        i = i < s.n ? i + 1 : 0;
        *quoted = hr_str_sub(s, 0, i);
        return i;
    }
    while (i < s.n && s.p[i] != '.' && s.p[i] != ':')
        i++;
    hr_buf b = HR_BUF_INIT(0);
    hr_json_quote(&b, hr_str_sub(s, 0, i)); /* a bare name may hold a backslash */
    *quoted = hr_str_dup(a, hr_buf_str(&b));
    hr_buf_free(&b);
    return i;
}

/* "a.b" up to the colon; 0: no name. */
static size_t path_at(hr_str s, column *c, hr_arena *a)
{
    size_t at = 0;
    c->depth = 0;
    for (;;) {
        size_t n = c->depth < PARTS ? name_at(hr_str_sub(s, at, s.n), &c->part[c->depth], a) : 0;
        if (!n)
            return 0;
        c->depth++;
        at += n;
        if (at >= s.n || s.p[at] == ':')
            return at < s.n ? at : 0;
        if (s.p[at++] != '.')
            return 0;
    }
}

static bool md_head(hr_str line, hr_arena *a, columns *cols, uint64_t *rows)
{
    size_t i = hr_str_find_char(line, ']');
    if (line.n < 4 || line.p[0] != '[' || i == SIZE_MAX || line.p[line.n - 1] != '}' ||
        !hr_str_u64(hr_str_sub(line, 1, i), rows) || i + 1 >= line.n || line.p[i + 1] != '{')
        return false;
    for (i += 2; i < line.n; i++) {
        column *c = hr_vec_push(cols, a);
        hr_str rest = hr_str_sub(line, i, line.n);
        size_t n = c ? path_at(rest, c, a) : 0;
        if (!n)
            return false;
        i += n + 1;
        size_t from = i;
        while (i < line.n && line.p[i] != ',' && line.p[i] != '}')
            i++;
        hr_str type = hr_str_sub(line, from, i);
        c->optional = type.n && type.p[type.n - 1] == '?';
        c->strings = hr_str_starts(type, HR_STR("string"));
    }
    return true;
}

static bool md_cell(hr_str s, const column *c, hr_arena *a, hr_buf *b)
{
    hr_json_doc d;
    bool json = s.n && (s.p[0] == '"' ||
                        (c->strings ? hr_str_eq(s, HR_STR("null"))
                                    : s.p[0] == '{' || s.p[0] == '[' || hr_lex_literal(s)));
    if (!json) {
        hr_json_quote(b, s);
        return s.n > 0;
    }
    if (hr_json_scan(a, s, 0, &d).code)
        return false;
    hr_buf_add(b, s);
    return true;
}

static bool same_path(const column *a, const column *b)
{
    if (a->depth != b->depth)
        return false;
    for (size_t i = 0; i < a->depth; i++)
        if (!hr_str_eq(a->part[i], b->part[i]))
            return false;
    return true;
}

static bool md_row(const columns *cols, hr_str *rest, hr_arena *a, hr_buf *b)
{
    writer w = {.b = b};
    size_t k = 0;
    bool first = true;
    hr_str line;
    hr_buf_addc(b, '{');
    while (rest->n) {
        hr_str peek = *rest;
        if (!hr_str_line(&peek, &line) || (!first && !hr_str_starts(line, HR_STR("  "))))
            break;
        if (first && !hr_str_starts(line, HR_STR("-")))
            return false;
        *rest = peek;
        bool bare = first && line.n == 1;
        first = false;
        if (bare)
            break;
        hr_arena_mark m = hr_arena_save(a);
        column c;
        line = hr_str_sub(line, 2, line.n);
        size_t n = path_at(line, &c, a);
        if (!n || !hr_str_starts(hr_str_sub(line, n, line.n), HR_STR(": ")))
            return false;
        for (; k < cols->n && !same_path(&cols->p[k], &c); k++)
            go_to(&w, &cols->p[k]);
        if (k == cols->n)
            return false;
        go_to(&w, &cols->p[k]);
        put_member(&w, &cols->p[k]);
        if (!md_cell(hr_str_sub(line, n + 2, line.n), &cols->p[k++], a, b))
            return false;
        hr_arena_restore(a, m);
    }
    for (; k < cols->n; k++)
        go_to(&w, &cols->p[k]);
    go_to(&w, &top);
    hr_buf_addc(b, '}');
    return !first;
}

static bool md_table(hr_str *rest, bool lines, hr_arena *a, hr_buf *b)
{
    columns cols = {0};
    hr_str line;
    uint64_t rows;
    if (!hr_str_line(rest, &line) || !md_head(line, a, &cols, &rows))
        return false;
    if (!lines)
        hr_buf_addc(b, '[');
    for (uint64_t r = 0; r < rows; r++) {
        if (r)
            hr_buf_addc(b, lines ? '\n' : ',');
        if (!md_row(&cols, rest, a, b))
            return false;
    }
    hr_buf_addc(b, lines ? '\n' : ']');
    return true;
}

typedef HR_VEC(hr_str) texts;

/* "T1=[" at the start of a line, with the next number. */
static size_t table_at(hr_str s, uint32_t number)
{
    uint32_t n;
    size_t len = hr_lex_name(s, 'T', &n);
    return len && n == number && hr_str_starts(hr_str_sub(s, len, s.n), HR_STR("=[")) ? len + 1 : 0;
}

/* The document, with tables where their names stand outside of strings. */
static bool md_document(hr_str s, const texts *tables, hr_buf *b)
{
    for (size_t i = 0; i < s.n; i++) {
        uint32_t n;
        size_t len = s.p[i] == 'T' ? hr_lex_name(hr_str_sub(s, i, s.n), 'T', &n) : 0;
        if (len) {
            if (n == 0 || n > tables->n)
                return false;
            hr_buf_add(b, tables->p[n - 1]);
            i += len - 1;
            continue;
        }
        size_t from = i;
        if (s.p[i] == '"')
            for (i++; i < s.n && s.p[i] != '"'; i++)
                i += s.p[i] == '\\';
        hr_buf_add(b, hr_str_sub(s, from, i + 1));
    }
    return true;
}

/* One document or several. */
static hr_err all_json(hr_str s, hr_arena *a)
{
    do {
        hr_json_doc d;
        size_t used;
        hr_err e = hr_json_scan_prefix(a, s, 0, &d, &used).code;
        if (e)
            return e;
        s = hr_str_trim(hr_str_sub(s, used, s.n));
    } while (s.n);
    return HR_OK;
}

static hr_err decode_markdown(hr_str text, hr_arena *a, hr_buf *out)
{
    texts tables = {0};
    bool lines = hr_str_starts(text, HR_STR("lines "));
    hr_str rest = hr_str_sub(text, lines ? 6 : 0, text.n), document = rest, line;
    columns probe = {0};
    uint64_t rows;
    hr_str peek = rest;
    if (hr_str_line(&peek, &line) && md_head(line, a, &probe, &rows))
        return md_table(&rest, lines, a, out) ? out->err : HR_E_SYNTAX;
    for (size_t i = 0; i < text.n; i++) { /* the document ends where the first table starts */
        if ((i == 0 || text.p[i - 1] == '\n') && table_at(hr_str_sub(text, i, text.n), 1)) {
            document = hr_str_sub(text, 0, i);
            break;
        }
    }
    rest = hr_str_sub(text, document.n, text.n);
    for (size_t n; (n = table_at(rest, (uint32_t)tables.n + 1)) != 0;) {
        hr_buf b = HR_BUF_INIT(out->limit);
        rest = hr_str_sub(rest, n, rest.n);
        bool ok = md_table(&rest, false, a, &b);
        hr_str *slot = ok ? hr_vec_push(&tables, a) : NULL;
        if (slot)
            *slot = hr_str_dup(a, hr_buf_str(&b));
        hr_buf_free(&b);
        if (!slot)
            return a->failed ? HR_E_NOMEM : HR_E_SYNTAX;
    }
    size_t start = out->n;
    if (rest.n || !md_document(hr_str_trim(document), &tables, out))
        return HR_E_SYNTAX;
    return out->err ? out->err : all_json(hr_str_sub(hr_buf_str(out), start, out->n), a);
}

hr_err hr_compaction_decode(hr_compaction format, hr_str text, hr_arena *a, hr_buf *out)
{
    return format == HR_COMPACT_JSON ? decode_json(text, a, out) : decode_markdown(text, a, out);
}
