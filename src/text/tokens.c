#include "text/tokens.h"

#include "text/bpe.h"
#include "text/tokens_split.h"

static const hr_bpe tables[] = {
    [HR_O200K_BASE] = HR_BPE_TABLES(o200k),
    [HR_CL100K_BASE] = HR_BPE_TABLES(cl100k),
};

static inline __attribute__((always_inline)) size_t split(hr_encoding enc, const uint8_t *p,
                                                          const uint8_t *end)
{
    return enc == HR_CL100K_BASE ? hr_split_cl100k(p, end) : hr_split_o200k(p, end);
}

/* Text repeats itself, so in a long one the counts of its short pieces are remembered: one look at
 * one cache line instead of a walk through the tables. `hi` holds the piece's bytes from the ninth
 * on, its length and its count (both below 16) in the top byte; 0 is a free entry. */
enum { MEMO_SLOTS = 512, MEMO_LEN = 15, MEMO_WINDOW = 16, MEMO_FROM = 1024 };
typedef struct memo {
    uint64_t lo, hi;
} memo;
#define MEMO_COUNT(hi) ((size_t)((hi) >> 56 & 15))
#define MEMO_KEY       (~(UINT64_C(15) << 56))

static inline memo memo_key(const uint8_t *p, size_t n)
{
    memo k = {hr_split_load(p), hr_split_load(p + 8)};
    uint64_t low = n < 8 ? (UINT64_C(1) << 8 * n) - 1 : UINT64_MAX;
    uint64_t high = n < 8 ? 0 : (UINT64_C(1) << 8 * (n - 8)) - 1;
    k.lo &= low;
    k.hi = (k.hi & high) | (uint64_t)n << 60;
    return k;
}

static inline memo *memo_slot(memo *table, memo k)
{
    uint64_t h = (k.lo ^ (k.hi << 7 | k.hi >> 57)) * UINT64_C(0x9E3779B97F4A7C15);
    return &table[(h ^ h >> 32) >> 23 & (MEMO_SLOTS - 1)];
}

/* Tokens of one piece. */
static inline size_t count_piece(const hr_bpe *b, const uint8_t *p, size_t n)
{
    size_t len;
    uint32_t t = hr_bpe_match(b, p, n, &len);
    return len == n ? 1 : hr_bpe_piece(b, p, n, t, NULL);
}

static inline __attribute__((always_inline)) size_t count_loop(hr_encoding enc, hr_str text,
                                                               size_t limit)
{
    const hr_bpe *b = &tables[enc];
    const uint8_t *p = (const uint8_t *)text.p, *end = p + text.n;
    size_t total = 0;
    if (text.n >= MEMO_FROM) {
        memo table[MEMO_SLOTS] = {0};
        while (end - p >= MEMO_WINDOW && total <= limit) {
            size_t n = split(enc, p, end);
            if (n <= MEMO_LEN) {
                memo k = memo_key(p, n), *m = memo_slot(table, k);
                if (m->lo != k.lo || (m->hi & MEMO_KEY) != k.hi) {
                    m->lo = k.lo;
                    m->hi = k.hi | (uint64_t)count_piece(b, p, n) << 56;
                }
                total += MEMO_COUNT(m->hi);
            } else if (n / HR_BPE_MAX_LEN > limit) { /* a token has at most that many bytes */
                return limit + 1;
            } else {
                total += count_piece(b, p, n);
            }
            p += n;
        }
    }
    while (p != end && total <= limit) {
        size_t n = split(enc, p, end);
        total += count_piece(b, p, n);
        p += n;
    }
    return total <= limit ? total : limit + 1;
}

size_t hr_bpe_count_limit(hr_encoding enc, hr_str text, size_t limit)
{
    if (text.n == 0)
        return 0;
    if (text.n / HR_BPE_MAX_LEN > limit)
        return limit + 1;
    return enc == HR_CL100K_BASE ? count_loop(HR_CL100K_BASE, text, limit)
                                 : count_loop(HR_O200K_BASE, text, limit);
}

size_t hr_bpe_count(hr_encoding enc, hr_str text)
{
    return hr_bpe_count_limit(enc, text, SIZE_MAX);
}

size_t hr_bpe_encode(hr_encoding enc, hr_str text, hr_arena *a, uint32_t **ids)
{
    const hr_bpe *b = &tables[enc == HR_CL100K_BASE ? HR_CL100K_BASE : HR_O200K_BASE];
    const uint8_t *p = (const uint8_t *)text.p, *end = p + text.n;
    size_t n = 0, cap = text.n / 3 + 64;
    uint32_t *out = HR_NEW_ARRAY(a, uint32_t, cap);
    if (!out)
        return SIZE_MAX;
    while (p != end) {
        size_t bytes = split(enc, p, end), len;
        uint32_t t = hr_bpe_match(b, p, bytes, &len);
        size_t want = len == bytes ? 1 : bytes; /* at most a token per byte */
        if (want > cap - n) {
            size_t more = cap + cap / 2 + want;
            if (more > SIZE_MAX / sizeof(*out))
                return SIZE_MAX;
            out = hr_grow(a, out, cap * sizeof(*out), more * sizeof(*out));
            if (!out)
                return SIZE_MAX;
            cap = more;
        }
        if (len == bytes)
            out[n++] = t;
        else
            n += hr_bpe_piece(b, p, bytes, t, out + n);
        p += bytes;
    }
    *ids = out;
    return n;
}

hr_str hr_bpe_token(hr_encoding enc, uint32_t id)
{
    const hr_bpe *b = &tables[enc == HR_CL100K_BASE ? HR_CL100K_BASE : HR_O200K_BASE];
    if (id >= hr_bpe_tokens(b))
        return HR_STR_NONE;
    return (hr_str){(const char *)b->bytes + b->at[id], hr_bpe_len(b, id)};
}
