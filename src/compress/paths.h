/* paths: lines that begin with a path, grouped so that each folder and file is named once
 * (internal to compress/).
 *
 *     src/app/main.py:12:import os          src/app/:
 *     src/app/main.py:40:os.getcwd()   →     main.py:
 *     src/app/util.py:7:import os              12:import os
 *                                              40:os.getcwd()
 *                                             util.py:7:import os
 *
 * Order is kept; only neighbours are grouped. The grouping can be undone exactly, see
 * hr_paths_ungroup: a line indented by one or two spaces belongs to the headers above it.
 */
#ifndef HR_COMPRESS_PATHS_H
#define HR_COMPRESS_PATHS_H

#include "base/buf.h"
#include "base/vec.h"
#include "compress/forms.h"

typedef enum hr_path_sep {
    HR_SEP_NONE,    /* not a path line: `rest` is the whole line */
    HR_SEP_END,     /* the path is the whole line */
    HR_SEP_MATCH,   /* path ':' rest */
    HR_SEP_CONTEXT, /* path '-' rest, rest = digits '-' … (grep -C) */
} hr_path_sep;

typedef struct hr_path_line {
    hr_str path, rest;
    hr_path_sep sep;
} hr_path_line;

typedef struct hr_path_lines {
    hr_path_line *p;
    size_t n, with_path;
    bool final_newline;
} hr_path_lines;

/* Appends the grouped form. False when it could not be undone (a line that looks like a header or
 * is indented, a path with a colon): then `out` is garbage. */
bool hr_paths_group(const hr_path_lines *lines, hr_arena *a, hr_buf *out);
/* The exact inverse. HR_E_SYNTAX when the text is not a grouped form. */
hr_err hr_paths_ungroup(hr_str grouped, hr_buf *out);

#endif
