#include "context/reads.h"

#include "base/map.h"
#include "base/vec.h"

enum {
    INPUT_MAX = 4 << 20, /* bytes of arguments that are read */
    INPUT_DEPTH = 16,
    SAYS_BYTES = 300,     /* of a result, where a failure is said */
    DEFAULT_LINES = 2000, /* of a read that names no limit */
};

typedef enum use { OTHER, READS, EDITS, PATCHES, EDITOR } use;

/* Tools of agents. EDITOR: one tool for both, told by `command`. */
static const struct {
    const char *name;
    use use;
} tools[] = {
    {"read", READS},
    {"edit", EDITS},
    {"write", EDITS},
    {"multiedit", EDITS},
    {"notebookedit", EDITS},
    {"apply_patch", PATCHES},
    {"str_replace_editor", EDITOR},
    {"str_replace_based_edit_tool", EDITOR},
};

typedef struct call {
    use use;
    bool answered, failed;
    hr_str path;
    int64_t from, to; /* lines of a read */
} call;

typedef struct file {
    uint32_t edited; /* message of the newest change that worked + 1; 0: none */
    uint32_t read;   /* newest read that worked + 1 */
} file;

typedef struct finder {
    const hr_wire_request *r;
    hr_arena *a;
    call *calls;
    hr_map files; /* path → index into list + 1 */
    HR_VEC(file) list;
    hr_err err;
} finder;

static file *file_of(finder *f, hr_str path)
{
    hr_map_entry *e = hr_map_put(&f->files, path, NULL);
    if (e && !e->value) {
        file *fresh = hr_vec_push(&f->list, f->a);
        if (fresh) {
            *fresh = (file){0};
            e->value = f->list.n;
        }
    }
    if (e && e->value)
        return &f->list.p[e->value - 1];
    f->err = HR_E_NOMEM;
    return NULL;
}

static hr_str path_of(const hr_json_doc *d, hr_arena *a)
{
    static const char *const names[] = {"file_path", "path", "notebook_path", "filePath"};
    hr_str path = HR_STR_NONE;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !path.n; i++)
        path = hr_json_get_text(d, 0, hr_cstr(names[i]), a);
    int depth = 0; /* a marker that names it must stay one */
    for (size_t i = 0; i < path.n && depth >= 0; i++)
        depth += (path.p[i] == '[') - (path.p[i] == ']') - 9 * ((unsigned char)path.p[i] < 0x20);
    return depth == 0 ? path : HR_STR_NONE;
}

static int64_t number(const hr_json_doc *d, uint32_t node, int64_t otherwise)
{
    double v;
    return hr_json_double(d, node, &v) && v >= 0 && v < 1e9 ? (int64_t)v : otherwise;
}

static void read_range(const hr_json_doc *d, call *c)
{
    uint32_t range = hr_json_get(d, 0, HR_STR("view_range"));
    if (hr_json_is(d, range, HR_JSON_ARRAY)) {
        c->from = number(d, hr_json_at(d, range, 0), 1);
        c->to = number(d, hr_json_at(d, range, 1), INT32_MAX);
        return;
    }
    c->from = number(d, hr_json_get(d, 0, HR_STR("offset")), 0);
    c->to = c->from + number(d, hr_json_get(d, 0, HR_STR("limit")), DEFAULT_LINES);
}

static void read_call(finder *f, const hr_past_call *from, call *c)
{
    hr_json_doc d;
    size_t n = sizeof(tools) / sizeof(*tools), k = 0;
    while (k < n && !hr_str_ieq(from->name, hr_cstr(tools[k].name)))
        k++;
    c->use = k < n ? tools[k].use : OTHER;
    if (c->use != PATCHES && hr_str_has(from->input, HR_STR("*** Begin Patch")))
        c->use = PATCHES; /* given to a shell */
    if (c->use == OTHER || from->input.n > INPUT_MAX ||
        hr_json_scan(f->a, from->input, INPUT_DEPTH, &d).code != HR_OK ||
        !hr_json_is(&d, 0, HR_JSON_OBJECT))
        return;
    c->path = path_of(&d, f->a);
    if (c->use == EDITOR)
        c->use = hr_str_eq(hr_json_get_text(&d, 0, HR_STR("command"), f->a), HR_STR("view"))
                     ? READS
                     : EDITS;
    read_range(&d, c);
}

