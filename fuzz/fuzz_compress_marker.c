/* Markers: what is printed is found, and what is found lies in the text and is hex. */
#include <stdlib.h>

#include "compress/marker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_str text = hr_str_of((const char *)data, size);
    hr_marker_hit hit;
    size_t at = 0;
    while (hr_marker_find(text, at, &hit)) {
        require(hit.start >= at && hit.end > hit.start && hit.end <= text.n);
        require(hit.hash.n >= 12 && hit.hash.n <= 64);
        for (size_t i = 0; i < hit.hash.n; i++)
            require(hr_is_hex(hit.hash.p[i]));
        at = hit.end;
    }
    hr_key key = hr_key_of(text);
    hr_buf b = HR_BUF_INIT(16u << 20);
    hr_marker_json_rows(&b, size, hr_str_sub(text, 0, 200), &key, HR_VIA_SHELL);
    require(hr_marker_find(hr_buf_str(&b), 0, &hit) && hr_str_eq(hit.hash, hr_key_str(&key)));
    hr_buf_free(&b);
    return 0;
}
