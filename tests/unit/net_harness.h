/* What the tests of net share: a server on its own thread whose handler echoes, streams or relays
 * (a fetch to an origin of the test's choice), and a blocking raw client. */
#ifndef NET_HARNESS_H
#define NET_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct server {
    hr_net *net;
    pthread_t thread;
    uint16_t port;
    int signal;
    char upstream[256];  /* origin of /relay */
    hr_fetch_opts relay; /* deadlines of /relay */
    _Atomic int requests, closes, closed_ok, closed_client, body_ends, drains, fetch_done;
    _Atomic int last_close, last_fetch_err, last_stage;
    _Atomic size_t relayed, body_bytes;
    char why[256];
    _Atomic bool stall; /* /relay does not read the request body while set */
} server;

/* One request on the server. */
typedef struct req {
    server *s;
    hr_exchange *x;
    hr_fetch *f;
    hr_timer *timer;
    bool echo, relay, slow, sink;
    size_t left;
    hr_buf body;
    hr_str one;
} req;

static void req_free(req *r)
{
    hr_buf_free(&r->body);
    free(r);
}

static void relay_head(hr_fetch *f, void *ctx, int status, hr_headers h)
{
    (void)f;
    req *r = ctx;
    int64_t len = -1;
    hr_str v = hr_header_get(h, HR_STR("content-length"));
    if (v.n)
        hr_str_i64(v, &len);
    hr_x_start(r->x, status, h, len);
}

static void relay_body(hr_fetch *f, void *ctx, hr_str bytes)
{
    req *r = ctx;
    r->s->relayed += bytes.n;
    if (!hr_x_write(r->x, bytes))
        hr_fetch_pause(f);
}

static void relay_drain(hr_fetch *f, void *ctx)
{
    (void)f;
    req *r = ctx;
    hr_x_read(r->x);
}

static void relay_done(hr_fetch *f, void *ctx, hr_err err, hr_fetch_stage stage, hr_str why)
{
    (void)f;
    req *r = ctx;
    server *s = r->s;
    r->f = NULL;
    s->last_fetch_err = (int)err;
    s->last_stage = (int)stage;
    if (err) /* loops share it */
        snprintf(s->why, sizeof(s->why), "%.*s", HR_FMT(why));
    s->fetch_done++;
    if (!err) {
        hr_x_end(r->x);
    } else if (stage == HR_STAGE_BODY) {
        hr_x_abort(r->x);
    } else {
        hr_x_reply(r->x, 502, (hr_headers){0}, why);
    }
}

static const hr_fetch_events relay_events = {relay_head, relay_body, relay_drain, relay_done};

static void stream_more(req *r)
{
    static char chunk[8192];
    memset(chunk, 'x', sizeof(chunk));
    while (r->left) {
        size_t n = r->left < sizeof(chunk) ? r->left : sizeof(chunk);
        r->left -= n;
        if (!hr_x_write(r->x, (hr_str){chunk, n}))
            break;
    }
    if (!r->left)
        hr_x_end(r->x);
}

static void slow_tick(void *ctx)
{
    req *r = ctx;
    r->timer = NULL;
    hr_x_write(r->x, HR_STR("tick\n"));
    if (r->left && --r->left)
        r->timer = hr_timer_start(hr_x_loop(r->x), 20, slow_tick, r);
    else
        hr_x_end(r->x);
}

static void late_reply(void *ctx)
{
    req *r = ctx;
    r->timer = NULL;
    hr_x_reply(r->x, 200, (hr_headers){0}, HR_STR("late"));
}

