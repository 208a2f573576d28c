/* Finding what a text repeats: runs of equal lines, runs with small changes between them, and
 * whether a reference is worth it. */
#include "context/xref_impl.h"

enum {
    MAX_CANDIDATES = 8,  /* older places tried for one window */
    MIN_RUN_BYTES = 160, /* shorter runs cannot pay for a reference */
    LOOK = 12,           /* lines of a change on either side */
    MAX_RUNS = 32,       /* of one reference */
    ANCHOR_BYTES = 24,   /* a change ends where this much agrees again */
    LINE_COST = 3,       /* tokens in front of a changed line */
    GAP_COST = 5,        /* tokens that say which lines are not here */
    CHANGES_COST = 24,   /* tokens that say how changes are written */
    MOSTLY = 2, /* with more changes the reader has to puzzle: lines that agree to others */
};

typedef struct finder {
    hr_xref *x;
    const hr_tokenizer *tok;
    hr_arena *a;
    size_t first, end; /* the lines of the text */
} finder;

/* Lines that may be pointed at from text line t: all before it that stay visible. */
static bool in_reach(const finder *f, size_t s, size_t t)
{
    return s < f->first || (s < t && s < f->end);
}

static bool same_body(const hr_xref_line *s, const hr_xref_line *t)
{
    return s->hash && s->hash == t->hash && hr_str_eq(hr_xref_body(s), hr_xref_body(t));
}

static hr_xref_numbers relation(const hr_xref_line *s, const hr_xref_line *t)
{
    if (t->number < 0)
        return s->number < 0 ? HR_XREF_NONE : HR_XREF_DROPPED;
    return s->number < 0 ? HR_XREF_COUNTED : HR_XREF_SHIFTED;
}

/* How many lines from s and t on agree, numbers included. */
static size_t run_length(const finder *f, size_t s, size_t t)
{
    const hr_xref_line *l = f->x->lines.p;
    hr_xref_numbers how = relation(&l[s], &l[t]);
    int64_t shift = (int64_t)l[t].number - l[s].number;
    size_t k = 0;
    while (t + k < f->end && in_reach(f, s + k, t) && l[s + k].source == l[s].source &&
           same_body(&l[s + k], &l[t + k]) && relation(&l[s + k], &l[t + k]) == how) {
        const hr_xref_line *a = &l[s + k], *b = &l[t + k];
        if (how == HR_XREF_SHIFTED && b->number - a->number != shift)
            break;
        /* A difference is one of line numbers only where they go up: not in times of day. */
        if (how == HR_XREF_SHIFTED && shift && k && b->number <= b[-1].number)
            break;
        if (how == HR_XREF_COUNTED && b->number != l[t].number + (int64_t)k)
            break;
        k++;
    }
    return k;
}

static hr_xref_run best_run(const finder *f, size_t t)
{
    const hr_xref_line *l = f->x->lines.p;
    hr_xref_run best = {.at = t};
    uint32_t at = hr_xref_find_window(f->x, t);
    for (int tries = 0; at && tries < MAX_CANDIDATES; tries++, at = l[at - 1].older_window) {
        size_t len = run_length(f, at - 1, t);
        if (len > best.len)
            best = (hr_xref_run){at - 1, t, len};
    }
    if (best.len >= HR_XREF_WINDOW)
        return best;
    best.len = 0;
    at = hr_xref_find_long(f->x, t);
    for (int tries = 0; at && tries < MAX_CANDIDATES; tries++, at = l[at - 1].older_long) {
        size_t len = run_length(f, at - 1, t);
        if (len > best.len)
            best = (hr_xref_run){at - 1, t, len};
    }
    return best;
}

static size_t tokens_of(const finder *f, const hr_xref_run *r)
{
    const hr_xref_line *l = f->x->lines.p;
    hr_str first = l[r->at].raw, last = l[r->at + r->len - 1].raw;
    return hr_tokens_estimate(f->tok, hr_str_of(first.p, (size_t)(last.p + last.n - first.p)));
}

/* In a text with line numbers, line i must have the one that counting from `from` on gives. */
static bool counts_on(const hr_xref_line *l, size_t from, size_t i)
{
    return l[from].number < 0 || l[i].number == l[from].number + (int64_t)(i - from);
}

