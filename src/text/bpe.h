/* bpe: byte pair encoding of one piece of text with the tables of one vocabulary.
 *
 * A piece is what the pre-tokeniser (tokens_split.h) cuts off; merges never cross its ends. All
 * functions are pure, need a few KiB of stack and no heap, and take time linear in the piece,
 * whatever its bytes. How and why: docs/internals/tokens.md.
 */
#ifndef HR_TEXT_BPE_H
#define HR_TEXT_BPE_H

#include "text/bpe_layout.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Constant tables, see bpe_layout.h. */
typedef struct hr_bpe {
    const uint32_t *head;
    const uint64_t *cells;
    const uint64_t *info;
    const uint32_t *at; /* where in `bytes` a token's bytes are */
    const uint32_t *slots;
    const uint16_t *displace;
    const uint8_t *bytes;
} hr_bpe;

extern const uint32_t hr_bpe_o200k_head[], hr_bpe_cl100k_head[];
extern const uint64_t hr_bpe_o200k_cells[], hr_bpe_cl100k_cells[];
extern const uint64_t hr_bpe_o200k_info[], hr_bpe_cl100k_info[];
extern const uint32_t hr_bpe_o200k_at[], hr_bpe_cl100k_at[];
extern const uint32_t hr_bpe_o200k_slots[], hr_bpe_cl100k_slots[];
extern const uint16_t hr_bpe_o200k_displace[], hr_bpe_cl100k_displace[];
extern const uint8_t hr_bpe_o200k_bytes[], hr_bpe_cl100k_bytes[];

#define HR_BPE_TABLES(name)                                                                        \
    {                                                                                              \
        hr_bpe_##name##_head, hr_bpe_##name##_cells, hr_bpe_##name##_info, hr_bpe_##name##_at,     \
            hr_bpe_##name##_slots, hr_bpe_##name##_displace, hr_bpe_##name##_bytes                 \
    }

static inline uint32_t hr_bpe_tokens(const hr_bpe *b)
{
    return b->head[0];
}
static inline uint32_t hr_bpe_left(const hr_bpe *b, uint32_t t)
{
    return (uint32_t)b->info[t] & HR_BPE_NONE;
}
static inline uint32_t hr_bpe_right(const hr_bpe *b, uint32_t t)
{
    return (uint32_t)(b->info[t] >> 18) & HR_BPE_NONE;
}
static inline uint32_t hr_bpe_shorter(const hr_bpe *b, uint32_t t)
{
    return (uint32_t)(b->info[t] >> 36) & HR_BPE_NONE;
}
static inline uint32_t hr_bpe_len(const hr_bpe *b, uint32_t t)
{
    return (uint32_t)(b->info[t] >> 54) & 0xFF;
}

/* The longest token that p[0, n) starts with (n > 0: there is one for every byte). */
static inline uint32_t hr_bpe_match(const hr_bpe *b, const uint8_t *p, size_t n, size_t *len)
{
    uint64_t cell = b->cells[p[0]];
    uint32_t best = (uint32_t)(cell >> 32);
    size_t i = 1, best_len = 1;
    for (;;) {
        uint32_t base = (uint32_t)cell >> 9;
        if (base == 0) { /* one token left: the rest of its bytes decides */
            uint32_t t = (uint32_t)(cell >> 32), t_len = hr_bpe_len(b, t);
            if (t_len > n)
                break;
            const uint8_t *rest = b->bytes + b->at[t];
            while (i < t_len && rest[i] == p[i])
                i++;
            if (i == t_len) {
                best = t;
                best_len = i;
            }
            break;
        }
        if (i == n)
            break;
        cell = b->cells[base ^ p[i]];
        if (((uint32_t)cell & 0x1FFu) != (0x100u | p[i]))
            break;
        i++;
        uint32_t t = (uint32_t)(cell >> 32);
        if (t != HR_BPE_NONE && ((uint32_t)cell >> 9) != 0) {
            best = t;
            best_len = i;
        }
    }
    *len = best_len;
    return best;
}

/* Encodes a piece of n > 0 bytes of which `first` is the longest token it starts with. Returns the
 * number of tokens; ids, if not NULL, has room for n and receives them. */
size_t hr_bpe_piece(const hr_bpe *b, const uint8_t *p, size_t n, uint32_t first, uint32_t *ids);

/* For tests of correctness and of the time bound: the same piece by the usual method or by the
 * slower one that it falls back to; the table look-ups are added to *steps. */
size_t hr_bpe_piece_counted(const hr_bpe *b, const uint8_t *p, size_t n, uint32_t *ids,
                            uint64_t *steps);
size_t hr_bpe_piece_forward(const hr_bpe *b, const uint8_t *p, size_t n, uint32_t *ids,
                            uint64_t *steps);

#endif
