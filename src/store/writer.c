/* The writer thread: what waits is written together in one transaction, with one fsync. While that
 * runs the next group gathers; nobody is made to wait in order to fill a group. */
#include "base/log.h"
#include "base/mem.h"
#include "store/internal.h"

#include <time.h>

enum { MS = 1000000 };

typedef struct group {
    hr_job *jobs;  /* COMMIT and TRAIT jobs, in order of arrival */
    hr_job *other; /* OPEN, SWEEP, FLUSH */
    size_t n;
    hr_note_list notes;
    hr_ledger_list ledger;
} group;

/* --- one transaction -------------------------------------------------------------------------- */

static hr_err apply_all(hr_store *s, hr_job *jobs, const group *notes_of)
{
    hr_err err = HR_OK;
    for (hr_job *j = jobs; j && !err; j = j->next)
        err = hr_apply_job(s, j);
    if (notes_of) {
        for (const hr_note *n = notes_of->notes.first; n && !err; n = n->next)
            err = hr_apply_note(s, n);
        for (const hr_ledger_node *n = notes_of->ledger.first; n && !err; n = n->next)
            err = hr_apply_ledger(s, &n->row);
    }
    return err;
}

/* Some batch of these must survive a power cut. */
static bool needs_disk(const hr_job *jobs)
{
    for (const hr_job *j = jobs; j; j = j->next) {
        if (j->batch && !j->batch->crash_only)
            return true;
    }
    return false;
}

static hr_err transaction(hr_store *s, hr_job *jobs, const group *notes_of)
{
    hr_conn *w = &s->writer;
    hr_err err = hr_conn_wait_for_disk(w, needs_disk(jobs));
    if (!err)
        err = hr_conn_run(w, HR_SQL_BEGIN_WRITE);
    if (err)
        return err;
    uint64_t evicted = 0;
    err = apply_all(s, jobs, notes_of);
    if (!err && jobs)
        err = hr_apply_evict(s, &evicted);
    if (!err)
        err = hr_conn_run(w, HR_SQL_COMMIT);
    if (err)
        s->why = sqlite3_errstr(sqlite3_extended_errcode(w->db));
    if (err && !sqlite3_get_autocommit(w->db))
        (void)hr_conn_run(w, HR_SQL_ROLLBACK);
    if (!err) {
        atomic_fetch_add(&s->groups, 1);
        atomic_fetch_add(&s->evictions, evicted);
    }
    return err;
}

/* As transaction, but a damaged file is replaced once. */
static hr_err attempt(hr_store *s, hr_job *jobs, const group *notes_of)
{
    hr_err err = hr_db_ensure(s, true);
    if (!err)
        err = transaction(s, jobs, notes_of);
    if (err == HR_E_CORRUPT) {
        err = hr_db_recover(s);
        if (!err)
            err = transaction(s, jobs, notes_of);
    }
    return err;
}

/* A full disk fails every request: one line in ten seconds is enough. */
static void complain(hr_store *s, hr_err err)
{
    uint64_t now = hr_real_ns();
    if (s->complained_ns && now - s->complained_ns < 10000ull * MS)
        return;
    s->complained_ns = now;
    hr_warn("store: nothing can be written (%s)", s->why ? s->why : hr_err_text(err));
}

static void run_jobs(hr_store *s, group *g)
{
    if (!g->jobs && !g->notes.n && !g->ledger.n)
        return;
    uint64_t since = g->jobs ? g->jobs->since_ns : hr_real_ns();
    s->busy_until_ns = since + (uint64_t)HR_STORE_WAIT_MS * MS;
    bool with_notes = g->notes.n || g->ledger.n;
    s->why = NULL;
    hr_err err = attempt(s, g->jobs, with_notes ? g : NULL);
    for (hr_job *j = g->jobs; j; j = j->next)
        j->err = err;
    if (!err) {
        hr_note_list_free(&g->notes);
        hr_ledger_list_free(&g->ledger);
    } else if (g->jobs && err != HR_E_BUSY && (g->n > 1 || with_notes)) {
        /* One of them may be to blame: each on its own. Notes and rows try again later. */
        for (hr_job *j = g->jobs, *next; j; j = next) {
            next = j->next;
            j->next = NULL;
            j->err = attempt(s, j, NULL);
            j->next = next;
        }
    }
    if (err)
        complain(s, err);
}

/* The log is copied into the database after the callers were answered. */
static void checkpoint(hr_store *s)
{
    hr_conn *w = &s->writer;
    if (!s->path || !w->db || w->wal_frames < HR_STORE_CHECKPOINT_FRAMES)
        return;
    s->busy_until_ns = 0; /* do not wait for readers */
    int mode = w->wal_frames < HR_STORE_TRUNCATE_FRAMES ? SQLITE_CHECKPOINT_PASSIVE
                                                        : SQLITE_CHECKPOINT_TRUNCATE;
    (void)sqlite3_wal_checkpoint_v2(w->db, NULL, mode, NULL, NULL);
    w->wal_frames = 0;
}

