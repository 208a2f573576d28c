/* How a finished request is written down: the JSON object of the request log and of /stats, and the
 * PERF line. Runs on the log's own thread (hr_record_json: on any). */
#include "base/log.h"
#include "proxy/internal.h"
#include "proxy/jsonw.h"

enum { BODY_MAX = 8 << 20, IMAGE_MIN = 1024 };

static bool base64_char(char c)
{
    return hr_is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_' || c == '=';
}

/* Long base64 runs (images, files) shrink to their size. */
static void without_images(hr_str s, hr_buf *out)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n;) {
        size_t run = 0;
        while (i + run < s.n && base64_char(s.p[i + run]))
            run++;
        if (run >= IMAGE_MIN) {
            hr_buf_add(out, hr_str_sub(s, from, i));
            hr_buf_addf(out, "<base64-redacted bytes=%zu>", run);
            from = i + run;
        }
        i += run + 1;
    }
    hr_buf_add(out, hr_str_sub(s, from, s.n));
}

/* A body as a JSON string: images out, secrets out, at most BODY_MAX. */
static void body_text(hr_jw *w, const char *key, hr_str body)
{
    hr_buf slim = HR_BUF_INIT(0), clean = HR_BUF_INIT(0);
    without_images(body, &slim);
    bool cut = slim.n > BODY_MAX;
    hr_redact(hr_str_sub(hr_buf_str(&slim), 0, BODY_MAX), &clean);
    if (cut)
        hr_buf_lit(&clean, "…");
    if (body.n && !slim.err && !clean.err)
        hr_jw_str(w, key, hr_buf_str(&clean));
    else
        hr_jw_null(w, key);
    hr_buf_free(&slim);
    hr_buf_free(&clean);
}

/* Fields that the log, /stats.recent_requests and /stats.request_logs share. */
void hr_record_json(hr_jw *w, const hr_record *rec)
{
    char at[32];
    hr_iso_time(rec->at_ms, at);
    uint64_t saved =
        rec->tokens_before > rec->tokens_after ? rec->tokens_before - rec->tokens_after : 0;
    hr_jw_z(w, "request_id", rec->id);
    hr_jw_z(w, "timestamp", at);
    hr_jw_z(w, "provider", rec->provider);
    hr_jw_z(w, "model", rec->model);
    hr_jw_bool(w, "stream", rec->stream);
    hr_jw_z(w, "mode", rec->mode);
    if (rec->simulated)
        hr_jw_u64(w, "tokens_input_after_simulated", rec->tokens_simulated);
    hr_jw_i64(w, "status", rec->status);
    hr_jw_u64(w, "input_tokens_original", rec->tokens_before);
    hr_jw_u64(w, "input_tokens_optimized", rec->tokens_after);
    hr_jw_u64(w, "tokens_input_before", rec->tokens_before);
    hr_jw_u64(w, "tokens_input_after", rec->tokens_after);
    hr_jw_u64(w, "output_tokens", rec->usage.output);
    hr_jw_u64(w, "tokens_output", rec->usage.output);
    hr_jw_u64(w, "tokens_saved", saved);
    hr_jw_double(w, "savings_percent",
                 rec->tokens_before ? (double)saved * 100.0 / (double)rec->tokens_before : 0, 2);
    hr_jw_u64(w, "provider_input_tokens", rec->usage.input);
    hr_jw_u64(w, "cache_read_tokens", rec->usage.cache_read);
    hr_jw_u64(w, "cache_write_tokens", rec->usage.cache_write);
    hr_jw_u64(w, "cached_tokens", rec->usage.cache_read);
    hr_jw_bool(w, "has_exact_tokens", rec->usage.known);
    hr_jw_z(w, "token_accounting_status", rec->usage.known ? "complete" : "missing");
    hr_jw_double(w, "optimization_latency_ms", (double)rec->overhead_us / 1000, 3);
    hr_jw_double(w, "total_latency_ms", (double)rec->total_us / 1000, 3);
    hr_jw_double(w, "ttfb_ms", (double)rec->ttfb_us / 1000, 3);
    hr_jw_open(w, "tags", '{');
    if (rec->client[0])
        hr_jw_z(w, "client", rec->client);
    if (rec->project[0])
        hr_jw_z(w, "project", rec->project);
    if (rec->conversation[0])
        hr_jw_z(w, "conversation", rec->conversation);
    hr_jw_close(w, '}');
    hr_jw_bool(w, "cache_hit", rec->cached);
    hr_jw_names(w, "transforms_applied", rec->transforms);
    hr_jw_null(w, "waste_signals");
    hr_jw_str_or_null(w, "error", hr_cstr(rec->error));
}

void hr_reqline_json(const hr_record *rec, bool messages, const hr_bodies *bodies, hr_buf *b)
{
    hr_jw w = {b, false};
    hr_jw_open(&w, NULL, '{');
    hr_record_json(&w, rec);
    if (messages) {
        body_text(&w, "request_messages", bodies->request);
        body_text(&w, "compressed_messages", bodies->forwarded);
        body_text(&w, "response_content", bodies->response);
    }
    hr_jw_close(&w, '}');
    hr_buf_addc(b, '\n');
}

static void figure(hr_buf *b, const char *key, uint64_t v)
{
    hr_buf_add(b, hr_cstr(key));
    hr_buf_add_u64(b, v);
}

/* Milliseconds with one decimal. */
static void tenths(hr_buf *b, const char *key, uint64_t us)
{
    uint64_t v = (us + 50) / 100;
    figure(b, key, v / 10);
    figure(b, ".", v % 10);
}

/* What a client said, with secrets cut out. */
static void said(hr_buf *b, const char *key, const char *text)
{
    hr_buf_add(b, hr_cstr(key));
    hr_redact(hr_cstr(text), b);
}

/* One line a request; its keys are read by tools, so they never change. Put together by hand, since
 * for a small request the line costs more than anything else outside the kernel. */
void hr_reqline_perf(const hr_record *rec)
{
    if (!hr_log_on(HR_LOG_INFO))
        return;
    const hr_usage *u = &rec->usage;
    uint64_t cached = u->cache_read + u->cache_write;
    hr_buf b = HR_BUF_INIT(4096);
    hr_buf_reserve(&b, 512);
    hr_buf_lit(&b, "[");
    hr_buf_add(&b, hr_cstr(rec->id));
    said(&b, "] PERF model=", rec->model[0] ? rec->model : "-");
    figure(&b, " msgs=", rec->nmessages);
    figure(&b, " tok_before=", rec->tokens_before);
    figure(&b, " tok_after=", rec->tokens_after);
    figure(&b, " tok_saved=",
           rec->tokens_before > rec->tokens_after ? rec->tokens_before - rec->tokens_after : 0);
    figure(&b, " cache_read=", u->cache_read);
    figure(&b, " cache_write=", u->cache_write);
    figure(&b, " cache_hit_pct=", cached ? u->cache_read * 100 / cached : 0);
    tenths(&b, " opt_ms=", rec->overhead_us);
    tenths(&b, " total_ms=", rec->total_us);
    figure(&b, " tok_out=", u->output);
    tenths(&b, " ttfb_ms=", rec->ttfb_us);
    hr_buf_lit(&b, " transforms=");
    hr_buf_add(&b, hr_cstr(rec->transforms[0] ? rec->transforms : "none"));
    if (rec->client[0])
        said(&b, " client=", rec->client);
    if (b.err == HR_OK)
        hr_log_line(HR_LOG_INFO, hr_buf_str(&b));
    hr_buf_free(&b);
}
