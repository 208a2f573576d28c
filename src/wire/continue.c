/* The request that follows a reply whose calls we answer ourselves. The old body is spliced: what
 * the provider has cached of it stays cached. */
#include "wire/wire_impl.h"

typedef struct builder {
    hr_dialect dialect;
    hr_json_doc body;
    const hr_reply *reply;
    const hr_str *results;
    hr_buf add; /* elements to append, separated by commas */
} builder;

static void separate(hr_buf *b)
{
    if (b->n)
        hr_buf_addc(b, ',');
}

static hr_err anthropic(builder *b)
{
    const hr_json_doc *d = &b->reply->doc;
    uint32_t content = hr_json_get(d, 0, HR_STR("content"));
    if (!hr_json_is(d, content, HR_JSON_ARRAY))
        return HR_E_UNSUPPORTED;
    hr_buf_lit(&b->add, "{\"role\":\"assistant\",\"content\":");
    hr_buf_add(&b->add, hr_json_raw(d, content));
    hr_buf_lit(&b->add, "},{\"role\":\"user\",\"content\":[");
    for (size_t i = 0; i < b->reply->ncalls; i++) {
        hr_buf_add(&b->add, i ? HR_STR(",{\"type\":\"tool_result\",\"tool_use_id\":")
                              : HR_STR("{\"type\":\"tool_result\",\"tool_use_id\":"));
        hr_json_quote(&b->add, b->reply->calls[i].id);
        hr_buf_lit(&b->add, ",\"content\":");
        hr_json_quote(&b->add, b->results[i]);
        hr_buf_addc(&b->add, '}');
    }
    hr_buf_lit(&b->add, "]}");
    return HR_OK;
}

static hr_err chat(builder *b)
{
    const hr_json_doc *d = &b->reply->doc;
    uint32_t choices = hr_json_get(d, 0, HR_STR("choices"));
    uint32_t message = hr_json_get(d, hr_json_at(d, choices, 0), HR_STR("message"));
    if (!hr_json_is(d, message, HR_JSON_OBJECT) || d->nodes[choices].count != 1)
        return HR_E_UNSUPPORTED;
    hr_buf_add(&b->add, hr_json_raw(d, message));
    for (size_t i = 0; i < b->reply->ncalls; i++) {
        hr_buf_lit(&b->add, ",{\"role\":\"tool\",\"tool_call_id\":");
        hr_json_quote(&b->add, b->reply->calls[i].id);
        hr_buf_lit(&b->add, ",\"content\":");
        hr_json_quote(&b->add, b->results[i]);
        hr_buf_addc(&b->add, '}');
    }
    return HR_OK;
}

/* Without storage at the provider a reasoning item can be sent back only in its encrypted form. */
static bool lost_reasoning(const builder *b, uint32_t item)
{
    const hr_json_doc *d = &b->reply->doc;
    if (!hr_json_is(&b->body, hr_json_get(&b->body, 0, HR_STR("store")), HR_JSON_FALSE))
        return false;
    uint32_t type = hr_json_get(d, item, HR_STR("type"));
    if (!hr_str_eq(hr_json_raw(d, type), HR_STR("\"reasoning\"")))
        return false;
    uint32_t sealed = hr_json_get(d, item, HR_STR("encrypted_content"));
    return !hr_json_is(d, sealed, HR_JSON_STRING) || hr_json_raw(d, sealed).n <= 2;
}

static hr_err responses(builder *b)
{
    const hr_json_doc *d = &b->reply->doc;
    uint32_t conversation = hr_json_get(&b->body, 0, HR_STR("conversation"));
    if ((conversation != HR_JSON_ABSENT && !hr_json_is(&b->body, conversation, HR_JSON_NULL)) ||
        hr_json_get_true(&b->body, 0, HR_STR("background")))
        return HR_E_UNSUPPORTED;
    uint32_t output = hr_json_get(d, 0, HR_STR("output"));
    if (!hr_json_is(d, output, HR_JSON_ARRAY))
        return HR_E_UNSUPPORTED;
    for (HR_WIRE_EACH(item, d, output)) {
        if (lost_reasoning(b, item))
            continue;
        separate(&b->add);
        hr_buf_add(&b->add, hr_json_raw(d, item));
    }
    for (size_t i = 0; i < b->reply->ncalls; i++) {
        separate(&b->add);
        hr_buf_lit(&b->add, "{\"type\":\"function_call_output\",\"call_id\":");
        hr_json_quote(&b->add, b->reply->calls[i].id);
        hr_buf_lit(&b->add, ",\"output\":");
        hr_json_quote(&b->add, b->results[i]);
        hr_buf_addc(&b->add, '}');
    }
    return HR_OK;
}

