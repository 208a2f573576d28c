/* A shortened diff says the truth: every change, header and mode byte for byte, gaps counted. */
#include "compress/forms.h"
#include "compress/marker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;

static hr_forms run(hr_str text, const char *query)
{
    hr_compress_opts o = {.via = HR_VIA_TOOL, .query = hr_cstr(query)};
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    assert_int_equal(hr_compress_diff(&o, text, &key, true, &arena, &f), HR_OK);
    return f;
}

static void changes_stay_context_is_counted(void **state)
{
    (void)state;
    hr_str d = HR_STR(
        "diff --git a/src/x.c b/src/x.c\nold mode 100644\nnew mode 100755\n"
        "index 1111111..2222222\n--- a/src/x.c\n+++ b/src/x.c\n"
        "@@ -1,12 +1,12 @@ int f(void)\n c1\n c2\n c3\n--- old\n+-- new\n c4\n c5\n c6 needle_77\n"
        " c7\n c8\n-gone\n+came\n c9\n c10\n");
    hr_forms f = run(d, "what about needle_77");
    assert_true(hr_str_has(f.lossy, HR_STR("new mode 100755\n")));
    assert_true(hr_str_has(
        f.lossy, HR_STR("@@ -1,12 +1,12 @@ int f(void)\n~2\n c3\n--- old\n+-- new\n c4\n~1\n"
                        " c6 needle_77\n~1\n c8\n-gone\n+came\n")));
    assert_true(hr_str_has(f.lossy, HR_STR(" context, 0 of deleted or generated files, 0 that "
                                           "differ in blanks at their ends only.")));
    /* the ---/+++ pair only repeats the first line */
    assert_true(f.lossless.n > 0);
    assert_false(hr_str_has(f.lossless, HR_STR("+++ b/src/x.c")));
    assert_true(hr_str_has(f.lossless, HR_STR("--- old\n")));
}

static void lock_files_are_folded(void **state)
{
    (void)state;
    hr_str d = HR_STR("diff --git a/yarn.lock b/yarn.lock\n--- a/yarn.lock\n+++ b/yarn.lock\n"
                      "@@ -1,4 +1,5 @@\n a\n-b\n-c\n+d\n+e\n+f\n g\n"
                      "diff --git a/a.js b/a.js\n--- a/a.js\n+++ b/a.js\n@@ -1 +1 @@\n-x\n+y\n");
    hr_forms f = run(d, "");
    assert_true(
        hr_str_has(f.lossy, HR_STR("~7 generated lines: 3 added, 2 removed, 2 unchanged\n")));
    assert_true(hr_str_has(f.lossy, HR_STR("-x\n+y\n")));
}

static void a_deleted_file_is_told_by_its_header(void **state)
{
    (void)state;
    hr_str d = HR_STR("diff --git a/x.c b/x.c\ndeleted file mode 100644\n--- a/x.c\n+++ /dev/null\n"
                      "@@ -1,4 +0,0 @@\n-a\n-b needle_99\n-c\n-d\n"
                      "diff --git a/y.c b/y.c\n--- a/y.c\n+++ b/y.c\n@@ -1 +1 @@\n-x\n+y\n");
    hr_forms f = run(d, "needle_99?");
    assert_true(hr_str_has(f.lossy, HR_STR("~1 deleted lines\n-b needle_99\n~2 deleted lines\n")));
    assert_true(hr_str_has(f.lossy, HR_STR("-x\n+y\n")));
}

static void white_space_counts_where_it_means_something(void **state)
{
    (void)state;
    static const char body[] =
        "@@ -1,3 +1,3 @@\n-a(1);\n-b(2);\n-c(3);\n+  a(1);\n+  b(2);\n+  c(3);\n";
    hr_str js = hr_strf(&arena, "--- a/f.js\n+++ b/f.js\n%s", body);
    hr_str py = hr_strf(&arena, "--- a/f.py\n+++ b/f.py\n%s", body);
    assert_true(hr_str_has(run(js, "").lossy,
                           HR_STR("~3 lines changed in indentation or trailing blanks only\n")));
    assert_int_equal(run(py, "").lossy.n, 0);
}

