/* Client connections: accept, read, parse, one exchange after the other, close. */
#include "net/server.h"

#include "base/mem.h"

#include <netinet/in.h>

static const llhttp_settings_t settings;

/* --- closing -------------------------------------------------------------------------------- */

static void conn_closed(uv_handle_t *h)
{
    hr_conn *c = h->data;
    if (--c->closing_handles)
        return;
    hr_loop *l = c->loop;
    hr_list_remove(&c->node);
    hr_defer_drop(&c->step);
    hr_out_free(&c->out);
    hr_head_free(&c->head);
    hr_buf_free(&c->pending);
    hr_arena_free(&c->arena);
    hr_free(c);
    HR_COUNT(l, clients, -1);
    hr_loop_check_end(l);
}

static void close_now(hr_conn *c, bool reset)
{
    if (c->state == HR_CONN_CLOSED)
        return;
    c->state = HR_CONN_CLOSED;
    c->closing_handles = 2;
    uv_close((uv_handle_t *)&c->timer.t, conn_closed);
    if (!reset || uv_tcp_close_reset(&c->tcp, conn_closed))
        uv_close((uv_handle_t *)&c->tcp, conn_closed);
}

bool hr_conn_closing(const hr_conn *c)
{
    return c->broken || c->state == HR_CONN_CLOSED;
}

void hr_conn_schedule(hr_conn *c)
{
    hr_defer_add(c->loop, &c->step);
}

void hr_conn_break(hr_conn *c, hr_err err)
{
    if (!c->broken)
        c->broken = err;
    hr_conn_schedule(c);
}

static void arm(hr_conn *c);

static void shut_done(uv_shutdown_t *req, int status)
{
    (void)status;
    hr_free(req);
}

/* Says FIN and waits a little for the peer's: closing with unread bytes in the socket would send a
 * reset, which may overtake the answer. */
static void linger(hr_conn *c)
{
    if (c->eof) {
        close_now(c, false);
        return;
    }
    c->state = HR_CONN_LINGER;
    c->dropped = 0;
    c->linger_at = uv_now(&c->loop->uv) + HR_LINGER_MS;
    uv_shutdown_t *req = hr_malloc(sizeof(*req));
    if (!req || uv_shutdown(req, (uv_stream_t *)&c->tcp, shut_done)) {
        hr_free(req);
        close_now(c, false);
    }
}

/* --- reading -------------------------------------------------------------------------------- */

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf);

static void on_alloc(uv_handle_t *h, size_t want, uv_buf_t *buf)
{
    (void)want;
    hr_conn *c = h->data;
    *buf = uv_buf_init(c->loop->read_buf, HR_READ_BUF);
}

static void set_reading(hr_conn *c, bool on)
{
    if (c->reading == on || c->eof || c->state == HR_CONN_CLOSED)
        return;
    c->reading = on;
    if (on)
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    else
        uv_read_stop((uv_stream_t *)&c->tcp);
}

static size_t pending_left(const hr_conn *c)
{
    return c->pending.n - c->pending_at;
}

static void begin_head(hr_conn *c)
{
    c->state = HR_CONN_HEAD;
    llhttp_reset(&c->parser);
    c->parser_paused = false;
    hr_head_reset(&c->head);
    c->head_bytes = 0;
    c->dropped = 0;
    c->bad_status = 0;
    c->rx_at = uv_now(&c->loop->uv);
}

/* A message that is not HTTP, or not acceptable. */
static void bad_message(hr_conn *c, int status)
{
    hr_exchange *x = &c->x;
    bool answer = true;
    if (c->state == HR_CONN_EXCHANGE && x->active) {
        answer = !x->started;
        x->active = false;
        c->loop->net->o.events.on_close(x, x->req, HR_E_PROTOCOL);
    } else if (c->state == HR_CONN_DISCARD) {
        answer = false;
    }
    if (hr_conn_closing(c))
        return;
    if (answer) {
        hr_conn_refuse(c, status);
    } else {
        hr_conn_break(c, HR_E_PROTOCOL);
    }
}

