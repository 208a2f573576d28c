/* Writes the units that stay and counts, in place, what does not. */
#include "compress/prose/prose.h"

/* Things left out since the last kept unit. */
typedef struct writer {
    const hr_prose_text *t;
    hr_buf *out;
    hr_prose_cut gap, *all;
    size_t *sentences; /* of the block that is being written */
    bool space;        /* a blank line is owed */
    bool fold;
} writer;

static void part(hr_buf *b, size_t n, const char *one, const char *many, size_t *parts)
{
    if (!n)
        return;
    if ((*parts)++)
        hr_buf_lit(b, ", ");
    hr_buf_addf(b, "%zu %s", n, n == 1 ? one : many);
}

void hr_prose_say(const hr_prose_cut *c, hr_buf *b)
{
    size_t parts = 0;
    part(b, c->sections, "section", "sections", &parts);
    part(b, c->paragraphs, "paragraph", "paragraphs", &parts);
    part(b, c->items, "item", "items", &parts);
    part(b, c->sentences, "sentence", "sentences", &parts);
    part(b, c->code_lines, "line of code", "lines of code", &parts);
    part(b, c->rows, "table row", "table rows", &parts);
    part(b, c->notes, "comment line", "comment lines", &parts);
    hr_buf_lit(b, " omitted");
}

static void add_cut(hr_prose_cut *to, const hr_prose_cut *c)
{
    to->sections += c->sections;
    to->paragraphs += c->paragraphs;
    to->items += c->items;
    to->sentences += c->sentences;
    to->code_lines += c->code_lines;
    to->rows += c->rows;
    to->notes += c->notes;
}

static void new_line(hr_buf *b)
{
    if (b->n && b->p[b->n - 1] != '\n')
        hr_buf_addc(b, '\n');
}

static void say_gap(writer *w)
{
    if (!hr_prose_cut_any(&w->gap))
        return;
    new_line(w->out);
    hr_buf_addc(w->out, '[');
    hr_prose_say(&w->gap, w->out);
    hr_buf_lit(w->out, "]\n");
    add_cut(w->all, &w->gap);
    w->gap = (hr_prose_cut){0};
}

static size_t lines_of(hr_str s)
{
    size_t n = 0;
    for (hr_str rest = s, line; hr_str_line(&rest, &line);)
        n++;
    return n;
}

static void put(writer *w, hr_str s)
{
    if (w->space && w->out->n) {
        new_line(w->out);
        hr_buf_addc(w->out, '\n');
    }
    w->space = false;
    hr_buf_add(w->out, s);
}

/* A block of which nothing stays. */
static void skip_block(writer *w, const hr_block *b)
{
    switch (b->kind) {
    case HR_BLOCK_ITEM:
        w->gap.items++;
        break;
    case HR_BLOCK_CODE:
        w->gap.code_lines += lines_of(b->s);
        break;
    case HR_BLOCK_TABLE:
        w->gap.rows += lines_of(b->s);
        break;
    case HR_BLOCK_NOTE:
        w->gap.notes += lines_of(b->s);
        break;
    case HR_BLOCK_SPACE:
        break;
    default:
        w->gap.paragraphs++;
        break;
    }
}

/* A hole inside a block: units [from, to) are missing. */
static void hole(writer *w, const hr_block *b, size_t from, size_t to)
{
    const hr_unit *u = w->t->units.p;
    hr_prose_cut c = {0};
    size_t lines = 0;
    for (size_t i = from; i < to; i++)
        lines += lines_of(u[i].s);
    bool inside = b->kind == HR_BLOCK_PARAGRAPH || b->kind == HR_BLOCK_ITEM;
    if (b->kind == HR_BLOCK_CODE)
        c.code_lines = lines;
    else if (b->kind == HR_BLOCK_TABLE)
        c.rows = lines;
    else if (b->kind == HR_BLOCK_NOTE)
        c.notes = lines;
    else
        c.sentences = to - from;
    if (!inside)
        new_line(w->out);
    if (w->space && w->out->n) {
        new_line(w->out);
        hr_buf_addc(w->out, '\n');
        w->space = false;
    }
    if (inside && w->out->n && !hr_is_space(w->out->p[w->out->n - 1]))
        hr_buf_addc(w->out, ' ');
    hr_buf_addc(w->out, '[');
    hr_prose_say(&c, w->out);
    hr_buf_addc(w->out, ']');
    hr_str last = u[to - 1].s;
    hr_buf_addc(w->out, !inside || last.p[last.n - 1] == '\n' ? '\n' : ' ');
    add_cut(w->all, &c);
}

static void put_block(writer *w, const hr_block *b, size_t from, size_t to)
{
    const hr_unit *u = w->t->units.p;
    for (size_t i = from; i < to;) {
        size_t end = i;
        while (end < to && !u[end].keep)
            end++;
        if (end > i) {
            hole(w, b, i, end);
        } else {
            put(w, u[i].s);
            end = i + 1;
        }
        i = end;
    }
}

static bool any_kept(const hr_prose_text *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (t->units.p[i].keep && t->units.p[i].role != HR_UNIT_SPACE)
            return true;
    }
    return false;
}

/* Does anything stay between this heading and the next one? */
static bool empty_section(const hr_prose_text *t, size_t i)
{
    for (size_t k = i + 1; k < t->units.n && t->units.p[k].role != HR_UNIT_HEADING; k++) {
        if (t->units.p[k].keep && t->units.p[k].role != HR_UNIT_SPACE)
            return false;
    }
    return true;
}

void hr_prose_write(const hr_prose_text *t, bool fold_headings, hr_buf *out, hr_prose_cut *cut)
{
    writer w = {.t = t, .out = out, .all = cut, .fold = fold_headings};
    const hr_unit *u = t->units.p;
    size_t stop = 0;
    for (size_t i = 0; i < t->units.n; i = stop) {
        const hr_block *b = &t->blocks.p[u[i].block];
        stop = i;
        while (stop < t->units.n && u[stop].block == u[i].block)
            stop++;
        if (b->kind == HR_BLOCK_SPACE) {
            if (hr_str_trim(b->s).n && !hr_prose_cut_any(&w.gap)) {
                put(&w, b->s); /* a rule or a request of a manual's source */
                continue;
            }
            w.space = true;
            continue;
        }
        if (u[i].role == HR_UNIT_HEADING && w.fold && i > 0 && empty_section(t, i)) {
            w.gap.sections++;
            continue;
        }
        if (!any_kept(t, i, stop)) {
            skip_block(&w, b);
            continue;
        }
        say_gap(&w);
        put_block(&w, b, i, stop);
    }
    say_gap(&w);
}
