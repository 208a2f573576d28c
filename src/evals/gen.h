/* gen: documents made from a seed, each with one needle in it. */
#ifndef HR_EVALS_GEN_H
#define HR_EVALS_GEN_H

#include "base/arena.h"
#include "evals/rng.h"

typedef enum hr_content {
    HR_CONTENT_JSON_ARRAY,
    HR_CONTENT_NESTED, /* rows inside objects, with objects inside rows */
    HR_CONTENT_LOG,
    HR_CONTENT_SEARCH, /* path:line:text */
    HR_CONTENT_DIFF,
    HR_CONTENT_CSV,
    HR_CONTENT_PLAIN, /* sentences */
    HR_CONTENT_COUNT
} hr_content;

typedef enum hr_needle_kind {
    HR_NEEDLE_ERROR,   /* the one row that failed: its error code */
    HR_NEEDLE_OUTLIER, /* a number far beyond three deviations */
    HR_NEEDLE_RARE,    /* a status that occurs once: the status and the row's id */
    HR_NEEDLE_QUERY,   /* the id asked for: the id and the number beside it */
    HR_NEEDLE_CHANGE,  /* where the level of a series changes: the row's id */
    HR_NEEDLE_LAST,    /* the last row's id */
    HR_NEEDLE_COUNT
} hr_needle_kind;

const char *hr_content_name(hr_content c);
const char *hr_needle_name(hr_needle_kind k);

typedef struct hr_doc {
    hr_str text, query, needles[2];
    size_t nneedles;
} hr_doc;

/* rows ≥ 1; percent 0-100: where the needle's row stands. False when memory is short. */
bool hr_gen_doc(uint64_t seed, hr_content c, hr_needle_kind k, size_t rows, unsigned percent,
                hr_arena *a, hr_doc *out);

#endif