/* Runs the parser over n bytes; returns how many it took. Stops early when the parser pauses. */
static size_t parse(hr_conn *c, const char *p, size_t n)
{
    bool was_head = c->state == HR_CONN_HEAD;
    if (was_head && !c->head_bytes && n)
        c->head_at = uv_now(&c->loop->uv);
    llhttp_errno_t e = llhttp_execute(&c->parser, p, n);
    if (hr_conn_closing(c))
        return n;
    size_t took = n;
    if (e == HPE_PAUSED) {
        took = (size_t)(llhttp_get_error_pos(&c->parser) - p);
        c->parser_paused = true;
    } else if (e != HPE_OK) {
        bad_message(c, c->bad_status ? c->bad_status : 400);
        return n;
    }
    if (was_head) {
        c->head_bytes += took;
        if (c->state == HR_CONN_HEAD && c->head_bytes > c->loop->net->o.max_head)
            bad_message(c, 431);
    }
    return took;
}

static bool wants_input(const hr_conn *c)
{
    switch (c->state) {
    case HR_CONN_HEAD:
        return true;
    case HR_CONN_EXCHANGE:
        return !c->x.body_done && c->x.want_body;
    case HR_CONN_DISCARD:
        return true;
    default:
        return false;
    }
}

/* Continues with bytes received earlier. True when something moved. */
static bool parse_pending(hr_conn *c)
{
    if (!wants_input(c) || (!c->parser_paused && !pending_left(c)))
        return false;
    if (c->parser_paused) {
        c->parser_paused = false;
        llhttp_resume(&c->parser);
    }
    size_t n = pending_left(c);
    const char *p = n ? c->pending.p + c->pending_at : "";
    c->pending_at += parse(c, p, n);
    if (c->pending_at >= c->pending.n) {
        hr_buf_free(&c->pending);
        c->pending_at = 0;
    }
    return true;
}

static void keep_pending(hr_conn *c, const char *p, size_t n)
{
    if (c->pending_at) {
        hr_buf_consume(&c->pending, c->pending_at);
        c->pending_at = 0;
    }
    hr_buf_add(&c->pending, (hr_str){p, n});
    if (c->pending.err)
        hr_conn_break(c, HR_E_NOMEM);
}

static void on_eof(hr_conn *c)
{
    c->eof = true;
    c->reading = false;
    switch (c->state) {
    case HR_CONN_EXCHANGE:
        if (!c->x.body_done && (c->rq.chunked || c->x.unread > 0) && !pending_left(c))
            hr_conn_break(c, HR_E_CLOSED);
        else
            hr_conn_probe(c);
        break;
    case HR_CONN_HEAD:
        if (!pending_left(c))
            close_now(c, false);
        break;
    default:
        if (!c->out.queued)
            hr_conn_break(c, HR_E_CLOSED);
        break;
    }
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    hr_conn *c = s->data;
    hr_loop *l = c->loop;
    if (n > 0) {
        c->rx_at = uv_now(&l->uv);
        const char *p = buf->base;
        size_t left = (size_t)n;
        if (c->state == HR_CONN_LINGER) {
            c->dropped += left;
            if (c->dropped > HR_DISCARD_MAX)
                close_now(c, false);
        } else if (!hr_conn_closing(c)) {
            if (!pending_left(c) && !c->parser_paused && wants_input(c)) {
                size_t took = parse(c, p, left);
                p += took;
                left -= took;
            }
            if (left && !hr_conn_closing(c) && c->state != HR_CONN_LINGER)
                keep_pending(c, p, left);
        }
    } else if (n == UV_EOF) {
        on_eof(c);
    } else if (n < 0) {
        c->eof = true;
        hr_conn_break(c, HR_E_CLOSED);
    }
    hr_conn_schedule(c);
    hr_loop_flush(l);
}

