#include "context/xref.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "text/json.h"

enum {
    WINDOW = 3,          /* lines that must agree before a run is looked at */
    MAX_CANDIDATES = 8,  /* older places tried for one window */
    MIN_RUN_BYTES = 160, /* shorter runs cannot pay for a reference */
    LONG_LINE = 400,     /* bytes of a line that is worth a reference alone */
    MAX_LINES = 4 << 20,
    LABEL_INPUT = 48,
};

void hr_xref_init(hr_xref *x, hr_arena *a)
{
    *x = (hr_xref){.arena = a};
}

/* "   12\tcode", "12: code", "12|code", "12→code": the number, and the code without it. */
static hr_str without_number(hr_str line, int64_t *number)
{
    size_t i = 0, start;
    *number = -1;
    while (i < line.n && i < 12 && line.p[i] == ' ')
        i++;
    start = i;
    while (i < line.n && i - start < 9 && hr_is_digit(line.p[i]))
        i++;
    if (i == start || i >= line.n)
        return line;
    hr_str num = hr_str_sub(line, start, i), rest = hr_str_sub(line, i, line.n);
    if (rest.p[0] == '\t' || rest.p[0] == ':' || rest.p[0] == '|') {
        hr_str_i64(num, number);
        return hr_str_sub(rest, 1, rest.n);
    }
    if (hr_str_starts(rest, HR_STR("\xe2\x86\x92"))) {
        hr_str_i64(num, number);
        return hr_str_sub(rest, 3, rest.n);
    }
    return line;
}

/* Lines of ours, and lines that cannot identify anything, break a run of sources. */
static bool never_pointed_at(hr_str line)
{
    return line.n > 12 && line.p[0] == '[' &&
           (hr_str_has(line, HR_STR(" left out: the same as ")) ||
            hr_str_has(line, HR_STR("Retrieve original: hash=")));
}

static hr_xref_line read_line(hr_str line)
{
    hr_xref_line l = {0};
    l.body = without_number(line, &l.number);
    l.hash = never_pointed_at(line) ? 0 : hr_hash64(l.body) | 1;
    return l;
}

hr_err hr_xref_add(hr_xref *x, hr_str text, uint32_t id, hr_str label)
{
    uint32_t source = (uint32_t)x->sources.n, at = 0;
    hr_xref_source *s = hr_vec_push(&x->sources, x->arena);
    if (!s)
        return HR_E_NOMEM;
    *s = (hr_xref_source){.id = id, .first = (uint32_t)x->lines.n, .label = label};
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        if (x->lines.n >= MAX_LINES)
            return HR_E_LIMIT;
        hr_xref_line *l = hr_vec_push(&x->lines, x->arena);
        if (!l)
            return HR_E_NOMEM;
        *l = read_line(line);
        l->source = source;
        l->at = at++;
    }
    x->sources.p[source].count = at;
    return HR_OK;
}

static uint64_t window_hash(const hr_xref_line *l)
{
    return (l[0].hash * 0x9e3779b97f4a7c15u) ^ (l[1].hash * 0xc2b2ae3d27d4eb4fu) ^
           (l[2].hash * 0x165667b19e3779f9u);
}

static bool is_window(const hr_xref *x, size_t i)
{
    const hr_xref_line *l = x->lines.p + i;
    return i + WINDOW <= x->lines.n && l[0].hash && l[1].hash && l[2].hash &&
           l[0].source == l[WINDOW - 1].source;
}

static bool is_long(const hr_xref_line *l)
{
    return l->hash && l->body.n >= LONG_LINE;
}

static size_t slot_of(const hr_xref *x, uint64_t hash)
{
    return (size_t)(hash >> 20) & (x->nslots - 1);
}

static void link_line(struct hr_xref_table *t, size_t slot, size_t i)
{
    t->chain[i] = t->slots[slot];
    t->slots[slot] = (uint32_t)i + 1;
}

static bool new_table(hr_xref *x, struct hr_xref_table *t)
{
    t->slots = HR_NEW_ARRAY(x->arena, uint32_t, x->nslots);
    t->chain = HR_NEW_ARRAY(x->arena, uint32_t, x->lines.n);
    return t->slots && t->chain;
}

