#include "engine/settings.h"

#include "engine/paths.h"
#include "engine/settings_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <yyjson.h>

enum { CONFIG_MAX = 1 << 20 };

const hr_opt_info hr_opts[HR_OPT_COUNT_] = {
#define HR_OPT(kind, id, cmds, on, off, letter, env, def, min, max, values, section, help)         \
    [HR_OPT_##id] = {HR_T_##kind, #id, cmds, on,     off,     letter, env,                         \
                     def,         min, max,  values, section, help},
#include "options.def"
#undef HR_OPT
};

const char *hr_opt_section_title(hr_opt_section s)
{
    static const char *const titles[HR_S_SECTION_COUNT] = {
        [HR_S_COMMAND] = "Command",     [HR_S_SERVER] = "Server",
        [HR_S_UPSTREAM] = "Providers",  [HR_S_OPTIMIZE] = "Optimisation",
        [HR_S_RETRIEVAL] = "Originals", [HR_S_LIMITS] = "Limits",
        [HR_S_LOG] = "Log and privacy", [HR_S_ACCESS] = "Access and headers",
        [HR_S_FILES] = "Files"};
    return s < HR_S_SECTION_COUNT ? titles[s] : "";
}

hr_err hr_settings_fail(hr_settings_loader *l, hr_err code, int exit_code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(l->err->text, sizeof(l->err->text), fmt, ap);
    va_end(ap);
    l->err->exit_code = exit_code;
    return code;
}

hr_err hr_settings_put(hr_settings_loader *l, hr_opt_id id, hr_str text, hr_origin from,
                       hr_str name)
{
    bool add = from == HR_FROM_FLAG && l->s->origin[id] == HR_FROM_FLAG;
    hr_err err = hr_setting_put(&l->r, id, text, add);
    if (err == HR_OK) {
        l->s->origin[id] = (uint8_t)from;
        l->s->origin_name[id] = name;
    } else if (err == HR_E_NOMEM) {
        return hr_settings_fail(l, err, 1, "out of memory");
    }
    return err;
}

static hr_err defaults(hr_settings_loader *l)
{
    for (int id = 0; id < HR_OPT_COUNT_; id++) {
        hr_err err = hr_settings_put(l, (hr_opt_id)id, hr_cstr(hr_opts[id].def), HR_FROM_DEFAULT,
                                     HR_STR_NONE);
        if (err != HR_OK)
            return hr_settings_fail(l, err, 1, "default of %s: %s", hr_opts[id].id, l->r.why);
    }
    return HR_OK;
}

/* --- environment ------------------------------------------------------------------------------ */

static hr_err from_env(hr_settings_loader *l, hr_opt_id id)
{
    const hr_opt_info *o = &hr_opts[id];
    hr_str rest = hr_cstr(o->env), name;
    while (o->env[0] && hr_str_split(&rest, '|', &name)) {
        bool invert = name.p[0] == '!';
        name = hr_str_sub(name, invert, name.n);
        hr_str value = hr_env(l->in->envp, name);
        if (value.n == 0)
            continue;
        bool b;
        if (invert && hr_bool_parse(value, &b))
            value = b ? HR_STR("false") : HR_STR("true");
        hr_err err = hr_settings_put(l, id, value, HR_FROM_ENV, name);
        if (err != HR_OK && err != HR_E_NOMEM)
            return hr_settings_fail(l, err, o->on[0] || o->off[0] ? 2 : 1,
                                    "Invalid value of environment variable %.*s: %s.", HR_FMT(name),
                                    l->r.why);
        return err;
    }
    return HR_OK;
}

static hr_err environment(hr_settings_loader *l)
{
    for (int id = 0; id < HR_OPT_COUNT_; id++) {
        if (hr_opts[id].cmds & l->in->command) {
            hr_err err = from_env(l, (hr_opt_id)id);
            if (err != HR_OK)
                return err;
        }
    }
    return HR_OK;
}

/* --- config file ------------------------------------------------------------------------------ */

