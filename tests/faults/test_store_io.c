/* Every write and sync fails once, and from then on; files are damaged, locked, removed. Whatever
 * happens, a commit that returned HR_OK is there whole, and the store works again afterwards. */
#include "base/log.h"
#include "base/mem.h"
#include "store/store.h"

#include <glob.h>
#include <pthread.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[128];

/* --- a file system that fails on demand ---------------------------------------------------------
 */

typedef struct shim_file {
    sqlite3_file base;
    bool wal;
    sqlite3_file *real;
} shim_file;

static sqlite3_vfs *real_vfs;
static atomic_int ops, fail_at; /* fail_at 0: never */
static atomic_bool sticky, full, wal_unsynced;

static bool must_fail(void)
{
    int n = atomic_fetch_add(&ops, 1) + 1, at = atomic_load(&fail_at);
    return at && (atomic_load(&sticky) ? n >= at : n == at);
}

#define REAL(f)          (((shim_file *)(f))->real)
#define CALL(f, fn, ...) REAL(f)->pMethods->fn(REAL(f), __VA_ARGS__)

static int x_close(sqlite3_file *f)
{
    return REAL(f)->pMethods->xClose(REAL(f));
}
static int x_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return CALL(f, xRead, p, n, at);
}
static int x_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (must_fail())
        return atomic_load(&full) ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    if (((shim_file *)f)->wal)
        atomic_store(&wal_unsynced, true);
    return CALL(f, xWrite, p, n, at);
}
static int x_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return must_fail() ? SQLITE_IOERR_TRUNCATE : CALL(f, xTruncate, n);
}
static int x_sync(sqlite3_file *f, int flags)
{
    if (must_fail())
        return SQLITE_IOERR_FSYNC;
    if (((shim_file *)f)->wal)
        atomic_store(&wal_unsynced, false);
    return CALL(f, xSync, flags);
}
static int x_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return CALL(f, xFileSize, n);
}
static int x_lock(sqlite3_file *f, int l)
{
    return CALL(f, xLock, l);
}
static int x_unlock(sqlite3_file *f, int l)
{
    return CALL(f, xUnlock, l);
}
static int x_check(sqlite3_file *f, int *r)
{
    return CALL(f, xCheckReservedLock, r);
}
static int x_control(sqlite3_file *f, int op, void *arg)
{
    return CALL(f, xFileControl, op, arg);
}
static int x_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int x_traits(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int x_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
    return CALL(f, xShmMap, page, size, extend, p);
}
static int x_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return CALL(f, xShmLock, offset, n, flags);
}
static void x_shm_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int x_shm_unmap(sqlite3_file *f, int del)
{
    return CALL(f, xShmUnmap, del);
}

static const sqlite3_io_methods shim_methods = {
    2,          x_close,       x_read,      x_write,   x_truncate, x_sync,   x_size,
    x_lock,     x_unlock,      x_check,     x_control, x_sector,   x_traits, x_shm_map,
    x_shm_lock, x_shm_barrier, x_shm_unmap, NULL,      NULL};

static int x_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
    (void)v;
    shim_file *s = (shim_file *)f;
    s->real = (sqlite3_file *)(s + 1);
    s->wal = (flags & SQLITE_OPEN_WAL) != 0;
    int rc = must_fail() ? SQLITE_CANTOPEN : real_vfs->xOpen(real_vfs, name, s->real, flags, out);
    s->base.pMethods = rc == SQLITE_OK ? &shim_methods : NULL;
    return rc;
}

static int setup_all(void **state)
{
    (void)state;
    static sqlite3_vfs shim;
    hr_log_to_stderr(false); /* hundreds of expected complaints */
    real_vfs = sqlite3_vfs_find(NULL);
    shim = *real_vfs;
    shim.zName = "shim";
    shim.szOsFile = (int)sizeof(shim_file) + real_vfs->szOsFile;
    shim.xOpen = x_open;
    return sqlite3_vfs_register(&shim, 1);
}

