#include "cli/cmd.h"
#include "cli/input.h"
#include "text/json.h"
#include "text/tokens.h"

static int run(const hr_settings *s)
{
    hr_arena a;
    hr_str text;
    hr_arena_init(&a, (size_t)HR_CLI_MAX_INPUT + 65536);
    int code = HR_EXIT_ERROR;
    if (hr_cli_input(s, &a, &text)) {
        const hr_tokenizer *t = hr_tokenizer_for(s->model);
        size_t n = hr_tokens_count(t, text);
        if (s->json)
            printf("{\"tokens\":%zu,\"bytes\":%zu,\"tokenizer\":\"%s\",\"exact\":%s}\n", n, text.n,
                   t->name, t->exact ? "true" : "false");
        else
            printf("%zu tokens (%s%s), %zu bytes\n", n, t->name, t->exact ? "" : ", estimated",
                   text.n);
        code = HR_EXIT_OK;
    }
    hr_arena_free(&a);
    return code;
}

const hr_cmd hr_cmd_count = {
    .name = "count",
    .summary = "Count the tokens of a file",
    .args = "[FILE|-]",
    .about = "Counts what a model would be billed for. Exact for OpenAI models; for models\n"
             "without a public tokenizer an estimate that says so. The number comes first.",
    .examples = "  headroom count README.md\n"
                "  git diff | headroom count --model gpt-5\n",
    .mask = HR_C_COUNT,
    .max_args = 1,
    .run = run,
};
