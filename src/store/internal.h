/* internal: what the files of the store share. Not for other layers.
 *
 * Who owns what: the writer thread alone uses `writer`; readers are leased from the pool; the
 * queue is behind `lock`; no lock is held across I/O (in-memory mode has no I/O, there `mem_lock`
 * serialises the one connection). */
#ifndef HR_STORE_INTERNAL_H
#define HR_STORE_INTERNAL_H

#include "store/pincache.h"
#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/types.h>

enum {
    HR_STORE_READERS = 4,        /* reader connections at most */
    HR_STORE_WAIT_MS = 1800,     /* a locked database: a commit gives up after so long */
    HR_STORE_READ_WAIT_MS = 500, /* a reader rarely waits: only for recovery by another process */
    HR_STORE_GROUP_JOBS = 256,   /* most batches in one transaction … */
    HR_STORE_GROUP_BYTES = 64 << 20, /* … and most bytes of originals, unless one batch has more */
    HR_STORE_NOTES = 4096,           /* queued touches and retrievals; more are dropped */
    HR_STORE_LEDGER_QUEUE = 4096,    /* queued ledger rows; more are dropped and counted */
    HR_STORE_LEDGER_BATCH = 256,     /* written at the latest when so many wait … */
    HR_STORE_NOTE_MS = 1000,         /* … or after so long */
    HR_STORE_EVENTS = 1000,          /* ring of retrievals */
    HR_STORE_QUERY_MAX = 500,        /* bytes of a query kept */
    HR_STORE_SWEEP_MS = 60 * 1000,
    HR_STORE_TOUCH_MS = 60 * 1000,   /* a conversation's use is written at most so often */
    HR_STORE_CACHE_BYTES = 32 << 20, /* pins and traits in memory */
    HR_STORE_CHECKPOINT_FRAMES = 1000,
    HR_STORE_TRUNCATE_FRAMES = 16384,
    HR_STORE_MAX_CONTENT = 512 << 20, /* one original; SQLite's own limit is 1e9 */
};

#define HR_STORE_CONVERSATION_MS (30LL * 24 * 3600 * 1000)
#define HR_STORE_TOMBSTONE_MS    (7LL * 24 * 3600 * 1000)
#define HR_STORE_LEDGER_MS       (400LL * 24 * 3600 * 1000)

/* originals.gone */
enum { HR_KEPT = 0, HR_GONE_EXPIRED = 1, HR_GONE_EVICTED = 2 };

/* --- connections (conn.c) --------------------------------------------------------------------- */

typedef enum hr_sql {
#define HR_SQL(id, text) HR_SQL_##id,
#include "store/sql.def"
#undef HR_SQL
    HR_SQL_COUNT
} hr_sql;

typedef struct hr_conn {
    sqlite3 *db;
    sqlite3_stmt *stmt[HR_SQL_COUNT];
    uint64_t gen; /* generation of the file it belongs to */
    bool leased;
    int wal_frames; /* after the last commit */
    bool lazy;      /* commits do not wait for the disk */
} hr_conn;

/* Error of an SQLite result code: OK, BUSY (locked), CORRUPT (damaged file) or STORE. */
hr_err hr_conn_err(int rc);
/* Opens an existing file (or memory: path NULL). */
hr_err hr_conn_open(hr_conn *c, const char *path);
void hr_conn_close(hr_conn *c);
hr_err hr_conn_exec(hr_conn *c, const char *sql);
/* Whether the next commits return only when the disk has them. Outside of transactions. */
hr_err hr_conn_wait_for_disk(hr_conn *c, bool wait);
/* A fresh (reset, unbound) prepared statement; NULL sets *err. */
sqlite3_stmt *hr_conn_stmt(hr_conn *c, hr_sql id, hr_err *err);
/* Runs a statement that gives no rows (or whose first row does not matter) and resets it. */
hr_err hr_conn_run(hr_conn *c, hr_sql id);
/* Steps a bound statement that gives no rows, and resets it. */
hr_err hr_stmt_done(sqlite3_stmt *st);
/* One step: *row says whether there is one. On an error or at the end the statement is reset. */
hr_err hr_stmt_row(sqlite3_stmt *st, bool *row);
/* Bindings; the bytes must live until the statement is reset. An empty slice is not NULL. */
void hr_bind_blob(sqlite3_stmt *st, int i, hr_str v);
void hr_bind_text(sqlite3_stmt *st, int i, hr_str v);
void hr_bind_u64(sqlite3_stmt *st, int i, uint64_t v);
hr_str hr_column(sqlite3_stmt *st, int i); /* lives until the next step */
uint64_t hr_column_u64(sqlite3_stmt *st, int i);
/* The bytes of a key as stored: the first 12 of the SHA-256. False when k is all zero. */
bool hr_key_bytes(const hr_key *k, uint8_t out[HR_KEY_LEN / 2]);
void hr_key_set(hr_key *k, hr_str bytes);

/* --- files (files.c) -------------------------------------------------------------------------- */

/* Makes the missing parents (0700) and the empty file (0600), all synced. */
hr_err hr_file_create(const char *path);
/* Takes away what others may do with an existing database and its companions. */
void hr_file_close_to_others(const char *path);
/* Could the file be made? Looks at the nearest parent that exists. */
hr_err hr_file_creatable(const char *path);
/* Renames a damaged database to "<path>.corrupt-<unix seconds>", with its companions. */
bool hr_file_move_aside(const char *path, int64_t unix_s);

/* --- schema (schema.c) ------------------------------------------------------------------------ */

