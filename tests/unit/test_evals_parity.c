/* The golden fixtures of the published system (tests/data/parity), replayed. Our forms differ by
 * design in places: tests/golden/parity_reasons.def says for every fixture whether it agrees, and
 * if not, for which named reason. A fixture that changes side, or is not listed, fails. */
#include "compress/forms.h"
#include "engine/engine.h"
#include "engine/paths.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum reason {
    PARITY_same,
#define PARITY_REASON(id, lossy, text) PARITY_##id,
#define PARITY_CASE(family, file, side)
#include "../golden/parity_reasons.def"
#undef PARITY_REASON
#undef PARITY_CASE
    PARITY_REASONS
};

static const char *const reason_names[PARITY_REASONS] = {
    "same",
#define PARITY_REASON(id, lossy, text) #id,
#define PARITY_CASE(family, file, side)
#include "../golden/parity_reasons.def"
#undef PARITY_REASON
#undef PARITY_CASE
};

static const bool reason_lossy[PARITY_REASONS] = {
    false,
#define PARITY_REASON(id, lossy, text) lossy,
#define PARITY_CASE(family, file, side)
#include "../golden/parity_reasons.def"
#undef PARITY_REASON
#undef PARITY_CASE
};

static const struct {
    const char *family, *file;
    enum reason side;
} expected[] = {
#define PARITY_REASON(id, lossy, text)
#define PARITY_CASE(family, file, side) {#family, file, PARITY_##side},
#include "../golden/parity_reasons.def"
#undef PARITY_REASON
#undef PARITY_CASE
};
enum { EXPECTED = sizeof(expected) / sizeof(*expected) };

static hr_arena arena;
static hr_engine *engine;
static bool left_out; /* by the newest compression */

typedef struct fixture {
    hr_json_doc d;
    uint32_t input, output, config;
} fixture;

/* True: what we make agrees with the fixture. Whatever it says, our own promises are asserted. */
typedef bool replay(const fixture *f);

static bool same_value(hr_str x, hr_str y)
{
    hr_json_doc dx, dy;
    if (hr_json_scan(&arena, x, 0, &dx).code != HR_OK ||
        hr_json_scan(&arena, y, 0, &dy).code != HR_OK)
        return hr_str_eq(x, y);
    return hr_json_same(&dx, 0, &dy, 0);
}

static bool tokenizer(const fixture *f)
{
    int64_t want;
    assert_true(hr_json_int(&f->d, f->output, &want));
    return hr_bpe_count(HR_O200K_BASE, hr_json_text(&f->d, f->input, &arena)) == (size_t)want;
}

static bool content_detector(const fixture *f)
{
    static const struct {
        const char *theirs;
        hr_kind ours;
    } labels[] = {{"source_code", HR_KIND_CODE}, {"text", HR_KIND_TEXT},
                  {"build", HR_KIND_BUILD},      {"search", HR_KIND_SEARCH},
                  {"json_array", HR_KIND_JSON},  {"html", HR_KIND_HTML},
                  {"diff", HR_KIND_DIFF}};
    hr_str want = hr_json_get_text(&f->d, f->output, HR_STR("content_type"), &arena);
    hr_kind got = hr_detect(hr_json_text(&f->d, f->input, &arena));
    for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
        if (hr_str_eq(want, hr_cstr(labels[i].theirs)))
            return got == labels[i].ours;
    }
    fail_msg("a label without a counterpart: %.*s", HR_FMT(want));
    return false;
}

/* Through the engine, with the fixture's limits; what is left out must come back. */
static hr_str compressed(hr_str text, hr_str query, size_t most)
{
    hr_compress_opts o = hr_compress_defaults();
    hr_compressed c;
    hr_entry e;
    o.tok = hr_tokenizer_for(HR_STR("gpt-4o-mini"));
    o.via = HR_VIA_TOOL;
    o.query = query;
    if (most)
        o.max_items_after_crush = most;
    assert_int_equal(hr_engine_compress_text(engine, &o, text, &arena, &c), HR_OK);
    assert_true(c.text.n <= text.n);
    left_out = c.lossy;
    if (c.lossy) {
        assert_int_equal(hr_store_get(hr_engine_store(engine), hr_key_str(&c.key), &arena, &e),
                         HR_OK);
        assert_true(hr_str_eq(e.content, text));
        assert_true(hr_str_has(c.text, hr_key_str(&c.key)));
    }
    return c.text;
}

