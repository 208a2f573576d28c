/* log_lines: a log read into lines, records and groups (internal to compress/log*.c).
 *
 * A record is one line with what belongs to it: indented lines, stack frames and, in a log whose
 * lines carry times, lines without one. Records that occur again with the same shape are one unit;
 * all other lines are units of their own. Units of the same shape and level form a group. */
#ifndef HR_COMPRESS_LOG_LINES_H
#define HR_COMPRESS_LOG_LINES_H

#include "compress/command/command.h"
#include "compress/log/template.h"

enum { HR_LOG_RECORD = 64 }; /* longer records fall apart into lines */

/* What build and test tools print, told by its form (tool_lines.h). */
typedef enum hr_log_class {
    HR_LOG_PLAIN,
    HR_LOG_FACT,    /* a failure, what it says, a summary: stays as it is */
    HR_LOG_PASSED,  /* one test that passed, or one file of them */
    HR_LOG_STEP,    /* what is about to be done: a test that is started, a download */
    HR_LOG_DETAIL,  /* a further line of a test that passed */
    HR_LOG_TOLD,    /* a test that failed, named again in the summary */
    HR_LOG_FRAME,   /* of a stack trace, inside the runner or the language's library */
    HR_LOG_SOURCE,  /* source text that a test runner prints around the failing line */
    HR_LOG_EXCERPT, /* source text under a compiler's warning or note: goes with it */
    HR_LOG_TAGGED,  /* a compiler's warning, or a note to its error */
} hr_log_class;

typedef struct hr_log_group {
    uint32_t count, first, last; /* units */
    uint32_t lines;              /* in each unit, as in the first */
    hr_level level;
    hr_log_class class;
} hr_log_group;

typedef struct hr_log_unit {
    uint32_t line, lines; /* first line and their number */
    uint32_t group;
    bool whole; /* a record to keep or fold as one */
} hr_log_unit;

typedef struct hr_log {
    hr_str *raw, *plain; /* lines without their LF; plain without escapes and overwritten parts */
    uint32_t *tpl;       /* template group of each line */
    uint32_t *head;      /* bytes of each line's head */
    uint8_t *level, *class;
    uint16_t *mark; /* PLAIN: status of a failed HTTP request, else 0; PASSED: what passed;
                       FACT: 1 inside a report */
    hr_tpl *tpls;
    size_t n, ntpl;
    HR_VEC(hr_log_unit) units;
    HR_VEC(hr_log_group) groups;
    size_t tools; /* lines that only build and test tools print */
    bool stamped; /* its records start with a time */
    bool folded;  /* some plain line differs from its raw one */
} hr_log;

/* HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_log_read(hr_str text, hr_program from, const hr_deadline *deadline, hr_arena *a,
                   hr_log *out);

#endif
