/* When programs in a request may be shortened: each gate by itself, in every dialect, in strings
 * and in blocks. */
#include "engine/engine.h"
#include "engine/setup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static hr_arena arena;

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

/* A program of `n` functions with bodies that may go. */
static hr_str program(int n)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "import os\nfrom sys import argv\n\n");
    for (int i = 0; i < n; i++) {
        hr_buf_addf(&b, "\ndef step_%d(x):\n", i);
        for (int k = 0; k < 8; k++)
            hr_buf_addf(&b,
                        "    for item in x.part(%d):\n        with open(item) as f:\n"
                        "            self.total += f.read()\n",
                        k);
        hr_buf_lit(&b, "    return x\n");
    }
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

typedef struct scene {
    hr_dialect dialect;
    bool blocks;            /* contents as lists of blocks */
    const char *tool, *ask; /* ask: what the user wants */
    hr_str result;
    int after;     /* other results behind it, in the same turn */
    bool answered; /* the assistant has gone on since */
} scene;

static void add_text(hr_buf *b, const scene *s, const char *type, hr_str text)
{
    if (!s->blocks) {
        hr_json_quote(b, text);
        return;
    }
    hr_buf_addf(b, "[{\"type\":\"%s\",\"text\":", type);
    hr_json_quote(b, text);
    hr_buf_lit(b, "}]");
}

/* The result under test is that of call 0. */
static hr_str result_of(const scene *s, int call)
{
    return call == 0 ? s->result : HR_STR("done");
}

static void anthropic(hr_buf *b, const scene *s)
{
    hr_buf_lit(b, "{\"model\":\"claude-sonnet-4-5\",\"cache_control\":{\"type\":\"ephemeral\"},"
                  "\"tools\":[{\"name\":\"cat\",\"input_schema\":"
                  "{}}],\"messages\":[{\"role\":\"user\",\"content\":");
    add_text(b, s, "text", hr_cstr(s->ask));
    hr_buf_lit(b, "},{\"role\":\"assistant\",\"content\":[");
    for (int i = 0; i <= s->after; i++)
        hr_buf_addf(b, "%s{\"type\":\"tool_use\",\"id\":\"c%d\",\"name\":\"%s\",\"input\":{}}",
                    i ? "," : "", i, s->tool);
    hr_buf_lit(b, "]}");
    for (int i = 0; i <= s->after;
         i++) { /* each in a message of its own: distance is in messages */
        hr_buf_addf(b,
                    ",{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":"
                    "\"c%d\",\"content\":",
                    i);
        add_text(b, s, "text", result_of(s, i));
        hr_buf_lit(b, "}]}");
    }
    if (s->answered)
        hr_buf_lit(b, ",{\"role\":\"assistant\",\"content\":\"Seen.\"}");
    hr_buf_lit(b, "]}");
}

static void chat(hr_buf *b, const scene *s)
{
    hr_buf_lit(b, "{\"model\":\"gpt-4o\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
                  "\"cat\"}}],\"messages\":[{\"role\":\"user\",\"content\":");
    add_text(b, s, "text", hr_cstr(s->ask));
    hr_buf_lit(b, "},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[");
    for (int i = 0; i <= s->after; i++)
        hr_buf_addf(b,
                    "%s{\"id\":\"c%d\",\"type\":\"function\",\"function\":{\"name\":\"%s\","
                    "\"arguments\":\"{}\"}}",
                    i ? "," : "", i, s->tool);
    hr_buf_lit(b, "]}");
    for (int i = 0; i <= s->after; i++) {
        hr_buf_addf(b, ",{\"role\":\"tool\",\"tool_call_id\":\"c%d\",\"content\":", i);
        add_text(b, s, "text", result_of(s, i));
        hr_buf_addc(b, '}');
    }
    if (s->answered)
        hr_buf_lit(b, ",{\"role\":\"assistant\",\"content\":\"Seen.\"}");
    hr_buf_lit(b, "]}");
}

static void responses(hr_buf *b, const scene *s)
{
    hr_buf_lit(b, "{\"model\":\"gpt-4o\",\"tools\":[{\"type\":\"function\",\"name\":\"cat\"}],"
                  "\"input\":[{\"role\":\"user\",\"content\":");
    add_text(b, s, "input_text", hr_cstr(s->ask));
    hr_buf_addc(b, '}');
    for (int i = 0; i <= s->after; i++)
        hr_buf_addf(b,
                    ",{\"type\":\"function_call\",\"call_id\":\"c%d\",\"name\":\"%s\","
                    "\"arguments\":\"{}\"}",
                    i, s->tool);
    for (int i = 0; i <= s->after; i++) {
        hr_buf_addf(b, ",{\"type\":\"function_call_output\",\"call_id\":\"c%d\",\"output\":", i);
        add_text(b, s, "input_text", result_of(s, i));
        hr_buf_addc(b, '}');
    }
    if (s->answered)
        hr_buf_lit(b, ",{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":"
                      "\"output_text\",\"text\":\"Seen.\"}]}");
    hr_buf_lit(b, "]}");
}

