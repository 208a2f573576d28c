/* What one line looks like, counted family by family; detect.c weighs the counts. A line may count
 * in several families. */
#include "compress/detect/detect_words.h"

/* Could s be a path: no spaces, and a separator, an extension, or a plain file name? */
static bool pathlike(hr_str s)
{
    static const bool never[256] = {
        ['<'] = true, ['>'] = true, ['|'] = true, ['"'] = true, ['\''] = true,
        ['`'] = true, [';'] = true, ['{'] = true, ['}'] = true, ['='] = true,
        ['('] = true, [')'] = true, ['*'] = true, ['?'] = true, [','] = true};
    bool sep = false, dot = false;
    if (s.n < 1 || s.n > 300)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if ((unsigned char)c <= ' ' || never[(unsigned char)c])
            return false;
        sep |= c == '/' || c == '\\';
        dot |= c == '.' && i + 1 < s.n && hr_is_alnum(s.p[i + 1]);
    }
    return (sep || dot) && !starts(s, "//") && !has(s, "://");
}

/* A name without spaces, and no row of cells. A sentence has none either in scripts that write
 * without them. */
static bool spaceless(hr_str s)
{
    size_t comma = hr_str_find_char(s, ',');
    bool cells = comma != SIZE_MAX && hr_str_rfind_char(s, ',') != comma;
    return s.n <= 300 && !cells && !has(s, " ") && !has(s, "\xE3\x80\x82") &&
           !has(s, "\xEF\xBC\x8C") && !has(s, "\xE3\x80\x81");
}

static void diff(hr_shape_counts *c, hr_str s)
{
    static const char *const heads[] = {"diff --git ", "diff --cc ", "diff --combined ", "diff -"};
    if (STARTS(s, heads) || (starts(s, "--- ") && s.n > 4 && s.p[4] != '-' && s.p[4] != ' ' &&
                             (pathlike(hr_str_sub(s, 4, s.n)) || has(s, "\t"))))
        c->diff_head++;
    else if (starts(s, "@@ -") && hr_is_digit(at(s, 4)) && has(s, " +") && has(s, " @@"))
        c->diff_hunk++;
    else if (starts(s, "@@@ -"))
        c->diff_hunk++;
    else if ((at(s, 0) == '+' && at(s, 1) != '+') || (at(s, 0) == '-' && at(s, 1) != '-'))
        c->diff_change++;
}

/* A path that says by its beginning that it is one may hold spaces. */
static bool rooted(hr_str s)
{
    return at(s, 0) == '/' || starts(s, "./") || starts(s, "../") ||
           (hr_is_alpha(at(s, 0)) && at(s, 1) == ':' && (at(s, 2) == '\\' || at(s, 2) == '/'));
}

static size_t number_at(hr_str s, size_t n)
{
    size_t value = 0;
    for (size_t k = 0; k < n; k++)
        value = value * 10 + (size_t)(s.p[k] - '0');
    return value;
}

/* path:12:text, path-12-text (context), path:12 (counts), 12:text under a heading; our own grouped
 * form has a blank in front. */
static void search(hr_shape_counts *c, hr_str s)
{
    if (at(s, 0) == ' ' && at(s, 1) != ' ')
        s = hr_str_sub(s, 1, s.n);
    size_t from = hr_is_alpha(at(s, 0)) && rooted(s) ? 2 : 0;
    size_t n = digit_run(s, 0);
    if (n && n <= 7 && (at(s, n) == ':' || at(s, n) == '-') && hr_time_len(s) == 0) {
        /* A file's lines have numbers of their own; a test runner's prefix comes again. */
        size_t number = number_at(s, n);
        c->grep_head += at(s, n) == ':' && !hr_is_digit(at(s, n + 1)) && number != c->last_head;
        c->last_head = number;
        c->grep_context += at(s, n) == '-' && !hr_is_digit(at(s, n + 1));
        return;
    }
    bool spaces = rooted(s);
    for (size_t i = from + 1; i < s.n && i < 300; i++) {
        char sep = s.p[i];
        if ((sep == ' ' && !spaces) || sep == '\t')
            break;
        if (sep != ':' && sep != '-' && sep != '=')
            continue;
        n = digit_run(s, i + 1);
        if (n == 0 || n > 7)
            continue;
        hr_str path = hr_str_sub(s, from, i);
        bool named = pathlike(path) || (spaces && !has(path, "\"") && !has(path, ": "));
        if (sep == ':' && i + 1 + n == s.n) {
            c->grep_count += named;
            break;
        }
        if (at(s, i + 1 + n) != sep)
            continue;
        if (!named && hr_time_len(s) == 0 && sep == ':' && i < 3)
            break;
        if (hr_time_len(s) || (sep != ':' && !named) || (has(path, " ") && !spaces))
            break;
        /* path:12:80: message is a linter's; a search's text is indented or starts at once */
        size_t col = digit_run(s, i + 2 + n), text = i + 3 + n + col;
        c->lint += sep == ':' && col && at(s, text - 1) == ':' && at(s, text) == ' ' &&
                   at(s, text + 1) != ' ';
        c->grep += sep == ':';
        c->grep_context += sep != ':';
        break;
    }
}

