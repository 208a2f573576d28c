/* What the files of src/proxy share. A request (hr_req) is born when its head has arrived and dies
 * when its answer is over and no job works on it any more; everything it allocates is in its own
 * arena, so a worker may go on while the client has left.
 *
 * Threads: all functions run on the request's event loop unless they say otherwise. While a job of
 * a request is on a worker, the loop leaves the request's arena alone.
 */
#ifndef HR_PROXY_INTERNAL_H
#define HR_PROXY_INTERNAL_H

#include "base/buf.h"
#include "engine/engine.h"
#include "engine/settings.h"
#include "net/net.h"
#include "proxy/proxy.h"

#include <stdatomic.h>

typedef struct hr_proxy hr_proxy;
typedef struct hr_req hr_req;

/* --- routes ----------------------------------------------------------------------------------- */

typedef enum hr_access {
    HR_ACCESS_EXEMPT,
    HR_ACCESS_OPEN,
    HR_ACCESS_LOOPBACK,
    HR_ACCESS_DATA
} hr_access;

typedef enum hr_route_id {
#define HR_ROUTE(id, method, path, access, handler, help) HR_ROUTE_##id,
#include "routes.def"
#undef HR_ROUTE
    HR_ROUTE_COUNT
} hr_route_id;

typedef struct hr_route {
    const char *method, *path;
    hr_access access;
    void (*run)(hr_req *r); /* the whole body is in r->body; passthrough: the head only */
    bool streams;           /* run is called before the body */
    const char *help;
} hr_route;

extern const hr_route hr_routes[HR_ROUTE_COUNT];

/* Handlers, named in routes.def. */
#define HR_ROUTE(id, method, path, access, handler, help) void hr_h_##handler(hr_req *r);
#include "routes.def"
#undef HR_ROUTE

typedef struct hr_match {
    const hr_route *route; /* never NULL unless wrong_method */
    hr_route_id id;
    const char *allow;    /* our own path with another method: what it takes */
    hr_str path, query;   /* path without project prefix and alias; query with its '?' or empty */
    hr_str param;         /* text of the {segment} */
    hr_str project;       /* raw name of the /p/<name>/ prefix */
    bool anthropic_alias; /* the path began with /anthropic */
} hr_match;

void hr_route_match(hr_str method, hr_str target, hr_match *out);

/* --- targets ---------------------------------------------------------------------------------- */

typedef enum hr_provider {
    HR_PROV_ANTHROPIC,
    HR_PROV_OPENAI,
    HR_PROV_GEMINI,
    HR_PROV_CHATGPT,
    HR_PROV_OTHER, /* named by x-headroom-base-url */
    HR_PROV_COUNT
} hr_provider;

const char *hr_provider_name(hr_provider p);

typedef struct hr_target {
    hr_provider provider;
    hr_str origin; /* scheme://host[:port] */
    hr_str prefix; /* path of the base URL without a closing '/' or '/v1'; may be empty */
} hr_target;

/* Splits a base URL. False: not http(s)://host[:port][/path]. Texts are slices of `url`. */
bool hr_target_parse(hr_str url, hr_target *out);
/* False for hosts no caller may name: link-local and cloud metadata addresses. */
bool hr_target_allowed(hr_str origin);

/* --- the proxy -------------------------------------------------------------------------------- */

typedef struct hr_stats hr_stats;
typedef struct hr_reqlog hr_reqlog;
typedef struct hr_limiter hr_limiter;
typedef struct hr_sticky hr_sticky;

struct hr_proxy {
    const hr_settings *s;
    const hr_clock *clock;
    hr_engine *engine;
    hr_net *net;
    hr_stats *stats;
    hr_reqlog *log;
    hr_limiter *limiter; /* NULL: no limit was asked for */
    hr_sticky *sticky;   /* NULL: turned off */
    hr_target anthropic, openai, gemini, chatgpt;
    hr_sha256 token; /* of the proxy token */
    bool has_token;
    size_t body_limit;
    uint32_t connect_ms, silence_ms, long_silence_ms;
    uint64_t start_ns;
    int64_t start_ms;
    hr_arena arena;
    atomic_uint next_id;
    atomic_bool ready;
    atomic_int reachable[HR_PROV_COUNT]; /* last connection: 1 made, -1 failed, 0 none yet */
};

