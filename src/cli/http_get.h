/* http_get: one blocking GET to a proxy on this machine, for commands. */
#ifndef HR_CLI_HTTP_GET_H
#define HR_CLI_HTTP_GET_H

#include "base/arena.h"
#include "base/error.h"

typedef struct hr_http_reply {
    int status;
    hr_str body; /* decoded from chunks; in the arena */
} hr_http_reply;

/* GET http://127.0.0.1:port<path>, whole answer within timeout_ms and 8 MiB. HR_E_CONNECT,
 * HR_E_TIMEOUT, HR_E_CLOSED, HR_E_LIMIT, HR_E_PROTOCOL (not HTTP/1), HR_E_NOMEM. */
hr_err hr_http_get(uint16_t port, const char *path, unsigned timeout_ms, hr_arena *a,
                   hr_http_reply *out);

#endif
