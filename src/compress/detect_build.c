/* Lines of compilers, package managers, test runners and the like, and of stack traces. */
#include "compress/detect_words.h"

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
    static const char *const inside[] = {
        " ... ok",
        " ... FAIL",
        " ... ERROR",
        " ... skipped",
        " PASSED",
        " FAILED",
        " SKIPPED",
        "error TS",
        ": error: ",
        ": warning: ",
        ": note: ",
        "test session starts",
        "short test summary",
        ": fatal error",
        " passed in ",
        " failed in ",
        " Creating...",
        "Creation complete",
        "Refreshing state",
        "Building CXX object",
        "Building C object",
        "Linking C",
        "undefined reference",
        " passed, ",
        "npm ERR!",
        "Still creating",
        " passed (",
        "tests passed",
        "Read complete after",
        ": error TS",
        "Module not found",
        "will be created",
        "warning: ",
        " XFAIL",
        "- error",
        "error: ",
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
    static const char *const sure[] = {
        "test session starts",
        "= FAILURES =",
        "= ERRORS =",
        "short test summary info",
    };
    static const char *const sure_starts[] = {
        "Test Suites: ", "npm http fetch ",   "npm ERR! ", "test result: ", "make: *** ",
        "--- FAIL: ",    "[ERROR] Tests run", "webpack 5", "error[E0",      "Apply complete! ",
    };
    static const char *const sure_inside[] = {"webpack 5", "webpack 4",
                                              "Module not found: Error: "};
    c->build_sure +=
        HAS(s, sure_inside) || (starts(s, "==") && HAS(s, sure)) || STARTS(s, sure_starts);
    bool s1 = STARTS(t, strong) || HAS(t, inside);
    c->build_strong += s1;
    if (s1) {
        c->build++;
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
    c->build += STARTS(t, weak) || has(t, "%|") || has(t, " passed") || has(t, " failed");
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
    if (STARTS(t, heads) || has(t, "AddressSanitizer") || has(t, "Exception: ") ||
        (has(t, "Error: ") && t.n < 300))
        c->trace_head++;
    bool frame = (starts(t, "File \"") && has(t, ", line ")) ||
                 (starts(t, "at ") && (has(t, "(") || has(t, ":")) && s.n != t.n) ||
                 (t.p[0] == '#' && hr_is_digit(at(t, 1)) && (has(t, " 0x") || has(t, " in "))) ||
                 (s.p[0] == '\t' && t.p[0] == '/' && has(t, ".go:"));
    c->trace += frame;
}
