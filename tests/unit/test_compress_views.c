/* Views on real outputs (tests/data/commands): what must stay stays, counts are exact, nothing
 * grows, and what loses nothing comes back byte for byte, also from outputs that were cut. */
#include "../files.h"
#include "compress/log/log_lossless.h"
#include "compress/marker.h"
#include "compress/view/columns.h"
#include "compress/view/git_log.h"
#include "compress/view/listing.h"
#include "compress/view/view_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;

static hr_compressed compress(hr_str text, const char *command, const char *query, bool lossless)
{
    hr_compress_opts o = hr_compress_defaults();
    o.tool_name = HR_STR("Bash");
    o.tool_input = hr_strf(&arena, "{\"command\":\"%s\"}", command);
    o.query = hr_cstr(query);
    o.lossless_only = lossless;
    hr_compressed c;
    assert_int_equal(hr_compress_text(&o, text, &arena, &c), HR_OK);
    assert_true(c.text.n <= text.n && c.tokens_after <= c.tokens_before);
    return c;
}

static void comes_back(hr_str text, const hr_compressed *c)
{
    hr_buf back = HR_BUF_INIT(0);
    hr_err e = HR_E_SYNTAX;
    if (!c->changed)
        return;
    if (c->reason == HR_R_LOG_TEMPLATE)
        e = hr_log_decode(c->text, &arena, &back);
    else if (c->reason == HR_R_TABLE_COLUMNS)
        e = hr_columns_unpack(c->text, &arena, &back);
    else if (c->reason == HR_R_GIT_LOG)
        e = hr_git_log_unpack(c->text, &arena, &back);
    else if (hr_str_starts(c->text, HR_STR("[tree of ")))
        e = hr_tree_unpack(c->text, &arena, &back);
    else if (c->reason == HR_R_LISTING_GROUP)
        e = hr_listing_ungroup(c->text, &back);
    else
        fail_msg("no way back from %s", hr_reason_code(c->reason));
    assert_int_equal(e, HR_OK);
    assert_int_equal(back.n, text.n);
    assert_memory_equal(back.p, text.p, text.n);
    hr_buf_free(&back);
}

static const struct {
    const char *file, *command, *query;
    hr_reason lossless, lossy;
    const char *stays[8];
} outputs[] = {
    {"find.txt",
     "find shop",
     "where is cart_invoice",
     HR_R_LISTING_GROUP,
     HR_R_LISTING_FOLDERS,
     {"shop/src/api/: 26 names (26 .py) and 1 folder", "schema.sql", "Makefile", "shop/docs/: 26",
      "shop/vendor/ has only: chalk left-pad"}},
    {"ls-lR.txt",
     "ls -lR shop",
     "",
     HR_R_LOG_TEMPLATE,
     HR_R_LISTING_FOLDERS,
     {"shop/src/core/: 27 files (26 .py, 1 .sql) and 1 folder", "48213 Mar  4", "Dockerfile"}},
    {"tree.txt",
     "tree shop",
     "",
     HR_R_LISTING_GROUP,
     HR_R_LISTING_GROUP, /* all names in less than half: none are counted away */
     {"19 directories, 317 files", "schema.sql"}},
    {"du.txt",
     "du -a shop | sort -k2",
     "",
     HR_R_LISTING_GROUP,
     HR_R_LISTING_FOLDERS,
     {"2208\tshop: 4 names", "180\tshop/assets/icons: 26 names (26 .svg)", "schema.sql"}},
    {"tar.txt",
     "tar -tvf shop.tar",
     "",
     HR_R_LOG_TEMPLATE,
     HR_R_LISTING_FOLDERS,
     {"48213 2026-03-04 10:20 shop/src/core/schema.sql", "shop/docs/: 26 files"}},
    {"npm-ls.txt",
     "npm ls --all",
     "which version of proggy",
     HR_R_LISTING_GROUP,
     HR_R_LISTING_FOLDERS,
     {"npm@11.19.1", "proggy@4.0.0", "inner packages"}},
    {"dpkg.txt",
     "dpkg -l",
     "which version of dbus is installed",
     HR_R_TABLE_COLUMNS,
     HR_R_TABLE_ROWS,
     {"||/ Name", "ii  dbus                                      1.14.10-1~deb12u1"}},
    {"kubectl-pods.txt",
     "kubectl get pods -A -o wide",
     "",
     HR_R_TABLE_COLUMNS,
     HR_R_TABLE_ROWS,
     {"NAMESPACE     NAME", "CrashLoopBackOff   214 (3m12s ago)", "ImagePullBackOff",
      "a6ff994fc-d3x0z      0/1     Pending", "dd7874408-h9x3z   0/1     Pending", "3 (5h ago)",
      "Running x83"}},
    {"docker-ps.txt",
     "docker ps -a",
     "",
     HR_R_TABLE_COLUMNS,
     HR_R_TABLE_ROWS,
     {"CONTAINER ID", "Exited (137) 3 hours ago", "Restarting (1) 12 seconds ago", "(unhealthy)"}},
    {"ps-aux.txt",
     "ps aux",
     "",
     HR_R_TABLE_COLUMNS,
     HR_R_TABLE_ROWS,
     {"98.7  0.1", "[shop-export] <defunct>", " 41.3 ", "java -jar search.jar"}},
    {"df.txt", "df -h", "", HR_R_TABLE_COLUMNS, HR_R_TABLE_COLUMNS, {"97%", "/srv/disk17"}},
    {"pip-list.txt", "pip list", "", HR_R_TABLE_COLUMNS, HR_R_TABLE_COLUMNS, {"boto3 1.43.11"}},
    {"git-log.txt",
     "git log",
     "",
     HR_R_GIT_LOG,
     HR_R_GIT_LOG,
     {"commit 0000000000000000000000000000000000000007", "Author: Bo Other", "Merge: 1111111"}},
    {"git-status.txt",
     "git status -uall",
     "",
     HR_R_LOG_TEMPLATE,
     HR_R_LOG_TEMPLATE,
     {"On branch master", "Unmerged paths:", "both modified:   docs/", "use \"git add", "o30.log"}},
    {"systemctl.txt",
     "systemctl list-units",
     "",
     HR_R_LOG_TEMPLATE,
     HR_R_LOG_TEMPLATE,
     {"failed failed", "90 loaded units listed."}},
};
enum { OUTPUTS = sizeof outputs / sizeof *outputs };

