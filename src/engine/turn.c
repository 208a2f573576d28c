/* One request on its way to the provider: look up what was decided before, decide what is new, make
 * it durable, splice. See docs/internals/engine.md for the rules and their reasons. */
#include "engine/internal.h"

#include "base/log.h"
#include "base/map.h"

/* What the first request with tools decides for the life of a conversation, kept as the trait
 * "mode": how markers tell the model to get originals back, and whether our tool was added. */
typedef struct mode {
    hr_retrieve_via via;
    bool add_tool;
} mode;

enum {
    /* The added tool costs some 60 tokens in every request. It is offered when the first request
     * already holds something big, or is so big itself that the tool is lost in it (bytes). */
    TOOL_WORTH_BLOCK = 8000,
    TOOL_WORTH_BODY = 48 * 1024,
    TURN_DEADLINE_MS = 3000, /* an agent must never wait longer for us */
};

typedef struct turn {
    hr_engine *e;
    const hr_turn_in *in;
    hr_arena *a;
    hr_turn_out *out;
    hr_wire_request r;
    hr_identity id;
    const hr_tokenizer *tok;
    mode mode;
    bool new_decisions; /* false: only replay */
    hr_decision *d;     /* one a block */
    hr_sha256 *keys;
    uint32_t *slot; /* block → index into `lookup`/pins, UINT32_MAX for blocks below the floor */
    hr_sha256 *lookup;
    hr_pin *pins;
    bool *found;
    size_t npins;
} turn;

static void send_received(turn *t)
{
    hr_turn_out *o = t->out;
    o->pieces = HR_NEW(t->a, hr_str);
    if (o->pieces) {
        o->pieces[0] = t->in->body;
        o->npieces = t->in->body.n ? 1 : 0;
    }
    o->total = t->in->body.n;
    o->edited = o->tool_offered = false;
    o->tokens_after = o->tokens_before;
    o->nchanged = 0;
    o->transforms = HR_STR_NONE;
}

static bool biggest_live_at_least(const hr_wire_request *r, size_t bytes)
{
    for (size_t i = 0; i < r->nblocks; i++) {
        if (r->blocks[i].live && r->blocks[i].role == HR_BLOCK_TOOL_RESULT &&
            r->blocks[i].text.n >= bytes)
            return true;
    }
    return false;
}

static mode first_mode(const turn *t)
{
    const hr_engine_opts *o = &t->e->o;
    mode none = {HR_VIA_NONE, false};
    if (!o->markers || o->lossless_only)
        return none;
    if (t->r.has_retrieve_tool)
        return (mode){HR_VIA_TOOL, false};
    if (t->id.local_shell && t->r.shell_tool.n && o->shell_retrieve && t->in->local_peer)
        return (mode){HR_VIA_SHELL, false};
    bool can_add = o->offer_tool && t->id.auth == HR_AUTH_PAYG && !t->r.stream;
    if (can_add && (biggest_live_at_least(&t->r, TOOL_WORTH_BLOCK) ||
                    t->in->body.n >= TOOL_WORTH_BODY))
        return (mode){HR_VIA_TOOL, true};
    return none;
}

static mode parse_mode(hr_str s)
{
    return (mode){.via = s.n && s.p[0] == 't'   ? HR_VIA_TOOL
                         : s.n && s.p[0] == 's' ? HR_VIA_SHELL
                                                : HR_VIA_NONE,
                  .add_tool = s.n > 1 && s.p[1] == '+'};
}

/* Finds the conversation's mode, or decides it if this is its first request with tools. */
static void find_mode(turn *t)
{
    hr_str held = HR_STR_NONE, name = HR_STR("mode");
    t->mode = (mode){HR_VIA_NONE, false};
    if (!t->r.has_tools)
        return;
    hr_err err = hr_store_trait_get(t->e->store, t->id.conversation, name, t->a, &held);
    if (err == HR_E_NOTFOUND && t->new_decisions) {
        mode m = first_mode(t);
        hr_str value = m.via == HR_VIA_TOOL    ? (m.add_tool ? HR_STR("t+") : HR_STR("t"))
                       : m.via == HR_VIA_SHELL ? HR_STR("s")
                                               : HR_STR("n");
        err = hr_store_trait_set(t->e->store, t->id.conversation, name, value, t->a, &held);
    }
    if (err == HR_OK)
        t->mode = parse_mode(held);
    if (t->r.has_retrieve_tool)
        t->mode.add_tool = false; /* the client brought its own since */
}

static bool quarantined(turn *t)
{
    hr_str held;
    return hr_store_trait_get(t->e->store, t->id.conversation, HR_STR("quarantine"), t->a, &held) ==
           HR_OK;
}

/* Pins are looked up once per distinct content: equal blocks share a slot, so they can never get
 * two different forms in one prompt. */
