#include "base/arena.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

struct hr_arena_chunk {
    hr_arena_chunk *prev;
    size_t size, used;
    _Alignas(16) char data[];
};

enum { FIRST_CHUNK = 4096, MAX_CHUNK = 1 << 20 };

void hr_arena_init(hr_arena *a, size_t limit)
{
    *a = (hr_arena){.limit = limit ? limit : (size_t)1 << 30};
}

static void drop_until(hr_arena *a, const hr_arena_chunk *keep)
{
    while (a->chunk != keep) {
        hr_arena_chunk *c = a->chunk;
        a->chunk = c->prev;
        a->total -= c->size;
        hr_free(c);
    }
}

void hr_arena_free(hr_arena *a)
{
    drop_until(a, NULL);
    a->failed = false;
}

static void *refuse(hr_arena *a)
{
    a->failed = true;
    return NULL;
}

void *hr_alloc(hr_arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        return refuse(a);
    n = (n + 15) & ~(size_t)15;
    hr_arena_chunk *c = a->chunk;
    if (!c || c->size - c->used < n) {
        size_t want = c ? c->size * 2 : FIRST_CHUNK;
        if (want > MAX_CHUNK)
            want = MAX_CHUNK;
        if (want < n)
            want = n;
        size_t left = a->limit > a->total ? a->limit - a->total : 0;
        if (want > left) /* the last chunk takes what the limit still allows */
            want = left & ~(size_t)15;
        if (want < n)
            return refuse(a);
        c = hr_malloc(sizeof(*c) + want);
        if (!c)
            return refuse(a);
        *c = (hr_arena_chunk){.prev = a->chunk, .size = want};
        a->chunk = c;
        a->total += want;
    }
    void *p = c->data + c->used;
    c->used += n;
    return memset(p, 0, n);
}

void *hr_alloc_array(hr_arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return refuse(a);
    return hr_alloc(a, count * size);
}

void *hr_grow(hr_arena *a, void *p, size_t old_n, size_t new_n)
{
    hr_arena_chunk *c = a->chunk;
    size_t old_r = (old_n + 15) & ~(size_t)15, new_r = (new_n + 15) & ~(size_t)15;
    if (new_n > SIZE_MAX / 2)
        return refuse(a);
    if (p && c && (char *)p + old_r == c->data + c->used && new_r >= old_r &&
        c->size - c->used >= new_r - old_r) {
        memset(c->data + c->used, 0, new_r - old_r);
        c->used += new_r - old_r;
        return p;
    }
    void *q = hr_alloc(a, new_n);
    if (q && old_n)
        memcpy(q, p, old_n < new_n ? old_n : new_n);
    return q;
}

hr_str hr_str_dup(hr_arena *a, hr_str s)
{
    char *p = hr_alloc(a, s.n);
    if (!p)
        return HR_STR_NONE;
    if (s.n)
        memcpy(p, s.p, s.n);
    return (hr_str){p, s.n};
}

hr_str hr_strf(hr_arena *a, const char *fmt, ...)
{
    va_list ap, ap2;
    va_start(ap, fmt);
    va_copy(ap2, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n < 0 ? NULL : hr_alloc(a, (size_t)n + 1);
    if (p)
        vsnprintf(p, (size_t)n + 1, fmt, ap2);
    va_end(ap2);
    return p ? (hr_str){p, (size_t)n} : HR_STR_NONE;
}

char *hr_zstr(hr_arena *a, hr_str s)
{
    char *p = s.n == SIZE_MAX ? NULL : hr_alloc(a, s.n + 1);
    if (p && s.n)
        memcpy(p, s.p, s.n);
    return p;
}

hr_arena_mark hr_arena_save(const hr_arena *a)
{
    return (hr_arena_mark){a->chunk, a->chunk ? a->chunk->used : 0};
}

void hr_arena_restore(hr_arena *a, hr_arena_mark m)
{
    drop_until(a, m.chunk);
    if (a->chunk)
        a->chunk->used = m.used;
}
