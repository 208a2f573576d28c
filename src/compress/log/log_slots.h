/* log_slots: what varies among the lines of a group, in a few words (internal to compress/log*.c).
 */
#ifndef HR_COMPRESS_LOG_SLOTS_H
#define HR_COMPRESS_LOG_SLOTS_H

#include "base/buf.h"
#include "compress/log/log_lines.h"

enum { HR_LOG_VALUES = 8 };

/* One place of a group: the values met there. */
typedef struct hr_log_slot {
    hr_str first;
    hr_str values[HR_LOG_VALUES]; /* distinct ones, the first few */
    uint32_t count[HR_LOG_VALUES];
    uint32_t line[HR_LOG_VALUES]; /* where each was met first */
    uint32_t nvalues;             /* HR_LOG_VALUES + 1: more */
    uint32_t prefix, suffix;      /* bytes all values share */
    uint32_t letters;             /* bytes behind the prefix before a number may start */
    bool numeric;                 /* the rest of each is a number */
    double min, max, sum, squares;
    uint32_t seen;
    hr_str min_text, max_text;
    uint32_t min_line, max_line;
    bool led; /* each value starts with a number, whatever follows */
    double lead_min, lead_max;
    uint32_t lead_min_line, lead_max_line;
} hr_log_slot;

typedef struct hr_log_summary {
    hr_log_slot *slots; /* those of the messages of a unit's lines, in order */
    uint32_t *base;     /* first slot of each line; one more for the end */
    uint32_t nslots;
    bool *uneven; /* of each line: some unit has another line in its place, or none */
    hr_str sources[HR_LOG_VALUES]; /* distinct heads without their time */
    uint32_t nsources;
    hr_str last_time;
} hr_log_summary;

/* Summaries of all groups with `least` or more units; the others stay zero. Linear. */
hr_err hr_log_summaries(const hr_log *l, uint32_t least, const hr_deadline *deadline, hr_arena *a,
                        hr_log_summary **out);
/* The message of the group's first line with its varying places as <ranges>, shortened to the
 * places where it is long. Appends nothing when nothing varies. */
void hr_log_describe(const hr_log *l, uint32_t group, const hr_log_summary *s, hr_buf *b);

#endif
