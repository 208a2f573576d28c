/* Which functions, types, comments and lists a tree holds, where their lines are and what they are
 * called. */
#include "compress/code/code.h"

enum {
    MAX_DEPTH = 4000,
    LONG_BODY = 4, /* a body with more lines is worth cutting */
    NAME_HOPS = 16,
    MAX_MENTION = 200, /* bytes of a clause that are looked at */
};

typedef struct level {
    TSNode node;
    uint32_t item; /* index of the innermost item at this level, UINT32_MAX if none */
    bool broken;   /* inside an error: what it holds may be read wrong */
} level;

typedef struct scan {
    const hr_code_grammar *g;
    hr_str text;
    hr_arena *a;
    hr_code_items *items;
    hr_code_outline *out;
    uint8_t *roles; /* hr_code_role by symbol */
    uint32_t nroles;
    HR_VEC(level) stack;
} scan;

static hr_str text_of(hr_str text, TSNode n)
{
    return ts_node_is_null(n) ? HR_STR_NONE
                              : hr_str_sub(text, ts_node_start_byte(n), ts_node_end_byte(n));
}

static TSNode field(TSNode n, const char *name)
{
    return ts_node_child_by_field_name(n, name, (uint32_t)strlen(name));
}

static bool is_one_of(const char *const *list, size_t max, const char *type)
{
    for (size_t i = 0; i < max && list[i]; i++) {
        if (strcmp(list[i], type) == 0)
            return true;
    }
    return false;
}

/* What is called alike in all grammars that have it. */
static hr_code_role common_role(const char *type)
{
    static const struct {
        const char *type;
        hr_code_role role;
    } known[] = {
        {"comment", HR_CODE_COMMENT},       {"line_comment", HR_CODE_COMMENT},
        {"block_comment", HR_CODE_COMMENT}, {"expression_statement", HR_CODE_DOCSTRING},
        {"argument_list", HR_CODE_CALL},    {"arguments", HR_CODE_CALL},
        {"command_name", HR_CODE_CALL},     {"raise_statement", HR_CODE_RAISE},
        {"throw_statement", HR_CODE_RAISE}, {"throw_expression", HR_CODE_RAISE},
        {"except_clause", HR_CODE_CATCH},   {"catch_clause", HR_CODE_CATCH},
        {"rescue", HR_CODE_CATCH},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].type, type) == 0)
            return known[i].role;
    }
    return HR_CODE_OTHER;
}

static hr_code_role role_of(const hr_code_grammar *g, const char *type)
{
    if (is_one_of(g->functions, sizeof g->functions / sizeof *g->functions, type))
        return HR_CODE_FUNCTION;
    if (is_one_of(g->lambdas, sizeof g->lambdas / sizeof *g->lambdas, type))
        return HR_CODE_LAMBDA;
    if (is_one_of(g->types, sizeof g->types / sizeof *g->types, type))
        return HR_CODE_TYPE;
    if (is_one_of(g->data, sizeof g->data / sizeof *g->data, type))
        return HR_CODE_DATA;
    return common_role(type);
}

/* Node types are compared as words once a grammar, as numbers once a node. */
static bool learn_roles(scan *s)
{
    const TSLanguage *l = s->g->language();
    s->nroles = ts_language_symbol_count(l);
    s->roles = HR_NEW_ARRAY(s->a, uint8_t, s->nroles);
    if (!s->roles)
        return false;
    for (uint32_t i = 0; i < s->nroles; i++) {
        const char *type = ts_language_symbol_name(l, (TSSymbol)i);
        if (type && ts_language_symbol_type(l, (TSSymbol)i) == TSSymbolTypeRegular)
            s->roles[i] = (uint8_t)role_of(s->g, type);
    }
    return true;
}

