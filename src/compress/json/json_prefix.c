#include "compress/json/json_prefix.h"

#include <stdlib.h>

enum {
    MIN_LEN = 16, /* bytes of a prefix worth a name */
    USE_COST = 6, /* bytes a use costs: the letter and the plus, in tokens of usual size */
    DEF_COST = 12,
    MIN_GAIN = 60,
    LOSSY_GAIN = 300, /* little is left to spare there, and whole strings read better */
    MAX_STRINGS = 20000,
    MAX_LEN = 256, /* longer common beginnings are cut, which bounds the sorting */
};

typedef struct entry {
    hr_str s;
    size_t have; /* bytes already covered by a chosen prefix */
    size_t lcp;  /* with the entry before */
} entry;

static int by_text(const void *a, const void *b)
{
    return hr_str_cmp(((const entry *)a)->s, ((const entry *)b)->s);
}

static size_t shared(hr_str a, hr_str b)
{
    size_t n = a.n < b.n ? a.n : b.n, k = 0;
    while (k < n && a.p[k] == b.p[k])
        k++;
    return k;
}

static bool joint(char c)
{
    return c == '/' || c == '.' || c == ':' || c == '?' || c == '=' || c == '#' || c == '-' ||
           c == '_' || c == ' ' || c == '&';
}

/* Down to a place a reader would cut at: before or behind a joint, or where a whole string ends. */
static size_t cut(hr_str s, size_t n)
{
    if (n == s.n && n < MAX_LEN)
        return n;
    while (n > 0 && !(n < s.n && joint(s.p[n])) && !joint(s.p[n - 1]))
        n--;
    return n;
}

/* Addresses and paths only: names and words read better whole. */
static bool address(hr_str s)
{
    return hr_str_find_char(s, '/') != SIZE_MAX;
}

typedef struct span {
    size_t from, len; /* first entry of the run, shared length */
} span;

typedef struct best {
    size_t gain, at, len;
} best;

/* What naming s[0, len) would spare in the run [from, to) of sorted entries. */
static size_t gain_of(const entry *e, size_t from, size_t to, size_t len)
{
    size_t gain = 0;
    for (size_t i = from; i < to; i++) {
        size_t cost = e[i].have ? e[i].have : USE_COST; /* a named string pays its use already */
        gain += len > cost ? len - cost : 0;
    }
    return gain > len + DEF_COST ? gain - len - DEF_COST : 0;
}

/* Runs of entries that share a prefix are the intervals of the common-prefix array; a stack walks
 * them. The work on nested runs is bounded by a depth: chains of ever longer names are rare. */
static best find_best(const entry *e, size_t n, span *stack)
{
    best b = {0, 0, 0};
    size_t top = 0, work = 64 * n + 4096;
    for (size_t i = 1; i <= n; i++) {
        size_t l = i < n ? e[i].lcp : 0, from = i - 1;
        while (top && stack[top - 1].len > l) {
            span s = stack[--top];
            size_t len = cut(e[s.from].s, s.len);
            from = s.from;
            if (len < MIN_LEN || work < i - s.from || !address(hr_str_sub(e[s.from].s, 0, len)))
                continue;
            work -= i - s.from;
            size_t gain = gain_of(e, s.from, i, len);
            if (gain > b.gain)
                b = (best){gain, s.from, len};
        }
        if (l >= MIN_LEN && (!top || stack[top - 1].len < l))
            stack[top++] = (span){from, l};
    }
    return b;
}

hr_err hr_prefixes_find(hr_jview *v, const uint32_t *nodes, size_t count, hr_prefixes *out)
{
    out->n = 0;
    entry *e = HR_NEW_ARRAY(v->a, entry, count + 1);
    span *stack = HR_NEW_ARRAY(v->a, span, count + 1);
    if (!e || !stack)
        return HR_E_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < count && n < MAX_STRINGS; i++) {
        const hr_json_node *x = hr_jnode(v, nodes[i]);
        if (x->end - x->start >= MIN_LEN + 2 && !(x->flags & HR_JSON_ESCAPED))
            e[n++].s = hr_str_sub(hr_str_sub(v->d->src, x->start + 1, x->end - 1), 0, MAX_LEN);
    }
    if (n < 3)
        return HR_OK;
    qsort(e, n, sizeof *e, by_text);
    for (size_t i = 1; i < n; i++)
        e[i].lcp = shared(e[i - 1].s, e[i].s);
    while (out->n < HR_MAX_PREFIXES && hr_jview_ok(v)) {
        best b = find_best(e, n, stack);
        if (b.gain < (size_t)(v->mark ? LOSSY_GAIN : MIN_GAIN))
            break;
        hr_str text = hr_str_sub(e[b.at].s, 0, b.len);
        out->text[out->n++] = text;
        for (size_t i = b.at; i < n && hr_str_starts(e[i].s, text); i++)
            if (e[i].have < b.len)
                e[i].have = b.len;
    }
    return v->err;
}

int hr_prefixes_of(const hr_prefixes *p, hr_str raw)
{
    int found = -1;
    for (size_t i = 0; i < p->n; i++)
        if (hr_str_starts(raw, p->text[i]) && (found < 0 || p->text[i].n > p->text[found].n))
            found = (int)i;
    return found;
}
