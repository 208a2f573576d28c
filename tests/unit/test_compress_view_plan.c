/* Plans of terraform: every resource is named under what becomes of it, and what is not a plain
 * block stays. */
#include "base/buf.h"
#include "compress/compress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;

static void create(hr_buf *b, const char *address, const char *type, unsigned i)
{
    hr_buf_addf(b,
                "  # %s will be created\n  + resource \"%s\" \"x\" {\n"
                "      + arn      = (known after apply)\n      + id       = (known after apply)\n"
                "      + name     = \"queue-%u\"\n      + retention = %u\n"
                "      + tags     = {\n          + \"team\" = \"shop\"\n        }\n    }\n\n",
                address, type, i, 3600 + i % 2);
}

static hr_str plan(void)
{
    static const char *const names[] = {"orders", "mail", "stock", "search", "billing", "cart"};
    hr_buf b = HR_BUF_INIT(0);
    hr_buf_lit(&b, "aws_db_instance.main: Refreshing state... [id=db-1]\n\n"
                   "Terraform used the selected providers to generate the following execution\n"
                   "plan. Resource actions are indicated with the following symbols:\n"
                   "  + create\n  ~ update in-place\n  - destroy\n-/+ destroy and then create "
                   "replacement\n\nTerraform will perform the following actions:\n\n"
                   "  # aws_db_instance.main must be replaced\n"
                   "-/+ resource \"aws_db_instance\" \"main\" {\n"
                   "      ~ engine_version    = \"13.4\" -> \"15.2\" # forces replacement\n"
                   "      ~ id                = \"db-1\" -> (known after apply)\n"
                   "        # (31 unchanged attributes hidden)\n    }\n\n");
    for (unsigned i = 0; i < 40; i++)
        create(&b, hr_strf(&arena, "aws_sqs_queue.jobs[%u]", i).p, "aws_sqs_queue", i);
    for (unsigned i = 0; i < 6; i++)
        create(&b, hr_strf(&arena, "module.%s.aws_sqs_queue.dead[\"a.b\"]", names[i]).p,
               "aws_sqs_queue", i);
    for (unsigned i = 0; i < 12; i++)
        hr_buf_addf(&b,
                    "  # aws_instance.web[%u] will be updated in-place\n"
                    "  ~ resource \"aws_instance\" \"web\" {\n"
                    "        id            = \"i-0%u\"\n"
                    "      ~ instance_type = \"t3.small\" -> \"t3.medium\"\n"
                    "        # (30 unchanged attributes hidden)\n    }\n\n",
                    i, 4096 + i * 77);
    hr_buf_lit(&b, "  # aws_iam_role.old will be destroyed\n"
                   "  # (because aws_iam_role.old is not in configuration)\n"
                   "  - resource \"aws_iam_role\" \"old\" {\n"
                   "      - name = \"old-deployer\" -> null\n    }\n\n"
                   "Plan: 47 to add, 12 to change, 2 to destroy.\n\n"
                   "Warning: Argument is deprecated\n\n  on main.tf line 12, in resource:\n");
    hr_str s = hr_str_dup(&arena, hr_buf_str(&b));
    hr_buf_free(&b);
    return s;
}

static void stays(hr_str form, hr_str what)
{
    if (!hr_str_has(form, what))
        fail_msg("gone: %.*s\n%.*s", HR_FMT(what), HR_FMT(form));
}

static hr_compressed compress(hr_str text)
{
    hr_compress_opts o = hr_compress_defaults();
    o.tool_name = HR_STR("Bash");
    o.tool_input = HR_STR("{\"command\":\"terraform plan\"}");
    hr_compressed c;
    assert_int_equal(hr_compress_text(&o, text, &arena, &c), HR_OK);
    assert_true(c.text.n <= text.n && c.tokens_after <= c.tokens_before);
    return c;
}

/* Is the resource said to become that: in its heading, or in the list in front? */
static void said(hr_str form, hr_str base, hr_str key, const char *action)
{
    hr_str heading = hr_strf(&arena, "\n  # %.*s%.*s %s\n", HR_FMT(base), HR_FMT(key), action);
    if (hr_str_has(form, heading))
        return;
    hr_str mark = hr_strf(&arena, "\n%s: ", action);
    size_t at = hr_str_find(form, mark);
    assert_true(at != SIZE_MAX);
    hr_str list = hr_str_sub(form, at + 1, form.n);
    list = hr_str_sub(list, 0, hr_str_find_char(list, '\n'));
    at = hr_str_find(list, base);
    if (at == SIZE_MAX)
        fail_msg("%.*s is not among %.*s", HR_FMT(base), HR_FMT(list));
    hr_str keys = hr_str_sub(list, at + base.n, list.n);
    stays(hr_str_sub(keys, 0, hr_str_find_char(keys, ',')), key);
}

static void every_resource_is_named(void **state)
{
    (void)state;
    static const char *const names[] = {"orders", "mail", "stock", "search", "billing", "cart"};
    hr_compressed c = compress(plan());
    assert_true(c.lossy && c.tokens_after * 3 < c.tokens_before);
    for (unsigned i = 0; i < 40; i++)
        said(c.text, HR_STR("aws_sqs_queue.jobs"), hr_strf(&arena, "[%u]", i), "will be created");
    for (unsigned i = 0; i < 6; i++)
        said(c.text, hr_strf(&arena, "module.%s.aws_sqs_queue.dead", names[i]), HR_STR("[\"a.b\"]"),
             "will be created");
    for (unsigned i = 0; i < 12; i++)
        said(c.text, HR_STR("aws_instance.web"), hr_strf(&arena, "[%u]", i),
             "will be updated in-place");
    static const char *const whole[] = {
        "  # aws_db_instance.main must be replaced\n",
        "~ engine_version    = \"13.4\" -> \"15.2\" # forces replacement\n",
        "~ instance_type = \"t3.small\" -> \"t3.medium\"\n",
        "  # aws_iam_role.old will be destroyed\n",
        "  # (because aws_iam_role.old is not in configuration)\n",
        "- name = \"old-deployer\" -> null\n",
        "Plan: 47 to add, 12 to change, 2 to destroy.\n",
        "Warning: Argument is deprecated\n",
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        stays(c.text, hr_cstr(whole[i]));
}

static void cut_anywhere(void **state)
{
    (void)state;
    hr_str text = plan();
    for (size_t n = 0; n < text.n; n += 397)
        (void)compress(hr_str_sub(text, 0, n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_resource_is_named),
        cmocka_unit_test(cut_anywhere),
    };
    hr_arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hr_arena_free(&arena);
    return failed;
}
