/* upstream: connections to providers and the requests (fetches) on them.
 *
 * Three layers with a seam between each: a fetch (fetch.c) is one request; a protocol (hr_proto)
 * carries fetches over a connection: HTTP/1.1 (h1.c) one at a time, HTTP/2 would carry many; a link
 * (hr_link) moves protocol bytes over the socket: plain (upstream.c) or TLS (tls_link.c).
 */
#ifndef HR_NET_UPSTREAM_H
#define HR_NET_UPSTREAM_H

#include "net/internal.h"

#include <llhttp.h>

typedef struct hr_up hr_up;

/* How bytes get over the socket. */
typedef struct hr_link {
    /* Takes what it can of the pieces now; 0: wait for `writable`. Negative: libuv error. */
    int64_t (*send)(hr_up *u, const hr_str *p, size_t n);
    /* Bytes came from the socket (n may be 0: go on with what was held back). Calls proto->bytes.
     */
    void (*input)(hr_up *u, const char *p, size_t n);
    /* The socket ended; true when the peer closed properly. */
    bool (*clean_eof)(const hr_up *u);
    void (*free)(hr_up *u);
} hr_link;

/* How requests get over a link. */
typedef struct hr_proto {
    void (*begin)(hr_up *u); /* the connection is ready for u->f */
    void (*bytes)(hr_up *u, const char *p, size_t n);
    void (*eof)(hr_up *u);
    void (*writable)(hr_up *u); /* the link takes more, or the fetch has more */
    void (*resume)(hr_up *u);   /* the fetch is no longer paused */
} hr_proto;

extern const hr_proto hr_h1;
extern const hr_link hr_plain;

typedef enum hr_up_state {
    HR_UP_DIAL,   /* resolving, connecting */
    HR_UP_TUNNEL, /* asking an HTTP proxy to connect */
    HR_UP_TLS,    /* waiting for settings or in the handshake */
    HR_UP_BUSY,
    HR_UP_IDLE,
    HR_UP_CLOSED,
} hr_up_state;

typedef struct hr_dial hr_dial;
/* Resolves host and connects: addresses in turn, the next one 250 ms later or when one fails, the
 * first that answers wins. done is called later, once; tcp (NULL on error) then belongs to the
 * callee, is in heap memory (hr_free after uv_close) and `why` lives for the call. */
typedef void hr_dial_done(void *ctx, hr_err err, uv_tcp_t *tcp, hr_str why);
hr_dial *hr_dial_start(hr_loop *l, const char *host, uint16_t port, hr_dial_done *done, void *ctx);
void hr_dial_cancel(hr_dial *d);

/* Where a fetch goes. host is NUL-terminated, without brackets. */
typedef struct hr_origin {
    bool tls;
    char host[256];
    uint16_t port;
} hr_origin;
bool hr_origin_parse(hr_str s, hr_origin *out);

typedef struct hr_tls_conn hr_tls_conn;

struct hr_up {
    hr_loop *loop;
    hr_list node, idle_node, tls_node;
    hr_defer step;
    hr_lazy timer;
    hr_up_state state;
    const hr_link *link;
    const hr_proto *proto;
    hr_origin origin;
    hr_origin via; /* HTTP proxy; port 0: none */
    uint64_t key;  /* hash of origin and via */
    hr_dial *dial;
    uv_tcp_t *tcp;
    hr_tls_conn *tls;
    hr_out out;
    hr_fetch *f;
    bool reading, reused, kick, resumed;
    uint8_t closing_handles;
    hr_err fail; /* noted inside a public function; the step reports it */
    char why[200];
    uint64_t rx_at, tx_at, idle_at;
    size_t tx_left;

    /* h1 */
    llhttp_t parser;
    hr_head head;
    hr_buf pending;
    bool parser_paused, interim, complete, keep, answered;
    unsigned interims;
    size_t head_bytes;
};

struct hr_fetch {
    hr_fetch *next; /* in the loop's spare list */
    hr_loop *loop;
    hr_up *up;
    hr_fetch_events ev;
    void *ctx;
    hr_arena arena; /* of the list of pieces */
    hr_origin origin, via;
    uint32_t connect_ms, write_ms, first_byte_ms, idle_ms;
    hr_buf head; /* request line and fields */
    size_t head_at;
    hr_str *pieces;
    size_t npieces, piece, piece_at;
    hr_buf stream; /* framed, not yet sent (kept from the start while it can be replayed) */
    size_t stream_at;
    int64_t stream_left; /* of a streamed body with a length */
    bool streamed, chunked, stream_ended, no_replay;
    bool head_only, paused, over_high, retried;
    bool sent;      /* the request is with the kernel */
    bool send_dead; /* the peer takes no more; its answer may still come */
    bool finished;
    uint64_t start_at, sent_at;
};

/* upstream.c */
bool hr_up_start(hr_fetch *f); /* on an idle connection or a new one; false: no memory */
void hr_up_schedule(hr_up *u);
/* Ends the connection; its fetch is tried again or told. Not from inside public functions. */
void hr_up_fail(hr_up *u, hr_err err, const char *why);
void hr_up_close(hr_up *u);
void hr_up_ready(hr_up *u);   /* connected and, for https, verified */
void hr_up_release(hr_up *u); /* to the idle pool */
void hr_up_set_reading(hr_up *u, bool on);

/* fetch.c */
void hr_fetch_finish(hr_fetch *f, hr_err err, hr_fetch_stage stage, hr_str why);
void hr_fetch_rewind(hr_fetch *f);
bool hr_fetch_can_replay(const hr_fetch *f);
/* What is to be sent now: at most max pieces. */
size_t hr_fetch_gather(const hr_fetch *f, hr_str *p, size_t max);
void hr_fetch_advance(hr_fetch *f, size_t n);
bool hr_fetch_all_taken(const hr_fetch *f);
void hr_fetch_drained(hr_fetch *f);

/* proxyenv.c */
typedef enum hr_proxy_choice { HR_PROXY_NONE, HR_PROXY_USE, HR_PROXY_BAD } hr_proxy_choice;
/* The proxy for requests to `to`; *auth is the value of Proxy-Authorization, in the arena. */
hr_proxy_choice hr_proxy_pick(const hr_net_opts *o, const hr_origin *to, hr_arena *a,
                              hr_origin *via, hr_str *auth);

#endif
