/* code: programs with the bodies of their functions left out (internal to compress/).
 *
 * The text is parsed with tree-sitter, the bodies that may go are cut out as whole lines, and what
 * comes out is parsed again: it must hold the same declarations without a new error, or the text
 * stays as it is. Source order and every line that stays are byte for byte those of the original.
 *
 * tree-sitter takes its memory from malloc, not from the arena: its allocator is one for the whole
 * process. It is bounded by HR_CODE_MAX_BYTES and by the number of steps a parse may take, and is
 * given back before hr_compress_code returns.
 */
#ifndef HR_COMPRESS_CODE_H
#define HR_COMPRESS_CODE_H

#include "base/vec.h"
#include "compress/detect.h"

#include <tree_sitter/api.h>

/* Larger texts, and texts with a longer line than people write, are left alone. */
enum { HR_CODE_MAX_BYTES = 1 << 20, HR_CODE_MAX_LINE = 4096 };

/* What a node of the tree is to us. */
typedef enum hr_code_role {
    HR_CODE_OTHER,
    HR_CODE_FUNCTION, /* has a name of its own */
    HR_CODE_LAMBDA,   /* gets its name, if any, from what it is assigned to */
    HR_CODE_TYPE,     /* class, impl, interface, module: holds functions */
    HR_CODE_COMMENT,
} hr_code_role;

typedef struct hr_code_grammar {
    hr_lang lang;
    const char *name;
    const TSLanguage *(*language)(void);
    const char *comment; /* what opens a comment up to the end of the line */
    const char *filler;  /* statement that an emptied body needs to stay well-formed; "" if none */
    bool bare;           /* bodies have no braces: every line of them may go */
    const char *functions[12], *lambdas[4], *types[10]; /* node types; up to NULL */
} hr_code_grammar;

/* The grammars to try for a text, likeliest first; HR_LANG_NONE or a language without a grammar
 * gives none. Returns how many (at most 2). */
size_t hr_code_grammars(hr_lang lang, const hr_code_grammar *out[2]);
/* The language a file name with this ending has ("py", "tsx"); HR_LANG_NONE if unknown. */
hr_lang hr_code_lang_of(hr_str ending);

/* What all parses of one call may take together: the caller's deadline, but at most 500 ms if there
 * is a clock to tell. */
hr_deadline hr_code_deadline(const hr_deadline *given);

/* Parses within a number of steps that depends on the size, and within the deadline.
 * HR_E_TIMEOUT, HR_E_NOMEM, HR_E_UNSUPPORTED (the grammar is for another version of tree-sitter).
 * The caller deletes the tree. */
hr_err hr_code_parse(const hr_code_grammar *g, hr_str text, const hr_deadline *deadline,
                     TSTree **out);
/* Broken and missing nodes of a tree. */
size_t hr_code_errors(const TSTree *tree);

/* A function or type of the text, in source order, holders before what they hold. Rows from 0. */
typedef struct hr_code_item {
    hr_code_role role;
    hr_str name;          /* "" if it has none */
    TSNode body;          /* of a function */
    bool has_body;        /* with lines of its own: something can be cut */
    bool broken;          /* holds an error: its end may be anywhere */
    uint32_t first, last; /* rows */
    uint32_t head;        /* last row of the signature */
    uint32_t parent;      /* index of the holder, UINT32_MAX if none */
    uint32_t inner;       /* functions with a long body directly below it */
} hr_code_item;

typedef HR_VEC(hr_code_item) hr_code_items;

/* All functions and types of a tree; memory of names is the text's. HR_E_NOMEM, HR_E_DEPTH. */
hr_err hr_code_scan(const hr_code_grammar *g, const TSTree *tree, hr_str text, hr_arena *a,
                    hr_code_items *out);

/* Rows first..last go; one line stands for them. */
typedef struct hr_code_cut {
    uint32_t first, last;
    hr_str indent;
    hr_str before, after; /* around "[lines a–b omitted]" */
} hr_code_cut;

typedef struct hr_code_plan {
    HR_VEC(hr_code_cut) cuts; /* ascending, disjoint */
    uint32_t functions;       /* with a body */
    uint32_t emptied;         /* of them, that lost lines */
    uint32_t remaining;       /* functions and types that no cut swallows */
} hr_code_plan;

/* rows: offsets of the lines in text, one more than there are lines. */
hr_err hr_code_decide(const hr_code_grammar *g, const hr_code_items *items, hr_str text,
                      const uint32_t *rows, uint32_t nrows, hr_str query, hr_arena *a,
                      hr_code_plan *out);

/* A listing with line numbers ("  12\tcode", "12: code"): numbers ascend by one from line to line;
 * lines behind the last numbered one are none of the listing's. */
typedef struct hr_code_listing {
    hr_str bare;      /* the lines without their numbers */
    uint32_t *rows;   /* offsets of the lines in `bare`, nrows + 1 of them */
    uint32_t *source; /* offsets of the lines in the text, nrows + 1 of them */
    uint32_t nrows;
    uint64_t number; /* of the first line */
    bool numbered;
} hr_code_listing;

/* Any text: without numbers, `bare` is the text itself. */
hr_err hr_code_read_lines(hr_str text, hr_arena *a, hr_code_listing *out);

#endif
