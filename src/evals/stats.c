#include "evals/stats.h"

#include "evals/rng.h"

#include <math.h>
#include <stdlib.h>

enum { RESAMPLES = 400, MOST_DRAWN = 2000 };

hr_interval hr_wilson(uint64_t hits, uint64_t n)
{
    const double z = 1.959963984540054;
    if (!n)
        return (hr_interval){0, 1};
    double N = (double)n, p = (double)hits / N, zz = z * z;
    double middle = (p + zz / (2 * N)) / (1 + zz / N);
    double half = z / (1 + zz / N) * sqrt(p * (1 - p) / N + zz / (4 * N * N));
    hr_interval i = {middle - half, middle + half};
    if (i.low < 0 || hits == 0)
        i.low = 0;
    if (i.high > 1 || hits == n)
        i.high = 1;
    return i;
}

double hr_saved_share(const hr_pair *p, size_t n)
{
    double before = 0, after = 0;
    for (size_t i = 0; i < n; i++) {
        before += (double)p[i].before;
        after += (double)p[i].after;
    }
    return before > 0 ? 1.0 - after / before : 0.0;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

hr_interval hr_saved_interval(const hr_pair *p, size_t n, uint64_t seed)
{
    double share[RESAMPLES];
    hr_rng r = {seed};
    if (n < 2) {
        double s = hr_saved_share(p, n);
        return (hr_interval){s, s};
    }
    uint32_t drawn = n < MOST_DRAWN ? (uint32_t)n : MOST_DRAWN;
    for (int k = 0; k < RESAMPLES; k++) {
        double before = 0, after = 0;
        for (uint32_t i = 0; i < drawn; i++) {
            const hr_pair *q = &p[hr_rng_below(&r, (uint32_t)n)];
            before += (double)q->before;
            after += (double)q->after;
        }
        share[k] = before > 0 ? 1.0 - after / before : 0.0;
    }
    qsort(share, RESAMPLES, sizeof(*share), ascending);
    return (hr_interval){share[RESAMPLES / 40], share[RESAMPLES - 1 - RESAMPLES / 40]};
}
