/* New blocks: the cheapest honest form of each, made durable before it is used. */
#include "base/log.h"
#include "engine/turn.h"

enum {
    DEADLINE_MS = 3000,   /* an agent must never wait longer for us */
    REPEAT_MIN = 600,     /* bytes a block must have to be looked at for repeats */
    MAX_INDEX = 64 << 20, /* bytes of earlier text that are indexed */
};

void hr_turn_leave_alone(const hr_turn *t, size_t i, hr_reason why)
{
    size_t est = hr_tokens_estimate(t->tok, t->r.blocks[i].text);
    t->d[i] = (hr_decision){.reason = why, .tokens_before = est, .tokens_after = est};
}

typedef struct work {
    hr_turn *t;
    hr_deadline deadline;
    hr_compress_opts base;
    hr_xref index;
    size_t indexed, indexed_calls; /* what stands before these is in the index */
    size_t indexed_bytes;
    hr_original *originals;
    size_t noriginals;
    hr_pin *pins; /* to be made durable */
    uint32_t *pin_block;
    size_t npins;
    hr_pin *left; /* decisions to leave alone: remembered, not stored */
    size_t nleft;
} work;

static hr_err index_call(work *w, size_t c)
{
    hr_turn *t = w->t;
    const hr_past_call *call = &t->r.calls[c];
    if (call->input.n < HR_PLAN_FLOOR || w->indexed_bytes + call->input.n > MAX_INDEX)
        return HR_OK;
    w->indexed_bytes += call->input.n;
    return hr_xref_add_call(&w->index, call->name, call->input, t->ordinal[t->r.nblocks + c],
                            (uint32_t)(t->r.nblocks + c));
}

static hr_err index_result(work *w, size_t i)
{
    hr_turn *t = w->t;
    const hr_block *b = &t->r.blocks[i];
    hr_str text = t->d[i].replace ? t->d[i].text : b->text;
    if (b->role != HR_BLOCK_TOOL_RESULT || t->slot[i] == HR_NO_SLOT ||
        w->indexed_bytes + text.n > MAX_INDEX)
        return HR_OK;
    w->indexed_bytes += text.n;
    hr_str label = hr_xref_label("tool result", t->ordinal[i], b->tool_name, b->tool_input, t->a);
    size_t part = 1; /* of a result in several parts */
    while (part <= i && t->ordinal[i - part] == t->ordinal[i] &&
           t->r.blocks[i - part].role == HR_BLOCK_TOOL_RESULT)
        part++;
    if (part > 1)
        label = hr_strf(t->a, "part %zu of %.*s", part, HR_FMT(label));
    return hr_xref_add(&w->index, text, (uint32_t)i, label);
}

/* Brings every call and result before block `upto` into the index, as the model will see it. */
static hr_err index_until(work *w, size_t upto)
{
    const hr_wire_request *r = &w->t->r;
    hr_err err = HR_OK;
    for (; w->indexed < upto && err == HR_OK; w->indexed++)
        err = index_result(w, w->indexed);
    for (; w->indexed_calls < r->ncalls && err == HR_OK &&
           r->calls[w->indexed_calls].message < r->blocks[upto].message;
         w->indexed_calls++)
        err = index_call(w, w->indexed_calls);
    return err;
}

/* What block i repeats becomes a reference, if that is the better form. deps: what it points to. */
static void try_references(work *w, size_t i, hr_decision *d, hr_xref_result *x)
{
    hr_turn *t = w->t;
    const hr_block *b = &t->r.blocks[i];
    *x = (hr_xref_result){0};
    if (!t->e->o.references || b->role != HR_BLOCK_TOOL_RESULT || b->text.n < REPEAT_MIN ||
        d->reason == HR_R_READ_STALE || d->reason == HR_R_READ_SUPERSEDED)
        return;
    if (index_until(w, i) != HR_OK || hr_xref_apply(&w->index, t->tok, b->text, t->a, x) != HR_OK ||
        !x->text.n) {
        x->nused = 0;
        return;
    }
    size_t before = hr_tokens_count(t->tok, b->text), after = hr_tokens_count(t->tok, x->text);
    size_t other = d->replace ? d->tokens_after : before;
    /* References lose nothing, so a lossy form has to be clearly smaller to win. */
    bool better = d->has_key ? (double)after <= (double)other * 1.3 : after < other;
    if (!better || after + 20 > before) {
        x->nused = 0;
        return;
    }
    *d = (hr_decision){.reason = HR_R_REPEAT,
                       .kind = d->kind,
                       .replace = true,
                       .text = x->text,
                       .strategy = hr_strf(t->a, "references(%zu lines)", x->lines_out),
                       .tokens_before = before,
                       .tokens_after = after};
}

