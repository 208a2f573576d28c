/* The log compressor: what stays visible, what comes back, what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "compress/log/log_lossless.h"
#include "compress/marker.h"

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

static unsigned seed = 1;

static unsigned rnd(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % n;
}

static hr_forms compress(hr_str text, const char *query, bool lossy)
{
    hr_compress_opts o = hr_compress_defaults();
    o.query = hr_cstr(query);
    hr_key key = hr_key_of(text);
    hr_forms f;
    assert_int_equal(hr_compress_log(&o, text, &key, lossy, &arena, &f), HR_OK);
    return f;
}

static void assert_has(hr_str text, const char *needle)
{
    if (!hr_str_has(text, hr_cstr(needle)))
        fail_msg("'%s' is missing in:\n%.*s", needle, HR_FMT(text));
}

static void assert_not(hr_str text, const char *needle)
{
    if (hr_str_has(text, hr_cstr(needle)))
        fail_msg("'%s' should not be in:\n%.*s", needle, HR_FMT(text));
}

/* An application's log with one failure in it. */
static hr_str app_log(hr_buf *b, unsigned lines)
{
    static const char *const services[] = {"http.server", "db.pool", "cache"};
    for (unsigned i = 0; i < lines; i++) {
        if (i == lines * 2 / 3)
            hr_buf_lit(b, "2024-01-15 11:11:11,000 FATAL [db.pool] pool exhausted code=PG-5523\n"
                          "Traceback (most recent call last):\n"
                          "  File \"/srv/app/pool.py\", line 88, in acquire\n"
                          "    raise PoolExhausted(self)\n"
                          "PoolExhausted: 40/40 in use\n");
        hr_buf_addf(b, "2024-01-15 10:%02u:%02u,%03u INFO  [%s] ", i / 60 % 60, i % 60, rnd(1000),
                    services[rnd(3)]);
        if (rnd(2))
            hr_buf_addf(b, "job %u finished in %ums\n", 1 + rnd(900), 1 + rnd(500));
        else
            hr_buf_addf(b, "GET /api/items/%u 200 %ums\n", rnd(9999), rnd(100));
    }
    return hr_buf_str(b);
}

/* The sum of all "[+N similar" counts. */
static size_t counted(hr_str s)
{
    size_t sum = 0;
    hr_str line;
    while (hr_str_line(&s, &line)) {
        if (hr_str_starts(line, HR_STR("[+")))
            sum += strtoul(line.p + 2, NULL, 10);
    }
    return sum;
}

static void folds_an_application_log(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_str text = app_log(&b, 600);
    hr_forms f = compress(text, "Why did it stop?", true);
    assert_true(f.lossy.n > 0 && f.lossy.n * 20 < text.n);
    assert_has(f.lossy, "FATAL [db.pool] pool exhausted code=PG-5523\nTraceback (most recent call "
                        "last):\n  File \"/srv/app/pool.py\", line 88, in acquire\n"
                        "    raise PoolExhausted(self)\nPoolExhausted: 40/40 in use\n");
    assert_has(f.lossy, "2024-01-15 10:00:00,");
    assert_has(f.lossy, " similar to 10:09:59,");
    assert_has(f.lossy, "job <");
    assert_has(f.lossy, "db.pool|");
    hr_marker_hit hit;
    assert_true(hr_marker_find(f.lossy, 0, &hit));
    hr_key key = hr_key_of(text);
    assert_true(hr_str_eq(hit.hash, hr_key_str(&key)));
    assert_false(hr_marker_find(f.lossy, hit.end, &hit));
    hr_buf_free(&b);
}

