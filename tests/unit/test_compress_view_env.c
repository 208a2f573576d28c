/* Environments: whatever their size, no line is left out. */
#include "base/buf.h"
#include "compress/compress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static hr_arena arena;

static hr_compressed compress(hr_str text, const char *command)
{
    hr_compress_opts o = hr_compress_defaults();
    o.tool_name = HR_STR("Bash");
    o.tool_input = hr_strf(&arena, "{\"command\":\"%s\"}", command);
    hr_compressed c;
    assert_int_equal(hr_compress_text(&o, text, &arena, &c), HR_OK);
    return c;
}

/* 400 variables, 25 KB: paths, addresses, addresses of services, keys, long lists. */
static hr_str environment(const char *before, const char *quote, bool small)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addf(&b, "%sPATH=%s/home/dev/.local/bin:/usr/local/bin:/usr/bin:/bin%s\n", before, quote,
                quote);
    for (unsigned i = 1; i < 400; i++) {
        hr_buf_addf(&b, "%s%s_%u=%s", before, small ? "npm_config" : "SHOP", i, quote);
        switch (i % 5) {
        case 0:
            hr_buf_addf(&b, "/srv/shop/releases/2026-03-04/part-%u/bin", i * 7919 % 1000);
            break;
        case 1:
            hr_buf_addf(&b, "tcp://10.96.%u.%u:%u", i % 256, i * 31 % 256, 1000 + i);
            break;
        case 2:
            hr_buf_addf(&b, "%s", i % 2 ? "true" : "false");
            break;
        case 3:
            hr_buf_addf(&b, "postgres://shop@db-%u.internal:5432/shop?sslmode=require", i);
            break;
        default:
            for (unsigned k = 0; k < 24; k++)
                hr_buf_addf(&b, "%04x", (i * 2654435761u + k * 40503u) % 65536);
        }
        hr_buf_addf(&b, "%s\n", quote);
    }
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static void nothing_goes(hr_str text, const char *command)
{
    hr_compressed c = compress(text, command);
    assert_true(text.n > 20000);
    assert_false(c.lossy);
    if (!c.changed)
        assert_true(hr_str_eq(c.text, text));
    else
        assert_int_equal(c.reason, HR_R_LOG_TEMPLATE);
}

static void no_value_goes(void **state)
{
    (void)state;
    nothing_goes(environment("", "", false), "env");
    nothing_goes(environment("", "", false), "cat .env");
    nothing_goes(environment("", "", true), "npm run env");
    nothing_goes(environment("", "", true), "printenv");
    nothing_goes(
        hr_strf(&arena, "Wall time: 0.1 seconds\nOutput:\n%s", environment("", "", false).p),
        "env");
    nothing_goes(environment("export ", "'", false), "export -p");
    nothing_goes(environment("declare -x ", "\\\"", false), "declare -x");
}

/* A log's lines may begin with a field. */
static void logs_are_no_environments(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned i = 0; i < 400; i++)
        hr_buf_addf(&b,
                    "level=info ts=2026-03-04T10:%02u:%02uZ msg=\"request served\" status=200\n",
                    i / 60, i % 60);
    assert_true(compress(hr_buf_str(&b), "journalctl").lossy);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_goes),
        cmocka_unit_test(logs_are_no_environments),
    };
    hr_arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hr_arena_free(&arena);
    return failed;
}
