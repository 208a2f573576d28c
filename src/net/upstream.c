/* Connections to upstreams: starting, the plain link, deadlines, the idle pool, the end. */
#include "net/upstream.h"

#include "net/tls.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdio.h>

enum { SEND_ROOM = 64 * 1024 }; /* copied at most when the kernel takes no more */

/* --- ending --------------------------------------------------------------------------------- */

static void up_closed(uv_handle_t *h)
{
    hr_up *u = h->data;
    if (h != (uv_handle_t *)&u->timer.t) {
        hr_free(u->tcp);
        u->tcp = NULL;
    }
    if (--u->closing_handles)
        return;
    hr_loop *l = u->loop;
    hr_list_remove(&u->node);
    hr_defer_drop(&u->step);
    if (u->link->free)
        u->link->free(u);
    hr_out_free(&u->out);
    hr_head_free(&u->head);
    hr_buf_free(&u->pending);
    hr_free(u);
    HR_COUNT(l, upstream_open, -1);
    hr_loop_check_end(l);
}

static void leave_pool(hr_up *u)
{
    if (hr_list_empty(&u->idle_node))
        return;
    hr_list_remove(&u->idle_node);
    u->loop->nidle--;
    HR_COUNT(u->loop, upstream_idle, -1);
}

void hr_up_close(hr_up *u)
{
    if (u->state == HR_UP_CLOSED)
        return;
    u->state = HR_UP_CLOSED;
    leave_pool(u);
    hr_list_remove(&u->tls_node);
    if (u->dial)
        hr_dial_cancel(u->dial);
    u->dial = NULL;
    u->closing_handles = 1;
    uv_close((uv_handle_t *)&u->timer.t, up_closed);
    if (u->tcp) {
        u->closing_handles++;
        uv_close((uv_handle_t *)u->tcp, up_closed);
    }
}

static hr_fetch_stage stage_of(const hr_up *u, const hr_fetch *f)
{
    if (u->state < HR_UP_BUSY)
        return HR_STAGE_CONNECT;
    if (u->answered)
        return HR_STAGE_BODY;
    return f->sent ? HR_STAGE_WAIT : HR_STAGE_SEND;
}

void hr_up_fail(hr_up *u, hr_err err, const char *why)
{
    hr_fetch *f = u->f;
    if (u->state == HR_UP_CLOSED)
        return;
    hr_fetch_stage stage = f ? stage_of(u, f) : HR_STAGE_CONNECT;
    bool any = u->answered || u->rx_at;
    u->f = NULL;
    hr_up_close(u);
    if (!f)
        return;
    f->up = NULL;
    /* A kept connection may have been closed while the request was on its way. */
    if (u->reused && !any && err == HR_E_CLOSED && !f->retried && hr_fetch_can_replay(f)) {
        f->retried = true;
        hr_fetch_rewind(f);
        if (hr_up_start(f))
            return;
        err = HR_E_NOMEM;
    }
    hr_fetch_finish(f, err, stage, hr_cstr(why));
}

/* --- the plain link ------------------------------------------------------------------------- */

static int64_t plain_send(hr_up *u, const hr_str *p, size_t n)
{
    return hr_out_send(&u->out, p, n, SEND_ROOM);
}

static void plain_input(hr_up *u, const char *p, size_t n)
{
    if (n)
        u->proto->bytes(u, p, n);
}

static bool plain_clean(const hr_up *u)
{
    (void)u;
    return true;
}

const hr_link hr_plain = {plain_send, plain_input, plain_clean, NULL};

/* --- deadlines ------------------------------------------------------------------------------ */

static uint64_t plus(uint64_t at, uint32_t ms)
{
    return ms ? at + ms : 0;
}

static uint64_t deadline(hr_up *u, const char **what)
{
    const hr_fetch *f = u->f;
    if (u->state == HR_UP_IDLE)
        return plus(u->idle_at, u->loop->net->o.idle_upstream_ms);
    if (!f)
        return 0;
    if (u->state < HR_UP_BUSY) {
        *what = "connect deadline passed";
        return plus(f->start_at, f->connect_ms);
    }
    if (u->answered) {
        *what = "no data from upstream within the idle deadline";
        return f->paused ? 0 : plus(u->rx_at, f->idle_ms);
    }
    if (f->sent) {
        *what = "no response within the first-byte deadline";
        return f->paused ? 0 : plus(f->sent_at, f->first_byte_ms);
    }
    if (hr_fetch_all_taken(f) && !u->out.queued)
        return 0; /* the rest of a streamed body is not there yet */
    size_t left = hr_out_left(&u->out);
    if (left != u->tx_left) {
        u->tx_left = left;
        u->tx_at = uv_now(&u->loop->uv);
    }
    *what = "upstream takes no more of the request within the write deadline";
    return plus(u->tx_at, f->write_ms);
}

