#include "compress/csv.h"

enum { MAX_COLUMNS = 256, MIN_RECORDS = 3, SAMPLE_LINES = 20 };

static hr_str unquoted(hr_str cell)
{
    cell = hr_str_trim(cell);
    if (cell.n >= 2 && cell.p[0] == '"' && cell.p[cell.n - 1] == '"')
        cell = hr_str_sub(cell, 1, cell.n - 1);
    return cell;
}

/* Reads one record at *at; quotes may span lines. */
static hr_err read_record(hr_csv *c, hr_str text, size_t *at, hr_arena *a)
{
    hr_csv_record *r = hr_vec_push(&c->records, a);
    if (!r)
        return HR_E_NOMEM;
    r->first = (uint32_t)c->cells.n;
    size_t start = *at, cell = start, i = start;
    bool quoted = false;
    for (;; i++) {
        bool end = i >= text.n || (!quoted && text.p[i] == '\n');
        if (!end && text.p[i] == '"' && text.p[cell] == '"')
            quoted = !quoted; /* a doubled quote closes and opens again */
        if (!end && (quoted || text.p[i] != c->delimiter))
            continue;
        hr_str *slot = hr_vec_push(&c->cells, a);
        if (!slot)
            return HR_E_NOMEM;
        *slot = unquoted(hr_str_sub(text, cell, i));
        if (++r->count > MAX_COLUMNS)
            return HR_E_LIMIT;
        cell = i + 1;
        if (end)
            break;
    }
    r->line = hr_str_sub(text, start, i);
    if (r->line.n && r->line.p[r->line.n - 1] == '\r')
        r->line.n--;
    *at = i < text.n ? i + 1 : i;
    return HR_OK;
}

static size_t count_char(hr_str s, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == c;
    return n;
}

/* The delimiter that most lines of the beginning have as often as the first line. */
static char find_delimiter(hr_str text)
{
    static const char candidates[] = {'\t', ',', ';'};
    char best = 0;
    size_t best_hits = 0;
    for (size_t k = 0; k < sizeof(candidates); k++) {
        hr_str rest = text, line;
        size_t want = 0, hits = 0, lines = 0;
        while (lines < SAMPLE_LINES && hr_str_line(&rest, &line)) {
            size_t n = count_char(line, candidates[k]);
            if (lines++ == 0)
                want = n;
            hits += want && n >= want;
        }
        if (want && hits > best_hits && hits * 10 >= lines * 7) {
            best = candidates[k];
            best_hits = hits;
        }
    }
    return best;
}

static bool is_rule(hr_str line)
{
    bool dash = false;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        if (c != '|' && c != '-' && c != ':' && c != ' ' && c != '\r' && c != '+')
            return false;
        dash |= c == '-';
    }
    return dash && hr_str_find_char(line, '|') != SIZE_MAX;
}

/* A Markdown table: a row with '|', then a line of dashes. The text around it stays around it. */
static hr_err read_markdown(hr_str text, hr_arena *a, hr_csv *c)
{
    hr_str rest = text, line, previous = HR_STR_NONE, next;
    while (hr_str_line(&rest, &line)) {
        hr_str ahead = rest;
        if (hr_str_find_char(line, '|') != SIZE_MAX && hr_str_line(&ahead, &next) &&
            is_rule(next)) {
            previous = line;
            break;
        }
    }
    if (!previous.p)
        return HR_E_SYNTAX;
    size_t at = (size_t)(previous.p - text.p);
    c->delimiter = '|';
    c->before = hr_str_sub(text, 0, at);
    for (bool first = true; at < text.n; first = false) {
        hr_str tail = hr_str_sub(text, at, text.n), row;
        hr_str_line(&tail, &row);
        if (hr_str_find_char(row, '|') == SIZE_MAX)
            break;
        if (first || c->records.n) {
            if (c->records.n == 1 && !c->rule.p && is_rule(row)) {
                c->rule = row;
                at += row.n + 1;
                continue;
            }
            size_t end = at;
            hr_err err = read_record(c, hr_str_sub(text, 0, at + row.n), &end, a);
            if (err != HR_OK)
                return err;
            at += row.n + 1;
        }
    }
    c->after = hr_str_sub(text, at, text.n);
    return HR_OK;
}

