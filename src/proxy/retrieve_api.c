/* /v1/retrieve: originals by hash, for SDKs, plugins and people. Hashes are capabilities, so the
 * loopback guard stands in front (routes.def). The store blocks: everything runs on a worker. */
#include "proxy/internal.h"
#include "proxy/jsonw.h"

enum { RECENT = 20 };

typedef struct look {
    hr_str hash;
    int status;
    const char *type;
    hr_str message;
    hr_buf out;
    hr_str provider, call_id; /* tool_call */
} look;

static void fail(look *l, int status, const char *type, hr_str message)
{
    l->status = status;
    l->type = type;
    l->message = message;
}

static void answer(void *ctx)
{
    hr_req *r = ctx;
    look *l = r->scratch;
    if (l->out.err)
        hr_send_error(r, 503, "storage_error", HR_STR("The answer does not fit into memory."));
    else if (l->status == 200)
        hr_send_json(r, 200, hr_buf_str(&l->out));
    else
        hr_send_error(r, l->status, l->type, l->message);
    hr_buf_free(&l->out);
}

static void start(hr_req *r, void (*work)(void *))
{
    look *l = HR_NEW(&r->arena, look);
    r->scratch = l;
    if (l)
        l->out = HR_BUF_INIT(0);
    if (!l || hr_req_work(r, work, answer) != HR_OK)
        hr_send_error(r, 503, "storage_error", HR_STR("All workers are busy."));
}

/* The store's sentence, with the numbers that programs look for. */
static hr_str miss_text(hr_req *r, hr_err err, const hr_entry *e, int64_t ttl)
{
    if (err == HR_E_EXPIRED)
        return hr_strf(&r->arena, "Entry expired (CCR TTL: %lld seconds; age: %lld seconds)",
                       (long long)e->ttl_s,
                       (long long)((hr_now_unix_ms(r->px->clock) - e->created_ms) / 1000));
    return hr_strf(&r->arena, "Entry not found (CCR TTL: %lld seconds)", (long long)ttl);
}

static void get_entry(hr_req *r, look *l)
{
    hr_store *s = hr_engine_store(r->px->engine);
    hr_entry e = {0};
    hr_err err = l->hash.n ? hr_store_get(s, l->hash, &r->arena, &e) : HR_E_MISSING;
    if (err == HR_E_MISSING) {
        fail(l, 400, "invalid_request", HR_STR("hash required"));
    } else if (err == HR_E_SYNTAX) {
        fail(l, 400, "invalid_request", HR_STR("hash must be 6 to 64 hexadecimal digits"));
    } else if (err == HR_E_NOTFOUND || err == HR_E_EXPIRED) {
        fail(l, 404, "not_found", miss_text(r, err, &e, r->px->s->ccr_ttl_seconds));
    } else if (err) {
        fail(l, 503, "storage_error", hr_cstr(hr_err_text(err)));
    } else {
        hr_jw w = {&l->out, false};
        l->status = 200;
        hr_jw_open(&w, NULL, '{');
        hr_jw_str(&w, "hash", hr_key_str(&e.key));
        hr_jw_str(&w, "original_content", e.content);
        hr_jw_u64(&w, "original_tokens", e.original_tokens);
        hr_jw_u64(&w, "original_item_count", e.original_items);
        hr_jw_u64(&w, "compressed_item_count", e.compressed_items);
        hr_jw_str_or_null(&w, "tool_name", e.tool_name);
        hr_jw_u64(&w, "retrieval_count", e.retrievals);
        hr_jw_close(&w, '}');
    }
}

/* Decodes and scans the request body as a JSON object. */
static bool read_object(hr_req *r, look *l, hr_json_doc *doc)
{
    hr_str body = hr_buf_str(&r->body);
    hr_coding c = hr_coding_of(hr_req_header(r, HR_STR("content-encoding")));
    if (c != HR_CODING_IDENTITY) {
        hr_buf plain = HR_BUF_INIT(1 << 20);
        hr_err err = hr_decode_all(c, body, 1 << 20, &plain);
        body = err ? HR_STR_NONE : hr_str_dup(&r->arena, hr_buf_str(&plain));
        hr_buf_free(&plain);
    }
    if (hr_json_scan(&r->arena, body, 64, doc).code || !hr_json_is(doc, 0, HR_JSON_OBJECT)) {
        fail(l, 400, "invalid_request", HR_STR("Invalid JSON in request body."));
        return false;
    }
    return true;
}

