/* prose_tags: elements that are no HTML, such as <system-reminder>, and that no compressor of free
 * text may touch (internal to compress/). */
#ifndef HR_COMPRESS_PROSE_TAGS_H
#define HR_COMPRESS_PROSE_TAGS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"

typedef struct hr_span {
    size_t start, end;
} hr_span;

typedef HR_VEC(hr_span) hr_spans;

bool hr_html_name(hr_str name); /* one of the element names of HTML, any case */
/* Outermost balanced elements whose name is no HTML name, in order; an empty element "<x/>" too.
 * Tags without a partner are text. Linear. HR_E_NOMEM. */
hr_err hr_protected_spans(hr_str text, hr_arena *a, hr_spans *out);

#endif
