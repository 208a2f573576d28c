/* help: what --help prints, all of it from the command structs and defs/options.def. */
#include "cli/cmd.h"

enum { COLUMNS = 79, HELP_AT = 32 };

/* text from column `at` on, broken at blanks; the first line starts at the cursor's column `now`.
 */
static void wrap(FILE *f, hr_str text, size_t now, size_t at)
{
    hr_str word;
    bool first = true;
    while (hr_str_split(&text, ' ', &word)) {
        if (!first && now + 1 + word.n > COLUMNS) {
            fprintf(f, "\n%*s", (int)at, "");
            now = at;
            first = true;
        }
        fprintf(f, "%s%.*s", first ? "" : " ", HR_FMT(word));
        now += word.n + !first;
        first = false;
    }
    fputc('\n', f);
}

/* A name in the left column, its text in the right one. */
static void entry(FILE *f, hr_str name, hr_str text)
{
    fprintf(f, "  %.*s", HR_FMT(name));
    size_t now = 2 + name.n;
    if (now + 2 > HELP_AT) {
        fputc('\n', f);
        now = 0;
    }
    fprintf(f, "%*s", (int)(HELP_AT - now), "");
    wrap(f, text, HELP_AT, HELP_AT);
}

static hr_str first_of(const char *names)
{
    hr_str rest = hr_cstr(names), part = HR_STR_NONE;
    hr_str_split(&rest, '|', &part);
    return part;
}

static void metavar(const hr_opt_info *o, hr_buf *b)
{
    if (o->kind == HR_T_BOOL)
        return;
    hr_buf_addc(b, ' ');
    if (o->kind != HR_T_ENUM) {
        hr_buf_add(b, hr_cstr(o->values));
        return;
    }
    hr_str rest = hr_cstr(o->values), part;
    for (const char *sep = ""; hr_str_split(&rest, '|', &part); sep = "|") {
        if (!hr_str_has(part, HR_STR("=")))
            hr_buf_addf(b, "%s%.*s", sep, HR_FMT(part));
    }
}

/* "[env: X; default: Y; 1 to 9]" on a line of its own. */
static void facts(const hr_opt_info *o, hr_buf *b, bool flag)
{
    bool only_off = o->off[0] && !o->on[0], only_on = o->on[0] && !o->off[0];
    const char *sep = "[";
    if (flag && o->env[0]) {
        hr_str env = first_of(o->env);
        bool invert = env.p[0] == '!';
        hr_buf_addf(b, "%senv: %.*s%s", sep, HR_FMT(hr_str_sub(env, invert, env.n)),
                    only_off && !invert ? "=0" : "");
        sep = "; ";
    }
    if (o->def[0] && !(flag && o->kind == HR_T_BOOL && (only_on || only_off))) {
        hr_buf_addf(b, "%sdefault: %s", sep, o->def);
        sep = "; ";
    }
    if (o->kind == HR_T_INT && o->max <= 100000) {
        hr_buf_addf(b, "%s%.15g to %.15g", sep, o->min, o->max);
        sep = "; ";
    }
    if (sep[0] == ';')
        hr_buf_addc(b, ']');
}

static void option(FILE *f, const hr_opt_info *o)
{
    hr_buf name = HR_BUF_INIT(512), text = HR_BUF_INIT(4096);
    bool flag = o->on[0] || o->off[0];
    if (o->letter[0])
        hr_buf_addf(&name, "-%s, ", o->letter);
    if (o->on[0])
        hr_buf_add(&name, first_of(o->on));
    if (o->on[0] && o->off[0])
        hr_buf_lit(&name, " / ");
    if (o->off[0])
        hr_buf_add(&name, first_of(o->off));
    if (!flag)
        hr_buf_add(&name, first_of(o->env));
    else
        metavar(o, &name);
    hr_buf_add(&text, hr_cstr(o->help));
    entry(f, hr_buf_str(&name), hr_buf_str(&text));
    hr_buf_clear(&text);
    facts(o, &text, flag);
    if (text.n) {
        fprintf(f, "%*s", HELP_AT, "");
        wrap(f, hr_buf_str(&text), HELP_AT, HELP_AT);
    }
    hr_buf_free(&name);
    hr_buf_free(&text);
}

static bool listed(const hr_opt_info *o, unsigned mask, bool flags)
{
    return (o->cmds & mask) && (o->on[0] || o->off[0]) == flags;
}

void hr_help_command(FILE *f, const hr_cmd *c)
{
    fprintf(f, "Usage: headroom %s [OPTIONS]%s%s\n\n%s\n\nExamples:\n%s\n", c->name,
            c->args[0] ? " " : "", c->args, c->about, c->examples);
    for (int section = 0; section < HR_S_SECTION_COUNT; section++) {
        bool titled = false;
        for (int i = 0; i < HR_OPT_COUNT_; i++) {
            if ((int)hr_opts[i].section != section || !listed(&hr_opts[i], c->mask, true))
                continue;
            if (!titled)
                fprintf(f, "\n%s:\n", hr_opt_section_title((hr_opt_section)section));
            titled = true;
            option(f, &hr_opts[i]);
        }
    }
    fputs("\nHelp:\n", f);
    entry(f, HR_STR("-?, --help"), HR_STR("Show this and exit."));
    bool titled = false;
    for (int i = 0; i < HR_OPT_COUNT_; i++) {
        if (!listed(&hr_opts[i], c->mask, false))
            continue;
        if (!titled)
            fputs("\nSet by environment variable or config file only:\n", f);
        titled = true;
        option(f, &hr_opts[i]);
    }
    fputs("\nA flag wins over its environment variable, which wins over the config file\n"
          "(config.json in the config folder), which wins over the default.\n",
          f);
}

void hr_help_root(FILE *f)
{
    fputs(
        "Usage: headroom [OPTIONS] COMMAND [ARGS]...\n\n"
        "Makes what AI agents read smaller, and keeps every original.\n\n"
        "Start here:\n"
        "  headroom proxy                                       in one terminal\n"
        "  ANTHROPIC_BASE_URL=http://127.0.0.1:8787 claude      in another\n"
        "  headroom doctor                                      does it work, what did it save\n\n"
        "Commands:\n",
        f);
    const hr_cmd *c;
    for (size_t i = 0; (c = hr_cmd_at(i)) != NULL; i++)
        fprintf(f, "  %-12s%s\n", c->name, c->summary);
    fputs("\nOptions:\n"
          "  -v, --version   Show the version and exit.\n"
          "  -?, --help      Show this and exit; after a command: its options.\n",
          f);
}
