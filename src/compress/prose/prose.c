#include "compress/prose/prose.h"

#include "compress/detect/detect_sections.h"
#include "compress/marker.h"

enum {
    ADDRESS = 32,          /* bytes of ASCII without a space that are no word */
    LOOK_MAX = 256 * 1024, /* bytes that tell whether a text is for readers */
    MILD_MIN = 4000,       /* tokens without a query's words: below that nothing is left out */
    HEADINGS_SHARE = 4,    /* headings above a quarter of the text are folded where empty */
};

static const double SURE = 0.5; /* of the query in one unit: enough to trust the ranking */

/* --- is it for readers?
 * ---------------------------------------------------------------------------- */

/* Letters and other characters; addresses, hashes and the like count as neither. */
static size_t letters_in(hr_str s, size_t *filled)
{
    size_t letters = 0;
    for (size_t i = 0; i < s.n;) {
        size_t from = i, run = 0;
        bool ascii = true;
        for (; i < s.n && !hr_is_space(s.p[i]); i++) {
            ascii &= (unsigned char)s.p[i] < 0x80;
            run += hr_is_alpha(s.p[i]) || (unsigned char)s.p[i] >= 0x80;
        }
        if (i - from <= ADDRESS || !ascii) {
            *filled += i - from;
            letters += run;
        }
        while (i < s.n && hr_is_space(s.p[i]))
            i++;
    }
    return letters;
}

/* Words of two letters or more that are nothing but letters. */
static size_t plain_words(hr_str s)
{
    size_t words = 0;
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        while (i < s.n && (hr_is_alpha(s.p[i]) || (unsigned char)s.p[i] >= 0x80))
            i++;
        bool ends = i >= s.n || hr_is_space(s.p[i]) || strchr(".,;:!?)'\"", s.p[i]);
        bool starts = from == 0 || hr_is_space(s.p[from - 1]) || strchr("('\"", s.p[from - 1]);
        if (i > from && (unsigned char)s.p[from] >= 0x80)
            words += 1 + (i - from) / 12; /* words need no borders in every script */
        else if (i - from >= 2 && starts && ends)
            words++;
        i += i == from;
    }
    return words;
}

enum { SHAPE = 3 };

/* Behind a list's mark: "- ", "* ", "12. ", "3) ". */
static hr_str without_bullet(hr_str line)
{
    size_t i = 0;
    while (i < line.n && i < 3 && hr_is_digit(line.p[i]))
        i++;
    bool mark = i < line.n && strchr(i ? ".)" : "-*+", line.p[i]) != NULL;
    return mark && i + 1 < line.n && line.p[i + 1] == ' ' ? hr_str_sub(line, i + 2, line.n) : line;
}

/* What the first words of a line are: 'w' letters, '9' with digits, 'x' with other signs. True if
 * one of them is no plain word. */
static bool shape_of(hr_str line, char shape[SHAPE])
{
    bool told = false;
    memset(shape, 0, SHAPE);
    line = without_bullet(line);
    for (size_t i = 0, n = 0; i < line.n && n < SHAPE; n++) {
        size_t from = i, signs = 0, digits = 0;
        for (; i < line.n && !hr_is_space(line.p[i]); i++) {
            bool letter = hr_is_alpha(line.p[i]) || (unsigned char)line.p[i] >= 0x80;
            digits += hr_is_digit(line.p[i]);
            signs += !letter && !hr_is_digit(line.p[i]);
        }
        signs -= signs && i - from > 1 && strchr(".,;:!?)'\"", line.p[i - 1]);
        shape[n] = digits ? '9' : signs ? 'x' : 'w';
        told |= shape[n] != 'w';
        while (i < line.n && hr_is_space(line.p[i]))
            i++;
    }
    return told;
}

/* The first and the last word of a line. */
static void ends_of(hr_str line, hr_str *first, hr_str *last)
{
    size_t space = hr_str_find_char(line, ' ');
    *first = hr_str_sub(line, 0, space == SIZE_MAX ? line.n : space);
    space = hr_str_rfind_char(line, ' ');
    *last = hr_str_sub(line, space == SIZE_MAX ? 0 : space + 1, line.n);
}

/* Are most lines built as the line before them? A program writes such records; a sentence that
 * differs among them would be taken for one more of them. */
