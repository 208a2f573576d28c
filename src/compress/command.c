/* Which of a script's commands wrote the output: wrappers peeled, silent commands and filters told
 * apart from programs. */
#include "compress/command.h"

#include "compress/command_lex.h"
#include "text/json.h"

enum { PEEL_MAX = 16, JSON_DEPTH = 32, COMMANDS_MAX = 256 };

typedef enum kind { KIND_PLAIN, KIND_SUB, KIND_NODE } kind;

static const struct {
    const char *names, *options;
    kind kind;
} programs[HR_PROGRAM_COUNT] = {
    [HR_PROGRAM_UNKNOWN] = {"", "", KIND_PLAIN},
#define HR_PROGRAM(id, kind, names, options) [HR_PROGRAM_##id] = {names, options, KIND_##kind},
#include "compress/command.def"
#undef HR_PROGRAM
};

/* Is w one of the words of a list separated by blanks? */
static bool listed(const char *list, hr_str w)
{
    hr_str rest = hr_cstr(list), item;
    while (w.n && hr_str_split(&rest, ' ', &item)) {
        if (hr_str_eq(item, w))
            return true;
    }
    return false;
}

hr_str hr_program_name(hr_program p)
{
    hr_str rest = hr_cstr((unsigned)p < HR_PROGRAM_COUNT ? programs[p].names : ""), name = rest;
    hr_str_split(&rest, ' ', &name);
    return name;
}

/* "pip3", "python3.11", "gcc-12" and "x86_64-linux-gnu-gcc" are called by their plain names. */
static hr_str plain_name(hr_str name)
{
    size_t n = name.n;
    while (n > 1 && (hr_is_digit(name.p[n - 1]) || name.p[n - 1] == '.'))
        n--;
    if (n > 1 && n < name.n && name.p[n - 1] == '-')
        n--;
    return hr_str_sub(name, 0, n);
}

static hr_program find_program(hr_str name)
{
    for (int i = 1; i < HR_PROGRAM_COUNT; i++) {
        if (listed(programs[i].names, name))
            return (hr_program)i;
    }
    hr_str plain = plain_name(name);
    if (plain.n < name.n)
        return find_program(plain);
    static const char *const compilers[] = {"-gcc", "-g++", "-clang", "-clang++"};
    for (size_t i = 0; i < sizeof compilers / sizeof *compilers; i++) {
        if (hr_str_ends(name, hr_cstr(compilers[i])))
            return i < 2 ? HR_PROGRAM_GCC : HR_PROGRAM_CLANG;
    }
    return HR_PROGRAM_UNKNOWN;
}

static hr_str base_name(hr_str path)
{
    size_t slash = hr_str_rfind_char(path, '/');
    hr_str name = slash == SIZE_MAX ? path : hr_str_sub(path, slash + 1, path.n);
    static const char *const endings[] = {".exe", ".cmd", ".js", ".mjs", ".cjs"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (hr_str_iends(name, hr_cstr(endings[i])))
            return hr_str_sub(name, 0, name.n - strlen(endings[i]));
    }
    return name;
}

/* Commands that run another one. */
static const struct {
    const char *name, *sub; /* sub: only behind this word; NULL: always */
    const char *options;    /* that take the next word */
    size_t skip;            /* words that are no options, before the command */
} wrappers[] = {
    {"sudo", NULL, "-u -g -h -p -C -D -R -T -U -r -t", 0},
    {"doas", NULL, "-u -C", 0},
    {"time", NULL, "-f -o", 0},
    {"timeout gtimeout", NULL, "-s --signal -k --kill-after", 1},
    {"nice", NULL, "-n", 0},
    {"ionice", NULL, "-c -n -p", 0},
    {"nohup setsid exec builtin command unbuffer chronic ccache busybox npx bunx uvx", NULL,
     "-p --package --from --with -c", 0},
    {"stdbuf", NULL, "-i -o -e", 0},
    {"xvfb-run", NULL, "-n -s -e -f -w", 0},
    {"xargs", NULL, "-n -I -P -L -d -s -E -a", 0},
    {"uv", "run", "--with --python -p --extra --group --project --directory --env-file --package",
     0},
    {"poetry pipenv pdm rye pixi hatch", "run", "-e --environment", 0},
    {"conda mamba micromamba", "run", "-n --name -p --prefix", 0},
    {"pipx", "run", "--spec", 0},
    {"bundle", "exec", "", 0},
    {"npm pnpm yarn bun", "exec dlx x", "-p --package -c -w --workspace", 0},
    {"mise", "exec x", "", 0},
    {"direnv", "exec", "", 1},
};

