/* log_keep: which lines of a log stay as they are (internal to compress/log*.c).
 *
 * Kept: groups of one or two; the first of every larger group; different messages of errors; lines
 * the query names; extremes it asks for; values that hardly any line of a group has, with the lines
 * they are nested in. Each reason has a budget, so that no log is kept whole for one of them. */
#ifndef HR_COMPRESS_LOG_KEEP_H
#define HR_COMPRESS_LOG_KEEP_H

#include "compress/log/log_slots.h"

enum { HR_LOG_KEEP_ALL = 2 }; /* groups up to this size stay whole */

typedef struct hr_log_plan {
    const hr_compress_opts *o;
    const hr_log *l;
    hr_arena *a;
    bool *keep;   /* one a unit */
    bool *wanted; /* one a line: units with such a line are kept too */
    hr_log_summary *sums;
    hr_query query;
} hr_log_plan;

/* Fills the plan from o, l and a. HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_log_keep(hr_log_plan *p);
bool hr_log_blank(const hr_log *l, const hr_log_unit *u);

#endif
