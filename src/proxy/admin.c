/* Health and switches: /livez, /readyz, /health, /stats/reset, /cache/clear. Health answers are
 * made on the event loop from what is in memory, so they never wait behind work. */
#include "proxy/internal.h"

#include "base/log.h"
#include "proxy/jsonw.h"

#include <stdlib.h>
#include <unistd.h>

static void times(hr_jw *w, const hr_proxy *px)
{
    char now[32];
    hr_iso_time(hr_now_unix_ms(px->clock), now);
    hr_jw_z(w, "version", hr_proxy_version());
    hr_jw_z(w, "timestamp", now);
    hr_jw_double(w, "uptime_seconds", (double)(hr_now_ns(px->clock) - px->start_ns) / 1e9, 3);
}

static void finish(hr_req *r, int status, hr_buf *b)
{
    if (b->err)
        hr_send_error(r, 503, "internal_error", HR_STR("out of memory"));
    else
        hr_send_json(r, status, hr_buf_str(b));
    hr_buf_free(b);
}

void hr_h_livez(hr_req *r)
{
    hr_buf b = HR_BUF_INIT(4096);
    hr_jw w = {&b, false};
    hr_jw_open(&w, NULL, '{');
    hr_jw_z(&w, "service", "headroom-proxy");
    hr_jw_z(&w, "status", "healthy");
    hr_jw_bool(&w, "alive", true);
    times(&w, r->px);
    hr_jw_close(&w, '}');
    finish(r, 200, &b);
}

static void check(hr_jw *w, const char *name, bool enabled, bool ready)
{
    hr_jw_open(w, name, '{');
    hr_jw_bool(w, "enabled", enabled);
    hr_jw_bool(w, "ready", ready || !enabled);
    hr_jw_z(w, "status", !enabled ? "disabled" : ready ? "healthy" : "unhealthy");
}

static void simple_check(hr_jw *w, const char *name, bool enabled, bool ready)
{
    check(w, name, enabled, ready);
    hr_jw_close(w, '}');
}

/* What the last requests found out; nobody is probed, and a provider that is down does not make the
 * proxy unready. */
static void upstream_check(hr_jw *w, const hr_proxy *px)
{
    const hr_target *const targets[] = {&px->anthropic, &px->openai, &px->gemini, &px->chatgpt};
    const hr_target *bad = NULL;
    bool used = false;
    for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
        int seen = atomic_load_explicit(&px->reachable[targets[i]->provider], memory_order_relaxed);
        used |= seen != 0;
        if (seen < 0)
            bad = targets[i];
    }
    bool enabled = used && !px->s->skip_upstream_check;
    hr_jw_open(w, "upstream", '{');
    hr_jw_bool(w, "enabled", enabled);
    hr_jw_bool(w, "ready", true);
    hr_jw_z(w, "status", !enabled ? "disabled" : bad ? "unhealthy" : "healthy");
    hr_jw_str_or_null(w, "url", enabled && bad ? bad->origin : HR_STR_NONE);
    hr_jw_str_or_null(w, "error",
                      enabled && bad ? HR_STR("the last connection failed") : HR_STR_NONE);
    hr_jw_close(w, '}');
}

static void checks(hr_jw *w, const hr_proxy *px, bool ready)
{
    hr_jw_open(w, "checks", '{');
    check(w, "startup", true, ready);
    hr_jw_null(w, "error");
    hr_jw_close(w, '}');
    simple_check(w, "http_client", true, ready);
    simple_check(w, "cache", false, true);
    simple_check(w, "rate_limiter", px->limiter != NULL, true);
    check(w, "memory", false, true);
    hr_jw_null(w, "backend");
    hr_jw_bool(w, "initialized", false);
    hr_jw_bool(w, "native_tool", false);
    hr_jw_bool(w, "bridge_enabled", false);
    hr_jw_close(w, '}');
    upstream_check(w, px);
    hr_jw_close(w, '}');
}

static void runtime(hr_jw *w, const hr_proxy *px)
{
    hr_net_stats n = {0};
    hr_net_stats_get(px->net, &n);
    bool given = hr_setting_given(px->s, HR_OPT_compression_max_workers);
    hr_jw_open(w, "runtime", '{');
    hr_jw_open(w, "anthropic_pre_upstream", '{');
    hr_jw_bool(w, "enabled", false);
    hr_jw_u64(w, "resolved_concurrency", n.pool_workers);
    hr_jw_z(w, "source", given ? "explicit" : "auto");
    hr_jw_double(w, "acquire_timeout_seconds", 2, 1);
    hr_jw_double(w, "compression_timeout_seconds", px->s->compression_timeout_seconds, 3);
    hr_jw_double(w, "memory_context_timeout_seconds", 0, 1);
    hr_jw_bool(w, "codex_ws_gated", false);
    hr_jw_close(w, '}');
    hr_jw_open(w, "compression_executor", '{');
    hr_jw_u64(w, "max_workers", n.pool_workers);
    hr_jw_u64(w, "queued", n.pool_queued);
    hr_jw_u64(w, "queued_max", n.pool_queued_max);
    hr_jw_u64(w, "queue_timeouts_total", hr_stat_get(px->stats, HR_M_REPLAY_ONLY));
    hr_jw_double(w, "queue_wait_seconds_total", (double)n.pool_wait_us_total / 1e6, 6);
    hr_jw_double(w, "queue_wait_seconds_max", (double)n.pool_wait_us_max / 1e6, 6);
    hr_jw_u64(w, "running", n.pool_running);
    hr_jw_u64(w, "in_flight", n.pool_queued + n.pool_running);
    hr_jw_u64(w, "in_flight_max", n.pool_queued_max + n.pool_workers);
    hr_jw_double(w, "run_seconds_total", (double)n.pool_run_us_total / 1e6, 6);
    hr_jw_double(w, "run_seconds_max", (double)n.pool_run_us_max / 1e6, 6);
    hr_jw_u64(w, "leaked_threads_total", 0);
    hr_jw_z(w, "source", given ? "explicit" : "auto");
    hr_jw_close(w, '}');
    hr_jw_open(w, "websocket_sessions", '{');
    hr_jw_u64(w, "active_sessions", 0);
    hr_jw_u64(w, "active_relay_tasks", 0);
    hr_jw_close(w, '}');
    hr_jw_close(w, '}');
}

