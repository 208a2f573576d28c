/* The tool that gives originals back. It stands in every request of a conversation that has it, so
 * each word of it is paid for again and again. */
#include "wire/wire.h"

#define DESCRIPTION "Get the original of shortened content if what is shown is not enough."
#define SCHEMA                                                                                     \
    "{\"type\":\"object\",\"properties\":{\"hash\":{\"type\":\"string\",\"description\":"          \
    "\"hash in the marker\"}},\"required\":[\"hash\"]}"
#define NAME_AND_TEXT "\"name\":\"headroom_retrieve\",\"description\":\"" DESCRIPTION "\""

hr_str hr_wire_retrieve_tool(hr_dialect d)
{
    switch (d) {
    case HR_DIALECT_ANTHROPIC:
        return HR_STR("{" NAME_AND_TEXT ",\"input_schema\":" SCHEMA "}");
    case HR_DIALECT_OPENAI_CHAT:
        return HR_STR("{\"type\":\"function\",\"function\":{" NAME_AND_TEXT
                      ",\"parameters\":" SCHEMA "}}");
    case HR_DIALECT_OPENAI_RESPONSES:
        /* Responses makes schemas strict unless told otherwise, which needs more keys. */
        return HR_STR("{\"type\":\"function\"," NAME_AND_TEXT ",\"parameters\":" SCHEMA
                      ",\"strict\":false}");
    }
    return HR_STR_NONE;
}
