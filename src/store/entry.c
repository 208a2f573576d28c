/* Retrieval: an original by its hash, and what to say when there is none. */
#include "base/mem.h"
#include "store/internal.h"

enum { HEX_MIN = 6, HEX_MAX = 64 };

typedef struct wanted {
    char hex[HEX_MAX]; /* lower case */
    size_t n;
    uint8_t lo[32], hi[32]; /* the range of SHA-256 values that begin so */
} wanted;

static bool parse(hr_str hash, wanted *w)
{
    if (hash.n < HEX_MIN || hash.n > HEX_MAX)
        return false;
    *w = (wanted){.n = hash.n};
    memset(w->hi, 0xff, sizeof w->hi);
    for (size_t i = 0; i < hash.n; i++) {
        char c = hr_lower(hash.p[i]);
        if (!hr_is_hex(c))
            return false;
        w->hex[i] = c;
        unsigned v = (unsigned)(hr_is_digit(c) ? c - '0' : c - 'a' + 10);
        unsigned up = i % 2 ? 0 : 4, rest = i % 2 ? 0 : 15; /* the first digit is the high half */
        w->lo[i / 2] = (uint8_t)(w->lo[i / 2] | v << up);
        w->hi[i / 2] = (uint8_t)((i % 2 ? w->hi[i / 2] & 0xf0 : 0) | v << up | rest);
    }
    return true;
}

hr_err hr_last_naming(hr_conn *c, const uint8_t key[HR_KEY_LEN / 2], int64_t *last_use_ms)
{
    hr_err err = HR_OK;
    bool row;
    *last_use_ms = 0;
    sqlite3_stmt *st = hr_conn_stmt(c, HR_SQL_CONVERSATION_NAMING, &err);
    if (!st)
        return err;
    hr_bind_blob(st, 1, (hr_str){(const char *)key, HR_KEY_LEN / 2});
    err = hr_stmt_row(st, &row);
    if (row) {
        *last_use_ms = sqlite3_column_int64(st, 0);
        sqlite3_reset(st);
    }
    return err;
}

int64_t hr_kept_until(const hr_store *s, int64_t last_use_ms, int64_t ttl_s)
{
    /* Uses are written up to touch_ms and one note interval late. */
    return last_use_ms ? last_use_ms + ttl_s * 1000 + s->touch_ms + 2 * HR_STORE_NOTE_MS : 0;
}

typedef struct found_row {
    int64_t id, expires_ms;
    int gone;
    hr_sha256 sha;
} found_row;

static hr_err find(hr_conn *c, const wanted *w, hr_arena *a, hr_entry *out, found_row *f)
{
    hr_err err = HR_OK;
    bool row;
    sqlite3_stmt *st = hr_conn_stmt(c, HR_SQL_ORIGINAL_RANGE, &err);
    if (!st)
        return err;
    hr_bind_blob(st, 1, (hr_str){(const char *)w->lo, sizeof w->lo});
    hr_bind_blob(st, 2, (hr_str){(const char *)w->hi, sizeof w->hi});
    err = hr_stmt_row(st, &row);
    if (err || !row)
        return err ? err : HR_E_NOTFOUND;
    hr_str sha = hr_column(st, 1);
    if (sha.n == sizeof f->sha.b)
        memcpy(f->sha.b, sha.p, sha.n);
    hr_key_set(&out->key, sha);
    f->id = sqlite3_column_int64(st, 0);
    f->gone = sqlite3_column_int(st, 2);
    out->tool_name = hr_str_dup(a, hr_column(st, 3));
    out->strategy = hr_str_dup(a, hr_column(st, 4));
    out->query = hr_str_dup(a, hr_column(st, 5));
    out->original_tokens = hr_column_u64(st, 6);
    out->compressed_tokens = hr_column_u64(st, 7);
    out->original_items = hr_column_u64(st, 8);
    out->compressed_items = hr_column_u64(st, 9);
    out->retrievals = hr_column_u64(st, 10);
    out->created_ms = sqlite3_column_int64(st, 11);
    out->last_access_ms = sqlite3_column_int64(st, 12);
    out->ttl_s = sqlite3_column_int64(st, 13);
    f->expires_ms = sqlite3_column_int64(st, 14);
    bool ok = out->tool_name.p && out->strategy.p && out->query.p;
    /* A second match: the prefix is ambiguous, unless it is one kept and one that went. */
    err = hr_stmt_row(st, &row);
    if (!err && row && (sqlite3_column_int(st, 2) == HR_KEPT || f->gone != HR_KEPT)) {
        *out = (hr_entry){0};
        err = HR_E_NOTFOUND;
    }
    if (row)
        sqlite3_reset(st);
    return err ? err : ok ? HR_OK : HR_E_NOMEM;
}

static hr_err read_content(hr_conn *c, int64_t id, hr_arena *a, hr_str *out)
{
    hr_err err = HR_OK;
    bool row;
    sqlite3_stmt *st = hr_conn_stmt(c, HR_SQL_CONTENT_GET, &err);
    if (!st)
        return err;
    sqlite3_bind_int64(st, 1, id);
    err = hr_stmt_row(st, &row);
    if (err || !row)
        return err ? err : HR_E_NOTFOUND;
    *out = hr_str_dup(a, hr_column(st, 0));
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return out->p ? HR_OK : HR_E_NOMEM;
}

