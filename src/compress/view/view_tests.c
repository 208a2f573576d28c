/* Names of tests, a line each, as pytest lists what it has collected: counted by file. */
#include "base/map.h"
#include "base/vec.h"
#include "compress/marker.h"
#include "compress/view/view.h"

enum {
    MIN_TESTS = 20,
    NOTES_MAX = 40,  /* other lines: the summary, errors of collection */
    FILE_MAX = 1024, /* bytes of a file's name */
    NAMES_MAX = 40,  /* names said of one file */
    CHECK_EVERY = 1024,
};

/* Tests of one file whose names differ in numbers and parameters only. */
typedef struct alike {
    hr_str first, shape;
    size_t n;
    uint32_t next; /* of the same file, index + 1 */
} alike;

typedef struct file {
    hr_str name;
    size_t tests;
    uint32_t first, last; /* index + 1 */
} file;

typedef struct listed {
    HR_VEC(hr_str) notes;
    HR_VEC(file) files;
    HR_VEC(alike) alike;
    hr_map by_file, by_shape;
    hr_query query;
    size_t tests, folded; /* folded: names that are not spelled */
    hr_arena *a;
} listed;

/* "tests/test_a.py::TestB::test_c[1-x y]": a file, and a name without blanks outside of its
 * parameters. *at: where the name begins. */
static bool test_id(hr_str line, size_t *at)
{
    size_t colon = hr_str_find(line, HR_STR("::"));
    if (colon == SIZE_MAX || colon == 0 || colon > FILE_MAX || colon + 2 >= line.n)
        return false;
    hr_str path = hr_str_sub(line, 0, colon);
    size_t slash = hr_str_rfind_char(path, '/');
    size_t dot = hr_str_rfind_char(path, '.');
    if (dot == SIZE_MAX || (slash != SIZE_MAX && dot < slash) || dot + 1 == path.n)
        return false;
    *at = colon + 2;
    size_t end = hr_str_find_char(hr_str_sub(line, *at, line.n), '[');
    end = end == SIZE_MAX ? line.n : *at + end;
    for (size_t i = 0; i < end; i++) {
        if ((unsigned char)line.p[i] <= 0x20)
            return false;
    }
    return end == line.n || (line.p[line.n - 1] == ']' && !hr_str_ends(line, HR_STR("%]")));
}

/* The name with its numbers and parameters taken out. */
static hr_str shape_of(listed *l, hr_str name)
{
    char *p = hr_alloc(l->a, name.n + 8);
    size_t n = 0;
    for (size_t i = 0; p && i < name.n && name.p[i] != '['; i++) {
        bool digit = hr_is_digit(name.p[i]);
        if (!digit || i == 0 || !hr_is_digit(name.p[i - 1]))
            p[n++] = digit ? '#' : name.p[i];
    }
    if (p && hr_str_find_char(name, '[') != SIZE_MAX) {
        memcpy(p + n, "[\xe2\x80\xa6]", 5);
        n += 5;
    }
    return p ? hr_str_of(p, n) : HR_STR_NONE;
}

static file *file_of(listed *l, hr_str name)
{
    bool fresh;
    hr_map_entry *e = hr_map_put(&l->by_file, name, &fresh);
    file *f = e && fresh ? hr_vec_push(&l->files, l->a) : NULL;
    if (f) {
        *f = (file){.name = name};
        e->value = l->files.n - 1;
    }
    return !e || (fresh && !f) ? NULL : &l->files.p[e->value];
}

static hr_err add(listed *l, hr_str line, size_t at)
{
    file *f = file_of(l, hr_str_sub(line, 0, at - 2));
    hr_str name = hr_str_sub(line, at, line.n);
    /* What the question names is told apart. */
    hr_str shape = hr_query_anchor_in(&l->query, line) ? name : shape_of(l, name);
    hr_str key = f ? hr_strf(l->a, "%.*s::%.*s", HR_FMT(f->name), HR_FMT(shape)) : HR_STR_NONE;
    bool fresh;
    hr_map_entry *e = shape.p && key.p ? hr_map_put(&l->by_shape, key, &fresh) : NULL;
    if (!e)
        return HR_E_NOMEM;
    l->tests++;
    f->tests++;
    if (!fresh) {
        l->alike.p[e->value].n++;
        return HR_OK;
    }
    alike *x = hr_vec_push(&l->alike, l->a);
    if (!x)
        return HR_E_NOMEM;
    *x = (alike){.first = name, .shape = shape, .n = 1};
    e->value = l->alike.n - 1;
    if (f->last)
        l->alike.p[f->last - 1].next = (uint32_t)l->alike.n;
    else
        f->first = (uint32_t)l->alike.n;
    f->last = (uint32_t)l->alike.n;
    return HR_OK;
}

