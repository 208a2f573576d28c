#include "engine/call_config.h"

#include "base/log.h"
#include "base/vec.h"

typedef enum kind { SIZE, REAL, FLAG } kind;

#define AT(member) offsetof(hr_compress_opts, member)
typedef struct setting {
    const char *name;
    kind kind;
    size_t at;
    double max;
} setting;

static const setting crusher_fields[] = {
    {"min_tokens_to_crush", SIZE, AT(min_tokens), 1e6},
    {"max_items_after_crush", SIZE, AT(max_items_after_crush), 1e6},
    {"min_items_to_analyze", SIZE, AT(min_items_to_analyze), 1e6},
    {"variance_threshold", REAL, AT(variance_threshold), 100},
    {"relevance_threshold", REAL, AT(relevance_threshold), 1},
    {"lossless_min_savings_ratio", REAL, AT(lossless_min_savings_ratio), 1},
    {"uniqueness_threshold", REAL, AT(uniqueness_threshold), 1},
    {"similarity_threshold", REAL, AT(similarity_threshold), 1},
    {"compaction_core_field_fraction", REAL, AT(core_field_fraction), 1},
    {"compaction_heterogeneous_core_ratio", REAL, AT(heterogeneous_core_ratio), 1},
    {"compaction_max_flatten_inner_keys", SIZE, AT(max_flatten_inner_keys), 1e6},
    {"enabled", FLAG, AT(crush_json), 1},
    {"include_summaries", FLAG, AT(include_summaries), 1},
    {"first_fraction", REAL, AT(first_fraction), 1},
    {"last_fraction", REAL, AT(last_fraction), 1},
    {"preserve_change_points", FLAG, AT(preserve_change_points), 1},
    {"factor_out_constants", FLAG, AT(factor_out_constants), 1},
    {"dedup_identical_items", FLAG, AT(dedup_identical_items), 1},
    {"lossless_only", FLAG, AT(lossless_only), 1},
    {NULL, FLAG, 0, 0},
};

/* Known, checked and without effect: nothing is learned from earlier answers yet, and rows of
 * several kinds share a table instead of being sorted into buckets. Any field of the kind does for
 * the check. */
static const setting idle_crusher_fields[] = {
    {"use_feedback_hints", FLAG, AT(crush_json), 1},
    {"toin_confidence_threshold", REAL, AT(bm25_b), 1},
    {"compaction_min_buckets", SIZE, AT(min_tokens), 1e6},
    {"compaction_max_buckets", SIZE, AT(min_tokens), 1e6},
    {NULL, FLAG, 0, 0},
};

static const setting relevance_fields[] = {
    {"relevance_threshold", REAL, AT(relevance_threshold), 1},
    {"bm25_k1", REAL, AT(bm25_k1), 100},
    {"bm25_b", REAL, AT(bm25_b), 1},
    {NULL, FLAG, 0, 0},
};

/* CodeCompressorConfig. fallback_to_kompress is known and changes nothing: without a grammar a
 * program stays whole. So is ccr_ttl: originals live as long as the store says. */
static const setting code_fields[] = {
    {"target_compression_rate", REAL, AT(code.target_compression_rate), 1},
    {"max_body_lines", SIZE, AT(code.max_body_lines), 1e6},
    {"min_tokens_for_compression", SIZE, AT(code.min_tokens), 1e6},
    {"compress_comments", FLAG, AT(code.compress_comments), 1},
    {"semantic_analysis", FLAG, AT(code.semantic_analysis), 1},
    {"preserve_error_handlers", FLAG, AT(code.preserve_error_handlers), 1},
    {NULL, FLAG, 0, 0},
};

static hr_err wrong(hr_str *message, hr_arena *a, hr_err err, const char *field, const char *takes)
{
    *message = hr_strf(a, "Field `config.%s` must be %s.", field, takes);
    return err;
}

