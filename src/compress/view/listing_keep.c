/* Names of a folded listing that stay. */
#include "compress/view/listing_plan.h"

enum {
    NAMES_MAX = 400,   /* names of small folders and of subfolders */
    ROWS_MAX = 60,     /* the same where each is a line of its own */
    WANTED_MAX = 200,  /* names the query asks for */
    RARE_MAX = 60,     /* names of kinds that hardly occur */
    RARE = 2,          /* a kind that so many have is rare */
    SMALL = 8,         /* a folder of so few names is shown whole */
    LARGEST = 3,       /* files shown for their size */
    LARGEST_ROWS = 10, /* the same where folders have a size, too */
    TOP = 100,         /* names of the outermost folder that stay anyway */
    CHECK_EVERY = 1024,
};

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
    hr_str stem = hr_str_sub(e->name, 0, e->name.n - hr_fold_extension(e->name).n);
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

static hr_err keep_wanted(hr_folding *f)
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
static hr_err keep_rare(hr_folding *f)
{
    hr_map kinds;
    size_t n = f->e->p.n, rare = 0;
    hr_map_init(&kinds, f->a);
    for (int pass = 0; pass < 3; pass++) {
        if (pass == 2 && rare > RARE_MAX)
            break;
        for (size_t i = 0; i < n; i++) {
            hr_str ext = hr_fold_extension(f->e->p.p[i].name);
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

static void keep_largest(hr_folding *f)
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
static void keep_small(hr_folding *f)
{
    size_t budget = f->e->rows ? ROWS_MAX : NAMES_MAX, top = 0;
    size_t small = f->e->rows ? SMALL / 2 : SMALL, first = f->e->rows ? TOP / 5 : TOP;
    for (uint32_t depth = 0; depth <= HR_LISTING_DEPTH; depth++) {
        bool any = false;
        for (size_t i = 0; i < f->folders.n; i++) {
            hr_fold_dir *x = &f->folders.p[i];
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
        const hr_fold_dir *x = &f->folders.p[f->at[i]];
        f->keep[i] |= x->whole && x->rep == f->at[i];
        if (f->at[i] == 0 && top < first) {
            f->keep[i] = true;
            top++;
        }
    }
}

hr_err hr_fold_keep(hr_folding *f)
{
    hr_err err = keep_wanted(f);
    if (err == HR_OK)
        err = keep_rare(f);
    if (err != HR_OK)
        return err;
    keep_largest(f);
    keep_small(f);
    return HR_OK;
}
