/* Programs beyond bodies: comments, docstrings, lists of data, what notes tell, what options and
 * queries change. */
#include "../compress_fixture.h"

#include "base/buf.h"
#include "compress/code/code.h"

#include <stdint.h>
#include <stdio.h>

/* `line` is repeated with its number in place of each '%'. */
static void many(hr_buf *b, const char *line, int n)
{
    for (int i = 0; i < n; i++) {
        for (const char *p = line; *p; p++) {
            if (*p == '%')
                hr_buf_addf(b, "%d", i);
            else
                hr_buf_addc(b, *p);
        }
    }
}

/* A text of parts: those that hold '%' thirty times. */
static hr_str text_of(const char *const *parts, size_t n)
{
    hr_buf b = HR_BUF_INIT(0);
    for (size_t i = 0; i < n && parts[i]; i++)
        many(&b, parts[i], strchr(parts[i], '%') ? 30 : 1);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

/* The form without its marker; "" if none was offered. */
static hr_str outlined(hr_str text, const char *file)
{
    hr_compress_opts o = opts;
    o.tool_input = hr_cstr(file);
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    assert_int_equal(hr_compress_code(&o, text, &key, true, &arena, &f), HR_OK);
    size_t end = hr_str_rfind_char(f.lossy, '\n');
    return f.lossy.n ? hr_str_sub(f.lossy, 0, end + 1) : HR_STR_NONE;
}

static void assert_form(hr_str text, const char *file, const char *want)
{
    hr_str got = outlined(text, file);
    if (!hr_str_eq(got, hr_cstr(want)))
        fprintf(stderr, "--- %s: got\n%.*s--- want\n%s---\n", file, HR_FMT(got), want);
    assert_true(hr_str_eq(got, hr_cstr(want)));
}

typedef struct row {
    const char *file, *parts[6], *want;
} row;

static void check_rows(const row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_form(text_of(rows[i].parts, 6), rows[i].file, rows[i].want);
}

#define NOTE(a, b) "[lines " #a "\xe2\x80\x93" #b " omitted]"

static void comments_keep_their_first_sentence(void **state)
{
    (void)state;
    static const row rows[] = {
        {"a.java",
         {"/**\n * Splits text.\n *\n", " * Example number % of many examples.\n", " */\n",
          "final class Splitter {}\n"},
         "/**\n * Splits text.\n * " NOTE(3, 33) "\n */\nfinal class Splitter {}\n"},
        {"a.c",
         {"/* Splits text at\n   separators. More\n", "   of it, %, follows here.\n",
          "   and ends */\n", "int split(void);\n"},
         "/* Splits text at\n   separators. More\n   " NOTE(3, 33) " */\nint split(void);\n"},
        {"a.rs",
         {"//! Searches text.\n//!\n", "//! Example number % of many examples.\n", "\n",
          "pub fn find() {}\n"},
         "//! Searches text.\n// " NOTE(2, 32) "\n\npub fn find() {}\n"},
        {"a.rb",
         {"#!/usr/bin/ruby\n# frozen_string_literal: true\n# Parses options.\n",
          "# Example number % of many examples.\n", "\nclass Options\nend\n"},
         "#!/usr/bin/ruby\n# frozen_string_literal: true\n# Parses options.\n# " NOTE(
             4, 33) "\n\nclass Options\nend\n"},
    };
    check_rows(rows, 4);
    const char *const docs[] = {"\"\"\"Models.\n\n",
                                "Example number % of many examples.\n",
                                "\"\"\"\n",
                                "class Model:\n    '''A row.\n\n",
                                "    Example number % of many.\n",
                                "    '''\n    id = 1\n"};
    assert_form(text_of(docs, 6), "a.py",
                "\"\"\"Models.\n" NOTE(2, 32) "\n\"\"\"\nclass Model:\n    '''A row.\n    " NOTE(
                    36, 66) "\n    '''\n    id = 1\n");
}

static void comments_keep_what_matters(void **state)
{
    (void)state;
    const char *const parts[] = {"// Opens files.\n", "// Example number % of many examples.\n",
                                 "// @deprecated since 3.0\n// More is told in the next lines "
                                 "about it.\n// The limit is MAX_OPEN_FILES, or less.\n",
                                 "// Other example %, of many others.\n",
                                 "int open_files(void);\n"};
    opts.query = HR_STR("what is MAX_OPEN_FILES");
    assert_form(text_of(parts, 5), "a.c",
                "// Opens files.\n// " NOTE(2, 31) "\n// @deprecated since 3.0\n// More is told in "
                                                   "the next lines about it.\n// The limit is "
                                                   "MAX_OPEN_FILES, or less.\n// " NOTE(
                                                       35, 64) "\nint open_files(void);\n");
    /* the comment of what is asked for stays, unless it is very long */
    opts.query = HR_STR("where is open_files?");
    hr_str text = text_of(parts, 5);
    assert_int_equal(outlined(text, "a.c").n, 0);
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "/* Opens files.\n");
    many(&b, " * Example number % of many examples.\n", 200);
    hr_buf_lit(&b, " */\nint open_files(void)\n{\n    return 1;\n}\n");
    assert_true(outlined(hr_buf_str(&b), "a.c").n > 0);
    hr_buf_free(&b);
}

