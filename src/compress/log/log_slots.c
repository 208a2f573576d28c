#include "compress/log/log_slots.h"

enum {
    DESCRIBE_MAX = 160, /* a longer message is cut to the words around its values */
    CONTEXT = 20,       /* bytes of such words */
    VALUE_MAX = 48,     /* longer values are not quoted */
    LIST_MAX = 64,      /* all quoted values of one place */
    SLOTS_MAX = 96,     /* places of one record that are followed */
    RECORD_MAX = 400,   /* bytes that describe one record */
};

/* A decimal number with an optional sign and fraction, nothing else. */
static bool number(hr_str s, double *v)
{
    if (s.n == 0 || s.n > 18 || !(hr_is_digit(s.p[0]) || (s.p[0] == '-' && s.n > 1)))
        return false;
    double x = 0, scale = 0;
    for (size_t i = s.p[0] == '-'; i < s.n; i++) {
        if (s.p[i] == '.' && scale == 0 && i + 1 < s.n) {
            scale = 1;
        } else if (hr_is_digit(s.p[i])) {
            x = x * 10 + (s.p[i] - '0');
            scale *= 10;
        } else {
            return false;
        }
    }
    *v = (s.p[0] == '-' ? -x : x) / (scale > 1 ? scale : 1);
    return true;
}

static void see_value(hr_log_slot *s, hr_str v, uint32_t line)
{
    if (s->nvalues == 0) {
        s->first = v;
        s->prefix = (uint32_t)v.n;
        s->suffix = (uint32_t)v.n;
    }
    uint32_t p = 0, q = 0, max = (uint32_t)v.n;
    while (p < s->prefix && p < max && v.p[p] == s->first.p[p])
        p++;
    while (q < s->suffix && q < max && v.p[max - 1 - q] == s->first.p[s->first.n - 1 - q])
        q++;
    s->prefix = p;
    s->suffix = q;
    if (s->nvalues > HR_LOG_VALUES)
        return;
    for (uint32_t i = 0; i < s->nvalues; i++) {
        if (hr_str_eq(s->values[i], v)) {
            s->count[i]++;
            return;
        }
    }
    if (s->nvalues < HR_LOG_VALUES) {
        s->values[s->nvalues] = v;
        s->count[s->nvalues] = 1;
        s->line[s->nvalues] = line;
    }
    s->nvalues++;
}

/* The number a value starts with ("2890 some/file.py"). */
static void see_lead(hr_log_slot *s, hr_str v, uint32_t line)
{
    double x;
    size_t n = 0;
    while (n < v.n && n < 18 && (hr_is_digit(v.p[n]) || v.p[n] == '.'))
        n++;
    bool good = (n == v.n || hr_is_space(v.p[n])) && number(hr_str_sub(v, 0, n), &x);
    if (s->seen++ == 0)
        s->led = good;
    s->led &= good;
    if (!s->led)
        return;
    if (s->seen == 1 || x < s->lead_min) {
        s->lead_min = x;
        s->lead_min_line = line;
    }
    if (s->seen == 1 || x > s->lead_max) {
        s->lead_max = x;
        s->lead_max_line = line;
    }
}

static bool utf8_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The shared ends must not cut a number, a word or a character in two. */
static void settle_ends(hr_log_slot *s)
{
    hr_str f = s->first;
    while (s->prefix && s->nvalues > 1 &&
           (hr_is_alnum(f.p[s->prefix - 1]) || f.p[s->prefix - 1] == '.'))
        s->prefix--;
    while (s->prefix && s->prefix < f.n && utf8_tail(f.p[s->prefix]))
        s->prefix--;
    while (s->suffix && (utf8_tail(f.p[f.n - s->suffix]) || hr_is_digit(f.p[f.n - s->suffix])))
        s->suffix--;
    if (s->suffix > 1 && f.p[f.n - s->suffix] == '.' && hr_is_digit(f.p[f.n - s->suffix + 1]))
        s->suffix--;
    if (s->prefix + s->suffix > f.n)
        s->suffix = (uint32_t)f.n - s->prefix;
}

static hr_str middle(const hr_log_slot *s, hr_str v)
{
    return s->prefix + s->suffix <= v.n ? hr_str_sub(v, s->prefix, v.n - s->suffix) : v;
}

/* Letters in front of a number belong to the frame ("core.2275", "v12"). */
static void find_letters(hr_log_slot *s)
{
    hr_str f = s->first;
    uint32_t i = s->prefix;
    while (i + s->suffix < f.n && !hr_is_digit(f.p[i]) && f.p[i] != '-')
        i++;
    s->letters = i - s->prefix;
}

