/* Which HTTP proxy, if any, a request goes through: the values of HTTP_PROXY, HTTPS_PROXY and
 * NO_PROXY as curl and Go read them. */
#include "net/upstream.h"

#include <openssl/evp.h>

static int hex_digit(char c)
{
    return hr_is_digit(c) ? c - '0' : hr_lower(c) - 'a' + 10;
}

static bool loopback(hr_str host)
{
    return hr_str_eq(host, HR_STR("localhost")) || hr_str_eq(host, HR_STR("::1")) ||
           hr_str_starts(host, HR_STR("127."));
}

/* One entry of NO_PROXY: "*", a host with all below it, ".suffix", each with or without a port. */
static bool entry_matches(hr_str e, const hr_origin *to)
{
    hr_str host = hr_cstr(to->host);
    size_t colon = hr_str_rfind_char(e, ':');
    uint64_t port;
    if (colon != SIZE_MAX && hr_str_find_char(e, ':') == colon &&
        hr_str_u64(hr_str_sub(e, colon + 1, SIZE_MAX), &port)) {
        if (port != to->port)
            return false;
        e.n = colon;
    }
    if (hr_str_eq(e, HR_STR("*")))
        return true;
    if (hr_str_starts(e, HR_STR("*.")))
        e = hr_str_sub(e, 1, SIZE_MAX);
    hr_str bare = hr_str_starts(e, HR_STR(".")) ? hr_str_sub(e, 1, SIZE_MAX) : e;
    if (!bare.n || !hr_str_iends(host, bare))
        return false;
    return host.n == bare.n ? e.n == bare.n : host.p[host.n - bare.n - 1] == '.';
}

static bool excluded(hr_str list, const hr_origin *to)
{
    hr_str e;
    while (hr_str_split(&list, ',', &e)) {
        e = hr_str_trim(e);
        if (e.n && entry_matches(e, to))
            return true;
    }
    return false;
}

/* "Basic …" from the user:password of a URL, percent-decoded. */
static hr_str basic_auth(hr_arena *a, hr_str user)
{
    unsigned char *plain = hr_alloc(a, user.n + 1);
    char *out = hr_alloc(a, 6 + (user.n + 2) / 3 * 4 + 1);
    if (!plain || !out || user.n > 4096)
        return HR_STR_NONE;
    size_t n = 0;
    for (size_t i = 0; i < user.n; i++) {
        if (user.p[i] == '%' && i + 2 < user.n && hr_is_hex(user.p[i + 1]) &&
            hr_is_hex(user.p[i + 2])) {
            plain[n++] = (unsigned char)(hex_digit(user.p[i + 1]) * 16 + hex_digit(user.p[i + 2]));
            i += 2;
        } else {
            plain[n++] = (unsigned char)user.p[i];
        }
    }
    memcpy(out, "Basic ", 6);
    int k = EVP_EncodeBlock((unsigned char *)out + 6, plain, (int)n);
    return (hr_str){out, 6 + (size_t)k};
}

hr_proxy_choice hr_proxy_pick(const hr_net_opts *o, const hr_origin *to, hr_arena *a,
                              hr_origin *via, hr_str *auth)
{
    hr_str url = hr_str_trim(hr_cstr(to->tls ? o->https_proxy : o->http_proxy));
    *auth = HR_STR_NONE;
    via->port = 0;
    if (!url.n || loopback(hr_cstr(to->host)) || excluded(hr_cstr(o->no_proxy), to))
        return HR_PROXY_NONE;
    hr_str rest = url;
    if (hr_str_istarts(rest, HR_STR("http://")))
        rest = hr_str_sub(rest, 7, SIZE_MAX);
    else if (hr_str_has(rest, HR_STR("://")))
        return HR_PROXY_BAD;
    size_t slash = hr_str_find_char(rest, '/');
    if (slash != SIZE_MAX)
        rest.n = slash;
    size_t at = hr_str_rfind_char(rest, '@');
    if (at != SIZE_MAX) {
        *auth = basic_auth(a, hr_str_sub(rest, 0, at));
        rest = hr_str_sub(rest, at + 1, SIZE_MAX);
    }
    hr_str plain = hr_strf(a, "http://%.*s", HR_FMT(rest));
    return hr_origin_parse(plain, via) ? HR_PROXY_USE : HR_PROXY_BAD;
}
