/* buf: a growable byte buffer with a hard limit.
 *
 * Appending never reports an error at the call: a failed append sets `err` (HR_E_NOMEM or
 * HR_E_LIMIT), later appends do nothing, and the owner checks once at the end. One owner, one
 * thread at a time; free with hr_buf_free.
 */
#ifndef HR_BASE_BUF_H
#define HR_BASE_BUF_H

#include "base/error.h"
#include "base/str.h"

typedef struct hr_buf {
    char *p;
    size_t n, cap;
    size_t limit; /* most bytes; 0 = 1 GiB */
    hr_err err;
} hr_buf;

#define HR_BUF_INIT(max) ((hr_buf){NULL, 0, 0, (max), HR_OK})

void hr_buf_free(hr_buf *b); /* empty and usable again, same limit */
/* Room for n more bytes; returns where to write (commit with b->n += …) or NULL with err set. */
char *hr_buf_reserve(hr_buf *b, size_t n);
void hr_buf_add(hr_buf *b, hr_str s);
void hr_buf_addc(hr_buf *b, char c);
void hr_buf_addf(hr_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void hr_buf_add_u64(hr_buf *b, uint64_t v);
/* Removes the first n bytes. */
void hr_buf_consume(hr_buf *b, size_t n);
static inline void hr_buf_clear(hr_buf *b)
{
    b->n = 0;
    b->err = HR_OK;
}
static inline hr_str hr_buf_str(const hr_buf *b)
{
    return (hr_str){b->p, b->n};
}
#define hr_buf_lit(b, lit) hr_buf_add((b), HR_STR(lit))

#endif
