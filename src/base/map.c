#include "base/map.h"

#include "base/hash.h"

void hr_map_init(hr_map *m, hr_arena *arena)
{
    *m = (hr_map){.arena = arena, .seed = (uint64_t)(uintptr_t)arena * 0x9e3779b97f4a7c15u};
}

static size_t find_slot(const hr_map *m, hr_str key, uint64_t hash)
{
    size_t i = (size_t)hash & (m->nslots - 1);
    for (;; i = (i + 1) & (m->nslots - 1)) {
        uint32_t s = m->slots[i];
        if (s == 0)
            return i;
        const hr_map_entry *e = &m->entries[s - 1];
        if (e->hash == hash && hr_str_eq(e->key, key))
            return i;
    }
}

hr_map_entry *hr_map_get(const hr_map *m, hr_str key)
{
    if (m->n == 0)
        return NULL;
    size_t i = find_slot(m, key, hr_hash64_seed(key, m->seed));
    return m->slots[i] ? &m->entries[m->slots[i] - 1] : NULL;
}

static bool grow(hr_map *m)
{
    size_t cap = m->cap ? m->cap * 2 : 16, nslots = cap * 2;
    if (cap >= UINT32_MAX)
        return false;
    uint32_t *slots = HR_NEW_ARRAY(m->arena, uint32_t, nslots);
    hr_map_entry *entries = HR_NEW_ARRAY(m->arena, hr_map_entry, cap);
    if (!slots || !entries)
        return false;
    if (m->n)
        memcpy(entries, m->entries, m->n * sizeof(*entries));
    m->entries = entries;
    m->slots = slots;
    m->nslots = nslots;
    m->cap = cap;
    for (size_t k = 0; k < m->n; k++) {
        size_t i = (size_t)entries[k].hash & (nslots - 1);
        while (slots[i])
            i = (i + 1) & (nslots - 1);
        slots[i] = (uint32_t)(k + 1);
    }
    return true;
}

hr_map_entry *hr_map_put(hr_map *m, hr_str key, bool *fresh)
{
    uint64_t hash = hr_hash64_seed(key, m->seed);
    if (m->n == m->cap && !grow(m))
        return NULL;
    size_t i = find_slot(m, key, hash);
    if (fresh)
        *fresh = m->slots[i] == 0;
    if (m->slots[i] == 0) {
        m->entries[m->n] = (hr_map_entry){.key = key, .hash = hash};
        m->slots[i] = (uint32_t)++m->n;
    }
    return &m->entries[m->slots[i] - 1];
}
