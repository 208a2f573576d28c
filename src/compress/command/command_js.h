/* command_js: the command in a script that calls a shell (internal to the readers of commands). */
#ifndef HR_COMPRESS_COMMAND_JS_H
#define HR_COMPRESS_COMMAND_JS_H

#include "compress/command/command_words.h"

/* False: no shell is called in it, so that it may be a shell's own script. Linear. */
bool hr_command_of_js(hr_str js, hr_arena *a, hr_command *out);

#endif