static bool of_one_mould(hr_str text)
{
    hr_str first = HR_STR_NONE, last = HR_STR_NONE, line;
    char before[SHAPE] = {0}, shape[SHAPE];
    size_t lines = 0, same = 0;
    for (hr_str rest = hr_str_sub(text, 0, LOOK_MAX); hr_str_line(&rest, &line);) {
        hr_str a, b;
        line = hr_str_trim(line);
        if (!line.n)
            continue;
        ends_of(line, &a, &b);
        bool told = shape_of(line, shape);
        lines++;
        same += (told && memcmp(shape, before, SHAPE) == 0) ||
                (a.n + 1 < line.n && hr_str_eq(a, first) && hr_str_eq(b, last));
        memcpy(before, shape, SHAPE);
        first = a;
        last = b;
    }
    return same * 2 > lines;
}

static bool for_readers(const hr_prose_text *t, bool outline)
{
    size_t letters = 0, filled = 0, wordy = 0, code = 0, headings = 0, body = 0;
    for (size_t i = 0; i < t->units.n && body + code < LOOK_MAX; i++) {
        const hr_unit *u = &t->units.p[i];
        if (t->blocks.p[u->block].kind == HR_BLOCK_CODE) {
            code += u->s.n;
            continue;
        }
        headings += u->role == HR_UNIT_HEADING;
        if (u->role != HR_UNIT_BODY)
            continue;
        letters += letters_in(u->s, &filled);
        body += u->s.n;
        if (plain_words(u->s) >= 6)
            wordy += u->s.n;
    }
    if (outline && headings < 4)
        return false;
    return letters * 100 >= filled * 70 && wordy * 100 >= body * 55 && !of_one_mould(t->text) &&
           code <= (headings >= 4 ? 4 * body : body);
}

/* --- selection
 * ------------------------------------------------------------------------------------- */

typedef struct ranked {
    float score;
    uint32_t unit;
} ranked;

static bool before(const ranked *a, const ranked *b)
{
    return a->score > b->score || (a->score == b->score && a->unit < b->unit);
}

/* Heap sort: the worst case is the usual one. */
static void sift(ranked *r, size_t i, size_t n)
{
    for (;;) {
        size_t k = 2 * i + 1;
        if (k >= n)
            return;
        if (k + 1 < n && before(&r[k], &r[k + 1]))
            k++;
        if (!before(&r[i], &r[k]))
            return;
        ranked x = r[i];
        r[i] = r[k];
        r[k] = x;
        i = k;
    }
}

static void sort_ranked(ranked *r, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(r, i, n);
    for (size_t end = n; end > 1;) {
        ranked x = r[0];
        r[0] = r[--end];
        r[end] = x;
        sift(r, 0, end);
    }
}

/* What stays whatever its score: headings, protected elements, the beginning and the end. */
static void keep_frame(hr_prose_text *t)
{
    size_t first = SIZE_MAX, last = SIZE_MAX;
    for (size_t i = 0; i < t->units.n; i++) {
        hr_unit *u = &t->units.p[i];
        if (u->role == HR_UNIT_HEADING || u->role == HR_UNIT_FIXED || u->role == HR_UNIT_SPACE)
            u->keep = true;
        if (u->role != HR_UNIT_BODY || t->blocks.p[u->block].kind == HR_BLOCK_NOTE)
            continue;
        first = first == SIZE_MAX ? i : first;
        last = i;
    }
    if (first == SIZE_MAX)
        return;
    t->units.p[first].keep = true;
    t->units.p[last].keep = true;
}

static hr_err keep_best(hr_prose_text *t, size_t budget, hr_arena *a)
{
    ranked *r = HR_NEW_ARRAY(a, ranked, t->units.n + 1);
    size_t n = 0, used = 0;
    if (!r)
        return HR_E_NOMEM;
    for (size_t i = 0; i < t->units.n; i++) {
        const hr_unit *u = &t->units.p[i];
        if (u->role == HR_UNIT_BODY && !u->keep)
            r[n++] = (ranked){u->score, (uint32_t)i};
        else if (u->role == HR_UNIT_BODY)
            used += u->s.n;
    }
    sort_ranked(r, n);
    for (size_t i = 0; i < n && used < budget; i++) {
        hr_unit *u = &t->units.p[r[i].unit];
        if (used + u->s.n > budget + budget / 8)
            continue;
        u->keep = true;
        used += u->s.n;
    }
    return HR_OK;
}

