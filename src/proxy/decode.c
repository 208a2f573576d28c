/* Content codings (RFC 9110 8.4.1): gzip (RFC 1952, several members), deflate (zlib, RFC 1950, and
 * the raw form some senders mean), br (RFC 7932), zstd (RFC 8878, several frames, windows up to
 * 8 MiB as RFC 9659 asks). Incremental and bounded: never more than `left` bytes come out, so a zip
 * bomb costs its limit and no more. */
#include "proxy/internal.h"

#include "base/mem.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

enum { CHUNK = 32 << 10, ZSTD_WINDOW_LOG = 23 };

hr_coding hr_coding_of(hr_str name)
{
    static const struct {
        const char *name;
        hr_coding coding;
    } known[] = {
        {"identity", HR_CODING_IDENTITY}, {"gzip", HR_CODING_GZIP}, {"x-gzip", HR_CODING_GZIP},
        {"deflate", HR_CODING_DEFLATE},   {"br", HR_CODING_BR},     {"zstd", HR_CODING_ZSTD}};
    name = hr_str_trim(name);
    if (!name.n)
        return HR_CODING_IDENTITY;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (hr_str_ieq(name, hr_cstr(known[i].name)))
            return known[i].coding;
    }
    return HR_CODING_UNKNOWN;
}

static hr_err zlib_open(hr_decoder *d, int window_bits)
{
    z_stream *z = hr_calloc(1, sizeof(*z));
    if (!z)
        return HR_E_NOMEM;
    if (inflateInit2(z, window_bits) != Z_OK) {
        hr_free(z);
        return HR_E_NOMEM;
    }
    d->state = z;
    return HR_OK;
}

