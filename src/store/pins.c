/* Commits, pins and traits: decisions that hold for the life of a conversation. */
#include "base/mem.h"
#include "store/internal.h"

/* --- reading ---------------------------------------------------------------------------------- */

static hr_err conversation_id(hr_conn *c, hr_str key, int64_t *id)
{
    hr_err err = HR_OK;
    bool row;
    sqlite3_stmt *st = hr_conn_stmt(c, HR_SQL_CONVERSATION_FIND, &err);
    if (!st)
        return err;
    hr_bind_blob(st, 1, key);
    err = hr_stmt_row(st, &row);
    if (!err && !row)
        return HR_E_NOTFOUND;
    if (!err)
        *id = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return err;
}

static hr_err read_pin(hr_conn *c, int64_t conversation, const hr_sha256 *block, hr_arena *a,
                       hr_pin *pin, bool *found)
{
    hr_err err = HR_OK;
    bool row;
    sqlite3_stmt *st = hr_conn_stmt(c, HR_SQL_PIN_GET, &err);
    if (!st)
        return err;
    sqlite3_bind_int64(st, 1, conversation);
    hr_bind_blob(st, 2, (hr_str){(const char *)block->b, sizeof block->b});
    err = hr_stmt_row(st, &row);
    if (err || !row)
        return err;
    *pin = (hr_pin){.block = *block,
                    .leave = sqlite3_column_int(st, 0) != 0,
                    .reason = (uint16_t)sqlite3_column_int(st, 1),
                    .tokens_before = (uint32_t)sqlite3_column_int64(st, 3),
                    .tokens_after = (uint32_t)sqlite3_column_int64(st, 4),
                    .text = hr_str_dup(a, hr_column(st, 5))};
    hr_key_set(&pin->key, hr_column(st, 2));
    sqlite3_reset(st);
    *found = pin->text.p != NULL;
    return *found ? HR_OK : HR_E_NOMEM;
}

/* Those of the wanted pins that are not found yet, from the database; they are cached. */
static hr_err read_pins(hr_store *s, hr_str conversation, const hr_sha256 *blocks, size_t n,
                        hr_arena *a, hr_pin *pins, bool *found)
{
    hr_err err;
    hr_conn *c = hr_db_lease(s, &err);
    if (!c)
        return err == HR_E_NOTFOUND ? HR_OK : err;
    int64_t id = 0;
    bool txn = s->path != NULL; /* one snapshot, and its cost only once */
    if (txn)
        err = hr_conn_run(c, HR_SQL_BEGIN_READ);
    if (!err)
        err = conversation_id(c, conversation, &id);
    for (size_t i = 0; i < n && !err; i++) {
        if (found[i])
            continue;
        err = read_pin(c, id, &blocks[i], a, &pins[i], &found[i]);
        if (found[i])
            hr_pin_cache_put(s->cache, conversation, &pins[i]);
    }
    if (txn && !sqlite3_get_autocommit(c->db))
        (void)hr_conn_run(c, HR_SQL_COMMIT);
    hr_db_return(s, c, err == HR_E_NOTFOUND || err == HR_E_NOMEM ? HR_OK : err);
    return err == HR_E_NOTFOUND ? HR_OK : err;
}

/* Tells the writer, at most once in touch_ms, that a conversation is in use, so that it and the
 * originals its markers name do not expire while it lives. */
static void touch(hr_store *s, hr_str conversation, const hr_pin *pins, const bool *found, size_t n)
{
    int64_t now = hr_now_unix_ms(s->opts.clock);
    if (!hr_pin_cache_due(s->cache, conversation, now, s->touch_ms))
        return;
    size_t nkeys = 0;
    for (size_t i = 0; i < n; i++)
        nkeys += found[i] && pins[i].key.hex[0];
    hr_note *note = hr_malloc(sizeof *note + nkeys * sizeof *note->keys + conversation.n);
    if (!note)
        return;
    *note = (hr_note){.at_ms = now, .keys = (uint8_t(*)[HR_KEY_LEN / 2])(note + 1)};
    for (size_t i = 0; i < n; i++)
        if (found[i] && pins[i].key.hex[0] && hr_key_bytes(&pins[i].key, note->keys[note->nkeys]))
            note->nkeys++;
    char *key = (char *)(note->keys + nkeys);
    if (conversation.n)
        memcpy(key, conversation.p, conversation.n);
    note->conversation = (hr_str){key, conversation.n};
    hr_writer_note(s, note);
}

