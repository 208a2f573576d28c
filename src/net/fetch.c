/* One request to an upstream: its bytes, its public functions, its end. */
#include "net/upstream.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>

enum { SPARE_FETCHES = 64, KEEP_HEAD = 8 * 1024, REPLAY_MAX = 256 * 1024 };

/* --- memory --------------------------------------------------------------------------------- */

static hr_fetch *fetch_new(hr_loop *l)
{
    hr_fetch *f = l->spare_fetches;
    if (f) {
        l->spare_fetches = f->next;
        l->nspare--;
        hr_fetch fresh = {.loop = l, .arena = f->arena, .head = f->head};
        *f = fresh;
        return f;
    }
    f = hr_calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->loop = l;
    f->head = HR_BUF_INIT(1 << 20);
    hr_arena_init(&f->arena, 0);
    return f;
}

static void fetch_destroy(hr_fetch *f)
{
    hr_buf_free(&f->head);
    hr_arena_free(&f->arena);
    hr_free(f);
}

static void fetch_free(hr_fetch *f)
{
    hr_loop *l = f->loop;
    HR_COUNT(l, fetches_open, -1);
    hr_buf_free(&f->stream);
    if (l->nspare >= SPARE_FETCHES || l->finished) {
        fetch_destroy(f);
        return;
    }
    if (f->head.cap > KEEP_HEAD)
        hr_buf_free(&f->head);
    hr_buf_clear(&f->head);
    hr_arena_free(&f->arena);
    f->next = l->spare_fetches;
    l->spare_fetches = f;
    l->nspare++;
}

void hr_fetch_spares_free(hr_loop *l)
{
    while (l->spare_fetches) {
        hr_fetch *f = l->spare_fetches;
        l->spare_fetches = f->next;
        fetch_destroy(f);
    }
}

void hr_fetch_finish(hr_fetch *f, hr_err err, hr_fetch_stage stage, hr_str why)
{
    f->finished = true;
    f->ev.on_done(f, f->ctx, err, stage, why);
    fetch_free(f);
}

/* --- origin --------------------------------------------------------------------------------- */

bool hr_origin_parse(hr_str s, hr_origin *out)
{
    *out = (hr_origin){0};
    if (hr_str_istarts(s, HR_STR("https://"))) {
        out->tls = true;
        s = hr_str_sub(s, 8, SIZE_MAX);
    } else if (hr_str_istarts(s, HR_STR("http://"))) {
        s = hr_str_sub(s, 7, SIZE_MAX);
    } else {
        return false;
    }
    if (s.n && s.p[s.n - 1] == '/')
        s.n--;
    out->port = out->tls ? 443 : 80;
    hr_str host = s, port = HR_STR_NONE;
    if (s.n && s.p[0] == '[') {
        size_t end = hr_str_find_char(s, ']');
        if (end == SIZE_MAX)
            return false;
        host = hr_str_sub(s, 1, end);
        hr_str rest = hr_str_sub(s, end + 1, SIZE_MAX);
        if (rest.n && rest.p[0] != ':')
            return false;
        port = hr_str_sub(rest, 1, SIZE_MAX);
    } else {
        size_t colon = hr_str_find_char(s, ':');
        if (colon != SIZE_MAX) {
            host = hr_str_sub(s, 0, colon);
            port = hr_str_sub(s, colon + 1, SIZE_MAX);
        }
    }
    if (!host.n || host.n >= sizeof(out->host))
        return false;
    for (size_t i = 0; i < host.n; i++) {
        char c = hr_lower(host.p[i]);
        if (!hr_is_alnum(c) && c != '.' && c != '-' && c != '_' && c != ':' && c != '%')
            return false;
        out->host[i] = c;
    }
    uint64_t n = out->port;
    if (port.n && (!hr_str_u64(port, &n) || !n || n > 65535))
        return false;
    out->port = (uint16_t)n;
    return true;
}

/* --- the request head ----------------------------------------------------------------------- */

static bool one_word(hr_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == 0x7f)
            return false;
    }
    return s.n > 0;
}

static void add_host(hr_buf *b, const hr_origin *o)
{
    bool six = strchr(o->host, ':') != NULL;
    if (six)
        hr_buf_addc(b, '[');
    hr_buf_add(b, hr_cstr(o->host));
    if (six)
        hr_buf_addc(b, ']');
    if (o->port != (o->tls ? 443 : 80)) {
        hr_buf_addc(b, ':');
        hr_buf_add_u64(b, o->port);
    }
}

static bool needs_length(hr_str method)
{
    return hr_str_eq(method, HR_STR("POST")) || hr_str_eq(method, HR_STR("PUT")) ||
           hr_str_eq(method, HR_STR("PATCH"));
}

