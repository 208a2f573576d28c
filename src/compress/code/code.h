/* code: programs with the bodies of their functions left out (internal to compress/).
 *
 * The text is parsed with tree-sitter, bodies, long comments and long lists that may go are cut out
 * as whole lines, and what comes out is parsed again: it must hold the same declarations without a
 * new error, or the text stays as it is. Source order and every line that stays are byte for byte
 * those of the original.
 *
 * tree-sitter takes its memory from malloc, not from the arena: its allocator is one for the whole
 * process. It is bounded by HR_CODE_MAX_BYTES and by the number of steps a parse may take, and is
 * given back before hr_compress_code returns.
 */
#ifndef HR_COMPRESS_CODE_H
#define HR_COMPRESS_CODE_H

#include "base/vec.h"
#include "compress/detect/detect.h"

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
    HR_CODE_DOCSTRING, /* a statement that is a string (Python) */
    HR_CODE_DATA,      /* array, list, map, initializer: holds entries */
    HR_CODE_CALL,      /* the arguments of a call; a command of a shell */
    HR_CODE_RAISE,     /* raise, throw */
    HR_CODE_CATCH,     /* except, catch, rescue */
} hr_code_role;

typedef struct hr_code_grammar {
    hr_lang lang;
    const char *name;
    const TSLanguage *(*language)(void);
    const char *comment; /* what opens a comment up to the end of the line */
    const char *filler;  /* statement that an emptied body needs to stay well-formed; or NULL */
    bool bare;           /* bodies have no braces: every line of them may go */
    const char *functions[8], *lambdas[4], *types[8], *data[4]; /* node types; up to NULL */
} hr_code_grammar;

/* The grammars to try for a text, likeliest first; HR_LANG_NONE or a language without a grammar
 * gives none. Returns how many (at most 2). */
size_t hr_code_grammars(hr_lang lang, const hr_code_grammar *out[2]);
/* The language a file name with this ending has ("py", "tsx"); HR_LANG_NONE if unknown. */
hr_lang hr_code_lang_of(hr_str ending);
/* The language of this name ("python", "C++", "ts"); HR_LANG_NONE if unknown. */
hr_lang hr_code_lang_named(hr_str name);

/* The language of the last "name.ext" in the arguments of a tool call. */
hr_lang hr_code_lang_said(hr_str tool_input);

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

/* A comment, a docstring or a list of data: what may be shown in part. */
typedef struct hr_code_passage {
    TSNode node;
    hr_code_role role;
    uint32_t first, last; /* rows */
    uint32_t next;        /* index of the first item behind the passage's start */
} hr_code_passage;

/* A call, or a kind of error that is raised or handled. `name` may hold more than a name: see
 * hr_code_note. */
typedef struct hr_code_mention {
    hr_code_role role;
    uint32_t row;
    hr_str name;
} hr_code_mention;

/* What a tree holds that matters here, each list in source order; memory of names is the text's. */
typedef struct hr_code_outline {
    hr_code_items items;
    HR_VEC(hr_code_passage) passages;
    HR_VEC(hr_code_mention) mentions;
} hr_code_outline;

uint32_t hr_code_last_row(TSNode n);
static inline bool hr_code_word_char(char c)
{
    return hr_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* HR_E_NOMEM, HR_E_DEPTH, HR_E_LIMIT. */
hr_err hr_code_scan(const hr_code_grammar *g, const TSTree *tree, hr_str text, hr_arena *a,
                    hr_code_outline *out);

/* Rows first..last go; one line stands for them. */
typedef struct hr_code_cut {
    uint32_t first, last;
    uint32_t body; /* index into plan.bodies, UINT32_MAX if it is in no body */
    hr_str indent;
    hr_str before, after; /* around "[lines a–b omitted]"; after: only where it reaches the end */
    hr_str note;          /* inside the brackets: ": 12 entries", "; calls: …" */
    bool list;            /* of data: the note counts entries */
} hr_code_cut;

typedef struct hr_code_body {
    uint32_t item, rows; /* rows that go */
    bool stays;          /* there was room for it after all */
} hr_code_body;

typedef struct hr_code_plan {
    HR_VEC(hr_code_cut) cuts; /* ascending, disjoint */
    HR_VEC(hr_code_body) bodies;
    uint32_t functions;       /* with a body */
    uint32_t emptied;         /* of them, that lost lines */
    uint32_t comments, lists; /* that lost lines */
    uint32_t remaining;       /* functions and types that no cut swallows */
    uint64_t gone;            /* rows */
} hr_code_plan;

/* What deciding needs to know; shared by code_plan.c and code_passages.c. */
typedef struct hr_code_work {
    const hr_code_grammar *g;
    const hr_code_outline *outline;
    const hr_code_opts *o;
    hr_str text;
    const uint32_t *rows; /* offsets of the lines in text, one more than there are lines */
    uint32_t nrows;
    hr_query query;
    hr_map asked;  /* lower-cased words of the query */
    hr_map *names; /* of the items, to how often each is called; NULL: notes name nothing */
    uint8_t *done; /* by row: nothing more is to be decided there */
    hr_arena *a;
    hr_code_plan *plan;
} hr_code_work;

hr_err hr_code_decide(hr_code_work *w, hr_str query);
/* The same for the passages that stand in rows where nothing is decided yet. */
hr_err hr_code_decide_passages(hr_code_work *w);

/* Rows of one statement of a body, entry of a list or line of a comment. */
typedef struct hr_code_span {
    uint32_t first, last;
    bool stays, statement;
} hr_code_span;

typedef HR_VEC(hr_code_span) hr_code_spans;

hr_err hr_code_add_span(hr_code_work *w, hr_code_spans *v, uint32_t first, uint32_t last,
                        bool stays, bool statement);

/* Leaves out what does not stay of the rows from `from` to before `close`; `pattern` has what all
 * cuts have in common. *cuts counts. */
hr_err hr_code_cut_between(hr_code_work *w, hr_code_spans *v, uint32_t from, uint32_t close,
                           const hr_code_cut *pattern, size_t *cuts);

hr_str hr_code_rows(const hr_code_work *w, uint32_t first, uint32_t last);
hr_str hr_code_text(const hr_code_work *w, TSNode n);
/* Does the query name it? */
bool hr_code_asked(const hr_code_work *w, hr_str name);
/* A comment that must not go: TODO and its like, deprecation, what tools read. */
bool hr_code_keeps(hr_str comment);

/* The first mention from row `row` on. */
size_t hr_code_mention_at(const hr_code_outline *o, uint32_t row);
/* "; calls: a, b +2 more; raises: X; handles: Y" of rows first..last; calls are those of functions
 * and types of this text. "" if there is nothing to tell. */
hr_str hr_code_note(const hr_code_work *w, uint32_t first, uint32_t last);

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
