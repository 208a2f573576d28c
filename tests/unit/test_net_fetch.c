/* The client side: relays through the server to itself or to scripted upstreams. */
#include "net_harness.h"

static char *relay(server *s, const char *method, const char *path, const char *body)
{
    char m[4096];
    snprintf(
        m, sizeof(m),
        "%s /relay%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
        method, path, strlen(body), body);
    return ask(s->port, m);
}

static hr_net_stats stats_of(server *s)
{
    hr_net_stats st;
    hr_net_stats_get(s->net, &st);
    return st;
}

static void test_relay(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    char *a = relay(s, "GET", "/hello", "");
    assert_ptr_equal(strstr(a, "HTTP/1.1 200 OK"), a);
    assert_non_null(strstr(a, "\r\n\r\nhello"));
    assert_int_equal(count_of(a, "date: "), 1);
    free(a);
    a = relay(s, "POST", "/echo", "some body");
    assert_non_null(strstr(a, "some body"));
    free(a);
    a = relay(s, "HEAD", "/len/123", "");
    assert_non_null(strstr(a, "content-length: 123\r\n"));
    assert_string_equal(strstr(a, "\r\n\r\n"), "\r\n\r\n");
    free(a);
    a = relay(s, "GET", "/nocontent", "");
    assert_non_null(strstr(a, "HTTP/1.1 204"));
    free(a);
    a = relay(s, "GET", "/chunked/5000", "");
    assert_non_null(strstr(a, "transfer-encoding: chunked"));
    free(a);
    a = relay(s, "GET", "/relay/relay/hello", "");
    assert_non_null(strstr(a, "\r\n\r\nhello"));
    free(a);
    /* The same few connections were used for all of them. */
    assert_true(stats_of(s).upstream_idle <= 3);
    assert_true(stats_of(s).upstream_idle >= 1);
    /* A chunked upload stays chunked and whole. */
    a = ask(s->port, "POST /relay/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    assert_non_null(strstr(a, "abc"));
    assert_non_null(strstr(a, "defg"));
    free(a);
    server_stop(s);
}

static void test_large_both_ways(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    enum { N = 20000000 };
    int fd = dial_port(s->port);
    char head[200];
    snprintf(head, sizeof(head),
             "POST /relay/echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", N);
    send_str(fd, head);
    static unsigned char out[65536], in[65536];
    size_t sent = 0, got = 0, skip = 0;
    bool body = false;
    uint32_t x = 1;
    char first[8192];
    while (got < N) {
        struct pollfd p = {fd, (short)(POLLIN | (sent < N ? POLLOUT : 0)), 0};
        assert_true(poll(&p, 1, 10000) > 0);
        if (p.revents & POLLOUT) {
            size_t k = N - sent < sizeof(out) ? N - sent : sizeof(out);
            for (size_t i = 0; i < k; i++)
                out[i] = (unsigned char)((sent + i) * 2654435761u >> 13);
            ssize_t r = send(fd, out, k, MSG_DONTWAIT | MSG_NOSIGNAL);
            sent += r > 0 ? (size_t)r : 0;
        }
        if (p.revents & POLLIN) {
            ssize_t r = recv(fd, in, sizeof(in), 0);
            assert_true(r > 0);
            size_t i = 0;
            if (!body) {
                assert_true(skip + (size_t)r < sizeof(first) + sizeof(in));
                size_t k =
                    (size_t)r < sizeof(first) - skip - 1 ? (size_t)r : sizeof(first) - skip - 1;
                memcpy(first + skip, in, k);
                first[skip + k] = '\0';
                char *e = strstr(first, "\r\n\r\n");
                if (!e) {
                    skip += (size_t)r;
                    continue;
                }
                body = true;
                i = (size_t)(e + 4 - first) - skip;
            }
            for (; i < (size_t)r; i++, got++)
                x &= (uint32_t)(in[i] == (unsigned char)(got * 2654435761u >> 13));
        }
    }
    assert_int_equal(x, 1);
    close(fd);
    server_stop(s);
}

static void test_borrowed_body(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    static const unsigned sizes[] = {1, 1000, 16384, 65536, 70000, 1000000, 30000000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        char m[200], want[40];
        snprintf(m, sizeof(m), "GET /bulk/%u HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                 sizes[i]);
        snprintf(want, sizeof(want), "sank %u", sizes[i]);
        char *a = ask(s->port, m);
        if (!strstr(a, want))
            fail_msg("%u: %s", sizes[i], a);
        free(a);
    }
    server_stop(s);
}

/* The upload is ahead of the connection, and waits for it without getting lost. */
static void test_upload_before_connected(void **st)
{
    (void)st;
    for (int i = 0; i < 10; i++) {
        server *s = server_start((hr_net_opts){0});
        snprintf(s->upstream, sizeof(s->upstream), "http://localhost:%u", (unsigned)s->port);
        enum { N = 700000 };
        static char m[N + 200];
        int k = snprintf(m, 200,
                         "POST /relay/sink HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                         "Content-Length: %d\r\n\r\n",
                         N);
        int fd = dial_port(s->port);
        send_all(fd, m, (size_t)k + N);
        char *a = read_to_end(fd, NULL);
        assert_non_null(strstr(a, "sank 700000"));
        free(a);
        close(fd);
        server_stop(s);
    }
}

/* Reads the request slowly through a small window, so that every write is cut short. */
static void play_slow_sink(int fd, int nth, void *ctx)
{
    (void)nth;
    size_t want = *(size_t *)ctx, got = 0, body = 0;
    static char in[40000];
    char head[512] = "";
    while (!body || got < body + want) {
        ssize_t k = recv(fd, in, sizeof(in), 0);
        if (k <= 0)
            return;
        if (!body) {
            strncat(head, in, (size_t)k < 400 - strlen(head) ? (size_t)k : 400 - strlen(head));
            char *e = strstr(head, "\r\n\r\n");
            body = e ? (size_t)(e + 4 - head) : 0;
        }
        got += (size_t)k;
        nap(1);
    }
    send_str(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
}

static void test_body_over_slow_upstream(void **st)
{
    (void)st;
    for (size_t n = 6000000; n < 6100000; n += 33333) {
        script *u = script_start(play_slow_sink, &n, 1);
        int small = 4096;
        setsockopt(u->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        server *s = server_start((hr_net_opts){0});
        snprintf(s->upstream, sizeof(s->upstream), "http://127.0.0.1:%u", (unsigned)u->port);
        char m[200];
        snprintf(m, sizeof(m), "GET /bulk/%zu HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", n);
        char *a = ask(s->port, m);
        if (!strstr(a, "done"))
            fail_msg("%zu: %s", n, a);
        free(a);
        server_stop(s);
        script_stop(u);
    }
}

/* --- scripted upstreams --------------------------------------------------------------------- */

static char *take_request(int fd)
{
    return read_until(fd, "\r\n\r\n");
}

static server *with_upstream(const script *u)
{
    server *s = server_start((hr_net_opts){0});
    if (u)
        snprintf(s->upstream, sizeof(s->upstream), "http://127.0.0.1:%u", (unsigned)u->port);
    return s;
}

/* Plays one fixed answer per connection and closes. */
static void play_text(int fd, int nth, void *ctx)
{
    (void)nth;
    free(take_request(fd));
    send_str(fd, ctx);
}

static void test_response_framing(void **st)
{
    (void)st;
    static const struct {
        const char *answer, *want;
        hr_err err;
        int stage;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "\r\n\r\nok", HR_OK, 0},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end", HR_OK, 0},
        {"HTTP/1.0 200 OK\r\n\r\nold", "old", HR_OK, 0},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok", HR_OK,
         0},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
         "\r\n\r\nok", HR_OK, 0},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", "304", HR_OK, 0},
        {"HTTP/1.1 529 Whatever\r\nContent-Length: 1\r\nretry-after: 3\r\n\r\nx", "retry-after: 3",
         HR_OK, 0},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", NULL, HR_E_CLOSED, HR_STAGE_BODY},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", NULL, HR_E_CLOSED,
         HR_STAGE_BODY},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n", NULL, HR_E_PROTOCOL,
         HR_STAGE_BODY},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "502", HR_E_PROTOCOL, HR_STAGE_WAIT},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "502",
         HR_E_PROTOCOL, HR_STAGE_WAIT},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok", "502", HR_E_PROTOCOL,
         HR_STAGE_WAIT},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "502",
         HR_E_PROTOCOL, HR_STAGE_WAIT},
        {"SSH-2.0-OpenSSH\r\n", "502", HR_E_PROTOCOL, HR_STAGE_WAIT},
        {"HTTP/2.0 200 OK\r\n\r\n", "502", HR_E_PROTOCOL, HR_STAGE_WAIT},
        {"", "502", HR_E_CLOSED, HR_STAGE_WAIT},
        {"HTTP/1.1 200 OK\r\nConte", "502", HR_E_CLOSED, HR_STAGE_WAIT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        script *u = script_start(play_text, (void *)(uintptr_t)cases[i].answer, 1);
        server *s = with_upstream(u);
        char *a = relay(s, "GET", "/x?y=z", "");
        if (cases[i].want && !strstr(a, cases[i].want))
            fail_msg("case %zu: %s", i, a);
        wait_for(s->fetch_done == 1);
        if (s->last_fetch_err != (int)cases[i].err)
            fail_msg("case %zu: error %d: %s", i, s->last_fetch_err, s->why);
        if (cases[i].err)
            assert_int_equal(s->last_stage, cases[i].stage);
        free(a);
        server_stop(s);
        script_stop(u);
    }
}

