/* Listings: what stands in which folder. */
#include "compress/view/listing.h"
#include "compress/view/listing_fold.h"
#include "compress/view/view_tree.h"

enum {
    PATH_MAX_BYTES = 1024,
    TOKENS_MAX = 12,
    NOTES_MAX = 20,
    MIN_ENTRIES = 8,
    NAMES_TOKENS = 3000
};

static hr_entry *add(hr_entries *e, hr_arena *a, hr_str line, hr_str folder, hr_str name)
{
    hr_entry *slot = hr_vec_push(&e->p, a);
    if (slot)
        *slot = (hr_entry){.line = line, .folder = folder, .name = name};
    return slot;
}

/* --- rows that begin with a mode or a size and end in a name -----------------------------------
 */

static bool is_mode(hr_str w)
{
    if (w.n < 10 || w.n > 11 || !w.p[0] || !strchr("-dlbcps", w.p[0]))
        return false;
    for (size_t i = 1; i < 10; i++) {
        if (!w.p[i] || !strchr("rwxsStT-", w.p[i]))
            return false;
    }
    return true;
}

static bool is_month(hr_str w)
{
    return w.n == 3 && hr_str_has(HR_STR("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"), w);
}

static bool is_iso_date(hr_str w)
{
    return w.n == 10 && hr_is_digit(w.p[0]) && w.p[4] == '-' && w.p[7] == '-';
}

static hr_str token(hr_str line, size_t *at)
{
    while (*at < line.n && line.p[*at] == ' ')
        ++*at;
    size_t from = *at;
    while (*at < line.n && line.p[*at] != ' ')
        ++*at;
    return hr_str_sub(line, from, *at);
}

/* "-rw-r--r-- 1 root root 2282 Nov 30 2022 name", tar -tv, unzip -l, find -ls: mode (if any), the
 * number in front of the date, and where the name begins. */
static bool read_row(hr_str line, hr_str *mode, uint64_t *size, size_t *name_at)
{
    size_t at = 0;
    uint64_t number = 0;
    bool numbered = false;
    *mode = HR_STR_NONE;
    for (int i = 0; i < TOKENS_MAX; i++) {
        hr_str w = token(line, &at);
        if (w.n == 0)
            return false;
        if (is_mode(w) && !mode->n) {
            *mode = w;
        } else if (numbered && (is_month(w) || is_iso_date(w))) {
            if (is_month(w))
                (void)token(line, &at);
            hr_str time = token(line, &at);
            if (time.n < 4 || !hr_is_digit(time.p[0]))
                return false;
            size_t zone = at;
            w = token(line, &zone);
            if (w.n == 5 && (w.p[0] == '+' || w.p[0] == '-') && hr_is_digit(w.p[1]))
                at = zone;
            while (at < line.n && line.p[at] == ' ')
                at++;
            *size = number;
            *name_at = at;
            return at < line.n;
        } else {
            numbered = hr_is_digit(w.p[0]);
            if (!hr_str_u64(w, &number))
                number = UINT64_MAX; /* 4.0K: not exact */
        }
    }
    return false;
}

static bool is_total(hr_str line)
{
    return hr_str_starts(line, HR_STR("total "));
}

/* "dir:" in front of its names; the folder with its slash goes to *folder. */
static bool heading(hr_str line, hr_arena *a, hr_str *folder)
{
    if (line.n < 2 || line.n > PATH_MAX_BYTES || line.p[line.n - 1] != ':')
        return false;
    hr_str path = hr_str_sub(line, 0, line.n - 1);
    *folder = path.p[path.n - 1] == '/' ? hr_str_dup(a, path) : hr_strf(a, "%.*s/", HR_FMT(path));
    return folder->p != NULL;
}

