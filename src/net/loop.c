/* One event loop: deferred steps, moved timers, user timers, posts from other threads. */
#include "net/internal.h"

#include "base/mem.h"

#include <stdio.h>
#include <time.h>

/* --- deferred steps ------------------------------------------------------------------------- */

void hr_defer_init(hr_defer *d, void (*fn)(hr_defer *d))
{
    hr_list_init(&d->node);
    d->fn = fn;
}

void hr_defer_add(hr_loop *l, hr_defer *d)
{
    if (hr_list_empty(&d->node))
        hr_list_push(&l->deferred, &d->node);
}

void hr_loop_flush(hr_loop *l)
{
    while (!hr_list_empty(&l->deferred)) {
        hr_defer *d = HR_OF(l->deferred.next, hr_defer, node);
        hr_list_remove(&d->node);
        d->fn(d);
    }
}

/* --- lazily moved timers -------------------------------------------------------------------- */

static void lazy_fired(uv_timer_t *t)
{
    hr_lazy *z = HR_OF(t, hr_lazy, t);
    z->due = 0;
    z->fn(z);
}

void hr_lazy_init(hr_loop *l, hr_lazy *z, void (*fn)(hr_lazy *z))
{
    uv_timer_init(&l->uv, &z->t);
    z->due = 0;
    z->fn = fn;
}

void hr_lazy_at(hr_lazy *z, uint64_t at)
{
    if (z->due && z->due <= at)
        return;
    uint64_t now = uv_now(z->t.loop);
    z->due = at;
    uv_timer_start(&z->t, lazy_fired, at > now ? at - now : 0, 0);
}

/* --- user timers ---------------------------------------------------------------------------- */

struct hr_timer {
    uv_timer_t t;
    hr_list node;
    void (*fn)(void *ctx);
    void *ctx;
};

static void timer_closed(uv_handle_t *h)
{
    hr_free(HR_OF(h, hr_timer, t));
}

static void timer_fired(uv_timer_t *u)
{
    hr_timer *t = HR_OF(u, hr_timer, t);
    hr_loop *l = u->data;
    hr_list_remove(&t->node);
    uv_close((uv_handle_t *)u, timer_closed);
    t->fn(t->ctx);
    hr_loop_flush(l);
}

hr_timer *hr_timer_start(hr_loop *l, uint32_t ms, void (*fn)(void *ctx), void *ctx)
{
    hr_timer *t = hr_calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->fn = fn;
    t->ctx = ctx;
    uv_timer_init(&l->uv, &t->t);
    t->t.data = l;
    hr_list_push(&l->timers, &t->node);
    uv_update_time(&l->uv);
    uv_timer_start(&t->t, timer_fired, ms, 0);
    return t;
}

void hr_timer_cancel(hr_timer *t)
{
    hr_list_remove(&t->node);
    uv_close((uv_handle_t *)&t->t, timer_closed);
}

/* --- posts ---------------------------------------------------------------------------------- */

void hr_post_init(hr_post *p, void (*fn)(void *ctx), void *ctx, bool job)
{
    *p = (hr_post){NULL, fn, ctx, job};
}

static bool post(hr_loop *l, hr_post *p)
{
    pthread_mutex_lock(&l->lock);
    bool ok = !l->closed;
    if (ok) {
        *l->posts_end = p;
        l->posts_end = &p->next;
        uv_async_send(&l->async);
    }
    pthread_mutex_unlock(&l->lock);
    return ok;
}

void hr_loop_post_job(hr_loop *l, hr_post *p)
{
    post(l, p); /* a loop does not close while a job of its own runs */
}

hr_err hr_loop_post(hr_loop *l, void (*fn)(void *ctx), void *ctx)
{
    hr_post *p = hr_malloc(sizeof(*p));
    if (!p)
        return HR_E_NOMEM;
    hr_post_init(p, fn, ctx, false);
    if (!post(l, p)) {
        hr_free(p);
        return HR_E_CLOSED;
    }
    return HR_OK;
}

static void run_posts(hr_loop *l)
{
    pthread_mutex_lock(&l->lock);
    hr_post *p = l->posts;
    l->posts = NULL;
    l->posts_end = &l->posts;
    pthread_mutex_unlock(&l->lock);
    while (p) {
        hr_post *next = p->next;
        bool job = p->job; /* a job gives its memory back itself, in fn: p is dead then */
        if (job)
            l->jobs--;
        p->fn(p->ctx);
        if (!job)
            hr_free(p);
        p = next;
    }
}

/* --- the end of a loop ---------------------------------------------------------------------- */

