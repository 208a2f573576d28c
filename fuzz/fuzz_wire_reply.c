/* First byte: dialect. The rest: a finished reply. What is read may be continued and given other
 * usage numbers, which must then be read back. */
#include "wire/wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_usage(hr_dialect d, const hr_reply *r, hr_arena *a)
{
    static const hr_usage sum = {true, 11, 22, 33, 5, 44};
    hr_str out;
    hr_reply again;
    must(hr_wire_reply_with_usage(d, r, &sum, a, &out) == HR_OK);
    must(hr_wire_read_reply(d, out, a, &again).code == HR_OK);
    must(again.ncalls == r->ncalls && again.nretrieve == r->nretrieve);
    must(again.usage.known == r->usage.known);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const bodies[] = {"{\"messages\":[]}", "{\"messages\":[]}",
                                         "{\"input\":\"q\",\"store\":false}"};
    if (size == 0)
        return 0;
    hr_arena a;
    hr_reply r;
    hr_dialect d = (hr_dialect)(data[0] % 3);
    hr_arena_init(&a, 0);
    hr_errpos e = hr_wire_read_reply(d, hr_str_of((const char *)data + 1, size - 1), &a, &r);
    must(e.at <= size);
    if (e.code == HR_OK) {
        must(r.nretrieve <= r.ncalls);
        for (size_t i = 0; i < r.ncalls; i++)
            must(r.calls[i].hash.n == 0 || (r.calls[i].hash.n >= 12 && r.calls[i].hash.n <= 24));
        hr_str *results = HR_NEW_ARRAY(&a, hr_str, r.ncalls);
        hr_str next;
        hr_wire_request req;
        if (hr_wire_continue(d, hr_cstr(bodies[d]), &r, results, &a, &next) == HR_OK) {
            hr_errpos pos = hr_wire_read(d, next, &a, &req);
            must(pos.code == HR_OK || pos.code == HR_E_LIMIT || pos.code == HR_E_DEPTH);
        }
        check_usage(d, &r, &a);
    }
    hr_arena_free(&a);
    return 0;
}
