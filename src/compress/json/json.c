/* JSON documents and sequences of them: one scan, one plan, two texts. */
#include "compress/json/json_out.h"

#include "compress/detect/detect.h"
#include "compress/json/json_loose.h"
#include "compress/marker.h"
#include "compress/rows/rows.h"
#include "compress/table/table.h"
#include "compress/table/table_lex.h"

enum {
    WALK_DEPTH = 200, /* deeper documents are only minified: the writers recurse */
};

/* --- reading -------------------------------------------------------------------------------- */

typedef struct source {
    hr_json_doc doc;
    bool lines; /* several documents: doc is an array made of them */
    hr_loose loose;
} source;

/* Does the text end inside of what could have become a document? */
static bool torn(hr_str text)
{
    hr_json_shape shape = hr_detect_json(text);
    return shape.truncated && shape.values == 0;
}

/* Several documents in a row become one array, so that their objects can share a table. The last
 * one may be cut off. */
static hr_err read_lines(hr_str text, uint32_t depth, hr_arena *a, source *s)
{
    /* No document is shorter than two bytes, and each needs a comma. */
    char *p = hr_alloc(a, text.n + text.n / 2 + 3);
    if (!p)
        return HR_E_NOMEM;
    size_t n = 0, docs = 0;
    p[n++] = '[';
    for (size_t at = 0; at < text.n;) {
        if (hr_is_space(text.p[at])) {
            at++;
            continue;
        }
        hr_str rest = hr_str_sub(text, at, text.n);
        size_t end = at + hr_lex_brackets(rest);
        if (end == at && torn(rest)) {
            s->loose = (hr_loose){.cut = true, .at = at, .element = (uint32_t)docs + 1};
            break;
        }
        if (end == at)
            return HR_E_SYNTAX;
        if (docs++)
            p[n++] = ',';
        memcpy(p + n, text.p + at, end - at);
        n += end - at;
        at = end;
    }
    p[n++] = ']';
    if (docs < 2)
        return HR_E_SYNTAX;
    s->lines = true;
    hr_err e = hr_json_scan(a, hr_str_of(p, n), depth, &s->doc).code;
    return !e && s->doc.nodes[0].count != docs ? HR_E_SYNTAX : e;
}

/* Nearly JSON: Python's spelling, or cut off. */
static hr_err read_loosely(hr_str text, uint32_t depth, hr_arena *a, source *s)
{
    hr_buf b = HR_BUF_INIT(2 * text.n + 64);
    hr_err e = hr_loose_read(text, a, &b, &s->loose);
    hr_str json = e ? HR_STR_NONE : hr_str_dup(a, hr_buf_str(&b));
    hr_buf_free(&b);
    return e ? e : json.p ? hr_json_scan(a, json, depth, &s->doc).code : HR_E_NOMEM;
}

static hr_err read_source(hr_str text, uint32_t depth, hr_arena *a, source *s)
{
    *s = (source){.lines = false};
    hr_err e = hr_json_scan(a, text, depth, &s->doc).code;
    if (e == HR_E_SYNTAX)
        e = read_lines(hr_str_trim(text), depth, a, s);
    if (e == HR_E_SYNTAX) {
        s->lines = false;
        e = read_loosely(hr_str_trim(text), depth, a, s);
    }
    return e;
}

/* --- forms ---------------------------------------------------------------------------------- */

static hr_err keep(hr_buf *b, hr_arena *a, size_t max, hr_str *out)
{
    hr_err e = b->err;
    *out = HR_STR_NONE;
    if (!e && b->n && b->n <= max) {
        *out = hr_str_dup(a, hr_buf_str(b));
        e = out->p ? HR_OK : HR_E_NOMEM;
    }
    hr_buf_free(b);
    return e == HR_E_LIMIT ? HR_OK : e; /* grew beyond the text: no form, no error */
}

