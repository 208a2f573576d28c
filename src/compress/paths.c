#include "compress/paths.h"

static hr_str dir_of(hr_str path)
{
    size_t slash = hr_str_rfind_char(path, '/');
    return slash == SIZE_MAX ? HR_STR_NONE : hr_str_sub(path, 0, slash + 1);
}

static bool is_header(hr_str line)
{
    return line.n > 1 && hr_str_find_char(line, ':') == line.n - 1;
}

/* What cannot be told from our own headers and indents afterwards. */
static bool ambiguous(const hr_path_line *l)
{
    hr_str first = l->sep == HR_SEP_NONE ? l->rest : l->path;
    if (first.n && first.p[0] == ' ')
        return true;
    if (l->sep == HR_SEP_NONE)
        return is_header(l->rest);
    if (hr_str_find_char(l->path, ':') != SIZE_MAX || (l->sep == HR_SEP_MATCH && !l->rest.n))
        return true;
    /* a path that is its own folder would make an empty member */
    return l->path.n == 0 || l->path.p[l->path.n - 1] == '/';
}

static char separator(const hr_path_line *l)
{
    return l->sep == HR_SEP_CONTEXT ? '-' : ':';
}

static size_t run_of_file(const hr_path_lines *v, size_t i)
{
    size_t k = i + 1;
    if (v->p[i].sep == HR_SEP_NONE || v->p[i].sep == HR_SEP_END)
        return 1;
    while (k < v->n && (v->p[k].sep == HR_SEP_MATCH || v->p[k].sep == HR_SEP_CONTEXT) &&
           hr_str_eq(v->p[k].path, v->p[i].path))
        k++;
    return k - i;
}

/* Lines from i on in the same folder, and how many files they are. */
static size_t run_of_dir(const hr_path_lines *v, size_t i, hr_str dir, size_t *files)
{
    size_t k = i;
    *files = 0;
    while (k < v->n && v->p[k].sep != HR_SEP_NONE && hr_str_eq(dir_of(v->p[k].path), dir)) {
        k += run_of_file(v, k);
        ++*files;
    }
    return k - i;
}

static void line_end(hr_buf *out)
{
    hr_buf_addc(out, '\n');
}

/* A context line's separator is in its rest ("12-text"), so members need no mark of their own. */
static bool rest_tells_separator(const hr_path_line *l)
{
    size_t d = 0;
    while (d < l->rest.n && hr_is_digit(l->rest.p[d]))
        d++;
    bool dash = d && d < l->rest.n && l->rest.p[d] == '-';
    return dash == (l->sep == HR_SEP_CONTEXT);
}

static bool put_file(const hr_path_lines *v, size_t i, size_t run, hr_str indent, hr_str name,
                     hr_buf *out)
{
    const hr_path_line *l = &v->p[i];
    if (run == 1) {
        hr_buf_add(out, indent);
        hr_buf_add(out, name);
        if (l->sep != HR_SEP_END) {
            hr_buf_addc(out, separator(l));
            hr_buf_add(out, l->rest);
        }
        line_end(out);
        return l->sep != HR_SEP_END || !is_header(name);
    }
    hr_buf_add(out, indent);
    hr_buf_add(out, name);
    hr_buf_lit(out, ":\n");
    for (size_t k = i; k < i + run; k++) {
        if (!rest_tells_separator(&v->p[k]))
            return false;
        hr_buf_add(out, indent);
        hr_buf_addc(out, ' ');
        hr_buf_add(out, v->p[k].rest);
        line_end(out);
    }
    return true;
}

bool hr_paths_group(const hr_path_lines *v, hr_arena *a, hr_buf *out)
{
    (void)a;
    for (size_t i = 0; i < v->n; i++) {
        if (ambiguous(&v->p[i]))
            return false;
    }
    for (size_t i = 0; i < v->n;) {
        const hr_path_line *l = &v->p[i];
        if (l->sep == HR_SEP_NONE) {
            hr_buf_add(out, l->rest);
            line_end(out);
            i++;
            continue;
        }
        hr_str dir = dir_of(l->path);
        size_t files, run = run_of_dir(v, i, dir, &files);
        if (files < 2 || dir.n < 4) {
            size_t one = run_of_file(v, i);
            if (!put_file(v, i, one, HR_STR_NONE, l->path, out))
                return false;
            i += one;
            continue;
        }
        hr_buf_add(out, dir);
        hr_buf_lit(out, ":\n");
        for (size_t end = i + run; i < end;) {
            size_t one = run_of_file(v, i);
            hr_str path = v->p[i].path;
            if (!put_file(v, i, one, HR_STR(" "), hr_str_sub(path, dir.n, path.n), out))
                return false;
            i += one;
        }
    }
    if (!v->final_newline && out->n)
        out->n--;
    return out->err == HR_OK;
}

/* Writes path, separator and rest of a member "12:text" / "12-text" of a file. */
static void put_member(hr_buf *out, hr_str dir, hr_str file, hr_str rest)
{
    size_t d = 0;
    while (d < rest.n && hr_is_digit(rest.p[d]))
        d++;
    hr_buf_add(out, dir);
    hr_buf_add(out, file);
    hr_buf_addc(out, d && d < rest.n && rest.p[d] == '-' ? '-' : ':');
    hr_buf_add(out, rest);
}

hr_err hr_paths_ungroup(hr_str grouped, hr_buf *out)
{
    hr_str dir = HR_STR_NONE, file = HR_STR_NONE;
    bool lf = grouped.n && grouped.p[grouped.n - 1] == '\n';
    for (hr_str rest = grouped, line; hr_str_line(&rest, &line);) {
        size_t depth = 0;
        while (depth < line.n && depth < 2 && line.p[depth] == ' ')
            depth++;
        /* Members of a file keep their own leading blanks behind the number, never before it. */
        size_t level = (dir.n ? 1u : 0u) + (file.n ? 1u : 0u);
        if (depth > level)
            return HR_E_SYNTAX;
        hr_str body = hr_str_sub(line, depth, line.n);
        if (depth == 0) {
            dir = file = HR_STR_NONE;
            if (is_header(body)) {
                body.n--;
                if (body.p[body.n - 1] == '/')
                    dir = body;
                else
                    file = body;
                continue;
            }
            hr_buf_add(out, body);
        } else if (depth == 1 && dir.n) {
            file = HR_STR_NONE;
            if (is_header(body)) {
                file = hr_str_sub(body, 0, body.n - 1);
                continue;
            }
            hr_buf_add(out, dir);
            hr_buf_add(out, body);
        } else {
            put_member(out, dir, file, body);
        }
        line_end(out);
    }
    if (!lf && out->n)
        out->n--;
    return out->err;
}
