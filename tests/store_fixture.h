/* store_fixture: a folder for each test, a clock that a test sets, and short ways to a store. */
#ifndef HR_TESTS_STORE_FIXTURE_H
#define HR_TESTS_STORE_FIXTURE_H

#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[4096]; /* absolute */
static char path[4200];
static int64_t now_ms = 1700000000000;

static inline uint64_t fake_mono(void *ctx)
{
    (void)ctx;
    return (uint64_t)now_ms * 1000000u;
}
static inline int64_t fake_unix(void *ctx)
{
    (void)ctx;
    return now_ms;
}
static const hr_clock fake = {fake_mono, fake_unix, NULL};

static inline int setup(void **state)
{
    (void)state;
    char made[] = "hr_store_XXXXXX";
    assert_non_null(mkdtemp(made));
    assert_non_null(realpath(made, dir));
    snprintf(path, sizeof path, "%s/ccr_store.db", dir);
    now_ms = 1700000000000;
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    char cmd[4200];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

static inline hr_store_opts options(void)
{
    hr_store_opts o = hr_store_defaults();
    o.path = hr_cstr(path);
    o.clock = &fake;
    return o;
}

static inline hr_store *open_it(const hr_store_opts *o)
{
    hr_store *s = NULL;
    assert_int_equal(hr_store_open(o, &s), HR_OK);
    return s;
}

static inline hr_store *open_default(void)
{
    hr_store_opts o = options();
    return open_it(&o);
}

static inline hr_original original(hr_str content)
{
    return (hr_original){.key = hr_key_of(content),
                         .content = content,
                         .tool_name = HR_STR("Bash"),
                         .strategy = HR_STR("json:rows"),
                         .query = HR_STR("why does it fail"),
                         .original_tokens = 100,
                         .compressed_tokens = 10,
                         .original_items = 7,
                         .compressed_items = 3};
}

static inline hr_err put(hr_store *s, hr_str content)
{
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_original o = original(content);
    hr_store_batch b = {.conversation = HR_STR("c1"), .originals = &o, .noriginals = 1};
    hr_err err = hr_store_commit(s, &b, &a);
    hr_arena_free(&a);
    return err;
}

static inline hr_err get(hr_store *s, hr_str content)
{
    hr_arena a;
    hr_entry e;
    hr_arena_init(&a, 0);
    hr_key k = hr_key_of(content);
    hr_err err = hr_store_get(s, hr_key_str(&k), &a, &e);
    if (!err)
        assert_true(hr_str_eq(e.content, content));
    hr_arena_free(&a);
    return err;
}

static inline hr_pin pin(hr_str block, hr_str text, hr_str key_of)
{
    hr_pin p = {.block = hr_sha256_of(block),
                .text = text,
                .reason = 3,
                .tokens_before = 1000,
                .tokens_after = 10};
    if (key_of.p)
        p.key = hr_key_of(key_of);
    return p;
}

#endif
