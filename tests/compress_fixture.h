/* compress_fixture: an arena and options for each test of a compressor. */
#ifndef HR_TESTS_COMPRESS_FIXTURE_H
#define HR_TESTS_COMPRESS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "compress/compress.h"

static hr_arena arena;
static hr_compress_opts opts;

static int setup(void **state)
{
    (void)state;
    hr_arena_init(&arena, 0);
    opts = hr_compress_defaults();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hr_arena_free(&arena);
    return 0;
}

#endif