/* A file shown with line numbers: "    12\tint a;", "12:int a;", "    12→int a;". */
static void numbered(hr_shape_counts *c, hr_str s)
{
    size_t i = 0;
    while (i < s.n && s.p[i] == ' ')
        i++;
    size_t n = digit_run(s, i);
    if (n == 0 || n > 7)
        return;
    hr_str rest = hr_str_sub(s, i + n, s.n);
    /* A table's column of numbers is not padded on the left. */
    bool tab = at(rest, 0) == '\t';
    bool mark = at(rest, 0) == ':' || (tab && i > 0) || hr_str_starts(rest, HR_STR("\xe2\x86\x92"));
    if (rest.n && !mark && !tab)
        return;
    size_t value = number_at(hr_str_sub(s, i, s.n), n);
    c->numbered += value == c->last_number + 1 && (mark || c->numbered > 0);
    c->last_number = value;
}

/* "path:text", as grep without -n prints it. */
static bool plain_match(hr_str s)
{
    size_t colon = hr_str_find_char(hr_str_sub(s, 0, 300), ':');
    if (colon == SIZE_MAX || colon < 3 || hr_is_digit(at(s, colon + 1)) ||
        (at(s, colon + 1) == ' ' && at(s, colon + 2) != ' '))
        return false;
    return pathlike(hr_str_sub(s, 0, colon)) && colon + 1 < s.n && at(s, colon + 1) != '/' &&
           at(s, colon + 1) != ':';
}

static bool hexdump(hr_str s)
{
    size_t n = 0, groups = 0;
    while (n < s.n && hr_is_hex(s.p[n]))
        n++;
    if (n < 6 || n > 16)
        return false;
    size_t i = n + (at(s, n) == ':');
    while (at(s, i) == ' ' && groups < 8) {
        while (at(s, i) == ' ')
            i++;
        size_t h = 0;
        while (i + h < s.n && hr_is_hex(s.p[i + h]))
            h++;
        if (h != 2 && h != 4 && h != 8)
            break;
        groups++;
        i += h;
    }
    return groups >= 4;
}

static bool base64(hr_str s)
{
    if (s.n < 40)
        return false;
    size_t upper = 0, digit = 0;
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];
        if (!hr_is_alnum(ch) && ch != '+' && ch != '/' && ch != '=' && ch != '-' && ch != '_')
            return false;
        upper += ch >= 'A' && ch <= 'Z';
        digit += hr_is_digit(ch);
    }
    return upper * 8 > s.n && (digit > 0 || s.n == 76 || s.n == 64);
}

