#include "engine/setup.h"

#include "engine/paths.h"

#include <unistd.h>

/* A profile is a set of defaults: what was said explicitly stays. */
static void apply_profile(const hr_settings *s, hr_engine_opts *o)
{
    if (hr_str_eq(s->savings_profile, HR_STR("safe")) && !hr_setting_given(s, HR_OPT_lossless_only))
        o->lossless_only = true;
    if (!hr_str_eq(s->savings_profile, HR_STR("agent-90")))
        return;
    if (!hr_setting_given(s, HR_OPT_compress_user_messages))
        o->compress_user_messages = true;
    if (!hr_setting_given(s, HR_OPT_min_tokens))
        o->min_tokens = 120;
    if (!hr_setting_given(s, HR_OPT_lossy_min_tokens))
        o->lossy_min_tokens = 250;
    if (!hr_setting_given(s, HR_OPT_max_items))
        o->max_items = 8;
    if (!hr_setting_given(s, HR_OPT_protect_recent))
        o->protect_recent = 2;
    if (!hr_setting_given(s, HR_OPT_target_ratio))
        o->target_ratio = 0.10;
}

hr_engine_opts hr_engine_opts_of(const hr_settings *s)
{
    hr_engine_opts o = hr_engine_defaults();
    o.optimize = s->optimize;
    o.offer_tool = s->ccr_inject_tool && s->ccr_responses;
    o.markers = s->ccr_marker;
    o.lossless_only = s->lossless_only;
    o.compaction = hr_compaction_named(s->compaction_format);
    o.compress_user_messages = s->compress_user_messages;
    o.code_aware = s->code_aware;
    o.protect_recent = (size_t)s->protect_recent;
    o.protect_analysis_context = s->protect_analysis_context;
    o.freeze_old = hr_str_eq(s->mode, HR_STR("cache"));
    o.references = s->references;
    o.reference_reads = s->reference_reads;
    o.compress_stale = s->compress_stale;
    o.compress_superseded = s->compress_superseded;
    o.shell_retrieve = hr_on_path(environ) && !s->stateless;
    o.protect_tools = s->protect_tool_results;
    o.exclude_tools = s->exclude_tools;
    o.min_tokens = (size_t)s->min_tokens;
    o.max_items = (size_t)s->max_items;
    o.lossy_min_tokens = (size_t)s->lossy_min_tokens;
    o.target_ratio = s->target_ratio;
    o.tool_profiles = s->tool_profiles;
    apply_profile(s, &o);
    o.deadline_ms = (uint32_t)(s->compression_timeout_seconds * 1000);
    bool memory = s->stateless || hr_str_eq(s->ccr_backend, HR_STR("memory"));
    o.store.path = memory ? HR_STR_NONE : s->ccr_sqlite_path;
    o.store.ttl_s = s->ccr_ttl_seconds;
    o.store.max_bytes = (uint64_t)s->ccr_max_bytes;
    return o;
}

bool hr_on_path(char *const *envp)
{
    hr_arena a;
    bool found = false;
    hr_arena_init(&a, 64 * 1024);
    for (hr_str rest = hr_env(envp, HR_STR("PATH")), dir;
         !found && hr_str_split(&rest, ':', &dir);) {
        const char *file = dir.n ? hr_zstr(&a, hr_path_join(dir, HR_STR("headroom"), &a)) : NULL;
        found = file && access(file, X_OK) == 0;
    }
    hr_arena_free(&a);
    return found;
}
