/* Opening, running and stopping all loops. */
#include "net/internal.h"
#include "net/tls.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_LOOPS = 64, BACKLOG = 1024, DRAIN_DEFAULT_MS = 30000 };

bool hr_loop_open(hr_loop *l);
void hr_loop_close(hr_loop *l);

static int listen_socket(const struct addrinfo *ai, uint16_t port, bool share)
{
    struct sockaddr_storage a = {0};
    memcpy(&a, ai->ai_addr, ai->ai_addrlen);
    if (a.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&a)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)&a)->sin_port = htons(port);
    int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (share)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&a, ai->ai_addrlen) == 0)
        return fd;
    int e = errno;
    close(fd);
    errno = e;
    return -1;
}

static uint16_t socket_port(int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t n = sizeof(a);
    getsockname(fd, (struct sockaddr *)&a, &n);
    return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
                                         : ((struct sockaddr_in *)&a)->sin_port);
}

static void on_connection(uv_stream_t *s, int status)
{
    hr_loop *l = s->data;
    if (status == 0)
        hr_server_accept(l);
    hr_loop_flush(l);
}

static bool listen_on(hr_loop *l, int fd)
{
    uv_tcp_init(&l->uv, &l->listener);
    l->listener.data = l;
    l->listening = true;
    return uv_tcp_open(&l->listener, fd) == 0 &&
           uv_listen((uv_stream_t *)&l->listener, BACKLOG, on_connection) == 0;
}

/* A socket that does not share its port finds out whether another process listens there; sockets
 * that share it would quietly take half of that process's connections. */
static hr_err bind_all(hr_net *n, const struct addrinfo *ai, char why[256])
{
    bool share = n->nloops > 1;
    int fd = -1;
    if (n->o.port && share) {
        int probe = listen_socket(ai, n->o.port, false);
        if (probe >= 0) {
            close(probe);
            fd = listen_socket(ai, n->o.port, true);
        }
    } else {
        fd = listen_socket(ai, n->o.port, share);
    }
    for (unsigned i = 0; fd >= 0; i++) {
        if (!i)
            n->port = socket_port(fd);
        if (!listen_on(&n->loops[i], fd)) {
            fd = -1;
            break;
        }
        if (i + 1 == n->nloops)
            return HR_OK;
        fd = listen_socket(ai, n->port, true);
    }
    snprintf(why, 256, "cannot listen on %.*s port %u: %s", HR_FMT(n->o.host), (unsigned)n->o.port,
             strerror(errno));
    return HR_E_CONNECT;
}

static hr_err bind_host(hr_net *n, char why[256])
{
    char host[256];
    snprintf(host, sizeof(host), "%.*s", HR_FMT(n->o.host));
    struct addrinfo hint = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *ai = NULL;
    int e = getaddrinfo(host, NULL, &hint, &ai);
    if (e || !ai) {
        snprintf(why, 256, "cannot listen on %.200s: %s", host, gai_strerror(e));
        return HR_E_CONNECT;
    }
    hr_err err = bind_all(n, ai, why);
    freeaddrinfo(ai);
    return err;
}

static bool copy_strings(hr_net *n)
{
    hr_net_opts *o = &n->o;
    const char **z[] = {&o->ca_replace, &o->ca_add, &o->http_proxy, &o->https_proxy, &o->no_proxy};
    size_t total = o->host.n;
    for (size_t i = 0; i < sizeof(z) / sizeof(*z); i++)
        total += *z[i] ? strlen(*z[i]) + 1 : 0;
    char *p = n->strings = hr_malloc(total);
    if (!p)
        return false;
    if (o->host.n)
        memcpy(p, o->host.p, o->host.n);
    o->host.p = p;
    p += o->host.n;
    for (size_t i = 0; i < sizeof(z) / sizeof(*z); i++) {
        if (*z[i]) {
            size_t k = strlen(*z[i]) + 1;
            memcpy(p, *z[i], k);
            *z[i] = p;
            p += k;
        }
    }
    return true;
}

static void set_defaults(hr_net_opts *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned c = cores > 0 ? (unsigned)cores : 1;
    if (!o->loops)
        o->loops = c < 4 ? c : 4;
    if (o->loops > MAX_LOOPS)
        o->loops = MAX_LOOPS;
    if (!o->workers)
        o->workers = c < 2 ? 2 : c;
#define DEFAULT(field, v)                                                                          \
    if (!o->field)                                                                                 \
    o->field = (v)
    DEFAULT(queue_limit, 256);
    DEFAULT(max_clients, 1000);
    DEFAULT(max_idle_upstream, 100);
    DEFAULT(idle_upstream_ms, 90000);
    DEFAULT(client_idle_ms, 75000);
    DEFAULT(head_ms, 30000);
    DEFAULT(drain_ms, DRAIN_DEFAULT_MS);
    DEFAULT(max_head, (size_t)64 * 1024);
    DEFAULT(clock, &hr_clock_system);
#undef DEFAULT
    if (!o->host.n)
        o->host = HR_STR("127.0.0.1");
}

