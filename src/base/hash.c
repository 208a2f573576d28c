#include "base/hash.h"

#include <openssl/evp.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hr_hash64(hr_str s)
{
    return XXH3_64bits(s.p, s.n);
}

uint64_t hr_hash64_seed(hr_str s, uint64_t seed)
{
    return XXH3_64bits_withSeed(s.p, s.n, seed);
}

hr_sha256 hr_sha256_parts(const hr_str *parts, size_t count)
{
    hr_sha256 out = {{0}};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; ok && i < count; i++)
        ok = parts[i].n == 0 || EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1;
    if (!ok || EVP_DigestFinal_ex(ctx, out.b, NULL) != 1)
        __builtin_trap(); /* a wrong content key would lose data; nothing sane can follow */
    EVP_MD_CTX_free(ctx);
    return out;
}

hr_sha256 hr_sha256_of(hr_str s)
{
    return hr_sha256_parts(&s, 1);
}

void hr_hex(const uint8_t *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

hr_key hr_key_of(hr_str original)
{
    hr_key k;
    hr_sha256 h = hr_sha256_of(original);
    hr_hex(h.b, HR_KEY_LEN / 2, k.hex);
    k.hex[HR_KEY_LEN] = 0;
    return k;
}
