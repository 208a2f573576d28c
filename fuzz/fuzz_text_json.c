/* Any bytes: the scanner must refuse or understand them; what it understands must minify, decode,
 * quote and splice back to the same value. */
#include "text/json.h"
#include "text/splice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void string_round_trip(const hr_json_doc *d, uint32_t i, hr_arena *a)
{
    hr_str s = hr_json_text(d, i, a);
    hr_buf b = HR_BUF_INIT(0);
    hr_json_quote(&b, s);
    hr_json_doc q;
    must(hr_json_scan(a, hr_buf_str(&b), 1, &q).code == HR_OK);
    must(hr_str_eq(hr_json_text(&q, 0, a), s));
    hr_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_arena a;
    hr_arena_init(&a, 0);
    hr_str src = hr_str_of((const char *)data, size);
    hr_json_doc d, m;
    size_t used;
    hr_errpos e = hr_json_scan_prefix(&a, src, 64, &d, &used);
    must(e.at <= size && used <= size);
    hr_errpos whole = hr_json_scan(&a, src, 64, &d);
    if (whole.code != HR_OK) {
        must(d.n == 0 && whole.at <= size);
        hr_arena_free(&a);
        return 0;
    }
    must(e.code == HR_OK);
    hr_buf b = HR_BUF_INIT(0);
    hr_json_minify(&d, 0, &b);
    must(hr_json_scan(&a, hr_buf_str(&b), 64, &m).code == HR_OK && m.n == d.n);
    must(hr_json_same(&d, 0, &d, 0) && hr_json_same(&d, 0, &m, 0));
    hr_splice s;
    hr_splice_init(&s, src);
    for (uint32_t i = d.n; i-- > 0;) {
        must(d.nodes[i].start < d.nodes[i].end && d.nodes[i].end <= size);
        must(d.nodes[i].next > i && d.nodes[i].next <= d.n);
        if (d.nodes[i].type == HR_JSON_OBJECT && d.nodes[i].count) {
            hr_str name = hr_json_text(&d, i + 1, &a);
            uint32_t v = hr_json_get(&d, i, name);
            must(v != HR_JSON_ABSENT && v < d.nodes[i].next);
        }
        if (d.nodes[i].type == HR_JSON_STRING) {
            string_round_trip(&d, i, &a);
            must(hr_splice_add(&s, &a, d.nodes[i].start, d.nodes[i].end, HR_STR("\"\"")) == HR_OK);
        }
    }
    hr_str out;
    must(hr_splice_join(&s, &a, &out) == HR_OK);
    must(hr_json_scan(&a, out, 64, &m).code == HR_OK && m.n == d.n);
    hr_buf_free(&b);
    hr_arena_free(&a);
    return 0;
}
