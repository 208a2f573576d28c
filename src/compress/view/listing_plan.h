/* listing_plan: a listing while it is folded (internal to compress/listing_*.c). */
#ifndef HR_COMPRESS_LISTING_PLAN_H
#define HR_COMPRESS_LISTING_PLAN_H

#include "compress/view/listing_fold.h"

typedef struct hr_fold_kind {
    hr_str ext;
    uint32_t n, next; /* index + 1 */
} hr_fold_kind;

typedef struct hr_fold_dir {
    hr_str path, row;            /* row: its own line, if that is shown in place of the path */
    uint32_t parent, depth, rep; /* rep: the folder whose line counts this one */
    uint32_t files, folders;     /* entries of all folders it stands for */
    uint32_t below;              /* folders it stands for, itself not counted */
    uint32_t total;              /* entries at any depth below it */
    uint32_t kinds;              /* index + 1 of the first kind */
    uint32_t shown;              /* names kept */
    uint64_t bytes;
    bool sized, whole;
} hr_fold_dir;

typedef struct hr_folding {
    const hr_view_job *j;
    const hr_entries *e;
    hr_arena *a;
    hr_map index; /* path of a folder: index + 1 */
    HR_VEC(hr_fold_dir) folders;
    HR_VEC(hr_fold_kind) kinds;
    uint32_t *at; /* folder of each entry */
    bool *is_dir, *keep;
    size_t shared; /* bytes of the folder that all are below */
} hr_folding;

/* What parts the names of a path. */
char hr_fold_separator(const hr_folding *f);
/* ".c", or nothing; the end of a version is none. */
hr_str hr_fold_extension(hr_str name);

/* listing_keep.c: sets keep[] of the entries that stay. HR_E_NOMEM, HR_E_TIMEOUT. */
hr_err hr_fold_keep(hr_folding *f);
/* listing_write.c: the folded form. HR_E_NOMEM. */
hr_err hr_fold_write(const hr_folding *f, hr_str *out, hr_str *strategy);

#endif
