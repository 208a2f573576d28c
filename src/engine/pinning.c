/* Decisions of earlier turns: found by content and occurrence, replayed byte for byte.
 *
 * A pin's text is the engine's own: one byte with the number of sources its references point to,
 * key and ordinal of each, then the replacement. A reference holds only while what it points to
 * still stands before it under the same ordinal; when the client dropped a part of its history, the
 * block is sent as it came, which costs nothing: the prefix has changed before it anyway. */
#include "base/log.h"
#include "engine/turn.h"

enum { KEY_BYTES = sizeof(hr_sha256), DEP_BYTES = KEY_BYTES + sizeof(uint32_t), MAX_DEPS = 16 };

static hr_str key_slice(const hr_sha256 *k)
{
    return hr_str_of((const char *)k->b, sizeof(k->b));
}

/* Turns the key of a content into that of its occurrence, and files it as the key of a source. */
static hr_err file_source(hr_turn *t, hr_map *contents, size_t source, hr_sha256 content)
{
    hr_sha256 *k = &t->source_key[source], *held = HR_NEW(t->a, hr_sha256);
    if (!held)
        return HR_E_NOMEM;
    *held = *k = content;
    hr_map_entry *seen = hr_map_put(contents, key_slice(held), NULL);
    if (!seen)
        return HR_E_NOMEM;
    if (seen->value++ > 0) {
        uint64_t occurrence = seen->value;
        hr_str parts[2] = {key_slice(held),
                           hr_str_of((const char *)&occurrence, sizeof(occurrence))};
        *k = hr_sha256_parts(parts, 2);
    }
    hr_map_entry *e = hr_map_put(&t->by_key, key_slice(k), NULL);
    if (!e)
        return HR_E_NOMEM;
    e->value = source + 1;
    return HR_OK;
}

static hr_err file_blocks(hr_turn *t, hr_map *contents)
{
    hr_str last_call = HR_STR_NONE;
    uint32_t results = 0;
    for (size_t i = 0; i < t->r.nblocks; i++) {
        const hr_block *b = &t->r.blocks[i];
        bool result = b->role == HR_BLOCK_TOOL_RESULT;
        if (result && !(b->call_id.n && hr_str_eq(b->call_id, last_call)))
            results++;
        last_call = result ? b->call_id : HR_STR_NONE;
        t->ordinal[i] = results;
        t->slot[i] = HR_NO_SLOT;
        if (b->text.n < HR_PLAN_FLOOR)
            continue;
        hr_err err = file_source(t, contents, i, hr_plan_block_key(t->r.dialect, b));
        if (err != HR_OK)
            return err;
        t->keys[t->nslots] = t->source_key[i];
        t->slot[i] = (uint32_t)t->nslots++;
    }
    return HR_OK;
}

static hr_err file_calls(hr_turn *t, hr_map *contents)
{
    hr_err err = HR_OK;
    for (size_t c = 0; c < t->r.ncalls && err == HR_OK; c++) {
        const hr_past_call *call = &t->r.calls[c];
        hr_str parts[4] = {HR_STR("call\n"), call->name, HR_STR("\n"), call->input};
        t->ordinal[t->r.nblocks + c] = (uint32_t)c + 1;
        if (call->input.n >= HR_PLAN_FLOOR)
            err = file_source(t, contents, t->r.nblocks + c, hr_sha256_parts(parts, 4));
    }
    return err;
}

hr_err hr_turn_look_up(hr_turn *t)
{
    size_t n = t->r.nblocks;
    hr_map_init(&t->by_key, t->a);
    t->slot = HR_NEW_ARRAY(t->a, uint32_t, n);
    t->keys = HR_NEW_ARRAY(t->a, hr_sha256, n);
    t->pins = HR_NEW_ARRAY(t->a, hr_pin, n);
    t->found = HR_NEW_ARRAY(t->a, bool, n);
    t->source_key = HR_NEW_ARRAY(t->a, hr_sha256, hr_turn_sources(t));
    t->ordinal = HR_NEW_ARRAY(t->a, uint32_t, hr_turn_sources(t));
    if (!t->slot || !t->keys || !t->pins || !t->found || !t->source_key || !t->ordinal)
        return HR_E_NOMEM;
    hr_map contents;
    hr_map_init(&contents, t->a);
    hr_err err = file_blocks(t, &contents);
    if (err == HR_OK && t->e->o.references)
        err = file_calls(t, &contents);
    if (err != HR_OK || t->nslots == 0)
        return err;
    return hr_store_pins(t->e->store, t->id.conversation, t->keys, t->nslots, t->a, t->pins,
                         t->found);
}

