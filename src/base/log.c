#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_LINE = 16 * 1024,
    MAX_FILE = 10 * 1024 * 1024,
    KEEP_FILES = 5,
    MAX_GATHERED = 64 * 1024
};

static int min_level = HR_LOG_INFO;
static bool to_stderr = true;
static pthread_mutex_t file_lock = PTHREAD_MUTEX_INITIALIZER;
static int file_fd = -1;
static char file_path[1024];
static off_t file_size;
/* Lines of a thread that gathers them; see hr_log_gather. */
static _Thread_local hr_buf gathered;
static _Thread_local bool gathering;

static const char *const level_name[] = {"DEBUG", "INFO", "WARNING", "ERROR", "OFF"};

void hr_log_set_level(hr_log_level level)
{
    __atomic_store_n(&min_level, (int)level, __ATOMIC_RELAXED);
}

bool hr_log_on(hr_log_level level)
{
    return (int)level >= __atomic_load_n(&min_level, __ATOMIC_RELAXED);
}

bool hr_log_level_parse(hr_str name, hr_log_level *out)
{
    static const struct {
        const char *name;
        hr_log_level level;
    } names[] = {{"debug", HR_LOG_DEBUG},  {"info", HR_LOG_INFO},   {"warn", HR_LOG_WARN},
                 {"warning", HR_LOG_WARN}, {"error", HR_LOG_ERROR}, {"critical", HR_LOG_ERROR},
                 {"off", HR_LOG_OFF}};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (hr_str_ieq(name, hr_cstr(names[i].name))) {
            *out = names[i].level;
            return true;
        }
    }
    return false;
}

void hr_log_to_stderr(bool on)
{
    to_stderr = on;
}

static bool open_file(void)
{
    file_fd = open(file_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    struct stat st;
    file_size = file_fd >= 0 && fstat(file_fd, &st) == 0 ? st.st_size : 0;
    return file_fd >= 0;
}

bool hr_log_to_file(const char *path)
{
    pthread_mutex_lock(&file_lock);
    if (file_fd >= 0)
        close(file_fd);
    file_fd = -1;
    int n = snprintf(file_path, sizeof(file_path), "%s", path);
    bool ok = n > 0 && (size_t)n < sizeof(file_path) && open_file();
    pthread_mutex_unlock(&file_lock);
    return ok;
}

/* Two proxies may share one file: rotate only while the path still names our file. */
static void rotate(void)
{
    struct stat mine, named;
    if (fstat(file_fd, &mine) == 0 && stat(file_path, &named) == 0 && mine.st_ino == named.st_ino) {
        char from[sizeof(file_path) + 16], to[sizeof(file_path) + 16];
        for (int i = KEEP_FILES; i > 0; i--) {
            snprintf(from, sizeof(from), i == 1 ? "%s" : "%s.%d", file_path, i - 1);
            snprintf(to, sizeof(to), "%s.%d", file_path, i);
            (void)rename(from, to);
        }
    }
    close(file_fd);
    open_file();
}

static void write_file(hr_str line)
{
    pthread_mutex_lock(&file_lock);
    if (file_fd >= 0) {
        if (file_size > MAX_FILE)
            rotate();
        ssize_t w = file_fd >= 0 ? write(file_fd, line.p, line.n) : -1;
        if (w > 0)
            file_size += w;
    }
    pthread_mutex_unlock(&file_lock);
}

/* Whole lines, written at once. */
static void put(hr_str lines)
{
    if (to_stderr) {
        ssize_t ignored = write(STDERR_FILENO, lines.p, lines.n);
        (void)ignored;
    }
    write_file(lines);
}

void hr_log_gather(bool on)
{
    if (gathered.n)
        put(hr_buf_str(&gathered));
    hr_buf_free(&gathered);
    gathered = HR_BUF_INIT(MAX_GATHERED);
    gathering = on;
}

/* Local time with milliseconds. All but those is the same for a whole second. */
static void add_time(hr_buf *b)
{
    static _Thread_local time_t second = -1;
    static _Thread_local char text[64];
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    if (ts.tv_sec != second) {
        struct tm tm;
        localtime_r(&ts.tv_sec, &tm);
        if (strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S,", &tm) == 0)
            text[0] = 0;
        second = ts.tv_sec;
    }
    int ms = (int)(ts.tv_nsec / 1000000);
    hr_buf_add(b, hr_cstr(text));
    hr_buf_addc(b, (char)('0' + ms / 100));
    hr_buf_addc(b, (char)('0' + ms / 10 % 10));
    hr_buf_addc(b, (char)('0' + ms % 10));
}

/* One event, one line: input cannot forge another, nor speak to the terminal. */
static void one_line(char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (((unsigned char)p[i] < 0x20 && p[i] != '\t') || p[i] == 0x7f)
            p[i] = ' ';
    }
}

static void emit(hr_log_level level, hr_str text, bool redact)
{
    hr_buf b = HR_BUF_INIT(4 * MAX_LINE);
    hr_buf_reserve(&b, text.n + 128);
    add_time(&b);
    hr_buf_lit(&b, " - headroom - ");
    hr_buf_add(&b, hr_cstr(level_name[level]));
    hr_buf_lit(&b, " - ");
    size_t from = b.n;
    if (redact)
        hr_redact(text, &b);
    else
        hr_buf_add(&b, text);
    if (b.err == HR_OK)
        one_line(b.p + from, b.n - from);
    hr_buf_addc(&b, '\n');
    if (b.err == HR_OK && gathering && b.n <= MAX_GATHERED) {
        if (gathered.n + b.n > MAX_GATHERED)
            hr_log_gather(true);
        hr_buf_add(&gathered, hr_buf_str(&b));
    } else if (b.err == HR_OK) {
        put(hr_buf_str(&b));
    }
    hr_buf_free(&b);
}

void hr_log_line(hr_log_level level, hr_str text)
{
    if (hr_log_on(level) && level < HR_LOG_OFF)
        emit(level, hr_str_sub(text, 0, MAX_LINE), false);
}

void hr_log(hr_log_level level, const char *fmt, ...)
{
    if (!hr_log_on(level) || level >= HR_LOG_OFF)
        return;
    char text[MAX_LINE];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    size_t len = (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
    one_line(text, len); /* also before, so that a line break cannot hide a secret */
    emit(level, hr_str_of(text, len), true);
}
