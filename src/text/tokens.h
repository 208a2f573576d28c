/* tokens: how many tokens a model sees in a text.
 *
 * Exact byte pair encoding for o200k_base and cl100k_base (ranks as published by OpenAI, compiled
 * into the program), without special tokens. Time is linear in the text, whatever the text. For
 * models without a public tokenizer a calibrated estimate is given and labelled so.
 * All functions are pure and thread-safe; the tables are constant data.
 */
#ifndef HR_TEXT_TOKENS_H
#define HR_TEXT_TOKENS_H

#include "base/arena.h"
#include "base/str.h"

typedef enum hr_encoding { HR_O200K_BASE, HR_CL100K_BASE } hr_encoding;

/* Exact count. Bytes that are not UTF-8 are counted as the byte tokens they become. */
size_t hr_bpe_count(hr_encoding enc, hr_str text);
/* Exact count, but stops once it exceeds `limit` and returns limit + 1. */
size_t hr_bpe_count_limit(hr_encoding enc, hr_str text, size_t limit);
/* The token ids; *ids is in the arena. Returns the count, SIZE_MAX when memory is short. */
size_t hr_bpe_encode(hr_encoding enc, hr_str text, hr_arena *a, uint32_t **ids);
/* The bytes of one token, or an empty slice for an unknown id. */
hr_str hr_bpe_token(hr_encoding enc, uint32_t id);

/* How a model counts: an encoding, times a calibration factor for models of other vendors. */
typedef struct hr_tokenizer {
    hr_encoding encoding;
    double factor;    /* 1.0 for exact models */
    bool exact;       /* false: hr_tokens_count is an estimate and must be labelled so */
    const char *name; /* "o200k_base", "cl100k_base", "anthropic-estimate", … */
} hr_tokenizer;

/* By model name, prefix match without case, vendor prefixes ("openai/", "anthropic/", "models/")
 * skipped; unknown models count with o200k_base and are labelled an estimate. Never NULL. */
const hr_tokenizer *hr_tokenizer_for(hr_str model);
/* Tokens of the text for the model: round(factor * exact count of its encoding). */
size_t hr_tokens_count(const hr_tokenizer *t, hr_str text);
/* A cheap estimate from byte classes, over 1 GB/s, for wide margins and gates: within some 20 % on
 * ordinary text, never 0 for a non-empty text. */
size_t hr_tokens_estimate(const hr_tokenizer *t, hr_str text);

#endif
