/* Token counts of the three dialects, brought to one form and back. */
#include "wire/wire_impl.h"

static bool number(const hr_json_doc *d, uint32_t obj, const char *key, uint64_t *out)
{
    int64_t v;
    if (!hr_json_int(d, hr_json_get(d, obj, hr_cstr(key)), &v) || v < 0)
        return false;
    *out = (uint64_t)v;
    return true;
}

static bool anthropic(const hr_json_doc *d, uint32_t usage, hr_usage *u)
{
    bool any = number(d, usage, "input_tokens", &u->input);
    any |= number(d, usage, "cache_read_input_tokens", &u->cache_read);
    any |= number(d, usage, "cache_creation_input_tokens", &u->cache_write);
    any |= number(d, usage, "output_tokens", &u->output);
    uint32_t split = hr_json_get(d, usage, HR_STR("cache_creation"));
    number(d, split, "ephemeral_1h_input_tokens", &u->cache_write_1h);
    return any;
}

/* OpenAI's input count includes what was read from the cache (and, where a gateway says it, what
 * was written). */
static bool openai(const hr_json_doc *d, uint32_t usage, hr_usage *u, const char *in,
                   const char *out, const char *details)
{
    uint64_t all = 0, read = 0, write = 0;
    bool any = number(d, usage, in, &all);
    if (any) {
        uint32_t more = hr_json_get(d, usage, hr_cstr(details));
        number(d, more, "cached_tokens", &read);
        number(d, more, "cache_write_tokens", &write);
        u->cache_read = read < all ? read : all;
        u->cache_write = write < all - u->cache_read ? write : all - u->cache_read;
        u->input = all - u->cache_read - u->cache_write;
    }
    return number(d, usage, out, &u->output) || any;
}

bool hr_wire_usage(hr_dialect dialect, const hr_json_doc *doc, uint32_t usage, hr_usage *u)
{
    if (!hr_json_is(doc, usage, HR_JSON_OBJECT))
        return false;
    bool any = false;
    switch (dialect) {
    case HR_DIALECT_ANTHROPIC:
        any = anthropic(doc, usage, u);
        break;
    case HR_DIALECT_OPENAI_CHAT:
        any = openai(doc, usage, u, "prompt_tokens", "completion_tokens", "prompt_tokens_details");
        break;
    case HR_DIALECT_OPENAI_RESPONSES:
        any = openai(doc, usage, u, "input_tokens", "output_tokens", "input_tokens_details");
        break;
    }
    u->known |= any;
    return any;
}

/* --- writing sums into a reply --------------------------------------------------------------- */

typedef struct writer {
    const hr_json_doc *d;
    hr_arena *a;
    hr_splice splice;
    hr_err err;
} writer;

/* Replaces a count that is there and could be read. */
static void set(writer *w, uint32_t obj, const char *key, uint64_t v)
{
    uint32_t i = hr_json_get(w->d, obj, hr_cstr(key));
    uint64_t old;
    if (!number(w->d, obj, key, &old) || w->err != HR_OK)
        return;
    hr_str with = hr_strf(w->a, "%llu", (unsigned long long)v);
    if (!with.p)
        w->err = HR_E_NOMEM;
    else if (!hr_str_eq(with, hr_json_raw(w->d, i)))
        w->err = hr_splice_add(&w->splice, w->a, w->d->nodes[i].start, w->d->nodes[i].end, with);
}

static void set_openai(writer *w, uint32_t usage, const hr_usage *u, bool chat)
{
    uint64_t in = u->input + u->cache_read + u->cache_write;
    uint32_t details = hr_json_get(
        w->d, usage, chat ? HR_STR("prompt_tokens_details") : HR_STR("input_tokens_details"));
    set(w, usage, chat ? "prompt_tokens" : "input_tokens", in);
    set(w, usage, chat ? "completion_tokens" : "output_tokens", u->output);
    set(w, usage, "total_tokens", in + u->output);
    set(w, details, "cached_tokens", u->cache_read);
    set(w, details, "cache_write_tokens", u->cache_write);
}

hr_err hr_wire_reply_with_usage(hr_dialect d, const hr_reply *reply, const hr_usage *sum,
                                hr_arena *a, hr_str *body)
{
    writer w = {.d = &reply->doc, .a = a};
    hr_splice_init(&w.splice, reply->doc.src);
    uint32_t usage = hr_json_get(w.d, 0, HR_STR("usage"));
    if (d == HR_DIALECT_ANTHROPIC) {
        uint32_t split = hr_json_get(w.d, usage, HR_STR("cache_creation"));
        set(&w, usage, "input_tokens", sum->input);
        set(&w, usage, "cache_read_input_tokens", sum->cache_read);
        set(&w, usage, "cache_creation_input_tokens", sum->cache_write);
        set(&w, usage, "output_tokens", sum->output);
        set(&w, split, "ephemeral_1h_input_tokens", sum->cache_write_1h);
        set(&w, split, "ephemeral_5m_input_tokens",
            sum->cache_write > sum->cache_write_1h ? sum->cache_write - sum->cache_write_1h : 0);
    } else {
        set_openai(&w, usage, sum, d == HR_DIALECT_OPENAI_CHAT);
    }
    return w.err != HR_OK ? w.err : hr_splice_join(&w.splice, a, body);
}
