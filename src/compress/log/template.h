/* template: which lines say the same thing with other values (internal to compress/).
 *
 * A line is cut into words and separators. Words that look like values (numbers, paths, addresses,
 * identifiers with digits, times, quoted strings) become slots; what is left is the line's
 * skeleton. Lines with the same skeleton form a group. Skeletons that differ in one word only are
 * merged when at least four of them agree in everything else: then that word is a value too.
 * Everything is linear in the text. The line's head (time, host, level, component) does not take
 * part, since the same event is logged from many places.
 */
#ifndef HR_COMPRESS_TEMPLATE_H
#define HR_COMPRESS_TEMPLATE_H

#include "base/vec.h"
#include "compress/detect/detect.h"

enum { HR_TPL_TOKENS = 64 }; /* a line's words beyond these belong to one last slot */

typedef struct hr_tpl_token {
    uint32_t start, end; /* bytes of the line */
    uint64_t id;         /* 0: a value; else a hash of the word, or the separator */
    bool head;           /* part of the line's head */
    bool time;           /* a date or a time */
} hr_tpl_token;

/* Words of one line (without escape sequences), whose head has so many bytes. Returns their number.
 */
size_t hr_tpl_tokens(hr_str line, size_t head, hr_tpl_token out[HR_TPL_TOKENS]);
/* End of the head: what comes before the message. 0 when the line carries no time. */
size_t hr_tpl_head(hr_str line);

typedef struct hr_tpl_slot {
    uint32_t start, end; /* bytes of the line */
    bool head, time;
} hr_tpl_slot;

typedef struct hr_tpl hr_tpl;

/* Groups n lines. heads[i] is what hr_tpl_head says of line i (NULL: not
 * known yet). The lines need not live longer than the call. group[i] gets the group of line i,
 * numbered from 0 in order of appearance; *ngroups their number. HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_tpl_mine(const hr_str *lines, const uint32_t *heads, size_t n,
                   const hr_deadline *deadline, hr_arena *a, hr_tpl **out, uint32_t *group,
                   size_t *ngroups);
/* The slots of line i (of those given to hr_tpl_mine), in order. Two lines of one group have the
 * same number of slots outside the head. */
size_t hr_tpl_slots(const hr_tpl *t, size_t i, hr_tpl_slot out[HR_TPL_TOKENS]);

#endif