/* What became of the result under test. */
static hr_reason outcome(const hr_engine_opts *o, const scene *s)
{
    hr_buf b = HR_BUF_INIT(0);
    if (s->dialect == HR_DIALECT_ANTHROPIC)
        anthropic(&b, s);
    else if (s->dialect == HR_DIALECT_OPENAI_CHAT)
        chat(&b, s);
    else
        responses(&b, s);
    hr_engine *e;
    assert_int_equal(hr_engine_open(o, &e), HR_OK);
    hr_turn_in in = {.dialect = s->dialect, .body = hr_buf_str(&b)};
    hr_turn_out out;
    hr_engine_turn(e, &in, &arena, &out);
    assert_true(out.readable);
    hr_reason why = HR_R_UNDECIDED;
    for (size_t i = 0; i < out.nnotes && why == HR_R_UNDECIDED; i++) {
        if (out.notes[i].tool_name.n)
            why = out.notes[i].reason;
    }
    bool changed = out.nchanged > 0;
    hr_engine_close(e);
    hr_buf_free(&b);
    assert_true(changed == hr_reason_changed(why));
    return why;
}

typedef struct gate {
    const char *name;
    const char *tool, *ask;
    size_t recent;
    bool off, any_question; /* settings */
    int functions, after;
    bool answered;
    hr_reason why;
} gate;

static void each_gate_in_every_dialect(void **state)
{
    (void)state;
    static const char *const ask = "where is the total computed";
    const gate gates[] = {
        {"far from the end", "cat", ask, 4, false, false, 20, 4, false, HR_R_CODE_BODIES},
        {"one too near", "cat", ask, 4, false, false, 20, 3, false, HR_R_PROTECTED_CODE},
        {"fewer are recent", "cat", ask, 2, false, false, 20, 2, false, HR_R_CODE_BODIES},
        {"none is", "cat", ask, 0, false, false, 20, 0, false, HR_R_CODE_BODIES},
        {"a question about code", "cat", "Fix the total.", 0, false, false, 20, 0, false,
         HR_R_PROTECTED_CODE},
        {"which does not count", "cat", "Fix the total.", 0, false, true, 20, 0, false,
         HR_R_CODE_BODIES},
        {"no word of one", "cat", "the prefix of a tissue", 0, false, false, 20, 0, false,
         HR_R_CODE_BODIES},
        {"switched off", "cat", ask, 0, true, false, 20, 0, false, HR_R_PROTECTED_CODE},
        {"a tool for edits", "Read", ask, 0, false, false, 20, 0, false, HR_R_EXCLUDED_TOOL},
        {"sent before", "cat", ask, 0, false, false, 20, 0, true, HR_R_OLD_BLOCK},
    };
    static const hr_dialect dialects[] = {HR_DIALECT_ANTHROPIC, HR_DIALECT_OPENAI_CHAT,
                                          HR_DIALECT_OPENAI_RESPONSES};
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        const gate *g = &gates[i];
        for (unsigned k = 0; k < 6; k++) {
            hr_engine_opts o = hr_engine_defaults();
            o.references = false; /* the program repeats itself */
            o.protect_recent = g->recent;
            o.code_aware = !g->off;
            o.protect_analysis_context = !g->any_question;
            scene s = {.dialect = dialects[k / 2],
                       .blocks = k % 2,
                       .tool = g->tool,
                       .ask = g->ask,
                       .result = program(g->functions),
                       .after = g->after,
                       .answered = g->answered};
            hr_reason why = outcome(&o, &s);
            if (why != g->why)
                fprintf(stderr, "%s, dialect %u: %s\n", g->name, k, hr_reason_code(why));
            assert_int_equal(why, g->why);
        }
    }
}

