/* Dates and times as logs write them, and the level of a line. */
#include "compress/detect/detect.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char days[] = "SunMonTueWedThuFriSat";

static size_t digits(hr_str s, size_t from, size_t max)
{
    size_t n = 0;
    while (n < max && from + n < s.n && hr_is_digit(s.p[from + n]))
        n++;
    return n;
}

static char at(hr_str s, size_t i)
{
    return i < s.n ? s.p[i] : '\0';
}

static bool name_at(hr_str s, size_t i, const char *names, size_t count)
{
    if (i + 3 > s.n)
        return false;
    for (size_t k = 0; k < count; k++) {
        if (memcmp(s.p + i, names + 3 * k, 3) == 0)
            return !hr_is_alpha(at(s, i + 3));
    }
    return false;
}

/* hh:mm:ss with a fraction and a zone, or hh:mm when `loose`. Returns the end, `i` if none. */
static size_t clock_end(hr_str s, size_t i, bool loose)
{
    size_t j = i, h = digits(s, j, 3);
    char sep = at(s, j + h);
    if (h < 1 || h > 2 || (sep != ':' && sep != '.'))
        return i;
    if (digits(s, j + h + 1, 3) != 2)
        return i;
    j += h + 3;
    if (at(s, j) != sep || digits(s, j + 1, 3) != 2)
        return loose && sep == ':' ? j : i;
    j += 3;
    if ((at(s, j) == '.' || at(s, j) == ',' || at(s, j) == ':') && hr_is_digit(at(s, j + 1)))
        j += 1 + digits(s, j + 1, 9);
    if (at(s, j) == 'Z' && !hr_is_alnum(at(s, j + 1)))
        return j + 1;
    size_t z = at(s, j) == ' ' ? j + 1 : j;
    if (at(s, z) == '+' || at(s, z) == '-') {
        size_t d = digits(s, z + 1, 5);
        if (d == 4)
            return z + 5;
        if (d == 2 && at(s, z + 3) == ':' && digits(s, z + 4, 3) == 2)
            return z + 6;
    } else if (z > j && (hr_str_starts(hr_str_sub(s, z, s.n), HR_STR("UTC")) ||
                         hr_str_starts(hr_str_sub(s, z, s.n), HR_STR("GMT")))) {
        return z + 3;
    }
    return j;
}

/* A clock after a date and one of the usual separators. */
static size_t with_clock(hr_str s, size_t date_end)
{
    char sep = at(s, date_end);
    if (sep != 'T' && sep != ' ' && sep != '-' && sep != ':' && sep != '_' && sep != ',')
        return date_end;
    size_t from = date_end + 1;
    while (sep == ' ' && at(s, from) == ' ' && from < date_end + 3)
        from++;
    size_t end = clock_end(s, from, true);
    return end > from ? end : date_end;
}

/* h:m:s:ms with as few digits as each takes; 0 if there is none. */
static size_t short_clock(hr_str s, size_t i)
{
    for (size_t part = 0; part < 4; part++) {
        size_t n = digits(s, i, 4);
        if (n < 1 || n > (part == 3 ? 3u : 2u))
            return 0;
        i += n;
        if (part < 3 && at(s, i++) != ':')
            return 0;
    }
    return i;
}

