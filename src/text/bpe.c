#include "text/bpe.h"

#include <stdbool.h>

/* What the tokens merge to, or UINT32_MAX. Most tokens never are the left, or never the right half
 * of a merge; that is said in the infos, which are at hand anyway. */
static inline uint32_t merge_of(const hr_bpe *b, uint32_t left, uint64_t left_info, uint32_t right,
                                uint64_t right_info)
{
    if (!(left_info & HR_BPE_IS_LEFT) || !(right_info & HR_BPE_IS_RIGHT))
        return UINT32_MAX;
    uint64_t hash = hr_bpe_pair_hash(left, right);
    uint32_t d = b->displace[hr_bpe_pair_bucket(hash, b->head[3])];
    uint32_t slot = b->slots[hr_bpe_pair_slot(hash, d, b->head[2])];
    uint32_t t = slot & HR_BPE_NONE;
    if (slot != HR_BPE_SLOT(hash, t) || t == HR_BPE_NONE)
        return UINT32_MAX;
    uint64_t both = left | (uint64_t)right << 18;
    return (b->info[t] & 0xFFFFFFFFFu) == both ? t : UINT32_MAX;
}

/* True if x and y stay apart when the bytes of both are encoded together.
 *
 * Merging goes by rank, so the parts that touch the border are at any time a right part of x (x,
 * its right half, the right half of that …) and a left part of y. Going back in time from (x, y),
 * each step undoes the later of the two merges. The border would have been crossed if the two
 * parts standing there merge with a rank below the one just undone; at an equal rank the leftmost
 * merge goes first, hence the + 1 when y's merge was undone. */
static inline bool stay_apart(const hr_bpe *b, uint32_t x, uint32_t y, uint64_t *steps)
{
    uint32_t limit = UINT32_MAX;
    uint64_t x_info = b->info[x], y_info = b->info[y];
    for (;;) {
        if (steps)
            ++*steps;
        if (merge_of(b, x, x_info, y, y_info) < limit)
            return false;
        if (x > y) {
            if (x < 256)
                return true;
            limit = x;
            x = (uint32_t)(x_info >> 18) & HR_BPE_NONE;
            x_info = b->info[x];
        } else {
            if (y < 256)
                return true;
            limit = y + 1;
            y = (uint32_t)y_info & HR_BPE_NONE;
            y_info = b->info[y];
        }
    }
}

/* Every prefix of the piece has one encoding, hence one last token. From position i with last
 * token L, a token t that starts at i is the last one of the prefix that ends behind t exactly if
 * L and t stay apart. One pass in text order finds the last token of every prefix; only as many
 * positions as the longest token has bytes are open at a time. */
size_t hr_bpe_piece_forward(const hr_bpe *b, const uint8_t *p, size_t n, uint32_t *ids,
                            uint64_t *steps)
{
    enum { OPEN = 256 };
    uint32_t last[OPEN];
    size_t count[OPEN];
    for (size_t i = 0; i < OPEN; i++)
        last[i] = HR_BPE_NONE;
    count[0] = 0;
    for (size_t at = 0; at < n; at++) {
        uint32_t before = last[at % OPEN];
        size_t len, done = count[at % OPEN];
        last[at % OPEN] = HR_BPE_NONE;
        if (at > 0 && before == HR_BPE_NONE)
            continue; /* cannot be: every prefix has an encoding */
        uint32_t t = hr_bpe_match(b, p + at, n - at, &len);
        if (steps)
            *steps += len;
        for (; t != HR_BPE_NONE; t = hr_bpe_shorter(b, t)) {
            size_t to = (at + hr_bpe_len(b, t)) % OPEN;
            if (steps)
                ++*steps;
            if (last[to] != HR_BPE_NONE || (at > 0 && !stay_apart(b, before, t, steps)))
                continue;
            last[to] = t;
            count[to] = done + 1;
            if (ids)
                ids[at + hr_bpe_len(b, t) - 1] = t;
        }
    }
    if (!ids)
        return count[n % OPEN];
    /* Walk back from the end; the tokens gather at the end of ids, behind what is still read. */
    size_t out = n;
    for (size_t end = n; end > 0;) {
        uint32_t t = ids[end - 1];
        end -= hr_bpe_len(b, t);
        ids[--out] = t;
    }
    memmove(ids, ids + out, (n - out) * sizeof(*ids));
    return n - out;
}

