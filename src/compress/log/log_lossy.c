/* The lossy form of a log: every kind of line once, with counts and ranges in place of the rest. */
#include "compress/log/log_lossy.h"

#include "compress/log/log_keep.h"
#include "compress/log/tool_lines.h"
#include "compress/marker.h"

enum {
    SOURCES_MAX = 120, /* bytes that tell where folded lines came from */
    PLACES = 24,       /* places of folded warnings that are named */
};

/* The last time, without the date when the first line already told it. */
static hr_str short_time(const hr_log *l, uint32_t group, hr_str time)
{
    hr_str first = l->plain[l->units.p[l->groups.p[group].first].line];
    size_t at = hr_str_find_char(time, ' ');
    if (at == SIZE_MAX)
        at = hr_str_find_char(time, 'T');
    if (at != SIZE_MAX && at >= 6 && hr_str_has(first, hr_str_sub(time, 0, at)) &&
        at + 1 < time.n && hr_is_digit(time.p[at + 1]))
        return hr_str_sub(time, at + 1, time.n);
    return time;
}

/* Where the folded lines came from, when that varies: "; also db.pool|cache". */
static void sources(const hr_log_summary *s, hr_buf *b)
{
    if (s->nsources < 2 || s->nsources > HR_LOG_VALUES)
        return;
    hr_str f = s->sources[0];
    size_t prefix = f.n, suffix = f.n, total = 0;
    for (uint32_t i = 1; i < s->nsources; i++) {
        hr_str v = s->sources[i];
        size_t k = 0;
        while (k < prefix && k < v.n && v.p[k] == f.p[k])
            k++;
        prefix = k;
        k = 0;
        while (k < suffix && k < v.n && v.p[v.n - 1 - k] == f.p[f.n - 1 - k])
            k++;
        suffix = k;
    }
    while (prefix &&
           (hr_is_alnum(f.p[prefix - 1]) || f.p[prefix - 1] == '.' || f.p[prefix - 1] == '_'))
        prefix--;
    while (suffix &&
           (hr_is_alnum(f.p[f.n - suffix]) || f.p[f.n - suffix] == '.' || f.p[f.n - suffix] == '_'))
        suffix--;
    for (uint32_t i = 0; i < s->nsources; i++)
        total += s->sources[i].n;
    if (total - s->nsources * (prefix + suffix) > SOURCES_MAX)
        return;
    hr_buf_lit(b, "; ");
    for (uint32_t i = 0; i < s->nsources; i++) {
        hr_str v = s->sources[i];
        if (i)
            hr_buf_addc(b, '|');
        hr_buf_add(b, hr_str_trim(hr_str_sub(v, prefix < v.n - suffix ? prefix : v.n - suffix,
                                             v.n - suffix)));
    }
}

/* Where a warning is: in front of its severity, or on the line below it. */
static hr_str place_of(const hr_log *l, uint32_t line)
{
    size_t end;
    (void)hr_tool_diagnostic(l->plain[line], &end);
    if (end)
        return hr_str_sub(l->plain[line], 0, end);
    hr_str below = line + 1 < l->n ? hr_str_trim(l->plain[line + 1]) : HR_STR_NONE;
    return hr_str_starts(below, HR_STR("--> ")) ? hr_str_sub(below, 4, below.n) : HR_STR_NONE;
}

/* ": src/a.c:3:73, b.c:3:73, …": a folder is named where it changes. */
static void places(const hr_log_plan *p, const uint32_t *next, uint32_t group, hr_buf *b)
{
    const hr_log *l = p->l;
    hr_str folder = HR_STR_NONE;
    size_t named = 0;
    for (uint32_t u = l->groups.p[group].first; u != UINT32_MAX; u = next[u]) {
        hr_str place = p->keep[u] ? HR_STR_NONE : place_of(l, l->units.p[u].line);
        if (place.n == 0)
            continue;
        if (named == PLACES) {
            hr_buf_lit(b, ", \xe2\x80\xa6");
            return;
        }
        size_t slash = hr_str_rfind_char(place, '/');
        hr_str in = slash == SIZE_MAX ? HR_STR_NONE : hr_str_sub(place, 0, slash + 1);
        hr_buf_add(b, named++ ? HR_STR(", ") : HR_STR(": "));
        hr_buf_add(b,
                   named > 1 && hr_str_eq(in, folder) ? hr_str_sub(place, in.n, place.n) : place);
        folder = in;
    }
}

