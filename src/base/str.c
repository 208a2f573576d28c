#include "base/str.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

int hr_str_cmp(hr_str a, hr_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c != 0)
        return c;
    return (a.n > b.n) - (a.n < b.n);
}

bool hr_str_ieq(hr_str a, hr_str b)
{
    return a.n == b.n && hr_str_istarts(a, b);
}

bool hr_str_istarts(hr_str s, hr_str prefix)
{
    if (s.n < prefix.n)
        return false;
    for (size_t i = 0; i < prefix.n; i++) {
        if (hr_lower(s.p[i]) != hr_lower(prefix.p[i]))
            return false;
    }
    return true;
}

bool hr_str_iends(hr_str s, hr_str suffix)
{
    return s.n >= suffix.n && hr_str_ieq(hr_str_sub(s, s.n - suffix.n, s.n), suffix);
}

#ifdef __SSE2__
/* memmem sets up a table for each call, which costs more than looking through a line. For those:
 * sixteen places at a time, by the needle's first and last byte. Needles are short, so that a text
 * full of near misses costs a bounded factor. */
enum { LINE_MAX_BYTES = 1024, LINE_NEEDLE = 32, LANES = 16 };

static size_t find_in_line(hr_str s, hr_str needle)
{
    const __m128i first = _mm_set1_epi8(needle.p[0]);
    const __m128i last = _mm_set1_epi8(needle.p[needle.n - 1]);
    size_t end = s.n - needle.n + 1; /* places where it may start */
    for (size_t i = 0; i < end;) {
        /* the last block may overlap the one before */
        if (i + LANES > end)
            i = end - LANES;
        __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i + needle.n - 1));
        unsigned hits = (unsigned)_mm_movemask_epi8(
            _mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last)));
        for (; hits; hits &= hits - 1) {
            size_t at = i + (size_t)__builtin_ctz(hits);
            if (memcmp(s.p + at, needle.p, needle.n) == 0)
                return at;
        }
        i += LANES;
    }
    return SIZE_MAX;
}
#endif

size_t hr_str_find(hr_str s, hr_str needle)
{
    if (needle.n == 0)
        return 0;
    if (s.n < needle.n)
        return SIZE_MAX;
#ifdef __SSE2__
    if (s.n <= LINE_MAX_BYTES && needle.n <= LINE_NEEDLE && s.n - needle.n + 1 >= LANES)
        return find_in_line(s, needle);
#endif
    const char *hit = memmem(s.p, s.n, needle.p, needle.n);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t hr_str_ifind(hr_str s, hr_str needle)
{
    if (needle.n == 0)
        return 0;
    char lo = hr_lower(needle.p[0]);
    for (size_t i = 0; i + needle.n <= s.n; i++) {
        if (hr_lower(s.p[i]) == lo && hr_str_istarts(hr_str_sub(s, i, s.n), needle))
            return i;
    }
    return SIZE_MAX;
}

size_t hr_str_find_char(hr_str s, char c)
{
    const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t hr_str_rfind_char(hr_str s, char c)
{
    for (size_t i = s.n; i > 0; i--) {
        if (s.p[i - 1] == c)
            return i - 1;
    }
    return SIZE_MAX;
}

hr_str hr_str_trim(hr_str s)
{
    while (s.n && hr_is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && hr_is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool hr_str_split(hr_str *rest, char sep, hr_str *part)
{
    if (!rest->p)
        return false;
    size_t at = hr_str_find_char(*rest, sep);
    if (at == SIZE_MAX) {
        *part = *rest;
        *rest = HR_STR_NONE;
    } else {
        *part = hr_str_sub(*rest, 0, at);
        *rest = hr_str_sub(*rest, at + 1, rest->n);
    }
    return true;
}

bool hr_str_line(hr_str *rest, hr_str *line)
{
    if (rest->n == 0)
        return false;
    size_t at = hr_str_find_char(*rest, '\n');
    if (at == SIZE_MAX) {
        *line = *rest;
        *rest = HR_STR_NONE;
    } else {
        *line = hr_str_sub(*rest, 0, at);
        *rest = hr_str_sub(*rest, at + 1, rest->n);
    }
    return true;
}

bool hr_str_u64(hr_str s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!hr_is_digit(s.p[i]))
            return false;
        uint64_t d = (uint64_t)(s.p[i] - '0');
        if (v > (UINT64_MAX - d) / 10)
            return false;
        v = v * 10 + d;
    }
    *out = v;
    return true;
}

bool hr_str_i64(hr_str s, int64_t *out)
{
    bool neg = s.n && s.p[0] == '-';
    uint64_t v;
    if (!hr_str_u64(hr_str_sub(s, neg ? 1 : 0, s.n), &v))
        return false;
    if (neg) {
        if (v > (uint64_t)INT64_MAX + 1)
            return false;
        *out = v == (uint64_t)INT64_MAX + 1 ? INT64_MIN : -(int64_t)v;
    } else {
        if (v > INT64_MAX)
            return false;
        *out = (int64_t)v;
    }
    return true;
}

/* strtod reads the process locale; the C locale is pinned once so that "1.5" always parses. */
static locale_t c_locale(void)
{
    static locale_t loc;
    locale_t have = __atomic_load_n(&loc, __ATOMIC_ACQUIRE);
    if (!have) {
        locale_t made = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        if (__atomic_compare_exchange_n(&loc, &have, made, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            return made;
        freelocale(made);
    }
    return have;
}

bool hr_str_double(hr_str s, double *out)
{
    char z[400];
    if (s.n == 0 || s.n >= sizeof(z))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!hr_is_digit(c) && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E')
            return false;
        z[i] = c;
    }
    z[s.n] = 0;
    char *end;
    double v = strtod_l(z, &end, c_locale());
    if (end != z + s.n)
        return false;
    *out = v;
    return true;
}

static bool glob_set(hr_str pat, size_t *at, char c)
{
    size_t i = *at + 1;
    bool neg = i < pat.n && (pat.p[i] == '!' || pat.p[i] == '^'), hit = false;
    if (neg)
        i++;
    for (size_t first = i; i < pat.n && (pat.p[i] != ']' || i == first); i++) {
        if (i + 2 < pat.n && pat.p[i + 1] == '-' && pat.p[i + 2] != ']') {
            hit |= hr_lower(pat.p[i]) <= c && c <= hr_lower(pat.p[i + 2]);
            i += 2;
        } else {
            hit |= hr_lower(pat.p[i]) == c;
        }
    }
    if (i >= pat.n) { /* no closing bracket: a plain '[' */
        return c == '[';
    }
    *at = i;
    return hit != neg;
}

bool hr_str_glob(hr_str pat, hr_str s)
{
    size_t p = 0, i = 0, star = SIZE_MAX, mark = 0;
    while (i < s.n) {
        char c = hr_lower(s.p[i]);
        if (p < pat.n && pat.p[p] == '*') {
            star = p++;
            mark = i;
            continue;
        }
        size_t q = p;
        bool ok = p < pat.n && (pat.p[p] == '?' ||
                                (pat.p[p] == '[' ? glob_set(pat, &q, c) : hr_lower(pat.p[p]) == c));
        if (ok) {
            p = q + 1;
            i++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            i = ++mark;
        } else {
            return false;
        }
    }
    while (p < pat.n && pat.p[p] == '*')
        p++;
    return p == pat.n;
}
