/* gen-bpe: turns a published rank file (gzip; lines "base64-of-token rank") into constant tables.
 *
 *     gen-bpe NAME RANKS.tiktoken.gz OUT.bin OUT.c
 *
 * OUT.bin holds the tables one after the other, OUT.c places each of them in read-only data under
 * the name hr_bpe_NAME_<table>. The layout is described in src/text/bpe.h; why the encoder may rely
 * on it, in docs/internals/tokens.md. The two properties the encoder needs of a vocabulary are
 * checked here, so that a wrong rank file stops the build: every token encodes to itself, and
 * merging the bytes of a token never meets a rank lower than one already merged.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "text/bpe_layout.h"

enum { MAX_TOKENS = HR_BPE_NONE, MAX_BYTES = 8 << 20 };

static uint8_t bytes[MAX_BYTES]; /* all tokens as read */
static uint32_t nbytes, ntok, maxlen;
static uint32_t tok_at[MAX_TOKENS], tok_len[MAX_TOKENS];
static uint32_t left[MAX_TOKENS], right[MAX_TOKENS], shorter[MAX_TOKENS];

static void die(const char *what)
{
    fprintf(stderr, "gen-bpe: %s\n", what);
    exit(1);
}

static void *need(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    if (!p)
        die("out of memory");
    return p;
}

/* ---- reading ---- */

static int b64(int c)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

static void read_ranks(const char *path)
{
    gzFile f = gzopen(path, "rb");
    if (!f)
        die("cannot open the rank file");
    char line[1024];
    while (gzgets(f, line, sizeof(line))) {
        char *space = strchr(line, ' ');
        if (!space) {
            if (line[0] == '\n')
                continue;
            die("a line has no rank");
        }
        char *end;
        unsigned long rank = strtoul(space + 1, &end, 10);
        if (end == space + 1 || (*end != '\n' && *end != 0))
            die("a rank is not a number");
        if (rank != ntok || ntok >= MAX_TOKENS)
            die("ranks are not 0, 1, 2 …");
        tok_at[ntok] = nbytes;
        uint32_t acc = 0, bits = 0;
        for (const char *p = line; p < space && *p != '='; p++) {
            int v = b64((unsigned char)*p);
            if (v < 0)
                die("bad base64");
            acc = acc << 6 | (uint32_t)v;
            bits += 6;
            if (bits >= 8) {
                bits -= 8;
                if (nbytes == MAX_BYTES)
                    die("too many bytes");
                bytes[nbytes++] = (uint8_t)(acc >> bits);
            }
        }
        tok_len[ntok] = nbytes - tok_at[ntok];
        if (tok_len[ntok] == 0 || tok_len[ntok] > HR_BPE_MAX_LEN)
            die("token length out of range");
        if (tok_len[ntok] > maxlen)
            maxlen = tok_len[ntok];
        if ((tok_len[ntok] == 1) != (ntok < 256))
            die("the single bytes are not the first 256 tokens");
        ntok++;
    }
    if (!gzeof(f) || gzclose(f) != Z_OK)
        die("the rank file is damaged");
    if (ntok < 256)
        die("too few tokens");
}

/* ---- look-up by bytes ---- */

static uint32_t *index_slots, index_mask;

