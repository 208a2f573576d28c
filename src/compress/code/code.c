/* Programs: declarations and signatures stay; bodies of functions go, and what is long in comments
 * and lists, line by line and in place. Only a lossy form is offered; code.h says what is
 * guaranteed about it. */
#include "compress/code/code.h"

#include "base/buf.h"
#include "compress/marker.h"

/* A text with more errors than one in this many lines is in another language, or none. Macros are
 * in no grammar: C and C++ may have more; what is broken stays whole anyway. */
enum {
    LINES_PER_ERROR = 40,
    LINES_PER_MACRO = 12,
    ERRORS_ALWAYS = 2,
    LINES_PER_SLIP = 200, /* so few errors, of macros mostly, that no other grammar is tried */
};

typedef struct program {
    const hr_code_grammar *g;
    TSTree *tree;
    size_t errors;
    hr_code_outline outline;
} program;

static bool bearable(const program *p, const hr_code_listing *l)
{
    bool macros = p->tree && (p->g->lang == HR_LANG_C || p->g->lang == HR_LANG_CPP);
    return p->tree &&
           p->errors <= ERRORS_ALWAYS + l->nrows / (macros ? LINES_PER_MACRO : LINES_PER_ERROR);
}

static bool good_enough(const program *p, const hr_code_listing *l)
{
    return p->tree && p->errors * LINES_PER_SLIP <= l->nrows;
}

/* The grammar with the fewest errors, of at most four. */
static hr_err best_parse(const hr_compress_opts *o, const hr_code_listing *l,
                         const hr_deadline *deadline, program *p)
{
    hr_lang langs[2] = {hr_code_lang_named(o->code.language_hint), HR_LANG_NONE};
    if (langs[0] == HR_LANG_NONE)
        langs[0] = hr_code_lang_said(o->tool_input);
    langs[1] = hr_detect_lang(l->bare);
    hr_err err = HR_E_SYNTAX;
    for (size_t k = langs[0] == langs[1] ? 1 : 0; k < 2; k++) {
        const hr_code_grammar *g[2];
        size_t n = hr_code_grammars(langs[k], g);
        for (size_t i = 0; i < n && !good_enough(p, l); i++) {
            TSTree *t;
            hr_err e = hr_code_parse(g[i], l->bare, deadline, &t);
            if (hr_deadline_passed(deadline)) {
                ts_tree_delete(t);
                return HR_E_TIMEOUT;
            }
            if (e != HR_OK) {
                err = e;
                continue;
            }
            size_t errors = hr_code_errors(t);
            if (!p->tree || errors < p->errors) {
                ts_tree_delete(p->tree);
                *p = (program){.g = g[i], .tree = t, .errors = errors};
            } else {
                ts_tree_delete(t);
            }
        }
        if (bearable(p, l))
            return HR_OK;
    }
    return p->tree ? HR_E_SYNTAX : err;
}

/* 1893 as "1,893". */
static hr_str grouped(uint64_t v, hr_arena *a)
{
    if (v < 1000)
        return hr_strf(a, "%llu", (unsigned long long)v);
    return hr_strf(a, "%.*s,%03llu", HR_FMT(grouped(v / 1000, a)), (unsigned long long)(v % 1000));
}

/* The lines that stay, from `src` by the offsets of its lines, with a note for each cut. */
static void render(const hr_code_listing *l, const hr_code_plan *plan, hr_str src,
                   const uint32_t *rows, hr_buf *out)
{
    uint32_t at = 0;
    bool cr = l->nrows && l->rows[1] >= 2 && l->bare.p[l->rows[1] - 2] == '\r';
    for (size_t i = 0; i < plan->cuts.n; i++) {
        const hr_code_cut *c = &plan->cuts.p[i];
        hr_buf_add(out, hr_str_sub(src, rows[at], rows[c->first]));
        hr_buf_add(out, c->indent);
        hr_buf_add(out, c->before);
        hr_buf_lit(out, "[lines ");
        hr_buf_add_u64(out, l->number + c->first);
        hr_buf_lit(out, "\xe2\x80\x93");
        hr_buf_add_u64(out, l->number + c->last);
        hr_buf_lit(out, " omitted");
        hr_buf_add(out, c->note);
        hr_buf_addc(out, ']');
        hr_buf_add(out, c->after);
        hr_buf_add(out, cr ? HR_STR("\r\n") : HR_STR("\n"));
        at = c->last + 1;
    }
    hr_buf_add(out, hr_str_sub(src, rows[at], src.n));
}

/* What was written must read as what was meant: as many declarations as no cut took, and no error
 * that was not there before. */
