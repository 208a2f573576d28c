/* One call of POST /v1/compress, as compress_api.c and simulate.c see it (internal). */
#ifndef HR_ENGINE_COMPRESS_JOB_H
#define HR_ENGINE_COMPRESS_JOB_H

#include "engine/internal.h"

typedef struct hr_compress_job {
    hr_engine *e;
    hr_arena *a;
    hr_wire_request r;
    const hr_tokenizer *tok;
    hr_decision *d; /* one a block */
    bool simulate;
    uint32_t messages; /* node of the messages array */
    uint64_t before, after;
} hr_compress_job;

/* Tokens of every string value below a node that a model reads: keys, ids, roles and types of the
 * envelope are left out, arguments of calls are counted. */
uint64_t hr_job_tokens(const hr_compress_job *j, uint32_t node, bool envelope);
/* The codes of all that was changed, in order, as a JSON array. */
void hr_job_transforms(const hr_compress_job *j, hr_buf *b);
/* The members that an answer to "default_mode": "simulate" has besides, each with a comma. */
void hr_job_simulation(const hr_compress_job *j, hr_str messages, hr_buf *b);

#endif
