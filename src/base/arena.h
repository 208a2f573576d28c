/* arena: bump allocation for everything that lives as long as one request or one call.
 *
 * Memory is zeroed and aligned to 16 bytes, and is given back all at once by hr_arena_free or down
 * to a mark. An arena belongs to one thread at a time. Allocation fails (NULL) when malloc fails
 * or when `limit` bytes in all would be passed; the arena remembers that in `failed`.
 */
#ifndef HR_BASE_ARENA_H
#define HR_BASE_ARENA_H

#include "base/str.h"

typedef struct hr_arena_chunk hr_arena_chunk;

typedef struct hr_arena {
    hr_arena_chunk *chunk; /* newest */
    size_t limit;          /* most bytes to take from malloc in all; 0 = 1 GiB */
    size_t total;          /* taken from malloc so far */
    bool failed;           /* an allocation was refused */
} hr_arena;

typedef struct hr_arena_mark {
    hr_arena_chunk *chunk;
    size_t used;
} hr_arena_mark;

void hr_arena_init(hr_arena *a, size_t limit);
void hr_arena_free(hr_arena *a); /* the arena is empty and usable again */
void *hr_alloc(hr_arena *a, size_t n);
/* count * size with an overflow check. */
void *hr_alloc_array(hr_arena *a, size_t count, size_t size);
/* Grows the newest block in place where possible, else copies; contents up to old_n are kept. */
void *hr_grow(hr_arena *a, void *p, size_t old_n, size_t new_n);
#define HR_NEW(a, type)              ((type *)hr_alloc((a), sizeof(type)))
#define HR_NEW_ARRAY(a, type, count) ((type *)hr_alloc_array((a), (count), sizeof(type)))

/* A copy of s in the arena; {NULL,0} on failure (and for an empty s a non-NULL pointer). */
hr_str hr_str_dup(hr_arena *a, hr_str s);
/* printf into the arena; {NULL,0} on failure. */
hr_str hr_strf(hr_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A NUL-terminated copy for foreign APIs; NULL on failure. */
char *hr_zstr(hr_arena *a, hr_str s);

hr_arena_mark hr_arena_save(const hr_arena *a);
/* Gives back everything allocated since the mark. */
void hr_arena_restore(hr_arena *a, hr_arena_mark m);

#endif
