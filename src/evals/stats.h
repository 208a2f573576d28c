/* stats: 95 % confidence intervals. Pure; the same numbers in give the same interval out. */
#ifndef HR_EVALS_STATS_H
#define HR_EVALS_STATS_H

#include <stddef.h>
#include <stdint.h>

typedef struct hr_interval {
    double low, high;
} hr_interval;

/* Wilson's score interval of hits out of n (Wilson 1927); [0, 1] for n == 0. Holds near 0 and 1,
 * where the normal approximation gives nothing. */
hr_interval hr_wilson(uint64_t hits, uint64_t n);

typedef struct hr_pair {
    uint64_t before, after; /* tokens */
} hr_pair;

/* 1 - sum(after) / sum(before); 0 when there is nothing. */
double hr_saved_share(const hr_pair *p, size_t n);
/* Percentile bootstrap of hr_saved_share over the cases (Efron 1979), 400 seeded resamples of at
 * most 2,000 cases each. With fewer than two cases both ends are the share itself. */
hr_interval hr_saved_interval(const hr_pair *p, size_t n, uint64_t seed);

#endif
