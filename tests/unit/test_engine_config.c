/* Settings of one call and of one tool do what they say. */
#include "engine/call_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static hr_arena arena;
static hr_reads_policy reads;

static hr_err read_config(const char *json, hr_compress_opts *o, hr_policy *p, bool *simulate,
                          hr_str *message)
{
    hr_json_doc d;
    assert_int_equal(hr_json_scan(&arena, hr_cstr(json), 0, &d).code, HR_OK);
    *o = hr_compress_defaults();
    *p = (hr_policy){0};
    *simulate = false;
    *message = HR_STR_NONE;
    reads = (hr_reads_policy){true, false, 512};
    return hr_call_config(&d, 0, &arena, o, p, &reads, simulate, message);
}

static void every_field_is_read(void **state)
{
    (void)state;
    hr_compress_opts o;
    hr_policy p;
    bool sim;
    hr_str m;
    assert_int_equal(
        read_config(
            "{\"default_mode\":\"simulate\",\"compress_user_messages\":true,\"target_ratio\":0.1,"
            "\"unknown\":7,\"smart_crusher\":{\"min_tokens_to_crush\":11,\"max_items_after_crush\":"
            "12,"
            "\"min_items_to_analyze\":13,\"variance_threshold\":1.5,\"relevance_threshold\":0.5,"
            "\"lossless_min_savings_ratio\":0.25,\"first_fraction\":0.2,\"last_fraction\":0.1,"
            "\"preserve_change_points\":false,\"factor_out_constants\":false,"
            "\"dedup_identical_items\":false,\"lossless_only\":true,\"preserve_fields\":[\"a\","
            "\"b\"]},"
            "\"ccr\":{\"inject_retrieval_marker\":false},"
            "\"tool_crusher\":{\"tool_profiles\":{\"sql\":{\"skip_compression\":true}}}}",
            &o, &p, &sim, &m),
        HR_OK);
    assert_true(sim);
    assert_true(p.compress_user_messages);
    assert_int_equal(o.min_tokens, 11);
    assert_int_equal(o.max_items_after_crush, 12);
    assert_int_equal(o.min_items_to_analyze, 13);
    assert_true(o.variance_threshold > 1.4 && o.variance_threshold < 1.6);
    assert_true(o.relevance_threshold > 0.4 && o.lossless_min_savings_ratio > 0.2);
    assert_true(o.first_fraction < 0.25 && o.last_fraction < 0.15);
    assert_false(o.preserve_change_points || o.factor_out_constants || o.dedup_identical_items);
    assert_true(o.lossless_only);
    assert_int_equal(o.npreserve_fields, 2);
    assert_int_equal(o.via, HR_VIA_NONE);
    assert_true(o.bias < 0.5 && o.lossy_margin > 0.8);
    const hr_tool_profile *t = hr_policy_profile(&p, HR_STR("SQL"));
    assert_non_null(t);
    assert_true(t->skip);
}

static void programs_have_fields_of_their_own(void **state)
{
    (void)state;
    hr_compress_opts o;
    hr_policy p;
    bool sim;
    hr_str m;
    assert_int_equal(
        read_config("{\"protect_recent\":2,\"protect_analysis_context\":true,"
                    "\"code_compressor\":{\"preserve_imports\":true,\"preserve_signatures\":true,"
                    "\"preserve_type_annotations\":true,\"preserve_decorators\":true,"
                    "\"preserve_error_handlers\":false,\"docstring_mode\":\"full\","
                    "\"target_compression_rate\":0.5,\"max_body_lines\":9,"
                    "\"compress_comments\":false,\"min_tokens_for_compression\":100,"
                    "\"language_hint\":\"go\",\"fallback_to_kompress\":true,"
                    "\"semantic_analysis\":false,\"enable_ccr\":true,\"ccr_ttl\":300}}",
                    &o, &p, &sim, &m),
        HR_OK);
    assert_int_equal(p.protect_recent, 2);
    assert_true(p.protect_analysis_context);
    assert_false(o.code.compress_comments || o.code.semantic_analysis ||
                 o.code.preserve_error_handlers);
    assert_int_equal(o.code.docstring_mode, HR_DOCSTRINGS_FULL);
    assert_true(o.code.target_compression_rate > 0.4 && o.code.target_compression_rate < 0.6);
    assert_int_equal(o.code.max_body_lines, 9);
    assert_int_equal(o.code.min_tokens, 100);
    assert_true(hr_str_eq(o.code.language_hint, HR_STR("go")));
    o.code.allow = true;
    assert_int_equal(
        read_config("{\"code_compressor\":{\"docstring_mode\":\"remove\"}}", &o, &p, &sim, &m),
        HR_OK);
    assert_int_equal(o.code.docstring_mode, HR_DOCSTRINGS_NONE);
}

