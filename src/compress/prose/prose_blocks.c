#include "compress/prose/prose_blocks.h"

enum {
    HEADING_MAX = 120,  /* bytes of a heading in plain text */
    OUTLINE_MAX = 60,   /* bytes of a heading told by indentation alone */
    OUTLINE_INDENT = 3, /* deeper than this, it is a term */
    WRAP_MIN = 50,
    WRAP_MAX = 110,
    WRAP_SAMPLE = 400, /* lines looked at */
};

typedef struct reader {
    hr_str t;
    size_t i; /* start of the line to read */
    hr_arena *a;
    hr_blocks *out;
    bool wrapped; /* paragraphs are broken into lines of one width */
    bool roff;    /* source of a manual page */
    bool failed;
} reader;

typedef struct line {
    hr_str s;   /* without line end */
    size_t end; /* behind its LF */
    size_t indent;
} line;

static bool line_at(const reader *r, size_t i, line *out)
{
    if (i >= r->t.n)
        return false;
    hr_str rest = hr_str_sub(r->t, i, r->t.n);
    size_t n = hr_str_find_char(rest, '\n');
    out->end = n == SIZE_MAX ? r->t.n : i + n + 1;
    out->s = hr_str_sub(rest, 0, n);
    while (out->s.n && (hr_is_space(out->s.p[out->s.n - 1])))
        out->s.n--;
    out->indent = 0;
    size_t k = 0;
    while (k < out->s.n && (out->s.p[k] == ' ' || out->s.p[k] == '\t')) {
        out->indent += out->s.p[k] == '\t' ? 8 : 1;
        k++;
    }
    out->s = hr_str_sub(out->s, k, out->s.n);
    return true;
}

static void put(reader *r, size_t end, hr_block_kind kind, unsigned level)
{
    if (end <= r->i)
        return;
    hr_block *last = r->out->n ? &r->out->p[r->out->n - 1] : NULL;
    if (last && kind == last->kind && (kind == HR_BLOCK_SPACE || kind == HR_BLOCK_NOTE)) {
        last->s.n += end - r->i;
    } else {
        hr_block *b = hr_vec_push(r->out, r->a);
        if (b)
            *b = (hr_block){hr_str_sub(r->t, r->i, end), kind, (uint8_t)level, false};
        else
            r->failed = true;
    }
    r->i = end;
}

/* --- what one line is ---------------------------------------------------------------------------
 */

static unsigned hashes(hr_str s)
{
    unsigned n = 0;
    while (n < s.n && s.p[n] == '#')
        n++;
    return n >= 1 && n <= 6 && n < s.n && s.p[n] == ' ' ? n : 0;
}

static size_t fence(hr_str s)
{
    size_t n = 0;
    if (!s.n || (s.p[0] != '`' && s.p[0] != '~'))
        return 0;
    while (n < s.n && s.p[n] == s.p[0])
        n++;
    return n >= 3 ? n : 0;
}

/* A line of one repeated sign: the level of the heading that it underlines, 0 if it is none. */
static unsigned underline(hr_str s)
{
    if (s.n < 3 || !strchr("=-~^*+#\"'", s.p[0]))
        return 0;
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != s.p[0])
            return 0;
    }
    return s.p[0] == '=' ? 1 : s.p[0] == '-' ? 2 : 3;
}

static bool item_mark(hr_str s)
{
    if (s.n < 2)
        return false;
    if ((s.p[0] == '-' || s.p[0] == '*' || s.p[0] == '+') && s.p[1] == ' ')
        return true;
    if (hr_str_starts(s, HR_STR("\xE2\x80\xA2")) || hr_str_starts(s, HR_STR("\xC2\xB7 ")))
        return true;
    size_t d = 0;
    while (d < s.n && d < 4 && hr_is_digit(s.p[d]))
        d++;
    if (d == 0 && s.n > 2 && hr_is_alpha(s.p[0]) && s.p[1] == ')')
        d = 1;
    return d && d + 1 < s.n && (s.p[d] == '.' || s.p[d] == ')') && s.p[d + 1] == ' ';
}

static bool table_row(hr_str s)
{
    return s.n > 1 && s.p[0] == '|' && hr_str_find_char(hr_str_sub(s, 1, s.n), '|') != SIZE_MAX;
}

static bool grid_row(hr_str s)
{
    return s.n > 4 && s.p[0] == '+' && (s.p[1] == '-' || s.p[1] == '=') && s.p[s.n - 1] == '+';
}

/* Name of a roff request, such as "SH" for ".SH NAME". */
static hr_str request(hr_str s)
{
    size_t n = 1;
    if (s.n < 2 || (s.p[0] != '.' && s.p[0] != '\''))
        return HR_STR_NONE;
    if (s.p[1] == '\\')
        return hr_str_sub(s, 1, 3);
    while (n < s.n && hr_is_alnum(s.p[n]))
        n++;
    return n <= 4 ? hr_str_sub(s, 1, n) : HR_STR_NONE;
}

