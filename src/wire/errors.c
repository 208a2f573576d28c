/* Errors of our own in the provider's shape. Published error forms: docs.anthropic.com (Errors),
 * platform.openai.com (Error codes). */
#include "base/utf8.h"
#include "wire/wire.h"

typedef struct openai_error {
    int status;
    const char *type, *code;
} openai_error;

static openai_error openai_of(int status, hr_str type)
{
    static const openai_error table[] = {
        {400, "invalid_request_error", "invalid_request"},
        {401, "authentication_error", "invalid_api_key"},
        {403, "permission_error", "forbidden"},
        {404, "invalid_request_error", "not_found"},
        {408, "timeout_error", "timeout"},
        {413, "invalid_request_error", "request_too_large"},
        {429, "rate_limit_error", "rate_limit_exceeded"},
        {500, "server_error", "internal_error"},
        {502, "server_error", "proxy_error"},
        {503, "server_error", "overloaded"},
        {504, "server_error", "timeout"},
        {529, "server_error", "overloaded"},
    };
    if (hr_str_eq(type, HR_STR("invalid_json")))
        return (openai_error){status, "invalid_request_error", "invalid_json"};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        if (table[i].status == status)
            return table[i];
    }
    return status >= 500 ? (openai_error){status, "server_error", "internal_error"}
                         : (openai_error){status, "invalid_request_error", "invalid_request"};
}

static void quote_clean(hr_buf *b, hr_str s)
{
    hr_buf clean = HR_BUF_INIT(1 << 20);
    while (s.n) {
        size_t ok = hr_utf8_valid_prefix(s);
        hr_buf_add(&clean, hr_str_sub(s, 0, ok));
        if (ok < s.n)
            hr_buf_lit(&clean, "\xef\xbf\xbd");
        s = hr_str_sub(s, ok < s.n ? ok + 1 : ok, s.n);
    }
    hr_json_quote(b, hr_buf_str(&clean));
    hr_buf_free(&clean);
}

static void anthropic_body(hr_buf *b, hr_str type, hr_str message)
{
    if (hr_str_eq(type, HR_STR("invalid_json")))
        type = HR_STR("invalid_request_error");
    hr_buf_lit(b, "{\"type\":\"error\",\"error\":{\"type\":");
    quote_clean(b, type.n ? type : HR_STR("api_error"));
    hr_buf_lit(b, ",\"message\":");
    quote_clean(b, message);
    hr_buf_lit(b, "}}");
}

static void openai_body(hr_buf *b, int status, hr_str type, hr_str message)
{
    openai_error e = openai_of(status, type);
    hr_buf_lit(b, "{\"error\":{\"message\":");
    quote_clean(b, message);
    hr_buf_addf(b, ",\"type\":\"%s\",\"code\":\"%s\"}}", e.type, e.code);
}

static hr_str take(hr_buf *b, hr_arena *a)
{
    hr_str s = b->err == HR_OK ? hr_str_dup(a, hr_buf_str(b)) : HR_STR_NONE;
    hr_buf_free(b);
    return s;
}

hr_str hr_wire_error_body(hr_dialect d, int status, hr_str type, hr_str message, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(8 << 20);
    if (d == HR_DIALECT_ANTHROPIC)
        anthropic_body(&b, type, message);
    else
        openai_body(&b, status, type, message);
    return take(&b, a);
}

/* The status a broken stream would have had: OpenAI's type and code follow from it. */
static int status_of(hr_str type)
{
    return hr_str_eq(type, HR_STR("overloaded_error"))   ? 529
           : hr_str_eq(type, HR_STR("rate_limit_error")) ? 429
           : hr_str_eq(type, HR_STR("timeout_error"))    ? 504
                                                         : 502;
}

hr_str hr_wire_error_event(hr_dialect d, hr_str type, hr_str message, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(8 << 20);
    switch (d) {
    case HR_DIALECT_ANTHROPIC:
        hr_buf_lit(&b, "event: error\ndata: ");
        anthropic_body(&b, type, message);
        hr_buf_lit(&b, "\n\n");
        break;
    case HR_DIALECT_OPENAI_CHAT:
        hr_buf_lit(&b, "data: ");
        openai_body(&b, status_of(type), type, message);
        hr_buf_lit(&b, "\n\ndata: [DONE]\n\n");
        break;
    case HR_DIALECT_OPENAI_RESPONSES:
        hr_buf_lit(&b, "event: error\ndata: {\"type\":\"error\",\"sequence_number\":0,\"code\":\"");
        hr_buf_add(&b, hr_cstr(openai_of(status_of(type), type).code));
        hr_buf_lit(&b, "\",\"message\":");
        quote_clean(&b, message);
        hr_buf_lit(&b, ",\"param\":null}\n\n");
        break;
    }
    return take(&b, a);
}
