/* hr_wire_prompt: which requests share a cached prefix. */
#include "../wire/wire_test.h"

#define A HR_DIALECT_ANTHROPIC
#define C HR_DIALECT_OPENAI_CHAT
#define R HR_DIALECT_OPENAI_RESPONSES

typedef struct pieces {
    uint64_t *h;
    size_t n;
} pieces;

static pieces prompt(hr_dialect d, const char *body)
{
    hr_wire_request r = read_request(d, hr_str_dup(&arena, hr_cstr(body)));
    pieces p;
    assert_int_equal(hr_wire_prompt(&r, &arena, &p.h, &p.n), HR_OK);
    return p;
}

static size_t shared(pieces a, pieces b)
{
    size_t i = 0;
    while (i < a.n && i < b.n && a.h[i] == b.h[i])
        i++;
    return i;
}

static bool same(hr_dialect d, const char *x, const char *y)
{
    pieces a = prompt(d, x), b = prompt(d, y);
    return a.n == b.n && shared(a, b) == a.n;
}

static void test_ignored(void **state)
{
    (void)state;
    const char *base =
        "{\"tools\":[{\"name\":\"a\",\"input_schema\":{\"x\":1,\"y\":[1,2]}}],"
        "\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":\"hi \xc3\xa9\"},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
        "\"tool_use_id\":\"t\",\"content\":\"r\"}]}]}";
    /* Breakpoints, string or block, order of names, order of the parts of the body, escapes. */
    assert_true(same(A, base,
                     "{ \"messages\" : [{\"content\":[{\"text\":\"hi \\u00e9\",\"type\":\"text\","
                     "\"cache_control\":{\"type\":\"ephemeral\"}}],\"role\":\"user\"},"
                     "{\"role\":\"user\",\"content\":[{\"content\":[{\"type\":\"text\",\"text\":"
                     "\"r\"}],\"tool_use_id\":\"t\",\"type\":\"tool_result\",\"cache_control\":"
                     "{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}]}],\"system\":[{\"type\":\"text\","
                     "\"text\":\"s\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"tools\":"
                     "[{\"input_schema\":{\"y\":[1,2],\"x\":1},\"name\":\"a\",\"cache_control\":"
                     "{\"type\":\"ephemeral\"}},{\"name\":\"b\",\"defer_loading\":true}],"
                     "\"max_tokens\":5}"));
}

static void test_noticed(void **state)
{
    (void)state;
    static const char *const variants[] = {
        "{\"tools\":[{\"name\":\"a\"}],\"system\":\"s\",\"messages\":[{\"role\":\"user\","
        "\"content\":\"x\"}]}",
        "{\"tools\":[{\"name\":\"b\"}],\"system\":\"s\",\"messages\":[{\"role\":\"user\","
        "\"content\":\"x\"}]}",
        "{\"tools\":[{\"name\":\"a\",\"defer_loading\":false}],\"system\":\"s\",\"messages\":"
        "[{\"role\":\"user\",\"content\":\"x\"}]}",
        "{\"tools\":[{\"name\":\"a\"}],\"system\":\"t\",\"messages\":[{\"role\":\"user\","
        "\"content\":\"x\"}]}",
        "{\"tools\":[{\"name\":\"a\"}],\"system\":\"s\",\"messages\":[{\"role\":\"assistant\","
        "\"content\":\"x\"}]}",
        "{\"tools\":[{\"name\":\"a\"}],\"system\":\"s\",\"messages\":[{\"role\":\"user\","
        "\"content\":\"y\"}]}",
        "{\"tools\":[{\"name\":\"a\"}],\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
        "{\"tools\":[{\"name\":\"a\"}],\"system\":\"s\",\"messages\":[{\"role\":\"user\","
        "\"content\":[{\"type\":\"text\",\"text\":\"x\",\"citations\":[]}]}]}",
        "{\"tools\":[{\"name\":\"a\"}],\"system\":\"s\",\"messages\":[{\"role\":\"user\","
        "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"x\"}]}]}",
        "{\"tools\":[{\"name\":\"a\"}],\"system\":\"s\",\"messages\":[{\"role\":\"user\","
        "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"u\",\"content\":\"x\"}]}]}",
        /* Inside a tool's input cache_control is a name like any other. */
        "{\"tools\":[{\"name\":\"a\"}],\"system\":\"s\",\"messages\":[{\"role\":\"assistant\","
        "\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":"
        "{\"cache_control\":{}}}]}]}",
        "{\"tools\":[{\"name\":\"a\"}],\"system\":\"s\",\"messages\":[{\"role\":\"assistant\","
        "\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}]}]}",
    };
    size_t n = sizeof(variants) / sizeof(*variants);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            if (same(A, variants[i], variants[j]) != (i == j))
                fail_msg("%zu and %zu", i, j);
        }
    }
}

static void test_append(void **state)
{
    (void)state;
    pieces a = prompt(A, "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"tools\":[{}]}");
    pieces b = prompt(A, "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":"
                         "\"assistant\",\"content\":\"r\"}],\"tools\":[{}]}");
    assert_int_equal(shared(a, b), a.n);
    /* A block appended to the last message (compaction) keeps what came before. */
    b = prompt(A, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
                  "\"q\"},{\"type\":\"text\",\"text\":\"now compact\"}]}],\"tools\":[{}]}");
    assert_int_equal(shared(a, b), a.n);
    assert_int_equal(b.n, a.n + 1);
    /* Another tool changes all that follows. */
    b = prompt(A, "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"tools\":[{},{}]}");
    assert_int_equal(shared(a, b), 1);
}

static void test_chat(void **state)
{
    (void)state;
    const char *x = "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\","
                    "\"content\":null,\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\","
                    "\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"1\","
                    "\"content\":\"r\"}]}";
    assert_true(same(C, x, x));
    assert_false(same(C, x,
                      "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":"
                      "\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\","
                      "\"function\":{\"name\":\"f\",\"arguments\":\"{ }\"}}]},{\"role\":"
                      "\"tool\",\"tool_call_id\":\"1\",\"content\":\"r\"}]}"));
    assert_false(same(C, x,
                      "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":"
                      "\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\","
                      "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":"
                      "\"tool\",\"tool_call_id\":\"2\",\"content\":\"r\"}]}"));
}

static void test_responses(void **state)
{
    (void)state;
    assert_true(
        same(R, "{\"input\":\"q\"}", "{\"input\":[{\"role\":\"user\",\"content\":\"q\"}]}"));
    assert_true(
        same(R, "{\"input\":\"q\"}",
             "{\"input\":[{\"type\":\"message\",\"role\":\"user\",\"content\":"
             "[{\"type\":\"input_text\",\"text\":\"q\"}]}],\"client_metadata\":{\"a\":1}}"));
    assert_false(same(R, "{\"input\":\"q\"}", "{\"input\":\"q\",\"instructions\":\"i\"}"));
    assert_false(same(R,
                      "{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"1\","
                      "\"output\":\"a\"}]}",
                      "{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"1\","
                      "\"output\":\"b\"}]}"));
    assert_false(same(R, "{\"input\":[{\"type\":\"reasoning\",\"encrypted_content\":\"a\"}]}",
                      "{\"input\":[{\"type\":\"reasoning\",\"encrypted_content\":\"b\"}]}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ignored), TEST(test_noticed),   TEST(test_append),
        TEST(test_chat),    TEST(test_responses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