static bool one_of(hr_str s, const char *const *names)
{
    for (; *names; names++) {
        if (hr_str_eq(s, hr_cstr(*names)))
            return true;
    }
    return false;
}

static bool roff_heading(hr_str req)
{
    static const char *const names[] = {"SH", "SS", "Sh", "Ss", "TH", "Dd", "Dt", "Nd", NULL};
    return one_of(req, names);
}

static bool roff_break(hr_str req)
{
    static const char *const names[] = {"PP", "P",  "LP", "Pp", "TP", "IP", "It", "HP", "sp",
                                        "RS", "RE", "Bl", "El", "nf", "fi", "TQ", NULL};
    return one_of(req, names) || roff_heading(req);
}

static bool roff_item(hr_str req)
{
    static const char *const names[] = {"TP", "IP", "It", "HP", "TQ", NULL};
    return one_of(req, names);
}

/* --- the text as a whole ------------------------------------------------------------------------
 */

/* Are paragraphs broken into lines? Lines with another line of text right behind them are then of
 * about one width. */
static void survey(reader *r)
{
    size_t inner = 0, fit = 0, requests = 0, lines = 0;
    line l, next;
    bool have = line_at(r, 0, &l);
    for (; have && lines < WRAP_SAMPLE; lines++) {
        bool more = line_at(r, l.end, &next);
        requests += l.indent == 0 && l.s.n > 2 && l.s.p[0] == '.' && request(l.s).n >= 2;
        if (more && l.s.n && next.s.n && !item_mark(next.s)) {
            size_t n = l.s.n + l.indent;
            inner++;
            fit += n >= WRAP_MIN && n <= WRAP_MAX;
        }
        l = next;
        have = more;
    }
    r->wrapped = fit * 2 > inner;
    r->roff = requests * 12 > lines && requests >= 3;
}

/* --- blocks of several lines ---------------------------------------------------------------------
 */

static bool starts_block(const reader *r, const line *l)
{
    if (!l->s.n || hashes(l->s) || fence(l->s) || item_mark(l->s) || table_row(l->s) ||
        grid_row(l->s))
        return true;
    return r->roff && roff_break(request(l->s));
}

static void read_code(reader *r, const line *first, size_t marks)
{
    line l;
    size_t end = first->end;
    while (line_at(r, end, &l)) {
        end = l.end;
        if (fence(l.s) >= marks && l.s.p[0] == first->s.p[0] && fence(l.s) == l.s.n)
            break;
    }
    put(r, end, HR_BLOCK_CODE, 0);
    if (!r->failed)
        r->out->p[r->out->n - 1].fenced = true;
}

static void read_table(reader *r, const line *first)
{
    line l;
    size_t end = first->end;
    while (line_at(r, end, &l) && (table_row(l.s) || grid_row(l.s)))
        end = l.end;
    put(r, end, HR_BLOCK_TABLE, 0);
}

/* Does the next line go on with a sentence that this one leaves open? */
static bool goes_on(hr_str s, hr_str next)
{
    if (!s.n || !next.n)
        return false;
    char last = s.p[s.n - 1], first = next.p[0];
    bool open = hr_is_alnum(last) || last == ',' || (unsigned char)last >= 0x80;
    return open && ((first >= 'a' && first <= 'z') || strchr("`\"(*_[", first) != NULL);
}

/* An item with the lines that belong to it: deeper ones, or those without a mark of their own. */
static void read_item(reader *r, const line *first)
{
    line l;
    size_t end = first->end;
    while (line_at(r, end, &l) && !starts_block(r, &l) &&
           (l.indent > first->indent || r->wrapped || r->roff))
        end = l.end;
    put(r, end, HR_BLOCK_ITEM, 0);
}

static void read_roff_item(reader *r, const line *first)
{
    line l;
    size_t end = first->end;
    while (line_at(r, end, &l) && l.s.n) {
        hr_str q = request(l.s);
        if (roff_break(q))
            break;
        end = l.end;
    }
    put(r, end, HR_BLOCK_ITEM, 0);
}

static void read_paragraph(reader *r, const line *first)
{
    line l;
    size_t end = first->end;
    hr_str last = first->s;
    while (line_at(r, end, &l) && !starts_block(r, &l) && !underline(l.s)) {
        /* Without a common width each line is a paragraph of its own, unless it is short or
         * leaves its sentence open. */
        if (!r->wrapped && !r->roff && (last.n > WRAP_MIN || l.s.n > WRAP_MIN) &&
            !goes_on(last, l.s))
            break;
        if (l.indent >= first->indent + 2 && !r->roff && end == first->end)
            break; /* a term; see read_term */
        end = l.end;
        last = l.s;
    }
    put(r, end, HR_BLOCK_PARAGRAPH, 0);
}

