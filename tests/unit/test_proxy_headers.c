/* Header rules in both directions, counters, time. */
#include "proxy/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>

static hr_settings settings = {.strip_internal_headers = true};
static hr_proxy px = {.s = &settings};

static hr_req request(hr_header *h, size_t n)
{
    return (hr_req){.px = &px, .headers = {h, n}};
}

static const char *text(hr_headers h, char *out, size_t cap)
{
    size_t at = 0;
    for (size_t i = 0; i < h.n; i++)
        at += (size_t)snprintf(out + at, cap - at, "%.*s=%.*s;", HR_FMT(h.p[i].name),
                               HR_FMT(h.p[i].value));
    out[at] = 0;
    return out;
}

#define H(n, v)                                                                                    \
    {                                                                                              \
        {n, sizeof(n) - 1},                                                                        \
        {                                                                                          \
            v, sizeof(v) - 1                                                                       \
        }                                                                                          \
    }

static void test_up(void **state)
{
    hr_header h[] = {H("Host", "x"),
                     H("X-Api-Key", "k"),
                     H("Connection", "close, X-Hop"),
                     H("x-hop", "1"),
                     H("Keep-Alive", "5"),
                     H("TE", "trailers"),
                     H("Transfer-Encoding", "chunked"),
                     H("Content-Length", "3"),
                     H("Expect", "100-continue"),
                     H("Content-Encoding", "gzip"),
                     H("X-Headroom-Mode", "audit"),
                     H("x-headroom-proxy-token", "t"),
                     H("Anthropic-Beta", "a"),
                     H("anthropic-beta", "b"),
                     H("Authorization", "Bearer sk"),
                     H("X-Other", "kept")};
    hr_req r = request(h, sizeof(h) / sizeof(*h));
    hr_arena a;
    char out[1024];
    (void)state;
    hr_arena_init(&a, 0);
    hr_up_opts o = {0};
    assert_string_equal(text(hr_headers_up(&r, &o, &a), out, sizeof(out)),
                        "X-Api-Key=k;Content-Encoding=gzip;Anthropic-Beta=a;anthropic-beta=b;"
                        "Authorization=Bearer sk;X-Other=kept;");
    o = (hr_up_opts){
        .decoded = true, .beta_name = HR_STR("anthropic-beta"), .beta_value = HR_STR("a,b,c")};
    r.token_in_authorization = true;
    assert_string_equal(text(hr_headers_up(&r, &o, &a), out, sizeof(out)),
                        "X-Api-Key=k;Anthropic-Beta=a,b,c;X-Other=kept;");
    settings.strip_internal_headers = false; /* the token never leaves all the same */
    o = (hr_up_opts){.beta_name = HR_STR("openai-beta"), .beta_value = HR_STR("z")};
    assert_string_equal(text(hr_headers_up(&r, &o, &a), out, sizeof(out)),
                        "X-Api-Key=k;Content-Encoding=gzip;X-Headroom-Mode=audit;"
                        "Anthropic-Beta=a;anthropic-beta=b;X-Other=kept;openai-beta=z;");
    settings.strip_internal_headers = true;
    hr_arena_free(&a);
}

static void test_down(void **state)
{
    hr_header h[] = {H("Content-Type", "text/event-stream"),
                     H("Transfer-Encoding", "chunked"),
                     H("Connection", "keep-alive, x-gone"),
                     H("X-Gone", "1"),
                     H("Content-Length", "5"),
                     H("Content-Encoding", "br"),
                     H("Set-Cookie", "a=1"),
                     H("Set-Cookie", "b=2"),
                     H("Referrer-Policy", "origin")};
    const hr_header extra[] = {H("x-headroom-model", "m")};
    hr_req r = request(NULL, 0);
    hr_arena a;
    char out[1024];
    (void)state;
    hr_arena_init(&a, 0);
    hr_headers in = {h, sizeof(h) / sizeof(*h)};
    assert_string_equal(text(hr_headers_down(&r, in, false, extra, 1, &a), out, sizeof(out)),
                        "Content-Type=text/event-stream;Content-Encoding=br;Set-Cookie=a=1;"
                        "Set-Cookie=b=2;Referrer-Policy=origin;x-content-type-options=nosniff;"
                        "x-frame-options=DENY;x-headroom-model=m;");
    assert_null(strstr(text(hr_headers_down(&r, in, true, NULL, 0, &a), out, sizeof(out)), "br"));
    hr_arena_free(&a);
}

