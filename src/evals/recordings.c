/* Recorded compression events: compression-events-*.jsonl, one event a line with original_messages,
 * compressed_messages, tokens_before, tokens_after and transforms_applied. The store of that time
 * is gone, so a hash counts as a way back when it stands where the result stood. */
#include "compress/marker.h"
#include "engine/paths.h"
#include "evals/suites.h"
#include "evals/targets.h"
#include "evals/turns.h"

#include <dirent.h>
#include <stdlib.h>

enum { LARGEST = 512 << 20, MOST_FILES = 1000 };

typedef struct event {
    hr_meter *m;
    hr_suite *s;
    hr_case all, kind[HR_TARGET_COUNT];
} event;

/* The messages as a request body, read in the dialect they are in. */
static bool read_messages(const hr_json_doc *d, hr_str key, hr_arena *a, hr_wire_request *out)
{
    uint32_t list = hr_json_get(d, 0, key);
    if (!hr_json_is(d, list, HR_JSON_ARRAY))
        return false;
    hr_str body = hr_strf(a, "{\"messages\":%.*s}", HR_FMT(hr_json_raw(d, list)));
    bool anthropic = hr_str_has(body, HR_STR("\"tool_result\""));
    return body.p &&
           hr_wire_read(anthropic ? HR_DIALECT_ANTHROPIC : HR_DIALECT_OPENAI_CHAT, body, a, out)
                   .code == HR_OK;
}

static const hr_block *same_call(const hr_wire_request *r, const hr_block *b, size_t i)
{
    for (size_t k = 0; b->call_id.n && k < r->nblocks; k++) {
        if (hr_str_eq(r->blocks[k].call_id, b->call_id))
            return &r->blocks[k];
    }
    return !b->call_id.n && i < r->nblocks ? &r->blocks[i] : NULL;
}

static void score(event *e, const hr_wire_request *before, const hr_wire_request *after)
{
    hr_arena *a = e->m->scratch;
    hr_seen seen;
    if (!hr_seen_init(&seen, hr_request_strings(after, a), a))
        return;
    for (size_t i = 0; i < before->nblocks; i++) {
        const hr_block *b = &before->blocks[i];
        hr_targets t;
        hr_marker_hit hit;
        if (b->role != HR_BLOCK_TOOL_RESULT)
            continue;
        const hr_block *now = same_call(after, b, i);
        bool way_back = now && hr_marker_find(now->text, 0, &hit);
        hr_targets_find(b->text, a, &t);
        for (size_t k = 0; k < t.v.n; k++) {
            hr_found f = hr_seen_has(&seen, &t.v.p[k], a) ? HR_FOUND_VISIBLE
                         : way_back                       ? HR_FOUND_RETRIEVABLE
                                                          : HR_FOUND_LOST;
            hr_tally_add(&e->all.evidence, f);
            hr_tally_add(&e->kind[t.v.p[k].kind].evidence, f);
        }
    }
}

static const char *bucket(double ratio)
{
    return ratio < 0.25   ? "0-0.25"
           : ratio < 0.5  ? "0.25-0.5"
           : ratio < 0.75 ? "0.5-0.75"
           : ratio < 1.0  ? "0.75-1.0"
                          : "1.00+ (inflated)";
}

static bool one_event(hr_meter *m, hr_suite *s, hr_str line, hr_str where)
{
    hr_arena *a = m->scratch;
    hr_json_doc d;
    hr_wire_request before, after;
    event e = {.m = m, .s = s};
    double b, f;
    if (hr_json_scan(a, line, 0, &d).code != HR_OK ||
        !hr_json_double(&d, hr_json_get(&d, 0, HR_STR("tokens_before")), &b) ||
        !hr_json_double(&d, hr_json_get(&d, 0, HR_STR("tokens_after")), &f) || b <= 0 || f < 0 ||
        b > 1e12 || f > 1e12 || !read_messages(&d, HR_STR("original_messages"), a, &before) ||
        !read_messages(&d, HR_STR("compressed_messages"), a, &after))
        return false;
    score(&e, &before, &after);
    e.all.tokens = (hr_pair){(uint64_t)b, (uint64_t)f};
    e.all.failed = e.all.evidence.lost > 0;
    const hr_label label = {"ratio", hr_cstr(bucket(f / b))};
    hr_suite_case(m->r, s, &e.all, &label, 1);
    for (int k = 0; k < HR_TARGET_COUNT; k++)
        hr_suite_in(m->r, s, &e.kind[k],
                    (hr_label){"kind", hr_cstr(hr_target_name((hr_target_kind)k))});
    uint32_t list = hr_json_get(&d, 0, HR_STR("transforms_applied"));
    for (uint32_t i = HR_JSON_FIRST(&d, list);
         hr_json_is(&d, list, HR_JSON_ARRAY) && i < d.nodes[list].next; i = d.nodes[i].next)
        hr_suite_in(m->r, s, &e.all, (hr_label){"transform", hr_json_text(&d, i, a)});
    if (e.all.failed)
        hr_suite_fail(m->r, s, "%.*s: %llu of %llu facts are lost", HR_FMT(where),
                      (unsigned long long)e.all.evidence.lost,
                      (unsigned long long)hr_tally_total(&e.all.evidence));
    return true;
}

static int by_name(const void *a, const void *b)
{
    return hr_str_cmp(*(const hr_str *)a, *(const hr_str *)b);
}

static void one_file(hr_meter *m, hr_suite *s, hr_str dir, hr_str name)
{
    hr_arena_mark mark = hr_arena_save(m->scratch);
    hr_str text, line;
    if (hr_file_read(hr_path_join(dir, name, m->scratch), LARGEST, m->scratch, &text) != HR_OK) {
        s->skipped++;
        text = HR_STR_NONE;
    }
    hr_arena_mark inner = hr_arena_save(m->scratch);
    size_t n = 0;
    for (hr_str rest = text; hr_str_line(&rest, &line);) {
        n++;
        if (hr_str_trim(line).n)
            s->skipped += !one_event(m, s, line, hr_strf(m->scratch, "%.*s:%zu", HR_FMT(name), n));
        hr_arena_restore(m->scratch, inner);
    }
    hr_arena_restore(m->scratch, mark);
}

hr_err hr_suite_recordings(hr_meter *m, const hr_evals_in *in, hr_str *message)
{
    hr_str names[MOST_FILES];
    size_t n = 0;
    char *z = hr_zstr(m->r->a, in->recordings);
    DIR *d = z ? opendir(z) : NULL;
    struct dirent *e;
    if (!d) {
        *message = hr_strf(m->r->a, "%.*s: no such folder", HR_FMT(in->recordings));
        return HR_E_NOTFOUND;
    }
    while ((e = readdir(d)) != NULL && n < MOST_FILES) {
        if (hr_str_glob(HR_STR("compression-events-*.jsonl"), hr_cstr(e->d_name)))
            names[n++] = hr_str_dup(m->r->a, hr_cstr(e->d_name));
    }
    closedir(d);
    qsort(names, n, sizeof(*names), by_name);
    hr_suite *s = hr_report_suite(
        m->r, "recordings",
        "Recorded compression events: what of the original tool results the compressed messages "
        "still show. Retrievable: a hash stands where the result stood (not looked up).");
    if (!s)
        return HR_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        one_file(m, s, in->recordings, names[i]);
    if (!s->groups.p[0].cases)
        hr_suite_fail(m->r, s, "no event could be used");
    return HR_OK;
}
