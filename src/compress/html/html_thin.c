/* Takes out of a page's bytes what its Markdown cannot show, before it is parsed: the attributes
 * nobody reads, tags that only change the looks, comments, the insides of scripts, styles and
 * drawings; and puts long text aside. The parser looks at every byte many times.
 *
 * Tags and attributes are read as the HTML standard's tokenizer reads them (section 13.2.5). Where
 * the end of something is not found the rest stays as it is. */
#include "compress/html/html_page.h"

#include "base/utf8.h"

enum {
    HREF_MAX = 1024, /* bytes: no link to say is longer */
    RUN_MIN = 16,
    RUNS_MAX = 1 << (6 * HR_HTML_RUN_DIGITS),
    DRAWING_MAX = 256 * 1024,
};

/* Elements that only look different: without attributes that are read, their tags say nothing. */
static const char *const looks[] = {"span", "b", "i", "em", "strong", "font", "small"};
enum { LOOKS = sizeof looks / sizeof *looks };

typedef struct thinner {
    hr_str s;
    char *out;
    size_t n;
    size_t open[LOOKS]; /* such elements that stay, and those inside them */
    hr_arena *a;
    hr_html_thin_page *page;
    bool whole; /* text stays where it is */
} thinner;

static void copy(thinner *t, size_t from, size_t to)
{
    memcpy(t->out + t->n, t->s.p + from, to - from);
    t->n += to - from;
}

/* To the parser all text is one non-blank character after the other, at some hundred instructions
 * each. References, which it decodes, and what it would repair stay. */
static void copy_text(thinner *t, size_t from, size_t to)
{
    while (from < to) {
        size_t i = from;
        while (i < to && (hr_is_space(t->s.p[i]) || t->s.p[i] == '\0'))
            i++;
        size_t end = i;
        while (end < to && t->s.p[end] != '&' && t->s.p[end] != '\r' && t->s.p[end] != '\0')
            end++;
        size_t next = end, index = t->page->runs.n;
        if (end < to && t->s.p[end] == '&') {
            while (next < to && t->s.p[next] != ';' && !hr_is_space(t->s.p[next]))
                next++;
            next += next < to && t->s.p[next] == ';';
        }
        while (end > i && hr_is_space(t->s.p[end - 1]))
            end--;
        hr_str run = hr_str_sub(t->s, i, end), *slot = NULL;
        if (!t->whole && run.n >= RUN_MIN && index < RUNS_MAX && hr_utf8_ok(run))
            slot = hr_vec_push(&t->page->runs, t->a);
        if (slot) {
            *slot = run;
            copy(t, from, i);
            memcpy(t->out + t->n, HR_HTML_RUN.p, HR_HTML_RUN.n);
            t->n += HR_HTML_RUN.n;
            for (size_t k = HR_HTML_RUN_DIGITS; k-- > 0;)
                t->out[t->n++] = (char)('?' + ((index >> (6 * k)) & 63));
            from = end;
        }
        next = next > end ? next : end + (end < to);
        copy(t, from, next);
        from = next;
    }
}

static bool space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* End of a word of a tag: its name, an attribute's name. */
static size_t word_end(hr_str s, size_t i, bool attribute)
{
    size_t from = i;
    while (i < s.n && !space(s.p[i]) && s.p[i] != '/' && s.p[i] != '>' &&
           !(attribute && s.p[i] == '=' && i > from))
        i++;
    return i;
}

static size_t skip_space(hr_str s, size_t i)
{
    while (i < s.n && space(s.p[i]))
        i++;
    return i;
}

/* Behind the value at i. */
static size_t value_end(hr_str s, size_t i)
{
    if (i < s.n && (s.p[i] == '"' || s.p[i] == '\'')) {
        const char *q = memchr(s.p + i + 1, s.p[i], s.n - i - 1);
        return q ? (size_t)(q - s.p) + 1 : s.n;
    }
    while (i < s.n && !space(s.p[i]) && s.p[i] != '>')
        i++;
    return i;
}

bool hr_html_menu_class(hr_str classes)
{
    static const char *const names[] = {"menu",      "navbar",    "nav",       "breadcrumb",
                                        "navheader", "navfooter", "searchmenu"};
    for (size_t i = 0; i < classes.n;) {
        size_t from = i;
        while (i < classes.n && !hr_is_space(classes.p[i]))
            i++;
        hr_str c = hr_str_sub(classes, from, i);
        for (size_t k = 0; c.n && k < sizeof names / sizeof *names; k++) {
            if (hr_str_ieq(c, hr_cstr(names[k])))
                return true;
        }
        i++;
    }
    return false;
}

