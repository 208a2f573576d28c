/* The grammars that were built in, and what their nodes mean to us. */
#include "compress/code/code.h"

const TSLanguage *tree_sitter_python(void), *tree_sitter_javascript(void),
    *tree_sitter_typescript(void), *tree_sitter_tsx(void), *tree_sitter_go(void),
    *tree_sitter_rust(void), *tree_sitter_java(void), *tree_sitter_c(void), *tree_sitter_cpp(void),
    *tree_sitter_bash(void), *tree_sitter_c_sharp(void), *tree_sitter_ruby(void),
    *tree_sitter_php(void);

/* BUILT(PYTHON, f) is f where the build defines HR_GRAMMAR_PYTHON as 1, NULL where it does not: the
 * pasted name is then a macro with a comma in it, or no macro, and the second argument counts. */
#define SECOND(a, b, ...) b
#define COMMA_1           0,
#define CHOOSE(comma, f)  SECOND(comma f, NULL, 0)
#define IF_ONE(have, f)   CHOOSE(COMMA_##have, f)
#define IF_BUILT(have, f) IF_ONE(have, f)
#define GRAMMAR(lang_, UPPER, lower, comment_)                                                     \
    .lang = HR_LANG_##lang_, .name = #lower,                                                       \
    .language = IF_BUILT(HR_GRAMMAR_##UPPER, tree_sitter_##lower), .comment = comment_

/* What the three grammars for JavaScript and its kin share. */
#define SCRIPT                                                                                     \
    .functions = {"function_declaration", "generator_function_declaration", "method_definition"},  \
    .lambdas = {"function_expression", "generator_function", "arrow_function"},                    \
    .types = {"class_declaration", "class", "abstract_class_declaration", "internal_module",       \
              "module"},                                                                           \
    .data = {"array", "object"}

static const hr_code_grammar grammars[] = {
    {GRAMMAR(PYTHON, PYTHON, python, "# "), .filler = "...  ", .bare = true,
     .functions = {"function_definition"}, .types = {"class_definition"},
     .data = {"list", "dictionary", "set", "tuple"}},
    {GRAMMAR(JAVASCRIPT, JAVASCRIPT, javascript, "// "), SCRIPT},
    {GRAMMAR(TYPESCRIPT, TYPESCRIPT, typescript, "// "), SCRIPT},
    {GRAMMAR(TYPESCRIPT, TSX, tsx, "// "), SCRIPT},
    {GRAMMAR(GO, GO, go, "// "), .functions = {"function_declaration", "method_declaration"},
     .lambdas = {"func_literal"}, .data = {"literal_value"}},
    {GRAMMAR(RUST, RUST, rust, "// "), .functions = {"function_item"},
     .types = {"impl_item", "trait_item", "mod_item"}, .data = {"array_expression"}},
    {GRAMMAR(JAVA, JAVA, java, "// "),
     .functions = {"method_declaration", "constructor_declaration",
                   "compact_constructor_declaration"},
     .types = {"class_declaration", "interface_declaration", "enum_declaration",
               "record_declaration", "annotation_type_declaration"},
     .data = {"array_initializer"}},
    {GRAMMAR(C, C, c, "// "), .functions = {"function_definition"}, .data = {"initializer_list"}},
    {GRAMMAR(CPP, CPP, cpp, "// "), .functions = {"function_definition"},
     .types = {"class_specifier", "struct_specifier", "namespace_definition", "union_specifier"},
     .data = {"initializer_list"}},
    {GRAMMAR(BASH, BASH, bash, "# "), .filler = ":  ", .functions = {"function_definition"},
     .data = {"array"}},
    {GRAMMAR(CSHARP, C_SHARP, c_sharp, "// "),
     .functions = {"method_declaration", "constructor_declaration", "destructor_declaration",
                   "operator_declaration", "conversion_operator_declaration",
                   "accessor_declaration", "local_function_statement"},
     .types = {"class_declaration", "interface_declaration", "struct_declaration",
               "record_declaration", "enum_declaration", "namespace_declaration"},
     .data = {"initializer_expression"}},
    {GRAMMAR(RUBY, RUBY, ruby, "# "), .bare = true, .functions = {"method", "singleton_method"},
     .types = {"class", "module", "singleton_class"}, .data = {"array", "hash"}},
    {GRAMMAR(PHP, PHP, php, "// "), .functions = {"function_definition", "method_declaration"},
     .lambdas = {"anonymous_function"},
     .types = {"class_declaration", "interface_declaration", "trait_declaration",
               "enum_declaration", "namespace_definition"},
     .data = {"array_creation_expression"}},
};

static const hr_code_grammar *named(const char *name)
{
    for (size_t i = 0; i < sizeof grammars / sizeof *grammars; i++) {
        if (strcmp(grammars[i].name, name) == 0)
            return grammars[i].language ? &grammars[i] : NULL;
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
    [HR_LANG_CSHARP] = {"c_sharp"},
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

hr_lang hr_code_lang_named(hr_str name)
{
    static const struct {
        const char *name;
        hr_lang lang;
    } others[] = {{"c++", HR_LANG_CPP},
                  {"c#", HR_LANG_CSHARP},
                  {"golang", HR_LANG_GO},
                  {"shell", HR_LANG_BASH}};
    for (unsigned l = HR_LANG_NONE + 1; l < HR_LANG_COUNT; l++) {
        if (hr_str_ieq(name, hr_cstr(hr_lang_name((hr_lang)l))))
            return (hr_lang)l;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (hr_str_ieq(name, hr_cstr(others[i].name)))
            return others[i].lang;
    }
    return hr_code_lang_of(name);
}
