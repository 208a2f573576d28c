/* Receiving a request body: counted while it arrives, whatever Content-Length said. */
#include "proxy/internal.h"

#include <stdio.h>

enum { DROP_FACTOR = 4 }; /* so many limits are read and dropped */

bool hr_body_announced_too_large(const hr_req *r)
{
    return r->content_length > 0 && (uint64_t)r->content_length > r->px->body_limit;
}

static void refuse(hr_req *r)
{
    char text[96];
    int n = snprintf(text, sizeof(text), "Request body is larger than the limit of %zu bytes.",
                     r->px->body_limit);
    hr_str message = hr_str_of(text, n > 0 ? (size_t)n : 0);
    hr_buf_free(&r->body);
    if (r->m.route && r->m.route->access == HR_ACCESS_DATA)
        hr_send_provider_error(r, 413, "request_too_large", message, 0);
    else
        hr_send_error(r, 413, "request_too_large", message);
}

/* A client that is told too early may never see the answer: it is still sending, and a closed
 * connection throws away what it has not read. So the rest is read and dropped, within reason; a
 * client that asked first (Expect: 100-continue) is told at once. */
static void too_large(hr_req *r, size_t more)
{
    hr_buf_free(&r->body);
    r->oversize += more;
    bool announced_far =
        r->content_length > 0 && (uint64_t)r->content_length / DROP_FACTOR > r->px->body_limit;
    if (announced_far || r->oversize / DROP_FACTOR > r->px->body_limit ||
        hr_req_header(r, HR_STR("expect")).p)
        refuse(r);
}

bool hr_body_add(hr_req *r, hr_str bytes)
{
    if (r->replied)
        return false;
    if (r->oversize || hr_body_announced_too_large(r) || bytes.n > r->px->body_limit - r->body.n) {
        too_large(r, r->body.n + bytes.n + 1);
        return !r->replied;
    }
    if (!bytes.n)
        return true;
    /* one allocation when the length is known and modest; growth otherwise, so that an announced
     * length alone reserves nothing big */
    if (!r->body.cap && r->content_length > 0 && r->content_length <= (8 << 20))
        hr_buf_reserve(&r->body, (size_t)r->content_length);
    hr_buf_add(&r->body, bytes);
    if (r->body.err) {
        hr_send_provider_error(r, 503, "overloaded_error", HR_STR("The proxy is out of memory."),
                               1);
        return false;
    }
    return true;
}

bool hr_body_complete(hr_req *r)
{
    if (r->oversize)
        refuse(r);
    return !r->oversize;
}