/* "[+391 similar to 10:33:19: job <1-997> finished in <1-999>ms]" */
static void annotate(const hr_log_plan *p, const uint32_t *next, uint32_t group, uint32_t folded,
                     hr_buf *b)
{
    const hr_log *l = p->l;
    const hr_log_summary *s = &p->sums[group];
    if (l->groups.p[group].class == HR_LOG_TAGGED) {
        hr_buf_addf(b, "[+%u of this kind", folded);
        places(p, next, group, b);
        hr_buf_lit(b, "]\n");
        return;
    }
    hr_buf_addf(b, "[+%u similar", folded);
    if (l->groups.p[group].lines > 1 && l->units.p[l->groups.p[group].first].whole)
        hr_buf_addf(b, " records of %u lines", l->groups.p[group].lines);
    if (l->stamped && s->last_time.n && l->head[l->units.p[l->groups.p[group].first].line]) {
        hr_buf_lit(b, " to ");
        hr_buf_add(b, short_time(l, group, s->last_time));
    }
    size_t before = b->n;
    hr_buf_lit(b, ": ");
    size_t start = b->n;
    hr_log_describe(l, group, s, b);
    if (b->n == start)
        b->n = before;
    sources(s, b);
    hr_buf_lit(b, "]\n");
}

/* Lines left out in one place. */
typedef struct gap {
    uint32_t counted;        /* told at the first line of their group */
    uint32_t own, own_units; /* the same, of the group whose count stands right above */
    uint32_t source, steps, detail, told, frames, context;
    uint32_t passed[3]; /* tests, files, packages */
} gap;

static void add_to_gap(const hr_log *l, const hr_log_unit *u, gap *g)
{
    uint16_t kind = l->mark[u->line];
    switch (l->groups.p[u->group].class) {
    case HR_LOG_PASSED:
        g->passed[kind < 3 ? kind : 0]++;
        break;
    case HR_LOG_SOURCE:
        g->source++;
        break;
    case HR_LOG_EXCERPT:
        g->context++;
        break;
    case HR_LOG_FRAME:
        g->frames++;
        break;
    case HR_LOG_TOLD:
        g->told++;
        break;
    case HR_LOG_STEP:
        g->steps++;
        break;
    case HR_LOG_DETAIL:
        g->detail++;
        break;
    default:
        g->counted += u->lines;
    }
}

static void put_count(uint32_t n, const char *one, const char *many, hr_buf *b)
{
    if (n)
        hr_buf_addf(b, "[%u %s]\n", n, n == 1 ? one : many);
}

/* `whole`: units of the group whose count stands right above; when all of them follow at once, that
 * count says it. */
static void put_gap(gap *g, uint32_t whole, hr_buf *b)
{
    if (g->own_units < whole)
        g->counted += g->own;
    static const char *const passed[] = {"passed", "files passed", "packages passed"};
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
        if (g->passed[i])
            hr_buf_addf(b, "[+%u %s]\n", g->passed[i], passed[i]);
    }
    put_count(g->told, "failed, named below", "failed, named below", b);
    put_count(g->steps, "step", "steps", b);
    /* a test that passed is counted as one, however many lines it has */
    if (g->passed[0] == 0)
        put_count(g->detail, "line of detail", "lines of detail", b);
    put_count(g->counted, "line counted above", "lines counted above", b);
    put_count(g->frames, "frame of libraries", "frames of libraries", b);
    put_count(g->context, "line of context", "lines of context", b);
    put_count(g->source, "source line", "source lines", b);
    *g = (gap){0};
}

/* The head of an error and a summary stay as they were, colours and all; of a report's further
 * lines the colours would cost more than the words. */
