/* Which rows the lossy form keeps: each rule with rows that only it can save, and rows that look
 * like a reason but are none. */
#include "../compress_fixture.h"

#include <stdio.h>

#include "base/buf.h"
#include "compress/forms.h"

/* An array of n rows; special(k) gives a row's members after its id, or NULL for ordinary ones. */
typedef const char *special_fn(unsigned k);

static hr_str lossy_of(unsigned n, const char *ordinary, special_fn *special)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_forms f;
    hr_buf_addc(&b, '[');
    for (unsigned k = 0; k < n; k++) {
        const char *s = special(k);
        hr_buf_addf(&b, "%s{\"id\":\"row-%u-end\",%s}", k ? "," : "", k, s ? s : ordinary);
    }
    hr_buf_addc(&b, ']');
    hr_str text = hr_buf_str(&b);
    hr_key key = hr_key_of(text);
    assert_int_equal(hr_compress_json(&opts, text, &key, true, &arena, &f), HR_OK);
    assert_true(f.lossy.n > 0);
    hr_buf_free(&b);
    return f.lossy;
}

static hr_str lossy_text(hr_buf *b)
{
    hr_forms f;
    hr_str text = hr_buf_str(b);
    hr_key key = hr_key_of(text);
    assert_int_equal(hr_compress_json(&opts, text, &key, true, &arena, &f), HR_OK);
    hr_buf_free(b);
    return f.lossy;
}

static bool shows(hr_str form, unsigned k)
{
    char id[32];
    snprintf(id, sizeof id, "row-%u-end", k);
    return hr_str_has(form, hr_cstr(id));
}

static unsigned shown(hr_str form, unsigned n)
{
    unsigned sum = 0;
    for (unsigned k = 0; k < n; k++)
        sum += shows(form, k);
    return sum;
}

#define ORDINARY "\"state\":\"ok\",\"ms\":20,\"note\":\"request served from cache without delay\""

static const char *nothing(unsigned k)
{
    (void)k;
    return NULL;
}

static void ordinary_rows_and_the_ends(void **state)
{
    (void)state;
    hr_str s = lossy_of(400, ORDINARY, nothing);
    assert_true(shows(s, 0) && shows(s, 399));
    assert_true(shown(s, 400) <= 15);
    assert_true(hr_str_has(s, HR_STR(" of 400 rows omitted; shown: 1")));
}

static const char *seven_failures(unsigned k)
{
    static const unsigned at[] = {10, 50, 100, 250, 500, 750, 999};
    for (unsigned i = 0; i < 7; i++)
        if (at[i] == k)
            return "\"state\":\"failed\",\"ms\":20,\"note\":\"request served from cache without "
                   "delay\"";
    return NULL;
}

static void few_failures_are_all_kept(void **state)
{
    (void)state;
    hr_str s = lossy_of(1000, ORDINARY, seven_failures);
    assert_true(shows(s, 10) && shows(s, 50) && shows(s, 100) && shows(s, 250));
    assert_true(shows(s, 500) && shows(s, 750) && shows(s, 999));
    assert_true(shown(s, 1000) < 30);
}

static const char *one_word(unsigned k)
{
    static const char *const words[] = {"error",    "Exception", "FAILED", "failure",
                                        "critical", "fatal",     "denied", "NullPointerException"};
    static char row[200];
    if (k % 12 != 5 || k / 12 >= 8)
        return NULL;
    snprintf(row, sizeof row, "\"state\":\"ok\",\"ms\":20,\"note\":{\"in\":[\"deep %s here\"]}",
             words[k / 12]);
    return row;
}

static void failure_words_at_any_depth(void **state)
{
    (void)state;
    hr_str s = lossy_of(200, ORDINARY, one_word);
    for (unsigned k = 0; k < 8; k++)
        assert_true(shows(s, k * 12 + 5));
}

static const char *many_failures(unsigned k)
{
    static char row[200];
    if (k % 3)
        return NULL;
    snprintf(row, sizeof row, "\"state\":\"error\",\"ms\":20,\"note\":\"%s after %u ms\"",
             k % 2 ? "disk full on the primary" : "connection to the primary lost", k);
    return row;
}

static void many_failures_stay_by_kind(void **state)
{
    (void)state;
    hr_str s = lossy_of(300, ORDINARY, many_failures);
    assert_true(hr_str_has(s, HR_STR("disk full on the primary")));
    assert_true(hr_str_has(s, HR_STR("connection to the primary lost")));
    assert_true(hr_str_has(s, HR_STR("failures like those shown: 49 as row 1, 49 as row 4")));
    assert_true(shown(s, 300) <= 17);
}

