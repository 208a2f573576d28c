/* The life of the process: settings to an engine and a network, until a signal comes. */
#include "base/log.h"
#include "base/mem.h"
#include "engine/setup.h"
#include "proxy/internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifndef HR_VERSION
#define HR_VERSION "0.0.0"
#endif

extern const hr_server_events hr_proxy_events; /* exchange.c */

const char *hr_proxy_version(void)
{
    return HR_VERSION;
}

void hr_iso_time(int64_t unix_ms, char out[32])
{
    time_t s = (time_t)(unix_ms / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, 32 - n, ".%03dZ", (int)(unix_ms % 1000));
}

typedef struct start {
    const hr_settings *s;
    const hr_proxy_hooks *hooks;
    hr_proxy *px;
    hr_engine_opts eo;
} start;

static int fail(const start *st, int code, const char *why)
{
    if (st->hooks && st->hooks->failed)
        st->hooks->failed(st->hooks->ctx, why);
    else
        hr_error("cannot start: %s", why);
    return code;
}

static bool set_targets(hr_proxy *px, char *why, size_t cap)
{
    const struct {
        hr_str url;
        hr_target *t;
        hr_provider p;
        const char *name;
    } rows[] = {
        {px->s->anthropic_api_url, &px->anthropic, HR_PROV_ANTHROPIC, "Anthropic"},
        {px->s->openai_api_url, &px->openai, HR_PROV_OPENAI, "OpenAI"},
        {px->s->gemini_api_url, &px->gemini, HR_PROV_GEMINI, "Gemini"},
        {HR_STR("https://chatgpt.com"), &px->chatgpt, HR_PROV_CHATGPT, "ChatGPT"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (!hr_target_parse(rows[i].url, rows[i].t)) {
            snprintf(why, cap, "the %s URL must be http(s)://host[:port][/path]", rows[i].name);
            return false;
        }
        rows[i].t->provider = rows[i].p;
    }
    return true;
}

static void set_limits(hr_proxy *px)
{
    const hr_settings *s = px->s;
    int64_t silence = s->request_timeout_seconds > 0 ? s->request_timeout_seconds : 300;
    px->body_limit = (size_t)s->max_body_bytes;
    px->connect_ms = (uint32_t)(s->connect_timeout_seconds * 1000);
    px->silence_ms = (uint32_t)(silence * 1000);
    /* a finished answer may be silent until it is whole */
    px->long_silence_ms = hr_setting_given(s, HR_OPT_request_timeout_seconds) || silence > 600
                              ? px->silence_ms
                              : 600000;
}

static hr_proxy *proxy_new(const hr_settings *s)
{
    hr_proxy *px = hr_calloc(1, sizeof(*px));
    if (!px)
        return NULL;
    px->s = s;
    px->clock = &hr_clock_system;
    px->start_ns = hr_now_ns(px->clock);
    px->start_ms = hr_now_unix_ms(px->clock);
    hr_arena_init(&px->arena, 1 << 20);
    px->stats = hr_stats_new();
    px->limiter = hr_limiter_new(s, px->clock);
    if (s->beta_header_sticky)
        px->sticky = hr_sticky_new((size_t)s->beta_tracker_max_sessions);
    px->has_token = s->proxy_token.n > 0;
    if (px->has_token)
        px->token = hr_sha256_of(s->proxy_token);
    set_limits(px);
    return px;
}

static void proxy_free(hr_proxy *px)
{
    if (!px)
        return;
    hr_net_close(px->net);
    hr_engine_close(px->engine);
    hr_reqlog_close(px->log);
    hr_limiter_free(px->limiter);
    hr_sticky_free(px->sticky);
    hr_stats_free(px->stats);
    hr_arena_free(&px->arena);
    hr_free(px);
}

static const char *z(hr_proxy *px, hr_str s)
{
    return s.n ? hr_zstr(&px->arena, s) : NULL;
}

/* The lower-case name is the older convention and wins; HTTP_PROXY in capitals is honoured too,
 * since this is no CGI program. */
static const char *env2(const char *lower, const char *upper)
{
    const char *v = getenv(lower);
    if (!v || !*v)
        v = getenv(upper);
    return v && *v ? v : NULL;
}

static hr_err open_net(hr_proxy *px, char why[256])
{
    const hr_settings *s = px->s;
    hr_net_opts o = {
        .host = s->host,
        .port = (uint16_t)s->port,
        .loops = (unsigned)s->workers,
        .workers = (unsigned)s->compression_max_workers,
        .max_clients = (unsigned)s->limit_concurrency,
        .max_idle_upstream = (unsigned)s->max_keepalive,
        .idle_upstream_ms = (uint32_t)(s->keepalive_expiry * 1000),
        .drain_ms = (uint32_t)(s->shutdown_seconds * 1000),
        .tls_strict = s->tls_strict,
        .ca_replace = z(px, s->ssl_cert_file),
        .ca_add = z(px, s->extra_ca_certs),
        .http_proxy = env2("http_proxy", "HTTP_PROXY"),
        .https_proxy = env2("https_proxy", "HTTPS_PROXY"),
        .no_proxy = env2("no_proxy", "NO_PROXY"),
        .clock = px->clock,
        .events = hr_proxy_events,
        .ctx = px,
    };
    return hr_net_open(&o, &px->net, why);
}

static bool loopback_bind(hr_str host)
{
    return hr_host_is_loopback(host) || hr_str_eq(host, HR_STR("::1"));
}

static void tell(const start *st)
{
    hr_proxy *px = st->px;
    const hr_settings *s = st->s;
    hr_store_stats ss = {0};
    hr_store_stats_get(hr_engine_store(px->engine), &ss);
    hr_proxy_info info = {
        .version = hr_proxy_version(),
        .host = s->host,
        .port = hr_net_port(px->net),
        .anthropic_url = s->anthropic_api_url,
        .openai_url = s->openai_api_url,
        .gemini_url = s->gemini_api_url,
        .store_path = ss.in_memory ? HR_STR_NONE : st->eo.store.path,
        .store_in_memory = ss.in_memory,
        .rate_limited = px->limiter != NULL,
        .token_required = px->has_token,
        .open_to_network = !loopback_bind(s->host) && !px->has_token,
    };
    if (info.open_to_network)
        hr_warn("listening on %.*s without HEADROOM_PROXY_TOKEN: everyone who reaches this address "
                "can use the proxy",
                HR_FMT(s->host));
    if (hr_setting_given(s, HR_OPT_budget))
        hr_warn("a budget is set, but this version has no prices: nothing is held back");
    if (st->hooks && st->hooks->listening)
        st->hooks->listening(st->hooks->ctx, &info);
}

static int run(start *st)
{
    hr_proxy *px = st->px;
    char why[256] = "";
    if (!px || !px->stats)
        return fail(st, HR_PROXY_EXIT_FAILED, "out of memory");
    if (!set_targets(px, why, sizeof(why)))
        return fail(st, HR_PROXY_EXIT_CONFIG, why);
    hr_err err = open_net(px, why);
    if (err)
        return fail(st, HR_PROXY_EXIT_FAILED, why[0] ? why : hr_err_text(err));
    /* the address is ours now; a second proxy must not open the store first */
    st->eo = hr_engine_opts_of(st->s);
    st->eo.clock = px->clock;
    err = hr_engine_open(&st->eo, &px->engine);
    if (!px->engine)
        return fail(st, HR_PROXY_EXIT_FAILED, hr_err_text(err ? err : HR_E_INTERNAL));
    bool files = !st->s->stateless;
    px->log = hr_reqlog_open(files ? st->s->log_file : HR_STR_NONE, st->s->log_messages,
                             files ? st->s->probe_record_dir : HR_STR_NONE);
    atomic_store(&px->ready, true);
    tell(st);
    int sig = hr_net_run(px->net);
    atomic_store(&px->ready, false);
    return sig == SIGINT ? HR_PROXY_EXIT_SIGINT : HR_PROXY_EXIT_OK;
}

int hr_proxy_run_with(const hr_settings *s, const hr_proxy_hooks *hooks)
{
    signal(SIGPIPE, SIG_IGN);
    start st = {.s = s, .hooks = hooks, .px = proxy_new(s)};
    int code = run(&st);
    proxy_free(st.px);
    return code;
}

int hr_proxy_run(const hr_settings *s)
{
    return hr_proxy_run_with(s, NULL);
}
