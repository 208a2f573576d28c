/* The eight tool outputs, each with a question and its answer: a small one, and a large one that
 * the compressors act on. */
#include "evals/rng.h"
#include "evals/suites.h"

#include <stdio.h>

typedef struct maker {
    hr_buf b;
    hr_rng r;
    size_t n; /* rows or lines */
} maker;

static void github_search(maker *m)
{
    static const char *const langs[] = {"Python", "Go", "Rust", "TypeScript"};
    hr_buf_addf(&m->b, "{\"total_count\":%zu,\"incomplete_results\":false,\"items\":[", m->n);
    for (size_t i = 0; i < m->n; i++) {
        unsigned stars = 100 + hr_rng_below(&m->r, 4000);
        bool best = i == m->n * 2 / 3;
        hr_buf_addf(&m->b,
                    "%s{\"id\":%zu,\"full_name\":\"%s/retry-%zu\",\"language\":\"%s\","
                    "\"stargazers_count\":%u,\"open_issues\":%u,\"archived\":false,\"license\":"
                    "{\"spdx_id\":\"MIT\"}}",
                    i ? "," : "", 41000 + i, best ? "steadfast" : "acme", i, langs[i % 4],
                    best ? 68213 : stars, hr_rng_below(&m->r, 90));
    }
    hr_buf_lit(&m->b, "]}");
}

static void k8s_events(maker *m)
{
    hr_buf_lit(&m->b, "LAST SEEN   TYPE      REASON             OBJECT                        "
                      "MESSAGE\n");
    for (size_t i = 0; i < m->n; i++) {
        if (i == m->n / 2)
            hr_buf_lit(&m->b,
                       "47s         Warning   FailedScheduling   pod/ledger-5d9c7b-x2k4p     "
                       "  0/6 nodes are available: 6 Insufficient memory.\n");
        else
            hr_buf_addf(&m->b,
                        "%zum         Normal    %s   pod/api-%07x-%05x         Successfully %s\n",
                        i % 50 + 10, i % 2 ? "Pulled            " : "Started           ",
                        hr_rng_below(&m->r, 0xfffffff), hr_rng_below(&m->r, 0xfffff),
                        i % 2 ? "pulled image \"api:2.31\"" : "started container api");
    }
}

static void traceback(maker *m)
{
    for (size_t i = 0; i < m->n; i++)
        hr_buf_addf(&m->b, "2024-05-02 08:%02zu:%02zu INFO charge %05u accepted amount=%u.%02u\n",
                    i / 60 % 60, i % 60, hr_rng_below(&m->r, 99999), 5 + hr_rng_below(&m->r, 300),
                    hr_rng_below(&m->r, 100));
    hr_buf_lit(&m->b, "Traceback (most recent call last):\n"
                      "  File \"/srv/shop/pay/charge.py\", line 88, in settle\n"
                      "    gateway.capture(card, amount)\n"
                      "  File \"/srv/shop/pay/gateway.py\", line 214, in capture\n"
                      "    raise CardError(reply.code, reply.text)\n"
                      "shop.pay.CardError: card was refused (code=insufficient_funds_51)\n");
}

static void db_query(maker *m)
{
    hr_buf_lit(&m->b, "[");
    for (size_t i = 0; i < m->n; i++)
        hr_buf_addf(&m->b,
                    "%s{\"user_id\":%zu,\"email\":\"user%zu@mail.example\",\"role\":\"%s\","
                    "\"active\":true,\"last_login\":\"2024-04-%02uT%02u:15:00Z\"}",
                    i ? ",\n " : "", 700 + i, 700 + i, i == m->n / 3 ? "admin" : "member",
                    1 + hr_rng_below(&m->r, 28), hr_rng_below(&m->r, 24));
    hr_buf_lit(&m->b, "]\n");
}

static void metrics(maker *m)
{
    hr_buf_lit(&m->b, "{\"service\":\"checkout\",\"window\":\"5m\",\"latency_ms\":{\"p50\":38.2,"
                      "\"p95\":171.4,\"p99\":1284.7},\"error_rate\":0.0031,\"series\":[");
    for (size_t i = 0; i < m->n; i++)
        hr_buf_addf(&m->b, "%s{\"t\":%zu,\"rps\":%.1f,\"cpu\":%.2f}", i ? "," : "",
                    1714600000 + i * 15, 250 + 20 * hr_rng_normal(&m->r),
                    0.4 + 0.05 * hr_rng_normal(&m->r));
    hr_buf_lit(&m->b, "]}");
}

static void git_log(maker *m)
{
    static const char *const who[] = {"Ines Rau", "Tom Berg", "Lia Moss"};
    for (size_t i = 0; i < m->n; i++) {
        bool fix = i == m->n / 2;
        hr_buf_addf(&m->b,
                    "commit %08x%08x%08x%08x%08x\nAuthor: %s <dev@mail.example>\nDate:   Mon "
                    "Apr %zu 10:%02u:00 2024 +0000\n\n    %s\n\n",
                    (unsigned)hr_rng_next(&m->r), (unsigned)hr_rng_next(&m->r),
                    (unsigned)hr_rng_next(&m->r), (unsigned)hr_rng_next(&m->r),
                    (unsigned)hr_rng_next(&m->r), fix ? "Nadia Okafor" : who[i % 3], 1 + i % 28,
                    hr_rng_below(&m->r, 60),
                    fix     ? "Fix path traversal vulnerability in archive upload"
                    : i % 2 ? "Bump the linter"
                            : "Describe the build in the manual");
    }
}

