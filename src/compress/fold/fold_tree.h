/* fold_tree: a text that is a tree (YAML by indentation, XML by elements) with the branches folded
 * that the question does not need (internal to compress/).
 *
 * Nodes are in the order of the text. What stays, stays byte for byte; a node's ancestors stay with
 * it. Nodes that share words with the query score most, then what is near them, then the first node
 * of each name, then what is near the root.
 */
#ifndef HR_COMPRESS_FOLD_TREE_H
#define HR_COMPRESS_FOLD_TREE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/vec.h"
#include "text/words.h"

#define HR_TREE_ROOT UINT32_MAX /* parent of the nodes at the top */

typedef struct hr_tree_node {
    hr_str head, tail; /* its own bytes, before and behind its children's */
    hr_str name;       /* for "the first of each name" */
    uint32_t parent;   /* index, or HR_TREE_ROOT */
    uint32_t end;      /* index behind its subtree */
    uint32_t depth;
    float score;
    bool must; /* stays whatever the budget */
    bool keep;
} hr_tree_node;

typedef HR_VEC(hr_tree_node) hr_tree;

/* Fills in `end` and `depth` from `parent`. */
void hr_tree_link(hr_tree *t);
/* Marks what stays, about `share` of the bytes. HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_tree_select(hr_tree *t, hr_str query, double share, const hr_deadline *deadline,
                      hr_arena *a);
/* Writes the tree; `note` stands for nodes [from, to) and returns how many units it counted. */
typedef size_t hr_tree_note(hr_buf *b, const hr_tree *t, uint32_t from, uint32_t to);
size_t hr_tree_write(const hr_tree *t, hr_tree_note *note, hr_buf *b);

#endif
