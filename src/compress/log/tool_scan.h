/* tool_scan: the state in which tool_blocks.c reads a text (internal to compress/tool_*.c). */
#ifndef HR_COMPRESS_TOOL_SCAN_H
#define HR_COMPRESS_TOOL_SCAN_H

#include "compress/log/tool_lines.h"

/* What the present line stands in. */
typedef enum hr_tool_block {
    HR_BLOCK_NONE,
    HR_BLOCK_PYTEST,        /* FAILURES and ERRORS, up to the next rule */
    HR_BLOCK_CAPTURED,      /* what a failed test wrote, inside them: a log like any other */
    HR_BLOCK_UNITTEST,      /* "FAIL: name" below a rule */
    HR_BLOCK_JEST,          /* "  ● suite › name" */
    HR_BLOCK_VITEST,        /* " FAIL  file > name" */
    HR_BLOCK_MOCHA,         /* all behind "5 failing" */
    HR_BLOCK_RUST,          /* "---- name stdout ----" */
    HR_BLOCK_NESTED,        /* what is indented deeper than its head: go, cmake, TAP */
    HR_BLOCK_GO_OUTPUT,     /* of a test that fails: "=== RUN name" */
    HR_BLOCK_PASSED_DETAIL, /* TAP's lines below a test that passed */
    HR_BLOCK_ERROR,         /* of a compiler, with its source text */
    HR_BLOCK_WARNING,       /* the same, but it goes with its head */
    HR_BLOCK_BOX,           /* terraform's frame */
    HR_BLOCK_REPORT,        /* gradle's, up to "BUILD" */
    HR_BLOCK_DOCKER,        /* the end of a failed step between two rules */
    HR_BLOCK_PANIC,         /* go's message and the first stack */
} hr_tool_block;

typedef struct hr_tool_scan {
    hr_log *l;
    hr_program from;
    hr_tool_block in;
    size_t indent, left, errors;
    size_t told, names;
    bool warned;   /* the last diagnostic but for notes was a warning */
    hr_map failed; /* names of go's tests that failed */
    hr_map summed; /* names in pytest's summary */
    hr_map seen;   /* facts met so far */
} hr_tool_scan;

static inline bool starts(hr_str s, const char *word)
{
    return hr_str_starts(s, hr_cstr(word));
}

/* Sets the class of line i; a fact's mark tells whether it stands inside a block. */
void hr_tool_set(hr_tool_scan *c, size_t i, hr_log_class class);
/* The line stays, up to `most` times in the text; rules and marks without words always do. */
void hr_tool_fact_upto(hr_tool_scan *c, size_t i, size_t most);
void hr_tool_fact(hr_tool_scan *c, size_t i);
/* The head of a report or a diagnostic: it keeps its colours, too. */
void hr_tool_head_fact(hr_tool_scan *c, size_t i);

/* Reads what is told behind its place only: names of failed tests, steps of an image build that
 * failed. HR_E_NOMEM. */
hr_err hr_tool_find_failed(hr_tool_scan *c);
/* A line that names a failed test: does the summary name it again, and have enough been shown? */
bool hr_tool_told_again(hr_tool_scan *c, hr_str s, hr_str t);
/* One more name in a summary: is it still one to show? */
bool hr_tool_one_more_name(hr_tool_scan *c);
/* The test of a line that go prints, behind so many bytes of it. */
hr_str hr_tool_go_name(hr_str t, size_t mark);

#endif
