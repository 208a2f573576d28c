/* OpenAI Responses: input as a string or as a list of items. */
#include "wire/wire_impl.h"

static bool is(hr_str s, const char *z)
{
    return hr_str_eq(s, hr_cstr(z));
}

static void message(hr_wire_reader *rd, uint32_t item)
{
    const hr_json_doc *d = rd->d;
    hr_str role = hr_rd_member(rd, item, HR_STR("role"));
    uint32_t content = hr_json_get(d, item, HR_STR("content"));
    if (is(role, "system") || is(role, "developer")) {
        hr_rd_notice(rd, content);
        if (rd->leading)
            hr_rd_push_content(rd, &rd->system, content);
        return;
    }
    rd->leading = false;
    if (!is(role, "user")) {
        rd->last_assistant = rd->message;
        return;
    }
    hr_rd_user_message(rd);
    hr_rd_user_text(rd, content, false);
    if (!hr_json_is(d, content, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(part, d, content)) {
        hr_str type = hr_rd_member(rd, part, HR_STR("type"));
        if (is(type, "input_text") || is(type, "text"))
            hr_rd_user_text(rd, hr_json_get(d, part, HR_STR("text")), false);
    }
}

/* Output as one string, as text parts, or as the shell tool's {stdout, stderr} parts. */
static void output(hr_wire_reader *rd, uint32_t item)
{
    const hr_json_doc *d = rd->d;
    hr_block like = {0};
    hr_str id = hr_rd_member(rd, item, HR_STR("call_id"));
    hr_rd_result_of(rd, id.n ? id : hr_rd_member(rd, item, HR_STR("id")), &like);
    like.is_error = is(hr_rd_member(rd, item, HR_STR("status")), "failed");
    uint32_t out = hr_json_get(d, item, HR_STR("output"));
    hr_rd_block(rd, out, &like);
    if (!hr_json_is(d, out, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(part, d, out)) {
        hr_str type = hr_rd_member(rd, part, HR_STR("type"));
        if (is(type, "input_text") || is(type, "output_text") || is(type, "text")) {
            hr_rd_block(rd, hr_json_get(d, part, HR_STR("text")), &like);
        } else if (type.n == 0) {
            hr_rd_block(rd, hr_json_get(d, part, HR_STR("stdout")), &like);
            hr_rd_block(rd, hr_json_get(d, part, HR_STR("stderr")), &like);
        }
    }
}

/* Calls whose outputs come from the client, and what they hold: name (empty: the `name` member)
 * and the member with the input. */
static const struct {
    const char *type, *name, *input;
} CALLS[] = {
    {"function_call", "", "arguments"},
    {"custom_tool_call", "", "input"},
    {"local_shell_call", "local_shell", "action"},
    {"shell_call", "shell", "action"},
    {"apply_patch_call", "apply_patch", "operation"},
};

static void call(hr_wire_reader *rd, hr_str type, uint32_t item)
{
    const hr_json_doc *d = rd->d;
    for (size_t i = 0; i < sizeof(CALLS) / sizeof(*CALLS); i++) {
        if (!is(type, CALLS[i].type))
            continue;
        uint32_t input = hr_json_get(d, item, hr_cstr(CALLS[i].input));
        hr_str name =
            *CALLS[i].name ? hr_cstr(CALLS[i].name) : hr_rd_member(rd, item, HR_STR("name"));
        hr_str id = hr_rd_member(rd, item, HR_STR("call_id"));
        hr_rd_call(rd, id.n ? id : hr_rd_member(rd, item, HR_STR("id")), name,
                   hr_json_is(d, input, HR_JSON_STRING) ? hr_rd_text(rd, input)
                                                        : hr_json_raw(d, input));
    }
}

/* Items the client makes. Everything else in the list was the model's (or stands for it). */
static bool from_client(hr_str type)
{
    return hr_str_ends(type, HR_STR("_output")) || is(type, "mcp_approval_response") ||
           is(type, "compaction_trigger");
}

void hr_rd_responses(hr_wire_reader *rd, uint32_t list)
{
    const hr_json_doc *d = rd->d;
    uint32_t instructions = hr_json_get(d, 0, HR_STR("instructions"));
    hr_rd_push_content(rd, &rd->system, instructions);
    hr_rd_notice(rd, instructions);
    if (hr_json_is(d, list, HR_JSON_STRING)) {
        hr_rd_user_message(rd);
        hr_rd_user_text(rd, list, false);
    }
    if (!hr_json_is(d, list, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(item, d, list)) {
        hr_str type = hr_rd_member(rd, item, HR_STR("type"));
        if (type.n == 0 || is(type, "message")) {
            message(rd, item);
        } else if (is(type, "additional_tools")) { /* Codex: instead of the body's `tools` */
            hr_rd_tools(rd, hr_json_get(d, item, HR_STR("tools")));
        } else {
            rd->leading = false;
            if (is(type, "function_call_output") || is(type, "custom_tool_call_output") ||
                is(type, "local_shell_call_output") || is(type, "shell_call_output") ||
                is(type, "apply_patch_call_output")) {
                output(rd, item);
            } else if (!from_client(type)) {
                rd->last_assistant = rd->message;
                call(rd, type, item);
            }
        }
        rd->message++;
    }
}
