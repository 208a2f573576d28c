/* scales: sizes of texts in tokens of the target model, counted only where the estimate cannot
 * decide. Estimates that differ by more than a factor of 1.6 are trusted (internal to compress/).
 */
#ifndef HR_COMPRESS_SCALES_H
#define HR_COMPRESS_SCALES_H

#include "compress/compress.h"

typedef struct hr_counted {
    hr_str s;
    size_t tokens;
} hr_counted;

/* Exact counts made so far: the same text is weighed against every form offered for it. */
enum { HR_SCALES_COUNTS = 8 };
typedef struct hr_scales {
    const hr_compress_opts *o;
    hr_counted known[HR_SCALES_COUNTS];
    size_t n; /* counts made; the oldest is forgotten */
} hr_scales;

/* A text with its size in tokens, counted exactly only on demand. */
typedef struct hr_sized {
    hr_str s;
    size_t estimate, exact;
    bool counted;
} hr_sized;

hr_sized hr_size_of(const hr_compress_opts *o, hr_str s);
size_t hr_exact(hr_scales *c, hr_sized *x);
/* a <= factor * b by a margin that counting cannot turn around. */
bool hr_surely_at_most(const hr_sized *a, double factor, const hr_sized *b);
/* a <= factor * b, in tokens. */
bool hr_at_most(hr_scales *c, hr_sized *a, double factor, hr_sized *b);
/* Has the text at least so many tokens? */
bool hr_reaches(hr_scales *c, hr_sized *text, size_t gate);
/* The exact count if it was made, else the estimate. */
size_t hr_best_known(const hr_sized *x);
size_t hr_less_by(const hr_sized *before, const hr_sized *after);

#endif
