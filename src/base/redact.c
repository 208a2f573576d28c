/* Cutting secrets out of text that people will see. Rules: spec of the request log. */
#include "base/log.h"

static inline bool word_char(char c)
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

/* Does s have one of the words that name a secret at `at`? */
static bool secret_part(hr_str s, size_t at)
{
    static const hr_str parts[] = {HR_STR_INIT("api_key"),    HR_STR_INIT("api-key"),
                                   HR_STR_INIT("apikey"),     HR_STR_INIT("secret"),
                                   HR_STR_INIT("passwd"),     HR_STR_INIT("password"),
                                   HR_STR_INIT("credential"), HR_STR_INIT("authorization")};
    hr_str rest = hr_str_sub(s, at, s.n);
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (hr_str_istarts(rest, parts[i]))
            return true;
    }
    return false;
}

/* One pass, since every word of every line of the log is asked about. */
static bool secret_name(hr_str name)
{
    bool token = false;
    for (size_t at = 0; at + 5 <= name.n; at++) {
        char c = hr_lower(name.p[at]), next = hr_lower(name.p[at + 1]);
        bool likely = c == 'a'   ? next == 'p' || next == 'u'
                      : c == 's' ? next == 'e'
                      : c == 'p' ? next == 'a'
                                 : c == 'c' && next == 'r';
        if (likely && secret_part(name, at))
            return true;
        if (c != 't' || token || !hr_str_istarts(hr_str_sub(name, at, name.n), HR_STR("token")))
            continue;
        /* a "token" is a secret; "tokens" are figures, a "tokenizer" is a tool */
        token = true;
        char after = at + 5 < name.n ? hr_lower(name.p[at + 5]) : '\0';
        if (after != 's' && after != 'i')
            return true;
    }
    return false;
}

bool hr_secret_header(hr_str name)
{
    static const char *const exact[] = {
        "authorization", "proxy-authorization", "cookie", "set-cookie", "api-key",
        "x-api-key",     "x-goog-api-key",      "bearer", "key"};
    for (size_t i = 0; i < sizeof(exact) / sizeof(*exact); i++) {
        if (hr_str_ieq(name, hr_cstr(exact[i])))
            return true;
    }
    return secret_name(name);
}

/* Words that are a secret by their look: "sk-…" and Google's "AIza…". */
static bool secret_word(hr_str word)
{
    return (hr_str_starts(word, HR_STR("sk-")) && word.n >= 12) ||
           (hr_str_starts(word, HR_STR("AIza")) && word.n >= 30);
}

/* "Bearer xyz", "Basic xyz" at s[at]: length of the whole, 0 when it is not one. */
static size_t scheme_value(hr_str s, size_t at)
{
    hr_str rest = hr_str_sub(s, at, s.n);
    size_t skip = hr_str_istarts(rest, HR_STR("bearer "))  ? 7
                  : hr_str_istarts(rest, HR_STR("basic ")) ? 6
                                                           : 0;
    size_t v = skip ? run_of(rest, skip, secret_char) : 0;
    return v >= 8 ? skip + v : 0;
}

static bool ends_value(char c)
{
    static const bool ends[256] = {
        ['\0'] = true, [','] = true, [';'] = true, ['&'] = true, ['"'] = true,
        ['\''] = true, ['('] = true, [')'] = true, ['['] = true, [']'] = true,
        ['{'] = true,  ['}'] = true, ['<'] = true, ['>'] = true};
    return hr_is_space(c) || ends[(unsigned char)c];
}

/* Length of the value at s[at]: to the closing quote, or to white space or punctuation. A value in
 * a JSON text inside a JSON text is closed by \" as it was opened. */
static size_t value_length(hr_str s, size_t at, char quote, bool escaped)
{
    size_t i = at;
    for (; i < s.n; i++) {
        if (!quote && ends_value(s.p[i]))
            break;
        if (quote && s.p[i] == quote)
            break;
        if (quote && s.p[i] == '\\') {
            if (escaped && i + 1 < s.n && s.p[i + 1] == quote)
                break;
            i += !escaped && i + 1 < s.n;
        }
    }
    return i - at;
}

/* name: "value", name=value, \"name\":\"value\" … behind a secret name that ends at `at`: copies
 * what stands before the value, replaces the value, and returns where to go on (`at`: no value). */
static size_t redact_value(hr_str s, size_t at, hr_buf *out)
{
    size_t j = at;
    while (j < s.n && (s.p[j] == '"' || s.p[j] == '\'' || s.p[j] == '\\' || s.p[j] == ' '))
        j++;
    if (j >= s.n || (s.p[j] != '=' && s.p[j] != ':'))
        return at;
    j++;
    bool escaped = false;
    char quote = 0;
    while (j < s.n && !quote &&
           (s.p[j] == '"' || s.p[j] == '\'' || s.p[j] == '\\' || s.p[j] == ' ')) {
        escaped |= s.p[j] == '\\';
        if (s.p[j] == '"' || s.p[j] == '\'')
            quote = s.p[j];
        j++;
    }
    size_t n = quote ? 0 : scheme_value(s, j);
    n = n ? n : value_length(s, j, quote, escaped);
    if (n == 0)
        return at;
    hr_buf_add(out, hr_str_sub(s, at, j));
    hr_buf_lit(out, "[REDACTED]");
    return j + n;
}

/* "://user:password@" at s[at]: length of the part up to and with the '@', 0 when there is none. */
static size_t userinfo(hr_str s, size_t at)
{
    if (!hr_str_starts(hr_str_sub(s, at, s.n), HR_STR("://")))
        return 0;
    for (size_t i = at + 3; i < s.n && s.p[i] != '/' && !ends_value(s.p[i]); i++) {
        if (s.p[i] == '@')
            return i + 1 - at;
    }
    return 0;
}

void hr_redact(hr_str s, hr_buf *out)
{
    size_t i = 0, from = 0; /* from: what is not copied yet */
    while (i < s.n) {
        bool at_word = word_char(s.p[i]) && (i == 0 || !word_char(s.p[i - 1]));
        if (!at_word) {
            size_t login = s.p[i] == ':' ? userinfo(s, i) : 0;
            if (login) {
                hr_buf_add(out, hr_str_sub(s, from, i));
                hr_buf_lit(out, "://[REDACTED]@");
                from = i + login;
            }
            i += login ? login : 1;
            continue;
        }
        size_t n = 1;
        while (i + n < s.n && word_char(s.p[i + n]))
            n++;
        hr_str word = hr_str_sub(s, i, i + n);
        size_t scheme = hr_lower(s.p[i]) == 'b' ? scheme_value(s, i) : 0;
        if (scheme) {
            hr_buf_add(out, hr_str_sub(s, from, i + n));
            hr_buf_lit(out, " [REDACTED]");
            from = i += scheme;
            continue;
        }
        if (secret_word(word)) {
            hr_buf_add(out, hr_str_sub(s, from, i + (word.p[0] == 's' ? 3 : 4)));
            hr_buf_lit(out, "[REDACTED]");
            from = i += n;
            continue;
        }
        i += n;
        bool key = n == 3 && i < s.n && s.p[i] == '=' && hr_str_ieq(word, HR_STR("key"));
        if (!key && !secret_name(word))
            continue;
        hr_buf_add(out, hr_str_sub(s, from, i));
        from = i = redact_value(s, i, out);
    }
    hr_buf_add(out, hr_str_sub(s, from, s.n));
}
