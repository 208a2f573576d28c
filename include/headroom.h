/* libheadroom: the C API of Headroom.
 *
 *     headroom *h;
 *     if (headroom_open(NULL, &h) != 0) …
 *     headroom_text out;
 *     if (headroom_compress(h, text, n, NULL, &out) == 0) {
 *         fwrite(out.text, 1, out.text_len, stdout);
 *         headroom_text_free(&out);
 *     }
 *     headroom_close(h);
 *
 * Strings are bytes with a length, UTF-8 where they are text; results also carry a closing NUL for
 * convenience. Functions return 0 or an error number with a stable name (headroom_error_name).
 *
 * Threads: a handle may be used by any number of threads at once. Calls block: compression is
 * computation, and a lossy result is on disk before its call returns.
 *
 * Stability: option structs start with their size, so that a program built against an older header
 * keeps working; new members are added at the end and zero means the default.
 */
#ifndef HEADROOM_H
#define HEADROOM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEADROOM_API __attribute__((visibility("default")))

typedef struct headroom headroom;

/* "0.1.0" */
HEADROOM_API const char *headroom_version(void);
/* Stable name ("not_found") and text ("no such entry") of an error number; never NULL. */
HEADROOM_API const char *headroom_error_name(int error);
HEADROOM_API const char *headroom_error_text(int error);

typedef struct headroom_options {
    size_t size;               /* sizeof(headroom_options) */
    const char *store_path;    /* database of originals; NULL: in memory only */
    int64_t ttl_seconds;       /* life of an original after its last use; 0: 1800 */
    const char *protect_tools; /* comma list of tools whose results are never edited, or NULL */
} headroom_options;

/* options may be NULL. On success *out must be closed with headroom_close. A store that cannot be
 * opened is replaced by one in memory, with a line in the log. */
HEADROOM_API int headroom_open(const headroom_options *options, headroom **out);
HEADROOM_API void headroom_close(headroom *h);

typedef struct headroom_compress_options {
    size_t size;            /* sizeof(headroom_compress_options) */
    const char *model;      /* whose tokens count; NULL: "gpt-4o" */
    const char *query;      /* what the reader wants to know; keeps matching rows and lines */
    const char *tool_name;  /* tool that produced the text, or NULL */
    const char *tool_input; /* its arguments as JSON text, or NULL */
    int lossless_only;      /* 1: nothing may be left out */
    int min_tokens;         /* smaller texts are left alone; 0: 200 */
    int max_items;          /* rows kept of an array without special meaning; 0: 15 */
} headroom_compress_options;

typedef struct headroom_text {
    char *text; /* free with headroom_text_free */
    size_t text_len;
    int changed; /* 0: text is a copy of the input */
    int lossy;   /* 1: something was left out; `hash` names the original in the store */
    char hash[25];
    const char *kind;   /* what the text was taken for: "json", "log", … (static) */
    const char *reason; /* why this form: a code of docs/reference/reasons.md (static) */
    uint64_t tokens_before, tokens_after;
    int tokens_exact; /* 0: the model has no public tokenizer, the numbers are estimates */
} headroom_text;

/* The cheapest honest form of one text. Never larger than the input, never empty for a non-empty
 * input, the same bytes for the same arguments. Errors: out of memory, store. */
HEADROOM_API int headroom_compress(headroom *h, const char *text, size_t n,
                                   const headroom_compress_options *options, headroom_text *out);
HEADROOM_API void headroom_text_free(headroom_text *t);

/* The original of a marker: hash is 6-64 hex digits in any case. *out is freed with free().
 * Errors: "not_found", "expired", "syntax" (not such a hash), "store". */
HEADROOM_API int headroom_retrieve(headroom *h, const char *hash, char **out, size_t *n);

/* POST /v1/compress without the HTTP: `request` is its JSON body, *reply its JSON answer (also on
 * bad input, as an error object, with a non-zero return). *reply is freed with free(). */
HEADROOM_API int headroom_compress_messages(headroom *h, const char *request, size_t n,
                                            char **reply, size_t *reply_len);

/* Tokens of a text for a model. *exact (may be NULL) tells whether this is the model's own
 * tokenizer or a calibrated estimate. */
HEADROOM_API size_t headroom_count_tokens(const char *model, const char *text, size_t n,
                                          int *exact);

#ifdef __cplusplus
}
#endif

#endif
