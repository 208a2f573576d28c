/* Reading a request: what all dialects have in common. */
#include "wire/wire_impl.h"

/* --- texts ---------------------------------------------------------------------------------- */

hr_str hr_rd_text(hr_wire_reader *rd, uint32_t node)
{
    if (!hr_json_is(rd->d, node, HR_JSON_STRING))
        return HR_STR_NONE;
    hr_str s = hr_json_text(rd->d, node, rd->a);
    if (!s.p)
        rd->err = HR_E_NOMEM;
    return s;
}

hr_str hr_rd_member(hr_wire_reader *rd, uint32_t obj, hr_str key)
{
    return hr_rd_text(rd, hr_json_get(rd->d, obj, key));
}

void hr_rd_push(hr_wire_reader *rd, hr_texts *list, hr_str text)
{
    hr_str *slot = hr_vec_push(list, rd->a);
    if (slot)
        *slot = text;
    else
        rd->err = HR_E_NOMEM;
}

void hr_rd_push_content(hr_wire_reader *rd, hr_texts *list, uint32_t content)
{
    if (hr_json_is(rd->d, content, HR_JSON_STRING)) {
        hr_rd_push(rd, list, hr_rd_text(rd, content));
    } else if (hr_json_is(rd->d, content, HR_JSON_ARRAY)) {
        for (HR_WIRE_EACH(part, rd->d, content)) {
            uint32_t text = hr_json_get(rd->d, part, HR_STR("text"));
            hr_rd_breakpoint(rd, part);
            if (hr_json_is(rd->d, text, HR_JSON_STRING))
                hr_rd_push(rd, list, hr_rd_text(rd, text));
        }
    }
}

hr_str hr_wire_join(const hr_texts *parts, hr_arena *a, hr_err *err)
{
    size_t total = 0;
    if (parts->n == 0)
        return HR_STR_NONE;
    if (parts->n == 1)
        return parts->p[0];
    for (size_t i = 0; i < parts->n; i++)
        total += parts->p[i].n + 1;
    char *p = hr_alloc(a, total), *q = p;
    if (!p) {
        *err = HR_E_NOMEM;
        return HR_STR_NONE;
    }
    for (size_t i = 0; i < parts->n; i++) {
        if (i)
            *q++ = '\n';
        if (parts->p[i].n)
            memcpy(q, parts->p[i].p, parts->p[i].n);
        q += parts->p[i].n;
    }
    return hr_str_of(p, (size_t)(q - p));
}

bool hr_wire_only_reminders(hr_str text)
{
    static const char *const tags[][2] = {
        {"<system-reminder>", "</system-reminder>"},
        {"<environment_context>", "</environment_context>"},
        {"<user_instructions>", "</user_instructions>"},
    };
    bool any = false;
    for (;;) {
        text = hr_str_trim(text);
        if (text.n == 0)
            return any;
        size_t i = 0, n = sizeof(tags) / sizeof(*tags);
        while (i < n && !hr_str_starts(text, hr_cstr(tags[i][0])))
            i++;
        if (i == n)
            return false;
        size_t at = hr_str_find(text, hr_cstr(tags[i][1]));
        if (at == SIZE_MAX)
            return false;
        text = hr_str_sub(text, at + strlen(tags[i][1]), text.n);
        any = true;
    }
}

/* --- what the dialects report --------------------------------------------------------------- */

bool hr_rd_breakpoint(hr_wire_reader *rd, uint32_t obj)
{
    uint32_t c = hr_json_get(rd->d, obj, HR_STR("cache_control"));
    if (!hr_json_is(rd->d, c, HR_JSON_OBJECT))
        return false;
    rd->r->has_cache_control = true;
    return true;
}

void hr_rd_call(hr_wire_reader *rd, hr_str id, hr_str name, hr_str input)
{
    hr_past_call *c = hr_vec_push(&rd->calls, rd->a);
    hr_map_entry *e = c ? hr_map_put(&rd->by_id, id, NULL) : NULL;
    if (!e) {
        rd->err = HR_E_NOMEM;
        return;
    }
    *c = (hr_past_call){rd->message, id, name, input};
    e->value = rd->calls.n - 1; /* ids that are used again: the latest call counts */
}

