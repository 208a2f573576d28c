#include "compress/json/json_embed.h"

#include "compress/table/table_lex.h"

enum {
    LEVELS = 4,      /* documents in strings in documents in strings … */
    MIN_BYTES = 64,  /* of a string worth the look */
    MAX_DEPTH = 128, /* of one document inside a string */
};

/* --- spelling ------------------------------------------------------------------------------- */

static void line(hr_buf *b, size_t spaces)
{
    hr_buf_addc(b, '\n');
    for (; spaces; spaces--)
        hr_buf_addc(b, ' ');
}

/* Length of the string in quotes at s[i]. */
static size_t string_at(hr_str s, size_t i)
{
    size_t k = i + 1;
    while (k < s.n && s.p[k] != '"')
        k += s.p[k] == '\\' ? 2 : 1;
    return (k < s.n ? k + 1 : s.n) - i;
}

void hr_embed_restyle(hr_str s, unsigned style, hr_buf *b)
{
    size_t step = style > HR_EMBED_INDENT ? style - HR_EMBED_INDENT : 0, depth = 0;
    if (style == HR_EMBED_COMPACT) {
        hr_buf_add(b, s);
        return;
    }
    for (size_t i = 0; i < s.n && !b->err; i++) {
        char c = s.p[i];
        if (c == '"') {
            size_t n = string_at(s, i);
            hr_buf_add(b, hr_str_sub(s, i, i + n));
            i += n - 1;
            continue;
        }
        bool close = c == '}' || c == ']', open = c == '{' || c == '[';
        bool empty = open && i + 1 < s.n && (s.p[i + 1] == '}' || s.p[i + 1] == ']');
        if (close && step)
            line(b, --depth * step);
        hr_buf_addc(b, c);
        if (empty) {
            hr_buf_addc(b, s.p[++i]);
        } else if (step && (open || c == ',')) {
            depth += open;
            line(b, depth * step);
        } else if (c == ':' || (c == ',' && !step)) {
            hr_buf_addc(b, ' ');
        }
    }
}

void hr_embed_name(unsigned style, hr_buf *b)
{
    hr_buf_lit(b, "json");
    if (style == HR_EMBED_SPACED)
        hr_buf_lit(b, ":spaced");
    else if (style > HR_EMBED_INDENT)
        hr_buf_addf(b, ":indent%u", style - HR_EMBED_INDENT);
}

size_t hr_embed_named(hr_str s, unsigned *style)
{
    uint32_t n;
    size_t i = 4;
    *style = HR_EMBED_COMPACT;
    if (!hr_str_starts(s, HR_STR("json")))
        return 0;
    if (hr_str_starts(hr_str_sub(s, i, s.n), HR_STR(":spaced"))) {
        *style = HR_EMBED_SPACED;
        i += 7;
    } else if (hr_str_starts(hr_str_sub(s, i, s.n), HR_STR(":indent")) && s.n > i + 7 &&
               s.p[i + 7] >= '1' && s.p[i + 7] <= '8') {
        *style = HR_EMBED_INDENT + (unsigned)(s.p[i + 7] - '0');
        i += 8;
    }
    if (i >= s.n)
        return 0;
    bool table = hr_lex_name(hr_str_sub(s, i, s.n), 'T', &n) > 0;
    return s.p[i] == '{' || s.p[i] == '[' || table ? i : 0;
}

/* --- replacing ------------------------------------------------------------------------------ */

typedef struct expander {
    hr_arena *a;
    hr_buf *b;
    hr_embeds *out;
} expander;

/* Are escapes in the document's strings spelled as the writers would spell them? */
static bool plain_strings(const hr_json_doc *d, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    bool ok = true;
    for (uint32_t i = 0; ok && i < d->n; i++) {
        if (d->nodes[i].type != HR_JSON_STRING || !(d->nodes[i].flags & HR_JSON_ESCAPED))
            continue;
        hr_arena_mark m = hr_arena_save(a);
        hr_buf_clear(&b);
        hr_json_quote(&b, hr_json_text(d, i, a));
        ok = !b.err && hr_str_eq(hr_buf_str(&b), hr_json_raw(d, i));
        hr_arena_restore(a, m);
    }
    hr_buf_free(&b);
    return ok;
}

