/* hr_wire_read: which pieces of the three dialects' requests are listed, and what is known of them.
 */
#include "../wire/wire_test.h"
#include "base/mem.h"

#define A HR_DIALECT_ANTHROPIC
#define C HR_DIALECT_OPENAI_CHAT
#define R HR_DIALECT_OPENAI_RESPONSES

typedef struct want {
    hr_block_role role;
    uint32_t message;
    const char *text, *call_id, *tool, *input;
    bool live, is_error, breakpoint;
} want;

static void blocks_are(const hr_wire_request *r, const want *w, size_t n)
{
    assert_int_equal(r->nblocks, n);
    for (size_t i = 0; i < n; i++) {
        const hr_block *b = &r->blocks[i];
        assert_int_equal(b->role, w[i].role);
        assert_int_equal(b->message, w[i].message);
        is_text(b->text, w[i].text);
        is_text(b->call_id, w[i].call_id ? w[i].call_id : "");
        is_text(b->tool_name, w[i].tool ? w[i].tool : "");
        is_text(b->tool_input, w[i].input ? w[i].input : "");
        assert_int_equal(b->live, w[i].live);
        assert_int_equal(b->is_error, w[i].is_error);
        assert_int_equal(b->breakpoint, w[i].breakpoint);
    }
}
#define BLOCKS(r, ...)                                                                             \
    blocks_are((r), (const want[]){__VA_ARGS__}, sizeof((const want[]){__VA_ARGS__}) / sizeof(want))

static void test_anthropic(void **state)
{
    (void)state;
    hr_str body = HR_STR(
        "{\"model\":\"claude-x\",\"stream\":true,\"messages\":["
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"<system-reminder>date"
        "</system-reminder>\"},{\"type\":\"text\",\"text\":\"fix \\u00e9\"},"
        "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"AAAA\"}}]},"
        "{\"role\":\"system\",\"content\":\"notice\"},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\","
        "\"signature\":\"sig\"},{\"type\":\"text\",\"text\":\"ok\"},"
        "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}},"
        "{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"mcp__x__y\",\"input\":{}}]},"
        "{\"role\":\"user\",\"content\":[{\"tool_use_id\":\"t2\",\"type\":\"tool_result\","
        "\"content\":[{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"image\"},"
        "{\"type\":\"text\",\"text\":\"two\",\"cache_control\":{\"type\":\"ephemeral\"}}]},"
        "{\"type\":\"tool_result\",\"content\":\"Exit code 1\",\"is_error\":true,"
        "\"tool_use_id\":\"t1\"}]},"
        "{\"role\":\"assistant\",\"content\":\"done\"},"
        "{\"role\":\"user\",\"content\":\"next\"},"
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t3\","
        "\"name\":\"Read\",\"input\":{\"file_path\":\"a\"}}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t3\","
        "\"content\":\"1\\tx\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}},"
        "{\"type\":\"tool_result\",\"tool_use_id\":\"unknown\",\"content\":\"?\"},"
        "{\"type\":\"tool_result\",\"tool_use_id\":\"t3\"}]},"
        "{\"role\":\"system\",\"content\":\"late notice\"}],"
        "\"system\":[{\"type\":\"text\",\"text\":\"S1\"},{\"type\":\"text\",\"text\":\"S2\","
        "\"cache_control\":{\"type\":\"ephemeral\"}}],"
        "\"tools\":[{\"name\":\"Bash\",\"input_schema\":{\"type\":\"object\",\"properties\":"
        "{\"command\":{\"type\":\"string\"}}}},{\"name\":\"Read\"}],"
        "\"metadata\":{\"user_id\":\"{\\\"session_id\\\":\\\"s\\\"}\"}}");
    hr_wire_request r = read_request(A, body);
    BLOCKS(&r, {HR_BLOCK_USER_TEXT, 0, "<system-reminder>date</system-reminder>"},
           {HR_BLOCK_USER_TEXT, 0, "fix \xc3\xa9"},
           {HR_BLOCK_TOOL_RESULT, 3, "one", "t2", "mcp__x__y", "{}"},
           {HR_BLOCK_TOOL_RESULT, 3, "two", "t2", "mcp__x__y", "{}", .breakpoint = true},
           {HR_BLOCK_TOOL_RESULT, 3, "Exit code 1", "t1", "Bash", "{\"command\":\"ls\"}",
            .is_error = true},
           {HR_BLOCK_USER_TEXT, 5, "next"},
           {HR_BLOCK_TOOL_RESULT, 7, "1\tx", "t3", "Read", "{\"file_path\":\"a\"}", .live = true,
            .breakpoint = true},
           {HR_BLOCK_TOOL_RESULT, 7, "?", "unknown", .live = true});
    is_text(r.model, "claude-x");
    assert_true(r.stream);
    assert_int_equal(r.nmessages, 9);
    assert_true(r.has_tools && r.has_cache_control && !r.has_retrieve_tool);
    assert_int_equal(r.ntools, 2);
    assert_int_equal(body.p[r.tools_end], ']');
    is_text(hr_str_sub(body, r.tools_end, r.tools_end + 12), "],\"metadata\"");
    is_text(r.tool_names, "Bash\nRead");
    is_text(r.shell_tool, "Bash");
    is_text(r.system_text, "S1\nS2");
    is_text(r.first_user_text, "<system-reminder>date</system-reminder>\nfix \xc3\xa9");
    is_text(r.last_user_text, "next");
    is_text(r.user_id, "{\"session_id\":\"s\"}");
}

