/* Aligned tables without their padding, and back; see columns.h. */
#include "compress/view/columns.h"
#include "text/json.h"

/* How cells are parted: by one blank (no cell is empty or has one), by "|", by "|" where a cell
 * left empty repeats the one above. */
typedef enum notation { BLANKS, BARS, REPEATS, NOTATIONS } notation;

/* Notations that read harder must be that much shorter. */
static const double HARDER = 0.85;

static const char *const parted[NOTATIONS] = {
    "cells are parted by one blank",
    "cells are parted by \"|\"",
    "cells are parted by \"|\", one left empty repeats the one above and \"\" is empty",
};

static const char head[] = "[aligned table of ";

typedef struct packer {
    const hr_columns *t;
    bool fixed[HR_COLUMNS_MAX]; /* the same cell in all laid out rows behind the first */
    hr_str value[HR_COLUMNS_MAX];
} packer;

static void find_fixed(packer *p)
{
    const hr_columns *t = p->t;
    for (size_t k = 0; k < t->ncols; k++) {
        bool any = false, same = true;
        for (size_t i = t->first + 1; i < t->lines.n && same; i++) {
            if (!t->laid_out[i])
                continue;
            hr_str v = hr_columns_cell(t, t->lines.p[i], k);
            same = !any || hr_str_eq(v, p->value[k]);
            p->value[k] = v;
            any = true;
        }
        p->fixed[k] = any && same;
    }
    p->fixed[t->ncols - 1] = false; /* a row is never nothing */
}

/* Can a row be told from its cells in this notation? */
static bool fits(notation how, const hr_str *cells, size_t n)
{
    if (n && cells[0].n && cells[0].p[0] == '=')
        return false;
    for (size_t k = 0; k < n; k++) {
        bool last = k + 1 == n;
        if (how == BLANKS &&
            (cells[k].n == 0 || (!last && hr_str_find_char(cells[k], ' ') != SIZE_MAX)))
            return false;
        if (how != BLANKS && hr_str_find_char(cells[k], '|') != SIZE_MAX)
            return false;
        if (how == REPEATS && hr_str_eq(cells[k], HR_STR("\"\"")))
            return false;
    }
    return true;
}

static void put_head(const packer *p, notation how, hr_buf *b)
{
    const hr_columns *t = p->t;
    hr_buf_addf(b, "%s%zu rows, nothing left out: columns at", head, t->lines.n);
    for (size_t k = 0; k < t->ncols; k++)
        hr_buf_addf(b, t->col[k].right ? " -%zu" : " %zu",
                    t->col[k].right ? t->col[k].end : t->col[k].start);
    if (t->width)
        hr_buf_addf(b, " to %zu", t->width);
    hr_buf_addf(b, "; %s", parted[how]);
    bool any = false;
    for (size_t k = 0; k < t->ncols; k++) {
        if (!p->fixed[k])
            continue;
        hr_buf_addf(b, "%scolumn %zu is ", any ? ", " : "; in all rows but the first ", k + 1);
        hr_json_quote(b, p->value[k]);
        any = true;
    }
    hr_buf_lit(b, "; \"=\" is put before rows that are laid out otherwise]\n");
}

static size_t cells_of(const packer *p, size_t i, bool all, hr_str cells[HR_COLUMNS_MAX])
{
    size_t n = 0;
    for (size_t k = 0; k < p->t->ncols; k++) {
        if (all || !p->fixed[k])
            cells[n++] = hr_columns_cell(p->t, p->t->lines.p[i], k);
    }
    return n;
}

static void put_row(notation how, const hr_str *cells, size_t n, const hr_str *above, hr_buf *b)
{
    size_t end = b->n; /* behind the last cell that is written */
    for (size_t k = 0; k < n; k++) {
        bool repeat = how == REPEATS && above && hr_str_eq(cells[k], above[k]);
        if (k)
            hr_buf_addc(b, how == BLANKS ? ' ' : '|');
        if (how == REPEATS && !repeat && cells[k].n == 0)
            hr_buf_lit(b, "\"\"");
        else if (!repeat)
            hr_buf_add(b, cells[k]);
        if (!repeat && (cells[k].n || how == REPEATS))
            end = b->n;
    }
    if (b->err == HR_OK)
        b->n = end;
    hr_buf_addc(b, '\n');
}

static void pack(const packer *p, notation how, hr_buf *b)
{
    hr_str cells[2][HR_COLUMNS_MAX];
    const hr_str *above = NULL;
    bool first = true;
    unsigned turn = 0;
    put_head(p, how, b);
    for (size_t i = 0; i < p->t->lines.n && b->err == HR_OK; i++) {
        hr_str *mine = cells[turn];
        size_t n = p->t->laid_out[i] ? cells_of(p, i, first, mine) : 0;
        if (n == 0 || !fits(how, mine, n)) {
            hr_buf_addc(b, '=');
            hr_buf_add(b, p->t->lines.p[i]);
            hr_buf_addc(b, '\n');
            continue;
        }
        put_row(how, mine, n, above, b);
        above = first ? NULL : mine;
        turn ^= !first;
        first = false;
    }
}

