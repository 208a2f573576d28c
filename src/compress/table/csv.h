/* csv: delimited text as records of cells (internal to compress/).
 *
 * Comma, semicolon and tab follow RFC 4180 (quoted cells may hold delimiters and line breaks);
 * '|' is a Markdown table or one with drawn borders. Cells are slices of the text; nothing is
 * decoded. */
#ifndef HR_COMPRESS_CSV_H
#define HR_COMPRESS_CSV_H

#include "base/vec.h"
#include "compress/forms.h"

typedef struct hr_csv_record {
    hr_str line;           /* the record as it stands, without its line break */
    uint32_t first, count; /* its cells in hr_csv.cells */
} hr_csv_record;

typedef struct hr_csv {
    char delimiter;
    bool box;                      /* '|' is spelled U+2502 */
    uint32_t columns;              /* of the first record */
    HR_VEC(hr_csv_record) records; /* the first one names the columns */
    bool headless;                 /* the first record is a row like the others */
    HR_VEC(hr_str) cells;          /* without quotes and outer blanks */
    hr_str rule;                   /* of '|': the line of dashes behind the names */
    hr_str before;                 /* text in front of the table, with its line break */
    hr_str after;                  /* text behind it */
    const bool *must;              /* records that stay in any case; NULL: none */
} hr_csv;

/* HR_E_SYNTAX: no such table (fewer than 3 records, or too many of other widths). HR_E_LIMIT: more
 * than 256 columns. */
hr_err hr_csv_read(hr_str text, hr_arena *a, hr_csv *out);

/* The lossy form of a table: rows that matter least are left out. HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_csv_sample(const hr_compress_opts *o, const hr_csv *c, const hr_key *key, hr_arena *a,
                     hr_forms *out);

#endif
