/* Which reads no longer say what the file says, in every dialect. */
#include "base/buf.h"
#include "context/reads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;
static hr_buf body;
static hr_dialect dialect;
static unsigned ids;

static const hr_dialect dialects[] = {HR_DIALECT_ANTHROPIC, HR_DIALECT_OPENAI_CHAT,
                                      HR_DIALECT_OPENAI_RESPONSES};

static void begin(hr_dialect d)
{
    dialect = d;
    ids = 0;
    body.n = 0;
    hr_buf_lit(&body, "{\"model\":\"m\",");
    hr_buf_add(&body,
               d == HR_DIALECT_OPENAI_RESPONSES ? HR_STR("\"input\":[") : HR_STR("\"messages\":["));
    hr_buf_lit(&body, "{\"role\":\"user\",\"content\":\"fix it\"}");
}

/* A call with its result; input is JSON text. */
static void turn(const char *tool, const char *input, const char *result, bool error)
{
    unsigned id = ++ids;
    hr_buf in = HR_BUF_INIT(0), out = HR_BUF_INIT(0);
    hr_json_quote(&in, hr_cstr(input));
    hr_json_quote(&out, hr_cstr(result));
    switch (dialect) {
    case HR_DIALECT_ANTHROPIC:
        hr_buf_addf(&body,
                    ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"c%u\","
                    "\"name\":\"%s\",\"input\":%s}]},{\"role\":\"user\",\"content\":[{\"type\":"
                    "\"tool_result\",\"tool_use_id\":\"c%u\",\"is_error\":%s,\"content\":%.*s}]}",
                    id, tool, input, id, error ? "true" : "false", HR_FMT(hr_buf_str(&out)));
        break;
    case HR_DIALECT_OPENAI_CHAT:
        hr_buf_addf(&body,
                    ",{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c%u\","
                    "\"type\":\"function\",\"function\":{\"name\":\"%s\",\"arguments\":%.*s}}]},"
                    "{\"role\":\"tool\",\"tool_call_id\":\"c%u\",\"content\":%.*s}",
                    id, tool, HR_FMT(hr_buf_str(&in)), id, HR_FMT(hr_buf_str(&out)));
        break;
    case HR_DIALECT_OPENAI_RESPONSES:
        hr_buf_addf(&body,
                    ",{\"type\":\"function_call\",\"call_id\":\"c%u\",\"name\":\"%s\","
                    "\"arguments\":%.*s},{\"type\":\"function_call_output\",\"call_id\":\"c%u\","
                    "\"status\":\"%s\",\"output\":%.*s}",
                    id, tool, HR_FMT(hr_buf_str(&in)), id, error ? "failed" : "completed",
                    HR_FMT(hr_buf_str(&out)));
        break;
    }
    hr_buf_free(&in);
    hr_buf_free(&out);
}

static const char file[] =
    "1\tint main(void)\n2\t{\n3\t    return 1;\n4\t}\n5\t/* a file that is long enough */\n";

/* The state of the n-th tool result. */
static hr_read_state state_of(size_t nth, const hr_reads_policy *p)
{
    hr_wire_request r;
    hr_read *reads;
    hr_buf_lit(&body, "]}");
    assert_int_equal(hr_wire_read(dialect, hr_buf_str(&body), &arena, &r).code, HR_OK);
    body.n -= 2;
    assert_int_equal(hr_reads(&r, p, &arena, &reads), HR_OK);
    for (size_t i = 0; i < r.nblocks; i++) {
        if (r.blocks[i].role == HR_BLOCK_TOOL_RESULT && nth-- == 0) {
            if (reads[i].state != HR_READ_FRESH)
                assert_true(hr_str_eq(reads[i].path, HR_STR("/src/a.c")));
            return reads[i].state;
        }
    }
    fail();
    return HR_READ_FRESH;
}

static const hr_reads_policy both = {true, true, 20}, stale = {true, false, 20};
static const char path[] = "{\"file_path\":\"/src/a.c\"}";

