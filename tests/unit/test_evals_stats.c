#include "evals/rng.h"
#include "evals/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

static bool near(double x, double y)
{
    return fabs(x - y) < 5e-4;
}

/* Reference values computed by hand from Wilson's formula with z = 1.96. */
static void wilson_gives_the_known_values(void **state)
{
    (void)state;
    hr_interval half = hr_wilson(5, 10), all = hr_wilson(30, 30), none = hr_wilson(0, 30);
    assert_true(near(half.low, 0.2366) && near(half.high, 0.7634));
    assert_true(near(all.low, 0.8865) && all.high == 1.0);
    assert_true(none.low == 0.0 && near(none.high, 0.1135));
    hr_interval big = hr_wilson(9000, 10000);
    assert_true(near(big.low, 0.8940) && near(big.high, 0.9057));
    hr_interval nothing = hr_wilson(0, 0);
    assert_true(nothing.low == 0.0 && nothing.high == 1.0);
}

static void savings_are_of_all_tokens_together(void **state)
{
    (void)state;
    const hr_pair p[] = {{1000, 100}, {10, 10}};
    assert_true(near(hr_saved_share(p, 2), 1.0 - 110.0 / 1010.0));
    assert_true(hr_saved_share(p, 0) == 0.0);
    hr_interval one = hr_saved_interval(p, 1, 7);
    assert_true(near(one.low, 0.9) && near(one.high, 0.9));
}

static void the_bootstrap_covers_the_share_and_repeats_itself(void **state)
{
    (void)state;
    hr_pair p[300];
    hr_rng r = {11};
    for (size_t i = 0; i < 300; i++) {
        p[i].before = 100 + hr_rng_below(&r, 900);
        p[i].after = (uint64_t)((double)p[i].before * hr_rng_unit(&r));
    }
    double share = hr_saved_share(p, 300);
    hr_interval a = hr_saved_interval(p, 300, 42), b = hr_saved_interval(p, 300, 42);
    assert_true(a.low == b.low && a.high == b.high);
    assert_true(a.low < share && share < a.high);
    assert_true(a.high - a.low > 0.02 && a.high - a.low < 0.12);
    /* a sure thing has no width */
    for (size_t i = 0; i < 300; i++)
        p[i] = (hr_pair){200, 50};
    a = hr_saved_interval(p, 300, 42);
    assert_true(near(a.low, 0.75) && near(a.high, 0.75));
}

static void the_stream_of_a_seed_is_fixed(void **state)
{
    (void)state;
    hr_rng r = {0}; /* first value of SplitMix64 from 0, as in its reference */
    assert_true(hr_rng_next(&r) == UINT64_C(0xe220a8397b1dcdaf));
    for (int i = 0; i < 1000; i++) {
        double n = hr_rng_normal(&r);
        assert_true(hr_rng_below(&r, 7) < 7 && n > -3 && n < 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_gives_the_known_values),
        cmocka_unit_test(savings_are_of_all_tokens_together),
        cmocka_unit_test(the_bootstrap_covers_the_share_and_repeats_itself),
        cmocka_unit_test(the_stream_of_a_seed_is_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
