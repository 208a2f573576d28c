/* Tables as text: CSV, TSV, Markdown. Kept rows stay byte for byte.
 *
 * Lossless: columns that say the same in every row move into one line in front. Lossy: the rows
 * that matter least are left out; which ones is decided as for arrays of objects (rows.h), by
 * handing the table over as one. */
#include "compress/table/csv.h"

#include "base/map.h"
#include "compress/marker.h"
#include "compress/rows/rows.h"

enum { CONSTANT_ROWS = 8 };

/* The record of the first row. */
static size_t first_row(const hr_csv *c)
{
    return c->headless ? 0 : 1;
}

static hr_str cell(const hr_csv *c, size_t record, uint32_t column)
{
    const hr_csv_record *r = &c->records.p[record];
    return column < r->count ? c->cells.p[r->first + column] : HR_STR_NONE;
}

/* --- lossless: constant columns ----------------------------------------------------------------
 */

static bool constant(const hr_csv *c, uint32_t column)
{
    hr_str first = cell(c, first_row(c), column);
    for (size_t i = first_row(c) + 1; i < c->records.n; i++) {
        if (!hr_str_eq(cell(c, i, column), first))
            return false;
    }
    return true;
}

static hr_str raw_cell(const hr_csv *c, const hr_csv_record *r, uint32_t column)
{
    hr_str rest = r->line, part = HR_STR_NONE;
    for (uint32_t k = 0; k <= column; k++) {
        if (!hr_str_split(&rest, c->delimiter, &part))
            return HR_STR_NONE;
    }
    return part;
}

static hr_str name_of(const hr_csv *c, uint32_t k, hr_arena *a)
{
    hr_str name = c->headless ? HR_STR_NONE : cell(c, 0, k);
    return name.n ? name : hr_strf(a, "column %u", k + 1);
}

static hr_err lossless_form(const hr_csv *c, hr_str text, hr_arena *a, hr_forms *out)
{
    bool *drop = HR_NEW_ARRAY(a, bool, c->columns);
    uint32_t dropped = 0;
    if (!drop)
        return HR_E_NOMEM;
    if (c->delimiter == '|' || c->records.n < CONSTANT_ROWS)
        return HR_OK;
    for (size_t i = 0; i < c->records.n; i++) { /* quoted cells keep the simple splitting away */
        if (c->records.p[i].count != c->columns ||
            hr_str_find_char(c->records.p[i].line, '"') != SIZE_MAX)
            return HR_OK;
    }
    for (uint32_t k = 0; k < c->columns; k++)
        dropped += drop[k] = constant(c, k);
    if (!dropped || dropped == c->columns)
        return HR_OK;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "[In every row:");
    for (uint32_t k = 0; k < c->columns; k++) {
        if (drop[k])
            hr_buf_addf(&b, " %.*s=%.*s;", HR_FMT(name_of(c, k, a)),
                        HR_FMT(raw_cell(c, &c->records.p[first_row(c)], k)));
    }
    b.n--;
    hr_buf_lit(&b, "]\n");
    for (size_t i = 0; i < c->records.n; i++) {
        uint32_t written = 0, k = 0;
        for (hr_str rest = c->records.p[i].line, part; hr_str_split(&rest, c->delimiter, &part);
             k++) {
            if (k < c->columns && drop[k])
                continue;
            if (written++)
                hr_buf_addc(&b, c->delimiter);
            hr_buf_add(&b, part);
        }
        hr_buf_addc(&b, '\n');
    }
    hr_err err = b.err;
    if (err == HR_OK && b.n < text.n) {
        out->lossless = hr_str_dup(a, hr_buf_str(&b));
        out->lossless_reason = HR_R_TABLE_COLUMNS;
        out->lossless_strategy = hr_strf(a, "columns(%u of %u constant)", dropped, c->columns);
    }
    hr_buf_free(&b);
    return err;
}

/* --- lossy: rows -------------------------------------------------------------------------------
 */

