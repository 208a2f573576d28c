/* Blocks that build and test tools print: the report of a failure, an error with its source text.
 */
#include "compress/log/tool_scan.h"

enum {
    BLOCK_LINES = 80,   /* lines of one report that stay */
    MOCHA_LINES = 600,  /* mocha prints all reports behind each other */
    ERRORS_WHOLE = 40,  /* errors of a compiler that keep their source text */
    ERRORS = 200,       /* and their first line */
    SAME_REPORT = 8,    /* times that the same line of a report stays */
    SAME_SOURCE = 2,    /* and its source text */
    SOURCE_BLOCK = 400, /* lines of a function that are looked at */
    SOURCE_KEPT = 2,    /* and kept above the one that failed */
};

static size_t indent(hr_str s)
{
    size_t n = 0;
    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        n++;
    return n;
}

static bool rule(hr_str s)
{
    return starts(s, "=====");
}

static void open_block(hr_tool_scan *c, hr_tool_block b, size_t depth, size_t lines)
{
    c->in = b;
    c->indent = depth;
    c->left = lines;
}

/* "tests/test_a.py:27: AssertionError" */
static bool says_where(hr_str s)
{
    size_t colon = hr_str_find_char(s, ':');
    return colon != SIZE_MAX && colon > 0 && colon + 1 < s.n && hr_is_digit(s.p[colon + 1]) &&
           !hr_is_space(s.p[0]);
}

/* Above a line that starts with '>' pytest prints the function from its start: of that the first
 * line and the last few are enough to read the failure. */
static void mark_source(hr_log *l, size_t at)
{
    size_t from = at, kept = 0;
    while (from > 0 && at - from < SOURCE_BLOCK) {
        hr_str s = l->plain[from - 1];
        if (hr_str_trim(s).n && !starts(s, "    "))
            break;
        from--;
    }
    bool head = false;
    for (size_t i = at; i > from; i--) {
        hr_str s = l->plain[i - 1], t = hr_str_trim(s);
        if (t.n == 0)
            continue;
        if (kept < SOURCE_KEPT) {
            kept++;
            continue;
        }
        if (!head && s.n - t.n <= 8 && (starts(t, "def ") || starts(t, "async def "))) {
            head = true;
            continue;
        }
        l->class[i - 1] = HR_LOG_SOURCE;
    }
}

/* "E   AssertionError: …": pytest's mark in front of what an assertion says */
static bool asserts(hr_str s)
{
    hr_str said = starts(s, "E   ") ? hr_str_trim(hr_str_sub(s, 1, s.n)) : HR_STR_NONE;
    return said.n && hr_is_alpha(said.p[0]);
}

static void pytest_line(hr_tool_scan *c, size_t i, hr_str s)
{
    if (starts(s, "_____") || starts(s, "_ _ _")) {
        c->left = BLOCK_LINES;
        c->in = HR_BLOCK_PYTEST;
    } else if (starts(s, "-----")) { /* ---- Captured stdout call ---- */
        hr_tool_fact(c, i);
        c->in = HR_BLOCK_CAPTURED;
        return;
    } else if (c->in == HR_BLOCK_CAPTURED) {
        return;
    }
    if (s.p[0] == '>' && starts(s, ">   "))
        mark_source(c->l, i);
    /* of a long report the lines that say what was expected stay longest */
    if (c->left || says_where(s)) {
        c->left -= c->left > 0;
        hr_tool_fact_upto(c, i, starts(s, " ") || starts(s, "_ ") ? SAME_SOURCE : SAME_REPORT);
        c->l->mark[i] = !says_where(s);
    } else if (asserts(s)) {
        hr_tool_fact(c, i);
    }
}

/* Source text that is quoted around the line that failed; the line itself is marked. */
static bool around(const hr_tool_scan *c, size_t i, hr_str s)
{
    if (!hr_tool_excerpt(s) || hr_tool_caret(s))
        return false;
    size_t k = indent(s);
    bool next = i + 1 < c->l->n && hr_tool_caret(c->l->plain[i + 1]);
    return s.p[k] != '>' && !next && hr_is_digit(s.p[k]);
}

