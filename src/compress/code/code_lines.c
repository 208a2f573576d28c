/* Lines of a program, with or without the numbers that a tool put in front of them. */
#include "compress/code/code.h"

enum { MIN_NUMBERED = 8, MAX_TAIL = 20 };

/* "  12" at the start of a line: its value, and how long it is; 0 if there is none. */
static size_t number_at(hr_str line, uint64_t *value)
{
    size_t i = 0;
    while (i < line.n && line.p[i] == ' ')
        i++;
    size_t from = i;
    while (i < line.n && hr_is_digit(line.p[i]))
        i++;
    return i > from && i - from <= 9 && hr_str_u64(hr_str_sub(line, from, i), value) ? i : 0;
}

/* What separates a number from its line. */
static const char *const separators[] = {"\t", "\xe2\x86\x92", "|", ":"};

typedef struct numbering {
    hr_str separator;
    bool space; /* a space follows it wherever anything does */
    uint64_t first;
    size_t lines;
} numbering;

/* The line behind its number; false if it has not the number it must have. */
static bool strip(const numbering *n, hr_str line, uint64_t number, hr_str *bare)
{
    uint64_t v;
    size_t at = number_at(line, &v);
    hr_str rest = hr_str_sub(line, at, line.n);
    if (!at || v != number)
        return false;
    if (hr_str_trim(rest).n == 0 && !hr_str_starts(rest, n->separator)) {
        *bare = HR_STR_NONE; /* a tool that takes white space off the ends of lines */
        return true;
    }
    if (n->separator.p[0] == '|' && hr_str_starts(rest, HR_STR(" ")))
        rest = hr_str_sub(rest, 1, rest.n);
    if (!hr_str_starts(rest, n->separator))
        return false;
    rest = hr_str_sub(rest, n->separator.n, rest.n);
    *bare = n->space && hr_str_starts(rest, HR_STR(" ")) ? hr_str_sub(rest, 1, rest.n) : rest;
    return true;
}

static bool find_numbering(hr_str text, size_t all, numbering *n)
{
    hr_str rest = text, line, bare;
    uint64_t v;
    if (!hr_str_line(&rest, &line))
        return false;
    size_t at = number_at(line, &v);
    if (!at)
        return false;
    n->first = v;
    for (size_t s = 0; s < sizeof separators / sizeof *separators; s++) {
        n->separator = hr_cstr(separators[s]);
        n->lines = 0;
        n->space = false;
        bool space = true;
        rest = text;
        while (hr_str_line(&rest, &line) && strip(n, line, v + n->lines, &bare)) {
            n->lines++;
            space &= bare.n == 0 || bare.p[0] == ' ';
        }
        n->space = space && (separators[s][0] == '|' || separators[s][0] == ':');
        if (n->lines >= MIN_NUMBERED && all - n->lines <= MAX_TAIL)
            return true;
    }
    return false;
}

hr_err hr_code_read_lines(hr_str text, hr_arena *a, hr_code_listing *out)
{
    size_t all = 0;
    hr_str line, bare;
    for (hr_str rest = text; hr_str_line(&rest, &line);)
        all++;
    numbering n = {.lines = all, .first = 1};
    out->numbered = find_numbering(text, all, &n);
    if (!out->numbered)
        n = (numbering){.lines = all, .first = 1};
    out->number = n.first;
    out->nrows = (uint32_t)n.lines;
    out->rows = HR_NEW_ARRAY(a, uint32_t, n.lines + 1);
    out->source = HR_NEW_ARRAY(a, uint32_t, n.lines + 1);
    char *p = out->numbered ? hr_alloc(a, text.n + 1) : NULL;
    if (!out->rows || !out->source || (out->numbered && !p))
        return HR_E_NOMEM;
    hr_str rest = text;
    size_t used = 0;
    for (size_t i = 0; i < n.lines && hr_str_line(&rest, &line); i++) {
        out->source[i] = (uint32_t)(line.p - text.p);
        if (!out->numbered) {
            out->rows[i] = out->source[i];
            continue;
        }
        out->rows[i] = (uint32_t)used;
        if (strip(&n, line, n.first + i, &bare) && bare.n) {
            memcpy(p + used, bare.p, bare.n);
            used += bare.n;
        }
        p[used++] = '\n';
    }
    out->source[n.lines] = (uint32_t)(rest.p ? (size_t)(rest.p - text.p) : text.n);
    out->bare = out->numbered ? hr_str_of(p, used) : text;
    out->rows[n.lines] = (uint32_t)out->bare.n;
    return HR_OK;
}
