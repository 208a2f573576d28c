/* Lines that build and test tools print, each told by itself. */
#include "compress/log/tool_lines.h"

enum { COUNTS_MAX = 240 }; /* a longer line is no summary */

enum { TEST, FILES, PACKAGES }; /* what passed */

typedef struct form {
    const char *text;
    uint8_t class, kind;
} form;

/* At the start of a line, white space aside. */
static const form starts[] = {
    /* a test that passed: go, mocha and jest, vitest, gtest */
    {"--- PASS: ", HR_LOG_PASSED, TEST},
    {"\xe2\x9c\x93 ", HR_LOG_PASSED, TEST},
    {"\xe2\x9c\x94 ", HR_LOG_PASSED, TEST},
    {"\xe2\x88\x9a ", HR_LOG_PASSED, TEST},
    {"PASSED ", HR_LOG_PASSED, TEST},
    {"[       OK ] ", HR_LOG_PASSED, TEST},
    {"PASS: ", HR_LOG_PASSED, TEST},
    {"PASS ", HR_LOG_PASSED, FILES},
    {"ok  \t", HR_LOG_PASSED, PACKAGES},
    /* a test that did not */
    {"--- FAIL: ", HR_LOG_FACT, 0},
    {"FAILED ", HR_LOG_FACT, 0},
    {"FAIL ", HR_LOG_FACT, 0},
    {"FAIL\t", HR_LOG_FACT, 0},
    {"FAIL: ", HR_LOG_FACT, 0},
    {"not ok ", HR_LOG_FACT, 0},
    {"\xe2\x9c\x95 ", HR_LOG_FACT, 0}, /* jest */
    {"\xe2\x9c\x96 ", HR_LOG_FACT, 0}, /* node, eslint */
    {"\xe2\x9c\x97 ", HR_LOG_FACT, 0},
    {"\xc3\x97 ", HR_LOG_FACT, 0},     /* vitest, uv */
    {"\xe2\x9d\xaf ", HR_LOG_FACT, 0}, /* vitest */
    {"[  FAILED  ] ", HR_LOG_FACT, 0},
    {"[  PASSED  ] ", HR_LOG_FACT, 0},
    {"XPASS ", HR_LOG_FACT, 0},
    /* how a run ended */
    {"test result: ", HR_LOG_FACT, 0},
    {"Tests: ", HR_LOG_FACT, 0},
    {"Test Suites: ", HR_LOG_FACT, 0},
    {"Test Files ", HR_LOG_FACT, 0},
    {"Tests  ", HR_LOG_FACT, 0},
    {"Snapshots: ", HR_LOG_FACT, 0},
    {"Ran ", HR_LOG_FACT, 0},
    {"OK (", HR_LOG_FACT, 0},
    {"BUILD ", HR_LOG_FACT, 0},
    {"[INFO] BUILD ", HR_LOG_FACT, 0},
    {"FAILURE: ", HR_LOG_FACT, 0},
    {"# pass ", HR_LOG_FACT, 0},
    {"# fail ", HR_LOG_FACT, 0},
    {"# tests ", HR_LOG_FACT, 0},
    {"# skipped ", HR_LOG_FACT, 0},
    {"# cancelled ", HR_LOG_FACT, 0},
    {"# todo ", HR_LOG_FACT, 0},
    {"\xe2\x84\xb9 ", HR_LOG_FACT, 0}, /* node: "i tests 64" */
    {"make: *** ", HR_LOG_FACT, 0},
    {"ninja: ", HR_LOG_FACT, 0},
    {"collect2: error", HR_LOG_FACT, 0},
    {"error: could not compile", HR_LOG_FACT, 0},
    {"error: aborting", HR_LOG_FACT, 0},
    {"error: test failed", HR_LOG_FACT, 0},
    {"-- Configuring ", HR_LOG_FACT, 0},
    {"-- Generating done", HR_LOG_FACT, 0},
    {"-- Build files ", HR_LOG_FACT, 0},
    {"Plan: ", HR_LOG_FACT, 0},
    {"Apply complete!", HR_LOG_FACT, 0},
    {"Destroy complete!", HR_LOG_FACT, 0},
    {"No changes.", HR_LOG_FACT, 0},
    {"Successfully installed ", HR_LOG_FACT, 0},
    {"Successfully built ", HR_LOG_FACT, 0},
    {"npm error", HR_LOG_FACT, 0},
    {"npm ERR!", HR_LOG_FACT, 0},
    {"found 0 vulnerabilities", HR_LOG_FACT, 0},
    {"E: ", HR_LOG_FACT, 0},               /* apt */
    {"ERROR: failed to ", HR_LOG_FACT, 0}, /* docker */
    {"dpkg: error", HR_LOG_FACT, 0},
    {"exit status ", HR_LOG_FACT, 0},
    {"exit code", HR_LOG_FACT, 0},
    {"Exit code", HR_LOG_FACT, 0},
    /* what a runner is about to do */
    {"=== RUN ", HR_LOG_STEP, 0},
    {"=== PAUSE ", HR_LOG_STEP, 0},
    {"=== CONT ", HR_LOG_STEP, 0},
    {"=== NAME ", HR_LOG_STEP, 0},
    {"[ RUN      ] ", HR_LOG_STEP, 0},
    {"# Subtest: ", HR_LOG_STEP, 0},
};

