/* XML documents: reports, configurations, status pages of devices. Elements stay byte for byte.
 *
 * Lossless: white space between elements goes, one element a line. Lossy: elements that the
 * question does not need are folded into comments that count them, in place; failures and errors
 * stay. */
#include "compress/fold/fold_tree.h"
#include "compress/forms.h"
#include "compress/marker.h"
#include "compress/prose/prose.h"

enum { DEPTH_MAX = 200, MIN_ELEMENTS = 12 };

typedef enum token_kind { T_TEXT, T_OPEN, T_CLOSE, T_EMPTY, T_OTHER } token_kind;

typedef struct token {
    token_kind kind;
    hr_str s, name;
    bool cut; /* the text ends before the token does */
} token;

/* Behind `what` from i on; SIZE_MAX when it is missing. */
static size_t behind(hr_str t, size_t i, hr_str what)
{
    size_t k = hr_str_find(hr_str_sub(t, i, t.n), what);
    return k == SIZE_MAX ? SIZE_MAX : i + k + what.n;
}

static bool name_byte(char c)
{
    return hr_is_alnum(c) || c == '_' || c == '-' || c == '.' || c == ':' ||
           (unsigned char)c >= 0x80;
}

static hr_err next_token(hr_str t, size_t *i, token *out)
{
    size_t from = *i, end;
    hr_str rest = hr_str_sub(t, from, t.n);
    *out = (token){.kind = T_OTHER};
    if (rest.p[0] != '<') {
        size_t lt = hr_str_find_char(rest, '<');
        end = lt == SIZE_MAX ? t.n : from + lt;
        out->kind = T_TEXT;
    } else if (hr_str_starts(rest, HR_STR("<!--"))) {
        end = behind(t, from, HR_STR("-->"));
    } else if (hr_str_starts(rest, HR_STR("<![CDATA["))) {
        end = behind(t, from, HR_STR("]]>"));
        out->kind = T_TEXT;
    } else if (hr_str_starts(rest, HR_STR("<?"))) {
        end = behind(t, from, HR_STR("?>"));
    } else if (hr_str_starts(rest, HR_STR("<!"))) {
        size_t k = from, square = 0;
        for (end = SIZE_MAX; k < t.n && end == SIZE_MAX; k++) {
            square += t.p[k] == '[';
            square -= t.p[k] == ']' && square;
            if (t.p[k] == '>' && !square)
                end = k + 1;
        }
    } else {
        bool close = rest.n > 1 && rest.p[1] == '/';
        size_t k = from + 1 + close, name = k;
        while (k < t.n && name_byte(t.p[k]))
            k++;
        if (k == name)
            return HR_E_SYNTAX;
        out->name = hr_str_sub(t, name, k);
        char quote = 0;
        for (end = SIZE_MAX; k < t.n && end == SIZE_MAX; k++) {
            char c = t.p[k];
            if (quote)
                quote = c == quote ? 0 : quote;
            else if (c == '"' || c == '\'')
                quote = c;
            else if (c == '<')
                return HR_E_SYNTAX;
            else if (c == '>')
                end = k + 1;
        }
        if (end != SIZE_MAX)
            out->kind = close ? T_CLOSE : t.p[end - 2] == '/' ? T_EMPTY : T_OPEN;
    }
    out->cut = end == SIZE_MAX;
    if (out->cut)
        return HR_E_SYNTAX;
    out->s = hr_str_sub(t, from, end);
    *i = end;
    return HR_OK;
}

typedef struct reader {
    hr_str text;
    hr_arena *a;
    hr_tree *t;
    uint32_t open[DEPTH_MAX];
    size_t depth, elements, spaces;
} reader;

static hr_tree_node *new_node(reader *r, const token *k)
{
    hr_tree_node *n = hr_vec_push(r->t, r->a);
    if (n) {
        n->head = k->s;
        n->name = k->name;
        n->parent = r->depth ? r->open[r->depth - 1] : HR_TREE_ROOT;
        n->must = k->kind == T_OTHER && !r->depth && k->s.n < 400;
    }
    return n;
}

/* Reports say so where something went wrong. */
static bool bad_news(hr_str name)
{
    return hr_str_ieq(name, HR_STR("failure")) || hr_str_ieq(name, HR_STR("error")) ||
           hr_str_ieq(name, HR_STR("fault")) || hr_str_ieq(name, HR_STR("exception"));
}

static hr_err close_element(reader *r, const token *k)
{
    if (!r->depth)
        return HR_E_SYNTAX;
    hr_tree_node *n = &r->t->p[r->open[r->depth - 1]];
    if (!hr_str_eq(n->name, k->name))
        return HR_E_SYNTAX;
    r->depth--;
    uint32_t index = (uint32_t)(n - r->t->p);
    bool last = index + 1 == r->t->n;
    bool adjacent = n->head.p + n->head.n == k->s.p;
    if (last && adjacent)
        n->head.n += k->s.n; /* a leaf is one piece: <a>text</a> */
    else
        n->tail = k->s;
    return HR_OK;
}

/* Text right behind an opening tag belongs to the element; white space between elements is none. */
static hr_err add_text(reader *r, const token *k)
{
    hr_str s = hr_str_trim(k->s);
    if (!s.n) {
        /* Between an opening tag and its own end it is content. */
        hr_str end = hr_str_sub(r->text, (size_t)(k->s.p - r->text.p) + k->s.n, r->text.n);
        hr_tree_node *n = r->t->n ? &r->t->p[r->t->n - 1] : NULL;
        bool leaf = n && r->depth && r->open[r->depth - 1] == r->t->n - 1 &&
                    hr_str_starts(end, HR_STR("</")) && hr_str_find_char(k->s, '\n') == SIZE_MAX;
        if (leaf)
            n->head.n += k->s.n;
        r->spaces += k->s.n;
        return HR_OK;
    }
    if (!r->depth)
        return HR_E_SYNTAX;
    hr_tree_node *n = &r->t->p[r->t->n - 1];
    if (r->open[r->depth - 1] == r->t->n - 1 && n->head.p + n->head.n == k->s.p) {
        n->head.n += k->s.n;
        return HR_OK;
    }
    return new_node(r, k) ? HR_OK : HR_E_NOMEM;
}

