/* Outputs of real build and test tools: what failed stays word for word, what went well is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "compress/log/log_lossless.h"
#include "compress/log/tool_lines.h"
#include "compress/marker.h"

static hr_arena arena;

static int setup(void **state)
{
    (void)state;
    hr_arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hr_arena_free(&arena);
    return 0;
}

static hr_str fixture(const char *name)
{
    hr_str path = hr_strf(&arena, HR_TEST_DATA "/commands/%s", name);
    FILE *f = fopen(path.p, "rb");
    if (!f)
        fail_msg("no %s", path.p);
    char *p = hr_alloc(&arena, 1 << 20);
    size_t n = fread(p, 1, 1 << 20, f);
    fclose(f);
    return hr_str_of(p, n);
}

/* Both forms; the lossless one must give the text back. */
static hr_forms compress(hr_str text, const char *command)
{
    hr_compress_opts o = hr_compress_defaults();
    o.tool_input = command ? hr_strf(&arena, "{\"command\":\"%s\"}", command) : HR_STR_NONE;
    hr_key key = hr_key_of(text);
    hr_forms f;
    assert_int_equal(hr_compress_log(&o, text, &key, true, &arena, &f), HR_OK);
    if (f.lossless.n) {
        hr_buf back = HR_BUF_INIT(0);
        assert_int_equal(hr_log_decode(f.lossless, &arena, &back), HR_OK);
        assert_true(hr_str_eq(hr_buf_str(&back), text));
        hr_buf_free(&back);
    }
    return f;
}

static void assert_has(hr_str text, const char *needle)
{
    if (!hr_str_has(text, hr_cstr(needle)))
        fail_msg("'%s' is missing in:\n%.*s", needle, HR_FMT(text));
}

static void assert_not(hr_str text, const char *needle)
{
    if (hr_str_has(text, hr_cstr(needle)))
        fail_msg("'%s' should not be in:\n%.*s", needle, HR_FMT(text));
}

/* Tests that passed: those shown and those counted as "[+N passed]". */
static size_t passes(hr_str s)
{
    size_t n = 0;
    for (hr_str rest = s, line; hr_str_line(&rest, &line);) {
        unsigned counted;
        const char *z = hr_strf(&arena, "%.*s", HR_FMT(line)).p;
        hr_line_view v;
        if (hr_line_plain(line, &v))
            line = hr_str_of(v.p, v.n);
        hr_str t = hr_str_trim(line);
        uint16_t kind;
        if (hr_str_ends(line, HR_STR(" passed]")) && sscanf(z, "[+%u ", &counted) == 1)
            n += counted;
        else if (t.n && hr_tool_form(line, t, &kind) == HR_LOG_PASSED && kind == 0)
            n++;
    }
    return n;
}

enum { NEEDLES = 14 };

