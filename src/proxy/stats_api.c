/* GET /stats. The shapes are those that SDKs, dashboards and `jq` one-liners read; what this
 * version has no figure for is zero or null, never invented. Gathered on a worker, because the
 * store is asked. */
#include "proxy/internal.h"
#include "proxy/jsonw.h"

typedef struct gathered {
    hr_store_stats st;
    hr_ledger_sum life;
    hr_engine_stats e;
    hr_session_view v;
    hr_buf out;
} gathered;

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? (double)part * 100.0 / (double)whole : 0;
}

static uint64_t saved_of(uint64_t before, uint64_t after)
{
    return before > after ? before - after : 0;
}

static void by_provider(hr_jw *w, const char *key, const hr_proxy *px, hr_metric_id m)
{
    hr_jw_open(w, key, '{');
    for (int p = 0; p < HR_PROV_COUNT; p++) {
        uint64_t n = hr_stat_provider(px->stats, m, (hr_provider)p);
        if (n)
            hr_jw_u64(w, hr_provider_name((hr_provider)p), n);
    }
    hr_jw_close(w, '}');
}

static void key_str(hr_jw *w, hr_str key)
{
    hr_jw_sep(w);
    hr_json_quote(w->b, key);
    hr_buf_addc(w->b, ':');
}

static void requests(hr_jw *w, const hr_proxy *px, const hr_model_view *models, size_t n)
{
    const hr_stats *s = px->stats;
    hr_jw_open(w, "requests", '{');
    hr_jw_u64(w, "total", hr_stat_get(s, HR_M_REQUESTS));
    hr_jw_u64(w, "cached", hr_stat_get(s, HR_M_REQUESTS_CACHED));
    hr_jw_u64(w, "rate_limited", hr_stat_get(s, HR_M_REQUESTS_RATE_LIMITED));
    hr_jw_u64(w, "failed", hr_stat_get(s, HR_M_REQUESTS_FAILED));
    hr_jw_u64(w, "cancelled", hr_stat_get(s, HR_M_REQUESTS_CANCELLED));
    by_provider(w, "by_provider", px, HR_M_BY_PROVIDER);
    hr_jw_open(w, "by_model", '{');
    for (size_t i = 0; i < n; i++) {
        key_str(w, models[i].model);
        hr_buf_add_u64(w->b, models[i].requests);
    }
    hr_jw_close(w, '}');
    hr_jw_open(w, "by_stack", '{');
    hr_jw_close(w, '}');
    hr_jw_close(w, '}');
}

static void tokens(hr_jw *w, const hr_proxy *px, const gathered *g)
{
    uint64_t saved = saved_of(g->v.tokens_before, g->v.tokens_after);
    uint64_t input = hr_stat_get(px->stats, HR_M_TOKENS_INPUT);
    double pct = percent(saved, input + saved);
    hr_jw_open(w, "tokens", '{');
    hr_jw_u64(w, "input", input);
    hr_jw_u64(w, "output", hr_stat_get(px->stats, HR_M_TOKENS_OUTPUT));
    hr_jw_u64(w, "output_saved", 0);
    hr_jw_u64(w, "saved", saved);
    hr_jw_u64(w, "proxy_compression_saved", saved);
    hr_jw_u64(w, "cli_filtering_saved", 0);
    hr_jw_u64(w, "cli_tokens_avoided", 0);
    hr_jw_u64(w, "proxy_total_before_compression", input + saved);
    hr_jw_u64(w, "total_before_compression", input + saved);
    hr_jw_u64(w, "all_layers_saved", saved);
    hr_jw_u64(w, "proxy_attempted_tokens", g->v.tokens_before);
    hr_jw_double(w, "active_savings_percent", percent(saved, g->v.tokens_before), 2);
    hr_jw_double(w, "proxy_savings_percent", pct, 2);
    hr_jw_double(w, "savings_percent", pct, 2);
    hr_jw_double(w, "all_layers_savings_percent", pct, 2);
    hr_jw_close(w, '}');
}