bool hr_columns_pack(const hr_columns *t, const hr_tokenizer *tok, hr_arena *a, hr_buf *out)
{
    packer p = {.t = t};
    hr_str best = HR_STR_NONE;
    double least = 0;
    find_fixed(&p);
    size_t bytes = t->lines.n;
    for (size_t i = 0; i < t->lines.n; i++)
        bytes += t->lines.p[i].n;
    for (notation how = BLANKS; how < NOTATIONS; how++) {
        hr_buf b = HR_BUF_INIT(bytes);
        pack(&p, how, &b);
        hr_str s = b.err == HR_OK ? hr_str_dup(a, hr_buf_str(&b)) : HR_STR_NONE;
        hr_buf_free(&b);
        double size = s.n ? (double)hr_tokens_estimate(tok, s) : 0;
        if (s.n && (!best.n || size < least * (how == REPEATS ? HARDER : 1))) {
            best = s;
            least = size;
        }
    }
    hr_buf_add(out, best);
    return best.n > 0;
}

/* --- back --------------------------------------------------------------------------------------
 */

typedef struct unpacker {
    hr_columns t;
    packer p;
    notation how;
    uint64_t rows;
    hr_str above[HR_COLUMNS_MAX];
    size_t seen; /* rows laid out so far */
} unpacker;

static bool take(hr_str *s, hr_str what)
{
    if (!hr_str_starts(*s, what))
        return false;
    *s = hr_str_sub(*s, what.n, s->n);
    return true;
}

static bool take_number(hr_str *s, uint64_t *n)
{
    size_t k = 0;
    while (k < s->n && hr_is_digit(s->p[k]))
        k++;
    bool ok = hr_str_u64(hr_str_sub(*s, 0, k), n) && *n < 1u << 24;
    *s = hr_str_sub(*s, k, s->n);
    return ok;
}

static hr_err read_fixed(unpacker *u, hr_str *s, hr_arena *a)
{
    if (!take(s, HR_STR("; in all rows but the first ")))
        return HR_OK;
    do {
        uint64_t k;
        hr_json_doc d;
        size_t used;
        if (!take(s, HR_STR("column ")) || !take_number(s, &k) || k == 0 || k > u->t.ncols ||
            !take(s, HR_STR(" is ")))
            return HR_E_SYNTAX;
        if (hr_json_scan_prefix(a, *s, 4, &d, &used).code != HR_OK)
            return HR_E_SYNTAX;
        u->p.fixed[k - 1] = true;
        u->p.value[k - 1] = hr_json_text(&d, 0, a);
        *s = hr_str_sub(*s, used, s->n);
    } while (take(s, HR_STR(", ")));
    return HR_OK;
}

static hr_err read_head(unpacker *u, hr_str s, hr_arena *a)
{
    *u = (unpacker){0};
    if (!take(&s, hr_cstr(head)) || !take_number(&s, &u->rows) ||
        !take(&s, HR_STR(" rows, nothing left out: columns at")))
        return HR_E_SYNTAX;
    while (take(&s, HR_STR(" ")) && u->t.ncols < HR_COLUMNS_MAX) {
        hr_column *c = &u->t.col[u->t.ncols];
        uint64_t n;
        if (take(&s, HR_STR("to "))) {
            if (!take_number(&s, &n))
                return HR_E_SYNTAX;
            u->t.width = n;
            continue;
        }
        c->right = take(&s, HR_STR("-"));
        if (!take_number(&s, &n))
            return HR_E_SYNTAX;
        *(c->right ? &c->end : &c->start) = n;
        u->t.ncols++;
    }
    if (!take(&s, HR_STR("; ")) || u->t.ncols == 0)
        return HR_E_SYNTAX;
    for (u->how = REPEATS; !take(&s, hr_cstr(parted[u->how])); u->how--) { /* the longest first */
        if (u->how == BLANKS)
            return HR_E_SYNTAX;
    }
    hr_err e = read_fixed(u, &s, a);
    if (e != HR_OK || !hr_str_starts(s, HR_STR("; \"=\" is put before")))
        return HR_E_SYNTAX;
    return HR_OK;
}

static hr_err unpack_row(unpacker *u, hr_str line, hr_buf *out)
{
    hr_str cells[HR_COLUMNS_MAX] = {HR_STR_NONE};
    bool first = u->seen++ == 0;
    size_t last = u->t.ncols - 1;
    for (size_t k = 0; k < u->t.ncols; k++) {
        if (!first && u->p.fixed[k]) {
            cells[k] = u->p.value[k];
            continue;
        }
        hr_str part = line;
        if (line.p && !(u->how == BLANKS && k == last))
            hr_str_split(&line, u->how == BLANKS ? ' ' : '|', &part);
        if (u->how == REPEATS && !first && part.n == 0)
            part = u->above[k];
        else if (u->how == REPEATS && hr_str_eq(part, HR_STR("\"\"")))
            part = HR_STR_NONE;
        cells[k] = part;
    }
    if (!first)
        memcpy(u->above, cells, sizeof cells);
    hr_columns_layout(&u->t, cells, out);
    return out->err;
}

hr_err hr_columns_unpack(hr_str form, hr_arena *a, hr_buf *out)
{
    hr_str rest = form, line;
    unpacker u = {0};
    hr_err e = HR_OK;
    while (e == HR_OK && hr_str_line(&rest, &line)) {
        if (u.rows == 0 && hr_str_starts(line, hr_cstr(head))) {
            e = read_head(&u, line, a);
            continue;
        }
        if (u.rows && line.n && line.p[0] == '=')
            hr_buf_add(out, hr_str_sub(line, 1, line.n));
        else if (u.rows)
            e = unpack_row(&u, line, out);
        else
            hr_buf_add(out, line);
        u.rows -= u.rows > 0;
        hr_buf_addc(out, '\n');
    }
    if (e == HR_OK && u.rows)
        e = HR_E_SYNTAX;
    if (e == HR_OK && out->n && form.n && form.p[form.n - 1] != '\n')
        out->n--;
    return e != HR_OK ? e : out->err;
}