enum { STACK = 1024, DEAD_WORDS = 128 };

/* The path so far, with a limited memory of how it can be taken back. */
typedef struct path {
    uint32_t *stack; /* tokens, at index depth & mask */
    size_t mask, depth, low, at;
    size_t far; /* newest word of `dead` in use */
    uint64_t dead[DEAD_WORDS];
    uint32_t ring[STACK];
} path;

static inline bool is_dead(const path *w, size_t at)
{
    return at / 64 <= w->far && (w->dead[at / 64 % DEAD_WORDS] >> at % 64 & 1);
}

static inline void push(path *w, uint32_t t, size_t end)
{
    w->stack[w->depth++ & w->mask] = t;
    if (w->depth - w->low > STACK)
        w->low = w->depth - STACK;
    while (w->far < end / 64)
        w->dead[++w->far % DEAD_WORDS] = 0;
    w->at = end;
}

/* Takes the longest token that stays apart from the one before; where none does, the position is
 * dead (whatever path leads to it ends with the same token) and the token before gives way to a
 * shorter one. Each position dies once, so the work is linear. In practice a step or two are taken
 * back; should it be more than the window remembers, the forward method does the piece. */
static inline __attribute__((always_inline)) size_t
piece(const hr_bpe *b, const uint8_t *p, size_t n, uint32_t first, uint32_t *ids, uint64_t *steps)
{
    path w;
    w.stack = ids ? ids : w.ring;
    w.mask = ids ? SIZE_MAX : STACK - 1;
    w.depth = w.low = w.at = w.far = 0;
    w.dead[0] = 0;
    uint32_t before = HR_BPE_NONE, t = first;
    for (;;) {
        for (; t != HR_BPE_NONE; t = hr_bpe_shorter(b, t)) {
            if (steps)
                ++*steps;
            if (!is_dead(&w, w.at + hr_bpe_len(b, t)) &&
                (before == HR_BPE_NONE || stay_apart(b, before, t, steps)))
                break;
        }
        if (t != HR_BPE_NONE) {
            push(&w, t, w.at + hr_bpe_len(b, t));
            if (w.at == n)
                return w.depth;
            size_t len;
            before = t;
            t = hr_bpe_match(b, p + w.at, n - w.at, &len);
            if (steps)
                *steps += len;
            continue;
        }
        w.dead[w.at / 64 % DEAD_WORDS] |= UINT64_C(1) << w.at % 64;
        if (w.depth == 0)
            break; /* cannot be: there is an encoding */
        size_t to = w.at - hr_bpe_len(b, before);
        if ((w.low > 0 && w.depth == w.low + 1) || to / 64 + DEAD_WORDS <= w.far)
            break;
        w.depth--;
        w.at = to;
        t = hr_bpe_shorter(b, before);
        before = w.depth ? w.stack[(w.depth - 1) & w.mask] : HR_BPE_NONE;
    }
    return hr_bpe_piece_forward(b, p, n, ids, steps);
}

size_t hr_bpe_piece(const hr_bpe *b, const uint8_t *p, size_t n, uint32_t first, uint32_t *ids)
{
    return piece(b, p, n, first, ids, NULL);
}

size_t hr_bpe_piece_counted(const hr_bpe *b, const uint8_t *p, size_t n, uint32_t *ids,
                            uint64_t *steps)
{
    size_t len;
    uint32_t first = hr_bpe_match(b, p, n, &len);
    *steps += len;
    return piece(b, p, n, first, ids, steps);
}
