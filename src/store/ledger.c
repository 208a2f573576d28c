/* The ledger, and the figures about the store. */
#include "base/log.h"
#include "base/mem.h"
#include "store/internal.h"

enum { TEXT_MAX = 512 }; /* bytes of each text of a row that are kept */

void hr_store_ledger_add(hr_store *s, const hr_ledger_row *row)
{
    hr_str texts[] = {row->request_id, row->provider, row->model,
                      row->client,     row->project,  row->conversation};
    enum { TEXTS = sizeof texts / sizeof *texts };
    size_t bytes = 0;
    for (size_t i = 0; i < TEXTS; i++) {
        texts[i] = hr_str_sub(texts[i], 0, TEXT_MAX);
        bytes += texts[i].n;
    }
    hr_ledger_node *n = hr_malloc(sizeof *n + bytes);
    if (n) {
        *n = (hr_ledger_node){.row = *row};
        hr_str *to[TEXTS] = {&n->row.request_id, &n->row.provider, &n->row.model,
                             &n->row.client,     &n->row.project,  &n->row.conversation};
        char *p = (char *)(n + 1);
        for (size_t i = 0; i < TEXTS; i++) {
            if (texts[i].n)
                memcpy(p, texts[i].p, texts[i].n);
            *to[i] = (hr_str){p, texts[i].n};
            p += texts[i].n;
        }
    }
    pthread_mutex_lock(&s->lock);
    bool room = n && s->ledger.n < HR_STORE_LEDGER_QUEUE;
    size_t dropped = 0;
    if (room) {
        *s->ledger.last = n;
        s->ledger.last = &n->next;
        s->ledger.n++;
        atomic_fetch_add(&s->waiting, 1);
        bool first = !s->notes_since_ns;
        if (first)
            s->notes_since_ns = hr_real_ns();
        if (first || s->ledger.n == HR_STORE_LEDGER_BATCH)
            pthread_cond_signal(&s->wake);
    } else {
        dropped = ++s->ledger_dropped;
    }
    pthread_mutex_unlock(&s->lock);
    if (room)
        return;
    hr_free(n);
    if ((dropped & (dropped - 1)) == 0) /* 1, 2, 4, 8, … */
        hr_warn("store: the ledger's queue is full, %zu rows dropped", dropped);
}

static hr_err plain(hr_err err)
{
    return err == HR_E_BUSY || err == HR_E_CORRUPT ? HR_E_STORE : err;
}

hr_err hr_store_ledger_sum(hr_store *s, int64_t since_ms, hr_ledger_sum *out)
{
    *out = (hr_ledger_sum){0};
    hr_writer_flush(s);
    hr_err err;
    bool row = false;
    hr_conn *c = hr_db_lease(s, &err);
    if (!c)
        return err == HR_E_NOTFOUND ? HR_OK : plain(err);
    sqlite3_stmt *st = hr_conn_stmt(c, HR_SQL_LEDGER_SUM, &err);
    if (st) {
        sqlite3_bind_int64(st, 1, since_ms);
        err = hr_stmt_row(st, &row);
    }
    if (row) {
        *out = (hr_ledger_sum){.requests = hr_column_u64(st, 0),
                               .tokens_before = hr_column_u64(st, 1),
                               .tokens_after = hr_column_u64(st, 2),
                               .input = hr_column_u64(st, 3),
                               .cache_read = hr_column_u64(st, 4),
                               .cache_write = hr_column_u64(st, 5),
                               .output = hr_column_u64(st, 6),
                               .first_ms = sqlite3_column_int64(st, 7),
                               .last_ms = sqlite3_column_int64(st, 8),
                               .saved_usd = sqlite3_column_double(st, 9)};
        sqlite3_reset(st);
    }
    hr_db_return(s, c, err);
    return plain(err);
}

hr_err hr_store_stats_get(hr_store *s, hr_store_stats *out)
{
    hr_writer_flush(s);
    *out = (hr_store_stats){.max_entries = s->opts.max_entries,
                            .max_bytes = s->opts.max_bytes,
                            .default_ttl_s = s->opts.ttl_s,
                            .in_memory = !s->path,
                            .commits = atomic_load(&s->commits),
                            .fsync_groups = atomic_load(&s->groups),
                            .evictions = atomic_load(&s->evictions)};
    hr_err err;
    bool row = false;
    hr_conn *c = hr_db_lease(s, &err);
    if (!c)
        return err == HR_E_NOTFOUND ? HR_OK : plain(err);
    sqlite3_stmt *st = hr_conn_stmt(c, HR_SQL_TOTALS, &err);
    if (st)
        err = hr_stmt_row(st, &row);
    if (row) {
        uint64_t *const to[] = {&out->entries,           &out->bytes,      &out->original_tokens,
                                &out->compressed_tokens, &out->retrievals, &out->pins,
                                &out->conversations,     &out->events};
        for (int i = 0; i < 8; i++)
            *to[i] = hr_column_u64(st, i);
        sqlite3_reset(st);
    }
    hr_db_return(s, c, err);
    return plain(err);
}

hr_err hr_store_recent(hr_store *s, hr_arena *a, size_t n, hr_retrieval **out, size_t *count)
{
    *count = 0;
    if (n > HR_STORE_EVENTS)
        n = HR_STORE_EVENTS;
    *out = HR_NEW_ARRAY(a, hr_retrieval, n);
    if (!*out)
        return HR_E_NOMEM;
    hr_writer_flush(s);
    hr_err err;
    bool row = false;
    hr_conn *c = hr_db_lease(s, &err);
    if (!c)
        return err == HR_E_NOTFOUND ? HR_OK : plain(err);
    sqlite3_stmt *st = hr_conn_stmt(c, HR_SQL_RETRIEVAL_NEWEST, &err);
    if (st)
        hr_bind_u64(st, 1, n);
    while (st && *count < n && !(err = hr_stmt_row(st, &row)) && row) {
        hr_retrieval *r = &(*out)[(*count)++];
        hr_key_set(&r->key, hr_column(st, 0));
        r->tool_name = hr_str_dup(a, hr_column(st, 1));
        r->query = hr_str_dup(a, hr_column(st, 2));
        r->items = hr_column_u64(st, 3);
        r->total_items = hr_column_u64(st, 4);
        r->at_ms = sqlite3_column_int64(st, 5);
    }
    if (row)
        sqlite3_reset(st);
    hr_db_return(s, c, err);
    return a->failed ? HR_E_NOMEM : plain(err);
}
