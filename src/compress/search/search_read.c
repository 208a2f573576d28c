/* Lines of search results: which file each belongs to, and whether it is a match. */
#include "compress/search/search.h"

/* Length of "digits SEP" at s[0], 0 if it is not there. */
static size_t number_and(hr_str s, char sep)
{
    size_t d = 0;
    while (d < s.n && d < 10 && hr_is_digit(s.p[d]))
        d++;
    return d && d < s.n && s.p[d] == sep ? d + 1 : 0;
}

/* "path-12-text" and "path=12=text" for a path that also has matches: a dash alone proves nothing.
 */
static bool split_context(hr_str line, const hr_map *paths, hr_path_line *out)
{
    size_t tries = 0;
    for (size_t i = 1; i < line.n && i < 400 && tries < 16; i++) {
        char c = line.p[i];
        if ((c != '-' && c != '=') || !number_and(hr_str_sub(line, i + 1, line.n), c))
            continue;
        tries++;
        if (hr_map_get(paths, hr_str_sub(line, 0, i))) {
            *out = (hr_path_line){.path = hr_str_sub(line, 0, i),
                                  .rest = hr_str_sub(line, i + 1, line.n),
                                  .sep = c == '-' ? HR_SEP_CONTEXT : HR_SEP_HEADING};
            return true;
        }
    }
    return false;
}

static hr_search_line *push(hr_search *s, hr_arena *a, hr_str line)
{
    hr_search_line *l = hr_vec_push(&s->lines, a);
    if (l)
        *l =
            (hr_search_line){.l = {.rest = line},
                             .is = hr_str_eq(line, HR_STR("--")) ? HR_FOUND_BREAK : HR_FOUND_OTHER};
    return l;
}

static void forget(hr_path_line *l)
{
    *l = (hr_path_line){.rest = hr_path_line_whole(l)};
}

/* Each line with its own path. Numbers behind the paths are a sure sign; lines without one are
 * matches only where no line has one. */
static hr_err read_own(hr_str text, hr_arena *a, hr_search *s, size_t *known)
{
    size_t numbered = 0, plain = 0;
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        hr_search_line *l = push(s, a, line);
        hr_path_line got;
        if (!l)
            return HR_E_NOMEM;
        if (!hr_path_line_read(line, &got) || got.sep == HR_SEP_END)
            continue;
        l->l = got;
        numbered += got.sep == HR_SEP_MATCH;
        plain += got.sep == HR_SEP_PLAIN;
    }
    hr_path_sep sep = numbered >= plain ? HR_SEP_MATCH : HR_SEP_PLAIN;
    for (size_t i = 0; i < s->lines.n; i++) {
        hr_search_line *l = &s->lines.p[i];
        if (l->l.sep != sep) {
            forget(&l->l);
            continue;
        }
        l->is = HR_FOUND_MATCH;
        hr_map_entry *e = hr_map_put(&s->files, l->l.path, NULL);
        if (!e)
            return HR_E_NOMEM;
        e->value++;
        l->file = (uint32_t)(e - s->files.entries);
    }
    *known = sep == HR_SEP_MATCH ? numbered : plain;
    for (size_t i = 0; i < s->lines.n && sep == HR_SEP_MATCH; i++) {
        hr_search_line *l = &s->lines.p[i];
        if (l->is != HR_FOUND_OTHER || !split_context(l->l.rest, &s->files, &l->l))
            continue;
        l->is = HR_FOUND_CONTEXT;
        l->file = (uint32_t)(hr_map_get(&s->files, l->l.path) - s->files.entries);
        ++*known;
    }
    return HR_OK;
}

/* Paths above their matches. A path is a line in front of a numbered one, at the start or behind a
 * blank line. */
static hr_err read_headed(hr_search *s, size_t *known)
{
    hr_map_entry *file = NULL;
    bool fresh = true;
    *known = 0;
    for (size_t i = 0; i < s->lines.n; i++) {
        hr_search_line *l = &s->lines.p[i];
        hr_str line = l->l.rest;
        size_t match = number_and(line, ':'), near = match ? 0 : number_and(line, '-');
        if (l->is == HR_FOUND_BREAK)
            continue;
        if (file && (match || near)) {
            l->l = (hr_path_line){.path = file->key, .rest = line, .sep = HR_SEP_MATCH};
            l->is = match ? HR_FOUND_MATCH : HR_FOUND_CONTEXT;
            l->file = (uint32_t)(file - s->files.entries);
            file->value += match != 0;
            ++*known;
        } else if (fresh && line.n && i + 1 < s->lines.n) {
            hr_str next = s->lines.p[i + 1].l.rest;
            file = number_and(next, ':') || number_and(next, '-')
                       ? hr_map_put(&s->files, line, NULL)
                       : NULL;
            if (file) {
                l->is = HR_FOUND_FILE;
                ++*known;
            } else if (s->files.arena->failed) {
                return HR_E_NOMEM;
            }
        } else if (line.n == 0) {
            file = NULL;
            ++*known;
        }
        fresh = line.n == 0;
    }
    return HR_OK;
}

hr_err hr_search_read(hr_str text, hr_arena *a, hr_search *s)
{
    *s = (hr_search){.final_newline = text.n && text.p[text.n - 1] == '\n'};
    hr_map_init(&s->files, a);
    size_t known = 0;
    hr_err err = read_own(text, a, s, &known);
    if (err == HR_OK && known * 2 < s->lines.n) {
        hr_map_init(&s->files, a);
        for (size_t i = 0; i < s->lines.n; i++) {
            hr_search_line *l = &s->lines.p[i];
            forget(&l->l);
            l->is = l->is == HR_FOUND_BREAK ? HR_FOUND_BREAK : HR_FOUND_OTHER;
        }
        err = read_headed(s, &known);
        s->headings = true;
    }
    if (err != HR_OK)
        return err;
    for (size_t i = 0; i < s->lines.n; i++)
        s->matches += s->lines.p[i].is == HR_FOUND_MATCH;
    return known * 2 < s->lines.n || s->matches == 0 ? HR_E_SYNTAX : HR_OK;
}
