/* The table notation, by example: what is written for a document, and that it reads back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "compress/forms.h"
#include "compress/table/table.h"
#include "text/json.h"

static hr_arena arena;

static int setup(void **state)
{
    (void)state;
    hr_arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hr_arena_free(&arena);
    return 0;
}

static hr_str lossless(const char *text)
{
    hr_compress_opts o = hr_compress_defaults();
    hr_forms f;
    hr_str s = hr_cstr(text);
    hr_key key = hr_key_of(s);
    assert_int_equal(hr_compress_json(&o, s, &key, false, &arena, &f), HR_OK);
    assert_true(f.lossy.n == 0);
    return f.lossless;
}

static const char *read_back(hr_str form)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_errpos e = hr_table_decode(form, &arena, &b);
    const char *z = e.code ? hr_err_name(e.code) : hr_zstr(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return z;
}

static void writes(const char *text, const char *form)
{
    hr_str got = lossless(text);
    assert_string_equal(hr_zstr(&arena, got), form);
    hr_json_doc a, b;
    const char *back = read_back(got);
    assert_int_equal(hr_json_scan(&arena, hr_cstr(text), 0, &a).code, HR_OK);
    assert_int_equal(hr_json_scan(&arena, hr_cstr(back), 0, &b).code, HR_OK);
    assert_true(hr_json_same(&a, 0, &b, 0));
}

static void plain_json_is_minified(void **state)
{
    (void)state;
    writes("{ \"a\": [1, 2.50, 1e3, null], \"b\": \"x\\u00e9\\/y\" }",
           "{\"a\":[1,2.50,1e3,null],\"b\":\"x\xc3\xa9/y\"}");
    writes("\n[ ]\n", "[]");
}

static void missing_null_and_empty_differ(void **state)
{
    (void)state;
    writes("[{\"id\":1,\"name\":\"ann\",\"note\":null},{\"id\":2,\"name\":\"\",\"note\":\"x\"},"
           "{\"id\":3,\"note\":\"null\"},{\"id\":4,\"name\":\"bob\"}]",
           "[4]{id,name,note}\n1,ann,null\n2,\"\",x\n3,,\"null\"\n4,bob");
}

static void constants_stand_in_the_header(void **state)
{
    (void)state;
    writes("[{\"id\":1,\"kind\":\"pod\",\"ok\":true},{\"id\":2,\"kind\":\"pod\",\"ok\":true},"
           "{\"id\":3,\"kind\":\"pod\",\"ok\":true}]",
           "[3]{id,kind=\"pod\",ok=true}\n1\n2\n3");
    writes("[{\"alpha\":1,\"beta\":[2]},{\"alpha\":1,\"beta\":[2]},{\"alpha\":1,\"beta\":[2]}]",
           "[3]{alpha=1,beta=[2]}");
}

static void strings_that_look_like_something_else(void **state)
{
    (void)state;
    writes("[{\"code\":\"01\",\"zip\":\"12345\",\"v\":1},{\"code\":\"02\",\"zip\":\"22345\",\"v\":"
           "\"1\"},"
           "{\"code\":\"x,y\",\"zip\":null,\"v\":\"(a)\"}]",
           "[3]{code,zip:str,v}\n01,12345,1\n02,22345,\"1\"\n\"x,y\",null,\"(a)\"");
}

static void objects_flatten(void **state)
{
    (void)state;
    writes(
        "[{\"id\":1,\"user\":{\"name\":\"a\",\"team\":\"x\"}},{\"id\":2,\"user\":{\"name\":\"b\","
        "\"team\":\"y\"}},{\"id\":3,\"user\":{\"name\":\"c\"}}]",
        "[3]{id,user{name,team}}\n1,a,x\n2,b,y\n3,c");
    /* null or absent in some rows: the object becomes one cell */
    writes("[{\"id\":1,\"user\":{\"name\":\"a\",\"team\":\"x\"}},{\"id\":2,\"user\":null},"
           "{\"id\":3,\"user\":{\"name\":\"c\",\"team\":\"z\"}},{\"id\":4}]",
           "[4]{id,user(name,team)}\n1,(a,x)\n2,null\n3,(c,z)\n4");
}

