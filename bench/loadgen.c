/* Sends one request over and over on a number of kept connections and says how long answers took.
 * The loop is closed: a connection sends its next request when the last one is answered.
 *
 *   loadgen PORT PATH BODYFILE CONNECTIONS SECONDS MAXREQUESTS [HEADER...]
 *
 * Each run of ten '@' in the body becomes a fresh number in every request, so that no two are the
 * same. Prints one JSON object; times are microseconds from the first byte sent: `first` to the
 * first byte of the body, `total` to the last. Only whole answers with status 200 count. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 32 << 10, MARK = 10, MAX_SAMPLES = 4000000 };

typedef struct conn {
    int fd;
    char *req;
    size_t sent, nhead;
    char head[HEAD_MAX];
    bool in_body, chunked, waiting_write;
    int status, chunk_state;
    size_t left;
    char line[32];
    size_t nline;
    uint64_t t0, tfirst;
} conn;

static int port, ep;
static char *request;
static size_t nrequest, *marks, nmarks;
static uint64_t serial, done_count, bad_count, error_count, limit;
static uint32_t *first_us, *total_us;
static int statuses[600];

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void watch(conn *c, int op)
{
    struct epoll_event e = {.events = EPOLLIN | (c->waiting_write ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(ep, op, c->fd, &e);
}

static void push(conn *c)
{
    bool was = c->waiting_write;
    while (c->sent < nrequest) {
        ssize_t w = send(c->fd, c->req + c->sent, nrequest - c->sent, MSG_NOSIGNAL);
        if (w <= 0)
            break;
        c->sent += (size_t)w;
    }
    c->waiting_write = c->sent < nrequest;
    if (c->waiting_write != was)
        watch(c, EPOLL_CTL_MOD);
}

static void begin(conn *c)
{
    char number[MARK + 1];
    for (size_t i = 0; i < nmarks; i++) {
        snprintf(number, sizeof(number), "%010llu", (unsigned long long)++serial % 10000000000ull);
        memcpy(c->req + marks[i], number, MARK);
    }
    c->sent = c->nhead = 0;
    c->in_body = false;
    c->tfirst = 0;
    c->t0 = now_ns();
    push(c);
}

static void dial(conn *c)
{
    int one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (struct sockaddr *)&a, sizeof(a))) {
        perror("loadgen: connect");
        exit(1);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    c->waiting_write = false;
    watch(c, EPOLL_CTL_ADD);
}

static void lost(conn *c)
{
    error_count++;
    close(c->fd);
    if (error_count > 1000) {
        fprintf(stderr, "loadgen: too many lost connections\n");
        exit(1);
    }
    dial(c);
    begin(c);
}

static void finished(conn *c)
{
    uint64_t t = now_ns();
    statuses[c->status < 600 ? c->status : 0]++;
    if (c->status == 200 && done_count < MAX_SAMPLES) {
        total_us[done_count] = (uint32_t)((t - c->t0) / 100);
        first_us[done_count] = (uint32_t)(((c->tfirst ? c->tfirst : t) - c->t0) / 100);
        done_count++;
    } else {
        bad_count++;
    }
    if (!limit || done_count + bad_count < limit)
        begin(c);
}

static const char *field(const conn *c, const char *name)
{
    const char *p = c->head;
    size_t n = strlen(name);
    while ((p = strstr(p, "\r\n")) && p[2] != '\r') {
        p += 2;
        if (strncasecmp(p, name, n) == 0 && p[n] == ':')
            return p + n + 1;
    }
    return NULL;
}

static bool body(conn *c, const char *p, size_t n)
{
    size_t at = 0;
    if (n && !c->tfirst)
        c->tfirst = now_ns();
    for (;;) {
        if (!c->chunked) {
            size_t take = n - at < c->left ? n - at : c->left;
            c->left -= take;
            return c->left == 0;
        }
        if (at >= n)
            return false;
        if (c->chunk_state == 1) {
            size_t take = n - at < c->left ? n - at : c->left;
            at += take;
            c->left -= take;
            if (!c->left)
                c->chunk_state = 2;
            continue;
        }
        char ch = p[at++];
        if (ch != '\n') {
            if (c->nline < sizeof(c->line) - 1)
                c->line[c->nline++] = ch;
            continue;
        }
        c->line[c->nline] = 0;
        c->nline = 0;
        if (c->chunk_state == 2) {
            c->chunk_state = 0;
        } else if (c->chunk_state == 3) {
            return true;
        } else {
            c->left = strtoul(c->line, NULL, 16);
            c->chunk_state = c->left ? 1 : 3;
        }
    }
}

static void feed(conn *c, const char *p, size_t n)
{
    bool done = false;
    if (!c->in_body) {
        size_t take = n < HEAD_MAX - 1 - c->nhead ? n : HEAD_MAX - 1 - c->nhead, old = c->nhead;
        memcpy(c->head + old, p, take);
        c->nhead += take;
        c->head[c->nhead] = 0;
        char *end = strstr(c->head, "\r\n\r\n");
        if (!end)
            return;
        size_t used = (size_t)(end + 4 - c->head) - old;
        const char *v = field(c, "content-length");
        c->status = atoi(c->head + 9);
        c->left = v ? strtoul(v, NULL, 10) : 0;
        c->chunked = field(c, "transfer-encoding") != NULL;
        c->chunk_state = 0;
        c->nline = 0;
        c->in_body = true;
        p += used;
        n -= used;
        done = !c->chunked && !c->left;
    }
    if (done || body(c, p, n))
        finished(c);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void print_series(const char *name, uint32_t *v, uint64_t n)
{
    double sum = 0;
    qsort(v, n, sizeof(*v), by_value);
    for (uint64_t i = 0; i < n; i++)
        sum += v[i];
    printf(
        "\"%s\":{\"min\":%.1f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f,\"mean\":%.1f}",
        name, n ? v[0] / 10.0 : 0, n ? v[n / 2] / 10.0 : 0, n ? v[n * 9 / 10] / 10.0 : 0,
        n ? v[n * 99 / 100] / 10.0 : 0, n ? v[n - 1] / 10.0 : 0, n ? sum / (double)n / 10.0 : 0);
}

static char *read_file(const char *path, size_t *n)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &st)) {
        perror(path);
        exit(1);
    }
    char *p = malloc((size_t)st.st_size + 1);
    *n = fread(p, 1, (size_t)st.st_size, f);
    p[*n] = 0;
    fclose(f);
    return p;
}

static void make_request(const char *path, const char *file, int nheaders, char **headers)
{
    size_t n;
    char *text = read_file(file, &n);
    request = malloc(n + 8192);
    size_t at = (size_t)sprintf(
        request, "POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\n",
        path, port);
    for (int i = 0; i < nheaders; i++)
        at += (size_t)sprintf(request + at, "%.1000s\r\n", headers[i]);
    at += (size_t)sprintf(request + at, "content-length: %zu\r\n\r\n", n);
    memcpy(request + at, text, n);
    nrequest = at + n;
    marks = malloc(sizeof(*marks) * (n / MARK + 1));
    for (char *p = request; (p = memmem(p, nrequest - (size_t)(p - request), "@@@@@@@@@@", MARK));
         p += MARK)
        marks[nmarks++] = (size_t)(p - request);
    free(text);
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        fprintf(stderr,
                "usage: loadgen PORT PATH BODYFILE CONNECTIONS SECONDS MAXREQUESTS [HEADER...]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    port = atoi(argv[1]);
    int nconn = atoi(argv[4]);
    double seconds = atof(argv[5]);
    limit = strtoull(argv[6], NULL, 10);
    make_request(argv[2], argv[3], argc - 7, argv + 7);
    serial = now_ns() / 1000 % 1000000000u * 10; /* no two runs share numbers */
    first_us = malloc(sizeof(*first_us) * MAX_SAMPLES);
    total_us = malloc(sizeof(*total_us) * MAX_SAMPLES);
    ep = epoll_create1(0);
    conn *all = calloc((size_t)nconn, sizeof(*all));
    for (int i = 0; i < nconn; i++) {
        all[i].req = malloc(nrequest);
        memcpy(all[i].req, request, nrequest);
        dial(&all[i]);
    }
    for (int i = 0; i < nconn; i++)
        begin(&all[i]);
    uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), t = start;
    struct epoll_event got[256];
    static char buf[256 << 10];
    while ((t = now_ns()) < end && (!limit || done_count + bad_count < limit)) {
        int n = epoll_wait(ep, got, 256, (int)((end - t) / 1000000) + 1);
        for (int i = 0; i < n; i++) {
            conn *c = got[i].data.ptr;
            if (got[i].events & EPOLLOUT)
                push(c);
            if (!(got[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
                continue;
            ssize_t r = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);
            if (r > 0)
                feed(c, buf, (size_t)r);
            else if (r == 0 || (errno != EAGAIN && errno != EINTR))
                lost(c);
        }
    }
    double took = (double)(now_ns() - start) / 1e9;
    printf("{\"ok\":%llu,\"bad\":%llu,\"lost\":%llu,\"seconds\":%.3f,\"rps\":%.1f,\"body_bytes\":%"
           "zu,\"status\":{",
           (unsigned long long)done_count, (unsigned long long)bad_count,
           (unsigned long long)error_count, took, (double)done_count / took, nrequest);
    bool some = false;
    for (int s = 0; s < 600; s++) {
        if (statuses[s])
            printf("%s\"%d\":%d", some ? "," : "", s, statuses[s]);
        some |= statuses[s] > 0;
    }
    printf("},");
    print_series("first", first_us, done_count);
    printf(",");
    print_series("total", total_us, done_count);
    printf("}\n");
    return 0;
}
