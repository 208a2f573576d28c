/* html_page: a parsed HTML page written as Markdown (internal to compress/). */
#ifndef HR_COMPRESS_HTML_PAGE_H
#define HR_COMPRESS_HTML_PAGE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/vec.h"

#include <gumbo.h>

/* A page made smaller for the parser (html_thin.c): long runs of text stand aside, and in the bytes
 * HR_HTML_RUN and HR_HTML_RUN_DIGITS digits to the base 64, '?' to '~', name each of them. */
#define HR_HTML_RUN HR_STR("\xEE\x80\x80") /* U+E000, private use */
enum { HR_HTML_RUN_DIGITS = 4 };
typedef struct hr_html_thin_page {
    hr_str bytes;
    HR_VEC(hr_str) runs;
} hr_html_thin_page;

/* Text is collected word by word: runs of white space become one blank, block elements start new
 * lines, and at most one blank line stands between blocks. */
typedef struct hr_html_page {
    hr_buf out;
    unsigned newlines; /* at the end of out */
    bool space;        /* a blank is owed before the next word */
    unsigned pre;      /* inside <pre>: white space stays */
    unsigned quiet;    /* inside a table cell or link: no line breaks */
    unsigned list_depth;
    size_t cell;                   /* where a cell that lays out the page begins */
    bool marked;                   /* a list mark was just written: its text follows on this line */
    hr_map targets;                /* links already said */
    const hr_html_thin_page *thin; /* where runs of text are found */
    const GumboNode *link;         /* the link that is open, if its target will be said */
    size_t scripts, navs, forms;
} hr_html_page;

/* Appends the document to p->out. HR_E_DEPTH: too many open elements. HR_E_TIMEOUT, HR_E_LIMIT,
 * HR_E_NOMEM. */
hr_err hr_html_write(hr_html_page *p, const GumboNode *root, const hr_deadline *deadline);
/* Words and marks (html_text.c). Text comes as the parser has it; a mark, as it is. */
void hr_html_put_text(hr_html_page *p, hr_str s);
void hr_html_raw(hr_html_page *p, hr_str mark);
void hr_html_word(hr_html_page *p, hr_str mark); /* behind a blank, if one is owed */
void hr_html_glue(hr_html_page *p, hr_str mark); /* only between two words that stand together */
void hr_html_new_line(hr_html_page *p, unsigned blank); /* and so many empty ones */
void hr_html_open_block(hr_html_page *p, unsigned blank, hr_str mark);

/* Items of lists and cells of tables (html_cells.c). */
hr_str hr_html_attribute(const GumboElement *e, const char *name);
void hr_html_list_item(hr_html_page *p, const GumboNode *item);
void hr_html_cell_open(hr_html_page *p, const GumboNode *cell);
void hr_html_cell_close(hr_html_page *p, const GumboNode *cell);
/* The page without what its Markdown cannot show; false when memory is short. */
bool hr_html_thin(hr_str html, hr_arena *a, hr_html_thin_page *out);
/* Does an element with these classes hold a menu? */
bool hr_html_menu_class(hr_str classes);
/* A list of nothing but links within the page: its headings say the same. */
bool hr_html_contents_list(const GumboNode *root);

#endif
