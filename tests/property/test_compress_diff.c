/* Properties of shortened diffs over generated ones: every changed line outside folded files stands
 * there in its order, and for every hunk the lines shown and the lines counted add up to the
 * numbers of its header, so that no header of a shortened diff says something false. */
#include "base/buf.h"
#include "compress/forms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint64_t seed = 0x9E3779B97F4A7C15u;

static size_t pick(size_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % n);
}

static const char *const names[] = {"src/a.c",  "b.py",      "web/package-lock.json",
                                    "Makefile", "go.sum",    "dir with blanks/x.js",
                                    "x.min.js", "conf.yaml", "a/node_modules/z/i.js"};
static const char *const bodies[] = {"int x;",
                                     "",
                                     "-- a/src/a.c",
                                     "++ b/src/a.c",
                                     "@@ -1,2 +1,2 @@",
                                     "diff --git a/x b/x",
                                     "~3",
                                     "    return 1;",
                                     "\ttab",
                                     "é"};

static void body(hr_buf *b, char sign)
{
    hr_buf_addf(b, "%c%s%zu\n", sign, bodies[pick(sizeof bodies / sizeof *bodies)], pick(1000));
}

static void hunk(hr_buf *b, bool spaces, bool gone)
{
    hr_buf lines = HR_BUF_INIT(0);
    size_t old_n = 0, new_n = 0;
    for (size_t part = 0, parts = 1 + pick(5); part < parts; part++) {
        size_t context = gone ? 0 : pick(9), dels = 1 + pick(6), adds = gone ? 0 : pick(6);
        for (size_t i = 0; i < context; i++)
            body(&lines, ' ');
        if (spaces && !gone && pick(2)) { /* the same lines, indented */
            for (size_t i = 0; i < dels; i++)
                hr_buf_addf(&lines, "-call(%zu);\n", i);
            for (size_t i = 0; i < dels; i++)
                hr_buf_addf(&lines, "+    call(%zu);\n", i);
            adds = dels;
        } else {
            for (size_t i = 0; i < dels; i++)
                body(&lines, '-');
            for (size_t i = 0; i < adds; i++)
                body(&lines, '+');
        }
        old_n += context + dels;
        new_n += context + adds;
    }
    hr_buf_addf(b, "@@ -%zu,%zu +%zu,%zu @@ f()\n", 1 + pick(900), old_n, 1 + pick(900), new_n);
    hr_buf_add(b, hr_buf_str(&lines));
    if (pick(6) == 0)
        hr_buf_lit(b, "\\ No newline at end of file\n");
    hr_buf_free(&lines);
}

static void diff(hr_buf *b)
{
    for (size_t f = 0, files = 1 + pick(5); f < files; f++) {
        const char *name = names[pick(sizeof names / sizeof *names)];
        bool gone = pick(6) == 0;
        hr_buf_addf(b, "diff --git a/%s b/%s\n", name, name);
        if (gone)
            hr_buf_lit(b, "deleted file mode 100644\n");
        else if (pick(3) == 0)
            hr_buf_lit(b, "old mode 100644\nnew mode 100755\n");
        hr_buf_addf(b, "index 1..2\n--- a/%s\n", name);
        hr_buf_addf(b, gone ? "+++ /dev/null\n" : "+++ b/%s\n", name);
        for (size_t k = 0, n = gone ? 1 : 1 + pick(3); k < n; k++)
            hunk(b, pick(2), gone);
    }
}

/* One hunk of the shortened form from the line behind its header: what it accounts for. */
static hr_str account(hr_str rest, size_t old_n, size_t new_n)
{
    while (old_n || new_n) {
        hr_str line;
        size_t n = 0, add = 0, del = 0, same = 0;
        assert_true(hr_str_line(&rest, &line));
        char z[160];
        snprintf(z, sizeof z, "%.*s", HR_FMT(line));
        if (sscanf(z, "~%zu generated lines: %zu added, %zu removed, %zu unchanged", &n, &add, &del,
                   &same) == 4)
            assert_int_equal(n, add + del + same);
        else if (sscanf(z, "~%zu", &n) == 1 && strstr(z, " deleted lines"))
            del = n;
        else if (sscanf(z, "~%zu", &n) == 1 && strstr(z, "blanks only"))
            add = del = n;
        else if (z[0] == '~')
            same = n;
        else
            add = z[0] == '+', del = z[0] == '-', same = z[0] == ' ';
        assert_true(add + del + same > 0 || z[0] == '\\');
        assert_true(old_n >= del + same && new_n >= add + same);
        old_n -= del + same;
        new_n -= add + same;
    }
    return rest;
}

static void headers_stay_true(void **state)
{
    (void)state;
    size_t cut = 0;
    for (int round = 0; round < 500; round++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_buf b = HR_BUF_INIT(0);
        diff(&b);
        hr_str text = hr_buf_str(&b);
        hr_compress_opts o = {.via = HR_VIA_TOOL};
        hr_key key = hr_key_of(text);
        hr_forms f = {0};
        assert_int_equal(hr_compress_diff(&o, text, &key, true, &a, &f), HR_OK);
        hr_str rest = f.lossy, line;
        while (f.lossy.n && hr_str_line(&rest, &line)) {
            size_t x, old_n, y, new_n;
            char z[80];
            snprintf(z, sizeof z, "%.*s", HR_FMT(line));
            if (sscanf(z, "@@ -%zu,%zu +%zu,%zu @@", &x, &old_n, &y, &new_n) == 4) {
                assert_true(hr_str_has(text, line));
                rest = account(rest, old_n, new_n);
                cut++;
            }
        }
        hr_buf_free(&b);
        hr_arena_free(&a);
    }
    assert_true(cut > 500);
}

/* The lines of files that are never folded, in their order: what is left out is context, or says
 * that it differs in blanks. */
static void changed_lines_stay_in_order(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_buf b = HR_BUF_INIT(0);
        hr_buf_lit(&b, "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n");
        for (size_t k = 0, n = 1 + pick(6); k < n; k++)
            hunk(&b, true, false); /* white space is meaning here */
        hr_str text = hr_buf_str(&b), rest = text, line, have;
        hr_compress_opts o = {.via = HR_VIA_TOOL};
        hr_key key = hr_key_of(text);
        hr_forms f = {0};
        assert_int_equal(hr_compress_diff(&o, text, &key, true, &a, &f), HR_OK);
        hr_str form = f.lossy;
        while (f.lossy.n && hr_str_line(&rest, &line)) {
            if (!line.n || line.p[0] == ' ')
                continue;
            do
                assert_true(hr_str_line(&form, &have));
            while (have.n && strchr(" ~[", have.p[0]));
            assert_true(hr_str_eq(have, line));
        }
        hr_buf_free(&b);
        hr_arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(headers_stay_true),
                                       cmocka_unit_test(changed_lines_stay_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
