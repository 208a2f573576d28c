/* Probes: numbers, links, paths, ids and error lines of a session's tool results. Without a session
 * of the user's, generated ones. */
#include "evals/suites.h"
#include "evals/turns.h"

void hr_suite_probes(hr_meter *m, const hr_evals_in *in)
{
    hr_suite *s = hr_report_suite(
        m->r, "probes",
        "Generated sessions of six tool calls as the proxy sends them: numbers, links, paths, ids "
        "and errors of the results must be visible or retrievable.");
    hr_arena_mark mark = hr_arena_save(m->scratch);
    for (uint64_t i = 0; s && i < 14; i++) {
        hr_dialect d = i % 2 ? HR_DIALECT_OPENAI_CHAT : HR_DIALECT_ANTHROPIC;
        hr_sent sent;
        for (size_t t = 1; t <= 6; t++) {
            hr_arena_restore(m->scratch, mark);
            hr_turn_through(m, d, hr_talk(d, in->seed + 100 + i / 2, t, m->scratch), &sent);
        }
        hr_sent_score(m, s, &sent, hr_strf(m->scratch, "session %llu", (unsigned long long)i));
        hr_arena_restore(m->scratch, mark);
    }
}