static hr_err read_tests(const hr_view_job *j, hr_str text, listed *l)
{
    hr_str rest = text, line;
    hr_map_init(&l->by_file, l->a);
    hr_map_init(&l->by_shape, l->a);
    hr_query_parse(j->o->query, l->a, &l->query);
    for (size_t i = 0; hr_str_line(&rest, &line); i++) {
        size_t at;
        if (i % CHECK_EVERY == 0 && hr_deadline_passed(j->o->deadline))
            return HR_E_TIMEOUT;
        if (test_id(line, &at)) {
            hr_err e = add(l, line, at);
            if (e != HR_OK)
                return e;
            continue;
        }
        hr_str *note = line.n ? hr_vec_push(&l->notes, l->a) : NULL;
        if (line.n && !note)
            return HR_E_NOMEM;
        if (note)
            *note = line;
        if (l->notes.n > NOTES_MAX)
            return HR_E_SYNTAX;
    }
    return l->tests >= MIN_TESTS ? HR_OK : HR_E_SYNTAX;
}

static void put_file(listed *l, const file *f, hr_buf *b)
{
    size_t names = 0, left = f->tests;
    hr_buf_addf(b, "\n%.*s: %zu", HR_FMT(f->name), f->tests);
    for (uint32_t i = f->first; i && names < NAMES_MAX; i = l->alike.p[i - 1].next) {
        const alike *x = &l->alike.p[i - 1];
        hr_buf_add(b, names++ ? HR_STR(", ") : HR_STR(": "));
        hr_buf_add(b, x->n > 1 ? x->shape : x->first);
        if (x->n > 1) {
            hr_buf_addf(b, " x%zu", x->n);
            l->folded += x->n;
        }
        left -= x->n;
    }
    if (left)
        hr_buf_addf(b, ", %zu others", left);
    l->folded += left;
}

static hr_err fold(const hr_view_job *j, listed *l, hr_str text, hr_forms *out)
{
    hr_buf b = HR_BUF_INIT(text.n + 1);
    hr_buf_addf(&b,
                "[%zu tests in %zu files. Each file: its number of tests, their names; in \"name "
                "xN\" # stands for a number, [\xe2\x80\xa6] for parameters]",
                l->tests, l->files.n);
    for (size_t i = 0; i < l->files.n; i++)
        put_file(l, &l->files.p[i], &b);
    for (size_t i = 0; i < l->notes.n; i++) {
        hr_buf_addc(&b, '\n');
        hr_buf_add(&b, l->notes.p[i]);
    }
    hr_str what = hr_strf(l->a, "%zu of %zu names of tests are only counted.", l->folded, l->tests);
    hr_buf_addc(&b, '\n');
    hr_marker_text(&b, what, j->key, j->o->via);
    hr_err e = b.err == HR_E_LIMIT ? HR_OK : b.err; /* longer than the text */
    if (b.err == HR_OK && b.n < text.n && l->folded) {
        out->lossy = hr_str_dup(l->a, hr_buf_str(&b));
        out->lossy_strategy = hr_strf(l->a, "tests(%zu in %zu files)", l->tests, l->files.n);
        out->lossy_reason = HR_R_LISTING_FOLDERS;
    }
    hr_buf_free(&b);
    return l->a->failed ? HR_E_NOMEM : e;
}

hr_err hr_view_tests(const hr_view_job *j, hr_str text, hr_forms *out)
{
    listed l = {.a = j->a};
    hr_err e = read_tests(j, text, &l);
    if (e == HR_OK)
        e = hr_view_or_log(j, text, out);
    return e == HR_OK && j->lossy ? fold(j, &l, text, out) : e;
}