static hr_opt_id by_id(hr_str name)
{
    for (int id = 0; id < HR_OPT_COUNT_; id++) {
        if (hr_str_eq(name, hr_cstr(hr_opts[id].id)))
            return (hr_opt_id)id;
    }
    return HR_OPT_COUNT_;
}

/* The JSON value as the text that a flag would have; false when its type does not fit the row. */
static bool json_text(hr_settings_loader *l, const hr_opt_info *o, yyjson_val *v, hr_str *out)
{
    bool number = o->kind == HR_T_INT || o->kind == HR_T_DOUBLE || o->kind == HR_T_SIZE;
    if (yyjson_is_bool(v)) {
        *out = yyjson_get_bool(v) ? HR_STR("true") : HR_STR("false");
        return o->kind == HR_T_BOOL;
    }
    if (yyjson_is_raw(v)) {
        *out = hr_str_of(yyjson_get_raw(v), yyjson_get_len(v));
        return number;
    }
    if (yyjson_is_str(v)) {
        *out = hr_str_of(yyjson_get_str(v), yyjson_get_len(v));
        return o->kind != HR_T_BOOL && (!number || o->kind == HR_T_SIZE);
    }
    if (!yyjson_is_arr(v) || o->kind != HR_T_LIST)
        return false;
    *out = HR_STR("");
    size_t i, max;
    yyjson_val *item;
    yyjson_arr_foreach(v, i, max, item)
    {
        if (!yyjson_is_str(item))
            return false;
        *out = hr_strf(&l->s->arena, "%.*s%s%s", HR_FMT(*out), i ? "," : "", yyjson_get_str(item));
    }
    return true;
}

static hr_err config_object(hr_settings_loader *l, yyjson_val *root, hr_str path)
{
    bool seen[HR_OPT_COUNT_] = {false};
    size_t i, max;
    yyjson_val *key, *v;
    yyjson_obj_foreach(root, i, max, key, v)
    {
        hr_str name = hr_str_of(yyjson_get_str(key), yyjson_get_len(key)), text;
        hr_opt_id id = by_id(name);
        if (id == HR_OPT_COUNT_)
            return hr_settings_fail(l, HR_E_UNKNOWN, 1, "%.*s: unknown setting '%.60s'.",
                                    HR_FMT(path), yyjson_get_str(key));
        if (seen[id])
            return hr_settings_fail(l, HR_E_SYNTAX, 1, "%.*s: '%s' is given twice.", HR_FMT(path),
                                    hr_opts[id].id);
        seen[id] = true;
        if (id == HR_OPT_config_dir || id == HR_OPT_workspace_dir ||
            hr_opts[id].section == HR_S_COMMAND)
            return hr_settings_fail(l, HR_E_UNKNOWN, 1,
                                    "%.*s: '%s' cannot be set in the config file.", HR_FMT(path),
                                    hr_opts[id].id);
        if (yyjson_is_null(v))
            continue;
        if (!json_text(l, &hr_opts[id], v, &text))
            return hr_settings_fail(l, HR_E_TYPE, 1, "%.*s: '%s' has the wrong type.", HR_FMT(path),
                                    hr_opts[id].id);
        hr_err err = hr_settings_put(l, id, text, HR_FROM_CONFIG, path);
        if (err != HR_OK)
            return err == HR_E_NOMEM
                       ? err
                       : hr_settings_fail(l, err, 1, "%.*s: invalid value of '%s': %s.",
                                          HR_FMT(path), hr_opts[id].id, l->r.why);
    }
    return HR_OK;
}

static hr_err config_parse(hr_settings_loader *l, hr_str path, hr_str text)
{
    yyjson_read_err e;
    yyjson_doc *doc =
        yyjson_read_opts((char *)(uintptr_t)text.p, text.n, YYJSON_READ_NUMBER_AS_RAW, NULL, &e);
    if (!doc) {
        size_t line = 1;
        for (size_t i = 0; i < e.pos && i < text.n; i++)
            line += text.p[i] == '\n';
        return hr_settings_fail(l, HR_E_SYNTAX, 1, "%.*s is not valid JSON: %s (line %zu).",
                                HR_FMT(path), e.msg, line);
    }
    yyjson_val *root = yyjson_doc_get_root(doc);
    hr_err err =
        yyjson_is_obj(root)
            ? config_object(l, root, path)
            : hr_settings_fail(l, HR_E_TYPE, 1, "%.*s must hold one JSON object.", HR_FMT(path));
    yyjson_doc_free(doc);
    return err;
}

