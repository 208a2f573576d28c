/* json_out: writes the compact notation of a document (internal).
 *
 * The notation is JSON plus a few words that cannot occur in JSON outside strings:
 *   T1          the table below that starts with "T1="
 *   V1=value    a value that is named because it occurs again; V1 alone repeats it
 *   A+"text"    a string that starts with the text that "A=" gives at the top
 *   S1          the text below that starts with "S1=text, 40 lines:"
 *   json{...}   a string that holds this JSON text; json{...}+"\n" with white space behind it;
 *               json:spaced, json:indent2 before it when the string has such white space
 *   value xN    inside an array: the value N times in a row
 * docs/tables.md explains it to people; table.h reads it back.
 */
#ifndef HR_COMPRESS_JSON_OUT_H
#define HR_COMPRESS_JSON_OUT_H

#include "base/buf.h"
#include "compress/json/json_prefix.h"
#include "compress/table/table_plan.h"

typedef struct hr_jout {
    hr_jview *v;
    hr_buf *b;
    const hr_prefixes *prefixes; /* NULL: none */
    bool inside;                 /* in a cell of another notation: tables stay JSON there */
    bool counting;               /* first pass: only counts the uses of repeated values */
    uint32_t names;              /* V names given so far */
    HR_VEC(uint32_t) tables;     /* nodes of the tables that were referred to, in order */
    HR_VEC(uint32_t) blocks;     /* string nodes whose text stands below */
    HR_VEC(uint32_t) strings;    /* counting: strings outside of tables, for prefixes */
} hr_jout;

/* The whole document: names, root, tables. Repeats are counted and named. */
hr_err hr_jout_document(hr_jview *v, hr_buf *b);

/* Any value, with placeholders for tables. */
void hr_jout_value(hr_jout *o, uint32_t node);
/* A string in quotes, escapes decoded where that is safe. */
void hr_jout_string(hr_jout *o, uint32_t node);
/* Writes a string that holds a JSON document without its escapes; false: it is no such string. */
bool hr_jout_embedded(hr_jout *o, uint32_t node);
/* False for strings with escapes that stand for no character (lone surrogates): these are copied.
 */
bool hr_jout_decodable(const hr_jout *o, uint32_t node);
/* json_block.c: writes the name of a long text that stands below; false: it stands in its place. */
bool hr_jout_block(hr_jout *o, uint32_t node);
void hr_jout_blocks(hr_jout *o);
/* Lossy: has the text shortened by the compressor of its kind. True when it needs no excerpt.
 * alone: it is no part of one row among many. */
bool hr_jblock_shorten(hr_jview *v, uint32_t node, const hr_key *key, bool alone);
/* Writes the name, if the node has one already, and returns true; else writes "V1=" when the value
 * is worth a name and returns false: the caller writes the value. */
bool hr_jout_named(hr_jout *o, uint32_t node);
/* The note that stands for a string left out. */
void hr_jout_blob(hr_jout *o, uint32_t node);

/* table_write.c: "[N]{columns}" and the rows. */
void hr_jout_table(hr_jout *o, hr_rowset *rs);
/* json_compact.c: the same in another notation. */
void hr_jout_compact(hr_jout *o, hr_rowset *rs);
/* table_head.c: "{columns}" for a table of which `rows` rows are shown. */
void hr_jout_columns(hr_jout *o, const hr_rowset *rs, uint32_t rows);
/* Are the column's cells written by its pattern? */
bool hr_jout_uses_tpl(const hr_jview *v, const hr_col *c, uint32_t rows);

#endif
