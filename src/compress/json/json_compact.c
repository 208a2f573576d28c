/* Writers of the other notations; see compaction.h. Constants, patterns and groups are not for
 * them: each row says all it has. */
#include "compress/json/json_out.h"
#include "compress/rows/rows.h"
#include "compress/table/table_lex.h"

enum { PATH_MAX_PARTS = 6 };

/* A column as it is written: the names that lead to it, and what its cells are. */
typedef struct field {
    const hr_col *col;
    const hr_col *path[PATH_MAX_PARTS]; /* from the row down to the column itself */
    size_t depth;
    const char *type;
    bool nullable, optional;
} field;
typedef HR_VEC(field) fields;

/* --- columns ---------------------------------------------------------------------------------- */

static bool whole_numbers(const hr_jview *v, const hr_rowset *rs, const hr_col *c)
{
    for (uint32_t r = 0; r < rs->n; r++) {
        if (!c->cells[r] || hr_jnode(v, c->cells[r])->type != HR_JSON_NUMBER)
            continue;
        hr_str s = hr_json_raw(v->d, c->cells[r]);
        for (size_t i = 0; i < s.n; i++)
            if (!hr_is_digit(s.p[i]) && s.p[i] != '-')
                return false;
    }
    return true;
}

static const char *type_of(const hr_jview *v, const hr_rowset *rs, const hr_col *c)
{
    uint32_t known = c->npresent - c->nnull;
    if (known == 0 || c->nstr == known)
        return "string";
    if (c->nnum == known)
        return whole_numbers(v, rs, c) ? "int" : "float";
    return c->nbool == known ? "bool" : "json";
}

static bool find_fields(hr_jview *v, const hr_rowset *rs, const field *above, fields *out)
{
    for (uint32_t k = 0; k < rs->ncols; k++) {
        const hr_col *c = &rs->cols[k];
        field f = {.col = c, .depth = above ? above->depth : 0};
        for (size_t i = 0; i < f.depth; i++)
            f.path[i] = above->path[i];
        f.path[f.depth++] = c;
        if (c->kind == HR_COL_FLAT && f.depth < PATH_MAX_PARTS &&
            c->child->ncols <= v->o->max_flatten_inner_keys) {
            if (!find_fields(v, c->child, &f, out))
                return false;
            continue;
        }
        f.type = type_of(v, rs, c);
        f.optional = c->npresent < rs->n;
        f.nullable = f.optional || c->nnull > 0;
        field *slot = hr_vec_push(out, v->a);
        if (!slot)
            return false;
        *slot = f;
    }
    return true;
}

static bool dropped(const hr_jview *v, const hr_rowset *rs, uint32_t r)
{
    return hr_jmarked(v, rs->rows[r], HR_MARK_DROP);
}

static uint32_t kept_rows(const hr_jview *v, const hr_rowset *rs)
{
    uint32_t n = 0;
    for (uint32_t r = 0; r < rs->n; r++)
        n += !dropped(v, rs, r);
    return n;
}

static bool note_here(const hr_jview *v, const hr_rowset *rs)
{
    return hr_jmarked(v, rs->node, HR_MARK_MORE) && !(v->has_ending && v->ending == rs->node);
}

/* --- json ------------------------------------------------------------------------------------- */

static void schema(hr_jout *o, const fields *f)
{
    hr_buf *b = o->b;
    for (size_t k = 0; k < f->n; k++) {
        const field *c = &f->p[k];
        hr_buf name = HR_BUF_INIT(0);
        for (size_t i = 0; i < c->depth; i++) {
            hr_buf_add(&name, i ? HR_STR(".") : HR_STR(""));
            hr_buf_add(&name, c->path[i]->name);
        }
        hr_buf_add(b, k ? HR_STR(",{\"name\":") : HR_STR("{\"name\":"));
        hr_json_quote(b, hr_buf_str(&name));
        hr_buf_addf(b, ",\"type\":\"%s\"", c->type);
        if (c->nullable)
            hr_buf_lit(b, ",\"nullable\":true");
        if (c->optional)
            hr_buf_lit(b, ",\"optional\":true");
        for (size_t i = 0; i < c->depth && c->depth > 1; i++) {
            hr_buf_add(b, i ? HR_STR(",") : HR_STR(",\"path\":["));
            hr_json_quote(b, c->path[i]->name);
        }
        hr_buf_add(b, c->depth > 1 ? HR_STR("]}") : HR_STR("}"));
        b->err = b->err ? b->err : name.err;
        hr_buf_free(&name);
    }
}

static bool wraps(const hr_jview *v, uint32_t i)
{
    return hr_jnode(v, i)->type == HR_JSON_NULL ||
           (hr_jnode(v, i)->type == HR_JSON_OBJECT &&
            hr_json_get(v->d, i, HR_STR("_value")) != HR_JSON_ABSENT);
}

