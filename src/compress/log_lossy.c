/* The lossy form of a log: every kind of line once, with counts and ranges in place of the rest. */
#include "compress/log_lossy.h"

#include "compress/log_slots.h"
#include "compress/marker.h"

enum {
    KEEP_ALL = 2,        /* units of groups this small stay */
    DISTINCT = 8,        /* different messages kept of one error in a log */
    DISTINCT_BUILD = 24, /* and in the output of a build or test run */
    DISTINCT_TAGGED = 4, /* and of one kind of compiler warning */
    ODD_VALUES = 3,      /* lines kept for one place's values that hardly occur */
    ODD_LINES = 60,      /* and in all */
    ANCESTORS = 4,       /* lines kept above such a line to tell where it stands */
    QUERY_LINES = 40,    /* lines kept because the query names something in them */
    RARE_TERM = 8,       /* a query word is telling when it occurs in so few lines */
    EXTREMES = 12,       /* lines kept because the query asks for the largest or smallest */
    SOURCES_MAX = 120,
};

typedef struct plan {
    const hr_compress_opts *o;
    const hr_log *l;
    hr_arena *a;
    bool *keep;   /* one a unit */
    bool *wanted; /* one a line: units with such a line are kept too */
    hr_log_summary *sums;
    hr_query query;
} plan;

static hr_str message(const hr_log *l, uint32_t line)
{
    return hr_str_trim(hr_str_sub(l->plain[line], l->head[line], l->plain[line].n));
}

/* Small groups whole, larger ones by their first; of errors every different message. */
static hr_err keep_by_group(plan *p)
{
    const hr_log *l = p->l;
    hr_map messages;
    hr_map_init(&messages, p->a);
    uint8_t *distinct = HR_NEW_ARRAY(p->a, uint8_t, l->groups.n + 1);
    if (!distinct)
        return HR_E_NOMEM;
    for (uint32_t u = 0; u < l->units.n; u++) {
        const hr_log_unit *unit = &l->units.p[u];
        const hr_log_group *g = &l->groups.p[unit->group];
        p->keep[u] = g->class == HR_LOG_SOURCE ? false : g->count <= KEEP_ALL || g->first == u;
        size_t most = g->class == HR_LOG_TAGGED   ? DISTINCT_TAGGED
                      : g->level < HR_LEVEL_ERROR ? 0
                      : l->stamped                ? DISTINCT
                                                  : DISTINCT_BUILD;
        if (g->count <= KEEP_ALL || distinct[unit->group] >= most)
            continue;
        bool fresh;
        if (!hr_map_put(&messages, message(l, unit->line), &fresh))
            return HR_E_NOMEM;
        if (fresh) {
            p->keep[u] = true;
            distinct[unit->group]++;
        }
    }
    return HR_OK;
}

static bool contains_term(hr_str text, hr_str lower)
{
    size_t at = 0;
    while (at < text.n) {
        size_t hit = hr_str_ifind(hr_str_sub(text, at, text.n), lower);
        if (hit == SIZE_MAX)
            return false;
        hit += at;
        bool left = hit == 0 || !hr_is_alnum(text.p[hit - 1]);
        if (left)
            return true;
        at = hit + 1;
    }
    return false;
}

/* Lines with an anchor of the query, and lines with a word of it that few lines have. */
static void keep_by_query(plan *p)
{
    const hr_log *l = p->l;
    size_t left = QUERY_LINES;
    uint32_t hits[64][RARE_TERM];
    size_t count[64] = {0}, terms = p->query.nterms < 64 ? p->query.nterms : 64;
    if (terms + p->query.nanchors == 0)
        return;
    for (uint32_t u = 0; u < l->units.n; u++) {
        for (uint32_t i = 0; i < l->units.p[u].lines; i++) {
            hr_str s = l->plain[l->units.p[u].line + i];
            if (!p->keep[u] && left && hr_query_anchor_in(&p->query, s)) {
                p->keep[u] = true;
                left--;
            }
            for (size_t k = 0; k < terms; k++) {
                if (count[k] > RARE_TERM || !contains_term(s, p->query.terms[k]))
                    continue;
                if (count[k] < RARE_TERM)
                    hits[k][count[k]] = u;
                count[k]++;
            }
        }
    }
    for (size_t k = 0; k < terms; k++) {
        for (size_t i = 0; count[k] <= RARE_TERM && i < count[k]; i++)
            p->keep[hits[k][i]] = true;
    }
}

static size_t indent(hr_str s)
{
    size_t n = 0;
    while (n < s.n && hr_is_space(s.p[n]))
        n++;
    return n;
}

/* Keeps the line, and above it the lines it is nested in. */
static void keep_with_context(plan *p, uint32_t line)
{
    const hr_log *l = p->l;
    size_t depth = indent(l->plain[line]);
    p->wanted[line] = true;
    for (size_t i = line, found = 0; i > 0 && depth > 0 && found < ANCESTORS && line - i < 200;
         i--) {
        hr_str s = l->plain[i - 1];
        size_t d = indent(s);
        if (d >= depth || d == s.n)
            continue;
        p->wanted[i - 1] = true;
        depth = d;
        found++;
    }
}

