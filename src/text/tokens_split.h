/* tokens_split: where the published patterns of o200k_base and cl100k_base cut a text.
 *
 * hr_split_o200k and hr_split_cl100k return the length of the first piece of [p, end), p < end.
 * They look ahead, never back, and no byte is looked at more than a few times over a whole text.
 * Each does what the vocabulary's regular expression (given with the function) does, worked out by
 * hand. A byte that is not part of valid UTF-8 counts as one character of class other.
 */
#ifndef HR_TEXT_TOKENS_SPLIT_H
#define HR_TEXT_TOKENS_SPLIT_H

#include "text/unicode_class.h"

#include <stdbool.h>
#include <string.h>

extern const uint8_t hr_split_ascii[128]; /* hr_unicode_class of U+0000-007F */

/* The class of a character that starts with a byte from 0x80 on; *len is its length. */
unsigned hr_split_class_wide(const uint8_t *p, const uint8_t *end, size_t *len);

static inline unsigned hr_split_class(const uint8_t *p, const uint8_t *end, size_t *len)
{
    if (*p < 0x80) {
        *len = 1;
        return hr_split_ascii[*p];
    }
    return hr_split_class_wide(p, end, len);
}

/* Eight bytes, the first one lowest. */
static inline uint64_t hr_split_load(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* How many of the lowest bytes of x are in first..last (both in U+0001-007E); 8 if all are. */
static inline unsigned hr_split_leading(uint64_t x, uint8_t first, uint8_t last)
{
    const uint64_t each = UINT64_C(0x0101010101010101), high = each << 7;
    uint64_t low = x & ~high; /* no sum below carries into the next byte */
    uint64_t in = (low + each * (0x80u - first)) & ~(low + each * (0x7Fu - last)) & ~x & high;
    return in == high ? 8 : (unsigned)__builtin_ctzll(in ^ high) / 8;
}

/* Behind the longest run of characters whose class is in `set`. */
static inline const uint8_t *hr_split_run(const uint8_t *p, const uint8_t *end, unsigned set)
{
    size_t len;
    while (p < end && (hr_split_class(p, end, &len) & set))
        p += len;
    return p;
}

/* Length of an English contraction's end at p ('s 't 'm 'd 're 've 'll, without case), or 0.
 * U+017F folds to s. */
static inline size_t hr_split_contraction(const uint8_t *p, const uint8_t *end)
{
    if (end - p < 2 || *p != '\'')
        return 0;
    switch (p[1] | 0x20) {
    case 's':
    case 't':
    case 'm':
    case 'd':
        return 2;
    case 'r':
    case 'v':
        return end - p > 2 && (p[2] | 0x20) == 'e' ? 3 : 0;
    case 'l':
        return end - p > 2 && (p[2] | 0x20) == 'l' ? 3 : 0;
    default:
        return p[1] == 0xC5 && end - p > 2 && p[2] == 0xBF ? 3 : 0;
    }
}

/* \p{N}{1,3} */
static inline const uint8_t *hr_split_number(const uint8_t *p, const uint8_t *end)
{
    size_t len;
    for (int i = 0; i < 3 && p < end && (hr_split_class(p, end, &len) & HR_UC_NUMBER); i++)
        p += len;
    return p;
}

/* A run of white space that no other alternative took, p at its first character:
 * o200k \s*[\r\n]+|\s+(?!\S)|\s+    cl100k \s++$|\s*[\r\n]|\s+(?!\S)|\s */
static inline const uint8_t *hr_split_space(const uint8_t *p, const uint8_t *end, bool tail_whole)
{
    const uint8_t *at = p, *newline = NULL, *last = p;
    while (at < end) {
        size_t len;
        unsigned c = hr_split_class(at, end, &len);
        if (!(c & (HR_UC_SPACE | HR_UC_NEWLINE)))
            break;
        last = at;
        at += len;
        if (c & HR_UC_NEWLINE)
            newline = at;
    }
    if (at == end && tail_whole)
        return end;
    if (newline)
        return newline;
    return at == end || last == p ? at : last;
}

/* The words of o200k_base, the first two alternatives (u = Lu Lt, l = Ll, b = Lm Lo M):
 *     [^\r\n\p{L}\p{N}]?[ub]*[lb]+(contraction)?|[^\r\n\p{L}\p{N}]?[ub]+[lb]*(contraction)?
 * Returns where the word ends, or p if there is none. `mark` says that the optional character
 * before from is a mark, which can also stand for a word of its own. */
const uint8_t *hr_split_o200k_word(const uint8_t *p, const uint8_t *from, const uint8_t *end,
                                   bool mark);

/* Behind [A-Z]*[a-z]* and behind [A-Za-z]*. Most words are short and have at most their first
 * letter in upper case: eight bytes at once settle those. | 0x20 takes A-Z to a-z, and no other
 * byte there. */
#define HR_SPLIT_CASE UINT64_C(0x2020202020202020)
static inline const uint8_t *hr_split_ascii_word(const uint8_t *p, const uint8_t *end)
{
    if (end - p >= 8) {
        uint64_t x = hr_split_load(p);
        unsigned n = hr_split_leading(x | HR_SPLIT_CASE, 'a', 'z');
        if (n < 8 && (~x & HR_SPLIT_CASE & ((UINT64_C(1) << 8 * n) - 1)) <= 0x20)
            return p + n;
    }
    while (p < end && *p >= 'A' && *p <= 'Z')
        p++;
    while (p < end && *p >= 'a' && *p <= 'z')
        p++;
    return p;
}
static inline const uint8_t *hr_split_ascii_letters(const uint8_t *p, const uint8_t *end)
{
    if (end - p >= 8) {
        unsigned n = hr_split_leading(hr_split_load(p) | HR_SPLIT_CASE, 'a', 'z');
        if (n < 8)
            return p + n;
    }
    while (p < end && (*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')
        p++;
    return p;
}

/* words | \p{N}{1,3} | ?[^\s\p{L}\p{N}]+[\r\n/]* | \s*[\r\n]+ | \s+(?!\S) | \s+ */
static inline size_t hr_split_o200k(const uint8_t *p, const uint8_t *end)
{
    enum { A_BREAK = HR_UC_NUMBER | HR_UC_NEWLINE };
    size_t len;
    unsigned c = hr_split_class(p, end, &len);
    if (!(c & A_BREAK)) {
        const uint8_t *from = (c & HR_UC_LETTER) ? p : p + len;
        const uint8_t *at = hr_split_ascii_word(from, end);
        if (c == HR_UC_MARK || (at < end && *at >= 0x80)) {
            const uint8_t *to = hr_split_o200k_word(p, from, end, c == HR_UC_MARK);
            if (to != p)
                return (size_t)(to - p);
        } else if (at != from) {
            return (size_t)(at - p) + hr_split_contraction(at, end);
        }
    } else if (c == HR_UC_NUMBER) {
        return (size_t)(hr_split_number(p, end) - p);
    }
    const uint8_t *at = *p == ' ' ? p + 1 : p;
    const uint8_t *to = hr_split_run(at, end, HR_UC_OTHER | HR_UC_MARK);
    if (to != at) {
        while (to < end && (*to == '\r' || *to == '\n' || *to == '/'))
            to++;
        return (size_t)(to - p);
    }
    return (size_t)(hr_split_space(p, end, false) - p);
}

/* '(?i:[sdmt]|ll|ve|re) | [^\r\n\p{L}\p{N}]?+\p{L}++ | \p{N}{1,3}+ | ?[^\s\p{L}\p{N}]++[\r\n]*+ |
 * \s++$ | \s*[\r\n] | \s+(?!\S) | \s */
static inline size_t hr_split_cl100k(const uint8_t *p, const uint8_t *end)
{
    size_t len = hr_split_contraction(p, end);
    if (len)
        return len;
    unsigned c = hr_split_class(p, end, &len);
    if (c == HR_UC_NUMBER)
        return (size_t)(hr_split_number(p, end) - p);
    if (c != HR_UC_NEWLINE) {
        const uint8_t *from = (c & HR_UC_LETTER) ? p : p + len;
        const uint8_t *at = hr_split_ascii_letters(from, end);
        if (at < end && *at >= 0x80)
            at = hr_split_run(at, end, HR_UC_LETTER);
        if (at != from)
            return (size_t)(at - p);
    }
    const uint8_t *at = *p == ' ' ? p + 1 : p;
    const uint8_t *to = hr_split_run(at, end, HR_UC_OTHER | HR_UC_MARK);
    if (to != at) {
        while (to < end && (*to == '\r' || *to == '\n'))
            to++;
        return (size_t)(to - p);
    }
    return (size_t)(hr_split_space(p, end, true) - p);
}

#endif
