/* Generated programs in every language: what comes out is smaller, the same each time, and the
 * original without just the lines it says; whatever the query, the numbering or the damage. */
#include "code_restore.h"

#include "compress/code/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

enum { ROUNDS = 16 };

typedef struct language {
    const char *file;
    const char *open, *close;           /* of the file */
    const char *type_open, *type_close; /* of a type that holds functions; "" for none */
    const char *function;               /* signature with one %u */
    const char *body_close;             /* behind the body */
    const char *lines[6];               /* statements, without indentation */
    const char *comment;
} language;

static const language languages[] = {
    {"a.py",
     "import os\n",
     "",
     "class T%u(Base):\n",
     "",
     "def f%u(self, a):\n",
     "",
     {"x = a", "y = \"\"\"s\n  t\"\"\"", "g(x, y)", "if x: pass", "del x", "z = [1,\n  2]"},
     "# "},
    {"a.js",
     "import x from 'y';\n",
     "",
     "class T%u {\n",
     "}\n",
     "async f%u(a) {\n",
     "}\n",
     {"let x = a;", "const y = `s\n  t`;", "g(x, y);", "if (x) { y(); }", "x++;",
      "h({a: 1,\n  b: 2});"},
     "// "},
    {"a.ts",
     "type A = number;\n",
     "",
     "class T%u<A> {\n",
     "}\n",
     "f%u(a: A): void {\n",
     "}\n",
     {"let x: A = a;", "const y = `s\n  t`;", "g<A>(x, y);", "if (x) { y(); }", "x++;",
      "h({a: 1,\n  b: 2});"},
     "// "},
    {"a.go",
     "package p\n",
     "",
     "type T%u struct {\n",
     "}\n",
     "func f%u(a int) {\n",
     "}\n",
     {"x := a", "y := `s\n  t`", "g(x, y)", "if x > 1 { y() }", "x++", "h(1,\n  2)"},
     "// "},
    {"a.rs",
     "use std::fmt;\n",
     "",
     "impl T%u {\n",
     "}\n",
     "fn f%u(a: u64) {\n",
     "}\n",
     {"let mut x = a;", "let y = \"s\n  t\";", "g(x, y);", "if x > 1 { y(); }", "x += 1;",
      "h(1,\n  2);"},
     "// "},
    {"a.java",
     "package p;\n",
     "",
     "class T%u {\n",
     "}\n",
     "void f%u(int a) {\n",
     "}\n",
     {"int x = a;", "String y = \"s\"\n  + \"t\";", "g(x, y);", "if (x > 1) { y(); }", "x++;",
      "h(1,\n  2);"},
     "// "},
    {"a.c",
     "#include <a.h>\n",
     "",
     "",
     "",
     "static int f%u(int a)\n{\n",
     "}\n",
     {"int x = a;", "/* s\n  t */", "g(x, y);", "if (x > 1) { y(); }", "x++;", "h(1,\n  2);"},
     "// "},
    {"a.cpp",
     "#include <a>\n",
     "",
     "class T%u {\n",
     "};\n",
     "int f%u(int a) const\n{\n",
     "}\n",
     {"auto x = a;", "auto y = R\"(s\n  t)\";", "g(x, y);", "if (x > 1) { y(); }", "x++;",
      "h(1,\n  2);"},
     "// "},
    {"a.sh",
     "#!/bin/bash\n",
     "",
     "",
     "",
     "f%u() {\n",
     "}\n",
     {"x=$1", "y=\"s\n  t\"", "g $x $y", "if true; then y; fi", "echo x", "h 1 \\\n  2"},
     "# "},
    {"a.cs",
     "using System;\n",
     "",
     "class T%u {\n",
     "}\n",
     "void f%u(int a)\n{\n",
     "}\n",
     {"var x = a;", "var y = @\"s\n  t\";", "g(x, y);", "if (x > 1) { y(); }", "x++;",
      "h(1,\n  2);"},
     "// "},
    {"a.rb",
     "require 'a'\n",
     "",
     "class T%u\n",
     "end\n",
     "def f%u(a)\n",
     "end\n",
     {"x = a", "y = \"s\n  t\"", "g x, y", "if x then y end", "x += 1", "h(1,\n  2)"},
     "# "},
    {"a.php",
     "<?php\n",
     "",
     "class T%u {\n",
     "}\n",
     "function f%u($a)\n{\n",
     "}\n",
     {"$x = $a;", "$y = \"s\n  t\";", "g($x, $y);", "if ($x) { y(); }", "$x++;", "h(1,\n  2);"},
     "// "},
};

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed % below);
}

static void number_into(hr_buf *b, const char *pattern, unsigned v)
{
    const char *at = strstr(pattern, "%u");
    hr_buf_add(b, hr_str_of(pattern, at ? (size_t)(at - pattern) : strlen(pattern)));
    if (at) {
        hr_buf_add_u64(b, v);
        hr_buf_add(b, hr_cstr(at + 2));
    }
}

static void indent(hr_buf *b, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        hr_buf_lit(b, "    ");
}