static void counts_every_folded_line(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        hr_buf b = HR_BUF_INIT(0);
        unsigned lines = 20 + rnd(300), kinds = 1 + rnd(6);
        for (unsigned i = 0; i < lines; i++)
            hr_buf_addf(&b, "2024-01-15 10:00:%02u INFO %s%c event %u of kind\n", i % 60, "k",
                        (char)('A' + (char)rnd(kinds)), rnd(50));
        hr_forms f = compress(hr_buf_str(&b), "", true);
        if (f.lossy.n) {
            size_t shown = 0;
            hr_str rest = f.lossy, line;
            while (hr_str_line(&rest, &line))
                shown += hr_str_starts(line, HR_STR("2024"));
            assert_int_equal(shown + counted(f.lossy), lines);
            char want[64];
            snprintf(want, sizeof want, "[%zu of %u lines folded", counted(f.lossy), lines);
            assert_has(f.lossy, want);
        }
        hr_buf_free(&b);
    }
}

static void keeps_every_different_error(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned i = 0; i < 200; i++) {
        hr_buf_addf(&b, "2024-01-15 10:00:00 INFO tick %u\n", i);
        if (i % 40 == 7)
            hr_buf_addf(&b, "2024-01-15 10:00:00 ERROR cannot open volume %u\n", i / 40);
    }
    hr_buf_lit(&b, "2024-01-15 10:00:01 ERROR disk gone\n2024-01-15 10:00:01 WARN fan slow\n");
    hr_forms f = compress(hr_buf_str(&b), "", true);
    for (unsigned i = 0; i < 5; i++) {
        char want[64];
        snprintf(want, sizeof want, "ERROR cannot open volume %u\n", i);
        assert_has(f.lossy, want);
    }
    assert_has(f.lossy, "ERROR disk gone");
    assert_has(f.lossy, "WARN fan slow");
    hr_buf_free(&b);
}

static void keeps_what_the_query_asks_for(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned i = 0; i < 300; i++)
        hr_buf_addf(&b, "2024-01-15 10:00:00 INFO request %u took %u ms on node-%c\n", 5000 + i,
                    i == 123 ? 75u : 10 + i % 40, (char)('a' + (char)(i % 7)));
    hr_str text = hr_buf_str(&b);
    assert_has(compress(text, "What happened to request 5200?", true).lossy, "request 5200 took");
    assert_not(compress(text, "", true).lossy, "request 5200 took");
    assert_has(compress(text, "Which was the slowest request?", true).lossy,
               "request 5123 took 75 ms");
    hr_buf_free(&b);
}

static void keeps_values_that_stand_out(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned i = 0; i < 60; i++)
        hr_buf_addf(&b, "service web-%u is set\n  replicas = %u\n  region = eu-%u\n", i,
                    i == 31 ? 0u : 2 + i % 2, i % 3);
    hr_forms f = compress(hr_buf_str(&b), "", true);
    assert_has(f.lossy, "service web-31 is set\n  replicas = 0\n");
    assert_not(f.lossy, "service web-40 is set");
    hr_buf_free(&b);
}

static void folds_terminal_control(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned i = 0; i < 40; i++) {
        hr_buf_addf(&b, "\x1b[32mfetch\x1b[0m part %u ", i);
        for (unsigned k = 0; k <= 100; k += 20)
            hr_buf_addf(&b, "\rfetch part %u %u%%", i, k);
        hr_buf_lit(&b, "\n");
    }
    hr_forms f = compress(hr_buf_str(&b), "", true);
    assert_has(f.lossy, "fetch part 0 100%\n");
    assert_not(f.lossy, "\x1b");
    assert_not(f.lossy, "\r");
    hr_buf_free(&b);
}

static void counts_passed_tests_and_keeps_failures(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "===== test session starts =====\ncollected 92 items\n\n");
    for (unsigned i = 0; i < 90; i++)
        hr_buf_addf(&b, "tests/test_m%u.py::test_%c%c PASSED [ %u%%]\n", i % 5,
                    (char)('a' + (char)(i % 26)), (char)('a' + (char)(i / 26)), i);
    hr_buf_lit(&b, "tests/test_z.py::test_low FAILED [ 98%]\n"
                   "tests/test_z.py::test_high FAILED [ 99%]\n"
                   "===== FAILURES =====\n"
                   "E   AssertionError: 50.98 != 50.97\n"
                   "E   AssertionError: left != right\n"
                   "===== 2 failed, 90 passed in 0.3s =====\n");
    hr_forms f = compress(hr_buf_str(&b), "Which tests fail?", true);
    assert_has(f.lossy, "[+89 passed]");
    assert_has(f.lossy, "test_z.py::test_low FAILED");
    assert_has(f.lossy, "test_z.py::test_high FAILED");
    assert_has(f.lossy, "E   AssertionError: 50.98 != 50.97");
    assert_has(f.lossy, "E   AssertionError: left != right");
    assert_has(f.lossy, "2 failed, 90 passed in 0.3s");
    hr_buf_free(&b);
}