/* A line of a report: verbatim, but for frames of the runner itself and source text around. */
static void report_line(hr_tool_scan *c, size_t i, hr_str s, hr_str t)
{
    if (hr_tool_foreign_frame(t)) {
        c->l->class[i] = HR_LOG_FRAME;
        return;
    }
    if (around(c, i, s)) {
        c->l->class[i] = HR_LOG_SOURCE;
        return;
    }
    if (c->left) {
        c->left--;
        hr_tool_fact(c, i);
    }
}

/* rustc's frames are pairs: "  12: symbol" and "      at file:1:2". */
static bool rust_library_frame(const hr_tool_scan *c, size_t i, hr_str t)
{
    if (hr_tool_foreign_frame(t))
        return true;
    return hr_is_digit(t.p[0]) && i + 1 < c->l->n &&
           hr_tool_foreign_frame(hr_str_trim(c->l->plain[i + 1]));
}

/* Does the line end the block that the one before was in? */
static bool ends(const hr_tool_scan *c, hr_str s, hr_str t)
{
    switch (c->in) {
    case HR_BLOCK_PYTEST:
    case HR_BLOCK_CAPTURED:
        return rule(s) || starts(s, "!!!!!");
    case HR_BLOCK_UNITTEST:
        return rule(s) || starts(s, "Ran ");
    case HR_BLOCK_JEST:
        return !hr_is_space(s.p[0]);
    case HR_BLOCK_VITEST:
        return starts(t, "\xe2\x8e\xaf\xe2\x8e\xaf") || starts(t, "Test Files");
    case HR_BLOCK_RUST:
        return starts(s, "failures:") || starts(s, "test result: ");
    case HR_BLOCK_NESTED:
        return indent(s) <= c->indent || starts(t, "--- ") || starts(t, "=== ");
    case HR_BLOCK_PASSED_DETAIL:
        return indent(s) < c->indent;
    case HR_BLOCK_GO_OUTPUT:
        return starts(t, "--- ") || starts(t, "=== ") || !hr_is_space(s.p[0]);
    case HR_BLOCK_ERROR:
    case HR_BLOCK_WARNING:
        return false; /* see quoted() */
    case HR_BLOCK_BOX:
        return !starts(s, "\xe2\x94\x82") && !starts(s, "\xe2\x95\xb5");
    case HR_BLOCK_REPORT:
        return starts(s, "BUILD ");
    case HR_BLOCK_DOCKER:
        return hr_str_eq(s, HR_STR("------"));
    case HR_BLOCK_PANIC:
        return starts(s, "FAIL\t") || starts(s, "exit status ") ||
               (starts(s, "goroutine ") && c->left <= BLOCK_LINES - 3);
    case HR_BLOCK_MOCHA:
    case HR_BLOCK_NONE:
        break;
    }
    return false;
}

static bool located(const hr_tool_scan *c, size_t i)
{
    size_t place;
    return hr_tool_diagnostic(c->l->plain[i], &place) != HR_LEVEL_NONE;
}

/* Does line i quote source text for the diagnostic above it? clang and tsc write the text of the
 * program as it is, with a line of marks below. */
static bool quoted(const hr_tool_scan *c, size_t i, hr_str s, hr_str t)
{
    if (hr_tool_excerpt(s) || hr_tool_caret(s) || starts(t, "--> ") || starts(t, "::: ") ||
        starts(t, "= note: ") || starts(t, "= help: ") || starts(t, "..."))
        return true;
    bool marked = i + 1 < c->l->n && hr_tool_caret(c->l->plain[i + 1]);
    return (marked || hr_is_space(s.p[0])) && !located(c, i);
}

static bool goroutine_below(const hr_tool_scan *c, size_t i)
{
    for (size_t k = i + 1; k < c->l->n && k < i + 6; k++) {
        if (starts(c->l->plain[k], "goroutine "))
            return true;
    }
    return false;
}

