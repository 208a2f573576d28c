/* The words of one command: which program they call, and what is wrapped around it. */
#include "compress/command/command_words.h"

enum { PEEL_MAX = 16 };

typedef enum kind { KIND_PLAIN, KIND_SUB, KIND_NODE } kind;

static const struct {
    const char *names, *options;
    kind kind;
} programs[HR_PROGRAM_COUNT] = {
    [HR_PROGRAM_UNKNOWN] = {"", "", KIND_PLAIN},
#define HR_PROGRAM(id, kind, names, options) [HR_PROGRAM_##id] = {names, options, KIND_##kind},
#include "compress/command/command.def"
#undef HR_PROGRAM
};

bool hr_cmd_listed(const char *list, hr_str w)
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

hr_program hr_cmd_program(hr_str name)
{
    for (int i = 1; i < HR_PROGRAM_COUNT; i++) {
        if (hr_cmd_listed(programs[i].names, name))
            return (hr_program)i;
    }
    hr_str plain = plain_name(name);
    if (plain.n < name.n)
        return hr_cmd_program(plain);
    static const char *const compilers[] = {"-gcc", "-g++", "-clang", "-clang++"};
    for (size_t i = 0; i < sizeof compilers / sizeof *compilers; i++) {
        if (hr_str_ends(name, hr_cstr(compilers[i])))
            return i < 2 ? HR_PROGRAM_GCC : HR_PROGRAM_CLANG;
    }
    return HR_PROGRAM_UNKNOWN;
}

hr_str hr_cmd_base_name(hr_str path)
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

static const char *const keywords = "if then else elif while until do { ! ";

static hr_cmd_words behind(hr_cmd_words w, size_t k)
{
    k = k < w.n ? k : w.n;
    w.p += k;
    w.n -= k;
    return w;
}

bool hr_cmd_is_option(hr_str w)
{
    return w.n > 1 && (w.p[0] == '-' || w.p[0] == '+');
}

/* Number of options at the start, with their values. */
static size_t options(hr_cmd_words w, const char *with_value)
{
    size_t k = 0;
    while (k < w.n && hr_cmd_is_option(w.p[k])) {
        if (hr_str_eq(w.p[k], HR_STR("--")))
            return k + 1;
        k += hr_cmd_listed(with_value, w.p[k]) ? 2 : 1;
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

static hr_cmd_words skip_assignments(hr_cmd_words w)
{
    while (w.n && assignment(w.p[0]))
        w = behind(w, 1);
    return w;
}

/* `sh -c SCRIPT`, `bash -lc SCRIPT` */
static bool shell(hr_cmd_words *w, hr_str name)
{
    if (!hr_cmd_listed("sh bash zsh dash ash ksh", name))
        return false;
    for (size_t k = 1; k + 1 < w->n && hr_cmd_is_option(w->p[k]); k++) {
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
    return programs[hr_cmd_program(hr_cmd_base_name(name))].kind == KIND_NODE;
}

/* Interpreters that are given a known program: python -m pytest, node node_modules/.bin/jest,
 * yarn jest. */
static bool interpreter(hr_cmd_words *w, hr_str name)
{
    hr_program p = hr_cmd_program(name);
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
static bool executes(hr_cmd_words *w, hr_str name)
{
    hr_program p = hr_cmd_program(name);
    const char *which = p == HR_PROGRAM_FIND ? "-exec -execdir -ok" : "-x -X --exec --exec-batch";
    if (p != HR_PROGRAM_FIND && p != HR_PROGRAM_FD)
        return false;
    for (size_t k = 1; k + 1 < w->n; k++) {
        if (hr_cmd_listed(which, w->p[k])) {
            *w = behind(*w, k + 1);
            return true;
        }
    }
    return false;
}

static bool wrapper(hr_cmd_words *w, hr_str name)
{
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        if (!hr_cmd_listed(wrappers[i].name, name))
            continue;
        hr_cmd_words rest = behind(*w, 1);
        if (wrappers[i].sub) {
            size_t k = options(rest, wrappers[i].options);
            if (k >= rest.n || !hr_cmd_listed(wrappers[i].sub, rest.p[k]))
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
hr_cmd_words hr_cmd_peel(hr_cmd_words w)
{
    for (int i = 0; i < PEEL_MAX; i++) {
        w = skip_assignments(w);
        if (w.n == 0)
            return w;
        hr_str name = hr_cmd_base_name(w.p[0]);
        if (hr_cmd_listed(keywords, w.p[0])) {
            w = behind(w, 1);
        } else if (hr_str_eq(name, HR_STR("env"))) {
            hr_cmd_words rest = behind(w, 1);
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

/* Sub-command and its object: the first two words that are no options. */
void hr_cmd_read_sub(hr_command *c)
{
    const char *with_value = programs[c->program].options;
    hr_str *slots[] = {&c->sub, &c->object};
    size_t have = 0;
    if (programs[c->program].kind != KIND_SUB)
        return;
    for (size_t k = 0; k < c->nargs && have < 2; k++) {
        if (!hr_cmd_is_option(c->args[k]))
            *slots[have++] = c->args[k];
        else
            k += hr_cmd_listed(with_value, c->args[k]);
    }
}
