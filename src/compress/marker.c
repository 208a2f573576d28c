#include "compress/marker.h"

/* How far back a marker may open: our longest sentences list column summaries. */
enum { REACH = 8192, MIN_HEX = 12, MAX_HEX = 64 };
/* Where a form of ours says what it is. */
enum { HEAD = 4096 };

static void way_back(hr_buf *b, const hr_key *key, hr_retrieve_via via)
{
    hr_buf_lit(b, " Retrieve original: hash=");
    hr_buf_add(b, hr_key_str(key));
    if (via == HR_VIA_SHELL) {
        hr_buf_lit(b, " (run: headroom retrieve ");
        hr_buf_add(b, hr_key_str(key));
        hr_buf_addc(b, ')');
    }
}

static void ending(hr_buf *b, const hr_key *key, hr_retrieve_via via)
{
    hr_buf_lit(b, " The original is intact.");
    way_back(b, key, via);
}

void hr_marker_text(hr_buf *b, hr_str what, const hr_key *key, hr_retrieve_via via)
{
    hr_buf_addc(b, '[');
    for (size_t i = 0; i < what.n; i++) { /* values it quotes must not end the marker */
        char c = what.p[i];
        hr_buf_addc(b, c == '[' ? '(' : c == ']' ? ')' : (unsigned char)c < 0x20 ? ' ' : c);
    }
    ending(b, key, via);
    hr_buf_addc(b, ']');
}

void hr_marker_read(hr_buf *b, hr_str path, bool superseded, const hr_key *key, hr_retrieve_via via)
{
    hr_buf_addf(b, "[Read content %s: %.*s %s.", superseded ? "superseded" : "stale", HR_FMT(path),
                superseded ? "was re-read later \xe2\x80\x94 re-read the file if needed"
                           : "was modified after this read \xe2\x80\x94 re-read the file for "
                             "current content");
    way_back(b, key, via);
    hr_buf_addc(b, ']');
}

void hr_marker_json_rows(hr_buf *b, size_t n, hr_str what, const hr_key *key, hr_retrieve_via via)
{
    hr_buf_lit(b, "{\"_ccr_dropped\":\"<<ccr:");
    hr_buf_add(b, hr_key_str(key));
    hr_buf_addc(b, ' ');
    hr_buf_add_u64(b, n);
    hr_buf_lit(b, "_rows_offloaded>> ");
    for (size_t i = 0; i < what.n; i++) {
        char c = what.p[i];
        if (c == '"' || c == '\\')
            hr_buf_addc(b, '\\');
        hr_buf_addc(b, (unsigned char)c < 0x20 ? ' ' : c);
    }
    ending(b, key, via);
    hr_buf_lit(b, "\"}");
}

static size_t hex_run(hr_str s, size_t from)
{
    size_t n = 0;
    while (from + n < s.n && n <= MAX_HEX && hr_is_hex(s.p[from + n]))
        n++;
    return n >= MIN_HEX && n <= MAX_HEX ? n : 0;
}

static bool word_at(hr_str s, size_t i, hr_str word)
{
    return hr_str_starts(hr_str_sub(s, i, s.n), word);
}

bool hr_marker_find(hr_str s, size_t from, hr_marker_hit *hit)
{
    size_t depth = 0, open = 0;
    for (size_t i = from > REACH ? from - REACH : 0; i < s.n; i++) {
        size_t at = 0;
        switch (s.p[i]) {
        case '[':
            depth++;
            open = i;
            break;
        case ']':
            depth -= depth > 0;
            break;
        case '<':
            if (word_at(s, i, HR_STR("<<ccr:")))
                at = i + 6;
            break;
        case 'h':
            if (depth && word_at(s, i, HR_STR("hash=")) && i - open <= REACH)
                at = i + 5;
            break;
        case 'r':
            if (depth && word_at(s, i, HR_STR("reference '")) && i - open <= REACH)
                at = i + 11;
            break;
        default:
            break;
        }
        size_t n = at > from ? hex_run(s, at) : 0;
        if (n && i >= from) {
            *hit = (hr_marker_hit){at, at + n, hr_str_sub(s, at, at + n)};
            return true;
        }
    }
    return false;
}

bool hr_marker_closes(hr_str text)
{
    hr_marker_hit hit;
    text = hr_str_trim(text);
    size_t lf = hr_str_rfind_char(text, '\n');
    hr_str last = hr_str_sub(text, lf == SIZE_MAX ? 0 : lf + 1, text.n);
    return hr_str_starts(last, HR_STR("[")) &&
           hr_str_has(last, HR_STR(" The original is intact. Retrieve original: hash=")) &&
           hr_marker_find(last, 0, &hit);
}

static size_t digits(hr_str s, size_t at)
{
    size_t n = 0;
    while (at + n < s.n && hr_is_digit(s.p[at + n]))
        n++;
    return n;
}

/* "[12]{" or "T3=[12]{": the first line of a table. */
static bool heads_table(hr_str line)
{
    size_t at = 0, n;
    if (line.n && line.p[0] == 'T' && (n = digits(line, 1)) > 0 && line.n > 1 + n &&
        line.p[1 + n] == '=')
        at = n + 2;
    if (at >= line.n || line.p[at] != '[' || (n = digits(line, at + 1)) == 0)
        return false;
    return word_at(line, at + 1 + n, HR_STR("]{"));
}

bool hr_marker_heads_form(hr_str text)
{
    static const struct {
        const char *start, *has;
    } forms[] = {{"[", ", nothing left out: "},
                 {"[In every row:", "]"},
                 {"[Diff. A line ~N stands for ", ""},
                 {"[Diff with all changed lines. ", ""},
                 {"[", " left out: the same as "}};
    for (hr_str rest = hr_str_sub(text, 0, HEAD), line; hr_str_line(&rest, &line);) {
        if (heads_table(line))
            return true;
        for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
            if (hr_str_starts(line, hr_cstr(forms[i].start)) &&
                hr_str_has(line, hr_cstr(forms[i].has)))
                return true;
        }
    }
    return false;
}
