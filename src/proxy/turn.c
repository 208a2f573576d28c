/* A model request: read, made smaller on a worker, sent on.
 *
 * Most small requests have nothing to compress: no tool results, no tools to which ours could be
 * added. Those are told apart by a search for the few words that such parts cannot do without, and
 * go on without a worker. The search may be wrong in one direction only: a body with escaped marks
 * ("tool\u005fresult") goes out as it came.
 *
 * When all workers are busy, or the queue was too slow, old decisions are still replayed: originals
 * of what was compressed before would cost the provider's cache. */
#include "proxy/internal.h"

#include "base/log.h"

#include <stdio.h>

enum {
    INLINE_MAX = 64 << 10,       /* largest body that is read on the event loop */
    REPLAY_INLINE_MAX = 1 << 20, /* largest body whose old decisions are replayed there */
    QUEUE_PATIENCE_MS = 2000,    /* a job that waited longer only replays */
    RESUBMIT_MS = 20,
    RESUBMIT_LIMIT_MS = 15000,
};

static bool has(hr_str s, const char *word)
{
    return memmem(s.p, s.n, word, strlen(word)) != NULL;
}

/* Nothing for the engine to decide or to replay. */
static bool nothing_to_do(const hr_req *r, hr_dialect d)
{
    hr_str b = hr_buf_str(&r->body);
    if (!r->px->s->optimize)
        return true;
    if (r->px->s->compress_user_messages || !b.n || has(b, "\"tools\""))
        return !b.n;
    switch (d) {
    case HR_DIALECT_ANTHROPIC:
        return !has(b, "\"tool_result\"");
    case HR_DIALECT_OPENAI_CHAT:
        return !has(b, "\"tool\"") && !has(b, "\"function\"");
    case HR_DIALECT_OPENAI_RESPONSES:
        return !has(b, "_output\"") && !has(b, "\"previous_response_id\"");
    }
    return false;
}

static void take_as_received(hr_turn *t, hr_arena *a)
{
    t->out = (hr_turn_out){.total = t->in.body.n};
    t->out.pieces = HR_NEW(a, hr_str);
    if (t->out.pieces) {
        t->out.pieces[0] = t->in.body;
        t->out.npieces = t->in.body.n ? 1 : 0;
    }
    hr_wire_request q;
    t->out.bad = hr_wire_read(t->dialect, t->in.body, a, &q);
    t->out.readable = t->out.bad.code == HR_OK;
    if (t->out.readable) {
        t->out.model = q.model;
        t->out.stream = q.stream;
        t->out.nmessages = q.nmessages;
    }
}

/* --- checks before the body goes out ---------------------------------------------------------- */

static void refuse_body(hr_req *r, hr_err code, size_t at)
{
    char text[160];
    int n;
    switch (code) {
    case HR_E_LIMIT:
        n = snprintf(text, sizeof(text), "Too many messages: at most 10000 are accepted.");
        break;
    case HR_E_TYPE:
    case HR_E_MISSING:
        n = snprintf(text, sizeof(text), "%s must be %s.",
                     r->turn->dialect == HR_DIALECT_OPENAI_RESPONSES
                         ? "The body must be a JSON object and input"
                         : "The body must be a JSON object and messages",
                     r->turn->dialect == HR_DIALECT_OPENAI_RESPONSES ? "a string or an array"
                                                                     : "an array");
        break;
    default:
        n = snprintf(text, sizeof(text), "Invalid JSON in request body: %s at byte %zu.",
                     hr_err_text(code), at);
        break;
    }
    hr_send_provider_error(r, 400, "invalid_request_error", hr_str_of(text, n > 0 ? (size_t)n : 0),
                           0);
}

static void refuse_prepare(hr_req *r, hr_err code)
{
    switch (code) {
    case HR_E_UNSUPPORTED:
        hr_send_provider_error(r, 400, "invalid_request_error",
                               HR_STR("Content-Encoding must be gzip, deflate, br or zstd."), 0);
        break;
    case HR_E_LIMIT:
        hr_send_provider_error(r, 413, "request_too_large",
                               HR_STR("The decoded request body is larger than the limit."), 0);
        break;
    case HR_E_SYNTAX:
        hr_send_provider_error(r, 400, "invalid_request_error",
                               HR_STR("The request body does not match its Content-Encoding."), 0);
        break;
    default:
        hr_send_provider_error(r, 503, "overloaded_error", HR_STR("The proxy is out of memory."),
                               1);
        break;
    }
}

