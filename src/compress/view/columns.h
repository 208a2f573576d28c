/* columns: tables whose cells are padded to stand below each other, without the padding (internal
 * to compress/).
 *
 *     [aligned table of 3 rows, nothing left out: columns at 0 9 -20, cells are parted by "|" …]
 *     NAME|STATUS|RESTARTS
 *     web-1|Running|0
 *     web-2|Running|3
 *
 * A column's number is where its cells begin; with a minus, where they end. Cells that are equal in
 * all rows but the first stand in the head: "column 2 STATUS is "Running"". "=" is put before rows
 * that are not laid out that way. Text outside of tables (blocks of lines between blank ones) stays
 * as it is. */
#ifndef HR_COMPRESS_COLUMNS_H
#define HR_COMPRESS_COLUMNS_H

#include "base/buf.h"
#include "base/vec.h"
#include "compress/table/csv.h"

enum { HR_COLUMNS_MAX = 40 };

typedef struct hr_column {
    size_t start, end; /* characters; end == SIZE_MAX for the last */
    size_t from, to;   /* where a cell of it may stand, longer ones than usual included */
    bool right;        /* cells end at `end` */
} hr_column;

typedef struct hr_columns {
    hr_column col[HR_COLUMNS_MAX];
    size_t ncols;
    HR_VEC(hr_str) lines;
    bool *laid_out; /* does the line follow the columns exactly? */
    size_t first;   /* the first line that does */
    size_t heading; /* the line that names the columns; lines.n: none does */
    size_t width;   /* lines are padded to so many characters; 0: they are not padded */
} hr_columns;

/* The columns of a block of lines. HR_E_SYNTAX: no such table. */
hr_err hr_columns_read(hr_str block, hr_arena *a, hr_columns *out);
/* A line of dashes, as it stands below a heading. */
bool hr_columns_rule(hr_str line);
/* Cell k of a line, without its padding. */
hr_str hr_columns_cell(const hr_columns *t, hr_str line, size_t k);
/* Writes a line from its cells, as the columns lay it out. */
void hr_columns_layout(const hr_columns *t, const hr_str *cells, hr_buf *b);

/* Which rows of a table of things that run, are mounted or installed stand out: those in trouble,
 * restarted, nearly full, or using the most. One flag a record; NULL when memory is short. */
bool *hr_columns_keep(const hr_csv *c, hr_arena *a);

/* Appends the table without its padding. False: it would not be shorter. */
bool hr_columns_pack(const hr_columns *t, const hr_tokenizer *tok, hr_arena *a, hr_buf *out);
/* A whole text back from such tables. HR_E_SYNTAX. */
hr_err hr_columns_unpack(hr_str form, hr_arena *a, hr_buf *out);

#endif
