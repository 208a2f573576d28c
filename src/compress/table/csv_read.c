#include "compress/table/csv.h"

#define BAR "\xe2\x94\x82" /* of a drawn box */

enum { MAX_COLUMNS = 256, MIN_RECORDS = 3, SAMPLE_LINES = 20 };

static hr_str unquoted(hr_str cell)
{
    cell = hr_str_trim(cell);
    if (cell.n >= 2 && cell.p[0] == '"' && cell.p[cell.n - 1] == '"')
        cell = hr_str_sub(cell, 1, cell.n - 1);
    return cell;
}

/* Bytes of the delimiter at text[i], 0 if there is none. */
static size_t delimiter_at(const hr_csv *c, hr_str text, size_t i)
{
    if (c->box)
        return text.n - i >= 3 && memcmp(text.p + i, BAR, 3) == 0 ? 3 : 0;
    return text.p[i] == c->delimiter;
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
        size_t bar = end || quoted ? 0 : delimiter_at(c, text, i);
        if (!end && !bar)
            continue;
        hr_str *slot = hr_vec_push(&c->cells, a);
        if (!slot)
            return HR_E_NOMEM;
        *slot = unquoted(hr_str_sub(text, cell, i));
        if (++r->count > MAX_COLUMNS)
            return HR_E_LIMIT;
        cell = i + bar;
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

/* "|---|---|", "----+----" or "+----+----+", or the same drawn with U+2500 to U+256C. */
static bool is_rule(hr_str line)
{
    bool dash = false, joint = false;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        bool drawn =
            line.n - i >= 3 && c == '\xe2' && (line.p[i + 1] == '\x94' || line.p[i + 1] == '\x95');
        if (drawn)
            i += 2;
        else if (c != '|' && c != '-' && c != ':' && c != ' ' && c != '\r' && c != '+')
            return false;
        dash |= c == '-' || drawn;
        joint |= c == '|' || c == '+' || drawn;
    }
    return dash && joint;
}

static bool has_bar(const hr_csv *c, hr_str line)
{
    return c->box ? hr_str_has(line, HR_STR(BAR)) : hr_str_find_char(line, '|') != SIZE_MAX;
}

/* A Markdown table, or one with borders: a row with '|', then a line of dashes. The text around it,
 * such as the outer border, stays around it. */
static hr_err read_markdown(hr_str text, hr_arena *a, hr_csv *c)
{
    hr_str rest = text, line, previous = HR_STR_NONE, next;
    while (hr_str_line(&rest, &line)) {
        hr_str ahead = rest;
        c->box = hr_str_has(line, HR_STR(BAR));
        if (has_bar(c, line) && hr_str_line(&ahead, &next) && is_rule(next)) {
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
        if (c->records.n == 1 && !c->rule.p && is_rule(row)) {
            c->rule = row;
            at += row.n + 1;
            continue;
        }
        if (!has_bar(c, row))
            break;
        if (first || c->records.n) {
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

/* Are all rows of a table with borders cut at the same places? A row with a bar inside of a cell
 * would be counted under other names; and where cells go on in the next line (psql ends them with
 * '+', others leave the first cell empty), lines are no rows. */
static bool clean(const hr_csv *c)
{
    bool markdown = !c->box && hr_str_find_char(c->rule, '+') == SIZE_MAX;
    uint32_t outer = c->columns > 2 && !c->cells.p[c->records.p[0].first].n;
    for (size_t i = 0; i < c->records.n; i++) {
        const hr_csv_record *r = &c->records.p[i];
        if (r->count != c->columns)
            return false;
        if (!markdown && !c->cells.p[r->first + outer].n)
            return false;
        for (uint32_t k = 0; k < r->count && !markdown; k++) {
            hr_str v = c->cells.p[r->first + k];
            if (v.n && v.p[v.n - 1] == '+')
                return false;
        }
    }
    return true;
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
    /* One table of many, or of a text, is not what the text is about. */
    if (out->delimiter == '|' && (!clean(out) || (out->before.n + out->after.n) * 2 > text.n))
        return HR_E_SYNTAX;
    return out->columns >= 2 && same * 10 >= out->records.n * 9 ? HR_OK : HR_E_SYNTAX;
}
