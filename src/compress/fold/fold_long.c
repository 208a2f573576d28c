/* Minified code and other text in lines that nobody reads: pieces of a few hundred bytes, of which
 * the first stays and those that share words with the query. */
#include "compress/fold/fold_tree.h"
#include "compress/forms.h"
#include "compress/marker.h"

enum {
    LONG_LINE = 1000, /* bytes */
    PIECE = 240,
    PIECE_SLACK = 60, /* a piece ends at a separator within so many bytes */
    BUDGET_MIN = 2400,
    BUDGET_MAX = 10000,
    BUDGET_PART = 16, /* of the text */
};

/* Most of the text is in long lines that are no sentences. */
static bool unreadable(hr_str text)
{
    size_t in_long = 0, spaces = 0;
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        if (line.n < LONG_LINE)
            continue;
        in_long += line.n;
        for (size_t i = 0; i < line.n; i++)
            spaces += line.p[i] == ' ';
    }
    return in_long * 10 >= text.n * 7 && spaces * 100 < in_long * 12;
}

static size_t piece_end(hr_str line, size_t from)
{
    size_t end = from + PIECE;
    if (end + PIECE_SLACK >= line.n)
        return line.n;
    for (size_t k = 0; k < PIECE_SLACK; k++) {
        if (strchr(";},{ ", line.p[end + k]))
            return end + k + 1;
    }
    while (((unsigned char)line.p[end] & 0xC0) == 0x80 && end > from + 1)
        end--; /* not inside a character */
    return end;
}

static hr_err cut(hr_str text, hr_arena *a, hr_tree *t)
{
    for (hr_str rest = text; rest.n;) {
        size_t lf = hr_str_find_char(rest, '\n');
        hr_str line = hr_str_sub(rest, 0, lf == SIZE_MAX ? rest.n : lf + 1);
        rest = hr_str_sub(rest, line.n, rest.n);
        bool is_long = line.n > LONG_LINE;
        for (size_t i = 0; i < line.n;) {
            size_t end = is_long ? piece_end(line, i) : line.n;
            hr_tree_node *n = hr_vec_push(t, a);
            if (!n)
                return HR_E_NOMEM;
            n->head = hr_str_sub(line, i, end);
            n->parent = HR_TREE_ROOT;
            n->must = !is_long || i == 0;
            i = end;
        }
    }
    return HR_OK;
}

static size_t note(hr_buf *b, const hr_tree *t, uint32_t from, uint32_t to)
{
    size_t bytes = 0;
    for (uint32_t i = from; i < to; i++)
        bytes += t->p[i].head.n;
    hr_buf_addf(b, "[%zu bytes omitted]", bytes);
    hr_str last = t->p[to - 1].head;
    if (last.p[last.n - 1] == '\n')
        hr_buf_addc(b, '\n');
    return bytes;
}

hr_err hr_compress_long_lines(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                              hr_arena *a, hr_forms *out)
{
    hr_tree t = {0};
    if (!lossy || !unreadable(text))
        return lossy ? HR_E_SYNTAX : HR_OK;
    hr_err e = cut(text, a, &t);
    if (e != HR_OK)
        return e;
    hr_tree_link(&t);
    size_t budget = text.n / BUDGET_PART;
    budget = budget < BUDGET_MIN ? BUDGET_MIN : budget > BUDGET_MAX ? BUDGET_MAX : budget;
    for (size_t i = 0; i < t.n; i++)
        budget += t.p[i].must ? t.p[i].head.n : 0;
    e = hr_tree_select(&t, o->query, (double)budget / (double)text.n, o->deadline, a);
    if (e != HR_OK)
        return e;
    /* A piece may end inside what it shows: the one behind it stays too. */
    for (size_t i = t.n; i-- > 1;)
        t.p[i].keep |= t.p[i - 1].keep && !t.p[i - 1].must;
    hr_buf b = HR_BUF_INIT(text.n + 4096);
    size_t missing = hr_tree_write(&t, note, &b);
    if (missing) {
        if (b.n && b.p[b.n - 1] != '\n')
            hr_buf_addc(&b, '\n');
        hr_marker_text(&b, hr_strf(a, "%zu of %zu bytes omitted.", missing, text.n), key, o->via);
        if (b.err == HR_OK) {
            out->lossy = hr_str_dup(a, hr_buf_str(&b));
            out->lossy_reason = HR_R_LONG_LINES;
            out->lossy_strategy = hr_strf(a, "pieces(-%zu of %zu bytes)", missing, text.n);
        }
    }
    e = b.err == HR_E_LIMIT ? HR_OK : b.err;
    hr_buf_free(&b);
    return e;
}