static hr_err read_rows(hr_str text, hr_arena *a, hr_entries *e)
{
    hr_str rest = text, line, folder = HR_STR_NONE;
    e->rows = true;
    for (size_t rows = 0, other = 0; hr_str_line(&rest, &line);) {
        hr_str mode;
        uint64_t size;
        size_t at;
        if (line.n == 0 || is_total(line) || heading(line, a, &folder))
            continue;
        if (!read_row(line, &mode, &size, &at)) {
            hr_str *note = hr_vec_push(&e->notes, a);
            if (!note)
                return HR_E_NOMEM;
            *note = line;
            if (++other > NOTES_MAX || (other > 4 && other * 10 > rows))
                return HR_E_SYNTAX;
            continue;
        }
        rows++;
        hr_str path = hr_str_sub(line, at, line.n);
        size_t arrow = mode.n && mode.p[0] == 'l' ? hr_str_find(path, HR_STR(" -> ")) : SIZE_MAX;
        path = hr_str_sub(path, 0, arrow);
        if (path.n == 0 || path.n > PATH_MAX_BYTES)
            return HR_E_SYNTAX;
        if (hr_str_eq(path, HR_STR(".")) || hr_str_eq(path, HR_STR("..")))
            continue;
        hr_str in = hr_listing_folder(path);
        hr_entry *x = add(e, a, line, in.n ? in : folder, hr_str_sub(path, in.n, path.n));
        if (!x)
            return HR_E_NOMEM;
        x->size = size;
        x->is_folder = (mode.n && mode.p[0] == 'd') || path.p[path.n - 1] == '/';
        x->sized = !x->is_folder && size != UINT64_MAX;
        e->typed |= mode.n > 0;
    }
    return e->p.n >= MIN_ENTRIES ? HR_OK : HR_E_SYNTAX;
}

/* Any words in front of a path: du, find -printf, checksums. */
static hr_err read_prefixed(hr_str text, hr_arena *a, hr_entries *e)
{
    hr_str rest = text, line;
    size_t paths = 0;
    e->rows = true;
    e->by_row = true;
    while (hr_str_line(&rest, &line)) {
        size_t at = hr_str_rfind_char(line, '\t'), number = 0;
        if (at == SIZE_MAX)
            at = hr_str_rfind_char(line, ' ');
        at = at == SIZE_MAX ? 0 : at + 1;
        while (number < line.n && hr_is_digit(line.p[number]))
            number++;
        hr_str path = hr_str_sub(line, at, line.n), in = hr_listing_folder(path);
        if (at == 0 || path.n == 0 || path.n > PATH_MAX_BYTES || !hr_is_alnum(line.p[0]))
            return HR_E_SYNTAX;
        hr_entry *x = add(e, a, line, in, hr_str_sub(path, in.n, path.n));
        if (!x)
            return HR_E_NOMEM;
        x->sized = hr_str_u64(hr_str_sub(line, 0, number), &x->size);
        paths += in.n > 0;
    }
    return e->p.n >= MIN_ENTRIES && paths * 4 >= e->p.n * 3 ? HR_OK : HR_E_SYNTAX;
}

/* --- names and paths ---------------------------------------------------------------------------
 */

static bool is_name(hr_str line, size_t *blanks)
{
    bool blank = false;
    for (size_t i = 0; i < line.n; i++) {
        if ((unsigned char)line.p[i] < 0x20)
            return false;
        blank |= line.p[i] == ' ';
    }
    *blanks += blank;
    return line.n > 0 && line.n <= PATH_MAX_BYTES;
}

/* "tool: path: message" */
static bool is_message(hr_str line)
{
    return hr_str_has(line, HR_STR(": "));
}

static hr_err read_names(hr_str text, hr_arena *a, hr_entries *e)
{
    hr_str rest = text, line, folder = HR_STR_NONE;
    bool blank = true;
    size_t spaced = 0; /* names with a blank inside */
    while (hr_str_line(&rest, &line)) {
        hr_str head;
        if (line.n == 0) {
            blank = true;
            continue;
        }
        bool words =
            hr_str_find_char(line, ' ') != SIZE_MAX && hr_str_find_char(line, '/') == SIZE_MAX;
        if (hr_str_has(line, HR_STR("::")))
            return HR_E_SYNTAX; /* names of tests */
        if (words || is_message(line)) {
            hr_str *note = hr_vec_push(&e->notes, a);
            if (!note)
                return HR_E_NOMEM;
            *note = line;
            if (e->notes.n > NOTES_MAX)
                return HR_E_SYNTAX;
            continue;
        }
        if (blank && heading(line, a, &head)) {
            folder = head;
            blank = false;
            continue;
        }
        blank = false;
        if (!is_name(line, &spaced))
            return HR_E_SYNTAX;
        hr_str in = hr_listing_folder(line);
        if (!add(e, a, line, in.n ? in : folder, hr_str_sub(line, in.n, line.n)))
            return HR_E_NOMEM;
    }
    return e->p.n >= MIN_ENTRIES && spaced * 10 <= e->p.n ? HR_OK : HR_E_SYNTAX;
}