static void lists_keep_both_ends(void **state)
{
    (void)state;
    static const row rows[] = {
        {"a.py",
         {"CODES = {\n", "    'name %': ['value', %],\n", "}\n"},
         "CODES = {\n    'name 0': ['value', 0],\n    'name 1': ['value', 1],\n    'name 2': "
         "['value', 2],\n    # [lines 5\xe2\x80\x93"
         "30 omitted: 26 entries]\n    'name 29': ['value', 29],\n}\n"},
        {"a.c",
         {"static const int t[] = {\n", "    1%, 2%, 3%, 4%,\n", "};\n"},
         "static const int t[] = {\n    10, 20, 30, 40,\n    // [lines 3\xe2\x80\x93"
         "30 omitted: 112 entries]\n    129, 229, 329, 429,\n};\n"},
        {"a.ts",
         {"export const all = [\n", "  { id: %, name: 'x' },\n", "];\n"},
         "export const all = [\n  { id: 0, name: 'x' },\n  { id: 1, name: 'x' },\n  { id: 2, name: "
         "'x' },\n  // [lines 5\xe2\x80\x93"
         "30 omitted: 26 entries]\n  { id: 29, name: 'x' },\n];\n"},
    };
    check_rows(rows, 3);
    opts.query = HR_STR("what has \"name 17\"?");
    hr_str got = outlined(text_of(rows[0].parts, 6), "a.py");
    assert_true(
        hr_str_has(got, HR_STR("18 omitted: 14 entries]\n    'name 17': ['value', 17],\n")));
    /* an object of functions is a program, no list */
    const char *const api[] = {"module.exports = {\n", "  f%(a) { return a + %; },\n", "};\n"};
    assert_int_equal(outlined(text_of(api, 3), "a.js").n, 0);
}

static void notes_tell_of_other_places(void **state)
{
    (void)state;
    const char *const parts[] = {
        "def open_store(path):\n    return path\n\n\ndef close_store():\n    pass\n\n\n"
        "class StoreError(Exception):\n    pass\n\n\ndef load(path):\n",
        "    rows.append(path, %)\n",
        "    try:\n        rows = open_store(path)\n    except (OSError, json.JSONDecodeError) as "
        "e:\n"
        "        raise StoreError(path) from e\n    finally:\n        close_store()\n"
        "    # undocumented()\n    return parse(rows)\n"};
    hr_str text = text_of(parts, 3);
    static const char head[] = "def open_store(path):\n    return path\n\n\ndef close_store():\n"
                               "    pass\n\n\nclass StoreError(Exception):\n    pass\n\n\n"
                               "def load(path):\n    ...  # [lines 14\xe2\x80\x93"
                               "51 omitted";
    hr_str all = hr_strf(&arena,
                         "%s; calls: StoreError, close_store, open_store; raises: StoreError; "
                         "handles: JSONDecodeError, OSError]\n",
                         head);
    assert_form(text, "a.py", hr_zstr(&arena, all));
    opts.code.semantic_analysis = false;
    hr_str errors =
        hr_strf(&arena, "%s; raises: StoreError; handles: JSONDecodeError, OSError]\n", head);
    assert_form(text, "a.py", hr_zstr(&arena, errors));
    opts.code.preserve_error_handlers = false;
    assert_form(text, "a.py", hr_zstr(&arena, hr_strf(&arena, "%s]\n", head)));
}

