/* What every compressor must keep on any bytes: no crash, nothing grows, every loss has its marker,
 * the same bytes give the same form. A target defines `compressor` as the function under test (it
 * may depend on `flags`, the first byte) and includes this file. The first byte of the input
 * chooses options; with bit 0 set, what stands before the first LF is the query. */
#ifndef HR_FUZZ_COMPRESSOR_TARGET_H
#define HR_FUZZ_COMPRESSOR_TARGET_H

#include <stdlib.h>

#include "compress/forms.h"
#include "compress/marker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

#ifndef CHECK_LOSSLESS /* what else the lossless form promises */
#define CHECK_LOSSLESS(text, form) ((void)(text), (void)(form))
#endif

static hr_err run(const hr_compress_opts *o, hr_str text, uint8_t flags, hr_arena *a, hr_forms *f)
{
    bool lossy = !(flags & 4);
    hr_key key = hr_key_of(text);
    *f = (hr_forms){0};
    return compressor(o, text, &key, lossy, a, f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    hr_str text = hr_str_of((const char *)data + 1, size - 1), query = HR_STR_NONE;
    hr_compress_opts o = hr_compress_defaults();
    if (data[0] & 1) {
        query = text;
        hr_str_line(&text, &query);
    }
    o.query = query;
    if (data[0] & 2)
        o.via = HR_VIA_SHELL;
    hr_arena a;
    hr_arena_init(&a, 256u << 20);
    hr_forms f, again;
    hr_err e = run(&o, text, data[0], &a, &f);
    if (e == HR_OK && f.lossy.n) {
        hr_marker_hit hit;
        hr_key key = hr_key_of(text);
        require(!(data[0] & 4));
        require(hr_str_has(f.lossy, hr_key_str(&key)));
        require(hr_marker_find(f.lossy, 0, &hit));
        require(run(&o, text, data[0], &a, &again) == HR_OK);
        require(hr_str_eq(f.lossy, again.lossy));
    }
    require(f.lossless.n < text.n || f.lossless.n == 0);
    if (e == HR_OK && f.lossless.n)
        CHECK_LOSSLESS(text, f.lossless);
    hr_arena_free(&a);
    return 0;
}

#endif
