/* Metrics in the text format of Prometheus and OpenMetrics: families of samples with HELP and TYPE.
 *
 * Lossy: families that the question names stay whole; of the others the samples without labels
 * stay, and the rest is said as counts and ranges. Every family stays visible by its name. */
#include "compress/fold/fold_tree.h"
#include "compress/forms.h"
#include "compress/marker.h"
#include "compress/prose/prose.h"

enum { MIN_SAMPLES = 20, FEW = 2, ODD_PART = 50 };

typedef struct family {
    uint32_t node;
    hr_str name;
} family;

static bool note_line(hr_str line)
{
    return hr_str_starts(line, HR_STR("# HELP ")) || hr_str_starts(line, HR_STR("# TYPE ")) ||
           hr_str_starts(line, HR_STR("# UNIT "));
}

/* The name in "# HELP name text". */
static hr_str noted_name(hr_str line)
{
    hr_str rest = hr_str_sub(line, 7, line.n), name = HR_STR_NONE;
    hr_str_split(&rest, ' ', &name);
    return name;
}

static hr_str sample_name(hr_str line)
{
    size_t i = 0;
    while (i < line.n && line.p[i] != '{' && line.p[i] != ' ')
        i++;
    return hr_str_sub(line, 0, i);
}

/* The value behind the labels; quotes may hold anything. */
static bool sample_value(hr_str line, hr_str *labels, double *value)
{
    size_t i = sample_name(line).n, from = i;
    if (i == 0 || i >= line.n)
        return false;
    if (line.p[i] == '{') {
        bool quoted = false;
        for (i++; i < line.n && (quoted || line.p[i] != '}'); i++) {
            if (line.p[i] == '\\' && quoted)
                i++;
            else if (line.p[i] == '"')
                quoted = !quoted;
        }
        if (i >= line.n)
            return false;
        i++;
    }
    *labels = hr_str_sub(line, from, i);
    hr_str rest = hr_str_trim(hr_str_sub(line, i, line.n)), number = HR_STR_NONE;
    hr_str_split(&rest, ' ', &number);
    if (hr_str_eq(number, HR_STR("NaN")) || hr_str_eq(number, HR_STR("+Inf")) ||
        hr_str_eq(number, HR_STR("-Inf"))) {
        *value = 0;
        return true;
    }
    return hr_str_double(number, value);
}

/* Families are nodes at the top, with HELP and TYPE as their own text; samples stand below. */
static hr_err read_lines(hr_str text, hr_arena *a, hr_tree *t, size_t *samples, size_t *notes)
{
    uint32_t open = HR_TREE_ROOT;
    size_t odd = 0;
    for (hr_str rest = text, line; rest.n;) {
        const char *from = rest.p;
        hr_str_line(&rest, &line);
        size_t n = (size_t)((rest.n ? rest.p : text.p + text.n) - from);
        bool noted = note_line(line);
        hr_str name = noted ? noted_name(line) : sample_name(line);
        hr_str labels;
        double v;
        if (!hr_str_trim(line).n)
            continue;
        if (!noted && line.p[0] == '#')
            name = HR_STR("#");
        else if (!noted && !sample_value(line, &labels, &v)) {
            /* A line that is none, such as a cut one at the end, stays as it is. */
            if (++odd * ODD_PART > *samples + ODD_PART)
                return HR_E_SYNTAX;
            name = HR_STR("?");
        }
        bool same = open != HR_TREE_ROOT && hr_str_starts(name, t->p[open].name) &&
                    (name.n == t->p[open].name.n || (!noted && name.p[t->p[open].name.n] == '_'));
        if (same && noted && open + 1 == t->n) {
            t->p[open].head.n += n;
            ++*notes;
            continue;
        }
        if (!same) {
            hr_tree_node *f = hr_vec_push(t, a);
            if (!f)
                return HR_E_NOMEM;
            f->parent = HR_TREE_ROOT;
            f->name = name;
            f->head = noted ? hr_str_of(from, n) : HR_STR_NONE;
            open = (uint32_t)(t->n - 1);
            *notes += noted;
            if (noted)
                continue;
        }
        hr_tree_node *s = hr_vec_push(t, a);
        if (!s)
            return HR_E_NOMEM;
        s->parent = open;
        s->name = name;
        s->must = name.p && name.p[0] == '?';
        s->head = hr_str_of(from, n);
        ++*samples;
    }
    return HR_OK;
}

static void put_line(hr_buf *b, hr_str s)
{
    hr_buf_add(b, s);
    if (s.n && s.p[s.n - 1] != '\n')
        hr_buf_addc(b, '\n');
}

