/* How long entries live: expiry, limits of number and bytes, forgetting, the list of retrievals. */
#include "../store_fixture.h"

static void test_expiry(void **state)
{
    (void)state;
    hr_store_opts o = options();
    hr_store *s = open_it(&o);
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_entry e;
    hr_key k = hr_key_of(HR_STR("text"));
    assert_int_equal(put(s, HR_STR("text")), HR_OK);
    now_ms += 1700 * 1000;
    assert_int_equal(get(s, HR_STR("text")), HR_OK); /* extends its life */
    hr_store_stats st;
    assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
    now_ms += 1700 * 1000;
    assert_true(hr_store_has(s, hr_key_str(&k))); /* does not */
    now_ms += 101 * 1000;
    for (int swept = 0; swept < 2; swept++) {
        assert_false(hr_store_has(s, hr_key_str(&k)));
        assert_int_equal(hr_store_get(s, hr_key_str(&k), &a, &e), HR_E_EXPIRED);
        assert_int_equal(e.content.n, 0);
        assert_int_equal(now_ms - e.created_ms, 3501 * 1000);
        hr_str miss = hr_store_miss_text(s, HR_E_EXPIRED, &e, &a);
        assert_true(hr_str_starts(
            miss, HR_STR("Entry expired (CCR TTL: 1800 seconds; age: 3501 seconds)")));
        assert_true(hr_str_has(miss, HR_STR("tool Bash")));
        assert_int_equal(hr_store_sweep(s), HR_OK);
        assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
        assert_int_equal(st.entries, 0);
        assert_int_equal(st.bytes, 0);
    }
    /* It can come back. */
    assert_int_equal(put(s, HR_STR("text")), HR_OK);
    assert_int_equal(hr_store_get(s, hr_key_str(&k), &a, &e), HR_OK);
    assert_int_equal(e.created_ms, now_ms);
    assert_true(hr_str_eq(e.content, HR_STR("text")));
    /* And is wholly forgotten later. */
    now_ms += 8LL * 24 * 3600 * 1000;
    assert_int_equal(hr_store_sweep(s), HR_OK);
    assert_int_equal(hr_store_sweep(s), HR_OK);
    assert_int_equal(hr_store_get(s, hr_key_str(&k), &a, &e), HR_E_NOTFOUND);
    hr_str miss = hr_store_miss_text(s, HR_E_NOTFOUND, &e, &a);
    assert_true(hr_str_starts(miss, HR_STR("Entry not found (CCR TTL: 1800 seconds)")));
    hr_store_close(s);
    hr_arena_free(&a);
}

static void test_marker_of_live_conversation(void **state)
{
    (void)state;
    hr_store_opts o = options();
    for (int memory = 0; memory < 2; memory++) {
        if (memory)
            o.path = HR_STR_NONE;
        hr_store *s = open_it(&o);
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_original x = original(HR_STR("named"));
        hr_pin p = pin(HR_STR("b"), HR_STR("short [hash=…]"), x.content), got;
        hr_pin idle = pin(HR_STR("elsewhere"), HR_STR("leaf"), HR_STR_NONE);
        hr_store_batch b = {HR_STR("c"), &x, 1, &p, 1};
        bool found;
        assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
        assert_int_equal(put(s, HR_STR("not named")), HR_OK);
        for (int i = 0; i < 30; i++) { /* five hours of a conversation */
            now_ms += 600 * 1000;
            assert_int_equal(hr_store_pins(s, b.conversation, &p.block, 1, &a, &got, &found),
                             HR_OK);
            assert_true(found);
            hr_store_stats st;
            assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
            assert_int_equal(hr_store_sweep(s), HR_OK);
        }
        assert_true(hr_store_has(s, hr_key_str(&x.key)));
        assert_int_equal(get(s, HR_STR("not named")), HR_E_EXPIRED);
        /* The pin is out of sight (the client compacted), the conversation goes on: still kept. */
        for (int i = 0; i < 30; i++) {
            now_ms += 600 * 1000;
            idle.block = hr_sha256_of(hr_str_of((const char *)&i, sizeof i));
            hr_store_batch more = {.conversation = b.conversation, .pins = &idle, .npins = 1};
            assert_int_equal(hr_store_commit(s, &more, &a), HR_OK);
            if (i % 2)
                assert_int_equal(hr_store_sweep(s), HR_OK);
        }
        assert_true(hr_store_has(s, hr_key_str(&x.key)));
        for (int i = 0; i < 30; i++) { /* and also when it only reads */
            now_ms += 600 * 1000;
            assert_int_equal(hr_store_pins(s, b.conversation, &idle.block, 1, &a, &got, &found),
                             HR_OK);
            assert_true(found);
            hr_store_stats st;
            assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
            assert_int_equal(hr_store_sweep(s), HR_OK);
        }
        assert_int_equal(get(s, HR_STR("named")), HR_OK);
        /* The conversation ends. */
        now_ms += (1800 + 63) * 1000;
        assert_int_equal(hr_store_sweep(s), HR_OK);
        assert_int_equal(get(s, HR_STR("named")), HR_E_EXPIRED);
        hr_store_close(s);
        hr_arena_free(&a);
    }
}

