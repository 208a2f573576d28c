#include "base/clock.h"
#include "cli/cmd.h"
#include "cli/doctor.h"
#include "cli/http_get.h"

#include <stdarg.h>
#include <time.h>
#include <unistd.h>
#include <yyjson.h>

static const char *const status_name[] = {"pass", "warn", "fail", "skip"};
static const char *const status_glyph[] = {"\xe2\x9c\x93", "\xe2\x9a\xa0", "\xe2\x9c\x97",
                                           "\xc2\xb7"};
static const char *const status_colour[] = {"\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[2m"};

hr_finding *hr_doctor_add(hr_doctor *d, const char *name, hr_finding_status status, const char *fmt,
                          ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    size_t at = d->n < HR_MAX_FINDINGS ? d->n++ : HR_MAX_FINDINGS - 1;
    d->found[at] = (hr_finding){name, status, hr_str_dup(d->a, hr_cstr(text)), HR_STR_NONE};
    return &d->found[at];
}

/* --- the proxy -------------------------------------------------------------------------------- */

static hr_str text_of(yyjson_val *v)
{
    return yyjson_is_str(v) ? hr_str_of(yyjson_get_str(v), yyjson_get_len(v)) : HR_STR_NONE;
}

/* {NULL}: not reachable, or the answer is not a JSON object. */
static yyjson_doc *get_json(hr_doctor *d, const char *path, unsigned timeout_ms)
{
    hr_http_reply r;
    if (hr_http_get(d->port, path, timeout_ms, d->a, &r) != HR_OK || r.status != 200)
        return NULL;
    yyjson_doc *doc = yyjson_read(r.body.p, r.body.n, 0);
    if (doc && !yyjson_is_obj(yyjson_doc_get_root(doc))) {
        yyjson_doc_free(doc);
        doc = NULL;
    }
    return doc;
}

static hr_str uptime(hr_doctor *d, double seconds)
{
    long long s = seconds > 0 && seconds < 1e15 ? (long long)seconds : 0;
    if (s >= 86400)
        return hr_strf(d->a, "%lldd %lldh", s / 86400, s % 86400 / 3600);
    if (s >= 3600)
        return hr_strf(d->a, "%lldh %lldm", s / 3600, s % 3600 / 60);
    return hr_strf(d->a, "%lldm", s / 60);
}

static void check_version(hr_doctor *d, hr_str theirs)
{
    if (!d->alive) {
        hr_doctor_add(d, "version", HR_SKIP, "the proxy is not reachable");
    } else if (hr_str_eq(theirs, HR_STR(HR_VERSION))) {
        hr_doctor_add(d, "version", HR_PASS, "proxy and program are both %s", HR_VERSION);
    } else {
        hr_finding *f = hr_doctor_add(d, "version", HR_WARN,
                                      "version drift: the proxy is %.*s, this program is %s",
                                      HR_FMT(theirs.n ? theirs : HR_STR("unknown")), HR_VERSION);
        f->hint = HR_STR("restart the proxy");
    }
}

static void check_proxy(hr_doctor *d)
{
    yyjson_doc *doc = get_json(d, "/livez", 2000);
    yyjson_val *root = yyjson_doc_get_root(doc);
    hr_str version = hr_str_dup(d->a, text_of(yyjson_obj_get(root, "version")));
    if (!doc) {
        hr_finding *f =
            hr_doctor_add(d, "proxy", HR_FAIL, "not reachable at http://127.0.0.1:%u", d->port);
        f->hint = d->port == 8787 ? HR_STR("headroom proxy")
                                  : hr_strf(d->a, "headroom proxy --port %u", d->port);
    } else if (!hr_str_eq(text_of(yyjson_obj_get(root, "service")), HR_STR("headroom-proxy"))) {
        hr_finding *f = hr_doctor_add(
            d, "proxy", HR_FAIL, "something on port %u answers, but it is not Headroom", d->port);
        f->hint = HR_STR("headroom proxy --port N, with a free port");
    } else {
        d->alive = true;
        hr_str up = uptime(d, yyjson_get_num(yyjson_obj_get(root, "uptime_seconds")));
        hr_doctor_add(d, "proxy", HR_PASS, "http://127.0.0.1:%u, up %.*s, version %.*s", d->port,
                      HR_FMT(up), HR_FMT(version));
    }
    yyjson_doc_free(doc);
    check_version(d, version);
}

