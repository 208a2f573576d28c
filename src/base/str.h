/* str: a borrowed slice of bytes. Nothing in the project relies on a closing NUL.
 *
 * A slice owns nothing; it lives as long as the bytes it points into. The empty slice may have a
 * NULL pointer. All functions are pure and thread-safe.
 */
#ifndef HR_BASE_STR_H
#define HR_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct hr_str {
    const char *p;
    size_t n;
} hr_str;

/* A slice of a string literal. */
#define HR_STR(lit) ((hr_str){("" lit), sizeof(lit) - 1})
/* The same as an initializer of a static object. */
#define HR_STR_INIT(lit)                                                                           \
    {                                                                                              \
        ("" lit), sizeof(lit) - 1                                                                  \
    }
#define HR_STR_NONE ((hr_str){NULL, 0})
/* For printf: printf("%.*s", HR_FMT(s)). Cuts at INT_MAX. */
#define HR_FMT(s) (int)((s).n > 0x7fffffff ? 0x7fffffff : (s).n), ((s).p ? (s).p : "")

static inline hr_str hr_str_of(const char *p, size_t n)
{
    return (hr_str){p, n};
}
static inline hr_str hr_cstr(const char *z)
{
    return (hr_str){z, z ? strlen(z) : 0};
}
static inline bool hr_str_eq(hr_str a, hr_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool hr_str_starts(hr_str s, hr_str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}
static inline bool hr_str_ends(hr_str s, hr_str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}
/* s[from, to), both clamped to the slice. */
static inline hr_str hr_str_sub(hr_str s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return (hr_str){s.p ? s.p + from : NULL, to - from};
}

/* Byte order comparison as memcmp, shorter first on a tie. */
int hr_str_cmp(hr_str a, hr_str b);
/* ASCII case-insensitive equality, prefix, suffix, search. */
bool hr_str_ieq(hr_str a, hr_str b);
bool hr_str_istarts(hr_str s, hr_str prefix);
bool hr_str_iends(hr_str s, hr_str suffix);
/* Offset of the first occurrence, or SIZE_MAX. An empty needle is found at 0. */
size_t hr_str_find(hr_str s, hr_str needle);
size_t hr_str_ifind(hr_str s, hr_str needle);
size_t hr_str_find_char(hr_str s, char c);
size_t hr_str_rfind_char(hr_str s, char c);
static inline bool hr_str_has(hr_str s, hr_str needle)
{
    return hr_str_find(s, needle) != SIZE_MAX;
}
/* Without leading and trailing space, tab, CR, LF, FF, VT. */
hr_str hr_str_trim(hr_str s);
/* Takes the part of *rest before `sep` (or all of it) and moves *rest behind the separator.
 * False when *rest was exhausted before (p == NULL): "a," with ',' yields "a", "" and stops. */
bool hr_str_split(hr_str *rest, char sep, hr_str *part);
/* Next line without its LF (a CR before it stays). False at the end of the text; a text that ends
 * in LF has no empty last line. */
bool hr_str_line(hr_str *rest, hr_str *line);
/* Whole-slice decimal integers: no sign for u64, optional '-' for i64; false on anything else or
 * on overflow. */
bool hr_str_u64(hr_str s, uint64_t *out);
bool hr_str_i64(hr_str s, int64_t *out);
/* Whole-slice decimal number in JSON or plain notation; false on anything else. Locale-free. */
bool hr_str_double(hr_str s, double *out);
/* Shell-style match with '*', '?' and [sets], ASCII case-insensitive; linear in s*pattern. */
bool hr_str_glob(hr_str pattern, hr_str s);

static inline bool hr_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool hr_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool hr_is_alnum(char c)
{
    return hr_is_digit(c) || hr_is_alpha(c);
}
static inline bool hr_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline bool hr_is_hex(char c)
{
    return hr_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static inline char hr_lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c + 32) : c;
}

#endif
