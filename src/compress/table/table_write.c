/* Tables as text: a header that says how many rows and which columns, then one row a line. */
#include "compress/json/json_out.h"

#include "compress/rows/rows.h"
#include "compress/table/table_lex.h"

/* --- what is shown -------------------------------------------------------------------------- */

static bool shown(const hr_jview *v, const hr_rowset *rs, uint32_t r)
{
    return !hr_jmarked(v, rs->rows[r], HR_MARK_DROP);
}

static uint32_t children_of(const hr_jview *v, const hr_col *c, uint32_t r)
{
    return c->kind == HR_COL_TUPLE ? 1 : hr_jnode(v, c->cells[r])->count;
}

static bool set_live(hr_jview *v, hr_rowset *rs, uint32_t r)
{
    bool any = false;
    for (uint32_t k = 0; k < rs->ncols; k++) {
        hr_col *c = &rs->cols[k];
        if (c->kind == HR_COL_FLAT || c->kind == HR_COL_FLAT1) {
            c->live |= set_live(v, c->child, r);
        } else if (c->cells[r]) {
            c->live = true;
            for (uint32_t j = 0; c->child && c->first[r] != UINT32_MAX && j < children_of(v, c, r);
                 j++)
                if (shown(v, c->child, c->first[r] + j))
                    set_live(v, c->child, c->first[r] + j);
        }
        any |= c->live;
    }
    return any;
}

static void clear_live(hr_rowset *rs, bool to)
{
    for (uint32_t k = 0; k < rs->ncols; k++) {
        rs->cols[k].live = to;
        if (rs->cols[k].child)
            clear_live(rs->cols[k].child, to);
    }
}

/* Columns that no shown row has are not worth a name in the header of a lossy table. */
static uint32_t mark_live(hr_jview *v, hr_rowset *rs)
{
    uint32_t rows = 0;
    clear_live(rs, !v->mark);
    for (uint32_t r = 0; r < rs->n; r++) {
        if (!shown(v, rs, r))
            continue;
        rows++;
        if (v->mark)
            set_live(v, rs, r);
    }
    return rows;
}

/* --- cells ---------------------------------------------------------------------------------- */

/* Empty cells cost nothing until a filled one follows: commas are written late. */
typedef struct row {
    hr_jout *o;
    uint32_t rows; /* shown in the whole table */
    uint32_t commas;
    bool first, nested, any;
} row;

static void cell_start(row *w)
{
    for (; w->commas; w->commas--)
        hr_buf_addc(w->o->b, ',');
    w->any = true;
}

static void text_cell(row *w, hr_str s, bool str)
{
    bool plain =
        hr_lex_bare(s, w->nested) && (str ? !hr_str_eq(s, HR_STR("null")) : !hr_lex_literal(s));
    if (plain)
        hr_buf_add(w->o->b, s);
    else
        hr_json_quote(w->o->b, s);
}

/* A string in a cell: prefixes are for JSON alone, a bare word could be mistaken for one. */
static void string_cell(row *w, uint32_t i, bool str)
{
    hr_jout *o = w->o;
    if (hr_jmarked(o->v, i, HR_MARK_BLOB)) {
        hr_jout_string(o, i);
    } else if (hr_jout_named(o, i) || hr_jout_block(o, i) || hr_jout_embedded(o, i)) {
        ; /* these may remember the node, in the arena */
    } else if (hr_jout_decodable(o, i)) {
        hr_arena_mark m = hr_arena_save(o->v->a);
        text_cell(w, hr_jview_text(o->v, i), str);
        hr_arena_restore(o->v->a, m);
    } else {
        hr_buf_add(o->b, hr_json_raw(o->v->d, i));
    }
}

static void value_cell(row *w, const hr_col *c, uint32_t r)
{
    hr_jout *o = w->o;
    uint32_t i = c->cells[r];
    cell_start(w);
    if (hr_jnode(o->v, i)->type != HR_JSON_STRING) {
        hr_jout_value(o, i);
    } else if (hr_jout_uses_tpl(o->v, c, w->rows)) {
        hr_arena_mark m = hr_arena_save(o->v->a);
        hr_str s = hr_jview_text(o->v, i);
        text_cell(w, hr_str_sub(s, c->tpl->skip[r], s.n - c->tpl->suffix), true);
        hr_arena_restore(o->v->a, m);
    } else {
        string_cell(w, i, c->str);
    }
}