/* Puts the new elements behind the old ones. */
static hr_err append(const builder *b, hr_arena *a, hr_str *next)
{
    const hr_json_doc *d = &b->body;
    hr_str add = hr_str_dup(a, hr_buf_str(&b->add));
    hr_splice s;
    hr_err e = HR_OK;
    uint32_t list = hr_wire_list(b->dialect, d);
    if (!add.p)
        return HR_E_NOMEM;
    hr_splice_init(&s, d->src);
    if (hr_json_is(d, list, HR_JSON_ARRAY)) {
        size_t at = d->nodes[list].end - 1;
        if (d->nodes[list].count)
            e = hr_splice_add(&s, a, at, at, HR_STR(","));
        if (e == HR_OK)
            e = hr_splice_add(&s, a, at, at, add);
    } else if (b->dialect != HR_DIALECT_OPENAI_RESPONSES) {
        return HR_E_TYPE;
    } else if (hr_json_is(d, list, HR_JSON_STRING)) {
        hr_str tail = hr_strf(a, "},%.*s]", HR_FMT(add));
        e = tail.p ? hr_splice_add(&s, a, d->nodes[list].start, d->nodes[list].start,
                                   HR_STR("[{\"role\":\"user\",\"content\":"))
                   : HR_E_NOMEM;
        if (e == HR_OK)
            e = hr_splice_add(&s, a, d->nodes[list].end, d->nodes[list].end, tail);
    } else if (hr_json_is(d, list, HR_JSON_NULL) && list != HR_JSON_ABSENT) {
        hr_str whole = hr_strf(a, "[%.*s]", HR_FMT(add));
        e = whole.p ? hr_splice_add(&s, a, d->nodes[list].start, d->nodes[list].end, whole)
                    : HR_E_NOMEM;
    } else if (list == HR_JSON_ABSENT) {
        size_t at = d->nodes[0].end - 1;
        hr_str whole = hr_strf(a, "%s\"input\":[%.*s]", d->nodes[0].count ? "," : "", HR_FMT(add));
        e = whole.p ? hr_splice_add(&s, a, at, at, whole) : HR_E_NOMEM;
    } else {
        return HR_E_TYPE;
    }
    return e != HR_OK ? e : hr_splice_join(&s, a, next);
}

hr_err hr_wire_continue(hr_dialect dialect, hr_str body, const hr_reply *reply,
                        const hr_str *results, hr_arena *a, hr_str *next)
{
    builder b = {.dialect = dialect, .reply = reply, .results = results, .add = HR_BUF_INIT(0)};
    *next = HR_STR_NONE;
    if (reply->ncalls == 0 || reply->is_error)
        return HR_E_UNSUPPORTED;
    for (size_t i = 0; i < reply->ncalls; i++) {
        if (!reply->calls[i].function)
            return HR_E_UNSUPPORTED;
    }
    hr_errpos pos = hr_json_scan(a, body, 0, &b.body);
    if (pos.code != HR_OK)
        return pos.code;
    if (!hr_json_is(&b.body, 0, HR_JSON_OBJECT))
        return HR_E_TYPE;
    hr_err e = dialect == HR_DIALECT_ANTHROPIC     ? anthropic(&b)
               : dialect == HR_DIALECT_OPENAI_CHAT ? chat(&b)
                                                   : responses(&b);
    if (e == HR_OK)
        e = b.add.err;
    if (e == HR_OK)
        e = append(&b, a, next);
    hr_buf_free(&b.add);
    return e;
}