static const char *const silent =
    "cd pushd popd export source . set unset mkdir rmdir true : touch "
    "rm cp mv ln chmod chown sleep wait trap alias unalias shopt umask "
    "ulimit read declare typeset local readonly test [ [[ exit return "
    "break continue shift kill sync done fi esac } ]] disown";
static const char *const minor = "echo printf pwd date whoami which hostname uname type id nvm "
                                 "pyenv workon activate deactivate clear hash";
static const char *const keywords = "if then else elif while until do { ! ";

typedef struct words {
    const hr_str *p;
    size_t n;
    bool nested; /* p[0] is a script for a shell of its own */
    bool to_file;
} words;

static words behind(words w, size_t k)
{
    k = k < w.n ? k : w.n;
    w.p += k;
    w.n -= k;
    return w;
}

static bool is_option(hr_str w)
{
    return w.n > 1 && (w.p[0] == '-' || w.p[0] == '+');
}

/* Number of options at the start, with their values. */
static size_t options(words w, const char *with_value)
{
    size_t k = 0;
    while (k < w.n && is_option(w.p[k])) {
        if (hr_str_eq(w.p[k], HR_STR("--")))
            return k + 1;
        k += listed(with_value, w.p[k]) ? 2 : 1;
    }
    return k < w.n ? k : w.n;
}

static bool assignment(hr_str w)
{
    size_t eq = hr_str_find_char(w, '=');
    for (size_t i = 0; eq != SIZE_MAX && i < eq; i++) {
        if (!hr_is_alnum(w.p[i]) && w.p[i] != '_')
            return false;
    }
    return eq != SIZE_MAX && eq > 0 && !hr_is_digit(w.p[0]);
}

static words skip_assignments(words w)
{
    while (w.n && assignment(w.p[0]))
        w = behind(w, 1);
    return w;
}

/* `sh -c SCRIPT`, `bash -lc SCRIPT` */
static bool shell(words *w, hr_str name)
{
    if (!listed("sh bash zsh dash ash ksh", name))
        return false;
    for (size_t k = 1; k + 1 < w->n && is_option(w->p[k]); k++) {
        hr_str o = w->p[k];
        if (o.p[0] == '-' && o.p[1] != '-' && o.p[o.n - 1] == 'c') {
            *w = behind(*w, k + 1);
            w->nested = true;
            return true;
        }
        k += hr_str_eq(o, HR_STR("-o"));
    }
    return false;
}

static bool node_tool(hr_str name)
{
    return programs[find_program(base_name(name))].kind == KIND_NODE;
}

/* Interpreters that are given a known program: python -m pytest, node node_modules/.bin/jest,
 * yarn jest. */
static bool interpreter(words *w, hr_str name)
{
    hr_program p = find_program(name);
    size_t k = 1;
    if (p == HR_PROGRAM_PYTHON) {
        k += options(behind(*w, 1), programs[p].options);
        for (size_t i = 1; i + 1 < w->n && i <= k; i++) {
            if (hr_str_eq(w->p[i], HR_STR("-m"))) {
                *w = behind(*w, i + 1);
                return true;
            }
        }
    } else if (p == HR_PROGRAM_NODE || p == HR_PROGRAM_YARN || p == HR_PROGRAM_PNPM ||
               p == HR_PROGRAM_BUN) {
        k += options(behind(*w, 1), programs[p].options);
        k += p == HR_PROGRAM_YARN && k < w->n && hr_str_eq(w->p[k], HR_STR("run"));
        if (k < w->n && node_tool(w->p[k])) {
            *w = behind(*w, k);
            return true;
        }
    }
    return false;
}

/* find … -exec CMD {} +, fd … -x CMD */
static bool executes(words *w, hr_str name)
{
    hr_program p = find_program(name);
    const char *which = p == HR_PROGRAM_FIND ? "-exec -execdir -ok" : "-x -X --exec --exec-batch";
    if (p != HR_PROGRAM_FIND && p != HR_PROGRAM_FD)
        return false;
    for (size_t k = 1; k + 1 < w->n; k++) {
        if (listed(which, w->p[k])) {
            *w = behind(*w, k + 1);
            return true;
        }
    }
    return false;
}

static bool wrapper(words *w, hr_str name)
{
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        if (!listed(wrappers[i].name, name))
            continue;
        words rest = behind(*w, 1);
        if (wrappers[i].sub) {
            size_t k = options(rest, wrappers[i].options);
            if (k >= rest.n || !listed(wrappers[i].sub, rest.p[k]))
                continue;
            rest = behind(rest, k + 1);
        }
        rest = behind(rest, options(rest, wrappers[i].options));
        *w = behind(rest, wrappers[i].skip);
        return true;
    }
    return false;
}

