/* Is anything pointed at the proxy? An agent counts as installed when its program is on PATH or its
 * configuration folder exists; one that is not installed is skipped, not blamed. What routes one
 * agent (a settings file, this shell) is enough: the shell's variable is only missed when nothing
 * else routes anybody. */
#include "cli/doctor.h"

#include "engine/paths.h"

#include <unistd.h>
#include <yyjson.h>

enum { SETTINGS_MAX = 1 << 20 };

typedef enum url_kind { URL_NONE, URL_OURS, URL_OTHER_PORT, URL_FOREIGN } url_kind;

typedef struct url_class {
    url_kind kind;
    uint64_t port;
} url_class;

static url_class classify(const hr_doctor *d, hr_str url)
{
    url = hr_str_trim(url);
    if (url.n == 0)
        return (url_class){URL_NONE, 0};
    hr_str rest = hr_str_istarts(url, HR_STR("https://"))  ? hr_str_sub(url, 8, url.n)
                  : hr_str_istarts(url, HR_STR("http://")) ? hr_str_sub(url, 7, url.n)
                                                           : HR_STR_NONE;
    hr_str auth = hr_str_sub(rest, 0, hr_str_find_char(rest, '/'));
    size_t close = hr_str_rfind_char(auth, ']'), colon = hr_str_rfind_char(auth, ':');
    if (close != SIZE_MAX && colon != SIZE_MAX && colon < close)
        colon = SIZE_MAX;
    hr_str host = hr_str_sub(auth, 0, colon);
    uint64_t port = hr_str_istarts(url, HR_STR("https://")) ? 443 : 80;
    if (colon != SIZE_MAX && !hr_str_u64(hr_str_sub(auth, colon + 1, auth.n), &port))
        return (url_class){URL_FOREIGN, 0};
    bool numeric = hr_str_starts(host, HR_STR("127."));
    for (size_t i = 0; numeric && i < host.n; i++)
        numeric = hr_is_digit(host.p[i]) || host.p[i] == '.';
    bool loopback =
        numeric || hr_str_ieq(host, HR_STR("localhost")) || hr_str_eq(host, HR_STR("[::1]"));
    return (url_class){!loopback ? URL_FOREIGN : port == d->port ? URL_OURS : URL_OTHER_PORT, port};
}

static bool on_path(const hr_doctor *d, const char *program)
{
    hr_str path = hr_env(d->envp, HR_STR("PATH")), dir;
    while (hr_str_split(&path, ':', &dir)) {
        const char *z = hr_zstr(d->a, hr_path_join(dir, hr_cstr(program), d->a));
        if (z && dir.n && access(z, X_OK) == 0)
            return true;
    }
    return false;
}

static bool exists(const hr_doctor *d, hr_str path)
{
    const char *z = hr_zstr(d->a, path);
    return z && path.n && access(z, F_OK) == 0;
}

/* env.<name> of a JSON settings file. HR_E_NOTFOUND: no file or no such key; HR_E_SYNTAX. */
static hr_err settings_env(const hr_doctor *d, hr_str path, const char *const *names, hr_str *out)
{
    hr_str text;
    *out = HR_STR_NONE;
    hr_err err = hr_file_read(path, SETTINGS_MAX, d->a, &text);
    if (err != HR_OK)
        return err;
    yyjson_doc *doc =
        yyjson_read(text.p, text.n, YYJSON_READ_ALLOW_COMMENTS | YYJSON_READ_ALLOW_TRAILING_COMMAS);
    if (!doc)
        return HR_E_SYNTAX;
    yyjson_val *env = yyjson_obj_get(yyjson_doc_get_root(doc), "env");
    for (; *names && out->n == 0; names++) {
        yyjson_val *v = yyjson_obj_get(env, *names);
        if (yyjson_is_str(v))
            *out = hr_str_dup(d->a, hr_str_of(yyjson_get_str(v), yyjson_get_len(v)));
    }
    yyjson_doc_free(doc);
    return out->n ? HR_OK : HR_E_NOTFOUND;
}

/* One finding about a URL that stands in `where`. */
static bool report_url(hr_doctor *d, const char *name, url_class u, hr_str where)
{
    hr_finding *f;
    switch (u.kind) {
    case URL_OURS:
        hr_doctor_add(d, name, HR_PASS, "routed to port %u by %.*s", d->port, HR_FMT(where));
        return true;
    case URL_OTHER_PORT:
        f = hr_doctor_add(d, name, HR_WARN, "routed to port %llu, not %u, by %.*s",
                          (unsigned long long)u.port, d->port, HR_FMT(where));
        f->hint = hr_strf(d->a, "headroom doctor --port %llu", (unsigned long long)u.port);
        return false;
    default:
        f = hr_doctor_add(d, name, HR_WARN, "routed somewhere else by %.*s", HR_FMT(where));
        f->hint = hr_strf(d->a, "point it at http://127.0.0.1:%u", d->port);
        return false;
    }
}

