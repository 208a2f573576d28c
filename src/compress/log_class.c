/* Lines of build and test tools that are told by their form. */
#include "compress/log_lines.h"

enum { SOURCE_BLOCK = 400, SOURCE_KEPT = 2 };

static bool passed(hr_str s)
{
    static const char *const ends[] = {" ... ok", " ... OK", " PASSED", " - passed",
                                       "[       OK ]"};
    static const char *const starts[] = {
        "--- PASS: ", "\xe2\x9c\x93 ", "\xe2\x9c\x94 ", "\xe2\x88\x9a ", "PASSED ", "[       OK ] ",
        "ok "};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]);
        if (s.p[s.n - 1] == ends[i][n - 1] && hr_str_ends(s, hr_str_of(ends[i], n)))
            return true;
    }
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        /* "ok 12 - name" of TAP; "ok  pkg 0.1s" of go test sums a package up and stays. */
        if (s.p[0] == starts[i][0] && hr_str_starts(s, hr_cstr(starts[i])) &&
            (starts[i][0] != 'o' || hr_is_digit(s.p[3 < s.n ? 3 : 0])))
            return true;
    }
    size_t at = hr_str_find(s, HR_STR(" PASSED "));
    return at != SIZE_MAX && s.p[s.n - 1] == ']' && hr_str_has(hr_str_sub(s, at, s.n), HR_STR("%"));
}

/* "test_name (package.Class)": unittest prints the docstring and the outcome on the next line. */
static bool test_title(hr_str s)
{
    size_t open = hr_str_find(s, HR_STR(" ("));
    if (open == SIZE_MAX || open == 0 || s.p[s.n - 1] != ')')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!hr_is_alnum(c) && c != '_' && c != '.' && i != open && i != open + 1 && i + 1 != s.n)
            return false;
    }
    return hr_str_has(hr_str_sub(s, open, s.n), HR_STR("."));
}

/* "  773 |     code" and "      |     ^~~~" */
static bool excerpt(hr_str s)
{
    size_t i = 0;
    while (i < s.n && s.p[i] == ' ')
        i++;
    if (i == 0 && !(s.n && hr_is_digit(s.p[0])))
        return false;
    while (i < s.n && hr_is_digit(s.p[i]))
        i++;
    while (i < s.n && s.p[i] == ' ')
        i++;
    return i > 0 && i < s.n && s.p[i] == '|';
}

static bool tagged(hr_str s)
{
    size_t open = hr_str_rfind_char(s, '[');
    return s.n && s.p[s.n - 1] == ']' && open != SIZE_MAX &&
           hr_str_starts(hr_str_sub(s, open, s.n), HR_STR("[-W"));
}

static bool indented(hr_str s)
{
    return hr_str_starts(s, HR_STR("    "));
}

/* Above a line that starts with '>' pytest prints the function from its start: of that the first
 * line and the last few are enough to read the failure. */
static void mark_source(hr_log *l, size_t at)
{
    size_t from = at, kept = 0;
    while (from > 0 && at - from < SOURCE_BLOCK) {
        hr_str s = l->plain[from - 1];
        if (hr_str_trim(s).n && !indented(s))
            break;
        from--;
    }
    bool head = false;
    for (size_t i = at; i > from; i--) {
        hr_str s = l->plain[i - 1];
        if (hr_str_trim(s).n == 0)
            continue;
        if (kept < SOURCE_KEPT) {
            kept++;
            continue;
        }
        hr_str t = hr_str_trim(s);
        bool def = hr_str_starts(t, HR_STR("def ")) || hr_str_starts(t, HR_STR("async def "));
        if (def && !head && s.n - t.n <= 8) {
            head = true;
            continue;
        }
        l->class[i - 1] = HR_LOG_SOURCE;
    }
}

void hr_log_classify(hr_log *l)
{
    hr_level last = HR_LEVEL_NONE; /* of the diagnostic that excerpts belong to */
    for (size_t i = 0; i < l->n; i++) {
        hr_str s = l->plain[i], t = hr_str_trim(s);
        if (t.n == 0)
            continue;
        if (passed(t)) {
            l->class[i] = HR_LOG_PASSED;
            l->level[i] = HR_LEVEL_NONE;
            if (i > 0 && test_title(hr_str_trim(l->plain[i - 1])))
                l->class[i - 1] = HR_LOG_PASSED;
        } else if (excerpt(s)) {
            if (last != HR_LEVEL_ERROR)
                l->class[i] = HR_LOG_EXCERPT;
        } else if (s.p[0] == '>' && s.n > 4 && s.p[1] == ' ' && s.p[2] == ' ' && s.p[3] == ' ') {
            mark_source(l, i);
        } else if (!hr_is_space(s.p[0]) && !hr_str_has(s, HR_STR("note: "))) {
            last = (hr_level)l->level[i];
            if (last == HR_LEVEL_WARN && tagged(t))
                l->class[i] = HR_LOG_TAGGED;
        }
        /* pytest's own mark in front of what an assertion says */
        hr_str said =
            hr_str_starts(s, HR_STR("E   ")) ? hr_str_trim(hr_str_sub(s, 1, s.n)) : HR_STR_NONE;
        if (said.n && hr_is_alpha(said.p[0]))
            l->level[i] = HR_LEVEL_ERROR;
    }
}
