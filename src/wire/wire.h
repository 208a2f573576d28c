/* wire: the providers' dialects, read as spans over the received body. Nothing is re-serialised.
 *
 * hr_wire_read finds, in one pass over the scanned body, what the rest of the program needs to
 * know: the pieces that may be replaced (as spans of JSON string literals), the tool each belongs
 * to, cache breakpoints, and where a tool could be appended. What it does not understand it does
 * not list, so it is never touched: unknown item types, signed thinking, encrypted reasoning,
 * compaction items, images, audio, files, tool inputs, assistant text.
 *
 * Sans-I/O, pure, thread-safe. All results live in the arena and borrow the body.
 * Formats: docs.anthropic.com Messages API; platform.openai.com Chat Completions and Responses.
 */
#ifndef HR_WIRE_WIRE_H
#define HR_WIRE_WIRE_H

#include "base/hash.h"
#include "text/json.h"
#include "text/splice.h"
#include "wire/headers.h"

typedef enum hr_dialect {
    HR_DIALECT_ANTHROPIC,        /* POST /v1/messages */
    HR_DIALECT_OPENAI_CHAT,      /* POST /v1/chat/completions */
    HR_DIALECT_OPENAI_RESPONSES, /* POST /v1/responses */
} hr_dialect;

typedef enum hr_block_role { HR_BLOCK_TOOL_RESULT, HR_BLOCK_USER_TEXT } hr_block_role;

/* One replaceable text: a JSON string literal of the body. A tool result that is a list of text
 * parts gives one block a part. */
typedef struct hr_block {
    hr_block_role role;
    uint32_t message;    /* index of its message or input item */
    uint32_t start, end; /* the string literal with its quotes: body bytes [start, end) */
    hr_str text;         /* decoded */
    uint32_t call;       /* tool results: the call in `calls` + 1, 0: none in the history */
    hr_str call_id;      /* its id … */
    hr_str tool_name;    /* … and what the call in the history says: name */
    hr_str tool_input;   /* … and arguments as JSON text (Chat, Responses: decoded) */
    bool is_error;       /* the client marked the result as failed */
    bool breakpoint;     /* its block carries cache_control */
    bool live;           /* nothing of the assistant comes after it in the body */
} hr_block;

/* A tool call in the history. */
typedef struct hr_past_call {
    uint32_t message; /* as in hr_block */
    hr_str id, name;
    hr_str input; /* arguments as JSON text (Chat, Responses: decoded) */
} hr_past_call;

typedef struct hr_wire_request {
    hr_dialect dialect;
    hr_json_doc doc;
    hr_str model;
    bool stream;
    uint32_t nmessages;
    hr_block *blocks; /* in prompt order */
    size_t nblocks;
    hr_past_call *calls; /* in prompt order */
    size_t ncalls;

    uint32_t ntools;
    bool has_tools;         /* at least one tool, in `tools` or in an item that brings some */
    uint32_t tools_end;     /* offset of the ']' of `tools`, 0: it is empty or not there */
    bool has_retrieve_tool; /* headroom_retrieve, under any MCP prefix, is offered already, or is
                             * listed in a notice as a tool that can be loaded (mcp__…) */
    bool has_cache_control; /* the client set at least one breakpoint */
    hr_str tool_names;      /* names joined with '\n', in order */
    hr_str shell_tool;      /* name of a tool that runs shell commands, or empty */
    hr_str system_text;     /* system / instructions / leading system or developer messages */
    hr_str first_user_text; /* first user message: its texts joined with '\n' */
    hr_str last_user_text;  /* newest text typed by the user: no tool result, no text that is only
                             * <system-reminder>, <environment_context> or <user_instructions> */
    hr_str user_id;         /* Anthropic metadata.user_id, OpenAI user */
    hr_str prompt_cache_key, thread_id; /* Responses: prompt_cache_key, client_metadata.thread_id */
} hr_wire_request;

/* HR_E_SYNTAX / HR_E_UTF8 / HR_E_DEPTH: the body is no JSON (pos.at says where). HR_E_TYPE: it is
 * no object or its messages / input are of a type the dialect does not have. HR_E_NOMEM, HR_E_LIMIT
 * (more than 10,000 messages). The caller relays such a body untouched or refuses it. */
hr_errpos hr_wire_read(hr_dialect d, hr_str body, hr_arena *a, hr_wire_request *out);

/* The prompt as the provider caches it: tools, system, messages; one hash for each tool and content
 * block, and one for what a message holds besides (tool calls, ids). `cache_control`,
 * string-or-block spelling and key order are ignored; deferred tools are left out. Two requests
 * share a cached prefix as far as their hashes agree. The hashes mean something within this process
 * only. */
hr_err hr_wire_prompt(const hr_wire_request *r, hr_arena *a, uint64_t **hashes, size_t *n);

/* --- the retrieval tool --------------------------------------------------------------------- */

