/* Tables as text: rows stay verbatim, the asked-for ones stay, the rest is counted. */
#include "compress/marker.h"
#include "compress/table/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;

static hr_forms run(hr_str text, const char *query)
{
    hr_compress_opts o = hr_compress_defaults();
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    o.query = hr_cstr(query);
    hr_err e = hr_compress_csv(&o, text, &key, true, &arena, &f);
    assert_true(e == HR_OK || e == HR_E_SYNTAX);
    return f;
}

static hr_str table(int rows, bool markdown)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_add(&b, markdown ? HR_STR("Intro.\n\n| id | city | temp | unit |\n|---|---|---|---|\n")
                            : HR_STR("id,city,temp,unit\n"));
    for (int i = 0; i < rows; i++)
        hr_buf_addf(&b, markdown ? "| %d | City %d | %d | C |\n" : "%d,City %d,%d,C\n", i, i % 7,
                    i == 150 ? 999 : 20 + i % 5);
    if (markdown)
        hr_buf_lit(&b, "\nOutro.\n");
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static void keeps_outliers_and_what_is_asked(void **state)
{
    (void)state;
    hr_forms f = run(table(300, false), "which row is the hottest?");
    assert_true(f.lossy.n > 0 && f.lossy.n * 4 < 300 * 14);
    assert_true(hr_str_has(f.lossy, HR_STR("id,city,temp,unit\n0,City 0,20,C\n")));
    assert_true(hr_str_has(f.lossy, HR_STR("150,City 3,999,C\n")));
    assert_true(hr_str_has(f.lossy, HR_STR("299,City 5,24,C\n")));
    assert_true(hr_str_has(f.lossy, HR_STR("of 300 rows omitted")));
    /* every row that is shown is a row of the table */
    hr_str whole = table(300, false);
    for (hr_str rest = f.lossy, line; hr_str_line(&rest, &line);)
        assert_true(line.p[0] == '[' || hr_str_has(whole, line));
}

static void constant_columns_are_said_once(void **state)
{
    (void)state;
    hr_forms f = run(table(40, false), "");
    assert_true(
        hr_str_starts(f.lossless, HR_STR("[In every row: unit=C]\nid,city,temp\n0,City 0,20\n")));
}

static void markdown_keeps_its_surroundings(void **state)
{
    (void)state;
    hr_forms f = run(table(300, true), "");
    assert_true(hr_str_starts(
        f.lossy, HR_STR("Intro.\n\n| id | city | temp | unit |\n|---|---|---|---|\n")));
    assert_true(hr_str_has(f.lossy, HR_STR("| 150 | City 3 | 999 | C |\n")));
    assert_true(hr_str_has(f.lossy, HR_STR("\nOutro.\n[")));
}

static void quoted_cells_may_hold_anything(void **state)
{
    (void)state;
    hr_csv c;
    hr_str t = HR_STR("a,b\n\"x, y\",\"line one\nline two\"\n\"he said \"\"no\"\"\",2\n3,4\n");
    assert_int_equal(hr_csv_read(t, &arena, &c), HR_OK);
    assert_int_equal(c.records.n, 4);
    assert_true(hr_str_eq(c.cells.p[c.records.p[1].first], HR_STR("x, y")));
    assert_true(hr_str_eq(c.records.p[1].line, HR_STR("\"x, y\",\"line one\nline two\"")));
}

static void prose_is_refused(void **state)
{
    (void)state;
    hr_csv c;
    assert_int_equal(
        hr_csv_read(HR_STR("One sentence, with a comma.\nAnother one.\nA third.\n"), &arena, &c),
        HR_E_SYNTAX);
    assert_int_equal(hr_csv_read(HR_STR(""), &arena, &c), HR_E_SYNTAX);
}

