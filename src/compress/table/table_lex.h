/* table_lex: the words of the table notation that writer and reader must agree on (internal). */
#ifndef HR_COMPRESS_TABLE_LEX_H
#define HR_COMPRESS_TABLE_LEX_H

#include "base/str.h"

/* A JSON number, true, false or null: text that unquoted would not be a string. */
bool hr_lex_literal(hr_str s);
bool hr_lex_number(hr_str s);
/* May the text stand unquoted in a cell? nested: inside parentheses. Literals are not looked for.
 */
bool hr_lex_bare(hr_str s, bool nested);
/* May the text stand unquoted as a column name? */
bool hr_lex_bare_name(hr_str s);
/* Length of a name this notation gives to tables (T1), values (V1) and texts (S1) at s[0], or 0.
 * Only when nothing that would make it part of a longer word follows. */
size_t hr_lex_name(hr_str s, char letter, uint32_t *number);

/* Length of the bracketed text that starts at s[0], judged by brackets and quotes alone; 0 if it
 * does not end. */
size_t hr_lex_brackets(hr_str s);

#endif
