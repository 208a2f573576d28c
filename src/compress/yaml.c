/* YAML, seen as lines that belong under the line with less indentation. Nothing is parsed:
 * comments, anchors and block text stay as they are. Lossy: branches that the question does not
 * need are folded into "# N lines omitted", at the place and depth where they stood. */
#include "compress/fold/fold_tree.h"
#include "compress/forms.h"
#include "compress/marker.h"
#include "compress/prose/prose.h"

enum { DEPTH_MAX = 200, MIN_LINES = 40 };

/* Depth of a line: two for each column, one more for a list item, which may stand at its parent's
 * column. */
static size_t column(hr_str line, bool *blank)
{
    size_t i = 0;
    while (i < line.n && line.p[i] == ' ')
        i++;
    *blank = i == line.n || line.p[i] == '\r';
    bool item = i < line.n && line.p[i] == '-' && (i + 1 == line.n || line.p[i + 1] == ' ');
    return 2 * i + item;
}

/* "name" of "  - name: x"; the whole line where there is no key. */
static hr_str key_of(hr_str line)
{
    hr_str s = hr_str_trim(line);
    if (hr_str_starts(s, HR_STR("- ")))
        s = hr_str_trim(hr_str_sub(s, 2, s.n));
    size_t colon = hr_str_find(s, HR_STR(":"));
    return colon == SIZE_MAX ? HR_STR("-") : hr_str_sub(s, 0, colon);
}

static hr_err read_lines(hr_str text, hr_arena *a, hr_tree *t)
{
    struct {
        size_t column;
        uint32_t node;
    } open[DEPTH_MAX];
    size_t depth = 0;
    for (size_t i = 0; i < text.n;) {
        size_t lf = hr_str_find_char(hr_str_sub(text, i, text.n), '\n');
        size_t end = lf == SIZE_MAX ? text.n : i + lf + 1;
        hr_str line = hr_str_sub(text, i, lf == SIZE_MAX ? text.n : i + lf);
        bool blank;
        size_t col = column(line, &blank);
        if (blank && t->n) { /* belongs to the line before it */
            t->p[t->n - 1].head.n += end - i;
            i = end;
            continue;
        }
        while (depth && open[depth - 1].column >= col)
            depth--;
        hr_tree_node *n = hr_vec_push(t, a);
        if (!n)
            return HR_E_NOMEM;
        n->head = hr_str_sub(text, i, end);
        n->name = key_of(line);
        n->parent = depth ? open[depth - 1].node : HR_TREE_ROOT;
        n->must = !depth && hr_str_starts(line, HR_STR("---"));
        if (depth == DEPTH_MAX)
            return HR_E_DEPTH;
        open[depth].column = col;
        open[depth++].node = (uint32_t)(t->n - 1);
        i = end;
    }
    return HR_OK;
}

static size_t note(hr_buf *b, const hr_tree *t, uint32_t from, uint32_t to)
{
    size_t lines = 0, indent = 0;
    for (uint32_t i = from; i < to; i++) {
        for (size_t k = 0; k < t->p[i].head.n; k++)
            lines += t->p[i].head.p[k] == '\n';
        lines += t->p[i].head.p[t->p[i].head.n - 1] != '\n';
    }
    hr_str head = t->p[from].head;
    while (indent < head.n && head.p[indent] == ' ')
        indent++;
    hr_buf_add(b, hr_str_sub(head, 0, indent));
    hr_buf_addf(b, "# %zu line%s omitted\n", lines, lines == 1 ? "" : "s");
    return lines;
}

hr_err hr_compress_yaml(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                        hr_arena *a, hr_forms *out)
{
    hr_tree t = {0};
    if (!lossy)
        return HR_OK;
    hr_err e = read_lines(text, a, &t);
    if (e != HR_OK)
        return e;
    if (t.n < MIN_LINES)
        return HR_E_SYNTAX;
    hr_tree_link(&t);
    double share = hr_prose_share(hr_tokens_estimate(o->tok, text));
    e = hr_tree_select(&t, o->query, o->query.n ? share : 0.6, o->deadline, a);
    if (e != HR_OK)
        return e;
    hr_buf b = HR_BUF_INIT(text.n + 4096);
    size_t missing = hr_tree_write(&t, note, &b);
    if (missing) {
        hr_marker_text(&b, hr_strf(a, "%zu of %zu lines omitted.", missing, t.n), key, o->via);
        if (b.err == HR_OK) {
            out->lossy = hr_str_dup(a, hr_buf_str(&b));
            out->lossy_reason = HR_R_YAML_BRANCHES;
            out->lossy_strategy = hr_strf(a, "branches(-%zu of %zu lines)", missing, t.n);
        }
    }
    e = b.err == HR_E_LIMIT ? HR_OK : b.err;
    hr_buf_free(&b);
    return e;
}
