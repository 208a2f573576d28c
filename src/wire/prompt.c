/* The prompt as the provider caches it: one hash a piece, in the order the provider renders them
 * (tools, system, messages). A message gives one piece for each content block, because that is
 * where clients append, and one for what else it holds (tool calls, ids). */
#include "wire/wire_impl.h"

typedef struct prompt {
    const hr_wire_request *r;
    const hr_json_doc *d;
    hr_arena *a;
    HR_VEC(uint64_t) hashes;
    hr_err err;
} prompt;

enum { TAG_TOOL = 1, TAG_SYSTEM, TAG_CONTENT, TAG_REST };

static uint64_t mix(uint64_t h, uint64_t v)
{
    uint64_t both[2] = {h, v};
    return hr_hash64(hr_str_of((const char *)both, sizeof(both)));
}

static uint64_t text_hash(prompt *p, uint32_t i)
{
    hr_arena_mark m = hr_arena_save(p->a);
    hr_str s = hr_json_text(p->d, i, p->a);
    if (!s.p)
        p->err = HR_E_NOMEM;
    uint64_t h = mix(HR_JSON_STRING, hr_hash64(s));
    hr_arena_restore(p->a, m);
    return h;
}

/* Members that do not count, in the outermost object only: below it the names may mean anything. */
static bool skipped(prompt *p, uint32_t key, const char *const *skip)
{
    if (!skip)
        return false;
    hr_str name = hr_json_raw(p->d, key);
    name = hr_str_sub(name, 1, name.n - 1);
    for (; *skip; skip++) {
        if (hr_str_eq(name, hr_cstr(*skip)))
            return true;
    }
    return false;
}

/* Order of names does not count: member hashes are added up. The depth is the document's. */
static uint64_t value_hash(prompt *p, uint32_t i, const char *const *skip)
{
    const hr_json_doc *d = p->d;
    uint64_t h = d->nodes[i].type;
    switch (hr_json_type_of(d, i)) {
    case HR_JSON_STRING:
        return text_hash(p, i);
    case HR_JSON_NUMBER:
        return mix(h, hr_hash64(hr_json_raw(d, i)));
    case HR_JSON_ARRAY:
        for (HR_WIRE_EACH(k, d, i))
            h = mix(h, value_hash(p, k, NULL));
        return mix(h, d->nodes[i].count);
    case HR_JSON_OBJECT:
        for (uint32_t k = i + 1; k < d->nodes[i].next; k = d->nodes[k + 1].next) {
            if (!skipped(p, k, skip))
                h += mix(text_hash(p, k), value_hash(p, k + 1, NULL));
        }
        return mix(h, HR_JSON_OBJECT);
    default:
        return mix(h, 0);
    }
}

static const char *const BLOCK_SKIP[] = {"cache_control", NULL};

/* {"type":"text","text":s}, spelled as a string. */
static uint64_t string_block(prompt *p, uint32_t s)
{
    return mix(TAG_CONTENT, text_hash(p, s));
}

static uint64_t block_hash(prompt *p, uint32_t block);

/* A string or a list of blocks, as one hash. */
static uint64_t content_hash(prompt *p, uint32_t content)
{
    const hr_json_doc *d = p->d;
    uint64_t h = TAG_CONTENT;
    if (hr_json_is(d, content, HR_JSON_STRING))
        return mix(h, string_block(p, content));
    if (!hr_json_is(d, content, HR_JSON_ARRAY))
        return value_hash(p, content, NULL);
    for (HR_WIRE_EACH(b, d, content))
        h = mix(h, block_hash(p, b));
    return h;
}

static bool is_text_type(const hr_json_doc *d, uint32_t type)
{
    hr_str t = hr_json_raw(d, type);
    return hr_str_eq(t, HR_STR("\"text\"")) || hr_str_eq(t, HR_STR("\"input_text\""));
}

/* Blocks nest once in practice (a tool result's content); the document bounds the depth. */
static uint64_t block_hash(prompt *p, uint32_t block)
{
    const hr_json_doc *d = p->d;
    uint32_t text = hr_json_get(d, block, HR_STR("text"));
    uint32_t type = hr_json_get(d, block, HR_STR("type"));
    uint32_t content = hr_json_get(d, block, HR_STR("content"));
    bool marked = hr_json_get(d, block, HR_STR("cache_control")) != HR_JSON_ABSENT;
    if (hr_json_is(d, block, HR_JSON_OBJECT) && is_text_type(d, type) &&
        hr_json_is(d, text, HR_JSON_STRING) && d->nodes[block].count == 2u + marked)
        return string_block(p, text);
    if (content == HR_JSON_ABSENT)
        return value_hash(p, block, BLOCK_SKIP);
    static const char *const skip[] = {"cache_control", "content", NULL};
    return mix(value_hash(p, block, skip), content_hash(p, content));
}

