/* Paths back from their groups; see listing.h for the format. */
#include "compress/view/listing.h"

typedef struct reader {
    hr_buf *out;
    hr_str shared, folder;
    bool open, lines;
    size_t n;
} reader;

static void start(reader *r)
{
    if (r->n++)
        hr_buf_addc(r->out, '\n');
}

static void put_path(reader *r, hr_str before, hr_str name)
{
    start(r);
    hr_buf_add(r->out, before);
    hr_buf_add(r->out, r->shared);
    hr_buf_add(r->out, r->folder);
    hr_buf_add(r->out, name);
}

/* Names separated by single blanks, or one line with the name at its end. */
static hr_err names(reader *r, hr_str s)
{
    hr_str name;
    if (!r->open || s.n == 0)
        return HR_E_SYNTAX;
    if (r->lines) {
        size_t at = s.n;
        while (at && s.p[at - 1] != ' ' && s.p[at - 1] != '\t')
            at--;
        put_path(r, hr_str_sub(s, 0, at), hr_str_sub(s, at, s.n));
        return HR_OK;
    }
    while (hr_str_split(&s, ' ', &name))
        put_path(r, HR_STR_NONE, name);
    return HR_OK;
}

/* "DIR/:" or "DIR/: …": bytes of "DIR/", SIZE_MAX if it is none. */
static size_t folder_of(hr_str line)
{
    if (line.n && line.p[0] == ':')
        return 0;
    for (size_t i = 1; i < line.n; i++) {
        if (line.p[i] == ':' && line.p[i - 1] == '/' && (i + 1 == line.n || line.p[i + 1] == ' '))
            return i;
    }
    return SIZE_MAX;
}

static hr_err read_head(reader *r, hr_str s, uint64_t *n)
{
    size_t space = hr_str_find_char(s, ' ');
    hr_str below = HR_STR("each DIR is below \"");
    if (s.n < 2 || s.p[0] != '[' || space == SIZE_MAX || s.p[s.n - 1] != ']' ||
        !hr_str_u64(hr_str_sub(s, 1, space), n))
        return HR_E_SYNTAX;
    s = hr_str_sub(s, space, s.n);
    r->lines =
        hr_str_starts(s, HR_STR(" lines, nothing left out: the indented lines below \"DIR/:"));
    if (!r->lines && !hr_str_starts(s, HR_STR(" lines, nothing left out: \"DIR/: a b\"")))
        return HR_E_SYNTAX;
    size_t at = hr_str_find(s, below);
    if (at != SIZE_MAX) {
        s = hr_str_sub(s, at + below.n, s.n);
        size_t end = hr_str_find_char(s, '"');
        if (end == SIZE_MAX)
            return HR_E_SYNTAX;
        r->shared = hr_str_sub(s, 0, end);
    }
    return HR_OK;
}

hr_err hr_listing_ungroup(hr_str form, hr_buf *out)
{
    reader r = {.out = out};
    hr_str rest = form, line;
    uint64_t n;
    if (!hr_str_line(&rest, &line))
        return HR_E_SYNTAX;
    hr_err e = read_head(&r, line, &n);
    while (e == HR_OK && out->err == HR_OK && hr_str_line(&rest, &line)) {
        size_t folder = folder_of(line);
        if (line.n && line.p[0] == ' ') {
            e = names(&r, hr_str_sub(line, 1, line.n));
        } else if (line.n && line.p[0] == '=') {
            start(&r);
            hr_buf_add(out, hr_str_sub(line, 1, line.n));
            r.open = false;
        } else if (folder != SIZE_MAX) {
            r.folder = hr_str_sub(line, 0, folder);
            r.open = true;
            if (line.n > folder + 1)
                e = names(&r, hr_str_sub(line, folder + 2, line.n));
        } else {
            start(&r);
            hr_buf_add(out, line);
            r.open = false;
        }
    }
    if (e == HR_OK && r.n != n)
        e = HR_E_SYNTAX;
    if (e == HR_OK && form.p[form.n - 1] == '\n')
        hr_buf_addc(out, '\n');
    return e != HR_OK ? e : out->err;
}