static bool read_attribute(hr_str name, hr_str value)
{
    if (value.n > 1 && (value.p[0] == '"' || value.p[0] == '\''))
        value = hr_str_sub(value, 1, value.n - 1);
    switch (name.n) {
    case 3:
        return hr_str_ieq(name, HR_STR("alt"));
    case 4:
        return hr_str_ieq(name, HR_STR("role")) ||
               (hr_str_ieq(name, HR_STR("href")) && value.n <= HREF_MAX) ||
               hr_str_ieq(name, HR_STR("type")); /* a hidden input may stand between table rows */
    case 5:
        return (hr_str_ieq(name, HR_STR("class")) && hr_html_menu_class(value)) ||
               hr_str_ieq(name, HR_STR("start"));
    case 7:
        return hr_str_ieq(name, HR_STR("rowspan")) || hr_str_ieq(name, HR_STR("colspan"));
    default:
        return false;
    }
}

static size_t look_of(hr_str name)
{
    size_t k = 0;
    while (k < LOOKS && !hr_str_ieq(name, hr_cstr(looks[k])))
        k++;
    return k;
}

/* The start tag at i, thinned. Its end, or s.n when the page ends in it (then nothing is copied).
 */
static size_t start_tag(thinner *t, size_t i, hr_str *name)
{
    hr_str s = t->s;
    size_t mark = t->n, at = word_end(s, i + 1, false), look;
    *name = hr_str_sub(s, i + 1, at);
    look = look_of(*name);
    copy(t, i, at);
    size_t bare = t->n;
    while (at < s.n && s.p[at] != '>') {
        if (space(s.p[at]) || s.p[at] == '/') {
            at++;
            continue;
        }
        size_t end = word_end(s, at, true), value = skip_space(s, end);
        hr_str attribute = hr_str_sub(s, at, end), said = HR_STR_NONE;
        if (value < s.n && s.p[value] == '=') {
            value = skip_space(s, value + 1);
            end = value < s.n && s.p[value] == '>' ? value : value_end(s, value);
            said = hr_str_sub(s, value, end);
        }
        if (end < s.n && read_attribute(attribute, said)) {
            t->out[t->n++] = ' ';
            copy(t, at, end);
        }
        at = end;
    }
    if (at >= s.n) {
        t->n = mark;
        return s.n;
    }
    if (look < LOOKS && t->n == bare && !t->open[look]) {
        t->n = mark;
        return at + 1;
    }
    if (look < LOOKS)
        t->open[look]++;
    if (s.p[at - 1] == '/') { /* matters inside drawings and formulas */
        t->out[t->n++] = ' ';
        t->out[t->n++] = '/';
    }
    t->out[t->n++] = '>';
    return at + 1;
}

/* The end tag at i. */
static size_t end_tag(thinner *t, size_t i)
{
    size_t name = word_end(t->s, i + 2, false);
    size_t look = look_of(hr_str_sub(t->s, i + 2, name));
    const char *gt = memchr(t->s.p + name, '>', t->s.n - name);
    size_t end = gt ? (size_t)(gt - t->s.p) + 1 : t->s.n;
    if (look == LOOKS || t->open[look] || !gt)
        copy(t, i, end);
    if (look < LOOKS && t->open[look])
        t->open[look]--;
    return end;
}

/* Where "</name" stands at or behind i, SIZE_MAX if nowhere. */
static size_t close_of(hr_str s, size_t i, hr_str name)
{
    while (i < s.n) {
        const char *lt = memchr(s.p + i, '<', s.n - i);
        if (!lt)
            return SIZE_MAX;
        i = (size_t)(lt - s.p);
        hr_str rest = hr_str_sub(s, i + 1, s.n);
        if (rest.n > name.n + 1 && rest.p[0] == '/' &&
            hr_str_istarts(hr_str_sub(rest, 1, rest.n), name) &&
            (space(rest.p[name.n + 1]) || rest.p[name.n + 1] == '/' || rest.p[name.n + 1] == '>'))
            return i;
        i++;
    }
    return SIZE_MAX;
}

static bool one_of(hr_str name, const char *const *names, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (hr_str_ieq(name, hr_cstr(names[k])))
            return true;
    }
    return false;
}
#define ONE_OF(name, names) one_of((name), (names), sizeof(names) / sizeof(*(names)))

