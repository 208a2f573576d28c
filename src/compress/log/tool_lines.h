/* tool_lines: what build and test tools print, told by the forms their documentation gives
 * (internal to compress/log*.c and tool_*.c).
 *
 * A line is told by itself (tool_forms.c), by the diagnostic it belongs to (tool_diag.c) or by the
 * block it stands in (tool_blocks.c): the report of a failed test, an error with its source text.
 * What a failure says becomes HR_LOG_FACT and stays as it is. All of it is linear in the text. */
#ifndef HR_COMPRESS_TOOL_LINES_H
#define HR_COMPRESS_TOOL_LINES_H

#include "compress/log/log_lines.h"

/* What a line says by itself; t: without white space around it. HR_LOG_PLAIN when it has no known
 * form. *kind tells apart what is counted separately: tests and files that passed. */
hr_log_class hr_tool_form(hr_str s, hr_str t, uint16_t *kind);

/* How severe the head of a compiler's diagnostic is; HR_LEVEL_NONE: it is none. A note is
 * HR_LEVEL_INFO. *place is the end of the location in front of it. */
hr_level hr_tool_diagnostic(hr_str s, size_t *place);
/* What kind of diagnostic it is: its option ("[-Wunused]"), else its message up to the first name
 * or number in it. */
hr_str hr_tool_kind(hr_str s);
/* Source text as compilers and runners quote it: "  773 |     code", "      |     ^~~~". */
bool hr_tool_excerpt(hr_str s);
/* Does the line mark a place in the line above it: "    ^~~~", "  |  ---- ^"? */
bool hr_tool_caret(hr_str s);

/* A frame of a stack trace inside the runner or the language's library. */
bool hr_tool_foreign_frame(hr_str t);

/* A step of that program: what it downloads, unpacks, compiles. The line has its form. */
bool hr_tool_step(hr_program from, hr_str t);

/* Sets class[i] and mark[i] of each line, and raises level[i]; plain is read. `from`: the program
 * that wrote the text, if known. HR_E_NOMEM. */
hr_err hr_tool_classify(hr_log *l, hr_program from, hr_arena *a);

#endif
