#include "store/pincache.h"

#include "base/mem.h"

#include <pthread.h>

enum { BUCKETS = 4096 };

typedef struct cpin {
    hr_pin pin; /* its text follows */
} cpin;

typedef struct ctrait {
    struct ctrait *next;
    hr_str name, value; /* both follow */
} ctrait;

typedef struct cconv {
    struct cconv *chain;         /* same bucket */
    struct cconv *older, *newer; /* order of use */
    hr_str key;                  /* follows */
    uint64_t hash;
    cpin **slots; /* open addressing; nslots is a power of two, at most half full */
    size_t nslots, npins, bytes;
    ctrait *traits;
    int64_t touched_ms;
} cconv;

struct hr_pin_cache {
    pthread_mutex_t lock;
    size_t max, bytes;
    cconv *newest, *oldest;
    cconv *buckets[BUCKETS];
};

hr_pin_cache *hr_pin_cache_new(size_t max_bytes)
{
    hr_pin_cache *pc = hr_calloc(1, sizeof *pc);
    if (!pc)
        return NULL;
    pc->max = max_bytes;
    pthread_mutex_init(&pc->lock, NULL);
    return pc;
}

/* --- conversations ---------------------------------------------------------------------------- */

static void unlink_use(hr_pin_cache *pc, cconv *c)
{
    *(c->newer ? &c->newer->older : &pc->newest) = c->older;
    *(c->older ? &c->older->newer : &pc->oldest) = c->newer;
    c->newer = c->older = NULL;
}

static void link_newest(hr_pin_cache *pc, cconv *c)
{
    c->older = pc->newest;
    *(pc->newest ? &pc->newest->newer : &pc->oldest) = c;
    pc->newest = c;
}

static void drop(hr_pin_cache *pc, cconv *c)
{
    unlink_use(pc, c);
    cconv **at = &pc->buckets[c->hash % BUCKETS];
    while (*at != c)
        at = &(*at)->chain;
    *at = c->chain;
    for (size_t i = 0; i < c->nslots; i++)
        hr_free(c->slots[i]);
    hr_free(c->slots);
    for (ctrait *t = c->traits, *next; t; t = next) {
        next = t->next;
        hr_free(t);
    }
    pc->bytes -= c->bytes;
    hr_free(c);
}

static cconv *find(hr_pin_cache *pc, hr_str key)
{
    uint64_t h = hr_hash64(key);
    cconv *c = pc->buckets[h % BUCKETS];
    while (c && !(c->hash == h && hr_str_eq(c->key, key)))
        c = c->chain;
    if (c && c != pc->newest) {
        unlink_use(pc, c);
        link_newest(pc, c);
    }
    return c;
}

static cconv *make(hr_pin_cache *pc, hr_str key)
{
    cconv *c = find(pc, key);
    if (c)
        return c;
    c = hr_calloc(1, sizeof *c + key.n);
    if (!c)
        return NULL;
    char *k = (char *)(c + 1);
    if (key.n)
        memcpy(k, key.p, key.n);
    c->key = (hr_str){k, key.n};
    c->hash = hr_hash64(key);
    c->touched_ms = INT64_MIN;
    c->bytes = sizeof *c + key.n;
    c->chain = pc->buckets[c->hash % BUCKETS];
    pc->buckets[c->hash % BUCKETS] = c;
    link_newest(pc, c);
    pc->bytes += c->bytes;
    return c;
}

static void grew(hr_pin_cache *pc, cconv *c, size_t bytes)
{
    c->bytes += bytes;
    pc->bytes += bytes;
}

static void trim(hr_pin_cache *pc)
{
    while (pc->bytes > pc->max && pc->oldest)
        drop(pc, pc->oldest);
}

void hr_pin_cache_free(hr_pin_cache *pc)
{
    if (!pc)
        return;
    while (pc->oldest)
        drop(pc, pc->oldest);
    pthread_mutex_destroy(&pc->lock);
    hr_free(pc);
}

size_t hr_pin_cache_bytes(hr_pin_cache *pc)
{
    pthread_mutex_lock(&pc->lock);
    size_t n = pc->bytes;
    pthread_mutex_unlock(&pc->lock);
    return n;
}

/* --- pins ------------------------------------------------------------------------------------- */

/* The slot of a block, or the free one where it would stand. nslots > 0. */
static cpin **slot_of(cpin **slots, size_t nslots, const hr_sha256 *block)
{
    uint64_t h;
    memcpy(&h, block->b, sizeof h); /* a SHA-256 needs no further mixing */
    size_t i = (size_t)h & (nslots - 1);
    while (slots[i] && memcmp(slots[i]->pin.block.b, block->b, sizeof block->b) != 0)
        i = (i + 1) & (nslots - 1);
    return &slots[i];
}

