/* Programs: what goes, what stays, and that every line that stays is the original's. */
#include "base/buf.h"
#include "base/vec.h"
#include "compress/code/code.h"
#include "compress/marker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

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

enum { TIMES = 30 };

/* head, TIMES times line, tail */
static hr_str program(const char *head, const char *line, const char *tail)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_add(&b, hr_cstr(head));
    for (int i = 0; i < TIMES; i++)
        hr_buf_add(&b, hr_cstr(line));
    hr_buf_add(&b, hr_cstr(tail));
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static hr_err outline(hr_str text, const char *query, const char *input, hr_forms *f)
{
    hr_compress_opts o = hr_compress_defaults();
    o.query = hr_cstr(query);
    o.tool_input = hr_cstr(input);
    hr_key key = hr_key_of(text);
    *f = (hr_forms){0};
    return hr_compress_code(&o, text, &key, true, &arena, f);
}

/* The form without its last line, which is the marker. */
static hr_str shown(hr_str form)
{
    size_t at = hr_str_rfind_char(form, '\n');
    assert_int_not_equal(at, SIZE_MAX);
    return hr_str_sub(form, 0, at + 1);
}

static void assert_str(hr_str got, hr_str want)
{
    if (!hr_str_eq(got, want))
        fprintf(stderr, "--- got\n%.*s--- want\n%.*s---\n", HR_FMT(got), HR_FMT(want));
    assert_true(hr_str_eq(got, want));
}

static hr_str outlined(hr_str text, const char *query, const char *input)
{
    hr_forms f;
    assert_int_equal(outline(text, query, input, &f), HR_OK);
    assert_true(f.lossy.n > 0);
    assert_true(f.lossy.n < text.n);
    assert_int_equal(f.lossless.n, 0);
    assert_int_equal(f.lossy_reason, HR_R_CODE_BODIES);
    return shown(f.lossy);
}

