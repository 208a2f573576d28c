/* Retrieval rounds: the model asked for originals in a finished reply; answer from the store. */
#include "engine/internal.h"

/* What the model gets for one call: the original text itself (not wrapped in JSON: escaping would
 * cost a tenth more tokens), or a sentence that says what to do instead. */
static hr_str answer(hr_engine *e, const hr_call *c, hr_arena *a)
{
    hr_entry entry = {0};
    hr_err err = c->hash.n ? hr_store_get(e->store, c->hash, a, &entry) : HR_E_SYNTAX;
    if (err == HR_OK)
        return entry.content;
    if (err == HR_E_SYNTAX)
        return HR_STR("The argument `hash` must be the hexadecimal digits after `hash=` in the "
                      "marker.");
    return hr_store_miss_text(e->store, err, &entry, a);
}

bool hr_engine_continue(hr_engine *e, hr_dialect d, hr_str forwarded_body, const hr_reply *reply,
                        hr_arena *a, hr_str *next)
{
    if (reply->nretrieve == 0 || reply->nretrieve != reply->ncalls)
        return false;
    hr_str *results = HR_NEW_ARRAY(a, hr_str, reply->ncalls);
    if (!results)
        return false;
    for (size_t i = 0; i < reply->ncalls; i++) {
        results[i] = answer(e, &reply->calls[i], a);
        if (!results[i].p)
            results[i] = HR_STR("The original is empty.");
    }
    return hr_wire_continue(d, forwarded_body, reply, results, a, next) == HR_OK;
}
