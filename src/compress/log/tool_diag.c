/* Diagnostics of compilers and linters: heads, quoted source text, frames. */
#include "compress/log/tool_lines.h"

enum { PLACE_MAX = 400 }; /* bytes in front of a severity */

static const struct {
    const char *text;
    hr_level level;
} severities[] = {
    {": error: ", HR_LEVEL_ERROR},   {": fatal error: ", HR_LEVEL_ERROR},
    {": error TS", HR_LEVEL_ERROR},  {" - error TS", HR_LEVEL_ERROR},
    {": error C", HR_LEVEL_ERROR},   {": error LNK", HR_LEVEL_ERROR},
    {": error CS", HR_LEVEL_ERROR},  {": warning: ", HR_LEVEL_WARN},
    {": warning CS", HR_LEVEL_WARN}, {": warning C", HR_LEVEL_WARN},
    {": note: ", HR_LEVEL_INFO},     {": remark: ", HR_LEVEL_INFO},
};

/* rustc writes the place on the next line. */
static const struct {
    const char *text;
    hr_level level;
} bare[] = {
    {"error: ", HR_LEVEL_ERROR},
    {"error[E", HR_LEVEL_ERROR},
    {"warning: ", HR_LEVEL_WARN},
};

/* "src/a.c:12:3" or "src/a.ts(12,3)": a place ends in a digit or a bracket behind one. */
static bool place_before(hr_str s, size_t end)
{
    if (end == 0)
        return false;
    char c = s.p[end - 1];
    return hr_is_digit(c) || (c == ')' && end > 1 && hr_is_digit(s.p[end - 2]));
}

hr_level hr_tool_diagnostic(hr_str s, size_t *place)
{
    *place = 0;
    if (s.n < 8 || hr_is_space(s.p[0]))
        return HR_LEVEL_NONE;
    for (size_t i = 0; i < sizeof bare / sizeof *bare; i++) {
        if (s.p[0] == bare[i].text[0] && hr_str_starts(s, hr_cstr(bare[i].text)))
            return bare[i].level;
    }
    hr_str front = hr_str_sub(s, 0, PLACE_MAX);
    /* every severity stands behind " e", " f", " w", " n" or " r" and a place */
    for (size_t i = 1; i + 1 < front.n; i++) {
        if (front.p[i] != ' ' || (front.p[i - 1] != ':' && front.p[i - 1] != '-'))
            continue;
        size_t from = front.p[i - 1] == ':' || i < 2 ? i - 1 : i - 2;
        if (!place_before(front, from))
            continue;
        for (size_t k = 0; k < sizeof severities / sizeof *severities; k++) {
            if (hr_str_starts(hr_str_sub(front, from, front.n), hr_cstr(severities[k].text))) {
                *place = from;
                return severities[k].level;
            }
        }
    }
    return HR_LEVEL_NONE;
}

hr_str hr_tool_kind(hr_str s)
{
    size_t place, open = s.n && s.p[s.n - 1] == ']' ? hr_str_rfind_char(s, '[') : SIZE_MAX;
    (void)hr_tool_diagnostic(s, &place);
    if (open != SIZE_MAX && open > place)
        return hr_str_sub(s, open, s.n);
    hr_str message = hr_str_sub(s, place, s.n);
    size_t n = 0;
    while (n < message.n && !strchr("'`\"0123456789", message.p[n]) && (message.p[n] & 0x80) == 0)
        n++;
    return hr_str_sub(message, 0, n);
}

bool hr_tool_excerpt(hr_str s)
{
    size_t i = 0;
    while (i < s.n && s.p[i] == ' ')
        i++;
    if (i == 0 && !(s.n && hr_is_digit(s.p[0])))
        return false;
    if (i + 1 < s.n && s.p[i] == '>' && s.p[i + 1] == ' ') /* babel: "  > 7 | code" */
        i += 2;
    while (i < s.n && hr_is_digit(s.p[i]))
        i++;
    while (i < s.n && s.p[i] == ' ')
        i++;
    return i > 0 && i < s.n && s.p[i] == '|';
}

bool hr_tool_caret(hr_str s)
{
    size_t marks = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        marks += c == '^' || c == '~';
        if (c != '^' && c != '~' && c != ' ' && c != '\t' && c != '|' && c != '-')
            return false;
    }
    return marks > 0;
}

bool hr_tool_foreign_frame(hr_str t)
{
    static const char *const inside[] = {
        "node_modules/", "(node:", "at node:", "(<anonymous>)", "(internal/", "/rustc/"};
    if (!hr_str_starts(t, HR_STR("at ")) && !hr_str_starts(t, HR_STR("\xe2\x9d\xaf ")))
        return false;
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        if (hr_str_has(t, hr_cstr(inside[i])))
            return true;
    }
    return false;
}
