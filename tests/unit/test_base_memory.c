/* Arena, buffer, vector, map: contents, limits, and what happens when the n-th allocation fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"

static bool is_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i])
            return false;
    }
    return true;
}

static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    hr_arena a;
    hr_arena_init(&a, 0);
    for (size_t n = 0; n < 10000; n += 37) {
        char *p = hr_alloc(&a, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(is_zero(p, n));
        memset(p, 0xab, n);
    }
    char *big = hr_alloc(&a, 5u << 20);
    assert_true(big && is_zero(big, 5u << 20));
    hr_arena_free(&a);
    assert_int_equal(a.total, 0);
    assert_non_null(hr_alloc(&a, 1)); /* usable again */
    hr_arena_free(&a);
}

static void arena_keeps_its_limit(void **state)
{
    (void)state;
    hr_arena a;
    hr_arena_init(&a, 100000);
    size_t got = 0;
    while (hr_alloc(&a, 100))
        got += 112;
    assert_true(a.failed);
    assert_true(a.total <= 100000);
    assert_true(got > 95000); /* the limit can be used up, not just half of it */
    assert_null(hr_alloc(&a, SIZE_MAX));
    assert_null(hr_alloc(&a, SIZE_MAX - 8));
    assert_null(hr_alloc_array(&a, SIZE_MAX / 2, 3));
    hr_arena_free(&a);
    assert_false(a.failed);
}

static void arena_marks(void **state)
{
    (void)state;
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_arena_mark empty = hr_arena_save(&a);
    char *kept = hr_alloc(&a, 100);
    memset(kept, 'k', 100);
    hr_arena_mark m = hr_arena_save(&a);
    size_t total = a.total;
    for (int i = 0; i < 100; i++)
        hr_alloc(&a, 10000);
    hr_arena_restore(&a, m);
    assert_int_equal(a.total, total);
    char *again = hr_alloc(&a, 64);
    assert_true(is_zero(again, 64)); /* also when it reuses bytes */
    for (int i = 0; i < 100; i++)
        assert_int_equal(kept[i], 'k');
    hr_arena_restore(&a, empty);
    assert_int_equal(a.total, 0);
    hr_arena_free(&a);
}

static void arena_grow_keeps_contents(void **state)
{
    (void)state;
    hr_arena a;
    hr_arena_init(&a, 0);
    char *p = hr_grow(&a, NULL, 0, 10);
    memcpy(p, "0123456789", 10);
    char *q = hr_grow(&a, p, 10, 200);
    assert_ptr_equal(p, q); /* the newest block grows in place */
    assert_memory_equal(q, "0123456789", 10);
    assert_true(is_zero(q + 10, 190));
    hr_alloc(&a, 1);
    char *r = hr_grow(&a, q, 200, 100000);
    assert_ptr_not_equal(q, r);
    assert_memory_equal(r, "0123456789", 10);
    assert_true(is_zero(r + 10, 100000 - 10));
    char *less = hr_grow(&a, r, 100000, 5);
    assert_memory_equal(less, "01234", 5);
    assert_null(hr_grow(&a, less, 5, SIZE_MAX));
    hr_arena_free(&a);
}

static void arena_strings(void **state)
{
    (void)state;
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_str d = hr_str_dup(&a, HR_STR("a\0b"));
    assert_true(hr_str_eq(d, HR_STR("a\0b")));
    assert_non_null(hr_str_dup(&a, HR_STR_NONE).p);
    assert_true(hr_str_eq(hr_strf(&a, "%d-%s", 42, "x"), HR_STR("42-x")));
    assert_int_equal(hr_strf(&a, "%s", "").n, 0);
    assert_string_equal(hr_zstr(&a, hr_str_of("abcdef", 3)), "abc");
    assert_string_equal(hr_zstr(&a, HR_STR_NONE), "");
    hr_arena_free(&a);
}

static void buffer_appends(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 1000; i++)
        hr_buf_addc(&b, (char)('a' + i % 26));
    hr_buf_lit(&b, "-lit-");
    hr_buf_addf(&b, "%05d", 42);
    hr_buf_add_u64(&b, 0);
    hr_buf_add_u64(&b, UINT64_MAX);
    hr_buf_add(&b, HR_STR_NONE);
    assert_int_equal(b.err, HR_OK);
    assert_true(hr_str_ends(hr_buf_str(&b), HR_STR("-lit-00042018446744073709551615")));
    hr_buf_consume(&b, 1000);
    assert_true(hr_str_starts(hr_buf_str(&b), HR_STR("-lit-")));
    hr_buf_consume(&b, 1000000);
    assert_int_equal(b.n, 0);
    hr_buf_free(&b);
}

