#include "compress/prose/prose_tags.h"

#include "base/map.h"

/* Sorted, for a binary search. */
static const char *const html_names[] = {
    "a",       "abbr",     "address",    "area",       "article",  "aside",  "audio",    "b",
    "base",    "bdi",      "bdo",        "blockquote", "body",     "br",     "button",   "canvas",
    "caption", "cite",     "code",       "col",        "colgroup", "data",   "datalist", "dd",
    "del",     "details",  "dfn",        "dialog",     "div",      "dl",     "dt",       "em",
    "embed",   "fieldset", "figcaption", "figure",     "footer",   "form",   "h1",       "h2",
    "h3",      "h4",       "h5",         "h6",         "head",     "header", "hgroup",   "hr",
    "html",    "i",        "iframe",     "img",        "input",    "ins",    "kbd",      "label",
    "legend",  "li",       "link",       "main",       "map",      "mark",   "math",     "menu",
    "meta",    "meter",    "nav",        "noscript",   "object",   "ol",     "optgroup", "option",
    "output",  "p",        "param",      "picture",    "portal",   "pre",    "progress", "q",
    "rp",      "rt",       "ruby",       "s",          "samp",     "script", "search",   "section",
    "select",  "slot",     "small",      "source",     "span",     "strong", "style",    "sub",
    "summary", "sup",      "svg",        "table",      "tbody",    "td",     "template", "textarea",
    "tfoot",   "th",       "thead",      "time",       "title",    "tr",     "track",    "u",
    "ul",      "var",      "video",      "wbr",
};

enum { NAME_MAX_BYTES = 64, TAG_MAX_BYTES = 4096 };

bool hr_html_name(hr_str name)
{
    char low[16];
    if (name.n == 0 || name.n >= sizeof low)
        return false;
    for (size_t i = 0; i < name.n; i++)
        low[i] = hr_lower(name.p[i]);
    hr_str s = hr_str_of(low, name.n);
    size_t lo = 0, hi = sizeof html_names / sizeof *html_names;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = hr_str_cmp(s, hr_cstr(html_names[mid]));
        if (c == 0)
            return true;
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return false;
}

typedef struct tag {
    hr_str name;
    size_t start, end;
    bool closes, empty;
} tag;

static bool name_char(char c)
{
    return hr_is_alnum(c) || c == '_' || c == '-' || c == '.' || c == ':';
}

/* A tag at t[i] == '<'. *past is where reading stopped, so that a failure is not read again. */
static bool read_tag(hr_str t, size_t i, tag *out, size_t *past)
{
    size_t k = i + 1;
    out->start = i;
    out->closes = k < t.n && t.p[k] == '/';
    k += out->closes;
    size_t from = k;
    *past = k;
    if (k >= t.n || !(hr_is_alpha(t.p[k]) || t.p[k] == '_'))
        return false;
    while (k < t.n && k - from < NAME_MAX_BYTES && name_char(t.p[k]))
        k++;
    out->name = hr_str_sub(t, from, k);
    if (k >= t.n || !(t.p[k] == '>' || t.p[k] == '/' || hr_is_space(t.p[k])))
        return false;
    char quote = 0;
    size_t stop = k + TAG_MAX_BYTES < t.n ? k + TAG_MAX_BYTES : t.n;
    for (; k < stop; k++) {
        char c = t.p[k];
        if (quote) {
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '<') {
            break;
        } else if (c == '>') {
            out->empty = t.p[k - 1] == '/';
            out->end = k + 1;
            *past = k + 1;
            return true;
        } else if (c == '/' && !(k + 1 < t.n && t.p[k + 1] == '>') && !out->closes &&
                   k == from + out->name.n) {
            break; /* "<https://…>" */
        }
    }
    *past = k;
    return false;
}

/* Tags of one name wait for their partners on a stack of their own: `value` of the map is the index
 * + 1 of the newest open tag, `below` links to the one opened before it. */
typedef struct open_tag {
    size_t start, below;
} open_tag;

hr_err hr_protected_spans(hr_str text, hr_arena *a, hr_spans *out)
{
    hr_map newest;
    HR_VEC(open_tag) open = {0};
    hr_map_init(&newest, a);
    /* Quotes that never close are read again from each tag in them, but only so often. */
    size_t spare = text.n * 4 + TAG_MAX_BYTES;
    for (size_t i = 0; i < text.n;) {
        const char *lt = memchr(text.p + i, '<', text.n - i);
        if (!lt)
            break;
        i = (size_t)(lt - text.p);
        tag t = {.empty = false};
        size_t past;
        if (!read_tag(text, i, &t, &past) || hr_html_name(t.name)) {
            size_t cost = past - i;
            if (cost > spare)
                i = past > i ? past : i + 1;
            else
                i++;
            spare -= cost < spare ? cost : spare;
            continue;
        }
        hr_map_entry *e = hr_map_put(&newest, t.name, NULL);
        if (!e)
            return HR_E_NOMEM;
        if (!t.closes && !t.empty) {
            open_tag *slot = hr_vec_push(&open, a);
            if (!slot)
                return HR_E_NOMEM;
            *slot = (open_tag){t.start, e->value};
            e->value = open.n;
        } else if (t.empty || e->value) {
            size_t start = t.start;
            if (!t.empty) {
                start = open.p[e->value - 1].start;
                e->value = open.p[e->value - 1].below;
            }
            while (out->n && out->p[out->n - 1].start >= start)
                out->n--; /* inside the one that closes here */
            hr_span *s = hr_vec_push(out, a);
            if (!s)
                return HR_E_NOMEM;
            *s = (hr_span){start, t.end};
        }
        i = t.end;
    }
    /* Elements that overlap without nesting are one. */
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++) {
        if (n && out->p[i].start < out->p[n - 1].end) {
            if (out->p[i].end > out->p[n - 1].end)
                out->p[n - 1].end = out->p[i].end;
        } else {
            out->p[n++] = out->p[i];
        }
    }
    out->n = n;
    return HR_OK;
}