/* C hides the name behind pointers and parameters. */
static hr_str declared_name(hr_str text, TSNode n)
{
    TSNode name = field(n, "name");
    if (ts_node_is_null(name)) {
        name = n;
        for (int hop = 0; hop < NAME_HOPS; hop++) {
            TSNode inner = field(name, "declarator");
            if (ts_node_is_null(inner) && hop > 0) {
                /* a reference or an attribute in between: the last child carries on */
                const char *type = ts_node_type(name);
                uint32_t children = ts_node_named_child_count(name);
                if (children && (strcmp(type, "reference_declarator") == 0 ||
                                 strcmp(type, "parenthesized_declarator") == 0))
                    inner = ts_node_named_child(name, children - 1);
            }
            if (ts_node_is_null(inner))
                break;
            name = inner;
        }
        if (ts_node_eq(name, n))
            name = field(n, "type"); /* impl of a type */
        for (int hop = 0; hop < NAME_HOPS && !ts_node_is_null(name); hop++) {
            TSNode inner = field(name, "name"); /* a::b */
            if (ts_node_is_null(inner))
                break;
            name = inner;
        }
    }
    return text_of(text, name);
}

/* `x = function`, `x: function`, `const x = () =>`: what it is called is what it is assigned to. */
static hr_str assigned_name(hr_str text, TSNode holder)
{
    static const char *const fields[] = {"name", "left", "key", "property"};
    const char *type = ts_node_type(holder);
    if (!strstr(type, "declarator") && !strstr(type, "assign") && !strstr(type, "pair") &&
        !strstr(type, "definition"))
        return HR_STR_NONE;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        TSNode n = field(holder, fields[i]);
        if (ts_node_is_null(n))
            continue;
        TSNode member = field(n, "property");
        return text_of(text, ts_node_is_null(member) ? n : member);
    }
    return HR_STR_NONE;
}

/* Where the signature ends and whether the body has lines of its own. */
static void find_body(const scan *s, TSNode n, hr_code_item *it)
{
    TSNode body = field(n, "body");
    if (ts_node_is_null(body))
        return;
    it->body = body;
    it->head = ts_node_start_point(body).row;
    uint32_t end = ts_node_end_point(body).row;
    if (s->g->bare) {
        /* The line before the first statement belongs to the signature or is a comment. */
        TSNode before = ts_node_prev_sibling(body);
        if (ts_node_is_null(before) || ts_node_end_point(before).row >= it->head)
            return;
        it->head = ts_node_end_point(before).row;
        it->has_body = true;
        return;
    }
    uint32_t at = ts_node_start_byte(body);
    it->has_body = at < s->text.n && s->text.p[at] == '{' && end > it->head + 1;
}

static uint32_t body_lines(const hr_code_item *it)
{
    uint32_t end = it->has_body ? ts_node_end_point(it->body).row : 0;
    return end > it->head ? end - it->head : 0;
}

static hr_err note_item(scan *s, TSNode n, hr_code_role role, uint32_t parent, TSNode holder,
                        uint32_t *index)
{
    if (s->items->n >= UINT32_MAX - 1)
        return HR_E_LIMIT;
    hr_code_item *it = hr_vec_push(s->items, s->a);
    if (!it)
        return HR_E_NOMEM;
    *index = (uint32_t)s->items->n - 1;
    *it = (hr_code_item){.role = role,
                         .parent = parent,
                         .broken = ts_node_has_error(n),
                         .first = ts_node_start_point(n).row,
                         .last = hr_code_last_row(n)};
    if (role == HR_CODE_LAMBDA) {
        it->name = text_of(s->text, field(n, "name"));
        if (it->name.n == 0 && !ts_node_is_null(holder))
            it->name = assigned_name(s->text, holder);
    } else {
        it->name = declared_name(s->text, n);
    }
    if (role == HR_CODE_TYPE)
        return HR_OK;
    find_body(s, n, it);
    for (uint32_t p = parent; p != UINT32_MAX && body_lines(it) > LONG_BODY;
         p = s->items->p[p].parent) {
        s->items->p[p].inner++;
        if (s->items->p[p].role != HR_CODE_TYPE)
            break;
    }
    return HR_OK;
}

uint32_t hr_code_last_row(TSNode n)
{
    TSPoint end = ts_node_end_point(n);
    return end.column == 0 && end.row > ts_node_start_point(n).row ? end.row - 1 : end.row;
}

static hr_err note_passage(scan *s, TSNode n, hr_code_role role)
{
    uint32_t first = ts_node_start_point(n).row, last = hr_code_last_row(n);
    if (role != HR_CODE_COMMENT && last - first < 2)
        return HR_OK;
    if (role == HR_CODE_DOCSTRING &&
        (s->g->lang != HR_LANG_PYTHON || ts_node_named_child_count(n) != 1 ||
         strcmp(ts_node_type(ts_node_named_child(n, 0)), "string") != 0))
        return HR_OK;
    hr_code_passage *p = hr_vec_push(&s->out->passages, s->a);
    if (!p)
        return HR_E_NOMEM;
    *p = (hr_code_passage){n, role, first, last, (uint32_t)s->items->n};
    return HR_OK;
}

