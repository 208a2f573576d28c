/* Random histories against a model a page long: what must be there is there, what must be gone is
 * gone, a decision never changes, and the running totals equal what can be counted. */
#include "store/store.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { ITEMS = 24, CONVERSATIONS = 4, STEPS = 700, TTL_S = 1800, SLACK_MS = 63 * 1000 };

static char dir[64], path[128];
static int64_t now_ms;
static uint64_t seed;
static size_t outcomes[HR_ERR_COUNT];

static uint64_t fake_mono(void *ctx)
{
    (void)ctx;
    return (uint64_t)now_ms * 1000000u;
}
static int64_t fake_unix(void *ctx)
{
    (void)ctx;
    return now_ms;
}
static const hr_clock fake = {fake_mono, fake_unix, NULL};

/* splitmix64 (public domain, Vigna) */
static unsigned rnd(unsigned below)
{
    uint64_t z = (seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ (z >> 31)) % below);
}

typedef struct item {
    char text[400];
    size_t n;
    bool stored;       /* ever committed */
    int64_t access_ms; /* the last one that counts */
    int64_t until_ms;  /* promised so long; a use after that promises nothing */
} item;

typedef struct decision {
    bool made;
    unsigned item, version;
} decision;

typedef struct model {
    item items[ITEMS];
    decision pins[CONVERSATIONS][ITEMS];
    int64_t used_ms[CONVERSATIONS]; /* pins looked up or committed */
} model;

static void begin(model *m)
{
    *m = (model){0};
    now_ms = 1700000000000;
    for (unsigned i = 0; i < ITEMS; i++) {
        item *t = &m->items[i];
        t->n = 1 + rnd(sizeof t->text - 1);
        for (size_t k = 0; k < t->n; k++)
            t->text[k] = (char)rnd(256);
        t->text[0] = (char)i; /* all different */
    }
}

static hr_str text_of(const model *m, unsigned i)
{
    return (hr_str){m->items[i].text, m->items[i].n};
}

static hr_str conversation(unsigned c)
{
    static const char names[CONVERSATIONS][8] = {"a", "b", "c\0c", ""};
    static const size_t n[CONVERSATIONS] = {1, 1, 3, 0};
    return (hr_str){names[c], n[c]};
}

static hr_sha256 block_of(unsigned b)
{
    return hr_sha256_of((hr_str){(const char *)&b, sizeof b});
}

static void used(model *m, unsigned c)
{
    m->used_ms[c] = now_ms;
    for (unsigned b = 0; b < ITEMS; b++) {
        item *t = &m->items[m->pins[c][b].item];
        if (m->pins[c][b].made && now_ms <= t->until_ms)
            t->until_ms = now_ms + TTL_S * 1000;
    }
}

static void do_commit(hr_store *s, model *m, hr_arena *a)
{
    unsigned c = rnd(CONVERSATIONS), i = rnd(ITEMS), b = rnd(ITEMS), version = rnd(1000);
    hr_original o = {.content = text_of(m, i), .key = hr_key_of(text_of(m, i))};
    hr_pin p = {.block = block_of(b), .text = hr_strf(a, "%u:%u", i, version), .key = o.key};
    bool with_pin = rnd(2) != 0;
    hr_store_batch batch = {conversation(c), &o, 1, &p, with_pin};
    assert_int_equal(hr_store_commit(s, &batch, a), HR_OK);
    m->items[i].stored = true;
    m->items[i].access_ms = now_ms;
    m->items[i].until_ms = now_ms + TTL_S * 1000;
    if (!with_pin)
        return;
    decision *d = &m->pins[c][b];
    if (!d->made)
        *d = (decision){true, i, version};
    used(m, c);
    assert_true(hr_str_eq(p.text, hr_strf(a, "%u:%u", d->item, d->version)));
}

static void do_pins(hr_store *s, model *m, hr_arena *a)
{
    unsigned c = rnd(CONVERSATIONS);
    hr_sha256 blocks[ITEMS];
    hr_pin pins[ITEMS];
    bool found[ITEMS], any = false;
    for (unsigned b = 0; b < ITEMS; b++)
        blocks[b] = block_of(b);
    assert_int_equal(hr_store_pins(s, conversation(c), blocks, ITEMS, a, pins, found), HR_OK);
    for (unsigned b = 0; b < ITEMS; b++) {
        const decision *d = &m->pins[c][b];
        assert_int_equal(found[b], d->made);
        if (!d->made)
            continue;
        any = true;
        assert_true(hr_str_eq(pins[b].text, hr_strf(a, "%u:%u", d->item, d->version)));
        hr_key k = hr_key_of(text_of(m, d->item));
        assert_string_equal(pins[b].key.hex, k.hex);
    }
    if (any)
        used(m, c);
}

static int64_t last_naming(const model *m, unsigned i)
{
    int64_t last = 0;
    for (unsigned c = 0; c < CONVERSATIONS; c++)
        for (unsigned b = 0; b < ITEMS; b++)
            if (m->pins[c][b].made && m->pins[c][b].item == i && m->used_ms[c] > last)
                last = m->used_ms[c];
    return last;
}