static void repeated_traces_are_told_once(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned i = 0; i < 30; i++) {
        hr_buf_addf(&b, "2024-01-15 10:00:%02u ERROR request %u failed\n", i, i);
        hr_buf_addf(&b,
                    "java.io.IOException: closed\n\tat a.b.Reader.read(Reader.java:%u)\n"
                    "\tat a.b.Main.main(Main.java:7)\n",
                    40 + i % 2);
    }
    hr_forms f = compress(hr_buf_str(&b), "", true);
    assert_has(f.lossy, "ERROR request 0 failed\njava.io.IOException: closed\n"
                        "\tat a.b.Reader.read(Reader.java:40)\n\tat a.b.Main.main(Main.java:7)\n");
    assert_has(f.lossy, " records of 4 lines");
    assert_not(f.lossy, "request 29 failed");
    hr_buf_free(&b);
}

static void failed_requests_stand_out(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    for (unsigned i = 0; i < 200; i++)
        hr_buf_addf(
            &b, "10.0.0.%u - - [10/Oct/2000:13:%02u:36 -0700] \"GET /item/%u HTTP/1.1\" %u %u\n",
            i % 7, i % 60, i,
            i == 77       ? 503u
            : i % 50 == 3 ? 404u
                          : 200u,
            i * 3);
    hr_forms f = compress(hr_buf_str(&b), "", true);
    assert_has(f.lossy, "\"GET /item/77 HTTP/1.1\" 503 231\n");
    assert_has(f.lossy, "\"GET /item/3 HTTP/1.1\" 404 9\n");
    assert_not(f.lossy, "/item/30 HTTP");
    hr_buf_free(&b);
}

