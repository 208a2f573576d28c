/* Reports of tests and builds: rows that name what failed, and what the failed ones printed. */
#include "base/map.h"
#include "compress/rows/rows_pick.h"

enum {
    FAILURES = 256, /* rows of failures that stay */
    PRINTED = 80,   /* and rows that one of them printed */
    PRINTED_ALL = 1000,
};

/* What formats of reports call the outcome of a row, and a member that tells the format. A failure
 * is told by that member alone; that two of them are alike does not make them the same test. */
static const struct format {
    const char *outcome, *with, *bad[3];
} formats[] = {
    {"Action", "Package", {"fail"}},            /* go test -json */
    {"Action", "ImportPath", {"build-fail"}},   /* the same */
    {"outcome", "nodeid", {"failed", "error"}}, /* pytest: json-report, reportlog */
    {"status", "fullName", {"failed"}},         /* jest, vitest */
    {"status", "assertionResults", {"failed"}}, /* the same, a file of tests */
    {"message.level", "message.message", {"error", "error: internal compiler error"}}, /* cargo */
};

/* The member of that name, through dots; 0: there is none. */
static uint32_t member(const hr_jview *v, uint32_t i, const char *path)
{
    hr_str rest = hr_cstr(path), name;
    while (rest.n) {
        size_t dot = hr_str_find_char(rest, '.');
        name = hr_str_sub(rest, 0, dot);
        rest = dot == SIZE_MAX ? HR_STR_NONE : hr_str_sub(rest, dot + 1, rest.n);
        if (hr_jtype(v, i) != HR_JSON_OBJECT)
            return 0;
        uint32_t k = i + 1, end = hr_jnode(v, i)->next;
        for (; k < end; k = hr_jnext_member(v, k)) {
            hr_str raw = hr_json_raw(v->d, k);
            if (hr_str_eq(hr_str_sub(raw, 1, raw.n - 1), name))
                break;
        }
        if (k >= end)
            return 0;
        i = k + 1;
    }
    return i;
}

/* The text of that member as it is spelled; empty: it is no string. */
static hr_str text_of(const hr_jview *v, uint32_t row, const char *path)
{
    uint32_t i = member(v, row, path);
    if (!i || hr_jnode(v, i)->type != HR_JSON_STRING)
        return HR_STR("");
    return hr_str_sub(v->d->src, hr_jnode(v, i)->start + 1, hr_jnode(v, i)->end - 1);
}

static bool failed(const hr_jview *v, uint32_t row)
{
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        hr_str outcome = text_of(v, row, formats[f].outcome);
        for (size_t b = 0; outcome.n && b < 3 && formats[f].bad[b]; b++)
            if (hr_str_eq(outcome, hr_cstr(formats[f].bad[b])) && member(v, row, formats[f].with))
                return true;
    }
    return false;
}

/* In go's events: what a row is about. Rows of one test are not next to each other. */
static hr_str subject(const hr_pick *p, uint32_t r)
{
    const hr_jview *v = p->v;
    hr_str package = text_of(v, p->node[r], "Package");
    if (!package.n)
        package = text_of(v, p->node[r], "ImportPath");
    return hr_strf(v->a, "%.*s\n%.*s", HR_FMT(package), HR_FMT(text_of(v, p->node[r], "Test")));
}

/* Do the rows print? "=== RUN" and the like say only what is going on. */
static bool prints(const hr_jview *v, uint32_t row)
{
    hr_str action = text_of(v, row, "Action");
    return (hr_str_eq(action, HR_STR("output")) || hr_str_eq(action, HR_STR("build-output"))) &&
           !hr_str_starts(text_of(v, row, "Output"), HR_STR("=== "));
}

void hr_pick_report(hr_pick *p)
{
    hr_map subjects;
    uint32_t failures = 0, printed = 0;
    bool fresh, events = false;
    hr_map_init(&subjects, p->v->a);
    for (uint32_t r = 0; r < p->n && failures < FAILURES; r++) {
        if (!failed(p->v, p->node[r]))
            continue;
        failures++;
        p->keep[r] |= HR_KEEP_ERROR;
        if (!text_of(p->v, p->node[r], "Action").n)
            continue;
        events = true;
        if (!hr_map_put(&subjects, subject(p, r), &fresh))
            return;
    }
    for (uint32_t r = 0; events && r < p->n && printed < PRINTED_ALL; r++) {
        if (!prints(p->v, p->node[r]))
            continue;
        hr_arena_mark m = hr_arena_save(p->v->a);
        hr_map_entry *e = hr_map_get(&subjects, subject(p, r));
        hr_arena_restore(p->v->a, m);
        if (!e || e->value++ >= PRINTED)
            continue;
        printed++;
        p->keep[r] |= HR_KEEP_ERROR;
    }
}
