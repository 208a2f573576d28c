/* marker: the fixed words that stand where something was left out. One place prints them, one
 * place finds them (ours, and the forms that other versions of the system emitted).
 *
 * Wording, so that a reader cannot take it for damage of the file:
 *   [86 of 100 rows omitted: rows 12-97. The original is intact. Retrieve original: hash=<24 hex>]
 * and, for an agent with a shell, after the hash:  (run: headroom retrieve <24 hex>)
 * Inside JSON the same sentence is the value of the key "_ccr_dropped", preceded by
 * <<ccr:HASH N_rows_offloaded>> which SDK helpers recognise.
 */
#ifndef HR_COMPRESS_MARKER_H
#define HR_COMPRESS_MARKER_H

#include "base/buf.h"
#include "compress/compress.h"

/* Appends "[<what> The original is intact. Retrieve original: hash=…]". `what` is a full sentence
 * that says what was left out, e.g. "86 of 100 rows omitted: rows 12-97." */
void hr_marker_text(hr_buf *b, hr_str what, const hr_key *key, hr_retrieve_via via);
/* Appends the JSON object {"_ccr_dropped":"<<ccr:HASH N_rows_offloaded>> <what> …"} for an array
 * whose rows were left out; `n` is the number of rows left out. */
void hr_marker_json_rows(hr_buf *b, size_t n, hr_str what, const hr_key *key, hr_retrieve_via via);

/* The whole text of a read that no longer says what the file says (context/reads.h). */
void hr_marker_read(hr_buf *b, hr_str path, bool superseded, const hr_key *key,
                    hr_retrieve_via via);

/* Does the text begin with one of our lossless forms (table, log, diff, reference)? It is as small
 * as we know how to make it, and folding it once more would fold our own words. */
bool hr_marker_heads_form(hr_str text);

typedef struct hr_marker_hit {
    size_t start, end; /* of the hash digits */
    hr_str hash;       /* 6-64 hex digits, as spelled */
} hr_marker_hit;

/* Next marker at or after `from`: `<<ccr:HEX`, or `hash=HEX` / `reference 'HEX'` inside square
 * brackets (HEX 12-64 digits, any case). Linear. */
bool hr_marker_find(hr_str text, size_t from, hr_marker_hit *hit);
/* Is the last line a marker? Then the text is a lossy form of ours: counts of what is missing there
 * would be taken for counts of the original. */
bool hr_marker_closes(hr_str text);

#endif
