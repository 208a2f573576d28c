/* Any bytes as the output of any program: whatever a view takes for its own must come back from the
 * lossless form (compressor_target.h). The last byte of the text chooses the program. */
#define compressor                 any_view
#define CHECK_LOSSLESS(text, form) check_back((text), (form))

#include "compress/log/log_lossless.h"
#include "compress/view/columns.h"
#include "compress/view/git_log.h"
#include "compress/view/listing.h"
#include "compress/view/view.h"
#include "compress/view/view_tree.h"

static hr_compressor any_view;
static void check_back(hr_str text, hr_str form);

#include "compressor_target.h"

static hr_err any_view(const hr_compress_opts *o, hr_str text, const hr_key *key, bool lossy,
                       hr_arena *a, hr_forms *out)
{
    static const char *const subs[] = {"log", "status", "ls-files", "list", "get"};
    unsigned last = text.n ? (unsigned char)text.p[text.n - 1] : 0;
    hr_command c = {.program = (hr_program)(last % HR_PROGRAM_COUNT)};
    c.sub = hr_cstr(subs[last % (sizeof subs / sizeof *subs)]);
    hr_view_job j = {.o = o, .command = &c, .kind = hr_detect(text), .key = key, .a = a};
    j.lossy = lossy;
    return hr_compress_view(&j, text, out);
}

static void check_back(hr_str text, hr_str form)
{
    hr_arena a;
    hr_buf back = HR_BUF_INIT(0);
    hr_err e = HR_E_SYNTAX;
    hr_arena_init(&a, 0);
    if (hr_str_starts(form, HR_STR("[log of ")))
        e = hr_log_decode(form, &a, &back);
    else if (hr_str_starts(form, HR_STR("[tree of ")))
        e = hr_tree_unpack(form, &a, &back);
    else if (hr_str_starts(form, HR_STR("[git log of ")))
        e = hr_git_log_unpack(form, &a, &back);
    else if (hr_str_has(form, HR_STR("[aligned table of ")))
        e = hr_columns_unpack(form, &a, &back);
    else
        e = hr_listing_ungroup(form, &back);
    require(e == HR_OK);
    require(hr_str_eq(hr_buf_str(&back), text));
    hr_buf_free(&back);
    hr_arena_free(&a);
}
