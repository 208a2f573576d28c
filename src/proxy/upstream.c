/* Which provider a request goes to, and what its target is there.
 *
 * Base URLs are origin plus path prefix; a closing "/" or "/v1" is taken off, because every path
 * that is added begins with /v1. The query string of the client is always kept. */
#include "proxy/internal.h"

#include <openssl/evp.h>

const char *hr_provider_name(hr_provider p)
{
    static const char *const names[HR_PROV_COUNT] = {"anthropic", "openai", "gemini", "chatgpt",
                                                     "other"};
    return names[p];
}

void hr_note_reachable(const hr_req *r, bool yes)
{
    atomic_int *seen = &r->px->reachable[r->provider];
    int v = yes ? 1 : -1;
    if (atomic_load_explicit(seen, memory_order_relaxed) != v)
        atomic_store_explicit(seen, v, memory_order_relaxed);
}

static bool host_char(char c)
{
    return hr_is_alnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']' ||
           c == '%';
}

bool hr_target_parse(hr_str url, hr_target *out)
{
    url = hr_str_trim(url);
    size_t scheme = hr_str_istarts(url, HR_STR("http://"))    ? 7
                    : hr_str_istarts(url, HR_STR("https://")) ? 8
                                                              : 0;
    if (!scheme)
        return false;
    size_t end = scheme;
    while (end < url.n && host_char(url.p[end]))
        end++;
    if (end == scheme || url.p[end - 1] == ':' ||
        (end < url.n && url.p[end] != '/')) /* no user:password@, no ?query, no spaces */
        return false;
    hr_str prefix = hr_str_sub(url, end, url.n);
    for (size_t i = 0; i < prefix.n; i++) {
        if (prefix.p[i] <= ' ' || prefix.p[i] == '?' || prefix.p[i] == '#' || prefix.p[i] == 0x7f)
            return false;
    }
    while (hr_str_ends(prefix, HR_STR("/")))
        prefix.n--;
    if (hr_str_ends(prefix, HR_STR("/v1")))
        prefix.n -= 3;
    while (hr_str_ends(prefix, HR_STR("/")))
        prefix.n--;
    out->origin = hr_str_sub(url, 0, end);
    out->prefix = prefix;
    return true;
}

bool hr_target_allowed(hr_str origin)
{
    size_t at = hr_str_find(origin, HR_STR("://"));
    hr_str host = hr_str_sub(origin, at == SIZE_MAX ? 0 : at + 3, origin.n);
    static const char *const forbidden[] = {"169.254.",
                                            "[fe8",
                                            "[fe9",
                                            "[fea",
                                            "[feb",
                                            "[fd00:ec2:",
                                            "[::ffff:169.254.",
                                            "[::ffff:a9fe:",
                                            "metadata.google.internal",
                                            "100.100.100.200"};
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++) {
        if (hr_str_istarts(host, hr_cstr(forbidden[i])))
            return false;
    }
    /* other spellings of addresses (one number, octal, hexadecimal) have no honest use here */
    bool dotted = false, digits = host.n > 0;
    for (size_t i = 0; i < host.n && host.p[i] != ':'; i++) {
        dotted |= host.p[i] == '.';
        digits &= hr_is_digit(host.p[i]) || host.p[i] == '.';
    }
    if (digits && !dotted)
        return false;
    return !hr_str_istarts(host, HR_STR("0"));
}

/* The base a caller names for one request: only callers on this machine may, or the proxy would
 * carry anybody's credentials anywhere. 0 = not named. */
static hr_err named_base(hr_req *r, hr_target *t, bool *named)
{
    hr_str url = hr_req_header(r, HR_STR("x-headroom-base-url"));
    *named = url.n > 0;
    if (!url.n)
        return HR_OK;
    if (!r->local || !hr_target_parse(url, t) || !hr_target_allowed(t->origin))
        return HR_E_UNSUPPORTED;
    t->provider = HR_PROV_OTHER;
    return HR_OK;
}

/* True when the bearer is a JWT of a ChatGPT account (its claims name one). */
static bool jwt_names_account(hr_str token, hr_arena *a)
{
    hr_str part, rest = token;
    if (!hr_str_split(&rest, '.', &part) || !hr_str_split(&rest, '.', &part) || !rest.p)
        return false;
    if (part.n < 4 || part.n > (64 << 10))
        return false;
    char *b64 = hr_alloc(a, part.n + 4);
    unsigned char *out = hr_alloc(a, part.n + 4);
    if (!b64 || !out)
        return false;
    size_t n = 0;
    for (; n < part.n; n++)
        b64[n] = part.p[n] == '-' ? '+' : part.p[n] == '_' ? '/' : part.p[n];
    while (n % 4)
        b64[n++] = '=';
    int got = EVP_DecodeBlock(out, (const unsigned char *)b64, (int)n);
    return got > 0 &&
           hr_str_has(hr_str_of((const char *)out, (size_t)got), HR_STR("\"chatgpt_account_id\""));
}

