/* The answer on its way to the client: bytes as they come, nothing decoded, nothing re-framed. A
 * copy goes to a tap that reads usage. Back-pressure: when the client is slow, the provider's
 * socket is not read. */
#include "proxy/internal.h"

#include "base/log.h"

void hr_relay_init(hr_relay *y)
{
    *y = (hr_relay){.length = -1, .copy = HR_BUF_INIT(HR_HOLD_LIMIT)};
}

void hr_relay_free(hr_relay *y)
{
    if (y->sse && y->tapping)
        hr_stream_tap_free(&y->tap);
    if (y->decoding)
        hr_decoder_free(&y->decoder);
    hr_buf_free(&y->copy);
    hr_relay_init(y);
}

static bool has_type(hr_headers h, hr_str type)
{
    hr_str v = hr_str_trim(hr_header_get(h, HR_STR("content-type")));
    return hr_str_istarts(v, type);
}

static bool copy_head(hr_req *r, hr_relay *y, hr_headers h)
{
    hr_header *out = HR_NEW_ARRAY(&r->arena, hr_header, h.n ? h.n : 1);
    if (!out)
        return false;
    for (size_t i = 0; i < h.n; i++) {
        out[i].name = hr_str_dup(&r->arena, h.p[i].name);
        out[i].value = hr_str_dup(&r->arena, h.p[i].value);
    }
    y->headers = (hr_headers){out, h.n};
    return !r->arena.failed;
}

/* Header values are visible ASCII; anything else could end the header. */
static hr_str header_safe(hr_str s, hr_arena *a)
{
    enum { MAX = 2000 };
    hr_str v = hr_str_sub(s, 0, MAX);
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < ' ' || v.p[i] == 0x7f) {
            char *copy = hr_alloc(a, v.n);
            if (!copy)
                return HR_STR_NONE;
            for (size_t k = 0; k < v.n; k++)
                copy[k] = v.p[k] < ' ' || v.p[k] == 0x7f ? '_' : v.p[k];
            return hr_str_of(copy, v.n);
        }
    }
    return v;
}