static hr_err read_elements(const hr_compress_opts *o, reader *r)
{
    for (size_t i = 0; i < r->text.n;) {
        token k;
        size_t from = i;
        hr_err e = next_token(r->text, &i, &k);
        if (e == HR_E_SYNTAX && k.cut && r->depth) {
            /* The text ends inside a tag: what is there of it stays. */
            k = (token){.kind = T_TEXT, .s = hr_str_sub(r->text, from, r->text.n)};
            hr_tree_node *n = new_node(r, &k);
            if (!n)
                return HR_E_NOMEM;
            n->must = true;
            return HR_OK;
        }
        if (e != HR_OK)
            return e;
        if (k.kind == T_CLOSE) {
            e = close_element(r, &k);
        } else if (k.kind == T_TEXT) {
            e = add_text(r, &k);
        } else {
            hr_tree_node *n = new_node(r, &k);
            if (!n)
                return HR_E_NOMEM;
            r->elements += k.kind != T_OTHER;
            if (bad_news(k.name))
                n->must = true;
            if (k.kind == T_OPEN) {
                if (r->depth == DEPTH_MAX)
                    return HR_E_DEPTH;
                r->open[r->depth++] = (uint32_t)(r->t->n - 1);
            }
        }
        if (e != HR_OK)
            return e;
        if (r->t->n % 4096 == 0 && hr_deadline_passed(o->deadline))
            return HR_E_TIMEOUT;
    }
    return HR_OK; /* open elements: the text was cut */
}

/* Every piece ends its line. */
static hr_err end_lines(hr_tree *t, hr_arena *a)
{
    for (size_t i = 0; i < t->n; i++) {
        hr_str *parts[2] = {&t->p[i].head, &t->p[i].tail};
        for (int k = 0; k < 2; k++) {
            if (!parts[k]->n)
                continue;
            char *p = hr_alloc(a, parts[k]->n + 1);
            if (!p)
                return HR_E_NOMEM;
            memcpy(p, parts[k]->p, parts[k]->n);
            p[parts[k]->n] = '\n';
            *parts[k] = hr_str_of(p, parts[k]->n + 1);
        }
    }
    return HR_OK;
}

static size_t note(hr_buf *b, const hr_tree *t, uint32_t from, uint32_t to)
{
    size_t n = 0;
    hr_str name = HR_STR_NONE;
    bool one = true;
    for (uint32_t i = from; i < to; i = t->p[i].end) {
        one &= !name.n || hr_str_eq(name, t->p[i].name);
        name = t->p[i].name;
    }
    for (uint32_t i = from; i < to; i++)
        n += t->p[i].name.n > 0;
    if (one && name.n) {
        size_t top = 0;
        for (uint32_t i = from; i < to; i = t->p[i].end)
            top++;
        hr_buf_addf(b, "<!-- %zu %.*s omitted -->\n", top, HR_FMT(name));
    } else {
        hr_buf_addf(b, "<!-- %zu elements omitted -->\n", n);
    }
    return n ? n : 1;
}

static bool keeps_space(hr_str text)
{
    return hr_str_has(hr_str_sub(text, 0, 4096), HR_STR("xml:space"));
}

hr_err hr_compress_xml(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                       hr_arena *a, hr_forms *out)
{
    hr_tree t = {0};
    reader r = {.text = text, .a = a, .t = &t};
    hr_err e = read_elements(o, &r);
    if (e != HR_OK)
        return e;
    if (r.elements < MIN_ELEMENTS || keeps_space(text))
        return HR_E_SYNTAX;
    hr_tree_link(&t);
    e = end_lines(&t, a);
    if (e != HR_OK)
        return e;
    hr_buf b = HR_BUF_INIT(text.n * 2 + 4096);
    if (r.spaces > r.elements) {
        for (size_t i = 0; i < t.n; i++)
            t.p[i].keep = true;
        hr_tree_write(&t, note, &b);
        if (b.err == HR_OK && b.n < text.n) {
            out->lossless = hr_str_dup(a, hr_buf_str(&b));
            out->lossless_reason = HR_R_XML_SPACE;
            out->lossless_strategy = hr_strf(a, "space(%zu elements)", r.elements);
        }
        for (size_t i = 0; i < t.n; i++)
            t.p[i].keep = false;
        hr_buf_clear(&b);
    }
    if (lossy) {
        double share = hr_prose_share(hr_tokens_estimate(o->tok, text));
        e = hr_tree_select(&t, o->query, o->query.n ? share : 0.6, o->deadline, a);
        size_t missing = e == HR_OK ? hr_tree_write(&t, note, &b) : 0;
        if (missing) {
            hr_marker_text(&b, hr_strf(a, "%zu of %zu elements omitted.", missing, r.elements), key,
                           o->via);
            if (b.err == HR_OK) {
                out->lossy = hr_str_dup(a, hr_buf_str(&b));
                out->lossy_reason = HR_R_XML_ELEMENTS;
                out->lossy_strategy = hr_strf(a, "elements(-%zu of %zu)", missing, r.elements);
            }
        }
    }
    hr_buf_free(&b);
    return e;
}
