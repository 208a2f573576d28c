/* Sticky beta headers: the tokens of anthropic-beta / openai-beta are part of what the provider
 * caches by. A client that sends one on some turns only would lose its cache; so a conversation
 * keeps sending what it has sent once, in first-seen order, compared without case.
 *
 * A bounded table of conversations, least recently used first to go; each holds at most 2 KB. */
#include "proxy/internal.h"

#include "base/mem.h"

#include <pthread.h>

enum { MAX_VALUE = 2048, PROBES = 8 };

typedef struct entry {
    uint64_t key, used;
    char *value;
    size_t n;
} entry;

struct hr_sticky {
    pthread_mutex_t lock;
    size_t slots;
    uint64_t tick;
    entry *e;
};

hr_sticky *hr_sticky_new(size_t max_conversations)
{
    hr_sticky *s = hr_calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->slots = max_conversations ? max_conversations : 1;
    s->e = hr_calloc(s->slots, sizeof(*s->e));
    if (!s->e) {
        hr_free(s);
        return NULL;
    }
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void hr_sticky_free(hr_sticky *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->slots; i++)
        hr_free(s->e[i].value);
    hr_free(s->e);
    pthread_mutex_destroy(&s->lock);
    hr_free(s);
}

static bool has_token(hr_str list, hr_str token)
{
    hr_str one;
    while (hr_str_split(&list, ',', &one)) {
        if (hr_str_ieq(hr_str_trim(one), token))
            return true;
    }
    return false;
}

/* b gets the tokens of list it does not hold yet. */
static void add_tokens(hr_buf *b, hr_str list)
{
    hr_str one;
    while (hr_str_split(&list, ',', &one)) {
        one = hr_str_trim(one);
        if (!one.n || has_token(hr_buf_str(b), one))
            continue;
        if (b->n)
            hr_buf_addc(b, ',');
        hr_buf_add(b, one);
    }
}

static entry *find(hr_sticky *s, uint64_t key)
{
    entry *oldest = &s->e[key / 2 % s->slots]; /* there is always at least one slot */
    for (size_t i = 0; i < PROBES && i < s->slots; i++) {
        entry *e = &s->e[(key / 2 + i) % s->slots];
        if (e->key == key)
            return e;
        if (e->used < oldest->used)
            oldest = e;
    }
    hr_free(oldest->value);
    *oldest = (entry){.key = key};
    return oldest;
}

hr_str hr_sticky_merge(hr_sticky *s, hr_str conversation, hr_str value, hr_arena *a)
{
    uint64_t key = hr_hash64(conversation) | 1;
    hr_buf b = HR_BUF_INIT(MAX_VALUE);
    hr_str out = value;
    pthread_mutex_lock(&s->lock);
    entry *e = find(s, key);
    e->used = ++s->tick;
    hr_buf_add(&b, hr_str_of(e->value, e->n));
    add_tokens(&b, value);
    if (!b.err && b.n > e->n) {
        char *p = hr_realloc(e->value, b.n);
        if (p) {
            memcpy(p, b.p, b.n);
            e->value = p;
            e->n = b.n;
        }
    }
    if (!b.err && e->n) {
        /* what the client sent stays first as it spelled it when nothing is to be added */
        bool complete = true;
        hr_str rest = hr_buf_str(&b), one;
        while (hr_str_split(&rest, ',', &one))
            complete &= has_token(value, one);
        if (!complete)
            out = hr_str_dup(a, hr_buf_str(&b));
    }
    pthread_mutex_unlock(&s->lock);
    hr_buf_free(&b);
    return out.p ? out : value;
}
