/* POST /v1/compress: messages in, the same messages with smaller tool results out. No conversation
 * and no provider cache are involved, so every tool result is decided now. */
#include "engine/call_config.h"
#include "engine/compress_job.h"

static hr_err refuse(hr_str *message, hr_arena *a, hr_err err, const char *text)
{
    *message = hr_strf(a, "%s", text);
    return err;
}

/* Anthropic-shaped messages are told by a tool_result or tool_use block. */
static hr_dialect dialect_of(const hr_json_doc *d, uint32_t messages, hr_arena *a)
{
    const hr_json_node *n = d->nodes;
    for (uint32_t m = HR_JSON_FIRST(d, messages); m < n[messages].next; m = n[m].next) {
        uint32_t c = hr_json_get(d, m, HR_STR("content"));
        if (!hr_json_is(d, c, HR_JSON_ARRAY))
            continue;
        for (uint32_t b = HR_JSON_FIRST(d, c); b < n[c].next; b = n[b].next) {
            hr_str type = hr_json_get_text(d, b, HR_STR("type"), a);
            if (hr_str_eq(type, HR_STR("tool_result")) || hr_str_eq(type, HR_STR("tool_use")))
                return HR_DIALECT_ANTHROPIC;
        }
    }
    return HR_DIALECT_OPENAI_CHAT;
}

uint64_t hr_job_tokens(const hr_compress_job *j, uint32_t node, bool envelope)
{
    const hr_json_doc *d = &j->r.doc;
    const hr_json_node *n = d->nodes;
    uint64_t sum = 0;
    if (hr_json_is(d, node, HR_JSON_STRING))
        return hr_tokens_count(j->tok, hr_json_text(d, node, j->a));
    if (hr_json_is(d, node, HR_JSON_ARRAY)) {
        for (uint32_t i = HR_JSON_FIRST(d, node); i < n[node].next; i = n[i].next)
            sum += hr_job_tokens(j, i, envelope);
    } else if (hr_json_is(d, node, HR_JSON_OBJECT)) {
        for (uint32_t k = HR_JSON_FIRST(d, node); k < n[node].next; k = n[k + 1].next) {
            hr_str key = hr_json_text(d, k, j->a);
            static const char *const skip[] = {"role",         "type",        "id",
                                               "tool_call_id", "tool_use_id", "data",
                                               "url",          "signature",   "cache_control"};
            bool skipped = false;
            for (size_t s = 0; envelope && s < sizeof(skip) / sizeof(*skip); s++)
                skipped |= hr_str_eq(key, hr_cstr(skip[s]));
            if (hr_str_eq(key, HR_STR("input"))) /* arguments: the JSON text is what is sent */
                sum += hr_tokens_count(j->tok, hr_json_raw(d, k + 1));
            else if (!skipped)
                sum += hr_job_tokens(j, k + 1, envelope);
        }
    }
    return sum;
}

static hr_err store_all(hr_compress_job *j)
{
    hr_original *o = HR_NEW_ARRAY(j->a, hr_original, j->r.nblocks);
    size_t n = 0;
    if (!o)
        return HR_E_NOMEM;
    for (size_t i = 0; i < j->r.nblocks; i++) {
        if (j->d[i].has_key)
            o[n++] = hr_engine_original(&j->r.blocks[i], &j->d[i], j->r.last_user_text);
    }
    hr_store_batch batch = {.originals = o, .noriginals = n};
    return n ? hr_store_commit(j->e->store, &batch, j->a) : HR_OK;
}

/* The messages array with the decided texts in place. */
static hr_err spliced_messages(hr_compress_job *j, hr_str *out)
{
    hr_str src = j->r.doc.src;
    const hr_json_node *m = &j->r.doc.nodes[j->messages];
    hr_splice sp;
    hr_splice_init(&sp, hr_str_sub(src, m->start, m->end));
    hr_err err = HR_OK;
    j->after = j->before;
    for (size_t i = 0; i < j->r.nblocks && err == HR_OK; i++) {
        const hr_block *b = &j->r.blocks[i];
        hr_decision *d = &j->d[i];
        if (!d->replace)
            continue;
        d->tokens_before = hr_tokens_count(j->tok, b->text);
        d->tokens_after = hr_tokens_count(j->tok, d->text);
        j->after -= d->tokens_before - d->tokens_after;
        hr_buf q = HR_BUF_INIT(0);
        hr_json_quote(&q, d->text);
        hr_str with = q.err == HR_OK ? hr_str_dup(j->a, hr_buf_str(&q)) : HR_STR_NONE;
        hr_buf_free(&q);
        err = with.p ? hr_splice_add(&sp, j->a, b->start - m->start, b->end - m->start, with)
                     : HR_E_NOMEM;
    }
    return err == HR_OK ? hr_splice_join(&sp, j->a, out) : err;
}

