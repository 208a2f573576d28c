/* The same tests over the loops for machines without SSE2. */
#define HR_JSON_PORTABLE 1

/* Before cmocka, which claims the word `fail`. */
#include "text/json.c"
#include "text/json_read.c"
#include "text/json_write.c"

#include "test_text_json.c"
