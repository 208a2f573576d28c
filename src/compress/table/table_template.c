/* Columns whose texts follow a pattern: fixed text, the texts of other columns of the same row, and
 * one part of their own. {id, url} with url = "https://host/items/" + id needs no cells for url. */
#include "compress/table/table_plan.h"

#include "base/utf8.h"

enum {
    MAX_LEAVES = 400, /* wider rows get prefixes only */
    MAX_REFS = 4,     /* other columns in one pattern */
    MIN_ROWS = 3,
    MIN_FIXED = 16, /* bytes a row that fixed text must spare: what is shorter reads better whole */
    MIN_DATE = 10,  /* a date that all rows share is no loss to a reader */
    MIN_DERIVED = 20, /* the same for texts that get no cell at all */
    MIN_GAIN = 40,    /* bytes it must spare in all */
    OCCURRENCES = 3,
};

typedef struct texts {
    hr_str *p; /* per row; {NULL,0} where there is no string */
    bool all;  /* every row has one */
} texts;

typedef struct finder {
    hr_jview *v;
    hr_rowset *rs;
    hr_leaves leaves;
    texts *texts;  /* per leaf, filled when first asked for */
    hr_str *rest;  /* per row: what of the column at hand is not explained yet */
    size_t budget; /* comparisons we may still make: columns are tried against each other */
} finder;

static bool scalar_text(hr_jview *v, uint32_t i, bool numbers, hr_str *out)
{
    uint8_t type = hr_jnode(v, i)->type;
    if (type == HR_JSON_STRING)
        *out = hr_jview_text(v, i);
    else if (numbers && type == HR_JSON_NUMBER)
        *out = hr_json_raw(v->d, i);
    else
        return false;
    return out->p != NULL;
}

/* Texts of a column as a source for others: strings and numbers as spelled. */
static const texts *source_of(finder *f, size_t leaf)
{
    texts *t = &f->texts[leaf];
    const hr_col *c = f->leaves.p[leaf].col;
    if (t->p)
        return t->all ? t : NULL;
    t->p = HR_NEW_ARRAY(f->v->a, hr_str, f->rs->n);
    if (!t->p)
        return NULL;
    t->all = c->npresent == f->rs->n && c->nstr + c->nnum == c->npresent;
    for (uint32_t r = 0; t->all && r < f->rs->n; r++)
        t->all = scalar_text(f->v, c->cells[r], true, &t->p[r]) && t->p[r].n > 0;
    return t->all ? t : NULL;
}

static size_t common_prefix(const finder *f)
{
    size_t len = SIZE_MAX;
    hr_str first = HR_STR_NONE;
    for (uint32_t r = 0; r < f->rs->n && len; r++) {
        hr_str s = f->rest[r];
        if (!s.p)
            continue;
        if (!first.p) {
            first = s;
            len = s.n;
            continue;
        }
        if (len > s.n)
            len = s.n;
        if (memcmp(first.p, s.p, len) != 0) {
            size_t k = 0;
            while (first.p[k] == s.p[k])
                k++;
            len = k;
        }
    }
    return len == SIZE_MAX ? 0 : len;
}

static size_t common_suffix(const finder *f, size_t from)
{
    size_t len = SIZE_MAX;
    hr_str first = HR_STR_NONE;
    for (uint32_t r = 0; r < f->rs->n && len; r++) {
        hr_str s = f->rest[r];
        if (!s.p)
            continue;
        if (!first.p) {
            first = s;
            len = s.n - from;
            continue;
        }
        if (len > s.n - from)
            len = s.n - from;
        size_t k = 0;
        while (k < len && first.p[first.n - 1 - k] == s.p[s.n - 1 - k])
            k++;
        len = k;
    }
    return len == SIZE_MAX ? 0 : len;
}

static bool starts_everywhere(finder *f, const texts *t, size_t pos)
{
    for (uint32_t r = 0; r < f->rs->n && f->budget; r++, f->budget--)
        if (!hr_str_starts(hr_str_sub(f->rest[r], pos, SIZE_MAX), t->p[r]))
            return false;
    return f->budget > 0;
}

