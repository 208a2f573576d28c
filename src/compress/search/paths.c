#include "compress/search/paths.h"

static hr_str dir_of(hr_str path)
{
    size_t slash = path.n;
    while (slash && path.p[slash - 1] != '/' && path.p[slash - 1] != '\\')
        slash--;
    return hr_str_sub(path, 0, slash);
}

static bool is_sep(char c)
{
    return c == ':' || c == '-' || c == '=';
}

/* Length of "digits SEP" at s[0], 0 if it is not there. */
static size_t number(hr_str s)
{
    size_t d = 0;
    while (d < s.n && d < 10 && hr_is_digit(s.p[d]))
        d++;
    return d && d < s.n && is_sep(s.p[d]) ? d + 1 : 0;
}

static size_t drive(hr_str s)
{
    return s.n > 2 && hr_is_alpha(s.p[0]) && s.p[1] == ':' && (s.p[2] == '\\' || s.p[2] == '/') ? 2
                                                                                                : 0;
}

static bool plausible_path(hr_str p)
{
    for (size_t i = 0; i < p.n; i++) {
        if ((unsigned char)p.p[i] < 0x20)
            return false;
    }
    return p.n > 0 && p.n <= 400 && p.p[0] != ' ';
}

/* Without a line number behind it, the path itself must tell that it is one. */
static bool looks_like_path(hr_str p)
{
    bool sep = false, dot = false;
    for (size_t i = drive(p); i < p.n; i++) {
        char c = p.p[i];
        if ((unsigned char)c <= ' ' || strchr("<>|\"'`;{}=()*?,[]", c))
            return false;
        sep |= c == '/' || c == '\\';
        dot |= c == '.' && i && i + 1 < p.n && hr_is_alnum(p.p[i + 1]);
    }
    return p.n > 2 && (sep || dot);
}

/* "12:text" or a count. */
static bool starts_with_number(hr_str rest)
{
    uint64_t count;
    size_t at = number(rest);
    return (at && rest.p[at - 1] == ':') || (rest.n < 12 && hr_str_u64(rest, &count));
}

/* Where the path ends: at the first colon; a later one when a folder's name has colons and a number
 * tells the end. */
static size_t path_end(hr_str line, bool *numbered)
{
    size_t first = SIZE_MAX;
    *numbered = false;
    for (size_t from = drive(line), k = 0; k < 4; k++) {
        size_t colon = hr_str_find_char(hr_str_sub(line, from, line.n), ':');
        hr_str part = hr_str_sub(line, from, colon == SIZE_MAX ? line.n : from + colon);
        if (k && (colon == SIZE_MAX || !looks_like_path(part) || dir_of(part).n < 2))
            break;
        if (colon == SIZE_MAX)
            return line.n;
        from += colon + 1;
        first = k ? first : from - 1;
        if (starts_with_number(hr_str_sub(line, from, line.n))) {
            *numbered = true;
            return from - 1;
        }
    }
    return first;
}

bool hr_path_line_read(hr_str line, hr_path_line *out)
{
    bool numbered;
    size_t end = path_end(line, &numbered);
    hr_str path = hr_str_sub(line, 0, end);
    if (!plausible_path(path))
        return false;
    if (end >= line.n) {
        *out = (hr_path_line){.path = line, .sep = HR_SEP_END};
        return looks_like_path(line) && dir_of(line).n > 1;
    }
    *out = (hr_path_line){.path = path,
                          .rest = hr_str_sub(line, end + 1, line.n),
                          .sep = numbered ? HR_SEP_MATCH : HR_SEP_PLAIN};
    return numbered || looks_like_path(path);
}

static char sep_of(const hr_path_line *l)
{
    return l->sep == HR_SEP_CONTEXT ? '-' : l->sep == HR_SEP_HEADING ? '=' : ':';
}

/* The rest alone must tell which separator stood before it. */
static bool can_drop_path(const hr_path_line *l)
{
    size_t at = number(l->rest);
    return l->sep == HR_SEP_PLAIN || (at && l->rest.p[at - 1] == sep_of(l));
}

