/* The folded form of a listing, a line a folder. */
#include "compress/marker.h"
#include "compress/view/listing_plan.h"

enum {
    NAMES_MAX = 400, /* names of small folders and of subfolders */
    KINDS_SHOWN = 5, /* kinds of file that a line counts apart */
};

static void put_size(hr_buf *b, uint64_t n)
{
    static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB", "PB"};
    size_t u = 0;
    double v = (double)n;
    while (v >= 1024 && u + 1 < sizeof units / sizeof *units) {
        v /= 1024;
        u++;
    }
    hr_buf_addf(b, u ? "%.1f %s" : "%.0f %s", v, units[u]);
}

typedef struct words {
    const char *leaf, *leaves, *node, *nodes, *list;
} words;

static const words *words_of(const hr_folding *f)
{
    static const words files = {"file", "files", "folder", "folders", "; folders:"};
    static const words names = {"name", "names", "folder", "folders", "; folders:"};
    static const words packages = {"outer package", "outer packages", "inner package",
                                   "inner packages", "; inner packages:"};
    return f->e->packages ? &packages : f->e->typed ? &files : &names;
}

static void put_plural(hr_buf *b, size_t n, const char *one, const char *more)
{
    hr_buf_addf(b, "%zu %s", n, n == 1 ? one : more);
}

/* A folder as people write it. */
static void put_path(const hr_folding *f, hr_str path, hr_buf *b)
{
    if (!f->e->packages) {
        hr_buf_add(b, path);
        return;
    }
    path.n -= path.n > 0;
    hr_str name;
    for (size_t i = 0; path.n && hr_str_split(&path, '\n', &name); i++) {
        if (i)
            hr_buf_lit(b, " > ");
        hr_buf_add(b, name);
    }
}

/* " (40 .c, 7 .h, 1 other)": the commonest kinds. */
static void put_kinds(const hr_folding *f, const hr_fold_dir *x, hr_buf *b)
{
    uint32_t told = 0, last = UINT32_MAX, last_at = 0;
    size_t before = b->n;
    for (unsigned shown = 0; shown < KINDS_SHOWN; shown++) {
        const hr_fold_kind *best = NULL;
        uint32_t best_at = 0;
        for (uint32_t k = x->kinds; k; k = f->kinds.p[k - 1].next) {
            const hr_fold_kind *c = &f->kinds.p[k - 1];
            bool later = c->n < last || (c->n == last && k > last_at);
            if (c->ext.n && later && (!best || c->n > best->n)) {
                best = c;
                best_at = k;
            }
        }
        if (!best)
            break;
        hr_buf_addf(b, "%s%u %.*s", b->n == before ? " (" : ", ", best->n, HR_FMT(best->ext));
        told += best->n;
        last = best->n;
        last_at = best_at;
    }
    if (told && told < x->files)
        hr_buf_addf(b, ", %u other%s", x->files - told, x->files - told == 1 ? "" : "s");
    if (told)
        hr_buf_addc(b, ')');
}

static void put_counts(const hr_folding *f, const hr_fold_dir *x, hr_buf *b)
{
    const words *w = words_of(f);
    if (x->below) {
        hr_buf_lit(b, " and ");
        put_plural(b, x->below, w->node, w->nodes);
        hr_buf_lit(b, " below");
    }
    hr_buf_lit(b, ": ");
    put_plural(b, x->files, w->leaf, w->leaves);
    put_kinds(f, x, b);
    if (!x->below && x->folders) {
        hr_buf_lit(b, " and ");
        put_plural(b, x->folders, w->node, w->nodes);
    }
    if (x->sized) {
        hr_buf_lit(b, ", ");
        put_size(b, x->bytes);
    }
}

/* Direct subfolders of a folder that stands for them, with the entries below each. */
static void put_subfolders(const hr_folding *f, uint32_t at, size_t *budget, hr_buf *b)
{
    size_t left = 0;
    hr_buf_add(b, hr_cstr(words_of(f)->list));
    for (uint32_t i = at + 1; i < f->folders.n; i++) {
        const hr_fold_dir *x = &f->folders.p[i];
        if (x->parent != at)
            continue;
        if (*budget == 0) {
            left++;
            continue;
        }
        --*budget;
        hr_str name = hr_str_sub(x->path, f->folders.p[at].path.n, x->path.n);
        hr_buf_addc(b, ' ');
        put_path(f, name, b);
        hr_buf_addf(b, "(%u)", x->total);
    }
    if (left)
        hr_buf_addf(b, " and %zu more", left);
}

