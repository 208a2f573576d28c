/* What curl -v and wget tell beside the answer: requests, answers and errors stay; the progress
 * meter, the TLS handshake and sizes of data are counted; the body goes through the compressor of
 * its own. */
#include "base/vec.h"
#include "compress/marker.h"
#include "compress/view/view.h"

enum {
    METER_WIDTH = 78, /* of a state of the progress meter */
    METER_COLUMNS = 12,
    BODY_BYTES = 2048, /* a shorter body stays as it is */
    MIN_RUN = 3,       /* shorter runs of details stay too */
    FRONT = 4096,      /* where the marks of the form are looked for */
};
static const double MILD_LOSS = 0.95;

typedef enum sort { METER, DATA, TLS, CERTIFICATE, CONNECTION, FOLDED, SAID = FOLDED, BODY } sort;
static const char *const sort_names[FOLDED] = {"progress meter", "sizes of data", "TLS messages",
                                               "certificate", "connection"};

/* How lines begin that only tell that things went their way. */
static const struct {
    const char *start;
    sort sort;
    bool only_success; /* stays where a transfer failed */
} details[] = {
    {"*  CAfile: ", CERTIFICATE, true},
    {"*  CApath: ", CERTIFICATE, true},
    {"* Server certificate:", CERTIFICATE, true},
    {"*  subject: ", CERTIFICATE, true},
    {"*  start date: ", CERTIFICATE, true},
    {"*  subjectAltName: ", CERTIFICATE, true},
    {"*  issuer: ", CERTIFICATE, true},
    {"*   Certificate level ", CERTIFICATE, true},
    {"* successfully set certificate verify locations", CERTIFICATE, true},
    {"*   Trying ", CONNECTION, true},
    {"* IPv4: ", CONNECTION, true},
    {"* IPv6: ", CONNECTION, true},
    {"* Closing connection ", CONNECTION, true},
    {"* ALPN: offers ", CONNECTION, true},
    {"* ALPN, offering ", CONNECTION, true},
    {"* ALPN: curl offers ", CONNECTION, true},
    {"* TCP_NODELAY set", CONNECTION, false},
    {"* using HTTP/", CONNECTION, false},
    {"* Using HTTP2, ", CONNECTION, false},
    {"* Using Stream ID: ", CONNECTION, false},
    {"* Copying HTTP/2 data ", CONNECTION, false},
    {"* [HTTP/2] [", CONNECTION, true},
    {"* Connection state changed (", CONNECTION, false},
    {"* old SSL session ID is stale, removing", CONNECTION, false},
    {"* Mark bundle as ", CONNECTION, false},
    {"* Found bundle for host", CONNECTION, false},
    {"* Can not multiplex, even if we wanted to", CONNECTION, false},
    {"* Request completely sent off", CONNECTION, false},
    {"* We are completely uploaded and fine", CONNECTION, false},
    {"* upload completely sent off", CONNECTION, false},
};

typedef struct item {
    hr_str s; /* with its line break */
    sort sort;
} item;

typedef struct view {
    const hr_view_job *j;
    HR_VEC(item) items;
    bool failed; /* a transfer ended in an error */
    bool wget;
    hr_buf b;
    size_t folded, bodies;
} view;

/* "100 16549  100 16549    0     0  4500k      0 --:--:-- --:--:-- --:--:-- 4600k": twelve columns
 * in a fixed width, so that it can be told from what stands directly behind it. */
static bool is_meter(hr_str s)
{
    size_t columns = 0;
    if (s.n < METER_WIDTH)
        return false;
    for (size_t i = 0; i < METER_WIDTH; i++) {
        char c = s.p[i];
        if (!hr_is_digit(c) && !strchr(" .:-kMGTPdh", c))
            return false;
        columns += c != ' ' && (i == 0 || s.p[i - 1] == ' ');
    }
    return columns == METER_COLUMNS;
}

/* "   50K .......... .......... ..........  3%  194K 8s" */
static bool is_dots(hr_str line)
{
    size_t i = 0, dots = 0;
    while (i < line.n && line.p[i] == ' ')
        i++;
    size_t digits = i;
    while (i < line.n && hr_is_digit(line.p[i]))
        i++;
    if (i == digits || i >= line.n || line.p[i] != 'K')
        return false;
    for (i++; i < line.n && strchr(" .,", line.p[i]) && line.p[i]; i++)
        dots += line.p[i] == '.';
    return dots > 0 && (i == line.n || hr_is_digit(line.p[i]) || line.p[i] == '\n');
}

