/* One request on its way to the provider: look up what was decided before, decide what is new, make
 * it durable, splice. See docs/internals/engine.md for the rules and their reasons. */
#include "engine/turn.h"
#include "base/log.h"

enum {
    /* The added tool costs some 60 tokens in every request. It is offered when the first request
     * already holds something big, or is so big itself that the tool is lost in it (bytes). */
    TOOL_WORTH_BLOCK = 8000,
    TOOL_WORTH_BODY = 48 * 1024,
};

static void send_received(hr_turn *t)
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

static hr_mode first_mode(const hr_turn *t)
{
    const hr_engine_opts *o = &t->e->o;
    hr_mode none = {HR_VIA_NONE, false};
    if (!o->markers || o->lossless_only)
        return none;
    if (t->r.has_retrieve_tool)
        return (hr_mode){HR_VIA_TOOL, false};
    if (t->id.local_shell && t->r.shell_tool.n && o->shell_retrieve && t->in->local_peer)
        return (hr_mode){HR_VIA_SHELL, false};
    bool can_add = o->offer_tool && t->r.tools_end && t->id.auth == HR_AUTH_PAYG && !t->r.stream;
    if (can_add &&
        (biggest_live_at_least(&t->r, TOOL_WORTH_BLOCK) || t->in->body.n >= TOOL_WORTH_BODY))
        return (hr_mode){HR_VIA_TOOL, true};
    return none;
}

static hr_mode parse_mode(hr_str s)
{
    return (hr_mode){.via = s.n && s.p[0] == 't'   ? HR_VIA_TOOL
                            : s.n && s.p[0] == 's' ? HR_VIA_SHELL
                                                   : HR_VIA_NONE,
                     .add_tool = s.n > 1 && s.p[1] == '+'};
}

/* Finds the conversation's mode, or decides it if this is its first request with tools. */
static void find_mode(hr_turn *t)
{
    hr_str held = HR_STR_NONE, name = HR_STR("mode");
    t->mode = (hr_mode){HR_VIA_NONE, false};
    if (!t->r.has_tools)
        return;
    hr_err err = hr_store_trait_get(t->e->store, t->id.conversation, name, t->a, &held);
    if (err == HR_E_NOTFOUND && t->new_decisions) {
        hr_mode m = first_mode(t);
        if (t->in->observe_only) {
            t->mode = m;
            return;
        }
        hr_str value = m.via == HR_VIA_TOOL    ? (m.add_tool ? HR_STR("t+") : HR_STR("t"))
                       : m.via == HR_VIA_SHELL ? HR_STR("s")
                                               : HR_STR("n");
        err = hr_store_trait_set(t->e->store, t->id.conversation, name, value, t->a, &held);
    }
    if (err == HR_OK)
        t->mode = parse_mode(held);
    if (t->r.has_retrieve_tool)
        t->mode.add_tool = false; /* the client brought its own since */
    else if (t->mode.add_tool && !t->r.tools_end)
        t->mode = (hr_mode){HR_VIA_NONE, false}; /* its tools are elsewhere by now */
}

hr_retrieve_via hr_turn_new_via(const hr_turn *t)
{
    /* A call of our tool inside a live stream cannot be answered yet: nothing new may need it. */
    bool live = t->mode.via == HR_VIA_TOOL && t->r.stream && t->mode.add_tool;
    return live ? HR_VIA_NONE : t->mode.via;
}

static bool quarantined(hr_turn *t)
{
    hr_str held;
    return hr_store_trait_get(t->e->store, t->id.conversation, HR_STR("quarantine"), t->a, &held) ==
           HR_OK;
}

/* Remembered, protected, or to be decided; returns how many are to be decided. */
static size_t verdicts(hr_turn *t)
{
    size_t undecided = 0;
    /* Without breakpoints Anthropic caches nothing: old blocks may change. */
    bool everything = t->r.dialect == HR_DIALECT_ANTHROPIC && !t->r.has_cache_control &&
                      !t->id.side && !t->e->o.freeze_old;
    hr_compress_opts base = hr_engine_base_opts(t->e, t->tok, hr_turn_new_via(t), NULL);
    const hr_read *reads = NULL;
    if (everything && t->new_decisions)
        reads = hr_engine_reads(&t->e->reads, &base, &t->r, t->a);
    for (size_t i = 0; i < t->r.nblocks; i++) {
        const hr_block *b = &t->r.blocks[i];
        uint32_t s = t->slot[i];
        bool pinned = s != HR_NO_SLOT && t->found[s];
        if (pinned && hr_turn_take_pin(t, i, &t->pins[s], true, &t->d[i]))
            continue;
        if (reads && !pinned && s != HR_NO_SLOT &&
            hr_engine_take_read(&t->e->policy, &base, b, &reads[i], t->a, &t->d[i])) {
            undecided++;
            continue;
        }
        hr_reason why =
            t->id.side ? HR_R_SIDE_REQUEST : hr_plan_verdict(&t->e->policy, &t->r, b, everything);
        if (why == HR_R_UNDECIDED && (pinned || !t->new_decisions))
            why = pinned ? HR_R_OLD_BLOCK : HR_R_BUSY;
        t->d[i].reason = why;
        if (why == HR_R_UNDECIDED)
            undecided++;
        else
            hr_turn_leave_alone(t, i, why);
        undecided +=
            why == HR_R_EXCLUDED_TOOL && b->live && t->e->o.reference_reads && t->new_decisions;
    }
    return undecided;
}

static hr_err splice_body(hr_turn *t)
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
static hr_str transforms(hr_turn *t)
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

static void report(hr_turn *t)
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

static void leave_all(hr_turn *t, hr_reason why)
{
    for (size_t i = 0; i < t->r.nblocks; i++)
        hr_turn_leave_alone(t, i, why);
    send_received(t);
    report(t);
}

static void run(hr_turn *t)
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
    if (hr_turn_look_up(t) != HR_OK) {
        hr_error("event=pins_unavailable conversation=%.*s: request sent as received",
                 HR_FMT(t->id.conversation));
        leave_all(t, HR_R_STORE_FAILED);
        return;
    }
    if (verdicts(t))
        hr_turn_decide(t);
    if (t->in->observe_only) {
        report(t);
        o->would_be = o->tokens_after;
        send_received(t);
        return;
    }
    hr_turn_restore_originals(t);
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
    hr_turn t = {.e = e, .in = in, .a = a, .out = out, .new_decisions = true};
    run(&t);
}

void hr_engine_replay(hr_engine *e, const hr_turn_in *in, hr_arena *a, hr_turn_out *out)
{
    hr_turn t = {.e = e, .in = in, .a = a, .out = out, .new_decisions = false};
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
