/* Bytes of a hostile peer, on real sockets within one thread. The first byte says who gets them:
 * even, a client's bytes to our server (which echoes); odd, an upstream's answer to a request of
 * ours. The second byte says where they are cut in two. Whatever comes, every exchange and every
 * fetch ends, what the server delivered does not depend on the cut, and nothing is left open. */
#include "net/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct seen {
    unsigned requests, closes, ends;
    uint64_t hash; /* of what was delivered, piece borders left out */
} seen;

static hr_net *net;
static seen now;
static int upstream = -1;
static uint16_t upstream_port;
static unsigned fetch_ended;

static void mix(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        now.hash = (now.hash ^ (uint8_t)s.p[i]) * 1099511628211u;
}

static void *on_request(hr_exchange *x, const hr_request_head *h, void *ctx)
{
    (void)ctx;
    now.requests++;
    mix(h->method);
    mix(h->target);
    if (!h->target.n || (h->target.p[0] != '/' && h->target.p[0] != '?' && h->target.p[0] != '*'))
        abort();
    for (size_t i = 0; i < h->headers.n; i++) {
        mix(h->headers.p[i].name);
        mix(h->headers.p[i].value);
    }
    if (h->chunked && h->content_length >= 0)
        abort();
    hr_x_start(x, 200, (hr_headers){0}, -1);
    hr_x_read(x);
    return x;
}

static void on_body(hr_exchange *x, void *req, hr_str bytes)
{
    (void)req;
    mix(bytes);
    hr_x_write(x, bytes);
}

static void on_body_end(hr_exchange *x, void *req)
{
    (void)req;
    now.ends++;
    hr_x_end(x);
}

static void on_close(hr_exchange *x, void *req, hr_err err)
{
    (void)x, (void)req, (void)err;
    now.closes++;
}

static void on_head(hr_fetch *f, void *ctx, int status, hr_headers h)
{
    (void)f, (void)ctx, (void)h;
    if (status < 200 || status > 999)
        abort();
}

static void on_fetch_body(hr_fetch *f, void *ctx, hr_str bytes)
{
    (void)f, (void)ctx, (void)bytes;
}

static void on_done(hr_fetch *f, void *ctx, hr_err err, hr_fetch_stage stage, hr_str why)
{
    (void)f, (void)ctx, (void)err, (void)stage, (void)why;
    fetch_ended++;
}

static const hr_fetch_events fetch_events = {on_head, on_fetch_body, NULL, on_done};

static void run(void)
{
    for (int i = 0; i < 4; i++)
        uv_run(&hr_net_loop(net, 0)->uv, UV_RUN_NOWAIT);
}

static void setup(void)
{
    hr_net_opts o = {.loops = 1,
                     .events = {on_request, on_body, on_body_end, NULL, on_close, NULL}};
    char why[256];
    if (hr_net_open(&o, &net, why)) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(a);
    upstream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(upstream, (struct sockaddr *)&a, n) || listen(upstream, 8) ||
        getsockname(upstream, (struct sockaddr *)&a, &n))
        exit(1);
    upstream_port = ntohs(a.sin_port);
}

/* Sends the bytes in two parts, half-closes, and waits until the peer is done with them. */
static void play(int fd, const uint8_t *p, size_t n, size_t cut, const unsigned *ended)
{
    char sink[65536];
    fcntl(fd, F_SETFL, O_NONBLOCK);
    for (int part = 0; part < 2; part++) {
        const uint8_t *q = part ? p + cut : p;
        size_t k = part ? n - cut : cut;
        for (int tries = 0; k && tries < 100; tries++) {
            ssize_t r = send(fd, q, k, MSG_NOSIGNAL);
            if (r > 0) {
                q += r;
                k -= (size_t)r;
            } else if (errno != EAGAIN) {
                break;
            }
            run();
            while (recv(fd, sink, sizeof(sink), 0) > 0) {
            }
        }
        run();
    }
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < 50; i++) {
        run();
        ssize_t r = recv(fd, sink, sizeof(sink), 0);
        if (r == 0 || (r < 0 && errno != EAGAIN) || (ended && *ended))
            break;
    }
    close(fd);
    run();
}

static void to_server(const uint8_t *p, size_t n, size_t cut)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    a.sin_port = htons(hr_net_port(net));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    now = (seen){.hash = 1469598103934665603u};
    struct linger hard = {1, 0}; /* no TIME_WAIT: the fuzzer would run out of ports */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    for (int tries = 0; connect(fd, (struct sockaddr *)&a, sizeof(a)); tries++) {
        if (tries == 1000 || (errno != EADDRNOTAVAIL && errno != EINTR)) {
            perror("connect");
            exit(1);
        }
        usleep(100 * 1000); /* the machine is short of ports for now */
    }
    run();
    play(fd, p, n, cut, NULL);
    for (int i = 0; i < 100 && now.requests != now.closes; i++)
        run();
    if (now.requests != now.closes)
        abort();
}

static void to_fetch(const uint8_t *p, size_t n, size_t cut)
{
    char origin[64];
    snprintf(origin, sizeof(origin), "http://127.0.0.1:%u", (unsigned)upstream_port);
    hr_fetch_opts o = {.origin = hr_cstr(origin), .method = HR_STR("GET"), .target = HR_STR("/")};
    fetch_ended = 0;
    if (!hr_fetch_start(hr_net_loop(net, 0), &o, &fetch_events, NULL))
        return;
    run();
    int fd = accept(upstream, NULL, NULL);
    struct linger hard = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    play(fd, p, n, cut, &fetch_ended);
    for (int i = 0; i < 100 && !fetch_ended; i++)
        run();
    if (fetch_ended != 1)
        abort();
    hr_upstream_drain(hr_net_loop(net, 0));
    run();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!net)
        setup();
    if (size < 2 || size > 60000)
        return 0;
    const uint8_t *p = data + 2;
    size_t n = size - 2, cut = n * data[1] / 255;
    if (data[0] & 1) {
        to_fetch(p, n, cut);
        return 0;
    }
    to_server(p, n, cut);
    seen first = now;
    to_server(p, n, 0);
    if (first.requests != now.requests || first.ends != now.ends || first.hash != now.hash)
        abort();
    return 0;
}
