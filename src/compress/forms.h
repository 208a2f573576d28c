/* forms: what a compressor of one kind of content offers to the router (internal to compress/).
 *
 * A compressor never decides: it proposes at most one lossless and one lossy form, and the router
 * compares them in model tokens. Contract of every compressor:
 *   - the lossless form can be turned back into the same information (for JSON: the same value,
 *     see table.h; for logs: the same lines) without the store;
 *   - the lossy form says in place what is missing, with one marker from marker.h that carries key;
 *   - neither is empty; an absent form is HR_STR_NONE; more bytes than the input is never proposed;
 *   - time linear in the text; the deadline is checked at least every 64 KiB of work.
 */
#ifndef HR_COMPRESS_FORMS_H
#define HR_COMPRESS_FORMS_H

#include "compress/compress.h"

typedef struct hr_forms {
    hr_str lossless, lossless_strategy;
    hr_reason lossless_reason;
    hr_str lossy, lossy_strategy;
    hr_reason lossy_reason;
    double lossless_margin; /* a form that reads harder must be at most this share of the text; 0:
                               1 - the caller's opts->min_saving */
    double lossy_margin;    /* mild loss: the form may be this share of the lossless one; 0: the
                               caller's opts->lossy_margin */
} hr_forms;

/* text: the whole block. key: hr_key_of(text), for markers. lossy: whether a lossy form may be
 * offered. Errors: HR_E_NOMEM, HR_E_LIMIT, HR_E_TIMEOUT, HR_E_SYNTAX (not this kind after all). */
typedef hr_err hr_compressor(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                             hr_arena *a, hr_forms *out);

hr_compressor hr_compress_json;       /* json.c: JSON documents and NDJSON */
hr_compressor hr_compress_search;     /* search.c: grep, ripgrep, ag */
hr_compressor hr_compress_diff;       /* diff.c: unified diffs and patches */
hr_compressor hr_compress_csv;        /* csv.c: CSV, TSV, Markdown tables */
hr_compressor hr_compress_html;       /* html.c: HTML pages, lossy only */
hr_compressor hr_compress_prose;      /* prose.c: text for readers, lossy only */
hr_compressor hr_compress_document;   /* prose.c: the same, only with headings */
hr_compressor hr_compress_code;       /* code.c: programs, lossy only */
hr_compressor hr_compress_xml;        /* xml.c */
hr_compressor hr_compress_yaml;       /* yaml.c: lossy only */
hr_compressor hr_compress_long_lines; /* fold_long.c: minified code, lossy only */
hr_compressor hr_compress_opaque;     /* fold_opaque.c: hex, base64, PEM, lossy only */
hr_compressor hr_compress_plain;      /* fold.c: text that is nothing else */
hr_compressor hr_compress_table;      /* fold_metrics.c: metrics, else csv.c */
hr_compressor hr_compress_log;        /* log.c: logs, build and test output */

hr_compressor hr_compress_lines; /* log.c: any text of similar lines, lossless only */

/* router.c: the best form of a long text inside a block, such as a command's output in a JSON
 * string; key names the whole block, which must be kept. *out is empty when nothing is gained. */
hr_err hr_compress_part(const hr_compress_opts *o, hr_str text, const hr_key *key, hr_arena *a,
                        hr_str *out);

/* Does the tool call print one file of a program, and nothing else? Then the text is that program,
 * whatever it looks like: a table of numbers, words in a list. */
bool hr_code_shown(hr_str tool_name, hr_str tool_input, hr_arena *a);

/* detect.h in one line: what kind of content this is. Never fails; reads at most 64 KiB from the
 * front plus what a JSON check needs. */
hr_kind hr_detect(hr_str text);

#endif