static void see_number(hr_log_slot *s, hr_str v, uint32_t line)
{
    double x;
    size_t front = s->prefix + s->letters;
    if (!s->numeric)
        return;
    bool same = v.n > front + s->suffix && memcmp(v.p, s->first.p, front) == 0;
    hr_str m = same ? hr_str_sub(v, front, v.n - s->suffix) : v;
    if (!same || !number(m, &x)) {
        s->numeric = false;
        return;
    }
    s->sum += x;
    s->squares += x * x;
    if (s->min_text.p == NULL || x < s->min) {
        s->min = x;
        s->min_text = m;
        s->min_line = line;
    }
    if (s->max_text.p == NULL || x > s->max) {
        s->max = x;
        s->max_text = m;
        s->max_line = line;
    }
}

static hr_str after_time(const hr_log *l, uint32_t line, const hr_tpl_slot *slots, size_t n,
                         hr_str *time)
{
    uint32_t end = 0;
    *time = HR_STR_NONE;
    for (size_t i = 0; i < n; i++) {
        if (slots[i].head && slots[i].time) {
            end = slots[i].end;
            *time = hr_str_sub(l->plain[line], slots[i].start, slots[i].end);
        }
    }
    return hr_str_sub(l->plain[line], end, l->head[line]);
}

static void see_source(hr_log_summary *s, hr_str source)
{
    for (uint32_t i = 0; i < s->nsources && i < HR_LOG_VALUES; i++) {
        if (hr_str_eq(s->sources[i], source))
            return;
    }
    if (s->nsources < HR_LOG_VALUES)
        s->sources[s->nsources] = source;
    if (s->nsources <= HR_LOG_VALUES)
        s->nsources++;
}

/* Is the i-th line of a unit of the same template as that of its group's first? A record's later
 * units may be longer or shorter. */
static bool same_template(const hr_log *l, const hr_log_unit *u, uint32_t i)
{
    const hr_log_unit *first = &l->units.p[l->groups.p[u->group].first];
    return i < u->lines && l->tpl[u->line + i] == l->tpl[first->line + i];
}

/* Makes the table of a group's slots from its first unit. */
static hr_err make_slots(const hr_log *l, const hr_log_unit *u, hr_arena *a, hr_log_summary *s)
{
    hr_tpl_slot slots[HR_TPL_TOKENS];
    uint32_t total = 0;
    s->base = HR_NEW_ARRAY(a, uint32_t, u->lines + 1);
    s->uneven = HR_NEW_ARRAY(a, bool, u->lines + 1);
    if (!s->base || !s->uneven)
        return HR_E_NOMEM;
    for (uint32_t i = 0; i < u->lines; i++) {
        size_t n = hr_tpl_slots(l->tpls, u->line + i, slots);
        s->base[i] = total;
        for (size_t k = 0; k < n && total < SLOTS_MAX; k++)
            total += !slots[k].head;
    }
    s->base[u->lines] = total;
    s->slots = HR_NEW_ARRAY(a, hr_log_slot, total + 1);
    s->nslots = total;
    return s->slots ? HR_OK : HR_E_NOMEM;
}

static hr_err visit(const hr_log *l, uint32_t unit, bool second, hr_arena *a, hr_log_summary *all)
{
    hr_tpl_slot slots[HR_TPL_TOKENS];
    const hr_log_unit *u = &l->units.p[unit];
    hr_log_summary *s = &all[u->group];
    if (!s->slots) {
        hr_err e = make_slots(l, u, a, s);
        if (e != HR_OK)
            return e;
    }
    uint32_t lines = l->units.p[l->groups.p[u->group].first].lines;
    for (uint32_t i = 0; i < lines; i++) {
        if (!same_template(l, u, i)) {
            s->uneven[i] = true; /* what the first has there is not true of all */
            continue;
        }
        size_t n = hr_tpl_slots(l->tpls, u->line + i, slots);
        uint32_t line = u->line + i, k = s->base[i];
        if (i == 0 && !second) {
            hr_str time, source = after_time(l, line, slots, n, &time);
            see_source(s, source);
            if (time.n)
                s->last_time = time;
        }
        for (size_t j = 0; j < n && k < s->base[i + 1]; j++) {
            if (slots[j].head)
                continue;
            hr_str v = hr_str_sub(l->plain[line], slots[j].start, slots[j].end);
            if (second) {
                see_number(&s->slots[k], v, line);
            } else {
                see_value(&s->slots[k], v, line);
                see_lead(&s->slots[k], v, line);
            }
            k++;
        }
    }
    return HR_OK;
}

hr_err hr_log_summaries(const hr_log *l, uint32_t least, const hr_deadline *deadline, hr_arena *a,
                        hr_log_summary **out)
{
    hr_log_summary *all = HR_NEW_ARRAY(a, hr_log_summary, l->groups.n + 1);
    if (!all)
        return HR_E_NOMEM;
    *out = all;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t u = 0; u < l->units.n; u++) {
            if (u % 256 == 0 && hr_deadline_passed(deadline))
                return HR_E_TIMEOUT;
            if (l->groups.p[l->units.p[u].group].count < least)
                continue;
            hr_err e = visit(l, u, pass == 1, a, all);
            if (e != HR_OK)
                return e;
        }
        for (size_t g = 0; pass == 0 && g < l->groups.n; g++) {
            for (uint32_t k = 0; k < all[g].nslots; k++) {
                hr_log_slot *s = &all[g].slots[k];
                settle_ends(s);
                find_letters(s);
                s->numeric = s->nvalues > 1;
            }
        }
    }
    return HR_OK;
}

