/* kill -9 at any point loses nothing that was promised; two processes agree on every pin. */
#include "../store_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { ROUNDS = 30, THREADS = 3 };

/* With the real clock; also called by children, which may not assert. */
static hr_store *try_open(void)
{
    hr_store_opts o = hr_store_defaults();
    hr_store *s = NULL;
    o.path = hr_cstr(path);
    return hr_store_open(&o, &s) == HR_OK ? s : NULL;
}

typedef struct promise {
    uint32_t round, thread, serial;
} promise;

/* What was promised can be computed again from its number. Sizes from a few bytes to 200 KB. */
static hr_str content_of(const promise *p, hr_arena *a)
{
    size_t n = (p->serial * 7919u) % 100 == 0 ? 200000 : 40 + (p->serial * 7919u) % 3000;
    char *t = hr_alloc(a, n);
    for (size_t i = 0; i < n; i++)
        t[i] = (char)('a' + (i * 31 + p->serial) % 26);
    snprintf(t, n, "round %u thread %u serial %u", p->round, p->thread, p->serial);
    return (hr_str){t, n};
}

static hr_sha256 block_of(const promise *p)
{
    return hr_sha256_of((hr_str){(const char *)p, sizeof *p});
}

typedef struct worker {
    hr_store *s;
    int fd;
    uint32_t round, thread;
} worker;

static void *work(void *arg)
{
    const worker *w = arg;
    hr_arena a;
    hr_arena_init(&a, 0);
    for (uint32_t i = 0;; i++) {
        promise p = {w->round, w->thread, i};
        hr_original o = {.content = content_of(&p, &a)};
        o.key = hr_key_of(o.content);
        hr_pin pin = {.block = block_of(&p), .text = HR_STR("short"), .key = o.key};
        hr_store_batch b = {HR_STR("conversation"), &o, 1, &pin, 1};
        if (hr_store_commit(w->s, &b, &a) != HR_OK || write(w->fd, &p, sizeof p) != sizeof p)
            _exit(1);
        hr_arena_free(&a);
    }
    return NULL;
}

static void child(int fd, uint32_t round)
{
    hr_store *s = try_open();
    if (!s)
        _exit(2);
    worker w[THREADS];
    pthread_t t[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        w[i] = (worker){s, fd, round, i};
        if (pthread_create(&t[i], NULL, work, &w[i]) != 0)
            _exit(3);
    }
    pthread_join(t[0], NULL);
    _exit(4);
}

static void test_kill(void **state)
{
    (void)state;
    size_t promised = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            close(fds[0]);
            child(fds[1], round);
        }
        close(fds[1]);
        promise p[4096];
        size_t n = 0;
        /* Killed from 0 to 40 ms after its first promise: in any phase of a later commit. */
        struct timespec wait = {.tv_nsec = (long)(round * 1361u % 40) * 1000000 + round * 7919};
        assert_int_equal(read(fds[0], &p[n++], sizeof *p), sizeof *p);
        nanosleep(&wait, NULL);
        kill(pid, SIGKILL);
        while (n < 4096 && read(fds[0], &p[n], sizeof *p) == sizeof *p)
            n++;
        close(fds[0]);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

        hr_store *s = try_open();
        assert_non_null(s);
        hr_arena a;
        hr_arena_init(&a, 0);
        for (size_t i = 0; i < n; i++) {
            hr_str want = content_of(&p[i], &a);
            hr_key k = hr_key_of(want);
            hr_entry e;
            assert_int_equal(hr_store_get(s, hr_key_str(&k), &a, &e), HR_OK);
            assert_true(hr_str_eq(e.content, want));
            hr_sha256 block = block_of(&p[i]);
            hr_pin pin;
            bool found;
            assert_int_equal(hr_store_pins(s, HR_STR("conversation"), &block, 1, &a, &pin, &found),
                             HR_OK);
            assert_true(found);
            assert_string_equal(pin.key.hex, k.hex);
            hr_arena_free(&a);
        }
        promised += n;
        hr_store_close(s);
    }
    print_message("%zu promises kept\n", promised);
    assert_true(promised > ROUNDS);
}

enum { RACE_PINS = 300 };

/* B begins at the other end; neither goes on before both have made their first decision. */
static void race(int go, int fd, const char *who)
{
    hr_store *s = try_open();
    char ready;
    if (!s)
        _exit(2);
    hr_arena a;
    hr_arena_init(&a, 0);
    char winners[RACE_PINS];
    for (uint32_t k = 0; k < RACE_PINS; k++) {
        uint32_t i = *who == 'A' ? k : RACE_PINS - 1 - k;
        hr_original o = {.content = HR_STR("shared by both")};
        o.key = hr_key_of(o.content);
        hr_pin pin = {.block = block_of(&(promise){0, 0, i}), .text = hr_cstr(who), .key = o.key};
        hr_store_batch b = {HR_STR("race"), &o, 1, &pin, 1};
        if (hr_store_commit(s, &b, &a) != HR_OK || pin.text.n != 1)
            _exit(5);
        winners[i] = pin.text.p[0];
        if (k == 0 && (write(fd, "r", 1) != 1 || read(go, &ready, 1) != 1))
            _exit(7);
    }
    hr_arena_free(&a);
    hr_store_close(s);
    _exit(write(fd, winners, sizeof winners) == sizeof winners ? 0 : 6);
}

static void test_two_processes(void **state)
{
    (void)state;
    int fds[2][2], go[2];
    assert_int_equal(pipe(go), 0);
    pid_t pid[2];
    char seen[2][RACE_PINS];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(fds[i]), 0);
        pid[i] = fork();
        assert_true(pid[i] >= 0);
        if (pid[i] == 0)
            race(go[0], fds[i][1], i ? "B" : "A");
        close(fds[i][1]);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(read(fds[i][0], seen[i], 1), 1);
    assert_int_equal(write(go[1], "go", 2), 2);
    for (int i = 0; i < 2; i++) {
        size_t got = 0;
        ssize_t n;
        while (got < RACE_PINS && (n = read(fds[i][0], seen[i] + got, RACE_PINS - got)) > 0)
            got += (size_t)n;
        int status;
        assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
        assert_int_equal(status, 0);
        assert_int_equal(got, RACE_PINS);
        close(fds[i][0]);
    }
    assert_memory_equal(seen[0], seen[1], RACE_PINS);
    size_t a_won = 0;
    for (size_t i = 0; i < RACE_PINS; i++)
        a_won += seen[0][i] == 'A';
    print_message("A decided %zu of %d\n", a_won, RACE_PINS);
    assert_true(a_won > 0 && a_won < RACE_PINS);
    close(go[0]);
    close(go[1]);
    hr_store *s = try_open();
    hr_store_stats st;
    assert_non_null(s);
    assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
    assert_int_equal(st.entries, 1);
    assert_int_equal(st.pins, RACE_PINS);
    assert_int_equal(st.conversations, 1);
    hr_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_processes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
