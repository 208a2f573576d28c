/* Growing conversations through the engine as the proxy sends them: what was sent once is sent the
 * same way again, roles and ids stay, the edited body is JSON, every named original comes back. */
#include "evals/suites.h"
#include "evals/turns.h"

enum { TURNS = 6 };

/* Are a's cached pieces the start of b's? */
static bool is_prefix(hr_dialect d, hr_str one, hr_str two, hr_arena *a)
{
    hr_wire_request ra, rb;
    uint64_t *ha, *hb;
    size_t na, nb, k = 0;
    if (hr_wire_read(d, one, a, &ra).code != HR_OK || hr_wire_read(d, two, a, &rb).code != HR_OK ||
        hr_wire_prompt(&ra, a, &ha, &na) != HR_OK || hr_wire_prompt(&rb, a, &hb, &nb) != HR_OK)
        return false;
    while (k < na && k < nb && ha[k] == hb[k])
        k++;
    return k == na;
}

static bool same_frame(hr_dialect d, hr_str received, hr_str sent, hr_arena *a)
{
    hr_wire_request x, y;
    if (hr_wire_read(d, received, a, &x).code != HR_OK ||
        hr_wire_read(d, sent, a, &y).code != HR_OK || x.nblocks != y.nblocks ||
        x.nmessages != y.nmessages)
        return false;
    for (size_t i = 0; i < x.nblocks; i++) {
        if (x.blocks[i].role != y.blocks[i].role || x.blocks[i].message != y.blocks[i].message ||
            !hr_str_eq(x.blocks[i].call_id, y.blocks[i].call_id) ||
            !hr_str_eq(x.blocks[i].tool_name, y.blocks[i].tool_name))
            return false;
    }
    return true;
}

static void check(hr_meter *m, hr_suite *s, const char *what, bool held, hr_str name, bool *ok)
{
    hr_suite_check(m->r, s, what, held);
    if (!held)
        hr_suite_fail(m->r, s, "%.*s: not held: %s", HR_FMT(name), what);
    *ok &= held;
}

static void conversation(hr_meter *m, hr_suite *s, hr_dialect dialect, uint64_t seed)
{
    const char *form = dialect == HR_DIALECT_ANTHROPIC ? "anthropic" : "openai";
    hr_str before = HR_STR_NONE;
    hr_case c = {0};
    bool ok = true;
    for (size_t t = 1; t <= TURNS; t++) {
        hr_str name = hr_strf(m->scratch, "%s conversation %llu, turn %zu", form,
                              (unsigned long long)seed, t);
        hr_sent sent;
        hr_str body = hr_talk(dialect, seed, t, m->scratch);
        hr_turn_through(m, dialect, body, &sent);
        check(m, s, "roles, ids and the number of messages unchanged",
              same_frame(dialect, body, sent.body, m->scratch), name, &ok);
        if (before.n)
            check(m, s, "earlier messages sent as before",
                  is_prefix(dialect, before, sent.body, m->scratch), name, &ok);
        for (size_t i = 0; i < sent.out.nnotes; i++) {
            if (sent.out.notes[i].key.hex[0])
                check(m, s, "originals of the conversation that come back",
                      hr_sent_original(m, &sent, i).n > 0, name, &ok);
        }
        if (t == TURNS)
            c.tokens = (hr_pair){sent.out.tokens_before, sent.out.tokens_after};
        before = sent.body;
    }
    c.failed = !ok;
    const hr_label label = {"dialect", hr_cstr(form)};
    hr_suite_case(m->r, s, &c, &label, 1);
}

void hr_suite_prefix(hr_meter *m, const hr_evals_in *in)
{
    hr_suite *s = hr_report_suite(
        m->r, "conversations",
        "Growing conversations as the proxy sends them: what was sent stays as it was sent.");
    hr_arena_mark mark = hr_arena_save(m->scratch);
    for (uint64_t i = 0; s && i < 14; i++) {
        conversation(m, s, i % 2 ? HR_DIALECT_OPENAI_CHAT : HR_DIALECT_ANTHROPIC, in->seed + i / 2);
        hr_arena_restore(m->scratch, mark);
    }
}
