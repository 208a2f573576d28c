#include "context/identity.h"

hr_auth_mode hr_auth_mode_of(hr_headers h)
{
    static const char *const plans[] = {"claude-cli/",     "claude-code/",   "codex-cli/",
                                        "codex_",          "cursor/",        "claude-vscode/",
                                        "github-copilot/", "anthropic-cli/", "antigravity/"};
    hr_str ua = hr_header_get(h, HR_STR("user-agent"));
    for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++) {
        if (hr_str_ifind(ua, hr_cstr(plans[i])) != SIZE_MAX)
            return HR_AUTH_SUBSCRIPTION;
    }
    hr_str auth = hr_header_get(h, HR_STR("authorization"));
    if (hr_str_istarts(auth, HR_STR("bearer "))) {
        hr_str t = hr_str_trim(hr_str_sub(auth, 7, auth.n));
        size_t dots = 0;
        for (size_t i = 0; i < t.n; i++)
            dots += t.p[i] == '.';
        if (hr_str_starts(t, HR_STR("sk-ant-oat")))
            return HR_AUTH_OAUTH;
        if (hr_str_starts(t, HR_STR("sk-")))
            return HR_AUTH_PAYG;
        if (dots >= 2) /* a JWT */
            return HR_AUTH_OAUTH;
    } else if (auth.n) {
        return HR_AUTH_OAUTH; /* SigV4, Basic … */
    }
    return HR_AUTH_PAYG;
}

static const struct client_row {
    const char *mark, *name;
    hr_agent agent;
} clients[] = {
    {"claude-code/", "claude-code", HR_AGENT_CLAUDE_CODE},
    {"claude-cli/", "claude-code", HR_AGENT_CLAUDE_CODE},
    {"claude-vscode/", "claude-vscode", HR_AGENT_CLAUDE_CODE},
    {"anthropic-cli/", "anthropic-cli", HR_AGENT_OTHER},
    {"codex-cli/", "codex", HR_AGENT_CODEX},
    {"codex_", "codex", HR_AGENT_CODEX},
    {"cursor/", "cursor", HR_AGENT_OTHER},
    {"zed/", "zed", HR_AGENT_OTHER},
    {"aider/", "aider", HR_AGENT_OTHER},
    {"droid/", "droid", HR_AGENT_OTHER},
    {"opencode/", "opencode", HR_AGENT_OPENCODE},
    {"github-copilot/", "copilot", HR_AGENT_OTHER},
    {"antigravity/", "antigravity", HR_AGENT_OTHER},
    {"strands-agents/", "strands", HR_AGENT_OTHER},
    {"geminicli", "gemini-cli", HR_AGENT_GEMINI_CLI},
};

static const struct client_row *client_row(hr_headers h)
{
    hr_str ua = hr_header_get(h, HR_STR("user-agent"));
    for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
        if (hr_str_ifind(ua, hr_cstr(clients[i].mark)) != SIZE_MAX)
            return &clients[i];
    }
    if (hr_header_get(h, HR_STR("x-codex-window-id")).n)
        return &clients[4];
    return NULL;
}

hr_str hr_client_of(hr_headers h)
{
    hr_str said = hr_str_trim(hr_header_get(h, HR_STR("x-client")));
    if (said.n)
        return said;
    const struct client_row *row = client_row(h);
    return row ? hr_cstr(row->name) : HR_STR_NONE;
}

static hr_str hex_key(const hr_str *parts, size_t n, size_t digits, hr_arena *a)
{
    hr_sha256 h = hr_sha256_parts(parts, n);
    char *p = hr_alloc(a, digits);
    if (!p)
        return HR_STR_NONE;
    hr_hex(h.b, digits / 2, p);
    return (hr_str){p, digits};
}

hr_str hr_credential_of(hr_headers h, hr_arena *a)
{
    static const char *const names[] = {"x-api-key", "authorization", "api-key", "x-goog-api-key"};
    hr_str v = HR_STR_NONE;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !v.n; i++)
        v = hr_header_get(h, hr_cstr(names[i]));
    if (hr_str_istarts(v, HR_STR("bearer ")))
        v = hr_str_sub(v, 7, v.n);
    return hex_key(&v, 1, 16, a);
}

/* The first user text with what changes from process to process left out: digit runs (dates, times)
 * and everything behind the first 2,000 bytes. */