static void wrong_values_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *json, *says;
    } rows[] = {
        {"7", "Field `config` must be an object."},
        {"{\"target_ratio\":2}",
         "Field `config.target_ratio` must be a number above 0 and at most 1."},
        {"{\"smart_crusher\":{\"lossless_only\":1}}",
         "Field `config.smart_crusher.lossless_only` must be true or false."},
        {"{\"smart_crusher\":{\"max_items_after_crush\":-1}}",
         "Field `config.smart_crusher.max_items_after_crush` must be a number from 0 to 1e+06."},
        {"{\"protect_recent\":-1}", "Field `config.protect_recent` must be a number of messages."},
        {"{\"protect_recent\":1.5}", "Field `config.protect_recent` must be a number of messages."},
        {"{\"protect_analysis_context\":1}",
         "Field `config.protect_analysis_context` must be true or false."},
        {"{\"code_compressor\":{\"preserve_imports\":false}}",
         "Field `config.code_compressor.preserve_imports` must be true: these lines always stay."},
        {"{\"code_compressor\":{\"docstring_mode\":\"some\"}}",
         "Field `config.code_compressor.docstring_mode` must be full, first_line, remove or none."},
        {"{\"code_compressor\":{\"language_hint\":1}}",
         "Field `config.code_compressor.language_hint` must be the name of a language."},
        {"{\"code_compressor\":{\"target_compression_rate\":2}}",
         "Field `config.code_compressor.target_compression_rate` must be a number from 0 to 1."},
        {"{\"smart_crusher\":{\"preserve_fields\":[1]}}",
         "Field `config.smart_crusher.preserve_fields` must be a list of names."},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        hr_compress_opts o;
        hr_policy p;
        bool sim;
        hr_str m;
        assert_int_not_equal(read_config(rows[i].json, &o, &p, &sim, &m), HR_OK);
        assert_true(hr_str_eq(m, hr_cstr(rows[i].says)));
    }
}

static void tool_profiles(void **state)
{
    (void)state;
    hr_policy p = {0};
    assert_int_equal(hr_parse_tool_profiles(HR_STR("Bash:aggressive, mcp__*:Skip,,"), &arena, &p),
                     HR_OK);
    assert_int_equal(p.nprofiles, 2);
    assert_true(hr_policy_profile(&p, HR_STR("bash"))->bias < 1);
    assert_true(hr_policy_profile(&p, HR_STR("mcp__x__y"))->skip);
    assert_null(hr_policy_profile(&p, HR_STR("query")));
    assert_int_equal(hr_parse_tool_profiles(HR_STR("Bash:often"), &arena, &p), HR_E_SYNTAX);
    assert_int_equal(hr_parse_tool_profiles(HR_STR("Bash"), &arena, &p), HR_E_SYNTAX);
}

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

