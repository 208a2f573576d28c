/* xref_impl: what the files of xref share. Not for other modules. */
#ifndef HR_CONTEXT_XREF_IMPL_H
#define HR_CONTEXT_XREF_IMPL_H

#include "base/buf.h"
#include "context/xref.h"

enum {
    HR_XREF_WINDOW = 3, /* lines that must agree before a run is looked at */
};
#define HR_XREF_SELF UINT32_MAX /* id of the text that is being worked on */

/* How the leading numbers of a run's lines go with those of the source. */
typedef enum hr_xref_numbers {
    HR_XREF_NONE,    /* neither side has any */
    HR_XREF_SHIFTED, /* both have, with the same difference all through */
    HR_XREF_COUNTED, /* the text's go up by one; the source's may be anything */
    HR_XREF_DROPPED, /* only the source has them */
} hr_xref_numbers;

typedef struct hr_xref_run {
    size_t src, at, len; /* indexes into lines: source, text; number of lines */
} hr_xref_run;

/* Runs in the same order on both sides, with what changed between them. */
typedef struct hr_xref_group {
    hr_xref_run *runs;
    size_t n;
    hr_xref_numbers numbers;
    int64_t shift; /* of HR_XREF_SHIFTED */
} hr_xref_group;

static inline hr_str hr_xref_body(const hr_xref_line *l)
{
    return hr_str_sub(l->raw, l->body, l->raw.n);
}

/* xref_index.c */
/* Pushes the lines of a text as one more source, not to be found yet. */
hr_err hr_xref_push(hr_xref *x, hr_str text, uint32_t id, hr_str label);
/* Takes the newest source and what was linked of it out again. */
void hr_xref_pop(hr_xref *x);
/* Makes line i, and the window that ends with it, findable. */
void hr_xref_link(hr_xref *x, size_t i);
/* Lines with the hash of line i, or 0 (a table's entry: index + 1), newest first. */
uint32_t hr_xref_find_window(const hr_xref *x, size_t i);
uint32_t hr_xref_find_long(const hr_xref *x, size_t i);
/* Is there a window from line i on, within its source? */
bool hr_xref_is_window(const hr_xref *x, size_t i);

/* xref_write.c */
/* The reference for a group: one line, or with changes several. Lines are counted in *lines. */
hr_err hr_xref_write(const hr_xref *x, const hr_xref_group *g, hr_buf *b, size_t *lines);
/* Is this the first line of a reference with changes, which ends with a line "]"? */
bool hr_xref_opens(hr_str line);

#endif
