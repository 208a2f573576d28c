#include "base/utf8.h"

size_t hr_utf8_decode(hr_str s, uint32_t *cp)
{
    if (s.n == 0)
        return 0;
    const unsigned char *u = (const unsigned char *)s.p;
    uint32_t c = u[0], min;
    size_t len;
    if (c < 0x80) {
        *cp = c;
        return 1;
    } else if (c >= 0xc2 && c < 0xe0) {
        len = 2, c &= 0x1f, min = 0x80;
    } else if (c >= 0xe0 && c < 0xf0) {
        len = 3, c &= 0x0f, min = 0x800;
    } else if (c >= 0xf0 && c < 0xf5) {
        len = 4, c &= 0x07, min = 0x10000;
    } else {
        return 0;
    }
    if (s.n < len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (u[i] & 0x3f);
    }
    if (c < min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    *cp = c;
    return len;
}

size_t hr_utf8_valid_prefix(hr_str s)
{
    size_t i = 0;
    while (i < s.n) {
        uint64_t w;
        while (i + 8 <= s.n) { /* eight ASCII bytes at a time */
            memcpy(&w, s.p + i, 8);
            if (w & 0x8080808080808080u)
                break;
            i += 8;
        }
        if (i >= s.n)
            break;
        uint32_t cp;
        size_t len = hr_utf8_decode(hr_str_sub(s, i, s.n), &cp);
        if (len == 0)
            return i;
        i += len;
    }
    return s.n;
}

size_t hr_utf8_encode(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        if (cp >= 0xd800 && cp < 0xe000)
            return 0;
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    if (cp > 0x10ffff)
        return 0;
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

size_t hr_utf8_count(hr_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

size_t hr_utf8_floor(hr_str s, size_t n)
{
    if (n >= s.n)
        return s.n;
    size_t low = n > 3 ? n - 3 : 0;
    for (size_t i = n; i-- > low;) {
        if (((unsigned char)s.p[i] & 0xc0) == 0x80)
            continue;
        uint32_t cp;
        size_t len = hr_utf8_decode(hr_str_sub(s, i, s.n), &cp);
        return i + len > n ? i : n;
    }
    return n;
}
