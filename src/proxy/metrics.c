/* GET /metrics: Prometheus text format 0.0.4, from defs/metrics.def. Label values are escaped; the
 * model comes from the client. */
#include "proxy/internal.h"

static void label(hr_buf *b, hr_str v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '\\' || v.p[i] == '"')
            hr_buf_addc(b, '\\');
        if (v.p[i] == '\n')
            hr_buf_lit(b, "\\n");
        else
            hr_buf_addc(b, v.p[i]);
    }
}

static void head(hr_buf *b, const char *name, const char *suffix, const char *help,
                 const char *type)
{
    hr_buf_addf(b, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix, type);
}

static void histogram(hr_buf *b, const hr_metric_info *m, const hr_series_view *v)
{
    uint64_t total = 0;
    head(b, m->name, "", m->help, "histogram");
    for (size_t i = 0; i < HR_BUCKETS; i++) {
        total += v->bucket[i];
        if (i + 1 < HR_BUCKETS)
            hr_buf_addf(b, "%s_bucket{le=\"%g\"} %llu\n", m->name, (double)hr_bucket_us[i] / 1e6,
                        (unsigned long long)total);
        else
            hr_buf_addf(b, "%s_bucket{le=\"+Inf\"} %llu\n", m->name, (unsigned long long)total);
    }
    hr_buf_addf(b, "%s_sum %.6f\n%s_count %llu\n", m->name, (double)v->sum_us / 1e6, m->name,
                (unsigned long long)total);
}

static void summary(hr_buf *b, const hr_metric_info *m, const hr_series_view *v)
{
    const struct {
        const char *suffix, *type;
        double value;
    } rows[] = {{"_sum", "counter", (double)v->sum_us / 1e3},
                {"_count", "counter", (double)v->count},
                {"_min", "gauge", (double)v->min_us / 1e3},
                {"_max", "gauge", (double)v->max_us / 1e3}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        head(b, m->name, rows[i].suffix, m->help, rows[i].type);
        hr_buf_addf(b, "%s%s %.15g\n", m->name, rows[i].suffix, rows[i].value);
    }
}

static double gauge(const hr_proxy *px, hr_metric_id m, const hr_net_stats *n,
                    const hr_store_stats *st)
{
    switch (m) {
    case HR_M_INBOUND_ACTIVE:
        return (double)(hr_stat_get(px->stats, HR_M_INBOUND) -
                        hr_stat_get(px->stats, HR_M_INBOUND_DONE));
    case HR_M_STORE_ENTRIES:
        return (double)st->entries;
    case HR_M_STORE_BYTES:
        return (double)st->bytes;
    case HR_M_STORE_RETRIEVALS:
        return (double)st->retrievals;
    case HR_M_POOL_QUEUED:
        return (double)n->pool_queued;
    case HR_M_POOL_RUNNING:
        return (double)n->pool_running;
    case HR_M_POOL_REFUSED:
        return (double)n->pool_refused;
    case HR_M_CLIENTS:
        return (double)n->clients;
    case HR_M_UPSTREAM_OPEN:
        return (double)n->upstream_open;
    case HR_M_UPSTREAM_IDLE:
        return (double)n->upstream_idle;
    case HR_M_UPTIME:
        return (double)(hr_now_ns(px->clock) - px->start_ns) / 1e9;
    default:
        return 0;
    }
}

static void by_provider(hr_buf *b, const hr_proxy *px, hr_metric_id id)
{
    const hr_metric_info *m = &hr_metrics[id];
    head(b, m->name, "", m->help, "counter");
    for (int p = 0; p < HR_PROV_COUNT; p++) {
        uint64_t v = hr_stat_provider(px->stats, id, (hr_provider)p);
        if (v)
            hr_buf_addf(b, "%s{provider=\"%s\"} %llu\n", m->name, hr_provider_name((hr_provider)p),
                        (unsigned long long)v);
    }
}