/* The longest other column that every rest contains at one place not behind the common prefix. */
static bool next_ref(finder *f, const hr_col *self, size_t lcp, size_t *leaf, size_t *pos)
{
    size_t best = 0;
    if (f->leaves.n > MAX_LEAVES || !f->budget)
        return false;
    for (size_t k = 0; k < f->leaves.n; k++) {
        const hr_leaf *l = &f->leaves.p[k];
        if (l->col == self || !l->path.p || l->col->kind != HR_COL_VALUE ||
            (l->col->tpl && l->col->tpl->derived))
            continue;
        const texts *t = source_of(f, k);
        if (!t || t->p[0].n <= best || t->p[0].n > f->rest[0].n)
            continue;
        hr_str head = hr_str_sub(f->rest[0], 0, lcp + t->p[0].n);
        size_t from = 0;
        for (int tries = 0; tries < OCCURRENCES; tries++) {
            size_t at = hr_str_find(hr_str_sub(head, from, head.n), t->p[0]);
            if (at == SIZE_MAX)
                break;
            at += from;
            if (at <= lcp && starts_everywhere(f, t, at)) {
                best = t->p[0].n;
                *leaf = k;
                *pos = at;
                break;
            }
            from = at + 1;
        }
    }
    return best > 0;
}

static bool word_byte(char c)
{
    return hr_is_alnum(c) || (unsigned char)c >= 0x80;
}

/* Cut where a reader would: not inside a word or number. */
static size_t word_floor(hr_str s, size_t n)
{
    while (n > 0 && n < s.n && word_byte(s.p[n - 1]))
        n--;
    return n;
}

static bool add_piece(hr_tpl *t, hr_tpl_piece p)
{
    if (t->n == HR_TPL_PIECES)
        return false;
    t->piece[t->n++] = p;
    return true;
}

static bool add_text(hr_tpl *t, hr_str s)
{
    return s.n == 0 || add_piece(t, (hr_tpl_piece){.text = s});
}

/* Takes what the other columns explain off the rests. False when a pattern got too long. */
static bool take_refs(finder *f, const hr_col *self, hr_tpl *t)
{
    for (int refs = 0; refs < MAX_REFS; refs++) {
        size_t leaf, pos, lcp = common_prefix(f);
        if (!next_ref(f, self, lcp, &leaf, &pos))
            return true;
        const hr_leaf *l = &f->leaves.p[leaf];
        if (!add_text(t, hr_str_sub(f->rest[0], 0, pos)) ||
            !add_piece(t, (hr_tpl_piece){.ref = l->col, .path = l->path}))
            return false;
        for (uint32_t r = 0; r < f->rs->n; r++)
            f->rest[r] = hr_str_sub(f->rest[r], pos + f->texts[leaf].p[r].n, SIZE_MAX);
    }
    return true;
}

/* The tail of the pattern: all fixed, or fixed text around an own cell. */
static bool take_own(finder *f, const hr_col *c, hr_tpl *t)
{
    size_t pre = common_prefix(f);
    hr_str first = HR_STR_NONE;
    bool equal = c->nstr == f->rs->n;
    for (uint32_t r = 0; r < f->rs->n; r++) {
        if (!f->rest[r].p)
            continue;
        if (!first.p)
            first = f->rest[r];
        equal = equal && f->rest[r].n == pre;
    }
    if (equal) {
        t->derived = true;
        return add_text(t, first);
    }
    pre = word_floor(first, pre);
    size_t suf = common_suffix(f, pre);
    while (suf > 0 && word_byte(first.p[first.n - suf]))
        suf--;
    t->suffix = (uint32_t)suf;
    return add_text(t, hr_str_sub(first, 0, pre)) && add_piece(t, (hr_tpl_piece){.own = true}) &&
           add_text(t, hr_str_sub(first, first.n - suf, first.n)) && t->n > 1;
}

