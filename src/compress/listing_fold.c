#include "compress/listing_fold.h"

#include "compress/listing.h"
#include "compress/marker.h"

enum {
    FOLDERS_MAX = 120, /* lines for folders */
    PACKAGES_MAX = 30, /* lines for packages with dependencies */
    NAMES_MAX = 400,   /* names of small folders and of subfolders */
    ROWS_MAX = 60,     /* the same where each is a line of its own */
    WANTED_MAX = 200,  /* names the query asks for */
    RARE_MAX = 60,     /* names of kinds that hardly occur */
    RARE = 2,          /* a kind that so many have is rare */
    SMALL = 8,         /* a folder of so few names is shown whole */
    LARGEST = 3,       /* files shown for their size */
    LARGEST_ROWS = 10, /* the same where folders have a size, too */
    TOP = 100,         /* names of the outermost folder that stay anyway */
    KINDS_SHOWN = 5,   /* kinds of file that a line counts apart */
    CHECK_EVERY = 1024,
};

typedef struct kind {
    hr_str ext;
    uint32_t n, next; /* index + 1 */
} kind;

typedef struct folder {
    hr_str path, row;            /* row: its own line, if that is shown in place of the path */
    uint32_t parent, depth, rep; /* rep: the folder whose line counts this one */
    uint32_t files, folders;     /* entries of all folders it stands for */
    uint32_t below;              /* folders it stands for, itself not counted */
    uint32_t total;              /* entries at any depth below it */
    uint32_t kinds;              /* index + 1 of the first kind */
    uint32_t shown;              /* names kept */
    uint64_t bytes;
    bool sized, whole;
} folder;

typedef struct folding {
    const hr_view_job *j;
    const hr_entries *e;
    hr_arena *a;
    hr_map index; /* path of a folder: index + 1 */
    HR_VEC(folder) folders;
    HR_VEC(kind) kinds;
    uint32_t *at; /* folder of each entry */
    bool *is_dir, *keep;
    size_t shared; /* bytes of the folder that all are below */
} folding;

static hr_str extension(hr_str name)
{
    size_t dot = hr_str_rfind_char(name, '.');
    if (dot == SIZE_MAX || dot == 0 || name.n - dot > 10 || name.n - dot < 2)
        return HR_STR_NONE;
    bool letter = false;
    for (size_t i = dot + 1; i < name.n; i++) {
        if (!hr_is_alnum(name.p[i]))
            return HR_STR_NONE;
        letter |= hr_is_alpha(name.p[i]);
    }
    return letter ? hr_str_sub(name, dot, name.n) : HR_STR_NONE; /* not the end of a version */
}

static char separator(const folding *f)
{
    return f->e->packages ? '\n' : '/';
}

/* The folder that a folder is in. */
static hr_str folder_above(const folding *f, hr_str path)
{
    size_t end = hr_str_rfind_char(hr_str_sub(path, 0, path.n - 1), separator(f));
    return hr_str_sub(path, 0, end == SIZE_MAX ? 0 : end + 1);
}

/* --- folders -----------------------------------------------------------------------------------
 */

static void find_shared(folding *f)
{
    hr_str shared = f->e->p.p[0].folder;
    for (size_t i = 1; i < f->e->p.n; i++) {
        hr_str s = f->e->p.p[i].folder;
        size_t k = 0;
        while (k < shared.n && k < s.n && shared.p[k] == s.p[k])
            k++;
        shared.n = k;
    }
    while (shared.n && shared.p[shared.n - 1] != separator(f))
        shared.n--;
    f->shared = shared.n;
}

/* Index of the folder and of those above it, made when they are new; UINT32_MAX: no memory. */
static uint32_t folder_at(folding *f, hr_str path)
{
    uint32_t parent = UINT32_MAX;
    hr_map_entry *e = hr_map_get(&f->index, path);
    if (e)
        return (uint32_t)e->value - 1;
    if (path.n > f->shared) {
        hr_str up = folder_above(f, path);
        parent = folder_at(f, up.n < f->shared ? hr_str_sub(path, 0, f->shared) : up);
        if (parent == UINT32_MAX)
            return UINT32_MAX;
    }
    e = hr_map_put(&f->index, path, NULL);
    folder *slot = hr_vec_push(&f->folders, f->a);
    if (!e || !slot)
        return UINT32_MAX;
    uint32_t at = (uint32_t)f->folders.n - 1;
    e->value = at + 1;
    *slot = (folder){.path = path, .parent = parent, .rep = at};
    slot->depth = parent == UINT32_MAX ? 0 : f->folders.p[parent].depth + 1;
    return at;
}