static void every_language_loses_a_body(void **state)
{
    (void)state;
    static const struct {
        const char *file, *head, *line, *tail, *before, *after;
    } cases[] = {
        {"a.py", "import os\n\nLIMIT = 3\n\n\n@decorated\ndef load(path: str) -> list:\n",
         "    rows.append(path)\n", "\n\nclass A:\n    x = 1\n", "    ...  # ", ""},
        {"a.js", "import { x } from 'y';\n\nexport async function load(path) {\n",
         "  await rows.push(path);\n", "}\n\nexport const y = 1;\n", "  // ", ""},
        {"a.jsx", "const Row = ({ path }) => {\n", "  rows.push(<b>{path}</b>);\n",
         "};\nexport default Row;\n", "  // ", ""},
        {"a.ts",
         "interface Row { id: number }\n\nexport class Store<T extends Row> {\n"
         "  public sum(start = 0): number {\n",
         "    start += <number>this.rows[0].id;\n", "  }\n}\n", "    // ", ""},
        {"a.tsx", "interface P { id: number }\nexport function Row({ id }: P): JSX.Element {\n",
         "  rows.push(<b>{id as number}</b>);\n", "}\n", "  // ", ""},
        {"a.go", "package main\n\nimport \"fmt\"\n\n// Sum adds.\nfunc (s *Store) Sum() int {\n",
         "\tfmt.Println(s.total)\n", "}\n\nconst Limit = 3\n", "\t// ", ""},
        {"a.rs",
         "use std::fmt;\n\n#[derive(Debug)]\nstruct Store;\nimpl Store {\n"
         "    /// Adds.\n    pub fn sum(&self) {\n",
         "        println!(\"{}\", self.total);\n", "    }\n}\n", "        // ", ""},
        {"a.java",
         "package a.b;\n\npublic class Store {\n    private int[] rows;\n\n    @Override\n"
         "    public int sum() {\n",
         "        System.out.println(rows[0]);\n", "    }\n}\n", "        // ", ""},
        {"a.c", "#include <stdio.h>\n#define N 3\n\nstatic int *sum(const int *rows, int n)\n{\n",
         "    printf(\"%d\\n\", rows[n]);\n", "}\n\nint more(int x);\n", "    // ", ""},
        {"a.cpp",
         "#include <vector>\n\nnamespace a {\ntemplate <class T> int Store<T>::sum() const\n{\n",
         "    std::cout << rows.front();\n", "}\n}\n", "    // ", ""},
        {"a.sh", "#!/bin/bash\nset -e\n\nsum() {\n", "    echo \"$total\"\n", "}\n\nsum 1 2\n",
         "    :  # ", ""},
        {"a.cs",
         "using System;\n\nnamespace A\n{\n    public class Store\n    {\n"
         "        [Test]\n        public int Sum()\n        {\n",
         "            Console.WriteLine(rows[0]);\n", "        }\n    }\n}\n", "            // ",
         ""},
        {"a.rb", "require 'set'\n\nclass Store\n  # Adds.\n  def sum(start = 0)\n",
         "    puts @rows.first\n", "  end\nend\n", "    # ", ""},
        {"a.php",
         "<?php\nnamespace A;\n\nclass Store\n{\n    public function sum(int $start): int\n"
         "    {\n",
         "        $this->rows[] = $start;\n", "    }\n}\n", "        // ", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_str input = hr_strf(&arena, "{\"file_path\":\"src/%s\"}", cases[i].file);
        hr_str text = program(cases[i].head, cases[i].line, cases[i].tail);
        unsigned from = 1;
        for (const char *p = cases[i].head; *p; p++)
            from += *p == '\n';
        hr_str want =
            hr_strf(&arena, "%s%s[lines %u\xe2\x80\x93%u omitted]%s\n%s", cases[i].head,
                    cases[i].before, from, from + TIMES - 1, cases[i].after, cases[i].tail);
        assert_str(outlined(text, "", hr_zstr(&arena, input)), want);
    }
}

static void the_marker_counts(void **state)
{
    (void)state;
    hr_str text =
        program("int a(void)\n{\n", "    b();\n", "}\n\nint c(void)\n{\n    return 1;\n}\n");
    hr_forms f;
    hr_marker_hit hit;
    hr_key key = hr_key_of(text);
    assert_int_equal(outline(text, "", "a.c", &f), HR_OK);
    hr_str last = hr_str_sub(f.lossy, shown(f.lossy).n, f.lossy.n);
    assert_true(
        hr_str_starts(last, HR_STR("// [1 of 2 function bodies omitted: 30 of 38 lines. ")));
    assert_true(hr_marker_find(f.lossy, 0, &hit));
    assert_true(hr_str_eq(hit.hash, hr_key_str(&key)));
    assert_str(f.lossy_strategy, HR_STR("code(c: 1 of 2 bodies, 30 of 38 lines omitted)"));
}

static void docstrings_keep_their_first_line(void **state)
{
    (void)state;
    hr_str long_doc = program("def load(path):\n    r'''Read rows.\n\n",
                              "    Blank lines are skipped.\n", "    '''\n    return open(path)\n");
    assert_str(outlined(long_doc, "", "a.py"), HR_STR("def load(path):\n    r'''Read rows.\n"
                                                      "    [lines 3\xe2\x80\x93"
                                                      "33 omitted]\n"
                                                      "    '''\n    return open(path)\n"));
    hr_str alone = program("def load(path):\n    \"\"\"\n    Read rows.\n",
                           "    Blank lines are skipped.\n", "    \"\"\"\n    return 1\n");
    assert_str(outlined(alone, "", "a.py"), HR_STR("def load(path):\n    \"\"\"\n    Read rows.\n"
                                                   "    [lines 4\xe2\x80\x93"
                                                   "33 omitted]\n"
                                                   "    \"\"\"\n    return 1\n"));
    hr_str brief = program("def load(path):\n    \"\"\"Read rows.\"\"\"\n", "    read(path)\n", "");
    assert_str(outlined(brief, "", "a.py"), HR_STR("def load(path):\n    \"\"\"Read rows.\"\"\"\n"
                                                   "    # [lines 3\xe2\x80\x93"
                                                   "32 omitted]\n"));
}

static const char *const PAIR_TAIL = "\n    def other(self):\n"
                                     "        return self.x\n";

static void what_the_query_names_stays_whole(void **state)
{
    (void)state;
    hr_str first =
        program("class A:\n    def load_rows(self):\n", "        self.read()\n", PAIR_TAIL);
    hr_str text = program(hr_zstr(&arena, first), "", "");
    text = hr_strf(&arena, "%.*s\n    def save_rows(self):\n%.*s", HR_FMT(first),
                   HR_FMT(program("", "        self.write()\n", "")));
    hr_str got = outlined(text, "Where does save_rows write?", "a.py");
    assert_true(hr_str_has(got, HR_STR("    def load_rows(self):\n        ...  # [lines 3")));
    assert_true(
        hr_str_ends(got, hr_str_sub(text, hr_str_find(text, HR_STR("    def save")), text.n)));
    assert_true(hr_str_starts(got, HR_STR("class A:\n")));
    /* a class of moderate size that is named stays whole: nothing is left to omit */
    hr_forms f;
    hr_str small = program("class Loader:\n    def go(self):\n", "        self.x()\n", "");
    assert_int_equal(outline(small, "the Loader class", "a.py", &f), HR_OK);
    assert_int_equal(f.lossy.n, 0);
}

static void statements_somebody_needs_stay(void **state)
{
    (void)state;
    hr_str half = program("", "    step();\n", "");
    hr_str text =
        hr_strf(&arena,
                "void run(void)\n{\n%.*s    // TODO: drop this\n%.*s    limit = MAX_OPEN_FILES;\n"
                "%.*s}\n",
                HR_FMT(half), HR_FMT(half), HR_FMT(half));
    assert_str(outlined(text, "what is MAX_OPEN_FILES", "a.c"),
               HR_STR("void run(void)\n{\n    // [lines 3\xe2\x80\x93"
                      "32 omitted]\n    // TODO: drop this\n    // [lines 34\xe2\x80\x93"
                      "63 omitted]\n    limit = MAX_OPEN_FILES;\n    // [lines 65\xe2\x80\x93"
                      "94 omitted]\n}\n"));
}

static void errors_defined_stay(void **state)
{
    (void)state;
    hr_str text = program("class LoadError(Exception):\n    def __init__(self, path):\n",
                          "        self.path = path\n", "");
    hr_forms f;
    assert_int_equal(outline(text, "", "a.py", &f), HR_OK);
    assert_int_equal(f.lossy.n, 0);
}

static void broken_functions_stay(void **state)
{
    (void)state;
    hr_str good = program("int good(void)\n{\n", "    step();\n", "}\n\n");
    hr_str bad = program("int bad(void)\n{\n    x = = 3 @ ;\n", "    other();\n", "}\n\n");
    hr_str text = hr_strf(&arena, "%.*s%.*s%.*s", HR_FMT(good), HR_FMT(bad), HR_FMT(good));
    hr_str got = outlined(text, "", "a.c");
    assert_true(hr_str_has(got, bad));
    assert_false(hr_str_has(got, HR_STR("step();")));
}

static void wrappers_are_looked_into(void **state)
{
    (void)state;
    hr_str inner = program("  function inner(a) {\n", "    a.push(1);\n", "  }\n");
    hr_str text =
        hr_strf(&arena, "(function (root) {\n  'use strict';\n%.*s  root.x = inner;\n})(this);\n",
                HR_FMT(inner));
    assert_str(outlined(text, "", "a.js"),
               HR_STR("(function (root) {\n  'use strict';\n  function inner(a) {\n"
                      "    // [lines 4\xe2\x80\x93"
                      "33 omitted]\n  }\n  root.x = inner;\n})(this);\n"));
}

static void numbered_listings_keep_their_numbers(void **state)
{
    (void)state;
    static const char *const forms[] = {"%6u\t%.*s\n", "%6u\xe2\x86\x92%.*s\n", "%u: %.*s\n",
                                        "%4u | %.*s\n", "%u:%.*s\n"};
    hr_str text = program("def load(path):\n", "    read(path)\n", "\nLIMIT = 3\n");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        hr_buf b = HR_BUF_INIT(0), want = HR_BUF_INIT(0);
        unsigned number = 41;
        for (hr_str rest = text, line; hr_str_line(&rest, &line); number++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            hr_buf_addf(&b, forms[i], number, HR_FMT(line));
            if (number == 42)
                hr_buf_lit(&want, "    ...  # [lines 42\xe2\x80\x93"
                                  "71 omitted]\n");
            if (number < 42 || number > 71)
                hr_buf_addf(&want, forms[i], number, HR_FMT(line));
#pragma GCC diagnostic pop
        }
        hr_str listing = hr_str_dup(&arena, hr_buf_str(&b));
        assert_str(outlined(listing, "", "a.py"), hr_buf_str(&want));
        hr_buf_free(&b);
        hr_buf_free(&want);
    }
}