static const struct {
    const char *file, *command;
    size_t passed;
    unsigned most; /* percent of the bytes that may be left */
    const char *needles[NEEDLES];
} tools[] = {
    {"pytest_v.txt",
     "pytest -v",
     179,
     50,
     {"test_cart.py::test_price[41] FAILED", "test_cart.py::test_db ERROR",
      "test_net SKIPPED (needs network)", "_ test_price[41] _", "_ ERROR at setup of test_db2 _",
      ">       assert cart.total() == expected\nE       assert 52.8 == 52.7\n",
      "E         {'price': 1.0} != {'price': 1.5}\nE         Right contains 1 more item:\n",
      "E           shop.cart.CartError: cannot load cart\n", "shop/cart.py:34: CartError",
      "FAILED shop/tests/test_mod5.py::TestThing5::test_sometimes - AssertionError: ...",
      "DeprecationWarning: 'old' is deprecated, use 'new'", "some captured output",
      "WARNING  shop:test_cart.py:47 looking for plum",
      "= 5 failed, 179 passed, 1 skipped, 1 deselected, 1 xfailed, 1 xpassed, 3 warnings, 2 errors "
      "in"}},
    {"unittest_v.txt",
     "python -m unittest -v",
     150,
     25,
     {"test_err (test_u.TestBig.test_err) ... ERROR", "A docstring of the failing test. ... FAIL",
      "FAIL: test_sub (test_u.TestBig.test_sub) (i=33)", "AssertionError: 33 == 33",
      "- {'a': 1, 'b': [1, 2]}\n?                   ^\n", "KeyError: 'missing'", "Ran 155 tests in",
      "FAILED (failures=2, errors=1, skipped=1, expected failures=1)"}},
    {"jest.txt",
     "npx jest",
     0,
     50,
     {"\xe2\x97\x8f sum \xe2\x80\xba adds 37\n", "    Expected: 0\n    Received: 38\n",
      "    -     \"c\": 3,\n    +     \"c\": 2,\n", "at boom (sum.js:2:25)",
      ">  8 |   test(\"string\"", "Cannot find module './missing' from 't/broken.test.js'",
      "Exceeded timeout of 50 ms", "Test Suites: 2 failed, 1 passed, 3 total",
      "Tests:       5 failed, 1 skipped, 1 todo, 75 passed, 82 total"}},
    {"vitest.txt",
     "npx vitest run",
     63,
     50,
     {"AssertionError: expected 38 to be +0 // Object.is equality", "- 0\n+ 38\n",
      "Test timed out in 50ms.", "tv/a.test.mjs:3:76", "boom sum.js:2:25",
      "TypeError: Cannot read properties of undefined (reading 'id')"}},
    {"mocha.txt",
     "npx mocha",
     105,
     50,
     {"    1) adds 37\n", "  105 passing (", "  5 failing\n", "  2) sum\n       objects:\n",
      "  4) sum\n       string:\n", "-     \"c\": 3,\n+     \"c\": 2,\n",
      "Error: Timeout of 50ms exceeded.", "at boom (sum.js:2:25)"}},
    {"node_tap.txt",
     "node --test",
     59,
     50,
     {"    not ok 38 - adds 37\n", "38 !== 0", "not ok 61 - deep",
      "        +     2\n        -     3\n", "error: \"Cannot read properties of undefined",
      "    ok 63 - later # SKIP", "\n# pass 59\n# fail 3\n", "# skipped 1"}},
    {"go_test_v.txt",
     "go test -v ./...",
     129,
     35,
     {"=== RUN   TestMany/case_77\n    cart_test.go:10: Total() = 154, want 155\n",
      "    --- FAIL: TestMany/case_77 (0.00s)",
      "    cart_test.go:20: cannot open db.sqlite: permission denied\n--- FAIL: TestFatal",
      "--- FAIL: ExampleCart (0.00s)\ngot:\n6\nwant:\n7\n", "    cart_test.go:19: needs docker",
      "panic: assignment to entry in nil map", "price_test.go:4 +0x28",
      "FAIL\texample.com/shop/price"}},
    {"cargo_test.txt",
     "cargo test",
     90,
     65,
     {"test tests::panics ... FAILED", "---- tests::unwraps stdout ----",
      "called `Result::unwrap()` on an `Err` value: \"no such cart\"",
      "assertion `left == right` failed: sums of ones\n  left: 2\n right: 3\n",
      "panicked at src/main.rs:22:26:", "test tests::ignored ... ignored",
      "test result: FAILED. 90 passed; 4 failed; 1 ignored;",
      "error: test failed, to rerun pass `--bin shop`"}},
    {"make_k.txt",
     "make -k",
     0,
     45,
     {"src/main.c:1:50: error: expected declaration specifiers or \xe2\x80\x98...\xe2\x80\x99 "
      "before "
      "\xe2\x80\x98{\xe2\x80\x99 token\n    1 | int main(void)",
      "[-Wunused-function]\n[+7 of this kind: ", "[-Wformat=]\n[+7 of this kind: ",
      "src/main.c:1:25: warning: implicit declaration of function",
      "make[2]: *** [CMakeFiles/big.dir/build.make:", "make: *** [Makefile:91: all] Error 2"}},
    {"clang_template.txt",
     "clang++ -c tmpl.cpp",
     0,
     60,
     {"tmpl.cpp:17:7: error: no matching member function for call to 'find'\n    m.find(3);\n    "
      "~~^",
      "tmpl.cpp:12:10: note: in instantiation of function template specialization",
      "tmpl.cpp:14:7: note: in instantiation of member function",
      "tmpl.cpp:9:57: error: invalid operands to binary expression",
      "stl_tree.h:762:2: error: static_assert failed", "6 errors generated."}},
    {"tsc_pretty.txt",
     "npx tsc --pretty",
     0,
     90,
     {"Cannot find module './nothing5'", "1 import { missing } from \"./nothing5\";",
      "Property 'zzz' does not exist on type 'A4'.", "Found 35 errors in 5 files."}},
    {"go_panic_all.txt",
     "go run ./dead",
     0,
     15,
     {"panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n", "dead/main.go:4 +0xcd\n",
      "[+39 similar records of 7 lines: goroutine <", "exit status 2"}},
    {"pip_install.txt",
     "pip install --force-reinstall flask requests",
     0,
     25,
     {"Collecting flask\n", " steps]\n",
      "Installing collected packages: ", "Successfully installed "}},
};

