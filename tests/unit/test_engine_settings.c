/* Settings: precedence, every kind of value, every kind of mistake, and what the message says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/paths.h"
#include "engine/settings.h"

enum { MAX_ENV = 16 };

static char tmp[] = "/tmp/hr_settings_XXXXXX";

typedef struct fixture {
    char home[128];
    char *env[MAX_ENV];
    size_t nenv;
    hr_settings s;
    hr_settings_error e;
} fixture;

static void with(fixture *f, const char *pair)
{
    assert_true(f->nenv + 1 < MAX_ENV);
    f->env[f->nenv++] = strdup(pair);
    f->env[f->nenv] = NULL;
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    snprintf(f->home, sizeof(f->home), "HOME=%s", tmp);
    with(f, f->home);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    hr_settings_free(&f->s);
    for (size_t i = 0; i < f->nenv; i++)
        free(f->env[i]);
    free(f);
    return 0;
}

/* line: arguments separated by blanks */
static hr_err load(fixture *f, unsigned command, const char *line)
{
    static char copy[1024];
    char *argv[32], *save = NULL;
    int argc = 0;
    snprintf(copy, sizeof(copy), "%s", line);
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    hr_settings_free(&f->s);
    const hr_settings_in in = {command, argc, argv, f->env, command == HR_C_PROXY ? 0 : 1};
    return hr_settings_load(&in, &f->s, &f->e);
}

static void write_config(const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/.headroom", tmp);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/.headroom/config", tmp);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/.headroom/config/config.json", tmp);
    unlink(path);
    if (text) {
        FILE *fp = fopen(path, "w");
        assert_non_null(fp);
        fputs(text, fp);
        fclose(fp);
    }
}

#define assert_str(got, want)                                                                      \
    do {                                                                                           \
        hr_str g_ = (got);                                                                         \
        char z_[512];                                                                              \
        snprintf(z_, sizeof(z_), "%.*s", HR_FMT(g_));                                              \
        assert_string_equal(z_, want);                                                             \
    } while (0)

static void refused(fixture *f, unsigned command, const char *line, hr_err code, int exit_code,
                    const char *says)
{
    assert_int_equal(load(f, command, line), code);
    assert_int_equal(f->e.exit_code, exit_code);
    if (!strstr(f->e.text, says))
        fail_msg("\"%s\" does not say \"%s\"", f->e.text, says);
}

static void defaults_are_those_of_the_table(void **state)
{
    fixture *f = *state;
    char path[256];
    assert_int_equal(load(f, HR_C_PROXY, ""), HR_OK);
    assert_str(f->s.host, "127.0.0.1");
    assert_int_equal(f->s.port, 8787);
    assert_true(f->s.optimize);
    assert_false(f->s.log_messages);
    assert_int_equal(f->s.max_body_bytes, 100 << 20);
    assert_str(f->s.anthropic_api_url, "https://api.anthropic.com");
    assert_str(f->s.mode, "token");
    assert_false(hr_setting_given(&f->s, HR_OPT_budget));
    snprintf(path, sizeof(path), "%s/.headroom/ccr_store.db", tmp);
    assert_str(f->s.ccr_sqlite_path, path);
    snprintf(path, sizeof(path), "%s/.headroom/config", tmp);
    assert_str(f->s.config_dir, path);
    for (int i = 0; i < HR_OPT_COUNT_; i++)
        assert_int_equal(f->s.origin[i], HR_FROM_DEFAULT);
}

