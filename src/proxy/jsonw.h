/* A JSON writer for the admin answers: puts the commas, quotes the strings, nothing more. */
#ifndef HR_PROXY_JSONW_H
#define HR_PROXY_JSONW_H

#include "base/buf.h"
#include "text/json.h"

typedef struct hr_jw {
    hr_buf *b;
    bool comma; /* something stands before in the open container */
} hr_jw;

static inline void hr_jw_sep(hr_jw *w)
{
    if (w->comma)
        hr_buf_addc(w->b, ',');
    w->comma = true;
}
static inline void hr_jw_key(hr_jw *w, const char *key)
{
    hr_jw_sep(w);
    if (key) {
        hr_json_quote(w->b, hr_cstr(key));
        hr_buf_addc(w->b, ':');
    }
}
/* key == NULL inside arrays and for the root. */
static inline void hr_jw_open(hr_jw *w, const char *key, char bracket)
{
    hr_jw_key(w, key);
    hr_buf_addc(w->b, bracket);
    w->comma = false;
}
static inline void hr_jw_close(hr_jw *w, char bracket)
{
    hr_buf_addc(w->b, bracket);
    w->comma = true;
}
static inline void hr_jw_str(hr_jw *w, const char *key, hr_str s)
{
    hr_jw_key(w, key);
    hr_json_quote(w->b, s);
}
static inline void hr_jw_z(hr_jw *w, const char *key, const char *z)
{
    hr_jw_str(w, key, hr_cstr(z));
}
/* The names of a comma list. */
static inline void hr_jw_names(hr_jw *w, const char *key, const char *list)
{
    hr_str rest = hr_cstr(list), one;
    hr_jw_open(w, key, '[');
    while (rest.n && hr_str_split(&rest, ',', &one)) {
        if (hr_str_trim(one).n)
            hr_jw_str(w, NULL, hr_str_trim(one));
    }
    hr_jw_close(w, ']');
}
/* null when empty */
static inline void hr_jw_str_or_null(hr_jw *w, const char *key, hr_str s)
{
    hr_jw_key(w, key);
    if (s.n)
        hr_json_quote(w->b, s);
    else
        hr_buf_lit(w->b, "null");
}
static inline void hr_jw_null(hr_jw *w, const char *key)
{
    hr_jw_key(w, key);
    hr_buf_lit(w->b, "null");
}
static inline void hr_jw_u64(hr_jw *w, const char *key, uint64_t v)
{
    hr_jw_key(w, key);
    hr_buf_add_u64(w->b, v);
}
static inline void hr_jw_i64(hr_jw *w, const char *key, int64_t v)
{
    hr_jw_key(w, key);
    hr_buf_addf(w->b, "%lld", (long long)v);
}
static inline void hr_jw_double(hr_jw *w, const char *key, double v, int decimals)
{
    hr_jw_key(w, key);
    hr_buf_addf(w->b, "%.*f", decimals, v);
}
static inline void hr_jw_bool(hr_jw *w, const char *key, bool v)
{
    hr_jw_key(w, key);
    hr_buf_add(w->b, v ? HR_STR("true") : HR_STR("false"));
}
static inline void hr_jw_raw(hr_jw *w, const char *key, hr_str json)
{
    hr_jw_key(w, key);
    hr_buf_add(w->b, json);
}

#endif