static void test_chat(void **state)
{
    (void)state;
    hr_str body = HR_STR(
        "{\"model\":\"gpt-x\",\"user\":\"u1\",\"messages\":["
        "{\"role\":\"system\",\"content\":\"S1\"},"
        "{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"S2\"}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"look\"},"
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:\"}}]},"
        "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
        "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"bash\","
        "\"arguments\":\"{\\\"command\\\":\\\"ls\\\"}\"}},"
        "{\"id\":\"c2\",\"type\":\"custom\",\"custom\":{\"name\":\"patch\",\"input\":\"***\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"patched\"},"
        "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":[{\"type\":\"text\","
        "\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\",\"cache_control\":{\"type\":"
        "\"ephemeral\"}}]},"
        "{\"role\":\"assistant\",\"content\":\"\",\"function_call\":{\"name\":\"old\","
        "\"arguments\":\"{}\"}},"
        "{\"role\":\"system\",\"content\":\"S3\"},"
        "{\"role\":\"function\",\"name\":\"old\",\"content\":\"legacy\"},"
        "{\"role\":\"tool\",\"tool_call_id\":\"lost\",\"name\":\"named\",\"content\":\"x\"}],"
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"run_command\",\"parameters\":"
        "{\"properties\":{\"cmd\":{\"type\":[\"null\",\"array\"]}}}}},"
        "{\"type\":\"custom\",\"custom\":{\"name\":\"patch\"}}]}");
    hr_wire_request r = read_request(C, body);
    BLOCKS(&r, {HR_BLOCK_USER_TEXT, 2, "look"},
           {HR_BLOCK_TOOL_RESULT, 4, "patched", "c2", "patch", "***"},
           {HR_BLOCK_TOOL_RESULT, 5, "a", "c1", "bash", "{\"command\":\"ls\"}"},
           {HR_BLOCK_TOOL_RESULT, 5, "b", "c1", "bash", "{\"command\":\"ls\"}", .breakpoint = true},
           {HR_BLOCK_TOOL_RESULT, 8, "legacy", "old", "old", "{}", .live = true},
           {HR_BLOCK_TOOL_RESULT, 9, "x", "lost", "named", .live = true});
    is_text(r.system_text, "S1\nS2");
    is_text(r.tool_names, "run_command\npatch");
    is_text(r.shell_tool, "run_command");
    is_text(r.user_id, "u1");
    is_text(r.last_user_text, "look");
    assert_false(r.stream);
    assert_true(r.has_cache_control);
}

static void test_responses(void **state)
{
    (void)state;
    hr_str body = HR_STR(
        "{\"model\":\"gpt-y\",\"instructions\":\"I\",\"input\":["
        "{\"type\":\"message\",\"role\":\"developer\",\"content\":[{\"type\":\"input_text\","
        "\"text\":\"D\"}]},"
        "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":"
        "\"<environment_context>\\n<cwd>/x</cwd>\\n</environment_context>\"}]},"
        "{\"role\":\"user\",\"content\":\"go\"},"
        "{\"type\":\"reasoning\",\"id\":\"rs\",\"summary\":[],\"encrypted_content\":\"ZZ\"},"
        "{\"type\":\"function_call\",\"call_id\":\"f1\",\"name\":\"exec_command\","
        "\"arguments\":\"{\\\"cmd\\\":\\\"ls\\\"}\"},"
        "{\"type\":\"function_call_output\",\"call_id\":\"f1\",\"output\":\"files\"},"
        "{\"type\":\"custom_tool_call\",\"call_id\":\"k1\",\"name\":\"apply_patch\","
        "\"input\":\"*** Begin\"},"
        "{\"type\":\"local_shell_call\",\"call_id\":\"l1\",\"action\":{\"command\":[\"ls\"]}},"
        "{\"type\":\"shell_call\",\"call_id\":\"h1\",\"action\":{\"commands\":[\"ls\"]}},"
        "{\"type\":\"apply_patch_call\",\"call_id\":\"p1\",\"operation\":{\"type\":\"x\"}},"
        "{\"type\":\"custom_tool_call_output\",\"call_id\":\"k1\",\"output\":[{\"type\":"
        "\"input_text\",\"text\":\"P1\"},{\"type\":\"input_image\",\"image_url\":\"data:\"},"
        "{\"type\":\"output_text\",\"text\":\"P2\"}]},"
        "{\"type\":\"local_shell_call_output\",\"id\":\"l1\",\"output\":\"L\"},"
        "{\"type\":\"shell_call_output\",\"call_id\":\"h1\",\"output\":[{\"stdout\":\"O\","
        "\"stderr\":\"E\",\"outcome\":{\"type\":\"exit\",\"exit_code\":0}}]},"
        "{\"type\":\"apply_patch_call_output\",\"call_id\":\"p1\",\"status\":\"failed\","
        "\"output\":\"no\"},"
        "{\"type\":\"mcp_call\",\"id\":\"m\",\"name\":\"n\",\"output\":\"untouched\"}"
        "],\"tools\":[{\"type\":\"web_search\"},{\"type\":\"function\",\"name\":\"exec_command\","
        "\"parameters\":{\"properties\":{\"cmd\":{\"type\":\"string\"}}}},{\"type\":"
        "\"local_shell\"}],\"prompt_cache_key\":\"pk\",\"client_metadata\":{\"thread_id\":\"th\"},"
        "\"safety_identifier\":\"si\"}");
    hr_wire_request r = read_request(R, body);
    BLOCKS(&r,
           {HR_BLOCK_USER_TEXT, 1, "<environment_context>\n<cwd>/x</cwd>\n</environment_context>"},
           {HR_BLOCK_USER_TEXT, 2, "go"},
           {HR_BLOCK_TOOL_RESULT, 5, "files", "f1", "exec_command", "{\"cmd\":\"ls\"}"},
           {HR_BLOCK_TOOL_RESULT, 10, "P1", "k1", "apply_patch", "*** Begin"},
           {HR_BLOCK_TOOL_RESULT, 10, "P2", "k1", "apply_patch", "*** Begin"},
           {HR_BLOCK_TOOL_RESULT, 11, "L", "l1", "local_shell", "{\"command\":[\"ls\"]}"},
           {HR_BLOCK_TOOL_RESULT, 12, "O", "h1", "shell", "{\"commands\":[\"ls\"]}"},
           {HR_BLOCK_TOOL_RESULT, 12, "E", "h1", "shell", "{\"commands\":[\"ls\"]}"},
           {HR_BLOCK_TOOL_RESULT, 13, "no", "p1", "apply_patch", "{\"type\":\"x\"}",
            .is_error = true});
    is_text(r.system_text, "I\nD");
    is_text(r.tool_names, "web_search\nexec_command\nlocal_shell");
    is_text(r.shell_tool, "exec_command");
    is_text(r.prompt_cache_key, "pk");
    is_text(r.thread_id, "th");
    is_text(r.first_user_text, "<environment_context>\n<cwd>/x</cwd>\n</environment_context>");
    is_text(r.last_user_text, "go");
}

static void test_responses_live(void **state)
{
    (void)state;
    /* Both outputs of parallel calls are live; a reference to an earlier item of the model ends it.
     */
    hr_wire_request r = read_request(
        R, HR_STR("{\"input\":[{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\","
                  "\"arguments\":\"{}\"},{\"type\":\"function_call\",\"call_id\":\"b\",\"name\":"
                  "\"g\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\",\"call_id\":"
                  "\"a\",\"output\":\"1\"},{\"type\":\"function_call_output\",\"call_id\":\"b\","
                  "\"output\":\"2\"},{\"role\":\"user\",\"content\":\"hi\"},"
                  "{\"type\":\"compaction_trigger\"}]}"));
    assert_int_equal(r.nblocks, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(r.blocks[i].live);
    r = read_request(R, HR_STR("{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"a\","
                               "\"output\":\"1\"},{\"type\":\"item_reference\",\"id\":\"x\"},"
                               "{\"type\":\"function_call_output\",\"call_id\":\"b\",\"output\":"
                               "\"2\"}]}"));
    assert_false(r.blocks[0].live);
    assert_true(r.blocks[1].live);
}

static void test_responses_inputs(void **state)
{
    (void)state;
    hr_wire_request r =
        read_request(R, HR_STR("{\"model\":\"m\",\"input\":\"just \\\"this\\\"\"}"));
    BLOCKS(&r, {HR_BLOCK_USER_TEXT, 0, "just \"this\"", .live = true});
    assert_int_equal(r.nmessages, 1);
    is_text(r.first_user_text, "just \"this\"");
    r = read_request(R, HR_STR("{\"previous_response_id\":\"r\"}"));
    assert_int_equal(r.nmessages, 0);
    r = read_request(R, HR_STR("{\"input\":null}"));
    assert_int_equal(r.nblocks, 0);
}

static void test_last_user_text(void **state)
{
    (void)state;
    static const struct {
        const char *messages, *want;
    } cases[] = {
        {"[]", ""},
        {"[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":[{\"type\":"
         "\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"r\"}]}]",
         "a"},
        {"[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":[{\"type\":"
         "\"text\",\"text\":\" <system-reminder>x</system-reminder>\\n<system-reminder>y"
         "</system-reminder> \"}]}]",
         "a"},
        {"[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":[{\"type\":"
         "\"text\",\"text\":\"<system-reminder>x</system-reminder> b\"},{\"type\":\"text\","
         "\"text\":\"c\"}]}]",
         "<system-reminder>x</system-reminder> b\nc"},
        {"[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":"
         "\"<system-reminder>never closed\"}]",
         "<system-reminder>never closed"},
        {"[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"\"}]", ""},
        /* The sentence Claude Code adds when tools were loaded is not the user's. */
        {"[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":[{\"type\":"
         "\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"tool_reference\","
         "\"tool_name\":\"x\"}]},{\"type\":\"text\",\"text\":\"Loaded.\"}]}]",
         "a"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        hr_str body = hr_strf(&arena, "{\"messages\":%s}", cases[i].messages);
        is_text(read_request(A, body).last_user_text, cases[i].want);
    }
}

static bool offers(hr_dialect d, const char *body)
{
    return read_request(d, hr_cstr(body)).has_retrieve_tool;
}

static void test_retrieve_tool_offered(void **state)
{
    (void)state;
    assert_true(offers(A, "{\"messages\":[],\"tools\":[{\"name\":\"headroom_retrieve\"}]}"));
    assert_true(offers(A, "{\"messages\":[],\"tools\":[{\"name\":\"a\"},{\"name\":"
                          "\"mcp__headroom__headroom_retrieve\",\"defer_loading\":true}]}"));
    assert_true(offers(C, "{\"messages\":[],\"tools\":[{\"type\":\"function\",\"function\":"
                          "{\"name\":\"headroom_headroom_retrieve\"}}]}"));
    assert_true(offers(R, "{\"input\":[],\"tools\":[{\"type\":\"namespace\",\"name\":"
                          "\"mcp__headroom__\",\"tools\":[{\"name\":\"headroom_retrieve\"}]}]}"));
    assert_false(offers(A, "{\"messages\":[],\"tools\":[{\"name\":\"headroom_retrieve_all\"}]}"));
    /* Listed as loadable in a notice, but not merely spoken of. */
    assert_true(offers(A, "{\"messages\":[{\"role\":\"system\",\"content\":\"Tools:\\nmcp__a__b\\n"
                          "mcp__headroom__headroom_retrieve\\nmcp__c__d\"}]}"));
    assert_true(offers(A, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
                          "\"text\":\"<system-reminder>mcp__h__headroom_retrieve"
                          "</system-reminder>\"}]}]}"));
    assert_true(offers(R, "{\"input\":[{\"role\":\"developer\",\"content\":"
                          "\"- mcp__headroom__headroom_retrieve: x\"}]}"));
    assert_false(offers(A, "{\"messages\":[{\"role\":\"system\",\"content\":"
                           "\"x__headroom_retrieve mcp__h__headroom_retrieved\"}]}"));
    assert_false(offers(A, "{\"messages\":[{\"role\":\"user\",\"content\":"
                           "\"what is mcp__headroom__headroom_retrieve?\"}]}"));
}

/* What Codex sends for newer models: no `tools`, but an item in front, in which a tool for scripts
 * declares the shell. */
#define SCRIPTS(description)                                                                       \
    "{\"type\":\"additional_tools\",\"role\":\"developer\",\"tools\":[{\"type\":\"namespace\","    \
    "\"name\":\"functions\",\"tools\":[{\"type\":\"custom\",\"name\":\"exec\",\"description\":"    \
    "\"" description "\"},{\"type\":\"function\",\"name\":\"wait\"}]},{\"type\":\"namespace\","    \
    "\"name\":\"clock\",\"tools\":[]}]}"

static void test_tools_in_an_item(void **state)
{
    (void)state;
    hr_wire_request r = read_request(
        R, HR_STR("{\"input\":[" SCRIPTS(
               "`exec_command(args: {cmd})`") ","
                                              "{\"role\":\"developer\",\"content\":\"be kind\"},"
                                              "{\"role\":\"user\",\"content\":\"hi\"},"
                                              "{\"type\":\"custom_tool_call\",\"call_id\":\"c\","
                                              "\"name\":\"exec\",\"input\":\"text(1)\"},"
                                              "{\"type\":\"custom_tool_call_output\",\"call_id\":"
                                              "\"c\",\"output\":["
                                              "{\"type\":\"input_text\",\"text\":\"1\"}]}," SCRIPTS(
                                                  "") "]}"));
    assert_true(r.has_tools);
    assert_int_equal(r.ntools, 4);
    assert_int_equal(r.tools_end, 0); /* nothing could be added there */
    is_text(r.shell_tool, "exec");
    is_text(r.system_text, "be kind");
    assert_int_equal(r.nblocks, 2);
    is_text(r.blocks[1].tool_name, "exec");
    assert_true(r.blocks[1].live); /* an item with tools behind it is the client's */
    assert_false(r.has_retrieve_tool);

    r = read_request(R, HR_STR("{\"tools\":[],\"input\":[" SCRIPTS("no shell") "]}"));
    assert_true(r.has_tools);
    assert_int_equal(r.tools_end, 0); /* one more in an empty list would need no comma */
    is_text(r.shell_tool, "");
    assert_true(offers(R, "{\"input\":[" SCRIPTS("### `mcp__h__headroom_retrieve`") "]}"));
}

static void test_shell_tools(void **state)
{
    (void)state;
    static const struct {
        const char *tool, *want;
    } cases[] = {
        {"{\"name\":\"Bash\",\"input_schema\":{\"properties\":{\"command\":{\"type\":\"string\"}}}"
         "}",
         "Bash"},
        {"{\"name\":\"shell\",\"input_schema\":{\"properties\":{\"command\":{\"type\":\"array\"}}}"
         "}",
         "shell"},
        {"{\"name\":\"container.exec\",\"input_schema\":{\"properties\":{\"cmd\":{\"anyOf\":[]}}}}",
         "container.exec"},
        {"{\"name\":\"bash\",\"input_schema\":{\"properties\":{\"command\":{\"type\":\"number\"}}}"
         "}",
         ""},
        {"{\"name\":\"terminal\",\"input_schema\":{\"properties\":{\"session\":{}}}}", ""},
        {"{\"name\":\"task\",\"input_schema\":{\"properties\":{\"command\":{\"type\":\"string\"}}}"
         "}",
         ""},
        {"{\"name\":\"bash\",\"type\":\"bash_20250124\"}", "bash"},
        {"{\"type\":\"shell\",\"environment\":{\"type\":\"container_auto\"}}", ""},
        {"{\"type\":\"shell\",\"environment\":{\"type\":\"local\"}}", "shell"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        hr_str body = hr_strf(&arena, "{\"messages\":[],\"tools\":[%s]}", cases[i].tool);
        is_text(read_request(A, body).shell_tool, cases[i].want);
    }
}

static void refused(hr_dialect d, const char *body, hr_err code, size_t at)
{
    hr_wire_request r;
    hr_errpos e = hr_wire_read(d, hr_cstr(body), &arena, &r);
    if (e.code != code || e.at != at)
        fail_msg("%s: %s at %zu", body, hr_err_name(e.code), e.at);
}

static void test_refused(void **state)
{
    (void)state;
    refused(A, "{\"messages\":[}", HR_E_SYNTAX, 13);
    refused(A, "{\"messages\":\"\xff\"}", HR_E_UTF8, 13);
    refused(A, "[]", HR_E_TYPE, 0);
    refused(A, " \"x\"", HR_E_TYPE, 1);
    refused(A, "{}", HR_E_TYPE, 0);
    refused(A, "{\"messages\":{}}", HR_E_TYPE, 12);
    refused(C, "{\"messages\":\"x\"}", HR_E_TYPE, 12);
    refused(C, "{\"messages\":null}", HR_E_TYPE, 12);
    refused(R, "{\"input\":3}", HR_E_TYPE, 9);
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"messages\":[0");
    for (int i = 1; i < 10000; i++)
        hr_buf_lit(&b, ",0");
    size_t n = b.n;
    hr_buf_lit(&b, "]}");
    hr_wire_request r;
    assert_int_equal(hr_wire_read(A, hr_buf_str(&b), &arena, &r).code, HR_OK);
    assert_int_equal(r.nmessages, 10000);
    b.n = n;
    hr_buf_lit(&b, ",0]}");
    assert_int_equal(hr_wire_read(A, hr_buf_str(&b), &arena, &r).code, HR_E_LIMIT);
    hr_buf_free(&b);
}

/* Nonsense in every place a value is looked at: nothing listed, nothing broken. */
static void test_odd_shapes(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"messages\":[1,null,\"x\",[],{}],\"tools\":{},\"system\":5,\"metadata\":[]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[1,{\"type\":\"tool_result\"},{\"type\":"
        "\"text\"},{\"type\":\"text\",\"text\":5},{\"type\":[]},\"x\"]}],\"tools\":[1,{}]}",
        "{\"messages\":[{\"role\":5},{\"role\":\"assistant\",\"content\":[3,{\"type\":"
        "\"tool_use\"}],\"tool_calls\":[1,{\"function\":1},{}],\"function_call\":{}}]}",
        "{\"input\":[{\"type\":\"function_call_output\",\"output\":[1,{\"type\":5}]},{\"type\":"
        "\"function_call\"},{\"type\":\"message\",\"role\":\"user\"}],\"messages\":[]}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        for (int d = 0; d < 3; d++)
            assert_int_equal(read_request((hr_dialect)d, hr_cstr(bodies[i])).nblocks, 0);
    }
}

static void test_reused_ids(void **state)
{
    (void)state;
    hr_wire_request r = read_request(
        C, HR_STR("{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"0\","
                  "\"function\":{\"name\":\"a\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\","
                  "\"tool_call_id\":\"0\",\"content\":\"x\"},{\"role\":\"assistant\","
                  "\"tool_calls\":[{\"id\":\"0\",\"function\":{\"name\":\"b\",\"arguments\":"
                  "{\"k\":1}}}]},{\"role\":\"tool\",\"tool_call_id\":\"0\",\"content\":\"y\"}]}"));
    is_text(r.blocks[0].tool_name, "a");
    is_text(r.blocks[1].tool_name, "b");
    is_text(r.blocks[1].tool_input, "{\"k\":1}");
}

static void test_no_memory(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"messages\":[{\"role\":\"user\",\"content\":\"q\\n\"}");
    for (int i = 0; i < 300; i++)
        hr_buf_addf(&b,
                    ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"i%d\","
                    "\"name\":\"n\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":"
                    "\"tool_result\",\"tool_use_id\":\"i%d\",\"content\":\"\\n%0200d\"}]}",
                    i, i, i);
    hr_buf_lit(&b, "]}");
    size_t failures = 0;
    for (size_t n = 1;; n++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_wire_request r;
        hr_mem_fail_at(n);
        hr_err e = hr_wire_read(A, hr_buf_str(&b), &a, &r).code;
        hr_mem_fail_at(0);
        size_t blocks = r.nblocks;
        hr_arena_free(&a);
        if (e == HR_OK) {
            assert_int_equal(blocks, 301);
            break;
        }
        assert_int_equal(e, HR_E_NOMEM);
        failures++;
    }
    assert_true(failures >= 4);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_anthropic),
        TEST(test_chat),
        TEST(test_responses),
        TEST(test_responses_live),
        TEST(test_responses_inputs),
        TEST(test_last_user_text),
        TEST(test_retrieve_tool_offered),
        TEST(test_tools_in_an_item),
        TEST(test_shell_tools),
        TEST(test_refused),
        TEST(test_odd_shapes),
        TEST(test_reused_ids),
        TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