static hr_str load(size_t i)
{
    char path[512];
    snprintf(path, sizeof path, "%s/commands/%s", HR_TEST_DATA, outputs[i].file);
    hr_str raw = test_read_file(path), text = hr_str_dup(&arena, raw);
    free((char *)(uintptr_t)raw.p);
    assert_true(text.n > 0);
    return text;
}

static void what_must_stay_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < OUTPUTS; i++) {
        hr_str text = load(i);
        hr_compressed c = compress(text, outputs[i].command, outputs[i].query, false);
        if (c.reason != outputs[i].lossy)
            fail_msg("%s: %s", outputs[i].file, hr_reason_code(c.reason));
        for (size_t k = 0; outputs[i].stays[k]; k++) {
            if (!hr_str_has(c.text, hr_cstr(outputs[i].stays[k])))
                fail_msg("%s: %s\n%.*s", outputs[i].file, outputs[i].stays[k], HR_FMT(c.text));
        }
        hr_marker_hit hit;
        assert_int_equal(c.lossy, hr_marker_find(c.text, 0, &hit));
    }
}

static void lossless_forms_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < OUTPUTS; i++) {
        hr_str text = load(i);
        hr_compressed c = compress(text, outputs[i].command, "", true);
        if (c.reason != outputs[i].lossless && c.reason != HR_R_LOSSLESS_ONLY)
            fail_msg("%s: %s", outputs[i].file, hr_reason_code(c.reason));
        assert_false(c.lossy);
        comes_back(text, &c);
        /* cut by head or by a limit on output */
        for (size_t n = text.n / 2; n < text.n; n += 101) {
            hr_arena_mark m = hr_arena_save(&arena);
            hr_str part = hr_str_sub(text, 0, n);
            c = compress(part, outputs[i].command, "", true);
            comes_back(part, &c);
            hr_arena_restore(&arena, m);
        }
    }
}

/* The number in front of `what`, 0 if it is not there. */
static size_t count_of(hr_str line, const char *what)
{
    size_t at = hr_str_find(line, hr_cstr(what)), from = at;
    uint64_t n = 0;
    while (at != SIZE_MAX && from && hr_is_digit(line.p[from - 1]))
        from--;
    return at != SIZE_MAX && hr_str_u64(hr_str_sub(line, from, at), &n) ? n : 0;
}

static void folders_count_every_name(void **state)
{
    (void)state;
    hr_str text = load(0), line, rest;
    hr_compressed c = compress(text, "find shop", "", false);
    size_t counted = 0, lines = 0;
    for (rest = text; hr_str_line(&rest, &line);)
        lines++;
    for (rest = c.text; hr_str_line(&rest, &line) && line.p[0] != '[';) {
        size_t only = hr_str_find(line, HR_STR(" has only:"));
        if (only != SIZE_MAX) {
            for (size_t k = only + 1; k < line.n; k++)
                counted += line.p[k - 1] == ':' || (line.p[k] == ' ' && k > only + 10);
            continue;
        }
        counted += count_of(line, " names") + count_of(line, " name ") + count_of(line, " folder");
    }
    assert_int_equal(counted, lines);
}