/* --- helpers ------------------------------------------------------------------------------------
 */

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "hr_store_XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/store.db", dir);
    atomic_store(&fail_at, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char cmd[160];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

static hr_err open_it(hr_store **s)
{
    hr_store_opts o = hr_store_defaults();
    o.path = hr_cstr(path);
    return hr_store_open(&o, s);
}

enum { BATCH = 3 };

/* A batch that is unlike any other: `serial` names it. */
static hr_err commit(hr_store *s, int serial, hr_arena *a)
{
    hr_original o[BATCH];
    hr_pin p[BATCH];
    for (int i = 0; i < BATCH; i++) {
        hr_str t = hr_strf(a, "%d/%d %0*d", serial, i, 1 + (i * 6000), 7);
        o[i] = (hr_original){.content = t, .key = t.p ? hr_key_of(t) : (hr_key){{0}}};
        p[i] = (hr_pin){.block = hr_sha256_of(t), .text = HR_STR("short"), .key = o[i].key};
        if (!t.p)
            return HR_E_NOMEM;
    }
    hr_store_batch b = {HR_STR("conversation"), o, BATCH, p, BATCH};
    return hr_store_commit(s, &b, a);
}

/* How many of the batch's 2 * BATCH things are there. */
static int present(hr_store *s, int serial)
{
    hr_arena a;
    hr_arena_init(&a, 0);
    int n = 0;
    for (int i = 0; i < BATCH; i++) {
        hr_str t = hr_strf(&a, "%d/%d %0*d", serial, i, 1 + (i * 6000), 7);
        hr_key k = hr_key_of(t);
        hr_entry e;
        hr_err err = hr_store_get(s, hr_key_str(&k), &a, &e);
        assert_true(err == HR_OK || err == HR_E_NOTFOUND);
        if (err == HR_OK)
            assert_true(hr_str_eq(e.content, t));
        n += err == HR_OK;
        hr_sha256 block = hr_sha256_of(t);
        hr_pin p;
        bool found;
        assert_int_equal(hr_store_pins(s, HR_STR("conversation"), &block, 1, &a, &p, &found), 0);
        n += found;
    }
    hr_arena_free(&a);
    return n;
}

static int moved_aside(void)
{
    char pattern[160];
    glob_t g;
    snprintf(pattern, sizeof pattern, "%s.corrupt-*[0-9]", path);
    int n = glob(pattern, 0, NULL, &g) == 0 ? (int)g.gl_pathc : 0;
    globfree(&g);
    return n;
}

/* --- the tests ----------------------------------------------------------------------------------
 */

/* HR_OK for originals is said only when the log is synced to the disk, not just written; a trait
 * alone does not wait for that, and the next commit brings it along. */
static void test_synced(void **state)
{
    (void)state;
    hr_store *s;
    hr_arena a;
    hr_arena_init(&a, 0);
    assert_int_equal(open_it(&s), HR_OK);
    for (int i = 0; i < 50; i++) {
        hr_str out;
        assert_int_equal(
            hr_store_trait_set(s, hr_strf(&a, "c%d", i), HR_STR("t"), HR_STR("v"), &a, &out),
            HR_OK);
        assert_true(i == 0 || atomic_load(&wal_unsynced));
        assert_int_equal(commit(s, i, &a), HR_OK);
        assert_false(atomic_load(&wal_unsynced));
    }
    hr_store_close(s);
    hr_arena_free(&a);
}

static void sweep(bool fresh_file)
{
    hr_arena a;
    hr_arena_init(&a, 0);
    int failed = 0, serial = 0;
    for (int mode = 0; mode < 4; mode++) {
        bool reached = true;
        atomic_store(&sticky, mode & 1);
        atomic_store(&full, mode & 2);
        for (int n = 1; reached; n++) {
            hr_store *s;
            serial++;
            if (fresh_file)
                snprintf(path, sizeof path, "%s/%d.db", dir, serial);
            assert_int_equal(open_it(&s), HR_OK);
            if (!fresh_file)
                assert_int_equal(commit(s, -serial, &a), HR_OK);
            atomic_store(&ops, 0);
            atomic_store(&fail_at, n);
            hr_err err = commit(s, serial, &a);
            reached = atomic_load(&ops) >= n;
            atomic_store(&fail_at, 0);
            assert_true(err == HR_OK || err == HR_E_STORE);
            failed += err != HR_OK;
            int have = present(s, serial);
            assert_true(have == 2 * BATCH || (err && have == 0));
            /* The trouble is over: the next commit works, here and for a new process. */
            assert_int_equal(commit(s, serial + 100000, &a), HR_OK);
            hr_store_close(s);
            assert_int_equal(open_it(&s), HR_OK);
            int later = present(s, serial);
            assert_true(later == 2 * BATCH || (err && later == 0));
            assert_int_equal(present(s, serial + 100000), 2 * BATCH);
            if (!fresh_file)
                assert_int_equal(present(s, -serial), 2 * BATCH);
            hr_store_close(s);
            hr_arena_free(&a);
        }
    }
    assert_true(failed > 8);
    assert_int_equal(moved_aside(), 0); /* none of this is damage */
    print_message("%d failing commits\n", failed);
}

static void test_sweep(void **state)
{
    (void)state;
    sweep(false);
}

static void test_sweep_first_commit(void **state)
{
    (void)state;
    sweep(true);
}

/* Rows of the ledger wait while nothing can be written, and are not lost. */
static void test_ledger_waits(void **state)
{
    (void)state;
    hr_store *s;
    hr_arena a;
    hr_arena_init(&a, 0);
    assert_int_equal(open_it(&s), HR_OK);
    assert_int_equal(commit(s, 1, &a), HR_OK);
    assert_int_equal(present(s, 1), 2 * BATCH); /* a reader is open */
    atomic_store(&sticky, true);
    atomic_store(&full, true);
    atomic_store(&ops, 0);
    atomic_store(&fail_at, 1);
    for (int i = 0; i < 300; i++)
        hr_store_ledger_add(s, &(hr_ledger_row){.at_ms = 1000 + i, .input = 1});
    assert_int_equal(commit(s, 2, &a), HR_E_STORE);
    hr_ledger_sum sum;
    assert_int_equal(hr_store_ledger_sum(s, 0, &sum), HR_OK);
    assert_int_equal(sum.requests, 0);
    atomic_store(&fail_at, 0);
    assert_int_equal(hr_store_ledger_sum(s, 0, &sum), HR_OK);
    assert_int_equal(sum.requests, 300);
    assert_int_equal(sum.input, 300);
    hr_store_close(s);
    hr_arena_free(&a);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *commit_once(void *arg)
{
    hr_arena a;
    hr_arena_init(&a, 0);
    static atomic_int serial = 500;
    intptr_t err = (intptr_t)commit(arg, atomic_fetch_add(&serial, 1), &a);
    hr_arena_free(&a);
    return (void *)err;
}

static void test_locked(void **state)
{
    (void)state;
    hr_store *s, *second;
    hr_arena a;
    hr_arena_init(&a, 0);
    assert_int_equal(open_it(&s), HR_OK);
    assert_int_equal(commit(s, 1, &a), HR_OK);
    sqlite3 *other;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    double start = seconds();
    pthread_t t[6];
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pthread_create(&t[i], NULL, commit_once, s), 0);
        nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    }
    for (int i = 0; i < 6; i++) {
        void *err;
        pthread_join(t[i], &err);
        assert_int_equal((intptr_t)err, HR_E_STORE);
    }
    assert_true(seconds() - start < 4.5);       /* not one after the other */
    assert_int_equal(present(s, 1), 2 * BATCH); /* reading goes on */
    assert_int_equal(open_it(&second), HR_OK);
    assert_int_equal(present(second, 1), 2 * BATCH);
    start = seconds();
    assert_int_equal(commit(second, 2, &a), HR_E_STORE);
    assert_true(seconds() - start < 2.5);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(commit(second, 2, &a), HR_OK);
    assert_int_equal(commit(s, 3, &a), HR_OK);
    hr_store_close(second);
    hr_store_close(s);
    sqlite3_close(other);
    assert_int_equal(moved_aside(), 0);
    hr_arena_free(&a);
}