static void few_words_are_left_alone(void **state)
{
    (void)state;
    hr_engine_opts o = hr_engine_defaults();
    o.protect_recent = 0;
    o.lossy_min_tokens = 1;
    hr_str dense = HR_STR("def f(x):\n"), loose = dense;
    for (int i = 0; i < 18; i++) {
        dense = hr_strf(&arena, "%.*s    x.step_number_%02d(x,x,x,x,x,x,x)\n", HR_FMT(dense), i);
        loose = hr_strf(&arena, "%.*s    x.step_number(%02d, x, x, x)\n", HR_FMT(loose), i);
    }
    assert_in_range(hr_word_count(dense, 0), 20, 49);
    assert_in_range(hr_word_count(loose, 0), 50, 100);
    scene s = {.tool = "cat", .ask = "where is it", .result = dense};
    assert_int_equal(outcome(&o, &s), HR_R_TOO_SMALL);
    s.result = loose;
    assert_int_not_equal(outcome(&o, &s), HR_R_TOO_SMALL);
}

/* POST /v1/compress: the same guards, and what its config says of them. */
static bool shortened(const char *config, const char *ask, int behind)
{
    hr_engine_opts o = hr_engine_defaults();
    hr_engine *e;
    assert_int_equal(hr_engine_open(&o, &e), HR_OK);
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addf(&b, "{\"model\":\"gpt-4o\",\"config\":%s,\"messages\":[", config);
    hr_buf_lit(&b,
               "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c0\",\"type\":"
               "\"function\",\"function\":{\"name\":\"cat\",\"arguments\":\"{}\"}}]},"
               "{\"role\":\"tool\",\"tool_call_id\":\"c0\",\"content\":");
    hr_json_quote(&b, program(20));
    hr_buf_addf(&b, "},{\"role\":\"user\",\"content\":\"%s\"}", ask);
    for (int i = 1; i < behind; i++)
        hr_buf_lit(&b, ",{\"role\":\"assistant\",\"content\":\"So it is.\"}");
    hr_buf_lit(&b, "]}");
    hr_compress_in in = {.body = hr_buf_str(&b)};
    hr_str reply, message;
    assert_int_equal(hr_engine_compress(e, &in, &arena, &reply, &message), HR_OK);
    hr_engine_close(e);
    hr_buf_free(&b);
    return hr_str_has(reply, HR_STR("\"code:bodies\""));
}

static void calls_bring_their_own_gates(void **state)
{
    (void)state;
    assert_false(shortened("{}", "where", 3));
    assert_true(shortened("{}", "where", 4));
    assert_true(shortened("{\"protect_recent\":3}", "where", 3));
    assert_true(shortened("{\"protect_recent\":0}", "where", 1));
    assert_false(shortened("{\"protect_recent\":10}", "where", 4));
    assert_false(shortened("{}", "explain it", 4));
    assert_true(shortened("{\"protect_analysis_context\":false}", "explain it", 4));
    assert_false(shortened("{\"code_compressor\":{\"enable_ccr\":false}}", "where", 4));
    assert_false(
        shortened("{\"code_compressor\":{\"min_tokens_for_compression\":90000}}", "where", 4));
}

/* What the environment says reaches the engine; a profile sets what nobody said. */
static void variables_reach_the_engine(void **state)
{
    (void)state;
    static const struct {
        const char *env[3];
        bool on, analysis;
        size_t recent;
    } rows[] = {
        {{NULL}, true, true, 4},
        {{"HEADROOM_PROTECT_RECENT=0", "HEADROOM_PROTECT_ANALYSIS_CONTEXT=0"}, true, false, 0},
        {{"HEADROOM_CODE_AWARE_ENABLED=0"}, false, true, 4},
        {{"HEADROOM_SAVINGS_PROFILE=agent-90"}, true, true, 2},
        {{"HEADROOM_SAVINGS_PROFILE=agent-90", "HEADROOM_PROTECT_RECENT=6"}, true, true, 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *env[4] = {"HOME=/nowhere"}, *argv[1] = {NULL};
        for (size_t k = 0; k < 2 && rows[i].env[k]; k++)
            env[k + 1] = (char *)(uintptr_t)rows[i].env[k];
        hr_settings_in in = {HR_C_PROXY, 0, argv, env, 0};
        hr_settings s;
        hr_settings_error e;
        assert_int_equal(hr_settings_load(&in, &s, &e), HR_OK);
        hr_engine_opts o = hr_engine_opts_of(&s);
        assert_int_equal(o.code_aware, rows[i].on);
        assert_int_equal(o.protect_recent, rows[i].recent);
        assert_int_equal(o.protect_analysis_context, rows[i].analysis);
        hr_settings_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gate_in_every_dialect),
        cmocka_unit_test(few_words_are_left_alone),
        cmocka_unit_test(calls_bring_their_own_gates),
        cmocka_unit_test(variables_reach_the_engine),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
