/* Log lines, redaction, hashes, the error table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"

static void redacts(hr_str in, const char *want)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_redact(in, &b);
    hr_buf_addc(&b, 0);
    assert_string_equal(b.p, want);
    hr_buf_free(&b);
}

static void secrets_are_cut_out(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Authorization: Bearer abcdefgh12345", "Authorization: [REDACTED]"},
        {"sent bearer abcdefgh12345 on", "sent bearer [REDACTED] on"},
        {"Basic dXNlcjpwYXNz!", "Basic [REDACTED]!"},
        {"key sk-ant-api03-AAAA_BB-cc used", "key sk-[REDACTED] used"},
        {"AIzaSyA1234567890123456789012345678901", "AIza[REDACTED]"},
        {"x-api-key: abc", "x-api-key: [REDACTED]"},
        {"{\"api_key\": \"a b,c\", \"n\": 1}", "{\"api_key\": \"[REDACTED]\", \"n\": 1}"},
        {"{\"api_key\":\"a\\\"b\"}", "{\"api_key\":\"[REDACTED]\"}"},
        {"\\\"password\\\":\\\"p@ss!\\\",", "\\\"password\\\":\\\"[REDACTED]\\\","},
        {"password=p@ss!word next", "password=[REDACTED] next"},
        {"DB_PASSWORD='it is long' x", "DB_PASSWORD='[REDACTED]' x"},
        {"GET /v1?key=AAA&b=2", "GET /v1?key=[REDACTED]&b=2"},
        {"https://user:hunter2@host/p", "https://[REDACTED]@host/p"},
        {"client_secret: xyz;", "client_secret: [REDACTED];"},
        {"refresh_token=1//0abc)", "refresh_token=[REDACTED])"},
        {"secret_tokens=a1", "secret_tokens=[REDACTED]"},
        /* and these are not secrets */
        {"max_tokens: 4096, tokens=12", "max_tokens: 4096, tokens=12"},
        {"tokenizer: o200k", "tokenizer: o200k"},
        {"key: value", "key: value"},
        {"sk-short", "sk-short"},
        {"basic idea", "basic idea"},
        {"http://127.0.0.1:8787/x@y", "http://127.0.0.1:8787/x@y"},
        {"password: ", "password: "},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        redacts(hr_cstr(cases[i][0]), cases[i][1]);
}

static void redaction_stands_any_input(void **state)
{
    (void)state;
    static const char *const bits[] = {"password", "=", "\"", "\\", "sk-", "bearer ",
                                       "://",      "@", ":",  "a",  " "};
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char text[128];
        size_t n = 0;
        for (int k = 0; k < 10; k++) {
            seed = seed * 1664525u + 1013904223u;
            const char *bit = bits[(seed >> 16) % (sizeof(bits) / sizeof(*bits))];
            memcpy(text + n, bit, strlen(bit));
            n += strlen(bit);
        }
        char *exact = malloc(n); /* so that reading beyond the end is seen */
        memcpy(exact, text, n);
        hr_buf b = HR_BUF_INIT(0);
        hr_redact(hr_str_of(exact, n), &b);
        assert_int_equal(b.err, HR_OK);
        hr_buf_free(&b);
        free(exact);
    }
}

static void secret_headers(void **state)
{
    (void)state;
    static const char *const secret[] = {
        "Authorization", "x-api-key", "X-Goog-Api-Key",      "cookie",
        "Set-Cookie",    "api-key",   "proxy-authorization", "x-headroom-proxy-token"};
    static const char *const open[] = {"content-type", "x-headroom-tokens-saved", "user-agent",
                                       "anthropic-ratelimit-tokens-remaining"};
    for (size_t i = 0; i < sizeof(secret) / sizeof(*secret); i++)
        assert_true(hr_secret_header(hr_cstr(secret[i])));
    for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
        assert_false(hr_secret_header(hr_cstr(open[i])));
}

static size_t read_all(const char *path, char *out, size_t cap)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(out, 1, cap - 1, f);
    fclose(f);
    out[n] = 0;
    return n;
}

static void lines_and_levels(void **state)
{
    (void)state;
    char dir[] = "/tmp/hr_log_XXXXXX", path[64], text[4096];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/proxy.log", dir);
    hr_log_to_stderr(false);
    assert_true(hr_log_to_file(path));
    hr_log_set_level(HR_LOG_WARN);
    hr_info("too quiet");
    hr_warn("one\nforged line\x1b[2J");
    hr_error("x-api-key: %s", "abcdef");
    read_all(path, text, sizeof(text));
    assert_null(strstr(text, "too quiet"));
    assert_non_null(strstr(text, " - headroom - WARNING - one forged line [2J\n"));
    assert_non_null(strstr(text, " - headroom - ERROR - x-api-key: [REDACTED]\n"));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    hr_log_set_level(HR_LOG_OFF);
    hr_error("nothing");
    hr_log_level level;
    assert_true(hr_log_level_parse(HR_STR("Warning"), &level) && level == HR_LOG_WARN);
    assert_true(hr_log_level_parse(HR_STR("critical"), &level) && level == HR_LOG_ERROR);
    assert_false(hr_log_level_parse(HR_STR("loud"), &level));
    assert_false(hr_log_to_file("/nonexistent/folder/x.log"));
    unlink(path);
    rmdir(dir);
}

