/* Search results are grouped without loss, and cut only with a count in place. */
#include "compress/marker.h"
#include "compress/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

hr_compressor hr_compress_search;

static hr_arena arena;

static hr_forms run(hr_str text, hr_str query, bool lossy)
{
    hr_compress_opts o = {.via = HR_VIA_TOOL};
    hr_key key = hr_key_of(text);
    hr_forms f = {0};
    o.query = query;
    hr_err e = hr_compress_search(&o, text, &key, lossy, &arena, &f);
    assert_true(e == HR_OK || e == HR_E_SYNTAX);
    return f;
}

static void inverts(const char *z, bool must_shrink)
{
    hr_str text = hr_cstr(z);
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
    inverts(" src/a.c:1:indented\nsrc/a.c:2:x\n", false);
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
        cmocka_unit_test(keeps_every_file_and_count),
        cmocka_unit_test(other_text_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
