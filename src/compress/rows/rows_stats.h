/* rows_stats: what a column of the rows at hand looks like (internal to rows*.c). */
#ifndef HR_COMPRESS_ROWS_STATS_H
#define HR_COMPRESS_ROWS_STATS_H

#include "compress/table/table_plan.h"

enum { HR_MAX_VALUES = 64, HR_MAX_VIEWS = 300 };

/* One leaf column over n rows, through objects of any depth. */
typedef struct hr_view {
    const hr_col *col;
    hr_str path;    /* dotted name */
    uint32_t *node; /* per row, 0: absent */
} hr_view;
typedef HR_VEC(hr_view) hr_views;

/* Rows [from, from + n) of a rowset. Constant columns are left out, they tell rows apart never. */
bool hr_views_of(hr_jview *v, hr_rowset *rs, uint32_t from, uint32_t n, hr_views *out);

typedef struct hr_freq {
    uint32_t node; /* first of the equal ones; 0: absent */
    uint32_t first, count;
} hr_freq;

typedef struct hr_stat {
    uint32_t n, absent;
    /* different values, in order of first appearance; nvalues > HR_MAX_VALUES: too many to list */
    hr_freq *values;
    uint32_t nvalues;
    /* numbers */
    uint32_t numbers;
    double *x;                                 /* per row, NAN where there is none */
    double min, max, mean, sd, median, spread; /* spread: 1.4826 * median deviation */
    uint32_t argmin, argmax;
    bool sequence; /* counts up or down: an id, an index, a time */
} hr_stat;

/* node: per row, 0 for absent; numeric: whether to look for numbers. */
bool hr_stat_of(hr_jview *v, const uint32_t *node, uint32_t n, bool numeric, hr_stat *out);

#endif