static void keeps_what_failed_and_counts_what_passed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        hr_str text = fixture(tools[i].file);
        for (int known = 0; known < 2; known++) {
            hr_str s = compress(text, known ? tools[i].command : NULL).lossy;
            assert_true(s.n > 0);
            if (known)
                assert_true(s.n * 100 <= text.n * tools[i].most);
            for (size_t k = 0; k < NEEDLES && tools[i].needles[k] &&
                               (known || i + 1 < sizeof tools / sizeof *tools);
                 k++)
                assert_has(s, tools[i].needles[k]);
            assert_int_equal(passes(s), tools[i].passed);
            assert_int_equal(passes(text), tools[i].passed);
        }
    }
}

/* What `fmt` makes of each number below n in the place of #; @ stands for a #. */
static hr_str repeat(const char *fmt, unsigned n)
{
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned i = 0; i < n; i++) {
        hr_str head = hr_strf(&arena, "%u", i);
        for (const char *c = fmt; *c; c++) {
            if (*c == '#')
                hr_buf_add(&b, head);
            else
                hr_buf_addc(&b, *c == '@' ? '#' : *c);
        }
    }
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

/* Tools whose output is written here by their documented forms. */
static void knows_the_forms_of_further_tools(void **state)
{
    (void)state;
    hr_str docker =
        hr_strf(&arena,
                "%.*s#31 ERROR: process \"/bin/sh -c make\" did not complete: exit code: 2\n"
                "------\n > [3/9] RUN make:\n31.2 ld: cannot find -lpq\n------\n"
                "Dockerfile:8\nERROR: failed to solve: exit code: 2\n",
                HR_FMT(repeat("@1# 0.# Get:# deb bookworm/main lib# [# kB]\n", 60)));
    hr_str s = compress(docker, "docker build .").lossy;
    assert_int_equal(hr_detect(docker), HR_KIND_BUILD);
    assert_has(s, "#31 ERROR: process \"/bin/sh -c make\" did not complete: exit code: 2\n------\n"
                  " > [3/9] RUN make:\n31.2 ld: cannot find -lpq\n------\n");
    /* Cut before the report at its end: the step and the last lines it wrote stay in place. */
    docker = hr_strf(&arena,
                     "%.*s#31 [3/9] RUN make\n#31 3.9 it begins\n%.*s"
                     "#31 4.1 checking what is next\n#30 4.2 another step writes, too\n"
                     "#31 4.2 what went wrong\n#30 DONE 4.2s\n"
                     "#31 ERROR: process \"/bin/sh -c make\" did not complete: exit code: 2\n",
                     HR_FMT(repeat("@1# [#/90] RUN step #\n@1# 0.# Get:# deb lib# [# kB]\n", 60)),
                     HR_FMT(repeat("@31 4.0 Get:# deb lib# [# kB]\n", 60)));
    s = compress(docker, "docker build .").lossy;
    assert_has(s, "#31 [3/9] RUN make\n");
    assert_has(s, "#31 4.1 checking what is next\n");
    assert_has(s, "#31 4.2 what went wrong\n");
    assert_has(s, "#31 4.0 Get:59 deb lib59 [59 kB]\n");
    assert_has(s, "#31 ERROR: process \"/bin/sh -c make\" did not complete: exit code: 2\n");
    assert_false(hr_str_has(s, HR_STR("Get:30 ")));
    hr_str ctest = hr_strf(&arena,
                           "%.*s61/61 Test #61: last ....***Failed    0.02 sec\n\n"
                           "98%% tests passed, 1 tests failed out of 61\n\n"
                           "The following tests FAILED:\n\t 61 - last (Failed)\n"
                           "Errors while running CTest\n",
                           HR_FMT(repeat("#/61 Test @#: w_# ....   Passed    0.00 sec\n", 60)));
    s = compress(ctest, "ctest").lossy;
    assert_has(s, "[+59 passed]\n61/61 Test #61: last ....***Failed    0.02 sec\n");
    assert_has(s, "98% tests passed, 1 tests failed out of 61\n");
    assert_has(s, "\t 61 - last (Failed)\n");
    hr_str apply = hr_strf(&arena,
                           "%.*s\xe2\x95\xb7\n\xe2\x94\x82 Error: creating bucket: AccessDenied\n"
                           "\xe2\x94\x82 \n\xe2\x94\x82   with aws_s3_bucket.logs,\n\xe2\x95\xb5\n",
                           HR_FMT(repeat("aws_x.a[#]: Creation complete after 1s [id=i-#]\n", 60)));
    s = compress(apply, "terraform apply").lossy;
    assert_has(s, "\xe2\x94\x82 Error: creating bucket: AccessDenied\n\xe2\x94\x82 \n"
                  "\xe2\x94\x82   with aws_s3_bucket.logs,\n");
    hr_str gradle =
        hr_strf(&arena,
                "%.*s> Task :app:test FAILED\n\nFAILURE: Build failed with an exception.\n\n"
                "* What went wrong:\nExecution failed for task ':app:test'.\n\n"
                "BUILD FAILED in 3s\n",
                HR_FMT(repeat("> Task :m#:compileJava UP-TO-DATE\n", 60)));
    s = compress(gradle, "./gradlew test").lossy;
    assert_has(s, "> Task :app:test FAILED\n");
    assert_has(s, "* What went wrong:\nExecution failed for task ':app:test'.\n");
    assert_has(s, "BUILD FAILED in 3s\n");
}

