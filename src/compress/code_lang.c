/* The grammars that were built in, what their nodes mean to us, and a parse that ends. */
#include "compress/code.h"

#ifdef HR_GRAMMAR_PYTHON
const TSLanguage *tree_sitter_python(void);
#endif
#ifdef HR_GRAMMAR_JAVASCRIPT
const TSLanguage *tree_sitter_javascript(void);
#endif
#ifdef HR_GRAMMAR_TYPESCRIPT
const TSLanguage *tree_sitter_typescript(void);
#endif
#ifdef HR_GRAMMAR_TSX
const TSLanguage *tree_sitter_tsx(void);
#endif
#ifdef HR_GRAMMAR_GO
const TSLanguage *tree_sitter_go(void);
#endif
#ifdef HR_GRAMMAR_RUST
const TSLanguage *tree_sitter_rust(void);
#endif
#ifdef HR_GRAMMAR_JAVA
const TSLanguage *tree_sitter_java(void);
#endif
#ifdef HR_GRAMMAR_C
const TSLanguage *tree_sitter_c(void);
#endif
#ifdef HR_GRAMMAR_CPP
const TSLanguage *tree_sitter_cpp(void);
#endif
#ifdef HR_GRAMMAR_BASH
const TSLanguage *tree_sitter_bash(void);
#endif
#ifdef HR_GRAMMAR_C_SHARP
const TSLanguage *tree_sitter_c_sharp(void);
#endif
#ifdef HR_GRAMMAR_RUBY
const TSLanguage *tree_sitter_ruby(void);
#endif
#ifdef HR_GRAMMAR_PHP
const TSLanguage *tree_sitter_php(void);
#endif

#define JS_FUNCTIONS                                                                               \
    {                                                                                              \
        "function_declaration", "generator_function_declaration", "method_definition"              \
    }
#define JS_LAMBDAS                                                                                 \
    {                                                                                              \
        "function_expression", "generator_function", "arrow_function"                              \
    }
#define JS_TYPES                                                                                   \
    {                                                                                              \
        "class_declaration", "class", "abstract_class_declaration", "internal_module", "module"    \
    }

static const hr_code_grammar grammars[] = {
#ifdef HR_GRAMMAR_PYTHON
    {.lang = HR_LANG_PYTHON,
     .name = "python",
     .language = tree_sitter_python,
     .comment = "# ",
     .filler = "...  ",
     .bare = true,
     .functions = {"function_definition"},
     .types = {"class_definition"}},
#endif
#ifdef HR_GRAMMAR_JAVASCRIPT
    {.lang = HR_LANG_JAVASCRIPT,
     .name = "javascript",
     .language = tree_sitter_javascript,
     .comment = "// ",
     .filler = "",
     .functions = JS_FUNCTIONS,
     .lambdas = JS_LAMBDAS,
     .types = JS_TYPES},
#endif
#ifdef HR_GRAMMAR_TYPESCRIPT
    {.lang = HR_LANG_TYPESCRIPT,
     .name = "typescript",
     .language = tree_sitter_typescript,
     .comment = "// ",
     .filler = "",
     .functions = JS_FUNCTIONS,
     .lambdas = JS_LAMBDAS,
     .types = JS_TYPES},
#endif
#ifdef HR_GRAMMAR_TSX
    {.lang = HR_LANG_TYPESCRIPT,
     .name = "tsx",
     .language = tree_sitter_tsx,
     .comment = "// ",
     .filler = "",
     .functions = JS_FUNCTIONS,
     .lambdas = JS_LAMBDAS,
     .types = JS_TYPES},
#endif
#ifdef HR_GRAMMAR_GO
    {.lang = HR_LANG_GO,
     .name = "go",
     .language = tree_sitter_go,
     .comment = "// ",
     .filler = "",
     .functions = {"function_declaration", "method_declaration"},
     .lambdas = {"func_literal"}},
#endif
#ifdef HR_GRAMMAR_RUST
    {.lang = HR_LANG_RUST,
     .name = "rust",
     .language = tree_sitter_rust,
     .comment = "// ",
     .filler = "",
     .functions = {"function_item"},
     .types = {"impl_item", "trait_item", "mod_item"}},
#endif
#ifdef HR_GRAMMAR_JAVA
    {.lang = HR_LANG_JAVA,
     .name = "java",
     .language = tree_sitter_java,
     .comment = "// ",
     .filler = "",
     .functions = {"method_declaration", "constructor_declaration",
                   "compact_constructor_declaration"},
     .types = {"class_declaration", "interface_declaration", "enum_declaration",
               "record_declaration", "annotation_type_declaration"}},
#endif
#ifdef HR_GRAMMAR_C
    {.lang = HR_LANG_C,
     .name = "c",
     .language = tree_sitter_c,
     .comment = "// ",
     .filler = "",
     .functions = {"function_definition"}},
#endif
#ifdef HR_GRAMMAR_CPP
    {.lang = HR_LANG_CPP,
     .name = "cpp",
     .language = tree_sitter_cpp,
     .comment = "// ",
     .filler = "",
     .functions = {"function_definition"},
     .types = {"class_specifier", "struct_specifier", "namespace_definition", "union_specifier"}},
#endif
#ifdef HR_GRAMMAR_BASH
    {.lang = HR_LANG_BASH,
     .name = "bash",
     .language = tree_sitter_bash,
     .comment = "# ",
     .filler = ":  ",
     .functions = {"function_definition"}},
#endif
#ifdef HR_GRAMMAR_C_SHARP
    {.lang = HR_LANG_CSHARP,
     .name = "csharp",
     .language = tree_sitter_c_sharp,
     .comment = "// ",
     .filler = "",
     .functions = {"method_declaration", "constructor_declaration", "destructor_declaration",
                   "operator_declaration", "conversion_operator_declaration",
                   "accessor_declaration", "local_function_statement"},
     .types = {"class_declaration", "interface_declaration", "struct_declaration",
               "record_declaration", "enum_declaration", "namespace_declaration"}},
#endif
#ifdef HR_GRAMMAR_RUBY
    {.lang = HR_LANG_RUBY,
     .name = "ruby",
     .language = tree_sitter_ruby,
     .comment = "# ",
     .filler = "",
     .bare = true,
     .functions = {"method", "singleton_method"},
     .types = {"class", "module", "singleton_class"}},
#endif
#ifdef HR_GRAMMAR_PHP
    {.lang = HR_LANG_PHP,
     .name = "php",
     .language = tree_sitter_php,
     .comment = "// ",
     .filler = "",
     .functions = {"function_definition", "method_declaration"},
     .lambdas = {"anonymous_function"},
     .types = {"class_declaration", "interface_declaration", "trait_declaration",
               "enum_declaration", "namespace_definition"}},
#endif
    {.lang = HR_LANG_NONE},
};

