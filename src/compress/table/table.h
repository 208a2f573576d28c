/* table: reads the compact JSON notation back.
 *
 * docs/tables.md shows it by example; this is the grammar. WORD is a cell or name without quotes,
 * STRING a JSON string; spaces and line breaks count where they stand.
 */
/* clang-format off
 *
 *   text    := (LETTER "=" STRING LF)* (tables | lines | value) (LF "T"n "=" table)* block*
 *   block   := LF "S"n "=text, " lines " lines:" LF and so many lines, the string's text
 *   tables  := table | "lines " table         the root array itself; or one document a line
 *   lines   := value (LF value)+
 *   table   := ["map"] "[" rows "]{" col ("," col)* "}" (LF row)*
 *            | ["map"] "[" rows "] by column, " n " lines" (LF line)*
 *   line    := path ("=" value | [":str"] ": " cell ("," cell)*)    path := name ("." name)*
 *   col     := name [":str" | "=" value | "=f" STRING | group]
 *            | "*"                 cell {…}: members of the row that have no column
 *   group   := "{" cols "}"        an object in every row, its columns in the same row
 *            | "[1]{" cols "}"     an array of one object in every row, the same
 *            | "(" cols ")"        cell (…): an object
 *            | "[](" cols ")"      cell (…)(…): an array of objects
 *            | "[key](" cols ")"   cell (name,…)(name,…): an object of objects
 *   row     := cell ("," cell)* | "{}" (no cell is present) | "(same row " n " more times)"
 *   cell    := "" (no such member) | ["V"n "="] (WORD | value | tuple+) | "V"n
 *   tuple   := "(" [cell ("," cell)*] ")"
 *   value   := JSON whose parts may also be "T"n, "S"n, "V"n, "V"n "=" value,
 *              LETTER, LETTER "+" STRING,
 *              "json" [":spaced" | ":indent"k] value ["+" STRING] (a string that holds this JSON
 *              text in that spelling),
 *              and whose array elements may be followed by " x" n
 *
 * A WORD is a number, true, false or null if it reads as one, else a string; in a ":str" or "=f"
 * column everything but null is a string. In =f"…", {name} stands for another column's text, {} for
 * the column's own cell, {{ and }} for braces.
 * clang-format on */
#ifndef HR_COMPRESS_TABLE_H
#define HR_COMPRESS_TABLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* Appends the JSON text that `text` stands for: the same value as the original had (hr_json_same),
 * number spellings included; documents that came as lines come out as lines. Plain JSON comes out
 * minified. Errors: HR_E_SYNTAX with the place, HR_E_DEPTH, HR_E_LIMIT (out's limit), HR_E_NOMEM.
 */
hr_errpos hr_table_decode(hr_str text, hr_arena *a, hr_buf *out);

#endif