enum { HR_SCHEMA_VERSION = 1 };
/* Brings the database to HR_SCHEMA_VERSION. HR_E_UNSUPPORTED: the file is newer than we are. */
hr_err hr_schema_migrate(hr_conn *c);

/* --- the store -------------------------------------------------------------------------------- */

typedef enum hr_job_kind {
    HR_JOB_COMMIT,
    HR_JOB_TRAIT,
    HR_JOB_OPEN,
    HR_JOB_SWEEP,
    HR_JOB_FLUSH
} hr_job_kind;

/* Something a caller waits for. Lives on the caller's stack; its slices are the caller's. */
typedef struct hr_job {
    struct hr_job *next;
    hr_job_kind kind;
    hr_str conversation;
    const hr_store_batch *batch; /* COMMIT */
    const hr_sha256 *shas;       /* of the batch's originals */
    bool *lost;                  /* out: this pin existed already */
    size_t bytes;                /* of originals */
    hr_str name, value;          /* TRAIT */
    bool trait_lost;             /* out: the trait existed already */
    uint64_t since_ns;
    hr_err err;
    bool done;
    pthread_cond_t cond;
} hr_job;

/* Something nobody waits for: a use of a conversation or of an original. */
typedef struct hr_note {
    struct hr_note *next;
    int64_t at_ms;
    hr_str conversation; /* use of a conversation, with the originals its pins name … */
    uint8_t (*keys)[HR_KEY_LEN / 2];
    size_t nkeys;
    bool retrieval; /* … or a retrieval */
    hr_sha256 sha;
    bool has_sha; /* false: an original of the published system's table */
    hr_key key;
    hr_str tool_name, query;
    uint64_t items;
} hr_note;

typedef struct hr_ledger_node {
    struct hr_ledger_node *next;
    hr_ledger_row row; /* its strings follow in the same block */
} hr_ledger_node;

typedef struct hr_note_list {
    hr_note *first, **last;
    size_t n;
} hr_note_list;

typedef struct hr_ledger_list {
    hr_ledger_node *first, **last;
    size_t n;
} hr_ledger_list;

struct hr_store {
    char *path; /* NULL: in memory */
    hr_store_opts opts;
    int64_t touch_ms; /* see HR_STORE_TOUCH_MS; shorter with a short ttl */
    hr_pin_cache *cache;

    hr_conn writer; /* the writer thread's */
    dev_t dev;      /* which file `writer` has open */
    ino_t ino;
    uint64_t busy_until_ns;
    const char *why; /* SQLite's constant text of the last failure */
    uint64_t complained_ns;
    pthread_mutex_t mem_lock; /* in memory: around each use of `writer` */

    pthread_mutex_t pool_lock;
    pthread_cond_t pool_cond;
    hr_conn readers[HR_STORE_READERS];
    uint64_t gen; /* 0: no file open; else counts the files opened */

    pthread_mutex_t lock; /* everything below */
    pthread_cond_t wake;
    hr_job *jobs, **jobs_last;
    hr_note_list notes;
    hr_ledger_list ledger;
    uint64_t notes_since_ns; /* the oldest note or row waits since then; 0: none */
    uint64_t notes_retry_ns; /* not before: the last try failed */
    size_t ledger_dropped;
    uint64_t damaged_gen; /* a reader met a malformed page in this generation */
    bool stop;
    pthread_t thread;

    atomic_uint_fast64_t commits, groups, evictions;
    atomic_size_t waiting; /* notes and rows not written yet */
};

/* writer.c */
hr_err hr_writer_start(hr_store *s);
void hr_writer_stop(hr_store *s);
/* Hands a job to the writer and waits for it. */
hr_err hr_writer_do(hr_store *s, hr_job *job);
/* Waits until what was queued before is written (or has failed). */
void hr_writer_flush(hr_store *s);
void hr_writer_note(hr_store *s, hr_note *note);
uint64_t hr_real_ns(void);

/* database.c: the file and the pool; ensure and recover belong to the writer thread. */
hr_err hr_db_ensure(hr_store *s, bool create);
hr_err hr_db_recover(hr_store *s);
void hr_db_close(hr_store *s);
uint64_t hr_db_generation(hr_store *s); /* 0: nothing open */
/* A reader, or NULL with *err: HR_E_NOTFOUND when there is no database yet. */
hr_conn *hr_db_lease(hr_store *s, hr_err *err);
/* Gives it back; err is what its use came to (a damaged file is reported to the writer). */
void hr_db_return(hr_store *s, hr_conn *c, hr_err err);

/* apply.c: inside the writer's transaction */
hr_err hr_apply_job(hr_store *s, hr_job *job);
hr_err hr_apply_note(hr_store *s, const hr_note *note);
hr_err hr_apply_ledger(hr_store *s, const hr_ledger_row *r);
hr_err hr_apply_evict(hr_store *s, uint64_t *evicted);

/* sweep.c: one bounded step in its own transaction; *more: call again. */
hr_err hr_sweep_step(hr_store *s, bool *more);
/* Until when a conversation that was used keeps the originals its pins name. */
int64_t hr_kept_until(const hr_store *s, int64_t last_use_ms, int64_t ttl_s);
/* The newest use of a conversation with a pin that names the original, or 0. */
hr_err hr_last_naming(hr_conn *c, const uint8_t key[HR_KEY_LEN / 2], int64_t *last_use_ms);

/* legacy.c: the entry of the published system's table. hex: lower case. */
hr_err hr_legacy_get(hr_store *s, hr_conn *c, hr_str hex, bool content, hr_arena *a, hr_entry *out);

/* ledger.c */
void hr_ledger_list_free(hr_ledger_list *l);
void hr_note_list_free(hr_note_list *l);

#endif