/* Inside one read transaction. *own: it is ours, not the published system's. */
static hr_err look_up(hr_store *s, hr_conn *c, const wanted *w, bool content, hr_arena *a,
                      hr_entry *out, hr_sha256 *sha, bool *own)
{
    found_row f = {0};
    hr_err err = find(c, w, a, out, &f);
    *own = !err;
    *sha = f.sha;
    if (err == HR_E_NOTFOUND)
        return hr_legacy_get(s, c, (hr_str){w->hex, w->n}, content, a, out);
    if (err)
        return err;
    if (f.gone != HR_KEPT)
        return f.gone == HR_GONE_EXPIRED ? HR_E_EXPIRED : HR_E_NOTFOUND;
    int64_t now = hr_now_unix_ms(s->opts.clock), used = 0;
    if (now > f.expires_ms) {
        err = hr_last_naming(c, f.sha.b, &used);
        if (!err && now > hr_kept_until(s, used, out->ttl_s))
            err = HR_E_EXPIRED;
    }
    return err || !content ? err : read_content(c, f.id, a, &out->content);
}

static void note_retrieval(hr_store *s, const hr_entry *e, const hr_sha256 *sha, bool own)
{
    hr_note *n = hr_malloc(sizeof *n + e->tool_name.n + e->query.n);
    if (!n)
        return;
    char *p = (char *)(n + 1);
    *n = (hr_note){.at_ms = hr_now_unix_ms(s->opts.clock),
                   .retrieval = true,
                   .sha = *sha,
                   .has_sha = own,
                   .key = e->key,
                   .items = e->original_items};
    n->tool_name = (hr_str){p, e->tool_name.n};
    n->query = (hr_str){p + e->tool_name.n, e->query.n};
    if (e->tool_name.n)
        memcpy(p, e->tool_name.p, e->tool_name.n);
    if (e->query.n)
        memcpy(p + e->tool_name.n, e->query.p, e->query.n);
    hr_writer_note(s, n);
}

static hr_err look(hr_store *s, hr_str hash, bool content, hr_arena *a, hr_entry *out)
{
    wanted w;
    *out = (hr_entry){0};
    if (!parse(hash, &w))
        return HR_E_SYNTAX;
    hr_err err;
    hr_conn *c = hr_db_lease(s, &err);
    if (!c)
        return err == HR_E_NOTFOUND ? err : HR_E_STORE;
    hr_sha256 sha;
    bool own = false, txn = s->path != NULL;
    if (txn)
        err = hr_conn_run(c, HR_SQL_BEGIN_READ);
    if (!err)
        err = look_up(s, c, &w, content, a, out, &sha, &own);
    if (txn && !sqlite3_get_autocommit(c->db))
        (void)hr_conn_run(c, HR_SQL_COMMIT);
    bool bad = err == HR_E_STORE || err == HR_E_CORRUPT || err == HR_E_BUSY;
    hr_db_return(s, c, bad ? err : HR_OK);
    if (!err && content) {
        note_retrieval(s, out, &sha, own);
        out->retrievals++;
    }
    return bad ? HR_E_STORE : err;
}

hr_err hr_store_get(hr_store *s, hr_str hash, hr_arena *a, hr_entry *out)
{
    return look(s, hash, true, a, out);
}

bool hr_store_has(hr_store *s, hr_str hash)
{
    hr_arena a;
    hr_entry e;
    hr_arena_init(&a, 64 << 10);
    bool has = look(s, hash, false, &a, &e) == HR_OK;
    hr_arena_free(&a);
    return has;
}

hr_str hr_store_miss_text(hr_store *s, hr_err why, const hr_entry *e, hr_arena *a)
{
    bool known = e && e->ttl_s > 0;
    long long ttl = (long long)(known ? e->ttl_s : s->opts.ttl_s);
    long long age = known ? (long long)(hr_now_unix_ms(s->opts.clock) - e->created_ms) / 1000 : 0;
    hr_str from = HR_STR_NONE;
    if (known && e->tool_name.n)
        from = hr_strf(a, " It came from the tool %.*s.", HR_FMT(e->tool_name));
    const char *again = "To see the content, run the command or the tool call that produced it "
                        "again, or read the file again.";
    switch (why) {
    case HR_E_EXPIRED:
        return hr_strf(a,
                       "Entry expired (CCR TTL: %lld seconds; age: %lld seconds). The original was "
                       "not used for that long and is no longer kept.%.*s %s",
                       ttl, age < 0 ? 0 : age, HR_FMT(from), again);
    case HR_E_NOTFOUND:
        if (known)
            return hr_strf(a,
                           "Entry not found (CCR TTL: %lld seconds). The original was the least "
                           "recently used one when the store reached its size limit, and is no "
                           "longer kept.%.*s %s",
                           ttl, HR_FMT(from), again);
        return hr_strf(a,
                       "Entry not found (CCR TTL: %lld seconds). No original has this hash: check "
                       "that it was copied whole from the marker. If it was, the original is no "
                       "longer kept. %s",
                       ttl, again);
    case HR_E_SYNTAX:
        return hr_strf(a,
                       "Entry not found (CCR TTL: %lld seconds). A hash has 6 to 64 hexadecimal "
                       "digits: copy it from the marker, without anything around it.",
                       ttl);
    default:
        return hr_strf(a, "Retrieval failed: the store cannot be read just now (%s). Try again. %s",
                       hr_err_text(why), again);
    }
}
