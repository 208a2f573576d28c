#include "compress/log/log_lossless.h"

enum {
    MIN_LINES = 3,   /* lines that make a form worth its definition */
    MIN_LITERAL = 6, /* bytes a form saves a line */
    MIN_REPEAT =
        16, /* bytes of a line that is a form as it is, because it occurs again and again */
    MAX_FORMS = 26 * 27,
};

typedef struct place {
    hr_str first;
    uint32_t prefix, suffix; /* bytes that all values share */
    uint32_t shortest;
    bool varies;
    hr_str last; /* value written last, for repeats */
} place;

enum { NO_CLOCK = HR_TPL_TOKENS, CLOCK_MAX = 64 };

typedef struct form {
    uint32_t line, lines, n; /* first line, their number, places */
    uint32_t clock;          /* the place with the time of the line */
    uint32_t id;             /* 1 and up once it is used */
    bool whole;              /* the line as it is, without places */
    place *places;
} form;

typedef struct writer {
    const hr_log *l;
    hr_arena *a;
    uint32_t *form_of; /* of each line: index + 1, 0 for none */
    HR_VEC(form) forms;
    bool crlf;
    hr_str clock;       /* the time written last, without the end that all share */
    hr_str clock_end;   /* that end; a slice of some time */
    size_t clock_least; /* bytes of the shortest time */
    hr_buf out;
    uint32_t used;
    bool clocks; /* some line has a time */
    size_t templated;
} writer;

static hr_str literal(hr_str line, const hr_tpl_slot *slots, size_t n, size_t k)
{
    size_t from = k ? slots[k - 1].end : 0, to = k < n ? slots[k].start : line.n;
    return hr_str_sub(line, from, to);
}

/* The place with the time that a line's head carries. */
static uint32_t clock_of(hr_str line, const hr_tpl_slot *slots, size_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        if (slots[k].head && slots[k].time && slots[k].end - slots[k].start <= CLOCK_MAX &&
            hr_is_alnum(line.p[slots[k].start]))
            return k;
    }
    return NO_CLOCK;
}

static bool utf8_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* One more time: what is left of the end that all share. */
static void see_clock(writer *w, hr_str v)
{
    if (!w->clocks) {
        w->clock_end = v;
        w->clock_least = v.n;
        w->clocks = true;
    }
    hr_str e = w->clock_end;
    size_t n = 0;
    while (n < e.n && n < v.n && v.p[v.n - 1 - n] == e.p[e.n - 1 - n])
        n++;
    w->clock_end = hr_str_sub(e, e.n - n, e.n);
    if (v.n < w->clock_least)
        w->clock_least = v.n;
}

/* The shared end cuts no number or word in two and leaves something of each. */
static void settle_clock(writer *w)
{
    hr_str e = w->clock_end;
    if (e.n >= w->clock_least)
        e = hr_str_sub(e, e.n + 1 - w->clock_least, e.n);
    while (e.n && (hr_is_digit(e.p[0]) || utf8_tail(e.p[0])))
        e = hr_str_sub(e, 1, e.n);
    w->clock_end = e;
}

static uint64_t literal_hash(hr_str line, const hr_tpl_slot *slots, size_t n)
{
    uint64_t h = n + 1 + (uint64_t)clock_of(line, slots, n) * 64;
    for (size_t k = 0; k <= n; k++)
        h = hr_hash64_seed(literal(line, slots, n, k), h);
    return h;
}

static bool same_literals(const writer *w, const form *f, hr_str line, const hr_tpl_slot *slots,
                          size_t n)
{
    hr_tpl_slot mine[HR_TPL_TOKENS];
    hr_str first = w->l->plain[f->line];
    size_t m = f->whole ? 0 : hr_tpl_slots(w->l->tpls, f->line, mine);
    if (f->clock != clock_of(line, slots, n))
        return false;
    for (size_t k = 0; m == n && k <= n; k++) {
        if (!hr_str_eq(literal(first, mine, m, k), literal(line, slots, n, k)))
            return false;
    }
    return m == n;
}

