#include "net/internal.h"

#include "base/mem.h"

enum { IOV_MAX_HERE = 32, WRITE_BLOCKS = 4 };

static hr_block *block_get(hr_loop *l)
{
    hr_block *b = l->blocks;
    if (b) {
        l->blocks = b->next;
        l->nblocks--;
    } else {
        b = hr_malloc(sizeof(*b));
        if (!b)
            return NULL;
    }
    b->next = NULL;
    b->off = b->n = 0;
    return b;
}

static void block_put(hr_loop *l, hr_block *b)
{
    if (l->nblocks >= HR_BLOCKS_KEPT) {
        hr_free(b);
        return;
    }
    b->next = l->blocks;
    l->blocks = b;
    l->nblocks++;
}

void hr_out_init(hr_out *o, hr_loop *l, uv_stream_t *s, void (*fn)(hr_out *o, int status))
{
    *o = (hr_out){.loop = l, .stream = s, .on_written = fn};
}

void hr_out_add(hr_out *o, hr_str s)
{
    while (s.n) {
        hr_block *b = o->tail;
        if (!b || b->n == sizeof(b->data)) {
            b = block_get(o->loop);
            if (!b) {
                o->nomem = true;
                return;
            }
            if (o->tail)
                o->tail->next = b;
            else
                o->head = b;
            o->tail = b;
        }
        size_t k = sizeof(b->data) - b->n;
        if (k > s.n)
            k = s.n;
        memcpy(b->data + b->n, s.p, k);
        b->n += k;
        o->queued += k;
        s.p += k;
        s.n -= k;
    }
}

void hr_out_add_u64(hr_out *o, uint64_t v)
{
    char d[20];
    size_t i = sizeof(d);
    do {
        d[--i] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    hr_out_add(o, (hr_str){d + i, sizeof(d) - i});
}

/* Drops n sent bytes from the front. */
static void drop(hr_out *o, size_t n)
{
    o->queued -= n;
    while (n) {
        hr_block *b = o->head;
        size_t k = b->n - b->off;
        if (k > n) {
            b->off += n;
            return;
        }
        n -= k;
        o->head = b->next;
        if (!o->head)
            o->tail = NULL;
        block_put(o->loop, b);
    }
}

static void written(uv_write_t *req, int status)
{
    hr_out *o = req->data;
    if (!o)
        return;
    size_t n = o->inflight;
    o->inflight = 0;
    drop(o, n);
    if (!status && o->queued) /* a write takes a few blocks only */
        status = hr_out_flush(o, NULL, 0);
    o->on_written(o, status);
}

/* Hands the first blocks to uv_write, which waits until the socket takes them. */
static int start_write(hr_out *o)
{
    uv_buf_t iov[WRITE_BLOCKS];
    unsigned n = 0;
    for (hr_block *b = o->head; b && n < WRITE_BLOCKS; b = b->next) {
        iov[n++] = uv_buf_init(b->data + b->off, (unsigned)(b->n - b->off));
        o->inflight += b->n - b->off;
    }
    if (!n)
        return 0;
    o->req.data = o;
    int e = uv_write(&o->req, o->stream, iov, n, written);
    if (e)
        o->inflight = 0;
    return e;
}

/* One writev of the blocks and the pieces; returns the bytes taken. */
static int64_t try_once(hr_out *o, const hr_str *extra, size_t nextra)
{
    uv_buf_t iov[IOV_MAX_HERE];
    unsigned n = 0;
    for (hr_block *b = o->head; b && n < IOV_MAX_HERE; b = b->next)
        iov[n++] = uv_buf_init(b->data + b->off, (unsigned)(b->n - b->off));
    for (size_t i = 0; i < nextra && n < IOV_MAX_HERE; i++) {
        if (extra[i].n) {
            size_t k = extra[i].n < (1u << 30) ? extra[i].n : (1u << 30);
            iov[n++] = uv_buf_init((char *)(uintptr_t)extra[i].p, (unsigned)k);
        }
    }
    if (!n)
        return 0;
    int r = uv_try_write(o->stream, iov, n);
    return r == UV_EAGAIN ? 0 : r;
}

int hr_out_flush(hr_out *o, const hr_str *extra, size_t n)
{
    size_t sent = 0, i = 0;
    if (!o->inflight && !o->nomem) {
        for (;;) {
            size_t had = o->queued;
            int64_t r = try_once(o, extra, n);
            if (r < 0)
                return (int)r;
            if ((size_t)r < had) {
                drop(o, (size_t)r);
                if (r > 0 && had > (size_t)IOV_MAX_HERE * HR_BLOCK_DATA)
                    continue;
                break;
            }
            drop(o, had);
            sent = (size_t)r - had;
            break;
        }
    }
    for (; i < n; i++) {
        size_t skip = sent < extra[i].n ? sent : extra[i].n;
        sent -= skip;
        hr_out_add(o, hr_str_sub(extra[i], skip, SIZE_MAX));
    }
    if (o->nomem)
        return UV_ENOMEM;
    return o->queued && !o->inflight ? start_write(o) : 0;
}

int64_t hr_out_send(hr_out *o, const hr_str *extra, size_t n, size_t room)
{
    if (o->queued)
        return 0;
    int64_t r = try_once(o, extra, n);
    if (r < 0)
        return r;
    size_t skip = (size_t)r, taken = (size_t)r;
    for (size_t i = 0; i < n && room; i++) {
        size_t k = skip < extra[i].n ? skip : extra[i].n;
        skip -= k;
        hr_str rest = hr_str_sub(extra[i], k, k + room < k ? SIZE_MAX : k + room);
        hr_out_add(o, rest);
        room -= rest.n;
        taken += rest.n;
    }
    if (o->nomem)
        return UV_ENOMEM;
    if (o->queued) {
        int e = start_write(o);
        if (e)
            return e;
    }
    return (int64_t)taken;
}

void hr_out_free(hr_out *o)
{
    while (o->head) {
        hr_block *b = o->head;
        o->head = b->next;
        block_put(o->loop, b);
    }
    o->tail = NULL;
    o->queued = o->inflight = 0;
}