static bool too_deep(hr_str path, char sep)
{
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++)
        n += path.p[i] == sep;
    return n > HR_LISTING_DEPTH;
}

static hr_err find_folders(folding *f)
{
    size_t n = f->e->p.n;
    hr_map_init(&f->index, f->a);
    f->at = HR_NEW_ARRAY(f->a, uint32_t, n);
    f->is_dir = HR_NEW_ARRAY(f->a, bool, n);
    f->keep = HR_NEW_ARRAY(f->a, bool, n);
    if (!f->at || !f->is_dir || !f->keep)
        return HR_E_NOMEM;
    find_shared(f);
    for (size_t i = 0; i < n; i++) {
        if (i % CHECK_EVERY == 0 && hr_deadline_passed(f->j->o->deadline))
            return HR_E_TIMEOUT;
        if (too_deep(f->e->p.p[i].folder, separator(f)))
            return HR_E_LIMIT;
        f->at[i] = folder_at(f, f->e->p.p[i].folder);
        if (f->at[i] == UINT32_MAX)
            return HR_E_NOMEM;
    }
    hr_buf b = HR_BUF_INIT(0);
    for (size_t i = 0; i < n; i++) { /* a name that others are below is a folder */
        const hr_entry *e = &f->e->p.p[i];
        hr_buf_clear(&b);
        hr_buf_add(&b, e->folder);
        hr_buf_add(&b, e->name);
        if (e->name.n && e->name.p[e->name.n - 1] != separator(f))
            hr_buf_addc(&b, separator(f));
        hr_map_entry *own = hr_map_get(&f->index, hr_buf_str(&b));
        f->is_dir[i] = e->is_folder || own;
        if (own && f->e->by_row)
            f->folders.p[own->value - 1].row = e->line;
    }
    hr_err err = b.err;
    hr_buf_free(&b);
    return err;
}

/* Folders deeper than fits become part of the one above them. */
static void fold_deep(folding *f)
{
    size_t per_depth[HR_LISTING_DEPTH + 2] = {0}, deepest = 0, sum = 0,
                                        most = f->e->packages ? PACKAGES_MAX : FOLDERS_MAX;
    for (size_t i = 0; i < f->folders.n; i++)
        per_depth[f->folders.p[i].depth]++;
    while (deepest <= HR_LISTING_DEPTH && (sum += per_depth[deepest]) <= most)
        deepest++;
    deepest = deepest ? deepest - 1 : 0;
    for (uint32_t i = 0; i < f->folders.n; i++) { /* parents stand before their children */
        folder *x = &f->folders.p[i];
        if (x->depth <= deepest)
            continue;
        x->rep = f->folders.p[x->parent].rep;
        f->folders.p[x->rep].below++;
    }
}

static hr_err count_kind(folding *f, folder *x, hr_str ext)
{
    uint32_t *link = &x->kinds;
    for (unsigned tries = 0; *link && tries < 64; tries++) {
        kind *k = &f->kinds.p[*link - 1];
        if (hr_str_eq(k->ext, ext)) {
            k->n++;
            return HR_OK;
        }
        link = &k->next;
    }
    size_t from = (size_t)(link == &x->kinds ? 0 : (size_t)((char *)link - (char *)f->kinds.p));
    bool first = link == &x->kinds;
    kind *k = *link ? NULL : hr_vec_push(&f->kinds, f->a);
    if (*link)
        return HR_OK; /* of more than 64 kinds the rest are "others" */
    if (!k)
        return HR_E_NOMEM;
    *k = (kind){.ext = ext, .n = 1};
    if (first)
        x->kinds = (uint32_t)f->kinds.n;
    else
        *(uint32_t *)(void *)((char *)f->kinds.p + from) = (uint32_t)f->kinds.n;
    return HR_OK;
}