static size_t numeric_date(hr_str s)
{
    size_t a = digits(s, 0, 9);
    char sep = at(s, a);
    if (a == 8 && (sep == '-' || sep == 'T')) { /* 20171223-22:15:29:606 */
        size_t end = clock_end(s, 9, false);
        return end > 9 ? end : short_clock(s, 9);
    }
    if (a == 6 && sep == ' ' && digits(s, 7, 7) == 6 && at(s, 13) == ' ' && s.p[2] <= '1' &&
        s.p[4] <= '3' && s.p[7] <= '2')
        return 13; /* 081109 203615 */
    if (sep != '-' && sep != '/' && sep != '.')
        return 0;
    size_t b = digits(s, a + 1, 3);
    if (a <= 2 && a > 0 && b == 0 && name_at(s, a + 1, months, 12) && at(s, a + 4) == sep) {
        size_t y = digits(s, a + 5, 5); /* 10/Oct/2000:13:55:36 -0700 */
        return y == 4 ? with_clock(s, a + 9) : 0;
    }
    if (a == 2 && b == 2 && at(s, 5) == ' ') { /* 03-17 16:13:38.811 */
        size_t end = clock_end(s, 6, false);
        return end > 6 ? end : 0;
    }
    if (b < 1 || b > 2 || at(s, a + 1 + b) != sep)
        return 0;
    size_t c = digits(s, a + b + 2, 5), end = a + b + 2 + c;
    bool ymd = a == 4 && c <= 2 && c > 0, dmy = a <= 2 && a > 0 && (c == 4 || c == 2);
    if (!ymd && !dmy)
        return 0;
    size_t full = with_clock(s, end);
    /* 1.2.10 is a version; a date with dots needs a time or four digits of year first. */
    if (full == end && (sep == '.' || (dmy && c == 2)))
        return ymd && b == 2 && c == 2 ? end : 0;
    return hr_is_alnum(at(s, full)) ? 0 : full;
}

static size_t named_date(hr_str s)
{
    size_t i = 0;
    if (name_at(s, 0, days, 7))
        i = at(s, 3) == ',' ? 5 : 4;
    if (name_at(s, i, months, 12) && at(s, i + 3) == ' ') {
        size_t d = i + 4 + (at(s, i + 4) == ' '), n = digits(s, d, 3);
        if (n < 1 || n > 2 || at(s, d + n) != ' ')
            return 0;
        size_t t = d + n + 1;
        if (digits(s, t, 5) == 4 && at(s, t + 4) == ' ')
            t += 5; /* Jan 5 2024 10:00 */
        size_t end = clock_end(s, t, true);
        if (end == t)
            return i ? d + n : 0;
        return at(s, end) == ' ' && digits(s, end + 1, 5) == 4 ? end + 5 : end;
    }
    size_t n = digits(s, i, 3); /* Tue, 15 Nov 1994 08:12:31 GMT */
    if (n >= 1 && n <= 2 && at(s, i + n) == ' ' && name_at(s, i + n + 1, months, 12) &&
        digits(s, i + n + 5, 5) == 4)
        return with_clock(s, i + n + 9);
    return 0;
}

static bool glog_level(char c)
{
    return c == 'I' || c == 'W' || c == 'E' || c == 'F' || c == 'D';
}

/* Called for every word of a log: most words must fail at once. */
size_t hr_time_len(hr_str s)
{
    if (s.n < 5)
        return 0;
    if (hr_is_digit(s.p[0])) {
        size_t n = numeric_date(s);
        if (n)
            return n;
        size_t end = clock_end(s, 0, false);
        return end && at(s, 1 + hr_is_digit(at(s, 1))) == ':' ? end : 0;
    }
    if (glog_level(s.p[0]) && digits(s, 1, 5) == 4 && at(s, 5) == ' ') {
        size_t end = clock_end(s, 6, false); /* glog: I0102 15:04:05.000000 */
        return end > 6 ? end : 0;
    }
    return s.p[0] >= 'A' && s.p[0] <= 'W' ? named_date(s) : 0;
}

typedef struct level_word {
    const char *word;
    uint8_t n;
    uint8_t level;
    bool anywhere; /* counts in any casing wherever it stands */
} level_word;

