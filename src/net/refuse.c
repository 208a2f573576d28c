/* Answers that net gives by itself, and the question whether a silent client is still there. */
#include "net/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

enum { PROBE_FIRST_MS = 20, PROBE_MS = 1000 };

void hr_conn_refuse(hr_conn *c, int status)
{
    const hr_net_opts *o = &c->loop->net->o;
    hr_str body = o->events.error_body ? o->events.error_body(status, o->ctx) : HR_STR_NONE;
    bool json = body.n && (body.p[0] == '{' || body.p[0] == '[');
    if (!body.n)
        body = hr_status_reason(status);
    hr_out *out = &c->out;
    char line[32];
    snprintf(line, sizeof(line), "HTTP/1.1 %03d ", status);
    hr_out_add(out, hr_cstr(line));
    hr_out_add(out, hr_status_reason(status));
    hr_out_lit(out, "\r\ncontent-type: ");
    hr_out_add(out, json ? HR_STR("application/json") : HR_STR("text/plain; charset=utf-8"));
    hr_out_lit(out, "\r\ndate: ");
    hr_out_add(out, hr_loop_date(c->loop));
    if (status == 503)
        hr_out_lit(out, "\r\nretry-after: 1");
    hr_out_lit(out, "\r\nconnection: close\r\ncontent-length: ");
    hr_out_add_u64(out, body.n);
    hr_out_lit(out, "\r\n\r\n");
    hr_out_add(out, body);
    c->state = HR_CONN_LINGER;
    c->linger_at = uv_now(&c->loop->uv) + HR_LINGER_MS;
    c->dropped = 0;
    c->shut = true; /* the step says FIN when the answer is out */
    hr_conn_schedule(c);
}

/* A FIN means "gone" for a client that closed and "I said all" for one that shut its sending side
 * and waits for the answer. Only the peer's kernel knows: it resets a closed socket when bytes
 * arrive. So bytes without meaning are sent: an interim response while nothing was answered, or,
 * inside a chunked response, a leading zero of the next chunk's size. */
void hr_conn_probe(hr_conn *c)
{
    hr_exchange *x = &c->x;
    c->probe_at = uv_now(&c->loop->uv) + PROBE_FIRST_MS;
    if (!x->active || x->ended || c->out.queued || c->http10 || c->probed)
        return;
    c->probed = true;
    if (!x->started)
        hr_out_lit(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    else if (x->chunked)
        hr_out_lit(&c->out, "0");
    hr_conn_schedule(c);
}

bool hr_conn_peer_gone(hr_conn *c)
{
    c->probe_at = uv_now(&c->loop->uv) + PROBE_MS;
#ifdef __linux__
    struct tcp_info info;
    socklen_t n = sizeof(info);
    uv_os_fd_t fd;
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0 &&
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0)
        return info.tcpi_state == TCP_CLOSE;
#endif
    return false;
}
