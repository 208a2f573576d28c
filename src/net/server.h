/* server: one client connection and the exchange on it. Shared by server.c (accepting), conn.c
 * (life of a connection), conn_parse.c (its bytes), exchange.c (the hr_x_ functions) and refuse.c
 * (answers net gives by itself). */
#ifndef HR_NET_SERVER_H
#define HR_NET_SERVER_H

#include "net/internal.h"

#include <llhttp.h>

enum {
    HR_DISCARD_MAX = 1 << 20, /* unread request body that is read and dropped */
    HR_LINGER_MS = 2000,      /* how long a closing connection may still send: a client that sends
                                 all of a refused body before it reads must see the answer */
    HR_LINGER_MAX = 1 << 28,  /* bytes dropped meanwhile */
    HR_STALL_MS = 300000,     /* a client that takes no byte of its response */
    HR_REFUSED_MAX = 256,     /* connections over the limit that are still answered, per loop */
    HR_STAGE = 16 * 1024,     /* smaller writes are collected until the step */
};

typedef enum hr_conn_state {
    HR_CONN_HEAD,     /* between messages, or inside a request head */
    HR_CONN_EXCHANGE, /* an exchange is running */
    HR_CONN_DISCARD,  /* answered; the rest of the request body is dropped */
    HR_CONN_LINGER,   /* closing: our side is shut, waiting for the peer's close */
    HR_CONN_CLOSED,   /* uv_close was called */
} hr_conn_state;

typedef struct hr_conn hr_conn;

struct hr_exchange {
    hr_conn *conn;
    void *req;
    bool active;
    bool want_body; /* hr_x_read … hr_x_pause */
    bool body_done; /* the request is complete */
    bool started, ended;
    bool head_only; /* HEAD */
    bool no_body;   /* HEAD, 204, 304: nothing after the head */
    bool chunked, keep_alive;
    bool expect;    /* 100-continue asked for and not yet sent */
    bool over_high; /* the writer was told to wait */
    int64_t left;   /* of a response with a length */
    int64_t unread; /* of the request body, when its length is known; else -1 */
};

struct hr_conn {
    uv_tcp_t tcp;
    hr_loop *loop;
    hr_list node;
    hr_defer step;
    hr_lazy timer;
    hr_out out;
    llhttp_t parser;
    hr_head head;
    hr_arena arena;
    hr_arena_mark empty;
    hr_buf pending; /* received, not yet parsed */
    size_t pending_at;
    hr_exchange x;
    hr_request_head rq;
    hr_conn_state state;
    hr_err broken; /* why the connection ends; the step does it */
    bool reset;    /* … with RST */
    bool reading, eof, parser_paused, stepping, refused, shut, probed;
    bool http10;
    int bad_status; /* set by parser callbacks that refuse */
    uint8_t closing_handles;
    size_t head_bytes, dropped;
    uint64_t head_at, rx_at, tx_at, linger_at; /* uv_now */
    size_t tx_left;                            /* hr_out_left at tx_at */
    uint64_t probe_at;
    char peer[64];
    bool peer_loopback;
};

/* conn.c */
void hr_conn_step(hr_defer *d);
void hr_conn_on_timer(hr_lazy *z);
void hr_conn_on_written(hr_out *o, int status);
void hr_conn_set_reading(hr_conn *c, bool on);
void hr_conn_arm(hr_conn *c);
void hr_conn_shut(hr_conn *c, bool reset);
void hr_conn_schedule(hr_conn *c);
void hr_conn_break(hr_conn *c, hr_err err);
bool hr_conn_closing(const hr_conn *c);

/* conn_parse.c */
void hr_conn_parse_init(hr_conn *c);
void hr_conn_begin_head(hr_conn *c); /* ready for the next request */
/* Runs the parser over n bytes; returns how many it took. Stops early when the parser pauses. */
size_t hr_conn_parse(hr_conn *c, const char *p, size_t n);
/* Continues with bytes received earlier. True when something moved. */
bool hr_conn_parse_pending(hr_conn *c);
bool hr_conn_wants_input(const hr_conn *c);
size_t hr_conn_pending(const hr_conn *c); /* bytes received, not yet parsed */
void hr_conn_keep(hr_conn *c, const char *p, size_t n);

/* Writes a whole answer of net's own (400, 408, 431, 503); the connection is then to be closed. */
void hr_conn_refuse(hr_conn *c, int status);

/* After the client sent FIN: finds out whether it is gone (closed) or only done sending. */
void hr_conn_probe(hr_conn *c);
bool hr_conn_peer_gone(hr_conn *c);

#endif
