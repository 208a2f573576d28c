/* listing_fold: a large listing as its folders with counts (internal to compress/).
 *
 *     src/ has only: main.c Makefile lib vendor
 *     src/lib/: 48 files (40 .c, 7 .h, 1 other); of these: x.sql
 *     src/vendor/ and 12 folders below: 340 files (300 .js, 40 .json); folders: abbrev(12) archy(3)
 *
 * Every folder stands there, or is counted and named in the line of the one above it. Names the
 * query asks for, rare kinds of file, the largest files and the names of small folders stay. */
#ifndef HR_COMPRESS_LISTING_FOLD_H
#define HR_COMPRESS_LISTING_FOLD_H

#include "base/vec.h"
#include "compress/view/view.h"

enum { HR_LISTING_DEPTH = 64 };

typedef struct hr_entry {
    hr_str folder; /* with its slash; "" for none */
    hr_str name;
    hr_str line;   /* as it stands in the text */
    uint64_t size; /* bytes, if sized */
    bool is_folder, sized;
} hr_entry;

typedef struct hr_entries {
    HR_VEC(hr_entry) p;
    HR_VEC(hr_str) notes; /* lines that are no entries: errors, totals; they stay */
    bool rows;            /* a kept entry is shown as its whole line */
    bool typed;           /* is_folder is known; else names that others are below are folders */
    bool packages;        /* names are packages; problems are written behind them */
    bool by_row; /* sizes are numbers of any unit (du), and a folder is named by its own row */
} hr_entries;

/* *out: the folded form, closed by a marker; HR_STR_NONE when nothing can be left out, or when some
 * path is too deep. HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_listing_fold(const hr_view_job *j, const hr_entries *e, hr_str *out, hr_str *strategy);

#endif
