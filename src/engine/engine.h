/* engine: libheadroom's heart. Puts text, compress, context, wire and store together.
 *
 * The proxy, the commands and the bindings call only this. All functions may be called from any
 * thread; they block (compression, disk), so the proxy calls them from the work pool.
 */
#ifndef HR_ENGINE_ENGINE_H
#define HR_ENGINE_ENGINE_H

#include "compress/compress.h"
#include "context/identity.h"
#include "store/store.h"
#include "wire/wire.h"

typedef struct hr_engine hr_engine;

typedef struct hr_engine_opts {
    bool optimize;      /* --no-optimize clears it */
    bool offer_tool;    /* --no-ccr-inject-tool / --no-ccr-responses clear it */
    bool markers;       /* --no-ccr-marker clears it: then nothing lossy is done */
    bool lossless_only; /* HEADROOM_LOSSLESS_ONLY */
    bool compress_user_messages;
    bool code_aware;               /* programs in requests may lose bodies of functions … */
    size_t protect_recent;         /* … but not in so many messages at the end */
    bool protect_analysis_context; /* … nor while the user asks about code itself */
    bool freeze_old;               /* --mode cache: old blocks stay, breakpoints or not */
    bool references;               /* repeats of visible lines become references */
    bool reference_reads;          /* in results of protected tools too */
    bool compress_stale;           /* reads of files that were changed later … */
    bool compress_superseded;      /* … or read again, where no provider's cache holds them */
    size_t read_min_bytes;         /* smaller reads stay */
    bool shell_retrieve;           /* `headroom` is on the PATH of agents on this machine */
    hr_str protect_tools;         /* comma list added to Read,Glob,Grep,Write,Edit; globs allowed */
    hr_str exclude_tools;         /* HEADROOM_EXCLUDE_TOOLS: replaces nothing, adds too */
    hr_str tool_profiles;         /* "Bash:aggressive,sql:skip": levels conservative, moderate,
                                     aggressive, skip. A bad list fails opening with HR_E_SYNTAX */
    hr_compaction compaction;     /* HEADROOM_COMPACTION_FORMAT */
    double target_ratio;          /* share of tokens wanted to stay; 0: none */
    size_t min_tokens, max_items; /* 0: compressor defaults */
    size_t lossy_min_tokens;      /* 0: default */
    uint32_t deadline_ms;         /* per request; 0: 25000 */
    hr_store_opts store;
    const hr_clock *clock;
} hr_engine_opts;

hr_engine_opts hr_engine_defaults(void);
/* HR_E_STORE is not fatal: the engine then runs with an in-memory store and says so in the log. */
hr_err hr_engine_open(const hr_engine_opts *o, hr_engine **out);
void hr_engine_close(hr_engine *e);
hr_store *hr_engine_store(hr_engine *e);

/* --- one request on its way to the provider -------------------------------------------------- */

typedef struct hr_turn_in {
    hr_dialect dialect;
    hr_headers headers; /* as the client sent them */
    hr_str body;        /* decoded JSON, borrowed; must outlive the pieces */
    bool bypass;        /* x-headroom-bypass / x-headroom-mode: passthrough */
    bool observe_only;  /* x-headroom-mode: audit, simulate: decide and report, send the received
                           bytes, store nothing */
    bool local_peer;    /* the client runs on this machine */
} hr_turn_in;

typedef struct hr_block_note { /* what happened to one block */
    uint32_t message;
    hr_str tool_name;
    hr_reason reason;
    hr_kind kind;
    uint32_t tokens_before, tokens_after;
    hr_str strategy;
    hr_key key; /* of the original when something was left out; hex[0] == 0 otherwise */
} hr_block_note;

typedef struct hr_turn_out {
    hr_str *pieces; /* the body to forward; pieces borrow in->body and the arena */
    size_t npieces, total;
    bool edited;       /* false: the pieces are the received bytes */
    bool tool_offered; /* our retrieval tool is in the forwarded tools (added by us) */
    bool readable;     /* the body was understood; false: relayed as it is */
    hr_errpos bad;     /* why not readable */
    hr_str model, conversation, agent; /* agent: "claude-code", "codex", "opencode", … or empty */
    bool stream;
    uint32_t nmessages;
    uint64_t tokens_before, tokens_after; /* of the listed blocks */
    uint64_t would_be; /* tokens_after without observe_only; notes and transforms tell of it too */
    hr_block_note *notes;
    size_t nnotes, nchanged;
    hr_str transforms; /* comma list for x-headroom-transforms, may be empty */
} hr_turn_out;

/* Never fails in a way that stops the request: on any trouble the received bytes come back, old
 * decisions still replayed where they can be. */
void hr_engine_turn(hr_engine *e, const hr_turn_in *in, hr_arena *a, hr_turn_out *out);

/* The same request when no worker is free or the deadline is near: only replays what was decided
 * before (no compression, no new tool). Blocks on nothing but the pin look-up. */
void hr_engine_replay(hr_engine *e, const hr_turn_in *in, hr_arena *a, hr_turn_out *out);

/* The provider refused an edited body (400/413) and took the untouched one: from now on this
 * conversation is relayed untouched. */
void hr_engine_quarantine(hr_engine *e, hr_str conversation);

/* --- retrieval rounds (non-streaming replies) ------------------------------------------------ */

/* If the reply of a request with tool_offered asks for originals and for nothing else: *next gets
 * the body of the continuation request and the function returns true. If client tool calls are
 * mixed in, or the calls are not ours, false. */
bool hr_engine_continue(hr_engine *e, hr_dialect d, hr_str forwarded_body, const hr_reply *reply,
                        hr_arena *a, hr_str *next);

/* --- direct use: /v1/compress, SDKs, command line --------------------------------------------- */

typedef struct hr_compress_in {
    hr_str body; /* JSON object: messages, model, token_budget?, config? */
    bool bypass;
} hr_compress_in;

/* Fills *reply with the JSON answer of POST /v1/compress. On bad input HR_E_SYNTAX/TYPE/MISSING and
 * *message says which field and why. HR_E_TIMEOUT, HR_E_STORE otherwise. */
hr_err hr_engine_compress(hr_engine *e, const hr_compress_in *in, hr_arena *a, hr_str *reply,
                          hr_str *message);

/* One text, as the `compress` command does; lossy results are durable before this returns. */
hr_err hr_engine_compress_text(hr_engine *e, hr_compress_opts *o, hr_str text, hr_arena *a,
                               hr_compressed *out);

typedef struct hr_engine_stats {
    uint64_t requests, requests_changed, blocks, blocks_changed, tokens_before, tokens_after;
    uint64_t compress_calls, compress_failures, quarantined;
    uint64_t by_reason[HR_REASON_COUNT];
} hr_engine_stats;
void hr_engine_stats_get(hr_engine *e, hr_engine_stats *out);

#endif
