/* Text that no other compressor took.
 *
 * Lossless: runs of equal lines and of one character are counted. Lossy: lines of data
 * (fold_opaque.c) and very long lines (fold_long.c). */
#include "base/buf.h"
#include "compress/forms.h"

enum {
    SAME_LINES = 4,  /* equal lines in a row */
    SAME_CHARS = 48, /* equal characters in a row … */
    SHOWN_CHARS = 4, /* … of which so many are shown */
};

static size_t run_of(hr_str s, size_t i)
{
    size_t k = i + 1;
    while (k < s.n && s.p[k] == s.p[i])
        k++;
    return k - i;
}

static void put_line(hr_str line, hr_buf *b, size_t *runs)
{
    size_t from = 0;
    for (size_t i = 0; i < line.n;) {
        size_t n = run_of(line, i);
        bool text = (unsigned char)line.p[i] >= 0x80 || hr_is_alnum(line.p[i]);
        if (n >= SAME_CHARS && !(text && !hr_is_digit(line.p[i]))) {
            hr_buf_add(b, hr_str_sub(line, from, i + SHOWN_CHARS));
            hr_buf_addf(b, "[... %zu in all]", n);
            from = i + n;
            ++*runs;
        }
        i += n;
    }
    hr_buf_add(b, hr_str_sub(line, from, line.n));
}

/* A text in which such a note stands already cannot be told from its short form. */
static bool has_notes(hr_str text)
{
    return hr_str_has(text, HR_STR(" in all]")) ||
           hr_str_has(text, HR_STR(" more lines like this]"));
}

static hr_err runs(const hr_compress_opts *o, hr_str text, hr_arena *a, hr_forms *out)
{
    if (has_notes(text))
        return HR_OK;
    hr_buf b = HR_BUF_INIT(text.n + 4096);
    size_t folded = 0, since = 0;
    hr_str rest = text, line, next = HR_STR_NONE;
    bool more = hr_str_line(&rest, &line);
    while (more) {
        size_t same = 1;
        while ((more = hr_str_line(&rest, &next)) && hr_str_eq(line, next))
            same++;
        since += (line.n + 1) * same;
        if (since > 64 * 1024) {
            since = 0;
            if (hr_deadline_passed(o->deadline)) {
                hr_buf_free(&b);
                return HR_E_TIMEOUT;
            }
        }
        size_t shown = same >= SAME_LINES ? 1 : same;
        for (size_t k = 0; k < shown; k++) {
            put_line(line, &b, &folded);
            hr_buf_addc(&b, '\n');
        }
        if (same > shown) {
            hr_buf_addf(&b, "[%zu more lines like this]\n", same - shown);
            folded++;
        }
        line = next;
    }
    if (b.n && text.p[text.n - 1] != '\n')
        b.n--;
    if (folded && b.err == HR_OK && b.n < text.n) {
        out->lossless = hr_str_dup(a, hr_buf_str(&b));
        out->lossless_reason = HR_R_TEXT_RUNS;
        out->lossless_strategy = hr_strf(a, "runs(%zu)", folded);
    }
    hr_buf_free(&b);
    return HR_OK;
}

/* Takes the lossy form of another compressor, which may say that the text is not for it. */
static hr_err also(hr_compressor *run, const hr_compress_opts *o, hr_str text, const hr_key *key,
                   hr_arena *a, hr_forms *out)
{
    hr_forms f = {.lossy = HR_STR_NONE};
    hr_err e = run(o, text, key, true, a, &f);
    if (e == HR_E_SYNTAX)
        return HR_OK;
    if (e == HR_OK && f.lossy.n && (!out->lossy.n || f.lossy.n < out->lossy.n)) {
        out->lossy = f.lossy;
        out->lossy_reason = f.lossy_reason;
        out->lossy_strategy = f.lossy_strategy;
        out->lossy_margin = f.lossy_margin;
    }
    return e;
}

hr_err hr_compress_plain(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                         hr_arena *a, hr_forms *out)
{
    hr_err e = hr_compress_lines(o, text, key, false, a, out);
    if (e == HR_E_SYNTAX)
        e = HR_OK;
    if (e == HR_OK && !out->lossless.n)
        e = runs(o, text, a, out);
    if (e == HR_OK && lossy)
        e = also(hr_compress_opaque, o, text, key, a, out);
    if (e == HR_OK && lossy)
        e = also(hr_compress_long_lines, o, text, key, a, out);
    return e;
}