hr_str hr_path_line_whole(const hr_path_line *l)
{
    if (l->sep == HR_SEP_NONE)
        return l->rest;
    return l->sep == HR_SEP_END ? l->path
                                : hr_str_of(l->path.p, (size_t)(l->rest.p - l->path.p) + l->rest.n);
}

/* A line that leaves its path to the line above. */
static bool is_short(hr_str line)
{
    return number(line) || (line.n && line.p[0] == ':');
}

/* The path that the next lines may leave out, as a reader of the line takes it: a break changes
 * nothing, a line without a path ends it. Both directions decide it here, from the text alone. */
static hr_str leading_path(hr_str line, hr_str known)
{
    hr_path_line l;
    if (hr_str_eq(line, HR_STR("--")) ||
        (known.n && hr_str_starts(line, known) && number(hr_str_sub(line, known.n + 1, line.n)) &&
         is_sep(line.p[known.n])))
        return known;
    return hr_path_line_read(line, &l) ? l.path : HR_STR_NONE;
}

bool hr_paths_group(const hr_path_lines *v, bool folders, hr_buf *out)
{
    hr_str path = HR_STR_NONE, above = HR_STR_NONE; /* as a reader takes it, and as it is */
    hr_buf_add(out, folders ? HR_PATHS_FOLDERS : HR_PATHS_LEGEND);
    hr_buf_addc(out, '\n');
    for (size_t i = 0; i < v->n; i++) {
        const hr_path_line *l = &v->p[i];
        hr_str whole = hr_path_line_whole(l), dir = dir_of(path);
        bool may = l->sep != HR_SEP_NONE && !l->in_full && hr_str_eq(path, above);
        bool odd = folders ? whole.n && whole.p[0] == ' ' : is_short(whole);
        if (odd) {
            return false;
        } else if (may && !folders && hr_str_eq(l->path, path) && can_drop_path(l)) {
            if (l->sep == HR_SEP_PLAIN)
                hr_buf_addc(out, ':');
            hr_buf_add(out, l->rest);
        } else if (may && folders && dir.n > 2 && hr_str_starts(l->path, dir)) {
            hr_buf_addc(out, ' ');
            hr_buf_add(out, hr_str_sub(whole, dir.n, whole.n));
        } else {
            hr_buf_add(out, whole);
        }
        path = leading_path(whole, path);
        above = l->sep != HR_SEP_NONE ? l->path : path;
        hr_buf_addc(out, '\n');
    }
    if (!v->final_newline)
        out->n--;
    return out->err == HR_OK;
}

hr_err hr_paths_ungroup(hr_str grouped, hr_buf *out)
{
    size_t path_at = 0, path_n = 0; /* in out, which may move */
    bool lf = grouped.n && grouped.p[grouped.n - 1] == '\n';
    bool folders = hr_str_starts(grouped, HR_PATHS_FOLDERS);
    hr_str legend = folders ? HR_PATHS_FOLDERS : HR_PATHS_LEGEND;
    if (!hr_str_starts(grouped, legend))
        return HR_E_SYNTAX;
    grouped = hr_str_sub(grouped, legend.n + 1, grouped.n);
    for (hr_str rest = grouped, line; hr_str_line(&rest, &line);) {
        size_t start = out->n, keep = 0;
        char *to = hr_buf_reserve(out, path_n + line.n + 2);
        if (!to)
            return out->err;
        hr_str path = hr_str_of(out->p + path_at, path_n);
        if (folders ? line.n && line.p[0] == ' ' : is_short(line)) {
            keep = folders ? dir_of(path).n : path_n;
            if (keep == 0)
                return HR_E_SYNTAX;
            memcpy(to, path.p, keep);
            out->n += keep;
            if (!folders && number(line))
                hr_buf_addc(out, line.p[number(line) - 1]);
            line = hr_str_sub(line, folders, line.n);
        }
        hr_buf_add(out, line);
        hr_str lead = leading_path(hr_str_of(out->p + start, out->n - start), path);
        path_at = lead.p == path.p ? path_at : start;
        path_n = lead.n;
        hr_buf_addc(out, '\n');
    }
    if (!lf && out->n)
        out->n--;
    return out->err;
}
