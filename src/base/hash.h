/* hash: XXH3 for tables (not stable across versions, never stored), SHA-256 for anything that
 * leaves the process or names content. */
#ifndef HR_BASE_HASH_H
#define HR_BASE_HASH_H

#include "base/str.h"

uint64_t hr_hash64(hr_str s);
uint64_t hr_hash64_seed(hr_str s, uint64_t seed);

typedef struct hr_sha256 {
    uint8_t b[32];
} hr_sha256;

/* SHA-256 (FIPS 180-4) of the concatenation of the parts. */
hr_sha256 hr_sha256_of(hr_str s);
hr_sha256 hr_sha256_parts(const hr_str *parts, size_t count);
/* Writes 2*n lower-case hex digits of the first n bytes, no NUL. */
void hr_hex(const uint8_t *bytes, size_t n, char *out);

/* The key of an original: the first 24 hex digits of its SHA-256, as printed in markers. */
enum { HR_KEY_LEN = 24 };
typedef struct hr_key {
    char hex[HR_KEY_LEN + 1]; /* NUL-terminated */
} hr_key;
hr_key hr_key_of(hr_str original);
static inline hr_str hr_key_str(const hr_key *k)
{
    return (hr_str){k->hex, HR_KEY_LEN};
}

#endif