/* Can the line be written as a form at all? */
static bool eligible(const writer *w, size_t i, const hr_tpl_slot *slots, size_t n)
{
    hr_str s = w->l->plain[i];
    size_t total = s.n;
    if (s.p != w->l->raw[i].p || s.n + w->crlf != w->l->raw[i].n || n == 0)
        return false;
    for (size_t k = 0; k < n; k++) {
        total -= slots[k].end - slots[k].start;
        hr_str v = hr_str_sub(s, slots[k].start, slots[k].end);
        if (v.n == 0 || hr_str_find_char(v, '|') != SIZE_MAX)
            return false;
    }
    return total >= MIN_LITERAL && !hr_str_has(s, HR_STR("{}")) && !hr_str_has(s, HR_STR("{@}"));
}

static void see(place *p, hr_str v, bool first)
{
    if (first) {
        p->first = v;
        p->prefix = p->suffix = p->shortest = (uint32_t)v.n;
        return;
    }
    p->varies |= !hr_str_eq(p->first, v);
    uint32_t a = 0, b = 0;
    while (a < p->prefix && a < v.n && v.p[a] == p->first.p[a])
        a++;
    while (b < p->suffix && b < v.n && v.p[v.n - 1 - b] == p->first.p[p->first.n - 1 - b])
        b++;
    p->prefix = a;
    p->suffix = b;
    if (v.n < p->shortest)
        p->shortest = (uint32_t)v.n;
}

/* Shared ends stop at word borders and leave at least one byte of every value. */
static void settle(place *p)
{
    hr_str f = p->first;
    if (!p->varies)
        return;
    if (p->prefix >= p->shortest)
        p->prefix = p->shortest - 1;
    while (p->prefix && (hr_is_alnum(f.p[p->prefix - 1]) || utf8_tail(f.p[p->prefix])))
        p->prefix--;
    if (p->suffix + p->prefix >= p->shortest)
        p->suffix = p->shortest - 1 - p->prefix;
    while (p->suffix && (hr_is_digit(f.p[f.n - p->suffix]) || utf8_tail(f.p[f.n - p->suffix])))
        p->suffix--;
}

/* Lines that are no forms with places but stand there often enough to be named: how often each. */
static hr_err count_repeats(const hr_log *l, hr_map *repeats)
{
    bool fresh;
    for (size_t i = 0; i < l->n; i++) {
        if (l->plain[i].n < MIN_REPEAT)
            continue;
        hr_map_entry *e = hr_map_put(repeats, l->plain[i], &fresh);
        if (!e)
            return HR_E_NOMEM;
        e->value++;
    }
    return HR_OK;
}

static bool repeated(const writer *w, const hr_map *repeats, size_t i)
{
    hr_str s = w->l->plain[i];
    if (s.n < MIN_REPEAT || s.p != w->l->raw[i].p || s.n + w->crlf != w->l->raw[i].n ||
        hr_str_has(s, HR_STR("{}")) || hr_str_has(s, HR_STR("{@}")))
        return false;
    const hr_map_entry *e = hr_map_get(repeats, s);
    return e && e->value >= MIN_LINES;
}

