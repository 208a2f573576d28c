/* tls: TLS for connections to upstreams.
 *
 * One SSL_CTX per process, made in the background when the first https request starts, so that a
 * proxy nobody uses pays neither time nor memory for it. Each loop keeps sessions for resumption.
 */
#ifndef HR_NET_TLS_H
#define HR_NET_TLS_H

#include "net/upstream.h"

#include <openssl/ssl.h>

struct hr_tls {
    SSL_CTX *ctx; /* NULL: could not be made */
    BIO_METHOD *bio;
    char why[200];
};

struct hr_tls_conn {
    SSL *ssl;
    const char *in; /* ciphertext of the current input call */
    size_t in_n;
    hr_buf held; /* ciphertext left over while the fetch is paused */
    bool ready, closed, failed;
};

/* Starts making the process's TLS settings in the background, if not done. */
void hr_tls_prepare(hr_loop *l);
/* Connected: wait for the settings, shake hands, then hr_up_ready. */
void hr_tls_begin(hr_up *u);
void hr_tls_free(hr_tls *t);
void hr_tls_store_free(hr_tls_store *s);

/* tls_link.c */
extern const hr_link hr_tls_link;
BIO_METHOD *hr_tls_bio_method(void);
/* Shakes hands; the settings exist. */
void hr_tls_connect(hr_up *u);

/* tls_session.c: the last session of each origin. */
void hr_tls_session_offer(hr_up *u);
int hr_tls_session_new(SSL *ssl, SSL_SESSION *session);

/* tunnel.c: asks an HTTP proxy to connect to the origin, then hr_tls_begin. */
void hr_tunnel_begin(hr_up *u);

#endif
