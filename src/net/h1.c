/* HTTP/1.1 to an upstream: one request at a time on a connection. */
#include "net/upstream.h"

#include <stdio.h>

enum { IOV = 24, INTERIM_MAX = 20 };

static const llhttp_settings_t settings;

/* --- sending -------------------------------------------------------------------------------- */

static void send_more(hr_up *u)
{
    hr_fetch *f = u->f;
    if (!f || f->sent || f->send_dead)
        return;
    uint64_t now = uv_now(&u->loop->uv);
    hr_str p[IOV];
    for (size_t n; (n = hr_fetch_gather(f, p, IOV)) != 0;) {
        int64_t took = u->link->send(u, p, n);
        if (took < 0) {
            f->send_dead = true;
            /* The socket knows why; reading shows an answer given before, or the end. */
            return;
        }
        if (took == 0)
            break;
        hr_fetch_advance(f, (size_t)took);
        u->tx_at = now;
    }
    if (hr_fetch_all_taken(f) && (!f->streamed || f->stream_ended) && !u->out.queued) {
        f->sent = true;
        f->sent_at = now;
    }
}

static void h1_writable(hr_up *u)
{
    send_more(u);
    hr_fetch *f = u->f;
    if (f && f->over_high)
        hr_fetch_drained(f);
}

static void h1_begin(hr_up *u)
{
    if (u->reused) {
        llhttp_reset(&u->parser);
    } else {
        llhttp_init(&u->parser, HTTP_RESPONSE, &settings);
        u->parser.data = u;
    }
    hr_head_reset(&u->head);
    u->parser_paused = u->interim = u->complete = u->keep = u->answered = false;
    u->interims = 0;
    u->head_bytes = 0;
    u->why[0] = '\0';
    u->tx_at = uv_now(&u->loop->uv);
    send_more(u);
}

/* --- receiving ------------------------------------------------------------------------------ */

static void fail_protocol(hr_up *u)
{
    char why[160];
    const char *reason = llhttp_get_error_reason(&u->parser);
    snprintf(why, sizeof(why), "malformed response: %.120s", reason ? reason : "");
    hr_up_fail(u, HR_E_PROTOCOL, u->why[0] ? u->why : why);
}

static void complete(hr_up *u, bool clean)
{
    hr_fetch *f = u->f;
    bool keep = u->keep && f->sent && !u->out.queued && clean;
    u->f = NULL;
    f->up = NULL;
    if (keep)
        hr_up_release(u);
    else
        hr_up_close(u);
    hr_fetch_finish(f, HR_OK, HR_STAGE_BODY, HR_STR_NONE);
}

/* Runs the parser. Afterwards the fetch may have ended, or be paused: what was not parsed is kept.
 */
static void parse(hr_up *u, const char *p, size_t n)
{
    if (!u->answered) {
        u->head_bytes += n;
        if (u->head_bytes > 2 * (size_t)HR_RESPONSE_HEAD_MAX) {
            hr_up_fail(u, HR_E_PROTOCOL, "response head too large");
            return;
        }
    }
    llhttp_errno_t e = llhttp_execute(&u->parser, p, n);
    if (u->state != HR_UP_BUSY || !u->f)
        return; /* cancelled in a callback */
    size_t left = e == HPE_OK ? 0 : n - (size_t)(llhttp_get_error_pos(&u->parser) - p);
    if (u->complete) {
        complete(u, left == 0);
        return;
    }
    if (e == HPE_OK)
        return;
    if (e != HPE_PAUSED) {
        fail_protocol(u);
        return;
    }
    u->parser_paused = true;
    hr_buf rest = HR_BUF_INIT(HR_PENDING_MAX + HR_READ_BUF);
    hr_buf_add(&rest, hr_str_sub((hr_str){p, n}, n - left, n));
    hr_buf_free(&u->pending);
    u->pending = rest;
    if (rest.err)
        hr_up_fail(u, HR_E_NOMEM, hr_err_text(HR_E_NOMEM));
}

static void h1_bytes(hr_up *u, const char *p, size_t n)
{
    if (u->state != HR_UP_BUSY || !u->f) {
        hr_up_close(u); /* bytes nobody asked for */
        return;
    }
    u->rx_at = uv_now(&u->loop->uv);
    if (u->parser_paused || u->f->paused) { /* what a TLS record brings after a pause */
        hr_buf_add(&u->pending, (hr_str){p, n});
        if (u->pending.err)
            hr_up_fail(u, HR_E_LIMIT, hr_err_text(HR_E_LIMIT));
        return;
    }
    parse(u, p, n);
    if (u->state == HR_UP_BUSY && u->f && u->f->paused)
        hr_up_set_reading(u, false);
}