static void listing(hr_shape_counts *c, hr_str s, hr_str trimmed)
{
    static const char *const branches[] = {"├─",   "└─",    "│   ",   "|-- ", "`-- ",
                                           "+-- ", "+--- ", "\\--- ", "|   ", "│ "};
    if (s.n > 10 && strchr("-dlbcps", s.p[0])) {
        size_t i = 1;
        while (i < 10 && strchr("rwxsStT-", s.p[i]))
            i++;
        if (i == 10 &&
            (at(s, 10) == ' ' || at(s, 10) == '.' || at(s, 10) == '+' || at(s, 10) == '@')) {
            c->mode++;
            return;
        }
    }
    if (STARTS(s, branches) || STARTS(trimmed, branches))
        c->tree++;
    if (starts(s, "total ") && digit_run(s, 6) + 6 == s.n)
        c->mode++;
    if (trimmed.n && trimmed.p[trimmed.n - 1] == ':' && trimmed.n == s.n &&
        (pathlike(hr_str_sub(s, 0, s.n - 1)) || spaceless(s)))
        c->dir_head++;
    else if (trimmed.n == s.n && (pathlike(s) || spaceless(s)) && !strchr("{}[]();", s.p[0]) &&
             digit_run(s, 0) < s.n)
        c->path++;
    /* numbers, dates and modes first, then one path: find -ls, du, wc */
    size_t i = 0, fields = 0;
    while (i < trimmed.n && fields < 12) {
        size_t j = i;
        bool digit = false, odd = false;
        for (; j < trimmed.n && !hr_is_space(trimmed.p[j]); j++) {
            digit |= hr_is_digit(trimmed.p[j]);
            odd = odd || (!hr_is_digit(trimmed.p[j]) && !strchr(".,:-KMGTBkib", trimmed.p[j]));
        }
        if (!digit || odd)
            break;
        fields++;
        while (j < trimmed.n && hr_is_space(trimmed.p[j]))
            j++;
        i = j;
    }
    hr_str rest = hr_str_sub(trimmed, i, trimmed.n);
    c->sized_path += fields > 0 && (pathlike(rest) || hr_str_eq(rest, HR_STR("total")));
}

static void table(hr_shape_counts *c, hr_str s, hr_str t)
{
    size_t bars = 0, gaps = 0, numbers = 0, run = 0;
    bool rule = t.n >= 3;
    for (size_t i = 0; i < t.n; i++) {
        char ch = t.p[i];
        bars += ch == '|';
        c->commas += ch == ',';
        c->tabs += ch == '\t';
        c->semicolons += ch == ';';
        if (rule && (unsigned char)ch < 0x80 && !strchr("-=+|: ", ch))
            rule = false;
        run = ch == ' ' ? run + 1 : 0;
        gaps += (run == 2) || ch == '\t';
        numbers += hr_is_digit(ch);
    }
    if (rule && (unsigned char)t.p[0] >= 0x80)
        rule = has(t, "─") || has(t, "━") || has(t, "═");
    bool box = starts(t, "│") || starts(t, "┃") || starts(t, "║");
    if (box)
        bars = 3;
    c->table_rule += rule && !starts(t, "- ");
    c->table_row += (bars >= 2 && (t.p[0] == '|' || box || bars >= 3)) && !rule;
    c->columns += gaps >= 2 && s.n == t.n + (size_t)(t.p - s.p);
    c->numeric_row += numbers * 3 > t.n;
}

static void yaml(hr_shape_counts *c, hr_str s, hr_str t)
{
    size_t indent = (size_t)(t.p - s.p);
    hr_str item = t;
    if (starts(t, "- ")) {
        c->yaml_item++;
        item = hr_str_sub(t, 2, t.n);
    } else if (hr_str_eq(t, HR_STR("-"))) {
        c->yaml_item++;
        return;
    }
    size_t i = 0;
    bool quoted = at(item, 0) == '"' || at(item, 0) == '\'';
    while (i < item.n && (hr_is_alnum(item.p[i]) || strchr("_-./$\"'", item.p[i])))
        i++;
    if (i > 0 && at(item, i) == ':' && (i + 1 == item.n || item.p[i + 1] == ' ') && !quoted &&
        !starts(item, "#")) {
        c->yaml_key++;
        c->yaml_deep += indent > 0 && indent % 2 == 0 && s.p[0] == ' ';
    }
    if (hr_str_eq(s, HR_STR("---")) || starts(s, "apiVersion:") || starts(s, "kind: ") ||
        starts(s, "%YAML"))
        c->yaml_doc++;
}

static void prose(hr_shape_counts *c, hr_str s, hr_str t)
{
    size_t words = 0, letters = 0, run = 0;
    bool gap = false, link = false;
    for (size_t i = 0; i < t.n; i++) {
        run = t.p[i] == ' ' ? run + 1 : 0;
        gap |= run == 3;
        link |= i > 0 && t.p[i] == '(' && t.p[i - 1] == ']';
        letters += hr_is_alpha(t.p[i]) || (unsigned char)t.p[i] >= 0x80 || t.p[i] == ' ';
        words += i > 0 && t.p[i - 1] == ' ' && hr_is_alpha(t.p[i]);
        c->spaces += t.p[i] == ' ';
    }
    c->sentence +=
        ((words >= 4 && letters * 10 > t.n * 9) || (words == 0 && letters == t.n && t.n > 60)) &&
        !gap;
    /* A heading has a blank line behind it, a comment goes on. */
    size_t hashes = 0;
    while (hashes < s.n && s.p[hashes] == '#')
        hashes++;
    c->after_heading = hashes > 0 && hashes < 7 && at(s, hashes) == ' ';
    c->after_subheading = c->after_heading && hashes > 1;
    c->fences += starts(s, "```");
    c->md += starts(s, "```") || starts(s, "* ") || link || starts(s, "> ");
}

