/* Choosing rows by their columns: outliers, rare values, changes, fields that must be shown. */
#include <math.h>
#include <stdlib.h>

#include "compress/rows/rows_pick.h"

enum {
    MIN_NUMBERS = 8,       /* fewer say nothing about what is usual */
    OUTLIERS = 6,          /* rows a column may claim */
    SPIKE = 50,            /* usual steps that lead away from a series that goes one way */
    CHANGES = 4,           /* places where a series changes its level */
    WINDOW = 5,            /* numbers on either side of such a place */
    EXTREME_COLUMNS = 3,   /* columns whose largest value is kept without being asked */
    RARE_VALUES = 6,       /* rows a column may claim for rare values */
    ASKED_VALUES = 16,     /* rows for all values, if the query names the column */
    ODD_ROWS = 8,          /* rows of a table kept for members they lack or have */
    RARE_MAX_COLUMNS = 40, /* rows of more columns are documents; a rare field is no event there */
    NUMBER_KINDS = 12,     /* numbers with so few values are codes */
};

/* Robust where it can be: outliers do not move a median. Where more than half of the numbers are
 * equal the median deviation is zero, and the usual one has to do. */
static double deviation(const hr_pick *p, const hr_stat *s, uint32_t r)
{
    double limit = p->v->o->variance_threshold;
    if (limit <= 0)
        limit = 2;
    if (s->spread > 0)
        return fabs(s->x[r] - s->median) / (s->spread * limit * 1.75); /* 3.5: Iglewicz, Hoaglin */
    return s->sd > 0 ? fabs(s->x[r] - s->mean) / (s->sd * limit) : 0;
}

/* The rows that deviate most. */
static void outliers(hr_pick *p, const hr_stat *s)
{
    uint32_t row[OUTLIERS], n = 0;
    double dev[OUTLIERS];
    for (uint32_t r = 0; r < p->n; r++) {
        double d = isnan(s->x[r]) ? 0 : deviation(p, s, r);
        if (d <= 1 || (n == OUTLIERS && d <= dev[n - 1]))
            continue;
        uint32_t at = n < OUTLIERS ? n++ : n - 1;
        for (; at > 0 && dev[at - 1] < d; at--) {
            dev[at] = dev[at - 1];
            row[at] = row[at - 1];
        }
        dev[at] = d;
        row[at] = r;
    }
    for (uint32_t k = 0; k < n; k++)
        p->keep[row[k]] |= HR_KEEP_NUMBER;
}