static void session(hr_jw *w, const hr_proxy *px, const gathered *g)
{
    uint64_t saved = saved_of(g->v.tokens_before, g->v.tokens_after);
    hr_jw_open(w, "session", '{');
    hr_jw_u64(w, "requests_total", hr_stat_get(px->stats, HR_M_REQUESTS));
    hr_jw_u64(w, "tokens_input_before", g->v.tokens_before);
    hr_jw_u64(w, "tokens_input_after", g->v.tokens_after);
    hr_jw_u64(w, "tokens_saved_total", saved);
    hr_jw_u64(w, "tokens_output_total", hr_stat_get(px->stats, HR_M_TOKENS_OUTPUT));
    hr_jw_u64(w, "cache_hits", hr_stat_get(px->stats, HR_M_REQUESTS_CACHED));
    hr_jw_double(w, "compression_ratio_avg",
                 g->v.tokens_before ? (double)g->v.tokens_after / (double)g->v.tokens_before : 1.0,
                 4);
    hr_jw_close(w, '}');
}

static void series(hr_jw *w, const char *key, const hr_proxy *px, hr_metric_id m, bool total)
{
    hr_series_view v;
    hr_stat_series(px->stats, m, &v);
    hr_jw_open(w, key, '{');
    hr_jw_double(w, "average_ms", v.count ? (double)v.sum_us / (double)v.count / 1000.0 : 0, 3);
    hr_jw_double(w, "min_ms", (double)v.min_us / 1000.0, 3);
    hr_jw_double(w, "max_ms", (double)v.max_us / 1000.0, 3);
    if (total)
        hr_jw_u64(w, "total_requests", v.count);
    hr_jw_close(w, '}');
}

static void summary(hr_jw *w, const hr_proxy *px, const gathered *g, const hr_model_view *models,
                    size_t n)
{
    uint64_t saved = saved_of(g->v.tokens_before, g->v.tokens_after);
    size_t top = 0;
    for (size_t i = 1; i < n; i++)
        top = models[i].requests > models[top].requests ? i : top;
    hr_jw_open(w, "summary", '{');
    hr_jw_str(w, "mode", px->s->mode);
    hr_jw_u64(w, "api_requests", hr_stat_get(px->stats, HR_M_REQUESTS));
    hr_jw_str_or_null(w, "primary_model", n ? models[top].model : HR_STR_NONE);
    hr_jw_open(w, "compression", '{');
    hr_jw_u64(w, "requests_compressed", g->v.requests_changed);
    hr_jw_double(w, "avg_compression_pct", percent(saved, g->v.tokens_before), 1);
    hr_jw_double(w, "best_compression_pct", (double)g->v.best_permille / 10.0, 1);
    hr_jw_str_or_null(w, "best_detail", hr_cstr(g->v.best_detail));
    hr_jw_u64(w, "total_tokens_removed", saved);
    hr_jw_close(w, '}');
    hr_jw_close(w, '}');
}

static void savings(hr_jw *w, const gathered *g)
{
    uint64_t saved = saved_of(g->v.tokens_before, g->v.tokens_after);
    hr_jw_open(w, "savings", '{');
    hr_jw_u64(w, "total_tokens", saved);
    hr_jw_open(w, "per_project", '{');
    hr_jw_close(w, '}');
    hr_jw_open(w, "by_layer", '{');
    hr_jw_open(w, "compression", '{');
    hr_jw_u64(w, "tokens", saved);
    hr_jw_u64(w, "proxy_tokens", saved);
    hr_jw_z(w, "description", "tokens of tool results that were not sent");
    hr_jw_close(w, '}');
    hr_jw_close(w, '}');
    hr_jw_close(w, '}');
}

static void prefix_cache(hr_jw *w, const hr_proxy *px)
{
    const hr_stats *s = px->stats;
    hr_jw_open(w, "prefix_cache", '{');
    hr_jw_open(w, "by_provider", '{');
    for (int i = 0; i < HR_PROV_COUNT; i++) {
        hr_provider p = (hr_provider)i;
        uint64_t n = hr_stat_provider(s, HR_M_CACHE_REQUESTS, p);
        uint64_t read = hr_stat_provider(s, HR_M_CACHE_READ, p);
        uint64_t wrote = hr_stat_provider(s, HR_M_CACHE_WRITE, p);
        uint64_t hits = hr_stat_provider(s, HR_M_CACHE_HITS, p);
        if (!n)
            continue;
        hr_jw_open(w, hr_provider_name(p), '{');
        hr_jw_u64(w, "cache_read_tokens", read);
        hr_jw_u64(w, "cache_write_tokens", wrote);
        hr_jw_u64(w, "uncached_input_tokens", hr_stat_provider(s, HR_M_UNCACHED, p));
        hr_jw_u64(w, "requests", n);
        hr_jw_u64(w, "hit_requests", hits);
        hr_jw_double(w, "hit_rate", percent(read, read + wrote), 2);
        hr_jw_double(w, "request_hit_rate", percent(hits, n), 2);
        hr_jw_close(w, '}');
    }
    hr_jw_close(w, '}');
    hr_jw_close(w, '}');
}

