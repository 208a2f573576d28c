/* Which programming language a text speaks: each language has words that open its declarations and
 * statements; a line counts once a language. */
#include "compress/detect.h"

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
    [HR_LANG_SQL] = {"SELECT ", "FROM ", "WHERE ", "CREATE TABLE", "CREATE INDEX", "INSERT INTO",
                     "ALTER TABLE", "PRIMARY KEY", "UPDATE ", "DELETE FROM", "DROP TABLE", "BEGIN;",
                     "COMMIT;", "JOIN ", "GROUP BY", "ORDER BY"},
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
    if (s.n == 0)
        return false;
    char last = s.p[s.n - 1];
    if (strchr(";{}(),:[]=>\\\"'`", last))
        return true;
    for (size_t i = 0; i < s.n; i++) {
        if (strchr("(){}[]=;$<>@#", s.p[i]))
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
        if (hr_str_starts(s, hr_cstr(marks[i])))
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

hr_lang hr_detect_lang(hr_str text)
{
    hr_lang said = shebang(text);
    if (said != HR_LANG_NONE)
        return said;
    size_t hits[HR_LANG_COUNT] = {0}, kinds[HR_LANG_COUNT] = {0}, filled = 0, punct = 0, types = 0;
    uint32_t seen[HR_LANG_COUNT] = {0};
    hr_str rest = hr_str_sub(text, 0, 64 * 1024), line;
    while (filled < 1200 && hr_str_line(&rest, &line)) {
        hr_str s = hr_str_trim(line);
        if (s.n == 0)
            continue;
        if (comment(s))
            continue;
        filled++;
        char last = s.p[s.n - 1];
        punct += strchr(";{}(,:", last) != NULL;
        if (!coded(s))
            continue;
        types += typed(s);
        for (size_t l = 1; l < HR_LANG_COUNT; l++) {
            for (size_t k = 0; k < 22 && openers[l][k]; k++) {
                if (!matches(s, openers[l][k]))
                    continue;
                hits[l]++;
                kinds[l] += !(seen[l] >> k & 1);
                seen[l] |= 1u << k;
                break;
            }
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
    if (best == HR_LANG_JAVASCRIPT && types >= 3 && types * 12 > filled)
        return HR_LANG_TYPESCRIPT;
    if (best == HR_LANG_C && kinds[HR_LANG_CPP] >= 3 && hits[HR_LANG_CPP] * 12 > filled)
        return HR_LANG_CPP;
    return (hr_lang)best;
}