static void errors_are_named_in_each_language(void **state)
{
    (void)state;
    static const struct {
        const char *file, *open, *line, *close, *says;
    } rows[] = {
        {"a.java", "class A {\nvoid f() {\n", "  g(%);\n",
         "  try { g(); } catch (final IOException | java.sql.SQLException e) { throw new "
         "StoreError(e); }\n}\n}\n",
         "; raises: StoreError; handles: IOException, SQLException]"},
        {"a.js", "function f() {\n", "  g(%);\n",
         "  try { g(); } catch (err) { throw new StoreError(err); }\n  throw err;\n}\n",
         "; raises: StoreError]"},
        {"a.rb", "def f\n", "  g %\n",
         "  begin\n    g\n  rescue IOError, Store::Missing => e\n    raise StoreError, 'no'\n  "
         "end\nend\n",
         "; raises: StoreError; handles: IOError, Missing]"},
        {"a.php", "<?php\nfunction f() {\n", "  g(%);\n",
         "  try { g(); } catch (A\\Missing | Broken $e) { throw new StoreError('x'); }\n}\n",
         "; raises: StoreError; handles: Broken, Missing]"},
        {"a.cs", "class A {\nvoid F() {\n", "  G(%);\n",
         "  try { G(); } catch (IOException e) { throw new StoreError(e); }\n}\n}\n",
         "; raises: StoreError; handles: IOException]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const parts[] = {rows[i].open, rows[i].line, rows[i].close};
        hr_str got = outlined(text_of(parts, 3), rows[i].file);
        if (!hr_str_has(got, hr_cstr(rows[i].says)))
            fprintf(stderr, "%s: %.*s\n", rows[i].file, HR_FMT(got));
        assert_true(hr_str_has(got, hr_cstr(rows[i].says)));
    }
}

static const char *const TWO[] = {"class Store:\n    def load_rows(self):\n        \"\"\"Load.\n\n",
                                  "        Example number % of many examples.\n",
                                  "        \"\"\"\n",
                                  "        self.read(%)\n",
                                  "\n    def saveRows(self):\n",
                                  "        self.write(%)\n"};

static void options_do_what_they_say(void **state)
{
    (void)state;
    hr_str text = text_of(TWO, 6);
    hr_str got = outlined(text, "a.py");
    assert_true(hr_str_has(got, HR_STR("\"\"\"Load.\n        " NOTE(4, 34))));
    opts.code.docstring_mode = HR_DOCSTRINGS_FULL;
    got = outlined(text, "a.py");
    assert_true(hr_str_has(got, HR_STR("Example number 29")));
    assert_true(hr_str_has(got, HR_STR("# " NOTE(36, 65))));
    opts.code.docstring_mode = HR_DOCSTRINGS_NONE;
    got = outlined(text, "a.py");
    assert_true(hr_str_has(got, HR_STR("        ...  # " NOTE(3, 35) "\n")));
    assert_false(hr_str_has(got, HR_STR("Load.")));
    opts.code.docstring_mode = HR_DOCSTRINGS_FIRST_LINE;
    opts.code.max_body_lines = 70; /* one body has 63 lines, the other 30 */
    assert_false(hr_str_has(outlined(text, "a.py"), HR_STR("# [lines")));
    opts.code.max_body_lines = 30;
    got = outlined(text, "a.py");
    assert_true(hr_str_has(got, HR_STR("# " NOTE(36, 65))));
    assert_true(hr_str_has(got, HR_STR("self.write(29)")));
    opts.code.max_body_lines = 5;
    opts.code.target_compression_rate = 0.5; /* there is room for one body: the first */
    got = outlined(text, "a.py");
    assert_true(hr_str_has(got, HR_STR("self.read(29)")));
    assert_false(hr_str_has(got, HR_STR("self.write(29)")));
    opts.code.target_compression_rate = 1;
    assert_false(hr_str_has(outlined(text, "a.py"), HR_STR("# [lines")));
    const char *const notes[] = {"// About a thing.\n", "// Example number % of many examples.\n",
                                 "int f(void);\n"};
    opts.code.compress_comments = false;
    assert_int_equal(outlined(text_of(notes, 3), "a.c").n, 0);
}

static void a_hint_is_heard(void **state)
{
    (void)state;
    const char *const parts[] = {"def f\n", "  g %\n", "end\n"};
    hr_str text = text_of(parts, 3);
    assert_int_equal(hr_code_lang_named(HR_STR("C++")), HR_LANG_CPP);
    assert_int_equal(hr_code_lang_named(HR_STR("TypeScript")), HR_LANG_TYPESCRIPT);
    assert_int_equal(hr_code_lang_named(HR_STR("ts")), HR_LANG_TYPESCRIPT);
    assert_int_equal(hr_code_lang_named(HR_STR("cobol")), HR_LANG_NONE);
    opts.code.language_hint = HR_STR("ruby");
    assert_form(text, "", "def f\n  # " NOTE(2, 31) "\nend\n");
    opts.code.language_hint = HR_STR("cobol"); /* not known: as if nothing was said */
    assert_form(text, "a.rb", "def f\n  # " NOTE(2, 31) "\nend\n");
}

static void queries_name_symbols_in_many_ways(void **state)
{
    (void)state;
    static const char *const asks[] = {
        "Where does saveRows write?",       "call Store.saveRows",   "`store.saveRows()` hangs",
        "src/store.py::Store::saveRows",    "see store.py:SAVEROWS", "{\"pattern\":\"saveRows\"}",
        "Store#saveRows and self.saveRows", "\"saveRows\""};
    hr_str text = text_of(TWO, 6);
    hr_str whole = hr_str_sub(text, hr_str_find(text, HR_STR("    def saveRows")), text.n);
    /* the class is long: being named does not keep all of it */
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_add(&b, text);
    hr_buf_lit(&b, "\n    def other(self):\n");
    many(&b, "        self.more(%)\n", 160);
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        opts.query = hr_cstr(asks[i]);
        hr_str got = outlined(hr_buf_str(&b), "a.py");
        assert_true(hr_str_has(got, whole));
        assert_false(hr_str_has(got, HR_STR("self.read(3)")));
    }
    /* a name far behind in a long question */
    hr_buf q = HR_BUF_INIT(0);
    many(&q, "first look at thing_number_% and then go on. ", 300);
    hr_buf_lit(&q, "Where does saveRows write?");
    opts.query = hr_buf_str(&q);
    assert_true(hr_str_has(outlined(hr_buf_str(&b), "a.py"), whole));
    hr_buf_free(&q);
    hr_buf_free(&b);
}

