/* reads: which results of reading a file no longer say what the file says.
 *
 * A read is stale when a later turn changed the same file and the change did not fail; it is
 * superseded when a later read shows the same lines. Paths are compared as spelled, failures are
 * guessed generously: on any doubt a read counts as fresh. Pure; linear in the request.
 */
#ifndef HR_CONTEXT_READS_H
#define HR_CONTEXT_READS_H

#include "wire/wire.h"

typedef struct hr_reads_policy {
    bool stale, superseded; /* which to look for */
    size_t min_bytes;       /* shorter results are not looked at */
} hr_reads_policy;

typedef enum hr_read_state { HR_READ_FRESH, HR_READ_STALE, HR_READ_SUPERSEDED } hr_read_state;

typedef struct hr_read {
    hr_read_state state;
    hr_str path; /* of a read that is not fresh */
} hr_read;

/* (*out)[i] belongs to r->blocks[i]. Blocks that the model has not answered yet are fresh.
 * HR_E_NOMEM. */
hr_err hr_reads(const hr_wire_request *r, const hr_reads_policy *p, hr_arena *a, hr_read **out);

#endif
