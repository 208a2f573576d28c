/* What stays as it is, and the names of tests that failed. */
#include "compress/log/tool_scan.h"

enum {
    SAME = 8,         /* times that the same line stays */
    TOLD_TWICE = 20,  /* failures that are named in their place and in the summary */
    NAMES = 256,      /* failures that are named at all */
    STEPS = 8,        /* failed steps of an image build that are looked at */
    STEP_LOOK = 4000, /* lines looked at for one of them */
    STEP_LINES = 10,  /* and the last ones of its output that stay */
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

/* "#31" of "#31 [3/9] RUN make" and "#31 4.2 ld: cannot find -lpq" of an image build; steps run at
 * once, so their lines are mixed. */
static hr_str image_step(hr_str s)
{
    size_t i = 1;
    while (i < s.n && hr_is_digit(s.p[i]))
        i++;
    return i > 1 && i < s.n && s.p[0] == '#' && s.p[i] == ' ' ? hr_str_sub(s, 0, i + 1)
                                                              : HR_STR_NONE;
}

/* Does the end of the text repeat what failed steps wrote? */
static bool image_report_below(const hr_log *l, size_t i)
{
    for (; i + 1 < l->n; i++) {
        if (hr_str_eq(l->plain[i], HR_STR("------")) && starts(l->plain[i + 1], " > ["))
            return true;
    }
    return false;
}

/* What "#31 ERROR: …" in line `at` is about: the step's head, and the last lines that it wrote. */
static void failed_step(hr_tool_scan *c, size_t at, hr_str step)
{
    size_t left = image_report_below(c->l, at) ? 0 : STEP_LINES;
    for (size_t i = at, looked = 0; i-- > 0 && looked < STEP_LOOK; looked++) {
        hr_str s = c->l->plain[i];
        if (!hr_str_starts(s, step))
            continue;
        bool head = step.n < s.n && s.p[step.n] == '[';
        if (head || left)
            hr_tool_fact(c, i);
        if (head)
            return;
        left -= left > 0;
    }
}

/* Names of tests that failed, told at the end of the text only; steps that failed. */
hr_err hr_tool_find_failed(hr_tool_scan *c)
{
    size_t steps = 0;
    for (size_t i = 0; i < c->l->n; i++) {
        hr_str s = c->l->plain[i], t = hr_str_trim(s), step = image_step(s);
        if (step.n && starts(hr_str_sub(s, step.n, s.n), "ERROR") && steps++ < STEPS)
            failed_step(c, i, step);
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
