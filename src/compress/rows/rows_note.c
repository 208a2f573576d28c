/* What is said about the rows left out: how many, which, and what their columns hold. */
#include <math.h>

#include "compress/rows/rows_pick.h"

enum {
    MAX_RANGES = 40,
    SUMMARY_COLUMNS = 8,
    SUMMARY_VALUES = 6, /* kinds listed for a column */
    ASKED_VALUES = 48,  /* if the query names it */
    VALUE_BYTES = 40,
    SIMILAR = 6,
};

/* "1-4, 18 and 202" of the rows that are shown. */
static void ranges(hr_buf *b, const uint8_t *keep, uint32_t n)
{
    unsigned written = 0;
    for (uint32_t r = 0; r < n; r++) {
        if (!keep[r])
            continue;
        uint32_t end = r;
        while (end + 1 < n && keep[end + 1])
            end++;
        if (written == MAX_RANGES) {
            hr_buf_lit(b, ",…");
            return;
        }
        if (written++)
            hr_buf_addc(b, ',');
        hr_buf_addf(b, "%u", r + 1);
        if (end > r)
            hr_buf_addf(b, "-%u", end + 1);
        r = end;
    }
}

/* Failures that look like one that is shown, most frequent ones by row. */
static void similar(hr_buf *b, const hr_pick *p)
{
    unsigned written = 0;
    uint32_t others = 0, *doubles = HR_NEW_ARRAY(p->v->a, uint32_t, p->n);
    for (uint32_t r = 0; r < p->n && doubles; r++)
        if (p->like[r] && !p->keep[r])
            doubles[p->like[r] - 1]++;
    for (uint32_t r = 0; r < p->n && doubles; r++) {
        if (doubles[r] < 2 || written == SIMILAR) {
            others += doubles[r];
            continue;
        }
        hr_buf_add(b, written++ ? HR_STR(", ") : HR_STR("; failures like those shown: "));
        hr_buf_addf(b, "%u as row %u", doubles[r], r + 1);
    }
    if (others)
        hr_buf_addf(b, written ? ", %u others" : "; %u more failures like those shown", others);
}

/* As the row spells it: a smallest value must not be rounded. */
static void spelled(hr_buf *b, const hr_jview *v, uint32_t i)
{
    hr_buf_add(b, hr_json_raw(v->d, i));
}

static void mean_of(hr_buf *b, const hr_stat *s)
{
    hr_buf_addf(b, " mean %.6g", s->mean);
}

/* Tables of text have no null, but cells with nothing in them. */
static const char *null_of(const hr_jview *v)
{
    return v->null_is_empty ? "empty" : "null";
}

/* A short value as it is spelled, without the quotes. */
static bool value(hr_buf *b, const hr_jview *v, uint32_t i)
{
    hr_str s = i ? hr_json_raw(v->d, i) : HR_STR("absent");
    if (i && hr_jnode(v, i)->type >= HR_JSON_ARRAY)
        return false;
    if (s.n && s.p[0] == '"')
        s = hr_str_sub(s, 1, s.n - 1);
    if (s.n > VALUE_BYTES)
        return false;
    if (i && hr_jnode(v, i)->type == HR_JSON_NULL)
        s = hr_cstr(null_of(v));
    hr_buf_add(b, s.n ? s : HR_STR("\"\""));
    return true;
}

