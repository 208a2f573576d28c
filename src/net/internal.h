/* internal: what the files of net share. Nothing outside src/net includes it.
 *
 * Calls back into user code happen only from three places: a parser running on received bytes, a
 * deferred step (hr_defer), and a timer. Public functions never call back from inside; they note
 * what happened and queue a step. Deferred steps run at the end of the libuv callback that caused
 * them (hr_loop_flush), or at the latest before the loop sleeps (prepare) or after it polled
 * (check), so that no wake-up and no extra system call is needed.
 */
#ifndef HR_NET_INTERNAL_H
#define HR_NET_INTERNAL_H

#include "base/buf.h"
#include "net/net.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

enum {
    HR_READ_BUF = 64 * 1024,    /* one per loop, used within one read callback */
    HR_PENDING_MAX = 64 * 1024, /* received, not yet parsed; reading stops there */
    HR_BLOCK_DATA = 16 * 1024 - 24,
    HR_BLOCKS_KEPT = 32, /* free output blocks a loop keeps (512 KiB) */
    HR_RESPONSE_HEAD_MAX = 64 * 1024,
    HR_HEADERS_MAX = 1000,  /* fields in one head */
    HR_EXT_MAX = 16 * 1024, /* chunk extensions and trailers of one message */
};

/* --- lists and deferred steps --------------------------------------------------------------- */

typedef struct hr_list {
    struct hr_list *next, *prev;
} hr_list;

static inline void hr_list_init(hr_list *l)
{
    l->next = l->prev = l;
}
static inline bool hr_list_empty(const hr_list *l)
{
    return l->next == l;
}
static inline void hr_list_push(hr_list *l, hr_list *n)
{
    n->prev = l->prev;
    n->next = l;
    l->prev->next = n;
    l->prev = n;
}
/* Safe on a node that is in no list (initialised to itself). */
static inline void hr_list_remove(hr_list *n)
{
    n->prev->next = n->next;
    n->next->prev = n->prev;
    n->next = n->prev = n;
}
#define HR_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

typedef struct hr_defer {
    hr_list node;
    void (*fn)(struct hr_defer *d);
} hr_defer;

void hr_defer_init(hr_defer *d, void (*fn)(hr_defer *d));
void hr_defer_add(hr_loop *l, hr_defer *d); /* once, however often it is called before it runs */
static inline void hr_defer_drop(hr_defer *d)
{
    hr_list_remove(&d->node);
}
void hr_loop_flush(hr_loop *l);

/* --- lazily moved timers -------------------------------------------------------------------- */

/* A deadline that moves often but rarely passes: the timer stays where it is when the deadline
 * moves away, and the owner's callback re-arms it. `at` is in uv_now milliseconds. */
typedef struct hr_lazy {
    uv_timer_t t;
    uint64_t due; /* when the timer will fire; 0: not running */
    void (*fn)(struct hr_lazy *z);
} hr_lazy;
void hr_lazy_init(hr_loop *l, hr_lazy *z, void (*fn)(hr_lazy *z));
void hr_lazy_at(hr_lazy *z, uint64_t at);

/* --- output --------------------------------------------------------------------------------- */

typedef struct hr_block {
    struct hr_block *next;
    size_t off, n;
    char data[HR_BLOCK_DATA];
} hr_block;

/* Bytes on their way to a socket. Small pieces are staged in blocks; a flush sends blocks and
 * direct pieces with one writev (uv_try_write) and leaves what the kernel refuses to uv_write. */
typedef struct hr_out {
    hr_loop *loop;
    uv_stream_t *stream;
    uv_write_t req;
    hr_block *head, *tail;
    size_t queued;   /* bytes in blocks, those under way included */
    size_t inflight; /* of them: given to uv_write */
    bool nomem;
    void (*on_written)(struct hr_out *o, int status); /* an uv_write ended */
} hr_out;

void hr_out_init(hr_out *o, hr_loop *l, uv_stream_t *s, void (*fn)(hr_out *o, int status));
void hr_out_add(hr_out *o, hr_str s);
#define hr_out_lit(o, lit) hr_out_add((o), HR_STR(lit))
void hr_out_add_u64(hr_out *o, uint64_t v);
/* Sends what is staged, then `extra`; what does not go out is copied. 0 or a libuv error. */
int hr_out_flush(hr_out *o, const hr_str *extra, size_t n);
/* Sends from `extra` only, when nothing is staged, and copies at most `room` of the rest. Returns
 * how many bytes of it were taken, or a libuv error. */
int64_t hr_out_send(hr_out *o, const hr_str *extra, size_t n, size_t room);
void hr_out_free(hr_out *o);
/* Changes whenever the kernel took bytes; for stall detection. */
static inline size_t hr_out_left(const hr_out *o)
{
    return o->queued - o->inflight + (o->inflight ? o->stream->write_queue_size : 0);
}

