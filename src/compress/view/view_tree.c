#include "compress/view/view_tree.h"

enum { MIN_DRAWN = 8 };

/* How programs draw: what stands for a level that goes on and for one that does not, and in front
 * of a name. `parent` and `last_parent` are used for entries that have entries below them. */
typedef struct style {
    const char *name, *bar, *gap, *mid, *last, *parent, *last_parent;
} style;

#define NBSP "\xc2\xa0"
static const style styles[] = {
    {"tree", "│" NBSP NBSP " ", "    ", "├── ", "└── ", "├── ", "└── "},
    {"cargo", "│   ", "    ", "├── ", "└── ", "├── ", "└── "},
    {"npm", "│ ", "  ", "├── ", "└── ", "├─┬ ", "└─┬ "},
    {"tree in ASCII", "|   ", "    ", "|-- ", "`-- ", "|-- ", "`-- "},
    {"Maven", "|  ", "   ", "+- ", "\\- ", "+- ", "\\- "},
    {"Gradle", "|    ", "     ", "+--- ", "\\--- ", "+--- ", "\\--- "},
};
enum { STYLES = sizeof styles / sizeof *styles };

static bool skip(hr_str *s, const char *what)
{
    hr_str w = hr_cstr(what);
    if (!hr_str_starts(*s, w))
        return false;
    *s = hr_str_sub(*s, w.n, s->n);
    return true;
}

/* Level and name of a line; level 0 when nothing is drawn in front. */
static hr_tree_line read_line(const style *st, hr_str line, bool *open)
{
    hr_str s = line;
    size_t depth = 1;
    while (depth < HR_TREE_DEPTH) {
        bool mid = skip(&s, st->mid) || skip(&s, st->parent);
        if (mid || skip(&s, st->last) || skip(&s, st->last_parent)) {
            open[depth] = mid;
            return (hr_tree_line){s, (uint8_t)depth};
        }
        bool bar = skip(&s, st->bar);
        if (!bar && !skip(&s, st->gap))
            break;
        open[depth++] = bar;
    }
    return (hr_tree_line){line, 0};
}

/* The line that is drawn first decides between styles that look alike. */
static bool find_style(hr_str text, size_t *best)
{
    size_t most = 0;
    for (size_t k = 0; k < STYLES; k++) {
        bool open[HR_TREE_DEPTH];
        hr_str rest = hr_str_sub(text, 0, 16 * 1024), line;
        size_t hits = 0;
        while (hr_str_line(&rest, &line))
            hits += read_line(&styles[k], line, open).depth > 0;
        if (hits > most) {
            most = hits;
            *best = k;
        }
    }
    return most > 0;
}

/* Writes the lines of a tree. more[i]: another entry of line i's level follows below the same one.
 */
static bool *following(const hr_tree *t, hr_arena *a)
{
    bool *more = HR_NEW_ARRAY(a, bool, t->lines.n + 1), seen[HR_TREE_DEPTH];
    if (!more)
        return NULL;
    memcpy(seen, t->goes_on, sizeof seen);
    for (size_t i = t->lines.n; i-- > 0;) {
        size_t depth = t->lines.p[i].depth;
        more[i] = seen[depth];
        seen[depth] = true;
        memset(seen + depth + 1, 0, HR_TREE_DEPTH - depth - 1);
    }
    return more;
}

static void draw(const hr_tree *t, const bool *more, hr_buf *b)
{
    const style *st = &styles[t->style];
    bool open[HR_TREE_DEPTH] = {0};
    for (size_t i = 0; i < t->lines.n && b->err == HR_OK; i++) {
        const hr_tree_line *l = &t->lines.p[i];
        bool parent = i + 1 < t->lines.n && t->lines.p[i + 1].depth > l->depth;
        for (size_t k = 1; k < l->depth; k++)
            hr_buf_add(b, hr_cstr(open[k] ? st->bar : st->gap));
        open[l->depth] = more[i];
        if (l->depth && more[i])
            hr_buf_add(b, hr_cstr(parent ? st->parent : st->mid));
        else if (l->depth)
            hr_buf_add(b, hr_cstr(parent ? st->last_parent : st->last));
        hr_buf_add(b, l->name);
        hr_buf_addc(b, '\n');
    }
}

hr_err hr_tree_read(hr_str text, hr_arena *a, hr_tree *out)
{
    *out = (hr_tree){0};
    hr_str rest = text, line;
    size_t before = 0;
    bool open[HR_TREE_DEPTH] = {0};
    if (!find_style(text, &out->style))
        return HR_E_SYNTAX;
    while (hr_str_line(&rest, &line)) {
        hr_tree_line *slot = hr_vec_push(&out->lines, a);
        if (!slot)
            return HR_E_NOMEM;
        *slot = read_line(&styles[out->style], line, open);
        if (slot->depth > before + 1 || (slot->depth && slot->name.n && slot->name.p[0] == ' '))
            return HR_E_SYNTAX;
        before = slot->depth;
        out->drawn += slot->depth > 0;
    }
    for (size_t k = 1; k <= before; k++) /* of the last line */
        out->goes_on[k] = open[k];
    return out->drawn >= MIN_DRAWN && out->drawn * 10 >= out->lines.n * 7 ? HR_OK : HR_E_SYNTAX;
}