/* True: it may go to the provider. A caller that asked for no interference gets none. */
static bool acceptable(hr_req *r)
{
    hr_turn *t = r->turn;
    if (t->prepare_err) {
        refuse_prepare(r, t->prepare_err);
        return false;
    }
    if (t->in.bypass)
        return true;
    hr_err bad = t->out.readable ? HR_OK : t->out.bad.code;
    if (bad == HR_E_NOMEM || bad == HR_OK) {
        if (bad == HR_OK && t->out.readable && t->out.nmessages == 0 &&
            t->dialect != HR_DIALECT_OPENAI_RESPONSES && !has(t->in.body, "\"messages\""))
            bad = HR_E_MISSING;
        else
            return true;
    }
    refuse_body(r, bad, t->out.bad.at);
    return false;
}

/* --- on its way ------------------------------------------------------------------------------- */

static void set_headers(hr_req *r)
{
    hr_turn *t = r->turn;
    hr_up_opts o = {.decoded = t->decoded,
                    .beta_name = t->dialect == HR_DIALECT_ANTHROPIC ? HR_STR("anthropic-beta")
                                                                    : HR_STR("openai-beta")};
    if (r->px->sticky && t->out.conversation.n && !t->in.bypass) {
        hr_str said = hr_req_header(r, o.beta_name);
        hr_str all = hr_sticky_merge(r->px->sticky, t->out.conversation, said, &r->arena);
        if (all.n && !hr_str_eq(all, said))
            o.beta_value = all;
    }
    t->up = hr_headers_up(r, &o, &r->arena);
}

static void prepared(void *ctx)
{
    hr_req *r = ctx;
    hr_turn *t = r->turn;
    if (hr_req_gone(r))
        return;
    r->stream = t->out.stream;
    if (!acceptable(r))
        return;
    set_headers(r);
    if (!t->up.p || !t->out.pieces) {
        refuse_prepare(r, HR_E_NOMEM);
        return;
    }
    if (!t->out.edited && t->out.total != t->in.body.n) {
        hr_stat_add(r->px->stats, HR_M_PASSTHROUGH_MODIFIED, 1);
        hr_error("[%s] unedited body changed its length; sending it as received", r->id);
        take_as_received(t, &r->arena);
    }
    if (t->replay_only)
        hr_stat_add(r->px->stats, HR_M_REPLAY_ONLY, 1);
    if (t->inlined)
        hr_stat_add(r->px->stats, HR_M_INLINE, 1);
    t->send = t->out.pieces;
    t->nsend = t->out.npieces;
    t->send_total = t->out.total;
    t->untouched_piece = t->in.body;
    hr_forward(r);
}

static void decode_body(hr_req *r)
{
    hr_turn *t = r->turn;
    hr_coding c = hr_coding_of(hr_req_header(r, HR_STR("content-encoding")));
    if (c == HR_CODING_IDENTITY) {
        t->in.body = hr_buf_str(&r->body);
        return;
    }
    t->decoded = true;
    t->prepare_err = hr_decode_all(c, hr_buf_str(&r->body), r->px->body_limit, &t->plain);
    t->in.body = hr_buf_str(&t->plain);
}

/* On a worker. */
static void prepare(void *ctx)
{
    hr_req *r = ctx;
    hr_turn *t = r->turn;
    decode_body(r);
    if (t->prepare_err)
        return;
    uint64_t waited_ms = (hr_req_now(r) - t->submitted_ns) / 1000000u;
    t->replay_only = waited_ms > QUEUE_PATIENCE_MS;
    if (t->replay_only)
        hr_engine_replay(r->px->engine, &t->in, &r->arena, &t->out);
    else
        hr_engine_turn(r->px->engine, &t->in, &r->arena, &t->out);
}