static void lists_and_maps_of_objects(void **state)
{
    (void)state;
    writes("[{\"id\":1,\"tags\":[{\"key\":\"a\",\"val\":1},{\"key\":\"b\",\"val\":2}]},"
           "{\"id\":2,\"tags\":[]},{\"id\":3,\"tags\":[{\"key\":\"c\",\"val\":3}]}]",
           "[3]{id,tags[](key,val)}\n1,(a,1)(b,2)\n2,[]\n3,(c,3)");
    writes("[{\"id\":1,\"hits\":[{\"line\":5,\"text\":\"x\"}]},{\"id\":2,\"hits\":[{\"line\":6,"
           "\"text\":\"y\"}]}]",
           "[2]{id,hits[1]{line,text}}\n1,5,x\n2,6,y");
    writes(
        "[{\"n\":\"p\",\"env\":{\"HOME\":{\"from\":\"a\",\"k\":1},\"PATH\":{\"from\":\"b\",\"k\":2}"
        ","
        "\"PWD\":{\"from\":\"c\",\"k\":3},\"UID\":{\"from\":\"d\",\"k\":4}}},"
        "{\"n\":\"q\",\"env\":{\"LANG\":{\"from\":\"c\",\"k\":3},\"USER\":{\"from\":\"d\",\"k\":4},"
        "\"TERM\":{\"from\":\"e\",\"k\":5},\"PATH\":{\"from\":\"f\",\"k\":6}}}]",
        "[2]{n,env[key](from,k)}\np,(HOME,a,1)(PATH,b,2)(PWD,c,3)(UID,d,4)\n"
        "q,(LANG,c,3)(USER,d,4)(TERM,e,5)(PATH,f,6)");
}

static void a_map_of_like_objects_is_a_table(void **state)
{
    (void)state;
    writes("{\"us\":{\"host\":\"u1\",\"port\":80},\"eu\":{\"host\":\"e1\",\"port\":81},"
           "\"ap\":{\"host\":\"a1\",\"port\":82},\"sa\":{\"host\":\"s1\",\"port\":83},"
           "\"af\":{\"host\":\"f1\",\"port\":84}}",
           "map[5]{key,host,port}\nus,u1,80\neu,e1,81\nap,a1,82\nsa,s1,83\naf,f1,84");
}

static void a_table_inside_a_document(void **state)
{
    (void)state;
    writes("{\"total\":4,\"items\":[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b\"},"
           "{\"id\":3,\"name\":\"c\"},{\"id\":4,\"name\":\"d\"},{\"id\":5,\"name\":\"e\"}],"
           "\"more\":false}",
           "{\"total\":4,\"items\":T1,\"more\":false}\nT1=[5]{id,name}\n1,a\n2,b\n3,c\n4,d\n5,e");
    /* too little to gain for a look elsewhere */
    writes("{\"items\":[{\"id\":1},{\"id\":2}]}", "{\"items\":[{\"id\":1},{\"id\":2}]}");
}

/* Few rows of many columns are written one column a line. */
static void wide_tables_stand_on_their_side(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(0), want = HR_BUF_INIT(0);
    hr_buf_addc(&b, '[');
    hr_buf_lit(&want, "[2] by column, 43 lines\nkind=\"x\"");
    for (unsigned r = 0; r < 2; r++) {
        hr_buf_addf(&b, "%s{\"kind\":\"x\",\"sub\":{\"a.b\":\"%u\",\"c\":\"0%u\"}", r ? "," : "",
                    r + 1, r);
        for (unsigned k = 0; k < 40; k++)
            hr_buf_addf(&b, ",\"col%u\":%u", k, 100 * r + k);
        hr_buf_addc(&b, '}');
    }
    hr_buf_addc(&b, ']');
    hr_buf_lit(&want, "\nsub.\"a.b\":str: 1,2\nsub.c: 00,01");
    for (unsigned k = 0; k < 40; k++)
        hr_buf_addf(&want, "\ncol%u: %u,%u", k, k, 100 + k);
    writes(hr_zstr(&arena, hr_buf_str(&b)), hr_zstr(&arena, hr_buf_str(&want)));
    hr_buf_free(&b);
    hr_buf_free(&want);
}