static void statements_that_call_what_is_asked_for_stay(void **state)
{
    (void)state;
    const char *const parts[] = {"int run(void)\n{\n", "    step(%, \"words of some length\");\n",
                                 "    if (iswdigit(c))\n        c = next();\n    // iswdigit\n",
                                 "    step(%, \"words of some length\");\n", "}\n"};
    opts.query = HR_STR("where is iswdigit used");
    assert_form(text_of(parts, 5), "a.c",
                "int run(void)\n{\n    // " NOTE(3, 32) "\n    if (iswdigit(c))\n        c = "
                                                        "next();\n    // " NOTE(35, 65) "\n}\n");
}

static void the_call_says_what_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *tool, *input;
        bool program;
    } rows[] = {
        {"Bash", "{\"command\":\"cat src/tables.rs\"}", true},
        {"Bash", "{\"command\":\"cd src && sed -n '1,90p' tables.rs\"}", true},
        {"shell", "{\"command\":[\"bash\",\"-lc\",\"head -n 80 a/b.py\"]}", true},
        {"read_file", "{\"path\":\"a/b.py\"}", true},
        {"mcp__fs__view", "{\"filePath\":\"a/b.ts\",\"offset\":3}", true},
        {"Bash", "{\"command\":\"python3 a/b.py\"}", false},
        {"Bash", "{\"command\":\"cat a.py | grep def\"}", false},
        {"Bash", "{\"command\":\"cat a.py b.py\"}", false},
        {"Bash", "{\"command\":\"cat notes.md\"}", false},
        {"search", "{\"path\":\"a/b.py\",\"pattern\":\"x\"}", false},
        {"Bash", "cat", false},
        {"", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool got = hr_code_shown(hr_cstr(rows[i].tool), hr_cstr(rows[i].input), &arena);
        if (got != rows[i].program)
            fprintf(stderr, "%s\n", rows[i].input);
        assert_int_equal(got, rows[i].program);
    }
    /* numbers in rows, which a table would be, are a program when the call says so */
    const char *const parts[] = {"pub static T: [u8; 400] = [\n", "    1%, 2%, 3%, 4%,\n", "];\n"};
    hr_compress_opts o = opts;
    hr_compressed r;
    o.min_tokens = o.lossy_min_tokens = 1;
    o.tool_name = hr_cstr(rows[0].tool);
    o.tool_input = hr_cstr(rows[0].input);
    assert_int_equal(hr_compress_text(&o, text_of(parts, 3), &arena, &r), HR_OK);
    assert_int_equal(r.kind, HR_KIND_CODE);
    assert_int_equal(r.reason, HR_R_PROTECTED_CODE);
    o.code.allow = true;
    assert_int_equal(hr_compress_text(&o, text_of(parts, 3), &arena, &r), HR_OK);
    assert_int_equal(r.reason, HR_R_CODE_BODIES);
}