static void a_later_change_makes_a_read_stale(void **state)
{
    (void)state;
    static const char *const edits[][2] = {
        {"Edit", "{\"file_path\":\"/src/a.c\",\"old_string\":\"1\",\"new_string\":\"0\"}"},
        {"write", "{\"path\":\"/src/a.c\",\"content\":\"x\"}"},
        {"MultiEdit", "{\"file_path\":\"/src/a.c\",\"edits\":[]}"},
        {"NotebookEdit", "{\"notebook_path\":\"/src/a.c\"}"},
        {"str_replace_editor", "{\"command\":\"str_replace\",\"path\":\"/src/a.c\"}"},
        {"apply_patch", "{\"input\":\"*** Begin Patch\\n*** Update File: /src/a.c\\n@@\\n-1\\n\"}"},
        {"shell", "{\"command\":[\"apply_patch\",\"*** Begin Patch\\n*** Update File: "
                  "/src/a.c\\n@@\\n-1\\n+2\\n*** End Patch\"]}"},
    };
    for (size_t d = 0; d < 3; d++) {
        for (size_t k = 0; k < sizeof(edits) / sizeof(*edits); k++) {
            begin(dialects[d]);
            turn("Read", path, file, false);
            assert_int_equal(state_of(0, &both), HR_READ_FRESH);
            turn(edits[k][0], edits[k][1], "The file /src/a.c has been updated.", false);
            assert_int_equal(state_of(0, &both), HR_READ_STALE);
            turn("Read", path, file, false); /* read after the change */
            turn("Bash", "{\"command\":\"make\"}", "ok", false);
            assert_int_equal(state_of(0, &both), HR_READ_STALE);
            assert_int_equal(state_of(2, &both), HR_READ_FRESH);
        }
    }
}

static void what_did_not_happen_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *tool, *input, *result;
        bool error;
    } none[] = {
        {"Edit", path, "done", true},
        {"Edit", path, "<tool_use_error>String to replace not found in file.</tool_use_error>", 0},
        {"apply_patch", "{\"input\":\"*** Begin Patch\\n*** Update File: /src/a.c\\n\"}",
         "{\"output\":\"patch\",\"metadata\":{\"exit_code\":1}}", false},
        {"Edit", "{\"file_path\":\"/src/b.c\"}", "The file has been updated.", false},
        {"Edit", "{\"file_path\":\"a.c\"}", "The file has been updated.", false},
        {"Bash", "{\"command\":\"cat /src/a.c\"}", "int main", false},
        {"str_replace_editor", "{\"command\":\"view\",\"path\":\"/src/a.c\",\"view_range\":[1,2]}",
         "int main", false},
        {"Edit", "{\"file_path\":", "The file has been updated.", false},
    };
    for (size_t d = 0; d < 3; d++) {
        for (size_t k = 0; k < sizeof(none) / sizeof(*none); k++) {
            bool bad_json = k == 7, no_flag = dialects[d] == HR_DIALECT_OPENAI_CHAT && k == 0;
            if ((bad_json && dialects[d] == HR_DIALECT_ANTHROPIC) || no_flag)
                continue; /* cannot be said in this dialect */
            begin(dialects[d]);
            turn("Read", path, file, false);
            turn(none[k].tool, none[k].input, none[k].result, none[k].error);
            turn("Bash", "{\"command\":\"make\"}", "ok", false);
            assert_int_equal(state_of(0, &both), HR_READ_FRESH);
        }
        /* an edit that nothing has answered yet */
        begin(dialects[d]);
        turn("Edit", path, "The file has been updated.", false);
        turn("Read", path, file, false);
        turn("Bash", "{}", "ok", false);
        assert_int_equal(state_of(1, &both), HR_READ_FRESH); /* changed before, not after */
        /* a read whose answer the model has not seen, a small one, a failed one */
        begin(dialects[d]);
        turn("Read", path, file, false);
        turn("Edit", path, "The file has been updated.", false);
        const hr_reads_policy big = {true, true, 512};
        assert_int_equal(state_of(0, &big), HR_READ_FRESH);
    }
}

static void a_later_read_covers_an_earlier_one(void **state)
{
    (void)state;
    static const struct {
        const char *first, *later;
        hr_read_state want;
    } cases[] = {
        {"{\"file_path\":\"/src/a.c\",\"offset\":10,\"limit\":20}", path, HR_READ_SUPERSEDED},
        {path, path, HR_READ_SUPERSEDED},
        {path, "{\"file_path\":\"/src/a.c\",\"offset\":10,\"limit\":20}", HR_READ_FRESH},
        {"{\"file_path\":\"/src/a.c\",\"offset\":1990,\"limit\":20}", path, HR_READ_FRESH},
        {path, "{\"file_path\":\"/src/b.c\"}", HR_READ_FRESH},
    };
    for (size_t d = 0; d < 3; d++) {
        for (size_t k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
            begin(dialects[d]);
            turn("read", cases[k].first, file, false);
            turn("read", cases[k].later, file, false);
            turn("Bash", "{}", "ok", false);
            assert_int_equal(state_of(0, &both), cases[k].want);
            assert_int_equal(state_of(0, &stale), HR_READ_FRESH);
        }
    }
}

static int teardown(void **state)
{
    (void)state;
    hr_buf_free(&body);
    hr_arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_later_change_makes_a_read_stale),
        cmocka_unit_test(what_did_not_happen_changes_nothing),
        cmocka_unit_test(a_later_read_covers_an_earlier_one),
    };
    hr_arena_init(&arena, 0);
    body = HR_BUF_INIT(0);
    return cmocka_run_group_tests(tests, NULL, teardown);
}
