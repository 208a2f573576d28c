/* The words of a reference. One place prints them, one place knows them again. */
#include "context/xref_impl.h"

static const char changes[] = ", but N: is line N here";

bool hr_xref_opens(hr_str line)
{
    return line.n > 12 && line.p[0] == '[' && line.p[line.n - 1] == ':' &&
           hr_str_has(line, HR_STR(" left out: the same as ")) &&
           hr_str_has(line, hr_cstr(changes));
}

/* How the lines of a source are called: by their own numbers where they count on, which is what a
 * reader sees, else by their place. */
typedef struct naming {
    long long first; /* name of the group's first source line */
    bool own;        /* printed numbers that are not the places */
    bool places;     /* places, though there are other numbers in front */
} naming;

static naming name_lines(const hr_xref *x, const hr_xref_group *g)
{
    const hr_xref_line *l = &x->lines.p[g->runs[0].src];
    const hr_xref_run *last = &g->runs[g->n - 1];
    size_t n = last->src + last->len - g->runs[0].src;
    naming by = {.first = (long long)l->at + 1, .places = x->sources.p[l->source].unclear};
    if (l->number < 0) {
        by.places = false;
        return by;
    }
    for (size_t i = 1; i < n; i++)
        by.places |= l[i].number != l->number + (int64_t)i;
    if (!by.places && l->number != by.first) {
        by.own = true;
        by.first = l->number;
    }
    return by;
}

static void which_lines(const hr_xref *x, const hr_xref_group *g, const naming *by, hr_buf *b)
{
    const hr_xref_source *s = &x->sources.p[x->lines.p[g->runs[0].src].source];
    const hr_xref_run *last = &g->runs[g->n - 1];
    size_t n = last->src + last->len - g->runs[0].src;
    bool same_numbers = g->numbers == HR_XREF_NONE || (g->numbers == HR_XREF_SHIFTED && !g->shift);
    if (n == s->count && g->n == 1 && same_numbers) {
        hr_buf_addf(b, "all of %.*s", HR_FMT(s->label));
        return;
    }
    hr_buf_addf(b, "%s%s %s%lld", by->own ? "the " : "", n == 1 ? "line" : "lines",
                by->own ? "numbered " : "", by->first);
    if (n > 1)
        hr_buf_addf(b, "-%lld", by->first + (long long)n - 1);
    hr_buf_addf(b, "%s %s %.*s", by->places ? " (counted from the top)" : "", by->own ? "in" : "of",
                HR_FMT(s->label));
}

static void numbers_here(const hr_xref *x, const hr_xref_group *g, hr_buf *b)
{
    const hr_xref_run *last = &g->runs[g->n - 1];
    long long from = x->lines.p[g->runs[0].at].number;
    long long to = x->lines.p[last->at + last->len - 1].number;
    if (g->numbers == HR_XREF_SHIFTED && g->shift)
        hr_buf_addf(b, ", numbers here are %+lld", (long long)g->shift);
    else if (g->numbers == HR_XREF_COUNTED && from == to)
        hr_buf_addf(b, ", numbered %lld here", from);
    else if (g->numbers == HR_XREF_COUNTED)
        hr_buf_addf(b, ", numbered %lld-%lld here", from, to);
    else if (g->numbers == HR_XREF_DROPPED)
        hr_buf_lit(b, ", here without the numbers");
}

/* What stands between two runs: lines in place of lines, further lines, lines that are not here. */
static void write_change(const hr_xref *x, const hr_xref_group *g, size_t k, long long name,
                         hr_buf *b, size_t *lines)
{
    const hr_xref_run *r = &g->runs[k], *next = r + 1;
    size_t s = r->src + r->len, t = r->at + r->len;
    size_t gone = next->src - s, here = next->at - t;
    for (size_t i = 0; i < here; i++, ++*lines) {
        const hr_xref_line *l = &x->lines.p[t + i];
        bool added = i >= gone;
        hr_buf_addf(b, "%lld%s %.*s\n", name + (long long)(added ? gone : i + 1) - 1,
                    added ? "+" : ":",
                    HR_FMT(g->numbers == HR_XREF_COUNTED ? hr_xref_body(l) : l->raw));
    }
    if (gone == here + 1)
        hr_buf_addf(b, "%lld gone\n", name + (long long)gone - 1);
    else if (gone > here)
        hr_buf_addf(b, "%lld-%lld gone\n", name + (long long)here, name + (long long)gone - 1);
    *lines += gone > here;
}

hr_err hr_xref_write(const hr_xref *x, const hr_xref_group *g, hr_buf *b, size_t *lines)
{
    naming by = name_lines(x, g);
    size_t same = 0;
    bool added = false, gone = false;
    for (size_t k = 0; k < g->n; k++) {
        const hr_xref_run *r = &g->runs[k];
        same += r->len;
        if (k + 1 == g->n)
            break;
        size_t ds = r[1].src - (r->src + r->len), dt = r[1].at - (r->at + r->len);
        added |= dt > ds;
        gone |= ds > dt;
    }
    hr_buf_addf(b, "[%zu line%s left out: the same as ", same, same == 1 ? "" : "s");
    which_lines(x, g, &by, b);
    numbers_here(x, g, b);
    if (g->n > 1) {
        hr_buf_add(b, hr_cstr(changes));
        hr_buf_add(b, added ? HR_STR(", N+ follows line N") : HR_STR_NONE);
        hr_buf_add(b, gone ? HR_STR(", gone is not here") : HR_STR_NONE);
        hr_buf_lit(b, ":\n");
        for (size_t k = 0; k + 1 < g->n; k++)
            write_change(x, g, k,
                         by.first + (long long)(g->runs[k].src + g->runs[k].len - g->runs[0].src),
                         b, lines);
        *lines += 1;
    }
    hr_buf_lit(b, "]\n");
    *lines += 1;
    return b->err;
}
