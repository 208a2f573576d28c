/* The ledger; and files that the published system left at the same path. */
#include "../store_fixture.h"

#include <sqlite3.h>
#include <time.h>

/* The only number that a query gives. */
static double ask(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    double v = sqlite3_column_double(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return v;
}

static void run_sql(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_sums(void **state)
{
    (void)state;
    hr_store *s = open_default();
    hr_ledger_sum sum;
    assert_int_equal(hr_store_ledger_sum(s, 0, &sum), HR_OK);
    assert_int_equal(sum.requests, 0);
    assert_int_equal(access(path, F_OK), -1);
    for (int i = 0; i < 1000; i++)
        hr_store_ledger_add(s, &(hr_ledger_row){.at_ms = now_ms + i,
                                                .request_id = HR_STR("r"),
                                                .provider = HR_STR("anthropic"),
                                                .model = HR_STR("modèle"),
                                                .tokens_before = 100,
                                                .tokens_after = 40,
                                                .input = 1,
                                                .cache_read = 2,
                                                .cache_write = 3,
                                                .output = 4,
                                                .status = 200,
                                                .overhead_us = 5,
                                                .total_ms = 6,
                                                .ttfb_ms = 7,
                                                .blocks_changed = 8,
                                                .stream = true,
                                                .usage_known = true,
                                                .saved_usd = 0.25});
    assert_int_equal(hr_store_ledger_sum(s, 0, &sum), HR_OK);
    assert_int_equal(sum.requests, 1000);
    assert_int_equal(sum.tokens_before, 100000);
    assert_int_equal(sum.tokens_after, 40000);
    assert_int_equal(sum.input, 1000);
    assert_int_equal(sum.cache_read, 2000);
    assert_int_equal(sum.cache_write, 3000);
    assert_int_equal(sum.output, 4000);
    assert_int_equal(sum.first_ms, now_ms);
    assert_int_equal(sum.last_ms, now_ms + 999);
    assert_true(sum.saved_usd > 249.99 && sum.saved_usd < 250.01);
    assert_int_equal(hr_store_ledger_sum(s, now_ms + 990, &sum), HR_OK);
    assert_int_equal(sum.requests, 10);
    assert_int_equal(sum.first_ms, now_ms + 990);
    /* The row as a person finds it. */
    assert_true(ask("SELECT count(*) FROM ledger WHERE model = 'modèle' AND status = 200 AND"
                    " overhead_us = 5 AND total_ms = 6 AND ttfb_ms = 7 AND blocks_changed = 8 AND"
                    " stream = 1 AND usage_known = 1 AND truncated = 0 AND client = '' AND"
                    " provider = 'anthropic' AND request_id = 'r'") == 1000);
    /* 400 days later. */
    now_ms += 400LL * 24 * 3600 * 1000 + 500;
    assert_int_equal(hr_store_sweep(s), HR_OK);
    assert_int_equal(hr_store_ledger_sum(s, 0, &sum), HR_OK);
    assert_int_equal(sum.requests, 500);
    hr_store_close(s);
}

static void test_written_without_being_asked(void **state)
{
    (void)state;
    hr_store *s = open_default();
    hr_store_ledger_add(s, &(hr_ledger_row){.at_ms = now_ms});
    double n = 0;
    for (int i = 0; i < 100 && n == 0; i++) { /* within about a second */
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        n = access(path, F_OK) == 0
                ? ask("SELECT count(*) FROM sqlite_schema WHERE name = 'ledger'")
                : 0;
        n = n > 0 ? ask("SELECT count(*) FROM ledger") : 0;
    }
    assert_true(n == 1);
    hr_store_ledger_add(s, &(hr_ledger_row){.at_ms = now_ms});
    hr_store_close(s); /* writes what is queued */
    assert_true(ask("SELECT count(*) FROM ledger") == 2);
}

static const char legacy_table[] =
    "CREATE TABLE ccr_entries (hash TEXT PRIMARY KEY, entry_json TEXT NOT NULL,"
    " created_at REAL NOT NULL, ttl INTEGER NOT NULL);"
    "CREATE INDEX idx_ccr_expiry ON ccr_entries (created_at);"
    "INSERT INTO ccr_entries VALUES"
    "('0123456789ab', '{\"hash\":\"0123456789ab\",\"original_content\":\"line one\\nline "
    "\\\"two\\\""
    " \\u00fc \\ud83d\\ude00 nul\\u0000end \\/\",\"original_tokens\":50,\"compressed_tokens\":5,"
    "\"original_item_count\":7,\"compressed_item_count\":2,\"tool_name\":\"Grep\","
    "\"query_context\":null,\"compression_strategy\":\"smart\",\"retrieval_count\":3,"
    "\"last_accessed\":1699999990.5,\"unknown\":[1]}', 1699999900.25, 1800),"
    "('aaaaaaaaaaaaaaaaaaaaaaaa', '{\"original_content\":\"plain\"}', 1699999900, 1800),"
    "('aaaaaaaaaaaabbbbbbbbbbbb', '{\"original_content\":\"other\"}', 1699999900, 1800),"
    "('cccccccccccccccccccccccc', '{\"original_content\":\"late\",\"tool_name\":\"Bash\"}',"
    " 1699990000, 1800),"
    "('dddddddddddddddddddddddd', 'not json', 1699999900, 1800),"
    "('eeeeeeeeeeeeeeeeeeeeeeee', '{\"original_content\":12}', 1699999900, 1800);";

static void test_legacy(void **state)
{
    (void)state;
    run_sql(legacy_table);
    hr_store *s = open_default();
    hr_arena a;
    hr_entry e;
    hr_arena_init(&a, 0);
    hr_str want = HR_STR("line one\nline \"two\" \xc3\xbc \xf0\x9f\x98\x80 nul\0end /");
    const char *const forms[] = {"0123456789ab", "0123456789AB", "012345",
                                 "0123456789ab0123456789ab"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(hr_store_get(s, hr_cstr(forms[i]), &a, &e), HR_OK);
        assert_true(hr_str_eq(e.content, want));
        assert_true(hr_store_has(s, hr_cstr(forms[i])));
    }
    assert_true(hr_str_eq(e.tool_name, HR_STR("Grep")));
    assert_true(hr_str_eq(e.strategy, HR_STR("smart")));
    assert_int_equal(e.query.n, 0);
    assert_int_equal(e.original_tokens, 50);
    assert_int_equal(e.compressed_tokens, 5);
    assert_int_equal(e.original_items, 7);
    assert_int_equal(e.compressed_items, 2);
    assert_int_equal(e.created_ms, 1699999900250);
    assert_int_equal(e.last_access_ms, 1699999990500);
    assert_int_equal(e.ttl_s, 1800);
    assert_int_equal(hr_store_get(s, HR_STR("aaaaaaaaaaaaaaaaaaaaaaaa"), &a, &e), HR_OK);
    assert_true(hr_str_eq(e.content, HR_STR("plain")));
    assert_int_equal(hr_store_get(s, HR_STR("aaaaaaaaaaaab"), &a, &e), HR_OK);
    assert_int_equal(hr_store_get(s, HR_STR("aaaaaaaaaaaa"), &a, &e), HR_E_NOTFOUND);
    assert_int_equal(hr_store_get(s, HR_STR("cccccccccccc"), &a, &e), HR_E_EXPIRED);
    hr_str miss = hr_store_miss_text(s, HR_E_EXPIRED, &e, &a);
    assert_true(
        hr_str_starts(miss, HR_STR("Entry expired (CCR TTL: 1800 seconds; age: 10000 seconds)")));
    assert_int_equal(hr_store_get(s, HR_STR("dddddddddddd"), &a, &e), HR_E_NOTFOUND);
    assert_int_equal(hr_store_get(s, HR_STR("eeeeeeeeeeee"), &a, &e), HR_E_NOTFOUND);
    assert_int_equal(hr_store_get(s, HR_STR("ffffffffffff"), &a, &e), HR_E_NOTFOUND);

    /* Our own tables stand beside it. */
    hr_original o = {.content = HR_STR("ours"), .key = hr_key_of(HR_STR("ours"))};
    hr_store_batch b = {.conversation = HR_STR("c"), .originals = &o, .noriginals = 1};
    assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
    assert_int_equal(hr_store_get(s, hr_key_str(&o.key), &a, &e), HR_OK);
    hr_store_stats st;
    assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
    assert_int_equal(st.entries, 1);
    assert_int_equal(st.retrievals, 7);
    now_ms += 100LL * 24 * 3600 * 1000;
    assert_int_equal(hr_store_sweep(s), HR_OK);
    hr_store_close(s);
    assert_true(ask("SELECT count(*) FROM ccr_entries") == 6);
    assert_true(ask("SELECT count(*) FROM ccr_entries WHERE ttl = 1800") == 6);
    hr_arena_free(&a);
}

/* Another process makes the file while we, who have written nothing, are running. */
static void test_made_by_another(void **state)
{
    (void)state;
    hr_store *reader = open_default(), *writer = open_default();
    hr_arena a;
    hr_entry e;
    hr_arena_init(&a, 0);
    hr_original o = {.content = HR_STR("text"), .key = hr_key_of(HR_STR("text"))};
    hr_store_batch b = {.conversation = HR_STR("c"), .originals = &o, .noriginals = 1};
    assert_int_equal(hr_store_get(reader, hr_key_str(&o.key), &a, &e), HR_E_NOTFOUND);
    assert_int_equal(hr_store_commit(writer, &b, &a), HR_OK);
    assert_int_equal(hr_store_get(reader, hr_key_str(&o.key), &a, &e), HR_OK);
    assert_true(hr_str_eq(e.content, o.content));
    hr_store_close(writer);
    hr_store_close(reader);
    hr_arena_free(&a);
}

static void test_miss_texts(void **state)
{
    (void)state;
    hr_store *s = open_default();
    hr_arena a;
    hr_arena_init(&a, 0);
    const hr_str not_found = HR_STR("Entry not found (CCR TTL: 1800 seconds)");
    assert_true(hr_str_starts(hr_store_miss_text(s, HR_E_NOTFOUND, NULL, &a), not_found));
    assert_true(hr_str_starts(hr_store_miss_text(s, HR_E_SYNTAX, NULL, &a), not_found));
    assert_true(
        hr_str_starts(hr_store_miss_text(s, HR_E_STORE, NULL, &a), HR_STR("Retrieval failed")));
    for (hr_err err = 1; err < HR_ERR_COUNT; err++) { /* each says what to do next */
        hr_str t = hr_store_miss_text(s, err, NULL, &a);
        assert_true(hr_str_has(t, HR_STR("again")) || hr_str_has(t, HR_STR("copy it")));
    }
    hr_store_close(s);
    hr_arena_free(&a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_sums),       T(test_written_without_being_asked),
        T(test_legacy),     T(test_made_by_another),
        T(test_miss_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