static void files_rotate(void **state)
{
    (void)state;
    char dir[] = "/tmp/hr_log_XXXXXX", path[64], old[80];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/proxy.log", dir);
    assert_true(hr_log_to_file(path));
    hr_log_set_level(HR_LOG_INFO);
    char *line = malloc(15000);
    memset(line, '.', 14999);
    line[14999] = 0;
    for (int i = 0; i < 5000; i++) /* 75 MB: more than six files of 10 MiB */
        hr_info("%s", line);
    free(line);
    struct stat st;
    for (int i = 1; i <= 6; i++) {
        snprintf(old, sizeof(old), "%s.%d", path, i);
        assert_int_equal(stat(old, &st) == 0, i <= 5);
        if (i <= 5)
            assert_in_range(st.st_size, 10 << 20, (10 << 20) + 16384);
        unlink(old);
    }
    assert_false(hr_log_to_file("/nonexistent/folder/x.log"));
    unlink(path);
    rmdir(dir);
}

static void gathered_lines_come_whole_and_in_order(void **state)
{
    (void)state;
    char dir[] = "/tmp/hr-log-XXXXXX", path[64], want[64];
    static char text[1 << 20];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/x.log", dir);
    assert_true(hr_log_to_file(path));
    hr_log_set_level(HR_LOG_INFO);
    hr_log_to_stderr(false);
    hr_log_gather(true);
    hr_info("first");
    read_all(path, text, sizeof(text));
    assert_null(strstr(text, "first"));
    for (int i = 0; i < 3000; i++) /* more than is kept at one time */
        hr_info("line %d.", i);
    hr_log_gather(false);
    read_all(path, text, sizeof(text));
    const char *at = strstr(text, " - first\n");
    for (int i = 0; i < 3000; i++) {
        snprintf(want, sizeof(want), " - INFO - line %d.\n", i);
        assert_non_null(at);
        at = strstr(at, want);
    }
    assert_non_null(at);
    hr_info("at once");
    read_all(path, text, sizeof(text));
    assert_non_null(strstr(text, "at once"));
    assert_false(hr_log_to_file("/nonexistent/folder/x.log"));
    unlink(path);
    rmdir(dir);
}

static void hashes(void **state)
{
    (void)state;
    char hex[65] = {0};
    hr_sha256 h = hr_sha256_of(HR_STR("abc")); /* FIPS 180-4 example */
    hr_hex(h.b, 32, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const hr_str parts[] = {HR_STR("a"), HR_STR_NONE, HR_STR("bc")};
    hr_sha256 p = hr_sha256_parts(parts, 3);
    assert_memory_equal(h.b, p.b, 32);
    hr_key k = hr_key_of(HR_STR(""));
    assert_string_equal(k.hex, "e3b0c44298fc1c149afbf4c8");
    assert_int_equal(hr_key_str(&k).n, 24);
    assert_true(hr_hash64(HR_STR("a")) != hr_hash64(HR_STR("b")));
    assert_true(hr_hash64_seed(HR_STR("a"), 1) != hr_hash64_seed(HR_STR("a"), 2));
    assert_int_equal(hr_hash64(HR_STR_NONE), hr_hash64(HR_STR("")));
}

static void error_table(void **state)
{
    (void)state;
    assert_string_equal(hr_err_name(HR_OK), "ok");
    assert_string_equal(hr_err_name(HR_E_NOMEM), "no_memory");
    for (int e = 0; e < HR_ERR_COUNT; e++) {
        assert_true(hr_err_name((hr_err)e)[0] && hr_err_text((hr_err)e)[0]);
        for (int f = 0; f < e; f++)
            assert_string_not_equal(hr_err_name((hr_err)e), hr_err_name((hr_err)f));
    }
    assert_string_equal(hr_err_name((hr_err)9999), "unknown_error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_cut_out),
        cmocka_unit_test(redaction_stands_any_input),
        cmocka_unit_test(secret_headers),
        cmocka_unit_test(lines_and_levels),
        cmocka_unit_test(files_rotate),
        cmocka_unit_test(hashes),
        cmocka_unit_test(gathered_lines_come_whole_and_in_order),
        cmocka_unit_test(error_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