static void buffer_keeps_its_limit(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(10);
    hr_buf_add(&b, HR_STR("0123456789"));
    assert_int_equal(b.err, HR_OK);
    hr_buf_addc(&b, 'x');
    assert_int_equal(b.err, HR_E_LIMIT);
    hr_buf_add(&b, HR_STR("y"));
    assert_true(hr_str_eq(hr_buf_str(&b), HR_STR("0123456789"))); /* nothing more after the error */
    assert_null(hr_buf_reserve(&b, 0));
    hr_buf_clear(&b);
    assert_null(hr_buf_reserve(&b, SIZE_MAX));
    hr_buf_free(&b);
    assert_int_equal(b.limit, 10);
    assert_int_equal(b.err, HR_OK);
}

static void vector_grows(void **state)
{
    (void)state;
    hr_arena a;
    hr_arena_init(&a, 0);
    HR_VEC(uint32_t) v = {0};
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t *slot = hr_vec_push(&v, &a);
        assert_non_null(slot);
        assert_int_equal(*slot, 0);
        *slot = i;
        hr_alloc(&a, 1); /* so that it must move */
    }
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(v.p[i], i);
    hr_arena_free(&a);
    hr_arena_init(&a, 64);
    HR_VEC(uint64_t) w = {0};
    while (hr_vec_push(&w, &a)) {
    }
    assert_int_equal(w.n, 8); /* unchanged by the refused push */
    hr_arena_free(&a);
}

static void map_holds_many(void **state)
{
    (void)state;
    hr_arena a;
    hr_map m;
    hr_arena_init(&a, 0);
    hr_map_init(&m, &a);
    assert_null(hr_map_get(&m, HR_STR("x")));
    for (uint64_t i = 0; i < 20000; i++) {
        bool fresh;
        hr_map_entry *e =
            hr_map_put(&m, hr_strf(&a, "key %llu", (unsigned long long)(i / 2)), &fresh);
        assert_non_null(e);
        assert_int_equal(fresh, i % 2 == 0);
        if (fresh)
            assert_int_equal(e->value, 0);
        e->value += i;
    }
    assert_int_equal(m.n, 10000);
    for (uint64_t i = 0; i < 10000; i++) {
        hr_map_entry *e = hr_map_get(&m, hr_strf(&a, "key %llu", (unsigned long long)i));
        assert_true(e && e->value == 4 * i + 1);
        assert_ptr_equal(e, &m.entries[i]); /* insertion order */
    }
    assert_null(hr_map_get(&m, HR_STR("key")));
    bool fresh;
    assert_non_null(hr_map_put(&m, HR_STR_NONE, &fresh));
    assert_true(fresh && hr_map_get(&m, HR_STR("")) != NULL);
    hr_arena_free(&a);
}

/* A little of everything; false as soon as something was refused. */
static bool work(hr_arena *a, hr_buf *b)
{
    hr_map m;
    HR_VEC(int) v = {0};
    hr_map_init(&m, a);
    bool ok = true;
    for (int i = 0; ok && i < 300; i++) {
        hr_str key = hr_strf(a, "%d", i);
        ok = key.p && hr_map_put(&m, key, NULL) && hr_vec_push(&v, a);
        hr_buf_add(b, key);
    }
    return ok && b->err == HR_OK;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    hr_arena a;
    hr_buf b = HR_BUF_INIT(0);
    hr_arena_init(&a, 0);
    hr_mem_fail_at(0);
    assert_true(work(&a, &b));
    size_t allocations = hr_mem_fail_at(0);
    hr_arena_free(&a);
    hr_buf_free(&b);
    assert_true(allocations > 5);
    for (size_t n = 1; n <= allocations; n++) {
        hr_mem_fail_at(n);
        bool ok = work(&a, &b);
        hr_mem_fail_at(0);
        assert_false(ok);
        assert_true(a.failed || b.err == HR_E_NOMEM);
        hr_arena_free(&a);
        hr_buf_free(&b);
    }
}

static uint64_t stopped(void *ctx)
{
    return *(uint64_t *)ctx;
}

static void deadlines(void **state)
{
    (void)state;
    uint64_t now = 100;
    hr_clock clock = {stopped, NULL, &now};
    hr_deadline d = {&clock, 200};
    assert_false(hr_deadline_passed(NULL));
    assert_false(hr_deadline_passed(&(hr_deadline){0}));
    assert_false(hr_deadline_passed(&d));
    now = 200;
    assert_true(hr_deadline_passed(&d));
    uint64_t a = hr_now_ns(&hr_clock_system), b = hr_now_ns(&hr_clock_system);
    assert_true(b >= a);
    assert_true(hr_now_unix_ms(&hr_clock_system) > 1600000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_keeps_its_limit),
        cmocka_unit_test(arena_marks),
        cmocka_unit_test(arena_grow_keeps_contents),
        cmocka_unit_test(arena_strings),
        cmocka_unit_test(buffer_appends),
        cmocka_unit_test(buffer_keeps_its_limit),
        cmocka_unit_test(vector_grows),
        cmocka_unit_test(map_holds_many),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(deadlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
