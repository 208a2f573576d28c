/* Everything that is not ours to change: bytes both ways as they come, any method. A small body is
 * collected first, so that a kept connection the provider has closed meanwhile can be replaced
 * unseen; a large or open-ended one streams, and each side slows the other down. The body limit is
 * for what is held in memory, so a streamed body has none. */
#include "proxy/internal.h"

enum { COLLECT_MAX = 1 << 20 };

typedef struct hr_pass {
    hr_target target;
    hr_str path;
    hr_headers up;
    bool collect;
    hr_str piece;
    hr_relay relay;
} hr_pass;

void hr_pass_free(struct hr_pass *p)
{
    if (p)
        hr_relay_free(&p->relay);
}

static void on_head(hr_fetch *f, void *ctx, int status, hr_headers h)
{
    hr_req *r = ctx;
    (void)f;
    r->t_first_ns = hr_req_now(r);
    hr_note_reachable(r, true);
    hr_req_hold(r);
    hr_relay_head(r, &r->pass->relay, status, h, NULL);
    hr_req_release(r);
}

static void on_body(hr_fetch *f, void *ctx, hr_str bytes)
{
    hr_req *r = ctx;
    (void)f;
    hr_req_hold(r);
    hr_relay_body(r, &r->pass->relay, bytes);
    hr_req_release(r);
}

static void on_drain(hr_fetch *f, void *ctx)
{
    hr_req *r = ctx;
    (void)f;
    if (!hr_req_gone(r))
        hr_x_read(r->x);
}

static void on_done(hr_fetch *f, void *ctx, hr_err err, hr_fetch_stage stage, hr_str why)
{
    hr_req *r = ctx;
    (void)f;
    r->fetch = NULL;
    if (hr_req_gone(r))
        return;
    hr_req_hold(r);
    if (stage == HR_STAGE_CONNECT && err)
        hr_note_reachable(r, false);
    if (err && !r->started)
        hr_send_unreachable(r, err, stage, why);
    else
        hr_relay_done(r, &r->pass->relay, err, NULL);
    hr_req_release(r);
}

static void fetch(hr_req *r, bool streamed)
{
    static const hr_fetch_events events = {
        .on_head = on_head, .on_body = on_body, .on_drain = on_drain, .on_done = on_done};
    hr_pass *p = r->pass;
    hr_fetch_opts o = {
        .origin = p->target.origin,
        .method = r->method,
        .target = p->path,
        .headers = p->up,
    };
    if (streamed) {
        o.stream_body = true;
        o.body_length = -1;
        o.stream_length = r->content_length;
    } else {
        p->piece = hr_buf_str(&r->body);
        o.body = &p->piece;
        o.npieces = p->piece.n ? 1 : 0;
        o.body_length = (int64_t)p->piece.n;
    }
    hr_fetch_deadlines(r->px, &o, false);
    r->t_sent_ns = hr_req_now(r);
    r->fetch = hr_fetch_start(r->loop, &o, &events, r);
    if (!r->fetch)
        hr_send_provider_error(r, 503, "overloaded_error", HR_STR("The proxy is out of memory."),
                               1);
}

void hr_h_passthrough(hr_req *r)
{
    hr_pass *p = HR_NEW(&r->arena, hr_pass);
    if (!p) {
        hr_x_abort(r->x);
        return;
    }
    hr_relay_init(&p->relay);
    r->pass = p;
    hr_err err = hr_upstream_pass(r, &p->target, &p->path);
    if (err) {
        hr_send_provider_error(r, 400, "invalid_request_error",
                               HR_STR("x-headroom-base-url is not allowed here."), 0);
        return;
    }
    hr_up_opts o = {0};
    p->up = hr_headers_up(r, &o, &r->arena);
    if (!p->up.p) {
        hr_send_provider_error(r, 503, "overloaded_error", HR_STR("The proxy is out of memory."),
                               1);
        return;
    }
    p->collect = !r->chunked && r->content_length <= COLLECT_MAX && !hr_body_announced_too_large(r);
    if (!p->collect)
        fetch(r, true);
    hr_x_read(r->x);
}

void hr_pass_body(hr_req *r, hr_str bytes)
{
    hr_pass *p = r->pass;
    if (!p)
        return;
    if (p->collect) {
        hr_body_add(r, bytes);
        return;
    }
    if (r->fetch && !hr_fetch_write(r->fetch, bytes))
        hr_x_pause(r->x);
}

void hr_pass_body_end(hr_req *r)
{
    hr_pass *p = r->pass;
    if (!p)
        return;
    if (p->collect)
        fetch(r, false);
    else if (r->fetch)
        hr_fetch_end(r->fetch);
}
