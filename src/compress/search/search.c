/* Search results: grep, ripgrep, ag, with and without headings and context; match counts.
 *
 * Lossless: neighbours of one file are grouped (paths.h). Lossy: every file and its
 * match count stays, of a file with many matches the first ones and those the query asks for, with
 * the context around them. */
#include "compress/search/search.h"

#include "compress/detect/detect.h"
#include "compress/marker.h"

enum { KEEP_PER_FILE = 3, CHECK_EVERY = 512 };

static bool asked_for(const hr_query *q, hr_str text)
{
    size_t hits = 0;
    for (size_t i = 0; i < q->nterms && hits < 2; i++) {
        hr_str term = q->terms[i];
        if (term.n > 4 && term.p[term.n - 1] == 's')
            term.n--; /* a plural asks for the singular too */
        hits += term.n >= 4 && hr_str_ifind(text, term) != SIZE_MAX;
    }
    return hits >= 2;
}

static hr_err ask(const hr_compress_opts *o, hr_search *s, hr_arena *a)
{
    hr_query q;
    size_t asked = 0, named = 0;
    hr_query_parse(o->query, a, &q);
    for (size_t i = 0; i < s->lines.n; i++) {
        hr_search_line *l = &s->lines.p[i];
        if (i % CHECK_EVERY == 0 && hr_deadline_passed(o->deadline))
            return HR_E_TIMEOUT;
        if (l->is != HR_FOUND_MATCH && l->is != HR_FOUND_CONTEXT)
            continue;
        hr_str line = hr_path_line_whole(&l->l);
        bool name = hr_query_anchor_in(&q, line);
        l->asked = name || asked_for(&q, line);
        l->l.in_full = name;
        asked += l->asked;
        named += name;
    }
    /* What is true of nearly all lines tells nothing apart; a name says best what is meant. */
    bool few = asked * 3 <= s->lines.n, few_named = named && named * 3 <= s->lines.n;
    for (size_t i = 0; i < s->lines.n; i++) {
        hr_search_line *l = &s->lines.p[i];
        bool name = few_named && l->l.in_full;
        l->asked = few ? l->asked : name;
        l->l.in_full = few_named ? name : l->asked;
    }
    return HR_OK;
}

/* --- what stays --------------------------------------------------------------------------------
 */

/* Chooses the matches that stay. How many are left out. */
static size_t choose_matches(hr_search *s, uint32_t *shown)
{
    size_t left_out = 0;
    for (size_t i = 0; i < s->lines.n; i++) {
        hr_search_line *l = &s->lines.p[i];
        if (l->is == HR_FOUND_MATCH) {
            l->keep = s->files.entries[l->file].value <= KEEP_PER_FILE + 1 || l->asked ||
                      shown[l->file] < KEEP_PER_FILE || hr_line_level(l->l.rest) >= HR_LEVEL_ERROR;
            shown[l->file] += l->keep;
            left_out += !l->keep;
        } else {
            l->keep = l->is != HR_FOUND_CONTEXT || l->asked;
        }
    }
    return left_out;
}

static bool together(const hr_search *s, size_t i, size_t k)
{
    const hr_search_line *a = &s->lines.p[i], *b = &s->lines.p[k];
    return (b->is == HR_FOUND_MATCH || b->is == HR_FOUND_CONTEXT) && a->file == b->file;
}