/* Lower case; the first letters must be those of level_first. */
static const level_word level_words[] = {
    {"error", 5, HR_LEVEL_ERROR, false},       {"errors", 6, HR_LEVEL_ERROR, false},
    {"err", 3, HR_LEVEL_ERROR, false},         {"err!", 4, HR_LEVEL_ERROR, true},
    {"fatal", 5, HR_LEVEL_ERROR, true},        {"critical", 8, HR_LEVEL_ERROR, false},
    {"crit", 4, HR_LEVEL_ERROR, false},        {"severe", 6, HR_LEVEL_ERROR, false},
    {"panic", 5, HR_LEVEL_ERROR, true},        {"panicked", 8, HR_LEVEL_ERROR, true},
    {"emerg", 5, HR_LEVEL_ERROR, false},       {"alert", 5, HR_LEVEL_ERROR, false},
    {"fail", 4, HR_LEVEL_ERROR, false},        {"failed", 6, HR_LEVEL_ERROR, false},
    {"failure", 7, HR_LEVEL_ERROR, false},     {"exception", 9, HR_LEVEL_ERROR, false},
    {"traceback", 9, HR_LEVEL_ERROR, true},    {"segfault", 8, HR_LEVEL_ERROR, true},
    {"warn", 4, HR_LEVEL_WARN, false},         {"warning", 7, HR_LEVEL_WARN, false},
    {"warnings", 8, HR_LEVEL_WARN, false},     {"deprecated", 10, HR_LEVEL_WARN, false},
    {"info", 4, HR_LEVEL_INFO, false},         {"notice", 6, HR_LEVEL_INFO, false},
    {"information", 11, HR_LEVEL_INFO, false}, {"debug", 5, HR_LEVEL_TRACE, false},
    {"trace", 5, HR_LEVEL_TRACE, false},       {"verbose", 7, HR_LEVEL_TRACE, false},
};

static bool level_first(char lower)
{
    static const bool is[256] = {
        ['e'] = true, ['f'] = true, ['c'] = true, ['s'] = true, ['p'] = true, ['a'] = true,
        ['t'] = true, ['w'] = true, ['d'] = true, ['i'] = true, ['n'] = true, ['v'] = true};
    return is[(unsigned char)lower];
}

/* Is the word at [i, j) in a place where a level is told: all capitals, the first word of the line,
 * in brackets, or followed by a colon or an opening bracket? */
static bool level_place(hr_str s, size_t i, size_t j, bool first)
{
    char before = i ? s.p[i - 1] : '\0', after = at(s, j);
    /* "file.ts(1,2): error TS2304: …" */
    if (i > 1 && before == ' ' && s.p[i - 2] == ':' && after == ' ')
        return true;
    if (first || after == ':' || (after == '[' && before != '.'))
        return true;
    if ((before == '[' && after == ']') || (before == '<' && after == '>') ||
        (before == '=' && (after == ' ' || after == '\0')) || (before == '|' && after == '|') ||
        (before == '"' && after == '"'))
        return true;
    for (size_t k = i; k < j; k++) {
        if (s.p[k] >= 'a' && s.p[k] <= 'z')
            return false;
    }
    return true;
}

hr_level hr_line_level(hr_str s)
{
    hr_level best = HR_LEVEL_NONE;
    bool first = true;
    s = hr_str_sub(s, 0, HR_LINE_VIEW);
    for (size_t i = 0; i < s.n;) {
        if (!hr_is_alpha(s.p[i])) {
            i++;
            continue;
        }
        size_t j = i;
        while (j < s.n && (hr_is_alnum(s.p[j]) || s.p[j] == '_'))
            j++;
        bool own = (i == 0 || (s.p[i - 1] != '_' && !hr_is_digit(s.p[i - 1]))) && at(s, j) != '_';
        if (own && j - i >= 3 && j - i <= 11 && level_first(hr_lower(s.p[i]))) {
            hr_str w = hr_str_sub(s, i, j);
            for (size_t k = 0; k < sizeof level_words / sizeof *level_words; k++) {
                const level_word *l = &level_words[k];
                if (l->n != w.n || l->word[0] != hr_lower(w.p[0]) || (hr_level)l->level <= best ||
                    !hr_str_ieq(w, hr_str_of(l->word, l->n)))
                    continue;
                if (l->anywhere || level_place(s, i, j, first))
                    best = (hr_level)l->level;
            }
        }
        if (best < HR_LEVEL_ERROR && own && j - i > 5 && s.p[i] >= 'A' && s.p[i] <= 'Z' &&
            (hr_str_ends(hr_str_sub(s, i, j), HR_STR("Error")) ||
             hr_str_ends(hr_str_sub(s, i, j), HR_STR("Exception")))) {
            if (at(s, j) == ':' || at(s, j) == '\0' || first)
                best = HR_LEVEL_ERROR; /* ValueError: …, java.io.IOException: … */
        }
        if (best == HR_LEVEL_ERROR)
            return best;
        first = false;
        i = j + (j == i);
    }
    return best;
}
