/* rows_pick: choosing among the rows of one container (internal to rows*.c). */
#ifndef HR_COMPRESS_ROWS_PICK_H
#define HR_COMPRESS_ROWS_PICK_H

#include "compress/rows/rows.h"
#include "compress/rows/rows_stats.h"
#include "compress/rows/rows_text.h"

/* Why a row stays; a row without any is left out. */
enum {
    HR_KEEP_ERROR = 1,
    HR_KEEP_NUMBER = 2,
    HR_KEEP_RARE = 4,
    HR_KEEP_QUERY = 8,
    HR_KEEP_CHANGE = 16,
    HR_KEEP_FIELD = 32,
    HR_KEEP_END = 64,
    HR_KEEP_FILL = 128,
};
enum { HR_KEEP_MUST = HR_KEEP_FILL - 1 };

/* The rows at hand: nodes of one array or map, with what is known about each. */
typedef struct hr_pick {
    hr_jview *v;
    const hr_rowtext *text;
    uint32_t container;
    uint32_t n;
    uint32_t *node;  /* value nodes */
    uint32_t *key;   /* key nodes of members, or NULL */
    hr_words *words; /* per row */
    uint8_t *keep;   /* per row: HR_KEEP_… */
    uint32_t *like;  /* failures: the row that row r resembles + 1, if it has not to stay itself */
    uint32_t k;      /* ordinary rows wanted */
    unsigned depth;  /* containers of rows around this one */
    hr_views views;
    hr_stat *stats; /* one a view; NULL for rows that are no objects */
} hr_pick;

/* Reads the words of every row and sets k. */
bool hr_pick_init(hr_pick *p);
/* rows_pick.c: failures, query matches, ends, and ordinary rows up to k, for rows of any type. */
void hr_pick_errors(hr_pick *p);
void hr_pick_query(hr_pick *p);
void hr_pick_ends(hr_pick *p);
void hr_pick_fill(hr_pick *p);
/* rows_report.c: what a report of tests or of a build says of failures. Before hr_pick_errors. */
void hr_pick_report(hr_pick *p);
/* rows_columns.c: outliers, rare values, changes, asked-for fields, for rows with columns. */
void hr_pick_columns(hr_pick *p);
/* Rows with members that hardly any row has; p's rows are those of rs behind `from`. */
void hr_pick_rest(hr_pick *p, const hr_rowset *rs, uint32_t from);
/* Outliers, changes and extremes of one number series. */
void hr_pick_numbers(hr_pick *p, const hr_stat *s, bool asked);

/* rows_note.c: remembers what is said about the container. */
bool hr_pick_note(hr_pick *p, const char *unit);

#endif
