#include "compress/rows/rows_text.h"

#include "base/hash.h"

enum { MAX_WORD = 48 };

/* Whole words, also as parts of names: AccessDenied, read_timeout. Sorted by nothing but habit; the
 * index is the bit. */
#define W(word) HR_STR_INIT(word)
/* clang-format off */
static const hr_str error_words[] = {
    W("error"), W("errors"), W("exception"), W("exceptions"), W("failed"), W("failure"),
    W("failures"), W("critical"), W("fatal"), W("crash"), W("crashed"), W("panic"), W("abort"),
    W("aborted"), W("timeout"), W("denied"), W("fail"), W("rejected"), W("refused"), W("err"),
    W("killed"), W("invalid"), W("corrupt"), W("corrupted"), W("unable"), W("traceback"),
    W("unhealthy"), W("emergency"), W("alert"), W("oom"), W("expired"), W("conflict"),
};
/* clang-format on */
#undef W
_Static_assert(sizeof error_words / sizeof *error_words <= HR_ERROR_WORDS_MAX, "one bit each");

static uint32_t error_bit(const char *lower, size_t n)
{
    if (n < 3 || n > 10)
        return 0;
    for (size_t k = 0; k < sizeof error_words / sizeof *error_words; k++)
        if (error_words[k].n == n && error_words[k].p[0] == lower[0] &&
            memcmp(error_words[k].p, lower, n) == 0)
            return 1u << k;
    return 0;
}

static bool word_char(char c)
{
    return hr_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Parts of an identifier: at underscores, at aB, and before the last capital of ABc. */
static uint32_t errors_in(hr_str w)
{
    char part[MAX_WORD];
    uint32_t bits = 0;
    size_t n = 0;
    for (size_t i = 0; i <= w.n; i++) {
        bool split = i == w.n || w.p[i] == '_' ||
                     (i > 0 && upper(w.p[i]) &&
                      (!upper(w.p[i - 1]) ||
                       (i + 1 < w.n && hr_is_alpha(w.p[i + 1]) && !upper(w.p[i + 1]))));
        if (split) {
            bits |= error_bit(part, n);
            n = 0;
        }
        if (i < w.n && w.p[i] != '_' && n < MAX_WORD)
            part[n++] = hr_lower(w.p[i]);
    }
    return bits;
}

/* Terms meet in lower case without a plural s. */
static size_t normal(hr_str w, char out[MAX_WORD])
{
    size_t n = 0;
    if (w.n > MAX_WORD)
        return 0;
    for (; n < w.n; n++)
        out[n] = hr_lower(w.p[n]);
    if (n > 3 && out[n - 1] == 's' && out[n - 2] != 's')
        n--;
    return n;
}

static uint64_t term_bit(const hr_rowtext *x, hr_str w)
{
    char low[MAX_WORD];
    size_t n = normal(w, low);
    const hr_map_entry *e = n ? hr_map_get(&x->terms, hr_str_of(low, n)) : NULL;
    return e ? 1ull << (e->value - 1) : 0;
}

bool hr_rowtext_init(hr_rowtext *x, hr_jview *v)
{
    static const char *const most[] = {"longest",   "largest",  "biggest", "highest", "most",
                                       "maximum",   "max",      "top",     "worst",   "slowest",
                                       "strongest", "greatest", "latest",  "newest",  "peak"};
    static const char *const least[] = {"shortest", "smallest", "lowest", "least",   "minimum",
                                        "min",      "fastest",  "oldest", "weakest", "fewest"};
    memset(x, 0, sizeof *x);
    hr_query_parse(v->o->query, v->a, &x->q);
    hr_map_init(&x->terms, v->a);
    for (size_t k = 0; k < x->q.nterms && k < 64; k++) {
        char low[MAX_WORD];
        bool fresh;
        size_t n = normal(x->q.terms[k], low);
        hr_str copy = n ? hr_str_dup(v->a, hr_str_of(low, n)) : HR_STR_NONE;
        hr_map_entry *e = copy.p ? hr_map_put(&x->terms, copy, &fresh) : NULL;
        if (e && fresh)
            e->value = k + 1;
    }
    for (size_t k = 0; k < sizeof most / sizeof *most; k++)
        x->wants_max |= hr_str_ifind(v->o->query, hr_cstr(most[k])) != SIZE_MAX;
    for (size_t k = 0; k < sizeof least / sizeof *least; k++)
        x->wants_min |= hr_str_ifind(v->o->query, hr_cstr(least[k])) != SIZE_MAX;
    return !v->a->failed;
}

static uint64_t stir(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0x9e3779b97f4a7c15ull;
    return h ^ (h >> 31);
}

static void one_word(const hr_rowtext *x, hr_str w, hr_words *out)
{
    bool digit = false;
    uint64_t h = 0xcbf29ce484222325ull;
    for (size_t i = 0; i < w.n; i++) {
        digit |= hr_is_digit(w.p[i]);
        h = (h ^ (uint64_t)(unsigned char)w.p[i]) * 0x100000001b3ull;
    }
    out->count++;
    out->shape = stir(out->shape, digit ? '#' : h);
    if (!digit)
        out->errors |= errors_in(w);
    if (!x->terms.n)
        return;
    out->terms |= term_bit(x, w);
    /* Parts of an identifier count too: a query for "memory pressure" finds MemoryPressure. */
    size_t from = 0;
    for (size_t i = 1; i <= w.n; i++) {
        if (i < w.n && w.p[i] != '_' && !(upper(w.p[i]) && !upper(w.p[i - 1])))
            continue;
        if (from > 0 || i < w.n)
            out->terms |= term_bit(x, hr_str_sub(w, from, i));
        from = i + (i < w.n && w.p[i] == '_');
    }
}

void hr_rowtext_scan(const hr_rowtext *x, hr_str raw, hr_words *w)
{
    if (x->q.nanchors && !w->anchor)
        w->anchor = hr_query_anchor_in(&x->q, raw);
    for (size_t i = 0; i < raw.n;) {
        if (raw.p[i] == '\\') {
            i += 2;
            continue;
        }
        if (!word_char(raw.p[i])) {
            i++;
            continue;
        }
        size_t from = i;
        while (i < raw.n && word_char(raw.p[i]))
            i++;
        one_word(x, hr_str_sub(raw, from, i), w);
    }
}

uint32_t hr_rowtext_name_errors(hr_str name)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < name.n;) {
        size_t from = i;
        while (i < name.n && word_char(name.p[i]))
            i++;
        bits |= errors_in(hr_str_sub(name, from, i));
        i++;
    }
    return bits;
}

uint64_t hr_rowtext_name_terms(const hr_rowtext *x, hr_str name)
{
    hr_words w = {0};
    if (x->terms.n)
        hr_rowtext_scan(x, name, &w);
    return w.terms;
}

bool hr_rowtext_nothing(hr_str s)
{
    static const char *const words[] = {
        "",    "none", "ok", "no",    "false",  "0",       "null",       "nil",
        "n/a", "na",   "-",  "never", "passed", "success", "successful", "succeeded"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (hr_str_ieq(s, hr_cstr(words[k])))
            return true;
    return false;
}
