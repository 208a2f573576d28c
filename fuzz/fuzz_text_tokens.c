/* Any bytes: the tokens spell the input, and every way to count it agrees. */
#include "text/bpe.h"
#include "text/tokens.h"

#include <stdlib.h>

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x))                                                                                  \
            abort();                                                                               \
    } while (0)

static const hr_bpe tables[] = {HR_BPE_TABLES(o200k), HR_BPE_TABLES(cl100k)};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_str text = {(const char *)data, size};
    for (unsigned e = 0; e < 2; e++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        uint32_t *ids = NULL;
        size_t n = hr_bpe_encode((hr_encoding)e, text, &a, &ids), at = 0;
        CHECK(n <= size);
        for (size_t i = 0; i < n; i++) {
            hr_str t = hr_bpe_token((hr_encoding)e, ids[i]);
            CHECK(t.n > 0 && t.n <= size - at && memcmp(t.p, data + at, t.n) == 0);
            at += t.n;
        }
        CHECK(at == size);
        CHECK(hr_bpe_count((hr_encoding)e, text) == n);
        CHECK(hr_bpe_count_limit((hr_encoding)e, text, n / 2) == (n ? n / 2 + 1 : 0) || n == 0);
        if (size) { /* the input as one piece, by both methods, within the bound on work */
            uint64_t steps = 0, forward = 0;
            CHECK(hr_bpe_piece_counted(&tables[e], data, size, NULL, &steps) ==
                  hr_bpe_piece_forward(&tables[e], data, size, NULL, &forward));
            CHECK(steps <= 4000 * size && forward <= 2000 * size);
        }
        hr_arena_free(&a);
    }
    static const char *const models[] = {"gpt-4o", "claude-sonnet-4-5"};
    for (size_t m = 0; m < 2; m++)
        CHECK((hr_tokens_estimate(hr_tokenizer_for(hr_cstr(models[m])), text) == 0) == (size == 0));
    CHECK(hr_tokenizer_for(text)->name);
    return 0;
}
