#include "compress/rows.h"
hr_err hr_rows_select(hr_jview *v, hr_rows_total *total)
{
    (void)v;
    (void)total;
    return HR_OK;
}
void hr_rows_note(hr_jview *v, uint32_t node, hr_buf *b)
{
    (void)v;
    (void)node;
    (void)b;
}
void hr_rows_blob_note(hr_jview *v, uint32_t node, hr_buf *b)
{
    (void)v;
    (void)node;
    (void)b;
}
void hr_rows_summary(hr_jview *v, const hr_rows_total *total, hr_buf *b)
{
    (void)v;
    (void)total;
    (void)b;
}
