/* paths: lines that begin with a path, where the path stands once for neighbours of one file
 * (internal to compress/).
 *
 *     src/app/main.py:12:import os          src/app/main.py:12:import os
 *     src/app/main.py:40:os.getcwd()   →    40:os.getcwd()
 *     src/app/util.py:7:import os           src/app/util.py:7:import os
 *
 * As below the headings of ripgrep, but the first line of a file stays as it was: it can be copied.
 * Where paths hardly repeat (counts, one match a file), lines may leave out the folder instead:
 *
 *     src/app/main.py:12                    src/app/main.py:12
 *     src/app/util.py:7                →     util.py:7
 *
 * A break ("--") changes nothing; behind a line without a path the path is spelled again. Order is
 * kept, and hr_paths_ungroup undoes both forms exactly.
 */
#ifndef HR_COMPRESS_PATHS_H
#define HR_COMPRESS_PATHS_H

#include "base/buf.h"
#include "base/vec.h"
#include "compress/forms.h"

typedef enum hr_path_sep {
    HR_SEP_NONE,    /* not a path line: `rest` is the whole line */
    HR_SEP_END,     /* the path is the whole line */
    HR_SEP_MATCH,   /* path ':' rest, rest = digits ':' …, or a count */
    HR_SEP_PLAIN,   /* path ':' rest without a line number */
    HR_SEP_CONTEXT, /* path '-' rest, rest = digits '-' … (grep -C) */
    HR_SEP_HEADING, /* path '=' rest, rest = digits '=' … (git grep -p) */
} hr_path_sep;

typedef struct hr_path_line {
    hr_str path, rest;
    hr_path_sep sep;
    bool in_full; /* the reader asked for it: spell the whole line */
} hr_path_line;

typedef struct hr_path_lines {
    hr_path_line *p;
    size_t n;
    bool final_newline;
} hr_path_lines;

/* The first lines of the two forms, for readers. */
#define HR_PATHS_LEGEND  HR_STR("[number or colon first: same file as above]")
#define HR_PATHS_FOLDERS HR_STR("[blank first: same folder as above]")

/* Appends the grouped form. False when it could not be undone (a line of the text begins like one
 * of the form): then `out` is garbage. */
bool hr_paths_group(const hr_path_lines *lines, bool folders, hr_buf *out);
/* The exact inverse. HR_E_SYNTAX when the text is not a grouped form. */
hr_err hr_paths_ungroup(hr_str grouped, hr_buf *out);

/* "path:12:text", "path:12" (a count), "path:text" if the path looks like one, a bare path. A drive
 * letter may stand in front. False: no path line. */
bool hr_path_line_read(hr_str line, hr_path_line *out);

/* The line as it stood; path and rest must still be slices of it. */
hr_str hr_path_line_whole(const hr_path_line *l);

#endif
