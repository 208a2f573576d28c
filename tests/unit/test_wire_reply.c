/* Finished replies: usage, calls, the continuation of a retrieval round, summed usage; error bodies
 * and the tool itself. */
#include "../wire/wire_test.h"
#include "base/mem.h"
#include "text/tokens.h"

#define A HR_DIALECT_ANTHROPIC
#define C HR_DIALECT_OPENAI_CHAT
#define R HR_DIALECT_OPENAI_RESPONSES

#define HASH "0123456789abcdef01234567"

static hr_reply read_reply(hr_dialect d, const char *body)
{
    hr_reply r;
    hr_errpos e = hr_wire_read_reply(d, hr_cstr(body), &arena, &r);
    if (e.code != HR_OK)
        fail_msg("%s at %zu", hr_err_name(e.code), e.at);
    return r;
}

static void usage_is(hr_usage u, uint64_t in, uint64_t read, uint64_t write, uint64_t write_1h,
                     uint64_t out)
{
    assert_true(u.known);
    assert_int_equal(u.input, in);
    assert_int_equal(u.cache_read, read);
    assert_int_equal(u.cache_write, write);
    assert_int_equal(u.cache_write_1h, write_1h);
    assert_int_equal(u.output, out);
}

static const char ANTHROPIC_REPLY[] =
    "{\"id\":\"msg\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-x\","
    "\"content\":[{\"type\":\"thinking\",\"thinking\":\"h\\u006d\",\"signature\":\"EqQB/+==\"},"
    "{\"type\":\"text\",\"text\":\"let me see\"},"
    "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"headroom_retrieve\","
    "\"input\":{\"hash\":\"0123456789ABCDEF01234567\"}},"
    "{\"type\":\"tool_use\",\"id\":\"toolu_2\",\"name\":\"mcp__headroom__headroom_retrieve\","
    "\"input\":{\"hash\":\"hash=" HASH "\"}}],"
    "\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":200,"
    "\"cache_creation_input_tokens\":30,\"cache_creation\":{\"ephemeral_5m_input_tokens\":10,"
    "\"ephemeral_1h_input_tokens\":20},\"output_tokens\":5}}";

