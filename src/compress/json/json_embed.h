/* json_embed: strings that hold JSON documents, read as part of the document around them
 * (internal).
 *
 * Tools wrap the answers of other tools: {"content":[{"type":"text","text":"{\"rows\":…}"}]}. Here
 * such a string is replaced by the document it holds, so that the planner sees its rows; where it
 * stood is remembered, so that the writers can say that the value was a string and the reader can
 * put it back byte for byte. Only strings whose spelling follows from the document are replaced:
 * written without spaces, with one behind "," and ":", or indented.
 */
#ifndef HR_COMPRESS_JSON_EMBED_H
#define HR_COMPRESS_JSON_EMBED_H

#include "base/buf.h"
#include "base/vec.h"
#include "text/json.h"

enum {
    HR_EMBED_COMPACT = 0,
    HR_EMBED_SPACED = 1,
    HR_EMBED_INDENT = 1, /* plus the number of spaces: 2 … 9 */
    HR_EMBED_STYLES = 10,
};

typedef struct hr_embed {
    uint32_t at;   /* offset of the document in the new text */
    uint8_t style; /* HR_EMBED_… */
    hr_str tail;   /* white space that followed it in the string */
} hr_embed;
typedef HR_VEC(hr_embed) hr_embeds;

/* The text of `d` with such strings replaced, at most four levels deep, and where they stood, in
 * order. *text is empty when there is none. HR_E_NOMEM. */
hr_err hr_embed_expand(const hr_json_doc *d, hr_arena *a, hr_str *text, hr_embeds *out);

/* Appends minified JSON in a style. */
void hr_embed_restyle(hr_str compact, unsigned style, hr_buf *b);

/* "json", "json:spaced", "json:indent2": what stands before the document. */
void hr_embed_name(unsigned style, hr_buf *b);
/* Length of such a name at s[0], directly before a document or the name of a table; 0: none. */
size_t hr_embed_named(hr_str s, unsigned *style);

#endif