/* The program's own words; nested when they are a script. */
static words peel(words w)
{
    for (int i = 0; i < PEEL_MAX; i++) {
        w = skip_assignments(w);
        if (w.n == 0)
            return w;
        hr_str name = base_name(w.p[0]);
        if (listed(keywords, w.p[0])) {
            w = behind(w, 1);
        } else if (hr_str_eq(name, HR_STR("env"))) {
            words rest = behind(w, 1);
            rest = skip_assignments(behind(rest, options(rest, "-u -C -S --unset --chdir")));
            if (rest.n == 0)
                return w;
            w = rest;
        } else if (shell(&w, name)) {
            return w;
        } else if (!wrapper(&w, name) && !interpreter(&w, name) && !executes(&w, name)) {
            return w;
        }
    }
    return behind(w, w.n);
}

static bool has_letter(const hr_str *p, size_t n, char letter)
{
    hr_command c = {.args = p, .nargs = n};
    return hr_command_flag(&c, letter, NULL);
}

typedef enum role { WRITES, FILTERS, PASSES, SILENT, MINOR } role;

static role role_of(words w)
{
    if (w.n == 0)
        return SILENT;
    if (w.nested)
        return WRITES;
    hr_str name = base_name(w.p[0]);
    if (listed("for select case function", w.p[0]))
        return hr_str_eq(w.p[0], HR_STR("for")) ? SILENT : WRITES;
    if (listed("cat tee less more bat", name))
        return PASSES;
    hr_program p = find_program(name);
    if (p == HR_PROGRAM_GREP || p == HR_PROGRAM_RG || p == HR_PROGRAM_AG ||
        listed("tail head sort", name))
        return FILTERS;
    if (hr_str_eq(name, HR_STR("uniq")))
        return has_letter(w.p + 1, w.n - 1, 'c') ? WRITES : FILTERS;
    if (hr_str_eq(name, HR_STR("sed")))
        return has_letter(w.p + 1, w.n - 1, 'n') ? FILTERS : WRITES;
    if (p == HR_PROGRAM_GIT && w.n > 1 && listed("add config", w.p[1]))
        return SILENT;
    return listed(silent, name) ? SILENT : listed(minor, name) ? MINOR : WRITES;
}

/* Sub-command and its object: the first two words that are no options. */
static void read_sub(hr_command *c)
{
    const char *with_value = programs[c->program].options;
    hr_str *slots[] = {&c->sub, &c->object};
    size_t have = 0;
    if (programs[c->program].kind != KIND_SUB)
        return;
    for (size_t k = 0; k < c->nargs && have < 2; k++) {
        if (!is_option(c->args[k]))
            *slots[have++] = c->args[k];
        else
            k += listed(with_value, c->args[k]);
    }
}

typedef struct reader {
    hr_arena *a;
    hr_command c;
    bool found, weak; /* weak: only error messages of it can be here */
} reader;

static void take(reader *r, words w)
{
    hr_command c = {.name = base_name(w.p[0]), .args = w.p + 1, .nargs = w.n - 1};
    c.program = find_program(c.name);
    read_sub(&c);
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
        words w = peel((words){.p = s->words.p + cmd->first, .n = cmd->n});
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

/* A command as a list of words. */
static hr_command from_words(const hr_json_doc *d, uint32_t list, hr_arena *a)
{
    reader r = {.a = a};
    hr_str *p = HR_NEW_ARRAY(a, hr_str, d->nodes[list].count + 1);
    size_t n = 0;
    for (uint32_t i = list + 1; p && i < d->nodes[list].next; i = d->nodes[i].next)
        p[n++] = hr_json_text(d, i, a);
    words w = {.p = p, .n = n};
    if (n)
        w = peel(w);
    role what = role_of(w);
    if (w.nested)
        read_script(&r, w.p[0], 1);
    else if (what != SILENT && what != MINOR)
        take(&r, w);
    return result(&r);
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
        return is_shell && !json ? hr_command_parse(in, a) : (hr_command){0};
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

bool hr_command_flag(const hr_command *c, char letter, const char *word)
{
    for (size_t i = 0; i < c->nargs; i++) {
        hr_str w = c->args[i];
        if (hr_str_eq(w, HR_STR("--")))
            break;
        if (!is_option(w))
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