static void cells(row *w, const hr_rowset *rs, uint32_t r);

static void tuple(row *w, const hr_rowset *rs, uint32_t r)
{
    row in = {.o = w->o, .rows = w->rows, .first = true, .nested = true};
    hr_buf_addc(w->o->b, '(');
    cells(&in, rs, r);
    hr_buf_addc(w->o->b, ')');
}

static void tuples(row *w, const hr_col *c, uint32_t r)
{
    hr_jout *o = w->o;
    uint32_t n = hr_jnode(o->v, c->cells[r])->count, left = 0;
    for (uint32_t j = 0; j < n; j++) {
        if (shown(o->v, c->child, c->first[r] + j))
            tuple(w, c->child, c->first[r] + j);
        else
            left++;
    }
    if (left)
        hr_buf_addf(o->b, "…%u more", left);
}

static void nested_cell(row *w, const hr_col *c, uint32_t r)
{
    uint32_t i = c->cells[r];
    cell_start(w);
    bool pooled =
        c->first[r] != UINT32_MAX && (c->kind == HR_COL_TUPLE || children_of(w->o->v, c, r));
    if (!pooled && hr_jnode(w->o->v, i)->type == HR_JSON_STRING)
        string_cell(w, i, false);
    else if (!pooled)
        hr_jout_value(w->o, i); /* null, [] or {}, and what is not like the others */
    else if (hr_jout_named(w->o, i))
        return;
    else if (c->kind == HR_COL_TUPLE)
        tuple(w, c->child, c->first[r]);
    else
        tuples(w, c, r);
}

/* Members that got no column, as one JSON object. */
static void rest_cell(row *w, const hr_rowset *rs, uint32_t r)
{
    hr_jout *o = w->o;
    bool any = false;
    for (uint32_t k = 0; k < rs->ncols; k++) {
        const hr_col *c = &rs->cols[k];
        if (!c->rest || !c->cells[r])
            continue;
        if (!any)
            cell_start(w);
        hr_buf_addc(o->b, any ? ',' : '{');
        any = true;
        hr_json_quote(o->b, c->name);
        hr_buf_addc(o->b, ':');
        hr_jout_value(o, c->cells[r]);
    }
    if (any)
        hr_buf_addc(o->b, '}');
}

static void next_cell(row *w)
{
    w->commas += !w->first;
    w->first = false;
}

static void cells(row *w, const hr_rowset *rs, uint32_t r)
{
    bool rest = false;
    for (uint32_t k = 0; k < rs->ncols; k++) {
        const hr_col *c = &rs->cols[k];
        rest |= c->rest && c->live;
        if (!c->live || c->rest || c->kind == HR_COL_CONST)
            continue;
        if (c->kind == HR_COL_FLAT || c->kind == HR_COL_FLAT1) {
            cells(w, c->child, r);
            continue;
        }
        if (c->tpl && c->tpl->derived)
            continue;
        next_cell(w);
        if (!c->cells[r])
            continue;
        if (c->child)
            nested_cell(w, c, r);
        else
            value_cell(w, c, r);
    }
    if (rest) {
        next_cell(w);
        rest_cell(w, rs, r);
    }
}

/* --- rows ----------------------------------------------------------------------------------- */

static bool same_row(const hr_jview *v, const hr_rowset *rs, uint32_t a, uint32_t b)
{
    return (!rs->map && hr_jview_equal(v, rs->rows[a], rs->rows[b]));
}

static void one_row(hr_jout *o, const hr_rowset *rs, uint32_t r, uint32_t rows)
{
    row w = {.o = o, .rows = rows, .first = true};
    hr_buf_addc(o->b, '\n');
    size_t at = o->b->n;
    cells(&w, rs, r);
    if (!w.any) {
        hr_buf_lit(o->b, "{}"); /* an object without members, or with the header's alone */
    } else if (hr_str_eq(hr_str_sub(hr_buf_str(o->b), at, o->b->n), HR_STR("{}"))) {
        hr_buf_addc(o->b, ',');
    }
}

static bool has_cells(const hr_rowset *rs)
{
    for (uint32_t k = 0; k < rs->ncols; k++) {
        const hr_col *c = &rs->cols[k];
        if (!c->live || c->kind == HR_COL_CONST)
            continue;
        if (c->kind == HR_COL_FLAT || c->kind == HR_COL_FLAT1) {
            if (has_cells(c->child))
                return true;
        } else if (!c->tpl || !c->tpl->derived) {
            return true;
        }
    }
    return false;
}