static void lists_few_numbers_and_gives_ranges_of_many(void **state)
{
    (void)state;
    hr_str few = compress(HR_STR("retry 2 of the job\nretry 4 of the job\nretry 9 of the job\n"
                                 "retry 2 of the job\nretry 4 of the job\nretry 9 of the job\n"
                                 "retry 2 of the job\nretry 4 of the job\nretry 9 of the job\n"
                                 "retry 2 of the job\nretry 4 of the job\nretry 9 of the job\n"
                                 "retry 2 of the job\nretry 4 of the job\nretry 9 of the job\n"),
                          NULL)
                     .lossy;
    assert_has(few, "retry <2|4|9> of the job");
    assert_has(compress(repeat("retry # of the job\n", 40), NULL).lossy, "retry <0-39> of the job");
}

static void cuts_no_character_in_two(void **state)
{
    (void)state;
    hr_str text = repeat("\xe2\x94\x82 \xe2\x94\x9c\xe2\x94\x80 a#\n"
                         "\xe2\x94\x82 \xe2\x94\x94\xe2\x94\x80 b#\n",
                         40);
    hr_str s = compress(text, NULL).lossy;
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] == '\xe2')
            assert_true(i + 2 < s.n && (s.p[i + 1] & 0xc0) == 0x80 && (s.p[i + 2] & 0xc0) == 0x80);
        else if ((s.p[i + 1] & 0xc0) == 0x80)
            assert_true((s.p[i] & 0x80) != 0);
    }
}

