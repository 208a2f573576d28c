/* Which of a script's commands wrote the output: silent commands and filters told apart from
 * programs. */
#include "compress/command/command_lex.h"
#include "compress/command/command_words.h"

enum { COMMANDS_MAX = 256 };

static const char *const silent =
    "cd pushd popd export source . set unset mkdir rmdir true : touch "
    "rm cp mv ln chmod chown sleep wait trap alias unalias shopt umask "
    "ulimit read declare typeset local readonly test [ [[ exit return "
    "break continue shift kill sync done fi esac } ]] disown";
static const char *const minor = "echo printf pwd date whoami which hostname uname type id nvm "
                                 "pyenv workon activate deactivate clear hash";
static bool has_letter(const hr_str *p, size_t n, char letter)
{
    hr_command c = {.args = p, .nargs = n};
    return hr_command_flag(&c, letter, NULL);
}

typedef enum role { WRITES, FILTERS, PASSES, SILENT, MINOR } role;

static role role_of(hr_cmd_words w)
{
    if (w.n == 0)
        return SILENT;
    if (w.nested)
        return WRITES;
    hr_str name = hr_cmd_base_name(w.p[0]);
    if (hr_cmd_listed("for select case function", w.p[0]))
        return hr_str_eq(w.p[0], HR_STR("for")) ? SILENT : WRITES;
    if (hr_cmd_listed("cat tee less more bat", name))
        return PASSES;
    hr_program p = hr_cmd_program(name);
    if (p == HR_PROGRAM_GREP || p == HR_PROGRAM_RG || p == HR_PROGRAM_AG ||
        hr_cmd_listed("tail head sort", name))
        return FILTERS;
    if (hr_str_eq(name, HR_STR("uniq")))
        return has_letter(w.p + 1, w.n - 1, 'c') ? WRITES : FILTERS;
    if (hr_str_eq(name, HR_STR("sed")))
        return has_letter(w.p + 1, w.n - 1, 'n') ? FILTERS : WRITES;
    if (p == HR_PROGRAM_GIT && w.n > 1 && hr_cmd_listed("add config", w.p[1]))
        return SILENT;
    return hr_cmd_listed(silent, name) ? SILENT : hr_cmd_listed(minor, name) ? MINOR : WRITES;
}

typedef struct reader {
    hr_arena *a;
    hr_command c;
    bool found, weak; /* weak: only error messages of it can be here */
} reader;

static void take(reader *r, hr_cmd_words w)
{
    hr_command c = {.name = hr_cmd_base_name(w.p[0]), .args = w.p + 1, .nargs = w.n - 1};
    c.program = hr_cmd_program(c.name);
    hr_cmd_read_sub(&c);
    if (r->found && w.to_file)
        return;
    if (r->found && !r->weak) {
        bool same =
            c.program == r->c.program && hr_str_eq(c.name, r->c.name) && hr_str_eq(c.sub, r->c.sub);
        r->c.mixed |= !same;
        return;
    }
    c.filtered = r->c.filtered;
    c.noisy = r->c.noisy;
    c.mixed = r->c.mixed;
    r->c = c;
    r->found = true;
    r->weak = w.to_file;
}

static void read_script(reader *r, hr_str text, unsigned nest);

/* One pipeline: its text was written by the last stage that does more than let lines pass. */
static void read_pipeline(reader *r, const hr_script *s, size_t from, size_t to, unsigned nest)
{
    for (size_t k = to; k-- > from;) {
        const hr_simple *cmd = &s->cmds.p[k];
        hr_cmd_words w = hr_cmd_peel((hr_cmd_words){.p = s->words.p + cmd->first, .n = cmd->n});
        w.to_file = s->cmds.p[to - 1].to_file;
        role what = role_of(w);
        if (k > from && (what == FILTERS || what == PASSES)) {
            r->c.filtered |= what == FILTERS;
            continue;
        }
        if (w.nested)
            read_script(r, w.p[0], nest + 1);
        else if (what == MINOR)
            r->c.noisy = true;
        else if (what != SILENT)
            take(r, w);
        return;
    }
}

static void read_script(reader *r, hr_str text, unsigned nest)
{
    hr_script s = {0};
    if (nest > HR_COMMAND_NEST || text.n > HR_COMMAND_MAX || !hr_script_lex(text, r->a, &s) ||
        s.cmds.n > COMMANDS_MAX) {
        r->c.mixed = true;
        return;
    }
    for (size_t i = 0; i < s.cmds.n;) {
        size_t end = i + 1;
        while (end < s.cmds.n && s.cmds.p[end].piped)
            end++;
        read_pipeline(r, &s, i, end, nest);
        i = end;
    }
}

static hr_command result(const reader *r)
{
    const hr_command *c = &r->c;
    return c->mixed ? (hr_command){.filtered = c->filtered, .noisy = c->noisy, .mixed = true} : *c;
}

hr_command hr_command_parse(hr_str line, hr_arena *a)
{
    reader r = {.a = a};
    read_script(&r, line, 0);
    return result(&r);
}

hr_command hr_command_of_words(const hr_str *p, size_t n, hr_arena *a)
{
    reader r = {.a = a};
    hr_cmd_words w = {.p = p, .n = n};
    if (n)
        w = hr_cmd_peel(w);
    role what = role_of(w);
    if (w.nested)
        read_script(&r, w.p[0], 1);
    else if (what != SILENT && what != MINOR)
        take(&r, w);
    return result(&r);
}

bool hr_command_flag(const hr_command *c, char letter, const char *word)
{
    for (size_t i = 0; i < c->nargs; i++) {
        hr_str w = c->args[i];
        if (hr_str_eq(w, HR_STR("--")))
            break;
        if (!hr_cmd_is_option(w))
            continue;
        hr_str full = hr_cstr(word);
        if (word && hr_str_starts(w, full) && (w.n == full.n || w.p[full.n] == '='))
            return true;
        size_t n = 1;
        while (letter && w.p[0] == '-' && n < w.n && hr_is_alnum(w.p[n])) {
            if (w.p[n++] == letter)
                return true;
        }
    }
    return false;
}
