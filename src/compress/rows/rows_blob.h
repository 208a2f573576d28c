/* rows_blob: long strings that nobody reads whole (internal to rows*.c). */
#ifndef HR_COMPRESS_ROWS_BLOB_H
#define HR_COMPRESS_ROWS_BLOB_H

#include "base/buf.h"
#include "compress/rows/rows_text.h"

/* May the string be replaced in the lossy form? */
bool hr_blob_is(const hr_rowtext *x, const hr_jview *v, uint32_t node);
/* What stands for it, to be put between quotes: kind and size, for prose with its beginning, its
 * end, and the lines that say something about failures or the query. */
void hr_blob_write(const hr_rowtext *x, const hr_jview *v, uint32_t node, hr_buf *b);

#endif
