#include "text/tokens_split.h"

#define O  HR_UC_OTHER
#define U  HR_UC_UPPER
#define L  HR_UC_LOWER
#define N  HR_UC_NUMBER
#define S  HR_UC_SPACE
#define NL HR_UC_NEWLINE
const uint8_t hr_split_ascii[128] = {
    O, O, O, O, O, O, O, O, O, S, NL, S, S, NL, O, O, /* 00 */
    O, O, O, O, O, O, O, O, O, O, O,  O, O, O,  O, O, /* 10 */
    S, O, O, O, O, O, O, O, O, O, O,  O, O, O,  O, O, /* 20 */
    N, N, N, N, N, N, N, N, N, N, O,  O, O, O,  O, O, /* 30 */
    O, U, U, U, U, U, U, U, U, U, U,  U, U, U,  U, U, /* 40 */
    U, U, U, U, U, U, U, U, U, U, U,  O, O, O,  O, O, /* 50 */
    O, L, L, L, L, L, L, L, L, L, L,  L, L, L,  L, L, /* 60 */
    L, L, L, L, L, L, L, L, L, L, L,  O, O, O,  O, O, /* 70 */
};

unsigned hr_split_class_wide(const uint8_t *p, const uint8_t *end, size_t *len)
{
    size_t n = (size_t)(end - p);
    uint32_t a = p[0];
    if (a >= 0xC2 && a <= 0xDF && n >= 2 && (p[1] & 0xC0) == 0x80) {
        *len = 2;
        return hr_unicode_class((a & 0x1F) << 6 | (p[1] & 0x3Fu));
    }
    if (a >= 0xE0 && a <= 0xEF && n >= 3 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80) {
        uint32_t cp = (a & 0x0F) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        if (cp >= 0x800 && (cp < 0xD800 || cp > 0xDFFF)) {
            *len = 3;
            return hr_unicode_class(cp);
        }
    }
    if (a >= 0xF0 && a <= 0xF4 && n >= 4 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 &&
        (p[3] & 0xC0) == 0x80) {
        uint32_t cp =
            (a & 0x07) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
        if (cp >= 0x10000 && cp <= 0x10FFFF) {
            *len = 4;
            return hr_unicode_class(cp);
        }
    }
    *len = 1;
    return HR_UC_OTHER;
}

/* Both alternatives start with the longest run of [ub]. If a lower-case letter follows, the first
 * one matches it and the whole run of [lb] behind it. Otherwise the first one gives back characters
 * until the last that is in b; with none in the run it fails, and (the optional character before
 * counted in only if something follows it) the second one takes the run of u. */
const uint8_t *hr_split_o200k_word(const uint8_t *p, const uint8_t *from, const uint8_t *end,
                                   bool mark)
{
    const uint8_t *at = from, *to = NULL;
    unsigned c = 0;
    size_t len;
    for (; at < end; at += len) {
        c = hr_split_class(at, end, &len);
        if (c & (HR_UC_BOTH | HR_UC_MARK))
            to = at + len;
        else if (c != HR_UC_UPPER)
            break;
    }
    if (at < end && c == HR_UC_LOWER)
        to = hr_split_run(at, end, HR_UC_LOWER | HR_UC_BOTH | HR_UC_MARK);
    else if (!to && mark)
        to = from;
    else if (!to && at != from)
        to = at;
    return to ? to + hr_split_contraction(to, end) : p;
}