static void work_post(void *ctx)
{
    hr_req *r = ctx;
    look *l = r->scratch;
    hr_json_doc doc;
    if (!read_object(r, l, &doc))
        return;
    l->hash = hr_str_trim(hr_json_get_text(&doc, 0, HR_STR("hash"), &r->arena));
    get_entry(r, l);
}

static void work_get(void *ctx)
{
    hr_req *r = ctx;
    look *l = r->scratch;
    l->hash = r->m.param;
    get_entry(r, l);
}

static void work_stats(void *ctx)
{
    hr_req *r = ctx;
    look *l = r->scratch;
    hr_store *s = hr_engine_store(r->px->engine);
    hr_store_stats st = {0};
    hr_retrieval *recent = NULL;
    size_t n = 0;
    hr_err err = hr_store_stats_get(s, &st);
    if (err == HR_OK)
        err = hr_store_recent(s, &r->arena, RECENT, &recent, &n);
    if (err) {
        fail(l, 503, "storage_error", hr_cstr(hr_err_text(err)));
        return;
    }
    l->status = 200;
    hr_jw w = {&l->out, false};
    hr_jw_open(&w, NULL, '{');
    hr_jw_open(&w, "store", '{');
    hr_jw_u64(&w, "entry_count", st.entries);
    hr_jw_u64(&w, "entries", st.entries);
    hr_jw_u64(&w, "max_entries", st.max_entries);
    hr_jw_i64(&w, "default_ttl_seconds", st.default_ttl_s);
    hr_jw_u64(&w, "total_original_tokens", st.original_tokens);
    hr_jw_u64(&w, "original_tokens_cached", st.original_tokens);
    hr_jw_u64(&w, "total_compressed_tokens", st.compressed_tokens);
    hr_jw_u64(&w, "compressed_tokens_cached", st.compressed_tokens);
    hr_jw_u64(&w, "total_retrievals", st.retrievals);
    hr_jw_u64(&w, "retrievals", st.retrievals);
    hr_jw_u64(&w, "event_count", st.events);
    hr_jw_u64(&w, "bytes", st.bytes);
    hr_jw_u64(&w, "max_bytes", st.max_bytes);
    hr_jw_open(&w, "backend", '{');
    hr_jw_z(&w, "type", st.in_memory ? "memory" : "sqlite");
    hr_jw_close(&w, '}');
    hr_jw_close(&w, '}');
    hr_jw_open(&w, "recent_retrievals", '[');
    for (size_t i = 0; i < n; i++) {
        hr_jw_open(&w, NULL, '{');
        hr_jw_str(&w, "hash", hr_key_str(&recent[i].key));
        hr_jw_str_or_null(&w, "query", recent[i].query);
        hr_jw_u64(&w, "items_retrieved", recent[i].items);
        hr_jw_u64(&w, "total_items", recent[i].total_items);
        hr_jw_str_or_null(&w, "tool_name", recent[i].tool_name);
        hr_jw_z(&w, "retrieval_type", "full");
        hr_jw_close(&w, '}');
    }
    hr_jw_close(&w, ']');
    hr_jw_close(&w, '}');
}

/* --- a model's call --------------------------------------------------------------------------- */

static bool is_retrieve_name(hr_str name)
{
    return hr_str_eq(name, HR_STR("headroom_retrieve")) ||
           hr_str_eq(name, HR_STR("ccr_retrieve")) ||
           hr_str_ends(name, HR_STR("__headroom_retrieve"));
}

/* Arguments are an object, or JSON text of one. */
static hr_str hash_of(hr_json_doc *doc, uint32_t args, hr_arena *a)
{
    hr_json_doc inner;
    if (hr_json_is(doc, args, HR_JSON_STRING)) {
        if (hr_json_scan(a, hr_json_text(doc, args, a), 16, &inner).code)
            return HR_STR_NONE;
        doc = &inner;
        args = 0;
    }
    hr_str h = hr_json_get_text(doc, args, HR_STR("hash"), a);
    return hr_str_trim(h.n ? h : hr_json_get_text(doc, args, HR_STR("reference"), a));
}

/* The provider shapes: {name,input}, {function:{name,arguments}}, {name,arguments}, {name,args},
 * {functionCall:{name,args}}. */