static void rows_of_the_table_are_sound(void **state)
{
    (void)state;
    for (int i = 0; i < HR_OPT_COUNT_; i++) {
        const hr_opt_info *o = &hr_opts[i];
        assert_true(strlen(o->help) > 10);
        assert_true(o->cmds != 0);
        if (!o->on[0] && !o->off[0] && !o->env[0])
            fail_msg("%s cannot be set", o->id);
        if (o->kind == HR_T_SECRET)
            assert_string_equal(o->on, "");
        if (o->off[0])
            assert_int_equal(o->kind, HR_T_BOOL);
        if (o->kind == HR_T_INT || o->kind == HR_T_SIZE || o->kind == HR_T_DOUBLE)
            assert_true(o->min < o->max);
        for (int j = 0; j < i; j++) { /* no two rows share a flag or a variable */
            if (o->on[0])
                assert_string_not_equal(o->on, hr_opts[j].on);
            if (o->env[0])
                assert_string_not_equal(o->env, hr_opts[j].env);
        }
    }
}

static void flag_beats_env_beats_config_beats_default(void **state)
{
    fixture *f = *state;
    write_config("{\"port\": 1111, \"host\": \"0.0.0.0\", \"budget\": 2.5, \"rpm\": 7}");
    with(f, "HEADROOM_PORT=2222");
    with(f, "HEADROOM_BUDGET=3.5");
    assert_int_equal(load(f, HR_C_PROXY, "--port 3333"), HR_OK);
    assert_int_equal(f->s.port, 3333);
    assert_int_equal(f->s.origin[HR_OPT_port], HR_FROM_FLAG);
    assert_str(f->s.origin_name[HR_OPT_port], "--port");
    assert_true(f->s.budget == 3.5);
    assert_str(f->s.origin_name[HR_OPT_budget], "HEADROOM_BUDGET");
    assert_str(f->s.host, "0.0.0.0");
    assert_int_equal(f->s.origin[HR_OPT_host], HR_FROM_CONFIG);
    assert_true(hr_str_ends(f->s.origin_name[HR_OPT_host], HR_STR("/config.json")));
    assert_int_equal(f->s.rpm, 7);
    assert_int_equal(load(f, HR_C_PROXY, ""), HR_OK);
    assert_int_equal(f->s.port, 2222);
    write_config(NULL);
}

static void every_way_to_write_a_flag(void **state)
{
    fixture *f = *state;
    assert_int_equal(load(f, HR_C_PROXY, "-p 8080 --host=::1 --log-messages --no-optimize"), HR_OK);
    assert_int_equal(f->s.port, 8080);
    assert_str(f->s.host, "::1");
    assert_true(f->s.log_messages);
    assert_false(f->s.optimize);
    assert_int_equal(load(f, HR_C_PROXY, "-p8081 --max-body-bytes 64k --keepalive-expiry 1.5"),
                     HR_OK);
    assert_int_equal(f->s.port, 8081);
    assert_int_equal(f->s.max_body_bytes, 65536);
    assert_true(f->s.keepalive_expiry == 1.5);
    assert_int_equal(load(f, HR_C_PROXY, "--no-http2 --http2 --no-ccr-proactive-expansion"), HR_OK);
    assert_true(f->s.http2); /* the last one wins */
    assert_false(f->s.ccr_expansion);
    assert_int_equal(load(f, HR_C_PROXY, "--request-timeout-seconds -1"), HR_OK);
    assert_int_equal(f->s.request_timeout_seconds, -1);
    assert_int_equal(load(f, HR_C_PROXY, "--mode COST_SAVINGS"), HR_OK);
    assert_str(f->s.mode, "cache");
    assert_int_equal(load(f, HR_C_PROXY, "--openai-api-url http://h:1/v/"), HR_OK);
    assert_str(f->s.openai_api_url, "http://h:1/v");
}

static void lists_add_up(void **state)
{
    fixture *f = *state;
    with(f, "HEADROOM_PROTECT_TOOL_RESULTS=Zero");
    assert_int_equal(load(f, HR_C_PROXY, ""), HR_OK);
    assert_str(f->s.protect_tool_results, "Zero");
    assert_int_equal(load(f, HR_C_PROXY, "--protect-tool-results A,B --protect-tool-results C"),
                     HR_OK);
    assert_str(f->s.protect_tool_results, "A,B,C");
    write_config("{\"exclude_tools\": [\"X\", \"Y\"], \"cors_origins\": \"http://a\"}");
    assert_int_equal(load(f, HR_C_PROXY, ""), HR_OK);
    assert_str(f->s.exclude_tools, "X,Y");
    assert_str(f->s.cors_origins, "http://a");
    write_config(NULL);
}

