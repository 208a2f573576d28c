/* Originals, pins, traits: what is committed is read back. */
#include "../store_fixture.h"

#include <sys/stat.h>

/* The same checks on disk and in memory. */
static void round_trip(hr_store *s)
{
    hr_arena a;
    hr_arena_init(&a, 0);
    size_t big_n = 10u << 20;
    char *big = malloc(big_n);
    for (size_t i = 0; i < big_n; i++)
        big[i] = (char)(i * 2654435761u >> 13);
    const hr_str texts[] = {HR_STR("plain"),
                            HR_STR("grüße 漢字 \xf0\x9f\x98\x80"),
                            HR_STR("a\r\nb\r\n"),
                            HR_STR(""),
                            {"nul\0inside\0", 11},
                            {big, big_n},
                            HR_STR("\xff\xfe not utf-8")};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hr_entry e;
        hr_original o = original(texts[i]);
        hr_pin p = pin(texts[i], texts[i], texts[i]);
        hr_store_batch b = {HR_STR("conv"), &o, 1, &p, 1};
        assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
        assert_int_equal(hr_store_get(s, hr_key_str(&o.key), &a, &e), HR_OK);
        assert_true(hr_str_eq(e.content, texts[i]));
        assert_string_equal(e.key.hex, o.key.hex);
        assert_true(hr_str_eq(e.tool_name, o.tool_name));
        assert_true(hr_str_eq(e.strategy, o.strategy));
        assert_true(hr_str_eq(e.query, o.query));
        assert_int_equal(e.original_tokens, 100);
        assert_int_equal(e.compressed_tokens, 10);
        assert_int_equal(e.original_items, 7);
        assert_int_equal(e.compressed_items, 3);
        assert_int_equal(e.retrievals, 1);
        assert_int_equal(e.ttl_s, 1800);
        assert_int_equal(e.created_ms, now_ms);
        hr_pin got;
        bool found;
        assert_int_equal(hr_store_pins(s, b.conversation, &p.block, 1, &a, &got, &found), HR_OK);
        assert_true(found);
        assert_true(hr_str_eq(got.text, texts[i]));
        assert_false(got.leave);
        assert_int_equal(got.reason, 3);
        assert_int_equal(got.tokens_before, 1000);
        assert_int_equal(got.tokens_after, 10);
        assert_string_equal(got.key.hex, o.key.hex);
    }
    hr_store_stats st;
    assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
    assert_int_equal(st.entries, 7);
    assert_int_equal(st.pins, 7);
    assert_int_equal(st.conversations, 1);
    assert_int_equal(st.original_tokens, 700);
    assert_int_equal(st.compressed_tokens, 70);
    assert_int_equal(st.retrievals, 7);
    assert_int_equal(st.events, 7);
    assert_int_equal(st.commits, 7);
    free(big);
    hr_arena_free(&a);
}

static void test_round_trip_disk(void **state)
{
    (void)state;
    hr_store_opts o = options();
    hr_store *s = open_it(&o);
    round_trip(s);
    hr_store_close(s);
    s = open_it(&o); /* and all of it is there in the next process */
    assert_int_equal(get(s, HR_STR("a\r\nb\r\n")), HR_OK);
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_pin got;
    bool found;
    hr_sha256 block = hr_sha256_of(HR_STR("plain"));
    assert_int_equal(hr_store_pins_cached(s, HR_STR("conv"), &block, 1, &a, &got, &found),
                     HR_E_NOTFOUND);
    assert_int_equal(hr_store_pins(s, HR_STR("conv"), &block, 1, &a, &got, &found), HR_OK);
    assert_true(found && hr_str_eq(got.text, HR_STR("plain")));
    assert_int_equal(hr_store_pins_cached(s, HR_STR("conv"), &block, 1, &a, &got, &found), HR_OK);
    assert_true(found && hr_str_eq(got.text, HR_STR("plain")));
    assert_int_equal(hr_store_pins(s, HR_STR("other"), &block, 1, &a, &got, &found), HR_OK);
    assert_false(found);
    hr_arena_free(&a);
    hr_store_close(s);
}

static void test_round_trip_memory(void **state)
{
    (void)state;
    hr_store_opts o = options();
    o.path = HR_STR_NONE;
    hr_store *s = open_it(&o);
    round_trip(s);
    hr_store_stats st;
    assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
    assert_true(st.in_memory);
    hr_store_close(s);
    assert_int_equal(access(path, F_OK), -1);
    s = open_it(&o);
    assert_int_equal(get(s, HR_STR("plain")), HR_E_NOTFOUND);
    hr_store_close(s);
}