static void aws_ec2(maker *m)
{
    hr_buf_lit(&m->b, "{\"Reservations\":[");
    for (size_t i = 0; i < m->n; i++) {
        bool stopped = i == m->n / 2;
        hr_buf_addf(&m->b,
                    "%s{\"Instances\":[{\"InstanceId\":\"i-%08x%s\",\"InstanceType\":\"m6i.large\","
                    "\"State\":{\"Code\":%d,\"Name\":\"%s\"},\"Placement\":{\"AvailabilityZone\":"
                    "\"eu-west-1%c\"},\"Tags\":[{\"Key\":\"team\",\"Value\":\"core\"}]}]}",
                    i ? "," : "", (unsigned)hr_rng_next(&m->r), stopped ? "beef7" : "00aa1",
                    stopped ? 80 : 16, stopped ? "stopped" : "running", 'a' + (char)(i % 3));
    }
    hr_buf_lit(&m->b, "]}");
}

static void complex_api(maker *m)
{
    hr_buf_lit(&m->b, "{\"organisation\":{\"name\":\"Northwind Labs\",\"plan\":\"team\"},"
                      "\"projects\":[");
    for (size_t i = 0; i < m->n; i++) {
        bool most = i == m->n / 4;
        hr_buf_addf(
            &m->b,
            "%s{\"key\":\"%s%zu\",\"owner\":{\"id\":%u,\"team\":\"t%zu\"},\"budget\":"
            "{\"granted\":%d,\"remaining\":%u},\"milestones\":[{\"name\":\"alpha\",\"done\":"
            "true},{\"name\":\"beta\",\"done\":%s}]}",
            i ? "," : "", most ? "aurora-" : "proj-", i, hr_rng_below(&m->r, 9000), i % 5,
            most ? 990000 : 60000, most ? 871550 : 1000 + hr_rng_below(&m->r, 50000),
            i % 2 ? "true" : "false");
    }
    hr_buf_lit(&m->b, "]}");
}

static const struct {
    const char *id, *tool, *query, *answer;
    void (*make)(maker *m);
    size_t small, large;
} all[] = {
    {"github_search_001", "github_search", "Which repository has the most stars?", "68213",
     github_search, 3, 300},
    {"k8s_events_001", "kubectl", "Why is the ledger pod not scheduled?", "Insufficient memory",
     k8s_events, 8, 800},
    {"traceback_001", "run_tests", "With which error code did the charge fail?",
     "insufficient_funds_51", traceback, 0, 1500},
    {"db_query_001", "sql", "Which user is an admin?", "admin", db_query, 5, 400},
    {"metrics_001", "metrics", "What is the p99 latency?", "1284.7", metrics, 4, 400},
    {"git_log_001", "git", "Who fixed the vulnerability?", "Nadia Okafor", git_log, 3, 200},
    {"aws_ec2_001", "aws", "Which instance is stopped?", "beef7", aws_ec2, 3, 200},
    {"complex_api_001", "api", "Which project has the highest remaining budget?", "871550",
     complex_api, 3, 250},
};

bool hr_toolout_at(size_t i, uint64_t seed, hr_arena *a, hr_toolout *out)
{
    enum { N = sizeof(all) / sizeof(*all) };
    if (i >= 2 * N)
        return false;
    maker m = {.b = HR_BUF_INIT(0), .r = {seed + i % N}};
    m.n = i >= N ? all[i % N].large : all[i % N].small;
    all[i % N].make(&m);
    *out = (hr_toolout){.tool = hr_cstr(all[i % N].tool),
                        .query = hr_cstr(all[i % N].query),
                        .answer = hr_cstr(all[i % N].answer),
                        .large = i >= N};
    out->id = hr_strf(a, "%s%s", all[i % N].id, i >= N ? "_large" : "");
    out->text = m.b.err == HR_OK ? hr_str_dup(a, hr_buf_str(&m.b)) : HR_STR_NONE;
    hr_buf_free(&m.b);
    return out->text.p != NULL;
}

void hr_suite_toolouts(hr_meter *m, const hr_evals_in *in)
{
    hr_suite *s =
        hr_report_suite(m->r, "tool_outputs",
                        "Eight tool outputs with a question each, small and large: is the "
                        "answer visible?");
    hr_arena_mark mark = hr_arena_save(m->scratch);
    hr_toolout t;
    for (size_t i = 0; s && hr_toolout_at(i, in->seed, m->scratch, &t); i++) {
        hr_measured d;
        hr_case c = {0};
        hr_measure(m, t.text, t.query, &d);
        hr_found f = hr_measure_find(&d, t.answer);
        c.tokens = hr_measured_tokens(&d);
        hr_tally_add(&c.evidence, f);
        c.failed = !hr_measure_sound(m, s, &d, t.id);
        if (f != HR_FOUND_VISIBLE) {
            c.failed = true;
            hr_suite_fail(m->r, s, "%.*s: the answer is not visible", HR_FMT(t.id));
        }
        const hr_label labels[] = {{"size", t.large ? HR_STR("large") : HR_STR("small")},
                                   {"tool", t.tool}};
        hr_suite_case(m->r, s, &c, labels, 2);
        hr_arena_restore(m->scratch, mark);
    }
}
