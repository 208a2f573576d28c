/* Header rules in both directions.
 *
 * To the provider: hop-by-hop fields (RFC 9110 7.6.1), host, lengths and everything of ours go;
 * the rest goes as it came, in its order and spelling. accept-encoding: as the client sent it, when
 * we can decode all it names, so that a client's requests look the same with and without the proxy;
 * otherwise only the codings we know. What comes back is relayed as it is, and a decoded copy is
 * read for usage.
 *
 * To the client: everything but hop-by-hop and length fields, plus ours where they are not set. */
#include "proxy/internal.h"

static const char *const hop_by_hop[] = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te",         "trailer",    "trailers",           "transfer-encoding",   "upgrade"};

static bool named_by_connection(hr_headers h, hr_str name)
{
    for (size_t i = 0; i < h.n; i++) {
        if (!hr_str_ieq(h.p[i].name, HR_STR("connection")))
            continue;
        hr_str list = h.p[i].value, one;
        while (hr_str_split(&list, ',', &one)) {
            if (hr_str_ieq(hr_str_trim(one), name))
                return true;
        }
    }
    return false;
}

static bool is_hop_by_hop(hr_headers h, hr_str name)
{
    for (size_t i = 0; i < sizeof(hop_by_hop) / sizeof(*hop_by_hop); i++) {
        if (hr_str_ieq(name, hr_cstr(hop_by_hop[i])))
            return true;
    }
    return named_by_connection(h, name);
}

/* The coding's name without its weight. */
static hr_coding accept_item(hr_str item)
{
    size_t semi = hr_str_find_char(item, ';');
    if (semi != SIZE_MAX)
        item = hr_str_sub(item, 0, semi);
    return hr_coding_of(hr_str_trim(item));
}

bool hr_accept_encoding_known(hr_str value)
{
    hr_str one;
    while (hr_str_split(&value, ',', &one)) {
        if (hr_str_trim(one).n && accept_item(one) == HR_CODING_UNKNOWN)
            return false;
    }
    return true;
}

static hr_str known_codings(hr_str value, hr_arena *a)
{
    hr_str all = HR_STR_NONE, one;
    while (hr_str_split(&value, ',', &one)) {
        one = hr_str_trim(one);
        if (!one.n || accept_item(one) == HR_CODING_UNKNOWN)
            continue;
        all = all.n ? hr_strf(a, "%.*s, %.*s", HR_FMT(all), HR_FMT(one)) : one;
    }
    return all.n ? all : HR_STR("identity");
}

static bool goes_up(const hr_req *r, hr_str name, const hr_up_opts *o)
{
    static const char *const ours[] = {"host", "content-length", "expect"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
        if (hr_str_ieq(name, hr_cstr(ours[i])))
            return false;
    }
    if (hr_str_istarts(name, HR_STR("x-headroom-")))
        return !r->px->s->strip_internal_headers &&
               !hr_str_ieq(name, HR_STR("x-headroom-proxy-token"));
    if (o->decoded && hr_str_ieq(name, HR_STR("content-encoding")))
        return false;
    if (r->token_in_authorization && hr_str_ieq(name, HR_STR("authorization")))
        return false; /* it was for us */
    return !is_hop_by_hop(r->headers, name);
}

hr_headers hr_headers_up(const hr_req *r, const hr_up_opts *o, hr_arena *a)
{
    hr_header *h = HR_NEW_ARRAY(a, hr_header, r->headers.n + 1);
    size_t n = 0;
    bool beta_sent = false;
    if (!h)
        return (hr_headers){NULL, 0};
    for (size_t i = 0; i < r->headers.n; i++) {
        hr_header f = r->headers.p[i];
        if (!goes_up(r, f.name, o))
            continue;
        if (o->beta_value.n && hr_str_ieq(f.name, o->beta_name)) {
            if (beta_sent)
                continue; /* several fields became one */
            f.value = o->beta_value;
            beta_sent = true;
        } else if (hr_str_ieq(f.name, HR_STR("accept-encoding")) &&
                   !hr_accept_encoding_known(f.value)) {
            f.value = known_codings(f.value, a);
        }
        h[n++] = f;
    }
    if (o->beta_value.n && !beta_sent)
        h[n++] = (hr_header){o->beta_name, o->beta_value};
    return (hr_headers){h, n};
}

static bool goes_down(hr_headers h, hr_str name, bool decoded)
{
    if (hr_str_ieq(name, HR_STR("content-length")) || is_hop_by_hop(h, name))
        return false;
    return !(decoded && hr_str_ieq(name, HR_STR("content-encoding")));
}

hr_headers hr_headers_down(const hr_req *r, hr_headers h, bool decoded, const hr_header *extra,
                           size_t nextra, hr_arena *a)
{
    hr_header common[8];
    size_t ncommon = hr_common_headers(r, common), n = 0;
    hr_header *out = HR_NEW_ARRAY(a, hr_header, h.n + ncommon + nextra);
    if (!out)
        return (hr_headers){NULL, 0};
    for (size_t i = 0; i < h.n; i++) {
        if (goes_down(h, h.p[i].name, decoded))
            out[n++] = h.p[i];
    }
    for (size_t i = 0; i < ncommon; i++) {
        if (!hr_header_get(h, common[i].name).p)
            out[n++] = common[i];
    }
    for (size_t i = 0; i < nextra; i++)
        out[n++] = extra[i];
    return (hr_headers){out, n};
}