static hr_err minified(const hr_json_doc *d, hr_str text, hr_arena *a, hr_forms *out)
{
    hr_buf b = HR_BUF_INIT(text.n);
    hr_json_minify(d, 0, &b);
    out->lossless_strategy = HR_STR("minify");
    out->lossless_reason = HR_R_JSON_MINIFY;
    return keep(&b, a, text.n, &out->lossless);
}

static size_t count_tables(const hr_jview *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->tables.n; i++)
        n += v->tables.p[i] != NULL;
    return n;
}

static hr_err lossless(hr_jview *v, hr_str text, hr_forms *out)
{
    hr_buf b = HR_BUF_INIT(text.n + 64);
    hr_err e = hr_jout_document(v, &b);
    if (e && e != HR_E_LIMIT) {
        hr_buf_free(&b);
        return e;
    }
    e = keep(&b, v->a, text.n, &out->lossless);
    size_t tables = count_tables(v);
    out->lossless_reason = tables || v->repeats.n ? HR_R_JSON_TABLE : HR_R_JSON_MINIFY;
    static const char *const names[] = {"table", "json-table", "markdown-kv"};
    out->lossless_strategy =
        tables ? hr_strf(v->a, "%s(%zu)", names[v->o->compaction], tables) : HR_STR("minify");
    return e;
}

static hr_err lossy(hr_jview *v, hr_str text, const hr_key *key, hr_forms *out)
{
    hr_rows_total total = {0};
    hr_err e = hr_rows_select(v, key, &total);
    if (e || total.places + total.texts == 0)
        return e;
    hr_buf b = HR_BUF_INIT(text.n + 64), what = HR_BUF_INIT(0);
    e = hr_jout_document(v, &b);
    if (!e) {
        hr_rows_summary(v, &total, &what);
        hr_buf_addc(&b, '\n');
        hr_marker_text(&b, hr_buf_str(&what), key, v->o->via);
        e = what.err;
    }
    hr_buf_free(&what);
    if (e) {
        hr_buf_free(&b);
        return e == HR_E_LIMIT ? HR_OK : e;
    }
    out->lossy_reason = HR_R_JSON_ROWS;
    out->lossy_strategy = hr_strf(v->a, "rows(-%zu in %zu places)", total.rows, total.places);
    if (total.texts)
        out->lossy_strategy =
            hr_strf(v->a, "%.*s + texts(%zu)", HR_FMT(out->lossy_strategy), total.texts);
    return keep(&b, v->a, text.n, &out->lossy);
}

/* Does the form read back as the document it was made from? Asked where the writer relies on how
 * texts are spelled: a string must come back byte for byte. */
static bool reads_back(const hr_jview *v, const hr_json_doc *original, hr_str form, hr_arena *a)
{
    if (!form.n || (!v->embeds.n && hr_str_find(form, HR_STR("\nS1=text, ")) == SIZE_MAX))
        return true;
    hr_buf back = HR_BUF_INIT(2 * original->src.n + 4096);
    hr_arena_mark m = hr_arena_save(a);
    hr_json_doc d;
    bool ok = !hr_table_decode(form, a, &back).code;
    if (ok && v->lines) {
        source s;
        ok = !read_lines(hr_buf_str(&back), 0, a, &s);
        d = s.doc;
    } else if (ok) {
        ok = !hr_json_scan(a, hr_buf_str(&back), 0, &d).code;
    }
    ok = ok && hr_json_same(original, 0, &d, 0);
    hr_arena_restore(a, m);
    hr_buf_free(&back);
    return ok;
}

static bool has_name(const hr_json_doc *d, hr_str quoted)
{
    for (uint32_t i = 0; i < d->n; i++)
        if ((d->nodes[i].flags & HR_JSON_KEY) && hr_str_eq(hr_json_raw(d, i), quoted))
            return true;
    return false;
}

typedef struct request {
    const hr_compress_opts *o;
    hr_str text;
    const hr_key *key;
    bool lossy;
} request;

