/* Many threads at once: groups share an fsync, one decision holds for everybody. Also the test to
 * run under ThreadSanitizer. */
#include "../store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 16, COMMITS = 60, SHARED = 40 };

static char decided[THREADS][SHARED];
static hr_store *store;
static pthread_barrier_t start;
static atomic_int failures;

static void expect(bool ok, int line)
{
    if (!ok && atomic_fetch_add(&failures, 1) < 5)
        print_message("line %d: not so\n", line);
}
#define EXPECT(x) expect((x), __LINE__)

static void *work(void *arg)
{
    size_t me = (size_t)(intptr_t)arg;
    hr_arena a;
    pthread_barrier_wait(&start);
    for (size_t i = 0; i < COMMITS; i++) {
        hr_arena_init(&a, 0);
        /* One original and pin of its own, and one pin that all want to decide. */
        hr_str text = hr_strf(&a, "thread %zu commit %zu", me, i);
        hr_str mine = hr_strf(&a, "%c", (int)('A' + me));
        size_t which = (i * 7 + me) % SHARED;
        hr_original o = {.content = text, .key = hr_key_of(text), .tool_name = HR_STR("Bash")};
        hr_pin p[2] = {
            {.block = hr_sha256_of(text), .text = mine, .key = o.key},
            {.block = hr_sha256_of((hr_str){(const char *)&which, sizeof which}), .text = mine}};
        hr_store_batch b = {HR_STR("shared conversation"), &o, 1, p, 2};
        EXPECT(hr_store_commit(store, &b, &a) == HR_OK);
        EXPECT(hr_str_eq(p[0].text, mine) && p[1].text.n == 1);
        decided[me][which] = p[1].text.n ? p[1].text.p[0] : 0;
        hr_pin got[2];
        bool found[2];
        hr_sha256 blocks[2] = {p[0].block, p[1].block};
        EXPECT(hr_store_pins(store, b.conversation, blocks, 2, &a, got, found) == HR_OK);
        EXPECT(found[0] && found[1] && hr_str_eq(got[1].text, p[1].text));
        hr_entry e;
        EXPECT(hr_store_get(store, hr_key_str(&o.key), &a, &e) == HR_OK);
        EXPECT(hr_str_eq(e.content, text));
        hr_str trait;
        hr_str name = hr_strf(&a, "trait %zu", i % 5);
        EXPECT(hr_store_trait_set(store, b.conversation, name, mine, &a, &trait) == HR_OK);
        hr_store_ledger_add(store, &(hr_ledger_row){.at_ms = hr_now_unix_ms(&hr_clock_system),
                                                    .model = HR_STR("m"),
                                                    .input = 2});
        if (i % 16 == me) {
            hr_store_stats st;
            hr_ledger_sum sum;
            EXPECT(hr_store_stats_get(store, &st) == HR_OK && st.entries > 0);
            EXPECT(hr_store_ledger_sum(store, 0, &sum) == HR_OK && sum.requests > 0);
            EXPECT(hr_store_sweep(store) == HR_OK);
        }
        hr_arena_free(&a);
    }
    return NULL;
}

static void run(hr_str where)
{
    hr_store_opts o = hr_store_defaults();
    o.path = where;
    assert_int_equal(hr_store_open(&o, &store), HR_OK);
    memset(decided, 0, sizeof decided);
    atomic_store(&failures, 0);
    pthread_barrier_init(&start, NULL, THREADS);
    pthread_t t[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, work, (void *)(intptr_t)i), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    pthread_barrier_destroy(&start);
    assert_int_equal(atomic_load(&failures), 0);
    for (size_t k = 0; k < SHARED; k++) {
        char winner = 0;
        for (size_t i = 0; i < THREADS; i++) {
            if (!winner)
                winner = decided[i][k];
            assert_true(!decided[i][k] || decided[i][k] == winner);
        }
    }
    hr_store_stats st;
    hr_ledger_sum sum;
    assert_int_equal(hr_store_stats_get(store, &st), HR_OK);
    assert_int_equal(st.entries, THREADS * COMMITS);
    assert_int_equal(st.retrievals, THREADS * COMMITS);
    assert_int_equal(st.pins, THREADS * COMMITS + SHARED);
    assert_int_equal(hr_store_ledger_sum(store, 0, &sum), HR_OK);
    assert_int_equal(sum.requests, THREADS * COMMITS);
    assert_int_equal(sum.input, 2 * THREADS * COMMITS);
    assert_true(st.commits >= THREADS * COMMITS);
    print_message("%zu commits in %zu groups\n", (size_t)st.commits, (size_t)st.fsync_groups);
    assert_true(st.in_memory || st.fsync_groups < st.commits);
    hr_store_close(store);
}

static void test_disk(void **state)
{
    (void)state;
    run(hr_cstr(path));
}

static void test_memory(void **state)
{
    (void)state;
    run(HR_STR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_disk, setup, teardown),
                                       cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
