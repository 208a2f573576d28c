/* compaction: two other notations for rows of objects, and the way back.
 *
 * json: the document stays JSON; an array of like objects becomes
 *     {"_compaction":"table","_schema":[{"name":"id","type":"int"},…],"_kept":2,"_total":2,
 *      "_rows":[[1,…],[2,…]]}
 *   type is int, float, string, bool or json; "nullable":true says that some cell is null or
 * absent. In a column with "optional":true a null cell is a member the row does not have; a null
 * that was there is {"_value":null}, and so is an object wrapped that has a member "_value" itself.
 * A column with "path" stands for a member of an object in each row. "_lines":true: the rows came
 * as documents one behind the other.
 *
 * markdown-kv: "[2]{id:int,name:string?}", then for each row a line "- id: 1" for its first member
 *   and "  name: ann" for each other; "-" is a row without members. Names with odd characters and
 *   texts that would read as something else stand in quotes; a.b is the member b of an object a.
 * The table is the text, or stands below the document as T1=… where T1 stands in it.
 *
 * Where rows were left out, "_kept" is smaller than "_total" and the head says "[2 of 300]".
 */
#ifndef HR_COMPRESS_COMPACTION_H
#define HR_COMPRESS_COMPACTION_H

#include "base/arena.h"
#include "base/buf.h"
#include "compress/compress.h"

/* Appends the JSON text that a complete text in one of the two notations stands for. HR_E_SYNTAX,
 * HR_E_LIMIT, HR_E_NOMEM. */
hr_err hr_compaction_decode(hr_compaction format, hr_str text, hr_arena *a, hr_buf *out);

#endif
