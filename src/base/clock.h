/* clock: time is handed in, so that tests can hold it still. */
#ifndef HR_BASE_CLOCK_H
#define HR_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct hr_clock {
    uint64_t (*mono_ns)(void *ctx); /* monotonic, from any start */
    int64_t (*unix_ms)(void *ctx);  /* wall clock */
    void *ctx;
} hr_clock;

extern const hr_clock hr_clock_system;

static inline uint64_t hr_now_ns(const hr_clock *c)
{
    return c->mono_ns(c->ctx);
}
static inline int64_t hr_now_unix_ms(const hr_clock *c)
{
    return c->unix_ms(c->ctx);
}

/* A point in time after which work gives up. clock == NULL: never. */
typedef struct hr_deadline {
    const hr_clock *clock;
    uint64_t at_ns;
} hr_deadline;

static inline bool hr_deadline_passed(const hr_deadline *d)
{
    return d && d->clock && hr_now_ns(d->clock) >= d->at_ns;
}

#endif