/* Names of tests are no files: each file with the number of its tests, and the last line as it is.
 */
static void tests_are_counted_by_file(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int f = 0; f < 9; f++) {
        for (int k = 0; k < 40 + f; k++)
            hr_buf_addf(&b, "tests/unit/test_part%d.py::test_price_%d_%d\n", f, f, k);
        for (int k = 0; k < 12; k++)
            hr_buf_addf(&b, "tests/unit/test_part%d.py::TestCart::test_sum[%d-a b]\n", f, k * f);
        if (f == 4)
            hr_buf_lit(&b, "tests/unit/test_part4.py::test_needs_db\n");
    }
    hr_buf_lit(&b, "\n505 tests collected in 0.42s\n");
    static const char *const commands[] = {"pytest --collect-only -q", "make list-tests"};
    for (size_t i = 0; i < 2; i++) {
        hr_compressed c =
            compress(hr_buf_str(&b), commands[i], "why does test_price_7_33 fail", false);
        static const char *const stays[] = {
            "[505 tests in 9 files. ",
            "\ntests/unit/test_part0.py: 52: test_price_#_# x40, TestCart::test_sum[…] x12\n",
            "\ntests/unit/test_part4.py: 57: test_price_#_# x44, TestCart::test_sum[…] x12, "
            "test_needs_db\n",
            "\ntests/unit/test_part7.py: 59: test_price_#_# x46, test_price_7_33, TestCart::",
            "\n505 tests collected in 0.42s\n[503 of 505 names of tests are only counted."};
        for (size_t k = 0; k < sizeof stays / sizeof *stays; k++) {
            if (!hr_str_has(c.text, hr_cstr(stays[k])))
                print_error("no %s in\n%.*s\n", stays[k], HR_FMT(c.text));
            assert_true(hr_str_has(c.text, hr_cstr(stays[k])));
        }
        c = compress(hr_buf_str(&b), commands[i], "", true);
        comes_back(hr_buf_str(&b), &c);
    }
    /* Outcomes are for the forms of test runs, names of other languages no files. */
    hr_buf_clear(&b);
    for (int k = 0; k < 300; k++)
        hr_buf_addf(&b, "tests/unit/test_a.py::test_b[%d] PASSED [ %d%%]\n", k, k / 3);
    hr_compressed c = compress(hr_buf_str(&b), "pytest -v", "", false);
    assert_true(c.reason != HR_R_LISTING_FOLDERS);
    hr_buf_clear(&b);
    for (int k = 0; k < 300; k++)
        hr_buf_addf(&b, "store::tests::keeps_%d\n", k);
    c = compress(hr_buf_str(&b), "ls", "", false);
    assert_false(hr_str_has(c.text, HR_STR(" tests in ")));
    hr_buf_free(&b);
}

/* Cells of several words do not part a column that has a name: the heading is no row. */
static void cells_of_words_have_one_name(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b,
               "CONTAINER ID   IMAGE        CREATED        STATUS                      NAMES\n");
    for (int i = 0; i < 120; i++)
        hr_buf_addf(&b, "82c99f767%03d   acme/app:%d   %2d hours ago   %-28sapp_%d\n", i, i % 3,
                    i % 40 + 10, i == 77 ? "Exited (137) 3 minutes ago" : "Up 9 hours", i);
    hr_compressed c = compress(hr_buf_str(&b), "docker ps -a", "", false);
    assert_int_equal(c.reason, HR_R_TABLE_ROWS);
    assert_true(hr_str_has(c.text, HR_STR(" of 120 rows omitted")));
    assert_true(hr_str_has(c.text, HR_STR("IMAGE acme/app:0 x40, acme/app:1 x40, acme/app:2 x40")));
    assert_true(hr_str_has(c.text, HR_STR("Exited (137) 3 minutes ago")));
    assert_false(hr_str_has(c.text, HR_STR("column 4")) || hr_str_has(c.text, HR_STR("IMAGE x1")));
    c = compress(hr_buf_str(&b), "docker ps -a", "", true);
    comes_back(hr_buf_str(&b), &c);
    hr_buf_free(&b);
}

static void another_text_goes_the_usual_way(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 300; i++)
        hr_buf_addf(&b, "find: '/srv/%d/x': Permission denied by policy %d, ask the owner\n", i, i);
    hr_compressed c = compress(hr_buf_str(&b), "find / -name x", "", false);
    assert_true(c.reason != HR_R_LISTING_FOLDERS && c.reason != HR_R_LISTING_GROUP);
    hr_buf_free(&b);
}