static bool read_call(hr_json_doc *doc, uint32_t call, look *l, hr_arena *a)
{
    static const char *const holders[] = {"function", "functionCall", "function_call"};
    static const char *const arguments[] = {"input", "arguments", "args"};
    uint32_t at = call;
    for (size_t i = 0; i < sizeof(holders) / sizeof(*holders); i++) {
        uint32_t inner = hr_json_get(doc, call, hr_cstr(holders[i]));
        if (hr_json_is(doc, inner, HR_JSON_OBJECT))
            at = inner;
    }
    if (!is_retrieve_name(hr_json_get_text(doc, at, HR_STR("name"), a)))
        return false;
    for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments) && !l->hash.n; i++)
        l->hash = hash_of(doc, hr_json_get(doc, at, hr_cstr(arguments[i])), a);
    l->call_id = hr_json_get_text(doc, call, HR_STR("call_id"), a);
    if (!l->call_id.n)
        l->call_id = hr_json_get_text(doc, call, HR_STR("id"), a);
    return l->hash.n > 0;
}

/* The data of the answer as JSON with two spaces of indent, as models are shown it. */
static bool call_data(hr_req *r, const look *l, hr_buf *b)
{
    hr_store *s = hr_engine_store(r->px->engine);
    hr_entry e = {0};
    hr_err err = hr_store_get(s, l->hash, &r->arena, &e);
    if (err == HR_OK) {
        hr_buf_lit(b, "{\n  \"hash\": ");
        hr_json_quote(b, hr_key_str(&e.key));
        hr_buf_lit(b, ",\n  \"original_content\": ");
        hr_json_quote(b, e.content);
        hr_buf_addf(b, ",\n  \"original_item_count\": %llu,\n  \"compressed_item_count\": %llu\n}",
                    (unsigned long long)e.original_items, (unsigned long long)e.compressed_items);
        return true;
    }
    hr_buf_lit(b, "{\n  \"error\": ");
    hr_json_quote(b, err == HR_E_NOTFOUND || err == HR_E_EXPIRED
                         ? miss_text(r, err, &e, r->px->s->ccr_ttl_seconds)
                         : hr_cstr(hr_err_text(err)));
    hr_buf_lit(b, ",\n  \"hash\": ");
    hr_json_quote(b, l->hash);
    hr_buf_addf(b, ",\n  \"status\": \"%s\",\n  \"ttl_seconds\": %lld\n}",
                err == HR_E_EXPIRED ? "expired" : "missing",
                (long long)(e.ttl_s ? e.ttl_s : r->px->s->ccr_ttl_seconds));
    return false;
}

static void work_call(void *ctx)
{
    hr_req *r = ctx;
    look *l = r->scratch;
    hr_json_doc doc;
    if (!read_object(r, l, &doc))
        return;
    l->provider = hr_json_get_text(&doc, 0, HR_STR("provider"), &r->arena);
    uint32_t call = hr_json_get(&doc, 0, HR_STR("tool_call"));
    if (!hr_json_is(&doc, call, HR_JSON_OBJECT) || !read_call(&doc, call, l, &r->arena)) {
        fail(l, 400, "invalid_request",
             HR_STR("tool_call is no headroom_retrieve call with a hash"));
        return;
    }
    hr_buf data = HR_BUF_INIT(0);
    bool hit = call_data(r, l, &data);
    bool openai = hr_str_eq(l->provider, HR_STR("openai"));
    bool anthropic = !l->provider.n || hr_str_eq(l->provider, HR_STR("anthropic"));
    hr_jw w = {&l->out, false};
    hr_jw_open(&w, NULL, '{');
    hr_jw_open(&w, "tool_result", '{');
    if (anthropic)
        hr_jw_z(&w, "type", "tool_result");
    if (openai)
        hr_jw_z(&w, "role", "tool");
    hr_jw_str(&w, anthropic ? "tool_use_id" : "tool_call_id", l->call_id);
    hr_jw_str(&w, "content", hr_buf_str(&data));
    hr_jw_close(&w, '}');
    hr_jw_bool(&w, "success", hit);
    hr_jw_raw(&w, "data", hr_buf_str(&data));
    hr_jw_close(&w, '}');
    if (data.err)
        l->out.err = data.err;
    hr_buf_free(&data);
    l->status = 200;
}

void hr_h_retrieve_post(hr_req *r)
{
    start(r, work_post);
}

void hr_h_retrieve_get(hr_req *r)
{
    start(r, work_get);
}

void hr_h_retrieve_stats(hr_req *r)
{
    start(r, work_stats);
}

void hr_h_retrieve_call(hr_req *r)
{
    start(r, work_call);
}
