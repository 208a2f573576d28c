#include "compress/json/json_out.h"

#include "compress/rows/rows.h"
#include "compress/table/table_lex.h"

enum {
    MIN_EMBEDDED = 32,
    MAX_EMBEDDED_DEPTH = 64,
    SAMPLE = 512,   /* bytes that decide whether a value is long */
    USE_TOKENS = 3, /* what a name costs where it is used */
    MIN_TOKENS = 8, /* values shorter than this keep their place, a reader has less to look up */
};

static bool worth_name(const hr_jview *v, const hr_repeat *r)
{
    if (r->uses < 2)
        return false;
    const hr_json_node *n = hr_jnode(v, r->node);
    hr_str raw = hr_json_raw(v->d, r->node);
    size_t tokens = hr_tokens_estimate(v->o->tok, hr_str_sub(raw, 0, SAMPLE));
    if (n->type != HR_JSON_STRING)
        tokens = tokens * 2 / 3; /* white space as received */
    return tokens >= MIN_TOKENS && (r->uses - 1) * (tokens - USE_TOKENS) >= MIN_TOKENS;
}

bool hr_jout_named(hr_jout *o, uint32_t node)
{
    hr_jview *v = o->v;
    if (!v->repeat || !v->repeat[node])
        return false;
    hr_repeat *r = &v->repeats.p[v->repeat[node] - 1];
    if (o->counting)
        return r->uses++ > 0;
    if (!r->worth || hr_jmarked(v, node, HR_MARK_BLOB | HR_MARK_MORE))
        return false;
    bool known = r->name != 0;
    if (!known)
        r->name = ++o->names;
    hr_buf_addc(o->b, 'V');
    hr_buf_add_u64(o->b, r->name);
    if (!known)
        hr_buf_addc(o->b, '=');
    return known;
}

/* Escapes cost tokens; decoded text says the same, but for lone surrogates, which have no text. */
bool hr_jout_decodable(const hr_jout *o, uint32_t node)
{
    if (!(hr_jnode(o->v, node)->flags & HR_JSON_ESCAPED))
        return true;
    hr_str raw = hr_json_raw(o->v->d, node);
    for (size_t i = 0; i + 3 < raw.n; i++) {
        if (raw.p[i] != '\\')
            continue;
        if (raw.p[i + 1] == 'u' && (raw.p[i + 2] == 'd' || raw.p[i + 2] == 'D') &&
            hr_lower(raw.p[i + 3]) >= '8')
            return false;
        i++;
    }
    return true;
}

static void quoted(hr_jout *o, uint32_t node)
{
    hr_str raw = hr_json_raw(o->v->d, node);
    if (!(hr_jnode(o->v, node)->flags & HR_JSON_ESCAPED) || !hr_jout_decodable(o, node)) {
        hr_buf_add(o->b, raw);
        return;
    }
    hr_arena_mark m = hr_arena_save(o->v->a);
    hr_json_quote(o->b, hr_jview_text(o->v, node));
    hr_arena_restore(o->v->a, m);
}

/* Every quote inside an embedded document is escaped; written bare it costs half, and reads well.
 */
bool hr_jout_embedded(hr_jout *o, uint32_t node)
{
    hr_jview *v = o->v;
    const hr_json_node *n = hr_jnode(v, node);
    char open = v->d->src.p[n->start + 1];
    if (v->o->compaction != HR_COMPACT_CSV || !(n->flags & HR_JSON_ESCAPED) ||
        n->end - n->start < MIN_EMBEDDED || (open != '{' && open != '[') ||
        !hr_jout_decodable(o, node))
        return false;
    hr_arena_mark m = hr_arena_save(v->a);
    hr_str text = hr_jview_text(v, node);
    size_t len = hr_lex_brackets(text);
    hr_str tail = hr_str_sub(text, len, text.n);
    hr_json_doc d;
    bool ok = len > 0 && hr_str_trim(tail).n == 0;
    for (size_t i = 0; ok && i < len; i++)
        ok = (unsigned char)text.p[i] >= 0x20;
    ok = ok && !hr_json_scan(v->a, hr_str_sub(text, 0, len), MAX_EMBEDDED_DEPTH, &d).code;
    if (ok) {
        hr_buf_lit(o->b, "json");
        hr_buf_add(o->b, hr_str_sub(text, 0, len));
        if (tail.n) {
            hr_buf_addc(o->b, '+');
            hr_json_quote(o->b, tail);
        }
    }
    hr_arena_restore(v->a, m);
    return ok;
}