static bool check_claude(hr_doctor *d, hr_str shell_url)
{
    static const char *const names[] = {"ANTHROPIC_BASE_URL", "ANTHROPIC_VERTEX_BASE_URL",
                                        "ANTHROPIC_FOUNDRY_BASE_URL", NULL};
    hr_str dir = hr_env(d->envp, HR_STR("CLAUDE_CONFIG_DIR"));
    if (dir.n == 0)
        dir = hr_path_expand(HR_STR("~/.claude"), d->envp, d->a);
    const hr_str files[] = {HR_STR(".claude/settings.local.json"), HR_STR(".claude/settings.json"),
                            hr_path_join(dir, HR_STR("settings.json"), d->a)};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        hr_str url;
        hr_err err = settings_env(d, files[i], names, &url);
        if (err == HR_OK)
            return report_url(d, "claude", classify(d, url), files[i]);
        if (err != HR_E_NOTFOUND) {
            hr_doctor_add(d, "claude", HR_WARN, "%.*s cannot be read as JSON", HR_FMT(files[i]));
            return false;
        }
    }
    if (classify(d, shell_url).kind == URL_OURS) {
        hr_doctor_add(d, "claude", HR_PASS, "routed to port %u by this shell's ANTHROPIC_BASE_URL",
                      d->port);
        return true;
    }
    if (!on_path(d, "claude") && !exists(d, dir)) {
        hr_doctor_add(d, "claude", HR_SKIP, "Claude Code is not installed");
        return false;
    }
    hr_finding *f = hr_doctor_add(
        d, "claude", HR_WARN, "Claude Code is not routed: no base URL in %.*s", HR_FMT(files[2]));
    f->hint = hr_strf(d->a, "start it as: ANTHROPIC_BASE_URL=http://127.0.0.1:%u claude", d->port);
    return false;
}

/* The first loopback base_url of a Codex configuration that is not commented out. */
static url_class codex_url(const hr_doctor *d, hr_str text)
{
    hr_str line;
    while (hr_str_line(&text, &line)) {
        line = hr_str_trim(line);
        size_t eq = hr_str_find_char(line, '=');
        if (eq == SIZE_MAX || line.p[0] == '#' ||
            !hr_str_ends(hr_str_trim(hr_str_sub(line, 0, eq)), HR_STR("base_url")))
            continue;
        hr_str value = hr_str_trim(hr_str_sub(line, eq + 1, line.n));
        if (value.n < 2 || (value.p[0] != '"' && value.p[0] != '\''))
            continue;
        size_t end = hr_str_find_char(hr_str_sub(value, 1, value.n), value.p[0]);
        url_class u = classify(d, hr_str_sub(value, 1, end == SIZE_MAX ? value.n : end + 1));
        if (u.kind == URL_OURS || u.kind == URL_OTHER_PORT)
            return u;
    }
    return (url_class){URL_NONE, 0};
}

static bool check_codex(hr_doctor *d)
{
    hr_str dir = hr_env(d->envp, HR_STR("CODEX_HOME")), text;
    if (dir.n == 0)
        dir = hr_path_expand(HR_STR("~/.codex"), d->envp, d->a);
    hr_str file = hr_path_join(dir, HR_STR("config.toml"), d->a);
    if (!on_path(d, "codex") && !exists(d, dir)) {
        hr_doctor_add(d, "codex", HR_SKIP, "Codex is not installed");
        return false;
    }
    hr_err err = hr_file_read(file, SETTINGS_MAX, d->a, &text);
    if (err != HR_OK && err != HR_E_NOTFOUND) {
        hr_doctor_add(d, "codex", HR_WARN, "%.*s cannot be read", HR_FMT(file));
        return false;
    }
    url_class u = codex_url(d, text);
    if (u.kind != URL_NONE)
        return report_url(d, "codex", u, file);
    hr_finding *f = hr_doctor_add(d, "codex", HR_WARN,
                                  "Codex is not routed: no local base_url in %.*s", HR_FMT(file));
    f->hint =
        hr_strf(d->a, "add a provider with base_url = \"http://127.0.0.1:%u/v1\" to it", d->port);
    return false;
}

static void check_shell(hr_doctor *d, hr_str anthropic, hr_str openai, bool routed)
{
    hr_str where = anthropic.n ? HR_STR("ANTHROPIC_BASE_URL") : HR_STR("OPENAI_BASE_URL");
    url_class u = classify(d, anthropic.n ? anthropic : openai);
    if (u.kind != URL_NONE) {
        report_url(d, "shell env", u, where);
        return;
    }
    hr_finding *f = hr_doctor_add(d, "shell env", routed ? HR_SKIP : HR_WARN,
                                  "neither ANTHROPIC_BASE_URL nor OPENAI_BASE_URL is set");
    f->hint = hr_strf(d->a, "export ANTHROPIC_BASE_URL=http://127.0.0.1:%u", d->port);
}

void hr_doctor_routing(hr_doctor *d)
{
    hr_str anthropic = hr_env(d->envp, HR_STR("ANTHROPIC_BASE_URL"));
    hr_str openai = hr_env(d->envp, HR_STR("OPENAI_BASE_URL"));
    bool claude = check_claude(d, anthropic);
    bool codex = check_codex(d);
    check_shell(d, anthropic, openai, claude || codex);
    if (claude)
        hr_doctor_add(d, "claude remote control", HR_SKIP,
                      "Claude Code hides this menu while it has a base URL of its own");
}
