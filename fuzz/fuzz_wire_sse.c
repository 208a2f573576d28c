/* First byte: dialect and the size of the pieces. The rest: a stream. Whole or in pieces, the same
 * events must come out, and the tap must say the same. */
#include "wire/wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void on_event(void *ctx, hr_str event, hr_str data)
{
    hr_buf *b = ctx;
    hr_buf_add(b, event);
    hr_buf_addc(b, '\0');
    hr_buf_add(b, data);
    hr_buf_addc(b, '\1');
}

static hr_sse events(hr_str text, size_t piece, hr_buf *out)
{
    hr_sse s;
    hr_sse_init(&s, 64);
    for (size_t at = 0; at < text.n; at += piece)
        hr_sse_feed(&s, hr_str_sub(text, at, at + piece), on_event, out);
    hr_sse_end(&s, on_event, out);
    hr_sse_free(&s);
    return s;
}

static hr_stream_tap tap(hr_dialect d, hr_str text, size_t piece)
{
    hr_stream_tap t;
    hr_stream_tap_init(&t, d);
    for (size_t at = 0; at < text.n; at += piece)
        hr_stream_tap_feed(&t, hr_str_sub(text, at, at + piece));
    hr_stream_tap_end(&t);
    hr_stream_tap_free(&t);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    hr_str text = hr_str_of((const char *)data + 1, size - 1);
    hr_dialect d = (hr_dialect)(data[0] % 3);
    size_t piece = data[0] / 3 % 16 + 1;
    hr_buf a = HR_BUF_INIT(0), b = HR_BUF_INIT(0);
    hr_sse s = events(text, text.n, &a), t = events(text, piece, &b);
    must(hr_str_eq(hr_buf_str(&a), hr_buf_str(&b)));
    must(s.events == t.events && s.skipped == t.skipped);
    hr_buf_free(&a);
    hr_buf_free(&b);
    hr_stream_tap x = tap(d, text, text.n), y = tap(d, text, piece);
    must(x.events == y.events && x.finished == y.finished && x.failed == y.failed);
    must(x.saw_call == y.saw_call && x.usage.known == y.usage.known);
    must(x.usage.input == y.usage.input && x.usage.output == y.usage.output);
    return 0;
}