bool hr_tree_of_packages(const hr_tree *t)
{
    if (hr_str_starts(hr_cstr(styles[t->style].name), HR_STR("tree")))
        return false;
    size_t versions = 0, seen = 0;
    for (size_t i = 0; i < t->lines.n && seen < 32; i++) {
        hr_str s = t->lines.p[i].name;
        bool version = false;
        for (size_t k = 1; k + 1 < s.n && !version; k++) /* @1, v1, :1 */
            version = strchr("@v:", s.p[k]) && s.p[k] && hr_is_digit(s.p[k + 1]);
        versions += version && t->lines.p[i].depth;
        seen += t->lines.p[i].depth > 0;
    }
    return versions * 2 > seen;
}

hr_err hr_tree_pack(const hr_tree *t, hr_str text, hr_arena *a, hr_str *out, hr_str *strategy)
{
    *out = HR_STR_NONE;
    bool *more = following(t, a);
    if (!more)
        return HR_E_NOMEM;
    /* What is drawn again must be what stood there: trees drawn by other rules are left alone. */
    hr_buf b = HR_BUF_INIT(text.n + 1);
    draw(t, more, &b);
    if (b.n && text.p[text.n - 1] != '\n')
        b.n--;
    bool same = b.err == HR_OK && hr_str_eq(hr_buf_str(&b), text);
    hr_buf_clear(&b);
    if (same) {
        hr_buf_addf(&b,
                    "[tree of %zu lines, nothing left out: one blank a level in place of lines "
                    "drawn as by %s",
                    t->lines.n, styles[t->style].name);
        bool cut = false;
        for (size_t k = 1; k < HR_TREE_DEPTH; k++) {
            if (t->goes_on[k])
                hr_buf_addf(&b, cut ? " %zu" : "; cut: levels %zu", k);
            cut |= t->goes_on[k];
        }
        hr_buf_lit(&b, "]\n");
        for (size_t i = 0; i < t->lines.n; i++) {
            const hr_tree_line *l = &t->lines.p[i];
            for (size_t k = 0; k < l->depth; k++)
                hr_buf_addc(&b, ' ');
            if (l->depth == 0 && l->name.n && (l->name.p[0] == ' ' || l->name.p[0] == '='))
                hr_buf_addc(&b, '=');
            hr_buf_add(&b, l->name);
            hr_buf_addc(&b, '\n');
        }
        if (b.err == HR_OK && text.p[text.n - 1] != '\n')
            b.n--;
    }
    hr_err e = same ? b.err : HR_OK;
    if (same && e == HR_OK && b.n < text.n) {
        *out = hr_str_dup(a, hr_buf_str(&b));
        *strategy = hr_strf(a, "tree(%zu lines)", t->lines.n);
    }
    hr_buf_free(&b);
    e = e == HR_E_LIMIT ? HR_OK : e;
    return a->failed ? HR_E_NOMEM : e;
}

static hr_err read_head(hr_str s, hr_tree *t, uint64_t *n)
{
    if (!skip(&s, "[tree of "))
        return HR_E_SYNTAX;
    size_t space = hr_str_find_char(s, ' ');
    if (space == SIZE_MAX || !hr_str_u64(hr_str_sub(s, 0, space), n))
        return HR_E_SYNTAX;
    s = hr_str_sub(s, space, s.n);
    if (!skip(&s, " lines, nothing left out: one blank a level in place of lines drawn as by "))
        return HR_E_SYNTAX;
    size_t end = hr_str_find_char(s, ';');
    hr_str name = hr_str_sub(s, 0, end == SIZE_MAX && s.n ? s.n - 1 : end);
    for (t->style = 0; t->style < STYLES; t->style++) {
        if (hr_str_eq(name, hr_cstr(styles[t->style].name)))
            break;
    }
    if (t->style == STYLES || s.p[s.n - 1] != ']')
        return HR_E_SYNTAX;
    s = hr_str_sub(s, name.n, s.n - 1);
    if (s.n && !skip(&s, "; cut: levels "))
        return HR_E_SYNTAX;
    hr_str level;
    while (s.n && hr_str_split(&s, ' ', &level)) {
        uint64_t k;
        if (!hr_str_u64(level, &k) || k == 0 || k >= HR_TREE_DEPTH)
            return HR_E_SYNTAX;
        t->goes_on[k] = true;
    }
    return HR_OK;
}

hr_err hr_tree_unpack(hr_str form, hr_arena *a, hr_buf *out)
{
    hr_tree t = {0};
    hr_str rest = form, line;
    uint64_t n;
    if (!hr_str_line(&rest, &line) || read_head(line, &t, &n) != HR_OK)
        return HR_E_SYNTAX;
    while (hr_str_line(&rest, &line)) {
        hr_tree_line *slot = hr_vec_push(&t.lines, a);
        size_t depth = 0;
        if (!slot)
            return HR_E_NOMEM;
        while (depth < line.n && line.p[depth] == ' ')
            depth++;
        if (depth >= HR_TREE_DEPTH)
            return HR_E_SYNTAX;
        slot->depth = (uint8_t)depth;
        slot->name = hr_str_sub(line, depth, line.n);
        if (depth == 0 && line.n && line.p[0] == '=')
            slot->name = hr_str_sub(line, 1, line.n);
    }
    if (t.lines.n != n)
        return HR_E_SYNTAX;
    bool *more = following(&t, a);
    if (!more)
        return HR_E_NOMEM;
    draw(&t, more, out);
    if (out->err == HR_OK && out->n && form.p[form.n - 1] != '\n')
        out->n--;
    return out->err;
}