static hr_err look_up(turn *t)
{
    size_t n = t->r.nblocks;
    t->keys = HR_NEW_ARRAY(t->a, hr_sha256, n);
    t->slot = HR_NEW_ARRAY(t->a, uint32_t, n);
    t->lookup = HR_NEW_ARRAY(t->a, hr_sha256, n);
    t->pins = HR_NEW_ARRAY(t->a, hr_pin, n);
    t->found = HR_NEW_ARRAY(t->a, bool, n);
    if (!t->keys || !t->slot || !t->lookup || !t->pins || !t->found)
        return HR_E_NOMEM;
    hr_map seen;
    hr_map_init(&seen, t->a);
    for (size_t i = 0; i < n; i++) {
        const hr_block *b = &t->r.blocks[i];
        t->slot[i] = UINT32_MAX;
        if (b->text.n < HR_PLAN_FLOOR)
            continue;
        t->keys[i] = hr_plan_block_key(t->r.dialect, b);
        bool fresh;
        hr_map_entry *s =
            hr_map_put(&seen, hr_str_of((const char *)t->keys[i].b, sizeof(t->keys[i].b)), &fresh);
        if (!s)
            return HR_E_NOMEM;
        if (fresh) {
            s->value = t->npins;
            t->lookup[t->npins++] = t->keys[i];
        }
        t->slot[i] = (uint32_t)s->value;
    }
    return t->npins ? hr_store_pins(t->e->store, t->id.conversation, t->lookup, t->npins, t->a,
                                    t->pins, t->found)
                    : HR_OK;
}

static void take_pin(const hr_pin *p, hr_decision *d, bool replayed)
{
    hr_reason decided = p->reason < HR_REASON_COUNT ? (hr_reason)p->reason : HR_R_UNDECIDED;
    *d = (hr_decision){.kind = d->kind,
                       .strategy = d->strategy,
                       .replace = !p->leave,
                       .text = p->text,
                       .key = p->key,
                       .has_key = p->key.hex[0] != 0,
                       .tokens_before = p->tokens_before,
                       .tokens_after = p->tokens_after};
    d->reason = !replayed ? decided : p->leave ? HR_R_REPLAYED_ORIGINAL : HR_R_REPLAYED;
}

static void leave_alone(const turn *t, size_t i, hr_reason why)
{
    size_t est = hr_tokens_estimate(t->tok, t->r.blocks[i].text);
    t->d[i] = (hr_decision){.reason = why, .tokens_before = est, .tokens_after = est};
}

/* First pass over the blocks: remembered, protected, or to be decided (returned as a count). A
 * content that stands in an old place undecided must stay as it is everywhere. */
static size_t verdicts(turn *t)
{
    size_t undecided = 0;
    bool everything =
        t->r.dialect == HR_DIALECT_ANTHROPIC && !t->r.has_cache_control && !t->id.side;
    bool *frozen = HR_NEW_ARRAY(t->a, bool, t->npins);
    for (size_t i = 0; i < t->r.nblocks; i++) {
        const hr_block *b = &t->r.blocks[i];
        uint32_t s = t->slot[i];
        if (s != UINT32_MAX && t->found[s]) {
            take_pin(&t->pins[s], &t->d[i], true);
            continue;
        }
        hr_reason why = t->id.side ? HR_R_SIDE_REQUEST
                                   : hr_plan_verdict(&t->e->policy, &t->r, b, everything);
        if (why == HR_R_UNDECIDED && !t->new_decisions)
            why = HR_R_BUSY;
        if (why == HR_R_UNDECIDED && frozen && frozen[s])
            why = HR_R_OLD_BLOCK;
        if (why == HR_R_UNDECIDED) {
            undecided++;
            t->d[i].reason = HR_R_UNDECIDED;
        } else {
            leave_alone(t, i, why);
            if (frozen && s != UINT32_MAX)
                frozen[s] = true;
        }
    }
    return frozen || !t->npins ? undecided : 0;
}