/* Each line of a signature or an end in its place; go, python's holders and so on as they come. */
static void put(hr_buf *b, const char *pattern, unsigned v, unsigned depth)
{
    hr_buf one = HR_BUF_INIT(0);
    number_into(&one, pattern, v);
    hr_str line;
    for (hr_str rest = hr_buf_str(&one); hr_str_line(&rest, &line);) {
        indent(b, depth);
        hr_buf_add(b, line);
        hr_buf_addc(b, '\n');
    }
    hr_buf_free(&one);
}

static void function(hr_buf *b, const language *l, unsigned id, unsigned depth)
{
    if (draw(3) == 0)
        put(b, hr_str_eq(hr_cstr(l->comment), HR_STR("# ")) ? "# about %u" : "// about %u", id,
            depth);
    put(b, l->function, id, depth);
    for (uint32_t n = 1 + draw(24); n > 0; n--) {
        if (draw(12) == 0) {
            hr_buf_addc(b, '\n');
            continue;
        }
        indent(b, depth + 1);
        if (draw(10) == 0) {
            hr_buf_add(b, hr_cstr(l->comment));
            hr_buf_add(b, draw(2) ? HR_STR("TODO x") : HR_STR("so it is"));
        } else {
            hr_buf_add(b, hr_cstr(l->lines[draw(6)]));
        }
        hr_buf_addc(b, '\n');
    }
    indent(b, depth + 1);
    hr_buf_add(b, hr_cstr(l->lines[2]));
    hr_buf_addc(b, '\n');
    put(b, l->body_close, 0, depth);
}

static void generate(hr_buf *b, const language *l)
{
    hr_buf_add(b, hr_cstr(l->open));
    bool holds = l->type_open[0] && !hr_str_starts(hr_cstr(l->type_open), HR_STR("type "));
    for (uint32_t n = 6 + draw(12); n > 0; n--) {
        if (!holds) {
            function(b, l, n, 0);
            continue;
        }
        put(b, l->type_open, n, 0);
        for (uint32_t k = 1 + draw(4); k > 0; k--)
            function(b, l, n * 10 + k, 1);
        put(b, l->type_close, 0, 0);
    }
}

static void numbered(hr_buf *b, hr_str text, unsigned number)
{
    hr_str line;
    for (hr_str rest = text; hr_str_line(&rest, &line); number++)
        hr_buf_addf(b, "%6u\t%.*s\n", number, HR_FMT(line));
}

/* How many forms were offered of those asked for. */
static size_t check(const language *l, hr_str text, uint64_t first)
{
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_compress_opts o = hr_compress_defaults();
    o.tool_input = hr_cstr(l->file);
    o.query = draw(2) ? HR_STR_NONE : hr_strf(&a, "where is f%u and T%u", draw(150), draw(15));
    hr_key key = hr_key_of(text);
    hr_forms f = {0}, g = {0};
    hr_err e = hr_compress_code(&o, text, &key, true, &a, &f);
    assert_true(e == HR_OK || e == HR_E_SYNTAX);
    assert_int_equal(hr_compress_code(&o, text, &key, true, &a, &g), e);
    assert_true(hr_str_eq(f.lossy, g.lossy));
    if (f.lossy.n) {
        assert_true(f.lossy.n < text.n);
        assert_true(hr_str_has(f.lossy, hr_key_str(&key)));
        bool ok = hr_test_restores(f.lossy, text, first);
        if (!ok)
            fprintf(stderr, "%s\n%.*s\n--- of\n%.*s\n", l->file, HR_FMT(f.lossy), HR_FMT(text));
        assert_true(ok);
    }
    bool offered = f.lossy.n > 0;
    hr_arena_free(&a);
    return offered;
}

static void the_original_without_just_the_lines_it_says(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof languages / sizeof *languages; k++) {
        size_t offered = 0;
        for (uint64_t round = 1; round <= ROUNDS; round++) {
            seed = round * 0x9e3779b97f4a7c15u + k;
            hr_buf b = HR_BUF_INIT(0), n = HR_BUF_INIT(0);
            generate(&b, &languages[k]);
            offered += check(&languages[k], hr_buf_str(&b), 1);
            numbered(&n, hr_buf_str(&b), 17);
            (void)check(&languages[k], hr_buf_str(&n), 17);
            /* damage: a byte gone, the end cut off */
            size_t at = draw((uint32_t)b.n - 1);
            memmove(b.p + at, b.p + at + 1, b.n - at - 1);
            b.n--;
            (void)check(&languages[k], hr_buf_str(&b), 1);
            (void)check(&languages[k], hr_str_sub(hr_buf_str(&b), 0, draw((uint32_t)b.n)), 1);
            hr_buf_free(&b);
            hr_buf_free(&n);
        }
        if (offered * 10 < ROUNDS * 9)
            fprintf(stderr, "%s: %zu of %d\n", languages[k].file, offered, (int)ROUNDS);
        assert_true(offered * 10 >= ROUNDS * 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_original_without_just_the_lines_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
