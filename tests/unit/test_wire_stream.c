/* The event reader with every split of its input, and the stream tap on recorded answers. */
#include "../files.h"
#include "../wire/wire_test.h"
#include "base/mem.h"

typedef struct log {
    hr_buf b;
} log_t;

static void on_event(void *ctx, hr_str event, hr_str data)
{
    log_t *l = ctx;
    hr_buf_addf(&l->b, "[%.*s|%.*s]", HR_FMT(event), HR_FMT(data));
}

static void feed_in(hr_str text, const size_t *cuts, size_t ncuts, size_t limit, log_t *l,
                    hr_sse *s)
{
    hr_sse_init(s, limit);
    l->b = HR_BUF_INIT(0);
    size_t at = 0;
    for (size_t i = 0; i <= ncuts; i++) {
        size_t to = i < ncuts ? cuts[i] : text.n;
        /* A copy of its own size, so that reading past a piece is seen. */
        size_t n = to - at;
        char *p = malloc(n ? n : 1);
        memcpy(p, text.p + at, n);
        hr_sse_feed(s, hr_str_of(p, n), on_event, l);
        free(p);
        at = to;
    }
    hr_sse_end(s, on_event, l);
}

static void events_are(hr_str text, size_t limit, const char *want, uint64_t skipped)
{
    log_t l;
    hr_sse s;
    for (size_t i = 0; i <= text.n; i++) {
        for (size_t j = i; j <= text.n; j++) {
            size_t cuts[2] = {i, j};
            feed_in(text, cuts, 2, limit, &l, &s);
            if (!hr_str_eq(hr_buf_str(&l.b), hr_cstr(want)) || s.skipped != skipped)
                fail_msg("split %zu %zu: %.*s, want %s", i, j, HR_FMT(hr_buf_str(&l.b)), want);
            hr_buf_free(&l.b);
            hr_sse_free(&s);
        }
    }
    size_t *every = malloc((text.n + 1) * sizeof(*every));
    for (size_t i = 0; i < text.n; i++)
        every[i] = i;
    feed_in(text, every, text.n, limit, &l, &s);
    is_text(hr_buf_str(&l.b), want);
    hr_buf_free(&l.b);
    hr_sse_free(&s);
    free(every);
}

static void test_sse(void **state)
{
    (void)state;
    events_are(HR_STR("event: a\ndata: 1\n\ndata:2\n\n"), 0, "[a|1][|2]", 0);
    events_are(HR_STR("event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n"), 0, "[a|1][|2]", 0);
    events_are(HR_STR("event: a\rdata: 1\r\rdata: 2\r\r"), 0, "[a|1][|2]", 0);
    events_are(HR_STR("data: 1\r\n\ndata: 2\n\r\ndata: 3\r\r\n"), 0, "[|1][|2][|3]", 0);
    events_are(HR_STR(": hi\ndata: a\ndata:\ndata:  b\nid: 4\nretry: 5\nother\n\n"), 0,
               "[|a\n\n b]", 0);
    events_are(HR_STR("\xef\xbb\xbf"
                      "data: bom\n\nevent: lonely\n\ndata\n\n"),
               0, "[|bom][|]", 0);
    events_are(HR_STR("data: no end"), 0, "[|no end]", 0);
    events_are(HR_STR("event: x\ndata: no blank\n"), 0, "[x|no blank]", 0);
    events_are(HR_STR("\n\n:\n\n\r\n"), 0, "", 0);
}

static void test_sse_limit(void **state)
{
    (void)state;
    /* What does not fit is counted and the next event is whole again. */
    events_are(HR_STR("data: 0123456789\n\ndata: ok\n\n"), 15, "[|ok]", 1);
    events_are(HR_STR("data: 01234\ndata: 56789\ndata: abc\nevent: e\n\ndata: ok\n\n"), 12, "[|ok]",
               1);
    events_are(HR_STR("xxxxxxxxxxxxxxxxxxxxxxxxxxxx\ndata: lost\r\n\r\ndata: ok\r\n\r\n"), 12,
               "[|ok]", 1);
}

static void test_mid_event(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool mid;
    } cases[] = {{"", false},          {"data: 1\n\n", false}, {"data: 1\r\n\r", false},
                 {"da", true},         {"data: 1", true},      {"data: 1\n", true},
                 {"event: x\n", true}, {": comment\n", false}, {"data: 1\n\ndata: 2", true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        hr_sse s;
        log_t l = {HR_BUF_INIT(0)};
        hr_sse_init(&s, 0);
        hr_sse_feed(&s, hr_cstr(cases[i].text), on_event, &l);
        if (hr_sse_mid_event(&s) != cases[i].mid)
            fail_msg("%s", cases[i].text);
        hr_sse_free(&s);
        hr_buf_free(&l.b);
    }
}

static void test_sse_no_memory(void **state)
{
    (void)state;
    hr_sse s;
    log_t l = {HR_BUF_INIT(0)};
    hr_sse_init(&s, 0);
    hr_mem_fail_at(1);
    hr_sse_feed(&s, HR_STR("data: 1\n\n"), on_event, &l);
    hr_mem_fail_at(0);
    hr_sse_feed(&s, HR_STR("data: 2\n\n"), on_event, &l);
    is_text(hr_buf_str(&l.b), "[|2]");
    assert_int_equal(s.skipped, 1);
    hr_sse_free(&s);
    hr_buf_free(&l.b);
}

/* --- tap ------------------------------------------------------------------------------------- */

