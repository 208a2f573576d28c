/* The books of a finished request: one record, from which come the counters, the PERF line, the
 * request log and the ledger row. Called once, when nobody works on the request any more. */
#include "proxy/internal.h"

#include "base/log.h"
#include "base/utf8.h"

#include <stdio.h>

enum { BLOCKS_LOGGED = 50 };

static void put(char *out, size_t cap, hr_str s)
{
    size_t n = s.n < cap - 1 ? s.n : hr_utf8_floor(s, cap - 1);
    /* names come from the client: no control characters in logs and labels */
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '_' : s.p[i];
    memset(out + n, 0, cap - n);
}
#define PUT(field, s) put(field, sizeof(field), s)

static uint64_t us_between(uint64_t from_ns, uint64_t to_ns)
{
    return from_ns && to_ns > from_ns ? (to_ns - from_ns) / 1000 : 0;
}

static void fill(const hr_req *r, hr_record *rec)
{
    const hr_turn *t = r->turn;
    uint64_t now = hr_req_now(r);
    *rec = (hr_record){.at_ms = r->at_ms,
                       .mode = "optimize",
                       .usage = r->usage,
                       .overhead_us = us_between(r->t_body_ns, r->t_sent_ns),
                       .total_us = us_between(r->t_start_ns, now),
                       .ttfb_us = us_between(r->t_sent_ns, r->t_first_ns),
                       .status = r->status,
                       .stream = r->stream,
                       .failed = r->failed || (!r->status && !r->cancelled),
                       .truncated = r->truncated,
                       .cancelled = r->cancelled,
                       .cached = r->usage.cache_read > 0};
    PUT(rec->id, hr_cstr(r->id));
    PUT(rec->provider, hr_cstr(hr_provider_name(r->provider)));
    PUT(rec->project, r->project);
    PUT(rec->error, hr_cstr(r->error));
    if (!t)
        return;
    const hr_turn_out *o = &t->out;
    bool sent_edited = o->edited && !t->untouched;
    rec->tokens_before = o->tokens_before;
    rec->tokens_after = sent_edited ? o->tokens_after : o->tokens_before;
    rec->nmessages = o->nmessages;
    rec->nchanged = sent_edited ? (uint32_t)o->nchanged : 0;
    rec->mode = t->simulate ? "simulate" : t->in.observe_only ? "audit" : "optimize";
    rec->simulated = t->simulate;
    rec->tokens_simulated = o->would_be;
    PUT(rec->model, o->model);
    hr_str client = o->agent.n ? o->agent : hr_client_of(r->headers);
    PUT(rec->client, client);
    PUT(rec->conversation, o->conversation);
    if (sent_edited || t->simulate)
        PUT(rec->transforms, o->transforms);
}

static void ledger(hr_req *r, const hr_record *rec)
{
    hr_store *store = r->px->engine ? hr_engine_store(r->px->engine) : NULL;
    if (!store)
        return;
    hr_ledger_row row = {
        .at_ms = rec->at_ms,
        .request_id = hr_cstr(rec->id),
        .provider = hr_cstr(rec->provider),
        .model = hr_cstr(rec->model),
        .client = hr_cstr(rec->client),
        .project = hr_cstr(rec->project),
        .conversation = hr_cstr(rec->conversation),
        .tokens_before = rec->tokens_before,
        .tokens_after = rec->tokens_after,
        .input = rec->usage.input,
        .cache_read = rec->usage.cache_read,
        .cache_write = rec->usage.cache_write,
        .output = rec->usage.output,
        .status = (uint32_t)rec->status,
        .overhead_us = (uint32_t)rec->overhead_us,
        .total_ms = (uint32_t)(rec->total_us / 1000),
        .ttfb_ms = (uint32_t)(rec->ttfb_us / 1000),
        .blocks_changed = rec->nchanged,
        .stream = rec->stream,
        .usage_known = rec->usage.known,
        .truncated = rec->truncated,
    };
    hr_store_ledger_add(store, &row);
}

static void to_log(hr_req *r, const hr_record *rec)
{
    hr_body_pieces b = {0};
    const hr_turn *t = r->turn;
    if (t && hr_reqlog_bodies(r->px->log)) {
        b.request = t->in.body;
        if (t->out.edited && !t->untouched) {
            b.forwarded = t->out.pieces;
            b.nforwarded = t->out.npieces;
        }
        b.response = t->answer.p           ? t->answer
                     : !t->relay.copy_lost ? hr_buf_str(&t->relay.copy)
                                           : HR_STR_NONE;
    }
    hr_reqlog_add(r->px->log, rec, &b);
}

/* For who asks why a result went out as it did: the newest of the texts that might be changed. */
static void blocks_to_log(const hr_req *r)
{
    if (!r->turn || !hr_log_on(HR_LOG_DEBUG))
        return;
    const hr_turn_out *o = &r->turn->out;
    size_t first = o->nnotes > BLOCKS_LOGGED ? o->nnotes - BLOCKS_LOGGED : 0;
    for (size_t i = first; i < o->nnotes; i++) {
        const hr_block_note *n = &o->notes[i];
        hr_str tool = n->tool_name.n ? n->tool_name : HR_STR("-");
        hr_debug("[%s] block msg=%u tool=%.*s tok_before=%u tok_after=%u reason=%s%s%s %.*s", r->id,
                 n->message, (int)tool.n, tool.p, n->tokens_before, n->tokens_after,
                 hr_reason_code(n->reason), n->key.hex[0] ? " hash=" : "", n->key.hex,
                 (int)n->strategy.n, n->strategy.n ? n->strategy.p : "");
    }
}

void hr_account(hr_req *r)
{
    hr_proxy *px = r->px;
    hr_stat_add(px->stats, HR_M_INBOUND_DONE, 1);
    if (r->status)
        hr_stat_status(px->stats, r->status);
    if (!r->upstream_route)
        return;
    hr_record rec;
    fill(r, &rec);
    hr_stat_record(px->stats, &rec, r->provider);
    const hr_usage *u = &r->usage;
    if (px->limiter && u->known)
        hr_limiter_tokens(px->limiter, hr_credential_of(r->headers, &r->arena),
                          u->input + u->cache_read + u->cache_write);
    ledger(r, &rec);
    blocks_to_log(r);
    to_log(r, &rec);
}
