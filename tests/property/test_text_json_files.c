/* Properties of scanner, splicer and minifier over every JSON file at hand, against yyjson. */
#include "text/json.h"
#include "text/splice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <yyjson.h>

#include "../files.h"

static const yyjson_read_flag FLAGS = YYJSON_READ_NUMBER_AS_RAW;

static const char *where;

static void check(bool ok, const char *what)
{
    if (!ok)
        fail_msg("%s: %s", where, what);
}

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* Same types, counts, lexemes and decoded strings as yyjson sees. Recursion as deep as the data. */
static uint32_t agree(const hr_json_doc *d, uint32_t i, yyjson_val *v, hr_arena *a)
{
    hr_json_type t = hr_json_type_of(d, i);
    hr_str s;
    size_t at, max;
    yyjson_val *k, *x;
    switch (yyjson_get_type(v)) {
    case YYJSON_TYPE_NULL:
        check(t == HR_JSON_NULL, "null");
        return i + 1;
    case YYJSON_TYPE_BOOL:
        check(t == (yyjson_get_bool(v) ? HR_JSON_TRUE : HR_JSON_FALSE), "boolean");
        return i + 1;
    case YYJSON_TYPE_RAW:
        check(t == HR_JSON_NUMBER &&
                  hr_str_eq(hr_json_raw(d, i), hr_str_of(yyjson_get_raw(v), yyjson_get_len(v))),
              "number");
        return i + 1;
    case YYJSON_TYPE_STR:
        s = hr_json_text(d, i, a);
        check(t == HR_JSON_STRING && s.n == yyjson_get_len(v) &&
                  memcmp(s.p, yyjson_get_str(v), s.n) == 0,
              "string");
        return i + 1;
    case YYJSON_TYPE_ARR:
        check(t == HR_JSON_ARRAY && d->nodes[i].count == yyjson_arr_size(v), "array");
        i++;
        yyjson_arr_foreach(v, at, max, x) i = agree(d, i, x, a);
        return i;
    case YYJSON_TYPE_OBJ:
        check(t == HR_JSON_OBJECT && d->nodes[i].count == yyjson_obj_size(v), "object");
        i++;
        yyjson_obj_foreach(v, at, max, k, x)
        {
            check((d->nodes[i].flags & HR_JSON_KEY) != 0, "key flag");
            i = agree(d, i, k, a);
            i = agree(d, i, x, a);
        }
        return i;
    default:
        check(false, "unknown type");
        return i;
    }
}

/* The same lexemes in the same order, and nothing in between but structure. */
static void minify_keeps(const hr_json_doc *d, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_json_minify(d, 0, &b);
    check(b.err == HR_OK && b.n <= d->nodes[0].end - d->nodes[0].start, "minify grows");
    hr_json_doc m;
    check(hr_json_scan(a, hr_buf_str(&b), 1 << 20, &m).code == HR_OK, "minified scans");
    check(m.n == d->n, "minified node count");
    for (uint32_t i = 0; i < m.n; i++) {
        check(m.nodes[i].type == d->nodes[i].type && m.nodes[i].next == d->nodes[i].next &&
                  m.nodes[i].count == d->nodes[i].count,
              "minified structure");
        if (m.nodes[i].type < HR_JSON_ARRAY)
            check(hr_str_eq(hr_json_raw(&m, i), hr_json_raw(d, i)), "minified lexeme");
    }
    check(hr_json_same(d, 0, &m, 0), "minified value");
    hr_buf again = HR_BUF_INIT(0);
    hr_json_minify(&m, 0, &again);
    check(hr_str_eq(hr_buf_str(&again), hr_buf_str(&b)), "minify is idempotent");
    hr_buf_free(&b);
    hr_buf_free(&again);
}

