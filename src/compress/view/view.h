/* view: forms made for the output of one program (internal to compress/).
 *
 * A view is asked before the compressor of the text's kind: where the tool call shows the command,
 * for that program's output; else where the text has a form that no other program writes. In both
 * cases the view makes sure of the form first, so that an error message in its place goes the usual
 * way. What a view returns keeps the contract of forms.h. */
#ifndef HR_COMPRESS_VIEW_H
#define HR_COMPRESS_VIEW_H

#include "compress/command/command.h"
#include "compress/forms.h"

typedef struct hr_view_job {
    const hr_compress_opts *o;
    const hr_command *command; /* program UNKNOWN: only the form tells */
    hr_kind kind;              /* what the text looks like */
    const hr_key *key;
    hr_arena *a;
    bool lossy; /* a lossy form may be offered */
} hr_view_job;

/* HR_E_SYNTAX: this is not the form that the view is made for. Else as hr_compressor. */
typedef hr_err hr_view(const hr_view_job *j, hr_str text, hr_forms *out);

/* The first view that fits; HR_E_SYNTAX if none does. */
hr_view hr_compress_view;

/* Is the text an environment, of which no line may go? Known by its form: most lines set a variable
 * of their own; names in small letters only where the command says so. */
bool hr_view_environment(const hr_command *c, hr_str text);

/* Where many columns repeat, the forms of a log may be shorter than a view's own form: puts them
 * into *out if they are clearly shorter. HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_view_or_log(const hr_view_job *j, hr_str text, hr_forms *out);

hr_view hr_view_listing; /* view_listing.c: find, ls, tree, du, tar, npm ls … */
hr_view hr_view_tree;    /* view_listing.c: only what is drawn as a tree */
hr_view hr_view_columns; /* view_columns.c: ps, df, docker ps, kubectl get, dpkg -l … */
hr_view hr_view_git_log; /* view_git.c: git log, with or without --stat */
hr_view hr_view_tests;   /* view_tests.c: pytest --collect-only -q */
hr_view hr_view_http;    /* view_http.c: curl -v, progress meters, wget */
hr_view hr_view_plan;    /* view_plan.c: terraform plan and apply */
hr_view hr_view_paths;   /* view_git.c: words in front of paths, git status */

#endif
