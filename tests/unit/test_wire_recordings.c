/* Requests that real agents sent: all are read, consecutive ones share their prefix as the provider
 * caches it, and putting every block back as it was gives the received bytes. HR_EXTRA_DATA may
 * name a folder with the complete recordings (wire/<agent>/<sequence>/NNN.body.json). */
#include "../files.h"
#include "../wire/wire_test.h"

static bool dialect_of(const char *path, hr_dialect *d)
{
    hr_str p = hr_cstr(path);
    if (hr_str_has(p, HR_STR("gemini")))
        return false;
    *d = HR_DIALECT_ANTHROPIC;
    if (hr_str_has(p, HR_STR("codex")) || hr_str_has(p, HR_STR("/responses")))
        *d = HR_DIALECT_OPENAI_RESPONSES;
    else if (hr_str_has(p, HR_STR("chat")) || hr_str_has(p, HR_STR("aider")))
        *d = HR_DIALECT_OPENAI_CHAT;
    return true;
}

static void one_body(void *ctx, const char *path, hr_str body)
{
    hr_dialect d;
    if (!hr_str_has(hr_cstr(path), HR_STR("/wire/")) || !dialect_of(path, &d))
        return;
    hr_arena_free(&arena);
    hr_wire_request r = read_request(d, body);
    hr_json_doc doc;
    assert_int_equal(hr_json_scan(&arena, body, 0, &doc).code, HR_OK);
    hr_splice s;
    hr_splice_init(&s, body);
    for (size_t i = 0; i < r.nblocks; i++) {
        const hr_block *b = &r.blocks[i];
        hr_buf q = HR_BUF_INIT(0);
        hr_json_quote(&q, b->text);
        hr_str with = hr_str_dup(&arena, hr_buf_str(&q));
        hr_buf_free(&q);
        assert_int_equal(hr_splice_add(&s, &arena, b->start, b->end, with), HR_OK);
        /* The agents answer every call they made; in WebSocket steps the call stays behind. */
        if (b->role == HR_BLOCK_TOOL_RESULT && !hr_str_has(hr_cstr(path), HR_STR("websocket")) &&
            b->tool_name.n == 0)
            fail_msg("%s: result of no call", path);
    }
    hr_str out;
    assert_int_equal(hr_splice_join(&s, &arena, &out), HR_OK);
    assert_true(hr_str_eq(out, body));
    if (r.has_tools) {
        assert_true(r.shell_tool.n > 0);
        assert_int_equal(body.p[r.tools_end], ']');
    }
    ++*(size_t *)ctx;
}

static void test_bodies(void **state)
{
    (void)state;
    size_t n = 0;
    test_walk_data(".body.json", one_body, &n);
    print_message("%zu bodies\n", n);
    assert_true(n >= 6);
}

/* Consecutive steps of one process. Missing folders are skipped unless they are our own. */
static const struct {
    bool ours;
    const char *folder;
    int steps[8];
} SEQUENCES[] = {
    {true, "claude-code/tool-search", {1, 2}},
    {true, "codex/stream-cut-retry", {1, 2}},
    {true, "opencode/chat-subagents", {5, 7}},
    {false, "claude-code/turns", {3, 4, 5, 6, 7}},
    {false, "claude-code/turns", {8, 9}},
    {false, "claude-code/turns-older-model", {1, 2}},
    {false, "claude-code/thinking", {1, 2, 3}},
    {false, "claude-code/tool-search", {1, 2, 3, 4}},
    {false, "claude-code/subagents", {1, 6}},
    {false, "claude-code/subagents", {2, 5}},
    {false, "claude-code/subagents", {3, 4}},
    {false, "claude-code/interactive", {2, 3}},
    {false, "codex/turns-http", {1, 2, 3, 4, 5, 6}},
    {false, "codex/subagents", {1, 2, 4}},
    {false, "opencode/anthropic", {2, 3, 4, 5}},
    {false, "opencode/chat-subagents", {2, 3}},
    {false, "opencode/chat-subagents", {4, 8}},
    {false, "opencode/responses", {2, 3}},
};

static bool prompt_of(const char *root, const char *folder, int step, uint64_t **h, size_t *n)
{
    char path[2048];
    hr_dialect d;
    snprintf(path, sizeof(path), "%s/wire/%s/%03d.body.json", root, folder, step);
    hr_str file = test_read_file(path);
    if (!file.p)
        return false;
    hr_str body = hr_str_dup(&arena, file);
    free((void *)(size_t)file.p);
    assert_true(dialect_of(path, &d));
    hr_wire_request r = read_request(d, body);
    assert_int_equal(hr_wire_prompt(&r, &arena, h, n), HR_OK);
    return true;
}

static size_t check_sequences(const char *root, bool must)
{
    size_t pairs = 0;
    for (size_t i = 0; i < sizeof(SEQUENCES) / sizeof(*SEQUENCES); i++) {
        const int *steps = SEQUENCES[i].steps;
        uint64_t *h, *g;
        size_t n, m;
        if (must && !SEQUENCES[i].ours)
            continue;
        if (!prompt_of(root, SEQUENCES[i].folder, steps[0], &h, &n)) {
            assert_false(must);
            continue;
        }
        for (size_t k = 1; steps[k]; k++, h = g, n = m) {
            assert_true(prompt_of(root, SEQUENCES[i].folder, steps[k], &g, &m));
            if (m <= n || memcmp(h, g, n * sizeof(*h)) != 0)
                fail_msg("%s: %d does not extend %d", SEQUENCES[i].folder, steps[k], steps[k - 1]);
            pairs++;
        }
    }
    return pairs;
}

static void test_prefixes(void **state)
{
    (void)state;
    assert_int_equal(check_sequences(HR_TEST_DATA, true), 3);
    const char *extra = getenv("HR_EXTRA_DATA");
    if (extra && *extra)
        print_message("%zu more pairs\n", check_sequences(extra, false));
}

/* A new process (git status and model line differ) shares tools and the first system blocks only.
 */
static void test_continued_session(void **state)
{
    (void)state;
    const char *extra = getenv("HR_EXTRA_DATA");
    uint64_t *h, *g;
    size_t n, m, i = 0;
    if (!extra || !prompt_of(extra, "claude-code/turns-older-model", 2, &h, &n))
        return;
    assert_true(prompt_of(extra, "claude-code/turns-older-model", 3, &g, &m));
    while (i < n && i < m && h[i] == g[i])
        i++;
    assert_int_equal(i, 29); /* 27 tools, attribution, identity */
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_bodies), TEST(test_prefixes),
                                       TEST(test_continued_session)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
