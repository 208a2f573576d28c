#include "cli/cmd.h"
#include "cli/input.h"
#include "engine/setup.h"
#include "text/json.h"

static void print_json(const hr_entry *e, hr_buf *b)
{
    hr_buf_addf(b, "{\"hash\":\"%s\",\"original_content\":", e->key.hex);
    hr_json_quote(b, e->content);
    hr_buf_lit(b, ",\"tool_name\":");
    if (e->tool_name.n)
        hr_json_quote(b, e->tool_name);
    else
        hr_buf_lit(b, "null");
    hr_buf_addf(b, ",\"original_tokens\":%llu,\"retrieval_count\":%llu}\n",
                (unsigned long long)e->original_tokens, (unsigned long long)e->retrievals);
}

static int show(const hr_settings *s, hr_store *store, hr_arena *a)
{
    hr_entry e = {0};
    hr_err err = hr_store_get(store, s->args[0], a, &e);
    if (err == HR_E_SYNTAX)
        return hr_cli_error("\"%.*s\" is not a hash: give the 6 to 64 hexadecimal digits that "
                            "follow hash= in the marker",
                            HR_FMT(s->args[0]));
    if (err != HR_OK)
        return hr_cli_error("%.*s", HR_FMT(hr_store_miss_text(store, err, &e, a)));
    if (!s->json)
        return hr_cli_output(e.content) ? HR_EXIT_OK : HR_EXIT_ERROR;
    hr_buf b = HR_BUF_INIT(0);
    print_json(&e, &b);
    bool ok = b.err == HR_OK && hr_cli_output(hr_buf_str(&b));
    hr_buf_free(&b);
    return ok ? HR_EXIT_OK : HR_EXIT_ERROR;
}

static int run(const hr_settings *s)
{
    hr_engine_opts o = hr_engine_opts_of(s);
    hr_store *store;
    hr_err err = hr_store_open(&o.store, &store);
    if (err != HR_OK)
        return hr_cli_error("%.*s: %s", HR_FMT(o.store.path), hr_err_text(err));
    hr_arena a;
    hr_arena_init(&a, 0);
    int code = show(s, store, &a);
    hr_arena_free(&a);
    hr_store_close(store);
    return code;
}

const hr_cmd hr_cmd_retrieve = {
    .name = "retrieve",
    .summary = "Print an original that was compressed away",
    .args = "HASH",
    .about = "Prints the original text behind a marker, byte for byte, from the same store the\n"
             "proxy writes. Works whether or not the proxy is running.",
    .examples = "  headroom retrieve 3f9a0c21b7de45f6a1b2c3d4\n"
                "  headroom retrieve 3f9a0c21b7de | grep -n timeout\n",
    .mask = HR_C_RETRIEVE,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
