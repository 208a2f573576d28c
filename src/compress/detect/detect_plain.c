/* A line as a terminal would show it. */
#include "compress/detect/detect.h"

size_t hr_ansi_len(hr_str s)
{
    if (s.n < 2 || s.p[0] != '\x1b')
        return 0;
    size_t i = 2;
    switch (s.p[1]) {
    case '[': /* CSI: parameters, intermediates, one final byte (ECMA-48 5.4) */
        while (i < s.n && i < 64 && (unsigned char)s.p[i] >= 0x20 && (unsigned char)s.p[i] <= 0x3f)
            i++;
        return i < s.n && (unsigned char)s.p[i] >= 0x40 && (unsigned char)s.p[i] <= 0x7e ? i + 1
                                                                                         : i;
    case ']': /* OSC: up to BEL or ESC \ */
        while (i < s.n && i < 2048 && s.p[i] != '\a' && s.p[i] != '\x1b' && s.p[i] != '\n')
            i++;
        if (i < s.n && s.p[i] == '\a')
            return i + 1;
        return i + 1 < s.n && s.p[i] == '\x1b' && s.p[i + 1] == '\\' ? i + 2 : i;
    case '(':
    case ')':
        return s.n > 2 ? 3 : 2;
    default:
        return (unsigned char)s.p[1] >= 0x30 && (unsigned char)s.p[1] <= 0x7e ? 2 : 1;
    }
}

bool hr_line_plain(hr_str line, hr_line_view *out)
{
    bool took = false;
    out->n = 0;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    for (size_t i = 0; i < line.n && out->n < sizeof out->p; i++) {
        char c = line.p[i];
        if (c == '\x1b') {
            size_t n = hr_ansi_len(hr_str_sub(line, i, line.n));
            i += n ? n - 1 : 0;
            took = true;
        } else if (c == '\r') {
            /* What follows overwrites the line; a progress bar shows only its last state. */
            out->n = 0;
            took = true;
        } else if (c == '\b') {
            out->n -= out->n > 0;
            took = true;
        } else if (c == '\a' || c == '\0') {
            took = true;
        } else {
            out->p[out->n++] = c;
        }
    }
    return took;
}
