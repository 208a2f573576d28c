#include "compress/fold/fold_tree.h"

#include "base/hash.h"
#include "base/map.h"
#include "compress/prose/prose_words.h"

#include <math.h>

enum { HEAD_MAX = 2000, CHECK_EVERY = 4096, DEPTH_BITS = 6, SMALL_HOLE = 24 };

/* Parts of a score, all relative to a node that meets the whole query. */
static const double OF_PARENT = 0.5, OF_SIBLING = 0.25, OF_ANCHOR = 1.0, OF_FIRST = 0.12,
                    OF_DEPTH = 0.1;
static const double MILD = 0.6; /* share that stays when the query is met nowhere */

void hr_tree_link(hr_tree *t)
{
    for (size_t i = 0; i < t->n; i++) {
        t->p[i].end = (uint32_t)i + 1;
        t->p[i].depth = t->p[i].parent == HR_TREE_ROOT ? 0 : t->p[t->p[i].parent].depth + 1;
    }
    for (size_t i = t->n; i-- > 0;) {
        uint32_t up = t->p[i].parent;
        if (up != HR_TREE_ROOT && t->p[up].end < t->p[i].end)
            t->p[up].end = t->p[i].end;
    }
}

typedef struct scorer {
    hr_prose_query q;
    hr_query anchors;
    double df[HR_FEATURES_MAX], idf[HR_FEATURES_MAX];
    bool here[HR_FEATURES_MAX];
    uint16_t list[HR_FEATURES_MAX];
    size_t n;
} scorer;

static void hit(void *ctx, size_t feature)
{
    scorer *s = ctx;
    if (!s->here[feature]) {
        s->here[feature] = true;
        s->list[s->n++] = (uint16_t)feature;
    }
}

static void match(scorer *s, hr_str head)
{
    for (size_t k = 0; k < s->n; k++)
        s->here[s->list[k]] = false;
    s->n = 0;
    hr_prose_match(&s->q, hr_str_sub(head, 0, HEAD_MAX), hit, s);
}

/* What each node has of the query, without its relatives. */
static hr_err own_scores(scorer *s, hr_tree *t, const hr_deadline *deadline)
{
    for (int pass = 0; s->q.n && pass < 2; pass++) {
        double total = 0;
        for (size_t f = 0; pass && f < s->q.n; f++) {
            double n = (double)t->n;
            s->idf[f] = s->df[f] > 0 ? (double)s->q.f[f].weight *
                                           log(1 + (n - s->df[f] + 0.5) / (s->df[f] + 0.5))
                                     : 0;
            total += s->idf[f];
        }
        for (size_t i = 0; i < t->n; i++) {
            if (i % CHECK_EVERY == 0 && hr_deadline_passed(deadline))
                return HR_E_TIMEOUT;
            match(s, t->p[i].head);
            double sum = 0;
            for (size_t k = 0; k < s->n; k++) {
                s->df[s->list[k]] += pass == 0;
                sum += s->idf[s->list[k]];
            }
            if (pass && total > 0)
                t->p[i].score = (float)(sum / total);
        }
    }
    return HR_OK;
}

static void anchor_scores(const scorer *s, hr_tree *t, float *own)
{
    size_t with = 0;
    for (size_t i = 0; s->anchors.nanchors && i < t->n; i++) {
        own[i] = hr_query_anchor_in(&s->anchors, hr_str_sub(t->p[i].head, 0, HEAD_MAX));
        with += own[i] > 0;
    }
    double rare = with * 20 <= t->n ? 1 : 0.2;
    for (size_t i = 0; with && i < t->n; i++)
        t->p[i].score += (float)(own[i] > 0 ? OF_ANCHOR * rare : 0);
}

/* A node inherits from its parents, and from the siblings before it. */
static void inherit(hr_tree *t, float *own, const float *first, float *down, float *side)
{
    for (size_t i = 0; i < t->n; i++)
        own[i] = t->p[i].score;
    for (size_t i = 0; i < t->n; i++) {
        hr_tree_node *n = &t->p[i];
        double up = n->parent == HR_TREE_ROOT ? 0 : (double)down[n->parent];
        double s = (double)own[i] + OF_PARENT * up + (double)first[i] +
                   OF_DEPTH / (1.0 + (double)n->depth);
        if (n->parent != HR_TREE_ROOT) {
            s += OF_SIBLING * (double)side[n->parent];
            if (own[i] > side[n->parent])
                side[n->parent] = own[i];
        }
        down[i] = (float)((double)own[i] > OF_PARENT * up ? (double)own[i] : OF_PARENT * up);
        n->score = (float)s;
    }
}

