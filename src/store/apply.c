/* What the writer does inside its transaction. */
#include "base/utf8.h"
#include "store/internal.h"

static int64_t ttl_ms(const hr_store *s)
{
    return s->opts.ttl_s * 1000;
}

static hr_str short_query(hr_str q)
{
    return hr_str_sub(q, 0, q.n > HR_STORE_QUERY_MAX ? hr_utf8_floor(q, HR_STORE_QUERY_MAX) : q.n);
}

static void bind_facts(sqlite3_stmt *st, int i, const hr_original *o)
{
    hr_bind_text(st, i, o->tool_name);
    hr_bind_text(st, i + 1, o->strategy);
    hr_bind_text(st, i + 2, short_query(o->query));
    hr_bind_u64(st, i + 3, o->original_tokens);
    hr_bind_u64(st, i + 4, o->compressed_tokens);
    hr_bind_u64(st, i + 5, o->original_items);
    hr_bind_u64(st, i + 6, o->compressed_items);
}

static hr_err add_content(hr_conn *w, int64_t id, hr_str content)
{
    hr_err err = HR_OK;
    sqlite3_stmt *st = hr_conn_stmt(w, HR_SQL_CONTENT_ADD, &err);
    if (!st)
        return err;
    sqlite3_bind_int64(st, 1, id);
    hr_bind_blob(st, 2, content);
    return hr_stmt_done(st);
}

static hr_err apply_original(hr_store *s, const hr_original *o, const hr_sha256 *sha, int64_t now)
{
    hr_conn *w = &s->writer;
    hr_err err = HR_OK;
    bool row;
    hr_str key = {(const char *)sha->b, sizeof sha->b};
    sqlite3_stmt *st = hr_conn_stmt(w, HR_SQL_ORIGINAL_FIND, &err);
    if (!st)
        return err;
    hr_bind_blob(st, 1, key);
    err = hr_stmt_row(st, &row);
    if (err)
        return err;
    if (!row) {
        st = hr_conn_stmt(w, HR_SQL_ORIGINAL_ADD, &err);
        if (!st)
            return err;
        hr_bind_blob(st, 1, key);
        hr_bind_u64(st, 2, o->content.n);
        bind_facts(st, 3, o);
        sqlite3_bind_int64(st, 10, now);
        sqlite3_bind_int64(st, 11, s->opts.ttl_s);
        sqlite3_bind_int64(st, 12, now + ttl_ms(s));
        err = hr_stmt_row(st, &row);
        int64_t id = row ? sqlite3_column_int64(st, 0) : 0;
        if (!err && row)
            err = hr_stmt_done(st);
        return err ? err : add_content(w, id, o->content);
    }
    int64_t id = sqlite3_column_int64(st, 0);
    bool gone = sqlite3_column_int(st, 1) != HR_KEPT;
    sqlite3_reset(st);
    st = hr_conn_stmt(w, gone ? HR_SQL_ORIGINAL_REVIVE : HR_SQL_ORIGINAL_TOUCH, &err);
    if (!st)
        return err;
    sqlite3_bind_int64(st, 1, id);
    if (!gone) {
        sqlite3_bind_int64(st, 2, now);
        sqlite3_bind_int64(st, 3, s->opts.ttl_s);
        return hr_stmt_done(st);
    }
    bind_facts(st, 2, o);
    sqlite3_bind_int64(st, 9, now);
    sqlite3_bind_int64(st, 10, s->opts.ttl_s);
    sqlite3_bind_int64(st, 11, now + ttl_ms(s));
    err = hr_stmt_done(st);
    return err ? err : add_content(w, id, o->content);
}

static hr_err use_conversation(hr_conn *w, hr_str key, int64_t now, int64_t *id)
{
    hr_err err = HR_OK;
    bool row;
    sqlite3_stmt *st = hr_conn_stmt(w, HR_SQL_CONVERSATION_USE, &err);
    if (!st)
        return err;
    hr_bind_blob(st, 1, key);
    sqlite3_bind_int64(st, 2, now);
    err = hr_stmt_row(st, &row);
    if (err || !row)
        return err ? err : HR_E_STORE;
    *id = sqlite3_column_int64(st, 0);
    return hr_stmt_done(st);
}