/* No file is fine; so is a default folder that this user may not enter. */
static hr_err config_file(hr_settings_loader *l)
{
    hr_settings *s = l->s;
    hr_str path = hr_path_join(s->config_dir, HR_STR("config.json"), &s->arena), text;
    if (s->config_dir.n == 0)
        return HR_OK;
    char *dir = hr_zstr(&s->arena, s->config_dir);
    if (!dir)
        return hr_settings_fail(l, HR_E_NOMEM, 1, "out of memory");
    if (access(dir, X_OK) != 0 && !hr_setting_given(s, HR_OPT_config_dir))
        return HR_OK;
    hr_err err = hr_file_read(path, CONFIG_MAX, &s->arena, &text);
    if (err == HR_E_NOTFOUND)
        return HR_OK;
    if (err != HR_OK)
        return hr_settings_fail(l, err, 1, "%.*s cannot be read: %s.", HR_FMT(path),
                                err == HR_E_IO ? "permission denied or not a file"
                                               : hr_err_text(err));
    s->config_file = path;
    return config_parse(l, path, text);
}

static bool wants_help(const hr_settings_in *in)
{
    for (int i = 0; i < in->argc && strcmp(in->argv[i], "--") != 0; i++) {
        if (strcmp(in->argv[i], "--help") == 0 || strcmp(in->argv[i], "-?") == 0)
            return true;
    }
    return false;
}

/* --- all together ----------------------------------------------------------------------------- */

/* What depends on other settings. */
static hr_err derive(hr_settings_loader *l)
{
    hr_settings *s = l->s;
    if (s->config_dir.n == 0)
        s->config_dir = hr_path_join(s->workspace_dir, HR_STR("config"), &s->arena);
    if (s->ccr_sqlite_path.n == 0)
        s->ccr_sqlite_path = hr_path_join(s->workspace_dir, HR_STR("ccr_store.db"), &s->arena);
    return s->arena.failed ? hr_settings_fail(l, HR_E_NOMEM, 1, "out of memory") : HR_OK;
}

/* The two roots decide where the config file is, so they come from the environment alone. */
static hr_err roots(hr_settings_loader *l)
{
    hr_err err = from_env(l, HR_OPT_workspace_dir);
    if (err == HR_OK)
        err = from_env(l, HR_OPT_config_dir);
    if (err == HR_OK && l->s->config_dir.n == 0)
        l->s->config_dir = hr_path_join(l->s->workspace_dir, HR_STR("config"), &l->s->arena);
    return err;
}

hr_err hr_settings_load(const hr_settings_in *in, hr_settings *out, hr_settings_error *err)
{
    memset(out, 0, sizeof(*out));
    hr_arena_init(&out->arena, 16u << 20);
    *err = (hr_settings_error){0};
    hr_settings_loader l = {.in = in, .s = out, .err = err, .r = {.s = out, .envp = in->envp}};
    hr_err e = defaults(&l);
    if (e == HR_OK && wants_help(in)) {
        out->help = true;
        return derive(&l);
    }
    if (e == HR_OK)
        e = roots(&l);
    if (e == HR_OK)
        e = config_file(&l);
    if (e == HR_OK)
        e = environment(&l);
    if (e == HR_OK)
        e = hr_settings_flags(&l);
    if (e == HR_OK)
        e = derive(&l);
    if (e == HR_E_NOMEM && !err->text[0])
        hr_settings_fail(&l, e, 1, "out of memory");
    return e;
}

void hr_settings_free(hr_settings *s)
{
    hr_arena_free(&s->arena);
}