/* The first node of each name at each depth shows what there is. */
static hr_err firsts(const hr_tree *t, float *first, hr_arena *a)
{
    hr_map seen;
    hr_map_init(&seen, a);
    for (size_t i = 0; i < t->n; i++) {
        const hr_tree_node *n = &t->p[i];
        hr_str up = n->parent == HR_TREE_ROOT ? HR_STR_NONE : t->p[n->parent].name;
        char *key = hr_alloc(a, n->name.n + up.n + 2);
        bool fresh;
        if (!key)
            return HR_E_NOMEM;
        memcpy(key, n->name.p ? n->name.p : "", n->name.n);
        key[n->name.n] = '\n';
        memcpy(key + n->name.n + 1, up.p ? up.p : "", up.n);
        key[n->name.n + 1 + up.n] = (char)(n->depth % (1u << DEPTH_BITS));
        if (!hr_map_put(&seen, hr_str_of(key, n->name.n + up.n + 2), &fresh))
            return HR_E_NOMEM;
        first[i] = fresh ? (float)OF_FIRST : 0;
    }
    return HR_OK;
}

/* Marks a node and its ancestors; returns the bytes that this adds. */
static size_t keep(hr_tree *t, uint32_t i)
{
    size_t bytes = 0;
    for (; i != HR_TREE_ROOT && !t->p[i].keep; i = t->p[i].parent) {
        t->p[i].keep = true;
        bytes += t->p[i].head.n + t->p[i].tail.n;
    }
    return bytes;
}

/* Buckets of equal scores instead of a sort: linear, and ties stay in the order of the text. */
enum { BUCKETS = 512 };

static hr_err keep_best(hr_tree *t, size_t budget, hr_arena *a)
{
    size_t used = 0, *at = HR_NEW_ARRAY(a, size_t, BUCKETS + 1);
    uint32_t *order = HR_NEW_ARRAY(a, uint32_t, t->n + 1);
    double most = 0;
    if (!at || !order)
        return HR_E_NOMEM;
    for (size_t i = 0; i < t->n; i++) {
        most = (double)t->p[i].score > most ? (double)t->p[i].score : most;
        if (t->p[i].must)
            used += keep(t, (uint32_t)i);
    }
    if (most <= 0)
        most = 1;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < t->n; i++) {
            size_t k = (size_t)((1 - (double)t->p[i].score / most) * (BUCKETS - 1));
            k = k < BUCKETS ? k : BUCKETS - 1;
            if (pass == 0)
                at[k + 1]++;
            else
                order[at[k]++] = (uint32_t)i;
        }
        for (size_t k = 0; pass == 0 && k < BUCKETS; k++)
            at[k + 1] += at[k];
    }
    for (size_t i = 0; i < t->n && used < budget; i++)
        used += keep(t, order[i]);
    return HR_OK;
}

hr_err hr_tree_select(hr_tree *t, hr_str query, double share, const hr_deadline *deadline,
                      hr_arena *a)
{
    scorer *s = HR_NEW(a, scorer);
    float *own = HR_NEW_ARRAY(a, float, t->n + 1), *first = HR_NEW_ARRAY(a, float, t->n + 1);
    float *down = HR_NEW_ARRAY(a, float, t->n + 1), *side = HR_NEW_ARRAY(a, float, t->n + 1);
    if (!s || !own || !first || !down || !side)
        return HR_E_NOMEM;
    hr_prose_query_init(&s->q, query);
    hr_query_parse(query, a, &s->anchors);
    hr_err e = own_scores(s, t, deadline);
    if (e != HR_OK)
        return e;
    anchor_scores(s, t, own);
    e = firsts(t, first, a);
    if (e != HR_OK)
        return e;
    size_t bytes = 0;
    bool met = false;
    for (size_t i = 0; i < t->n; i++) {
        bytes += t->p[i].head.n + t->p[i].tail.n;
        met |= t->p[i].score > 0;
    }
    inherit(t, own, first, down, side);
    if (!met && share < MILD)
        share = MILD > 2 * share ? 2 * share : MILD; /* nothing to go by */
    return keep_best(t, (size_t)(share * (double)bytes), a);
}

/* Ends of elements whose children are done, before the node at index i. */
static void close_until(const hr_tree *t, uint32_t *open, uint32_t i, hr_buf *b)
{
    while (*open != HR_TREE_ROOT && t->p[*open].end <= i) {
        hr_buf_add(b, t->p[*open].tail);
        *open = t->p[*open].parent;
    }
}

size_t hr_tree_write(const hr_tree *t, hr_tree_note *note, hr_buf *b)
{
    uint32_t open = HR_TREE_ROOT;
    size_t missing = 0;
    for (uint32_t i = 0; i < t->n;) {
        close_until(t, &open, i, b);
        if (t->p[i].keep) {
            hr_buf_add(b, t->p[i].head);
            if (t->p[i].end > i + 1 || t->p[i].tail.n)
                open = i;
            i++;
            continue;
        }
        /* Siblings that go together. */
        uint32_t from = i, parent = t->p[i].parent;
        size_t bytes = 0;
        while (i < t->n && !t->p[i].keep && t->p[i].parent == parent) {
            for (uint32_t k = i; k < t->p[i].end; k++)
                bytes += t->p[k].head.n + t->p[k].tail.n;
            i = t->p[i].end;
        }
        if (bytes <= SMALL_HOLE && i == from + 1)
            hr_buf_add(b, t->p[from].head), hr_buf_add(b, t->p[from].tail);
        else
            missing += note(b, t, from, i);
    }
    close_until(t, &open, (uint32_t)t->n, b);
    return missing;
}