/* --- the step ------------------------------------------------------------------------------- */

/* The response is with the kernel: tell the owner, then go on with the connection. */
static void finish_exchange(hr_conn *c)
{
    hr_exchange *x = &c->x;
    bool whole = x->body_done, keep = x->keep_alive && !c->loop->draining;
    x->active = false;
    c->loop->net->o.events.on_close(x, x->req, HR_OK);
    hr_arena_restore(&c->arena, c->empty);
    if (c->state == HR_CONN_CLOSED)
        return;
    if (keep && whole)
        begin_head(c);
    else if (keep && x->unread <= HR_DISCARD_MAX)
        c->state = HR_CONN_DISCARD;
    else if (whole && !pending_left(c))
        close_now(c, false);
    else
        linger(c);
}

static void end_broken(hr_conn *c)
{
    hr_exchange *x = &c->x;
    hr_err err = c->broken;
    if (x->active) {
        x->active = false;
        c->loop->net->o.events.on_close(x, x->req, err);
    }
    close_now(c, c->reset);
}

static void maybe_drained(hr_conn *c)
{
    hr_exchange *x = &c->x;
    if (!x->over_high || !x->active || hr_out_left(&c->out) >= HR_NET_LOW)
        return;
    x->over_high = false;
    if (!x->ended && c->loop->net->o.events.on_drain)
        c->loop->net->o.events.on_drain(x, x->req);
}

static bool advance(hr_conn *c)
{
    if (c->state == HR_CONN_CLOSED)
        return false;
    if (c->broken) {
        end_broken(c);
        return false;
    }
    if (c->out.queued && !c->out.inflight) {
        if (hr_out_flush(&c->out, NULL, 0) < 0)
            hr_conn_break(c, HR_E_CLOSED);
        return true;
    }
    maybe_drained(c);
    if (c->out.queued && !c->out.inflight)
        return true;
    if (!c->out.queued) {
        if (c->x.active && c->x.ended) {
            finish_exchange(c);
            return true;
        }
        if (c->shut) {
            c->shut = false;
            linger(c);
            return false;
        }
    }
    if (c->shut)
        return false;
    if (c->state == HR_CONN_DISCARD && c->x.body_done) {
        begin_head(c);
        return true;
    }
    if (c->state == HR_CONN_HEAD && c->loop->draining && !c->head_bytes) {
        if (pending_left(c))
            linger(c);
        else
            close_now(c, false);
        return false;
    }
    if (parse_pending(c))
        return true;
    if (c->eof && wants_input(c)) { /* no more bytes will come for what is wanted */
        hr_conn_break(c, HR_E_CLOSED);
        return true;
    }
    return false;
}

static void conn_step(hr_defer *d)
{
    hr_conn *c = HR_OF(d, hr_conn, step);
    if (c->stepping)
        return;
    c->stepping = true;
    while (advance(c)) {
    }
    c->stepping = false;
    if (c->state == HR_CONN_CLOSED)
        return;
    bool full = pending_left(c) >= HR_PENDING_MAX;
    bool held = c->state == HR_CONN_EXCHANGE && !c->x.body_done && !c->x.want_body;
    set_reading(c, !full && !(held && pending_left(c)));
    arm(c);
}

static void on_written(hr_out *o, int status)
{
    hr_conn *c = HR_OF(o, hr_conn, out);
    hr_loop *l = c->loop;
    if (c->state == HR_CONN_CLOSED)
        return;
    if (status < 0)
        hr_conn_break(c, HR_E_CLOSED);
    hr_conn_schedule(c);
    hr_loop_flush(l);
}

/* --- deadlines ------------------------------------------------------------------------------ */

