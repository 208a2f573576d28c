/* The router: gates, detection, one compressor a section, and the choice among the forms offered.
 *
 * The choice is made in tokens of the target model. A wide margin is decided on the estimate, a
 * close one on exact counts, so that large texts are rarely counted in full. */
#include "compress/detect/detect_sections.h"
#include "compress/marker.h"
#include "compress/scales.h"
#include "compress/view/view.h"

/* One row a kind; a kind without a compressor passes through. */
static const struct {
    hr_compressor *run;
    hr_compressor *fallback; /* asked when the first has nothing to offer */
} compressors[HR_KIND_COUNT] = {
    [HR_KIND_TEXT] = {hr_compress_prose, hr_compress_plain},
    [HR_KIND_JSON] = {hr_compress_json, NULL},
    [HR_KIND_NDJSON] = {hr_compress_json, hr_compress_log},
    [HR_KIND_LOG] = {hr_compress_log, NULL},
    [HR_KIND_BUILD] = {hr_compress_log, hr_compress_document},
    [HR_KIND_TRACE] = {hr_compress_log, NULL},
    [HR_KIND_SEARCH] = {hr_compress_search, NULL},
    [HR_KIND_HTML] = {hr_compress_html, NULL},
    [HR_KIND_XML] = {hr_compress_xml, NULL},
    [HR_KIND_YAML] = {hr_compress_yaml, NULL},
    [HR_KIND_TABLE] = {hr_compress_table, NULL},
    [HR_KIND_CODE] = {hr_compress_code, hr_compress_long_lines},
    [HR_KIND_DIFF] = {hr_compress_diff, NULL},
    [HR_KIND_BINARY] = {hr_compress_opaque, hr_compress_plain},
    [HR_KIND_LISTING] = {hr_compress_log, NULL},
};

/* A section smaller than this is not worth a look of its own. */
enum { SECTION_MIN = 256 };

/* What became of one section (or of the whole text). */
typedef struct outcome {
    hr_str text, strategy;
    hr_kind kind;
    hr_reason reason;
    bool changed, lossy;
    size_t gained; /* tokens, roughly: to name the main section */
} outcome;

typedef struct job {
    const hr_compress_opts *o;
    hr_arena *a;
    hr_scales *scales;
    hr_key key;
    hr_command command; /* what wrote the text, if that is known */
    bool ask_lossy;     /* large enough for a lossy form */
    bool may_lose;      /* and allowed to have one */
} job;

static outcome untouched(hr_str text, hr_kind kind, hr_reason why)
{
    return (outcome){.text = text, .kind = kind, .reason = why};
}

static void choose(const job *j, hr_str text, const hr_forms *f, outcome *out)
{
    const hr_compress_opts *o = j->o;
    hr_scales *c = j->scales;
    hr_sized before = hr_size_of(o, text);
    hr_sized lossless = hr_size_of(o, f->lossless), lossy = hr_size_of(o, f->lossy);
    double keep = 1.0 - o->min_saving, margin = keep;
    if (f->lossless_margin > 0 && f->lossless_margin < margin)
        margin = f->lossless_margin;
    double near = f->lossy_margin > 0 ? f->lossy_margin : o->lossy_margin;
    bool offered = f->lossy.n && f->lossy.n < text.n;
    /* A lossy form far below both others is taken without counting those. */
    bool far = j->may_lose && offered &&
               hr_surely_at_most(&lossy, keep < near ? keep : near, &before) &&
               (f->lossless.n == 0 || hr_surely_at_most(&lossy, near, &lossless));
    bool less = !far && f->lossless.n && f->lossless.n < text.n &&
                hr_at_most(c, &lossless, margin, &before) &&
                (o->min_saving > 0 || hr_exact(c, &lossless) < hr_exact(c, &before));
    bool lose = far || (offered && hr_at_most(c, &lossy, keep, &before) &&
                        hr_at_most(c, &lossy, near, less ? &lossless : &before));
    if (lose && j->may_lose) {
        *out = (outcome){f->lossy, f->lossy_strategy, out->kind, f->lossy_reason, true, true, 0};
        out->gained = hr_less_by(&before, &lossy);
    } else if (less) {
        *out = (outcome){
            f->lossless, f->lossless_strategy, out->kind, f->lossless_reason, true, false, 0};
        out->gained = hr_less_by(&before, &lossless);
    } else {
        out->reason = lose ? HR_R_LOSSLESS_ONLY : HR_R_NO_GAIN;
    }
}

