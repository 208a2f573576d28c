/* The server side over real sockets: framing, keep-alive, refusals, early and late answers. */
#include "net_harness.h"

static void test_hello(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    char *a = ask(s->port, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_ptr_equal(strstr(a, "HTTP/1.1 200 OK\r\n"), a);
    assert_non_null(strstr(a, "\r\ncontent-length: 5\r\n"));
    assert_non_null(strstr(a, "\r\nconnection: close\r\n"));
    assert_non_null(strstr(a, "\r\ndate: "));
    assert_non_null(strstr(a, "\r\n\r\nhello"));
    free(a);
    server_stop(s);
}

static void test_keep_alive(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    int fd = dial_port(s->port);
    for (int i = 0; i < 5; i++) {
        send_str(fd, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        char *a = read_until(fd, "\r\n\r\nhello");
        assert_non_null(strstr(a, "connection: keep-alive"));
        free(a);
    }
    assert_int_equal(s->requests, 5);
    close(fd);
    /* HTTP/1.0: closes by default, stays when asked, and never sends chunks. */
    char *a = ask(s->port, "GET /chunked/10 HTTP/1.0\r\n\r\n");
    assert_non_null(strstr(a, "\r\nconnection: close\r\n"));
    assert_null(strstr(a, "chunked"));
    assert_non_null(strstr(a, "\r\n\r\nxxxxxxxxxx"));
    free(a);
    fd = dial_port(s->port);
    for (int i = 0; i < 2; i++) {
        send_str(fd, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        a = read_until(fd, "\r\n\r\nhello");
        assert_non_null(strstr(a, "connection: keep-alive"));
        free(a);
    }
    close(fd);
    server_stop(s);
}

static void test_pipelining(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    int fd = dial_port(s->port);
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 200; i++) {
        if (i % 3 == 0)
            hr_buf_addf(&b, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nn%05d", i);
        else if (i % 3 == 1)
            hr_buf_addf(&b, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        else
            hr_buf_addf(&b,
                        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "6\r\nn%05d\r\n0\r\n\r\n",
                        i);
    }
    hr_buf_addf(&b, "GET /late HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    send_all(fd, b.p, b.n);
    hr_buf_free(&b);
    char *a = read_to_end(fd, NULL);
    assert_int_equal(count_of(a, "HTTP/1.1 200 OK"), 201);
    assert_non_null(strstr(a, "\r\n\r\nn00000HTTP/1.1"));
    assert_non_null(strstr(a, "n00198"));
    assert_true(strstr(a, "n00002") < strstr(a, "n00198"));
    assert_non_null(strstr(a, "\r\n\r\nlate"));
    free(a);
    close(fd);
    server_stop(s);
}

/* Every split of one message into two segments, and byte by byte. */
static void test_split_points(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    static const char msg[] =
        "POST /echo?q=1 HTTP/1.1\r\nHost: a\r\nX-Long:   value of it \r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
        "5;ext=1\r\nhello\r\n1\r\n \r\n0006\r\nworld!\r\n0\r\nTrailer: x\r\n\r\n";
    int fd = dial_port(s->port);
    for (size_t cut = 1; cut < sizeof(msg) - 1; cut++) {
        send_all(fd, msg, cut);
        nap(1);
        send_all(fd, msg + cut, sizeof(msg) - 1 - cut);
        char *a = read_until(fd, "\r\n0\r\n\r\n");
        char body[64] = "";
        for (char *p = strstr(a, "\r\n\r\n") + 4; *p && *p != '0';) { /* decode the chunks */
            size_t n = strtoul(p, &p, 16);
            strncat(body, p + 2, n);
            p += 2 + n + 2;
        }
        assert_string_equal(body, "hello world!");
        free(a);
    }
    for (size_t i = 0; i < sizeof(msg) - 1; i++) {
        send_all(fd, msg + i, 1);
        nap(1);
    }
    char *a = read_until(fd, "\r\n0\r\n\r\n");
    assert_non_null(strstr(a, "200 OK"));
    free(a);
    close(fd);
    server_stop(s);
}

static void test_head_and_no_body(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    int fd = dial_port(s->port);
    send_str(fd, "HEAD /len/100 HTTP/1.1\r\nHost: a\r\n\r\n");
    char *a = read_until(fd, "\r\n\r\n");
    assert_non_null(strstr(a, "content-length: 100\r\n"));
    assert_string_equal(strstr(a, "\r\n\r\n"), "\r\n\r\n");
    free(a);
    send_str(fd, "GET /nocontent HTTP/1.1\r\nHost: a\r\n\r\n");
    a = read_until(fd, "\r\n\r\n");
    assert_non_null(strstr(a, "204 No Content"));
    assert_null(strstr(a, "content-length"));
    assert_null(strstr(a, "chunked"));
    free(a);
    send_str(fd, "HEAD /chunked/5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    a = read_to_end(fd, NULL);
    assert_string_equal(strstr(a, "\r\n\r\n"), "\r\n\r\n");
    free(a);
    close(fd);
    server_stop(s);
}

static void test_continue(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    int fd = dial_port(s->port);
    send_str(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                 "Expect: 100-continue\r\n\r\n");
    char *a = read_until(fd, "\r\n\r\n");
    assert_ptr_equal(strstr(a, "HTTP/1.1 100 Continue\r\n\r\n"), a);
    free(a);
    send_str(fd, "data");
    a = read_until(fd, "data"); /* the head may have come with the 100 */
    assert_true(hr_str_ends(hr_cstr(a), HR_STR("data")));
    free(a);
    /* Refused before the body: no 100, and the connection is not used again. */
    send_str(fd, "POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                 "Expect: 100-continue\r\n\r\n");
    a = read_to_end(fd, NULL);
    assert_null(strstr(a, "100 Continue"));
    assert_non_null(strstr(a, "HTTP/1.1 413"));
    assert_non_null(strstr(a, "connection: close"));
    free(a);
    close(fd);
    server_stop(s);
}

static void test_early_answer(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    int fd = dial_port(s->port);
    /* A small unread body is dropped and the connection goes on. */
    send_str(fd, "POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
    char *a = read_until(fd, "too much");
    assert_non_null(strstr(a, "connection: keep-alive"));
    free(a);
    send_str(fd, "56789GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    a = read_until(fd, "\r\n\r\nhello");
    assert_non_null(strstr(a, "200 OK"));
    free(a);
    close(fd);
    /* A large one closes the connection, but the answer arrives. */
    fd = dial_port(s->port);
    send_str(fd, "POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
    static char junk[64 * 1024];
    for (int i = 0; i < 20; i++)
        send_all(fd, junk, sizeof(junk) / 2);
    a = read_to_end(fd, NULL);
    assert_non_null(strstr(a, "HTTP/1.1 413"));
    assert_non_null(strstr(a, "connection: close"));
    free(a);
    close(fd);
    /* An endless chunked one is cut, by bytes or by time. */
    fd = dial_port(s->port);
    send_str(fd, "POST /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    a = read_until(fd, "too much");
    free(a);
    size_t sent = 0;
    static char chunk[65536 + 9];
    memcpy(chunk, "10000\r\n", 7);
    memset(chunk + 7, 'y', 65536);
    memcpy(chunk + 7 + 65536, "\r\n", 2);
    for (; sent < (size_t)1 << 30; sent += 65536) {
        if (send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL) <= 0)
            break;
    }
    assert_true(sent < (size_t)1 << 30);
    close(fd);
    server_stop(s);
}

static void test_refusals(void **st)
{
    (void)st;
    static const char *const bad[] = {
        "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: "
        "3\r\n\r\n0\r\n\r\n",
        "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 4\r\n\r\nabc",
        "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc",
        "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc",
        "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\nabc",
        "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\nabc",
        "POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0b"
        "chunked\r\n\r\n0\r\n\r\n",
        "POST /e HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "GET /hello HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET /hello HTTP/1.1\nHost: a\n\n",
        "GET /hello HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nX\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /hello HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/0.9\r\nHost: a\r\n\r\n",
        "GET /hello\r\n\r\n",
        "GET hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /he llo HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "NONSENSE\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01",
    };
    server *s = server_start((hr_net_opts){0});
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        char *a = ask(s->port, bad[i]);
        if (!strstr(a, "HTTP/1.1 400 Bad Request\r\n") || !strstr(a, "connection: close"))
            fail_msg("not refused: %s\n%s", bad[i], a);
        assert_non_null(strstr(a, "{\"error\":\"bad\"}"));
        assert_int_equal(count_of(a, "HTTP/1.1"), 1);
        free(a);
    }
    /* NUL in a field value */
    static const char nul[] = "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n";
    int fd = dial_port(s->port);
    send_all(fd, nul, sizeof(nul) - 1);
    char *a = read_to_end(fd, NULL);
    assert_ptr_equal(strstr(a, "HTTP/1.1 400"), a);
    free(a);
    close(fd);
    assert_int_equal(s->requests, 0);
    server_stop(s);
}

static void test_bad_chunks(void **st)
{
    (void)st;
    static const char *const bad[] = {
        "g\r\nabc\r\n0\r\n\r\n",  "-3\r\nabc\r\n0\r\n\r\n",       "0x3\r\nabc\r\n0\r\n\r\n",
        "3 \r\nabc\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n",          "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",      "fffffffffffffffff\r\nabc\r\n", "\r\n3\r\nabc\r\n0\r\n\r\n"};
    server *s = server_start((hr_net_opts){0});
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        char m[512];
        snprintf(m, sizeof(m),
                 "POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%s", bad[i]);
        int before = s->closes;
        char *a = ask(s->port, m);
        if (!strstr(a, "HTTP/1.1 400 "))
            fail_msg("not refused: %s\n%s", bad[i], a);
        free(a);
        assert_int_equal(s->closes, before + 1);
        assert_int_equal(s->last_close, HR_E_PROTOCOL);
    }
    server_stop(s);
}

static void test_large_heads(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    char *big = malloc(200001);
    memset(big, 'a', 200000);
    big[200000] = '\0';
    char *m = malloc(300000);
    snprintf(m, 300000, "GET /hello HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n", big);
    char *a = ask(s->port, m);
    assert_ptr_equal(strstr(a, "HTTP/1.1 431"), a);
    assert_non_null(strstr(a, "{\"error\":431}"));
    free(a);
    snprintf(m, 300000, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", big);
    a = ask(s->port, m);
    assert_ptr_equal(strstr(a, "HTTP/1.1 431"), a);
    free(a);
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "GET /hello HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 1200; i++)
        hr_buf_lit(&b, "X: y\r\n");
    hr_buf_lit(&b, "\r\n");
    hr_buf_addc(&b, '\0');
    a = ask(s->port, b.p);
    assert_ptr_equal(strstr(a, "HTTP/1.1 431"), a);
    free(a);
    hr_buf_free(&b);
    /* 60 KiB is accepted. */
    big[60000] = '\0';
    snprintf(m, 300000, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: %s\r\n\r\n",
             big);
    a = ask(s->port, m);
    assert_non_null(strstr(a, "200 OK"));
    free(a);
    free(m);
    free(big);
    server_stop(s);
}

static void test_targets(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    static const char *const good[] = {
        "GET http://a/hello?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET https://a:8/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        char *a = ask(s->port, good[i]);
        if (!strstr(a, "200 OK") || !strstr(a, "\r\n\r\nhello"))
            fail_msg("refused: %s\n%s", good[i], a);
        free(a);
    }
    /* After an upgrade request the connection stays HTTP. */
    int fd = dial_port(s->port);
    send_str(fd,
             "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
             "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    char *a = read_to_end(fd, NULL);
    assert_int_equal(count_of(a, "200 OK"), 2);
    free(a);
    close(fd);
    server_stop(s);
}

static void test_half_close(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    int fd = dial_port(s->port);
    send_str(fd, "POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
    shutdown(fd, SHUT_WR);
    char *a = read_to_end(fd, NULL);
    assert_non_null(strstr(a, "HTTP/1.1 200 OK"));
    assert_non_null(strstr(a, "\r\n\r\nlate"));
    free(a);
    close(fd);
    /* … in the middle of a stream, and pipelined */
    fd = dial_port(s->port);
    send_str(fd, "GET /slow/10 HTTP/1.1\r\nHost: a\r\n\r\nGET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    shutdown(fd, SHUT_WR);
    a = read_to_end(fd, NULL);
    assert_int_equal(count_of(a, "tick"), 10);
    assert_non_null(strstr(a, "late"));
    free(a);
    close(fd);
    server_stop(s);
}

static void test_client_leaves(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    /* while uploading */
    int fd = dial_port(s->port);
    send_str(fd, "POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
    wait_for(s->requests == 1);
    close(fd);
    wait_for(s->closed_client == 1);
    /* while waiting */
    fd = dial_port(s->port);
    send_str(fd, "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(s->requests == 2);
    nap(20);
    close(fd);
    wait_for(s->closed_client == 2);
    /* while streaming, everything read so far, and nothing more to come for long */
    fd = dial_port(s->port);
    send_str(fd, "GET /slow/100000 HTTP/1.1\r\nHost: a\r\n\r\n");
    free(read_until(fd, "tick"));
    close(fd);
    wait_for(s->closed_client == 3);
    server_stop(s);
}

static void test_slow_reader(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    int fd = dial_port(s->port);
    send_str(fd, "GET /len/50000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    nap(200); /* the writer is told to wait; it does not produce all */
    assert_int_equal(s->closes, 0);
    size_t n;
    char *a = read_to_end(fd, &n);
    assert_int_equal((size_t)(strstr(a, "\r\n\r\n") + 4 - a) + 50000000, n);
    free(a);
    assert_true(s->drains > 0);
    wait_for(s->closed_ok == 1);
    close(fd);
    /* An echo pauses its source. */
    fd = dial_port(s->port);
    send_str(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n");
    static char junk[100000];
    memset(junk, 'j', sizeof(junk));
    size_t sent = 0, got = 0;
    while (got < 30000000) {
        struct pollfd p = {fd, (short)(POLLIN | (sent < 30000000 ? POLLOUT : 0)), 0};
        assert_true(poll(&p, 1, 10000) > 0);
        if (p.revents & POLLOUT) {
            size_t k = 30000000 - sent < sizeof(junk) ? 30000000 - sent : sizeof(junk);
            ssize_t r = send(fd, junk, k, MSG_DONTWAIT | MSG_NOSIGNAL);
            sent += r > 0 ? (size_t)r : 0;
        }
        if (p.revents & POLLIN) {
            static char in[65536];
            ssize_t r = recv(fd, in, sizeof(in), 0);
            assert_true(r > 0);
            got += (size_t)r;
        }
    }
    close(fd);
    server_stop(s);
}

static void test_deadlines(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){.head_ms = 150, .client_idle_ms = 150});
    int fd = dial_port(s->port); /* silent */
    char *a = read_to_end(fd, NULL);
    assert_string_equal(a, "");
    free(a);
    close(fd);
    fd = dial_port(s->port); /* half a head, dripping */
    for (int i = 0; i < 10; i++) {
        send_str(fd, i ? "a" : "GET /");
        nap(30);
    }
    a = read_to_end(fd, NULL);
    assert_ptr_equal(strstr(a, "HTTP/1.1 408"), a);
    free(a);
    close(fd);
    fd = dial_port(s->port); /* half a body */
    send_str(fd, "POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    a = read_to_end(fd, NULL);
    free(a);
    wait_for(s->closes == 1);
    assert_int_equal(s->last_close, HR_E_TIMEOUT);
    close(fd);
    server_stop(s);
}

static void test_limit(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){.max_clients = 2});
    int a = dial_port(s->port), b = dial_port(s->port);
    hr_net_stats stats;
    for (int i = 0; i < 100; i++) {
        hr_net_stats_get(s->net, &stats);
        if (stats.clients == 2)
            break;
        nap(5);
    }
    char *r = ask(s->port, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_ptr_equal(strstr(r, "HTTP/1.1 503"), r);
    free(r);
    send_str(a, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    free(read_until(a, "hello"));
    close(a);
    close(b);
    for (int i = 0; i < 100; i++) {
        hr_net_stats_get(s->net, &stats);
        if (stats.clients == 0)
            break;
        nap(5);
    }
    r = ask(s->port, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(r, "200 OK"));
    free(r);
    hr_net_stats_get(s->net, &stats);
    assert_int_equal(stats.refused, 1);
    server_stop(s);
}

static void test_abort(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){0});
    int fd = dial_port(s->port);
    send_str(fd, "GET /abort HTTP/1.1\r\nHost: a\r\n\r\n");
    char buf[4096];
    ssize_t n;
    while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
    }
    assert_int_equal(n, -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
    wait_for(s->closes == 1);
    assert_int_equal(s->last_close, HR_E_CANCELLED);
    server_stop(s);
}

static void test_address_in_use(void **st)
{
    (void)st;
    server *s = server_start((hr_net_opts){.loops = 2});
    hr_net_opts o = {.host = HR_STR("127.0.0.1"), .port = s->port, .loops = 2};
    hr_net *n;
    char why[256];
    assert_int_equal(hr_net_open(&o, &n, why), HR_E_CONNECT);
    assert_non_null(strstr(why, "in use"));
    assert_null(n);
    server_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_pipelining),
        cmocka_unit_test(test_split_points),
        cmocka_unit_test(test_head_and_no_body),
        cmocka_unit_test(test_continue),
        cmocka_unit_test(test_early_answer),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_bad_chunks),
        cmocka_unit_test(test_large_heads),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_client_leaves),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_abort),
        cmocka_unit_test(test_address_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