/* Both forms of a document, or of what it becomes when strings that hold documents are read. */
static hr_err forms_of(const request *r, const source *s, bool plain, hr_arena *a, hr_forms *out,
                       bool *good)
{
    hr_jview v;
    hr_embeds embeds = {0};
    hr_json_doc d = s->doc;
    hr_str text = HR_STR_NONE;
    hr_err e = plain ? HR_OK : hr_embed_expand(&s->doc, a, &text, &embeds);
    if (!e && text.n && hr_json_scan(a, text, WALK_DEPTH, &d).code) {
        d = s->doc; /* too deep when put together */
        embeds.n = 0;
    }
    if (!e)
        e = hr_jview_init(&v, r->o, &d, &embeds, a);
    if (e)
        return e;
    v.lines = s->lines;
    v.no_blocks = plain;
    e = lossless(&v, r->text, out);
    *good = e || plain || reads_back(&v, &s->doc, out->lossless, a);
    if (!e && *good && r->lossy)
        e = lossy(&v, r->text, r->key, out);
    return e;
}

/* Says in front of a form what its words stand for, and behind it where the text ends. */
static hr_err tell_loose(const source *s, hr_str text, hr_arena *a, hr_str *form, hr_str *strategy)
{
    const hr_loose *l = &s->loose;
    if (!form->n)
        return HR_OK;
    hr_buf b = HR_BUF_INIT(text.n);
    if (l->python)
        hr_buf_lit(&b, "Python literals, None, True and False written as null, true and false:\n");
    if (l->nan)
        hr_buf_lit(&b, "NaN and Infinity, also where they stand in quotes, are the numbers:\n");
    hr_buf_add(&b, *form);
    if (l->cut) {
        hr_buf_addf(&b, "\n(the output was cut off in %s %u%s%.*s, of which there is only:)\n",
                    s->lines ? "document" : "element", l->element, l->path.n ? " of " : "",
                    HR_FMT(l->path));
        hr_str tail = hr_str_trim(hr_str_sub(hr_str_trim(text), l->at, text.n));
        hr_buf_add(&b, hr_str_starts(tail, HR_STR(",")) ? hr_str_trim(hr_str_sub(tail, 1, tail.n))
                                                        : tail);
    }
    *strategy = hr_strf(a, "%.*s%s%s", HR_FMT(*strategy),
                        l->python ? " + python"
                        : l->nan  ? " + nan"
                                  : "",
                        l->cut ? " + cut" : "");
    return keep(&b, a, text.n, form);
}

hr_err hr_compress_json(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy_ok,
                        hr_arena *a, hr_forms *out)
{
    *out = (hr_forms){.lossless = HR_STR_NONE};
    if (!o->crush_json)
        return HR_OK;
    if (o->lossless_min_savings_ratio > 0)
        out->lossless_margin = 1 - o->lossless_min_savings_ratio;
    source s;
    hr_err e = read_source(text, WALK_DEPTH, a, &s);
    bool deep = e == HR_E_DEPTH;
    if (deep)
        e = read_source(text, 0, a, &s);
    if (e)
        return e;
    bool loosely = s.loose.python || s.loose.nan || s.loose.cut;
    /* Words of the text would pass for those of the form. */
    bool taken = o->compaction == HR_COMPACT_JSON && has_name(&s.doc, HR_STR("\"_compaction\""));
    if (deep || taken)
        return s.lines || loosely ? HR_OK : minified(&s.doc, text, a, out);
    request r = {o, text, key, lossy_ok && o->via != HR_VIA_NONE};
    bool good;
    e = forms_of(&r, &s, o->compaction != HR_COMPACT_CSV, a, out, &good);
    if (!e && !good)
        e = forms_of(&r, &s, true, a, out, &good);
    if (!e && loosely) {
        e = tell_loose(&s, text, a, &out->lossless, &out->lossless_strategy);
        if (!e)
            e = tell_loose(&s, text, a, &out->lossy, &out->lossy_strategy);
    }
    return e;
}
