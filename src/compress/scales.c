#include "compress/scales.h"

/* Estimates are trusted when they differ by more than this factor. */
static const double WIDE = 1.6;

hr_sized hr_size_of(const hr_compress_opts *o, hr_str s)
{
    return (hr_sized){.s = s, .estimate = s.n ? hr_tokens_estimate(o->tok, s) : 0};
}

static size_t weigh(hr_scales *c, hr_str s)
{
    for (size_t i = 0; i < c->n && i < HR_SCALES_COUNTS; i++) {
        if (c->known[i].s.p == s.p && c->known[i].s.n == s.n)
            return c->known[i].tokens;
    }
    size_t tokens = hr_tokens_count(c->o->tok, s);
    c->known[c->n++ % HR_SCALES_COUNTS] = (hr_counted){s, tokens};
    return tokens;
}

size_t hr_exact(hr_scales *c, hr_sized *x)
{
    if (!x->counted) {
        x->exact = weigh(c, x->s);
        x->counted = true;
    }
    return x->exact;
}

bool hr_surely_at_most(const hr_sized *a, double factor, const hr_sized *b)
{
    return (double)a->estimate * WIDE < factor * (double)b->estimate;
}

bool hr_at_most(hr_scales *c, hr_sized *a, double factor, hr_sized *b)
{
    if (!(a->counted && b->counted)) {
        if (hr_surely_at_most(a, factor, b))
            return true;
        if ((double)a->estimate > factor * (double)b->estimate * WIDE)
            return false;
    }
    return (double)hr_exact(c, a) <= factor * (double)hr_exact(c, b);
}

size_t hr_best_known(const hr_sized *x)
{
    return x->counted ? x->exact : x->estimate;
}

size_t hr_less_by(const hr_sized *before, const hr_sized *after)
{
    size_t b = hr_best_known(before), a = hr_best_known(after);
    return b > a ? b - a : 0;
}

bool hr_reaches(hr_scales *c, hr_sized *text, size_t gate)
{
    double estimate = (double)text->estimate;
    if (estimate > (double)gate * WIDE)
        return true;
    return estimate * WIDE >= (double)gate && hr_exact(c, text) >= gate;
}
