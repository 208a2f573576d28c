/* wire_test: an arena for each test and short checks. */
#ifndef HR_TESTS_WIRE_TEST_H
#define HR_TESTS_WIRE_TEST_H

#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static hr_arena arena;

static inline int arena_setup(void **state)
{
    (void)state;
    hr_arena_init(&arena, 0);
    return 0;
}

static inline int arena_teardown(void **state)
{
    (void)state;
    hr_arena_free(&arena);
    return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, arena_setup, arena_teardown)

static inline void is_text_at(hr_str got, const char *want, const char *file, int line)
{
    if (!hr_str_eq(got, hr_cstr(want)))
        fail_msg("%s:%d: got \"%.*s\", want \"%s\"", file, line, HR_FMT(got), want);
}
#define is_text(got, want) is_text_at((got), (want), __FILE__, __LINE__)

static inline hr_wire_request read_request(hr_dialect d, hr_str body)
{
    hr_wire_request r;
    hr_errpos e = hr_wire_read(d, body, &arena, &r);
    if (e.code != HR_OK)
        fail_msg("%s at %zu", hr_err_name(e.code), e.at);
    /* What every listed block promises. */
    for (size_t i = 0; i < r.nblocks; i++) {
        const hr_block *b = &r.blocks[i];
        hr_json_doc d1;
        assert_true(b->start < b->end && b->end <= body.n);
        assert_true(i == 0 || b->start >= r.blocks[i - 1].end);
        assert_true(b->message < r.nmessages);
        assert_int_equal(hr_json_scan(&arena, hr_str_sub(body, b->start, b->end), 1, &d1).code,
                         HR_OK);
        assert_true(hr_str_eq(hr_json_text(&d1, 0, &arena), b->text));
    }
    return r;
}

#endif
