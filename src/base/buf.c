#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

void hr_buf_free(hr_buf *b)
{
    hr_free(b->p);
    *b = HR_BUF_INIT(b->limit);
}

char *hr_buf_reserve(hr_buf *b, size_t n)
{
    if (b->err != HR_OK)
        return NULL;
    size_t limit = b->limit ? b->limit : (size_t)1 << 30;
    if (n > limit || b->n > limit - n) {
        b->err = HR_E_LIMIT;
        return NULL;
    }
    if (b->n + n > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 256;
        if (cap < b->n + n)
            cap = b->n + n;
        if (cap > limit)
            cap = limit;
        char *p = hr_realloc(b->p, cap);
        if (!p) {
            b->err = HR_E_NOMEM;
            return NULL;
        }
        b->p = p;
        b->cap = cap;
    }
    return b->p + b->n;
}

void hr_buf_add(hr_buf *b, hr_str s)
{
    char *to = s.n ? hr_buf_reserve(b, s.n) : NULL;
    if (!to)
        return;
    memcpy(to, s.p, s.n);
    b->n += s.n;
}

void hr_buf_addc(hr_buf *b, char c)
{
    char *to = b->n < b->cap && b->err == HR_OK ? b->p + b->n : hr_buf_reserve(b, 1);
    if (!to)
        return;
    *to = c;
    b->n++;
}

void hr_buf_addf(hr_buf *b, const char *fmt, ...)
{
    va_list ap, ap2;
    va_start(ap, fmt);
    va_copy(ap2, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *to = n < 0 ? NULL : hr_buf_reserve(b, (size_t)n + 1);
    if (to) {
        vsnprintf(to, (size_t)n + 1, fmt, ap2);
        b->n += (size_t)n;
    }
    va_end(ap2);
}

void hr_buf_add_u64(hr_buf *b, uint64_t v)
{
    char d[20];
    size_t i = sizeof(d);
    do {
        d[--i] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    hr_buf_add(b, (hr_str){d + i, sizeof(d) - i});
}

void hr_buf_consume(hr_buf *b, size_t n)
{
    if (n >= b->n) {
        b->n = 0;
        return;
    }
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}
