/* Speed of counting, encoding and estimating tokens over the given files and folders, and how far
 * the estimate is off.
 *
 *     tokens_bench PATH…
 *
 * One line a measurement: encoding, what, MB/s (10^6 bytes per second of processor time, best of
 * some rounds), tokens; then the estimate's relative error over the files of at least 1,000 bytes.
 */
#include "base/arena.h"
#include "text/tokens.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { ROUNDS = 7, MAX_FILES = 20000 };
static hr_str texts[MAX_FILES];
static size_t ntexts, bytes;

static void take_file(const char *path, size_t size)
{
    FILE *f = fopen(path, "rb");
    char *p = malloc(size + 1);
    if (f && p && size && ntexts < MAX_FILES && fread(p, 1, size, f) == size) {
        texts[ntexts++] = hr_str_of(p, size);
        bytes += size;
    } else {
        free(p);
    }
    if (f)
        fclose(f);
}

static void take(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return;
    if (S_ISREG(st.st_mode)) {
        take_file(path, (size_t)st.st_size);
        return;
    }
    struct dirent **list;
    int n = scandir(path, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char sub[4096];
        if (list[i]->d_name[0] != '.' &&
            snprintf(sub, sizeof(sub), "%s/%s", path, list[i]->d_name) < (int)sizeof(sub))
            take(sub);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

typedef size_t work(const hr_tokenizer *t, hr_str text);

static size_t count(const hr_tokenizer *t, hr_str text)
{
    return hr_bpe_count(t->encoding, text);
}
static size_t encode(const hr_tokenizer *t, hr_str text)
{
    hr_arena a;
    uint32_t *ids;
    hr_arena_init(&a, 0);
    size_t n = hr_bpe_encode(t->encoding, text, &a, &ids);
    hr_arena_free(&a);
    return n;
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void measure(const hr_tokenizer *t, const char *what, work *f)
{
    uint64_t best = UINT64_MAX;
    size_t tokens = 0;
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t from = cpu_ns();
        tokens = 0;
        for (size_t i = 0; i < ntexts; i++)
            tokens += f(t, texts[i]);
        uint64_t took = cpu_ns() - from;
        if (took < best)
            best = took;
    }
    printf("%s %s %.1f MB/s %zu tokens\n", t->name, what, (double)bytes * 1e3 / (double)best,
           tokens);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void errors(const hr_tokenizer *t)
{
    static double off[MAX_FILES];
    size_t n = 0, close = 0;
    for (size_t i = 0; i < ntexts; i++) {
        if (texts[i].n < 1000)
            continue;
        double exact = (double)hr_bpe_count(t->encoding, texts[i]);
        double e = ((double)hr_tokens_estimate(t, texts[i]) - exact) / exact;
        off[n] = e < 0 ? -e : e;
        close += off[n++] <= 0.2;
    }
    if (n == 0)
        return;
    qsort(off, n, sizeof(off[0]), ascending);
    printf("%s estimate off by: median %.1f %%, p90 %.1f %%, p95 %.1f %%, most %.1f %%; %.1f %% of "
           "%zu files within 20 %%\n",
           t->name, off[n / 2] * 100, off[n * 9 / 10] * 100, off[n * 95 / 100] * 100,
           off[n - 1] * 100, (double)close * 100 / (double)n, n);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        take(argv[i]);
    if (ntexts == 0) {
        fprintf(stderr, "usage: tokens_bench PATH...\n");
        return 2;
    }
    printf("%zu files, %zu bytes\n", ntexts, bytes);
    static const char *const models[] = {"gpt-4o", "gpt-4"};
    for (size_t m = 0; m < 2; m++) {
        const hr_tokenizer *t = hr_tokenizer_for(hr_cstr(models[m]));
        measure(t, "count", count);
        measure(t, "encode", encode);
        measure(t, "estimate", hr_tokens_estimate);
        errors(t);
    }
    for (size_t i = 0; i < ntexts; i++)
        free((void *)(size_t)texts[i].p);
    return 0;
}