/* A value that one or two lines have where dozens have others is what people look for: "replicas =
 * 0" among twos and threes, or a duration far away from the rest. */
static void keep_odd(plan *p)
{
    const hr_log *l = p->l;
    size_t left = ODD_LINES;
    for (size_t g = 0; g < l->groups.n; g++) {
        uint32_t n = l->groups.p[g].count;
        if (n < 12 || l->groups.p[g].class)
            continue;
        for (uint32_t k = 0; k < p->sums[g].nslots; k++) {
            const hr_log_slot *s = &p->sums[g].slots[k];
            size_t mine = 0;
            uint32_t rare = n >= 100 ? 2 : 1, common = 0;
            for (uint32_t i = 0; s->nvalues <= HR_LOG_VALUES && i < s->nvalues; i++)
                common += s->count[i] > rare;
            for (uint32_t i = 0; common && s->nvalues <= HR_LOG_VALUES && i < s->nvalues; i++) {
                if (s->count[i] > rare || mine >= ODD_VALUES || left == 0)
                    continue;
                keep_with_context(p, s->line[i]);
                mine++;
                left--;
            }
            if (!s->numeric || s->nvalues <= HR_LOG_VALUES || left == 0)
                continue;
            double mean = s->sum / n, var = s->squares / n - mean * mean, d = s->max - mean;
            if (n >= 30 && var > 0 && d * d > 36 * var) {
                keep_with_context(p, s->max_line);
                left--;
            }
        }
    }
}

/* Questions for an extreme are answered by the line that has it. */
static void keep_extremes(plan *p)
{
    static const char *const most[] = {"longest",  "largest",   "biggest", "highest",
                                       "maximum",  "max",       "slowest", "greatest",
                                       "heaviest", "strongest", "peak"};
    static const char *const least[] = {"shortest", "smallest", "lowest",
                                        "minimum",  "min",      "fastest"};
    bool want_max = false, want_min = false;
    for (size_t k = 0; k < p->query.nterms; k++) {
        for (size_t i = 0; i < sizeof most / sizeof *most; i++)
            want_max |= hr_str_eq(p->query.terms[k], hr_cstr(most[i]));
        for (size_t i = 0; i < sizeof least / sizeof *least; i++)
            want_min |= hr_str_eq(p->query.terms[k], hr_cstr(least[i]));
    }
    if (!want_max && !want_min)
        return;
    const hr_log *l = p->l;
    size_t left = EXTREMES;
    for (size_t g = 0; g < l->groups.n && left; g++) {
        for (uint32_t k = 0; k < p->sums[g].nslots && left; k++) {
            const hr_log_slot *s = &p->sums[g].slots[k];
            if (s->nvalues < 2 || !(s->numeric || s->led))
                continue;
            uint32_t hi = s->numeric ? s->max_line : s->lead_max_line;
            uint32_t lo = s->numeric ? s->min_line : s->lead_min_line;
            uint32_t line = want_max ? hi : lo;
            left -= !p->wanted[line];
            p->wanted[line] = true;
        }
    }
}

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
static void annotate(const plan *p, uint32_t group, uint32_t folded, hr_buf *b)
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
    for (uint32_t i = 0; i < u->lines; i++) {
        hr_buf_add(b, l->plain[u->line + i]);
        hr_buf_addc(b, '\n');
    }
}

static bool is_blank(const hr_log *l, const hr_log_unit *u)
{
    return u->lines == 1 && hr_str_trim(l->plain[u->line]).n == 0;
}

hr_err hr_log_lossy(const hr_compress_opts *o, const hr_log *l, const hr_key *key, hr_arena *a,
                    hr_str *out, hr_str *strategy)
{
    plan p = {.o = o, .l = l, .a = a};
    p.keep = HR_NEW_ARRAY(a, bool, l->units.n + 1);
    p.wanted = HR_NEW_ARRAY(a, bool, l->n + 1);
    uint32_t *folded = HR_NEW_ARRAY(a, uint32_t, l->groups.n + 1);
    if (!p.keep || !p.wanted || !folded)
        return HR_E_NOMEM;
    hr_err e = hr_log_summaries(l, KEEP_ALL + 1, o->deadline, a, &p.sums);
    if (e == HR_OK)
        e = keep_by_group(&p);
    if (e != HR_OK)
        return e;
    hr_query_parse(o->query, a, &p.query);
    keep_by_query(&p);
    keep_extremes(&p);
    keep_odd(&p);
    for (uint32_t u = 0; u < l->units.n; u++) {
        for (uint32_t i = 0; i < l->units.p[u].lines; i++)
            p.keep[u] |= p.wanted[l->units.p[u].line + i];
    }

    size_t dropped = 0, total = l->n;
    for (uint32_t u = 0; u < l->units.n; u++) {
        if (is_blank(l, &l->units.p[u]))
            p.keep[u] = u == 0 || p.keep[u - 1];
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
            if (g != told && !is_blank(l, unit))
                *(text ? &source : &gap) += unit->lines;
            continue;
        }
        put_gap(gap, source, &b);
        gap = source = 0;
        put_lines(l, unit, &b);
        told = UINT32_MAX;
        if (l->groups.p[g].first == u && folded[g] && !is_blank(l, unit)) {
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
