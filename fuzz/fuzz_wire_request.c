/* First byte: dialect. The rest: a request. What is read must point into the body, hash the same
 * twice, and take our tool and new texts without breaking. */
#include "wire/wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_blocks(const hr_wire_request *r, hr_arena *a)
{
    size_t end = 0;
    for (size_t i = 0; i < r->nblocks; i++) {
        const hr_block *b = &r->blocks[i];
        must(b->start >= end && b->start < b->end && b->end <= r->doc.src.n);
        must(b->message < r->nmessages);
        end = b->end;
        hr_json_doc d;
        must(hr_json_scan(a, hr_str_sub(r->doc.src, b->start, b->end), 1, &d).code == HR_OK);
        must(hr_str_eq(hr_json_text(&d, 0, a), b->text));
    }
}

static void check_prompt(const hr_wire_request *r, hr_arena *a)
{
    uint64_t *h, *g;
    size_t n, m;
    must(hr_wire_prompt(r, a, &h, &n) == HR_OK);
    must(hr_wire_prompt(r, a, &g, &m) == HR_OK);
    must(n == m && (n == 0 || memcmp(h, g, n * sizeof(*h)) == 0));
}

static void check_edited(const hr_wire_request *r, hr_arena *a)
{
    hr_splice s;
    hr_str out, tool = hr_wire_retrieve_tool(r->dialect);
    hr_wire_request e;
    bool add = r->tools_end != 0;
    hr_splice_init(&s, r->doc.src);
    for (size_t i = 0; i < r->nblocks; i++)
        must(hr_splice_add(&s, a, r->blocks[i].start, r->blocks[i].end, HR_STR("\"#\"")) == HR_OK);
    must(!add || r->has_tools);
    if (add) {
        must(hr_splice_add(&s, a, r->tools_end, r->tools_end, HR_STR(",")) == HR_OK);
        must(hr_splice_add(&s, a, r->tools_end, r->tools_end, tool) == HR_OK);
    }
    must(hr_splice_join(&s, a, &out) == HR_OK);
    must(hr_wire_read(r->dialect, out, a, &e).code == HR_OK);
    must(e.nblocks == r->nblocks && e.nmessages == r->nmessages);
    must(e.ntools == r->ntools + add);
    must(!add || e.has_retrieve_tool);
    for (size_t i = 0; i < e.nblocks; i++)
        must(hr_str_eq(e.blocks[i].text, HR_STR("#")) && e.blocks[i].live == r->blocks[i].live);
}

static void check_continued(const hr_wire_request *r, hr_arena *a)
{
    static const char *const replies[] = {
        "{\"content\":[{\"type\":\"tool_use\",\"id\":\"i\",\"name\":\"headroom_retrieve\","
        "\"input\":{}}]}",
        "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"i\","
        "\"function\":{\"name\":\"headroom_retrieve\",\"arguments\":\"{}\"}}]}}]}",
        "{\"output\":[{\"type\":\"function_call\",\"call_id\":\"i\",\"name\":"
        "\"headroom_retrieve\",\"arguments\":\"{}\"}]}",
    };
    hr_reply reply;
    hr_str result = HR_STR("r"), next;
    hr_wire_request e;
    must(hr_wire_read_reply(r->dialect, hr_cstr(replies[r->dialect]), a, &reply).code == HR_OK);
    if (hr_wire_continue(r->dialect, r->doc.src, &reply, &result, a, &next) != HR_OK)
        return;
    hr_errpos pos = hr_wire_read(r->dialect, next, a, &e);
    must(pos.code == HR_OK || pos.code == HR_E_LIMIT);
    must(pos.code != HR_OK || (e.nblocks == r->nblocks + 1 && e.blocks[r->nblocks].live));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    hr_arena a;
    hr_wire_request r;
    hr_str body = hr_str_of((const char *)data + 1, size - 1);
    hr_arena_init(&a, 0);
    hr_errpos e = hr_wire_read((hr_dialect)(data[0] % 3), body, &a, &r);
    must(e.at <= body.n);
    if (e.code == HR_OK) {
        check_blocks(&r, &a);
        check_prompt(&r, &a);
        check_edited(&r, &a);
        check_continued(&r, &a);
    }
    hr_arena_free(&a);
    return 0;
}
