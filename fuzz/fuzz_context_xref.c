/* Texts apart by 0xff: the last one is new, those before are sources (the first byte of each: a
 * text or the input of a call). What references leave out must come back, number for number. */
#include "context/reads.h"

#include <stdint.h>
#include <stdlib.h>

#define MUST(x)                                                                                    \
    do {                                                                                           \
        if (!(x))                                                                                  \
            abort();                                                                               \
    } while (0)
#include "../tests/property/xref_restore.h"

enum { MAX_SOURCES = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Padding and the sign behind a line number are not kept apart. */
static hr_str plain(hr_str text, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        size_t body;
        long n = number_of(line, &body);
        if (n >= 0)
            hr_buf_addf(&b, "%ld\t", n);
        hr_buf_add(&b, hr_str_sub(line, body, line.n));
        hr_buf_addc(&b, '\n');
    }
    hr_str s = hr_str_dup(a, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static bool has_nul(hr_str s)
{
    return s.n && memchr(s.p, 0, s.n) != NULL;
}

static void requests(hr_str body, hr_arena *a)
{
    static const hr_reads_policy all = {true, true, 1};
    for (int d = 0; d < 3; d++) {
        hr_wire_request r;
        hr_read *reads;
        if (hr_wire_read((hr_dialect)d, body, a, &r).code != HR_OK)
            continue;
        MUST(hr_reads(&r, &all, a, &reads) == HR_OK);
        for (size_t i = 0; i < r.nblocks; i++)
            MUST(reads[i].state == HR_READ_FRESH || (reads[i].path.n && !r.blocks[i].live));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_arena a;
    hr_xref x;
    lines sources[MAX_SOURCES];
    hr_str rest = hr_str_of((const char *)data, size), part;
    size_t n = 0;
    if (has_nul(rest) || hr_str_has(rest, HR_STR(" left out: the same as ")))
        return 0; /* the reader above works with C strings and knows our words */
    hr_arena_init(&a, 256 << 20);
    requests(rest, &a);
    hr_xref_init(&x, &a);
    while (hr_str_split(&rest, (char)0xff, &part) && rest.n && n < MAX_SOURCES) {
        sources[n] = split(&a, part);
        MUST(hr_xref_add(&x, part, (uint32_t)n, hr_strf(&a, "s%zu", n)) == HR_OK);
        n++;
    }
    size_t known = x.lines.n;
    hr_xref_result r, again;
    const hr_tokenizer *tok = hr_tokenizer_for(HR_STR("gpt-4o"));
    MUST(hr_xref_apply(&x, tok, part, &a, &r) == HR_OK);
    MUST(x.lines.n == known);
    MUST(hr_xref_apply(&x, tok, part, &a, &again) == HR_OK);
    MUST(hr_str_eq(r.text, again.text));
    if (r.text.n) {
        MUST(hr_str_eq(plain(expand(&a, r.text, sources), &a), plain(part, &a)));
        /* what was made smaller is a source itself, and so are calls */
        MUST(hr_xref_add(&x, r.text, (uint32_t)n, HR_STR("again")) == HR_OK);
        MUST(hr_xref_apply(&x, tok, part, &a, &r) == HR_OK);
    }
    MUST(hr_xref_add_call(&x, HR_STR("write"), part, 1, 99) == HR_OK);
    MUST(hr_xref_apply(&x, tok, part, &a, &r) == HR_OK);
    hr_arena_free(&a);
    return 0;
}
