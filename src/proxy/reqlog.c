/* What is written about finished requests: a PERF line each, and with --log-file one JSON object a
 * line (appended with one write, file 0600). Both are made and written by a thread of their own, so
 * that neither a slow disk nor a stalled terminal delays a request. The thread wakes up when there
 * is something and then gathers for a moment, so that busy proxies do not wake it for every line.
 *
 * The queue is bounded; records beyond it are dropped and counted. */
#include "base/log.h"
#include "base/mem.h"
#include "engine/paths.h"
#include "proxy/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE_MAX = 64 << 20, GATHER_MS = 20 };

typedef struct item {
    struct item *next;
    size_t size;
    hr_record rec;
    hr_bodies bodies; /* into text */
    char text[];
} item;

struct hr_reqlog {
    int fd; /* -1: no file */
    hr_recorder *events;
    bool messages, stop, idle, running;
    pthread_t writer;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    item *first, **last;
    size_t queued;
    uint64_t dropped;
};

static void write_all(const hr_reqlog *l, hr_str s)
{
    while (s.n) {
        ssize_t w = write(l->fd, s.p, s.n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0) {
            hr_warn("request log: %s", strerror(errno));
            return;
        }
        s = hr_str_sub(s, (size_t)w, s.n);
    }
}

static void write_item(const hr_reqlog *l, const item *it)
{
    if (hr_log_on(HR_LOG_INFO))
        hr_reqline_perf(&it->rec);
    hr_recorder_add(l->events, &it->rec, it->bodies.request, it->bodies.forwarded);
    if (l->fd < 0)
        return;
    hr_buf b = HR_BUF_INIT(0);
    hr_reqline_json(&it->rec, l->messages, &it->bodies, &b);
    if (!b.err)
        write_all(l, hr_buf_str(&b));
    hr_buf_free(&b);
}

static void *writer_main(void *ctx)
{
    hr_reqlog *l = ctx;
    pthread_mutex_lock(&l->lock);
    for (;;) {
        l->idle = true;
        while (!l->first && !l->stop)
            pthread_cond_wait(&l->wake, &l->lock);
        l->idle = false;
        if (!l->first)
            break;
        if (!l->stop) {
            pthread_mutex_unlock(&l->lock);
            nanosleep(&(struct timespec){0, GATHER_MS * 1000000L}, NULL);
            pthread_mutex_lock(&l->lock);
        }
        item *it = l->first;
        l->first = NULL;
        l->last = &l->first;
        l->queued = 0;
        pthread_mutex_unlock(&l->lock);
        hr_log_gather(true);
        while (it) {
            item *next = it->next;
            write_item(l, it);
            hr_free(it);
            it = next;
        }
        hr_log_gather(false);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static int open_file(hr_str path)
{
    hr_arena a;
    hr_arena_init(&a, 1 << 20);
    char *z = hr_zstr(&a, path);
    int fd = -1;
    if (z && hr_path_make_parents(path, &a) == HR_OK)
        fd = open(z, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        hr_warn("request log cannot be opened (%s): nothing is logged there", strerror(errno));
    hr_arena_free(&a);
    return fd;
}

hr_reqlog *hr_reqlog_open(hr_str path, bool messages, hr_str record_dir)
{
    hr_reqlog *l = hr_calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->messages = messages && path.n;
    l->last = &l->first;
    l->fd = path.n ? open_file(path) : -1;
    l->events = record_dir.n ? hr_recorder_open(record_dir) : NULL;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->wake, NULL);
    return l;
}

void hr_reqlog_close(hr_reqlog *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    if (l->running)
        pthread_join(l->writer, NULL);
    if (l->dropped)
        hr_warn("request log: %llu records were dropped", (unsigned long long)l->dropped);
    if (l->fd >= 0)
        close(l->fd);
    hr_recorder_close(l->events);
    pthread_cond_destroy(&l->wake);
    pthread_mutex_destroy(&l->lock);
    hr_free(l);
}

bool hr_reqlog_messages(const hr_reqlog *l)
{
    return l && l->messages;
}

bool hr_reqlog_bodies(const hr_reqlog *l)
{
    return l && (l->messages || l->events);
}

static void push(hr_reqlog *l, item *it)
{
    pthread_mutex_lock(&l->lock);
    if (!l->running) /* the thread costs nothing until the first request */
        l->running = pthread_create(&l->writer, NULL, writer_main, l) == 0;
    if (!l->running || l->queued + it->size > QUEUE_MAX) {
        l->dropped++;
        hr_free(it);
    } else {
        *l->last = it;
        l->last = &it->next;
        l->queued += it->size;
        if (l->idle)
            pthread_cond_signal(&l->wake);
        l->idle = false;
    }
    pthread_mutex_unlock(&l->lock);
}

static hr_str copy(char **at, const hr_str *pieces, size_t n)
{
    char *from = *at;
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].n)
            memcpy(*at, pieces[i].p, pieces[i].n);
        *at += pieces[i].n;
    }
    return hr_str_of(from, (size_t)(*at - from));
}

void hr_reqlog_add(hr_reqlog *l, const hr_record *rec, const hr_body_pieces *b)
{
    if (!l || (l->fd < 0 && !l->events && !hr_log_on(HR_LOG_INFO)))
        return;
    size_t n = sizeof(item);
    if (hr_reqlog_bodies(l)) {
        n += b->request.n + b->response.n;
        for (size_t i = 0; i < b->nforwarded; i++)
            n += b->forwarded[i].n;
    }
    item *it = hr_malloc(n);
    if (!it)
        return;
    it->next = NULL;
    it->size = n;
    it->rec = *rec;
    it->bodies = (hr_bodies){0};
    if (hr_reqlog_bodies(l)) {
        char *at = it->text;
        it->bodies.request = copy(&at, &b->request, 1);
        it->bodies.response = copy(&at, &b->response, 1);
        it->bodies.forwarded = copy(&at, b->forwarded, b->nforwarded);
    }
    push(l, it);
}
