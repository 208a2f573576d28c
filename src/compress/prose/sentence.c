#include "compress/prose/sentence.h"

#include "base/utf8.h"

enum {
    SOFT_MAX = 600,   /* a sentence this long ends at the next space or comma … */
    HARD_MAX = 1200,  /* … and this long at any character */
    SPACED_MIN = 160, /* scripts without sentence marks: at the first space behind so many bytes */
    CLOSERS_MAX = 4,
};

/* Scripts that put spaces where others put full stops: Thai, Lao, Khmer, Myanmar. */
static bool space_is_stop(uint32_t cp)
{
    return (cp >= 0x0E00 && cp <= 0x0EFF) || (cp >= 0x1000 && cp <= 0x109F) ||
           (cp >= 0x1780 && cp <= 0x17FF);
}

/* Marks that end a sentence whatever follows. */
static bool full_stop(uint32_t cp)
{
    switch (cp) {
    case 0x3002: /* 。 */
    case 0xFF01: /* ！ */
    case 0xFF1F: /* ？ */
    case 0xFF1B: /* ； */
    case 0xFF0E: /* ． */
    case 0x0964: /* danda */
    case 0x0965:
    case 0x061F: /* Arabic question mark */
    case 0x06D4: /* Urdu full stop */
    case 0x1362: /* Ethiopic */
    case 0x104B: /* Myanmar */
    case 0x17D4: /* Khmer */
        return true;
    default:
        return false;
    }
}

static bool closer(uint32_t cp)
{
    switch (cp) {
    case '"':
    case '\'':
    case ')':
    case ']':
    case '*':
    case '_':
    case 0x00BB: /* » */
    case 0x2019: /* ’ */
    case 0x201D: /* ” */
    case 0x300D: /* 」 */
    case 0x300F: /* 』 */
    case 0x3011: /* 】 */
    case 0xFF09: /* ） */
        return true;
    default:
        return false;
    }
}

/* The word before a full stop at `dot`, for the question whether it is an abbreviation. */
static bool abbreviation(hr_str s, size_t dot)
{
    static const char *const known[] = {
        "mr",  "mrs", "ms",  "dr",  "prof",   "sr",  "jr",  "st",  "vs",   "etc", "eg",
        "ie",  "e.g", "i.e", "cf",  "al",     "no",  "nos", "fig", "eq",   "sec", "ch",
        "vol", "pp",  "ed",  "eds", "approx", "inc", "ltd", "co",  "corp", "gen", "rev",
        "hon", "z.b", "bzw", "ca",  "nr",     "usw", "d.h", "art", "op",
    };
    size_t from = dot;
    while (from > 0 && dot - from < 8 && (hr_is_alnum(s.p[from - 1]) || s.p[from - 1] == '.'))
        from--;
    hr_str w = hr_str_sub(s, from, dot);
    if (w.n == 0 || (w.n == 1 && hr_is_alpha(w.p[0])))
        return w.n == 1; /* an initial */
    size_t digits = 0;
    for (size_t i = 0; i < w.n; i++)
        digits += hr_is_digit(w.p[i]);
    if (digits == w.n)
        return w.n <= 2 && from == 0; /* "3." at the front numbers an item */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (hr_str_ieq(w, hr_cstr(known[i])))
            return true;
    }
    return false;
}

/* Behind a Latin full stop: does a new sentence start there? */
static bool starts_sentence(hr_str s, size_t i)
{
    while (i < s.n && hr_is_space(s.p[i]))
        i++;
    return i >= s.n || !(s.p[i] >= 'a' && s.p[i] <= 'z');
}

/* Behind a closing mark at `i`: quotes and brackets that belong to the sentence. */
static size_t closers(hr_str s, size_t i)
{
    for (size_t k = 0; k < CLOSERS_MAX; k++) {
        uint32_t cp;
        size_t n = hr_utf8_decode(hr_str_sub(s, i, s.n), &cp);
        if (n == 0 || !(closer(cp) || full_stop(cp) || cp == '.' || cp == '!' || cp == '?'))
            break;
        i += n;
    }
    return i;
}

static size_t sentence_end(hr_str s)
{
    bool spaced = false;
    for (size_t i = 0; i < s.n;) {
        uint32_t cp;
        size_t n = hr_utf8_decode(hr_str_sub(s, i, s.n), &cp);
        if (n == 0) {
            n = 1;
            cp = 'x';
        }
        size_t next = i + n;
        if (full_stop(cp))
            return closers(s, next);
        if (cp == '.' || cp == '!' || cp == '?') {
            size_t end = closers(s, next);
            if ((end >= s.n || hr_is_space(s.p[end])) &&
                (cp != '.' || (!abbreviation(s, i) && starts_sentence(s, end))))
                return end;
        }
        spaced |= space_is_stop(cp);
        bool space = cp < 0x80 && hr_is_space((char)cp);
        if (space && spaced && i >= SPACED_MIN)
            return i;
        if (i >= SOFT_MAX && (space || cp == ',' || cp == ';' || cp == 0xFF0C || cp == 0x3001))
            return next;
        if (i >= HARD_MAX)
            return next;
        i = next;
    }
    return s.n;
}

bool hr_sentence_next(hr_str *rest, hr_str *sentence)
{
    if (rest->n == 0)
        return false;
    size_t lead = 0;
    while (lead < rest->n && hr_is_space(rest->p[lead]))
        lead++;
    size_t end = lead + sentence_end(hr_str_sub(*rest, lead, rest->n));
    while (end < rest->n && hr_is_space(rest->p[end]))
        end++;
    *sentence = hr_str_sub(*rest, 0, end);
    *rest = hr_str_sub(*rest, end, rest->n);
    return true;
}
