#include "text/tokens.h"

/* One constant per HR_TOKENIZER row, then the rows of the other two kinds as arrays. */
#define HR_TOKENIZER(id, name, encoding, factor, exact)                                            \
    static const hr_tokenizer tokenizer_##id = {encoding, factor, exact, name};
#define HR_MODEL(prefix, id)
#define HR_VENDOR(prefix)
#include "models.def"
#undef HR_TOKENIZER
#undef HR_MODEL

#define HR_TOKENIZER(id, name, encoding, factor, exact)
#define HR_MODEL(prefix, id) {{prefix, sizeof(prefix) - 1}, &tokenizer_##id},
static const struct {
    hr_str prefix;
    const hr_tokenizer *tokenizer;
} models[] = {
#include "models.def"
};
#undef HR_MODEL
#undef HR_VENDOR

#define HR_MODEL(prefix, id)
#define HR_VENDOR(prefix) {prefix, sizeof(prefix) - 1},
static const hr_str vendors[] = {
#include "models.def"
};

static hr_str without_vendor(hr_str model)
{
    size_t slash = hr_str_rfind_char(model, '/');
    if (slash != SIZE_MAX)
        model = hr_str_sub(model, slash + 1, model.n);
    for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
        if (hr_str_istarts(model, vendors[i])) {
            model = hr_str_sub(model, vendors[i].n, model.n);
            i = SIZE_MAX; /* "us.anthropic.claude-…": once more from the first */
        }
    return model;
}

const hr_tokenizer *hr_tokenizer_for(hr_str model)
{
    const hr_tokenizer *best = &tokenizer_unknown;
    size_t longest = 0;
    model = without_vendor(model);
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        if (models[i].prefix.n > longest && hr_str_istarts(model, models[i].prefix)) {
            longest = models[i].prefix.n;
            best = models[i].tokenizer;
        }
    return best;
}

size_t hr_tokens_count(const hr_tokenizer *t, hr_str text)
{
    size_t n = hr_bpe_count(t->encoding, text);
    return t->exact ? n : (size_t)(t->factor * (double)n + 0.5);
}