/* Constant JSON of the headroom_retrieve tool in the dialect's form (no leading comma): at most 60
 * tokens. */
hr_str hr_wire_retrieve_tool(hr_dialect d);

/* --- replies -------------------------------------------------------------------------------- */

typedef struct hr_usage {
    bool known;     /* the provider said it */
    uint64_t input; /* uncached input tokens */
    uint64_t cache_read;
    uint64_t cache_write; /* 5-minute and 1-hour writes together */
    uint64_t cache_write_1h;
    uint64_t output;
} hr_usage;

/* A tool call in a finished (non-streaming) reply. */
typedef struct hr_call {
    hr_str id, name, input; /* input: arguments as JSON text */
    bool retrieve;          /* headroom_retrieve or ccr_retrieve, also with an MCP prefix */
    bool function;          /* a plain function call: can be answered by hr_wire_continue */
    hr_str hash; /* argument `hash` (or `reference`) of such a call, lower case; empty when
                  * it is not 12 to 24 hex digits */
} hr_call;

typedef struct hr_reply {
    hr_json_doc doc;
    hr_usage usage;
    hr_call *calls;
    size_t ncalls, nretrieve;
    hr_str model, stop_reason;
    bool is_error; /* an error object instead of an answer */
} hr_reply;

hr_errpos hr_wire_read_reply(hr_dialect d, hr_str body, hr_arena *a, hr_reply *out);

/* The next request of a retrieval round: `body` (as forwarded) with the assistant's message of
 * `reply` as received and one result for each of its calls appended to messages / input. results[i]
 * belongs to reply->calls[i]. Every old byte stays (but a Responses input given as a string becomes
 * a list). HR_E_UNSUPPORTED: nothing to answer, a call that only the client can answer, several
 * choices, or state kept at the provider (`conversation`, `background`). HR_E_TYPE: not such a
 * body. */
hr_err hr_wire_continue(hr_dialect d, hr_str body, const hr_reply *reply, const hr_str *results,
                        hr_arena *a, hr_str *next);
/* The last reply with its usage numbers replaced by the sums (only those present are edited). */
hr_err hr_wire_reply_with_usage(hr_dialect d, const hr_reply *reply, const hr_usage *sum,
                                hr_arena *a, hr_str *body);

/* --- event streams -------------------------------------------------------------------------- */

/* Incremental server-sent-events reader (WHATWG HTML, section 9.2): CR, LF and CRLF; any split.
 * Feed a copy of what is relayed; it keeps at most `limit` bytes of one event and counts what it
 * had to skip. */
typedef struct hr_sse {
    hr_buf line, data; /* an unfinished line, the event's data so far */
    size_t limit;
    hr_str event_name; /* points into `name` */
    char name[64];
    bool last_was_cr, skipping, has_data, started;
    uint64_t events, skipped;
} hr_sse;

typedef void hr_sse_fn(void *ctx, hr_str event, hr_str data);
void hr_sse_init(hr_sse *s, size_t limit);
void hr_sse_free(hr_sse *s);
void hr_sse_feed(hr_sse *s, hr_str bytes, hr_sse_fn *fn, void *ctx);
/* An event has begun and its blank line has not come: what is written next must start with "\n\n".
 */
static inline bool hr_sse_mid_event(const hr_sse *s)
{
    return s->line.n > 0 || s->has_data || s->skipping || s->event_name.n > 0;
}
/* End of the stream: a last event without its blank line is delivered too. */
void hr_sse_end(hr_sse *s, hr_sse_fn *fn, void *ctx);

/* What a copy of a stream tells: usage, how it ended. */
typedef struct hr_stream_tap {
    hr_dialect dialect;
    hr_sse sse;
    hr_usage usage;
    bool finished; /* message_stop, [DONE], response.completed … was seen */
    bool failed;   /* an error event came inside the stream */
    bool saw_call; /* a tool call was seen complete: the client may have run it */
    bool in_call;  /* inside one (Anthropic) */
    uint64_t events;
} hr_stream_tap;

void hr_stream_tap_init(hr_stream_tap *t, hr_dialect d);
void hr_stream_tap_free(hr_stream_tap *t);
void hr_stream_tap_feed(hr_stream_tap *t, hr_str bytes);
void hr_stream_tap_end(hr_stream_tap *t);

/* --- errors in the provider's shape --------------------------------------------------------- */

/* {"type":"error","error":{"type","message"}} or {"error":{"message","type","code"}}. `type` is
 * Anthropic's error type; OpenAI's type and code are derived from the status. The type
 * "invalid_json" is a bad request whose OpenAI code says so. Bytes of `message` that are no UTF-8
 * become U+FFFD. */
hr_str hr_wire_error_body(hr_dialect d, int status, hr_str type, hr_str message, hr_arena *a);
/* The event(s) that end a broken stream in the dialect (see hr_sse_mid_event). */
hr_str hr_wire_error_event(hr_dialect d, hr_str type, hr_str message, hr_arena *a);

#endif