static void put_name(const hr_folding *f, size_t i, uint32_t rep, hr_buf *b)
{
    const hr_entry *e = &f->e->p.p[i];
    if (f->e->rows) {
        hr_buf_lit(b, "\n  ");
        hr_buf_add(b, e->line);
        return;
    }
    hr_str in = hr_str_sub(e->folder, f->folders.p[rep].path.n, e->folder.n);
    hr_buf_lit(b, " ");
    put_path(f, in, b);
    if (in.n && f->e->packages)
        hr_buf_lit(b, " > ");
    hr_buf_add(b, e->name);
    if (f->e->packages)
        hr_buf_addc(b, ',');
}

/* Entries of each folder's line that stay, in order: lists without sorting. */
typedef struct chains {
    uint32_t *first, *last, *next; /* index + 1 */
} chains;

static bool chain(const hr_folding *f, chains *c)
{
    c->first = HR_NEW_ARRAY(f->a, uint32_t, f->folders.n);
    c->last = HR_NEW_ARRAY(f->a, uint32_t, f->folders.n);
    c->next = HR_NEW_ARRAY(f->a, uint32_t, f->e->p.n + 1);
    if (!c->first || !c->last || !c->next)
        return false;
    for (uint32_t i = 0; i < f->e->p.n; i++) {
        if (!f->keep[i])
            continue;
        uint32_t rep = f->folders.p[f->at[i]].rep;
        if (c->last[rep])
            c->next[c->last[rep]] = i + 1;
        else
            c->first[rep] = i + 1;
        c->last[rep] = i + 1;
        f->folders.p[rep].shown++;
    }
    return true;
}

static void put_folder(const hr_folding *f, const chains *c, uint32_t at, size_t *budget, hr_buf *b)
{
    const hr_fold_dir *x = &f->folders.p[at];
    size_t n = x->files + x->folders;
    if (n == 0 && x->below == 0)
        return; /* only the way to others */
    if (x->row.n)
        hr_buf_add(b, x->row);
    else
        put_path(f, x->path.n ? x->path : HR_STR("./"), b);
    if (x->shown == n && !x->below) {
        hr_buf_lit(b, " has only:");
    } else {
        put_counts(f, x, b);
        if (x->below)
            put_subfolders(f, at, budget, b);
        if (x->shown)
            hr_buf_lit(b, "; of these:");
    }
    for (uint32_t i = c->first[at]; i; i = c->next[i])
        put_name(f, i - 1, at, b);
    b->n -= c->first[at] && f->e->packages; /* the last comma */
    hr_buf_addc(b, '\n');
}

hr_err hr_fold_write(const hr_folding *f, hr_str *out, hr_str *strategy)
{
    chains c;
    size_t kept = 0, lines = 0, budget = NAMES_MAX, n = f->e->p.n;
    if (!chain(f, &c))
        return HR_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        kept += f->keep[i];
    if (kept == n)
        return HR_OK;
    hr_buf b = HR_BUF_INIT(0);
    for (size_t i = 0; i < f->e->notes.n; i++) {
        hr_buf_add(&b, f->e->notes.p[i]);
        hr_buf_addc(&b, '\n');
    }
    for (uint32_t i = 0; i < f->folders.n; i++) {
        if (f->folders.p[i].rep != i)
            continue;
        put_folder(f, &c, i, &budget, &b);
        lines++;
    }
    hr_str what = hr_strf(f->a, "%zu of %zu entries are only counted, in the line of their folder.",
                          n - kept, n);
    hr_marker_text(&b, what, f->j->key, f->j->o->via);
    hr_err e = b.err;
    if (e == HR_OK) {
        *out = hr_str_dup(f->a, hr_buf_str(&b));
        *strategy = hr_strf(f->a, "folders(%zu of %zu names in %zu lines)", kept, n, lines);
    }
    hr_buf_free(&b);
    return e == HR_OK && f->a->failed ? HR_E_NOMEM : e;
}
