/* Retrieval rounds: a finished reply that asks for originals with our own tool is answered from the
 * store and the model goes on, without the client seeing any of it. At most three rounds; in the
 * last one the model may not call tools, so that it must answer. Usage is summed.
 *
 * A reply that mixes our calls with the client's own is handed on without ours: the client could
 * not serve them, and the model asks again if it still wants the original. When a round fails, the
 * reply before it is handed on as it was: a paid answer is never thrown away. */
#include "proxy/internal.h"

#include "base/log.h"

static void add_usage(hr_usage *sum, const hr_usage *u)
{
    sum->known |= u->known;
    sum->input += u->input;
    sum->cache_read += u->cache_read;
    sum->cache_write += u->cache_write;
    sum->cache_write_1h += u->cache_write_1h;
    sum->output += u->output;
}

static hr_str joined_pieces(const hr_turn *t, hr_arena *a)
{
    char *p = hr_alloc(a, t->send_total + 1);
    size_t n = 0;
    if (!p)
        return HR_STR_NONE;
    for (size_t i = 0; i < t->nsend; i++) {
        memcpy(p + n, t->send[i].p, t->send[i].n);
        n += t->send[i].n;
    }
    return hr_str_of(p, n);
}

/* The body with tool_choice set to "none" in the dialect's spelling; the body itself on trouble. */
static hr_str without_choice(hr_dialect d, hr_str body, hr_arena *a)
{
    hr_str none = d == HR_DIALECT_ANTHROPIC ? HR_STR("{\"type\":\"none\"}") : HR_STR("\"none\"");
    hr_json_doc doc;
    if (hr_json_scan(a, body, 1024, &doc).code || !hr_json_is(&doc, 0, HR_JSON_OBJECT))
        return body;
    hr_splice s;
    hr_splice_init(&s, body);
    uint32_t at = hr_json_get(&doc, 0, HR_STR("tool_choice"));
    hr_err err;
    if (at != HR_JSON_ABSENT) {
        err = hr_splice_add(&s, a, doc.nodes[at].start, doc.nodes[at].end, none);
    } else {
        hr_str member =
            hr_strf(a, "%s\"tool_choice\":%.*s", doc.nodes[0].count ? "," : "", HR_FMT(none));
        size_t end = doc.nodes[0].end - 1u;
        err = member.p ? hr_splice_add(&s, a, end, end, member) : HR_E_NOMEM;
    }
    hr_str out;
    return err == HR_OK && hr_splice_join(&s, a, &out) == HR_OK ? out : body;
}

/* --- taking our calls out of a reply ---------------------------------------------------------- */

static uint32_t call_list(hr_dialect d, const hr_json_doc *doc)
{
    if (d == HR_DIALECT_ANTHROPIC)
        return hr_json_get(doc, 0, HR_STR("content"));
    if (d == HR_DIALECT_OPENAI_RESPONSES)
        return hr_json_get(doc, 0, HR_STR("output"));
    uint32_t choice = hr_json_at(doc, hr_json_get(doc, 0, HR_STR("choices")), 0);
    return hr_json_path(doc, choice, "message", "tool_calls", NULL);
}

static bool is_ours(const hr_reply *reply, hr_str id)
{
    for (size_t i = 0; i < reply->ncalls; i++) {
        if (reply->calls[i].retrieve && hr_str_eq(reply->calls[i].id, id))
            return true;
    }
    return false;
}

/* The reply without our calls: each element goes with one comma next to it. */
static bool strip_calls(hr_dialect d, const hr_reply *reply, hr_arena *a, hr_str *out)
{
    const hr_json_doc *doc = &reply->doc;
    uint32_t list = call_list(d, doc);
    if (!hr_json_is(doc, list, HR_JSON_ARRAY))
        return false;
    hr_str id_key = d == HR_DIALECT_OPENAI_RESPONSES ? HR_STR("call_id") : HR_STR("id");
    hr_splice s;
    hr_splice_init(&s, doc->src);
    uint32_t end = doc->nodes[list].next;
    size_t before = 0; /* where the element before ends */
    bool kept = false; /* one that stays was seen */
    for (uint32_t i = HR_JSON_FIRST(doc, list); i < end; i = doc->nodes[i].next) {
        hr_str id = hr_json_get_text(doc, i, id_key, a);
        size_t from = doc->nodes[i].start, to = doc->nodes[i].end;
        if (!id.n || !is_ours(reply, id)) {
            kept = true;
        } else {
            uint32_t next = doc->nodes[i].next;
            if (kept)
                from = before;
            else if (next < end)
                to = doc->nodes[next].start;
            if (hr_splice_add(&s, a, from, to, HR_STR_NONE) != HR_OK)
                return false;
        }
        before = doc->nodes[i].end;
    }
    return hr_splice_join(&s, a, out) == HR_OK;
}