static void read_lifecycle_is_read(void **state)
{
    (void)state;
    hr_compress_opts o;
    hr_policy p;
    bool sim;
    hr_str m;
    assert_int_equal(read_config("{\"read_lifecycle\":{\"compress_stale\":false,"
                                 "\"compress_superseded\":true,\"min_size_bytes\":7}}",
                                 &o, &p, &sim, &m),
                     HR_OK);
    assert_false(reads.stale);
    assert_true(reads.superseded);
    assert_int_equal(reads.min_bytes, 7);
    assert_int_equal(read_config("{\"read_lifecycle\":{\"enabled\":false}}", &o, &p, &sim, &m),
                     HR_OK);
    assert_false(reads.stale || reads.superseded);
    assert_int_equal(
        read_config("{\"read_lifecycle\":{\"compress_stale\":\"yes\"}}", &o, &p, &sim, &m),
        HR_E_TYPE);
    assert_true(hr_str_has(m, HR_STR("config.read_lifecycle.compress_stale")));
    assert_int_equal(read_config("{\"read_lifecycle\":{\"min_size_bytes\":-1}}", &o, &p, &sim, &m),
                     HR_E_RANGE);
}

static void smart_crusher_has_no_silent_fields(void **state)
{
    (void)state;
    hr_compress_opts o;
    hr_policy p;
    bool sim;
    hr_str m;
    assert_int_equal(
        read_config("{\"smart_crusher\":{\"enabled\":false,\"include_summaries\":false,"
                    "\"uniqueness_threshold\":0.3,\"similarity_threshold\":0.6,"
                    "\"compaction_core_field_fraction\":0.5,"
                    "\"compaction_heterogeneous_core_ratio\":0.25,"
                    "\"compaction_max_flatten_inner_keys\":3,\"compaction_min_buckets\":2,"
                    "\"compaction_max_buckets\":8,\"use_feedback_hints\":true,"
                    "\"toin_confidence_threshold\":0.3,\"enable_ccr_marker\":false,"
                    "\"relevance_tier\":\"embedding\",\"relevance\":{\"tier\":\"hybrid\","
                    "\"relevance_threshold\":0.25,\"bm25_k1\":1.2,\"bm25_b\":0.5}}}",
                    &o, &p, &sim, &m),
        HR_OK);
    assert_false(o.crush_json || o.include_summaries);
    assert_true(o.uniqueness_threshold > 0.29 && o.similarity_threshold < 0.61);
    assert_true(o.core_field_fraction < 0.51 && o.heterogeneous_core_ratio < 0.26);
    assert_int_equal(o.max_flatten_inner_keys, 3);
    assert_int_equal(o.via, HR_VIA_NONE);
    assert_true(o.relevance_threshold < 0.26 && o.bm25_k1 < 1.3 && o.bm25_b < 0.6);
    assert_int_equal(o.min_tokens, hr_compress_defaults().min_tokens);
    static const struct {
        const char *json, *says;
    } bad[] = {
        {"{\"smart_crusher\":{\"relevance_tier\":\"bm26\"}}",
         "Field `config.smart_crusher.relevance_tier` must be bm25, hybrid or embedding."},
        {"{\"smart_crusher\":{\"relevance\":{\"tier\":7}}}",
         "Field `config.smart_crusher.relevance.tier` must be bm25, hybrid or embedding."},
        {"{\"smart_crusher\":{\"compaction_max_buckets\":\"many\"}}",
         "Field `config.smart_crusher.compaction_max_buckets` must be a number from 0 to 1e+06."},
        {"{\"smart_crusher\":{\"use_feedback_hints\":1}}",
         "Field `config.smart_crusher.use_feedback_hints` must be true or false."},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        assert_int_not_equal(read_config(bad[k].json, &o, &p, &sim, &m), HR_OK);
        assert_string_equal(hr_zstr(&arena, m), bad[k].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(read_lifecycle_is_read),
        cmocka_unit_test(programs_have_fields_of_their_own),
        cmocka_unit_test(smart_crusher_has_no_silent_fields),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(tool_profiles),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
