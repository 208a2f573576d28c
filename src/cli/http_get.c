#include "cli/http_get.h"

#include "base/buf.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_REPLY = 8 << 20 };

/* Waits until fd is ready for `events`; false when the time is over. */
static bool ready(int fd, short events, uint64_t until_ns)
{
    for (;;) {
        uint64_t now = hr_now_ns(&hr_clock_system);
        struct pollfd p = {.fd = fd, .events = events};
        int n = now >= until_ns ? 0 : poll(&p, 1, (int)((until_ns - now) / 1000000) + 1);
        if (n > 0)
            return true;
        if (n == 0 || errno != EINTR)
            return false;
    }
}

static hr_err dial(uint16_t port, uint64_t until, int *out)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), bad = 0;
    socklen_t n = sizeof(bad);
    if (fd < 0)
        return HR_E_IO;
    *out = fd;
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return HR_OK;
    if (errno != EINPROGRESS)
        return HR_E_CONNECT;
    if (!ready(fd, POLLOUT, until))
        return HR_E_TIMEOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &bad, &n) == 0 && bad == 0 ? HR_OK : HR_E_CONNECT;
}

static hr_err send_all(int fd, hr_str s, uint64_t until)
{
    while (s.n) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n >= 0)
            s = hr_str_sub(s, (size_t)n, s.n);
        else if (errno != EAGAIN && errno != EINTR)
            return HR_E_CLOSED;
        else if (!ready(fd, POLLOUT, until))
            return HR_E_TIMEOUT;
    }
    return HR_OK;
}

/* The request says "connection: close", so the end of the stream is the end of the answer. */
static hr_err receive_all(int fd, hr_buf *in, uint64_t until)
{
    for (;;) {
        char *to = hr_buf_reserve(in, 65536);
        if (!to)
            return in->err;
        ssize_t n = recv(fd, to, 65536, 0);
        if (n == 0)
            return HR_OK;
        if (n > 0)
            in->n += (size_t)n;
        else if (errno != EAGAIN && errno != EINTR)
            return HR_E_CLOSED;
        else if (!ready(fd, POLLIN, until))
            return HR_E_TIMEOUT;
    }
}

static bool hex(hr_str s, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = hr_lower(s.p[i]);
        if (!hr_is_hex(c) || *out > MAX_REPLY)
            return false;
        *out = *out * 16 + (size_t)(hr_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return s.n > 0;
}

static hr_err unchunk(hr_str in, hr_arena *a, hr_str *out)
{
    char *p = hr_alloc(a, in.n);
    size_t n = 0, len;
    hr_str line;
    if (!p)
        return HR_E_NOMEM;
    while (hr_str_line(&in, &line)) {
        line = hr_str_trim(hr_str_sub(line, 0, hr_str_find_char(line, ';')));
        if (!hex(line, &len) || len > in.n)
            return HR_E_PROTOCOL;
        if (len == 0) {
            *out = hr_str_of(p, n);
            return HR_OK;
        }
        memcpy(p + n, in.p, len);
        n += len;
        in = hr_str_sub(in, len, in.n);
        if (!hr_str_starts(in, HR_STR("\r\n")))
            return HR_E_PROTOCOL;
        in = hr_str_sub(in, 2, in.n);
    }
    return HR_E_CLOSED;
}

static hr_err parse(hr_str in, hr_arena *a, hr_http_reply *out)
{
    size_t end = hr_str_find(in, HR_STR("\r\n\r\n"));
    uint64_t status, length = UINT64_MAX;
    bool chunked = false;
    if (!hr_str_starts(in, HR_STR("HTTP/1.")) || in.n < 12 || end == SIZE_MAX ||
        !hr_str_u64(hr_str_sub(in, 9, 12), &status))
        return HR_E_PROTOCOL;
    hr_str head = hr_str_sub(in, 0, end), body = hr_str_sub(in, end + 4, in.n), line;
    while (hr_str_line(&head, &line)) {
        size_t colon = hr_str_find_char(line, ':');
        hr_str value =
            hr_str_trim(hr_str_sub(line, colon == SIZE_MAX ? line.n : colon + 1, line.n));
        hr_str name = hr_str_sub(line, 0, colon);
        if (hr_str_ieq(name, HR_STR("content-length")) && !hr_str_u64(value, &length))
            return HR_E_PROTOCOL;
        if (hr_str_ieq(name, HR_STR("transfer-encoding")))
            chunked = hr_str_iends(value, HR_STR("chunked"));
    }
    out->status = (int)status;
    if (chunked)
        return unchunk(body, a, &out->body);
    if (length != UINT64_MAX && body.n < length)
        return HR_E_CLOSED;
    out->body = hr_str_dup(a, hr_str_sub(body, 0, length < body.n ? (size_t)length : body.n));
    return out->body.p ? HR_OK : HR_E_NOMEM;
}

hr_err hr_http_get(uint16_t port, const char *path, unsigned timeout_ms, hr_arena *a,
                   hr_http_reply *out)
{
    uint64_t until = hr_now_ns(&hr_clock_system) + (uint64_t)timeout_ms * 1000000u;
    hr_buf in = HR_BUF_INIT(MAX_REPLY);
    int fd = -1;
    hr_str request = hr_strf(a,
                             "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept: application/json\r\n"
                             "User-Agent: headroom\r\nConnection: close\r\n\r\n",
                             path, (unsigned)port);
    hr_err err = request.p ? dial(port, until, &fd) : HR_E_NOMEM;
    if (err == HR_OK)
        err = send_all(fd, request, until);
    if (err == HR_OK)
        err = receive_all(fd, &in, until);
    if (err == HR_OK)
        err = parse(hr_buf_str(&in), a, out);
    if (fd >= 0)
        close(fd);
    hr_buf_free(&in);
    return err;
}
