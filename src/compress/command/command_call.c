/* The command in a tool call: where agents put it among the arguments. */
#include "compress/command/command_js.h"
#include "text/json.h"

enum { JSON_DEPTH = 32 };

/* A command as a list of words. */
static hr_command from_words(const hr_json_doc *d, uint32_t list, hr_arena *a)
{
    hr_str *p = HR_NEW_ARRAY(a, hr_str, d->nodes[list].count + 1);
    size_t n = 0;
    for (uint32_t i = list + 1; p && i < d->nodes[list].next; i = d->nodes[i].next)
        p[n++] = hr_json_text(d, i, a);
    return hr_command_of_words(p, n, a);
}

static bool sounds_like_a_shell(hr_str tool)
{
    static const char *const parts[] = {"bash", "shell", "exec", "terminal", "command", "run"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (hr_str_ifind(tool, hr_cstr(parts[i])) != SIZE_MAX)
            return true;
    }
    return false;
}

static hr_command from_value(const hr_json_doc *d, uint32_t i, hr_arena *a)
{
    if (hr_json_is(d, i, HR_JSON_STRING))
        return hr_command_parse(hr_json_text(d, i, a), a);
    if (hr_json_is(d, i, HR_JSON_ARRAY))
        return from_words(d, i, a);
    return (hr_command){0};
}

hr_command hr_command_read(hr_str tool_name, hr_str tool_input, hr_arena *a)
{
    static const char *const sure[] = {"command", "cmd"};
    static const char *const loose[] = {"script", "input", "code", "args"};
    hr_json_doc d;
    hr_str in = hr_str_trim(tool_input);
    bool is_shell = sounds_like_a_shell(tool_name);
    if (in.n == 0 || in.n > HR_COMMAND_MAX)
        return (hr_command){0};
    if (hr_json_scan(a, in, JSON_DEPTH, &d).code != HR_OK) {
        bool json = in.p[0] == '{' || in.p[0] == '[' || in.p[0] == '"';
        if (!is_shell || json)
            return (hr_command){0};
        hr_command c;
        return hr_command_of_js(in, a, &c) ? c : hr_command_parse(in, a);
    }
    uint32_t from = 0, action = hr_json_get(&d, 0, HR_STR("action"));
    if (hr_json_is(&d, action, HR_JSON_OBJECT))
        from = action;
    for (size_t i = 0; i < sizeof sure / sizeof *sure; i++) {
        uint32_t v = hr_json_get(&d, from, hr_cstr(sure[i]));
        if (v != HR_JSON_ABSENT)
            return from_value(&d, v, a);
    }
    for (size_t i = 0; is_shell && i < sizeof loose / sizeof *loose; i++) {
        uint32_t v = hr_json_get(&d, from, hr_cstr(loose[i]));
        if (v != HR_JSON_ABSENT)
            return from_value(&d, v, a);
    }
    return is_shell ? from_value(&d, from, a) : (hr_command){0};
}
