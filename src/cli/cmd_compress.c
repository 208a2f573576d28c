#include "cli/cmd.h"
#include "cli/input.h"
#include "engine/setup.h"
#include "text/json.h"

#include <unistd.h>

static void explain(const hr_compressed *c, const hr_tokenizer *t)
{
    double saved =
        c->tokens_before ? 100.0 * (1.0 - (double)c->tokens_after / (double)c->tokens_before) : 0.0;
    fprintf(stderr, "%zu -> %zu tokens (%.1f%% saved, %s%s)  kind: %s  form: %s%s%.*s\n",
            c->tokens_before, c->tokens_after, saved, t->name, t->exact ? "" : ", estimated",
            hr_kind_name(c->kind), hr_reason_code(c->reason), c->strategy.n ? "  " : "",
            HR_FMT(c->strategy));
    if (!c->changed)
        fprintf(stderr, "Unchanged: %s.\n", hr_reason_text(c->reason));
    if (c->lossy)
        fprintf(stderr, "The original is kept: headroom retrieve %s\n", c->key.hex);
}

static bool print_json(const hr_compressed *c, const hr_tokenizer *t)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"compressed\":");
    hr_json_quote(&b, c->text);
    hr_buf_addf(&b, ",\"changed\":%s,\"lossy\":%s,\"kind\":\"%s\",\"reason\":\"%s\",\"strategy\":",
                c->changed ? "true" : "false", c->lossy ? "true" : "false", hr_kind_name(c->kind),
                hr_reason_code(c->reason));
    hr_json_quote(&b, c->strategy);
    hr_buf_addf(&b, ",\"hash\":%s%s%s", c->lossy ? "\"" : "", c->lossy ? c->key.hex : "null",
                c->lossy ? "\"" : "");
    hr_buf_addf(&b,
                ",\"tokens_before\":%zu,\"tokens_after\":%zu,\"tokenizer\":\"%s\",\"exact\":%s}\n",
                c->tokens_before, c->tokens_after, t->name, t->exact ? "true" : "false");
    bool ok = b.err == HR_OK && hr_cli_output(hr_buf_str(&b));
    hr_buf_free(&b);
    return ok;
}

/* The command as an agent's shell tool is given it. */
static hr_str as_tool_input(hr_str command, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "{\"command\":");
    hr_json_quote(&b, command);
    hr_buf_addc(&b, '}');
    hr_str s = b.err == HR_OK ? hr_str_dup(a, hr_buf_str(&b)) : HR_STR_NONE;
    hr_buf_free(&b);
    return s;
}

static int compress(const hr_settings *s, hr_engine *e, hr_str text, hr_arena *a)
{
    hr_compress_opts o = hr_compress_defaults();
    o.tok = hr_tokenizer_for(s->model);
    o.via = HR_VIA_SHELL;
    o.query = s->query;
    if (s->command.n) {
        o.tool_name = HR_STR("shell");
        o.tool_input = as_tool_input(s->command, a);
    }
    o.lossless_only = s->lossless_only;
    o.compaction = hr_compaction_named(s->compaction_format);
    o.code.allow = !s->protect_analysis_context || !hr_code_wanted_whole(s->query);
    if (s->min_tokens)
        o.min_tokens = (size_t)s->min_tokens;
    if (s->lossy_min_tokens)
        o.lossy_min_tokens = (size_t)s->lossy_min_tokens;
    if (s->max_items)
        o.max_items_after_crush = (size_t)s->max_items;
    hr_compressed c;
    hr_err err = hr_engine_compress_text(e, &o, text, a, &c);
    if (err != HR_OK)
        fprintf(stderr, "Warning: %s, so the text is printed as it is.\n", hr_err_text(err));
    c.tokens_before = hr_tokens_count(o.tok, text);
    c.tokens_after = c.changed ? hr_tokens_count(o.tok, c.text) : c.tokens_before;
    bool ok = s->json ? print_json(&c, o.tok) : hr_cli_output(c.text);
    if (!s->json && ok) {
        if (isatty(STDOUT_FILENO) && c.text.n && c.text.p[c.text.n - 1] != '\n')
            putchar('\n');
        fflush(stdout);
        explain(&c, o.tok);
    }
    return ok ? HR_EXIT_OK : HR_EXIT_ERROR;
}

/* "GROUP<TAB>LINE": which lines are taken for the same statement of the program that wrote them. */
static int print_groups(hr_str text, hr_arena *a)
{
    uint32_t *groups;
    size_t n, i = 0;
    hr_err err = hr_line_groups(text, a, &groups, &n);
    if (err != HR_OK)
        return hr_cli_error("%s", hr_err_text(err));
    for (hr_str rest = text, line; hr_str_line(&rest, &line);)
        printf("%u\t%.*s\n", groups[i++], HR_FMT(line));
    return fflush(stdout) == 0 ? HR_EXIT_OK : HR_EXIT_ERROR;
}

static int run(const hr_settings *s)
{
    hr_arena a;
    hr_str text;
    int code = HR_EXIT_ERROR;
    hr_arena_init(&a, (size_t)4 << 30);
    bool got = hr_cli_input(s, &a, &text);
    if (got && s->explain) {
        code = print_groups(text, &a);
    } else if (got) {
        hr_engine_opts o = hr_engine_opts_of(s);
        hr_engine *e;
        hr_err err = hr_engine_open(&o, &e);
        if (err == HR_OK) {
            code = compress(s, e, text, &a);
            hr_engine_close(e);
        } else {
            hr_cli_error("the engine did not start: %s", hr_err_text(err));
        }
    }
    hr_arena_free(&a);
    return code;
}

const hr_cmd hr_cmd_compress = {
    .name = "compress",
    .summary = "Compress one tool output and say what it saved",
    .args = "[FILE|-]",
    .about = "Prints the text as an agent would read it through the proxy. What was done and\n"
             "how many tokens it saved goes to standard error. When something is left out, the\n"
             "original is kept and `headroom retrieve` prints it.",
    .examples = "  kubectl get pods -A -o json | headroom compress\n"
                "  headroom compress build.log --query \"why did the link fail\"\n"
                "  find . -type f | headroom compress --command \"find . -type f\"\n"
                "  headroom compress --json --model claude-sonnet-4-5 big.json\n"
                "  headroom compress --explain app.log | sort -n | less\n",
    .mask = HR_C_COMPRESS,
    .max_args = 1,
    .run = run,
};
