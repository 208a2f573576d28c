/* detect_sections: mixed content cut at line borders (internal to compress/). */
#ifndef HR_COMPRESS_DETECT_SECTIONS_H
#define HR_COMPRESS_DETECT_SECTIONS_H

#include "base/vec.h"
#include "compress/detect/detect.h"

typedef enum hr_section_kind {
    HR_SECTION_PLAIN,  /* lines between the others: detect what they are */
    HR_SECTION_JSON,   /* one JSON text, or several behind each other */
    HR_SECTION_FENCED, /* the inside of a code fence */
    HR_SECTION_FIXED,  /* fence lines, prompts, wrapper heads: never touched */
} hr_section_kind;

typedef struct hr_section {
    size_t start, end;
    hr_section_kind kind;
} hr_section;

typedef HR_VEC(hr_section) hr_sections;

enum { HR_SPLIT_HEAD = 1, HR_SPLIT_JSON = 2, HR_SPLIT_FENCES = 4, HR_SPLIT_PROMPTS = 8 };

/* Bytes of the head that an agent's shell tool put in front of the output, 0 without one. */
size_t hr_wrapper_head(hr_str text);
/* One JSON object or array at text.p[0]; *used gets the bytes read, also when it is none. */
bool hr_detect_json_value(hr_str text, size_t *used);
/* Sections in order; their spans are adjacent and cover the text. A text with more than 256 parts
 * is one PLAIN section. Linear. HR_E_NOMEM. */
hr_err hr_split_sections(hr_str text, unsigned how, hr_arena *a, hr_sections *out);

#endif