/* --- few rows of many columns ---------------------------------------------------------------- */

static void path_to(hr_jout *o, hr_str prefix, const hr_col *c)
{
    hr_buf_add(o->b, prefix);
    if (hr_lex_bare_name(c->name) && hr_str_find_char(c->name, '.') == SIZE_MAX)
        hr_buf_add(o->b, c->name);
    else
        hr_json_quote(o->b, c->name);
}

static uint32_t count_lines(const hr_rowset *rs)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < rs->ncols; k++)
        if (rs->cols[k].live)
            n += rs->cols[k].kind == HR_COL_FLAT ? count_lines(rs->cols[k].child) : 1;
    return n;
}

static void column_line(hr_jout *o, const hr_rowset *top, const hr_rowset *rs, const hr_col *c)
{
    if (c->str && !(rs->map && c == rs->cols))
        hr_buf_lit(o->b, ":str");
    hr_buf_lit(o->b, ": ");
    row w = {.o = o, .first = true};
    for (uint32_t r = 0; r < rs->n; r++) {
        if (!shown(o->v, top, r))
            continue;
        next_cell(&w);
        if (c->cells[r])
            value_cell(&w, c, r);
    }
}

static void column_lines(hr_jout *o, const hr_rowset *top, const hr_rowset *rs, hr_str prefix)
{
    for (uint32_t k = 0; k < rs->ncols; k++) {
        const hr_col *c = &rs->cols[k];
        if (!c->live)
            continue;
        if (c->kind == HR_COL_FLAT) {
            hr_buf path = HR_BUF_INIT(0);
            hr_jout to = {.v = o->v, .b = &path};
            path_to(&to, prefix, c);
            hr_buf_addc(&path, '.');
            if (path.err)
                o->b->err = path.err;
            column_lines(o, top, c->child, hr_buf_str(&path));
            hr_buf_free(&path);
            continue;
        }
        hr_buf_addc(o->b, '\n');
        path_to(o, prefix, c);
        if (c->kind == HR_COL_CONST) {
            hr_buf_addc(o->b, '=');
            hr_jout_value(o, c->cells[0]);
        } else {
            column_line(o, top, rs, c);
        }
    }
}

static void table_by_column(hr_jout *o, const hr_rowset *rs)
{
    hr_buf_addf(o->b, " by column, %u lines", count_lines(rs));
    column_lines(o, rs, rs, HR_STR_NONE);
}

static void table_by_row(hr_jout *o, const hr_rowset *rs, uint32_t rows)
{
    hr_jview *v = o->v;
    hr_jout_columns(o, rs, rows);
    bool any = has_cells(rs);
    for (uint32_t r = 0; r < rs->n && any; r++) {
        if (!shown(v, rs, r))
            continue;
        if ((r & 255) == 0 && (!hr_jview_ok(v) || o->b->err))
            return;
        one_row(o, rs, r, rows);
        uint32_t same = r + 1;
        while (same < rs->n && shown(v, rs, same) && same_row(v, rs, r, same))
            same++;
        if (same - r >= 3) {
            hr_buf_addf(o->b, "\n(same row %u more times)", same - r - 1);
            r = same - 1;
        }
    }
}

void hr_jout_table(hr_jout *o, hr_rowset *rs)
{
    hr_jview *v = o->v;
    if (v->o->compaction != HR_COMPACT_CSV) {
        hr_jout_compact(o, rs);
        return;
    }
    uint32_t rows = mark_live(v, rs);
    if (rs->map)
        hr_buf_lit(o->b, "map");
    hr_buf_addc(o->b, '[');
    hr_buf_add_u64(o->b, rows);
    if (rows < rs->n)
        hr_buf_addf(o->b, " of %u", rs->n);
    hr_buf_addc(o->b, ']');
    if (rs->by_column)
        table_by_column(o, rs);
    else
        table_by_row(o, rs, rows);
    if (hr_jmarked(v, rs->node, HR_MARK_MORE) && !(v->has_ending && v->ending == rs->node)) {
        hr_buf_lit(o->b, "\n(");
        hr_rows_note(v, rs->node, o->b);
        hr_buf_addc(o->b, ')');
    }
}
