/* Every option of the engine changes what is forwarded; and our own output is left alone. */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;
static const hr_header headers[] = {{HR_STR_INIT("x-api-key"), HR_STR_INIT("k")}};

/* --- texts ------------------------------------------------------------------------------------ */

static hr_str rows(int n)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addc(&b, '[');
    for (int i = 0; i < n; i++)
        hr_buf_addf(&b, "%s\n  {\"id\": %d, \"name\": \"item %d\", \"state\": \"%s\"}",
                    i ? "," : "", i, i * 7919 % 1009, i % 3 ? "running" : "stopped");
    hr_buf_lit(&b, "\n]");
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

/* Rows of many kinds, so that a bias has something to choose from. */
static hr_str events(int n)
{
    static const char *const what[] = {
        "connected to", "left",   "wrote a note for", "asked about", "paid for", "cancelled",
        "renamed",      "shared", "archived",         "restored",    "printed",  "translated"};
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addc(&b, '[');
    for (int i = 0; i < n; i++)
        hr_buf_addf(&b, "%s\n  {\"event\": \"%s\", \"%s\": %d, \"count\": %d}", i ? "," : "",
                    what[i % 12], what[i % 12], i, i * 31);
    hr_buf_lit(&b, "\n]");
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static hr_str program(void)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "import os\nimport sys\n\n\n");
    for (int i = 0; i < 60; i++)
        hr_buf_addf(&b,
                    "def function_%d(first, second):\n    total = first * %d\n    for k in "
                    "range(second):\n        total += os.getpid() %% (k + %d)\n        if total > "
                    "%d:\n            print(total, file=sys.stderr)\n    return total\n\n\n",
                    i, i + 3, i + 1, i * 91);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

/* One turn a text: tool call and result. */
typedef struct part {
    const char *tool, *input;
    hr_str text;
} part;

static hr_str request(const char *asked, const part *parts, size_t n, bool cached)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addf(
        &b,
        "{\"model\":\"claude-sonnet-4-5\",\"system\":[{\"type\":\"text\",\"text\":\"s\"%s}],"
        "\"tools\":[{\"name\":\"headroom_retrieve\",\"input_schema\":{}}],\"messages\":[{"
        "\"role\":\"user\",\"content\":",
        cached ? ",\"cache_control\":{\"type\":\"ephemeral\"}" : "");
    hr_json_quote(&b, hr_cstr(asked));
    hr_buf_addc(&b, '}');
    for (size_t i = 0; i < n; i++) {
        hr_buf_addf(&b,
                    ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t%zu\","
                    "\"name\":\"%s\",\"input\":%s}]},{\"role\":\"user\",\"content\":[{\"type\":"
                    "\"tool_result\",\"tool_use_id\":\"t%zu\",\"content\":",
                    i, parts[i].tool, parts[i].input, i);
        hr_json_quote(&b, parts[i].text);
        hr_buf_lit(&b, "}]}");
    }
    hr_buf_lit(&b, "]}");
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static hr_str forward(const hr_engine_opts *o, hr_str body)
{
    hr_engine *e;
    hr_turn_out out;
    assert_int_equal(hr_engine_open(o, &e), HR_OK);
    hr_turn_in in = {.dialect = HR_DIALECT_ANTHROPIC, .headers = {headers, 1}, .body = body};
    hr_engine_turn(e, &in, &arena, &out);
    hr_buf b = HR_BUF_INIT(0);
    for (size_t i = 0; i < out.npieces; i++)
        hr_buf_add(&b, out.pieces[i]);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    hr_engine_close(e);
    return s;
}

/* --- options ---------------------------------------------------------------------------------- */

static void off(hr_engine_opts *o)
{
    o->optimize = false;
}
static void no_markers(hr_engine_opts *o)
{
    o->markers = false;
}
static void lossless(hr_engine_opts *o)
{
    o->lossless_only = true;
}
static void protect(hr_engine_opts *o)
{
    o->protect_tools = HR_STR("que*");
}
static void exclude(hr_engine_opts *o)
{
    o->exclude_tools = HR_STR("other, query");
}
static void skip_tool(hr_engine_opts *o)
{
    o->tool_profiles = HR_STR("query:skip");
}
static void ratio(hr_engine_opts *o)
{
    o->target_ratio = 0.05;
}
static void min_tokens(hr_engine_opts *o)
{
    o->min_tokens = 100000;
}
static void lossy_min(hr_engine_opts *o)
{
    o->lossy_min_tokens = 100000;
}
static void max_items(hr_engine_opts *o)
{
    o->max_items = 6;
}
static void user_texts(hr_engine_opts *o)
{
    o->compress_user_messages = true;
}
static void code(hr_engine_opts *o)
{
    o->code_aware = true;
    o->protect_recent = 0;
}
static void no_references(hr_engine_opts *o)
{
    o->references = false;
}
static void reference_reads(hr_engine_opts *o)
{
    o->reference_reads = true;
}
static void no_stale(hr_engine_opts *o)
{
    o->compress_stale = false;
}
static void big_reads(hr_engine_opts *o)
{
    o->read_min_bytes = 100000;
}
static void superseded(hr_engine_opts *o)
{
    o->compress_superseded = true;
}
static void freeze(hr_engine_opts *o)
{
    o->freeze_old = true;
}

