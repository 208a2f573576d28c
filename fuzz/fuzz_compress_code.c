/* Any text as a program in any language: what comes out is shorter and is the original without just
 * the lines it says. The first byte chooses the language and options. */
#include <stdlib.h>

#include "../tests/property/code_restore.h"
#include "compress/code/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a.py", "a.js",  "a.ts", "a.tsx", "a.go", "a.rs",  "a.java",
                                        "a.c",  "a.cpp", "a.sh", "a.cs",  "a.rb", "a.php", ""};
    if (size == 0)
        return 0;
    hr_str text = hr_str_of((const char *)data + 1, size - 1);
    hr_compress_opts o = hr_compress_defaults();
    o.tool_input = hr_cstr(names[(data[0] & 15) % (sizeof names / sizeof *names)]);
    if (data[0] & 32)
        o.query = hr_str_sub(text, text.n / 2, text.n / 2 + 30);
    if (data[0] & 64)
        o.code.docstring_mode = HR_DOCSTRINGS_NONE;
    if (data[0] & 128)
        o.code.target_compression_rate = 0.5;
    hr_arena a;
    hr_arena_init(&a, 256u << 20);
    hr_forms f = {0};
    hr_code_listing l;
    hr_key key = hr_key_of(text);
    hr_err e = hr_compress_code(&o, text, &key, true, &a, &f);
    require(e == HR_OK || e == HR_E_SYNTAX || e == HR_E_DEPTH || e == HR_E_TIMEOUT);
    if (e == HR_OK && f.lossy.n) {
        require(f.lossy.n < text.n);
        require(hr_str_has(f.lossy, hr_key_str(&key)));
        if (!hr_str_has(text, HR_STR(" omitted"))) {
            require(hr_code_read_lines(text, &a, &l) == HR_OK);
            require(hr_test_restores(f.lossy, text, l.number));
        }
    }
    hr_arena_free(&a);
    return 0;
}