static void names_each_failure_once_when_there_are_many(void **state)
{
    (void)state;
    hr_str text = hr_strf(&arena, "%.*s%.*s60 failed in 1.0s\n",
                          HR_FMT(repeat("tests/test_a.py::test_x[#] FAILED [ 1%]\n", 60)),
                          HR_FMT(repeat("FAILED tests/test_a.py::test_x[#] - boom #\n", 60)));
    hr_str s = compress(text, "pytest -v").lossy;
    assert_has(s, "tests/test_a.py::test_x[19] FAILED [ 1%]\n[40 failed, named below]\n");
    for (unsigned i = 0; i < 60; i++)
        assert_has(s, hr_strf(&arena, "FAILED tests/test_a.py::test_x[%u] - boom %u\n", i, i).p);
}

static void keeps_the_slow_test_that_passed(void **state)
{
    (void)state;
    hr_str text = hr_strf(&arena, "%.*s--- PASS: TestSlow (7.31s)\n%.*s",
                          HR_FMT(repeat("--- PASS: TestA# (0.00s)\n", 40)),
                          HR_FMT(repeat("--- PASS: TestB# (0.01s)\n", 40)));
    hr_str s = compress(text, NULL).lossy;
    assert_has(s, "[+39 passed]\n--- PASS: TestSlow (7.31s)\n[+40 passed]\n");
    assert_int_equal(passes(s), 81);
}

/* Words of a package manager are steps only in its own output, and never its errors. */
static void needs_form_and_command_for_steps(void **state)
{
    (void)state;
    hr_str text = hr_strf(&arena, "%.*sE: Unable to locate package nothing\n",
                          HR_FMT(repeat("Unpacking lib# (1.#) ...\n", 30)));
    assert_has(compress(text, "apt-get install -y x").lossy, "\n[29 steps]\n");
    assert_has(compress(text, "apt-get install -y x").lossy, "E: Unable to locate package nothing");
    assert_not(compress(text, "cat log").lossy, "steps]");
    assert_not(compress(text, NULL).lossy, "steps]");
}

/* The title of a unittest and its outcome are one test, on two lines. */
static void counts_tests_not_lines(void **state)
{
    (void)state;
    hr_str s =
        compress(repeat("test_# (pkg.Class.test_#)\nDoes thing #. ... ok\n", 30), NULL).lossy;
    assert_has(s, "test_0 (pkg.Class.test_0)\nDoes thing 0. ... ok\n[+29 passed]\n");
}

static void folds_no_error_of_a_compiler(void **state)
{
    (void)state;
    hr_str text = repeat("src/f#.c:#:5: error: expected ';' before 'x'\n"
                         "    # |     y = 1\n"
                         "      |          ^\n"
                         "src/f#.c:#:9: warning: unused variable 'v' [-Wunused]\n"
                         "    # |     int v;\n"
                         "      |         ^\n",
                         30);
    hr_str s = compress(text, NULL).lossy;
    for (unsigned i = 0; i < 30; i++)
        assert_has(
            s,
            hr_strf(&arena, "src/f%u.c:%u:5: error: expected ';' before 'x'\n    %u |", i, i, i).p);
    assert_has(s, "[+27 of this kind: src/f3.c:3:9, f4.c:4:9, ");
    assert_has(s, "[2 lines of context]");
}