/* Compresses what is undecided, one decision per distinct content. Fills the batch to commit. */
static hr_err decide(turn *t, hr_original *originals, size_t *noriginals, hr_pin *pins,
                     uint32_t *pin_slot, size_t *npins)
{
    hr_deadline deadline = {t->e->o.clock, 0};
    uint32_t ms = t->e->o.deadline_ms && t->e->o.deadline_ms < TURN_DEADLINE_MS
                      ? t->e->o.deadline_ms
                      : TURN_DEADLINE_MS;
    deadline.at_ns = hr_now_ns(t->e->o.clock) + (uint64_t)ms * 1000000u;
    hr_retrieve_via via = t->mode.via;
    /* A call of our tool inside a live stream cannot be answered yet: nothing new may need it. */
    if (via == HR_VIA_TOOL && t->r.stream)
        via = HR_VIA_NONE;
    hr_compress_opts base = hr_engine_base_opts(t->e, t->tok, via, &deadline);

    uint32_t *first = HR_NEW_ARRAY(t->a, uint32_t, t->npins);
    if (!first)
        return HR_E_NOMEM;
    for (size_t i = 0; i < t->r.nblocks; i++) {
        hr_decision *d = &t->d[i];
        if (d->reason != HR_R_UNDECIDED)
            continue;
        uint32_t s = t->slot[i];
        if (first[s]) {
            *d = t->d[first[s] - 1];
            continue;
        }
        first[s] = (uint32_t)i + 1;
        const hr_block *b = &t->r.blocks[i];
        hr_engine_decide(t->e, &base, &t->r, b, t->a, d);
        if (d->has_key)
            originals[(*noriginals)++] = hr_engine_original(b, d, base.query);
        pin_slot[*npins] = s;
        pins[(*npins)++] = (hr_pin){.block = t->lookup[s],
                                    .leave = !d->replace,
                                    .text = d->replace ? d->text : HR_STR_NONE,
                                    .reason = (uint16_t)d->reason,
                                    .key = d->has_key ? d->key : (hr_key){{0}},
                                    .tokens_before = (uint32_t)d->tokens_before,
                                    .tokens_after = (uint32_t)d->tokens_after};
    }
    return HR_OK;
}

/* Decisions become real only when they are durable; without that everything new is sent as it is. */
static void decide_and_commit(turn *t, size_t undecided)
{
    hr_original *originals = HR_NEW_ARRAY(t->a, hr_original, undecided);
    hr_pin *pins = HR_NEW_ARRAY(t->a, hr_pin, undecided);
    uint32_t *pin_slot = HR_NEW_ARRAY(t->a, uint32_t, undecided);
    size_t noriginals = 0, npins = 0;
    hr_err err = originals && pins && pin_slot
                     ? decide(t, originals, &noriginals, pins, pin_slot, &npins)
                     : HR_E_NOMEM;
    if (err == HR_OK && npins && !t->in->observe_only) {
        hr_store_batch batch = {t->id.conversation, originals, noriginals, pins, npins};
        err = hr_store_commit(t->e->store, &batch, t->a);
    }
    for (size_t i = 0; i < t->r.nblocks; i++) {
        hr_decision *d = &t->d[i];
        for (size_t k = 0; err == HR_OK && k < npins; k++) {
            if (t->slot[i] == pin_slot[k]) { /* an earlier decision of a parallel request wins */
                take_pin(&pins[k], d, false);
                break;
            }
        }
    }
    if (err == HR_OK)
        return;
    hr_error("event=decisions_not_durable error=%s blocks=%zu: originals are sent", hr_err_name(err),
             undecided);
    for (size_t i = 0; i < t->r.nblocks; i++) {
        uint32_t s = t->slot[i];
        bool is_new = s != UINT32_MAX && !t->found[s];
        if (is_new && (t->d[i].replace || t->d[i].reason == HR_R_UNDECIDED))
            leave_alone(t, i, HR_R_STORE_FAILED);
    }
}

static hr_err splice_body(turn *t)
{
    hr_splice sp;
    hr_splice_init(&sp, t->in->body);
    hr_err err = HR_OK;
    for (size_t i = 0; i < t->r.nblocks && err == HR_OK; i++) {
        const hr_decision *d = &t->d[i];
        if (!d->replace)
            continue;
        hr_buf quoted = HR_BUF_INIT(0);
        hr_json_quote(&quoted, d->text);
        hr_str with = quoted.err == HR_OK ? hr_str_dup(t->a, hr_buf_str(&quoted)) : HR_STR_NONE;
        hr_buf_free(&quoted);
        err = with.p ? hr_splice_add(&sp, t->a, t->r.blocks[i].start, t->r.blocks[i].end, with)
                     : HR_E_NOMEM;
    }
    if (err == HR_OK && t->mode.add_tool) {
        hr_str tool = hr_strf(t->a, ",%.*s", HR_FMT(hr_wire_retrieve_tool(t->r.dialect)));
        err = tool.p ? hr_splice_add(&sp, t->a, t->r.tools_end, t->r.tools_end, tool) : HR_E_NOMEM;
    }
    hr_turn_out *o = t->out;
    if (err == HR_OK)
        err = hr_splice_pieces(&sp, t->a, &o->pieces, &o->npieces, &o->total);
    o->edited = sp.edits.n > 0;
    o->tool_offered = t->mode.add_tool;
    return err;
}

