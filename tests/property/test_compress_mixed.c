/* Properties of mixed transcripts: what the router left alone stands byte for byte and in order, no
 * marker names anything but the whole text, and the result is small, the same each time, and final.
 */
#include "base/buf.h"
#include "compress/compress.h"
#include "compress/detect/detect_sections.h"
#include "compress/forms.h"
#include "compress/marker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t seed = 0x2545F4914F6CDD1Du;

static size_t pick(size_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % n);
}

static const char *const words[] = {"queue",  "worker", "retry", "window", "broker", "token",
                                    "stream", "lease",  "shard", "cursor", "ledger", "digest"};

static const char *word(void)
{
    return words[pick(sizeof words / sizeof *words)];
}

/* --- the parts of a transcript ------------------------------------------------------------------
 */

static void prompt(hr_buf *b)
{
    hr_buf_addf(b, "$ ./%s --%s %zu\n", word(), word(), pick(1000));
}

static void json_value(hr_buf *b)
{
    size_t rows = 1 + pick(90);
    hr_buf_lit(b, "[\n");
    for (size_t i = 0; i < rows; i++)
        hr_buf_addf(b, "  {\"id\": %zu, \"name\": \"%s-%zu\", \"state\": \"%s\", \"ms\": %zu}%s\n",
                    i, word(), pick(100), pick(9) ? "ready" : "failed", pick(900),
                    i + 1 < rows ? "," : "");
    hr_buf_lit(b, "]\n");
}

static void log_lines(hr_buf *b)
{
    size_t n = 1 + pick(150);
    for (size_t i = 0; i < n; i++)
        hr_buf_addf(b, "2024-03-%02zuT10:%02zu:%02zuZ %s [%s] %s %zu took %zu ms\n", 1 + pick(28),
                    i % 60, pick(60), pick(12) ? "INFO" : "ERROR", word(), word(), pick(5000),
                    pick(90));
}

static void fenced_code(hr_buf *b)
{
    size_t n = 1 + pick(12);
    hr_buf_lit(b, "```python\nimport os\n");
    for (size_t i = 0; i < n; i++)
        hr_buf_addf(b,
                    "\ndef %s_%zu(%s):\n    if %s is None:\n        raise ValueError(\"%s\")\n"
                    "    total = %zu\n    for item in %s:\n        total += item.size\n"
                    "    return total\n",
                    word(), i, "data", "data", word(), pick(99), "data");
    hr_buf_lit(b, "```\n");
}

static void diff(hr_buf *b)
{
    size_t n = 1 + pick(4);
    hr_buf_addf(b, "diff --git a/%s.c b/%s.c\n--- a/x.c\n+++ b/x.c\n", words[0], words[0]);
    for (size_t i = 0; i < n; i++)
        hr_buf_addf(
            b, "@@ -%zu,4 +%zu,4 @@ int %s(void)\n int a;\n-int %s;\n+int %s2;\n int c;\n int d;\n",
            10 + i * 20, 10 + i * 20, word(), word(), word());
}

static void table(hr_buf *b)
{
    size_t n = 2 + pick(90);
    hr_buf_lit(b, "| name | count | owner |\n|---|---|---|\n");
    for (size_t i = 0; i < n; i++)
        hr_buf_addf(b, "| %s-%zu | %zu | %s |\n", word(), i, pick(500), word());
}

static void prose(hr_buf *b)
{
    size_t n = 1 + pick(14);
    for (size_t i = 0; i < n; i++)
        hr_buf_addf(b, "The %s keeps one %s for every %s, and %s %zu of them may wait. ", word(),
                    word(), word(), pick(6) ? "up to" : "never more than", pick(90));
    hr_buf_lit(b, "\n");
}

static void (*const parts[])(hr_buf *) = {prompt, json_value, log_lines, fenced_code,
                                          diff,   table,      prose};
enum { PARTS = sizeof parts / sizeof *parts };

static void transcript(hr_buf *b, size_t n)
{
    if (pick(3) == 0)
        hr_buf_addf(b, "Exit code: %zu\nWall time: %zu seconds\nOutput:\n", pick(3), pick(90));
    for (size_t i = 0; i < n; i++) {
        if (pick(2))
            prompt(b);
        parts[pick(PARTS)](b);
        if (pick(3) == 0)
            hr_buf_lit(b, "\n");
    }
}

/* --- what must hold -----------------------------------------------------------------------------
 */

static hr_compress_opts options(bool lossless)
{
    hr_compress_opts o = hr_compress_defaults();
    o.lossless_only = lossless;
    o.query = pick(2) ? hr_cstr(word()) : HR_STR_NONE;
    return o;
}

