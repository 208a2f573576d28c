/* The estimate: a weighted sum of a few counts that one pass over the bytes yields, sixteen bytes
 * at a time. The weights are a least-squares fit of the relative error over tool outputs and prose
 * in several languages; docs/internals/tokens.md has the method and the error distribution.
 */
#include "text/tokens.h"

/* Counted features, and their weights in 1/1024 token for o200k_base and cl100k_base. A start is a
 * byte of a class behind one that is not; a lead is the first byte of a longer UTF-8 sequence. */
#define FEATURES(F)                                                                                \
    F(letter, 54, 48)                                                                              \
    F(word_start, 517, 494)                                                                        \
    F(upper_start, 394, 420)                                                                       \
    F(digit, 299, 319)                                                                             \
    F(number_start, 886, 817)                                                                      \
    F(letter_after_digit, 985, 430)                                                                \
    F(punct, 263, 261)                                                                             \
    F(punct_start, 550, 563)                                                                       \
    F(punct_repeated, -216, -224)                                                                  \
    F(space_start, 276, 329)                                                                       \
    F(newline_start, 1080, 1120)                                                                   \
    F(nul, 512, 512)                                                                               \
    F(lead_c0, 393, 1025)  /* U+0080-03FF: accented Latin, Greek */                                \
    F(lead_d0, 278, 523)   /* U+0400-07FF: Cyrillic, Hebrew, Arabic */                             \
    F(lead_e0, 416, 1037)  /* U+0800-0FFF: Indic scripts, Thai */                                  \
    F(lead_e1, 431, 645)   /* U+1000-2FFF: symbols, punctuation */                                 \
    F(lead_e3, 857, 1265)  /* U+3000-FFFF: Chinese, Japanese, Korean */                            \
    F(lead_f0, 2560, 2560) /* emoji and rare scripts */                                            \
    F(excess, 1024, 1024)  /* bytes from 0x80 on that no lead asks for: binary data */

#define F(name, o200k, cl100k) F_##name,
enum { FEATURES(F) F_COUNT };
#undef F
#define F(name, o200k, cl100k) {o200k, cl100k},
static const int16_t weights[F_COUNT][2] = {FEATURES(F)};
#undef F

enum { LANES = 16, BEFORE_FLUSH = 255 };
typedef uint8_t vec __attribute__((vector_size(LANES)));

typedef struct tally {
    vec n[F_COUNT]; /* per lane, flushed before they can overflow */
    uint64_t sum[F_COUNT];
} tally;

static inline vec load(const uint8_t *p)
{
    vec v;
    memcpy(&v, p, sizeof(v));
    return v;
}
static inline vec all(uint8_t c)
{
    return (vec){0} + c;
}
/* 0xFF where from <= x < from + count */
static inline vec within(vec x, uint8_t from, uint8_t count)
{
    return (vec)(x - all(from) < all(count));
}

/* Counts the 16 bytes at p; p[-1] is the byte before. A mask is 0xFF, so subtracting it adds 1. */
static inline void add_block(tally *t, const uint8_t *p)
{
    vec x = load(p), y = load(p - 1);
    vec letter = within(x | all(0x20), 'a', 26), was_letter = within(y | all(0x20), 'a', 26);
    vec digit = within(x, '0', 10), was_digit = within(y, '0', 10);
    vec space = within(x, 1, 32), was_space = within(y, 1, 32);
    vec punct = within(x, 33, 95) & ~letter & ~digit;
    vec was_punct = within(y, 33, 95) & ~was_letter & ~was_digit;
    vec newline = (vec)(x == all('\n'));
    t->n[F_letter] -= letter;
    t->n[F_word_start] -= letter & ~was_letter;
    t->n[F_upper_start] -= within(x, 'A', 26) & ~within(y, 'A', 26);
    t->n[F_digit] -= digit;
    t->n[F_number_start] -= digit & ~was_digit;
    t->n[F_letter_after_digit] -= letter & was_digit;
    t->n[F_punct] -= punct;
    t->n[F_punct_start] -= punct & ~was_punct;
    t->n[F_punct_repeated] -= punct & (vec)(x == y);
    t->n[F_space_start] -= space & ~was_space;
    t->n[F_newline_start] -= newline & ~(vec)(y == all('\n'));
    t->n[F_nul] -= (vec)(x == all(0));
    uint64_t half[2];
    memcpy(half, &x, sizeof(half));
    if (!((half[0] | half[1]) & UINT64_C(0x8080808080808080)))
        return;
    t->n[F_lead_c0] -= within(x, 0xC0, 0x10);
    t->n[F_lead_d0] -= within(x, 0xD0, 0x10);
    t->n[F_lead_e0] -= within(x, 0xE0, 1);
    t->n[F_lead_e1] -= within(x, 0xE1, 2);
    t->n[F_lead_e3] -= within(x, 0xE3, 13);
    t->n[F_lead_f0] -= (vec)(x >= all(0xF0));
    t->n[F_excess] -= (vec)(x >= all(0x80));
}

static void flush(tally *t)
{
    for (size_t f = 0; f < F_COUNT; f++) {
        for (size_t i = 0; i < LANES; i++)
            t->sum[f] += t->n[f][i];
        t->n[f] = all(0);
    }
}

/* Blocks that lack the byte before, or whole blocks' length, are copied between NULs. */
static void add_edge(tally *t, const uint8_t *p, size_t n, uint8_t before)
{
    uint8_t block[1 + LANES] = {before};
    if (n)
        memcpy(block + 1, p, n);
    add_block(t, block + 1);
    flush(t);
    t->sum[F_nul] -= LANES - n;
}

size_t hr_tokens_estimate(const hr_tokenizer *t, hr_str text)
{
    if (text.n == 0)
        return 0;
    tally c = {0};
    const uint8_t *p = (const uint8_t *)text.p;
    size_t i = text.n < LANES ? text.n : LANES;
    add_edge(&c, p, i, 0);
    while (text.n - i >= LANES) {
        size_t blocks = (text.n - i) / LANES;
        if (blocks > BEFORE_FLUSH)
            blocks = BEFORE_FLUSH;
        for (size_t k = 0; k < blocks; k++, i += LANES)
            add_block(&c, p + i);
        flush(&c);
    }
    if (i < text.n)
        add_edge(&c, p + i, text.n - i, p[i - 1]);

    uint64_t two = c.sum[F_lead_c0] + c.sum[F_lead_d0], four = c.sum[F_lead_f0];
    uint64_t three = c.sum[F_lead_e0] + c.sum[F_lead_e1] + c.sum[F_lead_e3];
    uint64_t expected = 2 * two + 3 * three + 4 * four, high = c.sum[F_excess];
    c.sum[F_excess] = high > expected ? high - expected : 0;
    int64_t sum = 0;
    for (size_t f = 0; f < F_COUNT; f++)
        sum += (int64_t)c.sum[f] * weights[f][t->encoding == HR_CL100K_BASE];
    double tokens = sum > 0 ? (double)sum / 1024.0 * t->factor : 0.0;
    return tokens < 1.5 ? 1 : (size_t)(tokens + 0.5);
}
