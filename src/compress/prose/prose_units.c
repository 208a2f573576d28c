/* Cuts blocks into units, the smallest pieces that stay or go. */
#include "compress/prose/prose.h"
#include "compress/prose/sentence.h"

enum {
    ITEM_WHOLE = 480, /* bytes of an item that is one unit */
    CODE_WHOLE = 800, /* bytes of code that is one unit: half an example is none */
    CODE_GROUP = 8,   /* lines of longer code in one unit */
    UNITS_MAX = 4000000,
};

typedef struct cutter {
    hr_prose_text *t;
    hr_arena *a;
    uint32_t block;
    hr_err err;
} cutter;

static void add(cutter *c, hr_str s, hr_unit_role role)
{
    if (!s.n || c->err != HR_OK)
        return;
    hr_unit *u = c->t->units.n < UNITS_MAX ? hr_vec_push(&c->t->units, c->a) : NULL;
    if (u)
        *u = (hr_unit){.s = s, .block = c->block, .role = (uint8_t)role};
    else
        c->err = c->t->units.n < UNITS_MAX ? HR_E_NOMEM : HR_E_LIMIT;
}

static void add_sentences(cutter *c, hr_str s)
{
    for (hr_str rest = s, one; hr_sentence_next(&rest, &one);)
        add(c, one, HR_UNIT_BODY);
}

static void add_lines(cutter *c, hr_str s, size_t group)
{
    size_t from = 0, lines = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\n' && i + 1 < s.n)
            continue;
        if (++lines == group || i + 1 == s.n) {
            add(c, hr_str_sub(s, from, i + 1), HR_UNIT_BODY);
            from = i + 1;
            lines = 0;
        }
    }
}

/* Takes the first line off *s. */
static hr_str take_line(hr_str *s)
{
    size_t lf = hr_str_find_char(*s, '\n');
    size_t n = lf == SIZE_MAX ? s->n : lf + 1;
    hr_str line = hr_str_sub(*s, 0, n);
    *s = hr_str_sub(*s, n, s->n);
    return line;
}

static bool table_rule(hr_str line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (!strchr("|-:+= \r\n", line.p[i]))
            return false;
    }
    return line.n > 2;
}

static void add_code(cutter *c, const hr_block *b)
{
    hr_str s = b->s;
    if (b->fenced)
        add(c, take_line(&s), HR_UNIT_FRAME);
    hr_str last = HR_STR_NONE, body = s;
    if (b->fenced) {
        size_t n = s.n && s.p[s.n - 1] == '\n' ? s.n - 1 : s.n;
        size_t lf = hr_str_rfind_char(hr_str_sub(s, 0, n), '\n');
        size_t from = lf == SIZE_MAX ? 0 : lf + 1;
        last = hr_str_sub(s, from, s.n);
        hr_str bare = hr_str_trim(last);
        if (bare.n >= 3 && (bare.p[0] == '`' || bare.p[0] == '~') &&
            bare.p[bare.n - 1] == bare.p[0])
            body = hr_str_sub(s, 0, from);
        else
            last = HR_STR_NONE;
    }
    if (body.n <= CODE_WHOLE)
        add(c, body, HR_UNIT_BODY);
    else
        add_lines(c, body, CODE_GROUP);
    add(c, last, HR_UNIT_FRAME);
}

static void add_table(cutter *c, const hr_block *b)
{
    hr_str s = b->s;
    add(c, take_line(&s), HR_UNIT_FRAME);
    hr_str look = s, second = take_line(&look);
    if (s.n && table_rule(second)) {
        add(c, second, HR_UNIT_FRAME);
        s = look;
    }
    add_lines(c, s, 1);
}

hr_err hr_prose_units(hr_prose_text *t, hr_arena *a)
{
    cutter c = {.t = t, .a = a, .err = HR_OK};
    for (size_t i = 0; i < t->blocks.n && c.err == HR_OK; i++) {
        const hr_block *b = &t->blocks.p[i];
        c.block = (uint32_t)i;
        switch (b->kind) {
        case HR_BLOCK_PARAGRAPH:
            add_sentences(&c, b->s);
            break;
        case HR_BLOCK_ITEM:
            if (b->s.n <= ITEM_WHOLE)
                add(&c, b->s, HR_UNIT_BODY);
            else
                add_sentences(&c, b->s);
            break;
        case HR_BLOCK_CODE:
            add_code(&c, b);
            break;
        case HR_BLOCK_TABLE:
            add_table(&c, b);
            break;
        case HR_BLOCK_NOTE:
            add_lines(&c, b->s, CODE_GROUP);
            break;
        case HR_BLOCK_HEADING:
            add(&c, b->s, HR_UNIT_HEADING);
            break;
        case HR_BLOCK_FIXED:
            add(&c, b->s, HR_UNIT_FIXED);
            break;
        case HR_BLOCK_SPACE:
            add(&c, b->s, HR_UNIT_SPACE);
            break;
        }
    }
    return c.err;
}
