/* net: the only code that owns sockets. Event loops, the HTTP/1.1 server side, the HTTP client side
 * with its keep-alive pool and TLS, timers, and the work pool for blocking or heavy work.
 *
 * Threads: N loops, each one thread with its own listener (SO_REUSEPORT). A server exchange and
 * every fetch it starts live on one loop for their whole life; their functions may only be called
 * on that loop's thread, and callbacks come there. hr_loop_post and hr_pool_submit are the only
 * doors from other threads. No function here blocks.
 *
 * Life: an object is freed by net itself after its last callback (uv close callback); each header
 * comment says which callback is the last. After it the pointer is dead.
 *
 * Back-pressure: writes are queued; when more than HR_NET_HIGH bytes are unsent, the writer is told
 * (return value), should stop its source, and gets on_drain below HR_NET_LOW.
 */
#ifndef HR_NET_NET_H
#define HR_NET_NET_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "wire/headers.h"

enum { HR_NET_HIGH = 256 * 1024, HR_NET_LOW = 64 * 1024 };

typedef struct hr_net hr_net;   /* all loops */
typedef struct hr_loop hr_loop; /* one of them */

/* --- server side ---------------------------------------------------------------------------- */

/* One request and its response on a client connection (HTTP/1.0 or 1.1; pipelined requests are
 * handled one after the other). */
typedef struct hr_exchange hr_exchange;

typedef struct hr_request_head {
    hr_str method, target;  /* as received; target = path[?query], absolute form reduced to it */
    hr_headers headers;     /* valid until on_close */
    int64_t content_length; /* -1: none or chunked */
    bool chunked;
    bool peer_loopback; /* the peer's address is loopback (127/8, ::1, ::ffff:127/8) */
    char peer[64];      /* numeric address, no port */
} hr_request_head;

typedef struct hr_server_events {
    /* The head is complete. Return the per-request state, handed to the other callbacks. The body
     * follows by on_body; reading is paused until hr_x_read(x). */
    void *(*on_request)(hr_exchange *x, const hr_request_head *head, void *ctx);
    void (*on_body)(hr_exchange *x, void *req, hr_str bytes);
    void (*on_body_end)(hr_exchange *x, void *req);
    /* Less than HR_NET_LOW bytes of the response are unsent (only after a full write). */
    void (*on_drain)(hr_exchange *x, void *req);
    /* Last callback. err: HR_OK when the response was sent whole; HR_E_CLOSED when the client left;
     * HR_E_TIMEOUT, HR_E_PROTOCOL … otherwise. Anything upstream must be cancelled here. */
    void (*on_close)(hr_exchange *x, void *req, hr_err err);
    /* A head or body that is not HTTP (bad syntax, both lengths, bad chunking, too large head): net
     * answers 400/431 itself with this body and closes. May be NULL. */
    hr_str (*error_body)(int status, void *ctx);
} hr_server_events;

hr_loop *hr_x_loop(hr_exchange *x);
hr_arena *hr_x_arena(hr_exchange *x); /* lives until after on_close */
void hr_x_read(hr_exchange *x);       /* start / resume reading the body */
void hr_x_pause(hr_exchange *x);
/* Status line and headers; content_length -1 means chunked (or close for HTTP/1.0). Adds Date,
 * Connection and the length header; drops hop-by-hop fields of `h`. Answering before the body was
 * read is allowed: the rest is read and dropped up to 1 MiB, then the connection closes. */
void hr_x_start(hr_exchange *x, int status, hr_headers h, int64_t content_length);
/* Copies and queues; one try to send at once. False: over HR_NET_HIGH, wait for on_drain. */
bool hr_x_write(hr_exchange *x, hr_str bytes);
void hr_x_end(hr_exchange *x);   /* response complete; on_close follows when it is sent */
void hr_x_abort(hr_exchange *x); /* reset the connection (the response cannot be completed) */
/* Whole response in one go. */
void hr_x_reply(hr_exchange *x, int status, hr_headers h, hr_str body);

/* --- client side ---------------------------------------------------------------------------- */

typedef struct hr_fetch hr_fetch;

typedef struct hr_fetch_opts {
    hr_str origin; /* "https://host[:port]" or "http://…"; no path */
    hr_str method, target;
    hr_headers headers; /* without host, length, hop-by-hop: net adds them */
    const hr_str *body; /* pieces, borrowed until on_done */
    size_t npieces;
    int64_t body_length;   /* sum of the pieces; -1: streamed with hr_fetch_write, chunked … */
    int64_t stream_length; /* … or with this content-length when ≥ 0 */
    bool stream_body;
    /* Deadlines in ms, 0 = none: resolve+connect+TLS; no write progress; head of the response after
     * the request was sent; no byte in the middle of the response. */
    uint32_t connect_ms, write_ms, first_byte_ms, idle_ms;
} hr_fetch_opts;

/* Where a fetch failed; decides whether it may be retried. */
typedef enum hr_fetch_stage {
    HR_STAGE_CONNECT, /* nothing was sent */
    HR_STAGE_SEND,
    HR_STAGE_WAIT, /* sent whole, no byte of the response */
    HR_STAGE_BODY, /* the head was delivered */
} hr_fetch_stage;

