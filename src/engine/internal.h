/* What the parts of the engine share. */
#ifndef HR_ENGINE_INTERNAL_H
#define HR_ENGINE_INTERNAL_H

#include "context/plan.h"
#include "context/reads.h"
#include "engine/engine.h"

#include <pthread.h>

enum { HR_CHECKED_SLOTS = 4096 };
/* When the original behind a key was last seen in the store (0: never). */
struct hr_checked {
    uint64_t hash;
    int64_t at_ms;
};

struct hr_engine {
    hr_engine_opts o;
    hr_arena arena; /* options that live as long as the engine; not touched after opening */
    hr_policy policy;
    hr_reads_policy reads;
    hr_store *store;
    pthread_mutex_t lock; /* stats, checked */
    hr_engine_stats stats;
    struct hr_checked checked[HR_CHECKED_SLOTS];
};

/* One block's way through a request. */
typedef struct hr_decision {
    hr_reason reason;
    hr_kind kind;
    bool replace; /* send `text` instead of the block's own bytes */
    hr_str text;
    hr_str strategy;
    bool has_key;
    hr_key key;
    size_t tokens_before, tokens_after;
} hr_decision;

/* Compressor options of a request before the block's own query and tool are set. */
hr_compress_opts hr_engine_base_opts(const hr_engine *e, const hr_tokenizer *tok,
                                     hr_retrieve_via via, const hr_deadline *deadline);
/* Runs the compressor for a block whose verdict is UNDECIDED. Never fails: on any error the
 * decision is to leave the block alone. */
void hr_engine_decide(hr_engine *e, const hr_policy *p, const hr_compress_opts *base,
                      const hr_wire_request *r, const hr_block *b, hr_arena *a, hr_decision *d);
/* Files that no longer say what they said when they were read: found only where a way back may be
 * offered (base->via). NULL when none is looked for. */
hr_read *hr_engine_reads(const hr_reads_policy *p, const hr_compress_opts *base,
                         const hr_wire_request *r, hr_arena *a);
/* Takes block b's decision from such a finding; false when it is fresh, or the block stays. */
bool hr_engine_take_read(const hr_policy *p, const hr_compress_opts *base, const hr_block *b,
                         const hr_read *read, hr_arena *a, hr_decision *d);
/* hr_engine_decide for blocks which[0..n): d[which[k]] is filled. Large work is spread over the
 * cores. */
void hr_engine_decide_all(hr_engine *e, const hr_policy *p, const hr_compress_opts *base,
                          const hr_wire_request *r, const uint32_t *which, size_t n, hr_arena *a,
                          hr_decision *d);
/* The original that must be durable before d leaves, for a decision with has_key. */
hr_original hr_engine_original(const hr_block *b, const hr_decision *d, hr_str query);
void hr_engine_count(hr_engine *e, const hr_decision *d, size_t n, bool changed);

#endif