static void numbered(char *out, size_t n, int i)
{
    snprintf(out, n, "original number %d", i);
}

static void test_lru(void **state)
{
    (void)state;
    hr_store_opts o = options();
    o.max_entries = 10;
    for (int memory = 0; memory < 2; memory++) {
        if (memory)
            o.path = HR_STR_NONE;
        hr_store *s = open_it(&o);
        char t[40];
        for (int i = 0; i < 11; i++) {
            now_ms += 1000;
            numbered(t, sizeof t, i);
            assert_int_equal(put(s, hr_cstr(t)), HR_OK);
        }
        numbered(t, sizeof t, 0);
        assert_int_equal(get(s, hr_cstr(t)), HR_E_NOTFOUND);
        now_ms += 1000;
        numbered(t, sizeof t, 1);
        assert_int_equal(get(s, hr_cstr(t)), HR_OK); /* used: 2 is the oldest now */
        hr_store_stats st;
        assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
        assert_int_equal(st.entries, 10);
        assert_int_equal(st.evictions, 1);
        if (!memory) { /* the order is in the file, not in this process */
            hr_store_close(s);
            s = open_it(&o);
        }
        now_ms += 1000;
        assert_int_equal(put(s, HR_STR("one more")), HR_OK);
        numbered(t, sizeof t, 1);
        assert_int_equal(get(s, hr_cstr(t)), HR_OK);
        numbered(t, sizeof t, 2);
        assert_int_equal(get(s, hr_cstr(t)), HR_E_NOTFOUND);
        /* A miss by eviction says so. */
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_key k = hr_key_of(hr_cstr(t));
        hr_entry e;
        assert_int_equal(hr_store_get(s, hr_key_str(&k), &a, &e), HR_E_NOTFOUND);
        hr_str miss = hr_store_miss_text(s, HR_E_NOTFOUND, &e, &a);
        assert_true(hr_str_starts(miss, HR_STR("Entry not found (CCR TTL: 1800 seconds)")));
        assert_true(hr_str_has(miss, HR_STR("size limit")));
        /* More than fits at once is refused; exactly what fits replaces all. */
        hr_original many[11];
        char texts[11][40];
        for (int i = 0; i < 11; i++) {
            numbered(texts[i], sizeof texts[i], 100 + i);
            many[i] = original(hr_cstr(texts[i]));
        }
        hr_store_batch b = {.conversation = HR_STR("c"), .originals = many, .noriginals = 11};
        assert_int_equal(hr_store_commit(s, &b, &a), HR_E_LIMIT);
        b.noriginals = 10;
        assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
        for (int i = 0; i < 10; i++)
            assert_int_equal(get(s, hr_cstr(texts[i])), HR_OK);
        hr_arena_free(&a);
        hr_store_close(s);
    }
}