/* When the connection is to be given up if nothing moves; 0: never. */
static uint64_t deadline(hr_conn *c)
{
    const hr_net_opts *o = &c->loop->net->o;
    uint64_t at = 0;
    if (c->state == HR_CONN_LINGER)
        return c->linger_at;
    if (c->state == HR_CONN_HEAD)
        at = c->head_bytes ? c->head_at + o->head_ms : c->rx_at + o->client_idle_ms;
    else if (wants_input(c) && !c->parser_paused)
        at = c->rx_at + o->client_idle_ms;
    if (c->out.queued) {
        size_t left = hr_out_left(&c->out);
        if (left != c->tx_left || !c->tx_at) {
            c->tx_left = left;
            c->tx_at = uv_now(&c->loop->uv);
        }
        uint64_t stall = c->tx_at + HR_STALL_MS;
        at = at && at < stall ? at : stall;
    } else {
        c->tx_at = 0;
    }
    if (c->probe_at && (!at || c->probe_at < at))
        at = c->probe_at;
    return at;
}

static void arm(hr_conn *c)
{
    uint64_t at = deadline(c);
    if (at)
        hr_lazy_at(&c->timer, at);
}

static void on_timer(hr_lazy *z)
{
    hr_conn *c = HR_OF(z, hr_conn, timer);
    hr_loop *l = c->loop;
    uint64_t now = uv_now(&l->uv);
    if (hr_conn_closing(c))
        return;
    if (c->probe_at && now >= c->probe_at) {
        if (hr_conn_peer_gone(c))
            hr_conn_break(c, HR_E_CLOSED);
    }
    uint64_t at = deadline(c);
    if (!at || c->broken) {
        hr_loop_flush(l);
        return;
    }
    if (now < at) {
        hr_lazy_at(z, at);
        return;
    }
    if (c->state == HR_CONN_HEAD && c->head_bytes)
        hr_conn_refuse(c, 408);
    else if (c->state == HR_CONN_HEAD || c->state == HR_CONN_LINGER)
        close_now(c, false);
    else
        hr_conn_break(c, HR_E_TIMEOUT);
    hr_conn_schedule(c);
    hr_loop_flush(l);
}

/* --- accept and drain ----------------------------------------------------------------------- */

static void set_peer(hr_conn *c)
{
    struct sockaddr_storage a = {0};
    int n = sizeof(a);
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&a, &n))
        return;
    if (a.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&a;
        uv_ip4_name(in, c->peer, sizeof(c->peer));
        c->peer_loopback = ntohl(in->sin_addr.s_addr) >> 24 == 127;
    } else if (a.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&a;
        uv_ip6_name(in, c->peer, sizeof(c->peer));
        const uint8_t *b = in->sin6_addr.s6_addr;
        c->peer_loopback = IN6_IS_ADDR_LOOPBACK(&in->sin6_addr) ||
                           (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr) && b[12] == 127);
    }
}

static void away_closed(uv_handle_t *h)
{
    hr_loop *l = h->data;
    l->away_busy = false;
    if (l->accept_again && l->listening) {
        l->accept_again = false;
        hr_server_accept(l);
    }
}

/* Accepts and closes at once, with a handle kept for it: a connection that is never accepted would
 * stop the listener. */
static void turn_away(hr_loop *l)
{
    if (l->away_busy) {
        l->accept_again = true;
        return;
    }
    uv_tcp_init(&l->uv, &l->away);
    l->away.data = l;
    l->away_busy = true;
    uv_accept((uv_stream_t *)&l->listener, (uv_stream_t *)&l->away);
    uv_close((uv_handle_t *)&l->away, away_closed);
}