static uint32_t index_hash(const uint8_t *p, uint32_t n)
{
    uint64_t h = n;
    for (uint32_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(0x9E3779B97F4A7C15), h ^= h >> 29;
    return (uint32_t)(h >> 20) & index_mask;
}

static uint32_t find(const uint8_t *p, uint32_t n)
{
    for (uint32_t i = index_hash(p, n);; i = (i + 1) & index_mask) {
        uint32_t t = index_slots[i];
        if (t == 0)
            return HR_BPE_NONE;
        if (tok_len[t - 1] == n && memcmp(bytes + tok_at[t - 1], p, n) == 0)
            return t - 1;
    }
}

static void build_index(void)
{
    uint32_t size = 1;
    while (size < ntok * 3)
        size *= 2;
    index_mask = size - 1;
    index_slots = need(size, sizeof(uint32_t));
    for (uint32_t t = 0; t < ntok; t++) {
        const uint8_t *p = bytes + tok_at[t];
        if (find(p, tok_len[t]) != HR_BPE_NONE)
            die("a token occurs twice");
        uint32_t i = index_hash(p, tok_len[t]);
        while (index_slots[i])
            i = (i + 1) & index_mask;
        index_slots[i] = t + 1;
    }
}

/* ---- how each token is merged, and its longest shorter prefix ---- */

static void build_splits(void)
{
    for (uint32_t t = 0; t < ntok; t++) {
        const uint8_t *p = bytes + tok_at[t];
        uint32_t n = tok_len[t];
        uint32_t part[HR_BPE_MAX_LEN] = {0}, at[HR_BPE_MAX_LEN + 1], parts = n, last = 0;
        left[t] = right[t] = t;
        for (uint32_t i = 0; i < n; i++) {
            part[i] = find(p + i, 1);
            at[i] = i;
        }
        at[n] = n;
        while (parts > 1) {
            uint32_t best = HR_BPE_NONE, where = 0;
            for (uint32_t i = 0; i + 1 < parts; i++) {
                uint32_t r = find(p + at[i], at[i + 2] - at[i]);
                if (r < best)
                    best = r, where = i;
            }
            if (best == HR_BPE_NONE)
                die("a token does not encode to itself");
            if (best < last)
                die("ranks are not merged in order");
            last = best;
            left[t] = part[where];
            right[t] = part[where + 1];
            part[where] = best;
            memmove(part + where + 1, part + where + 2, (parts - where - 2) * sizeof(part[0]));
            memmove(at + where + 1, at + where + 2, (parts - where - 1) * sizeof(at[0]));
            parts--;
        }
        if (part[0] != t)
            die("a token does not encode to itself");
        shorter[t] = HR_BPE_NONE;
        for (uint32_t k = n - 1; k > 0 && shorter[t] == HR_BPE_NONE; k--)
            shorter[t] = find(p, k);
    }
}

/* ---- token bytes: one blob in which tokens may overlap ---- */

static uint8_t *blob;
static uint32_t nblob, *blob_at;

static int longer_first(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (tok_len[x] != tok_len[y])
        return tok_len[x] > tok_len[y] ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void build_blob(void)
{
    uint32_t *order = need(ntok, sizeof(uint32_t));
    blob = need(nbytes, 1);
    blob_at = need(ntok, sizeof(uint32_t));
    for (uint32_t t = 0; t < ntok; t++) {
        order[t] = t;
        blob_at[t] = UINT32_MAX;
    }
    qsort(order, ntok, sizeof(uint32_t), longer_first);
    for (uint32_t k = 0; k < ntok; k++) {
        uint32_t t = order[k];
        if (blob_at[t] != UINT32_MAX)
            continue;
        const uint8_t *p = memcpy(blob + nblob, bytes + tok_at[t], tok_len[t]);
        for (uint32_t i = 0; i < tok_len[t]; i++)
            for (uint32_t j = i + 1; j <= tok_len[t]; j++) {
                uint32_t s = find(p + i, j - i);
                if (s != HR_BPE_NONE && blob_at[s] == UINT32_MAX)
                    blob_at[s] = nblob + i;
            }
        nblob += tok_len[t];
    }
    free(order);
}

/* ---- double-array trie; a subtree with one token is a leaf ---- */

enum { BLOCK = 256, OPEN_BLOCKS = 64 };
static uint64_t *cells;
static uint8_t *cell_used, *base_used;
static uint32_t ncells, cells_cap, open_from;
static uint32_t *sorted;

static int by_bytes(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint32_t n = tok_len[x] < tok_len[y] ? tok_len[x] : tok_len[y];
    int c = memcmp(bytes + tok_at[x], bytes + tok_at[y], n);
    return c ? c : tok_len[x] < tok_len[y] ? -1 : tok_len[x] > tok_len[y];
}

static uint32_t place(const uint8_t *labels, uint32_t count)
{
    for (uint32_t block = open_from;; block++) {
        if (block * BLOCK == ncells) {
            if (ncells + BLOCK > cells_cap)
                die("trie too large");
            ncells += BLOCK;
            if (ncells / BLOCK - open_from > OPEN_BLOCKS)
                open_from++;
        }
        for (uint32_t b = block * BLOCK; b < (block + 1) * BLOCK; b++) {
            if (base_used[b])
                continue;
            uint32_t i = 0;
            while (i < count && !cell_used[b ^ labels[i]])
                i++;
            if (i == count) {
                base_used[b] = 1;
                return b;
            }
        }
    }
}

typedef struct range {
    uint32_t lo, hi, depth, cell;
} range;

static void build_trie(void)
{
    sorted = need(ntok, sizeof(uint32_t));
    for (uint32_t t = 0; t < ntok; t++)
        sorted[t] = t;
    qsort(sorted, ntok, sizeof(uint32_t), by_bytes);
    cells_cap = (nbytes / BLOCK + 2) * BLOCK;
    cells = need(cells_cap, sizeof(uint64_t));
    cell_used = need(cells_cap, 1);
    base_used = need(cells_cap, 1);
    /* Breadth first, so that the upper levels, which every look-up passes, lie close together. */
    range *queue = need((size_t)nbytes + 1, sizeof(range));
    size_t head = 0, tail = 0;
    queue[tail++] = (range){0, ntok, 0, UINT32_MAX};
    while (head < tail) {
        range r = queue[head++];
        uint32_t lo = r.lo;
        if (tok_len[sorted[lo]] == r.depth)
            lo++; /* the token that ends here */
        uint8_t labels[256];
        uint32_t from[257], count = 0;
        for (uint32_t i = lo; i < r.hi; i++) {
            uint8_t c = bytes[tok_at[sorted[i]] + r.depth];
            if (count == 0 || labels[count - 1] != c) {
                labels[count] = c;
                from[count++] = i;
            }
        }
        from[count] = r.hi;
        uint32_t base = place(labels, count);
        if (r.cell == UINT32_MAX) {
            if (base != 0)
                die("the root is not at 0");
        } else {
            cells[r.cell] |= HR_BPE_CELL_BASE(base);
        }
        for (uint32_t i = 0; i < count; i++) {
            uint32_t at = base ^ labels[i];
            cell_used[at] = 1;
            uint32_t first = sorted[from[i]];
            bool leaf = from[i + 1] - from[i] == 1;
            bool ends = tok_len[first] == r.depth + 1;
            cells[at] = HR_BPE_CELL(labels[i], leaf || ends ? first : HR_BPE_NONE);
            if (!leaf)
                queue[tail++] = (range){from[i], from[i + 1], r.depth + 1, at};
        }
    }
    free(queue);
}

/* ---- perfect hash over the pairs that merge ---- */

static uint32_t *slots, nslots, nbuckets;
static uint16_t *displace;

static uint32_t *bucket_n;
static int larger_bucket(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (bucket_n[x] != bucket_n[y])
        return bucket_n[x] > bucket_n[y] ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void build_pairs(void)
{
    uint32_t keys = ntok - 256;
    nslots = keys + keys / 16 + 16;
    nbuckets = keys / 4 + 1;
    slots = need(nslots, sizeof(uint32_t));
    displace = need(nbuckets, sizeof(uint16_t));
    bucket_n = need(nbuckets, sizeof(uint32_t));
    uint32_t *start = need(nbuckets + 1, sizeof(uint32_t));
    uint32_t *member = need(keys, sizeof(uint32_t));
    uint32_t *order = need(nbuckets, sizeof(uint32_t));
    for (uint32_t i = 0; i < nslots; i++)
        slots[i] = HR_BPE_SLOT_FREE;
    for (uint32_t t = 256; t < ntok; t++)
        bucket_n[hr_bpe_pair_bucket(hr_bpe_pair_hash(left[t], right[t]), nbuckets)]++;
    for (uint32_t b = 0; b < nbuckets; b++) {
        start[b + 1] = start[b] + bucket_n[b];
        order[b] = b;
    }
    uint32_t *fill = need(nbuckets, sizeof(uint32_t));
    for (uint32_t t = 256; t < ntok; t++) {
        uint32_t b = hr_bpe_pair_bucket(hr_bpe_pair_hash(left[t], right[t]), nbuckets);
        member[start[b] + fill[b]++] = t;
    }
    qsort(order, nbuckets, sizeof(uint32_t), larger_bucket);
    for (uint32_t k = 0; k < nbuckets && bucket_n[order[k]]; k++) {
        uint32_t b = order[k], n = bucket_n[b], d = 0;
        if (n > 64)
            die("a hash bucket is too full");
        for (;; d++) {
            if (d > UINT16_MAX)
                die("no perfect hash found");
            uint32_t at[64], i = 0;
            for (; i < n; i++) {
                uint32_t t = member[start[b] + i];
                at[i] = hr_bpe_pair_slot(hr_bpe_pair_hash(left[t], right[t]), d, nslots);
                if (slots[at[i]] != HR_BPE_SLOT_FREE)
                    break;
                uint32_t j = 0;
                while (j < i && at[j] != at[i])
                    j++;
                if (j < i)
                    break;
            }
            if (i < n)
                continue;
            for (i = 0; i < n; i++) {
                uint32_t t = member[start[b] + i];
                slots[at[i]] = HR_BPE_SLOT(hr_bpe_pair_hash(left[t], right[t]), t);
            }
            displace[b] = (uint16_t)d;
            break;
        }
    }
    free(start);
    free(member);
    free(order);
    free(fill);
    free(bucket_n);
}

/* ---- writing ---- */

static FILE *bin, *code;
static size_t written;

static void emit(const char *name, const char *table, const char *path, const void *p, size_t n)
{
    static const char zeros[64];
    size_t pad = (64 - written % 64) % 64;
    if (fwrite(zeros, 1, pad, bin) != pad || fwrite(p, 1, n, bin) != n)
        die("cannot write the tables");
    written += pad;
    fprintf(code, "HR_BPE_BLOB(hr_bpe_%s_%s, \"%s\", %zu, %zu)\n", name, table, path, written, n);
    written += n;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        die("usage: gen-bpe NAME RANKS.tiktoken.gz OUT.bin OUT.c");
    read_ranks(argv[2]);
    build_index();
    build_splits();
    build_blob();
    build_trie();
    build_pairs();
    uint64_t *info = need(ntok, sizeof(uint64_t));
    for (uint32_t t = 256; t < ntok; t++) {
        info[left[t]] |= HR_BPE_IS_LEFT;
        info[right[t]] |= HR_BPE_IS_RIGHT;
    }
    for (uint32_t t = 0; t < ntok; t++)
        info[t] |= HR_BPE_INFO(left[t], right[t], shorter[t], tok_len[t]);
    bin = fopen(argv[3], "wb");
    code = fopen(argv[4], "w");
    if (!bin || !code)
        die("cannot open the output");
    fprintf(code, "/* Generated by tools/gen-bpe.c. */\n#include \"text/bpe_layout.h\"\n\n");
    const uint32_t head[HR_BPE_HEAD] = {ntok, maxlen, nslots, nbuckets};
    emit(argv[1], "head", argv[3], head, sizeof(head));
    emit(argv[1], "cells", argv[3], cells, ncells * sizeof(uint64_t));
    emit(argv[1], "info", argv[3], info, ntok * sizeof(uint64_t));
    emit(argv[1], "at", argv[3], blob_at, ntok * sizeof(uint32_t));
    emit(argv[1], "slots", argv[3], slots, nslots * sizeof(uint32_t));
    emit(argv[1], "displace", argv[3], displace, nbuckets * sizeof(uint16_t));
    emit(argv[1], "bytes", argv[3], blob, nblob);
    fprintf(code, "\nextern const int hr_bpe_%s_tables; /* keeps the unit from being empty */\n",
            argv[1]);
    if (fclose(bin) != 0 || fclose(code) != 0)
        die("cannot write the tables");
    printf("%s: %u tokens, %u cells, %u+%u pair slots, %u of %u bytes, %zu in all\n", argv[1], ntok,
           ncells, nslots, nbuckets, nblob, nbytes, written);
    free(info);
    free(slots);
    free(displace);
    free(cells);
    free(cell_used);
    free(base_used);
    free(sorted);
    free(blob);
    free(blob_at);
    free(index_slots);
    return 0;
}
