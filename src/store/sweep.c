/* Forgetting: originals past their time, conversations nobody continued, old ledger rows. */
#include "base/log.h"
#include "store/internal.h"

static hr_err run1(hr_conn *c, hr_sql id, int64_t v, int *changes)
{
    hr_err err = HR_OK;
    sqlite3_stmt *st = hr_conn_stmt(c, id, &err);
    if (!st)
        return err;
    sqlite3_bind_int64(st, 1, v);
    err = hr_stmt_done(st);
    *changes = sqlite3_changes(c->db);
    return err;
}

static hr_err run3(hr_conn *c, hr_sql id, int64_t v1, int64_t v2, int64_t v3)
{
    hr_err err = HR_OK;
    sqlite3_stmt *st = hr_conn_stmt(c, id, &err);
    if (!st)
        return err;
    sqlite3_bind_int64(st, 1, v1);
    sqlite3_bind_int64(st, 2, v2);
    if (sqlite3_bind_parameter_count(st) > 2)
        sqlite3_bind_int64(st, 3, v3);
    return hr_stmt_done(st);
}

/* One original that is past its time: a conversation in use that names it gives it more. */
static hr_err expire(hr_store *s, int64_t id, const hr_sha256 *sha, int64_t ttl_s, int64_t now)
{
    hr_conn *w = &s->writer;
    int64_t used;
    int changes;
    hr_err err = hr_last_naming(w, sha->b, &used);
    if (err)
        return err;
    int64_t until = hr_kept_until(s, used, ttl_s);
    if (until >= now)
        return run3(w, HR_SQL_ORIGINAL_KEEP_UNTIL, id, used, until);
    err = run1(w, HR_SQL_CONTENT_DROP, id, &changes);
    return err ? err : run3(w, HR_SQL_ORIGINAL_GONE, id, HR_GONE_EXPIRED, 0);
}

static hr_err expire_some(hr_store *s, int64_t now, bool *more)
{
    enum { BATCH = 128 };
    struct {
        int64_t id, ttl_s;
        hr_sha256 sha;
    } due[BATCH];
    hr_err err = HR_OK;
    bool row = true;
    size_t n = 0;
    sqlite3_stmt *st = hr_conn_stmt(&s->writer, HR_SQL_ORIGINAL_EXPIRED, &err);
    if (!st)
        return err;
    sqlite3_bind_int64(st, 1, now);
    while (n < BATCH && !(err = hr_stmt_row(st, &row)) && row) {
        due[n].id = sqlite3_column_int64(st, 0);
        hr_str sha = hr_column(st, 1);
        if (sha.n == sizeof due[n].sha.b)
            memcpy(due[n].sha.b, sha.p, sha.n);
        due[n].ttl_s = sqlite3_column_int64(st, 2);
        n++;
    }
    sqlite3_reset(st);
    for (size_t i = 0; i < n && !err; i++)
        err = expire(s, due[i].id, &due[i].sha, due[i].ttl_s, now);
    *more |= n == BATCH;
    return err;
}

static hr_err forget_conversation(hr_store *s, int64_t now, bool *more)
{
    hr_conn *w = &s->writer;
    hr_err err = HR_OK;
    bool row;
    int changes = 0;
    sqlite3_stmt *st = hr_conn_stmt(w, HR_SQL_CONVERSATION_OLD, &err);
    if (!st)
        return err;
    sqlite3_bind_int64(st, 1, now - HR_STORE_CONVERSATION_MS);
    err = hr_stmt_row(st, &row);
    if (err || !row)
        return err;
    int64_t id = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    *more = true;
    err = run1(w, HR_SQL_PIN_DROP, id, &changes);
    if (err || changes)
        return err; /* a long one goes in several steps */
    err = run1(w, HR_SQL_TRAIT_DROP, id, &changes);
    return err ? err : run1(w, HR_SQL_CONVERSATION_DROP, id, &changes);
}

hr_err hr_sweep_step(hr_store *s, bool *more)
{
    hr_conn *w = &s->writer;
    int64_t now = hr_now_unix_ms(s->opts.clock);
    int changes = 0;
    *more = false;
    hr_err err = hr_conn_run(w, HR_SQL_BEGIN_WRITE);
    if (err)
        return err;
    err = expire_some(s, now, more);
    if (!err)
        err = run1(w, HR_SQL_ORIGINAL_FORGET, now - HR_STORE_TOMBSTONE_MS, &changes);
    *more |= changes > 0;
    if (!err)
        err = forget_conversation(s, now, more);
    if (!err)
        err = run1(w, HR_SQL_LEDGER_FORGET, now - HR_STORE_LEDGER_MS, &changes);
    *more |= changes > 0;
    if (!err)
        err = hr_conn_run(w, HR_SQL_COMMIT);
    if (err && !sqlite3_get_autocommit(w->db))
        (void)hr_conn_run(w, HR_SQL_ROLLBACK);
    if (err)
        hr_warn("store: sweeping failed (%s)", hr_err_name(err));
    return err;
}

hr_err hr_store_sweep(hr_store *s)
{
    hr_job job = {.kind = HR_JOB_SWEEP};
    return hr_writer_do(s, &job) ? HR_E_STORE : HR_OK;
}