/* What kinds of characters a cell has; two cells of one column are spelled alike when these are. */
static bool alike(hr_str a, hr_str b)
{
    size_t digits = 0;
    if (a.n != b.n || a.n == 0)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        bool hex = hr_is_hex(a.p[i]) && hr_is_hex(b.p[i]);
        digits += hr_is_digit(a.p[i]);
        if (!hex && a.p[i] != b.p[i])
            return false;
    }
    return digits * 3 >= a.n;
}

static bool number_like(hr_str s)
{
    double v;
    return s.n && hr_str_double(s, &v);
}

/* Numbers that climb by one step from cell to cell, as years or hours over columns do. */
static bool climbs(const hr_csv *c, const hr_csv_record *r)
{
    double last = 0, step = 0, v;
    size_t numbers = 0;
    for (uint32_t k = 0; k < r->count; k++) {
        hr_str cell = c->cells.p[r->first + k];
        bool number = cell.n && hr_str_double(cell, &v);
        if (!number && numbers)
            return false;
        if (number && numbers && !(v > last && (numbers == 1 || v - last == step)))
            return false;
        if (number && numbers++)
            step = v - last;
        if (number)
            last = v;
    }
    return numbers > 2 || (numbers == 2 && step == 1);
}

/* A number over numbers is a value, unless the whole record climbs and the rows do not. */
static bool numbered_header(const hr_csv *c, size_t n)
{
    size_t rows = 0;
    for (size_t i = 1; i < n; i++)
        rows += climbs(c, &c->records.p[i]);
    return climbs(c, &c->records.p[0]) && rows * 10 <= n;
}

/* The first record is a row like the others, no header, when one of its cells is what only values
 * are: a number over numbers, or spelled like the value below in most rows. */
static bool headless(const hr_csv *c)
{
    size_t n = c->records.n < SAMPLE_LINES ? c->records.n : SAMPLE_LINES;
    bool numbered = numbered_header(c, n);
    for (uint32_t k = 0; c->delimiter != '|' && k < c->columns; k++) {
        hr_str top = c->cells.p[c->records.p[0].first + k];
        size_t numbers = 0, like = 0, rows = 0;
        if (numbered && number_like(top))
            continue;
        for (size_t i = 1; i < n; i++) {
            const hr_csv_record *r = &c->records.p[i];
            if (k >= r->count)
                continue;
            hr_str cell = c->cells.p[r->first + k];
            rows++;
            numbers += number_like(cell);
            like += alike(top, cell) || (top.n && hr_str_eq(top, cell));
        }
        if (rows && ((number_like(top) && numbers * 10 >= rows * 9) || like * 10 >= rows * 8))
            return true;
    }
    return false;
}

hr_err hr_csv_read(hr_str text, hr_arena *a, hr_csv *out)
{
    *out = (hr_csv){.delimiter = find_delimiter(text)};
    hr_err err = HR_OK;
    if (out->delimiter) {
        for (size_t at = 0; at < text.n && err == HR_OK;)
            err = read_record(out, text, &at, a);
    } else {
        err = read_markdown(text, a, out);
    }
    if (err != HR_OK)
        return err;
    if (out->records.n < MIN_RECORDS)
        return HR_E_SYNTAX;
    size_t same = 0;
    out->columns = out->records.p[0].count;
    out->headless = headless(out);
    for (size_t i = 0; i < out->records.n; i++)
        same += out->records.p[i].count == out->columns;
    return out->columns >= 2 && same * 10 >= out->records.n * 9 ? HR_OK : HR_E_SYNTAX;
}
