/* One request on its way to the provider, as its steps see it (turn.c, pinning.c, decide.c). */
#ifndef HR_ENGINE_TURN_H
#define HR_ENGINE_TURN_H

#include "base/map.h"
#include "context/xref.h"
#include "engine/internal.h"

/* What the first request with tools decides for the life of a conversation, kept as the trait
 * "mode": how markers tell the model to get originals back, and whether our tool was added. */
typedef struct hr_mode {
    hr_retrieve_via via;
    bool add_tool;
} hr_mode;

#define HR_NO_SLOT UINT32_MAX

typedef struct hr_turn {
    hr_engine *e;
    const hr_turn_in *in;
    hr_arena *a;
    hr_turn_out *out;
    hr_wire_request r;
    hr_identity id;
    const hr_tokenizer *tok;
    hr_mode mode;
    bool new_decisions; /* false: only replay */
    hr_decision *d;     /* one a block */

    /* Pins of the blocks at or above the floor. Equal contents are told apart by their occurrence,
     * so that a repeat can be a reference to the first. */
    uint32_t *slot; /* block → index below, or HR_NO_SLOT */
    hr_sha256 *keys;
    hr_pin *pins;
    bool *found;
    size_t nslots;

    /* What a reference may point to: a block by its index, a tool call by its index behind the
     * blocks. Both are named in the prompt by their ordinals. */
    hr_map by_key; /* key bytes → source + 1 */
    hr_sha256 *source_key;
    uint32_t *ordinal;
} hr_turn;

static inline size_t hr_turn_sources(const hr_turn *t)
{
    return t->r.nblocks + t->r.ncalls;
}

/* Does source s stand before block i? */
static inline bool hr_turn_before(const hr_turn *t, size_t s, size_t i)
{
    return s < t->r.nblocks ? s < i : t->r.calls[s - t->r.nblocks].message < t->r.blocks[i].message;
}

/* How the model may be told to get an original that is left out from now on. */
hr_retrieve_via hr_turn_new_via(const hr_turn *t);

/* pinning.c: finds what was decided before. HR_E_NOMEM, HR_E_STORE. */
hr_err hr_turn_look_up(hr_turn *t);
/* Takes a pin as block i's decision. False when it refers to something that is no longer there. */
bool hr_turn_take_pin(const hr_turn *t, size_t i, const hr_pin *p, bool replayed, hr_decision *d);
/* The pin of a decision; deps are the sources its references point to. */
hr_err hr_turn_make_pin(const hr_turn *t, size_t i, const hr_decision *d, const uint32_t *deps,
                        size_t ndeps, hr_pin *p);
/* Originals named by replayed pins that have left the store since: their full text is here again,
 * so they are stored again and no marker dangles. */
void hr_turn_restore_originals(hr_turn *t);

/* decide.c: decides every block whose reason is UNDECIDED and makes the decisions durable. */
void hr_turn_decide(hr_turn *t);
void hr_turn_leave_alone(const hr_turn *t, size_t i, hr_reason why);

#endif
