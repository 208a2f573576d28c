/* Aligned tables: ps, top, df, docker ps, kubectl get, dpkg -l, pip list, systemctl … */
#include "compress/table/csv.h"
#include "compress/view/columns.h"
#include "compress/view/view.h"

enum { ROWS_MIN = 8 };

typedef struct forms {
    hr_buf lossless, lossy;
    size_t tables, rows, packed, sampled;
} forms;

static bool unique(const hr_csv *c, hr_str name)
{
    for (size_t k = 0; k < c->cells.n; k++) {
        if (hr_str_eq(c->cells.p[k], name))
            return false;
    }
    return true;
}

/* heading: the record names the columns. line: HR_STR_NONE for a heading that is not there. */
static hr_err add_record(const hr_columns *t, hr_str line, bool heading, hr_csv *c, hr_arena *a)
{
    hr_csv_record *r = hr_vec_push(&c->records, a);
    if (!r)
        return HR_E_NOMEM;
    *r = (hr_csv_record){line, (uint32_t)c->cells.n, (uint32_t)t->ncols};
    for (size_t k = 0; k < t->ncols; k++) {
        hr_str v = hr_columns_cell(t, line, k);
        if (heading && !line.p)
            v = hr_strf(a, "column %zu", k + 1);
        else if (heading && !unique(c, v))
            v = hr_strf(a, "%.*s %zu", HR_FMT(v), k + 1);
        else if (!heading && v.n > 1 && v.p[v.n - 1] == '%')
            v.n--; /* a share is a number */
        hr_str *slot = hr_vec_push(&c->cells, a);
        if (!slot)
            return HR_E_NOMEM;
        *slot = v;
    }
    return HR_OK;
}

/* The table for the choice of rows; what is not laid out in front of its rows stays. */
static hr_err as_csv(const hr_columns *t, hr_str block, hr_arena *a, hr_csv *c)
{
    size_t heading = t->heading, first = t->first > heading ? t->first : heading + 1;
    *c = (hr_csv){.delimiter = ' ', .columns = (uint32_t)t->ncols};
    if (heading == t->lines.n)
        first = t->first;
    while (heading < t->lines.n && first + 1 < t->lines.n && hr_columns_rule(t->lines.p[first]))
        first++;
    c->before = hr_str_sub(block, 0, (size_t)(t->lines.p[first].p - block.p));
    hr_str names = heading < t->lines.n ? t->lines.p[heading] : HR_STR_NONE;
    hr_err e = add_record(t, names, true, c, a);
    for (size_t i = first; i < t->lines.n && e == HR_OK; i++)
        e = add_record(t, t->lines.p[i], false, c, a);
    if (e != HR_OK)
        return e;
    c->records.p[0].line = HR_STR_NONE; /* stands in front already */
    c->must = hr_columns_keep(c, a);
    return c->must ? HR_OK : HR_E_NOMEM;
}

/* Are borders drawn between its columns? */
static bool drawn(const hr_columns *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->lines.n; i++)
        n += hr_str_find_char(t->lines.p[i], '|') != SIZE_MAX ||
             hr_str_has(t->lines.p[i], HR_STR("│"));
    return n * 2 >= t->lines.n;
}

/* What can be said of its columns needs names for them. */
static hr_err as_records(const hr_columns *t, hr_str block, hr_arena *a, hr_csv *c)
{
    if (drawn(t)) {
        hr_err e = hr_csv_read(block, a, c);
        c->must = e == HR_OK ? hr_columns_keep(c, a) : NULL;
        return e == HR_OK && !c->must ? HR_E_NOMEM : e;
    }
    return t->heading < t->lines.n ? as_csv(t, block, a, c) : HR_E_SYNTAX;
}

