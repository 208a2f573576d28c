/* Which agent, which conversation, which kind of request. */
#include "context/identity.h"
#include "context/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;

static hr_identity identify(const hr_header *h, size_t n, const char *body, hr_dialect d)
{
    hr_wire_request r;
    hr_identity id;
    assert_int_equal(hr_wire_read(d, hr_cstr(body), &arena, &r).code, HR_OK);
    hr_identify((hr_headers){h, n}, &r, &arena, &id);
    assert_int_equal(id.conversation.n, 32);
    return id;
}

#define H(name, value)                                                                             \
    {                                                                                              \
        HR_STR_INIT(name), HR_STR_INIT(value)                                                      \
    }
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char tools_body[] = "{\"model\":\"m\",\"tools\":[{\"name\":\"Bash\"}],\"messages\":[{"
                                 "\"role\":\"user\",\"content\":\"fix it\"}]}";
static const char plain_body[] =
    "{\"model\":\"m\",\"tools\":[],\"messages\":[{\"role\":\"user\",\"content\":\"fix it\"}]}";

static void auth_modes(void **state)
{
    (void)state;
    static const struct {
        hr_header h;
        hr_auth_mode want;
    } rows[] = {
        {H("User-Agent", "claude-cli/2.1.197 (external, cli)"), HR_AUTH_SUBSCRIPTION},
        {H("Authorization", "Bearer sk-ant-oat01-abc"), HR_AUTH_OAUTH},
        {H("Authorization", "Bearer sk-proj-abc"), HR_AUTH_PAYG},
        {H("Authorization", "Bearer aaa.bbb.ccc"), HR_AUTH_OAUTH},
        {H("Authorization", "AWS4-HMAC-SHA256 Credential=x"), HR_AUTH_OAUTH},
        {H("Authorization", "Bearer opaque"), HR_AUTH_PAYG},
        {H("x-api-key", "k"), HR_AUTH_PAYG},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(hr_auth_mode_of((hr_headers){&rows[i].h, 1}), rows[i].want);
}

static void claude_code_is_keyed_by_session_and_sub_agent(void **state)
{
    (void)state;
    hr_header main_h[] = {H("user-agent", "claude-cli/2.1.197"),
                          H("X-Claude-Code-Session-Id", "s1"), H("authorization", "Bearer a")};
    hr_header renewed[] = {H("user-agent", "claude-cli/2.1.197"),
                           H("X-Claude-Code-Session-Id", "s1"), H("authorization", "Bearer b")};
    hr_header sub[] = {H("user-agent", "claude-cli/2.1.197"), H("X-Claude-Code-Session-Id", "s1"),
                       H("x-claude-code-agent-id", "a0123456789abcdef")};
    hr_identity a = identify(main_h, COUNT(main_h), tools_body, HR_DIALECT_ANTHROPIC);
    hr_identity b = identify(renewed, COUNT(renewed), plain_body, HR_DIALECT_ANTHROPIC);
    hr_identity c = identify(sub, COUNT(sub), tools_body, HR_DIALECT_ANTHROPIC);
    assert_true(hr_str_eq(a.conversation, b.conversation)); /* a renewed token is the same talk */
    assert_false(hr_str_eq(a.conversation, c.conversation));
    assert_true(hr_str_eq(a.client, HR_STR("claude-code")));
    assert_false(a.side);
    assert_true(b.side); /* the title request offers no tools */
    assert_true(a.local_shell);
}

static void claude_code_without_headers_uses_metadata(void **state)
{
    (void)state;
    hr_header h[] = {H("user-agent", "claude-cli/2.1")};
    static const char one[] = "{\"model\":\"m\",\"metadata\":{\"user_id\":\"{\\\"device_id\\\":"
                              "\\\"d\\\",\\\"session_id\\\":\\\"s1\\\"}\"},"
                              "\"tools\":[{\"name\":\"B\"}],\"messages\":[{\"role\":\"user\","
                              "\"content\":\"2026-01-01 hi\"}]}";
    static const char two[] = "{\"model\":\"m\",\"metadata\":{\"user_id\":\"{\\\"device_id\\\":"
                              "\\\"d\\\",\\\"session_id\\\":\\\"s2\\\"}\"},"
                              "\"tools\":[{\"name\":\"B\"}],\"messages\":[{\"role\":\"user\","
                              "\"content\":\"2026-01-01 hi\"}]}";
    hr_identity a = identify(h, 1, one, HR_DIALECT_ANTHROPIC);
    hr_identity b = identify(h, 1, two, HR_DIALECT_ANTHROPIC);
    assert_false(hr_str_eq(a.conversation, b.conversation));
}

static void codex_threads_and_windows(void **state)
{
    (void)state;
    static const char body[] =
        "{\"model\":\"m\",\"input\":[],\"tools\":[{\"type\":\"function\",\"name\":\"x\"}]}";
    hr_header a[] = {H("user-agent", "codex_exec/0.169.0"), H("session-id", "p"),
                     H("thread-id", "t1"), H("x-codex-window-id", "t1:0")};
    hr_header b[] = {H("user-agent", "codex_exec/0.169.0"), H("session-id", "p"),
                     H("thread-id", "t2"), H("x-codex-window-id", "t2:0"),
                     H("x-codex-turn-metadata", "{\"request_kind\":\"compaction\",\"n\":1}")};
    hr_identity x = identify(a, COUNT(a), body, HR_DIALECT_OPENAI_RESPONSES);
    hr_identity y = identify(b, COUNT(b), body, HR_DIALECT_OPENAI_RESPONSES);
    assert_false(hr_str_eq(x.conversation, y.conversation)); /* a sub-agent shares the session id */
    assert_int_equal(x.agent, HR_AGENT_CODEX);
    assert_false(x.side);
    assert_true(y.side); /* tools or not: a summary is made of what it reads there */
}

static void unknown_clients_survive_a_changed_date(void **state)
{
    (void)state;
    hr_header key[] = {H("x-api-key", "k1")}, other[] = {H("x-api-key", "k2")};
    static const char monday[] = "{\"model\":\"m\",\"tools\":[{\"name\":\"B\"}],\"messages\":[{"
                                 "\"role\":\"user\",\"content\":\"Today is 2026-11-20. fix\"}]}";
    static const char tuesday[] =
        "{\"model\":\"m\",\"tools\":[{\"name\":\"B\"},{\"name\":\"C\"}],\"messages\":[{\"role\":"
        "\"user\",\"content\":\"Today is 2026-11-21. fix\"}]}";
    hr_identity a = identify(key, 1, monday, HR_DIALECT_ANTHROPIC);
    hr_identity b = identify(key, 1, tuesday, HR_DIALECT_ANTHROPIC);
    hr_identity c = identify(other, 1, monday, HR_DIALECT_ANTHROPIC);
    assert_true(hr_str_eq(a.conversation, b.conversation));
    assert_false(hr_str_eq(a.conversation, c.conversation)); /* tenants stay apart */
    assert_false(a.side);
}

static void the_credential_is_never_shown(void **state)
{
    (void)state;
    hr_header h[] = {H("authorization", "Bearer sk-secret-value-123")};
    hr_str c = hr_credential_of((hr_headers){h, 1}, &arena);
    assert_int_equal(c.n, 16);
    for (size_t i = 0; i < c.n; i++)
        assert_true(hr_is_hex(c.p[i]));
}

static void excluded_tools(void **state)
{
    (void)state;
    hr_policy p = {0};
    assert_int_equal(hr_policy_excluded(HR_STR("Bash, mcp__*,,"), HR_STR("x"), &arena, &p.excluded,
                                        &p.nexcluded),
                     HR_OK);
    assert_int_equal(p.nexcluded, 8);
    assert_true(hr_policy_excludes(&p, HR_STR("read")));
    assert_true(hr_policy_excludes(&p, HR_STR("MCP__files__get")));
    assert_true(hr_policy_excludes(&p, HR_STR("bash")));
    assert_false(hr_policy_excludes(&p, HR_STR("ReadFile")));
}

static void retrieval_results_are_recognised(void **state)
{
    (void)state;
    hr_block tool = {.tool_name = HR_STR("mcp__headroom__headroom_retrieve")};
    hr_block shell = {.tool_name = HR_STR("Bash"),
                      .tool_input = HR_STR("{\"command\":\"headroom retrieve 0123456789ab\"}")};
    hr_block other = {.tool_name = HR_STR("Bash"), .tool_input = HR_STR("{\"command\":\"ls\"}")};
    assert_true(hr_plan_is_retrieval(&tool));
    assert_true(hr_plan_is_retrieval(&shell));
    assert_false(hr_plan_is_retrieval(&other));
}

static int setup(void **state)
{
    (void)state;
    hr_arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hr_arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auth_modes),
        cmocka_unit_test(claude_code_is_keyed_by_session_and_sub_agent),
        cmocka_unit_test(claude_code_without_headers_uses_metadata),
        cmocka_unit_test(codex_threads_and_windows),
        cmocka_unit_test(unknown_clients_survive_a_changed_date),
        cmocka_unit_test(the_credential_is_never_shown),
        cmocka_unit_test(excluded_tools),
        cmocka_unit_test(retrieval_results_are_recognised),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
