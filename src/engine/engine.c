#include "engine/call_config.h"
#include "engine/internal.h"

#include "base/log.h"
#include "base/mem.h"
#include "compress/marker.h"

hr_engine_opts hr_engine_defaults(void)
{
    return (hr_engine_opts){
        .optimize = true,
        .offer_tool = true,
        .markers = true,
        .references = true,
        .compress_stale = true,
        .read_min_bytes = 512,
        .code_aware = true,
        .protect_recent = 4,
        .protect_analysis_context = true,
        .deadline_ms = 25000,
        .store = hr_store_defaults(),
        .clock = &hr_clock_system,
    };
}

static hr_err open_store(hr_engine *e)
{
    hr_err err = hr_store_open(&e->o.store, &e->store);
    if (err == HR_OK || e->o.store.path.n == 0)
        return err;
    hr_warn("event=store_unavailable error=%s path=%.*s: originals are kept in memory only",
            hr_err_name(err), HR_FMT(e->o.store.path));
    hr_store_opts memory = e->o.store;
    memory.path = HR_STR_NONE;
    return hr_store_open(&memory, &e->store);
}

hr_err hr_engine_open(const hr_engine_opts *o, hr_engine **out)
{
    hr_engine *e = hr_calloc(1, sizeof(*e));
    if (!e)
        return HR_E_NOMEM;
    e->o = *o;
    if (!e->o.clock)
        e->o.clock = &hr_clock_system;
    if (!e->o.store.clock)
        e->o.store.clock = e->o.clock;
    hr_arena_init(&e->arena, 1 << 20);
    pthread_mutex_init(&e->lock, NULL);
    e->policy.compress_user_messages = o->compress_user_messages;
    e->reads = (hr_reads_policy){o->compress_stale, o->compress_superseded, o->read_min_bytes};
    e->policy.protect_recent = o->protect_recent;
    e->policy.protect_analysis_context = o->protect_analysis_context;
    hr_err err = hr_policy_excluded(o->protect_tools, o->exclude_tools, &e->arena,
                                    &e->policy.excluded, &e->policy.nexcluded);
    if (err == HR_OK)
        err = hr_parse_tool_profiles(o->tool_profiles, &e->arena, &e->policy);
    if (err == HR_OK)
        err = open_store(e);
    if (err != HR_OK) {
        hr_engine_close(e);
        return err;
    }
    *out = e;
    return HR_OK;
}

void hr_engine_close(hr_engine *e)
{
    if (!e)
        return;
    hr_store_close(e->store);
    pthread_mutex_destroy(&e->lock);
    hr_arena_free(&e->arena);
    hr_free(e);
}

hr_store *hr_engine_store(hr_engine *e)
{
    return e->store;
}

hr_compress_opts hr_engine_base_opts(const hr_engine *e, const hr_tokenizer *tok,
                                     hr_retrieve_via via, const hr_deadline *deadline)
{
    hr_compress_opts c = hr_compress_defaults();
    c.tok = tok;
    c.via = e->o.markers ? via : HR_VIA_NONE;
    c.lossless_only = e->o.lossless_only;
    c.compaction = e->o.compaction;
    c.code.allow = e->o.code_aware;
    c.deadline = deadline;
    if (e->o.min_tokens)
        c.min_tokens = e->o.min_tokens;
    if (e->o.max_items)
        c.max_items_after_crush = e->o.max_items;
    if (e->o.lossy_min_tokens)
        c.lossy_min_tokens = e->o.lossy_min_tokens;
    if (e->o.target_ratio > 0)
        hr_apply_target_ratio(e->o.target_ratio, &c);
    return c;
}

/* A marker counts only when its original is really here: words in a file that look like one must
 * not make the file immune. */
static bool carries_live_marker(hr_engine *e, hr_str text)
{
    hr_marker_hit hit;
    for (size_t at = 0, tries = 0; tries < 8 && hr_marker_find(text, at, &hit); tries++) {
        if (hr_store_has(e->store, hit.hash))
            return true;
        at = hit.end;
    }
    return false;
}

void hr_engine_decide(hr_engine *e, const hr_policy *p, const hr_compress_opts *base,
                      const hr_wire_request *r, const hr_block *b, hr_arena *a, hr_decision *d)
{
    if (carries_live_marker(e, b->text)) {
        *d = (hr_decision){.reason = HR_R_ALREADY_COMPRESSED};
        d->tokens_before = d->tokens_after = hr_tokens_estimate(base->tok, b->text);
        return;
    }
    hr_compress_opts o = *base;
    o.query = hr_plan_query(r, b, a);
    o.code.allow = base->code.allow && !hr_plan_protects_code(p, r, b);
    o.tool_name = b->tool_name;
    o.tool_input = b->tool_input;
    const hr_tool_profile *t = hr_policy_profile(p, b->tool_name);
    if (t)
        o.bias *= t->bias;
    hr_compressed c;
    hr_err err = hr_compress_text(&o, b->text, a, &c);
    if (err != HR_OK && err != HR_E_TIMEOUT)
        hr_warn("event=compress_failed error=%s kind=%s bytes=%zu", hr_err_name(err),
                hr_kind_name(c.kind), b->text.n);
    *d = (hr_decision){.reason = c.reason,
                       .kind = c.kind,
                       .replace = err == HR_OK && c.changed,
                       .text = c.text,
                       .strategy = c.strategy,
                       .has_key = c.lossy,
                       .key = c.key,
                       .tokens_before = c.tokens_before,
                       .tokens_after = c.tokens_after};
    if (!d->replace) {
        d->has_key = false;
        d->tokens_after = d->tokens_before;
    }
    pthread_mutex_lock(&e->lock);
    e->stats.compress_calls++;
    e->stats.compress_failures += err != HR_OK;
    pthread_mutex_unlock(&e->lock);
}