/* Heads of blocks. True when line i is one and has its class. */
static bool opens(hr_tool_scan *c, size_t i, hr_str s, hr_str t)
{
    hr_str above = i > 0 ? c->l->plain[i - 1] : HR_STR_NONE;
    size_t depth = indent(s);
    if (rule(s) && (hr_str_has(s, HR_STR("= FAILURES =")) || hr_str_has(s, HR_STR("= ERRORS ="))))
        open_block(c, HR_BLOCK_PYTEST, 0, BLOCK_LINES);
    else if (rule(above) && (starts(s, "FAIL: ") || starts(s, "ERROR: ")))
        open_block(c, HR_BLOCK_UNITTEST, 0, BLOCK_LINES);
    else if (starts(t, "\xe2\x97\x8f ") && depth == 2 && !starts(t, "\xe2\x97\x8f Console"))
        open_block(c, HR_BLOCK_JEST, 2, BLOCK_LINES);
    else if (starts(t, "FAIL  ") && depth == 1)
        open_block(c, HR_BLOCK_VITEST, 0, BLOCK_LINES);
    else if (depth == 2 && hr_is_digit(t.p[0]) && hr_str_ends(t, HR_STR(" failing")))
        open_block(c, HR_BLOCK_MOCHA, 0, MOCHA_LINES);
    else if (starts(s, "---- ") && hr_str_ends(s, HR_STR(" ----")))
        open_block(c, HR_BLOCK_RUST, 0, BLOCK_LINES);
    else if (starts(t, "--- FAIL: ") || starts(s, "CMake Error"))
        open_block(c, HR_BLOCK_NESTED, depth, BLOCK_LINES);
    else if (starts(t, "not ok "))
        open_block(c, HR_BLOCK_NESTED, depth, BLOCK_LINES);
    else if (starts(s, "\xe2\x95\xb7"))
        open_block(c, HR_BLOCK_BOX, 0, BLOCK_LINES);
    else if (starts(s, "FAILURE: Build failed"))
        open_block(c, HR_BLOCK_REPORT, 0, BLOCK_LINES);
    else if (hr_str_eq(s, HR_STR("------")) && i + 1 < c->l->n &&
             starts(c->l->plain[i + 1], " > ["))
        open_block(c, HR_BLOCK_DOCKER, 0, BLOCK_LINES);
    else if ((starts(s, "panic: ") || starts(s, "fatal error: ")) && goroutine_below(c, i))
        open_block(c, HR_BLOCK_PANIC, 0, BLOCK_LINES);
    else
        return false;
    hr_tool_head_fact(c, i);
    return true;
}

/* A line of the block the scan is in. */
static void inside(hr_tool_scan *c, size_t i, hr_str s, hr_str t)
{
    switch (c->in) {
    case HR_BLOCK_PYTEST:
    case HR_BLOCK_CAPTURED:
        pytest_line(c, i, s);
        break;
    case HR_BLOCK_RUST:
        if (!rust_library_frame(c, i, t))
            report_line(c, i, s, t);
        break;
    case HR_BLOCK_PASSED_DETAIL:
        hr_tool_set(c, i, HR_LOG_DETAIL);
        break;
    case HR_BLOCK_ERROR:
        hr_tool_fact(c, i);
        break;
    case HR_BLOCK_WARNING:
        c->l->class[i] = HR_LOG_EXCERPT;
        break;
    default:
        report_line(c, i, s, t);
        break;
    }
}

static bool rust_place_below(const hr_tool_scan *c, size_t i)
{
    return i + 1 < c->l->n && starts(hr_str_trim(c->l->plain[i + 1]), "--> ");
}