/* Context goes with the match next to it; context of no match stays. */
static size_t choose_context(hr_search *s)
{
    size_t left_out = 0;
    for (size_t i = 0; i < s->lines.n;) {
        size_t end = i + 1, first = SIZE_MAX, before = SIZE_MAX;
        if (s->lines.p[i].is != HR_FOUND_MATCH && s->lines.p[i].is != HR_FOUND_CONTEXT) {
            i++;
            continue;
        }
        while (end < s->lines.n && together(s, i, end))
            end++;
        for (size_t k = i; k < end && first == SIZE_MAX; k++)
            first = s->lines.p[k].is == HR_FOUND_MATCH ? k : SIZE_MAX;
        for (size_t k = i, after = first; k < end; k++) {
            hr_search_line *l = &s->lines.p[k];
            if (l->is == HR_FOUND_MATCH) {
                before = k;
                for (after = k + 1; after < end && s->lines.p[after].is != HR_FOUND_MATCH;)
                    after++;
                continue;
            }
            bool no_match = first == SIZE_MAX;
            bool follows = before != SIZE_MAX && s->lines.p[before].keep &&
                           (after >= end || k - before <= after - k);
            bool leads = after < end && s->lines.p[after].keep &&
                         (before == SIZE_MAX || after - k <= k - before);
            l->keep |= no_match || follows || leads;
            left_out += !l->keep;
        }
        i = end;
    }
    return left_out;
}

/* --- writing -----------------------------------------------------------------------------------
 */

typedef struct writer {
    HR_VEC(hr_path_line) kept;
    hr_arena *a;
    size_t matches, context; /* of the file that is being written, not shown so far */
    hr_str file;
    bool apart; /* a break is owed before the next line of this file */
} writer;

static void put(writer *w, hr_path_line l)
{
    hr_path_line *slot = hr_vec_push(&w->kept, w->a);
    if (slot)
        *slot = l;
}

static void say(writer *w)
{
    hr_str context = w->context ? hr_strf(w->a, "%zu context lines", w->context) : HR_STR_NONE;
    if (w->matches)
        put(w, (hr_path_line){.rest = hr_strf(w->a, "[%zu more matches%s%.*s in %.*s]", w->matches,
                                              context.n ? " and " : "", HR_FMT(context),
                                              HR_FMT(w->file))});
    else if (w->context)
        put(w, (hr_path_line){.rest = hr_strf(w->a, "[%.*s omitted in %.*s]", HR_FMT(context),
                                              HR_FMT(w->file))});
    w->matches = w->context = 0;
    w->apart = false;
}

/* The lines that stay; where lines of a file are left out, one at its end says how many. */
static void write_lines(writer *w, const hr_search *s)
{
    for (size_t i = 0; i < s->lines.n; i++) {
        const hr_search_line *l = &s->lines.p[i];
        bool of_file = l->is == HR_FOUND_MATCH || l->is == HR_FOUND_CONTEXT;
        if (l->is == HR_FOUND_BREAK && w->kept.n) {
            w->apart = true; /* shown if anything follows that it parts */
            continue;
        }
        bool blank = !of_file && hr_str_trim(l->l.rest).n == 0;
        if (l->is == HR_FOUND_FILE || blank || (of_file && !hr_str_eq(l->l.path, w->file))) {
            bool apart = w->apart;
            say(w);
            w->apart = apart && of_file;
        }
        if (of_file) {
            w->file = l->l.path;
            w->matches += !l->keep && l->is == HR_FOUND_MATCH;
            w->context += !l->keep && l->is == HR_FOUND_CONTEXT;
        }
        if (!l->keep)
            continue;
        if (w->apart)
            put(w, (hr_path_line){.rest = HR_STR("--")});
        w->apart = false;
        put(w, l->l);
    }
    say(w);
}

static void put_plain(const writer *w, hr_buf *b)
{
    for (size_t i = 0; i < w->kept.n; i++) {
        const hr_path_line *l = &w->kept.p[i];
        hr_buf_add(b, l->sep == HR_SEP_NONE ? l->rest : hr_path_line_whole(l));
        hr_buf_addc(b, '\n');
    }
}

/* Full paths can be copied; leaving out folders must cost clearly less. False: no form. */
static bool group(const hr_compress_opts *o, const hr_path_lines *lines, hr_buf *out)
{
    hr_buf folders = HR_BUF_INIT(0);
    bool full = hr_paths_group(lines, false, out);
    if (hr_paths_group(lines, true, &folders) &&
        (!full || hr_tokens_estimate(o->tok, hr_buf_str(&folders)) * 103 <
                      hr_tokens_estimate(o->tok, hr_buf_str(out)) * 100)) {
        hr_buf_clear(out);
        hr_buf_add(out, hr_buf_str(&folders));
        full = true;
    }
    hr_buf_free(&folders);
    return full && out->err == HR_OK;
}