static void heads_end_where_the_message_starts(void **state)
{
    (void)state;
    static const struct {
        const char *head, *message;
    } cases[] = {
        {"081109 203615 148 INFO dfs.DataNode$PacketResponder: ", "Responder 1 for block"},
        {"17/06/09 20:10:40 INFO executor.Backend: ", "Registered"},
        {"Jul  1 09:00:55 host kernel[0]: ", "en0: link up"},
        {"- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond[2915]: ", "closed"},
        {"03-17 16:13:38.811  1702  2395 D WindowManager: ", "printing"},
        {"I0102 15:04:05.123456   12345 file.go:123] ", "starting"},
        {"20171223-22:15:29:606|Step_LSC|30002312|", "onStandStepChanged 3579"},
        {"2015-07-29 17:41:44,747 - INFO  [Peer[myid=1]/0:0:2181:Election@774] - ", "Notified"},
        {"2016-09-28 04:30:30, Info                  CBS    ", "Loaded stack"},
        {"", "no time, no head"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_str line = hr_strf(&arena, "%s%s", cases[i].head, cases[i].message);
        if (hr_tpl_head(line) != strlen(cases[i].head))
            fail_msg("'%.*s' is the head of: %.*s", (int)hr_tpl_head(line), line.p, HR_FMT(line));
    }
}

static void round_trip(hr_str text)
{
    hr_arena_mark mark = hr_arena_save(&arena);
    hr_compress_opts o = hr_compress_defaults();
    hr_log l;
    hr_str form, strategy;
    assert_int_equal(hr_log_read(text, HR_PROGRAM_UNKNOWN, NULL, &arena, &l), HR_OK);
    assert_int_equal(hr_log_lossless(&l, text, &o, &arena, &form, &strategy), HR_OK);
    if (form.n) {
        assert_true(form.n < text.n);
        hr_buf back = HR_BUF_INIT(0);
        assert_int_equal(hr_log_decode(form, &arena, &back), HR_OK);
        if (!hr_str_eq(hr_buf_str(&back), text))
            fail_msg("came back as:\n%.*s\nfrom:\n%.*s", HR_FMT(hr_buf_str(&back)), HR_FMT(form));
        hr_buf_free(&back);
    }
    hr_arena_restore(&arena, mark);
}

static void forms_give_the_same_lines(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_str text = app_log(&b, 100);
    hr_forms f = compress(text, "", false);
    assert_true(f.lossless.n > 0 && f.lossless.n * 10 < text.n * 8);
    assert_has(f.lossless, "FATAL [db.pool] pool exhausted code=PG-5523\n");
    assert_int_equal(f.lossy.n, 0);
    hr_buf back = HR_BUF_INIT(0);
    assert_int_equal(hr_log_decode(f.lossless, &arena, &back), HR_OK);
    assert_true(hr_str_eq(hr_buf_str(&back), text));
    hr_buf_free(&back);
    hr_buf_free(&b);
}

/* Random logs from pieces that are hard to write down: the decoder's own words, separators,
 * repeats, line ends, bytes that are no text. */
static void odd_lines_come_back_too(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "a|1|2",
        "a: x",
        "b",
        "=",
        "==",
        "[x3]",
        "",
        "{}",
        "v {} w",
        "tab\there",
        "\xff\xfe",
        "caf\xc3\xa9 1",
        "zz|",
        "[log of 3 lines, nothing",
        "x\ry 1",
        "aa: 5",
        " lead 1",
        "trail 1 ",
        "\x1b[1m9\x1b[0m",
    };
    for (unsigned round = 0; round < 400; round++) {
        hr_buf b = HR_BUF_INIT(0);
        unsigned lines = 6 + rnd(60);
        const char *eol = rnd(4) ? "\n" : "\r\n";
        for (unsigned i = 0; i < lines; i++) {
            unsigned k = rnd(10), again = rnd(8) ? 1 : 1 + rnd(5);
            unsigned x = rnd(rnd(2) ? 3 : 5000), y = rnd(30);
            for (unsigned j = 0; j < again; j++) {
                if (k < 5)
                    hr_buf_addf(&b, "2024-01-15 10:%02u:%02u INFO worker %u did %u%s of caf\xc3%c",
                                y, y, x, y, k == 0 ? "ms" : "s", k == 1 ? 0xa9 : 0xa8);
                else if (k < 8)
                    hr_buf_addf(&b, "copy /srv/%u/f%u.dat -> |%u| ok", x, y, x);
                else
                    hr_buf_add(&b, hr_cstr(odd[rnd(sizeof odd / sizeof *odd)]));
                if (i + 1 < lines || j + 1 < again || rnd(3))
                    hr_buf_add(&b, hr_cstr(eol));
            }
        }
        round_trip(hr_buf_str(&b));
        hr_buf_free(&b);
    }
}

static void the_decoder_refuses_what_is_no_form(void **state)
{
    (void)state;
    const char *head = "[log of 2 lines, nothing left out: ]\n";
    static const char *const bodies[] = {
        "a|1\na|2",                   /* no such form */
        "a: x {}\na|1|2\na|1",        /* too many values */
        "a: x {}\na\na|1",            /* nothing to repeat yet */
        "a: x {}\na: y {}\na|1\na|2", /* defined twice */
        "a:x\nb\nc",                  /* no blank behind the name */
        "one",                        /* fewer lines than the head says */
        "one\n[x99]",                 /* and more */
        "[x1]\ntwo",                  /* nothing above */
    };
    hr_buf out = HR_BUF_INIT(0);
    assert_int_equal(hr_log_decode(HR_STR(""), &arena, &out), HR_E_SYNTAX);
    assert_int_equal(hr_log_decode(HR_STR("hello\n"), &arena, &out), HR_E_SYNTAX);
    assert_int_equal(hr_log_decode(HR_STR("[log of x lines, nothing left out: ]\n"), &arena, &out),
                     HR_E_SYNTAX);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        hr_buf_clear(&out);
        hr_str form = hr_strf(&arena, "%s%s", head, bodies[i]);
        assert_int_equal(hr_log_decode(form, &arena, &out), HR_E_SYNTAX);
    }
    hr_buf_clear(&out);
    assert_int_equal(hr_log_decode(hr_strf(&arena, "%sa: x {}\na|1\na|2\n", head), &arena, &out),
                     HR_OK);
    assert_true(hr_str_eq(hr_buf_str(&out), HR_STR("x 1\nx 2\n")));
    hr_buf_free(&out);
}

