/* Every allocation of the loop's thread fails once (and all after it): requests may be lost, but
 * nothing crashes, hangs or leaks, every exchange gets its last callback, and the server goes on
 * when memory is back. */
#include "../unit/net_harness.h"

static _Atomic size_t fail_at;
static _Atomic int set;

static void arm(void *ctx)
{
    (void)ctx;
    hr_mem_fail_at(fail_at);
    set++;
}

static void arm_at(server *s, size_t n)
{
    int before = set;
    fail_at = n;
    assert_int_equal(hr_loop_post(hr_net_loop(s->net, 0), arm, NULL), HR_OK);
    wait_for(set == before + 1);
}

/* The answer, or what came of it within 300 ms. */
static bool try_ask(uint16_t port, const char *m, const char *want)
{
    int fd = dial_port(port);
    struct timeval tv = {.tv_usec = 300000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
    send_str(fd, m);
    char *a = read_to_end(fd, NULL);
    bool ok = strstr(a, want) != NULL;
    free(a);
    close(fd);
    return ok;
}

static void sweep(const char *m, const char *want)
{
    server *s = server_start((hr_net_opts){0});
    snprintf(s->upstream, sizeof(s->upstream), "http://127.0.0.1:%u", (unsigned)s->port);
    bool passed = false;
    unsigned failed = 0;
    for (size_t n = 1; n < 200 && !passed; n++) {
        arm_at(s, n);
        passed = try_ask(s->port, m, want);
        failed += !passed;
        arm_at(s, 0);
        wait_for(s->requests == s->closes);
        if (!try_ask(s->port, m, want))
            fail_msg("no answer after the %zuth allocation failed", n);
        wait_for(s->requests == s->closes);
    }
    assert_true(passed); /* in the end there were fewer allocations than n */
    assert_true(failed > 0);
    server_stop(s);
}

static void test_small(void **st)
{
    (void)st;
    sweep("POST /echo HTTP/1.1\r\nHost: a\r\nX-A: b\r\nConnection: close\r\nContent-Length: "
          "5\r\n\r\nhello",
          "\r\n\r\nhello");
}

static void test_relay(void **st)
{
    (void)st;
    sweep("POST /relay/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
          "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n",
          "world");
}

static void test_by_name(void **st)
{
    (void)st;
    sweep("GET /bulk/1000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "sank 1000000");
}

static void test_large(void **st)
{
    (void)st;
    sweep("GET /relay/chunked/3000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
          "x\r\n0\r\n\r\n");
}

static void test_open(void **st)
{
    (void)st;
    for (size_t n = 1; n < 40; n++) {
        hr_net_opts o = {.loops = 2};
        hr_net *net = NULL;
        char why[256];
        hr_mem_fail_at(n);
        hr_err e = hr_net_open(&o, &net, why);
        hr_mem_fail_at(0);
        assert_true(e == HR_OK || e == HR_E_NOMEM);
        assert_int_equal(e == HR_OK, net != NULL);
        hr_net_close(net);
        if (!e)
            return;
    }
    fail();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small), cmocka_unit_test(test_relay), cmocka_unit_test(test_by_name),
        cmocka_unit_test(test_large), cmocka_unit_test(test_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
