/* Several large blocks at once: each is compressed on its own, so they can share the cores. */
#include "engine/internal.h"

#include <stdatomic.h>
#include <unistd.h>

enum {
    WORTH_BYTES = 192 * 1024, /* less work than this is done before a thread has started */
    MAX_THREADS = 4,
    STACK = 2 << 20,
    ARENA_LIMIT = 512 << 20,
};

typedef struct crew {
    hr_engine *e;
    const hr_policy *policy;
    const hr_compress_opts *base;
    const hr_wire_request *r;
    const uint32_t *which;
    size_t n;
    hr_decision *d;
    atomic_size_t next;
} crew;

typedef struct worker {
    crew *c;
    hr_arena *a;
    hr_arena own; /* of a thread; the caller works in the request's arena */
    pthread_t thread;
    bool started;
} worker;

static void *work(void *arg)
{
    worker *w = arg;
    crew *c = w->c;
    for (size_t k; (k = atomic_fetch_add(&c->next, 1)) < c->n;) {
        uint32_t i = c->which[k];
        hr_engine_decide(c->e, c->policy, c->base, c->r, &c->r->blocks[i], w->a, &c->d[i]);
    }
    return NULL;
}

static unsigned cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (unsigned)n;
}

/* What a thread made lives in its arena, which ends with it. */
static void take_over(hr_arena *a, hr_str *s, bool *ok)
{
    if (!s->n)
        return;
    *s = hr_str_dup(a, *s);
    *ok &= s->p != NULL;
}

static void keep_results(crew *c, hr_arena *a)
{
    for (size_t k = 0; k < c->n; k++) {
        hr_decision *d = &c->d[c->which[k]];
        bool ok = true;
        if (d->replace)
            take_over(a, &d->text, &ok);
        take_over(a, &d->strategy, &ok);
        if (!ok)
            *d = (hr_decision){.reason = HR_R_ERROR,
                               .tokens_before = d->tokens_before,
                               .tokens_after = d->tokens_before};
    }
}

static bool start(worker *w)
{
    pthread_attr_t attr;
    hr_arena_init(&w->own, ARENA_LIMIT);
    w->a = &w->own;
    if (pthread_attr_init(&attr) != 0)
        return false;
    pthread_attr_setstacksize(&attr, STACK);
    w->started = pthread_create(&w->thread, &attr, work, w) == 0;
    pthread_attr_destroy(&attr);
    return w->started;
}

void hr_engine_decide_all(hr_engine *e, const hr_policy *p, const hr_compress_opts *base,
                          const hr_wire_request *r, const uint32_t *which, size_t n, hr_arena *a,
                          hr_decision *d)
{
    crew c = {.e = e, .policy = p, .base = base, .r = r, .which = which, .n = n, .d = d};
    worker crew_of[MAX_THREADS] = {{.c = &c, .a = a}};
    size_t bytes = 0;
    unsigned threads = n > 1 ? cores() : 1;
    for (size_t k = 0; k < n; k++)
        bytes += r->blocks[which[k]].text.n;
    if (bytes < WORTH_BYTES)
        threads = 1;
    if (threads > n)
        threads = (unsigned)n;
    for (unsigned t = 1; t < threads; t++) {
        crew_of[t].c = &c;
        if (!start(&crew_of[t]))
            break;
    }
    work(&crew_of[0]);
    for (unsigned t = 1; t < threads; t++) {
        if (crew_of[t].started)
            pthread_join(crew_of[t].thread, NULL);
    }
    if (threads > 1)
        keep_results(&c, a);
    for (unsigned t = 1; t < threads; t++)
        hr_arena_free(&crew_of[t].own);
}
