#include "base/mem.h"

#include <stdlib.h>

static _Thread_local size_t fail_at, seen;

static int must_fail(void)
{
    seen++;
    return fail_at != 0 && seen >= fail_at;
}

size_t hr_mem_fail_at(size_t n)
{
    size_t was = seen;
    seen = 0;
    fail_at = n;
    return was;
}

void *hr_malloc(size_t n)
{
    return must_fail() ? NULL : malloc(n ? n : 1);
}

void *hr_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *hr_realloc(void *p, size_t n)
{
    return must_fail() ? NULL : realloc(p, n ? n : 1);
}

void hr_free(void *p)
{
    free(p);
}
