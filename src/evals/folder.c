/* The user's own outputs: every file below a folder. With a list of needles (manifest.json or
 * needles.json, an array of {file, query, kind, needles}) the listed files and their needles; files
 * of JSON lines with `context`, `question` and `evidence` give one case a line; of all other files
 * the targets (targets.h) are looked for. */
#include "engine/paths.h"
#include "evals/suites.h"
#include "evals/targets.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { MOST_FILES = 10000, DEEPEST = 8, LARGEST = 64 << 20 };

typedef struct folder {
    hr_meter *m;
    hr_suite *s;
    hr_arena names; /* of files */
    HR_VEC(hr_str) files;
    bool cut;
} folder;

static void walk(folder *f, hr_str dir, unsigned depth)
{
    char *z = hr_zstr(&f->names, dir);
    DIR *d = z ? opendir(z) : NULL;
    struct dirent *e;
    while (d && (e = readdir(d)) != NULL) {
        struct stat st;
        hr_str path = hr_path_join(dir, hr_cstr(e->d_name), &f->names);
        char *zp = hr_zstr(&f->names, path);
        if (e->d_name[0] == '.' || !zp || lstat(zp, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth < DEEPEST) {
            walk(f, path, depth + 1);
        } else if (S_ISREG(st.st_mode)) {
            hr_str *slot = f->files.n < MOST_FILES ? hr_vec_push(&f->files, &f->names) : NULL;
            if (slot)
                *slot = path;
            else
                f->cut = true;
        }
    }
    if (d)
        closedir(d);
}

static int by_name(const void *a, const void *b)
{
    return hr_str_cmp(*(const hr_str *)a, *(const hr_str *)b);
}

/* Needles given: each must be visible or retrievable. */
static void judge(folder *f, hr_str name, hr_str kind, hr_str text, hr_str query,
                  const hr_str *needles, size_t n)
{
    hr_meter *m = f->m;
    hr_measured d;
    hr_case c = {0};
    hr_measure(m, text, query, &d);
    c.tokens = hr_measured_tokens(&d);
    c.failed = !hr_measure_sound(m, f->s, &d, name);
    for (size_t i = 0; i < n; i++) {
        if (!hr_needle_in(text, needles[i]))
            continue; /* not a fact of this text */
        hr_found found = hr_measure_find(&d, needles[i]);
        hr_tally_add(&c.evidence, found);
        if (found == HR_FOUND_LOST) {
            c.failed = true;
            hr_suite_fail(m->r, f->s, "%.*s: '%.*s' is lost", HR_FMT(name),
                          HR_FMT(hr_str_sub(needles[i], 0, 120)));
        }
    }
    const hr_label label = {"kind", kind.n ? kind : hr_cstr(hr_kind_name(d.c.kind))};
    hr_suite_case(m->r, f->s, &c, &label, 1);
}

/* No needles given: the text's targets. */
static void judge_targets(folder *f, hr_str name, hr_str text)
{
    hr_meter *m = f->m;
    hr_measured d;
    hr_targets t;
    hr_seen seen;
    hr_case c = {0}, kind[HR_TARGET_COUNT] = {{{0, 0}, {0, 0, 0}, false}};
    hr_measure(m, text, HR_STR_NONE, &d);
    hr_targets_find(text, m->scratch, &t);
    hr_seen_init(&seen, d.c.text, m->scratch);
    c.tokens = hr_measured_tokens(&d);
    c.failed = !hr_measure_sound(m, f->s, &d, name);
    for (size_t i = 0; i < t.v.n; i++) {
        const hr_target *g = &t.v.p[i];
        hr_found found = hr_seen_has(&seen, g, m->scratch) ? HR_FOUND_VISIBLE
                         : hr_measured_returns(&d, g->number.n ? g->number : g->text)
                             ? HR_FOUND_RETRIEVABLE
                             : HR_FOUND_LOST;
        hr_tally_add(&c.evidence, found);
        hr_tally_add(&kind[g->kind].evidence, found);
        if (found == HR_FOUND_LOST) {
            c.failed = true;
            hr_suite_fail(m->r, f->s, "%.*s: '%.*s' is lost (%s)", HR_FMT(name), HR_FMT(g->text),
                          hr_reason_code(d.c.reason));
        }
    }
    const hr_label label = {"kind", hr_cstr(hr_kind_name(d.c.kind))};
    hr_suite_case(m->r, f->s, &c, &label, 1);
    for (int k = 0; k < HR_TARGET_COUNT; k++)
        hr_suite_in(m->r, f->s, &kind[k],
                    (hr_label){"evidence", hr_cstr(hr_target_name((hr_target_kind)k))});
}

static size_t text_list(const hr_json_doc *d, uint32_t list, hr_arena *a, hr_str **out)
{
    size_t n = 0;
    *out =
        hr_json_is(d, list, HR_JSON_ARRAY) ? HR_NEW_ARRAY(a, hr_str, d->nodes[list].count) : NULL;
    for (uint32_t i = HR_JSON_FIRST(d, list); *out && i < d->nodes[list].next;
         i = d->nodes[i].next) {
        hr_str s = hr_json_text(d, i, a);
        if (s.n)
            (*out)[n++] = s;
    }
    return n;
}

/* A line {"context":…,"question":…,"evidence":[…]}; false when it is something else. */
static bool question(folder *f, hr_str name, hr_str line)
{
    hr_arena *a = f->m->scratch;
    hr_json_doc d;
    hr_str *evidence;
    if (hr_json_scan(a, line, 0, &d).code != HR_OK)
        return false;
    hr_str context = hr_json_get_text(&d, 0, HR_STR("context"), a);
    uint32_t list = hr_json_get(&d, 0, HR_STR("evidence"));
    if (!context.n || !hr_json_is(&d, list, HR_JSON_ARRAY))
        return false;
    size_t n = text_list(&d, list, a, &evidence);
    hr_str kind = hr_json_get_text(&d, 0, HR_STR("kind"), a);
    judge(f, name, kind, context, hr_json_get_text(&d, 0, HR_STR("question"), a), evidence, n);
    return true;
}

static bool questions(folder *f, hr_str path, hr_str text)
{
    hr_arena_mark mark = hr_arena_save(f->m->scratch);
    size_t n = 0;
    hr_str line;
    if (!hr_str_iends(path, HR_STR(".jsonl")))
        return false;
    for (hr_str rest = text; hr_str_line(&rest, &line); n++) {
        hr_str name = hr_strf(f->m->scratch, "%.*s:%zu", HR_FMT(path), n + 1);
        bool is = question(f, name, line);
        if (!is && n == 0)
            return false;
        f->s->skipped += !is;
        hr_arena_restore(f->m->scratch, mark);
    }
    return n > 0;
}

static bool listed(folder *f, const hr_evals_in *in, hr_str list)
{
    hr_arena *a = f->m->scratch;
    hr_json_doc d;
    if (hr_json_scan(a, list, 0, &d).code != HR_OK || !hr_json_is(&d, 0, HR_JSON_ARRAY))
        return false;
    for (uint32_t i = HR_JSON_FIRST(&d, 0); i < d.nodes[0].next; i = d.nodes[i].next) {
        hr_arena_mark mark = hr_arena_save(a);
        hr_str file = hr_json_get_text(&d, i, HR_STR("file"), a), text, *needles;
        size_t n = text_list(&d, hr_json_get(&d, i, HR_STR("needles")), a, &needles);
        bool outside = hr_str_has(file, HR_STR("..")) || hr_str_starts(file, HR_STR("/"));
        if (!file.n || outside ||
            hr_file_read(hr_path_join(in->data, file, a), LARGEST, a, &text) != HR_OK)
            f->s->skipped++;
        else
            judge(f, file, hr_json_get_text(&d, i, HR_STR("kind"), a), text,
                  hr_json_get_text(&d, i, HR_STR("query"), a), needles, n);
        hr_arena_restore(a, mark);
    }
    return true;
}

static void every_file(folder *f, const hr_evals_in *in)
{
    hr_arena_mark mark = hr_arena_save(f->m->scratch);
    hr_str top = in->data;
    while (top.n > 1 && top.p[top.n - 1] == '/')
        top.n--;
    walk(f, top, 0);
    if (f->files.n)
        qsort(f->files.p, f->files.n, sizeof(*f->files.p), by_name);
    for (size_t i = 0; i < f->files.n; i++) {
        hr_str text, path = f->files.p[i];
        hr_str name = hr_str_sub(path, top.n + 1, path.n);
        if (hr_file_read(path, LARGEST, f->m->scratch, &text) != HR_OK || !text.n ||
            memchr(text.p, 0, text.n))
            f->s->skipped++;
        else if (!questions(f, name, text))
            judge_targets(f, name, text);
        hr_arena_restore(f->m->scratch, mark);
    }
    if (f->cut)
        hr_suite_note(f->m->r, f->s, "more than %d files: the rest was not read", MOST_FILES);
}

hr_err hr_suite_folder(hr_meter *m, const hr_evals_in *in, hr_str *message)
{
    folder f = {.m = m};
    struct stat st;
    char *z = hr_zstr(m->r->a, in->data);
    if (!z || stat(z, &st) != 0 || !S_ISDIR(st.st_mode)) {
        *message = hr_strf(m->r->a, "%.*s: no such folder", HR_FMT(in->data));
        return HR_E_NOTFOUND;
    }
    f.s = hr_report_suite(m->r, "your_outputs",
                          "Your own outputs: evidence must be visible or retrievable.");
    if (!f.s)
        return HR_E_NOMEM;
    hr_arena_init(&f.names, 64 << 20);
    static const char *const lists[] = {"needles.json", "manifest.json"};
    hr_arena_mark mark = hr_arena_save(m->scratch);
    bool done = false;
    for (size_t i = 0; i < 2 && !done; i++) {
        hr_str list;
        done = hr_file_read(hr_path_join(in->data, hr_cstr(lists[i]), m->scratch), LARGEST,
                            m->scratch, &list) == HR_OK &&
               listed(&f, in, list);
    }
    hr_arena_restore(m->scratch, mark);
    if (!done)
        every_file(&f, in);
    hr_arena_free(&f.names);
    if (!f.s->groups.p[0].cases)
        hr_suite_fail(m->r, f.s, "no file could be used");
    return HR_OK;
}
