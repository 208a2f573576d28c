/* xref: what a new tool result repeats from something visible further up becomes a reference.
 *
 *     [26 lines left out: the same as lines 12-37 of tool result 5 (bash: cat src/app.py)]
 *
 * A repeat with small changes becomes a reference with its changes:
 *
 *     [118 lines left out: the same as lines 1-120 of tool result 5 (bash: pytest -q), but N: is
 *     line N here and N+ follows line N:
 *     17: FAILED tests/test_app.py::test_login
 *     40+ 3 warnings
 *     ]
 *
 * The referenced lines stand in the same prompt, byte for byte, so nothing is lost: the model can
 * read them there. Line numbers in front of lines are compared apart; the reference says how they
 * differ. Sources are earlier texts and the lines of the text itself that stay visible.
 *
 * Pure. Time is linear in the sizes of the sources and the text. An index belongs to one thread.
 */
#ifndef HR_CONTEXT_XREF_H
#define HR_CONTEXT_XREF_H

#include "base/error.h"
#include "base/vec.h"
#include "text/tokens.h"

typedef struct hr_xref_line {
    hr_str raw;
    uint64_t hash;       /* of the body; 0: never pointed at */
    int32_t number;      /* leading line number, -1 without one */
    uint32_t body;       /* where the body starts in raw */
    uint32_t source, at; /* index into sources; line of it as the model sees it, from 0 */
    uint32_t older_window, older_long; /* line with the same slot in the tables + 1 */
    bool in_windows, in_longs;
} hr_xref_line;

typedef struct hr_xref_source {
    uint32_t id; /* the caller's */
    uint32_t count;
    int32_t top;  /* highest line number so far */
    bool unclear; /* a line number comes twice or goes back: lines cannot be named by theirs */
    hr_str label; /* "tool result 5 (bash: cat src/app.py)" */
} hr_xref_source;

typedef struct hr_xref {
    hr_arena *arena;
    HR_VEC(hr_xref_line) lines;
    HR_VEC(hr_xref_source) sources;
    /* hash → newest line + 1: by windows of three lines, and by single long lines. */
    uint32_t *windows, *longs;
    size_t nslots;
} hr_xref;

void hr_xref_init(hr_xref *x, hr_arena *a);
/* Adds a text as the model sees it (its forwarded form). Lines that are references themselves, or
 * markers, are never pointed at. HR_E_NOMEM, HR_E_LIMIT (more than 4 million lines). */
hr_err hr_xref_add(hr_xref *x, hr_str text, uint32_t id, hr_str label);
/* Adds what the model wrote with a tool call: the strings among its arguments, decoded. */
hr_err hr_xref_add_call(hr_xref *x, hr_str tool_name, hr_str tool_input, size_t ordinal,
                        uint32_t id);

typedef struct hr_xref_result {
    hr_str text;    /* the text with references, or HR_STR_NONE when nothing was worth it */
    uint32_t *used; /* ids of the sources that are referenced, each once */
    size_t nused;
    size_t lines_out; /* lines replaced */
} hr_xref_result;

/* Replaces what is worth clearly more tokens than the reference: runs of at least 3 lines or of one
 * long line, with the changes between them. */
hr_err hr_xref_apply(hr_xref *x, const hr_tokenizer *tok, hr_str text, hr_arena *a,
                     hr_xref_result *out);

/* "tool result 5 (bash: cat src/app.py)": the ordinal, the tool, and the first words of its main
 * argument. */
hr_str hr_xref_label(const char *what, size_t ordinal, hr_str tool_name, hr_str tool_input,
                     hr_arena *a);

#endif