static void every_option_changes_something(void **state)
{
    (void)state;
    hr_str big = rows(300), py = program();
    const char *path = "{\"file_path\":\"/a.py\"}";
    const part data[] = {{"query", "{}", big}};
    const part kinds[] = {{"query", "{}", events(300)}};
    const part twice[] = {{"query", "{}", py}, {"query", "{}", py}};
    const part reads[] = {{"Read", path, py}, {"Read", path, py}};
    const part edited[] = {{"Read", path, py}, {"Edit", path, HR_STR("updated")}};
    const part again[] = {{"Read", path, py}, {"Read", path, py}, {"query", "{}", HR_STR("done")}};
    const part old[] = {{"query", "{}", big}, {"query", "{}", HR_STR("done")}};
    const part cat[] = {{"query", "{}", py}};
    const struct {
        void (*set)(hr_engine_opts *);
        hr_str body;
    } cases[] = {
        {off, request("which stopped?", data, 1, true)},
        {no_markers, request("which stopped?", data, 1, true)},
        {lossless, request("which stopped?", data, 1, true)},
        {protect, request("which stopped?", data, 1, true)},
        {exclude, request("which stopped?", data, 1, true)},
        {skip_tool, request("which stopped?", data, 1, true)},
        {ratio, request("what happened?", kinds, 1, true)},
        {min_tokens, request("which stopped?", data, 1, true)},
        {lossy_min, request("which stopped?", data, 1, true)},
        {max_items, request("what happened?", kinds, 1, true)},
        {user_texts, request(hr_zstr(&arena, big), NULL, 0, true)},
        {code, request("where is the entry point of it all", cat, 1, true)},
        {no_references, request("what now?", twice, 2, true)},
        {reference_reads, request("what now?", reads, 2, true)},
        {no_stale, request("what now?", edited, 2, false)},
        {big_reads, request("what now?", edited, 2, false)},
        {superseded, request("what now?", again, 3, false)},
        {freeze, request("which stopped?", old, 2, false)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        hr_engine_opts o = hr_engine_defaults(), with = o;
        cases[i].set(&with);
        hr_str one = forward(&o, cases[i].body), two = forward(&with, cases[i].body);
        if (hr_str_eq(one, two))
            fail_msg("option %zu has no effect", i);
        assert_true(hr_str_eq(two, forward(&with, cases[i].body)));
    }
}

/* --- our own output --------------------------------------------------------------------------- */

static hr_str log_lines(void)
{
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 400; i++)
        hr_buf_addf(&b, "2026-04-23 10:%02d:%02d INFO worker-%d handled request %d in %d ms\n",
                    i / 60, i % 60, i % 4, i * 31, i * 7919 % 97);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static hr_str csv(void)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "id,name,country,currency,unit,value\n");
    for (int i = 0; i < 300; i++)
        hr_buf_addf(&b, "%d,sensor %d,Germany,EUR,kilowatt hours,%d\n", i, i * 17 % 301,
                    i * 7919 % 9973);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static hr_str diff(void)
{
    hr_buf b = HR_BUF_INIT(0);
    for (int f = 0; f < 12; f++) {
        hr_buf_addf(&b,
                    "diff --git a/src/part%d.c b/src/part%d.c\nindex %07x..%07x 100644\n"
                    "--- a/src/part%d.c\n+++ b/src/part%d.c\n@@ -1,21 +1,21 @@\n",
                    f, f, f * 77777 + 1, f * 99999 + 1, f, f);
        for (int i = 0; i < 21; i++)
            hr_buf_addf(&b, i == 10 ? "-old %d %d\n+new %d %d\n" : " line %d of part %d stays\n", i,
                        f, i, f);
    }
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static hr_str matches(void)
{
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 300; i++)
        hr_buf_addf(&b,
                    "packages/server/src/handlers/part%d/file.ts:%d:  const value%d = call(%d);\n",
                    i / 30, i * 3 + 1, i, i * 7919 % 997);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static void a_second_pass_changes_nothing(void **state)
{
    (void)state;
    const hr_str texts[] = {rows(300), log_lines(), csv(), diff(), matches(), program()};
    hr_engine_opts eo = hr_engine_defaults();
    hr_engine *e;
    size_t changed = 0;
    assert_int_equal(hr_engine_open(&eo, &e), HR_OK);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        for (int lossless_only = 0; lossless_only < 2; lossless_only++) {
            hr_compress_opts o = hr_compress_defaults();
            hr_compressed once, more;
            o.lossless_only = lossless_only;
            assert_int_equal(hr_engine_compress_text(e, &o, texts[i], &arena, &once), HR_OK);
            if (!once.changed)
                continue;
            changed++;
            assert_int_equal(hr_engine_compress_text(e, &o, once.text, &arena, &more), HR_OK);
            if (more.changed)
                fail_msg("text %zu, lossless %d: %s again", i, lossless_only,
                         hr_reason_code(more.reason));
            assert_true(hr_str_eq(more.text, once.text));
        }
    }
    assert_true(changed >= 8);
    hr_engine_close(e);
}

/* Words that only look like a marker make nothing immune. */
static void foreign_markers_do_not_protect(void **state)
{
    (void)state;
    hr_engine_opts eo = hr_engine_defaults();
    hr_engine *e;
    hr_compress_opts o = hr_compress_defaults();
    hr_compressed c;
    assert_int_equal(hr_engine_open(&eo, &e), HR_OK);
    hr_str text =
        hr_strf(&arena,
                "[3 of 5 rows omitted. Retrieve original: hash=0123456789abcdef01234567]\n"
                "%.*s",
                HR_FMT(log_lines()));
    assert_int_equal(hr_engine_compress_text(e, &o, text, &arena, &c), HR_OK);
    assert_true(c.changed);
    hr_engine_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_changes_something),
        cmocka_unit_test(a_second_pass_changes_nothing),
        cmocka_unit_test(foreign_markers_do_not_protect),
    };
    hr_arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hr_arena_free(&arena);
    return failed;
}
