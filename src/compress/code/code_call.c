/* What the tool call says of the file whose text came back. */
#include "compress/code/code.h"

#include "compress/command/command.h"
#include "text/json.h"

enum { MAX_INPUT = 64 * 1024 };

static hr_lang lang_of_path(hr_str path)
{
    size_t dot = hr_str_rfind_char(path, '.');
    return dot == SIZE_MAX ? HR_LANG_NONE : hr_code_lang_of(hr_str_sub(path, dot + 1, path.n));
}

hr_lang hr_code_lang_said(hr_str input)
{
    hr_lang found = HR_LANG_NONE;
    for (size_t i = 0; i < input.n && i < MAX_INPUT; i++) {
        if (input.p[i] != '.')
            continue;
        size_t end = i + 1;
        while (end < input.n && hr_is_alnum(input.p[end]))
            end++;
        hr_lang l = hr_code_lang_of(hr_str_sub(input, i + 1, end));
        if (l != HR_LANG_NONE)
            found = l;
    }
    return found;
}

/* "cat src/a.py", "sed -n 1,80p a.c": one file of a program, and nothing else. */
static bool prints_program(const hr_command *c)
{
    static const char *const printers[] = {"cat", "head", "tail",   "sed", "nl",
                                           "bat", "less", "batcat", "more"};
    bool prints = false;
    for (size_t i = 0; i < sizeof printers / sizeof *printers; i++)
        prints |= hr_str_eq(c->name, hr_cstr(printers[i]));
    if (!prints || c->filtered || c->noisy || c->mixed || c->nargs == 0)
        return false;
    size_t files = 0;
    for (size_t i = 0; i < c->nargs; i++)
        files += lang_of_path(c->args[i]) != HR_LANG_NONE;
    return files == 1 && lang_of_path(c->args[c->nargs - 1]) != HR_LANG_NONE;
}

bool hr_code_shown(hr_str tool_name, hr_str tool_input, hr_arena *a)
{
    static const char *const members[] = {"file_path", "path", "filePath", "filename"};
    if (tool_input.n == 0 || tool_input.n > MAX_INPUT ||
        hr_code_lang_said(tool_input) == HR_LANG_NONE)
        return false;
    hr_command c = hr_command_read(tool_name, tool_input, a);
    if (c.name.n || c.mixed)
        return prints_program(&c);
    /* A tool that reads a file; one that searches or edits has more to say than where. */
    hr_json_doc d;
    if ((hr_str_ifind(tool_name, HR_STR("read")) == SIZE_MAX &&
         hr_str_ifind(tool_name, HR_STR("view")) == SIZE_MAX) ||
        hr_json_scan(a, tool_input, 0, &d).code != HR_OK)
        return false;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (lang_of_path(hr_json_get_text(&d, 0, hr_cstr(members[i]), a)) != HR_LANG_NONE)
            return true;
    }
    return false;
}
