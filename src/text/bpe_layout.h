/* bpe_layout: how the constant tables of a vocabulary are packed. Shared by the generator
 * (tools/gen-bpe.c), which writes them at build time, and the encoder (bpe.c), which reads them.
 */
#ifndef HR_TEXT_BPE_LAYOUT_H
#define HR_TEXT_BPE_LAYOUT_H

#include <stdint.h>

/* Token ids have 18 bits; the largest value means "no token". */
#define HR_BPE_NONE    0x3FFFFu
#define HR_BPE_MAX_LEN 255u /* longest token in bytes a table can hold */

/* head: number of tokens, longest token, pair slots, pair buckets. */
#define HR_BPE_HEAD 4

/* cells, the double-array trie: the child of a node for byte c is cell base ^ c if that cell's
 * label is c. The root's base is 0.
 *     bits 0-7 label, bit 8 in use, bits 9-31 base (0: a leaf), bits 32-49 token or NONE.
 * A leaf stands for its whole subtree of one token: the rest of the token's bytes is compared. */
#define HR_BPE_CELL(label, token) ((uint64_t)(label) | 0x100u | (uint64_t)(token) << 32)
#define HR_BPE_CELL_BASE(base)    ((uint64_t)(base) << 9)

/* info, per token: the two tokens it is merged from (itself for single bytes), the longest token
 * that is a proper prefix of it, its length. */
#define HR_BPE_INFO(left, right, shorter, len)                                                     \
    ((uint64_t)(left) | (uint64_t)(right) << 18 | (uint64_t)(shorter) << 36 | (uint64_t)(len) << 54)

#define HR_BPE_IS_LEFT  (UINT64_C(1) << 62)
#define HR_BPE_IS_RIGHT (UINT64_C(1) << 63)

/* slots and displace, a perfect hash over the pairs (left, right) of all merged tokens: the token
 * in the low 18 bits, 14 bits of the hash above. */
#define HR_BPE_SLOT(hash, token) ((uint32_t)((hash)&0x3FFFu) << 18 | (token))
#define HR_BPE_SLOT_FREE         0xFFFFFFFFu

static inline uint64_t hr_bpe_pair_hash(uint32_t left, uint32_t right)
{
    uint64_t h = ((uint64_t)left << 18 | right) * UINT64_C(0x9E3779B97F4A7C15);
    return (h ^ h >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
}
static inline uint32_t hr_bpe_pair_bucket(uint64_t hash, uint32_t buckets)
{
    return (uint32_t)((hash >> 32) * buckets >> 32);
}
static inline uint32_t hr_bpe_pair_slot(uint64_t hash, uint32_t displacement, uint32_t nslots)
{
    uint64_t h =
        (hash ^ displacement * UINT64_C(0x9E3779B97F4A7C15)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((h >> 32) * nslots >> 32);
}

/* Places `count` bytes of a file from `skip` on in read-only data under a hidden symbol. */
#if defined(__APPLE__)
#define HR_BPE_BLOB(name, file, skip, count)                                                       \
    HR_BPE_BLOB_(__TEXT, __const, "_" #name, file, skip, count)
#define HR_BPE_BLOB_(segment, section, symbol, file, skip, count)                                  \
    __asm__(".section " #segment "," #section "\n.private_extern " symbol "\n.globl " symbol       \
            "\n.p2align 6\n" symbol ":\n.incbin \"" file "\"," #skip "," #count "\n.text\n");
#else
#define HR_BPE_BLOB(name, file, skip, count)                                                       \
    __asm__(".pushsection .rodata." #name ",\"a\"\n.hidden " #name "\n.globl " #name               \
            "\n.balign 64\n" #name ":\n.incbin \"" file "\"," #skip "," #count "\n.popsection\n");
#endif

#endif