static hr_str stable_opening(hr_str text, hr_arena *a)
{
    text = hr_str_sub(text, 0, 2000);
    char *p = hr_alloc(a, text.n ? text.n : 1);
    size_t n = 0;
    if (!p)
        return HR_STR_NONE;
    for (size_t i = 0; i < text.n; i++) {
        if (!hr_is_digit(text.p[i]))
            p[n++] = text.p[i];
    }
    return (hr_str){p, n};
}

/* "session_id" inside Claude Code's metadata.user_id, which is JSON text. */
static hr_str claude_session(hr_str user_id, hr_arena *a)
{
    hr_json_doc d;
    hr_str old = HR_STR("_session_");
    if (hr_json_scan(a, user_id, 8, &d).code == HR_OK)
        return hr_json_get_text(&d, 0, HR_STR("session_id"), a);
    size_t at = hr_str_find(user_id, old); /* older spelling: user_…_account_…_session_<uuid> */
    return at == SIZE_MAX ? HR_STR_NONE : hr_str_sub(user_id, at + old.n, user_id.n);
}

static hr_str sub_agent_mark(const hr_wire_request *r)
{
    bool sub = hr_str_has(hr_str_sub(r->system_text, 0, 400), HR_STR("cc_is_subagent=true"));
    return sub ? r->first_user_text : HR_STR_NONE;
}

/* Codex asks for a summary of the conversation with its tools still there, but must get text: what
 * needs a tool to be read would be lost in the summary. */
static bool compaction(hr_headers h)
{
    return hr_str_has(hr_header_get(h, HR_STR("x-codex-turn-metadata")),
                      HR_STR("\"request_kind\":\"compaction\""));
}

void hr_identify(hr_headers h, const hr_wire_request *r, hr_arena *a, hr_identity *out)
{
    const struct client_row *row = client_row(h);
    *out = (hr_identity){.agent = row ? row->agent : HR_AGENT_UNKNOWN,
                         .client = hr_client_of(h),
                         .auth = hr_auth_mode_of(h),
                         .credential = hr_credential_of(h, a)};
    /* Keys issued by hand are stable and keep tenants of a gateway apart. Plan tokens are renewed
     * within a conversation, so they must not be part of its key. */
    hr_str who = out->auth == HR_AUTH_PAYG ? out->credential : HR_STR_NONE;
    hr_str parts[8] = {hr_cstr(row ? row->name : "unknown"), HR_STR("\n"), who, HR_STR("\n")};
    size_t n = 4;
    hr_str asked = hr_str_trim(hr_header_get(h, HR_STR("x-headroom-session-id")));
    hr_str session;

    if (asked.n) {
        parts[n++] = asked;
    } else if (out->agent == HR_AGENT_CLAUDE_CODE) {
        session = hr_header_get(h, HR_STR("x-claude-code-session-id"));
        if (session.n) {
            parts[n++] = session;
            parts[n++] = HR_STR("\n");
            parts[n++] = hr_header_get(h, HR_STR("x-claude-code-agent-id"));
        } else {
            session = claude_session(r->user_id, a);
            parts[n++] = session.n ? session : stable_opening(r->first_user_text, a);
            parts[n++] = HR_STR("\n");
            parts[n++] = sub_agent_mark(r);
        }
    } else if (out->agent == HR_AGENT_CODEX) {
        session = hr_header_get(h, HR_STR("thread-id"));
        parts[n++] = session.n ? session : r->thread_id;
        parts[n++] = HR_STR("\n");
        parts[n++] = hr_header_get(h, HR_STR("x-codex-window-id"));
    } else if (out->agent == HR_AGENT_OPENCODE && hr_header_get(h, HR_STR("x-session-id")).n) {
        parts[n++] = hr_header_get(h, HR_STR("x-session-id"));
        parts[n++] = r->has_tools ? HR_STR("\ntools") : HR_STR("\nno tools");
    } else {
        parts[n++] = stable_opening(r->first_user_text, a);
        parts[n++] = HR_STR("\n");
        parts[n++] = r->has_tools ? HR_STR("tools") : HR_STR("no tools");
    }
    out->conversation = hex_key(parts, n, 32, a);
    out->side = out->agent != HR_AGENT_UNKNOWN && (!r->has_tools || compaction(h));
    out->local_shell = out->agent == HR_AGENT_CLAUDE_CODE || out->agent == HR_AGENT_CODEX ||
                       out->agent == HR_AGENT_OPENCODE || out->agent == HR_AGENT_GEMINI_CLI;
}
