/* Every field of the crusher's settings changes what comes out, and in the direction it says. */
#include "../compress_fixture.h"

#include "base/buf.h"
#include "compress/forms.h"

static hr_forms forms(hr_str text)
{
    hr_forms f;
    hr_key key = hr_key_of(text);
    assert_int_equal(hr_compress_json(&opts, text, &key, true, &arena, &f), HR_OK);
    return f;
}

/* n rows; each has an id and what row(k) adds. */
static hr_str rows(unsigned n, void (*row)(hr_buf *b, unsigned k))
{
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned k = 0; k < n; k++) {
        hr_buf_addf(&b, "%c{\"id\":\"row-%u-end\",", k ? ',' : '[', k);
        row(&b, k);
        hr_buf_addc(&b, '}');
    }
    hr_buf_addc(&b, ']');
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static bool shows(hr_str form, unsigned k)
{
    return hr_str_has(form, hr_strf(&arena, "row-%u-end", k));
}

static unsigned shown(hr_str form, unsigned n)
{
    unsigned sum = 0;
    for (unsigned k = 0; k < n; k++)
        sum += shows(form, k);
    return sum;
}

#define NOTE "\"note\":\"request served from cache without delay\""

static void plain_row(hr_buf *b, unsigned k)
{
    hr_buf_addf(b, "\"state\":\"ok\",\"ms\":%u," NOTE, 20 + k % 3);
}

/* Every row says something else. */
static void varied_row(hr_buf *b, unsigned k)
{
    hr_buf_lit(b, "\"note\":\"");
    for (unsigned w = 0; w < 6; w++)
        hr_buf_addf(b, "%c%c%c%c ", 'a' + (int)(k * 7 + w) % 26, 'a' + (int)(k / 3 + w * 5) % 26,
                    'a' + (int)(k * k) % 26, 'a' + (int)(k + w * w) % 26);
    hr_buf_addc(b, '"');
}

static void enabled(void **state)
{
    (void)state;
    hr_str text = rows(100, plain_row);
    assert_true(forms(text).lossless.n > 0);
    opts.crush_json = false;
    hr_forms f = forms(text);
    assert_true(f.lossless.n == 0 && f.lossy.n == 0);
}

static void max_items_after_crush(void **state)
{
    (void)state;
    hr_str text = rows(300, varied_row);
    opts.max_items_after_crush = 6;
    unsigned few = shown(forms(text).lossy, 300);
    opts.max_items_after_crush = 40;
    unsigned many = shown(forms(text).lossy, 300);
    assert_true(few <= 8 && many >= 30);
}

static void min_items_to_analyze(void **state)
{
    (void)state;
    hr_str text = rows(60, plain_row);
    assert_true(forms(text).lossy.n > 0);
    opts.min_items_to_analyze = 61;
    assert_true(forms(text).lossy.n == 0);
}

static void bias_and_fractions(void **state)
{
    (void)state;
    hr_str text = rows(300, varied_row);
    opts.max_items_after_crush = 60;
    opts.bias = 0.2;
    unsigned few = shown(forms(text).lossy, 300);
    opts.bias = 1;
    assert_true(shown(forms(text).lossy, 300) > few);
    opts.first_fraction = 0.1;
    assert_false(shows(forms(text).lossy, 2));
    opts.first_fraction = 0.5;
    assert_true(shows(forms(text).lossy, 2) && shows(forms(text).lossy, 4));
    opts.last_fraction = 0.5;
    assert_true(shows(forms(text).lossy, 295) && shows(forms(text).lossy, 299));
    opts.last_fraction = 0.1;
    assert_false(shows(forms(text).lossy, 295));
}

static void outlier_row(hr_buf *b, unsigned k)
{
    hr_buf_addf(b, "\"ms\":%u," NOTE, k == 150 ? 0 : 20 + k * 7 % 12);
}

static void variance_threshold(void **state)
{
    (void)state;
    hr_str text = rows(300, outlier_row);
    opts.uniqueness_threshold = 0; /* its value is rare as well */
    assert_true(shows(forms(text).lossy, 150));
    opts.variance_threshold = 20;
    assert_false(shows(forms(text).lossy, 150));
}

static void step_row(hr_buf *b, unsigned k)
{
    hr_buf_addf(b, "\"ms\":%u," NOTE, (k < 123 ? 20 : 60) + k * 7 % 5);
}

static void preserve_change_points(void **state)
{
    (void)state;
    hr_str text = rows(250, step_row);
    opts.variance_threshold = 1.5;
    assert_true(shows(forms(text).lossy, 121) && shows(forms(text).lossy, 122));
    opts.preserve_change_points = false;
    assert_false(shows(forms(text).lossy, 121) || shows(forms(text).lossy, 122));
}

static void code_row(hr_buf *b, unsigned k)
{
    hr_buf_addf(b, "\"code\":%u," NOTE, k == 157 ? 198 : 200 + k % 25);
}

static void uniqueness_threshold(void **state)
{
    (void)state;
    hr_str text = rows(400, code_row);
    opts.variance_threshold = 50; /* no outlier */
    assert_true(shows(forms(text).lossy, 157));
    opts.uniqueness_threshold = 0.05; /* 26 values are more than that */
    assert_false(shows(forms(text).lossy, 157));
}

static void place_row(hr_buf *b, unsigned k)
{
    static const char *const places[] = {"east", "west", "north", "south"};
    if (k % 3 == 0 && k < 300) /* a third of the rows has a place of its own kind */
        hr_buf_addf(b, "\"place\":\"%s\"," NOTE, k == 201 ? "moon" : places[k / 3 % 4]);
    else
        hr_buf_addf(b, "\"place\":\"%s\"," NOTE, places[k % 4]);
}