static const form ends[] = {
    {" ... ok", HR_LOG_PASSED, TEST},      {" ... OK", HR_LOG_PASSED, TEST},
    {" PASSED", HR_LOG_PASSED, TEST},      {" - passed", HR_LOG_PASSED, TEST},
    {"[       OK ]", HR_LOG_PASSED, TEST}, {" ... FAILED", HR_LOG_FACT, 0},
    {" ... FAIL", HR_LOG_FACT, 0},         {" ... ERROR", HR_LOG_FACT, 0},
    {" FAILED", HR_LOG_FACT, 0},           {" <<< FAILURE!", HR_LOG_FACT, 0},
    {" <<< ERROR!", HR_LOG_FACT, 0},       {" (Failed)", HR_LOG_FACT, 0},
    {" (Timeout)", HR_LOG_FACT, 0},        {" (SEGFAULT)", HR_LOG_FACT, 0},
};

/* "3 failed", "12 passing", "2 errors": a number and what it counts. */
static bool counted(hr_str s, size_t i)
{
    static const char *const words[] = {
        "passed",  "failed",   "passing", "failing",  "pending", "error",    "errors",
        "skipped", "failures", "problem", "problems", "warning", "warnings", "vulnerabilities"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        hr_str w = hr_cstr(words[k]), rest = hr_str_sub(s, i, s.n);
        if (hr_str_starts(rest, w) && (rest.n == w.n || !hr_is_alnum(rest.p[w.n])))
            return true;
    }
    return false;
}

/* A line that opens with counts of outcomes: "=== 2 failed, 90 passed in 3s ===", "5 failing",
 * "12 problems (3 errors, 9 warnings)", "Found 35 errors in 5 files." */
static bool counts(hr_str t)
{
    size_t i = 0;
    if (t.n > COUNTS_MAX)
        return false;
    while (i < t.n && (t.p[i] == '=' || t.p[i] == ' '))
        i++;
    if (hr_is_digit(t.p[0]) && hr_str_has(t, HR_STR("% tests passed, "))) /* ctest */
        return true;
    if (hr_str_starts(hr_str_sub(t, i, t.n), HR_STR("Found ")))
        i += 6;
    size_t from = i;
    while (i < t.n && hr_is_digit(t.p[i]))
        i++;
    return i > from && i + 1 < t.n && t.p[i] == ' ' && counted(t, i + 1);
}

/* "make[2]: *** [Makefile:12: all] Error 2" */
static bool nested_make(hr_str t)
{
    return hr_str_starts(t, HR_STR("make[")) && hr_str_has(hr_str_sub(t, 0, 20), HR_STR("]: *** "));
}

/* pytest -v: "path::name OUTCOME   [ 12%]"; with several workers "[gw0] [ 12%] OUTCOME path::name".
 */
static hr_log_class pytest_outcome(hr_str t)
{
    bool percent = t.n > 6 && t.p[t.n - 1] == ']' && t.p[t.n - 2] == '%';
    bool worker = hr_str_starts(t, HR_STR("[gw"));
    bool bare = hr_str_has(t, HR_STR("::")) && hr_str_ends(t, HR_STR(" ERROR"));
    if (!percent && !worker)
        return bare ? HR_LOG_FACT : HR_LOG_PLAIN;
    if (hr_str_has(t, HR_STR(" PASSED ")))
        return HR_LOG_PASSED;
    if (hr_str_has(t, HR_STR(" FAILED ")) || hr_str_has(t, HR_STR(" ERROR ")) ||
        hr_str_has(t, HR_STR(" XPASS ")))
        return HR_LOG_FACT;
    return HR_LOG_PLAIN;
}

/* pytest with several workers names each test once more when it is started. */
static bool started(hr_str s)
{
    return s.n > 3 && s.p[s.n - 1] == ' ' && hr_str_has(s, HR_STR("::")) &&
           hr_str_find_char(hr_str_sub(s, 0, s.n - 1), ' ') == SIZE_MAX;
}

/* "ERROR tests/test_a.py::test_b - message" of pytest's summary */
static bool pytest_error(hr_str t)
{
    return hr_str_starts(t, HR_STR("ERROR ")) &&
           (hr_str_has(t, HR_STR("::")) || hr_str_has(t, HR_STR(".py")));
}

/* ctest: " 3/25 Test  #3: name ....   Passed    0.00 sec" */
static hr_log_class ctest_outcome(hr_str t)
{
    if (!hr_str_ends(t, HR_STR(" sec")) || !hr_str_has(t, HR_STR(" Test ")))
        return HR_LOG_PLAIN;
    return hr_str_has(t, HR_STR("   Passed  ")) ? HR_LOG_PASSED
           : hr_str_has(t, HR_STR("***"))       ? HR_LOG_FACT
                                                : HR_LOG_PLAIN;
}