/* A term and its deeper lines up to a blank one. */
static void read_term(reader *r, const line *first)
{
    line l;
    size_t end = first->end;
    while (line_at(r, end, &l) && l.s.n && l.indent > first->indent)
        end = l.end;
    put(r, end, HR_BLOCK_ITEM, 0);
}

static bool ends_sentence(hr_str s)
{
    char c = s.p[s.n - 1];
    return c == '.' || c == ',' || c == ';' || c == ':' || c == '{' || c == '(';
}

/* A short line with deeper lines behind it, blank ones before it: a heading or a term. */
static bool outline(const reader *r, const line *l, line *below)
{
    if (l->s.n > OUTLINE_MAX || ends_sentence(l->s) || !line_at(r, l->end, below) || !below->s.n)
        return false;
    return below->indent >= l->indent + 2;
}

static void read_block(reader *r, bool after_blank)
{
    line l, below = {.end = 0};
    line_at(r, r->i, &l);
    bool more = line_at(r, l.end, &below);
    hr_str req = r->roff ? request(l.s) : HR_STR_NONE;
    size_t marks = fence(l.s);
    if (!l.s.n) {
        put(r, l.end, HR_BLOCK_SPACE, 0);
    } else if (r->roff && hr_str_starts(req, HR_STR("\\"))) {
        put(r, l.end, HR_BLOCK_NOTE, 0);
    } else if (roff_heading(req)) {
        bool sub = hr_str_ieq(req, HR_STR("SS"));
        put(r, l.end, HR_BLOCK_HEADING, sub ? 2 : 1);
    } else if (roff_item(req)) {
        read_roff_item(r, &l);
    } else if (roff_break(req)) {
        put(r, l.end, HR_BLOCK_SPACE, 0);
    } else if (l.indent < 4 && hashes(l.s)) {
        put(r, l.end, HR_BLOCK_HEADING, hashes(l.s));
    } else if (marks) {
        read_code(r, &l, marks);
    } else if (table_row(l.s) || grid_row(l.s)) {
        read_table(r, &l);
    } else if (item_mark(l.s)) {
        read_item(r, &l);
    } else if (underline(l.s) && (!more || !below.s.n)) {
        put(r, l.end, HR_BLOCK_SPACE, 0);
    } else if (more && l.s.n <= HEADING_MAX && underline(below.s) && below.s.n * 2 >= l.s.n) {
        put(r, below.end, HR_BLOCK_HEADING, underline(below.s));
    } else if (after_blank && !r->roff && outline(r, &l, &below)) {
        if (l.indent <= OUTLINE_INDENT)
            put(r, l.end, HR_BLOCK_HEADING, l.indent ? 2 : 1);
        else
            read_term(r, &l);
    } else if (more && below.s.n && below.indent >= l.indent + 2 && !r->roff) {
        read_term(r, &l);
    } else {
        read_paragraph(r, &l);
    }
}

hr_err hr_prose_blocks(hr_str text, const hr_spans *fixed, hr_arena *a, hr_blocks *out)
{
    reader r = {.t = text, .a = a, .out = out};
    size_t next = 0, cut = 0, cut_of = SIZE_MAX;
    bool blank = true;
    survey(&r);
    while (r.i < text.n && !r.failed) {
        while (next < fixed->n && fixed->p[next].end <= r.i)
            next++;
        line l;
        line_at(&r, r.i, &l);
        if (next < fixed->n && fixed->p[next].start < l.end) {
            size_t end = l.end; /* whole lines, up to the one in which the element ends */
            while (next < fixed->n && fixed->p[next].start < end) {
                if (fixed->p[next].end > end) {
                    hr_str rest = hr_str_sub(text, fixed->p[next].end - 1, text.n);
                    size_t lf = hr_str_find_char(rest, '\n');
                    end = lf == SIZE_MAX ? text.n : fixed->p[next].end + lf;
                }
                next++;
            }
            put(&r, end, HR_BLOCK_FIXED, 0);
            blank = false;
            continue;
        }
        /* No block reaches into the line in which the next protected element starts. */
        if (next < fixed->n && next != cut_of) {
            cut_of = next;
            cut = fixed->p[next].start;
            while (cut > r.i && text.p[cut - 1] != '\n')
                cut--;
        }
        r.t = hr_str_sub(text, 0, next < fixed->n && cut > r.i ? cut : text.n);
        read_block(&r, blank);
        r.t = text;
        blank = r.out->n && r.out->p[r.out->n - 1].kind == HR_BLOCK_SPACE;
    }
    return r.failed ? HR_E_NOMEM : HR_OK;
}