/* Builds the tables over all lines added so far. */
static hr_err build(hr_xref *x)
{
    if (x->indexed == x->lines.n && x->windows.slots)
        return HR_OK;
    x->nslots = 16;
    while (x->nslots < x->lines.n * 2)
        x->nslots *= 2;
    if (!new_table(x, &x->windows) || !new_table(x, &x->longs))
        return HR_E_NOMEM;
    for (size_t i = 0; i < x->lines.n; i++) {
        if (is_window(x, i))
            link_line(&x->windows, slot_of(x, window_hash(x->lines.p + i)), i);
        if (is_long(&x->lines.p[i]))
            link_line(&x->longs, slot_of(x, x->lines.p[i].hash), i);
    }
    x->indexed = x->lines.n;
    return HR_OK;
}

/* Lines of text from j on that agree with the source lines from i on. Numbers must all be missing,
 * or differ by the same amount. */
static size_t run_length(const hr_xref *x, size_t i, const hr_xref_line *text, size_t j, size_t n,
                         int64_t *shift)
{
    const hr_xref_line *src = x->lines.p;
    size_t k = 0;
    *shift = 0;
    while (i + k < x->lines.n && j + k < n && src[i + k].source == src[i].source) {
        const hr_xref_line *a = &src[i + k], *b = &text[j + k];
        if (!a->hash || a->hash != b->hash || !hr_str_eq(a->body, b->body))
            break;
        if ((a->number < 0) != (b->number < 0))
            break;
        int64_t delta = b->number - a->number;
        if (k == 0)
            *shift = delta;
        else if (delta != *shift)
            break;
        k++;
    }
    return k;
}

typedef struct run {
    size_t src, len; /* first source line, number of lines */
    int64_t shift;
} run;

static void best_in(const hr_xref *x, const struct hr_xref_table *t, uint64_t hash,
                    const hr_xref_line *text, size_t j, size_t n, run *best)
{
    uint32_t at = t->slots[slot_of(x, hash)];
    for (int tries = 0; at && tries < MAX_CANDIDATES; tries++, at = t->chain[at - 1]) {
        int64_t shift;
        size_t len = run_length(x, at - 1, text, j, n, &shift);
        if (len > best->len)
            *best = (run){at - 1, len, shift};
    }
}

static run best_run(const hr_xref *x, const hr_xref_line *text, size_t j, size_t n)
{
    run best = {0};
    if (j + WINDOW <= n && text[j].hash && text[j + 1].hash && text[j + 2].hash)
        best_in(x, &x->windows, window_hash(text + j), text, j, n, &best);
    if (best.len < WINDOW && is_long(&text[j]))
        best_in(x, &x->longs, text[j].hash, text, j, n, &best);
    return best;
}

static hr_str reference(const hr_xref *x, const run *r, hr_arena *a)
{
    const hr_xref_line *l = &x->lines.p[r->src];
    const hr_xref_source *s = &x->sources.p[l->source];
    if (r->len == s->count && !r->shift)
        return hr_strf(a, "[%zu line%s left out: the same as all of %.*s]", r->len,
                       r->len == 1 ? "" : "s", HR_FMT(s->label));
    if (r->shift)
        return hr_strf(a,
                       "[%zu lines left out: the same as lines %u-%zu of %.*s, numbers here are "
                       "%+lld]",
                       r->len, l->at + 1, l->at + r->len, HR_FMT(s->label), (long long)r->shift);
    return hr_strf(a, "[%zu lines left out: the same as lines %u-%zu of %.*s]", r->len, l->at + 1,
                   l->at + r->len, HR_FMT(s->label));
}

