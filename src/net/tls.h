/* tls: TLS for connections to upstreams. */
#ifndef HR_NET_TLS_H
#define HR_NET_TLS_H

#include "net/upstream.h"

/* Starts making the process's TLS settings in the background, if not done. */
void hr_tls_prepare(hr_loop *l);
/* Connected: wait for the settings, shake hands, then hr_up_ready. */
void hr_tls_begin(hr_up *u);
void hr_tls_free(hr_tls *t);
void hr_tls_store_free(hr_tls_store *s);

/* tunnel.c: asks an HTTP proxy to connect to the origin, then hr_tls_begin. */
void hr_tunnel_begin(hr_up *u);

#endif