static void space_inside_a_line_is_a_change(void **state)
{
    (void)state;
    hr_forms f =
        run(HR_STR("--- a/f.js\n+++ b/f.js\n@@ -1,3 +1,3 @@\n-a('x y');\n-b = 2\n-return c\n"
                   "+a('xy');\n+b =  2\n+returnc\n"),
            "");
    assert_int_equal(f.lossy.n, 0);
}

static void a_merge_keeps_both_columns(void **state)
{
    (void)state;
    hr_forms f =
        run(HR_STR("diff --cc x.c\nindex 1,2..3\n--- a/x.c\n+++ b/x.c\n"
                   "@@@ -1,9 -1,9 +1,9 @@@ int f\n  c1\n  c2\n  c3\n  c4\n+ ours\n +theirs\n"
                   "--both\n  c5\n  c6\n  c7\ndiff --git a/y b/y\n--- a/y\n+++ b/y\n"
                   "@@ -1 +1 @@\n-x\n+y\n"),
            "");
    assert_true(
        hr_str_has(f.lossy, HR_STR("@@@ int f\n~3\n  c4\n+ ours\n +theirs\n--both\n  c5\n~2\n"
                                   "diff --git a/y b/y\n")));
}

static void a_hunk_that_was_cut_off_ends_where_it_ends(void **state)
{
    (void)state;
    hr_forms f = run(
        HR_STR("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,90 +1,90 @@\n c1\n c2\n c3\n-a\n+b\n"
               "... 80 lines left out ...\ndiff --git a/yarn.lock b/yarn.lock\n--- a/yarn.lock\n"
               "+++ b/yarn.lock\n@@ -1 +1 @@\n-x\n+y\n\\ No newline at end of file\n"),
        "");
    assert_true(
        hr_str_has(f.lossy, HR_STR("\n+b\n... 80 lines left out ...\ndiff --git a/yarn.lock")));
    assert_true(hr_str_has(f.lossy, HR_STR("~2 generated lines: 1 added, 1 removed, 0 unchanged\n"
                                           "\\ No newline at end of file\n")));
}

static void generated_files_say_so(void **state)
{
    (void)state;
    hr_forms f = run(
        HR_STR("diff --git a/x.go b/x.go\nnew file mode 100644\n--- /dev/null\n+++ b/x.go\n"
               "@@ -0,0 +1,3 @@\n+// Code generated by stringer. DO NOT EDIT.\n+\n+package x\n"),
        "");
    assert_true(
        hr_str_has(f.lossy, HR_STR("~3 generated lines: 3 added, 0 removed, 0 unchanged\n")));
    assert_true(hr_str_has(f.lossy, HR_STR("where changed lines are left out, it says so")));
}

static void no_diff_is_refused(void **state)
{
    (void)state;
    hr_compress_opts o = {.via = HR_VIA_TOOL};
    hr_str t = HR_STR("--- a title\n+++ more\n");
    hr_key key = hr_key_of(t);
    hr_forms f = {0};
    assert_int_equal(hr_compress_diff(&o, t, &key, true, &arena, &f), HR_E_SYNTAX);
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
        cmocka_unit_test(changes_stay_context_is_counted),
        cmocka_unit_test(lock_files_are_folded),
        cmocka_unit_test(a_deleted_file_is_told_by_its_header),
        cmocka_unit_test(white_space_counts_where_it_means_something),
        cmocka_unit_test(space_inside_a_line_is_a_change),
        cmocka_unit_test(a_merge_keeps_both_columns),
        cmocka_unit_test(a_hunk_that_was_cut_off_ends_where_it_ends),
        cmocka_unit_test(generated_files_say_so),
        cmocka_unit_test(no_diff_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