/* --- one request ------------------------------------------------------------------------------ */

struct hr_req {
    hr_proxy *px;
    hr_exchange *x; /* NULL when the exchange is over */
    hr_loop *loop;
    hr_arena arena;
    unsigned refs; /* the exchange, and each job or tail work; loop thread only */

    /* the head; all texts are copies in the arena */
    hr_str method, target, peer;
    hr_headers headers;
    int64_t content_length;
    bool chunked, peer_loopback;
    bool local; /* passed the loopback guard (or showed the token) */
    bool token_in_authorization;
    hr_match m;
    hr_str project;
    char id[40];
    char origin_allowed[256]; /* Access-Control-Allow-Origin to send, or "" */

    /* the request body as received */
    hr_buf body;
    bool body_done;
    size_t oversize; /* bytes of a body beyond the limit; it is read and dropped */

    bool replied; /* the whole answer is handed over: further input is ignored */
    bool started; /* the answer's head was handed over */
    int status;   /* of the answer; 0 = none yet */

    hr_fetch *fetch;
    hr_timer *timer;
    struct hr_turn *turn; /* model routes */
    struct hr_pass *pass; /* passthrough */
    void *scratch;        /* of the handler of our own routes; in the arena */

    /* for the books */
    hr_provider provider;
    bool upstream_route; /* counts as a model request */
    uint64_t t_start_ns, t_body_ns, t_sent_ns, t_first_ns;
    int64_t at_ms;
    bool failed, truncated, cancelled, stream;
    const char *error; /* constant text for the log, or NULL */
    hr_usage usage;
};

hr_str hr_req_header(const hr_req *r, hr_str name);
static inline uint64_t hr_req_now(const hr_req *r)
{
    return hr_now_ns(r->px->clock);
}
void hr_req_hold(hr_req *r);
void hr_req_release(hr_req *r);
/* Runs work on the pool, then done on the loop, holding the request. HR_E_BUSY: not taken. */
hr_err hr_req_work(hr_req *r, void (*work)(void *r), void (*done)(void *r));
/* The exchange is gone: nothing may be sent any more. */
static inline bool hr_req_gone(const hr_req *r)
{
    return r->x == NULL;
}

/* --- access.c --------------------------------------------------------------------------------- */

/* 0 = come in; otherwise the status to answer (401, 404). Fills r->local and friends. */
int hr_access_check(hr_req *r);
bool hr_host_is_loopback(hr_str host);
bool hr_origin_allowed(const hr_proxy *px, hr_str origin);
/* Answers a CORS preflight; false when the request is none. */
bool hr_cors_preflight(hr_req *r);

/* --- body.c / decode.c ------------------------------------------------------------------------ */

typedef enum hr_coding {
    HR_CODING_IDENTITY,
    HR_CODING_GZIP,
    HR_CODING_DEFLATE,
    HR_CODING_BR,
    HR_CODING_ZSTD,
    HR_CODING_UNKNOWN
} hr_coding;

hr_coding hr_coding_of(hr_str content_encoding);

/* An incremental decoder of one content coding. Bounded: `left` is what may still come out. */
typedef struct hr_decoder {
    hr_coding coding;
    void *state;
    size_t left;
    bool ended, started, raw_deflate;
} hr_decoder;

/* HR_E_UNSUPPORTED, HR_E_NOMEM. */
hr_err hr_decoder_init(hr_decoder *d, hr_coding c, size_t limit);
void hr_decoder_free(hr_decoder *d);
/* Calls sink with decoded pieces. HR_E_SYNTAX (damaged), HR_E_LIMIT, HR_E_NOMEM. */
hr_err hr_decoder_feed(hr_decoder *d, hr_str in, void (*sink)(void *ctx, hr_str out), void *ctx);
/* HR_E_SYNTAX when the input ended too early. */
hr_err hr_decoder_end(const hr_decoder *d);
/* All at once, into `out` (its limit counts too). Any thread. */
hr_err hr_decode_all(hr_coding c, hr_str in, size_t limit, hr_buf *out);

