/* The verdict: structure first, in an order that puts the kinds with the least doubt in front. */
#include "compress/detect/detect.h"
#include "compress/search/search.h"

enum {
    SAMPLE = 64 * 1024,
    MAX_LINES = 2000,
    SURE_LINES = 96,
    ALL_LINES = 256,
    WINDOW = 16,
    WINDOW_EVERY = 96
};

static const char *const kind_names[HR_KIND_COUNT] = {
    [HR_KIND_TEXT] = "text",       [HR_KIND_JSON] = "json",   [HR_KIND_NDJSON] = "ndjson",
    [HR_KIND_LOG] = "log",         [HR_KIND_BUILD] = "build", [HR_KIND_SEARCH] = "search",
    [HR_KIND_DIFF] = "diff",       [HR_KIND_CODE] = "code",   [HR_KIND_HTML] = "html",
    [HR_KIND_XML] = "xml",         [HR_KIND_YAML] = "yaml",   [HR_KIND_TABLE] = "table",
    [HR_KIND_LISTING] = "listing", [HR_KIND_TRACE] = "trace", [HR_KIND_BINARY] = "binary",
};

const char *hr_kind_name(hr_kind k)
{
    return (unsigned)k < HR_KIND_COUNT ? kind_names[k] : "unknown";
}

/* At least `part` of `whole` lines in per cent, and at least `least` of them. */
static bool share(size_t part, size_t whole, size_t percent, size_t least)
{
    return part >= least && part * 100 >= whole * percent;
}

static bool binary(hr_str s)
{
    size_t odd = 0;
    s = hr_str_sub(s, 0, 8192);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == 0)
            odd += 8;
        odd +=
            c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1b && c != '\b' && c != '\f';
    }
    return odd * 20 > s.n;
}

/* CSV and its kin: the same number of delimiters in nearly every line. */
static bool delimited(hr_str text, size_t lines)
{
    static const char delims[] = ",\t;|";
    for (const char *d = delims; *d; d++) {
        size_t count[33] = {0}, seen = 0, best = 0, indented = 0;
        hr_str rest = text, line;
        while (seen < 200 && hr_str_line(&rest, &line)) {
            if (rest.n == 0 && seen > 1)
                break; /* the sample may cut the last line */
            size_t n = 0;
            bool quote = false;
            for (size_t i = 0; i < line.n; i++) {
                quote ^= line.p[i] == '"';
                n += !quote && line.p[i] == *d;
            }
            if (hr_str_trim(line).n == 0)
                continue;
            count[n < 32 ? n : 32]++;
            indented += line.p[0] == *d;
            seen++;
        }
        for (size_t i = 1; i <= 32; i++)
            best = count[i] > count[best] || best == 0 ? i : best;
        if (indented * 2 > seen)
            continue; /* tabs that indent part no cells */
        size_t need = *d == '\t' ? 1 : *d == ',' ? 1 : 2;
        if (best >= need && seen >= 3 && lines >= 3 && count[best] * 100 >= seen * 90)
            return true;
    }
    return false;
}

static bool minified(const hr_shape_counts *c, hr_str s)
{
    if (c->longest < 2000 || c->bytes / (c->lines ? c->lines : 1) < 400)
        return false;
    size_t code = 0, space = 0;
    s = hr_str_sub(s, 0, 16 * 1024);
    for (size_t i = 0; i < s.n; i++) {
        code += strchr("(){};=,:!&|", s.p[i]) != NULL && s.p[i] != '\0';
        space += s.p[i] == ' ';
    }
    return code * 8 > s.n && space * 6 < s.n;
}

static hr_kind markup(hr_str s, const hr_shape_counts *c)
{
    hr_str head = hr_str_sub(s, 0, 3000);
    bool doctype = hr_str_ifind(hr_str_sub(s, 0, 300), HR_STR("<!doctype html")) != SIZE_MAX;
    bool html = hr_str_ifind(head, HR_STR("<html")) != SIZE_MAX;
    if (hr_str_starts(s, HR_STR("<?xml")))
        return html ? HR_KIND_HTML : HR_KIND_XML;
    if (doctype || (html && s.p[0] == '<'))
        return HR_KIND_HTML;
    if (s.p[0] != '<' || !share(c->tag, c->filled, 50, 3))
        return HR_KIND_TEXT;
    static const char *const structural[] = {"<div",  "<span", "<head", "<body",    "<nav",
                                             "<main", "<p>",   "<ul",   "<section", "<a href"};
    size_t hits = 0;
    for (size_t i = 0; i < sizeof structural / sizeof *structural; i++)
        hits += hr_str_ifind(head, hr_cstr(structural[i])) != SIZE_MAX;
    return hits >= 2 ? HR_KIND_HTML : HR_KIND_XML;
}

