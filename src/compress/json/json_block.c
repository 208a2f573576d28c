/* Long texts of many lines, such as what a command printed: written below the document line by line
 * instead of with an escape for each line break; in the lossy form perhaps shortened by the
 * compressor of their own kind. */
#include "compress/json/json_out.h"

enum {
    MIN_BYTES = 600,
    MIN_LINES = 10,
    MAX_BLOCKS = 64, /* more are read where they stand */
    PART_BYTES = 2048,
    MAX_PARTS = 8,
};

/* --- shortened texts -------------------------------------------------------------------------- */

/* What machines print is cut by its own rules wherever it stands; a text for readers only where the
 * document is about it, not in one of many rows. */
static bool machine_made(hr_kind k)
{
    return k == HR_KIND_LOG || k == HR_KIND_BUILD || k == HR_KIND_TRACE || k == HR_KIND_DIFF ||
           k == HR_KIND_SEARCH || k == HR_KIND_LISTING;
}

bool hr_jblock_shorten(hr_jview *v, uint32_t node, const hr_key *key, bool alone)
{
    const hr_json_node *n = hr_jnode(v, node);
    if (v->o->part || n->end - n->start < PART_BYTES || v->parts.n >= MAX_PARTS)
        return false;
    hr_arena_mark m = hr_arena_save(v->a);
    hr_str text = hr_jview_text(v, node), out;
    hr_kind kind = hr_detect(text);
    bool code = kind == HR_KIND_CODE;
    if (kind == HR_KIND_BINARY || (!alone && !machine_made(kind))) {
        hr_arena_restore(v->a, m);
        return false;
    }
    hr_err e = hr_compress_part(v->o, text, key, v->a, &out);
    if (e == HR_E_TIMEOUT || e == HR_E_NOMEM)
        v->err = e;
    if (e || !out.n) {
        hr_arena_restore(v->a, m);
        return code && alone; /* a program stays whole when it is the matter */
    }
    hr_jpart *p = hr_vec_push(&v->parts, v->a);
    if (p)
        *p = (hr_jpart){.node = node, .text = out, .of = text.n};
    return p != NULL;
}

static const hr_jpart *part_of(const hr_jview *v, uint32_t node)
{
    for (size_t i = 0; v->mark && i < v->parts.n; i++)
        if (v->parts.p[i].node == node)
            return &v->parts.p[i];
    return NULL;
}

/* --- writing ---------------------------------------------------------------------------------- */

static uint32_t count_lines(hr_str s)
{
    uint32_t n = 1;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

/* Many lines, and nothing in them that must be escaped to be seen. */
static bool worth(hr_jout *o, uint32_t node)
{
    const hr_json_node *n = hr_jnode(o->v, node);
    if (n->end - n->start < MIN_BYTES || !(n->flags & HR_JSON_ESCAPED) ||
        !hr_jout_decodable(o, node))
        return false;
    hr_arena_mark m = hr_arena_save(o->v->a);
    hr_str s = hr_jview_text(o->v, node);
    bool ok = count_lines(s) >= MIN_LINES;
    for (size_t i = 0; ok && i < s.n; i++)
        ok = (unsigned char)s.p[i] >= 0x20 ? s.p[i] != 0x7f : s.p[i] == '\n' || s.p[i] == '\t';
    hr_arena_restore(o->v->a, m);
    return ok;
}

bool hr_jout_block(hr_jout *o, uint32_t node)
{
    const hr_jpart *p = part_of(o->v, node);
    if (o->v->o->part || (!p && (o->v->no_blocks || o->blocks.n >= MAX_BLOCKS || !worth(o, node))))
        return false;
    if (o->v->o->compaction == HR_COMPACT_JSON) { /* JSON has no place for it but a string */
        if (p && !o->counting)
            hr_json_quote(o->b, p->text);
        return p != NULL;
    }
    uint32_t *slot = hr_vec_push(&o->blocks, o->v->a);
    if (slot)
        *slot = node;
    hr_buf_addf(o->b, "S%zu", o->blocks.n);
    return true;
}

void hr_jout_blocks(hr_jout *o)
{
    for (size_t i = 0; i < o->blocks.n && hr_jview_ok(o->v); i++) {
        const hr_jpart *p = part_of(o->v, o->blocks.p[i]);
        hr_arena_mark m = hr_arena_save(o->v->a);
        hr_str s = hr_jview_text(o->v, o->blocks.p[i]);
        hr_buf_addf(o->b, "\nS%zu=text, %u lines", i + 1, count_lines(s));
        if (p)
            hr_buf_addf(o->b, ", %zu bytes, shortened:\n", p->of);
        else
            hr_buf_lit(o->b, ":\n");
        hr_buf_add(o->b, p ? p->text : s);
        if (p)
            hr_buf_addf(o->b, "\n(end of S%zu)", i + 1);
        hr_arena_restore(o->v->a, m);
    }
}
