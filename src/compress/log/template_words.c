/* A line's head and its words. */
#include "compress/log/template.h"

enum { HEAD_WORDS = 7, HEAD_MAX = 240 };

static char at(hr_str s, size_t i)
{
    return i < s.n ? s.p[i] : '\0';
}

static bool separator(char c)
{
    static const bool is[256] = {
        ['='] = true, [':'] = true, [','] = true, [';'] = true, ['('] = true, [')'] = true,
        ['['] = true, [']'] = true, ['{'] = true, ['}'] = true, ['"'] = true, ['\''] = true,
        ['<'] = true, ['>'] = true, ['|'] = true, ['`'] = true};
    return is[(unsigned char)c];
}

static size_t word_end(hr_str s, size_t i)
{
    while (i < s.n && !hr_is_space(s.p[i]))
        i++;
    return i;
}

static size_t skip_space(hr_str s, size_t i)
{
    while (i < s.n && hr_is_space(s.p[i]))
        i++;
    return i;
}

static bool level_word(hr_str w)
{
    static const char *const words[] = {"trace",    "debug",   "info",   "information", "notice",
                                        "warn",     "warning", "error",  "err",         "fatal",
                                        "critical", "crit",    "severe", "failure"};
    while (w.n && (w.p[w.n - 1] == ':' || w.p[w.n - 1] == ','))
        w.n--;
    if (w.n < 3 || w.n > 11)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (hr_lower(w.p[0]) == words[i][0] && hr_str_ieq(w, hr_cstr(words[i])))
            return true;
    }
    return false;
}

static bool upper_word(hr_str w)
{
    for (size_t i = 0; i < w.n; i++) {
        if (w.p[i] >= 'a' && w.p[i] <= 'z')
            return false;
    }
    return w.n > 0 && hr_is_alnum(w.p[0]);
}

/* Bytes in front of the time of a key=value log: `time="`, `ts=` … */
static size_t time_key(hr_str s)
{
    if (s.n == 0 || (s.p[0] != 't' && s.p[0] != 'a' && s.p[0] != 'd'))
        return 0;
    static const char *const keys[] = {"time=", "ts=", "t=", "timestamp=", "at=", "date="};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t n = strlen(keys[i]);
        if (hr_str_starts(s, hr_cstr(keys[i])))
            return n + (at(s, n) == '"');
    }
    return 0;
}

/* End of the last time among the first words, 0 if there is none. */
static size_t last_time(hr_str s, bool *syslog)
{
    size_t end = 0, words = 0;
    for (size_t i = 0; i < s.n && i < HEAD_MAX && words < HEAD_WORDS;) {
        if (hr_is_space(s.p[i]) || s.p[i] == '[' || s.p[i] == '(') {
            i++;
            continue;
        }
        size_t key = time_key(hr_str_sub(s, i, s.n));
        size_t n = hr_time_len(hr_str_sub(s, i + key, s.n));
        words++;
        if (n) {
            i += key;
            *syslog = hr_is_alpha(s.p[i]) && hr_is_alpha(s.p[i + 1]) && s.p[i + n - 3] == ':';
            end = i + n;
            i = end;
        } else {
            i = word_end(s, i);
        }
    }
    return end;
}

/* "host proc[pid]: " of a syslog line; the process may be two words ("syslogd 1.4.1:"). */
static size_t syslog_source(hr_str s, size_t i)
{
    size_t j = skip_space(s, word_end(s, i));
    for (size_t k = 0; k < 3 && j < s.n; k++) {
        size_t e = word_end(s, j);
        if (s.p[e - 1] == ':')
            return skip_space(s, e);
        j = skip_space(s, e);
    }
    return i;
}

/* "RAS KERNEL INFO ": capitals up to a level. */
static size_t capitals(hr_str s, size_t i)
{
    size_t j = i;
    for (size_t k = 0; k < 5 && j < s.n; k++) {
        size_t e = word_end(s, j);
        hr_str w = hr_str_sub(s, j, e);
        if (!upper_word(w) || w.p[w.n - 1] == ':')
            return i;
        if (k > 0 && level_word(w))
            return skip_space(s, e);
        j = skip_space(s, e);
    }
    return i;
}

