/* Which HTTP proxy, if any, a request goes through. */
#include "net/upstream.h"

bool hr_proxy_pick(const hr_net_opts *o, const hr_origin *to, hr_origin *via, hr_str *auth)
{
    (void)o, (void)to, (void)via, (void)auth;
    return false;
}
