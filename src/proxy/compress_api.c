/* POST /v1/compress: messages made smaller without a provider, for SDKs. The work is the engine's;
 * here are decoding, deadlines and the shapes of answers. */
#include "proxy/internal.h"
#include "proxy/jsonw.h"

typedef struct call {
    hr_buf plain;
    hr_str body;
    hr_err err;
    bool decode_failed;
    hr_str reply, message;
} call;

/* On a worker. */
static void work(void *ctx)
{
    hr_req *r = ctx;
    call *c = r->scratch;
    hr_coding coding = hr_coding_of(hr_req_header(r, HR_STR("content-encoding")));
    c->body = hr_buf_str(&r->body);
    if (coding != HR_CODING_IDENTITY) {
        c->err = hr_decode_all(coding, c->body, r->px->body_limit, &c->plain);
        c->decode_failed = c->err != HR_OK;
        c->body = hr_buf_str(&c->plain);
    }
    if (c->err)
        return;
    hr_str bypass = hr_str_trim(hr_req_header(r, HR_STR("x-headroom-bypass")));
    hr_compress_in in = {.body = c->body, .bypass = hr_str_ieq(bypass, HR_STR("true"))};
    c->err = hr_engine_compress(r->px->engine, &in, &r->arena, &c->reply, &c->message);
}

/* Out of time: the originals, so that the caller goes on with what it has. */
static bool answer_originals(hr_req *r, const call *c)
{
    hr_json_doc doc;
    if (hr_json_scan(&r->arena, c->body, 1024, &doc).code)
        return false;
    uint32_t messages = hr_json_get(&doc, 0, HR_STR("messages"));
    if (!hr_json_is(&doc, messages, HR_JSON_ARRAY))
        return false;
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"messages\":");
    hr_buf_add(&b, hr_json_raw(&doc, messages));
    hr_buf_lit(&b, ",\"tokens_before\":0,\"tokens_after\":0,\"tokens_saved\":0,"
                   "\"compression_ratio\":1.0,\"transforms_applied\":[],\"ccr_hashes\":[],"
                   "\"compression_skipped\":true,\"skip_reason\":\"compression_timeout\"}");
    bool ok = !b.err;
    if (ok)
        hr_send_json(r, 200, hr_buf_str(&b));
    hr_buf_free(&b);
    return ok;
}

static void answer(void *ctx)
{
    hr_req *r = ctx;
    call *c = r->scratch;
    hr_str message = c->message.n ? c->message : hr_cstr(hr_err_text(c->err));
    if (hr_req_gone(r)) {
        hr_buf_free(&c->plain);
        return;
    }
    switch (c->err) {
    case HR_OK:
        hr_send_json(r, 200, c->reply);
        break;
    case HR_E_TIMEOUT:
        if (!answer_originals(r, c))
            hr_send_error(r, 503, "compression_timeout", message);
        break;
    case HR_E_LIMIT:
        if (c->decode_failed) {
            hr_send_error(r, 413, "request_too_large",
                          HR_STR("The decoded request body is larger than the limit."));
            break;
        }
        hr_send_error(r, 400, "invalid_request", message);
        break;
    case HR_E_UNSUPPORTED:
        hr_send_error(r, 400, "invalid_request",
                      HR_STR("Content-Encoding must be gzip, deflate, br or zstd."));
        break;
    case HR_E_SYNTAX:
    case HR_E_UTF8:
    case HR_E_DEPTH:
    case HR_E_TYPE:
    case HR_E_MISSING:
    case HR_E_RANGE:
        hr_send_error(r, 400, "invalid_request",
                      c->decode_failed
                          ? HR_STR("The request body does not match its Content-Encoding.")
                          : message);
        break;
    default:
        hr_send_error(r, 503, "compression_error", message);
        break;
    }
    hr_buf_free(&c->plain);
}

void hr_h_compress(hr_req *r)
{
    call *c = HR_NEW(&r->arena, call);
    hr_stat_add(r->px->stats, HR_M_COMPRESS_CALLS, 1);
    r->scratch = c;
    if (c)
        c->plain = HR_BUF_INIT(r->px->body_limit);
    if (!c || hr_req_work(r, work, answer) != HR_OK)
        hr_send_error(r, 503, "compression_error", HR_STR("All workers are busy."));
}