hr_err hr_store_pins_cached(hr_store *s, hr_str conversation, const hr_sha256 *blocks, size_t n,
                            hr_arena *a, hr_pin *pins, bool *found)
{
    size_t missing;
    hr_err err = hr_pin_cache_get(s->cache, conversation, blocks, n, a, pins, found, &missing);
    if (!err)
        touch(s, conversation, pins, found, n);
    return err ? err : missing ? HR_E_NOTFOUND : HR_OK;
}

void hr_store_pins_remember(hr_store *s, hr_str conversation, const hr_pin *pins, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hr_pin_cache_put(s->cache, conversation, &pins[i]);
}

hr_err hr_store_pins(hr_store *s, hr_str conversation, const hr_sha256 *blocks, size_t n,
                     hr_arena *a, hr_pin *pins, bool *found)
{
    size_t missing;
    hr_err err = hr_pin_cache_get(s->cache, conversation, blocks, n, a, pins, found, &missing);
    if (!err && missing)
        err = read_pins(s, conversation, blocks, n, a, pins, found);
    if (!err)
        touch(s, conversation, pins, found, n);
    return err == HR_E_BUSY || err == HR_E_CORRUPT ? HR_E_STORE : err;
}

/* --- committing ------------------------------------------------------------------------------- */

/* After the transaction: fetch the decisions that were there first, remember all of them. */
static hr_err settle(hr_store *s, const hr_store_batch *b, bool *lost, hr_arena *a)
{
    bool any = false;
    for (size_t i = 0; i < b->npins; i++) {
        if (lost[i])
            any = true;
        else
            hr_pin_cache_put(s->cache, b->conversation, &b->pins[i]);
    }
    if (!any)
        return HR_OK;
    hr_sha256 *blocks = HR_NEW_ARRAY(a, hr_sha256, b->npins);
    bool *have = HR_NEW_ARRAY(a, bool, b->npins);
    if (!blocks || !have)
        return HR_E_NOMEM;
    for (size_t i = 0; i < b->npins; i++) {
        blocks[i] = b->pins[i].block;
        have[i] = !lost[i];
    }
    hr_err err = read_pins(s, b->conversation, blocks, b->npins, a, b->pins, have);
    for (size_t i = 0; i < b->npins && !err; i++)
        if (!have[i])
            err = HR_E_STORE; /* forgotten between the two: thirty days passed, or a new file */
    return err;
}

/* What this process replays already holds, whatever became of the file. */
static hr_err prefer_cached(hr_store *s, const hr_store_batch *b, hr_arena *a)
{
    for (size_t i = 0; i < b->npins; i++) {
        hr_pin known;
        bool found;
        size_t missing;
        hr_err err = hr_pin_cache_get(s->cache, b->conversation, &b->pins[i].block, 1, a, &known,
                                      &found, &missing);
        if (err)
            return err;
        if (found)
            b->pins[i] = known;
    }
    return HR_OK;
}

