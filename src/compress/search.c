/* Search results: grep, ripgrep, ag, with and without headings and context; match counts.
 *
 * Lossless: neighbours of one folder and file are grouped (paths.h). Lossy: every file and its
 * match count stays, of a file with many matches the first ones and those the query asks for. */
#include "base/map.h"
#include "compress/detect.h"
#include "compress/marker.h"
#include "compress/paths.h"

enum { KEEP_PER_FILE = 3, CHECK_EVERY = 512 };

/* Length of "digits SEP" at s[0], 0 if it is not there. */
static size_t number_and(hr_str s, char sep)
{
    size_t d = 0;
    while (d < s.n && d < 10 && hr_is_digit(s.p[d]))
        d++;
    return d && d < s.n && s.p[d] == sep ? d + 1 : 0;
}

/* "path-12-text" for a path that also has matches (a dash alone proves nothing). */
static bool split_context(hr_str line, const hr_map *paths, hr_path_line *out)
{
    size_t tries = 0;
    for (size_t i = 1; i < line.n && i < 400 && tries < 16; i++) {
        if (line.p[i] != '-' || !number_and(hr_str_sub(line, i + 1, line.n), '-'))
            continue;
        tries++;
        if (hr_map_get(paths, hr_str_sub(line, 0, i))) {
            *out = (hr_path_line){.path = hr_str_sub(line, 0, i),
                                  .rest = hr_str_sub(line, i + 1, line.n),
                                  .sep = HR_SEP_CONTEXT};
            return true;
        }
    }
    return false;
}

typedef HR_VEC(hr_path_line) line_vec;

static hr_err read_lines(hr_str text, hr_arena *a, line_vec *v, hr_map *paths)
{
    hr_map_init(paths, a);
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        hr_path_line *l = hr_vec_push(v, a);
        if (!l)
            return HR_E_NOMEM;
        if (!hr_path_line_read(line, false, l)) {
            *l = (hr_path_line){.rest = line};
        } else {
            hr_map_entry *e = hr_map_put(paths, l->path, NULL);
            if (!e)
                return HR_E_NOMEM;
            e->value++;
        }
    }
    for (size_t i = 0; i < v->n; i++) {
        if (v->p[i].sep == HR_SEP_NONE)
            split_context(v->p[i].rest, paths, &v->p[i]);
    }
    return HR_OK;
}

static bool asked_for(const hr_query *q, hr_str text)
{
    if (hr_query_anchor_in(q, text))
        return true;
    size_t hits = 0;
    for (size_t i = 0; i < q->nterms && hits < 2; i++) {
        hr_str term = q->terms[i];
        if (term.n > 4 && term.p[term.n - 1] == 's')
            term.n--; /* a plural asks for the singular too */
        hits += term.n >= 4 && hr_str_ifind(text, term) != SIZE_MAX;
    }
    return hits >= 2;
}

/* Writes the lines that stay; where matches of a file are left out, a line says how many. */
static hr_err lossy_form(const hr_compress_opts *o, const line_vec *v, const hr_map *paths,
                         const hr_key *key, hr_arena *a, hr_str *out)
{
    line_vec kept = {0};
    size_t left_out = 0, matches = 0, files = paths->n;
    for (size_t i = 0; i < v->n;) {
        size_t end = i, shown = 0, skipped = 0;
        hr_str path = v->p[i].path;
        while (end < v->n && v->p[end].sep != HR_SEP_NONE && hr_str_eq(v->p[end].path, path))
            end++;
        if (end == i)
            end++;
        for (size_t k = i; k < end; k++) {
            const hr_path_line *l = &v->p[k];
            bool match = l->sep == HR_SEP_MATCH;
            matches += match;
            bool stays = l->sep == HR_SEP_NONE || end - i <= KEEP_PER_FILE + 1 ||
                         (match && shown < KEEP_PER_FILE) || l->in_full ||
                         hr_line_level(l->rest) >= HR_LEVEL_ERROR;
            if (!stays) {
                skipped += match;
                left_out += match;
                continue;
            }
            shown += match;
            hr_path_line *slot = hr_vec_push(&kept, a);
            if (!slot)
                return HR_E_NOMEM;
            *slot = *l;
        }
        if (skipped) {
            hr_path_line *slot = hr_vec_push(&kept, a);
            if (!slot)
                return HR_E_NOMEM;
            *slot = (hr_path_line){
                .rest = hr_strf(a, "[%zu more matches in %.*s]", skipped, HR_FMT(path))};
        }
        if (i % CHECK_EVERY == 0 && hr_deadline_passed(o->deadline))
            return HR_E_TIMEOUT;
        i = end;
    }
    if (left_out == 0)
        return HR_OK;
    hr_path_lines lines = {kept.p, kept.n, true};
    hr_buf b = HR_BUF_INIT(0);
    if (!hr_paths_group(&lines, &b)) {
        hr_buf_free(&b);
        return HR_OK;
    }
    hr_marker_text(&b,
                   hr_strf(a,
                           "%zu of %zu matches omitted, in %zu files; each file shows its count.",
                           left_out, matches, files),
                   key, o->via);
    hr_err err = b.err;
    if (err == HR_OK)
        *out = hr_str_dup(a, hr_buf_str(&b));
    hr_buf_free(&b);
    return err == HR_OK && !out->p ? HR_E_NOMEM : err;
}

hr_err hr_compress_search(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                          hr_arena *a, hr_forms *out)
{
    line_vec v = {0};
    hr_map paths;
    hr_err err = read_lines(text, a, &v, &paths);
    if (err != HR_OK)
        return err;
    hr_query q;
    hr_query_parse(o->query, a, &q);
    size_t with_path = 0, asked = 0;
    for (size_t i = 0; i < v.n; i++) {
        hr_path_line *l = &v.p[i];
        with_path += l->sep != HR_SEP_NONE;
        l->in_full = l->sep != HR_SEP_NONE && asked_for(&q, hr_path_line_whole(l));
        asked += l->in_full;
    }
    for (size_t i = 0; asked * 3 > v.n && i < v.n; i++)
        v.p[i].in_full = false; /* asked for nearly everything: that tells nothing apart */
    if (with_path * 2 < v.n)
        return HR_E_SYNTAX;
    hr_path_lines lines = {v.p, v.n, text.n && text.p[text.n - 1] == '\n'};
    hr_buf b = HR_BUF_INIT(0);
    if (hr_paths_group(&lines, &b) && b.n < text.n) {
        out->lossless = hr_str_dup(a, hr_buf_str(&b));
        out->lossless_reason = HR_R_SEARCH_GROUP;
        out->lossless_strategy = hr_strf(a, "group(%zu lines, %zu files)", v.n, paths.n);
        if (!out->lossless.p)
            err = HR_E_NOMEM;
    }
    hr_buf_free(&b);
    if (err == HR_OK && lossy) {
        err = lossy_form(o, &v, &paths, key, a, &out->lossy);
        out->lossy_reason = HR_R_SEARCH_SAMPLE;
        out->lossy_strategy = hr_strf(a, "sample(%zu lines, %zu files)", v.n, paths.n);
    }
    return err;
}
