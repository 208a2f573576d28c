/* The life of a request on the server side, and of its memory.
 *
 * hr_req is counted: one reference for the exchange, one for each job on a worker and each piece of
 * work that goes on after the answer. When the last one is gone the request is put in the books and
 * freed. So a client may leave at any time without pulling memory from under a worker. */
#include "proxy/internal.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdio.h>

hr_str hr_req_header(const hr_req *r, hr_str name)
{
    return hr_header_get(r->headers, name);
}

void hr_req_hold(hr_req *r)
{
    r->refs++;
}

static void destroy(hr_req *r)
{
    hr_account(r);
    hr_turn_free(r->turn);
    hr_pass_free(r->pass);
    hr_buf_free(&r->body);
    hr_arena_free(&r->arena);
    hr_free(r);
}

void hr_req_release(hr_req *r)
{
    if (--r->refs == 0)
        destroy(r);
}

/* --- work ------------------------------------------------------------------------------------- */

typedef struct job {
    hr_req *r;
    void (*work)(void *r), (*done)(void *r);
} job;

static void job_work(void *ctx)
{
    job *j = ctx;
    j->work(j->r);
}

static void job_done(void *ctx)
{
    job j = *(job *)ctx;
    hr_free(ctx);
    j.done(j.r);
    hr_req_release(j.r);
}

hr_err hr_req_work(hr_req *r, void (*work)(void *r), void (*done)(void *r))
{
    job *j = hr_malloc(sizeof(*j));
    if (!j)
        return HR_E_NOMEM;
    *j = (job){r, work, done};
    hr_req_hold(r);
    hr_err err = hr_pool_submit(r->loop, job_work, job_done, j);
    if (err) {
        hr_free(j);
        r->refs--; /* the caller holds another one */
    }
    return err;
}

/* --- a new request ---------------------------------------------------------------------------- */

static bool copy_headers(hr_req *r, hr_headers h)
{
    hr_header *out = HR_NEW_ARRAY(&r->arena, hr_header, h.n ? h.n : 1);
    if (!out)
        return false;
    for (size_t i = 0; i < h.n; i++) {
        out[i].name = hr_str_dup(&r->arena, h.p[i].name);
        out[i].value = hr_str_dup(&r->arena, h.p[i].value);
    }
    r->headers = (hr_headers){out, h.n};
    return !r->arena.failed;
}

static int hex_value(char c)
{
    return hr_is_digit(c) ? c - '0' : hr_lower(c) - 'a' + 10;
}

/* Percent-decoded, printable, trimmed, at most 128 bytes. */
static hr_str project_name(hr_str raw, hr_arena *a)
{
    char *out = hr_alloc(a, raw.n + 1);
    size_t n = 0;
    if (!out)
        return HR_STR_NONE;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (c == '%' && i + 2 < raw.n && hr_is_hex(raw.p[i + 1]) && hr_is_hex(raw.p[i + 2])) {
            c = (char)(hex_value(raw.p[i + 1]) * 16 + hex_value(raw.p[i + 2]));
            i += 2;
        }
        if ((unsigned char)c >= ' ' && c != 0x7f)
            out[n++] = c;
    }
    hr_str name = hr_str_trim(hr_str_of(out, n));
    return hr_str_sub(name, 0, hr_utf8_floor(name, name.n < 128 ? name.n : 128));
}

static hr_req *req_new(hr_proxy *px, hr_exchange *x, const hr_request_head *head)
{
    hr_req *r = hr_calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->px = px;
    r->x = x;
    r->loop = hr_x_loop(x);
    r->refs = 1;
    hr_arena_init(&r->arena, 0);
    r->body = HR_BUF_INIT(px->body_limit);
    r->t_start_ns = hr_req_now(r);
    r->at_ms = hr_now_unix_ms(px->clock);
    unsigned count = atomic_fetch_add_explicit(&px->next_id, 1, memory_order_relaxed);
    snprintf(r->id, sizeof(r->id), "hr_%lld_%06u", (long long)(r->at_ms / 1000), count % 1000000u);
    r->method = hr_str_dup(&r->arena, head->method);
    r->target = hr_str_dup(&r->arena, head->target);
    r->peer = hr_str_dup(&r->arena, hr_cstr(head->peer));
    r->peer_loopback = head->peer_loopback;
    r->content_length = head->content_length;
    r->chunked = head->chunked;
    if (!copy_headers(r, head->headers)) {
        hr_arena_free(&r->arena);
        hr_free(r);
        return NULL;
    }
    hr_route_match(r->method, r->target, &r->m);
    hr_str project = hr_req_header(r, HR_STR("x-headroom-project"));
    r->project = project_name(project.n ? project : r->m.project, &r->arena);
    return r;
}