static hr_err view_table(const hr_view_job *j, hr_str block, forms *f)
{
    hr_columns t;
    hr_err e = hr_columns_read(block, j->a, &t);
    if (e == HR_OK && t.lines.n < ROWS_MIN)
        e = HR_E_SYNTAX;
    if (e != HR_OK) {
        hr_buf_add(&f->lossless, block);
        hr_buf_add(&f->lossy, block);
        return e == HR_E_SYNTAX ? HR_OK : e;
    }
    f->tables++;
    f->rows += t.lines.n;
    bool packed = hr_columns_pack(&t, j->o->tok, j->a, &f->lossless);
    f->packed += packed;
    if (!packed)
        hr_buf_add(&f->lossless, block);
    hr_csv c;
    hr_forms sampled = {0};
    if (j->lossy) {
        e = as_records(&t, block, j->a, &c);
        if (e == HR_OK)
            e = hr_csv_sample(j->o, &c, j->key, j->a, &sampled);
        e = e == HR_E_SYNTAX || e == HR_E_LIMIT ? HR_OK : e;
    }
    if (e == HR_OK) {
        hr_buf_add(&f->lossy, sampled.lossy.n ? sampled.lossy : block);
        f->sampled += sampled.lossy.n > 0;
        if (sampled.lossy.n)
            hr_buf_addc(&f->lossy, '\n');
    }
    return e;
}

/* Block by block; blank lines part them. */
static hr_err view_blocks(const hr_view_job *j, hr_str text, forms *f)
{
    size_t start = 0;
    while (start < text.n) {
        size_t end = start;
        bool blank = text.p[start] == '\n';
        while (end < text.n && (text.p[end] == '\n') == blank) {
            size_t n = hr_str_find_char(hr_str_sub(text, end, text.n), '\n');
            end = n == SIZE_MAX ? text.n : end + n + 1;
        }
        hr_str block = hr_str_sub(text, start, end);
        if (blank) {
            hr_buf_add(&f->lossless, block);
            hr_buf_add(&f->lossy, block);
        } else {
            if (hr_str_has(block, HR_STR("[aligned table of ")))
                return HR_E_SYNTAX;
            hr_err e = view_table(j, block, f);
            if (e != HR_OK)
                return e;
        }
        start = end;
    }
    return HR_OK;
}

static hr_str with_line_break(hr_str text, hr_arena *a)
{
    char *p = hr_alloc(a, text.n + 1);
    if (!p)
        return HR_STR_NONE;
    memcpy(p, text.p, text.n);
    p[text.n] = '\n';
    return hr_str_of(p, text.n + 1);
}

hr_err hr_view_columns(const hr_view_job *j, hr_str text, hr_forms *out)
{
    forms f = {HR_BUF_INIT(0), HR_BUF_INIT(0), 0, 0, 0, 0};
    bool lf = text.n && text.p[text.n - 1] == '\n';
    hr_err e = view_blocks(j, lf ? text : with_line_break(text, j->a), &f);
    if (e == HR_OK && f.tables == 0)
        e = j->a->failed ? HR_E_NOMEM : HR_E_SYNTAX;
    if (e == HR_OK)
        e = f.lossless.err ? f.lossless.err : f.lossy.err;
    if (e == HR_OK) {
        f.lossless.n -= !lf && f.lossless.n;
        if (f.packed && f.lossless.n < text.n)
            out->lossless = hr_str_dup(j->a, hr_buf_str(&f.lossless));
        out->lossless_reason = HR_R_TABLE_COLUMNS;
        out->lossless_strategy = hr_strf(j->a, "aligned(%zu rows in %zu tables)", f.rows, f.tables);
        e = hr_view_or_log(j, text, out);
    }
    if (e == HR_OK && f.sampled && f.lossy.n < text.n) {
        out->lossy = hr_str_dup(j->a, hr_buf_str(&f.lossy));
        out->lossy_reason = HR_R_TABLE_ROWS;
        out->lossy_strategy = hr_strf(j->a, "rows(%zu rows in %zu tables)", f.rows, f.tables);
    }
    hr_buf_free(&f.lossless);
    hr_buf_free(&f.lossy);
    return e == HR_OK && j->a->failed ? HR_E_NOMEM : e;
}