static void arguments_and_dashes(void **state)
{
    fixture *f = *state;
    assert_int_equal(load(f, HR_C_COMPRESS, "- --model gpt-4"), HR_OK);
    assert_int_equal(f->s.nargs, 1);
    assert_str(f->s.args[0], "-");
    assert_int_equal(load(f, HR_C_COMPRESS, "-- --model"), HR_OK);
    assert_str(f->s.args[0], "--model");
    refused(f, HR_C_COMPRESS, "a b", HR_E_UNKNOWN, 2, "unexpected extra argument (b)");
    refused(f, HR_C_PROXY, "a", HR_E_UNKNOWN, 2, "unexpected extra argument (a)");
}

static void help_is_asked_before_anything_is_checked(void **state)
{
    fixture *f = *state;
    with(f, "HEADROOM_PORT=nonsense");
    assert_int_equal(load(f, HR_C_PROXY, "--bogus --help"), HR_OK);
    assert_true(f->s.help);
    assert_int_equal(load(f, HR_C_PROXY, "-?"), HR_OK);
    assert_true(f->s.help);
}

static void wrong_flags_are_usage_errors(void **state)
{
    fixture *f = *state;
    refused(f, HR_C_PROXY, "--bogus", HR_E_UNKNOWN, 2, "No such option: --bogus");
    refused(f, HR_C_PROXY, "--prot 1", HR_E_UNKNOWN, 2, "Did you mean --port?");
    refused(f, HR_C_PROXY, "--por 1", HR_E_UNKNOWN, 2, "No such option: --por"); /* no prefixes */
    refused(f, HR_C_PROXY, "--query x", HR_E_UNKNOWN, 2, "No such option: --query");
    refused(f, HR_C_PROXY, "-x", HR_E_UNKNOWN, 2, "No such option: -x");
    refused(f, HR_C_PROXY, "--port", HR_E_MISSING, 2, "'--port' requires a value");
    refused(f, HR_C_PROXY, "--port x", HR_E_TYPE, 2, "'--port': 'x' is not a whole number");
    refused(f, HR_C_PROXY, "--port 70000", HR_E_RANGE, 2, "in the range 1 to 65535");
    refused(f, HR_C_PROXY, "--port=", HR_E_TYPE, 2, "empty");
    refused(f, HR_C_PROXY, "--log-messages=yes", HR_E_TYPE, 2, "does not take a value");
    refused(f, HR_C_PROXY, "--mode fast", HR_E_UNKNOWN, 2, "choose from token, cache");
    refused(f, HR_C_PROXY, "--budget -1", HR_E_RANGE, 2, "--budget");
    refused(f, HR_C_PROXY, "--budget nan", HR_E_TYPE, 2, "--budget");
    refused(f, HR_C_PROXY, "--max-body-bytes 9999999999999G", HR_E_TYPE, 2, "size in bytes");
    refused(f, HR_C_PROXY, "--openai-api-url ftp://x", HR_E_SYNTAX, 2, "http://");
    refused(f, HR_C_PROXY, "--openai-api-url http://", HR_E_SYNTAX, 2, "no host");
    refused(f, HR_C_PROXY, "--openai-api-url http://h:99999", HR_E_SYNTAX, 2, "port");
    refused(f, HR_C_PROXY, "--openai-api-url http://u:hunter2@h", HR_E_SYNTAX, 2, "credentials");
    assert_null(strstr(f->e.text, "hunter2"));
    refused(f, HR_C_PROXY, "--api-key=sk-ant-12345", HR_E_UNKNOWN, 2, "--api-key");
    assert_null(strstr(f->e.text, "12345"));
}

