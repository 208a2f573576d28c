/* call_config: the settings one call brings along, as the SDKs send them in `config` (internal). */
#ifndef HR_ENGINE_CALL_CONFIG_H
#define HR_ENGINE_CALL_CONFIG_H

#include "context/plan.h"
#include "context/reads.h"

/* Applies config.* to the options of one call. Names are those of the SDKs' SmartCrusherConfig
 * (in `smart_crusher`) and CodeCompressorConfig (in `code_compressor`), snake-cased; unknown keys
 * are none of our business. On a value of the wrong type or out of range HR_E_TYPE / HR_E_RANGE,
 * and *message names the field and what it takes. */
hr_err hr_call_config(const hr_json_doc *d, uint32_t config, hr_arena *a, hr_compress_opts *o,
                      hr_policy *p, hr_reads_policy *reads, bool *simulate, hr_str *message);

/* What a wanted size (share of tokens that stays, above 0 and at most 1) means for the choice. */
void hr_apply_target_ratio(double ratio, hr_compress_opts *o);

/* "Bash:aggressive, WebFetch:conservative, sql:skip" added to the policy's profiles.
 * HR_E_SYNTAX names no level it knows. */
hr_err hr_parse_tool_profiles(hr_str list, hr_arena *a, hr_policy *p);

#endif