static void *on_request(hr_exchange *x, const hr_request_head *h, void *ctx)
{
    server *s = ctx;
    req *r = calloc(1, sizeof(*r));
    r->s = s;
    r->x = x;
    r->body = HR_BUF_INIT(0);
    s->requests++;
    hr_str path = h->target;
    hr_header type = {HR_STR("content-type"), HR_STR("text/plain")};
    hr_headers hs = {&type, 1};
    if (hr_str_starts(path, HR_STR("/hello"))) {
        hr_x_read(x);
        hr_x_reply(x, 200, hs, HR_STR("hello"));
    } else if (hr_str_starts(path, HR_STR("/len/"))) { /* body of n bytes, with a length */
        uint64_t n = 0;
        hr_str_u64(hr_str_sub(path, 5, SIZE_MAX), &n);
        r->left = n;
        hr_x_read(x);
        hr_x_start(x, 200, hs, (int64_t)n);
        stream_more(r);
    } else if (hr_str_starts(path, HR_STR("/chunked/"))) {
        uint64_t n = 0;
        hr_str_u64(hr_str_sub(path, 9, SIZE_MAX), &n);
        r->left = n;
        hr_x_read(x);
        hr_x_start(x, 200, hs, -1);
        stream_more(r);
    } else if (hr_str_starts(path, HR_STR("/slow/"))) { /* n ticks, one each 20 ms */
        uint64_t n = 0;
        hr_str_u64(hr_str_sub(path, 6, SIZE_MAX), &n);
        r->left = n;
        r->slow = true;
        hr_x_read(x);
        hr_x_start(x, 200, hs, -1);
        slow_tick(r);
    } else if (hr_str_starts(path, HR_STR("/late"))) {
        hr_x_read(x);
        r->timer = hr_timer_start(hr_x_loop(x), 300, late_reply, r);
    } else if (hr_str_starts(path, HR_STR("/never"))) {
        hr_x_read(x);
    } else if (hr_str_starts(path, HR_STR("/early"))) { /* answers without reading the body */
        hr_x_reply(x, 413, hs, HR_STR("too much"));
    } else if (hr_str_starts(path, HR_STR("/sink"))) { /* counts the body */
        r->sink = true;
        hr_x_read(x);
    } else if (hr_str_starts(path, HR_STR("/nocontent"))) {
        hr_x_read(x);
        hr_x_start(x, 204, hs, 0);
        hr_x_end(x);
    } else if (hr_str_starts(path, HR_STR("/abort"))) {
        hr_x_start(x, 200, hs, -1);
        hr_x_write(x, HR_STR("part"));
        hr_x_abort(x);
    } else if (hr_str_starts(path, HR_STR("/bulk/"))) { /* posts n bytes in borrowed pieces */
        static char data[100000];
        static hr_str pieces[400];
        uint64_t n = 0;
        hr_str_u64(hr_str_sub(path, 6, SIZE_MAX), &n);
        hr_fetch_opts o = s->relay;
        o.origin = hr_cstr(s->upstream);
        o.method = HR_STR("POST");
        o.target = HR_STR("/sink");
        o.body = pieces;
        for (; n; o.npieces++) {
            size_t k = n < sizeof(data) - o.npieces ? n : sizeof(data) - o.npieces;
            pieces[o.npieces] = (hr_str){data, k};
            n -= k;
            o.body_length += (int64_t)k;
        }
        r->relay = true;
        r->f = hr_fetch_start(hr_x_loop(x), &o, &relay_events, r);
        hr_x_read(x);
    } else if (hr_str_starts(path, HR_STR("/relay"))) {
        hr_fetch_opts o = s->relay;
        o.origin = hr_cstr(s->upstream);
        o.method = h->method;
        o.target = hr_str_sub(path, 6, SIZE_MAX);
        o.headers = h->headers;
        bool has_body = h->chunked || h->content_length > 0;
        o.stream_body = has_body;
        o.stream_length = h->content_length;
        r->relay = true;
        r->f = hr_fetch_start(hr_x_loop(x), &o, &relay_events, r);
        if (!s->stall)
            hr_x_read(x);
    } else { /* echo */
        r->echo = true;
        hr_x_read(x);
        hr_x_start(x, 200, hs, h->content_length);
    }
    return r;
}

static void on_body(hr_exchange *x, void *ctx, hr_str bytes)
{
    req *r = ctx;
    r->s->body_bytes += bytes.n;
    r->left += r->sink ? bytes.n : 0;
    if (r->echo && !hr_x_write(x, bytes))
        hr_x_pause(x);
    if (r->relay && r->f && !hr_fetch_write(r->f, bytes))
        hr_x_pause(x);
}

static void on_body_end(hr_exchange *x, void *ctx)
{
    req *r = ctx;
    r->s->body_ends++;
    if (r->echo) {
        /* an echo without a body: the start promised nothing or a chunked body */
        hr_x_end(x);
    }
    if (r->sink) {
        hr_str n = hr_strf(hr_x_arena(x), "sank %zu", r->left);
        hr_x_reply(x, 200, (hr_headers){0}, n);
    }
    if (r->relay && r->f)
        hr_fetch_end(r->f);
}

static void on_drain(hr_exchange *x, void *ctx)
{
    req *r = ctx;
    r->s->drains++;
    if (r->echo)
        hr_x_read(x);
    else if (r->relay && r->f)
        hr_fetch_resume(r->f);
    else if (!r->slow)
        stream_more(r);
}

static void on_close(hr_exchange *x, void *ctx, hr_err err)
{
    (void)x;
    req *r = ctx;
    server *s = r->s;
    s->last_close = (int)err;
    s->closed_ok += err == HR_OK;
    s->closed_client += err == HR_E_CLOSED;
    if (r->f)
        hr_fetch_cancel(r->f);
    if (r->timer)
        hr_timer_cancel(r->timer);
    req_free(r);
    s->closes++;
}

