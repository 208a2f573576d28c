/* table_plan: which columns a set of objects has, and how each is best written (internal).
 *
 * A rowset is a list of objects that become the rows of one table: the elements of an array, the
 * members of a map, or - pooled - all objects that stand in one column of a parent table. Columns
 * are the union of the members' names. Objects and arrays of objects in a column are planned the
 * same way, so any depth of nesting has its names factored out.
 */
#ifndef HR_COMPRESS_TABLE_PLAN_H
#define HR_COMPRESS_TABLE_PLAN_H

#include "compress/json/json_view.h"

typedef struct hr_rowset hr_rowset;

typedef enum hr_col_kind {
    HR_COL_VALUE, /* one cell a row: a scalar or inline JSON */
    HR_COL_CONST, /* the same value in every row: stands in the header, no cell */
    HR_COL_FLAT,  /* an object in every row: its columns stand in the row  name{a,b} */
    HR_COL_FLAT1, /* an array of one object in every row, same idea         name[1]{a,b} */
    HR_COL_TUPLE, /* an object in some rows: cell (x,y)                     name(a,b) */
    HR_COL_LIST,  /* arrays of objects: cell (x,y)(x,y)                     name[](a,b) */
    HR_COL_MAP,   /* objects of like objects: cell (key,x,y)(key,x,y)       name[key](a,b) */
} hr_col_kind;

typedef struct hr_tpl_piece {
    hr_str text; /* decoded literal text, when ref is NULL and it is not the own cell */
    const struct hr_col *ref; /* another column's text */
    hr_str path;              /* how the header names that column */
    bool own;                 /* the column's own cell */
} hr_tpl_piece;

/* Texts of a column built from fixed text, other columns and (perhaps) a cell of its own. */
enum { HR_TPL_PIECES = 12 };
typedef struct hr_tpl {
    hr_tpl_piece piece[HR_TPL_PIECES];
    size_t n;
    bool derived;    /* no own cell: everything follows from the other columns */
    uint32_t *skip;  /* per row: decoded bytes before the own cell */
    uint32_t suffix; /* decoded bytes behind it */
    size_t fixed;    /* bytes a row that the cell no longer spells, on average */
} hr_tpl;

typedef struct hr_col {
    hr_str name;     /* decoded */
    uint32_t *cells; /* per row: node of the value, 0 when the row has no such member */
    uint32_t npresent, nstr, nnum, nbool, nnull, nobj, narr;
    hr_col_kind kind;
    bool core;        /* most rows have it */
    bool rest;        /* too rare for a column: stands in the row's one cell for other members */
    bool str;         /* every non-null value is a string and some look like something else */
    bool live;        /* some row being written has it; scratch of the writer */
    hr_tpl *tpl;      /* or NULL */
    hr_rowset *child; /* FLAT, FLAT1: same rows; TUPLE, LIST, MAP: pooled rows */
    uint32_t *first;  /* TUPLE, LIST, MAP: per row, where its child rows start; UINT32_MAX: none */
} hr_col;

struct hr_rowset {
    uint32_t node;  /* the array or map, 0 for pooled rows */
    uint32_t n;     /* rows */
    uint32_t *rows; /* object nodes */
    bool map;       /* column 0 holds the member names (key nodes) */
    bool by_column; /* few rows of many columns: written one column a line */
    uint32_t ncols;
    hr_col *cols;
    uint32_t nrest; /* columns marked rest */
    uint32_t ncore; /* columns marked core */
    bool alike;     /* most columns are */
    size_t filled;  /* cells present in all columns */
    size_t core;    /* the same without the rest */
};

/* The plan of an array of two or more objects, or of an object of many like objects. NULL when the
 * node is no such thing, when a row has the same name twice, or when a table would not be smaller.
 * Cached in v. Errors are in v->err. */
hr_rowset *hr_plan_table(hr_jview *v, uint32_t node);

/* The columns of these objects, each planned; keys: the member names of a map's rows, or NULL.
 * Takes the arrays over. NULL when they have too many columns, or one of them a name twice. */
hr_rowset *hr_plan_rows(hr_jview *v, uint32_t *rows, uint32_t *keys, uint32_t n, unsigned depth);

/* table_kinds.c: decides a column's kind and plans its children. */
void hr_plan_col(hr_jview *v, hr_rowset *rs, hr_col *c, unsigned depth);
/* An array or object of nothing but objects, or an empty one. */
bool hr_plan_holds_objects(const hr_jview *v, uint32_t i, bool map);
/* Are enough cells filled to make a table of it? */
bool hr_rowset_dense(const hr_rowset *rs);
/* Places a reader has to count: columns with cells, at any depth. */
size_t hr_rowset_places(const hr_rowset *rs);

/* table_template.c: finds templates for the columns of one physical row. */
void hr_plan_templates(hr_jview *v, hr_rowset *rs);

/* The columns that share a physical row, flat children resolved, in the order they are written. */
typedef struct hr_leaf {
    hr_col *col;
    hr_str path; /* {NULL,0} when a template cannot name it */
} hr_leaf;
typedef HR_VEC(hr_leaf) hr_leaves;
bool hr_plan_leaves(hr_jview *v, hr_rowset *rs, hr_leaves *out);

#endif
