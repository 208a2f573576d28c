/* Choosing rows by what they say. */
#include "compress/rows/rows_pick.h"

#include <math.h>

enum {
    RARE_ANCHOR_MIN = 3,  /* rows a query anchor may hit and still point somewhere */
    FEW_FAILURES = 24,    /* so many are all kept, like or not */
    QUERY_RARE_ROWS = 12, /* rows kept for rare query words */
    QUERY_BEST_ROWS = 4,  /* rows kept for the best sum of query words */
    WIDE_ROW = 1200,      /* bytes: rows beyond this are expensive ordinary rows */
    WIDE_BUDGET = 48000,
};

/* --- reading -------------------------------------------------------------------------------- */

/* A member whose name speaks of failure counts when its value does not say that all is well. */
static bool says_something(const hr_jview *v, uint32_t i)
{
    const hr_json_node *n = hr_jnode(v, i);
    double d;
    switch (n->type) {
    case HR_JSON_TRUE:
        return true;
    case HR_JSON_NUMBER:
        return hr_json_double(v->d, i, &d) && d != 0;
    case HR_JSON_STRING:
        return !hr_rowtext_nothing(hr_str_sub(v->d->src, n->start + 1, n->end - 1));
    case HR_JSON_ARRAY:
    case HR_JSON_OBJECT:
        return n->count > 0;
    default:
        return false;
    }
}

/* Failure words of names go to the high half, so that their frequency is judged apart. */
static void read_row(hr_pick *p, uint32_t i, hr_words *w, uint32_t *named)
{
    const hr_jview *v = p->v;
    for (uint32_t k = i; k < hr_jnode(v, i)->next; k++) {
        const hr_json_node *n = hr_jnode(v, k);
        if (n->type == HR_JSON_STRING) {
            hr_str inner = hr_str_sub(v->d->src, n->start + 1, n->end - 1);
            if (!(n->flags & HR_JSON_KEY)) {
                hr_rowtext_scan(p->text, inner, w);
            } else {
                /* A name that all rows have will weigh nothing. */
                w->terms |= hr_rowtext_name_terms(p->text, inner);
                if (says_something(v, k + 1))
                    *named |= hr_rowtext_name_errors(inner);
            }
        } else if (n->type == HR_JSON_NUMBER) {
            hr_str s = hr_json_raw(v->d, k);
            if (p->text->terms.n)
                hr_rowtext_scan(p->text, s, w);
            else
                w->shape = w->shape * 31 + '#';
        } else if (n->type < HR_JSON_NUMBER) {
            w->shape = w->shape * 31 + n->type;
        }
    }
}

static uint32_t distinct_shapes(const hr_pick *p, uint32_t limit)
{
    enum { SLOTS = 128 };
    uint64_t seen[SLOTS] = {0};
    uint32_t n = 0;
    for (uint32_t r = 0; r < p->n && n < limit; r++) {
        uint64_t h = p->words[r].shape | 1;
        size_t at = (size_t)(h >> 7) & (SLOTS - 1);
        while (seen[at] && seen[at] != h)
            at = (at + 1) & (SLOTS - 1);
        if (!seen[at]) {
            seen[at] = h;
            n++;
        }
    }
    return n;
}

/* How many ordinary rows: as many as there are kinds of rows, few when each is long. */
static void set_k(hr_pick *p)
{
    const hr_compress_opts *o = p->v->o;
    size_t max = o->max_items_after_crush ? o->max_items_after_crush : p->n;
    if (p->depth > 0)
        max = max / 2 > 4 ? max / 2 : max;
    uint32_t kinds = distinct_shapes(p, 64);
    double k = (double)(kinds < 5 ? 5 : kinds) * o->bias;
    size_t bytes = 0;
    for (uint32_t r = 0; r < p->n; r++)
        bytes += hr_jnode(p->v, p->node[r])->end - hr_jnode(p->v, p->node[r])->start;
    bytes /= p->n;
    if (bytes > WIDE_ROW && k > (double)(WIDE_BUDGET / bytes))
        k = (double)(WIDE_BUDGET / bytes);
    if (k > (double)max)
        k = (double)max;
    p->k = k < 5 ? 5 : (uint32_t)k;
}

