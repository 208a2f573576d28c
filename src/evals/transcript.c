/* The user's own conversations, sent turn by turn through the engine as the proxy would.
 *
 * Read are: a JSON array of messages; a request body {"messages":[…]}; JSON lines of such bodies,
 * of {"body":…,"cuts":[…],"needles":[…]}, of messages, or of a Claude Code session (lines with
 * `type` user or assistant and a `message`).
 */
#include "engine/paths.h"
#include "evals/suites.h"
#include "evals/turns.h"

enum { LARGEST = 512 << 20, MOST_TURNS = 400 };

typedef struct talk {
    hr_meter *m;
    hr_suite *s;
    HR_VEC(hr_str) messages; /* raw JSON */
    hr_str head, tail;       /* of the body, around the messages */
    hr_dialect dialect;
    HR_VEC(size_t) cuts; /* messages of each request */
    const hr_json_doc *doc;
    uint32_t needles; /* list of {turn, needle, tool_call_id}, or HR_JSON_ABSENT */
    hr_str name;
    size_t n;
} talk;

static hr_str body_of(const talk *t, size_t messages)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_add(&b, t->head);
    for (size_t i = 0; i < messages; i++) {
        hr_buf_add(&b, i ? HR_STR(",") : HR_STR(""));
        hr_buf_add(&b, t->messages.p[i]);
    }
    hr_buf_add(&b, t->tail);
    hr_str s = b.err == HR_OK ? hr_str_dup(t->m->scratch, hr_buf_str(&b)) : HR_STR_NONE;
    hr_buf_free(&b);
    return s;
}

/* What the assistant quotes at this turn and can only have from a tool result. */
static void quoted(talk *t, const hr_sent *sent, int64_t turn)
{
    hr_arena *a = t->m->scratch;
    hr_case c = {0};
    if (t->needles == HR_JSON_ABSENT)
        return;
    for (uint32_t i = HR_JSON_FIRST(t->doc, t->needles); i < t->doc->nodes[t->needles].next;
         i = t->doc->nodes[i].next) {
        int64_t at;
        hr_str needle = hr_json_get_text(t->doc, i, HR_STR("needle"), a);
        hr_str call = hr_json_get_text(t->doc, i, HR_STR("tool_call_id"), a);
        if (!hr_json_int(t->doc, hr_json_get(t->doc, i, HR_STR("turn")), &at) || at != turn ||
            !needle.n)
            continue;
        hr_found found = hr_needle_in(sent->body, needle) ? HR_FOUND_VISIBLE : HR_FOUND_LOST;
        for (size_t k = 0; found == HR_FOUND_LOST && sent->aligned && k < sent->received.nblocks;
             k++) {
            const hr_block *b = &sent->received.blocks[k];
            if (hr_str_eq(b->call_id, call) && hr_needle_in(b->text, needle) &&
                hr_block_resolves(t->m, sent->forwarded.blocks[k].text, b->text))
                found = HR_FOUND_RETRIEVABLE;
        }
        hr_tally_add(&c.evidence, found);
        if (found == HR_FOUND_LOST)
            hr_suite_fail(t->m->r, t->s, "%.*s: '%.*s', quoted at turn %lld, is lost",
                          HR_FMT(t->name), HR_FMT(needle), (long long)turn);
    }
    c.failed = c.evidence.lost > 0;
    if (hr_tally_total(&c.evidence))
        hr_suite_in(t->m->r, t->s, &c, (hr_label){"kind", HR_STR("quoted later")});
}

static void replay(talk *t)
{
    hr_arena_mark mark = hr_arena_save(t->m->scratch);
    hr_sent sent;
    if (!t->cuts.n)
        return;
    size_t first = t->cuts.n > MOST_TURNS ? t->cuts.n - MOST_TURNS : 0;
    for (size_t i = first; i < t->cuts.n; i++) {
        hr_arena_restore(t->m->scratch, mark);
        hr_turn_through(t->m, t->dialect, body_of(t, t->cuts.p[i]), &sent);
        quoted(t, &sent, (int64_t)i);
    }
    hr_sent_score(t->m, t->s, &sent, t->name);
    hr_arena_restore(t->m->scratch, mark);
}

