/* Accepting client connections, turning away those over the limit, draining. */
#include "net/server.h"

#include "base/mem.h"

#include <netinet/in.h>

/* --- accept and drain ----------------------------------------------------------------------- */

static void set_peer(hr_conn *c)
{
    struct sockaddr_storage a = {0};
    int n = sizeof(a);
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&a, &n))
        return;
    if (a.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&a;
        uv_ip4_name(in, c->peer, sizeof(c->peer));
        c->peer_loopback = ntohl(in->sin_addr.s_addr) >> 24 == 127;
    } else if (a.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&a;
        uv_ip6_name(in, c->peer, sizeof(c->peer));
        const uint8_t *b = in->sin6_addr.s6_addr;
        c->peer_loopback = IN6_IS_ADDR_LOOPBACK(&in->sin6_addr) ||
                           (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr) && b[12] == 127);
    }
}

static void away_closed(uv_handle_t *h)
{
    hr_loop *l = h->data;
    l->away_busy = false;
    if (l->accept_again && l->listening) {
        l->accept_again = false;
        hr_server_accept(l);
    }
}

/* Accepts and closes at once, with a handle kept for it: a connection that is never accepted would
 * stop the listener. */
static void turn_away(hr_loop *l)
{
    if (l->away_busy) {
        l->accept_again = true;
        return;
    }
    uv_tcp_init(&l->uv, &l->away);
    l->away.data = l;
    l->away_busy = true;
    uv_accept((uv_stream_t *)&l->listener, (uv_stream_t *)&l->away);
    uv_close((uv_handle_t *)&l->away, away_closed);
}

void hr_server_accept(hr_loop *l)
{
    const hr_net *n = l->net;
    uint64_t clients = 0;
    for (unsigned i = 0; i < n->nloops; i++)
        clients += atomic_load_explicit(&n->loops[i].clients, memory_order_relaxed);
    HR_COUNT(l, accepted, 1);
    bool over = clients >= n->o.max_clients;
    if (over)
        HR_COUNT(l, refused, 1);
    hr_conn *c =
        clients >= (uint64_t)n->o.max_clients + HR_REFUSED_MAX ? NULL : hr_calloc(1, sizeof(*c));
    if (!c) {
        turn_away(l);
        return;
    }
    HR_COUNT(l, clients, 1);
    c->loop = l;
    c->refused = over;
    hr_list_push(&l->conns, &c->node);
    hr_defer_init(&c->step, hr_conn_step);
    hr_lazy_init(l, &c->timer, hr_conn_on_timer);
    uv_tcp_init(&l->uv, &c->tcp);
    c->tcp.data = c->timer.t.data = c;
    hr_out_init(&c->out, l, (uv_stream_t *)&c->tcp, hr_conn_on_written);
    hr_head_init(&c->head, n->o.max_head);
    hr_arena_init(&c->arena, 0);
    bool ok = hr_alloc(&c->arena, 1) != NULL;
    c->empty = hr_arena_save(&c->arena);
    c->pending = HR_BUF_INIT(HR_PENDING_MAX + HR_READ_BUF);
    hr_conn_parse_init(c);
    c->x.conn = c;
    if (uv_accept((uv_stream_t *)&l->listener, (uv_stream_t *)&c->tcp) || !ok) {
        hr_conn_shut(c, false);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    set_peer(c);
    hr_conn_begin_head(c);
    hr_conn_set_reading(c, true);
    hr_conn_arm(c);
}

void hr_server_drain(hr_loop *l, bool force)
{
    for (hr_list *n = l->conns.next, *next; n != &l->conns; n = next) {
        next = n->next;
        hr_conn *c = HR_OF(n, hr_conn, node);
        if (force)
            hr_conn_break(c, HR_E_CANCELLED);
        else
            hr_conn_schedule(c);
    }
}