static bool absent(const hr_json_doc *d, uint32_t n)
{
    return n == HR_JSON_ABSENT || hr_json_is(d, n, HR_JSON_NULL);
}

static hr_err set_field(const hr_json_doc *d, uint32_t n, const char *group, const setting *f,
                        hr_arena *a, hr_compress_opts *o, hr_str *message)
{
    double v;
    char *to = (char *)o + f->at;
    hr_str name = hr_strf(a, "%s.%s", group, f->name);
    if (f->kind == FLAG) {
        if (!hr_json_is(d, n, HR_JSON_TRUE) && !hr_json_is(d, n, HR_JSON_FALSE))
            return wrong(message, a, HR_E_TYPE, hr_zstr(a, name), "true or false");
        *(bool *)to = hr_json_is(d, n, HR_JSON_TRUE);
        return HR_OK;
    }
    if (!hr_json_double(d, n, &v) || v < 0 || v > f->max) {
        hr_str takes = hr_strf(a, "a number from 0 to %g", f->max);
        return wrong(message, a, HR_E_RANGE, hr_zstr(a, name), hr_zstr(a, takes));
    }
    if (f->kind == SIZE)
        *(size_t *)to = (size_t)v;
    else
        *(double *)to = v;
    return HR_OK;
}

static hr_err set_fields(const hr_json_doc *d, uint32_t config, const char *group, const setting *f,
                         hr_arena *a, hr_compress_opts *o, hr_str *message)
{
    uint32_t map = hr_json_get(d, config, hr_cstr(group));
    for (; f->name; f++) {
        uint32_t n = hr_json_get(d, map, hr_cstr(f->name));
        hr_err err = absent(d, n) ? HR_OK : set_field(d, n, group, f, a, o, message);
        if (err != HR_OK)
            return err;
    }
    return HR_OK;
}

/* What of a program stays is no choice: asking for less is refused, not ignored. */
static hr_err always_kept(const hr_json_doc *d, uint32_t map, hr_arena *a, hr_str *message)
{
    static const char *const names[] = {"preserve_imports", "preserve_signatures",
                                        "preserve_type_annotations", "preserve_decorators"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t n = hr_json_get(d, map, hr_cstr(names[i]));
        if (absent(d, n) || hr_json_is(d, n, HR_JSON_TRUE))
            continue;
        hr_str name = hr_strf(a, "code_compressor.%s", names[i]);
        return wrong(message, a, HR_E_RANGE, hr_zstr(a, name), "true: these lines always stay");
    }
    return HR_OK;
}

static hr_err code_config(const hr_json_doc *d, uint32_t config, hr_arena *a, hr_compress_opts *o,
                          hr_str *message)
{
    static const struct {
        const char *name;
        hr_docstrings mode;
    } modes[] = {{"first_line", HR_DOCSTRINGS_FIRST_LINE},
                 {"full", HR_DOCSTRINGS_FULL},
                 {"remove", HR_DOCSTRINGS_NONE},
                 {"none", HR_DOCSTRINGS_NONE}};
    hr_err err = set_fields(d, config, "code_compressor", code_fields, a, o, message);
    uint32_t map = hr_json_get(d, config, HR_STR("code_compressor"));
    if (err == HR_OK)
        err = always_kept(d, map, a, message);
    if (err != HR_OK)
        return err;
    uint32_t mode = hr_json_get(d, map, HR_STR("docstring_mode"));
    if (!absent(d, mode)) {
        size_t k = 0, n = sizeof modes / sizeof *modes;
        hr_str name = hr_json_get_text(d, map, HR_STR("docstring_mode"), a);
        while (k < n && !hr_str_eq(name, hr_cstr(modes[k].name)))
            k++;
        if (k == n)
            return wrong(message, a, HR_E_RANGE, "code_compressor.docstring_mode",
                         "full, first_line, remove or none");
        o->code.docstring_mode = modes[k].mode;
    }
    uint32_t hint = hr_json_get(d, map, HR_STR("language_hint"));
    if (!absent(d, hint) && !hr_json_is(d, hint, HR_JSON_STRING))
        return wrong(message, a, HR_E_TYPE, "code_compressor.language_hint",
                     "the name of a language");
    o->code.language_hint = hr_json_get_text(d, map, HR_STR("language_hint"), a);
    if (hr_json_is(d, hr_json_get(d, map, HR_STR("enable_ccr")), HR_JSON_FALSE))
        o->code.allow = false; /* without an original to return to nothing may be left out */
    return HR_OK;
}

