/* A limit that was asked for: token buckets for requests and prompt tokens a minute, one pair a
 * credential (a hash of it, never the credential). Prompt tokens are known only afterwards, so that
 * bucket may go below zero and the next request waits until it is filled again.
 *
 * A fixed table; when it is full, the credential that was quiet for the longest time is forgotten.
 */
#include "proxy/internal.h"

#include "base/mem.h"

#include <pthread.h>

enum { KEYS = 1024, WAYS = 8, DEFAULT_RPM = 60 };

typedef struct bucket {
    uint64_t key; /* 0 = free */
    uint64_t at_ns;
    double requests, tokens; /* what is left */
} bucket;

struct hr_limiter {
    pthread_mutex_t lock;
    const hr_clock *clock;
    double rpm, tpm; /* 0 = no limit of this kind */
    bucket b[KEYS];
};

hr_limiter *hr_limiter_new(const hr_settings *s, const hr_clock *clock)
{
    bool asked = s->rpm > 0 || s->tpm > 0 || hr_setting_given(s, HR_OPT_rate_limit);
    if (!s->rate_limit || !asked)
        return NULL;
    hr_limiter *l = hr_calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    pthread_mutex_init(&l->lock, NULL);
    l->clock = clock;
    l->tpm = s->tpm > 0 ? (double)s->tpm : 0;
    l->rpm = s->rpm > 0 ? (double)s->rpm : l->tpm > 0 ? 0 : DEFAULT_RPM;
    return l;
}

void hr_limiter_free(hr_limiter *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    hr_free(l);
}

static double refill(double have, double per_minute, double elapsed_s)
{
    double now = have + per_minute / 60.0 * elapsed_s;
    return now > per_minute ? per_minute : now;
}

/* Finds or makes the bucket of a credential, filled up to now. Lock held. */
static bucket *bucket_of(hr_limiter *l, hr_str credential)
{
    uint64_t key = hr_hash64(credential) | 1, now = hr_now_ns(l->clock);
    bucket *oldest = NULL;
    for (size_t i = 0; i < WAYS; i++) {
        bucket *b = &l->b[(key / 2 + i) % KEYS];
        if (b->key == key) {
            double elapsed = (double)(now - b->at_ns) / 1e9;
            b->requests = refill(b->requests, l->rpm, elapsed);
            b->tokens = refill(b->tokens, l->tpm, elapsed);
            b->at_ns = now;
            return b;
        }
        if (!oldest || b->at_ns < oldest->at_ns)
            oldest = b;
    }
    *oldest = (bucket){key, now, l->rpm, l->tpm};
    return oldest;
}

uint32_t hr_limiter_take(hr_limiter *l, hr_str credential)
{
    pthread_mutex_lock(&l->lock);
    bucket *b = bucket_of(l, credential);
    double wait_s = 0;
    if (l->rpm > 0 && b->requests < 1)
        wait_s = (1 - b->requests) * 60.0 / l->rpm;
    if (l->tpm > 0 && b->tokens <= 0) {
        double t = (1 - b->tokens) * 60.0 / l->tpm;
        wait_s = t > wait_s ? t : wait_s;
    }
    if (wait_s <= 0)
        b->requests -= 1;
    pthread_mutex_unlock(&l->lock);
    return wait_s <= 0 ? 0 : wait_s > 3600 ? 3600000 : (uint32_t)(wait_s * 1000) + 1;
}

void hr_limiter_tokens(hr_limiter *l, hr_str credential, uint64_t tokens)
{
    if (!l || l->tpm <= 0)
        return;
    pthread_mutex_lock(&l->lock);
    bucket_of(l, credential)->tokens -= (double)tokens;
    pthread_mutex_unlock(&l->lock);
}

uint64_t hr_limiter_rpm(const hr_limiter *l)
{
    return (uint64_t)l->rpm;
}

uint64_t hr_limiter_tpm(const hr_limiter *l)
{
    return (uint64_t)l->tpm;
}

size_t hr_limiter_keys(hr_limiter *l)
{
    size_t n = 0;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < KEYS; i++)
        n += l->b[i].key != 0;
    pthread_mutex_unlock(&l->lock);
    return n;
}
