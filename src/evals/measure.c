#include "evals/measure.h"

#include "compress/marker.h"
#include "compress/table/table.h"

bool hr_needle_in(hr_str text, hr_str needle)
{
    if (hr_str_has(text, needle))
        return true;
    hr_buf b = HR_BUF_INIT(0);
    hr_json_quote(&b, needle);
    bool found =
        b.err == HR_OK && b.n != needle.n + 2 && hr_str_has(text, hr_str_of(b.p + 1, b.n - 2));
    hr_buf_free(&b);
    return found;
}

static bool names_key(hr_str text, const hr_key *key)
{
    hr_marker_hit hit;
    for (size_t at = 0; hr_marker_find(text, at, &hit); at = hit.end) {
        if (hr_str_istarts(hr_key_str(key), hit.hash))
            return true;
    }
    return false;
}

static hr_str decoded(hr_str form, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_str back = HR_STR_NONE;
    if (hr_table_decode(form, a, &b).code == HR_OK && b.err == HR_OK)
        back = hr_str_dup(a, hr_buf_str(&b));
    hr_buf_free(&b);
    return back;
}

/* Lines that stand before the document, in the input and in the form alike. */
static size_t common_lines(hr_str x, hr_str y)
{
    size_t n = 0, after = 0;
    for (; n < x.n && n < y.n && x.p[n] == y.p[n]; n++)
        after = x.p[n] == '\n' ? n + 1 : after;
    return after;
}

/* A lossless JSON form read back; stays empty for other kinds, whose forms have no reader. */
static void read_back(hr_meter *m, hr_measured *d)
{
    const hr_compressed *c = &d->c;
    hr_json_doc doc;
    if (!c->changed || c->lossy || (c->kind != HR_KIND_JSON && c->kind != HR_KIND_NDJSON))
        return;
    d->back = decoded(c->text, m->scratch);
    if (d->back.n)
        return;
    size_t skip = common_lines(d->text, c->text);
    d->back = decoded(hr_str_trim(hr_str_sub(c->text, skip, c->text.n)), m->scratch);
    d->unreadable = !d->back.n && hr_json_scan(m->scratch, d->text, 0, &doc).code == HR_OK;
}

void hr_measure_with(hr_meter *m, hr_compress_opts *o, hr_str text, hr_measured *out)
{
    *out = (hr_measured){.text = text};
    hr_compressed *c = &out->c;
    out->err = hr_engine_compress_text(m->e, o, text, m->scratch, c);
    c->tokens_before = hr_tokens_count(m->tok, text);
    c->tokens_after = c->changed ? hr_tokens_count(m->tok, c->text) : c->tokens_before;
    if (c->lossy) {
        hr_entry e;
        out->unspoken = !names_key(c->text, &c->key);
        out->intact =
            !out->unspoken &&
            hr_store_get(hr_engine_store(m->e), hr_key_str(&c->key), m->scratch, &e) == HR_OK &&
            hr_str_eq(e.content, text);
    } else {
        read_back(m, out);
    }
}

void hr_measure(hr_meter *m, hr_str text, hr_str query, hr_measured *out)
{
    hr_compress_opts o = hr_compress_defaults();
    o.tok = m->tok;
    o.via = HR_VIA_TOOL;
    o.query = query;
    hr_measure_with(m, &o, text, out);
}

/* `"key": value` is visible when key and value are, as in a table. */
static bool member_in(hr_str text, hr_str needle)
{
    hr_str s = hr_str_trim(needle);
    size_t colon = hr_str_find(s, HR_STR("\":"));
    if (s.n < 4 || s.p[0] != '"' || colon == SIZE_MAX)
        return false;
    hr_str value = hr_str_trim(hr_str_sub(s, colon + 2, s.n));
    if (value.n && value.p[value.n - 1] == ',')
        value.n--;
    if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"')
        value = hr_str_sub(value, 1, value.n - 1);
    return hr_str_has(text, hr_str_sub(s, 1, colon)) && hr_str_has(text, value);
}

bool hr_measured_returns(const hr_measured *d, hr_str needle)
{
    if (d->c.lossy)
        return d->intact;
    bool json = d->c.kind == HR_KIND_JSON || d->c.kind == HR_KIND_NDJSON;
    return d->c.changed && (!json || hr_needle_in(d->back, needle) || member_in(d->back, needle));
}

hr_found hr_measure_find(const hr_measured *d, hr_str needle)
{
    if (!hr_needle_in(d->text, needle))
        return HR_FOUND_LOST;
    if (hr_needle_in(d->c.text, needle) || member_in(d->c.text, needle))
        return HR_FOUND_VISIBLE;
    return hr_measured_returns(d, needle) ? HR_FOUND_RETRIEVABLE : HR_FOUND_LOST;
}

bool hr_measure_sound(hr_meter *m, hr_suite *s, const hr_measured *d, hr_str name)
{
    const char *wrong = NULL;
    if (d->err != HR_OK)
        wrong = hr_err_text(d->err);
    else if (d->c.tokens_after > d->c.tokens_before || d->c.text.n > d->text.n)
        wrong = "the output is larger than the input";
    else if (d->text.n && !d->c.text.n)
        wrong = "the output is empty";
    else if (!d->c.changed && !hr_str_eq(d->c.text, d->text))
        wrong = "called unchanged, but the bytes differ";
    else if (d->unreadable)
        wrong = "the lossless form of a JSON text cannot be read back";
    else if (d->unspoken)
        wrong = "something was left out and no hash is named";
    else if (d->c.lossy && !d->intact)
        wrong = "the original did not come back byte for byte";
    if (wrong)
        hr_suite_fail(m->r, s, "%.*s: %s", HR_FMT(name), wrong);
    return !wrong;
}
