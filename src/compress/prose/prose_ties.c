/* What belongs together: a unit that stays keeps what its meaning hangs on. Nothing here takes a
 * unit away. */
#include "compress/prose/prose.h"

enum {
    HOLE_MIN = 48,   /* bytes: a smaller hole costs as much as its note */
    FIRST_MAX = 400, /* bytes of an item's first unit that stays with any other */
    WARNING_MAX = 600,
    STEPS_MAX = 4096,    /* bytes of a numbered procedure that stays whole */
    BETWEEN_MAX = 12,    /* blocks between two numbers */
    ANNOUNCED_MAX = 400, /* bytes of a block that stays with the line before it */
    DEPTH = 32,          /* of lists in lists */
};
#define NO_BLOCK UINT32_MAX

typedef struct ties {
    hr_prose_text *t;
    uint32_t *first;  /* unit of a block; of the block behind the last: all units */
    uint32_t *parent; /* block without which this one cannot be understood, or NO_BLOCK */
    uint32_t *indent;
    bool *leads; /* introduces what follows */
} ties;

static bool one_of(hr_str word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (hr_str_ieq(word, hr_cstr(words[i])))
            return true;
    }
    return false;
}

#define ONE_OF(word, list) one_of((word), (list), sizeof(list) / sizeof *(list))

static hr_str first_word(hr_str s)
{
    size_t n = 0;
    while (n < s.n && hr_is_alpha(s.p[n]))
        n++;
    return hr_str_sub(s, 0, n);
}

/* --- sentences ----------------------------------------------------------------------------------
 */

/* Does the sentence take back or bound what the one before it said? */
static bool takes_back(hr_str s)
{
    static const char *const openers[] = {"however",    "but",           "unless",       "except",
                                          "instead",    "otherwise",     "nevertheless", "although",
                                          "yet",        "not",           "never",        "only",
                                          "conversely", "unfortunately", "aber",         "jedoch"};
    s = hr_str_trim(s);
    hr_str word = first_word(s);
    return word.n && word.n < s.n && ONE_OF(word, openers);
}

/* Does the sentence speak of what the one before it named? */
static bool refers_back(hr_str s)
{
    static const char *const openers[] = {"this",  "these",     "that", "those",
                                          "it",    "they",      "such", "thus",
                                          "hence", "therefore", "then", "otherwise"};
    s = hr_str_trim(s);
    hr_str word = first_word(s);
    return word.n && word.n < s.n && (ONE_OF(word, openers) || takes_back(s));
}

/* "Warning: …", "**CAUTION**", "> [!WARNING]", ".. danger::": named before anything is said. */
static bool warns(hr_str s)
{
    static const char *const words[] = {"warning",   "caution",   "danger",
                                        "important", "attention", "deprecated",
                                        "beware",    "warnung",   "achtung"};
    s = hr_str_trim(s);
    size_t i = 0;
    while (i < s.n && i < 8 && strchr("*_>[!.:`( ", s.p[i]))
        i++;
    hr_str word = first_word(hr_str_sub(s, i, s.n));
    if (word.n < 6 || !ONE_OF(word, words))
        return false;
    i += word.n;
    return i >= s.n || strchr(":*_]!.`", s.p[i]) || (word.p[1] >= 'A' && word.p[1] <= 'Z');
}

/* Says what holds when nothing is set, or what is forbidden: an option is not described without. */
static bool binds(hr_str s)
{
    static const char *const words[] = {"default", "defaults", "never",    "must",
                                        "unless",  "except",   "required", "deprecated"};
    for (size_t i = 0; i < s.n;) {
        if (!hr_is_alpha(s.p[i])) {
            i++;
            continue;
        }
        hr_str word = first_word(hr_str_sub(s, i, s.n));
        if (word.n >= 4 && word.n <= 10 && strchr("dnmuerDNMUER", word.p[0]) && ONE_OF(word, words))
            return true;
        i += word.n;
    }
    return false;
}

/* --- blocks -------------------------------------------------------------------------------------
 */

static uint32_t indent_of(hr_str s)
{
    uint32_t n = 0;
    for (size_t i = 0; i < s.n && (s.p[i] == ' ' || s.p[i] == '\t'); i++)
        n += s.p[i] == '\t' ? 8 : 1;
    return n;
}