void hr_server_accept(hr_loop *l)
{
    const hr_net *n = l->net;
    uint64_t clients = 0;
    for (unsigned i = 0; i < n->nloops; i++)
        clients += atomic_load_explicit(&n->loops[i].clients, memory_order_relaxed);
    HR_COUNT(l, accepted, 1);
    bool over = clients >= n->o.max_clients;
    if (over)
        HR_COUNT(l, refused, 1);
    hr_conn *c =
        clients >= (uint64_t)n->o.max_clients + HR_REFUSED_MAX ? NULL : hr_calloc(1, sizeof(*c));
    if (!c) {
        turn_away(l);
        return;
    }
    HR_COUNT(l, clients, 1);
    c->loop = l;
    c->refused = over;
    hr_list_push(&l->conns, &c->node);
    hr_defer_init(&c->step, conn_step);
    hr_lazy_init(l, &c->timer, on_timer);
    uv_tcp_init(&l->uv, &c->tcp);
    c->tcp.data = c->timer.t.data = c;
    hr_out_init(&c->out, l, (uv_stream_t *)&c->tcp, on_written);
    hr_head_init(&c->head, n->o.max_head);
    hr_arena_init(&c->arena, 0);
    bool ok = hr_alloc(&c->arena, 1) != NULL;
    c->empty = hr_arena_save(&c->arena);
    c->pending = HR_BUF_INIT(HR_PENDING_MAX + HR_READ_BUF);
    llhttp_init(&c->parser, HTTP_REQUEST, &settings);
    c->parser.data = c;
    c->x.conn = c;
    if (uv_accept((uv_stream_t *)&l->listener, (uv_stream_t *)&c->tcp) || !ok) {
        close_now(c, false);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    set_peer(c);
    begin_head(c);
    set_reading(c, true);
    arm(c);
}

void hr_server_drain(hr_loop *l, bool force)
{
    for (hr_list *n = l->conns.next, *next; n != &l->conns; n = next) {
        next = n->next;
        hr_conn *c = HR_OF(n, hr_conn, node);
        if (force)
            hr_conn_break(c, HR_E_CANCELLED);
        else
            hr_conn_schedule(c);
    }
}

/* --- parser callbacks ----------------------------------------------------------------------- */

static int refuse(hr_conn *c, int status)
{
    c->bad_status = status;
    return HPE_USER;
}

static int cb_url(llhttp_t *p, const char *at, size_t n)
{
    hr_conn *c = p->data;
    return hr_head_target(&c->head, at, n) ? 0 : refuse(c, 431);
}

static int cb_name(llhttp_t *p, const char *at, size_t n)
{
    hr_conn *c = p->data;
    return hr_head_name(&c->head, at, n) ? 0 : refuse(c, 431);
}

static int cb_value(llhttp_t *p, const char *at, size_t n)
{
    hr_conn *c = p->data;
    return hr_head_value(&c->head, at, n) ? 0 : refuse(c, 431);
}

static int cb_extension(llhttp_t *p, const char *at, size_t n)
{
    (void)at;
    hr_conn *c = p->data;
    c->head.extra += n;
    return c->head.extra <= HR_EXT_MAX ? 0 : refuse(c, 400);
}

/* Path and query of a request target; false for forms we do not serve. */
static bool reduce_target(hr_str *t)
{
    if (t->n && t->p[0] == '/')
        return true;
    if (hr_str_eq(*t, HR_STR("*")))
        return true;
    size_t skip = hr_str_istarts(*t, HR_STR("http://"))    ? 7
                  : hr_str_istarts(*t, HR_STR("https://")) ? 8
                                                           : 0;
    if (!skip)
        return false;
    hr_str rest = hr_str_sub(*t, skip, SIZE_MAX);
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] == '/' || rest.p[i] == '?') {
            *t = hr_str_sub(rest, i, SIZE_MAX);
            return i > 0;
        }
    }
    *t = HR_STR("/");
    return rest.n > 0;
}

