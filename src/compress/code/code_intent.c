/* Whether the question is about the code itself: then all of it is read. */
#include "compress/code/code.h"

bool hr_code_wanted_whole(hr_str question)
{
    static const char *const words[] = {
        "analyze", "analyse",   "analyzing",     "analysis",        "review",   "audit",
        "inspect", "security",  "vulnerability", "vulnerabilities", "bug",      "bugs",
        "issue",   "issues",    "problem",       "problems",        "explain",  "understand",
        "debug",   "debugging", "fix",           "error",           "errors",   "wrong",
        "broken",  "refactor",  "refactoring",   "improve",         "optimize", "optimise",
    };
    static const char *const phrases[] = {"how does", "what does", "clean up"};
    for (size_t from = 0, to; from < question.n; from = to + 1) {
        for (to = from; to < question.n && hr_is_alpha(question.p[to]);)
            to++;
        hr_str word = hr_str_sub(question, from, to);
        bool part =
            (from > 0 && question.p[from - 1] == '_') || (to < question.n && question.p[to] == '_');
        for (size_t i = 0; !part && word.n && i < sizeof words / sizeof *words; i++) {
            if (hr_str_ieq(word, hr_cstr(words[i])))
                return true;
        }
    }
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (hr_str_ifind(question, hr_cstr(phrases[i])) != SIZE_MAX)
            return true;
    }
    return false;
}
