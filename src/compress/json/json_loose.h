/* json_loose: texts that are nearly JSON (internal): what Python prints for lists and dictionaries,
 * numbers that are none (NaN), and documents whose end a tool's limit cut off.
 *
 * Read is only what has one meaning in JSON. Of Python: dictionaries with string keys, lists,
 * strings, numbers, True, False, None. Tuples, sets, bytes and objects have none: the text is
 * refused.
 */
#ifndef HR_COMPRESS_JSON_LOOSE_H
#define HR_COMPRESS_JSON_LOOSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

typedef struct hr_loose {
    bool nan;    /* NaN and Infinity became strings, which no string of the text was */
    bool python; /* some words or quotes were Python's */
    bool cut;    /* the text ends inside */
    size_t at;   /* cut: bytes of the text that `json` stands for; the rest is the unfinished end */
    hr_str path; /* cut: the array it ends in, as "data.items"; empty: the outermost */
    uint32_t element; /* cut: the unfinished element, counted from 1 */
} hr_loose;

/* Appends the JSON text. A cut document ends behind the last complete element of the outermost
 * array that is open and has two; what follows that element is left to the caller. HR_E_SYNTAX: it
 * is neither. HR_E_DEPTH, HR_E_NOMEM, HR_E_LIMIT. */
hr_err hr_loose_read(hr_str text, hr_arena *a, hr_buf *json, hr_loose *out);

/* NaN, Infinity and the like, as JSON writers and Python spell them. */
bool hr_loose_nan(hr_str word);
/* Does it look like a list of dictionaries, or a dictionary, as Python prints them? A glance. */
bool hr_loose_python(hr_str text);

#endif