static bool shows_colours(const hr_log *l, uint32_t i)
{
    return l->class[i] == HR_LOG_FACT ? l->mark[i] == 0 : l->level[i] == HR_LEVEL_ERROR;
}

static void put_lines(const hr_log *l, const hr_log_unit *u, hr_buf *b)
{
    for (uint32_t i = u->line; i < u->line + u->lines; i++) {
        /* what was overwritten stays away in any case */
        bool raw = shows_colours(l, i) && !memchr(l->raw[i].p, '\r', l->raw[i].n);
        hr_buf_add(b, raw ? l->raw[i] : l->plain[i]);
        hr_buf_addc(b, '\n');
    }
}

/* Are the folded lines of a group told at its first? All others are counted where they stood. */
static bool sums_up(hr_log_class c)
{
    return c == HR_LOG_PLAIN || c == HR_LOG_TAGGED;
}

/* The next unit of the same group, UINT32_MAX behind the last. */
static uint32_t *chain(const hr_log *l, hr_arena *a)
{
    uint32_t *next = HR_NEW_ARRAY(a, uint32_t, l->units.n + 1);
    uint32_t *last = HR_NEW_ARRAY(a, uint32_t, l->groups.n + 1);
    if (!next || !last)
        return NULL;
    for (uint32_t u = 0; u < l->units.n; u++) {
        uint32_t g = l->units.p[u].group;
        next[u] = UINT32_MAX;
        if (l->groups.p[g].first != u)
            next[last[g]] = u;
        last[g] = u;
    }
    return next;
}

hr_err hr_log_lossy(const hr_compress_opts *o, const hr_log *l, const hr_key *key, hr_arena *a,
                    hr_str *out, hr_str *strategy)
{
    hr_log_plan p = {.o = o, .l = l, .a = a};
    hr_err e = hr_log_keep(&p);
    if (e != HR_OK)
        return e;
    uint32_t *folded = HR_NEW_ARRAY(a, uint32_t, l->groups.n + 1);
    uint32_t *next = chain(l, a);
    if (!folded || !next)
        return HR_E_NOMEM;
    size_t dropped = 0, total = l->n;
    for (uint32_t u = 0; u < l->units.n; u++) {
        if (!p.keep[u]) {
            folded[l->units.p[u].group]++;
            dropped += l->units.p[u].lines;
        }
    }
    *out = HR_STR_NONE;
    if (dropped < 3 && !l->folded)
        return HR_OK;
    hr_buf b = HR_BUF_INIT(0);
    gap left_out = {0};
    uint32_t told = UINT32_MAX; /* group whose count was just printed */
    for (uint32_t u = 0; u < l->units.n; u++) {
        const hr_log_unit *unit = &l->units.p[u];
        uint32_t g = unit->group;
        if (!p.keep[u]) {
            if (g == told) {
                left_out.own += unit->lines;
                left_out.own_units++;
            } else if (!hr_log_blank(l, unit)) {
                add_to_gap(l, unit, &left_out);
            }
            continue;
        }
        put_gap(&left_out, told == UINT32_MAX ? 0 : folded[told], &b);
        put_lines(l, unit, &b);
        told = UINT32_MAX;
        if (l->groups.p[g].first == u && folded[g] && sums_up(l->groups.p[g].class) &&
            !hr_log_blank(l, unit)) {
            annotate(&p, next, g, folded[g], &b);
            told = g;
        }
    }
    put_gap(&left_out, told == UINT32_MAX ? 0 : folded[told], &b);
    hr_str what = hr_strf(a, "%zu of %zu lines folded into the counts in brackets%s.", dropped,
                          total, l->folded ? "; colours and overwritten text left out" : "");
    hr_marker_text(&b, what, key, o->via);
    *out = b.err ? HR_STR_NONE : hr_str_dup(a, hr_buf_str(&b));
    e = b.err;
    hr_buf_free(&b);
    *strategy = hr_strf(a, "log(%zu lines, %zu folded, %zu kinds)", total, dropped, l->groups.n);
    return e ? e : a->failed ? HR_E_NOMEM : HR_OK;
}
