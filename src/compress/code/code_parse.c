/* A parse that ends, whatever the text. */
#include "compress/code/code.h"

/* A step is what the parser does between two calls of `give_up`: a hundred operations. Programs
 * take one per 120 to 550 bytes in each of our grammars, dense ones one per 40. Repairing damage is
 * what takes long, and memory goes with the steps: damaged texts get fewer. */
enum { STEPS_ALWAYS = 200, BYTES_PER_STEP = 15, BYTES_PER_STEP_DAMAGED = 50 };

typedef struct budget {
    const hr_deadline *deadline;
    size_t steps, bytes;
} budget;

static bool give_up(TSParseState *s)
{
    budget *b = s->payload;
    size_t each = s->has_error ? BYTES_PER_STEP_DAMAGED : BYTES_PER_STEP;
    return ++b->steps > STEPS_ALWAYS + b->bytes / each || hr_deadline_passed(b->deadline);
}

hr_deadline hr_code_deadline(const hr_deadline *given)
{
    static const uint64_t HALF_SECOND = 500u * 1000000u;
    if (!given || !given->clock)
        return (hr_deadline){0};
    uint64_t now = hr_now_ns(given->clock);
    return given->at_ns > now && given->at_ns - now > HALF_SECOND
               ? (hr_deadline){given->clock, now + HALF_SECOND}
               : *given;
}

static const char *chunk(void *payload, uint32_t at, TSPoint point, uint32_t *n)
{
    const hr_str *text = payload;
    (void)point;
    *n = at < text->n ? (uint32_t)(text->n - at) : 0;
    return *n ? text->p + at : "";
}

hr_err hr_code_parse(const hr_code_grammar *g, hr_str text, const hr_deadline *deadline,
                     TSTree **out)
{
    budget b = {.deadline = deadline, .bytes = text.n};
    *out = NULL;
    TSParser *parser = ts_parser_new();
    if (!parser)
        return HR_E_NOMEM;
    if (!ts_parser_set_language(parser, g->language())) {
        ts_parser_delete(parser);
        return HR_E_UNSUPPORTED;
    }
    TSInput in = {.payload = &text, .read = chunk, .encoding = TSInputEncodingUTF8};
    TSParseOptions how = {.payload = &b, .progress_callback = give_up};
    *out = ts_parser_parse_with_options(parser, NULL, in, how);
    ts_parser_delete(parser);
    return *out ? HR_OK : HR_E_TIMEOUT;
}

size_t hr_code_errors(const TSTree *tree)
{
    TSTreeCursor c = ts_tree_cursor_new(ts_tree_root_node(tree));
    size_t errors = 0;
    for (bool more = true; more;) {
        TSNode n = ts_tree_cursor_current_node(&c);
        errors += ts_node_is_error(n) || ts_node_is_missing(n);
        if (ts_node_has_error(n) && ts_tree_cursor_goto_first_child(&c))
            continue;
        while (!ts_tree_cursor_goto_next_sibling(&c)) {
            if (!ts_tree_cursor_goto_parent(&c)) {
                more = false;
                break;
            }
        }
    }
    ts_tree_cursor_delete(&c);
    return errors;
}
