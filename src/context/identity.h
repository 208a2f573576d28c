/* identity: which agent sent a request, which conversation it belongs to, and what kind of request
 * it is. Decided from what real agents send (headers first, then the body), never from the whole
 * front of the prompt: dates, git status and tool lists change between processes.
 *
 * The key selects memory only. Several lineages under one key (title requests, compaction) are
 * normal: decisions are found by block content. Pure; results live in the arena.
 */
#ifndef HR_CONTEXT_IDENTITY_H
#define HR_CONTEXT_IDENTITY_H

#include "wire/wire.h"

/* How the caller pays: decides whether a tool may be added to its request. */
typedef enum hr_auth_mode { HR_AUTH_PAYG, HR_AUTH_OAUTH, HR_AUTH_SUBSCRIPTION } hr_auth_mode;

typedef enum hr_agent {
    HR_AGENT_UNKNOWN,
    HR_AGENT_CLAUDE_CODE,
    HR_AGENT_CODEX,
    HR_AGENT_OPENCODE,
    HR_AGENT_GEMINI_CLI,
    HR_AGENT_OTHER, /* known by name only: cursor, zed, copilot, … */
} hr_agent;

typedef struct hr_identity {
    hr_agent agent;
    hr_str client; /* "claude-code", "codex", "cursor", …; empty when unknown */
    hr_auth_mode auth;
    hr_str conversation; /* key: 32 hex digits, stable for the conversation's life */
    hr_str credential;   /* 16 hex digits of a hash of the credential, for keys and limits */
    bool side;           /* title, router, commit message …: no tools offered by a known agent, or
                          * a summary that is made without using them */
    bool local_shell;    /* the agent runs its shell on the user's machine */
} hr_identity;

hr_auth_mode hr_auth_mode_of(hr_headers h);
/* Client name from x-client or the user agent; empty when not recognised. */
hr_str hr_client_of(hr_headers h);
/* Sixteen hex digits naming the caller's credential (never the credential itself). */
hr_str hr_credential_of(hr_headers h, hr_arena *a);
void hr_identify(hr_headers h, const hr_wire_request *r, hr_arena *a, hr_identity *out);

#endif
