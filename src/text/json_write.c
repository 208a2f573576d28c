/* The only two places that write JSON: a quoted string, and a value without its white space. */
#include "text/json.h"

#include "text/json_bytes.h"

static void escape(hr_buf *b, unsigned char c)
{
    static const char short_form[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    static const char hex[] = "0123456789abcdef";
    char out[6] = {'\\', (char)c, '0', '0', 0, 0};
    size_t n = 2;
    if (c < 0x20 && short_form[c]) {
        out[1] = short_form[c];
    } else if (c < 0x20) {
        out[1] = 'u';
        out[4] = hex[c >> 4];
        out[5] = hex[c & 15];
        n = 6;
    }
    hr_buf_add(b, hr_str_of(out, n));
}

void hr_json_quote(hr_buf *b, hr_str s)
{
    const unsigned char *p = (const unsigned char *)(s.p ? s.p : ""), *end = p + s.n;
    hr_buf_addc(b, '"');
    while (p < end) {
        const unsigned char *q = hr_json_skip_plain(p, end);
        hr_buf_add(b, hr_str_of((const char *)p, (size_t)(q - p)));
        if (q < end)
            escape(b, *q++);
        p = q;
    }
    hr_buf_addc(b, '"');
}

/* What lies between two scalars: brackets, commas, colons and white space. */
static void add_gap(hr_buf *b, hr_str gap)
{
    size_t from = 0;
    for (size_t i = 0; i < gap.n; i++) {
        if (!hr_json_ws((unsigned char)gap.p[i]))
            continue;
        hr_buf_add(b, hr_str_sub(gap, from, i));
        while (i + 1 < gap.n && hr_json_ws((unsigned char)gap.p[i + 1]))
            i++;
        from = i + 1;
    }
    hr_buf_add(b, hr_str_sub(gap, from, gap.n));
}

void hr_json_minify(const hr_json_doc *d, uint32_t i, hr_buf *b)
{
    if (i >= d->n)
        return;
    size_t at = d->nodes[i].start;
    for (uint32_t k = i; k < d->nodes[i].next; k++) {
        const hr_json_node *n = &d->nodes[k];
        if (n->type == HR_JSON_ARRAY || n->type == HR_JSON_OBJECT)
            continue;
        add_gap(b, hr_str_sub(d->src, at, n->start));
        hr_buf_add(b, hr_str_sub(d->src, n->start, n->end));
        at = n->end;
    }
    add_gap(b, hr_str_sub(d->src, at, d->nodes[i].end));
}
