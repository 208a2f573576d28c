/* Anthropic Messages: messages[].content as a string or as blocks. */
#include "wire/wire_impl.h"

static void tool_result(hr_wire_reader *rd, uint32_t block)
{
    const hr_json_doc *d = rd->d;
    hr_block like = {.breakpoint = hr_rd_breakpoint(rd, block)};
    hr_rd_result_of(rd, hr_rd_member(rd, block, HR_STR("tool_use_id")), &like);
    like.is_error = hr_json_get_true(d, block, HR_STR("is_error"));
    uint32_t content = hr_json_get(d, block, HR_STR("content"));
    hr_rd_block(rd, content, &like);
    if (!hr_json_is(d, content, HR_JSON_ARRAY))
        return;
    bool outer = like.breakpoint;
    for (HR_WIRE_EACH(part, d, content)) {
        bool own = hr_rd_breakpoint(rd, part);
        if (!hr_str_eq(hr_rd_member(rd, part, HR_STR("type")), HR_STR("text")))
            continue;
        like.breakpoint = outer || own;
        hr_rd_block(rd, hr_json_get(d, part, HR_STR("text")), &like);
    }
}

static bool found_tools(hr_wire_reader *rd, uint32_t block)
{
    uint32_t content = hr_json_get(rd->d, block, HR_STR("content"));
    uint32_t first = hr_json_at(rd->d, content, 0);
    return hr_str_eq(hr_rd_member(rd, first, HR_STR("type")), HR_STR("tool_reference"));
}

static void user(hr_wire_reader *rd, uint32_t content)
{
    const hr_json_doc *d = rd->d;
    hr_rd_user_message(rd);
    hr_rd_user_text(rd, content, false);
    if (!hr_json_is(d, content, HR_JSON_ARRAY))
        return;
    bool loaded = false; /* behind found tools comes a sentence of the client's own */
    for (HR_WIRE_EACH(block, d, content)) {
        hr_str type = hr_rd_member(rd, block, HR_STR("type"));
        bool mark = hr_rd_breakpoint(rd, block);
        if (hr_str_eq(type, HR_STR("tool_result"))) {
            tool_result(rd, block);
            loaded = found_tools(rd, block);
        } else if (hr_str_eq(type, HR_STR("text")) && !loaded) {
            hr_rd_user_text(rd, hr_json_get(d, block, HR_STR("text")), mark);
        }
    }
}

static void assistant(hr_wire_reader *rd, uint32_t content)
{
    const hr_json_doc *d = rd->d;
    rd->last_assistant = rd->message;
    if (!hr_json_is(d, content, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(block, d, content)) {
        hr_rd_breakpoint(rd, block);
        if (!hr_str_eq(hr_rd_member(rd, block, HR_STR("type")), HR_STR("tool_use")))
            continue;
        uint32_t input = hr_json_get(d, block, HR_STR("input"));
        hr_rd_call(rd, hr_rd_member(rd, block, HR_STR("id")),
                   hr_rd_member(rd, block, HR_STR("name")), hr_json_raw(d, input));
    }
}

void hr_rd_anthropic(hr_wire_reader *rd, uint32_t list)
{
    const hr_json_doc *d = rd->d;
    uint32_t system = hr_json_get(d, 0, HR_STR("system"));
    hr_rd_push_content(rd, &rd->system, system);
    hr_rd_notice(rd, system);
    for (HR_WIRE_EACH(m, d, list)) {
        hr_str role = hr_rd_member(rd, m, HR_STR("role"));
        uint32_t content = hr_json_get(d, m, HR_STR("content"));
        if (hr_str_eq(role, HR_STR("assistant")))
            assistant(rd, content);
        else if (hr_str_eq(role, HR_STR("user")))
            user(rd, content);
        else /* newest models: notices between the turns, role "system" */
            hr_rd_notice(rd, content);
        rd->message++;
    }
}
