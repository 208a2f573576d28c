/* Folders of a listing, and how many entries each stands for. */
#include "compress/view/listing.h"
#include "compress/view/listing_plan.h"

enum {
    FOLDERS_MAX = 120, /* lines for folders */
    PACKAGES_MAX = 30, /* lines for packages with dependencies */
    CHECK_EVERY = 1024,
};

hr_str hr_fold_extension(hr_str name)
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

char hr_fold_separator(const hr_folding *f)
{
    return f->e->packages ? '\n' : '/';
}

/* The folder that a folder is in. */
static hr_str folder_above(const hr_folding *f, hr_str path)
{
    size_t end = hr_str_rfind_char(hr_str_sub(path, 0, path.n - 1), hr_fold_separator(f));
    return hr_str_sub(path, 0, end == SIZE_MAX ? 0 : end + 1);
}

static void find_shared(hr_folding *f)
{
    hr_str shared = f->e->p.p[0].folder;
    for (size_t i = 1; i < f->e->p.n; i++) {
        hr_str s = f->e->p.p[i].folder;
        size_t k = 0;
        while (k < shared.n && k < s.n && shared.p[k] == s.p[k])
            k++;
        shared.n = k;
    }
    while (shared.n && shared.p[shared.n - 1] != hr_fold_separator(f))
        shared.n--;
    f->shared = shared.n;
}

/* Index of the folder and of those above it, made when they are new; UINT32_MAX: no memory. */
static uint32_t folder_at(hr_folding *f, hr_str path)
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
    hr_fold_dir *slot = hr_vec_push(&f->folders, f->a);
    if (!e || !slot)
        return UINT32_MAX;
    uint32_t at = (uint32_t)f->folders.n - 1;
    e->value = at + 1;
    *slot = (hr_fold_dir){.path = path, .parent = parent, .rep = at};
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

static hr_err find_folders(hr_folding *f)
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
        if (too_deep(f->e->p.p[i].folder, hr_fold_separator(f)))
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
        if (e->name.n && e->name.p[e->name.n - 1] != hr_fold_separator(f))
            hr_buf_addc(&b, hr_fold_separator(f));
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
static void fold_deep(hr_folding *f)
{
    size_t per_depth[HR_LISTING_DEPTH + 2] = {0}, deepest = 0, sum = 0,
                                        most = f->e->packages ? PACKAGES_MAX : FOLDERS_MAX;
    for (size_t i = 0; i < f->folders.n; i++)
        per_depth[f->folders.p[i].depth]++;
    while (deepest <= HR_LISTING_DEPTH && (sum += per_depth[deepest]) <= most)
        deepest++;
    deepest = deepest ? deepest - 1 : 0;
    for (uint32_t i = 0; i < f->folders.n; i++) { /* parents stand before their children */
        hr_fold_dir *x = &f->folders.p[i];
        if (x->depth <= deepest)
            continue;
        x->rep = f->folders.p[x->parent].rep;
        f->folders.p[x->rep].below++;
    }
}

static hr_err count_kind(hr_folding *f, hr_fold_dir *x, hr_str ext)
{
    uint32_t *link = &x->kinds;
    for (unsigned tries = 0; *link && tries < 64; tries++) {
        hr_fold_kind *k = &f->kinds.p[*link - 1];
        if (hr_str_eq(k->ext, ext)) {
            k->n++;
            return HR_OK;
        }
        link = &k->next;
    }
    size_t from = (size_t)(link == &x->kinds ? 0 : (size_t)((char *)link - (char *)f->kinds.p));
    bool first = link == &x->kinds;
    hr_fold_kind *k = *link ? NULL : hr_vec_push(&f->kinds, f->a);
    if (*link)
        return HR_OK; /* of more than 64 kinds the rest are "others" */
    if (!k)
        return HR_E_NOMEM;
    *k = (hr_fold_kind){.ext = ext, .n = 1};
    if (first)
        x->kinds = (uint32_t)f->kinds.n;
    else
        *(uint32_t *)(void *)((char *)f->kinds.p + from) = (uint32_t)f->kinds.n;
    return HR_OK;
}

static hr_err count(hr_folding *f)
{
    for (size_t i = 0; i < f->e->p.n; i++) {
        const hr_entry *e = &f->e->p.p[i];
        hr_fold_dir *x = &f->folders.p[f->folders.p[f->at[i]].rep];
        x->folders += f->is_dir[i];
        x->files += !f->is_dir[i];
        bool bytes = e->sized && !f->is_dir[i] && !f->e->by_row;
        x->bytes += bytes ? e->size : 0;
        x->sized |= bytes;
        f->folders.p[f->at[i]].total++;
        hr_err err = f->is_dir[i] ? HR_OK : count_kind(f, x, hr_fold_extension(e->name));
        if (err != HR_OK)
            return err;
    }
    for (size_t i = f->folders.n; i-- > 1;) {
        if (f->folders.p[i].parent != UINT32_MAX)
            f->folders.p[f->folders.p[i].parent].total += f->folders.p[i].total;
    }
    return HR_OK;
}

hr_err hr_listing_fold(const hr_view_job *j, const hr_entries *e, hr_str *out, hr_str *strategy)
{
    hr_folding f = {.j = j, .e = e, .a = j->a};
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
        err = hr_fold_keep(&f);
    return err == HR_OK ? hr_fold_write(&f, out, strategy) : err;
}