/* Bytes the header spends on the pattern. */
static size_t spelling(const hr_tpl *t)
{
    size_t n = 5;
    for (size_t k = 0; k < t->n; k++)
        n += t->piece[k].ref ? t->piece[k].path.n + 2 : t->piece[k].own ? 2 : t->piece[k].text.n;
    return n;
}

static size_t least_fixed(const hr_tpl *t)
{
    if (t->derived)
        return MIN_DERIVED;
    hr_str s = t->piece[0].text;
    bool date = s.n >= 5 && hr_is_digit(s.p[0]) && hr_is_digit(s.p[3]) && s.p[4] == '-';
    return date ? MIN_DATE : MIN_FIXED;
}

static void find(finder *f, hr_col *c)
{
    hr_jview *v = f->v;
    if (c->kind != HR_COL_VALUE || c->nstr < MIN_ROWS || c->nstr + c->nnull != c->npresent)
        return;
    hr_tpl *t = HR_NEW(v->a, hr_tpl);
    uint32_t *len = HR_NEW_ARRAY(v->a, uint32_t, f->rs->n);
    if (!t || !len)
        return;
    size_t total = 0;
    for (uint32_t r = 0; r < f->rs->n; r++) {
        f->rest[r] = HR_STR_NONE;
        if (c->cells[r] && hr_jnode(v, c->cells[r])->type == HR_JSON_STRING)
            f->rest[r] = hr_jview_text(v, c->cells[r]);
        if (f->rest[r].p && hr_query_anchor_in(&v->query, f->rest[r]))
            return; /* what the query names is spelled out */
        len[r] = (uint32_t)f->rest[r].n;
        total += len[r];
    }
    bool everywhere = c->nstr == f->rs->n;
    if ((everywhere && !take_refs(f, c, t)) || !take_own(f, c, t))
        return;
    /* What is left in the cells; skip[r] says where it starts. */
    size_t left = 0;
    size_t pre = 0;
    if (!t->derived) {
        size_t own = 0;
        while (!t->piece[own].own)
            own++;
        pre = own > 0 && !t->piece[own - 1].ref ? t->piece[own - 1].text.n : 0;
    }
    for (uint32_t r = 0; r < f->rs->n && !t->derived; r++) {
        if (!f->rest[r].p)
            continue;
        size_t skip = len[r] - f->rest[r].n + pre;
        left += len[r] - skip - t->suffix;
        len[r] = (uint32_t)skip;
    }
    size_t saved = total - left, cost = spelling(t);
    if (saved < cost + MIN_GAIN || saved / c->nstr < least_fixed(t))
        return;
    t->skip = len;
    t->fixed = saved / c->nstr;
    c->tpl = t;
}

static void plan_level(hr_jview *v, hr_rowset *rs);

/* Pooled children are physical rows of their own; flat ones belong to this level. */
static void plan_children(hr_jview *v, hr_rowset *rs)
{
    for (uint32_t k = 0; k < rs->ncols; k++) {
        hr_col *c = &rs->cols[k];
        if (c->kind == HR_COL_FLAT || c->kind == HR_COL_FLAT1)
            plan_children(v, c->child);
        else if (c->child)
            plan_level(v, c->child);
    }
}

static void plan_level(hr_jview *v, hr_rowset *rs)
{
    finder f = {.v = v, .rs = rs};
    if (rs->n >= MIN_ROWS && hr_plan_leaves(v, rs, &f.leaves)) {
        f.texts = HR_NEW_ARRAY(v->a, texts, f.leaves.n);
        f.rest = HR_NEW_ARRAY(v->a, hr_str, rs->n);
        f.budget = 100 * 1000 + 24 * rs->n * f.leaves.n;
        for (size_t k = rs->map ? 1 : 0; k < f.leaves.n && f.texts && f.rest && hr_jview_ok(v); k++)
            find(&f, f.leaves.p[k].col);
    }
    plan_children(v, rs);
}

void hr_plan_templates(hr_jview *v, hr_rowset *rs)
{
    plan_level(v, rs);
}
