#include "compress/prose/prose_words.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "text/unicode_class.h"
#include "text/words.h"

enum {
    WORD_MAX = 64,  /* bytes of a word that are looked at */
    STEM_CHARS = 5, /* letters that stand for the stem */
};

static const float WHOLE = 1.0F, STEM = 0.6F, PART = 0.7F, GRAM = 0.5F;

/* Receives the features of a text. While a query is read, every beginning is let in. */
typedef struct sink {
    void (*fn)(void *ctx, uint64_t hash, float weight);
    void *ctx;
    uint64_t *learn;       /* the query's beginnings, to be filled in */
    const uint64_t *known; /* the same, to be looked up */
} sink;

/* May a feature start with these bytes? Two bytes of a word, a character where none are spaced. */
static bool may_begin(const sink *k, hr_str s)
{
    unsigned a = (unsigned char)s.p[0], b = s.n > 1 ? (unsigned char)s.p[1] : 0;
    unsigned c = a >= 0xE0 && s.n > 2 ? (unsigned char)s.p[2] : 0;
    unsigned bit = (a * 37 + b * 61 + c * 131) % HR_FEATURE_BITS;
    if (k->learn)
        k->learn[bit / 64] |= 1ull << (bit % 64);
    return k->learn || (k->known[bit / 64] >> (bit % 64) & 1);
}

/* How many characters make a feature in scripts that do not separate words; 0: words are
 * separated. */
static unsigned gram_size(uint32_t cp)
{
    if ((cp >= 0x3040 && cp <= 0x30FF) || (cp >= 0x3400 && cp <= 0x9FFF) ||
        (cp >= 0xF900 && cp <= 0xFAFF) || (cp >= 0x20000 && cp <= 0x3FFFF) ||
        (cp >= 0xAC00 && cp <= 0xD7AF))
        return 2;
    if ((cp >= 0x0E00 && cp <= 0x0EFF) || (cp >= 0x1000 && cp <= 0x109F) ||
        (cp >= 0x1780 && cp <= 0x17FF))
        return 4;
    return 0;
}

static bool letter(uint32_t cp)
{
    if (cp < 0x80)
        return hr_is_alnum((char)cp) || cp == '_';
    return (hr_unicode_class(cp) & (HR_UC_LETTER | HR_UC_MARK | HR_UC_NUMBER)) != 0;
}

/* Lower case for the alphabets that have it in regular rows. */
static uint32_t lower(uint32_t cp)
{
    if (cp < 0x80)
        return (uint32_t)(unsigned char)hr_lower((char)cp);
    if ((cp >= 0xC0 && cp <= 0xDE && cp != 0xD7) || (cp >= 0x391 && cp <= 0x3A9) ||
        (cp >= 0x410 && cp <= 0x42F))
        return cp + 32;
    if (cp >= 0x400 && cp <= 0x40F)
        return cp + 80;
    if ((cp >= 0x100 && cp <= 0x137) || (cp >= 0x14A && cp <= 0x177) ||
        (cp >= 0x460 && cp <= 0x481) || (cp >= 0x48A && cp <= 0x4BF) ||
        (cp >= 0x1E00 && cp <= 0x1EFF))
        return cp | 1;
    if (cp == 0x3AC || cp == 0x386)
        return 0x3B1; /* Greek accents move between forms of one word */
    if (cp == 0x3AD || cp == 0x388)
        return 0x3B5;
    if (cp == 0x3AE || cp == 0x389)
        return 0x3B7;
    if (cp == 0x3AF || cp == 0x38A)
        return 0x3B9;
    if (cp == 0x3CC || cp == 0x38C)
        return 0x3BF;
    if (cp == 0x3CD || cp == 0x38E)
        return 0x3C5;
    if (cp == 0x3CE || cp == 0x38F)
        return 0x3C9;
    return cp;
}

/* A word in lower case with the number of its characters and the place of its stem. */
typedef struct word {
    char p[WORD_MAX + 4];
    size_t n, chars, stem;   /* stem: bytes of the first STEM_CHARS characters */
    size_t humps[8], nhumps; /* starts of parts inside an identifier */
    bool joint;              /* an underscore was just read */
    uint32_t last;           /* last character before lower-casing */
    bool arabic;
} word;

static void word_add(word *w, uint32_t cp)
{
    if (w->n + 4 > WORD_MAX)
        return;
    bool up = cp >= 'A' && cp <= 'Z', before_low = w->last >= 'a' && w->last <= 'z';
    if (((up && before_low) || (w->joint && cp != '_')) && w->n > 0 && w->nhumps < 8)
        w->humps[w->nhumps++] = w->n;
    w->joint = cp == '_';
    w->last = cp;
    w->arabic |= cp >= 0x600 && cp <= 0x6FF;
    w->n += hr_utf8_encode(lower(cp), w->p + w->n);
    w->chars++;
    if (w->chars == STEM_CHARS - (w->arabic ? 1 : 0))
        w->stem = w->n;
}

