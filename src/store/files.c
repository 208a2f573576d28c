/* The database's files: who may read them, where they come from, where damaged ones go.
 *
 * An existing database is never opened here: closing any descriptor of a file drops the POSIX
 * locks this process holds on it, and SQLite relies on them. */
#include "base/log.h"
#include "base/mem.h"
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const companions[] = {"-wal", "-shm", "-journal"};
enum { COMPANIONS = 3, SUFFIX_MAX = 48 };

/* A copy with room for a suffix. */
static char *path_copy(const char *path)
{
    size_t n = strlen(path);
    char *p = hr_malloc(n + SUFFIX_MAX);
    if (p)
        memcpy(p, path, n + 1);
    return p;
}

/* Makes a new name durable. Not every file system can sync a directory; then it need not. */
static void sync_dir_of(char *path)
{
    char *slash = strrchr(path, '/');
    char keep = 0;
    if (slash) {
        char *end = slash == path ? slash + 1 : slash;
        keep = *end;
        *end = 0;
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        *end = keep;
        if (fd >= 0) {
            (void)fsync(fd);
            close(fd);
        }
    } else {
        int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0) {
            (void)fsync(fd);
            close(fd);
        }
    }
}

hr_err hr_file_create(const char *path)
{
    char *p = path_copy(path);
    if (!p)
        return HR_E_NOMEM;
    hr_err err = HR_OK;
    for (char *slash = p; !err && *slash && (slash = strchr(slash + 1, '/'));) {
        *slash = 0;
        if (mkdir(p, 0700) == 0)
            sync_dir_of(p);
        else if (errno != EEXIST && access(p, F_OK) != 0)
            err = HR_E_STORE;
        *slash = '/';
    }
    int fd = err ? -1 : open(p, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        if (fchmod(fd, 0600) != 0)
            err = HR_E_STORE;
        close(fd);
        sync_dir_of(p);
    } else if (!err && errno != EEXIST) {
        err = HR_E_STORE;
    }
    if (err)
        hr_warn("store: cannot create %s: %s", path, strerror(errno));
    hr_free(p);
    return err;
}

static void narrow(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0 &&
        st.st_uid == geteuid() && chmod(path, 0600) != 0)
        hr_warn("store: %s can be read by others", path);
}

void hr_file_close_to_others(const char *path)
{
    narrow(path);
    char *p = path_copy(path);
    if (!p)
        return;
    size_t n = strlen(path);
    for (size_t i = 0; i < COMPANIONS; i++) {
        memcpy(p + n, companions[i], strlen(companions[i]) + 1);
        narrow(p);
    }
    hr_free(p);
}

hr_err hr_file_creatable(const char *path)
{
    char *p = path_copy(path);
    if (!p)
        return HR_E_NOMEM;
    bool ok = false;
    for (;;) {
        char *slash = strrchr(p, '/');
        if (!slash) {
            ok = access(".", W_OK | X_OK) == 0;
            break;
        }
        if (slash == p) {
            ok = access("/", W_OK | X_OK) == 0;
            break;
        }
        *slash = 0;
        struct stat st;
        if (stat(p, &st) == 0) {
            ok = S_ISDIR(st.st_mode) && access(p, W_OK | X_OK) == 0;
            break;
        }
        if (errno != ENOENT)
            break;
    }
    hr_free(p);
    return ok ? HR_OK : HR_E_STORE;
}

bool hr_file_move_aside(const char *path, int64_t unix_s)
{
    char *from = path_copy(path), *to = path_copy(path);
    bool ok = from && to;
    if (ok) {
        size_t n = strlen(path);
        int m = 0;
        struct stat st;
        /* A second one in the same second gets a number. */
        for (int k = 0; k < 100; k++) {
            m = k ? snprintf(to + n, SUFFIX_MAX, ".corrupt-%lld.%d", (long long)unix_s, k)
                  : snprintf(to + n, SUFFIX_MAX, ".corrupt-%lld", (long long)unix_s);
            if (stat(to, &st) != 0)
                break;
        }
        ok = rename(from, to) == 0;
        if (ok) {
            hr_error("store: %s is damaged; it was moved to %s and a new one begins", path, to);
            /* The journals go with it, so that a person can still repair the set. */
            size_t left = SUFFIX_MAX - (size_t)m;
            for (size_t i = 0; i < COMPANIONS; i++) {
                snprintf(from + n, SUFFIX_MAX, "%s", companions[i]);
                snprintf(to + n + m, left, "%s", companions[i]);
                (void)rename(from, to);
            }
        } else {
            hr_error("store: %s is damaged and cannot be moved aside: %s", path, strerror(errno));
        }
    }
    hr_free(from);
    hr_free(to);
    return ok;
}
