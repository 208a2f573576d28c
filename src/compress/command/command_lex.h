/* command_lex: a shell command cut into simple commands (internal to compress/command*.c). */
#ifndef HR_COMPRESS_COMMAND_LEX_H
#define HR_COMPRESS_COMMAND_LEX_H

#include "base/vec.h"

/* One program with its words. Words are decoded (quotes and backslashes resolved); substitutions
 * stay as they are spelled. */
typedef struct hr_simple {
    size_t first, n; /* words */
    bool piped;      /* reads the output of the one before */
    bool to_file;    /* its standard output goes to a file */
} hr_simple;

typedef struct hr_script {
    HR_VEC(hr_str) words;
    HR_VEC(hr_simple) cmds; /* empty ones are left out */
} hr_script;

/* False when memory is short. Text that no shell would accept gives what can be read of it. */
bool hr_script_lex(hr_str text, hr_arena *a, hr_script *out);

#endif