/* --- trees -------------------------------------------------------------------------------------
 */

/* The entries of a drawn tree: the folder of each is put together from the names above it. */
static hr_err tree_entries(const hr_tree *t, hr_arena *a, hr_entries *e)
{
    hr_str above[HR_TREE_DEPTH + 1] = {HR_STR_NONE};
    for (size_t i = 0; i < t->lines.n; i++) {
        const hr_tree_line *l = &t->lines.p[i];
        bool parent = i + 1 < t->lines.n && t->lines.p[i + 1].depth > l->depth;
        if (l->depth == 0 && !parent) {
            hr_str *note = l->name.n ? hr_vec_push(&e->notes, a) : NULL;
            if (l->name.n && !note)
                return HR_E_NOMEM;
            if (note)
                *note = l->name;
            if (e->notes.n > NOTES_MAX)
                return HR_E_SYNTAX;
            continue;
        }
        hr_str folder = l->depth ? above[l->depth - 1] : HR_STR_NONE;
        if (parent) {
            if (folder.n + l->name.n > PATH_MAX_BYTES)
                return HR_E_SYNTAX;
            char sep = e->packages ? '\n' : '/';
            bool ended = l->name.n && l->name.p[l->name.n - 1] == sep;
            above[l->depth] =
                hr_strf(a, "%.*s%.*s%.*s", HR_FMT(folder), HR_FMT(l->name), !ended, &sep);
            if (!above[l->depth].p)
                return HR_E_NOMEM;
        }
        hr_entry *x = l->depth ? add(e, a, l->name, folder, l->name) : NULL;
        if (l->depth && !x)
            return HR_E_NOMEM;
        if (x)
            x->is_folder = parent;
    }
    return e->p.n >= MIN_ENTRIES ? HR_OK : HR_E_SYNTAX;
}

/* Names are what one lists for: where a form that keeps them all is short, none are counted away.
 */
static bool names_fit(const hr_view_job *j, hr_str text, hr_str lossless)
{
    return lossless.n && lossless.n <= text.n / 2 &&
           hr_tokens_estimate(j->o->tok, lossless) <= NAMES_TOKENS;
}

static hr_err forms_of(const hr_view_job *j, hr_str text, const hr_entries *e, hr_forms *out)
{
    out->lossy_reason = HR_R_LISTING_FOLDERS;
    return j->lossy && !names_fit(j, text, out->lossless)
               ? hr_listing_fold(j, e, &out->lossy, &out->lossy_strategy)
               : HR_OK;
}

hr_err hr_view_tree(const hr_view_job *j, hr_str text, hr_forms *out)
{
    hr_tree t;
    hr_entries e = {0};
    out->lossless_reason = HR_R_LISTING_GROUP;
    hr_err err = hr_tree_read(text, j->a, &t);
    e.packages = err == HR_OK && hr_tree_of_packages(&t);
    if (err == HR_OK)
        err = hr_tree_pack(&t, text, j->a, &out->lossless, &out->lossless_strategy);
    if (err == HR_OK)
        err = tree_entries(&t, j->a, &e);
    return err == HR_OK ? forms_of(j, text, &e, out) : err;
}

hr_err hr_view_listing(const hr_view_job *j, hr_str text, hr_forms *out)
{
    hr_entries e = {0};
    hr_err err = hr_view_tree(j, text, out);
    if (err != HR_E_SYNTAX)
        return err;
    err = read_rows(text, j->a, &e);
    if (err == HR_E_SYNTAX) {
        e = (hr_entries){0};
        err = read_names(text, j->a, &e);
    }
    if (err == HR_E_SYNTAX) {
        e = (hr_entries){0};
        err = read_prefixed(text, j->a, &e);
    }
    if (err == HR_OK)
        err = hr_listing_group(text, j->o->deadline, j->a, &out->lossless, &out->lossless_strategy);
    if (err == HR_OK && e.rows)
        err = hr_view_or_log(j, text, out);
    return err == HR_OK ? forms_of(j, text, &e, out) : err;
}
