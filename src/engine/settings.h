/* settings: every option of the program, read from one table (defs/options.def).
 *
 * Precedence: flag > environment variable > config file > default. A blank environment variable
 * counts as unset. The config file is config.json in the config folder: one JSON object whose keys
 * are the ids of the table. An unknown option, a value of the wrong type or out of range, or a
 * malformed config file is an error that names where it came from; nothing is silently ignored.
 *
 * The texts of a loaded hr_settings live in its arena; it is read-only afterwards and may be shared
 * by all threads.
 */
#ifndef HR_ENGINE_SETTINGS_H
#define HR_ENGINE_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"

/* Commands, as a mask. */
enum {
    HR_C_PROXY = 1 << 0,
    HR_C_DOCTOR = 1 << 1,
    HR_C_COMPRESS = 1 << 2,
    HR_C_RETRIEVE = 1 << 3,
    HR_C_COUNT = 1 << 4,
    HR_C_EVALS = 1 << 9,
    HR_C_TEXT = HR_C_COMPRESS | HR_C_RETRIEVE, /* commands that open the store */
    HR_C_ALL = 0xffff
};

/* The kind column; see defs/options.def. */
typedef enum hr_opt_kind {
    HR_T_BOOL,
    HR_T_INT,
    HR_T_DOUBLE,
    HR_T_SIZE,
    HR_T_STR,
    HR_T_PATH,
    HR_T_LIST,
    HR_T_SECRET,
    HR_T_ENUM,
    HR_T_URL
} hr_opt_kind;

/* Headings in the help, in this order. */
typedef enum hr_opt_section {
    HR_S_COMMAND,
    HR_S_SERVER,
    HR_S_UPSTREAM,
    HR_S_OPTIMIZE,
    HR_S_RETRIEVAL,
    HR_S_LIMITS,
    HR_S_LOG,
    HR_S_ACCESS,
    HR_S_FILES,
    HR_S_SECTION_COUNT
} hr_opt_section;
const char *hr_opt_section_title(hr_opt_section s);

typedef enum hr_opt_id {
#define HR_OPT(kind, id, cmds, on, off, letter, env, def, min, max, values, section, help)         \
    HR_OPT_##id,
#include "options.def"
#undef HR_OPT
    HR_OPT_COUNT_
} hr_opt_id;

typedef struct hr_opt_info {
    hr_opt_kind kind;
    const char *id;
    unsigned cmds;
    const char *on, *off, *letter, *env, *def;
    double min, max;
    const char *values;
    hr_opt_section section;
    const char *help;
} hr_opt_info;
extern const hr_opt_info hr_opts[HR_OPT_COUNT_];

typedef enum hr_origin { HR_FROM_DEFAULT, HR_FROM_CONFIG, HR_FROM_ENV, HR_FROM_FLAG } hr_origin;

/* One field a row, named as the id: bool, int64_t (INT, SIZE), double, or hr_str (the rest; ENUM
 * holds the choice in canonical spelling; PATH is expanded; an empty text is "not set"). */
#define HR_CTYPE_BOOL   bool
#define HR_CTYPE_INT    int64_t
#define HR_CTYPE_SIZE   int64_t
#define HR_CTYPE_DOUBLE double
#define HR_CTYPE_STR    hr_str
#define HR_CTYPE_PATH   hr_str
#define HR_CTYPE_LIST   hr_str
#define HR_CTYPE_SECRET hr_str
#define HR_CTYPE_ENUM   hr_str
#define HR_CTYPE_URL    hr_str

enum { HR_MAX_ARGS = 8 };

typedef struct hr_settings {
#define HR_OPT(kind, id, cmds, on, off, letter, env, def, min, max, values, section, help)         \
    HR_CTYPE_##kind id;
#include "options.def"
#undef HR_OPT
    uint8_t origin[HR_OPT_COUNT_];     /* hr_origin of each row */
    hr_str origin_name[HR_OPT_COUNT_]; /* "--port", "HEADROOM_PORT", path of the config file */
    hr_str args[HR_MAX_ARGS];          /* what is not an option, in order */
    size_t nargs;
    bool help;          /* --help or -? was given: nothing else was checked */
    hr_str config_file; /* the one that was read; empty when there is none */
    hr_arena arena;
} hr_settings;

/* Was it said anywhere (flag, environment, config file)? */
static inline bool hr_setting_given(const hr_settings *s, hr_opt_id id)
{
    return s->origin[id] != HR_FROM_DEFAULT;
}

typedef struct hr_settings_in {
    unsigned command; /* one HR_C_ bit */
    int argc;         /* arguments after the command's name */
    char *const *argv;
    char *const *envp; /* NAME=value, NULL-terminated; NULL: no environment */
    size_t max_args;   /* positional arguments the command takes */
} hr_settings_in;

typedef struct hr_settings_error {
    int exit_code; /* 2: usage (a flag, or the variable of one); 1: config file, other variable */
    char text[512];
} hr_settings_error;

/* Fills *out (free it with hr_settings_free, also after an error). HR_E_UNKNOWN, HR_E_TYPE,
 * HR_E_RANGE, HR_E_MISSING, HR_E_SYNTAX, HR_E_IO, HR_E_NOMEM; *err then says what is wrong, where
 * it came from, and which values are fine. Values of secrets never appear in it. */
hr_err hr_settings_load(const hr_settings_in *in, hr_settings *out, hr_settings_error *err);
void hr_settings_free(hr_settings *s);

/* The value as people write it ("true", "8787", "https://…"); secrets as "(set)" or "". */
void hr_setting_show(const hr_settings *s, hr_opt_id id, hr_buf *out);

#endif
