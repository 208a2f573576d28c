/* Routes, access to hosts and origins, targets, limits, sticky headers: the rules without sockets.
 */
#include "proxy/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static hr_match match(const char *method, const char *target)
{
    hr_match m;
    hr_route_match(hr_cstr(method), hr_cstr(target), &m);
    return m;
}

static void test_routes(void **state)
{
    (void)state;
    assert_int_equal(match("POST", "/v1/messages?beta=true").id, HR_ROUTE_MESSAGES);
    assert_true(hr_str_eq(match("POST", "/v1/messages?beta=true").query, HR_STR("?beta=true")));
    assert_int_equal(match("GET", "/livez").id, HR_ROUTE_LIVEZ);
    assert_int_equal(match("HEAD", "/livez?x").id, HR_ROUTE_LIVEZ);
    assert_int_equal(match("GET", "/v1/retrieve/stats").id, HR_ROUTE_RETRIEVE_STATS);
    hr_match m = match("GET", "/v1/retrieve/abc123");
    assert_int_equal(m.id, HR_ROUTE_RETRIEVE_GET);
    assert_true(hr_str_eq(m.param, HR_STR("abc123")));
    /* not ours: relayed */
    static const char *const foreign[] = {"/v1/messages/",
                                          "//v1/messages",
                                          "/v1/MESSAGES",
                                          "/",
                                          "/v1/messages/batches",
                                          "/v1/retrieve/a/b",
                                          "/p/x",
                                          "/v1/retrieve/",
                                          "/livez/",
                                          "/%6civez",
                                          "*"};
    for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
        assert_int_equal(match("GET", foreign[i]).id, HR_ROUTE_ANY);
    assert_int_equal(match("DELETE", "/v1/messages").id, HR_ROUTE_ANY);
    /* ours, wrong method: told, never relayed */
    m = match("GET", "/v1/compress");
    assert_null(m.route);
    assert_string_equal(m.allow, "POST");
    assert_null(match("OPTIONS", "/stats").route);
}

static void test_prefixes(void **state)
{
    (void)state;
    hr_match m = match("POST", "/p/my%20app/v1/messages?x");
    assert_int_equal(m.id, HR_ROUTE_MESSAGES);
    assert_true(hr_str_eq(m.project, HR_STR("my%20app")));
    assert_true(hr_str_eq(m.path, HR_STR("/v1/messages")));
    m = match("POST", "/p/a/anthropic/v1/messages");
    assert_int_equal(m.id, HR_ROUTE_MESSAGES);
    assert_true(m.anthropic_alias);
    assert_false(match("POST", "/anthropic/v2/messages").anthropic_alias);
    /* the prefix hides no guarded route and guards survive it */
    assert_int_equal(match("POST", "/p/a/v1/compress").route->access, HR_ACCESS_LOOPBACK);
    assert_int_equal(match("GET", "/p//v1/messages").id, HR_ROUTE_ANY);
}

static void test_every_route_has_its_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < HR_ROUTE_COUNT; i++) {
        const hr_route *r = &hr_routes[i];
        assert_non_null(r->run);
        assert_true(r->help[0] != 0);
        bool provider = r->run == hr_h_messages || r->run == hr_h_chat ||
                        r->run == hr_h_responses || r->run == hr_h_passthrough;
        assert_int_equal(provider, r->access == HR_ACCESS_DATA);
        assert_int_equal(r->streams, r->run == hr_h_passthrough);
        /* what changes state or hands out originals is guarded */
        if (!provider && r->method[0] == 'P')
            assert_int_equal(r->access, HR_ACCESS_LOOPBACK);
    }
    assert_int_equal(HR_ROUTE_ANY, HR_ROUTE_COUNT - 1);
}

static void test_hosts(void **state)
{
    static const char *const yes[] = {"127.0.0.1",   "127.0.0.1:8787",       "localhost",
                                      "LOCALHOST:1", "127.255.0.9",          "[::1]",
                                      "[::1]:80",    "[::ffff:127.0.0.1]:1", " localhost "};
    static const char *const no[] = {"",
                                     "evil.example",
                                     "127.0.0.1.evil.example",
                                     "localhost.",
                                     "localhost.evil",
                                     "127.1",
                                     "127.0.0.256",
                                     "127.0.0.1:",
                                     "127.0.0.1:99999",
                                     "127.0.0.1:80:80",
                                     "0x7f.0.0.1",
                                     "0127.0.0.1",
                                     "[::1",
                                     "[::1]x",
                                     "[::2]",
                                     "::1",
                                     "10.0.0.1",
                                     "user@127.0.0.1"};
    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
        assert_true(hr_host_is_loopback(hr_cstr(yes[i])));
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
        if (hr_host_is_loopback(hr_cstr(no[i])))
            fail_msg("%s is taken for loopback", no[i]);
    }
}