static void the_same_text_gives_the_same_bytes(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_str text = app_log(&b, 300);
    hr_forms one = compress(text, "q", true), two = compress(text, "q", true);
    assert_true(hr_str_eq(one.lossy, two.lossy));
    assert_true(hr_str_eq(one.lossless, two.lossless));
    hr_buf_free(&b);
}

static void offers_nothing_where_nothing_repeats(void **state)
{
    (void)state;
    hr_forms f = compress(HR_STR("one line\nanother kind of line\nand a third one\n"), "", true);
    assert_int_equal(f.lossy.n + f.lossless.n, 0);
    f = compress(HR_STR(""), "", true);
    assert_int_equal(f.lossy.n + f.lossless.n, 0);
    f = compress(HR_STR("\n\n\n\n\n\n\n\n\n\n"), "", true);
    assert_int_equal(f.lossy.n + f.lossless.n, 0);
}

static uint64_t late_ns(void *ctx)
{
    (void)ctx;
    return 100;
}

static void gives_up_at_the_deadline(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_str text = app_log(&b, 300);
    hr_clock clock = {late_ns, NULL, NULL};
    hr_deadline passed = {&clock, 50};
    hr_compress_opts o = hr_compress_defaults();
    o.deadline = &passed;
    hr_key key = hr_key_of(text);
    hr_forms f;
    assert_int_equal(hr_compress_log(&o, text, &key, true, &arena, &f), HR_E_TIMEOUT);
    hr_buf_free(&b);
}

static void survives_a_lack_of_memory(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0);
    hr_str text = app_log(&b, 120);
    hr_compress_opts o = hr_compress_defaults();
    hr_key key = hr_key_of(text);
    size_t failures = 0;
    for (size_t n = 1; n < 200; n++) {
        hr_arena a;
        hr_forms f;
        hr_arena_init(&a, 0);
        hr_mem_fail_at(n);
        hr_err e = hr_compress_log(&o, text, &key, true, &a, &f);
        hr_mem_fail_at(0);
        assert_true(e == HR_OK || e == HR_E_NOMEM);
        failures += e == HR_E_NOMEM;
        hr_arena_free(&a);
        if (e == HR_OK)
            break;
    }
    assert_true(failures > 0 && failures < 199);
    hr_buf_free(&b);
}

static void groups_lines_by_what_they_say(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "Dec 10 06:55:46 host sshd[24200]: Failed password for root from 1.2.3.4 port 99 ssh2",
        "Dec 10 06:55:47 host sshd[24201]: session opened for user ada by (uid=0)",
        "Dec 10 06:55:48 host sshd[24300]: Failed password for root from 5.6.7.8 port 1 ssh2",
        "Dec 10 06:55:49 host su[7]: session opened for user bob by (uid=0)",
        "Dec 10 06:55:49 host su[7]: session closed for user bob",
        "Dec 10 06:55:50 host ftpd[9]: connection from 1.2.3.4 () at Fri Jun 17 07:07:00 2005",
        "Dec 10 06:55:51 host ftpd[9]: connection from 4.3.2.1 (h.de) at Wed Jul 27 07:59:53 2005",
    };
    static const uint32_t want[] = {0, 1, 0, 1, 2, 3, 3};
    hr_str s[7];
    uint32_t group[7];
    size_t n;
    hr_tpl *t;
    for (size_t i = 0; i < 7; i++)
        s[i] = hr_cstr(lines[i]);
    assert_int_equal(hr_tpl_mine(s, NULL, 7, NULL, &arena, &t, group, &n), HR_OK);
    assert_int_equal(n, 4);
    assert_memory_equal(group, want, sizeof want);
}

