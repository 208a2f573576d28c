/* Shared by the readers of flags, environment and config file; private to settings*.c. */
#ifndef HR_ENGINE_SETTINGS_IMPL_H
#define HR_ENGINE_SETTINGS_IMPL_H

#include "engine/settings.h"

typedef struct hr_setting_reader {
    hr_settings *s;
    char *const *envp; /* for ~ */
    char why[256];     /* after an error: what is wrong with the value */
} hr_setting_reader;

/* Parses text and puts it into the field of row id. `add`: a LIST is extended, not replaced. */
hr_err hr_setting_put(hr_setting_reader *r, hr_opt_id id, hr_str text, bool add);
bool hr_bool_parse(hr_str text, bool *out);

typedef struct hr_settings_loader {
    const hr_settings_in *in;
    hr_settings *s;
    hr_settings_error *err;
    hr_setting_reader r;
} hr_settings_loader;

/* Writes the message and returns code. */
hr_err hr_settings_fail(hr_settings_loader *l, hr_err code, int exit_code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Sets the row and remembers its origin; on an error l->r.why says what is wrong. */
hr_err hr_settings_put(hr_settings_loader *l, hr_opt_id id, hr_str text, hr_origin from,
                       hr_str name);
hr_err hr_settings_flags(hr_settings_loader *l);

#endif
