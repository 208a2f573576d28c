/* Which functions and types a tree holds, where their lines are and what they are called. */
#include "compress/code.h"

enum {
    MAX_DEPTH = 4000,
    LONG_BODY = 4, /* a body with more lines is worth cutting */
    NAME_HOPS = 16,
};

typedef struct level {
    TSNode node;
    uint32_t item; /* index of the innermost item at this level, UINT32_MAX if none */
} level;

typedef struct scan {
    const hr_code_grammar *g;
    hr_str text;
    hr_arena *a;
    hr_code_items *items;
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
        if (!type || ts_language_symbol_type(l, (TSSymbol)i) != TSSymbolTypeRegular)
            continue;
        if (is_one_of(s->g->functions, 12, type))
            s->roles[i] = HR_CODE_FUNCTION;
        else if (is_one_of(s->g->lambdas, 4, type))
            s->roles[i] = HR_CODE_LAMBDA;
        else if (is_one_of(s->g->types, 10, type))
            s->roles[i] = HR_CODE_TYPE;
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

static hr_err note(scan *s, TSNode n, hr_code_role role, uint32_t parent, TSNode holder,
                   uint32_t *index)
{
    if (s->items->n >= UINT32_MAX - 1)
        return HR_E_LIMIT;
    hr_code_item *it = hr_vec_push(s->items, s->a);
    if (!it)
        return HR_E_NOMEM;
    *index = (uint32_t)s->items->n - 1;
    TSPoint start = ts_node_start_point(n), end = ts_node_end_point(n);
    *it = (hr_code_item){.role = role,
                         .parent = parent,
                         .broken = ts_node_has_error(n),
                         .first = start.row,
                         .last = end.column == 0 && end.row > start.row ? end.row - 1 : end.row};
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

static hr_err visit(scan *s, TSNode n)
{
    size_t depth = s->stack.n;
    TSNode holder = depth ? s->stack.p[depth - 1].node : (TSNode){0};
    uint32_t item = depth ? s->stack.p[depth - 1].item : UINT32_MAX;
    TSSymbol symbol = ts_node_symbol(n);
    hr_code_role role = symbol < s->nroles ? (hr_code_role)s->roles[symbol] : HR_CODE_OTHER;
    if (role != HR_CODE_OTHER && ts_node_is_named(n) && ts_node_child_count(n)) {
        hr_err e = note(s, n, role, item, holder, &item);
        if (e != HR_OK)
            return e;
    }
    if (depth >= MAX_DEPTH)
        return HR_E_DEPTH;
    level *l = hr_vec_push(&s->stack, s->a);
    if (!l)
        return HR_E_NOMEM;
    *l = (level){n, item};
    return HR_OK;
}

hr_err hr_code_scan(const hr_code_grammar *g, const TSTree *tree, hr_str text, hr_arena *a,
                    hr_code_items *out)
{
    scan s = {.g = g, .text = text, .a = a, .items = out};
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
