/* The tables, and the steps from each version of them to the next (PRAGMA user_version).
 *
 * Contents stand apart from what is said about them, so that a touch does not rewrite megabytes.
 * `totals` is kept by triggers: it stays right whichever process writes, and no operation has to
 * count. An original that went keeps its row without content for a week, so that a late request
 * for it can be told what happened. */
#include "base/log.h"
#include "store/internal.h"

static const char step1[] =
    "CREATE TABLE originals("
    " id INTEGER PRIMARY KEY,"
    " sha BLOB NOT NULL UNIQUE,"
    " bytes INTEGER NOT NULL,"
    " tool_name TEXT NOT NULL, strategy TEXT NOT NULL, query TEXT NOT NULL,"
    " original_tokens INTEGER NOT NULL, compressed_tokens INTEGER NOT NULL,"
    " original_items INTEGER NOT NULL, compressed_items INTEGER NOT NULL,"
    " retrievals INTEGER NOT NULL DEFAULT 0,"
    " created_ms INTEGER NOT NULL, last_access_ms INTEGER NOT NULL,"
    " ttl_s INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
    " gone INTEGER NOT NULL DEFAULT 0);" /* 0 kept, 1 expired, 2 pushed out by the size limit */
    "CREATE INDEX originals_lru ON originals(last_access_ms, id) WHERE gone = 0;"
    "CREATE INDEX originals_expiry ON originals(expires_ms) WHERE gone = 0;"
    "CREATE INDEX originals_gone ON originals(last_access_ms) WHERE gone <> 0;"
    "CREATE TABLE contents(id INTEGER PRIMARY KEY, body BLOB NOT NULL);"

    "CREATE TABLE conversations("
    " id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, last_use_ms INTEGER NOT NULL);"
    "CREATE INDEX conversations_use ON conversations(last_use_ms);"
    "CREATE TABLE pins("
    " id INTEGER PRIMARY KEY,"
    " conversation INTEGER NOT NULL, block BLOB NOT NULL,"
    " leave INTEGER NOT NULL, reason INTEGER NOT NULL,"
    " original BLOB," /* the first 12 bytes of its SHA-256 */
    " tokens_before INTEGER NOT NULL, tokens_after INTEGER NOT NULL,"
    " text BLOB NOT NULL,"
    " UNIQUE(conversation, block));"
    "CREATE INDEX pins_original ON pins(original) WHERE original IS NOT NULL;"
    "CREATE TABLE traits("
    " conversation INTEGER NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(conversation, name)) WITHOUT ROWID;"

    "CREATE TABLE retrievals("
    " id INTEGER PRIMARY KEY, original BLOB NOT NULL, tool_name TEXT NOT NULL,"
    " query TEXT NOT NULL, items INTEGER NOT NULL, total_items INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL);"
    "CREATE TABLE ledger("
    " id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, request_id TEXT NOT NULL,"
    " provider TEXT NOT NULL, model TEXT NOT NULL, client TEXT NOT NULL, project TEXT NOT NULL,"
    " conversation TEXT NOT NULL, tokens_before INTEGER NOT NULL, tokens_after INTEGER NOT NULL,"
    " input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,"
    " output INTEGER NOT NULL, status INTEGER NOT NULL, overhead_us INTEGER NOT NULL,"
    " total_ms INTEGER NOT NULL, ttfb_ms INTEGER NOT NULL, blocks_changed INTEGER NOT NULL,"
    " stream INTEGER NOT NULL, usage_known INTEGER NOT NULL, truncated INTEGER NOT NULL,"
    " saved_usd REAL NOT NULL);"
    "CREATE INDEX ledger_at ON ledger(at_ms);"

    "CREATE TABLE totals("
    " one INTEGER PRIMARY KEY CHECK(one = 1),"
    " entries INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
    " original_tokens INTEGER NOT NULL DEFAULT 0, compressed_tokens INTEGER NOT NULL DEFAULT 0,"
    " retrievals INTEGER NOT NULL DEFAULT 0,"
    " pins INTEGER NOT NULL DEFAULT 0, conversations INTEGER NOT NULL DEFAULT 0);"
    "INSERT INTO totals(one) VALUES(1);"
    "CREATE TRIGGER content_added AFTER INSERT ON contents BEGIN"
    " UPDATE totals SET entries = entries + 1, (bytes, original_tokens, compressed_tokens) ="
    " (SELECT totals.bytes + o.bytes, totals.original_tokens + o.original_tokens,"
    " totals.compressed_tokens + o.compressed_tokens FROM originals o WHERE o.id = new.id); END;"
    "CREATE TRIGGER content_dropped AFTER DELETE ON contents BEGIN"
    " UPDATE totals SET entries = entries - 1, (bytes, original_tokens, compressed_tokens) ="
    " (SELECT totals.bytes - o.bytes, totals.original_tokens - o.original_tokens,"
    " totals.compressed_tokens - o.compressed_tokens FROM originals o WHERE o.id = old.id); END;"
    "CREATE TRIGGER retrieval_added AFTER INSERT ON retrievals BEGIN"
    " UPDATE totals SET retrievals = retrievals + 1; END;"
    "CREATE TRIGGER pin_added AFTER INSERT ON pins BEGIN"
    " UPDATE totals SET pins = pins + 1; END;"
    "CREATE TRIGGER pin_dropped AFTER DELETE ON pins BEGIN"
    " UPDATE totals SET pins = pins - 1; END;"
    "CREATE TRIGGER conversation_added AFTER INSERT ON conversations BEGIN"
    " UPDATE totals SET conversations = conversations + 1; END;"
    "CREATE TRIGGER conversation_dropped AFTER DELETE ON conversations BEGIN"
    " UPDATE totals SET conversations = conversations - 1; END;"
    "PRAGMA user_version = 1;";