/* Adds received bytes. False when the request was answered (413 far beyond the limit, 503). */
bool hr_body_add(hr_req *r, hr_str bytes);
/* At the end of the body: false when it was too large, which is answered then. */
bool hr_body_complete(hr_req *r);
bool hr_body_announced_too_large(const hr_req *r);

/* --- errors.c --------------------------------------------------------------------------------- */

/* A complete answer with our security headers. `extra` may be NULL. */
void hr_send(hr_req *r, int status, hr_str type, const hr_header *extra, size_t nextra,
             hr_str body);
void hr_send_json(hr_req *r, int status, hr_str body);
/* Our own routes: {"detail":…,"error":{"type","message"}}. */
void hr_send_error(hr_req *r, int status, const char *type, hr_str message);
/* Model routes: the provider's shape. `type` is Anthropic's error type. */
void hr_send_provider_error(hr_req *r, int status, const char *type, hr_str message,
                            unsigned retry_after_s);
/* The shape a path's provider uses. */
hr_dialect hr_error_dialect(const hr_req *r);
/* The headers every answer carries, appended to h (room for 6). Returns how many. */
size_t hr_common_headers(const hr_req *r, hr_header *h);

/* --- headers.c -------------------------------------------------------------------------------- */

typedef struct hr_up_opts {
    bool decoded;      /* the body was decoded: content-encoding must go */
    hr_str beta_name;  /* header to replace … */
    hr_str beta_value; /* … by this, when not empty */
} hr_up_opts;

/* The request's headers as they go to the provider. {NULL,0} when memory is short. */
hr_headers hr_headers_up(const hr_req *r, const hr_up_opts *o, hr_arena *a);
/* The answer's headers as they go to the client: without hop-by-hop and length fields (and content
 * coding when `decoded`), with room for `extra` more. */
hr_headers hr_headers_down(const hr_req *r, hr_headers h, bool decoded, const hr_header *extra,
                           size_t nextra, hr_arena *a);
/* Whether accept-encoding names only what we can decode. */
bool hr_accept_encoding_known(hr_str value);

/* --- upstream.c ------------------------------------------------------------------------------- */

/* Where a model request goes, and its target there. HR_E_UNSUPPORTED: x-headroom-base-url may not
 * be used by this caller, or is not http(s), or names a forbidden host. */
hr_err hr_upstream_turn(hr_req *r, hr_dialect d, hr_target *t, hr_str *target);
hr_err hr_upstream_pass(hr_req *r, hr_target *t, hr_str *target);
/* For /health: whether the request's provider could be connected to. */
void hr_note_reachable(const hr_req *r, bool yes);
bool hr_is_chatgpt_auth(hr_headers h, hr_arena *a);
void hr_fetch_deadlines(const hr_proxy *px, hr_fetch_opts *o, bool stream);

/* --- turn.c, forward.c, relay.c, rounds.c ------------------------------------------------------
 */

enum { HR_MAX_ROUNDS = 3 };

/* Most bytes of a reply that are held (retrieval) or copied (usage). */
enum { HR_HOLD_LIMIT = 64 << 20, HR_COPY_LIMIT = 8 << 20, HR_INLINE_PARSE = 256 << 10 };

/* One answer on its way to the client, with its side tap. */
typedef struct hr_relay {
    bool sse, decoding, tapping, hold, head_sent;
    int status;
    hr_coding coding;
    int64_t length;
    hr_headers headers; /* as received, copied */
    hr_decoder decoder;
    hr_stream_tap tap;
    hr_buf copy; /* a finished reply, decoded; or the held raw bytes */
    bool copy_lost;
    uint64_t bytes;
    char tail[4]; /* the last bytes that were relayed */
} hr_relay;

