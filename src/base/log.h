/* log: levelled lines to standard error and, if set, to a rotated file. Any thread; lines are
 * written whole, with one write(2). Secrets are cut out of every line before it is written: bearer
 * and basic credentials, sk-… keys, NAME=value where NAME speaks of a key, token, secret or
 * password, and `key=` in query strings. Bodies and originals are never logged here. */
#ifndef HR_BASE_LOG_H
#define HR_BASE_LOG_H

#include "base/arena.h"
#include "base/buf.h"

typedef enum hr_log_level {
    HR_LOG_DEBUG,
    HR_LOG_INFO,
    HR_LOG_WARN,
    HR_LOG_ERROR,
    HR_LOG_OFF
} hr_log_level;

void hr_log_set_level(hr_log_level level);
bool hr_log_level_parse(hr_str name, hr_log_level *out); /* debug info warn(ing) error off */
bool hr_log_on(hr_log_level level);
/* Lines also go to this file (0600, appended; rotated at 10 MiB, five kept). false: not opened. */
bool hr_log_to_file(const char *path);
void hr_log_to_stderr(bool on);
/* On: this thread's lines are kept and written together, at the latest when it is turned off. For
 * threads that have many lines to write at a time. */
void hr_log_gather(bool on);
void hr_log(hr_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for a text from which the caller has cut the secrets (hr_redact). */
void hr_log_line(hr_log_level level, hr_str text);

#define hr_debug(...)                                                                              \
    do {                                                                                           \
        if (hr_log_on(HR_LOG_DEBUG))                                                               \
            hr_log(HR_LOG_DEBUG, __VA_ARGS__);                                                     \
    } while (0)
#define hr_info(...)  hr_log(HR_LOG_INFO, __VA_ARGS__)
#define hr_warn(...)  hr_log(HR_LOG_WARN, __VA_ARGS__)
#define hr_error(...) hr_log(HR_LOG_ERROR, __VA_ARGS__)

/* Appends s to out with secrets replaced by [REDACTED]. Used by the log and by every place that
 * shows text to people. */
void hr_redact(hr_str s, hr_buf *out);
/* True for header names whose value must never be shown (authorization, x-api-key, cookie, …). */
bool hr_secret_header(hr_str name);

#endif
