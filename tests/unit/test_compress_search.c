/* Search results are grouped without loss, and cut only with a count in place. */
#include "compress/marker.h"
#include "compress/search/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

hr_compressor hr_compress_search;

static hr_arena arena;

static hr_forms run(hr_str text, hr_str query, bool lossy)
{
    hr_compress_opts o = hr_compress_defaults();
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    o.query = query;
    hr_err e = hr_compress_search(&o, text, &key, lossy, &arena, &f);
    assert_true(e == HR_OK || e == HR_E_SYNTAX);
    return f;
}

static void inverts(const char *z, bool must_shrink)
{
    hr_buf many = HR_BUF_INIT(0); /* long enough for the form's first line */
    for (int i = 0; i < 9; i++)
        hr_buf_addf(&many, "%s%s", many.n && many.p[many.n - 1] != '\n' ? "\n" : "", z);
    hr_str text = hr_str_dup(&arena, hr_buf_str(&many));
    hr_buf_free(&many);
    hr_forms f = run(text, HR_STR_NONE, false);
    if (must_shrink)
        assert_true(f.lossless.n > 0 && f.lossless.n < text.n);
    if (!f.lossless.n)
        return;
    hr_buf back = HR_BUF_INIT(0);
    assert_int_equal(hr_paths_ungroup(f.lossless, &back), HR_OK);
    assert_int_equal(back.n, text.n);
    assert_memory_equal(back.p, text.p, text.n);
    hr_buf_free(&back);
}

static void groups_and_inverts(void **state)
{
    (void)state;
    inverts("src/app/main.py:12:import os\nsrc/app/main.py:40:    os.getcwd()\n"
            "src/app/util.py:7:import os\nsrc/app/util.py:9:x = 'a:b:c'\n",
            true);
    inverts("src/app/main.py:12:import os\nsrc/app/main.py-13-\nsrc/app/main.py-14-    y = 2\n--\n"
            "src/app/main.py:40:    os.getcwd()\nsrc/app/main.py-41-  end",
            true);
    inverts("lib/template/a.py:10\nlib/template/b.py:5\nlib/template/loaders/c.py:4\n"
            "lib/template/loaders/d.py:4\n",
            true);
    inverts("lib/t/a/b/c.py:10\nlib/t/a/d.py:5\nlib/t/e/f.py:4\nlib/u/g/h.py:4\nlib/t/../x.py:1\n",
            false);
    inverts("src/app/12-x:1:a\nsrc/app/12:1:b\nsrc/app/12.c:1:c\nsrc/app/404.html:7:d\n", false);
    inverts("a.py:1:x\nb.py:2:y\n", false);
    inverts("src/a.c:1:text ending in colon:\nsrc/a.c:2:\nsrc/a.c:3:x:\nsrc/b.c:3:\n", false);
    inverts("src/app/a-1-b.py-3-x\nsrc/app/a-1-b.py:4:y\nsrc/app/a-1-b.py-5-z\n", false);
    inverts("src/app/main.py:import os\nsrc/app/main.py:    os.getcwd()\nsrc/app/x.py::\n", true);
    inverts("C:\\src\\main.py:1:import os\nC:\\src\\main.py:9:x\nC:\\src\\u.py:2:y\n", true);
    inverts("/w/a:b/x.c:1:int a;\n/w/a:b/x.c:2:int b;\n/w/a:b/y.c:3:z\n", true);
    inverts("src/a b.c:1:x\nsrc/a b.c=2=int f(void)\nsrc/a b.c:3:y\n", true);
    inverts("src/a.c:12:5:x\nsrc/a.c:13:1:y\nBinary file src/a.bin matches\n", true);
    inverts("src/a.c:http://h/y.c:80:x\nsrc/a.c:b::c\nsrc/a.c:12 3\nsrc/b.c:x\n", true);
    inverts("src/2024-01-02.log:1:x\n2024-01-02.log:1:y\n2024-01-02.log:2:y\n", false);
    inverts("src/a.c:1:x\nsrc/a.c:2:y\n12:unrelated\nsrc/a.c:3:z\n", false);
    inverts(" src/a.c:1:indented\nsrc/a.c:2:x\n", false);
}

static void paths_are_spelled_once_in_full(void **state)
{
    (void)state;
    hr_str text = HR_STR(
        "src/app/main.py:12:import os\nsrc/app/main.py:40:    os.getcwd()\n"
        "src/app/main.py:44:    os.getcwd()\nsrc/app/main.py:71:    os.sep\n"
        "src/app/main-5-x.py:3:os\nsrc/app/main.py:90:os\nsrc/app/main.py:91:os\n"
        "Binary file src/app/main.bin matches\nsrc/app/main.py:95:os\nsrc/app/main.py:99:os\n");
    hr_forms f = run(text, HR_STR_NONE, false);
    assert_true(
        hr_str_eq(f.lossless,
                  HR_STR("[number or colon first: same file as above]\n"
                         "src/app/main.py:12:import os\n40:    os.getcwd()\n44:    os.getcwd()\n"
                         "71:    os.sep\nsrc/app/main-5-x.py:3:os\nsrc/app/main.py:90:os\n91:os\n"
                         "Binary file src/app/main.bin matches\nsrc/app/main.py:95:os\n99:os\n")));
}

