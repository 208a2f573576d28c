/* Any text as a log: forms must come back as the same lines, nothing may grow or come out empty;
 * and any text as a form: the decoder must not trust it. The first byte chooses options and the
 * program that is said to have written the text. */
#include <stdio.h>
#include <stdlib.h>

#include "compress/log/log_lossless.h"
#include "compress/marker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    hr_str text = hr_str_of((const char *)data + 1, size - 1);
    hr_compress_opts o = hr_compress_defaults();
    if (data[0] & 1)
        o.query = hr_str_sub(text, 0, 40);
    if (data[0] & 2)
        o.via = HR_VIA_SHELL;
    static const char *const commands[] = {"",           "pip install x", "apt-get install x",
                                           "go test -v", "cargo test",    "pytest",
                                           "npm ci",     "mvn test"};
    char input[64];
    snprintf(input, sizeof input, "{\"command\":\"%s\"}", commands[data[0] >> 3 & 7]);
    o.tool_input = hr_cstr(input);
    hr_arena a;
    hr_arena_init(&a, 256u << 20);
    hr_buf back = HR_BUF_INIT(64u << 20);
    hr_forms f;
    hr_key key = hr_key_of(text);
    hr_err e = hr_compress_log(&o, text, &key, !(data[0] & 4), &a, &f);
    require(e == HR_OK || e == HR_E_NOMEM);
    if (e == HR_OK && f.lossless.n) {
        require(f.lossless.n < text.n);
        require(hr_log_decode(f.lossless, &a, &back) == HR_OK);
        require(hr_str_eq(hr_buf_str(&back), text));
    }
    if (e == HR_OK && f.lossy.n) {
        require(f.lossy.n < text.n);
        require(hr_str_has(f.lossy, hr_key_str(&key)));
    }
    hr_buf_clear(&back);
    (void)hr_log_decode(text, &a, &back);
    hr_buf_free(&back);
    hr_arena_free(&a);
    return 0;
}
