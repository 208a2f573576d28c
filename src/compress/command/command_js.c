/* The command in a JavaScript that calls a shell: Codex offers models a tool that runs scripts, and
 * the shell is a function inside.
 *
 *     const r = await tools.exec_command({cmd: "git log --stat", workdir: "web"});
 *     text(r.output);
 *
 * Only literals are read. A command that the script puts together, or two calls that run different
 * programs, leave the program unknown. */
#include "compress/command/command_js.h"

#include "base/vec.h"

static const char functions[] = "exec_command shell_command shell local_shell exec bash run";
/* Where one of these stands, the script may print less than the program wrote. */
static const char *const cutters[] = {".slice(", ".filter(", ".split(", ".substring(", ".match("};

typedef HR_VEC(hr_str) strings;

typedef struct scan {
    hr_str s;
    size_t at;
    hr_arena *a;
} scan;

static char peek(const scan *x)
{
    return x->at < x->s.n ? x->s.p[x->at] : '\0';
}

static bool is_name_char(char c)
{
    return hr_is_alnum(c) || c == '_' || c == '$';
}

/* Over white space and comments. */
static void skip_blank(scan *x)
{
    while (x->at < x->s.n) {
        hr_str rest = hr_str_sub(x->s, x->at, x->s.n);
        size_t end = 1; /* of what is skipped, behind x->at */
        if (hr_str_starts(rest, HR_STR("//")))
            end = hr_str_find_char(rest, '\n');
        else if (hr_str_starts(rest, HR_STR("/*")))
            end = hr_str_find(rest, HR_STR("*/"));
        else if (!hr_is_space(rest.p[0]))
            return;
        x->at = end < rest.n ? x->at + end : x->s.n;
        if (end < rest.n && rest.p[0] == '/' && rest.p[1] == '*')
            x->at += 2;
    }
}

static bool at_string(const scan *x)
{
    char c = peek(x);
    return c == '"' || c == '\'' || c == '`';
}

/* A string with its escapes resolved; what a template puts in stays as it is spelled, as a shell's
 * own variables do. False for an escape that is not read here. */
static bool read_string(scan *x, hr_str *out)
{
    char quote = x->s.p[x->at++];
    size_t end = x->at;
    bool plain = true;
    while (end < x->s.n && x->s.p[end] != quote)
        end += x->s.p[end] == '\\' ? 2 : 1;
    end = end < x->s.n ? end : x->s.n;
    char *p = hr_alloc(x->a, end - x->at + 1);
    size_t n = 0;
    for (size_t i = x->at; p && i < end; i++) {
        char c = x->s.p[i];
        if (c == '\\' && i + 1 < end) {
            c = x->s.p[++i];
            plain &= c != 'x' && c != 'u';
            c = (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c);
            if (x->s.p[i] == '\n')
                continue;
        }
        p[n++] = c;
    }
    x->at = end < x->s.n ? end + 1 : end;
    *out = hr_str_of(p, n);
    return p && plain;
}

static hr_str read_name(scan *x)
{
    size_t from = x->at;
    while (is_name_char(peek(x)))
        x->at++;
    return hr_str_sub(x->s, from, x->at);
}

/* Over one value: to the comma or bracket behind it. */
static void skip_value(scan *x)
{
    for (size_t depth = 0; x->at < x->s.n;) {
        skip_blank(x);
        char c = peek(x);
        hr_str unread;
        if (at_string(x)) {
            (void)read_string(x, &unread);
            continue;
        }
        bool closes = c == ')' || c == ']' || c == '}';
        if (depth == 0 && (closes || c == ','))
            return;
        depth += c == '(' || c == '[' || c == '{';
        depth -= closes;
        x->at += x->at < x->s.n;
    }
}

/* ["bash", "-lc", "ls"] */
static bool read_list(scan *x, hr_command *c)
{
    strings words = {0};
    for (x->at++; x->at < x->s.n;) {
        skip_blank(x);
        if (peek(x) == ']') {
            x->at++;
            *c = hr_command_of_words(words.p, words.n, x->a);
            return words.n > 0;
        }
        hr_str *slot = at_string(x) ? hr_vec_push(&words, x->a) : NULL;
        if (!slot || !read_string(x, slot))
            return false;
        skip_blank(x);
        x->at += peek(x) == ',';
    }
    return false;
}

static bool read_value(scan *x, hr_command *c)
{
    hr_str line;
    skip_blank(x);
    if (peek(x) == '[')
        return read_list(x, c);
    if (!at_string(x) || !read_string(x, &line))
        return false;
    skip_blank(x);
    if (!peek(x) || !strchr(",})", peek(x)))
        return false; /* put together: "git " + what */
    *c = hr_command_parse(line, x->a);
    return true;
}

/* {workdir: "web", cmd: "ls"} */
static bool read_object(scan *x, hr_command *c)
{
    for (x->at++; x->at < x->s.n;) {
        hr_str name = HR_STR_NONE;
        skip_blank(x);
        if (at_string(x))
            (void)read_string(x, &name);
        else
            name = read_name(x);
        skip_blank(x);
        if (name.n == 0 || peek(x) != ':')
            return false;
        x->at++;
        if (hr_str_eq(name, HR_STR("cmd")) || hr_str_eq(name, HR_STR("command")))
            return read_value(x, c);
        skip_value(x);
        if (peek(x) != ',')
            return false;
        x->at++;
    }
    return false;
}

/* The arguments of a call; at: the opening bracket. */
static bool read_call(scan *x, hr_command *c)
{
    x->at++;
    skip_blank(x);
    return peek(x) == '{' ? read_object(x, c) : read_value(x, c);
}

static void join(hr_command *all, const hr_command *one)
{
    bool same = all->program == one->program && hr_str_eq(all->name, one->name) &&
                hr_str_eq(all->sub, one->sub) && !one->mixed;
    bool filtered = all->filtered | one->filtered, noisy = all->noisy | one->noisy;
    if (!same)
        *all = (hr_command){.mixed = true};
    all->filtered = filtered;
    all->noisy = noisy;
}

bool hr_command_of_js(hr_str js, hr_arena *a, hr_command *out)
{
    scan x = {js, 0, a};
    size_t calls = 0;
    *out = (hr_command){0};
    while (x.at < js.n) {
        hr_str unread;
        skip_blank(&x);
        if (at_string(&x)) {
            (void)read_string(&x, &unread);
            continue;
        }
        hr_str name = read_name(&x);
        if (name.n == 0) {
            x.at++;
            continue;
        }
        if (!hr_cmd_listed(functions, name) || peek(&x) != '(')
            continue;
        hr_command c;
        if (!read_call(&x, &c))
            c = (hr_command){.mixed = true};
        if (calls++)
            join(out, &c);
        else
            *out = c;
    }
    for (size_t i = 0; i < sizeof cutters / sizeof *cutters; i++)
        out->filtered |= hr_str_has(js, hr_cstr(cutters[i]));
    return calls > 0;
}