static hr_err count(folding *f)
{
    for (size_t i = 0; i < f->e->p.n; i++) {
        const hr_entry *e = &f->e->p.p[i];
        folder *x = &f->folders.p[f->folders.p[f->at[i]].rep];
        x->folders += f->is_dir[i];
        x->files += !f->is_dir[i];
        bool bytes = e->sized && !f->is_dir[i] && !f->e->by_row;
        x->bytes += bytes ? e->size : 0;
        x->sized |= bytes;
        f->folders.p[f->at[i]].total++;
        hr_err err = f->is_dir[i] ? HR_OK : count_kind(f, x, extension(e->name));
        if (err != HR_OK)
            return err;
    }
    for (size_t i = f->folders.n; i-- > 1;) {
        if (f->folders.p[i].parent != UINT32_MAX)
            f->folders.p[f->folders.p[i].parent].total += f->folders.p[i].total;
    }
    return HR_OK;
}

/* --- names that stay ---------------------------------------------------------------------------
 */

/* What package managers write behind a dependency that is not as it should be. */
static bool broken(hr_str line)
{
    static const char *const words[] = {"UNMET", "invalid", "extraneous", "missing", "ERR!"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (hr_str_has(line, hr_cstr(words[i])))
            return true;
    }
    return false;
}

/* How much a query asks for an entry: 3 it names it, 2 a word of it is the name, 1 is in it. */
static unsigned asked_for(const hr_query *q, const hr_entry *e)
{
    unsigned best = 0;
    hr_str stem = hr_str_sub(e->name, 0, e->name.n - extension(e->name).n);
    if (hr_query_anchor_in(q, e->line))
        return 3;
    for (size_t i = 0; i < q->nterms && best < 2; i++) {
        if (q->terms[i].n >= 3 && hr_str_ieq(stem, q->terms[i]))
            best = 2;
        else if (q->terms[i].n >= 4 && hr_str_ifind(e->name, q->terms[i]) != SIZE_MAX)
            best = 1;
    }
    return best;
}

static hr_err keep_wanted(folding *f)
{
    /* what matches too often tells nothing apart */
    static const size_t most[] = {0, WANTED_MAX / 4, WANTED_MAX / 2, WANTED_MAX};
    size_t n = f->e->p.n, hits[4] = {0}, broken_kept = 0;
    uint8_t *asked = HR_NEW_ARRAY(f->a, uint8_t, n);
    hr_query q;
    if (!asked)
        return HR_E_NOMEM;
    hr_query_parse(f->j->o->query, f->a, &q);
    for (size_t i = 0; i < n; i++) {
        if (i % CHECK_EVERY == 0 && hr_deadline_passed(f->j->o->deadline))
            return HR_E_TIMEOUT;
        asked[i] = (uint8_t)asked_for(&q, &f->e->p.p[i]);
        hits[asked[i]]++;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned how = asked[i];
        f->keep[i] |= how && hits[how] <= most[how] && hits[how] * 2 <= n;
        if (f->e->packages && broken_kept < WANTED_MAX && broken(f->e->p.p[i].name)) {
            f->keep[i] = true;
            broken_kept++;
        }
    }
    return HR_OK;
}

/* Kinds of file that hardly occur, names without a kind that stand alone. */
static hr_err keep_rare(folding *f)
{
    hr_map kinds;
    size_t n = f->e->p.n, rare = 0;
    hr_map_init(&kinds, f->a);
    for (int pass = 0; pass < 3; pass++) {
        if (pass == 2 && rare > RARE_MAX)
            break;
        for (size_t i = 0; i < n; i++) {
            hr_str ext = extension(f->e->p.p[i].name);
            hr_str key = ext.n ? ext : f->e->p.p[i].name;
            if (f->is_dir[i])
                continue;
            hr_map_entry *e = hr_map_put(&kinds, key, NULL);
            if (!e)
                return HR_E_NOMEM;
            e->value += pass == 0;
            rare += pass == 1 && e->value <= RARE;
            f->keep[i] |= pass == 2 && e->value <= RARE;
        }
    }
    return HR_OK;
}

