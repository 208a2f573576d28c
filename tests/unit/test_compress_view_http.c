/* What curl -v tells: requests, answers and errors stay, the rest is counted exactly. */
#include "../files.h"
#include "base/buf.h"
#include "compress/compress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;

static hr_compressed compress(hr_str text, const char *command)
{
    hr_compress_opts o = hr_compress_defaults();
    o.tool_name = HR_STR("Bash");
    o.tool_input = hr_strf(&arena, "{\"command\":\"%s\"}", command);
    hr_compressed c;
    assert_int_equal(hr_compress_text(&o, text, &arena, &c), HR_OK);
    assert_true(c.text.n <= text.n && c.tokens_after <= c.tokens_before);
    return c;
}

static hr_str output(const char *name)
{
    hr_str s = test_read_file(hr_strf(&arena, "%s/commands/%s", HR_TEST_DATA, name).p);
    assert_non_null(s.p);
    hr_str kept = hr_str_dup(&arena, s);
    free((void *)(uintptr_t)s.p);
    return kept;
}

static size_t count(hr_str text, const char *what)
{
    size_t n = 0, at;
    while ((at = hr_str_find(text, hr_cstr(what))) != SIZE_MAX) {
        text = hr_str_sub(text, at + 1, text.n);
        n++;
    }
    return n;
}

/* Sum of the counts said for a sort of notes. */
static size_t said(hr_str text, const char *sort)
{
    size_t n = 0, at;
    hr_str what = hr_strf(&arena, "%s x", sort);
    while ((at = hr_str_find(text, what)) != SIZE_MAX) {
        text = hr_str_sub(text, at + what.n, text.n);
        n += (size_t)strtoul(text.p, NULL, 10);
    }
    return n;
}

static void stays(hr_str form, const char *what)
{
    if (!hr_str_has(form, hr_cstr(what)))
        fail_msg("gone: %s\n%.*s", what, HR_FMT(form));
}