/* What is made of a compressor's answer. */
static hr_err weigh_forms(const job *j, hr_str text, hr_err e, const hr_forms *f, outcome *out)
{
    if (e == HR_E_SYNTAX || e == HR_E_DEPTH || e == HR_E_UTF8) {
        out->reason = HR_R_NO_GAIN; /* not this kind after all */
        return HR_OK;
    }
    if (e == HR_OK && hr_deadline_passed(j->o->deadline))
        e = HR_E_TIMEOUT;
    if (e != HR_OK) {
        out->reason = e == HR_E_TIMEOUT ? HR_R_TIMEOUT : HR_R_ERROR;
        return e;
    }
    choose(j, text, f, out);
    return HR_OK;
}

static bool may_lose(const hr_compress_opts *o)
{
    return o->via != HR_VIA_NONE && !o->lossless_only;
}

static hr_err ask(const job *j, hr_compressor *run, hr_str text, outcome *out)
{
    hr_forms f = {0};
    hr_err e = run(j->o, text, &j->key, j->ask_lossy, j->a, &f);
    return weigh_forms(j, text, e, &f, out);
}

/* The view made for the program that wrote the text, if there is one. */
static hr_err ask_view(const job *j, hr_str text, outcome *out)
{
    hr_forms f = {0};
    hr_view_job v = {
        .o = j->o, .command = &j->command, .kind = out->kind, .key = &j->key, .a = j->a};
    v.lossy = j->ask_lossy;
    hr_err e = hr_compress_view(&v, text, &f);
    return e == HR_E_SYNTAX ? HR_OK : weigh_forms(j, text, e, &f, out);
}

/* By its kind alone. */
static hr_err compress_kind(const job *j, hr_str text, hr_kind kind, outcome *out)
{
    hr_err e = HR_OK;
    *out = untouched(text, kind, HR_R_KIND_UNHANDLED);
    if (kind == HR_KIND_CODE && !j->o->code.allow) {
        out->reason = HR_R_PROTECTED_CODE;
        return HR_OK;
    }
    job mine = *j;
    if (kind == HR_KIND_CODE && j->o->code.min_tokens) {
        hr_sized all = hr_size_of(j->o, text);
        mine.ask_lossy = hr_reaches(j->scales, &all, j->o->code.min_tokens);
        mine.may_lose = mine.ask_lossy && may_lose(j->o);
    }
    if (compressors[kind].run)
        e = ask(&mine, compressors[kind].run, text, out);
    if (e == HR_OK && !out->changed && compressors[kind].fallback)
        e = ask(j, compressors[kind].fallback, text, out);
    return e;
}

static hr_err compress_one(const job *j, hr_str text, hr_kind kind, outcome *out)
{
    *out = untouched(text, kind, HR_R_KIND_UNHANDLED);
    hr_err e = ask_view(j, text, out);
    return e != HR_OK || out->changed ? e : compress_kind(j, text, kind, out);
}