static void test_header_values_are_safe(void **state)
{
    hr_turn t = {.out = {.model = HR_STR("m\r\nx-evil: 1"),
                         .tokens_before = 10,
                         .tokens_after = 4,
                         .edited = true,
                         .transforms = HR_STR("a\nb")}};
    hr_req r = {.px = &px, .turn = &t};
    hr_header h[6];
    (void)state;
    hr_arena_init(&r.arena, 0);
    size_t n = hr_turn_headers(&r, h);
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < h[i].value.n; k++)
            assert_true((unsigned char)h[i].value.p[k] >= ' ');
    }
    assert_true(hr_str_eq(h[3].value, HR_STR("6")));
    t.untouched = true; /* what was refused saved nothing */
    n = hr_turn_headers(&r, h);
    assert_int_equal(n, 5);
    assert_true(hr_str_eq(h[3].value, HR_STR("0")));
    hr_arena_free(&r.arena);
}

static void test_stats(void **state)
{
    hr_stats *s = hr_stats_new();
    hr_record rec = {.status = 200,
                     .tokens_before = 1000,
                     .tokens_after = 400,
                     .total_us = 1500,
                     .overhead_us = 70,
                     .ttfb_us = 900,
                     .usage = {.known = true, .input = 5, .cache_read = 7, .output = 3}};
    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(rec.model, sizeof(rec.model), "model-%d", i);
        snprintf(rec.id, sizeof(rec.id), "id-%d", i);
        hr_stat_record(s, &rec, HR_PROV_OPENAI);
    }
    rec.status = 500;
    rec.failed = true;
    hr_stat_record(s, &rec, HR_PROV_OPENAI); /* a refused request saved nothing */
    assert_int_equal(hr_stat_get(s, HR_M_REQUESTS), 201);
    assert_int_equal(hr_stat_get(s, HR_M_REQUESTS_FAILED), 1);
    assert_int_equal(hr_stat_get(s, HR_M_TOKENS_SAVED), 200 * 600);
    assert_int_equal(hr_stat_provider(s, HR_M_CACHE_READ, HR_PROV_OPENAI), 201 * 7);
    hr_model_view v[HR_MODEL_SLOTS + 1];
    size_t n = hr_stat_models(s, v, HR_MODEL_SLOTS + 1);
    assert_int_equal(n, HR_MODEL_SLOTS + 1); /* 64 names, then "other" */
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i].requests;
    assert_int_equal(sum, 201);
    hr_record recent[HR_RECENT];
    assert_int_equal(hr_stat_recent(s, recent, HR_RECENT), HR_RECENT);
    assert_string_equal(recent[0].id, "id-199");
    assert_string_equal(recent[1].id, "id-199");
    assert_string_equal(recent[2].id, "id-198");
    hr_series_view lat;
    hr_stat_series(s, HR_M_OVERHEAD, &lat);
    assert_int_equal(lat.count, 201);
    assert_int_equal(lat.min_us, 70);
    assert_int_equal(lat.bucket[1], 201); /* 50 < 70 ≤ 100 */
    hr_stats_reset(s);
    assert_int_equal(hr_stat_get(s, HR_M_REQUESTS), 0);
    assert_int_equal(hr_stat_models(s, v, HR_MODEL_SLOTS + 1), 0);
    hr_stats_free(s);
}

static void *hammer(void *ctx)
{
    hr_record rec = {.status = 200, .tokens_before = 2, .tokens_after = 1, .total_us = 10};
    for (int i = 0; i < 2000; i++) {
        snprintf(rec.model, sizeof(rec.model), "model-%d", i % 40);
        hr_stat_record(ctx, &rec, HR_PROV_ANTHROPIC);
    }
    return NULL;
}

static void test_stats_from_many_threads(void **state)
{
    hr_stats *s = hr_stats_new();
    pthread_t t[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, hammer, s), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(hr_stat_get(s, HR_M_REQUESTS), 8000);
    assert_int_equal(hr_stat_get(s, HR_M_TOKENS_SAVED), 8000);
    hr_model_view v[HR_MODEL_SLOTS + 1];
    size_t n = hr_stat_models(s, v, HR_MODEL_SLOTS + 1);
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i].requests;
    assert_int_equal(sum, 8000);
    hr_stats_free(s);
}

static void test_time(void **state)
{
    char out[32];
    (void)state;
    hr_iso_time(0, out);
    assert_string_equal(out, "1970-01-01T00:00:00.000Z");
    hr_iso_time(1767225599999, out);
    assert_string_equal(out, "2025-12-31T23:59:59.999Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up),    cmocka_unit_test(test_down),
        cmocka_unit_test(test_stats), cmocka_unit_test(test_header_values_are_safe),
        cmocka_unit_test(test_time),  cmocka_unit_test(test_stats_from_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
