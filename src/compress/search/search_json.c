/* The answer of `rg --json`: one message a line, of which "match" and "context" hold lines. */
#include "compress/search/search.h"
#include "text/json.h"

bool hr_search_is_json(hr_str text)
{
    return hr_str_starts(text, HR_STR("{\"type\":\"begin\",\"data\":{\"path\":{"));
}

/* ripgrep gives bytes that are no UTF-8 in base64; such lines are not ours to show. */
static hr_str text_of(const hr_json_doc *d, const char *what, hr_arena *a)
{
    return hr_json_text(d, hr_json_path(d, 0, "data", what, "text", NULL), a);
}

static hr_err put_lines(const hr_json_doc *d, bool match, hr_arena *a, hr_buf *out)
{
    hr_str path = text_of(d, "path", a), lines = text_of(d, "lines", a), line;
    int64_t number;
    if (!path.n || !lines.p ||
        !hr_json_int(d, hr_json_path(d, 0, "data", "line_number", NULL), &number) || number < 0)
        return a->failed ? HR_E_NOMEM : HR_E_SYNTAX;
    for (char sep = match ? ':' : '-'; hr_str_line(&lines, &line); number++, sep = '-') {
        hr_buf_add(out, path); /* of a match over several lines the first one counts */
        hr_buf_addc(out, sep);
        hr_buf_add_u64(out, (uint64_t)number);
        hr_buf_addc(out, sep);
        hr_buf_add(out, line);
        hr_buf_addc(out, '\n');
    }
    return out->err;
}

hr_err hr_search_from_json(hr_str json, const hr_deadline *deadline, hr_arena *a, hr_str *out)
{
    hr_buf b = HR_BUF_INIT(0);
    hr_err err = HR_OK;
    size_t n = 0;
    for (hr_str rest = json, line; err == HR_OK && hr_str_line(&rest, &line); n++) {
        hr_json_doc d;
        if (n % 256 == 0 && hr_deadline_passed(deadline))
            err = HR_E_TIMEOUT;
        else if (line.n)
            err = hr_json_scan(a, line, 8, &d).code;
        if (err != HR_OK || !line.n)
            continue;
        hr_str type = hr_json_get_text(&d, 0, HR_STR("type"), a);
        bool match = hr_str_eq(type, HR_STR("match"));
        if (match || hr_str_eq(type, HR_STR("context")))
            err = put_lines(&d, match, a, &b);
        else if (!hr_str_eq(type, HR_STR("begin")) && !hr_str_eq(type, HR_STR("end")) &&
                 !hr_str_eq(type, HR_STR("summary")))
            err = HR_E_SYNTAX;
    }
    if (err == HR_OK && b.n)
        *out = hr_str_dup(a, hr_buf_str(&b));
    else if (err == HR_OK)
        err = HR_E_SYNTAX;
    hr_buf_free(&b);
    return err;
}