static void do_get(hr_store *s, model *m, hr_arena *a)
{
    unsigned i = rnd(ITEMS);
    item *t = &m->items[i];
    hr_key k = hr_key_of(text_of(m, i));
    hr_entry e;
    bool has = hr_store_has(s, hr_key_str(&k));
    hr_err err = hr_store_get(s, hr_key_str(&k), a, &e);
    assert_int_equal(has, err == HR_OK);
    outcomes[err]++;
    if (err == HR_OK)
        assert_true(hr_str_eq(e.content, text_of(m, i)));
    if (!t->stored) {
        assert_int_equal(err, HR_E_NOTFOUND);
        return;
    }
    int64_t named = last_naming(m, i), last = named > t->access_ms ? named : t->access_ms;
    if (now_ms <= t->until_ms)
        assert_int_equal(err, HR_OK);
    if (now_ms > last + TTL_S * 1000 + SLACK_MS)
        assert_int_equal(err, HR_E_EXPIRED);
    if (err == HR_OK) {
        t->access_ms = now_ms;
        t->until_ms = now_ms + TTL_S * 1000;
    }
}

static int64_t ask(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t v = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return v;
}

static void check_totals(void)
{
    assert_int_equal(ask("SELECT (entries = (SELECT count(*) FROM contents)) +"
                         " (bytes = (SELECT total(length(body)) FROM contents)) +"
                         " (bytes = (SELECT total(bytes) FROM originals WHERE gone = 0)) +"
                         " (entries = (SELECT count(*) FROM originals WHERE gone = 0)) +"
                         " (pins = (SELECT count(*) FROM pins)) +"
                         " (conversations = (SELECT count(*) FROM conversations)) FROM totals"),
                     6);
}

static hr_store *open_it(uint64_t max_entries)
{
    hr_store_opts o = hr_store_defaults();
    hr_store *s = NULL;
    o.path = hr_cstr(path);
    o.clock = &fake;
    o.ttl_s = TTL_S;
    o.max_entries = max_entries;
    assert_int_equal(hr_store_open(&o, &s), HR_OK);
    return s;
}

static void flush(hr_store *s)
{
    hr_store_stats st;
    assert_int_equal(hr_store_stats_get(s, &st), HR_OK);
}

static void test_history(void **state)
{
    (void)state;
    static model m;
    for (uint64_t run = 1; run <= 4; run++) {
        snprintf(path, sizeof path, "%s/%u.db", dir, (unsigned)run);
        seed = run * 1000003;
        begin(&m);
        hr_store *s = open_it(0);
        for (int step = 0; step < STEPS; step++) {
            hr_arena a;
            hr_arena_init(&a, 0);
            now_ms += 1 + rnd(rnd(20) == 0 ? 2000000 : 60000);
            switch (rnd(20)) {
            case 0:
                assert_int_equal(hr_store_sweep(s), HR_OK);
                break;
            case 1:
                hr_store_close(s);
                s = open_it(0);
                break;
            case 2:
            case 3:
            case 4:
            case 5:
            case 6:
                do_commit(s, &m, &a);
                break;
            case 7:
            case 8:
            case 9:
            case 10:
            case 11:
            case 12:
                do_pins(s, &m, &a);
                break;
            default:
                do_get(s, &m, &a);
            }
            flush(s); /* the model knows no delay of a second */
            hr_arena_free(&a);
        }
        hr_store_close(s);
        check_totals();
    }
    /* The histories went through all of it. */
    assert_true(outcomes[HR_OK] > 100 && outcomes[HR_E_EXPIRED] > 20 &&
                outcomes[HR_E_NOTFOUND] > 20);
}

/* With room for a few: exactly the least recently used go. */
static void test_lru(void **state)
{
    (void)state;
    enum { ROOM = 7 };
    static model m;
    for (uint64_t run = 1; run <= 4; run++) {
        snprintf(path, sizeof path, "%s/lru%u.db", dir, (unsigned)run);
        seed = run * 7777;
        begin(&m);
        hr_store *s = open_it(ROOM);
        for (int step = 0; step < 300; step++) {
            hr_arena a;
            hr_arena_init(&a, 0);
            now_ms += 1 + rnd(500);
            unsigned i = rnd(ITEMS), newer = 0;
            for (unsigned k = 0; k < ITEMS; k++)
                newer += m.items[k].stored && m.items[k].access_ms > m.items[i].access_ms;
            bool there = m.items[i].stored && newer < ROOM;
            hr_original o = {.content = text_of(&m, i), .key = hr_key_of(text_of(&m, i))};
            if (rnd(2)) {
                hr_store_batch b = {.conversation = HR_STR("c"), .originals = &o, .noriginals = 1};
                assert_int_equal(hr_store_commit(s, &b, &a), HR_OK);
                m.items[i].stored = true;
                m.items[i].access_ms = now_ms;
            } else {
                hr_entry e;
                hr_err err = hr_store_get(s, hr_key_str(&o.key), &a, &e);
                assert_int_equal(err, there ? HR_OK : HR_E_NOTFOUND);
                if (there)
                    m.items[i].access_ms = now_ms;
                flush(s);
            }
            if (rnd(30) == 0) {
                hr_store_close(s);
                s = open_it(ROOM);
            }
            hr_arena_free(&a);
        }
        hr_store_close(s);
        check_totals();
    }
}

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "hr_store_XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char cmd[160];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_history, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lru, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
