/* The template group of each line, for people and for measuring from outside. */
#include "compress/log/template.h"

hr_err hr_line_groups(hr_str text, hr_arena *a, uint32_t **groups, size_t *n)
{
    HR_VEC(hr_str) lines = {0};
    for (hr_str rest = text, line; hr_str_line(&rest, &line);) {
        hr_line_view v;
        hr_str *slot = hr_vec_push(&lines, a);
        if (!slot)
            return HR_E_NOMEM;
        *slot = hr_line_plain(line, &v) ? hr_str_dup(a, hr_str_of(v.p, v.n)) : line;
    }
    size_t templates;
    hr_tpl *t;
    *n = lines.n;
    *groups = HR_NEW_ARRAY(a, uint32_t, lines.n + 1);
    if (!*groups)
        return HR_E_NOMEM;
    return hr_tpl_mine(lines.p, NULL, lines.n, NULL, a, &t, *groups, &templates);
}
