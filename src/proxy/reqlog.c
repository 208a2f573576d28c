/* The request log (--log-file): one JSON object a line, appended with one write, file 0600. Lines
 * are made on the event loop and written by a thread of its own, so that a slow disk delays nobody.
 * The queue is bounded; lines beyond it are dropped and counted. Secrets are cut out of everything.
 */
#include "base/log.h"
#include "base/mem.h"
#include "engine/paths.h"
#include "proxy/internal.h"
#include "proxy/jsonw.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { QUEUE_MAX = 64 << 20, BODY_MAX = 8 << 20, IMAGE_MIN = 1024 };

typedef struct line {
    struct line *next;
    size_t n;
    char p[];
} line;

struct hr_reqlog {
    int fd;
    bool messages, stop, started;
    pthread_t writer;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    line *first, **last;
    size_t queued;
    uint64_t dropped;
};

static void write_line(hr_reqlog *l, const line *ln)
{
    size_t at = 0;
    while (at < ln->n) {
        ssize_t w = write(l->fd, ln->p + at, ln->n - at);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0) {
            hr_warn("request log: %s", strerror(errno));
            return;
        }
        at += (size_t)w;
    }
}

static void *writer_main(void *ctx)
{
    hr_reqlog *l = ctx;
    pthread_mutex_lock(&l->lock);
    for (;;) {
        while (!l->first && !l->stop)
            pthread_cond_wait(&l->wake, &l->lock);
        line *ln = l->first;
        if (!ln)
            break;
        l->first = ln->next;
        if (!l->first)
            l->last = &l->first;
        l->queued -= ln->n;
        pthread_mutex_unlock(&l->lock);
        write_line(l, ln);
        hr_free(ln);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

hr_reqlog *hr_reqlog_open(hr_str path, bool messages)
{
    hr_reqlog *l = hr_calloc(1, sizeof(*l));
    hr_arena a;
    hr_arena_init(&a, 1 << 20);
    char *z = hr_zstr(&a, path);
    if (!l || !z)
        goto fail;
    l->messages = messages;
    l->last = &l->first;
    if (hr_path_make_parents(path, &a) != HR_OK)
        hr_warn("request log: its folder cannot be made");
    l->fd = open(z, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (l->fd < 0) {
        hr_warn("request log cannot be opened (%s): nothing is logged there", strerror(errno));
        goto fail;
    }
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->wake, NULL);
    if (pthread_create(&l->writer, NULL, writer_main, l) != 0) {
        close(l->fd);
        goto fail;
    }
    hr_arena_free(&a);
    return l;
fail:
    hr_arena_free(&a);
    hr_free(l);
    return NULL;
}

void hr_reqlog_close(hr_reqlog *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->writer, NULL);
    if (l->dropped)
        hr_warn("request log: %llu lines were dropped", (unsigned long long)l->dropped);
    close(l->fd);
    pthread_cond_destroy(&l->wake);
    pthread_mutex_destroy(&l->lock);
    hr_free(l);
}

bool hr_reqlog_messages(const hr_reqlog *l)
{
    return l && l->messages;
}

static void push(hr_reqlog *l, hr_str text)
{
    line *ln = hr_malloc(sizeof(*ln) + text.n);
    if (!ln)
        return;
    *ln = (line){.n = text.n};
    memcpy(ln->p, text.p, text.n);
    pthread_mutex_lock(&l->lock);
    if (l->queued + text.n > QUEUE_MAX) {
        l->dropped++;
        hr_free(ln);
    } else {
        *l->last = ln;
        l->last = &ln->next;
        l->queued += text.n;
        pthread_cond_signal(&l->wake);
    }
    pthread_mutex_unlock(&l->lock);
}

/* --- the line --------------------------------------------------------------------------------- */

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
static void body_text(hr_jw *w, const char *key, const hr_str *pieces, size_t n)
{
    hr_buf all = HR_BUF_INIT(0), slim = HR_BUF_INIT(0), clean = HR_BUF_INIT(0);
    for (size_t i = 0; i < n; i++)
        hr_buf_add(&all, pieces[i]);
    without_images(hr_buf_str(&all), &slim);
    bool cut = slim.n > BODY_MAX;
    hr_redact(hr_str_sub(hr_buf_str(&slim), 0, BODY_MAX), &clean);
    if (cut)
        hr_buf_lit(&clean, "…");
    if (n && !all.err && !slim.err && !clean.err)
        hr_jw_str(w, key, hr_buf_str(&clean));
    else
        hr_jw_null(w, key);
    hr_buf_free(&all);
    hr_buf_free(&slim);
    hr_buf_free(&clean);
}

static void transforms(hr_jw *w, const char *list)
{
    hr_jw_open(w, "transforms_applied", '[');
    hr_str rest = hr_cstr(list), one;
    while (rest.n && hr_str_split(&rest, ',', &one)) {
        if (hr_str_trim(one).n)
            hr_jw_str(w, NULL, hr_str_trim(one));
    }
    hr_jw_close(w, ']');
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
    hr_jw_z(w, "mode", rec->audit ? "audit" : "optimize");
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
    transforms(w, rec->transforms);
    hr_jw_null(w, "waste_signals");
    hr_jw_str_or_null(w, "error", hr_cstr(rec->error));
}

void hr_reqlog_add(hr_reqlog *l, const hr_record *rec, const hr_bodies *bodies)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_jw w = {&b, false};
    hr_jw_open(&w, NULL, '{');
    hr_record_json(&w, rec);
    if (l->messages) {
        body_text(&w, "request_messages", &bodies->request, bodies->request.n ? 1 : 0);
        body_text(&w, "compressed_messages", bodies->forwarded_pieces, bodies->nforwarded);
        body_text(&w, "response_content", &bodies->response, bodies->response.n ? 1 : 0);
    }
    hr_jw_close(&w, '}');
    hr_buf_addc(&b, '\n');
    if (!b.err)
        push(l, hr_buf_str(&b));
    hr_buf_free(&b);
}