static void line_ends_are_kept(void **state)
{
    (void)state;
    hr_str text = program("int a(void)\r\n{\r\n", "    b();\r\n", "}\r\n");
    assert_str(outlined(text, "", "a.c"), HR_STR("int a(void)\r\n{\r\n    // [lines 3\xe2\x80\x93"
                                                 "32 omitted]\r\n}\r\n"));
}

static uint64_t ticking(void *ctx)
{
    uint64_t *now = ctx;
    return *now += 1000000; /* each look at the clock takes a millisecond */
}

static void time_is_bounded(void **state)
{
    (void)state;
    uint64_t now = 0;
    hr_clock clock = {.mono_ns = ticking, .ctx = &now};
    hr_buf b = HR_BUF_INIT(0);
    while (b.n < 900000)
        hr_buf_add(&b, program("int a(void)\n{\n", "    b(1, 2, 3);\n", "}\n"));
    hr_str text = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    hr_compress_opts o = hr_compress_defaults();
    o.tool_input = HR_STR("a.c");
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    hr_deadline late = {&clock, UINT64_MAX}; /* far off: our own half second ends it */
    o.deadline = &late;
    assert_int_equal(hr_compress_code(&o, text, &key, true, &arena, &f), HR_E_TIMEOUT);
    assert_int_equal(f.lossy.n, 0);
    assert_in_range(now, 500 * 1000000ull, 600 * 1000000ull);
    o.deadline = NULL;
    assert_int_equal(hr_compress_code(&o, text, &key, true, &arena, &f), HR_OK);
    assert_true(f.lossy.n > 0 && f.lossy.n < text.n / 2);
}