/* Prose around fenced code, with headings and links, is Markdown: text. */
static bool markdown(const hr_shape_counts *c)
{
    return c->heading + c->md >= 4 && (c->heading + c->md + c->sentence) * 4 > c->filled &&
           c->heading >= 1 && c->diff_head + c->metric + c->mode == 0;
}

static hr_kind layout(hr_str s, const hr_shape_counts *c)
{
    size_t n = c->filled;
    if (share(c->table_row + c->table_rule, n, 60, 3) || (c->metric && share(c->metric, n, 60, 3)))
        return HR_KIND_TABLE;
    if (share(c->sized_path, n, 60, 3))
        return HR_KIND_LISTING;
    if (share(c->stamped + c->levelled, n, 60, 3) && c->stamped * 5 > n)
        return HR_KIND_LOG;
    /* a list of sentences */
    bool bullets = (c->yaml_item + c->md) * 4 > n && c->bytes > 45 * n && c->sentence * 8 > n;
    if (!bullets && share(c->build, n, 20, 3) &&
        (c->build_strong >= 2 || share(c->build, n, 50, 3)))
        return HR_KIND_BUILD;
    if (c->yaml_key >= 3 && share(c->yaml_key + c->yaml_item, n, 60, 3) &&
        (c->yaml_deep * 3 > c->yaml_key || c->yaml_doc) && c->sentence * 4 < n)
        return HR_KIND_YAML;
    if (share(c->path + c->dir_head, n, 85, 4))
        return HR_KIND_LISTING;
    if (c->sentence * 3 < n && delimited(hr_str_sub(s, 0, SAMPLE), n))
        return HR_KIND_TABLE;
    if (share(c->columns, n, 70, 4) && c->sentence * 3 < n)
        return HR_KIND_TABLE;
    if (share(c->levelled, n, 50, 5))
        return HR_KIND_LOG;
    if (!bullets && c->build_strong >= 2 && share(c->build, n, 10, 3))
        return HR_KIND_BUILD;
    return HR_KIND_TEXT;
}

static hr_kind lists(hr_str s, const hr_shape_counts *c)
{
    size_t n = c->filled;
    if (share(c->mode, n, 60, 2) || share(c->tree, n, 60, 3))
        return share(c->columns, n, 30, 3) && c->mode == 0 ? HR_KIND_TABLE : HR_KIND_LISTING;
    if (share(c->grep_count, n, 70, 3))
        return HR_KIND_SEARCH;
    /* A file with line numbers is shown for its text, whatever else it may look like. */
    if (share(c->numbered, n, 40, 5))
        return HR_KIND_CODE;
    size_t grep = c->grep + c->grep_context, grouped = c->grep_head + c->grep_context;
    bool diagnostics = c->build_strong * 2 > n;
    if (share(grep, n, 60, 2) && !diagnostics)
        return share(c->levelled, n, 50, 2) || c->lint * 10 > n * 7 ? HR_KIND_BUILD
                                                                    : HR_KIND_SEARCH;
    if (share(grouped, n, 50, 3) && c->grep_head >= 2 && !diagnostics)
        return HR_KIND_SEARCH;
    if (share(grep + c->grep_head, n, 70, 3) && c->grep * 10 > n && c->grep_head * 10 > n &&
        !diagnostics)
        return HR_KIND_SEARCH; /* the form that ours writes */
    if (share(c->grep_plain, n, 80, 3) && !share(c->stamped, n, 50, 3) && c->levelled * 2 < n)
        return HR_KIND_SEARCH;
    /* Values without spaces between delimiters: a table even when it starts with a date. */
    if (c->spaces < n && n >= 3 && delimited(hr_str_sub(s, 0, SAMPLE), n))
        return HR_KIND_TABLE;
    return HR_KIND_TEXT;
}

