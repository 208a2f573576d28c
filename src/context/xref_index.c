/* The index: every line of the sources, found by windows of three lines and by long single lines.
 */
#include "base/hash.h"
#include "context/xref_impl.h"

enum {
    LONG_LINE = 400, /* bytes of a line that is worth a reference alone */
    MAX_LINES = 4 << 20,
    MAX_PADDING = 12,
    MAX_DIGITS = 9,
};

void hr_xref_init(hr_xref *x, hr_arena *a)
{
    *x = (hr_xref){.arena = a};
}

/* "   12\tcode", "12: code", "12|code", "12→code": the number, and where the code starts. */
static void read_number(hr_xref_line *l)
{
    hr_str s = l->raw;
    size_t i = 0, start, sep;
    int64_t number;
    l->number = -1;
    while (i < s.n && i < MAX_PADDING && s.p[i] == ' ')
        i++;
    start = i;
    while (i < s.n && i - start < MAX_DIGITS && hr_is_digit(s.p[i]))
        i++;
    if (i == start || i >= s.n)
        return;
    if (s.p[i] == '\t' || s.p[i] == ':' || s.p[i] == '|')
        sep = 1;
    else if (hr_str_starts(hr_str_sub(s, i, s.n), HR_STR("\xe2\x86\x92")))
        sep = 3;
    else
        return;
    if (hr_str_i64(hr_str_sub(s, start, i), &number)) {
        l->number = (int32_t)number;
        l->body = (uint32_t)(i + sep);
    }
}

/* Our own words can stand for lines that are somewhere else: they end a run of sources. */
static bool never_pointed_at(hr_str line)
{
    return line.n > 12 && line.p[0] == '[' &&
           (hr_str_has(line, HR_STR(" left out: the same as ")) ||
            hr_str_has(line, HR_STR("Retrieve original: hash=")));
}

static uint64_t window_hash(const hr_xref_line *l)
{
    return (l[0].hash * 0x9e3779b97f4a7c15u) ^ (l[1].hash * 0xc2b2ae3d27d4eb4fu) ^
           (l[2].hash * 0x165667b19e3779f9u);
}

bool hr_xref_is_window(const hr_xref *x, size_t i)
{
    const hr_xref_line *l = x->lines.p + i;
    return i + HR_XREF_WINDOW <= x->lines.n && l[0].hash && l[1].hash && l[2].hash &&
           l[0].source == l[2].source;
}

static uint32_t *slot(const hr_xref *x, uint32_t *table, uint64_t hash)
{
    return &table[(size_t)(hash >> 20) & (x->nslots - 1)];
}

uint32_t hr_xref_find_window(const hr_xref *x, size_t i)
{
    return hr_xref_is_window(x, i) ? *slot(x, x->windows, window_hash(x->lines.p + i)) : 0;
}

uint32_t hr_xref_find_long(const hr_xref *x, size_t i)
{
    const hr_xref_line *l = &x->lines.p[i];
    return l->hash && l->raw.n - l->body >= LONG_LINE ? *slot(x, x->longs, l->hash) : 0;
}

void hr_xref_link(hr_xref *x, size_t i)
{
    hr_xref_line *l = &x->lines.p[i];
    if (l->hash && l->raw.n - l->body >= LONG_LINE) {
        uint32_t *s = slot(x, x->longs, l->hash);
        l->older_long = *s;
        l->in_longs = true;
        *s = (uint32_t)i + 1;
    }
    size_t w = i - (HR_XREF_WINDOW - 1);
    if (i + 1 < HR_XREF_WINDOW || !hr_xref_is_window(x, w))
        return;
    l = &x->lines.p[w];
    uint32_t *s = slot(x, x->windows, window_hash(l));
    l->older_window = *s;
    l->in_windows = true;
    *s = (uint32_t)w + 1;
}

/* Room for all lines; what was linked is linked again in the same order. */
static hr_err make_room(hr_xref *x, size_t linked)
{
    size_t n = x->nslots ? x->nslots : 16;
    while (n < x->lines.n * 2)
        n *= 2;
    if (n == x->nslots)
        return HR_OK;
    uint32_t *windows = HR_NEW_ARRAY(x->arena, uint32_t, n);
    uint32_t *longs = HR_NEW_ARRAY(x->arena, uint32_t, n);
    if (!windows || !longs)
        return HR_E_NOMEM;
    x->windows = windows;
    x->longs = longs;
    x->nslots = n;
    for (size_t i = 0; i < linked; i++)
        hr_xref_link(x, i);
    return HR_OK;
}

static hr_err push_lines(hr_xref *x, hr_str text, hr_xref_source *s)
{
    bool ours = false; /* inside a reference with changes */
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        hr_xref_line *l = x->lines.n < MAX_LINES ? hr_vec_push(&x->lines, x->arena) : NULL;
        if (!l)
            return x->lines.n < MAX_LINES ? HR_E_NOMEM : HR_E_LIMIT;
        *l = (hr_xref_line){.raw = line, .source = (uint32_t)x->sources.n - 1, .at = s->count++};
        read_number(l);
        s->unclear |= l->number >= 0 && l->number <= s->top;
        s->top = l->number > s->top ? l->number : s->top;
        ours |= hr_xref_opens(line);
        if (!ours && !never_pointed_at(line))
            l->hash = hr_hash64(hr_xref_body(l)) | 1;
        ours &= !hr_str_eq(line, HR_STR("]"));
    }
    return HR_OK;
}

hr_err hr_xref_push(hr_xref *x, hr_str text, uint32_t id, hr_str label)
{
    size_t before = x->lines.n;
    hr_xref_source *s = hr_vec_push(&x->sources, x->arena);
    if (!s)
        return HR_E_NOMEM;
    *s = (hr_xref_source){.id = id, .label = label, .top = -1};
    hr_err err = push_lines(x, text, s);
    if (err == HR_OK)
        err = make_room(x, before);
    if (err != HR_OK)
        hr_xref_pop(x);
    return err;
}

/* From the end, so that each slot gets back what it held. The two lines behind the start of a
 * window have left the list by then but not the memory. */
void hr_xref_pop(hr_xref *x)
{
    uint32_t last = (uint32_t)x->sources.n - 1;
    while (x->lines.n && x->lines.p[x->lines.n - 1].source == last) {
        const hr_xref_line *l = &x->lines.p[x->lines.n - 1];
        if (l->in_windows)
            *slot(x, x->windows, window_hash(l)) = l->older_window;
        if (l->in_longs)
            *slot(x, x->longs, l->hash) = l->older_long;
        x->lines.n--;
    }
    x->sources.n--;
}

hr_err hr_xref_add(hr_xref *x, hr_str text, uint32_t id, hr_str label)
{
    size_t from = x->lines.n;
    hr_err err = hr_xref_push(x, text, id, label);
    for (size_t i = from; err == HR_OK && i < x->lines.n; i++)
        hr_xref_link(x, i);
    return err;
}