/* Behind a start tag: the end of an inside that holds no tags or that nobody sees. */
static size_t inside(thinner *t, size_t i, hr_str name)
{
    static const char *const unseen[] = {"script", "style"};
    static const char *const raw[] = {"title",   "textarea", "iframe",   "xmp",
                                      "noembed", "noframes", "plaintext"};
    bool drop = ONE_OF(name, unseen), drawing = hr_str_ieq(name, HR_STR("svg"));
    if (!drop && !drawing && !ONE_OF(name, raw))
        return i;
    hr_str rest = drawing ? hr_str_sub(t->s, 0, i + DRAWING_MAX) : t->s;
    size_t end = close_of(rest, i, name);
    if (end == SIZE_MAX && drawing)
        return i;
    end = end == SIZE_MAX ? t->s.n : end;
    hr_str body = hr_str_sub(t->s, i, end);
    /* scripts in comments in scripts; drawings in drawings, or broken open by a paragraph */
    bool odd = drop ? hr_str_has(body, HR_STR("<!--"))
                    : drawing && (hr_str_ifind(body, HR_STR("<svg")) != SIZE_MAX ||
                                  hr_str_ifind(body, HR_STR("<p")) != SIZE_MAX ||
                                  hr_str_ifind(body, HR_STR("<div")) != SIZE_MAX);
    if (drawing && odd)
        return i;
    if ((!drop && !drawing) || odd)
        copy(t, i, end);
    return end;
}

/* "<!" or "<?" or "</" and no letter at i: its end. Comments go, the rest stays. */
static size_t declaration(thinner *t, size_t i)
{
    hr_str rest = hr_str_sub(t->s, i, t->s.n);
    size_t end, from = 2;
    if (hr_str_starts(rest, HR_STR("<!--")) && !hr_str_starts(rest, HR_STR("<!-->")) &&
        !hr_str_starts(rest, HR_STR("<!--->"))) {
        size_t close = hr_str_find(hr_str_sub(rest, 4, rest.n), HR_STR("--"));
        size_t k = close == SIZE_MAX ? rest.n : close + 6;
        if (k < rest.n && rest.p[k] == '>')
            return i + k + 1;
        from = 4; /* dashes inside, or another end: left to the parser */
        end = hr_str_find(hr_str_sub(rest, from, rest.n), HR_STR("-->"));
        end = end == SIZE_MAX ? rest.n : from + end + 3;
    } else {
        end = hr_str_find_char(hr_str_sub(rest, from, rest.n), '>');
        end = end == SIZE_MAX ? rest.n : from + end + 1;
    }
    copy(t, i, i + end);
    return i + end;
}

/* A page that itself has the character that stands for moved text keeps its text. */
static bool spells_mark(hr_str html)
{
    if (hr_str_has(html, HR_HTML_RUN))
        return true;
    for (size_t at; (at = hr_str_find(html, HR_STR("&#"))) != SIZE_MAX;) {
        uint64_t code = 0;
        html = hr_str_sub(html, at + 2, html.n);
        bool hex = html.n && (html.p[0] | 32) == 'x';
        for (size_t i = hex; i < html.n && code <= 0x10FFFF && hr_is_hex(html.p[i]); i++) {
            char c = (char)(html.p[i] | 32);
            code = code * (hex ? 16 : 10) + (uint64_t)(c >= 'a' ? c - 'a' + 10 : html.p[i] - '0');
        }
        if (code == 0xE000)
            return true;
    }
    return false;
}

bool hr_html_thin(hr_str html, hr_arena *a, hr_html_thin_page *page)
{
    *page = (hr_html_thin_page){0};
    /* A tag written as "<x/>" grows by one byte. */
    thinner t = {.s = html,
                 .out = hr_alloc(a, html.n + html.n / 4 + 16),
                 .a = a,
                 .page = page,
                 .whole = spells_mark(html)};
    if (!t.out)
        return false;
    for (size_t i = 0; i < html.n;) {
        const char *lt = memchr(html.p + i, '<', html.n - i);
        size_t at = lt ? (size_t)(lt - html.p) : html.n;
        copy_text(&t, i, at);
        i = at;
        char c = at + 1 < html.n ? html.p[at + 1] : '\0';
        if (hr_is_alpha(c)) {
            hr_str name;
            i = start_tag(&t, at, &name);
            if (i < html.n)
                i = inside(&t, i, name);
        } else if (c == '/' && at + 2 < html.n && hr_is_alpha(html.p[at + 2])) {
            i = end_tag(&t, at);
        } else if (c == '!' || c == '?' || c == '/') {
            i = declaration(&t, at);
        } else if (at < html.n) {
            copy(&t, at, at + 1);
            i = at + 1;
        }
    }
    page->bytes = hr_str_of(t.out, t.n);
    return !a->failed;
}
