/* prose: text for readers made shorter by leaving out what the question does not need (internal to
 * compress/).
 *
 * The text is cut into blocks (prose_blocks.h) and units: sentences, items, groups of code lines,
 * table rows. Units are scored by the words they share with the query (BM25), their section's
 * heading and their place; the best ones stay, byte for byte and in their order, until a share of
 * the text is reached. Headings stay. Where something is missing a note in brackets counts it.
 */
#ifndef HR_COMPRESS_PROSE_H
#define HR_COMPRESS_PROSE_H

#include "base/buf.h"
#include "compress/forms.h"
#include "compress/prose/prose_blocks.h"

/* What was left out. */
typedef struct hr_prose_cut {
    size_t paragraphs, items, sentences, code_lines, rows, notes, sections;
} hr_prose_cut;

static inline bool hr_prose_cut_any(const hr_prose_cut *c)
{
    return c->paragraphs || c->items || c->sentences || c->code_lines || c->rows || c->notes ||
           c->sections;
}

typedef struct hr_prose_job {
    hr_str query;
    const hr_deadline *deadline;
    double share;       /* of the text that may stay when the query is met well; less sure: more */
    double mild_share;  /* the same when nothing in the text meets the query */
    bool must_be_prose; /* decline (HR_E_SYNTAX) text that is not written for readers */
    bool must_have_outline; /* and text without headings */
} hr_prose_job;

/* Appends the shortened text to *out. HR_E_NOMEM, HR_E_TIMEOUT, HR_E_LIMIT, HR_E_SYNTAX. */
hr_err hr_prose_reduce(const hr_prose_job *job, hr_str text, hr_arena *a, hr_buf *out,
                       hr_prose_cut *cut);
/* The sentence of the marker: "12 paragraphs, 3 items of … omitted". */
void hr_prose_say(const hr_prose_cut *cut, hr_buf *out);
/* Share to keep for a text of n tokens, by what is known about the query. */
double hr_prose_share(size_t tokens);

/* --- shared by the files of prose ----------------------------------------------------
 */

typedef enum hr_unit_role {
    HR_UNIT_BODY,
    HR_UNIT_FRAME, /* a fence, a table's head: stays with any unit of its block */
    HR_UNIT_HEADING,
    HR_UNIT_FIXED,
    HR_UNIT_SPACE,
} hr_unit_role;

typedef struct hr_unit {
    hr_str s;
    uint32_t block, words;
    float score;
    uint8_t role;
    bool keep;
} hr_unit;

typedef HR_VEC(hr_unit) hr_units;

typedef struct hr_prose_text {
    hr_str text;
    hr_blocks blocks;
    hr_units units;
    bool asked;  /* some of the query's words are in the text */
    double sure; /* 0-1: how much of the query its best unit meets */
} hr_prose_text;

/* Fills t->units from t->blocks. */
hr_err hr_prose_units(hr_prose_text *t, hr_arena *a);
/* What kept units cannot do without stays too: the item they belong to, the line that introduces
 * them, the other steps of a procedure, warnings. HR_E_NOMEM. */
hr_err hr_prose_tie(hr_prose_text *t, hr_arena *a);
hr_err hr_prose_score(const hr_prose_job *job, hr_prose_text *t, hr_arena *a);
void hr_prose_write(const hr_prose_text *t, bool fold_headings, hr_buf *out, hr_prose_cut *cut);

#endif