static hr_err apply_pin(hr_conn *w, int64_t conversation, const hr_pin *p, bool *lost)
{
    hr_err err = HR_OK;
    sqlite3_stmt *st = hr_conn_stmt(w, HR_SQL_PIN_ADD, &err);
    if (!st)
        return err;
    uint8_t key[HR_KEY_LEN / 2];
    sqlite3_bind_int64(st, 1, conversation);
    hr_bind_blob(st, 2, (hr_str){(const char *)p->block.b, sizeof p->block.b});
    sqlite3_bind_int(st, 3, p->leave);
    sqlite3_bind_int(st, 4, p->reason);
    if (hr_key_bytes(&p->key, key))
        hr_bind_blob(st, 5, (hr_str){(const char *)key, sizeof key});
    sqlite3_bind_int64(st, 6, p->tokens_before);
    sqlite3_bind_int64(st, 7, p->tokens_after);
    hr_bind_blob(st, 8, p->leave ? HR_STR_NONE : p->text);
    err = hr_stmt_done(st);
    *lost = sqlite3_changes(w->db) == 0;
    return err;
}

hr_err hr_apply_job(hr_store *s, hr_job *job)
{
    hr_conn *w = &s->writer;
    int64_t now = hr_now_unix_ms(s->opts.clock), conversation = 0;
    hr_err err = HR_OK;
    const hr_store_batch *b = job->batch;
    for (size_t i = 0; b && i < b->noriginals && !err; i++)
        err = apply_original(s, &b->originals[i], &job->shas[i], now);
    if (!err && (!b || b->npins))
        err = use_conversation(w, job->conversation, now, &conversation);
    for (size_t i = 0; b && i < b->npins && !err; i++)
        err = apply_pin(w, conversation, &b->pins[i], &job->lost[i]);
    if (err || job->kind != HR_JOB_TRAIT)
        return err;
    sqlite3_stmt *st = hr_conn_stmt(w, HR_SQL_TRAIT_ADD, &err);
    if (!st)
        return err;
    sqlite3_bind_int64(st, 1, conversation);
    hr_bind_text(st, 2, job->name);
    hr_bind_blob(st, 3, job->value);
    err = hr_stmt_done(st);
    job->trait_lost = sqlite3_changes(w->db) == 0;
    return err;
}

/* Makes room: the least recently used originals go. What this group wrote is the newest, and a
 * group is never larger than the limits, so it stays. */
hr_err hr_apply_evict(hr_store *s, uint64_t *evicted)
{
    hr_conn *w = &s->writer;
    hr_err err = HR_OK;
    bool row;
    sqlite3_stmt *st = hr_conn_stmt(w, HR_SQL_TOTALS, &err);
    if (!st || (err = hr_stmt_row(st, &row)) || !row)
        return err;
    uint64_t entries = hr_column_u64(st, 0), bytes = hr_column_u64(st, 1);
    sqlite3_reset(st);
    for (;;) {
        int64_t ids[64];
        size_t n = 0;
        uint64_t max_entries = s->opts.max_entries ? s->opts.max_entries : UINT64_MAX;
        if (entries <= max_entries && bytes <= s->opts.max_bytes)
            return HR_OK;
        st = hr_conn_stmt(w, HR_SQL_ORIGINAL_LRU, &err);
        if (!st)
            return err;
        while (n < 64 && (entries > max_entries || bytes > s->opts.max_bytes) &&
               !(err = hr_stmt_row(st, &row)) && row) {
            ids[n++] = sqlite3_column_int64(st, 0);
            uint64_t size = hr_column_u64(st, 1);
            bytes -= size < bytes ? size : bytes;
            entries -= entries > 0;
        }
        sqlite3_reset(st);
        if (err || !n)
            return err;
        for (size_t i = 0; i < n && !err; i++) {
            st = hr_conn_stmt(w, HR_SQL_CONTENT_DROP, &err);
            if (!st)
                return err;
            sqlite3_bind_int64(st, 1, ids[i]);
            if ((err = hr_stmt_done(st)) || !(st = hr_conn_stmt(w, HR_SQL_ORIGINAL_GONE, &err)))
                return err;
            sqlite3_bind_int64(st, 1, ids[i]);
            sqlite3_bind_int(st, 2, HR_GONE_EVICTED);
            err = hr_stmt_done(st);
        }
        if (err)
            return err;
        *evicted += n;
    }
}

