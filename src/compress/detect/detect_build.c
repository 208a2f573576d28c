/* Lines of compilers, package managers, test runners and the like, and of stack traces. */
#include "compress/detect/detect_words.h"

enum {
    STRONG = 1,      /* of a build or a test run */
    SURE = 2,        /* nothing else says so */
    SURE_RULE = 4,   /* the same in a line that starts with a rule */
    WEAK = 8,        /* often of a build */
    TRACE = 16,      /* heads a trace */
    TRACE_SHORT = 32 /* the same when the line is not too long */
};

/* What tells something wherever in the line it stands. */
static const struct {
    const char *text;
    uint8_t tells;
} marks[] = {
    {" ... ok", STRONG},
    {" ... FAIL", STRONG},
    {" ... ERROR", STRONG},
    {" ... skipped", STRONG},
    {" PASSED", STRONG},
    {" FAILED", STRONG},
    {" SKIPPED", STRONG},
    {"error TS", STRONG},
    {": error: ", STRONG},
    {": warning: ", STRONG},
    {": note: ", STRONG},
    {"test session starts", STRONG},
    {"short test summary", STRONG},
    {": fatal error", STRONG},
    {" passed in ", STRONG},
    {" failed in ", STRONG},
    {" Creating...", STRONG},
    {"Creation complete", STRONG},
    {"Refreshing state", STRONG},
    {"Building CXX object", STRONG},
    {"Building C object", STRONG},
    {"Linking C", STRONG},
    {"undefined reference", STRONG},
    {" passed, ", STRONG},
    {"npm ERR!", STRONG},
    {"Still creating", STRONG},
    {" passed (", STRONG},
    {"tests passed", STRONG},
    {"Read complete after", STRONG},
    {": error TS", STRONG},
    {"Module not found", STRONG},
    {"will be created", STRONG},
    {"warning: ", STRONG},
    {" XFAIL", STRONG},
    {"   Passed    ", STRONG}, /* ctest */
    {"***Failed", STRONG},
    {"- error", STRONG},
    {"error: ", STRONG},
    {"test session starts", SURE_RULE},
    {"= FAILURES =", SURE_RULE},
    {"= ERRORS =", SURE_RULE},
    {"short test summary info", SURE_RULE},
    {"webpack 5", SURE},
    {"webpack 4", SURE},
    {"Module not found: Error: ", SURE},
    {"%|", WEAK},
    {" passed", WEAK},
    {" failed", WEAK},
    {"AddressSanitizer", TRACE},
    {"Exception: ", TRACE},
    {"Error: ", TRACE_SHORT},
};
enum { MARKS = sizeof marks / sizeof *marks };
_Static_assert(MARKS <= sizeof((hr_shape_counts *)0)->next_mark, "an index entry for each mark");

/* The marks by their first byte, so that one pass over a line finds all of them. */
static void index_marks(hr_shape_counts *c)
{
    for (size_t k = 0; k < MARKS; k++) {
        unsigned char first = (unsigned char)marks[k].text[0];
        c->next_mark[k] = c->first_mark[first];
        c->first_mark[first] = (uint8_t)(k + 1);
    }
}

/* What the marks in s tell, put together. */
static unsigned marks_in(const hr_shape_counts *c, hr_str s)
{
    unsigned told = 0;
    for (size_t i = 0; i + 1 < s.n; i++) {
        for (size_t k = c->first_mark[(unsigned char)s.p[i]]; k; k = c->next_mark[k - 1]) {
            const char *text = marks[k - 1].text;
            if (text[1] == s.p[i + 1] && hr_str_starts(hr_str_sub(s, i, s.n), hr_cstr(text)))
                told |= marks[k - 1].tells;
        }
    }
    return told;
}

/* "#12 [3/9] RUN make", "#12 0.345 text", "#12 DONE 1.2s" of an image being built. */
static bool docker_step(hr_str t)
{
    static const char *const behind[] = {"[",     "DONE ",   "CACHED",
                                         "ERROR", "sha256:", "transferring "};
    size_t n = at(t, 0) == '#' ? digit_run(t, 1) : 0;
    if (n == 0 || at(t, n + 1) != ' ')
        return false;
    hr_str rest = hr_str_sub(t, n + 2, t.n);
    size_t d = digit_run(rest, 0);
    return (d && at(rest, d) == '.' && hr_is_digit(at(rest, d + 1))) ||
           (rest.n && STARTS(rest, behind));
}