static void patterns_of_other_columns(void **state)
{
    (void)state;
    writes("[{\"id\":11,\"url\":\"https://api.example.com/items/11/comments{/n}\"},"
           "{\"id\":22,\"url\":\"https://api.example.com/items/22/comments{/n}\"},"
           "{\"id\":33,\"url\":\"https://api.example.com/items/33/comments{/n}\"},"
           "{\"id\":44,\"url\":\"https://api.example.com/items/44/comments{/n}\"}]",
           "[4]{id,url=f\"https://api.example.com/items/{id}/comments{{/n}}\"}\n11\n22\n33\n44");
    writes(
        "[{\"path\":\"src/modules/payment/card.py\",\"n\":0},{\"path\":\"src/modules/payment/"
        "bill.py\",\"n\":1},{\"path\":\"src/modules/payment/tax.py\",\"n\":2},{\"path\":\"src"
        "/modules/payment/null.py\",\"n\":3},{\"path\":\"src/modules/payment/refund.py\",\"n"
        "\":4},{\"path\":null,\"n\":7},{\"n\":8}]",
        "[7]{path=f\"src/modules/payment/{}.py\",n}\ncard,0\nbill,1\ntax,2\n\"null\",3\nrefund,4\n"
        "null,7\n,8");
}

static void repeats_are_named(void **state)
{
    (void)state;
    writes("{\"a\":\"the quick brown fox jumps over the lazy dog, and over the fence\",\"b\":"
           "[\"the quick brown fox jumps over the lazy dog, and over the fence\",1,"
           "\"the quick brown fox jumps over the lazy dog, and over the fence\"]}",
           "{\"a\":V1=\"the quick brown fox jumps over the lazy dog, and over the fence\","
           "\"b\":[V1,1,V1]}");
    writes("{\"r\":[0,0,0,0,0,0,0,0,7,7]}", "{\"r\":[0 x8,7,7]}");
}

static void equal_rows_are_counted(void **state)
{
    (void)state;
    writes("[{\"state\":\"up\",\"host\":\"a\"},{\"state\":\"up\",\"host\":\"a\"},{\"state\":\"up\","
           "\"host\":\"a\"},{\"state\":\"up\",\"host\":\"a\"},{\"state\":\"down\",\"host\":\"b\"}]",
           "[5]{state,host}\nup,a\n(same row 3 more times)\ndown,b");
}

static void shared_beginnings_are_named(void **state)
{
    (void)state;
    const char *text = "{\"self\":\"https://api.example.com/repos/some/project\",\"keys\":"
                       "\"https://api.example.com/repos/some/project/keys\",\"tags\":"
                       "\"https://api.example.com/repos/some/project/tags\",\"hooks\":"
                       "\"https://api.example.com/repos/some/project/hooks\",\"other\":\"x\"}";
    writes(text, "A=\"https://api.example.com/repos/some/project\"\n"
                 "{\"self\":A,\"keys\":A+\"/keys\",\"tags\":A+\"/tags\",\"hooks\":A+\"/hooks\","
                 "\"other\":\"x\"}");
}

static void a_name_twice_keeps_its_container(void **state)
{
    (void)state;
    writes(
        "[{\"id\":1,\"id\":2,\"name\":\"a\"},{\"id\":3,\"name\":\"b\"},{\"id\":4,\"name\":\"c\"}]",
        "[{\"id\":1,\"id\":2,\"name\":\"a\"},{\"id\":3,\"name\":\"b\"},{\"id\":4,\"name\":\"c\"}]");
}

static void odd_names_are_quoted(void **state)
{
    (void)state;
    writes("[{\"a,b\":1,\"c.d/e\":2,\"\":3},{\"a,b\":4,\"c.d/e\":5,\"\":6},"
           "{\"a,b\":7,\"c.d/e\":8,\"\":9}]",
           "[3]{\"a,b\",c.d/e,\"\"}\n1,2,3\n4,5,6\n7,8,9");
}

static void lines_come_back_as_lines(void **state)
{
    (void)state;
    hr_str form =
        lossless("{\"id\":1,\"v\":\"a\"}\n{\"id\":2,\"v\":\"b\"}\r\n{\"id\":3,\"v\":\"c\"}\n");
    assert_string_equal(hr_zstr(&arena, form), "lines [3]{id,v}\n1,a\n2,b\n3,c");
    assert_string_equal(read_back(form),
                        "{\"id\":1,\"v\":\"a\"}\n{\"id\":2,\"v\":\"b\"}\n{\"id\":3,\"v\":\"c\"}\n");
    form = lossless("{\"only\":[1,\n2]} [true]\n");
    assert_string_equal(hr_zstr(&arena, form), "{\"only\":[1,2]}\n[true]");
    assert_string_equal(read_back(form), "{\"only\":[1,2]}\n[true]\n");
}

