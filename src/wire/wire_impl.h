/* wire_impl: what the files of this layer share. Not for other layers. */
#ifndef HR_WIRE_WIRE_IMPL_H
#define HR_WIRE_WIRE_IMPL_H

#include "base/map.h"
#include "base/vec.h"
#include "wire/wire.h"

enum { HR_WIRE_MAX_MESSAGES = 10000 };

/* for (HR_WIRE_EACH(i, doc, container)): over the elements of an array. */
#define HR_WIRE_EACH(i, d, c)                                                                      \
    uint32_t i = HR_JSON_FIRST((d), (c));                                                          \
    i < (d)->nodes[(c)].next;                                                                      \
    i = (d)->nodes[i].next

typedef HR_VEC(hr_str) hr_texts;

/* State of one hr_wire_read. Memory trouble is remembered in `err` and ends the read at the end. */
typedef struct hr_wire_reader {
    hr_wire_request *r;
    const hr_json_doc *d;
    hr_arena *a;
    hr_err err;
    HR_VEC(hr_block) blocks;
    HR_VEC(hr_past_call) calls;
    hr_map by_id; /* call id → index into calls */
    hr_texts system, first_user, last_user, tool_names;
    uint32_t message;                                    /* index of the message being read */
    int64_t last_assistant, first_user_at, last_user_at; /* message indexes, -1: none yet */
    bool leading;                                        /* only system messages so far */
} hr_wire_reader;

/* The messages or input of a request; HR_JSON_ABSENT when there is none. */
uint32_t hr_wire_list(hr_dialect d, const hr_json_doc *doc);

/* Decoded string member / node; a failed allocation is noted in rd->err. */
hr_str hr_rd_text(hr_wire_reader *rd, uint32_t node);
hr_str hr_rd_member(hr_wire_reader *rd, uint32_t obj, hr_str key);
void hr_rd_push(hr_wire_reader *rd, hr_texts *list, hr_str text);
/* Text of a string node, or the texts of a list's parts that have a `text`, pushed to list. */
void hr_rd_push_content(hr_wire_reader *rd, hr_texts *list, uint32_t content);
/* Notes cache_control on a block; true when it has one. */
bool hr_rd_breakpoint(hr_wire_reader *rd, uint32_t obj);
void hr_rd_call(hr_wire_reader *rd, hr_str id, hr_str name, hr_str input);
/* A block for string node `text`. `like` has everything but the span, text and message. */
void hr_rd_block(hr_wire_reader *rd, uint32_t text, const hr_block *like);
/* A text in a user message: a block, and part of first / last user text. */
void hr_rd_user_text(hr_wire_reader *rd, uint32_t text, bool breakpoint);
/* The message being read comes from the user. */
void hr_rd_user_message(hr_wire_reader *rd);
/* Fills call_id, tool_name and tool_input of a result from the history. */
void hr_rd_result_of(hr_wire_reader *rd, hr_str call_id, hr_block *like);
/* A client's notice (system message, reminder) may list tools that can be loaded later. */
void hr_rd_notice(hr_wire_reader *rd, uint32_t content);

void hr_rd_anthropic(hr_wire_reader *rd, uint32_t list);
void hr_rd_chat(hr_wire_reader *rd, uint32_t list);
void hr_rd_responses(hr_wire_reader *rd, uint32_t list);
/* Adds a list of tools to what the request offers. */
void hr_rd_tools(hr_wire_reader *rd, uint32_t tools);

/* headroom_retrieve under any prefix an MCP host gives it. */
bool hr_wire_is_headroom_retrieve(hr_str name);
/* A text that consists of blocks like <system-reminder>…</system-reminder> and white space. */
bool hr_wire_only_reminders(hr_str text);
/* The parts joined with '\n'; no copy for a single one. */
hr_str hr_wire_join(const hr_texts *parts, hr_arena *a, hr_err *err);

/* Numbers of a usage object that are there replace those in *u; true when there was any. */
bool hr_wire_usage(hr_dialect d, const hr_json_doc *doc, uint32_t usage, hr_usage *u);

#endif
