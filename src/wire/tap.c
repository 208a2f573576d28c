/* What a copy of a stream tells: usage, whether it ended as it should, whether a tool may have run.
 * Events that cannot matter are not parsed. */
#include "wire/wire_impl.h"

enum { EVENT_LIMIT = 4 << 20, ARENA_LIMIT = 256 << 20 };

void hr_stream_tap_init(hr_stream_tap *t, hr_dialect d)
{
    *t = (hr_stream_tap){.dialect = d};
    hr_sse_init(&t->sse, EVENT_LIMIT);
}

void hr_stream_tap_free(hr_stream_tap *t)
{
    hr_sse_free(&t->sse);
}

static bool is(hr_str s, const char *z)
{
    return hr_str_eq(s, hr_cstr(z));
}

static void anthropic(hr_stream_tap *t, const hr_json_doc *d, hr_str type, hr_arena *a)
{
    if (is(type, "message_start")) {
        hr_wire_usage(t->dialect, d, hr_json_path(d, 0, "message", "usage", NULL), &t->usage);
    } else if (is(type, "message_delta")) {
        hr_wire_usage(t->dialect, d, hr_json_get(d, 0, HR_STR("usage")), &t->usage);
    } else if (is(type, "content_block_start")) {
        uint32_t block = hr_json_get(d, 0, HR_STR("content_block"));
        t->in_call = is(hr_json_get_text(d, block, HR_STR("type"), a), "tool_use");
    } else if (is(type, "content_block_stop")) {
        t->saw_call |= t->in_call;
        t->in_call = false;
    } else if (is(type, "message_stop")) {
        t->finished = true;
    } else if (is(type, "error")) {
        t->failed = true;
    }
}

static void chat(hr_stream_tap *t, const hr_json_doc *d, hr_arena *a)
{
    hr_wire_usage(t->dialect, d, hr_json_get(d, 0, HR_STR("usage")), &t->usage);
    uint32_t error = hr_json_get(d, 0, HR_STR("error"));
    if (error != HR_JSON_ABSENT && !hr_json_is(d, error, HR_JSON_NULL))
        t->failed = true;
    uint32_t choices = hr_json_get(d, 0, HR_STR("choices"));
    if (!hr_json_is(d, choices, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(c, d, choices)) {
        hr_str reason = hr_json_get_text(d, c, HR_STR("finish_reason"), a);
        t->saw_call |= is(reason, "tool_calls") || is(reason, "function_call");
    }
}

static bool is_call(hr_str type)
{
    return hr_str_ends(type, HR_STR("_call")) && !is(type, "web_search_call") &&
           !is(type, "file_search_call") && !is(type, "image_generation_call") &&
           !is(type, "code_interpreter_call") && !is(type, "mcp_call");
}

static void responses(hr_stream_tap *t, const hr_json_doc *d, hr_str type, hr_arena *a)
{
    if (is(type, "response.output_item.done")) {
        uint32_t item = hr_json_get(d, 0, HR_STR("item"));
        t->saw_call |= is_call(hr_json_get_text(d, item, HR_STR("type"), a));
    } else if (is(type, "response.completed") || is(type, "response.incomplete") ||
               is(type, "response.failed")) {
        hr_wire_usage(t->dialect, d, hr_json_path(d, 0, "response", "usage", NULL), &t->usage);
        t->finished = true;
        t->failed |= is(type, "response.failed");
    } else if (is(type, "error")) {
        t->failed = true;
    }
}

/* Deltas make up nearly all of a stream and say nothing here. */
static bool uninteresting(hr_dialect d, hr_str event)
{
    if (d == HR_DIALECT_ANTHROPIC)
        return is(event, "content_block_delta") || is(event, "ping");
    return d == HR_DIALECT_OPENAI_RESPONSES && hr_str_ends(event, HR_STR(".delta"));
}

static void on_event(void *ctx, hr_str event, hr_str data)
{
    hr_stream_tap *t = ctx;
    t->events++;
    if (uninteresting(t->dialect, event))
        return;
    if (is(hr_str_trim(data), "[DONE]")) {
        t->finished |= t->dialect == HR_DIALECT_OPENAI_CHAT;
        return;
    }
    hr_arena a;
    hr_json_doc d;
    hr_arena_init(&a, ARENA_LIMIT);
    if (hr_json_scan(&a, data, 0, &d).code == HR_OK && hr_json_is(&d, 0, HR_JSON_OBJECT)) {
        hr_str type = hr_json_get_text(&d, 0, HR_STR("type"), &a);
        if (!type.n)
            type = event;
        if (t->dialect == HR_DIALECT_ANTHROPIC)
            anthropic(t, &d, type, &a);
        else if (t->dialect == HR_DIALECT_OPENAI_CHAT)
            chat(t, &d, &a);
        else
            responses(t, &d, type, &a);
    }
    if (is(event, "error"))
        t->failed = true;
    hr_arena_free(&a);
}

void hr_stream_tap_feed(hr_stream_tap *t, hr_str bytes)
{
    hr_sse_feed(&t->sse, bytes, on_event, t);
}

void hr_stream_tap_end(hr_stream_tap *t)
{
    hr_sse_end(&t->sse, on_event, t);
}
