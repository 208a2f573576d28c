/* Where the columns of an aligned table are: character positions that are blank in all rows. */
#include "compress/view/columns.h"

#include "base/utf8.h"

enum {
    WIDTH_MAX = 1024, /* what is further right belongs to the last column */
    ROWS_MIN = 4,
    HEADINGS = 6, /* lines that may stand in front of the rows */
    OTHERS = 50,  /* one of so many lines may cross the columns */
};

/* Bytes of the line's first n characters. */
static size_t bytes_of(hr_str line, size_t from, size_t n)
{
    size_t at = from;
    while (n && at < line.n) {
        at++;
        while (at < line.n && ((unsigned char)line.p[at] & 0xc0) == 0x80)
            at++;
        n--;
    }
    return at;
}

static hr_str without_padding(hr_str s)
{
    while (s.n && s.p[0] == ' ')
        s = hr_str_sub(s, 1, s.n);
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

hr_str hr_columns_cell(const hr_columns *t, hr_str line, size_t k)
{
    const hr_column *c = &t->col[k];
    size_t from = bytes_of(line, 0, c->from);
    size_t to = c->to == SIZE_MAX ? line.n : bytes_of(line, from, c->to - c->from);
    return without_padding(hr_str_sub(line, from, to));
}

static void pad(hr_buf *b, size_t *at, size_t to)
{
    while (*at < to) {
        hr_buf_addc(b, ' ');
        ++*at;
    }
}

void hr_columns_layout(const hr_columns *t, const hr_str *cells, hr_buf *b)
{
    size_t at = 0;
    for (size_t k = 0; k < t->ncols; k++) {
        const hr_column *c = &t->col[k];
        size_t n = hr_utf8_count(cells[k]);
        if (n == 0)
            continue;
        pad(b, &at, c->right ? (n < c->end ? c->end - n : 0) : c->start);
        hr_buf_add(b, cells[k]);
        at += n;
    }
    pad(b, &at, t->width);
}

/* How many rows have something at each position. Headings and explanations stand in front; they
 * take no part. */
static void survey(const hr_columns *t, uint32_t filled[WIDTH_MAX])
{
    memset(filled, 0, WIDTH_MAX * sizeof *filled);
    for (size_t i = t->lines.n < 16 ? 1 : t->lines.n / 4; i < t->lines.n; i++) {
        hr_str s = t->lines.p[i];
        size_t at = 0;
        for (size_t k = 0; k < s.n && at < WIDTH_MAX; k++) {
            if (((unsigned char)s.p[k] & 0xc0) == 0x80)
                continue;
            filled[at++] += s.p[k] != ' ';
        }
    }
}

/* Lines that have a cell between two positions. */
static size_t with_cell(const hr_columns *t, size_t start, size_t end)
{
    size_t n = 0;
    for (size_t i = 0; i < t->lines.n; i++) {
        hr_str s = t->lines.p[i];
        size_t from = bytes_of(s, 0, start);
        n += without_padding(hr_str_sub(s, from, bytes_of(s, from, end - start))).n > 0;
    }
    return n;
}

/* heading: where it has something is no gap. */
static void find_columns(hr_columns *t, const uint32_t surveyed[WIDTH_MAX], hr_str heading)
{
    uint32_t filled[WIDTH_MAX];
    size_t most = t->lines.n / OTHERS, at = 0, last = 0;
    memcpy(filled, surveyed, sizeof filled);
    for (size_t k = 0, w = 0; k < heading.n && w < WIDTH_MAX; k++) {
        if (((unsigned char)heading.p[k] & 0xc0) != 0x80)
            filled[w++] += heading.p[k] != ' ' ? (uint32_t)most + 1 : 0;
    }
    t->ncols = 0;
    while (at < WIDTH_MAX && t->ncols < HR_COLUMNS_MAX) {
        while (at < WIDTH_MAX && filled[at] <= most)
            at++;
        size_t start = at;
        while (at < WIDTH_MAX && filled[at] > most)
            at++;
        if (start == at)
            break;
        /* Cells of several words and ragged ends of lines have gaps, too: a column has a name, or
         * cells in a third of the lines. Where there are names, "2 hours ago" is one cell. */
        size_t from = bytes_of(heading, 0, start);
        bool name =
            without_padding(hr_str_sub(heading, from, bytes_of(heading, from, at - start))).n;
        bool word = heading.n && start == last + 1;
        last = at;
        if (t->ncols && !name && (word || with_cell(t, start, at) * 3 < t->lines.n)) {
            t->col[t->ncols - 1].end = at;
            continue;
        }
        t->col[t->ncols++] = (hr_column){.start = start, .end = at};
    }
    if (t->ncols)
        t->col[t->ncols - 1].end = SIZE_MAX;
    if (t->ncols > 1)
        t->col[0].start = 0;
}

/* Left or right? What most cells that are narrower than their column do. */
static void find_sides(hr_columns *t)
{
    for (size_t k = 0; k + 1 < t->ncols; k++) {
        hr_column *c = &t->col[k];
        size_t left = 0, right = 0;
        for (size_t i = 0; i < t->lines.n; i++) {
            hr_str s = t->lines.p[i];
            size_t from = bytes_of(s, 0, c->start), to = bytes_of(s, from, c->end - c->start);
            if (from < to && to - from == c->end - c->start) {
                left += s.p[from] != ' ' && s.p[to - 1] == ' ';
                right += s.p[from] == ' ' && s.p[to - 1] != ' ';
            }
        }
        c->right = right > left;
    }
    for (size_t k = 0; k < t->ncols; k++) {
        hr_column *c = &t->col[k];
        bool next_left = k + 1 < t->ncols && !t->col[k + 1].right;
        c->from = c->right && k ? t->col[k - 1].end : c->start;
        c->to = !c->right && next_left ? t->col[k + 1].start : c->end;
    }
}

bool hr_columns_rule(hr_str line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (!line.p[i] || !strchr("-=+| ", line.p[i]))
            return false;
    }
    return line.n > 0;
}