static void what_is_no_program_is_declined(void **state)
{
    (void)state;
    hr_forms f;
    hr_str prose = program("", "The quick brown fox jumps over the lazy dog and sleeps.\n", "");
    assert_int_equal(outline(prose, "", "", &f), HR_E_SYNTAX);
    /* the name says C, the text is none */
    (void)outline(prose, "", "a.c", &f);
    assert_int_equal(f.lossy.n, 0);
    hr_str css = program("", ".a { color: red; margin: 0 }\n", "");
    assert_int_equal(outline(css, "", "a.css", &f), HR_E_SYNTAX);
    char *huge = hr_alloc(&arena, HR_CODE_MAX_BYTES + 1);
    assert_non_null(huge);
    memset(huge, ' ', HR_CODE_MAX_BYTES + 1);
    assert_int_equal(outline(hr_str_of(huge, HR_CODE_MAX_BYTES + 1), "", "a.c", &f), HR_E_SYNTAX);
}

static void callers_decide_whether_code_may_go(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "import os\nfrom sys import argv\n\n\n");
    for (int i = 0; i < 20; i++) {
        hr_str name = hr_strf(&arena, "def step_%d(x):\n    y = x\n", i);
        hr_buf_add(&b, program(hr_zstr(&arena, name),
                               "    if x > y:\n        print(f\"moved {x}\")\n    y += x.size()\n",
                               "    return y\n\n\n"));
    }
    hr_str text = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    hr_compress_opts o = hr_compress_defaults();
    hr_compressed r;
    assert_int_equal(hr_compress_text(&o, text, &arena, &r), HR_OK);
    assert_int_equal(r.kind, HR_KIND_CODE);
    assert_int_equal(r.reason, HR_R_PROTECTED_CODE);
    assert_false(r.changed);
    o.code.allow = true;
    assert_int_equal(hr_compress_text(&o, text, &arena, &r), HR_OK);
    assert_int_equal(r.reason, HR_R_CODE_BODIES);
    assert_true(r.changed && r.lossy);
    assert_true(r.tokens_after * 4 < r.tokens_before);
    o.lossless_only = true;
    assert_int_equal(hr_compress_text(&o, text, &arena, &r), HR_OK);
    assert_false(r.changed);
}

static void questions_about_code_are_told(void **state)
{
    (void)state;
    static const char *const yes[] = {"Explain this file",  "please FIX it", "a bug?",
                                      "How does load work", "clean up",      "security review"};
    static const char *const no[] = {"",
                                     "where is prefix defined",
                                     "tissue samples",
                                     "list the functions",
                                     "what is on_error",
                                     "show fix_path"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(hr_code_wanted_whole(hr_cstr(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(hr_code_wanted_whole(hr_cstr(no[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_language_loses_a_body),
        cmocka_unit_test(the_marker_counts),
        cmocka_unit_test(docstrings_keep_their_first_line),
        cmocka_unit_test(what_the_query_names_stays_whole),
        cmocka_unit_test(statements_somebody_needs_stay),
        cmocka_unit_test(errors_defined_stay),
        cmocka_unit_test(broken_functions_stay),
        cmocka_unit_test(wrappers_are_looked_into),
        cmocka_unit_test(numbered_listings_keep_their_numbers),
        cmocka_unit_test(line_ends_are_kept),
        cmocka_unit_test(time_is_bounded),
        cmocka_unit_test(what_is_no_program_is_declined),
        cmocka_unit_test(callers_decide_whether_code_may_go),
        cmocka_unit_test(questions_about_code_are_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
