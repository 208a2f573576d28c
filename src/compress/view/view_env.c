/* Environments: env, printenv, export -p, .env files. Each line is a fact of its own that nothing
 * else tells, and a value with slashes in it is no path: no line is ever left out. */
#include "compress/view/view.h"

enum { MIN_NAMES = 8 };

/* Name of "A=1", "export A=1", "declare -x A=1"; empty: the line is none of these. */
static hr_str name_of(hr_str line)
{
    static const char *const words[] = {"export ", "declare -x "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (hr_str_starts(line, hr_cstr(words[i])))
            line = hr_str_sub(line, strlen(words[i]), line.n);
    }
    size_t n = 0;
    while (n < line.n && (hr_is_alnum(line.p[n]) || line.p[n] == '_'))
        n++;
    bool is = n > 0 && n < line.n && line.p[n] == '=' && !hr_is_digit(line.p[0]);
    return hr_str_sub(line, 0, is ? n : 0);
}

static bool is_upper(hr_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] >= 'a' && name.p[i] <= 'z')
            return false;
    }
    return true;
}

bool hr_view_environment(const hr_command *c, hr_str text)
{
    hr_str rest = text, line, before = HR_STR_NONE, first = HR_STR_NONE;
    size_t lines = 0, names = 0, upper = 0;
    while (hr_str_line(&rest, &line)) {
        hr_str name = name_of(line);
        if (!first.p && !name.n)
            return false;
        if (!first.p)
            first = name;
        lines += line.n > 0;
        /* The fields of a log's lines have the same names again and again. */
        bool again = lines > 1 && (hr_str_eq(name, before) || hr_str_eq(name, first));
        names += name.n && !again;
        upper += name.n && !again && is_upper(name);
        before = name;
    }
    bool asked = c->program == HR_PROGRAM_ENV || hr_str_eq(c->object, HR_STR("env"));
    return names >= MIN_NAMES && names * 10 >= lines * 8 && (upper * 2 >= names || asked);
}
