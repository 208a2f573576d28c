/* paths: lines that begin with a path, where a line says only what differs from the path line above
 * it (internal to compress/).
 *
 *     src/app/main.py:12:import os          src/app/main.py:12:import os
 *     src/app/main.py:40:os.getcwd()   →     40:os.getcwd()
 *     src/app/util.py:7:import os            util.py:7:import os
 *     lib/x.py:1:pass                       lib/x.py:1:pass
 *
 * A blank and a number, or a blank and a colon: the same file. A blank and a name: below the folder
 * of the line above.
 * Steps upwards are spelled in full, so that a reader never has to walk a chain. Order is kept, and
 * hr_paths_ungroup undoes it exactly.
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

/* The first line of a grouped form, for readers. */
#define HR_PATHS_LEGEND                                                                            \
    HR_STR("[a blank and a number: same file as above; a blank and a name: same folder]")

/* Appends the grouped form. False when it could not be undone (a line of the text begins with a
 * blank): then `out` is garbage. */
bool hr_paths_group(const hr_path_lines *lines, hr_buf *out);
/* The exact inverse. HR_E_SYNTAX when the text is not a grouped form. */
hr_err hr_paths_ungroup(hr_str grouped, hr_buf *out);

/* "path:12:text", "path:12" (a count), "path:text" if the path looks like one, a bare path. A drive
 * letter may stand in front. False: no path line. */
bool hr_path_line_read(hr_str line, hr_path_line *out);

/* The line as it stood; path and rest must still be slices of it. */
hr_str hr_path_line_whole(const hr_path_line *l);

#endif
