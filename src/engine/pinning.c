/* Decisions of earlier turns: found by content and occurrence, replayed byte for byte.
 *
 * A pin's text is the engine's own: one byte with the number of blocks its references point to, the
 * key of each, then the replacement. A reference holds only while what it points to still stands
 * before it; when the client dropped that part of its history, the block is sent as it came, which
 * costs nothing: the prefix has changed before it anyway. */
#include "base/log.h"
#include "engine/turn.h"

enum { KEY_BYTES = sizeof(hr_sha256), MAX_DEPS = 16 };

static hr_str key_slice(const hr_sha256 *k)
{
    return hr_str_of((const char *)k->b, sizeof(k->b));
}

static hr_err assign_slots(hr_turn *t)
{
    hr_map contents;
    hr_map_init(&contents, t->a);
    for (size_t i = 0; i < t->r.nblocks; i++) {
        const hr_block *b = &t->r.blocks[i];
        t->slot[i] = HR_NO_SLOT;
        if (b->text.n < HR_PLAN_FLOOR)
            continue;
        hr_sha256 *k = &t->keys[t->nslots];
        *k = hr_plan_block_key(t->r.dialect, b);
        hr_sha256 *content = HR_NEW(t->a, hr_sha256);
        if (!content)
            return HR_E_NOMEM;
        *content = *k;
        hr_map_entry *seen = hr_map_put(&contents, key_slice(content), NULL);
        if (!seen)
            return HR_E_NOMEM;
        if (seen->value++ > 0) {
            uint64_t occurrence = seen->value;
            hr_str parts[2] = {key_slice(content),
                               hr_str_of((const char *)&occurrence, sizeof(occurrence))};
            *k = hr_sha256_parts(parts, 2);
        }
        hr_map_entry *e = hr_map_put(&t->by_key, key_slice(k), NULL);
        if (!e)
            return HR_E_NOMEM;
        e->value = i + 1;
        t->slot[i] = (uint32_t)t->nslots++;
    }
    return HR_OK;
}

hr_err hr_turn_look_up(hr_turn *t)
{
    size_t n = t->r.nblocks;
    hr_map_init(&t->by_key, t->a);
    t->slot = HR_NEW_ARRAY(t->a, uint32_t, n);
    t->keys = HR_NEW_ARRAY(t->a, hr_sha256, n);
    t->pins = HR_NEW_ARRAY(t->a, hr_pin, n);
    t->found = HR_NEW_ARRAY(t->a, bool, n);
    if (!t->slot || !t->keys || !t->pins || !t->found)
        return HR_E_NOMEM;
    hr_err err = assign_slots(t);
    if (err != HR_OK || t->nslots == 0)
        return err;
    return hr_store_pins(t->e->store, t->id.conversation, t->keys, t->nslots, t->a, t->pins,
                         t->found);
}

/* Splits a pin's text into the keys it depends on and the replacement. */
static bool unpack(hr_str packed, hr_str *deps, hr_str *text)
{
    if (packed.n < 1 || (unsigned char)packed.p[0] > MAX_DEPS)
        return false;
    size_t n = (size_t)packed.p[0] * KEY_BYTES;
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
    for (size_t k = 0; k + KEY_BYTES <= deps.n; k += KEY_BYTES) {
        const hr_map_entry *at = hr_map_get(&t->by_key, hr_str_sub(deps, k, k + KEY_BYTES));
        if (!at || at->value - 1 >= i)
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
    size_t n = 1 + ndeps * KEY_BYTES + d->text.n;
    char *packed = hr_alloc(t->a, n);
    if (!packed)
        return HR_E_NOMEM;
    packed[0] = (char)ndeps;
    for (size_t k = 0; k < ndeps; k++)
        memcpy(packed + 1 + k * KEY_BYTES, t->keys[t->slot[deps[k]]].b, KEY_BYTES);
    memcpy(packed + 1 + ndeps * KEY_BYTES, d->text.p, d->text.n);
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