/* References, the pin, and the original behind a decision. */
static hr_err finish_block(work *w, size_t i)
{
    hr_turn *t = w->t;
    const hr_block *b = &t->r.blocks[i];
    hr_decision *d = &t->d[i];
    hr_xref_result x;
    try_references(w, i, d, &x);
    if (d->has_key)
        w->originals[w->noriginals++] = hr_engine_original(b, d, t->r.last_user_text);
    hr_pin p;
    hr_err err = hr_turn_make_pin(t, i, d, x.used, x.nused, &p);
    if (err == HR_E_LIMIT) { /* too many sources: not worth a special case */
        hr_turn_leave_alone(t, i, HR_R_NO_GAIN);
        err = hr_turn_make_pin(t, i, d, NULL, 0, &p);
    }
    if (err != HR_OK)
        return err;
    if (p.leave) {
        w->left[w->nleft++] = p;
    } else {
        w->pin_block[w->npins] = (uint32_t)i;
        w->pins[w->npins++] = p;
    }
    return HR_OK;
}

static hr_err prepare(work *w)
{
    hr_turn *t = w->t;
    size_t n = t->r.nblocks;
    uint32_t ms = t->e->o.deadline_ms;
    ms = ms && ms < DEADLINE_MS ? ms : DEADLINE_MS;
    w->deadline = (hr_deadline){t->e->o.clock, hr_now_ns(t->e->o.clock) + (uint64_t)ms * 1000000u};
    w->base = hr_engine_base_opts(t->e, t->tok, hr_turn_new_via(t), &w->deadline);
    hr_xref_init(&w->index, t->a);
    w->originals = HR_NEW_ARRAY(t->a, hr_original, n);
    w->pins = HR_NEW_ARRAY(t->a, hr_pin, n);
    w->pin_block = HR_NEW_ARRAY(t->a, uint32_t, n);
    w->left = HR_NEW_ARRAY(t->a, hr_pin, n);
    return w->originals && w->pins && w->pin_block && w->left ? HR_OK : HR_E_NOMEM;
}

/* Nothing lossy, and nothing pinned, may be sent that is not durable. */
static void take_back(work *w, hr_err err)
{
    hr_turn *t = w->t;
    hr_error("event=decisions_not_durable error=%s blocks=%zu: originals are sent",
             hr_err_name(err), w->npins);
    for (size_t i = 0; i < t->r.nblocks; i++) {
        uint32_t s = t->slot[i];
        bool is_new = s != HR_NO_SLOT && !t->found[s];
        if (is_new && (t->d[i].replace || t->d[i].reason == HR_R_UNDECIDED))
            hr_turn_leave_alone(t, i, HR_R_STORE_FAILED);
    }
}

void hr_turn_decide(hr_turn *t)
{
    work w = {.t = t};
    hr_err err = prepare(&w);
    uint32_t *which = HR_NEW_ARRAY(t->a, uint32_t, t->r.nblocks);
    bool *mine = HR_NEW_ARRAY(t->a, bool, t->r.nblocks);
    size_t n = 0;
    if (!which || !mine)
        err = HR_E_NOMEM;
    for (size_t i = 0; i < t->r.nblocks && err == HR_OK; i++) {
        hr_reason why = t->d[i].reason;
        if (why == HR_R_UNDECIDED)
            which[n++] = (uint32_t)i;
        bool gone = why == HR_R_READ_STALE || why == HR_R_READ_SUPERSEDED;
        mine[i] = why == HR_R_UNDECIDED || gone ||
                  (why == HR_R_EXCLUDED_TOOL && t->e->o.reference_reads && t->r.blocks[i].live &&
                   t->slot[i] != HR_NO_SLOT);
    }
    if (err == HR_OK)
        hr_engine_decide_all(t->e, &t->e->policy, &w.base, &t->r, which, n, t->a, t->d);
    for (size_t i = 0; i < t->r.nblocks && err == HR_OK; i++) {
        if (mine[i])
            err = finish_block(&w, i);
    }
    if (err == HR_OK && w.npins && !t->in->observe_only) {
        hr_store_batch batch = {.conversation = t->id.conversation,
                                .originals = w.originals,
                                .noriginals = w.noriginals,
                                .pins = w.pins,
                                .npins = w.npins,
                                .crash_only = w.noriginals == 0};
        err = hr_store_commit(t->e->store, &batch, t->a);
    }
    if (err != HR_OK) {
        take_back(&w, err);
        return;
    }
    for (size_t k = 0; k < w.npins; k++) { /* an earlier decision of a parallel request wins */
        size_t i = w.pin_block[k];
        if (!hr_turn_take_pin(t, i, &w.pins[k], false, &t->d[i]))
            hr_turn_leave_alone(t, i, HR_R_ERROR);
    }
    if (!t->in->observe_only)
        hr_store_pins_remember(t->e->store, t->id.conversation, w.left, w.nleft);
}