/* Clients seldom mark failures. A result whose first words could mean one counts as failed. */
static bool says_failed(hr_str text)
{
    static const char *const words[] = {"error",  "fail",      "not found", "no match",  "invalid",
                                        "denied", "abort",     "cancel",    "reject",    "unable",
                                        "cannot", "could not", "did not",   "no changes"};
    text = hr_str_sub(text, 0, SAYS_BYTES);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (hr_str_ifind(text, hr_cstr(words[i])) != SIZE_MAX)
            return true;
    }
    size_t code = hr_str_find(text, HR_STR("exit_code\":"));
    hr_str rest = code == SIZE_MAX ? HR_STR_NONE : hr_str_trim(hr_str_sub(text, code + 11, text.n));
    return rest.n && rest.p[0] != '0';
}

static void note_edit(finder *f, hr_str path, uint32_t message)
{
    file *x = path.n ? file_of(f, path) : NULL;
    if (x && x->edited < message + 1)
        x->edited = message + 1;
}

/* Files that a patch names, in a text. */
static void note_patch(finder *f, hr_str text, uint32_t message)
{
    static const char *const heads[] = {"*** Update File: ", "*** Delete File: ", "*** Add File: "};
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
            hr_str head = hr_cstr(heads[i]);
            if (hr_str_starts(line, head))
                note_edit(f, hr_str_trim(hr_str_sub(line, head.n, line.n)), message);
        }
    }
}

static void note_patches(finder *f, const hr_past_call *c)
{
    hr_json_doc d;
    if (c->input.n > INPUT_MAX)
        return;
    if (hr_json_scan(f->a, c->input, INPUT_DEPTH, &d).code != HR_OK) {
        note_patch(f, c->input, c->message);
        return;
    }
    for (uint32_t i = 0; i < d.n; i++) {
        if (hr_json_is(&d, i, HR_JSON_STRING))
            note_patch(f, hr_json_text(&d, i, f->a), c->message);
    }
}

static void note_call(finder *f, size_t k)
{
    const call *c = &f->calls[k];
    if (!c->answered || c->failed)
        return;
    if (c->use == READS && c->path.n) {
        file *x = file_of(f, c->path);
        if (x)
            x->read = (uint32_t)k + 1;
    } else if (c->use == EDITS || c->use == PATCHES) {
        note_edit(f, c->path, f->r->calls[k].message);
        if (c->use == PATCHES)
            note_patches(f, &f->r->calls[k]);
    }
}

static hr_read judge(const finder *f, const hr_reads_policy *p, const hr_block *b)
{
    hr_read fresh = {.state = HR_READ_FRESH};
    const call *c = b->call ? &f->calls[b->call - 1] : NULL;
    if (!c || c->use != READS || !c->path.n || c->failed || b->live || b->text.n < p->min_bytes)
        return fresh;
    const hr_map_entry *e = hr_map_get(&f->files, c->path);
    const file *x = e ? &f->list.p[e->value - 1] : NULL;
    if (!x)
        return fresh;
    if (p->stale && x->edited > b->message + 1)
        return (hr_read){HR_READ_STALE, c->path};
    const call *later = x->read ? &f->calls[x->read - 1] : NULL;
    if (p->superseded && later && f->r->calls[x->read - 1].message > b->message &&
        later->from <= c->from && later->to >= c->to)
        return (hr_read){HR_READ_SUPERSEDED, c->path};
    return fresh;
}

hr_err hr_reads(const hr_wire_request *r, const hr_reads_policy *p, hr_arena *a, hr_read **out)
{
    finder f = {.r = r, .a = a, .calls = HR_NEW_ARRAY(a, call, r->ncalls)};
    *out = HR_NEW_ARRAY(a, hr_read, r->nblocks);
    if (!*out || !f.calls)
        return HR_E_NOMEM;
    hr_map_init(&f.files, a);
    for (size_t k = 0; k < r->ncalls; k++)
        read_call(&f, &r->calls[k], &f.calls[k]);
    for (size_t i = 0; i < r->nblocks; i++) {
        const hr_block *b = &r->blocks[i];
        call *c = b->call ? &f.calls[b->call - 1] : NULL;
        if (!c)
            continue;
        c->answered = true;
        c->failed |= b->is_error || (c->use != READS && says_failed(b->text));
    }
    for (size_t k = 0; k < r->ncalls; k++)
        note_call(&f, k);
    for (size_t i = 0; i < r->nblocks && f.err == HR_OK; i++)
        (*out)[i] = judge(&f, p, &r->blocks[i]);
    return f.err;
}