static hr_str error_body(int status, void *ctx)
{
    (void)ctx;
    return status == 431 ? HR_STR("{\"error\":431}") : HR_STR("{\"error\":\"bad\"}");
}

static void *server_main(void *arg)
{
    server *s = arg;
    s->signal = hr_net_run(s->net);
    return NULL;
}

static server *server_start(hr_net_opts o)
{
    server *s = calloc(1, sizeof(*s));
    o.host = HR_STR("127.0.0.1");
    if (!o.loops)
        o.loops = 1;
    o.events = (hr_server_events){on_request, on_body, on_body_end, on_drain, on_close, error_body};
    o.ctx = s;
    char why[256];
    hr_err e = hr_net_open(&o, &s->net, why);
    if (e)
        fail_msg("%s", why);
    s->port = hr_net_port(s->net);
    snprintf(s->upstream, sizeof(s->upstream), "http://127.0.0.1:%u", (unsigned)s->port);
    pthread_create(&s->thread, NULL, server_main, s);
    return s;
}

/* Stops, and checks that every request got its last callback. */
static void server_stop(server *s)
{
    hr_net_stop(s->net, 0);
    pthread_join(s->thread, NULL);
    hr_net_stats st;
    hr_net_stats_get(s->net, &st);
    assert_int_equal(s->requests, s->closes);
    assert_int_equal(st.clients, 0);
    assert_int_equal(st.upstream_open, 0);
    assert_int_equal(st.upstream_idle, 0);
    hr_net_close(s->net);
    free(s);
}

static int dial_port(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    struct timeval tv = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
    return fd;
}

static void send_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k <= 0)
            return;
        p += k;
        n -= (size_t)k;
    }
}
static void send_str(int fd, const char *z)
{
    send_all(fd, z, strlen(z));
}

/* Everything until the peer closes (or 10 s pass). */
static char *read_to_end(int fd, size_t *len)
{
    size_t n = 0, cap = 65536;
    char *p = malloc(cap + 1);
    for (;;) {
        if (n == cap)
            p = realloc(p, (cap *= 2) + 1);
        ssize_t k = recv(fd, p + n, cap - n, 0);
        if (k <= 0)
            break;
        n += (size_t)k;
    }
    p[n] = '\0';
    if (len)
        *len = n;
    return p;
}

/* At least until `want` was seen. */
__attribute__((unused)) static char *read_until(int fd, const char *want)
{
    size_t n = 0, cap = 1 << 20;
    char *p = malloc(cap + 1);
    p[0] = '\0';
    while (n < cap && !strstr(p, want)) {
        ssize_t k = recv(fd, p + n, cap - n, 0);
        if (k <= 0)
            break;
        n += (size_t)k;
        p[n] = '\0';
    }
    return p;
}

/* One request on a connection of its own; the whole answer. */
__attribute__((unused)) static char *ask(uint16_t port, const char *request)
{
    int fd = dial_port(port);
    send_str(fd, request);
    char *p = read_to_end(fd, NULL);
    close(fd);
    return p;
}

static void nap(unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

/* Waits up to 5 s for a counter. */
#define wait_for(cond)                                                                             \
    do {                                                                                           \
        for (int w_ = 0; w_ < 500 && !(cond); w_++)                                                \
            nap(10);                                                                               \
        assert_true(cond);                                                                         \
    } while (0)

__attribute__((unused)) static unsigned count_of(const char *hay, const char *needle)
{
    unsigned n = 0;
    for (const char *p = hay; (p = strstr(p, needle)) != NULL; p += strlen(needle))
        n++;
    return n;
}

/* --- a scripted upstream: accepts once per script and plays it ------------------------------ */

typedef struct script {
    int listener;
    uint16_t port;
    pthread_t thread;
    void (*play)(int fd, int nth, void *ctx);
    void *ctx;
    int times;
    _Atomic int accepted, finished;
} script;

static void *script_main(void *arg)
{
    script *s = arg;
    for (int i = 0; i < s->times; i++) {
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0)
            break;
        struct timeval tv = {.tv_sec = 10};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
        s->accepted++;
        s->play(fd, i, s->ctx);
        close(fd);
        s->finished++;
    }
    return NULL;
}

__attribute__((unused)) static script *script_start(void (*play)(int, int, void *), void *ctx,
                                                    int times)
{
    script *s = calloc(1, sizeof(*s));
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t n = sizeof(a);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&a, n), 0);
    assert_int_equal(listen(s->listener, 16), 0);
    getsockname(s->listener, (struct sockaddr *)&a, &n);
    s->port = ntohs(a.sin_port);
    s->play = play;
    s->ctx = ctx;
    s->times = times;
    pthread_create(&s->thread, NULL, script_main, s);
    return s;
}

__attribute__((unused)) static void script_stop(script *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
    free(s);
}

#endif