static void json_row(hr_jout *o, const fields *f, uint32_t r)
{
    for (size_t k = 0; k < f->n; k++) {
        uint32_t i = f->p[k].col->cells[r];
        hr_buf_add(o->b, k ? HR_STR(",") : HR_STR("["));
        if (!i) {
            hr_buf_lit(o->b, "null");
            continue;
        }
        bool wrap = f->p[k].optional && wraps(o->v, i);
        hr_buf_add(o->b, wrap ? HR_STR("{\"_value\":") : HR_STR(""));
        hr_jout_value(o, i);
        hr_buf_add(o->b, wrap ? HR_STR("}") : HR_STR(""));
    }
    hr_buf_addc(o->b, ']');
}

static void json_table(hr_jout *o, const hr_rowset *rs, const fields *f)
{
    hr_jview *v = o->v;
    hr_buf_lit(o->b, "{\"_compaction\":\"table\",\"_schema\":[");
    schema(o, f);
    hr_buf_addf(o->b, "],\"_kept\":%u,\"_total\":%u,", kept_rows(v, rs), rs->n);
    if (v->lines && rs->node == 0)
        hr_buf_lit(o->b, "\"_lines\":true,");
    if (note_here(v, rs)) {
        hr_buf_lit(o->b, "\"_note\":\"");
        hr_rows_note(v, rs->node, o->b);
        hr_buf_lit(o->b, "\",");
    }
    hr_buf_lit(o->b, "\"_rows\":[");
    bool first = true;
    for (uint32_t r = 0; r < rs->n && hr_jview_ok(v); r++) {
        if (dropped(v, rs, r))
            continue;
        if (!first)
            hr_buf_addc(o->b, ',');
        first = false;
        json_row(o, f, r);
    }
    hr_buf_lit(o->b, "]}");
}

/* --- markdown-kv ------------------------------------------------------------------------------ */

static void md_name(hr_buf *b, const field *f)
{
    for (size_t i = 0; i < f->depth; i++) {
        hr_str s = f->path[i]->name;
        if (i)
            hr_buf_addc(b, '.');
        if (hr_lex_bare_name(s) && hr_str_find_char(s, '.') == SIZE_MAX)
            hr_buf_add(b, s);
        else
            hr_json_quote(b, s);
    }
}

/* May the text stand without quotes? In a column of strings only null reads as something else. */
static bool md_bare(hr_str s, bool strings)
{
    if (!s.n || s.p[0] == '"' || s.p[0] == ' ' || s.p[s.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    if (strings)
        return !hr_str_eq(s, HR_STR("null"));
    return s.p[0] != '{' && s.p[0] != '[' && !hr_lex_literal(s);
}

static void md_value(hr_jout *o, const field *f, uint32_t i)
{
    hr_jview *v = o->v;
    if (hr_jnode(v, i)->type != HR_JSON_STRING || hr_jmarked(v, i, HR_MARK_BLOB) ||
        !hr_jout_decodable(o, i) || (v->mark && v->parts.n)) {
        o->inside = true; /* what is in a cell is JSON */
        hr_jout_value(o, i);
        o->inside = false;
        return;
    }
    hr_arena_mark m = hr_arena_save(v->a);
    hr_str s = hr_jview_text(v, i);
    if (md_bare(s, strcmp(f->type, "string") == 0))
        hr_buf_add(o->b, s);
    else
        hr_json_quote(o->b, s);
    hr_arena_restore(v->a, m);
}

static void md_table(hr_jout *o, const hr_rowset *rs, const fields *f)
{
    hr_jview *v = o->v;
    uint32_t kept = kept_rows(v, rs);
    hr_buf_addf(o->b, kept < rs->n ? "[%u of %u]{" : "[%u]{", kept, rs->n);
    for (size_t k = 0; k < f->n; k++) {
        if (k)
            hr_buf_addc(o->b, ',');
        md_name(o->b, &f->p[k]);
        hr_buf_addf(o->b, ":%s%s", f->p[k].type, f->p[k].nullable ? "?" : "");
    }
    hr_buf_addc(o->b, '}');
    for (uint32_t r = 0; r < rs->n && hr_jview_ok(v); r++) {
        if (dropped(v, rs, r))
            continue;
        bool any = false;
        for (size_t k = 0; k < f->n; k++) {
            uint32_t i = f->p[k].col->cells[r];
            if (!i)
                continue;
            hr_buf_add(o->b, any ? HR_STR("\n  ") : HR_STR("\n- "));
            any = true;
            md_name(o->b, &f->p[k]);
            hr_buf_lit(o->b, ": ");
            md_value(o, &f->p[k], i);
        }
        if (!any)
            hr_buf_lit(o->b, "\n-");
    }
    if (note_here(v, rs)) {
        hr_buf_lit(o->b, "\n(");
        hr_rows_note(v, rs->node, o->b);
        hr_buf_addc(o->b, ')');
    }
}

void hr_jout_compact(hr_jout *o, hr_rowset *rs)
{
    fields f = {0};
    if (!find_fields(o->v, rs, NULL, &f))
        o->v->err = HR_E_NOMEM;
    else if (o->v->o->compaction == HR_COMPACT_JSON)
        json_table(o, rs, &f);
    else
        md_table(o, rs, &f);
}
