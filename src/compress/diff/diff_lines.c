/* What the lines of a diff are, and what the names of its files tell. */
#include "compress/diff/diff.h"

enum { PARENTS = 8 };

/* The lines that a hunk still has on each of its sides; the last one is the result. */
typedef struct sides {
    size_t left[PARENTS + 1];
    size_t parents; /* 0: not in a hunk */
} sides;

/* "-12,3 " at s[*i]: its count. */
static bool range(hr_str s, size_t *i, char sign, size_t *count)
{
    if (*i >= s.n || s.p[*i] != sign)
        return false;
    size_t k = *i + 1, v = 1, from = k;
    while (k < s.n && hr_is_digit(s.p[k]))
        k++;
    if (k == from)
        return false;
    if (k < s.n && s.p[k] == ',') {
        v = 0;
        for (k++; k < s.n && hr_is_digit(s.p[k]) && v < 100000000; k++)
            v = v * 10 + (size_t)(s.p[k] - '0');
    }
    if (k >= s.n || s.p[k] != ' ')
        return false;
    *i = k + 1;
    *count = v;
    return true;
}

/* "@@ -a,b +c,d @@", with one more sign for each further parent of a merge. */
static bool open_hunk(hr_str s, sides *h)
{
    size_t signs = 0, i;
    while (signs < s.n && s.p[signs] == '@')
        signs++;
    if (signs < 2 || signs > PARENTS + 1 || signs >= s.n || s.p[signs] != ' ')
        return false;
    sides got = {.parents = signs - 1};
    i = signs + 1;
    for (size_t k = 0; k < got.parents; k++) {
        if (!range(s, &i, '-', &got.left[k]))
            return false;
    }
    if (!range(s, &i, '+', &got.left[got.parents]) ||
        !hr_str_starts(hr_str_sub(s, i, s.n), hr_str_sub(s, 0, signs)))
        return false;
    *h = got;
    return true;
}

static bool any_left(const sides *h)
{
    size_t left = 0;
    for (size_t k = 0; k <= h->parents && h->parents; k++)
        left |= h->left[k];
    return left != 0;
}

static void count(sides *h, size_t side)
{
    h->left[side] -= h->left[side] > 0;
}

/* A line of a body: the first columns say which sides have it. False: no body has such a line. */
static bool body_line(hr_str s, sides *h, hr_diff_kind *kind)
{
    bool add = false, del = false;
    if (s.n && s.p[0] == '\\') {
        *kind = HR_DIFF_NOTE;
        return true;
    }
    for (size_t k = 0; k < h->parents; k++) { /* mailers cut the blanks of empty lines */
        char c = k < s.n && s.p[k] != '\r' ? s.p[k] : ' ';
        if (c != ' ' && c != '+' && c != '-' && !(c == '\t' && k == 0))
            return false;
        add |= c == '+';
        del |= c == '-';
    }
    for (size_t k = 0; k < h->parents; k++) {
        char c = k < s.n ? s.p[k] : ' ';
        if (del ? c == '-' : c != '+')
            count(h, k);
    }
    if (!del)
        count(h, h->parents);
    *kind = del ? HR_DIFF_DEL : add ? HR_DIFF_ADD : HR_DIFF_CONTEXT;
    return true;
}

hr_err hr_diff_read(hr_str text, hr_arena *a, hr_diff *d)
{
    sides h = {0};
    *d = (hr_diff){0};
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        hr_diff_line *l = hr_vec_push(&d->lines, a);
        if (!l)
            return HR_E_NOMEM;
        *l = (hr_diff_line){line, HR_DIFF_META};
        if (any_left(&h) && body_line(line, &h, &l->kind))
            continue;
        h.parents = any_left(&h) ? 0 : h.parents;
        if (open_hunk(line, &h)) {
            l->kind = HR_DIFF_HUNK;
            d->hunks++;
        } else if (h.parents && line.n && line.p[0] == '\\') {
            l->kind = HR_DIFF_NOTE;
        } else {
            h.parents = 0;
            if (hr_str_starts(line, HR_STR("diff ")))
                l->kind = HR_DIFF_FILE;
        }
    }
    return HR_OK;
}

/* --- names -------------------------------------------------------------------------------------
 */

hr_str hr_diff_path(hr_str line)
{
    if (hr_str_starts(line, HR_STR("+++ ")) || hr_str_starts(line, HR_STR("--- ")))
        line = hr_str_sub(line, 4, line.n);
    size_t tab = hr_str_find_char(line, '\t');
    if (tab != SIZE_MAX)
        line.n = tab;
    while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == '"'))
        line.n--;
    size_t space = hr_str_rfind_char(line, ' ');
    return space == SIZE_MAX ? line : hr_str_sub(line, space + 1, line.n);
}

static bool in_table(hr_str s, const char *const *table, size_t n, bool (*like)(hr_str, hr_str))
{
    for (size_t i = 0; i < n; i++) {
        if (like(s, hr_cstr(table[i])))
            return true;
    }
    return false;
}
#define IN(s, table, like) in_table((s), (table), sizeof(table) / sizeof(*(table)), (like))

bool hr_diff_generated(hr_str path)
{
    static const char *const names[] = {"package-lock.json",
                                        "npm-shrinkwrap.json",
                                        "yarn.lock",
                                        "pnpm-lock.yaml",
                                        "bun.lock",
                                        "deno.lock",
                                        "cargo.lock",
                                        "poetry.lock",
                                        "uv.lock",
                                        "pdm.lock",
                                        "pipfile.lock",
                                        "go.sum",
                                        "go.work.sum",
                                        "gemfile.lock",
                                        "podfile.lock",
                                        "composer.lock",
                                        "flake.lock",
                                        "mix.lock",
                                        "rebar.lock",
                                        "pubspec.lock",
                                        "packages.lock.json",
                                        "package.resolved",
                                        "gradle.lockfile",
                                        "stack.yaml.lock"};
    static const char *const ends[] = {".min.js",      ".min.css", ".map",        "_pb2.py",
                                       "_pb2_grpc.py", ".pb.go",   ".pb.cc",      ".pb.h",
                                       ".snap",        ".g.dart",  ".designer.cs"};
    size_t slash = hr_str_rfind_char(path, '/');
    hr_str name = slash == SIZE_MAX ? path : hr_str_sub(path, slash + 1, path.n);
    return IN(name, names, hr_str_ieq) || IN(name, ends, hr_str_iends) ||
           hr_str_has(path, HR_STR("/node_modules/")) ||
           hr_str_has(path, HR_STR("/bower_components/"));
}

bool hr_diff_space_matters(hr_str path)
{
    static const char *const ends[] = {
        ".py",    ".pyi",    ".pyx",     ".pxd",        ".bzl",        ".star", ".yaml",
        ".yml",   ".mk",     "makefile", "makefile.am", "makefile.in", ".nim",  ".hs",
        ".lhs",   ".elm",    ".coffee",  ".md",         ".markdown",   ".rst",  ".adoc",
        ".txt",   ".haml",   ".pug",     ".slim",       ".sass",       ".styl", ".fs",
        ".fsx",   ".tsv",    ".f",       ".for",        ".f77",        ".cob",  ".cbl",
        ".patch", ".diff",   "build",    "sconstruct",  "dockerfile",  ".sh",   ".bash",
        ".gd",    ".feature"};
    return path.n == 0 || IN(path, ends, hr_str_iends);
}