/* "1702  2395 D WindowManager: ": process, thread, a letter for the level, a tag. */
static size_t logcat(hr_str s, size_t i)
{
    size_t j = i;
    for (size_t k = 0; k < 2; k++) {
        size_t e = word_end(s, j);
        for (size_t d = j; d < e; d++) {
            if (!hr_is_digit(s.p[d]))
                return i;
        }
        j = skip_space(s, e);
    }
    if (j == i || j + 1 >= s.n || !strchr("VDIWEFA", s.p[j]) || s.p[j + 1] != ' ')
        return i;
    size_t colon = hr_str_find_char(hr_str_sub(s, j, j + 60), ':');
    return colon == SIZE_MAX ? j + 2 : skip_space(s, j + colon + 1);
}

/* "nova.compute.manager [": a component without a colon, in front of a bracket. */
static size_t dotted(hr_str s, size_t i)
{
    size_t j = i, dots = 0;
    while (j < s.n && (hr_is_alnum(s.p[j]) || s.p[j] == '_' || s.p[j] == '.'))
        dots += s.p[j++] == '.';
    return dots && at(s, j) == ' ' && at(s, j + 1) == '[' ? j + 1 : i;
}

/* "org.example.Class: " or "name[12]: ": one word that ends in a colon and has a joint in it. */
static size_t component(hr_str s, size_t i)
{
    size_t e = word_end(s, i);
    if (e >= s.n || s.p[e - 1] != ':' || e - i > 120)
        return i;
    for (size_t k = i; k + 1 < e; k++) {
        char c = s.p[k];
        if (c == '.' || c == '$' || c == '[' || c == '(')
            return skip_space(s, e);
        if (!hr_is_alnum(c) && c != '_' && c != '/' && c != '-')
            return i;
    }
    return i;
}

/* End of the head of a line that has one: what comes before the message. */
static size_t head_end(hr_str s)
{
    bool syslog = false;
    size_t i = last_time(s, &syslog);
    if (i == 0)
        return 0;
    if (strchr("IWEFD", s.p[0]) && hr_is_digit(at(s, 1))) { /* glog: … file.go:12] */
        size_t end = hr_str_find(hr_str_sub(s, i, i + 120), HR_STR("] "));
        return end == SIZE_MAX ? i : i + end + 2;
    }
    if (at(s, i) == '"')
        i++;
    bool levelled = false;
    while (i < s.n && i < HEAD_MAX) {
        char c = s.p[i];
        if (hr_is_space(c) || c == ']' || c == '-' || c == ',' || c == ':' || c == ')') {
            i++;
            continue;
        }
        if (c == '|') {
            size_t j = i + 1;
            while (j < s.n && j - i < 42 && (hr_is_alnum(s.p[j]) || strchr("_.$ ", s.p[j])))
                j++;
            i = at(s, j) == '|' ? j : i + 1;
            continue;
        }
        if (c == '[') {
            size_t depth = 0, j = i;
            for (; j < s.n; j++) {
                depth += s.p[j] == '[';
                if (s.p[j] == ']' && --depth == 0)
                    break;
            }
            if (j >= s.n)
                break;
            i = j + 1;
            continue;
        }
        size_t e = word_end(s, i);
        if (!levelled && level_word(hr_str_sub(s, i, e))) {
            levelled = true;
            size_t next = skip_space(s, e), end = word_end(s, next);
            i = next;
            /* a column of its own behind the level */
            if (end + 1 < s.n && s.p[end] == ' ' && s.p[end + 1] == ' ' && s.p[end - 1] != ':')
                i = skip_space(s, end);
            continue;
        }
        if (syslog) {
            i = syslog_source(s, i);
            break;
        }
        size_t j = capitals(s, i);
        levelled |= j > i;
        if (j == i)
            j = dotted(s, i);
        if (j > i) {
            i = j;
            continue;
        }
        j = logcat(s, i);
        i = j > i ? j : component(s, i);
        break;
    }
    return i;
}

