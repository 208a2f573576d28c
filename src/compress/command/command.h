/* command: which program wrote a text, told from the tool call that asked for it (internal to
 * compress/).
 *
 * The tool call's arguments hold a shell command in one of the shapes that agents use: {"command":
 * "…"}, {"cmd": ["bash", "-lc", "…"]}, {"script": "…"}, {"action": {"command": […]}}, a plain
 * string. The command is read as a POSIX shell would split it; nothing is expanded or run. What it
 * says is a hint: whoever uses it makes sure that the text has that program's form, because an
 * error message or a script of the same name may stand there instead.
 *
 *     cd web && CI=1 timeout 60 npx jest --ci 2>&1 | tail -50     → JEST, filtered
 *     git -C sub --no-pager log --stat -5                         → GIT, sub "log"
 *     make -j4 && ctest                                           → UNKNOWN, mixed
 */
#ifndef HR_COMPRESS_COMMAND_H
#define HR_COMPRESS_COMMAND_H

#include "base/arena.h"

typedef enum hr_program {
    HR_PROGRAM_UNKNOWN,
#define HR_PROGRAM(id, kind, names, options) HR_PROGRAM_##id,
#include "compress/command/command.def"
#undef HR_PROGRAM
    HR_PROGRAM_COUNT
} hr_program;

enum {
    HR_COMMAND_MAX = 64 * 1024, /* bytes; longer commands are not read */
    HR_COMMAND_NEST = 4,        /* shells inside shells */
};

typedef struct hr_command {
    hr_program program;
    hr_str name;        /* the program as called, without its folder; also when it is not known */
    hr_str sub, object; /* of programs with sub-commands: git "log", kubectl "get" "pods", npm "run"
                           "build"; else empty */
    const hr_str *args; /* all words behind the name, quotes resolved, nothing expanded */
    size_t nargs;
    bool filtered; /* lines may be missing or sorted: head, tail, grep, sort … behind a pipe */
    bool noisy;    /* small commands wrote into the same text: echo, date, pwd … */
    bool mixed;    /* several programs wrote it: program is UNKNOWN */
} hr_command;

/* The program behind a tool's output. All slices are in the arena or in tool_input. What cannot be
 * told is HR_PROGRAM_UNKNOWN, also when memory is short. Linear in tool_input. */
hr_command hr_command_read(hr_str tool_name, hr_str tool_input, hr_arena *a);
/* The same for a command line as one would type it. */
hr_command hr_command_parse(hr_str line, hr_arena *a);
/* And for a command whose words are parted already: p[0] is the program. */
hr_command hr_command_of_words(const hr_str *p, size_t n, hr_arena *a);

/* Main name, "pytest"; "" for UNKNOWN. */
hr_str hr_program_name(hr_program p);

/* Is an option given, as a letter ("-v", also among others as in "-sSv"; 0: it has none) or as a
 * word ("--verbose", "--verbose=…"; NULL: it has none)? */
bool hr_command_flag(const hr_command *c, char letter, const char *word);
/* Is the sub-command this one? */
static inline bool hr_command_sub(const hr_command *c, hr_program p, const char *sub)
{
    return c->program == p && hr_str_eq(c->sub, hr_cstr(sub));
}

#endif
