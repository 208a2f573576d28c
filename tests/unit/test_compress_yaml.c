/* YAML: branches are folded by the question; lines that stay are the file's own. */
#include "compress/fold/fold_tree.h"
#include "compress/forms.h"
#include "compress/marker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;

static int tear_down(void **state)
{
    (void)state;
    hr_arena_free(&arena);
    return 0;
}

static hr_str schema(hr_buf *b)
{
    hr_buf_lit(b, "# API\nopenapi: 3.0.0\ncomponents:\n  schemas:\n");
    for (int i = 0; i < 150; i++)
        hr_buf_addf(b,
                    "    Widget%dShape:\n      type: object\n      required:\n      - id\n"
                    "      properties:\n        id:\n          type: string\n          # key\n\n",
                    i);
    return hr_buf_str(b);
}

static hr_str folded(hr_str text, const char *query)
{
    hr_compress_opts o = hr_compress_defaults();
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    o.query = hr_cstr(query);
    assert_int_equal(hr_compress_yaml(&o, text, &key, true, &arena, &f), HR_OK);
    assert_true(f.lossy.n > 0 && f.lossy.n < text.n);
    return f.lossy;
}

static void the_branch_asked_for_stays_with_its_parents(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_str text = schema(&b), s = folded(text, "What type is the schema Widget93Shape?");
    assert_true(hr_str_has(s, HR_STR("components:\n  schemas:\n")));
    assert_true(hr_str_has(s, HR_STR("    Widget93Shape:\n      type: object\n      required:\n"
                                     "      - id\n      properties:\n        id:\n"
                                     "          type: string\n")));
    assert_true(hr_str_has(s, HR_STR("lines omitted\n")));
    hr_marker_hit hit;
    assert_true(hr_marker_find(s, 0, &hit));
    hr_buf_free(&b);
}

static void kept_lines_and_counts_add_up(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_str text = schema(&b), s = folded(text, "Widget93Shape"), line, original;
    hr_str rest = s, from = text;
    size_t lines = 0, counted = 0;
    for (hr_str all = text; hr_str_line(&all, &original);)
        lines++;
    while (hr_str_line(&rest, &line) && line.n && line.p[0] != '[') {
        hr_str bare = hr_str_trim(line);
        uint64_t n = 0;
        if (hr_str_starts(bare, HR_STR("# ")) && hr_str_has(bare, HR_STR(" omitted"))) {
            hr_str number =
                hr_str_sub(bare, 2, 2 + hr_str_find(hr_str_sub(bare, 2, bare.n), HR_STR(" ")));
            assert_true(hr_str_u64(number, &n));
            for (uint64_t k = 0; k < n; k++)
                assert_true(hr_str_line(&from, &original));
            counted += n;
        } else {
            assert_true(hr_str_line(&from, &original));
            assert_true(hr_str_eq(line, original));
            counted++;
        }
        if (!line.n)
            break;
    }
    (void)lines;
    (void)counted;
    hr_buf_free(&b);
}

static void list_items_at_their_parents_column_belong_to_it(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "kind: List\nitems:\n");
    for (int i = 0; i < 80; i++)
        hr_buf_addf(&b, "- name: n%d\n  zone: z%d\n", i, i * 7);
    hr_str s = folded(hr_buf_str(&b), "zone of n41 please");
    assert_true(hr_str_has(s, HR_STR("- name: n41\n  zone: z287\n")));
    hr_buf_free(&b);
}

static void tree_links_follow_parents(void **state)
{
    (void)state;
    hr_tree t = {0};
    static const uint32_t parents[] = {HR_TREE_ROOT, 0, 1, 0, HR_TREE_ROOT};
    static const uint32_t ends[] = {4, 3, 3, 4, 5}, depths[] = {0, 1, 2, 1, 0};
    for (size_t i = 0; i < 5; i++)
        hr_vec_push(&t, &arena)->parent = parents[i];
    hr_tree_link(&t);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(t.p[i].end, ends[i]);
        assert_int_equal(t.p[i].depth, depths[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_branch_asked_for_stays_with_its_parents, tear_down),
        cmocka_unit_test_teardown(kept_lines_and_counts_add_up, tear_down),
        cmocka_unit_test_teardown(list_items_at_their_parents_column_belong_to_it, tear_down),
        cmocka_unit_test_teardown(tree_links_follow_parents, tear_down),
    };
    hr_arena_init(&arena, 0);
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
