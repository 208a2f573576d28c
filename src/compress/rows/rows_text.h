/* rows_text: what the words of a value say (internal to rows*.c): failures, query terms, and a
 * fingerprint that ignores numbers and ids, so that two messages of one kind look alike. */
#ifndef HR_COMPRESS_ROWS_TEXT_H
#define HR_COMPRESS_ROWS_TEXT_H

#include "base/map.h"
#include "compress/json/json_view.h"

typedef struct hr_rowtext {
    hr_query q;
    hr_map terms;              /* lower-case term without plural s -> index + 1 */
    bool wants_max, wants_min; /* the query asks for an extreme */
} hr_rowtext;

/* What one or more texts contain. */
typedef struct hr_words {
    uint64_t terms;  /* bit per query term, the first 64 */
    uint32_t errors; /* bit per failure word */
    bool anchor;     /* a query anchor */
    uint64_t shape;  /* fingerprint */
    uint32_t count;  /* words */
} hr_words;

enum { HR_ERROR_WORDS_MAX = 32 };

bool hr_rowtext_init(hr_rowtext *x, hr_jview *v);
/* Adds what a JSON string's raw inside (escapes not undone) or a number says. */
void hr_rowtext_scan(const hr_rowtext *x, hr_str raw, hr_words *w);
/* Bits of failure words in a name ("last_error", "failedCount"). */
uint32_t hr_rowtext_name_errors(hr_str name);
/* Bits of query terms among the words of a name. */
uint64_t hr_rowtext_name_terms(const hr_rowtext *x, hr_str name);
/* "", none, ok, false, 0 and the like: a field of a bad name that says all is well. */
bool hr_rowtext_nothing(hr_str s);

#endif
