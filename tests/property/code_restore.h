/* Puts the lines back that a shortened program says it left out: the proof that every other line is
 * the original's, in its place. */
#ifndef HR_TESTS_CODE_RESTORE_H
#define HR_TESTS_CODE_RESTORE_H

#include "base/buf.h"
#include "base/str.h"

/* "… [lines a–b omitted; calls: c] …" */
static bool hr_test_note(hr_str line, uint64_t *a, uint64_t *b)
{
    static const char dash[] = "\xe2\x80\x93";
    size_t at = hr_str_find(line, HR_STR("[lines "));
    size_t end = hr_str_find(line, HR_STR(" omitted"));
    if (at == SIZE_MAX || end == SIZE_MAX || end < at)
        return false;
    hr_str range = hr_str_sub(line, at + 7, end);
    size_t mid = hr_str_find(range, hr_cstr(dash));
    return mid != SIZE_MAX && hr_str_u64(hr_str_sub(range, 0, mid), a) &&
           hr_str_u64(hr_str_sub(range, mid + 3, range.n), b);
}

/* `form` has its marker as last line. first: number of the text's first line. The text must not
 * hold notes of its own. */
static bool hr_test_restores(hr_str form, hr_str text, uint64_t first)
{
    hr_str rest = hr_str_sub(form, 0, hr_str_rfind_char(form, '\n') + 1), line, own;
    uint64_t number = first, a, b;
    while (hr_str_line(&rest, &line)) {
        if (!hr_test_note(line, &a, &b)) {
            if (!hr_str_line(&text, &own) || !hr_str_eq(own, line))
                return false;
            number++;
            continue;
        }
        if (a != number || b < a)
            return false;
        for (; number <= b; number++) {
            if (!hr_str_line(&text, &own))
                return false;
        }
    }
    return text.n == 0;
}

#endif
