/* diff: the lines of unified and combined diffs (internal to compress/). */
#ifndef HR_COMPRESS_DIFF_H
#define HR_COMPRESS_DIFF_H

#include "base/vec.h"
#include "compress/forms.h"

typedef enum hr_diff_kind {
    HR_DIFF_META, /* headers, commit messages, whatever stands between hunks */
    HR_DIFF_FILE, /* "diff …" */
    HR_DIFF_HUNK, /* "@@ … @@" */
    HR_DIFF_CONTEXT,
    HR_DIFF_ADD,
    HR_DIFF_DEL,
    HR_DIFF_NOTE, /* "\ No newline at end of file" */
} hr_diff_kind;

typedef struct hr_diff_line {
    hr_str s;
    hr_diff_kind kind;
} hr_diff_line;

typedef struct hr_diff {
    HR_VEC(hr_diff_line) lines;
    size_t hunks;
} hr_diff;

/* Lines inside hunks are told by the hunk's counts, so that "--- x" in a body is no header; a line
 * that no body can have ends a hunk that was cut off. HR_E_NOMEM. */
hr_err hr_diff_read(hr_str text, hr_arena *a, hr_diff *d);

/* The path a "diff --git a/x b/x", "--- a/x" or "+++ b/x" line ends with. */
hr_str hr_diff_path(hr_str line);
/* Files that programs write: lock files, minified code, generated sources, installed packages. */
bool hr_diff_generated(hr_str path);
/* Languages where white space at the ends of a line is meaning, and unknown files. */
bool hr_diff_space_matters(hr_str path);

#endif