/* Where the mean of the next few numbers leaves that of the last few. */
static void changes(hr_pick *p, const hr_stat *s)
{
    double limit = p->v->o->variance_threshold * s->sd;
    uint32_t found = 0, last = 0;
    if (!p->v->o->preserve_change_points || s->numbers != p->n || p->n < 2 * WINDOW || limit <= 0)
        return;
    double before = 0, after = 0;
    for (uint32_t k = 0; k < WINDOW; k++) {
        before += s->x[k];
        after += s->x[k + WINDOW];
    }
    for (uint32_t r = WINDOW; found < CHANGES; r++) {
        if (fabs(after - before) / WINDOW > limit && (!found || r - last > WINDOW)) {
            p->keep[r] |= HR_KEEP_CHANGE;
            p->keep[r - 1] |= HR_KEEP_CHANGE;
            last = r;
            found++;
        }
        if (r + WINDOW >= p->n)
            break;
        before += s->x[r] - s->x[r - WINDOW];
        after += s->x[r + WINDOW] - s->x[r];
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* In a series that goes up (or down) a value far off its neighbours on both sides, measured in the
 * series' own steps. */
static void spikes(hr_pick *p, const hr_stat *s)
{
    uint32_t found = 0;
    if (s->numbers != p->n || p->n < MIN_NUMBERS)
        return;
    hr_arena_mark m = hr_arena_save(p->v->a);
    double *step = HR_NEW_ARRAY(p->v->a, double, p->n);
    if (!step)
        return;
    for (uint32_t r = 1; r < p->n; r++)
        step[r] = fabs(s->x[r] - s->x[r - 1]);
    qsort(step + 1, p->n - 1, sizeof *step, by_value);
    double far = step[p->n / 2] * SPIKE;
    hr_arena_restore(p->v->a, m);
    for (uint32_t r = 1; r + 1 < p->n && far > 0 && found < OUTLIERS; r++) {
        if (fabs(s->x[r] - s->x[r - 1]) > far && fabs(s->x[r] - s->x[r + 1]) > far) {
            p->keep[r] |= HR_KEEP_NUMBER;
            found++;
        }
    }
}

static bool is_time(const hr_stat *s)
{
    return (s->min >= 1e9 && s->max <= 2.2e9) || (s->min >= 1e12 && s->max <= 2.2e12);
}

void hr_pick_numbers(hr_pick *p, const hr_stat *s, bool asked)
{
    if (asked && s->numbers) {
        if (p->text->wants_max)
            p->keep[s->argmax] |= HR_KEEP_QUERY;
        if (p->text->wants_min)
            p->keep[s->argmin] |= HR_KEEP_QUERY;
    }
    if (s->sequence)
        spikes(p, s);
    if (s->numbers < MIN_NUMBERS || s->sequence || is_time(s))
        return;
    outliers(p, s);
    changes(p, s);
}

/* Values that few rows have, where few values cover most rows. */
static void rare_values(hr_pick *p, const hr_stat *s, bool asked)
{
    uint32_t few = p->n * 3 / 100, common = 0, rare = 0;
    few = few ? few : 1;
    if (s->nvalues < 2 || s->nvalues > HR_MAX_VALUES)
        return;
    for (uint32_t k = 0; k < s->nvalues; k++) {
        if (s->values[k].count > few)
            common += s->values[k].count;
        else
            rare++;
    }
    bool all = asked && s->nvalues <= ASKED_VALUES;
    if (!all && (common < p->v->o->similarity_threshold * p->n || rare > RARE_VALUES))
        return;
    for (uint32_t k = 0; k < s->nvalues; k++)
        if (all || s->values[k].count <= few)
            p->keep[s->values[k].first] |= all ? HR_KEEP_QUERY : HR_KEEP_RARE;
}

/* Rows that lack what nearly all have, or have (or say null) what nearly none does: they differ in
 * kind, and a header made of the others would deny it. */
static void odd_members(hr_pick *p, const hr_view *view, unsigned *claimed)
{
    uint32_t few = p->n * 3 / 100, count[3] = {0};
    few = few ? few : 1;
    for (uint32_t r = 0; r < p->n; r++)
        count[!view->node[r] ? 0 : hr_jnode(p->v, view->node[r])->type == HR_JSON_NULL ? 1 : 2]++;
    for (unsigned k = 0; k < 3; k++) {
        if (!count[k] || count[k] > few)
            continue;
        for (uint32_t r = 0; r < p->n && *claimed < ODD_ROWS; r++) {
            uint32_t i = view->node[r];
            unsigned is = !i ? 0 : hr_jnode(p->v, i)->type == HR_JSON_NULL ? 1 : 2;
            if (is != k)
                continue;
            *claimed += !(p->keep[r] & HR_KEEP_MUST);
            p->keep[r] |= HR_KEEP_RARE;
        }
    }
}

void hr_pick_rest(hr_pick *p, const hr_rowset *rs, uint32_t from)
{
    unsigned claimed = 0;
    for (uint32_t k = 0; k < rs->ncols && rs->nrest && claimed < ODD_ROWS; k++) {
        const hr_col *c = &rs->cols[k];
        if (!c->rest || c->npresent * 100 > rs->n * 3 + 99)
            continue;
        for (uint32_t r = 0; r < p->n && claimed < ODD_ROWS; r++) {
            if (!c->cells[from + r])
                continue;
            claimed += !(p->keep[r] & HR_KEEP_MUST);
            p->keep[r] |= HR_KEEP_RARE;
        }
    }
}

static bool truthy(const hr_jview *v, uint32_t i)
{
    double d;
    if (!i)
        return false;
    switch (hr_jnode(v, i)->type) {
    case HR_JSON_NULL:
    case HR_JSON_FALSE:
        return false;
    case HR_JSON_NUMBER:
        return !hr_json_double(v->d, i, &d) || d != 0;
    case HR_JSON_STRING:
        return hr_jnode(v, i)->end - hr_jnode(v, i)->start > 2;
    default:
        return true;
    }
}

static void preserved(hr_pick *p, const hr_view *view)
{
    const hr_compress_opts *o = p->v->o;
    for (size_t k = 0; k < o->npreserve_fields; k++) {
        hr_str f = o->preserve_fields[k];
        if (!hr_str_eq(f, view->col->name) && !hr_str_eq(f, view->path))
            continue;
        for (uint32_t r = 0; r < p->n; r++)
            if (truthy(p->v, view->node[r]))
                p->keep[r] |= HR_KEEP_FIELD;
    }
}

void hr_pick_columns(hr_pick *p)
{
    unsigned extremes = 0, odd = 0;
    p->stats = HR_NEW_ARRAY(p->v->a, hr_stat, p->views.n + 1);
    for (size_t k = 0; p->stats && k < p->views.n && hr_jview_ok(p->v); k++) {
        const hr_view *view = &p->views.p[k];
        hr_stat *s = &p->stats[k];
        bool asked = hr_rowtext_name_terms(p->text, view->path) != 0;
        preserved(p, view);
        if (p->views.n <= RARE_MAX_COLUMNS)
            odd_members(p, view, &odd);
        if (!hr_stat_of(p->v, view->node, p->n, view->col->nnum > 0, s))
            return;
        if (s->numbers && (p->views.n <= RARE_MAX_COLUMNS || asked)) {
            hr_pick_numbers(p, s, asked);
            if (s->numbers >= MIN_NUMBERS && !s->sequence && !is_time(s) &&
                s->nvalues > NUMBER_KINDS && extremes++ < EXTREME_COLUMNS)
                p->keep[s->argmax] |= HR_KEEP_NUMBER;
        }
        bool codes =
            s->nvalues <= NUMBER_KINDS || s->nvalues < p->v->o->uniqueness_threshold * p->n;
        if (k < RARE_MAX_COLUMNS && (!s->numbers || codes))
            rare_values(p, s, asked);
    }
}
