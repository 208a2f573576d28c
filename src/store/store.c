/* Opening and closing. */
#include "store/store.h"

#include "base/log.h"
#include "base/mem.h"
#include "store/internal.h"

#include <sys/stat.h>

hr_store_opts hr_store_defaults(void)
{
    return (hr_store_opts){
        .ttl_s = 1800, .max_bytes = (uint64_t)1 << 30, .clock = &hr_clock_system};
}

static void release(hr_store *s)
{
    hr_db_close(s);
    hr_pin_cache_free(s->cache);
    pthread_cond_destroy(&s->wake);
    pthread_cond_destroy(&s->pool_cond);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->pool_lock);
    pthread_mutex_destroy(&s->mem_lock);
    hr_free(s->path);
    hr_free(s);
}

static hr_err prepare(hr_store *s, const hr_store_opts *o)
{
    if (o->path.n) {
        s->path = hr_malloc(o->path.n + 1);
        if (!s->path)
            return HR_E_NOMEM;
        memcpy(s->path, o->path.p, o->path.n);
        s->path[o->path.n] = 0;
    }
    s->cache = hr_pin_cache_new(HR_STORE_CACHE_BYTES);
    if (!s->cache)
        return HR_E_NOMEM;
    s->busy_until_ns = hr_real_ns() + HR_STORE_WAIT_MS * 1000000ull;
    /* No file yet: it is made with the first write, by the writer. */
    hr_err err = hr_db_ensure(s, false);
    if (err == HR_E_NOTFOUND)
        err = hr_file_creatable(s->path);
    if (err)
        hr_warn("store: cannot open %s (%s)", s->path ? s->path : "memory", hr_err_name(err));
    return err;
}

hr_err hr_store_open(const hr_store_opts *o, hr_store **out)
{
    *out = NULL;
    hr_store *s = hr_calloc(1, sizeof *s);
    if (!s)
        return HR_E_NOMEM;
    s->opts = *o;
    s->opts.path = HR_STR_NONE;
    if (!s->opts.clock)
        s->opts.clock = &hr_clock_system;
    if (s->opts.ttl_s <= 0)
        s->opts.ttl_s = hr_store_defaults().ttl_s;
    if (!s->opts.max_bytes)
        s->opts.max_bytes = hr_store_defaults().max_bytes;
    s->touch_ms = s->opts.ttl_s * 250 < HR_STORE_TOUCH_MS ? s->opts.ttl_s * 250 : HR_STORE_TOUCH_MS;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_condattr_destroy(&attr);
    pthread_cond_init(&s->pool_cond, NULL);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->pool_lock, NULL);
    pthread_mutex_init(&s->mem_lock, NULL);
    hr_err err = prepare(s, o);
    if (!err)
        err = hr_writer_start(s);
    if (err) {
        release(s);
        return err == HR_E_UNSUPPORTED ? HR_E_CORRUPT : err == HR_E_NOMEM ? err : HR_E_STORE;
    }
    *out = s;
    return HR_OK;
}

void hr_store_close(hr_store *s)
{
    if (!s)
        return;
    hr_writer_stop(s);
    release(s);
}
