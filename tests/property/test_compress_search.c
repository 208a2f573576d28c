/* Properties of shortened search results over generated ones in all the layouts that the tools
 * have: the grouped form gives back the text; in the cut form each file's matches and context lines
 * are shown or counted, exactly, and what the question names is shown. */
#include "compress/search/search.h"

#include "compress/marker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

static uint64_t seed = 0x9E3779B97F4A7C15u;

static size_t pick(size_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % n);
}

enum { FILES = 12 };

typedef enum layout { NUMBERED, COLUMNS, PLAIN, HEADED, LAYOUTS } layout;

static const char *const dirs[] = {"src/app/",
                                   "src/app/deep/er/",
                                   "/my docs/a b/",
                                   "C:\\proj\\x\\",
                                   "/w/a:b/c/",
                                   "lib-2/x-11-y/core/",
                                   "./"};
static const char *const texts[] = {"import os",
                                    "    return x;",
                                    "a:12:b",
                                    "",
                                    "x-1-y",
                                    "\tint main(void) { /* é */",
                                    "if (a == b) {}",
                                    "http://x/y:80",
                                    "ERROR: it failed",
                                    "value = compute(1)"};

typedef struct model {
    char names[FILES][64];
    size_t matches[FILES], context[FILES];
} model;

static const char *text_of(void)
{
    return texts[pick(sizeof texts / sizeof *texts)];
}

static void line_of(hr_buf *b, layout how, const char *name, size_t number, char sep)
{
    if (how == PLAIN)
        hr_buf_addf(b, "%s:%s\n", name, text_of());
    else if (how == HEADED)
        hr_buf_addf(b, "%zu%c%s\n", number, sep, text_of());
    else if (how == COLUMNS && sep == ':')
        hr_buf_addf(b, "%s:%zu:%zu:%s\n", name, number, 1 + pick(40), text_of());
    else
        hr_buf_addf(b, "%s%c%zu%c%s\n", name, sep, number, sep, text_of());
}

static void results(hr_buf *b, model *m, layout how, bool around)
{
    *m = (model){0};
    for (size_t f = 0; f < FILES; f++) {
        const char *dir = how == PLAIN ? "src/app/" : dirs[pick(sizeof dirs / sizeof *dirs)];
        snprintf(m->names[f], sizeof m->names[f], "%sfile-%zu.c", dir, f);
        if (how == HEADED)
            hr_buf_addf(b, "%s%s\n", f ? "\n" : "", m->names[f]);
        size_t line = 1, n = 1 + pick(14);
        for (size_t i = 0; i < n; i++) {
            line += 2 + pick(50);
            if (around && (i || (f && how != HEADED)))
                hr_buf_lit(b, "--\n");
            for (size_t k = 0; around && k < pick(3); k++, m->context[f]++)
                line_of(b, how, m->names[f], line++, '-');
            line_of(b, how, m->names[f], line++, ':');
            m->matches[f]++;
            for (size_t k = 0; around && k < pick(3); k++, m->context[f]++)
                line_of(b, how, m->names[f], line++, '-');
        }
    }
}

/* Takes "[5 more matches and 3 context lines in NAME]" off the model. */
static bool take_note(model *m, hr_str line)
{
    size_t a = 0, c = 0;
    char name[80];
    const char *z = line.p;
    if (sscanf(z, "[%zu more matches and %zu context lines in %79[^]\n]]", &a, &c, name) != 3 &&
        sscanf(z, "[%zu more matches in %79[^]\n]]", &a, name) != 2) {
        a = 0;
        if (sscanf(z, "[%zu context lines omitted in %79[^]\n]]", &c, name) != 2)
            return false;
    }
    for (size_t f = 0; f < FILES; f++) {
        if (strcmp(m->names[f], name) == 0) {
            m->matches[f] -= a;
            m->context[f] -= c;
            return true;
        }
    }
    fail_msg("a note on an unknown file: %s", name);
    return false;
}

static void take_line(model *m, layout how, hr_str line, size_t *file)
{
    for (size_t f = 0; f < FILES; f++) {
        hr_str name = hr_cstr(m->names[f]);
        if (how == HEADED && hr_str_eq(line, name))
            *file = f;
        if (how == HEADED || !hr_str_starts(line, name) || line.n <= name.n ||
            !strchr(":-", line.p[name.n]))
            continue;
        m->matches[f] -= line.p[name.n] == ':';
        m->context[f] -= line.p[name.n] == '-';
    }
    size_t d = 0;
    while (how == HEADED && d < line.n && hr_is_digit(line.p[d]))
        d++;
    if (d) {
        m->matches[*file] -= line.p[d] == ':';
        m->context[*file] -= line.p[d] == '-';
    }
}

static void all_is_shown_or_counted(model *m, layout how, hr_str form, bool grouped)
{
    size_t file = 0;
    hr_buf plain = HR_BUF_INIT(0);
    hr_str body = hr_str_sub(form, 0, hr_str_rfind_char(form, '\n') + 1);
    if (grouped)
        assert_int_equal(hr_paths_ungroup(body, &plain), HR_OK);
    else
        hr_buf_add(&plain, body);
    for (hr_str rest = hr_buf_str(&plain), line; hr_str_line(&rest, &line);) {
        if (!take_note(m, line))
            take_line(m, how, line, &file);
    }
    for (size_t f = 0; f < FILES; f++) {
        if (m->matches[f] || m->context[f])
            fail_msg("%s: %zd matches and %zd context lines are neither shown nor counted\n%.*s",
                     m->names[f], (ssize_t)m->matches[f], (ssize_t)m->context[f], HR_FMT(form));
    }
    hr_buf_free(&plain);
}

static void counts_are_exact(void **state)
{
    (void)state;
    size_t cut = 0;
    for (int round = 0; round < 400; round++) {
        hr_arena a;
        model m;
        hr_arena_init(&a, 0);
        hr_buf b = HR_BUF_INIT(0), back = HR_BUF_INIT(0);
        layout how = (layout)pick(LAYOUTS);
        results(&b, &m, how, how != PLAIN && pick(2));
        size_t asked = pick(FILES);
        if (how == NUMBERED) { /* behind many others of its file */
            hr_buf_addf(&b, "%s:9000:call zebra_crossing(4711)\n", m.names[asked]);
            m.matches[asked]++;
        }
        hr_str text = hr_buf_str(&b);
        hr_compress_opts o = hr_compress_defaults();
        o.query = HR_STR("where is zebra_crossing used");
        hr_key key = hr_key_of(text);
        hr_forms f = {0}, again = {0};
        assert_int_equal(hr_compress_search(&o, text, &key, true, &a, &f), HR_OK);
        if (f.lossless.n) {
            assert_int_equal(hr_paths_ungroup(f.lossless, &back), HR_OK);
            assert_true(hr_str_eq(hr_buf_str(&back), text));
        }
        if (f.lossy.n) {
            cut++;
            assert_true(how != NUMBERED || hr_str_has(f.lossy, HR_STR("zebra_crossing(4711)")));
            all_is_shown_or_counted(&m, how, f.lossy, how != HEADED);
            assert_int_equal(hr_compress_search(&o, f.lossy, &key, true, &a, &again), HR_E_SYNTAX);
        }
        hr_buf_free(&b);
        hr_buf_free(&back);
        hr_arena_free(&a);
    }
    assert_true(cut > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_are_exact)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