/* Sections one by one, put together in their order. */
static hr_err compress_sections(const job *j, hr_str text, const hr_sections *secs, outcome *out)
{
    outcome *parts = HR_NEW_ARRAY(j->a, outcome, secs->n);
    if (!parts)
        return HR_E_NOMEM;
    size_t total = 0, most = 0, strategies = 0;
    for (size_t i = 0; i < secs->n; i++) {
        hr_str s = hr_str_sub(text, secs->p[i].start, secs->p[i].end);
        parts[i] = untouched(s, HR_KIND_TEXT, HR_R_KIND_UNHANDLED);
        if (secs->p[i].kind != HR_SECTION_FIXED && s.n >= SECTION_MIN) {
            /* A section's last line break stays outside, so that joining cannot glue lines. */
            bool lf = s.p[s.n - 1] == '\n';
            hr_str body = hr_str_sub(s, 0, s.n - lf);
            hr_err e = compress_one(j, body, hr_detect(body), &parts[i]);
            if (e != HR_OK) {
                out->reason = parts[i].reason;
                return e;
            }
            if (!parts[i].changed) {
                parts[i].text = s;
            } else {
                strategies += parts[i].strategy.n + 3;
                total += lf;
            }
        }
        total += parts[i].text.n;
        if (parts[i].changed && (!out->changed || parts[i].gained > most)) {
            most = parts[i].gained;
            out->kind = parts[i].kind;
            out->reason = parts[i].reason;
        } else if (!out->changed && !parts[i].changed && parts[i].kind != HR_KIND_TEXT &&
                   parts[i].reason != HR_R_KIND_UNHANDLED) {
            out->reason = parts[i].reason;
        }
        out->changed |= parts[i].changed;
        out->lossy |= parts[i].lossy;
        out->gained += parts[i].gained;
    }
    if (!out->changed)
        return HR_OK;
    char *p = hr_alloc(j->a, total + 1), *names = hr_alloc(j->a, strategies + 1);
    if (!p || !names)
        return HR_E_NOMEM;
    size_t n = 0, m = 0;
    for (size_t i = 0; i < secs->n; i++) {
        hr_str s = parts[i].text;
        memcpy(p + n, s.p, s.n);
        n += s.n;
        if (!parts[i].changed)
            continue;
        if (text.p[secs->p[i].end - 1] == '\n')
            p[n++] = '\n';
        if (m && parts[i].strategy.n) {
            memcpy(names + m, " + ", 3);
            m += 3;
        }
        if (parts[i].strategy.n)
            memcpy(names + m, parts[i].strategy.p, parts[i].strategy.n);
        m += parts[i].strategy.n;
    }
    out->text = hr_str_of(p, n);
    out->strategy = hr_str_of(names, m);
    return HR_OK;
}

/* Which borders may be looked for, by what the text as a whole looks like. Formats of their own are
 * never cut inside: what looks like JSON in a program belongs to the program. */
static unsigned borders(hr_kind kind)
{
    switch (kind) {
    case HR_KIND_TEXT:
    case HR_KIND_LOG:
    case HR_KIND_BUILD:
    case HR_KIND_TRACE:
    case HR_KIND_LISTING:
        return HR_SPLIT_HEAD | HR_SPLIT_JSON | HR_SPLIT_FENCES | HR_SPLIT_PROMPTS;
    case HR_KIND_JSON:
    case HR_KIND_NDJSON:
        return HR_SPLIT_HEAD | HR_SPLIT_JSON;
    case HR_KIND_BINARY:
        return 0;
    default:
        return HR_SPLIT_HEAD;
    }
}

/* Kinds that a program may be taken for; the others have a grammar of their own. */
static bool may_be_program(hr_kind kind)
{
    return kind == HR_KIND_TEXT || kind == HR_KIND_LOG || kind == HR_KIND_BUILD ||
           kind == HR_KIND_TABLE || kind == HR_KIND_LISTING || kind == HR_KIND_YAML;
}

static hr_err compress_all(const job *all, hr_str text, outcome *out)
{
    job mine = *all;
    const job *j = &mine;
    size_t head = hr_wrapper_head(text);
    hr_str body = hr_str_sub(text, head, text.n);
    hr_kind kind = hr_detect(body);
    if (hr_view_environment(&j->command, body)) {
        mine.ask_lossy = mine.may_lose = false;
        kind = HR_KIND_TEXT;
    }
    if (may_be_program(kind) && hr_code_shown(j->o->tool_name, j->o->tool_input, j->a))
        kind = HR_KIND_CODE;
    bool json = kind == HR_KIND_JSON || kind == HR_KIND_NDJSON;
    *out = untouched(text, kind, HR_R_KIND_UNHANDLED);
    if (head == 0) {
        /* Before anything is cut: a program's output belongs together. */
        hr_err e = ask_view(j, text, out);
        if (e != HR_OK || out->changed)
            return e;
    }
    if (json && head == 0) {
        /* Mostly the text is nothing else; notes around it are found out on failure. */
        hr_err e = compress_kind(j, text, kind, out);
        if (e != HR_OK || out->changed)
            return e;
    }
    if (kind == HR_KIND_TEXT) {
        /* A document is seen whole: its fenced examples belong to their sections. */
        hr_err e = ask(j, hr_compress_prose, text, out);
        if (e != HR_OK || out->changed)
            return e;
    }
    unsigned how = borders(kind);
    if (how) {
        hr_sections secs;
        hr_err e = hr_split_sections(text, how, j->a, &secs);
        if (e != HR_OK)
            return e;
        if (secs.n > 1)
            return compress_sections(j, text, &secs, out);
    }
    if (head)
        return compress_one(j, text, kind, out);
    /* The view has been asked above, and so has the compressor of JSON or of loose text. */
    if (kind == HR_KIND_TEXT)
        return ask(j, compressors[kind].fallback, text, out);
    return json ? HR_OK : compress_kind(j, text, kind, out);
}

