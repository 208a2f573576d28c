/* Which programming language a text speaks: each language has words that open its declarations and
 * statements; a line counts once a language. */
#include "compress/detect/detect.h"

enum { MAX_FILLED = 1200 }; /* lines that are looked at */

static const char *const names[HR_LANG_COUNT] = {
    "",    "python", "javascript", "typescript", "go",   "rust", "java", "c",
    "cpp", "csharp", "ruby",       "php",        "bash", "perl", "css",  "sql",
};

const char *hr_lang_name(hr_lang l)
{
    return (unsigned)l < HR_LANG_COUNT ? names[l] : "";
}

/* Openers stand at the start of a line (behind its indentation). A '\1' in one stands for a word
 * of letters, digits and underscores. */
static const char *const openers[HR_LANG_COUNT][22] = {
    [HR_LANG_PYTHON] = {"def \1(", "class \1:",   "class \1(", "import \1", "from \1 import",
                        "from .",  "async def ",  "@\1",       "elif ",     "except ",
                        "except:", "if __name__", "self.\1",   "return ",   "raise \1",
                        "with \1", "for \1 in ",  "try:",      "else:",     "\"\"\"",
                        "print("},
    [HR_LANG_JAVASCRIPT] = {"function \1", "function(", "const \1",       "let \1",
                            "var \1",      "class \1 ", "import {",       "import \1 from",
                            "import * as", "export ",   "async function", "module.exports",
                            "exports.",    "} else",    "return ",        "if (",
                            "for (",       "});",       "'use strict'",   "\"use strict\"",
                            "require("},
    [HR_LANG_TYPESCRIPT] = {"interface \1", "type \1 =", "type \1<", "enum \1", "namespace \1",
                            "declare ", "export interface", "export type", "export declare",
                            "readonly ", "private \1", "public \1(", "abstract class",
                            "import type", "protected \1", "export enum", "export namespace",
                            "export const enum"},
    [HR_LANG_GO] = {"func ", "package \1", "import (", "type \1 struct", "type \1 interface",
                    "type \1 func", "defer ", "go func", "if err !=", "\1 := ", "\1, \1 := ",
                    "return ", "case \1", "switch ", "chan \1", "var \1", "const ("},
    [HR_LANG_RUST] = {"fn \1", "pub ", "struct \1", "enum \1",  "impl",   "mod \1",  "use \1::",
                      "#[",    "#![",  "let mut ",  "let \1 =", "match ", "unsafe ", "trait ",
                      "///",   "//!",  "where ",    "if let ",  "Ok(",    "Some(",   "return Err"},
    [HR_LANG_JAVA] =
        {"package \1.",   "import java",      "import org.",  "import com.",   "import static ",
         "public class",  "public interface", "public final", "private ",      "protected ",
         "public \1 \1(", "@Override",        "@\1",          "public static", "throw new ",
         "return ",       "} catch (",        "public enum",  "final class",   "super(",
         "this."},
    [HR_LANG_C] = {"#include",  "#define ", "#ifdef ", "#ifndef ",  "#endif", "static ",
                   "struct \1", "typedef ", "void \1", "int \1",    "char ",  "return ",
                   "if (",      "for (",    "while (", "unsigned ", "const ", "switch (",
                   "case ",     "goto ",    "extern "},
    [HR_LANG_CPP] = {"namespace ", "template <",   "template<",   "class \1",      "using ",
                     "public:",    "private:",     "protected:",  "std::",         "virtual ",
                     "inline ",    "constexpr ",   "auto \1",     "#include <\1>", "operator",
                     "explicit ",  "#pragma once", "static_cast", "throw ",        "~\1(",
                     "friend "},
    [HR_LANG_CSHARP] = {"using System", "namespace \1", "public class", "internal ",
                        "public \1 \1 {", "[\1]", "private readonly", "public async", "foreach (",
                        "/// <", "public override", "using Microsoft"},
    [HR_LANG_RUBY] = {"def \1",     "require '",   "require_relative",
                      "module \1",  "class \1 < ", "end",
                      "attr_",      "unless ",     "elsif ",
                      "include \1", "private",     "describe ",
                      "it \"",      "it '",        "raise ",
                      "puts ",      "begin",       "rescue",
                      "@\1 =",      "alias "},
    [HR_LANG_PHP] = {"<?php", "$\1 =", "$this->", "namespace \1", "use \1\\", "public function",
                     "private function", "protected function", "function \1(", "echo ", "return $",
                     "foreach ("},
    [HR_LANG_BASH] = {"#!/bin/",    "#!/usr/bin/env bash",
                      "if [",       "fi",
                      "done",       "then",
                      "esac",       "local \1",
                      "export \1=", "echo ",
                      "for \1 in",  "while ",
                      "case ",      "function \1",
                      "\1() {",     "\1()",
                      "set -",      "elif [",
                      "return ",    "shift",
                      "exit "},
    [HR_LANG_PERL] = {"use strict", "use warnings", "my $",     "my @",   "my %",
                      "my (",       "sub \1",       "our $",    "our @",  "package \1",
                      "elsif (",    "unless (",     "foreach ", "=head",  "=cut",
                      "=item",      "return ",      "die ",     "push @", "print "},
    [HR_LANG_CSS] = {"@media", "@import", "@charset", "color:", "margin", "padding",
                     "display:", "font", "border", "background", "width:", "height:", ".\1",
                     "position:", "text-", "line-", "--\1-"},
    [HR_LANG_SQL] = {"SELECT ",     "FROM ",       "WHERE ",  "CREATE \1",   "ALTER \1",
                     "INSERT INTO", "PRIMARY KEY", "UPDATE ", "DELETE FROM", "DROP \1",
                     "BEGIN;",      "COMMIT;",     "JOIN ",   "GROUP BY",    "ORDER BY",
                     "RETURNS ",    "LANGUAGE ",   "AS '",    "COMMENT ON",  "GRANT ",
                     "REVOKE "},
};