static void scribble(long from, size_t n)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, from, SEEK_SET);
    for (size_t i = 0; i < n; i++)
        fputc((int)(i * 37 % 251), f);
    fclose(f);
}

static void test_not_a_database(void **state)
{
    (void)state;
    hr_store *s;
    hr_arena a;
    hr_arena_init(&a, 0);
    FILE *f = fopen(path, "wb");
    fclose(f);
    scribble(0, 9000);
    assert_int_equal(open_it(&s), HR_OK);
    assert_int_equal(moved_aside(), 1);
    assert_int_equal(commit(s, 1, &a), HR_OK);
    assert_int_equal(present(s, 1), 2 * BATCH);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    hr_store_close(s);
    hr_arena_free(&a);
}

static void damage_pages(void)
{
    hr_store *s;
    hr_arena a;
    hr_arena_init(&a, 0);
    assert_int_equal(open_it(&s), HR_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(commit(s, i, &a), HR_OK);
    hr_store_close(s);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    scribble(4096, (size_t)st.st_size - 4096); /* all but the page with the schema's root */
    hr_arena_free(&a);
}

static void test_damage_met_by_writer(void **state)
{
    (void)state;
    hr_store *s;
    hr_arena a;
    hr_arena_init(&a, 0);
    damage_pages();
    hr_err err = open_it(&s);
    assert_int_equal(err, HR_OK);
    assert_int_equal(commit(s, 100, &a), HR_OK);
    assert_int_equal(moved_aside(), 1);
    assert_int_equal(present(s, 100), 2 * BATCH);
    assert_int_equal(present(s, 1), 0);
    hr_store_close(s);
    hr_arena_free(&a);
}

static void test_damage_met_by_reader(void **state)
{
    (void)state;
    hr_store *s;
    hr_arena a;
    hr_arena_init(&a, 0);
    damage_pages();
    assert_int_equal(open_it(&s), HR_OK);
    hr_entry e;
    hr_key k = hr_key_of(HR_STR("anything"));
    hr_err err = hr_store_get(s, hr_key_str(&k), &a, &e);
    assert_true(err == HR_E_STORE || err == HR_E_NOTFOUND);
    for (int i = 0; i < 200 && !moved_aside(); i++) {
        (void)hr_store_get(s, hr_key_str(&k), &a, &e);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_int_equal(moved_aside(), 1);
    assert_int_equal(commit(s, 100, &a), HR_OK);
    assert_int_equal(present(s, 100), 2 * BATCH);
    assert_int_equal(moved_aside(), 1);
    hr_store_close(s);
    hr_arena_free(&a);
}

static void test_removed_while_open(void **state)
{
    (void)state;
    hr_store *s, *second;
    hr_arena a;
    hr_arena_init(&a, 0);
    for (int all = 0; all < 2; all++) {
        assert_int_equal(open_it(&s), HR_OK);
        assert_int_equal(commit(s, 1, &a), HR_OK);
        assert_int_equal(present(s, 1), 2 * BATCH);
        char other[160];
        unlink(path);
        for (int i = 0; i < 2 && all; i++) {
            snprintf(other, sizeof other, "%s%s", path, i ? "-wal" : "-shm");
            unlink(other);
        }
        assert_int_equal(commit(s, 2, &a), HR_OK);
        assert_int_equal(present(s, 2), 2 * BATCH);
        assert_int_equal(open_it(&second), HR_OK); /* it is in the file that others see */
        assert_int_equal(present(second, 2), 2 * BATCH);
        hr_store_close(second);
        hr_store_close(s);
    }
    hr_arena_free(&a);
}

static void test_cannot_be_made(void **state)
{
    (void)state;
    hr_store *s;
    hr_arena a;
    hr_arena_init(&a, 0);
    char file[100];
    snprintf(file, sizeof file, "%s/in", dir);
    snprintf(path, sizeof path, "%s/way/store.db", file);
    FILE *f = fopen(file, "w");
    fclose(f);
    assert_int_equal(open_it(&s), HR_E_STORE); /* a file where a directory should be */
    assert_null(s);
    unlink(file);
    assert_int_equal(open_it(&s), HR_OK);
    f = fopen(file, "w");
    fclose(f);
    assert_int_equal(commit(s, 1, &a), HR_E_STORE);
    assert_int_equal(commit(s, 1, &a), HR_E_STORE);
    assert_int_equal(present(s, 1), 0);
    unlink(file);
    assert_int_equal(commit(s, 1, &a), HR_OK);
    assert_int_equal(present(s, 1), 2 * BATCH);
    hr_store_close(s);
    /* A directory where the file should be. */
    snprintf(path, sizeof path, "%s/in", dir);
    assert_int_equal(open_it(&s), HR_E_STORE);
    assert_int_equal(moved_aside(), 0);
    hr_arena_free(&a);
}

static void test_newer_schema(void **state)
{
    (void)state;
    hr_store *s;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(open_it(&s), HR_E_CORRUPT);
    assert_null(s);
    assert_int_equal(moved_aside(), 0);
}

/* One round of everything; true when no allocation was refused. */
static bool everything(int serial)
{
    hr_store *s;
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_err err = open_it(&s);
    if (err) {
        assert_int_equal(err, HR_E_NOMEM);
        return false;
    }
    bool ok = commit(s, serial, &a) == HR_OK;
    hr_str out;
    ok &= hr_store_trait_set(s, HR_STR("c"), HR_STR("t"), HR_STR("v"), &a, &out) == HR_OK;
    ok &= hr_store_trait_get(s, HR_STR("c"), HR_STR("t"), &a, &out) == HR_OK;
    hr_str t = HR_STR("once more");
    hr_original o = {.content = t, .key = hr_key_of(t)};
    hr_pin p = {.block = hr_sha256_of(t), .text = HR_STR("short"), .key = o.key}, got;
    hr_store_batch b = {HR_STR("c"), &o, 1, &p, 1};
    ok &= hr_store_commit(s, &b, &a) == HR_OK;
    bool found;
    ok &= hr_store_pins(s, HR_STR("c"), &p.block, 1, &a, &got, &found) == HR_OK;
    if (ok)
        assert_true(found && hr_str_eq(got.text, p.text));
    hr_entry e;
    err = hr_store_get(s, hr_key_str(&o.key), &a, &e);
    assert_true(err == HR_OK || err == HR_E_NOMEM || err == HR_E_NOTFOUND);
    ok &= err == HR_OK;
    ok &= hr_store_has(s, hr_key_str(&o.key));
    ok &= hr_store_miss_text(s, HR_E_NOTFOUND, NULL, &a).p != NULL;
    hr_store_ledger_add(s, &(hr_ledger_row){.model = HR_STR("m")});
    hr_retrieval *r;
    size_t n;
    ok &= hr_store_recent(s, &a, 10, &r, &n) == HR_OK;
    hr_store_stats st;
    ok &= hr_store_stats_get(s, &st) == HR_OK;
    hr_ledger_sum sum;
    ok &= hr_store_ledger_sum(s, 0, &sum) == HR_OK && sum.requests > 0;
    hr_store_close(s);
    hr_arena_free(&a);
    return ok;
}

static void test_allocations(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        bool done = false;
        size_t n = 0;
        while (!done) {
            snprintf(path, sizeof path, "%s/%zu.db", dir, n % 5);
            if (memory)
                path[0] = 0;
            hr_mem_fail_at(++n);
            bool ok = everything((int)n);
            done = hr_mem_fail_at(0) < n;
            if (done)
                assert_true(ok);
        }
        print_message("%zu allocations failed\n", n - 1);
        assert_true(n > 10);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_synced),
        T(test_sweep),
        T(test_sweep_first_commit),
        T(test_ledger_waits),
        T(test_locked),
        T(test_not_a_database),
        T(test_damage_met_by_writer),
        T(test_damage_met_by_reader),
        T(test_removed_while_open),
        T(test_cannot_be_made),
        T(test_newer_schema),
        T(test_allocations),
    };
    return cmocka_run_group_tests(tests, setup_all, NULL);
}
