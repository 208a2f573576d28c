/* compress: one text in, the cheapest honest form of it out.
 *
 * Everything in this folder is sans-I/O and deterministic: the same text and options give the same
 * bytes, whatever the machine, time or order. Nothing here stores anything: when the chosen form
 * leaves something out, `lossy` is set and `key` names the original, and the caller must make the
 * original durable under that key BEFORE the text leaves the process.
 */
#ifndef HR_COMPRESS_COMPRESS_H
#define HR_COMPRESS_COMPRESS_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "text/tokens.h"
#include "text/words.h"

typedef enum hr_reason {
#define HR_REASON(id, code, changed, text) HR_R_##id,
#include "reasons.def"
#undef HR_REASON
    HR_REASON_COUNT
} hr_reason;

const char *hr_reason_code(hr_reason r);
const char *hr_reason_text(hr_reason r);
bool hr_reason_changed(hr_reason r);

/* Kinds of content, as detect.c tells them apart. */
typedef enum hr_kind {
    HR_KIND_TEXT, /* prose or unknown */
    HR_KIND_JSON,
    HR_KIND_NDJSON,
    HR_KIND_LOG,
    HR_KIND_BUILD, /* build or test output */
    HR_KIND_SEARCH,
    HR_KIND_DIFF,
    HR_KIND_CODE,
    HR_KIND_HTML,
    HR_KIND_XML,
    HR_KIND_YAML,
    HR_KIND_TABLE, /* CSV, TSV, Markdown or aligned table */
    HR_KIND_LISTING,
    HR_KIND_TRACE, /* stack trace */
    HR_KIND_BINARY,
    HR_KIND_COUNT
} hr_kind;

const char *hr_kind_name(hr_kind k); /* "json", "log", … */

/* How a marker tells the reader to get the original back. */
typedef enum hr_retrieve_via {
    HR_VIA_NONE,  /* nothing can: lossy forms are not allowed */
    HR_VIA_TOOL,  /* the headroom_retrieve tool, or an SDK caller that knows the hash */
    HR_VIA_SHELL, /* the agent has a shell: `headroom retrieve HASH` */
} hr_retrieve_via;

/* How rows of JSON objects are written. */
typedef enum hr_compaction {
    HR_COMPACT_CSV,      /* "csv-schema": names once, one row a line; see table.h */
    HR_COMPACT_JSON,     /* "json": JSON with a schema and rows; see compaction.h */
    HR_COMPACT_MARKDOWN, /* "markdown-kv": a line for each member */
} hr_compaction;

/* How much of a documentation comment or docstring stays. */
typedef enum hr_docstrings {
    HR_DOCSTRINGS_FIRST_LINE, /* its first sentence, at most two lines of it */
    HR_DOCSTRINGS_FULL,
    HR_DOCSTRINGS_NONE,
} hr_docstrings;

/* Programs; public names and defaults as in the CodeCompressorConfig of the SDKs. */
typedef struct hr_code_opts {
    bool allow;                     /* false: programs stay whole */
    hr_docstrings docstring_mode;   /* first_line */
    bool compress_comments;         /* true: long comments lose lines */
    bool semantic_analysis;         /* true: notes name the functions called */
    bool preserve_error_handlers;   /* true: notes name the errors raised and handled */
    size_t max_body_lines;          /* 5: shorter bodies stay */
    double target_compression_rate; /* 0.2: bodies stay while less than this share of lines does */
    size_t min_tokens;              /* smaller programs stay whole; 0: lossy_min_tokens */
    hr_str language_hint;           /* instead of detection, if it is a language we know */
} hr_code_opts;

/* Options; get the defaults from hr_compress_defaults(). Public names and defaults as in the
 * SmartCrusherConfig of the SDKs. */
