#include "compress/view/listing.h"

enum { PATH_MAX_BYTES = 1024, WRAP = 120, CHECK_EVERY = 1024 };

typedef struct writer {
    hr_buf out;
    hr_str shared;  /* folder that all paths are below, or "" */
    hr_str folder;  /* of the names that go on now; p == NULL: none is open */
    bool lines;     /* each path keeps its line */
    size_t line_at; /* where the form's last line begins */
    size_t grouped; /* lines of the text that are names of a folder */
    size_t folders;
} writer;

/* The last word of a line: where it begins. */
static size_t last_word(hr_str line)
{
    size_t i = line.n;
    while (i && line.p[i - 1] != ' ' && line.p[i - 1] != '\t')
        i--;
    return i;
}

static bool plain(hr_str path)
{
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c <= 0x20 || c == 0x7f)
            return false;
    }
    return path.n > 0 && path.n <= PATH_MAX_BYTES && path.p[0] != ':' && path.p[path.n - 1] != ':';
}

/* Could the line be read as one of the form's own? */
static bool ambiguous(hr_str line)
{
    if (line.n == 0)
        return false;
    if (line.p[0] == '=' || line.p[0] == ' ' || line.p[0] == ':')
        return true;
    for (size_t i = 1; i < line.n; i++) {
        if (line.p[i] == ':' && line.p[i - 1] == '/' && (i + 1 == line.n || line.p[i + 1] == ' '))
            return true;
    }
    return false;
}

static void put_plain(writer *w, hr_str line)
{
    if (w->out.n)
        hr_buf_addc(&w->out, '\n');
    if (ambiguous(line))
        hr_buf_addc(&w->out, '=');
    hr_buf_add(&w->out, line);
    w->folder = HR_STR_NONE;
}

static void open_folder(writer *w, hr_str folder)
{
    w->folder = folder;
    w->folders++;
    hr_buf_addc(&w->out, '\n');
    w->line_at = w->out.n;
    hr_buf_add(&w->out, hr_str_sub(folder, w->shared.n, folder.n));
    hr_buf_addc(&w->out, ':');
}

/* The line's path, if it can be taken apart. */
static bool path_of(const writer *w, hr_str line, size_t *at)
{
    *at = w->lines ? last_word(line) : 0;
    hr_str path = hr_str_sub(line, *at, line.n);
    return plain(path) && hr_str_starts(path, w->shared);
}

static void put_line(writer *w, hr_str line)
{
    size_t at;
    if (!path_of(w, line, &at) || (w->lines && at == 0)) {
        put_plain(w, line);
        return;
    }
    hr_str path = hr_str_sub(line, at, line.n), folder = hr_listing_folder(path);
    if (folder.n < w->shared.n) { /* the shared folder itself */
        put_plain(w, line);
        return;
    }
    hr_str name = hr_str_sub(path, folder.n, path.n);
    bool same = w->folder.p && hr_str_eq(w->folder, folder);
    if (!same)
        open_folder(w, folder);
    w->grouped++;
    if (w->lines) {
        hr_buf_lit(&w->out, "\n ");
        hr_buf_add(&w->out, hr_str_sub(line, 0, at));
    } else if (w->out.n - w->line_at > WRAP) {
        hr_buf_lit(&w->out, "\n ");
        w->line_at = w->out.n;
    } else {
        hr_buf_addc(&w->out, ' ');
    }
    hr_buf_add(&w->out, name);
}

/* Which of the two notations the text calls for, and the folder all its paths share. */
static bool survey(writer *w, hr_str text)
{
    size_t bare = 0, last = 0, n = 0;
    hr_str rest = text, line, shared = HR_STR_NONE;
    while (hr_str_line(&rest, &line)) {
        size_t at = last_word(line);
        n++;
        bare += at == 0 && plain(line);
        last += at > 0 && plain(hr_str_sub(line, at, line.n)) &&
                hr_str_find_char(hr_str_sub(line, at, line.n), '/') != SIZE_MAX;
    }
    w->lines = last > bare;
    if (n < 8 || (w->lines ? last : bare) * 4 < n * 3)
        return false;
    rest = text;
    for (bool first = true; hr_str_line(&rest, &line);) {
        size_t at = w->lines ? last_word(line) : 0;
        hr_str path = hr_str_sub(line, at, line.n);
        if (!plain(path) || (w->lines && at == 0))
            continue;
        hr_str folder = hr_listing_folder(path);
        size_t k = 0;
        while (!first && k < shared.n && k < path.n && shared.p[k] == path.p[k])
            k++;
        shared = first ? folder : hr_str_sub(shared, 0, k);
        first = false;
    }
    size_t slash = hr_str_rfind_char(shared, '/');
    w->shared = hr_str_sub(shared, 0, slash == SIZE_MAX ? 0 : slash + 1);
    if (hr_str_find_char(w->shared, '"') != SIZE_MAX || w->shared.n < 4)
        w->shared.n = 0;
    return true;
}

static void put_head(writer *w, size_t n)
{
    hr_buf_addf(&w->out,
                w->lines
                    ? "[%zu lines, nothing left out: the indented lines below \"DIR/:\" had DIR/ "
                      "before their last word"
                    : "[%zu lines, nothing left out: \"DIR/: a b\" stands for the lines DIR/a "
                      "and DIR/b, an indented line goes on with more",
                n);
    if (w->shared.n) {
        hr_buf_lit(&w->out, "; each DIR is below \"");
        hr_buf_add(&w->out, w->shared);
        hr_buf_lit(&w->out, "\"");
    }
    hr_buf_lit(&w->out, "; \"=\" is put before other lines where needed]");
}

hr_err hr_listing_group(hr_str text, const hr_deadline *deadline, hr_arena *a, hr_str *out,
                        hr_str *strategy)
{
    writer w = {.out = HR_BUF_INIT(text.n + 1)};
    size_t n = 0;
    hr_str rest = text, line;
    *out = HR_STR_NONE;
    if (text.n == 0 || !survey(&w, text))
        return HR_OK;
    while (hr_str_line(&rest, &line))
        n++;
    put_head(&w, n);
    rest = text;
    for (size_t i = 0; w.out.err == HR_OK && hr_str_line(&rest, &line); i++) {
        if (i % CHECK_EVERY == 0 && hr_deadline_passed(deadline)) {
            hr_buf_free(&w.out);
            return HR_E_TIMEOUT;
        }
        put_line(&w, line);
    }
    if (text.p[text.n - 1] == '\n')
        hr_buf_addc(&w.out, '\n');
    hr_err e = w.out.err == HR_E_LIMIT ? HR_OK : w.out.err; /* longer than the text */
    if (w.out.err == HR_OK && w.out.n < text.n) {
        *out = hr_str_dup(a, hr_buf_str(&w.out));
        *strategy = hr_strf(a, "folders(%zu lines, %zu in %zu groups)", n, w.grouped, w.folders);
    }
    hr_buf_free(&w.out);
    return a->failed ? HR_E_NOMEM : e;
}
