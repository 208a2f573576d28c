#include "context/plan.h"

#include "base/vec.h"

static const char *const builtin_excluded[] = {"Read", "Glob", "Grep", "Write", "Edit"};

hr_err hr_policy_excluded(hr_str protect, hr_str exclude, hr_arena *a, const hr_str **out,
                          size_t *n)
{
    HR_VEC(hr_str) v = {0};
    hr_str *slot;
    for (size_t i = 0; i < sizeof(builtin_excluded) / sizeof(*builtin_excluded); i++) {
        if (!(slot = hr_vec_push(&v, a)))
            return HR_E_NOMEM;
        *slot = hr_cstr(builtin_excluded[i]);
    }
    hr_str lists[2] = {protect, exclude};
    for (size_t i = 0; i < 2; i++) {
        for (hr_str rest = lists[i], part; hr_str_split(&rest, ',', &part);) {
            part = hr_str_trim(part);
            if (!part.n)
                continue;
            if (!(slot = hr_vec_push(&v, a)))
                return HR_E_NOMEM;
            *slot = hr_str_dup(a, part);
        }
    }
    *out = v.p;
    *n = v.n;
    return HR_OK;
}

bool hr_policy_excludes(const hr_policy *p, hr_str tool)
{
    for (size_t i = 0; i < p->nexcluded; i++) {
        if (hr_str_glob(p->excluded[i], tool))
            return true;
    }
    return false;
}

const hr_tool_profile *hr_policy_profile(const hr_policy *p, hr_str tool)
{
    for (size_t i = p->nprofiles; i > 0; i--) {
        if (hr_str_glob(p->profiles[i - 1].tool, tool))
            return &p->profiles[i - 1];
    }
    return NULL;
}

bool hr_plan_is_retrieval(const hr_block *b)
{
    hr_str t = b->tool_name;
    return hr_str_ieq(t, HR_STR("headroom_retrieve")) || hr_str_ieq(t, HR_STR("ccr_retrieve")) ||
           hr_str_iends(t, HR_STR("__headroom_retrieve")) ||
           hr_str_has(b->tool_input, HR_STR("headroom retrieve "));
}

hr_reason hr_plan_verdict(const hr_policy *p, const hr_wire_request *r, const hr_block *b,
                          bool everything)
{
    (void)r;
    if (b->role == HR_BLOCK_USER_TEXT && !p->compress_user_messages)
        return HR_R_USER_TEXT;
    if (b->text.n < HR_PLAN_FLOOR)
        return HR_R_TOO_SMALL;
    if (b->role == HR_BLOCK_TOOL_RESULT) {
        if (hr_plan_is_retrieval(b))
            return HR_R_RETRIEVED;
        const hr_tool_profile *t = hr_policy_profile(p, b->tool_name);
        if (hr_policy_excludes(p, b->tool_name) || (t && t->skip))
            return HR_R_EXCLUDED_TOOL;
    }
    if (!everything && !b->live)
        return HR_R_OLD_BLOCK;
    return HR_R_UNDECIDED;
}

bool hr_plan_protects_code(const hr_policy *p, const hr_wire_request *r, const hr_block *b)
{
    if (p->protect_recent && b->message + p->protect_recent >= r->nmessages)
        return true;
    return p->protect_analysis_context && hr_code_wanted_whole(r->last_user_text);
}

hr_sha256 hr_plan_block_key(hr_dialect d, const hr_block *b)
{
    char tag[2] = {(char)('0' + (int)d), (char)('0' + (int)b->role)};
    hr_str parts[5] = {{tag, 2}, b->tool_name, HR_STR("\n"), b->text, HR_STR_NONE};
    return hr_sha256_parts(parts, 4);
}

hr_str hr_plan_query(const hr_wire_request *r, const hr_block *b, hr_arena *a)
{
    hr_str user = hr_str_sub(r->last_user_text, 0, 4096);
    hr_str input = hr_str_sub(b->tool_input, 0, 4096);
    if (!input.n)
        return user;
    if (!user.n)
        return input;
    return hr_strf(a, "%.*s\n%.*s", HR_FMT(user), HR_FMT(input));
}
