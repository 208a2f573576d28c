/* Lines that stand for bytes: hex dumps, base64, PEM blocks, key material. Of each run the
 * beginning, the end and what the query names stay; the rest is counted, equal lines as such. */
#include "base/hash.h"
#include "base/vec.h"
#include "compress/forms.h"
#include "compress/marker.h"
#include "text/words.h"

enum {
    RUN_MIN = 5, /* lines: shorter runs stay */
    HEAD_ALONE = 12,
    TAIL_ALONE = 3, /* of a run that is most of the text */
    HEAD_INSIDE = 1,
    TAIL_INSIDE = 1,
    WIDTH_MIN = 12,
};

/* Groups of hex digits, one base64 word, or an offset with hex groups and their characters. */
static bool opaque(hr_str line)
{
    hr_str s = hr_str_trim(line);
    size_t groups = 0, hex = 0, odd = 0, i = 0;
    if (s.n < WIDTH_MIN)
        return s.n == 1 && s.p[0] == '*'; /* "the same again" */
    bool digit = false, upper = false, low = false;
    for (i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!hr_is_alnum(c) && c != '+' && c != '/' && c != '=' && c != '_' && c != '-')
            break;
        digit |= hr_is_digit(c);
        upper |= c >= 'A' && c <= 'Z';
        low |= c >= 'a' && c <= 'z';
    }
    if (i == s.n)
        return s.n >= 40 && digit && upper && low;
    for (i = 0; i < s.n;) {
        size_t from = i;
        while (i < s.n && hr_is_hex(s.p[i]))
            i++;
        size_t n = i - from;
        bool ends = i >= s.n || s.p[i] == ' ' || s.p[i] == ':' || s.p[i] == '-' || s.p[i] == '|';
        if (n >= 2 && n <= 16 && ends) {
            groups++;
            hex += n;
        } else if (groups >= 4 && i < s.n) {
            break; /* the characters at the end of a dump's line */
        } else {
            odd++;
            i += n == 0;
        }
        while (i < s.n && (s.p[i] == ' ' || s.p[i] == ':' || s.p[i] == '-'))
            i++;
        if (odd > 1)
            return false;
    }
    return groups >= 4 && hex * 3 >= s.n;
}

typedef struct folder {
    hr_str text;
    hr_query q;
    hr_buf out;
    size_t lines, missing, folded_bytes;
} folder;

typedef HR_VEC(hr_str) lines;

static void fold(folder *f, const lines *v, size_t from, size_t to, size_t head, size_t tail)
{
    size_t gap = 0, equal = 0, bytes = 0;
    for (size_t i = from; i <= to; i++) {
        bool end = i == to;
        bool stays = end || i - from < head || to - i <= tail || hr_query_anchor_in(&f->q, v->p[i]);
        if (stays && gap) {
            hr_buf_addf(&f->out, "[%zu line%s of data omitted", gap, gap == 1 ? "" : "s");
            if (equal == gap && gap > 1)
                hr_buf_lit(&f->out, ", all equal to the one above");
            hr_buf_lit(&f->out, "]\n");
            f->missing += gap;
            f->folded_bytes += bytes;
            gap = equal = bytes = 0;
        }
        if (end)
            break;
        if (stays) {
            hr_buf_add(&f->out, v->p[i]);
            hr_buf_addc(&f->out, '\n');
        } else {
            gap++;
            bytes += v->p[i].n + 1;
            equal += i > from && hr_str_eq(v->p[i], v->p[i - 1]);
        }
    }
}

hr_err hr_compress_opaque(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                          hr_arena *a, hr_forms *out)
{
    lines v = {0};
    if (!lossy)
        return HR_OK;
    size_t data = 0;
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        hr_str *slot = hr_vec_push(&v, a);
        if (!slot)
            return HR_E_NOMEM;
        *slot = line;
        data += opaque(line) ? line.n + 1 : 0;
    }
    if (data * 4 < text.n)
        return HR_E_SYNTAX;
    folder f = {.text = text, .out = HR_BUF_INIT(text.n + 4096)};
    hr_query_parse(o->query, a, &f.q);
    bool alone = data * 10 > text.n * 9;
    for (size_t i = 0; i < v.n;) {
        size_t end = i;
        while (end < v.n && opaque(v.p[end]))
            end++;
        if (end - i >= RUN_MIN) {
            fold(&f, &v, i, end, alone ? HEAD_ALONE : HEAD_INSIDE,
                 alone ? TAIL_ALONE : TAIL_INSIDE);
        } else {
            end += end == i;
            for (size_t k = i; k < end; k++) {
                hr_buf_add(&f.out, v.p[k]);
                hr_buf_addc(&f.out, '\n');
            }
        }
        if (hr_deadline_passed(o->deadline)) {
            hr_buf_free(&f.out);
            return HR_E_TIMEOUT;
        }
        i = end;
    }
    if (f.missing) {
        char sha[65] = {0};
        hr_sha256 h = hr_sha256_of(text);
        hr_hex(h.b, sizeof h.b, sha);
        hr_marker_text(
            &f.out,
            hr_strf(a,
                    "%zu of %zu lines omitted, all of them data; the whole text has %zu bytes and "
                    "SHA-256 %s.",
                    f.missing, v.n, text.n, sha),
            key, o->via);
        if (f.out.err == HR_OK) {
            out->lossy = hr_str_dup(a, hr_buf_str(&f.out));
            out->lossy_reason = HR_R_OPAQUE_LINES;
            out->lossy_strategy = hr_strf(a, "data(-%zu of %zu lines)", f.missing, v.n);
        }
    }
    hr_err e = f.out.err == HR_E_LIMIT ? HR_OK : f.out.err;
    hr_buf_free(&f.out);
    return e;
}
