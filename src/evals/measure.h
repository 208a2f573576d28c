/* measure: one text through the engine, and where its evidence went. */
#ifndef HR_EVALS_MEASURE_H
#define HR_EVALS_MEASURE_H

#include "engine/engine.h"
#include "evals/report.h"

typedef struct hr_meter { /* what every suite runs with */
    hr_engine *e;
    const hr_tokenizer *tok;
    hr_arena *scratch; /* given back after every case */
    hr_report *r;
} hr_meter;

typedef struct hr_measured {
    hr_str text; /* the input */
    hr_compressed c;
    hr_err err;
    bool intact;     /* lossy: the hash in the output resolves to the input's bytes */
    bool unspoken;   /* lossy, but the output does not name the hash */
    hr_str back;     /* lossless JSON forms: what they decode to; else empty */
    bool unreadable; /* a whole JSON text whose lossless form does not decode */
} hr_measured;

/* Compresses as the `compress` command does, with a marker for the shell. */
void hr_measure(hr_meter *m, hr_str text, hr_str query, hr_measured *out);
/* The same with the caller's options. */
void hr_measure_with(hr_meter *m, hr_compress_opts *o, hr_str text, hr_measured *out);

typedef enum hr_found { HR_FOUND_VISIBLE, HR_FOUND_RETRIEVABLE, HR_FOUND_LOST } hr_found;

/* Visible: the needle's bytes are in the output, or its JSON spelling, or key and value of a needle
 * `"key": value`. Retrievable: it is not, but the hash in the output gave back the input's bytes,
 * or the form is lossless and says it in pieces (a shared prefix said once). Lossless JSON forms
 * are read back to prove that; the compressors' own tests prove it for the others. Lost: neither,
 * or it is not in the input. */
hr_found hr_measure_find(const hr_measured *d, hr_str needle);
/* Is what is not visible of the input still to be had? See above. */
bool hr_measured_returns(const hr_measured *d, hr_str needle);
bool hr_needle_in(hr_str text, hr_str needle);

static inline void hr_tally_add(hr_tally *t, hr_found f)
{
    t->visible += f == HR_FOUND_VISIBLE;
    t->retrievable += f == HR_FOUND_RETRIEVABLE;
    t->lost += f == HR_FOUND_LOST;
}
static inline hr_pair hr_measured_tokens(const hr_measured *d)
{
    return (hr_pair){d->c.tokens_before, d->c.tokens_after};
}
/* What must hold of every output; false with a failure line in the suite when it does not: never
 * larger, never empty, no error, an original that comes back byte for byte. */
bool hr_measure_sound(hr_meter *m, hr_suite *s, const hr_measured *d, hr_str name);

#endif