static void a_table_without_header_says_so(void **state)
{
    (void)state;
    hr_arena a;
    hr_csv c;
    hr_arena_init(&a, 0);
    assert_int_equal(hr_csv_read(HR_STR("12\tdoc/a\n7\tdoc/b\n9\tdoc/c\n"), &a, &c), HR_OK);
    assert_true(c.headless);
    assert_int_equal(hr_csv_read(HR_STR("size\tname\n7\tdoc/b\n9\tdoc/c\n"), &a, &c), HR_OK);
    assert_false(c.headless);
    assert_int_equal(
        hr_csv_read(HR_STR("100644 6b45cb 0\ta\n100644 8cde5a 0\tb\n100644 112233 0\tc\n"
                           "100755 abcdef 0\td\n"),
                    &a, &c),
        HR_OK);
    assert_true(c.headless);
    assert_int_equal(hr_csv_read(HR_STR("year,2020,2021\nx,1,2\ny,3,4\nz,5,6\n"), &a, &c), HR_OK);
    assert_true(c.headless); /* cannot be told: counted as a row, never left out unsaid */
    assert_int_equal(hr_csv_read(HR_STR("year,2020,2021\nx,10,7\ny,3,9\nz,5,5\n"), &a, &c), HR_OK);
    assert_false(c.headless); /* years over columns */
    assert_int_equal(hr_csv_read(HR_STR("x,2020,1987\ny,10,7\nz,3,9\nw,5,5\n"), &a, &c), HR_OK);
    assert_true(c.headless);
    hr_arena_free(&a);
}

static void a_first_line_among_the_rows_is_told(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 400; i++)
        hr_buf_addf(&b, "land%d,%d,%d\n", i, i * 7919 % 1000, i * 104729 % 1000);
    hr_forms f = run(hr_str_dup(&arena, hr_buf_str(&b)), "");
    assert_true(hr_str_has(f.lossy, HR_STR("The first line counts as a row.")));
    hr_str years = hr_strf(&arena, "land,2020,2021\n%.*s", HR_FMT(hr_buf_str(&b)));
    f = run(years, "");
    assert_true(hr_str_starts(f.lossy, HR_STR("land,2020,2021\n")));
    assert_true(hr_str_has(f.lossy, HR_STR("of 400 rows omitted")));
    assert_false(hr_str_has(f.lossy, HR_STR("counts as a row")));
    hr_buf_free(&b);
}