hr_err hr_decoder_init(hr_decoder *d, hr_coding c, size_t limit)
{
    *d = (hr_decoder){.coding = c, .left = limit};
    switch (c) {
    case HR_CODING_IDENTITY:
        return HR_OK;
    case HR_CODING_GZIP:
        return zlib_open(d, 15 + 16);
    case HR_CODING_DEFLATE:
        return HR_OK; /* zlib or raw: the first byte tells */
    case HR_CODING_BR:
        d->state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
        return d->state ? HR_OK : HR_E_NOMEM;
    case HR_CODING_ZSTD:
        d->state = ZSTD_createDStream();
        if (!d->state)
            return HR_E_NOMEM;
        ZSTD_DCtx_setParameter(d->state, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
        return HR_OK;
    case HR_CODING_UNKNOWN:
        break;
    }
    return HR_E_UNSUPPORTED;
}

void hr_decoder_free(hr_decoder *d)
{
    if (!d->state)
        return;
    if (d->coding == HR_CODING_BR) {
        BrotliDecoderDestroyInstance(d->state);
    } else if (d->coding == HR_CODING_ZSTD) {
        ZSTD_freeDStream(d->state);
    } else {
        inflateEnd(d->state);
        hr_free(d->state);
    }
    d->state = NULL;
}

typedef void sink_fn(void *ctx, hr_str out);

static hr_err emit(hr_decoder *d, const char *p, size_t n, sink_fn *sink, void *ctx)
{
    if (n > d->left)
        return HR_E_LIMIT;
    d->left -= n;
    if (n)
        sink(ctx, hr_str_of(p, n));
    return HR_OK;
}

static hr_err feed_zlib(hr_decoder *d, hr_str in, sink_fn *sink, void *ctx)
{
    char out[CHUNK];
    z_stream *z = d->state;
    z->next_in = (unsigned char *)(uintptr_t)in.p;
    z->avail_in = (unsigned)in.n;
    for (;;) {
        if (d->ended) {
            /* another gzip member may follow; zeros are padding */
            if (!z->avail_in)
                return HR_OK;
            if (d->coding != HR_CODING_GZIP || *z->next_in == 0)
                return HR_OK;
            if (inflateReset(z) != Z_OK)
                return HR_E_SYNTAX;
            d->ended = false;
        }
        z->next_out = (unsigned char *)out;
        z->avail_out = sizeof(out);
        int rc = inflate(z, Z_NO_FLUSH);
        hr_err err = emit(d, out, sizeof(out) - z->avail_out, sink, ctx);
        if (err)
            return err;
        if (rc == Z_STREAM_END)
            d->ended = true;
        else if (rc == Z_BUF_ERROR)
            return HR_OK; /* wants more input */
        else if (rc != Z_OK)
            return rc == Z_MEM_ERROR ? HR_E_NOMEM : HR_E_SYNTAX;
        else if (!z->avail_in && z->avail_out)
            return HR_OK;
    }
}

static hr_err feed_brotli(hr_decoder *d, hr_str in, sink_fn *sink, void *ctx)
{
    char out[CHUNK];
    const uint8_t *next_in = (const uint8_t *)in.p;
    size_t avail_in = in.n;
    for (;;) {
        uint8_t *next_out = (uint8_t *)out;
        size_t avail_out = sizeof(out);
        BrotliDecoderResult rc = BrotliDecoderDecompressStream(d->state, &avail_in, &next_in,
                                                               &avail_out, &next_out, NULL);
        hr_err err = emit(d, out, sizeof(out) - avail_out, sink, ctx);
        if (err)
            return err;
        if (rc == BROTLI_DECODER_RESULT_ERROR)
            return HR_E_SYNTAX;
        if (rc == BROTLI_DECODER_RESULT_SUCCESS) {
            d->ended = true;
            return HR_OK;
        }
        if (rc == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
            return HR_OK;
    }
}

static hr_err feed_zstd(hr_decoder *d, hr_str in, sink_fn *sink, void *ctx)
{
    char out[CHUNK];
    ZSTD_inBuffer from = {in.p, in.n, 0};
    for (;;) {
        ZSTD_outBuffer to = {out, sizeof(out), 0};
        size_t rc = ZSTD_decompressStream(d->state, &to, &from);
        if (ZSTD_isError(rc))
            return HR_E_SYNTAX;
        hr_err err = emit(d, out, to.pos, sink, ctx);
        if (err)
            return err;
        d->ended = rc == 0;
        if (from.pos == from.size && to.pos < to.size)
            return HR_OK;
    }
}

hr_err hr_decoder_feed(hr_decoder *d, hr_str in, void (*sink)(void *ctx, hr_str out), void *ctx)
{
    if (!in.n)
        return HR_OK;
    if (d->coding == HR_CODING_IDENTITY)
        return emit(d, in.p, in.n, sink, ctx);
    if (d->coding == HR_CODING_DEFLATE && !d->state) {
        /* a zlib stream begins with method 8, window ≤ 32 KiB; a raw one practically never does */
        bool zlib = (in.p[0] & 0x0f) == 8 && ((unsigned char)in.p[0] >> 4) <= 7;
        hr_err err = zlib_open(d, zlib ? 15 : -15);
        if (err)
            return err;
    }
    if (d->ended && d->coding == HR_CODING_BR)
        return HR_OK;
    d->started = true;
    /* zlib counts in unsigned int */
    while (in.n) {
        hr_str part = hr_str_sub(in, 0, (size_t)1 << 30);
        hr_err err = d->coding == HR_CODING_BR     ? feed_brotli(d, part, sink, ctx)
                     : d->coding == HR_CODING_ZSTD ? feed_zstd(d, part, sink, ctx)
                                                   : feed_zlib(d, part, sink, ctx);
        if (err)
            return err;
        in = hr_str_sub(in, part.n, in.n);
    }
    return HR_OK;
}

hr_err hr_decoder_end(const hr_decoder *d)
{
    return d->coding == HR_CODING_IDENTITY || d->ended || !d->started ? HR_OK : HR_E_SYNTAX;
}

static void to_buf(void *ctx, hr_str out)
{
    hr_buf_add(ctx, out);
}

hr_err hr_decode_all(hr_coding c, hr_str in, size_t limit, hr_buf *out)
{
    hr_decoder d;
    hr_err err = hr_decoder_init(&d, c, limit);
    if (err == HR_OK)
        err = hr_decoder_feed(&d, in, to_buf, out);
    if (err == HR_OK)
        err = hr_decoder_end(&d);
    hr_decoder_free(&d);
    return err ? err : out->err;
}