static void add_note(hr_block_note *n, const hr_block *b, const hr_decision *d)
{
    *n = (hr_block_note){.message = b->message,
                         .tool_name = b->tool_name,
                         .reason = d->reason,
                         .kind = d->kind,
                         .tokens_before = (uint32_t)d->tokens_before,
                         .tokens_after = (uint32_t)d->tokens_after,
                         .strategy = d->strategy};
    if (d->has_key)
        n->key = d->key;
}

/* "json:table*2,log:lines": each reason that changed something, with its count. */
static hr_str transforms(turn *t)
{
    uint32_t count[HR_REASON_COUNT] = {0};
    for (size_t i = 0; i < t->r.nblocks; i++)
        count[t->d[i].reason] += t->d[i].replace;
    hr_str all = HR_STR_NONE;
    for (int r = 0; r < HR_REASON_COUNT; r++) {
        if (!count[r])
            continue;
        hr_str one = count[r] == 1 ? hr_cstr(hr_reason_code((hr_reason)r))
                                   : hr_strf(t->a, "%s*%u", hr_reason_code((hr_reason)r), count[r]);
        all = all.n ? hr_strf(t->a, "%.*s,%.*s", HR_FMT(all), HR_FMT(one)) : one;
    }
    return all;
}

static void report(turn *t)
{
    hr_turn_out *o = t->out;
    o->notes = HR_NEW_ARRAY(t->a, hr_block_note, t->r.nblocks);
    for (size_t i = 0; i < t->r.nblocks; i++) {
        const hr_decision *d = &t->d[i];
        o->tokens_before += d->tokens_before;
        o->tokens_after += d->replace ? d->tokens_after : d->tokens_before;
        o->nchanged += d->replace;
        if (o->notes)
            add_note(&o->notes[o->nnotes++], &t->r.blocks[i], d);
    }
    o->transforms = transforms(t);
    hr_engine_count(t->e, t->d, t->r.nblocks, o->edited);
}

static void leave_all(turn *t, hr_reason why)
{
    for (size_t i = 0; i < t->r.nblocks; i++)
        leave_alone(t, i, why);
    send_received(t);
    report(t);
}

static void run(turn *t)
{
    hr_turn_out *o = t->out;
    *o = (hr_turn_out){0};
    send_received(t);
    o->bad = hr_wire_read(t->in->dialect, t->in->body, t->a, &t->r);
    if (o->bad.code != HR_OK)
        return;
    hr_identify(t->in->headers, &t->r, t->a, &t->id);
    o->readable = true;
    o->model = t->r.model;
    o->conversation = t->id.conversation;
    o->agent = t->id.client;
    o->stream = t->r.stream;
    o->nmessages = t->r.nmessages;
    t->tok = hr_tokenizer_for(t->r.model);
    t->d = HR_NEW_ARRAY(t->a, hr_decision, t->r.nblocks);
    if (!t->d) {
        t->r.nblocks = 0;
        return;
    }
    if (!t->e->o.optimize || t->in->bypass || quarantined(t)) {
        leave_all(t, !t->e->o.optimize ? HR_R_OFF : t->in->bypass ? HR_R_BYPASS : HR_R_QUARANTINED);
        return;
    }
    find_mode(t);
    if (look_up(t) != HR_OK) {
        hr_error("event=pins_unavailable conversation=%.*s: request sent as received",
                 HR_FMT(t->id.conversation));
        leave_all(t, HR_R_STORE_FAILED);
        return;
    }
    size_t undecided = verdicts(t);
    if (undecided)
        decide_and_commit(t, undecided);
    if (t->in->observe_only) {
        report(t);
        send_received(t);
        return;
    }
    if (splice_body(t) != HR_OK) {
        hr_error("event=splice_failed conversation=%.*s: request sent as received",
                 HR_FMT(t->id.conversation));
        leave_all(t, HR_R_ERROR);
        return;
    }
    report(t);
}

void hr_engine_turn(hr_engine *e, const hr_turn_in *in, hr_arena *a, hr_turn_out *out)
{
    turn t = {.e = e, .in = in, .a = a, .out = out, .new_decisions = true};
    run(&t);
}

void hr_engine_replay(hr_engine *e, const hr_turn_in *in, hr_arena *a, hr_turn_out *out)
{
    turn t = {.e = e, .in = in, .a = a, .out = out, .new_decisions = false};
    run(&t);
}

void hr_engine_quarantine(hr_engine *e, hr_str conversation)
{
    hr_arena a;
    hr_str held;
    hr_arena_init(&a, 64 * 1024);
    if (hr_store_trait_set(e->store, conversation, HR_STR("quarantine"), HR_STR("1"), &a, &held) !=
        HR_OK)
        hr_error("event=quarantine_not_stored conversation=%.*s", HR_FMT(conversation));
    hr_arena_free(&a);
    pthread_mutex_lock(&e->lock);
    e->stats.quarantined++;
    pthread_mutex_unlock(&e->lock);
}