/* Names speak of failure in every row, values do not: nothing to keep for. */
static void names_of_columns_are_no_failures(void **state)
{
    (void)state;
    hr_str s = lossy_of(300, "\"error\":null,\"timeout_ms\":30,\"failed_count\":0,\"crash\":false",
                        nothing);
    assert_true(shown(s, 300) <= 15);
}

static const char *named_failure(unsigned k)
{
    return k == 77 ? "\"error\":\"disk on fire\",\"timeout_ms\":30,\"failed_count\":0" : NULL;
}

static void a_name_counts_with_its_value(void **state)
{
    (void)state;
    hr_str s = lossy_of(300, "\"error\":null,\"timeout_ms\":30,\"failed_count\":0", named_failure);
    assert_true(shows(s, 77));
}

static const char *mostly_errors(unsigned k)
{
    static char row[200];
    snprintf(row, sizeof row, "\"note\":\"error log entry %u of the day, nothing special in it\"",
             k);
    return row;
}

static void a_word_that_most_rows_share_tells_nothing(void **state)
{
    (void)state;
    hr_str s = lossy_of(300, ORDINARY, mostly_errors);
    assert_true(shown(s, 300) <= 15);
}

static const char *odd_number(unsigned k)
{
    static char row[200];
    if (k == 123)
        return "\"state\":\"ok\",\"ms\":9000,\"note\":\"request served from cache without delay\"";
    if (k == 222)
        return "\"state\":\"ok\",\"ms\":1000000,\"note\":\"request served from cache without "
               "delay\"";
    snprintf(row, sizeof row,
             "\"state\":\"ok\",\"ms\":%u,\"note\":\"request served from cache without delay\"",
             100 + (k * 37) % 50);
    return row;
}

/* The second outlier is so large that it would hide the first from a plain deviation. */
static void outliers_do_not_mask_each_other(void **state)
{
    (void)state;
    hr_str s = lossy_of(400, ORDINARY, odd_number);
    assert_true(shows(s, 123) && shows(s, 222));
    assert_true(shown(s, 400) <= 20);
}

/* The value differs in a digit only, so that no other rule sees a new kind of row. */
static const char *rare_kind(unsigned k)
{
    return k == 201 ? "\"zone\":\"z9\",\"note\":\"request served from cache without delay\""
                    : "\"zone\":\"z1\",\"note\":\"request served from cache without delay\"";
}

static void rare_values_are_kept(void **state)
{
    (void)state;
    hr_str s = lossy_of(400, ORDINARY, rare_kind);
    assert_true(shows(s, 201));
    assert_true(hr_str_has(s, HR_STR("zone z1 x399, z9 x1")));
}

static const char *level_shift(unsigned k)
{
    static char row[200];
    snprintf(row, sizeof row, "\"load\":%u.5", (k < 150 ? 10 : 90) + (k * 7) % 5);
    return row;
}

static void changes_of_a_series_are_kept(void **state)
{
    (void)state;
    opts.variance_threshold = 1.0;
    hr_str s = lossy_of(300, ORDINARY, level_shift);
    bool near = false;
    for (unsigned k = 145; k < 156; k++)
        near |= shows(s, k);
    assert_true(near);
    opts.preserve_change_points = false;
    s = lossy_of(300, ORDINARY, level_shift);
    near = false;
    for (unsigned k = 148; k < 153; k++)
        near |= shows(s, k);
    assert_false(near);
}

static const char *named_entry(unsigned k)
{
    static char row[200];
    static const char *const fruit[] = {"apple", "pear", "plum", "cherry", "quince"};
    snprintf(row, sizeof row, "\"owner\":\"user%u@example.com\",\"kind\":\"the %s of shelf %u\"",
             k * 7, k == 311 ? "mandrake" : fruit[k % 5], k);
    return row;
}

static void the_query_decides(void **state)
{
    (void)state;
    hr_str s = lossy_of(500, ORDINARY, named_entry);
    assert_false(shows(s, 400) || shows(s, 311));
    opts.query = HR_STR("Who is user2800@example.com, and what is the kind of the thing?");
    s = lossy_of(500, ORDINARY, named_entry);
    assert_true(shows(s, 400));
    assert_false(shows(s, 311));
    opts.query = HR_STR("where are the mandrakes");
    s = lossy_of(500, ORDINARY, named_entry);
    assert_true(shows(s, 311));
    /* Words that all rows share, and function words, ask for nothing. */
    opts.query = HR_STR("what is the shelf of the user");
    s = lossy_of(500, ORDINARY, named_entry);
    assert_true(shown(s, 500) <= 15);
}

