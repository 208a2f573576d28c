/* What each unit of a text is worth to the question: BM25 over units, smoothed by the paragraph,
 * the neighbours and the heading above, plus a little for place and for what readers look for. */
#include "compress/prose/prose.h"

#include "compress/prose/prose_words.h"
#include "text/words.h"

#include <math.h>

static const double K1 = 1.2, B = 0.5;

/* Shares of a unit's score; tuned on question sets over long texts, see docs/internals. */
static const double OF_BLOCK = 0.35, OF_HEADING = 0.45, OF_NEAR = 0.25, OF_ANCHOR = 0.6,
                    OF_SECTION = 0.15;

enum { CHECK_EVERY = 4096, LEVELS = 8 };

typedef struct match {
    uint32_t unit;
    uint16_t feature, times;
} match;

typedef struct scorer {
    hr_prose_query q;
    hr_query anchors;
    HR_VEC(match) matches;
    hr_arena *a;
    uint32_t unit;
    size_t first; /* first match of this unit */
    bool failed;
    double df[HR_FEATURES_MAX], idf[HR_FEATURES_MAX];
} scorer;

static void hit(void *ctx, size_t feature)
{
    scorer *s = ctx;
    for (size_t k = s->first; k < s->matches.n; k++) {
        match *m = &s->matches.p[k];
        if (m->feature == feature) {
            m->times = (uint16_t)(m->times + (m->times < 1000));
            return;
        }
    }
    match *m = hr_vec_push(&s->matches, s->a);
    if (m) {
        *m = (match){s->unit, (uint16_t)feature, 1};
        s->df[feature] += 1;
    } else {
        s->failed = true;
    }
}

/* Words that readers stop at, whole and in any case. */
static bool stopper(hr_str w)
{
    static const char *const words[] = {
        "error",   "errors",  "exception", "failed",   "failure",    "fails",   "warning",
        "must",    "never",   "always",    "required", "deprecated", "default", "defaults",
        "returns", "removed", "breaking",  "security", "important",  "note",    "caution",
        "fatal",   "invalid", "cannot",    "means",    "defined",
    };
    if (w.n < 4 || w.n > 10 || !strchr("efwmnardbsic", w.p[0] | 32))
        return false;
    char low = hr_lower(w.p[0]);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (low == words[i][0] && hr_str_ieq(w, hr_cstr(words[i])))
            return true;
    }
    return false;
}

/* A little for numbers, names in capitals and words that readers stop at. */
static double salience(hr_str s)
{
    size_t digits = 0, stops = 0, capitals = 0, words = 0;
    for (size_t i = 0; i < s.n;) {
        if (!hr_is_alnum(s.p[i])) {
            i++;
            continue;
        }
        size_t from = i;
        bool up = true;
        while (i < s.n && hr_is_alnum(s.p[i])) {
            digits += hr_is_digit(s.p[i]);
            up &= s.p[i] >= 'A' && s.p[i] <= 'Z';
            i++;
        }
        words++;
        capitals += up && i - from >= 3;
        stops += stopper(hr_str_sub(s, from, i));
    }
    return (digits > 0 ? 0.03 : 0) + (stops > 0 ? 0.05 : 0) + (capitals > 0 ? 0.02 : 0);
}

/* One pass over the text: who has which of the query's features. */
static hr_err collect(const hr_prose_job *job, scorer *s, hr_prose_text *t, double *length)
{
    double words = 0, bodies = 0;
    size_t since = 0;
    for (size_t i = 0; i < t->units.n; i++) {
        hr_unit *u = &t->units.p[i];
        since += u->s.n;
        if (since > 64 * 1024 || i % CHECK_EVERY == 0) {
            since = 0;
            if (hr_deadline_passed(job->deadline))
                return HR_E_TIMEOUT;
        }
        if (u->role == HR_UNIT_SPACE || u->role == HR_UNIT_FIXED || s->q.n == 0)
            continue;
        s->unit = (uint32_t)i;
        s->first = s->matches.n;
        u->words = (uint32_t)hr_prose_match(&s->q, u->s, hit, s);
        if (s->failed)
            return HR_E_NOMEM;
        words += u->words;
        bodies += 1;
    }
    *length = bodies > 0 && words > 0 ? words / bodies : 1;
    for (size_t f = 0; f < s->q.n; f++)
        s->idf[f] =
            (double)s->q.f[f].weight * log(1 + (bodies - s->df[f] + 0.5) / (s->df[f] + 0.5));
    return HR_OK;
}

/* Adds the anchors: what a query names exactly, unless the text is full of it. */
static void anchors(const scorer *s, hr_prose_text *t)
{
    size_t with = 0, bodies = 0;
    if (!s->anchors.nanchors)
        return;
    bool *has = HR_NEW_ARRAY(s->a, bool, t->units.n + 1);
    for (size_t i = 0; has && i < t->units.n; i++) {
        bodies += t->units.p[i].role != HR_UNIT_SPACE;
        has[i] =
            t->units.p[i].role != HR_UNIT_SPACE && hr_query_anchor_in(&s->anchors, t->units.p[i].s);
        with += has[i];
    }
    if (!has || with == 0)
        return;
    double rare = with * 10 <= bodies ? 1 : with * 3 <= bodies ? 0.4 : 0.1;
    for (size_t i = 0; i < t->units.n; i++) {
        if (has[i])
            t->units.p[i].score += (float)(OF_ANCHOR * rare);
    }
    t->asked = true;
    if (rare >= 1)
        t->sure = 1;
}

typedef struct block_score {
    double own;     /* distinct features, as a share of the query's */
    double heading; /* of the headings above */
} block_score;