static hr_stream_tap tap(hr_dialect d, hr_str text, size_t piece)
{
    hr_stream_tap t;
    hr_stream_tap_init(&t, d);
    for (size_t at = 0; at < text.n; at += piece)
        hr_stream_tap_feed(&t, hr_str_sub(text, at, at + piece));
    hr_stream_tap_end(&t);
    hr_stream_tap_free(&t);
    return t;
}

static void test_recorded(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        hr_dialect d;
        hr_usage u;
        bool finished, failed, saw_call;
        uint64_t events;
    } cases[] = {
        {"claude-code/turns/003.reply.sse",
         HR_DIALECT_ANTHROPIC,
         {true, 12, 2000, 1000, 0, 25},
         true,
         false,
         true,
         11},
        {"claude-code/thinking/001.reply.sse",
         HR_DIALECT_ANTHROPIC,
         {true, 12, 2000, 1000, 0, 25},
         true,
         false,
         true,
         14},
        {"claude-code/stream-cut-retry/001.reply.sse",
         HR_DIALECT_ANTHROPIC,
         {true, 12, 2000, 1000, 0, 1},
         false,
         false,
         false,
         4},
        {"codex/turns-http/003.reply.sse",
         HR_DIALECT_OPENAI_RESPONSES,
         {true, 1000, 2000, 0, 0, 25},
         true,
         false,
         true,
         5},
        {"codex/stream-cut-retry/001.reply.sse",
         HR_DIALECT_OPENAI_RESPONSES,
         {false, 0, 0, 0, 0, 0},
         false,
         false,
         true,
         7},
        {"opencode/chat-subagents/005.reply.sse",
         HR_DIALECT_OPENAI_CHAT,
         {true, 1000, 2000, 0, 0, 20},
         true,
         false,
         true,
         7},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/wire/%s", HR_TEST_DATA, cases[i].path);
        hr_str text = test_read_file(path);
        assert_non_null(text.p);
        for (size_t piece = 1; piece <= text.n; piece = piece < 64 ? piece + 1 : piece * 2) {
            hr_stream_tap t = tap(cases[i].d, text, piece);
            const hr_usage *u = &cases[i].u;
            if (t.finished != cases[i].finished || t.failed != cases[i].failed ||
                t.saw_call != cases[i].saw_call || t.events != cases[i].events ||
                t.usage.known != u->known || t.usage.input != u->input ||
                t.usage.cache_read != u->cache_read || t.usage.cache_write != u->cache_write ||
                t.usage.output != u->output)
                fail_msg(
                    "%s in %zu: finished %d failed %d call %d events %d known %d input %d read "
                    "%d write %d output %d",
                    cases[i].path, piece, t.finished, t.failed, t.saw_call, (int)t.events,
                    t.usage.known, (int)t.usage.input, (int)t.usage.cache_read,
                    (int)t.usage.cache_write, (int)t.usage.output);
        }
        free((void *)(size_t)text.p);
    }
}

static void test_ends(void **state)
{
    (void)state;
    static const struct {
        hr_dialect d;
        const char *text;
        bool finished, failed;
    } cases[] = {
        {HR_DIALECT_ANTHROPIC,
         "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
         false, true},
        {HR_DIALECT_ANTHROPIC, "event: message_stop\ndata: {\"type\":\"message_stop\"}", true,
         false},
        {HR_DIALECT_OPENAI_CHAT, "data: {\"error\":{\"message\":\"x\"}}\n\ndata: [DONE]\n\n", true,
         true},
        {HR_DIALECT_OPENAI_CHAT, "data: {\"choices\":[],\"error\":null}\n\n", false, false},
        {HR_DIALECT_OPENAI_RESPONSES,
         "data: {\"type\":\"response.failed\",\"response\":{\"usage\":null}}\n\n", true, true},
        {HR_DIALECT_OPENAI_RESPONSES, "data: {\"type\":\"response.incomplete\"}\n\n", true, false},
        {HR_DIALECT_OPENAI_RESPONSES, "data: {\"type\":\"error\",\"message\":\"x\"}\n\n", false,
         true},
        {HR_DIALECT_OPENAI_RESPONSES, "event: response.completed\ndata: {broken\n\n", false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        hr_stream_tap t = tap(cases[i].d, hr_cstr(cases[i].text), 7);
        if (t.finished != cases[i].finished || t.failed != cases[i].failed)
            fail_msg("%s: finished %d failed %d", cases[i].text, t.finished, t.failed);
    }
}

/* The last number that is there counts: newer servers repeat the input counts at the end. */
static void test_usage_merge(void **state)
{
    (void)state;
    hr_stream_tap t = tap(
        HR_DIALECT_ANTHROPIC,
        HR_STR("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"
               "{\"input_tokens\":3,\"cache_read_input_tokens\":10,\"cache_creation_input_tokens\":"
               "8,\"cache_creation\":{\"ephemeral_1h_input_tokens\":6},\"output_tokens\":1}}}\n\n"
               "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":"
               "{\"input_tokens\":4,\"cache_read_input_tokens\":null,\"output_tokens\":77}}\n\n"),
        11);
    assert_int_equal(t.usage.input, 4);
    assert_int_equal(t.usage.cache_read, 10);
    assert_int_equal(t.usage.cache_write, 8);
    assert_int_equal(t.usage.cache_write_1h, 6);
    assert_int_equal(t.usage.output, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sse),      TEST(test_sse_limit), TEST(test_mid_event),   TEST(test_sse_no_memory),
        TEST(test_recorded), TEST(test_ends),      TEST(test_usage_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
