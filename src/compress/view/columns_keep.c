/* Rows that somebody who lists processes, containers, pods, disks or services looks for. The names
 * of columns and states are those that the programs' manuals list. */
#include "compress/view/columns.h"

enum { KEEP_MAX = 40, TOP = 3, FULL = 90 };

/* Whole words of a state that mean that something is not as it should be. */
static const char *const troubles[] = {
    /* kubectl */
    "Pending", "Failed", "Unknown", "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull",
    "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
    "OOMKilled", "Error", "Evicted", "Terminating", "NotReady", "SchedulingDisabled", "Lost",
    "NodeLost", "ContainerStatusUnknown", "Init:Error", "Init:CrashLoopBackOff", "False",
    "Degraded", "OutOfSync", "MemoryPressure", "DiskPressure",
    /* docker */
    "Exited", "Restarting", "Dead", "Paused", "unhealthy", "(unhealthy)", "Removal",
    /* systemctl */
    "failed", "not-found", "error", "bad-setting", "auto-restart", "degraded", "masked",
    /* helm, gh, others */
    "pending-install", "pending-upgrade", "failure", "cancelled", "timed_out", "FAILED", "FAILURE",
    "ERROR", "DOWN", "down", "offline", "stopped", "crashed", "errored"};

static bool named(hr_str name, const char *list)
{
    hr_str rest = hr_cstr(list), item;
    while (hr_str_split(&rest, ',', &item)) {
        if (hr_str_ieq(item, name))
            return true;
    }
    return false;
}

static bool in_trouble(hr_str state)
{
    hr_str word;
    while (hr_str_split(&state, ' ', &word)) {
        hr_str part;
        while (hr_str_split(&word, ',', &part)) { /* Ready,SchedulingDisabled */
            for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
                if (hr_str_eq(part, hr_cstr(troubles[i])))
                    return true;
            }
        }
    }
    return false;
}

/* ps: stopped, traced or a zombie; top and ps print one letter and flags. */
static bool bad_process(hr_str stat)
{
    return stat.n && stat.n <= 5 && strchr("ZTtXD", stat.p[0]) && stat.p[0];
}

static bool number_at(hr_str s, double *v)
{
    size_t n = 0;
    while (n < s.n && (hr_is_digit(s.p[n]) || s.p[n] == '.'))
        n++;
    return n && hr_str_double(hr_str_sub(s, 0, n), v);
}

/* "1/3": not all that should be ready are */
static bool not_ready(hr_str v)
{
    size_t slash = hr_str_find_char(v, '/');
    uint64_t is, of;
    return slash != SIZE_MAX && hr_str_u64(hr_str_sub(v, 0, slash), &is) &&
           hr_str_u64(hr_str_sub(v, slash + 1, v.n), &of) && is < of;
}

static hr_str cell(const hr_csv *c, size_t i, uint32_t k)
{
    return c->cells.p[c->records.p[i].first + k];
}

static bool finished(const hr_csv *c, size_t i)
{
    for (uint32_t k = 0; k < c->columns; k++) {
        if (named(cell(c, i, k), "Completed,Succeeded"))
            return true;
    }
    return false;
}

static bool stands_out(const hr_csv *c, size_t i, uint32_t k)
{
    hr_str name = cell(c, 0, k), v = cell(c, i, k);
    double n;
    if (named(name, "STATUS,STATE,PHASE,HEALTH,CONCLUSION,ACTIVE,SUB,LOAD,READY,AVAILABLE") &&
        in_trouble(v))
        return true;
    if (named(name, "STAT,S"))
        return bad_process(v);
    if (named(name, "READY"))
        return not_ready(v) && !finished(c, i);
    if (named(name, "RESTARTS"))
        return number_at(v, &n) && n > 0;
    return named(name, "USE%,IUSE%,CAPACITY,%IUSED") && number_at(v, &n) && n >= FULL;
}

/* The largest values of a column that tells what something uses. */
static void keep_top(const hr_csv *c, uint32_t k, bool *keep)
{
    for (unsigned round = 0; round < TOP; round++) {
        size_t best = 0;
        double most = 0, n;
        for (size_t i = 1; i < c->records.n; i++) {
            if (!keep[i] && number_at(cell(c, i, k), &n) && n > most) {
                most = n;
                best = i;
            }
        }
        if (best)
            keep[best] = true;
    }
}

bool *hr_columns_keep(const hr_csv *c, hr_arena *a)
{
    bool *keep = HR_NEW_ARRAY(a, bool, c->records.n + 1);
    if (!keep)
        return NULL;
    for (uint32_t k = 0; k < c->columns; k++) {
        size_t n = 0;
        for (size_t i = 1; i < c->records.n && n < KEEP_MAX; i++) {
            bool out = stands_out(c, i, k);
            keep[i] |= out;
            n += out;
        }
        if (named(cell(c, 0, k), "%CPU,%MEM,CPU%,MEMORY%,CPU %,MEM %"))
            keep_top(c, k, keep);
    }
    return keep;
}