/* A number as JSON spells it; anything else is text. */
static bool plain_number(hr_str s)
{
    double v;
    size_t i = s.n && s.p[0] == '-';
    if (s.n > 24 || i >= s.n || !hr_is_digit(s.p[i]) || !hr_is_digit(s.p[s.n - 1]))
        return false;
    if (s.p[i] == '0' && i + 1 < s.n && s.p[i + 1] != '.')
        return false;
    for (size_t k = i; k < s.n; k++) {
        if (!hr_is_digit(s.p[k]) && s.p[k] != '.')
            return false;
    }
    return hr_str_double(s, &v);
}

/* The table as a JSON array of objects, for the row statistics. */
static hr_err as_json(const hr_csv *c, hr_arena *a, hr_str *json)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addc(&b, '[');
    for (size_t i = first_row(c); i < c->records.n; i++) {
        hr_buf_add(&b, i > first_row(c) ? HR_STR(",{") : HR_STR("{"));
        uint32_t n = 0;
        for (uint32_t k = 0; k < c->columns; k++) {
            hr_str v = cell(c, i, k);
            if (c->delimiter == '|' && !cell(c, 0, k).n)
                continue;
            if (n++)
                hr_buf_addc(&b, ',');
            hr_json_quote(&b, name_of(c, k, a));
            hr_buf_addc(&b, ':');
            if (!v.n)
                hr_buf_lit(&b, "null");
            else if (plain_number(v))
                hr_buf_add(&b, v);
            else
                hr_json_quote(&b, v);
        }
        hr_buf_addc(&b, '}');
        if (b.err != HR_OK)
            break;
    }
    hr_buf_addc(&b, ']');
    hr_err err = b.err;
    if (err == HR_OK)
        *json = hr_str_dup(a, hr_buf_str(&b));
    hr_buf_free(&b);
    return err == HR_OK && !json->p ? HR_E_NOMEM : err;
}

static void put(hr_buf *b, hr_str line)
{
    hr_buf_add(b, line);
    hr_buf_addc(b, '\n');
}

/* --- rows that the question is about -------------------------------------------------------------
 */

enum { QUERY_MAX = 512, NAME_MIN = 4, WORD_MIN = 3, FEW_ROWS = 16, FEW_PART = 20 };

/* So few of n rows that they can be said to be singled out. */
static bool few(size_t rows, size_t n)
{
    return rows <= FEW_ROWS || rows * FEW_PART <= n;
}

/* Is a word of the column's name in the query? */
static bool named(hr_str query, hr_str name)
{
    for (size_t i = 0; i < name.n;) {
        size_t from = i;
        while (i < name.n && hr_is_alnum(name.p[i]))
            i++;
        hr_str word = hr_str_sub(name, from, i);
        if (word.n >= WORD_MIN && hr_str_ifind(query, word) != SIZE_MAX)
            return true;
        i += i == from;
    }
    return false;
}

/* Rows that hold a name spelled out in the query, the rows next to them, and those that share their
 * value in a column the query names ("the same height as …"): asked[i] is set. */
