/* Resolving and connecting. */
#include "net/upstream.h"

#include "base/mem.h"

#include <stdio.h>

enum { MAX_ADDRESSES = 8, NEXT_AFTER_MS = 250 };

typedef struct attempt {
    uv_tcp_t tcp; /* first: the handle's memory is the attempt's */
    uv_connect_t req;
    hr_dial *dial;
} attempt;

struct hr_dial {
    hr_loop *loop;
    hr_dial_done *done; /* NULL: told or cancelled */
    void *ctx;
    uv_getaddrinfo_t gai;
    uv_timer_t next_timer;
    struct sockaddr_storage addr[MAX_ADDRESSES];
    unsigned naddr, next, open;
    attempt *attempts[MAX_ADDRESSES];
    unsigned refs; /* timer, lookup, attempts */
    bool timer_closed;
    hr_err err;
    char host[256];
    uint16_t port;
    char why[200];
};

static void unref(hr_dial *d)
{
    if (!--d->refs)
        hr_free(d);
}

static void timer_closed(uv_handle_t *h)
{
    unref(h->data);
}

static void attempt_closed(uv_handle_t *h)
{
    attempt *a = (attempt *)(void *)h;
    hr_dial *d = a->dial;
    hr_free(a);
    unref(d);
}

static void drop_attempt(hr_dial *d, unsigned i)
{
    uv_close((uv_handle_t *)&d->attempts[i]->tcp, attempt_closed);
    d->attempts[i] = NULL;
    d->open--;
}

static void stop(hr_dial *d)
{
    d->done = NULL;
    for (unsigned i = 0; i < d->naddr; i++) {
        if (d->attempts[i])
            drop_attempt(d, i);
    }
    uv_cancel((uv_req_t *)&d->gai);
    if (!d->timer_closed) {
        d->timer_closed = true;
        uv_close((uv_handle_t *)&d->next_timer, timer_closed);
    }
}

/* The last thing done with d in a callback. */
static void tell(hr_dial *d, uv_tcp_t *tcp)
{
    hr_dial_done *done = d->done;
    hr_loop *l = d->loop;
    if (!done)
        return;
    d->refs++;
    stop(d);
    done(d->ctx, tcp ? HR_OK : d->err, tcp, hr_cstr(d->why));
    unref(d);
    hr_loop_flush(l);
}

static void note(hr_dial *d, hr_err err, int status)
{
    d->err = err;
    if (err == HR_E_DNS)
        snprintf(d->why, sizeof(d->why), "cannot resolve %.100s: %s", d->host, uv_strerror(status));
    else
        snprintf(d->why, sizeof(d->why), "cannot connect to %.100s port %u: %s", d->host,
                 (unsigned)d->port, uv_strerror(status));
}

static void try_next(hr_dial *d);

static void connected(uv_connect_t *req, int status)
{
    attempt *a = HR_OF(req, attempt, req);
    hr_dial *d = a->dial;
    if (!d->done || status == UV_ECANCELED)
        return;
    unsigned i = 0;
    while (d->attempts[i] != a)
        i++;
    if (status < 0) {
        note(d, HR_E_CONNECT, status);
        drop_attempt(d, i);
        try_next(d);
        return;
    }
    d->attempts[i] = NULL;
    d->open--;
    d->refs--; /* the winner leaves; the timer still holds d */
    tell(d, &a->tcp);
}

static void next_due(uv_timer_t *t)
{
    try_next(t->data);
}

static bool start_attempt(hr_dial *d, unsigned i)
{
    attempt *a = hr_calloc(1, sizeof(*a));
    if (!a) {
        note(d, HR_E_NOMEM, UV_ENOMEM);
        return false;
    }
    a->dial = d;
    uv_tcp_init(&d->loop->uv, &a->tcp);
    d->attempts[i] = a;
    d->refs++;
    d->open++;
    int e = uv_tcp_connect(&a->req, &a->tcp, (const struct sockaddr *)&d->addr[i], connected);
    if (e) {
        note(d, HR_E_CONNECT, e);
        drop_attempt(d, i);
        return false;
    }
    uv_tcp_nodelay(&a->tcp, 1);
    return true;
}

/* Starts the next address; when none is left and none is open, the dial failed. */
static void try_next(hr_dial *d)
{
    while (d->next < d->naddr) {
        if (start_attempt(d, d->next++)) {
            if (d->next < d->naddr)
                uv_timer_start(&d->next_timer, next_due, NEXT_AFTER_MS, 0);
            return;
        }
    }
    if (!d->open)
        tell(d, NULL);
}

/* Takes addresses in the resolver's order, families in turn (RFC 8305 section 4). */
static void take_addresses(hr_dial *d, const struct addrinfo *all)
{
    int family = 0;
    const struct addrinfo *of[2] = {all, NULL};
    for (const struct addrinfo *a = all; a; a = a->ai_next) {
        if (!family)
            family = a->ai_family;
        else if (a->ai_family != family && !of[1])
            of[1] = a;
    }
    for (unsigned turn = 0; d->naddr < MAX_ADDRESSES && (of[0] || of[1]); turn ^= 1) {
        const struct addrinfo *a = of[turn];
        if (!a)
            continue;
        if (a->ai_addrlen <= sizeof(d->addr[0])) {
            memcpy(&d->addr[d->naddr], a->ai_addr, a->ai_addrlen);
            d->naddr++;
        }
        int want = a->ai_family;
        do {
            a = a->ai_next;
        } while (a && a->ai_family != want);
        of[turn] = a;
    }
}

static void resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *res)
{
    hr_dial *d = HR_OF(req, hr_dial, gai);
    if (d->done) {
        if (status == 0)
            take_addresses(d, res);
        if (d->naddr) {
            try_next(d);
        } else {
            note(d, HR_E_DNS, status ? status : UV_EAI_NODATA);
            tell(d, NULL);
        }
    }
    if (res)
        uv_freeaddrinfo(res);
    unref(d);
}

hr_dial *hr_dial_start(hr_loop *l, const char *host, uint16_t port, hr_dial_done *done, void *ctx)
{
    hr_dial *d = hr_calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->loop = l;
    d->done = done;
    d->ctx = ctx;
    d->port = port;
    d->refs = 1;
    snprintf(d->host, sizeof(d->host), "%s", host);
    uv_timer_init(&l->uv, &d->next_timer);
    d->next_timer.data = d;
    char service[8];
    snprintf(service, sizeof(service), "%u", (unsigned)port);
    struct addrinfo hint = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)&d->addr[0]) == 0 ||
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)&d->addr[0]) == 0) {
        d->naddr = d->next = 1;
        if (!start_attempt(d, 0))
            uv_timer_start(&d->next_timer, next_due, 0, 0);
    } else if (uv_getaddrinfo(&l->uv, &d->gai, resolved, host, service, &hint) == 0) {
        d->refs++;
    } else {
        note(d, HR_E_DNS, UV_EAI_NONAME);
        uv_timer_start(&d->next_timer, next_due, 0, 0);
    }
    return d;
}

void hr_dial_cancel(hr_dial *d)
{
    stop(d);
}