/* --- what it saved ---------------------------------------------------------------------------- */

/* "just now", "5m ago", …; empty when the time cannot be read. */
static hr_str age(hr_doctor *d, hr_str iso)
{
    static const unsigned at[] = {0, 5, 8, 11, 14, 17}, len[] = {4, 2, 2, 2, 2, 2};
    uint64_t v[6];
    for (size_t i = 0; i < 6; i++) {
        if (!hr_str_u64(hr_str_sub(iso, at[i], at[i] + len[i]), &v[i]))
            return HR_STR_NONE;
    }
    struct tm tm = {.tm_year = (int)v[0] - 1900,
                    .tm_mon = (int)v[1] - 1,
                    .tm_mday = (int)v[2],
                    .tm_hour = (int)v[3],
                    .tm_min = (int)v[4],
                    .tm_sec = (int)v[5]};
    long long ago = hr_now_unix_ms(&hr_clock_system) / 1000 - (long long)timegm(&tm);
    if (ago < 60)
        return HR_STR("just now");
    if (ago < 3600)
        return hr_strf(d->a, "%lldm ago", ago / 60);
    if (ago < 86400)
        return hr_strf(d->a, "%lldh ago", ago / 3600);
    return hr_strf(d->a, "%lldd ago", ago / 86400);
}

static void check_savings(hr_doctor *d, yyjson_val *stats)
{
    yyjson_val *kept = yyjson_obj_get(stats, "persistent_savings");
    yyjson_val *life = yyjson_obj_get(kept, "lifetime");
    yyjson_val *session = yyjson_obj_get(stats, "session");
    double saved = yyjson_get_num(yyjson_obj_get(life, "tokens_saved"));
    double now = yyjson_get_num(yyjson_obj_get(session, "tokens_saved_total"));
    yyjson_val *usd = yyjson_obj_get(life, "compression_savings_usd");
    if (!d->alive) {
        hr_doctor_add(d, "savings", HR_SKIP, "the proxy is not reachable");
    } else if (saved > 0) {
        hr_str when = age(d, text_of(yyjson_obj_get(yyjson_obj_get(kept, "display_session"),
                                                    "last_activity_at")));
        hr_str money =
            yyjson_is_num(usd) ? hr_strf(d->a, ", $%.2f", yyjson_get_num(usd)) : HR_STR("");
        hr_doctor_add(d, "savings", HR_PASS, "%.0f tokens%.*s in all%s%.*s", saved, HR_FMT(money),
                      when.n ? ", last activity " : "", HR_FMT(when));
    } else if (now > 0) {
        hr_doctor_add(d, "savings", HR_PASS, "%.0f tokens since the proxy started", now);
    } else {
        hr_finding *f = hr_doctor_add(d, "savings", HR_WARN, "no tokens saved yet");
        f->hint =
            HR_STR("route a client through the proxy and let it use a tool with a long result");
    }
}

static void check_budget(hr_doctor *d, yyjson_val *stats)
{
    yyjson_val *cost = yyjson_obj_get(stats, "cost");
    yyjson_val *limit = yyjson_obj_get(cost, "budget_limit_usd");
    if (!d->alive) {
        hr_doctor_add(d, "budget", HR_SKIP, "the proxy is not reachable");
    } else if (!yyjson_is_obj(cost)) {
        hr_doctor_add(d, "budget", HR_SKIP, "this proxy does not track costs");
    } else if (yyjson_is_num(limit)) {
        hr_str period = text_of(yyjson_obj_get(cost, "budget_period"));
        hr_doctor_add(d, "budget", HR_PASS, "$%.2f/%.*s", yyjson_get_num(limit), HR_FMT(period));
    } else {
        hr_finding *f = hr_doctor_add(d, "budget", HR_PASS, "none set");
        f->hint = HR_STR("headroom proxy --budget 10");
    }
}

/* --- output ----------------------------------------------------------------------------------- */

