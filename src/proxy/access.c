/* Who may come in: the token gate for callers from other machines, the loopback guard of the
 * routes that hand out originals or change state, and web origins.
 *
 * The guard needs two things at once, peer address and Host header: a web page that rebinds its
 * name to 127.0.0.1 arrives from a loopback peer, but with its own name in Host. X-Forwarded-For is
 * never believed. */
#include "proxy/internal.h"

bool hr_host_is_loopback(hr_str host)
{
    hr_str h = hr_str_trim(host);
    if (!h.n)
        return false;
    if (h.p[0] == '[') {
        size_t close = hr_str_find_char(h, ']');
        if (close == SIZE_MAX)
            return false;
        hr_str rest = hr_str_sub(h, close + 1, h.n);
        uint64_t port;
        if (rest.n &&
            !(rest.p[0] == ':' && hr_str_u64(hr_str_sub(rest, 1, rest.n), &port) && port <= 65535))
            return false;
        hr_str in = hr_str_sub(h, 1, close);
        return hr_str_eq(in, HR_STR("::1")) || hr_str_istarts(in, HR_STR("::ffff:127."));
    }
    size_t colon = hr_str_find_char(h, ':');
    if (colon != SIZE_MAX) {
        uint64_t port;
        if (!hr_str_u64(hr_str_sub(h, colon + 1, h.n), &port) || port > 65535)
            return false;
        h = hr_str_sub(h, 0, colon);
    }
    if (hr_str_ieq(h, HR_STR("localhost")))
        return true;
    /* 127.a.b.c, all numbers: "127.0.0.1.evil.example" is a name */
    unsigned parts = 0;
    hr_str part;
    while (hr_str_split(&h, '.', &part)) {
        uint64_t v;
        if (!hr_str_u64(part, &v) || v > 255 || part.n > 3 || (parts == 0 && v != 127))
            return false;
        parts++;
    }
    return parts == 4;
}

static bool loopback_origin(hr_str o)
{
    hr_str rest;
    if (hr_str_istarts(o, HR_STR("http://")))
        rest = hr_str_sub(o, 7, o.n);
    else if (hr_str_istarts(o, HR_STR("https://")))
        rest = hr_str_sub(o, 8, o.n);
    else
        return false;
    return hr_str_find_char(rest, '/') == SIZE_MAX && hr_host_is_loopback(rest);
}

bool hr_origin_allowed(const hr_proxy *px, hr_str origin)
{
    hr_str list = px->s->cors_origins;
    if (!list.n)
        return loopback_origin(origin);
    hr_str one;
    while (hr_str_split(&list, ',', &one)) {
        one = hr_str_trim(one);
        if (hr_str_eq(one, HR_STR("*")) || hr_str_ieq(one, origin))
            return true;
    }
    return false;
}

/* Both sides are hashed first, so the time tells nothing about the token. */
static bool token_equal(const hr_proxy *px, hr_str said)
{
    hr_sha256 h = hr_sha256_of(said);
    unsigned diff = 0;
    for (size_t i = 0; i < sizeof(h.b); i++)
        diff |= (unsigned)(h.b[i] ^ px->token.b[i]);
    return diff == 0;
}

/* The header of our own first: clients need Authorization for the provider. */
static bool shows_token(hr_req *r)
{
    if (!r->px->has_token)
        return false;
    hr_str own = hr_req_header(r, HR_STR("x-headroom-proxy-token"));
    if (own.n && token_equal(r->px, hr_str_trim(own)))
        return true;
    hr_str auth = hr_req_header(r, HR_STR("authorization"));
    if (hr_str_istarts(auth, HR_STR("bearer ")) &&
        token_equal(r->px, hr_str_trim(hr_str_sub(auth, 7, auth.n)))) {
        r->token_in_authorization = true;
        return true;
    }
    return false;
}

int hr_access_check(hr_req *r)
{
    hr_str origin = hr_req_header(r, HR_STR("origin"));
    bool origin_ok = !origin.p || hr_origin_allowed(r->px, origin);
    if (origin.p && origin_ok && origin.n < sizeof(r->origin_allowed))
        memcpy(r->origin_allowed, origin.p, origin.n); /* the rest is zero */
    bool token = shows_token(r);
    r->local = token || (r->peer_loopback && origin_ok &&
                         hr_host_is_loopback(hr_req_header(r, HR_STR("host"))));
    hr_access a = r->m.route ? r->m.route->access : HR_ACCESS_OPEN;
    if (r->px->has_token && !r->peer_loopback && !token && a != HR_ACCESS_EXEMPT)
        return 401;
    if (a == HR_ACCESS_LOOPBACK && !r->local)
        return 404; /* as if the route did not exist */
    return 0;
}

bool hr_cors_preflight(hr_req *r)
{
    if (!hr_str_eq(r->method, HR_STR("OPTIONS")) || !hr_req_header(r, HR_STR("origin")).p ||
        !hr_req_header(r, HR_STR("access-control-request-method")).p)
        return false;
    if (!r->origin_allowed[0]) {
        hr_send_error(r, 400, "invalid_request", HR_STR("This origin is not allowed."));
        return true;
    }
    static const hr_header allow[] = {
        {{"access-control-allow-methods", 28}, {"GET, POST", 9}},
        {{"access-control-allow-headers", 28}, {"Content-Type, Authorization", 27}},
        {{"access-control-max-age", 22}, {"600", 3}},
    };
    hr_send(r, 200, HR_STR("text/plain"), allow, 3, HR_STR("OK"));
    return true;
}
