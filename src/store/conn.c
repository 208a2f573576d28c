/* One SQLite connection with its prepared statements. */
#include "store/internal.h"

static const char *const sql_text[HR_SQL_COUNT] = {
#define HR_SQL(id, text) [HR_SQL_##id] = text,
#include "store/sql.def"
#undef HR_SQL
};

hr_err hr_conn_err(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return HR_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return HR_E_BUSY;
    case SQLITE_CORRUPT: /* "database disk image is malformed" */
    case SQLITE_NOTADB:  /* "file is not a database" */
        return HR_E_CORRUPT;
    default:
        return HR_E_STORE;
    }
}

hr_err hr_conn_exec(hr_conn *c, const char *sql)
{
    return hr_conn_err(sqlite3_exec(c->db, sql, NULL, NULL, NULL));
}

hr_err hr_conn_open(hr_conn *c, const char *path)
{
    *c = (hr_conn){0};
    /* No SQLITE_OPEN_CREATE: the file is made by us, so that nobody else can ever read it. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(path ? path : ":memory:", &c->db, flags, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(c->db, HR_STORE_READ_WAIT_MS);
    /* The first statement that reads the file finds out what it is. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(c->db,
                          "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
                          " PRAGMA wal_autocheckpoint = 0; PRAGMA schema_version",
                          NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        hr_conn_close(c);
    return hr_conn_err(rc);
}

hr_err hr_conn_wait_for_disk(hr_conn *c, bool wait)
{
    if (c->lazy == !wait)
        return HR_OK;
    hr_err err =
        hr_conn_exec(c, wait ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    if (!err)
        c->lazy = !wait;
    return err;
}

void hr_conn_close(hr_conn *c)
{
    for (size_t i = 0; i < HR_SQL_COUNT; i++)
        sqlite3_finalize(c->stmt[i]);
    sqlite3_close(c->db);
    *c = (hr_conn){0};
}

sqlite3_stmt *hr_conn_stmt(hr_conn *c, hr_sql id, hr_err *err)
{
    if (!c->stmt[id]) {
        int rc = sqlite3_prepare_v3(c->db, sql_text[id], -1, SQLITE_PREPARE_PERSISTENT,
                                    &c->stmt[id], NULL);
        if (rc != SQLITE_OK) {
            *err = hr_conn_err(rc);
            return NULL;
        }
    }
    sqlite3_reset(c->stmt[id]);
    sqlite3_clear_bindings(c->stmt[id]);
    return c->stmt[id];
}

hr_err hr_stmt_row(sqlite3_stmt *st, bool *row)
{
    int rc = sqlite3_step(st);
    *row = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW)
        sqlite3_reset(st);
    return hr_conn_err(rc);
}

hr_err hr_stmt_done(sqlite3_stmt *st)
{
    int rc;
    do
        rc = sqlite3_step(st);
    while (rc == SQLITE_ROW);
    sqlite3_reset(st);
    return hr_conn_err(rc);
}

hr_err hr_conn_run(hr_conn *c, hr_sql id)
{
    hr_err err = HR_OK;
    sqlite3_stmt *st = hr_conn_stmt(c, id, &err);
    return st ? hr_stmt_done(st) : err;
}

/* A failed binding (only out of memory or too big) would leave NULL, which the NOT NULL columns
 * refuse; so the results need no check here. */
void hr_bind_blob(sqlite3_stmt *st, int i, hr_str v)
{
    sqlite3_bind_blob64(st, i, v.n ? v.p : "", v.n, SQLITE_STATIC);
}

void hr_bind_text(sqlite3_stmt *st, int i, hr_str v)
{
    sqlite3_bind_text64(st, i, v.n ? v.p : "", v.n, SQLITE_STATIC, SQLITE_UTF8);
}

void hr_bind_u64(sqlite3_stmt *st, int i, uint64_t v)
{
    sqlite3_bind_int64(st, i, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

hr_str hr_column(sqlite3_stmt *st, int i)
{
    const void *p = sqlite3_column_blob(st, i);
    int n = sqlite3_column_bytes(st, i);
    return (hr_str){p, p && n > 0 ? (size_t)n : 0};
}

uint64_t hr_column_u64(sqlite3_stmt *st, int i)
{
    int64_t v = sqlite3_column_int64(st, i);
    return v > 0 ? (uint64_t)v : 0;
}

static int nibble(char c)
{
    return hr_is_digit(c) ? c - '0' : hr_lower(c) - 'a' + 10;
}

bool hr_key_bytes(const hr_key *k, uint8_t out[HR_KEY_LEN / 2])
{
    for (size_t i = 0; i < HR_KEY_LEN; i += 2) {
        if (!hr_is_hex(k->hex[i]) || !hr_is_hex(k->hex[i + 1]))
            return false;
        out[i / 2] = (uint8_t)(nibble(k->hex[i]) << 4 | nibble(k->hex[i + 1]));
    }
    return true;
}

void hr_key_set(hr_key *k, hr_str bytes)
{
    *k = (hr_key){{0}};
    if (bytes.n >= HR_KEY_LEN / 2)
        hr_hex((const uint8_t *)bytes.p, HR_KEY_LEN / 2, k->hex);
}