/* How many lines from s and t on agree and go with the group's first run. */
static size_t agreeing(const finder *f, const hr_xref_run *first, size_t s, size_t t)
{
    const hr_xref_line *l = f->x->lines.p;
    size_t k = 0;
    while (t + k < f->end && in_reach(f, s + k, first->at) &&
           l[s + k].source == l[first->src].source && same_body(&l[s + k], &l[t + k]) &&
           (l[s + k].number < 0) == (l[first->src].number < 0) &&
           (l[t + k].number < 0) == (l[first->at].number < 0) && counts_on(l, first->at, t + k))
        k++;
    return k;
}

/* Is the agreement at s, t long enough to be the end of a change? */
static size_t anchor(const finder *f, const hr_xref_run *first, size_t s, size_t t)
{
    size_t len = agreeing(f, first, s, t), bytes = 0;
    for (size_t k = 0; k < len && bytes < ANCHOR_BYTES; k++)
        bytes += f->x->lines.p[t + k].raw.n;
    return bytes >= ANCHOR_BYTES ? len : 0;
}

/* The nearest place behind run r where both sides agree again. */
static bool next_run(const finder *f, const hr_xref_run *first, const hr_xref_run *r,
                     hr_xref_run *next)
{
    const hr_xref_line *l = f->x->lines.p;
    size_t s = r->src + r->len, t = r->at + r->len, look = 0;
    while (look < LOOK && t + look < f->end && counts_on(l, first->at, t + look))
        look++; /* lines that may be part of a change */
    for (size_t d = 0; d <= 2 * LOOK; d++) {
        for (size_t k = 0; k <= d; k++) { /* as many lines on both sides first */
            size_t half = k % 2 ? (k + 1) / 2 : k / 2, ds = d / 2;
            ds = k % 2 ? ds + half : ds - half;
            size_t dt = d - ds;
            if (ds > LOOK || dt > look || !in_reach(f, s + ds, first->at) ||
                l[s + ds].at - l[first->src].at != s + ds - first->src)
                continue; /* also where lines of this text between are no longer shown */
            size_t len = anchor(f, first, s + ds, t + dt);
            if (len) {
                *next = (hr_xref_run){s + ds, t + dt, len};
                return true;
            }
        }
    }
    return false;
}

/* Lines of the change between two runs, and the tokens it costs besides them. */
static size_t change_size(const hr_xref_run *a, const hr_xref_run *b, size_t *cost)
{
    size_t ds = b->src - (a->src + a->len), dt = b->at - (a->at + a->len);
    *cost = dt * LINE_COST + (ds > dt ? GAP_COST : 0);
    return ds > dt ? ds : dt;
}

/* Goes on from the first run over small changes as far as that pays; returns the tokens saved
 * before the reference is paid. */
static size_t extend(const finder *f, hr_xref_group *g, size_t header)
{
    const hr_xref_line *l = f->x->lines.p;
    const hr_xref_run *first = &g->runs[0];
    size_t n = 1, same = first->len, changed = 0, cost;
    int64_t sum = (int64_t)tokens_of(f, first), best = sum, biggest = sum;
    bool counted = true;
    for (size_t i = first->at; i < first->at + first->len; i++)
        counted &= counts_on(l, first->at, i);
    for (; counted && n < MAX_RUNS && next_run(f, first, &g->runs[n - 1], &g->runs[n]); n++) {
        int64_t more = (int64_t)tokens_of(f, &g->runs[n]);
        changed += change_size(&g->runs[n - 1], &g->runs[n], &cost);
        same += g->runs[n].len;
        sum += more - (int64_t)cost - (n == 1 ? CHANGES_COST : 0);
        biggest = more > biggest ? more : biggest;
        if (cost > header || sum + (int64_t)header < best)
            break;
        if (sum > best && sum > biggest && same >= MOSTLY * changed) {
            best = sum;
            g->n = n + 1;
        }
    }
    if (g->n > 1 && l[first->at].number >= 0)
        g->numbers = HR_XREF_COUNTED;
    return (size_t)best;
}