void hr_shape_build(hr_shape_counts *c, hr_str s, hr_str t)
{
    static const char *const strong[] = {
        "npm ERR!",
        "npm error",
        "=== FAILURES",
        "=== ERRORS",
        "--- FAIL:",
        "--- PASS:",
        "=== RUN",
        "Test Suites:",
        "error[E",
        "warning: unused",
        "make: ***",
        "make[",
        "[ERROR] ",
        "BUILD FAILED",
        "BUILD SUCCESS",
        "> Task :",
        "test result:",
        "FAILED (",
        "Ran ",
        "collected ",
        "Successfully installed",
        "Compiling ",
        "   Compiling ",
        "Apply complete!",
        "Plan: ",
        "Terraform used",
        "npm warn",
        "npm WARN",
        "E   ",
        "short test summary",
        "ERROR in ",
        "Fast-forward",
        "On branch ",
        "Your branch is",
        "Requirement already",
        "Collecting ",
        "added ",
        "Changes not staged",
        "Changes to be committed",
        "-- Configuring done",
        "-- Build files",
        "Tests run:",
        "ok  \t",
        "FAIL\t",
        "?   \t",
        "::error",
        "not ok ",
        "FAILED ",
        "PASS ",
        "FAIL ",
        "PASS: ",
        "FAIL: ",
        "Error: ",
        "webpack ",
        "Unpacking ",
        "Setting up ",
        "Get:",
        "Hit:",
        "Preparing to unpack",
        "Step ",
        "#1 ",
        "test tests",
        "TAP version",
        "1..",
        "Finished ",
        "running ",
        "Task ",
        "Building CXX",
        "Building C ",
        "Entering directory",
    };
    static const char *const weak[] = {
        "gcc ",
        "g++ ",
        "cc ",
        "clang ",
        "c++ ",
        "ar ",
        "ld ",
        "ranlib ",
        "cmake ",
        "-- ",
        "PASS",
        "FAIL",
        "ok ",
        "✓",
        "✕",
        "✔",
        "√",
        "×",
        "●",
        "○",
        "ERROR",
        "FAILED",
        "PASSED",
        "[INFO]",
        "[WARN",
        "[ERROR]",
        "WARNING",
        "Downloading",
        "Downloaded",
        "Installing",
        "Running ",
        "Building ",
        "Created ",
        "Using cached",
        "Updating",
        "Fetching",
        "Resolving",
        "Found existing",
        "Uninstalling",
        "Attempting uninstall",
        "=====",
        "_____",
        "Warning:",
        "warning:",
        "error:",
        "note:",
        "= note:",
        "= help:",
        "-->",
        "Removing",
        "creating ",
        "copying ",
        "running ",
        "cargo ",
        "asset ",
        "cacheable",
        "modules by path",
        "orphan modules",
        "runtime modules",
        "+ ",
        "terraform_",
        "create mode",
        "modified:",
        "new file:",
        "deleted:",
        "renamed:",
        "@ ",
        "~ ",
        "# ",
        "expect(",
        "test_",
        ">  ",
        "at Object.",
    };
    static const char *const sure_starts[] = {
        "Test Suites: ", "npm http fetch ",   "npm ERR! ", "test result: ", "make: *** ",
        "--- FAIL: ",    "[ERROR] Tests run", "webpack 5", "error[E0",      "Apply complete! ",
    };
    if (!c->first_mark[(unsigned char)marks[0].text[0]])
        index_marks(c);
    unsigned told = c->told = marks_in(c, t);
    c->build_sure +=
        (told & SURE) || ((told & SURE_RULE) && starts(s, "==")) || STARTS(s, sure_starts);
    bool s1 = (told & STRONG) || STARTS(t, strong);
    c->build_strong += s1;
    if (s1) {
        c->build++;
        return;
    }
    if (docker_step(t)) {
        c->build++;
        c->build_strong++;
        return;
    }
    size_t i = 1;
    if (at(t, 0) == '[') { /* [12/200], [ 12%] */
        while (at(t, i) == ' ')
            i++;
        size_t n = digit_run(t, i);
        if (n && (at(t, i + n) == '/' || at(t, i + n) == '%')) {
            c->build++;
            c->build_strong++;
            return;
        }
    }
    /* A comment of a configuration file or a program starts its line; a plan's remark does not. */
    bool remark = s.p == t.p && starts(t, "# ");
    c->build += (told & WEAK) || (!remark && STARTS(t, weak));
}

void hr_shape_trace(hr_shape_counts *c, hr_str s, hr_str t)
{
    static const char *const heads[] = {"Traceback (most recent",
                                        "Exception in thread",
                                        "goroutine ",
                                        "Caused by: ",
                                        "panic: ",
                                        "Stack trace",
                                        "stack backtrace:",
                                        "thread '",
                                        "Unhandled exception"};
    if (STARTS(t, heads) || (c->told & TRACE) || ((c->told & TRACE_SHORT) && t.n < 300))
        c->trace_head++;
    bool frame = (starts(t, "File \"") && has(t, ", line ")) ||
                 (starts(t, "at ") && (has(t, "(") || has(t, ":")) && s.n != t.n) ||
                 (t.p[0] == '#' && hr_is_digit(at(t, 1)) && (has(t, " 0x") || has(t, " in "))) ||
                 (s.p[0] == '\t' && t.p[0] == '/' && has(t, ".go:"));
    c->trace += frame;
}
