#include "compress/log/tool_lines.h"

/* The line as a terminal shows it; the line itself where nothing is to be taken out. */
static hr_str plain(hr_str line, hr_arena *a, bool *folded)
{
    bool odd = false;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    for (size_t i = 0; i < line.n && !odd; i++)
        odd = (unsigned char)line.p[i] < ' ' && line.p[i] != '\t';
    if (!odd)
        return line;
    *folded = true;
    char *p = hr_alloc(a, line.n + 1);
    if (!p)
        return HR_STR_NONE;
    size_t n = 0;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        if (c == '\x1b') {
            size_t len = hr_ansi_len(hr_str_sub(line, i, line.n));
            i += len ? len - 1 : 0;
        } else if (c == '\r')
            n = 0; /* overwritten: a progress bar shows its last state */
        else if (c == '\b')
            n -= n > 0;
        else if (c == '\t' || (unsigned char)c >= ' ')
            p[n++] = c;
    }
    return hr_str_of(p, n);
}

static bool blank(hr_str s)
{
    return hr_str_trim(s).n == 0;
}

static bool frame(hr_str s)
{
    return hr_str_starts(s, HR_STR("at ")) || hr_str_starts(s, HR_STR("Caused by: ")) ||
           hr_str_starts(s, HR_STR("... ")) || hr_str_starts(s, HR_STR("Suppressed: "));
}

/* "goroutine 12 [running]:" heads a stack whose functions are not indented. */
static bool goroutine(hr_str s)
{
    return s.n > 12 && hr_str_starts(s, HR_STR("goroutine ")) && hr_is_digit(s.p[10]) &&
           hr_str_ends(s, HR_STR("]:"));
}

static bool is_trace_head(hr_str s)
{
    return hr_str_has(hr_str_sub(s, 0, 200), HR_STR("Traceback (most recent call last)"));
}

/* What the present record is, as far as it matters for where it ends. */
typedef struct record {
    bool traceback, goroutine;
} record;

/* Does line i belong to the record that line i - 1 is in? */
static bool continues(const hr_log *l, size_t i, record in)
{
    hr_str s = l->plain[i];
    if (i == 0 || blank(s) || blank(l->plain[i - 1]))
        return false;
    if (l->head[i] || l->class[i] || l->class[i - 1])
        return false;
    if (hr_is_space(s.p[0]) || l->stamped || in.goroutine || frame(s))
        return true;
    /* The message of a Python traceback stands unindented below its frames. */
    return in.traceback && hr_is_space(l->plain[i - 1].p[0]);
}

typedef struct count_entry {
    uint64_t key;
    uint32_t value;
} count_entry;

static uint32_t *count_at(hr_map *m, uint64_t key, hr_arena *a)
{
    uint64_t *k = hr_alloc(a, sizeof key);
    bool fresh;
    if (!k)
        return NULL;
    *k = key;
    hr_map_entry *e = hr_map_put(m, hr_str_of((const char *)k, sizeof key), &fresh);
    return e ? (uint32_t *)(void *)&e->value : NULL;
}

/* The shape of a record: its templates, runs of the same one counted once. */
static uint64_t shape(const hr_log *l, size_t from, size_t n)
{
    uint64_t h = 1469598103934665603ull;
    for (size_t i = from; i < from + n; i++) {
        if (i > from && l->tpl[i] == l->tpl[i - 1])
            continue;
        h = (h ^ (l->tpl[i] + 1ull)) * 1099511628211ull;
        h ^= h >> 31;
    }
    return h | 1ull << 63;
}

/* The byte behind the first `mark` in s, SIZE_MAX without one. */
static size_t behind(hr_str s, hr_str mark)
{
    size_t at = hr_str_find(s, mark);
    return at == SIZE_MAX ? at : at + mark.n;
}

/* The status an HTTP line tells when it is a failure (400 to 599), else 0: behind a quoted request,
 * behind a method and a path, or named. */
