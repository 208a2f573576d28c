/* The lossy form of a log: every kind of line once, with counts and ranges in place of the rest. */
#include "compress/log_lossy.h"

#include "compress/log_keep.h"
#include "compress/marker.h"

enum { SOURCES_MAX = 120 }; /* bytes that tell where folded lines came from */

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

/* "[+391 similar to 10:33:19: job <1-997> finished in <1-999>ms]" */
static void annotate(const hr_log_plan *p, uint32_t group, uint32_t folded, hr_buf *b)
{
    const hr_log *l = p->l;
    const hr_log_summary *s = &p->sums[group];
    if (l->groups.p[group].class == HR_LOG_PASSED || l->groups.p[group].class == HR_LOG_TAGGED) {
        hr_buf_addf(b, "[+%u %s]\n", folded,
                    l->groups.p[group].class == HR_LOG_PASSED ? "passed" : "of this kind");
        return;
    }
    hr_buf_addf(b, "[+%u similar", folded);
    if (l->groups.p[group].lines > 1 && l->units.p[l->groups.p[group].first].whole)
        hr_buf_addf(b, " records of %u lines", l->groups.p[group].lines);
    if (s->last_time.n && l->head[l->units.p[l->groups.p[group].first].line]) {
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

static void put_gap(uint32_t similar, uint32_t source, hr_buf *b)
{
    if (similar)
        hr_buf_addf(b, similar == 1 ? "[%u similar line]\n" : "[%u similar lines]\n", similar);
    if (source)
        hr_buf_addf(b, source == 1 ? "[%u source line]\n" : "[%u source lines]\n", source);
}

static void put_lines(const hr_log *l, const hr_log_unit *u, hr_buf *b)
{
    for (uint32_t i = u->line; i < u->line + u->lines; i++) {
        /* An error stays as it was, colours and all, unless parts of it were overwritten. */
        bool raw = l->level[i] == HR_LEVEL_ERROR && !memchr(l->raw[i].p, '\r', l->raw[i].n);
        hr_buf_add(b, raw ? l->raw[i] : l->plain[i]);
        hr_buf_addc(b, '\n');
    }
}

hr_err hr_log_lossy(const hr_compress_opts *o, const hr_log *l, const hr_key *key, hr_arena *a,
                    hr_str *out, hr_str *strategy)
{
    hr_log_plan p = {.o = o, .l = l, .a = a};
    hr_err e = hr_log_keep(&p);
    if (e != HR_OK)
        return e;
    uint32_t *folded = HR_NEW_ARRAY(a, uint32_t, l->groups.n + 1);
    if (!folded)
        return HR_E_NOMEM;
    size_t dropped = 0, total = l->n;
    for (uint32_t u = 0; u < l->units.n; u++) {
        if (!p.keep[u]) {
            folded[l->units.p[u].group]++;
            dropped += l->units.p[u].lines;
        }
    }
    *out = HR_STR_NONE;
    if (dropped < 3)
        return HR_OK;
    hr_buf b = HR_BUF_INIT(0);
    uint32_t gap = 0, source = 0, told = UINT32_MAX; /* group whose count was just printed */
    for (uint32_t u = 0; u < l->units.n; u++) {
        const hr_log_unit *unit = &l->units.p[u];
        uint32_t g = unit->group;
        if (!p.keep[u]) {
            bool text = l->groups.p[g].class == HR_LOG_SOURCE;
            if (g != told && !hr_log_blank(l, unit))
                *(text ? &source : &gap) += unit->lines;
            continue;
        }
        put_gap(gap, source, &b);
        gap = source = 0;
        put_lines(l, unit, &b);
        told = UINT32_MAX;
        if (l->groups.p[g].first == u && folded[g] && !hr_log_blank(l, unit)) {
            annotate(&p, g, folded[g], &b);
            told = g;
        }
    }
    put_gap(gap, source, &b);
    hr_str what =
        hr_strf(a, "%zu of %zu lines folded into the counts in brackets.", dropped, total);
    hr_marker_text(&b, what, key, o->via);
    *out = b.err ? HR_STR_NONE : hr_str_dup(a, hr_buf_str(&b));
    e = b.err;
    hr_buf_free(&b);
    *strategy = hr_strf(a, "log(%zu lines, %zu folded, %zu kinds)", total, dropped, l->groups.n);
    return e ? e : a->failed ? HR_E_NOMEM : HR_OK;
}
