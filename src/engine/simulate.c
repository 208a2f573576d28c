/* What a simulated call tells besides: where the tokens are, what they are spent on, and what was
 * decided about each block and why. */
#include "base/map.h"
#include "engine/compress_job.h"

/* --- tokens by part of the prompt --------------------------------------------------------------
 */

typedef enum part { SYSTEM, USER, ASSISTANT, TOOL_CALL, TOOL_RESULT, UNKNOWN, PARTS } part;
static const char *const part_names[PARTS] = {"system",    "user",        "assistant",
                                              "tool_call", "tool_result", "unknown"};

static part part_of_role(hr_str role)
{
    static const struct {
        const char *role;
        part part;
    } roles[] = {{"system", SYSTEM},       {"developer", SYSTEM}, {"user", USER},
                 {"assistant", ASSISTANT}, {"tool", TOOL_RESULT}, {"function", TOOL_RESULT}};
    for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
        if (hr_str_eq(role, hr_cstr(roles[i].role)))
            return roles[i].part;
    }
    return UNKNOWN;
}

static void count_message(const hr_compress_job *j, uint32_t m, uint64_t *tokens)
{
    const hr_json_doc *d = &j->r.doc;
    part role = part_of_role(hr_json_get_text(d, m, HR_STR("role"), j->a));
    uint32_t content = hr_json_get(d, m, HR_STR("content"));
    uint64_t all = hr_job_tokens(j, m, true), named = 0, n;
    if (hr_json_is(d, content, HR_JSON_ARRAY)) {
        for (uint32_t b = HR_JSON_FIRST(d, content); b < d->nodes[content].next;
             b = d->nodes[b].next) {
            hr_str type = hr_json_get_text(d, b, HR_STR("type"), j->a);
            part p = hr_str_eq(type, HR_STR("tool_use"))      ? TOOL_CALL
                     : hr_str_eq(type, HR_STR("tool_result")) ? TOOL_RESULT
                                                              : role;
            tokens[p] += n = hr_job_tokens(j, b, true);
            named += n;
        }
    } else if (content != HR_JSON_ABSENT) {
        tokens[role] += n = hr_job_tokens(j, content, true);
        named += n;
    }
    static const char *const calls[] = {"tool_calls", "function_call"};
    for (size_t i = 0; i < 2; i++) {
        uint32_t c = hr_json_get(d, m, hr_cstr(calls[i]));
        n = c == HR_JSON_ABSENT ? 0 : hr_job_tokens(j, c, true);
        tokens[TOOL_CALL] += n;
        named += n;
    }
    tokens[UNKNOWN] += all > named ? all - named : 0;
}

static void add_breakdown(const hr_compress_job *j, hr_buf *b)
{
    const hr_json_node *n = j->r.doc.nodes;
    uint64_t tokens[PARTS] = {0};
    for (uint32_t m = HR_JSON_FIRST(&j->r.doc, j->messages); m < n[j->messages].next; m = n[m].next)
        count_message(j, m, tokens);
    hr_buf_addc(b, '{');
    for (int p = 0; p < PARTS; p++)
        hr_buf_addf(b, "%s\"%s\":%llu", p ? "," : "", part_names[p], (unsigned long long)tokens[p]);
    hr_buf_addc(b, '}');
}

/* --- tokens that say nothing -------------------------------------------------------------------
 */

typedef struct waste { /* bytes; tokens where said so */
    uint64_t json_space, space, markup, base64;
    uint64_t repeated, reread, retrieved; /* tokens */
} waste;

enum { BASE64_RUN = 256, REREAD_MIN = 512 };

static void count_bytes(hr_str t, hr_kind kind, waste *w)
{
    size_t run = 0;
    bool tag = false;
    for (size_t k = 0; k < t.n; k++) {
        char c = t.p[k];
        bool code = hr_is_alnum(c) || c == '+' || c == '/' || c == '=';
        run = code ? run + 1 : 0;
        w->base64 += run > BASE64_RUN ? 1 : run == BASE64_RUN ? BASE64_RUN : 0;
        if (k && c == ' ' && t.p[k - 1] == ' ')
            ++*(kind == HR_KIND_JSON ? &w->json_space : &w->space);
        tag = c == '<' || (tag && c != '>');
        w->markup += kind == HR_KIND_HTML && tag;
    }
}