static void build_head(hr_fetch *f, const hr_fetch_opts *o, uint64_t length, hr_str proxy_auth)
{
    hr_buf *b = &f->head;
    hr_buf_add(b, o->method);
    hr_buf_addc(b, ' ');
    if (f->via.port && !f->origin.tls) { /* a proxy is asked with the absolute form */
        hr_buf_lit(b, "http://");
        add_host(b, &f->origin);
    }
    hr_buf_add(b, o->target);
    hr_buf_lit(b, " HTTP/1.1\r\nhost: ");
    add_host(b, &f->origin);
    hr_buf_lit(b, "\r\n");
    hr_str connection = hr_header_get(o->headers, HR_STR("connection"));
    for (size_t i = 0; i < o->headers.n; i++) {
        const hr_header *h = &o->headers.p[i];
        if (hr_hop_by_hop(h->name, connection) || !hr_field_clean(h) ||
            (h->name.n == 4 && hr_str_ieq(h->name, HR_STR("host"))) ||
            (h->name.n == 6 && hr_str_ieq(h->name, HR_STR("expect"))))
            continue;
        hr_buf_add(b, h->name);
        hr_buf_lit(b, ": ");
        hr_buf_add(b, h->value);
        hr_buf_lit(b, "\r\n");
    }
    if (proxy_auth.n && !f->origin.tls) {
        hr_buf_lit(b, "proxy-authorization: ");
        hr_buf_add(b, proxy_auth);
        hr_buf_lit(b, "\r\n");
    }
    if (f->chunked) {
        hr_buf_lit(b, "transfer-encoding: chunked\r\n");
    } else if (length || f->streamed || needs_length(o->method)) {
        hr_buf_lit(b, "content-length: ");
        hr_buf_add_u64(b, length);
        hr_buf_lit(b, "\r\n");
    }
    hr_buf_lit(b, "\r\n");
}

/* --- what is to be sent --------------------------------------------------------------------- */

size_t hr_fetch_gather(const hr_fetch *f, hr_str *p, size_t max)
{
    size_t n = 0;
    if (f->head_at < f->head.n)
        p[n++] = hr_str_sub(hr_buf_str(&f->head), f->head_at, f->head.n);
    size_t at = f->piece_at;
    for (size_t i = f->piece; i < f->npieces && n < max; i++, at = 0) {
        if (f->pieces[i].n > at)
            p[n++] = hr_str_sub(f->pieces[i], at, SIZE_MAX);
    }
    if (f->stream_at < f->stream.n && n < max)
        p[n++] = hr_str_sub(hr_buf_str(&f->stream), f->stream_at, f->stream.n);
    return n;
}

void hr_fetch_advance(hr_fetch *f, size_t n)
{
    size_t k = f->head.n - f->head_at;
    k = k < n ? k : n;
    f->head_at += k;
    n -= k;
    while (f->piece < f->npieces) {
        k = f->pieces[f->piece].n - f->piece_at;
        if (k > n) {
            f->piece_at += n;
            return;
        }
        n -= k;
        f->piece++;
        f->piece_at = 0;
    }
    f->stream_at += n;
    if (f->stream_at > REPLAY_MAX) { /* too much to keep for a second try */
        f->no_replay = true;
        hr_buf_consume(&f->stream, f->stream_at);
        f->stream_at = 0;
    } else if (f->no_replay && f->stream_at == f->stream.n) {
        hr_buf_clear(&f->stream);
        f->stream_at = 0;
    }
}

bool hr_fetch_all_taken(const hr_fetch *f)
{
    return f->head_at == f->head.n && f->piece == f->npieces && f->stream_at == f->stream.n;
}

bool hr_fetch_can_replay(const hr_fetch *f)
{
    return !f->no_replay;
}

void hr_fetch_rewind(hr_fetch *f)
{
    f->head_at = f->piece = f->piece_at = f->stream_at = 0;
    f->sent = f->send_dead = false;
}

static size_t unsent(const hr_fetch *f)
{
    size_t n = f->stream.n - f->stream_at;
    if (f->up && f->up->tcp)
        n += hr_out_left(&f->up->out);
    return n;
}

void hr_fetch_drained(hr_fetch *f)
{
    if (!f->over_high || unsent(f) >= HR_NET_LOW)
        return;
    f->over_high = false;
    if (f->ev.on_drain && !f->stream_ended)
        f->ev.on_drain(f, f->ctx);
}

/* --- public --------------------------------------------------------------------------------- */

static bool copy_pieces(hr_fetch *f, const hr_fetch_opts *o, uint64_t *length)
{
    *length = 0;
    f->npieces = f->streamed ? 0 : o->npieces;
    if (!f->npieces)
        return true;
    f->pieces = HR_NEW_ARRAY(&f->arena, hr_str, f->npieces);
    if (!f->pieces)
        return false;
    for (size_t i = 0; i < f->npieces; i++) {
        f->pieces[i] = o->body[i];
        *length += o->body[i].n;
    }
    return true;
}