/* "The following are not supported:" */
static bool introduces(const hr_block *b)
{
    hr_str s = hr_str_trim(b->s);
    return b->kind == HR_BLOCK_PARAGRAPH &&
           (hr_str_ends(s, HR_STR(":")) || hr_str_ends(s, HR_STR("\xEF\xBC\x9A")));
}

/* Number of an item "12. …" or "3) …"; 0 without one. */
static size_t number_of(const hr_block *b)
{
    hr_str s = hr_str_trim(b->s);
    size_t n = 0, d = 0;
    while (d < s.n && d < 4 && hr_is_digit(s.p[d]))
        n = n * 10 + (size_t)(s.p[d++] - '0');
    return b->kind == HR_BLOCK_ITEM && d && d < s.n && (s.p[d] == '.' || s.p[d] == ')') ? n : 0;
}

/* By depth: the item or term above, or the paragraph that introduces a list, code or a table. */
static void find_parents(ties *k)
{
    const hr_block *b = k->t->blocks.p;
    uint32_t above[DEPTH], n = 0;
    for (uint32_t i = 0; i < k->t->blocks.n; i++) {
        k->parent[i] = NO_BLOCK;
        if (b[i].kind == HR_BLOCK_HEADING)
            n = 0;
        if (b[i].kind == HR_BLOCK_HEADING || b[i].kind == HR_BLOCK_SPACE)
            continue;
        uint32_t deep = k->indent[i];
        bool told = b[i].kind != HR_BLOCK_PARAGRAPH;
        while (n && (k->indent[above[n - 1]] > deep ||
                     (k->indent[above[n - 1]] == deep && !(told && k->leads[above[n - 1]]))))
            n--;
        if (n)
            k->parent[i] = above[n - 1];
        if (n < DEPTH && (b[i].kind == HR_BLOCK_ITEM || b[i].kind == HR_BLOCK_PARAGRAPH))
            above[n++] = i;
    }
}

static bool any_kept(const ties *k, uint32_t block)
{
    const hr_unit *u = k->t->units.p;
    for (uint32_t i = k->first[block]; i < k->first[block + 1]; i++) {
        if (u[i].keep && u[i].role != HR_UNIT_SPACE)
            return true;
    }
    return false;
}

static void keep_all(ties *k, uint32_t from, uint32_t to)
{
    for (uint32_t i = k->first[from]; i < k->first[to]; i++)
        k->t->units.p[i].keep = true;
}

/* Steps are done one after the other: a procedure is told whole or not at all. */
static void keep_steps(ties *k)
{
    const hr_block *b = k->t->blocks.p;
    uint32_t blocks = (uint32_t)k->t->blocks.n;
    for (uint32_t i = 0, end; i < blocks; i = end) {
        size_t last = number_of(&b[i]), bytes = b[i].s.n;
        uint32_t seen = i;
        bool any = any_kept(k, i), some = false;
        end = i + 1;
        if (last != 1)
            continue;
        for (uint32_t j = i + 1; j < blocks && j - seen <= BETWEEN_MAX; j++) {
            bytes += b[j].s.n;
            if (bytes > STEPS_MAX || b[j].kind == HR_BLOCK_HEADING)
                break;
            some |= any_kept(k, j);
            size_t n = number_of(&b[j]);
            if (k->indent[j] == k->indent[i] && (n == last + 1 || (n == 1 && last == 1))) {
                last = n;
                seen = j;
                end = j + 1;
                any |= some;
            }
        }
        if (any && end > i + 1)
            keep_all(k, i, end);
    }
}

static void keep_warnings(ties *k)
{
    hr_unit *u = k->t->units.p;
    for (uint32_t i = 0; i < k->t->blocks.n; i++) {
        const hr_block *b = &k->t->blocks.p[i];
        bool said = b->kind == HR_BLOCK_PARAGRAPH || b->kind == HR_BLOCK_ITEM;
        if (said && b->s.n <= WARNING_MAX && warns(b->s))
            keep_all(k, i, i + 1);
        for (uint32_t j = k->first[i]; said && j < k->first[i + 1]; j++)
            u[j].keep |= u[j].s.n <= WARNING_MAX && warns(u[j].s);
    }
}

