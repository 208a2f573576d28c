/* utf8: strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef HR_BASE_UTF8_H
#define HR_BASE_UTF8_H

#include "base/str.h"

/* Offset of the first invalid byte, or s.n when all is valid. */
size_t hr_utf8_valid_prefix(hr_str s);
static inline bool hr_utf8_ok(hr_str s)
{
    return hr_utf8_valid_prefix(s) == s.n;
}
/* Decodes one code point at s.p; returns its length (1-4) or 0 when invalid or empty. */
size_t hr_utf8_decode(hr_str s, uint32_t *cp);
/* Writes cp (≤ U+10FFFF, no surrogate) and returns its length 1-4; 0 when cp is not encodable. */
size_t hr_utf8_encode(uint32_t cp, char out[4]);
/* Code points in valid UTF-8 (an invalid byte counts as one). */
size_t hr_utf8_count(hr_str s);
/* The largest n' ≤ n that does not cut a sequence of s in two. */
size_t hr_utf8_floor(hr_str s, size_t n);

#endif
