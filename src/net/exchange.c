/* The functions of an exchange: reading the request body, writing the response. */
#include "net/server.h"

#include <stdio.h>

hr_loop *hr_x_loop(hr_exchange *x)
{
    return x->conn->loop;
}

hr_arena *hr_x_arena(hr_exchange *x)
{
    return &x->conn->arena;
}

static bool dead(const hr_exchange *x)
{
    return !x->active || hr_conn_closing(x->conn);
}

void hr_x_read(hr_exchange *x)
{
    hr_conn *c = x->conn;
    if (dead(x) || x->want_body)
        return;
    x->want_body = true;
    c->rx_at = uv_now(&c->loop->uv);
    if (x->expect && !x->started)
        hr_out_lit(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    x->expect = false;
    hr_conn_schedule(c);
}

void hr_x_pause(hr_exchange *x)
{
    x->want_body = false;
}

static void add_field(hr_out *o, hr_str name, hr_str value)
{
    hr_out_add(o, name);
    hr_out_lit(o, ": ");
    hr_out_add(o, value);
    hr_out_lit(o, "\r\n");
}

/* An upgrade that is refused with 426 has to name the protocol; else Upgrade is hop-by-hop. */
static void add_connection(hr_exchange *x, int status, hr_headers h)
{
    hr_out *o = &x->conn->out;
    hr_str up = status == 426 ? hr_header_get(h, HR_STR("upgrade")) : HR_STR_NONE;
    hr_header f = {HR_STR("upgrade"), up};
    hr_out_lit(o, "connection: ");
    if (up.n && hr_field_clean(&f)) {
        hr_out_lit(o, "upgrade, ");
        hr_out_add(o, x->keep_alive ? HR_STR("keep-alive\r\n") : HR_STR("close\r\n"));
        add_field(o, f.name, f.value);
    } else {
        hr_out_add(o, x->keep_alive ? HR_STR("keep-alive\r\n") : HR_STR("close\r\n"));
    }
}

/* Whether the connection can carry another request after this response. */
static void decide_keep_alive(hr_exchange *x, int64_t content_length)
{
    hr_conn *c = x->conn;
    if (c->loop->draining || (c->eof && c->pending.n == c->pending_at))
        x->keep_alive = false;
    if (!x->body_done && (x->expect || x->unread > HR_DISCARD_MAX))
        x->keep_alive = false;
    if (!x->no_body && content_length < 0) {
        x->chunked = !c->http10;
        if (c->http10)
            x->keep_alive = false;
    }
}

void hr_x_start(hr_exchange *x, int status, hr_headers h, int64_t content_length)
{
    hr_conn *c = x->conn;
    hr_out *o = &c->out;
    if (dead(x) || x->started)
        return;
    x->started = true;
    x->no_body = x->head_only || status == 204 || status == 304;
    x->left = content_length;
    decide_keep_alive(x, content_length);

    char line[32];
    snprintf(line, sizeof(line), "HTTP/1.1 %03d ", status);
    hr_out_add(o, hr_cstr(line));
    hr_out_add(o, hr_status_reason(status));
    hr_out_lit(o, "\r\n");
    hr_str connection = hr_header_get(h, HR_STR("connection"));
    bool dated = false;
    for (size_t i = 0; i < h.n; i++) {
        if (hr_hop_by_hop(h.p[i].name, connection) || !hr_field_clean(&h.p[i]))
            continue;
        if (h.p[i].name.n == 4 && hr_str_ieq(h.p[i].name, HR_STR("date")))
            dated = true;
        add_field(o, h.p[i].name, h.p[i].value);
    }
    if (!dated)
        add_field(o, HR_STR("date"), hr_loop_date(c->loop));
    add_connection(x, status, h);
    if (x->chunked) {
        hr_out_lit(o, "transfer-encoding: chunked\r\n");
    } else if (content_length >= 0 && status != 204) {
        hr_out_lit(o, "content-length: ");
        hr_out_add_u64(o, (uint64_t)content_length);
        hr_out_lit(o, "\r\n");
    }
    hr_out_lit(o, "\r\n");
    hr_conn_schedule(c);
}

/* Small writes are staged and leave together when the step runs; large ones go out at once with
 * everything staged before them, uncopied. */
static void send_pieces(hr_conn *c, const hr_str *p, size_t n, size_t total)
{
    if (c->out.inflight || c->out.queued + total < HR_STAGE) {
        for (size_t i = 0; i < n; i++)
            hr_out_add(&c->out, p[i]);
        if (c->out.nomem)
            hr_conn_break(c, HR_E_NOMEM);
    } else if (hr_out_flush(&c->out, p, n) < 0) {
        hr_conn_break(c, HR_E_CLOSED);
    }
    hr_conn_schedule(c);
}

bool hr_x_write(hr_exchange *x, hr_str bytes)
{
    hr_conn *c = x->conn;
    if (dead(x) || !x->started || x->ended || x->no_body || !bytes.n)
        return true;
    if (x->chunked) {
        char size[24];
        int k = snprintf(size, sizeof(size), "%zx\r\n", bytes.n);
        hr_str p[3] = {{size, (size_t)k}, bytes, HR_STR("\r\n")};
        send_pieces(c, p, 3, bytes.n + (size_t)k + 2);
    } else {
        if (x->left >= 0) {
            bytes = hr_str_sub(bytes, 0, (size_t)x->left);
            x->left -= (int64_t)bytes.n;
        }
        send_pieces(c, &bytes, 1, bytes.n);
    }
    if (hr_conn_closing(c) || hr_out_left(&c->out) <= HR_NET_HIGH)
        return true;
    x->over_high = true;
    return false;
}

void hr_x_end(hr_exchange *x)
{
    hr_conn *c = x->conn;
    if (dead(x) || !x->started || x->ended)
        return;
    if (!x->no_body && x->left > 0) { /* fewer bytes than promised: the client must notice */
        c->reset = true;
        hr_conn_break(c, HR_E_PROTOCOL);
        return;
    }
    if (x->chunked)
        hr_out_lit(&c->out, "0\r\n\r\n");
    x->ended = true;
    hr_conn_schedule(c);
}

void hr_x_abort(hr_exchange *x)
{
    if (dead(x))
        return;
    x->conn->reset = true;
    hr_conn_break(x->conn, HR_E_CANCELLED);
}

void hr_x_reply(hr_exchange *x, int status, hr_headers h, hr_str body)
{
    hr_x_start(x, status, h, (int64_t)body.n);
    hr_x_write(x, body);
    hr_x_end(x);
}
