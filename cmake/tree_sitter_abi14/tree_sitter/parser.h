/* What parsers generated for ABI 14 call by other names than the header of our core, which is for
 * ABI 15 and reads both. Some archives of grammars come without the header they were made for. */
#ifndef HR_TREE_SITTER_ABI14_PARSER_H
#define HR_TREE_SITTER_ABI14_PARSER_H

#include "core/src/parser.h"

#define TSFieldMapSlice TSMapSlice
#define version         abi_version

#endif
