/* Unified diffs (git diff, format-patch, diff -u, combined diffs).
 *
 * Every changed line, header and mode stays byte for byte. What goes is what a reader can do
 * without: unchanged context beyond one line around each change, bodies of lock files and generated
 * files, and pairs of lines that differ in white space only. A line that begins with "~" stands
 * where lines are missing and says how many; no line of a diff begins so. Hunk headers keep their
 * original numbers: they count the original lines. */
#include "base/buf.h"
#include "base/vec.h"
#include "compress/detect.h"
#include "compress/marker.h"

enum {
    CONTEXT = 1, /* unchanged lines kept on each side of a change */
    MIN_GAP = 2, /* fewer missing lines are cheaper to show than to count */
    MIN_SPACE_RUN = 3,
};

typedef enum line_kind { L_META, L_FILE, L_HUNK, L_CONTEXT, L_ADD, L_DEL, L_NOTE } line_kind;

typedef struct diff_line {
    hr_str s;
    line_kind kind;
} diff_line;

typedef HR_VEC(diff_line) line_vec;

/* "@@ -a,b +c,d @@": lines of the old and new side that follow. */
static bool hunk_counts(hr_str s, size_t *old_n, size_t *new_n)
{
    size_t *into[2] = {old_n, new_n};
    size_t i = 3;
    static const char sign[2] = {'-', '+'};
    if (!hr_str_starts(s, HR_STR("@@ ")))
        return false;
    for (int side = 0; side < 2; side++) {
        size_t v = 1;
        if (i >= s.n || s.p[i] != sign[side])
            return false;
        i++;
        while (i < s.n && hr_is_digit(s.p[i]))
            i++;
        if (i < s.n && s.p[i] == ',') {
            v = 0;
            for (i++; i < s.n && hr_is_digit(s.p[i]) && v < 100000000; i++)
                v = v * 10 + (size_t)(s.p[i] - '0');
        }
        *into[side] = v;
        if (i >= s.n || s.p[i] != ' ')
            return false;
        i++;
    }
    return hr_str_starts(hr_str_sub(s, i, s.n), HR_STR("@@"));
}

static line_kind body_kind(hr_str s)
{
    switch (s.n ? s.p[0] : ' ') {
    case '+':
        return L_ADD;
    case '-':
        return L_DEL;
    case '\\':
        return L_NOTE;
    default:
        return L_CONTEXT;
    }
}

/* Lines inside hunks are told by the hunk's counts, so that "--- x" in a body is not a header. */
static hr_err classify(hr_str text, hr_arena *a, line_vec *v, size_t *hunks)
{
    size_t old_n = 0, new_n = 0;
    *hunks = 0;
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        diff_line *l = hr_vec_push(v, a);
        if (!l)
            return HR_E_NOMEM;
        l->s = line;
        if (old_n || new_n) {
            l->kind = body_kind(line);
            old_n -= old_n && (l->kind == L_CONTEXT || l->kind == L_DEL);
            new_n -= new_n && (l->kind == L_CONTEXT || l->kind == L_ADD);
        } else if (hunk_counts(line, &old_n, &new_n)) {
            l->kind = L_HUNK;
            ++*hunks;
        } else if (line.n && line.p[0] == '\\') {
            l->kind = L_NOTE;
        } else {
            l->kind = hr_str_starts(line, HR_STR("diff ")) ? L_FILE : L_META;
        }
    }
    return HR_OK;
}

static hr_str base_name(hr_str path)
{
    size_t slash = hr_str_rfind_char(path, '/');
    return slash == SIZE_MAX ? path : hr_str_sub(path, slash + 1, path.n);
}

/* The file a "diff --git a/x b/x" or "+++ b/x" line names. */
static hr_str file_of(hr_str line)
{
    if (hr_str_starts(line, HR_STR("+++ ")) || hr_str_starts(line, HR_STR("--- ")))
        line = hr_str_sub(line, 4, line.n);
    size_t tab = hr_str_find_char(line, '\t');
    if (tab != SIZE_MAX)
        line.n = tab;
    size_t space = hr_str_rfind_char(line, ' ');
    return space == SIZE_MAX ? line : hr_str_sub(line, space + 1, line.n);
}

static bool is_generated(hr_str path)
{
    static const char *const names[] = {
        "package-lock.json", "npm-shrinkwrap.json", "yarn.lock",   "pnpm-lock.yaml",
        "bun.lock",          "cargo.lock",          "poetry.lock", "uv.lock",
        "pdm.lock",          "pipfile.lock",        "go.sum",      "gemfile.lock",
        "composer.lock",     "flake.lock",          "mix.lock",    "packages.lock.json"};
    static const char *const ends[] = {".min.js",      ".min.css", ".map",        "_pb2.py",
                                       "_pb2_grpc.py", ".pb.go",   ".pb.cc",      ".pb.h",
                                       ".snap",        ".g.dart",  ".designer.cs"};
    hr_str name = base_name(path);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (hr_str_ieq(name, hr_cstr(names[i])))
            return true;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        if (hr_str_iends(name, hr_cstr(ends[i])))
            return true;
    }
    return false;
}

