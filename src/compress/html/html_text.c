/* The text of a page: words, marks and line breaks, as the Markdown takes them. */
#include "compress/html/html_page.h"

void hr_html_raw(hr_html_page *p, hr_str s)
{
    if (!s.n)
        return;
    hr_buf_add(&p->out, s);
    p->marked = false;
    size_t ends = 0;
    while (ends < s.n && s.p[s.n - 1 - ends] == '\n')
        ends++;
    p->newlines = (unsigned)(ends == s.n ? p->newlines + ends : ends);
}

void hr_html_new_line(hr_html_page *p, unsigned blank)
{
    if (p->quiet) {
        p->space = true;
        return;
    }
    if (p->out.n == 0 || p->marked)
        return;
    while (p->newlines < blank + 1) {
        hr_buf_addc(&p->out, '\n');
        p->newlines++;
    }
    p->space = false;
}

void hr_html_word(hr_html_page *p, hr_str s)
{
    if (p->space && p->newlines == 0 && p->out.n && p->out.p[p->out.n - 1] != '[')
        hr_buf_addc(&p->out, ' ');
    p->space = false;
    hr_html_raw(p, s);
}

/* As it looks: a blank that does not break is a blank, a soft hyphen is nothing. */
static void seen(hr_html_page *p, hr_str s)
{
    for (const char *at; s.n && (at = memchr(s.p, 0xC2, s.n)) != NULL;) {
        size_t i = (size_t)(at - s.p);
        bool blank = i + 1 < s.n && s.p[i + 1] == '\xA0',
             soft = i + 1 < s.n && s.p[i + 1] == '\xAD';
        hr_html_raw(p, hr_str_sub(s, 0, blank || soft ? i : i + 1));
        if (blank)
            hr_html_raw(p, HR_STR(" "));
        s = hr_str_sub(s, blank || soft ? i + 2 : i + 1, s.n);
    }
    hr_html_raw(p, s);
}

static void plain(hr_html_page *p, hr_str s)
{
    if (p->pre && !p->quiet) {
        seen(p, s);
        return;
    }
    size_t i = 0;
    while (i < s.n) {
        size_t start = i;
        while (i < s.n && !hr_is_space(s.p[i]))
            i++;
        hr_str one = hr_str_sub(s, start, i);
        bool owed = hr_str_ends(one, HR_STR("\xC2\xA0"));
        while (hr_str_ends(one, HR_STR("\xC2\xA0")))
            one.n -= 2;
        if (one.n) {
            hr_html_word(p, HR_STR_NONE);
            seen(p, one);
        }
        p->space |= owed;
        if (i < s.n)
            p->space = true;
        while (i < s.n && hr_is_space(s.p[i]))
            i++;
    }
}

/* Text of the parser's, with the runs that stand aside in their places. */
void hr_html_put_text(hr_html_page *p, hr_str s)
{
    for (size_t at; (at = hr_str_find(s, HR_HTML_RUN)) != SIZE_MAX;) {
        size_t index = 0, end = at + HR_HTML_RUN.n + HR_HTML_RUN_DIGITS;
        for (size_t i = at + HR_HTML_RUN.n; i < end && i < s.n; i++)
            index = index * 64 + (size_t)(unsigned char)(s.p[i] - '?');
        if (end > s.n || index >= p->thin->runs.n)
            break;
        plain(p, hr_str_sub(s, 0, at));
        plain(p, p->thin->runs.p[index]);
        s = hr_str_sub(s, end, s.n);
    }
    plain(p, s);
}

void hr_html_open_block(hr_html_page *p, unsigned blank, hr_str mark)
{
    hr_html_new_line(p, blank);
    hr_html_raw(p, mark);
    p->marked = mark.n != 0;
    if (mark.n)
        p->newlines = 1; /* nothing was said on this line yet: no second break, no blank */
}

/* A mark between two words that stand together. */
void hr_html_glue(hr_html_page *p, hr_str mark)
{
    if (p->out.n && !p->space && p->newlines == 0)
        hr_html_raw(p, mark);
}
