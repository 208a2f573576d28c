/* The public C API: plain C strings outside, slices and arenas inside. */
#include "headroom.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "text/json.h"

#ifndef HR_VERSION
#define HR_VERSION "0.0.0"
#endif

struct headroom {
    hr_engine *engine;
};

enum { ARENA_LIMIT = 1 << 30 };

const char *headroom_version(void)
{
    return HR_VERSION;
}

const char *headroom_error_name(int error)
{
    return hr_err_name((hr_err)error);
}

const char *headroom_error_text(int error)
{
    return hr_err_text((hr_err)error);
}

/* Reads a member only when the caller's struct is new enough to have it. */
#define HAS(o, member)                                                                             \
    ((o) && (o)->size >= offsetof(__typeof__(*(o)), member) + sizeof((o)->member))

int headroom_open(const headroom_options *o, headroom **out)
{
    hr_engine_opts e = hr_engine_defaults();
    if (HAS(o, store_path))
        e.store.path = hr_cstr(o->store_path);
    if (HAS(o, ttl_seconds) && o->ttl_seconds > 0)
        e.store.ttl_s = o->ttl_seconds;
    if (HAS(o, protect_tools))
        e.protect_tools = hr_cstr(o->protect_tools);
    headroom *h = hr_calloc(1, sizeof(*h));
    if (!h)
        return HR_E_NOMEM;
    hr_err err = hr_engine_open(&e, &h->engine);
    if (err != HR_OK) {
        hr_free(h);
        return (int)err;
    }
    *out = h;
    return 0;
}

void headroom_close(headroom *h)
{
    if (!h)
        return;
    hr_engine_close(h->engine);
    hr_free(h);
}

static char *copy_out(hr_str s)
{
    char *p = hr_malloc(s.n + 1);
    if (!p)
        return NULL;
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

int headroom_compress(headroom *h, const char *text, size_t n, const headroom_compress_options *o,
                      headroom_text *out)
{
    hr_arena a;
    hr_arena_init(&a, ARENA_LIMIT);
    hr_compress_opts c = hr_compress_defaults();
    hr_str model = HAS(o, model) && o->model ? hr_cstr(o->model) : HR_STR("gpt-4o");
    c.tok = hr_tokenizer_for(model);
    c.via = HR_VIA_TOOL;
    if (HAS(o, query))
        c.query = hr_cstr(o->query);
    c.code.allow = !hr_code_wanted_whole(c.query);
    if (HAS(o, tool_name))
        c.tool_name = hr_cstr(o->tool_name);
    if (HAS(o, tool_input))
        c.tool_input = hr_cstr(o->tool_input);
    if (HAS(o, lossless_only))
        c.lossless_only = o->lossless_only != 0;
    if (HAS(o, min_tokens) && o->min_tokens > 0)
        c.min_tokens = (size_t)o->min_tokens;
    if (HAS(o, max_items) && o->max_items > 0)
        c.max_items_after_crush = (size_t)o->max_items;
    hr_compressed r;
    hr_err err = hr_engine_compress_text(h->engine, &c, hr_str_of(text, n), &a, &r);
    *out = (headroom_text){.changed = r.changed,
                           .lossy = r.lossy,
                           .kind = hr_kind_name(r.kind),
                           .reason = hr_reason_code(r.reason),
                           .tokens_before = hr_tokens_count(c.tok, hr_str_of(text, n)),
                           .tokens_exact = c.tok->exact};
    out->tokens_after = r.changed ? hr_tokens_count(c.tok, r.text) : out->tokens_before;
    if (r.lossy)
        memcpy(out->hash, r.key.hex, sizeof(out->hash));
    out->text = copy_out(r.text);
    out->text_len = r.text.n;
    hr_arena_free(&a);
    if (!out->text)
        return HR_E_NOMEM;
    return (int)err;
}

void headroom_text_free(headroom_text *t)
{
    hr_free(t->text);
    *t = (headroom_text){0};
}

int headroom_retrieve(headroom *h, const char *hash, char **out, size_t *n)
{
    hr_arena a;
    hr_entry e = {0};
    hr_arena_init(&a, ARENA_LIMIT);
    hr_err err = hr_store_get(hr_engine_store(h->engine), hr_cstr(hash), &a, &e);
    if (err == HR_OK) {
        *out = copy_out(e.content);
        *n = e.content.n;
        err = *out ? HR_OK : HR_E_NOMEM;
    }
    hr_arena_free(&a);
    return (int)err;
}

int headroom_compress_messages(headroom *h, const char *request, size_t n, char **reply,
                               size_t *reply_len)
{
    hr_arena a;
    hr_arena_init(&a, ARENA_LIMIT);
    hr_compress_in in = {.body = hr_str_of(request, n)};
    hr_str answer = HR_STR_NONE, message = HR_STR_NONE;
    hr_err err = hr_engine_compress(h->engine, &in, &a, &answer, &message);
    if (err != HR_OK) {
        hr_buf q = HR_BUF_INIT(0);
        hr_buf_lit(&q, "{\"error\":{\"type\":\"invalid_request\",\"message\":");
        hr_json_quote(&q, message);
        hr_buf_lit(&q, "}}");
        answer = hr_str_dup(&a, hr_buf_str(&q));
        hr_buf_free(&q);
    }
    *reply = copy_out(answer);
    *reply_len = answer.n;
    hr_arena_free(&a);
    return *reply ? (int)err : HR_E_NOMEM;
}

size_t headroom_count_tokens(const char *model, const char *text, size_t n, int *exact)
{
    const hr_tokenizer *t = hr_tokenizer_for(model ? hr_cstr(model) : HR_STR("gpt-4o"));
    if (exact)
        *exact = t->exact;
    return hr_tokens_count(t, hr_str_of(text, n));
}
