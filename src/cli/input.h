/* input: what a command reads: a file, or standard input for "-" and for nothing. */
#ifndef HR_CLI_INPUT_H
#define HR_CLI_INPUT_H

#include "engine/settings.h"

enum { HR_CLI_MAX_INPUT = 1 << 30 };

/* The whole input in the arena. On failure prints "Error: …" and returns false. */
bool hr_cli_input(const hr_settings *s, hr_arena *a, hr_str *out);
/* Writes all of it to standard output; false (with a message) when that fails. */
bool hr_cli_output(hr_str s);

#endif