/* BM25 of the units and, on the way, what whole blocks have. */
static void bm25(scorer *s, hr_prose_text *t, double length, block_score *blocks)
{
    double total = 0;
    uint32_t seen[HR_FEATURES_MAX] = {0}; /* block + 1 in which a feature was last seen */
    for (size_t f = 0; f < s->q.n; f++)
        total += s->df[f] > 0 ? s->idf[f] : 0;
    double asked = 0;
    for (size_t f = 0; f < s->q.n; f++)
        asked += (double)s->q.f[f].weight * (s->df[f] > 0 ? 1 : 0.5);
    if (total <= 0)
        return;
    t->asked = true;
    double best = 0, known = 0;
    for (size_t f = 0; f < s->q.n; f++)
        known += s->df[f] > 0 ? (double)s->q.f[f].weight : 0;
    for (size_t k = 0; k < s->matches.n;) {
        hr_unit *u = &t->units.p[s->matches.p[k].unit];
        double score = 0, met = 0, norm = 1 - B + B * (double)u->words / length;
        for (uint32_t unit = s->matches.p[k].unit; k < s->matches.n && s->matches.p[k].unit == unit;
             k++) {
            const match *m = &s->matches.p[k];
            double tf = m->times, idf = s->idf[m->feature];
            score += idf * tf * (K1 + 1) / (tf + K1 * norm);
            met += idf;
            if (seen[m->feature] != u->block + 1) {
                seen[m->feature] = u->block + 1;
                blocks[u->block].own += idf / total;
            }
        }
        met /= total;
        best = met > best ? met : best;
        u->score = (float)(score / total * (0.6 + 0.8 * met));
    }
    double sure = best * (asked > 0 ? known / asked : 0);
    t->sure = sure > t->sure ? sure : t->sure;
}

/* Each block inherits from the headings above it, the nearest one most. */
static void inherit(hr_prose_text *t, block_score *blocks)
{
    double level[LEVELS] = {0};
    for (size_t b = 0; b < t->blocks.n; b++) {
        const hr_block *k = &t->blocks.p[b];
        if (k->kind == HR_BLOCK_HEADING) {
            unsigned l = k->level < LEVELS ? k->level : LEVELS - 1;
            double above = 0;
            for (unsigned i = 0; i < l; i++)
                above = level[i] > above ? level[i] : above;
            level[l] = blocks[b].own > above * 0.7 ? blocks[b].own : above * 0.7;
            for (unsigned i = l + 1; i < LEVELS; i++)
                level[i] = 0;
        }
        double h = 0;
        for (unsigned i = 0; i < LEVELS; i++)
            h = level[i] > h ? level[i] : h;
        blocks[b].heading = h;
    }
}

static void smooth(hr_prose_text *t, const block_score *blocks, float *raw, float *best)
{
    hr_unit *u = t->units.p;
    size_t n = t->units.n, section = 0;
    for (size_t i = 0; i < n; i++) {
        section += u[i].role == HR_UNIT_HEADING;
        raw[i] = u[i].score;
        best[section] = raw[i] > best[section] ? raw[i] : best[section];
    }
    section = 0;
    bool lead = true;
    uint32_t block = UINT32_MAX, count = 0;
    for (size_t i = 0; i < n; i++) {
        if (u[i].role == HR_UNIT_HEADING) {
            section++;
            lead = true;
            continue;
        }
        if (u[i].role != HR_UNIT_BODY)
            continue;
        double s = raw[i];
        const block_score *b = &blocks[u[i].block];
        float before = 0, after = 0;
        /* Neighbours: the unit next to it, across one blank line. */
        for (size_t k = i; k-- > 0 && i - k <= 2 && u[k].role != HR_UNIT_HEADING;) {
            if (u[k].role == HR_UNIT_BODY) {
                before = raw[k];
                break;
            }
        }
        for (size_t k = i + 1; k < n && k - i <= 2 && u[k].role != HR_UNIT_HEADING; k++) {
            if (u[k].role == HR_UNIT_BODY) {
                after = raw[k];
                break;
            }
        }
        s += OF_NEAR * (double)(before > after ? before : after);
        s += OF_BLOCK * b->own + OF_HEADING * b->heading + OF_SECTION * (double)best[section];
        bool first = u[i].block != block;
        block = u[i].block;
        count = first ? 0 : count + 1;
        s += (first ? 0.05 : count < 3 ? 0.02 : 0) + (lead ? 0.08 : 0);
        lead = false;
        s += salience(u[i].s);
        hr_block_kind kind = t->blocks.p[u[i].block].kind;
        /* Comments of the source; entries of a table of contents: the headings say the same. */
        if (kind == HR_BLOCK_NOTE ||
            (kind == HR_BLOCK_ITEM && u[i].s.n < 200 && hr_str_has(u[i].s, HR_STR("](#"))))
            s *= 0.2;
        u[i].score = (float)s;
    }
}

hr_err hr_prose_score(const hr_prose_job *job, hr_prose_text *t, hr_arena *a)
{
    scorer *s = HR_NEW(a, scorer);
    block_score *blocks = HR_NEW_ARRAY(a, block_score, t->blocks.n + 1);
    float *raw = HR_NEW_ARRAY(a, float, t->units.n + 1);
    float *best = HR_NEW_ARRAY(a, float, t->units.n + 2);
    if (!s || !blocks || !raw || !best)
        return HR_E_NOMEM;
    s->a = a;
    hr_prose_query_init(&s->q, job->query);
    hr_query_parse(job->query, a, &s->anchors);
    double length = 1;
    hr_err e = collect(job, s, t, &length);
    if (e != HR_OK)
        return e;
    bm25(s, t, length, blocks);
    anchors(s, t);
    inherit(t, blocks);
    smooth(t, blocks, raw, best);
    return hr_deadline_passed(job->deadline) ? HR_E_TIMEOUT : HR_OK;
}