static void words_that_vary_become_values(void **state)
{
    (void)state;
    static const char *const names[] = {"anna", "bert", "cora", "dora", "emil"};
    hr_str s[10];
    uint32_t group[10];
    size_t n;
    hr_tpl *t;
    for (size_t i = 0; i < 5; i++) {
        s[i] = hr_strf(&arena, "loaded plugin %s from disk", names[i]);
        s[5 + i] = hr_strf(&arena, "task %s", i < 3 ? "PASSED" : "FAILED");
    }
    assert_int_equal(hr_tpl_mine(s, NULL, 10, NULL, &arena, &t, group, &n), HR_OK);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(group[i], 0);
    assert_int_equal(group[5], group[7]);
    assert_int_not_equal(group[7], group[8]);
    hr_tpl_slot slots[HR_TPL_TOKENS];
    assert_int_equal(hr_tpl_slots(t, 3, slots), 1);
    assert_true(hr_str_eq(hr_str_sub(s[3], slots[0].start, slots[0].end), HR_STR("dora")));
}

/* Values are remembered from the first reading: those of the head, merged ones, lists of them; the
 * same whether the heads were known before or not. */
static void slots_are_the_values_of_a_line(void **state)
{
    (void)state;
    static const char *const names[] = {"anna", "bert", "cora", "dora"};
    hr_str s[4];
    uint32_t heads[4], group[4], again[4];
    size_t n;
    hr_tpl *t, *u;
    for (size_t i = 0; i < 4; i++) {
        s[i] =
            hr_strf(&arena, "2024-01-05 10:00:0%zu 17 INFO user-db: loaded %s from (4, 5, 6) disks",
                    i, names[i]);
        heads[i] = (uint32_t)hr_tpl_head(s[i]);
        assert_true(heads[i] > 24);
    }
    assert_int_equal(hr_tpl_mine(s, heads, 4, NULL, &arena, &t, group, &n), HR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(hr_tpl_mine(s, NULL, 4, NULL, &arena, &u, again, &n), HR_OK);
    assert_memory_equal(group, again, sizeof group);
    for (size_t i = 0; i < 4; i++) {
        hr_tpl_slot a[HR_TPL_TOKENS], b[HR_TPL_TOKENS];
        size_t k = hr_tpl_slots(t, i, a);
        assert_int_equal(hr_tpl_slots(u, i, b), k);
        for (size_t j = 0; j < k; j++) {
            assert_int_equal(a[j].start, b[j].start);
            assert_int_equal(a[j].end, b[j].end);
        }
        assert_true(k >= 3 && a[0].head && a[0].time);
        assert_true(hr_str_eq(hr_str_sub(s[i], a[k - 2].start, a[k - 2].end), hr_cstr(names[i])));
        assert_true(hr_str_eq(hr_str_sub(s[i], a[k - 1].start, a[k - 1].end), HR_STR("(4, 5, 6)")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folds_an_application_log, setup, teardown),
        cmocka_unit_test_setup_teardown(slots_are_the_values_of_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_every_folded_line, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_every_different_error, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_what_the_query_asks_for, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_values_that_stand_out, setup, teardown),
        cmocka_unit_test_setup_teardown(folds_terminal_control, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_passed_tests_and_keeps_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(repeated_traces_are_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(failed_requests_stand_out, setup, teardown),
        cmocka_unit_test_setup_teardown(heads_end_where_the_message_starts, setup, teardown),
        cmocka_unit_test_setup_teardown(forms_give_the_same_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(odd_lines_come_back_too, setup, teardown),
        cmocka_unit_test_setup_teardown(the_decoder_refuses_what_is_no_form, setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_text_gives_the_same_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(offers_nothing_where_nothing_repeats, setup, teardown),
        cmocka_unit_test_setup_teardown(gives_up_at_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_a_lack_of_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(groups_lines_by_what_they_say, setup, teardown),
        cmocka_unit_test_setup_teardown(words_that_vary_become_values, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