static bool wants_upgrade(const hr_req *r)
{
    return hr_str_ifind(hr_req_header(r, HR_STR("upgrade")), HR_STR("websocket")) != SIZE_MAX;
}

static void refuse_upgrade(hr_req *r)
{
    r->provider = HR_PROV_OPENAI;
    hr_send_provider_error(r, 426, "invalid_request_error",
                           HR_STR("WebSocket is not served; send the request over HTTP."), 0);
}

static void dispatch(hr_req *r)
{
    int denied = hr_access_check(r);
    if (denied == 401) {
        hr_send_error(r, 401, "unauthorized", HR_STR("The proxy token is missing or wrong."));
    } else if (denied) {
        hr_send_error(r, 404, "not_found", HR_STR("Not Found"));
    } else if (hr_cors_preflight(r)) {
        return;
    } else if (!r->m.route) {
        hr_send_error(r, 405, "method_not_allowed", HR_STR("Method Not Allowed"));
    } else if (wants_upgrade(r)) {
        refuse_upgrade(r);
    } else if (r->m.route->streams) {
        r->m.route->run(r);
    } else if (hr_body_add(r, HR_STR_NONE)) {
        hr_x_read(r->x);
    }
}

static void *on_request(hr_exchange *x, const hr_request_head *head, void *ctx)
{
    hr_proxy *px = ctx;
    hr_stat_add(px->stats, HR_M_INBOUND, 1);
    hr_req *r = req_new(px, x, head);
    if (!r) {
        hr_x_abort(x);
        return NULL;
    }
    dispatch(r);
    return r;
}

static void on_body(hr_exchange *x, void *req, hr_str bytes)
{
    hr_req *r = req;
    (void)x;
    if (!r || r->replied)
        return;
    if (r->m.route->streams)
        hr_pass_body(r, bytes);
    else
        hr_body_add(r, bytes);
}

static void on_body_end(hr_exchange *x, void *req)
{
    hr_req *r = req;
    (void)x;
    if (!r || r->replied || r->body_done)
        return;
    r->body_done = true;
    r->t_body_ns = hr_req_now(r);
    if (r->m.route->streams)
        hr_pass_body_end(r);
    else if (hr_body_complete(r))
        r->m.route->run(r);
}

static void on_drain(hr_exchange *x, void *req)
{
    hr_req *r = req;
    (void)x;
    if (r && r->fetch)
        hr_fetch_resume(r->fetch);
}

static void on_close(hr_exchange *x, void *req, hr_err err)
{
    hr_req *r = req;
    (void)x;
    if (!r)
        return;
    r->x = NULL;
    if (r->timer) {
        hr_timer_cancel(r->timer);
        r->timer = NULL;
    }
    if (r->fetch) {
        hr_fetch_cancel(r->fetch);
        r->fetch = NULL;
    }
    if (err) {
        r->cancelled = err == HR_E_CLOSED;
        r->failed = !r->cancelled;
        if (!r->error)
            r->error = hr_err_name(err);
    }
    hr_req_release(r);
}

/* What the network layer answers by itself to bytes that are not HTTP. */
static hr_str error_body(int status, void *ctx)
{
    (void)ctx;
    if (status == 431)
        return HR_STR("{\"detail\":\"Request header fields too large\",\"error\":{\"type\":"
                      "\"invalid_request_error\",\"message\":\"The request head is too large.\"}}");
    return HR_STR("{\"detail\":\"Bad Request\",\"error\":{\"type\":\"invalid_request_error\","
                  "\"message\":\"The request is not valid HTTP.\"}}");
}

const hr_server_events hr_proxy_events = {
    .on_request = on_request,
    .on_body = on_body,
    .on_body_end = on_body_end,
    .on_drain = on_drain,
    .on_close = on_close,
    .error_body = error_body,
};
