/* Request bytes: through the parser, with what is left over kept for later. */
#include "net/server.h"

static const llhttp_settings_t settings;

void hr_conn_parse_init(hr_conn *c)
{
    llhttp_init(&c->parser, HTTP_REQUEST, &settings);
    c->parser.data = c;
}

size_t hr_conn_pending(const hr_conn *c)
{
    return c->pending.n - c->pending_at;
}

void hr_conn_begin_head(hr_conn *c)
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
size_t hr_conn_parse(hr_conn *c, const char *p, size_t n)
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

bool hr_conn_wants_input(const hr_conn *c)
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
bool hr_conn_parse_pending(hr_conn *c)
{
    if (!hr_conn_wants_input(c) || (!c->parser_paused && !hr_conn_pending(c)))
        return false;
    if (c->parser_paused) {
        c->parser_paused = false;
        llhttp_resume(&c->parser);
    }
    size_t n = hr_conn_pending(c);
    const char *p = n ? c->pending.p + c->pending_at : "";
    c->pending_at += hr_conn_parse(c, p, n);
    if (c->pending_at >= c->pending.n) {
        hr_buf_free(&c->pending);
        c->pending_at = 0;
    }
    return true;
}

void hr_conn_keep(hr_conn *c, const char *p, size_t n)
{
    if (c->pending_at) {
        hr_buf_consume(&c->pending, c->pending_at);
        c->pending_at = 0;
    }
    hr_buf_add(&c->pending, (hr_str){p, n});
    if (c->pending.err)
        hr_conn_break(c, HR_E_NOMEM);
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