typedef struct hr_compress_opts {
    const hr_tokenizer *tok; /* tokens of the target model */
    hr_retrieve_via via;
    bool lossless_only;
    size_t min_tokens;       /* 200: smaller texts are left alone */
    size_t min_words;        /* 50 words, or min_tokens * 4 bytes without white space */
    size_t lossy_min_tokens; /* 2000: smaller texts get lossless forms only */
    double lossy_margin;     /* a lossy form must be at most this share of the lossless one: 0.7 */
    double min_saving;       /* smallest share of tokens worth an edit: 0.05 */

    size_t min_items_to_analyze;       /* 5 */
    size_t max_items_after_crush;      /* 15; 0 = no ceiling */
    double variance_threshold;         /* 2.0 standard deviations */
    double relevance_threshold;        /* 0.3 of the largest weight a query word can have */
    double bm25_k1, bm25_b;            /* 1.5, 0.75 */
    double uniqueness_threshold;       /* 0.1: numbers with a smaller share of distinct values are
                                          codes, whose rare values are shown */
    double similarity_threshold;       /* 0.8: so much of a column must be common values before the
                                          others are rare */
    double lossless_min_savings_ratio; /* 0: as min_saving. Smallest share a table must save */
    double core_field_fraction;        /* 0.8: members in so many rows always get a column ... */
    double heterogeneous_core_ratio;   /* 0.6: ... and so many such columns always make a table */
    bool crush_json;                   /* true: the SDKs' `enabled` */
    bool include_summaries;            /* true: columns are summed up where rows are left out */
    double first_fraction, last_fraction; /* 0.3, 0.15 */
    double bias;                          /* 1.0: more keeps more */
    bool preserve_change_points;          /* true */
    bool factor_out_constants;            /* true in tables */
    bool dedup_identical_items;           /* true */
    const hr_str *preserve_fields;        /* rows with a truthy value here are kept */
    size_t npreserve_fields;
    hr_compaction compaction;      /* csv-schema */
    size_t max_flatten_inner_keys; /* 6: members an object may have to become columns of its own in
                                      the notations json and markdown-kv */
    bool part;                     /* the text is a part of a block whose compressor asks */
    hr_code_opts code;

    hr_str query;                /* newest user text plus the tool call's arguments */
    hr_str tool_name;            /* tool that produced the text, if known */
    hr_str tool_input;           /* its arguments as JSON text, if known */
    const hr_deadline *deadline; /* NULL: none. Passed → HR_E_TIMEOUT, the original stands */
} hr_compress_opts;

hr_compress_opts hr_compress_defaults(void);
/* By its public name; HR_COMPACT_CSV for any other. */
hr_compaction hr_compaction_named(hr_str name);

typedef struct hr_compressed {
    hr_str text; /* in the arena, or the input itself when unchanged */
    hr_kind kind;
    hr_reason reason;
    hr_str strategy; /* what exactly was done, e.g. "table(100 rows, 3 constant)"; may be empty */
    bool changed;
    bool lossy; /* something was left out: store the original under `key` first */
    hr_key key; /* valid when lossy */
    size_t tokens_before, tokens_after; /* counted with opts->tok; exact when both were needed */
} hr_compressed;

/* Detects the kind, builds the candidate forms and picks one; see router.c. On any error *out is
 * the untouched input with a reason, and the code is returned for the log. Work is bounded by the
 * arena's limit and the deadline. Thread-safe. */
hr_err hr_compress_text(const hr_compress_opts *o, hr_str text, hr_arena *a, hr_compressed *out);

/* The template group of each line of a log: lines that differ only in their parameters have the
 * same number. *groups has *n entries, in the arena. HR_E_NOMEM, HR_E_LIMIT. */
hr_err hr_line_groups(hr_str text, hr_arena *a, uint32_t **groups, size_t *n);

/* Is the question about code itself ("explain", "fix", "review")? Then programs are to stay whole;
 * callers that set code.allow ask this first. Whole words only: "prefix" asks for no fix. */
bool hr_code_wanted_whole(hr_str question);

#endif
