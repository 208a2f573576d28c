/* Any bytes as a document, in a notation that the length chooses: what the compressor makes of it
 * must read back as the same value. And any bytes as the compact notation: the reader must say no
 * or give JSON. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "compress/forms.h"
#include "compress/json/compaction.h"
#include "compress/table/table.h"
#include "text/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static bool same(hr_str text, hr_str back, hr_arena *a)
{
    hr_json_doc x, y;
    size_t nx, ny;
    for (int lines = 0; lines < 1000 && hr_str_trim(text).n; lines++) {
        text = hr_str_trim(text);
        if (hr_json_scan_prefix(a, text, 0, &x, &nx).code ||
            hr_json_scan_prefix(a, back, 0, &y, &ny).code || !hr_json_same(&x, 0, &y, 0))
            return false;
        text = hr_str_sub(text, nx, text.n);
        back = hr_str_sub(back, ny, back.n);
    }
    return true;
}

static bool reads_back(hr_compaction format, hr_str form, hr_arena *a, hr_buf *back)
{
    return format == HR_COMPACT_CSV ? hr_table_decode(form, a, back).code == HR_OK
                                    : hr_compaction_decode(format, form, a, back) == HR_OK;
}

static void compress(hr_str text, hr_compaction format)
{
    hr_arena a;
    hr_forms f;
    hr_arena_init(&a, 256u << 20);
    hr_compress_opts o = hr_compress_defaults();
    o.compaction = format;
    o.query = HR_STR("which item failed with error 200 at api.example.com");
    hr_key key = hr_key_of(text);
    if (hr_compress_json(&o, text, &key, true, &a, &f) == HR_OK) {
        must(f.lossless.n <= text.n && f.lossy.n <= text.n);
        /* What was nearly JSON says so in words of its own. */
        if (f.lossless.n && !hr_str_has(f.lossless_strategy, HR_STR(" + "))) {
            hr_buf back = HR_BUF_INIT(64u << 20);
            must(reads_back(format, f.lossless, &a, &back));
            must(same(text, hr_buf_str(&back), &a));
            hr_buf_free(&back);
        }
    }
    hr_arena_free(&a);
}

static void decode(hr_str text)
{
    hr_arena a;
    hr_arena_init(&a, 64u << 20);
    hr_buf out = HR_BUF_INIT(1u << 20);
    if (hr_table_decode(text, &a, &out).code == HR_OK && hr_str_trim(hr_buf_str(&out)).n) {
        hr_json_doc d;
        size_t used;
        must(hr_json_scan_prefix(&a, hr_buf_str(&out), 0, &d, &used).code == HR_OK);
    }
    hr_buf_clear(&out);
    (void)hr_compaction_decode(HR_COMPACT_JSON, text, &a, &out);
    hr_buf_clear(&out);
    (void)hr_compaction_decode(HR_COMPACT_MARKDOWN, text, &a, &out);
    hr_buf_free(&out);
    hr_arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_str text = {(const char *)data, size};
    compress(text, (hr_compaction)(size % 5 < 3 ? 0 : size % 5 - 2));
    decode(text);
    return 0;
}
