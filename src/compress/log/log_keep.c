/* Which lines of a log stay as they are. */
#include "compress/log/log_keep.h"

enum {
    MAX_TERMS = 64,      /* of a query, as hr_query_parse gives them */
    DISTINCT = 8,        /* different messages kept of one error in a log */
    DISTINCT_BUILD = 24, /* and in the output of a build or test run */
    DISTINCT_TRACES = 4, /* and of traces of one shape, each of at least so many lines: */
    TRACE = 4,
    DISTINCT_TAGGED = 3, /* and of one kind of compiler warning */
    ODD_VALUES = 3,      /* lines kept for one place's values that hardly occur */
    ODD_RECORDS = 2,     /* and of one kind of record */
    ODD_LINES = 80,      /* and in all */
    ANCESTORS = 4,       /* lines kept above such a line to tell where it stands */
    QUERY_LINES = 40,    /* lines kept because the query names something in them */
    RARE_TERM = 8,       /* a query word is telling when it occurs in so few lines */
    SLOW = 5,            /* passed tests kept because they took so long */
    SLOW_MS = 100,       /* at least so long */
    EXTREMES = 60,       /* lines kept because the query asks for the largest or smallest */
};

static hr_str message(const hr_log *l, uint32_t line)
{
    return hr_str_trim(hr_str_sub(l->plain[line], l->head[line], l->plain[line].n));
}

/* Small groups whole, larger ones by their first; of errors every different message. */
static hr_err keep_by_group(hr_log_plan *p)
{
    const hr_log *l = p->l;
    hr_map messages;
    hr_map_init(&messages, p->a);
    uint8_t *distinct = HR_NEW_ARRAY(p->a, uint8_t, l->groups.n + 1);
    if (!distinct)
        return HR_E_NOMEM;
    for (uint32_t u = 0; u < l->units.n; u++) {
        const hr_log_unit *unit = &l->units.p[u];
        const hr_log_group *g = &l->groups.p[unit->group];
        bool follows = g->class == HR_LOG_SOURCE || g->class == HR_LOG_EXCERPT ||
                       g->class == HR_LOG_DETAIL || g->class == HR_LOG_FRAME ||
                       g->class == HR_LOG_TOLD;
        if (g->class == HR_LOG_FACT || follows) {
            p->keep[u] = !follows;
            continue;
        }
        p->keep[u] = g->count <= HR_LOG_KEEP_ALL || g->first == u;
        size_t most = g->class == HR_LOG_TAGGED   ? DISTINCT_TAGGED
                      : g->level < HR_LEVEL_ERROR ? 0
                      : unit->lines >= TRACE      ? DISTINCT_TRACES
                      : l->stamped                ? DISTINCT
                                                  : DISTINCT_BUILD;
        if (g->count <= HR_LOG_KEEP_ALL || distinct[unit->group] >= most)
            continue;
        bool fresh;
        if (!hr_map_put(&messages, message(l, unit->line), &fresh))
            return HR_E_NOMEM;
        if (fresh) {
            p->keep[u] = true;
            distinct[unit->group]++;
        }
    }
    return HR_OK;
}

/* The query's words by their first byte, so that one pass over a line finds all of them. */
typedef struct term_index {
    uint8_t first[256], next[MAX_TERMS]; /* index + 1, 0 for none */
    const hr_query *q;
} term_index;

static void index_terms(const hr_query *q, term_index *t)
{
    memset(t, 0, sizeof *t);
    t->q = q;
    for (size_t k = 0; k < q->nterms && k < MAX_TERMS; k++) {
        unsigned char c = (unsigned char)q->terms[k].p[0];
        t->next[k] = t->first[c];
        t->first[c] = (uint8_t)(k + 1);
    }
}

/* One bit a term that starts a word of the line. */
static uint64_t terms_in(const term_index *t, hr_str s)
{
    uint64_t found = 0;
    for (size_t i = 0; i < s.n; i++) {
        size_t k = t->first[(unsigned char)hr_lower(s.p[i])];
        if (k == 0 || (i > 0 && hr_is_alnum(s.p[i - 1])))
            continue;
        for (; k; k = t->next[k - 1]) {
            if (hr_str_istarts(hr_str_sub(s, i, s.n), t->q->terms[k - 1]))
                found |= 1ull << (k - 1);
        }
    }
    return found;
}

