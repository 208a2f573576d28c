/* Any bytes as search results; the grouped form must give back the text (compressor_target.h). */
#define compressor                 hr_compress_search
#define CHECK_LOSSLESS(text, form) check_grouped((text), (form))

#include "compress/search/paths.h"

static void check_grouped(hr_str text, hr_str form);

#include "compressor_target.h"

static void check_grouped(hr_str text, hr_str form)
{
    hr_buf back = HR_BUF_INIT(0);
    require(hr_paths_ungroup(form, &back) == HR_OK);
    require(hr_str_eq(hr_buf_str(&back), text));
    hr_buf_free(&back);
}
