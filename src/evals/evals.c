#include "evals/evals.h"

#include "evals/suites.h"

typedef void generated(hr_meter *m, const hr_evals_in *in);
typedef hr_err own(hr_meter *m, const hr_evals_in *in, hr_str *message);

enum { MOST_PARTS = 4 };

/* What each name runs without an input of the user's. */
static const struct {
    const char *name;
    generated *parts[MOST_PARTS];
} evaluations[] = {
    {"probes", {hr_suite_probes}},           {"retention", {hr_suite_retention, hr_suite_toolouts}},
    {"adversarial", {hr_suite_adversarial}}, {"roundtrip", {hr_suite_roundtrip, hr_suite_prefix}},
    {"needles", {hr_suite_needles}},
};
enum { NAMES = sizeof(evaluations) / sizeof(*evaluations) };

static bool is_suite(hr_str what)
{
    return hr_str_eq(what, HR_STR("suite"));
}

bool hr_evals_known(hr_str what)
{
    for (size_t i = 0; i < NAMES; i++) {
        if (hr_str_eq(what, hr_cstr(evaluations[i].name)))
            return true;
    }
    return is_suite(what);
}

static hr_err run_own(hr_meter *m, const hr_evals_in *in, hr_str *message)
{
    const struct {
        hr_str given;
        own *run;
    } inputs[] = {{in->data, hr_suite_folder},
                  {in->transcript, hr_suite_transcript},
                  {in->recordings, hr_suite_recordings}};
    hr_err err = HR_OK;
    for (size_t i = 0; i < 3 && err == HR_OK; i++) {
        if (inputs[i].given.n)
            err = inputs[i].run(m, in, message);
    }
    return err;
}

/* The seeds' suite has evaluations that ask a model; none runs here, and none counts as failed. */
static void list_skipped(hr_report *r, unsigned tier)
{
    static const struct {
        unsigned tier;
        const char *names;
    } models[] = {{1, "GSM8K, TruthfulQA, MMLU, ARC-Challenge, HumanEval, SQuAD v2, BFCL"},
                  {2, "HotpotQA, MS MARCO, CodeSearchNet"},
                  {3, "HellaSwag, NarrativeQA, TriviaQA"}};
    for (size_t i = 0; i < 3 && models[i].tier <= tier; i++) {
        hr_str *s = hr_vec_push(&r->skipped, r->a);
        if (s)
            *s = hr_strf(r->a, "tier %u: %s (need a model)", models[i].tier, models[i].names);
    }
}

hr_err hr_evals_run(const hr_engine_opts *o, const hr_evals_in *in, hr_arena *a, hr_report *out,
                    hr_str *message)
{
    hr_arena scratch;
    hr_meter m = {.tok = hr_tokenizer_for(in->model), .scratch = &scratch, .r = out};
    bool inputs = in->data.n || in->transcript.n || in->recordings.n;
    *out = (hr_report){.a = a, .seed = in->seed};
    *message = HR_STR_NONE;
    out->tokenizer = hr_cstr(m.tok->name);
    out->exact = m.tok->exact;
    hr_err err = hr_engine_open(o, &m.e);
    if (err != HR_OK)
        return err;
    hr_arena_init(&scratch, (size_t)4 << 30);
    if (inputs)
        err = run_own(&m, in, message);
    for (size_t i = 0; err == HR_OK && i < NAMES; i++) {
        bool named = hr_str_eq(in->what, hr_cstr(evaluations[i].name));
        /* with an input of the user's, only `suite` runs the generated documents as well */
        if (!is_suite(in->what) && (!named || inputs))
            continue;
        for (size_t p = 0; p < MOST_PARTS && evaluations[i].parts[p]; p++)
            evaluations[i].parts[p](&m, in);
    }
    if (err == HR_OK && is_suite(in->what))
        list_skipped(out, in->tier);
    hr_arena_free(&scratch);
    hr_engine_close(m.e);
    return err == HR_OK && a->failed ? HR_E_NOMEM : err;
}