/* Who says how many messages are recent and whether the question counts says it for this call. */
static hr_err code_gates(const hr_json_doc *d, uint32_t config, hr_arena *a, hr_policy *p,
                         hr_str *message)
{
    uint32_t recent = hr_json_get(d, config, HR_STR("protect_recent"));
    uint32_t analysis = hr_json_get(d, config, HR_STR("protect_analysis_context"));
    double v = 0;
    if (!absent(d, recent)) {
        if (!hr_json_double(d, recent, &v) || v < 0 || v > 1e6 || v != (double)(size_t)v)
            return wrong(message, a, HR_E_RANGE, "protect_recent", "a number of messages");
        p->protect_recent = (size_t)v;
    }
    if (!absent(d, analysis)) {
        p->protect_analysis_context = hr_json_is(d, analysis, HR_JSON_TRUE);
        if (!p->protect_analysis_context && !hr_json_is(d, analysis, HR_JSON_FALSE))
            return wrong(message, a, HR_E_TYPE, "protect_analysis_context", "true or false");
    }
    return HR_OK;
}

/* Which scorer picks rows for a question. There is one, BM25; the tiers that want a model are
 * accepted, because the SDKs send them by default, and said to be BM25 in the log. */
static hr_err relevance_tier(const hr_json_doc *d, uint32_t n, const char *field, hr_arena *a,
                             hr_str *message)
{
    if (absent(d, n))
        return HR_OK;
    hr_str tier = hr_json_is(d, n, HR_JSON_STRING) ? hr_json_text(d, n, a) : HR_STR_NONE;
    if (hr_str_eq(tier, HR_STR("bm25")))
        return HR_OK;
    if (!hr_str_eq(tier, HR_STR("hybrid")) && !hr_str_eq(tier, HR_STR("embedding")))
        return wrong(message, a, HR_E_RANGE, field, "bm25, hybrid or embedding");
    hr_info("event=relevance_tier asked=%.*s used=bm25 reason=no_embedding_model", HR_FMT(tier));
    return HR_OK;
}

static hr_err crusher_config(const hr_json_doc *d, uint32_t config, hr_arena *a,
                             hr_compress_opts *o, hr_str *message)
{
    uint32_t sc = hr_json_get(d, config, HR_STR("smart_crusher"));
    hr_compress_opts idle = *o;
    hr_err err = set_fields(d, config, "smart_crusher", crusher_fields, a, o, message);
    if (err == HR_OK)
        err = set_fields(d, config, "smart_crusher", idle_crusher_fields, a, &idle, message);
    if (err == HR_OK)
        err = set_fields(d, sc, "relevance", relevance_fields, a, o, message);
    if (err == HR_OK)
        err = relevance_tier(d, hr_json_get(d, sc, HR_STR("relevance_tier")),
                             "smart_crusher.relevance_tier", a, message);
    if (err == HR_OK)
        err = relevance_tier(d, hr_json_path(d, sc, "relevance", "tier", NULL),
                             "smart_crusher.relevance.tier", a, message);
    if (hr_json_is(d, hr_json_get(d, sc, HR_STR("enable_ccr_marker")), HR_JSON_FALSE))
        o->via = HR_VIA_NONE;
    return err;
}