static hr_err find_forms(writer *w, const hr_compress_opts *o)
{
    const hr_log *l = w->l;
    hr_tpl_slot slots[HR_TPL_TOKENS];
    hr_map seen, repeats;
    hr_map_init(&seen, w->a);
    hr_map_init(&repeats, w->a);
    if (count_repeats(l, &repeats) != HR_OK)
        return HR_E_NOMEM;
    w->form_of = HR_NEW_ARRAY(w->a, uint32_t, l->n + 1);
    if (!w->form_of)
        return HR_E_NOMEM;
    hr_query query;
    hr_query_parse(o->query, w->a, &query);
    for (size_t i = 0; i < l->n; i++) {
        if (i % 256 == 0 && hr_deadline_passed(o->deadline))
            return HR_E_TIMEOUT;
        /* What people look for stays readable in one piece. */
        if (l->level[i] == HR_LEVEL_ERROR || l->class[i] == HR_LOG_FACT ||
            hr_query_anchor_in(&query, l->plain[i]))
            continue;
        size_t n = hr_tpl_slots(l->tpls, i, slots);
        bool whole = !eligible(w, i, slots, n);
        if (whole && !repeated(w, &repeats, i))
            continue;
        if (whole)
            n = 0;
        uint64_t *key = HR_NEW(w->a, uint64_t);
        bool fresh;
        if (!key)
            return HR_E_NOMEM;
        *key = literal_hash(l->plain[i], slots, n); /* without places of the whole line */
        hr_map_entry *e = hr_map_put(&seen, hr_str_of((const char *)key, sizeof *key), &fresh);
        if (!e)
            return HR_E_NOMEM;
        if (fresh) {
            form *f = hr_vec_push(&w->forms, w->a);
            if (!f || !(f->places = HR_NEW_ARRAY(w->a, place, n)))
                return HR_E_NOMEM;
            f->line = (uint32_t)i;
            f->n = (uint32_t)n;
            f->whole = whole;
            f->clock = clock_of(l->plain[i], slots, n);
            e->value = w->forms.n;
        } else if (!same_literals(w, &w->forms.p[e->value - 1], l->plain[i], slots, n)) {
            continue;
        }
        form *f = &w->forms.p[e->value - 1];
        f->lines++;
        w->form_of[i] = (uint32_t)e->value;
        if (f->clock != NO_CLOCK)
            see_clock(w, hr_str_sub(l->plain[i], slots[f->clock].start, slots[f->clock].end));
        for (size_t k = 0; k < n; k++)
            see(&f->places[k], hr_str_sub(l->plain[i], slots[k].start, slots[k].end), fresh);
    }
    for (size_t i = 0; i < w->forms.n; i++) {
        form *f = &w->forms.p[i];
        for (uint32_t k = 0; k < f->n; k++) {
            if (k == f->clock)
                f->places[k].varies = true;
            else
                settle(&f->places[k]);
        }
    }
    settle_clock(w);
    return HR_OK;
}

static void put_id(hr_buf *b, uint32_t id)
{
    if (id > 26)
        hr_buf_addc(b, (char)('a' + (id - 27) / 26));
    hr_buf_addc(b, (char)('a' + (id - 1) % 26));
}

static void define(writer *w, form *f)
{
    hr_tpl_slot slots[HR_TPL_TOKENS];
    hr_str line = w->l->plain[f->line];
    size_t n = f->whole ? 0 : hr_tpl_slots(w->l->tpls, f->line, slots);
    put_id(&w->out, f->id);
    hr_buf_lit(&w->out, ": ");
    for (size_t k = 0; k <= n; k++) {
        hr_buf_add(&w->out, literal(line, slots, n, k));
        if (k == n)
            break;
        const place *p = &f->places[k];
        if (k == f->clock) {
            hr_buf_lit(&w->out, "{@}");
            hr_buf_add(&w->out, w->clock_end);
            continue;
        }
        if (!p->varies) {
            hr_buf_add(&w->out, p->first);
            continue;
        }
        hr_buf_add(&w->out, hr_str_sub(p->first, 0, p->prefix));
        hr_buf_lit(&w->out, "{}");
        hr_buf_add(&w->out, hr_str_sub(p->first, p->first.n - p->suffix, p->first.n));
    }
    hr_buf_addc(&w->out, '\n');
}

/* The end of a time that differs from the last one, from the start of a word or number on; all of
 * it when that has another length; nothing when it is the same. */
static hr_str new_end(hr_str last, hr_str v)
{
    size_t k = 0;
    if (last.n != v.n)
        return v;
    while (k < v.n && last.p[k] == v.p[k])
        k++;
    if (k == v.n)
        return HR_STR_NONE;
    while (k > 0 && (!hr_is_alnum(v.p[k]) || hr_is_alnum(v.p[k - 1])))
        k--;
    return hr_str_sub(v, k, v.n);
}

static void put_values(writer *w, form *f, size_t i)
{
    hr_tpl_slot slots[HR_TPL_TOKENS];
    hr_str line = w->l->plain[i];
    (void)hr_tpl_slots(w->l->tpls, i, slots);
    put_id(&w->out, f->id);
    size_t end = w->out.n; /* behind the last value that is not a repeat */
    for (uint32_t k = 0; k < f->n; k++) {
        place *p = &f->places[k];
        if (!p->varies)
            continue;
        if (k == f->clock) {
            hr_str time = hr_str_sub(line, slots[k].start, slots[k].end - w->clock_end.n);
            hr_str v = new_end(w->clock, time);
            hr_buf_addc(&w->out, '|');
            if (v.n == time.n && w->clock.n)
                hr_buf_addc(&w->out, '=');
            hr_buf_add(&w->out, v);
            if (v.n)
                end = w->out.n;
            w->clock = time;
            continue;
        }
        hr_str v = hr_str_sub(line, slots[k].start + p->prefix, slots[k].end - p->suffix);
        hr_buf_addc(&w->out, '|');
        if (!hr_str_eq(v, p->last)) {
            hr_buf_add(&w->out, v);
            end = w->out.n;
        }
        p->last = v;
    }
    if (w->out.err == HR_OK)
        w->out.n = end;
    hr_buf_addc(&w->out, '\n');
}

