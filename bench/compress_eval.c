/* What the JSON compressor makes of one text, for looking at and for measuring.
 *
 *     compress_eval [-q QUERY] [-e lossless|lossy] FILE    prints that form
 *     compress_eval [-q QUERY] FILE                        prints one line of figures
 *
 * Figures: tokens of the text, of the lossless form, of the lossy form (0: none), whether the
 * lossless form reads back as the same value, and milliseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compress/forms.h"
#include "compress/table/table.h"
#include "text/json.h"

static hr_str slurp(const char *path)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    size_t n = 0, cap = 1 << 16, got;
    char *p = malloc(cap);
    while (f && p && (got = fread(p + n, 1, cap - n, f)) > 0) {
        n += got;
        if (n == cap)
            p = realloc(p, cap *= 2);
    }
    if (f && f != stdin)
        fclose(f);
    return hr_str_of(p, f ? n : 0);
}

static const char *round_trip(hr_str text, hr_str form)
{
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_buf b = HR_BUF_INIT(0);
    hr_errpos e = hr_table_decode(form, &a, &b);
    const char *verdict = "same";
    hr_json_doc x, y;
    size_t used_x, used_y;
    hr_str s = text, t = hr_buf_str(&b);
    if (e.code) {
        static char msg[80];
        snprintf(msg, sizeof msg, "%s@%zu", hr_err_name(e.code), e.at);
        verdict = msg;
    }
    while (!e.code && hr_str_trim(s).n) {
        hr_arena_mark m = hr_arena_save(&a);
        s = hr_str_trim(s);
        if (hr_json_scan_prefix(&a, s, 0, &x, &used_x).code ||
            hr_json_scan_prefix(&a, t, 0, &y, &used_y).code || !hr_json_same(&x, 0, &y, 0)) {
            verdict = "DIFFERENT";
            break;
        }
        s = hr_str_sub(s, used_x, s.n);
        t = hr_str_sub(t, used_y, t.n);
        hr_arena_restore(&a, m);
        if (s.n > 100000 && used_x < 1000) { /* many lines: scanning prefixes is quadratic */
            verdict = "same?";
            break;
        }
    }
    hr_buf_free(&b);
    hr_arena_free(&a);
    return verdict;
}

int main(int argc, char **argv)
{
    const char *query = "", *emit = NULL, *path = "-";
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-q") == 0 && i + 1 < argc)
            query = argv[++i];
        else if (strcmp(argv[i], "-e") == 0 && i + 1 < argc)
            emit = argv[++i];
        else
            path = argv[i];
    }
    hr_str text = slurp(path);
    hr_compress_opts o = hr_compress_defaults();
    o.tok = hr_tokenizer_for(HR_STR("gpt-4o"));
    o.query = hr_cstr(query);
    o.via = HR_VIA_TOOL;
    hr_key key = hr_key_of(text);
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_forms f;
    uint64_t t0 = hr_now_ns(&hr_clock_system);
    hr_err e = hr_compress_json(&o, text, &key, true, &a, &f);
    double ms = (double)(hr_now_ns(&hr_clock_system) - t0) / 1e6;
    if (emit) {
        hr_str s = strcmp(emit, "lossy") == 0 ? f.lossy : f.lossless;
        fwrite(s.p ? s.p : "", 1, s.n, stdout);
    } else {
        printf("%zu %zu %zu %s %s %.1f %.*s\n", hr_tokens_count(o.tok, text),
               f.lossless.n ? hr_tokens_count(o.tok, f.lossless) : 0,
               f.lossy.n ? hr_tokens_count(o.tok, f.lossy) : 0, hr_err_name(e),
               f.lossless.n ? round_trip(text, f.lossless) : "-", ms, HR_FMT(f.lossy_strategy));
    }
    hr_arena_free(&a);
    free((char *)text.p);
    return e ? 1 : 0;
}