/* "#31 ERROR: process … did not complete" of an image being built */
static bool docker_error(hr_str t)
{
    size_t i = 1;
    while (i < t.n && hr_is_digit(t.p[i]))
        i++;
    return t.p[0] == '#' && i > 1 && hr_str_starts(hr_str_sub(t, i, t.n), HR_STR(" ERROR"));
}

/* "  2) name": a test that failed, as mocha numbers them */
static bool numbered_failure(hr_str s)
{
    size_t i = 0, from;
    while (i < s.n && s.p[i] == ' ')
        i++;
    from = i;
    while (i < s.n && hr_is_digit(s.p[i]))
        i++;
    return from >= 2 && i > from && i < from + 5 && i + 2 < s.n && s.p[i] == ')' &&
           s.p[i + 1] == ' ';
}

hr_log_class hr_tool_form(hr_str s, hr_str t, uint16_t *kind)
{
    *kind = 0;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (t.p[0] == starts[i].text[0] && hr_str_starts(t, hr_cstr(starts[i].text))) {
            *kind = starts[i].kind;
            return (hr_log_class)starts[i].class;
        }
    }
    /* "ok 12 - name" of TAP */
    if (t.n > 3 && t.p[0] == 'o' && hr_str_starts(t, HR_STR("ok ")) && hr_is_digit(t.p[3]))
        return hr_str_has(t, HR_STR("# SKIP")) || hr_str_has(t, HR_STR("# TODO")) ? HR_LOG_PLAIN
                                                                                  : HR_LOG_PASSED;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i].text);
        if (t.p[t.n - 1] == ends[i].text[n - 1] && hr_str_ends(t, hr_str_of(ends[i].text, n))) {
            *kind = ends[i].kind;
            return (hr_log_class)ends[i].class;
        }
    }
    hr_log_class ctest = ctest_outcome(t);
    if (ctest != HR_LOG_PLAIN)
        return ctest;
    if (docker_error(t) || counts(t) || nested_make(t) || pytest_error(t) || numbered_failure(s))
        return HR_LOG_FACT;
    return started(s) ? HR_LOG_STEP : pytest_outcome(t);
}

/* What package managers and builders print for each thing they do well. Without the program's name
 * such words could be anybody's. */
static const struct {
    hr_program from;
    const char *text;
} steps[] = {
    {HR_PROGRAM_PIP, "Collecting "},
    {HR_PROGRAM_PIP, "Downloading "},
    {HR_PROGRAM_PIP, "Using cached "},
    {HR_PROGRAM_PIP, "\xe2\x94\x81\xe2\x94\x81"}, /* its bar */
    {HR_PROGRAM_PIP, "Requirement already satisfied: "},
    {HR_PROGRAM_PIP, "Obtaining dependency information "},
    {HR_PROGRAM_PIP, "Attempting uninstall: "},
    {HR_PROGRAM_PIP, "Found existing installation: "},
    {HR_PROGRAM_PIP, "Uninstalling "},
    {HR_PROGRAM_PIP, "Successfully uninstalled "},
    {HR_PROGRAM_NPM, "npm http fetch "},
    {HR_PROGRAM_NPM, "npm timing "},
    {HR_PROGRAM_NPM, "npm sill "},
    {HR_PROGRAM_PNPM, "Progress: "},
    {HR_PROGRAM_APT, "Get:"},
    {HR_PROGRAM_APT, "Hit:"},
    {HR_PROGRAM_APT, "Ign:"},
    {HR_PROGRAM_APT, "Selecting previously unselected package "},
    {HR_PROGRAM_APT, "Preparing to unpack "},
    {HR_PROGRAM_APT, "Unpacking "},
    {HR_PROGRAM_APT, "Setting up "},
    {HR_PROGRAM_APT, "(Reading database "},
    {HR_PROGRAM_APT, "Processing triggers for "},
    {HR_PROGRAM_CARGO, "Compiling "},
    {HR_PROGRAM_CARGO, "Checking "},
    {HR_PROGRAM_CARGO, "Downloaded "},
    {HR_PROGRAM_CARGO, "Downloading "},
    {HR_PROGRAM_CARGO, "Adding "},
    {HR_PROGRAM_CARGO, "Locking "},
    {HR_PROGRAM_GO, "go: downloading "},
    {HR_PROGRAM_MAVEN, "[INFO] Downloading from "},
    {HR_PROGRAM_MAVEN, "[INFO] Downloaded from "},
    {HR_PROGRAM_MAVEN, "Downloading from "},
    {HR_PROGRAM_MAVEN, "Downloaded from "},
    {HR_PROGRAM_MAVEN, "Progress ("},
};

bool hr_tool_step(hr_program from, hr_str t)
{
    for (size_t i = 0; from != HR_PROGRAM_UNKNOWN && i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].from == from && hr_str_starts(t, hr_cstr(steps[i].text)))
            return true;
    }
    return false;
}