static void asked_rows(const hr_compress_opts *o, const hr_csv *c, hr_arena *a, bool *asked)
{
    hr_str query = hr_str_sub(o->query, 0, QUERY_MAX);
    size_t n = c->records.n, hits = 0, like = 0;
    bool *own = HR_NEW_ARRAY(a, bool, n + 1), *columns = HR_NEW_ARRAY(a, bool, c->columns + 1);
    if (!own || !columns || !query.n)
        return;
    for (uint32_t k = 0; k < c->columns; k++)
        columns[k] = !c->headless && named(query, cell(c, 0, k));
    for (size_t i = first_row(c); i < n; i++) {
        for (uint32_t k = 0; k < c->columns && !own[i]; k++) {
            hr_str v = cell(c, i, k);
            own[i] = v.n >= NAME_MIN && v.n <= query.n && !plain_number(v) &&
                     hr_str_ifind(query, v) != SIZE_MAX;
        }
        hits += own[i];
    }
    if (hits == 0 || !few(hits, n))
        return;
    for (size_t i = first_row(c); i < n; i++)
        asked[i] = own[i] || (i > first_row(c) && own[i - 1]) || (i + 1 < n && own[i + 1]);
    for (uint32_t k = 0; k < c->columns; k++) {
        hr_map values;
        if (!columns[k])
            continue;
        hr_map_init(&values, a);
        for (size_t i = first_row(c); i < n; i++) {
            if (own[i] && cell(c, i, k).n && !hr_map_put(&values, cell(c, i, k), NULL))
                return;
        }
        like = 0;
        for (size_t i = first_row(c); i < n; i++)
            like += hr_map_get(&values, cell(c, i, k)) != NULL;
        for (size_t i = first_row(c); i < n && few(like, n); i++)
            asked[i] |= hr_map_get(&values, cell(c, i, k)) != NULL;
    }
}

hr_err hr_csv_sample(const hr_compress_opts *o, const hr_csv *c, const hr_key *key, hr_arena *a,
                     hr_forms *out)
{
    bool *must = HR_NEW_ARRAY(a, bool, c->records.n + 1);
    hr_str json = HR_STR_NONE;
    hr_json_doc d;
    hr_jview v;
    hr_rows_total total = {0};
    if (must)
        asked_rows(o, c, a, must);
    for (size_t i = 0; must && c->must && i < c->records.n; i++)
        must[i] |= c->must[i];
    hr_err err = as_json(c, a, &json);
    if (err == HR_OK)
        err = hr_json_scan(a, json, 0, &d).code;
    if (err == HR_OK)
        err = hr_jview_init(&v, o, &d, NULL, a);
    if (err == HR_OK && must)
        v.must = must + first_row(c); /* the first record may be the heading */
    if (err == HR_OK)
        v.null_is_empty = true;
    if (err == HR_OK)
        err = hr_rows_select(&v, NULL, &total);
    if (err != HR_OK || total.rows == 0)
        return err == HR_E_UTF8 ? HR_E_SYNTAX : err;
    hr_buf b = HR_BUF_INIT(0), what = HR_BUF_INIT(0);
    hr_buf_add(&b, c->before);
    if (!c->headless && c->records.p[0].line.p)
        put(&b, c->records.p[0].line);
    if (c->rule.n)
        put(&b, c->rule);
    size_t i = first_row(c);
    for (uint32_t n = HR_JSON_FIRST(&d, 0); n < d.nodes[0].next; n = d.nodes[n].next, i++) {
        if (!hr_jmarked(&v, n, HR_MARK_DROP))
            put(&b, c->records.p[i].line);
    }
    hr_buf_add(&b, c->after);
    if (c->after.n && c->after.p[c->after.n - 1] != '\n')
        hr_buf_addc(&b, '\n');
    hr_rows_summary(&v, &total, &what);
    if (c->headless) /* its numbers are in the ranges too */
        hr_buf_lit(&what, " The first line counts as a row.");
    hr_marker_text(&b, hr_buf_str(&what), key, o->via);
    err = what.err ? what.err : b.err;
    if (err == HR_OK) {
        out->lossy = hr_str_dup(a, hr_buf_str(&b));
        out->lossy_reason = HR_R_TABLE_ROWS;
        out->lossy_strategy =
            hr_strf(a, "rows(-%zu of %zu)", total.rows, c->records.n - first_row(c));
    }
    hr_buf_free(&b);
    hr_buf_free(&what);
    return err;
}

hr_err hr_compress_csv(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                       hr_arena *a, hr_forms *out)
{
    hr_csv c;
    hr_err err = hr_marker_closes(text) ? HR_E_SYNTAX : hr_csv_read(text, a, &c);
    if (err == HR_OK)
        err = lossless_form(&c, text, a, out);
    if (err == HR_OK && lossy)
        err = hr_csv_sample(o, &c, key, a, out);
    return err;
}