static bool says(const hr_json_doc *d, uint32_t i, const char *key, const char *value, hr_arena *a)
{
    return hr_str_eq(hr_json_get_text(d, i, hr_cstr(key), a), hr_cstr(value));
}

/* Adds one message; a request went out before every answer. */
static void add_message(talk *t, const hr_json_doc *d, uint32_t i)
{
    hr_arena *a = t->m->scratch;
    size_t n = t->messages.n;
    bool answer = says(d, i, "role", "assistant", a);
    bool after_answer = n && t->cuts.n && t->cuts.p[t->cuts.n - 1] == SIZE_MAX;
    hr_str *slot = hr_vec_push(&t->messages, a);
    if (!slot)
        return;
    *slot = hr_json_raw(d, i);
    uint32_t content = hr_json_get(d, i, HR_STR("content"));
    if (hr_json_is(d, content, HR_JSON_ARRAY)) {
        for (uint32_t b = HR_JSON_FIRST(d, content); b < d->nodes[content].next;
             b = d->nodes[b].next) {
            if (says(d, b, "type", "tool_result", a) || says(d, b, "type", "tool_use", a))
                t->dialect = HR_DIALECT_ANTHROPIC;
        }
    }
    /* SIZE_MAX at the end of cuts: the newest message is the assistant's */
    if (after_answer && !answer)
        t->cuts.n--;
    if (answer && !after_answer) {
        size_t *cut = n ? hr_vec_push(&t->cuts, a) : NULL;
        size_t *open = hr_vec_push(&t->cuts, a);
        if (cut)
            *cut = n;
        if (open)
            *open = SIZE_MAX;
    }
}

static void end_of_messages(talk *t)
{
    if (t->cuts.n && t->cuts.p[t->cuts.n - 1] == SIZE_MAX) {
        t->cuts.n--;
        return;
    }
    size_t *last = t->messages.n ? hr_vec_push(&t->cuts, t->m->scratch) : NULL;
    if (last)
        *last = t->messages.n;
}

static void start(talk *t)
{
    *t = (talk){.m = t->m, .s = t->s, .n = t->n + 1, .needles = HR_JSON_ABSENT};
    t->dialect = HR_DIALECT_OPENAI_CHAT;
    t->head = HR_STR("{\"model\":\"gpt-4o\",\"tools\":[{\"type\":\"function\",\"function\":{"
                     "\"name\":\"shell\"}}],\"messages\":[");
    t->tail = HR_STR("]}");
    t->name = hr_strf(t->m->r->a, "conversation %zu", t->n);
}

static void finish(talk *t)
{
    end_of_messages(t);
    if (t->dialect == HR_DIALECT_ANTHROPIC &&
        hr_str_starts(t->head, HR_STR("{\"model\":\"gpt-4o\"")))
        t->head = HR_STR("{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":100,\"tools\":[{\"name\":"
                         "\"shell\",\"input_schema\":{\"type\":\"object\"}}],\"messages\":[");
    replay(t);
}