static void similarity_threshold(void **state)
{
    (void)state;
    hr_str text = rows(400, place_row);
    assert_true(shows(forms(text).lossy, 201));
    opts.similarity_threshold = 1; /* never so much of it */
    assert_false(shows(forms(text).lossy, 201));
}

static void dedup_row(hr_buf *b, unsigned k)
{
    (void)k;
    hr_buf_lit(b, "\"state\":\"ok\"," NOTE);
}

static void dedup_identical_items(void **state)
{
    (void)state;
    hr_str text = rows(300, dedup_row);
    unsigned without = shown(forms(text).lossy, 300);
    opts.dedup_identical_items = false;
    assert_true(shown(forms(text).lossy, 300) > without);
}

static void factor_out_constants(void **state)
{
    (void)state;
    hr_str text = rows(60, plain_row);
    assert_true(hr_str_has(forms(text).lossless, HR_STR("state=\"ok\"")));
    opts.factor_out_constants = false;
    hr_str s = forms(text).lossless;
    assert_false(hr_str_has(s, HR_STR("state=")));
    assert_true(hr_str_has(s, HR_STR("{id")) && hr_str_has(s, HR_STR(",ok,20")));
}

static void include_summaries(void **state)
{
    (void)state;
    hr_str text = rows(300, outlier_row);
    assert_true(hr_str_has(forms(text).lossy, HR_STR(". All rows: ms 0..31 mean ")));
    opts.include_summaries = false;
    assert_false(hr_str_has(forms(text).lossy, HR_STR("All rows")));
}

static void preserve_row(hr_buf *b, unsigned k)
{
    hr_buf_addf(b, "\"pinned\":%s,", k % 50 == 17 ? "true" : "false");
    plain_row(b, k);
}

static void preserve_fields(void **state)
{
    (void)state;
    hr_str text = rows(300, preserve_row);
    static const hr_str names[] = {HR_STR_INIT("pinned")};
    opts.preserve_fields = names;
    opts.npreserve_fields = 1;
    hr_str s = forms(text).lossy;
    for (unsigned k = 17; k < 300; k += 50)
        assert_true(shows(s, k));
}

/* Every fourth row speaks of slowness, one of them of little else. */
static void word_row(hr_buf *b, unsigned k)
{
    hr_buf_addf(b, "\"speed\":\"%s\",", k % 4 ? "quick" : "slow");
    if (k == 204)
        hr_buf_lit(b, "\"note\":\"\"");
    else
        varied_row(b, k);
}

static void relevance_threshold_and_bm25(void **state)
{
    (void)state;
    hr_str text = rows(400, word_row);
    opts.query = HR_STR("which were slow");
    opts.max_items_after_crush = 5;
    opts.relevance_threshold = 0.2;
    assert_true(shows(forms(text).lossy, 204));
    opts.bm25_b = 0; /* its shortness counts for nothing */
    assert_false(shows(forms(text).lossy, 204));
    opts.bm25_b = 0.75;
    opts.bm25_k1 = 0;
    assert_false(shows(forms(text).lossy, 204));
    opts.bm25_k1 = 1.5;
    opts.relevance_threshold = 0.6; /* a fourth of the rows is no answer */
    assert_false(shows(forms(text).lossy, 204));
}

static void sparse_row(hr_buf *b, unsigned k)
{
    hr_buf_addf(b, "\"member_%u\":%u,\"common\":1", k % 7, k);
}

static void core_fields(void **state)
{
    (void)state;
    hr_str text = rows(70, sparse_row);
    opts.core_field_fraction = 0.1; /* a seventh of the rows is enough */
    assert_true(hr_str_has(forms(text).lossless, HR_STR(",member_6")));
    opts.core_field_fraction = 0.9;
    hr_str strict = forms(text).lossless;
    opts.heterogeneous_core_ratio = 0;
    assert_true(hr_str_has(forms(text).lossless, HR_STR("[70]{")));
    opts.heterogeneous_core_ratio = 1;
    assert_true(hr_str_eq(forms(text).lossless, strict));
}

static void lossless_min_savings_ratio(void **state)
{
    (void)state;
    assert_true(forms(rows(60, plain_row)).lossless_margin == 0);
    opts.lossless_min_savings_ratio = 0.25;
    assert_true(forms(rows(60, plain_row)).lossless_margin == 0.75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(enabled, setup, teardown),
        cmocka_unit_test_setup_teardown(max_items_after_crush, setup, teardown),
        cmocka_unit_test_setup_teardown(min_items_to_analyze, setup, teardown),
        cmocka_unit_test_setup_teardown(bias_and_fractions, setup, teardown),
        cmocka_unit_test_setup_teardown(variance_threshold, setup, teardown),
        cmocka_unit_test_setup_teardown(preserve_change_points, setup, teardown),
        cmocka_unit_test_setup_teardown(uniqueness_threshold, setup, teardown),
        cmocka_unit_test_setup_teardown(similarity_threshold, setup, teardown),
        cmocka_unit_test_setup_teardown(dedup_identical_items, setup, teardown),
        cmocka_unit_test_setup_teardown(factor_out_constants, setup, teardown),
        cmocka_unit_test_setup_teardown(include_summaries, setup, teardown),
        cmocka_unit_test_setup_teardown(preserve_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(relevance_threshold_and_bm25, setup, teardown),
        cmocka_unit_test_setup_teardown(core_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(lossless_min_savings_ratio, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