static bool matches(hr_str s, const char *pattern)
{
    size_t i = 0;
    for (const char *p = pattern; *p; p++) {
        if (*p != '\1') {
            if (i >= s.n || s.p[i] != *p)
                return false;
            i++;
            continue;
        }
        size_t from = i;
        while (i < s.n && (hr_is_alnum(s.p[i]) || s.p[i] == '_'))
            i++;
        if (i == from)
            return false;
    }
    /* A bare word must end here: "end" is not "endorsed". */
    size_t len = strlen(pattern);
    return !hr_is_alpha(pattern[len - 1]) || i >= s.n || !hr_is_alnum(s.p[i]);
}

/* A line of text in a sentence opens like code now and then ("for example in …"): code lines end or
 * go on with punctuation of code. */
static bool coded(hr_str s)
{
    static const bool sign[256] = {
        ['\0'] = true, ['('] = true, [')'] = true, ['{'] = true, ['}'] = true,
        ['['] = true,  [']'] = true, ['='] = true, [';'] = true, ['$'] = true,
        ['<'] = true,  ['>'] = true, ['@'] = true, ['#'] = true, ['_'] = true};
    if (s.n == 0)
        return false;
    char last = s.p[s.n - 1];
    if (strchr(";{}(),:[]=>\\\"'`", last))
        return true;
    for (size_t i = 0; i < s.n; i++) {
        if (sign[(unsigned char)s.p[i]])
            return true;
        if (s.p[i] == '.' && i + 1 < s.n && hr_is_alpha(s.p[i + 1]) && i > 0 &&
            hr_is_alpha(s.p[i - 1]))
            return true;
    }
    return s.n < 40 && hr_word_count(s, 4) <= 3;
}

static bool comment(hr_str s)
{
    static const char *const marks[] = {"//", "/*", "* ", "*/", "# ", "-- ", ";; ", "<!--"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (s.p[0] == marks[i][0] && hr_str_starts(s, hr_cstr(marks[i])))
            return !hr_str_starts(s, HR_STR("///"));
    }
    return (s.n == 1 && (s.p[0] == '*' || s.p[0] == '#')) || hr_str_starts(s, HR_STR("@param"));
}

/* "#!/usr/bin/env python3": the interpreter says it. */
static hr_lang shebang(hr_str text)
{
    static const struct {
        const char *name;
        hr_lang lang;
    } names_of[] = {
        {"python", HR_LANG_PYTHON}, {"node", HR_LANG_JAVASCRIPT}, {"ruby", HR_LANG_RUBY},
        {"perl", HR_LANG_PERL},     {"php", HR_LANG_PHP},         {"sh", HR_LANG_BASH},
    };
    hr_str line;
    if (!hr_str_starts(text, HR_STR("#!/")) || !hr_str_line(&text, &line))
        return HR_LANG_NONE;
    for (size_t i = 0; i < sizeof names_of / sizeof *names_of; i++) {
        if (hr_str_has(line, hr_cstr(names_of[i].name)))
            return names_of[i].lang;
    }
    return HR_LANG_NONE;
}

