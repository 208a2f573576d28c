/* HEADROOM_PROBE_RECORD_DIR: what compression made of real requests, for `headroom evals probes`.
 * One JSON object a line in compression-events-<pid>.jsonl: folder 0700, file 0600, secrets cut
 * out, nothing beyond FILE_MAX. Used by the request log's thread alone. */
#include "base/log.h"
#include "base/mem.h"
#include "engine/paths.h"
#include "proxy/internal.h"
#include "proxy/jsonw.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BODY_MAX = 32 << 20, FILE_MAX = 256 << 20 };

struct hr_recorder {
    int fd;
    size_t written;
    bool full;
};

hr_recorder *hr_recorder_open(hr_str dir)
{
    hr_arena a;
    hr_recorder *rec = NULL;
    hr_arena_init(&a, 1 << 20);
    char *z = hr_zstr(&a, dir);
    hr_str name = hr_strf(&a, "compression-events-%ld.jsonl", (long)getpid());
    int fd = -1;
    if (z && hr_path_make_parents(hr_path_join(dir, name, &a), &a) == HR_OK)
        fd = open(hr_zstr(&a, hr_path_join(dir, name, &a)),
                  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && fchmod(fd, 0600) == 0 && (rec = hr_calloc(1, sizeof(*rec))) != NULL)
        rec->fd = fd;
    else
        hr_warn("event=recording_off reason=%s: compression events are not recorded",
                strerror(errno));
    if (fd >= 0 && !rec)
        close(fd);
    hr_arena_free(&a);
    return rec;
}

void hr_recorder_close(hr_recorder *rec)
{
    if (!rec)
        return;
    close(rec->fd);
    hr_free(rec);
}

/* The messages of a body without secrets, as JSON; false when there are none to show. */
static bool messages(hr_jw *w, const char *key, hr_str body)
{
    hr_arena a;
    hr_json_doc d;
    hr_buf clean = HR_BUF_INIT(0);
    bool ok = false;
    hr_arena_init(&a, 0);
    if (body.n <= BODY_MAX && hr_json_scan(&a, body, 0, &d).code == HR_OK) {
        uint32_t list = hr_json_get(&d, 0, HR_STR("messages"));
        if (list == HR_JSON_ABSENT)
            list = hr_json_get(&d, 0, HR_STR("input"));
        if (hr_json_is(&d, list, HR_JSON_ARRAY)) {
            hr_redact(hr_json_raw(&d, list), &clean);
            ok = !clean.err && hr_json_scan(&a, hr_buf_str(&clean), 0, &d).code == HR_OK;
        }
    }
    if (ok) {
        hr_jw_key(w, key);
        hr_buf_add(w->b, hr_buf_str(&clean));
    }
    hr_buf_free(&clean);
    hr_arena_free(&a);
    return ok;
}

static void write_line(hr_recorder *rec, hr_str line)
{
    if (rec->written + line.n > FILE_MAX) {
        rec->full = true;
        hr_warn("event=recording_full bytes=%zu: no further events are recorded", rec->written);
        return;
    }
    ssize_t n = write(rec->fd, line.p, line.n); /* one write, so that lines stay whole */
    if (n != (ssize_t)line.n)
        hr_warn("event=recording_failed error=%s", n < 0 ? strerror(errno) : "short write");
    rec->written += n > 0 ? (size_t)n : 0;
}

void hr_recorder_add(hr_recorder *rec, const hr_record *r, hr_str request, hr_str forwarded)
{
    if (!rec || rec->full || !forwarded.n || r->tokens_before == r->tokens_after)
        return;
    char at[32];
    hr_buf b = HR_BUF_INIT(0);
    hr_jw w = {.b = &b};
    hr_iso_time(r->at_ms, at);
    hr_jw_open(&w, NULL, '{');
    hr_jw_z(&w, "ts", at);
    hr_jw_z(&w, "request_id", r->id);
    hr_jw_z(&w, "provider", r->provider);
    hr_jw_z(&w, "model", r->model);
    hr_jw_u64(&w, "tokens_before", r->tokens_before);
    hr_jw_u64(&w, "tokens_after", r->tokens_after);
    hr_jw_names(&w, "transforms_applied", r->transforms);
    bool ok = messages(&w, "original_messages", request) &&
              messages(&w, "compressed_messages", forwarded);
    hr_jw_close(&w, '}');
    hr_buf_addc(&b, '\n');
    for (size_t i = 0; i + 1 < b.n; i++) { /* line ends between the values of a body */
        if (b.p[i] == '\n' || b.p[i] == '\r')
            b.p[i] = ' ';
    }
    if (ok && !b.err)
        write_line(rec, hr_buf_str(&b));
    hr_buf_free(&b);
}