static void arm(hr_up *u)
{
    const char *what;
    if (u->state == HR_UP_CLOSED)
        return;
    uint64_t at = deadline(u, &what);
    if (at)
        hr_lazy_at(&u->timer, at);
}

static void on_timer(hr_lazy *z)
{
    hr_up *u = HR_OF(z, hr_up, timer);
    hr_loop *l = u->loop;
    const char *what = "";
    if (u->state == HR_UP_CLOSED)
        return;
    uint64_t at = deadline(u, &what);
    if (at && uv_now(&l->uv) < at) {
        hr_lazy_at(z, at);
    } else if (at) {
        hr_up_fail(u, HR_E_TIMEOUT, what);
        hr_loop_flush(l);
    }
}

/* --- socket events -------------------------------------------------------------------------- */

static void on_alloc(uv_handle_t *h, size_t want, uv_buf_t *buf)
{
    (void)want;
    const hr_up *u = h->data;
    *buf = uv_buf_init(u->loop->read_buf, HR_READ_BUF);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    hr_up *u = s->data;
    hr_loop *l = u->loop;
    if (n > 0) {
        u->link->input(u, buf->base, (size_t)n);
    } else if (n < 0) {
        u->reading = false;
        if (u->state == HR_UP_IDLE)
            hr_up_close(u);
        else if (u->state < HR_UP_BUSY)
            hr_up_fail(u, u->origin.tls ? HR_E_TLS : HR_E_CONNECT,
                       "the upstream closed the connection before it was ready");
        else if (n != UV_EOF)
            hr_up_fail(u, HR_E_CLOSED, uv_strerror((int)n));
        else
            u->proto->eof(u);
    }
    arm(u);
    hr_loop_flush(l);
}

void hr_up_set_reading(hr_up *u, bool on)
{
    if (u->reading == on || u->state == HR_UP_CLOSED)
        return;
    u->reading = on;
    if (on)
        uv_read_start((uv_stream_t *)u->tcp, on_alloc, on_read);
    else
        uv_read_stop((uv_stream_t *)u->tcp);
}

static void on_written(hr_out *o, int status)
{
    hr_up *u = HR_OF(o, hr_up, out);
    hr_loop *l = u->loop;
    if (u->state == HR_UP_CLOSED)
        return;
    u->tx_at = uv_now(&l->uv);
    if (status < 0 && u->f)
        u->f->send_dead = true; /* an answer may still be readable */
    if (u->state == HR_UP_BUSY)
        u->proto->writable(u);
    else if (u->state < HR_UP_BUSY)
        u->link->input(u, NULL, 0);
    arm(u);
    hr_loop_flush(l);
}

/* --- starting ------------------------------------------------------------------------------- */

static void up_step(hr_defer *d)
{
    hr_up *u = HR_OF(d, hr_up, step);
    if (u->state == HR_UP_CLOSED)
        return;
    if (u->fail) {
        hr_up_fail(u, u->fail, u->why);
        return;
    }
    if (u->kick && u->state == HR_UP_BUSY) {
        u->kick = false;
        u->proto->writable(u);
    }
    if (u->resumed && u->state == HR_UP_BUSY) {
        u->resumed = false;
        u->rx_at = u->answered ? uv_now(&u->loop->uv) : u->rx_at;
        u->proto->resume(u);
        if (u->state == HR_UP_BUSY && u->f && !u->f->paused)
            u->link->input(u, NULL, 0);
        if (u->state != HR_UP_CLOSED)
            hr_up_set_reading(u, u->state != HR_UP_BUSY || !u->f || !u->f->paused);
    }
    arm(u);
}

void hr_up_schedule(hr_up *u)
{
    hr_defer_add(u->loop, &u->step);
}

void hr_up_ready(hr_up *u)
{
    u->state = HR_UP_BUSY;
    u->rx_at = 0;
    u->proto->begin(u);
    u->kick = true; /* a body that was ahead of the connection may have drained */
    hr_up_schedule(u);
    hr_up_set_reading(u, !u->f->paused);
    arm(u);
}