bool hr_pick_init(hr_pick *p)
{
    hr_jview *v = p->v;
    p->words = HR_NEW_ARRAY(v->a, hr_words, p->n);
    p->keep = HR_NEW_ARRAY(v->a, uint8_t, p->n);
    p->like = HR_NEW_ARRAY(v->a, uint32_t, p->n);
    uint32_t *named = HR_NEW_ARRAY(v->a, uint32_t, p->n);
    if (!p->words || !p->keep || !p->like || !named)
        return false;
    uint32_t in_text[HR_ERROR_WORDS_MAX] = {0}, in_name[HR_ERROR_WORDS_MAX] = {0};
    for (uint32_t r = 0; r < p->n; r++) {
        if ((r & 255) == 0 && !hr_jview_ok(v))
            return false;
        hr_words *w = &p->words[r];
        if (p->key) {
            const hr_json_node *k = hr_jnode(v, p->key[r]);
            hr_rowtext_scan(p->text, hr_str_sub(v->d->src, k->start + 1, k->end - 1), w);
            w->errors = 0; /* a map may have members called "error": their values decide */
        }
        read_row(p, p->node[r], w, &named[r]);
        for (unsigned b = 0; b < HR_ERROR_WORDS_MAX; b++) {
            in_text[b] += w->errors >> b & 1;
            in_name[b] += named[r] >> b & 1;
        }
    }
    /* A word that most rows share tells nothing about any of them. */
    uint32_t text_ok = 0, name_ok = 0;
    for (unsigned b = 0; b < HR_ERROR_WORDS_MAX; b++) {
        text_ok |= in_text[b] * 2 <= p->n ? 1u << b : 0;
        name_ok |= in_name[b] * 2 <= p->n ? 1u << b : 0;
    }
    for (uint32_t r = 0; r < p->n; r++)
        p->words[r].errors = (p->words[r].errors & text_ok) | (named[r] & name_ok);
    set_k(p);
    return true;
}

/* --- failures ------------------------------------------------------------------------------- */

/* What a failure says: the texts with failure words in them and those that read like messages. */
static uint64_t failure_shape(const hr_pick *p, uint32_t r)
{
    const hr_jview *v = p->v;
    uint64_t shape = p->words[r].errors;
    for (uint32_t k = p->node[r]; k < hr_jnode(v, p->node[r])->next; k++) {
        const hr_json_node *n = hr_jnode(v, k);
        if (n->type != HR_JSON_STRING || (n->flags & HR_JSON_KEY))
            continue;
        hr_words w = {0};
        hr_rowtext_scan(p->text, hr_str_sub(v->d->src, n->start + 1, n->end - 1), &w);
        if (w.errors || w.count >= 3)
            shape = (shape ^ w.shape) * 0x9e3779b97f4a7c15ull;
    }
    return shape ^ shape >> 32;
}

/* Few failures all stay; of many, every distinct one stays once and its doubles are counted. */
void hr_pick_errors(hr_pick *p)
{
    uint32_t errors = 0;
    for (uint32_t r = 0; r < p->n; r++)
        errors += p->words[r].errors != 0;
    if (!errors)
        return;
    size_t slots = 16;
    while (slots < (size_t)errors * 2)
        slots *= 2;
    hr_arena_mark m = hr_arena_save(p->v->a);
    uint64_t *shape = HR_NEW_ARRAY(p->v->a, uint64_t, slots);
    uint32_t *row = HR_NEW_ARRAY(p->v->a, uint32_t, slots);
    for (uint32_t r = 0; r < p->n && shape && row; r++) {
        if (!p->words[r].errors)
            continue;
        uint64_t s = failure_shape(p, r) | 1;
        size_t at = (size_t)(s >> 8) & (slots - 1);
        while (shape[at] && shape[at] != s)
            at = (at + 1) & (slots - 1);
        if (shape[at] && errors > FEW_FAILURES) {
            p->like[r] = row[at] + 1;
            continue;
        }
        shape[at] = s;
        row[at] = r;
        p->keep[r] |= HR_KEEP_ERROR;
    }
    hr_arena_restore(p->v->a, m);
}

/* --- query ---------------------------------------------------------------------------------- */