static void doubled_quotes_hold_delimiters(void **state)
{
    (void)state;
    hr_arena a;
    hr_csv c;
    hr_arena_init(&a, 0);
    assert_int_equal(
        hr_csv_read(HR_STR("a,b\n\"\"\"x, y\"\" z\",1\n5\" disk,2\n\"l1\nl2\",3\n"), &a, &c),
        HR_OK);
    assert_int_equal(c.records.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(c.records.p[i].count, 2);
    hr_arena_free(&a);
}

static void summaries_spell_extremes_and_empty_cells(void **state)
{
    (void)state;
    hr_arena a;
    hr_forms f = {0};
    hr_buf b = HR_BUF_INIT(0);
    hr_arena_init(&a, 0);
    hr_buf_lit(&b, "id,balance,note\n");
    for (int i = 0; i < 300; i++)
        hr_buf_addf(&b, "%d,%s,%s\n", 1234500 + i,
                    i == 7   ? "-18250.75"
                    : i == 9 ? ""
                             : "12.5",
                    i % 3 ? "" : "late");
    hr_compress_opts o = hr_compress_defaults();
    hr_key key = hr_key_of(hr_buf_str(&b));
    assert_int_equal(hr_compress_csv(&o, hr_buf_str(&b), &key, true, &a, &f), HR_OK);
    assert_true(hr_str_has(f.lossy, HR_STR("id 1234500..1234799")));
    assert_true(hr_str_has(f.lossy, HR_STR("-18250.75")));
    assert_true(hr_str_has(f.lossy, HR_STR("note empty x200, late x100")));
    assert_false(hr_str_has(f.lossy, HR_STR("null")));
    hr_buf_free(&b);
    hr_arena_free(&a);
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

/* Tables with borders: psql's, mysql's, and boxes. Rules and borders are no rows. */
static hr_str bordered(const char *top, const char *head, const char *rule, const char *row,
                       const char *odd)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addf(&b, "%s%s\n%s\n", top, head, rule);
    for (unsigned i = 100; i < 400; i++) {
        if (i == 250 && odd)
            hr_buf_addf(&b, "%s\n", odd);
        hr_buf_addf(&b, row, i, i % 3 ? "paid" : "open", i == 334 ? 9000 : 10 + i % 7);
    }
    hr_buf_addf(&b, "%s(300 rows)\n", top);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static void borders_are_no_cells(void **state)
{
    (void)state;
    static const struct {
        const char *top, *head, *rule, *row, *odd[2];
    } tables[] = {
        {"",
         " id  | state | sum ",
         "-----+-------+------",
         " %u | %s  | %4u \n",
         {" 999 | a | b | 1 ", " 998 | a    +| 1 "}},
        {"+-----+-------+------+\n",
         "| id  | state | sum  |",
         "+-----+-------+------+",
         "| %u | %s  | %4u |\n",
         {"| 999 | a | b | 1 |", "|     | a     |      |"}},
        {"\xe2\x94\x8c\xe2\x94\x80\xe2\x94\xac\xe2\x94\x80\xe2\x94\x90\n",
         "\xe2\x94\x82 id  \xe2\x94\x82 state \xe2\x94\x82 sum  \xe2\x94\x82",
         "\xe2\x94\x9c\xe2\x94\x80\xe2\x94\xbc\xe2\x94\x80\xe2\x94\xa4",
         "\xe2\x94\x82 %u \xe2\x94\x82 %s  \xe2\x94\x82 %4u \xe2\x94\x82\n",
         {"\xe2\x94\x82 999 \xe2\x94\x82 1 \xe2\x94\x82",
          "\xe2\x94\x82     \xe2\x94\x82 b     \xe2\x94\x82      \xe2\x94\x82"}},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        hr_str text = bordered(tables[i].top, tables[i].head, tables[i].rule, tables[i].row, NULL);
        hr_forms f = run(text, "");
        hr_str head = hr_strf(&arena, "%s%s\n%s\n", tables[i].top, tables[i].head, tables[i].rule);
        assert_true(f.lossy.n > 0 && f.lossy.n * 4 < text.n && hr_str_starts(f.lossy, head));
        assert_true(hr_str_has(f.lossy, HR_STR(" of 300 rows omitted")));
        assert_true(hr_str_has(f.lossy, HR_STR("id 100..399; state paid x200, open x100; sum ")));
        assert_true(hr_str_has(f.lossy, HR_STR(" 9000 ")));
        assert_true(hr_str_has(f.lossy, HR_STR("(300 rows)\n[")));
        for (hr_str rest = f.lossy, line; hr_str_line(&rest, &line);)
            assert_true(line.p[0] == '[' || hr_str_has(text, line));
        /* Bars inside of cells, cells that go on below: nothing is said of such columns. */
        for (size_t k = 0; k < 2; k++) {
            hr_csv c;
            text = bordered(tables[i].top, tables[i].head, tables[i].rule, tables[i].row,
                            tables[i].odd[k]);
            assert_int_equal(hr_csv_read(text, &arena, &c), HR_E_SYNTAX);
        }
    }
}

/* Of a text with many tables none stands for all. */
static void a_table_among_others(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 9; i++)
        hr_buf_addf(&b, "Part %d\n\n| a | b |\n|---|---|\n| 1 | x |\n| 2 | y |\n\n", i);
    hr_csv c;
    assert_int_equal(hr_csv_read(hr_buf_str(&b), &arena, &c), HR_E_SYNTAX);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_outliers_and_what_is_asked),
        cmocka_unit_test(constant_columns_are_said_once),
        cmocka_unit_test(markdown_keeps_its_surroundings),
        cmocka_unit_test(borders_are_no_cells),
        cmocka_unit_test(a_table_among_others),
        cmocka_unit_test(quoted_cells_may_hold_anything),
        cmocka_unit_test(a_table_without_header_says_so),
        cmocka_unit_test(a_first_line_among_the_rows_is_told),
        cmocka_unit_test(doubled_quotes_hold_delimiters),
        cmocka_unit_test(summaries_spell_extremes_and_empty_cells),
        cmocka_unit_test(prose_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