hr_err hr_prose_reduce(const hr_prose_job *job, hr_str text, hr_arena *a, hr_buf *out,
                       hr_prose_cut *cut)
{
    hr_prose_text t = {.text = text};
    hr_spans fixed = {0};
    *cut = (hr_prose_cut){0};
    hr_err e = hr_protected_spans(text, a, &fixed);
    size_t head = hr_wrapper_head(text);
    if (e == HR_OK && head && (!fixed.n || fixed.p[0].start >= head)) {
        hr_span *s = hr_vec_push(&fixed, a);
        if (!s)
            return HR_E_NOMEM;
        memmove(fixed.p + 1, fixed.p, (fixed.n - 1) * sizeof *fixed.p);
        fixed.p[0] = (hr_span){0, head};
    }
    if (e == HR_OK)
        e = hr_prose_blocks(text, &fixed, a, &t.blocks);
    if (e == HR_OK)
        e = hr_prose_units(&t, a);
    if (e != HR_OK)
        return e;
    if (job->must_be_prose && !for_readers(&t, job->must_have_outline))
        return HR_E_SYNTAX;
    e = hr_prose_score(job, &t, a);
    if (e != HR_OK)
        return e;
    double share = job->mild_share;
    if (t.asked)
        share = t.sure >= SURE
                    ? job->share
                    : job->share + (SURE - t.sure) / SURE * (job->mild_share - job->share);
    if (share >= 1)
        return HR_OK;
    size_t headings = 0, body = 0;
    for (size_t i = 0; i < t.units.n; i++) {
        headings += t.units.p[i].role == HR_UNIT_HEADING ? t.units.p[i].s.n : 0;
        body += t.units.p[i].role == HR_UNIT_BODY ? t.units.p[i].s.n : 0;
    }
    keep_frame(&t);
    e = keep_best(&t, (size_t)(share * (double)body), a);
    if (e != HR_OK)
        return e;
    e = hr_prose_tie(&t, a);
    if (e != HR_OK)
        return e;
    hr_prose_write(&t, headings * HEADINGS_SHARE > text.n, out, cut);
    return out->err;
}

/* --- the compressor
 * -------------------------------------------------------------------------------- */

double hr_prose_share(size_t tokens)
{
    if (tokens >= 8000)
        return 0.28;
    return tokens <= 2000 ? 0.45 : 0.45 - 0.17 * (double)(tokens - 2000) / 6000;
}

static hr_err reduce(const hr_compress_opts *o, hr_str text, const hr_key *key, bool outline,
                     hr_arena *a, hr_forms *out)
{
    if (hr_marker_closes(text))
        return HR_E_SYNTAX;
    size_t tokens = hr_tokens_estimate(o->tok, text);
    hr_prose_job job = {
        .query = o->query,
        .deadline = o->deadline,
        .share = hr_prose_share(tokens),
        .mild_share = tokens >= MILD_MIN ? 0.6 : 1,
        .must_be_prose = true,
        .must_have_outline = outline,
    };
    hr_buf b = HR_BUF_INIT(text.n + 4096), say = HR_BUF_INIT(4096);
    hr_prose_cut cut;
    hr_err e = hr_prose_reduce(&job, text, a, &b, &cut);
    if (e == HR_E_LIMIT && b.err == HR_E_LIMIT)
        e = HR_OK; /* grew: nothing to offer */
    else if (e == HR_OK && hr_prose_cut_any(&cut)) {
        if (b.n && b.p[b.n - 1] != '\n')
            hr_buf_addc(&b, '\n');
        hr_prose_say(&cut, &say);
        hr_marker_text(&b, hr_strf(a, "%.*s.", HR_FMT(hr_buf_str(&say))), key, o->via);
        if (b.err == HR_OK && say.err == HR_OK) {
            out->lossy = hr_str_dup(a, hr_buf_str(&b));
            out->lossy_reason = HR_R_PROSE_EXTRACT;
            out->lossy_strategy = hr_strf(a, "extract(%.*s)", HR_FMT(hr_buf_str(&say)));
        }
    }
    hr_buf_free(&b);
    hr_buf_free(&say);
    return e;
}

hr_err hr_compress_prose(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                         hr_arena *a, hr_forms *out)
{
    return lossy ? reduce(o, text, key, false, a, out) : HR_OK;
}

hr_err hr_compress_document(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                            hr_arena *a, hr_forms *out)
{
    return lossy ? reduce(o, text, key, true, a, out) : HR_OK;
}