/* The word that ends at `end`, white space between them left aside. */
static hr_str word_before(hr_str text, size_t end)
{
    while (end > 0 && hr_is_space(text.p[end - 1]))
        end--;
    size_t from = end;
    while (from > 0 && hr_code_word_char(text.p[from - 1]))
        from--;
    return hr_str_sub(text, from, end);
}

static hr_err note_mention(scan *s, TSNode n, hr_code_role role)
{
    hr_str text = hr_str_sub(text_of(s->text, n), 0, MAX_MENTION);
    hr_str name = text;
    if (role == HR_CODE_CALL && s->g->lang != HR_LANG_BASH)
        name = word_before(s->text, ts_node_start_byte(n));
    /* Ruby raises with a call. */
    if (s->g->lang == HR_LANG_RUBY && hr_str_eq(name, HR_STR("raise"))) {
        role = HR_CODE_RAISE;
        name = text;
    }
    if (name.n == 0)
        return HR_OK;
    hr_code_mention *m = hr_vec_push(&s->out->mentions, s->a);
    if (!m)
        return HR_E_NOMEM;
    *m = (hr_code_mention){role, ts_node_start_point(n).row, name};
    return HR_OK;
}

/* Notes what a node is; *item becomes its index if it is a function or type. */
static hr_err note(scan *s, TSNode n, hr_code_role role, TSNode holder, uint32_t *item)
{
    switch (role) {
    case HR_CODE_FUNCTION:
    case HR_CODE_LAMBDA:
    case HR_CODE_TYPE:
        return ts_node_child_count(n) ? note_item(s, n, role, *item, holder, item) : HR_OK;
    case HR_CODE_COMMENT:
    case HR_CODE_DOCSTRING:
    case HR_CODE_DATA:
        return note_passage(s, n, role);
    default:
        return note_mention(s, n, role);
    }
}

static hr_err visit(scan *s, TSNode n)
{
    size_t depth = s->stack.n;
    level at = {.item = UINT32_MAX}, holder = depth ? s->stack.p[depth - 1] : at;
    at = (level){n, holder.item, holder.broken};
    TSSymbol symbol = ts_node_symbol(n);
    hr_code_role role = symbol < s->nroles ? (hr_code_role)s->roles[symbol] : HR_CODE_OTHER;
    at.broken |= depth && symbol >= s->nroles; /* an error has a number of its own */
    if (role != HR_CODE_OTHER && (role < HR_CODE_COMMENT || !at.broken) && ts_node_is_named(n)) {
        hr_err e = note(s, n, role, holder.node, &at.item);
        if (e != HR_OK)
            return e;
    }
    if (depth >= MAX_DEPTH)
        return HR_E_DEPTH;
    level *l = hr_vec_push(&s->stack, s->a);
    if (!l)
        return HR_E_NOMEM;
    *l = at;
    return HR_OK;
}

hr_err hr_code_scan(const hr_code_grammar *g, const TSTree *tree, hr_str text, hr_arena *a,
                    hr_code_outline *out)
{
    scan s = {.g = g, .text = text, .a = a, .items = &out->items, .out = out};
    if (!learn_roles(&s))
        return HR_E_NOMEM;
    TSTreeCursor c = ts_tree_cursor_new(ts_tree_root_node(tree));
    hr_err err = visit(&s, ts_tree_cursor_current_node(&c));
    while (err == HR_OK) {
        if (ts_tree_cursor_goto_first_child(&c)) {
            err = visit(&s, ts_tree_cursor_current_node(&c));
            continue;
        }
        bool next = false;
        while (!next && s.stack.n) {
            s.stack.n--;
            next = ts_tree_cursor_goto_next_sibling(&c);
            if (!next && !ts_tree_cursor_goto_parent(&c))
                break;
        }
        if (!next)
            break;
        err = visit(&s, ts_tree_cursor_current_node(&c));
    }
    ts_tree_cursor_delete(&c);
    return err;
}