typedef struct hr_turn {
    hr_dialect dialect;
    hr_target target;
    hr_str path;  /* target at the provider */
    hr_buf plain; /* decoded body, when it came encoded */
    hr_turn_in in;
    hr_turn_out out;
    hr_err prepare_err; /* decoding failed */
    bool decoded, replay_only, inlined, memory_short;
    bool simulate; /* x-headroom-mode: simulate */
    uint64_t submitted_ns;
    hr_headers up;

    const hr_str *send; /* pieces of this attempt */
    size_t nsend;
    size_t send_total;
    unsigned attempt; /* from 1 */
    bool untouched;   /* the untouched body is being tried */
    bool edits_refused;
    hr_str untouched_piece;

    unsigned round;     /* retrieval rounds begun */
    hr_str body;        /* body of the running round, in one piece */
    hr_str next;        /* result of the round's job: the next request's body … */
    hr_str answer;      /* … or the reply to send */
    bool answer_plain;  /* it is decoded, whatever content-encoding says */
    hr_str last_answer; /* reply of the round before, for when the next one fails */
    hr_headers last_headers;
    hr_usage sum;

    hr_relay relay;
} hr_turn;

void hr_turn_free(hr_turn *t);
/* Starts or repeats the attempt with t->send. */
void hr_forward(hr_req *r);
/* Answers from the held reply once its retrieval calls are seen to. */
void hr_rounds_reply_held(hr_req *r, hr_err err);

/* relay.c: used by both model routes and passthrough. */
void hr_relay_init(hr_relay *y);
void hr_relay_free(hr_relay *y);
/* Takes the head of the answer; sends it on unless y->hold. */
void hr_relay_head(hr_req *r, hr_relay *y, int status, hr_headers h, const hr_dialect *tap);
void hr_relay_send_head(hr_req *r, hr_relay *y, const hr_header *extra, size_t nextra);
void hr_relay_body(hr_req *r, hr_relay *y, hr_str bytes);
/* The provider's end of the answer: err as from on_done. */
void hr_relay_done(hr_req *r, hr_relay *y, hr_err err, const hr_dialect *tap);
enum { HR_TURN_HEADERS = 7 };
/* x-headroom-* of a model answer into h (room for HR_TURN_HEADERS). */
size_t hr_turn_headers(hr_req *r, hr_header *h);
/* 502 / 504 for a provider that could not be reached. */
void hr_send_unreachable(hr_req *r, hr_err err, hr_fetch_stage stage, hr_str why);

void hr_pass_body(hr_req *r, hr_str bytes);
void hr_pass_body_end(hr_req *r);
void hr_pass_free(struct hr_pass *p);

/* --- limit.c, sticky.c ------------------------------------------------------------------------ */

/* NULL when the settings ask for no limit. */
hr_limiter *hr_limiter_new(const hr_settings *s, const hr_clock *clock);
void hr_limiter_free(hr_limiter *l);
/* 0 = go on, else milliseconds until a request of this credential may pass. */
uint32_t hr_limiter_take(hr_limiter *l, hr_str credential);
/* Charges prompt tokens that a finished request used. */
void hr_limiter_tokens(hr_limiter *l, hr_str credential, uint64_t tokens);
uint64_t hr_limiter_rpm(const hr_limiter *l);
uint64_t hr_limiter_tpm(const hr_limiter *l);
size_t hr_limiter_keys(hr_limiter *l);

hr_sticky *hr_sticky_new(size_t max_conversations);
void hr_sticky_free(hr_sticky *s);
/* The union of what this conversation has sent so far and `value`, in first-seen order. */
hr_str hr_sticky_merge(hr_sticky *s, hr_str conversation, hr_str value, hr_arena *a);

/* --- stats.c, reqlog.c ------------------------------------------------------------------------ */

typedef enum hr_metric_id {
#define HR_METRIC(id, type, name, help) HR_M_##id,
#include "metrics.def"
#undef HR_METRIC
    HR_M_COUNT
} hr_metric_id;

typedef enum hr_metric_type {
    HR_MT_COUNTER,
    HR_MT_GAUGE,
    HR_MT_HISTOGRAM,
    HR_MT_SUMMARY,
    HR_MT_PROVIDER,
    HR_MT_MODEL,
    HR_MT_STATUS,
    HR_MT_REASON
} hr_metric_type;

typedef struct hr_metric_info {
    hr_metric_type type;
    const char *name, *help;
} hr_metric_info;
extern const hr_metric_info hr_metrics[HR_M_COUNT];

