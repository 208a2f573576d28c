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

static inline __attribute__((always_inline)) size_t count_loop(hr_encoding enc, hr_str text,
                                                               size_t limit)
{
    const hr_bpe *b = &tables[enc];
    const uint8_t *p = (const uint8_t *)text.p, *end = p + text.n;
    size_t total = 0;
    while (p != end) {
        size_t n = split(enc, p, end), len;
        uint32_t t = hr_bpe_match(b, p, n, &len);
        if (len == n)
            total++;
        else if (n / HR_BPE_MAX_LEN > limit) /* a token has at most that many bytes */
            return limit + 1;
        else
            total += hr_bpe_piece(b, p, n, t, NULL, NULL);
        if (total > limit)
            return limit + 1;
        p += n;
    }
    return total;
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
            n += hr_bpe_piece(b, p, bytes, t, out + n, NULL);
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
