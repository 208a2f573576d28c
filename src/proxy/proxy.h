/* proxy: the HTTP program between an agent and its provider. Opens the engine and the network,
 * serves until it is told to stop, and owns no policy that is not in the settings.
 */
#ifndef HR_PROXY_PROXY_H
#define HR_PROXY_PROXY_H

#include "engine/settings.h"

/* What a started proxy is, for the banner. */
typedef struct hr_proxy_info {
    const char *version;
    hr_str host;
    uint16_t port; /* the one that was bound */
    hr_str anthropic_url, openai_url, gemini_url;
    hr_str store_path; /* empty: in memory */
    bool store_in_memory;
    bool rate_limited;
    bool token_required;  /* of callers from other machines */
    bool open_to_network; /* bound to a non-loopback address without a token */
} hr_proxy_info;

typedef struct hr_proxy_hooks {
    /* Once, when the port is bound and requests are about to be served. */
    void (*listening)(void *ctx, const hr_proxy_info *info);
    /* Once, instead, when the proxy cannot start; `why` is one sentence. */
    void (*failed)(void *ctx, const char *why);
    void *ctx;
} hr_proxy_hooks;

enum {
    HR_PROXY_EXIT_OK = 0,      /* SIGTERM, all requests finished or the drain time was over */
    HR_PROXY_EXIT_FAILED = 1,  /* the address is taken, the network failed */
    HR_PROXY_EXIT_CONFIG = 78, /* the configuration makes a start impossible (EX_CONFIG) */
    HR_PROXY_EXIT_SIGINT = 130
};

/* Runs in the calling thread until SIGTERM or SIGINT; returns one of the exit codes above. */
int hr_proxy_run_with(const hr_settings *s, const hr_proxy_hooks *hooks);
/* The same; a failed start is one line in the log. */
int hr_proxy_run(const hr_settings *s);

#endif
