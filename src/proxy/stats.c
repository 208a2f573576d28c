/* Counters and latency series. All adds are single relaxed atomic operations; only the ring of
 * recent requests has a lock, held for one copy. Nothing grows: models beyond the table are counted
 * as "other", because the name comes from the client. */
#include "proxy/internal.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdio.h>

const hr_metric_info hr_metrics[HR_M_COUNT] = {
#define HR_METRIC(id, type, name, help) [HR_M_##id] = {HR_MT_##type, name, help},
#include "metrics.def"
#undef HR_METRIC
};

const uint32_t hr_bucket_us[HR_BUCKETS - 1] = {
    50,    100,    250,    500,    1000,    2500,    5000,    10000,    25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 30000000, 300000000};

typedef struct series {
    atomic_uint_fast64_t count, sum_us, min_us, max_us, bucket[HR_BUCKETS];
} series;

typedef struct model_slot {
    char name[80];
    atomic_int state; /* 0 free, 1 being written, 2 readable */
    atomic_uint_fast64_t requests, saved, sent;
} model_slot;

struct hr_stats {
    atomic_uint_fast64_t n[HR_M_COUNT];
    atomic_uint_fast64_t provider[HR_M_COUNT][HR_PROV_COUNT];
    atomic_uint_fast64_t status[6];
    atomic_uint_fast64_t before, after, changed, best_permille;
    series latency, overhead, ttfb;
    model_slot models[HR_MODEL_SLOTS], other;
    pthread_mutex_t lock; /* of what follows */
    hr_record recent[HR_RECENT];
    uint64_t nrecent;
    char best_detail[80];
};

static void add(atomic_uint_fast64_t *p, uint64_t n)
{
    atomic_fetch_add_explicit(p, n, memory_order_relaxed);
}

static uint64_t get(const atomic_uint_fast64_t *p)
{
    return atomic_load_explicit(p, memory_order_relaxed);
}

static void zero(atomic_uint_fast64_t *p)
{
    atomic_store_explicit(p, 0, memory_order_relaxed);
}

static void series_zero(series *s)
{
    zero(&s->count);
    zero(&s->sum_us);
    zero(&s->max_us);
    atomic_store_explicit(&s->min_us, UINT64_MAX, memory_order_relaxed);
    for (size_t i = 0; i < HR_BUCKETS; i++)
        zero(&s->bucket[i]);
}

hr_stats *hr_stats_new(void)
{
    hr_stats *s = hr_calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    pthread_mutex_init(&s->lock, NULL);
    hr_stats_reset(s);
    return s;
}

void hr_stats_free(hr_stats *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    hr_free(s);
}

void hr_stats_reset(hr_stats *s)
{
    for (size_t i = 0; i < HR_M_COUNT; i++) {
        if (i == HR_M_INBOUND || i == HR_M_INBOUND_DONE)
            continue; /* their difference is what runs now */
        zero(&s->n[i]);
        for (size_t p = 0; p < HR_PROV_COUNT; p++)
            zero(&s->provider[i][p]);
    }
    for (size_t i = 0; i < 6; i++)
        zero(&s->status[i]);
    zero(&s->before);
    zero(&s->after);
    zero(&s->changed);
    zero(&s->best_permille);
    series_zero(&s->latency);
    series_zero(&s->overhead);
    series_zero(&s->ttfb);
    for (size_t i = 0; i < HR_MODEL_SLOTS; i++) { /* names keep their slots */
        zero(&s->models[i].requests);
        zero(&s->models[i].saved);
        zero(&s->models[i].sent);
    }
    zero(&s->other.requests);
    pthread_mutex_lock(&s->lock);
    s->nrecent = 0;
    s->best_detail[0] = 0;
    pthread_mutex_unlock(&s->lock);
}

void hr_stat_add(hr_stats *s, hr_metric_id m, uint64_t n)
{
    add(&s->n[m], n);
}

uint64_t hr_stat_get(const hr_stats *s, hr_metric_id m)
{
    return get(&s->n[m]);
}

void hr_stat_status(hr_stats *s, int status)
{
    unsigned c = status >= 100 && status < 600 ? (unsigned)status / 100 : 0;
    add(&s->status[c], 1);
}

uint64_t hr_stat_status_class(const hr_stats *s, unsigned hundreds)
{
    return hundreds < 6 ? get(&s->status[hundreds]) : 0;
}

static void series_add(series *s, uint64_t us)
{
    add(&s->count, 1);
    add(&s->sum_us, us);
    uint64_t old = get(&s->max_us);
    while (us > old && !atomic_compare_exchange_weak_explicit(
                           &s->max_us, &old, us, memory_order_relaxed, memory_order_relaxed))
        ;
    old = get(&s->min_us);
    while (us < old && !atomic_compare_exchange_weak_explicit(
                           &s->min_us, &old, us, memory_order_relaxed, memory_order_relaxed))
        ;
    size_t b = 0;
    while (b < HR_BUCKETS - 1 && us > hr_bucket_us[b])
        b++;
    add(&s->bucket[b], 1);
}

static const series *series_of(const hr_stats *s, hr_metric_id m)
{
    return m == HR_M_LATENCY || m == HR_M_LATENCY_MS     ? &s->latency
           : m == HR_M_OVERHEAD || m == HR_M_OVERHEAD_MS ? &s->overhead
                                                         : &s->ttfb;
}

void hr_stat_series(const hr_stats *s, hr_metric_id histogram, hr_series_view *out)
{
    const series *v = series_of(s, histogram);
    *out = (hr_series_view){get(&v->count), get(&v->sum_us), get(&v->min_us), get(&v->max_us), {0}};
    if (!out->count)
        out->min_us = 0;
    for (size_t i = 0; i < HR_BUCKETS; i++)
        out->bucket[i] = get(&v->bucket[i]);
}