/* "level INFO 171, WARN 43" */
static bool kinds(hr_buf *b, const hr_pick *p, const hr_view *view, const hr_stat *s, uint32_t max)
{
    uint32_t order[HR_MAX_VALUES], n = 0;
    for (uint32_t k = 0; k < s->nvalues; k++) {
        uint32_t at = n++;
        for (; at > 0 && s->values[order[at - 1]].count < s->values[k].count; at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
    size_t start = b->n;
    hr_buf_add(b, view->path);
    for (uint32_t k = 0; k < n && k < max; k++) {
        const hr_freq *f = &s->values[order[k]];
        hr_buf_add(b, k ? HR_STR(", ") : HR_STR(" "));
        if (!value(b, p->v, f->node)) {
            b->n = start;
            return false;
        }
        hr_buf_addf(b, " x%u", f->count);
    }
    if (n > max)
        hr_buf_addf(b, ", %u others", n - max);
    return true;
}

/* The range of a column speaks of its numbers; what else is there is counted. */
static void no_numbers(hr_buf *b, const hr_pick *p, const hr_view *view)
{
    uint32_t absent = 0, null = 0, other = 0;
    for (uint32_t r = 0; r < p->n; r++) {
        uint32_t i = view->node[r];
        absent += !i;
        null += i && hr_jnode(p->v, i)->type == HR_JSON_NULL;
        other += i && hr_jnode(p->v, i)->type != HR_JSON_NULL &&
                 hr_jnode(p->v, i)->type != HR_JSON_NUMBER;
    }
    if (null)
        hr_buf_addf(b, ", %s x%u", null_of(p->v), null);
    if (absent)
        hr_buf_addf(b, ", absent x%u", absent);
    if (other)
        hr_buf_addf(b, ", no number x%u", other);
}

static bool column(hr_buf *b, const hr_pick *p, const hr_view *view, const hr_stat *s)
{
    bool asked = hr_rowtext_name_terms(p->text, view->path) != 0;
    if (s->nvalues >= 2 && s->nvalues <= (asked ? HR_MAX_VALUES : 12) && s->nvalues * 3 <= p->n)
        return kinds(b, p, view, s, asked ? ASKED_VALUES : SUMMARY_VALUES);
    if (s->numbers < 2 || s->numbers * 2 < p->n)
        return false;
    hr_buf_add(b, view->path);
    hr_buf_addc(b, ' ');
    spelled(b, p->v, view->node[s->argmin]);
    hr_buf_lit(b, "..");
    spelled(b, p->v, view->node[s->argmax]);
    if (!s->sequence)
        mean_of(b, s);
    no_numbers(b, p, view);
    return true;
}

/* A text that sorts as it grows (a time stamp) has a first and a last value. */
static bool time_range(hr_buf *b, const hr_pick *p, const hr_view *view)
{
    hr_str lo = HR_STR_NONE, hi = HR_STR_NONE;
    for (uint32_t r = 0; r < p->n; r++) {
        uint32_t i = view->node[r];
        if (!i || hr_jnode(p->v, i)->type != HR_JSON_STRING)
            return false;
        hr_str s =
            hr_str_sub(p->v->d->src, hr_jnode(p->v, i)->start + 1, hr_jnode(p->v, i)->end - 1);
        if (s.n < 10 || s.n > VALUE_BYTES || !hr_is_digit(s.p[0]) || !hr_is_digit(s.p[3]) ||
            (s.p[4] != '-' && s.p[4] != '/'))
            return false;
        if (!lo.p || hr_str_cmp(s, lo) < 0)
            lo = s;
        if (!hi.p || hr_str_cmp(s, hi) > 0)
            hi = s;
    }
    if (!lo.p)
        return false;
    hr_buf_add(b, view->path);
    hr_buf_addc(b, ' ');
    hr_buf_add(b, lo);
    hr_buf_lit(b, "..");
    hr_buf_add(b, hi);
    return true;
}

static void summary(hr_buf *b, hr_pick *p)
{
    unsigned written = 0;
    for (size_t k = 0; p->stats && k < p->views.n && written < SUMMARY_COLUMNS; k++) {
        size_t start = b->n;
        hr_buf_add(b, written ? HR_STR("; ") : HR_STR(". All rows: "));
        if (column(b, p, &p->views.p[k], &p->stats[k]) || time_range(b, p, &p->views.p[k]))
            written++;
        else
            b->n = start;
    }
}

/* Numbers in an array: what a reader would ask of a series. */
static void series(hr_buf *b, const hr_pick *p, const hr_stat *s)
{
    hr_buf_lit(b, ". All: min ");
    spelled(b, p->v, p->node[s->argmin]);
    hr_buf_lit(b, ", max ");
    spelled(b, p->v, p->node[s->argmax]);
    hr_buf_addc(b, ',');
    mean_of(b, s);
    hr_buf_addf(b, ", median %.6g", s->median);
}

bool hr_pick_note(hr_pick *p, const char *unit)
{
    hr_jview *v = p->v;
    uint32_t left = 0;
    for (uint32_t r = 0; r < p->n; r++)
        left += !p->keep[r];
    hr_buf b = HR_BUF_INIT(64 * 1024);
    hr_buf_addf(&b, "%u of %u %s omitted", left, p->n, unit);
    if (left < p->n) {
        hr_buf_lit(&b, "; shown: ");
        ranges(&b, p->keep, p->n);
    }
    similar(&b, p);
    if (!v->o->include_summaries)
        ;
    else if (p->stats && p->views.n && p->depth == 0)
        summary(&b, p);
    else if (p->stats && !p->views.n && p->stats->numbers > 1)
        series(&b, p, p->stats);
    hr_str *slot = b.err ? NULL : hr_vec_push(&v->notes, v->a);
    if (slot) {
        *slot = hr_str_dup(v->a, hr_buf_str(&b));
        v->note[p->container] = (uint32_t)v->notes.n;
    }
    hr_buf_free(&b);
    return slot && slot->p;
}

void hr_rows_note(hr_jview *v, uint32_t node, hr_buf *b)
{
    if (v->note && v->note[node])
        hr_buf_add(b, v->notes.p[v->note[node] - 1]);
}

void hr_rows_summary(hr_jview *v, const hr_rows_total *total, hr_buf *b)
{
    if (v->has_ending) {
        hr_rows_note(v, v->ending, b);
        hr_buf_addc(b, '.');
        return;
    }
    if (total->rows)
        hr_buf_addf(b, "%zu items in %zu places omitted", total->rows, total->places);
    if (total->texts)
        hr_buf_addf(b, "%s%zu long text%s shortened", total->rows ? " and " : "", total->texts,
                    total->texts == 1 ? "" : "s");
    hr_buf_lit(b, ", each said in its place.");
}