static void dialed(void *ctx, hr_err err, uv_tcp_t *tcp, hr_str why)
{
    hr_up *u = ctx;
    u->dial = NULL;
    if (err) {
        char text[200];
        snprintf(text, sizeof(text), "%.*s", HR_FMT(why));
        hr_up_fail(u, err, text);
        return;
    }
    u->tcp = tcp;
    tcp->data = u;
    hr_out_init(&u->out, u->loop, (uv_stream_t *)tcp, on_written);
    if (u->via.port && u->origin.tls)
        hr_tunnel_begin(u);
    else if (u->origin.tls)
        hr_tls_begin(u);
    else
        hr_up_ready(u);
}

static uint64_t origin_key(const hr_origin *o, const hr_origin *via)
{
    uint64_t h = hr_hash64_seed(hr_cstr(o->host), (uint64_t)o->port << 1 | o->tls);
    return via->port ? hr_hash64_seed(hr_cstr(via->host), h ^ via->port) : h;
}

static bool same_origin(const hr_origin *a, const hr_origin *b)
{
    return a->tls == b->tls && a->port == b->port && strcmp(a->host, b->host) == 0;
}

/* The most recently used idle connection that fits. */
static hr_up *take_idle(hr_fetch *f, uint64_t key)
{
    hr_loop *l = f->loop;
    for (hr_list *n = l->idle_ups.prev; n != &l->idle_ups; n = n->prev) {
        hr_up *u = HR_OF(n, hr_up, idle_node);
        if (u->key == key && same_origin(&u->origin, &f->origin) && same_origin(&u->via, &f->via)) {
            leave_pool(u);
            return u;
        }
    }
    return NULL;
}

bool hr_up_start(hr_fetch *f)
{
    hr_loop *l = f->loop;
    uint64_t key = origin_key(&f->origin, &f->via);
    f->start_at = uv_now(&l->uv);
    hr_up *u = f->retried ? NULL : take_idle(f, key);
    if (u) {
        u->f = f;
        f->up = u;
        u->reused = true;
        hr_up_ready(u);
        return true;
    }
    u = hr_calloc(1, sizeof(*u));
    if (!u)
        return false;
    u->loop = l;
    u->link = &hr_plain;
    u->proto = &hr_h1;
    u->origin = f->origin;
    u->via = f->via;
    u->key = key;
    hr_list_init(&u->idle_node);
    hr_list_init(&u->tls_node);
    hr_defer_init(&u->step, up_step);
    hr_head_init(&u->head, HR_RESPONSE_HEAD_MAX);
    u->pending = HR_BUF_INIT(HR_PENDING_MAX + HR_READ_BUF);
    const hr_origin *to = u->via.port ? &u->via : &u->origin;
    if (to->port) { /* 0: refused already, the step says why */
        u->dial = hr_dial_start(l, to->host, to->port, dialed, u);
        if (!u->dial) {
            hr_free(u);
            return false;
        }
    }
    hr_lazy_init(l, &u->timer, on_timer);
    u->timer.t.data = u;
    hr_list_push(&l->ups, &u->node);
    HR_COUNT(l, upstream_open, 1);
    u->f = f;
    f->up = u;
    if (u->origin.tls)
        hr_tls_prepare(l);
    arm(u);
    return true;
}

/* --- the idle pool -------------------------------------------------------------------------- */

void hr_up_release(hr_up *u)
{
    hr_loop *l = u->loop;
    if (l->draining) {
        hr_up_close(u);
        return;
    }
    u->state = HR_UP_IDLE;
    u->idle_at = uv_now(&l->uv);
    hr_list_push(&l->idle_ups, &u->idle_node);
    l->nidle++;
    HR_COUNT(l, upstream_idle, 1);
    hr_up_set_reading(u, true); /* to notice its end */
    arm(u);
    if (l->nidle > l->net->o.max_idle_upstream)
        hr_up_close(HR_OF(l->idle_ups.next, hr_up, idle_node));
}

void hr_upstream_drain(hr_loop *l)
{
    while (!hr_list_empty(&l->idle_ups))
        hr_up_close(HR_OF(l->idle_ups.next, hr_up, idle_node));
}

void hr_upstream_cancel_all(hr_loop *l)
{
    for (hr_list *n = l->ups.next, *next; n != &l->ups; n = next) {
        next = n->next;
        hr_up_fail(HR_OF(n, hr_up, node), HR_E_CANCELLED, "the server is stopping");
    }
}
