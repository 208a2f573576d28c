/* evals: does what an agent needs stay findable, and what is saved? Evaluations that need no model
 * and no network, over generated documents or over the user's own. */
#ifndef HR_EVALS_EVALS_H
#define HR_EVALS_EVALS_H

#include "engine/engine.h"
#include "evals/report.h"

typedef struct hr_evals_in {
    hr_str what;       /* "needles", "retention", "roundtrip", "adversarial", "probes", "suite" */
    hr_str data;       /* a folder of outputs, or empty */
    hr_str transcript; /* a file of conversations, or empty */
    hr_str recordings; /* a folder of recorded compression events, or empty */
    hr_str model;      /* whose tokens count */
    unsigned tier;     /* of suite: 1-3 */
    size_t max_rows;   /* largest generated document */
    uint64_t seed;
} hr_evals_in;

/* Is there an evaluation of that name? */
bool hr_evals_known(hr_str what);
/* Runs it on an engine of its own, opened with *o. The report lives in a. On an input that cannot
 * be read an error and *message. */
hr_err hr_evals_run(const hr_engine_opts *o, const hr_evals_in *in, hr_arena *a, hr_report *out,
                    hr_str *message);

#endif