static void wrong_variables_name_themselves(void **state)
{
    fixture *f = *state;
    with(f, "HEADROOM_PORT=0");
    refused(f, HR_C_PROXY, "", HR_E_RANGE, 2, "HEADROOM_PORT");
    assert_int_equal(load(f, HR_C_COUNT, ""), HR_OK); /* not a variable of this command */
    free(f->env[--f->nenv]);
    with(f, "HEADROOM_CCR_TTL_SECONDS=soon");
    refused(f, HR_C_PROXY, "", HR_E_TYPE, 1, "HEADROOM_CCR_TTL_SECONDS");
    free(f->env[--f->nenv]);
    with(f, "HEADROOM_TLS_STRICT=perhaps");
    refused(f, HR_C_PROXY, "", HR_E_TYPE, 1, "HEADROOM_TLS_STRICT");
}

static void variables(void **state)
{
    fixture *f = *state;
    with(f, "HEADROOM_PORT=  "); /* blank is unset */
    with(f, "HEADROOM_NO_CCR_MARKER=1");
    with(f, "HEADROOM_HTTP2=Off");
    with(f, "HEADROOM_BETA_HEADER_STICKY=disabled");
    with(f, "ANTHROPIC_FOUNDRY_BASE_URL=https://second");
    with(f, "HEADROOM_PROXY_TOKEN=hush");
    assert_int_equal(load(f, HR_C_PROXY, ""), HR_OK);
    assert_int_equal(f->s.port, 8787);
    assert_int_equal(f->s.origin[HR_OPT_port], HR_FROM_DEFAULT);
    assert_false(f->s.ccr_marker);
    assert_false(f->s.http2);
    assert_false(f->s.beta_header_sticky);
    assert_str(f->s.anthropic_api_url, "https://second");
    hr_buf b = HR_BUF_INIT(100);
    hr_setting_show(&f->s, HR_OPT_proxy_token, &b);
    assert_str(hr_buf_str(&b), "(set)");
    hr_buf_free(&b);
    with(f, "ANTHROPIC_TARGET_API_URL=https://first");
    assert_int_equal(load(f, HR_C_PROXY, ""), HR_OK);
    assert_str(f->s.anthropic_api_url, "https://first");
}

static void wrong_config_files_name_themselves(void **state)
{
    static const struct {
        const char *text, *says;
        hr_err code;
    } cases[] = {
        {"{\"port\": 1,\n \"oops\": 2}", "unknown setting 'oops'", HR_E_UNKNOWN},
        {"{\"port\": \"x\"}", "'port' has the wrong type", HR_E_TYPE},
        {"{\"port\": 1.5}", "'port': '1.5' is not a whole number", HR_E_TYPE},
        {"{\"port\": 99999}", "in the range", HR_E_RANGE},
        {"{\"optimize\": 1}", "wrong type", HR_E_TYPE},
        {"{\"port\": 1, \"port\": 2}", "twice", HR_E_SYNTAX},
        {"{\"workspace_dir\": \"/x\"}", "cannot be set in the config file", HR_E_UNKNOWN},
        {"{\"port\": 1,}", "not valid JSON", HR_E_SYNTAX},
        {"{\n\n\"port\" 1}", "(line 3)", HR_E_SYNTAX},
        {"", "not valid JSON", HR_E_SYNTAX},
        {"[]", "one JSON object", HR_E_TYPE},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        write_config(cases[i].text);
        refused(f, HR_C_PROXY, "", cases[i].code, 1, cases[i].says);
        assert_non_null(strstr(f->e.text, "config.json"));
    }
    write_config("{\"port\": null, \"ccr_max_bytes\": \"2G\", \"optimize\": false}");
    assert_int_equal(load(f, HR_C_PROXY, ""), HR_OK);
    assert_int_equal(f->s.port, 8787);
    assert_int_equal(f->s.ccr_max_bytes, 2LL << 30);
    assert_false(f->s.optimize);
    write_config(NULL);
}

