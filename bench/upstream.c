/* A model provider for measurements: answers at once, keeps nothing, one thread.
 *
 *   upstream PORT      0 picks a free port; the port is printed on the first line
 *
 * POST of anything gets a small answer in the dialect of the path; when the first kilobyte of the
 * body says "stream":true, an event stream of EVENTS text events. GET /__stats tells how many
 * requests and body bytes have arrived. */
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
#include <unistd.h>

enum { HEAD_MAX = 64 << 10, PEEK = 1024, CHUNK = 256 << 10, EVENTS = 20 };

typedef struct conn {
    int fd;
    char head[HEAD_MAX];
    size_t nhead;
    bool in_body, chunked, get, stats;
    int dialect; /* 0 messages, 1 chat, 2 responses */
    size_t left; /* of the body, or of the current chunk */
    int chunk_state;
    char peek[PEEK + 1];
    size_t npeek;
    char line[32];
    size_t nline;
} conn;

static uint64_t requests, bytes_in;
static char *whole[3], *stream[3];
static size_t nwhole[3], nstream[3];

static void add_chunk(char **p, const char *text)
{
    *p += sprintf(*p, "%zx\r\n%s\r\n", strlen(text), text);
}

static void prepare(void)
{
    static const char *const body[] = {
        "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\","
        "\"content\":[{"
        "\"type\":\"text\",\"text\":\"ok\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,"
        "\"usage\":{\"input_tokens\":10,\"cache_creation_input_tokens\":0,"
        "\"cache_read_input_tokens\":0,\"output_tokens\":1}}",
        "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"bench\","
        "\"choices\":[{"
        "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"ok\"},\"finish_reason\":"
        "\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":1,\"total_tokens\":11}}",
        "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1,\"status\":\"completed\","
        "\"model\":"
        "\"bench\",\"output\":[{\"type\":\"message\",\"id\":\"m1\",\"status\":\"completed\","
        "\"role\":"
        "\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"ok\",\"annotations\":[]}]}"
        "],"
        "\"usage\":{\"input_tokens\":10,\"output_tokens\":1,\"total_tokens\":11}}"};
    for (int d = 0; d < 3; d++) {
        whole[d] = malloc(4096);
        nwhole[d] = (size_t)sprintf(whole[d],
                                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                                    "request-id: req_1\r\ncontent-length: %zu\r\n\r\n%s",
                                    strlen(body[d]), body[d]);
        char *p = stream[d] = malloc(64 << 10);
        char event[1024];
        p += sprintf(p, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                        "request-id: req_1\r\ntransfer-encoding: chunked\r\n\r\n");
        if (d == 0)
            add_chunk(
                &p, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":"
                    "\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\","
                    "\"content\":[],\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n"
                    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"
                    "0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
        for (int i = 0; i < EVENTS; i++) {
            if (d == 0)
                sprintf(event,
                        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\","
                        "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"word %d\"}}\n\n",
                        i);
            else if (d == 1)
                sprintf(event,
                        "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
                        "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                        "\"word %d\"},\"finish_reason\":null}]}\n\n",
                        i);
            else
                sprintf(event,
                        "event: response.output_text.delta\ndata: {\"type\":"
                        "\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,"
                        "\"delta\":\"word %d\"}\n\n",
                        i);
            add_chunk(&p, event);
        }
        if (d == 0)
            add_chunk(
                &p, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}"
                    "\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"
                    "\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":20}}\n\n"
                    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
        else if (d == 1)
            add_chunk(&p, "data: [DONE]\n\n");
        else
            add_chunk(
                &p,
                "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":"
                "{\"id\":\"resp_1\",\"status\":\"completed\",\"output\":[],\"usage\":{"
                "\"input_tokens\":10,\"output_tokens\":20,\"total_tokens\":30}}}\n\n");
        p += sprintf(p, "0\r\n\r\n");
        nstream[d] = (size_t)(p - stream[d]);
    }
}

static bool send_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
        if (w > 0) {
            p += w;
            n -= (size_t)w;
        } else if (errno != EAGAIN && errno != EINTR) {
            return false;
        }
    }
    return true;
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