/* The head of a compiler's diagnostic. */
static bool diagnostic(hr_tool_scan *c, size_t i, hr_str s)
{
    size_t place;
    hr_level level = hr_tool_diagnostic(s, &place);
    if (level == HR_LEVEL_NONE || (place == 0 && s.p[5] != '[' && !rust_place_below(c, i)))
        return false;
    c->l->level[i] = (uint8_t)level;
    if (level == HR_LEVEL_ERROR)
        c->warned = false;
    if (level == HR_LEVEL_ERROR && c->errors < ERRORS) {
        c->errors++;
        open_block(c, c->errors <= ERRORS_WHOLE ? HR_BLOCK_ERROR : HR_BLOCK_WARNING, 0,
                   BLOCK_LINES);
        hr_tool_head_fact(c, i);
    } else if (level == HR_LEVEL_WARN) {
        open_block(c, HR_BLOCK_WARNING, 0, BLOCK_LINES);
        c->l->class[i] = HR_LOG_TAGGED;
        c->warned = true;
    } else {
        open_block(c, HR_BLOCK_WARNING, 0, BLOCK_LINES);
        if (c->warned) /* a note to a warning goes with it */
            c->l->class[i] = HR_LOG_EXCERPT;
        else if (hr_str_ends(s, HR_STR(" requested here"))) /* where a template was used */
            hr_tool_head_fact(c, i);
        else
            c->l->class[i] = HR_LOG_TAGGED;
    }
    return true;
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

/* What goes with a passed test: its title above, TAP's details below ("  ---" … "  ..."). */
static void around_passed(hr_tool_scan *c, size_t i, hr_str s, hr_str t)
{
    if (i > 0 && test_title(hr_str_trim(c->l->plain[i - 1])))
        hr_tool_set(c, i - 1, HR_LOG_DETAIL);
    if (starts(t, "ok "))
        open_block(c, HR_BLOCK_PASSED_DETAIL, indent(s) + 1, 0);
}

/* "=== RUN   TestMany/case_7" of a test that fails heads what it wrote. */
static void go_step(hr_tool_scan *c, size_t i, hr_str t)
{
    if (!hr_map_get(&c->failed, hr_tool_go_name(t, 9)))
        return;
    bool writes = i + 1 < c->l->n && !starts(c->l->plain[i + 1], "=== ");
    open_block(c, HR_BLOCK_GO_OUTPUT, 0, BLOCK_LINES);
    hr_tool_set(c, i, writes ? HR_LOG_FACT : HR_LOG_STEP);
}

/* Parts of a report that stand outside of any. */
static void stray(hr_tool_scan *c, size_t i, hr_str s, hr_str t)
{
    if (starts(s, "FAILED: ") && i + 1 < c->l->n) /* ninja: its command follows */
        hr_tool_fact(c, i + 1);
    else if (hr_str_ends(t, HR_STR("required from here")) ||
             hr_str_has(t, HR_STR("undefined reference to ")))
        hr_tool_fact(c, i);
    else if (starts(s, ">   "))
        mark_source(c->l, i);
    else if (asserts(s))
        c->l->level[i] = HR_LEVEL_ERROR;
}

/* What a line says by itself. */
static void alone(hr_tool_scan *c, size_t i, hr_str s, hr_str t)
{
    uint16_t kind;
    hr_log_class class = hr_tool_form(s, t, &kind);
    if (class == HR_LOG_PLAIN && hr_tool_step(c->from, t))
        class = HR_LOG_STEP;
    bool named = starts(s, "FAILED ") || starts(s, "ERROR ");
    if (class == HR_LOG_FACT && hr_tool_told_again(c, s, t)) {
        hr_tool_set(c, i, HR_LOG_TOLD);
    } else if (class == HR_LOG_FACT) {
        if (!named || hr_tool_one_more_name(c))
            hr_tool_fact(c, i);
        else
            c->l->level[i] = HR_LEVEL_ERROR;
    } else if (class != HR_LOG_PLAIN) {
        hr_tool_set(c, i, class);
        c->l->mark[i] = kind;
    }
    if (class == HR_LOG_PASSED)
        around_passed(c, i, s, t);
    else if (class == HR_LOG_STEP && starts(t, "=== "))
        go_step(c, i, t);
    else
        stray(c, i, s, t);
}

hr_err hr_tool_classify(hr_log *l, hr_program from, hr_arena *a)
{
    hr_tool_scan c = {.l = l, .from = from};
    hr_map_init(&c.failed, a);
    hr_map_init(&c.seen, a);
    hr_map_init(&c.summed, a);
    hr_err e = hr_tool_find_failed(&c);
    for (size_t i = 0; i < l->n && e == HR_OK; i++) {
        hr_str s = l->plain[i], t = hr_str_trim(s);
        if (t.n == 0) {
            continue;
        }
        if (c.in != HR_BLOCK_NONE && ends(&c, s, t))
            c.in = HR_BLOCK_NONE;
        if (opens(&c, i, s, t))
            continue;
        bool of_compiler = c.in == HR_BLOCK_ERROR || c.in == HR_BLOCK_WARNING;
        if ((c.in == HR_BLOCK_NONE || of_compiler) && diagnostic(&c, i, s))
            continue;
        if (of_compiler && !quoted(&c, i, s, t))
            c.in = HR_BLOCK_NONE;
        if (l->class[i] == HR_LOG_FACT)
            continue; /* by the line above */
        if (c.in == HR_BLOCK_NONE)
            alone(&c, i, s, t);
        else
            inside(&c, i, s, t);
    }
    return a->failed ? HR_E_NOMEM : e;
}