static unsigned mode_of(const char *suffix)
{
    char p[4300];
    struct stat st;
    snprintf(p, sizeof p, "%s%s", path, suffix);
    assert_int_equal(stat(p, &st), 0);
    return st.st_mode & 0777;
}

static void test_files(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/a/b/ccr_store.db", dir); /* folders above it are made */
    mode_t old = umask(0);
    hr_store_opts o = options();
    hr_store *s = open_it(&o);
    struct stat st;
    char parent[4200];
    snprintf(parent, sizeof parent, "%s/a", dir);
    /* Reading makes nothing. */
    assert_int_equal(get(s, HR_STR("x")), HR_E_NOTFOUND);
    hr_store_stats stats;
    assert_int_equal(hr_store_stats_get(s, &stats), HR_OK);
    assert_int_equal(hr_store_sweep(s), HR_OK);
    assert_int_equal(stat(parent, &st), -1);
    assert_int_equal(put(s, HR_STR("x")), HR_OK);
    assert_int_equal(mode_of(""), 0600);
    assert_int_equal(mode_of("-wal"), 0600);
    assert_int_equal(mode_of("-shm"), 0600);
    assert_int_equal(stat(parent, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    hr_store_close(s);
    /* One that others could read is closed to them. */
    assert_int_equal(chmod(path, 0644), 0);
    s = open_it(&o);
    assert_int_equal(mode_of(""), 0600);
    assert_int_equal(put(s, HR_STR("y")), HR_OK);
    assert_int_equal(mode_of("-wal"), 0600);
    hr_store_close(s);
    umask(old);
}

static void test_first_writer_wins(void **state)
{
    (void)state;
    hr_store_opts o = options();
    hr_store *s = open_it(&o);
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_pin first[2] = {pin(HR_STR("b1"), HR_STR("one"), HR_STR("o")),
                       pin(HR_STR("b2"), HR_STR_NONE, HR_STR_NONE)};
    first[1].leave = true;
    hr_store_batch b = {.conversation = HR_STR("c"), .pins = first, .npins = 2};
    assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
    hr_store_close(s);
    for (int round = 0; round < 2; round++) { /* from the disk, then from memory */
        if (round == 0)
            s = open_it(&o);
        hr_pin second[3] = {pin(HR_STR("b2"), HR_STR("late"), HR_STR_NONE),
                            pin(HR_STR("b3"), HR_STR("new"), HR_STR_NONE),
                            pin(HR_STR("b1"), HR_STR("late"), HR_STR_NONE)};
        second[0].reason = second[2].reason = 9;
        b.pins = second;
        b.npins = 3;
        assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
        assert_true(second[0].leave);
        assert_int_equal(second[0].text.n, 0);
        assert_int_equal(second[0].reason, 3);
        assert_true(hr_str_eq(second[1].text, HR_STR("new")));
        assert_true(hr_str_eq(second[2].text, HR_STR("one")));
        assert_true(second[2].key.hex[0] != 0);
    }
    /* The same block twice in one batch is one decision. */
    hr_pin twice[2] = {pin(HR_STR("b4"), HR_STR("p"), HR_STR_NONE),
                       pin(HR_STR("b4"), HR_STR("q"), HR_STR_NONE)};
    b.pins = twice;
    b.npins = 2;
    assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
    assert_true(hr_str_eq(twice[0].text, HR_STR("p")) && hr_str_eq(twice[1].text, HR_STR("p")));
    hr_store_close(s);
    hr_arena_free(&a);
}

static void test_traits(void **state)
{
    (void)state;
    hr_store_opts o = options();
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_str out;
    hr_str c = HR_STR("c"), tool = HR_STR("tool");
    for (int memory = 0; memory < 2; memory++) {
        if (memory)
            o.path = HR_STR_NONE;
        hr_store *s = open_it(&o);
        assert_int_equal(hr_store_trait_get(s, c, tool, &a, &out), HR_E_NOTFOUND);
        assert_int_equal(hr_store_trait_set(s, c, tool, HR_STR("yes\0!"), &a, &out), HR_OK);
        assert_true(hr_str_eq(out, HR_STR("yes\0!")));
        assert_int_equal(hr_store_trait_set(s, c, HR_STR("empty"), HR_STR_NONE, &a, &out), HR_OK);
        assert_int_equal(hr_store_trait_set(s, c, tool, HR_STR("no"), &a, &out), HR_OK);
        assert_true(hr_str_eq(out, HR_STR("yes\0!")));
        assert_int_equal(hr_store_trait_get(s, HR_STR("d"), tool, &a, &out), HR_E_NOTFOUND);
        if (!memory) {
            hr_store_close(s);
            s = open_it(&o);
            assert_int_equal(hr_store_trait_set(s, c, tool, HR_STR("no"), &a, &out), HR_OK);
            assert_true(hr_str_eq(out, HR_STR("yes\0!")));
        }
        assert_int_equal(hr_store_trait_get(s, c, tool, &a, &out), HR_OK);
        assert_true(hr_str_eq(out, HR_STR("yes\0!")));
        assert_int_equal(hr_store_trait_get(s, c, HR_STR("empty"), &a, &out), HR_OK);
        assert_int_equal(out.n, 0);
        hr_store_close(s);
    }
    hr_arena_free(&a);
}

static void test_hash_forms(void **state)
{
    (void)state;
    hr_store_opts o = options();
    hr_store *s = open_it(&o);
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_entry e;
    hr_str text = HR_STR("some original");
    assert_int_equal(put(s, text), HR_OK);
    hr_sha256 sha = hr_sha256_of(text);
    char hex[65] = {0};
    hr_hex(sha.b, 32, hex);
    for (size_t n = 6; n <= 64; n++) {
        assert_int_equal(hr_store_get(s, (hr_str){hex, n}, &a, &e), HR_OK);
        assert_true(hr_str_eq(e.content, text));
        assert_true(hr_store_has(s, (hr_str){hex, n}));
        char upper[64], wrong[64];
        for (size_t i = 0; i < n; i++)
            upper[i] = (char)(hex[i] >= 'a' ? hex[i] - 32 : hex[i]);
        assert_int_equal(hr_store_get(s, (hr_str){upper, n}, &a, &e), HR_OK);
        memcpy(wrong, hex, n);
        wrong[n - 1] = wrong[n - 1] == '0' ? '1' : '0';
        assert_int_equal(hr_store_get(s, (hr_str){wrong, n}, &a, &e), HR_E_NOTFOUND);
        assert_false(hr_store_has(s, (hr_str){wrong, n}));
    }
    assert_int_equal(hr_store_get(s, (hr_str){hex, 5}, &a, &e), HR_E_SYNTAX);
    char longer[66];
    snprintf(longer, sizeof longer, "%s0", hex);
    assert_int_equal(hr_store_get(s, hr_cstr(longer), &a, &e), HR_E_SYNTAX);
    assert_int_equal(hr_store_get(s, HR_STR("zzzzzz"), &a, &e), HR_E_SYNTAX);
    assert_int_equal(hr_store_get(s, HR_STR("abc\0de"), &a, &e), HR_E_SYNTAX);
    /* Two originals whose hashes begin with the same six digits: only more digits tell. */
    hr_str twin[2] = {HR_STR("original 2060"), HR_STR("original 4390")};
    hr_key k0 = hr_key_of(twin[0]), k1 = hr_key_of(twin[1]);
    assert_memory_equal(k0.hex, k1.hex, 6);
    assert_int_equal(put(s, twin[0]), HR_OK);
    assert_int_equal(hr_store_get(s, (hr_str){k0.hex, 6}, &a, &e), HR_OK);
    assert_int_equal(put(s, twin[1]), HR_OK);
    assert_int_equal(hr_store_get(s, (hr_str){k0.hex, 6}, &a, &e), HR_E_NOTFOUND);
    assert_int_equal(get(s, twin[0]), HR_OK);
    assert_int_equal(get(s, twin[1]), HR_OK);
    hr_store_close(s);
    hr_arena_free(&a);
}

static void test_wrong_key(void **state)
{
    (void)state;
    hr_store_opts o = options();
    hr_store *s = open_it(&o);
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_original x = original(HR_STR("x"));
    x.key = hr_key_of(HR_STR("y"));
    hr_store_batch b = {.conversation = HR_STR("c"), .originals = &x, .noriginals = 1};
    assert_int_equal(hr_store_commit(s, &b, &a), HR_E_RANGE);
    hr_store_close(s);
    hr_arena_free(&a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_round_trip_disk), T(test_round_trip_memory),
        T(test_files),           T(test_first_writer_wins),
        T(test_traits),          T(test_hash_forms),
        T(test_wrong_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