static bool answer(conn *c)
{
    requests++;
    c->in_body = false;
    c->nhead = 0;
    if (c->stats) {
        char body[128], head[256];
        int n = sprintf(body, "{\"requests\":%llu,\"bytes_in\":%llu}",
                        (unsigned long long)--requests, (unsigned long long)bytes_in);
        n = sprintf(
            head,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s", n,
            body);
        return send_all(c->fd, head, (size_t)n);
    }
    c->peek[c->npeek] = 0;
    bool streams = strstr(c->peek, "\"stream\":true") || strstr(c->peek, "\"stream\": true");
    return streams ? send_all(c->fd, stream[c->dialect], nstream[c->dialect])
                   : send_all(c->fd, whole[c->dialect], nwhole[c->dialect]);
}

/* Takes body bytes; returns how many belong to this request. *done when it has all come. */
static size_t body(conn *c, const char *p, size_t n, bool *done)
{
    size_t at = 0;
    *done = false;
    while (!*done && (at < n || (!c->chunked && !c->left))) {
        if (c->chunked && c->chunk_state != 1) { /* a line: the size, or what follows the data */
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
                *done = true;
            } else {
                c->left = strtoul(c->line, NULL, 16);
                c->chunk_state = c->left ? 1 : 3;
            }
            continue;
        }
        size_t take = n - at < c->left ? n - at : c->left;
        if (c->npeek < PEEK) {
            size_t k = take < PEEK - c->npeek ? take : PEEK - c->npeek;
            memcpy(c->peek + c->npeek, p + at, k);
            c->npeek += k;
        }
        bytes_in += take;
        at += take;
        c->left -= take;
        if (!c->left && c->chunked)
            c->chunk_state = 2;
        else if (!c->left)
            *done = true;
    }
    return at;
}

static bool start(conn *c)
{
    const char *v = field(c, "content-length");
    c->get = strncmp(c->head, "POST", 4) != 0;
    c->stats = strstr(c->head, " /__stats") != NULL;
    c->dialect = strstr(c->head, "/chat/completions") ? 1 : strstr(c->head, "/responses") ? 2 : 0;
    c->left = v ? strtoul(v, NULL, 10) : 0;
    v = field(c, "transfer-encoding");
    c->chunked = v && strncasecmp(v + strspn(v, " "), "chunked", 7) == 0;
    c->chunk_state = 0;
    c->npeek = 0;
    c->in_body = true;
    v = field(c, "expect");
    return !v || send_all(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

static bool feed(conn *c, const char *p, size_t n)
{
    while (n) {
        if (!c->in_body) {
            size_t old = c->nhead, take = n < HEAD_MAX - 1 - old ? n : HEAD_MAX - 1 - old;
            memcpy(c->head + old, p, take);
            c->nhead += take;
            c->head[c->nhead] = 0;
            char *end = memmem(c->head + (old > 3 ? old - 3 : 0),
                               c->nhead - (old > 3 ? old - 3 : 0), "\r\n\r\n", 4);
            if (!end)
                return c->nhead < HEAD_MAX - 1;
            size_t used = (size_t)(end + 4 - c->head) - old;
            c->head[old + used] = 0;
            p += used;
            n -= used;
            if (!start(c))
                return false;
        }
        bool done;
        size_t used = body(c, p, n, &done);
        p += used;
        n -= used;
        if (done && !answer(c))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    prepare();
    int one = 1, ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), ep = epoll_create1(0);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0))};
    socklen_t len = sizeof(a);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(ls, (struct sockaddr *)&a, sizeof(a)) || listen(ls, 1024) ||
        getsockname(ls, (struct sockaddr *)&a, &len)) {
        perror("upstream");
        return 1;
    }
    printf("%d\n", ntohs(a.sin_port));
    fflush(stdout);
    struct epoll_event e = {.events = EPOLLIN}, got[256];
    epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
    char *buf = malloc(CHUNK);
    for (;;) {
        int n = epoll_wait(ep, got, 256, -1);
        for (int i = 0; i < n; i++) {
            conn *c = got[i].data.ptr;
            if (!c) {
                int fd = accept4(ls, NULL, NULL, SOCK_NONBLOCK);
                if (fd < 0)
                    continue;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
                c = calloc(1, sizeof(*c));
                c->fd = fd;
                e = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
                epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
                continue;
            }
            ssize_t r = recv(c->fd, buf, CHUNK, 0);
            bool ok =
                r > 0 ? feed(c, buf, (size_t)r) : r < 0 && (errno == EAGAIN || errno == EINTR);
            /* a GET or an empty POST has no body to wait for */
            if (ok && c->in_body && !c->left && !c->chunked)
                ok = answer(c);
            if (!ok) {
                close(c->fd);
                free(c);
            }
        }
    }
}