static hr_err lossy_form(const hr_compress_opts *o, hr_search *s, bool json, const hr_key *key,
                         hr_arena *a, hr_str *out)
{
    uint32_t *shown = HR_NEW_ARRAY(a, uint32_t, s->files.n + 1);
    if (!shown)
        return HR_E_NOMEM;
    size_t matches = choose_matches(s, shown), context = choose_context(s);
    if (matches == 0 && !json)
        return HR_OK;
    writer w = {.a = a};
    hr_buf b = HR_BUF_INIT(0);
    write_lines(&w, s);
    if (s->headings || !hr_paths_group(&(hr_path_lines){w.kept.p, w.kept.n, true}, false, &b)) {
        hr_buf_clear(&b);
        for (size_t i = 0; i < w.kept.n && s->headings; i++) {
            if (w.kept.p[i].sep != HR_SEP_NONE) /* the path stands above */
                w.kept.p[i] = (hr_path_line){.rest = w.kept.p[i].rest};
        }
        put_plain(&w, &b);
    }
    hr_str what = hr_strf(
        a, "%s%zu of %zu matches%s omitted, in %zu files; each file shows its count.",
        json ? "ripgrep's JSON shown as path:line:text, without offsets and times; " : "", matches,
        s->matches, context ? hr_zstr(a, hr_strf(a, " and %zu context lines", context)) : "",
        s->files.n);
    hr_marker_text(&b, what, key, o->via);
    hr_err err = a->failed ? HR_E_NOMEM : b.err;
    if (err == HR_OK)
        *out = hr_str_dup(a, hr_buf_str(&b));
    hr_buf_free(&b);
    return err == HR_OK && !out->p ? HR_E_NOMEM : err;
}

static hr_err lossless_form(const hr_compress_opts *o, const hr_search *s, hr_str text, hr_arena *a,
                            hr_forms *out)
{
    hr_path_line *lines = HR_NEW_ARRAY(a, hr_path_line, s->lines.n + 1);
    if (!lines)
        return HR_E_NOMEM;
    for (size_t i = 0; i < s->lines.n; i++)
        lines[i] = s->lines.p[i].l;
    hr_buf b = HR_BUF_INIT(0);
    hr_err err = HR_OK;
    if (group(o, &(hr_path_lines){lines, s->lines.n, s->final_newline}, &b) && b.n < text.n) {
        out->lossless = hr_str_dup(a, hr_buf_str(&b));
        out->lossless_reason = HR_R_SEARCH_GROUP;
        out->lossless_strategy = hr_strf(a, "group(%zu lines, %zu files)", s->lines.n, s->files.n);
        if (!out->lossless.p)
            err = HR_E_NOMEM;
    }
    hr_buf_free(&b);
    return err;
}

hr_err hr_compress_search(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                          hr_arena *a, hr_forms *out)
{
    hr_search s = {0};
    hr_str lines = text;
    bool json = hr_search_is_json(text);
    hr_err err = hr_marker_closes(text) ? HR_E_SYNTAX : HR_OK;
    if (err == HR_OK && json) {
        err = hr_compress_json(o, text, key, false, a, out);
        if (err == HR_OK)
            err = hr_search_from_json(text, o->deadline, a, &lines);
    }
    if (err == HR_OK)
        err = hr_search_read(lines, a, &s);
    if (err == HR_OK)
        err = ask(o, &s, a);
    if (err == HR_OK && !json && !s.headings)
        err = lossless_form(o, &s, text, a, out);
    if (err == HR_OK && lossy) {
        err = lossy_form(o, &s, json, key, a, &out->lossy);
        out->lossy_reason = HR_R_SEARCH_SAMPLE;
        out->lossy_strategy = hr_strf(a, "sample(%zu lines, %zu files)", s.lines.n, s.files.n);
    }
    return err;
}