static void close_handles(hr_loop *l)
{
    if (l->finished)
        return;
    pthread_mutex_lock(&l->lock);
    bool more = l->posts != NULL;
    l->closed = !more;
    pthread_mutex_unlock(&l->lock);
    if (more)
        return; /* the wake-up for them is under way and comes back here */
    l->finished = true;
    if (l->index) {
        atomic_fetch_add(&l->net->ended, 1);
        uv_async_send(&l->net->loops[0].async);
    }
    while (!hr_list_empty(&l->timers))
        hr_timer_cancel(HR_OF(l->timers.next, hr_timer, node));
    uv_close((uv_handle_t *)&l->async, NULL);
    uv_close((uv_handle_t *)&l->prepare, NULL);
    uv_close((uv_handle_t *)&l->check, NULL);
    uv_close((uv_handle_t *)&l->drain_timer, NULL);
    if (!l->index) {
        uv_close((uv_handle_t *)&l->sigterm, NULL);
        uv_close((uv_handle_t *)&l->sigint, NULL);
    }
}

static void finish_step(hr_defer *d)
{
    hr_loop *l = HR_OF(d, hr_loop, finish);
    if (!l->draining || l->finished || !hr_list_empty(&l->conns))
        return;
    /* No client is left. What still runs upstream was nobody's exchange; jobs end by themselves. */
    hr_upstream_drain(l);
    hr_upstream_cancel_all(l);
    if (l->jobs || !hr_list_empty(&l->ups))
        return;
    /* The first loop hears the signals and stays until all others are done. */
    if (l->index || atomic_load(&l->net->ended) + 1 == l->net->nloops)
        close_handles(l);
}

void hr_loop_check_end(hr_loop *l)
{
    if (l->draining && !l->finished)
        hr_defer_add(l, &l->finish);
}

static void drain_over(uv_timer_t *t)
{
    hr_loop *l = t->data;
    hr_server_drain(l, true);
    hr_loop_check_end(l);
    hr_loop_flush(l);
}

static void start_drain(hr_loop *l)
{
    l->draining = true;
    if (l->listening) {
        l->listening = false;
        uv_close((uv_handle_t *)&l->listener, NULL);
    }
    hr_server_drain(l, false);
    hr_upstream_drain(l);
    uv_timer_start(&l->drain_timer, drain_over, atomic_load(&l->net->drain_ms), 0);
}

static void on_async(uv_async_t *a)
{
    hr_loop *l = a->data;
    int stop = atomic_load(&l->net->stop);
    if (stop && !l->draining)
        start_drain(l);
    if (stop > 1 && !l->forced) {
        l->forced = true;
        hr_server_drain(l, true);
    }
    run_posts(l);
    hr_loop_check_end(l);
    hr_loop_flush(l);
}

static void on_prepare(uv_prepare_t *p)
{
    hr_loop_flush(p->data);
}

static void on_check(uv_check_t *c)
{
    hr_loop_flush(c->data);
}

bool hr_loop_open(hr_loop *l)
{
    hr_list_init(&l->deferred);
    hr_list_init(&l->conns);
    hr_list_init(&l->ups);
    hr_list_init(&l->idle_ups);
    hr_list_init(&l->timers);
    hr_list_init(&l->tls_waiters);
    hr_defer_init(&l->finish, finish_step);
    l->posts_end = &l->posts;
    l->date_s = -1;
    l->read_buf = hr_malloc(HR_READ_BUF);
    if (!l->read_buf)
        return false;
    if (uv_loop_init(&l->uv)) {
        hr_free(l->read_buf);
        return false;
    }
    pthread_mutex_init(&l->lock, NULL);
    uv_async_init(&l->uv, &l->async, on_async);
    uv_prepare_init(&l->uv, &l->prepare);
    uv_check_init(&l->uv, &l->check);
    uv_timer_init(&l->uv, &l->drain_timer);
    l->async.data = l->prepare.data = l->check.data = l->drain_timer.data = l;
    uv_prepare_start(&l->prepare, on_prepare);
    uv_check_start(&l->check, on_check);
    if (!l->index) {
        uv_signal_init(&l->uv, &l->sigterm);
        uv_signal_init(&l->uv, &l->sigint);
        l->sigterm.data = l->sigint.data = l;
    }
    l->opened = true;
    return true;
}

void hr_loop_close(hr_loop *l)
{
    if (!l->opened)
        return;
    if (!l->finished) { /* never ran */
        l->draining = true;
        if (l->listening)
            uv_close((uv_handle_t *)&l->listener, NULL);
        run_posts(l);
        close_handles(l);
    }
    uv_run(&l->uv, UV_RUN_DEFAULT);
    uv_loop_close(&l->uv);
    pthread_mutex_destroy(&l->lock);
    hr_fetch_spares_free(l);
    while (l->blocks) {
        hr_block *b = l->blocks;
        l->blocks = b->next;
        hr_free(b);
    }
    hr_free(l->read_buf);
}

hr_str hr_loop_date(hr_loop *l)
{
    int64_t s = hr_now_unix_ms(l->net->o.clock) / 1000;
    if (s != l->date_s) {
        static const char days[] = "SunMonTueWedThuFriSat";
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        time_t t = (time_t)s;
        struct tm tm;
        gmtime_r(&t, &tm);
        snprintf(l->date, sizeof(l->date), "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
                 days + tm.tm_wday * 3, (unsigned)tm.tm_mday % 100, months + tm.tm_mon * 3,
                 (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
                 (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
        l->date_s = s;
    }
    return hr_cstr(l->date);
}
