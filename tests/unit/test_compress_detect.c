/* Kinds of content, sections, and the small recognisers below them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "compress/detect/detect_sections.h"

static void assert_kind(const char *text, hr_kind want)
{
    hr_kind got = hr_detect(hr_cstr(text));
    if (got != want)
        fail_msg("%s, not %s: %.300s", hr_kind_name(got), hr_kind_name(want), text);
}

static void tells_kinds_apart(void **state)
{
    (void)state;
    static const struct {
        hr_kind kind;
        const char *text;
    } cases[] = {
        {HR_KIND_TEXT, ""},
        {HR_KIND_TEXT, " \n\t\n"},
        {HR_KIND_TEXT, "Just some prose without any structure.\nIt goes on for a second line."},
        {HR_KIND_TEXT,
         "# Title\n\nSome words of text stand here, see [this](http://x.y).\n\n## Next\n\n"
         "* one\n* two\n\n```js\nconst a = 1;\nfoo(a);\n```\n"},
        {HR_KIND_TEXT,
         "# Defaults of the tool.\n# Each can be changed here.\n\n# How long to wait\n"
         "TIMEOUT=30\n# Where to look\nPLACE=\"/home\"\n# What to say\nWORD=yes\n"},
        {HR_KIND_TEXT,
         "2012-05-01  A. Name  <a@b.c>\n\n\t* src/file.c (main): Say error: once.\n"
         "\tUse the new call.\n\n2012-04-02  A. Name  <a@b.c>\n\n"
         "\t* src/other.c: Mend it.\n\n2012-04-01  A. Name  <a@b.c>\n\n\tNew file.\n"},
        {HR_KIND_TEXT,
         "# Tool\n\nPrints codes.\n\n## Install\n\n    $ npm install tool\n\nand used:\n\n"
         "    var tool = require('tool');\n\n## Usage\n\nTo show a code:\n\n"
         "    tool.generate('x', function (code) {\n        console.log(code);\n    });\n\n"
         "If it is to be small, pass an option:\n\n    const t = tool.small({a: true});\n\n"
         "* one of the words\n* two of the words\n* three of the words here\n"},
        {HR_KIND_CODE, "/* an upgrade */\nALTER EXTENSION x UPDATE;\nCREATE FUNCTION f(a int)\n"
                       "RETURNS int\nAS 'MODULE_PATHNAME'\nLANGUAGE C IMMUTABLE;\n"
                       "GRANT EXECUTE ON FUNCTION f TO x;\n"},
        {HR_KIND_JSON, "[]"},
        {HR_KIND_JSON, "  {\"a\": [1, 2, {\"b\": null}]}\n"},
        {HR_KIND_JSON,
         "npm warn config something\n{\n  \"name\": \"x\",\n  \"versions\": [\n    \"1.0.0\","
         "\n    \"1.0.1\",\n    \"1.0.2\",\n    \"1.0.3\"\n  ],\n  \"license\": \"MIT\",\n"
         "  \"dist\": {\"tarball\": \"t\", \"shasum\": \"0123\"},\n  \"d\": [1, 2, 3]\n}\n"},
        {HR_KIND_JSON, "[{\"id\": 1, \"name\": \"first one\", \"ok\": true}, {\"id\": 2, \"name\": "
                       "\"second\", \"ok\": fal"},
        {HR_KIND_NDJSON, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"},
        {HR_KIND_NDJSON, "{\n \"a\": 1\n}\n{\n \"a\": 2\n}"},
        {HR_KIND_LOG,
         "2024-01-15 10:00:00,492 INFO [http] hit 310\n2024-01-15 10:00:01,357 WARN [db] x\n"
         "2024-01-15 10:00:02,320 INFO [db] job 111 done\n"},
        {HR_KIND_LOG,
         "Jun 14 15:16:01 combo sshd[19939]: check pass\nJun 14 15:16:02 combo su[1]: x\n"
         "Jun 15 02:04:59 combo sshd[20882]: check pass\n"},
        {HR_KIND_LOG,
         "[Sun Dec 04 04:47:44 2005] [notice] ok\n[Sun Dec 04 04:47:45 2005] [error] bad\n"
         "[Sun Dec 04 04:51:08 2005] [notice] found child\n"},
        {HR_KIND_LOG, "127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 23\n"
                      "127.0.0.1 - - [10/Oct/2000:13:55:37 -0700] \"GET /a HTTP/1.0\" 404 2\n"
                      "127.0.0.1 - - [10/Oct/2000:13:55:39 -0700] \"GET /b HTTP/1.0\" 200 7\n"},
        {HR_KIND_BUILD,
         "============ test session starts ============\nplatform linux\ncollected 3 items\n"
         "tests/a.py ..F   [100%]\n\n    def test_x():\n>       assert 1 == 2\n"
         "E       assert 1 == 2\n"},
        {HR_KIND_BUILD,
         "   Compiling serde v1.0.1\n   Compiling libc v0.2.1\nwarning: unused variable: `x`\n"
         "error[E0308]: mismatched types\n"},
        {HR_KIND_BUILD,
         "a.py:48:80: E501 line too long (85 > 79 characters)\n"
         "a.py:57:35: E203 whitespace before ':'\nb.py:6:4: E203 whitespace before ':'\n"},
        {HR_KIND_SEARCH,
         "src/main.py:42:def process():\nsrc/util.py:13:    return None\nlib/x.py:7:class X:"},
        {HR_KIND_SEARCH,
         "src/main.py\n42:def process():\n51:def other():\n\nlib/x.py\n7:class X:\n9:  pass\n"},
        {HR_KIND_SEARCH, "src/a.c:10\nsrc/b.c:5\nsrc/c.c:22\n"},
        {HR_KIND_SEARCH,
         "\x1b[35msrc/a.c\x1b[0m:\x1b[32m1\x1b[0m:int a;\n\x1b[35mb.c\x1b[0m:\x1b[32m2\x1b[0m:"
         "int b;\n"},
        {HR_KIND_SEARCH, "src/a.c:int main(void)\nsrc/a.c:int other;\nsrc/b/c.h:int x;\n"},
        {HR_KIND_CODE,
         "[File: a.py (5 lines)]\n1:import os\n2:\n3:x = 1\n4:y = 2\n5:z = 3\n6:w = 4\n"},
        {HR_KIND_CODE,
         "     1\tNAME  SIZE\n     2\ta     1\n     3\tb     2\n     4\tc     3\n     "
         "5\td     4\n     6\te     5\n"},
        {HR_KIND_DIFF, "diff --git a/x.c b/x.c\nindex 1..2 100644\n--- a/x.c\n+++ b/x.c\n"
                       "@@ -1,2 +1,2 @@\n-int a;\n+int b;\n int c;\n"},
        {HR_KIND_CODE,
         "import os\nfrom typing import List\n\ndef main():\n    return os.getpid()\n\n"
         "class A:\n    def f(self):\n        self.x = 1\n"},
        {HR_KIND_CODE, "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println(1)\n}\n\n"
                       "type T struct {\n\ta int\n}\n"},
        {HR_KIND_HTML,
         "<!DOCTYPE html>\n<html><head><title>x</title></head><body><p>hi</p></body></html>"},
        {HR_KIND_XML, "<?xml version=\"1.0\"?>\n<a>\n  <b/>\n</a>\n"},
        {HR_KIND_YAML,
         "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p1\n  labels:\n    app: x\nspec:\n"
         "  containers:\n  - name: c\n    image: i\n"},
        {HR_KIND_TABLE, "id,name,size\n1,ab,2\n2,cd,3\n3,ef,4\n"},
        {HR_KIND_TABLE, "Date,CO2\n1958-03-01,315.70\n1958-04-01,317.46\n1958-05-01,317.51\n"},
        {HR_KIND_TABLE, "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"},
        {HR_KIND_TABLE,
         "NAME     READY   STATUS\nweb-1    1/1     Running\nweb-2    0/1     Crash\n"
         "web-3    1/1     Running\n"},
        {HR_KIND_LISTING,
         "total 8\n-rw-r--r-- 1 a b 946 Jan  5 16:59 f.md\ndrwxr-xr-x 2 a b 42 Jan 28 "
         "10:15 d\n-rw-r--r-- 1 a b 62 Jan  8 12:49 g.py\n"},
        {HR_KIND_LISTING, "./a/b.c\n./a/c.c\n./d/e.txt\n./d/f.txt\n./g\n"},
        {HR_KIND_LISTING, "src\n├── a.c\n├── b.c\n└── c\n    └── d.c\n"},
        {HR_KIND_TRACE,
         "Exception in thread \"main\" java.lang.IllegalStateException: bad\n"
         "\tat a.b.C.run(C.java:10)\n\tat a.b.D.go(D.java:2)\n\tat a.b.E.main(E.java:4)\n"},
        {HR_KIND_BINARY, "00000000: 7f45 4c46 0201 0100 0000 0000 0000 0000  .ELF\n"
                         "00000010: 0300 3e00 0100 0000 d023 0000 0000 0000  ..>.\n"
                         "00000020: 4000 0000 0000 0000 9083 0000 0000 0000  @...\n"},
        {HR_KIND_BINARY,
         "f0VMRgIBAQAAAAAAAAAAAAMAPgABAAAA0CMAAAAAAABAAAAAAAAAAJCDAAAAAAAAAAAAAEAAOAAN\n"
         "AEAAHwAeAAYAAAAEAAAAQAAAAAAAAABAAAAAAAAAAEAAAAAAAAAA2AIAAAAAAADYAgAAAAAAAAgA\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_kind(cases[i].text, cases[i].kind);
    assert_int_equal(hr_detect(hr_str_of("\0\1\2\3data\0\0", 10)), HR_KIND_BINARY);
}

static void knows_languages(void **state)
{
    (void)state;
    static const struct {
        hr_lang lang;
        const char *text;
    } cases[] = {
        {HR_LANG_NONE,
         "Words of a letter to a friend.\nfor example in spring\nreturn of the king\n"},
        {HR_LANG_PYTHON, "import os\nfrom a import b\n\ndef f(x):\n    return x\n"},
        {HR_LANG_JAVASCRIPT,
         "import x from 'y';\nexport const foo = 1;\nfunction bar() { return 42; }\n"
         "module.exports = { foo };\n"},
        {HR_LANG_TYPESCRIPT, "interface User { id: number; }\ntype Maybe<T> = T | null;\n"
                             "enum Color { Red, Green }\ndeclare const x: string;\n"},
        {HR_LANG_RUST,
         "use std::io;\n\npub fn main() {\n    let mut x = 1;\n    match x {\n    }\n}\n#[test]\n"},
        {HR_LANG_JAVA,
         "package com.example;\n\npublic class Foo {\n    @Override\n    private int x;\n"
         "    protected void f() {}\n}\n"},
        {HR_LANG_C, "#include <stdio.h>\n#define N 3\n\nstatic int f(void)\n{\n    return N;\n}\n"},
        {HR_LANG_PHP, "<?php\nnamespace A;\n$x = 1;\n$this->y = 2;\necho $x;\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_lang got = hr_detect_lang(hr_cstr(cases[i].text));
        if (got != cases[i].lang)
            fail_msg("%s, not %s: %s", hr_lang_name(got), hr_lang_name(cases[i].lang),
                     cases[i].text);
    }
}

static void measures_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        {"2024-01-15 10:00:00,492 INFO", 23},
        {"2024-01-15T10:00:00.492Z x", 24},
        {"2024-01-15T10:00:00+02:00 x", 25},
        {"2024/01/15 10:00:00 x", 19},
        {"2005-06-03-15.42.50.675872 x", 26},
        {"2024-01-15", 10},
        {"Jun 14 15:16:01 combo", 15},
        {"Jun  4 15:16:01 combo", 15},
        {"Sun Dec 04 04:47:44 2005] x", 24},
        {"10/Oct/2000:13:55:36 -0700] x", 26},
        {"20171223-22:15:29:606|x", 21},
        {"20171224-0:0:0:2|x", 16},
        {"10:33:19.163 x", 12},
        {"I0102 15:04:05.123456 x", 21},
        {"Tue, 15 Nov 1994 08:12:31 GMT", 29},
        {"081109 203615 148 INFO", 13},
        {"03-17 16:13:38.811  1702", 18},
        {"123456 789012 items", 0},
        {"1.2.10 released", 0},
        {"127.0.0.1:80", 0},
        {"12:30", 0},
        {"Marching on", 0},
        {"v2024-01-15", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t got = hr_time_len(hr_cstr(cases[i].text));
        if (got != cases[i].len)
            fail_msg("%zu, not %zu: %s", got, cases[i].len, cases[i].text);
    }
}

static void reads_levels(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        hr_level level;
    } cases[] = {
        {"10:00 ERROR x", HR_LEVEL_ERROR},
        {"src/a.c:3:4: error: expected ';'", HR_LEVEL_ERROR},
        {"error[E0308]: mismatched", HR_LEVEL_ERROR},
        {"ValueError: bad", HR_LEVEL_ERROR},
        {"panic: runtime", HR_LEVEL_ERROR},
        {"src/a.ts(1,187): error TS2322: Type", HR_LEVEL_ERROR},
        {"[error] [client] x", HR_LEVEL_ERROR},
        {"level=warn msg=x", HR_LEVEL_WARN},
        {"a.c:1: warning: unused", HR_LEVEL_WARN},
        {"2024 INFO x", HR_LEVEL_INFO},
        {"DEBUG y", HR_LEVEL_TRACE},
        {"compiled with 0 errors", HR_LEVEL_NONE},
        {"the error handler was installed", HR_LEVEL_NONE},
        {"MY_ERROR_CODE = 3", HR_LEVEL_NONE},
        {"", HR_LEVEL_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_level got = hr_line_level(hr_cstr(cases[i].line));
        if (got != cases[i].level)
            fail_msg("%d, not %d: %s", (int)got, (int)cases[i].level, cases[i].line);
    }
}

static void shows_lines_as_a_terminal_does(void **state)
{
    (void)state;
    static const struct {
        const char *line, *plain;
    } cases[] = {
        {"plain", "plain"},
        {"\x1b[1;31mred\x1b[0m text", "red text"},
        {"\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"},
        {"10%\r20%\r100%", "100%"},
        {"abc\b\bX", "aX"},
        {"dos\r", "dos"},
        {"cut \x1b[", "cut "},
        {"\x1b", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_line_view v;
        (void)hr_line_plain(hr_cstr(cases[i].line), &v);
        assert_true(hr_str_eq(hr_str_of(v.p, v.n), hr_cstr(cases[i].plain)));
    }
}

static void reads_the_shape_of_json(void **state)
{
    (void)state;
    hr_json_shape s = hr_detect_json(HR_STR("{\"a\":[1,2,{}]} [true]\n"));
    assert_true(s.whole && s.values == 2 && !s.truncated);
    s = hr_detect_json(HR_STR("{\"a\":[1,2,"));
    assert_true(s.truncated && s.values == 0 && s.good == 10);
    s = hr_detect_json(HR_STR("{\"a\":1,}"));
    assert_true(!s.whole && !s.truncated);
    s = hr_detect_json(HR_STR("{\"a\":01x}"));
    assert_true(!s.whole && !s.truncated);
    s = hr_detect_json(HR_STR("[1] trailing"));
    assert_true(!s.whole && s.values == 1);
    char deep[4000];
    memset(deep, '[', sizeof deep);
    s = hr_detect_json(hr_str_of(deep, sizeof deep));
    assert_true(!s.whole && s.values == 0);
}

static void assert_sections(const char *text, unsigned how, const char *want)
{
    hr_arena a;
    hr_sections secs;
    char got[300];
    size_t n = 0, at = 0;
    hr_arena_init(&a, 0);
    assert_int_equal(hr_split_sections(hr_cstr(text), how, &a, &secs), HR_OK);
    for (size_t i = 0; i < secs.n; i++) {
        assert_int_equal(secs.p[i].start, at);
        assert_true(secs.p[i].end > at);
        at = secs.p[i].end;
        assert_true(n < sizeof got);
        got[n++] = "pjcx"[secs.p[i].kind];
    }
    assert_int_equal(at, strlen(text));
    if (!hr_str_eq(hr_str_of(got, n), hr_cstr(want)))
        fail_msg("%.*s, not %s: %s", (int)n, got, want, text);
    hr_arena_free(&a);
}

#define ROW                                                                                        \
    "{\"id\": 1, \"name\": \"a row with some text in it\", \"state\": \"open\", \"size\": "        \
    "12345},\n"
#define JSON "[" ROW ROW ROW "{\"id\": 4}\n]\n"

static void cuts_mixed_content(void **state)
{
    (void)state;
    unsigned all = HR_SPLIT_HEAD | HR_SPLIT_JSON | HR_SPLIT_FENCES | HR_SPLIT_PROMPTS;
    assert_sections("", all, "");
    assert_sections("text\n", all, "p");
    assert_sections(JSON, all, "j");
    assert_sections("before\n" JSON "after\n", all, "pjp");
    assert_sections("before\n" JSON "after", all, "pjp");
    assert_sections(JSON "{\"small\": 1}\n" JSON, all, "j");
    assert_sections("see [1, 2] and {\"small\": true}\n", all, "p");
    assert_sections("intro\n```\na\nb\n```\noutro\n", all, "pxcxp");
    assert_sections("never closed\n```\na\nb\n", all, "p");
    assert_sections("$ ls -l\na\nb\n$ cat c\nd\n", all, "xpxp");
    assert_sections("Chunk ID: 1a2b\nWall time: 0.1 seconds\nProcess exited with code 0\n"
                    "Original token count: 9\nOutput:\nline\n",
                    all, "xp");
    assert_sections("Exit code 1\n" JSON, all, "xj");
    assert_sections("{ not json\n}\n", all, "p");
    assert_sections("before\n" JSON "after\n", HR_SPLIT_HEAD, "p");
}

static void cutting_is_bounded(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (size_t i = 0; i < 2000; i++)
        hr_buf_lit(&b, "$ cmd x\nout\n");
    hr_arena a;
    hr_sections secs;
    hr_arena_init(&a, 0);
    assert_int_equal(hr_split_sections(hr_buf_str(&b), HR_SPLIT_PROMPTS, &a, &secs), HR_OK);
    assert_int_equal(secs.n, 1);
    /* Every line opens a value that goes on to the end: the tries have a budget. */
    hr_buf_clear(&b);
    for (size_t i = 0; i < 100000; i++)
        hr_buf_lit(&b, "[\"a\",\n");
    assert_int_equal(hr_split_sections(hr_buf_str(&b), HR_SPLIT_JSON, &a, &secs), HR_OK);
    assert_int_equal(secs.n, 1);
    hr_buf_free(&b);
    hr_arena_free(&a);
}

/* Marks of builds and traces count wherever they stand, also as the last bytes of a line. */
static void marks_are_found_at_any_place(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t strong, build, sure, trace;
    } cases[] = {
        {"tests/test_a.py::test_b PASSED", 1, 1, 0, 0},
        {"a.c:3:4: error: no x", 1, 1, 0, 0},
        {"all 12 passed", 0, 1, 0, 0},
        {"one passe", 0, 0, 0, 0},
        {" 47%|####", 0, 1, 0, 0},
        {"=== short test summary info ===", 1, 1, 1, 0},
        {"in short test summary info", 1, 1, 0, 0},
        {"x Module not found: Error: y", 1, 1, 1, 1},
        {"==1==ERROR: AddressSanitizer", 0, 0, 0, 1},
        {"java.io.Exception: z", 0, 0, 0, 1},
        {"plain words of a sentence", 0, 0, 0, 0},
    };
    hr_shape_counts c = {0}, old;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        old = c;
        hr_shape_line(&c, hr_cstr(cases[i].line));
        if (c.build_strong - old.build_strong != cases[i].strong ||
            c.build - old.build != cases[i].build ||
            c.build_sure - old.build_sure != cases[i].sure ||
            c.trace_head - old.trace_head != cases[i].trace)
            fail_msg("%s: strong %zu build %zu sure %zu trace %zu", cases[i].line,
                     c.build_strong - old.build_strong, c.build - old.build,
                     c.build_sure - old.build_sure, c.trace_head - old.trace_head);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_found_at_any_place),
        cmocka_unit_test(tells_kinds_apart),
        cmocka_unit_test(knows_languages),
        cmocka_unit_test(measures_times),
        cmocka_unit_test(reads_levels),
        cmocka_unit_test(shows_lines_as_a_terminal_does),
        cmocka_unit_test(reads_the_shape_of_json),
        cmocka_unit_test(cuts_mixed_content),
        cmocka_unit_test(cutting_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
