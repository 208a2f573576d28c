#include "compress/view/git_log.h"

#include "base/map.h"
#include "text/json.h"

enum { COMMITS_MIN = 3, HASH_MIN = 40 };

static const char head[] = "[git log of ";
static const char says[] =
    " commits, nothing left out: \"commit X | D\" stands for the lines commit X, ";

/* The head of one commit in its usual form: commit, author, date, blank line. */
typedef struct entry {
    hr_str commit, author, date;
    size_t end; /* behind the blank line */
} entry;

static bool is_commit(hr_str line)
{
    if (!hr_str_starts(line, HR_STR("commit ")) || line.n < 7 + HASH_MIN)
        return false;
    for (size_t i = 7; i < 7 + HASH_MIN; i++) {
        if (!hr_is_hex(line.p[i]))
            return false;
    }
    return true;
}

static bool read_entry(hr_str text, size_t at, entry *e)
{
    hr_str rest = hr_str_sub(text, at, text.n), blank;
    bool ok = hr_str_line(&rest, &e->commit) && is_commit(e->commit) &&
              !hr_str_has(e->commit, HR_STR(" | ")) && hr_str_line(&rest, &e->author) &&
              hr_str_starts(e->author, HR_STR("Author: ")) && hr_str_line(&rest, &e->date) &&
              hr_str_starts(e->date, HR_STR("Date:   ")) && hr_str_line(&rest, &blank) &&
              blank.n == 0 && rest.p;
    e->date = hr_str_sub(e->date, 8, e->date.n);
    e->end = ok ? (size_t)(blank.p - text.p) + 1 : 0;
    return ok && e->end <= text.n;
}

/* Next line's start. */
static size_t next_line(hr_str text, size_t at)
{
    size_t n = hr_str_find_char(hr_str_sub(text, at, text.n), '\n');
    return n == SIZE_MAX ? text.n : at + n + 1;
}

typedef struct survey {
    hr_str author, tail;  /* the most frequent author; what all dates end in */
    size_t commits;       /* of that author */
    size_t deep, shallow; /* lines that begin with four blanks, with one */
} survey;

static hr_err look(hr_str text, hr_arena *a, survey *s)
{
    hr_map authors;
    size_t most = 0;
    hr_map_init(&authors, a);
    for (size_t at = 0; at < text.n; at = next_line(text, at)) {
        entry e;
        bool deep = hr_str_starts(hr_str_sub(text, at, text.n), HR_STR("    "));
        s->deep += deep;
        s->shallow += text.p[at] == ' ' && !deep;
        if (text.p[at] != 'c' || !read_entry(text, at, &e))
            continue;
        hr_map_entry *m = hr_map_put(&authors, e.author, NULL);
        if (!m)
            return HR_E_NOMEM;
        if (++m->value > most) {
            most = m->value;
            s->author = e.author;
        }
    }
    for (size_t at = 0; at < text.n; at = next_line(text, at)) {
        entry e;
        if (text.p[at] != 'c' || !read_entry(text, at, &e) || !hr_str_eq(e.author, s->author))
            continue;
        size_t k = 0;
        while (s->commits && k < s->tail.n && k < e.date.n &&
               s->tail.p[s->tail.n - 1 - k] == e.date.p[e.date.n - 1 - k])
            k++;
        s->tail = s->commits++ ? hr_str_sub(s->tail, s->tail.n - k, s->tail.n) : e.date;
    }
    size_t blank = hr_str_find_char(s->tail, ' '); /* whole words only */
    s->tail = hr_str_sub(s->tail, blank == SIZE_MAX ? s->tail.n : blank, s->tail.n);
    return HR_OK;
}

static bool ambiguous(hr_str line, bool indents)
{
    return line.n && (line.p[0] == '=' || (indents && line.p[0] == ' ') ||
                      (hr_str_starts(line, HR_STR("commit ")) && hr_str_has(line, HR_STR(" | "))));
}

static void put_head(const survey *s, bool indents, hr_buf *b)
{
    hr_buf_addf(b, "%s%zu%s", head, s->commits, says);
    hr_json_quote(b, s->author);
    hr_buf_lit(b, ", Date:   D and a blank one; each D ends in ");
    hr_json_quote(b, s->tail);
    if (indents)
        hr_buf_lit(b, "; one blank in front was four");
    hr_buf_lit(b, "; \"=\" is put before other lines where needed]\n");
}