static void json(hr_shape_counts *c, hr_str t, char last)
{
    c->json_row += t.n > 8 && t.p[0] == '{' && last == '}' && t.p[1] == '"';
    if (t.n <= 2 && strchr("{}[]", t.p[0]) && (t.n == 1 || t.p[1] == ',')) {
        c->json_member++;
        return;
    }
    bool row = t.p[0] == '{' && (last == '}' || last == ',') && has(t, "\":");
    bool member = t.p[0] == '"' && (has(t, "\":") || has(t, "\" :"));
    bool item =
        (t.p[0] == '"' || hr_is_digit(t.p[0]) || t.p[0] == '-') && last == ',' && !has(t, " ");
    c->json_member += row || member || item;
}

static void log_line(hr_shape_counts *c, hr_str s, hr_str t)
{
    /* A stamp at the start, or behind a few short fields (host, id, bracket). */
    size_t tokens = 0;
    for (size_t i = 0; i < t.n && i < 80 && tokens < 5; i++) {
        bool edge = i == 0 || t.p[i - 1] == ' ' || t.p[i - 1] == '[' || t.p[i - 1] == '(' ||
                    t.p[i - 1] == '|' || t.p[i - 1] == '=' || t.p[i - 1] == '"';
        tokens += i > 0 && t.p[i - 1] == ' ';
        /* Behind a tab: of a message, not of a cell of its own. */
        size_t tabbed = i > 0 && t.p[i - 1] == '\t' ? hr_time_len(hr_str_sub(t, i, t.n)) : 0;
        edge |= tabbed && at(t, i + tabbed) == ' ';
        size_t stamp = edge ? hr_time_len(hr_str_sub(t, i, t.n)) : 0;
        if (stamp) {
            c->stamped++;
            /* A day alone heads an entry in a list of changes. */
            c->top_stamped += s.p == t.p && stamp > 10;
            break;
        }
    }
    c->top += s.p == t.p;
    hr_str head = hr_str_sub(t, 0, 60);
    c->levelled += hr_line_level(head) != HR_LEVEL_NONE;
}

void hr_shape_line(hr_shape_counts *c, hr_str raw)
{
    hr_line_view v;
    c->lines++;
    c->bytes += raw.n;
    if (raw.n > c->longest)
        c->longest = raw.n;
    c->ansi += hr_line_plain(raw, &v);
    hr_str s = hr_str_of(v.p, v.n), t = hr_str_trim(s);
    while (s.n && hr_is_space(s.p[s.n - 1]))
        s.n--;
    if (t.n == 0) {
        c->heading += c->after_heading;
        c->subheading += c->after_subheading;
        c->after_heading = c->after_subheading = false;
        return;
    }
    c->filled++;
    diff(c, s);
    search(c, s);
    numbered(c, s);
    c->grep_plain += plain_match(s);
    log_line(c, s, t);
    hr_shape_build(c, s, t);
    hr_shape_trace(c, s, t);
    listing(c, s, t);
    table(c, s, t);
    yaml(c, s, t);
    prose(c, s, t);
    size_t end = raw.n;
    while (end > 1 && hr_is_space(raw.p[end - 1]))
        end--;
    json(c, t, raw.p[end - 1]);
    c->tag += t.p[0] == '<' &&
              (hr_is_alpha(at(t, 1)) || at(t, 1) == '/' || at(t, 1) == '!' || at(t, 1) == '?');
    c->hexdump += hexdump(t);
    c->base64 += base64(t);
    c->metric += starts(t, "# HELP ") || starts(t, "# TYPE ") ||
                 (hr_is_digit(t.p[t.n - 1]) &&
                  (has(t, "} ") || (has(t, ",") && has(t, "=") && !has(t, ", "))));
}
