#include "base/log.h"
#include "cli/cmd.h"

#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

const hr_cmd *hr_cmd_at(size_t i)
{
    static const hr_cmd *const all[] = {&hr_cmd_proxy, &hr_cmd_compress, &hr_cmd_retrieve,
                                        &hr_cmd_count, &hr_cmd_evals,    &hr_cmd_doctor};
    return i < sizeof(all) / sizeof(*all) ? all[i] : NULL;
}

static const hr_cmd *find(hr_str name)
{
    const hr_cmd *c;
    for (size_t i = 0; (c = hr_cmd_at(i)) != NULL; i++) {
        if (hr_str_eq(name, hr_cstr(c->name)))
            return c;
    }
    return NULL;
}

static void say_error(const char *fmt, va_list ap)
{
    char text[1024];
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    hr_buf shown = HR_BUF_INIT(4096);
    hr_redact(hr_str_of(text, n < 0 ? 0 : strlen(text)), &shown);
    fprintf(stderr, "Error: %.*s\n", HR_FMT(hr_buf_str(&shown)));
    hr_buf_free(&shown);
}

int hr_cli_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say_error(fmt, ap);
    va_end(ap);
    return HR_EXIT_ERROR;
}

int hr_cli_usage(const hr_cmd *c, const char *fmt, ...)
{
    if (c)
        fprintf(stderr, "Usage: headroom %s [OPTIONS]%s%s\nTry 'headroom %s --help' for help.\n\n",
                c->name, c->args[0] ? " " : "", c->args, c->name);
    else
        fputs("Usage: headroom [OPTIONS] COMMAND [ARGS]...\nTry 'headroom --help' for help.\n\n",
              stderr);
    va_list ap;
    va_start(ap, fmt);
    say_error(fmt, ap);
    va_end(ap);
    return HR_EXIT_USAGE;
}

static int run(const hr_cmd *c, int argc, char **argv)
{
    hr_settings s;
    hr_settings_error e;
    const hr_settings_in in = {c->mask, argc, argv, environ, c->max_args};
    hr_err err = hr_settings_load(&in, &s, &e);
    int code;
    hr_log_level level;
    if (err != HR_OK) {
        code = e.exit_code == HR_EXIT_USAGE ? hr_cli_usage(c, "%s", e.text)
                                            : hr_cli_error("%s", e.text);
    } else if (s.help) {
        hr_help_command(stdout, c);
        code = HR_EXIT_OK;
    } else if (s.nargs < c->min_args) {
        code = hr_cli_usage(c, "Missing argument: %s", c->args);
    } else {
        if (hr_log_level_parse(s.log_level, &level))
            hr_log_set_level(level);
        code = c->run(&s);
    }
    hr_settings_free(&s);
    if (fflush(stdout) != 0 && code == HR_EXIT_OK)
        code = HR_EXIT_ERROR;
    return code;
}

int main(int argc, char **argv)
{
    hr_str first = hr_cstr(argc > 1 ? argv[1] : "--help");
    signal(SIGPIPE, SIG_IGN);
    if (hr_str_eq(first, HR_STR("--help")) || hr_str_eq(first, HR_STR("-?"))) {
        hr_help_root(stdout);
        return HR_EXIT_OK;
    }
    if (hr_str_eq(first, HR_STR("--version")) || hr_str_eq(first, HR_STR("-v"))) {
        puts("headroom, version " HR_VERSION);
        return HR_EXIT_OK;
    }
    if (hr_str_starts(first, HR_STR("-")))
        return hr_cli_usage(NULL, "No such option: %.60s", argv[1]);
    const hr_cmd *c = find(first);
    if (!c)
        return hr_cli_usage(NULL, "No such command '%.60s'.", argv[1]);
    return run(c, argc - 2, argv + 2);
}