static hr_err name_originals(hr_store *s, const hr_store_batch *b, hr_sha256 *shas, size_t *bytes)
{
    uint64_t max =
        s->opts.max_bytes < HR_STORE_MAX_CONTENT ? s->opts.max_bytes : HR_STORE_MAX_CONTENT;
    *bytes = 0;
    if (s->opts.max_entries && b->noriginals > s->opts.max_entries)
        return HR_E_LIMIT;
    for (size_t i = 0; i < b->noriginals; i++) {
        const hr_original *o = &b->originals[i];
        if (o->content.n > max || *bytes + o->content.n > s->opts.max_bytes)
            return HR_E_LIMIT;
        *bytes += o->content.n;
        shas[i] = hr_sha256_of(o->content);
        char hex[HR_KEY_LEN];
        hr_hex(shas[i].b, HR_KEY_LEN / 2, hex);
        if (memcmp(hex, o->key.hex, HR_KEY_LEN) != 0)
            return HR_E_RANGE; /* a marker with this key would never resolve */
    }
    return HR_OK;
}

hr_err hr_store_commit(hr_store *s, const hr_store_batch *b, hr_arena *a)
{
    if (b->noriginals == 0 && b->npins == 0)
        return HR_OK;
    hr_sha256 *shas = HR_NEW_ARRAY(a, hr_sha256, b->noriginals);
    bool *lost = HR_NEW_ARRAY(a, bool, b->npins);
    if (!shas || !lost)
        return HR_E_NOMEM;
    hr_job job = {.kind = HR_JOB_COMMIT,
                  .conversation = b->conversation,
                  .batch = b,
                  .shas = shas,
                  .lost = lost};
    hr_err err = name_originals(s, b, shas, &job.bytes);
    if (!err)
        err = prefer_cached(s, b, a);
    if (err)
        return err;
    if (hr_writer_do(s, &job))
        return HR_E_STORE;
    atomic_fetch_add(&s->commits, 1);
    err = settle(s, b, lost, a);
    return err == HR_E_BUSY || err == HR_E_CORRUPT ? HR_E_STORE : err;
}

/* --- traits ----------------------------------------------------------------------------------- */

static hr_err read_trait(hr_store *s, hr_str conversation, hr_str name, hr_arena *a, hr_str *out)
{
    hr_err err;
    bool row = false;
    hr_conn *c = hr_db_lease(s, &err);
    if (!c)
        return err;
    sqlite3_stmt *st = hr_conn_stmt(c, HR_SQL_TRAIT_GET, &err);
    if (st) {
        hr_bind_blob(st, 1, conversation);
        hr_bind_text(st, 2, name);
        err = hr_stmt_row(st, &row);
    }
    if (row) {
        *out = hr_str_dup(a, hr_column(st, 0));
        sqlite3_reset(st);
    }
    hr_db_return(s, c, err);
    if (err || !row)
        return err ? err : HR_E_NOTFOUND;
    if (!out->p)
        return HR_E_NOMEM;
    hr_pin_cache_put_trait(s->cache, conversation, name, *out);
    return HR_OK;
}

hr_err hr_store_trait_get(hr_store *s, hr_str conversation, hr_str name, hr_arena *a, hr_str *out)
{
    *out = HR_STR_NONE;
    hr_err err = hr_pin_cache_trait(s->cache, conversation, name, a, out);
    if (err == HR_E_NOTFOUND)
        err = read_trait(s, conversation, name, a, out);
    if (!err)
        touch(s, conversation, NULL, NULL, 0);
    return err == HR_E_BUSY || err == HR_E_CORRUPT ? HR_E_STORE : err;
}

hr_err hr_store_trait_set(hr_store *s, hr_str conversation, hr_str name, hr_str value, hr_arena *a,
                          hr_str *out)
{
    *out = HR_STR_NONE;
    hr_err err = hr_pin_cache_trait(s->cache, conversation, name, a, out);
    if (err != HR_E_NOTFOUND)
        return err;
    hr_job job = {.kind = HR_JOB_TRAIT, .conversation = conversation, .name = name, .value = value};
    if (hr_writer_do(s, &job))
        return HR_E_STORE;
    atomic_fetch_add(&s->commits, 1);
    if (job.trait_lost)
        return hr_store_trait_get(s, conversation, name, a, out);
    hr_pin_cache_put_trait(s->cache, conversation, name, value);
    *out = hr_str_dup(a, value);
    return out->p ? HR_OK : HR_E_NOMEM;
}
