#include "net/internal.h"

#include "base/mem.h"

enum { KEEP_TEXT = 8 * 1024, KEEP_FIELDS = 64 };

void hr_head_init(hr_head *h, size_t limit)
{
    *h = (hr_head){.text = HR_BUF_INIT(limit)};
}

void hr_head_reset(hr_head *h)
{
    size_t limit = h->text.limit;
    if (h->text.cap > KEEP_TEXT || h->cap > KEEP_FIELDS) { /* one large head is not kept for life */
        hr_head_free(h);
        hr_head_init(h, limit);
        return;
    }
    hr_buf_clear(&h->text);
    h->target_n = h->n = h->extra = 0;
    h->in_value = h->done = false;
}

void hr_head_free(hr_head *h)
{
    hr_buf_free(&h->text);
    hr_free(h->list);
    h->list = NULL;
    h->n = h->cap = 0;
}

/* Trailers and chunk extensions are dropped, but not without end. */
static bool extra_bytes(hr_head *h, size_t n)
{
    h->extra += n;
    return h->extra <= HR_EXT_MAX;
}

bool hr_head_target(hr_head *h, const char *p, size_t n)
{
    hr_buf_add(&h->text, (hr_str){p, n});
    h->target_n += n;
    return h->text.err == HR_OK;
}

bool hr_head_name(hr_head *h, const char *p, size_t n)
{
    if (h->done)
        return extra_bytes(h, n);
    if (!h->n || h->in_value) {
        if (h->n == HR_HEADERS_MAX)
            return false;
        if (h->n == h->cap) {
            size_t cap = h->cap ? h->cap * 2 : 32;
            hr_header *q = hr_realloc(h->list, cap * sizeof(*q));
            if (!q)
                return false;
            h->list = q;
            h->cap = cap;
        }
        h->list[h->n++] = (hr_header){HR_STR_NONE, HR_STR_NONE};
        h->in_value = false;
    }
    hr_buf_add(&h->text, (hr_str){p, n});
    h->list[h->n - 1].name.n += n;
    return h->text.err == HR_OK;
}

bool hr_head_value(hr_head *h, const char *p, size_t n)
{
    if (h->done)
        return extra_bytes(h, n);
    h->in_value = true;
    hr_buf_add(&h->text, (hr_str){p, n});
    h->list[h->n - 1].value.n += n;
    return h->text.err == HR_OK;
}

/* While collecting, only lengths are kept: the text may still move. They stand in the order of
 * the text, so the places follow from a running sum. */
void hr_head_finish(hr_head *h, hr_str *target, hr_headers *out)
{
    const char *p = h->text.p ? h->text.p : "";
    *target = (hr_str){p, h->target_n};
    p += h->target_n;
    for (size_t i = 0; i < h->n; i++) {
        hr_header *f = &h->list[i];
        f->name.p = p;
        p += f->name.n;
        f->value.p = p;
        p += f->value.n;
        while (f->value.n &&
               (f->value.p[f->value.n - 1] == ' ' || f->value.p[f->value.n - 1] == '\t'))
            f->value.n--;
    }
    h->done = true;
    *out = (hr_headers){h->list, h->n};
}

bool hr_has_token(hr_str list, hr_str token)
{
    hr_str part;
    while (hr_str_split(&list, ',', &part)) {
        if (hr_str_ieq(hr_str_trim(part), token))
            return true;
    }
    return false;
}

bool hr_hop_by_hop(hr_str name, hr_str connection)
{
    static const hr_str hop[] = {
        {"connection", 10},
        {"keep-alive", 10},
        {"te", 2},
        {"trailer", 7},
        {"trailers", 8},
        {"upgrade", 7},
        {"content-length", 14},
        {"transfer-encoding", 17},
        {"proxy-connection", 16},
        {"proxy-authenticate", 18},
        {"proxy-authorization", 19},
    };
    for (size_t i = 0; i < sizeof(hop) / sizeof(*hop); i++) {
        if (name.n == hop[i].n && hr_str_ieq(name, hop[i]))
            return true;
    }
    return connection.n && hr_has_token(connection, name);
}

bool hr_field_clean(const hr_header *h)
{
    if (!h->name.n)
        return false;
    for (size_t i = 0; i < h->name.n; i++) {
        unsigned char c = (unsigned char)h->name.p[i];
        if (c <= ' ' || c == ':' || c >= 0x7f)
            return false;
    }
    for (size_t i = 0; i < h->value.n; i++) {
        char c = h->value.p[i];
        if (c == '\r' || c == '\n' || c == '\0')
            return false;
    }
    return true;
}

hr_str hr_status_reason(int status)
{
    switch (status) {
#define R(code, text)                                                                              \
    case code:                                                                                     \
        return HR_STR(text)
        R(200, "OK");
        R(201, "Created");
        R(202, "Accepted");
        R(204, "No Content");
        R(206, "Partial Content");
        R(301, "Moved Permanently");
        R(302, "Found");
        R(303, "See Other");
        R(304, "Not Modified");
        R(307, "Temporary Redirect");
        R(308, "Permanent Redirect");
        R(400, "Bad Request");
        R(401, "Unauthorized");
        R(402, "Payment Required");
        R(403, "Forbidden");
        R(404, "Not Found");
        R(405, "Method Not Allowed");
        R(406, "Not Acceptable");
        R(408, "Request Timeout");
        R(409, "Conflict");
        R(410, "Gone");
        R(411, "Length Required");
        R(413, "Content Too Large");
        R(414, "URI Too Long");
        R(415, "Unsupported Media Type");
        R(416, "Range Not Satisfiable");
        R(417, "Expectation Failed");
        R(421, "Misdirected Request");
        R(422, "Unprocessable Content");
        R(424, "Failed Dependency");
        R(426, "Upgrade Required");
        R(429, "Too Many Requests");
        R(431, "Request Header Fields Too Large");
        R(500, "Internal Server Error");
        R(501, "Not Implemented");
        R(502, "Bad Gateway");
        R(503, "Service Unavailable");
        R(504, "Gateway Timeout");
        R(505, "HTTP Version Not Supported");
        R(529, "Overloaded");
#undef R
    default:
        return HR_STR("Unknown");
    }
}
