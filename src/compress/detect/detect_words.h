/* detect_words: tests of a line against lists of words (internal to detect*.c). */
#ifndef HR_COMPRESS_DETECT_WORDS_H
#define HR_COMPRESS_DETECT_WORDS_H

#include "compress/detect/detect.h"

static inline bool starts(hr_str s, const char *word)
{
    return s.n && s.p[0] == word[0] && hr_str_starts(s, hr_cstr(word));
}

static inline bool has(hr_str s, const char *word)
{
    return hr_str_has(s, hr_cstr(word));
}

static inline bool starts_any(hr_str s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (starts(s, words[i]))
            return true;
    }
    return false;
}

#define STARTS(s, list) starts_any((s), (list), sizeof(list) / sizeof *(list))

static inline size_t digit_run(hr_str s, size_t i)
{
    size_t n = 0;
    while (i + n < s.n && hr_is_digit(s.p[i + n]))
        n++;
    return n;
}

static inline char at(hr_str s, size_t i)
{
    return i < s.n ? s.p[i] : '\0';
}

/* Counts what build and test tools print, and stack traces. s is the line without trailing, t also
 * without leading white space; neither is empty. The traces follow the build of the same line. */
void hr_shape_build(hr_shape_counts *c, hr_str s, hr_str t);
void hr_shape_trace(hr_shape_counts *c, hr_str s, hr_str t);

#endif
