/* What stays as it is, and the names of tests that failed. */
#include "compress/tool_scan.h"

enum {
    SAME = 8,        /* times that the same line stays */
    TOLD_TWICE = 20, /* failures that are named in their place and in the summary */
    NAMES = 256,     /* failures that are named at all */
};

void hr_tool_set(hr_tool_scan *c, size_t i, hr_log_class class)
{
    c->l->class[i] = (uint8_t) class;
    c->l->tools++;
    if (class == HR_LOG_PASSED || class == HR_LOG_STEP || class == HR_LOG_DETAIL)
        c->l->level[i] = HR_LEVEL_NONE;
}

/* "======", "   ^~~~": nothing that could be read twice */
static bool wordless(hr_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (hr_is_alnum(s.p[i]) || s.p[i] == '_')
            return false;
    }
    return true;
}

void hr_tool_fact_upto(hr_tool_scan *c, size_t i, size_t most)
{
    bool fresh;
    if (c->in != HR_BLOCK_NONE && wordless(c->l->plain[i])) {
        hr_tool_set(c, i, HR_LOG_FACT);
        c->l->mark[i] = 1;
        return;
    }
    hr_map_entry *e = hr_map_put(&c->seen, c->l->plain[i], &fresh);
    if (e && e->value++ < most) {
        hr_tool_set(c, i, HR_LOG_FACT);
        c->l->mark[i] = c->in != HR_BLOCK_NONE;
    }
}

void hr_tool_fact(hr_tool_scan *c, size_t i)
{
    hr_tool_fact_upto(c, i, SAME);
}

void hr_tool_head_fact(hr_tool_scan *c, size_t i)
{
    hr_tool_fact(c, i);
    if (c->l->class[i] == HR_LOG_FACT)
        c->l->mark[i] = 0;
}

/* "TestMany/case_7" of "    --- FAIL: TestMany/case_7 (0.00s)" and "=== RUN   TestMany/case_7" */
hr_str hr_tool_go_name(hr_str t, size_t mark)
{
    hr_str name = hr_str_trim(hr_str_sub(t, mark, t.n));
    size_t space = hr_str_find_char(name, ' ');
    return space == SIZE_MAX ? name : hr_str_sub(name, 0, space);
}

/* "tests/a.py::test_b[1]" behind the mark: up to " - " or the outcome */
static hr_str pytest_name(hr_str t, size_t mark)
{
    hr_str name = hr_str_sub(t, mark, t.n);
    static const char *const behind[] = {" - ", " FAILED", " ERROR"};
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
        size_t at = hr_str_find(name, hr_cstr(behind[i]));
        name = hr_str_sub(name, 0, at == SIZE_MAX ? name.n : at);
    }
    return hr_str_trim(name);
}

/* Names of tests that failed, told at the end of the text only. */
hr_err hr_tool_find_failed(hr_tool_scan *c)
{
    for (size_t i = 0; i < c->l->n; i++) {
        hr_str s = c->l->plain[i], t = hr_str_trim(s);
        size_t mark = starts(s, "FAILED ") ? 7 : starts(s, "ERROR ") ? 6 : 0;
        bool fresh;
        if ((starts(t, "--- FAIL: ") && !hr_map_put(&c->failed, hr_tool_go_name(t, 10), &fresh)) ||
            (mark && hr_str_has(s, HR_STR("::")) &&
             !hr_map_put(&c->summed, pytest_name(s, mark), &fresh)))
            return HR_E_NOMEM;
    }
    return HR_OK;
}

/* "tests/a.py::test_b FAILED  [ 12%]" when the summary names that test: many are counted. */
bool hr_tool_told_again(hr_tool_scan *c, hr_str s, hr_str t)
{
    if (!hr_str_has(s, HR_STR("::")) || starts(s, "FAILED ") || starts(s, "ERROR "))
        return false;
    hr_str name = pytest_name(t, 0);
    return name.n < t.n && hr_map_get(&c->summed, name) && c->told++ >= TOLD_TWICE;
}

bool hr_tool_one_more_name(hr_tool_scan *c)
{
    return c->names++ < NAMES;
}