/* Drops decisions that are not smaller in exact tokens. */
static void keep_only_gains(hr_compress_job *j)
{
    for (size_t i = 0; i < j->r.nblocks; i++) {
        hr_decision *d = &j->d[i];
        if (d->replace &&
            hr_tokens_count(j->tok, d->text) >= hr_tokens_count(j->tok, j->r.blocks[i].text)) {
            d->replace = d->has_key = false;
            d->reason = HR_R_NO_GAIN;
        }
    }
}

void hr_job_transforms(const hr_compress_job *j, hr_buf *b)
{
    hr_buf_addc(b, '[');
    for (size_t i = 0, k = 0; i < j->r.nblocks; i++) {
        if (!j->d[i].replace)
            continue;
        hr_str s = hr_cstr(hr_reason_code(j->d[i].reason));
        if (k++)
            hr_buf_addc(b, ',');
        hr_json_quote(b, s);
    }
    hr_buf_addc(b, ']');
}

static void add_summary(hr_buf *b, const hr_compress_job *j)
{
    uint32_t count[HR_REASON_COUNT] = {0};
    size_t k = 0;
    for (size_t i = 0; i < j->r.nblocks; i++)
        count[j->d[i].reason] += j->d[i].replace;
    hr_buf_addc(b, '{');
    for (int r = 0; r < HR_REASON_COUNT; r++) {
        if (count[r])
            hr_buf_addf(b, "%s\"%s\":%u", k++ ? "," : "", hr_reason_code((hr_reason)r), count[r]);
    }
    hr_buf_addc(b, '}');
}

static void add_hashes(hr_buf *b, const hr_compress_job *j)
{
    size_t k = 0;
    hr_buf_addc(b, '[');
    for (size_t i = 0; i < j->r.nblocks && !j->simulate; i++) {
        if (j->d[i].has_key)
            hr_buf_addf(b, "%s\"%s\"", k++ ? "," : "", j->d[i].key.hex);
    }
    hr_buf_addc(b, ']');
}

static hr_err write_reply(hr_compress_job *j, hr_str messages, hr_str *reply)
{
    hr_buf b = HR_BUF_INIT(0);
    double ratio = j->before ? (double)j->after / (double)j->before : 1.0;
    hr_buf_lit(&b, "{\"messages\":");
    hr_buf_add(&b, messages);
    hr_buf_addf(&b,
                ",\"tokens_before\":%llu,\"tokens_after\":%llu,\"tokens_saved\":%llu,"
                "\"compression_ratio\":%.6f,\"transforms_applied\":",
                (unsigned long long)j->before, (unsigned long long)j->after,
                (unsigned long long)(j->before - j->after), ratio);
    hr_job_transforms(j, &b);
    hr_buf_lit(&b, ",\"transforms_summary\":");
    add_summary(&b, j);
    hr_buf_lit(&b, ",\"ccr_hashes\":");
    add_hashes(&b, j);
    hr_buf_addf(&b, ",\"tokenizer\":\"%s\",\"tokens_exact\":%s", j->tok->name,
                j->tok->exact ? "true" : "false");
    if (j->simulate)
        hr_job_simulation(j, messages, &b);
    hr_buf_addc(&b, '}');
    hr_err err = b.err;
    if (err == HR_OK) {
        *reply = hr_str_dup(j->a, hr_buf_str(&b));
        err = reply->p ? HR_OK : HR_E_NOMEM;
    }
    hr_buf_free(&b);
    return err;
}

static hr_err echo(const hr_json_doc *d, uint32_t messages, hr_arena *a, hr_str *reply)
{
    *reply = hr_strf(a,
                     "{\"messages\":%.*s,\"tokens_before\":0,\"tokens_after\":0,\"tokens_saved\":0,"
                     "\"compression_ratio\":1.0,\"transforms_applied\":[],\"ccr_hashes\":[]}",
                     HR_FMT(hr_json_raw(d, messages)));
    return reply->p ? HR_OK : HR_E_NOMEM;
}