static hr_err preserve_fields(const hr_json_doc *d, uint32_t list, hr_arena *a, hr_compress_opts *o,
                              hr_str *message)
{
    HR_VEC(hr_str) v = {0};
    if (list == HR_JSON_ABSENT || hr_json_is(d, list, HR_JSON_NULL))
        return HR_OK;
    if (!hr_json_is(d, list, HR_JSON_ARRAY))
        return wrong(message, a, HR_E_TYPE, "smart_crusher.preserve_fields", "a list of names");
    for (uint32_t i = HR_JSON_FIRST(d, list); i < d->nodes[list].next; i = d->nodes[i].next) {
        hr_str *slot = hr_json_is(d, i, HR_JSON_STRING) ? hr_vec_push(&v, a) : NULL;
        if (!slot)
            return wrong(message, a, HR_E_TYPE, "smart_crusher.preserve_fields", "a list of names");
        *slot = hr_json_text(d, i, a);
    }
    o->preserve_fields = v.p;
    o->npreserve_fields = v.n;
    return HR_OK;
}

void hr_apply_target_ratio(double ratio, hr_compress_opts *o)
{
    double bias = ratio / 0.3; /* 0.3 is what the defaults aim at */
    o->bias = bias < 0.33 ? 0.33 : bias > 3 ? 3 : bias;
    if (ratio < 0.3)
        o->lossy_margin = 0.9;
}

static hr_tool_profile *add_profile(hr_policy *p, hr_arena *a)
{
    hr_tool_profile *grown = HR_NEW_ARRAY(a, hr_tool_profile, p->nprofiles + 1);
    if (!grown)
        return NULL;
    if (p->nprofiles)
        memcpy(grown, p->profiles, p->nprofiles * sizeof(*grown));
    p->profiles = grown;
    return &grown[p->nprofiles++];
}

hr_err hr_parse_tool_profiles(hr_str list, hr_arena *a, hr_policy *p)
{
    static const struct {
        const char *name;
        double bias;
        bool skip;
    } levels[] = {{"conservative", 1.5, false},
                  {"moderate", 1.0, false},
                  {"aggressive", 0.7, false},
                  {"skip", 1.0, true}};
    for (hr_str rest = list, part; hr_str_split(&rest, ',', &part);) {
        part = hr_str_trim(part);
        size_t colon = hr_str_rfind_char(part, ':');
        if (!part.n)
            continue;
        if (colon == SIZE_MAX || colon == 0)
            return HR_E_SYNTAX;
        hr_str level = hr_str_trim(hr_str_sub(part, colon + 1, part.n));
        size_t k = 0, n = sizeof(levels) / sizeof(*levels);
        while (k < n && !hr_str_ieq(level, hr_cstr(levels[k].name)))
            k++;
        if (k == n)
            return HR_E_SYNTAX;
        hr_tool_profile *t = add_profile(p, a);
        if (!t)
            return HR_E_NOMEM;
        *t = (hr_tool_profile){hr_str_dup(a, hr_str_trim(hr_str_sub(part, 0, colon))),
                               levels[k].bias, levels[k].skip};
    }
    return HR_OK;
}

/* {"Bash": {"skip_compression": true}} */
static hr_err tool_profiles(const hr_json_doc *d, uint32_t map, hr_arena *a, hr_policy *p)
{
    if (!hr_json_is(d, map, HR_JSON_OBJECT))
        return HR_OK;
    for (uint32_t k = HR_JSON_FIRST(d, map); k < d->nodes[map].next; k = d->nodes[k + 1].next) {
        if (!hr_json_get_true(d, k + 1, HR_STR("skip_compression")))
            continue;
        hr_tool_profile *t = add_profile(p, a);
        if (!t)
            return HR_E_NOMEM;
        *t = (hr_tool_profile){hr_json_text(d, k, a), 1.0, true};
    }
    return HR_OK;
}

