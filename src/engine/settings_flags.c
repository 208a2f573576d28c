/* settings: the command line. Long options with "--opt value" or "--opt=value", no abbreviations,
 * options anywhere, "--" ends them, lists add up, of an on/off pair the last one wins. */
#include "engine/settings_impl.h"

/* Is `name` among the '|' separated spellings? */
static bool spelled(const char *names, hr_str name)
{
    hr_str rest = hr_cstr(names), part;
    while (names[0] && hr_str_split(&rest, '|', &part)) {
        if (hr_str_eq(part, name))
            return true;
    }
    return false;
}

static hr_opt_id find_flag(unsigned command, hr_str name, bool *off)
{
    for (int id = 0; id < HR_OPT_COUNT_; id++) {
        const hr_opt_info *o = &hr_opts[id];
        *off = spelled(o->off, name);
        if ((o->cmds & command) && (*off || spelled(o->on, name)))
            return (hr_opt_id)id;
    }
    return HR_OPT_COUNT_;
}

static hr_opt_id find_letter(unsigned command, char letter)
{
    for (int id = 0; id < HR_OPT_COUNT_; id++) {
        if ((hr_opts[id].cmds & command) && hr_opts[id].letter[0] == letter)
            return (hr_opt_id)id;
    }
    return HR_OPT_COUNT_;
}

/* Letters that must be changed to get from a to b (Levenshtein); only for short names. */
static size_t distance(hr_str a, hr_str b)
{
    size_t row[64];
    if (a.n >= 64 || b.n >= 64)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t best = diagonal + (a.p[i - 1] != b.p[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b.n];
}

static hr_err unknown_flag(hr_settings_loader *l, hr_str name)
{
    hr_str near = HR_STR_NONE;
    size_t best = name.n / 3 + 1;
    for (int id = 0; id < HR_OPT_COUNT_; id++) {
        if (!(hr_opts[id].cmds & l->in->command))
            continue;
        for (int side = 0; side < 2; side++) {
            hr_str rest = hr_cstr(side ? hr_opts[id].off : hr_opts[id].on), part;
            while (rest.n && hr_str_split(&rest, '|', &part)) {
                size_t d = distance(name, part);
                if (d < best) {
                    best = d;
                    near = part;
                }
            }
        }
    }
    hr_str shown = hr_str_sub(name, 0, 60);
    return near.n ? hr_settings_fail(l, HR_E_UNKNOWN, 2, "No such option: %.*s. Did you mean %.*s?",
                                     HR_FMT(shown), HR_FMT(near))
                  : hr_settings_fail(l, HR_E_UNKNOWN, 2, "No such option: %.*s", HR_FMT(shown));
}

static hr_err put_flag(hr_settings_loader *l, hr_opt_id id, hr_str name, hr_str value)
{
    hr_err err = hr_settings_put(l, id, value, HR_FROM_FLAG, name);
    if (err == HR_OK || err == HR_E_NOMEM)
        return err;
    return hr_settings_fail(l, err, 2, "Invalid value for '%.*s': %s.", HR_FMT(name), l->r.why);
}

static hr_err long_flag(hr_settings_loader *l, hr_str arg, int *i)
{
    size_t eq = hr_str_find_char(arg, '=');
    bool has_value = eq != SIZE_MAX, off;
    hr_str name = has_value ? hr_str_sub(arg, 0, eq) : arg;
    hr_str value = has_value ? hr_str_sub(arg, eq + 1, arg.n) : HR_STR_NONE;
    hr_opt_id id = find_flag(l->in->command, name, &off);
    if (id == HR_OPT_COUNT_)
        return unknown_flag(l, name);
    if (hr_opts[id].kind == HR_T_BOOL) {
        if (has_value)
            return hr_settings_fail(l, HR_E_TYPE, 2, "Option '%.*s' does not take a value.",
                                    HR_FMT(name));
        return put_flag(l, id, name, off ? HR_STR("false") : HR_STR("true"));
    }
    if (!has_value) {
        if (*i + 1 >= l->in->argc)
            return hr_settings_fail(l, HR_E_MISSING, 2, "Option '%.*s' requires a value.",
                                    HR_FMT(name));
        value = hr_cstr(l->in->argv[++*i]);
    }
    if (value.n == 0 && (hr_opts[id].kind == HR_T_INT || hr_opts[id].kind == HR_T_DOUBLE))
        return hr_settings_fail(l, HR_E_TYPE, 2, "Invalid value for '%.*s': it is empty.",
                                HR_FMT(name));
    return put_flag(l, id, name, value);
}

static hr_err short_flag(hr_settings_loader *l, hr_str arg, int *i)
{
    hr_opt_id id = find_letter(l->in->command, arg.p[1]);
    if (id == HR_OPT_COUNT_)
        return unknown_flag(l, hr_str_sub(arg, 0, 2));
    hr_str name = hr_str_sub(arg, 0, 2), value = hr_str_sub(arg, 2, arg.n);
    if (value.n == 0) {
        if (*i + 1 >= l->in->argc)
            return hr_settings_fail(l, HR_E_MISSING, 2, "Option '%.*s' requires a value.",
                                    HR_FMT(name));
        value = hr_cstr(l->in->argv[++*i]);
    }
    return put_flag(l, id, name, value);
}

hr_err hr_settings_flags(hr_settings_loader *l)
{
    bool only_args = false;
    for (int i = 0; i < l->in->argc; i++) {
        hr_str arg = hr_cstr(l->in->argv[i]);
        hr_err err = HR_OK;
        if (!only_args && hr_str_eq(arg, HR_STR("--"))) {
            only_args = true;
        } else if (!only_args && hr_str_starts(arg, HR_STR("--"))) {
            err = long_flag(l, arg, &i);
        } else if (!only_args && arg.n > 1 && arg.p[0] == '-') {
            err = short_flag(l, arg, &i);
        } else if (l->s->nargs >= l->in->max_args || l->s->nargs >= HR_MAX_ARGS) {
            return hr_settings_fail(l, HR_E_UNKNOWN, 2, "Got unexpected extra argument (%.60s)",
                                    l->in->argv[i]);
        } else {
            l->s->args[l->s->nargs++] = arg;
        }
        if (err != HR_OK)
            return err;
    }
    return HR_OK;
}
