#include "engine/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

hr_str hr_env(char *const *envp, hr_str name)
{
    for (; envp && *envp; envp++) {
        hr_str e = hr_cstr(*envp);
        if (e.n > name.n && e.p[name.n] == '=' && hr_str_starts(e, name))
            return hr_str_trim(hr_str_sub(e, name.n + 1, e.n));
    }
    return HR_STR_NONE;
}

hr_str hr_path_home(char *const *envp, hr_arena *a)
{
    hr_str home = hr_env(envp, HR_STR("HOME"));
    if (home.n)
        return home;
    struct passwd pw, *found = NULL;
    char *buf = hr_alloc(a, 4096);
    if (buf && getpwuid_r(getuid(), &pw, buf, 4096, &found) == 0 && found && found->pw_dir)
        return hr_cstr(found->pw_dir);
    return HR_STR_NONE;
}

hr_str hr_path_expand(hr_str path, char *const *envp, hr_arena *a)
{
    if (path.n == 0 || path.p[0] != '~' || (path.n > 1 && path.p[1] != '/'))
        return path;
    hr_str home = hr_path_home(envp, a);
    while (home.n > 1 && home.p[home.n - 1] == '/')
        home.n--;
    return home.n ? hr_strf(a, "%.*s%.*s", HR_FMT(home), HR_FMT(hr_str_sub(path, 1, path.n)))
                  : HR_STR_NONE;
}

hr_str hr_path_join(hr_str dir, hr_str name, hr_arena *a)
{
    if (dir.n == 0 || (name.n && name.p[0] == '/'))
        return name;
    const char *sep = dir.p[dir.n - 1] == '/' ? "" : "/";
    return hr_strf(a, "%.*s%s%.*s", HR_FMT(dir), sep, HR_FMT(name));
}

hr_err hr_path_make_parents(hr_str path, hr_arena *a)
{
    char *z = hr_zstr(a, path);
    if (!z)
        return HR_E_NOMEM;
    for (size_t i = 1; i < path.n; i++) {
        if (z[i] != '/')
            continue;
        z[i] = 0;
        if (mkdir(z, 0700) != 0 && errno != EEXIST)
            return HR_E_IO;
        z[i] = '/';
    }
    return HR_OK;
}

hr_err hr_file_read(hr_str path, size_t limit, hr_arena *a, hr_str *out)
{
    *out = HR_STR_NONE;
    char *z = hr_zstr(a, path);
    if (!z)
        return HR_E_NOMEM;
    int fd = open(z, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? HR_E_NOTFOUND : HR_E_IO;
    struct stat st;
    hr_err err = HR_OK;
    char *p = NULL;
    size_t n = 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        err = HR_E_IO;
    else if ((uint64_t)st.st_size > limit)
        err = HR_E_LIMIT;
    else if (!(p = hr_alloc(a, (size_t)st.st_size + 1)))
        err = HR_E_NOMEM;
    while (err == HR_OK && n < (size_t)st.st_size) {
        ssize_t got = read(fd, p + n, (size_t)st.st_size - n);
        if (got < 0 && errno != EINTR)
            err = HR_E_IO;
        else if (got == 0)
            break;
        else if (got > 0)
            n += (size_t)got;
    }
    close(fd);
    if (err == HR_OK)
        *out = (hr_str){p, n};
    return err;
}
