#include "text/words.h"

enum { MAX_TERMS = 64, MAX_ANCHORS = 32, MAX_QUERY = 32 * 1024, MAX_TERM = 200 };

size_t hr_word_count(hr_str s, size_t limit)
{
    size_t words = 0;
    bool in = false;
    for (size_t i = 0; i < s.n; i++) {
        bool space = hr_is_space(s.p[i]);
        if (!space && !in) {
            words++;
            if (limit && words >= limit)
                return words;
        }
        in = !space;
    }
    return words;
}

/* Sorted, so that a binary search finds them. Question words and the verbs with which people ask an
 * agent for something are in it too: they say nothing about where the answer stands. */
static const char *const stop_words[] = {
    "a",     "about", "after",  "all",    "also",    "am",     "an",     "and",   "any",
    "are",   "as",    "at",     "be",     "because", "been",   "before", "being", "between",
    "both",  "but",   "by",     "can",    "could",   "did",    "do",     "does",  "doing",
    "done",  "down",  "during", "each",   "few",     "find",   "for",    "from",  "get",
    "give",  "go",    "had",    "has",    "have",    "having", "he",     "her",   "here",
    "him",   "his",   "how",    "i",      "if",      "in",     "into",   "is",    "it",
    "its",   "just",  "let",    "like",   "list",    "many",   "may",    "me",    "might",
    "more",  "most",  "much",   "must",   "my",      "no",     "nor",    "not",   "now",
    "of",    "off",   "on",     "once",   "one",     "only",   "or",     "other", "our",
    "out",   "over",  "own",    "please", "s",       "same",   "shall",  "she",   "should",
    "show",  "so",    "some",   "such",   "t",       "tell",   "than",   "that",  "the",
    "their", "them",  "then",   "there",  "these",   "they",   "this",   "those", "through",
    "to",    "too",   "under",  "until",  "up",      "us",     "very",   "was",   "we",
    "were",  "what",  "when",   "where",  "whether", "which",  "while",  "who",   "whom",
    "whose", "why",   "will",   "with",   "would",   "you",    "your",   "yours",
};

bool hr_stop_word(hr_str lower)
{
    size_t lo = 0, hi = sizeof stop_words / sizeof *stop_words;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = hr_str_cmp(lower, hr_cstr(stop_words[mid]));
        if (c == 0)
            return true;
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return false;
}

static bool word_char(char c)
{
    return hr_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

typedef struct collector {
    hr_arena *a;
    hr_query *q;
    hr_map terms, anchors;
} collector;

static hr_str lower_copy(hr_arena *a, hr_str s)
{
    char *p = hr_alloc(a, s.n ? s.n : 1);
    if (!p)
        return HR_STR_NONE;
    for (size_t i = 0; i < s.n; i++)
        p[i] = hr_lower(s.p[i]);
    return hr_str_of(p, s.n);
}

static void add(hr_map *seen, hr_str *list, size_t *n, size_t max, hr_str lower)
{
    bool fresh;
    if (*n >= max || lower.n == 0 || lower.n > MAX_TERM)
        return;
    if (hr_map_put(seen, lower, &fresh) && fresh)
        list[(*n)++] = lower;
}

static void add_anchor(collector *c, hr_str s)
{
    s = lower_copy(c->a, hr_str_trim(s));
    if (s.n >= 2)
        add(&c->anchors, c->q->anchors, &c->q->nanchors, MAX_ANCHORS, s);
}

/* The character that closes a quotation opened by the one at s[i], if one is opened there. */
static char quote_end(hr_str s, size_t i)
{
    char c = s.p[i];
    if (c != '"' && c != '`' && c != '\'')
        return 0;
    /* An apostrophe inside a word opens nothing. */
    return (c == '\'' && i > 0 && word_char(s.p[i - 1])) ? 0 : c;
}

static void quoted(collector *c, hr_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char end = quote_end(s, i);
        if (!end)
            continue;
        size_t j = i + 1;
        while (j < s.n && j - i <= MAX_TERM && s.p[j] != end && s.p[j] != '\n')
            j++;
        if (j >= s.n || s.p[j] != end)
            continue;
        add_anchor(c, hr_str_sub(s, i + 1, j));
        i = j;
    }
}