static void persistent(hr_jw *w, const gathered *g, hr_str path)
{
    hr_jw_open(w, "persistent_savings", '{');
    hr_jw_u64(w, "schema_version", 3);
    hr_jw_str_or_null(w, "storage_path", path);
    hr_jw_open(w, "lifetime", '{');
    hr_jw_u64(w, "requests", g->life.requests);
    hr_jw_u64(w, "tokens_saved", saved_of(g->life.tokens_before, g->life.tokens_after));
    hr_jw_u64(w, "total_input_tokens", g->life.input + g->life.cache_read + g->life.cache_write);
    hr_jw_u64(w, "total_output_tokens", g->life.output);
    hr_jw_close(w, '}');
    hr_jw_close(w, '}');
}

static void compression(hr_jw *w, const gathered *g)
{
    hr_jw_open(w, "compression", '{');
    hr_jw_u64(w, "ccr_entries", g->st.entries);
    hr_jw_u64(w, "ccr_max_entries", g->st.max_entries);
    hr_jw_u64(w, "original_tokens_cached", g->st.original_tokens);
    hr_jw_u64(w, "compressed_tokens_cached", g->st.compressed_tokens);
    hr_jw_u64(w, "ccr_retrievals", g->st.retrievals);
    hr_jw_close(w, '}');
}

static void reasons(hr_jw *w, const gathered *g)
{
    hr_jw_open(w, "compressions_by_strategy", '{');
    for (int i = 0; i < HR_REASON_COUNT; i++) {
        if (hr_reason_changed((hr_reason)i) && g->e.by_reason[i])
            hr_jw_u64(w, hr_reason_code((hr_reason)i), g->e.by_reason[i]);
    }
    hr_jw_close(w, '}');
    hr_jw_open(w, "router", '{');
    for (int i = 0; i < HR_REASON_COUNT; i++) {
        if (g->e.by_reason[i])
            hr_jw_u64(w, hr_reason_code((hr_reason)i), g->e.by_reason[i]);
    }
    hr_jw_close(w, '}');
}

