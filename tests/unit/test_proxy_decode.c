/* Content codings: every split, damage, bombs, several members. */
#include "proxy/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <zlib.h>
#include <zstd.h>

#define TEXT                                                                                       \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello hello hello hello\"}]}"

/* TEXT in brotli: quality 5, window 22, made with the reference encoder 1.0.9. */
static const unsigned char BR[] = {
    0x1b, 0x4d, 0x00, 0x00, 0x04, 0xc1, 0x6d, 0xa9, 0xca, 0xf2, 0x43, 0x7a, 0xaa, 0x62, 0xd3,
    0xe6, 0x91, 0x7e, 0x84, 0x0d, 0x38, 0x11, 0x08, 0xb7, 0x71, 0xc2, 0x81, 0x56, 0x1a, 0x26,
    0x72, 0x98, 0x40, 0x10, 0x7e, 0x3f, 0xad, 0xde, 0x3e, 0x57, 0x2a, 0x41, 0x30, 0x72, 0x36,
    0x51, 0x49, 0x03, 0x85, 0x11, 0xae, 0xdf, 0x48, 0x19, 0xf4, 0x81, 0xfd, 0xf5, 0x01};

static void collect(void *ctx, hr_str out)
{
    hr_buf_add(ctx, out);
}

static hr_str zlib_pack(const char *p, size_t n, int bits, unsigned char *out, size_t cap)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)p;
    z.avail_in = (unsigned)n;
    z.next_out = out;
    z.avail_out = (unsigned)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t made = cap - z.avail_out;
    deflateEnd(&z);
    return hr_str_of((char *)out, made);
}

/* Decodes in two feeds cut at `at`; the answer must not depend on the cut. */
static hr_err in_two(hr_coding c, hr_str in, size_t at, size_t limit, hr_buf *out)
{
    hr_decoder d;
    assert_int_equal(hr_decoder_init(&d, c, limit), HR_OK);
    hr_err err = hr_decoder_feed(&d, hr_str_sub(in, 0, at), collect, out);
    if (err == HR_OK)
        err = hr_decoder_feed(&d, hr_str_sub(in, at, in.n), collect, out);
    if (err == HR_OK)
        err = hr_decoder_end(&d);
    hr_decoder_free(&d);
    return err;
}

static void every_split(hr_coding c, hr_str in, hr_str want)
{
    for (size_t at = 0; at <= in.n; at++) {
        hr_buf out = HR_BUF_INIT(0);
        assert_int_equal(in_two(c, in, at, 1 << 20, &out), HR_OK);
        assert_int_equal(out.n, want.n);
        assert_memory_equal(out.p, want.p, want.n);
        hr_buf_free(&out);
    }
    /* cut short anywhere it is damage, or nothing at all */
    for (size_t n = 1; n < in.n; n++) {
        hr_buf out = HR_BUF_INIT(0);
        assert_int_not_equal(hr_decode_all(c, hr_str_sub(in, 0, n), 1 << 20, &out), HR_OK);
        hr_buf_free(&out);
    }
}

static void test_gzip_deflate(void **state)
{
    unsigned char space[512];
    hr_str want = HR_STR(TEXT);
    (void)state;
    every_split(HR_CODING_GZIP, zlib_pack(TEXT, want.n, 15 + 16, space, sizeof(space)), want);
    every_split(HR_CODING_DEFLATE, zlib_pack(TEXT, want.n, 15, space, sizeof(space)), want);
    every_split(HR_CODING_DEFLATE, zlib_pack(TEXT, want.n, -15, space, sizeof(space)), want);
}

static void test_gzip_members(void **state)
{
    unsigned char space[1024];
    hr_str one = zlib_pack("abc", 3, 15 + 16, space, sizeof(space));
    hr_str two = zlib_pack("defg", 4, 15 + 16, space + one.n, sizeof(space) - one.n);
    hr_str both = hr_str_of((char *)space, one.n + two.n);
    (void)state;
    for (size_t at = 0; at <= both.n; at++) {
        hr_buf out = HR_BUF_INIT(0);
        assert_int_equal(in_two(HR_CODING_GZIP, both, at, 100, &out), HR_OK);
        assert_true(hr_str_eq(hr_buf_str(&out), HR_STR("abcdefg")));
        hr_buf_free(&out);
    }
    memset(space + both.n, 0, 8); /* padding */
    hr_buf out = HR_BUF_INIT(0);
    assert_int_equal(hr_decode_all(HR_CODING_GZIP, hr_str_of((char *)space, both.n + 8), 100, &out),
                     HR_OK);
    assert_true(hr_str_eq(hr_buf_str(&out), HR_STR("abcdefg")));
    hr_buf_free(&out);
}

