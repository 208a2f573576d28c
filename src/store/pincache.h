/* pincache: pins and traits of the conversations used last, in memory.
 *
 * Pins never change once they exist, so a hit needs no look at the disk; a miss says nothing.
 * Bounded in bytes; the conversation used least recently goes first. Any thread. */
#ifndef HR_STORE_PINCACHE_H
#define HR_STORE_PINCACHE_H

#include "store/store.h"

typedef struct hr_pin_cache hr_pin_cache;

hr_pin_cache *hr_pin_cache_new(size_t max_bytes); /* NULL: no memory */
void hr_pin_cache_free(hr_pin_cache *pc);
/* Fills pins[i] and found[i] for each block it holds (texts in the arena). Returns HR_OK or
 * HR_E_NOMEM; *missing counts the others. */
hr_err hr_pin_cache_get(hr_pin_cache *pc, hr_str conversation, const hr_sha256 *blocks, size_t n,
                        hr_arena *a, hr_pin *pins, bool *found, size_t *missing);
/* Remembers pins[i]; what it holds already stays. Short of memory it does nothing. */
void hr_pin_cache_put(hr_pin_cache *pc, hr_str conversation, const hr_pin *pin);
/* HR_E_NOTFOUND when it does not know. */
hr_err hr_pin_cache_trait(hr_pin_cache *pc, hr_str conversation, hr_str name, hr_arena *a,
                          hr_str *out);
void hr_pin_cache_put_trait(hr_pin_cache *pc, hr_str conversation, hr_str name, hr_str value);
/* True (and the clock starts anew) when the conversation is known here and its use was last
 * written `every_ms` ago or more. */
bool hr_pin_cache_due(hr_pin_cache *pc, hr_str conversation, int64_t now_ms, int64_t every_ms);
size_t hr_pin_cache_bytes(hr_pin_cache *pc);

#endif