void hr_rd_result_of(hr_wire_reader *rd, hr_str call_id, hr_block *like)
{
    like->role = HR_BLOCK_TOOL_RESULT;
    like->call_id = call_id;
    const hr_map_entry *e = hr_map_get(&rd->by_id, call_id);
    if (e) {
        like->call = (uint32_t)e->value + 1;
        like->tool_name = rd->calls.p[e->value].name;
        like->tool_input = rd->calls.p[e->value].input;
    }
}

void hr_rd_block(hr_wire_reader *rd, uint32_t text, const hr_block *like)
{
    if (!hr_json_is(rd->d, text, HR_JSON_STRING))
        return;
    hr_block *b = hr_vec_push(&rd->blocks, rd->a);
    if (!b) {
        rd->err = HR_E_NOMEM;
        return;
    }
    *b = *like;
    b->message = rd->message;
    b->start = rd->d->nodes[text].start;
    b->end = rd->d->nodes[text].end;
    b->text = hr_rd_text(rd, text);
}

void hr_rd_user_message(hr_wire_reader *rd)
{
    if (rd->first_user_at < 0)
        rd->first_user_at = rd->message;
}

void hr_rd_user_text(hr_wire_reader *rd, uint32_t text, bool breakpoint)
{
    if (!hr_json_is(rd->d, text, HR_JSON_STRING))
        return;
    hr_rd_block(rd, text, &(hr_block){.role = HR_BLOCK_USER_TEXT, .breakpoint = breakpoint});
    if (rd->err != HR_OK)
        return;
    hr_str s = rd->blocks.p[rd->blocks.n - 1].text;
    if (rd->first_user_at == rd->message)
        hr_rd_push(rd, &rd->first_user, s);
    if (hr_wire_only_reminders(s)) {
        hr_rd_notice(rd, text);
        return;
    }
    if (rd->last_user_at != rd->message)
        rd->last_user.n = 0;
    rd->last_user_at = rd->message;
    hr_rd_push(rd, &rd->last_user, s);
}

/* mcp__<server>__headroom_retrieve as a word of its own. */
static bool lists_retrieve_tool(hr_str s)
{
    const hr_str name = HR_STR("__headroom_retrieve");
    for (;;) {
        size_t at = hr_str_find(s, name);
        if (at == SIZE_MAX)
            return false;
        size_t from = at, to = at + name.n;
        while (from > 0 &&
               (hr_is_alnum(s.p[from - 1]) || s.p[from - 1] == '_' || s.p[from - 1] == '-'))
            from--;
        hr_str word = hr_str_sub(s, from, at);
        /* Behind an escaped line end the n of \n looks like part of the word. */
        bool escaped = from > 0 && s.p[from - 1] == '\\';
        bool ends = to == s.n || !(hr_is_alnum(s.p[to]) || s.p[to] == '_');
        if (ends && hr_str_starts(hr_str_sub(word, escaped ? 1 : 0, word.n), HR_STR("mcp__")))
            return true;
        s = hr_str_sub(s, to, s.n);
    }
}

void hr_rd_notice(hr_wire_reader *rd, uint32_t content)
{
    if (content != HR_JSON_ABSENT && lists_retrieve_tool(hr_json_raw(rd->d, content)))
        rd->r->has_retrieve_tool = true;
}

/* --- the whole request ---------------------------------------------------------------------- */

uint32_t hr_wire_list(hr_dialect d, const hr_json_doc *doc)
{
    uint32_t list = HR_JSON_ABSENT;
    if (d == HR_DIALECT_OPENAI_RESPONSES)
        list = hr_json_get(doc, 0, HR_STR("input"));
    return list != HR_JSON_ABSENT ? list : hr_json_get(doc, 0, HR_STR("messages"));
}

