/* search: search results as lines that know their file (internal to compress/).
 *
 * Read are grep, ripgrep, ag, ack and git grep: with and without line numbers, columns, headings
 * and context; match counts; ripgrep's JSON. */
#ifndef HR_COMPRESS_SEARCH_H
#define HR_COMPRESS_SEARCH_H

#include "base/map.h"
#include "compress/search/paths.h"

typedef enum hr_found {
    HR_FOUND_OTHER, /* stays as it is, wherever it stands */
    HR_FOUND_MATCH,
    HR_FOUND_CONTEXT,
    HR_FOUND_BREAK, /* "--" between pieces of a file */
    HR_FOUND_FILE,  /* a path above its matches */
} hr_found;

typedef struct hr_search_line {
    hr_path_line l; /* below a path of its own line: that path, and the line as `rest` */
    hr_found is;
    uint32_t file; /* index in hr_search.files, of matches and context */
    bool asked, keep;
} hr_search_line;

typedef struct hr_search {
    HR_VEC(hr_search_line) lines;
    hr_map files;   /* path → its matches */
    size_t matches; /* of all files */
    bool headings;  /* paths stand above their matches */
    bool final_newline;
} hr_search;

/* HR_E_SYNTAX: fewer than half of the lines have a path. HR_E_NOMEM. */
hr_err hr_search_read(hr_str text, hr_arena *a, hr_search *s);

/* Does the text begin like the answer of `rg --json`? */
bool hr_search_is_json(hr_str text);
/* That answer as "path:12:text" lines. HR_E_SYNTAX when it is not all of that form. */
hr_err hr_search_from_json(hr_str json, const hr_deadline *d, hr_arena *a, hr_str *out);

#endif