static void test_zstd(void **state)
{
    char space[1024];
    size_t n = ZSTD_compress(space, sizeof(space), TEXT, sizeof(TEXT) - 1, 3);
    (void)state;
    assert_false(ZSTD_isError(n));
    every_split(HR_CODING_ZSTD, hr_str_of(space, n), HR_STR(TEXT));
    size_t m = ZSTD_compress(space + n, sizeof(space) - n, "more", 4, 3);
    hr_buf out = HR_BUF_INIT(0);
    assert_int_equal(hr_decode_all(HR_CODING_ZSTD, hr_str_of(space, n + m), 1000, &out), HR_OK);
    assert_int_equal(out.n, sizeof(TEXT) - 1 + 4);
    hr_buf_free(&out);
}

static void test_bombs(void **state)
{
    size_t big = 8 << 20;
    char *zeros = calloc(1, big);
    unsigned char *space = malloc(64 << 10);
    char *z = malloc(64 << 10);
    (void)state;
    hr_str bomb = zlib_pack(zeros, big, 15 + 16, space, 64 << 10);
    size_t zn = ZSTD_compress(z, 64 << 10, zeros, big, 3);
    hr_buf out = HR_BUF_INIT(0);
    assert_int_equal(hr_decode_all(HR_CODING_GZIP, bomb, big - 1, &out), HR_E_LIMIT);
    assert_true(out.n < big);
    hr_buf_clear(&out);
    assert_int_equal(hr_decode_all(HR_CODING_GZIP, bomb, big, &out), HR_OK);
    assert_int_equal(out.n, big);
    hr_buf_clear(&out);
    assert_int_equal(hr_decode_all(HR_CODING_ZSTD, hr_str_of(z, zn), 1000, &out), HR_E_LIMIT);
    assert_true(out.n <= 1000);
    hr_buf_free(&out);
    free(zeros);
    free(space);
    free(z);
}

static void test_damage(void **state)
{
    unsigned char space[512];
    hr_buf out = HR_BUF_INIT(0);
    (void)state;
    for (hr_coding c = HR_CODING_GZIP; c <= HR_CODING_ZSTD; c++) {
        assert_int_not_equal(hr_decode_all(c, HR_STR("this is not compressed"), 1000, &out), HR_OK);
        hr_buf_clear(&out);
    }
    hr_str good = zlib_pack(TEXT, sizeof(TEXT) - 1, 15 + 16, space, sizeof(space));
    for (size_t i = good.n - 8; i < good.n; i++) { /* checksum and length */
        space[i] ^= 1;
        assert_int_equal(hr_decode_all(HR_CODING_GZIP, good, 1000, &out), HR_E_SYNTAX);
        space[i] ^= 1;
        hr_buf_clear(&out);
    }
    hr_decoder d;
    assert_int_equal(hr_decoder_init(&d, HR_CODING_UNKNOWN, 10), HR_E_UNSUPPORTED);
    hr_buf_free(&out);
}

static void test_brotli(void **state)
{
    hr_str in = hr_str_of((const char *)BR, sizeof(BR));
    hr_buf out = HR_BUF_INIT(0);
    (void)state;
    every_split(HR_CODING_BR, in, HR_STR(TEXT));
    assert_int_equal(hr_decode_all(HR_CODING_BR, in, sizeof(TEXT) - 2, &out), HR_E_LIMIT);
    hr_buf_free(&out);
}

static void test_names(void **state)
{
    (void)state;
    assert_int_equal(hr_coding_of(HR_STR_NONE), HR_CODING_IDENTITY);
    assert_int_equal(hr_coding_of(HR_STR(" GZip ")), HR_CODING_GZIP);
    assert_int_equal(hr_coding_of(HR_STR("x-gzip")), HR_CODING_GZIP);
    assert_int_equal(hr_coding_of(HR_STR("br")), HR_CODING_BR);
    assert_int_equal(hr_coding_of(HR_STR("gzip, br")), HR_CODING_UNKNOWN);
    assert_true(hr_accept_encoding_known(HR_STR("gzip, deflate;q=0.5, br,zstd , identity")));
    assert_false(hr_accept_encoding_known(HR_STR("gzip, dcb")));
    assert_false(hr_accept_encoding_known(HR_STR("*")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gzip_deflate), cmocka_unit_test(test_gzip_members),
        cmocka_unit_test(test_zstd),         cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_damage),       cmocka_unit_test(test_brotli),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
