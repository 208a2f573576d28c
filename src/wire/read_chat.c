/* OpenAI Chat Completions, with the content lists and cache_control some gateways add, and the
 * older function_call / role "function" form. */
#include "wire/wire_impl.h"

static void user(hr_wire_reader *rd, uint32_t content)
{
    const hr_json_doc *d = rd->d;
    hr_rd_user_message(rd);
    hr_rd_user_text(rd, content, false);
    if (!hr_json_is(d, content, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(part, d, content)) {
        bool mark = hr_rd_breakpoint(rd, part);
        if (hr_str_eq(hr_rd_member(rd, part, HR_STR("type")), HR_STR("text")))
            hr_rd_user_text(rd, hr_json_get(d, part, HR_STR("text")), mark);
    }
}

static void result(hr_wire_reader *rd, uint32_t m, hr_str id, bool mark)
{
    const hr_json_doc *d = rd->d;
    hr_block like = {.breakpoint = mark};
    hr_rd_result_of(rd, id, &like);
    if (!like.tool_name.n)
        like.tool_name = hr_rd_member(rd, m, HR_STR("name"));
    uint32_t content = hr_json_get(d, m, HR_STR("content"));
    hr_rd_block(rd, content, &like);
    if (!hr_json_is(d, content, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(part, d, content)) {
        like.breakpoint = hr_rd_breakpoint(rd, part) || mark;
        if (hr_str_eq(hr_rd_member(rd, part, HR_STR("type")), HR_STR("text")))
            hr_rd_block(rd, hr_json_get(d, part, HR_STR("text")), &like);
    }
}

/* Arguments are JSON text in a string; some clients send the object itself. */
static hr_str arguments(hr_wire_reader *rd, uint32_t node)
{
    return hr_json_is(rd->d, node, HR_JSON_STRING) ? hr_rd_text(rd, node)
                                                   : hr_json_raw(rd->d, node);
}

static void assistant(hr_wire_reader *rd, uint32_t m)
{
    const hr_json_doc *d = rd->d;
    rd->last_assistant = rd->message;
    uint32_t content = hr_json_get(d, m, HR_STR("content"));
    if (hr_json_is(d, content, HR_JSON_ARRAY)) {
        for (HR_WIRE_EACH(part, d, content))
            hr_rd_breakpoint(rd, part);
    }
    uint32_t old = hr_json_get(d, m, HR_STR("function_call"));
    if (hr_json_is(d, old, HR_JSON_OBJECT)) { /* has no id: its result names the function */
        hr_str name = hr_rd_member(rd, old, HR_STR("name"));
        hr_rd_call(rd, name, name, arguments(rd, hr_json_get(d, old, HR_STR("arguments"))));
    }
    uint32_t calls = hr_json_get(d, m, HR_STR("tool_calls"));
    if (!hr_json_is(d, calls, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(call, d, calls)) {
        hr_str key = HR_STR("arguments");
        uint32_t f = hr_json_get(d, call, HR_STR("function"));
        if (f == HR_JSON_ABSENT) {
            f = hr_json_get(d, call, HR_STR("custom"));
            key = HR_STR("input");
        }
        hr_rd_call(rd, hr_rd_member(rd, call, HR_STR("id")), hr_rd_member(rd, f, HR_STR("name")),
                   arguments(rd, hr_json_get(d, f, key)));
    }
}

static void system_message(hr_wire_reader *rd, uint32_t content)
{
    hr_rd_notice(rd, content);
    if (rd->leading)
        hr_rd_push_content(rd, &rd->system, content);
}

void hr_rd_chat(hr_wire_reader *rd, uint32_t list)
{
    const hr_json_doc *d = rd->d;
    for (HR_WIRE_EACH(m, d, list)) {
        hr_str role = hr_rd_member(rd, m, HR_STR("role"));
        uint32_t content = hr_json_get(d, m, HR_STR("content"));
        bool mark = hr_rd_breakpoint(rd, m);
        if (hr_str_eq(role, HR_STR("system")) || hr_str_eq(role, HR_STR("developer")))
            system_message(rd, content);
        else
            rd->leading = false;
        if (hr_str_eq(role, HR_STR("user")))
            user(rd, content);
        else if (hr_str_eq(role, HR_STR("assistant")))
            assistant(rd, m);
        else if (hr_str_eq(role, HR_STR("tool")))
            result(rd, m, hr_rd_member(rd, m, HR_STR("tool_call_id")), mark);
        else if (hr_str_eq(role, HR_STR("function")))
            result(rd, m, hr_rd_member(rd, m, HR_STR("name")), mark);
        rd->message++;
    }
}
