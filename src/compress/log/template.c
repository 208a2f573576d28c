#include "compress/log/template.h"

enum {
    VARIETY = 4,        /* so many words in one place are values */
    FIRST_VARIETY = 12, /* the first word of a message names the event more often than not */
    ROUNDS = 3,
    PAREN = 1 + '(',
    PAREN_END = 1 + ')',
    BRACKET = 1 + '[',
    BRACKET_END = 1 + ']',
    COMMA = 1 + ',',
};

/* Words of the message, the first and the last of a slot. */
typedef struct span {
    uint8_t first, last;
} span;

/* A skeleton as first met: ids of its words, which of them became slots, its group, and the words
 * that its slots stand for in the end. */
typedef struct skeleton {
    uint64_t *ids;
    bool *wild;
    span *slots;
    uint32_t n, nslots, group;
} skeleton;

/* A word of a line as it is remembered: slots are asked for several times a line. */
typedef struct known_word {
    uint32_t start, end; /* bytes of the line */
    bool time, value;
} known_word;

/* Words that tell outcomes apart are never values. */
static const char *const outcome_words[] = {
    "PASSED",  "FAILED", "SKIPPED", "ERROR",  "XFAIL",  "XPASS", "ok",
    "FAIL",    "PASS",   "skipped", "passed", "failed", "error", "warning",
    "WARNING", "INFO",   "DEBUG",   "WARN",   "FATAL",
};
enum { OUTCOMES = sizeof outcome_words / sizeof *outcome_words };

struct hr_tpl {
    uint32_t *skel;     /* skeleton of each line */
    known_word **words; /* of each line, those of the head first */
    uint8_t *heads;     /* words in the head of each line */
    HR_VEC(skeleton) skels;
    uint64_t outcomes[OUTCOMES];
};

/* A table from 64-bit keys to counts or indexes. */
typedef struct table {
    uint64_t *keys;
    uint32_t *values;
    size_t cap, n;
    hr_arena *a;
} table;

static bool table_init(table *t, size_t want, hr_arena *a)
{
    size_t cap = 64;
    while (cap < want * 2)
        cap *= 2;
    *t = (table){HR_NEW_ARRAY(a, uint64_t, cap), HR_NEW_ARRAY(a, uint32_t, cap), cap, 0, a};
    return t->keys && t->values;
}

static uint32_t *table_at(table *t, uint64_t key)
{
    key |= key == 0;
    if (t->n * 3 >= t->cap * 2) {
        table bigger;
        if (!table_init(&bigger, t->cap, t->a))
            return NULL;
        for (size_t i = 0; i < t->cap; i++) {
            if (t->keys[i])
                *table_at(&bigger, t->keys[i]) = t->values[i];
        }
        *t = bigger;
    }
    size_t i = (size_t)(key ^ key >> 29) & (t->cap - 1);
    while (t->keys[i] && t->keys[i] != key)
        i = (i + 1) & (t->cap - 1);
    t->n += t->keys[i] == 0;
    t->keys[i] = key;
    return &t->values[i];
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15ull;
    return h ^ h >> 32;
}

/* One word put behind a skeleton: neighbouring slots become one, and so do lists of slots and slots
 * in brackets, because their lengths are values too. start[] holds where each entry began. */
typedef struct folded {
    uint64_t ids[HR_TPL_TOKENS];
    uint32_t first[HR_TPL_TOKENS], last[HR_TPL_TOKENS]; /* words each entry stands for */
    size_t n;
} folded;

static void fold(folded *f, uint64_t id, uint32_t word)
{
    uint32_t first = word;
    uint64_t open = id == PAREN_END ? PAREN : id == BRACKET_END ? BRACKET : 0;
    if (open && f->n && f->ids[f->n - 1] == open) {
        first = f->first[--f->n];
        id = 0;
    } else if (open && f->n > 1 && f->ids[f->n - 1] == 0 && f->ids[f->n - 2] == open) {
        f->n -= 2;
        first = f->first[f->n];
        id = 0;
    }
    if (id == 0 && f->n > 1 && f->ids[f->n - 1] == COMMA && f->ids[f->n - 2] == 0) {
        f->n--;
        f->last[f->n - 1] = word;
        return;
    }
    if (id == 0 && f->n && f->ids[f->n - 1] == 0) {
        f->last[f->n - 1] = word;
        return;
    }
    f->ids[f->n] = id;
    f->first[f->n] = first;
    f->last[f->n++] = word;
}

