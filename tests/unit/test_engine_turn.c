/* A conversation turn by turn: decided once, replayed for ever, nothing else touched. */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static hr_arena arena;
static char dir[] = "/tmp/hr-turn-XXXXXX";
static char db[64];

static hr_engine *open_engine(bool on_disk)
{
    hr_engine_opts o = hr_engine_defaults();
    if (on_disk)
        o.store.path = hr_cstr(db);
    hr_engine *e;
    assert_int_equal(hr_engine_open(&o, &e), HR_OK);
    return e;
}

/* A JSON array that any form shrinks, as one long tool result. */
static hr_str rows(int n, int seed)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "[");
    for (int i = 0; i < n; i++)
        hr_buf_addf(&b,
                    "%s\n  {\n    \"id\": %d,\n    \"name\": \"item number %d\",\n    \"state\": "
                    "\"running\",\n    \"region\": \"eu-central-1\"\n  }",
                    i ? "," : "", i, i * 7 + seed);
    hr_buf_lit(&b, "\n]");
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

typedef struct talk {
    hr_buf messages;
} talk;

static void say(talk *t, const char *json)
{
    if (t->messages.n)
        hr_buf_addc(&t->messages, ',');
    hr_buf_add(&t->messages, hr_cstr(json));
}

static void call_and_result(talk *t, int id, hr_str result)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_addf(
        &b,
        "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"x\","
        "\"signature\":\"c2ln\"},{\"type\":\"tool_use\",\"id\":\"t%d\",\"name\":\"query\","
        "\"input\":{\"n\":1.0}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
        "\"tool_use_id\":\"t%d\",\"content\":",
        id, id);
    hr_json_quote(&b, result);
    hr_buf_lit(&b, "}]}");
    hr_buf_addc(&b, 0);
    say(t, b.p);
    hr_buf_free(&b);
}

/* Breakpoints as agents set them; spelled with spaces and a float, which must survive. */
static hr_str request(const talk *t)
{
    return hr_strf(
        &arena,
        "{ \"model\": \"claude-sonnet-4-5\", \"temperature\": 1.0, \"messages\": [%.*s], "
        "\"system\":[{\"type\":\"text\",\"text\":\"be brief\",\"cache_control\":{\"type\":"
        "\"ephemeral\"}}], \"tools\":[{\"name\":\"query\",\"input_schema\":{}}] }",
        (int)t->messages.n, t->messages.p);
}

static const hr_header headers[] = {{HR_STR_INIT("x-api-key"), HR_STR_INIT("k")}};