static hr_str number(uint64_t v, hr_arena *a)
{
    char space[20];
    size_t i = sizeof(space);
    do {
        space[--i] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return hr_str_dup(a, hr_str_of(space + i, sizeof(space) - i));
}

size_t hr_turn_headers(hr_req *r, hr_header *h)
{
    const hr_turn *t = r->turn;
    const hr_turn_out *o = &t->out;
    hr_arena *a = &r->arena;
    bool sent_edited = o->edited && !t->untouched;
    uint64_t after = sent_edited ? o->tokens_after : t->simulate ? o->would_be : o->tokens_before;
    uint64_t saved = o->tokens_before > after ? o->tokens_before - after : 0;
    size_t n = 0;
    h[n++] = (hr_header){HR_STR("x-headroom-request-id"), hr_cstr(r->id)};
    h[n++] = (hr_header){HR_STR("x-headroom-tokens-before"), number(o->tokens_before, a)};
    h[n++] = (hr_header){HR_STR("x-headroom-tokens-after"), number(after, a)};
    h[n++] = (hr_header){HR_STR("x-headroom-tokens-saved"), number(saved, a)};
    if (o->model.n)
        h[n++] = (hr_header){HR_STR("x-headroom-model"), header_safe(o->model, a)};
    if (t->simulate)
        h[n++] = (hr_header){HR_STR("x-headroom-simulated"), HR_STR("true")};
    if (o->transforms.n && (sent_edited || t->simulate))
        h[n++] = (hr_header){HR_STR("x-headroom-transforms"), header_safe(o->transforms, a)};
    return n;
}

void hr_relay_send_head(hr_req *r, hr_relay *y, const hr_header *extra, size_t nextra)
{
    hr_headers h = hr_headers_down(r, y->headers, false, extra, nextra, &r->arena);
    y->head_sent = r->started = true;
    r->status = y->status;
    if (y->status >= 400)
        r->failed = true;
    hr_x_start(r->x, y->status, h, y->length);
}

static void to_tap(void *ctx, hr_str bytes)
{
    hr_relay *y = ctx;
    if (y->sse) {
        hr_stream_tap_feed(&y->tap, bytes);
    } else if (!y->copy_lost) {
        y->copy_lost = y->copy.n + bytes.n > HR_COPY_LIMIT;
        if (!y->copy_lost)
            hr_buf_add(&y->copy, bytes);
    }
}

void hr_relay_head(hr_req *r, hr_relay *y, int status, hr_headers h, const hr_dialect *tap)
{
    y->status = status;
    y->sse = has_type(h, HR_STR("text/event-stream"));
    y->hold = y->hold && !y->sse;
    y->coding = hr_coding_of(hr_header_get(h, HR_STR("content-encoding")));
    uint64_t length;
    y->length = -1;
    if (hr_str_u64(hr_str_trim(hr_header_get(h, HR_STR("content-length"))), &length) &&
        length <= INT64_MAX && !hr_header_get(h, HR_STR("transfer-encoding")).p)
        y->length = (int64_t)length;
    if (!copy_head(r, y, h)) {
        hr_send_provider_error(r, 503, "overloaded_error", HR_STR("The proxy is out of memory."),
                               1);
        return;
    }
    /* the tap never disturbs the relay: if it cannot be set up, usage stays unknown */
    y->tapping =
        tap && !y->hold && (y->sse || (status < 400 && has_type(h, HR_STR("application/json"))));
    if (y->tapping && y->coding != HR_CODING_IDENTITY) {
        y->decoding = hr_decoder_init(&y->decoder, y->coding, SIZE_MAX) == HR_OK;
        y->tapping = y->decoding;
    }
    if (y->tapping && y->sse)
        hr_stream_tap_init(&y->tap, *tap);
    if (y->hold)
        return;
    hr_header extra[HR_TURN_HEADERS];
    size_t n = r->turn ? hr_turn_headers(r, extra) : 0;
    hr_relay_send_head(r, y, extra, n);
}

static void tap(hr_req *r, hr_relay *y, hr_str bytes)
{
    if (!y->tapping)
        return;
    if (!y->decoding) {
        to_tap(y, bytes);
        return;
    }
    if (hr_decoder_feed(&y->decoder, bytes, to_tap, y) != HR_OK) {
        hr_decoder_free(&y->decoder);
        y->decoding = false;
        y->copy_lost = true;
        if (y->sse)
            hr_stream_tap_free(&y->tap);
        y->tapping = false;
        hr_debug("[%s] answer could not be decoded for usage", r->id);
    }
}

static void stop_holding(hr_req *r, hr_relay *y)
{
    y->hold = false;
    hr_header extra[HR_TURN_HEADERS];
    size_t n = hr_turn_headers(r, extra);
    hr_relay_send_head(r, y, extra, n);
    if (!hr_req_gone(r))
        hr_x_write(r->x, hr_buf_str(&y->copy));
    hr_buf_free(&y->copy);
}

void hr_relay_body(hr_req *r, hr_relay *y, hr_str bytes)
{
    if (hr_req_gone(r) || r->replied)
        return;
    if (!r->t_first_ns)
        r->t_first_ns = hr_req_now(r);
    y->bytes += bytes.n;
    if (y->hold && y->copy.n + bytes.n <= HR_HOLD_LIMIT) {
        hr_buf_add(&y->copy, bytes);
        return;
    }
    if (y->hold)
        stop_holding(r, y);
    if (hr_req_gone(r))
        return;
    size_t keep = bytes.n < sizeof(y->tail) ? bytes.n : sizeof(y->tail);
    memmove(y->tail, y->tail + keep, sizeof(y->tail) - keep);
    if (keep)
        memcpy(y->tail + sizeof(y->tail) - keep, bytes.p + bytes.n - keep, keep);
    if (!hr_x_write(r->x, bytes) && r->fetch)
        hr_fetch_pause(r->fetch);
    tap(r, y, bytes);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void read_usage(void *ctx)
{
    hr_req *r = ctx;
    hr_relay *y = &r->turn->relay;
    hr_reply reply = {0};
    if (hr_wire_read_reply(r->turn->dialect, hr_buf_str(&y->copy), &r->arena, &reply).code == HR_OK)
        r->usage = reply.usage;
}

static void usage_read(void *ctx)
{
    (void)ctx;
}

/* After the answer has left: nobody waits for this. */
static void usage_of_copy(hr_req *r, hr_relay *y)
{
    if (!y->copy.n || y->copy_lost || y->copy.err)
        return;
    if (y->copy.n <= HR_INLINE_PARSE)
        read_usage(r);
    else
        hr_req_work(r, read_usage, usage_read); /* no worker free: usage stays unknown */
}

static bool between_events(const hr_relay *y)
{
    const char *e = y->tail + sizeof(y->tail);
    return y->bytes == 0 || (e[-1] == '\n' && e[-2] == '\n') ||
           (e[-1] == '\n' && e[-2] == '\r' && e[-3] == '\n') || (e[-1] == '\r' && e[-2] == '\r');
}

/* A stream without its end: the client is told in the provider's own words. */
static void end_broken_stream(hr_req *r, const hr_relay *y, hr_dialect d)
{
    r->failed = r->truncated = true;
    hr_stat_add(r->px->stats, HR_M_STREAMS_TRUNCATED, 1);
    if (!r->error)
        r->error = "stream_cut";
    hr_arena a;
    hr_arena_init(&a, 16 << 10);
    hr_str event = hr_wire_error_event(
        d, HR_STR("api_error"), HR_STR("The provider's stream ended before it was complete."), &a);
    if (!between_events(y))
        hr_x_write(r->x, HR_STR("\n\n"));
    if (!hr_req_gone(r) && event.n)
        hr_x_write(r->x, event);
    hr_arena_free(&a);
    if (!hr_req_gone(r))
        hr_x_end(r->x);
}

/* Dialects whose streams always end with an event of their own; others may just stop. */
static bool has_last_event(hr_dialect d)
{
    return d != HR_DIALECT_OPENAI_CHAT;
}

static void stream_done(hr_req *r, hr_relay *y, hr_err err, hr_dialect d)
{
    bool finished = false;
    if (y->tapping) {
        hr_stream_tap_end(&y->tap);
        finished = y->tap.finished;
        r->usage = y->tap.usage;
        r->failed |= y->tap.failed;
        if (y->tap.failed && !r->error)
            r->error = "error_event";
    }
    bool can_add = y->coding == HR_CODING_IDENTITY && y->length < 0 && y->status < 400;
    bool missing_end =
        y->tapping && !finished && !y->tap.failed && y->tap.events && has_last_event(d);
    if (err == HR_OK && !(missing_end && can_add)) {
        r->truncated = missing_end;
        hr_x_end(r->x);
    } else if (can_add && !finished) {
        end_broken_stream(r, y, d);
    } else if (finished && y->length < 0) {
        hr_x_end(r->x); /* all that matters has arrived */
    } else {
        r->failed = r->truncated = true;
        hr_x_abort(r->x);
    }
}

void hr_relay_done(hr_req *r, hr_relay *y, hr_err err, const hr_dialect *d)
{
    if (hr_req_gone(r))
        return;
    if (err && !r->error)
        r->error = hr_err_name(err);
    if (r->turn && (y->hold || (r->turn->round && !r->started))) {
        hr_rounds_reply_held(r, err);
    } else if (y->sse && d) {
        stream_done(r, y, err, *d);
    } else if (err) {
        r->failed = r->truncated = true;
        hr_x_abort(r->x); /* the client must see that something is missing */
    } else {
        hr_x_end(r->x);
        if (r->turn)
            usage_of_copy(r, y);
    }
}
