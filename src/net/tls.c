#include "net/tls.h"
void hr_tls_prepare(hr_loop *l)
{
    (void)l;
}
void hr_tls_begin(hr_up *u)
{
    hr_up_fail(u, HR_E_UNSUPPORTED, "TLS is not there yet");
}
void hr_tls_free(hr_tls *t)
{
    (void)t;
}
void hr_tls_store_free(hr_tls_store *s)
{
    (void)s;
}
void hr_tunnel_begin(hr_up *u)
{
    hr_up_fail(u, HR_E_UNSUPPORTED, "tunnels are not there yet");
}
