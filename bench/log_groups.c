/* Prints the template group of each line of a file, for bench/log_grouping.py. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "compress/template.h"

static bool read_all(FILE *f, hr_buf *b)
{
    char *room;
    while ((room = hr_buf_reserve(b, 65536)) != NULL) {
        size_t n = fread(room, 1, 65536, f);
        if (n == 0)
            return !ferror(f);
        b->n += n;
    }
    return false;
}

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    hr_buf text = HR_BUF_INIT(0);
    if (!f || !read_all(f, &text)) {
        fprintf(stderr, "usage: log_groups FILE\n");
        return 2;
    }
    fclose(f);
    hr_arena a;
    hr_arena_init(&a, 0);
    HR_VEC(hr_str) lines = {0};
    hr_str rest = hr_buf_str(&text), line;
    while (hr_str_line(&rest, &line)) {
        hr_line_view v;
        hr_str *slot = hr_vec_push(&lines, &a);
        if (!slot)
            return 1;
        *slot = hr_line_plain(line, &v) ? hr_str_dup(&a, hr_str_of(v.p, v.n)) : line;
    }
    uint32_t *group = HR_NEW_ARRAY(&a, uint32_t, lines.n + 1);
    size_t n;
    hr_tpl *t;
    if (!group || hr_tpl_mine(lines.p, lines.n, NULL, &a, &t, group, &n) != HR_OK)
        return 1;
    for (size_t i = 0; i < lines.n; i++)
        printf("%u\n", group[i]);
    hr_arena_free(&a);
    hr_buf_free(&text);
    return 0;
}