/* What the samples [from, to) that go have in common. */
static void summary(hr_buf *b, const hr_tree *t, const uint32_t *gone, size_t n)
{
    size_t zero = 0;
    double low = 0, high = 0;
    for (size_t k = 0; k < n; k++) {
        hr_str labels;
        double v = 0;
        sample_value(hr_str_trim(t->p[gone[k]].head), &labels, &v);
        zero += v == 0;
        low = k == 0 || v < low ? v : low;
        high = k == 0 || v > high ? v : high;
    }
    hr_buf_addf(b, "# %.*s: %zu sample%s omitted, ", HR_FMT(t->p[gone[0]].name), n,
                n == 1 ? "" : "s");
    if (zero == n)
        hr_buf_lit(b, "all 0\n");
    else if (zero)
        hr_buf_addf(b, "%zu of them 0, values %g to %g\n", zero, low, high);
    else
        hr_buf_addf(b, "values %g to %g\n", low, high);
}

static hr_err write_families(const hr_tree *t, hr_arena *a, hr_buf *b, size_t *samples,
                             size_t *notes)
{
    uint32_t *gone = HR_NEW_ARRAY(a, uint32_t, t->n + 1);
    if (!gone)
        return HR_E_NOMEM;
    for (uint32_t f = 0; f < t->n; f = t->p[f].end) {
        const hr_tree_node *n = &t->p[f];
        if (n->keep && n->head.n)
            put_line(b, n->head);
        else
            *notes += n->head.n > 0;
        size_t count = n->end - f - 1, k = 0;
        for (uint32_t i = f + 1; i <= n->end; i++) {
            /* Samples of one name go together: the buckets of a histogram are not its sum. */
            bool flush = i == n->end || (k && !hr_str_eq(t->p[gone[0]].name, t->p[i].name));
            if (flush && k) {
                summary(b, t, gone, k);
                *samples += k;
                k = 0;
            }
            if (i == n->end)
                break;
            if (t->p[i].keep || count <= FEW)
                put_line(b, t->p[i].head);
            else
                gone[k++] = i;
        }
    }
    return b->err == HR_E_LIMIT ? HR_OK : b->err;
}

static hr_err metrics(const hr_compress_opts *o, hr_str text, const hr_key *key, hr_arena *a,
                      hr_forms *out)
{
    hr_tree t = {0};
    size_t samples = 0, notes = 0, less = 0, quiet = 0;
    hr_err e = read_lines(text, a, &t, &samples, &notes);
    if (e != HR_OK || samples < MIN_SAMPLES || notes == 0)
        return e != HR_OK ? e : HR_E_SYNTAX;
    hr_tree_link(&t);
    e = hr_tree_select(&t, o->query, 0.7 * hr_prose_share(hr_tokens_estimate(o->tok, text)),
                       o->deadline, a);
    if (e != HR_OK)
        return e;
    hr_buf b = HR_BUF_INIT(text.n + 4096);
    e = write_families(&t, a, &b, &less, &quiet);
    if (e == HR_OK && less + quiet > 0) {
        hr_marker_text(&b,
                       hr_strf(a,
                               "%zu of %zu samples omitted; HELP and TYPE of %zu metrics omitted.",
                               less, samples, quiet),
                       key, o->via);
        if (b.err == HR_OK) {
            out->lossy = hr_str_dup(a, hr_buf_str(&b));
            out->lossy_reason = HR_R_METRICS_SERIES;
            out->lossy_strategy = hr_strf(a, "series(-%zu of %zu)", less, samples);
        }
    }
    hr_buf_free(&b);
    return e;
}

hr_err hr_compress_table(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                         hr_arena *a, hr_forms *out)
{
    hr_str head = hr_str_sub(text, 0, 8192);
    if (hr_str_has(head, HR_STR("# TYPE ")) || hr_str_has(head, HR_STR("# HELP "))) {
        hr_err e = lossy ? metrics(o, text, key, a, out) : HR_OK;
        if (e != HR_E_SYNTAX)
            return e;
    }
    hr_err e = hr_compress_csv(o, text, key, lossy, a, out);
    if (e == HR_E_SYNTAX)
        return hr_compress_log(o, text, key, lossy, a, out);
    /* Rows with delimiters are chosen as rows or not at all: as lines they all look alike. */
    if (e == HR_OK && !out->lossless.n && !out->lossy.n)
        return hr_compress_lines(o, text, key, false, a, out);
    return e;
}