/* "To undo it, run:" is nothing without the line that follows. */
static void keep_announced(ties *k)
{
    const hr_block *b = k->t->blocks.p;
    for (uint32_t i = 0; i + 1 < k->t->blocks.n; i++) {
        uint32_t next = i + 1 + (b[i + 1].kind == HR_BLOCK_SPACE), to = k->first[i + 1];
        if (next < k->t->blocks.n && k->leads[i] && to > k->first[i] &&
            k->t->units.p[to - 1].keep && b[next].s.n <= ANNOUNCED_MAX)
            keep_all(k, next, next + 1);
    }
}

/* From the last block to the first, so that the parents of parents stay as well. */
static void keep_parents(ties *k)
{
    hr_unit *u = k->t->units.p;
    for (uint32_t i = (uint32_t)k->t->blocks.n; i-- > 0;) {
        uint32_t p = k->parent[i];
        if (p == NO_BLOCK || !any_kept(k, i))
            continue;
        uint32_t from = k->first[p], to = k->first[p + 1];
        if (from == to)
            continue;
        if (k->leads[p])
            u[to - 1].keep = true;
        else if (k->t->blocks.p[p].kind == HR_BLOCK_ITEM ||
                 (to - from == 1 && u[from].s.n <= FIRST_MAX))
            u[from].keep = true;
    }
}

/* Small holes are filled, sentences keep what takes them back and what they speak of, items their
 * beginning and what binds them, blocks their fences and heads. */
static void tidy(const ties *k, uint32_t block)
{
    hr_unit *u = k->t->units.p;
    hr_block_kind kind = k->t->blocks.p[block].kind;
    uint32_t from = k->first[block], stop = k->first[block + 1];
    bool item = kind == HR_BLOCK_ITEM, said = item || kind == HR_BLOCK_PARAGRAPH;
    if (item && u[from].s.n <= FIRST_MAX)
        u[from].keep = true;
    for (uint32_t i = stop; said && i-- > from + 1;)
        u[i - 1].keep |= u[i].keep && refers_back(u[i].s);
    for (uint32_t i = from; i < stop; i++)
        u[i].keep |= u[i].role == HR_UNIT_FRAME || (item && binds(u[i].s)) ||
                     (said && i > from && u[i - 1].keep && takes_back(u[i].s));
    for (uint32_t i = from; i < stop;) {
        uint32_t end = i;
        size_t bytes = 0;
        while (end < stop && !u[end].keep)
            bytes += u[end++].s.n;
        for (uint32_t j = i; bytes < HOLE_MIN && j < end; j++)
            u[j].keep = true;
        i = end + 1;
    }
}

/* A run of blocks that would be replaced by a note of its own length stays. */
static void fill(hr_prose_text *t)
{
    hr_unit *u = t->units.p;
    for (size_t i = 0; i < t->units.n;) {
        size_t end = i, bytes = 0;
        while (end < t->units.n && (!u[end].keep || (u[end].role == HR_UNIT_SPACE && end > i))) {
            bytes += u[end].role == HR_UNIT_SPACE ? 0 : u[end].s.n;
            end++;
        }
        for (size_t k = i; bytes && bytes < HOLE_MIN && k < end; k++)
            u[k].keep = true;
        i = end + 1;
    }
}

hr_err hr_prose_tie(hr_prose_text *t, hr_arena *a)
{
    ties k = {.t = t};
    size_t n = t->blocks.n;
    k.first = HR_NEW_ARRAY(a, uint32_t, n + 1);
    k.parent = HR_NEW_ARRAY(a, uint32_t, n + 1);
    k.indent = HR_NEW_ARRAY(a, uint32_t, n + 1);
    k.leads = HR_NEW_ARRAY(a, bool, n + 1);
    if (!k.first || !k.parent || !k.indent || !k.leads)
        return HR_E_NOMEM;
    for (size_t b = 0, i = 0; b <= n; b++) {
        while (i < t->units.n && t->units.p[i].block < b)
            i++;
        k.first[b] = (uint32_t)i;
        k.leads[b] = b < n && introduces(&t->blocks.p[b]);
        k.indent[b] = b < n ? indent_of(t->blocks.p[b].s) : 0;
    }
    find_parents(&k);
    keep_warnings(&k);
    keep_parents(&k);
    keep_steps(&k);
    keep_announced(&k);
    keep_parents(&k); /* of what came in */
    for (uint32_t b = 0; b < n; b++) {
        if (t->blocks.p[b].kind != HR_BLOCK_SPACE && any_kept(&k, b))
            tidy(&k, b);
    }
    fill(t);
    return HR_OK;
}
