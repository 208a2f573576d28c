#include "compress/table/table_lex.h"

bool hr_lex_number(hr_str s)
{
    size_t i = 0, from;
    if (i < s.n && s.p[i] == '-')
        i++;
    from = i;
    while (i < s.n && hr_is_digit(s.p[i]))
        i++;
    if (i == from || (i - from > 1 && s.p[from] == '0'))
        return false;
    if (i < s.n && s.p[i] == '.') {
        from = ++i;
        while (i < s.n && hr_is_digit(s.p[i]))
            i++;
        if (i == from)
            return false;
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
            i++;
        from = i;
        while (i < s.n && hr_is_digit(s.p[i]))
            i++;
        if (i == from)
            return false;
    }
    return i == s.n;
}

bool hr_lex_literal(hr_str s)
{
    if (s.n == 0)
        return false;
    switch (s.p[0]) {
    case 't':
        return hr_str_eq(s, HR_STR("true"));
    case 'f':
        return hr_str_eq(s, HR_STR("false"));
    case 'n':
        return hr_str_eq(s, HR_STR("null"));
    default:
        return hr_lex_number(s);
    }
}

size_t hr_lex_name(hr_str s, char letter, uint32_t *number)
{
    uint32_t v = 0;
    size_t i = 1;
    if (s.n < 2 || s.p[0] != letter || s.p[1] == '0')
        return 0;
    for (; i < s.n && i < 10 && hr_is_digit(s.p[i]); i++)
        v = v * 10 + (uint32_t)(s.p[i] - '0');
    if (i == 1 || (i < s.n && (hr_is_alnum(s.p[i]) || s.p[i] == '_')))
        return 0;
    *number = v;
    return i;
}

static bool like_name(hr_str s)
{
    uint32_t unused;
    return hr_lex_name(s, 'T', &unused) || hr_lex_name(s, 'V', &unused) ||
           hr_lex_name(s, 'S', &unused);
}

bool hr_lex_bare(hr_str s, bool nested)
{
    if (s.n == 0 || s.p[0] == ' ' || s.p[s.n - 1] == ' ')
        return false;
    char c = s.p[0];
    if (c == '"' || c == '{' || c == '[' || c == '(' || like_name(s) ||
        (hr_str_starts(s, HR_STR("json")) && s.n > 4 && strchr("{[:T", s.p[4])))
        return false;
    /* "(same row 3 more times)" must not be a tuple */
    if (nested && hr_str_starts(s, HR_STR("same row ")))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        c = s.p[i];
        if ((unsigned char)c < 0x20 || c == 0x7f || c == ',')
            return false;
        if (nested && (c == '(' || c == ')'))
            return false;
    }
    return true;
}

bool hr_lex_bare_name(hr_str s)
{
    if (s.n == 0 || s.p[0] == ' ' || s.p[s.n - 1] == ' ' || s.p[0] == '*')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case ',':
        case '{':
        case '}':
        case '(':
        case ')':
        case '[':
        case ']':
        case '=':
        case ':':
        case '"':
        case 0x7f:
            return false;
        default:
            if ((unsigned char)s.p[i] < 0x20)
                return false;
        }
    }
    return true;
}

size_t hr_lex_brackets(hr_str s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '"':
            for (i++; i < s.n && s.p[i] != '"'; i++)
                i += s.p[i] == '\\';
            break;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (depth <= 1)
                return depth ? i + 1 : 0;
            depth--;
            break;
        default:
            if (depth == 0)
                return 0;
            break;
        }
    }
    return 0;
}