/* A range of a few numbers claims only what occurred when it has no gap: <1-3>, but <2|4|6>. */
static bool as_range(const hr_log_slot *s)
{
    return s->numeric &&
           (s->nvalues > HR_LOG_VALUES || s->max - s->min + 1.0 == (double)s->nvalues);
}

static void describe_slot(const hr_log_slot *s, hr_buf *b)
{
    hr_buf_add(b, hr_str_sub(s->first, 0, s->prefix + (as_range(s) ? s->letters : 0)));
    if (as_range(s)) {
        hr_buf_addc(b, '<');
        hr_buf_add(b, s->min_text);
        hr_buf_addc(b, s->min < 0 || s->max < 0 ? '~' : '-');
        hr_buf_add(b, s->max_text);
        hr_buf_addc(b, '>');
    } else {
        size_t total = 0;
        bool list = s->nvalues <= HR_LOG_VALUES;
        for (uint32_t i = 0; list && i < s->nvalues; i++) {
            hr_str m = middle(s, s->values[i]);
            total += m.n + 1;
            list = m.n <= VALUE_MAX && total <= LIST_MAX;
        }
        if (list) {
            hr_buf_addc(b, '<');
            for (uint32_t i = 0; i < s->nvalues; i++) {
                if (i)
                    hr_buf_addc(b, '|');
                hr_buf_add(b, middle(s, s->values[i]));
            }
            hr_buf_addc(b, '>');
        } else {
            hr_buf_addc(b, '*');
        }
    }
    hr_buf_add(b, hr_str_sub(s->first, s->first.n - s->suffix, s->first.n));
}

/* The last bytes of s from the start of a word. */
static hr_str tail_words(hr_str s, size_t max)
{
    size_t from = s.n > max ? s.n - max : 0;
    size_t start = from;
    while (from && from < s.n && !hr_is_space(s.p[from - 1]))
        from++;
    if (from < s.n)
        return hr_str_sub(s, from, s.n);
    /* One long word: from some joint in it. */
    while (start < s.n && hr_is_alnum(s.p[start]))
        start++;
    while (start < s.n && ((unsigned char)s.p[start] & 0xc0) == 0x80)
        start++;
    return hr_str_sub(s, start, s.n);
}

/* One line's varying places with the words around them. Returns whether there were any. */
static bool describe_line(const hr_log *l, uint32_t line, const hr_log_slot *slot, size_t nslots,
                          bool cut, size_t limit, hr_buf *b)
{
    hr_tpl_slot slots[HR_TPL_TOKENS];
    hr_str text = l->plain[line];
    size_t n = hr_tpl_slots(l->tpls, line, slots), k = 0, from = l->head[line];
    cut |= text.n - from > DESCRIBE_MAX;
    while (from < text.n && hr_is_space(text.p[from]))
        from++;
    bool first = true;
    for (size_t i = 0; i < n && k < nslots && b->n < limit; i++) {
        if (slots[i].head)
            continue;
        const hr_log_slot *s = &slot[k++];
        if (s->nvalues < 2)
            continue;
        hr_str between = hr_str_sub(text, from, slots[i].start);
        if (cut && between.n > CONTEXT) {
            if (!first)
                hr_buf_lit(b, " \xe2\x80\xa6 ");
            between = tail_words(between, CONTEXT);
        }
        hr_buf_add(b, between);
        describe_slot(s, b);
        from = slots[i].end;
        first = false;
    }
    hr_str rest = hr_str_trim(hr_str_sub(text, from, text.n));
    if (!first && (!cut || rest.n <= CONTEXT))
        hr_buf_add(b, hr_str_sub(text, from, text.n));
    return !first;
}

void hr_log_describe(const hr_log *l, uint32_t group, const hr_log_summary *s, hr_buf *b)
{
    const hr_log_unit *u = &l->units.p[l->groups.p[group].first];
    size_t limit = b->n + RECORD_MAX;
    bool any = false;
    for (uint32_t i = 0; s->slots && i < u->lines && b->n < limit; i++) {
        size_t mark = b->n;
        if (s->uneven[i])
            continue;
        if (any)
            hr_buf_lit(b, " \xe2\x80\xa6 ");
        bool some = describe_line(l, u->line + i, s->slots + s->base[i],
                                  s->base[i + 1] - s->base[i], u->lines > 1, limit, b);
        if (!some)
            b->n = mark;
        any |= some;
    }
}