static void test_origins(void **state)
{
    hr_settings s = {0};
    hr_proxy px = {.s = &s};
    (void)state;
    assert_true(hr_origin_allowed(&px, HR_STR("http://localhost:3000")));
    assert_true(hr_origin_allowed(&px, HR_STR("https://127.0.0.1")));
    assert_true(hr_origin_allowed(&px, HR_STR("http://[::1]:5173")));
    assert_false(hr_origin_allowed(&px, HR_STR("http://evil.example")));
    assert_false(hr_origin_allowed(&px, HR_STR("http://localhost.evil.example")));
    assert_false(hr_origin_allowed(&px, HR_STR("null")));
    assert_false(hr_origin_allowed(&px, HR_STR("file://localhost")));
    assert_false(hr_origin_allowed(&px, HR_STR("")));
    s.cors_origins = HR_STR("https://a.example, https://b.example");
    assert_true(hr_origin_allowed(&px, HR_STR("https://b.example")));
    assert_false(hr_origin_allowed(&px, HR_STR("http://localhost:3000")));
    s.cors_origins = HR_STR("*");
    assert_true(hr_origin_allowed(&px, HR_STR("https://any.example")));
}

static void test_targets(void **state)
{
    static const struct {
        const char *url, *origin, *prefix;
    } good[] = {{"https://api.anthropic.com", "https://api.anthropic.com", ""},
                {"https://h/", "https://h", ""},
                {"http://h:1/v1/", "http://h:1", ""},
                {"https://gw.example/anthropic/v1", "https://gw.example", "/anthropic"},
                {"https://gw.example/a/b///", "https://gw.example", "/a/b"},
                {"HTTP://[::1]:9/x", "HTTP://[::1]:9", "/x"}};
    static const char *const bad[] = {"",
                                      "h",
                                      "ftp://h",
                                      "https://",
                                      "https:///",
                                      "http://h:/x",
                                      "http://u:p@h",
                                      "http://h?x",
                                      "http://h/a?b",
                                      "http://h/a b",
                                      "http://h/#x",
                                      "http://h\r\nx"};
    hr_target t;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(hr_target_parse(hr_cstr(good[i].url), &t));
        assert_true(hr_str_eq(t.origin, hr_cstr(good[i].origin)));
        assert_true(hr_str_eq(t.prefix, hr_cstr(good[i].prefix)));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        if (hr_target_parse(hr_cstr(bad[i]), &t))
            fail_msg("%s is taken for a base URL", bad[i]);
    }
    static const char *const forbidden[] = {"http://169.254.169.254",
                                            "http://169.254.1.1:80",
                                            "http://[fe80::1]",
                                            "http://[fd00:ec2::254]",
                                            "http://[::ffff:169.254.169.254]",
                                            "http://metadata.google.internal",
                                            "http://2852039166",
                                            "http://0xa9fea9fe",
                                            "http://0251.0376.0251.0376"};
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++)
        assert_false(hr_target_allowed(hr_cstr(forbidden[i])));
    assert_true(hr_target_allowed(HR_STR("http://127.0.0.1:11434")));
    assert_true(hr_target_allowed(HR_STR("https://api.example.com")));
}

/* --- time held still ---------------------------------------------------------------------------
 */

static uint64_t now_ns;

static uint64_t mono(void *ctx)
{
    (void)ctx;
    return now_ns;
}

static int64_t wall(void *ctx)
{
    (void)ctx;
    return (int64_t)(now_ns / 1000000u);
}

static const hr_clock still = {mono, wall, NULL};

static hr_limiter *limiter(int64_t rpm, int64_t tpm, bool on, bool given)
{
    hr_settings s = {.rpm = rpm, .tpm = tpm, .rate_limit = on};
    if (given)
        s.origin[HR_OPT_rate_limit] = HR_FROM_ENV;
    return hr_limiter_new(&s, &still);
}