hr_err hr_net_open(const hr_net_opts *o, hr_net **out, char why[256])
{
    *out = NULL;
    snprintf(why, 256, "%s", hr_err_text(HR_E_NOMEM));
    signal(SIGPIPE, SIG_IGN);
    hr_net *n = hr_calloc(1, sizeof(*n));
    if (!n)
        return HR_E_NOMEM;
    n->o = *o;
    set_defaults(&n->o);
    pthread_mutex_init(&n->tls_lock, NULL);
    n->nloops = n->o.loops;
    atomic_store(&n->drain_ms, n->o.drain_ms);
    hr_err err = HR_E_NOMEM;
    n->loops = hr_calloc(n->nloops, sizeof(*n->loops));
    n->pool = hr_pool_new(&n->o);
    if (n->loops && n->pool && copy_strings(n)) {
        err = HR_OK;
        for (unsigned i = 0; i < n->nloops && !err; i++) {
            n->loops[i].net = n;
            n->loops[i].index = i;
            err = hr_loop_open(&n->loops[i]) ? HR_OK : HR_E_NOMEM;
        }
        if (!err)
            err = bind_host(n, why);
    }
    if (err) {
        hr_net_close(n);
        return err;
    }
    why[0] = '\0';
    *out = n;
    return HR_OK;
}

uint16_t hr_net_port(const hr_net *n)
{
    return n->port;
}

unsigned hr_net_loops(const hr_net *n)
{
    return n->nloops;
}

hr_loop *hr_net_loop(hr_net *n, unsigned i)
{
    return &n->loops[i];
}

static void wake_all(hr_net *n)
{
    for (unsigned i = 0; i < n->nloops; i++)
        uv_async_send(&n->loops[i].async);
}

/* The first signal drains, the second ends at once. */
static void on_signal(uv_signal_t *s, int signum)
{
    hr_loop *l = s->data;
    int none = 0;
    atomic_store(&l->net->signal, signum);
    if (!atomic_compare_exchange_strong(&l->net->stop, &none, 1))
        atomic_store(&l->net->stop, 2);
    wake_all(l->net);
}

static void *run_loop(void *arg)
{
    hr_loop *l = arg;
    uv_run(&l->uv, UV_RUN_DEFAULT);
    return NULL;
}

int hr_net_run(hr_net *n)
{
    uv_signal_start(&n->loops[0].sigterm, on_signal, SIGTERM);
    uv_signal_start(&n->loops[0].sigint, on_signal, SIGINT);
    for (unsigned i = 1; i < n->nloops; i++) {
        hr_loop *l = &n->loops[i];
        l->threaded = pthread_create(&l->thread, NULL, run_loop, l) == 0;
        if (!l->threaded) {
            hr_error("cannot start a thread for event loop %u", i);
            atomic_fetch_add(&n->ended, 1);
            hr_net_stop(n, 0);
        }
    }
    run_loop(&n->loops[0]);
    for (unsigned i = 1; i < n->nloops; i++) {
        if (n->loops[i].threaded)
            pthread_join(n->loops[i].thread, NULL);
    }
    return atomic_load(&n->signal);
}

void hr_net_stop(hr_net *n, uint32_t drain_ms)
{
    int none = 0;
    if (!atomic_load(&n->stop))
        atomic_store(&n->drain_ms, drain_ms);
    if (!atomic_compare_exchange_strong(&n->stop, &none, 1) && drain_ms == 0)
        atomic_store(&n->stop, 2);
    wake_all(n);
}

void hr_net_close(hr_net *n)
{
    if (!n)
        return;
    if (n->pool)
        hr_pool_stop(n->pool);
    for (unsigned i = n->nloops; n->loops && i > 0; i--) /* they tell the first of their end */
        hr_loop_close(&n->loops[i - 1]);
    if (n->pool)
        hr_pool_free(n->pool);
    for (unsigned i = 0; n->loops && i < n->nloops; i++)
        hr_tls_store_free(n->loops[i].sessions);
    hr_tls_free(n->tls);
    pthread_mutex_destroy(&n->tls_lock);
    hr_free(n->loops);
    hr_free(n->strings);
    hr_free(n);
}

void hr_net_stats_get(const hr_net *n, hr_net_stats *out)
{
    memset(out, 0, sizeof(*out));
    hr_pool_stats(n->pool, out);
    for (unsigned i = 0; i < n->nloops; i++) {
        const hr_loop *l = &n->loops[i];
#define SUM(f) out->f += atomic_load_explicit(&l->f, memory_order_relaxed)
        SUM(accepted);
        SUM(refused);
        SUM(clients);
        SUM(exchanges);
        SUM(fetches);
        SUM(upstream_open);
        SUM(upstream_idle);
#undef SUM
    }
}