static void add(prompt *p, uint64_t tag, uint64_t h)
{
    uint64_t *slot = hr_vec_push(&p->hashes, p->a);
    if (slot)
        *slot = mix(tag, h);
    else
        p->err = HR_E_NOMEM;
}

static void add_content(prompt *p, uint64_t tag, uint32_t content)
{
    const hr_json_doc *d = p->d;
    if (hr_json_is(d, content, HR_JSON_STRING)) {
        add(p, tag, string_block(p, content));
    } else if (hr_json_is(d, content, HR_JSON_ARRAY)) {
        for (HR_WIRE_EACH(b, d, content))
            add(p, tag, block_hash(p, b));
    }
}

static void add_tools(prompt *p)
{
    const hr_json_doc *d = p->d;
    uint32_t tools = hr_json_get(d, 0, HR_STR("tools"));
    if (!hr_json_is(d, tools, HR_JSON_ARRAY))
        return;
    for (HR_WIRE_EACH(t, d, tools)) {
        /* Deferred tools are not part of what the provider caches. */
        if (!hr_json_get_true(d, t, HR_STR("defer_loading")))
            add(p, TAG_TOOL, value_hash(p, t, BLOCK_SKIP));
    }
}

static void add_message(prompt *p, uint32_t m)
{
    const hr_json_doc *d = p->d;
    static const char *const skip[] = {"cache_control", "content", "role", NULL};
    static const char *const skip_typed[] = {"cache_control", "content", "role", "type", NULL};
    uint32_t type = hr_json_get(d, m, HR_STR("type"));
    uint32_t role = hr_json_get(d, m, HR_STR("role"));
    bool responses = p->r->dialect == HR_DIALECT_OPENAI_RESPONSES;
    bool typed = responses && hr_str_eq(hr_json_raw(d, type), HR_STR("\"message\""));
    if (!hr_json_is(d, m, HR_JSON_OBJECT) || (responses && type != HR_JSON_ABSENT && !typed)) {
        add(p, TAG_REST, value_hash(p, m, NULL)); /* an item of another kind */
        return;
    }
    uint64_t tag = mix(TAG_CONTENT, role == HR_JSON_ABSENT ? 0 : value_hash(p, role, NULL));
    add_content(p, tag, hr_json_get(d, m, HR_STR("content")));
    const char *const *names = typed ? skip_typed : skip;
    for (uint32_t k = m + 1; k < d->nodes[m].next; k = d->nodes[k + 1].next) {
        if (!skipped(p, k, names)) { /* anything else: one piece with all of it */
            add(p, mix(TAG_REST, tag), value_hash(p, m, names));
            return;
        }
    }
}

hr_err hr_wire_prompt(const hr_wire_request *r, hr_arena *a, uint64_t **hashes, size_t *n)
{
    prompt p = {.r = r, .d = &r->doc, .a = a};
    const hr_json_doc *d = p.d;
    *hashes = NULL;
    *n = 0;
    /* Room for all pieces first: text is decoded and given back behind it. */
    p.hashes.cap = d->n;
    p.hashes.p = HR_NEW_ARRAY(a, uint64_t, d->n);
    if (!p.hashes.p)
        return HR_E_NOMEM;
    add_tools(&p);
    add_content(&p, TAG_SYSTEM, hr_json_get(d, 0, HR_STR("system")));
    add_content(&p, TAG_SYSTEM, hr_json_get(d, 0, HR_STR("instructions")));
    uint32_t list = hr_wire_list(r->dialect, d);
    if (hr_json_is(d, list, HR_JSON_ARRAY)) {
        for (HR_WIRE_EACH(m, d, list))
            add_message(&p, m);
    } else if (hr_json_is(d, list, HR_JSON_STRING)) {
        add(&p, mix(TAG_CONTENT, mix(HR_JSON_STRING, hr_hash64(HR_STR("user")))),
            string_block(&p, list));
    }
    *hashes = p.hashes.p;
    *n = p.hashes.n;
    return p.err;
}
