/* rows: which parts of a document matter least, and words for what was left out (internal).
 *
 * hr_rows_select looks at every array (and map) of the document that is long enough, keeps what a
 * reader could not do without - failures, outliers, rare values, changes, the ends, and what the
 * query asks for - plus a spread of ordinary rows, and marks the rest in v->mark.
 */
#ifndef HR_COMPRESS_ROWS_H
#define HR_COMPRESS_ROWS_H

#include "base/buf.h"
#include "compress/table/table_plan.h"

typedef struct hr_rows_total {
    size_t rows;   /* elements and members left out */
    size_t texts;  /* long strings shortened */
    size_t places; /* containers that lost something */
    uint32_t only; /* the container when places == 1 */
} hr_rows_total;

/* Fills v->mark. No places and no texts: nothing can be left out. key: of the
 * whole block; NULL: texts are not shortened by the compressors of their kinds. */
hr_err hr_rows_select(hr_jview *v, const hr_key *key, hr_rows_total *total);

/* The sentence for the one marker that ends a lossy form. */
void hr_rows_summary(hr_jview *v, const hr_rows_total *total, hr_buf *b);
/* "285 of 300 rows omitted: 4-17, 19-…; level: INFO 170, …" for a container marked MORE. */
void hr_rows_note(hr_jview *v, uint32_t node, hr_buf *b);
/* "<base64, 12.3 KB omitted>" */
void hr_rows_blob_note(hr_jview *v, uint32_t node, hr_buf *b);

#endif