static hr_err use_source(const finder *f, const hr_xref_group *g, hr_xref_result *out)
{
    const hr_xref *x = f->x;
    uint32_t id = x->sources.p[x->lines.p[g->runs[0].src].source].id;
    bool known = id == HR_XREF_SELF;
    for (size_t i = 0; i < out->nused; i++)
        known |= out->used[i] == id;
    if (known)
        return HR_OK;
    uint32_t *grown =
        hr_grow(f->a, out->used, out->nused * sizeof(*grown), (out->nused + 1) * sizeof(*grown));
    if (!grown)
        return HR_E_NOMEM;
    out->used = grown;
    out->used[out->nused++] = id;
    return HR_OK;
}

typedef struct writer {
    hr_buf b;
    size_t lines; /* written so far */
} writer;

static void keep_lines(finder *f, writer *w, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        hr_buf_add(&w->b, f->x->lines.p[i].raw);
        hr_buf_addc(&w->b, '\n');
        f->x->lines.p[i].at = (uint32_t)w->lines++;
        hr_xref_link(f->x, i);
    }
}

/* A reference from text line t on, if one is worth it, else the lines of the run. Returns the first
 * line behind what was written. */
static size_t step(finder *f, writer *w, hr_xref_run *room, size_t t, hr_xref_result *out,
                   hr_err *err)
{
    hr_xref_line *l = f->x->lines.p;
    room[0] = best_run(f, t);
    size_t end = t + (room[0].len ? room[0].len : 1), bytes = 0;
    if (room[0].len)
        bytes = (size_t)(l[t + room[0].len - 1].raw.p + l[t + room[0].len - 1].raw.n - l[t].raw.p);
    if (bytes < MIN_RUN_BYTES / 2) {
        keep_lines(f, w, t, t + 1);
        return t + 1;
    }
    hr_xref_group g = {.runs = room, .n = 1, .numbers = relation(&l[room[0].src], &l[t])};
    g.shift = (int64_t)l[t].number - l[room[0].src].number;
    size_t before = w->b.n, lines = w->lines;
    *err = hr_xref_write(f->x, &g, &w->b, &lines);
    size_t header = hr_tokens_estimate(f->tok, hr_str_sub(hr_buf_str(&w->b), before, w->b.n));
    size_t gain = extend(f, &g, header);
    if (*err != HR_OK || (g.n == 1 && bytes < MIN_RUN_BYTES) || gain <= 2 * header) {
        w->b.n = before;
        keep_lines(f, w, t, end);
        return end;
    }
    if (g.n > 1) {
        w->b.n = before;
        lines = w->lines;
        *err = hr_xref_write(f->x, &g, &w->b, &lines);
    }
    w->lines = lines;
    const hr_xref_run *last = &room[g.n - 1];
    end = last->at + last->len;
    for (size_t i = t; i < end; i++)
        l[i].hash = 0; /* no longer visible here */
    for (size_t i = 0; i < g.n; i++)
        out->lines_out += room[i].len;
    if (*err == HR_OK)
        *err = use_source(f, &g, out);
    return end;
}

hr_err hr_xref_apply(hr_xref *x, const hr_tokenizer *tok, hr_str text, hr_arena *a,
                     hr_xref_result *out)
{
    *out = (hr_xref_result){0};
    finder f = {.x = x, .tok = tok, .a = a, .first = x->lines.n};
    writer w = {.b = HR_BUF_INIT(0)};
    hr_xref_run *room = HR_NEW_ARRAY(a, hr_xref_run, MAX_RUNS);
    hr_err err = room ? hr_xref_push(x, text, HR_XREF_SELF, HR_STR("this result")) : HR_E_NOMEM;
    if (err != HR_OK)
        return err;
    f.end = x->lines.n;
    for (size_t t = f.first; t < f.end && err == HR_OK;)
        t = step(&f, &w, room, t, out, &err);
    hr_xref_pop(x);
    if (w.b.n && text.p[text.n - 1] != '\n')
        w.b.n--;
    if (err == HR_OK)
        err = w.b.err;
    if (err == HR_OK && out->lines_out)
        out->text = hr_str_dup(a, hr_buf_str(&w.b));
    hr_buf_free(&w.b);
    return err == HR_OK && out->lines_out && !out->text.p ? HR_E_NOMEM : err;
}