void hr_jout_blob(hr_jout *o, uint32_t node)
{
    hr_arena_mark m = hr_arena_save(o->v->a);
    hr_rows_blob_note(o->v, node, o->b);
    hr_arena_restore(o->v->a, m);
}

void hr_jout_string(hr_jout *o, uint32_t node)
{
    hr_jview *v = o->v;
    if (hr_jmarked(v, node, HR_MARK_BLOB)) {
        hr_buf_addc(o->b, '"');
        hr_jout_blob(o, node);
        hr_buf_addc(o->b, '"');
        return;
    }
    if (hr_jout_block(o, node))
        return;
    if (o->counting) {
        uint32_t *s = hr_vec_push(&o->strings, v->a);
        if (s)
            *s = node;
        return;
    }
    if (hr_jout_embedded(o, node))
        return;
    int p = -1;
    hr_str raw = hr_json_raw(v->d, node);
    if (o->prefixes && !hr_query_anchor_in(&v->query, raw))
        p = hr_prefixes_of(o->prefixes, hr_str_sub(raw, 1, raw.n - 1));
    if (p < 0) {
        quoted(o, node);
        return;
    }
    size_t len = o->prefixes->text[p].n;
    hr_buf_addc(o->b, hr_prefix_letter((size_t)p));
    if (len + 2 == raw.n)
        return;
    hr_buf_lit(o->b, "+\"");
    hr_buf_add(o->b, hr_str_sub(raw, len + 1, raw.n));
}

static void object(hr_jout *o, uint32_t node)
{
    hr_jview *v = o->v;
    bool first = true;
    hr_buf_addc(o->b, '{');
    for (uint32_t k = node + 1; k < hr_jnode(v, node)->next; k = hr_jnext_member(v, k)) {
        if (hr_jmarked(v, k + 1, HR_MARK_DROP))
            continue;
        if (!first)
            hr_buf_addc(o->b, ',');
        first = false;
        quoted(o, k);
        hr_buf_addc(o->b, ':');
        hr_jout_value(o, k + 1);
    }
    if (hr_jmarked(v, node, HR_MARK_MORE)) {
        hr_buf_add(o->b, first ? HR_STR("\"…\":\"") : HR_STR(",\"…\":\""));
        hr_rows_note(v, node, o->b);
        hr_buf_addc(o->b, '"');
    }
    hr_buf_addc(o->b, '}');
}

/* How many elements from k on are the same value. */
static uint32_t run_at(const hr_jview *v, uint32_t k, uint32_t end, uint32_t *after)
{
    uint32_t n = 1, i = hr_jnode(v, k)->next;
    for (; i < end && !hr_jmarked(v, i, HR_MARK_DROP) && hr_jview_equal(v, k, i);
         i = hr_jnode(v, i)->next)
        n++;
    *after = i;
    return n;
}

static void array(hr_jout *o, uint32_t node)
{
    hr_jview *v = o->v;
    const uint32_t end = hr_jnode(v, node)->next;
    bool first = true;
    hr_buf_addc(o->b, '[');
    for (uint32_t k = node + 1; k < end;) {
        if (hr_jmarked(v, k, HR_MARK_DROP)) {
            k = hr_jnode(v, k)->next;
            continue;
        }
        if (!first)
            hr_buf_addc(o->b, ',');
        first = false;
        uint32_t after, n = run_at(v, k, end, &after);
        size_t bytes = hr_jnode(v, k)->end - hr_jnode(v, k)->start + 1;
        hr_jout_value(o, k);
        if (n > 1 && (n - 1) * bytes > 8 && v->o->compaction == HR_COMPACT_CSV) {
            hr_buf_lit(o->b, " x");
            hr_buf_add_u64(o->b, n);
            k = after;
        } else {
            k = hr_jnode(v, k)->next;
        }
    }
    if (hr_jmarked(v, node, HR_MARK_MORE)) {
        hr_buf_add(o->b, first ? HR_STR("\"…") : HR_STR(",\"…"));
        hr_rows_note(v, node, o->b);
        hr_buf_addc(o->b, '"');
    }
    hr_buf_addc(o->b, ']');
}

