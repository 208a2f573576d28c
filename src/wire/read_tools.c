/* The tools a request offers: names, a shell, our own retrieval tool. */
#include "wire/wire_impl.h"

bool hr_wire_is_headroom_retrieve(hr_str name)
{
    /* mcp__headroom__headroom_retrieve, headroom_headroom_retrieve: hosts differ in the prefix. */
    return hr_str_ieq(name, HR_STR("headroom_retrieve")) ||
           hr_str_iends(name, HR_STR("_headroom_retrieve"));
}

static const char *const SHELLS[] = {
    "bash",
    "shell",
    "shell_command",
    "exec_command",
    "local_shell",
    "execute_bash",
    "run_shell_command",
    "run_terminal_cmd",
    "run_in_terminal",
    "run_command",
    "terminal",
    "execute_command",
    "container.exec",
    "container_exec",
    "bash_tool",
    "shell_exec",
};

static bool shell_name(hr_str name)
{
    for (size_t i = 0; i < sizeof(SHELLS) / sizeof(*SHELLS); i++) {
        if (hr_str_ieq(name, hr_cstr(SHELLS[i])))
            return true;
    }
    return false;
}

static bool text_or_list(hr_wire_reader *rd, uint32_t type)
{
    hr_str t = hr_rd_text(rd, type);
    return hr_str_eq(t, HR_STR("string")) || hr_str_eq(t, HR_STR("array"));
}

/* A property that can hold a command line; a schema without a plain type may. */
static bool holds_command(hr_wire_reader *rd, uint32_t properties, hr_str name)
{
    const hr_json_doc *d = rd->d;
    uint32_t p = hr_json_get(d, properties, name);
    if (!hr_json_is(d, p, HR_JSON_OBJECT))
        return false;
    uint32_t type = hr_json_get(d, p, HR_STR("type"));
    if (!hr_json_is(d, type, HR_JSON_ARRAY))
        return type == HR_JSON_ABSENT || text_or_list(rd, type);
    for (HR_WIRE_EACH(t, d, type)) {
        if (text_or_list(rd, t))
            return true;
    }
    return false;
}

/* Codex' tool for scripts: its description declares the tools that they can call, the shell and
 * those of MCP servers among them. */
static bool runs_scripts(hr_wire_reader *rd, uint32_t tool, hr_str name)
{
    return hr_str_eq(name, HR_STR("exec")) &&
           hr_str_eq(hr_rd_member(rd, tool, HR_STR("type")), HR_STR("custom"));
}

static bool is_shell(hr_wire_reader *rd, uint32_t tool, uint32_t function, hr_str name)
{
    const hr_json_doc *d = rd->d;
    hr_str type = hr_rd_member(rd, tool, HR_STR("type"));
    /* The providers' own shell tools have no schema. */
    if (hr_str_starts(type, HR_STR("bash_")) || hr_str_eq(type, HR_STR("local_shell")))
        return true;
    if (hr_str_eq(type, HR_STR("shell"))) {
        uint32_t where = hr_json_get(d, tool, HR_STR("environment"));
        hr_str kind = hr_rd_member(rd, where, HR_STR("type"));
        return kind.n == 0 || hr_str_eq(kind, HR_STR("local"));
    }
    if (runs_scripts(rd, tool, name)) {
        hr_str says = hr_json_raw(d, hr_json_get(d, function, HR_STR("description")));
        return hr_str_find(says, HR_STR("exec_command(")) != SIZE_MAX;
    }
    if (!shell_name(name))
        return false;
    uint32_t schema = hr_json_get(d, function, HR_STR("parameters"));
    if (schema == HR_JSON_ABSENT)
        schema = hr_json_get(d, function, HR_STR("input_schema"));
    uint32_t properties = hr_json_get(d, schema, HR_STR("properties"));
    return holds_command(rd, properties, HR_STR("command")) ||
           holds_command(rd, properties, HR_STR("cmd"));
}

/* What a tool is good for to us, wherever it stands. */
static void look_at(hr_wire_reader *rd, uint32_t tool, uint32_t function, hr_str name)
{
    if (hr_wire_is_headroom_retrieve(name))
        rd->r->has_retrieve_tool = true;
    if (!rd->r->shell_tool.n && is_shell(rd, tool, function, name))
        rd->r->shell_tool = name;
    if (runs_scripts(rd, tool, name))
        hr_rd_notice(rd, hr_json_get(rd->d, function, HR_STR("description")));
}

static void one_tool(hr_wire_reader *rd, uint32_t tool)
{
    const hr_json_doc *d = rd->d;
    uint32_t function = tool; /* Chat wraps: {"type":"function","function":{"name":…}} */
    if (hr_json_is(d, hr_json_get(d, tool, HR_STR("function")), HR_JSON_OBJECT))
        function = hr_json_get(d, tool, HR_STR("function"));
    else if (hr_json_is(d, hr_json_get(d, tool, HR_STR("custom")), HR_JSON_OBJECT))
        function = hr_json_get(d, tool, HR_STR("custom"));
    hr_str name = hr_rd_member(rd, function, HR_STR("name"));
    if (name.n == 0)
        name = hr_rd_member(rd, tool, HR_STR("type"));
    hr_rd_push(rd, &rd->tool_names, name);
    hr_rd_breakpoint(rd, tool);
    look_at(rd, tool, function, name);
    uint32_t inside = hr_json_get(d, tool, HR_STR("tools")); /* Responses: a named group of tools */
    if (!hr_json_is(d, inside, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(t, d, inside))
        look_at(rd, t, t, hr_rd_member(rd, t, HR_STR("name")));
}

void hr_rd_tools(hr_wire_reader *rd, uint32_t tools)
{
    if (!hr_json_is(rd->d, tools, HR_JSON_ARRAY))
        return;
    rd->r->ntools += rd->d->nodes[tools].count;
    rd->r->has_tools = rd->r->ntools > 0;
    for (HR_WIRE_EACH(t, rd->d, tools))
        one_tool(rd, t);
}