static hr_str forward(hr_engine *e, hr_str body, hr_turn_out *out)
{
    hr_turn_in in = {.dialect = HR_DIALECT_ANTHROPIC, .headers = {headers, 1}, .body = body};
    hr_engine_turn(e, &in, &arena, out);
    hr_buf b = HR_BUF_INIT(0);
    for (size_t i = 0; i < out->npieces; i++)
        hr_buf_add(&b, out->pieces[i]);
    assert_int_equal(b.n, out->total);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

/* What happened to the k-th tool result. */
static const hr_block_note *tool_note(const hr_turn_out *o, size_t k)
{
    for (size_t i = 0; i < o->nnotes; i++) {
        if (o->notes[i].tool_name.n && k-- == 0)
            return &o->notes[i];
    }
    fail_msg("no such tool result");
    return NULL;
}

static size_t shared_pieces(hr_str one, hr_str two, size_t *of)
{
    hr_wire_request a, b;
    uint64_t *ha, *hb;
    size_t na, nb, k = 0;
    assert_int_equal(hr_wire_read(HR_DIALECT_ANTHROPIC, one, &arena, &a).code, HR_OK);
    assert_int_equal(hr_wire_read(HR_DIALECT_ANTHROPIC, two, &arena, &b).code, HR_OK);
    assert_int_equal(hr_wire_prompt(&a, &arena, &ha, &na), HR_OK);
    assert_int_equal(hr_wire_prompt(&b, &arena, &hb, &nb), HR_OK);
    while (k < na && k < nb && ha[k] == hb[k])
        k++;
    *of = na;
    return k;
}

static void decided_once_and_replayed(void **state)
{
    (void)state;
    hr_engine *e = open_engine(true);
    talk t = {HR_BUF_INIT(0)};
    hr_turn_out o1, o2, o3;
    say(&t, "{\"role\":\"user\",\"content\":\"list the items\"}");
    call_and_result(&t, 1, rows(60, 0));
    hr_str f1 = forward(e, request(&t), &o1);
    assert_true(o1.edited);
    assert_int_equal(o1.nchanged, 1);
    assert_true(o1.tokens_after < o1.tokens_before);
    assert_true(hr_str_has(f1, HR_STR("\"temperature\": 1.0, ")));
    assert_true(hr_str_has(f1, HR_STR("\"signature\":\"c2ln\"")));

    call_and_result(&t, 2, rows(80, 3));
    hr_str f2 = forward(e, request(&t), &o2);
    assert_int_equal(o2.nchanged, 2);
    assert_int_equal(tool_note(&o2, 0)->reason, HR_R_REPLAYED);
    size_t of, same = shared_pieces(f1, f2, &of);
    assert_int_equal(same, of);

    /* the same after a restart of the program */
    hr_engine_close(e);
    e = open_engine(true);
    call_and_result(&t, 3, rows(90, 5));
    hr_str f3 = forward(e, request(&t), &o3);
    assert_int_equal(o3.nchanged, 3);
    same = shared_pieces(f2, f3, &of);
    assert_int_equal(same, of);
    hr_buf_free(&t.messages);
    hr_engine_close(e);
}

static void history_from_before_us_stays(void **state)
{
    (void)state;
    hr_engine *e = open_engine(false);
    talk t = {HR_BUF_INIT(0)};
    hr_turn_out o;
    say(&t, "{\"role\":\"user\",\"content\":\"hello there\"}");
    call_and_result(&t, 1, rows(60, 0));
    call_and_result(&t, 2, rows(60, 9));
    forward(e, request(&t), &o);
    assert_int_equal(tool_note(&o, 0)->reason, HR_R_OLD_BLOCK);
    assert_int_equal(o.nchanged, 1);
    hr_buf_free(&t.messages);
    hr_engine_close(e);
}

static void a_repeat_refers_to_the_first(void **state)
{
    (void)state;
    hr_engine *e = open_engine(false);
    talk t = {HR_BUF_INIT(0)};
    hr_turn_out o, o2;
    say(&t, "{\"role\":\"user\",\"content\":\"hello again\"}");
    call_and_result(&t, 1, rows(60, 0)); /* sent before us: stays */
    call_and_result(&t, 2, rows(60, 0)); /* new, the same content */
    hr_str f = forward(e, request(&t), &o);
    assert_int_equal(tool_note(&o, 0)->reason, HR_R_OLD_BLOCK);
    assert_int_equal(tool_note(&o, 1)->reason, HR_R_REPEAT);
    assert_true(hr_str_has(f, HR_STR("the same as all of tool result 1 (query)]")));

    /* the client drops what the reference points to: the text itself must come back */
    talk cut = {HR_BUF_INIT(0)};
    say(&cut, "{\"role\":\"user\",\"content\":\"hello again\"}");
    call_and_result(&cut, 2, rows(60, 0));
    call_and_result(&cut, 3, HR_STR("short"));
    hr_str f2 = forward(e, request(&cut), &o2);
    assert_false(hr_str_has(f2, HR_STR("left out: the same as")));
    assert_int_equal(tool_note(&o2, 0)->reason, HR_R_OLD_BLOCK);
    hr_buf_free(&t.messages);
    hr_buf_free(&cut.messages);
    hr_engine_close(e);
}

static void off_means_the_same_bytes(void **state)
{
    (void)state;
    hr_engine_opts opts = hr_engine_defaults();
    opts.optimize = false;
    hr_engine *e;
    assert_int_equal(hr_engine_open(&opts, &e), HR_OK);
    talk t = {HR_BUF_INIT(0)};
    hr_turn_out o;
    say(&t, "{\"role\":\"user\",\"content\":\"x\"}");
    call_and_result(&t, 1, rows(60, 0));
    hr_str body = request(&t);
    assert_true(hr_str_eq(forward(e, body, &o), body));
    assert_false(o.edited);
    hr_buf_free(&t.messages);
    hr_engine_close(e);
}

static void unreadable_bodies_are_relayed(void **state)
{
    (void)state;
    hr_engine *e = open_engine(false);
    static const char *const bad[] = {"", "{", "[]", "{\"messages\":7}", "\xff\xfe", "nul"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        hr_turn_out o;
        hr_str body = hr_cstr(bad[i]);
        assert_true(hr_str_eq(forward(e, body, &o), body));
        assert_false(o.readable);
    }
    hr_engine_close(e);
}

static void a_quarantined_conversation_is_left_alone(void **state)
{
    (void)state;
    hr_engine *e = open_engine(false);
    talk t = {HR_BUF_INIT(0)};
    hr_turn_out o;
    say(&t, "{\"role\":\"user\",\"content\":\"quarantine me\"}");
    call_and_result(&t, 1, rows(60, 0));
    hr_str body = request(&t);
    forward(e, body, &o);
    assert_true(o.edited);
    hr_engine_quarantine(e, o.conversation);
    assert_true(hr_str_eq(forward(e, body, &o), body));
    assert_int_equal(tool_note(&o, 0)->reason, HR_R_QUARANTINED);
    hr_buf_free(&t.messages);
    hr_engine_close(e);
}

static void every_marker_resolves(void **state)
{
    (void)state;
    hr_engine *e = open_engine(false);
    talk t = {HR_BUF_INIT(0)};
    hr_turn_out o;
    hr_str original = rows(2000, 1);
    say(&t, "{\"role\":\"user\",\"content\":\"which item is broken?\"}");
    call_and_result(&t, 1, original);
    hr_str f = forward(e, request(&t), &o);
    assert_true(o.tool_offered); /* something big stands in the first request with tools */
    assert_true(hr_str_has(f, HR_STR("headroom_retrieve")));
    hr_key none = {{0}};
    assert_memory_not_equal(&tool_note(&o, 0)->key, &none, sizeof(none));
    hr_entry entry;
    assert_int_equal(
        hr_store_get(hr_engine_store(e), hr_key_str(&tool_note(&o, 0)->key), &arena, &entry),
        HR_OK);
    assert_true(hr_str_eq(entry.content, original));
    hr_buf_free(&t.messages);
    hr_engine_close(e);
}

static void compress_endpoint_answers(void **state)
{
    (void)state;
    hr_engine *e = open_engine(false);
    hr_str reply, message;
    static const struct {
        const char *body;
        hr_err want;
        const char *says;
    } bad[] = {
        {"{", HR_E_SYNTAX, "Invalid JSON in request body."},
        {"{}", HR_E_MISSING, "Missing required field: messages"},
        {"{\"messages\":{},\"model\":\"m\"}", HR_E_TYPE, "Field `messages` must be an array."},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", HR_E_MISSING,
         "Missing required field: model"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        hr_compress_in in = {.body = hr_cstr(bad[i].body)};
        assert_int_equal(hr_engine_compress(e, &in, &arena, &reply, &message), bad[i].want);
        assert_true(hr_str_eq(message, hr_cstr(bad[i].says)));
    }
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"q\",\"_"
                   "meta\":{\"a\":1.0}},"
                   "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\","
                   "\"type\":\"function\","
                   "\"function\":{\"name\":\"list\",\"arguments\":\"{}\"}}]},"
                   "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":");
    hr_json_quote(&b, rows(400, 0));
    hr_buf_lit(&b, "}]}");
    hr_compress_in in = {.body = hr_buf_str(&b)};
    assert_int_equal(hr_engine_compress(e, &in, &arena, &reply, &message), HR_OK);
    hr_json_doc d;
    assert_int_equal(hr_json_scan(&arena, reply, 0, &d).code, HR_OK);
    int64_t before, after;
    assert_true(hr_json_int(&d, hr_json_get(&d, 0, HR_STR("tokens_before")), &before));
    assert_true(hr_json_int(&d, hr_json_get(&d, 0, HR_STR("tokens_after")), &after));
    assert_true(after * 2 < before);
    assert_true(hr_str_has(reply, HR_STR("\"_meta\":{\"a\":1.0}")));
    hr_buf_free(&b);
    hr_engine_close(e);
}

static int setup(void **state)
{
    (void)state;
    hr_arena_init(&arena, 0);
    if (!mkdtemp(dir))
        return 1;
    snprintf(db, sizeof(db), "%s/store.db", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hr_arena_free(&arena);
    char cmd[128];
    snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
    return system(cmd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decided_once_and_replayed),
        cmocka_unit_test(history_from_before_us_stays),
        cmocka_unit_test(a_repeat_refers_to_the_first),
        cmocka_unit_test(off_means_the_same_bytes),
        cmocka_unit_test(unreadable_bodies_are_relayed),
        cmocka_unit_test(a_quarantined_conversation_is_left_alone),
        cmocka_unit_test(every_marker_resolves),
        cmocka_unit_test(compress_endpoint_answers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