/* Splits a pin's text into what it depends on and the replacement. */
static bool unpack(hr_str packed, hr_str *deps, hr_str *text)
{
    if (packed.n < 1 || (unsigned char)packed.p[0] > MAX_DEPS)
        return false;
    size_t n = (size_t)packed.p[0] * DEP_BYTES;
    if (packed.n < 1 + n)
        return false;
    *deps = hr_str_sub(packed, 1, 1 + n);
    *text = hr_str_sub(packed, 1 + n, packed.n);
    return true;
}

bool hr_turn_take_pin(const hr_turn *t, size_t i, const hr_pin *p, bool replayed, hr_decision *d)
{
    hr_str deps = HR_STR_NONE, text = HR_STR_NONE;
    if (!p->leave && !unpack(p->text, &deps, &text)) {
        hr_error("event=bad_pin conversation=%.*s", HR_FMT(t->id.conversation));
        return false;
    }
    for (size_t k = 0; k + DEP_BYTES <= deps.n; k += DEP_BYTES) {
        const hr_map_entry *at = hr_map_get(&t->by_key, hr_str_sub(deps, k, k + KEY_BYTES));
        uint32_t ordinal;
        memcpy(&ordinal, deps.p + k + KEY_BYTES, sizeof(ordinal));
        if (!at || !hr_turn_before(t, at->value - 1, i) || t->ordinal[at->value - 1] != ordinal)
            return false;
    }
    hr_reason decided = p->reason < HR_REASON_COUNT ? (hr_reason)p->reason : HR_R_UNDECIDED;
    *d = (hr_decision){.kind = d->kind,
                       .strategy = d->strategy,
                       .replace = !p->leave,
                       .text = text,
                       .key = p->key,
                       .has_key = p->key.hex[0] != 0,
                       .tokens_before = p->tokens_before,
                       .tokens_after = p->tokens_after};
    d->reason = !replayed ? decided : p->leave ? HR_R_REPLAYED_ORIGINAL : HR_R_REPLAYED;
    return true;
}

hr_err hr_turn_make_pin(const hr_turn *t, size_t i, const hr_decision *d, const uint32_t *deps,
                        size_t ndeps, hr_pin *p)
{
    *p = (hr_pin){.block = t->keys[t->slot[i]],
                  .leave = !d->replace,
                  .reason = (uint16_t)d->reason,
                  .tokens_before = (uint32_t)d->tokens_before,
                  .tokens_after = (uint32_t)d->tokens_after};
    if (d->has_key)
        p->key = d->key;
    if (!d->replace)
        return HR_OK;
    if (ndeps > MAX_DEPS)
        return HR_E_LIMIT;
    size_t n = 1 + ndeps * DEP_BYTES + d->text.n;
    char *packed = hr_alloc(t->a, n), *to = packed;
    if (!packed)
        return HR_E_NOMEM;
    *to++ = (char)ndeps;
    for (size_t k = 0; k < ndeps; k++, to += DEP_BYTES) {
        memcpy(to, t->source_key[deps[k]].b, KEY_BYTES);
        memcpy(to + KEY_BYTES, &t->ordinal[deps[k]], sizeof(uint32_t));
    }
    memcpy(to, d->text.p, d->text.n);
    p->text = hr_str_of(packed, n);
    return HR_OK;
}

/* True when this key was looked at less than half a life time ago (a small table, no promises). */
static bool checked_lately(hr_engine *e, const hr_key *key)
{
    int64_t now = hr_now_unix_ms(e->o.clock), life = e->o.store.ttl_s * 1000 / 2;
    uint64_t h = hr_hash64(hr_key_str(key));
    struct hr_checked *c = &e->checked[h % HR_CHECKED_SLOTS];
    pthread_mutex_lock(&e->lock);
    bool lately = c->hash == h && now - c->at_ms < life;
    *c = (struct hr_checked){h, now};
    pthread_mutex_unlock(&e->lock);
    return lately;
}

void hr_turn_restore_originals(hr_turn *t)
{
    for (size_t i = 0; i < t->r.nblocks; i++) {
        const hr_decision *d = &t->d[i];
        if (d->reason != HR_R_REPLAYED || !d->has_key || checked_lately(t->e, &d->key) ||
            hr_store_has(t->e->store, hr_key_str(&d->key)))
            continue;
        hr_original o = hr_engine_original(&t->r.blocks[i], d, HR_STR_NONE);
        hr_store_batch batch = {
            .conversation = t->id.conversation, .originals = &o, .noriginals = 1};
        if (hr_store_commit(t->e->store, &batch, t->a) != HR_OK)
            hr_warn("event=original_not_restored hash=%s", d->key.hex);
    }
}
