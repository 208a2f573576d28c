/* table_read: the parts of the reader that know each other (internal to table_read*.c). */
#ifndef HR_COMPRESS_TABLE_READ_H
#define HR_COMPRESS_TABLE_READ_H

#include "base/vec.h"
#include "compress/table/table.h"

enum { HR_TREAD_DEPTH = 512 };

typedef enum hr_tval_kind {
    HR_TVAL_RAW,  /* spelled as in the text: numbers, literals, strings in quotes */
    HR_TVAL_TEXT, /* a string without its quotes */
    HR_TVAL_ARRAY,
    HR_TVAL_OBJECT,
    HR_TVAL_TABLE, /* T<n> */
    HR_TVAL_BLOCK, /* S<n> */
    HR_TVAL_EMBED, /* a string that holds the document `first`, and `s` behind it */
} hr_tval_kind;

typedef struct hr_tval hr_tval;

typedef struct hr_titem {
    const hr_tval *key; /* members only */
    const hr_tval *v;
    uint64_t times;
    struct hr_titem *next;
} hr_titem;

struct hr_tval {
    hr_tval_kind kind;
    hr_str s;
    uint32_t n; /* number of the table or text; spelling of a document in a string */
    hr_titem *first, *last;
};

typedef struct hr_ttable {
    hr_tval *v;
    bool printing;
} hr_ttable;

typedef struct hr_tread {
    hr_arena *a;
    hr_str src;
    size_t p;
    hr_err err;
    unsigned depth;
    const hr_str *prefix[26]; /* decoded texts of A…Z, NULL when not given */
    HR_VEC(hr_tval *) names;  /* V1 … */
    HR_VEC(hr_ttable) tables; /* T1 … */
    HR_VEC(hr_str) blocks;    /* S1 … */
} hr_tread;

/* All readers return NULL (or false) with t->err set when the text is not right at t->p. */
void *hr_tfail(hr_tread *t, hr_err e);
hr_tval *hr_tval_new(hr_tread *t, hr_tval_kind kind, hr_str s);
bool hr_tval_add(hr_tread *t, hr_tval *to, const hr_tval *key, const hr_tval *v, uint64_t times);
hr_tval *hr_tread_value(hr_tread *t);
/* A string in quotes at t->p; the value keeps its spelling. */
hr_tval *hr_tread_string(hr_tread *t);
/* Does a string that holds JSON stand at t->p: json{…}, json[…], jsonT1, json:spaced{…}? */
bool hr_tread_at_embedded(const hr_tread *t);
/* The text of a string value. */
bool hr_tval_text(hr_tread *t, const hr_tval *v, hr_str *out);
/* A decimal number at t->p. */
bool hr_tread_count(hr_tread *t, uint64_t *out);
/* Moves over `lit` if it stands at t->p. */
bool hr_tread_skip(hr_tread *t, hr_str lit);
/* V<n> at t->p: an earlier value (*known), or the start of a definition whose slot is *define. */
bool hr_tread_name(hr_tread *t, hr_tval **known, uint32_t *define);
bool hr_tread_define(hr_tread *t, uint32_t n, hr_tval *v);

/* table_read_rows.c: does a table start at t->p, and the table there, as an array or object. */
bool hr_tread_at_table(const hr_tread *t);
hr_tval *hr_tread_table(hr_tread *t);
/* One cell of a plain column; str: the column holds strings. */
hr_tval *hr_tread_cell(hr_tread *t, bool str);
/* table_read_cols.c: the rest of a table written one column a line, behind " by column, ". */
hr_tval *hr_tread_columns(hr_tread *t, uint64_t rows, bool map);

#endif