/* The gates: a text is worth a look from min_tokens tokens and min_words words, where long runs
 * without white space count as words of their length. */
static bool too_small(hr_scales *c, hr_sized *text)
{
    const hr_compress_opts *o = c->o;
    if (!hr_reaches(c, text, o->min_tokens))
        return true;
    return o->min_words && text->s.n < o->min_tokens * 4 &&
           hr_word_count(text->s, o->min_words) < o->min_words;
}

hr_err hr_compress_part(const hr_compress_opts *o, hr_str text, const hr_key *key, hr_arena *a,
                        hr_str *out)
{
    hr_compress_opts inner = *o;
    inner.part = true;
    hr_scales c = {.o = &inner};
    job j = {.o = &inner, .a = a, .scales = &c, .key = *key, .ask_lossy = true, .may_lose = true};
    outcome r;
    hr_err e = compress_all(&j, text, &r);
    *out = e == HR_OK && r.changed && r.text.n < text.n ? r.text : HR_STR_NONE;
    return e;
}

hr_err hr_compress_text(const hr_compress_opts *o, hr_str text, hr_arena *a, hr_compressed *out)
{
    memset(out, 0, sizeof *out);
    out->text = text;
    out->kind = HR_KIND_TEXT;
    hr_scales c = {.o = o};
    hr_sized before = hr_size_of(o, text);
    out->tokens_before = out->tokens_after = before.estimate;
    out->reason = HR_R_TOO_SMALL;
    if (too_small(&c, &before)) {
        out->tokens_before = out->tokens_after = hr_best_known(&before);
        return HR_OK;
    }
    if (hr_marker_heads_form(text)) {
        out->reason = HR_R_ALREADY_COMPRESSED;
        return HR_OK;
    }
    job j = {.o = o, .a = a, .scales = &c, .key = hr_key_of(text)};
    j.ask_lossy = hr_reaches(&c, &before, o->lossy_min_tokens);
    j.command = hr_command_read(o->tool_name, o->tool_input, a);
    j.may_lose = j.ask_lossy && may_lose(o);
    outcome r = untouched(text, HR_KIND_TEXT, HR_R_ERROR);
    hr_err e = hr_deadline_passed(o->deadline) ? HR_E_TIMEOUT : compress_all(&j, text, &r);
    out->kind = r.kind;
    out->reason = r.reason;
    out->tokens_before = out->tokens_after = hr_best_known(&before);
    if (e != HR_OK) {
        out->reason = e == HR_E_TIMEOUT ? HR_R_TIMEOUT : HR_R_ERROR;
        return e;
    }
    if (!r.changed)
        return HR_OK;
    hr_sized after = hr_size_of(o, r.text);
    /* The last word, whatever the sections promised: not empty, fewer bytes, fewer tokens. */
    if (r.text.n == 0 || r.text.n >= text.n ||
        !hr_at_most(&c, &after, 1.0 - o->min_saving, &before) ||
        (o->min_saving <= 0 && hr_exact(&c, &after) >= hr_exact(&c, &before))) {
        out->reason = HR_R_NO_GAIN;
        out->tokens_before = out->tokens_after = hr_best_known(&before);
        return HR_OK;
    }
    if (before.counted || after.counted) {
        (void)hr_exact(&c, &before);
        (void)hr_exact(&c, &after);
    }
    out->text = r.text;
    out->strategy = r.strategy;
    out->changed = true;
    out->lossy = r.lossy;
    if (r.lossy)
        out->key = j.key;
    out->tokens_before = hr_best_known(&before);
    out->tokens_after = hr_best_known(&after);
    return HR_OK;
}
