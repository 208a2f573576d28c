/* splice: received bytes with some spans replaced. The only way a body is ever changed.
 *
 * Edits are collected in any order, sorted once, must not overlap (an insertion is an empty span;
 * several insertions at one place keep the order they were added in). The result can be written as
 * pieces (nothing copied) or as one buffer.
 */
#ifndef HR_TEXT_SPLICE_H
#define HR_TEXT_SPLICE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/vec.h"

typedef struct hr_edit {
    size_t start, end; /* replaced span of the source */
    hr_str with;       /* borrowed */
    uint32_t order;    /* set by hr_splice_add */
} hr_edit;

typedef struct hr_splice {
    hr_str src;
    HR_VEC(hr_edit) edits;
} hr_splice;

void hr_splice_init(hr_splice *s, hr_str src);
/* HR_E_RANGE when the span lies outside the source, HR_E_NOMEM. */
hr_err hr_splice_add(hr_splice *s, hr_arena *a, size_t start, size_t end, hr_str with);
/* The pieces of the result, in order, none empty. HR_E_RANGE when edits overlap. */
hr_err hr_splice_pieces(hr_splice *s, hr_arena *a, hr_str **pieces, size_t *count, size_t *total);
/* The result as one slice; the source itself when there are no edits. */
hr_err hr_splice_join(hr_splice *s, hr_arena *a, hr_str *out);

#endif
