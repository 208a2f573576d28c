/* Reads that went stale are replaced only where no provider's cache holds them, and for good;
 * references to what was written hold only while the call stands where it stood. */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static hr_arena arena;
static char dir[] = "/tmp/hr-reads-XXXXXX";
static hr_str db;
static const hr_header headers[] = {{HR_STR_INIT("x-api-key"), HR_STR_INIT("k")}};

static hr_engine *open_engine(void)
{
    hr_engine_opts o = hr_engine_defaults();
    o.store.path = db;
    hr_engine *e;
    assert_int_equal(hr_engine_open(&o, &e), HR_OK);
    return e;
}

/* A file that nothing else makes smaller: every line is different. */
static hr_str program(int seed)
{
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 60; i++)
        hr_buf_addf(&b, "%d\tstatic int part_%x(void) { return %d; }\n", i + 1,
                    (unsigned)(i * 2654435 + seed), i * 7919 % 1009);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static void turn(hr_buf *m, const char *tool, hr_str input, hr_str result)
{
    static int id;
    hr_buf_addf(m,
                ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t%d\","
                "\"name\":\"%s\",\"input\":%.*s}]},{\"role\":\"user\",\"content\":[{\"type\":"
                "\"tool_result\",\"tool_use_id\":\"t%d\",\"content\":",
                id, tool, HR_FMT(input), id);
    hr_json_quote(m, result);
    hr_buf_lit(m, "}]}");
    id++;
}

static void begin(hr_buf *m, const char *text)
{
    *m = HR_BUF_INIT(0);
    hr_buf_addf(m, "{\"role\":\"user\",\"content\":\"%s\"}", text);
}

static hr_str request(const hr_buf *m, bool cached)
{
    return hr_strf(
        &arena,
        "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":9,\"system\":[{\"type\":\"text\","
        "\"text\":\"s\"%s}],\"tools\":[{\"name\":\"headroom_retrieve\","
        "\"input_schema\":{}}],\"messages\":[%.*s]}",
        cached ? ",\"cache_control\":{\"type\":\"ephemeral\"}" : "", (int)m->n, m->p);
}

