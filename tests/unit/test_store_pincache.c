/* The pin cache: bounded, least recently used conversations first, never a wrong answer. */
#include "store/pincache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { MAX = 64 << 10 };

static hr_pin pin_of(unsigned n, hr_str text)
{
    return (hr_pin){.block = hr_sha256_of((hr_str){(const char *)&n, sizeof n}),
                    .text = text,
                    .reason = (uint16_t)n};
}

static bool has(hr_pin_cache *pc, hr_str conversation, unsigned n, hr_str text)
{
    hr_arena a;
    hr_pin want = pin_of(n, text), got;
    bool found;
    size_t missing;
    hr_arena_init(&a, 0);
    assert_int_equal(hr_pin_cache_get(pc, conversation, &want.block, 1, &a, &got, &found, &missing),
                     HR_OK);
    assert_int_equal(missing, !found);
    if (found) {
        assert_true(hr_str_eq(got.text, text));
        assert_int_equal(got.reason, n);
    }
    hr_arena_free(&a);
    return found;
}

static void test_bounded(void **state)
{
    (void)state;
    hr_pin_cache *pc = hr_pin_cache_new(MAX);
    char name[16];
    for (unsigned c = 0; c < 200; c++) {
        snprintf(name, sizeof name, "c%u", c);
        for (unsigned i = 0; i < 40; i++) {
            hr_pin p = pin_of(i, hr_cstr("some text of a block, much shorter than before"));
            hr_pin_cache_put(pc, hr_cstr(name), &p);
            assert_true(hr_pin_cache_bytes(pc) <= MAX);
            assert_true(has(pc, hr_cstr(name), i, p.text));
            if (c)
                (void)has(pc, HR_STR("c0"), 0, p.text); /* stays in use */
        }
    }
    assert_true(has(pc, HR_STR("c0"), 0, HR_STR("some text of a block, much shorter than before")));
    assert_false(has(pc, HR_STR("c1"), 0, HR_STR("")));
    assert_true(hr_pin_cache_bytes(pc) > MAX / 2);
    hr_pin_cache_free(pc);
}

static void test_first_stays(void **state)
{
    (void)state;
    hr_pin_cache *pc = hr_pin_cache_new(MAX);
    hr_pin p = pin_of(1, HR_STR("first"));
    hr_pin_cache_put(pc, HR_STR("c"), &p);
    p.text = HR_STR("second");
    hr_pin_cache_put(pc, HR_STR("c"), &p);
    assert_true(has(pc, HR_STR("c"), 1, HR_STR("first")));
    assert_false(has(pc, HR_STR("d"), 1, HR_STR_NONE));
    assert_false(has(pc, HR_STR("c"), 2, HR_STR_NONE));
    hr_pin_cache_free(pc);
}

static void test_too_big(void **state)
{
    (void)state;
    static char big[MAX];
    hr_pin_cache *pc = hr_pin_cache_new(MAX);
    hr_pin p = pin_of(1, HR_STR("small")), q = pin_of(2, (hr_str){big, sizeof big});
    hr_pin_cache_put(pc, HR_STR("c"), &p);
    hr_pin_cache_put(pc, HR_STR("c"), &q); /* would push out everything else */
    assert_true(has(pc, HR_STR("c"), 1, HR_STR("small")));
    assert_false(has(pc, HR_STR("c"), 2, q.text));
    /* One conversation that outgrows the whole cache is dropped, and read from the disk instead. */
    q.text.n = MAX / 5;
    for (unsigned i = 10; i < 20; i++) {
        q.block = pin_of(i, HR_STR_NONE).block;
        hr_pin_cache_put(pc, HR_STR("c"), &q);
        assert_true(hr_pin_cache_bytes(pc) <= MAX);
    }
    hr_pin_cache_free(pc);
}

static void test_traits_and_use(void **state)
{
    (void)state;
    hr_arena a;
    hr_str out;
    hr_arena_init(&a, 0);
    hr_pin_cache *pc = hr_pin_cache_new(MAX);
    assert_int_equal(hr_pin_cache_trait(pc, HR_STR("c"), HR_STR("t"), &a, &out), HR_E_NOTFOUND);
    assert_false(hr_pin_cache_due(pc, HR_STR("c"), 1000, 60));
    hr_pin_cache_put_trait(pc, HR_STR("c"), HR_STR("t"), HR_STR("v"));
    hr_pin_cache_put_trait(pc, HR_STR("c"), HR_STR("t"), HR_STR("w"));
    assert_int_equal(hr_pin_cache_trait(pc, HR_STR("c"), HR_STR("t"), &a, &out), HR_OK);
    assert_true(hr_str_eq(out, HR_STR("v")));
    assert_true(hr_pin_cache_due(pc, HR_STR("c"), 1000, 60));
    assert_false(hr_pin_cache_due(pc, HR_STR("c"), 1059, 60));
    assert_true(hr_pin_cache_due(pc, HR_STR("c"), 1060, 60));
    assert_true(hr_pin_cache_due(pc, HR_STR("c"), 500, 60)); /* the wall clock was set back */
    hr_pin_cache_free(pc);
    hr_arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_first_stays),
        cmocka_unit_test(test_too_big),
        cmocka_unit_test(test_traits_and_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