static const char *flagged(unsigned k)
{
    return k % 97 == 50
               ? "\"pin\":true,\"ms\":20,\"note\":\"request served from cache without delay\""
               : "\"pin\":false,\"ms\":20,\"note\":\"request served from cache without delay\"";
}

static void preserved_fields(void **state)
{
    (void)state;
    static const hr_str fields[] = {HR_STR_INIT("pin")};
    hr_str s = lossy_of(400, ORDINARY, flagged);
    assert_false(shows(s, 50) && shows(s, 147) && shows(s, 244) && shows(s, 341));
    opts.preserve_fields = fields;
    opts.npreserve_fields = 1;
    s = lossy_of(400, ORDINARY, flagged);
    assert_true(shows(s, 50) && shows(s, 147) && shows(s, 244) && shows(s, 341));
}

static void settings_move_the_number_of_rows(void **state)
{
    (void)state;
    unsigned usual = shown(lossy_of(500, ORDINARY, named_entry), 500);
    opts.max_items_after_crush = 40;
    assert_true(shown(lossy_of(500, ORDINARY, named_entry), 500) >= usual);
    opts.bias = 3;
    unsigned more = shown(lossy_of(500, ORDINARY, named_entry), 500);
    assert_true(more > usual);
    opts.max_items_after_crush = 6;
    assert_true(shown(lossy_of(500, ORDINARY, named_entry), 500) < more);
    opts.max_items_after_crush = 15;
    opts.bias = 1;
    opts.min_items_to_analyze = 301;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned k = 0; k < 300; k++)
        hr_buf_addf(&b, "%s{\"id\":%u,\"state\":\"waiting for the others\"}", k ? "," : "[", k);
    hr_buf_addc(&b, ']');
    assert_true(lossy_text(&b).n == 0);
}

/* --- reports -------------------------------------------------------------------------------- */

/* Names of tests without a number in them: the failed ones are not "like" each other. */
static const char *test_name(unsigned k)
{
    static const char *const words[] = {"Alpha", "Beta",  "Gamma", "Delta",
                                        "Sigma", "Omega", "Kappa"};
    static char name[64];
    snprintf(name, sizeof name, "%s%s%s", words[k % 7], words[k / 7 % 7], words[k / 49 % 7]);
    return name;
}

static void names_all(hr_str form, const char *before, unsigned from, unsigned step, unsigned n)
{
    for (unsigned k = from; k < n; k += step) {
        hr_str want = hr_strf(&arena, "%s%s", before, test_name(k));
        if (!hr_str_has(form, want))
            print_error("no %.*s\n", HR_FMT(want));
        assert_true(hr_str_has(form, want));
    }
}

/* What a failed test printed stands in rows of its own, between those of others. */
static void events_of_failed_tests(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned part = 0; part < 4; part++) {
        for (unsigned k = 0; k < 200; k++) {
            bool bad = k % 6 == 5;
            static const char *const lines[] = {"=== RUN   ", "    a_test.go:7: got ", "--- "};
            hr_buf_addf(&b, "{\"Action\":\"%s\",\"Package\":\"p\",\"Test\":\"Test%s\"",
                        part < 3 ? "output"
                        : bad    ? "fail"
                                 : "pass",
                        test_name(k));
            if (part < 3)
                hr_buf_addf(&b, ",\"Output\":\"%s%s%s\\n\"", lines[part],
                            part < 2 ? ""
                            : bad    ? "FAIL: Test"
                                     : "PASS: Test",
                            test_name(k));
            hr_buf_lit(&b, "}\n");
        }
    }
    hr_str s = lossy_text(&b);
    assert_true(s.n > 0);
    names_all(s, "a_test.go:7: got ", 5, 6, 200);
    names_all(s, "--- FAIL: Test", 5, 6, 200);
    names_all(s, "fail,Test", 5, 6, 200);
    assert_false(hr_str_has(s, HR_STR("failures like those shown")));
    size_t passed = 0;
    for (unsigned k = 0; k < 200; k++)
        passed +=
            k % 6 != 5 && hr_str_has(s, hr_strf(&arena, "a_test.go:7: got %s\\n", test_name(k)));
    assert_true(passed < 10);
}

