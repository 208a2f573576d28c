/* A finished (not streamed) reply: usage, how it ended, which tools it calls. */
#include "wire/wire_impl.h"

typedef struct reader {
    hr_dialect dialect;
    const hr_json_doc *d;
    hr_arena *a;
    HR_VEC(hr_call) calls;
    hr_err err;
} reader;

static hr_str text(reader *r, uint32_t node)
{
    if (!hr_json_is(r->d, node, HR_JSON_STRING))
        return HR_STR_NONE;
    hr_str s = hr_json_text(r->d, node, r->a);
    if (!s.p)
        r->err = HR_E_NOMEM;
    return s;
}

static hr_str member(reader *r, uint32_t obj, const char *key)
{
    return text(r, hr_json_get(r->d, obj, hr_cstr(key)));
}

/* 12 to 24 hex digits, lower-cased; models copy "hash=…" now and then. */
static hr_str clean_hash(hr_str s, hr_arena *a)
{
    s = hr_str_trim(s);
    if (hr_str_istarts(s, HR_STR("hash=")))
        s = hr_str_sub(s, 5, s.n);
    if (s.n < 12 || s.n > 24)
        return HR_STR_NONE;
    char *p = hr_alloc(a, s.n);
    for (size_t i = 0; p && i < s.n; i++) {
        if (!hr_is_hex(s.p[i]))
            return HR_STR_NONE;
        p[i] = hr_lower(s.p[i]);
    }
    return p ? hr_str_of(p, s.n) : HR_STR_NONE;
}

static hr_str hash_argument(hr_str input, hr_arena *a)
{
    hr_json_doc d;
    if (hr_json_scan(a, input, 64, &d).code != HR_OK)
        return HR_STR_NONE;
    hr_str hash = hr_json_get_text(&d, 0, HR_STR("hash"), a);
    return clean_hash(hash.n ? hash : hr_json_get_text(&d, 0, HR_STR("reference"), a), a);
}

static bool is_retrieve(hr_str name)
{
    return hr_wire_is_headroom_retrieve(name) || hr_str_ieq(name, HR_STR("ccr_retrieve")) ||
           hr_str_iends(name, HR_STR("__ccr_retrieve"));
}

static void add(reader *r, hr_str id, hr_str name, uint32_t input, bool function)
{
    hr_call *c = hr_vec_push(&r->calls, r->a);
    if (!c) {
        r->err = HR_E_NOMEM;
        return;
    }
    c->id = id;
    c->name = name;
    c->input = hr_json_is(r->d, input, HR_JSON_STRING) ? text(r, input) : hr_json_raw(r->d, input);
    c->function = function;
    c->retrieve = function && is_retrieve(name);
    if (c->retrieve)
        c->hash = hash_argument(c->input, r->a);
}

static void read_anthropic(reader *r, hr_reply *out)
{
    const hr_json_doc *d = r->d;
    uint32_t content = hr_json_get(d, 0, HR_STR("content"));
    out->stop_reason = member(r, 0, "stop_reason");
    if (!hr_json_is(d, content, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(b, d, content)) {
        if (hr_str_eq(member(r, b, "type"), HR_STR("tool_use")))
            add(r, member(r, b, "id"), member(r, b, "name"), hr_json_get(d, b, HR_STR("input")),
                true);
    }
}

static void read_chat(reader *r, hr_reply *out)
{
    const hr_json_doc *d = r->d;
    uint32_t choice = hr_json_at(d, hr_json_get(d, 0, HR_STR("choices")), 0);
    uint32_t message = hr_json_get(d, choice, HR_STR("message"));
    out->stop_reason = member(r, choice, "finish_reason");
    uint32_t calls = hr_json_get(d, message, HR_STR("tool_calls"));
    if (hr_json_is(d, calls, HR_JSON_ARRAY)) {
        for (HR_WIRE_EACH(c, d, calls)) {
            uint32_t f = hr_json_get(d, c, HR_STR("function"));
            uint32_t custom = hr_json_get(d, c, HR_STR("custom"));
            if (f != HR_JSON_ABSENT)
                add(r, member(r, c, "id"), member(r, f, "name"),
                    hr_json_get(d, f, HR_STR("arguments")), true);
            else
                add(r, member(r, c, "id"), member(r, custom, "name"),
                    hr_json_get(d, custom, HR_STR("input")), false);
        }
    }
    uint32_t old = hr_json_get(d, message, HR_STR("function_call"));
    if (hr_json_is(d, old, HR_JSON_OBJECT)) /* the form before tools: ours is never called so */
        add(r, HR_STR_NONE, member(r, old, "name"), hr_json_get(d, old, HR_STR("arguments")),
            false);
}

/* Items that wait for the client. Server-side tools (web search, MCP at the provider …) do not. */
static bool waits_for_client(hr_str type)
{
    static const char *const types[] = {
        "custom_tool_call", "local_shell_call", "shell_call",          "apply_patch_call",
        "computer_call",    "tool_search_call", "mcp_approval_request"};
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        if (hr_str_eq(type, hr_cstr(types[i])))
            return true;
    }
    return false;
}

static void read_responses(reader *r, hr_reply *out)
{
    const hr_json_doc *d = r->d;
    uint32_t output = hr_json_get(d, 0, HR_STR("output"));
    out->stop_reason = member(r, 0, "status");
    if (!hr_json_is(d, output, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(item, d, output)) {
        hr_str type = member(r, item, "type");
        if (hr_str_eq(type, HR_STR("function_call")))
            add(r, member(r, item, "call_id"), member(r, item, "name"),
                hr_json_get(d, item, HR_STR("arguments")), true);
        else if (waits_for_client(type))
            add(r, member(r, item, "call_id"), member(r, item, "name"), HR_JSON_ABSENT, false);
    }
}

hr_errpos hr_wire_read_reply(hr_dialect dialect, hr_str body, hr_arena *a, hr_reply *out)
{
    *out = (hr_reply){0};
    hr_errpos e = hr_json_scan(a, body, 0, &out->doc);
    if (e.code != HR_OK)
        return e;
    if (!hr_json_is(&out->doc, 0, HR_JSON_OBJECT))
        return (hr_errpos){HR_E_TYPE, out->doc.nodes[0].start};
    reader r = {.dialect = dialect, .d = &out->doc, .a = a};
    out->model = member(&r, 0, "model");
    uint32_t error = hr_json_get(r.d, 0, HR_STR("error")); /* Responses: null when all is well */
    out->is_error =
        hr_json_is(r.d, error, HR_JSON_OBJECT) || hr_json_is(r.d, error, HR_JSON_STRING);
    hr_wire_usage(dialect, r.d, hr_json_get(r.d, 0, HR_STR("usage")), &out->usage);
    switch (dialect) {
    case HR_DIALECT_ANTHROPIC:
        read_anthropic(&r, out);
        break;
    case HR_DIALECT_OPENAI_CHAT:
        read_chat(&r, out);
        break;
    case HR_DIALECT_OPENAI_RESPONSES:
        read_responses(&r, out);
        break;
    }
    out->calls = r.calls.p;
    out->ncalls = r.calls.n;
    for (size_t i = 0; i < out->ncalls; i++)
        out->nretrieve += out->calls[i].retrieve;
    return (hr_errpos){r.err, 0};
}