size_t hr_tpl_head(hr_str line)
{
    /* a row of an HTML index has a time, but it is no log */
    if (line.n > 1 && line.p[0] == '<' && (hr_is_alpha(line.p[1]) || line.p[1] == '/'))
        return 0;
    size_t end = head_end(hr_str_sub(line, 0, 2 * HEAD_MAX));
    /* nor is a line that says nothing but a time: "Date: Tue, 15 Nov 1994 08:12:31 GMT" */
    return hr_str_trim(hr_str_sub(line, end, line.n)).n ? end : 0;
}

static bool hostlike(hr_str w)
{
    size_t dots = 0, tail = 0;
    for (size_t i = 0; i < w.n; i++) {
        char c = w.p[i];
        if (c == '.') {
            dots++;
            tail = 0;
            if (i == 0 || w.p[i - 1] == '.')
                return false;
        } else if (hr_is_alnum(c) || c == '-') {
            tail = c >= 'a' && c <= 'z' ? tail + 1 : 99;
        } else {
            return false;
        }
    }
    return dots > 0 && tail >= 2 && tail <= 4;
}

static bool value_word(hr_str w)
{
    bool hex = w.n >= 8;
    for (size_t i = 0; i < w.n; i++) {
        char c = w.p[i];
        if (hr_is_digit(c) || (c == '/' && w.n > 1) || (c == '\\' && w.n > 3) || c == '@')
            return true;
        hex &= (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }
    return hex || hostlike(w);
}

/* End of the quotation that opens at i (its closing quote), or i. */
static size_t quotation(hr_str s, size_t i)
{
    char q = s.p[i];
    if ((q != '"' && q != '\'' && q != '`') || (i > 0 && hr_is_alnum(s.p[i - 1])))
        return i;
    for (size_t j = i + 1; j < s.n && j - i <= 120; j++) {
        if (s.p[j] == q || (q == '`' && s.p[j] == '\''))
            return hr_is_alnum(at(s, j + 1)) || j == i + 1 ? i : j;
    }
    return i;
}

size_t hr_tpl_tokens(hr_str s, size_t head, hr_tpl_token out[HR_TPL_TOKENS])
{
    size_t n = 0;
    bool after_user = false;
    for (size_t i = 0; i < s.n;) {
        if (hr_is_space(s.p[i])) {
            i++;
            continue;
        }
        hr_tpl_token *t = &out[n];
        *t = (hr_tpl_token){.start = (uint32_t)i, .head = i < head};
        if (n == HR_TPL_TOKENS - 1) {
            t->end = (uint32_t)s.n;
            return n + 1;
        }
        n++;
        bool edge = i == 0 || !hr_is_alnum(s.p[i - 1]);
        size_t len = edge ? hr_time_len(hr_str_sub(s, i, s.n)) : 0;
        if (len) {
            t->time = true;
            i += len;
            t->end = (uint32_t)i;
            continue;
        }
        size_t q = quotation(s, i);
        if (q > i && q > i + 1) {
            /* the quotation marks stay words of their own */
            t->id = 1u + (unsigned char)s.p[i];
            t->end = (uint32_t)i + 1;
            if (n < HR_TPL_TOKENS - 2) {
                out[n++] = (hr_tpl_token){(uint32_t)i + 1, (uint32_t)q, 0, t->head, false};
                out[n++] = (hr_tpl_token){(uint32_t)q, (uint32_t)q + 1, 1u + (unsigned char)s.p[q],
                                          t->head, false};
                i = q + 1;
                continue;
            }
        }
        if (separator(s.p[i])) {
            t->id = 1u + (unsigned char)s.p[i];
            t->end = (uint32_t)++i;
            after_user = false;
            continue;
        }
        size_t j = i;
        while (j < s.n && !hr_is_space(s.p[j]) && !separator(s.p[j]))
            j++;
        hr_str w = hr_str_sub(s, i, j);
        if (!value_word(w) && !(after_user && !hr_stop_word(w)))
            t->id = hr_hash64(w) | 1024; /* never one of the separators' */
        after_user = hr_str_eq(w, HR_STR("user"));
        t->end = (uint32_t)j;
        i = j;
    }
    return n;
}