static hr_err apply_retrieval(hr_conn *w, const hr_note *n)
{
    hr_err err = HR_OK;
    bool row;
    uint8_t key[HR_KEY_LEN / 2];
    sqlite3_stmt *st;
    if (n->has_sha) {
        st = hr_conn_stmt(w, HR_SQL_ORIGINAL_COUNT_USE, &err);
        if (!st)
            return err;
        hr_bind_blob(st, 1, (hr_str){(const char *)n->sha.b, sizeof n->sha.b});
        sqlite3_bind_int64(st, 2, n->at_ms);
        err = hr_stmt_done(st);
    }
    if (err || !hr_key_bytes(&n->key, key) || !(st = hr_conn_stmt(w, HR_SQL_RETRIEVAL_ADD, &err)))
        return err;
    hr_bind_blob(st, 1, (hr_str){(const char *)key, sizeof key});
    hr_bind_text(st, 2, n->tool_name);
    hr_bind_text(st, 3, n->query);
    hr_bind_u64(st, 4, n->items);
    hr_bind_u64(st, 5, n->items);
    sqlite3_bind_int64(st, 6, n->at_ms);
    err = hr_stmt_row(st, &row);
    if (err || !row)
        return err;
    int64_t id = sqlite3_column_int64(st, 0);
    err = hr_stmt_done(st);
    if (err || !(st = hr_conn_stmt(w, HR_SQL_RETRIEVAL_TRIM, &err)))
        return err;
    sqlite3_bind_int64(st, 1, id - HR_STORE_EVENTS);
    return hr_stmt_done(st);
}

hr_err hr_apply_note(hr_store *s, const hr_note *n)
{
    hr_conn *w = &s->writer;
    if (n->retrieval)
        return apply_retrieval(w, n);
    hr_err err = HR_OK;
    sqlite3_stmt *st = hr_conn_stmt(w, HR_SQL_CONVERSATION_TOUCH, &err);
    if (!st)
        return err;
    hr_bind_blob(st, 1, n->conversation);
    sqlite3_bind_int64(st, 2, n->at_ms);
    err = hr_stmt_done(st);
    for (size_t i = 0; i < n->nkeys && !err; i++) {
        uint8_t lo[32] = {0}, hi[32];
        memset(hi, 0xff, sizeof hi);
        memcpy(lo, n->keys[i], sizeof n->keys[i]);
        memcpy(hi, n->keys[i], sizeof n->keys[i]);
        st = hr_conn_stmt(w, HR_SQL_ORIGINAL_TOUCH_KEY, &err);
        if (!st)
            return err;
        hr_bind_blob(st, 1, (hr_str){(const char *)lo, sizeof lo});
        hr_bind_blob(st, 2, (hr_str){(const char *)hi, sizeof hi});
        sqlite3_bind_int64(st, 3, n->at_ms);
        err = hr_stmt_done(st);
    }
    return err;
}

hr_err hr_apply_ledger(hr_store *s, const hr_ledger_row *r)
{
    hr_err err = HR_OK;
    sqlite3_stmt *st = hr_conn_stmt(&s->writer, HR_SQL_LEDGER_ADD, &err);
    if (!st)
        return err;
    sqlite3_bind_int64(st, 1, r->at_ms);
    const hr_str texts[] = {r->request_id, r->provider, r->model,
                            r->client,     r->project,  r->conversation};
    const uint64_t counts[] = {r->tokens_before, r->tokens_after, r->input,          r->cache_read,
                               r->cache_write,   r->output,       r->status,         r->overhead_us,
                               r->total_ms,      r->ttfb_ms,      r->blocks_changed, r->stream,
                               r->usage_known,   r->truncated};
    int i = 2;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        hr_bind_text(st, i++, texts[k]);
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        hr_bind_u64(st, i++, counts[k]);
    sqlite3_bind_double(st, i, r->saved_usd == r->saved_usd ? r->saved_usd : 0); /* NaN is NULL */
    return hr_stmt_done(st);
}
