/* map: a hash table from byte strings to a 64-bit value, in an arena. Keys are borrowed: they must
 * outlive the map. No deletion. Iteration order is insertion order (deterministic). */
#ifndef HR_BASE_MAP_H
#define HR_BASE_MAP_H

#include "base/arena.h"

typedef struct hr_map_entry {
    hr_str key;
    uint64_t value, hash;
} hr_map_entry;

typedef struct hr_map {
    hr_arena *arena;
    hr_map_entry *entries; /* n of them, in insertion order */
    size_t n, cap;
    uint32_t *slots; /* index + 1 into entries, 0 = free; nslots is a power of two */
    size_t nslots;
    uint64_t seed; /* hostile keys cannot be chosen to share slots; order never depends on it */
} hr_map;

void hr_map_init(hr_map *m, hr_arena *arena);
/* The entry of key, or NULL. */
hr_map_entry *hr_map_get(const hr_map *m, hr_str key);
/* The entry of key, made with value 0 if absent (*fresh says which); NULL when memory is short. */
hr_map_entry *hr_map_put(hr_map *m, hr_str key, bool *fresh);

#endif
