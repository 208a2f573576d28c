/* The life of a client connection: reading, the step that moves it on, deadlines, closing. */
#include "net/server.h"

#include "base/mem.h"

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

void hr_conn_shut(hr_conn *c, bool reset)
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
        hr_conn_shut(c, false);
        return;
    }
    c->state = HR_CONN_LINGER;
    c->dropped = 0;
    c->linger_at = uv_now(&c->loop->uv) + HR_LINGER_MS;
    uv_shutdown_t *req = hr_malloc(sizeof(*req));
    if (!req || uv_shutdown(req, (uv_stream_t *)&c->tcp, shut_done)) {
        hr_free(req);
        hr_conn_shut(c, false);
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

void hr_conn_set_reading(hr_conn *c, bool on)
{
    if (c->reading == on || c->eof || c->state == HR_CONN_CLOSED)
        return;
    c->reading = on;
    if (on)
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    else
        uv_read_stop((uv_stream_t *)&c->tcp);
}

static void on_eof(hr_conn *c)
{
    c->eof = true;
    c->reading = false;
    switch (c->state) {
    case HR_CONN_EXCHANGE:
        if (!c->x.body_done && (c->rq.chunked || c->x.unread > 0) && !hr_conn_pending(c))
            hr_conn_break(c, HR_E_CLOSED);
        else
            hr_conn_probe(c);
        break;
    case HR_CONN_HEAD:
        if (!hr_conn_pending(c))
            hr_conn_shut(c, false);
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
            if (c->dropped > HR_LINGER_MAX)
                hr_conn_shut(c, false);
        } else if (!hr_conn_closing(c)) {
            if (!hr_conn_pending(c) && !c->parser_paused && hr_conn_wants_input(c)) {
                size_t took = hr_conn_parse(c, p, left);
                p += took;
                left -= took;
            }
            if (left && !hr_conn_closing(c) && c->state != HR_CONN_LINGER)
                hr_conn_keep(c, p, left);
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
        hr_conn_begin_head(c);
    else if (keep && x->unread <= HR_DISCARD_MAX)
        c->state = HR_CONN_DISCARD;
    else if (whole && !hr_conn_pending(c))
        hr_conn_shut(c, false);
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
    hr_conn_shut(c, c->reset);
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
        hr_conn_begin_head(c);
        return true;
    }
    if (c->state == HR_CONN_HEAD && c->loop->draining && !c->head_bytes) {
        if (hr_conn_pending(c))
            linger(c);
        else
            hr_conn_shut(c, false);
        return false;
    }
    if (hr_conn_parse_pending(c))
        return true;
    if (c->eof && hr_conn_wants_input(c)) { /* no more bytes will come for what is wanted */
        hr_conn_break(c, HR_E_CLOSED);
        return true;
    }
    return false;
}

void hr_conn_step(hr_defer *d)
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
    bool full = hr_conn_pending(c) >= HR_PENDING_MAX;
    bool held = c->state == HR_CONN_EXCHANGE && !c->x.body_done && !c->x.want_body;
    hr_conn_set_reading(c, !full && !(held && hr_conn_pending(c)));
    hr_conn_arm(c);
}

void hr_conn_on_written(hr_out *o, int status)
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
    else if (hr_conn_wants_input(c) && !c->parser_paused)
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

void hr_conn_arm(hr_conn *c)
{
    uint64_t at = deadline(c);
    if (at)
        hr_lazy_at(&c->timer, at);
}

void hr_conn_on_timer(hr_lazy *z)
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
        hr_conn_shut(c, false);
    else
        hr_conn_break(c, HR_E_TIMEOUT);
    hr_conn_schedule(c);
    hr_loop_flush(l);
}
