/* store: originals, pins and the ledger, in one SQLite database (WAL, files 0600).
 *
 * Guarantee: when hr_store_commit returns HR_OK, every original and pin of the batch survives
 * kill -9 and power loss (kill -9 alone, if the batch asks for no more).
 * Concurrent commits share one transaction and one fsync (group commit by the store's writer
 * thread). Reads go through their own connections and never wait for writers.
 *
 * Threads: all functions may be called from any thread; they block, so never call them on an event
 * loop (exception: hr_store_pins_cached). Several processes may share a database.
 * A damaged file ("malformed", "not a database") is moved aside and made anew, loudly; a busy or
 * unwritable one is an error and the caller goes on without it.
 */
#ifndef HR_STORE_STORE_H
#define HR_STORE_STORE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"

typedef struct hr_store hr_store;

typedef struct hr_store_opts {
    hr_str path;          /* database file; empty = in memory only (stateless) */
    int64_t ttl_s;        /* 1800; originals expire so long after the last access */
    uint64_t max_bytes;   /* 1 GiB of originals; least recently used go first */
    uint64_t max_entries; /* 0 = only max_bytes counts */
    const hr_clock *clock;
} hr_store_opts;

hr_store_opts hr_store_defaults(void);
/* Opens, migrates and starts the writer. A file that does not exist yet is made (with its missing
 * parent directories, 0700) by the first write. HR_E_STORE (cannot open, or could not be made),
 * HR_E_CORRUPT (unknown newer schema), HR_E_NOMEM. Zero in an option means its default. */
hr_err hr_store_open(const hr_store_opts *o, hr_store **out);
/* Writes what is queued, stops the writer. NULL is fine. */
void hr_store_close(hr_store *s);

/* --- originals and pins --------------------------------------------------------------------- */

typedef struct hr_original {
    hr_key key; /* hr_key_of(content) */
    hr_str content;
    hr_str tool_name, strategy, query; /* for people and statistics; may be empty. query ≤ 500 B */
    uint64_t original_tokens, compressed_tokens, original_items, compressed_items;
} hr_original;

/* A decision about a block of a conversation, for ever: its exact replacement, or leave it alone.
 * `block` is the SHA-256 of the block's original (decoded) text plus what else decides the form
 * (dialect, tool, policy version): the caller makes it. */
typedef struct hr_pin {
    hr_sha256 block;
    bool leave;      /* send the original bytes */
    hr_str text;     /* replacement text (decoded, not JSON-escaped) when !leave */
    uint16_t reason; /* hr_reason that was decided */
    hr_key key;      /* original named by a marker in text; all zero = none */
    uint32_t tokens_before, tokens_after;
} hr_pin;

typedef struct hr_store_batch {
    hr_str conversation; /* key of the conversation the pins belong to */
    const hr_original *originals;
    size_t noriginals;
    hr_pin *pins; /* in: decisions. out: the decisions that hold (an earlier one wins) */
    size_t npins;
    bool crash_only; /* nothing would be lost with it: it need survive kill -9 but not a power cut,
                        which saves the wait for the disk */
} hr_store_batch;

/* Originals and pins in one durable transaction. A pin that exists already is not replaced: the
 * batch's entry is overwritten with the one that holds (texts in `a`). On any error nothing of the
 * batch is guaranteed and the caller must send originals: HR_E_STORE (within about two seconds when
 * the database is locked), HR_E_LIMIT (an original of more than 512 MiB, or a batch above
 * max_bytes or max_entries), HR_E_RANGE (a key that is not hr_key_of its content), HR_E_NOMEM. */
hr_err hr_store_commit(hr_store *s, const hr_store_batch *b, hr_arena *a);

/* All pins of a conversation among the wanted blocks; found[i] says whether pins[i] was filled.
 * Texts are in the arena. Uses a bounded in-process cache, so a warm conversation reads no disk.
 * Touches the conversation's last use. */
hr_err hr_store_pins(hr_store *s, hr_str conversation, const hr_sha256 *blocks, size_t n,
                     hr_arena *a, hr_pin *pins, bool *found);
/* The same from memory alone: never blocks on the disk. HR_E_NOTFOUND when some were not there
 * (found[] says which were); ask hr_store_pins from a worker then. */
hr_err hr_store_pins_cached(hr_store *s, hr_str conversation, const hr_sha256 *blocks, size_t n,
                            hr_arena *a, hr_pin *pins, bool *found);