/* Time ran out before anything was made smaller: the caller is told instead of shown no savings. */
static bool only_timeouts(const hr_compress_job *j)
{
    bool late = false, done = false;
    for (size_t i = 0; i < j->r.nblocks; i++) {
        late |= j->d[i].reason == HR_R_TIMEOUT;
        done |= j->d[i].replace;
    }
    return late && !done;
}

static hr_err run(hr_compress_job *j, uint32_t config, hr_str *reply, hr_str *message)
{
    hr_deadline deadline = {j->e->o.clock, 0};
    deadline.at_ns = hr_now_ns(j->e->o.clock) + (uint64_t)j->e->o.deadline_ms * 1000000u;
    hr_compress_opts base =
        hr_engine_base_opts(j->e, j->tok, HR_VIA_TOOL, j->e->o.deadline_ms ? &deadline : NULL);
    hr_policy policy = j->e->policy;
    hr_reads_policy lifecycle = j->e->reads;
    hr_err err =
        hr_call_config(&j->r.doc, config, j->a, &base, &policy, &lifecycle, &j->simulate, message);
    if (err != HR_OK)
        return err;
    j->before = hr_job_tokens(j, j->messages, true);
    const hr_read *reads =
        j->e->o.optimize ? hr_engine_reads(&lifecycle, &base, &j->r, j->a) : NULL;
    for (size_t i = 0; i < j->r.nblocks; i++) {
        const hr_block *b = &j->r.blocks[i];
        if (reads && hr_engine_take_read(&policy, &base, b, &reads[i], j->a, &j->d[i]))
            continue;
        j->d[i].reason = j->e->o.optimize ? hr_plan_verdict(&policy, &j->r, b, true) : HR_R_OFF;
        if (j->d[i].reason == HR_R_UNDECIDED)
            hr_engine_decide(j->e, &policy, &base, &j->r, b, j->a, &j->d[i]);
    }
    if (only_timeouts(j))
        return refuse(message, j->a, HR_E_TIMEOUT, hr_err_text(HR_E_TIMEOUT));
    keep_only_gains(j);
    if (!j->simulate)
        err = store_all(j);
    hr_str messages;
    if (err == HR_OK)
        err = spliced_messages(j, &messages);
    if (err == HR_OK)
        err = write_reply(j, messages, reply);
    if (err != HR_OK)
        return refuse(message, j->a, err, hr_err_text(err));
    hr_engine_count(j->e, j->d, j->r.nblocks, j->after < j->before);
    return HR_OK;
}

hr_err hr_engine_compress(hr_engine *e, const hr_compress_in *in, hr_arena *a, hr_str *reply,
                          hr_str *message)
{
    hr_compress_job j = {.e = e, .a = a};
    hr_json_doc d;
    if (hr_json_scan(a, in->body, 0, &d).code != HR_OK || !hr_json_is(&d, 0, HR_JSON_OBJECT))
        return refuse(message, a, HR_E_SYNTAX, "Invalid JSON in request body.");
    uint32_t messages = hr_json_get(&d, 0, HR_STR("messages"));
    uint32_t model = hr_json_get(&d, 0, HR_STR("model"));
    if (messages == HR_JSON_ABSENT)
        return refuse(message, a, HR_E_MISSING, "Missing required field: messages");
    if (!hr_json_is(&d, messages, HR_JSON_ARRAY))
        return refuse(message, a, HR_E_TYPE, "Field `messages` must be an array.");
    if (in->bypass)
        return echo(&d, messages, a, reply);
    if (model == HR_JSON_ABSENT)
        return refuse(message, a, HR_E_MISSING, "Missing required field: model");
    if (!hr_json_is(&d, model, HR_JSON_STRING))
        return refuse(message, a, HR_E_TYPE, "Field `model` must be a string.");
    if (d.nodes[messages].count == 0)
        return echo(&d, messages, a, reply);
    hr_errpos bad = hr_wire_read(dialect_of(&d, messages, a), in->body, a, &j.r);
    if (bad.code != HR_OK) {
        *message = hr_strf(a, "Field `messages` is not a list of chat messages: %s at byte %zu.",
                           hr_err_text(bad.code), bad.at);
        return bad.code;
    }
    j.messages = hr_json_get(&j.r.doc, 0, HR_STR("messages"));
    j.tok = hr_tokenizer_for(j.r.model);
    j.d = HR_NEW_ARRAY(a, hr_decision, j.r.nblocks);
    if (!j.d)
        return refuse(message, a, HR_E_NOMEM, hr_err_text(HR_E_NOMEM));
    return run(&j, hr_json_get(&j.r.doc, 0, HR_STR("config")), reply, message);
}
