/* Loops, timers, the work pool, draining and signals. */
#include "net_harness.h"

#include <signal.h>

/* --- work pool ------------------------------------------------------------------------------ */

typedef struct job {
    hr_loop *loop;
    _Atomic int *worked, *done, *wrong;
    unsigned ms;
} job;

static pthread_t loop_thread;

static void note_thread(void *ctx)
{
    loop_thread = pthread_self();
    atomic_store((_Atomic int *)ctx, 1);
}

static void work(void *ctx)
{
    job *j = ctx;
    if (pthread_equal(pthread_self(), loop_thread))
        ++*j->wrong;
    nap(j->ms);
    ++*j->worked;
}

static void done(void *ctx)
{
    job *j = ctx;
    if (!pthread_equal(pthread_self(), loop_thread))
        ++*j->wrong;
    ++*j->done;
}

typedef struct batch {
    hr_loop *loop;
    job jobs[64];
    unsigned n;
    _Atomic int ok, busy;
} batch;

static void submit_all(void *ctx)
{
    batch *b = ctx;
    for (unsigned i = 0; i < b->n; i++) {
        hr_err e = hr_pool_submit(b->loop, work, done, &b->jobs[i]);
        b->ok += e == HR_OK;
        b->busy += e == HR_E_BUSY;
    }
}

static void test_pool(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){.workers = 2, .queue_limit = 5});
    hr_loop *l = hr_net_loop(s->net, 0);
    _Atomic int worked = 0, finished = 0, wrong = 0, seen = 0;
    hr_net_stats stats;
    hr_net_stats_get(s->net, &stats);
    assert_int_equal(stats.pool_workers, 0); /* none before there is work */
    assert_int_equal(hr_loop_post(l, note_thread, &seen), HR_OK);
    wait_for(seen);
    static batch b;
    memset(&b, 0, sizeof(b));
    b.loop = l;
    b.n = 20;
    for (unsigned i = 0; i < b.n; i++)
        b.jobs[i] = (job){.worked = &worked, .done = &finished, .wrong = &wrong, .ms = 30};
    hr_loop_post(l, submit_all, &b);
    wait_for(b.ok + b.busy == 20);
    assert_true(b.ok >= 5 && b.ok <= 7);
    wait_for(finished == b.ok);
    assert_int_equal(worked, b.ok);
    assert_int_equal(wrong, 0);
    hr_net_stats_get(s->net, &stats);
    assert_int_equal(stats.pool_done, b.ok);
    assert_int_equal(stats.pool_refused, b.busy);
    assert_int_equal(stats.pool_queued, 0);
    assert_int_equal(stats.pool_running, 0);
    assert_int_equal(stats.pool_workers, 2);
    assert_int_equal(stats.pool_queued_max, 5);
    assert_true(stats.pool_run_us_max >= 29000);
    assert_true(stats.pool_wait_us_max >= 20000);
    server_stop(s);
}

/* A stop waits for jobs: their done is called. */
static void test_stop_waits_for_jobs(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){.workers = 1});
    hr_loop *l = hr_net_loop(s->net, 0);
    _Atomic int worked = 0, finished = 0, wrong = 0, seen = 0;
    hr_loop_post(l, note_thread, &seen);
    static batch b;
    memset(&b, 0, sizeof(b));
    b.loop = l;
    b.n = 3;
    for (unsigned i = 0; i < b.n; i++)
        b.jobs[i] = (job){.worked = &worked, .done = &finished, .wrong = &wrong, .ms = 50};
    hr_loop_post(l, submit_all, &b);
    wait_for(b.ok == 3);
    hr_net_stop(s->net, 0);
    pthread_join(s->thread, NULL);
    assert_int_equal(finished, 3);
    assert_int_equal(wrong, 0);
    assert_int_equal(hr_loop_post(l, note_thread, &seen), HR_E_CLOSED);
    hr_net_close(s->net);
    free(s);
}

/* --- timers and posts ----------------------------------------------------------------------- */

typedef struct times {
    hr_loop *loop;
    _Atomic int fired, cancelled, posted;
    hr_timer *t;
    uint64_t from, late;
} times;

static void count(void *ctx)
{
    times *t = ctx;
    t->late = hr_now_ns(&hr_clock_system) - t->from;
    t->fired++;
}

static void never(void *ctx)
{
    times *t = ctx;
    t->cancelled++;
}

static void start_timers(void *ctx)
{
    times *t = ctx;
    t->from = hr_now_ns(&hr_clock_system);
    hr_timer_start(t->loop, 50, count, t);
    t->t = hr_timer_start(t->loop, 20, never, t);
    hr_timer_cancel(t->t);
    hr_timer_start(t->loop, 3600000, never, t); /* dropped at the end */
}

static void posted(void *ctx)
{
    times *t = ctx;
    t->posted++;
}

static void *post_many(void *ctx)
{
    times *t = ctx;
    for (int i = 0; i < 1000; i++)
        hr_loop_post(t->loop, posted, t);
    return NULL;
}

static void test_timers_and_posts(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){.loops = 2});
    assert_int_equal(hr_net_loops(s->net), 2);
    times t = {.loop = hr_net_loop(s->net, 1)};
    hr_loop_post(t.loop, start_timers, &t);
    wait_for(t.fired == 1);
    assert_true(t.late >= 49000000);
    assert_int_equal(t.cancelled, 0);
    pthread_t th[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&th[i], NULL, post_many, &t);
    for (int i = 0; i < 4; i++)
        pthread_join(th[i], NULL);
    wait_for(t.posted == 4000);
    server_stop(s);
}