/* Languages where white space is meaning. */
static bool space_matters(hr_str path)
{
    static const char *const ends[] = {".py",      ".pyi",  ".yaml", ".yml",    ".mk",
                                       "makefile", ".nim",  ".hs",   ".coffee", ".md",
                                       ".rst",     ".haml", ".pug",  ".sass",   ".fs"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        if (hr_str_iends(path, hr_cstr(ends[i])))
            return true;
    }
    return path.n == 0;
}

static bool same_but_space(hr_str a, hr_str b)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a.n && hr_is_space(a.p[i]))
            i++;
        while (j < b.n && hr_is_space(b.p[j]))
            j++;
        if (i == a.n || j == b.n)
            return i == a.n && j == b.n;
        if (a.p[i++] != b.p[j++])
            return false;
    }
}

typedef struct writer {
    const line_vec *v;
    hr_buf out;
    hr_query query;
    size_t context, folded, space; /* lines left out, by cause */
    hr_str path;
    bool generated, deleted;
} writer;

static void put(writer *w, hr_str line)
{
    hr_buf_add(&w->out, line);
    hr_buf_addc(&w->out, '\n');
}

static bool wanted(const writer *w, hr_str line)
{
    return hr_query_anchor_in(&w->query, line);
}

/* A run of context lines between `from` and `to`: the ones that touch a change stay. */
static void put_context(writer *w, size_t from, size_t to, bool change_before, bool change_after)
{
    size_t head = change_before ? CONTEXT : 0, tail = change_after ? CONTEXT : 0, n = to - from;
    if (n < head + tail + MIN_GAP) {
        head = n;
        tail = 0;
    }
    size_t missing = 0;
    for (size_t i = from; i <= to; i++) {
        bool end = i == to;
        bool stays = !end && (i - from < head || to - i <= tail || wanted(w, w->v->p[i].s));
        if ((end || stays) && missing) {
            hr_buf_addf(&w->out, "~%zu\n", missing);
            w->context += missing;
            missing = 0;
        }
        if (stays)
            put(w, w->v->p[i].s);
        else if (!end)
            missing++;
    }
}

/* Lines removed and put back with other white space: how many pairs start at `i`. */
static size_t space_pairs(const line_vec *v, size_t i)
{
    size_t dels = 0, adds = 0;
    while (i + dels < v->n && v->p[i + dels].kind == L_DEL)
        dels++;
    while (i + dels + adds < v->n && v->p[i + dels + adds].kind == L_ADD)
        adds++;
    if (dels != adds || dels < MIN_SPACE_RUN)
        return 0;
    for (size_t k = 0; k < dels; k++) {
        hr_str d = v->p[i + k].s, p = v->p[i + dels + k].s;
        if (!same_but_space(hr_str_sub(d, 1, d.n), hr_str_sub(p, 1, p.n)))
            return 0;
    }
    return dels;
}

/* A body nobody reads line by line: a lock file, or all of a file that is gone. What the reader
 * asked for stays. */
static void fold_hunk(writer *w, size_t from, size_t to)
{
    size_t add = 0, del = 0;
    for (size_t i = from; i <= to; i++) {
        bool end = i == to;
        if ((end || wanted(w, w->v->p[i].s)) && add + del) {
            hr_buf_addf(&w->out, "~%zu %s lines", add + del, w->deleted ? "deleted" : "generated");
            if (!w->deleted)
                hr_buf_addf(&w->out, ": %zu added, %zu removed", add, del);
            hr_buf_addc(&w->out, '\n');
            w->folded += add + del;
            add = del = 0;
        }
        if (end)
            break;
        if (wanted(w, w->v->p[i].s)) {
            put(w, w->v->p[i].s);
        } else if (w->v->p[i].kind == L_CONTEXT) {
            w->context++;
        } else {
            add += w->v->p[i].kind == L_ADD;
            del += w->v->p[i].kind != L_ADD;
        }
    }
}

/* The body of one hunk, from the line behind its header to the next header. */
static void put_hunk(writer *w, size_t from, size_t to)
{
    const line_vec *v = w->v;
    if (w->generated || w->deleted) {
        fold_hunk(w, from, to);
        return;
    }
    bool ignore_space = !space_matters(w->path);
    for (size_t i = from; i < to;) {
        size_t end = i;
        if (v->p[i].kind == L_CONTEXT) {
            while (end < to && v->p[end].kind == L_CONTEXT)
                end++;
            put_context(w, i, end, i > from, end < to);
            i = end;
            continue;
        }
        bool first_del = v->p[i].kind == L_DEL && (i == from || v->p[i - 1].kind != L_DEL);
        size_t pairs = ignore_space && first_del ? space_pairs(v, i) : 0;
        if (pairs) {
            hr_buf_addf(&w->out, "~%zu lines changed in white space only\n", pairs);
            w->space += pairs * 2;
            i += pairs * 2;
            continue;
        }
        put(w, v->p[i++].s);
    }
}

