/* json: a strict RFC 8259 scanner that keeps byte positions, so that values can be read, and
 * replaced in the received bytes, without ever re-serialising what was not edited.
 *
 * hr_json_scan makes a flat, depth-first array of nodes. A container's node is followed by the
 * nodes of its contents; an object's contents are key node, value node, key node, … `next` is the
 * index after the whole subtree, so siblings are reached by i = nodes[i].next.
 *
 *     for (uint32_t i = HR_JSON_FIRST(doc, arr); i < doc->nodes[arr].next; i = doc->nodes[i].next)
 *
 * Strings are not decoded while scanning: hr_json_text decodes on demand and returns a slice of the
 * source when there is nothing to decode. Numbers stay as they are spelled. Duplicate keys are
 * kept; hr_json_get returns the last, as every provider's parser does. The document borrows the
 * source. Pure functions; a document may be read by many threads.
 *
 * Limits: 4 GiB - 1 source, `max_depth` nested containers (default 1024), UTF-8 checked.
 */
#ifndef HR_TEXT_JSON_H
#define HR_TEXT_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

typedef enum hr_json_type {
    HR_JSON_NULL,
    HR_JSON_FALSE,
    HR_JSON_TRUE,
    HR_JSON_NUMBER,
    HR_JSON_STRING,
    HR_JSON_ARRAY,
    HR_JSON_OBJECT,
} hr_json_type;

enum { HR_JSON_ESCAPED = 1, HR_JSON_KEY = 2 }; /* node flags */
#define HR_JSON_ABSENT UINT32_MAX              /* "no such node" */

typedef struct hr_json_node {
    uint32_t start, end; /* bytes of the source, quotes or brackets included: [start, end) */
    uint32_t next;       /* index of the node after this subtree */
    uint32_t count;      /* elements of an array, members of an object */
    uint8_t type, flags;
} hr_json_node;

typedef struct hr_json_doc {
    hr_str src;
    const hr_json_node *nodes; /* nodes[0] is the root */
    uint32_t n;
} hr_json_doc;

#define HR_JSON_FIRST(doc, container) ((container) + 1)

/* Scans exactly one value with optional white space around it. On failure pos.at is the byte where
 * the text stops being JSON: HR_E_SYNTAX, HR_E_DEPTH, HR_E_UTF8, HR_E_LIMIT, HR_E_NOMEM.
 * A byte order mark is a syntax error. Lone surrogate escapes (\ud800) are accepted and decode to
 * U+FFFD, as RFC 8259 section 8.2 leaves open. */
hr_errpos hr_json_scan(hr_arena *a, hr_str src, uint32_t max_depth, hr_json_doc *doc);
/* The same for the first value of a longer text; *used gets the bytes consumed (NDJSON,
 * concatenated documents). */
hr_errpos hr_json_scan_prefix(hr_arena *a, hr_str src, uint32_t max_depth, hr_json_doc *doc,
                              size_t *used);

static inline hr_json_type hr_json_type_of(const hr_json_doc *d, uint32_t i)
{
    return i < d->n ? (hr_json_type)d->nodes[i].type : HR_JSON_NULL;
}
static inline bool hr_json_is(const hr_json_doc *d, uint32_t i, hr_json_type t)
{
    return i < d->n && d->nodes[i].type == t;
}
/* The source bytes of a node. */
static inline hr_str hr_json_raw(const hr_json_doc *d, uint32_t i)
{
    return i < d->n ? hr_str_sub(d->src, d->nodes[i].start, d->nodes[i].end) : HR_STR_NONE;
}
/* Value node of a member (the last of that name), or HR_JSON_ABSENT; also when obj is no object. */
uint32_t hr_json_get(const hr_json_doc *d, uint32_t obj, hr_str key);
/* hr_json_get through several names: hr_json_path(d, 0, "a", "b", NULL). */
uint32_t hr_json_path(const hr_json_doc *d, uint32_t from, ...) __attribute__((sentinel));
/* i-th element of an array (linear), or HR_JSON_ABSENT. */
uint32_t hr_json_at(const hr_json_doc *d, uint32_t arr, uint32_t index);
/* Decoded text of a string node; HR_STR_NONE for other nodes or when memory is short. */
hr_str hr_json_text(const hr_json_doc *d, uint32_t i, hr_arena *a);
/* Text of a member if it is a string, else HR_STR_NONE. */
hr_str hr_json_get_text(const hr_json_doc *d, uint32_t obj, hr_str key, hr_arena *a);
/* True member set to JSON true. */
bool hr_json_get_true(const hr_json_doc *d, uint32_t obj, hr_str key);
/* Number node as double or integer; false when it is no number (or no exact integer). */
bool hr_json_double(const hr_json_doc *d, uint32_t i, double *out);
bool hr_json_int(const hr_json_doc *d, uint32_t i, int64_t *out);
/* Same JSON value: key order, white space and escapes ignored, numbers by their spelling. Never
 * true for different values. May be false for equal objects that repeat a name, or that have more
 * than about 80 members in a wildly different order: the work stays linear in size times depth. */
bool hr_json_same(const hr_json_doc *a, uint32_t i, const hr_json_doc *b, uint32_t j);

/* Appends s as a JSON string with quotes: only '"', '\' and control characters are escaped, short
 * forms where they exist; other bytes are copied. */
void hr_json_quote(hr_buf *b, hr_str s);
/* Appends the node without insignificant white space; everything else byte for byte. */
void hr_json_minify(const hr_json_doc *d, uint32_t i, hr_buf *b);

#endif
