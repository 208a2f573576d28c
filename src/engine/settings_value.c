#include "engine/settings_impl.h"

#include "engine/paths.h"

#include <stdio.h>

static const size_t offset_of[HR_OPT_COUNT_] = {
#define HR_OPT(kind, id, ...) offsetof(hr_settings, id),
#include "options.def"
#undef HR_OPT
};

static void *field(const hr_settings *s, hr_opt_id id)
{
    return (char *)(uintptr_t)s + offset_of[id];
}

bool hr_bool_parse(hr_str text, bool *out)
{
    static const char *const yes[] = {"1", "true", "yes", "on", "t", "y", "enabled"};
    static const char *const no[] = {"0", "false", "no", "off", "f", "n", "disabled"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
        if (hr_str_ieq(text, hr_cstr(yes[i])) || hr_str_ieq(text, hr_cstr(no[i]))) {
            *out = hr_str_ieq(text, hr_cstr(yes[i]));
            return true;
        }
    }
    return false;
}

/* 64k, 10M, 1G, with or without a closing B or iB; powers of 1024. */
static bool size_parse(hr_str text, int64_t *out)
{
    if (hr_str_iends(text, HR_STR("ib")))
        text.n -= 2;
    else if (hr_str_iends(text, HR_STR("b")))
        text.n -= 1;
    unsigned shift = 0;
    if (text.n) {
        size_t unit = hr_str_find_char(HR_STR("kmgt"), hr_lower(text.p[text.n - 1]));
        if (unit != SIZE_MAX) {
            shift = 10 * ((unsigned)unit + 1);
            text.n--;
        }
    }
    uint64_t v;
    if (!hr_str_u64(text, &v) || v > (uint64_t)INT64_MAX >> shift)
        return false;
    *out = (int64_t)(v << shift);
    return true;
}

/* Finds text among "a|b|alias=a"; the canonical spelling, or none. */
static hr_str choice(const char *values, hr_str text)
{
    hr_str rest = hr_cstr(values), part;
    while (hr_str_split(&rest, '|', &part)) {
        size_t eq = hr_str_find_char(part, '=');
        hr_str name = eq == SIZE_MAX ? part : hr_str_sub(part, 0, eq);
        if (hr_str_ieq(name, text))
            return eq == SIZE_MAX ? part : hr_str_sub(part, eq + 1, part.n);
    }
    return HR_STR_NONE;
}

static void list_choices(const char *values, char *out, size_t cap)
{
    size_t n = (size_t)snprintf(out, cap, "choose from");
    hr_str rest = hr_cstr(values), part;
    for (const char *sep = " "; hr_str_split(&rest, '|', &part) && n < cap; sep = ", ") {
        if (!hr_str_has(part, HR_STR("=")))
            n += (size_t)snprintf(out + n, cap - n, "%s%.*s", sep, HR_FMT(part));
    }
}

/* Shows the offending text, cut short; only for kinds that cannot hold a secret. */
static hr_err bad(hr_setting_reader *r, hr_err code, hr_str text, const char *is_not)
{
    char shown[64];
    size_t n = 0;
    for (size_t i = 0; i < text.n && n < sizeof(shown) - 4; i++)
        shown[n++] = (unsigned char)text.p[i] < 0x20 ? ' ' : text.p[i];
    shown[n] = 0;
    snprintf(r->why, sizeof(r->why), "'%s%s' is not %s", shown, n < text.n ? "..." : "", is_not);
    return code;
}

static hr_err in_range(hr_setting_reader *r, const hr_opt_info *o, hr_str text, double v)
{
    if (v >= o->min && v <= o->max)
        return HR_OK;
    char range[96];
    snprintf(range, sizeof(range), "in the range %.15g to %.15g", o->min, o->max);
    return bad(r, HR_E_RANGE, text, range);
}

/* host or [v6], then nothing, :port or a path */
static const char *authority(hr_str rest)
{
    size_t slash = hr_str_find_char(rest, '/');
    hr_str auth = hr_str_sub(rest, 0, slash);
    size_t close = hr_str_find_char(auth, ']');
    hr_str after = close == SIZE_MAX ? auth : hr_str_sub(auth, close + 1, auth.n);
    size_t colon = hr_str_find_char(after, ':');
    size_t host = auth.n - after.n + (colon == SIZE_MAX ? after.n : colon);
    uint64_t port = 1;
    if (host == 0)
        return "the URL names no host";
    if (colon != SIZE_MAX &&
        (!hr_str_u64(hr_str_sub(after, colon + 1, after.n), &port) || port == 0 || port > 65535))
        return "the URL's port is not between 1 and 65535";
    return NULL;
}

