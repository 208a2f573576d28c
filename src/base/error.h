/* error: every failure is a value from one table (error.def): a code, a stable name, a fixed text.
 *
 * A function that can fail returns hr_err; HR_OK is zero. A reader that found bad input also
 * reports where: see hr_errpos. Texts are constant and never contain input bytes (secrets).
 */
#ifndef HR_BASE_ERROR_H
#define HR_BASE_ERROR_H

#include <stddef.h>

typedef enum hr_err {
    HR_OK = 0,
#define HR_ERR(id, name, text) HR_E_##id,
#include "base/error.def"
#undef HR_ERR
    HR_ERR_COUNT
} hr_err;

/* What went wrong and where: `at` is a byte offset into the input (0 when it has no meaning). */
typedef struct hr_errpos {
    hr_err code;
    size_t at;
} hr_errpos;

const char *hr_err_name(hr_err e); /* "no_memory" */
const char *hr_err_text(hr_err e); /* "out of memory" */

#endif
