#include "compress/json/json_view.h"

#include "base/hash.h"

enum {
    MIN_STRING = 32,    /* shorter strings are never named: a name costs three tokens and a look */
    MIN_CONTAINER = 40, /* the same for objects and arrays, in bytes as received */
    MAX_PROBES = 64,
};

static uint64_t mix(uint64_t h, uint64_t x)
{
    h ^= x;
    h *= 0x9e3779b97f4a7c15ull;
    return h ^ (h >> 29);
}

/* Children stand behind their container, so one walk from the back sees them first. */
static void hash_nodes(hr_jview *v)
{
    const hr_json_doc *d = v->d;
    for (uint32_t i = d->n; i-- > 0;) {
        const hr_json_node *n = &d->nodes[i];
        if (n->type == HR_JSON_ARRAY || n->type == HR_JSON_OBJECT) {
            uint64_t h = mix(n->type, n->count);
            for (uint32_t k = i + 1; k < n->next; k = d->nodes[k].next)
                h = mix(h, v->hash[k]);
            const hr_embed *e = hr_jembed(v, i);
            v->hash[i] = e ? mix(h, 77 + e->style + hr_hash64(e->tail)) : h;
        } else {
            v->hash[i] = hr_hash64(hr_json_raw(d, i));
        }
    }
}

static bool same_embed(const hr_jview *v, uint32_t i, uint32_t j)
{
    const hr_embed *a = hr_jembed(v, i), *b = hr_jembed(v, j);
    return a && b ? a->style == b->style && hr_str_eq(a->tail, b->tail) : a == b;
}

bool hr_jview_equal(const hr_jview *v, uint32_t i, uint32_t j)
{
    const hr_json_doc *d = v->d;
    if (i == j)
        return true;
    if (v->hash[i] != v->hash[j])
        return false;
    uint32_t len = d->nodes[i].next - i;
    if (len != d->nodes[j].next - j)
        return false;
    for (uint32_t k = 0; k < len; k++) {
        const hr_json_node *a = &d->nodes[i + k], *b = &d->nodes[j + k];
        if (a->type != b->type || a->count != b->count || a->next - i != b->next - j)
            return false;
        if (a->type < HR_JSON_ARRAY ? !hr_str_eq(hr_json_raw(d, i + k), hr_json_raw(d, j + k))
                                    : !same_embed(v, i + k, j + k))
            return false;
    }
    return true;
}

static bool nameable(const hr_json_node *n)
{
    size_t len = n->end - n->start;
    if (n->type == HR_JSON_STRING)
        return len >= MIN_STRING && !(n->flags & HR_JSON_KEY);
    return n->type >= HR_JSON_ARRAY && len >= MIN_CONTAINER && n->count > 0;
}

/* Groups equal nodes. Open addressing by hash; a group of one is never reported. */
static bool find_repeats(hr_jview *v)
{
    const hr_json_doc *d = v->d;
    size_t candidates = 0;
    for (uint32_t i = 1; i < d->n; i++)
        candidates += nameable(&d->nodes[i]);
    if (candidates < 2)
        return true;
    size_t slots = 16;
    while (slots < candidates * 2)
        slots *= 2;
    hr_arena_mark m = hr_arena_save(v->a);
    v->repeat = HR_NEW_ARRAY(v->a, uint32_t, d->n);
    uint32_t *table = HR_NEW_ARRAY(v->a, uint32_t, slots);
    if (!v->repeat || !table)
        return false;
    bool any = false;
    for (uint32_t i = 1; i < d->n; i++) {
        if (!nameable(&d->nodes[i]))
            continue;
        size_t at = (size_t)v->hash[i] & (slots - 1), probes = 0;
        while (table[at] && probes < MAX_PROBES && !hr_jview_equal(v, table[at], i)) {
            at = (at + 1) & (slots - 1);
            probes++;
        }
        if (probes == MAX_PROBES)
            continue; /* made to collide: not worth the time */
        if (!table[at]) {
            table[at] = i;
            continue;
        }
        uint32_t first = table[at];
        if (!v->repeat[first]) {
            hr_repeat *r = hr_vec_push(&v->repeats, v->a);
            if (!r)
                return false;
            r->node = first;
            v->repeat[first] = (uint32_t)v->repeats.n;
        }
        v->repeat[i] = v->repeat[first];
        any = true;
    }
    if (!any) {
        v->repeat = NULL;
        hr_arena_restore(v->a, m);
    }
    return true;
}

/* Documents that stood in strings are where the new text says: both lists are in its order. */
static bool find_embeds(hr_jview *v)
{
    size_t next = 0;
    if (!v->embeds.n)
        return true;
    v->embed = HR_NEW_ARRAY(v->a, uint32_t, v->d->n);
    for (uint32_t i = 0; v->embed && i < v->d->n && next < v->embeds.n; i++)
        if (v->d->nodes[i].start == v->embeds.p[next].at && v->d->nodes[i].type >= HR_JSON_ARRAY)
            v->embed[i] = (uint32_t)++next;
    return v->embed != NULL;
}

hr_err hr_jview_init(hr_jview *v, const hr_compress_opts *o, const hr_json_doc *d,
                     const hr_embeds *embeds, hr_arena *a)
{
    *v = (hr_jview){.o = o, .a = a, .d = d};
    if (embeds)
        v->embeds = *embeds;
    hr_query_parse(o->query, a, &v->query);
    v->hash = HR_NEW_ARRAY(a, uint64_t, d->n);
    v->plan = HR_NEW_ARRAY(a, uint32_t, d->n);
    if (!v->hash || !v->plan || !find_embeds(v))
        return HR_E_NOMEM;
    hash_nodes(v);
    if (!hr_jview_ok(v))
        return v->err;
    if (o->compaction != HR_COMPACT_CSV)
        return HR_OK; /* the other notations have no names for values */
    return find_repeats(v) ? HR_OK : HR_E_NOMEM;
}

bool hr_jview_ok(hr_jview *v)
{
    if (v->a->failed && !v->err)
        v->err = HR_E_NOMEM;
    if ((v->ticks++ & 255) == 0 && !v->err && hr_deadline_passed(v->o->deadline))
        v->err = HR_E_TIMEOUT;
    return v->err == HR_OK;
}

hr_str hr_jview_text(hr_jview *v, uint32_t i)
{
    return hr_json_text(v->d, i, v->a);
}