static void fold_skeleton(const skeleton *s, folded *f)
{
    f->n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        fold(f, s->wild[i] ? 0 : s->ids[i], i);
}

static uint64_t hash_ids(const uint64_t *ids, size_t n)
{
    uint64_t h = n + 1;
    for (size_t i = 0; i < n; i++)
        h = mix(h, ids[i]);
    return h;
}

static bool outcome(const hr_tpl *t, uint64_t id)
{
    for (size_t i = 0; i < OUTCOMES; i++) {
        if (id == t->outcomes[i])
            return true;
    }
    return false;
}

/* First pass: the skeleton of each line. */
static hr_err read_lines(hr_tpl *t, const hr_str *lines, const uint32_t *heads, size_t n,
                         table *seen, const hr_deadline *deadline, hr_arena *a)
{
    hr_tpl_token words[HR_TPL_TOKENS];
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += lines[i].n;
        if (bytes > 32768) {
            bytes = 0;
            if (hr_deadline_passed(deadline))
                return HR_E_TIMEOUT;
        }
        size_t head = heads ? heads[i] : hr_tpl_head(lines[i]);
        size_t count = hr_tpl_tokens(lines[i], head, words);
        uint64_t ids[HR_TPL_TOKENS];
        uint32_t m = 0;
        t->words[i] = hr_alloc_array(a, count, sizeof(known_word));
        if (count && !t->words[i])
            return HR_E_NOMEM;
        for (size_t k = 0; k < count; k++) {
            const hr_tpl_token *w = &words[k];
            t->words[i][k] = (known_word){w->start, w->end, w->time, w->id == 0};
            if (!w->head)
                ids[m++] = w->id;
        }
        t->heads[i] = (uint8_t)(count - m);
        uint32_t *slot = table_at(seen, hash_ids(ids, m));
        if (!slot)
            return HR_E_NOMEM;
        if (*slot == 0) {
            skeleton *s = hr_vec_push(&t->skels, a);
            if (!s)
                return HR_E_NOMEM;
            s->n = m;
            s->ids = HR_NEW_ARRAY(a, uint64_t, m + 1);
            s->wild = HR_NEW_ARRAY(a, bool, m + 1);
            if (!s->ids || !s->wild)
                return HR_E_NOMEM;
            memcpy(s->ids, ids, m * sizeof *ids);
            *slot = (uint32_t)t->skels.n;
        }
        t->skel[i] = *slot - 1;
    }
    return HR_OK;
}

/* For each place of a skeleton: a key that all skeletons share that differ there only. */
static uint64_t place_key(const folded *f, const uint64_t *prefix, const uint64_t *suffix, size_t i)
{
    return mix(mix(prefix[i], suffix[i + 1]), (uint64_t)i << 32 | f->n);
}

static void place_hashes(const folded *f, uint64_t *prefix, uint64_t *suffix)
{
    prefix[0] = 7;
    for (size_t i = 0; i < f->n; i++)
        prefix[i + 1] = mix(prefix[i], f->ids[i]);
    suffix[f->n] = 11;
    for (size_t i = f->n; i > 0; i--)
        suffix[i - 1] = mix(suffix[i], f->ids[i - 1]);
}

/* May the word at place i be a value: is another word of the message left to know it by? */
static bool may_vary(const hr_tpl *t, const folded *f, size_t i)
{
    size_t words = 0;
    for (size_t k = 0; k < f->n; k++)
        words += k != i && f->ids[k] >= 1024;
    return f->ids[i] >= 1024 && words >= 1 && !outcome(t, f->ids[i]);
}