/* A request body, or {"body":…} around one. */
static bool request(talk *t, const hr_json_doc *d, uint32_t at)
{
    hr_arena *a = t->m->scratch;
    uint32_t body = hr_json_get(d, at, HR_STR("body"));
    uint32_t r = body == HR_JSON_ABSENT ? at : body;
    uint32_t list = hr_json_get(d, r, HR_STR("messages"));
    if (!hr_json_is(d, list, HR_JSON_ARRAY))
        return false;
    start(t);
    t->doc = d;
    uint32_t needles = hr_json_get(d, at, HR_STR("needles"));
    if (hr_json_is(d, needles, HR_JSON_ARRAY))
        t->needles = needles;
    hr_str id = hr_json_get_text(d, at, HR_STR("id"), a);
    if (id.n)
        t->name = hr_str_dup(t->m->r->a, id);
    for (uint32_t i = HR_JSON_FIRST(d, list); i < d->nodes[list].next; i = d->nodes[i].next)
        add_message(t, d, i);
    const hr_json_node *n = &d->nodes[list], *b = &d->nodes[r];
    t->head = hr_str_sub(d->src, b->start, n->start + 1);
    t->tail = hr_str_sub(d->src, n->end - 1, b->end);
    if (says(d, at, "format", "anthropic-messages", a) ||
        hr_json_get(d, r, HR_STR("system")) != HR_JSON_ABSENT)
        t->dialect = HR_DIALECT_ANTHROPIC;
    uint32_t cuts = hr_json_get(d, at, HR_STR("cuts"));
    if (hr_json_is(d, cuts, HR_JSON_ARRAY)) {
        end_of_messages(t);
        t->cuts.n = 0;
        for (uint32_t i = HR_JSON_FIRST(d, cuts); i < d->nodes[cuts].next; i = d->nodes[i].next) {
            int64_t v;
            if (hr_json_int(d, i, &v) && v > 0 && (uint64_t)v <= t->messages.n) {
                size_t *cut = hr_vec_push(&t->cuts, a);
                if (cut)
                    *cut = (size_t)v;
            }
        }
        if (t->cuts.n)
            replay(t);
        return true;
    }
    finish(t);
    return true;
}

/* Lines that are one conversation together: messages, or a session's records. */
static void lines(talk *t, hr_str text)
{
    hr_arena *a = t->m->scratch;
    hr_str line;
    bool open = false;
    hr_arena_mark mark = hr_arena_save(a);
    for (hr_str rest = text; hr_str_line(&rest, &line);) {
        hr_json_doc *d = HR_NEW(a, hr_json_doc);
        if (!hr_str_trim(line).n)
            continue;
        if (!d || hr_json_scan(a, line, 0, d).code != HR_OK || !hr_json_is(d, 0, HR_JSON_OBJECT)) {
            t->s->skipped++;
            continue;
        }
        uint32_t message = hr_json_get(d, 0, HR_STR("message"));
        bool role = hr_json_get(d, 0, HR_STR("role")) != HR_JSON_ABSENT;
        bool session = hr_json_get(d, message, HR_STR("role")) != HR_JSON_ABSENT;
        if (role || session) {
            if (!open)
                start(t);
            open = true;
            if (!hr_json_get_true(d, 0, HR_STR("isSidechain")))
                add_message(t, d, session ? message : 0);
        } else if (!open && request(t, d, 0)) {
            hr_arena_restore(a, mark);
        } else if (hr_json_get(d, 0, HR_STR("type")) == HR_JSON_ABSENT) {
            t->s->skipped++;
        }
    }
    if (open)
        finish(t);
}

hr_err hr_suite_transcript(hr_meter *m, const hr_evals_in *in, hr_str *message)
{
    talk t = {.m = m};
    hr_json_doc d;
    hr_str text;
    hr_arena_mark mark = hr_arena_save(m->scratch);
    hr_err err = hr_file_read(in->transcript, LARGEST, m->scratch, &text);
    if (err != HR_OK) {
        *message = hr_strf(m->r->a, "%.*s: %s", HR_FMT(in->transcript),
                           err == HR_E_NOTFOUND ? "no such file" : hr_err_text(err));
        return err;
    }
    t.s = hr_report_suite(
        m->r, "your_conversations",
        "Your own conversations, sent turn by turn as the proxy would: numbers, links, paths, ids "
        "and errors of tool results must be visible or retrievable in the last request.");
    if (!t.s)
        return HR_E_NOMEM;
    bool whole = hr_json_scan(m->scratch, text, 0, &d).code == HR_OK;
    if (whole && hr_json_is(&d, 0, HR_JSON_ARRAY)) {
        start(&t);
        for (uint32_t i = HR_JSON_FIRST(&d, 0); i < d.nodes[0].next; i = d.nodes[i].next)
            add_message(&t, &d, i);
        finish(&t);
    } else if (!whole || !request(&t, &d, 0)) {
        lines(&t, text);
    }
    hr_arena_restore(m->scratch, mark);
    if (!t.s->groups.p[0].cases)
        hr_suite_fail(m->r, t.s, "no conversation with tool results was found in the file");
    return HR_OK;
}
