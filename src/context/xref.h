/* xref: what a new tool result repeats from something visible further up becomes a reference.
 *
 *     [26 lines left out: the same as lines 12-37 of tool result 5 (bash: cat src/app.py)]
 *
 * The referenced lines stand in the same prompt, byte for byte, so nothing is lost: the model can
 * read them there. Where both sides carry line numbers that differ by a constant (a file viewed
 * again after an edit further up), the reference says so: "numbers here are +3".
 *
 * Pure. Time is linear in the sizes of the sources and the text. An index belongs to one thread.
 */
#ifndef HR_CONTEXT_XREF_H
#define HR_CONTEXT_XREF_H

#include "base/error.h"
#include "base/vec.h"
#include "text/tokens.h"

typedef struct hr_xref_line {
    hr_str body;     /* without its line number */
    uint64_t hash;   /* of body */
    int64_t number;  /* leading line number, -1 without one */
    uint32_t source; /* index into sources */
    uint32_t at;     /* line of the source, from 0 */
} hr_xref_line;

typedef struct hr_xref_source {
    uint32_t id;    /* the caller's */
    uint32_t first; /* its first line in `lines` */
    uint32_t count;
    hr_str label; /* "tool result 5 (bash: cat src/app.py)" */
} hr_xref_source;

typedef struct hr_xref {
    hr_arena *arena;
    HR_VEC(hr_xref_line) lines;
    HR_VEC(hr_xref_source) sources;
    /* Two tables over the lines: by windows of three lines, and by single long lines. */
    struct hr_xref_table {
        uint32_t *slots; /* hash → newest line + 1 */
        uint32_t *chain; /* older line with the same slot + 1, one a line */
    } windows, longs;
    size_t nslots, indexed;
} hr_xref;

void hr_xref_init(hr_xref *x, hr_arena *a);
/* Adds a text as the model sees it (its forwarded form). Lines that are references themselves, or
 * markers, are never pointed at. HR_E_NOMEM, HR_E_LIMIT (more than 4 million lines). */
hr_err hr_xref_add(hr_xref *x, hr_str text, uint32_t id, hr_str label);

typedef struct hr_xref_result {
    hr_str text;    /* the text with references, or HR_STR_NONE when nothing was worth it */
    uint32_t *used; /* ids of the sources that are referenced, each once */
    size_t nused;
    size_t lines_out; /* lines replaced */
} hr_xref_result;

/* Replaces runs of at least 3 lines, or of one long line, that are worth clearly more tokens than
 * the reference. */
hr_err hr_xref_apply(hr_xref *x, const hr_tokenizer *tok, hr_str text, hr_arena *a,
                     hr_xref_result *out);

/* Label of a tool result: its ordinal, the tool, and the first words of its main argument. */
hr_str hr_xref_label(size_t ordinal, hr_str tool_name, hr_str tool_input, hr_arena *a);

#endif