hr_err hr_pin_cache_get(hr_pin_cache *pc, hr_str conversation, const hr_sha256 *blocks, size_t n,
                        hr_arena *a, hr_pin *pins, bool *found, size_t *missing)
{
    hr_err err = HR_OK;
    *missing = n;
    memset(found, 0, n * sizeof *found);
    pthread_mutex_lock(&pc->lock);
    const cconv *c = find(pc, conversation);
    for (size_t i = 0; c && c->nslots && i < n && !err; i++) {
        const cpin *p = *slot_of(c->slots, c->nslots, &blocks[i]);
        if (!p)
            continue;
        pins[i] = p->pin;
        pins[i].text = hr_str_dup(a, p->pin.text);
        if (!pins[i].text.p)
            err = HR_E_NOMEM;
        found[i] = !err;
        *missing -= !err;
    }
    pthread_mutex_unlock(&pc->lock);
    return err;
}

static bool make_room(hr_pin_cache *pc, cconv *c)
{
    if (c->npins < c->nslots / 2)
        return true;
    size_t n = c->nslots ? c->nslots * 2 : 16;
    cpin **slots = hr_calloc(n, sizeof(cpin *));
    if (!slots)
        return false;
    for (size_t i = 0; i < c->nslots; i++)
        if (c->slots[i])
            *slot_of(slots, n, &c->slots[i]->pin.block) = c->slots[i];
    hr_free(c->slots);
    grew(pc, c, (n - c->nslots) * sizeof(cpin *));
    c->slots = slots;
    c->nslots = n;
    return true;
}

void hr_pin_cache_put(hr_pin_cache *pc, hr_str conversation, const hr_pin *pin)
{
    size_t text = pin->leave ? 0 : pin->text.n;
    if (text > pc->max / 4)
        return;
    pthread_mutex_lock(&pc->lock);
    cconv *c = make(pc, conversation);
    if (c && make_room(pc, c)) {
        cpin **at = slot_of(c->slots, c->nslots, &pin->block);
        cpin *p = *at ? NULL : hr_malloc(sizeof *p + text);
        if (p) {
            p->pin = *pin;
            p->pin.text = (hr_str){(char *)(p + 1), text};
            if (text)
                memcpy(p + 1, pin->text.p, text);
            *at = p;
            c->npins++;
            grew(pc, c, sizeof *p + text);
        }
    }
    trim(pc);
    pthread_mutex_unlock(&pc->lock);
}

/* --- traits and use --------------------------------------------------------------------------- */

static ctrait *find_trait(cconv *c, hr_str name)
{
    ctrait *t = c ? c->traits : NULL;
    while (t && !hr_str_eq(t->name, name))
        t = t->next;
    return t;
}

hr_err hr_pin_cache_trait(hr_pin_cache *pc, hr_str conversation, hr_str name, hr_arena *a,
                          hr_str *out)
{
    pthread_mutex_lock(&pc->lock);
    const ctrait *t = find_trait(find(pc, conversation), name);
    hr_err err = t ? HR_OK : HR_E_NOTFOUND;
    if (t && !(*out = hr_str_dup(a, t->value)).p)
        err = HR_E_NOMEM;
    pthread_mutex_unlock(&pc->lock);
    return err;
}

void hr_pin_cache_put_trait(hr_pin_cache *pc, hr_str conversation, hr_str name, hr_str value)
{
    size_t n = name.n + value.n;
    if (n > pc->max / 4)
        return;
    pthread_mutex_lock(&pc->lock);
    cconv *c = make(pc, conversation);
    ctrait *t = c && !find_trait(c, name) ? hr_malloc(sizeof *t + n) : NULL;
    if (t) {
        char *p = (char *)(t + 1);
        if (name.n)
            memcpy(p, name.p, name.n);
        if (value.n)
            memcpy(p + name.n, value.p, value.n);
        *t = (ctrait){c->traits, {p, name.n}, {p + name.n, value.n}};
        c->traits = t;
        grew(pc, c, sizeof *t + n);
    }
    trim(pc);
    pthread_mutex_unlock(&pc->lock);
}

bool hr_pin_cache_due(hr_pin_cache *pc, hr_str conversation, int64_t now_ms, int64_t every_ms)
{
    pthread_mutex_lock(&pc->lock);
    cconv *c = find(pc, conversation);
    bool due = c && (c->touched_ms == INT64_MIN || now_ms - c->touched_ms >= every_ms ||
                     now_ms < c->touched_ms);
    if (due)
        c->touched_ms = now_ms;
    pthread_mutex_unlock(&pc->lock);
    return due;
}
