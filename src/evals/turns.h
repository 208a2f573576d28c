/* turns: requests of a conversation through the engine, as the proxy would forward them, and what
 * of the tool results the model still sees. */
#ifndef HR_EVALS_TURNS_H
#define HR_EVALS_TURNS_H

#include "evals/measure.h"

typedef struct hr_sent {
    hr_str body; /* forwarded, whole */
    hr_turn_out out;
    hr_wire_request received, forwarded;
    bool aligned; /* blocks of both stand side by side */
} hr_sent;

void hr_turn_through(hr_meter *m, hr_dialect d, hr_str body, hr_sent *out);
/* What the store gives back for note i's key; empty when it does not. */
hr_str hr_sent_original(hr_meter *m, const hr_sent *s, size_t i);
/* Does a hash named in `forwarded` resolve to `text`? */
bool hr_block_resolves(hr_meter *m, hr_str forwarded, hr_str text);

/* All string values of the request, one a line: what the model reads. */
hr_str hr_request_strings(const hr_wire_request *r, hr_arena *a);
/* Targets of every tool result, by kind: visible when the model sees them anywhere in the request,
 * retrievable when the hash named where the result stood gives the result back. One case. */
void hr_sent_score(hr_meter *m, hr_suite *s, const hr_sent *sent, hr_str name);
/* A generated conversation of so many tool calls, as a request body. */
hr_str hr_talk(hr_dialect d, uint64_t seed, size_t turns, hr_arena *a);

#endif