/* Would the decoder take the line for one of its own? */
static bool ambiguous(hr_str s)
{
    if (s.n == 0)
        return false;
    if (s.p[0] == '=' || hr_str_starts(s, HR_STR("[x")))
        return true;
    size_t n = 0;
    while (n < s.n && n < 3 && s.p[n] >= 'a' && s.p[n] <= 'z')
        n++;
    return n >= 1 && n <= 2 && (n == s.n || s.p[n] == ':' || s.p[n] == '|');
}

static void put_line(writer *w, size_t i)
{
    form *f = w->form_of[i] ? &w->forms.p[w->form_of[i] - 1] : NULL;
    if (f && f->lines >= MIN_LINES && (f->id || w->used < MAX_FORMS)) {
        if (!f->id) {
            f->id = ++w->used;
            define(w, f);
        }
        put_values(w, f, i);
        w->templated++;
        return;
    }
    hr_str s = w->l->raw[i];
    if (w->crlf)
        s.n--;
    if (ambiguous(s))
        hr_buf_addc(&w->out, '=');
    hr_buf_add(&w->out, s);
    hr_buf_addc(&w->out, '\n');
}

static bool all_crlf(const hr_log *l, hr_str text)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->raw[i].n == 0 || l->raw[i].p[l->raw[i].n - 1] != '\r')
            return false;
    }
    return l->n > 0 && text.p[text.n - 1] == '\n';
}

hr_err hr_log_lossless(const hr_log *l, hr_str text, const hr_compress_opts *o, hr_arena *a,
                       hr_str *out, hr_str *strategy)
{
    writer w = {.l = l, .a = a, .out = HR_BUF_INIT(text.n + 1)};
    *out = HR_STR_NONE;
    if (l->n < 2 * MIN_LINES)
        return HR_OK;
    w.crlf = all_crlf(l, text);
    hr_err e = find_forms(&w, o);
    if (e != HR_OK)
        return e;
    hr_buf_addf(
        &w.out,
        "[log of %zu lines, nothing left out: \"a: \xe2\x80\xa6{}\xe2\x80\xa6\" is a form, "
        "\"a|x|y\" a line of form a with x and y in its {} places, an empty value repeats "
        "the one above, \"[xN]\" is N more of the line above%s%s]\n",
        l->n,
        w.clocks
            ? "; {@} is a time: only the end that differs from the last {@}, or = and all of it"
            : "",
        w.crlf ? "; CRLF" : "");
    for (size_t i = 0; i < l->n && w.out.err == HR_OK; i++) {
        if (i % 256 == 0 && hr_deadline_passed(o->deadline)) {
            hr_buf_free(&w.out);
            return HR_E_TIMEOUT;
        }
        put_line(&w, i);
        size_t more = 0;
        while (i + more + 1 < l->n && hr_str_eq(l->raw[i], l->raw[i + more + 1]))
            more++;
        if (more > 1) {
            hr_buf_addf(&w.out, "[x%zu]\n", more);
            i += more;
        }
    }
    if (w.out.err == HR_OK && text.p[text.n - 1] != '\n')
        w.out.n--;
    /* HR_E_LIMIT: longer than the text, so not worth having. */
    e = w.out.err == HR_E_LIMIT ? HR_OK : w.out.err;
    if (w.out.err == HR_OK && w.used && w.out.n < text.n) {
        *out = hr_str_dup(a, hr_buf_str(&w.out));
        *strategy = hr_strf(a, "log(%zu lines, %zu in %u forms)", l->n, w.templated, w.used);
    }
    hr_buf_free(&w.out);
    return a->failed ? HR_E_NOMEM : e;
}