hr_read *hr_engine_reads(const hr_reads_policy *p, const hr_compress_opts *base,
                         const hr_wire_request *r, hr_arena *a)
{
    hr_read *reads;
    if (!(p->stale || p->superseded) || base->via == HR_VIA_NONE || base->lossless_only)
        return NULL;
    return hr_reads(r, p, a, &reads) == HR_OK ? reads : NULL;
}

bool hr_engine_take_read(const hr_policy *p, const hr_compress_opts *base, const hr_block *b,
                         const hr_read *read, hr_arena *a, hr_decision *d)
{
    const hr_tool_profile *t = hr_policy_profile(p, b->tool_name);
    if (read->state == HR_READ_FRESH || (t && t->skip))
        return false;
    bool again = read->state == HR_READ_SUPERSEDED;
    hr_key key = hr_key_of(b->text);
    hr_buf m = HR_BUF_INIT(0);
    hr_marker_read(&m, read->path, again, &key, base->via);
    hr_str text = m.err == HR_OK ? hr_str_dup(a, hr_buf_str(&m)) : HR_STR_NONE;
    hr_buf_free(&m);
    size_t before = hr_tokens_count(base->tok, b->text), after = hr_tokens_count(base->tok, text);
    if (!text.p || after >= before)
        return false;
    *d = (hr_decision){.reason = again ? HR_R_READ_SUPERSEDED : HR_R_READ_STALE,
                       .replace = true,
                       .text = text,
                       .strategy = hr_cstr(again ? "read again later" : "file changed later"),
                       .has_key = true,
                       .key = key,
                       .tokens_before = before,
                       .tokens_after = after};
    return true;
}

hr_original hr_engine_original(const hr_block *b, const hr_decision *d, hr_str query)
{
    return (hr_original){.key = d->key,
                         .content = b->text,
                         .tool_name = b->tool_name,
                         .strategy = d->strategy,
                         .query = hr_str_sub(query, 0, 500),
                         .original_tokens = d->tokens_before,
                         .compressed_tokens = d->tokens_after};
}

void hr_engine_count(hr_engine *e, const hr_decision *d, size_t n, bool changed)
{
    pthread_mutex_lock(&e->lock);
    e->stats.requests++;
    e->stats.requests_changed += changed;
    for (size_t i = 0; i < n; i++) {
        e->stats.blocks++;
        e->stats.blocks_changed += d[i].replace;
        e->stats.tokens_before += d[i].tokens_before;
        e->stats.tokens_after += d[i].tokens_after;
        e->stats.by_reason[d[i].reason]++;
    }
    pthread_mutex_unlock(&e->lock);
}

void hr_engine_stats_get(hr_engine *e, hr_engine_stats *out)
{
    pthread_mutex_lock(&e->lock);
    *out = e->stats;
    pthread_mutex_unlock(&e->lock);
}

hr_err hr_engine_compress_text(hr_engine *e, hr_compress_opts *o, hr_str text, hr_arena *a,
                               hr_compressed *out)
{
    hr_deadline own = {e->o.clock, hr_now_ns(e->o.clock) + (uint64_t)e->o.deadline_ms * 1000000u};
    hr_compress_opts within = *o;
    if (!within.deadline && e->o.deadline_ms)
        within.deadline = &own;
    if (carries_live_marker(e, text)) {
        size_t tokens = hr_tokens_count(o->tok, text);
        *out = (hr_compressed){.text = text,
                               .reason = HR_R_ALREADY_COMPRESSED,
                               .tokens_before = tokens,
                               .tokens_after = tokens};
        return HR_OK;
    }
    hr_err err = hr_compress_text(&within, text, a, out);
    if (err != HR_OK || !out->lossy)
        return err;
    hr_original orig = {.key = out->key,
                        .content = text,
                        .tool_name = o->tool_name,
                        .strategy = out->strategy,
                        .query = hr_str_sub(o->query, 0, 500),
                        .original_tokens = out->tokens_before,
                        .compressed_tokens = out->tokens_after};
    hr_store_batch b = {.originals = &orig, .noriginals = 1};
    err = hr_store_commit(e->store, &b, a);
    if (err != HR_OK) { /* no durable original, no lossy text */
        out->text = text;
        out->changed = out->lossy = false;
        out->reason = HR_R_STORE_FAILED;
        out->tokens_after = out->tokens_before;
    }
    return err;
}
