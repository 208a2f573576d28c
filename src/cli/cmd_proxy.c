#include "cli/cmd.h"
#include "proxy/proxy.h"

#include <stdarg.h>

__attribute__((format(printf, 2, 3))) static void row(const char *name, const char *fmt, ...)
{
    va_list ap;
    printf("  %-14s", name);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
}

/* Where clients on this machine find the proxy: a wildcard address is not a place to connect to. */
static void base_url(const hr_proxy_info *info, char *out, size_t cap)
{
    hr_str h = info->host;
    if (hr_str_eq(h, HR_STR("0.0.0.0")) || hr_str_eq(h, HR_STR("::")) || h.n == 0)
        h = HR_STR("127.0.0.1");
    bool v6 = hr_str_has(h, HR_STR(":"));
    snprintf(out, cap, "http://%s%.*s%s:%u", v6 ? "[" : "", HR_FMT(h), v6 ? "]" : "",
             (unsigned)info->port);
}

static void show_originals(const hr_settings *s, const hr_proxy_info *info)
{
    long long ttl = (long long)s->ccr_ttl_seconds;
    if (info->store_in_memory)
        row("Originals", "in memory, kept %lld s after their last use", ttl);
    else
        row("Originals", "%.*s, kept %lld s after their last use", HR_FMT(info->store_path), ttl);
}

static void show_limits(const hr_settings *s, const hr_proxy_info *info)
{
    if (hr_setting_given(s, HR_OPT_budget))
        row("Budget", "$%.2f %.*s asked for, but not applied in this version", s->budget,
            HR_FMT(s->budget_period));
    else
        row("Budget", "none");
    if (!info->rate_limited)
        row("Rate limit", "none");
    else if (s->rpm > 0 && s->tpm > 0)
        row("Rate limit", "%lld requests and %lld tokens a minute", (long long)s->rpm,
            (long long)s->tpm);
    else if (s->tpm > 0)
        row("Rate limit", "%lld tokens a minute", (long long)s->tpm);
    else
        row("Rate limit", "%lld requests a minute", (long long)(s->rpm > 0 ? s->rpm : 60));
}

static void listening(void *ctx, const hr_proxy_info *info)
{
    const hr_settings *s = ctx;
    char url[128];
    base_url(info, url, sizeof(url));
    printf("Headroom %s\n\n", info->version);
    row("Listening", "%s", url);
    row("Optimisation", "%s (mode: %.*s)",
        s->optimize ? "on" : "off, everything is relayed as it is", HR_FMT(s->mode));
    show_originals(s, info);
    show_limits(s, info);
    row("Answer cache", "not in this version");
    row("Memory", "not in this version");
    row("Access", "%s",
        info->open_to_network  ? "WARNING: open to the network, and no HEADROOM_PROXY_TOKEN is set"
        : info->token_required ? "other machines need the token"
                               : "this machine only");
    row("Telemetry", "off%s", s->telemetry ? " (asked for, but not in this version)" : "");
    if (s->log_file.n)
        row("Request log", "%.*s%s", HR_FMT(s->log_file), s->log_messages ? ", with messages" : "");
    printf("\n  /v1/messages                          -> %.*s\n", HR_FMT(info->anthropic_url));
    printf("  /v1/chat/completions, /v1/responses   -> %.*s\n", HR_FMT(info->openai_url));
    printf("  /v1beta/... (relayed as it is)        -> %.*s\n", HR_FMT(info->gemini_url));
    printf("\n  Claude Code     ANTHROPIC_BASE_URL=%s claude\n", url);
    printf("  OpenAI clients  OPENAI_BASE_URL=%s/v1 your-app\n", url);
    printf("  What it saves   headroom doctor%s", info->port == 8787 ? "\n" : "");
    if (info->port != 8787)
        printf(" --port %u\n", (unsigned)info->port);
    puts("  Also there      /livez /readyz /health /stats /metrics\n\n  Ctrl-C stops it.");
    fflush(stdout);
}

static void failed(void *ctx, const char *why)
{
    const hr_settings *s = ctx;
    hr_cli_error("%s", why);
    fprintf(stderr, "If another program has the port, try: headroom proxy --port %lld\n",
            (long long)(s->port < 65535 ? s->port + 1 : s->port - 1));
}

static int run(const hr_settings *s)
{
    if (!s->rate_limit && (s->rpm > 0 || s->tpm > 0))
        fputs("Warning: --rpm and --tpm do nothing with --no-rate-limit.\n", stderr);
    if (s->log_messages && s->log_file.n == 0)
        fputs("Warning: --log-messages does nothing without --log-file.\n", stderr);
    const hr_proxy_hooks hooks = {listening, failed, (void *)(uintptr_t)s};
    int code = hr_proxy_run_with(s, &hooks);
    if (code == HR_PROXY_EXIT_SIGINT)
        puts("Headroom has stopped.");
    return code;
}

const hr_cmd hr_cmd_proxy = {
    .name = "proxy",
    .summary = "Run the proxy between agents and model providers",
    .args = "",
    .about =
        "Serves on 127.0.0.1:8787 until Ctrl-C or SIGTERM. Clients that are pointed at it send\n"
        "fewer tokens: what their tools returned is made smaller on the way to the\n"
        "provider, and every original is kept for the model to ask for.",
    .examples = "  headroom proxy\n"
                "  headroom proxy --port 9000 --log-file ~/.headroom/logs/proxy.jsonl\n"
                "  headroom proxy --protect-tool-results 'my_tool,mcp__*'\n"
                "  headroom proxy --no-optimize          relay only, to compare",
    .mask = HR_C_PROXY,
    .run = run,
};
