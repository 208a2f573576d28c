/* Detection and cutting: any bytes have a kind, and the sections put together are the text. */
#include <stdlib.h>

#include "compress/detect/detect_sections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    hr_str text = hr_str_of((const char *)data + 1, size - 1);
    hr_kind kind = hr_detect(text);
    hr_lang lang = hr_detect_lang(text);
    hr_json_shape shape = hr_detect_json(text);
    if (kind >= HR_KIND_COUNT || lang >= HR_LANG_COUNT || shape.good > text.n)
        abort();
    hr_arena a;
    hr_arena_init(&a, 64u << 20);
    hr_sections secs;
    size_t at = 0;
    if (hr_split_sections(text, data[0] & 15u, &a, &secs) == HR_OK) {
        for (size_t i = 0; i < secs.n; i++) {
            if (secs.p[i].start != at || secs.p[i].end <= at)
                abort();
            at = secs.p[i].end;
        }
        if (at != text.n)
            abort();
    }
    hr_arena_free(&a);
    return 0;
}