static void talk_is_counted(void **state)
{
    (void)state;
    hr_str text = output("curl-v.txt");
    hr_compressed c = compress(text, "curl -v -L https://localhost:8743/old");
    assert_int_equal(c.reason, HR_R_HTTP_TALK);
    assert_true(c.lossy && c.tokens_after * 4 < c.tokens_before);
    hr_str rest = text, line;
    size_t heads = 0;
    while (hr_str_line(&rest, &line)) {
        line = hr_str_trim(line);
        if (line.n > 1 && (line.p[0] == '>' || line.p[0] == '<')) {
            stays(c.text, hr_strf(&arena, "\n%.*s\n", HR_FMT(line)).p);
            heads++;
        }
    }
    assert_int_equal(heads, 22);
    stays(c.text, "* Connected to localhost (127.0.0.1) port 8743");
    stays(c.text, "* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384");
    stays(c.text, "*  expire date: Dec 21 16:32:36 2026 GMT");
    stays(c.text, "*  SSL certificate verify ok.");
    stays(c.text, "* Issue another request to this URL: 'https://localhost:8743/api/items'");
    stays(c.text, "[15 of 150]{id,sku,name,price,stock,tags}");
    stays(c.text, "100 16549  100 16549");
    /* What is counted and what stands there is what was there. */
    static const char *const pairs[][2] = {{" bytes data]", "sizes of data"},
                                           {"* TLSv1.3 (", "TLS messages"},
                                           {"--:--:-- --:--:-- --:--:-- ", "progress meter"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        size_t states = i == 2 && hr_str_has(c.text, HR_STR("last state of the meter"));
        assert_int_equal(count(text, pairs[i][0]),
                         count(c.text, pairs[i][0]) + said(c.text, pairs[i][1]) - states);
    }
    hr_compressed again = compress(text, "./fetch.sh");
    assert_int_equal(again.reason, HR_R_HTTP_TALK);
    assert_true(hr_str_eq(again.text, c.text));
}

static void failures_stay(void **state)
{
    (void)state;
    hr_str one = output("curl-fail.txt");
    hr_buf many = HR_BUF_INIT(0);
    for (int i = 0; i < 8; i++)
        hr_buf_add(&many, one);
    hr_compressed c = compress(hr_buf_str(&many), "curl -v https://localhost:8743/api");
    assert_int_equal(c.reason, HR_R_HTTP_TALK);
    static const char *const all[] = {"* TLSv1.3 (OUT), TLS alert, unknown CA (560):",
                                      "* SSL certificate problem: self-signed certificate",
                                      "*  CAfile: /etc/ssl/certs/ca-certificates.crt",
                                      "curl: (60) SSL certificate problem",
                                      "* Closing connection 0",
                                      "establish a secure connection"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(count(c.text, all[i]), 8);
    assert_true(said(c.text, "TLS messages") > 0);
    assert_int_equal(said(c.text, "certificate"), 0);
    hr_buf_free(&many);
}

/* Lines of a body may look as if curl had said them. */
static void bodies_stay(void **state)
{
    (void)state;
    hr_str text = output("curl-v.txt");
    size_t body = hr_str_find(text, HR_STR("{\"items\""));
    hr_buf b = HR_BUF_INIT(0);
    for (int i = 0; i < 3; i++)
        hr_buf_add(&b, hr_str_sub(text, 0, body));
    hr_buf_add(&b,
               HR_STR("# Notes\n\n* a point\n> a word of somebody's\n< another\n* TLS is old\n"));
    hr_compressed c = compress(hr_buf_str(&b), "curl -v https://localhost:8743/notes");
    assert_int_equal(c.reason, HR_R_HTTP_TALK);
    stays(c.text, "# Notes\n\n* a point\n> a word of somebody's\n< another\n* TLS is old\n");
    hr_buf_free(&b);
}

static void rows_of_dots_are_counted(void **state)
{
    (void)state;
    static const char row[] = ".......... .......... .......... .......... ..........";
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "--2026-11-21 16:32:46--  https://shop.example/big\n"
                   "Resolving shop.example (shop.example)... 192.0.2.7\n"
                   "Connecting to shop.example|192.0.2.7|:443... connected.\n"
                   "HTTP request sent, awaiting response... 200 OK\n"
                   "Length: 35840000 (34M) [application/gzip]\nSaving to: 'big'\n\n");
    for (unsigned i = 0; i < 699; i++)
        hr_buf_addf(&b, "%6uK %s %2u%% 1.%02uM %us\n", i * 50, row, i / 7, i * 37 % 90, 99 - i / 8);
    hr_buf_lit(&b, " 34950K .......... ......   100%  654M=8.7s\n\n"
                   "2026-11-21 16:32:54 (4.1 MB/s) - 'big' saved [35840000/35840000]\n");
    hr_compressed c = compress(hr_buf_str(&b), "wget https://shop.example/big");
    assert_int_equal(c.reason, HR_R_HTTP_TALK);
    assert_int_equal(said(c.text, "progress meter"), 700);
    assert_int_equal(count(c.text, "K ...."), 1);
    stays(c.text, "34950K .......... ......   100%  654M=8.7s]");
    stays(c.text, "connected.\nHTTP request sent, awaiting response... 200 OK\nLength: 35840000");
    stays(c.text, "(4.1 MB/s) - 'big' saved [35840000/35840000]");
    hr_buf_free(&b);
}

static void cut_anywhere(void **state)
{
    (void)state;
    hr_str text = output("curl-v.txt");
    for (size_t n = 0; n < text.n; n += 211)
        (void)compress(hr_str_sub(text, 0, n), "curl -v x");
    hr_compress_opts o = hr_compress_defaults();
    o.lossless_only = true;
    hr_compressed c;
    assert_int_equal(hr_compress_text(&o, text, &arena, &c), HR_OK);
    assert_false(c.lossy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(talk_is_counted), cmocka_unit_test(failures_stay),
        cmocka_unit_test(bodies_stay),     cmocka_unit_test(rows_of_dots_are_counted),
        cmocka_unit_test(cut_anywhere),
    };
    hr_arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hr_arena_free(&arena);
    return failed;
}
