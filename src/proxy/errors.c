/* Answers of our own: complete replies with the headers every answer carries, and errors in the
 * shape the caller's client library understands. */
#include "base/log.h"
#include "proxy/internal.h"
#include "proxy/jsonw.h"

#include <stdio.h>

size_t hr_common_headers(const hr_req *r, hr_header *h)
{
    size_t n = 0;
    h[n++] = (hr_header){HR_STR("x-content-type-options"), HR_STR("nosniff")};
    h[n++] = (hr_header){HR_STR("x-frame-options"), HR_STR("DENY")};
    h[n++] = (hr_header){HR_STR("referrer-policy"), HR_STR("no-referrer")};
    if (r->origin_allowed[0]) {
        h[n++] = (hr_header){HR_STR("access-control-allow-origin"), hr_cstr(r->origin_allowed)};
        h[n++] = (hr_header){HR_STR("vary"), HR_STR("Origin")};
    }
    return n;
}

void hr_send(hr_req *r, int status, hr_str type, const hr_header *extra, size_t nextra, hr_str body)
{
    if (hr_req_gone(r) || r->started)
        return;
    hr_header h[16];
    size_t n = hr_common_headers(r, h);
    h[n++] = (hr_header){HR_STR("content-type"), type};
    for (size_t i = 0; i < nextra && n < sizeof(h) / sizeof(*h); i++)
        h[n++] = extra[i];
    r->started = r->replied = true;
    r->status = status;
    hr_x_reply(r->x, status, (hr_headers){h, n}, body);
}

void hr_send_json(hr_req *r, int status, hr_str body)
{
    hr_send(r, status, HR_STR("application/json"), NULL, 0, body);
}

void hr_send_error(hr_req *r, int status, const char *type, hr_str message)
{
    char space[1024];
    hr_buf b = HR_BUF_INIT(sizeof(space) * 8);
    hr_jw w = {&b, false};
    hr_jw_open(&w, NULL, '{');
    hr_jw_str(&w, "detail", message);
    hr_jw_open(&w, "error", '{');
    hr_jw_z(&w, "type", type);
    hr_jw_str(&w, "message", message);
    hr_jw_close(&w, '}');
    hr_jw_close(&w, '}');
    hr_header allow = {HR_STR("allow"), hr_cstr(r->m.allow)};
    r->failed = status >= 500;
    hr_send(r, status, HR_STR("application/json"), &allow, status == 405 ? 1 : 0,
            b.err ? HR_STR("{\"detail\":\"out of memory\"}") : hr_buf_str(&b));
    hr_buf_free(&b);
}

hr_dialect hr_error_dialect(const hr_req *r)
{
    if (r->turn)
        return r->turn->dialect;
    if (r->provider == HR_PROV_ANTHROPIC || hr_str_starts(r->m.path, HR_STR("/v1/messages")))
        return HR_DIALECT_ANTHROPIC;
    return HR_DIALECT_OPENAI_CHAT;
}

void hr_send_provider_error(hr_req *r, int status, const char *type, hr_str message,
                            unsigned retry_after_s)
{
    hr_arena a;
    hr_arena_init(&a, 64 << 10);
    hr_str body = hr_wire_error_body(hr_error_dialect(r), status, hr_cstr(type), message, &a);
    char seconds[16];
    hr_str after = hr_str_of(seconds, 0);
    if (retry_after_s) {
        int n = snprintf(seconds, sizeof(seconds), "%u", retry_after_s);
        after.n = n > 0 ? (size_t)n : 0;
    }
    hr_header h[2] = {{HR_STR("x-request-id"), hr_cstr(r->id)}, {HR_STR("retry-after"), after}};
    r->failed = true;
    if (!r->error)
        r->error = type;
    hr_send(r, status, HR_STR("application/json"), h, retry_after_s ? 2 : 1,
            body.p ? body : HR_STR("{\"error\":{\"message\":\"out of memory\"}}"));
    hr_arena_free(&a);
}

void hr_send_unreachable(hr_req *r, hr_err err, hr_fetch_stage stage, hr_str why)
{
    bool late = err == HR_E_TIMEOUT && stage != HR_STAGE_CONNECT;
    const char *what = late                        ? "The provider did not answer in time"
                       : stage == HR_STAGE_CONNECT ? "Could not connect to the provider"
                                                   : "The connection to the provider was lost";
    char text[512];
    hr_buf clean = HR_BUF_INIT(4096);
    hr_redact(why, &clean);
    int n = snprintf(text, sizeof(text), "%s: %.*s", what,
                     clean.n ? (int)(clean.n < 300 ? clean.n : 300) : (int)strlen(hr_err_text(err)),
                     clean.n ? clean.p : hr_err_text(err));
    hr_buf_free(&clean);
    r->error = hr_err_name(err);
    hr_send_provider_error(r, late ? 504 : 502, late ? "timeout_error" : "api_error",
                           hr_str_of(text, n > 0 ? (size_t)n : 0), 0);
}
