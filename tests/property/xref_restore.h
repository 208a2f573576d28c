/* Puts back what references name; for the property test and the fuzz target of context/xref. MUST
 * is theirs: what to do when a reference names nothing. */
#ifndef XREF_RESTORE_H
#define XREF_RESTORE_H

#include "base/buf.h"
#include "context/xref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef HR_VEC(hr_str) lines;

static inline lines split(hr_arena *arena, hr_str text)
{
    lines v = {0};
    for (hr_str rest = text, line; hr_str_line(&rest, &line);)
        *hr_vec_push(&v, arena) = line;
    return v;
}

/* "  12\tbody", "12:body" …: the number and where the body starts; -1 without a number. */
static inline long number_of(hr_str line, size_t *body)
{
    size_t i = 0, d;
    long v = 0;
    while (i < line.n && i < 12 && line.p[i] == ' ')
        i++;
    for (d = i; d < line.n && d - i < 9 && hr_is_digit(line.p[d]); d++)
        v = v * 10 + (line.p[d] - '0');
    *body = 0;
    if (d == i || d >= line.n)
        return -1;
    if (line.p[d] == '\t' || line.p[d] == ':' || line.p[d] == '|')
        *body = d + 1;
    else if (hr_str_starts(hr_str_sub(line, d, line.n), HR_STR("\xe2\x86\x92")))
        *body = d + 3;
    return *body ? v : -1;
}

/* What a reference says. */
typedef struct said {
    unsigned long same, from, to; /* lines left out; source lines, 0-based, to excluded */
    unsigned long src;            /* SELF: the text itself */
    long name;                    /* what line `from` is called in the changes */
    long shift, numbered;         /* numbered: -1 none, else the first number here */
    bool bare, changes;
} said;

enum { SELF = 1000 };

static inline bool eat(const char **z, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*z, word, n) != 0)
        return false;
    *z += n;
    return true;
}

static inline long eat_number(const char **z)
{
    char *end;
    long v = strtol(*z, &end, 10);
    MUST(end != *z);
    *z = end;
    return v;
}

static inline bool read_reference(hr_arena *arena, hr_str line, const lines *sources,
                                  const lines *self, said *r)
{
    const char *z = hr_zstr(arena, line);
    *r = (said){.numbered = -1};
    if (!eat(&z, "[") || !hr_str_has(line, HR_STR(" left out: the same as ")))
        return false;
    r->same = (unsigned long)eat_number(&z);
    MUST(eat(&z, r->same == 1 ? " line left out: the same as " : " lines left out: the same as "));
    bool all = eat(&z, "all of "), own = false;
    long first = 1, last = 0;
    if (!all) {
        own = eat(&z, "the ");
        MUST(eat(&z, "lines ") || eat(&z, "line "));
        MUST(eat(&z, "numbered ") == own);
        first = last = eat_number(&z);
        if (eat(&z, "-"))
            last = eat_number(&z);
        eat(&z, " (counted from the top)");
        MUST(eat(&z, own ? " in " : " of "));
    }
    if (eat(&z, "this result"))
        r->src = SELF;
    else if (eat(&z, "s"))
        r->src = (unsigned long)eat_number(&z);
    const lines *v = r->src == SELF ? self : &sources[r->src];
    if (all)
        last = (long)v->n;
    r->name = first;
    r->from = (unsigned long)first - 1;
    if (own) { /* find the line by its number */
        size_t body;
        for (r->from = 0; number_of(v->p[r->from], &body) != first;)
            MUST(++r->from < v->n);
    }
    r->to = r->from + (unsigned long)(last - first + 1);
    MUST(r->to <= v->n);
    if (eat(&z, ", numbers here are "))
        r->shift = eat_number(&z);
    else if (eat(&z, ", numbered ")) {
        r->numbered = eat_number(&z);
        if (eat(&z, "-"))
            (void)eat_number(&z);
        MUST(eat(&z, " here"));
    } else {
        r->bare = eat(&z, ", here without the numbers");
    }
    r->changes = eat(&z, ", but N: is line N here");
    if (r->changes) {
        eat(&z, ", N+ follows line N");
        eat(&z, ", gone is not here");
        MUST(eat(&z, ":"));
    } else {
        MUST(eat(&z, "]"));
        MUST(r->same == r->to - r->from);
    }
    MUST(*z == 0);
    return true;
}

/* One line of the source, or a body of a change, as it stood in the text. */
static inline void put_line(hr_buf *b, said *r, hr_str line, bool changed)
{
    size_t body;
    long num = number_of(line, &body);
    hr_str bare = hr_str_sub(line, changed || num < 0 ? 0 : body, line.n);
    if (r->numbered >= 0)
        hr_buf_addf(b, "%4ld\t%.*s\n", r->numbered++, HR_FMT(bare));
    else if (!changed && r->shift)
        hr_buf_addf(b, "%4ld\t%.*s\n", num + r->shift, HR_FMT(bare));
    else if (!changed && r->bare)
        hr_buf_addf(b, "%.*s\n", HR_FMT(bare));
    else
        hr_buf_addf(b, "%.*s\n", HR_FMT(line));
}

/* Puts back what the references name. */
static inline hr_str expand(hr_arena *arena, hr_str text, const lines *sources)
{
    hr_buf b = HR_BUF_INIT(0);
    lines v = split(arena, text);
    for (size_t i = 0; i < v.n; i++) {
        said r;
        if (!read_reference(arena, v.p[i], sources, &v, &r)) {
            hr_buf_addf(&b, "%.*s\n", HR_FMT(v.p[i]));
            continue;
        }
        const lines *src = r.src == SELF ? &v : &sources[r.src];
        if (r.src == SELF)
            MUST(r.to <= i); /* only what stands above */
        unsigned long at = r.from, same = 0;
        long name = r.name;
        while (r.changes && !hr_str_eq(v.p[++i], HR_STR("]"))) {
            const char *z = hr_zstr(arena, v.p[i]);
            long from = eat_number(&z), to = from;
            bool added = *z == '+', replaced = *z == ':';
            if (!added && !replaced && eat(&z, "-"))
                to = eat_number(&z);
            for (; name < from + (added ? 1 : 0); name++, at++, same++)
                put_line(&b, &r, src->p[at], false);
            if (added || replaced) {
                MUST(eat(&z, added ? "+ " : ": "));
                put_line(&b, &r, hr_cstr(z), true);
            } else {
                MUST(strcmp(z, " gone") == 0);
            }
            if (!added) {
                at += (unsigned long)(to - from + 1);
                name = to + 1;
            }
        }
        for (; at < r.to; at++, same++)
            put_line(&b, &r, src->p[at], false);
        MUST(at == r.to);
        MUST(same == r.same);
    }
    if (b.n && text.p[text.n - 1] != '\n')
        b.n--;
    hr_str s = hr_str_dup(arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

#endif