/* steps[v] leads from version v to v + 1 and sets user_version, all in one transaction. */
static const char *const steps[HR_SCHEMA_VERSION] = {step1};

static hr_err version_of(hr_conn *c, int *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(c->db, "PRAGMA user_version", -1, &st, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        *out = sqlite3_column_int(st, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    return hr_conn_err(rc);
}

/* Readers and the writer do not wait for each other in WAL mode. Where the file system cannot do
 * it the old journal works too, only slower. */
static hr_err use_wal(hr_conn *c)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(c->db, "PRAGMA journal_mode = WAL", -1, &st, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        const char *mode = (const char *)sqlite3_column_text(st, 0);
        if (!mode || strcmp(mode, "wal") != 0)
            hr_warn("store: no write-ahead log on this file system (journal: %s)",
                    mode ? mode : "?");
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    return hr_conn_err(rc);
}

hr_err hr_schema_migrate(hr_conn *c)
{
    int version = 0;
    hr_err err = version_of(c, &version);
    if (!err && version > HR_SCHEMA_VERSION)
        return HR_E_UNSUPPORTED;
    if (!err && sqlite3_db_filename(c->db, NULL) && *sqlite3_db_filename(c->db, NULL))
        err = use_wal(c);
    if (err || version == HR_SCHEMA_VERSION)
        return err;
    err = hr_conn_exec(c, "BEGIN IMMEDIATE");
    if (err)
        return err;
    err = version_of(c, &version); /* another process may have been first */
    for (; !err && version >= 0 && version < HR_SCHEMA_VERSION; version++)
        err = hr_conn_exec(c, steps[version]);
    if (!err && (version < 0 || version > HR_SCHEMA_VERSION))
        err = HR_E_UNSUPPORTED;
    if (!err)
        err = hr_conn_exec(c, "COMMIT");
    if (err && !sqlite3_get_autocommit(c->db))
        (void)hr_conn_exec(c, "ROLLBACK");
    return err;
}