/* Does an identifier stand out from prose: an underscore or a digit in it, camelCase, ALL_CAPS? */
static bool is_identifier(hr_str w)
{
    bool letter = false, digit = false, hump = false;
    size_t upper = 0;
    for (size_t i = 0; i < w.n; i++) {
        char c = w.p[i];
        letter |= hr_is_alpha(c);
        digit |= hr_is_digit(c);
        bool up = c >= 'A' && c <= 'Z';
        upper += up;
        hump |= up && i > 0 && w.p[i - 1] >= 'a' && w.p[i - 1] <= 'z';
        if (c == '_' && i > 0 && w.n > 3)
            return true;
    }
    return letter && w.n >= 3 && (digit || hump || (upper == w.n && w.n >= 4));
}

/* A chunk is a run of non-space characters: addresses, paths and dotted names are seen whole. */
static void chunk_anchors(collector *c, hr_str w)
{
    while (w.n && !word_char(w.p[0]) && w.p[0] != '/' && w.p[0] != '#' && w.p[0] != '-')
        w = hr_str_sub(w, 1, w.n);
    while (w.n && !word_char(w.p[w.n - 1]))
        w.n--;
    if (w.n < 3 || w.n > MAX_TERM)
        return;
    bool inner = false;
    for (size_t i = 1; i + 1 < w.n; i++) {
        char ch = w.p[i];
        bool joint = ch == '.' || ch == '@' || ch == '/' || ch == ':' || ch == '-' || ch == '#';
        if (joint && word_char(w.p[i - 1]) && word_char(w.p[i + 1]))
            inner |= ch != '-' || hr_is_digit(w.p[i + 1]) || hr_is_digit(w.p[i - 1]);
    }
    if (inner)
        add_anchor(c, w);
}

static void word(collector *c, hr_str w)
{
    size_t digits = 0;
    for (size_t i = 0; i < w.n; i++)
        digits += hr_is_digit(w.p[i]);
    if ((digits == w.n && w.n >= 4) || is_identifier(w))
        add_anchor(c, w);
    hr_str lower = lower_copy(c->a, w);
    if ((w.n >= 2 || digits) && !hr_stop_word(lower))
        add(&c->terms, c->q->terms, &c->q->nterms, MAX_TERMS, lower);
}

void hr_query_parse(hr_str text, hr_arena *a, hr_query *q)
{
    memset(q, 0, sizeof *q);
    if (text.n == 0)
        return;
    text = hr_str_sub(text, 0, MAX_QUERY);
    collector c = {.a = a, .q = q};
    hr_map_init(&c.terms, a);
    hr_map_init(&c.anchors, a);
    q->terms = HR_NEW_ARRAY(a, hr_str, MAX_TERMS);
    q->anchors = HR_NEW_ARRAY(a, hr_str, MAX_ANCHORS);
    if (!q->terms || !q->anchors) {
        memset(q, 0, sizeof *q);
        return;
    }
    quoted(&c, text);
    for (size_t i = 0; i < text.n;) {
        size_t j = i;
        while (j < text.n && !hr_is_space(text.p[j]))
            j++;
        if (j > i)
            chunk_anchors(&c, hr_str_sub(text, i, j));
        i = j + 1;
    }
    for (size_t i = 0; i < text.n;) {
        size_t j = i;
        while (j < text.n && word_char(text.p[j]))
            j++;
        if (j > i)
            word(&c, hr_str_sub(text, i, j));
        i = j + 1;
    }
}

bool hr_query_anchor_in(const hr_query *q, hr_str text)
{
    if (!q->nanchors)
        return false;
    /* One pass over the text: only a byte that starts some anchor is looked at more closely. */
    uint64_t first[4] = {0};
    for (size_t k = 0; k < q->nanchors; k++) {
        unsigned char c = (unsigned char)q->anchors[k].p[0];
        first[c >> 6] |= 1ull << (c & 63);
    }
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)hr_lower(text.p[i]);
        if (!(first[c >> 6] >> (c & 63) & 1))
            continue;
        if (word_char(text.p[i]) && i > 0 && word_char(text.p[i - 1]))
            continue;
        hr_str rest = hr_str_sub(text, i, text.n);
        for (size_t k = 0; k < q->nanchors; k++) {
            hr_str anchor = q->anchors[k];
            if (!hr_str_istarts(rest, anchor))
                continue;
            if (rest.n == anchor.n || !word_char(anchor.p[anchor.n - 1]) ||
                !word_char(rest.p[anchor.n]))
                return true;
        }
    }
    return false;
}