static void trees_know_their_ways(void **state)
{
    (void)state;
    static const char *const trees[] = {
        ".\n|-- a\n|   |-- b\n|   `-- c\n|-- d\n|-- e\n|-- f\n|-- g\n|-- h\n`-- i\n\n1 directory",
        "x v1\n├── a v1\n│   └── b v2\n├── c v3 (*)\n├── d v1\n├── e v1\n├── f v1\n├── g v1\n└── h "
        "v1\n",
        "g:x:jar:1\n+- g:a:jar:1\n|  +- g:b:jar:2\n|  \\- g:c:jar:2\n+- g:d:jar:1\n+- g:e:jar:1\n"
        "+- g:f:jar:1\n+- g:g:jar:1\n\\- g:h:jar:1\n",
        "x@1\n├─┬ a@1\n│ └── b@2\n├── c@3\n├── d@1\n├── e@1\n├── f@1\n├── g@1\n├── h@1", /* cut */
    };
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        hr_str text = hr_cstr(trees[i]), form, strategy;
        hr_buf back = HR_BUF_INIT(0), one = HR_BUF_INIT(0);
        hr_tree t;
        for (int k = 0; k < 8; k++) { /* long enough for the head to pay off */
            if (k)
                hr_buf_addc(&one, '\n');
            hr_buf_add(&one, text);
        }
        assert_int_equal(hr_tree_read(hr_buf_str(&one), &arena, &t), HR_OK);
        assert_int_equal(hr_tree_of_packages(&t), i != 0);
        assert_int_equal(hr_tree_pack(&t, hr_buf_str(&one), &arena, &form, &strategy), HR_OK);
        if (form.n) {
            assert_int_equal(hr_tree_unpack(form, &arena, &back), HR_OK);
            assert_true(hr_str_eq(hr_buf_str(&back), hr_buf_str(&one)));
        }
        hr_buf_free(&back);
        hr_buf_free(&one);
    }
}

static void logs_with_changes_come_back(void **state)
{
    (void)state;
    hr_str raw = test_read_file(HR_TEST_DATA "/commands/git-log-stat.txt"), form, strategy;
    hr_buf back = HR_BUF_INIT(0);
    assert_int_equal(hr_git_log_pack(raw, &arena, &form, &strategy), HR_OK);
    assert_true(form.n > 0 && form.n < raw.n);
    assert_true(hr_str_has(form, HR_STR("7 | Tue Mar  8 17:07:09\n Change part 7")));
    assert_true(hr_str_has(form, HR_STR("\n= src/part9.c | 9 +++++++++\n")));
    assert_int_equal(hr_git_log_unpack(form, &arena, &back), HR_OK);
    assert_true(hr_str_eq(hr_buf_str(&back), raw));
    assert_int_equal(hr_git_log_pack(HR_STR("commit to it\n"), &arena, &form, &strategy),
                     HR_E_SYNTAX);
    hr_buf_free(&back);
    free((char *)(uintptr_t)raw.p);
}

static void broken_forms_are_refused(void **state)
{
    (void)state;
    static const char *const forms[] = {"[3 lines, nothing left out: \"DIR/: a b\" x]\na/: b c\n",
                                        "[x lines]", "[1 lines, not]\na",
                                        "[1 lines, nothing left out: \"DIR/: a b\" x]\n a\n"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        hr_buf b = HR_BUF_INIT(0);
        assert_int_equal(hr_listing_ungroup(hr_cstr(forms[i]), &b), HR_E_SYNTAX);
        hr_buf_clear(&b);
        assert_int_equal(hr_tree_unpack(hr_cstr(forms[i]), &arena, &b), HR_E_SYNTAX);
        hr_buf_free(&b);
    }
    hr_buf b = HR_BUF_INIT(0);
    assert_int_equal(hr_columns_unpack(HR_STR("[aligned table of 9 rows, nothing left out: "
                                              "columns at 0; cells are parted by one blank; \"=\" "
                                              "is put before x]\na\n"),
                                       &arena, &b),
                     HR_E_SYNTAX);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_stay_stays),
        cmocka_unit_test(lossless_forms_come_back),
        cmocka_unit_test(folders_count_every_name),
        cmocka_unit_test(tests_are_counted_by_file),
        cmocka_unit_test(cells_of_words_have_one_name),
        cmocka_unit_test(another_text_goes_the_usual_way),
        cmocka_unit_test(trees_know_their_ways),
        cmocka_unit_test(logs_with_changes_come_back),
        cmocka_unit_test(broken_forms_are_refused),
    };
    hr_arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hr_arena_free(&arena);
    return failed;
}