static void keep_largest(folding *f)
{
    size_t top[LARGEST_ROWS], n = 0, most = f->e->by_row ? LARGEST_ROWS : LARGEST;
    for (size_t i = 0; i < f->e->p.n; i++) {
        const hr_entry *e = &f->e->p.p[i];
        if (!e->sized || (f->is_dir[i] && !f->e->by_row))
            continue;
        size_t at = n;
        while (at && f->e->p.p[top[at - 1]].size < e->size)
            at--;
        if (at >= most)
            continue;
        n += n < most;
        for (size_t k = n - 1; k > at; k--)
            top[k] = top[k - 1];
        top[at] = i;
    }
    for (size_t k = 0; k < n; k++)
        f->keep[top[k]] = true;
}

/* Small folders whole, and the first names of the outermost folder. */
static void keep_small(folding *f)
{
    size_t budget = f->e->rows ? ROWS_MAX : NAMES_MAX, top = 0;
    size_t small = f->e->rows ? SMALL / 2 : SMALL, first = f->e->rows ? TOP / 5 : TOP;
    for (uint32_t depth = 0; depth <= HR_LISTING_DEPTH; depth++) {
        bool any = false;
        for (size_t i = 0; i < f->folders.n; i++) {
            folder *x = &f->folders.p[i];
            size_t n = x->files + x->folders;
            any |= x->depth == depth;
            if (x->depth != depth || x->rep != i || x->below || n > small || n > budget)
                continue;
            x->whole = true;
            budget -= n;
        }
        if (!any)
            break;
    }
    for (size_t i = 0; i < f->e->p.n; i++) {
        const folder *x = &f->folders.p[f->at[i]];
        f->keep[i] |= x->whole && x->rep == f->at[i];
        if (f->at[i] == 0 && top < first) {
            f->keep[i] = true;
            top++;
        }
    }
}

/* --- writing -----------------------------------------------------------------------------------
 */

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

static const words *words_of(const folding *f)
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
static void put_path(const folding *f, hr_str path, hr_buf *b)
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
static void put_kinds(const folding *f, const folder *x, hr_buf *b)
{
    uint32_t told = 0, last = UINT32_MAX, last_at = 0;
    size_t before = b->n;
    for (unsigned shown = 0; shown < KINDS_SHOWN; shown++) {
        const kind *best = NULL;
        uint32_t best_at = 0;
        for (uint32_t k = x->kinds; k; k = f->kinds.p[k - 1].next) {
            const kind *c = &f->kinds.p[k - 1];
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

static void put_counts(const folding *f, const folder *x, hr_buf *b)
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
static void put_subfolders(const folding *f, uint32_t at, size_t *budget, hr_buf *b)
{
    size_t left = 0;
    hr_buf_add(b, hr_cstr(words_of(f)->list));
    for (uint32_t i = at + 1; i < f->folders.n; i++) {
        const folder *x = &f->folders.p[i];
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

static void put_name(const folding *f, size_t i, uint32_t rep, hr_buf *b)
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

static bool chain(const folding *f, chains *c)
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

static void put_folder(const folding *f, const chains *c, uint32_t at, size_t *budget, hr_buf *b)
{
    const folder *x = &f->folders.p[at];
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

static hr_err write_form(const folding *f, hr_str *out, hr_str *strategy)
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

hr_err hr_listing_fold(const hr_view_job *j, const hr_entries *e, hr_str *out, hr_str *strategy)
{
    folding f = {.j = j, .e = e, .a = j->a};
    *out = HR_STR_NONE;
    if (e->p.n == 0)
        return HR_OK;
    hr_err err = find_folders(&f);
    if (err == HR_E_LIMIT)
        return HR_OK;
    if (err == HR_OK) {
        fold_deep(&f);
        err = count(&f);
    }
    if (err == HR_OK)
        err = keep_wanted(&f);
    if (err == HR_OK)
        err = keep_rare(&f);
    if (err != HR_OK)
        return err;
    keep_largest(&f);
    keep_small(&f);
    return write_form(&f, out, strategy);
}