/* Lines with an anchor of the query, and lines with a word of it that few lines have. */
static void keep_by_query(hr_log_plan *p)
{
    const hr_log *l = p->l;
    size_t left = QUERY_LINES;
    uint32_t hits[MAX_TERMS][RARE_TERM];
    size_t count[MAX_TERMS] = {0};
    size_t terms = p->query.nterms < MAX_TERMS ? p->query.nterms : MAX_TERMS;
    if (terms + p->query.nanchors == 0)
        return;
    term_index index;
    index_terms(&p->query, &index);
    for (uint32_t u = 0; u < l->units.n; u++) {
        for (uint32_t i = 0; i < l->units.p[u].lines; i++) {
            hr_str s = l->plain[l->units.p[u].line + i];
            if (!p->keep[u] && left && hr_query_anchor_in(&p->query, s)) {
                p->keep[u] = true;
                left--;
            }
            uint64_t found = terms_in(&index, s);
            for (size_t k = 0; found; k++, found >>= 1) {
                if (!(found & 1) || count[k] > RARE_TERM)
                    continue;
                if (count[k] < RARE_TERM)
                    hits[k][count[k]] = u;
                count[k]++;
            }
        }
    }
    for (size_t k = 0; k < terms; k++) {
        for (size_t i = 0; count[k] <= RARE_TERM && i < count[k]; i++)
            p->keep[hits[k][i]] = true;
    }
}

static size_t indent(hr_str s)
{
    size_t n = 0;
    while (n < s.n && hr_is_space(s.p[n]))
        n++;
    return n;
}

/* Keeps the line, and above it the lines it is nested in. */
static void keep_with_context(hr_log_plan *p, uint32_t line)
{
    const hr_log *l = p->l;
    size_t depth = indent(l->plain[line]);
    p->wanted[line] = true;
    for (size_t i = line, found = 0; i > 0 && depth > 0 && found < ANCESTORS && line - i < 200;
         i--) {
        hr_str s = l->plain[i - 1];
        size_t d = indent(s);
        if (d >= depth || d == s.n)
            continue;
        p->wanted[i - 1] = true;
        depth = d;
        found++;
    }
}

/* Lines kept for one reason, with what is left of its budget. */
typedef struct budget {
    size_t left;  /* lines in all */
    size_t group; /* units of the present group */
} budget;

static void spend(hr_log_plan *p, uint32_t group, uint32_t line, budget *b)
{
    size_t cost = p->l->groups.p[group].lines;
    if (b->left < cost || b->group == 0 || p->wanted[line])
        return;
    keep_with_context(p, line);
    b->left -= cost;
    b->group--;
}

static void keep_odd_values(hr_log_plan *p, uint32_t group, const hr_log_slot *s, budget *b)
{
    uint32_t n = p->l->groups.p[group].count, rare = n >= 100 ? 2 : 1, common = 0, mine = 0;
    if (s->nvalues <= HR_LOG_VALUES) {
        for (uint32_t i = 0; i < s->nvalues; i++)
            common += s->count[i] > rare;
        for (uint32_t i = 0; common && i < s->nvalues; i++) {
            if (s->count[i] <= rare && mine++ < ODD_VALUES)
                spend(p, group, s->line[i], b);
        }
    } else if (s->numeric && n >= 30) {
        double mean = s->sum / n, var = s->squares / n - mean * mean, d = s->max - mean;
        if (var > 0 && d * d > 36 * var)
            spend(p, group, s->max_line, b);
    }
}

/* "(1.30s)", "12 ms", "0.4s" at the end of a line, in milliseconds; below 0 if there is none. */
static double duration(hr_str s)
{
    size_t end = s.n;
    while (end && (hr_is_space(s.p[end - 1]) || s.p[end - 1] == ')'))
        end--;
    if (end == 0 || s.p[end - 1] != 's')
        return -1;
    end--;
    bool milli = end && s.p[end - 1] == 'm';
    end -= milli;
    while (end && s.p[end - 1] == ' ')
        end--;
    size_t from = end;
    while (from && end - from < 12 && (hr_is_digit(s.p[from - 1]) || s.p[from - 1] == '.'))
        from--;
    double v;
    bool apart = from < end && from > 0 && !hr_is_alnum(s.p[from - 1]);
    return apart && hr_str_double(hr_str_sub(s, from, end), &v) ? v * (milli ? 1 : 1000) : -1;
}

/* Of the tests that passed those stay that took far longer than the others. */
static void keep_slow(hr_log_plan *p)
{
    const hr_log *l = p->l;
    double sum = 0, squares = 0, n = 0;
    for (int pass = 0; pass < 2; pass++) {
        double mean = sum / (n > 0 ? n : 1), var = squares / (n > 0 ? n : 1) - mean * mean;
        size_t left = SLOW;
        for (uint32_t u = 0; u < l->units.n && left && (pass == 0 || n >= 12); u++) {
            double d;
            if (l->groups.p[l->units.p[u].group].class != HR_LOG_PASSED ||
                (d = duration(l->plain[l->units.p[u].line])) < 0)
                continue;
            if (pass == 0) {
                sum += d;
                squares += d * d;
                n++;
            } else if (d > mean && (d - mean) * (d - mean) > 36 * var && d >= SLOW_MS) {
                p->keep[u] = true;
                left--;
            }
        }
    }
}

/* A value that one or two lines have where dozens have others is what people look for: "replicas =
 * 0" among twos and threes, or a duration far away from the rest. */