static void by_model(hr_buf *b, const hr_proxy *px, const hr_metric_info *m)
{
    hr_model_view v[HR_MODEL_SLOTS + 1];
    size_t n = hr_stat_models(px->stats, v, HR_MODEL_SLOTS + 1);
    head(b, m->name, "", m->help, "counter");
    for (size_t i = 0; i < n; i++) {
        hr_buf_addf(b, "%s{model=\"", m->name);
        label(b, v[i].model);
        hr_buf_addf(b, "\"} %llu\n", (unsigned long long)v[i].requests);
    }
}

static void by_status(hr_buf *b, const hr_proxy *px, const hr_metric_info *m)
{
    head(b, m->name, "", m->help, "counter");
    for (unsigned c = 1; c < 6; c++)
        hr_buf_addf(b, "%s{status=\"%uxx\"} %llu\n", m->name, c,
                    (unsigned long long)hr_stat_status_class(px->stats, c));
}

static void by_reason(hr_buf *b, const hr_metric_info *m, const hr_engine_stats *e)
{
    head(b, m->name, "", m->help, "counter");
    for (int i = 0; i < HR_REASON_COUNT; i++) {
        if (e->by_reason[i])
            hr_buf_addf(b, "%s{reason=\"%s\"} %llu\n", m->name, hr_reason_code((hr_reason)i),
                        (unsigned long long)e->by_reason[i]);
    }
}

static void one(hr_buf *b, const hr_proxy *px, hr_metric_id id, const hr_net_stats *n,
                const hr_store_stats *st, const hr_engine_stats *e)
{
    const hr_metric_info *m = &hr_metrics[id];
    hr_series_view v;
    switch (m->type) {
    case HR_MT_COUNTER:
        head(b, m->name, "", m->help, "counter");
        hr_buf_addf(b, "%s %llu\n", m->name, (unsigned long long)hr_stat_get(px->stats, id));
        break;
    case HR_MT_GAUGE:
        head(b, m->name, "", m->help, "gauge");
        hr_buf_addf(b, "%s %.15g\n", m->name, gauge(px, id, n, st));
        break;
    case HR_MT_HISTOGRAM:
        hr_stat_series(px->stats, id, &v);
        histogram(b, m, &v);
        break;
    case HR_MT_SUMMARY:
        hr_stat_series(px->stats, id, &v);
        summary(b, m, &v);
        break;
    case HR_MT_PROVIDER:
        by_provider(b, px, id);
        break;
    case HR_MT_MODEL:
        by_model(b, px, m);
        break;
    case HR_MT_STATUS:
        by_status(b, px, m);
        break;
    case HR_MT_REASON:
        by_reason(b, m, e);
        break;
    }
}

typedef struct gathered {
    hr_store_stats st;
    hr_buf text;
} gathered;

static void gather(void *ctx)
{
    hr_req *r = ctx;
    gathered *g = r->scratch;
    hr_net_stats n = {0};
    hr_engine_stats e = {0};
    hr_store_stats_get(hr_engine_store(r->px->engine), &g->st);
    hr_engine_stats_get(r->px->engine, &e);
    hr_net_stats_get(r->px->net, &n);
    for (int i = 0; i < HR_M_COUNT; i++)
        one(&g->text, r->px, (hr_metric_id)i, &n, &g->st, &e);
}

static void answer(void *ctx)
{
    hr_req *r = ctx;
    gathered *g = r->scratch;
    if (g->text.err)
        hr_send_error(r, 503, "internal_error", HR_STR("out of memory"));
    else
        hr_send(r, 200, HR_STR("text/plain; version=0.0.4; charset=utf-8"), NULL, 0,
                hr_buf_str(&g->text));
    hr_buf_free(&g->text);
}

/* The store is asked, which may read the disk: off the loop. */
void hr_h_metrics(hr_req *r)
{
    gathered *g = HR_NEW(&r->arena, gathered);
    r->scratch = g;
    if (g)
        g->text = HR_BUF_INIT(4 << 20);
    if (!g || hr_req_work(r, gather, answer) != HR_OK)
        hr_send_error(r, 503, "overloaded", HR_STR("All workers are busy."));
}
