/* Server-sent events as WHATWG HTML section 9.2 describes them, fed in pieces of any size. Lines
 * that lie whole in a piece are not copied; an event's data is. */
#include "wire/wire.h"

enum { DEFAULT_LIMIT = 1 << 20 };

void hr_sse_init(hr_sse *s, size_t limit)
{
    *s = (hr_sse){.limit = limit ? limit : DEFAULT_LIMIT};
    s->line.limit = s->data.limit = s->limit;
}

void hr_sse_free(hr_sse *s)
{
    hr_buf_free(&s->line);
    hr_buf_free(&s->data);
}

/* The event being read cannot be kept: drop what there is and wait for its blank line. */
static void skip_event(hr_sse *s)
{
    s->skipping = true;
    hr_buf_clear(&s->line);
    hr_buf_clear(&s->data);
}

static void dispatch(hr_sse *s, hr_sse_fn *fn, void *ctx)
{
    if (s->skipping) {
        s->skipped++;
    } else if (s->has_data) {
        s->events++;
        fn(ctx, s->event_name, hr_buf_str(&s->data));
    }
    hr_buf_clear(&s->data);
    s->event_name = HR_STR_NONE;
    s->skipping = s->has_data = false;
}

static void field(hr_sse *s, hr_str name, hr_str value)
{
    if (hr_str_eq(name, HR_STR("data"))) {
        if (s->has_data)
            hr_buf_addc(&s->data, '\n');
        hr_buf_add(&s->data, value);
        s->has_data = true;
        if (s->data.err != HR_OK)
            skip_event(s);
    } else if (hr_str_eq(name, HR_STR("event"))) {
        /* No dialect has names this long; a cut one matches none. */
        size_t n = value.n < sizeof(s->name) ? value.n : sizeof(s->name);
        if (n)
            memcpy(s->name, value.p, n);
        s->event_name = hr_str_of(s->name, n);
    }
}

static void line_done(hr_sse *s, hr_str line, hr_sse_fn *fn, void *ctx)
{
    if (line.n > s->limit) /* whole in one piece or not: the same */
        skip_event(s);
    if (!s->started) {
        s->started = true;
        if (hr_str_starts(line, HR_STR("\xef\xbb\xbf")))
            line = hr_str_sub(line, 3, line.n);
    }
    if (line.n == 0) {
        dispatch(s, fn, ctx);
        return;
    }
    if (s->skipping || line.p[0] == ':')
        return;
    size_t colon = hr_str_find_char(line, ':');
    if (colon == SIZE_MAX) {
        field(s, line, HR_STR_NONE);
        return;
    }
    hr_str value = hr_str_sub(line, colon + 1, line.n);
    if (value.n && value.p[0] == ' ')
        value = hr_str_sub(value, 1, value.n);
    field(s, hr_str_sub(line, 0, colon), value);
}

static size_t line_length(hr_str s)
{
    const char *lf = memchr(s.p, '\n', s.n);
    size_t n = lf ? (size_t)(lf - s.p) : s.n;
    const char *cr = memchr(s.p, '\r', n);
    return cr ? (size_t)(cr - s.p) : n;
}

/* Part of a line whose end has not come. */
static void keep(hr_sse *s, hr_str part)
{
    if (s->skipping) {
        /* Only whether the line is empty matters now. */
        if (s->line.n == 0 && part.n)
            hr_buf_addc(&s->line, 'x');
        return;
    }
    hr_buf_add(&s->line, part);
    if (s->line.err != HR_OK) {
        skip_event(s);
        hr_buf_addc(&s->line, 'x');
    }
}

void hr_sse_feed(hr_sse *s, hr_str bytes, hr_sse_fn *fn, void *ctx)
{
    while (bytes.n) {
        if (s->last_was_cr && bytes.p[0] == '\n')
            bytes = hr_str_sub(bytes, 1, bytes.n);
        s->last_was_cr = false;
        if (bytes.n == 0)
            return;
        size_t n = line_length(bytes);
        hr_str part = hr_str_sub(bytes, 0, n);
        if (n == bytes.n) {
            keep(s, part);
            return;
        }
        s->last_was_cr = bytes.p[n] == '\r';
        bytes = hr_str_sub(bytes, n + 1, bytes.n);
        if (s->line.n == 0) {
            line_done(s, part, fn, ctx);
        } else {
            keep(s, part);
            hr_str whole = hr_buf_str(&s->line);
            line_done(s, whole, fn, ctx);
            hr_buf_clear(&s->line);
        }
    }
}

void hr_sse_end(hr_sse *s, hr_sse_fn *fn, void *ctx)
{
    if (s->line.n)
        line_done(s, hr_buf_str(&s->line), fn, ctx);
    hr_buf_clear(&s->line);
    dispatch(s, fn, ctx);
}