/* --- the queue -------------------------------------------------------------------------------- */

/* Takes the next group; the rest stays queued. Called with the lock. */
static void take(hr_store *s, group *g, bool with_notes)
{
    size_t bytes = 0, entries = 0;
    hr_job **to = &g->jobs, **others = &g->other;
    while (s->jobs) {
        hr_job *j = s->jobs;
        size_t cap = s->opts.max_bytes < HR_STORE_GROUP_BYTES ? (size_t)s->opts.max_bytes
                                                              : HR_STORE_GROUP_BYTES;
        size_t originals = j->batch ? j->batch->noriginals : 0;
        if (g->n && (g->n >= HR_STORE_GROUP_JOBS || j->bytes > cap || bytes > cap - j->bytes ||
                     (s->opts.max_entries && entries + originals > s->opts.max_entries)))
            break;
        s->jobs = j->next;
        j->next = NULL;
        if (j->kind == HR_JOB_COMMIT || j->kind == HR_JOB_TRAIT) {
            *to = j;
            to = &j->next;
            bytes += j->bytes;
            entries += originals;
            g->n++;
        } else {
            *others = j;
            others = &j->next;
            with_notes = true;
        }
    }
    if (!s->jobs)
        s->jobs_last = &s->jobs;
    if (with_notes) {
        g->notes = s->notes;
        g->ledger = s->ledger;
        s->notes = (hr_note_list){NULL, &s->notes.first, 0};
        s->ledger = (hr_ledger_list){NULL, &s->ledger.first, 0};
        s->notes_since_ns = 0;
    }
}

/* What could not be written goes back to the head of its queue. Called with the lock. */
static void put_back(hr_store *s, group *g)
{
    if (g->notes.first) {
        *g->notes.last = s->notes.first;
        if (!s->notes.first)
            s->notes.last = g->notes.last;
        s->notes.first = g->notes.first;
        s->notes.n += g->notes.n;
    }
    if (g->ledger.first) {
        *g->ledger.last = s->ledger.first;
        if (!s->ledger.first)
            s->ledger.last = g->ledger.last;
        s->ledger.first = g->ledger.first;
        s->ledger.n += g->ledger.n;
    }
    if (g->notes.first || g->ledger.first) {
        s->notes_since_ns = hr_real_ns();
        s->notes_retry_ns = s->notes_since_ns + (uint64_t)HR_STORE_NOTE_MS * MS;
    }
}

static void answer(hr_job *list)
{
    for (hr_job *j = list, *next; j; j = next) {
        next = j->next; /* the job is gone as soon as its owner sees `done` */
        j->done = true;
        pthread_cond_signal(&j->cond);
    }
}

static hr_err run_other(hr_store *s, const hr_job *j)
{
    s->busy_until_ns = hr_real_ns() + (uint64_t)HR_STORE_WAIT_MS * MS;
    if (j->kind == HR_JOB_FLUSH)
        return HR_OK;
    hr_err err = hr_db_ensure(s, false);
    bool more = j->kind == HR_JOB_SWEEP;
    while (!err && more)
        err = hr_sweep_step(s, &more);
    return err == HR_E_NOTFOUND && j->kind == HR_JOB_SWEEP ? HR_OK : err;
}

/* With the lock: until there is something to do. Returns what. */
static bool wait_for_work(hr_store *s, uint64_t next_sweep_ns)
{
    for (;;) {
        uint64_t now = hr_real_ns();
        uint64_t notes_due =
            s->notes_since_ns ? s->notes_since_ns + HR_STORE_NOTE_MS * MS : UINT64_MAX;
        bool many = s->ledger.n + s->notes.n >= HR_STORE_LEDGER_BATCH && now >= s->notes_retry_ns;
        bool notes = many || now >= notes_due || s->stop;
        if (s->jobs || s->damaged_gen || s->stop || notes || now >= next_sweep_ns)
            return notes;
        uint64_t until = notes_due < next_sweep_ns ? notes_due : next_sweep_ns;
        struct timespec t = {.tv_sec = (time_t)(until / 1000000000u),
                             .tv_nsec = (long)(until % 1000000000u)};
        pthread_cond_timedwait(&s->wake, &s->lock, &t);
    }
}