static void test_read_anthropic(void **state)
{
    (void)state;
    hr_reply r = read_reply(A, ANTHROPIC_REPLY);
    usage_is(r.usage, 10, 200, 30, 20, 5);
    is_text(r.model, "claude-x");
    is_text(r.stop_reason, "tool_use");
    assert_false(r.is_error);
    assert_int_equal(r.ncalls, 2);
    assert_int_equal(r.nretrieve, 2);
    is_text(r.calls[0].id, "toolu_1");
    is_text(r.calls[0].hash, HASH);
    is_text(r.calls[1].hash, HASH);
    is_text(r.calls[0].input, "{\"hash\":\"0123456789ABCDEF01234567\"}");
    assert_true(read_reply(A, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}").is_error);
    assert_int_equal(read_reply(A, "{\"content\":[{\"type\":\"server_tool_use\",\"name\":"
                                   "\"web_search\"}]}")
                         .ncalls,
                     0);
}

static const char CHAT_REPLY[] =
    "{\"id\":\"c\",\"model\":\"gpt-x\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
    "\"assistant\","
    "\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\","
    "\"function\":{\"name\":\"headroom_retrieve\",\"arguments\":\"{\\\"hash\\\": \\\"" HASH
    "\\\"}\"}}]},\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":100,"
    "\"completion_tokens\":7,\"total_tokens\":107,\"prompt_tokens_details\":{\"cached_tokens\":60},"
    "\"completion_tokens_details\":{\"reasoning_tokens\":3}}}";

static void test_read_chat(void **state)
{
    (void)state;
    hr_reply r = read_reply(C, CHAT_REPLY);
    usage_is(r.usage, 40, 60, 0, 0, 7);
    assert_int_equal(r.ncalls, 1);
    assert_true(r.calls[0].retrieve && r.calls[0].function);
    is_text(r.calls[0].hash, HASH);
    is_text(r.calls[0].input, "{\"hash\": \"" HASH "\"}");
    is_text(r.stop_reason, "tool_calls");
    r = read_reply(C,
                   "{\"choices\":[{\"message\":{\"function_call\":{\"name\":\"headroom_retrieve\","
                   "\"arguments\":\"{}\"}}}]}");
    assert_int_equal(r.ncalls, 1);
    assert_int_equal(r.nretrieve, 0);
    assert_false(r.usage.known);
}

static const char RESPONSES_REPLY[] =
    "{\"id\":\"resp\",\"object\":\"response\",\"status\":\"completed\",\"error\":null,"
    "\"model\":\"gpt-y\",\"output\":[{\"id\":\"rs\",\"type\":\"reasoning\",\"summary\":[],"
    "\"encrypted_content\":\"gAAA\"},{\"id\":\"fc\",\"type\":\"function_call\",\"status\":"
    "\"completed\",\"call_id\":\"call_9\",\"name\":\"ccr_retrieve\",\"arguments\":"
    "\"{\\\"reference\\\":\\\"0123456789ab\\\"}\"}],\"usage\":{\"input_tokens\":50,"
    "\"input_tokens_details\":{\"cached_tokens\":20},\"output_tokens\":9,\"total_tokens\":59}}";

static void test_read_responses(void **state)
{
    (void)state;
    hr_reply r = read_reply(R, RESPONSES_REPLY);
    usage_is(r.usage, 30, 20, 0, 0, 9);
    assert_int_equal(r.ncalls, 1);
    assert_int_equal(r.nretrieve, 1);
    is_text(r.calls[0].hash, "0123456789ab");
    is_text(r.stop_reason, "completed");
    assert_false(r.is_error);
    r = read_reply(R, "{\"output\":[{\"type\":\"custom_tool_call\",\"call_id\":\"k\",\"name\":"
                      "\"headroom_retrieve\"},{\"type\":\"web_search_call\"}]}");
    assert_int_equal(r.ncalls, 1);
    assert_int_equal(r.nretrieve, 0);
}

static void test_hash_argument(void **state)
{
    (void)state;
    static const struct {
        const char *input, *hash;
    } cases[] = {
        {"{\"hash\":\"0123456789ab\"}", "0123456789ab"},
        {"{\"hash\":\" 0123456789AB\\n\"}", "0123456789ab"},
        {"{\"hash\":\"0123456789a\"}", ""},
        {"{\"hash\":\"" HASH "0\"}", ""},
        {"{\"hash\":\"0123456789xy\"}", ""},
        {"{\"hash\":5}", ""},
        {"{}", ""},
        {"[]", ""},
        {"{\"hash\":\"\",\"reference\":\"0123456789ab\"}", "0123456789ab"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        hr_str body = hr_strf(&arena,
                              "{\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":"
                              "\"headroom_retrieve\",\"input\":%s}]}",
                              cases[i].input);
        hr_reply r;
        assert_int_equal(hr_wire_read_reply(A, body, &arena, &r).code, HR_OK);
        assert_int_equal(r.nretrieve, 1);
        is_text(r.calls[0].hash, cases[i].hash);
    }
    /* Arguments that are no JSON at all. */
    hr_reply r = read_reply(C, "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"1\","
                               "\"function\":{\"name\":\"headroom_retrieve\",\"arguments\":"
                               "\"{\\\"hash\\\":\"}}]}}]}");
    assert_int_equal(r.nretrieve, 1);
    is_text(r.calls[0].hash, "");
}

/* --- continuation ---------------------------------------------------------------------------- */

static hr_err go_on(hr_dialect d, const char *body, const char *reply, hr_str *next)
{
    static const hr_str results[2] = {{"line \"1\"\n\x01", 10}, {"two", 3}};
    hr_reply r = read_reply(d, reply);
    return hr_wire_continue(d, hr_cstr(body), &r, results, &arena, next);
}

static void becomes(hr_dialect d, const char *body, const char *reply, const char *want)
{
    hr_str next;
    assert_int_equal(go_on(d, body, reply, &next), HR_OK);
    is_text(next, want);
    hr_json_doc doc;
    assert_int_equal(hr_json_scan(&arena, next, 0, &doc).code, HR_OK);
}

static void test_continue_anthropic(void **state)
{
    (void)state;
    becomes(A, "{\"messages\":[ {\"role\":\"user\",\"content\":\"q\"} ],\"n\":1.50}",
            ANTHROPIC_REPLY,
            "{\"messages\":[ {\"role\":\"user\",\"content\":\"q\"} ,{\"role\":\"assistant\","
            "\"content\":[{\"type\":\"thinking\",\"thinking\":\"h\\u006d\",\"signature\":"
            "\"EqQB/+==\"},{\"type\":\"text\",\"text\":\"let me see\"},{\"type\":\"tool_use\","
            "\"id\":\"toolu_1\",\"name\":\"headroom_retrieve\",\"input\":{\"hash\":"
            "\"0123456789ABCDEF01234567\"}},{\"type\":\"tool_use\",\"id\":\"toolu_2\",\"name\":"
            "\"mcp__headroom__headroom_retrieve\",\"input\":{\"hash\":\"hash=" HASH "\"}}]},"
            "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\","
            "\"content\":\"line \\\"1\\\"\\n\\u0001\"},{\"type\":\"tool_result\",\"tool_use_id\":"
            "\"toolu_2\",\"content\":\"two\"}]}],\"n\":1.50}");
}

static void test_continue_chat(void **state)
{
    (void)state;
    becomes(C, "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}", CHAT_REPLY,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\","
            "\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":"
            "\"function\",\"function\":{\"name\":\"headroom_retrieve\",\"arguments\":"
            "\"{\\\"hash\\\": \\\"" HASH "\\\"}\"}}]},{\"role\":\"tool\",\"tool_call_id\":"
            "\"call_1\",\"content\":\"line \\\"1\\\"\\n\\u0001\"}]}");
}

#define RESPONSES_TAIL                                                                             \
    "{\"id\":\"rs\",\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"gAAA\"},"        \
    "{\"id\":\"fc\",\"type\":\"function_call\",\"status\":\"completed\",\"call_id\":\"call_9\","   \
    "\"name\":\"ccr_retrieve\",\"arguments\":\"{\\\"reference\\\":\\\"0123456789ab\\\"}\"},"       \
    "{\"type\":\"function_call_output\",\"call_id\":\"call_9\",\"output\":"                        \
    "\"line \\\"1\\\"\\n\\u0001\"}]"

static void test_continue_responses(void **state)
{
    (void)state;
    becomes(
        R, "{\"input\":[{\"role\":\"user\",\"content\":\"q\"}],\"store\":false}", RESPONSES_REPLY,
        "{\"input\":[{\"role\":\"user\",\"content\":\"q\"}," RESPONSES_TAIL ",\"store\":false}");
    becomes(
        R, "{\"model\":\"m\",\"input\":\"a\\u0062\",\"x\":1}", RESPONSES_REPLY,
        "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"a\\u0062\"}," RESPONSES_TAIL
        ",\"x\":1}");
    becomes(R, "{\"previous_response_id\":\"r\"}", RESPONSES_REPLY,
            "{\"previous_response_id\":\"r\",\"input\":[" RESPONSES_TAIL "}");
    becomes(R, "{\"input\":null}", RESPONSES_REPLY, "{\"input\":[" RESPONSES_TAIL "}");
    becomes(R, "{\"input\":[]}", RESPONSES_REPLY, "{\"input\":[" RESPONSES_TAIL "}");
    /* Reasoning that is kept nowhere cannot be sent back. */
    static const char open[] =
        "{\"output\":[{\"id\":\"rs\",\"type\":\"reasoning\",\"summary\":[]},{\"type\":"
        "\"function_call\",\"call_id\":\"c\",\"name\":\"headroom_retrieve\",\"arguments\":\"{}\"}]"
        "}";
    becomes(R, "{\"input\":[],\"store\":false}", open,
            "{\"input\":[{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":"
            "\"headroom_retrieve\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\","
            "\"call_id\":\"c\",\"output\":\"line \\\"1\\\"\\n\\u0001\"}],\"store\":false}");
    hr_str next;
    assert_int_equal(go_on(R, "{\"input\":[]}", open, &next), HR_OK);
    assert_true(hr_str_has(next, HR_STR("\"reasoning\"")));
}

static void test_continue_refused(void **state)
{
    (void)state;
    hr_str next;
    assert_int_equal(go_on(A, "{\"messages\":[]}", "{\"content\":[]}", &next), HR_E_UNSUPPORTED);
    assert_int_equal(go_on(A, "{\"messages\":{}}", ANTHROPIC_REPLY, &next), HR_E_TYPE);
    assert_int_equal(go_on(A, "{\"messages\":", ANTHROPIC_REPLY, &next), HR_E_SYNTAX);
    assert_int_equal(go_on(C, "[]", CHAT_REPLY, &next), HR_E_TYPE);
    assert_int_equal(go_on(R, "{\"input\":\"q\",\"conversation\":\"c\"}", RESPONSES_REPLY, &next),
                     HR_E_UNSUPPORTED);
    assert_int_equal(go_on(R, "{\"input\":\"q\",\"background\":true}", RESPONSES_REPLY, &next),
                     HR_E_UNSUPPORTED);
    assert_int_equal(go_on(R, "{\"input\":7}", RESPONSES_REPLY, &next), HR_E_TYPE);
    assert_int_equal(go_on(R, "{\"input\":[]}",
                           "{\"output\":[{\"type\":\"custom_tool_call\",\"call_id\":\"x\"}]}",
                           &next),
                     HR_E_UNSUPPORTED);
    assert_int_equal(
        go_on(C, "{\"messages\":[]}",
              "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":"
              "\"headroom_retrieve\",\"arguments\":\"{}\"}}]}},{\"message\":{}}]}",
              &next),
        HR_E_UNSUPPORTED);
}

/* --- summed usage ---------------------------------------------------------------------------- */

static void test_summed_usage(void **state)
{
    (void)state;
    hr_usage sum = {true, 1000, 2000, 300, 100, 50};
    hr_str out;
    hr_reply r = read_reply(A, ANTHROPIC_REPLY);
    assert_int_equal(hr_wire_reply_with_usage(A, &r, &sum, &arena, &out), HR_OK);
    hr_str tail = HR_STR("\"usage\":{\"input_tokens\":1000,\"cache_read_input_tokens\":2000,"
                         "\"cache_creation_input_tokens\":300,\"cache_creation\":"
                         "{\"ephemeral_5m_input_tokens\":200,\"ephemeral_1h_input_tokens\":100},"
                         "\"output_tokens\":50}}");
    assert_true(hr_str_ends(out, tail));
    size_t head = out.n - tail.n;
    assert_memory_equal(out.p, ANTHROPIC_REPLY, head);

    r = read_reply(C, CHAT_REPLY);
    assert_int_equal(hr_wire_reply_with_usage(C, &r, &sum, &arena, &out), HR_OK);
    assert_true(
        hr_str_ends(out, HR_STR("\"usage\":{\"prompt_tokens\":3300,\"completion_tokens\":50,"
                                "\"total_tokens\":3350,\"prompt_tokens_details\":"
                                "{\"cached_tokens\":2000},\"completion_tokens_details\":"
                                "{\"reasoning_tokens\":3}}}")));
    r = read_reply(R, RESPONSES_REPLY);
    assert_int_equal(hr_wire_reply_with_usage(R, &r, &sum, &arena, &out), HR_OK);
    assert_true(hr_str_ends(out, HR_STR("\"usage\":{\"input_tokens\":3300,\"input_tokens_details\":"
                                        "{\"cached_tokens\":2000},\"output_tokens\":50,"
                                        "\"total_tokens\":3350}}")));
    /* Nothing is added where there was no number; the same sums leave the bytes alone. */
    r = read_reply(C, "{\"usage\":null,\"a\":1}");
    assert_int_equal(hr_wire_reply_with_usage(C, &r, &sum, &arena, &out), HR_OK);
    is_text(out, "{\"usage\":null,\"a\":1}");
    r = read_reply(A, ANTHROPIC_REPLY);
    assert_int_equal(hr_wire_reply_with_usage(A, &r, &r.usage, &arena, &out), HR_OK);
    assert_ptr_equal(out.p, r.doc.src.p);
}

static void test_odd_replies(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{}",
        "{\"content\":{},\"choices\":{},\"output\":{},\"usage\":[],\"error\":null}",
        "{\"content\":[1,{}],\"choices\":[1],\"output\":[null,{}],\"usage\":{\"n\":1e9}}",
        "{\"usage\":{\"prompt_tokens\":-1}}",
        "{\"usage\":{\"output_tokens\":1e400,\"input_tokens\":\"x\"}}",
        "{\"choices\":[{\"message\":{\"tool_calls\":{}}}],\"usage\":{\"x\":1}}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        for (int d = 0; d < 3; d++) {
            hr_reply r = read_reply((hr_dialect)d, bodies[i]);
            assert_int_equal(r.ncalls, 0);
            assert_false(r.usage.known || r.is_error);
        }
    }
    hr_reply r;
    assert_int_equal(hr_wire_read_reply(A, HR_STR("[]"), &arena, &r).code, HR_E_TYPE);
    assert_int_equal(hr_wire_read_reply(A, HR_STR("<html>"), &arena, &r).code, HR_E_SYNTAX);
}

