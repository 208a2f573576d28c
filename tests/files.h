/* files: reading and walking data files in tests. */
#ifndef HR_TESTS_FILES_H
#define HR_TESTS_FILES_H

#include "base/str.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The file's bytes (free .p), or {NULL, 0}. */
static inline hr_str test_read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return HR_STR_NONE;
    struct stat st;
    hr_str s = HR_STR_NONE;
    if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode)) {
        char *p = malloc((size_t)st.st_size + 1);
        size_t n = p ? fread(p, 1, (size_t)st.st_size, f) : 0;
        if (p && n == (size_t)st.st_size)
            s = hr_str_of(p, n);
        else
            free(p);
    }
    fclose(f);
    return s;
}

static inline int test_by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

typedef void test_file_fn(void *ctx, const char *path, hr_str bytes);

/* Calls fn for every regular file below path whose name ends in `suffix`, in name order; returns
 * how many. */
static inline size_t test_walk(const char *path, const char *suffix, test_file_fn *fn, void *ctx)
{
    struct dirent **list;
    int n = scandir(path, &list, NULL, test_by_name);
    size_t count = 0;
    for (int i = 0; i < n; i++) {
        char sub[4096];
        const char *name = list[i]->d_name;
        if (name[0] != '.' && snprintf(sub, sizeof(sub), "%s/%s", path, name) < (int)sizeof(sub)) {
            struct stat st;
            if (stat(sub, &st) == 0 && S_ISDIR(st.st_mode)) {
                count += test_walk(sub, suffix, fn, ctx);
            } else if (hr_str_ends(hr_cstr(name), hr_cstr(suffix))) {
                hr_str s = test_read_file(sub);
                if (s.p) {
                    fn(ctx, sub, s);
                    count++;
                }
                free((void *)(size_t)s.p);
            }
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return count;
}

/* Runs over tests/data and over the folder HR_EXTRA_DATA names, if it does. */
static inline size_t test_walk_data(const char *suffix, test_file_fn *fn, void *ctx)
{
    size_t n = test_walk(HR_TEST_DATA, suffix, fn, ctx);
    const char *extra = getenv("HR_EXTRA_DATA");
    return extra && *extra ? n + test_walk(extra, suffix, fn, ctx) : n;
}

#endif