/* A request that cannot be sent fails like any other: later, through on_done. */
static const char *problem(const hr_fetch_opts *o, hr_fetch *f)
{
    if (!hr_origin_parse(o->origin, &f->origin))
        return "the upstream address is not http://host[:port] or https://host[:port]";
    if (!one_word(o->method) || !one_word(o->target) ||
        (o->target.p[0] != '/' && o->target.p[0] != '*'))
        return "the request line is not valid";
    return NULL;
}

hr_fetch *hr_fetch_start(hr_loop *l, const hr_fetch_opts *o, const hr_fetch_events *ev, void *ctx)
{
    if (l->finished)
        return NULL;
    hr_fetch *f = fetch_new(l);
    if (!f)
        return NULL;
    HR_COUNT(l, fetches_open, 1);
    HR_COUNT(l, fetches, 1);
    f->ev = *ev;
    f->ctx = ctx;
    f->connect_ms = o->connect_ms;
    f->write_ms = o->write_ms;
    f->first_byte_ms = o->first_byte_ms;
    f->idle_ms = o->idle_ms;
    f->streamed = o->stream_body || o->body_length < 0;
    f->chunked = f->streamed && o->stream_length < 0;
    f->stream_left = f->streamed ? o->stream_length : 0;
    f->stream = HR_BUF_INIT(0);
    f->head_only = hr_str_eq(o->method, HR_STR("HEAD"));
    uint64_t length;
    hr_str auth = HR_STR_NONE;
    const char *bad = problem(o, f);
    bool ok = copy_pieces(f, o, &length);
    if (!bad && hr_proxy_pick(&l->net->o, &f->origin, &f->arena, &f->via, &auth) == HR_PROXY_BAD)
        bad = "the HTTP proxy's address is not http://[user:password@]host:port";
    if (!bad && ok) {
        build_head(f, o, f->streamed && !f->chunked ? (uint64_t)o->stream_length : length, auth);
        ok = f->head.err == HR_OK;
    }
    if (bad)
        f->origin.port = f->via.port = 0;
    if (!ok || !hr_up_start(f)) {
        fetch_free(f);
        return NULL;
    }
    if (bad) {
        f->up->fail = HR_E_UNSUPPORTED;
        snprintf(f->up->why, sizeof(f->up->why), "%s", bad);
        hr_up_schedule(f->up);
    }
    return f;
}

static void kick(hr_fetch *f)
{
    if (f->up) {
        f->up->kick = true;
        hr_up_schedule(f->up);
    }
}

bool hr_fetch_write(hr_fetch *f, hr_str bytes)
{
    if (f->finished || !f->streamed || f->stream_ended || !bytes.n || f->send_dead)
        return true;
    if (f->chunked) {
        hr_buf_addf(&f->stream, "%zx\r\n", bytes.n);
        hr_buf_add(&f->stream, bytes);
        hr_buf_lit(&f->stream, "\r\n");
    } else {
        bytes = hr_str_sub(bytes, 0, (size_t)f->stream_left);
        f->stream_left -= (int64_t)bytes.n;
        hr_buf_add(&f->stream, bytes);
    }
    if (f->stream.err && f->up) {
        f->up->fail = HR_E_NOMEM;
        hr_up_schedule(f->up);
        return true;
    }
    kick(f);
    f->over_high = unsent(f) > HR_NET_HIGH;
    return !f->over_high;
}

void hr_fetch_end(hr_fetch *f)
{
    if (f->finished || !f->streamed || f->stream_ended)
        return;
    f->stream_ended = true;
    if (f->chunked)
        hr_buf_lit(&f->stream, "0\r\n\r\n");
    if (!f->chunked && f->stream_left > 0 && f->up) { /* fewer bytes than promised */
        f->up->fail = HR_E_PROTOCOL;
        snprintf(f->up->why, sizeof(f->up->why), "the request body is shorter than its length");
        hr_up_schedule(f->up);
        return;
    }
    kick(f);
}

void hr_fetch_pause(hr_fetch *f)
{
    f->paused = true;
    if (f->up && f->up->state == HR_UP_BUSY)
        hr_up_set_reading(f->up, false);
}

void hr_fetch_resume(hr_fetch *f)
{
    if (f->finished || !f->paused)
        return;
    f->paused = false;
    if (f->up) {
        f->up->resumed = true;
        hr_up_schedule(f->up);
    }
}

void hr_fetch_cancel(hr_fetch *f)
{
    if (!f || f->finished)
        return;
    f->finished = true;
    if (f->up) {
        f->up->f = NULL;
        hr_up_close(f->up);
    }
    fetch_free(f);
}
