/* prose_words: what a query and a sentence have in common, in any script (internal to compress/).
 *
 * A text is seen as features, each a hash: every word in lower case; its first letters, which stand
 * for the stem; the parts of identifiers (camelCase, snake_case); and for scripts without spaces
 * pairs or triples of characters. A query holds at most HR_FEATURES_MAX of them.
 */
#ifndef HR_COMPRESS_PROSE_WORDS_H
#define HR_COMPRESS_PROSE_WORDS_H

#include "base/arena.h"

typedef struct hr_feature {
    uint64_t hash;
    float weight; /* a whole word says more than its beginning */
} hr_feature;

enum { HR_FEATURES_MAX = 160, HR_FEATURE_SLOTS = 1024, HR_FEATURE_BITS = 4096 };

typedef struct hr_prose_query {
    hr_feature f[HR_FEATURES_MAX];
    size_t n;
    uint16_t slots[HR_FEATURE_SLOTS]; /* index + 1 by hash, 0 = free */
    uint64_t
        begins[HR_FEATURE_BITS / 64]; /* by the first bytes: most words are none of the query's */
} hr_prose_query;

/* Reads the query; English function words say nothing and are left out. */
void hr_prose_query_init(hr_prose_query *q, hr_str query);

/* Calls hit(ctx, index) for each feature of s that is one of the query's, and returns the number of
 * words in s (a pair of characters counts as one). Linear. */
size_t hr_prose_match(const hr_prose_query *q, hr_str s, void (*hit)(void *ctx, size_t index),
                      void *ctx);

#endif