enum { SMALL = 256 }; /* bytes: the router leaves smaller sections alone */

/* The borders that the router looks for in a text of this kind. */
static unsigned borders(hr_str text)
{
    size_t head = hr_wrapper_head(text);
    switch (hr_detect(hr_str_sub(text, head, text.n))) {
    case HR_KIND_TEXT:
    case HR_KIND_LOG:
    case HR_KIND_BUILD:
    case HR_KIND_TRACE:
    case HR_KIND_LISTING:
        return HR_SPLIT_HEAD | HR_SPLIT_JSON | HR_SPLIT_FENCES | HR_SPLIT_PROMPTS;
    case HR_KIND_JSON:
    case HR_KIND_NDJSON:
        return HR_SPLIT_HEAD | HR_SPLIT_JSON;
    default:
        return HR_SPLIT_HEAD;
    }
}

/* Heads, fences, prompts and small sections stand in the result, one behind the other. A text that
 * is read as one document has no sections. */
static size_t fixed_parts_stand(hr_str text, const hr_compressed *r, hr_arena *a)
{
    hr_sections secs;
    size_t at = 0, seen = 0;
    bool document =
        hr_str_starts(r->strategy, HR_STR("extract(")) && !hr_str_has(r->strategy, HR_STR(" + "));
    assert_int_equal(hr_split_sections(text, borders(text), a, &secs), HR_OK);
    for (size_t i = 0; i < secs.n && !document; i++) {
        hr_str s = hr_str_sub(text, secs.p[i].start, secs.p[i].end);
        if (secs.p[i].kind != HR_SECTION_FIXED && (s.n >= SMALL || secs.n == 1))
            continue;
        size_t k = hr_str_find(hr_str_sub(r->text, at, r->text.n), s);
        if (k == SIZE_MAX)
            fail_msg("gone or moved: %.*s\nfrom:\n%.*s", HR_FMT(s), HR_FMT(r->text));
        at += k + s.n;
        seen++;
    }
    return seen;
}

/* Every marker names the text itself, or the one that it was made from before. */
static void markers_lead_back(hr_str text, const hr_compressed *r, hr_str origin)
{
    hr_key key = hr_key_of(text), first = hr_key_of(origin);
    hr_marker_hit hit;
    size_t own = 0;
    for (size_t at = 0; hr_marker_find(r->text, at, &hit); at = hit.end) {
        bool mine = hr_str_eq(hit.hash, hr_key_str(&key));
        if (!mine && !hr_str_eq(hit.hash, hr_key_str(&first)))
            fail_msg("%.*s is neither %s nor %s", HR_FMT(hit.hash), key.hex, first.hex);
        own += mine;
    }
    assert_int_equal(own > 0, r->lossy);
    assert_true(!r->lossy || strcmp(r->key.hex, key.hex) == 0);
    assert_true(r->changed ? r->text.n < text.n : hr_str_eq(r->text, text));
}

static void transcripts(void **state)
{
    (void)state;
    size_t changed = 0, lossy = 0, fixed = 0, twice = 0;
    for (int round = 0; round < 300; round++) {
        hr_arena a;
        hr_arena_init(&a, 0);
        hr_buf b = HR_BUF_INIT(0);
        transcript(&b, 2 + pick(16));
        hr_str text = hr_buf_str(&b);
        bool lossless = pick(4) == 0;
        hr_compress_opts o = options(lossless);
        hr_compressed r, again;
        assert_int_equal(hr_compress_text(&o, text, &a, &r), HR_OK);
        assert_int_equal(hr_compress_text(&o, text, &a, &again), HR_OK);
        assert_true(hr_str_eq(r.text, again.text) && r.reason == again.reason);
        assert_true(r.tokens_after <= r.tokens_before);
        assert_false(lossless && r.lossy);
        markers_lead_back(text, &r, text);
        if (r.changed)
            fixed += fixed_parts_stand(text, &r, &a);
        /* Whether a marker's original is known is the store's to say; here a form is small already.
         */
        assert_int_equal(hr_compress_text(&o, r.text, &a, &again), HR_OK);
        twice += r.changed && again.changed;
        markers_lead_back(r.text, &again, text);
        changed += r.changed;
        lossy += r.lossy;
        hr_buf_free(&b);
        hr_arena_free(&a);
    }
    assert_true(changed > 100 && lossy > 50 && fixed > 200);
    assert_true(twice * 20 < changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(transcripts)};
    return cmocka_run_group_tests_name("mixed transcripts", tests, NULL, NULL);
}