static void test_byte_cap(void **state)
{
    (void)state;
    hr_store_opts o = options();
    o.max_bytes = 100 * 1000;
    hr_store *s = open_it(&o);
    char t[10000];
    for (int i = 0; i < 300; i++) {
        now_ms += 10;
        memset(t, 'a' + i % 26, sizeof t);
        snprintf(t, 20, "%d", i);
        assert_int_equal(put(s, hr_str_of(t, sizeof t)), HR_OK);
        assert_int_equal(get(s, hr_str_of(t, sizeof t)), HR_OK);
    }
    hr_store_stats st;
    assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
    assert_int_equal(st.entries, 10);
    assert_int_equal(st.bytes, 100000);
    assert_int_equal(st.evictions, 290);
    char *big = calloc(1, 100001);
    assert_int_equal(put(s, hr_str_of(big, 100001)), HR_E_LIMIT);
    assert_int_equal(put(s, hr_str_of(big, 100000)), HR_OK);
    assert_int_equal(get(s, hr_str_of(big, 100000)), HR_OK);
    free(big);
    hr_store_close(s);
}

static void test_forgetting(void **state)
{
    (void)state;
    hr_store_opts o = options();
    hr_store *s = open_it(&o);
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_str out;
    hr_pin *pins = HR_NEW_ARRAY(&a, hr_pin, 1500);
    for (int i = 0; i < 1500; i++)
        pins[i] = pin(hr_str_of((const char *)&i, sizeof i), HR_STR("t"), HR_STR_NONE);
    hr_store_batch b = {.conversation = HR_STR("old"), .pins = pins, .npins = 1500};
    assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
    assert_int_equal(hr_store_trait_set(s, HR_STR("old"), HR_STR("t"), HR_STR("v"), &a, &out), 0);
    b.conversation = HR_STR("kept");
    assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
    now_ms += 29LL * 24 * 3600 * 1000;
    b.npins = 1;
    assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
    now_ms += 2LL * 24 * 3600 * 1000;
    assert_int_equal(hr_store_sweep(s), HR_OK);
    hr_store_stats st;
    assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
    assert_int_equal(st.conversations, 1);
    assert_int_equal(st.pins, 1500);
    hr_store_close(s);
    s = open_it(&o);
    hr_pin got;
    bool found;
    assert_int_equal(hr_store_pins(s, HR_STR("old"), &pins[0].block, 1, &a, &got, &found), HR_OK);
    assert_false(found);
    assert_int_equal(hr_store_trait_get(s, HR_STR("old"), HR_STR("t"), &a, &out), HR_E_NOTFOUND);
    assert_int_equal(hr_store_pins(s, HR_STR("kept"), &pins[9].block, 1, &a, &got, &found), HR_OK);
    assert_true(found);
    hr_store_close(s);
    hr_arena_free(&a);
}

static void test_recent(void **state)
{
    (void)state;
    hr_store_opts o = options();
    hr_store *s = open_it(&o);
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_retrieval *r;
    size_t n;
    assert_int_equal(hr_store_recent(s, &a, 10, &r, &n), HR_OK);
    assert_int_equal(n, 0);
    assert_int_equal(put(s, HR_STR("first")), HR_OK);
    assert_int_equal(put(s, HR_STR("second")), HR_OK);
    for (int i = 0; i < 1100; i++)
        assert_int_equal(get(s, HR_STR("first")), HR_OK);
    now_ms += 5;
    assert_int_equal(get(s, HR_STR("second")), HR_OK);
    assert_int_equal(hr_store_recent(s, &a, 2, &r, &n), HR_OK);
    assert_int_equal(n, 2);
    hr_key k = hr_key_of(HR_STR("second"));
    assert_string_equal(r[0].key.hex, k.hex);
    assert_int_equal(r[0].at_ms, now_ms);
    assert_true(hr_str_eq(r[0].tool_name, HR_STR("Bash")));
    assert_true(hr_str_eq(r[0].query, HR_STR("why does it fail")));
    assert_int_equal(r[0].items, 7);
    k = hr_key_of(HR_STR("first"));
    assert_string_equal(r[1].key.hex, k.hex);
    assert_int_equal(hr_store_recent(s, &a, 5000, &r, &n), HR_OK);
    assert_int_equal(n, 1000);
    hr_store_stats st;
    assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
    assert_int_equal(st.events, 1000);
    assert_int_equal(st.retrievals, 1101);
    hr_entry e;
    assert_int_equal(hr_store_get(s, hr_key_str(&k), &a, &e), HR_OK);
    assert_int_equal(e.retrievals, 1101);
    hr_store_close(s);
    hr_arena_free(&a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_expiry),     T(test_marker_of_live_conversation),
        T(test_lru),        T(test_byte_cap),
        T(test_forgetting), T(test_recent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
