/* Cutting secrets out of text that people will see. Rules: spec of the request log. */
#include "base/log.h"

static bool word_char(char c)
{
    return hr_is_alnum(c) || c == '_' || c == '-';
}

static bool secret_char(char c)
{
    return hr_is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '~' || c == '+' || c == '/' ||
           c == '=' || c == '%';
}

static size_t run_of(hr_str s, size_t at, bool (*ok)(char))
{
    size_t i = at;
    while (i < s.n && ok(s.p[i]))
        i++;
    return i - at;
}

static bool secret_name(hr_str name)
{
    static const char *const parts[] = {"api_key", "api-key", "apikey",   "token",
                                        "secret",  "password", "credential", "authorization"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (hr_str_ifind(name, hr_cstr(parts[i])) != SIZE_MAX) {
            /* token counts are figures, not secrets */
            return !(hr_str_ieq(hr_cstr(parts[i]), HR_STR("token")) &&
                     (hr_str_ifind(name, HR_STR("tokens")) != SIZE_MAX));
        }
    }
    return false;
}

bool hr_secret_header(hr_str name)
{
    static const char *const exact[] = {"authorization", "proxy-authorization", "cookie",
                                        "set-cookie",    "api-key",             "x-api-key",
                                        "x-goog-api-key", "bearer",             "key"};
    for (size_t i = 0; i < sizeof(exact) / sizeof(*exact); i++) {
        if (hr_str_ieq(name, hr_cstr(exact[i])))
            return true;
    }
    return secret_name(name);
}

/* Length of a secret value that begins at `at` (0 = none), given the word before it. */
static size_t scheme_value(hr_str s, size_t at)
{
    size_t skip = 0;
    if (hr_str_istarts(hr_str_sub(s, at, s.n), HR_STR("bearer ")))
        skip = 7;
    else if (hr_str_istarts(hr_str_sub(s, at, s.n), HR_STR("basic ")))
        skip = 6;
    else
        return 0;
    size_t v = run_of(s, at + skip, secret_char);
    return v >= 8 ? skip + v : 0;
}

void hr_redact(hr_str s, hr_buf *out)
{
    size_t i = 0;
    while (i < s.n) {
        bool at_word = word_char(s.p[i]) && (i == 0 || !word_char(s.p[i - 1]));
        if (!at_word) {
            hr_buf_addc(out, s.p[i++]);
            continue;
        }
        size_t n = run_of(s, i, word_char), scheme = scheme_value(s, i);
        hr_str word = hr_str_sub(s, i, i + n);
        if (scheme) {
            hr_buf_add(out, word);
            hr_buf_lit(out, " [REDACTED]");
            i += scheme;
        } else if (hr_str_starts(word, HR_STR("sk-")) && n >= 12) {
            hr_buf_lit(out, "sk-[REDACTED]");
            i += n;
        } else if (secret_name(word) || (hr_str_ieq(word, HR_STR("key")) && i + n < s.n &&
                                         s.p[i + n] == '=')) {
            hr_buf_add(out, word);
            i += n;
            size_t j = i;
            while (j < s.n && (s.p[j] == '"' || s.p[j] == '\'' || s.p[j] == ' '))
                j++;
            if (j < s.n && (s.p[j] == '=' || s.p[j] == ':')) {
                j++;
                while (j < s.n && (s.p[j] == '"' || s.p[j] == '\'' || s.p[j] == ' '))
                    j++;
                size_t v = scheme_value(s, j);
                v = v ? v : run_of(s, j, secret_char);
                if (v) {
                    hr_buf_add(out, hr_str_sub(s, i, j));
                    hr_buf_lit(out, "[REDACTED]");
                    i = j + v;
                }
            }
        } else {
            hr_buf_add(out, word);
            i += n;
        }
    }
}