static void read_ids(hr_wire_reader *rd)
{
    hr_wire_request *r = rd->r;
    uint32_t holder = 0;
    hr_str key = HR_STR("user");
    if (r->dialect == HR_DIALECT_ANTHROPIC) {
        holder = hr_json_get(rd->d, 0, HR_STR("metadata"));
        key = HR_STR("user_id");
    }
    r->user_id = hr_rd_member(rd, holder, key);
    if (r->dialect == HR_DIALECT_ANTHROPIC)
        return;
    r->prompt_cache_key = hr_rd_member(rd, 0, HR_STR("prompt_cache_key"));
    uint32_t meta = hr_json_get(rd->d, 0, HR_STR("client_metadata"));
    r->thread_id = hr_rd_member(rd, meta, HR_STR("thread_id"));
}

static void finish(hr_wire_reader *rd)
{
    hr_wire_request *r = rd->r;
    r->system_text = hr_wire_join(&rd->system, rd->a, &rd->err);
    r->tool_names = hr_wire_join(&rd->tool_names, rd->a, &rd->err);
    r->first_user_text = hr_wire_join(&rd->first_user, rd->a, &rd->err);
    r->last_user_text = hr_wire_join(&rd->last_user, rd->a, &rd->err);
    r->blocks = rd->blocks.p;
    r->nblocks = rd->blocks.n;
    r->calls = rd->calls.p;
    r->ncalls = rd->calls.n;
    for (size_t i = 0; i < r->nblocks; i++)
        r->blocks[i].live = (int64_t)r->blocks[i].message > rd->last_assistant;
}

static bool list_ok(const hr_wire_request *r, uint32_t list)
{
    switch (hr_json_type_of(&r->doc, list)) {
    case HR_JSON_ARRAY:
        return true;
    case HR_JSON_STRING:
    case HR_JSON_NULL: /* Responses may have no input, only an earlier response's id */
        return r->dialect == HR_DIALECT_OPENAI_RESPONSES;
    default:
        return false;
    }
}

hr_errpos hr_wire_read(hr_dialect d, hr_str body, hr_arena *a, hr_wire_request *out)
{
    *out = (hr_wire_request){.dialect = d};
    hr_errpos e = hr_json_scan(a, body, 0, &out->doc);
    if (e.code != HR_OK)
        return e;
    const hr_json_doc *doc = &out->doc;
    uint32_t list = hr_wire_list(d, doc);
    bool array = hr_json_is(doc, list, HR_JSON_ARRAY);
    if (!hr_json_is(doc, 0, HR_JSON_OBJECT))
        return (hr_errpos){HR_E_TYPE, doc->nodes[0].start};
    if (!list_ok(out, list))
        return (hr_errpos){HR_E_TYPE, list == HR_JSON_ABSENT ? 0 : doc->nodes[list].start};
    if (array && doc->nodes[list].count > HR_WIRE_MAX_MESSAGES)
        return (hr_errpos){HR_E_LIMIT, doc->nodes[list].start};

    hr_wire_reader rd = {.r = out,
                         .d = doc,
                         .a = a,
                         .last_assistant = -1,
                         .first_user_at = -1,
                         .last_user_at = -1,
                         .leading = true};
    hr_map_init(&rd.by_id, a);
    out->model = hr_rd_member(&rd, 0, HR_STR("model"));
    out->stream = hr_json_get_true(doc, 0, HR_STR("stream"));
    out->nmessages = array ? doc->nodes[list].count : hr_json_is(doc, list, HR_JSON_STRING);
    hr_rd_breakpoint(&rd, 0); /* Anthropic: automatic caching */
    read_ids(&rd);
    uint32_t tools = hr_json_get(doc, 0, HR_STR("tools"));
    if (hr_json_is(doc, tools, HR_JSON_ARRAY) && doc->nodes[tools].count)
        out->tools_end = doc->nodes[tools].end - 1;
    hr_rd_tools(&rd, tools);
    switch (d) {
    case HR_DIALECT_ANTHROPIC:
        hr_rd_anthropic(&rd, list);
        break;
    case HR_DIALECT_OPENAI_CHAT:
        hr_rd_chat(&rd, list);
        break;
    case HR_DIALECT_OPENAI_RESPONSES:
        hr_rd_responses(&rd, list);
        break;
    }
    finish(&rd);
    return (hr_errpos){rd.err, 0};
}