static void deployment(hr_jw *w)
{
    static const struct {
        const char *key, *env;
    } rows[] = {{"profile", "HEADROOM_DEPLOYMENT_PROFILE"},
                {"preset", "HEADROOM_DEPLOYMENT_PRESET"},
                {"runtime", "HEADROOM_DEPLOYMENT_RUNTIME"},
                {"supervisor", "HEADROOM_DEPLOYMENT_SUPERVISOR"},
                {"scope", "HEADROOM_DEPLOYMENT_SCOPE"}};
    const char *profile = getenv(rows[0].env);
    if (!profile || !*profile)
        return;
    hr_jw_open(w, "deployment", '{');
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        hr_jw_str_or_null(w, rows[i].key, hr_cstr(getenv(rows[i].env)));
    hr_jw_close(w, '}');
}

/* Names and types are compared by tools that start the proxy: they never change. */
static void config(hr_jw *w, const hr_proxy *px)
{
    const hr_settings *s = px->s;
    hr_jw_open(w, "config", '{');
    hr_jw_z(w, "backend", "anthropic");
    hr_jw_bool(w, "optimize", s->optimize);
    hr_jw_str(w, "mode", s->mode);
    hr_jw_bool(w, "cache", false);
    hr_jw_bool(w, "rate_limit", px->limiter != NULL);
    hr_jw_bool(w, "disable_kompress", true);
    hr_jw_bool(w, "memory", false);
    hr_jw_bool(w, "learn", false);
    hr_jw_bool(w, "code_graph", false);
    hr_jw_str(w, "anthropic_api_url", s->anthropic_api_url);
    hr_jw_str(w, "openai_api_url", s->openai_api_url);
    hr_jw_str(w, "gemini_api_url", s->gemini_api_url);
    hr_jw_null(w, "savings_profile");
    hr_jw_null(w, "target_ratio");
    hr_jw_null(w, "target_savings_percent");
    hr_jw_bool(w, "compress_user_messages", s->compress_user_messages);
    hr_jw_i64(w, "protect_recent", s->protect_recent);
    hr_jw_bool(w, "protect_analysis_context", s->protect_analysis_context);
    hr_jw_bool(w, "compress_system_messages", false);
    hr_jw_i64(w, "min_tokens_to_crush", s->min_tokens);
    hr_jw_i64(w, "max_items_after_crush", s->max_items);
    hr_jw_bool(w, "lossless_only", s->lossless_only);
    hr_jw_bool(w, "force_kompress", false);
    hr_jw_i64(w, "pid", getpid());
    hr_jw_close(w, '}');
}

static void health(hr_req *r, int unready_status, bool with_config)
{
    hr_proxy *px = r->px;
    bool ready = atomic_load(&px->ready);
    hr_buf b = HR_BUF_INIT(1 << 16);
    hr_jw w = {&b, false};
    hr_jw_open(&w, NULL, '{');
    hr_jw_z(&w, "service", "headroom-proxy");
    hr_jw_z(&w, "status", ready ? "healthy" : "unhealthy");
    hr_jw_bool(&w, "ready", ready);
    times(&w, px);
    checks(&w, px, ready);
    runtime(&w, px);
    hr_jw_z(&w, "rust_core", "loaded"); /* what clients of the published proxy look at */
    deployment(&w);
    if (with_config)
        config(&w, px);
    hr_jw_close(&w, '}');
    finish(r, ready ? 200 : unready_status, &b);
}

void hr_h_readyz(hr_req *r)
{
    health(r, 503, false);
}

void hr_h_health(hr_req *r)
{
    health(r, 200, r->local);
}

/* Who changed something, on one line. */
static void audit(const hr_req *r, const char *action)
{
    hr_buf b = HR_BUF_INIT(2048);
    hr_jw w = {&b, false};
    hr_jw_open(&w, NULL, '{');
    hr_jw_z(&w, "event", "headroom_admin_audit");
    hr_jw_z(&w, "action", action);
    hr_jw_str(&w, "method", r->method);
    hr_jw_str(&w, "path", r->m.path);
    hr_jw_str(&w, "source_ip", r->peer);
    hr_jw_u64(&w, "status_code", 200);
    hr_jw_close(&w, '}');
    if (!b.err)
        hr_info("audit %.*s", HR_FMT(hr_buf_str(&b)));
    hr_buf_free(&b);
}

void hr_h_stats_reset(hr_req *r)
{
    hr_stats_reset(r->px->stats);
    audit(r, "stats_reset");
    hr_send_json(r, 200, HR_STR("{\"status\":\"reset\"}"));
}

void hr_h_cache_clear(hr_req *r)
{
    audit(r, "cache_clear");
    hr_send_json(r, 200, HR_STR("{\"status\":\"cache disabled\"}"));
}

void hr_h_absent(hr_req *r)
{
    hr_send_error(r, 404, "not_found",
                  HR_STR("This version of Headroom does not serve this path."));
}