/* A finished request, for the rings, the log and the ledger. Texts are cut to these sizes. */
typedef struct hr_record {
    char id[40], model[80], provider[16], client[48], project[129], transforms[200], error[48];
    char conversation[40];
    int64_t at_ms;
    const char *mode; /* "optimize", "audit", "simulate" */
    uint64_t tokens_before, tokens_after, tokens_simulated;
    hr_usage usage;
    uint64_t overhead_us, total_us, ttfb_us;
    uint32_t nmessages, nchanged;
    int status;
    bool stream, failed, truncated, cancelled, cached, simulated;
} hr_record;

enum { HR_RECENT = 25, HR_MODEL_SLOTS = 64, HR_BUCKETS = 19 };

hr_stats *hr_stats_new(void);
void hr_stats_free(hr_stats *s);
void hr_stats_reset(hr_stats *s);                          /* any thread */
void hr_stat_add(hr_stats *s, hr_metric_id m, uint64_t n); /* any thread, lock-free */
uint64_t hr_stat_get(const hr_stats *s, hr_metric_id m);
void hr_stat_status(hr_stats *s, int status);
void hr_stat_record(hr_stats *s, const hr_record *rec, hr_provider p);

typedef struct hr_series_view {
    uint64_t count, sum_us, min_us, max_us, bucket[HR_BUCKETS];
} hr_series_view;
void hr_stat_series(const hr_stats *s, hr_metric_id histogram, hr_series_view *out);
extern const uint32_t hr_bucket_us[HR_BUCKETS - 1]; /* upper bounds; the last one is +Inf */
uint64_t hr_stat_provider(const hr_stats *s, hr_metric_id m, hr_provider p);
uint64_t hr_stat_status_class(const hr_stats *s, unsigned hundreds);
typedef struct hr_model_view {
    hr_str model;
    uint64_t requests, tokens_saved, tokens_sent;
} hr_model_view;
size_t hr_stat_models(const hr_stats *s, hr_model_view *out, size_t max);
typedef struct hr_session_view {
    uint64_t tokens_before, tokens_after, requests_changed, best_permille;
    char best_detail[80];
} hr_session_view;
void hr_stat_session(const hr_stats *s, hr_session_view *out);
/* Newest first. */
size_t hr_stat_recent(hr_stats *s, hr_record *out, size_t max);

struct hr_jw;
/* The fields of a record, inside an open object. */
void hr_record_json(struct hr_jw *w, const hr_record *rec);

/* Bodies for --log-messages. `forwarded` is empty when the body was not edited. */
typedef struct hr_bodies {
    hr_str request, forwarded, response;
} hr_bodies;
typedef struct hr_body_pieces {
    hr_str request, response;
    const hr_str *forwarded;
    size_t nforwarded;
} hr_body_pieces;

/* PERF lines, and a file (0600) when path is not empty: when that cannot be opened, the reason is
 * logged. NULL when memory is short. */
/* Compression events for `headroom evals probes`; NULL with a warning when the folder is no use. */
typedef struct hr_recorder hr_recorder;
hr_recorder *hr_recorder_open(hr_str dir);
void hr_recorder_close(hr_recorder *rec);
void hr_recorder_add(hr_recorder *rec, const hr_record *r, hr_str request, hr_str forwarded);

/* record_dir may be empty: no compression events are recorded. */
hr_reqlog *hr_reqlog_open(hr_str path, bool messages, hr_str record_dir);
void hr_reqlog_close(hr_reqlog *l); /* writes what is queued */
bool hr_reqlog_messages(const hr_reqlog *l);
bool hr_reqlog_bodies(const hr_reqlog *l); /* anything that needs bodies is on */
/* Copies; never blocks on the file or the terminal. */
void hr_reqlog_add(hr_reqlog *l, const hr_record *rec, const hr_body_pieces *b);
void hr_reqline_json(const hr_record *rec, bool messages, const hr_bodies *bodies, hr_buf *b);
void hr_reqline_perf(const hr_record *rec);
/* The books of a finished request: metrics, PERF line, log file, ledger. */
void hr_account(hr_req *r);

/* --- time and version ------------------------------------------------------------------------- */

/* 2026-01-31T12:00:00.123Z */
void hr_iso_time(int64_t unix_ms, char out[32]);
const char *hr_proxy_version(void);

#endif