static hr_str wanted_text(const fixture *f)
{
    return hr_json_get_text(&f->d, f->output, HR_STR("compressed"), &arena);
}

static bool smart_crusher(const fixture *f)
{
    int64_t most = 0;
    hr_json_int(&f->d, hr_json_get(&f->d, f->config, HR_STR("max_items_after_crush")), &most);
    hr_str text = hr_json_get_text(&f->d, f->input, HR_STR("content"), &arena);
    hr_str query = hr_json_get_text(&f->d, f->input, HR_STR("query"), &arena);
    return same_value(compressed(text, query, (size_t)most), wanted_text(f));
}

static bool plain_text(const fixture *f)
{
    hr_str text = hr_json_text(&f->d, f->input, &arena);
    return hr_str_eq(compressed(text, HR_STR_NONE, 0), wanted_text(f));
}

static bool text_crusher(const fixture *f)
{
    hr_str text = hr_json_get_text(&f->d, f->input, HR_STR("content"), &arena);
    hr_str query = hr_json_get_text(&f->d, f->input, HR_STR("context"), &arena);
    return hr_str_eq(compressed(text, query, 0), wanted_text(f));
}

static hr_str forwarded(hr_dialect dialect, hr_str body, bool *offered)
{
    const hr_turn_in in = {.dialect = dialect, .body = body};
    hr_turn_out out;
    hr_buf b = HR_BUF_INIT(0);
    hr_engine_turn(engine, &in, &arena, &out);
    for (size_t i = 0; i < out.npieces; i++)
        hr_buf_add(&b, out.pieces[i]);
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    *offered = out.tool_offered;
    return s;
}

/* The tool list in a request whose history has a result worth a marker. The tools we were given
 * stay, ours comes last, under the same name and in the same shape. */
static bool ccr(const fixture *f)
{
    const hr_json_doc *d = &f->d;
    uint32_t tools = hr_json_at(d, f->output, 0), last = HR_JSON_ABSENT;
    assert_true(hr_json_is(d, hr_json_at(d, f->output, 1), HR_JSON_TRUE));
    for (uint32_t i = HR_JSON_FIRST(d, tools); i < d->nodes[tools].next; i = d->nodes[i].next)
        last = i;
    bool openai = hr_json_get(d, last, HR_STR("function")) != HR_JSON_ABSENT;
    hr_buf b = HR_BUF_INIT(0);
    hr_key key = hr_key_of(hr_json_raw(d, tools));
    /* long enough for the tool to be worth its tokens; a conversation of its own */
    hr_buf_addf(&b, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"go %s ",
                key.hex);
    for (int i = 0; i < 6000; i++)
        hr_buf_lit(&b, "and so on ");
    hr_buf_addf(&b, "\"}],\"tools\":%.*s}", HR_FMT(hr_json_raw(d, f->input)));
    bool offered;
    hr_dialect dialect = openai ? HR_DIALECT_OPENAI_CHAT : HR_DIALECT_ANTHROPIC;
    hr_str sent = forwarded(dialect, hr_str_dup(&arena, hr_buf_str(&b)), &offered);
    hr_buf_free(&b);
    hr_json_doc s;
    assert_true(offered);
    assert_int_equal(hr_json_scan(&arena, sent, 0, &s).code, HR_OK);
    uint32_t got = hr_json_get(&s, 0, HR_STR("tools"));
    assert_int_equal(s.nodes[got].count, d->nodes[f->input].count + 1);
    for (uint32_t i = 0; i < d->nodes[f->input].count; i++)
        assert_true(hr_json_same(&s, hr_json_at(&s, got, i), d, hr_json_at(d, f->input, i)));
    uint32_t ours = hr_json_at(&s, got, s.nodes[got].count - 1);
    uint32_t of = openai ? hr_json_get(&s, ours, HR_STR("function")) : ours;
    uint32_t theirs = openai ? hr_json_get(d, last, HR_STR("function")) : last;
    assert_true(hr_str_eq(hr_json_get_text(&s, of, HR_STR("name"), &arena),
                          hr_json_get_text(d, theirs, HR_STR("name"), &arena)));
    hr_str schema = openai ? HR_STR("parameters") : HR_STR("input_schema");
    assert_true(hr_json_same(&s, hr_json_get(&s, hr_json_get(&s, of, schema), HR_STR("required")),
                             d,
                             hr_json_get(d, hr_json_get(d, theirs, schema), HR_STR("required"))));
    return hr_json_same(&s, got, d, tools);
}

