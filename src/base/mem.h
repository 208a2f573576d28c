/* mem: the only door to malloc. A test can make the n-th allocation fail (see hr_mem_fail_at).
 * All functions return NULL on failure and may be called from any thread. */
#ifndef HR_BASE_MEM_H
#define HR_BASE_MEM_H

#include <stddef.h>

void *hr_malloc(size_t n);
void *hr_calloc(size_t count, size_t size);
void *hr_realloc(void *p, size_t n);
void hr_free(void *p);

/* Fault injection for tests: the n-th allocation of this thread from now on (1 = the next one)
 * and all later ones fail; 0 turns it off. Returns the number of allocations since the last call.
 */
size_t hr_mem_fail_at(size_t n);

#endif