static void play_big_head(int fd, int nth, void *ctx)
{
    (void)nth, (void)ctx;
    free(take_request(fd));
    send_str(fd, "HTTP/1.1 200 OK\r\nX: ");
    char junk[1024];
    memset(junk, 'a', sizeof(junk));
    for (int i = 0; i < 300; i++)
        send_all(fd, junk, sizeof(junk));
}

static void test_response_head_limit(void **st)
{
    (void)st;
    script *u = script_start(play_big_head, NULL, 1);
    server *s = with_upstream(u);
    char *a = relay(s, "GET", "/x", "");
    assert_non_null(strstr(a, "502"));
    assert_non_null(strstr(a, "too large"));
    assert_int_equal(s->last_fetch_err, HR_E_PROTOCOL);
    free(a);
    server_stop(s);
    script_stop(u);
}

/* What the upstream is sent. */
static void play_record(int fd, int nth, void *ctx)
{
    (void)nth;
    char **out = ctx;
    *out = take_request(fd);
    send_str(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

static void test_request_fields(void **st)
{
    (void)st;
    char *seen = NULL;
    script *u = script_start(play_record, &seen, 1);
    server *s = with_upstream(u);
    char *a = ask(s->port, "POST /relay/v1/x?beta=true HTTP/1.1\r\nHost: proxy\r\nX-A: 1\r\n"
                           "Connection: close, X-Drop\r\nX-Drop: y\r\nTE: trailers\r\n"
                           "Upgrade: h2c\r\nKeep-Alive: 5\r\nExpect: 100-continue\r\n"
                           "Authorization: Bearer k\r\nContent-Length: 3\r\n\r\nabc");
    free(a);
    assert_ptr_equal(strstr(seen, "POST /v1/x?beta=true HTTP/1.1\r\n"), seen);
    char host[64];
    snprintf(host, sizeof(host), "\r\nhost: 127.0.0.1:%u\r\n", (unsigned)u->port);
    assert_non_null(strstr(seen, host));
    assert_non_null(strstr(seen, "\r\nX-A: 1\r\n"));
    assert_non_null(strstr(seen, "\r\nAuthorization: Bearer k\r\n"));
    assert_non_null(strstr(seen, "\r\ncontent-length: 3\r\n"));
    static const char *const gone[] = {"X-Drop", "TE:", "Upgrade", "Keep-Alive", "Expect", "proxy"};
    for (size_t i = 0; i < sizeof(gone) / sizeof(*gone); i++)
        assert_null(strstr(seen, gone[i]));
    free(seen);
    server_stop(s);
    script_stop(u);
}

/* The first connection answers once and dies at the second request without a byte. */
static void play_dies_idle(int fd, int nth, void *ctx)
{
    (void)ctx;
    free(take_request(fd));
    send_str(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    if (nth == 0)
        free(take_request(fd)); /* then closes */
}

static void test_dead_pooled_connection(void **st)
{
    (void)st;
    script *u = script_start(play_dies_idle, NULL, 2);
    server *s = with_upstream(u);
    char *a = relay(s, "POST", "/one", "body one");
    assert_non_null(strstr(a, "200 OK"));
    free(a);
    a = relay(s, "POST", "/two", "body two");
    assert_non_null(strstr(a, "200 OK"));
    free(a);
    assert_int_equal(u->accepted, 2);
    assert_int_equal(s->last_fetch_err, HR_OK);
    server_stop(s);
    script_stop(u);
    /* Only once: a fresh connection that dies is an error. */
    u = script_start(play_text, (void *)(uintptr_t) "", 1);
    s = with_upstream(u);
    a = relay(s, "POST", "/one", "b");
    assert_non_null(strstr(a, "502"));
    assert_int_equal(u->accepted, 1);
    free(a);
    server_stop(s);
    script_stop(u);
}

static void test_idle_end_is_noticed(void **st)
{
    (void)st;
    script *u = script_start(
        play_text, (void *)(uintptr_t) "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 1);
    server *s = with_upstream(u);
    free(relay(s, "GET", "/", ""));
    wait_for(stats_of(s).upstream_open == 0);
    server_stop(s);
    script_stop(u);
    s = server_start((hr_net_opts){.idle_upstream_ms = 100});
    free(relay(s, "GET", "/hello", ""));
    assert_int_equal(stats_of(s).upstream_idle, 1);
    wait_for(stats_of(s).upstream_open == 0);
    server_stop(s);
    s = server_start((hr_net_opts){.max_idle_upstream = 2});
    int fd[6];
    for (int i = 0; i < 6; i++) {
        fd[i] = dial_port(s->port);
        send_str(fd[i], "GET /relay/late HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for (int i = 0; i < 6; i++) {
        free(read_until(fd[i], "late"));
        close(fd[i]);
    }
    wait_for(stats_of(s).upstream_open == 2);
    server_stop(s);
}

static void play_silent(int fd, int nth, void *ctx)
{
    (void)nth, (void)ctx;
    free(take_request(fd));
    char c;
    while (recv(fd, &c, 1, 0) > 0) {
    }
}

static void play_stops(int fd, int nth, void *ctx)
{
    (void)nth, (void)ctx;
    free(take_request(fd));
    send_str(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    char c;
    while (recv(fd, &c, 1, 0) > 0) {
    }
}

static void play_deaf(int fd, int nth, void *ctx)
{
    (void)nth;
    _Atomic bool *stop = ctx;
    (void)fd;
    while (!*stop)
        nap(10);
}

static void test_deadlines(void **st)
{
    (void)st;
    script *u = script_start(play_silent, NULL, 1);
    server *s = with_upstream(u);
    s->relay.first_byte_ms = 100;
    char *a = relay(s, "GET", "/", "");
    assert_non_null(strstr(a, "502"));
    assert_non_null(strstr(a, "first-byte"));
    assert_int_equal(s->last_fetch_err, HR_E_TIMEOUT);
    assert_int_equal(s->last_stage, HR_STAGE_WAIT);
    free(a);
    server_stop(s);
    script_stop(u);

    u = script_start(play_stops, NULL, 1);
    s = with_upstream(u);
    s->relay.idle_ms = 100;
    free(relay(s, "GET", "/", ""));
    wait_for(s->fetch_done == 1);
    assert_int_equal(s->last_fetch_err, HR_E_TIMEOUT);
    assert_int_equal(s->last_stage, HR_STAGE_BODY);
    server_stop(s);
    script_stop(u);

    /* An upstream that reads nothing: the upload stops and the deadline passes. */
    _Atomic bool stop = false;
    u = script_start(play_deaf, &stop, 1);
    s = with_upstream(u);
    s->relay.write_ms = 200;
    int fd = dial_port(s->port);
    send_str(fd, "POST /relay/ HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
    static char junk[65536];
    for (int i = 0; i < 100000000 / 65536 && !s->fetch_done; i++)
        send(fd, junk, sizeof(junk), MSG_NOSIGNAL | MSG_DONTWAIT), nap(1);
    wait_for(s->fetch_done == 1);
    assert_int_equal(s->last_fetch_err, HR_E_TIMEOUT);
    assert_int_equal(s->last_stage, HR_STAGE_SEND);
    stop = true;
    close(fd);
    server_stop(s);
    script_stop(u);
}

static void test_connect_errors(void **st)
{
    (void)st;
    server *s = with_upstream(NULL);
    script *u = script_start(play_text, (void *)(uintptr_t) "", 1);
    uint16_t dead = u->port;
    script_stop(u);
    snprintf(s->upstream, sizeof(s->upstream), "http://127.0.0.1:%u", (unsigned)dead);
    char *a = relay(s, "GET", "/", "");
    assert_non_null(strstr(a, "connection refused"));
    assert_int_equal(s->last_fetch_err, HR_E_CONNECT);
    assert_int_equal(s->last_stage, HR_STAGE_CONNECT);
    free(a);
    snprintf(s->upstream, sizeof(s->upstream), "http://name.invalid");
    a = relay(s, "GET", "/", "");
    assert_non_null(strstr(a, "cannot resolve name.invalid"));
    assert_int_equal(s->last_fetch_err, HR_E_DNS);
    free(a);
    static const char *const bad[] = {"ftp://a", "http://",    "http://a:b", "http://a:99999",
                                      "a.b",     "http://a/b", "http://a b", "http://[::1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        snprintf(s->upstream, sizeof(s->upstream), "%s", bad[i]);
        a = relay(s, "GET", "/", "");
        assert_int_equal(s->last_fetch_err, HR_E_UNSUPPORTED);
        free(a);
    }
    server_stop(s);
}

/* localhost has two addresses; the server listens on one. */
static void test_next_address(void **st)
{
    (void)st;
    server *s = with_upstream(NULL);
    snprintf(s->upstream, sizeof(s->upstream), "http://localhost:%u", (unsigned)s->port);
    char *a = relay(s, "GET", "/hello", "");
    assert_non_null(strstr(a, "\r\n\r\nhello"));
    free(a);
    server_stop(s);
}

/* Answers after the head and keeps reading a little, then closes. */
static void play_early(int fd, int nth, void *ctx)
{
    (void)nth, (void)ctx;
    free(take_request(fd));
    send_str(fd, "HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nstop");
    char junk[65536];
    for (int i = 0; i < 16 && recv(fd, junk, sizeof(junk), 0) > 0; i++) {
    }
}

static void test_early_response(void **st)
{
    (void)st;
    script *u = script_start(play_early, NULL, 1);
    server *s = with_upstream(u);
    int fd = dial_port(s->port);
    send_str(fd, "POST /relay/ HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n");
    static char junk[65536];
    for (int i = 0; i < 64; i++)
        send(fd, junk, sizeof(junk), MSG_NOSIGNAL | MSG_DONTWAIT);
    char *a = read_until(fd, "stop");
    assert_non_null(strstr(a, "HTTP/1.1 413"));
    free(a);
    close(fd);
    wait_for(s->fetch_done == 1);
    assert_int_equal(s->last_fetch_err, HR_OK);
    wait_for(stats_of(s).upstream_open == 0); /* half a request: not reused */
    server_stop(s);
    script_stop(u);
}

/* Counts bytes until the proxy goes away. */
static void play_watch(int fd, int nth, void *ctx)
{
    (void)nth;
    _Atomic int *gone = ctx;
    char junk[65536];
    free(take_request(fd));
    while (recv(fd, junk, sizeof(junk), 0) > 0) {
    }
    ++*gone;
}

static void test_client_abort_cancels(void **st)
{
    (void)st;
    _Atomic int gone = 0;
    script *u = script_start(play_watch, &gone, 2);
    server *s = with_upstream(u);
    int fd = dial_port(s->port); /* while waiting */
    send_str(fd, "GET /relay/ HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(u->accepted == 1);
    nap(30);
    close(fd);
    wait_for(gone == 1);
    fd = dial_port(s->port); /* while uploading */
    send_str(fd, "POST /relay/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
    wait_for(u->accepted == 2);
    nap(30);
    close(fd);
    wait_for(gone == 2);
    wait_for(s->closed_client == 2);
    assert_int_equal(s->fetch_done, 0); /* cancelled: no callback */
    server_stop(s);
    script_stop(u);
    /* while streaming */
    s = with_upstream(NULL);
    fd = dial_port(s->port);
    send_str(fd, "GET /relay/slow/100000 HTTP/1.1\r\nHost: a\r\n\r\n");
    free(read_until(fd, "tick"));
    close(fd);
    wait_for(s->closed_client == 2); /* the relay and its upstream side */
    server_stop(s);
}

static long rss_kb(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* A client that stops reading stops the upstream: memory stays, nothing is lost. */
static void test_stalled_client(void **st)
{
    (void)st;
    server *s = with_upstream(NULL);
    int fd = dial_port(s->port);
    free(relay(s, "GET", "/hello", ""));
    size_t before = s->relayed;
    long rss = rss_kb();
    enum { N = 200000000 };
    send_str(fd, "GET /relay/len/200000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    size_t last = 0;
    for (int still = 0; still < 5; nap(50)) { /* until nothing moves any more */
        size_t now = s->relayed - before;
        still = now && now == last ? still + 1 : 0;
        last = now;
    }
    assert_true(last < 20000000);
    assert_true(rss_kb() - rss < 4096 * 2);
    static char in[1 << 20];
    size_t got = 0;
    ssize_t k;
    while ((k = recv(fd, in, sizeof(in), 0)) > 0)
        got += (size_t)k;
    assert_true(got > N && got < N + 1000);
    close(fd);
    server_stop(s);
}

/* --- HTTP proxies --------------------------------------------------------------------------- */

static void test_http_proxy(void **st)
{
    (void)st;
    char *seen = NULL;
    script *u = script_start(play_record, &seen, 1);
    char url[100];
    snprintf(url, sizeof(url), "http://us%%65r:p@127.0.0.1:%u/", (unsigned)u->port);
    server *s =
        server_start((hr_net_opts){.http_proxy = url, .no_proxy = "other.test, .skip.test"});
    snprintf(s->upstream, sizeof(s->upstream), "http://api.test:8080");
    char *a = relay(s, "GET", "/p?q", "");
    assert_non_null(strstr(a, "200 OK"));
    free(a);
    assert_ptr_equal(
        strstr(seen, "GET http://api.test:8080/p?q HTTP/1.1\r\nhost: api.test:8080\r\n"), seen);
    assert_non_null(strstr(seen, "\r\nproxy-authorization: Basic dXNlcjpw\r\n"));
    free(seen);
    /* hosts the list names are asked directly, and so is loopback */
    static const char *const direct[] = {"http://other.test", "http://a.skip.test",
                                         "http://sub.other.test"};
    for (size_t i = 0; i < sizeof(direct) / sizeof(*direct); i++) {
        snprintf(s->upstream, sizeof(s->upstream), "%s", direct[i]);
        a = relay(s, "GET", "/", "");
        assert_int_equal(s->last_fetch_err, HR_E_DNS);
        free(a);
    }
    snprintf(s->upstream, sizeof(s->upstream), "http://127.0.0.1:%u", (unsigned)s->port);
    a = relay(s, "GET", "/hello", "");
    assert_non_null(strstr(a, "\r\n\r\nhello"));
    free(a);
    server_stop(s);
    script_stop(u);
    s = server_start((hr_net_opts){.http_proxy = "socks5://127.0.0.1:1"});
    snprintf(s->upstream, sizeof(s->upstream), "http://api.test");
    a = relay(s, "GET", "/", "");
    assert_int_equal(s->last_fetch_err, HR_E_UNSUPPORTED);
    free(a);
    server_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relay),
        cmocka_unit_test(test_large_both_ways),
        cmocka_unit_test(test_borrowed_body),
        cmocka_unit_test(test_upload_before_connected),
        cmocka_unit_test(test_body_over_slow_upstream),
        cmocka_unit_test(test_response_framing),
        cmocka_unit_test(test_response_head_limit),
        cmocka_unit_test(test_request_fields),
        cmocka_unit_test(test_dead_pooled_connection),
        cmocka_unit_test(test_idle_end_is_noticed),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_connect_errors),
        cmocka_unit_test(test_next_address),
        cmocka_unit_test(test_early_response),
        cmocka_unit_test(test_client_abort_cancels),
        cmocka_unit_test(test_stalled_client),
        cmocka_unit_test(test_http_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
