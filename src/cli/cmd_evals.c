#include "cli/cmd.h"
#include "cli/input.h"
#include "engine/paths.h"
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

typedef enum form { FORM_JSON, FORM_HTML, FORM_MARKDOWN } form;

static bool write_form(form f, const hr_report *r, double seconds, hr_str name, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    if (f == FORM_JSON)
        hr_report_json(r, seconds, &b);
    else if (f == FORM_HTML)
        hr_report_html(r, &b);
    else
        hr_report_markdown(r, &b);
    bool ok = write_file(name, &b, a);
    hr_buf_free(&b);
    return ok;
}

/* Into the folder --output names, which is made when it is not there. */
static bool write_folder(hr_str dir, const hr_report *r, double seconds, hr_arena *a)
{
    static const struct {
        form form;
        const char *name;
    } files[] = {
        {FORM_MARKDOWN, "report_card.md"}, {FORM_JSON, "results.json"}, {FORM_HTML, "report.html"}};
    bool ok = true;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        hr_str name = hr_path_join(dir, hr_cstr(files[i].name), a);
        hr_err e = hr_path_make_parents(name, a);
        if (e != HR_OK) {
            hr_cli_error("%.*s: %s", HR_FMT(dir), hr_err_text(e));
            return false;
        }
        ok &= write_form(files[i].form, r, seconds, name, a);
    }
    return ok;
}

static int print(const hr_settings *s, const hr_report *r, double seconds, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_report_text(r, s->evals_ci, &b);
    bool ok = b.err == HR_OK && hr_cli_output(hr_buf_str(&b));
    hr_buf_free(&b);
    fprintf(stderr, "%.1f s\n", seconds);
    if (s->evals_json_output.n)
        ok &= write_form(FORM_JSON, r, seconds, s->evals_json_output, a);
    if (s->evals_html.n)
        ok &= write_form(FORM_HTML, r, seconds, s->evals_html, a);
    if (s->evals_output.n)
        ok &= write_folder(s->evals_output, r, seconds, a);
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
                "  headroom evals suite -o reports/\n"
                "  headroom evals needles --max-rows 1000\n"
                "  headroom evals retention --data build-logs/\n"
                "  headroom evals probes --transcript ~/.claude/projects/shop/session.jsonl\n",
    .mask = HR_C_EVALS,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
