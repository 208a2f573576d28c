/* The open database: the writer's connection, the readers' pool, and what happens when the file
 * vanishes, is replaced or is damaged while we run. */
#include "base/log.h"
#include "store/internal.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

uint64_t hr_real_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The writer waits for other processes only until the group's patience ends. */
static int on_busy(void *ctx, int count)
{
    const hr_store *s = ctx;
    if (hr_real_ns() >= s->busy_until_ns)
        return 0;
    long ms = count < 5 ? 1 : count < 20 ? 5 : 20;
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
    return 1;
}

static int on_wal(void *ctx, sqlite3 *db, const char *name, int frames)
{
    (void)db;
    (void)name;
    ((hr_conn *)ctx)->wal_frames = frames;
    return SQLITE_OK;
}

/* A new generation, or none: idle readers are closed now. Before a file is given up the leased ones
 * are awaited (a read is short), so that nobody still maps its shared memory. */
static void set_generation(hr_store *s, bool open)
{
    static atomic_uint_fast64_t last; /* never repeats, so a stale reader is always known */
    pthread_mutex_lock(&s->pool_lock);
    s->gen = open ? atomic_fetch_add(&last, 1) + 1 : 0;
    for (size_t i = 0; i < HR_STORE_READERS; i++) {
        while (!open && s->readers[i].leased)
            pthread_cond_wait(&s->pool_cond, &s->pool_lock);
        if (!s->readers[i].leased && s->readers[i].db)
            hr_conn_close(&s->readers[i]);
    }
    pthread_cond_broadcast(&s->pool_cond);
    pthread_mutex_unlock(&s->pool_lock);
}

uint64_t hr_db_generation(hr_store *s)
{
    pthread_mutex_lock(&s->pool_lock);
    uint64_t gen = s->gen;
    pthread_mutex_unlock(&s->pool_lock);
    return gen;
}

static void close_writer(hr_store *s)
{
    if (!s->writer.db)
        return;
    set_generation(s, false);
    hr_conn_close(&s->writer);
}

void hr_db_close(hr_store *s)
{
    close_writer(s);
}

static hr_err open_writer(hr_store *s)
{
    hr_conn *w = &s->writer;
    struct stat st = {0};
    if (s->path && stat(s->path, &st) != 0)
        return HR_E_STORE;
    hr_err err = hr_conn_open(w, s->path);
    if (err)
        return err;
    sqlite3_busy_handler(w->db, on_busy, s);
    sqlite3_wal_hook(w->db, on_wal, w);
    /* SQLite does not wait for every lock that the change of the journal mode needs. */
    int n = 0;
    while ((err = hr_schema_migrate(w)) == HR_E_BUSY && on_busy(s, n))
        n++;
    if (err) {
        hr_conn_close(w);
        return err;
    }
    s->dev = st.st_dev;
    s->ino = st.st_ino;
    if (s->path)
        hr_file_close_to_others(s->path);
    set_generation(s, true);
    return HR_OK;
}

/* Is the file at the path (still) the one we have open? */
static bool same_file(const hr_store *s, bool *exists)
{
    struct stat st;
    *exists = stat(s->path, &st) == 0 || errno != ENOENT;
    return *exists && st.st_dev == s->dev && st.st_ino == s->ino;
}

hr_err hr_db_recover(hr_store *s)
{
    if (!s->path)
        return HR_E_STORE;
    bool exists, same = same_file(s, &exists), was_open = s->writer.db != NULL;
    close_writer(s);
    /* Somebody else may have put a good one in its place already. */
    if (exists && (same || !was_open) &&
        !hr_file_move_aside(s->path, hr_now_unix_ms(s->opts.clock) / 1000))
        return HR_E_STORE;
    hr_err err = hr_file_create(s->path);
    return err ? err : open_writer(s);
}

hr_err hr_db_ensure(hr_store *s, bool create)
{
    if (!s->path)
        return s->writer.db ? HR_OK : open_writer(s);
    bool exists, same = same_file(s, &exists);
    if (s->writer.db && same)
        return HR_OK;
    if (s->writer.db) {
        hr_warn("store: %s was removed or replaced while in use; it is opened anew", s->path);
        close_writer(s);
    }
    if (!exists) {
        if (!create)
            return HR_E_NOTFOUND;
        hr_err err = hr_file_create(s->path);
        if (err)
            return err;
    }
    hr_err err = open_writer(s);
    if (err == HR_E_CORRUPT)
        err = hr_db_recover(s);
    return err;
}

/* --- readers ---------------------------------------------------------------------------------- */

static hr_conn *take_reader(hr_store *s, hr_err *err)
{
    pthread_mutex_lock(&s->pool_lock);
    hr_conn *c = NULL;
    while (s->gen) {
        for (size_t i = 0; i < HR_STORE_READERS; i++) {
            hr_conn *r = &s->readers[i];
            if (!r->leased && (!c || (r->db && !c->db)))
                c = r; /* an open one rather than a new one */
        }
        if (c)
            break;
        pthread_cond_wait(&s->pool_cond, &s->pool_lock);
    }
    uint64_t gen = s->gen;
    if (c)
        c->leased = true;
    pthread_mutex_unlock(&s->pool_lock);
    if (!c) {
        *err = HR_E_NOTFOUND;
        return NULL;
    }
    if (!c->db) {
        hr_conn fresh;
        *err = hr_conn_open(&fresh, s->path);
        if (!*err)
            *err = hr_conn_exec(&fresh, "PRAGMA query_only = ON");
        c->db = fresh.db;
        c->gen = gen;
        if (*err) {
            hr_db_return(s, c, *err);
            return NULL;
        }
    }
    return c;
}

hr_conn *hr_db_lease(hr_store *s, hr_err *err)
{
    *err = HR_OK;
    if (!s->path) {
        pthread_mutex_lock(&s->mem_lock);
        if (s->writer.db)
            return &s->writer;
        pthread_mutex_unlock(&s->mem_lock);
        *err = HR_E_NOTFOUND;
        return NULL;
    }
    hr_conn *c = take_reader(s, err);
    struct stat st;
    if (c || *err != HR_E_NOTFOUND || stat(s->path, &st) != 0)
        return c;
    /* We wrote nothing yet, but another process did. */
    hr_job job = {.kind = HR_JOB_OPEN};
    *err = hr_writer_do(s, &job);
    return *err ? NULL : take_reader(s, err);
}

void hr_db_return(hr_store *s, hr_conn *c, hr_err err)
{
    if (!s->path) {
        pthread_mutex_unlock(&s->mem_lock);
        return;
    }
    uint64_t damaged_gen = 0;
    pthread_mutex_lock(&s->pool_lock);
    if (err == HR_E_CORRUPT && c->gen == s->gen)
        damaged_gen = c->gen;
    if (err || c->gen != s->gen)
        hr_conn_close(c);
    c->leased = false;
    pthread_cond_broadcast(&s->pool_cond);
    pthread_mutex_unlock(&s->pool_lock);
    if (!damaged_gen)
        return;
    pthread_mutex_lock(&s->lock);
    s->damaged_gen = damaged_gen;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}