static void small_programs_have_a_gate_of_their_own(void **state)
{
    (void)state;
    hr_compress_opts o = opts;
    hr_compressed r;
    hr_str text = text_of(TWO, 6);
    o.code.allow = true;
    o.tool_input = HR_STR("{\"command\":\"cat a.py\"}");
    assert_int_equal(hr_compress_text(&o, text, &arena, &r), HR_OK);
    assert_false(r.changed);
    o.code.min_tokens = 100;
    assert_int_equal(hr_compress_text(&o, text, &arena, &r), HR_OK);
    assert_int_equal(r.reason, HR_R_CODE_BODIES);
    o.code.min_tokens = 100000;
    o.lossy_min_tokens = 1;
    assert_int_equal(hr_compress_text(&o, text, &arena, &r), HR_OK);
    assert_false(r.changed);
}

static void large_and_hostile_texts_are_bounded(void **state)
{
    (void)state;
    /* ten megabytes: untouched at once */
    hr_str line = HR_STR("int f(void) { return 1; }\n");
    size_t n = ((size_t)10 << 20) / line.n * line.n;
    char *p = hr_alloc(&arena, n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i += line.n)
        memcpy(p + i, line.p, line.n);
    hr_compress_opts o = opts;
    hr_compressed r;
    uint64_t from = hr_now_ns(&hr_clock_system);
    hr_deadline d = {&hr_clock_system, from + 20000000000u};
    o.deadline = &d;
    o.code.allow = true;
    o.tool_input = HR_STR("{\"command\":\"cat a.c\"}");
    assert_int_equal(hr_compress_text(&o, hr_str_of(p, n), &arena, &r), HR_OK);
    assert_false(r.changed);
    assert_true(r.text.p == p && r.text.n == n);
    /* lists in lists with much in the innermost */
    size_t at = 0;
    for (int i = 0; i < 3000; i++, at += 2)
        memcpy(p + at, "[\n", 2);
    for (; at < 900000; at += 3)
        memcpy(p + at, "1,\n", 3);
    for (int i = 0; i < 3000; i++, at += 2)
        memcpy(p + at, "]\n", 2);
    hr_key key = hr_key_of(hr_str_of(p, at));
    hr_forms f = {0};
    o.query = HR_STR("where is thing_one?");
    o.tool_input = HR_STR("a.py");
    o.deadline = NULL;
    (void)hr_compress_code(&o, hr_str_of(p, at), &key, true, &arena, &f);
    assert_true(hr_now_ns(&hr_clock_system) - from < 20000000000u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comments_keep_their_first_sentence, setup, teardown),
        cmocka_unit_test_setup_teardown(comments_keep_what_matters, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_keep_both_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(notes_tell_of_other_places, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_are_named_in_each_language, setup, teardown),
        cmocka_unit_test_setup_teardown(options_do_what_they_say, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hint_is_heard, setup, teardown),
        cmocka_unit_test_setup_teardown(queries_name_symbols_in_many_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(statements_that_call_what_is_asked_for_stay, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_call_says_what_is_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(small_programs_have_a_gate_of_their_own, setup, teardown),
        cmocka_unit_test_setup_teardown(large_and_hostile_texts_are_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