static void outcomes_of_tests_and_messages(void **state)
{
    (void)state;
    static const struct {
        const char *good, *bad;
    } rows[] = {
        {"{\"nodeid\":\"%s\",\"outcome\":\"passed\",\"sec\":%u}",
         "{\"nodeid\":\"%s\",\"outcome\":\"failed\",\"sec\":%u}"},
        {"{\"fullName\":\"%s\",\"status\":\"passed\",\"ms\":%u}",
         "{\"fullName\":\"%s\",\"status\":\"failed\",\"ms\":%u}"},
        {"{\"message\":{\"message\":\"%s\",\"level\":\"warning\"},\"line\":%u}",
         "{\"message\":{\"message\":\"%s\",\"level\":\"error\"},\"line\":%u}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hr_buf b = HR_BUF_INIT(0);
        for (unsigned k = 0; k < 300; k++) {
            hr_buf_addf(&b, "%c", k ? ',' : '[');
            hr_buf_addf(&b, k % 4 == 3 ? rows[i].bad : rows[i].good, test_name(k), k % 9);
        }
        hr_buf_addc(&b, ']');
        hr_str s = lossy_text(&b);
        names_all(s, "", 3, 4, 300);
        assert_false(hr_str_has(s, HR_STR("failures like those shown")));
    }
}

/* Most files have a failed test: that says nothing of each, but all of them stay. */
static void files_with_failed_tests(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"testResults\":[");
    for (unsigned f = 0; f < 40; f++) {
        hr_buf_addf(&b, "%s{\"name\":\"%u.js\",\"status\":\"%s\",\"assertionResults\":[",
                    f ? "," : "", f, f % 8 ? "failed" : "passed");
        for (unsigned k = 0; k < 8; k++)
            hr_buf_addf(&b, "%s{\"fullName\":\"%s\",\"status\":\"%s\"}", k ? "," : "",
                        test_name(f * 8 + k), f % 8 && k == 5 ? "failed" : "passed");
        hr_buf_lit(&b, "]}");
    }
    hr_buf_lit(&b, "]}");
    hr_str s = lossy_text(&b);
    assert_true(s.n > 0);
    for (unsigned f = 0; f < 40; f++)
        if (f % 8)
            names_all(s, "", f * 8 + 5, 320, 320);
}

/* --- other shapes --------------------------------------------------------------------------- */

static void arrays_of_strings(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"paths\":[\"first/of/all\"");
    for (unsigned k = 0; k < 300; k++)
        hr_buf_addf(&b, ",\"src/module_%u/%s\"", k, k == 170 ? "permission denied" : "index.ts");
    hr_buf_lit(&b, ",\"the/last\"],\"n\":1}");
    hr_str s = lossy_text(&b);
    assert_true(hr_str_has(s, HR_STR("\"first/of/all\"")) && hr_str_has(s, HR_STR("\"the/last\"")));
    assert_true(hr_str_has(s, HR_STR("permission denied")));
    assert_true(hr_str_has(s, HR_STR(" of 302 items omitted; shown: 1")));
    assert_true(s.n < 1000);
}

static void series_of_numbers(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"cpu\":[0.5");
    for (unsigned k = 0; k < 500; k++)
        hr_buf_addf(&b, ",%u.25", k == 300 ? 999 : 40 + k * 7 % 9);
    hr_buf_lit(&b, "]}");
    hr_str s = lossy_text(&b);
    assert_true(hr_str_has(s, HR_STR("999.25")));
    assert_true(hr_str_has(s, HR_STR("min 0.5, max 999.25, mean ")));
    assert_true(s.n < 800);
}

static void records_keep_their_members(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addc(&b, '{');
    for (unsigned k = 0; k < 60; k++)
        hr_buf_addf(&b, "%s\"setting_%u\":%s", k ? "," : "", k,
                    k % 3 == 0   ? "true"
                    : k % 3 == 1 ? "\"some text of a setting\""
                                 : "[1,2]");
    hr_buf_addc(&b, '}');
    assert_true(lossy_text(&b).n == 0);
}

static const char *odd_members(unsigned k)
{
    return k == 210
               ? "\"state\":\"ok\",\"ms\":null,\"note\":\"request served from cache without delay\""
           : k == 220 ? "\"state\":\"ok\",\"note\":\"request served from cache without delay\""
           : k == 230 ? ORDINARY ",\"extra\":{\"a\":1}"
                      : NULL;
}

/* Rows that lack a member, say null, or have one of their own; and the range says so. */
static void rows_of_another_kind(void **state)
{
    (void)state;
    hr_str s = lossy_of(400, ORDINARY, odd_members);
    assert_true(shows(s, 210) && shows(s, 220) && shows(s, 230));
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned k = 0; k < 300; k++) {
        hr_buf_addf(&b,
                    k == 120   ? "%c{\"id\":\"row-%u-end\",\"score\":null}"
                    : k == 140 ? "%c{\"id\":\"row-%u-end\"}"
                               : "%c{\"id\":\"row-%u-end\",\"score\":%u.%u25}",
                    k ? ',' : '[', k, k * 7 % 90 + 10, k % 8 + 1);
    }
    hr_buf_addc(&b, ']');
    s = lossy_text(&b);
    assert_true(shows(s, 120) && shows(s, 140));
    assert_true(hr_str_has(s, HR_STR(", null x1, absent x1")));
    assert_true(hr_str_has(s, HR_STR("score 10.")));
}

