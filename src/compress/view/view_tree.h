/* view_tree: output drawn as a tree - tree, npm ls, cargo tree, mvn dependency:tree, gradle - with
 * one blank a level in place of the lines (internal to compress/).
 *
 *     [tree of 4 lines, nothing left out: one blank a level in place of lines drawn as by npm]
 *     /usr/lib
 *      npm@11
 *       abbrev@4
 *       archy@1
 *
 * Which entry is the last of its folder, and which has entries of its own, follows from the levels;
 * only where the text was cut the levels that would go on are named in the head: "; 1 2 go on".
 * "=" is put before lines outside of the tree that begin with a blank or "=". */
#ifndef HR_COMPRESS_VIEW_TREE_H
#define HR_COMPRESS_VIEW_TREE_H

#include "base/buf.h"
#include "base/vec.h"

enum { HR_TREE_DEPTH = 64 };

typedef struct hr_tree_line {
    hr_str name;   /* what follows the drawing; the whole line at depth 0 */
    uint8_t depth; /* 0: outside of the tree, or its root */
} hr_tree_line;

typedef struct hr_tree {
    HR_VEC(hr_tree_line) lines;
    size_t drawn; /* lines with depth > 0 */
    size_t style;
    bool goes_on[HR_TREE_DEPTH]; /* levels that are not finished at the end */
} hr_tree;

/* HR_E_SYNTAX: the text is no such tree, or not drawn in one of the known ways throughout. */
hr_err hr_tree_read(hr_str text, hr_arena *a, hr_tree *out);
/* Is it a tree of packages, told from how it is drawn and named? */
bool hr_tree_of_packages(const hr_tree *t);
/* *out: the form, or HR_STR_NONE when it would not be shorter. HR_E_NOMEM, HR_E_SYNTAX. */
hr_err hr_tree_pack(const hr_tree *t, hr_str text, hr_arena *a, hr_str *out, hr_str *strategy);
/* The exact inverse, appended. HR_E_SYNTAX: no such form. */
hr_err hr_tree_unpack(hr_str form, hr_arena *a, hr_buf *out);

#endif