/* {"enabled": true, "compress_stale": true, "compress_superseded": false, "min_size_bytes": 512} */
static hr_err read_lifecycle(const hr_json_doc *d, uint32_t map, hr_arena *a, hr_reads_policy *p,
                             hr_str *message)
{
    bool enabled = true;
    struct {
        const char *name;
        bool *to;
    } flags[] = {{"compress_stale", &p->stale},
                 {"compress_superseded", &p->superseded},
                 {"enabled", &enabled}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
        uint32_t n = hr_json_get(d, map, hr_cstr(flags[i].name));
        if (hr_json_is(d, n, HR_JSON_TRUE) || hr_json_is(d, n, HR_JSON_FALSE))
            *flags[i].to = hr_json_is(d, n, HR_JSON_TRUE);
        else if (n != HR_JSON_ABSENT && !hr_json_is(d, n, HR_JSON_NULL))
            return wrong(message, a, HR_E_TYPE,
                         hr_zstr(a, hr_strf(a, "read_lifecycle.%s", flags[i].name)),
                         "true or false");
    }
    uint32_t min = hr_json_get(d, map, HR_STR("min_size_bytes"));
    double v;
    if (min != HR_JSON_ABSENT && !hr_json_is(d, min, HR_JSON_NULL)) {
        if (!hr_json_double(d, min, &v) || v < 0 || v > 1e9)
            return wrong(message, a, HR_E_RANGE, "read_lifecycle.min_size_bytes",
                         "a number from 0 to 1e9");
        p->min_bytes = (size_t)v;
    }
    if (!enabled)
        p->stale = p->superseded = false;
    return HR_OK;
}

hr_err hr_call_config(const hr_json_doc *d, uint32_t config, hr_arena *a, hr_compress_opts *o,
                      hr_policy *p, hr_reads_policy *reads, bool *simulate, hr_str *message)
{
    if (config == HR_JSON_ABSENT || hr_json_is(d, config, HR_JSON_NULL))
        return HR_OK;
    if (!hr_json_is(d, config, HR_JSON_OBJECT)) {
        *message = HR_STR("Field `config` must be an object.");
        return HR_E_TYPE;
    }
    *simulate =
        hr_str_eq(hr_json_get_text(d, config, HR_STR("default_mode"), a), HR_STR("simulate"));
    if (hr_json_get_true(d, config, HR_STR("compress_user_messages")))
        p->compress_user_messages = true;
    uint32_t ratio = hr_json_get(d, config, HR_STR("target_ratio"));
    double v;
    if (ratio != HR_JSON_ABSENT && !hr_json_is(d, ratio, HR_JSON_NULL)) {
        if (!hr_json_double(d, ratio, &v) || v <= 0 || v > 1)
            return wrong(message, a, HR_E_RANGE, "target_ratio", "a number above 0 and at most 1");
        hr_apply_target_ratio(v, o);
    }
    uint32_t sc = hr_json_get(d, config, HR_STR("smart_crusher"));
    hr_err err = crusher_config(d, config, a, o, message);
    if (err == HR_OK)
        err = code_config(d, config, a, o, message);
    if (err == HR_OK)
        err = code_gates(d, config, a, p, message);
    if (err != HR_OK)
        return err;
    uint32_t marker = hr_json_path(d, config, "ccr", "inject_retrieval_marker", NULL);
    if (hr_json_is(d, marker, HR_JSON_FALSE))
        o->via = HR_VIA_NONE; /* without a marker nothing may be left out */
    err = tool_profiles(d, hr_json_path(d, config, "tool_crusher", "tool_profiles", NULL), a, p);
    if (err == HR_OK)
        err = tool_profiles(d, hr_json_get(d, config, HR_STR("headroom_tool_profiles")), a, p);
    if (err == HR_OK)
        err =
            read_lifecycle(d, hr_json_get(d, config, HR_STR("read_lifecycle")), a, reads, message);
    if (err == HR_OK)
        err = preserve_fields(d, hr_json_get(d, sc, HR_STR("preserve_fields")), a, o, message);
    return err;
}