/* Types behind colons and in angle brackets set TypeScript apart from JavaScript. */
static bool typed(hr_str s)
{
    static const char *const marks[] = {": string", ": number",    ": boolean", ": void",
                                        ": any",    ": T",         "Promise<",  "Array<",
                                        "): ",      " as unknown", "readonly ", "implements "};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (hr_str_has(s, hr_cstr(marks[i])))
            return true;
    }
    return false;
}

/* The openers by their first byte, those of one byte in the order of the table. */
enum { WORDS = 64, NODES = HR_LANG_COUNT * 22 + 4 * WORDS };
typedef struct opener_index {
    uint16_t first[256], n; /* node + 1, 0 for none */
    struct {
        uint8_t lang, k;
        uint16_t next;
    } nodes[NODES];
} opener_index;

static void index_opener(opener_index *x, unsigned char c, size_t l, size_t k)
{
    if (x->n == NODES)
        return;
    x->nodes[x->n].lang = (uint8_t)l;
    x->nodes[x->n].k = (uint8_t)k;
    x->nodes[x->n].next = x->first[c];
    x->first[c] = ++x->n;
}

static void index_openers(opener_index *x)
{
    memset(x->first, 0, sizeof x->first);
    x->n = 0;
    for (size_t l = HR_LANG_COUNT; l-- > 1;) {
        for (size_t k = 22; k-- > 0;) {
            const char *p = openers[l][k];
            for (unsigned c = 0; p && *p == '\1' && c < 256; c++) {
                if (hr_is_alnum((char)c) || c == '_')
                    index_opener(x, (unsigned char)c, l, k);
            }
            if (p && *p != '\1')
                index_opener(x, (unsigned char)*p, l, k);
        }
    }
}

/* Next line that may say something of the language: not empty, no comment. */
static bool next_line(hr_str *rest, hr_str *s)
{
    hr_str line;
    while (hr_str_line(rest, &line)) {
        *s = hr_str_trim(line);
        if (s->n && !comment(*s))
            return true;
    }
    return false;
}

static size_t typed_lines(hr_str text, size_t most)
{
    size_t types = 0, filled = 0;
    hr_str s;
    while (filled < most && next_line(&text, &s)) {
        filled++;
        types += coded(s) && typed(s);
    }
    return types;
}

hr_lang hr_detect_lang(hr_str text)
{
    hr_lang said = shebang(text);
    if (said != HR_LANG_NONE)
        return said;
    size_t hits[HR_LANG_COUNT] = {0}, kinds[HR_LANG_COUNT] = {0}, filled = 0, punct = 0;
    uint32_t seen[HR_LANG_COUNT] = {0};
    opener_index x;
    index_openers(&x);
    text = hr_str_sub(text, 0, 64 * 1024);
    hr_str rest = text, s;
    while (filled < MAX_FILLED && next_line(&rest, &s)) {
        filled++;
        char last = s.p[s.n - 1];
        punct += strchr(";{}(,:", last) != NULL;
        if (!coded(s))
            continue;
        size_t done = 0; /* the language that has its opener */
        for (size_t i = x.first[(unsigned char)s.p[0]]; i; i = x.nodes[i - 1].next) {
            size_t l = x.nodes[i - 1].lang, k = x.nodes[i - 1].k;
            if (l == done || !matches(s, openers[l][k]))
                continue;
            hits[l]++;
            kinds[l] += !(seen[l] >> k & 1);
            seen[l] |= 1u << k;
            done = l;
        }
    }
    size_t best = 0;
    for (size_t l = 1; l < HR_LANG_COUNT; l++) {
        if (hits[l] * (1 + kinds[l]) > hits[best] * (1 + kinds[best]))
            best = l;
    }
    /* Short snippets need three openers; long files a share of lines. */
    if (best == 0 || hits[best] < 3 || kinds[best] < 2 || hits[best] * 14 < filled)
        return HR_LANG_NONE;
    if (hits[best] * 5 < filled && punct * 4 < filled)
        return HR_LANG_NONE;
    if (best == HR_LANG_JAVASCRIPT) {
        size_t types = typed_lines(text, MAX_FILLED);
        if (types >= 3 && types * 12 > filled)
            return HR_LANG_TYPESCRIPT;
    }
    if (best == HR_LANG_C && kinds[HR_LANG_CPP] >= 3 && hits[HR_LANG_CPP] * 12 > filled)
        return HR_LANG_CPP;
    return (hr_lang)best;
}
