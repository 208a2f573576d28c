/* plan: which blocks of a request may be decided now, and which are left alone and why.
 *
 * A block is decided once, when it is first sent: then it stands behind everything the provider may
 * have cached. What stands before the newest assistant content and has no remembered decision was
 * sent without us, so it stays as it is. Pure.
 */
#ifndef HR_CONTEXT_PLAN_H
#define HR_CONTEXT_PLAN_H

#include "compress/compress.h"
#include "context/identity.h"

/* Blocks shorter than this are never edited and never remembered (bytes of decoded text). */
enum { HR_PLAN_FLOOR = 400 };

/* How the results of one tool are treated. */
typedef struct hr_tool_profile {
    hr_str tool; /* name or glob */
    double bias; /* above 1 keeps more, below 1 less */
    bool skip;   /* leave its results alone */
} hr_tool_profile;

typedef struct hr_policy {
    const hr_str *excluded; /* names or globs of tools whose results are never edited */
    size_t nexcluded;
    bool compress_user_messages;
    size_t protect_recent;           /* programs in so many messages at the end stay whole */
    bool protect_analysis_context;   /* all programs do while the user asks about code itself */
    const hr_tool_profile *profiles; /* the last that matches counts */
    size_t nprofiles;
} hr_policy;

/* Splits a comma list into names (trimmed, empty ones dropped) behind the built-in
 * Read, Glob, Grep, Write, Edit. Results live in the arena. */
hr_err hr_policy_excluded(hr_str protect, hr_str exclude, hr_arena *a, const hr_str **out,
                          size_t *n);
/* Case-insensitive; "mcp__*" style globs allowed. */
bool hr_policy_excludes(const hr_policy *p, hr_str tool);

/* The profile of a tool, or NULL. */
const hr_tool_profile *hr_policy_profile(const hr_policy *p, hr_str tool);

/* Is this the result of asking us for an original (tool, MCP tool, or `headroom retrieve` in a
 * shell)? Such a result is never compressed again. */
bool hr_plan_is_retrieval(const hr_block *b);

/* HR_R_UNDECIDED: the block may be decided now. Anything else: leave it alone, for this reason.
 * `everything` treats old blocks as new (no provider has seen them yet). */
hr_reason hr_plan_verdict(const hr_policy *p, const hr_wire_request *r, const hr_block *b,
                          bool everything);

/* Must a program in this block stay whole: is it in one of the last messages (input items of
 * Responses), or is the newest text of the user about code? */
bool hr_plan_protects_code(const hr_policy *p, const hr_wire_request *r, const hr_block *b);

/* Key of a decision: the block's text, its tool and dialect. */
hr_sha256 hr_plan_block_key(hr_dialect d, const hr_block *b);

/* The query of a block: the newest user text, then the tool call's arguments; at most 8 KiB. */
hr_str hr_plan_query(const hr_wire_request *r, const hr_block *b, hr_arena *a);

#endif