/* One round of merging; *changed tells whether any word became a value. */
static hr_err merge(hr_tpl *t, const hr_deadline *deadline, hr_arena *a, bool *changed)
{
    table places, forms;
    uint64_t prefix[HR_TPL_TOKENS + 1], suffix[HR_TPL_TOKENS + 1];
    folded f;
    *changed = false;
    if (!table_init(&places, t->skels.n * 8, a) || !table_init(&forms, t->skels.n, a))
        return HR_E_NOMEM;
    for (size_t s = 0; s < t->skels.n; s++) {
        if (s % 256 == 0 && hr_deadline_passed(deadline))
            return HR_E_TIMEOUT;
        fold_skeleton(&t->skels.p[s], &f);
        uint32_t *known = table_at(&forms, hash_ids(f.ids, f.n));
        if (!known)
            return HR_E_NOMEM;
        if ((*known)++)
            continue; /* each form counts once */
        place_hashes(&f, prefix, suffix);
        for (size_t i = 0; i < f.n; i++) {
            if (!may_vary(t, &f, i))
                continue;
            uint32_t *count = table_at(&places, place_key(&f, prefix, suffix, i));
            if (!count)
                return HR_E_NOMEM;
            ++*count;
        }
    }
    for (size_t s = 0; s < t->skels.n; s++) {
        if (s % 256 == 0 && hr_deadline_passed(deadline))
            return HR_E_TIMEOUT;
        fold_skeleton(&t->skels.p[s], &f);
        place_hashes(&f, prefix, suffix);
        size_t best = 0, where = 0;
        for (size_t i = 0; i < f.n; i++) {
            if (!may_vary(t, &f, i))
                continue;
            size_t count = *table_at(&places, place_key(&f, prefix, suffix, i));
            if (count >= (i == 0 ? FIRST_VARIETY : VARIETY) && count > best) {
                best = count;
                where = i;
            }
        }
        if (best) {
            t->skels.p[s].wild[f.first[where]] = true;
            *changed = true;
        }
    }
    return HR_OK;
}

/* The slots of a skeleton, whose words are merged for good. */
static hr_err note_slots(skeleton *s, const folded *f, hr_arena *a)
{
    s->slots = HR_NEW_ARRAY(a, span, f->n + 1);
    if (!s->slots)
        return HR_E_NOMEM;
    for (size_t i = 0; i < f->n; i++) {
        if (f->ids[i] == 0)
            s->slots[s->nslots++] = (span){(uint8_t)f->first[i], (uint8_t)f->last[i]};
    }
    return HR_OK;
}

static hr_err number_groups(hr_tpl *t, size_t n, hr_arena *a, uint32_t *group, size_t *ngroups)
{
    table groups;
    folded f;
    if (!table_init(&groups, t->skels.n, a))
        return HR_E_NOMEM;
    *ngroups = 0;
    for (size_t s = 0; s < t->skels.n; s++) {
        fold_skeleton(&t->skels.p[s], &f);
        uint32_t *g = table_at(&groups, hash_ids(f.ids, f.n));
        if (!g || note_slots(&t->skels.p[s], &f, a) != HR_OK)
            return HR_E_NOMEM;
        if (*g == 0)
            *g = (uint32_t)++ * ngroups;
        t->skels.p[s].group = *g - 1;
    }
    for (size_t i = 0; i < n; i++)
        group[i] = t->skels.p[t->skel[i]].group;
    return HR_OK;
}

hr_err hr_tpl_mine(const hr_str *lines, const uint32_t *heads, size_t n,
                   const hr_deadline *deadline, hr_arena *a, hr_tpl **out, uint32_t *group,
                   size_t *ngroups)
{
    hr_tpl *t = HR_NEW(a, hr_tpl);
    table seen;
    if (!t || !table_init(&seen, 1024, a))
        return HR_E_NOMEM;
    *out = t;
    t->skel = HR_NEW_ARRAY(a, uint32_t, n + 1);
    t->words = HR_NEW_ARRAY(a, known_word *, n + 1);
    t->heads = HR_NEW_ARRAY(a, uint8_t, n + 1);
    if (!t->skel || !t->words || !t->heads)
        return HR_E_NOMEM;
    for (size_t i = 0; i < OUTCOMES; i++)
        t->outcomes[i] = hr_hash64(hr_cstr(outcome_words[i])) | 1024;
    hr_err e = read_lines(t, lines, heads, n, &seen, deadline, a);
    bool changed = true;
    for (int round = 0; e == HR_OK && changed && round < ROUNDS; round++)
        e = merge(t, deadline, a, &changed);
    return e == HR_OK ? number_groups(t, n, a, group, ngroups) : e;
}

size_t hr_tpl_slots(const hr_tpl *t, size_t i, hr_tpl_slot out[HR_TPL_TOKENS])
{
    const skeleton *s = &t->skels.p[t->skel[i]];
    const known_word *w = t->words[i];
    size_t heads = t->heads[i], n = 0;
    for (size_t k = 0; k < heads; k++, w++) {
        if (w->value)
            out[n++] = (hr_tpl_slot){w->start, w->end, true, w->time};
    }
    for (size_t k = 0; k < s->nslots && n < HR_TPL_TOKENS; k++) {
        const known_word *first = &w[s->slots[k].first], *last = &w[s->slots[k].last];
        out[n++] = (hr_tpl_slot){first->start, last->end, false, first->time};
    }
    return n;
}