static hr_err check(const program *p, const hr_code_plan *plan, const hr_deadline *deadline,
                    hr_str written, hr_arena *a)
{
    TSTree *t;
    hr_err e = hr_code_parse(p->g, written, deadline, &t);
    if (e != HR_OK)
        return e;
    hr_code_outline outline = {0};
    if (hr_code_errors(t) > p->errors)
        e = HR_E_SYNTAX;
    else
        e = hr_code_scan(p->g, t, written, a, &outline);
    ts_tree_delete(t);
    return e == HR_OK && outline.items.n != plan->remaining ? HR_E_SYNTAX : e;
}

/* "33 of 44 function bodies omitted, 12 comments and 2 lists shortened: 721 of 1,180 lines." */
static hr_str what_went(const hr_code_plan *plan, uint32_t nrows, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(400);
    if (plan->emptied)
        hr_buf_addf(&b, "%u of %u function bodies omitted", plan->emptied, plan->functions);
    if (plan->emptied && plan->comments + plan->lists)
        hr_buf_lit(&b, ", ");
    if (plan->comments)
        hr_buf_addf(&b, "%u comment%s", plan->comments, plan->comments == 1 ? "" : "s");
    if (plan->comments && plan->lists)
        hr_buf_lit(&b, " and ");
    if (plan->lists)
        hr_buf_addf(&b, "%u list%s", plan->lists, plan->lists == 1 ? "" : "s");
    hr_str gone = grouped(plan->gone, a), all = grouped(nrows, a);
    hr_buf_addf(&b, "%s: %.*s of %.*s lines.", plan->comments + plan->lists ? " shortened" : "",
                HR_FMT(gone), HR_FMT(all));
    hr_str s = b.err == HR_OK ? hr_str_dup(a, hr_buf_str(&b)) : HR_STR_NONE;
    hr_buf_free(&b);
    return s;
}

static hr_err write_form(const hr_compress_opts *o, const hr_code_listing *l, const program *p,
                         const hr_code_plan *plan, const hr_deadline *deadline, hr_str text,
                         const hr_key *key, hr_arena *a, hr_forms *out)
{
    hr_buf b = HR_BUF_INIT(text.n + 64 * 1024);
    render(l, plan, l->bare, l->rows, &b);
    hr_err e = b.err == HR_OK ? check(p, plan, deadline, hr_buf_str(&b), a) : b.err;
    if (e == HR_OK) {
        hr_buf_clear(&b);
        render(l, plan, text, l->source, &b);
        if (b.n && b.p[b.n - 1] != '\n')
            hr_buf_addc(&b, '\n');
        hr_buf_add(&b, hr_cstr(p->g->comment));
        hr_marker_text(&b, what_went(plan, l->nrows, a), key, o->via);
        e = b.err;
    }
    if (e == HR_OK && b.n < text.n) {
        out->lossy = hr_str_dup(a, hr_buf_str(&b));
        out->lossy_reason = HR_R_CODE_BODIES;
        out->lossy_margin = 0.8; /* every line that goes is named in its place */
        out->lossy_strategy =
            hr_strf(a, "code(%s: %u of %u bodies, %llu of %u lines omitted)", p->g->name,
                    plan->emptied, plan->functions, (unsigned long long)plan->gone, l->nrows);
        e = out->lossy.p ? HR_OK : HR_E_NOMEM;
    }
    hr_buf_free(&b);
    return e;
}

hr_err hr_compress_code(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                        hr_arena *a, hr_forms *out)
{
    if (!lossy || text.n == 0)
        return HR_OK;
    if (text.n > HR_CODE_MAX_BYTES)
        return HR_E_SYNTAX;
    hr_code_listing l;
    hr_err e = hr_code_read_lines(text, a, &l);
    if (e != HR_OK)
        return e;
    program p = {0};
    hr_code_plan plan = {0};
    for (uint32_t i = 0; i < l.nrows; i++) {
        if (l.rows[i + 1] - l.rows[i] > HR_CODE_MAX_LINE)
            return HR_E_SYNTAX;
    }
    hr_deadline deadline = hr_code_deadline(o->deadline);
    e = best_parse(o, &l, &deadline, &p);
    if (e == HR_OK)
        e = hr_code_scan(p.g, p.tree, l.bare, a, &p.outline);
    hr_code_work w = {.g = p.g,
                      .outline = &p.outline,
                      .o = &o->code,
                      .text = l.bare,
                      .rows = l.rows,
                      .nrows = l.nrows,
                      .a = a,
                      .plan = &plan};
    if (e == HR_OK)
        e = hr_code_decide(&w, o->query);
    if (e == HR_OK && plan.cuts.n)
        e = write_form(o, &l, &p, &plan, &deadline, text, key, a, out);
    ts_tree_delete(p.tree);
    return e == HR_E_UNSUPPORTED ? HR_E_SYNTAX : e;
}