/* --- heads ---------------------------------------------------------------------------------- */

/* Collects target and header fields from parser callbacks that may come in pieces. */
typedef struct hr_head {
    hr_buf text;
    size_t target_n;
    hr_header *list;
    size_t n, cap;
    bool in_value, done;
    size_t extra; /* bytes of trailers and chunk extensions */
} hr_head;

void hr_head_init(hr_head *h, size_t limit);
void hr_head_reset(hr_head *h);
void hr_head_free(hr_head *h);
bool hr_head_target(hr_head *h, const char *p, size_t n);
bool hr_head_name(hr_head *h, const char *p, size_t n);
bool hr_head_value(hr_head *h, const char *p, size_t n);
/* The head is complete: sets the slices (valid until the next reset) and trims values. */
void hr_head_finish(hr_head *h, hr_str *target, hr_headers *out);

/* Fields that belong to one connection only, or that net writes itself. `connection` is the value
 * of the Connection field, whose named fields are meant as well. */
bool hr_hop_by_hop(hr_str name, hr_str connection);
/* True when a comma-separated list has the token. */
bool hr_has_token(hr_str list, hr_str token);
hr_str hr_status_reason(int status);
/* No CR, LF or NUL in it: a field that would split the message is not written. */
bool hr_field_clean(const hr_header *h);

/* --- loops ---------------------------------------------------------------------------------- */

typedef struct hr_post {
    struct hr_post *next;
    void (*fn)(void *ctx);
    void *ctx;
    bool job; /* the end of a job of the work pool */
} hr_post;

typedef struct hr_tls_store hr_tls_store; /* sessions for resumption, per loop */

struct hr_loop {
    hr_net *net;
    unsigned index;
    uv_loop_t uv;
    uv_tcp_t listener, away; /* away: to turn a connection away without memory */
    uv_async_t async;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_timer_t drain_timer;
    uv_signal_t sigterm, sigint;
    pthread_t thread;
    bool threaded, opened, listening, draining, forced, finished, away_busy, accept_again;

    hr_list deferred, conns, ups, idle_ups, timers, tls_waiters;
    hr_defer finish;
    unsigned nidle;
    size_t jobs; /* submitted, done not yet called */
    char *read_buf;
    hr_block *blocks;
    unsigned nblocks;
    hr_fetch *spare_fetches;
    unsigned nspare;
    hr_tls_store *sessions;
    struct hr_tls *tls; /* the net's, once this loop knows it */
    uv_work_t tls_work;
    bool tls_making;
    int64_t date_s;
    char date[32];

    pthread_mutex_t lock; /* posts, closed */
    hr_post *posts, **posts_end;
    bool closed;

    _Atomic uint64_t accepted, refused, clients, exchanges, fetches, fetches_open, upstream_open,
        upstream_idle;
};

typedef struct hr_pool hr_pool;
typedef struct hr_tls hr_tls; /* the process's TLS settings, see tls.h */

struct hr_net {
    hr_net_opts o;
    char *strings; /* copies of the option strings */
    uint16_t port;
    unsigned nloops;
    hr_loop *loops;
    hr_pool *pool;
    hr_tls *tls;
    pthread_mutex_t tls_lock;
    _Atomic int stop; /* 0, 1: drain, 2: at once */
    _Atomic uint32_t drain_ms;
    _Atomic int signal;
    _Atomic unsigned ended; /* loops other than the first that are done */
};

#define HR_COUNT(l, what, by)                                                                      \
    atomic_fetch_add_explicit(&(l)->what, (uint64_t)(by), memory_order_relaxed)

hr_str hr_loop_date(hr_loop *l); /* IMF-fixdate of now */
/* When draining: ends the loop as soon as nothing runs on it any more. */
void hr_loop_check_end(hr_loop *l);
void hr_loop_post_job(hr_loop *l, hr_post *p); /* from workers; never fails */
void hr_post_init(hr_post *p, void (*fn)(void *ctx), void *ctx, bool job);

/* server.c */
void hr_server_accept(hr_loop *l);
void hr_server_drain(hr_loop *l, bool force);
/* upstream.c */
void hr_upstream_drain(hr_loop *l);      /* closes idle connections */
void hr_upstream_cancel_all(hr_loop *l); /* ends what still runs, with HR_E_CANCELLED */
/* fetch.c */
void hr_fetch_spares_free(hr_loop *l);
/* work.c */
hr_pool *hr_pool_new(const hr_net_opts *o);
void hr_pool_stop(hr_pool *p);
void hr_pool_free(hr_pool *p);
void hr_pool_stats(hr_pool *p, hr_net_stats *out);

#endif