/* Could the line be a heading: a word in every column, none of them a number? */
static bool is_heading(const hr_columns *t, hr_str line)
{
    for (size_t k = 0; k < t->ncols; k++) {
        hr_str v = hr_columns_cell(t, line, k);
        if (v.n == 0 || hr_is_digit(v.p[0]))
            return false;
    }
    return t->ncols > 1 && !hr_columns_rule(line);
}

/* The first line that can be a heading has its columns respected. */
static void find_layout(hr_columns *t)
{
    uint32_t filled[WIDTH_MAX];
    survey(t, filled);
    for (t->heading = 0; t->heading < HEADINGS && t->heading + 1 < t->lines.n; t->heading++) {
        hr_str line = t->lines.p[t->heading];
        find_columns(t, filled, line);
        find_sides(t);
        if (is_heading(t, line))
            return;
    }
    t->heading = t->lines.n;
    find_columns(t, filled, HR_STR_NONE);
    find_sides(t);
}

/* Are lines padded to the same length? */
static void find_width(hr_columns *t)
{
    size_t n = 0, padded = 0, longest = 0;
    for (size_t i = 0; i < t->lines.n; i++) {
        size_t w = hr_utf8_count(t->lines.p[i]);
        longest = w > longest ? w : longest;
    }
    for (size_t i = 0; i < t->lines.n; i++) {
        hr_str s = t->lines.p[i];
        n += hr_utf8_count(s) == longest;
        padded += s.n && s.p[s.n - 1] == ' ';
    }
    t->width = padded * 2 > t->lines.n && n * 2 > t->lines.n ? longest : 0;
}

hr_err hr_columns_read(hr_str block, hr_arena *a, hr_columns *out)
{
    *out = (hr_columns){0};
    hr_str rest = block, line;
    while (hr_str_line(&rest, &line)) {
        hr_str *slot = hr_vec_push(&out->lines, a);
        if (!slot)
            return HR_E_NOMEM;
        *slot = line;
    }
    if (out->lines.n < ROWS_MIN)
        return HR_E_SYNTAX;
    find_layout(out);
    if (out->ncols < 2)
        return HR_E_SYNTAX;
    find_width(out);
    out->laid_out = HR_NEW_ARRAY(a, bool, out->lines.n);
    if (!out->laid_out)
        return HR_E_NOMEM;
    hr_buf b = HR_BUF_INIT(0);
    size_t good = 0;
    for (size_t i = out->lines.n; i-- > 0;) {
        hr_str cells[HR_COLUMNS_MAX];
        for (size_t k = 0; k < out->ncols; k++)
            cells[k] = hr_columns_cell(out, out->lines.p[i], k);
        hr_buf_clear(&b);
        hr_columns_layout(out, cells, &b);
        out->laid_out[i] = b.err == HR_OK && hr_str_eq(hr_buf_str(&b), out->lines.p[i]);
        good += out->laid_out[i];
        if (out->laid_out[i])
            out->first = i;
    }
    hr_err e = b.err;
    hr_buf_free(&b);
    if (e != HR_OK)
        return e;
    return good >= ROWS_MIN && good * 10 >= out->lines.n * 7 ? HR_OK : HR_E_SYNTAX;
}