static int exit_code(const hr_doctor *d)
{
    int code = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (d->found[i].status == HR_FAIL)
            return 2;
        if (d->found[i].status == HR_WARN)
            code = 1;
    }
    return code;
}

static void print_json(const hr_doctor *d, int code)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc), *checks = yyjson_mut_arr(doc);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_int(doc, root, "port", d->port);
    yyjson_mut_obj_add_str(doc, root, "installed_version", HR_VERSION);
    yyjson_mut_obj_add_int(doc, root, "exit_code", code);
    yyjson_mut_obj_add_val(doc, root, "checks", checks);
    for (size_t i = 0; i < d->n; i++) {
        const hr_finding *f = &d->found[i];
        yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, checks);
        yyjson_mut_obj_add_str(doc, o, "name", f->name);
        yyjson_mut_obj_add_str(doc, o, "status", status_name[f->status]);
        yyjson_mut_obj_add_strn(doc, o, "summary", f->summary.p, f->summary.n);
        if (f->hint.n)
            yyjson_mut_obj_add_strn(doc, o, "hint", f->hint.p, f->hint.n);
        else
            yyjson_mut_obj_add_null(doc, o, "hint");
    }
    yyjson_mut_write_fp(stdout, doc, YYJSON_WRITE_PRETTY_TWO_SPACES | YYJSON_WRITE_ESCAPE_UNICODE,
                        NULL, NULL);
    putchar('\n');
    yyjson_mut_doc_free(doc);
}

static void print_table(const hr_doctor *d)
{
    const char *no_color = getenv("NO_COLOR");
    bool colour = isatty(STDOUT_FILENO) && !(no_color && no_color[0]);
    size_t count[4] = {0}, width = 0;
    printf("Headroom doctor %s, port %u\n\n", HR_VERSION, d->port);
    for (size_t i = 0; i < d->n; i++) {
        size_t n = strlen(d->found[i].name);
        width = n > width ? n : width;
    }
    for (size_t i = 0; i < d->n; i++) {
        const hr_finding *f = &d->found[i];
        count[f->status]++;
        printf("  %-*s  %s%s %s%s  %.*s\n", (int)width, f->name,
               colour ? status_colour[f->status] : "", status_glyph[f->status],
               status_name[f->status], colour ? "\x1b[0m" : "", HR_FMT(f->summary));
    }
    putchar('\n');
    for (size_t i = 0; i < d->n; i++) {
        const hr_finding *f = &d->found[i];
        if (f->hint.n && (f->status == HR_WARN || f->status == HR_FAIL))
            printf("  %s: %.*s\n", f->name, HR_FMT(f->hint));
    }
    if (count[HR_FAIL] + count[HR_WARN] == 0)
        puts("All checks passed.");
    else
        printf("\n%zu failed, %zu warnings\n", count[HR_FAIL], count[HR_WARN]);
}

static int run(const hr_settings *s)
{
    hr_arena a;
    hr_arena_init(&a, 64u << 20);
    hr_doctor d = {.s = s, .port = (uint16_t)s->port, .envp = environ, .a = &a};
    check_proxy(&d);
    hr_doctor_routing(&d);
    yyjson_doc *stats = d.alive ? get_json(&d, "/stats", 5000) : NULL;
    check_savings(&d, yyjson_doc_get_root(stats));
    check_budget(&d, yyjson_doc_get_root(stats));
    yyjson_doc_free(stats);
    int code = exit_code(&d);
    if (s->json)
        print_json(&d, code);
    else
        print_table(&d);
    hr_arena_free(&a);
    return code;
}

const hr_cmd hr_cmd_doctor = {
    .name = "doctor",
    .summary = "Is the proxy up, are clients routed to it, does it save anything",
    .args = "",
    .about = "Looks at the proxy on this machine, at the settings of Claude Code and Codex and at\n"
             "this shell, and says what is wrong and what to do about it.\n\n"
             "Exit code: 0 all passed, 1 warnings only, 2 at least one failure.",
    .examples =
        "  headroom doctor\n"
        "  headroom doctor --port 9000\n"
        "  headroom doctor --json | jq -r '.checks[] | select(.status != \"pass\") | .hint'",
    .mask = HR_C_DOCTOR,
    .run = run,
};