static void writes_times_as_far_as_they_change(void **state)
{
    (void)state;
    hr_str first = HR_STR("2024-01-15 10:00:01,100 INFO job 17 done in the pool\n"
                          "2024-01-15 10:00:01,100 INFO job 18 done in the pool\n"
                          "2024-01-15 10:00:01,250 INFO queue has 3 entries now\n"
                          "2024-01-15 10:00:02,250 INFO queue has 4 entries now\n"
                          "2024-01-15 10:00:02,251 INFO job 19 done in the pool\n"
                          "2024-01-15 10:00:02,251 INFO queue has 5 entries now\n"
                          "2024-01-16 10:00:02,251 INFO queue has 6 entries now\n");
    hr_str text =
        hr_strf(&arena, "%.*s%.*s", HR_FMT(first),
                HR_FMT(repeat("2024-01-16 10:00:02,251 INFO queue has 1# entries now\n", 40)));
    hr_str s = compress(text, NULL).lossless;
    assert_has(s, "a|2024-01-15 10:00:01,100|17\na||18\n");
    assert_has(s, "b|250|3\nb|02,250|4\na|251|19\nb||5\nb|16 10:00:02,251|6");
    /* an end that all times share belongs to the forms; another length is told in full */
    s = compress(repeat("2024-01-15T10:00:00Z INFO job # done in the pool\n"
                        "2024-01-15T10:00:01.5Z INFO queue # has entries now\n",
                        40),
                 NULL)
            .lossless;
    assert_has(s, "a: {@}Z INFO job {} done in the pool\na|");
    assert_has(s, "b|=2024-01-15T10:00:01.5|1\na|=2024-01-15T10:00:00|2\n");
}

static void refuses_times_that_hang_in_the_air(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a: {@} x\na|10:00\na|=\n",           /* no time at all */
        "a: {@} x\na\n",                      /* the same as none */
        "a: {@} x\na|10:00\na|00:00:00:00\n", /* longer than the last */
        "a: {@} {} x\na|10:00\n",             /* a value is missing */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hr_buf out = HR_BUF_INIT(0);
        hr_str form = hr_strf(&arena, "[log of %u lines, nothing left out: \"a\"]\n%s",
                              i == 0 || i == 2 ? 2u : 1u, bad[i]);
        assert_int_equal(hr_log_decode(form, &arena, &out), HR_E_SYNTAX);
        hr_buf_free(&out);
    }
}

/* Heads of errors and summaries keep their colours; the lines below, which have more, lose them. */
static void keeps_colours_where_they_are_looked_for(void **state)
{
    (void)state;
    hr_str s = compress(fixture("tsc_pretty.txt"), NULL).lossy;
    assert_has(s, "\x1b[91merror\x1b[0m\x1b[90m TS2307: \x1b[0mCannot find module './nothing5'");
    assert_not(s, "\x1b[7m5\x1b[0m");
    assert_has(s, "; colours and overwritten text left out.");
}

static void folds_stacks_with_counts(void **state)
{
    (void)state;
    hr_str s = compress(repeat("Exception in thread \"w-#\" java.io.IOException: job # failed\n"
                               "\tat com.acme.Runner.run(Runner.java:88)\n"
                               "\tat java.base/java.lang.Thread.run(Thread.java:833)\n"
                               "Caused by: java.net.SocketException: reset\n"
                               "\tat com.acme.Wire.read(Wire.java:51)\n"
                               "\t... 4 more\n",
                               30),
                        NULL)
                   .lossy;
    assert_has(s, "[+26 similar records of 6 lines: ");
    assert_has(s, "\tat com.acme.Wire.read(Wire.java:51)\n\t... 4 more\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_what_failed_and_counts_what_passed, setup, teardown),
        cmocka_unit_test_setup_teardown(knows_the_forms_of_further_tools, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_few_numbers_and_gives_ranges_of_many, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(cuts_no_character_in_two, setup, teardown),
        cmocka_unit_test_setup_teardown(names_each_failure_once_when_there_are_many, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(keeps_the_slow_test_that_passed, setup, teardown),
        cmocka_unit_test_setup_teardown(needs_form_and_command_for_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_tests_not_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(folds_no_error_of_a_compiler, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_times_as_far_as_they_change, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_times_that_hang_in_the_air, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_colours_where_they_are_looked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(folds_stacks_with_counts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