void hr_jout_value(hr_jout *o, uint32_t node)
{
    hr_jview *v = o->v;
    const hr_json_node *n = hr_jnode(v, node);
    if (!hr_jview_ok(v) || o->b->err)
        return;
    if (n->type < HR_JSON_STRING) {
        hr_buf_add(o->b, hr_json_raw(v->d, node));
        return;
    }
    if (hr_jout_named(o, node))
        return;
    const hr_embed *e = hr_jembed(v, node);
    if (e)
        hr_embed_name(e->style, o->b);
    if (n->type == HR_JSON_STRING) {
        hr_jout_string(o, node);
    } else if (!o->inside && hr_plan_table(v, node)) {
        if (v->o->compaction == HR_COMPACT_JSON) {
            hr_jout_compact(o, hr_plan_table(v, node));
            return;
        }
        uint32_t *t = hr_vec_push(&o->tables, v->a);
        if (t)
            *t = node;
        hr_buf_addc(o->b, 'T');
        hr_buf_add_u64(o->b, o->tables.n);
    } else if (n->type == HR_JSON_OBJECT) {
        object(o, node);
    } else {
        array(o, node);
    }
    if (e && e->tail.n) {
        hr_buf_addc(o->b, '+');
        hr_json_quote(o->b, e->tail);
    }
}

/* The root: a bare table, lines of documents, or one value. */
static void root(hr_jout *o)
{
    hr_jview *v = o->v;
    hr_rowset *rs = hr_plan_table(v, 0);
    if (rs) {
        if (v->lines && v->o->compaction != HR_COMPACT_JSON)
            hr_buf_lit(o->b, "lines ");
        hr_jout_table(o, rs);
        return;
    }
    if (!v->lines) {
        hr_jout_value(o, 0);
        return;
    }
    bool first = true;
    for (uint32_t k = 1; k < v->d->n; k = hr_jnode(v, k)->next) {
        if (hr_jmarked(v, k, HR_MARK_DROP))
            continue;
        if (!first)
            hr_buf_addc(o->b, '\n');
        first = false;
        hr_jout_value(o, k);
    }
    if (hr_jmarked(v, 0, HR_MARK_MORE)) {
        hr_buf_lit(o->b, "\n(");
        hr_rows_note(v, 0, o->b);
        hr_buf_addc(o->b, ')');
    }
}

static void whole(hr_jout *o)
{
    if (o->prefixes) {
        for (size_t i = 0; i < o->prefixes->n; i++) {
            hr_buf_addc(o->b, hr_prefix_letter(i));
            hr_buf_lit(o->b, "=\"");
            hr_buf_add(o->b, o->prefixes->text[i]);
            hr_buf_lit(o->b, "\"\n");
        }
    }
    root(o);
    /* Writing a table may refer to further ones: the list grows while we walk it. */
    for (size_t i = 0; i < o->tables.n && hr_jview_ok(o->v); i++) {
        hr_buf_lit(o->b, "\nT");
        hr_buf_add_u64(o->b, i + 1);
        hr_buf_addc(o->b, '=');
        hr_jout_table(o, hr_plan_table(o->v, o->tables.p[i]));
    }
    hr_jout_blocks(o);
}

hr_err hr_jout_document(hr_jview *v, hr_buf *b)
{
    hr_prefixes prefixes = {.n = 0};
    for (size_t i = 0; i < v->repeats.n; i++)
        v->repeats.p[i].uses = v->repeats.p[i].name = 0;
    hr_jout count = {.v = v, .b = b, .counting = true};
    size_t start = b->n;
    whole(&count);
    if (v->err || b->err)
        return v->err ? v->err : b->err;
    b->n = start;
    /* The marker speaks for a table only when nothing stands between them. */
    if (count.blocks.n || (count.tables.n && count.tables.p[count.tables.n - 1] != v->ending))
        v->has_ending = false;
    for (size_t i = 0; i < v->repeats.n; i++)
        v->repeats.p[i].worth = worth_name(v, &v->repeats.p[i]);
    hr_err e = HR_OK;
    if (v->o->compaction == HR_COMPACT_CSV)
        e = hr_prefixes_find(v, count.strings.p, count.strings.n, &prefixes);
    if (e)
        return e;
    hr_jout out = {.v = v, .b = b, .prefixes = prefixes.n ? &prefixes : NULL};
    whole(&out);
    return v->err ? v->err : b->err;
}