static void h1_resume(hr_up *u)
{
    if (!u->f || u->f->paused || (!u->parser_paused && !u->pending.n))
        return;
    hr_buf in = u->pending;
    u->pending = HR_BUF_INIT(HR_PENDING_MAX + HR_READ_BUF);
    if (u->parser_paused) {
        u->parser_paused = false;
        llhttp_resume(&u->parser);
    }
    parse(u, in.n ? in.p : "", in.n);
    hr_buf_free(&in);
}

static void h1_eof(hr_up *u)
{
    if (!u->f) {
        hr_up_close(u);
        return;
    }
    if (u->answered && u->link->clean_eof(u)) {
        llhttp_finish(&u->parser); /* the end of a body without a length is the end of the stream */
        if (u->complete) {
            complete(u, false);
            return;
        }
    }
    hr_up_fail(u, HR_E_CLOSED,
               u->answered ? "upstream closed the connection in the middle of the response"
                           : "upstream closed the connection without a response");
}

/* --- parser callbacks ----------------------------------------------------------------------- */

static int refuse(hr_up *u, const char *why)
{
    if (!u->why[0])
        snprintf(u->why, sizeof(u->why), "%s", why);
    return HPE_USER;
}

static int cb_name(llhttp_t *p, const char *at, size_t n)
{
    hr_up *u = p->data;
    return hr_head_name(&u->head, at, n) ? 0 : refuse(u, "response head too large");
}

static int cb_value(llhttp_t *p, const char *at, size_t n)
{
    hr_up *u = p->data;
    return hr_head_value(&u->head, at, n) ? 0 : refuse(u, "response head too large");
}

static int cb_extension(llhttp_t *p, const char *at, size_t n)
{
    (void)at;
    hr_up *u = p->data;
    u->head.extra += n;
    return u->head.extra <= HR_EXT_MAX ? 0 : refuse(u, "chunk extensions too large");
}

static int cb_headers_complete(llhttp_t *p)
{
    hr_up *u = p->data;
    hr_fetch *f = u->f;
    int status = p->status_code;
    if (p->http_major != 1)
        return refuse(u, "upstream does not speak HTTP/1");
    p->upgrade = 0;
    if (status < 200) {
        u->interim = true;
        if (status == 101 || status < 100 || ++u->interims > INTERIM_MAX)
            return refuse(u, "unexpected interim response");
        return 0;
    }
    hr_str none;
    hr_headers h;
    hr_head_finish(&u->head, &none, &h);
    hr_str coding = hr_header_get(h, HR_STR("transfer-encoding"));
    if (coding.p && !hr_str_ieq(coding, HR_STR("chunked")))
        return refuse(u, "unsupported transfer coding");
    if (f->head_only)
        p->flags |= F_SKIPBODY;
    u->keep = llhttp_should_keep_alive(p);
    u->answered = true;
    u->rx_at = uv_now(&u->loop->uv);
    f->ev.on_head(f, f->ctx, status, h);
    if (u->state != HR_UP_BUSY || !u->f)
        return HPE_USER;
    return f->paused ? HPE_PAUSED : 0;
}

static int cb_body(llhttp_t *p, const char *at, size_t n)
{
    hr_up *u = p->data;
    hr_fetch *f = u->f;
    f->ev.on_body(f, f->ctx, (hr_str){at, n});
    if (u->state != HR_UP_BUSY || !u->f)
        return HPE_USER;
    return f->paused ? HPE_PAUSED : 0;
}

static int cb_complete(llhttp_t *p)
{
    hr_up *u = p->data;
    if (u->interim) {
        u->interim = false;
        hr_head_reset(&u->head);
        return 0;
    }
    u->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_header_field = cb_name,
    .on_header_value = cb_value,
    .on_headers_complete = cb_headers_complete,
    .on_body = cb_body,
    .on_message_complete = cb_complete,
    .on_chunk_extension_name = cb_extension,
    .on_chunk_extension_value = cb_extension,
};

const hr_proto hr_h1 = {h1_begin, h1_bytes, h1_eof, h1_writable, h1_resume};