hr_err hr_git_log_pack(hr_str text, hr_arena *a, hr_str *out, hr_str *strategy)
{
    survey s = {0};
    *out = HR_STR_NONE;
    hr_err err = look(text, a, &s);
    if (err != HR_OK || s.commits < COMMITS_MIN)
        return err != HR_OK ? err : HR_E_SYNTAX;
    bool indents = s.deep > s.shallow;
    hr_buf b = HR_BUF_INIT(text.n + 1);
    put_head(&s, indents, &b);
    for (size_t at = 0, next; at < text.n && b.err == HR_OK; at = next) {
        entry e;
        next = next_line(text, at);
        hr_str line = hr_str_sub(text, at, next);
        bool lf = line.p[line.n - 1] == '\n';
        line.n -= lf;
        if (text.p[at] == 'c' && read_entry(text, at, &e) && hr_str_eq(e.author, s.author)) {
            hr_buf_add(&b, e.commit);
            hr_buf_lit(&b, " | ");
            hr_buf_add(&b, hr_str_sub(e.date, 0, e.date.n - s.tail.n));
            next = e.end;
            lf = true;
        } else if (indents && hr_str_starts(line, HR_STR("    "))) {
            hr_buf_add(&b, hr_str_sub(line, 3, line.n));
        } else {
            if (ambiguous(line, indents))
                hr_buf_addc(&b, '=');
            hr_buf_add(&b, line);
        }
        if (lf)
            hr_buf_addc(&b, '\n');
    }
    if (b.err == HR_OK && b.n < text.n) {
        *out = hr_str_dup(a, hr_buf_str(&b));
        *strategy = hr_strf(a, "git log(%zu commits)", s.commits);
    }
    err = b.err == HR_E_LIMIT ? HR_OK : b.err;
    hr_buf_free(&b);
    return err == HR_OK && a->failed ? HR_E_NOMEM : err;
}

static bool take_quoted(hr_str *s, hr_str before, hr_arena *a, hr_str *text)
{
    hr_json_doc d;
    size_t used;
    if (!hr_str_starts(*s, before))
        return false;
    *s = hr_str_sub(*s, before.n, s->n);
    if (hr_json_scan_prefix(a, *s, 4, &d, &used).code != HR_OK ||
        !hr_json_is(&d, 0, HR_JSON_STRING))
        return false;
    *text = hr_json_text(&d, 0, a);
    *s = hr_str_sub(*s, used, s->n);
    return true;
}

hr_err hr_git_log_unpack(hr_str form, hr_arena *a, hr_buf *out)
{
    hr_str rest = form, line, author, tail;
    size_t at = SIZE_MAX;
    if (hr_str_line(&rest, &line) && hr_str_starts(line, hr_cstr(head)))
        at = hr_str_find(line, hr_cstr(says));
    if (at == SIZE_MAX)
        return HR_E_SYNTAX;
    line = hr_str_sub(line, at, line.n);
    if (!take_quoted(&line, hr_cstr(says), a, &author) ||
        !take_quoted(&line, HR_STR(", Date:   D and a blank one; each D ends in "), a, &tail))
        return HR_E_SYNTAX;
    bool indents = hr_str_starts(line, HR_STR("; one blank"));
    while (out->err == HR_OK && hr_str_line(&rest, &line)) {
        size_t bar =
            hr_str_starts(line, HR_STR("commit ")) ? hr_str_find(line, HR_STR(" | ")) : SIZE_MAX;
        if (bar != SIZE_MAX) {
            hr_buf_add(out, hr_str_sub(line, 0, bar));
            hr_buf_addc(out, '\n');
            hr_buf_add(out, author);
            hr_buf_lit(out, "\nDate:   ");
            hr_buf_add(out, hr_str_sub(line, bar + 3, line.n));
            hr_buf_add(out, tail);
            hr_buf_lit(out, "\n");
        } else if (line.n && line.p[0] == '=') {
            hr_buf_add(out, hr_str_sub(line, 1, line.n));
        } else {
            if (indents && line.n && line.p[0] == ' ')
                hr_buf_lit(out, "   ");
            hr_buf_add(out, line);
        }
        hr_buf_addc(out, '\n');
    }
    if (out->err == HR_OK && out->n && form.p[form.n - 1] != '\n')
        out->n--;
    return out->err;
}