static void submit(hr_req *r);

static void resubmit(void *ctx)
{
    hr_req *r = ctx;
    r->timer = NULL;
    submit(r);
}

static void submit(hr_req *r)
{
    hr_turn *t = r->turn;
    hr_err err = hr_req_work(r, prepare, prepared);
    if (err == HR_OK)
        return;
    bool plain = hr_coding_of(hr_req_header(r, HR_STR("content-encoding"))) == HR_CODING_IDENTITY;
    if (plain && r->body.n <= REPLAY_INLINE_MAX) {
        t->in.body = hr_buf_str(&r->body);
        t->replay_only = true;
        hr_engine_replay(r->px->engine, &t->in, &r->arena, &t->out);
        prepared(r);
        return;
    }
    if ((hr_req_now(r) - r->t_body_ns) / 1000000u < RESUBMIT_LIMIT_MS)
        r->timer = hr_timer_start(r->loop, RESUBMIT_MS, resubmit, r);
    if (!r->timer)
        hr_send_provider_error(r, 503, "overloaded_error", HR_STR("The proxy is overloaded."), 1);
}

static bool rate_limited(hr_req *r)
{
    if (!r->px->limiter)
        return false;
    uint32_t ms = hr_limiter_take(r->px->limiter, hr_credential_of(r->headers, &r->arena));
    if (!ms)
        return false;
    char text[96];
    int n = snprintf(text, sizeof(text), "Rate limited by the proxy. Retry after %.1f s.",
                     (double)ms / 1000.0);
    hr_stat_add(r->px->stats, HR_M_REQUESTS_RATE_LIMITED, 1);
    hr_send_provider_error(r, 429, "rate_limit_error", hr_str_of(text, n > 0 ? (size_t)n : 0),
                           (ms + 999) / 1000);
    return true;
}

static void start(hr_req *r, hr_dialect d)
{
    r->upstream_route = true;
    hr_turn *t = HR_NEW(&r->arena, hr_turn);
    if (!t) {
        hr_x_abort(r->x);
        return;
    }
    t->dialect = d;
    t->plain = HR_BUF_INIT(r->px->body_limit);
    hr_relay_init(&t->relay);
    r->turn = t;
    if (rate_limited(r))
        return;
    hr_err err = hr_upstream_turn(r, d, &t->target, &t->path);
    if (err) {
        hr_send_provider_error(r, 400, "invalid_request_error",
                               HR_STR("x-headroom-base-url is not allowed here."), 0);
        return;
    }
    hr_str mode = hr_str_trim(hr_req_header(r, HR_STR("x-headroom-mode")));
    hr_str bypass = hr_str_trim(hr_req_header(r, HR_STR("x-headroom-bypass")));
    t->simulate = hr_str_ieq(mode, HR_STR("simulate"));
    t->in = (hr_turn_in){.dialect = d,
                         .headers = r->headers,
                         .body = hr_buf_str(&r->body),
                         .bypass = hr_str_ieq(bypass, HR_STR("true")) ||
                                   hr_str_ieq(mode, HR_STR("passthrough")),
                         .observe_only = t->simulate || hr_str_ieq(mode, HR_STR("audit")),
                         .local_peer = r->peer_loopback};
    t->submitted_ns = hr_req_now(r);
    bool plain = hr_coding_of(hr_req_header(r, HR_STR("content-encoding"))) == HR_CODING_IDENTITY;
    if (plain && r->body.n <= INLINE_MAX && nothing_to_do(r, d)) {
        t->inlined = true;
        take_as_received(t, &r->arena);
        prepared(r);
    } else {
        submit(r);
    }
}

void hr_h_messages(hr_req *r)
{
    start(r, HR_DIALECT_ANTHROPIC);
}

void hr_h_chat(hr_req *r)
{
    start(r, HR_DIALECT_OPENAI_CHAT);
}

void hr_h_responses(hr_req *r)
{
    start(r, HR_DIALECT_OPENAI_RESPONSES);
}

void hr_turn_free(hr_turn *t)
{
    if (!t)
        return;
    hr_relay_free(&t->relay);
    hr_buf_free(&t->plain);
}
