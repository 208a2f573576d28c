#include "cli/cmd.h"
#include "cli/input.h"
#include "engine/setup.h"
#include "evals/evals.h"

#include <errno.h>

static bool write_file(hr_str name, const hr_buf *b, hr_arena *a)
{
    char *z = hr_zstr(a, name);
    FILE *f = z && b->err == HR_OK ? fopen(z, "wb") : NULL;
    bool ok = f && fwrite(b->p, 1, b->n, f) == b->n;
    if (f && fclose(f) != 0)
        ok = false;
    if (!ok)
        hr_cli_error("%.*s: %s", HR_FMT(name),
                     f || b->err != HR_OK ? "write failed" : strerror(errno));
    return ok;
}

static int print(const hr_settings *s, const hr_report *r, double seconds, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    bool ok = true;
    hr_report_text(r, s->evals_ci, &b);
    ok = b.err == HR_OK && hr_cli_output(hr_buf_str(&b));
    fprintf(stderr, "%.1f s\n", seconds);
    if (s->evals_json_output.n) {
        hr_buf_clear(&b);
        hr_report_json(r, seconds, &b);
        ok &= write_file(s->evals_json_output, &b, a);
    }
    if (s->evals_html.n) {
        hr_buf_clear(&b);
        hr_report_html(r, &b);
        ok &= write_file(s->evals_html, &b, a);
    }
    hr_buf_free(&b);
    return ok && hr_report_passed(r) ? HR_EXIT_OK : HR_EXIT_ERROR;
}

static int run(const hr_settings *s)
{
    hr_evals_in in = {.what = s->args[0],
                      .data = s->evals_data,
                      .transcript = s->evals_transcript,
                      .recordings = s->evals_recordings,
                      .model = s->model,
                      .tier = (unsigned)s->evals_tier,
                      .max_rows = (size_t)s->evals_max_rows,
                      .seed = (uint64_t)s->evals_seed};
    if (!hr_evals_known(in.what))
        return hr_cli_usage(&hr_cmd_evals, "No such evaluation '%.*s'.", HR_FMT(in.what));
    if (in.recordings.n && !hr_str_eq(in.what, HR_STR("probes")))
        return hr_cli_usage(&hr_cmd_evals, "--recordings belongs to probes.");
    hr_engine_opts o = hr_engine_opts_of(s);
    o.store = hr_store_defaults(); /* in memory: nothing of this reaches the disk */
    uint64_t start = hr_now_ns(&hr_clock_system);
    hr_arena a;
    hr_report r;
    hr_str message;
    hr_arena_init(&a, 0);
    hr_err err = hr_evals_run(&o, &in, &a, &r, &message);
    double seconds = (double)(hr_now_ns(&hr_clock_system) - start) / 1e9;
    int code = err == HR_OK ? print(s, &r, seconds, &a)
               : message.n  ? hr_cli_error("%.*s", HR_FMT(message))
                            : hr_cli_error("the evaluation did not run: %s", hr_err_text(err));
    hr_arena_free(&a);
    return code;
}

const hr_cmd hr_cmd_evals = {
    .name = "evals",
    .summary = "Is what an agent needs still findable? Without a model or network",
    .args = "probes|retention|adversarial|roundtrip|needles|suite",
    .about = "Runs generated documents, or your own outputs and conversations, through the\n"
             "compressor and says which facts stay visible, which can only be retrieved, which\n"
             "are lost, and what was saved, with 95 % confidence intervals.\n"
             "\n"
             "  needles      one fact in documents of 50 to 5000 rows, everywhere in them\n"
             "  retention    failures, outliers and rows asked for must be visible\n"
             "  roundtrip    every original comes back byte for byte\n"
             "  adversarial  hostile text is treated like any other\n"
             "  probes       numbers, paths, ids and errors of a session\n"
             "  suite        all of them\n"
             "\n"
             "Exit code 1: something failed.",
    .examples = "  headroom evals suite --html report.html\n"
                "  headroom evals needles --max-rows 1000\n"
                "  headroom evals retention --data build-logs/\n"
                "  headroom evals probes --transcript ~/.claude/projects/shop/session.jsonl\n",
    .mask = HR_C_EVALS,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