/* A value far off a rising series, spelled in full. */
static void spikes_in_a_series(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned k = 0; k < 300; k++) {
        hr_buf_addf(&b, "%c{\"id\":\"row-%u-end\",\"t\":", k ? ',' : '[', k);
        if (k == 137)
            hr_buf_lit(&b, "-99998.999999999999997}");
        else
            hr_buf_addf(&b, "%u.5}", k);
    }
    hr_buf_addc(&b, ']');
    hr_str s = lossy_text(&b);
    assert_true(shows(s, 137) && !shows(s, 136));
    assert_true(hr_str_has(s, HR_STR("t -99998.999999999999997..299.5")));
}

static void long_texts_leave_an_excerpt(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"name\":\"x\",\"readme\":\"It begins here.");
    for (unsigned k = 0; k < 200; k++)
        hr_buf_addf(&b, "\\nLine %u of a text that nobody reads to its end, \\u00e9 and so on.", k);
    hr_buf_lit(&b, "\\nfatal: the one line that matters\\nAnd more of it, ");
    for (unsigned k = 0; k < 50; k++)
        hr_buf_lit(&b, "again and again ");
    hr_buf_lit(&b, "until it stops.\",\"blob\":\"");
    for (unsigned k = 0; k < 1200; k++)
        hr_buf_addc(&b,
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[k * 7 % 64]);
    hr_buf_lit(&b, "\"}");
    hr_str s = lossy_text(&b);
    assert_true(hr_str_has(s, HR_STR("{\"name\":\"x\",\"readme\":S1,\"blob\":\"")));
    assert_true(hr_str_has(s, HR_STR("\nS1=text, 203 lines, ")));
    assert_true(hr_str_has(s, HR_STR("It begins here.")));
    assert_true(hr_str_has(s, HR_STR("fatal: the one line that matters")));
    assert_true(hr_str_has(s, HR_STR("<base64, 1.2 KB omitted>")));
    assert_true(hr_str_has(s, HR_STR("2 long texts shortened, each said in its place.")));
    assert_true(s.n < 8000);
}

static void nested_lists_are_cut_in_place(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"nodes\":[");
    for (unsigned n = 0; n < 3; n++) {
        hr_buf_addf(&b, "%s{\"name\":\"node-%u\",\"images\":[", n ? "," : "", n);
        for (unsigned k = 0; k < 80; k++)
            hr_buf_addf(&b, "%s{\"tag\":\"registry.example/image-%u:1.%u\",\"size\":%u}",
                        k ? "," : "", k, k, 1000 + k * n);
        hr_buf_lit(&b, "]}");
    }
    hr_buf_lit(&b, "]}");
    hr_str s = lossy_text(&b);
    for (unsigned n = 0; n < 3; n++) {
        char name[16];
        snprintf(name, sizeof name, "node-%u", n);
        assert_true(hr_str_has(s, hr_cstr(name)));
    }
    assert_true(hr_str_has(s, HR_STR("image-0:1.0")) && hr_str_has(s, HR_STR("image-79:1.79")));
    assert_true(hr_str_has(s, HR_STR(" more")));
    assert_true(hr_str_has(s, HR_STR(" in 3 places omitted, each said in its place.")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ordinary_rows_and_the_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(few_failures_are_all_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(failure_words_at_any_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(many_failures_stay_by_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(names_of_columns_are_no_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_counts_with_its_value, setup, teardown),
        cmocka_unit_test_setup_teardown(a_word_that_most_rows_share_tells_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(outliers_do_not_mask_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(rare_values_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_of_a_series_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(the_query_decides, setup, teardown),
        cmocka_unit_test_setup_teardown(preserved_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(settings_move_the_number_of_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(arrays_of_strings, setup, teardown),
        cmocka_unit_test_setup_teardown(series_of_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(records_keep_their_members, setup, teardown),
        cmocka_unit_test_setup_teardown(events_of_failed_tests, setup, teardown),
        cmocka_unit_test_setup_teardown(outcomes_of_tests_and_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(files_with_failed_tests, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_of_another_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(spikes_in_a_series, setup, teardown),
        cmocka_unit_test_setup_teardown(long_texts_leave_an_excerpt, setup, teardown),
        cmocka_unit_test_setup_teardown(nested_lists_are_cut_in_place, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
