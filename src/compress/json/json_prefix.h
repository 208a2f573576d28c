/* json_prefix: beginnings that many strings of a document share, such as the address of one
 * repository in an API answer (internal). Strings inside tables are left to column patterns. */
#ifndef HR_COMPRESS_JSON_PREFIX_H
#define HR_COMPRESS_JSON_PREFIX_H

#include "compress/json/json_view.h"

enum { HR_MAX_PREFIXES = 8 };

typedef struct hr_prefixes {
    hr_str text[HR_MAX_PREFIXES]; /* raw bytes as they stand between quotes, no escapes in them */
    size_t n;
} hr_prefixes;

/* Chooses prefixes for the strings of `nodes`. */
hr_err hr_prefixes_find(hr_jview *v, const uint32_t *nodes, size_t count, hr_prefixes *out);
/* The longest prefix of the raw string (without quotes), or -1. */
int hr_prefixes_of(const hr_prefixes *p, hr_str raw);
/* 'A' for 0 …: letters that no other name of the notation uses. */
static inline char hr_prefix_letter(size_t i)
{
    return (char)('A' + i);
}

#endif
