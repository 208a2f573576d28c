#include "evals/gen.h"

#include "base/buf.h"

#include <stdio.h>

/* What stands in a row, whatever the content. */
typedef struct row {
    size_t i, rows;
    unsigned hour, minute, second, milli;
    const char *service, *region, *status, *level, *message;
    char code[24]; /* of an error; "" else */
    double latency;
    uint64_t id; /* 48 bits, unique in the document but for chance */
} row;

static const char *const services[] = {"billing", "checkout", "search",
                                       "catalog", "identity", "mailer"};
static const char *const regions[] = {"eu-west-1", "us-east-1", "ap-south-1"};
static const char *const messages[] = {"request served", "cache refreshed", "session renewed",
                                       "page rendered", "record updated"};
#define PICK(r, list) list[hr_rng_below((r), sizeof(list) / sizeof(*(list)))]

const char *hr_content_name(hr_content c)
{
    static const char *const names[] = {"json_array", "nested", "log",  "search",
                                        "diff",       "csv",    "plain"};
    return names[c];
}

const char *hr_needle_name(hr_needle_kind k)
{
    static const char *const names[] = {"error",        "outlier",      "rare_status",
                                        "asked_for_id", "change_point", "last_row"};
    return names[k];
}

static void make_row(hr_rng *r, size_t i, size_t rows, row *x)
{
    *x = (row){.i = i, .rows = rows, .service = PICK(r, services), .region = PICK(r, regions)};
    uint64_t ms = (uint64_t)i * 731 + hr_rng_below(r, 700);
    x->hour = (unsigned)(10 + ms / 3600000);
    x->minute = (unsigned)(ms / 60000 % 60);
    x->second = (unsigned)(ms / 1000 % 60);
    x->milli = (unsigned)(ms % 1000);
    x->status = hr_rng_below(r, 10) < 8 ? "active" : "pending";
    x->level = "INFO";
    x->message = PICK(r, messages);
    x->latency = 100 + 15 * hr_rng_normal(r);
    x->id = hr_rng_next(r) >> 16;
}

static void line_json(hr_buf *b, const row *x)
{
    hr_buf_addf(
        b,
        "{\"ts\":\"2024-03-05T%02u:%02u:%02u.%03uZ\",\"service\":\"%s\",\"region\":\"%s\","
        "\"status\":\"%s\",\"latency_ms\":%.3f,\"request_id\":\"%012llx\",\"message\":\"%s%s"
        "%s\"}",
        x->hour, x->minute, x->second, x->milli, x->service, x->region, x->status, x->latency,
        (unsigned long long)x->id, x->message, x->code[0] ? " " : "", x->code);
}

static void line_nested(hr_buf *b, const row *x)
{
    hr_buf_addf(b,
                "{\"at\":\"2024-03-05T%02u:%02u:%02u.%03uZ\",\"source\":{\"service\":\"%s\","
                "\"region\":\"%s\"},\"timing\":{\"latency_ms\":%.3f},\"request\":{\"id\":"
                "\"%012llx\",\"status\":\"%s\",\"note\":\"%s%s%s\"}}",
                x->hour, x->minute, x->second, x->milli, x->service, x->region, x->latency,
                (unsigned long long)x->id, x->status, x->message, x->code[0] ? " " : "", x->code);
}

static void line_log(hr_buf *b, const row *x)
{
    hr_buf_addf(b,
                "2024-03-05 %02u:%02u:%02u,%03u %s [%s/%s] %s%s%s request_id=%012llx status=%s "
                "latency_ms=%.3f\n",
                x->hour, x->minute, x->second, x->milli, x->level, x->service, x->region,
                x->message, x->code[0] ? " " : "", x->code, (unsigned long long)x->id, x->status,
                x->latency);
}

static void line_search(hr_buf *b, const row *x)
{
    hr_buf_addf(b, "src/%s/handlers_%zu.py:%zu:    record(\"%012llx\", \"%s\", %.3f)  # %s%s%s\n",
                services[x->i * 6 / x->rows], x->i / 12 % 7, 10 + x->i % 12 * 9,
                (unsigned long long)x->id, x->status, x->latency, x->message, x->code[0] ? " " : "",
                x->code);
}

/* Hunks of nine lines: three of context, one taken out, the row put in, three of context. */
static void line_diff(hr_buf *b, const row *x)
{
    if (x->i % 8 == 0)
        hr_buf_addf(b,
                    "diff --git a/%s/table_%zu.py b/%s/table_%zu.py\nindex %07llx..%07llx 100644\n"
                    "--- a/%s/table_%zu.py\n+++ b/%s/table_%zu.py\n",
                    x->service, x->i / 8, x->service, x->i / 8,
                    (unsigned long long)(x->id & 0xfffffff),
                    (unsigned long long)(x->id >> 20 & 0xfffffff), x->service, x->i / 8, x->service,
                    x->i / 8);
    size_t at = 10 + x->i % 8 * 20;
    hr_buf_addf(b, "@@ -%zu,7 +%zu,7 @@ def load_%zu():\n", at, at, x->i % 8);
    for (int k = 0; k < 3; k++)
        hr_buf_addf(b, "     prepare(step=%d, region=\"%s\")\n", k, x->region);
    hr_buf_addf(b, "-    record(\"%s\")\n+    record(\"%012llx\", \"%s\", %.3f)  # %s%s%s\n",
                x->service, (unsigned long long)x->id, x->status, x->latency, x->message,
                x->code[0] ? " " : "", x->code);
    for (int k = 3; k < 6; k++)
        hr_buf_addf(b, "     finish(step=%d, service=\"%s\")\n", k, x->service);
}