static sort sort_of(const view *v, hr_str line)
{
    if (v->wget && is_dots(line))
        return METER;
    bool data = hr_str_starts(line, HR_STR("{ [")) || hr_str_starts(line, HR_STR("} ["));
    if (data && hr_str_has(line, HR_STR(" bytes data]")))
        return DATA;
    if (!hr_str_starts(line, HR_STR("* ")))
        return SAID;
    if (hr_str_starts(line, HR_STR("* TLSv1")))
        return hr_str_has(line, HR_STR(" TLS alert")) ? SAID : TLS;
    if (hr_str_starts(line, HR_STR("* Connection #")))
        return hr_str_has(line, HR_STR(" left intact")) ? CONNECTION : SAID;
    for (size_t i = 0; i < sizeof details / sizeof *details; i++) {
        if (hr_str_starts(line, hr_cstr(details[i].start)))
            return v->failed && details[i].only_success ? SAID : details[i].sort;
    }
    return SAID;
}

static bool heads_meter(hr_str line)
{
    return hr_str_starts(line, HR_STR("  % Total    % Received % Xferd")) ||
           hr_str_starts(line, HR_STR("                                 Dload  Upload"));
}

/* "> GET / HTTP/1.1", "< HTTP/2 200" */
static bool opens(hr_str line, char way)
{
    if (line.n < 8 || line.p[0] != way || line.p[1] != ' ')
        return false;
    return way == '<' ? hr_str_starts(line, HR_STR("< HTTP/")) : hr_str_has(line, HR_STR(" HTTP/"));
}

static bool push(view *v, hr_str s, sort what)
{
    item *slot = s.n ? hr_vec_push(&v->items, v->j->a) : NULL;
    if (slot)
        *slot = (item){s, what};
    return slot || s.n == 0;
}

/* Cuts the text into items. A body begins behind the empty line of an answer's head; in it only
 * what curl says counts as curl's, since a body may have lines that begin with ">" of its own. */
static hr_err cut(view *v, hr_str text)
{
    bool body = false;
    for (size_t at = 0, line_end = 0; at < text.n;) {
        hr_str rest = hr_str_sub(text, at, text.n);
        if (v->items.n % 512 == 511 && hr_deadline_passed(v->j->o->deadline))
            return HR_E_TIMEOUT;
        if (rest.p[0] == '\r' && is_meter(hr_str_sub(rest, 1, rest.n))) {
            size_t end = METER_WIDTH + 1;
            end += end < rest.n && rest.p[end] == '\n';
            if (!push(v, hr_str_sub(rest, 0, end), METER))
                return HR_E_NOMEM;
            at += end;
            continue;
        }
        if (at >= line_end) {
            size_t n = hr_str_find_char(rest, '\n');
            line_end = n == SIZE_MAX ? text.n : at + n + 1;
        }
        size_t n = 1; /* up to the next state of the meter */
        while (at + n < line_end &&
               !(rest.p[n] == '\r' && is_meter(hr_str_sub(rest, n + 1, rest.n))))
            n++;
        hr_str line = hr_str_sub(rest, 0, n);
        sort what = sort_of(v, line);
        bool head = opens(line, '>') || opens(line, '<');
        if (head || hr_str_starts(line, HR_STR("curl: (")) || heads_meter(line))
            body = false;
        if (what == SAID && body && line.p[0] != '*')
            what = BODY;
        if (hr_str_eq(hr_str_trim(line), HR_STR("<")))
            body = true;
        if (!push(v, line, what))
            return HR_E_NOMEM;
        at += line.n;
    }
    return HR_OK;
}

static void end_line(hr_buf *b)
{
    if (b->n && b->p[b->n - 1] != '\n')
        hr_buf_addc(b, '\n');
}

/* Items [from, to) are details, but for pieces of a body, which were written already. */
static void put_details(view *v, size_t from, size_t to, bool inside)
{
    size_t n[FOLDED] = {0}, all = 0;
    hr_str last = HR_STR_NONE;
    for (size_t i = from; i < to; i++) {
        const item *x = &v->items.p[i];
        if (x->sort >= FOLDED)
            continue;
        n[x->sort]++;
        all++;
        if (x->sort == METER)
            last = hr_str_trim(x->s);
    }
    if (all == 0)
        return;
    end_line(&v->b);
    if (all < MIN_RUN && !inside) {
        for (size_t i = from; i < to; i++) {
            if (v->items.p[i].sort < FOLDED)
                hr_buf_add(&v->b, v->items.p[i].s);
        }
        return;
    }
    v->folded += all;
    hr_buf_addf(&v->b, "[%zu notes of the client%s:", all,
                inside ? ", in and behind the body" : "");
    for (size_t k = 0, said = 0; k < FOLDED; k++) {
        if (n[k])
            hr_buf_addf(&v->b, "%s %s x%zu", said++ ? "," : "", sort_names[k], n[k]);
    }
    if (last.n)
        hr_buf_addf(&v->b, "; last state of the meter: %.*s", HR_FMT(last));
    hr_buf_lit(&v->b, "]\n");
}