/* --- several loops -------------------------------------------------------------------------- */

typedef struct load {
    server *s;
    int good;
} load;

static void *load_main(void *arg)
{
    load *l = arg;
    for (int i = 0; i < 30; i++) {
        char m[200];
        static const char *const path[] = {"/hello", "/relay/hello", "/relay/chunked/9000",
                                           "/relay/relay/len/5"};
        snprintf(m, sizeof(m), "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                 path[i % 4]);
        char *a = ask(l->s->port, m);
        l->good += strstr(a, "200 OK") != NULL;
        free(a);
    }
    return NULL;
}

static void test_many_loops(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){.loops = 3});
    pthread_t th[6];
    load l[6];
    for (int i = 0; i < 6; i++) {
        l[i] = (load){s, 0};
        pthread_create(&th[i], NULL, load_main, &l[i]);
    }
    for (int i = 0; i < 6; i++) {
        pthread_join(th[i], NULL);
        assert_int_equal(l[i].good, 30);
    }
    hr_net_stats stats;
    hr_net_stats_get(s->net, &stats);
    assert_true(stats.accepted >= 180);
    assert_true(stats.fetches >= 6 * 30 * 3 / 4);
    server_stop(s);
}

/* --- draining ------------------------------------------------------------------------------- */

static void expect_closed(int fd)
{
    char c;
    assert_int_equal(recv(fd, &c, 1, 0), 0);
}

static void test_drain(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){.drain_ms = 5000});
    uint16_t port = s->port;
    int idle = dial_port(port), used = dial_port(port), busy = dial_port(port);
    send_str(used, "GET /relay/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    free(read_until(used, "hello"));
    send_str(busy, "GET /relay/slow/20 HTTP/1.1\r\nHost: a\r\n\r\n");
    free(read_until(busy, "tick"));
    uint64_t t0 = hr_now_ns(&hr_clock_system);
    kill(getpid(), SIGTERM);
    expect_closed(idle); /* at once */
    expect_closed(used);
    assert_true(hr_now_ns(&hr_clock_system) - t0 < 200000000);
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* nobody listens */
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), -1);
    close(fd);
    char *r = read_to_end(busy, NULL); /* to its end, then closed */
    assert_non_null(strstr(r, "\r\n0\r\n\r\n"));
    free(r);
    pthread_join(s->thread, NULL);
    assert_int_equal(s->signal, SIGTERM);
    assert_int_equal(s->requests, s->closes);
    assert_int_equal(s->closed_ok, s->closes);
    close(idle);
    close(used);
    close(busy);
    hr_net_close(s->net);
    free(s);
}

static void test_drain_limit(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){.drain_ms = 150});
    int fd = dial_port(s->port);
    send_str(fd, "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(s->requests == 1);
    uint64_t t0 = hr_now_ns(&hr_clock_system);
    kill(getpid(), SIGINT);
    pthread_join(s->thread, NULL);
    uint64_t took = hr_now_ns(&hr_clock_system) - t0;
    assert_true(took > 140000000 && took < 2000000000);
    assert_int_equal(s->signal, SIGINT);
    assert_int_equal(s->last_close, HR_E_CANCELLED);
    assert_int_equal(s->closes, 1);
    close(fd);
    hr_net_close(s->net);
    free(s);
}

static void test_second_signal(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){.drain_ms = 60000, .loops = 2});
    int fd = dial_port(s->port);
    send_str(fd, "GET /relay/never HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(s->requests == 2);
    kill(getpid(), SIGTERM);
    nap(100);
    assert_int_equal(s->closes, 0);
    kill(getpid(), SIGTERM);
    pthread_join(s->thread, NULL);
    assert_int_equal(s->closes, 2);
    close(fd);
    hr_net_close(s->net);
    free(s);
}

static void test_drain_answers_running_upload(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    int fd = dial_port(s->port);
    send_str(fd, "POST /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
    wait_for(s->body_bytes == 3);
    hr_net_stop(s->net, 5000);
    nap(50);
    send_str(fd, "def");
    char *a = read_to_end(fd, NULL);
    assert_non_null(strstr(a, "sank 6"));
    assert_non_null(strstr(a, "connection: close"));
    free(a);
    close(fd);
    pthread_join(s->thread, NULL);
    hr_net_close(s->net);
    free(s);
}

static void test_never_run(void **st)
{
    (void)st;
    hr_net_opts o = {.host = HR_STR("localhost"), .loops = 2};
    hr_net *n;
    char why[256];
    assert_int_equal(hr_net_open(&o, &n, why), HR_OK);
    hr_net_close(n);
    o.host = HR_STR("no such host");
    assert_int_equal(hr_net_open(&o, &n, why), HR_E_CONNECT);
    assert_non_null(strstr(why, "no such host"));
    /* stopped before it runs */
    o.host = HR_STR("127.0.0.1");
    assert_int_equal(hr_net_open(&o, &n, why), HR_OK);
    hr_net_stop(n, 0);
    assert_int_equal(hr_net_run(n), 0);
    hr_net_close(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_stop_waits_for_jobs),
        cmocka_unit_test(test_timers_and_posts),
        cmocka_unit_test(test_many_loops),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_drain_limit),
        cmocka_unit_test(test_second_signal),
        cmocka_unit_test(test_drain_answers_running_upload),
        cmocka_unit_test(test_never_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