/* --- errors, tool ---------------------------------------------------------------------------- */

static void test_error_bodies(void **state)
{
    (void)state;
    is_text(hr_wire_error_body(A, 413, HR_STR("request_too_large"), HR_STR("too \"big\""), &arena),
            "{\"type\":\"error\",\"error\":{\"type\":\"request_too_large\",\"message\":"
            "\"too \\\"big\\\"\"}}");
    static const struct {
        int status;
        const char *type, *want;
    } cases[] = {
        {413, "request_too_large",
         "\"type\":\"invalid_request_error\",\"code\":\"request_too_large\""},
        {400, "invalid_json", "\"type\":\"invalid_request_error\",\"code\":\"invalid_json\""},
        {400, "invalid_request_error",
         "\"type\":\"invalid_request_error\",\"code\":\"invalid_request\""},
        {502, "api_error", "\"type\":\"server_error\",\"code\":\"proxy_error\""},
        {429, "rate_limit_error", "\"type\":\"rate_limit_error\",\"code\":\"rate_limit_exceeded\""},
        {418, "x", "\"type\":\"invalid_request_error\",\"code\":\"invalid_request\""},
        {599, "x", "\"type\":\"server_error\",\"code\":\"internal_error\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        hr_str want = hr_strf(&arena, "{\"error\":{\"message\":\"m\",%s}}", cases[i].want);
        for (int d = 1; d < 3; d++)
            is_text(hr_wire_error_body((hr_dialect)d, cases[i].status, hr_cstr(cases[i].type),
                                       HR_STR("m"), &arena),
                    want.p);
    }
    is_text(hr_wire_error_body(A, 400, HR_STR("invalid_json"), HR_STR("\xff!\xc3\xa9"), &arena),
            "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":"
            "\"\xef\xbf\xbd!\xc3\xa9\"}}");
}

static void test_error_events(void **state)
{
    (void)state;
    hr_str type = HR_STR("api_error"), m = HR_STR("cut\noff");
    is_text(hr_wire_error_event(A, type, m, &arena),
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":"
            "\"cut\\noff\"}}\n\n");
    is_text(hr_wire_error_event(C, type, m, &arena),
            "data: {\"error\":{\"message\":\"cut\\noff\",\"type\":\"server_error\",\"code\":"
            "\"proxy_error\"}}\n\ndata: [DONE]\n\n");
    is_text(
        hr_wire_error_event(R, type, m, &arena),
        "event: error\ndata: {\"type\":\"error\",\"sequence_number\":0,\"code\":\"proxy_error\","
        "\"message\":\"cut\\noff\",\"param\":null}\n\n");
}

static void test_tool(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{\"messages\":[],\"tools\":[%.*s]}",
                                         "{\"messages\":[],\"tools\":[%.*s]}",
                                         "{\"input\":[],\"tools\":[%.*s]}"};
    const hr_tokenizer *o200k = hr_tokenizer_for(HR_STR("gpt-4o"));
    for (int d = 0; d < 3; d++) {
        hr_str tool = hr_wire_retrieve_tool((hr_dialect)d);
        hr_json_doc doc;
        assert_int_equal(hr_json_scan(&arena, tool, 0, &doc).code, HR_OK);
        assert_true(o200k->exact && hr_tokens_count(o200k, tool) <= 60);
        hr_str body = hr_strf(&arena, bodies[d][2] == 'm' ? bodies[0] : bodies[2], HR_FMT(tool));
        hr_wire_request r = read_request((hr_dialect)d, body);
        assert_true(r.has_retrieve_tool);
        is_text(r.tool_names, "headroom_retrieve");
        uint32_t f = d == 1 ? hr_json_get(&doc, 0, HR_STR("function")) : 0;
        uint32_t schema =
            hr_json_get(&doc, f, d == 0 ? HR_STR("input_schema") : HR_STR("parameters"));
        is_text(hr_json_raw(&doc, hr_json_path(&doc, schema, "required", NULL)), "[\"hash\"]");
        is_text(hr_json_raw(&doc, hr_json_path(&doc, schema, "properties", "hash", "type", NULL)),
                "\"string\"");
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    hr_buf big = HR_BUF_INIT(0);
    for (int i = 0; i < 20000; i++)
        hr_buf_lit(&big, "text\n");
    size_t failures = 0;
    for (size_t n = 1;; n++) {
        hr_arena a;
        hr_reply r;
        hr_arena_init(&a, 0);
        hr_str results[2] = {hr_buf_str(&big), hr_buf_str(&big)}, next = HR_STR_NONE;
        hr_mem_fail_at(n);
        hr_err e = hr_wire_read_reply(A, hr_cstr(ANTHROPIC_REPLY), &a, &r).code;
        if (e == HR_OK)
            e = hr_wire_continue(A, HR_STR("{\"messages\":[]}"), &r, results, &a, &next);
        hr_mem_fail_at(0);
        bool done = e == HR_OK && next.n > 2 * big.n;
        hr_arena_free(&a);
        if (done)
            break;
        assert_int_equal(e, HR_E_NOMEM);
        failures++;
    }
    assert_true(failures >= 4);
    hr_buf_free(&big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_read_anthropic),
        TEST(test_read_chat),
        TEST(test_read_responses),
        TEST(test_hash_argument),
        TEST(test_continue_anthropic),
        TEST(test_continue_chat),
        TEST(test_continue_responses),
        TEST(test_continue_refused),
        TEST(test_summed_usage),
        TEST(test_odd_replies),
        TEST(test_error_bodies),
        TEST(test_error_events),
        TEST(test_tool),
        TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