static void stems(hr_str s, size_t stem, float whole, const sink *k)
{
    if (!may_begin(k, s))
        return;
    k->fn(k->ctx, hr_hash64(s), whole);
    if (stem && s.n > stem)
        k->fn(k->ctx, hr_hash64_seed(hr_str_sub(s, 0, stem), 1), STEM * whole);
    else
        k->fn(k->ctx, hr_hash64_seed(s, 1), STEM * whole); /* "run" is the beginning of "runs" */
}

static void word_end(word *w, const sink *k)
{
    hr_str s = hr_str_of(w->p, w->n);
    if (s.n == 0)
        return;
    bool known = may_begin(k, s);
    if (known && !(s.n <= 12 && hr_stop_word(s)) && (w->chars > 1 || hr_is_digit(s.p[0]))) {
        stems(s, w->stem, WHOLE, k);
        /* A plural, a past tense: without its ending a word of four to six letters is found too. */
        if (w->chars >= 4 && w->chars <= 6 && s.p[s.n - 1] == 's')
            k->fn(k->ctx, hr_hash64_seed(hr_str_sub(s, 0, s.n - 1), 1), STEM);
    }
    if (w->arabic && w->n > 8 && memcmp(w->p, "\xD8\xA7\xD9\x84", 4) == 0)
        stems(hr_str_sub(s, 4, s.n), 8, PART, k); /* without the article */
    size_t from = 0;
    for (size_t i = 0; w->nhumps && i <= w->nhumps; i++) {
        size_t to = i < w->nhumps ? w->humps[i] : w->n;
        hr_str part = hr_str_sub(s, from, to);
        while (part.n && part.p[part.n - 1] == '_')
            part.n--;
        if (part.n >= 3 && !hr_stop_word(part))
            stems(part, STEM_CHARS, PART, k);
        from = to;
    }
    w->n = w->chars = w->stem = w->nhumps = 0;
    w->joint = w->arabic = false;
    w->last = 0;
}

static size_t features(hr_str s, const sink *k)
{
    word w = {.n = 0};
    char ring[4][4]; /* the last characters of a run without spaces */
    size_t ring_n[4], run = 0, words = 0;
    unsigned size = 0;
    for (size_t i = 0; i < s.n;) {
        uint32_t cp;
        size_t n = 1;
        if ((unsigned char)s.p[i] < 0x80)
            cp = (unsigned char)s.p[i];
        else if ((n = hr_utf8_decode(hr_str_sub(s, i, s.n), &cp)) == 0) {
            n = 1;
            cp = ' ';
        }
        unsigned g = cp < 0x80 ? 0 : gram_size(cp);
        if (g == 0) {
            run = 0;
            if (letter(cp)) {
                word_add(&w, cp);
            } else if (w.n) {
                words++;
                word_end(&w, k);
            }
        } else {
            if (w.n) {
                words++;
                word_end(&w, k);
            }
            if (g != size)
                run = 0;
            size = g;
            memcpy(ring[run % 4], s.p + i, n);
            ring_n[run % 4] = n;
            run++;
            if (run >= size) {
                char gram[16];
                size_t len = 0;
                for (size_t c = run - size; c < run; c++) {
                    memcpy(gram + len, ring[c % 4], ring_n[c % 4]);
                    len += ring_n[c % 4];
                }
                if (may_begin(k, hr_str_of(gram, len)))
                    k->fn(k->ctx, hr_hash64_seed(hr_str_of(gram, len), 2), GRAM);
                words++;
            }
        }
        i += n;
    }
    if (w.n) {
        words++;
        word_end(&w, k);
    }
    return words;
}

static size_t slot_of(const hr_prose_query *q, uint64_t hash)
{
    size_t k = (size_t)(hash >> 20) % HR_FEATURE_SLOTS;
    while (q->slots[k] && q->f[q->slots[k] - 1].hash != hash)
        k = (k + 1) % HR_FEATURE_SLOTS;
    return k;
}

static void learn(void *ctx, uint64_t hash, float weight)
{
    hr_prose_query *q = ctx;
    if (q->n >= HR_FEATURES_MAX)
        return;
    size_t k = slot_of(q, hash);
    if (q->slots[k]) {
        hr_feature *f = &q->f[q->slots[k] - 1];
        f->weight = weight > f->weight ? weight : f->weight;
        return;
    }
    q->f[q->n++] = (hr_feature){hash, weight};
    q->slots[k] = (uint16_t)q->n;
}

void hr_prose_query_init(hr_prose_query *q, hr_str query)
{
    memset(q, 0, sizeof *q);
    sink k = {learn, q, q->begins, NULL};
    features(query, &k);
}

typedef struct matcher {
    const hr_prose_query *q;
    void (*hit)(void *ctx, size_t index);
    void *ctx;
} matcher;

static void look_up(void *ctx, uint64_t hash, float weight)
{
    (void)weight;
    const matcher *m = ctx;
    size_t k = slot_of(m->q, hash);
    if (m->q->slots[k])
        m->hit(m->ctx, m->q->slots[k] - 1u);
}

size_t hr_prose_match(const hr_prose_query *q, hr_str s, void (*hit)(void *ctx, size_t index),
                      void *ctx)
{
    matcher m = {q, hit, ctx};
    sink k = {look_up, &m, NULL, q->begins};
    return features(s, &k);
}
