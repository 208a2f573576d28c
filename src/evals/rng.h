/* rng: the seeded numbers of the generators and of the bootstrap. SplitMix64 (Steele, Lea, Flood
 * 2014): the same seed gives the same stream everywhere. Not for secrets. */
#ifndef HR_EVALS_RNG_H
#define HR_EVALS_RNG_H

#include <stdint.h>

typedef struct hr_rng {
    uint64_t state;
} hr_rng;

static inline uint64_t hr_rng_next(hr_rng *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
/* 0 … n-1; n > 0. */
static inline uint32_t hr_rng_below(hr_rng *r, uint32_t n)
{
    return (uint32_t)(((hr_rng_next(r) >> 32) * n) >> 32);
}
/* [0, 1) */
static inline double hr_rng_unit(hr_rng *r)
{
    return (double)(hr_rng_next(r) >> 11) * 0x1p-53;
}
/* About normal with mean 0 and deviation 1, never beyond 3: the sum of twelve units (Irwin-Hall),
 * cut. */
static inline double hr_rng_normal(hr_rng *r)
{
    double s = -6.0;
    for (int i = 0; i < 12; i++)
        s += hr_rng_unit(r);
    return s < -2.9 ? -2.9 : s > 2.9 ? 2.9 : s;
}

#endif