static unsigned http_failure(hr_str s)
{
    static const char *const marks[] = {" HTTP/1.1\" ", " HTTP/1.0\" ", " HTTP/2.0\" ",
                                        " HTTP/2\" "};
    static const char *const names[] = {"status=", "status: ", "status_code=", "status=\"",
                                        "\"status\":"};
    static const char *const methods[] = {"GET /",    "POST /",  "PUT /",
                                          "DELETE /", "PATCH /", "HEAD /"};
    size_t at = SIZE_MAX;
    s = hr_str_sub(s, 0, 1024);
    /* Most lines have none of the three things that one of these takes. */
    bool slash = hr_str_has(s, HR_STR(" /"));
    bool http = hr_str_has(s, HR_STR(" HTTP/")), named = hr_str_has(s, HR_STR("status"));
    for (size_t i = 0; http && i < sizeof marks / sizeof *marks && at == SIZE_MAX; i++)
        at = behind(s, hr_cstr(marks[i]));
    for (size_t i = 0; named && i < sizeof names / sizeof *names && at == SIZE_MAX; i++)
        at = behind(s, hr_cstr(names[i]));
    for (size_t i = 0; slash && i < sizeof methods / sizeof *methods && at == SIZE_MAX; i++) {
        at = behind(s, hr_cstr(methods[i]));
        if (at == SIZE_MAX)
            continue;
        while (at < s.n && s.p[at] != ' ' && s.p[at] != '"')
            at++;
        while (at < s.n && s.p[at] == ' ')
            at++;
    }
    if (at == SIZE_MAX || at + 3 > s.n || (at + 3 < s.n && hr_is_alnum(s.p[at + 3])))
        return 0;
    uint64_t code;
    return hr_str_u64(hr_str_sub(s, at, at + 3), &code) && code >= 400 && code <= 599
               ? (unsigned)code
               : 0;
}

/* What tells a group's lines from others: their template, or the class they are in. */
static uint64_t line_key(const hr_log *l, size_t i)
{
    hr_str s = hr_str_trim(l->plain[i]);
    switch ((hr_log_class)l->class[i]) {
    case HR_LOG_PLAIN:
        return l->tpl[i] | (uint64_t)l->mark[i] << 32;
    case HR_LOG_TAGGED:
        return hr_hash64(hr_tool_kind(s)) >> 4 | 1ull << 59;
    default:
        return (uint64_t)l->class[i] << 40 | l->mark[i];
    }
}

static hr_level level_of(const hr_log *l, size_t from, size_t n)
{
    hr_level best = HR_LEVEL_NONE;
    for (size_t i = from; i < from + n; i++) {
        if ((hr_level)l->level[i] > best)
            best = (hr_level)l->level[i];
    }
    return best;
}

static hr_err add_unit(hr_log *l, hr_map *ids, size_t line, size_t n, bool whole, uint64_t key,
                       hr_arena *a)
{
    hr_log_unit *u = hr_vec_push(&l->units, a);
    hr_level level = level_of(l, line, n);
    uint32_t *id = count_at(ids, key * 8 + (uint64_t)level, a);
    if (!u || !id)
        return HR_E_NOMEM;
    if (*id == 0) {
        hr_log_group *g = hr_vec_push(&l->groups, a);
        if (!g)
            return HR_E_NOMEM;
        g->first = (uint32_t)(l->units.n - 1);
        g->lines = (uint32_t)n;
        g->level = level;
        g->class = n == 1 ? (hr_log_class)l->class[line] : HR_LOG_PLAIN;
        *id = (uint32_t)l->groups.n;
    }
    *u = (hr_log_unit){(uint32_t)line, (uint32_t)n, *id - 1, whole};
    l->groups.p[*id - 1].count++;
    l->groups.p[*id - 1].last = (uint32_t)(l->units.n - 1);
    return HR_OK;
}

/* An error's record is kept together even when it occurs once, so that a trace stays readable. */
static bool troubled(const hr_log *l, size_t from, size_t n)
{
    if (n < 2)
        return false;
    for (size_t i = from; i < from + n; i++) {
        if (is_trace_head(l->plain[i]) || (i > from && frame(hr_str_trim(l->plain[i]))))
            return true;
    }
    return l->stamped && l->level[from] == HR_LEVEL_ERROR;
}