static hr_err lossy_form(const hr_compress_opts *o, writer *w, size_t *missing)
{
    const line_vec *v = w->v;
    for (size_t i = 0; i < v->n;) {
        const diff_line *l = &v->p[i];
        if (l->kind == L_FILE || (l->kind == L_META && hr_str_starts(l->s, HR_STR("+++ ")))) {
            hr_str path = file_of(l->s);
            if (!hr_str_eq(path, HR_STR("/dev/null"))) {
                w->path = path;
                w->generated = is_generated(path);
            }
        }
        if (l->kind == L_FILE)
            w->deleted = false;
        else if (l->kind == L_META && hr_str_starts(l->s, HR_STR("deleted file mode ")))
            w->deleted = true;
        put(w, l->s);
        i++;
        if (l->kind != L_HUNK)
            continue;
        size_t end = i;
        while (end < v->n && v->p[end].kind >= L_CONTEXT)
            end++;
        put_hunk(w, i, end);
        i = end;
        if (hr_deadline_passed(o->deadline))
            return HR_E_TIMEOUT;
    }
    *missing = w->context + w->folded + w->space;
    return w->out.err;
}

/* "a/x" and "b/x" lines that repeat what "diff --git a/x b/x" said. */
static bool repeats_header(hr_str git, hr_str line, hr_str sign, char side)
{
    hr_str prefix = HR_STR("diff --git a/");
    if (!hr_str_starts(git, prefix) || !hr_str_starts(line, sign))
        return false;
    hr_str names = hr_str_sub(git, prefix.n, git.n);
    if (names.n < 5 || (names.n - 3) % 2 != 0)
        return false;
    size_t half = (names.n - 3) / 2;
    hr_str one = hr_str_sub(names, 0, half), two = hr_str_sub(names, half + 3, names.n);
    hr_str said = hr_str_sub(line, sign.n, line.n);
    return hr_str_eq(hr_str_sub(names, half, half + 3), HR_STR(" b/")) && hr_str_eq(one, two) &&
           said.n == half + 2 && said.p[0] == side && said.p[1] == '/' &&
           hr_str_eq(hr_str_sub(said, 2, said.n), one);
}

/* Lossless: the ---/+++ pair goes where both repeat the "diff --git" line before them. */
static void lossless_form(const line_vec *v, hr_buf *out, size_t *folded)
{
    hr_str git = HR_STR_NONE;
    *folded = 0;
    for (size_t i = 0; i < v->n; i++) {
        const diff_line *l = &v->p[i];
        if (l->kind == L_FILE)
            git = l->s;
        if (l->kind == L_META && i + 1 < v->n && v->p[i + 1].kind == L_META &&
            repeats_header(git, l->s, HR_STR("--- "), 'a') &&
            repeats_header(git, v->p[i + 1].s, HR_STR("+++ "), 'b')) {
            ++*folded;
            i++;
            continue;
        }
        hr_buf_add(out, l->s);
        hr_buf_addc(out, '\n');
    }
}

hr_err hr_compress_diff(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                        hr_arena *a, hr_forms *out)
{
    line_vec v = {0};
    size_t hunks, folded, missing = 0;
    hr_err err = classify(text, a, &v, &hunks);
    if (err != HR_OK)
        return err;
    if (hunks == 0)
        return HR_E_SYNTAX;
    hr_buf b = HR_BUF_INIT(0);
    lossless_form(&v, &b, &folded);
    if (b.n && text.p[text.n - 1] != '\n')
        b.n--;
    if (folded && b.err == HR_OK) {
        out->lossless = hr_str_dup(a, hr_buf_str(&b));
        out->lossless_reason = HR_R_DIFF_HEADERS;
        out->lossless_strategy = hr_strf(a, "diff(%zu file headers folded)", folded);
    }
    hr_buf_free(&b);
    if (!lossy)
        return HR_OK;
    writer w = {.v = &v, .out = HR_BUF_INIT(0)};
    hr_query_parse(o->query, a, &w.query);
    hr_buf_lit(&w.out, "[Diff with all changed lines; a line ~N stands for N lines left out.]\n");
    err = lossy_form(o, &w, &missing);
    if (err == HR_OK && missing) {
        hr_marker_text(&w.out,
                       hr_strf(a,
                               "%zu of %zu lines omitted: %zu context, %zu of deleted or generated "
                               "files, %zu "
                               "white space only.",
                               missing, v.n, w.context, w.folded, w.space),
                       key, o->via);
        out->lossy = hr_str_dup(a, hr_buf_str(&w.out));
        out->lossy_reason = HR_R_DIFF_CONTEXT;
        out->lossy_margin = 0.9; /* only what did not change is left out */
        out->lossy_strategy =
            hr_strf(a, "diff(%zu of %zu lines omitted, %zu hunks)", missing, v.n, hunks);
    }
    hr_buf_free(&w.out);
    return err;
}
