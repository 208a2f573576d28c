/* headers: a borrowed list of HTTP header fields. Names compare without case. */
#ifndef HR_WIRE_HEADERS_H
#define HR_WIRE_HEADERS_H

#include "base/str.h"

typedef struct hr_header {
    hr_str name, value;
} hr_header;

typedef struct hr_headers {
    const hr_header *p;
    size_t n;
} hr_headers;

/* Value of the first field of that name, or HR_STR_NONE (p == NULL). */
static inline hr_str hr_header_get(hr_headers h, hr_str name)
{
    for (size_t i = 0; i < h.n; i++) {
        if (hr_str_ieq(h.p[i].name, name))
            return h.p[i].value;
    }
    return HR_STR_NONE;
}

#endif