typedef struct hr_fetch_events {
    void (*on_head)(hr_fetch *f, void *ctx, int status,
                    hr_headers h); /* headers valid in the call */
    void (*on_body)(hr_fetch *f, void *ctx, hr_str bytes);
    void (*on_drain)(hr_fetch *f, void *ctx); /* streamed request body may go on; may be NULL */
    /* Last callback, never called after hr_fetch_cancel. HR_OK: response complete.
     * HR_E_DNS, HR_E_CONNECT, HR_E_TLS, HR_E_TIMEOUT, HR_E_CLOSED (cut), HR_E_PROTOCOL. `why` is a
     * short text for the log and the error message, without secrets. */
    void (*on_done)(hr_fetch *f, void *ctx, hr_err err, hr_fetch_stage stage, hr_str why);
} hr_fetch_events;

/* Starts a request on this loop; callbacks come later, never from inside. A pooled connection that
 * turns out to be dead before any byte of the response is replaced by a fresh one, once, unseen.
 * NULL when memory is short. */
hr_fetch *hr_fetch_start(hr_loop *l, const hr_fetch_opts *o, const hr_fetch_events *ev, void *ctx);
bool hr_fetch_write(hr_fetch *f,
                    hr_str bytes); /* streamed body; copies; false: wait for on_drain */
void hr_fetch_end(hr_fetch *f);    /* streamed body complete */
void hr_fetch_pause(hr_fetch *f);  /* stop reading the response */
void hr_fetch_resume(hr_fetch *f);
void hr_fetch_cancel(hr_fetch *f); /* no further callbacks; the connection is closed */

/* --- loops, timers, work -------------------------------------------------------------------- */

typedef struct hr_net_opts {
    hr_str host;
    uint16_t port;        /* 0: any free port, see hr_net_port */
    unsigned loops;       /* 0: one per core, at most 4 */
    unsigned workers;     /* threads of the work pool; 0: one per core, at least 2 */
    unsigned queue_limit; /* waiting jobs; beyond it hr_pool_submit answers HR_E_BUSY; 0: 256 */
    unsigned max_clients; /* further connections get 503; 0: 1000 */
    unsigned max_idle_upstream; /* kept connections per loop; 0: 100 */
    uint32_t idle_upstream_ms;  /* 90000 */
    uint32_t client_idle_ms;    /* keep-alive time of a quiet client connection; 0: 75000 */
    uint32_t head_ms;           /* to receive a request head; 0: 30000 */
    uint32_t drain_ms;          /* after the first SIGTERM or SIGINT; 0: 30000 */
    size_t max_head;            /* bytes of a request head; 0: 64 KiB */
    bool tls_strict;            /* X509_V_FLAG_X509_STRICT */
    const char *ca_replace;     /* SSL_CERT_FILE / REQUESTS_CA_BUNDLE, or NULL */
    const char *ca_add;         /* NODE_EXTRA_CA_CERTS, or NULL */
    /* Values of HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or NULL. The proxy's URL is http://…; https
     * targets go through CONNECT. NO_PROXY: comma list of hosts, .suffixes, host:port, or "*". */
    const char *http_proxy, *https_proxy, *no_proxy;
    const hr_clock *clock;
    hr_server_events events;
    void *ctx;
} hr_net_opts;

/* Binds, so that a caller knows at once whether the address is free. HR_E_CONNECT with *why set. */
hr_err hr_net_open(const hr_net_opts *o, hr_net **out, char why[256]);
uint16_t hr_net_port(const hr_net *n);
/* Runs until hr_net_stop; SIGTERM and SIGINT stop it too. Returns the signal number or 0. */
int hr_net_run(hr_net *n);
/* From any thread or a signal: stop accepting, finish what runs, at most drain_ms, then close. */
void hr_net_stop(hr_net *n, uint32_t drain_ms);
void hr_net_close(hr_net *n);

unsigned hr_net_loops(const hr_net *n);
/* For timers and posts of the program itself, which belong to no exchange. */
hr_loop *hr_net_loop(hr_net *n, unsigned i);

typedef struct hr_timer hr_timer;
/* Calls fn once after ms on the loop; the pointer is dead when fn is called or the timer is
 * cancelled. Timers still waiting when the loop ends are dropped without a call. */
hr_timer *hr_timer_start(hr_loop *l, uint32_t ms, void (*fn)(void *ctx), void *ctx);
void hr_timer_cancel(hr_timer *t);
/* Runs fn on the loop's thread; any thread may call it. */
hr_err hr_loop_post(hr_loop *l, void (*fn)(void *ctx), void *ctx);

/* Runs work(ctx) on a worker, then done(ctx) on the loop. HR_E_BUSY when the queue is full: neither
 * is called. A queued or running job cannot be cancelled: the job looks at its own deadline. */
hr_err hr_pool_submit(hr_loop *l, void (*work)(void *ctx), void (*done)(void *ctx), void *ctx);

typedef struct hr_net_stats {
    uint64_t accepted, refused, clients, exchanges, fetches, upstream_open, upstream_idle;
    uint64_t pool_queued, pool_running, pool_done, pool_refused, pool_workers;
    uint64_t pool_queued_max, pool_wait_us_total, pool_wait_us_max, pool_run_us_total,
        pool_run_us_max;
} hr_net_stats;
void hr_net_stats_get(const hr_net *n, hr_net_stats *out);

#endif
