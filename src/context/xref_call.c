/* Tool calls: how they are named, and what was written with them as sources. */
#include "base/utf8.h"
#include "context/xref_impl.h"
#include "text/json.h"

enum {
    LABEL_INPUT = 48,
    INPUT_MAX = 1 << 20, /* bytes of arguments that are read */
    INPUT_DEPTH = 16,
    WORTH_BYTES = 160, /* shorter strings are nothing to point at */
};

static bool read_input(hr_str input, hr_arena *a, hr_json_doc *d)
{
    return input.n <= INPUT_MAX && hr_json_scan(a, input, INPUT_DEPTH, d).code == HR_OK &&
           hr_json_is(d, 0, HR_JSON_OBJECT);
}

/* Words of the request that become part of a line of ours: up to the first control character. */
static hr_str words(hr_str s)
{
    size_t n = 0;
    while (n < s.n && (unsigned char)s.p[n] >= 0x20)
        n++;
    s.n = n > LABEL_INPUT ? hr_utf8_floor(s, LABEL_INPUT) : n;
    return s;
}

/* The first string among the arguments, which names the file or command in every agent's tools. */
static hr_str main_argument(const hr_json_doc *d, hr_arena *a)
{
    static const char *const names[] = {"command",  "cmd",   "file_path", "path",
                                        "filename", "query", "url",       "pattern"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        hr_str v = hr_json_get_text(d, 0, hr_cstr(names[i]), a);
        if (v.n)
            return v;
    }
    return HR_STR_NONE;
}

hr_str hr_xref_label(const char *what, size_t ordinal, hr_str tool_name, hr_str tool_input,
                     hr_arena *a)
{
    hr_json_doc d;
    hr_str arg = HR_STR_NONE;
    if (read_input(tool_input, a, &d))
        arg = words(hr_str_trim(main_argument(&d, a)));
    tool_name = words(tool_name);
    return hr_strf(a, "%s %zu (%.*s%s%.*s)", what, ordinal, HR_FMT(tool_name), arg.n ? ": " : "",
                   HR_FMT(arg));
}

typedef struct adder {
    hr_xref *x;
    const hr_json_doc *d;
    uint32_t id;
    hr_str call; /* label of the call */
} adder;

/* Every long string below node, named by where it stands: "edits[0].newText of tool call 7 (…)". */
static hr_err add_strings(const adder *w, uint32_t node, hr_str path)
{
    const hr_json_doc *d = w->d;
    hr_arena *a = w->x->arena;
    hr_err err = HR_OK;
    size_t k = 0;
    if (hr_json_is(d, node, HR_JSON_STRING) && hr_json_raw(d, node).n > WORTH_BYTES) {
        hr_str text = hr_json_text(d, node, a);
        hr_str label = hr_strf(a, "%.*s of %.*s", HR_FMT(path), HR_FMT(w->call));
        return text.p && label.p ? hr_xref_add(w->x, text, w->id, label) : HR_E_NOMEM;
    }
    if (hr_json_is(d, node, HR_JSON_ARRAY)) {
        for (uint32_t i = HR_JSON_FIRST(d, node); i < d->nodes[node].next && err == HR_OK;
             i = d->nodes[i].next)
            err = add_strings(w, i, hr_strf(a, "%.*s[%zu]", HR_FMT(path), k++));
    } else if (hr_json_is(d, node, HR_JSON_OBJECT)) {
        for (uint32_t i = HR_JSON_FIRST(d, node); i < d->nodes[node].next && err == HR_OK;
             i = d->nodes[i + 1].next) {
            hr_str key = words(hr_json_text(d, i, a));
            err = add_strings(
                w, i + 1, hr_strf(a, "%.*s%s%.*s", HR_FMT(path), path.n ? "." : "", HR_FMT(key)));
        }
    }
    return err;
}

hr_err hr_xref_add_call(hr_xref *x, hr_str tool_name, hr_str tool_input, size_t ordinal,
                        uint32_t id)
{
    hr_json_doc d;
    hr_str label = hr_xref_label("tool call", ordinal, tool_name, tool_input, x->arena);
    if (tool_input.n <= WORTH_BYTES)
        return HR_OK;
    if (!read_input(tool_input, x->arena, &d)) /* custom tools take plain text */
        return hr_xref_add(x, tool_input, id, label);
    return add_strings(&(adder){x, &d, id, label}, 0, HR_STR_NONE);
}