static hr_err make_units(hr_log *l, hr_arena *a)
{
    hr_map shapes, ids;
    hr_map_init(&shapes, a);
    hr_map_init(&ids, a);
    HR_VEC(uint32_t) starts = {0};
    record in = {0};
    for (size_t i = 0; i < l->n; i++) {
        bool goes_on = continues(l, i, in);
        if (!goes_on) {
            uint32_t *s = hr_vec_push(&starts, a);
            if (!s)
                return HR_E_NOMEM;
            *s = (uint32_t)i;
            in = (record){.goroutine = goroutine(l->plain[i])};
        }
        in.traceback |= is_trace_head(l->plain[i]);
        if (goes_on && i > 0 && hr_is_space(l->plain[i - 1].p[0]) && !hr_is_space(l->plain[i].p[0]))
            in.traceback = false; /* its message has come */
    }
    for (size_t r = 0; r < starts.n; r++) {
        size_t from = starts.p[r], n = (r + 1 < starts.n ? starts.p[r + 1] : l->n) - from;
        if (n > 1 && n <= HR_LOG_RECORD) {
            uint32_t *c = count_at(&shapes, shape(l, from, n), a);
            if (!c)
                return HR_E_NOMEM;
            ++*c;
        }
    }
    for (size_t r = 0; r < starts.n; r++) {
        size_t from = starts.p[r], n = (r + 1 < starts.n ? starts.p[r + 1] : l->n) - from;
        uint64_t key = shape(l, from, n);
        bool whole =
            n > 1 && n <= HR_LOG_RECORD && (*count_at(&shapes, key, a) > 1 || troubled(l, from, n));
        hr_err e = HR_OK;
        if (whole) {
            e = add_unit(l, &ids, from, n, true, key, a);
        } else {
            for (size_t i = from; i < from + n && e == HR_OK; i++)
                e = add_unit(l, &ids, i, 1, false, line_key(l, i), a);
        }
        if (e != HR_OK)
            return e;
    }
    return HR_OK;
}

hr_err hr_log_read(hr_str text, hr_program from, const hr_deadline *deadline, hr_arena *a,
                   hr_log *l)
{
    memset(l, 0, sizeof *l);
    hr_str rest = text, line;
    while (hr_str_line(&rest, &line))
        l->n++;
    l->raw = HR_NEW_ARRAY(a, hr_str, l->n + 1);
    l->plain = HR_NEW_ARRAY(a, hr_str, l->n + 1);
    l->tpl = HR_NEW_ARRAY(a, uint32_t, l->n + 1);
    l->head = HR_NEW_ARRAY(a, uint32_t, l->n + 1);
    l->level = HR_NEW_ARRAY(a, uint8_t, l->n + 1);
    l->class = HR_NEW_ARRAY(a, uint8_t, l->n + 1);
    l->mark = HR_NEW_ARRAY(a, uint16_t, l->n + 1);
    if (!l->raw || !l->plain || !l->tpl || !l->head || !l->level || !l->class || !l->mark ||
        l->n >= UINT32_MAX)
        return HR_E_NOMEM;
    size_t filled = 0, stamped = 0;
    rest = text;
    for (size_t i = 0; hr_str_line(&rest, &line); i++) {
        if (i % 512 == 0 && hr_deadline_passed(deadline))
            return HR_E_TIMEOUT;
        l->raw[i] = line;
        l->plain[i] = plain(line, a, &l->folded);
        l->head[i] = (uint32_t)hr_tpl_head(l->plain[i]);
        l->level[i] = (uint8_t)hr_line_level(l->plain[i]);
        l->mark[i] = (uint16_t)http_failure(l->plain[i]);
        if (l->mark[i] && l->level[i] < HR_LEVEL_WARN)
            l->level[i] = l->mark[i] >= 500 ? HR_LEVEL_ERROR : HR_LEVEL_WARN;
        bool top = l->plain[i].n && !hr_is_space(l->plain[i].p[0]);
        filled += top;
        stamped += top && l->head[i] > 0;
    }
    l->stamped = stamped > 0 && stamped * 4 >= filled;
    hr_err e = hr_tool_classify(l, from, a);
    if (e == HR_OK)
        e = hr_tpl_mine(l->plain, l->head, l->n, deadline, a, &l->tpls, l->tpl, &l->ntpl);
    return e == HR_OK ? make_units(l, a) : e;
}
