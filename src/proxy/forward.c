/* Attempts: a prepared body goes to the provider, again where that is right, and the answer goes to
 * the relay.
 *
 * Repeated: failed connections (nothing was sent); 429 and 529; for answers that are no streams
 * also 502, 503 and 504. Never a request that was sent whole and not answered: it may have been
 * billed. The last attempt's answer is relayed as it is. A wait the provider asks for that is
 * longer than 30 s is the client's business.
 *
 * An edited body that is refused with 400 or 413 is sent once more as received. If that is taken,
 * the conversation is left alone from then on. */
#include "proxy/internal.h"

#include "base/log.h"

#include <stdio.h>
#include <time.h>

enum { MAX_WAIT_MS = 30000, STATUS_BACKOFF_MS = 1000, CONNECT_BACKOFF_MS = 250 };

/* base * 2^n, times 0.5 to 1.5 so that clients do not come back in step. */
static uint32_t backoff(const hr_req *r, uint32_t base, unsigned attempt)
{
    uint64_t ms = (uint64_t)base << (attempt < 8 ? attempt - 1 : 7);
    if (ms > MAX_WAIT_MS)
        ms = MAX_WAIT_MS;
    uint64_t seed = hr_req_now(r);
    uint64_t random = hr_hash64_seed(hr_cstr(r->id), seed) % 1001;
    return (uint32_t)(ms * (500 + random) / 1000);
}