bool hr_is_chatgpt_auth(hr_headers h, hr_arena *a)
{
    if (hr_header_get(h, HR_STR("chatgpt-account-id")).n)
        return true;
    hr_str auth = hr_header_get(h, HR_STR("authorization"));
    return hr_str_istarts(auth, HR_STR("bearer ey")) &&
           jwt_names_account(hr_str_sub(auth, 7, auth.n), a);
}

static hr_str join(hr_arena *a, hr_str prefix, hr_str path, hr_str query)
{
    if (!prefix.n && !query.n)
        return path;
    return hr_strf(a, "%.*s%.*s%.*s", HR_FMT(prefix), HR_FMT(path), HR_FMT(query));
}

/* x-headroom-original-path: used with a named base only, and only when it is a plain path to the
 * same kind of endpoint. */
static hr_str original_path(const hr_req *r, hr_str suffix)
{
    hr_str p = hr_req_header(r, HR_STR("x-headroom-original-path"));
    if (p.n < 2 || p.p[0] != '/' || p.p[1] == '/' || !hr_str_ends(p, suffix))
        return HR_STR_NONE;
    for (size_t i = 0; i < p.n; i++) {
        if (p.p[i] <= ' ' || p.p[i] == '?' || p.p[i] == '#' || p.p[i] == 0x7f)
            return HR_STR_NONE;
    }
    return p;
}

hr_err hr_upstream_turn(hr_req *r, hr_dialect d, hr_target *t, hr_str *target)
{
    static const hr_str paths[] = {
        {"/v1/messages", 12}, {"/v1/chat/completions", 20}, {"/v1/responses", 13}};
    bool named;
    hr_err err = named_base(r, t, &named);
    if (err)
        return err;
    hr_str path = paths[d];
    if (named) {
        hr_str original = original_path(r, hr_str_sub(path, 3, path.n));
        if (original.n) {
            path = original;
            t->prefix = HR_STR_NONE;
        }
    } else if (d == HR_DIALECT_ANTHROPIC) {
        *t = r->px->anthropic;
    } else if (d == HR_DIALECT_OPENAI_RESPONSES &&
               !hr_setting_given(r->px->s, HR_OPT_openai_api_url) &&
               hr_is_chatgpt_auth(r->headers, &r->arena)) {
        *t = r->px->chatgpt;
        path = HR_STR("/backend-api/codex/responses");
    } else {
        *t = r->px->openai;
    }
    r->provider = t->provider;
    *target = join(&r->arena, t->prefix, path, r->m.query);
    return target->p ? HR_OK : HR_E_NOMEM;
}

static bool looks_anthropic(const hr_req *r)
{
    hr_str auth = hr_req_header(r, HR_STR("authorization"));
    hr_str ua = hr_req_header(r, HR_STR("user-agent"));
    return r->m.anthropic_alias || hr_str_starts(r->m.path, HR_STR("/v1/messages")) ||
           hr_req_header(r, HR_STR("x-api-key")).p ||
           hr_req_header(r, HR_STR("anthropic-version")).p ||
           hr_str_istarts(auth, HR_STR("bearer sk-ant-")) ||
           hr_str_ifind(ua, HR_STR("claude-code/")) != SIZE_MAX ||
           hr_str_ifind(ua, HR_STR("claude-cli/")) != SIZE_MAX;
}

hr_err hr_upstream_pass(hr_req *r, hr_target *t, hr_str *target)
{
    bool named;
    hr_err err = named_base(r, t, &named);
    if (err)
        return err;
    const hr_proxy *px = r->px;
    if (!named) {
        bool own_openai = hr_setting_given(px->s, HR_OPT_openai_api_url);
        if (!own_openai && hr_is_chatgpt_auth(r->headers, &r->arena))
            *t = px->chatgpt;
        else if (hr_req_header(r, HR_STR("x-goog-api-key")).p ||
                 hr_str_starts(r->m.path, HR_STR("/v1beta/")))
            *t = px->gemini;
        else if (looks_anthropic(r))
            *t = px->anthropic;
        else
            *t = px->openai;
    }
    r->provider = t->provider;
    *target = join(&r->arena, t->prefix, r->m.path, r->m.query);
    return target->p ? HR_OK : HR_E_NOMEM;
}

/* A finished answer may take minutes to its first byte; a stream starts early and then must not
 * fall silent. */
void hr_fetch_deadlines(const hr_proxy *px, hr_fetch_opts *o, bool stream)
{
    o->connect_ms = px->connect_ms;
    o->write_ms = 60000;
    o->first_byte_ms = stream ? px->silence_ms : px->long_silence_ms;
    o->idle_ms = px->silence_ms;
}
