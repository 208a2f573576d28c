/* The defaults of a call, and the names of its choices. */
#include "compress/compress.h"

hr_compress_opts hr_compress_defaults(void)
{
    return (hr_compress_opts){
        .tok = hr_tokenizer_for(HR_STR_NONE),
        .via = HR_VIA_TOOL,
        .min_tokens = 200,
        .min_words = 50,
        .lossy_min_tokens = 2000,
        .lossy_margin = 0.7,
        .min_saving = 0.05,
        .min_items_to_analyze = 5,
        .max_items_after_crush = 15,
        .variance_threshold = 2.0,
        .relevance_threshold = 0.3,
        .bm25_k1 = 1.5,
        .bm25_b = 0.75,
        .uniqueness_threshold = 0.1,
        .similarity_threshold = 0.8,
        .core_field_fraction = 0.8,
        .heterogeneous_core_ratio = 0.6,
        .crush_json = true,
        .include_summaries = true,
        .first_fraction = 0.3,
        .last_fraction = 0.15,
        .bias = 1.0,
        .preserve_change_points = true,
        .factor_out_constants = true,
        .dedup_identical_items = true,
        .max_flatten_inner_keys = 6,
        .code = {.compress_comments = true,
                 .semantic_analysis = true,
                 .preserve_error_handlers = true,
                 .max_body_lines = 5,
                 .target_compression_rate = 0.2},
    };
}

hr_compaction hr_compaction_named(hr_str name)
{
    if (hr_str_eq(name, HR_STR("json")))
        return HR_COMPACT_JSON;
    return hr_str_eq(name, HR_STR("markdown-kv")) ? HR_COMPACT_MARKDOWN : HR_COMPACT_CSV;
}