uint64_t hr_stat_provider(const hr_stats *s, hr_metric_id m, hr_provider p)
{
    return get(&s->provider[m][p]);
}

/* The slot of a model: its own, a free one it takes, or the common one. */
static model_slot *slot_of(hr_stats *s, const char *model)
{
    uint64_t h = hr_hash64(hr_cstr(model));
    for (size_t i = 0; i < HR_MODEL_SLOTS; i++) {
        model_slot *m = &s->models[(h + i) % HR_MODEL_SLOTS];
        int state = atomic_load_explicit(&m->state, memory_order_acquire);
        if (state == 0 && atomic_compare_exchange_strong(&m->state, &state, 1)) {
            memcpy(m->name, model, sizeof(m->name));
            atomic_store_explicit(&m->state, 2, memory_order_release);
            return m;
        }
        if (state == 1)
            return &s->other; /* somebody is writing a name here right now */
        if (strncmp(m->name, model, sizeof(m->name)) == 0)
            return m;
    }
    return &s->other;
}

size_t hr_stat_models(const hr_stats *s, hr_model_view *out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < HR_MODEL_SLOTS && n < max; i++) {
        const model_slot *m = &s->models[i];
        if (atomic_load_explicit(&m->state, memory_order_acquire) == 2 && get(&m->requests))
            out[n++] =
                (hr_model_view){hr_cstr(m->name), get(&m->requests), get(&m->saved), get(&m->sent)};
    }
    if (n < max && get(&s->other.requests))
        out[n++] = (hr_model_view){HR_STR("other"), get(&s->other.requests), get(&s->other.saved),
                                   get(&s->other.sent)};
    return n;
}

static void record_tokens(hr_stats *s, const hr_record *rec, hr_provider p)
{
    /* what a provider refused was not saved */
    bool taken = rec->status && rec->status < 400;
    uint64_t saved = taken && rec->tokens_before > rec->tokens_after
                         ? rec->tokens_before - rec->tokens_after
                         : 0;
    if (taken) {
        add(&s->before, rec->tokens_before);
        add(&s->after, rec->tokens_after);
    }
    add(&s->n[HR_M_TOKENS_SAVED], saved);
    if (saved)
        add(&s->changed, 1);
    const hr_usage *u = &rec->usage;
    if (u->known) {
        add(&s->n[HR_M_TOKENS_INPUT], u->input + u->cache_read + u->cache_write);
        add(&s->n[HR_M_TOKENS_OUTPUT], u->output);
        add(&s->provider[HR_M_CACHE_READ][p], u->cache_read);
        add(&s->provider[HR_M_CACHE_WRITE][p], u->cache_write);
        add(&s->provider[HR_M_UNCACHED][p], u->input);
        add(&s->provider[HR_M_CACHE_REQUESTS][p], 1);
        if (u->cache_read) {
            add(&s->provider[HR_M_CACHE_HITS][p], 1);
            add(&s->n[HR_M_REQUESTS_CACHED], 1);
        }
    }
    if (rec->model[0]) {
        model_slot *m = slot_of(s, rec->model);
        add(&m->requests, 1);
        add(&m->saved, saved);
        add(&m->sent, rec->tokens_after);
    }
    uint64_t permille = rec->tokens_before ? saved * 1000 / rec->tokens_before : 0;
    uint64_t best = get(&s->best_permille);
    if (permille > best) {
        atomic_store_explicit(&s->best_permille, permille, memory_order_relaxed);
        pthread_mutex_lock(&s->lock);
        snprintf(s->best_detail, sizeof(s->best_detail), "%llu to %llu tokens",
                 (unsigned long long)rec->tokens_before, (unsigned long long)rec->tokens_after);
        pthread_mutex_unlock(&s->lock);
    }
}

void hr_stat_record(hr_stats *s, const hr_record *rec, hr_provider p)
{
    add(&s->n[HR_M_REQUESTS], 1);
    add(&s->provider[HR_M_BY_PROVIDER][p], 1);
    if (rec->failed)
        add(&s->n[HR_M_REQUESTS_FAILED], 1);
    if (rec->cancelled)
        add(&s->n[HR_M_REQUESTS_CANCELLED], 1);
    series_add(&s->latency, rec->total_us);
    if (rec->overhead_us)
        series_add(&s->overhead, rec->overhead_us);
    if (rec->ttfb_us)
        series_add(&s->ttfb, rec->ttfb_us);
    record_tokens(s, rec, p);
    pthread_mutex_lock(&s->lock);
    s->recent[s->nrecent++ % HR_RECENT] = *rec;
    pthread_mutex_unlock(&s->lock);
}

void hr_stat_session(const hr_stats *s, hr_session_view *out)
{
    *out = (hr_session_view){
        get(&s->before), get(&s->after), get(&s->changed), get(&s->best_permille), {0}};
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&s->lock;
    pthread_mutex_lock(lock);
    memcpy(out->best_detail, s->best_detail, sizeof(out->best_detail));
    pthread_mutex_unlock(lock);
}

size_t hr_stat_recent(hr_stats *s, hr_record *out, size_t max)
{
    pthread_mutex_lock(&s->lock);
    size_t n = s->nrecent < HR_RECENT ? (size_t)s->nrecent : HR_RECENT;
    if (n > max)
        n = max;
    for (size_t i = 0; i < n; i++)
        out[i] = s->recent[(s->nrecent - 1 - i) % HR_RECENT];
    pthread_mutex_unlock(&s->lock);
    return n;
}