static hr_err url(hr_setting_reader *r, hr_str *text)
{
    hr_str u = *text;
    size_t host = hr_str_istarts(u, HR_STR("https://"))  ? 8
                  : hr_str_istarts(u, HR_STR("http://")) ? 7
                                                         : 0;
    const char *why = NULL;
    while (u.n > host && u.p[u.n - 1] == '/')
        u.n--;
    if (!host)
        why = "a URL starts with http:// or https://";
    for (size_t i = 0; !why && i < u.n; i++) {
        unsigned char c = (unsigned char)u.p[i];
        if (c <= 0x20 || c >= 0x7f)
            why = "a URL has no spaces, control or non-ASCII characters";
        else if (c == '?' || c == '#')
            why = "this URL is a base: it has no query and no fragment";
        else if (c == '@')
            why = "credentials do not belong into the URL";
    }
    if (!why)
        why = authority(hr_str_sub(u, host, u.n));
    if (why) { /* the text itself is not shown: it may hold a credential */
        snprintf(r->why, sizeof(r->why), "%s", why);
        return HR_E_SYNTAX;
    }
    *text = u;
    return HR_OK;
}

static hr_err put_text(hr_setting_reader *r, hr_opt_id id, hr_str text, bool add)
{
    hr_settings *s = r->s;
    hr_str *to = field(s, id);
    if (add && to->n && text.n)
        text = hr_strf(&s->arena, "%.*s,%.*s", HR_FMT(*to), HR_FMT(text));
    else if (hr_opts[id].kind == HR_T_PATH)
        text = hr_path_expand(text, r->envp, &s->arena);
    *to = hr_str_dup(&s->arena, text);
    return s->arena.failed ? HR_E_NOMEM : HR_OK;
}

hr_err hr_setting_put(hr_setting_reader *r, hr_opt_id id, hr_str text, bool add)
{
    const hr_opt_info *o = &hr_opts[id];
    void *to = field(r->s, id);
    hr_err err = HR_OK;
    double d = 0;
    int64_t i = 0;
    bool b = false;
    switch (o->kind) {
    case HR_T_BOOL:
        if (!hr_bool_parse(text, &b))
            return bad(r, HR_E_TYPE, text, "true or false (1, yes, on; 0, no, off)");
        *(bool *)to = b;
        return HR_OK;
    case HR_T_INT:
        if (text.n && !hr_str_i64(text, &i))
            return bad(r, HR_E_TYPE, text, "a whole number");
        err = text.n ? in_range(r, o, text, (double)i) : HR_OK;
        if (err == HR_OK)
            *(int64_t *)to = i;
        return err;
    case HR_T_SIZE:
        if (!size_parse(text, &i))
            return bad(r, HR_E_TYPE, text, "a size in bytes (such as 65536, 64k or 10M)");
        err = in_range(r, o, text, (double)i);
        if (err == HR_OK)
            *(int64_t *)to = i;
        return err;
    case HR_T_DOUBLE:
        if (text.n && !hr_str_double(text, &d))
            return bad(r, HR_E_TYPE, text, "a number");
        err = text.n ? in_range(r, o, text, d) : HR_OK;
        if (err == HR_OK)
            *(double *)to = d;
        return err;
    case HR_T_ENUM: {
        hr_str c = choice(o->values, text);
        if (c.n) {
            *(hr_str *)to = c;
            return HR_OK;
        }
        char names[160];
        list_choices(o->values, names, sizeof(names));
        bad(r, HR_E_UNKNOWN, text, "known: ");
        size_t n = strlen(r->why);
        snprintf(r->why + n, sizeof(r->why) - n, "%s", names);
        return HR_E_UNKNOWN;
    }
    case HR_T_URL:
        err = url(r, &text);
        return err == HR_OK ? put_text(r, id, text, false) : err;
    default:
        return put_text(r, id, text, add && o->kind == HR_T_LIST);
    }
}

void hr_setting_show(const hr_settings *s, hr_opt_id id, hr_buf *out)
{
    const void *from = field(s, id);
    switch (hr_opts[id].kind) {
    case HR_T_BOOL:
        hr_buf_add(out, *(const bool *)from ? HR_STR("true") : HR_STR("false"));
        return;
    case HR_T_INT:
    case HR_T_SIZE:
        hr_buf_addf(out, "%lld", (long long)*(const int64_t *)from);
        return;
    case HR_T_DOUBLE:
        hr_buf_addf(out, "%.15g", *(const double *)from);
        return;
    case HR_T_SECRET:
        hr_buf_add(out, ((const hr_str *)from)->n ? HR_STR("(set)") : HR_STR(""));
        return;
    default:
        hr_buf_add(out, *(const hr_str *)from);
    }
}