static void add_waste(const hr_compress_job *j, uint64_t dates, hr_buf *b)
{
    waste w = {0};
    hr_read *reads = NULL;
    hr_map seen;
    const hr_reads_policy again = {.superseded = true, .min_bytes = REREAD_MIN};
    hr_map_init(&seen, j->a);
    if (hr_reads(&j->r, &again, j->a, &reads) != HR_OK)
        reads = NULL;
    for (size_t i = 0; i < j->r.nblocks; i++) {
        const hr_block *block = &j->r.blocks[i];
        hr_map_entry *e = hr_map_put(&seen, block->text, NULL);
        count_bytes(block->text, j->d[i].kind, &w);
        if (e && block->text.n >= HR_PLAN_FLOOR && e->value++)
            w.repeated += hr_tokens_count(j->tok, block->text);
        if (reads && reads[i].state != HR_READ_FRESH)
            w.reread += hr_tokens_count(j->tok, block->text);
        if (block->role == HR_BLOCK_TOOL_RESULT && hr_plan_is_retrieval(block))
            w.retrieved += hr_tokens_count(j->tok, block->text);
    }
    hr_buf_addf(b,
                "{\"json_bloat\":%llu,\"html_noise\":%llu,\"base64\":%llu,\"whitespace\":%llu,"
                "\"dynamic_date\":%llu,\"repetition\":%llu,\"reread\":%llu,"
                "\"reread_compressed\":%llu}",
                (unsigned long long)w.json_space / 8, (unsigned long long)w.markup / 4,
                (unsigned long long)w.base64 / 2, (unsigned long long)w.space / 8,
                (unsigned long long)dates, (unsigned long long)w.repeated,
                (unsigned long long)w.reread, (unsigned long long)w.retrieved);
}

/* --- what keeps the provider from caching the system prompt ----------------------------------- */

static bool hex_of(hr_str w, const char *groups)
{
    size_t at = 0;
    for (const char *g = groups; *g; g++) { /* "8-4": digits in each group, a dash between */
        size_t n = *g == 'c' ? 12 : (size_t)(*g - '0');
        if (g != groups && (at >= w.n || w.p[at++] != '-'))
            return false;
        for (size_t k = 0; k < n; k++, at++) {
            if (at >= w.n || !hr_is_hex(w.p[at]))
                return false;
        }
    }
    return at == w.n;
}

static bool all_hex(hr_str w)
{
    for (size_t i = 0; i < w.n; i++) {
        if (!hr_is_hex(w.p[i]))
            return false;
    }
    return w.n == 32 || w.n == 40 || w.n == 64;
}

static bool is_date(hr_str w)
{
    static const char form[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        if (i >= w.n || (form[i] == 'd' ? !hr_is_digit(w.p[i]) : w.p[i] != '-'))
            return false;
    }
    return w.n == 10 || w.p[10] == 'T';
}

static bool edge(char c)
{
    return c != 0 && strchr(".,;:!?\"'()[]{}<>", c) != NULL;
}

/* Words of the system prompt that change from request to request: dates, ids, tokens. */
static uint64_t volatile_words(hr_str text, uint64_t *dates)
{
    uint64_t found = 0;
    for (size_t i = 0; i < text.n;) {
        size_t from = i;
        while (i < text.n && (unsigned char)text.p[i] > ' ')
            i++;
        hr_str w = hr_str_sub(text, from, i++);
        while (w.n && edge(w.p[0]))
            w = hr_str_sub(w, 1, w.n);
        while (w.n && edge(w.p[w.n - 1]))
            w.n--;
        bool date = is_date(w), token = hr_str_starts(w, HR_STR("eyJ")) && w.n > 40;
        *dates += date;
        found += date || token || hex_of(w, "8444c") || all_hex(w);
    }
    return found;
}

/* --- decisions ---------------------------------------------------------------------------------
 */

static void add_decisions(const hr_compress_job *j, hr_buf *b)
{
    hr_buf_addc(b, '[');
    for (size_t i = 0; i < j->r.nblocks; i++) {
        const hr_block *block = &j->r.blocks[i];
        const hr_decision *d = &j->d[i];
        size_t before = hr_tokens_count(j->tok, block->text);
        hr_buf_addf(b, "%s{\"message\":%u,\"tool\":", i ? "," : "", block->message);
        hr_json_quote(b, block->tool_name);
        hr_buf_addf(b, ",\"kind\":\"%s\",\"reason\":\"%s\",\"why\":", hr_kind_name(d->kind),
                    hr_reason_code(d->reason));
        hr_json_quote(b, hr_cstr(hr_reason_text(d->reason)));
        hr_buf_lit(b, ",\"strategy\":");
        hr_json_quote(b, d->strategy);
        hr_buf_addf(b, ",\"tokens_before\":%zu,\"tokens_after\":%zu}", before,
                    d->replace ? hr_tokens_count(j->tok, d->text) : before);
    }
    hr_buf_addc(b, ']');
}

void hr_job_simulation(const hr_compress_job *j, hr_str messages, hr_buf *b)
{
    hr_sha256 prefix = hr_sha256_of(j->r.system_text);
    char hex[17] = {0};
    uint64_t dates = 0, found = volatile_words(j->r.system_text, &dates);
    hr_hex(prefix.b, 8, hex);
    hr_buf_lit(b, ",\"transforms\":");
    hr_job_transforms(j, b);
    hr_buf_lit(b, ",\"messages_optimized\":");
    hr_buf_add(b, messages);
    hr_buf_lit(b, ",\"estimated_savings\":\"N/A per request\",\"block_breakdown\":");
    add_breakdown(j, b);
    hr_buf_lit(b, ",\"decisions\":");
    add_decisions(j, b);
    hr_buf_lit(b, ",\"waste_signals\":");
    add_waste(j, dates * 6, b);
    hr_buf_addf(b, ",\"stable_prefix_hash\":\"%s\",\"cache_alignment_score\":%llu", hex,
                (unsigned long long)(found < 10 ? 100 - 10 * found : 0));
}