/* Texts that are no notation, and the place where that shows. */
static void bad_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        hr_err code;
    } bad[] = {
        {"", HR_E_SYNTAX},
        {"{\"a\":1", HR_E_SYNTAX},
        {"{\"a\":T1}", HR_E_SYNTAX},
        {"{\"a\":T1}\nT2=[1]{a}\n1", HR_E_SYNTAX},
        {"{\"a\":T1}\nT1=[1]{a}\nT1", HR_E_SYNTAX}, /* contains itself */
        {"[2]{a}\n1", HR_E_SYNTAX},
        {"[1]{a}\n1,2,3", HR_E_SYNTAX},
        {"[1]{a,b=f\"{c}\"}\n1", HR_E_SYNTAX},
        {"[1]{a=f\"{b}\",b=f\"{a}\"}\nx", HR_E_SYNTAX},
        {"[2]{a}\n1\n(same row 5 more times)", HR_E_SYNTAX},
        {"[4]{}\nx", HR_E_SYNTAX},
        {"{\"a\":V1}", HR_E_SYNTAX},
        {"{\"a\":V1=[V1]}", HR_E_SYNTAX},
        {"{\"a\":A+\"x\"}", HR_E_SYNTAX},
        {"map[1]{key=1}\nx", HR_E_SYNTAX},
        {"[2] by column, 2 lines\na: 1,2", HR_E_SYNTAX},
        {"[2] by column, 1 lines\na: 1,2,3", HR_E_SYNTAX},
        {"[2] by column, 1 lines\na. : 1", HR_E_SYNTAX},
        {"map[1] by column, 1 lines\nkey=1", HR_E_SYNTAX},
        {"map[2] by column, 1 lines\nkey: 1", HR_E_SYNTAX},
        {"{\"a\":01}", HR_E_SYNTAX},
        {"{\"a\":\"\\x\"}", HR_E_SYNTAX},
        {"{\"a\":\"\xff\"}", HR_E_UTF8},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        hr_buf b = HR_BUF_INIT(0);
        hr_errpos e = hr_table_decode(hr_cstr(bad[k].text), &arena, &b);
        if (e.code != bad[k].code)
            print_error("%s: %s, %.*s\n", bad[k].text, hr_err_name(e.code), HR_FMT(hr_buf_str(&b)));
        assert_int_equal(e.code, bad[k].code);
        assert_true(e.at <= strlen(bad[k].text));
        hr_buf_free(&b);
    }
}

/* A few bytes must not become gigabytes. */
static void the_limit_of_the_output_holds(void **state)
{
    (void)state;
    hr_buf b = HR_BUF_INIT(1000);
    assert_int_equal(hr_table_decode(HR_STR("[7 x4000000000]"), &arena, &b).code, HR_E_LIMIT);
    assert_true(b.n <= 1000);
    hr_buf_free(&b);
    b = HR_BUF_INIT(1000);
    assert_int_equal(hr_table_decode(HR_STR("[4000000000]{a=1}"), &arena, &b).code, HR_E_LIMIT);
    hr_buf_free(&b);
    hr_buf deep = HR_BUF_INIT(0);
    for (int k = 0; k < 100000; k++)
        hr_buf_addc(&deep, '[');
    b = HR_BUF_INIT(0);
    assert_int_equal(hr_table_decode(hr_buf_str(&deep), &arena, &b).code, HR_E_DEPTH);
    hr_buf_free(&b);
    hr_buf_free(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain_json_is_minified, setup, teardown),
        cmocka_unit_test_setup_teardown(missing_null_and_empty_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(constants_stand_in_the_header, setup, teardown),
        cmocka_unit_test_setup_teardown(strings_that_look_like_something_else, setup, teardown),
        cmocka_unit_test_setup_teardown(objects_flatten, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_and_maps_of_objects, setup, teardown),
        cmocka_unit_test_setup_teardown(a_map_of_like_objects_is_a_table, setup, teardown),
        cmocka_unit_test_setup_teardown(a_table_inside_a_document, setup, teardown),
        cmocka_unit_test_setup_teardown(wide_tables_stand_on_their_side, setup, teardown),
        cmocka_unit_test_setup_teardown(patterns_of_other_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(repeats_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(equal_rows_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(shared_beginnings_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_twice_keeps_its_container, setup, teardown),
        cmocka_unit_test_setup_teardown(odd_names_are_quoted, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_come_back_as_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(the_limit_of_the_output_holds, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
