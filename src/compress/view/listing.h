/* listing: names and paths, a line each, where a folder is spelled once (internal to compress/).
 *
 *     src/app/main.py          [5 lines, nothing left out: …]
 *     src/app/util.py    →     src/app/: main.py util.py
 *     src/lib/a.c              src/lib/: a.c b.c
 *     src/lib/b.c              README.md
 *     README.md
 *
 * In front of the blank stands the folder ("": none), behind it stand names, each of which was a
 * line; an indented line goes on with more. Where lines have other words in front of the path, each
 * keeps its line and only the folder is taken out of it:
 *
 *     100644 blob 1f2e src/app/main.py      src/app/:
 *     100644 blob 77aa src/app/util.py  →    100644 blob 1f2e main.py
 *                                             100644 blob 77aa util.py
 *
 * A line of the original that could be mistaken for one of these has "=" in front. A folder that
 * all paths share may stand in the head. */
#ifndef HR_COMPRESS_LISTING_H
#define HR_COMPRESS_LISTING_H

#include "base/buf.h"
#include "compress/forms.h"

/* *out: the grouped form, or HR_STR_NONE when it would not be shorter. HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_listing_group(hr_str text, const hr_deadline *deadline, hr_arena *a, hr_str *out,
                        hr_str *strategy);
/* The exact inverse, appended. HR_E_SYNTAX: no such form. Output is bounded by the buffer's limit.
 */
hr_err hr_listing_ungroup(hr_str form, hr_buf *out);

/* The folder of a path with its slash, "" if it has none. */
static inline hr_str hr_listing_folder(hr_str path)
{
    size_t slash = path.n ? hr_str_rfind_char(hr_str_sub(path, 0, path.n - 1), '/') : SIZE_MAX;
    return slash == SIZE_MAX ? hr_str_of(path.p, 0) : hr_str_sub(path, 0, slash + 1);
}

#endif