static void keep_odd(hr_log_plan *p)
{
    const hr_log *l = p->l;
    budget b = {.left = ODD_LINES};
    for (uint32_t g = 0; g < l->groups.n; g++) {
        if (l->groups.p[g].count < 12 || l->groups.p[g].class)
            continue;
        b.group = l->groups.p[g].lines > 1 ? ODD_RECORDS : ODD_LINES;
        for (uint32_t k = 0; k < p->sums[g].nslots; k++)
            keep_odd_values(p, g, &p->sums[g].slots[k], &b);
    }
}

static bool mentions(const hr_log_plan *p, uint32_t line)
{
    term_index index;
    index_terms(&p->query, &index);
    uint64_t found = terms_in(&index, p->l->plain[line]);
    for (size_t k = 0; found; k++, found >>= 1) {
        if ((found & 1) && p->query.terms[k].n > 2)
            return true;
    }
    return false;
}

static void keep_extreme(hr_log_plan *p, uint32_t group, const hr_log_slot *s, bool max, budget *b)
{
    if (s->nvalues < 2 || !(s->numeric || s->led))
        return;
    uint32_t hi = s->numeric ? s->max_line : s->lead_max_line;
    uint32_t lo = s->numeric ? s->min_line : s->lead_min_line;
    spend(p, group, max ? hi : lo, b);
}

/* Questions for an extreme are answered by the line that has it. */
static void keep_extremes(hr_log_plan *p)
{
    static const char *const most[] = {"longest",  "largest",   "biggest", "highest",
                                       "maximum",  "max",       "slowest", "greatest",
                                       "heaviest", "strongest", "peak"};
    static const char *const least[] = {"shortest", "smallest", "lowest",
                                        "minimum",  "min",      "fastest"};
    bool want_max = false, want_min = false;
    for (size_t k = 0; k < p->query.nterms; k++) {
        for (size_t i = 0; i < sizeof most / sizeof *most; i++)
            want_max |= hr_str_eq(p->query.terms[k], hr_cstr(most[i]));
        for (size_t i = 0; i < sizeof least / sizeof *least; i++)
            want_min |= hr_str_eq(p->query.terms[k], hr_cstr(least[i]));
    }
    if (!want_max && !want_min)
        return;
    budget b = {.left = EXTREMES};
    /* Lines that speak of what is asked for come first. */
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t g = 0; g < p->l->groups.n; g++) {
            const hr_log_summary *s = &p->sums[g];
            bool asked = s->nslots && mentions(p, p->l->units.p[p->l->groups.p[g].first].line);
            b.group = asked == (pass == 0) ? EXTREMES : 0;
            for (uint32_t k = 0; k < s->nslots; k++)
                keep_extreme(p, g, &s->slots[k], want_max, &b);
        }
    }
}

/* Lines that go with another: quoted source text with the diagnostic above it, white space with
 * what stands above, the title of a test with its outcome below. */
static void keep_followers(hr_log_plan *p)
{
    const hr_log *l = p->l;
    bool head = false;
    for (uint32_t u = 0; u < l->units.n; u++) {
        const hr_log_unit *unit = &l->units.p[u];
        hr_log_class class = l->groups.p[unit->group].class;
        for (uint32_t i = 0; i < unit->lines; i++)
            p->keep[u] |= p->wanted[unit->line + i];
        if (hr_log_blank(l, unit)) {
            p->keep[u] = u == 0 || p->keep[u - 1];
            continue;
        }
        if (class == HR_LOG_EXCERPT)
            p->keep[u] |= head;
        else /* of the warnings of one kind the first */
            head = p->keep[u] && (class != HR_LOG_TAGGED || l->groups.p[unit->group].first == u);
        if (class == HR_LOG_PASSED && p->keep[u] && u > 0)
            p->keep[u - 1] |= l->groups.p[l->units.p[u - 1].group].class == HR_LOG_DETAIL;
    }
}

hr_err hr_log_keep(hr_log_plan *p)
{
    const hr_log *l = p->l;
    p->keep = HR_NEW_ARRAY(p->a, bool, l->units.n + 1);
    p->wanted = HR_NEW_ARRAY(p->a, bool, l->n + 1);
    if (!p->keep || !p->wanted)
        return HR_E_NOMEM;
    hr_err e = hr_log_summaries(l, HR_LOG_KEEP_ALL + 1, p->o->deadline, p->a, &p->sums);
    if (e == HR_OK)
        e = keep_by_group(p);
    if (e != HR_OK)
        return e;
    hr_query_parse(p->o->query, p->a, &p->query);
    keep_by_query(p);
    keep_extremes(p);
    keep_odd(p);
    keep_slow(p);
    keep_followers(p);
    return HR_OK;
}

bool hr_log_blank(const hr_log *l, const hr_log_unit *u)
{
    return u->lines == 1 && hr_str_trim(l->plain[u->line]).n == 0;
}
