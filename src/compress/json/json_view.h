/* json_view: a scanned JSON document with what the JSON compressor knows about its nodes (internal
 * to compress/).
 *
 * Every node gets a structural hash (spelling of scalars, order of members; white space ignored),
 * so that repeats are found in linear time. A hash only nominates: hr_jview_equal compares before
 * anything is treated as equal. In the lossy form `mark` says per node what is left out.
 */
#ifndef HR_COMPRESS_JSON_VIEW_H
#define HR_COMPRESS_JSON_VIEW_H

#include "base/vec.h"
#include "compress/forms.h"
#include "compress/json/json_embed.h"
#include "text/json.h"

struct hr_rowset;
struct hr_rowtext;

/* mark[i] */
enum {
    HR_MARK_DROP = 1, /* element, member or row is left out; its container says so */
    HR_MARK_BLOB = 2, /* string value is replaced by a note of its kind and size */
    HR_MARK_MORE = 4, /* container has left-out parts */
};

/* A group of nodes that hold the same value, worth a name when written more than once. */
typedef struct hr_repeat {
    uint32_t node; /* the first of them */
    uint32_t uses; /* how often the form at hand writes it */
    uint32_t name; /* number of its name once it is defined, else 0 */
    bool worth;
} hr_repeat;

/* Lossy: a long text that the compressor of its kind made shorter. */
typedef struct hr_jpart {
    uint32_t node;
    hr_str text; /* what is shown */
    size_t of;   /* bytes in full */
} hr_jpart;

typedef struct hr_jview {
    const hr_compress_opts *o;
    hr_arena *a;
    const hr_json_doc *d;
    hr_embeds embeds; /* strings that were replaced by the documents they hold */
    uint32_t *embed;  /* index + 1 into embeds; NULL when there are none */
    uint64_t *hash;
    uint8_t *mark;
    uint32_t *repeat; /* index + 1 into repeats, 0 for nodes that occur once */
    HR_VEC(hr_repeat) repeats;
    uint32_t *plan;                    /* index + 1 into tables; 0 not asked yet */
    HR_VEC(struct hr_rowset *) tables; /* NULL: asked, no table */
    uint32_t *note;                    /* lossy: index + 1 into notes, per container */
    HR_VEC(hr_str) notes;
    HR_VEC(hr_jpart) parts;
    bool null_is_empty;            /* a table of text: null stands for an empty cell */
    hr_query query;                /* what it names literally is never spelled in parts */
    const struct hr_rowtext *text; /* lossy: the query */
    const bool *must;              /* lossy: elements of the root array that stay, or NULL */
    uint32_t ending;               /* container whose note the closing marker carries, 0: none */
    bool has_ending;
    bool by_column; /* planning a table of few rows and many columns */
    bool no_blocks; /* long texts stay in their quotes */
    bool lines;     /* the root array stands for a sequence of documents */
    hr_err err;
    unsigned ticks;
} hr_jview;

/* embeds: what hr_embed_expand replaced in d's text, or NULL. */
hr_err hr_jview_init(hr_jview *v, const hr_compress_opts *o, const hr_json_doc *d,
                     const hr_embeds *embeds, hr_arena *a);
/* Same value spelled the same (white space aside). Linear in the smaller of the two. */
bool hr_jview_equal(const hr_jview *v, uint32_t i, uint32_t j);
/* False, with v->err set, once the deadline has passed or memory was refused. Cheap. */
bool hr_jview_ok(hr_jview *v);
/* Text of a string node, decoded in v->a when it has escapes. */
hr_str hr_jview_text(hr_jview *v, uint32_t i);

static inline const hr_json_node *hr_jnode(const hr_jview *v, uint32_t i)
{
    return &v->d->nodes[i];
}
/* How the string was spelled whose document the node is, or NULL. */
static inline const hr_embed *hr_jembed(const hr_jview *v, uint32_t i)
{
    return v->embed && v->embed[i] ? &v->embeds.p[v->embed[i] - 1] : NULL;
}
/* The node's type to a reader of the original: a document that stood in a string is a string. */
static inline hr_json_type hr_jtype(const hr_jview *v, uint32_t i)
{
    return hr_jembed(v, i) ? HR_JSON_STRING : (hr_json_type)v->d->nodes[i].type;
}
static inline bool hr_jmarked(const hr_jview *v, uint32_t i, unsigned bits)
{
    return v->mark && (v->mark[i] & bits);
}
/* Members as pairs: for (k = i + 1; k < end; k = hr_jnext_member(v, k)) key is k, value is k + 1.
 */
static inline uint32_t hr_jnext_member(const hr_jview *v, uint32_t key)
{
    return v->d->nodes[key + 1].next;
}

#endif
