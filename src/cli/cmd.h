/* cmd: one command = one file = one const struct. main.c finds the command, loads its settings
 * (defs/options.def) and calls run; help.c prints what stands here.
 */
#ifndef HR_CLI_CMD_H
#define HR_CLI_CMD_H

#include "engine/settings.h"

#include <stdio.h>

enum { HR_EXIT_OK = 0, HR_EXIT_ERROR = 1, HR_EXIT_USAGE = 2 };

typedef struct hr_cmd {
    const char *name;
    const char *summary;  /* one line, for the list of commands */
    const char *args;     /* as in the usage line: "[FILE|-]"; "" for none */
    const char *about;    /* a short paragraph, lines of at most 78 columns */
    const char *examples; /* lines "  headroom …", first the one to try first */
    unsigned mask;        /* its HR_C_ bit */
    size_t min_args, max_args;
    /* Settings are loaded and checked; returns the exit code. */
    int (*run)(const hr_settings *s);
} hr_cmd;

extern const hr_cmd hr_cmd_proxy, hr_cmd_compress, hr_cmd_retrieve, hr_cmd_count, hr_cmd_evals,
    hr_cmd_doctor;

/* The i-th command in the order of the help, NULL behind the last. */
const hr_cmd *hr_cmd_at(size_t i);

void hr_help_root(FILE *f);
void hr_help_command(FILE *f, const hr_cmd *c);

/* "Error: …" on standard error, secrets cut out; returns HR_EXIT_ERROR. */
int hr_cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Usage line, hint to --help and "Error: …" on standard error; returns HR_EXIT_USAGE. c may be
 * NULL for the program itself. */
int hr_cli_usage(const hr_cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