/* Replaces some strings by others, added in random order: only their spans may differ. */
static void splice_keeps(const hr_json_doc *d, hr_arena *a)
{
    hr_splice s;
    hr_str out;
    hr_splice_init(&s, d->src);
    check(hr_splice_join(&s, a, &out) == HR_OK && out.p == d->src.p && out.n == d->src.n,
          "no edits, other output");
    uint64_t seed = 0x9e3779b97f4a7c15u ^ d->src.n;
    uint32_t *picked = HR_NEW_ARRAY(a, uint32_t, d->n);
    size_t n = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        if (d->nodes[i].type == HR_JSON_STRING && next_random(&seed) % 3 == 0)
            picked[n++] = i;
    }
    for (size_t i = n; i > 1; i--) {
        size_t j = next_random(&seed) % i;
        uint32_t t = picked[i - 1];
        picked[i - 1] = picked[j];
        picked[j] = t;
    }
    for (size_t i = 0; i < n; i++) {
        const hr_json_node *x = &d->nodes[picked[i]];
        hr_str with = hr_strf(a, "\"<%u>\"", picked[i]);
        check(hr_splice_add(&s, a, x->start, x->end, with) == HR_OK, "add");
    }
    check(hr_splice_join(&s, a, &out) == HR_OK, "join");
    hr_json_doc e;
    check(hr_json_scan(a, out, 1 << 20, &e).code == HR_OK && e.n == d->n, "edited scans");
    /* Between one token's end and the next one's start the bytes are the old ones, and so are all
     * tokens but the picked ones. */
    uint8_t *is_picked = HR_NEW_ARRAY(a, uint8_t, d->n + 1);
    for (size_t i = 0; i < n; i++)
        is_picked[picked[i]] = 1;
    size_t x = 0, y = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        if (d->nodes[i].type >= HR_JSON_ARRAY)
            continue;
        check(hr_str_eq(hr_str_sub(d->src, x, d->nodes[i].start),
                        hr_str_sub(out, y, e.nodes[i].start)),
              "bytes between tokens");
        hr_str want = is_picked[i] ? hr_strf(a, "\"<%u>\"", i) : hr_json_raw(d, i);
        check(hr_str_eq(want, hr_json_raw(&e, i)), "token");
        x = d->nodes[i].end;
        y = e.nodes[i].end;
    }
    check(hr_str_eq(hr_str_sub(d->src, x, d->src.n), hr_str_sub(out, y, out.n)), "tail");
}

/* A decoded string quoted again decodes to the same. */
static void quote_inverts(const hr_json_doc *d, hr_arena *a)
{
    hr_buf b = HR_BUF_INIT(0);
    for (uint32_t i = 0; i < d->n; i++) {
        if (d->nodes[i].type != HR_JSON_STRING)
            continue;
        hr_arena_mark m = hr_arena_save(a);
        hr_str s = hr_json_text(d, i, a);
        hr_json_doc q;
        hr_buf_clear(&b);
        hr_json_quote(&b, s);
        check(hr_json_scan(a, hr_buf_str(&b), 1, &q).code == HR_OK, "quoted scans");
        check(hr_str_eq(hr_json_text(&q, 0, a), s), "quoted decodes");
        hr_arena_restore(a, m);
    }
    hr_buf_free(&b);
}

static size_t accepted, refused;

static void one_value(hr_str bytes)
{
    hr_arena a;
    hr_arena_init(&a, (size_t)4 << 30);
    hr_json_doc d;
    hr_errpos e = hr_json_scan(&a, bytes, 1 << 20, &d);
    yyjson_read_err ye;
    yyjson_doc *y = yyjson_read_opts((char *)(size_t)bytes.p, bytes.n, FLAGS, NULL, &ye);
    if (e.code == HR_OK) {
        /* yyjson refuses lone surrogates, which RFC 8259 leaves open. */
        check(y || ye.code == YYJSON_READ_ERROR_INVALID_STRING, "yyjson refuses");
        if (y)
            check(agree(&d, 0, yyjson_doc_get_root(y), &a) == d.n, "nodes left over");
        minify_keeps(&d, &a);
        splice_keeps(&d, &a);
        quote_inverts(&d, &a);
        accepted++;
    } else {
        check(!y, "yyjson accepts");
        check(d.n == 0 && d.nodes == NULL, "a refused document has no nodes");
        refused++;
    }
    yyjson_doc_free(y);
    hr_arena_free(&a);
}

static void json_file(void *ctx, const char *path, hr_str bytes)
{
    (void)ctx;
    where = path;
    one_value(bytes);
}

static void jsonl_file(void *ctx, const char *path, hr_str bytes)
{
    (void)ctx;
    where = path;
    hr_str line;
    while (hr_str_line(&bytes, &line)) {
        if (hr_str_trim(line).n)
            one_value(line);
    }
}

static void test_files(void **state)
{
    (void)state;
    assert_true(test_walk_data(".json", json_file, NULL) >= 318);
    test_walk_data(".jsonl", jsonl_file, NULL);
    test_walk_data(".ndjson", jsonl_file, NULL);
    print_message("%zu values accepted, %zu refused\n", accepted, refused);
    assert_true(accepted >= 95 && refused >= 188);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
