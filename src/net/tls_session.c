/* Sessions for resumption: the newest of each origin, per loop. */
#include "net/tls.h"

#include "base/mem.h"

enum { KEPT = 64 };

struct hr_tls_store {
    struct {
        uint64_t key;
        hr_origin origin;
        SSL_SESSION *session;
    } e[KEPT];
    unsigned next;
};

static bool same(const hr_origin *a, const hr_origin *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

void hr_tls_session_offer(hr_up *u)
{
    const hr_tls_store *s = u->loop->sessions;
    for (unsigned i = 0; s && i < KEPT; i++) {
        if (s->e[i].session && s->e[i].key == u->key && same(&s->e[i].origin, &u->origin)) {
            SSL_set_session(u->tls->ssl, s->e[i].session);
            return;
        }
    }
}

/* OpenSSL's callback; 1: the reference is ours. */
int hr_tls_session_new(SSL *ssl, SSL_SESSION *session)
{
    hr_up *u = SSL_get_app_data(ssl);
    hr_loop *l = u->loop;
    if (!l->sessions)
        l->sessions = hr_calloc(1, sizeof(*l->sessions));
    hr_tls_store *s = l->sessions;
    if (!s)
        return 0;
    unsigned at = KEPT;
    for (unsigned i = 0; i < KEPT && at == KEPT; i++) {
        if (s->e[i].session && s->e[i].key == u->key && same(&s->e[i].origin, &u->origin))
            at = i;
    }
    if (at == KEPT) {
        at = s->next;
        s->next = (s->next + 1) % KEPT;
    }
    SSL_SESSION_free(s->e[at].session);
    s->e[at].key = u->key;
    s->e[at].origin = u->origin;
    s->e[at].session = session;
    return 1;
}

void hr_tls_store_free(hr_tls_store *s)
{
    for (unsigned i = 0; s && i < KEPT; i++)
        SSL_SESSION_free(s->e[i].session);
    hr_free(s);
}