/* --- one round -------------------------------------------------------------------------------- */

/* On a worker: reads the held reply and decides what follows. */
static void look(void *ctx)
{
    hr_req *r = ctx;
    hr_turn *t = r->turn;
    hr_relay *y = &t->relay;
    hr_arena *a = &r->arena;
    hr_buf plain = HR_BUF_INIT(HR_HOLD_LIMIT);
    hr_str text = hr_buf_str(&y->copy);
    t->next = t->answer = HR_STR_NONE;
    if (y->coding != HR_CODING_IDENTITY &&
        hr_decode_all(y->coding, text, HR_HOLD_LIMIT, &plain) == HR_OK)
        text = hr_buf_str(&plain);
    text = hr_str_dup(a, text);
    hr_buf_free(&plain);
    hr_reply reply = {0};
    if (!text.p || hr_wire_read_reply(t->dialect, text, a, &reply).code != HR_OK || reply.is_error)
        return;
    add_usage(&t->sum, &reply.usage);
    if (reply.nretrieve && t->round < HR_MAX_ROUNDS) {
        hr_str body = t->round ? t->body : joined_pieces(t, a);
        if (body.p && hr_engine_continue(r->px->engine, t->dialect, body, &reply, a, &t->next)) {
            t->body = t->next;
            if (t->round + 1 == HR_MAX_ROUNDS)
                t->next = without_choice(t->dialect, t->next, a);
            t->last_answer = text;
            t->last_headers = y->headers;
            return;
        }
        t->next = HR_STR_NONE;
    }
    if (reply.nretrieve && reply.nretrieve < reply.ncalls) {
        hr_str stripped;
        if (strip_calls(t->dialect, &reply, a, &stripped))
            t->answer = stripped;
    }
    if (t->round) {
        hr_reply last = reply;
        hr_str base = t->answer.p ? t->answer : text, summed;
        if (t->answer.p && hr_wire_read_reply(t->dialect, base, a, &last).code != HR_OK)
            last = reply;
        t->answer = base;
        if (hr_wire_reply_with_usage(t->dialect, &last, &t->sum, a, &summed) == HR_OK)
            t->answer = summed;
    }
}

static void send_body(hr_req *r, hr_headers h, int status, hr_str body, bool decoded)
{
    hr_header extra[HR_TURN_HEADERS];
    size_t n = hr_turn_headers(r, extra);
    hr_headers down = hr_headers_down(r, h, decoded, extra, n, &r->arena);
    r->started = r->replied = true;
    r->status = status;
    r->failed |= status >= 400;
    hr_x_reply(r->x, status, down, body);
}

static void send_as_held(hr_req *r)
{
    hr_relay *y = &r->turn->relay;
    send_body(r, y->headers, y->status, hr_buf_str(&y->copy), false);
}

static void start_round(hr_req *r)
{
    hr_turn *t = r->turn;
    hr_relay_free(&t->relay);
    t->round++;
    t->attempt = 0;
    t->send = &t->next;
    t->nsend = 1;
    t->send_total = t->next.n;
    hr_stat_add(r->px->stats, HR_M_RETRIEVAL_ROUNDS, 1);
    hr_forward(r);
}

static void looked(void *ctx)
{
    hr_req *r = ctx;
    hr_turn *t = r->turn;
    r->usage = t->sum;
    if (hr_req_gone(r))
        return;
    if (t->next.p)
        start_round(r);
    else if (t->answer.p)
        send_body(r, t->relay.headers, t->relay.status, t->answer, true);
    else
        send_as_held(r);
}

void hr_rounds_reply_held(hr_req *r, hr_err err)
{
    hr_turn *t = r->turn;
    hr_relay *y = &t->relay;
    if (err || y->copy.err || (t->round && y->status >= 400)) {
        if (t->round) {
            hr_warn("[%s] retrieval round %u failed; handing on the reply before it", r->id,
                    t->round);
            send_body(r, t->last_headers, 200, t->last_answer, true);
        } else if (err && !r->started) {
            hr_send_unreachable(r, err, HR_STAGE_BODY, HR_STR("the answer was cut"));
        } else {
            send_as_held(r);
        }
        return;
    }
    bool plain = y->coding == HR_CODING_IDENTITY;
    hr_str held = hr_buf_str(&y->copy);
    if (plain && !t->round && !hr_str_has(held, HR_STR("_retrieve"))) {
        hr_req_hold(r);
        send_as_held(r);
        hr_reply reply = {0};
        if (held.n <= HR_INLINE_PARSE &&
            hr_wire_read_reply(t->dialect, held, &r->arena, &reply).code == HR_OK)
            r->usage = reply.usage;
        hr_req_release(r);
        return;
    }
    if (hr_req_work(r, look, looked) != HR_OK)
        send_as_held(r); /* no worker: the client sees the call, nothing is lost */
}