static unsigned likely_style(hr_str text, size_t compact)
{
    size_t n = 0;
    if (text.n == compact)
        return HR_EMBED_COMPACT;
    if (text.p[1] != '\n')
        return HR_EMBED_SPACED;
    while (2 + n < text.n && text.p[2 + n] == ' ')
        n++;
    return n >= 1 && n <= 8 ? HR_EMBED_INDENT + (unsigned)n : HR_EMBED_STYLES;
}

/* Is `text` how the document is spelled in some style? */
static bool style_of(const hr_json_doc *d, hr_str text, hr_arena *a, unsigned *style)
{
    hr_buf compact = HR_BUF_INIT(text.n), again = HR_BUF_INIT(text.n);
    hr_json_minify(d, 0, &compact);
    *style = likely_style(text, compact.n);
    bool ok = !compact.err && *style < HR_EMBED_STYLES && plain_strings(d, a);
    if (ok) {
        hr_embed_restyle(hr_buf_str(&compact), *style, &again);
        ok = !again.err && hr_str_eq(hr_buf_str(&again), text);
    }
    hr_buf_free(&compact);
    hr_buf_free(&again);
    return ok;
}

static void expand(expander *e, const hr_json_doc *d, unsigned level);

/* Appends what stands in front of string node i and the document it holds; false: it holds none,
 * nothing was appended. */
static bool replaced(expander *e, const hr_json_doc *d, size_t from, uint32_t i, unsigned level)
{
    const hr_json_node *n = &d->nodes[i];
    char first = n->end - n->start > MIN_BYTES ? d->src.p[n->start + 1] : 0;
    hr_json_doc inner;
    unsigned style;
    if ((first != '{' && first != '[') || level >= LEVELS)
        return false;
    hr_arena_mark m = hr_arena_save(e->a);
    hr_str text = hr_json_text(d, i, e->a);
    size_t len = hr_lex_brackets(text);
    hr_str body = hr_str_sub(text, 0, len), tail = hr_str_sub(text, len, text.n);
    if (!len || hr_str_trim(tail).n || hr_json_scan(e->a, body, MAX_DEPTH, &inner).code ||
        !inner.nodes[0].count || !style_of(&inner, body, e->a, &style)) {
        hr_arena_restore(e->a, m);
        return false;
    }
    hr_buf_add(e->b, hr_str_sub(d->src, from, d->nodes[i].start));
    hr_embed *slot = hr_vec_push(e->out, e->a);
    if (!slot)
        return false;
    *slot = (hr_embed){(uint32_t)e->b->n, (uint8_t)style, tail};
    expand(e, &inner, level + 1);
    return true;
}

static void expand(expander *e, const hr_json_doc *d, unsigned level)
{
    size_t from = 0;
    for (uint32_t i = 0; i < d->n && !e->b->err; i++) {
        const hr_json_node *n = &d->nodes[i];
        if (n->type != HR_JSON_STRING || (n->flags & HR_JSON_KEY))
            continue;
        if (replaced(e, d, from, i, level))
            from = n->end;
    }
    hr_buf_add(e->b, hr_str_sub(d->src, from, d->src.n));
}

hr_err hr_embed_expand(const hr_json_doc *d, hr_arena *a, hr_str *text, hr_embeds *out)
{
    hr_buf b = HR_BUF_INIT(d->src.n + 64);
    expander e = {.a = a, .b = &b, .out = out};
    *text = HR_STR_NONE;
    bool any = false;
    for (uint32_t i = 0; i < d->n && !any; i++)
        any = d->nodes[i].type == HR_JSON_STRING &&
              d->nodes[i].end - d->nodes[i].start > MIN_BYTES &&
              (d->src.p[d->nodes[i].start + 1] == '{' || d->src.p[d->nodes[i].start + 1] == '[');
    if (!any)
        return HR_OK;
    expand(&e, d, 0);
    if (!b.err && out->n)
        *text = hr_str_dup(a, hr_buf_str(&b));
    hr_err err = a->failed || b.err == HR_E_NOMEM ? HR_E_NOMEM : HR_OK;
    hr_buf_free(&b);
    return err;
}
