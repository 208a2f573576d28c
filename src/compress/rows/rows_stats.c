#include "compress/rows/rows_stats.h"

#include <math.h>

/* --- views ---------------------------------------------------------------------------------- */

/* map[r]: row of rs for row r of the range, UINT32_MAX for none; NULL: from + r. */
static bool views(hr_jview *v, hr_rowset *rs, const uint32_t *map, uint32_t from, uint32_t n,
                  hr_str prefix, hr_views *out)
{
    for (uint32_t k = 0; k < rs->ncols && out->n < HR_MAX_VIEWS; k++) {
        const hr_col *c = &rs->cols[k];
        if (c->kind == HR_COL_CONST || c->rest)
            continue;
        hr_str path = c->name;
        if (prefix.n)
            path = hr_strf(v->a, "%.*s.%.*s", HR_FMT(prefix), HR_FMT(c->name));
        if (c->kind == HR_COL_FLAT || c->kind == HR_COL_FLAT1) {
            if (!views(v, c->child, map, from, n, path, out))
                return false;
            continue;
        }
        uint32_t *row = HR_NEW_ARRAY(v->a, uint32_t, n);
        if (!row)
            return false;
        if (c->kind == HR_COL_TUPLE) {
            for (uint32_t r = 0; r < n; r++) {
                uint32_t at = map ? map[r] : from + r;
                row[r] = at == UINT32_MAX ? UINT32_MAX : c->first[at];
            }
            if (!views(v, c->child, row, 0, n, path, out))
                return false;
            continue;
        }
        hr_view *view = hr_vec_push(out, v->a);
        if (!view)
            return false;
        for (uint32_t r = 0; r < n; r++) {
            uint32_t at = map ? map[r] : from + r;
            row[r] = at == UINT32_MAX ? 0 : c->cells[at];
        }
        *view = (hr_view){.col = c, .path = path, .node = row};
    }
    return true;
}

bool hr_views_of(hr_jview *v, hr_rowset *rs, uint32_t from, uint32_t n, hr_views *out)
{
    return views(v, rs, NULL, from, n, HR_STR_NONE, out);
}

/* --- values --------------------------------------------------------------------------------- */

enum { SLOTS = 256 };

static bool count_values(hr_jview *v, const uint32_t *node, uint32_t n, hr_stat *s)
{
    uint8_t slot[SLOTS] = {0};
    s->values = HR_NEW_ARRAY(v->a, hr_freq, HR_MAX_VALUES);
    if (!s->values)
        return false;
    for (uint32_t r = 0; r < n; r++) {
        uint32_t i = node[r];
        size_t at = (i ? (size_t)v->hash[i] : 0) & (SLOTS - 1);
        while (slot[at]) {
            uint32_t other = s->values[slot[at] - 1].node;
            if (other == i || (other && i && hr_jview_equal(v, other, i)))
                break;
            at = (at + 1) & (SLOTS - 1);
        }
        if (slot[at]) {
            s->values[slot[at] - 1].count++;
            continue;
        }
        if (s->nvalues == HR_MAX_VALUES) {
            s->nvalues++;
            return true;
        }
        s->values[s->nvalues] = (hr_freq){.node = i, .first = r, .count = 1};
        slot[at] = (uint8_t)++s->nvalues;
    }
    return true;
}

/* --- numbers -------------------------------------------------------------------------------- */

/* The k-th smallest; reorders x. Pivots come from a fixed sequence, so input cannot aim at them. */
static double select_kth(double *x, size_t n, size_t k)
{
    uint64_t seed = 0x2545f4914f6cdd1dull;
    ptrdiff_t lo = 0, hi = (ptrdiff_t)n - 1, at = (ptrdiff_t)k;
    while (lo < hi) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        double pivot = x[lo + (ptrdiff_t)(seed % (uint64_t)(hi - lo + 1))];
        ptrdiff_t i = lo, j = hi;
        while (i <= j) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i <= j) {
                double t = x[i];
                x[i++] = x[j];
                x[j--] = t;
            }
        }
        if (at <= j)
            hi = j;
        else if (at >= i)
            lo = i;
        else
            break;
    }
    return x[k];
}

static void spread(hr_jview *v, hr_stat *s)
{
    hr_arena_mark m = hr_arena_save(v->a);
    double *y = HR_NEW_ARRAY(v->a, double, s->numbers);
    size_t n = 0;
    if (!y)
        return;
    for (uint32_t r = 0; r < s->n; r++)
        if (!isnan(s->x[r]))
            y[n++] = s->x[r];
    s->median = select_kth(y, n, n / 2);
    for (size_t i = 0; i < n; i++)
        y[i] = fabs(y[i] - s->median);
    s->spread = 1.4826 * select_kth(y, n, n / 2);
    hr_arena_restore(v->a, m);
}

static bool read_numbers(hr_jview *v, const uint32_t *node, uint32_t n, hr_stat *s)
{
    double sum = 0, last = NAN;
    uint32_t up = 0, down = 0, steps = 0;
    s->x = HR_NEW_ARRAY(v->a, double, n ? n : 1);
    if (!s->x)
        return false;
    for (uint32_t r = 0; r < n; r++) {
        double d;
        s->x[r] = NAN;
        if (!node[r] || !hr_json_double(v->d, node[r], &d) || !isfinite(d))
            continue;
        if (!s->numbers || d < s->min) {
            s->min = d;
            s->argmin = r;
        }
        if (!s->numbers || d > s->max) {
            s->max = d;
            s->argmax = r;
        }
        s->x[r] = d;
        s->numbers++;
        sum += d;
        if (!isnan(last)) {
            steps++;
            up += d > last;
            down += d < last;
        }
        last = d;
    }
    if (s->numbers < 2)
        return true;
    s->mean = sum / s->numbers;
    double sq = 0;
    for (uint32_t r = 0; r < n; r++)
        if (!isnan(s->x[r]))
            sq += (s->x[r] - s->mean) * (s->x[r] - s->mean);
    s->sd = sqrt(sq / (s->numbers - 1));
    s->sequence = steps >= 4 && (up * 10 >= steps * 9 || down * 10 >= steps * 9);
    spread(v, s);
    return true;
}

bool hr_stat_of(hr_jview *v, const uint32_t *node, uint32_t n, bool numeric, hr_stat *out)
{
    *out = (hr_stat){.n = n};
    for (uint32_t r = 0; r < n; r++)
        out->absent += node[r] == 0;
    return count_values(v, node, n, out) && (!numeric || read_numbers(v, node, n, out));
}