static void inbound(hr_jw *w, const hr_proxy *px)
{
    const hr_stats *s = px->stats;
    uint64_t in = hr_stat_get(s, HR_M_INBOUND), done = hr_stat_get(s, HR_M_INBOUND_DONE);
    hr_jw_open(w, "proxy_inbound", '{');
    hr_jw_u64(w, "total", in);
    hr_jw_u64(w, "completed", done);
    hr_jw_u64(w, "active", saved_of(in, done));
    hr_jw_open(w, "by_status", '{');
    static const char *const names[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
    for (unsigned c = 1; c < 6; c++) {
        if (hr_stat_status_class(s, c))
            hr_jw_u64(w, names[c], hr_stat_status_class(s, c));
    }
    hr_jw_close(w, '}');
    hr_jw_close(w, '}');
}

static void limiter(hr_jw *w, const hr_proxy *px)
{
    if (!px->limiter) {
        hr_jw_null(w, "rate_limiter");
        return;
    }
    hr_jw_open(w, "rate_limiter", '{');
    hr_jw_u64(w, "requests_per_minute", hr_limiter_rpm(px->limiter));
    hr_jw_u64(w, "tokens_per_minute", hr_limiter_tpm(px->limiter));
    hr_jw_u64(w, "active_keys", hr_limiter_keys(px->limiter));
    hr_jw_close(w, '}');
}

/* For callers on this machine only. */
static void private_parts(hr_jw *w, hr_req *r)
{
    const hr_settings *s = r->px->s;
    hr_record *rec = HR_NEW_ARRAY(&r->arena, hr_record, HR_RECENT);
    size_t n = rec ? hr_stat_recent(r->px->stats, rec, HR_RECENT) : 0;
    static const char *const lists[] = {"recent_requests", "request_logs"};
    for (size_t k = 0; k < 2; k++) {
        hr_jw_open(w, lists[k], '[');
        for (size_t i = 0; i < n && (k == 0 || i < 10); i++) {
            hr_jw_open(w, NULL, '{');
            hr_record_json(w, &rec[i]);
            hr_jw_close(w, '}');
        }
        hr_jw_close(w, ']');
    }
    hr_jw_open(w, "config", '{');
    hr_jw_bool(w, "optimize", s->optimize);
    hr_jw_bool(w, "compress_user_messages", s->compress_user_messages);
    hr_jw_i64(w, "protect_recent", s->protect_recent);
    hr_jw_bool(w, "protect_analysis_context", s->protect_analysis_context);
    hr_jw_i64(w, "min_tokens_to_crush", s->min_tokens);
    hr_jw_i64(w, "max_items_after_crush", s->max_items);
    hr_jw_bool(w, "lossless_only", s->lossless_only);
    hr_jw_close(w, '}');
}

static void gather(void *ctx)
{
    hr_req *r = ctx;
    hr_proxy *px = r->px;
    gathered *g = r->scratch;
    hr_store *store = hr_engine_store(px->engine);
    hr_model_view models[HR_MODEL_SLOTS + 1];
    size_t n = hr_stat_models(px->stats, models, HR_MODEL_SLOTS + 1);
    hr_store_stats_get(store, &g->st);
    hr_store_ledger_sum(store, 0, &g->life);
    hr_engine_stats_get(px->engine, &g->e);
    hr_stat_session(px->stats, &g->v);
    hr_jw w = {&g->out, false};
    hr_jw_open(&w, NULL, '{');
    session(&w, px, g);
    summary(&w, px, g, models, n);
    savings(&w, g);
    requests(&w, px, models, n);
    tokens(&w, px, g);
    series(&w, "latency", px, HR_M_LATENCY, true);
    series(&w, "overhead", px, HR_M_OVERHEAD, false);
    series(&w, "ttfb", px, HR_M_TTFB, false);
    hr_jw_open(&w, "pipeline_timing", '{');
    hr_jw_close(&w, '}');
    reasons(&w, g);
    hr_jw_open(&w, "waste_signals", '{');
    hr_jw_close(&w, '}');
    hr_jw_bool(&w, "litellm_available", false);
    persistent(&w, g, r->local && !g->st.in_memory ? px->s->workspace_dir : HR_STR_NONE);
    prefix_cache(&w, px);
    hr_jw_null(&w, "cost"); /* no price table in this version */
    compression(&w, g);
    hr_jw_open(&w, "compression_cache", '{');
    hr_jw_str(&w, "mode", px->s->mode);
    hr_jw_close(&w, '}');
    hr_jw_bool(&w, "anon_telemetry_shipping", false);
    hr_jw_open(&w, "telemetry", '{');
    hr_jw_bool(&w, "enabled", false);
    hr_jw_u64(&w, "total_compressions", g->e.blocks_changed);
    hr_jw_u64(&w, "total_retrievals", g->st.retrievals);
    hr_jw_close(&w, '}');
    hr_jw_open(&w, "feedback_loop", '{');
    hr_jw_u64(&w, "tools_tracked", 0);
    hr_jw_u64(&w, "total_compressions", g->e.blocks_changed);
    hr_jw_u64(&w, "total_retrievals", g->st.retrievals);
    hr_jw_double(&w, "global_retrieval_rate",
                 g->e.blocks_changed ? (double)g->st.retrievals / (double)g->e.blocks_changed : 0,
                 4);
    hr_jw_close(&w, '}');
    inbound(&w, px);
    hr_jw_null(&w, "cache");
    limiter(&w, px);
    hr_jw_bool(&w, "log_full_messages", hr_reqlog_messages(px->log));
    hr_jw_null(&w, "throughput");
    if (r->local)
        private_parts(&w, r);
    hr_jw_close(&w, '}');
}

static void answer(void *ctx)
{
    hr_req *r = ctx;
    gathered *g = r->scratch;
    if (g->out.err)
        hr_send_error(r, 503, "internal_error", HR_STR("out of memory"));
    else
        hr_send_json(r, 200, hr_buf_str(&g->out));
    hr_buf_free(&g->out);
}

void hr_h_stats(hr_req *r)
{
    gathered *g = HR_NEW(&r->arena, gathered);
    r->scratch = g;
    if (g)
        g->out = HR_BUF_INIT(8 << 20);
    if (!g || hr_req_work(r, gather, answer) != HR_OK)
        hr_send_error(r, 503, "overloaded", HR_STR("All workers are busy."));
}