static const hr_code_grammar *named(const char *name)
{
    for (const hr_code_grammar *g = grammars; g->lang != HR_LANG_NONE; g++) {
        if (strcmp(g->name, name) == 0)
            return g;
    }
    return NULL;
}

/* Kin that a text may turn out to be in: a header in C may be one in C++, a script with types may
 * hold markup. */
static const char *const kin[HR_LANG_COUNT][2] = {
    [HR_LANG_PYTHON] = {"python"},
    [HR_LANG_JAVASCRIPT] = {"javascript", "tsx"},
    [HR_LANG_TYPESCRIPT] = {"typescript", "tsx"},
    [HR_LANG_GO] = {"go"},
    [HR_LANG_RUST] = {"rust"},
    [HR_LANG_JAVA] = {"java"},
    [HR_LANG_C] = {"c", "cpp"},
    [HR_LANG_CPP] = {"cpp", "c"},
    [HR_LANG_BASH] = {"bash"},
    [HR_LANG_CSHARP] = {"csharp"},
    [HR_LANG_RUBY] = {"ruby"},
    [HR_LANG_PHP] = {"php"},
};

size_t hr_code_grammars(hr_lang lang, const hr_code_grammar *out[2])
{
    size_t n = 0;
    for (size_t i = 0; i < 2 && lang < HR_LANG_COUNT && kin[lang][i]; i++) {
        const hr_code_grammar *g = named(kin[lang][i]);
        if (g)
            out[n++] = g;
    }
    return n;
}

hr_lang hr_code_lang_of(hr_str ending)
{
    static const struct {
        const char *ending;
        hr_lang lang;
    } endings[] = {
        {"py", HR_LANG_PYTHON},
        {"pyi", HR_LANG_PYTHON},
        {"js", HR_LANG_JAVASCRIPT},
        {"jsx", HR_LANG_JAVASCRIPT},
        {"mjs", HR_LANG_JAVASCRIPT},
        {"cjs", HR_LANG_JAVASCRIPT},
        {"ts", HR_LANG_TYPESCRIPT},
        {"tsx", HR_LANG_TYPESCRIPT},
        {"mts", HR_LANG_TYPESCRIPT},
        {"cts", HR_LANG_TYPESCRIPT},
        {"go", HR_LANG_GO},
        {"rs", HR_LANG_RUST},
        {"java", HR_LANG_JAVA},
        {"c", HR_LANG_C},
        {"h", HR_LANG_C},
        {"cc", HR_LANG_CPP},
        {"cpp", HR_LANG_CPP},
        {"cxx", HR_LANG_CPP},
        {"hh", HR_LANG_CPP},
        {"hpp", HR_LANG_CPP},
        {"hxx", HR_LANG_CPP},
        {"sh", HR_LANG_BASH},
        {"bash", HR_LANG_BASH},
        {"cs", HR_LANG_CSHARP},
        {"rb", HR_LANG_RUBY},
        {"php", HR_LANG_PHP},
    };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (hr_str_ieq(ending, hr_cstr(endings[i].ending)))
            return endings[i].lang;
    }
    return HR_LANG_NONE;
}

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