/* What llhttp leaves to us: one Host, no transfer coding but chunked, a target we can route. */
static bool acceptable(hr_conn *c)
{
    llhttp_t *p = &c->parser;
    unsigned hosts = 0, codings = 0;
    c->http10 = p->http_major == 1 && p->http_minor == 0;
    if (p->http_major != 1 || p->http_minor > 1 || p->method == HTTP_CONNECT)
        return false;
    for (size_t i = 0; i < c->rq.headers.n; i++) {
        const hr_header *h = &c->rq.headers.p[i];
        if (h->name.n == 4 && hr_str_ieq(h->name, HR_STR("host"))) {
            hosts++;
        } else if (h->name.n == 17 && hr_str_ieq(h->name, HR_STR("transfer-encoding"))) {
            codings++;
            if (!hr_str_ieq(h->value, HR_STR("chunked")))
                return false;
        } else if (h->name.n == 6 && hr_str_ieq(h->name, HR_STR("expect"))) {
            c->x.expect = !c->http10 && hr_str_ieq(h->value, HR_STR("100-continue"));
        }
    }
    if (hosts > 1 || (!hosts && !c->http10) || codings > 1 || (codings && c->http10))
        return false;
    return reduce_target(&c->rq.target);
}

static int cb_headers_complete(llhttp_t *p)
{
    hr_conn *c = p->data;
    hr_loop *l = c->loop;
    hr_exchange *x = &c->x;
    *x = (hr_exchange){.conn = c, .unread = -1};
    c->rq = (hr_request_head){.peer_loopback = c->peer_loopback};
    hr_head_finish(&c->head, &c->rq.target, &c->rq.headers);
    if (!acceptable(c))
        return refuse(c, 400);
    if (c->refused)
        return refuse(c, 503);
    memcpy(c->rq.peer, c->peer, sizeof(c->peer));
    c->rq.method = hr_cstr(llhttp_method_name((llhttp_method_t)p->method));
    c->rq.chunked = (p->flags & F_CHUNKED) != 0;
    c->rq.content_length = -1;
    if (p->flags & F_CONTENT_LENGTH) {
        if (p->content_length > INT64_MAX)
            return refuse(c, 400);
        c->rq.content_length = x->unread = (int64_t)p->content_length;
    }
    p->upgrade = 0; /* an upgrade is answered like any request; the bytes after it stay HTTP */
    x->active = true;
    x->head_only = p->method == HTTP_HEAD;
    x->keep_alive = llhttp_should_keep_alive(p);
    if (!c->rq.chunked && c->rq.content_length <= 0)
        x->expect = false;
    c->state = HR_CONN_EXCHANGE;
    HR_COUNT(l, exchanges, 1);
    x->req = l->net->o.events.on_request(x, &c->rq, l->net->o.ctx);
    if (hr_conn_closing(c))
        return HPE_USER;
    return x->want_body || x->ended ? 0 : HPE_PAUSED;
}

static int cb_body(llhttp_t *p, const char *at, size_t n)
{
    hr_conn *c = p->data;
    hr_exchange *x = &c->x;
    if (x->unread >= 0)
        x->unread -= (int64_t)n;
    if (!x->active || x->ended) { /* answered already */
        c->dropped += n;
        if (c->dropped > HR_DISCARD_MAX) {
            x->keep_alive = false;
            if (c->state == HR_CONN_DISCARD)
                c->shut = true;
            return HPE_PAUSED;
        }
        return 0;
    }
    c->loop->net->o.events.on_body(x, x->req, (hr_str){at, n});
    if (hr_conn_closing(c))
        return HPE_USER;
    return x->want_body || x->ended ? 0 : HPE_PAUSED;
}

/* Always pauses: what follows is the next request, parsed when this one is answered. */
static int cb_complete(llhttp_t *p)
{
    hr_conn *c = p->data;
    hr_exchange *x = &c->x;
    x->body_done = true;
    x->unread = 0;
    if (x->active && !x->ended)
        c->loop->net->o.events.on_body_end(x, x->req);
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = cb_url,
    .on_header_field = cb_name,
    .on_header_value = cb_value,
    .on_headers_complete = cb_headers_complete,
    .on_body = cb_body,
    .on_message_complete = cb_complete,
    .on_chunk_extension_name = cb_extension,
    .on_chunk_extension_value = cb_extension,
};
