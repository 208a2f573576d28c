#include "compress/compress.h"

static const struct {
    const char *code, *text;
    bool changed;
} reasons[HR_REASON_COUNT] = {
#define HR_REASON(id, c, ch, t) [HR_R_##id] = {c, t, ch},
#include "reasons.def"
#undef HR_REASON
};

const char *hr_reason_code(hr_reason r)
{
    return (unsigned)r < HR_REASON_COUNT ? reasons[r].code : "unknown";
}

const char *hr_reason_text(hr_reason r)
{
    return (unsigned)r < HR_REASON_COUNT ? reasons[r].text : "unknown";
}

bool hr_reason_changed(hr_reason r)
{
    return (unsigned)r < HR_REASON_COUNT && reasons[r].changed;
}
