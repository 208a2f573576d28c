/* table_read_table: the header of a table, read (internal to table_read_*.c). */
#ifndef HR_COMPRESS_TABLE_READ_TABLE_H
#define HR_COMPRESS_TABLE_READ_TABLE_H

#include "compress/table/table_read.h"

typedef enum hr_tcol_kind {
    HR_TCOL_VALUE,
    HR_TCOL_CONST,
    HR_TCOL_FLAT,
    HR_TCOL_FLAT1,
    HR_TCOL_TUPLE,
    HR_TCOL_LIST,
    HR_TCOL_MAP,
} hr_tcol_kind;

typedef struct hr_tpiece {
    hr_str text, path;
    bool own;
    uint32_t leaf;
} hr_tpiece;

typedef struct hr_tcol hr_tcol;
typedef HR_VEC(hr_tcol *) hr_tcols;

/* A physical row: columns as a tree, and its leaves in the order of their cells. */
typedef struct hr_tlayout {
    hr_tcols columns, leaves;
    bool has_cells;
    bool map;
} hr_tlayout;

struct hr_tcol {
    hr_tcol_kind kind;
    const hr_tval *name;
    hr_str path;
    bool str, tpl, own; /* own: has a cell */
    bool rest;          /* "*": the cell holds the members without a column */
    const hr_tval *constant;
    HR_VEC(hr_tpiece) pieces;
    hr_tcols flat;      /* HR_TCOL_FLAT, HR_TCOL_FLAT1 */
    hr_tlayout *inside; /* HR_TCOL_TUPLE, HR_TCOL_LIST, HR_TCOL_MAP */
    uint32_t leaf;
    uint8_t busy;
};

/* table_read_head.c: columns up to `close` ('}' of a table, ')' of a tuple), patterns resolved. */
bool hr_tread_head(hr_tread *t, hr_tlayout *lay, char close);

#endif
