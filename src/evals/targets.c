#include "evals/targets.h"

#include "base/map.h"
#include "base/utf8.h"
#include "compress/detect/detect.h"
#include "evals/measure.h"

enum { MOST_FOUND = 50000, SHORTEST = 4, LONGEST_NAME = 25, ERROR_BYTES = 160 };

const char *hr_target_name(hr_target_kind k)
{
    static const char *const names[] = {"numbers", "links, paths, ids", "errors"};
    return names[k];
}

typedef struct finder {
    hr_arena *a;
    hr_map seen;
    HR_VEC(hr_target) by[HR_TARGET_COUNT];
} finder;

static void add(finder *f, hr_target t)
{
    bool fresh;
    if (t.text.n < SHORTEST || f->by[t.kind].n >= MOST_FOUND ||
        !hr_map_put(&f->seen, t.text, &fresh) || !fresh)
        return;
    hr_target *slot = hr_vec_push(&f->by[t.kind], f->a);
    if (slot)
        *slot = t;
}

static bool word(char c)
{
    return hr_is_alnum(c) || c == '_';
}

/* A number at p: digits with an optional sign and fraction, not the start of a longer word. */
static size_t number_len(hr_str s, size_t p)
{
    size_t q = p + (p < s.n && s.p[p] == '-');
    size_t digits = q;
    while (q < s.n && hr_is_digit(s.p[q]))
        q++;
    if (q == digits)
        return 0;
    if (q + 1 < s.n && s.p[q] == '.' && hr_is_digit(s.p[q + 1])) {
        q++;
        while (q < s.n && hr_is_digit(s.p[q]))
            q++;
    }
    return q < s.n && word(s.p[q]) ? 0 : q - p;
}

/* name="…": what follows the word [from, to) of the line. */
static void number_after(finder *f, hr_str s, size_t from, size_t to)
{
    size_t p = to, signs = 0;
    if (to - from > LONGEST_NAME || hr_is_digit(s.p[from]))
        return;
    p += p < s.n && (s.p[p] == '"' || s.p[p] == '\'');
    while (p < s.n && signs < 3 && (s.p[p] == ' ' || s.p[p] == '=' || s.p[p] == ':')) {
        p++;
        signs++;
    }
    size_t n = signs ? number_len(s, p) : 0;
    if (n)
        add(f, (hr_target){HR_TARGET_NUMBER, hr_str_sub(s, from, p + n), hr_str_sub(s, from, to),
                           hr_str_sub(s, p, p + n)});
}

static bool in_path(char c)
{
    return word(c) || c == '.' || c == '/' || c == '-' || c == '~' || c == '@' || c == '+';
}

/* A link or path at p, or 0. */
static size_t path_len(hr_str s, size_t p)
{
    hr_str rest = hr_str_sub(s, p, s.n);
    size_t q = p, slashes = 0;
    if (hr_str_starts(rest, HR_STR("https://")) || hr_str_starts(rest, HR_STR("http://"))) {
        while (q < s.n && !hr_is_space(s.p[q]) && !memchr("\"'<>)]}\\,", s.p[q], 10))
            q++;
        return q - p;
    }
    while (q < s.n && in_path(s.p[q]))
        slashes += s.p[q++] == '/';
    while (q > p && (s.p[q - 1] == '.' || s.p[q - 1] == '/'))
        q--;
    return slashes >= 2 ? q - p : 0;
}

/* 8-4-4-4-12, or 7-64 hex digits with a letter among them. */
static size_t id_len(hr_str s, size_t p)
{
    size_t q = p, letters = 0;
    while (q < s.n && (hr_is_hex(s.p[q]) || (s.p[q] == '-' && q > p)))
        letters += hr_is_alpha(s.p[q++]);
    if (q - p == 36 && s.p[p + 8] == '-' && s.p[p + 13] == '-' && s.p[p + 23] == '-')
        return 36;
    q = p;
    letters = 0;
    while (q < s.n && hr_is_hex(s.p[q]))
        letters += hr_is_alpha(s.p[q++]);
    return (q < s.n && word(s.p[q])) || q - p < 7 || q - p > 64 || !letters ? 0 : q - p;
}