/* Messages go out as they came. */
static bool cache_aligner(const fixture *f)
{
    bool offered;
    hr_str body = hr_strf(&arena, "{\"model\":\"gpt-4o\",\"messages\":%.*s}",
                          HR_FMT(hr_json_raw(&f->d, f->input)));
    hr_str sent = forwarded(HR_DIALECT_OPENAI_CHAT, body, &offered);
    assert_true(hr_str_eq(sent, body));
    return hr_json_same(&f->d, f->input, &f->d, hr_json_get(&f->d, f->output, HR_STR("messages")));
}

static enum reason side_of(const char *family, const char *file, bool *listed)
{
    for (size_t i = 0; i < EXPECTED; i++) {
        if (!strcmp(expected[i].family, family) && !strcmp(expected[i].file, file)) {
            *listed = true;
            return expected[i].side;
        }
    }
    *listed = false;
    return PARITY_same;
}

static void family(const char *name, replay *run)
{
    hr_str dir = hr_strf(&arena, "%s/parity/%s", HR_TEST_DATA, name);
    DIR *d = opendir(hr_zstr(&arena, dir));
    struct dirent *e;
    size_t n = 0, known = 0, wrong = 0;
    assert_non_null(d);
    while ((e = readdir(d)) != NULL) {
        fixture f;
        hr_str text;
        if (e->d_name[0] == '.')
            continue;
        assert_int_equal(
            hr_file_read(hr_path_join(dir, hr_cstr(e->d_name), &arena), 1 << 24, &arena, &text),
            HR_OK);
        assert_int_equal(hr_json_scan(&arena, text, 0, &f.d).code, HR_OK);
        f.input = hr_json_get(&f.d, 0, HR_STR("input"));
        f.output = hr_json_get(&f.d, 0, HR_STR("output"));
        f.config = hr_json_get(&f.d, 0, HR_STR("config"));
        left_out = false;
        bool listed, same = run(&f);
        enum reason side = side_of(name, e->d_name, &listed);
        n++;
        if (!listed || same != (side == PARITY_same) || (!same && left_out != reason_lossy[side])) {
            wrong++;
            print_message("PARITY_CASE(%s, \"%s\", %s) /* listed: %s */\n", name, e->d_name,
                          same ? "same" : "differs", listed ? reason_names[side] : "no");
        }
    }
    closedir(d);
    for (size_t i = 0; i < EXPECTED; i++)
        known += !strcmp(expected[i].family, name);
    assert_int_equal(wrong, 0);
    assert_int_equal(n, known); /* nothing is listed that is not there */
}

#define FAMILY(name)                                                                               \
    static void replay_##name(void **state)                                                        \
    {                                                                                              \
        (void)state;                                                                               \
        family(#name, name);                                                                       \
    }
FAMILY(tokenizer)
FAMILY(content_detector)
FAMILY(smart_crusher)
FAMILY(text_crusher)
FAMILY(ccr)
FAMILY(cache_aligner)

static void replay_log_compressor(void **state)
{
    (void)state;
    family("log_compressor", plain_text);
}

static void replay_diff_compressor(void **state)
{
    (void)state;
    family("diff_compressor", plain_text);
}

static int open_all(void **state)
{
    (void)state;
    hr_arena_init(&arena, (size_t)1 << 30);
    hr_engine_opts o = hr_engine_defaults();
    return hr_engine_open(&o, &engine) == HR_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    hr_engine_close(engine);
    hr_arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replay_tokenizer),
        cmocka_unit_test(replay_content_detector),
        cmocka_unit_test(replay_smart_crusher),
        cmocka_unit_test(replay_log_compressor),
        cmocka_unit_test(replay_diff_compressor),
        cmocka_unit_test(replay_text_crusher),
        cmocka_unit_test(replay_ccr),
        cmocka_unit_test(replay_cache_aligner),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