/* The body that begins with item i, put together from its pieces; returns the item behind it. */
static hr_err put_body(view *v, size_t i, size_t *next)
{
    const hr_view_job *j = v->j;
    hr_buf body = HR_BUF_INIT(0);
    size_t k = i, last = i;
    for (; k < v->items.n && v->items.p[k].sort != SAID; k++) {
        if (v->items.p[k].sort != BODY)
            continue;
        hr_buf_add(&body, v->items.p[k].s);
        last = k;
    }
    hr_str whole = hr_str_dup(j->a, hr_buf_str(&body)), less = HR_STR_NONE;
    hr_err e = body.err != HR_OK || !whole.p ? HR_E_NOMEM : HR_OK;
    bool lf = whole.n && whole.p[whole.n - 1] == '\n';
    hr_buf_free(&body);
    if (e == HR_OK && whole.n >= BODY_BYTES)
        e = hr_compress_part(j->o, hr_str_sub(whole, 0, whole.n - lf), j->key, j->a, &less);
    end_line(&v->b);
    hr_buf_add(&v->b, less.n ? less : whole);
    v->bodies += less.n > 0;
    bool inside = false;
    for (size_t x = i; x < last; x++)
        inside |= v->items.p[x].sort != BODY;
    put_details(v, i, k, inside);
    *next = k;
    return e;
}

static hr_err write_out(view *v)
{
    hr_err e = HR_OK;
    for (size_t i = 0; i < v->items.n && e == HR_OK;) {
        size_t k = i;
        while (k < v->items.n && v->items.p[k].sort < FOLDED)
            k++;
        if (k > i) {
            put_details(v, i, k, false);
            i = k;
        } else if (v->items.p[i].sort == BODY) {
            e = put_body(v, i, &i);
        } else {
            hr_str s = v->items.p[i++].s;
            end_line(&v->b);
            bool crlf = s.n > 1 && s.p[s.n - 2] == '\r' && s.p[s.n - 1] == '\n';
            hr_buf_add(&v->b, hr_str_sub(s, 0, s.n - (crlf ? 2 : 0)));
            if (crlf)
                hr_buf_addc(&v->b, '\n');
        }
    }
    return e == HR_OK ? v->b.err : e;
}

static bool has_form(view *v, hr_str text)
{
    hr_str front = hr_str_sub(text, 0, FRONT), line;
    bool curl = false;
    while (hr_str_line(&front, &line)) {
        curl |= heads_meter(line) || opens(line, '>');
        v->wget |= hr_str_starts(line, HR_STR("--")) && hr_str_has(line, HR_STR("--  http"));
    }
    return curl || v->wget;
}

hr_err hr_view_http(const hr_view_job *j, hr_str text, hr_forms *out)
{
    view v = {.j = j, .b = HR_BUF_INIT(0)};
    if (!j->lossy || j->o->part || !has_form(&v, text))
        return HR_E_SYNTAX;
    v.failed = hr_str_has(text, HR_STR("curl: ("));
    hr_err e = cut(&v, text);
    if (e == HR_OK)
        e = write_out(&v);
    if (e == HR_OK && v.folded) {
        end_line(&v.b);
        hr_str what = hr_strf(j->a, "%zu notes of the client counted in place.", v.folded);
        hr_marker_text(&v.b, what, j->key, j->o->via);
        e = v.b.err;
    }
    if (e == HR_OK && v.folded && v.b.n < text.n) {
        out->lossy = hr_str_dup(j->a, hr_buf_str(&v.b));
        out->lossy_reason = HR_R_HTTP_TALK;
        out->lossy_strategy = hr_strf(j->a, "http(%zu notes, %zu bodies)", v.folded, v.bodies);
        out->lossy_margin = MILD_LOSS;
    }
    hr_buf_free(&v.b);
    return e == HR_OK && j->a->failed ? HR_E_NOMEM : e;
}