static hr_str forward(hr_engine *e, hr_str body, hr_turn_out *out)
{
    hr_turn_in in = {.dialect = HR_DIALECT_ANTHROPIC, .headers = {headers, 1}, .body = body};
    hr_engine_turn(e, &in, &arena, out);
    hr_buf b = HR_BUF_INIT(0);
    for (size_t i = 0; i < out->npieces; i++)
        hr_buf_add(&b, out->pieces[i]);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static const hr_str path = HR_STR_INIT("{\"file_path\":\"/src/[id]/a.c\"}");
static const hr_str done = HR_STR_INIT("The file /src/[id]/a.c has been updated.");
static const hr_str gone = HR_STR_INIT(
    "[Read content stale: /src/[id]/a.c was modified after this read \xe2\x80\x94 re-read the "
    "file for current content. Retrieve original: hash=");

static void stale_reads_go_where_nothing_is_cached(void **state)
{
    (void)state;
    hr_engine *e = open_engine();
    hr_buf m;
    hr_turn_out o;
    hr_str file = program(1), key;
    begin(&m, "make part 7 return 8");
    turn(&m, "Read", path, file);
    hr_str f = forward(e, request(&m, false), &o);
    assert_false(o.edited);
    turn(&m, "Edit", path, done);
    assert_false(hr_str_has(forward(e, request(&m, true), &o), gone)); /* a cache holds it */
    f = forward(e, request(&m, false), &o);
    size_t at = hr_str_find(f, gone);
    assert_true(at != SIZE_MAX);
    assert_int_equal(o.notes[1].reason, HR_R_READ_STALE);
    assert_true(hr_str_has(o.transforms, HR_STR("read_lifecycle:stale")));
    key = hr_str_sub(f, at + gone.n, at + gone.n + 24);
    hr_entry entry;
    assert_int_equal(hr_store_get(hr_engine_store(e), key, &arena, &entry), HR_OK);
    assert_true(hr_str_eq(entry.content, file));

    /* for good: after a restart, in a request with breakpoints, and in front of further reads */
    hr_engine_close(e);
    e = open_engine();
    turn(&m, "Read", path, program(2));
    f = forward(e, request(&m, true), &o);
    assert_int_equal(hr_str_find(f, gone) != SIZE_MAX, true);
    assert_int_equal(o.nchanged, 1);
    hr_buf_free(&m);
    hr_engine_close(e);
}

static void compress_replaces_them_too(void **state)
{
    (void)state;
    hr_engine *e = open_engine();
    hr_buf m;
    begin(&m, "compress this");
    turn(&m, "Read", path, program(3));
    turn(&m, "Edit", path, done);
    static const struct {
        const char *config;
        bool want;
    } cases[] = {
        {"{}", true},
        {"{\"read_lifecycle\":{\"compress_stale\":false}}", false},
        {"{\"read_lifecycle\":{\"min_size_bytes\":100000}}", false},
        {"{\"smart_crusher\":{\"lossless_only\":true}}", false},
        {"{\"ccr\":{\"inject_retrieval_marker\":false}}", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        hr_str reply, message;
        hr_compress_in in = {.body = hr_strf(&arena,
                                             "{\"model\":\"gpt-4o\",\"config\":%s,"
                                             "\"messages\":[%.*s]}",
                                             cases[i].config, (int)m.n, m.p)};
        assert_int_equal(hr_engine_compress(e, &in, &arena, &reply, &message), HR_OK);
        assert_int_equal(hr_str_has(reply, gone), cases[i].want);
    }
    hr_buf_free(&m);
    hr_engine_close(e);
}

static void what_was_written_is_visible(void **state)
{
    (void)state;
    hr_engine *e = open_engine();
    hr_buf m, in = HR_BUF_INIT(0), cut;
    hr_turn_out o;
    hr_str ref = HR_STR("the same as all of content of tool call 2 (write_file: b.c)]");
    begin(&m, "write it");
    turn(&m, "bash", HR_STR("{\"command\":\"ls\"}"), HR_STR("a.c"));
    hr_buf_lit(&in, "{\"path\":\"b.c\",\"content\":");
    hr_json_quote(&in, program(5));
    hr_buf_addc(&in, '}');
    turn(&m, "write_file", hr_buf_str(&in), HR_STR("written"));
    size_t before = m.n;
    turn(&m, "bash", HR_STR("{\"command\":\"cat b.c\"}"), program(5));
    hr_str f = forward(e, request(&m, true), &o);
    assert_true(hr_str_has(f, ref));
    assert_true(hr_str_has(f, HR_STR("\"content\":\"1\\tstatic"))); /* the call itself stays */

    /* the first call is dropped: "tool call 2" would be another one */
    begin(&cut, "write it");
    hr_str second = HR_STR("{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\"");
    hr_str all = hr_buf_str(&m);
    size_t at = hr_str_find(all, second);
    at += second.n + hr_str_find(hr_str_sub(all, at + second.n, all.n), second);
    hr_buf_addc(&cut, ',');
    hr_buf_add(&cut, hr_str_sub(all, at, all.n));
    assert_true(at < before);
    turn(&cut, "bash", HR_STR("{\"command\":\"ls\"}"), HR_STR("b.c"));
    f = forward(e, request(&cut, true), &o);
    assert_false(hr_str_has(f, HR_STR("left out: the same as")));
    hr_buf_free(&m);
    hr_buf_free(&in);
    hr_buf_free(&cut);
    hr_engine_close(e);
}

static int setup(void **state)
{
    (void)state;
    hr_arena_init(&arena, 0);
    assert_non_null(mkdtemp(dir));
    db = hr_strf(&arena, "%s/store.db", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++)
        unlink(hr_zstr(&arena, hr_strf(&arena, "%s/store.db%s", dir, ends[i])));
    rmdir(dir);
    hr_arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stale_reads_go_where_nothing_is_cached),
        cmocka_unit_test(compress_replaces_them_too),
        cmocka_unit_test(what_was_written_is_visible),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