/* Remembers decisions in this process only, without touching the disk: for blocks that stay as they
 * are, where forgetting costs nothing. Never blocks. */
void hr_store_pins_remember(hr_store *s, hr_str conversation, const hr_pin *pins, size_t n);

/* What the first request of a conversation decided for its life (added tool, marker style, …): a
 * short byte string. set keeps the first value and returns the one that holds in *out. */
hr_err hr_store_trait_set(hr_store *s, hr_str conversation, hr_str name, hr_str value, hr_arena *a,
                          hr_str *out);
/* HR_E_NOTFOUND when never set. */
hr_err hr_store_trait_get(hr_store *s, hr_str conversation, hr_str name, hr_arena *a, hr_str *out);

/* --- retrieval ------------------------------------------------------------------------------ */

typedef struct hr_entry {
    hr_key key;
    hr_str content; /* in the arena */
    hr_str tool_name, strategy, query;
    uint64_t original_tokens, compressed_tokens, original_items, compressed_items, retrievals;
    int64_t created_ms, last_access_ms, ttl_s;
} hr_entry;

/* Looks an original up by 6-64 hex digits in any case (a longer or shorter form of the same
 * SHA-256 matches by prefix; ambiguous short prefixes are HR_E_NOTFOUND). Extends its life and
 * counts the retrieval. HR_OK, HR_E_NOTFOUND (out->ttl_s > 0: it was there and went when the store
 * was full), HR_E_EXPIRED (out->created_ms, ttl_s, tool_name filled, content empty), HR_E_SYNTAX
 * (not 6-64 hex digits), HR_E_STORE, HR_E_NOMEM. An original that a pin names does not expire while
 * the pin's conversation is in use. */
hr_err hr_store_get(hr_store *s, hr_str hash, hr_arena *a, hr_entry *out);
/* Is there a live original for this hash? Cheap, no access is counted. */
bool hr_store_has(hr_store *s, hr_str hash);
/* The sentence a person or a model gets for a miss: what happened and what to do next. */
hr_str hr_store_miss_text(hr_store *s, hr_err why, const hr_entry *e, hr_arena *a);

typedef struct hr_store_stats {
    uint64_t entries, max_entries, bytes, max_bytes, original_tokens, compressed_tokens, retrievals;
    uint64_t events, commits, fsync_groups, pins, conversations, evictions;
    int64_t default_ttl_s;
    bool in_memory;
} hr_store_stats;
/* retrievals and events count those of all processes since the file was made; commits, fsync_groups
 * and evictions those of this process. Waits until queued retrievals are written. */
hr_err hr_store_stats_get(hr_store *s, hr_store_stats *out);

typedef struct hr_retrieval {
    hr_key key;
    hr_str tool_name, query;
    uint64_t items, total_items;
    int64_t at_ms;
} hr_retrieval;
/* The newest retrievals, newest first, at most n (1000 are kept). Waits as above. */
hr_err hr_store_recent(hr_store *s, hr_arena *a, size_t n, hr_retrieval **out, size_t *count);

/* --- ledger --------------------------------------------------------------------------------- */

typedef struct hr_ledger_row {
    int64_t at_ms;
    hr_str request_id, provider, model, client, project, conversation;
    uint64_t tokens_before, tokens_after; /* our count of the prompt parts we could edit */
    uint64_t input, cache_read, cache_write, output; /* the provider's own usage */
    uint32_t status, overhead_us, total_ms, ttfb_ms, blocks_changed;
    bool stream, usage_known, truncated;
    double saved_usd; /* net of cache effects; 0 when the price is unknown */
} hr_ledger_row;

/* Queued and written behind the request's back with the next group; never blocks. Bounded queue:
 * when full the row is dropped and counted in the log. */
void hr_store_ledger_add(hr_store *s, const hr_ledger_row *row);

typedef struct hr_ledger_sum {
    uint64_t requests, tokens_before, tokens_after, input, cache_read, cache_write, output;
    int64_t first_ms, last_ms;
    double saved_usd;
} hr_ledger_sum;
/* Sums over rows with at_ms ≥ since_ms, the queued ones included (it waits for them). */
hr_err hr_store_ledger_sum(hr_store *s, int64_t since_ms, hr_ledger_sum *out);

/* Deletes expired originals, forgotten conversations (not used for 30 days) and ledger rows older
 * than 400 days; called by the writer once a minute, and by tests. */
hr_err hr_store_sweep(hr_store *s);

#endif