/* Sweeping gives way to callers between its steps. */
static bool sweep_some(hr_store *s)
{
    bool more = true;
    s->busy_until_ns = hr_real_ns() + 200ull * MS;
    if (hr_db_ensure(s, false))
        return false;
    while (more) {
        if (hr_sweep_step(s, &more))
            return false;
        pthread_mutex_lock(&s->lock);
        bool wanted = s->jobs || s->stop;
        pthread_mutex_unlock(&s->lock);
        if (wanted)
            return more;
    }
    return false;
}

static void write_group(hr_store *s, group *g, uint64_t damaged_gen)
{
    if (!s->path)
        pthread_mutex_lock(&s->mem_lock);
    if (damaged_gen && damaged_gen == hr_db_generation(s)) {
        s->busy_until_ns = hr_real_ns() + (uint64_t)HR_STORE_WAIT_MS * MS;
        (void)hr_db_recover(s);
    }
    run_jobs(s, g);
    for (hr_job *j = g->other; j; j = j->next)
        j->err = run_other(s, j);
    if (!s->path)
        pthread_mutex_unlock(&s->mem_lock);
}

static void *writer_main(void *arg)
{
    hr_store *s = arg;
    uint64_t next_sweep = hr_real_ns() + 5000ull * MS;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        bool notes = wait_for_work(s, next_sweep);
        bool stopping = s->stop;
        uint64_t damaged_gen = s->damaged_gen;
        s->damaged_gen = 0;
        group g = {0};
        take(s, &g, notes);
        size_t noted = g.notes.n + g.ledger.n;
        if (g.jobs || g.other || noted || damaged_gen) {
            pthread_mutex_unlock(&s->lock);
            write_group(s, &g, damaged_gen);
            pthread_mutex_lock(&s->lock);
            atomic_fetch_sub(&s->waiting, noted - g.notes.n - g.ledger.n);
            put_back(s, &g);
            answer(g.jobs);
            answer(g.other);
        }
        if (stopping && !s->jobs)
            break;
        pthread_mutex_unlock(&s->lock);
        checkpoint(s);
        if (hr_real_ns() >= next_sweep) {
            if (!s->path)
                pthread_mutex_lock(&s->mem_lock);
            bool more = sweep_some(s);
            if (!s->path)
                pthread_mutex_unlock(&s->mem_lock);
            next_sweep = hr_real_ns() + (more ? 1 : (uint64_t)HR_STORE_SWEEP_MS) * MS;
        }
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* --- for the callers -------------------------------------------------------------------------- */

hr_err hr_writer_do(hr_store *s, hr_job *job)
{
    pthread_cond_init(&job->cond, NULL);
    job->since_ns = hr_real_ns();
    job->next = NULL;
    pthread_mutex_lock(&s->lock);
    *s->jobs_last = job;
    s->jobs_last = &job->next;
    pthread_cond_signal(&s->wake);
    while (!job->done)
        pthread_cond_wait(&job->cond, &s->lock);
    pthread_mutex_unlock(&s->lock);
    pthread_cond_destroy(&job->cond);
    return job->err;
}

void hr_writer_flush(hr_store *s)
{
    if (atomic_load(&s->waiting) == 0)
        return;
    hr_job job = {.kind = HR_JOB_FLUSH};
    (void)hr_writer_do(s, &job);
}

void hr_writer_note(hr_store *s, hr_note *note)
{
    pthread_mutex_lock(&s->lock);
    bool room = s->notes.n < HR_STORE_NOTES;
    if (room) {
        *s->notes.last = note;
        s->notes.last = &note->next;
        s->notes.n++;
        atomic_fetch_add(&s->waiting, 1);
        if (!s->notes_since_ns) {
            s->notes_since_ns = hr_real_ns();
            pthread_cond_signal(&s->wake);
        }
    }
    pthread_mutex_unlock(&s->lock);
    if (!room)
        hr_free(note);
}

void hr_note_list_free(hr_note_list *l)
{
    for (hr_note *n = l->first, *next; n; n = next) {
        next = n->next;
        hr_free(n);
    }
    *l = (hr_note_list){0};
}

void hr_ledger_list_free(hr_ledger_list *l)
{
    for (hr_ledger_node *n = l->first, *next; n; n = next) {
        next = n->next;
        hr_free(n);
    }
    *l = (hr_ledger_list){0};
}

hr_err hr_writer_start(hr_store *s)
{
    s->jobs_last = &s->jobs;
    s->notes.last = &s->notes.first;
    s->ledger.last = &s->ledger.first;
    return pthread_create(&s->thread, NULL, writer_main, s) == 0 ? HR_OK : HR_E_STORE;
}

void hr_writer_stop(hr_store *s)
{
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    if (s->notes.n || s->ledger.n || s->ledger_dropped)
        hr_warn("store: %zu ledger rows were not written", s->ledger.n + s->ledger_dropped);
    hr_note_list_free(&s->notes);
    hr_ledger_list_free(&s->ledger);
}