static hr_kind by_shape(hr_str s, const hr_shape_counts *c)
{
    size_t n = c->filled;
    if (share(c->hexdump, n, 70, 3) || share(c->base64, n, 80, 1))
        return HR_KIND_BINARY;
    if (share(c->json_row, n, 60, 2))
        return HR_KIND_NDJSON;
    if ((s.p[0] == '{' || s.p[0] == '[') && share(c->json_member, n, 75, 3))
        return HR_KIND_JSON;
    hr_kind k = markup(s, c);
    if (k != HR_KIND_TEXT)
        return k;
    if (c->diff_hunk >= 1 && c->diff_head >= 1 && (c->diff_change + c->diff_hunk) * 12 > n)
        return HR_KIND_DIFF;
    k = lists(s, c);
    if (k != HR_KIND_TEXT)
        return k;
    if (minified(c, s))
        return HR_KIND_CODE;
    if (share(c->stamped, n, 50, 3) && !share(c->sized_path, n, 60, 3))
        return HR_KIND_LOG;
    if (share(c->top_stamped, c->top, 50, 3) && share(c->top_stamped, n, 2, 3) &&
        !share(c->sized_path, n, 60, 3))
        return HR_KIND_LOG; /* with indented lines between the stamped ones */
    if (c->build_sure && !markdown(c))
        return HR_KIND_BUILD;
    hr_lang lang = hr_detect_lang(s);
    if (markdown(c) && (lang == HR_LANG_NONE || c->fences >= 4 || c->subheading >= 2))
        return HR_KIND_TEXT;
    /* the source text below many frames looks like a program */
    if (c->trace >= 2 && c->trace_head >= 1 && share(c->trace, n, 15, 2) &&
        (lang == HR_LANG_NONE || share(c->trace, n, 20, 8)) && c->build_strong * 5 < n)
        return HR_KIND_TRACE;
    if (lang != HR_LANG_NONE && c->build_strong * 4 < n && c->stamped * 4 < n)
        return HR_KIND_CODE;
    return layout(s, c);
}

/* JSON behind a few lines of other output, such as a tool's warnings. */
static bool mostly_json(hr_str s, hr_json_shape *j)
{
    size_t from = 0;
    for (size_t k = 0; k < 12 && from < s.n && from < 4096; k++) {
        size_t n = hr_str_find_char(hr_str_sub(s, from, s.n), '\n');
        if (n == SIZE_MAX)
            return false;
        from += n + 1;
        if (from >= s.n || (s.p[from] != '{' && s.p[from] != '['))
            continue;
        *j = hr_detect_json(hr_str_sub(s, from, s.n));
        if (j->good > 64 && j->good * 10 > s.n * 8)
            return true;
    }
    return false;
}

/* Nearly every line so far is a log's, or a search's: the rest will not change the verdict. */
static bool one_kind(const hr_shape_counts *c)
{
    return share(c->stamped, c->filled, 97, 3) || share(c->grep, c->filled, 97, 3);
}

hr_kind hr_detect(hr_str text)
{
    hr_str s = text;
    while (s.n && hr_is_space(s.p[0]))
        s = hr_str_sub(s, 1, s.n);
    if (s.n == 0)
        return HR_KIND_TEXT;
    if (binary(s))
        return HR_KIND_BINARY;
    if (s.p[0] == '{' || s.p[0] == '[') {
        hr_json_shape j = hr_detect_json(s);
        if (hr_detect_nearly_json(s, j.good))
            return HR_KIND_JSON;
        if (j.whole && hr_search_is_json(s))
            return HR_KIND_SEARCH;
        if (j.whole)
            return j.values == 1 ? HR_KIND_JSON : HR_KIND_NDJSON;
        if ((j.truncated && j.good > 64) || (j.good > 64 && j.good * 10 > s.n * 8))
            return j.values > 1 || (j.values && j.truncated) ? HR_KIND_NDJSON : HR_KIND_JSON;
    } else {
        hr_json_shape j;
        if (mostly_json(s, &j))
            return j.values > 1 ? HR_KIND_NDJSON : HR_KIND_JSON;
    }
    hr_shape_counts c = {0};
    /* Looking at a line costs far more than skipping it: the first ones, then now and then a few
     * that follow each other. */
    hr_str rest = hr_str_sub(s, 0, SAMPLE), line;
    for (size_t i = 0; c.lines < MAX_LINES && hr_str_line(&rest, &line); i++) {
        if (i == SURE_LINES && one_kind(&c))
            break;
        if (i < ALL_LINES || i % WINDOW_EVERY < WINDOW)
            hr_shape_line(&c, line);
    }
    return by_shape(s, &c);
}
