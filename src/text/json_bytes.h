/* json_bytes: the byte loops that the JSON scanner, decoder and quoter share. Sixteen bytes a step
 * with SSE2, eight in one word elsewhere (HR_JSON_PORTABLE forces the second, for tests). */
#ifndef HR_TEXT_JSON_BYTES_H
#define HR_TEXT_JSON_BYTES_H

#include "base/str.h"

#if defined(__SSE2__) && !defined(HR_JSON_PORTABLE)
#include <emmintrin.h>
#define HR_JSON_SSE2 1
#else
#define HR_JSON_SSE2 0
#endif

static inline bool hr_json_ws(unsigned char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

#if HR_JSON_SSE2

/* Bit i set: byte i is '"', '\\' or a control character. */
static inline unsigned hr_json_special16(__m128i v)
{
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i back = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i ctl = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, back), ctl));
}

#else

/* High bit of each byte set where a byte of w is zero; exact for the lowest such byte. */
static inline uint64_t hr_json_zero8(uint64_t w)
{
    return (w - 0x0101010101010101u) & ~w & 0x8080808080808080u;
}
static inline bool hr_json_special8(uint64_t w)
{
    uint64_t quote = hr_json_zero8(w ^ 0x2222222222222222u);
    uint64_t back = hr_json_zero8(w ^ 0x5c5c5c5c5c5c5c5cu);
    uint64_t ctl = (w - 0x2020202020202020u) & ~w & 0x8080808080808080u;
    return (quote | back | ctl) != 0;
}

#endif

/* First byte in [p, end) that is '"', '\\', a control character or not ASCII; end if none. */
static inline const unsigned char *hr_json_skip_ascii(const unsigned char *p,
                                                      const unsigned char *end)
{
#if HR_JSON_SSE2
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        unsigned m = hr_json_special16(v) | (unsigned)_mm_movemask_epi8(v);
        if (m)
            return p + __builtin_ctz(m);
        p += 16;
    }
#else
    while (end - p >= 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        if ((w & 0x8080808080808080u) || hr_json_special8(w))
            break;
        p += 8;
    }
#endif
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* First byte in [p, end) that is '"', '\\' or a control character; end if none. */
static inline const unsigned char *hr_json_skip_plain(const unsigned char *p,
                                                      const unsigned char *end)
{
#if HR_JSON_SSE2
    while (end - p >= 16) {
        unsigned m = hr_json_special16(_mm_loadu_si128((const __m128i *)(const void *)p));
        if (m)
            return p + __builtin_ctz(m);
        p += 16;
    }
#else
    while (end - p >= 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        if (hr_json_special8(w))
            break;
        p += 8;
    }
#endif
    while (p < end && *p >= 0x20 && *p != '"' && *p != '\\')
        p++;
    return p;
}

#endif