void hr_pick_query(hr_pick *p)
{
    uint32_t df[64] = {0}, anchored = 0;
    double weight[64];
    if (!p->text->terms.n && !p->text->q.nanchors)
        return;
    for (uint32_t r = 0; r < p->n; r++) {
        anchored += p->words[r].anchor;
        for (uint64_t t = p->words[r].terms; t; t &= t - 1)
            df[__builtin_ctzll(t)]++;
    }
    uint32_t few = p->n / 20 > RARE_ANCHOR_MIN ? p->n / 20 : RARE_ANCHOR_MIN, kept = 0;
    double floor = p->v->o->relevance_threshold;
    for (unsigned t = 0; t < 64; t++) {
        double d = df[t];
        weight[t] = d > 0 && d * 2 <= p->n ? log(1 + (p->n - d + 0.5) / (d + 0.5)) : 0;
    }
    /* BM25; a term is in a row or not, so the row's length is what is left of its second factor. */
    double k1 = p->v->o->bm25_k1, b = p->v->o->bm25_b, words = 1;
    for (uint32_t r = 0; r < p->n; r++)
        words += p->words[r].count;
    double best[QUERY_BEST_ROWS] = {0};
    uint32_t best_row[QUERY_BEST_ROWS];
    double top = log(1 + (p->n - 0.5) / 1.5);
    for (uint32_t r = 0; r < p->n; r++) {
        double score = 0;
        bool rare = false;
        for (uint64_t t = p->words[r].terms; t; t &= t - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(t);
            score += weight[bit];
            rare |= weight[bit] > 0 && df[bit] <= few;
        }
        score *= (k1 + 1) / (1 + k1 * (1 - b + b * p->words[r].count * p->n / words));
        if (p->words[r].anchor && anchored <= few + QUERY_RARE_ROWS)
            p->keep[r] |= HR_KEEP_QUERY;
        if (rare && kept < QUERY_RARE_ROWS) {
            p->keep[r] |= HR_KEEP_QUERY;
            kept++;
        }
        if (score < floor * top)
            continue;
        for (unsigned i = 0; i < QUERY_BEST_ROWS; i++) {
            if (score <= best[i])
                continue;
            for (unsigned c = QUERY_BEST_ROWS - 1; c > i; c--) {
                best[c] = best[c - 1];
                best_row[c] = best_row[c - 1];
            }
            best[i] = score;
            best_row[i] = r;
            break;
        }
    }
    for (unsigned i = 0; i < QUERY_BEST_ROWS; i++)
        if (best[i] > 0)
            p->keep[best_row[i]] |= HR_KEEP_QUERY;
}

/* --- ends and ordinary rows ----------------------------------------------------------------- */

static uint32_t share(double fraction, uint32_t k)
{
    double n = fraction * (double)k;
    return n < 1 ? 1 : (uint32_t)(n + 0.5);
}

void hr_pick_ends(hr_pick *p)
{
    /* Ends are read first: a few are enough. */
    uint32_t budget = p->k < 6 ? 6 : p->k < 10 ? p->k : 10;
    uint32_t first = share(p->v->o->first_fraction, budget);
    uint32_t last = share(p->v->o->last_fraction, budget);
    for (uint32_t r = 0; r < p->n; r++)
        if (r < first || r + last >= p->n)
            p->keep[r] |= HR_KEEP_END;
}

/* Ordinary rows of kinds not shown yet, spread evenly. */
void hr_pick_fill(hr_pick *p)
{
    enum { SLOTS = 256 };
    uint64_t seen[SLOTS] = {0};
    uint32_t kept = 0, used = 0;
    for (uint32_t r = 0; r < p->n; r++) {
        if (!p->keep[r])
            continue;
        kept++;
        uint64_t h = p->words[r].shape | 1;
        size_t at = (size_t)(h >> 7) & (SLOTS - 1);
        while (used < SLOTS / 2 && seen[at] && seen[at] != h)
            at = (at + 1) & (SLOTS - 1);
        if (used < SLOTS / 2 && !seen[at]) {
            seen[at] = h;
            used++;
        }
    }
    if (kept >= p->k)
        return;
    uint32_t want = p->k - kept, step = p->n / (want + 1);
    step = step ? step : 1;
    for (uint32_t r = step; r < p->n && want; r += step) {
        /* The nearest row of a new kind in this stretch. */
        for (uint32_t i = r; i < p->n && i < r + step; i++) {
            uint64_t h = p->words[i].shape | 1;
            size_t at = (size_t)(h >> 7) & (SLOTS - 1);
            while (seen[at] && seen[at] != h)
                at = (at + 1) & (SLOTS - 1);
            if (p->keep[i] || (seen[at] && p->v->o->dedup_identical_items))
                continue;
            if (used < SLOTS / 2) {
                seen[at] = h;
                used++;
            }
            p->keep[i] = HR_KEEP_FILL;
            want--;
            break;
        }
    }
}
