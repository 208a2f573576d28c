/* Any bytes as a tool call's arguments and as a shell command: no crash, and slices that lie in the
 * input or the arena (read here, so that the sanitizer sees them). */
#include <stdlib.h>

#include "base/hash.h"
#include "compress/command/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t digest(const hr_command *c)
{
    uint64_t h = hr_hash64_seed(c->name, (uint64_t)c->program);
    h = hr_hash64_seed(c->object, hr_hash64_seed(c->sub, h));
    for (size_t i = 0; i < c->nargs; i++)
        h = hr_hash64_seed(c->args[i], h);
    return h + (hr_command_flag(c, 'v', "--verbose") ? 1 : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_str text = hr_str_of((const char *)data, size);
    hr_arena a;
    hr_arena_init(&a, 64u << 20);
    hr_command c = hr_command_parse(text, &a), again = hr_command_parse(text, &a);
    if (digest(&c) != digest(&again) || (c.mixed && c.program != HR_PROGRAM_UNKNOWN))
        abort();
    c = hr_command_read(HR_STR("shell"), text, &a);
    (void)digest(&c);
    hr_arena_free(&a);
    return 0;
}
