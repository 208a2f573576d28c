/* The header of a table: its columns with their constants, patterns and groups. */
#include "compress/json/json_out.h"
#include "compress/table/table_lex.h"

enum {
    LOSSY_TPL_ROWS = 200, /* fewer rows than this are written in full: they get quoted */
};

/* Full values read better, and a pattern for a handful of rows spares little. */
bool hr_jout_uses_tpl(const hr_jview *v, const hr_col *c, uint32_t rows)
{
    return c->tpl && (!v->mark || c->tpl->derived || rows >= LOSSY_TPL_ROWS);
}

static void name(hr_buf *b, hr_str s)
{
    if (hr_lex_bare_name(s))
        hr_buf_add(b, s);
    else
        hr_json_quote(b, s);
}

/* Inside f"…": JSON escapes, and braces doubled. */
static void tpl_text(hr_jout *o, hr_str s)
{
    hr_buf tmp = HR_BUF_INIT(o->b->limit);
    hr_json_quote(&tmp, s);
    for (size_t i = 1; i + 1 < tmp.n; i++) {
        if (tmp.p[i] == '{' || tmp.p[i] == '}')
            hr_buf_addc(o->b, tmp.p[i]);
        hr_buf_addc(o->b, tmp.p[i]);
    }
    if (tmp.err)
        o->b->err = tmp.err;
    hr_buf_free(&tmp);
}

static void tpl_header(hr_jout *o, const hr_tpl *t)
{
    hr_buf_lit(o->b, "=f\"");
    for (size_t k = 0; k < t->n; k++) {
        const hr_tpl_piece *p = &t->piece[k];
        if (p->own) {
            hr_buf_lit(o->b, "{}");
        } else if (p->ref) {
            hr_buf_addc(o->b, '{');
            hr_buf_add(o->b, p->path);
            hr_buf_addc(o->b, '}');
        } else {
            tpl_text(o, p->text);
        }
    }
    hr_buf_addc(o->b, '"');
}

static void columns(hr_jout *o, const hr_rowset *rs, uint32_t from, uint32_t rows, char open,
                    char close)
{
    bool first = true, rest = false;
    hr_buf_addc(o->b, open);
    for (uint32_t k = from; k < rs->ncols; k++) {
        const hr_col *c = &rs->cols[k];
        rest |= c->rest && c->live;
        if (!c->live || c->rest)
            continue;
        if (!first)
            hr_buf_addc(o->b, ',');
        first = false;
        name(o->b, c->name);
        switch (c->kind) {
        case HR_COL_VALUE:
            if (hr_jout_uses_tpl(o->v, c, rows))
                tpl_header(o, c->tpl);
            else if (c->str && !(rs->map && k == 0))
                hr_buf_lit(o->b, ":str");
            break;
        case HR_COL_CONST:
            hr_buf_addc(o->b, '=');
            hr_jout_value(o, c->cells[0]);
            break;
        case HR_COL_FLAT:
            columns(o, c->child, 0, rows, '{', '}');
            break;
        case HR_COL_FLAT1:
            hr_buf_lit(o->b, "[1]");
            columns(o, c->child, 0, rows, '{', '}');
            break;
        case HR_COL_TUPLE:
            columns(o, c->child, 0, rows, '(', ')');
            break;
        case HR_COL_LIST:
            hr_buf_lit(o->b, "[]");
            columns(o, c->child, 0, rows, '(', ')');
            break;
        case HR_COL_MAP:
            hr_buf_lit(o->b, "[key]");
            columns(o, c->child, 1, rows, '(', ')');
            break;
        }
    }
    if (rest)
        hr_buf_add(o->b, first ? HR_STR("*") : HR_STR(",*"));
    hr_buf_addc(o->b, close);
}

void hr_jout_columns(hr_jout *o, const hr_rowset *rs, uint32_t rows)
{
    columns(o, rs, 0, rows, '{', '}');
}
