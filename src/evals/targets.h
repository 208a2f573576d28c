/* targets: what of a tool output an agent tends to need again: numbers with their names, links,
 * paths, hashes and ids, and lines that report an error. */
#ifndef HR_EVALS_TARGETS_H
#define HR_EVALS_TARGETS_H

#include "base/vec.h"

typedef enum hr_target_kind {
    HR_TARGET_NUMBER,
    HR_TARGET_ARTIFACT,
    HR_TARGET_ERROR,
    HR_TARGET_COUNT
} hr_target_kind;
const char *hr_target_name(hr_target_kind k);

typedef struct hr_target {
    hr_target_kind kind;
    hr_str text;
    hr_str key, number; /* of a number */
} hr_target;

typedef struct hr_targets {
    HR_VEC(hr_target) v;
    size_t found; /* different ones, before the choice */
} hr_targets;

/* Different targets of the text, in order; of each kind at most HR_MOST_TARGETS, spread evenly over
 * the text. Slices of it. */
enum { HR_MOST_TARGETS = 150 };
void hr_targets_find(hr_str text, hr_arena *a, hr_targets *out);

/* A text to look targets up in. */
typedef struct hr_seen {
    hr_str text, plain; /* plain: runs of other bytes than word characters, . / - are one space */
} hr_seen;
bool hr_seen_init(hr_seen *s, hr_str text, hr_arena *a);
/* Verbatim or in `plain`; a number also when name and number stand apart, an error line also
 * without its first word. */
bool hr_seen_has(const hr_seen *s, const hr_target *t, hr_arena *a);

#endif
