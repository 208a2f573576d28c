#include "base/error.h"

static const struct {
    const char *name, *text;
} table[HR_ERR_COUNT] = {
    [HR_OK] = {"ok", "ok"},
#define HR_ERR(id, nm, tx) [HR_E_##id] = {nm, tx},
#include "base/error.def"
#undef HR_ERR
};

const char *hr_err_name(hr_err e)
{
    return (unsigned)e < HR_ERR_COUNT ? table[e].name : "unknown_error";
}

const char *hr_err_text(hr_err e)
{
    return (unsigned)e < HR_ERR_COUNT ? table[e].text : "unknown error";
}
