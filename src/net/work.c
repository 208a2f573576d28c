/* The work pool: threads for blocking or heavy work, with a bounded queue. Threads are started when
 * there is work for them. */
#include "net/internal.h"

#include "base/mem.h"

enum { WORKER_STACK = 2 * 1024 * 1024, MAX_WORKERS = 256, SPARE_JOBS = 64 };

typedef struct job {
    hr_post post; /* first: carries done back to the loop */
    struct job *next;
    hr_loop *loop;
    hr_pool *pool;
    void (*work)(void *ctx);
    void (*done)(void *ctx);
    void *ctx;
    uint64_t at_ns;
} job;

struct hr_pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    const hr_clock *clock;
    unsigned max_workers, workers, idle, queue_limit;
    pthread_t *threads;
    job *first, **end;
    job *spare;
    unsigned nspare;
    bool stop;
    uint64_t queued, running, done, refused, queued_max;
    uint64_t wait_total, wait_max, run_total, run_max;
};

hr_pool *hr_pool_new(const hr_net_opts *o)
{
    hr_pool *p = hr_calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->max_workers = o->workers < MAX_WORKERS ? o->workers : MAX_WORKERS;
    p->queue_limit = o->queue_limit;
    p->clock = o->clock;
    p->end = &p->first;
    p->threads = hr_calloc(p->max_workers, sizeof(*p->threads));
    if (!p->threads) {
        hr_free(p);
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    return p;
}

static void job_done(void *arg)
{
    job *j = arg;
    hr_pool *p = j->pool;
    void (*done)(void *ctx) = j->done;
    void *ctx = j->ctx;
    pthread_mutex_lock(&p->lock);
    bool keep = p->nspare < SPARE_JOBS;
    if (keep) {
        j->next = p->spare;
        p->spare = j;
        p->nspare++;
    }
    pthread_mutex_unlock(&p->lock);
    if (!keep)
        hr_free(j);
    done(ctx);
}

static void *worker(void *arg)
{
    hr_pool *p = arg;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->first && !p->stop) {
            p->idle++;
            pthread_cond_wait(&p->wake, &p->lock);
            p->idle--;
        }
        job *j = p->first;
        if (!j)
            break;
        p->first = j->next;
        if (!p->first)
            p->end = &p->first;
        p->queued--;
        p->running++;
        pthread_mutex_unlock(&p->lock);

        uint64_t t0 = hr_now_ns(p->clock);
        j->work(j->ctx);
        uint64_t t1 = hr_now_ns(p->clock);
        uint64_t wait = (t0 - j->at_ns) / 1000, run = (t1 - t0) / 1000;

        pthread_mutex_lock(&p->lock);
        p->running--;
        p->done++;
        p->wait_total += wait;
        p->run_total += run;
        if (wait > p->wait_max)
            p->wait_max = wait;
        if (run > p->run_max)
            p->run_max = run;
        pthread_mutex_unlock(&p->lock);
        hr_loop_post_job(j->loop, &j->post);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* With the lock held. */
static bool start_worker(hr_pool *p)
{
    pthread_attr_t attr;
    if (pthread_attr_init(&attr))
        return false;
    pthread_attr_setstacksize(&attr, WORKER_STACK);
    bool ok = pthread_create(&p->threads[p->workers], &attr, worker, p) == 0;
    pthread_attr_destroy(&attr);
    p->workers += ok;
    return ok;
}

hr_err hr_pool_submit(hr_loop *l, void (*work)(void *ctx), void (*done)(void *ctx), void *ctx)
{
    hr_pool *p = l->net->pool;
    hr_err err = HR_OK;
    pthread_mutex_lock(&p->lock);
    job *j = NULL;
    if (p->queued >= p->queue_limit) {
        p->refused++;
        err = HR_E_BUSY;
    } else if (p->queued + 1 > p->idle && p->workers < p->max_workers && !start_worker(p) &&
               !p->workers) {
        err = HR_E_NOMEM;
    } else if (p->spare) {
        j = p->spare;
        p->spare = j->next;
        p->nspare--;
    } else {
        j = hr_malloc(sizeof(*j));
        err = j ? HR_OK : HR_E_NOMEM;
    }
    if (j) {
        *j = (job){.loop = l, .pool = p, .work = work, .done = done, .ctx = ctx};
        hr_post_init(&j->post, job_done, j, true);
        j->at_ns = hr_now_ns(p->clock);
        *p->end = j;
        p->end = &j->next;
        p->queued++;
        if (p->queued > p->queued_max)
            p->queued_max = p->queued;
        l->jobs++;
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
    return err;
}

/* Ends the threads after the jobs that wait. */
void hr_pool_stop(hr_pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->workers; i++)
        pthread_join(p->threads[i], NULL);
}

void hr_pool_free(hr_pool *p)
{
    while (p->spare) {
        job *j = p->spare;
        p->spare = j->next;
        hr_free(j);
    }
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    hr_free(p->threads);
    hr_free(p);
}

void hr_pool_stats(hr_pool *p, hr_net_stats *out)
{
    pthread_mutex_lock(&p->lock);
    out->pool_queued = p->queued;
    out->pool_running = p->running;
    out->pool_done = p->done;
    out->pool_refused = p->refused;
    out->pool_workers = p->workers;
    out->pool_queued_max = p->queued_max;
    out->pool_wait_us_total = p->wait_total;
    out->pool_wait_us_max = p->wait_max;
    out->pool_run_us_total = p->run_total;
    out->pool_run_us_max = p->run_max;
    pthread_mutex_unlock(&p->lock);
}
