/* prose_blocks: the layout of a text for readers, line by line (internal to compress/).
 *
 * Understands Markdown, reStructuredText's underlined headings, manual pages as source (roff) and
 * as printed, and plain text. Blocks are adjacent and cover the text, whole lines each.
 */
#ifndef HR_COMPRESS_PROSE_BLOCKS_H
#define HR_COMPRESS_PROSE_BLOCKS_H

#include "compress/prose/prose_tags.h"

typedef enum hr_block_kind {
    HR_BLOCK_PARAGRAPH,
    HR_BLOCK_HEADING,
    HR_BLOCK_ITEM, /* one item of a list, or a term with its definition */
    HR_BLOCK_CODE, /* fenced or indented code */
    HR_BLOCK_TABLE,
    HR_BLOCK_NOTE,  /* a comment of the source, such as a licence in a manual page */
    HR_BLOCK_SPACE, /* blank lines, rules */
    HR_BLOCK_FIXED, /* protected: stays byte for byte */
} hr_block_kind;

typedef struct hr_block {
    hr_str s; /* with its last LF */
    hr_block_kind kind;
    uint8_t level; /* of a heading: 1 is the highest */
    bool fenced;   /* code between fences */
} hr_block;

typedef HR_VEC(hr_block) hr_blocks;

hr_err hr_prose_blocks(hr_str text, const hr_spans *fixed, hr_arena *a, hr_blocks *out);

#endif