static void line_targets(finder *f, hr_str s)
{
    for (size_t p = 0; p < s.n;) {
        bool start = p == 0 || !in_path(s.p[p - 1]);
        size_t n = start && in_path(s.p[p]) ? path_len(s, p) : 0;
        if (!n && start && hr_is_hex(s.p[p]))
            n = id_len(s, p);
        if (n) {
            add(f, (hr_target){.kind = HR_TARGET_ARTIFACT, .text = hr_str_sub(s, p, p + n)});
            p += n;
        } else if (word(s.p[p])) {
            size_t from = p;
            while (p < s.n && word(s.p[p]))
                p++;
            number_after(f, s, from, p);
        } else {
            p++;
        }
    }
    if (s.n <= 4096 && hr_line_level(s) == HR_LEVEL_ERROR) {
        hr_str t = hr_str_trim(s);
        add(f, (hr_target){.kind = HR_TARGET_ERROR,
                           .text = hr_str_sub(t, 0, hr_utf8_floor(t, ERROR_BYTES))});
    }
}

void hr_targets_find(hr_str text, hr_arena *a, hr_targets *out)
{
    finder f = {.a = a};
    hr_str line;
    *out = (hr_targets){0};
    hr_map_init(&f.seen, a);
    for (hr_str rest = text; hr_str_line(&rest, &line);)
        line_targets(&f, line);
    for (int k = 0; k < HR_TARGET_COUNT; k++) {
        size_t n = f.by[k].n, most = n < HR_MOST_TARGETS ? n : HR_MOST_TARGETS;
        out->found += n;
        for (size_t i = 0; i < most; i++) {
            hr_target *t = hr_vec_push(&out->v, a);
            if (t)
                *t = f.by[k].p[i * n / most];
        }
    }
}

static hr_str plain(hr_str s, hr_arena *a)
{
    char *p = hr_alloc(a, s.n + 1);
    size_t n = 0;
    if (!p)
        return HR_STR_NONE;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool keep = word(c) || c == '.' || c == '/' || c == '-' || (unsigned char)c >= 0x80;
        if (keep)
            p[n++] = c;
        else if (n && p[n - 1] != ' ')
            p[n++] = ' ';
    }
    return hr_str_of(p, n);
}

bool hr_seen_init(hr_seen *s, hr_str text, hr_arena *a)
{
    *s = (hr_seen){text, plain(text, a)};
    return s->plain.p != NULL;
}

static bool number_in(hr_str text, hr_str number)
{
    size_t at = 0;
    for (hr_str rest = text; (at = hr_str_find(rest, number)) != SIZE_MAX;
         rest = hr_str_sub(rest, at + 1, rest.n)) {
        size_t end = at + number.n;
        bool before = at == 0 || !(word(rest.p[at - 1]) || rest.p[at - 1] == '.');
        bool after = end >= rest.n ||
                     !(word(rest.p[end]) ||
                       (rest.p[end] == '.' && end + 1 < rest.n && hr_is_digit(rest.p[end + 1])));
        if (before && after)
            return true;
    }
    return false;
}

bool hr_seen_has(const hr_seen *s, const hr_target *t, hr_arena *a)
{
    if (hr_needle_in(s->text, t->text))
        return true;
    hr_arena_mark mark = hr_arena_save(a);
    hr_str p = hr_str_trim(plain(t->text, a));
    bool found = p.n && hr_str_has(s->plain, p);
    size_t space = hr_str_find_char(p, ' ');
    if (!found && t->kind == HR_TARGET_ERROR && space != SIZE_MAX)
        found = hr_str_has(s->plain, hr_str_sub(p, space + 1, p.n));
    if (!found && t->kind == HR_TARGET_NUMBER)
        found = hr_str_has(s->text, t->key) && number_in(s->text, t->number);
    hr_arena_restore(a, mark);
    return found;
}