/* Counts hardly repeat a path; what the question names is spelled in full. */
static void folders_are_left_out_of_counts(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 30; i++)
        hr_buf_addf(&b, "packages/server/source/handlers/view%c.ts:%d\n", 'a' + i % 26, i);
    hr_forms f = run(hr_buf_str(&b), HR_STR("how many in handlers/viewq.ts?"), false);
    assert_true(hr_str_starts(f.lossless, HR_STR("[blank first: same folder as above]\n"
                                                 "packages/server/source/handlers/viewa.ts:0\n"
                                                 " viewb.ts:1\n viewc.ts:2\n")));
    assert_true(
        hr_str_has(f.lossless, HR_STR("\npackages/server/source/handlers/viewq.ts:16\n viewr")));
    hr_buf_free(&b);
}

static void keeps_every_file_and_count(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int f = 0; f < 20; f++) {
        for (int l = 1; l <= 30; l++)
            hr_buf_addf(&b, "src/mod%d/file.py:%d:    value = compute(%d)%s\n", f, l * 3, l,
                        f == 7 && l == 22 ? "  # zebra_crossing" : "");
    }
    hr_str text = hr_buf_str(&b);
    hr_forms r = run(text, HR_STR("where is zebra_crossing used?"), true);
    assert_true(r.lossy.n > 0 && r.lossy.n * 4 < text.n);
    assert_true(hr_str_has(r.lossy, HR_STR("zebra_crossing")));
    for (int f = 0; f < 20; f++) {
        hr_str name = hr_strf(&arena, "src/mod%d/", f);
        assert_true(hr_str_has(r.lossy, name));
    }
    assert_true(hr_str_has(r.lossy, HR_STR("[27 more matches in src/mod0/file.py]")));
    assert_true(hr_str_has(r.lossy, HR_STR("539 of 600 matches omitted, in 20 files")));
    hr_marker_hit hit;
    assert_true(hr_marker_find(r.lossy, 0, &hit));
    hr_key key = hr_key_of(text);
    assert_true(hr_str_eq(hit.hash, hr_key_str(&key)));
    hr_buf_free(&b);
}

static void headings_keep_their_matches_counted(void **state)
{
    (void)state;
    hr_str text = HR_STR("src/a.c\n1:a();\n3:a();\n5:a();\n7:a();\n9:a();\n\nsrc/b.c\n2:a();\n");
    hr_forms f = run(text, HR_STR_NONE, true);
    assert_true(hr_str_starts(f.lossy, HR_STR("src/a.c\n1:a();\n3:a();\n5:a();\n"
                                              "[2 more matches in src/a.c]\n\nsrc/b.c\n2:a();\n")));
    assert_int_equal(f.lossless.n, 0);
}

static void context_goes_with_its_match(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 1; i < 7; i++)
        hr_buf_addf(&b, "%ssrc/a.c-%d-before\nsrc/a.c:%d:match\nsrc/a.c-%d-after\n",
                    i > 1 ? "--\n" : "", i * 10 - 1, i * 10, i * 10 + 1);
    hr_forms f = run(hr_buf_str(&b), HR_STR_NONE, true);
    assert_true(hr_str_has(f.lossy, HR_STR("29-before\n30:match\n31-after\n"
                                           "[3 more matches and 6 context lines in src/a.c]\n")));
    assert_false(hr_str_has(f.lossy, HR_STR("39-before")));
    hr_buf_free(&b);
}

static void json_of_ripgrep_is_shown_as_lines(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"type\":\"begin\",\"data\":{\"path\":{\"text\":\"src/a.c\"}}}\n");
    for (int i = 1; i < 6; i++)
        hr_buf_addf(&b,
                    "{\"type\":\"match\",\"data\":{\"path\":{\"text\":\"src/a.c\"},\"lines\":{"
                    "\"text\":\"x(\\\"%d\\\");\\n\"},\"line_number\":%d,\"absolute_offset\":%d,"
                    "\"submatches\":[]}}\n",
                    i, i, i * 100);
    hr_buf_lit(&b, "{\"type\":\"end\",\"data\":{\"path\":{\"text\":\"src/a.c\"}}}\n");
    hr_str text = hr_buf_str(&b);
    assert_int_equal(hr_detect(text), HR_KIND_SEARCH);
    hr_forms f = run(text, HR_STR_NONE, true);
    assert_true(hr_str_has(f.lossy, HR_STR("]\nsrc/a.c:1:x(\"1\");\n2:x(\"2\");\n3:x(\"3\");\n"
                                           "[2 more matches in src/a.c]\n[ripgrep's JSON")));
    hr_buf_free(&b);
}

static void other_text_is_refused(void **state)
{
    (void)state;
    hr_forms f = run(HR_STR("just some words\nand more of them\n"), HR_STR_NONE, true);
    assert_int_equal(f.lossless.n, 0);
    assert_int_equal(f.lossy.n, 0);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_and_inverts),
        cmocka_unit_test(paths_are_spelled_once_in_full),
        cmocka_unit_test(folders_are_left_out_of_counts),
        cmocka_unit_test(keeps_every_file_and_count),
        cmocka_unit_test(headings_keep_their_matches_counted),
        cmocka_unit_test(context_goes_with_its_match),
        cmocka_unit_test(json_of_ripgrep_is_shown_as_lines),
        cmocka_unit_test(other_text_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
