/* command_words: the words of one simple command (internal to the readers of commands).
 *
 * What runs another command (sudo, timeout, npx, python -m …) is peeled off, so that the program's
 * own words remain. */
#ifndef HR_COMPRESS_COMMAND_WORDS_H
#define HR_COMPRESS_COMMAND_WORDS_H

#include "compress/command/command.h"

typedef struct hr_cmd_words {
    const hr_str *p;
    size_t n;
    bool nested; /* p[0] is a script for a shell of its own */
    bool to_file;
} hr_cmd_words;

/* The program's own words; nested when they are a script. */
hr_cmd_words hr_cmd_peel(hr_cmd_words w);
/* Fills in sub-command and object from the arguments. */
void hr_cmd_read_sub(hr_command *c);

/* Is w one of the words of a list separated by blanks? */
bool hr_cmd_listed(const char *list, hr_str w);
bool hr_cmd_is_option(hr_str w);
/* Without folder, and without the ending of an executable or of a script. */
hr_str hr_cmd_base_name(hr_str path);
hr_program hr_cmd_program(hr_str name);

#endif
