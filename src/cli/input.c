#include "cli/input.h"

#include "cli/cmd.h"
#include "engine/paths.h"

#include <errno.h>
#include <unistd.h>

static bool read_stdin(hr_arena *a, hr_str *out)
{
    hr_buf b = HR_BUF_INIT(HR_CLI_MAX_INPUT);
    ssize_t n = 1;
    if (isatty(STDIN_FILENO))
        fputs("Reading standard input; end it with Ctrl-D.\n", stderr);
    while (n != 0) {
        char *to = hr_buf_reserve(&b, 65536);
        if (!to)
            break;
        n = read(STDIN_FILENO, to, 65536);
        if (n < 0 && errno != EINTR)
            break;
        b.n += n > 0 ? (size_t)n : 0;
    }
    bool ok = n == 0;
    if (ok)
        *out = hr_str_dup(a, hr_buf_str(&b));
    hr_buf_free(&b);
    if (!ok)
        hr_cli_error("standard input could not be read, or is larger than 1 GiB");
    return ok;
}

bool hr_cli_input(const hr_settings *s, hr_arena *a, hr_str *out)
{
    hr_str name = s->nargs ? s->args[0] : HR_STR("-");
    if (hr_str_eq(name, HR_STR("-")))
        return read_stdin(a, out);
    hr_err err = hr_file_read(name, HR_CLI_MAX_INPUT, a, out);
    if (err == HR_OK)
        return true;
    hr_cli_error("%.*s: %s", HR_FMT(name),
                 err == HR_E_NOTFOUND ? "no such file" : hr_err_text(err));
    return false;
}

bool hr_cli_output(hr_str s)
{
    while (s.n) {
        ssize_t n = write(STDOUT_FILENO, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            hr_cli_error("standard output: write failed");
            return false;
        }
        s = hr_str_sub(s, (size_t)n, s.n);
    }
    return true;
}