/* Retry-After (RFC 9110 10.2.3) in ms: seconds or a date. False: not given or not understood. */
static bool retry_after(const hr_req *r, hr_headers h, uint64_t *ms)
{
    hr_str ms_field = hr_str_trim(hr_header_get(h, HR_STR("retry-after-ms")));
    double v;
    if (ms_field.n && hr_str_double(ms_field, &v) && v >= 0 && v < 1e9) {
        *ms = (uint64_t)v;
        return true;
    }
    hr_str s = hr_str_trim(hr_header_get(h, HR_STR("retry-after")));
    if (!s.n || s.n > 60)
        return false;
    if (hr_str_double(s, &v) && v >= 0 && v < 1e6) {
        *ms = (uint64_t)(v * 1000);
        return true;
    }
    char z[64];
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    struct tm tm = {0};
    const char *end = strptime(z, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    if (!end || *end)
        return false;
    int64_t at = (int64_t)timegm(&tm) * 1000, now = hr_now_unix_ms(r->px->clock);
    *ms = at > now ? (uint64_t)(at - now) : 0;
    return true;
}

static void retry_now(void *ctx)
{
    hr_req *r = ctx;
    r->timer = NULL;
    hr_forward(r);
}

static bool retry_in(hr_req *r, uint32_t ms)
{
    r->timer = hr_timer_start(r->loop, ms ? ms : 1, retry_now, r);
    if (!r->timer)
        return false;
    hr_stat_add(r->px->stats, HR_M_RETRIES, 1);
    return true;
}

static bool attempts_left(const hr_req *r)
{
    return r->turn->attempt < (unsigned)r->px->s->retry_max_attempts;
}

/* True when the answer is dropped and another attempt will follow. */
static bool retried_status(hr_req *r, hr_fetch *f, int status, hr_headers h)
{
    const hr_turn *t = r->turn;
    bool overload = status == 429 || status == 529;
    bool gateway = status == 502 || status == 503 || status == 504;
    if (!(overload || (gateway && !t->out.stream)) || !attempts_left(r) ||
        hr_str_ieq(hr_header_get(h, HR_STR("x-should-retry")), HR_STR("false")))
        return false;
    uint64_t ms;
    if (!retry_after(r, h, &ms))
        ms = backoff(r, STATUS_BACKOFF_MS, t->attempt);
    if (ms > MAX_WAIT_MS)
        return false;
    if (!retry_in(r, (uint32_t)ms))
        return false;
    hr_info("[%s] provider answered %d, attempt %u follows in %u ms", r->id, status, t->attempt + 1,
            (unsigned)ms);
    r->fetch = NULL;
    hr_fetch_cancel(f);
    return true;
}

static bool untouched_instead(hr_req *r, hr_fetch *f, int status)
{
    hr_turn *t = r->turn;
    if ((status != 400 && status != 413) || !t->out.edited || t->untouched || t->round)
        return false;
    hr_warn("[%s] provider refused the edited body with %d; sending it untouched", r->id, status);
    hr_stat_add(r->px->stats, HR_M_REFUSED_EDITS, 1);
    r->fetch = NULL;
    hr_fetch_cancel(f);
    t->untouched = t->edits_refused = true;
    t->send = &t->untouched_piece;
    t->nsend = 1;
    t->send_total = t->untouched_piece.n;
    t->out.tool_offered = false;
    t->attempt = 0;
    hr_forward(r);
    return true;
}

static void quarantine(void *ctx)
{
    hr_req *r = ctx;
    hr_engine_quarantine(r->px->engine, r->turn->out.conversation);
}

static void quarantined(void *ctx)
{
    (void)ctx;
}

static void on_head(hr_fetch *f, void *ctx, int status, hr_headers h)
{
    hr_req *r = ctx;
    hr_turn *t = r->turn;
    if (retried_status(r, f, status, h) || untouched_instead(r, f, status))
        return;
    if (!r->t_first_ns)
        r->t_first_ns = hr_req_now(r);
    hr_note_reachable(r, true);
    if (t->edits_refused && status < 400) {
        t->edits_refused = false;
        if (hr_req_work(r, quarantine, quarantined) != HR_OK)
            hr_warn("[%s] no worker free to remember that edits are refused", r->id);
    }
    t->relay.hold = t->round || (status == 200 && t->out.tool_offered);
    hr_req_hold(r); /* sending may end the exchange */
    hr_relay_head(r, &t->relay, status, h, &t->dialect);
    hr_req_release(r);
}

static void on_body(hr_fetch *f, void *ctx, hr_str bytes)
{
    hr_req *r = ctx;
    (void)f;
    hr_req_hold(r);
    hr_relay_body(r, &r->turn->relay, bytes);
    hr_req_release(r);
}

static bool retried_connect(hr_req *r, hr_err err, hr_fetch_stage stage)
{
    bool nothing_sent = stage == HR_STAGE_CONNECT && err != HR_E_TLS && err != HR_E_UNSUPPORTED;
    bool half_sent = stage == HR_STAGE_SEND && err == HR_E_CLOSED;
    return (nothing_sent || half_sent) && attempts_left(r) &&
           retry_in(r, backoff(r, CONNECT_BACKOFF_MS, r->turn->attempt));
}

static void on_done(hr_fetch *f, void *ctx, hr_err err, hr_fetch_stage stage, hr_str why)
{
    hr_req *r = ctx;
    hr_turn *t = r->turn;
    (void)f;
    r->fetch = NULL;
    if (hr_req_gone(r))
        return;
    hr_req_hold(r);
    if (stage == HR_STAGE_CONNECT && err)
        hr_note_reachable(r, false);
    if (stage == HR_STAGE_BODY || err == HR_OK) {
        hr_relay_done(r, &t->relay, err, &t->dialect);
    } else if (!retried_connect(r, err, stage)) {
        if (t->round)
            hr_relay_done(r, &t->relay, err, &t->dialect);
        else
            hr_send_unreachable(r, err, stage, why);
    }
    hr_req_release(r);
}

void hr_forward(hr_req *r)
{
    static const hr_fetch_events events = {
        .on_head = on_head, .on_body = on_body, .on_done = on_done};
    hr_turn *t = r->turn;
    t->attempt++;
    hr_fetch_opts o = {
        .origin = t->target.origin,
        .method = r->method,
        .target = t->path,
        .headers = t->up,
        .body = t->send,
        .npieces = t->nsend,
        .body_length = (int64_t)t->send_total,
    };
    hr_fetch_deadlines(r->px, &o, t->out.stream);
    if (!r->t_sent_ns)
        r->t_sent_ns = hr_req_now(r);
    r->fetch = hr_fetch_start(r->loop, &o, &events, r);
    if (!r->fetch)
        hr_send_provider_error(r, 503, "overloaded_error", HR_STR("The proxy is out of memory."),
                               1);
}
