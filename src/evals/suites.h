/* suites: the evaluations, one file each. Every one adds a suite to m->r and reports failures in
 * it; they return nothing else. */
#ifndef HR_EVALS_SUITES_H
#define HR_EVALS_SUITES_H

#include "evals/evals.h"
#include "evals/measure.h"

void hr_suite_needles(hr_meter *m, const hr_evals_in *in);
void hr_suite_retention(hr_meter *m, const hr_evals_in *in);
void hr_suite_toolouts(hr_meter *m, const hr_evals_in *in);
void hr_suite_roundtrip(hr_meter *m, const hr_evals_in *in);
void hr_suite_prefix(hr_meter *m, const hr_evals_in *in);
void hr_suite_adversarial(hr_meter *m, const hr_evals_in *in);
void hr_suite_probes(hr_meter *m, const hr_evals_in *in);
/* The user's own files and conversations. HR_E_NOTFOUND, HR_E_IO …; *message says what. */
hr_err hr_suite_folder(hr_meter *m, const hr_evals_in *in, hr_str *message);
hr_err hr_suite_transcript(hr_meter *m, const hr_evals_in *in, hr_str *message);
hr_err hr_suite_recordings(hr_meter *m, const hr_evals_in *in, hr_str *message);

/* toolouts.c: the eight cases, small and large, as carriers. False behind the last. */
typedef struct hr_toolout {
    hr_str id, tool, text, query, answer;
    bool large;
} hr_toolout;
bool hr_toolout_at(size_t i, uint64_t seed, hr_arena *a, hr_toolout *out);

#endif
