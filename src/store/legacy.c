/* Originals that the published system left in the same file: table ccr_entries(hash, entry_json,
 * created_at, ttl), hashes of 12 or 24 hex digits, times in seconds. They are found here as long
 * as their own time to live says, and never changed. */
#include "base/utf8.h"
#include "store/internal.h"

/* Four hex digits, or -1. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = hr_lower(p[i]);
        if (!hr_is_hex(c))
            return -1;
        v = v << 4 | (hr_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return v;
}

static size_t decode_u(const char **p, const char *end, char out[4])
{
    int32_t u = hex4(*p, end);
    if (u < 0)
        return 0;
    *p += 4;
    if (u >= 0xd800 && u < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        int32_t low = hex4(*p + 2, end);
        if (low >= 0xdc00 && low < 0xe000) {
            *p += 6;
            u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    size_t n = hr_utf8_encode((uint32_t)u, out);
    return n ? n : hr_utf8_encode(0xfffd, out); /* half a surrogate pair */
}

/* The text of a JSON string with its quotes. (json_extract would end it at a NUL.) */
static hr_err unquote(hr_str json, hr_arena *a, hr_str *out)
{
    if (json.n < 2 || json.p[0] != '"' || json.p[json.n - 1] != '"')
        return HR_E_NOTFOUND;
    char *to = hr_alloc(a, json.n); /* never longer than its escaped form */
    if (!to)
        return HR_E_NOMEM;
    *out = (hr_str){to, 0};
    const char *p = json.p + 1, *end = json.p + json.n - 1;
    while (p < end) {
        char c = *p++;
        if (c != '\\' || p == end) {
            *to++ = c;
            continue;
        }
        c = *p++;
        switch (c) {
        case 'b':
            *to++ = '\b';
            break;
        case 'f':
            *to++ = '\f';
            break;
        case 'n':
            *to++ = '\n';
            break;
        case 'r':
            *to++ = '\r';
            break;
        case 't':
            *to++ = '\t';
            break;
        case 'u': {
            char u[4];
            size_t n = decode_u(&p, end, u);
            memcpy(to, u, n);
            to += n;
            break;
        }
        default:
            *to++ = c;
        }
    }
    out->n = (size_t)(to - out->p);
    return HR_OK;
}

static hr_err read_row(sqlite3_stmt *st, bool content, hr_arena *a, hr_entry *out)
{
    hr_str json = hr_column(st, 3);
    if (json.n < 2 || json.p[0] != '"')
        return HR_E_NOTFOUND;
    if (content) {
        hr_err err = unquote(json, a, &out->content);
        if (err)
            return err;
        out->key = hr_key_of(out->content); /* ours, whichever digits were asked for */
    }
    out->created_ms = (int64_t)(sqlite3_column_double(st, 1) * 1000);
    out->ttl_s = sqlite3_column_int64(st, 2);
    out->tool_name = hr_str_dup(a, hr_column(st, 4));
    out->strategy = hr_str_dup(a, hr_column(st, 5));
    out->query = hr_str_dup(a, hr_column(st, 6));
    out->original_tokens = hr_column_u64(st, 7);
    out->compressed_tokens = hr_column_u64(st, 8);
    out->original_items = hr_column_u64(st, 9);
    out->compressed_items = hr_column_u64(st, 10);
    out->retrievals = hr_column_u64(st, 11);
    out->last_access_ms = (int64_t)(sqlite3_column_double(st, 12) * 1000);
    if (out->last_access_ms < out->created_ms)
        out->last_access_ms = out->created_ms;
    return out->tool_name.p && out->strategy.p && out->query.p ? HR_OK : HR_E_NOMEM;
}

/* The row whose hash lies between two texts, when there is exactly one. */
static hr_err find_between(hr_conn *c, hr_str lo, hr_str hi, bool content, hr_arena *a,
                           hr_entry *out)
{
    hr_err err = HR_OK;
    bool row;
    sqlite3_stmt *st = hr_conn_stmt(c, HR_SQL_LEGACY_FIND, &err);
    if (!st) /* no such table, as a rule */
        return err == HR_E_STORE ? HR_E_NOTFOUND : err;
    hr_bind_text(st, 1, lo);
    hr_bind_text(st, 2, hi);
    err = hr_stmt_row(st, &row);
    if (err || !row) /* a malformed entry is as good as none */
        return !err || err == HR_E_STORE ? HR_E_NOTFOUND : err;
    *out = (hr_entry){0};
    err = read_row(st, content, a, out);
    bool second = false;
    if (!err && hr_stmt_row(st, &second) == HR_OK && second)
        err = HR_E_NOTFOUND;
    sqlite3_reset(st);
    if (err)
        *out = (hr_entry){0};
    return err;
}

hr_err hr_legacy_get(hr_store *s, hr_conn *c, hr_str hex, bool content, hr_arena *a, hr_entry *out)
{
    char next[HR_KEY_LEN + 1];
    hr_err err = HR_E_NOTFOUND;
    if (hex.n <= HR_KEY_LEN) {
        memcpy(next, hex.p, hex.n);
        next[hex.n] = 'g'; /* sorts behind every hex digit */
        err = find_between(c, hex, (hr_str){next, hex.n + 1}, content, a, out);
    }
    /* Keys were cut to 24 or 12 digits; more may have been asked for. */
    static const size_t lengths[] = {HR_KEY_LEN, 12};
    for (size_t i = 0; i < 2 && err == HR_E_NOTFOUND; i++) {
        hr_str cut = hr_str_sub(hex, 0, lengths[i]);
        if (hex.n > lengths[i])
            err = find_between(c, cut, cut, content, a, out);
    }
    if (!err && hr_now_unix_ms(s->opts.clock) > out->created_ms + out->ttl_s * 1000) {
        out->content = HR_STR_NONE;
        err = HR_E_EXPIRED;
    }
    return err;
}
