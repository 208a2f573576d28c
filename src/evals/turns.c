#include "evals/turns.h"

#include "compress/marker.h"
#include "evals/gen.h"
#include "evals/targets.h"

void hr_turn_through(hr_meter *m, hr_dialect d, hr_str body, hr_sent *out)
{
    *out = (hr_sent){0};
    const hr_turn_in in = {.dialect = d, .body = body, .local_peer = true};
    hr_engine_turn(m->e, &in, m->scratch, &out->out);
    hr_buf b = HR_BUF_INIT(0);
    for (size_t i = 0; i < out->out.npieces; i++)
        hr_buf_add(&b, out->out.pieces[i]);
    out->body = b.err == HR_OK ? hr_str_dup(m->scratch, hr_buf_str(&b)) : HR_STR_NONE;
    hr_buf_free(&b);
    out->aligned = hr_wire_read(d, body, m->scratch, &out->received).code == HR_OK &&
                   hr_wire_read(d, out->body, m->scratch, &out->forwarded).code == HR_OK &&
                   out->received.nblocks == out->forwarded.nblocks;
}

hr_str hr_sent_original(hr_meter *m, const hr_sent *s, size_t i)
{
    hr_entry e;
    hr_err err =
        hr_store_get(hr_engine_store(m->e), hr_key_str(&s->out.notes[i].key), m->scratch, &e);
    return err == HR_OK ? e.content : HR_STR_NONE;
}

bool hr_block_resolves(hr_meter *m, hr_str forwarded, hr_str text)
{
    hr_marker_hit hit;
    for (size_t at = 0; hr_marker_find(forwarded, at, &hit); at = hit.end) {
        hr_entry e;
        if (hr_store_get(hr_engine_store(m->e), hit.hash, m->scratch, &e) == HR_OK &&
            hr_str_eq(e.content, text))
            return true;
    }
    return false;
}

hr_str hr_request_strings(const hr_wire_request *r, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    for (uint32_t i = 0; i < r->doc.n; i++) {
        const hr_json_node *n = &r->doc.nodes[i];
        if (n->type == HR_JSON_STRING && !(n->flags & HR_JSON_KEY)) {
            hr_arena_mark mark = hr_arena_save(a);
            hr_buf_add(&b, hr_json_text(&r->doc, i, a));
            hr_buf_addc(&b, '\n');
            hr_arena_restore(a, mark);
        }
    }
    hr_str s = b.err == HR_OK ? hr_str_dup(a, hr_buf_str(&b)) : HR_STR_NONE;
    hr_buf_free(&b);
    return s;
}

/* Replaced by a form that keeps everything in itself: no original behind it, no reference. */
static bool left_nothing_out(const hr_sent *s, size_t i)
{
    hr_str now = s->forwarded.blocks[i].text;
    return s->out.nnotes == s->received.nblocks && s->out.notes[i].key.hex[0] == 0 &&
           !hr_str_eq(now, s->received.blocks[i].text) &&
           !hr_str_has(now, HR_STR(" left out: the same as lines "));
}

void hr_sent_score(hr_meter *m, hr_suite *s, const hr_sent *sent, hr_str name)
{
    hr_case all = {.tokens = {sent->out.tokens_before, sent->out.tokens_after}};
    hr_case kind[HR_TARGET_COUNT] = {{{0, 0}, {0, 0, 0}, false}};
    hr_seen whole;
    if (!sent->aligned ||
        !hr_seen_init(&whole, hr_request_strings(&sent->forwarded, m->scratch), m->scratch)) {
        s->skipped++;
        return;
    }
    for (size_t i = 0; i < sent->received.nblocks; i++) {
        const hr_block *b = &sent->received.blocks[i], *f = &sent->forwarded.blocks[i];
        hr_arena_mark mark = hr_arena_save(m->scratch);
        hr_targets t;
        hr_seen here;
        if (b->role != HR_BLOCK_TOOL_RESULT)
            continue;
        /* a form that leaves nothing out says in pieces what is not found in one */
        bool back = left_nothing_out(sent, i) || hr_block_resolves(m, f->text, b->text);
        hr_targets_find(b->text, m->scratch, &t);
        hr_seen_init(&here, f->text, m->scratch);
        for (size_t k = 0; k < t.v.n; k++) {
            const hr_target *g = &t.v.p[k];
            bool seen = hr_seen_has(&here, g, m->scratch) || hr_seen_has(&whole, g, m->scratch);
            hr_found found = seen ? HR_FOUND_VISIBLE : back ? HR_FOUND_RETRIEVABLE : HR_FOUND_LOST;
            hr_tally_add(&kind[g->kind].evidence, found);
            hr_tally_add(&all.evidence, found);
            if (found == HR_FOUND_LOST)
                hr_suite_fail(m->r, s, "%.*s: '%.*s' of result %zu is lost", HR_FMT(name),
                              HR_FMT(g->text), i);
        }
        hr_arena_restore(m->scratch, mark);
    }
    all.failed = all.evidence.lost > 0;
    hr_suite_case(m->r, s, &all, NULL, 0);
    for (int k = 0; k < HR_TARGET_COUNT; k++) {
        kind[k].failed = kind[k].evidence.lost > 0;
        hr_suite_in(m->r, s, &kind[k],
                    (hr_label){"kind", hr_cstr(hr_target_name((hr_target_kind)k))});
    }
}

hr_str hr_talk(hr_dialect dialect, uint64_t seed, size_t turns, hr_arena *a)
{
    bool anthropic = dialect == HR_DIALECT_ANTHROPIC;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_add(&b, anthropic
                       ? HR_STR("{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":100,\"tools\":[{"
                                "\"name\":\"fetch\",\"description\":\"Fetch\",\"input_schema\":{"
                                "\"type\":\"object\"}}],\"messages\":[")
                       : HR_STR("{\"model\":\"gpt-4o\",\"tools\":[{\"type\":\"function\","
                                "\"function\":{\"name\":\"fetch\",\"parameters\":{\"type\":"
                                "\"object\"}}}],\"messages\":["));
    hr_buf_addf(&b, "{\"role\":\"user\",\"content\":\"Find out what went wrong in session %llu\"}",
                (unsigned long long)seed);
    for (size_t t = 0; t < turns; t++) {
        hr_doc doc;
        if (!hr_gen_doc(seed * 31 + t, (hr_content)((seed + t) % HR_CONTENT_COUNT), HR_NEEDLE_ERROR,
                        120 + 40 * t, 50, a, &doc))
            break;
        hr_buf_addf(&b,
                    anthropic ? ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\","
                                "\"id\":\"call_%zu\",\"name\":\"fetch\",\"input\":{\"n\":%zu}}]},"
                                "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
                                "\"tool_use_id\":\"call_%zu\",\"content\":"
                              : ",{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":"
                                "\"call_%zu\",\"type\":\"function\",\"function\":{\"name\":"
                                "\"fetch\",\"arguments\":\"{\\\"n\\\":%zu}\"}}]},{\"role\":"
                                "\"tool\",\"tool_call_id\":\"call_%zu\",\"content\":",
                    t, t, t);
        hr_json_quote(&b, doc.text);
        hr_buf_add(&b, anthropic ? HR_STR("}]}") : HR_STR("}"));
    }
    hr_buf_lit(&b, "]}");
    hr_str s = b.err == HR_OK ? hr_str_dup(a, hr_buf_str(&b)) : HR_STR_NONE;
    hr_buf_free(&b);
    return s;
}