static hr_err use_source(const hr_xref *x, const run *r, hr_arena *a, hr_xref_result *out)
{
    uint32_t id = x->sources.p[x->lines.p[r->src].source].id;
    for (size_t i = 0; i < out->nused; i++) {
        if (out->used[i] == id)
            return HR_OK;
    }
    uint32_t *grown =
        hr_grow(a, out->used, out->nused * sizeof(*grown), (out->nused + 1) * sizeof(*grown));
    if (!grown)
        return HR_E_NOMEM;
    out->used = grown;
    out->used[out->nused++] = id;
    return HR_OK;
}

static size_t bytes_of(const hr_xref_line *l, size_t from, size_t len)
{
    size_t n = 0;
    for (size_t i = from; i < from + len; i++)
        n += l[i].body.n + 1;
    return n;
}

hr_err hr_xref_apply(hr_xref *x, const hr_tokenizer *tok, hr_str text, hr_arena *a,
                     hr_xref_result *out)
{
    HR_VEC(hr_xref_line) v = {0};
    HR_VEC(hr_str) raw = {0};
    *out = (hr_xref_result){0};
    hr_err err = build(x);
    for (hr_str rest = text, line; err == HR_OK && hr_str_line(&rest, &line);) {
        hr_xref_line *l = hr_vec_push(&v, a);
        hr_str *r = hr_vec_push(&raw, a);
        if (!l || !r)
            return HR_E_NOMEM;
        *l = read_line(line);
        *r = line;
    }
    if (err != HR_OK)
        return err;
    hr_buf b = HR_BUF_INIT(0);
    for (size_t j = 0; j < v.n && err == HR_OK;) {
        run r = best_run(x, v.p, j, v.n);
        size_t bytes = r.len ? bytes_of(v.p, j, r.len) : 0;
        if (bytes >= MIN_RUN_BYTES) {
            hr_str ref = reference(x, &r, a);
            hr_str end = raw.p[j + r.len - 1];
            hr_str span = hr_str_of(raw.p[j].p, (size_t)(end.p + end.n - raw.p[j].p));
            if (!ref.p)
                err = HR_E_NOMEM;
            else if (hr_tokens_estimate(tok, span) > 2 * hr_tokens_estimate(tok, ref)) {
                hr_buf_add(&b, ref);
                hr_buf_addc(&b, '\n');
                err = use_source(x, &r, a, out);
                out->lines_out += r.len;
                j += r.len;
                continue;
            }
        }
        hr_buf_add(&b, raw.p[j++]);
        hr_buf_addc(&b, '\n');
    }
    if (b.n && text.p[text.n - 1] != '\n')
        b.n--;
    if (err == HR_OK)
        err = b.err;
    if (err == HR_OK && out->lines_out)
        out->text = hr_str_dup(a, hr_buf_str(&b));
    hr_buf_free(&b);
    return err == HR_OK && out->lines_out && !out->text.p ? HR_E_NOMEM : err;
}

/* The first string among the arguments, which names the file or command in every agent's tools. */
static hr_str main_argument(hr_str input, hr_arena *a)
{
    hr_json_doc d;
    if (input.n > 1 << 20 || hr_json_scan(a, input, 16, &d).code != HR_OK ||
        !hr_json_is(&d, 0, HR_JSON_OBJECT))
        return HR_STR_NONE;
    static const char *const names[] = {"command",  "cmd",   "file_path", "path",
                                        "filename", "query", "url",       "pattern"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        hr_str v = hr_json_get_text(&d, 0, hr_cstr(names[i]), a);
        if (v.n)
            return v;
    }
    return HR_STR_NONE;
}

hr_str hr_xref_label(size_t ordinal, hr_str tool_name, hr_str tool_input, hr_arena *a)
{
    hr_str arg = hr_str_trim(main_argument(tool_input, a));
    size_t lf = hr_str_find_char(arg, '\n');
    if (lf != SIZE_MAX)
        arg.n = lf;
    if (arg.n > LABEL_INPUT)
        arg.n = hr_utf8_floor(arg, LABEL_INPUT);
    if (arg.n)
        return hr_strf(a, "tool result %zu (%.*s: %.*s)", ordinal, HR_FMT(tool_name), HR_FMT(arg));
    return hr_strf(a, "tool result %zu (%.*s)", ordinal, HR_FMT(tool_name));
}
