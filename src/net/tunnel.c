/* CONNECT: a tunnel through an HTTP proxy to an https origin (RFC 9110 section 9.3.6). */
#include "net/tls.h"

#include <stdio.h>

enum { ANSWER_MAX = 16 * 1024 };

static int64_t tunnel_send(hr_up *u, const hr_str *p, size_t n)
{
    (void)u, (void)p, (void)n;
    return 0;
}

/* The proxy's answer: a head with status 2xx and nothing after it. */
static void tunnel_input(hr_up *u, const char *p, size_t n)
{
    hr_buf *in = &u->pending;
    hr_buf_add(in, (hr_str){p, n});
    size_t end = hr_str_find(hr_buf_str(in), HR_STR("\r\n\r\n"));
    if (end == SIZE_MAX) {
        if (in->err || in->n > ANSWER_MAX)
            hr_up_fail(u, HR_E_PROTOCOL, "the HTTP proxy's answer to CONNECT is too long");
        return;
    }
    hr_str head = hr_str_sub(hr_buf_str(in), 0, end);
    uint64_t status = 0;
    bool http = hr_str_starts(head, HR_STR("HTTP/1.")) && head.n >= 12 &&
                hr_str_u64(hr_str_sub(head, 9, 12), &status);
    if (!http || status < 200 || status > 299) {
        char why[100];
        snprintf(why, sizeof(why), "the HTTP proxy refused CONNECT with status %u",
                 (unsigned)status);
        hr_up_fail(u, HR_E_CONNECT, why);
        return;
    }
    if (in->n > end + 4) {
        hr_up_fail(u, HR_E_PROTOCOL, "the HTTP proxy sent bytes before TLS began");
        return;
    }
    hr_buf_free(in);
    u->link = &hr_plain;
    hr_tls_begin(u);
}

static bool tunnel_clean(const hr_up *u)
{
    (void)u;
    return false;
}

static const hr_link tunnel_link = {tunnel_send, tunnel_input, tunnel_clean, NULL};

void hr_tunnel_begin(hr_up *u)
{
    hr_arena a;
    hr_origin via;
    hr_str auth;
    hr_arena_init(&a, 0);
    hr_proxy_pick(&u->loop->net->o, &u->origin, &a, &via, &auth);
    bool six = strchr(u->origin.host, ':') != NULL;
    hr_str to = hr_strf(&a, six ? "[%s]:%u" : "%s:%u", u->origin.host, (unsigned)u->origin.port);
    u->state = HR_UP_TUNNEL;
    u->link = &tunnel_link;
    hr_out_lit(&u->out, "CONNECT ");
    hr_out_add(&u->out, to);
    hr_out_lit(&u->out, " HTTP/1.1\r\nhost: ");
    hr_out_add(&u->out, to);
    if (auth.n) {
        hr_out_lit(&u->out, "\r\nproxy-authorization: ");
        hr_out_add(&u->out, auth);
    }
    hr_out_lit(&u->out, "\r\n\r\n");
    hr_arena_free(&a);
    if (hr_out_flush(&u->out, NULL, 0) < 0)
        hr_up_fail(u, HR_E_CONNECT, "the HTTP proxy closed the connection");
    else
        hr_up_set_reading(u, true);
}