static void test_limiter_only_when_asked(void **state)
{
    (void)state;
    assert_null(limiter(0, 0, true, false));
    assert_null(limiter(10, 10, false, true));
    hr_limiter *l = limiter(0, 0, true, true);
    assert_int_equal(hr_limiter_rpm(l), 60);
    hr_limiter_free(l);
    l = limiter(0, 500, true, false);
    assert_int_equal(hr_limiter_rpm(l), 0);
    assert_int_equal(hr_limiter_tpm(l), 500);
    hr_limiter_free(l);
}

static void test_limiter_requests(void **state)
{
    hr_limiter *l = limiter(3, 0, true, false);
    (void)state;
    now_ns = 1000000000u;
    for (int i = 0; i < 3; i++)
        assert_int_equal(hr_limiter_take(l, HR_STR("a")), 0);
    uint32_t wait = hr_limiter_take(l, HR_STR("a"));
    assert_in_range(wait, 19000, 20001);
    assert_int_equal(hr_limiter_take(l, HR_STR("b")), 0);
    now_ns += (uint64_t)wait * 1000000u;
    assert_int_equal(hr_limiter_take(l, HR_STR("a")), 0);
    assert_int_not_equal(hr_limiter_take(l, HR_STR("a")), 0);
    now_ns += 3600ull * 1000000000u; /* a long pause fills it once, not more */
    for (int i = 0; i < 3; i++)
        assert_int_equal(hr_limiter_take(l, HR_STR("a")), 0);
    assert_int_not_equal(hr_limiter_take(l, HR_STR("a")), 0);
    assert_int_equal(hr_limiter_keys(l), 2);
    hr_limiter_free(l);
}

static void test_limiter_tokens(void **state)
{
    hr_limiter *l = limiter(0, 600, true, false);
    (void)state;
    now_ns = 5000000000u;
    assert_int_equal(hr_limiter_take(l, HR_STR("a")), 0);
    hr_limiter_tokens(l, HR_STR("a"), 1200); /* 600 too many: a minute of waiting */
    assert_in_range(hr_limiter_take(l, HR_STR("a")), 60000, 60200);
    now_ns += 61ull * 1000000000u;
    assert_int_equal(hr_limiter_take(l, HR_STR("a")), 0);
    for (int i = 0; i < 5000; i++) { /* a fixed table, whatever comes */
        char key[16];
        int n = snprintf(key, sizeof(key), "k%d", i);
        assert_int_equal(hr_limiter_take(l, hr_str_of(key, (size_t)n)), 0);
    }
    assert_in_range(hr_limiter_keys(l), 1, 1024);
    hr_limiter_free(l);
}

static void sticky_is(hr_sticky *s, const char *who, const char *value, const char *want)
{
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_str got = hr_sticky_merge(s, hr_cstr(who), hr_cstr(value), &a);
    if (!hr_str_eq(got, hr_cstr(want)))
        fail_msg("%s: got \"%.*s\", want \"%s\"", value, HR_FMT(got), want);
    hr_arena_free(&a);
}

static void test_sticky(void **state)
{
    hr_sticky *s = hr_sticky_new(4);
    (void)state;
    sticky_is(s, "c", "", "");
    sticky_is(s, "c", "b, a", "b, a"); /* as the client spelled it */
    sticky_is(s, "c", "a", "b,a");
    sticky_is(s, "c", "A,c", "b,a,c");
    sticky_is(s, "c", "", "b,a,c");
    sticky_is(s, "c", "c,b,a", "c,b,a"); /* complete: its order is the client's */
    sticky_is(s, "other", "x", "x");
    char big[3000];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = 0;
    sticky_is(s, "big", big, big); /* too big to remember, sent as it is */
    sticky_is(s, "big", "", "");
    for (int i = 0; i < 100; i++) { /* bounded */
        char who[16];
        snprintf(who, sizeof(who), "w%d", i);
        sticky_is(s, who, "t", "t");
    }
    hr_sticky_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_every_route_has_its_class),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_limiter_only_when_asked),
        cmocka_unit_test(test_limiter_requests),
        cmocka_unit_test(test_limiter_tokens),
        cmocka_unit_test(test_sticky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
