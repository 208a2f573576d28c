#include "text/splice.h"

void hr_splice_init(hr_splice *s, hr_str src)
{
    *s = (hr_splice){.src = src};
}

hr_err hr_splice_add(hr_splice *s, hr_arena *a, size_t start, size_t end, hr_str with)
{
    if (start > end || end > s->src.n)
        return HR_E_RANGE;
    if (s->edits.n == UINT32_MAX)
        return HR_E_NOMEM;
    uint32_t order = (uint32_t)s->edits.n;
    hr_edit *e = hr_vec_push(&s->edits, a);
    if (!e)
        return HR_E_NOMEM;
    *e = (hr_edit){start, end, with, order};
    return HR_OK;
}

/* Insertions at a place come before the span that starts there, in the order they were added. */
static bool before(const hr_edit *x, const hr_edit *y)
{
    if (x->start != y->start)
        return x->start < y->start;
    if (x->end != y->end)
        return x->end < y->end;
    return x->order < y->order;
}

static void merge(const hr_edit *from, hr_edit *to, size_t low, size_t mid, size_t high)
{
    size_t i = low, j = mid;
    for (size_t k = low; k < high; k++) {
        if (i < mid && (j == high || !before(&from[j], &from[i])))
            to[k] = from[i++];
        else
            to[k] = from[j++];
    }
}

/* Merge sort; edits nearly always come in order already. */
static hr_err sort(hr_splice *s, hr_arena *a)
{
    size_t n = s->edits.n, i = 1;
    while (i < n && !before(&s->edits.p[i], &s->edits.p[i - 1]))
        i++;
    if (i >= n)
        return HR_OK;
    hr_edit *from = s->edits.p, *to = HR_NEW_ARRAY(a, hr_edit, n);
    if (!to)
        return HR_E_NOMEM;
    for (size_t w = 1; w < n; w *= 2) {
        for (size_t low = 0; low < n; low += 2 * w) {
            size_t mid = low + w < n ? low + w : n, high = low + 2 * w < n ? low + 2 * w : n;
            merge(from, to, low, mid, high);
        }
        hr_edit *swap = from;
        from = to;
        to = swap;
    }
    if (from != s->edits.p)
        memcpy(s->edits.p, from, n * sizeof(*from));
    return HR_OK;
}

hr_err hr_splice_pieces(hr_splice *s, hr_arena *a, hr_str **pieces, size_t *count, size_t *total)
{
    *pieces = NULL;
    *count = *total = 0;
    hr_err e = sort(s, a);
    if (e != HR_OK)
        return e;
    size_t at = 0, n = 0, sum = 0;
    hr_str *p = HR_NEW_ARRAY(a, hr_str, 2 * s->edits.n + 1);
    if (!p)
        return HR_E_NOMEM;
    for (size_t i = 0; i < s->edits.n; i++) {
        const hr_edit *ed = &s->edits.p[i];
        if (ed->start < at)
            return HR_E_RANGE;
        if (ed->start > at)
            p[n++] = hr_str_sub(s->src, at, ed->start);
        if (ed->with.n)
            p[n++] = ed->with;
        if (ed->with.n > SIZE_MAX / 2 - sum)
            return HR_E_LIMIT;
        sum += ed->start - at + ed->with.n;
        at = ed->end;
    }
    if (at < s->src.n)
        p[n++] = hr_str_sub(s->src, at, s->src.n);
    *pieces = p;
    *count = n;
    *total = sum + (s->src.n - at);
    return HR_OK;
}

hr_err hr_splice_join(hr_splice *s, hr_arena *a, hr_str *out)
{
    *out = s->src;
    if (s->edits.n == 0)
        return HR_OK;
    hr_str *p;
    size_t n, total;
    hr_err e = hr_splice_pieces(s, a, &p, &n, &total);
    if (e != HR_OK)
        return e;
    char *q = hr_alloc(a, total);
    if (!q)
        return HR_E_NOMEM;
    *out = hr_str_of(q, total);
    for (size_t i = 0; i < n; i++) {
        memcpy(q, p[i].p, p[i].n);
        q += p[i].n;
    }
    return HR_OK;
}