static void roots_follow_the_environment(void **state)
{
    fixture *f = *state;
    char want[256];
    with(f, "HEADROOM_WORKSPACE_DIR=~/w");
    assert_int_equal(load(f, HR_C_PROXY, "--log-file ~/l.jsonl"), HR_OK);
    snprintf(want, sizeof(want), "%s/w/config", tmp);
    assert_str(f->s.config_dir, want);
    snprintf(want, sizeof(want), "%s/w/ccr_store.db", tmp);
    assert_str(f->s.ccr_sqlite_path, want);
    snprintf(want, sizeof(want), "%s/l.jsonl", tmp);
    assert_str(f->s.log_file, want);
    with(f, "HEADROOM_CONFIG_DIR=/c");
    with(f, "HEADROOM_CCR_SQLITE_PATH=/d/x.db");
    assert_int_equal(load(f, HR_C_PROXY, ""), HR_OK);
    assert_str(f->s.config_dir, "/c");
    assert_str(f->s.ccr_sqlite_path, "/d/x.db");
}

static void paths(void **state)
{
    (void)state;
    char home[] = "HOME=/h/", blank[] = "A=  ";
    char *env[] = {home, blank, NULL};
    hr_arena a;
    hr_arena_init(&a, 0);
    assert_str(hr_path_expand(HR_STR("~"), env, &a), "/h");
    assert_str(hr_path_expand(HR_STR("~/x"), env, &a), "/h/x");
    assert_str(hr_path_expand(HR_STR("~other/x"), env, &a), "~other/x");
    assert_str(hr_path_join(HR_STR("/a/"), HR_STR("b"), &a), "/a/b");
    assert_str(hr_path_join(HR_STR("/a"), HR_STR("/b"), &a), "/b");
    assert_str(hr_path_join(HR_STR(""), HR_STR("b"), &a), "b");
    assert_int_equal(hr_env(env, HR_STR("A")).n, 0);
    assert_int_equal(hr_env(env, HR_STR("HOM")).n, 0);
    char deep[256];
    snprintf(deep, sizeof(deep), "%s/p/q/file", tmp);
    assert_int_equal(hr_path_make_parents(hr_cstr(deep), &a), HR_OK);
    assert_int_equal(hr_path_make_parents(hr_cstr(deep), &a), HR_OK);
    struct stat st;
    snprintf(deep, sizeof(deep), "%s/p/q", tmp);
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    hr_str text;
    assert_int_equal(hr_file_read(hr_cstr(deep), 10, &a, &text), HR_E_IO);
    assert_int_equal(hr_file_read(HR_STR("/nonexistent/x"), 10, &a, &text), HR_E_NOTFOUND);
    assert_int_equal(hr_file_read(HR_STR("/etc/passwd"), 10, &a, &text), HR_E_LIMIT);
    assert_int_equal(hr_file_read(HR_STR("/etc/passwd"), 1 << 20, &a, &text), HR_OK);
    assert_true(hr_str_has(text, HR_STR("root")));
    hr_arena_free(&a);
}

int main(void)
{
    if (!mkdtemp(tmp))
        return 1;
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(defaults_are_those_of_the_table),
        T(rows_of_the_table_are_sound),
        T(flag_beats_env_beats_config_beats_default),
        T(every_way_to_write_a_flag),
        T(lists_add_up),
        T(arguments_and_dashes),
        T(help_is_asked_before_anything_is_checked),
        T(wrong_flags_are_usage_errors),
        T(wrong_variables_name_themselves),
        T(variables),
        T(wrong_config_files_name_themselves),
        T(roots_follow_the_environment),
        T(paths),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char cmd[256];
    snprintf(cmd, sizeof(cmd), "rm -rf %s", tmp);
    return system(cmd) != 0 ? 1 : failed;
}