static void line_csv(hr_buf *b, const row *x)
{
    hr_buf_addf(b, "2024-03-05T%02u:%02u:%02u.%03uZ,%s,%s,%s,%.3f,%012llx,%s%s%s\n", x->hour,
                x->minute, x->second, x->milli, x->service, x->region, x->status, x->latency,
                (unsigned long long)x->id, x->message, x->code[0] ? " " : "", x->code);
}

static void line_plain(hr_buf *b, const row *x)
{
    hr_buf_addf(b,
                "At %02u:%02u:%02u the %s team in %s answered request %012llx after %.3f "
                "milliseconds and left it %s; the note says %s%s%s.%s",
                x->hour, x->minute, x->second, x->service, x->region, (unsigned long long)x->id,
                x->latency, x->status, x->message, x->code[0] ? " " : "", x->code,
                x->i % 5 == 4 ? "\n\n" : " ");
}

static const struct {
    void (*line)(hr_buf *b, const row *x);
    const char *head, *between, *tail;
} forms[HR_CONTENT_COUNT] = {
    [HR_CONTENT_JSON_ARRAY] = {line_json, "[", ",", "]"},
    [HR_CONTENT_NESTED] = {line_nested,
                           "{\"cluster\":{\"name\":\"prod-7\",\"window\":{\"from\":\"10:00\","
                           "\"to\":\"11:00\"}},\"result\":{\"items\":[",
                           ",", "],\"complete\":true}}"},
    [HR_CONTENT_LOG] = {line_log, "", "", ""},
    [HR_CONTENT_SEARCH] = {line_search, "", "", ""},
    [HR_CONTENT_DIFF] = {line_diff, "", "", ""},
    [HR_CONTENT_CSV] = {line_csv, "ts,service,region,status,latency_ms,request_id,message\n", "",
                        ""},
    [HR_CONTENT_PLAIN] = {line_plain, "", "", ""},
};

/* Makes x the needle's row and notes what of it counts. */
static void plant(hr_rng *r, hr_needle_kind k, row *x, hr_arena *a, hr_doc *out)
{
    hr_str id = hr_strf(a, "%012llx", (unsigned long long)x->id);
    out->nneedles = 1;
    out->query = HR_STR("Summarise what happened and say if anything is wrong.");
    switch (k) {
    case HR_NEEDLE_ERROR:
        snprintf(x->code, sizeof(x->code), "ERR-%05u", 10000 + hr_rng_below(r, 90000));
        x->level = "ERROR";
        x->status = "error";
        x->message = "connection pool exhausted";
        out->needles[0] = hr_strf(a, "%s", x->code);
        break;
    case HR_NEEDLE_OUTLIER:
        x->latency = 9000 + 900 * hr_rng_unit(r);
        out->needles[0] = hr_strf(a, "%.3f", x->latency);
        break;
    case HR_NEEDLE_RARE:
        x->status = "quarantined";
        out->needles[0] = id;
        out->needles[out->nneedles++] = HR_STR("quarantined");
        break;
    case HR_NEEDLE_QUERY:
        out->query = hr_strf(a, "What was the latency of request %.*s?", HR_FMT(id));
        out->needles[0] = id;
        out->needles[out->nneedles++] = hr_strf(a, "%.3f", x->latency);
        break;
    default:
        out->needles[0] = id;
    }
}

bool hr_gen_doc(uint64_t seed, hr_content c, hr_needle_kind k, size_t rows, unsigned percent,
                hr_arena *a, hr_doc *out)
{
    hr_rng r = {seed};
    hr_buf b = HR_BUF_INIT(0);
    *out = (hr_doc){0};
    size_t at = (rows - 1) * percent / 100;
    if (k == HR_NEEDLE_LAST)
        at = rows - 1;
    hr_buf_add(&b, hr_cstr(forms[c].head));
    for (size_t i = 0; i < rows; i++) {
        row x;
        make_row(&r, i, rows, &x);
        if (k == HR_NEEDLE_CHANGE && i >= at)
            x.latency += 90;
        if (i == at)
            plant(&r, k, &x, a, out);
        if (i)
            hr_buf_add(&b, hr_cstr(forms[c].between));
        forms[c].line(&b, &x);
    }
    hr_buf_add(&b, hr_cstr(forms[c].tail));
    if (b.err == HR_OK)
        out->text = hr_str_dup(a, hr_buf_str(&b));
    hr_buf_free(&b);
    return out->text.p && !a->failed;
}
