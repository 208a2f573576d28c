/* words: word counts, stop words, query terms. Pure and thread-safe. */
#ifndef HR_TEXT_WORDS_H
#define HR_TEXT_WORDS_H

#include "base/arena.h"
#include "base/map.h"

/* Whitespace-separated words; stops counting at `limit` (0 = no limit). */
size_t hr_word_count(hr_str s, size_t limit);
/* Lower-case English function words that carry no query meaning. */
bool hr_stop_word(hr_str lower);

/* What a query asks about: lower-cased terms without stop words, and anchors (UUIDs, digit runs of
 * 4 or more, dotted names, quoted strings, e-mail addresses, identifiers), which are strong. */
typedef struct hr_query {
    hr_str *terms;
    size_t nterms;
    hr_str *anchors;
    size_t nanchors;
} hr_query;

/* At most 64 terms and 32 anchors; slices live in the arena. HR_STR_NONE gives an empty query. */
void hr_query_parse(hr_str text, hr_arena *a, hr_query *q);
/* Does the text (any case) contain one of the anchors as a whole word? */
bool hr_query_anchor_in(const hr_query *q, hr_str text);

#endif
